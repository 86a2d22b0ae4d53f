//! A stand-in for Salesforce.

/// A stand-in for Salesforce.
#[derive(Debug, Default)]
pub struct Salesforce {}
