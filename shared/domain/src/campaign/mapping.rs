//! How another system's payload is read: the paths of its values in the JSON, and what its event types mean. A mapping is a file of the campaign, `triggers/<source>.toml`; a source without one speaks our own form.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::campaign::Campaign;
use crate::campaign::{FileProblem, check};
use crate::kit::email::Email;
use crate::kit::ids::LeadId;
use crate::kit::locale::Locale;
use crate::kit::post::{self, RawPost};
use crate::kit::read::amount;
use crate::kit::vocabulary::SignalKind;

/// The mapping of one source. The field names are those of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Path of the event type; the values of several paths are joined by `/`.
    #[serde(rename = "type")]
    pub kind: Paths,
    /// Path of the person's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Path>,
    /// Path of our id of the lead, if the other system keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_id: Option<Path>,
    /// Path of the time of the event; without it the time of sending counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Path>,
    /// Path of the event's own id; without it the delivery's id (`webhook-id`) counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Path>,
    /// Path of what it was about: a page, a document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<Path>,
    /// What their event types mean here. One that is not listed is ignored.
    pub types: BTreeMap<String, Meaning>,
    /// Paths of a lead's answers, by the form's field.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Path>,
    /// Their values translated into the form's, by the form's field.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, BTreeMap<String, String>>,
}

/// What one of their event types means here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// The person visited a page.
    Visit,
    /// The person downloaded something.
    Download,
    /// The person replied to an email.
    Reply,
    /// A meeting was agreed or held.
    Meeting,
    /// The person was called and spoken to.
    CallReached,
    /// The person was called and did not answer.
    CallNoAnswer,
    /// The person was called and is not a buyer.
    CallNotAFit,
    /// The sale was made.
    Won,
    /// The sale was lost.
    Lost,
    /// The person wants no more emails.
    Unsubscribe,
    /// The person left their details for this campaign.
    Lead,
}

impl Meaning {
    /// The signal it is; `None` for a lead.
    pub fn signal(self) -> Option<SignalKind> {
        Some(match self {
            Self::Visit => SignalKind::Visit,
            Self::Download => SignalKind::Download,
            Self::Reply => SignalKind::Reply,
            Self::Meeting => SignalKind::Meeting,
            Self::CallReached => SignalKind::CallReached,
            Self::CallNoAnswer => SignalKind::CallNoAnswer,
            Self::CallNotAFit => SignalKind::CallNotAFit,
            Self::Won => SignalKind::Won,
            Self::Lost => SignalKind::Lost,
            Self::Unsubscribe => SignalKind::Unsubscribe,
            Self::Lead => return None,
        })
    }
}

/// A path in a JSON document: names and, in lists, numbers from 0, joined by dots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Path(pub(super) String);

/// One path, or several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Paths {
    /// One.
    One(Path),
    /// Several.
    Many(Vec<Path>),
}

impl Path {
    /// Whether it can be followed.
    pub(super) fn is_valid(&self) -> bool {
        self.0.len() <= 200 && self.0.split('.').all(|part| !part.is_empty())
    }

    /// The plain value there, as text; nothing for null, an object or a list.
    fn read(&self, body: &Value) -> Option<String> {
        match self.at(body)? {
            Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(yes) => Some(yes.to_string()),
            _ => None,
        }
    }

    fn at<'a>(&self, body: &'a Value) -> Option<&'a Value> {
        self.0.split('.').try_fold(body, |value, part| match value {
            Value::Array(list) => list.get(part.parse::<usize>().ok()?),
            _ => value.get(part),
        })
    }
}

impl Paths {
    /// All of them.
    pub(super) fn all(&self) -> &[Path] {
        match self {
            Self::One(path) => std::slice::from_ref(path),
            Self::Many(paths) => paths,
        }
    }
}

/// What a payload says, read and checked.
pub struct Heard {
    /// What it means.
    pub meaning: Meaning,
    /// About whom.
    pub who: Who,
    /// When, if it says so; in whole seconds.
    pub at: Option<Timestamp>,
    /// Under which id of its own, if the mapping names one.
    pub id: Option<String>,
    /// About what; empty when nothing is said.
    pub about: String,
    /// What a sale brought, in cents: `data.amount`, in euros.
    pub cents: Option<u64>,
    /// What a lead answered, by the form's fields, its address among them.
    pub answers: RawPost,
}

/// About whom something is reported.
#[derive(Debug)]
pub enum Who {
    /// Whoever has this address.
    Email(Email),
    /// The lead of this id.
    Lead(LeadId),
}

/// What is wrong with one field of a payload; never the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The stable code.
    pub code: &'static str,
    /// What to do, in English: programs send this and engineers read it.
    pub message: &'static str,
}

/// The types of our own form, as an error names them.
const NATIVE: &str = "Use visit, download, reply, meeting, call (with data.outcome reached, no_answer or not_a_fit), won, lost or unsubscribe.";

impl Mapping {
    /// Our own form: `{"type", "email" or "lead_id", "occurred_at", "data": {"about", "outcome"}}`.
    pub fn native() -> Self {
        let path = |text: &str| Some(Path(text.to_owned()));
        let types = [
            ("visit", Meaning::Visit),
            ("download", Meaning::Download),
            ("reply", Meaning::Reply),
            ("meeting", Meaning::Meeting),
            ("call/reached", Meaning::CallReached),
            ("call/no_answer", Meaning::CallNoAnswer),
            ("call/not_a_fit", Meaning::CallNotAFit),
            ("won", Meaning::Won),
            ("lost", Meaning::Lost),
            ("unsubscribe", Meaning::Unsubscribe),
        ];
        Self {
            kind: Paths::Many(vec![Path("type".into()), Path("data.outcome".into())]),
            email: path("email"),
            lead_id: path("lead_id"),
            occurred_at: path("occurred_at"),
            id: None,
            about: path("data.about"),
            types: types.map(|(name, meaning)| (name.to_owned(), meaning)).into(),
            fields: BTreeMap::new(),
            values: BTreeMap::new(),
        }
    }

    /// Reads a mapping file. `file` is its path below the campaign's folder.
    ///
    /// # Errors
    /// Every problem with its line: first those of the syntax, and only when there is none those of the sense.
    pub fn read(file: &str, source: &str, campaign: &Campaign) -> Result<Self, Vec<FileProblem>> {
        check::read_mapping(file, source, campaign)
    }

    /// What a payload says; `None` when its type means nothing here.
    ///
    /// # Errors
    /// Every fault at once, by the place it is about.
    pub fn hear(&self, body: &Value) -> Result<Option<Heard>, Vec<(String, Fault)>> {
        let mut faults = Vec::new();
        let mut add = |place: &str, code, message| faults.push((place.to_owned(), Fault { code, message }));
        let meaning = self.meaning(body);
        let is_native = self == &Self::native();
        let kind = self.kind.all().first().map_or("type", |path| path.0.as_str());
        match meaning {
            Err(()) => add(kind, "required", "Say what happened."),
            Ok(None) if is_native => add(kind, "unknown_type", NATIVE),
            Ok(None) => return Ok(None),
            Ok(Some(_)) => {}
        }
        let who = self.who(body, &mut add);
        let at = self.moment(body, &mut add);
        if is_native && !matches!(body.get("data"), None | Some(Value::Null | Value::Object(_))) {
            add("data", "not_an_object", "Make data an object, or leave it out.");
        }
        let read = |path: &Option<Path>| path.as_ref().and_then(|path| path.read(body));
        match (meaning, who) {
            (Ok(Some(meaning)), Some(who)) if faults.is_empty() => Ok(Some(Heard {
                meaning,
                who,
                at,
                id: read(&self.id),
                about: subject(&read(&self.about).unwrap_or_default()),
                cents: body.pointer("/data/amount").and_then(cents),
                answers: self.answers(body),
            })),
            _ => Err(faults),
        }
    }

    /// What the type means: `Err` when there is none, `None` when it is not listed. Of several places as many count as
    /// the list knows, so that a place may be empty or say more than matters.
    fn meaning(&self, body: &Value) -> Result<Option<Meaning>, ()> {
        let values: Vec<Option<String>> = self.kind.all().iter().map(|path| path.read(body)).collect();
        let first = values.first().cloned().flatten().ok_or(())?;
        let rest = values.into_iter().skip(1).flatten();
        let mut names = vec![first];
        for value in rest {
            let longer = format!("{}/{value}", names.last().expect("the first"));
            names.push(longer);
        }
        Ok(names.iter().rev().find_map(|name| self.types.get(name)).copied())
    }

    fn who(&self, body: &Value, add: &mut impl FnMut(&str, &'static str, &'static str)) -> Option<Who> {
        let read = |path: &Option<Path>| {
            let path = path.as_ref()?;
            Some((path.0.clone(), path.read(body)?))
        };
        match (read(&self.lead_id), read(&self.email)) {
            (Some(_), Some((place, _))) if self == &Self::native() => {
                add(&place, "ambiguous", "Give email or lead_id, not both.");
                None
            }
            (Some((_, id)), _) if LeadId::is_valid(&id) => Some(Who::Lead(LeadId::new(id))),
            (Some((place, _)), _) => {
                add(&place, "invalid_lead_id", "Use the id shown by the API.");
                None
            }
            (None, Some((place, address))) => match Email::read(&address) {
                Ok(email) => Some(Who::Email(email)),
                Err(misread) => {
                    let problem = misread.problem;
                    add(&place, problem.code(), problem.message(Locale::En));
                    None
                }
            },
            (None, None) => {
                let place = self.email.as_ref().or(self.lead_id.as_ref());
                let place = place.map_or("email", |path| path.0.as_str());
                add(
                    place,
                    "required",
                    "Say whom it is about: an email address or the lead's id.",
                );
                None
            }
        }
    }

    fn moment(&self, body: &Value, add: &mut impl FnMut(&str, &'static str, &'static str)) -> Option<Timestamp> {
        let path = self.occurred_at.as_ref()?;
        let value = path.at(body).filter(|value| !value.is_null())?;
        let moment = match value {
            Value::String(text) => moment_of(text.trim()),
            Value::Number(number) => number.as_i64().and_then(moment_of_number),
            _ => None,
        };
        if moment.is_none() {
            add(&path.0, "not_a_moment", "Give a time such as 2026-03-02T09:00:00Z.");
        }
        moment
    }

    /// The answers in the form's words.
    fn answers(&self, body: &Value) -> RawPost {
        let answers = self.fields.iter().filter_map(|(field, path)| {
            let theirs = path.read(body)?;
            let ours = self.values.get(field).and_then(|words| words.get(&theirs));
            let said = || match path.at(body) {
                Some(Value::Number(number)) => post::number(number),
                _ => theirs.clone(),
            };
            Some((field.clone(), ours.cloned().unwrap_or_else(said)))
        });
        let email = self.email.as_ref().and_then(|path| path.read(body));
        let email = email.map(|email| ("email".to_owned(), email));
        RawPost::new(email.into_iter().chain(answers).collect())
    }
}

/// RFC 3339, or seconds or milliseconds since 1970 as digits, which many systems send.
fn moment_of(text: &str) -> Option<Timestamp> {
    match text.parse::<i64>() {
        Ok(number) => moment_of_number(number),
        Err(_) => Timestamp::from_second(text.parse::<Timestamp>().ok()?.as_second()).ok(),
    }
}

fn moment_of_number(number: i64) -> Option<Timestamp> {
    // A hundred thousand million seconds are the year 5138; as milliseconds they are 1973.
    let seconds = if number >= 100_000_000_000 {
        number / 1_000
    } else {
        number
    };
    Timestamp::from_second(seconds)
        .ok()
        .filter(|at| *at > Timestamp::UNIX_EPOCH)
}

/// What it was about, as one clean line; of an address neither query nor fragment, which may hold anything.
fn subject(raw: &str) -> String {
    let line = crate::kit::text::clean_line(raw);
    let is_url = line.starts_with("https://") || line.starts_with("http://");
    match line.split(['?', '#']).next() {
        Some(bare) if is_url => bare.to_owned(),
        _ => line,
    }
}

/// An amount in euros as a number or its text, in cents; what is neither counts as not said.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "within the bounds checked here"
)]
fn cents(said: &Value) -> Option<u64> {
    let typed = || amount::read(said.as_str()?, Some("EUR"))?.parse().ok();
    let euros = said.as_f64().or_else(typed)?;
    let cents = (euros * 100.0).round();
    (0.0..=1e12).contains(&cents).then_some(cents as u64)
}

#[cfg(test)]
mod tests;
