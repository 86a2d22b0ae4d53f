//! Sequences that could not run, or that nobody could leave.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{Checker, Named, place, texts};
use crate::campaign::{Campaign, Sequence, Start};
use crate::kit::calendar::Delay;
use crate::kit::vocabulary::{Class, ExitReason, Regime};

impl Checker {
    pub(super) fn sequences(&mut self, campaign: &Campaign) {
        let zone = campaign.time_zone();
        let steps = || {
            campaign
                .sequences
                .iter()
                .flat_map(|sequence| sequence.steps.iter().map(move |step| (sequence.start, step.class)))
        };
        let waits = campaign.double_opt_in && steps().any(|(start, _)| start == Start::OptIn);
        if waits && !steps().any(|step| step == (Start::Capture, Class::Service)) {
            self.add(place!["double_opt_in"], texts::nobody_could_confirm);
        }
        for (i, sequence) in campaign.sequences.iter().enumerate() {
            let earlier = campaign.sequences[..i].iter().map(|other| other.id.as_str());
            self.id(place!["sequences", i, "id"], Named::Sequence, &sequence.id, earlier);
            if sequence.id.starts_with('_') {
                self.add(place!["sequences", i, "id"], texts::reserved_for_piste);
            }
            if sequence.start == Start::Approval {
                self.add(place!["sequences", i, "start"], texts::starts_by_approval);
            }
            if sequence.steps.is_empty() {
                self.add(place!["sequences", i], texts::no_steps);
            }
            self.exits(i, sequence);
            self.wakes_the_dormant(campaign, i);
            if let Some(window) = &sequence.window {
                // From a fixed Monday: whether a window ever opens does not depend on the day of the check.
                if window
                    .next_open(Timestamp::UNIX_EPOCH + SignedDuration::from_hours(4 * 24), &zone)
                    .is_none()
                {
                    self.add(place!["sequences", i, "window"], texts::window_never_opens);
                }
            }
            for (j, step) in sequence.steps.iter().enumerate() {
                let earlier = sequence.steps[..j].iter().map(|other| other.id.as_str());
                self.id(place!["sequences", i, "steps", j, "id"], Named::Step, &step.id, earlier);
                self.name(
                    place!["sequences", i, "steps", j, "template"],
                    Named::Template,
                    &step.template,
                );
                let after = |delay: &Delay| delay.add_to(Timestamp::UNIX_EPOCH, &TimeZone::UTC);
                if j > 0 && after(&step.delay) <= after(&sequence.steps[j - 1].delay) {
                    self.add(place!["sequences", i, "steps", j, "delay"], texts::steps_out_of_order);
                }
                if sequence
                    .within
                    .as_ref()
                    .is_some_and(|within| after(&step.delay) > after(within))
                {
                    self.add(place!["sequences", i, "steps", j, "delay"], texts::step_after_the_end);
                }
                if step.class == Class::Alert {
                    self.add(place!["sequences", i, "steps", j, "class"], texts::alert_as_step);
                }
                self.legal_basis(campaign, i, j);
                self.conditions(campaign, i, j);
            }
        }
    }

    fn exits(&mut self, i: usize, sequence: &Sequence) {
        let marketing = sequence.steps.iter().any(|step| step.class == Class::Nurture);
        let mut needed = vec![ExitReason::Bounce, ExitReason::Complaint];
        if marketing {
            needed.insert(0, ExitReason::Unsubscribe);
        }
        for exit in needed {
            if !sequence.exits.contains(&exit) {
                self.add(place!["sequences", i, "exits"], |l| texts::exit_missing(l, exit.code()));
            }
        }
        if sequence.exits.contains(&ExitReason::Completed) {
            self.add(place!["sequences", i, "exits"], texts::completed_is_no_exit);
        }
        for always in [ExitReason::NoBasis, ExitReason::NoAddress] {
            if sequence.exits.contains(&always) {
                self.add(place!["sequences", i, "exits"], |locale| {
                    texts::always_an_exit(locale, always.code())
                });
            }
        }
    }

    /// A sequence for dormant leads is marketing sent months after the consent: the wording they agreed to must announce it.
    fn wakes_the_dormant(&mut self, campaign: &Campaign, i: usize) {
        let sequence = &campaign.sequences[i];
        if sequence.start != Start::Dormant {
            if !sequence.wordings.is_empty() {
                self.add(place!["sequences", i, "wordings"], texts::wordings_unused);
            }
            return;
        }
        for (j, step) in sequence.steps.iter().enumerate() {
            if step.class != Class::Nurture {
                self.add(place!["sequences", i, "steps", j, "class"], texts::dormant_is_nurture);
            }
        }
        let asked = campaign.marketing_box().and_then(|field| field.version.as_deref());
        let unspoken = asked.is_some_and(|version| !sequence.wordings.iter().any(|one| one == version));
        if campaign.regime == Regime::B2cConsent && unspoken {
            self.add(place!["sequences", i, "wordings"], texts::dormant_not_announced);
        }
    }

    /// A marketing email needs consent, or the notice and the way out that the B2B regime asks for (CPCE L34-5).
    fn legal_basis(&mut self, campaign: &Campaign, i: usize, j: usize) {
        let sequence = &campaign.sequences[i];
        if sequence.steps[j].class != Class::Nurture {
            return;
        }
        if sequence.start == Start::Capture {
            self.add(place!["sequences", i, "steps", j, "class"], texts::before_consent);
        }
        if campaign.regime == Regime::B2cConsent && campaign.marketing_box().is_none() {
            self.add(place!["sequences", i, "steps", j, "class"], texts::consent_not_asked);
        }
    }
}
