//! A person wants to see what is held about them: a mail with a short-lived link goes to the address itself, and to
//! nobody who only knows it (R66). It is a mail like any other: planned, claimed, sent and recorded in the ledger.

use crate::campaign::Campaign;
use crate::campaign::data_request::{SEQUENCE, sequence};
use crate::kit::limits::{DATA_GAP, DATA_MAX, SERVICE_MAX, SERVICE_SPAN};
use crate::lead::Lead;
use crate::rules::context::Context;
use crate::rules::enrolment::{begin, served};

/// Lets the mail go, unless one just went or three went within 30 days: anybody may ask for any address (R88), also for one
/// that its owner confirmed. While nobody has, it counts among all that is sent unasked.
pub(super) fn ask(lead: &mut Lead, campaign: &Campaign, cx: &Context<'_>) {
    let lately = |at: &jiff::Timestamp| cx.now.duration_since(*at) < SERVICE_SPAN;
    let asked = || lead.enrolments.iter().filter(|e| e.sequence == SEQUENCE);
    let asked_before = asked().any(|e| e.ended.is_none() || cx.now.duration_since(e.started_at) < DATA_GAP)
        || asked().filter(|e| lately(&e.started_at)).count() >= DATA_MAX;
    let enough = !lead.is_confirmed() && served(lead, cx).into_iter().filter(lately).count() >= SERVICE_MAX;
    if !asked_before && !enough {
        begin(lead, campaign, sequence(), 0, cx);
    }
}

#[cfg(test)]
mod tests {
    use crate::kit::ids::CampaignId;
    use crate::lead::ledger::FeedbackKind;
    use crate::rules::input;
    use crate::samples::{Story, days, hours};

    fn asked(story: &mut Story) -> usize {
        story.apply(&input::AskForData(CampaignId::new("guide-seo")));
        let mut left = 0;
        while story.lead().due_at.is_some_and(|due| due <= story.now) {
            let Some(order) = story.wake() else { break };
            left += usize::from(order.sequence == super::SEQUENCE);
            story.settle(&order, crate::samples::accepted(&order));
        }
        left
    }

    #[test]
    fn r66_the_link_goes_at_once_and_not_again_within_a_day() {
        let mut story = Story::confirmed();
        assert_eq!(asked(&mut story), 1);
        assert_eq!(asked(&mut story), 0);
        story.wait(hours(23));
        assert_eq!(asked(&mut story), 0);
        story.wait(hours(2));
        assert_eq!(asked(&mut story), 1);
        let epochs: Vec<_> = story
            .lead()
            .enrolments
            .iter()
            .filter(|e| e.sequence == super::SEQUENCE)
            .collect();
        assert_eq!(epochs.len(), 2);
        assert_ne!(epochs[0].ledger[0].id, epochs[1].ledger[0].id);
    }

    #[test]
    fn r88_a_stranger_has_three_mails_in_thirty_days_sent_to_a_confirmed_person() {
        let mut story = Story::confirmed();
        let mut links = 0;
        for _ in 0..29 {
            links += asked(&mut story);
            story.wait(days(1));
        }
        assert_eq!(links, 3);
        story.wait(days(2));
        assert_eq!(asked(&mut story), 1);
    }

    #[test]
    fn r88_an_address_that_nobody_confirmed_gets_three_mails_in_thirty_days_in_all() {
        let mut story = Story::new();
        story.post(&[]);
        story.mail("guide");
        let mut links = 0;
        for _ in 0..10 {
            story.wait(days(2));
            links += asked(&mut story);
        }
        assert_eq!(links, 2, "with the guide it is three");
        story.wait(days(31));
        assert_eq!(asked(&mut story), 1);
    }

    #[test]
    fn r42_who_left_still_gets_what_they_ask_for_and_a_dead_address_nothing() {
        let mut story = Story::confirmed();
        story.opt_out();
        assert_eq!(asked(&mut story), 1);
        let mut story = Story::asked();
        let guide = story.wake().expect("the guide");
        story.settle(&guide, crate::samples::accepted(&guide));
        story.report(&guide.send_id, FeedbackKind::HardBounce);
        assert_eq!(asked(&mut story), 0);
    }
}
