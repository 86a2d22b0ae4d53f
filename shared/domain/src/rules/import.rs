//! Lists that an operator brings: each line is what another system reports of a person. It fills gaps and replaces nothing
//! that the person said; it mails nobody and alerts nobody, and no no and no erasure is undone by it (R69).
//!
//! What an import told stands in an enquiry of its own under the import's id: told again it changes nothing, and taken out
//! everything counts as it did before.

mod columns;
mod texts;
mod undo;

use jiff::Timestamp;

use crate::campaign::Published;
use crate::kit::ids::{CampaignId, ImportId};
use crate::kit::limits::REASON_CHARS_MAX;
use crate::kit::locale::Locale;
use crate::kit::problem::FieldProblem;
use crate::kit::vocabulary::Purpose;
use crate::lead::Lead;
use crate::lead::consent::ConsentState;
use crate::lead::enquiry::Enquiry;
use crate::lead::erasure::Tombstone;
use crate::lead::stage::{Mover, Stage};
use crate::rules::capture::{enquiry_of, new_lead};
use crate::rules::context::Context;
use crate::rules::dormancy::dormant_at;
use crate::rules::qualification::write_consent;
use crate::rules::sales::By;
use crate::rules::source::source_of;
use crate::rules::stages::{move_to, use_up_points};

pub use columns::{ColumnProblem, Columns, Line, Meaning};
pub use undo::TakenBack;
pub(super) use undo::{is_made_by, is_untouched, take_back};

/// A line of a list, for one person.
#[derive(Clone, Debug)]
pub struct Listed {
    /// For which campaign.
    pub campaign: CampaignId,
    /// Of which import.
    pub import: ImportId,
    /// What it says.
    pub line: Line,
    /// Who imports.
    pub by: By,
}

/// What became of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is a new lead.
    New,
    /// The person is known, and something of it counts that did not before: these fields, by name.
    Changed(Vec<String>),
    /// The person is known, and what counts is what counted before.
    Known,
    /// It is not taken.
    Refused(Refused),
}

/// Why a line, or its consent, is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// What identifies the person is missing or wrong.
    Field(FieldProblem),
    /// It is longer than any line is.
    TooLong,
    /// The person was erased: only a post of theirs brings them back (R69).
    Erased,
    /// It is older than the campaign keeps people: it would be erased at once.
    TooOld,
    /// This version cannot read what is stored of the person.
    Unreadable,
    /// The consent: of it this is missing.
    Consent(&'static str),
    /// The consent: its words are too long.
    ConsentLength(&'static str),
    /// The consent: its purpose is none.
    Purpose,
    /// The consent: the person said no, and nobody else says yes for them.
    OptedOut,
    /// The consent: the person was asked themselves, and did not say yes.
    Asked,
}

impl Refused {
    /// Which column it is about.
    pub fn field(&self) -> &str {
        match self {
            Self::Field(problem) => &problem.field,
            Self::TooLong => "line",
            Self::Erased | Self::Unreadable => "person",
            Self::TooOld => "captured_at",
            Self::Consent(field) | Self::ConsentLength(field) => field,
            Self::Purpose | Self::OptedOut | Self::Asked => "consent_purpose",
        }
    }

    /// The stable code that programs read.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Field(problem) => problem.kind.code(),
            Self::TooLong => "too_long",
            Self::Erased => "erased",
            Self::TooOld => "too_old",
            Self::Unreadable => "unreadable",
            Self::Consent(_) => "required",
            Self::ConsentLength(_) => "length",
            Self::Purpose => "unknown_purpose",
            Self::OptedOut => "opted_out",
            Self::Asked => "not_confirmed",
        }
    }

    /// The sentence for the person who imports.
    pub fn message(&self, locale: Locale) -> String {
        let purposes = || Purpose::ALL.map(Purpose::code).join(", ");
        match self {
            Self::Field(problem) => problem.kind.message(locale),
            Self::TooLong => texts::too_long(locale).to_owned(),
            Self::Erased => texts::erased(locale).to_owned(),
            Self::TooOld => texts::too_old(locale).to_owned(),
            Self::Unreadable => texts::unreadable(locale).to_owned(),
            Self::Consent(field) => texts::consent_incomplete(locale, field),
            Self::ConsentLength(_) => texts::consent_length(locale, REASON_CHARS_MAX),
            Self::Purpose => texts::unknown_purpose(locale, &purposes()),
            Self::OptedOut => texts::opted_out(locale).to_owned(),
            Self::Asked => texts::not_confirmed(locale).to_owned(),
        }
    }

    /// Whether only the consent is refused, and the rest of the line is taken.
    pub fn is_of_consent(&self) -> bool {
        matches!(
            self,
            Self::Consent(_) | Self::ConsentLength(_) | Self::Purpose | Self::OptedOut | Self::Asked
        )
    }
}

/// What became of a line, and of the consent in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Of the line.
    pub taken: Taken,
    /// Why its consent does not count, where it has one that does not.
    pub consent: Option<Refused>,
}

impl From<Refused> for Told {
    fn from(refused: Refused) -> Self {
        Self {
            taken: Taken::Refused(refused),
            consent: None,
        }
    }
}

/// Whether the lead holds this line already, or everything that it says.
pub(super) fn is_told(lead: &Lead, listed: &Listed) -> bool {
    let said = &listed.line.submission;
    let same = |enquiry: &Enquiry| {
        enquiry.is_of(&listed.import)
            && enquiry.campaign == listed.campaign
            && (&*enquiry.answers, &*enquiry.other, &enquiry.touch) == (&said.answers, &said.other, &said.touch)
    };
    let counts = |(name, value): (&String, _)| lead.words.answers().get(name) == Some(value);
    let consents = listed.line.consent.as_ref().is_some_and(|heard| {
        consent_refused(lead, listed).is_none() && lead.consent(heard.purpose, &listed.campaign).is_none()
    });
    let enquiries = lead.words.enquiries();
    // Where imports alone tell of somebody, each keeps its own enquiry, so that undoing one leaves what the other told.
    let is_known =
        said.answers.iter().all(counts) && said.other.is_empty() && lead.standing(&listed.campaign).is_some();
    let by_others = enquiries.iter().any(|enquiry| enquiry.import().is_none());
    !consents && (enquiries.iter().any(same) || (is_known && by_others))
}

/// Why the consent of a line cannot count for this lead: it never lifts a no, and never goes above what the person
/// themselves did when they were asked.
pub(super) fn consent_refused(lead: &Lead, listed: &Listed) -> Option<Refused> {
    let Some(heard) = &listed.line.consent else {
        return listed.line.refused.clone();
    };
    let known = lead.consent(heard.purpose, &listed.campaign).map(|known| known.state);
    match known {
        _ if lead.suppression.is_some() || lead.no_since().is_some() => Some(Refused::OptedOut),
        Some(ConsentState::Given) | None => None,
        Some(ConsentState::Withdrawn) => Some(Refused::OptedOut),
        Some(ConsentState::Pending | ConsentState::Lapsed) => Some(Refused::Asked),
    }
}

/// A new lead, as the list tells of it; `Err` if it would be erased at once.
pub(super) fn new_listed(
    published: &Published,
    listed: &Listed,
    erased: Option<&Tombstone>,
    cx: &Context<'_>,
) -> Result<(Lead, Told), Refused> {
    let campaign = &published.campaign;
    let mut lead = new_lead(campaign, &listed.line.submission, erased, cx);
    lead.captured_at = moment(listed, cx);
    if campaign.retention.add_to(lead.captured_at, &campaign.time_zone()) <= cx.now {
        return Err(Refused::TooOld);
    }
    let consent = hear(&mut lead, published, listed, cx);
    // Of whom nothing was heard for so long: nobody is woken up by being imported.
    if dormant_at(&lead, cx.catalog).is_some_and(|at| at <= cx.now) {
        let silence = campaign.dormant_after.to_string();
        move_to(&mut lead, Stage::Dormant, Mover::Silence, silence, &campaign.id, cx);
    }
    let taken = Taken::New;
    Ok((lead, Told { taken, consent }))
}

/// Adds a line to a known lead.
pub(super) fn add(lead: &mut Lead, published: &Published, listed: &Listed, cx: &Context<'_>) -> Told {
    let before = lead.words.answers().clone();
    let stood = lead.standing(&listed.campaign).is_some();
    let consents = lead.consents.len();
    let consent = hear(lead, published, listed, cx);
    let after = lead.words.answers();
    let fields = after.iter().filter(|(name, value)| before.get(*name) != Some(value));
    let fields: Vec<String> = fields.map(|(name, _)| name.clone()).collect();
    let taken = match fields.is_empty() && stood && consents == lead.consents.len() {
        true => Taken::Known,
        false => Taken::Changed(fields),
    };
    Told { taken, consent }
}

/// When the line was so; a moment to come counts as now.
fn moment(listed: &Listed, cx: &Context<'_>) -> Timestamp {
    listed.line.at.map_or(cx.now, |at| at.min(cx.now))
}

fn hear(lead: &mut Lead, published: &Published, listed: &Listed, cx: &Context<'_>) -> Option<Refused> {
    let said = &listed.line.submission;
    // Never before the first post, by which reports know the lead.
    let at = moment(listed, cx).max(lead.captured_at);
    let source = Enquiry::source_of_import(&listed.import);
    lead.words.hear(enquiry_of(published, said, Some(&source), at));
    if lead.standing(&listed.campaign).is_none() {
        lead.standing_mut(&listed.campaign, at).source = source_of(&said.touch);
    }
    let refused = consent_refused(lead, listed);
    if let (Some(heard), None) = (&listed.line.consent, &refused)
        && lead.consent(heard.purpose, &listed.campaign).is_none()
    {
        write_consent(lead, published, heard, &signed(listed), said, cx);
    }
    // Points that a list brings make no MQL, and wake up nobody who sells.
    if lead.stage == Stage::Lead {
        use_up_points(lead, cx);
    }
    refused
}

/// Who wrote a consent down, and in which import: by that it is found again.
fn signed(listed: &Listed) -> By {
    By {
        name: Some(format!(
            "{}, {}",
            listed.by.name(),
            Enquiry::source_of_import(&listed.import)
        )),
        ..listed.by.clone()
    }
}

#[cfg(test)]
mod tests;
