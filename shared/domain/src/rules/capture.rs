//! A post of a form: a new lead, or one more enquiry of a known one.

use std::sync::Arc;

use jiff::SignedDuration;

use crate::campaign::{Campaign, Published, Start};
use crate::kit::ids::LeadId;
use crate::kit::limits;
use crate::kit::vocabulary::{Class, SignalKind};
use crate::lead::consent::{Consent, ConsentState, Method};
use crate::lead::erasure::{Past, Tombstone};
use crate::lead::stage::Stage;
use crate::lead::{Capture, Lead};
use crate::rules::context::Context;
use crate::rules::enrolment::enrol;
use crate::rules::form::Submission;

/// A lead of whom nothing is known but the address, and the no that stands.
pub(super) fn new_lead(
    campaign: &Campaign,
    submission: &Submission,
    erased: Option<&Tombstone>,
    cx: &Context<'_>,
) -> Lead {
    Lead {
        id: LeadId::of(cx.key, &campaign.workspace, &submission.email),
        workspace: campaign.workspace.clone(),
        version: erased.map_or(0, |erased| erased.version),
        email: submission.email.clone(),
        locale: submission.locale,
        campaign: campaign.id.clone(),
        captured_at: cx.now,
        answers: Default::default(),
        captures: Arc::default(),
        consents: Arc::default(),
        signals: Vec::new(),
        stage: Stage::Lead,
        grade: None,
        history: Vec::new(),
        cooled_at: None,
        enrolments: Vec::new(),
        suppression: erased.and_then(|erased| erased.suppression),
        lifts: Vec::new(),
        preferences: Default::default(),
        past: erased.map(|erased| Past {
            version: erased.version,
            uncleaned: erased.cleaning().map(|cleaning| cleaning.until),
        }),
        cases: Vec::new(),
        soft_bounces: Vec::new(),
        due_at: None,
        unknown: erased.map(|erased| erased.unknown.clone()).unwrap_or_default(),
    }
}

/// Adds a post to a lead, new or known. It never lowers or raises a stage, and never touches a consent that stands. One
/// that another system reports is a signal already, and starts no marketing: nobody told the person here what to expect.
pub(super) fn record_post(
    lead: &mut Lead,
    published: &Published,
    submission: &Submission,
    reported: bool,
    cx: &Context<'_>,
) {
    let campaign = &published.campaign;
    // The same post twice (double click, back button, retry) says nothing new.
    let repeated = lead.captures.last().is_some_and(|last| {
        last.campaign == campaign.id
            && cx.now.duration_since(last.at) < SignedDuration::from_mins(10)
            && submission
                .answers
                .iter()
                .all(|(name, value)| lead.answers.get(name) == Some(value))
            && (submission.consents.is_empty()
                || lead
                    .marketing_state(&campaign.id)
                    .is_some_and(|state| state != ConsentState::Withdrawn))
    });
    if repeated {
        return;
    }
    lead.locale = submission.locale;
    Arc::make_mut(&mut lead.answers).extend(submission.answers.clone());
    Arc::make_mut(&mut lead.captures).push(Capture {
        campaign: campaign.id.clone(),
        at: cx.now,
        version: published.version.clone(),
        touch: submission.touch.clone(),
    });
    if lead.captures.len() > limits::CAPTURES_MAX {
        Arc::make_mut(&mut lead.captures).remove(1); // the first touch stays
    }
    if !reported {
        record_consents(lead, published, submission, cx);
        lead.add_signal(SignalKind::Form, campaign.id.as_str(), cx.now);
    }
    enrol(lead, campaign, Start::Capture, cx);
    if !reported && lead.refusal(Class::Nurture, campaign).is_none() {
        enrol(lead, campaign, Start::OptIn, cx);
    }
}

fn record_consents(lead: &mut Lead, published: &Published, submission: &Submission, cx: &Context<'_>) {
    for ticked in &submission.consents {
        let campaign = &published.campaign.id;
        let mut asked = lead.consents.iter().rev();
        let standing = asked.find(|c| c.purpose == ticked.purpose && &c.campaign == campaign);
        if standing.is_some_and(|consent| consent.state != ConsentState::Withdrawn) {
            continue;
        }
        let mut consent = Consent {
            purpose: ticked.purpose,
            campaign: published.campaign.id.clone(),
            state: ConsentState::Pending,
            asked_at: cx.now,
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
        };
        // A tick is anybody's: where somebody said no before, it waits for the person's own button even here (R69).
        if !published.campaign.double_opt_in && lead.suppression.is_none() {
            consent.move_to(ConsentState::Given, Method::Form, cx.now);
        }
        Arc::make_mut(&mut lead.consents).push(consent);
    }
}
