//! Failures in Zoho's words: the body of a refused call, or one entry beside those that succeeded.

use serde_json::{Value, json};

use crate::wire::Answer;

/// A failure of a call or of a record.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) status: u16,
    code: &'static str,
    message: &'static str,
    details: Value,
}

/// Codes with their status and message.
const CODES: &[(&str, u16, &str)] = &[
    ("INVALID_DATA", 400, "invalid data"),
    ("MANDATORY_NOT_FOUND", 400, "required field not found"),
    ("DUPLICATE_DATA", 400, "duplicate data"),
    ("MULTIPLE_OR_MULTI_ERRORS", 400, "multiple errors found"),
    ("RECORD_IN_BLUEPRINT", 400, "the record is in a blueprint"),
    ("RECORD_LOCKED", 400, "the record is locked"),
    (
        "REQUIRED_PARAM_MISSING",
        400,
        "One of the expected parameter is missing",
    ),
    ("INVALID_QUERY", 400, "invalid query formed"),
    ("INVALID_MODULE", 400, "the module name given seems to be invalid"),
    ("LIMIT_EXCEEDED", 400, "too many names"),
    ("INVALID_TOKEN", 401, "invalid oauth token"),
    ("AUTHENTICATION_FAILURE", 401, "Authentication failed"),
    ("OAUTH_SCOPE_MISMATCH", 401, "invalid oauth scope to access this URL"),
    ("NO_PERMISSION", 403, "permission denied"),
    (
        "INVALID_URL_PATTERN",
        404,
        "Please check if the URL trying to access is a correct one",
    ),
    (
        "INVALID_REQUEST_METHOD",
        405,
        "The http request method type is not a valid one",
    ),
    ("PRECONDITION_FAILED", 412, "the record was modified since"),
    ("UNSUPPORTED_MEDIA_TYPE", 415, "the content type is not supported"),
    ("TOO_MANY_REQUESTS", 429, "You have exceeded the API limit"),
    ("INTERNAL_ERROR", 500, "Internal Server Error"),
];

impl Failure {
    /// A failure that is in the table of codes.
    pub(super) fn of(code: &'static str) -> Self {
        let known = CODES.iter().find(|(known, ..)| *known == code);
        let (status, message) = known.map_or((400, ""), |(_, status, message)| (*status, *message));
        Self {
            status,
            code,
            message,
            details: json!({}),
        }
    }

    pub(super) fn with(self, details: Value) -> Self {
        Self { details, ..self }
    }

    /// A failure at one member of the body, found at this path.
    pub(super) fn at(code: &'static str, path: &str, more: Value) -> Self {
        let mut details = json!({"api_name": path.rsplit('.').next(), "json_path": path});
        if let (Value::Object(details), Value::Object(more)) = (&mut details, more) {
            details.extend(more);
        }
        Self::of(code).with(details)
    }

    /// A value of the wrong type.
    pub(super) fn mistyped(path: &str, expected: &str) -> Self {
        Self::at("INVALID_DATA", path, json!({"expected_data_type": expected}))
    }

    /// An id that nobody has.
    pub(super) fn unknown(id: &str) -> Self {
        Self {
            message: "the id given seems to be invalid",
            ..Self::of("INVALID_DATA").with(json!({"id": id}))
        }
    }

    /// Several failures of one record as one.
    pub(super) fn joined(mut failures: Vec<Self>) -> Option<Self> {
        if failures.len() < 2 {
            return failures.pop();
        }
        let errors: Vec<_> = failures.iter().map(Self::json).collect();
        Some(Self::of("MULTIPLE_OR_MULTI_ERRORS").with(json!({"errors": errors})))
    }

    pub(super) fn json(&self) -> Value {
        json!({"code": self.code, "details": self.details, "message": self.message, "status": "error"})
    }

    /// The answer to a call that is refused as a whole.
    pub(super) fn answer(&self) -> Answer {
        Answer::json(self.status, &self.json())
    }
}

/// What Zoho says with this status, for faults by script.
pub(super) fn own(status: u16) -> Answer {
    let known = CODES
        .iter()
        .find(|(_, known, _)| *known == status)
        .map(|(code, ..)| *code);
    match known.or((status >= 500).then_some("INTERNAL_ERROR")) {
        Some(code) => Failure {
            status,
            ..Failure::of(code)
        }
        .answer(),
        None => Answer::empty(status),
    }
}
