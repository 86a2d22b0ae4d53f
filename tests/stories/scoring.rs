//! Scores that anyone can check: the same lines in the API, on the page and on the command line, on any day; and rules
//! that are tried on stored leads before they are used.

use std::path::Path;
use std::process::Command;

use piste_tests::binaries;
use serde_json::Value;

use crate::test_app::{BROWSER, HOT, Start, TestApp, campaigns, run};

const ANA: &str = "ana@example.com";

fn sum(lines: &[Value], axis: &str) -> i64 {
    let of_axis = lines.iter().filter(|line| line["axis"] == axis);
    of_axis.map(|line| line["points"].as_i64().expect("points")).sum()
}

/// What `piste` says about a data folder whose system is stopped.
fn piste(data: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(binaries::binary("piste"));
    command
        .args(arguments)
        .arg("--data")
        .arg(data)
        .arg("--campaigns")
        .arg(campaigns());
    let said = run(command);
    assert!(said.status.success(), "{arguments:?}: {}", said.stderr);
    said.stdout
}

#[test]
fn the_lines_add_up_in_the_api_on_the_page_and_on_the_command_line() {
    let data = tempfile::tempdir().expect("a folder");
    let app = TestApp::on(data.path());
    app.opt_in(ANA, &HOT);
    app.advance("P20D");
    let lead = app.lead(ANA);
    let score = &lead["score"];
    let lines = score["lines"].as_array().expect("lines");
    assert_eq!(score["fit"], sum(lines, "fit"));
    assert_eq!(score["engagement"], sum(lines, "engagement"));
    assert_eq!(score["version"].as_str().map(str::len), Some(8), "which rules");
    let confirm = lines.iter().find(|line| line["rule"] == "confirm").expect("the opt-in");
    assert_eq!(
        (confirm["fresh"].as_i64(), confirm["points"].as_i64()),
        (Some(20), Some(13)),
        "20 days of 30"
    );
    let id = lead["id"].as_str().expect("an id").to_owned();
    let cookie = app.sign_in();
    let headers = [BROWSER, ("Cookie", cookie.as_str())];
    let page = app
        .send("GET", &format!("/console/leads/{id}?lang=en"), &headers, "")
        .text();
    for line in lines {
        let (rule, points) = (
            line["rule"].as_str().expect("a rule"),
            line["points"].as_i64().expect("points"),
        );
        let mut rows = page.split("<tr>");
        let shown = |row: &str| row.contains(&format!(">{points}<")) && row.contains(&format!(" · {rule} · "));
        assert!(rows.any(shown), "{rule}: {page}");
    }
    let grade = score["grade"].as_str().expect("a grade").to_owned();
    let (fit, engagement) = (score["fit"].clone(), score["engagement"].clone());
    let lines = lines.clone();
    app.stop("INT");

    let said = piste(data.path(), &["explain", ANA, "--lang", "en"]);
    assert!(
        said.contains(&format!("grade {grade}, fit {fit}, engagement {engagement}")),
        "{said}"
    );
    for line in &lines {
        let (rule, points) = (
            line["rule"].as_str().expect("a rule"),
            line["points"].as_i64().expect("points"),
        );
        let row = said.lines().find(|row| row.contains(&format!(" {rule} ")));
        assert!(
            row.is_some_and(|row| row.trim().starts_with(&format!("{points:+}"))),
            "{rule}: {said}"
        );
    }
    assert!(said.contains("20 when fresh, 13 with age"), "{said}");
    let french = piste(data.path(), &["explain", ANA, "--lang", "fr"]);
    assert!(
        french.contains("20 à l’origine, 13 avec l’âge") && french.contains(&format!("note {grade}, profil {fit}")),
        "{french}"
    );
    assert!(!said.contains(ANA), "the id is enough");
    // Any other day can be worked out from what is stored: the first one gives the fresh points again.
    let then = piste(data.path(), &["explain", &id, "--at", "2026-03-02T09:00:05Z"]);
    assert!(
        then.contains("engagement 35") && then.contains("enough for an MQL"),
        "{then}"
    );
    let mut early = Command::new(binaries::binary("piste"));
    early
        .args(["explain", &id, "--at", "2026-03-01", "--data"])
        .arg(data.path())
        .arg("--campaigns")
        .arg(campaigns());
    let refused = run(early);
    assert!(
        !refused.status.success() && refused.stderr.contains("came in later"),
        "{}",
        refused.stderr
    );
}

#[test]
fn the_hot_lead_is_an_mql_at_once_the_address_alone_is_not_and_a_competitor_never() {
    let app = TestApp::start();
    for (address, fields) in [
        (ANA, HOT.as_slice()),
        ("bob@example.com", &[]),
        ("eve@concurrent.example", &HOT),
        ("leo@gmail.com", &HOT),
    ] {
        assert_eq!(app.post(&[&[("email", address)], fields].concat()).status, 303);
    }
    let of = |address: &str| {
        let lead = app.lead(address);
        (
            lead["stage"].clone(),
            lead["score"]["grade"].as_str().expect("a grade").to_owned(),
            lead["score"]["fit"].clone(),
        )
    };
    assert_eq!(of(ANA), ("mql".into(), "A3".to_owned(), 80.into()));
    assert_eq!(of("bob@example.com"), ("lead".into(), "D3".to_owned(), 0.into()));
    assert_eq!(
        of("eve@concurrent.example"),
        ("lead".into(), "D3".to_owned(), 80.into()),
        "the points are told, and capped"
    );
    assert_eq!(
        of("leo@gmail.com"),
        ("mql".into(), "A3".to_owned(), 75.into()),
        "a personal address costs points, no more"
    );
}

#[test]
fn new_rules_are_tried_on_stored_leads_and_too_little_data_is_said() {
    let data = tempfile::tempdir().expect("a folder");
    let app = Start {
        data: Some(data.path()),
        ..Start::default()
    }
    .start();
    for (n, stages) in [
        (1, ["sql", "customer"].as_slice()),
        (2, &["sql", "disqualified"]),
        (3, &["lead"]),
        (4, &[]),
    ] {
        let address = format!("lead{n}@example.com");
        assert_eq!(
            app.post(&[&[("email", address.as_str())], HOT.as_slice()].concat())
                .status,
            303
        );
        let id = app.lead_id(&address).expect("a lead");
        for stage in stages {
            app.advance("PT1H");
            let body = format!("{{\"to\":\"{stage}\",\"reason\":\"call\"}}");
            let moved = app.operator("POST", &format!("/api/leads/{id}/stage"), body);
            assert_eq!(moved.status, 200, "{}", moved.text());
        }
    }
    assert_eq!(app.post(&[("email", "bob@example.com")]).status, 303);
    app.stop("INT");

    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("new.toml");
    let demo = std::fs::read_to_string(campaigns().join("guide-seo/campaign.toml")).expect("the demo");
    let with = |old: &str, new: &str| {
        assert!(demo.contains(old), "{old}");
        std::fs::write(&file, demo.replacen(old, new, 1)).expect("written");
    };
    with(
        "mql = { fit = 50, engagement = 10 }",
        "mql = { fit = 90, engagement = 10 }",
    );
    let path = file.to_str().expect("UTF-8");
    let said = piste(data.path(), &["simulate-rules", path]);
    assert!(said.contains("5 leads"), "{said}");
    assert!(
        said.contains("4 would move: 0 would become MQLs, 4 would no longer be"),
        "{said}"
    );
    assert_eq!(said.matches("A3 MQL -> A3 -").count(), 4, "{said}");
    assert!(said.contains("outcomes known: 3 (1 won, 1 lost, 1 rejected)"), "{said}");
    assert!(said.contains("1/3, 33.3% (6.1 to 79.2%)"), "Wilson's interval: {said}");
    assert!(
        said.contains("Too little data") && said.contains("5 leads of about 100, 3 outcomes of about 30"),
        "{said}"
    );
    assert!(!said.contains("@"), "ids, not addresses: {said}");
    let french = piste(data.path(), &["simulate-rules", path, "--lang", "fr"]);
    for words in [
        "changeraient de place\u{a0}: 4, dont 0 qui deviendraient MQL",
        "issues connues\u{a0}: 3 (1 gagnées, 1 perdues, 1 refusées)",
        "1/3, 33,3\u{202f}% (6,1 à 79,2\u{202f}%)",
        "Trop peu de données",
    ] {
        assert!(french.contains(words), "{words}: {french}");
    }

    with("points = 20", "points = \"20\"");
    let mut command = Command::new(binaries::binary("piste"));
    command
        .args(["simulate-rules", path, "--data"])
        .arg(data.path())
        .arg("--campaigns")
        .arg(campaigns());
    let refused = run(command);
    let line = demo.lines().position(|line| line == "points = 20").expect("a line") + 1;
    assert!(
        !refused.status.success() && refused.stderr.contains(&format!("new.toml:{line}: ")),
        "{}",
        refused.stderr
    );
}
