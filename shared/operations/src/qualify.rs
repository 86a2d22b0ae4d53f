//! What people who work with leads write down: moves, calls, notes, answers, whose a lead is, and leads they add.
//!
//! Everything is checked before anything changes: what is refused leaves nothing half-done.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use piste_adapters::app::Start;
use piste_adapters::http::FieldError;
use piste_domain::campaign::Identity;
use piste_domain::campaign::field::{Field, FieldType};
use piste_domain::input::{
    self, Assigned, By, Call, CallOutcome, Entered, Entry, HeardConsent, ManualMove, Moved, Noted,
};
use piste_domain::kit::limits::{NOTE_CHARS_MAX, REASON_CHARS_MAX, TOUCH_SOURCE_CHARS_MAX};
use piste_domain::kit::phone::Phone;
use piste_domain::kit::post::{self, RawPost};
use piste_domain::kit::problem::ProblemKind;
use piste_domain::kit::text::{clean_line, clean_text};
use piste_domain::kit::vocabulary::Purpose;
use piste_domain::lead::Touch;
use piste_domain::lead::stage::{Mover, Stage};
use piste_domain::rules::form::{Corrected, Submission, read_answers};
use piste_domain::{Campaign, CampaignId, Email, FieldProblem, Lead, Locale, Personal};
use serde_json::Value;

use crate::{OperationError, Operator, reason};

/// The highest amount that a customer can be worth, in cents: ten billion euros is a slip of the finger.
const CENTS_MAX: f64 = 1e12;
/// How far a task can be put off.
pub const PUT_OFF_MAX: SignedDuration = SignedDuration::from_hours(24 * 366);
/// How far a person can be kept beyond what the campaigns say.
const KEPT_MAX: SignedDuration = SignedDuration::from_hours(24 * 3_653);

/// A move to another stage, as it was asked for.
#[derive(Debug, Default)]
pub struct Move<'a> {
    /// The code of the new stage.
    pub to: &'a str,
    /// Why.
    pub reason: &'a str,
    /// What a customer is worth, in euros.
    pub amount: Option<f64>,
    /// Whether the latest move was a mistake and is taken back.
    pub correction: bool,
}

/// A call, as it was noted.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// What came of it: `reached`, `no_answer`, `not_a_fit`, `snooze`.
    pub outcome: &'a str,
    /// What was said.
    pub note: &'a str,
    /// Why somebody is not a fit, where the note does not say it.
    pub reason: &'a str,
    /// What the person answered, by field name.
    pub answers: &'a BTreeMap<String, Value>,
    /// Until when a task is put off: a moment, or a day or a local time on the campaign's clock.
    pub until: Option<&'a str>,
}

/// The outcomes of an attempt.
pub const OUTCOMES: [&str; 4] = ["reached", "no_answer", "not_a_fit", "snooze"];

/// A lead that an operator adds.
#[derive(Debug)]
pub struct NewLead<'a> {
    /// For which campaign.
    pub campaign: &'a str,
    /// The address.
    pub email: Option<&'a str>,
    /// The telephone number, in any spelling.
    pub phone: Option<&'a str>,
    /// What the person said, by field name.
    pub answers: &'a BTreeMap<String, Value>,
    /// Where the person comes from.
    pub source: Option<&'a str>,
    /// A consent that somebody heard.
    pub consent: Option<Heard<'a>>,
}

/// A consent that somebody heard.
#[derive(Debug)]
pub struct Heard<'a> {
    /// What it is about.
    pub purpose: &'a str,
    /// How it was said, in the operator's words.
    pub method: &'a str,
    /// What proves it, in the operator's words.
    pub evidence: &'a str,
}

/// The operator, as the records name them.
fn by(session: &Operator<'_>) -> By {
    By {
        mover: Mover::Operator,
        name: session.name.clone(),
    }
}

fn field(name: &str, code: &'static str, message: impl Into<String>) -> FieldError {
    FieldError::new(name, code, message)
}

fn fields(errors: Vec<FieldError>) -> Result<(), OperationError> {
    match errors.is_empty() {
        true => Ok(()),
        false => Err(OperationError::Fields(errors)),
    }
}

/// Moves a lead to another stage.
///
/// # Errors
/// [`OperationError::Fields`], [`OperationError::NoSuchMove`], [`OperationError::NoLead`], [`OperationError::Store`].
pub async fn move_stage(session: &Operator<'_>, id: &str, wanted: Move<'_>) -> Result<Arc<Lead>, OperationError> {
    let mut errors = Vec::new();
    let stage = Stage::from_code(wanted.to);
    if stage.is_none() {
        let stages = Stage::ALL.map(Stage::code).join(", ");
        errors.push(field("to", "unknown_stage", format!("Use one of: {stages}.")));
    }
    let why = reason(wanted.reason, true)
        .map_err(|_| errors.push(bad_reason()))
        .unwrap_or_default();
    let cents = wanted.amount.map(|euros| (euros * 100.0).round());
    if cents.is_some_and(|cents| !(0.0..=CENTS_MAX).contains(&cents)) {
        errors.push(field(
            "amount",
            "bad_amount",
            "Give the amount in euros, such as 1250.50.",
        ));
    } else if cents.is_some() && stage.is_some_and(|stage| stage != Stage::Customer) {
        errors.push(field("amount", "not_a_customer", "Only a customer has an amount."));
    }
    fields(errors)?;
    let lead = session.lead(id).await?;
    let wanted = ManualMove {
        to: stage.expect("checked above"),
        reason: why,
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within the bounds checked above"
        )]
        cents: cents.map(|cents| cents as u64),
        correction: wanted.correction,
        by: by(session),
    };
    let applied = session.app.apply(&lead.id, Start::Known, input::Move(wanted)).await?;
    match applied.answer {
        Some(Moved::Done) => session.lead(id).await,
        Some(Moved::NoSuchMove(from)) => Err(OperationError::NoSuchMove(from)),
        None => Err(OperationError::NoLead),
    }
}

/// Logs a call with anybody, whether sales has a case of theirs or not.
///
/// # Errors
/// [`OperationError::Fields`], [`OperationError::NoTask`], [`OperationError::NoMoreSnoozes`],
/// [`OperationError::NoSuchMove`], [`OperationError::NoLead`], [`OperationError::Store`].
pub async fn log_attempt(session: &Operator<'_>, id: &str, tried: Attempt<'_>) -> Result<Arc<Lead>, OperationError> {
    let lead = session.lead(id).await?;
    let mut errors = Vec::new();
    let Corrected { answers, beside } = answers(session, &lead, tried.answers).unwrap_or_else(|wrong| {
        errors.extend(wrong);
        Corrected::default()
    });
    let said = note(tried.note, "note", false).unwrap_or_else(|wrong| {
        errors.push(wrong);
        None
    });
    let until = tried.until.filter(|until| !until.trim().is_empty()).and_then(|until| {
        let moment = moment(session, &lead, until);
        if moment.is_none_or(|at| at <= session.now || at > session.now + PUT_OFF_MAX) {
            let advice = "Give a moment of the next twelve months, such as 2026-05-04T09:00:00Z.";
            errors.push(field("until", "bad_moment", advice));
        }
        moment
    });
    if reason(tried.reason, false).is_err() {
        errors.push(bad_reason());
    }
    let mut said = said;
    let outcome = match tried.outcome {
        "reached" => Some(CallOutcome::Reached),
        "no_answer" => Some(CallOutcome::NoAnswer),
        "snooze" => Some(CallOutcome::Snooze(until)),
        "not_a_fit" => match why_not(tried.reason, tried.note) {
            Some((why, whole)) => {
                said = said.filter(|_| !whole);
                Some(CallOutcome::NotAFit(why))
            }
            None => {
                errors.push(field("note", "required", "Say why it is not a fit."));
                None
            }
        },
        _ => {
            let outcomes = OUTCOMES.join(", ");
            errors.push(field("outcome", "unknown_outcome", format!("Use one of: {outcomes}.")));
            None
        }
    };
    fields(errors)?;
    let call = Call {
        outcome: outcome.expect("checked above"),
        note: with_beside(said, &beside),
        answers,
    };
    let applied = session
        .app
        .apply(&lead.id, Start::Known, input::Called(call, by(session), None))
        .await?;
    match applied.answer {
        Some(Noted::Done) => session.lead(id).await,
        Some(Noted::NoTask) => Err(OperationError::NoTask),
        Some(Noted::NoMoreSnoozes) => Err(OperationError::NoMoreSnoozes),
        Some(Noted::NoSuchMove(from)) => Err(OperationError::NoSuchMove(from)),
        None => Err(OperationError::NoLead),
    }
}

/// Why somebody is not a fit, as the history keeps it, and whether the note is in it whole.
fn why_not(reason: &str, note: &str) -> Option<(String, bool)> {
    let (reason, note) = (clean_line(reason), clean_line(note));
    let whole = if reason.is_empty() { &note } else { &reason };
    let cut: String = whole.chars().take(REASON_CHARS_MAX as usize).collect();
    (!cut.is_empty()).then(|| (cut.clone(), note.is_empty() || cut == note))
}

/// Writes a note.
///
/// # Errors
/// [`OperationError::Fields`], [`OperationError::NoLead`], [`OperationError::Store`].
pub async fn add_note(session: &Operator<'_>, id: &str, text: &str) -> Result<Arc<Lead>, OperationError> {
    let text = note(text, "text", true).map_err(|wrong| OperationError::Fields(vec![wrong]))?;
    let lead = session.lead(id).await?;
    let text = text.unwrap_or_else(|| Personal::new(""));
    let applied = session
        .app
        .apply(&lead.id, Start::Known, input::Note(text, by(session)))
        .await?;
    applied.answer.ok_or(OperationError::NoLead)?;
    session.lead(id).await
}

/// Gives a lead, and its open case, to an owner, who is told at once.
///
/// # Errors
/// [`OperationError::Fields`], [`OperationError::NoLead`], [`OperationError::Store`].
pub async fn assign(session: &Operator<'_>, id: &str, owner: &str) -> Result<Arc<Lead>, OperationError> {
    let lead = session.lead(id).await?;
    let assign = input::Assign(owner.trim().to_owned());
    match session.app.apply(&lead.id, Start::Known, assign).await?.answer {
        Some(Assigned::Done) => session.lead(id).await,
        Some(Assigned::UnknownOwner) => {
            let advice = "Use the id of an owner in [[sales.owners]] of the lead's campaign.";
            Err(OperationError::Fields(vec![field("owner", "unknown_owner", advice)]))
        }
        None => Err(OperationError::NoLead),
    }
}

/// Notes what the person answered: it counts as the person's own word. An empty answer takes back what was known.
///
/// # Errors
/// [`OperationError::Fields`], [`OperationError::NoLead`], [`OperationError::Store`].
pub async fn correct(
    session: &Operator<'_>,
    id: &str,
    given: &BTreeMap<String, Value>,
    why: &str,
) -> Result<Arc<Lead>, OperationError> {
    let lead = session.lead(id).await?;
    let mut errors = Vec::new();
    if given.is_empty() {
        errors.push(field("answers", "required", "Send at least one answer."));
    }
    let why = reason(why, false)
        .map_err(|_| errors.push(bad_reason()))
        .unwrap_or_default();
    let Corrected { answers, beside } = answers(session, &lead, given).unwrap_or_else(|wrong| {
        errors.extend(wrong);
        Corrected::default()
    });
    fields(errors)?;
    let why = Some(Personal::new(why)).filter(|why| !why.expose().is_empty());
    let why = with_beside(why, &beside).map_or_else(String::new, |why| why.expose().to_owned());
    let applied = session
        .app
        .apply(&lead.id, Start::Known, input::Answer(answers, why, by(session)))
        .await?;
    applied.answer.ok_or(OperationError::NoLead)?;
    session.lead(id).await
}

/// A note that also keeps what stood beside a telephone number: an extension, another number.
pub fn with_beside(note: Option<Personal>, beside: &BTreeMap<String, Personal>) -> Option<Personal> {
    let said = note.iter().map(|note| note.expose().to_owned());
    let beside = beside.iter().map(|(name, text)| format!("{name}: {}", text.expose()));
    let all: Vec<String> = said.chain(beside).collect();
    (!all.is_empty()).then(|| Personal::new(all.join("\n")))
}

/// Keeps a person until a day, whatever the campaigns say about retention.
///
/// # Errors
/// [`OperationError::Fields`], [`OperationError::NoLead`], [`OperationError::Store`].
pub async fn keep(session: &Operator<'_>, id: &str, until: &str, why: &str) -> Result<Arc<Lead>, OperationError> {
    let lead = session.lead(id).await?;
    let mut errors = Vec::new();
    let why = reason(why, true)
        .map_err(|_| errors.push(bad_reason()))
        .unwrap_or_default();
    let until = moment(session, &lead, until).filter(|at| *at > session.now && *at <= session.now + KEPT_MAX);
    if until.is_none() {
        errors.push(field(
            "until",
            "bad_moment",
            "Give a day of the next ten years, such as 2030-12-31.",
        ));
    }
    fields(errors)?;
    let keep = input::Keep(until.expect("checked above"), why, by(session));
    let applied = session.app.apply(&lead.id, Start::Known, keep).await?;
    applied.answer.ok_or(OperationError::NoLead)?;
    session.lead(id).await
}

/// Adds a lead. The person is mailed nothing; what they said counts as their own word.
///
/// # Errors
/// [`OperationError::Fields`], [`OperationError::OptedOut`], [`OperationError::Erased`], [`OperationError::Store`].
pub async fn add(session: &Operator<'_>, new: NewLead<'_>) -> Result<Arc<Lead>, OperationError> {
    let mut errors = Vec::new();
    let campaign = session
        .campaigns()
        .find(|campaign| campaign.id.as_str() == new.campaign);
    let Some(campaign) = campaign else {
        let advice = "Use the id of a published campaign of this workspace.";
        return Err(OperationError::Fields(vec![field(
            "campaign",
            "unknown_campaign",
            advice,
        )]));
    };
    let given = |text: Option<&str>| text.map(clean_line).filter(|text| !text.is_empty());
    let email = given(new.email).and_then(|text| match Email::read(&text) {
        Ok(email) => Some(email),
        Err(misread) => {
            let kind = ProblemKind::Email(misread.problem);
            let problem = FieldProblem::new("email", kind).suggesting(misread.suggestion.as_ref());
            errors.push(told(&problem));
            None
        }
    });
    let mut other = BTreeMap::new();
    let phone = given(new.phone).and_then(|text| match Phone::read(&text, campaign.country()) {
        Some((phone, beside)) => {
            other.extend(beside.map(|beside| ("phone".to_owned(), Personal::new(beside))));
            Some(phone)
        }
        None => {
            errors.push(field(
                "phone",
                "invalid_phone",
                "Give a telephone number, such as +33 1 99 00 12 34.",
            ));
            None
        }
    });
    let by_phone = campaign.form.identity == Identity::EmailOrPhone;
    if given(new.email).is_none() && (given(new.phone).is_none() || !by_phone) {
        let advice = match by_phone {
            true => "Give an address or a telephone number.",
            false => "Give an address: this form does not know people by telephone.",
        };
        errors.push(field("email", "required", advice));
    }
    let read = read(&[campaign], false, new.answers).unwrap_or_else(|wrong| {
        errors.extend(wrong);
        Corrected::default()
    });
    let mut said = read.answers;
    other.extend(read.beside);
    said.retain(|_, value| !value.expose().is_empty());
    if let (Some(phone), Some(name)) = (&phone, campaign.phone_fields().next()) {
        said.entry(name.to_owned())
            .or_insert_with(|| Personal::new(phone.expose()));
    }
    let consent = new
        .consent
        .and_then(|heard| heard_consent(&heard, session.now, &mut errors));
    fields(errors)?;
    let source = given(new.source).map(|source| source.chars().take(TOUCH_SOURCE_CHARS_MAX).collect::<String>());
    let submission = Submission {
        phone: phone.filter(|_| email.is_none()),
        email,
        locale: campaign.default_locale(),
        zone: None,
        answers: said,
        other,
        unread: Vec::new(),
        consents: Vec::new(),
        touch: Touch(source.map(|source| ("source".to_owned(), source)).into_iter().collect()),
    };
    let id = submission.lead_id(&session.app.ring().identity, &session.workspace);
    let entry = Entry {
        campaign: campaign.id.clone(),
        submission,
        consent,
        by: by(session),
    };
    match session.app.apply(&id, Start::New, input::Enter(entry)).await?.answer {
        Some(Entered::Done) => session.lead(id.as_str()).await,
        Some(Entered::OptedOut) => Err(OperationError::OptedOut),
        Some(Entered::Erased) => Err(OperationError::Erased),
        None => Err(OperationError::NoCampaign),
    }
}

fn heard_consent(heard: &Heard<'_>, now: Timestamp, errors: &mut Vec<FieldError>) -> Option<HeardConsent> {
    let purpose = Purpose::from_code(heard.purpose);
    if purpose.is_none() {
        let purposes = Purpose::ALL.map(Purpose::code).join(", ");
        errors.push(field(
            "consent.purpose",
            "unknown_purpose",
            format!("Use one of: {purposes}."),
        ));
    }
    let mut words = |name: &str, text: &str| {
        let text = clean_line(text);
        let chars = text.chars().count() as u64;
        if chars == 0 || chars > REASON_CHARS_MAX {
            errors.push(field(
                name,
                "length",
                format!("Use 1 to {REASON_CHARS_MAX} characters."),
            ));
        }
        Personal::new(text)
    };
    Some(HeardConsent {
        method: words("consent.method", heard.method),
        evidence: words("consent.evidence", heard.evidence),
        purpose: purpose?,
        at: now,
    })
}

/// A note as it is kept: lines stay.
fn note(text: &str, name: &str, needed: bool) -> Result<Option<Personal>, FieldError> {
    let text = clean_text(text);
    let chars = text.chars().count();
    if chars > NOTE_CHARS_MAX {
        return Err(field(
            name,
            "too_long",
            format!("Use at most {NOTE_CHARS_MAX} characters."),
        ));
    }
    match text.is_empty() {
        true if needed => Err(field(name, "required", "Write something.")),
        true => Ok(None),
        false => Ok(Some(Personal::new(text))),
    }
}

/// What the person answered, by the forms of the campaigns they have to do with.
fn answers(session: &Operator<'_>, lead: &Lead, given: &BTreeMap<String, Value>) -> Result<Corrected, Vec<FieldError>> {
    let campaigns: Vec<&Campaign> = lead.campaigns().filter_map(|id| session.catalog.get(id)).collect();
    read(&campaigns, lead.email.is_none(), given)
}

fn read(
    campaigns: &[&Campaign],
    known_by_phone: bool,
    given: &BTreeMap<String, Value>,
) -> Result<Corrected, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut pairs = Vec::new();
    let mut asked: Vec<&Field> = Vec::new();
    for (name, value) in given {
        let mut all = campaigns.iter().flat_map(|campaign| &campaign.form.fields);
        let Some(found) = all.find(|field| &field.name == name) else {
            errors.push(field(
                name,
                "unknown_field",
                "Use a field of a form that the person filled in.",
            ));
            continue;
        };
        match found.kind {
            FieldType::Email => errors.push(field(name, "identity", "An address identifies the person and stays.")),
            FieldType::Phone if known_by_phone => {
                errors.push(field(name, "identity", "The number identifies the person and stays."));
            }
            FieldType::Consent => {
                errors.push(field(
                    name,
                    "consent",
                    "Only the person gives a consent, or POST /api/leads with its evidence.",
                ));
            }
            _ => {}
        }
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => post::number(number),
            Value::Bool(yes) => yes.to_string(),
            Value::Null => String::new(),
            Value::Array(_) | Value::Object(_) => {
                errors.push(field(
                    name,
                    "not_a_value",
                    "Send text, a number, or null to take it back.",
                ));
                continue;
            }
        };
        pairs.push((name.clone(), text));
        asked.push(found);
    }
    let country = campaigns.first().map_or("", |campaign| campaign.country());
    match read_answers(asked, &RawPost::new(pairs), country) {
        Ok(answers) if errors.is_empty() => Ok(answers),
        Ok(_) => Err(errors),
        Err(problems) => {
            errors.extend(problems.iter().map(told));
            Err(errors)
        }
    }
}

fn told(problem: &FieldProblem) -> FieldError {
    FieldError::told(problem, Locale::En)
}

/// What is wrong with a reason.
pub fn bad_reason() -> FieldError {
    field(
        "reason",
        "length",
        format!("Give a reason of 1 to {REASON_CHARS_MAX} characters."),
    )
}

/// A moment, a local time or a day on the clock of the lead's campaign; a day means nine o'clock.
fn moment(session: &Operator<'_>, lead: &Lead, text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let zone = || {
        session
            .catalog
            .get(&lead.campaign)
            .map_or(jiff::tz::TimeZone::UTC, Campaign::time_zone)
    };
    if let Ok(at) = text.parse::<Timestamp>() {
        return Timestamp::from_second(at.as_second()).ok();
    }
    let local = match text.parse::<jiff::civil::Date>() {
        Ok(day) if text.len() == 10 => day.at(9, 0, 0, 0),
        _ => text.parse::<jiff::civil::DateTime>().ok()?,
    };
    Some(local.to_zoned(zone()).ok()?.timestamp())
}

/// The ids of the owners to whom a lead can be given, with their names.
pub fn owners<'a>(session: &'a Operator<'_>, lead: &Lead) -> Vec<(&'a str, &'a str)> {
    let campaign: CampaignId = piste_domain::rules::owners::campaign_of(lead);
    let sales = session
        .catalog
        .get(&campaign)
        .and_then(|campaign| campaign.sales.as_ref());
    let owners = sales.into_iter().flat_map(|sales| &sales.owners);
    owners.map(|owner| (owner.id.as_str(), owner.name.as_str())).collect()
}
