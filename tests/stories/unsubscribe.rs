//! Leaving takes one press, works at once and for good (RFC 8058; R39 to R45, R69).

use crate::test_app::*;

const ANA: &str = "ana@example.org";
const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

/// A person who has had the first nurture email, and that email.
fn after_first_nurture() -> (TestApp, Mail) {
    let app = TestApp::start();
    app.opt_in(ANA, &[]);
    app.advance("P3D");
    let mails = app.mails_to(ANA);
    assert_eq!(mails[1].step, "day-2");
    let mail = app.mail(&mails[1]);
    (app, mail)
}

fn check_left(app: &TestApp, before: usize) {
    assert_eq!(app.lead(ANA)["consents"][0]["state"], "withdrawn");
    app.advance("P30D");
    assert_eq!(app.mails_to(ANA).len(), before, "nothing more in 30 days");
}

#[test]
fn r41_the_mail_clients_button_answers_200_and_nothing_else() {
    let (kind, body) = multipart(&[("List-Unsubscribe", "One-Click")]);
    for (kind, body) in [(URLENCODED.1, ONE_CLICK.as_bytes().to_vec()), (&kind, body)] {
        let (app, mail) = after_first_nurture();
        assert_eq!(mail.header("List-Unsubscribe-Post"), ONE_CLICK);
        // No cookie, no Origin, no Accept: what the standard promises to the sender, and no more.
        let answer = app.send("POST", &mail.one_click(), &[("Content-Type", kind)], body);
        assert_eq!(answer.status, 200);
        for absent in ["location", "set-cookie"] {
            assert_eq!(answer.header(absent), "");
        }
        check_left(&app, 2);
    }
}

#[test]
fn r42_ten_times_is_answered_like_once() {
    let (app, mail) = after_first_nurture();
    for _ in 0..10 {
        let answer = app.send("POST", &mail.one_click(), &[URLENCODED], ONE_CLICK);
        assert_eq!((answer.status, answer.text().as_str()), (200, "OK\n"));
    }
    let lead = app.lead(ANA);
    assert_eq!(lead["consents"].as_array().expect("a list").len(), 1);
    // Years later the link still works: it never expires.
    app.advance("P3Y");
    assert_eq!(app.get(&mail.one_click()).status, 200);
    assert_eq!(
        app.send("POST", &mail.one_click(), &[URLENCODED], ONE_CLICK).status,
        200
    );
}

#[test]
fn i2_it_works_at_once() {
    let (app, mail) = after_first_nurture();
    // Until a moment before the next email.
    let next = app.lead(ANA)["due_at"]
        .as_str()
        .expect("a moment")
        .parse::<jiff::Timestamp>()
        .expect("RFC 3339");
    let wait = next.duration_since(app.now()).as_secs() - 1;
    app.advance(&format!("PT{wait}S"));
    assert_eq!(
        app.send("POST", &mail.one_click(), &[URLENCODED], ONE_CLICK).status,
        200
    );
    check_left(&app, 2);
}

#[test]
fn r43_get_and_head_change_nothing() {
    let (app, mail) = after_first_nurture();
    for url in [mail.one_click(), mail.link("/unsubscribe?")] {
        let page = app.get(&url);
        assert!(page.status == 200 && page.is_page_in("fr"));
        assert!(page.text().contains("<form method=\"post\"") && !page.text().contains("<script"));
        assert_eq!(app.send("HEAD", &url, &[BROWSER], "").status, 200);
        assert_eq!(
            app.send("GET", &format!("{url}&List-Unsubscribe=One-Click"), &[BROWSER], "")
                .status,
            200
        );
        assert_eq!(app.send("PUT", &url, &[URLENCODED], ONE_CLICK).status, 405);
    }
    assert_eq!(app.lead(ANA)["consents"][0]["state"], "given");
    app.advance("P15D");
    assert_eq!(app.mails_to(ANA).len(), 5);
}

#[test]
fn r44_the_pages_button_says_that_it_is_done() {
    for (language, done) in [("fr", "C’est fait"), ("en", "unsubscribed")] {
        let (app, mail) = after_first_nurture();
        let link = mail
            .link("/unsubscribe?")
            .replace("lang=fr", &format!("lang={language}"));
        let page = app.get(&link).text();
        let action = tag(&page, "method=\"post\"")
            .split("action=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        let action = action.expect("a form with an action").replace("&amp;", "&");
        let answer = app.press(&action);
        assert!(answer.status == 200 && answer.is_page_in(language) && answer.text().contains(done));
        check_left(&app, 2);
    }
}

#[test]
fn r100_a_changed_link_stops_nobody() {
    let (app, mail) = after_first_nurture();
    let link = mail.one_click();
    let (before, token) = link.split_once("t=").expect("a token");
    let mut changed = token.split('&').next().expect("a token").to_owned();
    let end = if changed.ends_with("AA") { "BB" } else { "AA" };
    changed.replace_range(changed.len() - 2.., end);
    for token in ["", "x", &changed] {
        let answer = app.send("POST", &format!("{before}t={token}"), &[URLENCODED], ONE_CLICK);
        assert_eq!(answer.status, 400, "{token}");
    }
    assert_eq!(app.lead(ANA)["consents"][0]["state"], "given");
}

#[test]
fn r69_only_the_persons_own_new_yes_brings_the_emails_back() {
    let (app, mail) = after_first_nurture();
    app.send("POST", &mail.one_click(), &[URLENCODED], ONE_CLICK);
    app.advance("P30D");
    // A post without the box: the guide they ask for, and nothing after it.
    app.post(&[("email", ANA)]);
    app.advance("P20D");
    let steps = app.steps_to(ANA);
    assert_eq!(steps, ["guide", "day-2", "guide"]);
    // With the box: the guide with its button, and nothing before it is pressed.
    app.post(&[("email", ANA), TICKED]);
    app.advance("P5D");
    let mails = app.mails_to(ANA);
    assert_eq!(mails.len(), 5, "the reminder, too");
    let confirm = app.mail(&mails[3]).link("/confirm?");
    assert_eq!(app.press(&confirm).status, 200);
    app.advance("P15D");
    assert_eq!(app.steps_to(ANA)[5..], ["day-2", "day-5", "day-9", "day-14"]);
    let mut ids: Vec<_> = app.mails_to(ANA).into_iter().map(|sent| sent.send_id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 9, "the second time has ids of its own");
    // The proof of the first consent is untouched (R61).
    let states: Vec<_> = app.lead(ANA)["consents"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|c| c["state"].clone())
        .collect();
    assert_eq!(states, ["withdrawn", "given"]);
}
