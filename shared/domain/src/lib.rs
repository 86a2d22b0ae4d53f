//! The rules of Piste, and nothing else: no async, no clock, no environment, no chance, no network.
//!
//! A lead is a small state machine kept in one item. [`decide()`] is its one entry: what is known, what came in and
//! the moment go in; the changed lead, the mail to send and the answer to give come out. Shells load, decide, save,
//! and only then do.

pub mod campaign;
#[cfg(test)]
#[path = "tests/codes.rs"]
mod code_contracts;
pub mod kit;
pub mod lead;
pub mod rules;
#[cfg(test)]
#[path = "tests/samples.rs"]
mod samples;
pub mod views;

pub use campaign::{Campaign, Catalog};
pub use kit::email::Email;
pub use kit::ids::{CampaignId, ClaimToken, Key, LeadId, SendId, WorkspaceId};
pub use kit::locale::{Locale, Text};
pub use kit::personal::Personal;
pub use kit::problem::FieldProblem;
pub use lead::Lead;
pub use lead::erasure::{Known, Record, Tombstone};
pub use rules::context::Context;
pub use rules::decide::{Decision, Input, decide};
pub use rules::input;
