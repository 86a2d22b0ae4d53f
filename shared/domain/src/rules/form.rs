//! The form: what a campaign asks, and how a post becomes a [`Submission`] or a list of *all* its problems.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use validator::{ValidateLength, ValidateRange, ValidateUrl};

use crate::campaign::Campaign;
use crate::campaign::Identity;
use crate::campaign::field::{Field, FieldType};
use crate::kit::email::Email;
use crate::kit::ids::{Key, LeadId, WorkspaceId, sha256_hex};
use crate::kit::limits::{LONG_TEXT_CHARS_MAX, TEXT_CHARS_MAX};
use crate::kit::locale::Locale;
use crate::kit::personal::Personal;
use crate::kit::phone::Phone;
use crate::kit::post::RawPost;
use crate::kit::problem::{FieldProblem, ProblemKind};
use crate::kit::text::{clean_line, clean_text};
use crate::kit::vocabulary::Purpose;
use crate::lead::Touch;
use crate::rules::fields::undeclared;

/// Longest name of a zone: that of the tz database has 30.
const ZONE_CHARS_MAX: usize = 40;

/// A post that was read: typed, cleaned, and with nothing in it that the campaign does not ask.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Submission {
    /// Who: the address, if they left one.
    #[serde(default)]
    pub email: Option<Email>,
    /// The number that identifies somebody without an address, where the form allows it.
    #[serde(default)]
    pub phone: Option<Phone>,
    /// In which language they answered.
    pub locale: Locale,
    /// The zone of their browser, where the form told it.
    #[serde(default)]
    pub zone: Option<String>,
    /// What they answered, by field name; empty answers are left out.
    pub answers: BTreeMap<String, Personal>,
    /// What stood beside an answer and is no part of it, by field name, and what the form does not declare.
    #[serde(default)]
    pub other: BTreeMap<String, Personal>,
    /// The boxes they ticked.
    pub consents: Vec<Ticked>,
    /// Where they came from.
    pub touch: Touch,
}

/// A ticked consent box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticked {
    /// What it is about.
    pub purpose: Purpose,
    /// Version of the wording.
    pub text_version: String,
    /// SHA-256 of the exact wording shown.
    pub text_hash: String,
}

impl Submission {
    /// Whose post it is.
    pub fn lead_id(&self, key: &Key, workspace: &WorkspaceId) -> LeadId {
        match (&self.email, &self.phone) {
            (None, Some(phone)) => LeadId::of_phone(key, workspace, phone),
            (email, _) => LeadId::of(
                key,
                workspace,
                email.as_ref().expect("a post has an address or a number"),
            ),
        }
    }

    /// Reads a post, whose names are recognised, against the campaign's form. Fields that the form does not declare are
    /// text and nothing else: nobody sets a score, a stage or a consent by sending one.
    ///
    /// # Errors
    /// Every field problem, in the order of the form.
    pub fn read(campaign: &Campaign, post: &RawPost, locale: Locale, touch: Touch) -> Result<Self, Vec<FieldProblem>> {
        Self::read_fields(campaign, campaign.form.fields.iter(), post, locale, touch)
    }

    /// The same for what another system reports: no consent is asked of it, and none is taken (R69).
    ///
    /// # Errors
    /// Every field problem, in the order of the form.
    pub fn reported(
        campaign: &Campaign,
        post: &RawPost,
        locale: Locale,
        touch: Touch,
    ) -> Result<Self, Vec<FieldProblem>> {
        let fields = campaign.form.fields.iter();
        Self::read_fields(
            campaign,
            fields.filter(|field| field.kind != FieldType::Consent),
            post,
            locale,
            touch,
        )
    }

    fn read_fields<'a>(
        campaign: &Campaign,
        fields: impl Iterator<Item = &'a Field>,
        post: &RawPost,
        locale: Locale,
        touch: Touch,
    ) -> Result<Self, Vec<FieldProblem>> {
        let mut problems = Vec::new();
        let mut email = None;
        let mut phone = None;
        let (mut answers, mut other) = (BTreeMap::new(), BTreeMap::new());
        let mut consents = Vec::new();
        for field in fields {
            let read = field.read(post.get(&field.name).unwrap_or_default(), campaign.country());
            match read {
                Ok(Answered::Nothing) => {}
                Ok(Answered::Phone(number, beside)) => {
                    answers.insert(field.name.clone(), Personal::new(number.expose()));
                    other.extend(beside.map(|beside| (field.name.clone(), Personal::new(beside))));
                    phone.get_or_insert(number);
                }
                Ok(Answered::Email(address)) => email = Some(address),
                Ok(Answered::Text(text)) => {
                    answers.insert(field.name.clone(), Personal::new(text));
                }
                Ok(Answered::Ticked) => consents.extend(field.purpose.map(|purpose| Ticked {
                    purpose,
                    text_version: field.version.clone().unwrap_or_default(),
                    text_hash: sha256_hex(field.label.get(locale)),
                })),
                Err(kind) => problems.push(FieldProblem {
                    field: field.name.clone(),
                    kind,
                }),
            }
        }
        let by_phone = campaign.form.identity == Identity::EmailOrPhone;
        if by_phone && email.is_none() && phone.is_none() && problems.is_empty() {
            problems.push(FieldProblem {
                field: "email".to_owned(),
                kind: ProblemKind::Unreachable,
            });
        }
        other.extend(undeclared(post, &touch));
        let zone = post.get("_tz").map(clean_line);
        if problems.is_empty() {
            Ok(Self {
                phone: phone.filter(|_| email.is_none()),
                email,
                locale,
                zone: zone.filter(|zone| zone.len() <= ZONE_CHARS_MAX && TimeZone::get(zone).is_ok()),
                answers,
                other,
                consents,
                touch,
            })
        } else {
            Err(problems)
        }
    }
}

/// Reads answers that a person puts right: of these fields each is taken as it comes, and an empty one is taken away.
///
/// # Errors
/// Every field problem, in the order of the fields.
pub fn read_answers<'a>(
    fields: impl IntoIterator<Item = &'a Field>,
    post: &RawPost,
    country: &str,
) -> Result<BTreeMap<String, Personal>, Vec<FieldProblem>> {
    let mut problems = Vec::new();
    let mut answers = BTreeMap::new();
    for field in fields {
        let Some(raw) = post.get(&field.name) else { continue };
        match field.read(raw, country) {
            Ok(Answered::Phone(number, _)) => {
                answers.insert(field.name.clone(), Personal::new(number.expose()));
            }
            Ok(Answered::Text(text)) => drop(answers.insert(field.name.clone(), Personal::new(text))),
            Ok(Answered::Nothing) => drop(answers.insert(field.name.clone(), Personal::new(""))),
            Ok(Answered::Email(_) | Answered::Ticked) => {}
            Err(kind) => problems.push(FieldProblem {
                field: field.name.clone(),
                kind,
            }),
        }
    }
    if problems.is_empty() {
        Ok(answers)
    } else {
        Err(problems)
    }
}

enum Answered {
    Nothing,
    Email(Email),
    Phone(Phone, Option<String>),
    Text(String),
    Ticked,
}

impl Field {
    fn read(&self, raw: &str, country: &str) -> Result<Answered, ProblemKind> {
        let value = match self.kind {
            FieldType::LongText => clean_text(raw),
            _ => clean_line(raw),
        };
        if self.kind == FieldType::Consent {
            return match (is_ticked(&value), self.required) {
                (true, _) => Ok(Answered::Ticked),
                (false, true) => Err(ProblemKind::MustAccept),
                (false, false) => Ok(Answered::Nothing),
            };
        }
        if value.is_empty() {
            return if self.required {
                Err(ProblemKind::Required)
            } else {
                Ok(Answered::Nothing)
            };
        }
        match self.kind {
            FieldType::Email => return Email::parse(raw).map(Answered::Email).map_err(ProblemKind::Email),
            FieldType::Number => return self.number(&value).map(Answered::Text),
            FieldType::Choice if !self.options.iter().any(|option| option.value == value) => {
                return Err(ProblemKind::NotAnOption);
            }
            FieldType::Phone => {
                let read = Phone::read(&value, country).ok_or(ProblemKind::Phone)?;
                return Ok(Answered::Phone(read.0, read.1));
            }
            FieldType::Date if value.parse::<jiff::civil::Date>().is_err() => return Err(ProblemKind::Date),
            // `validate_url` takes any scheme, `javascript:` too.
            FieldType::Url
                if !(value.starts_with("https://") || value.starts_with("http://")) || !value.validate_url() =>
            {
                return Err(ProblemKind::Url);
            }
            _ => {}
        }
        let max = self.chars_max();
        if value.validate_length(None, Some(max as u64), None) {
            Ok(Answered::Text(value))
        } else {
            Err(ProblemKind::TooLong(max))
        }
    }

    /// Most characters of this field's answer.
    pub fn chars_max(&self) -> usize {
        let default = match self.kind {
            FieldType::LongText => LONG_TEXT_CHARS_MAX,
            _ => TEXT_CHARS_MAX,
        };
        self.max
            .filter(|_| self.kind != FieldType::Number)
            .and_then(|max| usize::try_from(max).ok())
            .unwrap_or(default)
    }

    fn number(&self, value: &str) -> Result<String, ProblemKind> {
        let canonical = canonical_number(value).ok_or(ProblemKind::NotANumber)?;
        let number: f64 = canonical.parse().map_err(|_| ProblemKind::NotANumber)?;
        let bound = |n: i64| n as f64;
        if !number.validate_range(self.min.map(bound), None, None, None) {
            return Err(ProblemKind::TooSmall(self.min.unwrap_or_default()));
        }
        if !number.validate_range(None, self.max.map(bound), None, None) {
            return Err(ProblemKind::TooLarge(self.max.unwrap_or_default()));
        }
        Ok(canonical)
    }
}

/// Whether a posted value of a box means yes: browsers send `on`, programs what they like.
pub fn is_ticked(value: &str) -> bool {
    matches!(
        clean_line(value).to_ascii_lowercase().as_str(),
        "on" | "true" | "1" | "yes" | "oui"
    )
}

/// A number as people write it ("15 000 €", "15.000", "1,5") in one form: digits, with at most one decimal point.
///
/// A single separator followed by exactly three digits groups thousands: nobody states a budget to a thousandth.
fn canonical_number(written: &str) -> Option<String> {
    let bare: String = written.chars().filter(|c| !c.is_whitespace()).collect();
    let bare = bare
        .trim_end_matches('€')
        .trim_end_matches("EUR")
        .trim_end_matches("eur");
    let (sign, digits) = match bare.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", bare),
    };
    if digits.is_empty() || digits.len() > 18 || !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let groups: Vec<&str> = digits.split(['.', ',']).collect();
    if !groups
        .iter()
        .all(|g| !g.is_empty() && g.bytes().all(|b| b.is_ascii_digit()))
    {
        return None;
    }
    let (whole, fraction) = match groups.as_slice() {
        [whole] => ((*whole).to_owned(), ""),
        [head, thousands @ ..] if thousands.iter().all(|g| g.len() == 3) && head.len() <= 3 => (groups.concat(), ""),
        [whole, fraction] => ((*whole).to_owned(), fraction.trim_end_matches('0')),
        _ => return None,
    };
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{fraction}"))
}

#[cfg(test)]
mod tests;
