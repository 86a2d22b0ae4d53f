//! The reminder, the address nobody confirms, and the end of keeping.

use super::*;
use crate::lead::SuppressionReason;
use crate::lead::consent::Method;
use crate::lead::erasure::ErasedBy;
use crate::lead::ledger::FeedbackKind;
use crate::rules::input;
use crate::samples::{Story, TICKED, days, edited, guide, hours, other, whole};

/// The demo campaign as it is published.
fn story() -> Story {
    let mut story = Story::of([whole(&[])]);
    story.post(&[TICKED]);
    story
}

fn confirmed() -> Story {
    let mut story = story();
    story.mail("guide");
    story.confirm();
    story
}

fn steps(story: &mut Story, span: SignedDuration) -> Vec<String> {
    let until = story.now + span;
    let mut left = Vec::new();
    while let Some(due) = story
        .lead
        .as_ref()
        .and_then(|lead| lead.due_at)
        .filter(|due| *due <= until)
    {
        story.now = story.now.max(due);
        if let Some(order) = story.wake() {
            story.settle(&order, crate::samples::accepted(&order));
            left.push(order.step);
        }
    }
    story.now = until;
    left
}

// ---- the reminder ----

#[test]
fn r88_one_reminder_a_day_later_and_only_while_the_opt_in_is_pending() {
    let mut pending = story();
    let order = pending.mail("guide");
    let sent_at = pending.now;
    assert!(order.confirms.anything());
    assert_eq!(pending.lead().due_at, Some(sent_at + hours(24)));
    pending.wait(hours(24));
    let reminder = pending.wake().expect("the reminder");
    assert_eq!((reminder.step.as_str(), reminder.class), ("reminder", Class::Service));
    assert!(
        reminder.confirms.anything() && reminder.names.first_name.is_none(),
        "R90"
    );
    pending.settle(&reminder, crate::samples::accepted(&reminder));
    assert_eq!(steps(&mut pending, days(28)), Vec::<String>::new(), "one, and no more");

    let mut unticked = Story::of([whole(&[])]);
    unticked.post(&[]);
    unticked.mail("guide");
    assert_eq!(
        unticked.alarm(),
        None,
        "nothing was asked, so nothing is reminded of, and nothing is written for it"
    );
    let mut confirmed = confirmed();
    assert_eq!(confirmed.ended("guide"), Some(ExitReason::Completed));
    assert!(!steps(&mut confirmed, days(2)).contains(&"reminder".to_owned()));
    let mut left = story();
    left.mail("guide");
    left.opt_out();
    assert_eq!(steps(&mut left, days(20)), Vec::<String>::new());
}

#[test]
fn r88_the_reminder_keeps_the_limits_over_all_forms() {
    let b = Campaign {
        id: CampaignId::new("b"),
        ..whole(&[])
    };
    let mut story = Story::of([whole(&[]), b]);
    story.post(&[TICKED]);
    story.post_to("b", &[TICKED]);
    let start = story.now;
    let mut left = Vec::new();
    while let Some(due) = story
        .lead
        .as_ref()
        .and_then(|lead| lead.due_at)
        .filter(|due| *due <= start + days(29))
    {
        story.now = story.now.max(due);
        if let Some(order) = story.wake() {
            story.settle(&order, crate::samples::accepted(&order));
            left.push(story.now);
        }
    }
    assert_eq!(
        left.len(),
        3,
        "three mails in 30 days to an address that nobody confirmed: {left:?}"
    );
    assert!(
        left.windows(2).all(|pair| pair[1].duration_since(pair[0]) >= hours(24)),
        "{left:?}"
    );
}

#[test]
fn a_reminder_in_the_air_or_waiting_when_the_person_confirms_still_has_its_end() {
    let mut story = story();
    story.mail("guide");
    story.wait(hours(24));
    let order = story.wake().expect("the reminder");
    let mut waiting = story.clone();
    story.confirm();
    story.settle(&order, crate::samples::accepted(&order));
    assert_eq!(story.entry("reminder").state_code(), "sent");
    waiting.settle(
        &order,
        crate::lead::ledger::Outcome::RefusedForNow { code: "busy".into() },
    );
    waiting.confirm();
    steps(&mut waiting, days(1));
    assert!(waiting.entry("reminder").is_final(), "{:?}", waiting.ledger());
}

// ---- the address nobody confirms ----

#[test]
fn r64_a_pending_lead_that_nobody_confirms_is_erased_after_thirty_days_with_its_proof() {
    let mut story = story();
    let posted = story.now;
    steps(&mut story, days(29));
    assert!(story.lead.is_some());
    steps(&mut story, days(1));
    let tombstone = story.tombstone.clone().expect("erased");
    assert_eq!(
        (tombstone.erased_at, tombstone.by),
        (posted + days(30), ErasedBy::Retention)
    );
    assert_eq!(tombstone.suppression, None, "nobody said no");
}

#[test]
fn r64_what_shows_that_it_is_theirs_keeps_a_lead() {
    let keeps = |change: fn(&mut Story)| {
        let mut story = story();
        story.mail("guide");
        change(&mut story);
        steps(&mut story, days(40));
        story.lead.is_some()
    };
    assert!(!keeps(|_| {}));
    assert!(keeps(|story| assert_eq!(
        story.confirm(),
        crate::rules::consent::Confirmed::Done
    )));
    assert!(keeps(|story| drop(story.opt_out())), "a no is kept with its lead");
    assert!(
        keeps(|story| {
            story.step_to(Stage::Sql);
        }),
        "sales have spoken to them"
    );
    assert!(keeps(|story| drop(story.apply(&input::Stay))));
    assert!(keeps(|story| {
        let sent = story.entry("guide").id.clone();
        story.wait(hours(1)).report(&sent, FeedbackKind::Click);
    }));
    // Who only wanted the guide asked for no confirmation.
    let mut unticked = Story::of([whole(&[])]);
    unticked.post(&[]);
    unticked.mail("guide");
    steps(&mut unticked, days(400));
    assert!(unticked.lead.is_some());
    // Whoever says anything besides is kept, and the consent lapses.
    let mut again = story();
    let asked = again.now;
    again.mail("guide");
    again.wait(days(20)).post(&[TICKED, ("company", "Exemple")]);
    let next = next(again.lead(), &again.catalog).expect("a lapse");
    assert_eq!((next.at, next.what.erases()), (asked + days(30), false));
    steps(&mut again, days(400));
    let states: Vec<_> = again.lead().consents.iter().map(|consent| consent.state).collect();
    assert_eq!(states, [ConsentState::Lapsed; 2]);
    // So is whoever only signed up, and signed up again: until 30 days after the last time.
    let mut twice = story();
    twice.mail("guide");
    twice.wait(days(20)).post(&[TICKED]);
    steps(&mut twice, days(29));
    assert!(twice.lead.is_some());
    steps(&mut twice, days(2));
    assert!(twice.lead.is_none());
}

// ---- the end of keeping ----

#[test]
fn r65_the_clock_runs_from_the_last_contact_by_the_person_and_an_open_is_none() {
    let mut story = confirmed();
    let confirmed_at = story.now;
    assert_eq!(story.lead().last_contact(), confirmed_at);
    let unmoved = |story: &Story, at: Timestamp, what: &str| assert_eq!(story.lead().last_contact(), at, "{what}");
    steps(&mut story, days(20));
    unmoved(&story, confirmed_at, "mails sent to them");
    let sent = story.entry("day-14").id.clone();
    for kind in [FeedbackKind::Delivery, FeedbackKind::SoftBounce, FeedbackKind::UnderWay] {
        story.report(&sent, kind);
        unmoved(&story, confirmed_at, "what SES reports, opens among it");
    }
    story.step_to(Stage::Mql);
    unmoved(&story, confirmed_at, "what the house does");
    let mut at = |change: &dyn Fn(&mut Story), what: &str| {
        story.wait(days(2));
        change(&mut story);
        assert_eq!(story.lead().last_contact(), story.now, "{what}");
    };
    at(&|s| drop(s.report(&sent, FeedbackKind::Click)), "a confirmed click");
    at(&|s| drop(s.apply(&input::Stay)), "a wish to stay");
    at(&|s| drop(s.post(&[("company", "Exemple")])), "a post");
}

#[test]
fn r65_one_question_before_the_end_then_erasure() {
    let mut story = confirmed();
    let contact = story.now;
    steps(&mut story, days(30));
    let end = whole(&[]).retention.add_to(contact, &whole(&[]).time_zone());
    assert_eq!(
        next(story.lead(), &story.catalog),
        Some(Next {
            at: end - days(30),
            what: What::Ask(guide())
        })
    );
    let left = end.duration_since(story.now) - days(1);
    let asked = steps(&mut story, left);
    assert_eq!(asked, ["still-there", "stay"], "one question");
    assert!(story.lead.is_some());
    steps(&mut story, days(2));
    let tombstone = story.tombstone.clone().expect("erased");
    assert_eq!((tombstone.erased_at, tombstone.by), (end, ErasedBy::Retention));
}

#[test]
fn r65_who_answers_stays_and_is_asked_again_only_years_later() {
    let mut story = confirmed();
    let asked = steps(&mut story, days(3 * 365 - 20));
    assert_eq!(asked.last().map(String::as_str), Some("stay"));
    story.apply(&input::Stay);
    let stayed = story.now;
    assert_eq!(steps(&mut story, days(2 * 365)), Vec::<String>::new());
    assert!(story.lead.is_some());
    assert_eq!(steps(&mut story, days(365)), ["stay"], "asked anew");
    assert!(story.tombstone.is_some() && story.now > stayed);
    // Answered before the mail could leave: it does not leave.
    let mut early = confirmed();
    steps(&mut early, days(30));
    early.now = next(early.lead(), &early.catalog).expect("the question").at;
    let order = early.wake();
    if order.is_none() {
        early.apply(&input::Stay);
        early.wait(hours(1)).apply(&input::Stay);
        assert!(!steps(&mut early, days(20)).contains(&"stay".to_owned()));
    }
}

#[test]
fn r65_who_may_not_be_asked_is_erased_without_a_question_and_the_no_stays() {
    let mut story = confirmed();
    steps(&mut story, days(20));
    story.opt_out();
    assert_eq!(steps(&mut story, days(4 * 365)), Vec::<String>::new());
    let tombstone = story.tombstone.clone().expect("erased");
    assert_eq!(
        tombstone.suppression.map(|s| s.reason),
        Some(SuppressionReason::Unsubscribe)
    );
    // A campaign that asks nothing just erases.
    let mut silent = Story::of([edited(&[])]);
    silent.post(&[]);
    silent.mail("guide");
    assert_eq!(steps(&mut silent, days(3 * 365 + 1)), Vec::<String>::new());
    assert!(silent.tombstone.is_some());
}

#[test]
fn r65_asked_late_the_person_still_has_their_time_to_answer() {
    let mut story = confirmed();
    steps(&mut story, days(20));
    story.wait(days(5 * 365)); // an outage, or a lead older than the rule
    let asked_at = story.now;
    let left = steps(&mut story, days(10));
    assert_eq!(left, ["stay"]);
    steps(&mut story, days(15));
    assert!(story.lead.is_some());
    steps(&mut story, days(20));
    assert!(
        story
            .tombstone
            .as_ref()
            .is_some_and(|t| t.erased_at >= asked_at + days(30))
    );
}

#[test]
fn r65_a_customer_and_a_lead_of_a_campaign_not_at_hand_stay() {
    let mut story = confirmed();
    story.step_to(Stage::Sql);
    story.step_to(Stage::Customer);
    assert_eq!(next(story.lead(), &story.catalog), None, "a contract keeps them");
    let mut two = Story::of([whole(&[]), other("b")]);
    two.post(&[]);
    two.post_to("b", &[]);
    two.catalog = crate::samples::catalog([whole(&[])]);
    assert_eq!(next(two.lead(), &two.catalog), None);
    // The longer of two campaigns counts.
    let long = Campaign {
        id: CampaignId::new("b"),
        ..edited(&[("retention = \"P3Y\"", "retention = \"P5Y\"")])
    };
    let mut two = Story::of([edited(&[]), long.clone()]);
    two.post(&[]);
    two.post_to("b", &[]);
    let end = long.retention.add_to(two.now, &long.time_zone());
    assert_eq!(
        next(two.lead(), &two.catalog).map(|next| (next.at, next.what)),
        Some((end, What::Kept))
    );
}

#[test]
fn r65_each_purpose_has_a_clock_of_its_own() {
    let tracking = "[[form.fields]]\nname = \"track\"\ntype = \"consent\"\npurpose = \"tracking\"\nversion = \"1\"\nretention = \"P6M\"\nlabel = { fr = \"t\", en = \"t\" }\n\n[scoring]\n";
    let mut story = Story::of([edited(&[("[scoring]\n", tracking)])]);
    story.post(&[TICKED, ("track", "on")]);
    story.mail("guide");
    story.confirm();
    steps(&mut story, days(170));
    let state = |story: &Story, purpose| story.lead().consent(purpose, &guide()).map(|c| (c.state, c.method));
    assert_eq!(
        state(&story, Purpose::Tracking),
        Some((ConsentState::Given, Method::DoubleOptIn))
    );
    steps(&mut story, days(20));
    assert_eq!(
        state(&story, Purpose::Tracking),
        Some((ConsentState::Withdrawn, Method::Retention))
    );
    assert_eq!(
        state(&story, Purpose::Marketing).map(|(state, _)| state),
        Some(ConsentState::Given)
    );
    assert_eq!(story.lead().suppression, None, "an end is no objection");
}
