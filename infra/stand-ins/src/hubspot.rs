//! A stand-in for Hubspot.

/// A stand-in for Hubspot.
#[derive(Debug, Default)]
pub struct Hubspot {}
