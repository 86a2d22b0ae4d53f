//! The form: what a campaign asks, and how a post becomes a [`Submission`] or a list of *all* its problems.
//!
//! A wrong value of a field that need not be answered never loses a post. A person gets it back once; sent again, and from
//! machines at once, it is kept as it was typed, named as unread, and counts for no rule.

mod field;

use std::collections::BTreeMap;
use std::fmt;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::campaign::Campaign;
use crate::campaign::Identity;
use crate::campaign::field::{Field, FieldType};
use crate::kit::email::Email;
use crate::kit::ids::{Key, LeadId, WorkspaceId, sha256_hex};
use crate::kit::locale::Locale;
use crate::kit::personal::Personal;
use crate::kit::phone::Phone;
use crate::kit::post::RawPost;
use crate::kit::problem::{FieldProblem, ProblemKind};
use crate::kit::text::clean_line;
use crate::kit::vocabulary::Purpose;
use crate::lead::Touch;
use crate::lead::enquiry::Unread;
use crate::lead::words::ZONE;
use crate::rules::fields::undeclared;
use field::Answered;

/// Longest name of a zone: that of the tz database has 30.
const ZONE_CHARS_MAX: usize = 40;

/// The helper field of the form's own page: the names of the fields that were asked back, with a comma between. What they
/// hold is taken as it stands.
pub const ASKED_BACK: &str = "_again";

/// A post that was read: typed, cleaned, and with nothing in it that the campaign does not ask.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
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
    /// What stood beside an answer and is no part of it, values that could not be read, by field name, and what the form does
    /// not declare.
    #[serde(default)]
    pub other: BTreeMap<String, Personal>,
    /// Which values could not be read; they stand in `other`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Unread>,
    /// The boxes they ticked.
    pub consents: Vec<Ticked>,
    /// Where they came from.
    pub touch: Touch,
}

/// The names in `other` are whatever somebody called their fields, which may be a person's.
impl fmt::Debug for Submission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submission")
            .field("locale", &self.locale)
            .field("answers", &self.answers)
            .field("other", &self.other.len())
            .field("consents", &self.consents)
            .field("touch", &self.touch)
            .finish_non_exhaustive()
    }
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

    /// Reads a person's post, whose names are recognised, against the campaign's form. Fields that the form does not declare
    /// are text and nothing else: nobody sets a score, a stage or a consent by sending one. A wrong value that need not be
    /// there is a problem unless it was asked back before ([`ASKED_BACK`]).
    ///
    /// # Errors
    /// Every field problem, in the order of the form.
    pub fn read(campaign: &Campaign, post: &RawPost, locale: Locale, touch: Touch) -> Result<Self, Vec<FieldProblem>> {
        let asked = |name: &str| was_asked_back(post, name);
        let fields = campaign.form.fields.iter();
        Self::read_fields(campaign, fields, post, locale, touch, asked, |field| field.required)
    }

    /// The same for what another system reports: no consent is asked of it, and none is taken (R69). Nobody sits there to put
    /// a value right, so that only what must be there is refused.
    ///
    /// # Errors
    /// Every problem of a field that must be answered, in the order of the form.
    pub fn reported(
        campaign: &Campaign,
        post: &RawPost,
        locale: Locale,
        touch: Touch,
    ) -> Result<Self, Vec<FieldProblem>> {
        let fields = campaign.form.fields.iter();
        let fields = fields.filter(|field| field.kind != FieldType::Consent);
        Self::read_fields(campaign, fields, post, locale, touch, |_| true, |field| field.required)
    }

    /// The same for a line of a list: whoever wrote the list never saw the form, so that only what identifies the person must
    /// be there.
    ///
    /// # Errors
    /// Every problem of what identifies the person.
    pub fn listed(
        campaign: &Campaign,
        post: &RawPost,
        locale: Locale,
        touch: Touch,
    ) -> Result<Self, Vec<FieldProblem>> {
        let fields = campaign.form.fields.iter();
        let fields = fields.filter(|field| field.kind != FieldType::Consent);
        let by_email = campaign.form.identity == Identity::Email;
        let needs = |field: &Field| by_email && field.kind == FieldType::Email;
        Self::read_fields(campaign, fields, post, locale, touch, |_| true, needs)
    }

    fn read_fields<'a>(
        campaign: &Campaign,
        fields: impl Iterator<Item = &'a Field>,
        post: &RawPost,
        locale: Locale,
        touch: Touch,
        is_settled: impl Fn(&str) -> bool,
        needs: impl Fn(&Field) -> bool,
    ) -> Result<Self, Vec<FieldProblem>> {
        let mut problems: Vec<FieldProblem> = Vec::new();
        let mut doubt = None;
        let mut email = None;
        let mut phone = None;
        let (mut answers, mut other, mut unread) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        let mut consents = Vec::new();
        let mut keep = |field: &Field, typed: String, code: &str| {
            other.insert(field.name.clone(), Personal::new(typed));
            unread.push(Unread {
                field: field.name.clone(),
                code: code.to_owned(),
            });
        };
        let mut beside = Vec::new();
        for field in fields {
            match field.read(post, campaign.country()) {
                Ok(Answered::Nothing) => {}
                Ok(Answered::Phone(number, note)) => {
                    answers.insert(field.name.clone(), Personal::new(number.expose()));
                    beside.extend(note.map(|note| (field.name.clone(), Personal::new(note))));
                    phone.get_or_insert(number);
                }
                Ok(Answered::Email(address)) => {
                    let asks = !is_settled(&field.name);
                    doubt = mistyped(field, &address)
                        .filter(|_| asks)
                        .map(|one| (problems.len(), one));
                    email = Some(address);
                }
                Ok(Answered::Text(text)) => {
                    answers.insert(field.name.clone(), Personal::new(text));
                }
                Ok(Answered::Ticked(wording)) => consents.extend(field.purpose.map(|purpose| Ticked {
                    purpose,
                    text_version: field.version.clone().unwrap_or_default(),
                    text_hash: sha256_hex(field.label.get(wording.unwrap_or(locale))),
                })),
                Ok(Answered::Unclear(sent)) => keep(field, sent, ProblemKind::NotYesOrNo.code()),
                Err(problem) if needs(field) || !is_settled(&field.name) => {
                    problems.push(problem.once(!field.required));
                }
                Err(problem) if problem.kind == ProblemKind::Required => {}
                Err(problem) => {
                    let sent = post.get(&field.name).unwrap_or_default();
                    keep(field, field.as_typed(sent), problem.kind.code());
                }
            }
        }
        other.extend(beside);
        if campaign.form.identity == Identity::EmailOrPhone && email.is_none() && phone.is_none() {
            unreachable(campaign, &unread, &mut problems);
        }
        other.extend(undeclared(post, &touch));
        if problems.is_empty() {
            let zone = post.get(ZONE).map(clean_line);
            Ok(Self {
                phone: phone.filter(|_| email.is_none()),
                email,
                locale,
                zone: zone.filter(|zone| zone.len() <= ZONE_CHARS_MAX && TimeZone::get(zone).is_ok()),
                answers,
                other,
                unread,
                consents,
                touch,
            })
        } else {
            // All at once: who puts the others right sees this too.
            if let Some((place, doubt)) = doubt {
                problems.insert(place, doubt);
            }
            Err(problems)
        }
    }

    /// What the person should look at once more though it can be taken: an address of a mistyped domain, unless it was asked
    /// back before.
    pub fn doubt(&self, campaign: &Campaign, post: &RawPost) -> Option<FieldProblem> {
        let field = campaign
            .form
            .fields
            .iter()
            .find(|field| field.kind == FieldType::Email)?;
        let doubt = mistyped(field, self.email.as_ref()?)?;
        (!was_asked_back(post, &field.name)).then_some(doubt)
    }
}

/// Whether the person saw this field's problem before and sent the post again all the same.
fn was_asked_back(post: &RawPost, name: &str) -> bool {
    let mut asked = post.get(ASKED_BACK).unwrap_or_default().split(',');
    asked.any(|field| field.trim() == name)
}

fn mistyped(field: &Field, address: &Email) -> Option<FieldProblem> {
    let meant = address.suggestion()?;
    let problem = FieldProblem::new(&field.name, ProblemKind::MistypedDomain).once(true);
    Some(FieldProblem {
        suggestion: Some(Personal::new(meant)),
        ..problem
    })
}

/// Nobody could answer: what identifies a person is missing, or cannot be read and must be put right.
fn unreachable(campaign: &Campaign, unread: &[Unread], problems: &mut Vec<FieldProblem>) {
    let fields = campaign.form.fields.iter();
    let mut identifying = fields.filter(|field| matches!(field.kind, FieldType::Email | FieldType::Phone));
    let mut told = false;
    for problem in problems.iter_mut() {
        if identifying.clone().any(|field| field.name == problem.field) {
            (problem.once, told) = (false, true);
        }
    }
    if told {
        return;
    }
    let wrong = identifying.find(|field| unread.iter().any(|one| one.field == field.name));
    problems.push(match wrong {
        Some(field) if field.kind == FieldType::Phone => FieldProblem::new(&field.name, ProblemKind::Phone),
        _ => FieldProblem::new("email", ProblemKind::Unreachable),
    });
}

/// Answers that somebody put right.
#[derive(Debug, Default)]
pub struct Corrected {
    /// By field name; an empty one is taken away.
    pub answers: BTreeMap<String, Personal>,
    /// What stood beside a telephone number, by field name.
    pub beside: BTreeMap<String, Personal>,
}

/// Reads answers that a person puts right: of these fields each is taken as it comes, and an empty one is taken away.
///
/// # Errors
/// Every field problem, in the order of the fields.
pub fn read_answers<'a>(
    fields: impl IntoIterator<Item = &'a Field>,
    post: &RawPost,
    country: &str,
) -> Result<Corrected, Vec<FieldProblem>> {
    let mut problems = Vec::new();
    let mut read = Corrected::default();
    for field in fields {
        if post.get(&field.name).is_none() {
            continue;
        }
        let answer = match field.read(post, country) {
            Ok(Answered::Phone(number, note)) => {
                read.beside
                    .extend(note.map(|note| (field.name.clone(), Personal::new(note))));
                number.expose().to_owned()
            }
            Ok(Answered::Text(text)) => text,
            Ok(Answered::Nothing) => String::new(),
            Ok(Answered::Email(_) | Answered::Ticked(_) | Answered::Unclear(_)) => continue,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        read.answers.insert(field.name.clone(), Personal::new(answer));
    }
    match problems.is_empty() {
        true => Ok(read),
        false => Err(problems),
    }
}

#[cfg(test)]
mod tests;
