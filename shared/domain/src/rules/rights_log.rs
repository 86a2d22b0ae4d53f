//! The log of rights: who did what to a person's data or consent, and when; of the person ids only (R74).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::codes;
use crate::kit::ids::LeadId;
use crate::lead::erasure::ErasedBy;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct RightsEntry {
    /// Whose data.
    pub lead: LeadId,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub actor: Actor,
    /// What was done.
    pub action: Action,
    /// The name of the key, where an assistant asked with one; absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// Who can touch a person's rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum Actor {
    /// The person, by a signed link.
    Person,
    /// Somebody of the company, through the console, the API or the command line.
    Operator,
    /// The mailbox provider.
    Provider,
    /// The clock.
    Retention,
    /// Another system of the company, by a signed report.
    System,
    /// A program that answers in words (`piste mcp`), with a key of the company.
    Assistant,
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
    /// Some of it was read to an assistant.
    Read,
}

codes!(Action);

impl From<ErasedBy> for Actor {
    fn from(by: ErasedBy) -> Self {
        match by {
            ErasedBy::Person => Self::Person,
            ErasedBy::Operator => Self::Operator,
            ErasedBy::Retention => Self::Retention,
        }
    }
}
