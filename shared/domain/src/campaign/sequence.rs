//! The sequences of a campaign: which emails, in which order, and when.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::kit::calendar::{Delay, Window};
use crate::kit::vocabulary::{Class, ExitReason};

/// A series of emails.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Sequence {
    /// Its name within the campaign.
    pub id: String,
    /// What starts it.
    pub start: Start,
    /// With `start = "retention"`: how long before the end the person is asked, and has to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Delay>,
    /// What its emails are about, unless a step says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// The last step never lands later than this after the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Delay>,
    /// Minimum time between two nurture emails to one person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_gap: Option<Delay>,
    /// A step that is later than this is skipped rather than sent stale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_lateness: Option<Delay>,
    /// What ends it early.
    pub exits: Vec<ExitReason>,
    /// Of a sequence for dormant leads: the versions of the consent's wording that speak of it. People who agreed to another
    /// wording do not get it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wordings: Vec<String>,
    /// When its emails may leave; at any time without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// The emails, in order.
    pub steps: Vec<Step>,
}

impl Sequence {
    /// The time between the question and the end, in days of 24 hours.
    pub fn notice(&self) -> SignedDuration {
        let end = self
            .before
            .as_ref()
            .map(|before| before.add_to(Timestamp::UNIX_EPOCH, &TimeZone::UTC));
        end.map_or(SignedDuration::ZERO, |end| end.duration_since(Timestamp::UNIX_EPOCH))
    }
}

/// What starts a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum Start {
    /// The enquiry itself.
    Capture,
    /// Marketing emails becoming allowed: the confirmation, or the enquiry where the regime needs no consent.
    OptIn,
    /// Months without contact by the person: once in the life of a lead.
    Dormant,
    /// The end of retention coming near: the person is asked whether they want to stay.
    Retention,
    /// Somebody's approval: of a mailing, never of a sequence in a file.
    Approval,
}

/// One email of a sequence.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Step {
    /// Its name within the sequence; part of the send id, so renaming a step makes it a new email.
    pub id: String,
    /// Time after the sequence's start.
    pub delay: Delay,
    /// What rules it obeys.
    pub class: Class,
    /// The file below `emails/<locale>/`, without `.md`.
    pub template: String,
    /// What it is about: one of the campaign's topics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// It only becomes due while this is true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_if: Option<Condition>,
}

impl Step {
    /// Whether it may become due, given whether an opt-in is pending.
    pub fn holds(&self, opt_in_pending: bool) -> bool {
        self.only_if.is_none_or(|Condition::OptInPending| opt_in_pending)
    }
}

/// What must be true for a step to become due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum Condition {
    /// A box was ticked, and its confirmation is still awaited.
    OptInPending,
}

/// What to do with a nurture email when SES gave no answer and no event arrived (R9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum OnAmbiguous {
    /// Send it once more if there is evidence that the first one was not accepted. If the evidence is wrong, two arrive.
    #[default]
    Retry,
    /// Strictly at most once: never send it again; it counts as unknown.
    Skip,
}
