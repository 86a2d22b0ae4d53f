//! The rules one by one. Each story also keeps the laws of `samples`.

mod rights;
mod walk;

use super::*;
use crate::lead::Touch;
use crate::lead::ledger::back_off_spread;
use crate::samples::{
    HOT, Story, TICKED, accepted, at, by_sales, days, demo, edited, guide, hours, interest, key, other, submission,
};

/// Every event arrives.
const TRUSTING: Terms = Terms {
    paused: false,
    evidence: Evidence::Complete,
    senders: Senders::WELL,
};
use crate::campaign::Campaign;
use crate::kit::ids::CampaignId;
use crate::kit::ids::ClaimToken;
use crate::kit::ids::LeadId;
use crate::kit::ids::WorkspaceId;
use crate::kit::limits;
use crate::kit::locale::Locale;
use crate::kit::personal::Personal;
use crate::kit::vocabulary::Class;
use crate::kit::vocabulary::ExitReason;
use crate::kit::vocabulary::HouseRefusal;
use crate::kit::vocabulary::SignalKind;
use crate::lead::SuppressionReason;
use crate::lead::consent::ConsentState;
use crate::lead::consent::Method;
use crate::lead::ledger::EntryState;
use crate::lead::ledger::Feedback;
use crate::lead::ledger::FeedbackKind;
use crate::lead::ledger::Outcome;
use crate::lead::ledger::Party;
use crate::lead::stage::Mover;
use crate::lead::stage::Stage;
use crate::rules::consent::Confirmed;
use crate::rules::input;
use crate::rules::plan;
use crate::rules::sales::SalesAction;
use crate::rules::sending::Evidence;
use crate::rules::sending::{Gate, Senders, Sending, Terms};
use crate::rules::stages::Moved;
use jiff::SignedDuration;
use jiff::Timestamp;
use std::sync::Arc;

fn mins(n: i64) -> SignedDuration {
    SignedDuration::from_mins(n)
}

fn hot() -> Vec<(&'static str, &'static str)> {
    HOT.to_vec()
}

// ---- the demo campaign, as design.md section 6 fixes it ----

#[test]
fn a_hot_lead_is_an_mql_at_once_and_an_email_alone_is_not() {
    let check = |fields: &[(&str, &str)], expected| {
        let mut story = Story::new();
        story.post(fields);
        assert_eq!(story.lead().stage, expected, "{fields:?}");
    };
    check(&HOT, Stage::Mql);
    check(&[], Stage::Lead);
    check(&[TICKED], Stage::Lead);
    check(&HOT[..1], Stage::Lead);
    check(&HOT[..2], Stage::Lead); // 45 of 50 points
    check(&HOT[..3], Stage::Mql);
    check(&[HOT[0], ("budget", "14999.99"), HOT[2]], Stage::Mql);
    check(&[HOT[0], ("budget", "4999"), HOT[2]], Stage::Lead);
    check(&[HOT[0], HOT[1], ("timing", "later"), HOT[3]], Stage::Lead);
}

#[test]
fn a_post_from_the_demo_form_has_one_guide_due_at_once_and_nothing_else() {
    let mut story = Story::new();
    let decision = story.post(&HOT);
    assert!(decision.wakes(), "the sender is woken without waiting for the minute");
    assert!(decision.mail().is_none(), "no mail leaves before the visitor's answer");
    let lead = story.lead();
    assert_eq!((lead.version, lead.due_at), (1, Some(story.now)));
    assert_eq!(lead.enrolments.len(), 1);
    assert_eq!(
        (lead.consents.len(), lead.signals.len(), lead.words.enquiries().len()),
        (0, 1, 1)
    );
    assert_eq!(
        (
            lead.words.enquiries()[0].version.as_str(),
            lead.words.enquiries()[0].touch.get("source")
        ),
        ("0a1b2c3d", Some("news"))
    );
    assert_eq!(
        lead.id,
        LeadId::of(
            &key(),
            &WorkspaceId::new("main"),
            lead.email.as_ref().expect("an address")
        )
    );
}

#[test]
fn without_a_lead_only_a_post_does_anything() {
    let token = ClaimToken::new("t");
    let feedback = Feedback {
        send_id: SendId::new("s"),
        message_id: "m".into(),
        sent_at: Timestamp::UNIX_EPOCH,
        at: Timestamp::UNIX_EPOCH,
        kind: FeedbackKind::Complaint,
        to_sales: false,
    };
    #[track_caller]
    fn check(input: &(impl Input + 'static)) {
        let decision = Story::new().apply(input);
        assert!(decision.answer.is_none() && decision.record.is_none() && decision.effects.is_empty());
    }
    check(&input::Confirm(guide(), None));
    check(&input::OptOut(Method::OneClick));
    check(&input::Move(input::ManualMove::new(Stage::Sql, "x")));
    check(&input::Sales(SalesAction::Accept, by_sales(), None));
    check(&input::Lift("x".into()));
    check(&input::Erase(ErasedBy::Person));
    check(&input::Wake {
        token: token.clone(),
        terms: TRUSTING,
    });
    check(&input::Settle(SendId::new("s"), token, Outcome::Ambiguous));
    check(&input::Feedback(feedback));
    check(&input::Capture(CampaignId::new("gone"), submission(&demo(), &[])));
}

// ---- capture ----

#[test]
fn r15_the_same_post_twice_changes_nothing() {
    let fields = [hot(), vec![TICKED]].concat();
    let mut story = Story::new();
    story.post(&fields);
    for wait in [0, 1, 8] {
        story.wait(mins(wait));
        assert!(story.post(&fields).record.is_none(), "+{wait} min");
    }
    story.mail("guide");
    assert!(
        story.wake().is_none_or(|order| order.class == Class::Alert),
        "one guide"
    );
}

#[test]
fn a_later_answer_replaces_silence_erases_nothing_and_the_first_touch_stays() {
    let mut story = Story::new();
    story.post(&HOT);
    let first = story.lead().words.enquiries()[0].clone();
    story.wait(hours(2));
    let campaign = demo();
    let mut second = submission(
        &campaign,
        &[("budget", "20 000 €"), ("need", "  "), ("company", "Exemple")],
    );
    second.locale = Locale::En;
    second.touch = Touch::default();
    story.apply(&input::Capture(guide(), second));
    let lead = story.lead();
    let answer = |name| lead.words.answer(name);
    assert_eq!(
        (answer("budget"), answer("need"), answer("company")),
        (Some("20000"), Some("Plus de devis"), Some("Exemple"))
    );
    assert_eq!(
        (
            lead.words.enquiries().len(),
            &lead.words.enquiries()[0],
            lead.words.language()
        ),
        (2, &first, Locale::En)
    );
    assert_eq!(lead.captured_at, first.at);
}

#[test]
fn a_post_never_moves_a_stage_back_nor_lifts_a_stop() {
    let mut story = Story::confirmed();
    story.step_to(Stage::Sql);
    let guide_mail = story.entry("guide").id.clone();
    story.report(&guide_mail, FeedbackKind::Complaint);
    story.wait(days(3)).post(&[TICKED]);
    assert_eq!(story.lead().stage, Stage::Sql);
    assert_eq!(
        story.lead().suppression.map(|s| s.reason),
        Some(SuppressionReason::Complaint)
    );
    assert!(
        story.wake_person().is_none(),
        "I18: not even the guide after a complaint"
    );
    assert_eq!(story.ledger(), ["guide sent", "guide skipped(complaint)"]);
}

#[test]
fn r62_an_unticked_box_gives_nothing_and_takes_nothing_back() {
    let mut story = Story::new();
    story.post(&[]);
    assert_eq!(
        (story.marketing(), story.confirm()),
        (None, Confirmed::Done),
        "the post is theirs, and no more"
    );

    let mut story = Story::confirmed();
    story.wait(days(2)).post(&[("company", "Exemple")]);
    assert_eq!(story.marketing(), Some(ConsentState::Given));
}

#[test]
fn a_box_ticked_again_asks_anew_only_after_a_no() {
    let mut story = Story::asked();
    story.wait(days(2)).post(&[TICKED]);
    assert_eq!(
        (story.marketing(), story.lead().consents.len()),
        (Some(ConsentState::Pending), 2),
        "each request stands for itself"
    );
    story.confirm();
    let states: Vec<_> = story.lead().consents.iter().map(|consent| consent.state).collect();
    assert_eq!(
        states,
        [ConsentState::Pending, ConsentState::Given],
        "R64: its own and no other"
    );
    story.wait(days(2)).post(&[TICKED]);
    assert_eq!(
        (story.marketing(), story.lead().consents.len()),
        (Some(ConsentState::Given), 2),
        "a yes is not asked again"
    );
    story.opt_out();
    story.wait(mins(1)).post(&[TICKED]);
    assert_eq!(
        (story.marketing(), story.lead().consents.len()),
        (Some(ConsentState::Pending), 3)
    );
    assert!(
        story.lead().suppression.is_some(),
        "R69: a tick is anybody's; only the button lifts a no"
    );
    story.confirm();
    assert_eq!(story.marketing(), Some(ConsentState::Given));
    assert_eq!(story.lead().refusal(Class::Nurture, &demo()), None, "and it does");
}

#[test]
fn the_form_of_an_unknown_campaign_changes_nothing() {
    let mut story = Story::asked();
    let decision = story.apply(&input::Capture(CampaignId::new("gone"), submission(&demo(), &HOT)));
    assert!(decision.record.is_none() && decision.answer.is_none());
}

#[test]
fn r88_the_guide_goes_once_a_day_and_three_times_a_month_whoever_posts() {
    let mut story = Story::new();
    let mut sent = Vec::new();
    for hour in (0..40 * 24).step_by(6) {
        story.now = at("2026-03-02T09:00:00Z") + hours(hour);
        story.post(&[("company", if hour % 12 == 0 { "A" } else { "B" })]);
        if let Some(order) = story.wake() {
            story.settle(&order, accepted(&order));
            sent.push(hour);
        }
    }
    let month = 30 * 24;
    assert_eq!(
        sent,
        [0, 6, 12, month, month + 6, month + 12],
        "at once while the three last"
    );
    assert_eq!(story.lead().words.enquiries().len(), limits::ENQUIRIES_MAX);
    assert_eq!(story.lead().words.enquiries()[0].at, at("2026-03-02T09:00:00Z"));
    assert_eq!(story.lead().words.latest().map(|c| c.at), Some(story.now));
}

#[test]
fn r88_the_cap_holds_over_all_forms_of_the_workspace() {
    let mut story = Story::of([demo(), other("b"), other("c"), other("d")]);
    for form in ["guide-seo", "b", "c", "d"] {
        story.post_to(form, &[TICKED]); // before anything left
    }
    assert_eq!(
        story.run(story.now + hours(23)).len(),
        1,
        "I16: one mail to an address nobody confirmed"
    );

    // Its owner has every promised guide at once.
    story.confirm();
    assert_eq!(story.run(story.now + mins(1)).len(), 3);
}

#[test]
fn r88_what_several_forms_promised_an_unconfirmed_address_goes_in_the_end() {
    let mut story = Story::of([demo(), other("b"), other("c"), other("d")]);
    for form in ["guide-seo", "b", "c", "d"] {
        story.post_to(form, &[]);
    }
    let start = story.now;
    let sent = [1, 24, 47, 48, 72, 29 * 24, 30 * 24].map(|hour| story.run(start + hours(hour)).len());
    assert_eq!(
        sent,
        [3, 0, 0, 0, 0, 0, 1],
        "at once while the three last, and none forgotten"
    );
}

#[test]
fn the_first_box_ticked_gets_its_button_even_within_the_gap() {
    let mut story = Story::new();
    story.post(&[]);
    assert!(!story.mail("guide").confirms.anything());
    story.wait(hours(1)).post(&[TICKED]);
    assert!(story.mail("guide").confirms.anything(), "else nobody could confirm");
    story.opt_out();
    story.wait(hours(1)).post(&[TICKED]);
    assert!(story.wake().is_none(), "R88: but once only");
}

#[test]
fn signals_are_a_set_per_day_and_the_latest_are_kept() {
    let mut story = Story::new();
    for (day, kept) in [(0, 1), (0, 1), (1, 2), (5, 3)] {
        story.now = at("2026-03-02T09:00:00Z") + days(day) + hours(day);
        story.post(&[("company", if kept % 2 == 0 { "A" } else { "B" })]);
        assert_eq!(story.lead().signals.len(), kept, "R23: day {day}");
    }
    for day in 10..10 + 2 * limits::SIGNALS_PER_KIND_MAX as i64 {
        story.now = at("2026-03-02T09:00:00Z") + days(day);
        story.post(&[("company", if day % 2 == 0 { "A" } else { "B" })]);
    }
    assert_eq!(story.lead().signals.len(), limits::SIGNALS_PER_KIND_MAX);
    assert_eq!(story.lead().signals.last().map(|s| s.at), Some(story.now));
}

#[test]
fn where_no_confirmation_is_asked_the_tick_is_the_consent() {
    let single = edited(&[("double_opt_in = true", "double_opt_in = false")]);
    let mut story = Story::of([single]);
    story.post(&[TICKED]);
    assert_eq!(story.marketing(), Some(ConsentState::Given));
    assert_eq!(story.lead().consents[0].method, Method::Form);
    assert_eq!(story.lead().enrolments.len(), 2);
    assert!(!story.mail("guide").confirms.anything());
    let told: Vec<_> = crate::views::timeline::timeline(story.lead(), &story.catalog, Locale::En);
    assert!(told.iter().all(|event| !event.text.contains("Consent confirmed")));
}

#[test]
fn r63_interest_needs_no_box_and_ends_with_a_no() {
    let b2b = || Story::of([interest()]);
    let mut story = b2b();
    story.post(&[]);
    let mails = story.run(story.now + days(30));
    assert_eq!(
        mails.iter().map(|(_, order)| order.step.as_str()).collect::<Vec<_>>(),
        ["guide", "day-2", "day-5", "day-9", "day-14"]
    );

    let mut story = b2b();
    story.post(&[]);
    story.run(story.now + days(3));
    story.opt_out();
    story.wait(days(1)).post(&[]);
    assert_eq!(story.ended("nurture"), Some(ExitReason::Unsubscribe));
    assert!(
        story
            .run(story.now + days(30))
            .iter()
            .all(|(_, order)| order.class == Class::Service)
    );
}

// ---- confirm and opt-out ----

#[test]
fn r64_a_confirmation_gives_consent_and_starts_the_mails_once() {
    let mut story = Story::asked();
    story.mail("guide");
    story.wait(days(1));
    let pressed = story.now;
    let decision = story.apply(&input::Confirm(guide(), None));
    assert_eq!(
        (decision.answer, decision.wakes()),
        (Some(Confirmed::Done), false),
        "the first mail is two days off"
    );
    let consent = &story.lead().consents[0];
    assert_eq!(
        (consent.state, consent.method, consent.confirmed_at),
        (ConsentState::Given, Method::DoubleOptIn, Some(pressed))
    );
    assert_eq!(story.enrolment("nurture").started_at, pressed);
    for _ in 0..3 {
        story.wait(hours(1));
        assert!(
            story.apply(&input::Confirm(guide(), None)).record.is_none(),
            "again says nothing new"
        );
    }
    story.run(story.now + days(30));
    assert!(
        story.apply(&input::Confirm(guide(), None)).record.is_none(),
        "nor after the last mail"
    );
    assert_eq!(story.lead().enrolments.len(), 2);
}

#[test]
fn there_is_nothing_to_confirm_unless_it_was_asked() {
    let mut story = Story::asked();
    let answer = |story: &mut Story, id: &str| {
        story
            .apply(&input::Confirm(CampaignId::new(id), None))
            .answer
            .expect("a lead")
    };
    assert_eq!(answer(&mut story, "gone"), Confirmed::NothingPending);
    let mut story = Story::of([demo(), other("b")]);
    story.post(&[TICKED]);
    assert_eq!(
        answer(&mut story, "b"),
        Confirmed::NothingPending,
        "another campaign asked in other words"
    );
}

#[test]
fn their_own_button_after_their_own_no_is_a_new_proof_and_a_new_start() {
    let mut story = Story::confirmed();
    story.run(story.now + days(3));
    story.opt_out();
    let old = story.lead().consents[0].clone();
    story.wait(hours(1));
    assert_eq!(
        story.confirm(),
        Confirmed::NothingPending,
        "R64: no link of before undoes a no"
    );
    let again = story.apply(&input::OptIn(guide(), Locale::Fr)).answer;
    assert_eq!(again, Some(Confirmed::Done));
    let lead = story.lead();
    assert_eq!((lead.consents.len(), &lead.consents[0]), (2, &old));
    assert_eq!(
        (lead.consents[1].state, lead.consents[1].confirmed_at),
        (ConsentState::Given, Some(story.now))
    );
    assert_eq!((story.enrolment("nurture").epoch, story.ended("nurture")), (2, None));
    let again: Vec<_> = story
        .run(story.now + days(30))
        .into_iter()
        .map(|(_, order)| order.step)
        .collect();
    assert_eq!(again, ["day-2", "day-5", "day-9", "day-14"]);
    let ids: std::collections::BTreeSet<_> = story.lead().ledger().map(|(_, send)| &send.id).collect();
    assert_eq!(
        ids.len(),
        story.lead().ledger().count(),
        "each way through has its own ids"
    );
}

#[test]
fn r69_a_confirmation_lifts_no_bounce_and_no_complaint() {
    for kind in [FeedbackKind::HardBounce, FeedbackKind::Complaint] {
        let mut story = Story::asked();
        let order = story.mail("guide");
        story.report(&order.send_id, kind);
        let stopped = story.lead().suppression;
        story.confirm();
        assert_eq!(story.lead().suppression, stopped, "{kind:?}");
        assert!(story.run(story.now + days(30)).is_empty(), "{kind:?}");
    }
}

#[test]
fn an_opt_out_is_at_once_idempotent_and_leaves_what_was_asked_for() {
    let mut story = Story::asked();
    story.confirm(); // before the guide left
    story.opt_out();
    assert_eq!(
        (story.marketing(), story.ended("nurture")),
        (Some(ConsentState::Withdrawn), Some(ExitReason::Unsubscribe))
    );
    for method in [Method::OneClick, Method::Page] {
        story.wait(mins(1));
        assert!(
            story.apply(&input::OptOut(method)).record.is_none(),
            "R42: ten times is once"
        );
    }
    let guide = story.mail("guide");
    assert!(!guide.confirms.anything());
    assert!(story.run(story.now + days(60)).is_empty());
    assert_eq!(story.alarm(), None);
}

#[test]
fn r45_an_opt_out_stops_every_campaign_and_one_without_a_consent_too() {
    let mut story = Story::of([demo(), interest_b()]);
    story.post(&[TICKED]);
    story.confirm();
    story.post_to("b", &[]);
    story.opt_out();
    assert!(
        story
            .lead()
            .enrolments
            .iter()
            .filter(|e| e.sequence == "nurture")
            .all(|e| e.ended.is_some())
    );
    assert!(
        story
            .run(story.now + days(60))
            .iter()
            .all(|(_, order)| order.class == Class::Service)
    );

    let mut stranger = Story::new();
    stranger.post(&[]);
    stranger.opt_out();
    assert_eq!(
        stranger.lead().suppression.map(|s| s.reason),
        Some(SuppressionReason::Unsubscribe)
    );
}

fn interest_b() -> Campaign {
    Campaign {
        id: CampaignId::new("b"),
        ..interest()
    }
}

// ---- stages ----

#[test]
fn the_table_of_moves_is_the_whole_table() {
    use Stage::{Customer, Disqualified, Dormant, Lead, Mql, Recycled, Sql};
    let allowed = [
        (Lead, vec![Mql, Sql, Disqualified, Dormant]),
        (Mql, vec![Lead, Sql, Disqualified, Recycled, Dormant]),
        (Sql, vec![Mql, Customer, Disqualified, Recycled]),
        (Customer, vec![Sql]),
        (Disqualified, vec![Lead, Mql]),
        (Recycled, vec![Lead, Mql, Sql, Disqualified, Dormant]),
        (Dormant, vec![Lead, Mql, Sql, Disqualified]),
    ];
    for (from, targets) in allowed {
        for to in Stage::ALL {
            let mut story = Story::asked();
            let mut lead = story.lead().clone();
            lead.stage = from;
            story.lead = Some(lead);
            let decision = story.apply(&input::Move(input::ManualMove::new(to, "call")));
            let expected = if to == from || targets.contains(&to) {
                Moved::Done
            } else {
                Moved::NoSuchMove(from)
            };
            assert_eq!(decision.answer, Some(expected), "{from:?} to {to:?}");
            assert_eq!(decision.record.is_some(), targets.contains(&to), "{from:?} to {to:?}");
        }
    }
}

#[test]
fn reaching_sales_ends_the_marketing_and_keeps_the_reason() {
    for (stages, reason) in [
        (vec![Stage::Sql], ExitReason::Sql),
        (vec![Stage::Disqualified], ExitReason::Disqualified),
    ] {
        let mut story = Story::confirmed();
        for stage in stages {
            story.step_to(stage);
        }
        assert_eq!(story.ended("nurture"), Some(reason));
        let change = story.lead().history.last().expect("a change");
        assert_eq!((change.by, change.reason.expose()), (Mover::Operator, "call"));
        assert!(story.run(story.now + days(30)).is_empty());
    }
    let mut story = Story::confirmed();
    story.step_to(Stage::Mql);
    assert_eq!(story.ended("nurture"), None);
}

#[test]
fn each_exit_stage_is_an_exit_of_its_own() {
    let without = edited(&[("\"reply\", \"sql\", \"customer\"]", "\"reply\", \"customer\"]")]);
    let mut story = Story::of([without]);
    story.post(&[TICKED]);
    story.confirm();
    story.step_to(Stage::Sql);
    assert_eq!(story.ended("nurture"), None, "the owner did not name it");
    story.step_to(Stage::Customer);
    assert_eq!(story.ended("nurture"), Some(ExitReason::Customer));
    assert_eq!(story.ended("guide"), None, "what was asked for still goes");
}

#[test]
fn who_went_through_the_marketing_or_left_it_for_sales_is_not_led_through_it_again() {
    let mut done = Story::confirmed();
    done.run(done.now + days(40));
    let mut returned = Story::confirmed();
    returned.step_to(Stage::Sql);
    returned.step_to(Stage::Mql);
    returned.wait(days(40));
    for mut story in [done, returned] {
        story.post(&[("company", "Exemple"), TICKED]);
        let mails = story.run(story.now + days(40));
        assert_eq!(mails.len(), 1, "{:?}", story.ledger());
        assert_eq!(mails[0].1.step, "guide");
    }
}

#[test]
fn whom_sales_took_over_is_not_nurtured_by_a_late_confirmation() {
    for stage in [Stage::Sql, Stage::Disqualified] {
        let mut story = Story::asked();
        story.mail("guide");
        story.step_to(stage);
        story.wait(days(1));
        story.confirm();
        assert_eq!(
            story.marketing(),
            Some(ConsentState::Given),
            "{stage:?}: the yes is kept"
        );
        assert!(story.run(story.now + days(30)).is_empty(), "{stage:?}");
        assert_eq!(story.ledger(), ["guide sent"], "{stage:?}: nothing became due");
        story.post(&[("company", "Exemple")]);
        let steps: Vec<_> = story
            .run(story.now + days(30))
            .into_iter()
            .map(|(_, order)| order.step)
            .collect();
        assert_eq!(steps, ["guide"], "{stage:?}: what they ask for still goes");
    }
}

#[test]
fn the_stage_is_asked_again_at_the_claim() {
    // The owner adds the exit while leads are on their way.
    let without = edited(&[("\"reply\", \"sql\", \"customer\"]", "\"reply\", \"customer\"]")]);
    let mut story = Story::of([without]);
    story.post(&[TICKED]);
    story.mail("guide");
    story.confirm();
    story.step_to(Stage::Sql);
    assert_eq!(story.ended("nurture"), None);
    story.catalog = crate::samples::catalog([demo()]);
    assert!(story.run(story.now + days(30)).is_empty());
    assert_eq!(story.ledger(), ["guide sent", "day-2 skipped(sql)"]);
    assert_eq!(story.ended("nurture"), Some(ExitReason::Sql));
}

#[test]
fn i9_the_score_makes_an_mql_once_however_the_lead_is_moved() {
    let mut story = Story::new();
    story.post(&HOT);
    assert_eq!(story.lead().history[0].by, Mover::Score);
    assert_eq!(
        story.lead().history[0].reason.expose(),
        "fit 80 ≥ 50, engagement 15 ≥ 10"
    );
    story.step_to(Stage::Lead);
    story.wait(days(2)).confirm();
    assert_eq!(
        story.lead().stage,
        Stage::Lead,
        "a person is not overruled by the same points"
    );
    for _ in 0..limits::HISTORY_MAX {
        story.step_to(Stage::Disqualified);
        story.step_to(Stage::Lead);
    }
    assert_eq!(
        (story.lead().stage, story.lead().history.len()),
        (Stage::Lead, limits::HISTORY_MAX)
    );
}

#[test]
fn points_that_come_later_make_an_mql_too() {
    let mut story = Story::new();
    story.post(&HOT[..2]);
    story.mail("guide");
    assert_eq!(story.lead().stage, Stage::Lead);
    story.wait(days(40)).post(&[HOT[3]]);
    assert_eq!(
        story.lead().stage,
        Stage::Mql,
        "60 points, and engagement by the new post"
    );
}

// ---- wake, claim, settle: the crash table of "Send design" ----

/// A nurture mail (or the guide) just claimed, and how long until its fate may be settled.
fn claimed(class: Class) -> (Story, MailOrder, SignedDuration) {
    match class {
        Class::Service => {
            let mut story = Story::asked();
            let order = story.wake().expect("the guide");
            (story, order, limits::SETTLE_SERVICE)
        }
        Class::Nurture => {
            let mut story = Story::confirmed();
            story.now = story.lead().due_at.expect("day 2");
            let order = story.wake().expect("day 2");
            (story, order, limits::SETTLE_NURTURE)
        }
        Class::Alert => {
            let mut story = Story::new();
            story.post(&[]);
            story.mail("guide");
            story.step_to(Stage::Mql);
            let order = story.wake().expect("the alert");
            (story, order, limits::SETTLE_SERVICE)
        }
    }
}

const CLASSES: [Class; 3] = [Class::Nurture, Class::Service, Class::Alert];

#[test]
fn before_the_claim_the_lead_stays_due() {
    let mut story = Story::asked();
    story.wait(days(2));
    assert!(story.lead().due_at.is_some_and(|due| due < story.now));
    story.mail("guide");
}

#[test]
fn whatever_becomes_due_at_once_wakes_the_sender_whoever_caused_it() {
    let mut story = Story::asked();
    story.mail("guide");
    let moved = story.apply(&input::Move(input::ManualMove::new(Stage::Mql, "call")));
    assert!(moved.wakes(), "an operator handed the lead to sales: the alert is due");
    let alert = story.wake().expect("the alert");
    let settled = story.settle(&alert, accepted(&alert));
    assert!(!settled.wakes(), "nothing more is due");
    let bounced = story.report(&alert.send_id, FeedbackKind::HardBounce);
    assert!(
        bounced.wakes(),
        "SES reports that nobody was told: somebody else is to hear of it now"
    );
    // The sender looks for more by itself: neither its claim nor its record wakes it.
    let token = ClaimToken::new("t");
    let claimed = story.apply(&input::Wake { token, terms: TRUSTING });
    assert!(claimed.mail().is_some_and(|order| order.step == "escalated") && !claimed.wakes());
}

#[test]
fn a_live_lease_keeps_everybody_off() {
    for class in CLASSES {
        let (mut story, order, _) = claimed(class);
        for seconds in [0, 1, limits::LEASE.as_secs() - 1] {
            story.now = story.entry(&order.step).at() + SignedDuration::from_secs(seconds);
            let decision = story.apply(&input::Wake {
                token: ClaimToken::new("second"),
                terms: TRUSTING,
            });
            assert!(
                decision.record.is_none() && decision.mail().is_none(),
                "{class:?} +{seconds} s: not even a write"
            );
        }
    }
}

#[test]
fn after_the_lease_the_alarm_moves_to_where_the_fate_may_be_settled() {
    for class in CLASSES {
        let (mut story, _, settle) = claimed(class);
        let claimed_at = story.now;
        story.wait(limits::LEASE);
        assert!(story.wake().is_none());
        assert_eq!(story.lead().due_at, Some(claimed_at + settle), "{class:?}");
        let version = story.lead().version;
        story.wait(mins(1));
        assert!(story.wake().is_none());
        assert_eq!(story.lead().version, version, "{class:?}: written once");
    }
}

#[test]
fn r9_after_the_wait_a_claim_without_an_event_is_tried_once_more_or_given_up() {
    for (class, trusted, retried) in [
        (Class::Nurture, true, true),
        (Class::Nurture, false, false), // nothing proves that it did not arrive
        (Class::Service, true, true),
        (Class::Service, false, true), // two at most
    ] {
        let case = format!("{class:?} trusted {trusted}");
        let (mut story, first, settle) = claimed(class);
        let first_claim = story.now;
        story.wait(settle);
        let second = story.wake_trusting(trusted);
        assert_eq!(second.is_some(), retried, "{case}");
        let Some(second) = second else {
            // Held, and looked at again and again, until its moment has passed.
            while story.entry(&first.step).state_code() == "claimed" {
                assert!(story.now < first_claim + limits::HOLD_MAX + limits::HOLD_STEP, "{case}");
                assert_eq!(story.lead().due_at, Some(story.now + limits::HOLD_STEP), "{case}");
                story.wait(limits::HOLD_STEP);
                assert!(
                    story.wake_trusting(trusted).is_none_or(|next| next.step != first.step),
                    "{case}"
                );
            }
            assert_eq!(*story.entry(&first.step).state(), EntryState::Unknown, "{case}");
            assert!(story.now >= first_claim + limits::HOLD_MAX, "{case}");
            continue;
        };
        assert_eq!(
            (&second.send_id, story.entry(&first.step).attempts()),
            (&first.send_id, 2),
            "{case}: the same mail"
        );
        assert_ne!(second.token, first.token, "{case}");

        // The frozen sender of the first claim wakes: its record fails on the token.
        let claim = story.entry(&first.step).clone();
        story.settle(&first, accepted(&first));
        assert_eq!(story.entry(&first.step), &claim, "{case}");
        story.wait(settle);
        story.wake_trusting(trusted);
        assert_eq!(
            *story.entry(&first.step).state(),
            EntryState::Unknown,
            "{case}: never a third"
        );
    }
}

#[test]
fn r8_an_event_settles_a_claim_however_its_sender_died() {
    for class in CLASSES {
        for kind in [
            FeedbackKind::Send,
            FeedbackKind::Delivery,
            FeedbackKind::SoftBounce,
            FeedbackKind::HardBounce,
            FeedbackKind::Complaint,
        ] {
            let (mut story, order, settle) = claimed(class);
            story.wait(mins(3));
            story.report(&order.send_id, kind);
            assert_eq!(story.entry(&order.step).state_code(), "sent", "{class:?} {kind:?}");
            story.wait(settle);
            assert!(
                story.wake().is_none_or(|next| next.step != order.step),
                "{class:?} {kind:?}: not again"
            );
            assert_eq!(story.entry(&order.step).attempts(), 1);
        }
    }
}

#[test]
fn an_event_and_the_record_may_come_in_any_order() {
    for class in CLASSES {
        let (mut by_event, order, _) = claimed(class);
        let mut by_record = by_event.clone();
        by_event.report(&order.send_id, FeedbackKind::Send);
        assert!(
            by_event.settle(&order, accepted(&order)).record.is_none(),
            "the event was quicker"
        );
        by_record.settle(&order, accepted(&order));
        assert!(by_record.report(&order.send_id, FeedbackKind::Send).record.is_none());
        assert_eq!(by_event.lead(), by_record.lead(), "{class:?}");
    }
}

#[test]
fn a_record_counts_once_and_only_with_its_own_token() {
    for class in CLASSES {
        let (mut story, order, _) = claimed(class);
        let claim = story.entry(&order.step).clone();
        let mut stranger = order.clone();
        stranger.token = ClaimToken::new("not-mine");
        story.settle(&stranger, accepted(&order));
        let mut unknown = order.clone();
        unknown.send_id = SendId::new("unknown");
        story.settle(&unknown, accepted(&order));
        assert_eq!(story.entry(&order.step), &claim);
        assert!(story.settle(&order, accepted(&order)).record.is_some());
        for outcome in [
            accepted(&order),
            Outcome::Postponed,
            Outcome::Refused { code: "x".into() },
            Outcome::Ambiguous,
        ] {
            assert!(
                story.settle(&order, outcome).record.is_none(),
                "the answer was lost and the record sent again"
            );
        }
    }
}

#[test]
fn r7_every_outcome_has_its_end_in_both_classes() {
    let code = || "MessageRejected".to_owned();
    for class in CLASSES {
        let (story, order, settle) = claimed(class);
        let claimed_at = story.now;
        let back_off = mins(1) + back_off_spread(&order.send_id);
        for (outcome, state, due, attempts) in [
            (accepted(&order), "sent", None, 1),
            (Outcome::Refused { code: code() }, "failed(MessageRejected)", None, 1),
            (Outcome::RefusedForNow { code: code() }, "waiting", Some(back_off), 1),
            (Outcome::Postponed, "waiting", Some(back_off), 0),
            (house_refused(Some(claimed_at + mins(50))), "waiting", Some(mins(50)), 0),
            (Outcome::Ambiguous, "claimed", Some(settle), 1),
        ] {
            let mut story = story.clone();
            story.settle(&order, outcome.clone());
            let entry = story.entry(&order.step);
            assert_eq!(
                (entry.state_code().as_str(), entry.attempts()),
                (state, attempts),
                "{class:?} {outcome:?}"
            );
            if let Some(wait) = due {
                assert_eq!(story.lead().due_at, Some(claimed_at + wait), "{class:?} {outcome:?}");
            } else {
                assert!(
                    story.lead().due_at != story.lead.as_ref().map(|_| claimed_at),
                    "moves on"
                );
            }
        }
    }
}

#[test]
fn r12_a_mail_refused_for_now_backs_off_and_gives_up_and_the_rest_goes_on() {
    let mut story = Story::confirmed();
    let mut tries = Vec::new();
    while let Some(due) = story.alarm() {
        story.now = due;
        let order = story.wake().expect("a try");
        if order.step != "day-2" {
            break;
        }
        tries.push(story.now);
        story.settle(
            &order,
            Outcome::RefusedForNow {
                code: "Throttling".into(),
            },
        );
    }
    let waits: Vec<_> = tries
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).get_seconds() / 60)
        .collect();
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64], "minutes, doubling");
    assert_eq!(tries.len(), usize::from(limits::REFUSED_ATTEMPTS_MAX));
    assert_eq!(story.entry("day-2").state_code(), "failed(Throttling)");
    assert_eq!(story.entry("day-5").state_code(), "claimed");
}

#[test]
fn r22_throttling_never_uses_up_the_attempts() {
    let mut story = Story::asked();
    for _ in 0..50 {
        story.now = story.now.max(story.lead().due_at.expect("due"));
        let order = story.wake().expect("a try");
        story.settle(&order, Outcome::Postponed);
    }
    story.now = story.lead().due_at.expect("due");
    story.mail("guide");
    assert_eq!(story.entry("guide").attempts(), 1);
}

#[test]
fn a_wait_that_ends_at_night_goes_on_in_the_morning() {
    let mut story = Story::confirmed();
    story.go("2026-03-04T16:59:30Z"); // 17:59:30 in Paris, the last minute
    let order = story.wake().expect("day 2");
    story.settle(&order, Outcome::Postponed);
    assert_eq!(story.lead().due_at, Some(at("2026-03-05T08:00:00Z")));
    story.go("2026-03-04T17:00:30Z");
    assert!(story.wake().is_none());
}

#[test]
fn r11_a_mail_that_waits_when_its_sequence_ends_is_skipped_for_that_reason() {
    type End = fn(&mut Story);
    let ends: [(End, &str); 2] = [
        (|story| drop(story.opt_out()), "skipped(unsubscribe)"),
        (
            |story| assert_eq!(story.step_to(Stage::Sql), Moved::Done),
            "skipped(sql)",
        ),
    ];
    for (end, reason) in ends {
        // It waits, then the end comes.
        let (mut story, order, _) = claimed(Class::Nurture);
        story.settle(&order, Outcome::Postponed);
        end(&mut story);
        assert_eq!(story.entry("day-2").state_code(), reason);
        // The end comes, then it turns out that it did not leave.
        let (mut story, order, _) = claimed(Class::Nurture);
        end(&mut story);
        assert_eq!(story.entry("day-2").state_code(), "claimed");
        story.settle(&order, Outcome::RefusedForNow { code: "x".into() });
        assert_eq!(story.entry("day-2").state_code(), reason);
        assert!(story.run(story.now + days(60)).is_empty());
    }
}

#[test]
fn a_claim_in_the_air_at_the_end_is_settled_and_never_tried_again() {
    let (story, order, settle) = claimed(Class::Nurture);
    let mut sent = story.clone();
    sent.opt_out();
    sent.settle(&order, accepted(&order));
    assert_eq!(sent.entry("day-2").state_code(), "sent");

    let mut lost = story;
    lost.opt_out();
    lost.wait(settle);
    assert!(lost.wake().is_none());
    assert_eq!(
        (lost.entry("day-2").state_code().as_str(), lost.alarm()),
        ("unknown", None)
    );
}

#[test]
fn only_ses_says_what_became_of_an_unknown_mail() {
    let (mut story, order, _) = claimed(Class::Nurture);
    story.wait(limits::HOLD_MAX);
    story.wake_trusting(false);
    assert_eq!(story.entry("day-2").state_code(), "unknown");
    for outcome in [
        Outcome::Postponed,
        Outcome::Refused { code: "x".into() },
        Outcome::Ambiguous,
    ] {
        assert!(story.settle(&order, outcome).record.is_none(), "too late");
    }
    let mut by_event = story.clone();
    by_event.report(&order.send_id, FeedbackKind::Delivery);
    assert_eq!(by_event.entry("day-2").state_code(), "sent");
    story.settle(&order, accepted(&order));
    assert_eq!(
        story.entry("day-2").state_code(),
        "sent",
        "an answer of SES, however late"
    );
}

#[test]
fn an_event_for_a_mail_never_handed_over_or_never_heard_of_says_nothing() {
    let mut story = Story::asked();
    story.mail("guide");
    for kind in [
        FeedbackKind::Send,
        FeedbackKind::Delivery,
        FeedbackKind::SoftBounce,
        FeedbackKind::Click,
    ] {
        assert!(story.report(&SendId::new("unknown"), kind).record.is_none());
    }
    story.confirm();
    story.wait(days(4)); // Friday: day 2 is late by two days, still sent; wait longer
    story.wait(days(4));
    story.wake();
    assert_eq!(story.entry("day-2").state_code(), "skipped(late)");
    let skipped = story.entry("day-2").id.clone();
    story.report(&skipped, FeedbackKind::Send);
    assert_eq!(story.entry("day-2").state_code(), "skipped(late)");
}

#[test]
fn a_second_post_of_a_day_wakes_a_dormant_lead_though_it_scores_no_more() {
    let mut story = Story::asked();
    story.wait(hours(1));
    assert_eq!(story.step_to(Stage::Dormant), Moved::Done);
    story.wait(hours(1));
    let signals = story.lead().signals.len();
    story.post(&[]);
    assert_eq!((story.lead().stage, story.lead().signals.len()), (Stage::Lead, signals));
}

/// R54, R67: of a life that was erased, or lost with a table.
#[test]
fn a_bounce_or_complaint_about_a_mail_never_heard_of_stops_all_the_same() {
    for (kind, reason) in [
        (FeedbackKind::HardBounce, SuppressionReason::Bounce),
        (FeedbackKind::Complaint, SuppressionReason::Complaint),
    ] {
        let mut story = Story::asked();
        story.mail("guide");
        let unheard_of = |to_sales| {
            input::Feedback(Feedback {
                send_id: SendId::new("unknown"),
                message_id: "m".into(),
                sent_at: Timestamp::UNIX_EPOCH,
                at: Timestamp::UNIX_EPOCH,
                kind,
                to_sales,
            })
        };
        assert!(
            story.apply(&unheard_of(true)).record.is_none(),
            "of a salesperson's mailbox"
        );
        story.apply(&unheard_of(false));
        assert_eq!(story.lead().suppression.map(|stop| stop.reason), Some(reason));
    }
}

// ---- the gate at the claim ----

#[test]
fn i2_what_happens_between_due_and_claim_stops_the_mail() {
    type Change = fn(&mut Story);
    let stops: [(&str, Change, &str); 4] = [
        ("opt-out", |s| drop(s.opt_out()), "unsubscribe"),
        (
            "bounce",
            |s| drop(s.report(&s.entry("guide").id.clone(), FeedbackKind::HardBounce)),
            "bounce",
        ),
        (
            "complaint",
            |s| drop(s.report(&s.entry("guide").id.clone(), FeedbackKind::Complaint)),
            "complaint",
        ),
        ("sales", |s| assert_eq!(s.step_to(Stage::Sql), Moved::Done), "sql"),
    ];
    for (name, stop, _) in &stops {
        let mut story = Story::confirmed();
        story.now = story.lead().due_at.expect("day 2");
        stop(&mut story);
        assert!(story.wake_person().is_none(), "{name}");
        assert!(story.run(story.now + days(60)).is_empty(), "{name}");
    }
    // The gate itself, should a stop ever not have ended the enrolment.
    for (name, stop, reason) in stops {
        let mut story = Story::confirmed();
        let running = story.lead().enrolments.clone();
        story.now = story.lead().due_at.expect("day 2");
        let due = story.lead().due_at;
        stop(&mut story);
        let lead = story.lead.as_mut().expect("a lead");
        (lead.enrolments, lead.due_at) = (running, due);
        assert!(story.wake_person().is_none(), "{name}");
        assert_eq!(
            story.entry("day-2").state_code(),
            format!("skipped({reason})"),
            "{name}"
        );
        assert_eq!(story.ended("nurture").map(ExitReason::code), Some(reason), "{name}");
    }
}

#[test]
fn a_pending_consent_is_no_consent() {
    let mut story = Story::confirmed();
    let lead = story.lead.as_mut().expect("a lead");
    Arc::make_mut(&mut lead.consents)[0].state = ConsentState::Pending;
    story.now = story.lead().due_at.expect("day 2");
    assert!(story.wake().is_none(), "I3");
    assert_eq!(story.entry("day-2").state_code(), "skipped(unsubscribe)");
}

#[test]
fn r90_names_are_repeated_only_after_the_confirmation_and_only_if_they_are_names() {
    let names = [("first_name", "Ana"), ("company", "gagnez.example.com"), TICKED];
    let mut story = Story::new();
    story.post(&names);
    let guide = story.mail("guide");
    assert!(guide.names.first_name.is_none() && guide.names.company.is_none());
    story.confirm();
    story.now = story.lead().due_at.expect("day 2");
    let order = story.mail("day-2");
    assert_eq!(
        (
            order.names.first_name.as_ref().map(Personal::expose),
            order.names.company
        ),
        (Some("Ana"), None)
    );
}

#[test]
fn a_mail_speaks_the_language_of_the_latest_post_if_its_campaign_does() {
    let mut story = Story::of([edited_french_only()]);
    let mut post = submission(&demo(), &[]);
    post.locale = Locale::En;
    story.apply(&input::Capture(guide(), post));
    assert_eq!(story.mail("guide").locale, Locale::Fr);
}

fn edited_french_only() -> Campaign {
    edited(&[("languages = [\"fr\", \"en\"]", "languages = [\"fr\"]")])
}

// ---- order, gap, lateness ----

#[test]
fn the_cadence_of_the_demo_campaign() {
    let mut story = Story::confirmed(); // Monday 2 March, 10:00 in Paris
    let mails = story.run(story.now + days(30));
    let told: Vec<_> = mails
        .iter()
        .map(|(at, order)| (order.step.as_str(), at.to_string()))
        .collect();
    let expected = [
        ("day-2", "2026-03-04T09:00:00Z"),
        ("day-5", "2026-03-09T09:00:00Z"), // a Saturday, so Monday
        ("day-9", "2026-03-11T09:00:00Z"),
        ("day-14", "2026-03-16T09:00:00Z"),
    ];
    assert_eq!(told, expected.map(|(step, at)| (step, at.to_owned())));
    assert_eq!(story.ended("nurture"), Some(ExitReason::Completed));
    assert_eq!(story.alarm(), None);
}

#[test]
fn r20_after_an_outage_nothing_is_sent_stale_and_no_two_mails_close() {
    for outage_days in 0..40 {
        let mut story = Story::confirmed();
        let start = story.now;
        story.wait(days(outage_days));
        let mails = story.run(start + days(60));
        for pair in mails.windows(2) {
            assert!(pair[1].0.duration_since(pair[0].0) >= hours(20), "{outage_days}");
        }
        let ended = story.enrolment("nurture");
        assert_eq!(
            ended.ledger.len(),
            4,
            "R11: every due step has an end after {outage_days} days"
        );
        assert!(ended.ledger.iter().all(LedgerEntry::is_final) && ended.ended.is_some());
        let late = ended
            .ledger
            .iter()
            .filter(|send| send.state_code() == "skipped(late)")
            .count();
        assert_eq!(late + mails.len(), 4);
        let expected = match outage_days {
            0..=4 => 0,
            18.. => 4,
            _ => late,
        };
        assert_eq!(late, expected, "after {outage_days} days");
    }
}

#[test]
fn a_mail_of_unknown_fate_counts_for_the_gap() {
    let (mut story, order, _) = claimed(Class::Nurture);
    story.settle(&order, Outcome::Ambiguous);
    story.go("2026-03-09T15:00:00Z"); // both day 2 and day 5 have come
    assert!(
        story.wake_trusting(false).is_none(),
        "day 2 may have arrived an instant ago, for all we know"
    );
    assert_eq!(story.ledger(), ["guide sent", "day-2 unknown"]);
    assert_eq!(story.lead().due_at, Some(at("2026-03-10T11:00:00Z")));
}

#[test]
fn the_gap_is_one_persons_over_all_campaigns() {
    let mut story = Story::of([demo(), interest_b()]);
    story.post(&[TICKED]);
    story.mail("guide");
    story.confirm();
    story.post_to("b", &[]);
    let nurture: Vec<_> = story
        .run(story.now + days(60))
        .into_iter()
        .filter(|(_, o)| o.class == Class::Nurture)
        .collect();
    assert_eq!(nurture.len(), 8);
    for pair in nurture.windows(2) {
        assert!(
            pair[1].0.duration_since(pair[0].0) >= hours(20),
            "{} then {}",
            pair[0].0,
            pair[1].0
        );
    }
}

// ---- what SES reports ----

#[test]
fn r54_three_soft_bounces_in_thirty_days_stop_and_the_same_one_counts_once() {
    let mut story = Story::confirmed();
    let mut bounced = vec![story.entry("guide").id.clone()];
    story.report(&bounced[0], FeedbackKind::SoftBounce);
    for step in ["day-2", "day-5"] {
        assert_eq!(story.lead().suppression, None, "before {step}");
        for id in &bounced.clone() {
            story.report(id, FeedbackKind::SoftBounce); // again, in any order
        }
        story.now = story.lead().due_at.expect("due");
        bounced.push(story.mail(step).send_id);
        story.report(&bounced[bounced.len() - 1], FeedbackKind::SoftBounce);
    }
    let until = story.now + days(30);
    assert_eq!((story.lead().soft_until, story.ended("nurture")), (Some(until), None));
    assert!(story.run(until).is_empty());
    let rest: Vec<String> = story
        .run(until + days(20))
        .into_iter()
        .map(|(_, order)| order.step)
        .collect();
    assert_eq!(rest, ["day-9", "day-14"], "and then it goes on where it stopped");

    // What the person asks for anew is tried again, and a delivery sets everything back.
    let mut story = Story::confirmed();
    for n in 0..3 {
        story.wait(days(2)).post(&[("company", &n.to_string())]);
        let guide = story.guide_among_others();
        story.report(&guide, FeedbackKind::SoftBounce);
    }
    assert!(story.lead().soft_until.is_some());
    story.wait(days(3)).post(&[("company", "anew")]);
    let guide = story.guide_among_others();
    let moved = |story: &Story| story.lead().enrolments.iter().map(|e| e.moved_s).max();
    assert_eq!(
        moved(&story),
        Some(days(30).as_secs()),
        "the marketing waits for the end of the pause"
    );
    story.report(&guide, FeedbackKind::Delivery);
    assert!(!story.lead().bounced_softly());
    assert_eq!(
        moved(&story),
        Some(days(3).as_secs()),
        "and it waits no longer than the pause lasted"
    );
}

#[test]
fn r54_soft_bounces_far_apart_do_not_stop() {
    let mut story = Story::new();
    for month in 0..6 {
        story
            .go("2026-03-02T09:00:00Z")
            .wait(days(31 * month))
            .post(&[("company", if month % 2 == 0 { "A" } else { "B" })]);
        let order = story.mail("guide");
        story.report(&order.send_id, FeedbackKind::SoftBounce);
        assert_eq!(story.lead().suppression, None, "month {month}");
    }
}

#[test]
fn r60_a_click_counts_only_when_a_person_can_have_made_it() {
    for (seconds, counts) in [(0, false), (9, false), (10, true), (3_600, true)] {
        let mut story = Story::asked();
        let order = story.mail("guide");
        story.wait(SignedDuration::from_secs(seconds));
        story.report(&order.send_id, FeedbackKind::Click);
        let clicks = |story: &Story| {
            story
                .lead()
                .signals
                .iter()
                .filter(|s| s.kind == SignalKind::Click)
                .count()
        };
        assert_eq!(clicks(&story), usize::from(counts), "+{seconds} s");
        for _ in 0..3 {
            story.report(&order.send_id, FeedbackKind::Click);
        }
        assert_eq!(clicks(&story), usize::from(counts), "R23: +{seconds} s, again");
    }
}

#[test]
fn r55_a_complaint_stops_everything_and_withdraws() {
    let mut story = Story::confirmed();
    let guide = story.entry("guide").id.clone();
    story.report(&guide, FeedbackKind::Complaint);
    assert_eq!(
        (story.marketing(), story.ended("nurture")),
        (Some(ConsentState::Withdrawn), Some(ExitReason::Complaint))
    );
    assert_eq!(story.lead().consents[0].method, Method::Complaint);
    assert_eq!(
        story.lead().suppression.map(|s| s.reason),
        Some(SuppressionReason::Complaint)
    );
}

#[test]
fn a_stronger_stop_takes_the_place_of_a_weaker_never_the_reverse() {
    let mut story = Story::confirmed();
    let guide = story.entry("guide").id.clone();
    let stopped = |story: &Story| story.lead().suppression.map(|s| s.reason);
    story.opt_out();
    story.report(&guide, FeedbackKind::HardBounce);
    assert_eq!(stopped(&story), Some(SuppressionReason::Bounce));
    story.report(&guide, FeedbackKind::Complaint);
    assert_eq!(stopped(&story), Some(SuppressionReason::Complaint));
    story.report(&guide, FeedbackKind::HardBounce);
    story.opt_out();
    assert_eq!(stopped(&story), Some(SuppressionReason::Complaint));
}

// ---- the owner edits while leads are on their way (R31) ----

#[test]
fn a_fresh_campaign_sends_its_guide_as_soon_as_it_is_at_hand() {
    let mut story = Story::asked();
    let published = std::mem::replace(&mut story.catalog, crate::samples::catalog([other("old")]));
    assert!(story.wake().is_none());
    let looked_up = story.lead().version;
    assert!(story.wait(mins(1)).wake().is_none());
    assert_eq!(
        story.lead().version,
        looked_up,
        "I20: it stays on the alarm, and nothing more is written"
    );
    story.post_to("old", &[]);
    story.catalog = published;
    story.wait(mins(1));
    story.mail("guide");
}

#[test]
fn steps_taken_away_renamed_or_added_never_hold_a_lead_up_nor_send_twice() {
    let gone = "[[sequences.steps]]\nid = \"day-14\"\ndelay = \"P14D\"\nclass = \"nurture\"\ntemplate = \"day-14\"\ntopic = \"conversion\"\n";
    for (name, edit, then) in [
        ("the last taken away", (gone, ""), vec!["day-9"]),
        (
            "one renamed",
            ("id = \"day-9\"", "id = \"day-8\""),
            vec!["day-8", "day-14"],
        ),
        (
            "one done renamed",
            ("id = \"day-2\"", "id = \"day-1\""),
            vec!["day-9", "day-14"],
        ),
        (
            "one added behind us",
            (
                "[[sequences.steps]]\nid = \"day-2\"",
                "[[sequences.steps]]\nid = \"day-1\"\ndelay = \"P1D\"\nclass = \"nurture\"\ntemplate = \"day-2\"\n\n[[sequences.steps]]\nid = \"day-2\"",
            ),
            vec!["day-9", "day-14"],
        ),
    ] {
        let mut story = Story::confirmed();
        story.run(at("2026-03-10T00:00:00Z")); // days 2 and 5 are done
        story.catalog = crate::samples::catalog([edited(&[edit])]);
        let steps: Vec<_> = story
            .run(at("2026-05-01T00:00:00Z"))
            .into_iter()
            .map(|(_, order)| order.step)
            .collect();
        assert_eq!(steps, then, "{name}");
        assert_eq!(story.ended("nurture"), Some(ExitReason::Completed), "{name}");
    }
    // The last step goes while a lead waits for it.
    let mut story = Story::confirmed();
    story.run(at("2026-03-12T00:00:00Z"));
    story.catalog = crate::samples::catalog([edited(&[(gone, "")])]);
    // Something else comes in before its time: then nothing would ring for the sequence any more (I20).
    let mut busy = story.clone();
    busy.post(&[("company", "Exemple")]);
    assert_eq!(busy.ended("nurture"), Some(ExitReason::Completed));
    assert!(story.run(at("2026-05-01T00:00:00Z")).is_empty());
    assert_eq!(
        (story.ended("nurture"), story.alarm()),
        (Some(ExitReason::Completed), None)
    );
}

impl Story {
    /// Sends what is due, and names the guide of it.
    #[track_caller]
    fn guide_among_others(&mut self) -> SendId {
        let sent = self.run(self.now);
        let guide = sent.into_iter().rev().find(|(_, order)| order.step == "guide");
        guide.expect("the guide").1.send_id
    }
}

/// R48, I23: SES pauses the account whatever class its bounces were of, so all classes wait but alerts.
#[test]
fn r48_while_the_breaker_is_open_alerts_alone_leave_and_what_it_held_follows() {
    let paused = Terms {
        paused: true,
        evidence: Evidence::Complete,
        senders: Senders::WELL,
    };
    let mut story = Story::new();
    story.post(&[HOT.as_slice(), &[TICKED]].concat());
    let alert = story.wake_on(paused.clone()).expect("the alert");
    assert_eq!(alert.class, Class::Alert);
    story.settle(&alert, accepted(&alert));
    for _ in 0..3 {
        // What else leaves meanwhile is for sales.
        while let Some(order) = story.wake_on(paused.clone()) {
            assert_eq!(order.class, Class::Alert, "the guide waits");
            story.settle(&order, accepted(&order));
        }
        story.wait(limits::PAUSE_STEP);
    }
    assert_eq!(story.wake_person().expect("released").step, "guide");
}

/// R88: what a limit of ours kept back is no try, waits until its moment, or is over.
#[test]
fn r88_an_email_that_a_limit_kept_back_waits_or_is_skipped() {
    for (until, state) in [(Some(hours(24)), "waiting"), (None, "skipped(mailbox_full)")] {
        let mut story = Story::asked();
        let order = story.wake().expect("the guide");
        let until = until.map(|wait| story.now + wait);
        story.settle(&order, Outcome::Limited { until });
        let (_, entry) = story.lead().ledger().next().expect("an entry");
        assert_eq!((&*entry.state_code(), entry.attempts()), (state, 0));
        if until.is_some() {
            let spread = back_off_spread(&order.send_id);
            assert_eq!(story.lead().due_at, until.map(|until| until + spread));
            story.wait(hours(24) + spread);
            assert_eq!(story.wake().expect("its turn").send_id, order.send_id);
        }
    }
}

fn house_refused(until: Option<Timestamp>) -> Outcome {
    Outcome::HouseRefused {
        kind: HouseRefusal::NotVerified,
        party: Party::Sender,
        until,
    }
}

impl Story {
    /// SES refuses the demo campaign's sender from now on; what emails go by then.
    fn refused(&self) -> Terms {
        let mut sending = Sending::default();
        sending.release("t-1", self.now);
        let from = demo().sender.from;
        sending.refuse(&from, HouseRefusal::AccountPaused, Party::Sender, self.now);
        self.terms(&sending)
    }

    fn terms(&self, sending: &Sending) -> Terms {
        match sending.gate("t-1") {
            Gate::Open(terms) => terms,
            Gate::Held => panic!("held at {}", self.now),
        }
    }
}

/// R133: of a sender that SES refuses nothing is claimed, of whatever class; all that is due is so again at the one moment at
/// which an email is tried, and leaves then.
#[test]
fn r133_what_is_due_from_a_refused_sender_stays_due() {
    let mut story = Story::new();
    story.post(&[HOT.as_slice(), &[TICKED]].concat());
    let terms = story.refused();
    let ledger: Vec<_> = story.lead().ledger().map(|(_, entry)| entry.state_code()).collect();
    assert!(story.wake_on(terms.clone()).is_none(), "not even the alert");
    let after: Vec<_> = story.lead().ledger().map(|(_, entry)| entry.state_code()).collect();
    assert_eq!(after, ledger, "the ledger stays as it was");
    assert_eq!(story.lead().due_at, Some(story.now + limits::REFUSED_AGAIN));
    story.wait(limits::REFUSED_AGAIN);
    assert_eq!(story.wake_on(terms).expect("its turn").class, Class::Alert);
}

/// R133: an email of another sender goes on, for the same person too.
#[test]
fn r133_other_senders_go_on() {
    let mut story = Story::new();
    story.post(&[HOT.as_slice(), &[TICKED]].concat());
    let mut sending = Sending::default();
    sending.release("t-1", story.now);
    sending.refuse("other@example.com", HouseRefusal::NotVerified, Party::Sender, story.now);
    let terms = story.terms(&sending);
    assert!(story.wake_on(terms).is_some());
}

/// R133: what SES refused a hundred times for reasons of the house is still to come, and was never tried.
#[test]
fn r133_a_refusal_of_the_house_never_makes_an_email_fail() {
    let mut story = Story::asked();
    for _ in 0..100 {
        story.now = story.now.max(story.lead().due_at.expect("due"));
        let order = story.wake().expect("a try");
        story.settle(&order, house_refused(Some(story.now + limits::REFUSED_AGAIN)));
        assert_eq!(story.lead().due_at, Some(story.now + limits::REFUSED_AGAIN));
    }
    story.now = story.lead().due_at.expect("due");
    story.mail("guide");
    assert_eq!(
        (story.entry("guide").state_code(), story.entry("guide").attempts()),
        ("sent".into(), 1)
    );
}

/// R133: while SES refuses the sender, and during a hold, the deadline of `max_lateness` stands still.
#[test]
fn r133_deadlines_stand_still_while_nothing_may_leave() {
    let long = SignedDuration::from_hours(24 * 10);
    for by_hand in [false, true] {
        let mut story = Story::confirmed();
        story.now = story.alarm().expect("day 2");
        let (mut sending, from) = (Sending::default(), demo().sender.from);
        sending.release("t-1", story.now);
        if by_hand {
            sending.hold(story.now, "wait");
        } else {
            sending.refuse(&from, HouseRefusal::AccessDenied, Party::Sender, story.now);
        }
        let mut late = story.clone();
        story.now += long;
        // The same hour of the day, ten days later: a day on which the window is open.
        match by_hand {
            true => sending.release("t-1", story.now),
            false => _ = sending.accept(&from, story.now),
        }
        let terms = story.terms(&sending);
        let plan = plan::plan(story.lead(), &story.catalog, &sending.senders(), story.now);
        assert_eq!(plan[0].step, "day-2");
        story.now = plan[0].at;
        assert_eq!(story.wake_on(terms).expect("not late").step, "day-2", "{by_hand}");
        late.now = story.now;
        late.wake();
        assert_eq!(late.entry("day-2").state_code(), "skipped(late)", "otherwise it is");
    }
}
