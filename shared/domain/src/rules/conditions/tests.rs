//! Steps that leave under conditions, and steps that repeat: what the plan says is what leaves (R127).

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::campaign::Campaign;
use crate::kit::personal::Personal;
use crate::kit::vocabulary::{ExitReason, SkipReason, Stage};
use crate::lead::ledger::FeedbackKind;
use crate::lead::preferences::Topic;
use crate::rules::input;
use crate::rules::plan::{Planned, outlook, plan};
use crate::rules::sending::{Evidence, Senders, Terms};
use crate::samples::{Story, TICKED, at, days, edited, guide, hours};

const DAY_5: &str = "template = \"day-5\"\n";
const DAY_9: &str = "template = \"day-9\"\n";
const DAY_14: &str = "template = \"day-14\"\n";
const STILL_THERE: &str = "template = \"still-there\"\n";

/// Answers of a form, by field.
type Answers<'a> = &'a [(&'a str, &'a str)];

/// The demo campaign with lines added to some of its steps.
fn with(lines: &[(&str, &str)]) -> Campaign {
    let edits: Vec<_> = lines
        .iter()
        .map(|(step, more)| (*step, format!("{step}{more}\n")))
        .collect();
    let edits: Vec<(&str, &str)> = edits.iter().map(|(from, to)| (*from, to.as_str())).collect();
    edited(&edits)
}

/// Somebody who asked with these answers and confirmed.
fn confirmed(campaign: Campaign, answers: Answers<'_>) -> Story {
    let mut story = Story::of([campaign]);
    story.post(&[answers, &[TICKED]].concat());
    story.mail("guide");
    story.confirm();
    story
}

/// What was promised is what leaves until a moment; then the steps that left.
#[track_caller]
fn keeps_its_promise(story: &mut Story, until: Timestamp) -> Vec<String> {
    let line = |mail: &Planned| (mail.at, mail.step.clone());
    let promised = plan(story.lead(), &story.catalog, &Senders::WELL, story.now);
    let promised: Vec<_> = promised.iter().map(line).filter(|(at, _)| *at <= until).collect();
    let left: Vec<_> = story
        .run(until)
        .into_iter()
        .map(|(at, order)| (at, order.step))
        .collect();
    assert_eq!(promised, left);
    left.into_iter().map(|(_, step)| step).collect()
}

fn correct(story: &mut Story, field: &str, answer: &str) {
    let answers = BTreeMap::from([(field.to_owned(), Personal::new(answer))]);
    story.apply(&input::Correct(answers));
}

fn click(story: &mut Story, step: &str) {
    let send = story.entry(step).id.clone();
    story.wait(hours(1)).report(&send, FeedbackKind::Click);
}

#[test]
fn r127_a_step_leaves_when_all_of_it_is_true_and_none_of_its_goals_is() {
    let all = ["day-2", "day-5", "day-9", "day-14"];
    let but_5 = ["day-2", "day-9", "day-14"];
    let small = ("company_size", "1-9");
    let middle = ("company_size", "10-49");
    let budget = ("budget", "15000");
    let size = "{ field = \"company_size\", one_of = [\"10-49\", \"50-249\"] }";
    let rows: [(String, Answers<'_>, bool); 13] = [
        (format!("when = [{size}]"), &[middle], true),
        (format!("when = [{size}]"), &[small], false),
        (format!("when = [{size}]"), &[], false),
        (
            format!("when = [{size}, {{ field = \"budget\", at_least = 10000 }}]"),
            &[middle, budget],
            true,
        ),
        (
            format!("when = [{size}, {{ field = \"budget\", at_least = 10000 }}]"),
            &[middle],
            false,
        ),
        (
            format!("when = [{size}, {{ field = \"budget\", at_least = 20000 }}]"),
            &[middle, budget],
            false,
        ),
        ("when = [{ field = \"need\", filled = false }]".into(), &[], true),
        ("when = [{ stage = [\"lead\", \"mql\"] }]".into(), &[], true),
        ("when = [{ stage = [\"mql\"] }]".into(), &[], false),
        (format!("until = [{size}]"), &[middle], false),
        (format!("until = [{size}]"), &[small], true),
        (format!("until = [{{ stage = [\"mql\"] }}, {size}]"), &[middle], false),
        (
            format!("when = [{{ stage = [\"lead\"] }}]\nuntil = [{size}]"),
            &[middle],
            false,
        ),
    ];
    for (line, answers, leaves) in rows {
        let mut story = confirmed(with(&[(DAY_5, &line)]), answers);
        let expected = if leaves { &all[..] } else { &but_5[..] };
        let until = story.now + days(30);
        assert_eq!(keeps_its_promise(&mut story, until), expected, "{line} {answers:?}");
        if !leaves {
            let reason = if line.contains("until") {
                SkipReason::Goal
            } else {
                SkipReason::Condition
            };
            let state = format!("skipped({})", reason.code());
            assert_eq!(story.entry("day-5").state_code(), state, "{line}");
        }
        assert_eq!(story.ended("nurture"), Some(ExitReason::Completed), "{line}");
    }
}

#[test]
fn what_becomes_true_before_the_step_is_due_counts_and_what_comes_later_does_not() {
    let campaign = || with(&[(DAY_5, "when = [{ field = \"company_size\", one_of = [\"10-49\"] }]")]);
    let mut story = confirmed(campaign(), &[]);
    let before = outlook(story.lead(), &story.catalog, &Senders::WELL, story.now);
    let left_out = before
        .iter()
        .filter_map(|mail| Some((mail.step.as_str(), mail.left_out?)));
    assert_eq!(left_out.collect::<Vec<_>>(), [("day-5", SkipReason::Condition)]);
    assert_eq!(before.len(), 4, "the plan says which one is left out");
    story.run(story.now + days(3));
    correct(&mut story, "company_size", "10-49");
    let until = story.now + days(30);
    assert_eq!(keeps_its_promise(&mut story, until), ["day-5", "day-9", "day-14"]);

    let mut late = confirmed(campaign(), &[]);
    late.run(late.now + days(8));
    correct(&mut late, "company_size", "10-49");
    let until = late.now + days(30);
    assert_eq!(
        keeps_its_promise(&mut late, until),
        ["day-9", "day-14"],
        "it is not caught up"
    );
}

#[test]
fn a_step_left_out_keeps_no_gap_and_holds_nobody_up() {
    // A day apart only by the gap: the third would follow the second, had that left.
    let campaign = edited(&[
        ("min_gap = \"PT20H\"", "min_gap = \"P3D\""),
        (DAY_5, "template = \"day-5\"\nwhen = [{ stage = [\"mql\"] }]\n"),
        ("delay = \"P9D\"", "delay = \"P7D\""),
    ]);
    let mut story = confirmed(campaign, &[]);
    let mails = plan(story.lead(), &story.catalog, &Senders::WELL, story.now);
    assert_eq!(mails[1].at, story.now + days(7), "on its own day");
    let until = story.now + days(30);
    assert_eq!(keeps_its_promise(&mut story, until), ["day-2", "day-9", "day-14"]);
}

#[test]
fn r60_a_click_counts_for_the_steps_after_it_and_a_scanner_is_nobody() {
    let campaign = || {
        with(&[
            (DAY_5, "when = [{ clicked = \"day-2\" }]"),
            (DAY_14, "until = [{ clicked = [\"day-2\", \"day-5\"] }]"),
        ])
    };
    let mut silent = confirmed(campaign(), &[]);
    let until = silent.now + days(30);
    assert_eq!(keeps_its_promise(&mut silent, until), ["day-2", "day-9", "day-14"]);

    let mut keen = confirmed(campaign(), &[]);
    keen.run(keen.now + days(2));
    click(&mut keen, "day-2");
    let until = keen.now + days(30);
    assert_eq!(keeps_its_promise(&mut keen, until), ["day-5", "day-9"]);
    assert_eq!(keen.entry("day-14").state_code(), "skipped(goal)");

    let mut scanned = confirmed(campaign(), &[]);
    scanned.run(scanned.now + days(2));
    let send = scanned.entry("day-2").id.clone();
    scanned.report(&send, FeedbackKind::Click); // in the second it left
    let until = scanned.now + days(30);
    assert_eq!(keeps_its_promise(&mut scanned, until), ["day-9", "day-14"]);
}

#[test]
fn a_click_of_the_first_time_through_counts_when_the_sequence_goes_on() {
    let mut story = confirmed(with(&[(DAY_9, "when = [{ clicked = \"day-2\" }]")]), &[]);
    story.run(story.now + days(3));
    click(&mut story, "day-2");
    story.step_to(Stage::Mql);
    story.step_to(Stage::Sql);
    assert_eq!(story.ended("nurture"), Some(ExitReason::Sql));
    story.step_to(Stage::Recycled);
    let until = story.now + days(60);
    assert_eq!(keeps_its_promise(&mut story, until), ["day-5", "day-9", "day-14"]);
}

#[test]
fn while_nothing_leaves_nothing_is_judged() {
    let mut story = confirmed(with(&[(DAY_5, "until = [{ stage = [\"mql\"] }]")]), &[]);
    story.run(story.now + days(4));
    story.now = story.alarm().expect("day 5");
    let terms = |paused| Terms {
        paused,
        evidence: Evidence::Complete,
        senders: Senders::WELL,
    };
    story.step_to(Stage::Mql);
    assert!(
        story
            .wake_on(terms(true))
            .is_none_or(|order| order.class == crate::kit::vocabulary::Class::Alert)
    );
    let judged = |story: &Story| story.ledger().iter().any(|line| line.starts_with("day-5"));
    assert!(!judged(&story), "it waits with everything else");
    story.step_to(Stage::Lead);
    let until = story.now + days(30);
    let left: Vec<_> = story.run(until).into_iter().map(|(_, order)| order.step).collect();
    assert_eq!(
        left,
        ["day-5", "day-9", "day-14"],
        "what was true meanwhile does not count"
    );
}

/// Months of silence make a lead dormant by themselves: the plan knows, as far as conditions ask for the stage.
#[test]
fn r127_the_plan_knows_when_silence_changes_the_stage() {
    let campaign = edited(&[
        (
            "within = \"P14D\" # the last message never lands later than this after the confirmation\n",
            "",
        ),
        (
            "delay = \"P14D\"",
            "delay = \"P14D\"\nevery = \"P3M\"\ntimes = 4\nwhen = [{ stage = [\"lead\"] }]",
        ),
        ("wordings = [\"2026-11\"]", "wordings = [\"2026-11\"]\nwithin = \"P1D\""),
    ]);
    let mut story = confirmed(campaign, &[]);
    let mails = outlook(story.lead(), &story.catalog, &Senders::WELL, story.now);
    let said: Vec<_> = mails.iter().map(|mail| (mail.step.as_str(), mail.left_out)).collect();
    let silent = Some(SkipReason::Condition);
    assert_eq!(
        said[3..],
        [
            ("day-14", None),
            ("day-14-2", None),
            ("day-14-3", silent),
            ("day-14-4", silent)
        ]
    );
    let left = story.run(story.now + days(400));
    let left: Vec<_> = left.iter().map(|(_, order)| order.step.as_str()).collect();
    assert_eq!(left, ["day-2", "day-5", "day-9", "day-14", "day-14-2", "still-there"]);
}

/// Four times, three months apart, for those who fell silent; what is over at the end of retention leaves no more.
#[test]
fn r65_a_repeat_leaves_until_the_end_of_retention_and_not_after() {
    let repeated = format!("{STILL_THERE}every = \"P3M\"\ntimes = 4\n");
    let moments = |retention: &str| {
        let campaign = edited(&[(STILL_THERE, &repeated), ("retention = \"P3Y\"", retention)]);
        let mut story = confirmed(campaign, &[]);
        story.run(at("2026-09-02T11:00:00Z"));
        assert_eq!(story.lead().stage, Stage::Dormant);
        let mails = plan(story.lead(), &story.catalog, &Senders::WELL, story.now);
        let promised: Vec<_> = mails.into_iter().map(|mail| (mail.at, mail.step)).collect();
        let left = story.run(at("2029-02-01T00:00:00Z")).into_iter();
        let left: Vec<_> = left.map(|(at, order)| (at, order.step)).collect();
        assert_eq!(promised, left, "{retention}");
        let said = left
            .into_iter()
            .map(|(at, step)| format!("{step} {}", &at.to_string()[..10]));
        (said.collect::<Vec<_>>(), story.lead.is_none())
    };
    let (all, _) = moments("retention = \"P3Y\"");
    assert_eq!(
        all,
        [
            "still-there-2 2026-12-02",
            "still-there-3 2027-03-02",
            "still-there-4 2027-06-02"
        ]
    );
    let (some, erased) = moments("retention = \"P13M\"");
    assert_eq!((&some[..], erased), (&all[..2], true), "erased a month after the third");
}

#[test]
fn a_repeat_ends_when_somebody_comes_back_and_by_its_own_goal() {
    let repeated = |more: &str| format!("{STILL_THERE}every = \"P1M\"\ntimes = 3\n{more}");
    let mut story = confirmed(edited(&[(STILL_THERE, &repeated(""))]), &[]);
    story.run(at("2026-10-10T00:00:00Z"));
    assert_eq!(story.entry("still-there-2").state_code(), "sent");
    click(&mut story, "still-there-2");
    assert_eq!(story.ended("reactivation"), Some(ExitReason::Return));
    assert!(story.run(story.now + days(100)).is_empty());

    // Within a sequence that goes on, a click on one repeat is the goal of those that follow.
    let campaign = edited(&[
        ("within = \"P14D\" # the last", "# the last"),
        (
            DAY_14,
            "template = \"day-14\"\nevery = \"P1M\"\ntimes = 4\nuntil = [{ clicked = \"day-14\" }]\n",
        ),
    ]);
    let mut story = confirmed(campaign, &[]);
    story.run(story.now + days(50));
    assert_eq!(story.entry("day-14-2").state_code(), "sent");
    click(&mut story, "day-14-2");
    let until = story.now + days(100);
    assert!(keeps_its_promise(&mut story, until).is_empty());
    assert_eq!(story.entry("day-14-3").state_code(), "skipped(goal)");
    assert_eq!(story.entry("day-14-4").state_code(), "skipped(goal)");
    assert_eq!(story.ended("nurture"), Some(ExitReason::Completed));
}

/// Whoever turns a topic off gets the next one on its own day, as the plan says: what is skipped keeps no gap.
#[test]
fn r127_a_skipped_step_moves_none_of_the_others() {
    let campaign = edited(&[
        ("min_gap = \"PT20H\"", "min_gap = \"P6D\""),
        ("topic = \"conversion\"", "topic = \"visibility\""),
    ]);
    let mut story = confirmed(campaign, &[]);
    story.run(story.now + days(1));
    let lead = story.lead.as_mut().expect("a lead");
    lead.preferences.topics_off.insert(Topic(guide(), "visibility".into()));
    let until = story.now + days(30);
    assert_eq!(keeps_its_promise(&mut story, until), ["day-14"]);
}
