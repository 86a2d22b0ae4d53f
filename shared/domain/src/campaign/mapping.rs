//! How another system's payload is read: the paths of its values in the JSON, and what its event types mean. A mapping is a file of the campaign, `triggers/<source>.toml`; a source without one speaks our own form.

mod path;
mod proof;

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{self, Deserializer, IntoDeserializer as _, SeqAccess, Visitor};
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

pub use self::path::Path;
pub use self::proof::{MetaSecret, Proof, STANDARD_PREFIX, standard_secret};

/// The mapping of one source. The field names are those of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// How the source proves itself.
    #[serde(default, skip_serializing_if = "is_standard")]
    pub proof: Proof,
    /// The header that holds the secret, for the proof `header`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof_header: Option<String>,
    /// The path in the whole body that holds the secret, for the proof `body_token`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof_path: Option<Path>,
    /// Where a list of events stands; lists on the way are walked through. All other paths are those of one event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Path>,
    /// Whether a lead gets the email that the campaign promises.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub send_promised: bool,
    /// Path of the event type; the values of several paths are joined by `/`.
    #[serde(rename = "type")]
    pub kind: Paths,
    /// Path of the person's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Path>,
    /// Path of our id of the lead, if the other system keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_id: Option<Path>,
    /// Path of the time of the event; without it, or where it cannot be read, the time of sending counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Path>,
    /// Path of the event's own id; without it the message's (`webhook-id`) counts, else the hash of the event's bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Path>,
    /// Path of what it was about: a page, a document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<Path>,
    /// What their event types mean here. One that is not listed is ignored.
    pub types: BTreeMap<String, Meanings>,
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
    /// A machine answered in the person's absence: it counts as nothing.
    OutOfOffice,
}

/// What one of their event types means here: one thing, or several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Meanings {
    /// One.
    One(Meaning),
    /// Several.
    Many(Vec<Meaning>),
}

/// By hand, so that a word that is none is named in the file: an untagged enum says only that nothing fits.
impl<'de> Deserialize<'de> for Meanings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Meanings;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list of strings")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Meanings, E> {
                Meaning::deserialize(name.into_deserializer()).map(Meanings::One)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Meanings, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Meanings::Many)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl Meanings {
    /// All of them.
    pub fn all(&self) -> &[Meaning] {
        match self {
            Self::One(meaning) => std::slice::from_ref(meaning),
            Self::Many(meanings) => meanings,
        }
    }

    /// What is to be taken, each once: a lead before all else, which is about that lead.
    fn in_order(&self) -> Vec<Meaning> {
        let mut order: Vec<Meaning> = Vec::new();
        for meaning in self.all().iter().filter(|meaning| **meaning != Meaning::OutOfOffice) {
            if !order.contains(meaning) {
                order.push(*meaning);
            }
        }
        order.sort_by_key(|meaning| *meaning != Meaning::Lead);
        order
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_standard(proof: &Proof) -> bool {
    *proof == Proof::Standard
}

impl Meaning {
    /// The signal it is; `None` for a lead and for what counts as nothing.
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
            Self::Lead | Self::OutOfOffice => return None,
        })
    }
}

/// One path, or several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Paths {
    /// One.
    One(Path),
    /// Several.
    Many(Vec<Path>),
}

impl Paths {
    /// All of them.
    pub fn all(&self) -> &[Path] {
        match self {
            Self::One(path) => std::slice::from_ref(path),
            Self::Many(paths) => paths,
        }
    }
}

/// What a payload says, read and checked.
pub struct Heard {
    /// What it means: never nothing, and a lead before all else.
    pub meanings: Vec<Meaning>,
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

/// What machines call an answer that a machine gave, without case and separators.
const AUTOMATIC: [&str; 6] = [
    "outofoffice",
    "ooo",
    "autoreply",
    "automaticreply",
    "autoresponse",
    "vacationreply",
];

impl Mapping {
    /// Our own form: `{"type", "email" or "lead_id", "occurred_at", "data": {"about", "outcome"}}`.
    pub fn native() -> Self {
        let path = |text: &str| Some(Path::new(text));
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
            ("out_of_office", Meaning::OutOfOffice),
        ];
        let types = types.map(|(name, meaning)| (name.to_owned(), Meanings::One(meaning)));
        Self {
            proof: Proof::Standard,
            proof_header: None,
            proof_path: None,
            events: None,
            send_promised: false,
            kind: Paths::Many(vec![Path::new("type"), Path::new("data.outcome")]),
            email: path("email"),
            lead_id: path("lead_id"),
            occurred_at: path("occurred_at"),
            id: None,
            about: path("data.about"),
            types: types.into(),
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

    /// The events of a body, and whether it is a list of them: each is then taken for itself.
    pub fn events<'a>(&self, body: &'a Value) -> (Vec<&'a Value>, bool) {
        match (&self.events, body) {
            (Some(path), _) => (path.all(body), true),
            (None, Value::Array(list)) => (list.iter().collect(), true),
            (None, one) => (vec![one], false),
        }
    }

    /// What one event says; `None` when its type means nothing here.
    ///
    /// # Errors
    /// Every fault at once, by the place it is about.
    pub fn hear(&self, body: &Value) -> Result<Option<Heard>, Vec<(String, Fault)>> {
        let mut faults = Vec::new();
        let mut add = |place: &str, code, message| faults.push((place.to_owned(), Fault { code, message }));
        let is_native = self == &Self::native();
        let meanings = self.meanings(body, is_native);
        let kind = self.kind.all().first().map_or("type", Path::as_str);
        match &meanings {
            Err(()) => add(kind, "required", "Say what happened."),
            Ok(None) if is_native => add(kind, "unknown_type", NATIVE),
            Ok(None) => return Ok(None),
            Ok(Some(meanings)) if meanings.is_empty() => return Ok(None),
            Ok(Some(_)) => {}
        }
        let who = self.who(body, &mut add);
        let at = self.moment(body, &mut add);
        if is_native && !matches!(body.get("data"), None | Some(Value::Null | Value::Object(_))) {
            add("data", "not_an_object", "Make data an object, or leave it out.");
        }
        let read = |path: &Option<Path>| path.as_ref().and_then(|path| path.read(body));
        match (meanings, who) {
            (Ok(Some(meanings)), Some(who)) if faults.is_empty() => Ok(Some(Heard {
                meanings,
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

    /// What the type means: `Err` when there is none, `None` when it is not listed, and nothing where a machine answered. Of
    /// several places as many count as the list knows, so that a place may be empty or say more than matters.
    fn meanings(&self, body: &Value, is_native: bool) -> Result<Option<Vec<Meaning>>, ()> {
        let values: Vec<Option<String>> = self.kind.all().iter().map(|path| path.read(body)).collect();
        let first = values.first().cloned().flatten().ok_or(())?;
        let values: Vec<String> = std::iter::once(first)
            .chain(values.into_iter().skip(1).flatten())
            .collect();
        let known = (1..=values.len()).rev().find_map(|parts| {
            let meanings = self.types.get(&values[..parts].join("/"))?;
            Some((meanings, &values[parts..]))
        });
        let Some((meanings, more)) = known else {
            return Ok(None);
        };
        let flag = || body.pointer("/data/out_of_office") == Some(&Value::Bool(true));
        let about = || self.about.as_ref().and_then(|path| path.read(body));
        let automatic = more.iter().any(|value| is_automatic(value))
            || (is_native && (flag() || about().is_some_and(|about| is_automatic(&about))));
        Ok(Some(match automatic {
            true => Vec::new(),
            false => meanings.in_order(),
        }))
    }

    fn who(&self, body: &Value, add: &mut impl FnMut(&str, &'static str, &'static str)) -> Option<Who> {
        let read = |path: &Option<Path>| {
            let path = path.as_ref()?;
            Some((path.as_str().to_owned(), path.read(body)?))
        };
        // In another system's field for our id there may be anything: an address beside it says who is meant.
        let lead_id = read(&self.lead_id);
        let email = read(&self.email);
        let lead_id = match (lead_id, &email) {
            (Some(_), Some((place, _))) if self == &Self::native() => {
                add(place, "ambiguous", "Give email or lead_id, not both.");
                return None;
            }
            (Some((_, id)), Some(_)) if !LeadId::is_valid(&id) => None,
            (lead_id, _) => lead_id,
        };
        match (lead_id, email) {
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
                let place = place.map_or("email", Path::as_str);
                add(
                    place,
                    "required",
                    "Say whom it is about: an email address or the lead's id.",
                );
                None
            }
        }
    }

    /// When it happened. Nobody who maps another system's payload can mend its times, so one that cannot be read is none;
    /// whoever writes our own form is told.
    fn moment(&self, body: &Value, add: &mut impl FnMut(&str, &'static str, &'static str)) -> Option<Timestamp> {
        let path = self.occurred_at.as_ref()?;
        let value = path.at(body).filter(|value| !is_blank(value))?;
        let moment = moment_of(value);
        if moment.is_none() && self == &Self::native() {
            add(
                path.as_str(),
                "not_a_moment",
                "Give a time such as 2026-03-02T09:00:00Z.",
            );
        }
        moment
    }

    /// Whether there is a time that cannot be read.
    pub fn has_unread_time(&self, body: &Value) -> bool {
        let value = self.occurred_at.as_ref().and_then(|path| path.at(body));
        value.is_some_and(|value| !is_blank(value) && moment_of(value).is_none())
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

/// Whether a machine answered, by the word another machine uses for it.
fn is_automatic(word: &str) -> bool {
    let letters = word.chars().filter(|c| !matches!(c, '_' | '-' | ' ' | '.'));
    AUTOMATIC.contains(&letters.collect::<String>().to_lowercase().as_str())
}

/// Whether nothing is said: null, or a blank text.
fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// RFC 3339, or seconds or milliseconds since 1970, as a number or as digits, with or without a fraction; in whole seconds.
fn moment_of(value: &Value) -> Option<Timestamp> {
    let text = match value {
        Value::Number(number) => return moment_of_number(number.as_f64()?),
        Value::String(text) => text.trim(),
        _ => return None,
    };
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return moment_of_number(text.parse().ok()?);
    }
    Timestamp::from_second(text.parse::<Timestamp>().ok()?.as_second()).ok()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "within the bounds checked here, and whole seconds are meant"
)]
fn moment_of_number(number: f64) -> Option<Timestamp> {
    // A hundred thousand million seconds are the year 5138; as milliseconds they are 1973.
    let seconds = if number >= 1e11 { number / 1_000.0 } else { number };
    (1.0..1e11)
        .contains(&seconds)
        .then(|| Timestamp::from_second(seconds as i64).ok())
        .flatten()
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
