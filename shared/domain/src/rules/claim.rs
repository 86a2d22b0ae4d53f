//! Sending one mail: claim it, and record what became of it.

use jiff::SignedDuration;

use crate::campaign::OnAmbiguous;
use crate::kit::ids::{ClaimToken, SendId};
use crate::kit::limits;
use crate::kit::personal::Personal;
use crate::kit::text::safe_name;
use crate::kit::vocabulary::Class;
use crate::lead::consent::ConsentState;
use crate::lead::ledger::{Outcome, Send, SendState};
use crate::lead::{Ended, Lead};
use crate::rules::context::Context;
use crate::rules::dormancy;
use crate::rules::effect::{Answer, Names, SendOrder};
use crate::rules::enrolment::complete;
use crate::rules::plan::{self, Upcoming};
use crate::rules::sales;
use crate::rules::sending::{Evidence, Terms};

/// Claims the mail that is due, if any, after settling what is left of an earlier claim.
pub(super) fn wake(lead: &mut Lead, token: &ClaimToken, terms: Terms, cx: &Context<'_>) -> Option<SendOrder> {
    if !release_stale_claim(lead, terms.evidence, cx) {
        return None;
    }
    complete(lead, cx); // the owner may have taken steps away
    dormancy::fall_asleep(lead, cx);
    loop {
        let waits = |next: &Upcoming<'_>| {
            terms.nurture_paused
                && next.step.class == Class::Nurture
                && next.refusal(lead).is_none()
                && !next.is_late(cx.now)
        };
        let mut upcoming = plan::upcoming(lead, cx.catalog, cx.now).into_iter();
        let next = upcoming.find(|next| !waits(next)).filter(|next| next.at <= cx.now);
        // Of two mails due at once, what the person waits for goes before what sales waits for.
        let notice = sales::next(lead, cx.catalog, cx.now).filter(|notice| notice.at <= cx.now);
        let to_sales = notice.filter(|notice| next.as_ref().is_none_or(|next| notice.at < next.at));
        if let Some(notice) = to_sales {
            return sales::claim(lead, &notice, token, cx);
        }
        let next = next?;
        if let Some(reason) = next.refusal(lead) {
            skip(lead, &next, reason.code(), cx);
            lead.enrolments[next.enrolment].ended = Some(Ended { at: cx.now, reason });
        } else if next.is_late(cx.now) {
            skip(lead, &next, "late", cx);
        } else if next.is_unwanted(lead) {
            skip(lead, &next, "topic_off", cx);
        } else {
            return Some(claim(lead, &next, token, cx));
        }
    }
}

fn skip(lead: &mut Lead, next: &Upcoming<'_>, reason: &str, cx: &Context<'_>) {
    let state = SendState::Skipped { reason: reason.into() };
    write_entry(lead, next, state, 0, cx);
}

fn claim(lead: &mut Lead, next: &Upcoming<'_>, token: &ClaimToken, cx: &Context<'_>) -> SendOrder {
    let settle = match next.step.class {
        Class::Nurture => limits::SETTLE_NURTURE,
        Class::Service | Class::Alert => limits::SETTLE_SERVICE,
    };
    let state = SendState::Claimed {
        token: token.clone(),
        lease_until: cx.now + limits::LEASE,
        settle_at: cx.now + settle,
    };
    let send_id = write_entry(lead, next, state, 1, cx);
    let marketing = lead.marketing_state(&next.campaign.id);
    let name = |field: &str| {
        lead.answers
            .get(field)
            .and_then(|answer| safe_name(answer.expose()))
            .map(Personal::new)
    };
    SendOrder {
        workspace: lead.workspace.clone(),
        lead: lead.id.clone(),
        send_id,
        token: token.clone(),
        campaign: next.campaign.id.clone(),
        sequence: next.sequence.id.clone(),
        step: next.step.id.clone(),
        class: next.step.class,
        basis: (next.step.class == Class::Nurture).then(|| lead.basis(next.campaign)),
        template: next.step.template.clone(),
        to: lead.email.clone(),
        locale: next.campaign.locale_or_default(Some(lead.locale)),
        asks_confirmation: marketing == Some(ConsentState::Pending) && next.step.class == Class::Service,
        names: if next.step.class == Class::Nurture {
            Names {
                first_name: name("first_name"),
                company: name("company"),
            }
        } else {
            Names::default()
        },
        notice: None,
    }
}

/// Puts the step's entry into the ledger, or moves the one that is waiting there; `tries` more attempts.
fn write_entry(lead: &mut Lead, next: &Upcoming<'_>, state: SendState, tries: u8, cx: &Context<'_>) -> SendId {
    let id = lead.id.clone();
    let enrolment = &mut lead.enrolments[next.enrolment];
    if let Some(send) = enrolment.sends.iter_mut().find(|send| send.step == next.step.id) {
        send.state = state;
        send.at = cx.now;
        send.attempts = send.attempts.saturating_add(tries);
        return send.id.clone();
    }
    let id = SendId::of(
        cx.key,
        &id,
        &enrolment.campaign,
        &enrolment.sequence,
        &next.step.id,
        enrolment.epoch,
    );
    enrolment.sends.push(Send {
        id: id.clone(),
        step: next.step.id.clone(),
        class: next.step.class,
        state,
        at: cx.now,
        attempts: tries,
        refused: 0,
    });
    id
}

/// Looks at a claim that is still open. Returns whether the lead is free for another.
///
/// Within its lease, or while SES's event may still come, nobody touches it. After that a service mail goes once
/// more; a nurture mail only if the missing event proves that the first one never left, and not at all where the
/// campaign says so. While nothing is proven it is held; after a day nobody will ever know, and it counts as unknown.
fn release_stale_claim(lead: &mut Lead, evidence: Evidence, cx: &Context<'_>) -> bool {
    let Lead { enrolments, cases, .. } = &mut *lead;
    let to_sales = cases.iter_mut().find_map(|case| {
        let over = !case.is_open();
        let mut sends = case.sends.iter_mut();
        let send = sends.find(|send| matches!(send.state, SendState::Claimed { .. }))?;
        Some((over, false, send))
    });
    let mut own = enrolments.iter_mut().filter_map(|enrolment| {
        let strict = cx
            .catalog
            .get(&enrolment.campaign)
            .is_some_and(|campaign| campaign.on_ambiguous == OnAmbiguous::Skip);
        let over = enrolment.ended.is_some();
        let mut sends = enrolment.sends.iter_mut();
        let send = sends.find(|send| matches!(send.state, SendState::Claimed { .. }))?;
        Some((over, strict, send))
    });
    let Some((over, strict, send)) = to_sales.or_else(|| own.next()) else {
        return true;
    };
    let SendState::Claimed { settle_at, .. } = &mut send.state else {
        return true;
    };
    if cx.now < *settle_at {
        return false;
    }
    let claimed_at = send.at;
    let again = !over
        && send.attempts.saturating_sub(send.refused) < limits::AMBIGUOUS_ATTEMPTS_MAX
        && match send.class {
            Class::Service | Class::Alert => true,
            Class::Nurture => !strict,
        };
    let proven = send.class != Class::Nurture || evidence.covers(claimed_at);
    if again && !proven && cx.now < claimed_at + limits::HOLD_MAX {
        *settle_at = cx.now + limits::HOLD_STEP;
        return false;
    }
    send.at = cx.now;
    send.state = match again && proven {
        true => SendState::Waiting { until: cx.now },
        false => SendState::Unknown,
    };
    true
}

pub(super) fn settle(lead: &mut Lead, id: &SendId, token: &ClaimToken, outcome: &Outcome, cx: &Context<'_>) -> Answer {
    let Some(send) = lead.send_mut(id) else {
        return Answer::Done;
    };
    let holder = match &send.state {
        SendState::Claimed { token, .. } => Some(token),
        _ => None,
    };
    match outcome {
        // SES's word. An event may have been quicker; then it is compared with what is known. A live claim of somebody
        // else is theirs to settle.
        Outcome::Accepted { message_id } if holder.is_none_or(|holder| holder == token) => {
            send.accept(message_id, cx.now);
            return Answer::Done;
        }
        _ if holder != Some(token) => return Answer::Done,
        _ => {}
    }
    let spread = spread(id);
    let wait = |times: u8| {
        let doublings = u32::from(times.saturating_sub(1)).min(16);
        SendState::Waiting {
            until: cx.now + limits::BACK_OFF_FIRST * 2_i32.pow(doublings) + spread,
        }
    };
    match outcome {
        // Stays claimed; the alarm moves to the moment it may be settled.
        Outcome::Accepted { .. } | Outcome::Ambiguous => return Answer::Done,
        Outcome::Postponed => {
            send.attempts = send.attempts.saturating_sub(1);
            send.state = wait(1);
        }
        Outcome::RefusedForNow { .. } if send.refused + 1 < limits::REFUSED_ATTEMPTS_MAX => {
            send.refused += 1;
            send.state = wait(send.refused);
        }
        Outcome::RefusedForNow { code } | Outcome::Refused { code } => {
            send.refused = send.refused.saturating_add(1);
            send.state = SendState::Failed { reason: code.clone() };
        }
    }
    send.at = cx.now;
    Answer::Done
}

/// What this mail waits beyond its back-off, so that those refused together do not come back together (R22).
pub(super) fn spread(id: &SendId) -> SignedDuration {
    let sum: u64 = id.as_str().bytes().map(u64::from).sum();
    SignedDuration::from_secs((sum % limits::BACK_OFF_SPREAD).cast_signed())
}
