//! A stand-in for Zoho.
