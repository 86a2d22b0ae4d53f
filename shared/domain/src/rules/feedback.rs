//! What SES reports about an email.

use crate::kit::ids::SendId;
use crate::kit::limits;
use crate::kit::vocabulary::{Class, SignalKind};
use crate::lead::consent::Method;
use crate::lead::ledger::{Feedback, FeedbackKind};
use crate::lead::{Lead, SuppressionReason};
use crate::rules::consent::opt_out;
use crate::rules::context::Context;
use crate::rules::enrolment::{complete, due_mail, end_soft_pause, shift};
use crate::rules::sales;

/// Events come in any order and any number (R24): what they say of an email is learnt first, and stops are kept.
pub(super) fn take(lead: &mut Lead, feedback: &Feedback, cx: &Context<'_>) {
    if lead.entry_mut(&feedback.send_id).is_none() {
        recover(lead, feedback, cx);
    }
    let Some(entry) = lead.entry_mut(&feedback.send_id) else {
        // Of a life that was erased, or lost with a table. Nobody can tell which email it was; its address is left alone all the same.
        if let Some(reason) = stop_reason(feedback.kind).filter(|_| !feedback.to_sales) {
            stop(lead, reason, cx);
        }
        return;
    };
    entry.learn(feedback, cx.now);
    let to_sales = entry.class == Class::Alert;
    complete(lead, cx); // before what the event itself ends: the last email went, whatever became of it
    if to_sales {
        // What became of it says nothing about the lead; but somebody must be alerted.
        if matches!(feedback.kind, FeedbackKind::HardBounce | FeedbackKind::Reject) {
            sales::bounced(lead, &feedback.send_id, cx);
        }
        return;
    }
    if let Some(reason) = stop_reason(feedback.kind) {
        stop(lead, reason, cx);
    }
    match feedback.kind {
        FeedbackKind::SoftBounce => {
            let recent: Vec<SendId> = lead
                .ledger()
                .filter(|(_, entry)| cx.now.duration_since(entry.at()) < limits::SOFT_BOUNCE_SPAN)
                .map(|(_, entry)| entry.id.clone())
                .collect();
            lead.soft_bounces
                .retain(|id| recent.contains(id) && id != &feedback.send_id);
            lead.soft_bounces.push(feedback.send_id.clone());
            if lead.soft_bounces.len() >= limits::SOFT_BOUNCES_MAX {
                // The mailbox is left alone for a while, and what is left of the marketing follows then.
                lead.soft_bounces.clear();
                lead.soft_pauses = lead.soft_pauses.saturating_add(1);
                let until = cx.now + limits::soft_pause(lead.soft_pauses);
                let before = lead.soft_until.unwrap_or(cx.now).max(cx.now);
                lead.soft_until = Some(until);
                shift(lead, until.duration_since(before), cx);
            }
        }
        FeedbackKind::Delivery => {
            // What bounced before does not count any more; of this very email both may be told, in any order.
            lead.soft_bounces.retain(|id| id == &feedback.send_id);
            end_soft_pause(lead, cx);
        }
        FeedbackKind::Click if feedback.at.duration_since(feedback.sent_at) >= limits::CLICK_HUMAN_AFTER => {
            lead.add_signal(SignalKind::Click, feedback.send_id.as_str(), feedback.at.min(cx.now));
        }
        _ => {}
    }
}

/// Why the address of an email is to be left alone from now on: it does not work, or its owner complained.
pub(super) fn stop_reason(kind: FeedbackKind) -> Option<SuppressionReason> {
    match kind {
        FeedbackKind::HardBounce => Some(SuppressionReason::Bounce),
        FeedbackKind::Complaint => Some(SuppressionReason::Complaint),
        _ => None,
    }
}

/// Leaves an address alone.
fn stop(lead: &mut Lead, reason: SuppressionReason, cx: &Context<'_>) {
    match reason {
        SuppressionReason::Complaint => opt_out(lead, Method::Complaint, reason, cx),
        _ => {
            lead.suppress(reason, cx.now);
            lead.exit(reason.exit(), cx.catalog, cx.now);
        }
    }
}

/// SES knows an email that we do not: the table was restored from a backup, and events are told again from the archive.
/// The id of every step can be derived, so the entry is written anew, and the step does not go a second time (R21).
fn recover(lead: &mut Lead, feedback: &Feedback, cx: &Context<'_>) {
    for enrolment in lead.enrolments.iter_mut().filter(|e| e.ended.is_none()) {
        let campaign = cx.catalog.get(&enrolment.campaign);
        let Some(sequence) = campaign.and_then(|campaign| campaign.sequence(&enrolment.sequence)) else {
            continue;
        };
        let mut mails = sequence
            .steps
            .iter()
            .map(|step| due_mail(&lead.id, enrolment, step, cx));
        if let Some(mail) = mails.find(|mail| mail.id == feedback.send_id) {
            enrolment.ledger.recover(mail, feedback, cx.now);
            return;
        }
    }
}
