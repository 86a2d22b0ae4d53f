//! Sequences that could not run, or that nobody could leave.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{Checker, place};
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
            self.add(
                place!["double_opt_in"],
                "nobody could confirm: a service email with the confirm button must leave at capture (a sequence with start = \"capture\")",
            );
        }
        for (i, sequence) in campaign.sequences.iter().enumerate() {
            let earlier = campaign.sequences[..i].iter().map(|other| other.id.as_str());
            self.id(place!["sequences", i, "id"], "sequence", &sequence.id, earlier);
            if sequence.id.starts_with('_') {
                self.add(
                    place!["sequences", i, "id"],
                    "names that start with _ are reserved for Piste's own sequences",
                );
            }
            if sequence.steps.is_empty() {
                self.add(
                    place!["sequences", i],
                    "a sequence without steps sends nothing: add [[sequences.steps]] or remove it",
                );
            }
            self.exits(i, sequence);
            self.wakes_the_dormant(campaign, i);
            if let Some(window) = &sequence.window {
                // From a fixed Monday: whether a window ever opens does not depend on the day of the check.
                if window
                    .next_open(Timestamp::UNIX_EPOCH + SignedDuration::from_hours(4 * 24), &zone)
                    .is_none()
                {
                    self.add(
                        place!["sequences", i, "window"],
                        "no email could ever leave in this window: check its days and hours",
                    );
                }
            }
            for (j, step) in sequence.steps.iter().enumerate() {
                let earlier = sequence.steps[..j].iter().map(|other| other.id.as_str());
                self.id(place!["sequences", i, "steps", j, "id"], "step", &step.id, earlier);
                self.name(
                    place!["sequences", i, "steps", j, "template"],
                    "template",
                    &step.template,
                );
                let after = |delay: &Delay| delay.add_to(Timestamp::UNIX_EPOCH, &TimeZone::UTC);
                if j > 0 && after(&step.delay) <= after(&sequence.steps[j - 1].delay) {
                    self.add(
                        place!["sequences", i, "steps", j, "delay"],
                        "steps must be in ascending order of delay",
                    );
                }
                if sequence
                    .within
                    .as_ref()
                    .is_some_and(|within| after(&step.delay) > after(within))
                {
                    self.add(
                        place!["sequences", i, "steps", j, "delay"],
                        "this step comes after the end of the sequence (within)",
                    );
                }
                if step.class == Class::Alert {
                    self.add(
                        place!["sequences", i, "steps", j, "class"],
                        "alerts to sales are automatic: a step is nurture or service",
                    );
                }
                self.legal_basis(campaign, i, j);
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
                self.add(
                    place!["sequences", i, "exits"],
                    format!(
                        "nobody could leave this sequence on {}: add \"{}\"",
                        exit.code(),
                        exit.code()
                    ),
                );
            }
        }
        if sequence.exits.contains(&ExitReason::Completed) {
            self.add(
                place!["sequences", i, "exits"],
                "\"completed\" is not an exit: a sequence ends by itself after its last step",
            );
        }
        for always in [ExitReason::NoBasis, ExitReason::NoAddress] {
            if sequence.exits.contains(&always) {
                self.add(
                    place!["sequences", i, "exits"],
                    format!("\"{}\" is always an exit: leave it out", always.code()),
                );
            }
        }
    }

    /// A sequence for dormant leads is marketing sent months after the consent: the wording they agreed to must announce it.
    fn wakes_the_dormant(&mut self, campaign: &Campaign, i: usize) {
        let sequence = &campaign.sequences[i];
        if sequence.start != Start::Dormant {
            if !sequence.wordings.is_empty() {
                self.add(
                    place!["sequences", i, "wordings"],
                    "only a sequence with start = \"dormant\" can have wordings",
                );
            }
            return;
        }
        for (j, step) in sequence.steps.iter().enumerate() {
            if step.class != Class::Nurture {
                self.add(
                    place!["sequences", i, "steps", j, "class"],
                    "dormant leads did not ask for this email: set class = \"nurture\"",
                );
            }
        }
        let asked = campaign.marketing_box().and_then(|field| field.version.as_deref());
        let unspoken = asked.is_some_and(|version| !sequence.wordings.iter().any(|one| one == version));
        if campaign.regime == Regime::B2cConsent && unspoken {
            self.add(
                place!["sequences", i, "wordings"],
                "nobody would get this sequence: announce it in the consent box, and list the version of that wording in wordings",
            );
        }
    }

    /// A marketing email needs consent, or the notice and the way out that the B2B regime asks for (CPCE L34-5).
    fn legal_basis(&mut self, campaign: &Campaign, i: usize, j: usize) {
        let sequence = &campaign.sequences[i];
        if sequence.steps[j].class != Class::Nurture {
            return;
        }
        if sequence.start == Start::Capture {
            self.add(
                place!["sequences", i, "steps", j, "class"],
                "a nurture email has no legal basis before the person has agreed: set start = \"opt_in\"",
            );
        }
        if campaign.regime == Regime::B2cConsent && campaign.marketing_box().is_none() {
            self.add(
                place!["sequences", i, "steps", j, "class"],
                "a nurture email has no legal basis: the form does not ask for marketing consent (add a field of type consent with purpose = \"marketing\")",
            );
        }
    }
}
