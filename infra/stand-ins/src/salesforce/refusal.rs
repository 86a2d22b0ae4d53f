//! Refusals in Salesforce's words. An answer carries a list of them.

use serde_json::{Value, json};

use crate::wire::Answer;

/// One reason for a refusal.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
    fields: Vec<String>,
    duplicates: Option<Value>,
}

/// Every reason for a refusal.
pub(super) type Refused = Vec<Refusal>;

impl Refusal {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            code,
            message: message.into(),
            fields: Vec::new(),
            duplicates: None,
        }
    }

    /// What a path that leads nowhere, or to no record, is told.
    pub(super) fn not_found() -> Self {
        Self::new("NOT_FOUND", "The requested resource does not exist").at(404)
    }

    pub(super) fn at(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(super) fn about(self, fields: &[&str]) -> Self {
        Self {
            fields: fields.iter().map(ToString::to_string).collect(),
            ..self
        }
    }

    pub(super) fn found(self, duplicates: Value) -> Self {
        Self {
            duplicates: Some(duplicates),
            ..self
        }
    }

    fn json(&self) -> Value {
        let mut error = json!({"errorCode": self.code, "message": self.message});
        // A duplicate's details come under a name with a letter missing; that is how Salesforce spells it.
        if let Some(duplicates) = &self.duplicates {
            error["duplicateResut"] = duplicates.clone();
        } else if !self.fields.is_empty() || self.status == 400 {
            error["fields"] = json!(self.fields);
        }
        error
    }

    /// The reason as one result of a batch has it.
    pub(super) fn in_batch(&self) -> Value {
        json!({"statusCode": self.code, "message": self.message, "fields": self.fields})
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        vec![refusal]
    }
}

/// The answer that carries these reasons.
pub(super) fn answer(refused: &Refused) -> Answer {
    let status = refused.first().map_or(400, |first| first.status);
    Answer::json(status, &refused.iter().map(Refusal::json).collect())
}

/// Salesforce's own words for a status, for faults by script.
const OWN: &[(u16, &str, &str)] = &[
    (
        400,
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "A validation rule of the owner refuses the record.",
    ),
    (401, "INVALID_SESSION_ID", "Session expired or invalid"),
    (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    (404, "NOT_FOUND", "The requested resource does not exist"),
    (405, "METHOD_NOT_ALLOWED", "HTTP Method not allowed."),
    (
        412,
        "PRECONDITION_FAILED",
        "The record was modified since the given date.",
    ),
    (415, "UNSUPPORTED_MEDIA_TYPE", "The content type is not supported."),
    (500, "UNKNOWN_EXCEPTION", "An unexpected error occurred."),
    (503, "SERVER_UNAVAILABLE", "We're down for maintenance."),
];

/// What Salesforce says with this status, if it has words for it.
pub(super) fn own(status: u16) -> Answer {
    match OWN.iter().find(|(known, ..)| *known == status) {
        Some((_, code, message)) => answer(&Refusal::new(code, *message).at(status).into()),
        None => Answer::empty(status),
    }
}
