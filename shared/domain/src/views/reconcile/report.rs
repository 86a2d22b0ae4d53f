//! What a reconciliation found.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::codes;
use crate::kit::ids::{CampaignId, LeadId, SendId};

/// What became of the emails of one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sum {
    /// Emails that should have become due.
    pub due: u64,
    /// SES accepted them.
    pub sent: u64,
    /// Not sent on purpose.
    pub skipped: u64,
    /// Refused for good.
    pub failed: u64,
    /// Nobody knows.
    pub unknown: u64,
    /// Not at their end yet.
    pub open: u64,
}

impl Sum {
    /// Whether every email that became due is accounted for.
    pub fn adds_up(self) -> bool {
        self.due == self.sent + self.skipped + self.failed + self.unknown + self.open
    }

    pub(super) fn add(&mut self, other: Self) {
        self.due += other.due;
        self.sent += other.sent;
        self.skipped += other.skipped;
        self.failed += other.failed;
        self.unknown += other.unknown;
        self.open += other.open;
    }
}

/// The emails of one sequence that became due on one day, by the campaign's zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The day.
    pub day: Date,
    /// Whose.
    pub campaign: CampaignId,
    /// Of which sequence.
    pub sequence: String,
    /// What became of them.
    #[serde(flatten)]
    pub sum: Sum,
}

/// One email that needs a look. Ids only: whoever may see more looks the lead up in the console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Whose.
    pub lead: LeadId,
    /// Which.
    pub send: SendId,
    /// Of which campaign.
    pub campaign: CampaignId,
    /// Which step.
    pub step: String,
}

/// An email that became due and has not come to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Open {
    /// Which.
    #[serde(flatten)]
    pub mail: Finding,
    /// When it was to leave.
    pub due_at: Timestamp,
    /// By how many seconds it is late.
    pub late_s: i64,
    /// Why it has not ended yet.
    pub why: Why,
}

/// Why an email that is due has not left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Why {
    /// Its alarm has rung: the next sweep takes it.
    NextSweep,
    /// It was handed over or may have been; SES's event or the time allowed for it settles it.
    Unanswered,
    /// SES refused it for now; it is tried again.
    TriedAgain,
    /// It waits for the hours of its sequence.
    OutOfHours,
    /// Sending is held.
    Held,
    /// Marketing emails are paused automatically.
    Paused,
    /// SES refuses its sender.
    Refused,
    /// Another email of the same lead is before it, or the lead was set aside because its item did not parse.
    NotYet,
    /// Its campaign is not published: nobody can say what it is.
    CampaignGone,
}

codes!(Why);

/// What an audit found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Leads looked at.
    pub leads: u64,
    /// By day, campaign and sequence.
    pub days: Vec<Row>,
    /// All of them together.
    pub total: Sum,
    /// Due and not at their end.
    pub open: Vec<Open>,
    /// Of which nobody knows whether they arrived.
    pub unknown: Vec<Finding>,
    /// Accepted twice by SES, and known to be.
    pub duplicates: Vec<Finding>,
    /// Passed over without a word, after the campaign was changed: a step that is new to a lead that was past it.
    pub changed: Vec<Finding>,
    /// Wrong: became due, and nothing accounts for it.
    pub vanished: Vec<Finding>,
    /// Wrong: still to come, and no alarm will ever ring for it.
    pub stranded: Vec<Finding>,
    /// Wrong: an id in the ledger twice, or not the one derived from its lead and step.
    pub misnamed: Vec<Finding>,
    /// Wrong: items that do not parse.
    pub unreadable: Vec<LeadId>,
    /// What the comparison with the outbox gave, where there is one.
    pub outbox: Option<Compared>,
}

/// The ledgers against the outbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// Emails in the outbox.
    pub mails: u64,
    /// Emails of people whose ledger was erased with them.
    pub erased: u64,
    /// Wrong: there more than once.
    pub twice: Vec<SendId>,
    /// Wrong: said to be sent, and not there; or there, and said not to be sent.
    pub not_there: Vec<Finding>,
    /// See [`Compared::not_there`].
    pub denied: Vec<Finding>,
    /// Wrong: there, and no ledger knows it.
    pub strays: Vec<SendId>,
}

impl Report {
    /// Whether everything adds up. An email that is open, unknown or known to be doubled is accounted for.
    pub fn adds_up(&self) -> bool {
        let outbox = self.outbox.as_ref().is_none_or(|compared| {
            compared.twice.is_empty()
                && compared.not_there.is_empty()
                && compared.denied.is_empty()
                && compared.strays.is_empty()
        });
        let wrong = [&self.vanished, &self.stranded, &self.misnamed];
        outbox
            && self.days.iter().all(|row| row.sum.adds_up())
            && wrong.into_iter().all(Vec::is_empty)
            && self.unreadable.is_empty()
    }
}
