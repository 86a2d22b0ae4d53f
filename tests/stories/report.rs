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
    // Published figures, with source and year; none of them is comparable with 35 leads of an agency.
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
    // Of all these, what 500 visitors and 35 leads can be held against is how many visitors of a B2B site become leads.
    let expected = |name: &str, range: &str| {
        let year = if name.starts_with("b2b") { 2026 } else { 2024 };
        let comparable = (name, range) == ("b2bB2Blead.io", "1.0-5.0");
        (name.to_owned(), range.to_owned(), Some(year), Some(comparable))
    };
    assert_eq!(
        known,
        [
            expected("agencyPipedrive", "10.0-20.0"),
            expected("saasHubSpot", "2.0-5.0"),
            expected("ecommerceDataBox", "1.0-3.0"),
            expected("b2bB2Blead.io", "1.0-5.0"),
            expected("b2bB2Blead.io", "20.0-40.0"),
            expected("b2bB2Blead.io", "30.0-60.0"),
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

/// The demo campaign with entries of spend.
fn with_spend(entries: &str) -> tempfile::TempDir {
    let folder = campaigns_to_edit();
    let file = folder.path().join("guide-seo/campaign.toml");
    let text = std::fs::read_to_string(&file).expect("the campaign");
    std::fs::write(&file, format!("{text}\n{entries}")).expect("written");
    folder
}

#[test]
fn what_a_campaign_says_it_paid_gives_the_costs_of_each_source_and_month() {
    let campaigns = with_spend(
        "[[spend]]\nmonth = \"2026-03\"\nsource = \"google\"\neuros = 310.00\n\
         [[spend]]\nmonth = \"2026-03\"\nsource = \"fair\"\neuros = 62\n\
         [[spend]]\nmonth = \"2026-03\"\neuros = 31\n",
    );
    let start = Start {
        campaigns: campaigns.path().to_owned(),
        ..Start::default() // 2 March
    };
    let app = start.start();
    let from = |source: &'static str, address: &'static str| [("email", address), ("utm_source", source)];
    assert_eq!(app.post_by_script(&from("google", "a@example.org")).status, 202);
    assert_eq!(app.post_by_script(&from("google", "b@example.org")).status, 202);
    move_to(&app, "a@example.org", "sql");
    let costs = |report: &Value, part: &str| -> Vec<(Value, Value, Value)> {
        let parts = report[part].as_array().expect("parts").iter();
        parts
            .map(|part| {
                let cost = &part["cost"];
                (part["key"].clone(), cost["spend"].clone(), cost["per_lead"].clone())
            })
            .collect()
    };
    let report = app.api("/api/report");
    assert_eq!(
        (
            &report["cost"]["spend"],
            &report["cost"]["per_lead"],
            &report["cost"]["per_sql"]
        ),
        (&json!(26.0), &json!(13.0), &json!(26.0)),
        "two days of March"
    );
    assert_eq!(report["spend_from"], "campaigns");

    app.advance("P40D"); // 11 April
    assert_eq!(app.post_by_script(&[("email", "c@example.org")]).status, 202);
    let report = app.api("/api/report");
    assert_eq!(report["cost"]["spend"], 403.0);
    assert_eq!(report["leads_without_spend"], 1, "nothing is written down for April");
    assert_eq!(
        costs(&report, "by_source"),
        [
            (json!("google"), json!(310.0), json!(155.0)),
            (Value::Null, Value::Null, Value::Null),
            (json!("fair"), json!(62.0), Value::Null),
        ],
        "what was paid for and brought nobody is there"
    );
    assert_eq!(
        costs(&report, "by_cohort"),
        [
            (json!("2026-03"), json!(403.0), json!(201.5)),
            (json!("2026-04"), Value::Null, Value::Null)
        ]
    );
    assert_eq!(
        costs(&report, "by_campaign"),
        [(json!("guide-seo"), json!(403.0), json!(134.33))]
    );

    let nobody = app.api("/api/report?from=2026-03-03&to=2026-03-31");
    assert_eq!((&nobody["leads"], &nobody["cost"]["spend"]), (&json!(0), &json!(377.0)));
    for part in ["by_cohort", "by_campaign"] {
        let spent: Vec<_> = costs(&nobody, part).into_iter().map(|(_, spend, _)| spend).collect();
        assert_eq!(spent, [json!(377.0)], "{part}: 29 of 31 days, and nobody came");
    }
    let given = app.api("/api/report?spend=90");
    assert_eq!(
        (&given["cost"]["per_lead"], &given["spend_from"]),
        (&json!(30.0), &json!("given"))
    );
    assert!(
        costs(&given, "by_source").iter().all(|(_, spend, _)| spend.is_null()),
        "the parts would not add up"
    );
    let before = app.api("/api/report?from=2026-04-01");
    assert_eq!((&before["cost"], &before["spend_from"]), (&Value::Null, &Value::Null));

    let page = app.send(
        "GET",
        "/console/report?lang=fr",
        &[BROWSER, ("Cookie", &app.sign_in())],
        "",
    );
    let page = page.text();
    for words in [
        "403,00\u{202f}€",
        "Coût d’un lead",
        "155,00\u{202f}€",
        "Coûts sous-estimés",
    ] {
        assert!(page.contains(words), "{words}");
    }
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

// ---- visitors ----

const FIREFOX: (&str, &str) = (
    "User-Agent",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
);

fn visitors(app: &TestApp) -> Value {
    app.api("/api/report?campaign=guide-seo")["visitors"].clone()
}

#[test]
fn visits_to_the_form_are_counted_without_knowing_anybody() {
    let app = TestApp::start();
    assert_eq!(visitors(&app), Value::Null, "nothing counted any");
    for _ in 0..3 {
        let page = app.send("GET", FORM, &[BROWSER, FIREFOX], "");
        assert_eq!((page.status, page.header("set-cookie")), (200, ""), "no cookie");
    }
    assert_eq!(visitors(&app), 3);
    // No person, or not one who comes to the form: a program, a page fetched ahead of need, our own other page, a HEAD.
    let bot = (
        "User-Agent",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    );
    let referrer = format!("{}/forms/guide-seo", app.base);
    for header in [
        bot,
        ("User-Agent", "curl/8.5.0"),
        ("Sec-Purpose", "prefetch;prerender"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Referer", referrer.as_str()),
    ] {
        let agent = if header.0 == "User-Agent" { header } else { FIREFOX };
        assert_eq!(app.send("GET", FORM, &[BROWSER, agent, header], "").status, 200);
    }
    app.send("HEAD", FORM, &[BROWSER, FIREFOX], "");
    // The form, posted or sent back with its mistakes, is no visit.
    app.send("POST", FORM, &[BROWSER, FIREFOX, URLENCODED], "email=");
    app.send("GET", "/forms/guide-seo/thanks", &[BROWSER, FIREFOX], "");
    assert_eq!(visitors(&app), 3);
    let report = app.api("/api/report?campaign=guide-seo");
    assert_eq!(report["visitors_from"], "counted");
    // Who knows better says so.
    let told = app.api("/api/report?campaign=guide-seo&visitors=500");
    assert_eq!(
        (&told["visitors"], &told["visitors_from"]),
        (&json!(500), &json!("given"))
    );
}

/// I15: looking changes nothing but the count; a lead, its alarm and the outbox stay as they are.
#[test]
fn a_visit_changes_nothing_but_its_count() {
    let app = TestApp::start();
    app.guide_for("ana@example.org", &[]);
    let before = (app.lead("ana@example.org"), app.outbox().len());
    for _ in 0..5 {
        app.send("GET", FORM, &[BROWSER, FIREFOX], "");
        app.send(
            "POST",
            "/forms/guide-seo/visits",
            &[FIREFOX, ("Origin", "https://www.example.com")],
            "",
        );
    }
    app.settle();
    assert_eq!((app.lead("ana@example.org"), app.outbox().len()), before);
    assert_eq!(visitors(&app), 10);
}

#[test]
fn a_page_elsewhere_tells_of_its_visits_if_its_site_is_on_the_list() {
    let app = TestApp::start();
    let tell = |headers: &[(&str, &str)]| app.send("POST", "/forms/guide-seo/visits", headers, "");
    let listed = ("Origin", "https://www.example.com");
    // What `navigator.sendBeacon` sends.
    let answer = tell(&[FIREFOX, listed, ("Content-Type", "text/plain;charset=UTF-8")]);
    assert_eq!(
        (answer.status, answer.body.len(), answer.header("set-cookie")),
        (204, 0, "")
    );
    assert_eq!(visitors(&app), 1);
    // Everybody hears the same; only pages on the form's list count.
    for headers in [
        &[FIREFOX][..],
        &[FIREFOX, ("Origin", "https://elsewhere.example")],
        &[listed, ("User-Agent", "curl/8.5.0")],
    ] {
        assert_eq!(tell(headers).status, 204);
    }
    assert_eq!(visitors(&app), 1);
    assert_eq!(app.get("/forms/guide-seo/visits").status, 405);
    assert_eq!(app.send("POST", "/forms/nothing/visits", &[FIREFOX], "").status, 404);
}

// ---- the command line ----

fn piste(arguments: &[&str], data: &std::path::Path) -> Ended {
    let mut command = std::process::Command::new(piste_tests::binaries::binary("piste"));
    command.args(arguments).arg("--data").arg(data);
    command.arg("--campaigns").arg(campaigns());
    run(command)
}

#[test]
fn piste_report_tells_the_same_in_both_languages_and_as_json() {
    let data = tempfile::tempdir().expect("a folder");
    let app = TestApp::on(data.path());
    leads(&app, 5, 2);
    let by_api = app.api("/api/report?campaign=guide-seo&visitors=50&spend=100");
    app.stop("TERM");
    let ask = [
        "report",
        "--campaign",
        "guide-seo",
        "--visitors",
        "50",
        "--spend",
        "100",
        "--lang",
    ];
    let said = |language: &str| {
        let ended = piste(&[&ask[..], &[language]].concat(), data.path());
        assert!(ended.status.success(), "{}", ended.stderr);
        ended.stdout
    };
    let french = said("fr");
    for words in [
        "Visiteurs",
        "40,0\u{202f}% (11,8 à 76,9\u{202f}%)",
        "50,00\u{202f}€",
        "Pipedrive 2024",
        "mars 2026",
    ] {
        assert!(french.contains(words), "{words}: {french}");
    }
    let english = said("en");
    for words in [
        "Visitors",
        "40.0% (11.8 to 76.9%)",
        "€50.00",
        "another measure",
        "March 2026",
    ] {
        assert!(english.contains(words), "{words}: {english}");
    }
    assert!(
        french
            .lines()
            .chain(english.lines())
            .all(|line| line.chars().count() <= 100),
        "{french}{english}"
    );
    let printed = piste(&[&ask[..], &["en", "--json"]].concat(), data.path()).stdout;
    let printed: Value = serde_json::from_str(&printed).expect("JSON");
    assert_eq!(printed, by_api);
    let wrong = piste(&["report", "--campaign", "nothing"], data.path());
    assert!(
        !wrong.status.success() && wrong.stderr.contains("no such campaign"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn piste_visitors_takes_the_days_of_another_counter_or_none() {
    let data = tempfile::tempdir().expect("a folder");
    let app = TestApp::on(data.path());
    app.send("GET", FORM, &[BROWSER, FIREFOX], "");
    assert_eq!(visitors(&app), 1);
    app.stop("TERM");
    let file = data.path().join("visitors.csv");
    let import = |lines: &str| {
        std::fs::write(&file, lines).expect("written");
        let file = file.display().to_string();
        piste(&["visitors", &file, "--campaign", "guide-seo"], data.path())
    };
    let wrong = import("day,visitors\n2026-03-01,100\n2026-03-02,many\n");
    assert!(
        !wrong.status.success() && wrong.stderr.contains("visitors.csv:3:"),
        "{}",
        wrong.stderr
    );
    assert!(
        import("day,visitors\n2026-03-01,100\n2026-03-02,150\n")
            .status
            .success()
    );
    let app = TestApp::on(data.path());
    // What was told stands in for what was counted, and nothing of the wrong file is there.
    assert_eq!(visitors(&app), 250);
}

// ---- pages ----

#[test]
fn the_calculator_answers_anybody_in_both_languages_and_stores_nothing() {
    let app = TestApp::start();
    let page = app.get("/calculator?lang=fr&visitors=500&leads=35&sql=8&sector=agency&spend=700");
    assert!(page.status == 200 && page.is_page_in("fr"));
    let text = page.text();
    for words in [
        "7,0\u{202f}%",
        "22,9\u{202f}%",
        "12,1 à 39,0\u{202f}%",
        "20,00\u{202f}€",
        "Pipedrive 2024",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("<script") && page.header("set-cookie").is_empty());
    let english = app.get("/calculator?lang=en&visitors=500&leads=35&sql=8").text();
    assert!(english.contains("12.1 to 39.0%") && english.contains("HubSpot 2024"));
    // Numbers as people type them, and what does not hold.
    assert!(
        app.get("/calculator?lang=fr&visitors=1+500&leads=105")
            .text()
            .contains("7,0\u{202f}%")
    );
    for wrong in ["leads=many", "leads=8&sql=35", "leads=5&spend=x", "leads=-1"] {
        let page = app.get(&format!("/calculator?{wrong}"));
        assert_eq!(page.status, 400, "{wrong}");
        assert!(!page.text().contains("<svg"), "{wrong}");
    }
    let hostile = app
        .get("/calculator?leads=%3Cscript%3E&sector=%22%3E%3Cscript%3E")
        .text();
    assert!(!hostile.contains("<script"), "{hostile}");
    assert_eq!(app.get("/calculator").status, 200);
    assert_eq!(app.send("POST", "/calculator", &[URLENCODED], "leads=1").status, 405);
    assert_eq!(app.api("/api/report")["leads"], 0);
}
