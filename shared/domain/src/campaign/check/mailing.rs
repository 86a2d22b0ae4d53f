//! A mailing that could not leave, or that nobody could get.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{Checker, Named, place, texts};
use crate::campaign::Campaign;
use crate::campaign::mailing::{Mailing, local};
use crate::kit::vocabulary::Regime;

impl Checker {
    pub(super) fn mailing(&mut self, name: &str, mailing: &Mailing, campaign: &Campaign) {
        let steps = campaign.sequences.iter().flat_map(|sequence| &sequence.steps);
        let taken: Vec<&str> = steps.map(|step| step.id.as_str()).collect();
        self.name(Vec::new(), Named::Mailing, name);
        if taken.contains(&name) {
            self.add(Vec::new(), |l| texts::mailing_is_a_step(l, name));
        }
        if !mailing.sequence.id.is_empty() {
            self.add(place!["sequence"], texts::mailing_has_one_email);
        }
        self.name(place!["template"], Named::Template, &mailing.template);
        if let Some(topic) = mailing.topic.as_deref().filter(|topic| campaign.topic(topic).is_none()) {
            self.add(place!["topic"], |l| texts::no_topic(l, topic));
        }
        if let Some(at) = mailing.at.as_deref().filter(|at| local(at).is_none()) {
            self.add(place!["at"], |l| texts::no_moment(l, at));
        }
        let spread = mailing.spread.as_ref();
        let length = spread.map(|spread| spread.add_to(Timestamp::UNIX_EPOCH, &TimeZone::UTC));
        if length.is_some_and(|end| end.duration_since(Timestamp::UNIX_EPOCH) > SPREAD_MAX) {
            self.add(place!["spread"], texts::spread_too_long);
        }
        // From a fixed Monday, as for a sequence.
        let monday = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(4 * 24);
        let opens = |window: &crate::kit::calendar::Window| window.next_open(monday, &campaign.time_zone());
        if mailing.window.as_ref().is_some_and(|window| opens(window).is_none()) {
            self.add(place!["window"], texts::window_never_opens);
        }
        for (i, grade) in mailing.audience.grades.iter().enumerate() {
            if !matches!(grade.as_bytes(), [b'A'..=b'D', b'1'..=b'4']) {
                self.add(place!["audience", "grades", i], |l| texts::not_a_grade(l, grade));
            }
        }
        for (i, condition) in mailing.audience.when.iter().enumerate() {
            self.condition(campaign, place!["audience", "when", i], condition);
        }
        if campaign.regime == Regime::B2cConsent && campaign.marketing_box().is_none() {
            self.add(Vec::new(), texts::consent_not_asked);
        }
    }
}

/// A mailing that takes longer than this to leave is a sequence.
const SPREAD_MAX: SignedDuration = SignedDuration::from_hours(31 * 24);
