//! A stand-in for Zoho.

/// A stand-in for Zoho.
#[derive(Debug, Default)]
pub struct Zoho {}
