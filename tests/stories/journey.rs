//! The demo journey, from the post to the last email (design.md sections 1, 5 and 6).

use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::civil::{Date, Weekday, date};
use jiff::{Timestamp, ToSpan as _};

use crate::test_app::*;

const ANA: &str = "ana@example.org";
const NURTURE: [&str; 4] = ["day-2", "day-5", "day-9", "day-14"];

/// Public holidays of France in the months used here (Code du travail, L3133-1), written out so that the calendar of
/// the product is not compared with itself.
const HOLIDAYS: [Date; 15] = [
    date(2026, 1, 1),
    date(2026, 4, 6),
    date(2026, 5, 1),
    date(2026, 5, 8),
    date(2026, 5, 14),
    date(2026, 5, 25),
    date(2026, 7, 14),
    date(2026, 8, 15),
    date(2026, 11, 1),
    date(2026, 11, 11),
    date(2026, 12, 25),
    date(2027, 1, 1),
    date(2027, 3, 29),
    date(2027, 5, 1),
    date(2027, 5, 6),
];

#[test]
fn the_guide_leaves_at_once_whatever_the_hour() {
    // A Sunday night, New Year's Day, a Monday morning.
    for now in ["2026-03-08T23:30:00Z", "2026-01-01T03:00:00Z", MONDAY] {
        let app = TestApp::at(now);
        let answer = app.post(&[("email", ANA), TICKED]);
        assert_eq!(answer.status, 303);
        let asked: Timestamp = now.parse().expect("a moment");
        app.advance("PT1M");
        let mails = app.mails_to(ANA);
        assert_eq!(mails.len(), 1);
        let guide = &mails[0];
        assert_eq!(
            (guide.class.as_str(), guide.campaign.as_str(), guide.step.as_str()),
            ("service", "guide-seo", "guide")
        );
        assert!(guide.at.duration_since(asked).as_secs() < 60, "{}", guide.at);
        assert_eq!(guide.from, "guide@example.com");
    }
}

#[test]
fn the_guide_leaves_by_itself_on_either_clock() {
    let real: Vec<_> = Start::default()
        .arguments()
        .into_iter()
        .filter(|word| word != "--now" && word != MONDAY)
        .collect();
    let mut command = Command::new(Start::default().command().get_program());
    command
        .args(real)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for app in [TestApp::start(), TestApp::spawn(command)] {
        app.post(&[("email", ANA)]);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime");
        // Nobody moves the clock: ten seconds at most, the design says seconds.
        let left = runtime.block_on(async {
            for _ in 0..200 {
                if app.steps_to(ANA) == ["guide"] {
                    return true;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            false
        });
        assert!(left);
    }
}

#[test]
fn what_is_due_on_the_way_happens_in_order_and_at_its_time() {
    let app = TestApp::start();
    let people: Vec<_> = (0..6).map(|place| format!("p{place}@example.org")).collect();
    for person in &people {
        app.opt_in(person, &[]);
        app.advance("PT31H");
    }
    app.advance("P20D");
    let outbox = app.outbox();
    assert_eq!((app.to_people().len(), app.mails_to(OFFICE).len()), (6 * 5, 6));
    assert!(outbox.is_sorted_by_key(|sent| sent.at) && outbox.is_sorted_by(|a, b| a.id < b.id));
    for person in &people {
        assert_eq!(app.steps_to(person)[1..], NURTURE);
        // Each left when it was due, not when the clock stopped: the record says the same.
        let recorded: Vec<_> = app.lead(person)["sends"]
            .as_array()
            .expect("a list")
            .iter()
            .filter(|send| send["class"] != "alert")
            .map(|send| send["at"].clone())
            .collect();
        let left: Vec<_> = app
            .mails_to(person)
            .iter()
            .map(|sent| serde_json::json!(sent.at.to_string()))
            .collect();
        assert_eq!(recorded, left);
    }
}

#[test]
fn i3_r64_nothing_but_the_guide_before_the_button_is_pressed() {
    let app = TestApp::start();
    let guide = app.guide_for(ANA, &HOT);
    let confirm = guide.link("/confirm?");
    // R43: gateways open every link, by GET and by HEAD.
    for _ in 0..3 {
        let page = app.get(&confirm);
        assert!(page.status == 200 && page.is_page_in("fr"));
        assert!(page.text().contains("<form method=\"post\"") && page.text().contains("Oui, envoyez-moi les conseils"));
        assert!(!page.text().contains("<script"));
        assert_eq!(app.send("HEAD", &confirm, &[BROWSER], "").status, 200);
        assert_eq!(app.send("OPTIONS", &confirm, &[BROWSER], "").status, 405);
    }
    assert_eq!(app.lead(ANA)["consents"][0]["state"], "pending");
    app.advance("P6D");
    assert_eq!(app.steps_to(ANA), ["guide", "reminder"]);
    // Past its seven days the link says so, and still nothing leaves.
    app.advance("P2D");
    assert_eq!((app.get(&confirm).status, app.press(&confirm).status), (410, 410));
    app.advance("P20D");
    assert_eq!(app.steps_to(ANA), ["guide", "reminder"]);
    // After thirty days the yes that nobody confirmed has lapsed for good; what Ana asked for stays, and so does she.
    app.advance("P4D");
    let lead = app.lead(ANA);
    assert_eq!(lead["consents"][0]["state"], "lapsed");
    assert_eq!(
        (&lead["stage"], &lead["answers"]["budget"]),
        (&"mql".into(), &"15000".into())
    );
    app.advance("P1Y");
    assert_eq!(app.lead(ANA)["enquiries"].as_array().map(Vec::len), Some(1));
    assert_eq!(app.steps_to(ANA), ["guide", "reminder"]);
}

/// What was asked for goes at once, whatever else is planned.
#[test]
fn r88_the_guide_that_is_asked_for_an_hour_later_is_served_again() {
    let app = TestApp::start();
    for posts in 1..=3 {
        assert_eq!(app.post(&[("email", ANA)]).status, 303);
        app.settle();
        assert_eq!(app.steps_to(ANA), vec!["guide"; posts]);
        app.advance("PT1H");
    }
    // A fourth mail in thirty days to a mailbox that nobody confirmed does not go.
    app.post(&[("email", ANA)]);
    app.advance("P1D");
    assert_eq!(app.steps_to(ANA).len(), 3);
}

#[test]
fn r64_a_sign_up_that_nobody_confirmed_is_gone_after_thirty_days() {
    let app = TestApp::start();
    app.guide_for(ANA, &[]);
    app.advance("P29D");
    assert!(app.lead_id(ANA).is_some());
    assert_eq!(app.steps_to(ANA), ["guide", "reminder"]);
    // With it go its copies in the outbox.
    app.advance("P2D");
    assert!(app.lead_id(ANA).is_none() && app.steps_to(ANA).is_empty());
}

#[test]
fn r62_without_the_box_there_is_the_guide_and_no_button() {
    let app = TestApp::start();
    let mut fields = vec![("email", ANA)];
    fields.extend(HOT);
    app.post(&fields);
    app.advance("P20D");
    let mails = app.mails_to(ANA);
    assert_eq!(mails.len(), 1);
    let guide = app.mail(&mails[0]);
    assert_eq!(guide.find_link("/confirm"), None);
    assert!(!guide.html.contains("/confirm"));
    assert_eq!(app.lead(ANA)["stage"], "mql", "a hot lead all the same");
    assert_eq!(app.lead(ANA)["consents"], serde_json::json!([]));
}

#[test]
fn a_hot_lead_is_an_mql_at_once_and_an_address_alone_is_not() {
    let app = TestApp::start();
    let mut hot = vec![("email", ANA)];
    hot.extend(HOT);
    app.post(&hot);
    app.post(&[("email", "bob@example.org"), TICKED]);
    // No clock has moved: it is so when the post is answered.
    let (ana, bob) = (app.lead(ANA), app.lead("bob@example.org"));
    assert_eq!((&ana["stage"], &bob["stage"]), (&"mql".into(), &"lead".into()));
    assert!(ana["score"]["fit"].as_i64() > bob["score"]["fit"].as_i64());
    // Nor is one that lacks any of the four.
    for (place, missing) in ["company_size", "budget", "timing"].into_iter().enumerate() {
        let address = format!("less{place}@example.org");
        let mut fields = vec![("email", address.as_str())];
        fields.extend(HOT.iter().filter(|(name, _)| *name != missing));
        app.post(&fields);
        assert!(
            app.lead(&address)["score"]["fit"].as_i64() < ana["score"]["fit"].as_i64(),
            "without {missing}"
        );
    }
}

#[test]
fn confirming_again_changes_nothing() {
    let app = TestApp::start();
    let guide = app.guide_for(ANA, &[]);
    let confirm = guide.link("/confirm?");
    for _ in 0..5 {
        let done = app.press(&confirm);
        assert!(done.status == 200 && done.text().contains("C’est confirmé"));
        app.advance("PT1H");
    }
    let consents = app.lead(ANA)["consents"].clone();
    assert_eq!(consents.as_array().expect("a list").len(), 1);
    assert_eq!(
        (&consents[0]["state"], &consents[0]["method"]),
        (&"given".into(), &"double_opt_in".into())
    );
    app.advance("P15D");
    assert_eq!(app.steps_to(ANA), ["guide", "day-2", "day-5", "day-9", "day-14"]);
    app.advance("P1Y");
    assert_eq!(
        app.steps_to(ANA)[5..],
        ["still-there"],
        "the series ends; one mail asks after half a year of silence"
    );
}

/// From an opt-in at this moment: all four emails within 14 civil days, in order, in working hours, once each.
fn check_fortnight(opt_in: &str) {
    let app = TestApp::at(opt_in);
    let start = app.opt_in(ANA, &[]);
    // One day more than 14 times 24 hours: a civil day may have 25.
    app.advance("P15D");
    let mails: Vec<_> = app
        .mails_to(ANA)
        .into_iter()
        .filter(|sent| sent.class == "nurture")
        .collect();
    let steps: Vec<_> = mails.iter().map(|sent| sent.step.as_str()).collect();
    assert_eq!(steps, NURTURE, "{opt_in}");
    let last = local(start).checked_add(14.days()).expect("a date");
    for sent in &mails {
        let at = sent.local();
        assert!(
            !matches!(at.weekday(), Weekday::Saturday | Weekday::Sunday),
            "{opt_in}: {at}"
        );
        assert!(!HOLIDAYS.contains(&at.date()), "{opt_in}: {at} is a holiday");
        assert!((9..18).contains(&at.hour()), "{opt_in}: {at}");
        assert!(at <= last, "{opt_in}: {at}");
    }
    for pair in mails.windows(2) {
        assert!(
            pair[1].at.duration_since(pair[0].at).as_hours() >= 20,
            "{opt_in}: {} {}",
            pair[0].at,
            pair[1].at
        );
    }
    // Where the calendar moves nothing, the days are those promised.
    for (sent, days) in mails.iter().zip([2, 5, 9, 14]) {
        let promised = local(start).date().checked_add(days.days()).expect("a date");
        let open = !matches!(promised.weekday(), Weekday::Saturday | Weekday::Sunday) && !HOLIDAYS.contains(&promised);
        if open && days < 14 && opt_in == MONDAY {
            assert_eq!(sent.local().date(), promised, "{opt_in}: {}", sent.step);
        }
    }
    let mut ids: Vec<_> = app.outbox().into_iter().map(|sent| sent.send_id).collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(
        (ids.len(), all),
        (6, 6),
        "I1: each left exactly once, and the office was told once"
    );
    assert!(ids.iter().all(|id| id.len() == 26), "design.md section 4");
}

#[test]
fn the_fortnight_from_a_weekday() {
    check_fortnight(MONDAY);
    check_fortnight("2026-03-04T22:45:00Z");
}

#[test]
fn the_fortnight_from_a_weekend() {
    check_fortnight("2026-03-07T10:00:00Z");
    check_fortnight("2026-03-08T21:59:00Z");
}

#[test]
fn the_fortnight_over_may_and_its_holidays() {
    check_fortnight("2026-04-29T08:00:00Z"); // 1 and 8 May
    check_fortnight("2026-04-24T16:30:00Z"); // ends on 8 May
    check_fortnight("2026-05-12T07:00:00Z"); // Ascension two days later, Whit Monday 13 days later
}

#[test]
fn the_fortnight_over_christmas_and_new_year() {
    check_fortnight("2026-12-23T09:00:00Z");
    check_fortnight("2026-12-18T17:30:00Z"); // ends on 1 January
}

#[test]
fn the_fortnight_over_both_changes_of_the_clock() {
    check_fortnight("2026-03-27T10:00:00Z"); // 29 March 2026
    check_fortnight("2026-10-23T07:10:00Z"); // 25 October 2026
    check_fortnight("2026-10-24T23:30:00Z"); // in the very night
}

#[test]
fn moving_the_clock_in_small_steps_or_in_one_gives_the_same_emails() {
    let whole = TestApp::start();
    whole.opt_in(ANA, &[]);
    whole.advance("P15D");
    let steps = TestApp::start();
    steps.opt_in(ANA, &[]);
    for _ in 0..30 {
        steps.advance("PT12H");
    }
    let seen = |app: &TestApp| {
        app.mails_to(ANA)
            .into_iter()
            .map(|sent| (sent.step, sent.at))
            .collect::<Vec<_>>()
    };
    assert_eq!(seen(&whole), seen(&steps));
}

#[test]
fn the_guide_opens_by_its_link_and_by_nothing_else() {
    let app = TestApp::start();
    let link = app.guide_for(ANA, &[("_lang", "en")]).link("/resources/guide-seo?");
    let english = app.get(&link);
    assert!(english.status == 200 && english.is_page_in("en"));
    assert!(english.text().contains("10 SEO strategies for 2025"));
    let french = app.get(&link.replace("lang=en", "lang=fr"));
    assert!(french.is_page_in("fr") && french.text().contains("10 stratégies SEO pour 2025"));
    assert_eq!(english.header("x-robots-tag"), "noindex");
    assert_eq!(app.send("HEAD", &link, &[BROWSER], "").status, 200);
    assert_eq!(app.press(&link).status, 405);

    let token = link
        .split_once("t=")
        .expect("a token")
        .1
        .split('&')
        .next()
        .expect("a token");
    assert!(!link.contains("example.org") && !link.contains('@'), "R102: {link}");
    let tampered = [
        String::new(),
        token[..token.len() - 1].to_owned(),
        format!("{token}x"),
        token.replacen("guide-seo", "other-one", 1),
        token.replacen("resource", "confirm", 1),
        token.to_uppercase(),
    ];
    for token in tampered {
        let answer = app.get(&format!("/resources/guide-seo?t={token}&lang=en"));
        assert!(answer.status == 400 && answer.is_page_in("en"), "{token}");
        // R100: nor does it work for another purpose.
        assert_eq!(app.get(&format!("/confirm?t={token}")).status, 400);
    }
    assert_eq!(app.get(&format!("/resources/other?t={token}")).status, 400);
    assert_eq!(app.get(&format!("/unsubscribe?t={token}")).status, 400);
    assert_eq!(app.get("/resources/guide-seo").status, 400);

    app.advance("P29D");
    assert_eq!(app.get(&link).status, 200);
    app.advance("P2D");
    let expired = app.get(&link);
    assert!(expired.status == 410 && expired.is_page_in("en"));
    assert_eq!(
        app.get(&format!("{}x", link.split('&').next().expect("a link"))).status,
        400,
        "tampered stays tampered"
    );
}

#[test]
fn r88_posting_somebodys_address_again_and_again_does_not_flood_them() {
    let app = TestApp::start();
    for day in 0..29 {
        for _ in 0..2 {
            let name = format!("Name {day}");
            assert_eq!(app.post(&[("email", ANA), ("first_name", &name), TICKED]).status, 303);
        }
        app.advance("P1D");
    }
    let mails = app.mails_to(ANA);
    assert_eq!(mails.len(), 3, "in 30 days, each with the button");
    for pair in mails.windows(2) {
        assert!(pair[1].at.duration_since(pair[0].at).as_hours() >= 24);
    }
}
