//! What follows from what is known and what came in.

pub mod data_request;
pub mod decide;
pub mod dormancy;
pub mod form;
pub mod plan;
pub mod retention;
pub mod rights_log;
pub mod sales;
pub mod scoring;
pub mod sending;
