//! What the person who answers for the emails sees and does: does it add up, stop, go on, start over after a restore
//! (R9, R11, R21, R48, R118).

use std::fs;
use std::path::Path;
use std::process::Command;

use piste_tests::binaries;
use serde_json::{Value, json};

use crate::test_app::*;

const ANA: &str = "ana@example.org";
const BOB: &str = "bob@example.org";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// A command of `piste` over a data folder.
fn piste(data: &Path, arguments: &[&str]) -> Ended {
    let mut command = Command::new(binaries::binary("piste"));
    command.args(arguments).arg("--data").arg(data);
    command.arg("--campaigns").arg(campaigns());
    run(command)
}

#[track_caller]
fn said(data: &Path, arguments: &[&str]) -> String {
    let ended = piste(data, arguments);
    assert_eq!(ended.status.code(), Some(0), "{}{}", ended.stdout, ended.stderr);
    ended.stdout
}

fn audit(data: &Path) -> Value {
    let ended = piste(data, &["audit", "--json"]);
    let report: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(report["adds_up"], ended.status.success(), "{}", ended.stdout);
    report
}

fn count(list: &Value) -> usize {
    list.as_array().expect("a list").len()
}

#[test]
fn r11_the_audit_adds_up_what_two_weeks_did_and_names_nobody() {
    let data = folder();
    let app = TestApp::on(data.path());
    app.opt_in(ANA, &HOT);
    app.guide_for(BOB, &[]);
    app.advance("P20D");
    let running = piste(data.path(), &["audit"]);
    assert!(!running.status.success());
    assert!(running.stderr.contains("stop it first"), "{}", running.stderr);
    app.stop("INT");

    let report = audit(data.path());
    let total = &report["report"]["total"];
    assert_eq!(
        (&total["due"], &total["sent"], &total["open"]),
        (&16.into(), &16.into(), &0.into()),
        "two guides, a reminder, four mails of advice; to sales four of the first call and four of the next ones; one to the office: {report}"
    );
    assert_eq!(
        report["report"]["outbox"]["mails"], 30,
        "and a digest on fourteen mornings"
    );
    let days = report["report"]["days"].as_array().expect("days");
    let of = |day: &Value| format!("{} {}", day["day"], day["sequence"]).replace('"', "");
    assert_eq!(of(&days[0]), "2026-03-02 guide");
    assert_eq!(days[0]["sent"], 2);
    assert!(
        days[1..]
            .iter()
            .filter(|day| day["sequence"] == "nurture")
            .all(|day| day["sent"] == 1)
    );

    let text = said(data.path(), &["audit"]);
    assert!(text.ends_with("everything adds up\n"), "{text}");
    let french = said(data.path(), &["audit", "--lang", "fr"]);
    assert!(french.ends_with("tout tombe juste\n"), "{french}");
    assert_eq!(text.lines().count(), french.lines().count(), "{text}{french}");
    for shown in [&text, &french, &report.to_string()] {
        assert!(!shown.contains('@') && !shown.contains("ana"), "ids only: {shown}");
    }
}

#[test]
fn r11_the_audit_says_what_is_late_and_sees_an_email_that_no_ledger_knows() {
    let data = folder();
    let app = TestApp::on(data.path());
    app.opt_in(ANA, &[]);
    app.stop("INT");
    said(data.path(), &["hold", "--reason", "prices are wrong"]);
    let app = TestApp::on(data.path());
    app.advance("P3D");
    assert_eq!(app.steps_to(ANA), ["guide"], "on hold, nothing leaves");
    app.stop("INT");
    let report = audit(data.path());
    let open = &report["report"]["open"][0];
    assert_eq!(
        (&open["step"], &open["why"]),
        (&"day-2".into(), &"held".into()),
        "{report}"
    );
    assert!(open["late_s"].as_i64().expect("seconds") >= 86_400);
    assert_eq!(report["adds_up"], true, "late, but accounted for");

    // The outbox knows one more mail than the ledgers.
    let outbox = data.path().join("outbox.jsonl");
    let line = fs::read_to_string(&outbox).expect("an outbox");
    let guide = line.lines().find(|line| line.contains("\"guide\"")).expect("the guide");
    let mut mail: Value = serde_json::from_str(guide).expect("a mail");
    mail["id"] = "0102000000000002-00000000-0000-4000-8000-000000000002-000000".into();
    mail["tags"]["send_id"] = "z".repeat(26).into();
    fs::write(&outbox, format!("{line}{mail}\n")).expect("written");
    let report = audit(data.path());
    assert_eq!(report["adds_up"], false);
    assert_eq!(count(&report["report"]["outbox"]["strays"]), 1);
}

#[test]
fn hold_and_release_say_how_sending_stands() {
    let data = folder();
    TestApp::on(data.path()).stop("INT");
    assert!(said(data.path(), &["sending"]).starts_with("Sending is on"));
    let held = said(data.path(), &["hold", "--reason", "  prices are\twrong "]);
    assert!(
        held.starts_with("Sending has been held since 2 March 2026, 10:00 (Europe/Paris)"),
        "{held}"
    );
    assert!(held.trim_end().ends_with(": prices are wrong"), "{held}");
    assert_eq!(
        said(data.path(), &["hold", "--reason", "again"]),
        held,
        "the first reason stays"
    );
    assert!(said(data.path(), &["sending"]).starts_with(&held));
    let french = said(data.path(), &["sending", "--lang", "fr"]);
    assert!(
        french.starts_with("Envois suspendus depuis le 2 mars 2026 à 10\u{a0}h\u{a0}00 (Europe/Paris)")
            && french.contains("Pause automatique\u{a0}: sur 0 e-mail"),
        "{french}"
    );
    let on = said(data.path(), &["release", "--reason", " prices\tmended "]);
    assert!(on.starts_with("Sending is on"), "{on}");
    let sending = said(data.path(), &["sending"]);
    assert!(
        sending.contains("Released 2 March 2026, 10:00 (Europe/Paris): prices mended\n"),
        "the reason is kept: {sending}"
    );
    let blank = piste(data.path(), &["hold", "--reason", " "]);
    assert!(!blank.status.success() && blank.stderr.contains("--reason"));
    let nowhere = piste(&data.path().join("nothing"), &["sending"]);
    assert!(nowhere.stderr.contains("--data"), "{}", nowhere.stderr);
}

/// The drill of docs/deploy.md. The outbox and the log are of the world outside: no restore brings them back in time.
#[test]
fn r21_r67_r118_after_a_restore_the_archive_is_told_again_and_nothing_goes_twice() {
    let (data, backup) = (folder(), folder());
    let files = |from: &Path, to: &Path| {
        for file in fs::read_dir(from).expect("a folder").flatten() {
            if file.file_name().to_string_lossy().starts_with("leads.db") {
                fs::copy(file.path(), to.join(file.file_name())).expect("copied");
            }
        }
    };
    let app = TestApp::on(data.path());
    app.opt_in(ANA, &[]);
    let leave = app.opt_in(BOB, &[]);
    let (cy, dan) = ("cy@example.org", "dan@example.org");
    app.opt_in(cy, &[]);
    app.opt_in(dan, &[]);
    app.advance("P3D");
    assert_eq!(app.steps_to(ANA), ["guide", "day-2"]);
    let erased = [cy, dan].map(|address| app.lead_id(address).expect("a lead"));
    app.stop("INT");
    files(data.path(), backup.path());

    // A week of life that the backup does not know, told by the log.
    let start = Start {
        data: Some(data.path()),
        ..Start::default()
    };
    let mut loud = Command::new(binaries::binary("piste"));
    loud.args(start.arguments().iter().filter(|argument| *argument != "--quiet"));
    loud.stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let app = TestApp::spawn(loud);
    for id in &erased {
        assert_eq!(app.operator("DELETE", &format!("/api/leads/{id}"), "").status, 200);
    }
    app.advance("P4D");
    let mail = app.mail(app.mails_to(BOB).last().expect("a mail"));
    assert_eq!(
        app.send("POST", &mail.one_click(), &[URLENCODED], "List-Unsubscribe=One-Click")
            .status,
        200
    );
    app.advance("P3D");
    assert_eq!(app.steps_to(ANA), ["guide", "day-2", "day-5", "day-9"]);
    assert_eq!(app.steps_to(BOB), ["guide", "day-2", "day-5"], "since {leave}");
    let log = app.stop("INT").stdout;
    assert!(log.contains("\"event\":\"opted_out\""), "{log}");
    let archive = data.path().join("archive.log");
    fs::write(&archive, log).expect("written");

    // The restore. In the cloud the table would be another one and on hold by itself; a copied file is the same table.
    files(backup.path(), data.path());
    said(data.path(), &["hold", "--reason", "restored"]);
    let report = audit(data.path());
    assert_eq!(count(&report["report"]["outbox"]["strays"]), 3, "{report}");
    // While everything is on hold, one of the erased posts again: that is taken.
    let app = TestApp::on(data.path());
    app.post(&[("email", dan)]);
    app.stop("INT");
    let archive = archive.to_str().expect("a path");
    let told = said(data.path(), &["replay", archive]);
    assert!(
        told.contains("added something new") && told.contains("Sending has been held since"),
        "{told}"
    );
    assert!(
        told.contains("then sent a form again") && told.contains(&erased[1]),
        "{told}"
    );
    let report = audit(data.path());
    assert_eq!(report["adds_up"], true, "{report}");
    let again = said(data.path(), &["replay", archive]);
    assert!(
        again.contains(": 0 added something new"),
        "told twice, it counts once: {again}"
    );

    said(data.path(), &["release"]);
    let app = TestApp::on(data.path());
    app.advance("P10D");
    assert_eq!(app.steps_to(ANA), ["guide", "day-2", "day-5", "day-9", "day-14"]);
    assert_eq!(
        app.steps_to(BOB),
        ["guide", "day-2", "day-5"],
        "the opt-out is not forgotten"
    );
    assert!(app.lead_id(cy).is_none(), "who was erased is erased again (R67)");
    let steps = app.steps_to(dan);
    let late: Vec<_> = steps
        .iter()
        .filter(|step| ["day-5", "day-9", "day-14"].contains(&step.as_str()))
        .collect();
    assert!(
        app.lead_id(dan).is_some() && late.is_empty(),
        "taken, and not written to on the old yes: {steps:?}"
    );
    app.stop("INT");
    assert_eq!(audit(data.path())["adds_up"], true);

    let foreign = data.path().join("operator-key");
    let nothing = piste(data.path(), &["replay", foreign.to_str().expect("a path")]);
    assert!(
        !nothing.status.success() && nothing.stderr.contains("log groups"),
        "{}",
        nothing.stderr
    );
}

// ---- the console ----

#[test]
fn r9_r48_the_api_says_how_sending_stands_and_stops_and_releases_it() {
    let app = TestApp::start();
    app.opt_in(ANA, &[]);
    let sending = app.api("/api/sending");
    assert_eq!(
        (&sending["state"], &sending["held"]),
        (&"open".into(), &Value::Null),
        "{sending}"
    );
    assert_eq!(
        sending["breaker"]["bounces"],
        json!({ "mails": 0, "rate": 0.0, "limit": 0.04 })
    );
    assert_eq!(sending["canary"]["missing"], false);
    assert_eq!(sending["quota"]["sandbox"], false);
    assert_eq!(
        sending["campaigns"],
        json!(
            ["guide-seo", "newsletter", "quote-request"]
                .map(|campaign| json!({ "campaign": campaign, "unknown": 0, "duplicates": 0 }))
        )
    );

    let post = |path: &str, body: &str| app.operator("POST", path, body);
    for (body, status) in [
        ("{", 400),
        (r#"{"why":"x"}"#, 400),
        ("{}", 422),
        (r#"{"reason":" "}"#, 422),
    ] {
        let answer = post("/api/sending/hold", body);
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (status, "application/problem+json"),
            "{body}"
        );
    }
    assert_eq!(app.api("/api/sending")["state"], "open");
    let held = post("/api/sending/hold", r#"{"reason":"prices are wrong"}"#).json();
    assert_eq!(
        (&held["state"], &held["held"]["reason"]),
        (&"held".into(), &"prices are wrong".into())
    );
    assert_eq!(held["held"]["cause"], "operator");
    app.advance("P3D");
    assert_eq!(app.steps_to(ANA), ["guide"], "on hold, nothing leaves");
    let released = post("/api/sending/release", r#"{"reason":"mended"}"#).json();
    assert_eq!(
        (&released["state"], &released["released"]["reason"]),
        (&"open".into(), &"mended".into())
    );
    // What was held back may be leaving meanwhile, and is counted.
    let again = post("/api/sending/release", "").json();
    assert_eq!(
        (&again["state"], &again["released"]),
        (&released["state"], &released["released"]),
        "nothing to release, nothing changes"
    );
    app.settle();
    assert_eq!(app.steps_to(ANA), ["guide", "day-2"], "what waited goes");
    assert_eq!(
        app.api("/api/sending")["breaker"]["sent"],
        app.outbox().len(),
        "of every class"
    );
    for (method, path) in [
        ("POST", "/api/sending"),
        ("GET", "/api/sending/hold"),
        ("PUT", "/api/sending/release"),
    ] {
        assert_eq!(app.operator(method, path, "{}").status, 405, "{method} {path}");
        assert_eq!(app.send(method, path, &[JSON], "{}").status, 401, "{method} {path}");
    }
}

#[test]
fn leads_are_filtered_by_emails_that_need_a_look() {
    let app = TestApp::start();
    app.guide_for(ANA, &[]);
    let lead = app.lead(ANA);
    assert_eq!(
        (&lead["unknown_sends"], &lead["duplicate_sends"]),
        (&0.into(), &0.into())
    );
    for sends in ["unknown", "duplicate"] {
        assert_eq!(count(&app.api(&format!("/api/leads?sends={sends}"))["leads"]), 0);
        assert_eq!(
            count(&app.api(&format!("/api/leads?sends={sends}&q={ANA}"))["leads"]),
            0
        );
    }
    assert_eq!(app.operator("GET", "/api/leads?sends=lost", "").status, 400);
}

#[test]
fn r96_the_page_has_one_button_and_every_page_says_that_email_is_on_hold() {
    let app = TestApp::start();
    app.guide_for(ANA, &[]);
    let cookie = app.sign_in();
    let page = |path: &str, language: &str| {
        let headers = [BROWSER, ("Cookie", cookie.as_str()), ("Accept-Language", language)];
        app.send("GET", path, &headers, "").text()
    };
    let press = |path: &str, site: &str, reason: &str| {
        let headers = [
            BROWSER,
            URLENCODED,
            ("Cookie", cookie.as_str()),
            ("Sec-Fetch-Site", site),
        ];
        app.send("POST", path, &headers, urlencoded(&[("reason", reason)]))
            .status
    };
    let open = page("/console/sending", "fr");
    assert!(
        open.contains("Les envois sont actifs")
            && open.contains("Suspendre tous les envois")
            && !open.contains("Reprendre les envois")
    );
    assert!(open.contains("14 par seconde") || open.contains("par seconde"));
    assert_eq!(press("/console/sending/hold", "cross-site", "x"), 403);
    assert_eq!(press("/console/sending/hold", "same-origin", ""), 422);
    assert!(
        page("/console/sending", "en").contains("Sending is on"),
        "neither of them did anything"
    );
    assert_eq!(press("/console/sending/hold", "same-origin", "prix <faux>"), 303);
    let lead = format!("/console/leads/{}", app.lead_id(ANA).expect("a lead"));
    for path in ["/console/leads", "/console/sending", &lead] {
        assert!(
            page(path, "en").contains("Sending is held: no emails go out."),
            "{path}"
        );
        assert!(
            page(path, "fr").contains("Les envois sont suspendus\u{a0}: aucun e-mail ne part."),
            "{path}"
        );
    }
    let held = page("/console/sending", "en");
    assert!(held.contains("prix &lt;faux&gt;") && held.contains("Release") && !held.contains("Hold all sending"));
    // Reading changes nothing.
    assert_eq!(
        app.send("GET", "/console/sending/release", &[BROWSER, ("Cookie", &cookie)], "")
            .status,
        405
    );
    assert_eq!(press("/console/sending/release", "same-origin", ""), 303);
    assert!(!page("/console/leads", "en").contains("Sending is held"));
}
