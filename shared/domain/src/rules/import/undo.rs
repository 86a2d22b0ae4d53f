//! Taking an import back: what it made goes, what it told is taken out, and what people did since stays.

use std::sync::Arc;

use crate::kit::ids::{CampaignId, ImportId};
use crate::kit::vocabulary::Regime;
use crate::lead::Lead;
use crate::lead::consent::{Consent, ConsentState, Method};
use crate::lead::enquiry::Enquiry;
use crate::lead::stage::Mover;
use crate::rules::context::Context;

/// What became of one lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakenBack {
    /// It is gone as if it had never been.
    Removed,
    /// What the import told of it is taken out; it stands no longer in these campaigns.
    Reverted(Vec<CampaignId>),
    /// The import made it, and somebody or the person did something since: it stays as it is.
    Kept,
    /// Nothing of it is of this import, or not any more.
    Nothing,
}

/// Whether the import made the lead: nothing was known before.
pub(crate) fn is_made_by(lead: &Lead, import: &ImportId) -> bool {
    let first = lead.words.enquiries().first();
    first.is_some_and(|first| first.is_of(import))
}

/// Whether nobody did anything about the lead since, nor did the person; what the clock does by itself counts for nothing.
pub(crate) fn is_untouched(lead: &Lead, import: &ImportId) -> bool {
    let ours = |enquiry: &Enquiry| enquiry.is_of(import);
    let said_nothing = lead.words.enquiries().iter().all(ours)
        && lead.words.statements().is_empty()
        && lead.signals.is_empty()
        && lead.preferences.is_default()
        && lead.suppression.is_none()
        && lead.lifts.is_empty()
        && lead.consents.iter().all(|consent| is_heard_by(consent, import));
    let got_nothing = lead.enrolments.is_empty() && lead.notices.is_empty() && lead.soft_bounces.is_empty();
    let nobody_works = lead.cases.is_empty()
        && lead.notes.is_empty()
        && lead.assigned.is_none()
        && lead.kept.is_none()
        && lead.history.iter().all(|change| change.by == Mover::Silence);
    said_nothing && got_nothing && nobody_works
}

/// Takes out of a lead what the import told of it.
pub(crate) fn take_back(lead: &mut Lead, import: &ImportId, cx: &Context<'_>) -> TakenBack {
    lead.words.retract(import);
    // Of a consent under which something was sent the proof stays, and nothing more is sent.
    let used = |consent: &Consent| {
        let mut of_it = lead.enrolments.iter().filter(|of| {
            of.campaign == consent.campaign && of.basis == Some(Regime::B2cConsent) && of.started_at >= consent.at
        });
        of_it.any(|of| of.ledger.iter().any(|entry| entry.attempts() > 0))
    };
    let (used, unused): (Vec<_>, Vec<_>) = lead
        .consents
        .iter()
        .filter(|consent| is_heard_by(consent, import))
        .cloned()
        .partition(used);
    let consents = Arc::make_mut(&mut lead.consents);
    consents.retain(|consent| !unused.contains(consent));
    for consent in consents.iter_mut().filter(|consent| used.contains(consent)) {
        consent.move_to(ConsentState::Withdrawn, Method::Operator, cx.now);
    }
    let first = lead.campaign.clone();
    let asked = |campaign: &CampaignId| {
        lead.words
            .enquiries()
            .iter()
            .any(|enquiry| &enquiry.campaign == campaign)
            || lead.enrolments.iter().any(|enrolment| &enrolment.campaign == campaign)
            || lead.consents.iter().any(|consent| &consent.campaign == campaign)
    };
    let left: Vec<CampaignId> = lead
        .further
        .iter()
        .filter(|standing| standing.again.is_none() && standing.mql_at.is_none())
        .map(|standing| standing.campaign.clone())
        .filter(|campaign| campaign != &first && !asked(campaign) && !lead.words.has_left())
        .collect();
    lead.further.retain(|standing| !left.contains(&standing.campaign));
    TakenBack::Reverted(left)
}

/// Whether a consent was written down by the import, and stands as it was written.
fn is_heard_by(consent: &Consent, import: &ImportId) -> bool {
    let by = consent.evidence.as_ref().map(|evidence| evidence.by.as_str());
    by.is_some_and(|by| by.ends_with(&Enquiry::source_of_import(import))) && consent.state == ConsentState::Given
}
