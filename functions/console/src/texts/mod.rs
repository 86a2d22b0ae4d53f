//! What the console says, page by page, in every language.

pub mod calculator;
pub mod common;
pub mod errors;
pub mod import;
pub mod lead;
pub mod list;
pub mod mails;
pub mod quarantine;
pub mod report;
pub mod retention;
pub mod sales;
pub mod sending;
pub mod users;
