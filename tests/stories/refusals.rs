//! SES refuses the house: nothing is lost, others go on, it sounds once, and what was held leaves when it heals (R133).

use serde_json::{Value, json};

use crate::test_app::*;

const ANA: &str = "ana@example.org";
const BOB: &str = "bob@example.org";
const EVE: &str = "eve@example.org";
const GUIDE: &str = "guide@example.com";
const QUOTES: &str = "devis@example.com";
/// Refusals of the house, as the local door calls them.
const KINDS: [&str; 4] = [
    "not_verified",
    "account_paused",
    "access_denied",
    "no_configuration_set",
];

fn ses(app: &TestApp, body: &Value) {
    let answer = app.post_json("/local/ses", body);
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// The states of a lead's emails to the person.
fn sends(app: &TestApp, address: &str) -> Vec<String> {
    let lead = app.lead(address);
    let sends = lead["sends"].as_array().expect("sends");
    let own = sends.iter().filter(|send| send["class"] != "alert");
    own.map(|send| send["state"].as_str().expect("a state").to_owned())
        .collect()
}

fn post(app: &TestApp, address: &str) {
    let answer = app.post_by_script(&[("email", address)]);
    assert_eq!(answer.status, 202, "{}", answer.text());
}

fn ask_for_a_quote(app: &TestApp, address: &str) {
    let form = "email=".to_owned() + &address.replace('@', "%40") + "&phone=0612345678&need=hello&last_name=Eve";
    let answer = app.send("POST", "/forms/quote-request", &[URLENCODED, SCRIPT], form);
    assert_eq!(answer.status, 202, "{}", answer.text());
}

#[test]
fn r133_what_ses_refuses_to_the_house_waits_and_leaves_once_when_it_heals() {
    for kind in KINDS {
        let app = TestApp::start();
        assert_eq!(app.api("/api/sending")["refused"], Value::Null);
        ses(&app, &json!({ "refuse": kind }));
        for address in [ANA, BOB, EVE] {
            post(&app, address);
        }
        app.advance("PT5M");
        let refused = app.api("/api/sending")["refused"].clone();
        assert_eq!((&refused["kind"], &refused["since"]), (&json!(kind), &json!(MONDAY)));
        match kind {
            "account_paused" => assert_eq!(refused["from"], Value::Null),
            _ => assert_eq!(refused["from"], json!([GUIDE])),
        }
        app.advance("P5D");
        for address in [ANA, BOB, EVE] {
            assert_eq!(app.steps_to(address), Vec::<String>::new(), "{kind}");
            let sends = sends(&app, address);
            assert!(sends.iter().all(|state| state == "waiting"), "{kind}: {sends:?}");
        }
        assert_eq!(app.api("/api/sending")["refused"]["since"], MONDAY, "{kind}");

        ses(&app, &json!({ "refuse": null }));
        let healed = app.now();
        app.advance("PT1H");
        for address in [ANA, BOB, EVE] {
            assert_eq!(app.steps_to(address), ["guide"], "{kind}: late, but not too late");
        }
        let left: Vec<_> = app
            .outbox()
            .iter()
            .filter(|sent| sent.step == "guide")
            .map(|sent| sent.at)
            .collect();
        assert!(left.iter().all(|at| *at == left[0] && *at > healed), "{kind}: {left:?}");
        assert_eq!(app.api("/api/sending")["refused"], Value::Null, "{kind}");
        app.advance("P1D");
        assert_eq!(app.mails_to(ANA).iter().filter(|sent| sent.step == "guide").count(), 1);
    }
}

#[test]
fn r133_other_senders_go_on_and_the_log_says_it_once_without_an_address() {
    let app = loud();
    ses(&app, &json!({ "refuse": "not_verified", "from": GUIDE }));
    post(&app, ANA);
    ask_for_a_quote(&app, EVE);
    app.advance("PT6H");
    assert_eq!(app.mails_to(ANA).len(), 0);
    assert!(app.mails_to(EVE).iter().all(|sent| sent.from.contains(QUOTES)));
    assert!(!app.mails_to(EVE).is_empty(), "the other sender goes on");
    assert_eq!(app.api("/api/sending")["refused"]["from"], json!([GUIDE]));
    ses(&app, &json!({ "refuse": null }));
    app.advance("PT1H");
    assert_eq!(app.steps_to(ANA), ["guide"]);
    let said = app.stop("INT").stdout;
    let lines = |event: &str| -> Vec<Value> {
        let lines = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter(|line| line["event"] == event).collect()
    };
    let [begins] = &lines("ses_refuses")[..] else {
        panic!("one line: {said}")
    };
    assert_eq!(begins["kind"], "not_verified");
    assert!(begins["at"].is_i64() && !begins.to_string().contains('@'), "{begins}");
    let [ends] = &lines("ses_accepts")[..] else {
        panic!("one line: {said}")
    };
    assert!(ends["at"].as_i64() > begins["at"].as_i64());
    let tries = lines("not_sent").len();
    assert!((6..=8).contains(&tries), "one email is tried each hour: {tries}");
}

/// A system whose log is read.
fn loud() -> TestApp {
    let start = Start::default();
    let mut command = std::process::Command::new(piste_tests::binaries::binary("piste"));
    command.args(start.arguments().into_iter().filter(|argument| argument != "--quiet"));
    command
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    TestApp::spawn(command)
}

#[test]
fn r133_in_the_sandbox_a_recipient_waits_and_the_others_do_not() {
    let app = TestApp::start();
    ses(&app, &json!({ "refuse": "not_verified", "to": ANA }));
    post(&app, ANA);
    post(&app, BOB);
    app.advance("PT3H");
    assert_eq!(sends(&app, ANA), ["waiting"]);
    assert_eq!(app.steps_to(BOB), ["guide"]);
    assert_eq!(app.api("/api/sending")["refused"]["kind"], "not_verified");
    ses(&app, &json!({ "refuse": null }));
    app.advance("PT1H");
    assert_eq!(app.steps_to(ANA), ["guide"]);
    assert_eq!(app.api("/api/sending")["refused"], Value::Null);
}

#[test]
fn r133_a_message_that_ses_rejects_is_not_the_houses_fault() {
    let app = TestApp::start();
    ses(&app, &json!({ "refuse": "rejected", "to": ANA }));
    post(&app, ANA);
    post(&app, BOB);
    app.advance("PT1H");
    assert_eq!(sends(&app, ANA), ["failed(MessageRejected)"]);
    assert_eq!(app.steps_to(BOB), ["guide"]);
    assert_eq!(app.api("/api/sending")["refused"], Value::Null);
}

#[test]
fn r133_deadlines_stand_still_and_a_restart_forgets_what_ses_was_told_to_refuse() {
    let data = tempfile::tempdir().expect("a folder");
    let app = TestApp::on(data.path());
    app.opt_in(ANA, &[]);
    ses(&app, &json!({ "refuse": "account_paused" }));
    app.advance("P9D"); // day 2 is allowed to be three days late
    let before = app.steps_to(ANA);
    let plan = app.api(&format!("/api/leads/{}/plan", app.lead_id(ANA).expect("known")));
    assert_eq!(plan["plan"][0]["step"], "day-2", "{plan}");
    app.stop("INT");
    let app = TestApp::on(data.path());
    assert_eq!(
        app.api("/api/sending")["refused"]["kind"],
        "account_paused",
        "the table knows"
    );
    app.advance("PT6H");
    let after = app.steps_to(ANA);
    assert_eq!(after[before.len()..], ["day-2"], "it was not late");
    assert_eq!(app.api("/api/sending")["refused"], Value::Null);
}

#[test]
fn r133_the_console_and_the_command_say_what_to_do_in_both_languages() {
    let data = tempfile::tempdir().expect("a folder");
    let app = TestApp::on(data.path());
    ses(&app, &json!({ "refuse": "access_denied" }));
    post(&app, ANA);
    app.advance("PT5M");
    let cookie = app.sign_in();
    for (language, words) in [
        ("en", "ses:SendRawEmail on the identity"),
        ("fr", "ses:SendRawEmail sur l’identité"),
    ] {
        let headers = [("Cookie", &*cookie), ("Accept-Language", language)];
        let page = app.send("GET", "/console/sending", &headers, "").text();
        assert!(page.contains(words) && page.contains(GUIDE), "{language}: {page}");
    }
    app.stop("INT");
    for (language, words) in [
        ("en", "has refused our emails since"),
        ("fr", "refuse nos e-mails depuis"),
    ] {
        let mut command = std::process::Command::new(piste_tests::binaries::binary("piste"));
        command.args(["--lang", language, "sending", "--data"]).arg(data.path());
        command.arg("--campaigns").arg(campaigns());
        let said = run(command).stdout;
        assert!(said.contains(words) && said.contains(GUIDE), "{said}");
    }
}

#[test]
fn the_local_door_of_ses_says_what_it_takes() {
    let app = TestApp::start();
    for (body, status) in [
        (json!({ "refuse": "not_verified", "from": GUIDE, "to": ANA }), 200),
        (json!({ "refuse": "whatever" }), 422),
        (json!({ "refuse": null }), 200),
        (json!({}), 400),
        (json!({ "refuse": null, "why": "x" }), 400),
    ] {
        assert_eq!(app.post_json("/local/ses", &body).status, status, "{body}");
    }
}
