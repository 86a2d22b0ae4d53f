//! Erasing, and what may still happen to somebody who was erased.

use super::{Answer, Context, Decision, Input, capture_new, unchanged};
use crate::lead::erasure::{Certificate, ErasedBy, Tombstone};
use crate::lead::ledger::FeedbackKind;
use crate::lead::{Lead, SuppressionReason};
use jiff::Timestamp;

/// Puts the tombstone in the lead's place. A mail in the air is on its way and cannot be called back.
pub(super) fn erase(lead: &Lead, by: ErasedBy, cx: &Context<'_>) -> Decision {
    let mut tombstone = Tombstone::of(lead, by, cx.now);
    // What an earlier erasure left to clean is older than this one.
    tombstone.due_at = Some(cx.now);
    Decision {
        certificate: Some(Certificate::of(&tombstone, Some(lead))),
        tombstone: Some(tombstone),
        ..unchanged(Answer::Done)
    }
}

/// Somebody who was erased: a post starts clean, a stop is remembered, everything else finds nobody.
pub(super) fn decide(known: &Tombstone, input: &Input, cx: &Context<'_>) -> Decision {
    let mut tombstone = known.clone();
    let mut answer = Answer::Done;
    let mut certificate = None;
    match input {
        Input::Capture(campaign, submission) => return capture_new(campaign, submission, Some(known), cx),
        Input::OptOut(_) => tombstone.suppress(SuppressionReason::Unsubscribe, cx.now),
        // Another system remembers them: its no is one. Nothing it says brings them back: that takes a post of theirs.
        Input::Signal(report) if report.is_opt_out() => tombstone.suppress(SuppressionReason::Unsubscribe, cx.now),
        // About a mail that left before: we cannot tell which any more, and need not to leave this address alone.
        Input::Feedback(feedback) if feedback.to_sales => {}
        Input::Feedback(feedback) => match feedback.kind {
            FeedbackKind::HardBounce => tombstone.suppress(SuppressionReason::Bounce, cx.now),
            FeedbackKind::Complaint => tombstone.suppress(SuppressionReason::Complaint, cx.now),
            _ => {}
        },
        Input::Erase(_) => certificate = Some(Certificate::of(known, None)),
        Input::Cleaned(until) if *until >= known.erased_at => tombstone.due_at = None,
        Input::Cleaned(_) | Input::Settle(..) | Input::Wake { .. } => {}
        _ => answer = Answer::NoLead,
    }
    let changed = tombstone != *known;
    tombstone.version += u64::from(changed);
    Decision {
        tombstone: Some(tombstone).filter(|_| changed),
        certificate,
        ..unchanged(answer)
    }
}

pub(super) fn cleaned(lead: &mut Lead, until: Timestamp) -> Answer {
    if let Some(past) = &mut lead.past {
        past.uncleaned = past.uncleaned.filter(|left| *left > until);
    }
    Answer::Done
}
