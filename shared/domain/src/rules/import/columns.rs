//! The columns of a list: which field each one means, and what a line says in them.

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};

use crate::campaign::field::FieldType;
use crate::campaign::{Campaign, Identity};
use crate::kit::limits::{BODY_BYTES_MAX, REASON_CHARS_MAX, TOUCH_SOURCE_CHARS_MAX};
use crate::kit::locale::Locale;
use crate::kit::names::plain;
use crate::kit::personal::Personal;
use crate::kit::post::RawPost;
use crate::kit::problem::ProblemKind;
use crate::kit::read::date;
use crate::kit::text::clean_line;
use crate::kit::vocabulary::Purpose;
use crate::lead::enquiry::Unread;
use crate::rules::fields::named;
use crate::rules::form::Submission;
use crate::rules::import::{Refused, texts};
use crate::rules::qualification::HeardConsent;
use crate::rules::source::touch_of;

/// Columns that mean something in every list, whatever the form asks.
const OWN: [&str; 6] = [SOURCE, CAPTURED_AT, PURPOSE, METHOD, EVIDENCE, CONSENT_AT];
const SOURCE: &str = "source";
const CAPTURED_AT: &str = "captured_at";
const PURPOSE: &str = "consent_purpose";
const METHOD: &str = "consent_method";
const EVIDENCE: &str = "consent_evidence";
const CONSENT_AT: &str = "consent_at";

/// What a column means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A field of the form, or a helper of every form.
    Field(String),
    /// One of the columns that every list may have.
    Own(&'static str),
    /// None of these: kept as text under its name.
    Text(String),
    /// Nothing: a consent box, or left out by whoever imports.
    Nothing,
}

impl Meaning {
    /// The name of what it means; empty where it means nothing.
    pub fn name(&self) -> &str {
        match self {
            Self::Field(name) => name,
            Self::Own(name) => name,
            Self::Text(_) => "other",
            Self::Nothing => "",
        }
    }
}

/// What is wrong with the columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnProblem {
    /// None identifies the person; whether a telephone number would do.
    NoIdentity(bool),
    /// There is no column of this name.
    NoSuchColumn(String),
    /// The form has no field of this name.
    NoSuchField(String),
}

impl ColumnProblem {
    /// What it is about.
    pub fn field(&self) -> &'static str {
        match self {
            Self::NoIdentity(_) => "email",
            Self::NoSuchColumn(_) | Self::NoSuchField(_) => "columns",
        }
    }

    /// The stable code that programs read.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoIdentity(_) => "no_column",
            Self::NoSuchColumn(_) => "unknown_column",
            Self::NoSuchField(_) => "unknown_field",
        }
    }

    /// The sentence for the person who imports.
    pub fn message(&self, locale: Locale) -> String {
        match self {
            Self::NoIdentity(false) => texts::no_identity(locale).to_owned(),
            Self::NoIdentity(true) => texts::no_identity_or_phone(locale).to_owned(),
            Self::NoSuchColumn(column) => texts::no_such_column(locale, column),
            Self::NoSuchField(field) => texts::no_such_field(locale, field),
        }
    }
}

/// The columns of a list, in their order.
#[derive(Clone, Debug)]
pub struct Columns(Vec<Meaning>);

/// What a line says.
#[derive(Clone, Debug)]
pub struct Line {
    /// Who, and what is said of them.
    pub submission: Submission,
    /// When it was so, if the list says.
    pub at: Option<Timestamp>,
    /// A consent that somebody heard, with what proves it.
    pub consent: Option<HeardConsent>,
    /// Why the consent that the line names is none.
    pub refused: Option<Refused>,
}

impl Columns {
    /// Reads a header: by what `given` says (a column's name, and what it means), else as names of any form are read.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn of(campaign: &Campaign, header: &[String], given: &[(String, String)]) -> Result<Self, Vec<ColumnProblem>> {
        let mut problems = Vec::new();
        let mut columns: Vec<Option<Meaning>> = vec![None; header.len()];
        for (column, field) in given {
            let exact = header.iter().position(|name| name.trim() == column.trim());
            let alike = || header.iter().position(|name| plain(name) == plain(column));
            let meaning = given_meaning(campaign, field.trim());
            if meaning.is_none() {
                problems.push(ColumnProblem::NoSuchField(field.clone()));
            }
            match exact.or_else(alike) {
                Some(at) => columns[at] = meaning,
                None => problems.push(ColumnProblem::NoSuchColumn(column.clone())),
            }
        }
        // The one reading of names that every form has: each name says the place of its column.
        let open = header.iter().enumerate().filter(|(at, _)| columns[*at].is_none());
        let names = open.map(|(at, name)| (name.trim().to_owned(), at.to_string()));
        let read = named(&campaign.form, RawPost::new(names.collect()));
        let place = |text: &str| text.parse::<usize>().ok().filter(|at| *at < header.len());
        let taken = |columns: &[Option<Meaning>], name: &str| {
            let mut known = columns.iter().flatten();
            known.any(|meaning| matches!(meaning, Meaning::Field(known) if known == name))
        };
        for (name, at) in read.pairs() {
            let Some(at) = place(at) else { continue };
            columns[at] = Some(match is_box(campaign, name) {
                true => Meaning::Nothing,
                false if taken(&columns, name) => Meaning::Text(name.clone()),
                false => Meaning::Field(name.clone()),
            });
        }
        for (name, at) in read.undeclared() {
            let Some(at) = place(at) else { continue };
            let own = OWN.iter().find(|own| plain(own) == plain(name));
            columns[at] = Some(own.map_or_else(|| Meaning::Text(name.clone()), |own| Meaning::Own(own)));
        }
        // Two columns for one thing: the first is what it says, and the others are kept as text.
        for at in 1..columns.len() {
            let is_one = matches!(columns[at], Some(Meaning::Field(_) | Meaning::Own(_)));
            if is_one && columns[..at].contains(&columns[at]) {
                columns[at] = Some(Meaning::Text(header[at].trim().to_owned()));
            }
        }
        let by_phone = campaign.form.identity == Identity::EmailOrPhone;
        let identifies = |meaning: &Meaning| {
            let Meaning::Field(name) = meaning else { return false };
            let field = campaign.form.fields.iter().find(|field| &field.name == name);
            field.is_some_and(|field| field.kind == FieldType::Email || (by_phone && field.kind == FieldType::Phone))
        };
        if !columns.iter().flatten().any(identifies) {
            problems.push(ColumnProblem::NoIdentity(by_phone));
        }
        match problems.is_empty() {
            true => Ok(Self(
                columns
                    .into_iter()
                    .map(|meaning| meaning.unwrap_or(Meaning::Nothing))
                    .collect(),
            )),
            false => Err(problems),
        }
    }

    /// What each column means, in their order.
    pub fn meanings(&self) -> &[Meaning] {
        &self.0
    }

    /// Reads a line; nothing where all its cells are empty.
    ///
    /// # Errors
    /// Everything for which it is not taken.
    pub fn read(&self, campaign: &Campaign, cells: &[String], now: Timestamp) -> Result<Option<Line>, Vec<Refused>> {
        if cells.iter().map(String::len).sum::<usize>() > BODY_BYTES_MAX {
            return Err(vec![Refused::TooLong]);
        }
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            return Ok(None);
        }
        let (mut pairs, mut undeclared, mut own) = (Vec::new(), Vec::new(), Own::default());
        for (at, cell) in cells.iter().enumerate() {
            let cell = unguarded(cell);
            if cell.trim().is_empty() {
                continue;
            }
            match self.0.get(at) {
                Some(Meaning::Field(name)) => pairs.push((name.clone(), cell.to_owned())),
                Some(Meaning::Own(name)) => own.0.push((name, clean_line(cell))),
                Some(Meaning::Text(name)) => undeclared.push((name.clone(), cell.to_owned())),
                Some(Meaning::Nothing) => {}
                // More cells than columns: a separator inside a value that was not quoted.
                None => undeclared.push((format!("#{}", at + 1), cell.to_owned())),
            }
        }
        let post = RawPost::new(pairs).with_undeclared(undeclared);
        let mut touch = touch_of(&|name| post.get(name).map(str::to_owned));
        if let Some(source) = own.get(SOURCE) {
            let source = source.chars().take(TOUCH_SOURCE_CHARS_MAX).collect();
            touch.0.insert(SOURCE.to_owned(), source);
        }
        let locale = post.get("_lang").and_then(Locale::from_tag);
        let locale = locale.unwrap_or_else(|| campaign.default_locale());
        let read = Submission::listed(campaign, &post, locale, touch);
        let mut submission = read.map_err(|problems| problems.into_iter().map(Refused::Field).collect::<Vec<_>>())?;
        let mut day = |name: &'static str| {
            let text = own.get(name)?;
            let at = moment(text, campaign);
            if at.is_none() {
                submission.other.insert(name.to_owned(), Personal::new(text));
                submission.unread.push(Unread {
                    field: name.to_owned(),
                    code: ProblemKind::Date.code().to_owned(),
                });
            }
            at
        };
        let at = day(CAPTURED_AT);
        let said_at = day(CONSENT_AT).or(at);
        let (consent, refused) = match own.consent(said_at, now) {
            Ok(consent) => (consent, None),
            Err(refused) => (None, Some(refused)),
        };
        Ok(Some(Line {
            submission,
            at,
            consent,
            refused,
        }))
    }
}

/// What every list may say beside the form's fields.
#[derive(Default)]
struct Own(Vec<(&'static str, String)>);

impl Own {
    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map(|(_, text)| text.as_str())
    }

    /// The consent that somebody heard; nothing where the line names none.
    fn consent(&self, at: Option<Timestamp>, now: Timestamp) -> Result<Option<HeardConsent>, Refused> {
        if [PURPOSE, METHOD, EVIDENCE].iter().all(|name| self.get(name).is_none()) {
            return Ok(None);
        }
        let there = |name| self.get(name).ok_or(Refused::Consent(name));
        let words = |name| match there(name)? {
            text if text.chars().count() as u64 > REASON_CHARS_MAX => Err(Refused::ConsentLength(name)),
            text => Ok(Personal::new(text)),
        };
        Ok(Some(HeardConsent {
            purpose: Purpose::from_code(&there(PURPOSE)?.to_lowercase()).ok_or(Refused::Purpose)?,
            method: words(METHOD)?,
            evidence: words(EVIDENCE)?,
            at: at.map_or(now, |at| at.min(now)),
        }))
    }
}

/// What a column means by the word of whoever imports.
fn given_meaning(campaign: &Campaign, field: &str) -> Option<Meaning> {
    if field.is_empty() || is_box(campaign, field) {
        return Some(Meaning::Nothing);
    }
    if campaign.form.fields.iter().any(|known| known.name == field) {
        return Some(Meaning::Field(field.to_owned()));
    }
    OWN.iter().find(|own| **own == field).map(|own| Meaning::Own(own))
}

fn is_box(campaign: &Campaign, name: &str) -> bool {
    let mut fields = campaign.form.fields.iter();
    fields.any(|field| field.name == name && field.kind == FieldType::Consent)
}

/// A cell without the sign that keeps a spreadsheet from reading it as a formula, as our own tables have it.
fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.trim_start().starts_with(['=', '+', '-', '@']) => rest,
        _ => cell,
    }
}

/// A moment, or a day or a time on the campaign's clock.
fn moment(text: &str, campaign: &Campaign) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Timestamp::from_second(at.as_second()).ok();
    }
    let with_time = || {
        let (day, time) = text.split_once(' ')?;
        Some(date::read(day)?.to_datetime(time.trim().parse::<Time>().ok()?))
    };
    let local = text
        .parse::<DateTime>()
        .ok()
        .filter(|_| text.len() > 10)
        .or_else(with_time);
    let local = local.or_else(|| Some(date::read(text)?.to_datetime(Time::midnight())))?;
    let at = local.to_zoned(campaign.time_zone()).ok()?.timestamp();
    Timestamp::from_second(at.as_second()).ok()
}
