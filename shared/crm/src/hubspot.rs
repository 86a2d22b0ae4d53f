//! Hubspot.
