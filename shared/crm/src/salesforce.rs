//! Salesforce.
