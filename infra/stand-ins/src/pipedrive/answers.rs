//! Pipedrive's answers and refusals, in its own shapes.

use serde_json::{Value, json};

use crate::{Fault, Reply};

pub(super) const ACTIONS: [&str; 4] = ["create", "change", "delete", "*"];
pub(super) const OBJECTS: [&str; 11] = [
    "activity",
    "deal",
    "lead",
    "note",
    "organization",
    "person",
    "pipeline",
    "product",
    "stage",
    "user",
    "*",
];

/// What an operation comes to.
pub(super) type Outcome<T = Answer> = Result<T, Refusal>;

/// An answer before it is written out.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    kind: &'static str,
    body: String,
}

impl Answer {
    pub(super) fn ok(data: Value) -> Self {
        Self::json(200, &json!({"success": true, "data": data}))
    }

    pub(super) fn created(data: Value) -> Self {
        Self::json(201, &json!({"success": true, "data": data}))
    }

    /// A page of many.
    pub(super) fn page(data: Value, more: Value) -> Self {
        Self::json(200, &json!({"success": true, "data": data, "additional_data": more}))
    }

    fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            kind: "application/json",
            body: body.to_string(),
        }
    }

    pub(super) fn reply(self, limits: Vec<(String, String)>) -> Reply {
        let kind = ("content-type".into(), self.kind.into());
        let headers = [vec![kind], limits].concat();
        Reply::Answer {
            status: self.status,
            headers,
            body: self.body.into_bytes(),
        }
    }
}

/// A refusal.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    error: String,
    code: Option<&'static str>,
    /// A page of HTML instead of JSON: the caller is blocked.
    blocked: bool,
}

/// Status and words of what has no more to say.
const PLAIN: [(u16, &str); 12] = [
    (400, "Bad request"),
    (401, "unauthorized access"),
    (
        402,
        "The company account is not open (possible reason: trial expired, payment details not entered)",
    ),
    (403, "Forbidden"),
    (404, "Not found"),
    (405, "Method not allowed"),
    (410, "Gone"),
    (415, "Unsupported media type"),
    (422, "Unprocessable entity"),
    (429, "request over limit"),
    (500, "Internal Server Error"),
    (503, "Service unavailable"),
];

impl Refusal {
    /// The refusal that Pipedrive has for a status.
    pub(super) fn of(status: u16) -> Self {
        let words = PLAIN
            .iter()
            .find(|(one, _)| *one == status)
            .map_or("Request failed", |(_, words)| words);
        Self {
            status,
            error: words.into(),
            code: None,
            blocked: false,
        }
    }

    /// A field that does not hold; its key stands in the words only.
    pub(super) fn field(key: &str, why: &str) -> Self {
        let error = format!("Validation failed: {key}: {key} {why}");
        Self {
            error,
            code: Some("ERR_SCHEMA_VALIDATION_FAILED"),
            ..Self::of(400)
        }
    }

    /// A field that nobody knows.
    pub(super) fn unknown(key: &str) -> Self {
        let error = format!("Validation failed: {key}: Parameter '{key}' is not allowed for this request");
        Self {
            error,
            ..Self::field(key, "")
        }
    }

    /// Something that is not there, or not there any more.
    pub(super) fn missing(what: &str) -> Self {
        Self {
            error: format!("{what} not found"),
            ..Self::of(404)
        }
    }

    /// A right that the plan or the settings do not give.
    pub(super) fn forbidden(error: String, code: &'static str) -> Self {
        Self {
            error,
            code: Some(code),
            ..Self::of(403)
        }
    }

    /// The caller is kept out for a while.
    pub(super) fn blocked() -> Self {
        Self {
            blocked: true,
            ..Self::of(403)
        }
    }

    pub(super) fn answer(self) -> Answer {
        if self.blocked {
            let body = "<!DOCTYPE html><html><head><title>Access denied</title></head><body>Error 1015</body></html>";
            return Answer {
                status: self.status,
                kind: "text/html",
                body: body.into(),
            };
        }
        let mut body = json!({
            "success": false, "error": self.error, "error_info": "Please check developers.pipedrive.com",
            "data": null, "additional_data": null,
        });
        match self.code {
            Some(code) => body["code"] = code.into(),
            None => body["errorCode"] = self.status.into(),
        }
        Answer::json(self.status, &body)
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
        Fault::Html => Some(page("<!DOCTYPE html><html><body>Pipedrive</body></html>")),
        Fault::Nothing => Some(page("")),
        Fault::CutBefore | Fault::Status(_) | Fault::Redirect => None,
    }
}
