//! Figures do not move (R125): whoever is erased, by whatever door, stays counted in the reports of the months they belong
//! to, and in nothing else.

use std::path::Path;

use serde_json::{Value, json};

use crate::qualify::with_second;
use crate::test_app::*;

/// The questions that a report answers: each way of counting, of one campaign and of all, with and without a period.
const REPORTS: [&str; 5] = [
    "/api/report?visitors=500",
    "/api/report?campaign=guide-seo&visitors=500&from=2026-03-01&to=2026-03-31",
    "/api/report?by=period",
    "/api/report?by=period&from=2026-03-01&to=2026-03-31",
    "/api/report?by=period&campaign=guide-seo&from=2026-03-03&to=2026-04-30",
];

/// Their answers, and those about a second campaign where there is one.
fn reports(app: &TestApp) -> Vec<Value> {
    let second = ["", "&by=period"].map(|by| format!("/api/report?campaign=second&from=2026-03-01&to=2026-04-30{by}"));
    let all = REPORTS.iter().map(|url| (*url).to_owned()).chain(second);
    let answers = all.map(|url| app.operator("GET", &url, ""));
    answers
        .filter(|answer| answer.status == 200)
        .map(|answer| answer.json())
        .collect()
}

fn moved(app: &TestApp, address: &str, body: Value) {
    let id = app.lead_id(address).expect("a lead");
    let answer = app.operator("POST", &format!("/api/leads/{id}/stage"), body.to_string());
    assert_eq!(answer.status, 200, "{}", answer.text());
}

fn erased(app: &TestApp, address: &str) {
    let id = app.lead_id(address).expect("a lead");
    assert_eq!(app.operator("DELETE", &format!("/api/leads/{id}"), "").status, 200);
}

/// The link by which a person sees and erases what is held about them.
fn data_link(app: &TestApp, address: &str) -> String {
    let form = urlencoded(&[("form", "guide-seo"), ("email", address)]);
    assert_eq!(
        app.send("POST", "/my-data?lang=fr", &[BROWSER, URLENCODED], form)
            .status,
        200
    );
    app.settle();
    let mails = app.mails_to(address);
    app.mail(mails.last().expect("a mail")).link("/my-data?t=")
}

fn listed(app: &TestApp) -> usize {
    let list = app.api("/api/leads?limit=100");
    list["leads"].as_array().expect("a list").len()
}

/// The worked example of design.md, section 1, with thirteen sign-ups that nobody confirms.
#[test]
fn r125_the_worked_example_reads_500_35_8_on_day_20_on_day_32_and_after_erasures_by_every_door() {
    let app = TestApp::start();
    let address = |number: usize| format!("lead{number}@example.org");
    for number in 0..35 {
        let ticked = (number < 13).then_some(TICKED);
        let fields: Vec<(&str, &str)> = [("_lang", "fr")].into_iter().chain(ticked).collect();
        let address = address(number);
        let fields: Vec<_> = [("email", address.as_str())].into_iter().chain(fields).collect();
        assert_eq!(app.post_by_script(&fields).status, 202);
    }
    for number in 20..28 {
        moved(
            &app,
            &address(number),
            json!({"to": "sql", "reason": "rendez-vous pris"}),
        );
    }
    let figures = |app: &TestApp| {
        let report = app.api("/api/report?campaign=guide-seo&visitors=500&from=2026-03-01&to=2026-03-31");
        let rate = |name: &str| {
            format!(
                "{:.1}",
                report["rates"][name]["value"].as_f64().expect("a rate") * 100.0
            )
        };
        (
            ["visitors", "leads", "sql", "customers"].map(|name| report[name].as_u64()),
            [rate("visitor_to_lead"), rate("lead_to_sql")],
        )
    };
    let told = (
        [Some(500), Some(35), Some(8), Some(0)],
        ["7.0".to_owned(), "22.9".to_owned()],
    );
    app.advance("P20D");
    assert_eq!((figures(&app), listed(&app)), (told.clone(), 35));
    // The sign-ups that nobody confirmed go by themselves.
    app.advance("P12D");
    assert_eq!((figures(&app), listed(&app)), (told.clone(), 22));

    let link = data_link(&app, &address(21));
    let before = reports(&app);
    erased(&app, &address(20));
    assert_eq!(reports(&app), before, "at once, before anything is cleaned");
    erased(&app, &address(30));
    let page = app.send("POST", &link, &[BROWSER, URLENCODED], urlencoded(&[("do", "erase")]));
    assert!(
        page.text().contains("numéro tiré au hasard"),
        "what stays is said: {}",
        page.text()
    );
    app.settle();
    assert_eq!(reports(&app), before);
    assert_eq!((figures(&app), listed(&app)), (told.clone(), 19));
    let table = app.operator("GET", "/api/leads.csv", "").text();
    assert_eq!(table.lines().count(), 1 + 19, "{table}");
    let looked_at = app.api("/api/retention?days=3650")["looked_at"].clone();
    assert_eq!(looked_at, 19, "nobody is erased twice");

    // Whoever comes back is a new enquiry of another month; the former one stays.
    assert_eq!(app.post_by_script(&[("email", &address(20))]).status, 202);
    app.settle();
    assert_eq!((figures(&app), listed(&app)), (told.clone(), 20));
    assert_eq!(app.api("/api/report")["leads"], 36);
    erased(&app, &address(20));
    app.settle();
    assert_eq!(
        (figures(&app), app.api("/api/report")["leads"].as_u64()),
        (told, Some(36))
    );
}

/// People of two campaigns, with every figure that a report has.
#[test]
fn r125_every_part_of_every_report_is_the_same_after_an_erasure_and_a_person_counts_once() {
    let (data, campaigns) = (tempfile::tempdir().expect("a folder"), campaigns_to_edit());
    with_second(campaigns.path());
    let start = || {
        let (data, campaigns) = (Some(data.path()), campaigns.path().to_owned());
        Start {
            data,
            campaigns,
            ..Start::default()
        }
        .start()
    };
    let app = start();
    let post = |form: &str, address: &str, source: &str, more: &[(&str, &str)]| {
        let fields: Vec<(&str, &str)> = [("email", address)].into_iter().chain(more.iter().copied()).collect();
        let url = format!("/forms/{form}?utm_source={source}");
        let answer = app.send("POST", &url, &[SCRIPT, URLENCODED], urlencoded(&fields));
        assert_eq!(answer.status, 202, "{}", answer.text());
        app.settle();
    };
    let odile = [("first_name", "Odile"), ("last_name", "Fjordwerk")];
    post("guide-seo", "won@example.org", "linkedin", &HOT);
    post("guide-seo", "lost@example.org", "news", &odile);
    post("guide-seo", "both@example.org", "salon", &[TICKED]);
    app.advance("P3D");
    post("second", "both@example.org", "linkedin", &HOT);
    post("guide-seo", "won@example.org", "salon", &[("need", "encore")]);
    moved(&app, "won@example.org", json!({"to": "sql", "reason": "appel"}));
    let why = "Mme Fjordwerk n’a pas de budget";
    moved(&app, "lost@example.org", json!({"to": "disqualified", "reason": why}));
    app.advance("P40D");
    moved(
        &app,
        "won@example.org",
        json!({"to": "customer", "reason": "signé", "amount": 12_500}),
    );
    app.settle();
    let before = reports(&app);
    let whole = &before[0];
    assert_eq!(
        [&whole["leads"], &whole["customers"], &whole["revenue"]],
        [&json!(3), &json!(1), &json!(12_500.0)]
    );
    assert_eq!(
        whole["rejections"][0]["reason"], "Mme … n’a pas de budget",
        "a report names nobody"
    );
    let parts = |name: &str| whole[name].as_array().map_or(0, Vec::len);
    assert_eq!((parts("by_campaign"), parts("by_later_source")), (2, 1), "{whole}");
    for address in ["won@example.org", "lost@example.org", "both@example.org"] {
        erased(&app, address);
        assert_eq!(reports(&app), before, "{address}");
    }
    app.settle();
    assert_eq!(reports(&app), before, "once everything is cleaned");
    assert_eq!(listed(&app), 0);
    // Nothing in the folder names them any more, and what is read from it says the same.
    assert_eq!(app.stop("INT").status.code(), Some(0));
    assert!(!names(
        data.path(),
        &["won@example.org", "both@example.org", "Fjordwerk"]
    ));
    assert_eq!(reports(&start()), before);
}

fn names(folder: &Path, words: &[&str]) -> bool {
    let files = std::fs::read_dir(folder).expect("a folder");
    let bytes: Vec<Vec<u8>> = files
        .map(|file| std::fs::read(file.expect("a file").path()).expect("readable"))
        .collect();
    words.iter().any(|word| {
        let holds = |bytes: &Vec<u8>| bytes.windows(word.len()).any(|window| window == word.as_bytes());
        bytes.iter().any(holds)
    })
}
