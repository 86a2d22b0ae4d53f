//! A stand-in for Hubspot.
