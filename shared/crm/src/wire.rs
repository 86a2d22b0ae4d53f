//! What the two CRMs with a key that is written down have in common: one call after the other, and what is remembered
//! of them.

use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use serde_json::{Map, Value};

use crate::{
    Act, Answer, Broken, Call, End, Entry, FieldEnd, Http, Link, Method, Outcome, Reason, Secret, Token, Write,
};

/// Why an operation went no further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stop {
    pub(crate) end: End,
    pub(crate) code: Option<String>,
}

impl Stop {
    pub(crate) fn new(end: End, code: Option<String>) -> Self {
        Self { end, code }
    }

    /// A stop with a code of our own.
    pub(crate) fn coded(end: End, code: &str) -> Self {
        Self::new(end, Some(code.to_owned()))
    }
}

/// What an answer is due to bring, and so what it means if it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Something read: no effect, whatever happens.
    Look,
    /// A record changed: the change can be repeated.
    Update,
    /// A record made: it must be looked up before it is repeated.
    Create,
    /// Something changed that is no record, told in words.
    Change,
    /// Something deleted, told by a status alone.
    Nothing,
}

impl Due {
    /// The end where a success cannot be believed.
    pub(crate) fn spoilt(self) -> End {
        match self {
            Self::Create => End::Unknown,
            Self::Look | Self::Update | Self::Change | Self::Nothing => End::Later(None),
        }
    }

    /// The end where there was no answer at all.
    pub(crate) fn broken(self, broken: Broken) -> End {
        match (broken, self) {
            (Broken::NotSent, _) | (Broken::Unknown, Self::Look) => End::Later(None),
            (Broken::Unknown, Self::Update | Self::Create | Self::Change | Self::Nothing) => End::Unknown,
            (Broken::Forbidden, _) => End::Pause(Reason::Elsewhere, None),
        }
    }
}

/// One operation: its connection, and what it has come to know.
pub(crate) struct Talk<'a, H: Http> {
    link: &'a Link<'a, H>,
    /// Id, last status, fields, several and rest, kept even if what comes after fails.
    pub(crate) known: Outcome,
}

impl<'a, H: Http> Talk<'a, H> {
    pub(crate) fn new(link: &'a Link<'a, H>, id: Option<&str>) -> Self {
        let known = Outcome {
            id: id.map(str::to_owned),
            ..Outcome::of(End::Delivered)
        };
        Self { link, known }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.link.now
    }

    /// The text of the key.
    pub(crate) fn key(&self) -> &str {
        &self.link.token.text
    }

    /// Makes one call to a path below the base, and keeps its status.
    pub(crate) async fn call(
        &mut self,
        (method, path): (Method, &str),
        key: (&'static str, String),
        body: Option<&Value>,
        due: Due,
    ) -> Result<Answer, Stop> {
        let mut headers = vec![key, ("accept", "application/json".to_owned())];
        if body.is_some() {
            headers.push(("content-type", "application/json".to_owned()));
        }
        let call = Call {
            method,
            url: format!("{}{path}", self.link.token.base),
            headers,
            body: body.map(|body| body.to_string().into_bytes()).unwrap_or_default(),
        };
        let answer = self.link.http.call(call).await;
        self.known.status = answer.as_ref().ok().map(|answer| answer.status);
        answer.map_err(|broken| Stop::new(due.broken(broken), None))
    }

    /// Remembers what became of a field.
    pub(crate) fn note(&mut self, name: &str, end: FieldEnd) {
        self.known.fields.push((name.to_owned(), end));
    }

    /// Takes refused fields out of what is to be written, or stops where one of them may not be left out, or where
    /// nothing of ours was named.
    pub(crate) fn leave_out(
        &mut self,
        entries: &mut Vec<&Entry>,
        refused: &[String],
        code: Option<String>,
    ) -> Result<(), Stop> {
        let is_refused = |entry: &&Entry| refused.contains(&entry.name);
        let (out, left): (Vec<&Entry>, Vec<&Entry>) = entries.iter().partition(|entry| is_refused(entry));
        let stopping: Vec<&&Entry> = out.iter().filter(|entry| !entry.drop || entry.key.is_some()).collect();
        if out.is_empty() || !stopping.is_empty() {
            for entry in stopping {
                self.note(&entry.name, FieldEnd::Refused);
            }
            return Err(Stop::new(End::SetAside, code));
        }
        for entry in out {
            self.note(&entry.name, FieldEnd::Dropped);
        }
        *entries = left;
        Ok(())
    }

    /// How the operation ended.
    pub(crate) fn finish(self, end: Result<(), Stop>) -> Outcome {
        match end {
            Ok(()) => self.known,
            Err(Stop { end, code }) => Outcome {
                end,
                code,
                rest: None,
                ..self.known
            },
        }
    }
}

/// A key that is written down once: no call is made for it.
pub(crate) fn written_key(secret: &Secret, url: Option<&str>, base: &str) -> Result<Token, Stop> {
    match secret {
        Secret::Token(text) => Ok(Token {
            text: text.clone(),
            base: url.unwrap_or(base).trim_end_matches('/').to_owned(),
            seconds: None,
        }),
        Secret::Salesforce { .. } | Secret::Zoho { .. } => {
            Err(Stop::coded(End::Pause(Reason::Unauthorized, None), "secret"))
        }
    }
}

/// A text as a segment of a path or the value of a query.
pub(crate) fn escape(text: &str) -> String {
    let escaped: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    // A plus that was in the text is `%2B` by now.
    escaped.replace('+', "%20")
}

/// `Retry-After`, in seconds or as a date; at most a day, so that no answer silences a destination for ever.
pub(crate) fn retry_after(answer: &Answer, now: Timestamp) -> Option<SignedDuration> {
    let text = answer.header("retry-after")?.trim();
    let wait = match text.parse() {
        Ok(seconds) => SignedDuration::from_secs(seconds),
        Err(_) => rfc2822::parse(text).ok()?.timestamp().duration_since(now),
    };
    wait.is_positive().then(|| wait.min(SignedDuration::from_hours(24)))
}

/// A code of the CRM's, if it looks like one: a text with blanks may repeat a value, and is not kept.
pub(crate) fn code(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    (!text.is_empty() && text.len() <= 64 && text.chars().all(plain)).then(|| text.to_owned())
}

/// An id, which some answers write as a number.
pub(crate) fn id(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Whether there is nothing in a field.
pub(crate) fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(values)) => values.is_empty(),
        Some(Value::Object(members)) => members.is_empty(),
        Some(Value::Bool(_) | Value::Number(_)) => false,
    }
}

/// Whether two texts say the same: `65` and `65.0` do, `0612` and `612` do not.
pub(crate) fn same_text(one: &str, other: &str) -> bool {
    let number = |text: &str| {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let padded = digits.starts_with('0') && digits.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
        let plain = digits.len() <= 15 && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        (plain && !padded).then(|| text.parse::<f64>().ok()).flatten()
    };
    let (one, other) = (one.trim(), other.trim());
    one == other || number(one).zip(number(other)).is_some_and(|(one, other)| one == other)
}

/// Whether a field of a record that exists is written.
pub(crate) fn is_wanted(entry: &Entry, there: &Map<String, Value>) -> bool {
    match entry.write {
        Write::Create => false,
        Write::IfEmpty => !entry.value.is_null() && is_empty(there.get(&entry.name)),
        Write::Always => true,
    }
}

/// Whether a record must be read before it is changed.
pub(crate) fn asks_first(entry: &Entry) -> bool {
    entry.write == Write::IfEmpty
}

/// Whether a key that is only written where nothing stands differs from what does: shown, not overwritten.
pub(crate) fn differs(entry: &Entry, there: &str) -> bool {
    let ours = entry.value.as_str().unwrap_or_default();
    let same = match entry.key {
        Some(Act::Email) => ours.eq_ignore_ascii_case(there),
        Some(Act::Id) => ours == there,
        None => true,
    };
    entry.write == Write::IfEmpty && !there.is_empty() && !same
}
