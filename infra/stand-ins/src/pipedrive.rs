//! A stand-in for Pipedrive.
