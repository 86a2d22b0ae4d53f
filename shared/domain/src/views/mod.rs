//! Answers that change nothing: timeline, funnel, export, proof, reconciliation, back-test.

pub mod backtest;
pub mod conditions;
pub mod destinations;
pub mod edit;
pub mod export;
pub mod funnel;
pub mod mails;
pub mod proof;
pub mod reconcile;
mod texts;
pub mod timeline;
