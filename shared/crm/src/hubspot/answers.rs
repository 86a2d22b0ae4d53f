//! What HubSpot's answers mean.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::wire::{Due, Stop, code, id, retry_after};
use crate::{Answer, End, Reason};

/// What an answer says, where that depends on what was asked. Without a `Debug`: it holds values.
#[derive(Clone, PartialEq)]
pub(super) enum Said {
    /// Yes; the body, or `Null` where none is due.
    Yes(Value),
    /// There is no such record.
    Absent,
    /// Another record has this unique value.
    Conflict,
    /// Refused for good: the properties that it names, and its code.
    Refused(Vec<String>, Option<String>),
}

/// Classifies an answer, whatever its status.
pub(super) fn hear(answer: &Answer, due: Due, now: Timestamp) -> Result<Said, Stop> {
    let json = answer.json().filter(Value::is_object);
    let body = json.clone().unwrap_or_default();
    let told = retry_after(answer, now);
    let stop = |end| Err(Stop::new(end, cause(&body)));
    match answer.status {
        200..=299 => taken(answer, json, due),
        300..=399 => Err(Stop::coded(End::Later(None), "redirect")),
        401 => stop(End::Pause(Reason::Unauthorized, None)),
        402 | 403 => stop(End::Pause(Reason::Forbidden, None)),
        // An answer of something in between says nothing about the record.
        404 if json.is_none() => Err(Stop::coded(End::Later(None), "no_json")),
        404 => Ok(Said::Absent),
        408 | 425 => stop(End::Later(told)),
        409 => Ok(Said::Conflict),
        423 => stop(End::Later(told.max(Some(SignedDuration::from_secs(2))))),
        429 => limited(&body, told),
        477 => stop(End::Pause(
            Reason::Unavailable,
            told.or(Some(SignedDuration::from_mins(5))),
        )),
        400..=499 => Ok(Said::Refused(named(&body), cause(&body))),
        500..=599 => stop(End::Later(told)),
        0..=199 | 600.. => stop(due.spoilt()),
    }
}

/// A success is none yet: failures come inside of it, and what it does not name was not delivered.
fn taken(answer: &Answer, json: Option<Value>, due: Due) -> Result<Said, Stop> {
    match json {
        Some(body) if has_errors(&body) => {
            // A no to mail that is refused waits for a person, not for another try.
            let end = if due == Due::Change {
                End::SetAside
            } else {
                due.spoilt()
            };
            Err(Stop::new(
                end,
                cause(&body).or_else(|| Some("errors_inside".to_owned())),
            ))
        }
        None if due == Due::Nothing && answer.body.is_empty() => Ok(Said::Yes(Value::Null)),
        None => Err(Stop::coded(due.spoilt(), "no_json")),
        Some(body) if matches!(due, Due::Update | Due::Create) && id(body.get("id")).is_none() => {
            Err(Stop::coded(due.spoilt(), "no_id"))
        }
        Some(body) => Ok(Said::Yes(body)),
    }
}

/// Whether a failure stands in a body.
fn has_errors(body: &Value) -> bool {
    let errors = body
        .get("errors")
        .and_then(Value::as_array)
        .is_some_and(|errors| !errors.is_empty());
    let counted = body
        .get("numErrors")
        .and_then(Value::as_u64)
        .is_some_and(|count| count > 0);
    errors || counted || body.get("status").and_then(Value::as_str) == Some("error")
}

fn limited(body: &Value, told: Option<SignedDuration>) -> Result<Said, Stop> {
    let policy = code(body.get("policyName"));
    let end = match policy.as_deref() {
        // New at midnight in the account's zone, which the answer does not tell.
        Some("DAILY") => End::Pause(Reason::Budget, Some(SignedDuration::from_hours(1))),
        _ => End::Pause(Reason::Limited, told.or(Some(SignedDuration::from_secs(10)))),
    };
    Err(Stop::new(end, policy.or_else(|| cause(body))))
}

/// The code of the first error, else the category of all.
fn cause(body: &Value) -> Option<String> {
    let first = body.pointer("/errors/0");
    code(first.and_then(|error| error.get("code")))
        .or_else(|| code(body.get("category")))
        .or_else(|| code(first.and_then(|error| error.get("category"))))
}

/// The properties that a refusal names: in the context of each error, or in the list that the message ends in.
fn named(body: &Value) -> Vec<String> {
    let errors = body.get("errors").and_then(Value::as_array).into_iter().flatten();
    let contexts = errors
        .chain([body])
        .filter_map(|error| error.pointer("/context/propertyName"));
    let mut names: Vec<String> = contexts.flat_map(texts).collect();
    if names.is_empty() {
        let message = body.get("message").and_then(Value::as_str).unwrap_or_default();
        let list = message
            .find('[')
            .and_then(|start| serde_json::from_str::<Vec<Value>>(&message[start..]).ok());
        names = list
            .iter()
            .flatten()
            .filter_map(|error| error.get("name"))
            .flat_map(texts)
            .collect();
    }
    names
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(values) => values.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// How long to rest after a success: the window is (almost) used up, or the day is.
pub(super) fn rest(answer: &Answer) -> Option<SignedDuration> {
    let number = |name| answer.header(name).and_then(|text| text.trim().parse::<i64>().ok());
    if number("x-hubspot-ratelimit-daily-remaining") == Some(0) {
        return Some(SignedDuration::from_hours(1));
    }
    let window = number("x-hubspot-ratelimit-interval-milliseconds")
        .unwrap_or(10_000)
        .clamp(0, 60_000);
    number("x-hubspot-ratelimit-remaining")
        .filter(|left| *left <= 1)
        .map(|_| SignedDuration::from_millis(window))
}
