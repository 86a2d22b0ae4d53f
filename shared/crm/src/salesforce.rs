//! Salesforce.

/// Salesforce, as one account has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salesforce {
    /// Their name of the field that holds our id.
    pub id_field: String,
    /// Their names of every field that the file writes or reads back.
    pub reads: Vec<String>,
}
