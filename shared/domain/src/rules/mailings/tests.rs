//! Who gets a mailing, and when.

use std::collections::BTreeMap;

use super::{Excluded, excluded};
use crate::campaign::Campaign;
use crate::campaign::mailing::{self, Mailing};

use crate::kit::vocabulary::ExitReason;
use crate::rules::decide::Input;
use crate::rules::input;
use crate::samples::{HOT, Story, TICKED, at, days, demo, guide, hours};

const FILE: &str = "template = \"day-2\"\n";

fn read(file: &str, campaign: &Campaign) -> Mailing {
    let read = Mailing::read("mailings/offer.toml", "offer", file, campaign);
    read.unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn with(file: &str) -> Campaign {
    let mut campaign = demo();
    let mailing = read(file, &campaign);
    campaign.mailings.insert("offer".into(), mailing);
    campaign
}

fn approved(at: jiff::Timestamp) -> impl Input<Outcome = ()> {
    input::Enrol(guide(), BTreeMap::from([("offer".to_owned(), at)]))
}

/// Somebody who confirmed, with the sequence behind them.
fn at_rest(file: &str) -> Story {
    let mut story = Story::of([with(file)]);
    story.go("2026-03-02T09:00:00Z");
    story.post(&[TICKED, ("sector", "saas")]);
    story.confirm();
    story.run(at("2026-04-01T09:00:00Z"));
    story.go("2026-04-01T09:00:00Z");
    story
}

fn why(story: &Story, file: &str) -> Option<&'static str> {
    let campaign = with(file);
    let mailing = &campaign.mailings["offer"];
    excluded(story.lead(), mailing, &campaign, story.now).map(Excluded::code)
}

#[test]
fn a_mailing_leaves_once_and_obeys_the_rules_of_marketing() {
    let mut story = at_rest(FILE);
    let now = story.now;
    story.apply(&approved(now));
    let mails = story.run(now + days(30));
    assert_eq!(mails.len(), 1);
    assert_eq!(
        (mails[0].0, mails[0].1.step.as_str(), mails[0].1.class.code()),
        (now, "offer", "nurture")
    );
    story.apply(&approved(now));
    assert!(story.run(now + days(60)).is_empty(), "once");
}

#[test]
fn its_turn_is_the_later_of_file_and_approval_and_a_share_of_the_spread() {
    let mut story = at_rest("template = \"day-2\"\nat = \"2026-04-10T10:00\"\nspread = \"P2D\"\n");
    let now = story.now;
    story.apply(&approved(now));
    let due = story.alarm().expect("due");
    let from = at("2026-04-10T08:00:00Z"); // ten o'clock in Paris
    assert!((from..from + days(2)).contains(&due), "{due}");
    let mut late = at_rest("template = \"day-2\"\nat = \"2026-01-10T10:00\"\n");
    let now = late.now;
    late.apply(&approved(now));
    assert_eq!(late.alarm(), Some(now));
}

#[test]
fn it_keeps_the_gap_and_the_window() {
    let mut story = Story::of([with(
        "template = \"day-2\"\nwindow = { days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"], from = \"09:00\", to = \"18:00\" }\n",
    )]);
    story.go("2026-03-02T09:00:00Z");
    story.post(&[TICKED]);
    story.confirm();
    story.run(at("2026-03-04T12:00:00Z"));
    story.go("2026-03-04T12:00:00Z");
    let last = story
        .lead()
        .last_sent(crate::kit::vocabulary::Class::Nurture, (usize::MAX, ""))
        .expect("day 2 left");
    let now = story.now;
    story.apply(&approved(now));
    let mails = story.run(now + days(10));
    let (left, _) = mails.iter().find(|(_, mail)| mail.step == "offer").expect("it left");
    assert!(*left >= last + hours(20), "{left} after {last}");
}

#[test]
fn whoever_says_no_after_the_approval_gets_nothing() {
    let mut story = at_rest("template = \"day-2\"\nat = \"2026-04-10T10:00\"\n");
    let now = story.now;
    story.apply(&approved(now));
    story.wait(days(2)).opt_out();
    assert!(story.run(now + days(60)).is_empty());
    assert_eq!(
        story.ended(&mailing::sequence_of("offer")),
        Some(ExitReason::Unsubscribe)
    );
}

#[test]
fn each_is_in_the_audience_or_told_why_not() {
    let story = at_rest(FILE);
    let held = [
        "",
        "[audience]\nstages = [\"lead\"]\n",
        "[audience]\nsources = [\"news\"]\n",
        "[audience]\nwhen = { field = \"sector\", one_of = [\"saas\"] }\n",
        "[audience]\nsilent_for = \"P3W\"\n",
        "wordings = [\"2025-12\"]\n",
    ];
    let wording = story.lead().consents[0].text_version.clone();
    for more in held {
        let more = more.replace("2025-12", &wording);
        assert_eq!(why(&story, &format!("{FILE}{more}")), None, "{more}");
    }
    for (more, code) in [
        ("[audience]\nstages = [\"customer\", \"sql\"]\n", "stage"),
        ("[audience]\ngrades = [\"A1\"]\n", "grade"),
        ("[audience]\nsources = [\"ads\"]\n", "source"),
        (
            "[audience]\nwhen = [{ field = \"sector\", filled = true }, { field = \"budget\", at_least = 1 }]\n",
            "answers",
        ),
        ("[audience]\nsilent_for = \"P6M\"\n", "heard_of"),
        ("wordings = [\"another\"]\n", "wording"),
    ] {
        assert_eq!(why(&story, &format!("{FILE}{more}")), Some(code), "{more}");
    }
}

#[test]
fn who_may_not_be_written_to_is_told_apart() {
    let mut story = Story::of([with(FILE)]);
    story.go("2026-03-02T09:00:00Z");
    story.post(&[]);
    assert_eq!(why(&story, FILE), Some("no_consent"));
    story.post(&[TICKED]);
    assert_eq!(why(&story, FILE), Some("no_consent"), "not confirmed");
    story.confirm();
    assert_eq!(why(&story, FILE), None);
    story.opt_out();
    assert_eq!(why(&story, FILE), Some("unsubscribe"));
}

#[test]
fn who_came_after_the_approval_is_not_meant() {
    let mut story = Story::of([with(FILE)]);
    story.go("2026-03-02T09:00:00Z");
    story.post(&[TICKED]);
    story.confirm();
    story.post(&HOT);
    story.apply(&approved(at("2026-03-01T09:00:00Z")));
    assert!(
        story
            .lead()
            .enrolments
            .iter()
            .all(|e| e.sequence != mailing::sequence_of("offer"))
    );
}

#[test]
fn a_file_that_could_not_leave_is_refused_with_its_line() {
    let campaign = demo();
    for (file, line, says) in [
        ("template = \"day-2\"\ntopic = \"boats\"\n", 2, "boats"),
        ("template = \"day-2\"\nat = \"tomorrow\"\n", 2, "no moment"),
        ("template = \"day-2\"\nat = \"2026-02-30T10:00\"\n", 2, "no moment"),
        ("template = \"day-2\"\nspread = \"P3M\"\n", 2, "31 days"),
        ("template = \"day-2\"\n[audience]\ngrades = [\"E9\"]\n", 3, "E9"),
        (
            "template = \"day-2\"\n[audience]\nwhen = { field = \"shoe\", filled = true }\n",
            3,
            "shoe",
        ),
        ("template = \"day-2\"\n[audience]\nstages = [\"hot\"]\n", 3, "hot"),
        ("template = \"day-2\"\ncolour = 1\n", 2, "colour"),
        ("at = \"2026-12-01T10:00\"\n", 1, "template"),
    ] {
        let problems = Mailing::read("mailings/offer.toml", "offer", file, &campaign).expect_err(file);
        let said = problems[0].say(crate::Locale::En);
        assert!(
            said.starts_with(&format!("mailings/offer.toml:{line}: ")) && said.contains(says),
            "{said}"
        );
    }
    let step = Mailing::read("mailings/day-2.toml", "day-2", FILE, &campaign).expect_err("a step's name");
    assert!(step[0].say(crate::Locale::En).contains("another name"));
}

#[test]
fn mailings_do_not_fill_the_item() {
    let mut campaign = demo();
    for n in 0..60 {
        let name = format!("issue-{n}");
        let mailing = Mailing::read("", &name, FILE, &campaign).expect("good");
        campaign.mailings.insert(name, mailing);
    }
    let mut story = Story::of([campaign]);
    story.go("2026-03-02T09:00:00Z");
    story.post(&[TICKED]);
    story.confirm();
    story.run(at("2026-04-01T09:00:00Z"));
    story.go("2026-04-01T09:00:00Z");
    for n in 0..60 {
        let now = story.now;
        story.apply(&input::Enrol(guide(), BTreeMap::from([(format!("issue-{n}"), now)])));
        let mails = story.run(now + days(7));
        let own = mails.iter().filter(|(_, mail)| mail.step == format!("issue-{n}"));
        assert_eq!(own.count(), 1, "{n}");
        story.go(&(now + days(7)).to_string());
    }
    assert!(story.lead().enrolments.len() <= crate::kit::limits::ENROLMENTS_MAX);
}
