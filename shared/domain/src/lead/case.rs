//! A case: one time a lead was handed to sales, with its task and what was tried.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::campaign::sales::Tier;
use crate::codes;
use crate::kit::seconds;
use crate::lead::Lead;
use crate::lead::ledger::Ledger;
use crate::lead::stage::Mover;

/// One time a lead was handed to sales.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Counts the times, from 1.
    #[serde(rename = "n", default = "first", skip_serializing_if = "is_first")]
    pub round: u32,
    /// When.
    #[serde(rename = "a", with = "seconds")]
    pub opened_at: Timestamp,
    /// Why.
    #[serde(rename = "w")]
    pub cause: Cause,
    /// How soon it wants to be called.
    #[serde(rename = "g")]
    pub tier: Tier,
    /// Who is in charge, by id.
    #[serde(rename = "o")]
    pub owner: String,
    /// Until when the first response is due.
    #[serde(rename = "d", with = "seconds")]
    pub deadline: Timestamp,
    /// The first response.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<Answered>,
    /// What is to be done next.
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
    /// What was tried.
    #[serde(rename = "t", default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
    /// How often a task was put off.
    #[serde(rename = "z", default, skip_serializing_if = "is_zero")]
    pub snoozes: u8,
    /// When and how it ended.
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
    /// The alerts about it: a part of the lead's ledger.
    #[serde(rename = "l", default, skip_serializing_if = "Ledger::is_empty")]
    pub ledger: Ledger,
}

/// Counts start at one, and most stay there: that is not stored.
fn first<T: From<u8>>() -> T {
    T::from(1)
}

fn is_first<T: From<u8> + PartialEq>(count: &T) -> bool {
    *count == first()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u8) -> bool {
    *count == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Why a lead is handed to sales.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum Cause {
    /// It became an MQL.
    Mql,
    /// Recycled or dormant, it came back.
    Returned,
}

/// The first response to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// When.
    #[serde(rename = "a", with = "seconds")]
    pub at: Timestamp,
    /// How much of the owner's working time it took, in seconds.
    #[serde(rename = "s")]
    pub took_s: i64,
}

/// What is to be done next: call the person, or decide about them once they were reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Counts the tasks of the case, from 1: a button acts on the task it was made for and on no other.
    #[serde(rename = "n", default = "first", skip_serializing_if = "is_first")]
    pub serial: u16,
    /// Not before.
    #[serde(rename = "f", with = "seconds")]
    pub from: Timestamp,
    /// By when.
    #[serde(rename = "u", with = "seconds")]
    pub until: Timestamp,
    /// When the lead became hotter than it was told.
    #[serde(
        rename = "h",
        default,
        skip_serializing_if = "Option::is_none",
        with = "seconds::optional"
    )]
    pub hotter_at: Option<Timestamp>,
    /// Whether it passed on to somebody else because nobody acted.
    #[serde(rename = "e", default, skip_serializing_if = "is_false")]
    pub escalated: bool,
}

/// One try to reach the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it was noted.
    #[serde(rename = "a", with = "seconds")]
    pub at: Timestamp,
    /// Whether the person was reached.
    #[serde(rename = "w", default, skip_serializing_if = "is_false")]
    pub reached: bool,
    /// Who noted it.
    #[serde(rename = "b")]
    pub by: Mover,
}

/// The end of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// When.
    #[serde(rename = "a", with = "seconds")]
    pub at: Timestamp,
    /// How.
    #[serde(rename = "h")]
    pub how: Closing,
}

/// How a case can end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
#[strum(serialize_all = "snake_case")]
pub enum Closing {
    /// Reached and accepted: the sale goes on elsewhere.
    Accepted,
    /// Not a fit.
    Rejected,
    /// Nobody was reached in all the attempts.
    UsedUp,
    /// The lead was moved to a stage in which nobody is called.
    Moved,
}

codes!(Closing);

impl Case {
    /// Whether nothing ended it yet.
    pub fn is_open(&self) -> bool {
        self.closed.is_none()
    }

    /// Whether the person was spoken with.
    pub fn reached(&self) -> bool {
        self.attempts.iter().any(|attempt| attempt.reached)
    }

    /// Whether the first response is missing and its time is over.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.is_open() && self.answered.is_none() && self.deadline < now
    }
}

impl Lead {
    /// The case that is open, if one is.
    pub fn open_case(&self) -> Option<&Case> {
        self.cases.iter().rfind(|case| case.is_open())
    }

    /// Since when somebody should call this lead: the start of its open task.
    pub fn call_from(&self) -> Option<Timestamp> {
        self.open_case()?.task.map(|task| task.from)
    }
}
