//! What an answer of Zoho's means. A write answers for its record, at any status: what it does not name was not written.

use jiff::SignedDuration;
use serde_json::Value;

use crate::call::Answer;
use crate::oauth::{self, HOUR};
use crate::outcome::{End, FieldEnd, Outcome, Reason};

/// Why a call did not do what was asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// What could be done about it.
    pub(super) kind: Kind,
    /// How the try ends where nothing is done.
    pub(super) outcome: Outcome,
}

/// What could be done about a fault.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing.
    Ends,
    /// No such record, or none that can be written.
    Absent,
    /// The one record of this id has the value already; `None` where there are several, or none is named.
    Duplicate(Option<String>),
    /// A process of the owner's holds the stage.
    Blueprint,
    /// The fields that the outcome names are refused.
    Fields,
}

impl From<Outcome> for Fault {
    fn from(outcome: Outcome) -> Self {
        Self {
            kind: Kind::Ends,
            outcome,
        }
    }
}

/// Why a write did nothing; `None` if it names its record as written. `unread` is the end where the answer says nothing
/// that can be read.
pub(super) fn unwritten(answer: &Answer, unread: End) -> Option<Fault> {
    let json = answer.json().unwrap_or_default();
    let result = &json["data"][0];
    match (answer.status, result["status"].as_str()) {
        (200..=299, Some("success")) => None,
        (200..=299, None) if result["code"].is_null() && json["code"].is_null() => {
            Some(oauth::unreadable(answer, unread).into())
        }
        _ => Some(fault(answer)),
    }
}

/// The id that a write confirms, if it says it.
pub(super) fn written(answer: &Answer) -> Option<String> {
    let json = answer.json()?;
    oauth::id(&json["data"][0]["details"]["id"]).map(str::to_owned)
}

/// What an answer means that is no success.
pub(super) fn fault(answer: &Answer) -> Fault {
    let status = answer.status;
    if let (300..=399, Some(outcome)) = (status, oauth::passing(answer)) {
        return outcome.into();
    }
    let json = answer.json().unwrap_or_default();
    // A refusal of the whole call has no list around it.
    let told = if json["data"][0].is_object() {
        &json["data"][0]
    } else {
        &json
    };
    let code = told["code"].as_str().unwrap_or_default();
    let ended = |end: End| Outcome {
        code: oauth::word(code),
        ..Outcome::of(end).with_status(status)
    };
    if let Some(end) = end(code, answer) {
        return ended(end).into();
    }
    if let Some(outcome) = oauth::passing(answer) {
        return Outcome {
            code: outcome.code.or(oauth::word(code)),
            ..outcome
        }
        .into();
    }
    match status {
        401 => return ended(End::Renew).into(),
        403 => return ended(End::Pause(Reason::Forbidden, None)).into(),
        // An answer of something in between says nothing about the record.
        404 if code.is_empty() => return oauth::unreadable(answer, End::Later(None)).into(),
        412 => return ended(End::Later(None)).into(),
        429 => return ended(limited(answer, told)).into(),
        _ => {}
    }
    let refused = |kind, parts: &[&Value]| {
        let mut fields: Vec<(String, FieldEnd)> = Vec::new();
        for name in parts.iter().filter_map(|part| field(part)).filter_map(oauth::word) {
            if !fields.iter().any(|(known, _)| *known == name) {
                fields.push((name, FieldEnd::Refused));
            }
        }
        Fault {
            kind,
            outcome: Outcome {
                fields,
                ..ended(End::SetAside)
            },
        }
    };
    let parts: Vec<&Value> = match code {
        "MULTIPLE_OR_MULTI_ERRORS" => told["details"]["errors"].as_array().into_iter().flatten().collect(),
        _ => vec![told],
    };
    let code_of = |part: &Value| part["code"].as_str().unwrap_or_default().to_owned();
    if let Some((part, end)) = parts.iter().find_map(|part| Some((part, end(&code_of(part), answer)?))) {
        return ended(end)
            .with_code(oauth::word(&code_of(part)).unwrap_or_default())
            .into();
    }
    if let Some(part) = parts.iter().find(|part| code_of(part) == "DUPLICATE_DATA") {
        return refused(Kind::Duplicate(other(&part["details"])), &[part]);
    }
    let kind = match code {
        "RECORD_IN_BLUEPRINT" => Kind::Blueprint,
        _ if status == 404 || (code == "INVALID_DATA" && about_id(told)) => Kind::Absent,
        // What the record cannot be without is not mended by leaving more out.
        _ if parts.iter().any(|part| code_of(part) == "MANDATORY_NOT_FOUND") => Kind::Ends,
        _ if !parts.is_empty() && parts.iter().all(|part| field(part).is_some()) => Kind::Fields,
        _ => Kind::Ends,
    };
    refused(kind, &parts)
}

/// The end of the try by its code, whatever was asked.
fn end(code: &str, answer: &Answer) -> Option<End> {
    match code {
        "INVALID_TOKEN" | "AUTHENTICATION_FAILURE" => Some(End::Renew),
        "OAUTH_SCOPE_MISMATCH" | "NO_PERMISSION" => Some(End::Pause(Reason::Forbidden, None)),
        "TOO_MANY_REQUESTS" => Some(limited(answer, &answer.json().unwrap_or_default())),
        "RECORD_LOCKED" | "INTERNAL_ERROR" => Some(End::Later(oauth::wait(answer))),
        _ => None,
    }
}

/// Too many calls at once, or in a day: they look alike but for what is left.
fn limited(answer: &Answer, told: &Value) -> End {
    let spent = credits(answer).is_some_and(|left| left <= 0);
    let says = told["message"]
        .as_str()
        .is_some_and(|text| text.to_ascii_lowercase().contains("credit"));
    match spent || says {
        true => End::Pause(Reason::Budget, Some(HOUR)),
        false => End::Pause(
            Reason::Limited,
            Some(oauth::wait(answer).unwrap_or(SignedDuration::from_mins(1))),
        ),
    }
}

/// What is left of the credits of 24 hours; sent once half of them are used.
pub(super) fn credits(answer: &Answer) -> Option<i64> {
    answer.header("x-api-credits-remaining")?.trim().parse().ok()
}

/// The field that an error is about: by its path, for the name alone may be one inside (`id` of `Owner`).
fn field(error: &Value) -> Option<&str> {
    let details = &error["details"];
    let path = details["json_path"]
        .as_str()
        .and_then(|path| path.split_once("]."))
        .map(|(_, path)| path);
    let name = path.and_then(|path| path.split(['.', '[']).next());
    name.or_else(|| details["api_name"].as_str())
        .filter(|name| !name.is_empty())
}

/// Whether an error is about the id of the record itself: there is none of this id. It says so by a place in the path,
/// by the field's name, or by the id alone.
fn about_id(error: &Value) -> bool {
    let has = |member| error["details"].get(member).is_some();
    match field(error) {
        Some(name) => name == "id",
        None => has("resource_path_index") || has("id"),
    }
}

/// The one record that has the value already.
fn other(details: &Value) -> Option<String> {
    let id = oauth::id(&details["duplicate_record"]["id"]).or_else(|| oauth::id(&details["id"]));
    id.filter(|_| details["more_records"] != true).map(str::to_owned)
}
