//! What an answer of Salesforce's that is no success means.

use jiff::SignedDuration;
use serde_json::Value;

use super::record::Record;
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
    /// Nothing is at this address.
    Absent,
    /// The lead was converted and is read-only: it lives on as a contact.
    Converted,
    /// A duplicate rule has fired and names these records.
    Duplicates(Vec<Record>),
    /// Another record has our id.
    Taken,
    /// The fields that the outcome names are refused, each by name.
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

/// One error of the list.
struct Told<'a> {
    code: &'a str,
    message: &'a str,
    fields: Vec<&'a str>,
    all: &'a Value,
}

impl<'a> Told<'a> {
    /// Reads one; the fields it concerns stand in the message alone at times, and there only those asked about count.
    fn new(all: &'a Value, asked: &[&'a str]) -> Self {
        let text = |name: &str| all[name].as_str();
        let message = text("message").unwrap_or_default();
        let named = all["fields"].as_array().into_iter().flatten();
        let mut fields: Vec<&str> = named.filter_map(Value::as_str).collect();
        if fields.is_empty() {
            let words = |name: &&&str| {
                message
                    .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .any(|word| word == **name)
            };
            fields = asked.iter().filter(words).copied().collect();
        }
        Self {
            code: text("errorCode").or_else(|| text("statusCode")).unwrap_or_default(),
            message,
            fields,
            all,
        }
    }

    /// Whether it says this, by its code or by the code of what caused it.
    fn is(&self, code: &str) -> bool {
        self.code == code || self.message.contains(code)
    }

    /// The end of the try, whatever was asked.
    fn end(&self) -> Option<End> {
        // A lock may hide in the message of a trigger that failed of it.
        if self.is("UNABLE_TO_LOCK_ROW") {
            return Some(End::Later(None));
        }
        match self.code {
            "INVALID_SESSION_ID" => Some(End::Renew),
            "REQUEST_LIMIT_EXCEEDED" => Some(End::Pause(Reason::Budget, Some(HOUR))),
            "API_DISABLED_FOR_ORG"
            | "API_CURRENTLY_DISABLED"
            | "INSUFFICIENT_ACCESS"
            | "INSUFFICIENT_ACCESS_OR_READONLY" => Some(End::Pause(Reason::Forbidden, None)),
            "SERVER_UNAVAILABLE" | "QUERY_TIMEOUT" | "REQUEST_RUNNING_TOO_LONG" => Some(End::Later(None)),
            "ENTITY_IS_DELETED" => Some(End::Gone),
            _ => None,
        }
    }

    /// Whether leaving fields out can help: not where one is missing, nor against a rule of the owner's.
    fn mends(&self) -> bool {
        !self.fields.is_empty()
            && !matches!(
                self.code,
                "REQUIRED_FIELD_MISSING" | "FIELD_CUSTOM_VALIDATION_EXCEPTION"
            )
    }
}

/// What an answer means that is no success. `asked` are the fields that the call named, `id_field` the one of our id.
pub(super) fn fault(answer: &Answer, asked: &[&str], id_field: &str) -> Fault {
    let status = answer.status;
    if let (300..=399, Some(outcome)) = (status, oauth::passing(answer)) {
        return outcome.into();
    }
    let json = answer.json().unwrap_or_default();
    let asked: Vec<&str> = asked.iter().copied().chain([id_field]).collect();
    // The errors are the whole answer; those of a write that was looked at first stand inside it.
    let errors = json.as_array().or_else(|| json["errors"].as_array());
    let told: Vec<Told<'_>> = errors
        .into_iter()
        .flatten()
        .map(|error| Told::new(error, &asked))
        .collect();
    let ended = |end: End, code: &str| Outcome {
        code: oauth::word(code),
        ..Outcome::of(end).with_status(status)
    };
    if let Some((end, code)) = told.iter().find_map(|told| Some((told.end()?, told.code))) {
        return ended(end, code).into();
    }
    let first = told.first().map(|told| told.code).unwrap_or_default();
    if let Some(outcome) = oauth::passing(answer) {
        return Outcome {
            code: outcome.code.or(oauth::word(first)),
            ..outcome
        }
        .into();
    }
    let refused = |kind, code| Fault {
        kind,
        outcome: ended(End::SetAside, code),
    };
    match status {
        401 => return ended(End::Renew, first).into(),
        403 => return ended(End::Pause(Reason::Forbidden, None), first).into(),
        // An answer of something in between says nothing about the record.
        404 if told.is_empty() => return oauth::unreadable(answer, End::Later(None)).into(),
        404 => return refused(Kind::Absent, first),
        429 => {
            let rest = oauth::wait(answer).unwrap_or(SignedDuration::from_mins(1));
            return ended(End::Pause(Reason::Limited, Some(rest)), first).into();
        }
        _ => {}
    }
    for told in &told {
        match told.code {
            _ if told.is("CANNOT_UPDATE_CONVERTED_LEAD") => {
                return refused(Kind::Converted, "CANNOT_UPDATE_CONVERTED_LEAD");
            }
            "DUPLICATES_DETECTED" => return refused(Kind::Duplicates(matched(told.all)), told.code),
            "DUPLICATE_VALUE" if told.fields.contains(&id_field) => return refused(Kind::Taken, told.code),
            _ => {}
        }
    }
    let mends = !told.is_empty() && told.iter().all(Told::mends);
    // The one that cannot be mended names the end.
    let code = told.iter().find(|told| !told.mends()).map_or(first, |told| told.code);
    let mut names: Vec<String> = Vec::new();
    for name in told
        .iter()
        .flat_map(|told| &told.fields)
        .filter_map(|name| oauth::word(name))
    {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let fields = names.into_iter().map(|name| (name, FieldEnd::Refused)).collect();
    let kind = if mends { Kind::Fields } else { Kind::Ends };
    Fault {
        kind,
        outcome: Outcome {
            fields,
            ..ended(End::SetAside, code)
        },
    }
}

/// The records that a duplicate rule names, each once. The member that holds them has another name than the one in the
/// documentation, so it is known by what is in it.
fn matched(error: &Value) -> Vec<Record> {
    let members = error.as_object().into_iter().flat_map(|error| error.values());
    let results = members
        .filter_map(|member| member["matchResults"].as_array())
        .chain(error["matchResults"].as_array());
    let records = results
        .flatten()
        .filter_map(|result| result["matchRecords"].as_array())
        .flatten();
    let mut found = Vec::new();
    for record in records
        .filter_map(|matched| oauth::id(&matched["record"]["Id"]))
        .map(Record::of)
    {
        if !found.contains(&record) {
            found.push(record);
        }
    }
    found
}
