//! The plan is a promise: what it lists is what wakes will send, at those moments, and nothing else.

use std::collections::BTreeSet;

use jiff::Zoned;
use jiff::civil::Weekday;

use super::*;
use crate::kit::calendar::holiday_fr;
use crate::kit::ids::CampaignId;
use crate::lead::ledger::Outcome;
use crate::lead::stage::Stage;
use crate::rules::effect::MailOrder;
use crate::rules::input;
use crate::samples::{Chance, HOT, Story, TICKED, accepted, at, days, demo, guide, hours, interest, other};

/// A mail, as a plan promises it and as it leaves.
type Line = (Timestamp, CampaignId, String, String);

fn promised(story: &Story) -> Vec<Line> {
    plan(story.lead(), &story.catalog, &Senders::WELL, story.now)
        .into_iter()
        .map(|mail| (mail.at, mail.campaign, mail.sequence, mail.step))
        .collect()
}

fn left(mails: Vec<(Timestamp, MailOrder)>) -> Vec<Line> {
    mails
        .into_iter()
        .map(|(at, order)| (at, order.campaign, order.sequence, order.step))
        .collect()
}

/// Drives the lead through time and holds what leaves against what was promised.
#[track_caller]
fn keeps_its_promise(story: &Story, case: &str) -> Vec<Line> {
    let promised = promised(story);
    let mut driven = story.clone();
    // What months of silence will bring is no promise.
    let mails = left(driven.run(story.now + days(120)));
    assert_eq!(promised, mails, "{case}, from {}", story.now);
    assert!(driven.alarm().is_none(), "{case}: nothing is left");
    mails
}

#[test]
fn the_plan_lists_exactly_what_leaves_from_any_moment_of_a_year() {
    let mut chance = Chance(365);
    for hour in (0..365 * 24).step_by(61) {
        let mut story = Story::new();
        story.now = at("2026-01-01T00:00:00Z") + hours(hour);
        story.now += SignedDuration::from_secs(chance.below(3_600) as i64);
        story.post(&[TICKED]);
        assert_eq!(
            keeps_its_promise(&story, "asked").len(),
            1,
            "before the confirmation only the guide"
        );
        story.mail("guide");
        story.confirm();
        let mails = keeps_its_promise(&story, "confirmed");
        assert_eq!(mails.len(), 4);
        // From the middle, and after nobody looked for some days.
        story.run(mails[1].0);
        assert_eq!(keeps_its_promise(&story, "after two"), mails[2..]);
        story.wait(hours(chance.below(20 * 24) as i64));
        keeps_its_promise(&story, "after an outage");
    }
}

#[test]
fn every_promised_mail_keeps_the_rules_of_the_campaign() {
    for hour in (0..365 * 24).step_by(29) {
        let mut story = Story::new();
        story.now = at("2026-01-01T00:00:00Z") + hours(hour);
        story.post(&[TICKED]);
        story.mail("guide");
        story.confirm();
        let start = story.now;
        let mails = plan(story.lead(), &story.catalog, &Senders::WELL, story.now);
        assert_eq!(mails.len(), 4, "{start}");
        for mail in &mails {
            let local: Zoned = mail.at.in_tz("Europe/Paris").expect("a zone");
            assert!(
                !matches!(local.weekday(), Weekday::Saturday | Weekday::Sunday),
                "{local}"
            );
            assert!((9..18).contains(&local.hour()), "{local}");
            assert!(holiday_fr(local.date(), false).is_none(), "{local}");
        }
        for pair in mails.windows(2) {
            assert!(pair[1].at.duration_since(pair[0].at) >= hours(20), "{start}: {pair:?}");
        }
        let end = start
            .in_tz("Europe/Paris")
            .expect("a zone")
            .saturating_add(jiff::Span::new().days(14));
        assert!(mails[3].at <= end.timestamp(), "{start}: within two weeks");
    }
}

#[test]
fn a_plan_says_what_moved_a_mail() {
    let mut story = Story::confirmed(); // Monday 2 March: day 5 is a Saturday
    let why: Vec<_> = plan(story.lead(), &story.catalog, &Senders::WELL, story.now)
        .iter()
        .map(|mail| mail.moved.why(crate::Locale::En))
        .collect();
    assert_eq!(why, [None, Some("weekend"), None, None]);
    story = Story::new();
    story.go("2026-04-29T20:30:00Z").post(&[TICKED]); // Wednesday evening before the 1st of May
    story.mail("guide");
    story.confirm();
    let mails = plan(story.lead(), &story.catalog, &Senders::WELL, story.now);
    let told: Vec<_> = mails
        .iter()
        .map(|mail| (mail.at.to_string(), mail.moved.why(crate::Locale::En)))
        .collect();
    assert_eq!(told[0], ("2026-05-04T07:00:00Z".into(), Some("Labour Day")));
    assert_eq!(
        told[1],
        (
            "2026-05-05T07:00:00Z".into(),
            Some("minimum gap after the previous email")
        )
    );
}

#[test]
fn the_plan_stops_where_the_mails_do() {
    type Change = fn(&mut Story);
    let cases: [(&str, Change, usize); 6] = [
        ("opt-out", |s| assert!(s.opt_out().record.is_some()), 0),
        (
            "sales",
            |s| assert_eq!(s.step_to(Stage::Sql), crate::rules::stages::Moved::Done),
            0,
        ),
        (
            "qualified",
            |s| assert_eq!(s.step_to(Stage::Mql), crate::rules::stages::Moved::Done),
            4,
        ),
        (
            "asked again",
            |s| assert!(s.wait(days(1)).post(&HOT).record.is_some()),
            5,
        ),
        (
            "back again",
            |s| {
                s.opt_out();
                s.apply(&input::OptIn(guide(), crate::kit::locale::Locale::Fr));
            },
            4,
        ),
        ("all gone", |s| drop(s.run(s.now + days(30))), 0),
    ];
    for (case, change, expected) in cases {
        let mut story = Story::confirmed();
        change(&mut story);
        assert_eq!(keeps_its_promise(&story, case).len(), expected, "{case}");
    }
}

#[test]
fn a_stop_that_a_gate_keeps_is_not_planned_either() {
    // Consent taken from under a running enrolment: the wake would skip, so the plan promises nothing.
    let mut story = Story::confirmed();
    std::sync::Arc::make_mut(&mut story.lead.as_mut().expect("a lead").consents)[0].state =
        crate::lead::consent::ConsentState::Withdrawn;
    assert!(promised(&story).is_empty());
    assert!(story.run(story.now + days(30)).is_empty());
}

#[test]
fn a_mail_on_its_way_is_no_longer_to_come() {
    let mut story = Story::confirmed();
    story.now = story.lead().due_at.expect("day 2");
    let order = story.wake().expect("day 2");
    let planned = promised(&story);
    assert_eq!(planned.len(), 3);
    story.settle(&order, accepted(&order));
    assert_eq!(promised(&story), planned);

    let mut refused = Story::confirmed();
    refused.now = refused.lead().due_at.expect("day 2");
    let order = refused.wake().expect("day 2");
    refused.settle(&order, Outcome::RefusedForNow { code: "busy".into() });
    assert_eq!(
        keeps_its_promise(&refused, "refused for now").len(),
        4,
        "it is tried again"
    );
}

#[test]
fn a_mail_too_late_is_not_promised() {
    for waited in 0..30 {
        let mut story = Story::confirmed();
        story.wait(days(waited)).wait(hours(7));
        keeps_its_promise(&story, &format!("after {waited} days"));
    }
}

#[test]
fn two_campaigns_share_one_plan_one_gap_and_one_alarm() {
    let b = Campaign {
        id: CampaignId::new("b"),
        ..interest()
    };
    for hour in (0..14 * 24).step_by(5) {
        let mut story = Story::of([demo(), b.clone(), other("c")]);
        story.wait(hours(hour)).post(&[TICKED]);
        story.mail("guide");
        story.confirm();
        story.wait(hours(hour % 50)).post_to("b", &[]);
        let mails = keeps_its_promise(&story, "two campaigns");
        assert_eq!(mails.iter().filter(|mail| mail.2 == "nurture").count() + 1, mails.len());
    }
}

#[test]
fn the_alarm_is_the_first_line_of_the_plan() {
    for seed in 0..25 {
        let mut chance = Chance(seed);
        let mut story = Story::asked();
        for _ in 0..40 {
            match chance.below(6) {
                0 => drop(story.apply(&input::Confirm(guide(), None))),
                1 => drop(
                    story
                        .wait(hours(30))
                        .post(&[("sector", *chance.pick(&["saas", "public"])), TICKED]),
                ),
                2 => drop(story.run(story.now + hours(50))),
                3 if chance.once_in(3) => drop(story.opt_out()),
                _ => drop(story.wait(hours(chance.below(9) as i64))),
            }
            let first = promised(&story).first().map(|mail| mail.0);
            let due = story.alarm().map(|due| due.max(story.now));
            if first.is_some() {
                assert!(due <= first, "seed {seed}: {due:?} {first:?}");
            }
            keeps_its_promise(&story, &format!("seed {seed}"));
        }
    }
}

#[test]
fn a_lead_of_a_campaign_that_is_gone_has_no_plan_and_keeps_its_alarm() {
    let mut story = Story::confirmed();
    let due = story.lead().due_at;
    story.catalog = crate::samples::catalog([other("b")]);
    assert!(promised(&story).is_empty());
    assert_eq!(due_at(story.lead(), &story.catalog, story.now), due);
    let steps: BTreeSet<_> = upcoming(story.lead(), &story.catalog, story.now)
        .iter()
        .map(|next| next.step.id.clone())
        .collect();
    assert!(steps.is_empty());
}

/// Of a campaign that is there and cannot be read nothing is known: its leads are looked at again in an hour, not each
/// minute, and nothing of theirs ends. A campaign that is not there may have been published a moment ago.
#[test]
fn r130_the_alarm_of_a_campaign_left_out_moves_on_and_nothing_ends() {
    let mut story = Story::asked();
    story.lead.as_mut().expect("a lead").unmet = false; // the first wake takes it away
    let (whole, before) = (story.catalog.clone(), story.lead().clone());
    story.catalog = Catalog::default();
    assert!(story.wake().is_none());
    assert_eq!(story.lead(), &before, "not at hand");
    story.catalog = Catalog::default().leaving_out([guide()]);
    assert!(story.wake().is_none());
    assert_eq!(story.lead().due_at, Some(story.now + limits::PAUSE_STEP));
    assert_eq!(
        (&story.lead().enrolments, &story.lead().grade),
        (&before.enrolments, &before.grade)
    );
    let moved = story.lead().clone();
    story.wait(hours(0));
    assert!(story.wake().is_none());
    assert_eq!(story.lead(), &moved, "once an hour");
    story.catalog = whole;
    story.wait(hours(1));
    assert!(story.wake().is_some(), "and its guide leaves");
}

/// R127: the plan shows no email to somebody who will be erased before, and none by a consent that will have ended.
#[test]
fn r127_the_plan_ends_where_the_person_or_the_consent_does() {
    let steps = |edits: &[(&str, &str)]| {
        let mut story = Story::of([crate::samples::edited(edits)]);
        story.post(&[TICKED]);
        story.mail("guide");
        story.confirm();
        let mails = keeps_its_promise(&story, "shorter");
        mails.into_iter().map(|mail| mail.3).collect::<Vec<_>>()
    };
    let all = ["day-2", "day-5", "day-9", "day-14"];
    assert_eq!(steps(&[]), all);
    let shorter = ("retention = \"P3Y\"", "retention = \"P6D\"");
    assert_eq!(
        steps(&[shorter]),
        all[..1],
        "day 5 is a Saturday, and would leave a week after"
    );
    let consent = (
        "purpose = \"marketing\"\n",
        "purpose = \"marketing\"\nretention = \"P8D\"\n",
    );
    assert_eq!(steps(&[consent]), all[..2]);
}

/// R127: what is written by files known to be old is looked at again: the alarms that a publish moved are set already.
#[test]
fn r127_an_alarm_set_by_old_files_rings_again_soon() {
    let mut story = Story::confirmed();
    story.run(at("2026-06-01T09:00:00Z"));
    let (now, due) = (story.now, story.lead().due_at);
    assert!(due.is_some_and(|due| due > now + days(1)), "{due:?}");
    story.catalog = story.catalog.clone().grown_stale();
    assert_eq!(
        due_at(story.lead(), &story.catalog, now),
        Some(now + limits::PAUSE_STEP)
    );
}
