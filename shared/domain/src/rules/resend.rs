//! What SES refused for good before a refusal of the house was known as one, taken up again by an operator (R133).
//!
//! SES never took these emails, so nobody gets one twice. All rules hold as if each became due now: consent, stops, hours, and
//! how late an email may be.

use crate::kit::vocabulary::ExitReason;
use crate::lead::Lead;
use crate::lead::erasure::Known;
use crate::rules::context::Context;
use crate::rules::decide::{Decision, Input, change};

/// Takes up again what failed; says how many emails.
#[derive(Debug)]
pub struct Resend;

impl Input for Resend {
    type Outcome = usize;

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<usize> {
        change(known, cx, |lead| take_up(lead, cx))
    }
}

fn take_up(lead: &mut Lead, cx: &Context<'_>) -> usize {
    let mut taken = lead.notices.take_up(cx.now);
    for place in 0..lead.enrolments.len() {
        let (before, after) = lead.enrolments.split_at_mut(place + 1);
        let Some(enrolment) = before.last_mut() else { continue };
        let is_over = enrolment
            .ended
            .as_ref()
            .is_some_and(|ended| ended.reason != ExitReason::Completed);
        // Whoever asked again since has had the later one.
        let again = after
            .iter()
            .any(|later| (&later.campaign, &later.sequence) == (&enrolment.campaign, &enrolment.sequence));
        if is_over || again {
            continue;
        }
        let of_this = enrolment.ledger.take_up(cx.now);
        if of_this > 0 {
            enrolment.ended = None;
        }
        taken += of_this;
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lead::ledger::Outcome;
    use crate::samples::Story;

    fn refused(code: &str) -> Story {
        let mut story = Story::asked();
        let order = story.wake_person().expect("the guide");
        story.settle(&order, Outcome::Refused { code: code.into() });
        story
    }

    #[test]
    fn r133_what_failed_for_the_house_is_taken_up_once_and_leaves() {
        let mut story = refused("MessageRejected");
        assert_eq!(story.entry("guide").state_code(), "failed(MessageRejected)");
        assert_eq!(story.apply(&Resend).answer, Some(1));
        assert_eq!(story.apply(&Resend).answer, Some(0));
        assert_eq!(story.lead().due_at, Some(story.now));
        story.mail("guide");
        assert_eq!(story.entry("guide").state_code(), "sent");
        assert_eq!(story.apply(&Resend).answer, Some(0), "what left is not sent again");
    }

    #[test]
    fn r133_nothing_else_is_taken_up() {
        let mut story = refused("mail_broken");
        assert_eq!(story.apply(&Resend).answer, Some(0), "that is our own fault");
        let mut story = refused("MessageRejected");
        story.wait(crate::samples::days(2));
        story.post(&[]);
        assert_eq!(story.apply(&Resend).answer, Some(0), "asked for again since");
    }
}
