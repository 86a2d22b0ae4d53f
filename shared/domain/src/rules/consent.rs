//! What a person decides by a link of their own: yes, no, wishes and corrections; and what an operator may lift.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::campaign::Start;
use crate::kit::ids::{CampaignId, sha256_hex};
use crate::kit::limits;
use crate::kit::locale::Locale;
use crate::kit::personal::Personal;
use crate::kit::vocabulary::{Purpose, SignalKind};
use crate::lead::consent::{Consent, ConsentState, Method};
use crate::lead::preferences::Wishes;
use crate::lead::{Lead, Lift, SuppressionReason};
use crate::rules::context::Context;
use crate::rules::enrolment::{complete, enrol};

/// What became of a yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// It counts, now or already before.
    Done,
    /// This campaign asks for none, or did not ask this person.
    NothingPending,
}

/// What became of lifting a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifted {
    /// It is lifted.
    Done,
    /// There is no stop that an operator may lift.
    NothingToLift,
}

/// The button confirms whatever that form asked and is still open, each purpose for itself.
pub(super) fn confirm(lead: &mut Lead, campaign_id: &CampaignId, cx: &Context<'_>) -> Confirmed {
    let Some(campaign) = cx.catalog.get(campaign_id) else {
        return Confirmed::NothingPending;
    };
    match lead.marketing_state(campaign_id) {
        None => return Confirmed::NothingPending,
        Some(ConsentState::Given) => return Confirmed::Done,
        Some(ConsentState::Pending) => {}
        // Their own button after their own no: a new entry, so that the proof of the first stays whole.
        Some(ConsentState::Withdrawn) => {
            let again = lead.consent(Purpose::Marketing, campaign_id).cloned();
            Arc::make_mut(&mut lead.consents).extend(again.map(|mut again| {
                again.move_to(ConsentState::Given, Method::DoubleOptIn, cx.now);
                again
            }));
        }
    }
    let asked = Arc::make_mut(&mut lead.consents)
        .iter_mut()
        .filter(|consent| &consent.campaign == campaign_id);
    for pending in asked.filter(|consent| consent.state == ConsentState::Pending) {
        pending.move_to(ConsentState::Given, Method::DoubleOptIn, cx.now);
    }
    complete(lead, cx); // what asked for it is not needed any more
    lead.add_signal(SignalKind::Confirm, campaign_id.as_str(), cx.now);
    enrol(lead, campaign, Start::OptIn, cx);
    Confirmed::Done
}

/// A yes said again on a page of our own, which shows the wording of the form's box: a new entry with its own proof. It
/// lifts the person's own no for this campaign alone.
pub(super) fn opt_in(lead: &mut Lead, id: &CampaignId, locale: Locale, cx: &Context<'_>) -> Confirmed {
    let Some(published) = cx.catalog.published(id) else {
        return Confirmed::NothingPending;
    };
    let campaign = &published.campaign;
    let Some(asked) = campaign.marketing_box() else {
        return Confirmed::NothingPending;
    };
    if lead.marketing_state(id) == Some(ConsentState::Given) {
        return Confirmed::Done;
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
    Confirmed::Done
}

pub(super) fn opt_out(lead: &mut Lead, method: Method, reason: SuppressionReason, cx: &Context<'_>) {
    withdraw(lead, Purpose::Marketing, method, cx);
    lead.suppress(reason, cx.now);
    lead.exit(reason.exit(), cx.catalog, cx.now);
}

/// A consent ends because the time for which it was given is over.
pub(super) fn withdraw_one(lead: &mut Lead, purpose: Purpose, campaign: &CampaignId, cx: &Context<'_>) {
    let of_it = Arc::make_mut(&mut lead.consents)
        .iter_mut()
        .filter(|consent| consent.purpose == purpose && &consent.campaign == campaign);
    for consent in of_it.filter(|consent| consent.state == ConsentState::Given) {
        consent.move_to(ConsentState::Withdrawn, Method::Retention, cx.now);
    }
}

fn withdraw(lead: &mut Lead, purpose: Purpose, method: Method, cx: &Context<'_>) {
    let of_it = Arc::make_mut(&mut lead.consents)
        .iter_mut()
        .filter(|consent| consent.purpose == purpose);
    for consent in of_it.filter(|consent| consent.state != ConsentState::Withdrawn) {
        consent.move_to(ConsentState::Withdrawn, method, cx.now);
    }
}

/// Wishes delay or leave out mails (see `plan`); they never start any.
pub(super) fn prefer(lead: &mut Lead, wishes: &Wishes, cx: &Context<'_>) {
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
}

/// Answers put right by the person. They went through the form's own checks at the door.
pub(super) fn correct(lead: &mut Lead, answers: &BTreeMap<String, Personal>, cx: &Context<'_>) {
    for (name, answer) in answers {
        if answer.expose().is_empty() {
            Arc::make_mut(&mut lead.answers).remove(name);
        } else {
            Arc::make_mut(&mut lead.answers).insert(name.clone(), answer.clone());
        }
    }
    lead.preferences.at = Some(cx.now);
}

/// The person wants to stay: the clock of retention starts anew (R65).
pub(super) fn stay(lead: &mut Lead, cx: &Context<'_>) {
    lead.preferences.at = Some(cx.now);
}

/// A bounce or a complaint goes by an operator's word and reason alone; a person's own no goes by nobody's but theirs.
pub(super) fn lift(lead: &mut Lead, reason: &str, cx: &Context<'_>) -> Lifted {
    let Some(stop) = lead
        .suppression
        .filter(|stop| stop.reason != SuppressionReason::Unsubscribe)
    else {
        return Lifted::NothingToLift;
    };
    lead.lifts.push(Lift {
        was: stop.reason,
        at: cx.now,
        reason: Personal::new(reason),
    });
    if lead.lifts.len() > limits::HISTORY_MAX {
        lead.lifts.remove(0);
    }
    lead.suppression = None;
    lead.soft_bounces.clear();
    let complained = (stop.reason == SuppressionReason::Complaint).then_some(stop.at);
    if let Some(no_since) = stop.own_no.or(complained) {
        lead.suppress(SuppressionReason::Unsubscribe, no_since);
    }
    Lifted::Done
}
