//! A case: one time a lead was handed to sales, with its task and what was tried.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::campaign::sales::Tier;
use crate::codes;
use crate::kit::ids::CampaignId;
use crate::kit::limits::HANDOVERS_MAX;
use crate::kit::personal::Personal;
use crate::kit::seconds;
use crate::kit::stored::{is_false, is_zero};
use crate::lead::Lead;
use crate::lead::ledger::Ledger;
use crate::lead::stage::Mover;

/// One time a lead was handed to sales.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Counts the times, from 1.
    #[serde(rename = "n", default = "first", skip_serializing_if = "is_first")]
    pub round: u32,
    /// Under which campaign's rules; that of the first post where it is absent.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<CampaignId>,
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
    /// Who had it before, and until when, oldest first.
    #[serde(rename = "h", default, skip_serializing_if = "Vec::is_empty")]
    pub handovers: Vec<Handover>,
    /// Whose it is again once they are back from leave.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub covers_for: Option<String>,
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
    /// Planned attempts whose day passed without a word of anybody.
    #[serde(rename = "p", default, skip_serializing_if = "is_zero")]
    pub passed: u8,
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

/// Why a lead is handed to sales.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum Cause {
    /// It became an MQL.
    Mql,
    /// Recycled or dormant, it came back.
    Returned,
    /// Somebody whom sales had before asks again.
    AsksAgain,
}

/// A case that passed from somebody to somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handover {
    /// When.
    #[serde(rename = "a", with = "seconds")]
    pub at: Timestamp,
    /// Who had it until then.
    #[serde(rename = "o")]
    pub from: String,
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Their name, where it is known.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// What was said.
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Personal>,
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
    /// The person bought.
    Won,
    /// The sale was lost.
    Lost,
}

codes!(Closing);

impl Attempt {
    /// Under which name it stands in the records.
    pub fn name(&self) -> &str {
        match (&self.user, self.by) {
            (Some(user), _) => user,
            (None, Mover::Sales) => "sales",
            (None, _) => "operator",
        }
    }
}

impl Case {
    /// Whether nothing ended it yet.
    pub fn is_open(&self) -> bool {
        self.closed.is_none()
    }

    /// Whether the person was spoken with.
    pub fn reached(&self) -> bool {
        self.attempts.iter().any(|attempt| attempt.reached)
    }

    /// Whose rules it follows.
    pub fn campaign<'a>(&'a self, lead: &'a Lead) -> &'a CampaignId {
        self.campaign.as_ref().unwrap_or(&lead.campaign)
    }

    /// Who was in charge at a moment.
    pub fn owner_at(&self, at: Timestamp) -> &str {
        let later = self.handovers.iter().find(|handover| handover.at > at);
        later.map_or(&self.owner, |handover| &handover.from)
    }

    /// Gives it to somebody else.
    pub(crate) fn hand_to(&mut self, owner: &str, now: Timestamp) {
        if self.owner != owner {
            let from = std::mem::replace(&mut self.owner, owner.to_owned());
            self.handovers.push(Handover { at: now, from });
            if self.handovers.len() > HANDOVERS_MAX {
                self.handovers.remove(1); // the first owner stays
            }
        }
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

    /// Who is in charge: of the open case, else of the latest one, else whom the lead was given to.
    pub fn owner(&self) -> Option<&str> {
        let latest = self.open_case().or(self.cases.last()).map(|case| case.owner.as_str());
        self.assigned.as_deref().or(latest)
    }

    /// Since when somebody should call this lead: the start of its open task.
    pub fn call_from(&self) -> Option<Timestamp> {
        self.open_case()?.task.map(|task| task.from)
    }
}
