//! What Pipedrive's answers mean.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::values::{is_custom, key};
use crate::wire::{Due, Stop, code, id, retry_after};
use crate::{Answer, End, Entry, Reason};

/// Tokens of a search, and of a list of leads: nothing that we call costs more.
const DEAREST: i64 = 20;

/// What an answer says, where that depends on what was asked. Without a `Debug`: it holds values.
#[derive(Clone, PartialEq)]
pub(super) enum Said {
    /// Yes; the whole body.
    Yes(Value),
    /// There is no such record.
    Absent,
    /// Refused for good.
    Refused(Refusal),
}

/// A refusal. Its text may repeat a value: it is searched for names, and goes no further.
#[derive(Clone, PartialEq)]
pub(super) struct Refusal {
    text: String,
    pub(super) code: Option<String>,
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::new(End::SetAside, refusal.code)
    }
}

impl Refusal {
    /// The fields that it names, among those that were sent: by their key in its text, there is no other way.
    pub(super) fn named(&self, sent: &[&Entry]) -> Vec<String> {
        let hits = || {
            sent.iter()
                .map(|entry| entry.name.as_str())
                .filter(|name| mentions(&self.text, key(name)))
        };
        let pick = |name: &dyn Fn(&str) -> bool| {
            hits()
                .filter(|hit| name(key(hit)))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        // A hash is no word of any sentence; `value` and `name` are of many.
        let hashes = pick(&is_custom);
        let words = pick(&|key| !matches!(key, "value" | "name"));
        [hashes, words]
            .into_iter()
            .find(|names| !names.is_empty())
            .unwrap_or_else(|| pick(&|_| true))
    }
}

/// Whether a text has a name in it as a whole word.
fn mentions(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(start, _)| {
        let before = text[..start].chars().next_back();
        let after = text[start + name.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// Classifies an answer, whatever its status.
pub(super) fn hear(answer: &Answer, due: Due, now: Timestamp) -> Result<Said, Stop> {
    let json = answer.json().filter(Value::is_object);
    let body = json.clone().unwrap_or_default();
    let told = retry_after(answer, now);
    let stop = |end| Err(Stop::new(end, code(body.get("code"))));
    match answer.status {
        200..=299 => taken(json, due),
        // What answers a create from elsewhere may have made it.
        300..=399 if due == Due::Create => Err(Stop::coded(End::Unknown, "redirect")),
        300..=399 => Err(Stop::coded(End::Later(None), "redirect")),
        401 => stop(End::Pause(Reason::Unauthorized, None)),
        // A page instead of their JSON: blocked for going on in spite of 429s. The record is fine.
        403 if json.is_none() => Err(Stop::coded(
            End::Pause(Reason::Blocked, Some(SignedDuration::from_mins(30))),
            "blocked",
        )),
        402 | 403 => stop(End::Pause(Reason::Forbidden, None)),
        // An answer of something in between says nothing about the record.
        404 if json.is_none() => Err(Stop::coded(End::Later(None), "no_json")),
        404 => Ok(Said::Absent),
        // Nothing keeps a second person out: a create that failed somewhere on its way is looked up first.
        408 | 500..=599 if due == Due::Create => stop(End::Unknown),
        408 | 423 | 425 | 500..=599 => stop(End::Later(told)),
        429 if is_spent(answer) => stop(End::Pause(Reason::Budget, Some(SignedDuration::from_hours(1)))),
        429 => stop(End::Pause(
            Reason::Limited,
            Some(window(answer).or(told).unwrap_or(SignedDuration::from_secs(2))),
        )),
        400..=499 => Ok(Said::Refused(Refusal {
            text: body.get("error").and_then(Value::as_str).unwrap_or_default().to_owned(),
            code: code(body.get("code")),
        })),
        0..=199 | 600.. => stop(due.spoilt()),
    }
}

/// A success says so itself, and names the record.
fn taken(json: Option<Value>, due: Due) -> Result<Said, Stop> {
    let spoilt = |code| Err(Stop::coded(due.spoilt(), code));
    match json {
        None => spoilt("no_json"),
        Some(body) if body.get("success") != Some(&Value::Bool(true)) => spoilt("no_success"),
        Some(body) if matches!(due, Due::Update | Due::Create) && id(body.pointer("/data/id")).is_none() => {
            spoilt("no_id")
        }
        Some(body) => Ok(Said::Yes(body)),
    }
}

fn number(answer: &Answer, name: &str) -> Option<i64> {
    answer.header(name)?.trim().parse().ok()
}

/// Whether the tokens of the day do not go for every call any more: going on would end in the block for ignored 429s.
fn is_spent(answer: &Answer) -> bool {
    number(answer, "x-daily-ratelimit-token-remaining").is_some_and(|left| left < DEAREST)
}

/// Until the short window starts anew.
fn window(answer: &Answer) -> Option<SignedDuration> {
    let seconds = number(answer, "x-ratelimit-reset").filter(|seconds| *seconds > 0);
    seconds.map(|seconds| SignedDuration::from_secs(seconds.min(3600)))
}

/// How long to rest after a success: the window is (almost) used up, or the day is.
pub(super) fn rest(answer: &Answer) -> Option<SignedDuration> {
    if is_spent(answer) {
        return Some(SignedDuration::from_hours(1));
    }
    let is_near = number(answer, "x-ratelimit-remaining").is_some_and(|left| left <= 1);
    is_near.then(|| window(answer).unwrap_or(SignedDuration::from_secs(2)))
}
