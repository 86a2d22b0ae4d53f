//! HubSpot's answers and refusals, in its own shapes.

use serde_json::{Value, json};

use crate::{Fault, Reply};

/// What an operation comes to.
pub(super) type Outcome<T = Answer> = Result<T, Refusal>;

/// An answer before it is written out.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    body: Option<Value>,
    headers: Vec<(String, String)>,
}

impl Answer {
    pub(super) fn ok(body: Value) -> Self {
        Self::new(200, Some(body))
    }

    pub(super) fn created(body: Value) -> Self {
        Self::new(201, Some(body))
    }

    pub(super) fn done() -> Self {
        Self::new(204, None)
    }

    fn new(status: u16, body: Option<Value>) -> Self {
        Self {
            status,
            body,
            headers: Vec::new(),
        }
    }

    /// Written out; a refusal bears the id under which HubSpot would find it.
    pub(super) fn reply(self, correlation: &str) -> Reply {
        let mut headers = self.headers;
        let body = self.body.map(|mut body| {
            if self.status >= 400 {
                body["correlationId"] = correlation.into();
            }
            headers.push(("content-type".into(), "application/json;charset=utf-8".into()));
            body.to_string().into_bytes()
        });
        Reply::Answer {
            status: self.status,
            headers,
            body: body.unwrap_or_default(),
        }
    }
}

/// One property that does not hold.
#[derive(Debug)]
pub(super) struct Detail {
    pub(super) property: String,
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// A refusal of a call, or of one record of a batch.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    category: &'static str,
    message: String,
    details: Vec<Detail>,
    policy: Option<&'static str>,
}

/// Status, category and words of what has no more to say.
const PLAIN: [(u16, &str, &str); 14] = [
    (400, "VALIDATION_ERROR", "Invalid input JSON"),
    (
        401,
        "INVALID_AUTHENTICATION",
        "Authentication credentials not found or no longer valid.",
    ),
    (
        403,
        "MISSING_SCOPES",
        "This key does not have the scopes that this endpoint requires.",
    ),
    (404, "OBJECT_NOT_FOUND", "resource not found"),
    (405, "METHOD_NOT_ALLOWED", "HTTP 405 Method Not Allowed"),
    (409, "CONFLICT", "Contact already exists."),
    (415, "UNSUPPORTED_MEDIA_TYPE", "HTTP 415 Unsupported Media Type"),
    (
        423,
        "LOCKED",
        "The record is busy with another change. Try again in two seconds or later.",
    ),
    (
        477,
        "MIGRATION_IN_PROGRESS",
        "The account is being moved to another hosting location.",
    ),
    (500, "INTERNAL_ERROR", "internal error"),
    (502, "BAD_GATEWAY", "The request was not answered in time."),
    (503, "SERVICE_UNAVAILABLE", "The service is temporarily unavailable."),
    (504, "GATEWAY_TIMEOUT", "The request was not answered in time."),
    (524, "GATEWAY_TIMEOUT", "A long wait was cut."),
];

impl Refusal {
    /// The refusal that HubSpot has for a status.
    pub(super) fn of(status: u16) -> Self {
        if status == 429 {
            return Self::rate("TEN_SECONDLY_ROLLING");
        }
        let plain = PLAIN.iter().find(|(one, ..)| *one == status);
        let (_, category, message) = plain.copied().unwrap_or((status, "ERROR", "The request was refused."));
        Self {
            status,
            category,
            message: message.into(),
            details: Vec::new(),
            policy: None,
        }
    }

    /// A limit is reached.
    pub(super) fn rate(policy: &'static str) -> Self {
        let message = format!("You have reached your {} limit.", policy.to_lowercase());
        Self {
            status: 429,
            category: "RATE_LIMITS",
            message,
            details: Vec::new(),
            policy: Some(policy),
        }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..Self::of(400)
        }
    }

    pub(super) fn conflict(message: String) -> Self {
        Self {
            message,
            ..Self::of(409)
        }
    }

    /// Properties that do not hold.
    pub(super) fn properties(details: Vec<Detail>) -> Self {
        let words: Vec<&str> = details.iter().map(|one| one.message.as_str()).collect();
        Self {
            message: format!("Property values were not valid: {}", words.join("; ")),
            details,
            ..Self::of(400)
        }
    }

    pub(super) fn answer(&self) -> Answer {
        let mut answer = Answer::new(self.status, Some(self.body(json!({}))));
        if self.status == 477 {
            answer.headers.push(("retry-after".into(), "86400".into()));
        }
        answer
    }

    /// The body; inside a batch, `context` names the record.
    pub(super) fn body(&self, context: Value) -> Value {
        if let Some(policy) = self.policy {
            return json!({
                "status": "error", "message": self.message, "errorType": "RATE_LIMIT", "policyName": policy,
            });
        }
        let details: Vec<Value> = self
            .details
            .iter()
            .map(|one| {
                let mut inner = context.clone();
                inner["propertyName"] = json!([one.property]);
                json!({"message": one.message, "code": one.code, "context": inner})
            })
            .collect();
        let mut body = json!({"status": "error", "category": self.category, "message": self.message});
        if !details.is_empty() {
            body["errors"] = json!(details);
        }
        if context.as_object().is_some_and(|members| !members.is_empty()) {
            body["context"] = context;
        }
        body
    }
}

/// To another host.
pub(super) fn redirect() -> Reply {
    let location = ("location".into(), "https://elsewhere.example/".into());
    Reply::Answer {
        status: 302,
        headers: vec![location],
        body: Vec::new(),
    }
}

/// What a fault makes of the answer to a write.
pub(super) fn after(fault: Fault) -> Option<Reply> {
    let page = |body: &str| Reply::Answer {
        status: 200,
        headers: vec![("content-type".into(), "text/html".into())],
        body: body.into(),
    };
    match fault {
        Fault::CutAfter => Some(Reply::Cut),
        Fault::Html => Some(page("<!DOCTYPE html><html><body>HubSpot</body></html>")),
        Fault::Nothing => Some(page("")),
        Fault::CutBefore | Fault::Status(_) | Fault::Redirect => None,
    }
}
