//! The audit of what touches a person's rights: who did what to which lead, and when; ids only (R74).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::codes;
use crate::kit::ids::LeadId;
use crate::lead::erasure::ErasedBy;
use crate::lead::ledger::FeedbackKind;
use crate::rules::decide::Input;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Audited {
    /// Whose data.
    pub lead: LeadId,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub actor: Actor,
    /// What was done.
    pub action: Action,
}

/// Who can touch a person's rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum Actor {
    /// The person, by a signed link.
    Person,
    /// Somebody of the house.
    Operator,
    /// The mailbox provider.
    Provider,
    /// The clock.
    Retention,
}

codes!(Actor);

/// What can be done that touches them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum Action {
    /// Everything was read out.
    Export,
    /// Everything was erased.
    Erase,
    /// A yes, confirmed or said again.
    OptIn,
    /// A no.
    OptOut,
    /// Wishes about the mails.
    Prefer,
    /// Answers put right.
    Correct,
    /// A stop was lifted.
    Lift,
}

codes!(Action);

/// What an input that changed a lead is called in the audit; `None` for what touches no right. `erased` is by whom, where
/// the input erased the person, whatever else it is.
pub fn of(input: &Input, erased: Option<ErasedBy>) -> Option<(Actor, Action)> {
    Some(match input {
        Input::Wake { .. } if erased.is_some() => (Actor::Retention, Action::Erase),
        Input::Confirm(_) | Input::OptIn(..) => (Actor::Person, Action::OptIn),
        Input::OptOut(_) => (Actor::Person, Action::OptOut),
        Input::Prefer(_) | Input::Stay => (Actor::Person, Action::Prefer),
        Input::Correct(_) => (Actor::Person, Action::Correct),
        Input::Lift(_) => (Actor::Operator, Action::Lift),
        Input::Erase(by) => match by {
            ErasedBy::Person => (Actor::Person, Action::Erase),
            ErasedBy::Operator => (Actor::Operator, Action::Erase),
            ErasedBy::Retention => (Actor::Retention, Action::Erase),
        },
        Input::Feedback(feedback) if feedback.kind == FeedbackKind::Complaint => (Actor::Provider, Action::OptOut),
        _ => return None,
    })
}
