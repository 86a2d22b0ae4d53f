//! What a person decides by a link of their own: yes, no, wishes and corrections; and what an operator may lift.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::campaign::Start;
use crate::kit::ids::{CampaignId, EnquiryId, sha256_hex};
use crate::kit::limits;
use crate::kit::locale::Locale;
use crate::kit::personal::Personal;
use crate::kit::vocabulary::{Purpose, SignalKind};
use crate::lead::consent::{Consent, ConsentState, Method};
use crate::lead::preferences::Wishes;
use crate::lead::words::{LANGUAGE, PERSON};
use crate::lead::{Lead, Lift, Suppression, SuppressionReason};
use crate::rules::context::Context;
use crate::rules::enrolment::{complete, end_soft_pause, enrol, shift};

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

/// The button of an email proves the post that caused that email, and confirms what that post asked for; nothing else. It
/// works until a later no. A link of before posts had names confirms what is still open.
pub(super) fn confirm(
    lead: &mut Lead,
    campaign_id: &CampaignId,
    enquiry: Option<&EnquiryId>,
    cx: &Context<'_>,
) -> Confirmed {
    let Some(campaign) = cx.catalog.get(campaign_id) else {
        return Confirmed::NothingPending;
    };
    let is_meant = |consent: &Consent| {
        let named = |id: &EnquiryId| id == &EnquiryId::of(consent.asked_at, consent.serial);
        &consent.campaign == campaign_id && enquiry.is_none_or(named)
    };
    let asked_at = enquiry.and_then(EnquiryId::second).or_else(|| {
        let pending = lead.consents.iter().rev();
        let mut pending = pending.filter(|consent| is_meant(consent) && consent.state == ConsentState::Pending);
        pending.next().map(|consent| consent.asked_at)
    });
    let given = lead.marketing_state(campaign_id) == Some(ConsentState::Given);
    let Some(asked_at) = asked_at else {
        return match given {
            true => Confirmed::Done,
            false => Confirmed::NothingPending,
        };
    };
    if lead.no_since().is_some_and(|no| no >= asked_at) {
        return Confirmed::NothingPending;
    }
    let proved = enquiry.is_some_and(|id| lead.words.confirm(id, cx.now));
    let is_open = |consent: &Consent| is_meant(consent) && consent.state == ConsentState::Pending;
    let confirms = lead.consents.iter().any(is_open);
    if confirms {
        // A yes that stands needs no second one.
        for consent in Arc::make_mut(&mut lead.consents)
            .iter_mut()
            .filter(|consent| is_open(consent))
        {
            consent.move_to(ConsentState::Given, Method::DoubleOptIn, cx.now);
        }
        complete(lead, cx); // what asked for it is not needed any more
        enrol(lead, campaign, Start::OptIn, cx);
    }
    if confirms || proved {
        lead.add_signal(SignalKind::Confirm, campaign_id.as_str(), cx.now);
    }
    let known = enquiry.is_some_and(|id| lead.words.is_confirmed(id));
    match confirms || known || given {
        true => Confirmed::Done,
        false => Confirmed::NothingPending,
    }
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
        serial: 0,
        at: cx.now,
        confirmed_at: None,
        method: Method::Preferences,
        text_version: asked.version.clone().unwrap_or_default(),
        text_hash: sha256_hex(asked.label.get(locale)),
        locale,
        form_version: published.version.clone(),
        page: None,
        notice: campaign.sender.privacy_version.clone(),
        evidence: None,
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
    // A no said again after another post holds against that post too: no link of it undoes it.
    let heard = lead.words.latest().map(|enquiry| enquiry.at);
    if let Some(stop) = &mut lead.suppression {
        let is_no = matches!(
            stop.reason,
            SuppressionReason::Unsubscribe | SuppressionReason::Complaint
        );
        if !is_no {
            stop.own_no.get_or_insert(cx.now);
        }
        // Below a complaint lies the no of before, which is what stays once an operator lifts it.
        for no in is_no.then_some(&mut stop.at).into_iter().chain(&mut stop.own_no) {
            if heard.is_some_and(|heard| heard > *no) {
                *no = cx.now;
            }
        }
    }
    lead.exit(reason.exit(), cx.catalog, cx.now);
}

/// A consent ends because the time for which it was given, or in which it could be confirmed, is over.
pub(super) fn end_one(lead: &mut Lead, purpose: Purpose, campaign: &CampaignId, ended: ConsentState, cx: &Context<'_>) {
    end_at(lead, purpose, campaign, ended, cx.now);
}

/// The same as of a moment.
pub(super) fn end_at(lead: &mut Lead, purpose: Purpose, campaign: &CampaignId, ended: ConsentState, now: Timestamp) {
    let from = match ended {
        ConsentState::Lapsed => ConsentState::Pending,
        _ => ConsentState::Given,
    };
    let due = |consent: &Consent| {
        let in_time = ended != ConsentState::Lapsed || consent.asked_at + limits::UNCONFIRMED_KEPT <= now;
        consent.purpose == purpose && &consent.campaign == campaign && consent.state == from && in_time
    };
    for consent in Arc::make_mut(&mut lead.consents)
        .iter_mut()
        .filter(|consent| due(consent))
    {
        consent.move_to(ended, Method::Retention, now);
    }
}

fn withdraw(lead: &mut Lead, purpose: Purpose, method: Method, cx: &Context<'_>) {
    let of_it = Arc::make_mut(&mut lead.consents)
        .iter_mut()
        .filter(|consent| consent.purpose == purpose);
    for consent in of_it.filter(|consent| !consent.is_over()) {
        consent.move_to(ConsentState::Withdrawn, method, cx.now);
    }
}

/// Wishes delay or leave out mails (see `plan`); they never start any.
pub(super) fn prefer(lead: &mut Lead, wishes: &Wishes, cx: &Context<'_>) {
    if lead.words.language() != wishes.locale {
        let code = Personal::new(wishes.locale.code());
        lead.words.state(LANGUAGE, code, PERSON, cx.now);
    }
    let preferences = &mut lead.preferences;
    preferences.topics_off.clone_from(&wishes.topics_off);
    preferences.frequency = wishes.frequency;
    let before = preferences.pause_end(cx.now).unwrap_or(cx.now);
    preferences.paused_until = wishes.pause.apply(preferences.pause_end(cx.now), cx.now);
    let after = preferences.pause_end(cx.now).unwrap_or(cx.now);
    preferences.at = Some(cx.now);
    shift(lead, after.duration_since(before), cx);
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
    state_all(lead, answers, PERSON, cx);
    lead.preferences.at = Some(cx.now);
}

/// What the person said, themselves or to somebody who wrote it down: what is said already is not said twice.
pub(super) fn state_all(lead: &mut Lead, answers: &BTreeMap<String, Personal>, by: &str, cx: &Context<'_>) {
    for (name, answer) in answers {
        let known = lead.words.said(name);
        let same = known.is_some_and(|said| said.value == answer && said.rank.is_theirs() && by == PERSON)
            || (known.is_none() && answer.expose().is_empty());
        let statements = lead.words.statements();
        let room = statements.len() < limits::STATEMENTS_MAX || statements.iter().any(|own| &own.field == name);
        if !same && room {
            lead.words.state(name, answer.clone(), by, cx.now);
        }
    }
}

/// The person wants to stay: the clock of retention starts anew (R65).
pub(super) fn stay(lead: &mut Lead, cx: &Context<'_>) {
    lead.preferences.at = Some(cx.now);
}

/// A bounce or a complaint goes by an operator's word and reason alone; a person's own no goes by nobody's but theirs.
pub(super) fn lift(lead: &mut Lead, reason: &str, cx: &Context<'_>) -> Lifted {
    let stop = lead
        .suppression
        .filter(|stop| stop.reason != SuppressionReason::Unsubscribe);
    let pause = lead.soft_until.map(|_| Suppression {
        reason: SuppressionReason::SoftBounces,
        at: cx.now,
        own_no: lead.no_since().filter(|_| lead.suppression.is_some()),
    });
    let Some(stop) = stop.or(pause) else {
        return Lifted::NothingToLift;
    };
    lead.lifts.push(Lift {
        was: stop.reason,
        at: cx.now,
        reason: Personal::new(reason),
    });
    if lead.lifts.len() > limits::LIFTS_MAX {
        lead.lifts.remove(0);
    }
    lead.suppression = None;
    lead.soft_bounces.clear();
    end_soft_pause(lead, cx);
    let complained = (stop.reason == SuppressionReason::Complaint).then_some(stop.at);
    if let Some(no_since) = stop.own_no.or(complained) {
        lead.suppress(SuppressionReason::Unsubscribe, no_since);
    }
    Lifted::Done
}
