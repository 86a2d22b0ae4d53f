//! The rules of Piste, and nothing else: no async, no clock, no environment, no chance, no network.
//!
//! A lead is a small state machine kept in one item. [`decide()`] is its one entry: what is known, what came in and
//! the moment go in; the changed lead, the mail to send and the answer to give come out. Shells load, decide, save,
//! and only then do.

pub mod audit;
pub mod backtest;
pub mod calendar;
pub mod campaign;
pub mod consent;
pub mod data_request;
pub mod decide;
pub mod dormancy;
pub mod email;
pub mod erasure;
pub mod export;
pub mod form;
pub mod funnel;
pub mod hours;
pub mod human;
pub mod ids;
pub mod lead;
pub mod ledger;
pub mod limits;
pub mod locale;
pub mod mapping;
pub mod notice;
pub mod personal;
pub mod plan;
pub mod preferences;
pub mod problem;
pub mod proof;
pub mod retention;
pub mod sales;
#[cfg(test)]
mod samples;
pub mod score;
pub mod sending;
pub mod signal;
pub mod spend;
pub mod stage;
pub mod statistics;
pub mod text;
pub mod timeline;
pub mod trail;

pub use campaign::{Campaign, Catalog};
pub use decide::{Answer, Context, Decision, Input, decide};
pub use email::Email;
pub use erasure::{Known, Record, Tombstone};
pub use ids::{CampaignId, ClaimToken, Key, LeadId, SendId, WorkspaceId};
pub use lead::Lead;
pub use locale::{Locale, Text};
pub use personal::Personal;
pub use problem::FieldProblem;
