//! What a decision asks for besides the changed lead.

use crate::kit::email::Email;
use crate::kit::ids::{CampaignId, ClaimToken, LeadId, SendId, WorkspaceId};
use crate::kit::locale::Locale;
use crate::kit::personal::Personal;
use crate::kit::vocabulary::{Class, Regime};
use crate::lead::stage::Stage;
use crate::rules::alert::Notice;

/// What somebody must hear of, once: the shells count it and ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// Nobody will ever know whether this mail arrived.
    Unknown(SendId),
    /// SES accepted this mail twice.
    Duplicate(SendId),
}

/// What to tell whoever caused a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is so now, or it already was.
    Done,
    /// There is no such lead.
    NoLead,
    /// There is nothing to confirm.
    NothingPending,
    /// There is no stop that the house may lift.
    NothingToLift,
    /// The stage cannot move there from where it is.
    NoSuchMove(Stage),
    /// There is nothing to do about this lead, or it was noted already.
    NoTask,
    /// The task was put off as often as it may be.
    NoMoreSnoozes,
}

/// A mail that was claimed and must now be sent.
#[derive(Clone, Debug)]
pub struct SendOrder {
    /// Whose lead.
    pub workspace: WorkspaceId,
    /// Which lead.
    pub lead: LeadId,
    /// Its id in the ledger.
    pub send_id: SendId,
    /// The claim it is sent under.
    pub token: ClaimToken,
    /// Whose mail.
    pub campaign: CampaignId,
    /// Of which sequence.
    pub sequence: String,
    /// Which step.
    pub step: String,
    /// The rules it obeys.
    pub class: Class,
    /// What allows it, where it needs that (R63).
    pub basis: Option<Regime>,
    /// Its template.
    pub template: String,
    /// Its one recipient.
    pub to: Email,
    /// Its language.
    pub locale: Locale,
    /// Whether it carries the opt-in button.
    pub asks_confirmation: bool,
    /// What the person typed and a mail may repeat: only after confirmation, and only what is a plain name (R90).
    pub names: Names,
    /// What an alert says; no other mail has one.
    pub notice: Option<Box<Notice>>,
}

/// Names that a mail may repeat.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// First name.
    pub first_name: Option<Personal>,
    /// Company.
    pub company: Option<Personal>,
}
