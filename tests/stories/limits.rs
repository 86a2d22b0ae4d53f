//! Limits that hold: by mailbox, by visitor, and for the account as a whole (R48, R86, R88, R89, R90).

use std::collections::BTreeSet;

use serde_json::json;

use crate::test_app::{
    Answer, BROWSER, FORM, HOT, SCRIPT, Start, TICKED, TestApp, URLENCODED, campaigns_to_edit, urlencoded,
};

const ANA: &str = "ana@example.org";
const FIREFOX: (&str, &str) = (
    "User-Agent",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
);

fn post_from(app: &TestApp, visitor: &str, kind: (&str, &str), fields: &[(&str, &str)]) -> Answer {
    let headers = [kind, URLENCODED, ("Local-Visitor", visitor)];
    app.send("POST", FORM, &headers, urlencoded(fields))
}

/// How many people a list of the console names.
fn leads(app: &TestApp) -> u64 {
    app.api("/api/leads")["total"].as_u64().expect("a number")
}

#[test]
fn r86_r88_spellings_of_one_mailbox_get_three_emails_and_every_lead_is_there() {
    let app = TestApp::start();
    let mut answers = BTreeSet::new();
    for n in 0..201 {
        let email = match n % 2 {
            0 => format!("ana+{n}@gmail.com"),
            _ => format!("a.n.a+{n}@googlemail.com"),
        };
        let answer = app.post_by_script(&[("email", &email)]);
        answers.insert((answer.status, answer.text()));
    }
    assert_eq!(answers, BTreeSet::from([(202, r#"{"status":"accepted"}"#.to_owned())]));
    app.settle();
    assert_eq!(app.to_people().len(), 3);
    assert_eq!(leads(&app), 201, "the lead is taken; its email waits or does not come");
    // Another mailbox of the same domain is not touched, whatever else waits.
    app.post(&[("email", "bob@gmail.com")]);
    app.settle();
    assert_eq!(app.steps_to("bob@gmail.com"), ["guide"]);
    app.advance("P28D");
    assert_eq!(app.to_people().len(), 4);
}

#[test]
fn r88_one_confirmation_a_day_over_all_spellings_and_data_requests_count() {
    let app = TestApp::start();
    for n in 0..3 {
        app.post(&[("email", &format!("ana+{n}@example.org")), TICKED]);
    }
    app.settle();
    assert_eq!(app.to_people().len(), 1);
    app.advance("PT23H");
    assert_eq!(app.to_people().len(), 1);
    app.advance("P4D");
    let after: Vec<_> = app.to_people();
    assert_eq!(after.len(), 3, "{after:?}");
    let ask = urlencoded(&[("form", "guide-seo"), ("email", "ana+0@example.org")]);
    let answer = app.send("POST", "/my-data", &[BROWSER, URLENCODED], ask);
    assert_eq!(answer.status, 200, "{}", answer.text());
    app.advance("PT1H");
    assert_eq!(app.to_people().len(), 3, "a request for data is one of the three");
}

#[test]
fn r88_a_confirmed_person_gets_three_answers_to_requests_in_thirty_days() {
    let app = TestApp::start();
    app.opt_in(ANA, &[]);
    for _ in 0..25 {
        let ask = urlencoded(&[("form", "guide-seo"), ("email", ANA)]);
        assert_eq!(app.send("POST", "/my-data", &[BROWSER, URLENCODED], ask).status, 200);
        app.advance("P1D");
    }
    let sent = app.mails_to(ANA).into_iter();
    assert_eq!(
        sent.filter(|sent| sent.step == "data-link" || sent.step.contains("data"))
            .count(),
        3
    );
}

#[test]
fn r89_a_visitor_posts_eight_times_at_once_and_not_three_hundred_times() {
    let app = TestApp::start();
    let ana = "203.0.113.7";
    let post = |n: usize| post_from(&app, ana, SCRIPT, &[("email", &format!("p{n}@example.org"))]);
    for n in 0..9 {
        assert_eq!(post(n).status, 202, "{n}");
    }
    let answers: Vec<Answer> = (9..300).map(post).collect();
    let taken = answers.iter().filter(|answer| answer.status == 202).count();
    assert!(taken < 100, "{taken}");
    let refused = answers.last().expect("many");
    assert_eq!(
        (refused.status, refused.header("content-type"), &refused.json()["code"]),
        (429, "application/problem+json", &json!("too_many_posts"))
    );
    assert_eq!(leads(&app), taken as u64 + 9);
    let wait: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=10).contains(&wait), "{wait}");

    // The page comes back with what was typed; nobody else notices, and no header makes somebody another.
    let typed = [("email", "ana@example.org"), ("company", "Atelier Zephyr")];
    let page = post_from(&app, ana, BROWSER, &typed);
    assert_eq!((page.status, page.header("retry-after").is_empty()), (429, false));
    assert!(page.is_page_in("fr") || page.is_page_in("en"));
    assert!(page.text().contains("Atelier Zephyr") && page.text().contains("ana@example.org"));
    let forged = [
        SCRIPT,
        URLENCODED,
        ("Local-Visitor", ana),
        ("X-Forwarded-For", "198.51.100.9"),
    ];
    assert_eq!(app.send("POST", FORM, &forged, "email=x%40example.org").status, 429);
    assert_eq!(
        post_from(&app, "203.0.113.8", SCRIPT, &[("email", "bob@example.org")]).status,
        202
    );

    let wait = page.header("retry-after");
    app.advance(&format!("PT{wait}S"));
    assert_eq!(
        post_from(&app, ana, BROWSER, &typed).status,
        303,
        "after that time one is taken"
    );
    assert_eq!(post_from(&app, ana, BROWSER, &typed).status, 429);
}

#[test]
fn r89_forged_visits_of_one_visitor_do_not_fill_the_report() {
    let app = TestApp::start();
    let visit = |visitor: &str| {
        let headers = [BROWSER, FIREFOX, ("Local-Visitor", visitor)];
        assert_eq!(app.send("GET", FORM, &headers, "").status, 200);
    };
    for _ in 0..400 {
        visit("203.0.113.7");
    }
    for host in 0..20 {
        visit(&format!("198.51.100.{host}"));
    }
    let counted = app.api("/api/report?campaign=guide-seo")["visitors"]
        .as_u64()
        .expect("counted");
    assert!((20 + 50..=20 + 100).contains(&counted), "{counted}");
}

#[test]
fn r88_r89_a_campaigns_file_says_how_much_its_form_takes() {
    let folder = campaigns_to_edit();
    let file = folder.path().join("guide-seo/campaign.toml");
    let toml = std::fs::read_to_string(&file).expect("the demo");
    let limits = "[protect.limits]\nvisits_per_minute = 10\nposts_at_once = 8\nfirst_mails_per_hour = 10\n\n[sender]\n";
    assert!(toml.contains("[sender]\n"));
    std::fs::write(&file, toml.replacen("[sender]\n", limits, 1)).expect("written");
    let app = Start {
        campaigns: folder.path().to_owned(),
        ..Start::default()
    };
    let app = app.start();
    let taken = (0..40).filter(|n| {
        let email = format!("p{n}@example.org");
        post_from(&app, "203.0.113.7", SCRIPT, &[("email", &email)]).status == 202
    });
    assert_eq!(taken.count(), 8 + 8, "what the sandbox allows, and what the table does");
    for _ in 0..40 {
        let headers = [BROWSER, FIREFOX, ("Local-Visitor", "203.0.113.7")];
        assert_eq!(app.send("GET", FORM, &headers, "").status, 200);
    }
    let visitors = app.api("/api/report?campaign=guide-seo")["visitors"].as_u64();
    assert!((1..=10).contains(&visitors.expect("counted")), "{visitors:?}");
    app.settle();
    let at_once = app.to_people().len();
    assert!((10..=11).contains(&at_once), "{at_once}");
    app.advance("PT2H");
    assert_eq!(app.to_people().len(), 16, "the rest follows in the hours after");
}

#[test]
fn r48_dead_addresses_open_the_breaker_which_holds_all_but_alerts() {
    let app = TestApp::start();
    for n in 0..520 {
        app.post_by_script(&[("email", &format!("dead{n}@example.org"))]);
    }
    app.settle();
    let sent = app.to_people();
    assert_eq!(sent.len(), 520, "from a thousand an hour on a domain waits");
    for mail in sent.iter().take(30) {
        app.feedback(mail, "bounce");
    }
    app.advance("PT2M");
    let hot: Vec<_> = [("email", "ana@example.org")].into_iter().chain(HOT).collect();
    app.post(&hot);
    app.advance("PT2M");
    let sending = app.api("/api/sending");
    assert_eq!(sending["state"], "paused", "{sending}");
    assert_eq!(sending["breaker"]["bounces"]["mails"], 30, "{sending}");
    assert!(sending["breaker"]["sent"].as_u64() >= Some(520), "{sending}");
    app.advance("PT1H");
    assert_eq!(app.steps_to(ANA), [""; 0], "the first email waits too");
    assert!(!app.to_sales().is_empty(), "sales hears all the same");
    let released = app.operator("POST", "/api/sending/release", r#"{"reason":"a forged list"}"#);
    assert_eq!(released.json()["state"], "open");
    app.advance("PT1H1M");
    assert_eq!(app.steps_to(ANA), ["guide"]);
}

#[test]
fn r90_a_web_address_that_somebody_typed_is_no_link_in_an_alert() {
    let app = TestApp::start();
    let mut fields = vec![("email", ANA), ("first_name", "Ana"), ("company", "www.evil.example")];
    fields.extend(HOT.iter().filter(|(name, _)| *name != "need"));
    fields.push(("need", "Voir https://evil.example/x et bit.ly/y"));
    fields.push(("evil.example", "some words"));
    app.post(&fields);
    app.settle();
    let sent = app.to_sales();
    let mail = app.mail(sent.first().expect("an alert"));
    for part in [&mail.text, &mail.html] {
        assert!(part.contains("evil[.]example"), "{part}");
        for bare in ["evil.example", "https://evil", "bit.ly"] {
            assert!(!part.contains(bare), "{bare}: {part}");
        }
    }
}
