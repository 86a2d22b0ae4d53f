//! What follows from what is known and what came in.

pub mod alert;
mod capture;
mod claim;
mod consent;
pub mod context;
pub mod criteria;
pub mod data_request;
pub mod decide;
pub mod dormancy;
pub mod effect;
mod enrolment;
mod feedback;
pub mod form;
pub mod input;
pub mod kept;
pub mod notices;
pub mod owners;
pub mod plan;
pub mod qualification;
pub mod retention;
pub mod rights_log;
pub mod sales;
pub mod scoring;
pub mod sending;
pub mod signals;
pub mod source;
pub mod stages;
