//! What a decision asks the shells to do.

use jiff::Timestamp;

use crate::kit::email::Email;
use crate::kit::ids::{CampaignId, ClaimToken, EnquiryId, LeadId, SendId, WorkspaceId};
use crate::kit::locale::Locale;
use crate::kit::personal::Personal;
use crate::kit::vocabulary::{Class, Regime};
use crate::lead::erasure::ErasedBy;
use crate::rules::alert::Alert;
use crate::rules::confirmation::Confirms;
use crate::rules::rights_log::{Action, Actor};

/// Something to do, and only after the write that records what led to it.
#[derive(Debug)]
pub enum Effect {
    /// Send this email: its claim is in the lead that is saved.
    Mail(Box<MailOrder>),
    /// Wake the sender without waiting for the minute: something is due at once. The mark is part of the write itself.
    Wake,
    /// Tell whoever watches.
    Alarm(Alarm),
    /// Write into the log of rights who did what.
    Rights(Actor, Action),
    /// Log that the person was erased, by whom and when: a restored table is told again (R67).
    Erased(ErasedBy, Timestamp),
}

/// What somebody must hear of, once: the shells count it and ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// Nobody will ever know whether this email arrived.
    Unknown(SendId),
    /// SES accepted this email twice.
    Duplicate(SendId),
}

/// An email that was claimed and must now be sent.
#[derive(Clone, Debug)]
pub struct MailOrder {
    /// Whose lead.
    pub workspace: WorkspaceId,
    /// Which lead.
    pub lead: LeadId,
    /// Its id in the ledger.
    pub send_id: SendId,
    /// The claim it is sent under.
    pub token: ClaimToken,
    /// Whose email.
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
    /// Whoever an answer goes to, where that is not the campaign's own address: of an alert, the person.
    pub reply_to: Option<Email>,
    /// Its language.
    pub locale: Locale,
    /// What its confirm button confirms; it has none where that is nothing.
    pub confirms: Confirms,
    /// The post that its confirm button proves.
    pub enquiry: Option<EnquiryId>,
    /// What the person typed and an email may repeat: only after confirmation, and only what is a plain name (R90).
    pub names: Names,
    /// What an alert says; no other email has one.
    pub alert: Option<Box<Alert>>,
}

/// Names that an email may repeat.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// First name.
    pub first_name: Option<Personal>,
    /// Company.
    pub company: Option<Personal>,
}
