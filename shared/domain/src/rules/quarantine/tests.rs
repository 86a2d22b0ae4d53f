//! R85, R87: what speaks against a post, and from when on it is held.

use super::*;
use crate::rules::kept::Folded;
use crate::samples::{HOT, Story, demo, edited, guide, hours, key, submission};

fn now() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().expect("a moment")
}

/// The reasons against a post with these fields, as `layer:points`.
fn against(campaign: &Campaign, fields: &[(&str, &str)]) -> (String, bool) {
    let all = [&[("email", "ana@example.org")], fields].concat();
    // The last address counts here, so that a row may bring its own.
    let mut pairs: Vec<(String, String)> = all.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    if fields.iter().any(|(name, _)| *name == "email") {
        pairs.remove(0);
    }
    let post = RawPost::new(pairs);
    let read = Submission::read(campaign, &post, Locale::Fr, crate::lead::Touch::default()).expect("a post");
    let found = reasons(campaign, &post, &read, &[], &key(), now());
    let shown = found
        .iter()
        .map(|reason| format!("{}:{}", reason.layer.code(), reason.points));
    (shown.collect::<Vec<_>>().join(" "), holds(&found))
}

#[track_caller]
fn check(fields: &[(&str, &str)], expected: &str, held: bool) {
    assert_eq!(against(&demo(), fields), (expected.to_owned(), held), "{fields:?}");
}

#[test]
fn r87_an_ordinary_post_has_nothing_against_it() {
    check(&[], "", false);
    check(&HOT, "", false);
    check(&[("_gotcha", " ")], "", false);
    check(
        &[("need", "Bonjour, je cherche un devis pour Zoé & Çelik, merci.")],
        "",
        false,
    );
    check(&[("need", "🎿🎿🎿🎿🎿🎿🎿🎿🎿 1 000 €")], "", false);
    check(&[("first_name", "Łukasz"), ("last_name", "Đặng")], "", false);
}

#[test]
fn r87_the_honeypot_holds_a_post_by_itself() {
    check(&[("_gotcha", "https://spam.example")], "honeypot:100", true);
}

#[test]
fn r87_the_time_is_held_from_two_seconds_to_a_day() {
    let at = |seconds: i64| shown(&guide(), now() - SignedDuration::from_secs(seconds), &key());
    for (seconds, expected, held) in [
        (0, "too_fast:100", true),
        (1, "too_fast:100", true),
        (2, "", false),
        (24 * 3600, "", false),
        (24 * 3600 + 1, "too_old:100", true),
        (-60, "too_fast:100", true),
        (-3600, "forged_time:60", false),
    ] {
        check(&[("_t", &at(seconds))], expected, held);
    }
    // Another form's, another key's, another second, cut, or a cache buster of a form elsewhere: a sign, and no more.
    let other = shown(&CampaignId::new("other"), now() - SignedDuration::from_secs(60), &key());
    let foreign = shown(&guide(), now() - SignedDuration::from_secs(60), &Key::new(vec![9; 32]));
    let ours = at(60);
    let later = ours.replacen("17", "18", 1);
    for value in [
        &other,
        &foreign,
        &later,
        &ours[..ours.len() - 1],
        "1772442000",
        "x.y",
        ".",
    ] {
        check(&[("_t", value)], "forged_time:60", false);
    }
    for missing in ["", " "] {
        check(&[("_t", missing)], "", false);
    }
    assert!(is_timely(&guide(), &at(3600), &key(), now()) && !is_timely(&guide(), &at(90_000), &key(), now()));
}

#[test]
fn r85_a_throw_away_address_is_a_sign_and_no_more() {
    check(&[("email", "a@yopmail.com")], "disposable:60", false);
    check(&[("email", "info@example.org")], "role:10", false);
    check(
        &[("email", "info@yopmail.com"), ("need", "www.spam.example")],
        "disposable:60 role:10 links:30",
        true,
    );
}

#[test]
fn r87_links_and_alphabets_count_in_what_people_write() {
    check(
        &[("need", "Voir https://www.example.org et www.example.com")],
        "links:60",
        false,
    );
    check(
        &[(
            "need",
            "http://a.example http://b.example http://c.example http://d.example",
        )],
        "links:90",
        false,
    );
    check(
        &[("first_name", "<a href=\"https://spam.example\">x</a>")],
        "links:30 markup:60",
        false,
    );
    check(
        &[("need", "[url=https://a.example]a[/url] [URL=https://b.example]b[/URL]")],
        "links:60 markup:60",
        true,
    );
    check(&[("need", "Здравствуйте, нужен сайт")], "alphabet:70", false);
    check(
        &[("need", "Здравствуйте, нужен сайт: https://spam.example")],
        "links:30 alphabet:70",
        true,
    );
    check(&[("need", "Bonjour, je m’appelle Елена")], "", false);
}

#[test]
fn r87_an_owner_says_what_a_layer_is_worth() {
    let edit = |text: &str| edited(&[("[sender]\n", &format!("[protect.points]\n{text}\n\n[sender]\n"))]);
    let strict = edit("disposable = 100");
    assert_eq!(
        against(&strict, &[("email", "a@yopmail.com")]),
        ("disposable:100".to_owned(), true)
    );
    let open = edit("honeypot = 0\nlinks = 5");
    let fields = [("_gotcha", "x"), ("need", "https://a.example")];
    assert_eq!(against(&open, &fields), ("links:5".to_owned(), false));
    let wrong = |text: &str| {
        let file = crate::samples::edited_file(&[("[sender]\n", &format!("[protect.points]\n{text}\n\n[sender]\n"))]);
        let problems = Campaign::read("guide-seo", &file).expect_err("refused");
        problems[0].say(Locale::En)
    };
    assert!(wrong("links = 101").contains("100"), "{}", wrong("links = 101"));
    assert!(wrong("charm = 1").contains("charm"), "{}", wrong("charm = 1"));
    for text in [
        "visits_per_minute = 9",
        "posts_at_once = 60",
        "first_mails_per_hour = 2001",
    ] {
        let told = wrong(&format!("links = 1\n\n[protect.limits]\n{text}"));
        assert!(told.contains(": give a number from "), "{told}");
        let line = told
            .split(':')
            .nth(1)
            .and_then(|line| line.parse::<usize>().ok())
            .expect("a line");
        let file = crate::samples::edited_file(&[("[sender]\n", &format!("[protect.limits]\n{text}\n\n[sender]\n"))]);
        let at = file.lines().position(|line| line == text).expect("there") + 1;
        assert_eq!(line, at + 3, "{told}");
    }
}

#[test]
fn r86_every_reason_has_words_and_its_name_for_programs() {
    for layer in Layer::ALL {
        for locale in Locale::ALL {
            let reason = Reason {
                layer,
                points: 1,
                times: 2,
            };
            assert!(!reason.why(locale).is_empty());
        }
    }
    let reason = Reason {
        layer: Layer::Links,
        points: 60,
        times: 2,
    };
    assert_eq!(reason.why(Locale::En), "2 links in the texts");
    let stored = serde_json::to_string(&reason).expect("a text");
    assert_eq!(stored, r#"{"l":"links","p":60,"n":2}"#);
    assert_eq!(serde_json::from_str::<Reason>(&stored).expect("a reason"), reason);
}

#[test]
fn r87_a_released_post_is_what_the_same_post_would_be_now_and_counts_once() {
    let mut live = Story::new();
    let published = live.catalog.published(&guide()).expect("the demo campaign");
    let held = Held {
        at: live.now,
        workspace: published.campaign.workspace.clone(),
        form: guide(),
        version: published.version.clone(),
        post: submission(&published.campaign, &HOT),
        reasons: Vec::new(),
    };
    let mut late = live.clone();
    live.wait(hours(30)).post(&HOT);
    late.wait(hours(30));
    let released = held.released(late.now);
    assert_eq!(late.apply(&released).answer, Some(Folded::Done));
    assert_eq!(late.lead(), live.lead());
    late.wait(hours(1));
    assert!(late.apply(&released).record.is_none(), "once");
}
