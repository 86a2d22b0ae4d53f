//! What the console says, page by page, in every language.

pub mod add;
pub mod calculator;
pub mod common;
pub mod destinations;
pub mod errors;
pub mod home;
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
