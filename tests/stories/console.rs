//! The operator's door: who may come in, what they see, what they may change (design.md section 5; R96, R99, R105, R106).

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::test_app::*;

const ANA: &str = "ana@example.org";

/// Names of an object's members, in any order.
fn members(value: &Value) -> Vec<&str> {
    let mut names: Vec<_> = value
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}

fn check_members(value: &Value, expected: &[&str]) {
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    let names = members(value);
    for name in expected {
        assert!(names.contains(&name), "{name} is missing: {names:?}");
    }
}

fn moment(value: &Value) -> Timestamp {
    let text = value.as_str().expect("a moment");
    assert!(text.ends_with('Z'), "RFC 3339 UTC: {text}");
    text.parse().expect("RFC 3339")
}

// ---- who may come in ----

#[test]
fn r106_without_the_key_every_route_is_closed() {
    let app = TestApp::start();
    app.guide_for(ANA, &[]);
    let id = app.lead_id(ANA).expect("a lead");
    let almost = app.key[..app.key.len() - 1].to_owned();
    let keys = [
        String::new(),
        "Bearer".into(),
        "Bearer ".into(),
        "Bearer wrong".into(),
        format!("Bearer {almost}"),
        format!("Bearer {}0", app.key),
        format!("Basic {}", app.key),
        app.key.clone(),
    ];
    for key in &keys {
        for (method, path) in [
            ("GET", "/api/leads".to_owned()),
            ("GET", format!("/api/leads/{id}")),
            ("GET", format!("/api/leads/{id}/plan")),
            ("POST", format!("/api/leads/{id}/stage")),
            ("GET", "/api/nothing".into()),
        ] {
            let answer = app.send(
                method,
                &path,
                &[("Authorization", key), JSON],
                r#"{"to":"sql","reason":"x"}"#,
            );
            assert_eq!(
                (answer.status, answer.header("content-type")),
                (401, "application/problem+json"),
                "{method} {path} {key}"
            );
            assert!(
                !answer.header("www-authenticate").is_empty(),
                "RFC 9110, section 15.5.2"
            );
            assert!(!answer.text().contains(ANA) && !answer.text().contains(&almost));
        }
    }
    assert_eq!(app.lead(ANA)["stage"], "lead");
    // The key in the address would end up in logs: it opens nothing.
    assert_eq!(app.get(&format!("/api/leads?key={}", app.key)).status, 401);
    // The scheme is not case-sensitive (RFC 9110, section 11.1).
    assert_eq!(
        app.send(
            "GET",
            "/api/leads",
            &[("Authorization", &format!("bearer {}", app.key))],
            ""
        )
        .status,
        200
    );
    let description = app.get("/api/openapi.json");
    assert_eq!(
        (
            description.status,
            description.json()["openapi"]
                .as_str()
                .map(|version| version.starts_with("3.1"))
        ),
        (200, Some(true))
    );
}

#[test]
fn r99_wrong_requests_are_problem_documents() {
    let app = TestApp::start();
    app.guide_for(ANA, &[]);
    let id = app.lead_id(ANA).expect("a lead");
    let rows = [
        ("GET", "/api/nothing".to_owned(), "", 404),
        ("GET", "/api/leads/nobody".into(), "", 404),
        ("GET", format!("/api/leads/{}", "a".repeat(26)), "", 404),
        ("GET", format!("/api/leads/{id}/nothing"), "", 404),
        ("GET", "/api/leads?stage=hot".into(), "", 400),
        ("GET", "/api/leads?limit=0".into(), "", 400),
        ("GET", "/api/leads?limit=x".into(), "", 400),
        ("GET", "/api/leads?cursor=x".into(), "", 400),
        ("PUT", "/api/leads".into(), "{}", 405),
        ("GET", format!("/api/leads/{id}/stage"), "", 405),
        ("POST", format!("/api/leads/{id}/stage"), "{", 400),
        ("POST", format!("/api/leads/{id}/stage"), "{}", 400),
        (
            "POST",
            format!("/api/leads/{}/stage", "a".repeat(26)),
            r#"{"to":"sql","reason":"x"}"#,
            404,
        ),
    ];
    for (method, path, body, expected) in rows {
        let answer = app.operator(method, &path, body);
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (expected, "application/problem+json"),
            "{method} {path}"
        );
        assert_eq!(answer.json()["status"], expected, "{method} {path}");
    }
}

#[test]
fn an_unknown_parameter_or_value_is_400_and_named() {
    let app = TestApp::start();
    let id = "a".repeat(26);
    let rows = [
        ("/api/leads?stage=hot".to_owned(), "stage", "unknown_stage"),
        ("/api/leads?call=yes".into(), "call", "unknown_call"),
        ("/api/leads?sends=lost".into(), "sends", "unknown_sends"),
        ("/api/leads?limit=101".into(), "limit", "bad_limit"),
        ("/api/leads?stages=mql".into(), "stages", "unknown_parameter"),
        ("/api/leads?stage=mql&stage=sql".into(), "stage", "repeated_parameter"),
        ("/api/leads.csv?format=csv".into(), "format", "unknown_parameter"),
        ("/api/report?days=3".into(), "days", "unknown_parameter"),
        ("/api/retention?days=0".into(), "days", "bad_days"),
        (format!("/api/leads/{id}?lang=AAA"), "lang", "unknown_lang"),
        (format!("/api/leads/{id}?fields=name"), "fields", "unknown_parameter"),
        ("/api/openapi.json?version=2".into(), "version", "unknown_parameter"),
    ];
    for (path, field, code) in rows {
        let answer = app.operator("GET", &path, "");
        assert_eq!(answer.status, 400, "{path}");
        let problem = answer.json();
        assert_eq!(
            (&problem["code"], &problem["errors"][0]["field"]),
            (&json!(code), &json!(field)),
            "{path}"
        );
        assert!(
            problem["detail"]
                .as_str()
                .is_some_and(|detail| detail.starts_with(field)),
            "{problem}"
        );
    }
    let both = app.operator("GET", "/api/leads?a=1&limit=x&b=2", "").json();
    assert_eq!(both["errors"].as_array().map(Vec::len), Some(3), "all problems at once");
    // What a form leaves blank counts as absent.
    assert_eq!(
        app.operator("GET", "/api/leads?stage=&call=&q=&cursor=&lang=en", "")
            .status,
        200
    );
    // A page is more patient, for addresses of pages are kept and passed on.
    let cookie = app.sign_in();
    let page = app.send(
        "GET",
        "/console/leads?utm_source=mail",
        &[BROWSER, ("Cookie", &cookie)],
        "",
    );
    assert_eq!(page.status, 200);
}

#[test]
fn every_path_tells_its_methods() {
    let app = TestApp::start();
    let id = "a".repeat(26);
    for (path, methods) in [
        ("/api/openapi.json".to_owned(), "GET, HEAD, OPTIONS"),
        ("/api/leads".into(), "GET, HEAD, POST, OPTIONS"),
        (format!("/api/leads/{id}"), "GET, HEAD, PATCH, DELETE, OPTIONS"),
        (format!("/api/leads/{id}/stage"), "POST, OPTIONS"),
        ("/console/leads".into(), "GET, HEAD, POST, OPTIONS"),
        ("/console/login".into(), "GET, HEAD, POST, OPTIONS"),
        ("/calculator".into(), "GET, HEAD, OPTIONS"),
    ] {
        let options = app.send("OPTIONS", &path, &[], "");
        assert_eq!((options.status, options.header("allow")), (204, methods), "{path}");
        let put = app.operator("PUT", &path, "{}");
        assert_eq!((put.status, put.header("allow")), (405, methods), "{path}");
    }
    // Even without a key: the description is open, and so is what may be done with it.
    assert_eq!(app.send("DELETE", "/api/openapi.json", &[], "").status, 405);
    assert_eq!(app.send("PUT", "/api/leads", &[], "").status, 401);
    let (get, head) = (
        app.operator("GET", "/api/leads", ""),
        app.operator("HEAD", "/api/leads", ""),
    );
    assert_eq!(
        (head.status, head.header("content-type")),
        (200, get.header("content-type"))
    );
    assert!(head.body.is_empty());
}

// ---- what they see ----

#[test]
fn the_list_is_filtered_and_comes_page_by_page() {
    let app = TestApp::start();
    let mut expected = Vec::new();
    for place in 0..25 {
        let address = format!("p{place:02}@example.org");
        let name = if place % 2 == 0 { "Zoé" } else { "Bob" };
        let mut fields = vec![
            ("email", address.as_str()),
            ("first_name", name),
            ("last_name", "Dupont"),
        ];
        if place % 5 == 0 {
            fields.extend(HOT);
        }
        app.post(&fields);
        expected.insert(0, address.clone());
        // Some within the same second, some days and a month apart.
        if place % 3 == 0 {
            app.advance("P3D");
        }
    }
    let pages = |filter: &str, limit: usize| {
        let (mut all, mut next, mut count) = (Vec::new(), String::new(), 0);
        loop {
            let page = app.api(&format!("/api/leads?{filter}&limit={limit}&cursor={next}"));
            assert_eq!(members(&page), ["leads", "next", "total"]);
            let leads = page["leads"].as_array().expect("leads");
            assert!(leads.len() <= limit);
            count += 1;
            all.extend(leads.clone());
            match page["next"].as_str() {
                Some(more) => next = more.to_owned(),
                None => return (all, count),
            }
        }
    };
    let addresses = |leads: &[Value]| {
        leads
            .iter()
            .map(|lead| lead["email"].as_str().expect("text").to_owned())
            .collect::<Vec<_>>()
    };
    let sorted = |mut list: Vec<String>| {
        list.sort();
        list
    };
    for limit in [1, 7, 24, 25, 100] {
        let (all, count) = pages("campaign=guide-seo", limit);
        assert_eq!(count, 25_usize.div_ceil(limit), "no empty page at the end: {limit}");
        assert_eq!(sorted(addresses(&all)), sorted(expected.clone()), "each once: {limit}");
        let moments: Vec<_> = all.iter().map(|lead| moment(&lead["captured_at"])).collect();
        assert!(moments.is_sorted_by(|a, b| a >= b), "newest first");
    }
    assert_eq!(pages("", 100).0.len(), 25);
    assert_eq!(pages("campaign=other", 100).0.len(), 0);
    let hot: Vec<_> = (0..25)
        .filter(|place| place % 5 == 0)
        .map(|place| format!("p{place:02}@example.org"))
        .collect();
    assert_eq!(sorted(addresses(&pages("stage=mql", 2).0)), hot);
    assert_eq!(pages("stage=mql&campaign=guide-seo&q=zo%C3%A9", 2).0.len(), 3);
    assert_eq!(pages("stage=lead", 100).0.len(), 20);
    assert_eq!(pages("q=BOB", 5).0.len(), 12);
    assert_eq!(pages("q=dupont", 100).0.len(), 25);
    assert_eq!(addresses(&pages("q=P07%40example.org", 5).0), ["p07@example.org"]);
    assert_eq!(addresses(&pages("q=p07", 5).0), ["p07@example.org"]);
    assert_eq!(pages("q=nobody", 5).0.len(), 0);
}

#[test]
fn a_lead_has_the_shape_of_the_design_and_its_score_lines_add_up() {
    let app = TestApp::start();
    let mut fields = vec![
        ("first_name", "Zoé"),
        ("last_name", "Dupont"),
        ("phone", "01 99 00 12 34"),
        ("company", "Scierie"),
        ("sector", "saas"),
    ];
    fields.extend(HOT);
    let opted_in = app.opt_in(ANA, &fields);
    app.advance("P6D");
    app.feedback(&app.mails_to(ANA)[1], "click");
    let row = &app.api("/api/leads")["leads"][0];
    let of_list = [
        "id",
        "email",
        "phone",
        "name",
        "company",
        "campaign",
        "stage",
        "grade",
        "fit",
        "engagement",
        "owner",
        "source",
        "captured_at",
        "last_enquiry_at",
        "due_at",
        "unknown_sends",
        "duplicate_sends",
    ];
    assert_eq!(members(row).len(), of_list.len());
    check_members(row, &of_list);

    let lead = app.lead(ANA);
    check_members(&lead, &of_list);
    check_members(&lead, &["answers", "consents", "score", "timeline", "sends"]);
    for same in of_list {
        assert_eq!(lead[same], row[same], "{same}");
    }
    assert_eq!(
        (&lead["email"], &lead["name"], &lead["campaign"]),
        (&json!(ANA), &json!("Zoé Dupont"), &json!("guide-seo"))
    );
    assert_eq!(lead["id"].as_str().map(str::len), Some(26));
    assert_eq!(moment(&lead["captured_at"]).to_string(), MONDAY);
    let mut answers: serde_json::Map<_, _> = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect();
    answers.remove("email");
    answers["phone"] = json!("+33199001234");
    assert_eq!(lead["answers"], Value::Object(answers));

    let score = &lead["score"];
    for name in ["engagement", "fit", "grade", "lines"] {
        assert!(members(score).contains(&name), "{name}");
    }
    let lines = score["lines"].as_array().expect("lines");
    for line in lines {
        for name in ["at", "axis", "points", "rule", "why"] {
            assert!(members(line).contains(&name), "{name}");
        }
        assert!(!line["why"].as_str().expect("text").is_empty(), "{line}");
        moment(&line["at"]);
    }
    for axis in ["fit", "engagement"] {
        let sum: i64 = lines
            .iter()
            .filter(|line| line["axis"] == axis)
            .map(|line| line["points"].as_i64().expect("a number"))
            .sum();
        assert_eq!((&score[axis], &lead[axis]), (&json!(sum), &json!(sum)), "{axis}");
    }
    assert!(
        lines
            .iter()
            .any(|line| line["axis"] == "engagement" && line["rule"] == "click")
    );
    assert_eq!(lead["fit"], 20 + 25 + 15 + 20 + 10 + 5 + 5);
    let grade = score["grade"].as_str().expect("text");
    assert!(
        grade.len() == 2
            && ('A'..='D').contains(&grade.chars().next().expect("a letter"))
            && ('1'..='4').contains(&grade.chars().last().expect("a digit"))
    );

    let consent = &lead["consents"][0];
    check_members(
        consent,
        &["purpose", "state", "at", "method", "text_version", "text_hash", "page"],
    );
    assert_eq!(
        (
            &consent["purpose"],
            &consent["state"],
            &consent["method"],
            &consent["text_version"]
        ),
        (
            &json!("marketing"),
            &json!("given"),
            &json!("double_opt_in"),
            &json!("2026-11")
        )
    );
    assert_eq!(moment(&consent["at"]), opted_in);
    assert_eq!(
        consent["text_hash"].as_str().map(str::len),
        Some(64),
        "R61: SHA-256 of the exact wording"
    );

    // Every email about the lead: those to the person first, then the alerts to sales.
    let mut outbox = app.outbox();
    outbox.retain(|sent| !sent.is_digest());
    outbox.sort_by_key(|sent| (sent.class == "alert", sent.at));
    let sends = lead["sends"].as_array().expect("sends");
    assert_eq!(sends.len(), outbox.len());
    for (send, sent) in sends.iter().zip(&outbox) {
        assert_eq!(members(send), ["at", "attempts", "class", "send_id", "state", "step"]);
        assert_eq!(
            (send["send_id"].as_str(), send["step"].as_str(), send["class"].as_str()),
            (
                Some(sent.send_id.as_str()),
                Some(sent.step.as_str()),
                Some(sent.class.as_str())
            )
        );
        assert_eq!(
            (&send["state"], &send["attempts"], moment(&send["at"])),
            (&json!("sent"), &json!(1), sent.at)
        );
    }

    let timeline = lead["timeline"].as_array().expect("events");
    for event in timeline {
        assert_eq!(members(event), ["at", "kind", "text"]);
        assert!(!event["text"].as_str().expect("text").is_empty());
    }
    assert!(timeline.is_sorted_by_key(|event| moment(&event["at"])), "in order");
    let kinds: Vec<_> = timeline
        .iter()
        .map(|event| event["kind"].as_str().expect("text"))
        .collect();
    for kind in ["capture", "consent", "stage", "send", "signal"] {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
}

#[test]
fn r61_where_a_lead_came_from_is_kept_without_what_addresses_may_hide() {
    let app = TestApp::start();
    // On the hosted form: the page carries what its own address and the browser said.
    let arrival = "/forms/guide-seo?utm_source=lettre&utm_medium=email&utm_campaign=mars&utm_term=seo&utm_content=haut&email=secret@example.org";
    let page = app
        .send(
            "GET",
            arrival,
            &[
                BROWSER,
                ("Referer", "https://blog.example.com/article?user=secret#part"),
            ],
            "",
        )
        .text();
    let carried = |name: &str| {
        let found = tag(&page, &format!("name=\"{name}\""))
            .split("value=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        found.expect("a value").to_owned()
    };
    let names = [
        "utm_source",
        "utm_medium",
        "utm_campaign",
        "utm_term",
        "utm_content",
        "referrer",
        "landing_page",
    ];
    let values: Vec<_> = names.into_iter().map(carried).collect();
    assert_eq!(
        values[..6],
        [
            "lettre",
            "email",
            "mars",
            "seo",
            "haut",
            "https://blog.example.com/article"
        ]
    );
    assert!(
        values[6].ends_with("/forms/guide-seo") && !page.contains("secret"),
        "no query"
    );
    let mut fields = vec![("email", ANA), TICKED];
    fields.extend(names.into_iter().zip(values.iter().map(String::as_str)));
    app.send(
        "POST",
        FORM,
        &[BROWSER, URLENCODED, ("Referer", &format!("{}{arrival}", app.base))],
        urlencoded(&fields),
    );
    let lead = app.lead(ANA);
    let touch = &lead["enquiries"][0]["touch"];
    let expected = [
        ("source", "lettre"),
        ("medium", "email"),
        ("campaign", "mars"),
        ("term", "seo"),
        ("content", "haut"),
        ("referrer", "https://blog.example.com/article"),
    ];
    for (name, value) in expected {
        assert_eq!(touch[name], value);
    }
    assert_eq!(touch["landing"], format!("{}/forms/guide-seo", app.base));
    assert_eq!(
        lead["consents"][0]["page"],
        format!("{}/forms/guide-seo", app.base),
        "the page that held the box, without its query"
    );

    // From a page of one's own site: its hidden fields, or the query of the form's address; nothing that is no web address.
    let bad = [
        ("email", "bob@example.org"),
        ("utm_source", "a\r\nb\u{202e}"),
        ("referrer", "javascript:alert(1)"),
        ("landing_page", "https://www.example.com/p?email=secret@example.org#x"),
    ];
    app.send(
        "POST",
        "/forms/guide-seo?utm_medium=qr",
        &[BROWSER, URLENCODED],
        urlencoded(&bad),
    );
    let touch = app.lead("bob@example.org")["enquiries"][0]["touch"].clone();
    assert_eq!(
        touch,
        json!({ "source": "a b", "medium": "qr", "landing": "https://www.example.com/p" })
    );
    // The first touch stays when the person comes back by another way.
    app.advance("P1D");
    app.post(&[("email", ANA), ("utm_source", "moteur")]);
    let enquiries = app.lead(ANA)["enquiries"].clone();
    assert_eq!(
        (&enquiries[0]["touch"]["source"], &enquiries[1]["touch"]["source"]),
        (&json!("lettre"), &json!("moteur"))
    );
}

#[test]
fn the_plan_is_what_then_happens() {
    for now in [
        MONDAY,
        "2026-03-06T20:00:00Z",
        "2026-04-29T08:00:00Z",
        "2026-05-12T07:00:00Z",
        "2026-12-23T09:00:00Z",
        "2026-03-27T10:00:00Z",
        "2026-10-23T07:10:00Z",
    ] {
        let app = TestApp::at(now);
        app.opt_in(ANA, &[]);
        let id = app.lead_id(ANA).expect("a lead");
        let plan = || {
            app.api(&format!("/api/leads/{id}/plan"))["plan"]
                .as_array()
                .expect("a list")
                .clone()
        };
        let planned = plan();
        for mail in &planned {
            check_members(mail, &["at", "why"]);
            assert!(!mail["why"].as_str().expect("text").is_empty());
            let shown = mail["local"].as_str().expect("local time");
            assert_eq!(
                shown[..19],
                local(moment(&mail["at"])).to_string()[..19],
                "the same moment in Paris"
            );
        }
        let rows = |mails: &[Value]| {
            mails
                .iter()
                .map(|mail| (mail["step"].as_str().expect("text").to_owned(), moment(&mail["at"])))
                .collect::<Vec<_>>()
        };
        assert_eq!(moment(&app.lead(ANA)["due_at"]), moment(&planned[0]["at"]));
        // Half way the rest of the plan is still the same.
        app.advance("P7D");
        let gone = app.mails_to(ANA).len() - 1;
        assert_eq!(rows(&plan()), rows(&planned[gone..]), "{now}");
        app.advance("P8D");
        let happened: Vec<_> = app
            .mails_to(ANA)
            .into_iter()
            .skip(1)
            .map(|sent| (sent.step, sent.at))
            .collect();
        assert_eq!(rows(&planned), happened, "{now}");
        assert_eq!(plan(), Vec::<Value>::new());
        let silence = moment(&app.lead(ANA)["due_at"]);
        assert!(
            silence.duration_since(app.now()).as_hours() > 120 * 24,
            "only the months of silence are left"
        );
    }
}

// ---- what they may change ----

#[test]
fn i9_a_stage_moves_along_its_table_with_a_reason() {
    let app = TestApp::start();
    app.opt_in(ANA, &HOT);
    app.advance("P3D");
    let id = app.lead_id(ANA).expect("a lead");
    let go = |to: Value, reason: Value| {
        app.operator(
            "POST",
            &format!("/api/leads/{id}/stage"),
            json!({ "to": to, "reason": reason }).to_string(),
        )
    };
    assert_eq!(app.lead(ANA)["stage"], "mql");
    // Not allowed from here, or not a move at all.
    assert_eq!(go(json!("customer"), json!("x")).status, 409);
    for (to, reason, field) in [
        ("rich", "x", "to"),
        ("sql", "", "reason"),
        ("sql", "  ", "reason"),
        ("SQL", "x", "to"),
    ] {
        let answer = go(json!(to), json!(reason));
        assert_eq!(
            (answer.status, &answer.json()["errors"][0]["field"]),
            (422, &json!(field)),
            "{to} {reason}"
        );
    }
    assert_eq!(go(json!("sql"), json!("x".repeat(501))).status, 422);
    assert_eq!(go(json!("sql"), Value::Null).status, 400);
    assert_eq!(app.lead(ANA)["stage"], "mql");

    let moved = go(json!("sql"), json!("Budget confirmé au téléphone"));
    assert_eq!((moved.status, &moved.json()["stage"]), (200, &json!("sql")));
    let lead = app.lead(ANA);
    assert_eq!(lead["stage"], "sql");
    let told = lead["timeline"].as_array().expect("events").iter().any(|event| {
        event["kind"] == "stage"
            && event["text"]
                .as_str()
                .is_some_and(|text| text.contains("Budget confirmé au téléphone"))
    });
    assert!(told, "the reason is kept");
    // An exit of the sequence: nothing more leaves.
    assert_eq!(app.api(&format!("/api/leads/{id}/plan"))["plan"], json!([]));
    app.advance("P30D");
    assert_eq!(app.steps_to(ANA), ["guide", "day-2"]);
    // On to customer, and again: the same is no move.
    assert_eq!(go(json!("customer"), json!("Signé")).status, 200);
    let before = app.lead(ANA);
    assert_eq!(go(json!("customer"), json!("Signé")).status, 200);
    assert_eq!(app.lead(ANA), before);
    // A new post never lowers a stage.
    app.post(&[("email", ANA), ("need", "Autre chose")]);
    assert_eq!(app.lead(ANA)["stage"], "customer");
}

// ---- the pages ----

#[test]
fn r105_the_console_opens_by_the_key_and_closes() {
    let app = TestApp::start();
    app.guide_for(ANA, &[]);
    let id = app.lead_id(ANA).expect("a lead");
    let pages = [
        "/console".to_owned(),
        "/console/leads".into(),
        format!("/console/leads/{id}"),
    ];
    for page in &pages {
        for cookie in [
            "",
            "piste=x",
            "piste=v1.k1.session.main.console.x.0.AAAAAAAAAAAAAAAAAAAAAA",
        ] {
            let answer = app.send("GET", page, &[BROWSER, ("Cookie", cookie)], "");
            assert_eq!(
                (answer.status, answer.header("location")),
                (303, "/console/login"),
                "{page} {cookie}"
            );
        }
    }
    assert!(app.get("/console/login").text().contains("type=\"password\""));
    let origin = ("Origin", app.base.as_str());
    let wrong = app.send(
        "POST",
        "/console/login",
        &[BROWSER, URLENCODED, origin],
        "key=piste_main_0",
    );
    assert_eq!((wrong.status, wrong.header("set-cookie")), (401, ""));

    let cookie = app.sign_in();
    let with_cookie = [BROWSER, ("Cookie", cookie.as_str())];
    for page in &pages {
        let answer = app.send("GET", page, &with_cookie, "");
        assert!(answer.status == 200 && answer.text().contains(ANA), "{page}");
    }
    assert_eq!(app.send("GET", "/console/leads/nobody", &with_cookie, "").status, 404);

    // A page of another site cannot press our buttons (R105).
    let stage = format!("/console/leads/{id}/stage");
    let body = urlencoded(&[("to", "sql"), ("reason", "x")]);
    for foreign in [
        ("Origin", "https://evil.example"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Origin", "null"),
        ("X-None", "1"),
    ] {
        let answer = app.send(
            "POST",
            &stage,
            &[BROWSER, URLENCODED, ("Cookie", &cookie), foreign],
            body.clone(),
        );
        assert_eq!(answer.status, 403, "{foreign:?}");
    }
    assert_eq!(app.lead(ANA)["stage"], "lead");
    let own = [BROWSER, URLENCODED, ("Cookie", cookie.as_str()), origin];
    assert_eq!(app.send("POST", &stage, &own, body).status, 303);
    assert_eq!(app.lead(ANA)["stage"], "sql");
    let refused = app.send("POST", &stage, &own, urlencoded(&[("to", "lead"), ("reason", "x")]));
    assert!(refused.status == 409 && refused.text().contains("role=\"alert\""));
    assert_eq!(
        app.send("POST", &stage, &own, urlencoded(&[("to", "customer"), ("reason", "")]))
            .status,
        422
    );

    let closed = app.send("POST", "/console/logout", &own, "");
    assert!(closed.header("set-cookie").contains("Max-Age=0"));
    app.advance("PT12H");
    app.advance("PT1S");
    assert_eq!(
        app.send("GET", "/console/leads", &with_cookie, "").status,
        303,
        "12 hours at most"
    );
}

#[test]
fn r96_hostile_names_are_text_on_every_page() {
    let app = TestApp::start();
    let hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
    let fields = [
        ("email", ANA),
        ("last_name", hostile),
        ("company", hostile),
        ("need", hostile),
        ("utm_source", hostile),
        ("utm_term", hostile),
    ];
    assert_eq!(app.post(&fields).status, 303);
    app.settle();
    let id = app.lead_id(ANA).expect("a lead");
    let reason = json!({ "to": "sql", "reason": hostile }).to_string();
    assert_eq!(
        app.operator("POST", &format!("/api/leads/{id}/stage"), reason).status,
        200
    );
    let cookie = app.sign_in();
    let search = format!(
        "/console/leads?{}",
        urlencoded(&[("q", "<script>"), ("campaign", "\"><script>")])
    );
    for page in [
        "/console/leads".to_owned(),
        format!("/console/leads/{id}"),
        search,
        "/console/leads?stage=%3Cscript%3E".into(),
        "/local/outbox".into(),
    ] {
        for language in ["fr", "en"] {
            let answer = app.send(
                "GET",
                &page,
                &[BROWSER, ("Cookie", &cookie), ("Accept-Language", language)],
                "",
            );
            let text = answer.text();
            assert!(answer.is_page_in(language), "{page}");
            for live in ["<script", "<img", "onerror=alert(2)>"] {
                assert!(!text.contains(live), "{live} on {page}");
            }
            let policy = answer.header("content-security-policy");
            assert!(
                policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
                "{page}: {policy}"
            );
            assert!(!policy.contains("unsafe"), "{page}: {policy}");
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("referrer-policy", "no-referrer"),
                ("cross-origin-opener-policy", "same-origin"),
                ("strict-transport-security", "max-age=31536000"),
                ("cache-control", "no-store"),
            ] {
                assert_eq!(answer.header(name), value, "{page}");
            }
        }
    }
    let page = app
        .send(
            "GET",
            &format!("/console/leads/{id}"),
            &[BROWSER, ("Cookie", &cookie)],
            "",
        )
        .text();
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"),
        "shown as it is, not cut out"
    );
    // The API gives what is stored, as JSON and never as a page.
    let answer = app.operator("GET", &format!("/api/leads/{id}"), "");
    assert_eq!(
        (answer.header("content-type"), &answer.json()["answers"]["company"]),
        ("application/json", &json!(hostile))
    );
}
