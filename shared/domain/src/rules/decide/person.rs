//! What a person decides by a link of their own, beyond yes and no; and the two things only the house can do about it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Answer, Context, enrol, opt_out, withdraw};
use crate::campaign::Start;
use crate::kit::ids::{CampaignId, sha256_hex};
use crate::kit::locale::Locale;
use crate::kit::personal::Personal;
use crate::kit::vocabulary::Class;
use crate::kit::vocabulary::SignalKind;
use crate::kit::vocabulary::{Purpose, Regime};
use crate::lead::consent::{Consent, ConsentState, Method};
use crate::lead::preferences::Wishes;
use crate::lead::{Lead, Lift, SuppressionReason};

/// A yes said again on a page of our own, which shows the wording of the form's box: a new entry with its own proof. It
/// lifts the person's own no for this campaign alone.
pub(super) fn opt_in(lead: &mut Lead, id: &CampaignId, locale: Locale, cx: &Context<'_>) -> Answer {
    let Some(published) = cx.catalog.published(id) else {
        return Answer::NothingPending;
    };
    let campaign = &published.campaign;
    let Some(asked) = campaign.marketing_box() else {
        return Answer::NothingPending;
    };
    if lead.marketing_state(id) == Some(ConsentState::Given) {
        return Answer::Done;
    }
    let mut consent = Consent {
        purpose: Purpose::Marketing,
        campaign: id.clone(),
        state: ConsentState::Pending,
        asked_at: cx.now,
        at: cx.now,
        confirmed_at: None,
        method: Method::Preferences,
        text_version: asked.version.clone().unwrap_or_default(),
        text_hash: sha256_hex(asked.label.get(locale)),
        locale,
        form_version: published.version.clone(),
        page: None,
        notice: campaign.sender.privacy_version.clone(),
    };
    consent.move_to(ConsentState::Given, Method::Preferences, cx.now);
    Arc::make_mut(&mut lead.consents).push(consent);
    lead.add_signal(SignalKind::Confirm, id.as_str(), cx.now);
    enrol(lead, campaign, Start::OptIn, cx);
    Answer::Done
}

/// Wishes delay or leave out mails (see `plan`); they never start any.
pub(super) fn prefer(lead: &mut Lead, wishes: &Wishes, cx: &Context<'_>) -> Answer {
    lead.locale = wishes.locale;
    let preferences = &mut lead.preferences;
    preferences.topics_off.clone_from(&wishes.topics_off);
    preferences.frequency = wishes.frequency;
    preferences.paused_until = wishes.pause.apply(preferences.pause_end(cx.now), cx.now);
    preferences.at = Some(cx.now);
    for purpose in &wishes.withdraw {
        match purpose {
            Purpose::Marketing => {
                opt_out(lead, Method::Preferences, SuppressionReason::Unsubscribe, cx);
            }
            Purpose::Tracking | Purpose::Sharing => withdraw(lead, *purpose, Method::Preferences, cx),
        }
    }
    Answer::Done
}

/// Answers put right by the person. They went through the form's own checks at the door.
pub(super) fn correct(lead: &mut Lead, answers: &BTreeMap<String, Personal>, cx: &Context<'_>) -> Answer {
    for (name, answer) in answers {
        if answer.expose().is_empty() {
            Arc::make_mut(&mut lead.answers).remove(name);
        } else {
            Arc::make_mut(&mut lead.answers).insert(name.clone(), answer.clone());
        }
    }
    lead.preferences.at = Some(cx.now);
    Answer::Done
}

/// The person wants to stay: the clock of retention starts anew (R65).
pub(super) fn stay(lead: &mut Lead, cx: &Context<'_>) -> Answer {
    lead.preferences.at = Some(cx.now);
    Answer::Done
}

/// A bounce or a complaint goes by an operator's word and reason alone; a person's own no goes by nobody's but theirs.
pub(super) fn lift(lead: &mut Lead, reason: &str, cx: &Context<'_>) -> Answer {
    let Some(stop) = lead
        .suppression
        .filter(|stop| stop.reason != SuppressionReason::Unsubscribe)
    else {
        return Answer::NothingToLift;
    };
    lead.lifts.push(Lift {
        was: stop.reason,
        at: cx.now,
        reason: Personal::new(reason),
    });
    if lead.lifts.len() > crate::kit::limits::HISTORY_MAX {
        lead.lifts.remove(0);
    }
    lead.suppression = None;
    lead.soft_bounces.clear();
    let complained = (stop.reason == SuppressionReason::Complaint).then_some(stop.at);
    if let Some(no_since) = stop.own_no.or(complained) {
        lead.suppress(SuppressionReason::Unsubscribe, no_since);
    }
    Answer::Done
}

/// Who became a customer may be written to about goods like those they bought (CPCE L34-5, R63).
pub(super) fn won(lead: &mut Lead, cx: &Context<'_>) {
    for published in cx.catalog.iter() {
        let campaign = &published.campaign;
        if campaign.workspace == lead.workspace
            && campaign.regime == Regime::CustomerSimilar
            && lead.refusal(Class::Nurture, campaign).is_none()
        {
            enrol(lead, campaign, Start::OptIn, cx);
        }
    }
}
