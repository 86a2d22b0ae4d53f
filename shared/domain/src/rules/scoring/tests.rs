//! The score as a whole: its sums, its caps, its grades, and that only what happened counts.

use super::*;
use crate::campaign::{EngagementRule, Threshold};
use crate::kit::email::Email;
use crate::kit::ids::CampaignId;
use crate::kit::vocabulary::SignalKind;
use crate::lead::stage::Stage;
use crate::rules::input;
use crate::rules::stages::Moved;
use crate::samples::{Chance, HOT, Story, TICKED, at, days, demo, edited, hours, submission};

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
        "points = 15\nhalf_life_days = 30\ncap = 30\nday_cap = 15",
        "points = -15\nhalf_life_days = 30\ncap = -20\nday_cap = -15",
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
    assert_eq!(lines, [-5, -15], "what is fresh counts in full");
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
        assert!(score.lines.iter().all(|line| line.decayed != 0), "no empty line");
        for rule in &campaign.scoring.engagement {
            let of_rule: i64 = score
                .lines
                .iter()
                .filter(|line| line.rule == rule.rule)
                .map(|line| line.points)
                .sum();
            assert!(
                of_rule.abs() <= rule.cap.abs() && of_rule * rule.cap >= 0,
                "{}: {of_rule}",
                rule.rule
            );
        }
        assert!(score.engagement <= 80 && score.fit <= 100 && score.fit >= -15);
        assert_eq!(
            score.is_mql(&campaign.scoring),
            score.fit >= 50 && score.engagement >= 10
        );
    }
}

/// A lead with these signals alone, at ten on Monday 2 March 2026.
fn did(signals: &[(SignalKind, i64)]) -> (Lead, Timestamp) {
    let mut story = Story::new();
    story.post(&[]);
    let mut lead = story.lead().clone();
    lead.signals = signals
        .iter()
        .enumerate()
        .map(|(n, (kind, hours_ago))| Signal {
            kind: *kind,
            at: story.now - hours(*hours_ago),
            of: n.to_string(),
            id: None,
            source: None,
        })
        .collect();
    (lead, story.now)
}

/// The demo campaign with one engagement rule, edited.
fn ruled(edit: impl Fn(&mut EngagementRule)) -> Campaign {
    let mut campaign = demo();
    let mut rule = campaign.scoring.engagement[0].clone();
    (rule.points, rule.cap, rule.half_life_days) = (20, 1_000, 30);
    (rule.day_cap, rule.repeat_percent, rule.group) = (None, None, None);
    edit(&mut rule);
    campaign.scoring.engagement = vec![rule];
    campaign
}

#[track_caller]
fn points(campaign: &Campaign, signals: &[(SignalKind, i64)]) -> Vec<i64> {
    let (lead, now) = did(signals);
    let lines = Score::of(&lead, campaign, now).lines;
    lines
        .into_iter()
        .filter(|l| l.axis == Axis::Engagement)
        .map(|l| l.points)
        .collect()
}

#[test]
fn repeats_count_less_and_the_latest_in_full() {
    let form = SignalKind::Form;
    let halved = ruled(|rule| rule.repeat_percent = Some(50));
    assert_eq!(
        points(&halved, &[(form, 3), (form, 2), (form, 1), (form, 0)]),
        [3, 5, 10, 20],
        "oldest first: 2.5 is 3"
    );
    let once = ruled(|rule| rule.repeat_percent = Some(0));
    assert_eq!(points(&once, &[(form, 2), (form, 1), (form, 0)]), [20]);
    let full = ruled(|_| {});
    assert_eq!(points(&full, &[(form, 2), (form, 0)]), [20, 20]);
}

#[test]
fn a_day_has_its_cap_in_the_campaigns_zone_and_a_rule_and_a_group_theirs() {
    let form = SignalKind::Form;
    let capped = ruled(|rule| (rule.day_cap, rule.half_life_days) = (Some(30), 3_650));
    assert_eq!(points(&capped, &[(form, 2), (form, 1), (form, 0)]), [0, 10, 20]);
    // Ten in Paris: eleven hours ago was yesterday there, though not in New York.
    assert_eq!(
        points(&capped, &[(form, 12), (form, 11), (form, 1), (form, 0)]),
        [10, 20, 10, 20]
    );

    let mut grouped = demo();
    let rule = |kind, points| EngagementRule {
        signal: kind,
        rule: kind.code().into(),
        points,
        cap: 50,
        half_life_days: 3_650,
        group: Some("web".into()),
        day_cap: None,
        repeat_percent: None,
        ..demo().scoring.engagement[0].clone()
    };
    grouped.scoring.engagement = vec![rule(SignalKind::Visit, 20), rule(SignalKind::Download, 30)];
    grouped.scoring.groups = [("web".to_owned(), 60)].into();
    let (visit, download) = (SignalKind::Visit, SignalKind::Download);
    assert_eq!(
        points(&grouped, &[(visit, 3), (visit, 2), (download, 1), (visit, 0)]),
        [0, 10, 30, 20]
    );
    grouped.scoring.groups = [("web".to_owned(), 1_000)].into();
    assert_eq!(
        points(&grouped, &[(visit, 3), (visit, 2), (visit, 1), (visit, 0)]),
        [0, 10, 20, 20],
        "the rule's own cap"
    );
}

#[test]
fn every_line_says_what_it_was_worth_and_what_age_and_caps_left() {
    let capped = ruled(|rule| rule.cap = 25);
    let (lead, now) = did(&[(SignalKind::Form, 30 * 24), (SignalKind::Form, 0)]);
    let score = Score::of(&lead, &capped, now);
    let told: Vec<_> = score
        .lines
        .iter()
        .map(|l| (l.fresh, l.decayed, l.points, l.at))
        .collect();
    assert_eq!(told, [(20, 10, 5, now - days(30)), (20, 20, 20, now)]);
}

#[test]
fn what_happened_later_does_not_count_so_any_day_can_be_worked_out_again() {
    let campaign = demo();
    let mut story = Story::confirmed();
    let mut kept = vec![(story.now, score(&story))];
    for day in 1..60 {
        story.wait(days(1));
        if day % 7 == 0 {
            story.post(&[("company", if day % 2 == 0 { "A" } else { "B" })]);
        }
        kept.push((story.now, score(&story)));
    }
    for (moment, then) in kept {
        let again = Score::of(story.lead(), &campaign, moment);
        assert_eq!(again.engagement, then.engagement, "{moment}");
    }
}

#[test]
fn the_address_counts_by_its_domain() {
    let rule = |condition: &str| {
        edited(&[(
            "# Effectif / Company size",
            &format!(
                "[[scoring.fit]]\nrule = \"address\"\nfield = \"email\"\n{condition}\npoints = -7\nwhy = {{ fr = \"x\", en = \"x\" }}\n"
            ),
        )])
    };
    let check = |condition: &str, address: &str, holds: bool| {
        let campaign = rule(condition);
        let mut story = Story::of([campaign.clone()]);
        let mut posted = submission(&campaign, &[]);
        posted.email = Some(Email::parse(address).expect("an address"));
        story.apply(&input::Capture(CampaignId::new("guide-seo"), posted));
        let held = score(&story)
            .lines
            .iter()
            .any(|line| &*line.rule == "address" && line.points == -7);
        assert_eq!(held, holds, "{condition} {address}");
    };
    check("free_mail = true", "ana@gmail.com", true);
    check("free_mail = true", "ana@example.com", false);
    check("free_mail = false", "ana@example.com", true);
    check("disposable = true", "ana@yopmail.com", true);
    check("domains = [\"rival.example\"]", "ana@rival.example", true);
    check("domains = [\"rival.example\"]", "ana@fr.rival.example", true);
    check("domains = [\"rival.example\"]", "ana@arrival.example", false);
}

#[test]
fn a_disqualifier_caps_the_grade_and_bars_the_mql() {
    let capped = |letter: &str, sector: &str| {
        let campaign = edited(&[(
            "# Effectif / Company size",
            &format!(
                "[[scoring.fit]]\nrule = \"rival\"\nfield = \"sector\"\none_of = [\"agency\"]\npoints = 0\ngrade_at_most = \"{letter}\"\nwhy = {{ fr = \"x\", en = \"x\" }}\n"
            ),
        )]);
        let mut story = Story::of([campaign]);
        story.post(&[HOT.as_slice(), &[("sector", sector)]].concat());
        (
            score(&story).grade,
            score(&story).fit,
            story.lead().stage,
            score(&story).lines.len(),
        )
    };
    assert_eq!(
        capped("D", "agency"),
        ("D3".into(), 80, Stage::Lead, 7),
        "the line is shown, though it gives no point"
    );
    assert_eq!(capped("C", "agency"), ("C3".into(), 80, Stage::Lead, 7));
    assert_eq!(
        capped("B", "agency"),
        ("B3".into(), 80, Stage::Mql, 7),
        "B is what the threshold asks for"
    );
    assert_eq!(capped("D", "other"), ("A3".into(), 80, Stage::Mql, 6));
}

#[test]
fn each_crossing_fires_once_and_only_a_lead_that_cooled_crosses_again() {
    let mut campaign = demo();
    campaign.scoring.mql = Threshold {
        fit: 50,
        engagement: 10,
    };
    campaign.scoring.leave = Some(Threshold { fit: 40, engagement: 5 });
    let mut story = Story::of([campaign]);
    story.post(&HOT);
    assert_eq!(story.step_to(Stage::Lead), Moved::Done);
    let mqls = |story: &Story| {
        story
            .lead()
            .history
            .iter()
            .filter(|change| change.to == Stage::Mql)
            .count()
    };
    // 15 points, half of them left after 30 days: between the thresholds nothing fires, up or down.
    for (day, engagement) in [(10, 13), (25, 9), (35, 7)] {
        story.now = at("2026-03-02T09:00:00Z") + days(day);
        assert_eq!(score(&story).engagement, engagement);
        story.apply(&input::Confirm(crate::samples::guide(), None));
        assert_eq!((mqls(&story), has_cooled(&story)), (1, false), "day {day}");
    }
    story.now = at("2026-03-02T09:00:00Z") + days(36);
    let report = crate::rules::signals::Report {
        id: crate::lead::signal::ReportId::of(&crate::samples::key(), "crm", "1"),
        source: "crm".into(),
        at: story.now,
        what: crate::rules::signals::Reported::Signal(SignalKind::Download, String::new()),
        cents: None,
    };
    story.apply(&input::Signal(report));
    assert_eq!(
        (score(&story).engagement >= 10, mqls(&story)),
        (true, 1),
        "it had not cooled"
    );
    story.wait(days(90)).post(&[("company", "B")]);
    assert_eq!(
        (story.lead().stage, mqls(&story)),
        (Stage::Mql, 2),
        "it had, and crossed anew"
    );
    story.wait(hours(1)).post(&[("company", "C")]);
    story.step_to(Stage::Lead);
    story.wait(hours(1)).confirm();
    assert_eq!((story.lead().stage, mqls(&story)), (Stage::Lead, 2));
}

#[test]
fn a_lead_that_cooled_between_two_events_is_remembered_as_cooled() {
    let mut campaign = demo();
    campaign.scoring.leave = Some(Threshold { fit: 40, engagement: 5 });
    campaign.scoring.engagement[0].points = 5;
    campaign.scoring.engagement[1].points = 5;
    let mut story = Story::of([campaign]);
    story.post(&[TICKED]);
    story.confirm();
    story.post(&HOT);
    assert_eq!(story.lead().stage, Stage::Mql);
    story.step_to(Stage::Lead);
    story.wait(days(60)).post(&[("company", "A")]);
    assert_eq!(
        score(&story).engagement,
        7,
        "above the lower threshold, below the upper one"
    );
    assert!(has_cooled(&story));
    story.wait(days(1)).post(&[("company", "B")]);
    assert_eq!(story.lead().stage, Stage::Mql);
}

/// Any rules, any signals, any moment: the lines add up, and no cap is passed.
#[test]
fn whatever_the_rules_the_lines_add_up_and_no_cap_is_passed() {
    let mut chance = Chance(9);
    for _ in 0..500 {
        let mut campaign = demo();
        campaign.scoring.groups = [("g".to_owned(), chance.below(60) as i64 + 1)].into();
        campaign.scoring.engagement = (0..1 + chance.below(6))
            .map(|n| {
                let sign = if chance.once_in(4) { -1 } else { 1 };
                let points = sign * (chance.below(40) as i64 + 1);
                EngagementRule {
                    rule: format!("r{n}").into(),
                    signal: *chance.pick(&SignalKind::ALL),
                    points,
                    half_life_days: 1 + chance.below(90) as u32,
                    cap: points * (1 + chance.below(5) as i64),
                    day_cap: chance.once_in(2).then(|| points + sign * chance.below(20) as i64),
                    repeat_percent: chance.once_in(2).then(|| chance.below(101) as u8),
                    group: (sign > 0 && chance.once_in(2)).then(|| "g".to_owned()),
                    why: campaign.name.clone(),
                }
            })
            .collect();
        let mut signals = Vec::new();
        for _ in 0..chance.below(60) {
            signals.push((*chance.pick(&SignalKind::ALL), chance.below(3_000) as i64 - 100));
        }
        let (lead, now) = did(&signals);
        let score = Score::of(&lead, &campaign, now);
        let of = |keep: &dyn Fn(&&Line) -> bool| score.lines.iter().filter(keep).map(|line| line.points).sum::<i64>();
        assert_eq!(score.fit, of(&|line| line.axis == Axis::Fit));
        assert_eq!(score.engagement, of(&|line| line.axis == Axis::Engagement));
        let mut grouped = 0;
        for rule in &campaign.scoring.engagement {
            let sum = of(&|line| line.rule == rule.rule);
            assert!(
                sum.abs() <= rule.cap.abs() && sum * rule.cap.signum() >= 0,
                "{}: {sum}",
                rule.rule
            );
            if rule.group.is_some() {
                grouped += sum;
            }
        }
        assert!(grouped <= campaign.scoring.groups["g"]);
        for line in &score.lines {
            assert!(
                line.at <= now && line.points.abs() <= line.decayed.abs() && line.decayed.abs() <= line.fresh.abs()
            );
        }
        assert_eq!(Score::of(&lead, &campaign, now), score);
    }
}

const DAY: i64 = 86_400;

#[test]
fn points_halve_with_each_half_life_and_never_turn() {
    let check = |points, days: i64, expected| {
        assert_eq!(decayed(points, days * DAY, 30), expected, "{points} after {days} days")
    };
    check(20, 0, 20);
    check(20, 15, 15);
    check(20, 30, 10);
    check(20, 60, 5);
    check(20, 90, 3); // 2.5 away from zero
    check(-20, 30, -10);
    check(20, 3_650, 0);
    check(20, i64::MAX / DAY, 0);
    check(20, -5, 20); // a clock that stepped back gives no extra points
    let mut last = i64::MAX;
    for hours in 0..24 * 400 {
        let now = decayed(1_000, hours * 3_600, 30);
        assert!(now <= last);
        last = now;
    }
}

fn has_cooled(story: &Story) -> bool {
    story.lead().standings().all(|standing| standing.crossed_at.is_none())
}
