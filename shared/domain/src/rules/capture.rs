//! A post of a form: a new lead, or one more enquiry of a known one.

use std::sync::Arc;

use jiff::Timestamp;

use crate::campaign::{Campaign, Published, Start};
use crate::kit::ids::EnquiryId;
use crate::kit::vocabulary::{Class, SignalKind};
use crate::lead::Lead;
use crate::lead::consent::{Consent, ConsentState, Method};
use crate::lead::enquiry::Enquiry;
use crate::lead::erasure::{Past, Tombstone};
use crate::lead::stage::Stage;
use crate::lead::words::Words;
use crate::rules::context::Context;
use crate::rules::enrolment::{enrol, promise};
use crate::rules::form::Submission;
use crate::rules::source::source_of;
use crate::rules::stages;

/// A lead of whom nothing is known but how to reach them, and the no that stands.
pub(super) fn new_lead(
    campaign: &Campaign,
    submission: &Submission,
    erased: Option<&Tombstone>,
    cx: &Context<'_>,
) -> Lead {
    Lead {
        id: submission.lead_id(cx.key, &campaign.workspace),
        workspace: campaign.workspace.clone(),
        version: erased.map_or(0, |erased| erased.version),
        email: submission.email.clone(),
        phone: submission.phone.clone(),
        campaign: campaign.id.clone(),
        captured_at: cx.now,
        words: Words::default(),
        further: Vec::new(),
        consents: Arc::default(),
        signals: Vec::new(),
        stage: Stage::Lead,
        grade: None,
        history: Vec::new(),
        enrolments: Vec::new(),
        suppression: erased.and_then(|erased| erased.suppression),
        lifts: Vec::new(),
        preferences: Default::default(),
        past: erased.map(|erased| Past {
            version: erased.version,
            uncleaned: erased.cleaning().map(|cleaning| cleaning.until),
            counted: erased.counted.clone(),
        }),
        cases: Vec::new(),
        assigned: None,
        notices: Default::default(),
        notes: Vec::new(),
        soft_bounces: Vec::new(),
        soft_pauses: 0,
        away: None,
        soft_until: None,
        kept: None,
        unmet: true,
        told: erased.map(|erased| erased.told.clone()).unwrap_or_default(),
        due_at: None,
        unknown: erased.map(|erased| erased.unknown.clone()).unwrap_or_default(),
        leaving: Default::default(),
    }
}

/// Adds a post to a lead, new or known. It never lowers a stage, and never touches a consent that stands. One that another
/// system reports is a signal already, and starts no marketing: nobody told the person here what to expect. Nor does it get
/// what the campaign promises, unless the source's mapping says so: whoever was entered in a CRM asked for nothing here.
pub(super) fn record_post(
    lead: &mut Lead,
    published: &Published,
    submission: &Submission,
    source: Option<&str>,
    cx: &Context<'_>,
) {
    let campaign = &published.campaign;
    let enquiry = enquiry_of(published, submission, source, cx.now);
    let asks_anew = !submission.consents.is_empty()
        && lead
            .marketing_state(&campaign.id)
            .is_none_or(|state| matches!(state, ConsentState::Withdrawn | ConsentState::Lapsed));
    if lead.words.repeats(&enquiry) && !asks_anew {
        return;
    }
    let id = lead.words.hear(enquiry);
    stand(lead, &id, cx);
    if source.is_none() {
        record_consents(lead, published, submission, &id, cx);
        lead.add_signal(SignalKind::Form, campaign.id.as_str(), cx.now);
    }
    let is_promised = |source: &str| {
        campaign
            .triggers
            .get(source)
            .is_some_and(|mapping| mapping.send_promised)
    };
    if source.is_none_or(is_promised) {
        promise(lead, campaign, &id, cx);
    }
    if source.is_none() && lead.refusal(Class::Nurture, campaign).is_none() {
        enrol(lead, campaign, Start::OptIn, cx);
    }
    stages::hear(lead, campaign, &id, cx);
}

/// What a post said; with a `source` somebody or another system told it.
pub(super) fn enquiry_of(published: &Published, said: &Submission, source: Option<&str>, now: Timestamp) -> Enquiry {
    Enquiry {
        campaign: published.campaign.id.clone(),
        at: now,
        serial: 0,
        version: published.version.clone(),
        locale: said.locale,
        zone: said.zone.clone(),
        touch: said.touch.clone(),
        answers: Arc::new(said.answers.clone()),
        other: Arc::new(said.other.clone()),
        unread: said.unread.clone(),
        confirmed_at: None,
        source: source.map(str::to_owned),
        hot: false,
        cut: false,
    }
}

/// A post gives the person a standing in its campaign, or moves the one they have.
pub(super) fn stand(lead: &mut Lead, id: &EnquiryId, cx: &Context<'_>) {
    let Some(enquiry) = lead.words.enquiry(id) else { return };
    let (campaign, source) = (enquiry.campaign.clone(), source_of(&enquiry.touch));
    if lead.words.enquiries().len() == 1 {
        return; // the first post of all: the lead itself says as much
    }
    let known = lead.standing(&campaign).is_some();
    let standing = lead.standing_mut(&campaign, cx.now);
    match known {
        true => standing.again = standing.again.max(Some(cx.now)),
        false => standing.source = source,
    }
}

/// Each request stands for itself, so that its own link confirms it; one for what the person agreed to already is none.
fn record_consents(lead: &mut Lead, published: &Published, submission: &Submission, id: &EnquiryId, cx: &Context<'_>) {
    let serial = lead.words.enquiry(id).map_or(0, |enquiry| enquiry.serial);
    for ticked in &submission.consents {
        let campaign = &published.campaign.id;
        let known = lead.consent(ticked.purpose, campaign);
        if known.is_some_and(|consent| consent.state == ConsentState::Given) {
            continue;
        }
        let mut consent = Consent {
            purpose: ticked.purpose,
            campaign: campaign.clone(),
            state: ConsentState::Pending,
            asked_at: cx.now,
            serial,
            at: cx.now,
            confirmed_at: None,
            method: Method::Form,
            text_version: ticked.text_version.clone(),
            text_hash: ticked.text_hash.clone(),
            locale: submission.locale,
            form_version: published.version.clone(),
            page: submission
                .touch
                .get("page")
                .or(submission.touch.get("landing"))
                .map(str::to_owned),
            notice: published.campaign.sender.privacy_version.clone(),
            evidence: None,
        };
        // A tick is anybody's: where somebody said no before, it waits for the person's own button even here (R69).
        if !published.campaign.double_opt_in && lead.suppression.is_none() {
            consent.move_to(ConsentState::Given, Method::Form, cx.now);
        }
        Arc::make_mut(&mut lead.consents).push(consent);
    }
}
