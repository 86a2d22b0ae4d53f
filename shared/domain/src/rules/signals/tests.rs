//! What other systems may and may not do to a lead.

use super::*;
use crate::campaign::mapping::Mapping;
use crate::kit::email::Email;
use crate::kit::ids::LeadId;
use crate::kit::locale::Locale;
use crate::lead::StageChange;
use crate::lead::consent::ConsentState;
use crate::lead::erasure::ErasedBy;
use crate::rules::effect::Effect;
use crate::rules::input;
use crate::rules::rights_log::{Action, Actor};
use crate::samples::{Chance, HOT, Story, TICKED, at, days, demo, guide, hours, interest, key, submission};
use crate::views::timeline::timeline;
use jiff::SignedDuration;

fn report(story: &Story, id: &str, what: Reported) -> Report {
    Report {
        cents: None,
        id: ReportId::of(&key(), "crm", id),
        source: "crm".into(),
        at: story.now,
        what,
    }
}

#[track_caller]
fn tell(story: &mut Story, id: &str, kind: SignalKind) -> bool {
    tell_of(story, id, kind, story.now)
}

/// Whether it changed anything but the alarm and the grade, which every look at a lead sets anew.
#[track_caller]
fn tell_of(story: &mut Story, id: &str, kind: SignalKind, at: Timestamp) -> bool {
    let of = "https://www.example.com/tarifs".into();
    let told = Report {
        at,
        ..report(story, id, Reported::Signal(kind, of))
    };
    let bare = |story: &Story| Lead {
        version: 0,
        due_at: None,
        grade: None,
        ..story.lead().clone()
    };
    let before = bare(story);
    story.apply(&input::Signal(told));
    before != bare(story)
}

fn details(story: &Story, fields: &[(&str, &str)]) -> Reported {
    let mut submission = submission(story.catalog.get(&guide()).expect("the demo"), fields);
    submission.consents.clear();
    Reported::Lead(guide(), submission)
}

fn stages(story: &Story) -> Vec<(Stage, Mover)> {
    story
        .lead()
        .history
        .iter()
        .map(|StageChange { to, by, .. }| (*to, *by))
        .collect()
}

#[test]
fn r26_the_same_id_has_one_effect_whatever_it_says_and_whenever_it_comes_again() {
    for kind in SignalKind::ALL.into_iter().filter(|kind| kind.may_be_reported()) {
        let mut story = Story::confirmed();
        assert!(tell(&mut story, "msg_1", kind), "{kind:?}");
        for _ in 0..3 {
            story.wait(days(2));
            assert!(!tell(&mut story, "msg_1", kind), "{kind:?} again changes nothing");
        }
    }
}

#[test]
fn r26_a_no_told_again_does_not_undo_the_yes_that_came_between() {
    let mut story = Story::confirmed();
    tell(&mut story, "msg_no", SignalKind::Unsubscribe);
    assert_eq!(story.marketing(), Some(ConsentState::Withdrawn));
    assert_eq!(story.lead().consents[0].method, Method::Reported);
    assert_eq!(story.ended("nurture"), Some(ExitReason::Unsubscribe));
    story.wait(days(1)).apply(&input::OptIn(guide(), Locale::Fr));
    assert_eq!(story.marketing(), Some(ConsentState::Given));
    assert!(!tell(&mut story, "msg_no", SignalKind::Unsubscribe));
    assert_eq!(story.marketing(), Some(ConsentState::Given));
    tell(&mut story, "msg_no_2", SignalKind::Unsubscribe);
    assert_eq!(
        story.marketing(),
        Some(ConsentState::Withdrawn),
        "another no is another"
    );
}

#[test]
fn r74_a_reported_no_is_in_the_log_of_rights_once() {
    fn rows(story: &mut Story, id: &str, kind: SignalKind) -> usize {
        let told = report(story, id, Reported::Signal(kind, String::new()));
        let effects = story.apply(&input::Signal(told)).effects;
        let row = |effect: &&Effect| matches!(effect, Effect::Rights(Actor::System, Action::OptOut));
        effects.iter().filter(row).count()
    }
    let mut story = Story::confirmed();
    assert_eq!(rows(&mut story, "msg_0", SignalKind::Reply), 0);
    assert_eq!(rows(&mut story, "msg_1", SignalKind::Unsubscribe), 1);
    assert_eq!(
        rows(&mut story, "msg_1", SignalKind::Unsubscribe),
        0,
        "the same report again"
    );
    let mut erased = Story::confirmed();
    erased.apply(&input::Erase(ErasedBy::Person));
    assert_eq!(
        rows(&mut erased, "msg_2", SignalKind::Unsubscribe),
        1,
        "after an erasure"
    );
}

#[test]
fn a_reply_or_a_meeting_ends_the_sequences_that_name_it_and_no_other() {
    for kind in [SignalKind::Reply, SignalKind::Meeting] {
        let mut story = Story::asked();
        tell(&mut story, "msg_0", kind);
        assert_eq!(story.ended("guide"), None, "the promised guide still goes");
        story.mail("guide");
        story.confirm();
        let begun = story.now;
        tell_of(&mut story, "msg_1", kind, begun - hours(2));
        assert_eq!(
            story.ended("nurture"),
            None,
            "an answer from before the sequence is none to it"
        );
        story.wait(hours(1));
        tell(&mut story, "msg_2", kind);
        assert_eq!(story.ended("nurture"), Some(ExitReason::Reply));
        assert!(story.run(story.now + days(30)).is_empty());
    }
}

#[test]
fn how_a_sale_ended_moves_the_stage_along_the_allowed_moves() {
    let check = |start: &[Stage], kind, to: &[Stage]| {
        let mut story = Story::asked();
        for stage in start {
            story.step_to(*stage);
        }
        let before = story.lead().history.len();
        tell(&mut story, "msg_1", kind);
        let moved = &stages(&story)[before..];
        assert_eq!(
            moved.iter().map(|(to, _)| *to).collect::<Vec<_>>(),
            to,
            "{start:?} {kind:?}"
        );
        assert!(moved.iter().all(|(_, by)| *by == Mover::Report));
    };
    check(&[], SignalKind::Won, &[Stage::Sql, Stage::Customer]);
    check(&[Stage::Sql], SignalKind::Won, &[Stage::Customer]);
    check(&[Stage::Sql, Stage::Customer], SignalKind::Won, &[]);
    check(
        &[Stage::Disqualified],
        SignalKind::Won,
        &[Stage::Lead, Stage::Sql, Stage::Customer],
    );
    check(&[Stage::Sql], SignalKind::Lost, &[Stage::Disqualified]);
    check(&[Stage::Sql, Stage::Customer], SignalKind::Lost, &[]);
    check(&[], SignalKind::CallNotAFit, &[Stage::Disqualified]);
    check(&[Stage::Disqualified], SignalKind::Lost, &[]);
    check(&[], SignalKind::CallNoAnswer, &[]);
}

#[test]
fn r24_the_last_end_of_a_sale_counts_in_whatever_order_both_are_told() {
    let start = at("2026-03-02T09:00:00Z");
    for late in [false, true] {
        let mut story = Story::asked();
        story.step_to(Stage::Sql);
        story.wait(days(3));
        let mut news = [(SignalKind::Lost, start + days(1)), (SignalKind::Won, start + days(2))];
        if late {
            news.reverse();
        }
        for (kind, when) in news {
            tell_of(&mut story, kind.code(), kind, when);
        }
        assert_eq!(story.lead().stage, Stage::Customer, "late: {late}");
    }
}

#[test]
fn r69_nobody_elses_report_ever_raises_a_consent_or_starts_marketing() {
    for (mut campaign, promised) in [(demo(), false), (interest(), false), (demo(), true), (interest(), true)] {
        let regime = campaign.regime;
        let mapping = Mapping {
            send_promised: promised,
            ..Mapping::native()
        };
        campaign.triggers.insert("crm".into(), mapping);
        let mut story = Story::of([campaign]);
        let new = report(&story, "msg_1", details(&story, &HOT));
        story.apply(&input::Signal(new));
        assert_eq!(
            story.lead().id,
            LeadId::of(
                &key(),
                &story.lead().workspace,
                &Email::parse("ana@example.com").expect("an address")
            )
        );
        assert!(story.lead().consents.is_empty());
        assert_eq!(
            story.lead().stage,
            Stage::Mql,
            "what it is worth is counted like a form's"
        );
        let mails: Vec<String> = story
            .run(story.now + days(40))
            .into_iter()
            .map(|(_, order)| order.step)
            .collect();
        let expected: &[&str] = if promised { &["guide"] } else { &[] };
        assert_eq!(mails, expected, "{regime:?}: at most what was promised");
    }
    // Even a submission that claims a tick.
    let mut story = Story::new();
    let ticked = submission(&demo(), &[TICKED]);
    let new = report(&story, "msg_1", Reported::Lead(guide(), ticked));
    story.apply(&input::Signal(new));
    assert!(story.lead().consents.is_empty());
    // Nor does it lift a no.
    let mut story = Story::confirmed();
    story.opt_out();
    story.wait(days(1));
    let again = report(&story, "msg_2", details(&story, &HOT));
    story.apply(&input::Signal(again));
    assert_eq!(
        story.lead().suppression.map(|s| s.reason),
        Some(SuppressionReason::Unsubscribe)
    );
}

#[test]
fn details_that_come_twice_are_one_post_and_a_known_lead_keeps_its_first_touch() {
    let mut story = Story::asked();
    story.wait(hours(2));
    let told = report(&story, "msg_1", details(&story, &[("company", "Exemple")]));
    story.apply(&input::Signal(told.clone()));
    assert_eq!(story.lead().words.enquiries().len(), 2);
    assert_eq!(story.lead().words.answers()["company"].expose(), "Exemple");
    story.wait(SignedDuration::from_mins(20));
    story.apply(&input::Signal(told));
    assert_eq!(story.lead().words.enquiries().len(), 2);
}

#[test]
fn of_somebody_unknown_only_details_make_a_lead() {
    let mut story = Story::new();
    for kind in SignalKind::ALL {
        let told = report(&story, "msg", Reported::Signal(kind, String::new()));
        let decision = story.apply(&input::Signal(told));
        assert!(decision.record.is_none() && decision.answer.is_none(), "{kind:?}");
    }
}

#[test]
fn r23_reports_in_any_order_and_number_give_one_score() {
    let mut chance = Chance(26);
    for _ in 0..40 {
        let mut story = Story::asked();
        let start = story.now;
        story.wait(days(30));
        let kinds = [
            SignalKind::Visit,
            SignalKind::Download,
            SignalKind::Meeting,
            SignalKind::CallReached,
        ];
        let mut news: Vec<(String, SignalKind, Timestamp)> = (0..chance.below(30))
            .map(|n| {
                (
                    n.to_string(),
                    *chance.pick(&kinds),
                    start + hours(chance.below(720) as i64),
                )
            })
            .collect();
        let mut scores = Vec::new();
        for _ in 0..3 {
            for n in (1..news.len()).rev() {
                news.swap(n, chance.below(n as u64 + 1) as usize);
            }
            let mut told = story.clone();
            for (id, kind, when) in &news {
                tell_of(&mut told, id, *kind, *when);
                if chance.once_in(3) {
                    tell_of(&mut told, id, *kind, *when);
                }
            }
            let score =
                crate::rules::scoring::Score::of(told.lead(), told.catalog.get(&guide()).expect("demo"), told.now);
            scores.push((score.fit, score.engagement, score.lines));
        }
        assert!(scores.windows(2).all(|pair| pair[0] == pair[1]));
    }
}

#[test]
fn a_moment_to_come_counts_as_now_and_a_subject_is_cut() {
    let mut story = Story::asked();
    let when = story.now + days(9);
    let told = Report {
        at: when,
        ..report(&story, "msg", Reported::Signal(SignalKind::Visit, "é".repeat(500)))
    };
    story.apply(&input::Signal(told));
    let signal = story.lead().signals.last().expect("a signal");
    assert_eq!(
        (signal.at, signal.of.chars().count()),
        (story.now, limits::SUBJECT_CHARS_MAX)
    );
}

#[test]
fn the_timeline_shows_what_arrived_and_from_where() {
    let mut story = Story::asked();
    for kind in SignalKind::ALL.into_iter().filter(|kind| kind.may_be_reported()) {
        tell(&mut story, kind.code(), kind);
    }
    for (locale, expected) in [
        (Locale::Fr, "Page visitée\u{a0}: https://www.example.com/tarifs (crm)"),
        (Locale::En, "Page visited: https://www.example.com/tarifs (crm)"),
    ] {
        let told: Vec<String> = timeline(story.lead(), &story.catalog, locale)
            .into_iter()
            .map(|e| e.text)
            .collect();
        assert!(told.iter().any(|text| text == expected), "{told:?}");
        assert_eq!(told.iter().filter(|text| text.ends_with("(crm)")).count(), 10);
    }
}
