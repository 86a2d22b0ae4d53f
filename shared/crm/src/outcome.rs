//! How a delivery ended: the lead's ledger keeps it.

pub use piste_domain::lead::deliveries::{End, FieldEnd, Outcome, Reason};
