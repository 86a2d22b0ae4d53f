//! Zoho.
