//! The funnel and its report (issue 5, points 6 and 7; design.md sections 1 and 5).

use serde_json::{Value, json};

use crate::test_app::*;

/// Posts this many leads and moves the first ones of them, by the API, with the reason a person gives.
fn leads(app: &TestApp, posted: usize, sql: usize) {
    for number in 0..posted {
        let address = format!("lead{number}@example.org");
        assert_eq!(app.post_by_script(&[("email", &address)]).status, 202);
    }
    for number in 0..sql {
        move_to(app, &format!("lead{number}@example.org"), "sql");
    }
}

fn move_to(app: &TestApp, address: &str, stage: &str) {
    let id = app.lead_id(address).expect("a lead");
    let body = json!({"to": stage, "reason": "rendez-vous pris"}).to_string();
    let answer = app.operator("POST", &format!("/api/leads/{id}/stage"), body);
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// A share as people read it.
fn percent(share: &Value) -> String {
    format!("{:.1}", share.as_f64().expect("a number") * 100.0)
}

/// The worked example of design.md, section 1: 500 visitors, 35 downloads, 8 SQL.
#[test]
fn the_worked_example_through_the_public_doors() {
    let app = TestApp::start();
    leads(&app, 35, 8);
    let report = app.api("/api/report?campaign=guide-seo&visitors=500");
    assert_eq!(
        [
            &report["visitors"],
            &report["leads"],
            &report["sql"],
            &report["customers"]
        ],
        [500, 35, 8, 0]
    );
    let rates = &report["rates"];
    assert_eq!(percent(&rates["visitor_to_lead"]["value"]), "7.0");
    let sql = &rates["lead_to_sql"];
    assert_eq!(
        [percent(&sql["value"]), percent(&sql["low"]), percent(&sql["high"])],
        ["22.9", "12.1", "39.0"]
    );
    // Three published figures, with source and year; none of them is comparable with 35 leads of an agency.
    let marks = report["benchmarks"].as_array().expect("benchmarks");
    let known: Vec<_> = marks
        .iter()
        .map(|mark| {
            let range = format!("{}-{}", percent(&mark["low"]), percent(&mark["high"]));
            let words = ["sector", "source"].map(|name| mark[name].as_str().expect("a word").to_owned());
            (
                words.concat(),
                range,
                mark["year"].as_i64(),
                mark["comparable"].as_bool(),
            )
        })
        .collect();
    let expected = |name: &str, range: &str| (name.to_owned(), range.to_owned(), Some(2024), Some(false));
    assert_eq!(
        known,
        [
            expected("agencyPipedrive", "10.0-20.0"),
            expected("saasHubSpot", "2.0-5.0"),
            expected("ecommerceDataBox", "1.0-3.0"),
        ]
    );
}

#[test]
fn a_rate_without_a_denominator_is_null_and_so_is_an_impossible_one() {
    let app = TestApp::start();
    let empty = app.api("/api/report");
    assert_eq!((&empty["visitors"], &empty["leads"]), (&Value::Null, &json!(0)));
    for rate in ["visitor_to_lead", "lead_to_mql", "lead_to_sql", "lead_to_customer"] {
        assert_eq!(empty["rates"][rate], Value::Null, "{rate}");
    }
    leads(&app, 2, 0);
    let report = app.api("/api/report?visitors=1");
    assert_eq!(report["rates"]["visitor_to_lead"], Value::Null, "2 leads of 1 visitor");
    assert_eq!(percent(&report["rates"]["lead_to_sql"]["value"]), "0.0");
}

#[test]
fn a_lead_has_reached_a_stage_if_it_ever_did_and_steps_have_their_medians() {
    let app = TestApp::start();
    let hot = |address: &'static str| [&[("email", address)][..], &HOT].concat();
    // An MQL at once; SQL two days later, customer five days after that.
    assert_eq!(app.post_by_script(&hot("won@example.org")).status, 202);
    // Straight to SQL after two days, then back.
    assert_eq!(app.post_by_script(&[("email", "back@example.org")]).status, 202);
    assert_eq!(app.post_by_script(&[("email", "quiet@example.org")]).status, 202);
    app.advance("P2D");
    move_to(&app, "won@example.org", "sql");
    move_to(&app, "back@example.org", "sql");
    move_to(&app, "back@example.org", "mql");
    move_to(&app, "back@example.org", "lead");
    app.advance("P5D");
    move_to(&app, "won@example.org", "customer");
    let report = app.api("/api/report?campaign=guide-seo");
    assert_eq!(
        ["leads", "mql", "sql", "customers"].map(|name| report[name].as_u64()),
        [Some(3), Some(2), Some(2), Some(1)]
    );
    assert_eq!(
        report["median_days"],
        json!({"lead_to_mql": 1.0, "mql_to_sql": 1.0, "sql_to_customer": 5.0, "lead_to_sql": 2.0, "lead_to_customer": 7.0})
    );
}

#[test]
fn the_report_splits_by_campaign_source_and_cohort_and_counts_a_period_to_the_day() {
    let app = TestApp::start(); // 2 March
    let from = |source: &'static str, address: &'static str| [("email", address), ("utm_source", source)];
    assert_eq!(app.post_by_script(&from("newsletter", "a@example.org")).status, 202);
    assert_eq!(app.post_by_script(&from("Newsletter", "b@example.org")).status, 202);
    app.advance("P10D"); // 12 March
    assert_eq!(app.post_by_script(&from("linkedin", "c@example.org")).status, 202);
    app.advance("P20D"); // 1 April
    assert_eq!(app.post_by_script(&[("email", "d@example.org")]).status, 202);
    move_to(&app, "c@example.org", "sql");
    let report = app.api("/api/report?spend=100");
    let parts = |name: &str| -> Vec<(Value, u64, u64)> {
        let parts = report[name].as_array().expect("parts").iter();
        parts
            .map(|part| {
                (
                    part["key"].clone(),
                    part["leads"].as_u64().expect("leads"),
                    part["sql"].as_u64().expect("sql"),
                )
            })
            .collect()
    };
    assert_eq!(parts("by_campaign"), [(json!("guide-seo"), 4, 1)]);
    assert_eq!(
        parts("by_source"),
        [
            (json!("newsletter"), 2, 0),
            (Value::Null, 1, 0),
            (json!("linkedin"), 1, 1)
        ]
    );
    assert_eq!(parts("by_cohort"), [(json!("2026-03"), 3, 1), (json!("2026-04"), 1, 0)]);
    assert_eq!(
        report["days"],
        json!([{"day": "2026-03-02", "leads": 2}, {"day": "2026-03-12", "leads": 1}, {"day": "2026-04-01", "leads": 1}])
    );
    assert_eq!(
        report["cost"],
        json!({"spend": 100.0, "per_lead": 25.0, "per_mql": 100.0, "per_sql": 100.0, "per_customer": null})
    );
    let count = |period: &str| app.api(&format!("/api/report?{period}"))["leads"].as_u64();
    assert_eq!(count("from=2026-03-02&to=2026-03-11"), Some(2));
    assert_eq!(count("from=2026-03-03&to=2026-03-12"), Some(1));
    assert_eq!(count("from=2026-03-02T09:00:00Z&to=2026-03-02T09:00:00Z"), Some(2));
    assert_eq!(count("to=2026-03-31"), Some(3));
    assert_eq!(count("from=2026-04-02"), Some(0));
}

#[test]
fn what_a_report_is_asked_must_hold() {
    let app = TestApp::start();
    let rows = [
        ("campaign=nothing", 404),
        ("from=yesterday", 400),
        ("from=2026-03-02&to=2026-03-01", 400),
        ("from=1990-01-01", 400),
        ("visitors=many", 400),
        ("visitors=-1", 400),
        ("spend=NaN", 400),
    ];
    for (query, status) in rows {
        let answer = app.operator("GET", &format!("/api/report?{query}"), "");
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (status, "application/problem+json"),
            "{query}"
        );
    }
    assert_eq!(app.operator("POST", "/api/report", "{}").status, 405);
    assert_eq!(app.get("/api/report").status, 401);
    // What a form sends without an answer counts as absent.
    assert_eq!(
        app.operator("GET", "/api/report?campaign=&from=&to=&visitors=&spend=", "")
            .status,
        200
    );
}
