//! What SES reports about a mail.

use crate::campaign::Step;
use crate::kit::ids::SendId;
use crate::kit::limits;
use crate::kit::vocabulary::{Class, ExitReason, SignalKind};
use crate::lead::consent::Method;
use crate::lead::ledger::{Feedback, FeedbackKind, Send, SendState};
use crate::lead::{Enrolment, Lead, SuppressionReason};
use crate::rules::consent::opt_out;
use crate::rules::context::Context;
use crate::rules::effect::Answer;
use crate::rules::enrolment::complete;
use crate::rules::sales;

/// Events come in any order and any number (R24): what they say of a mail is learnt first, and stops are kept.
pub(super) fn feed_back(lead: &mut Lead, feedback: &Feedback, cx: &Context<'_>) -> Answer {
    if lead.send_mut(&feedback.send_id).is_none() {
        remember(lead, feedback, cx);
    }
    let Some(send) = lead.send_mut(&feedback.send_id) else {
        // Of a life that was erased, or lost with a table: nobody can tell which mail it was, and need not to leave the address alone.
        if !feedback.to_sales {
            stop(lead, feedback.kind, cx);
        }
        return Answer::Done;
    };
    send.learn(feedback, cx.now);
    let to_sales = send.class == Class::Alert;
    complete(lead, cx); // before what the event itself ends: the last mail went, however it fared
    if to_sales {
        // What became of it says nothing about the lead; but somebody has to hear of it.
        if matches!(feedback.kind, FeedbackKind::HardBounce | FeedbackKind::Reject) {
            sales::bounced(lead, &feedback.send_id, cx);
        }
        return Answer::Done;
    }
    match feedback.kind {
        FeedbackKind::Send | FeedbackKind::Delivery | FeedbackKind::UnderWay | FeedbackKind::Reject => {}
        FeedbackKind::HardBounce | FeedbackKind::Complaint => stop(lead, feedback.kind, cx),
        FeedbackKind::SoftBounce => {
            let recent: Vec<SendId> = lead
                .sends()
                .filter(|(_, send)| cx.now.duration_since(send.at) < limits::SOFT_BOUNCE_SPAN)
                .map(|(_, send)| send.id.clone())
                .collect();
            lead.soft_bounces
                .retain(|id| recent.contains(id) && id != &feedback.send_id);
            lead.soft_bounces.push(feedback.send_id.clone());
            if lead.soft_bounces.len() >= limits::SOFT_BOUNCES_MAX {
                lead.suppress(SuppressionReason::SoftBounces, cx.now);
                lead.exit(ExitReason::Bounce, cx.catalog, cx.now);
            }
        }
        FeedbackKind::Click if feedback.at.duration_since(feedback.sent_at) >= limits::CLICK_HUMAN_AFTER => {
            lead.add_signal(SignalKind::Click, feedback.send_id.as_str(), feedback.at.min(cx.now));
        }
        FeedbackKind::Click => {}
    }
    Answer::Done
}

/// An address that does not work, or whose owner complained, is left alone.
fn stop(lead: &mut Lead, kind: FeedbackKind, cx: &Context<'_>) {
    match kind {
        FeedbackKind::HardBounce => {
            lead.suppress(SuppressionReason::Bounce, cx.now);
            lead.exit(ExitReason::Bounce, cx.catalog, cx.now);
        }
        FeedbackKind::Complaint => drop(opt_out(lead, Method::Complaint, SuppressionReason::Complaint, cx)),
        _ => {}
    }
}

/// SES knows a mail that we do not: the table was restored from a backup, and events are told again from the archive.
/// The id of every step can be derived, so the entry is written anew, and the step does not go a second time (R21).
fn remember(lead: &mut Lead, feedback: &Feedback, cx: &Context<'_>) {
    let id = lead.id.clone();
    for enrolment in lead.enrolments.iter_mut().filter(|e| e.ended.is_none()) {
        let Enrolment {
            campaign,
            sequence,
            epoch,
            sends,
            ..
        } = enrolment;
        let Some(declared) = cx
            .catalog
            .get(campaign)
            .and_then(|campaign| campaign.sequence(sequence))
        else {
            continue;
        };
        let is_it = |step: &&Step| SendId::of(cx.key, &id, campaign, sequence, &step.id, *epoch) == feedback.send_id;
        if let Some(step) = declared.steps.iter().find(is_it) {
            sends.push(Send {
                id: feedback.send_id.clone(),
                step: step.id.clone(),
                class: step.class,
                state: SendState::Waiting { until: cx.now },
                at: feedback.sent_at.min(cx.now),
                attempts: 1,
                refused: 0,
            });
            return;
        }
    }
}
