//! What other systems tell of somebody nobody knows yet: a meeting that is booked before the form is posted, a visit.
//!
//! It makes no lead. It is kept beside the place where the lead would be, under the keyed id of the address, for
//! [`EARLY_KEPT`](crate::kit::limits::EARLY_KEPT), and taken when the person comes: by the sweep, which every new lead waits
//! for, and not by the post, which has its one request.

use std::sync::Arc;

use jiff::SignedDuration;

use crate::kit::vocabulary::SignalKind;
use crate::lead::consent::{Consent, ConsentState, Method};
use crate::lead::signal::{self, Signal};
use crate::lead::{Lead, SuppressionReason};
use crate::rules::context::Context;
use crate::rules::signals::{self, Report, Reported};

/// Takes what was told before, oldest first, each as of its own moment.
pub(super) fn take(lead: &mut Lead, reports: &[Report], cx: &Context<'_>) {
    lead.unmet = false;
    let mut reports: Vec<&Report> = reports.iter().collect();
    reports.sort_by_key(|report| report.at);
    for report in reports {
        match &report.what {
            Reported::Signal(SignalKind::Unsubscribe, _) => opt_out(lead, report),
            _ => {
                signals::take(lead, report, cx);
            }
        }
    }
}

/// A no of before they came holds until they say yes; what they asked for since is theirs to confirm.
fn opt_out(lead: &mut Lead, report: &Report) {
    let at = report.at.min(lead.captured_at - SignedDuration::from_secs(1));
    let signal = Signal {
        kind: SignalKind::Unsubscribe,
        at,
        of: String::new(),
        id: Some(report.id.clone()),
        source: Some(report.source.clone()),
    };
    if signal::add(&mut lead.signals, signal) {
        lead.suppress(SuppressionReason::Unsubscribe, at);
        // What somebody else says they agreed to does not outweigh their own no.
        let heard = |consent: &&mut Consent| consent.state == ConsentState::Given && consent.evidence.is_some();
        for consent in Arc::make_mut(&mut lead.consents).iter_mut().filter(heard) {
            consent.move_to(ConsentState::Withdrawn, Method::Operator, lead.captured_at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::personal::Personal;
    use crate::kit::vocabulary::{Class, Purpose};
    use crate::lead::consent::ConsentState;
    use crate::lead::erasure::ErasedBy;
    use crate::lead::signal::ReportId;
    use crate::lead::stage::Stage;
    use crate::rules::input;
    use crate::rules::qualification::HeardConsent;
    use crate::samples::{Story, TICKED, by_sales, days, demo, guide, hours, key, submission};

    fn told(story: &Story, id: &str, kind: SignalKind) -> Report {
        Report {
            id: ReportId::of(&key(), "main/cal", id),
            source: "cal".into(),
            at: story.now,
            what: Reported::Signal(kind, String::new()),
            cents: None,
        }
    }

    #[test]
    fn what_was_told_before_counts_once_as_of_its_own_moment() {
        let mut story = Story::new();
        let reports = vec![
            told(&story, "1", SignalKind::Meeting),
            told(&story, "2", SignalKind::Won),
        ];
        let at = story.now;
        story.wait(days(3)).post(&[TICKED]);
        assert!(story.lead().unmet && story.lead().due_at.is_some_and(|due| due <= story.now));
        story.apply(&input::Early(reports.clone()));
        let lead = story.lead().clone();
        assert!(!lead.unmet);
        assert_eq!(lead.stage, Stage::Customer);
        let meeting = lead.signals.iter().find(|signal| signal.kind == SignalKind::Meeting);
        assert_eq!(meeting.map(|signal| signal.at), Some(at));
        assert!(story.apply(&input::Early(reports)).record.is_none(), "once");
    }

    #[test]
    fn a_no_of_before_they_came_holds_until_they_say_yes() {
        let mut story = Story::new();
        // Even told in the second of the post.
        let no = vec![told(&story, "1", SignalKind::Unsubscribe)];
        story.post(&[TICKED]);
        story.apply(&input::Early(no));
        assert!(story.lead().suppression.is_some());
        assert_eq!(story.lead().marketing_state(&guide()), Some(ConsentState::Pending));
        story.wait(hours(1)).confirm();
        assert_eq!(story.lead().marketing_state(&guide()), Some(ConsentState::Given));
    }

    /// R69: what a list or an operator says they agreed to does not lift it either.
    #[test]
    fn r69_a_consent_that_others_heard_does_not_outweigh_a_no_of_before() {
        let mut story = Story::new();
        let no = vec![told(&story, "1", SignalKind::Unsubscribe)];
        story.wait(hours(1));
        let consent = HeardConsent {
            purpose: Purpose::Marketing,
            method: Personal::new("card"),
            evidence: Personal::new("card 7"),
            at: story.now,
        };
        let entry = input::Entry {
            campaign: guide(),
            submission: submission(&demo(), &[]),
            consent: Some(consent),
            by: by_sales(),
        };
        story.apply(&input::Enter(entry));
        assert_eq!(story.lead().marketing_state(&guide()), Some(ConsentState::Given));
        story.apply(&input::Early(no));
        assert_eq!(story.lead().marketing_state(&guide()), Some(ConsentState::Withdrawn));
        assert!(story.lead().refusal(Class::Nurture, &demo()).is_some());
    }

    #[test]
    fn nobody_is_made_or_brought_back_by_it() {
        let mut story = Story::new();
        let early = input::Early(vec![told(&story, "1", SignalKind::Visit)]);
        assert!(story.apply(&early).record.is_none());
        story.post(&[]);
        story.apply(&input::Erase(ErasedBy::Person));
        let decision = story.apply(&early);
        assert!(decision.record.is_none() && decision.answer.is_none());
    }
}
