//! A stand-in for Pipedrive.

/// A stand-in for Pipedrive.
#[derive(Debug, Default)]
pub struct Pipedrive {}
