//! The score as a whole: its sums, its caps, its grades, and that only what happened counts.

use super::*;
use crate::lead::SignalKind;
use crate::samples::{Chance, HOT, Story, TICKED, at, days, demo, edited};

fn score(story: &Story) -> Score {
    Score::of(
        story.lead(),
        story.catalog.get(&crate::samples::guide()).expect("the demo"),
        story.now,
    )
}

#[test]
fn the_demo_rules_give_what_they_say() {
    let check = |fields: &[(&str, &str)], fit, grade| {
        let mut story = Story::new();
        story.post(fields);
        let score = score(&story);
        assert_eq!(
            (score.fit, score.engagement, score.grade.as_str()),
            (fit, 15, grade),
            "{fields:?}"
        );
    };
    check(&[], 0, "D3");
    check(&HOT, 80, "A3");
    check(&[("timing", "later")], -15, "D3"); // negative points are points
    check(&[("timing", "later"), ("need", "x")], 0, "D3");
    check(&[("budget", "4999.99")], 0, "D3");
    check(&[("budget", "5000")], 10, "D3");
    check(&[("budget", "9999")], 10, "D3");
    check(&[("budget", "10000")], 25, "C3"); // the edge of C
    check(&[("budget", "10000"), ("timing", "now"), ("company", "x")], 50, "B3"); // the edge of B
    check(
        &[("budget", "10000"), ("timing", "now"), ("sector", "ecommerce")],
        50,
        "B3",
    );
    check(
        &[
            ("budget", "10000"),
            ("company_size", "250+"),
            ("timing", "now"),
            ("phone", "0199001234"),
        ],
        70,
        "A3",
    ); // of A
    check(&[("sector", "public")], 0, "D3");
    let all = [
        HOT.as_slice(),
        &[("sector", "saas"), ("company", "x"), ("phone", "0199001234")],
    ]
    .concat();
    check(&all, 100, "A3");
}

#[test]
fn grades_turn_at_their_edges() {
    let scoring = demo().scoring;
    for (fit, engagement, grade) in [
        (70, 40, "A1"),
        (69, 39, "B2"),
        (50, 20, "B2"),
        (49, 19, "C3"),
        (25, 10, "C3"),
        (24, 9, "D4"),
        (i64::MIN, i64::MIN, "D4"),
        (i64::MAX, i64::MAX, "A1"),
    ] {
        assert_eq!(scoring.grade(fit, engagement), grade, "{fit} {engagement}");
    }
}

#[test]
fn engagement_halves_fades_and_never_passes_its_cap() {
    let mut story = Story::new();
    story.post(&[TICKED]);
    story.confirm();
    for (day, engagement) in [(0, 35), (15, 26), (30, 18), (60, 9), (300, 0), (3_000, 0)] {
        story.now = at("2026-03-02T09:00:00Z") + days(day);
        // 15 and 20 points: 11.25 + 15, 7.5 + 10, 3.75 + 5, each line rounded
        assert_eq!(score(&story).engagement, engagement, "day {day}");
    }
    let mut busy = Story::new();
    for day in 0..10 {
        busy.now = at("2026-03-02T09:00:00Z") + days(day);
        busy.post(&[("company", if day % 2 == 0 { "A" } else { "B" })]);
        assert!(score(&busy).engagement <= 30, "day {day}");
    }
    assert_eq!(score(&busy).engagement, 30);
}

#[test]
fn a_rule_that_takes_points_away_is_capped_too() {
    let mut story = Story::of([edited(&[(
        "points = 15\nhalf_life_days = 30\ncap = 30",
        "points = -15\nhalf_life_days = 30\ncap = -20",
    )])]);
    story.post(&[]);
    assert_eq!(score(&story).engagement, -15);
    story.wait(days(20)).post(&[("company", "x")]);
    assert_eq!(score(&story).engagement, -20);
    let lines: Vec<i64> = score(&story)
        .lines
        .iter()
        .filter(|l| l.axis == Axis::Engagement)
        .map(|l| l.points)
        .collect();
    assert_eq!(lines, [-10, -10]);
}

#[test]
fn r60_no_signal_but_a_deed_counts_and_the_order_they_came_in_does_not_matter() {
    let mut story = Story::new();
    story.post(&HOT);
    let mut lead = story.lead().clone();
    let mut chance = Chance(60);
    let kinds = [SignalKind::Form, SignalKind::Confirm, SignalKind::Click];
    for n in 0..40 {
        lead.signals.push(Signal {
            kind: *chance.pick(&kinds),
            at: story.now - days(chance.below(90) as i64),
            of: format!("mail-{n}"),
            id: None,
            source: None,
        });
    }
    let campaign = demo();
    let first = Score::of(&lead, &campaign, story.now);
    for _ in 0..50 {
        for n in (1..lead.signals.len()).rev() {
            let other = chance.below(n as u64 + 1) as usize;
            lead.signals.swap(n, other);
        }
        let shuffled = Score::of(&lead, &campaign, story.now);
        assert_eq!(
            (shuffled.fit, shuffled.engagement, &shuffled.grade),
            (first.fit, first.engagement, &first.grade),
            "I9"
        );
    }
}

#[test]
fn the_lines_add_up_whatever_was_answered_done_and_waited() {
    let campaign = demo();
    let mut chance = Chance(7);
    for _ in 0..2_000 {
        let mut story = Story::new();
        let mut fields = Vec::new();
        for field in &campaign.form.fields {
            if !field.options.is_empty() && chance.once_in(2) {
                fields.push((field.name.as_str(), chance.pick(&field.options).value.clone()));
            }
        }
        fields.push(("budget", chance.below(20_000).to_string()));
        let borrowed: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        story.post(&borrowed);
        let mut lead = story.lead().clone();
        for n in 0..chance.below(60) {
            lead.signals.push(Signal {
                kind: *chance.pick(&[SignalKind::Form, SignalKind::Confirm, SignalKind::Click]),
                at: story.now + days(chance.below(400) as i64 - 200),
                of: n.to_string(),
                id: None,
                source: None,
            });
        }
        let score = Score::of(&lead, &campaign, story.now);
        let sum = |axis| {
            score
                .lines
                .iter()
                .filter(|line| line.axis == axis)
                .map(|line| line.points)
                .sum::<i64>()
        };
        assert_eq!((score.fit, score.engagement), (sum(Axis::Fit), sum(Axis::Engagement)));
        assert!(score.lines.iter().all(|line| line.points != 0), "no empty line");
        for rule in &campaign.scoring.engagement {
            let of_rule: i64 = score
                .lines
                .iter()
                .filter(|line| line.rule == rule.rule)
                .map(|line| line.points)
                .sum();
            assert!((0..=rule.cap).contains(&of_rule), "{}: {of_rule}", rule.rule);
        }
        assert!(score.engagement <= 80 && score.fit <= 100 && score.fit >= -15);
        assert_eq!(
            score.is_mql(&campaign.scoring),
            score.fit >= 50 && score.engagement >= 10
        );
    }
}
