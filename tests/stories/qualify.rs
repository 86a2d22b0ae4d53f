//! What people who work with leads write down: answers, notes, calls, hand-overs, leads they add, sales and what was a
//! mistake; and a person who asks again by another form (design.md sections 3 and 5).

use std::path::Path;

use serde_json::{Value, json};

use crate::test_app::*;

const ANA: &str = "ana@example.org";
const BOB: &str = "bob@example.org";
/// Of the owners of the demo campaign, their id and address.
const OWNERS: [(&str, &str); 3] = [
    ("camille", "camille@example.com"),
    ("alex", "alex@example.com"),
    ("direction", "direction@example.com"),
];

/// Calls a route below `/api/leads` as an operator.
fn call(app: &TestApp, method: &str, path: &str, body: &Value) -> Answer {
    app.operator(method, &format!("/api/leads{path}"), body.to_string())
}

/// The same about one lead, which must be taken; what the lead is then.
#[track_caller]
fn taken(app: &TestApp, method: &str, path: &str, body: &Value) -> Value {
    let answer = call(app, method, path, body);
    assert_eq!(answer.status, 200, "{body}: {}", answer.text());
    answer.json()
}

/// What is wrong with a refused body: its fields and their codes, in order.
#[track_caller]
fn refused(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, 422, "{}", answer.text());
    let problem = answer.json();
    assert_eq!(problem["code"], "fields_refused");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let errors = problem["errors"].as_array().expect("errors").iter();
    let mut errors: Vec<_> = errors
        .map(|error| (text(&error["field"]), text(&error["code"])))
        .collect();
    errors.sort();
    errors
}

fn pair(field: &str, code: &str) -> (String, String) {
    (field.to_owned(), code.to_owned())
}

/// Posts the form, lets what follows happen, and returns the lead's id.
fn posted(app: &TestApp, address: &str, fields: &[(&str, &str)]) -> String {
    let mut all = vec![("email", address)];
    all.extend(fields);
    assert_eq!(app.post(&all).status, 303);
    app.settle();
    app.lead_id(address).expect("a lead")
}

fn alerts(app: &TestApp) -> Vec<Sent> {
    app.to_sales()
}

fn address_of(owner: &Value) -> &'static str {
    let found = OWNERS.into_iter().find(|(id, _)| owner == id);
    found.unwrap_or_else(|| panic!("no owner {owner}")).1
}

/// The line of the checklist about the budget.
fn budget_line(lead: &Value) -> Value {
    lead["checklist"][0].clone()
}

// ---- answers ----

#[test]
fn an_answer_that_an_operator_notes_is_the_persons_own_word_and_ticks_the_checklist() {
    let app = TestApp::start();
    let id = posted(&app, ANA, &[("company_size", "50-249"), ("need", "Un devis")]);
    let before = app.lead(ANA);
    assert_eq!((&before["stage"], &before["fit"]), (&json!("lead"), &json!(35)));
    assert_eq!(
        (&budget_line(&before)["met"], &budget_line(&before)["by"]),
        (&json!(false), &Value::Null)
    );

    app.advance("PT1H");
    let now = app.now().to_string();
    let body = json!({ "answers": { "budget": "12000" }, "reason": "said so on the telephone" });
    let lead = taken(&app, "PATCH", &format!("/{id}"), &body);
    assert_eq!(
        (&lead["answers"]["budget"], &lead["fit"]),
        (&json!("12000"), &json!(35 + 10 + 15))
    );
    assert_eq!(
        (
            &budget_line(&lead)["met"],
            &budget_line(&lead)["by"],
            &budget_line(&lead)["at"]
        ),
        (&json!(true), &json!("operator"), &json!(now))
    );
    // What a post said is met, too; but nobody noted it.
    let need = &lead["checklist"][1];
    assert_eq!(
        (&need["met"], &need["by"], &need["at"]),
        (&json!(true), &Value::Null, &Value::Null)
    );
    assert_eq!(lead["notes"][0]["text"], "said so on the telephone");
    // It is over the threshold now: sales hears of it.
    assert_eq!(lead["stage"], "mql");
    app.settle();
    assert_eq!(
        alerts(&app).last().map(|sent| sent.to.as_str()),
        Some(address_of(&lead["owner"]))
    );

    // Whoever merely knows the address can say something else, and replaces nothing.
    posted(&app, ANA, &[("budget", "0")]);
    let lead = app.lead(ANA);
    assert_eq!(
        (&lead["answers"]["budget"], &lead["fit"]),
        (&json!("12000"), &json!(60))
    );
    assert_eq!(
        lead["enquiries"][1]["answers"]["budget"], "0",
        "R124: nothing said is lost"
    );

    // An empty one takes back what was noted.
    let lead = taken(
        &app,
        "PATCH",
        &format!("/{id}"),
        &json!({ "answers": { "budget": null } }),
    );
    assert_eq!(lead["answers"].get("budget"), None);
    assert_eq!(budget_line(&lead)["met"], false);
}

#[test]
fn what_is_no_answer_of_a_form_is_refused_whole() {
    let app = TestApp::start();
    let id = posted(&app, ANA, &[]);
    let before = app.lead(ANA);
    let patch = |body: Value| call(&app, "PATCH", &format!("/{id}"), &body);
    let rows = [
        (
            json!({ "shoe_size": "42", "budget": 50000 }),
            vec![pair("shoe_size", "unknown_field")],
        ),
        (
            json!({ "email": "eve@example.org", "budget": 50000 }),
            vec![pair("email", "identity")],
        ),
        (
            json!({ "marketing_consent": true, "budget": 50000 }),
            vec![pair("marketing_consent", "consent")],
        ),
        (json!({ "budget": [50000] }), vec![pair("budget", "not_a_value")]),
        (json!({ "stage": "customer" }), vec![pair("stage", "unknown_field")]),
        (
            json!({ "email": "eve@example.org", "shoe_size": 42, "company": "Exemple" }),
            vec![pair("email", "identity"), pair("shoe_size", "unknown_field")],
        ),
        (json!({}), vec![pair("answers", "required")]),
    ];
    for (answers, expected) in rows {
        assert_eq!(refused(&patch(json!({ "answers": answers }))), expected, "{answers}");
    }
    for answers in [json!({ "budget": "beaucoup" }), json!({ "timing": "soon" })] {
        let body = json!({ "answers": answers, "reason": "a call" });
        assert_eq!(refused(&patch(body)).len(), 1, "{answers}");
    }
    let long = json!({ "answers": { "budget": 50000 }, "reason": "x".repeat(501) });
    assert_eq!(refused(&patch(long)), [pair("reason", "length")]);
    for malformed in [
        json!({ "answer": {} }),
        json!([]),
        json!({ "answers": { "budget": 1 }, "stage": "sql" }),
    ] {
        assert_eq!(patch(malformed).status, 400);
    }
    assert_eq!(app.lead(ANA), before, "nothing half-done");
    let nobody = call(
        &app,
        "PATCH",
        &format!("/{}", "a".repeat(26)),
        &json!({ "answers": { "budget": 1 } }),
    );
    assert_eq!(nobody.status, 404);
}

// ---- notes ----

#[test]
fn a_note_has_two_thousand_characters_at_most() {
    let app = TestApp::start();
    let id = posted(&app, ANA, &[]);
    let note = |text: &str| call(&app, "POST", &format!("/{id}/notes"), &json!({ "text": text }));
    let before = app.lead(ANA);
    assert_eq!(refused(&note(&"é".repeat(2_001))), [pair("text", "too_long")]);
    assert_eq!(refused(&note(" \n ")), [pair("text", "required")]);
    assert_eq!(app.lead(ANA), before);

    let whole = "é".repeat(2_000);
    assert_eq!(note(&whole).status, 200);
    assert_eq!(note("deux\nlignes").status, 200);
    let lead = app.lead(ANA);
    let notes = lead["notes"].as_array().expect("notes");
    let texts: Vec<_> = notes.iter().map(|note| note["text"].as_str().expect("text")).collect();
    assert_eq!(texts, [whole.as_str(), "deux\nlignes"]);
    assert_eq!(
        (&notes[0]["by"], &notes[0]["at"]),
        (&json!("operator"), &json!(app.now().to_string()))
    );
    assert_eq!(lead["stage"], "lead", "a note moves nobody");
    app.settle();
    assert_eq!(alerts(&app).len(), 0);
}

// ---- whose it is ----

#[test]
fn a_lead_is_given_to_a_known_owner_who_hears_of_it_at_once() {
    let app = TestApp::start();
    let id = posted(&app, ANA, &HOT);
    let assign = |id: &str, owner: &str| call(&app, "POST", &format!("/{id}/assign"), &json!({ "owner": owner }));
    let before = app.lead(ANA);
    for unknown in ["nobody", "", "Camille Exemple"] {
        assert_eq!(refused(&assign(&id, unknown)), [pair("owner", "unknown_owner")]);
    }
    assert_eq!(app.lead(ANA), before);

    let (other, address) = if before["owner"] == "alex" {
        OWNERS[0]
    } else {
        OWNERS[1]
    };
    let sent = alerts(&app).len();
    assert_eq!(assign(&id, other).status, 200);
    app.settle();
    let lead = app.lead(ANA);
    assert_eq!((&lead["owner"], &lead["case"]["owner"]), (&json!(other), &json!(other)));
    assert_eq!(lead["case"]["opened_at"], before["case"]["opened_at"], "the same case");
    let told = alerts(&app).split_off(sent);
    assert_eq!(told.len(), 1, "{} {}", lead["sends"], lead["timeline"]);
    assert_eq!(
        (told.len(), told[0].to.as_str(), told[0].class.as_str()),
        (1, address, "alert")
    );
    // Who has it already is told nothing.
    assert_eq!(assign(&id, other).status, 200);
    app.settle();
    assert_eq!(alerts(&app).len(), sent + 1);
    let listed = |owner: &str| {
        app.api(&format!("/api/leads?owner={owner}"))["leads"]
            .as_array()
            .map(Vec::len)
    };
    assert_eq!((listed(other), listed("direction")), (Some(1), Some(0)));

    // Somebody whom sales does not have: theirs from now on, and still no case.
    let bob = posted(&app, BOB, &[]);
    let sent = alerts(&app).len();
    assert_eq!(assign(&bob, "direction").status, 200);
    app.settle();
    let lead = app.lead(BOB);
    assert_eq!(
        (&lead["owner"], &lead["case"], &lead["stage"]),
        (&json!("direction"), &Value::Null, &json!("lead"))
    );
    let told = alerts(&app).split_off(sent);
    assert_eq!((told.len(), told[0].to.as_str()), (1, "direction@example.com"));
}

// ---- calls ----

#[test]
fn a_call_that_reached_somebody_keeps_what_was_said_and_answered() {
    let app = TestApp::start();
    let reached = json!({
        "outcome": "reached",
        "note": "budget 12k, wants it by May",
        "answers": { "budget": 12000, "timing": "3_months" },
    });
    let ana = posted(&app, ANA, &HOT);
    let lead = taken(&app, "POST", &format!("/{ana}/attempts"), &reached);
    let attempt = &lead["case"]["attempts"][0];
    assert_eq!(
        (&attempt["outcome"], &attempt["note"], &attempt["by"], &attempt["at"]),
        (
            &json!("reached"),
            &json!("budget 12k, wants it by May"),
            &json!("operator"),
            &json!(app.now().to_string())
        )
    );
    assert_eq!(
        (&lead["answers"]["budget"], &lead["answers"]["timing"]),
        (&json!("12000"), &json!("3_months"))
    );
    assert_eq!(budget_line(&lead)["by"], "operator");
    assert_eq!(lead["case"]["task"]["kind"], "decide");

    // The same for somebody whom sales does not have. Their answers are below the threshold: no case follows.
    let bob = posted(&app, BOB, &[]);
    let lead = taken(&app, "POST", &format!("/{bob}/attempts"), &reached);
    assert_eq!((&lead["case"], &lead["stage"]), (&Value::Null, &json!("lead")));
    let note = &lead["notes"][0];
    assert_eq!(
        (&note["text"], &note["reached"], &note["by"]),
        (&json!("budget 12k, wants it by May"), &json!(true), &json!("operator"))
    );
    assert_eq!(
        (&lead["answers"]["budget"], &budget_line(&lead)["by"]),
        (&json!("12000"), &json!("operator"))
    );

    // Refused whole: a wrong answer takes the note with it.
    let before = app.lead(BOB);
    let wrong = json!({ "outcome": "reached", "note": "more", "answers": { "shoe_size": 42 } });
    let answer = call(&app, "POST", &format!("/{bob}/attempts"), &wrong);
    assert_eq!(refused(&answer), [pair("shoe_size", "unknown_field")]);
    let long = json!({ "outcome": "reached", "note": "x".repeat(2_001), "answers": { "budget": 1 } });
    assert_eq!(
        refused(&call(&app, "POST", &format!("/{bob}/attempts"), &long)),
        [pair("note", "too_long")]
    );
    // And where nothing can be put off, the answers that came with it are not taken either.
    let put_off = json!({ "outcome": "snooze", "note": "later", "answers": { "budget": 1 } });
    assert_eq!(call(&app, "POST", &format!("/{bob}/attempts"), &put_off).status, 409);
    assert_eq!(app.lead(BOB), before);
}

#[test]
fn who_is_not_a_fit_is_so_for_the_reason_in_the_note() {
    let app = TestApp::start();
    let ana = posted(&app, ANA, &HOT);
    let attempt = |id: &str, body: Value| call(&app, "POST", &format!("/{id}/attempts"), &body);
    assert_eq!(
        refused(&attempt(&ana, json!({ "outcome": "not_a_fit" }))),
        [pair("note", "required")]
    );
    assert_eq!(
        refused(&attempt(&ana, json!({ "outcome": "not_a_fit", "note": " " }))),
        [pair("note", "required")]
    );
    assert_eq!(app.lead(ANA)["stage"], "mql");

    assert_eq!(
        attempt(&ana, json!({ "outcome": "not_a_fit", "note": "a student's essay" })).status,
        200
    );
    let lead = app.lead(ANA);
    assert_eq!(
        (&lead["stage"], &lead["case"]["closed"]["why"], &lead["case"]["task"]),
        (&json!("disqualified"), &json!("rejected"), &Value::Null)
    );
    let told = |lead: &Value, text: &str| {
        let events = lead["timeline"].as_array().expect("events").clone();
        events
            .iter()
            .filter(|event| event["text"].as_str().is_some_and(|said| said.contains(text)))
            .count()
    };
    assert_eq!(
        (told(&lead, "a student's essay"), &lead["notes"]),
        (1, &json!([])),
        "said once"
    );

    // Of a long one the history keeps the beginning, and the note the whole. It needs no case.
    let bob = posted(&app, BOB, &[]);
    let long = format!("wants a job {}", "x".repeat(1_900));
    assert_eq!(
        attempt(&bob, json!({ "outcome": "not_a_fit", "note": long })).status,
        200
    );
    let lead = app.lead(BOB);
    assert_eq!(
        (&lead["stage"], &lead["notes"][0]["text"]),
        (&json!("disqualified"), &json!(long))
    );
    assert!(told(&lead, "wants a job") >= 1);
    // R126: what they post next is heard like a first one.
    let sent = alerts(&app).len();
    posted(&app, BOB, &HOT);
    assert_eq!(app.lead(BOB)["stage"], "mql");
    assert_eq!(alerts(&app).len(), sent + 1);
}

#[test]
fn a_task_is_put_off_to_a_moment_or_a_day() {
    let app = TestApp::start();
    let id = posted(&app, ANA, &HOT);
    let attempt = |body: Value| call(&app, "POST", &format!("/{id}/attempts"), &body);
    let before = app.lead(ANA);
    for until in ["2026-03-01T09:00:00Z", "yesterday", "2028-03-01", "2026-02-30"] {
        let answer = attempt(json!({ "outcome": "snooze", "until": until }));
        assert_eq!(refused(&answer), [pair("until", "bad_moment")], "{until}");
    }
    assert_eq!(app.lead(ANA), before);
    // A Saturday begins on the Monday after it; nine o'clock is that of Paris.
    for (until, from) in [
        ("2026-03-12T13:30:00Z", "2026-03-12T13:30:00Z"),
        ("2026-03-14", "2026-03-16T08:00:00Z"),
        ("2026-03-18T15:00", "2026-03-18T14:00:00Z"),
    ] {
        assert_eq!(
            attempt(json!({ "outcome": "snooze", "until": until, "note": "call then" })).status,
            200
        );
        let lead = app.lead(ANA);
        assert_eq!(
            (&lead["case"]["task"]["from"], &lead["stage"]),
            (&json!(from), &json!("mql")),
            "{until}"
        );
        assert!(lead["case"]["closed"].is_null());
    }
    let lead = app.lead(ANA);
    assert_eq!(lead["notes"].as_array().map(Vec::len), Some(3));
    assert_eq!(lead["case"]["attempts"], json!([]), "to put off is no attempt");
    // Until then it is quiet, and then it is on the list again.
    let sent = alerts(&app).len();
    app.advance("P14D");
    assert_eq!(alerts(&app).len(), sent);
    app.advance("P3D");
    assert_eq!(alerts(&app).len(), sent + 1);
}

#[test]
fn lists_tell_who_is_to_be_called_and_who_should_have_been() {
    let app = TestApp::start();
    posted(
        &app,
        ANA,
        &[&HOT[..], &[("sector", "saas"), ("utm_source", "salon")]].concat(),
    );
    posted(&app, BOB, &[]);
    let found = |query: &str| -> Vec<String> {
        let list = app.api(&format!("/api/leads?{query}"));
        let leads = list["leads"].as_array().expect("leads").iter();
        leads
            .map(|lead| lead["email"].as_str().expect("an address").to_owned())
            .collect()
    };
    assert_eq!((found("call=now"), found("call=late")), (vec![ANA.to_owned()], vec![]));
    app.advance("PT6M");
    assert_eq!(found("call=late"), [ANA], "five minutes were given");
    for (query, expected) in [
        ("owner=alex", 1),
        ("owner=camille", 0),
        ("source=salon", 1),
        ("source=web", 0),
    ] {
        assert_eq!(found(query).len(), expected, "{query}");
    }
    let id = app.lead_id(ANA).expect("a lead");
    taken(
        &app,
        "POST",
        &format!("/{id}/attempts"),
        &json!({ "outcome": "snooze", "until": "2026-03-12" }),
    );
    assert_eq!(found("call=now"), Vec::<String>::new());
    for wrong in ["call=soon", "calls=now"] {
        assert_eq!(
            app.operator("GET", &format!("/api/leads?{wrong}"), "").status,
            400,
            "{wrong}"
        );
    }
}

#[test]
fn the_console_writes_down_the_same_by_its_forms() {
    let app = TestApp::start();
    let id = posted(&app, ANA, &HOT);
    let cookie = app.sign_in();
    let press = |path: &str, fields: &[(&str, &str)]| {
        let headers = [BROWSER, URLENCODED, ("Cookie", &cookie), ("Origin", &app.base)];
        let answer = app.send(
            "POST",
            &format!("/console/leads/{id}{path}"),
            &headers,
            urlencoded(fields),
        );
        answer.status
    };
    let before = app.lead(ANA);
    for (path, fields) in [
        ("/notes", [("text", " ")]),
        ("/assign", [("owner", "nobody")]),
        ("/attempts", [("outcome", "not_a_fit")]),
        ("", [("field", "shoe_size")]),
    ] {
        assert_eq!(press(path, &fields), 422, "{path}");
    }
    assert_eq!(app.lead(ANA), before);

    assert_eq!(press("/notes", &[("text", "deux\r\nlignes")]), 303);
    assert_eq!(press("/assign", &[("owner", "direction")]), 303);
    let noted = [("field", "budget"), ("answer", "20000"), ("reason", "rappel")];
    assert_eq!(press("", &noted), 303);
    // A browser names no seconds and no zone: the clock is that of the campaign.
    let later = [("outcome", "snooze"), ("until", "2026-03-12T15:30")];
    assert_eq!(press("/attempts", &later), 303);
    assert_eq!(
        press(
            "/attempts",
            &[("outcome", "reached"), ("note", "veut signer"), ("until", "")]
        ),
        303
    );
    let lead = app.lead(ANA);
    let texts: Vec<_> = lead["notes"]
        .as_array()
        .expect("notes")
        .iter()
        .map(|note| &note["text"])
        .collect();
    assert_eq!(texts, ["deux\nlignes", "rappel"]);
    assert_eq!(
        (&lead["owner"], &lead["answers"]["budget"]),
        (&json!("direction"), &json!("20000"))
    );
    assert_eq!(lead["case"]["attempts"][0]["note"], "veut signer");
    let page = app.send(
        "GET",
        &format!("/console/leads/{id}"),
        &[BROWSER, ("Cookie", &cookie)],
        "",
    );
    for shown in ["veut signer", "rappel", "Dominique Exemple", "20000"] {
        assert!(page.text().contains(shown), "{shown}");
    }
}

#[test]
fn r65_somebody_is_kept_until_a_day_with_a_reason() {
    let campaigns = campaigns_to_edit();
    let file = campaigns.path().join("guide-seo/campaign.toml");
    let toml = std::fs::read_to_string(&file).expect("the demo");
    let retention = "retention = \"P3Y\" # how";
    assert!(toml.contains(retention));
    std::fs::write(&file, toml.replace(retention, "retention = \"P6M\" # how")).expect("written");
    let app = Start {
        campaigns: campaigns.path().to_owned(),
        ..Start::default()
    }
    .start();
    let id = posted(&app, ANA, &[TICKED]);
    let keep = |until: &str, reason: &str| {
        let body = json!({ "until": until, "reason": reason });
        call(&app, "POST", &format!("/{id}/keep"), &body)
    };
    assert_eq!(refused(&keep("2026-03-01", "a dispute")), [pair("until", "bad_moment")]);
    assert_eq!(refused(&keep("2026-12-31", " ")), [pair("reason", "length")]);
    assert_eq!(app.lead(ANA)["kept"], Value::Null);
    assert_eq!(keep("2026-12-31", "a dispute").status, 200);
    let kept = &app.lead(ANA)["kept"];
    assert_eq!(
        (&kept["reason"], &kept["by"]),
        (&json!("a dispute"), &json!("operator"))
    );
    // A sign-up that nobody confirmed would be gone after thirty days, and anybody else after six months.
    app.advance("P60D");
    assert_eq!(app.lead(ANA)["consents"][0]["state"], "lapsed");
    app.advance("P7M");
    assert!(app.lead_id(ANA).is_some());
    app.advance("P2M");
    assert_eq!(app.lead_id(ANA), None);
}

// ---- leads that somebody adds ----

fn entry(more: Value) -> Value {
    let mut entry = json!({ "campaign": "guide-seo", "email": ANA });
    for (name, value) in more.as_object().expect("members") {
        entry[name] = value.clone();
    }
    entry
}

fn hot() -> Value {
    HOT.iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[test]
fn a_lead_that_an_operator_adds_is_an_mql_at_once_and_mailed_nothing() {
    let app = TestApp::start();
    let lead = taken(
        &app,
        "POST",
        "",
        &entry(json!({ "answers": hot(), "source": "salon", "phone": "01 99 00 12 34" })),
    );
    assert_eq!(
        (&lead["email"], &lead["stage"], &lead["source"], &lead["phone"]),
        (&json!(ANA), &json!("mql"), &json!("salon"), &json!("+33199001234"))
    );
    assert_eq!(
        (&lead["enquiries"][0]["told_by"], &lead["consents"]),
        (&json!("operator"), &json!([]))
    );
    assert!(
        lead["checklist"]
            .as_array()
            .expect("lines")
            .iter()
            .all(|line| line["by"] == "operator")
    );
    app.settle();
    let told = alerts(&app);
    assert_eq!((told.len(), told[0].to.as_str()), (1, address_of(&lead["owner"])));
    assert!(
        app.mail(&told[0]).header("Reply-To").contains(ANA),
        "who answers writes to Ana"
    );

    // Below the threshold it is a lead like others.
    let bob = taken(
        &app,
        "POST",
        "",
        &entry(json!({ "email": BOB, "answers": { "first_name": "Bob" } })),
    );
    assert_eq!(
        (&bob["stage"], &bob["name"], &bob["case"]),
        (&json!("lead"), &json!("Bob"), &Value::Null)
    );
    // Somebody who is known has one more enquiry.
    let again = taken(
        &app,
        "POST",
        "",
        &entry(json!({ "email": BOB, "answers": { "need": "Un devis" } })),
    );
    assert_eq!(
        (&again["id"], again["enquiries"].as_array().map(Vec::len)),
        (&bob["id"], Some(2))
    );
    app.advance("P20D");
    assert!(app.steps_to(ANA).is_empty() && app.steps_to(BOB).is_empty());
    assert_eq!(
        app.api("/api/leads?source=salon")["leads"].as_array().map(Vec::len),
        Some(1)
    );
}

#[test]
fn r61_a_consent_that_was_heard_counts_at_once_with_its_method_and_evidence() {
    let app = TestApp::start();
    let heard = json!({ "purpose": "marketing", "method": "by telephone", "evidence": "recording 17" });
    let lead = taken(&app, "POST", "", &entry(json!({ "consent": heard })));
    let consent = &lead["consents"][0];
    assert_eq!(
        (&consent["purpose"], &consent["state"], &consent["method"]),
        (&json!("marketing"), &json!("given"), &json!("operator"))
    );
    assert_eq!(consent["at"], app.now().to_string());
    let id = lead["id"].as_str().expect("an id");
    let evidence = &app.operator("GET", &format!("/api/leads/{id}/export"), "").json()["consents"][0]["evidence"];
    assert_eq!(
        evidence,
        &json!({ "method": "by telephone", "evidence": "recording 17", "by": "operator" })
    );
    app.advance("P20D");
    assert_eq!(app.steps_to(ANA).len(), 0, "it starts no sequence by itself");
    // The person's own post does, and asks for nothing once more.
    app.post(&[("email", ANA)]);
    app.advance("P3D");
    assert_eq!(app.steps_to(ANA), ["guide", "day-2"]);
}

#[test]
fn a_lead_that_is_not_whole_is_not_added() {
    let app = TestApp::start();
    let rows = [
        (
            json!({ "campaign": "nowhere" }),
            vec![pair("campaign", "unknown_campaign")],
        ),
        (json!({ "email": null }), vec![pair("email", "required")]),
        // This form does not know people by their telephone.
        (
            json!({ "email": null, "phone": "01 99 00 12 34" }),
            vec![pair("email", "required")],
        ),
        (json!({ "phone": "call me" }), vec![pair("phone", "invalid_phone")]),
        (
            json!({ "answers": { "shoe_size": 42 } }),
            vec![pair("shoe_size", "unknown_field")],
        ),
        (
            json!({ "answers": { "marketing_consent": true } }),
            vec![pair("marketing_consent", "consent")],
        ),
        (
            json!({ "consent": { "purpose": "all", "method": "", "evidence": "x".repeat(501) } }),
            vec![
                pair("consent.evidence", "length"),
                pair("consent.method", "length"),
                pair("consent.purpose", "unknown_purpose"),
            ],
        ),
    ];
    for (more, expected) in rows {
        assert_eq!(
            refused(&call(&app, "POST", "", &entry(more.clone()))),
            expected,
            "{more}"
        );
    }
    assert_eq!(
        refused(&call(&app, "POST", "", &entry(json!({ "email": "ana@" })))).len(),
        1
    );
    assert_eq!(call(&app, "POST", "", &entry(json!({ "stage": "sql" }))).status, 400);
    assert_eq!(app.api("/api/leads")["leads"], json!([]));
}

#[test]
fn r69_nobody_can_say_yes_for_who_said_no_or_was_erased() {
    let app = TestApp::start();
    let heard =
        || entry(json!({ "answers": hot(), "consent": { "purpose": "marketing", "method": "m", "evidence": "e" } }));
    app.opt_in(ANA, &[]);
    app.advance("P3D");
    let mail = app.mail(app.mails_to(ANA).last().expect("day-2"));
    app.press(&mail.one_click());
    let before = app.lead(ANA);
    let answer = call(&app, "POST", "", &heard());
    assert_eq!((answer.status, &answer.json()["code"]), (409, &json!("opted_out")));
    assert_eq!(app.lead(ANA), before, "nothing half-done");

    let id = before["id"].as_str().expect("an id");
    assert_eq!(app.operator("DELETE", &format!("/api/leads/{id}"), "").status, 200);
    let answer = call(&app, "POST", "", &heard());
    assert_eq!((answer.status, &answer.json()["code"]), (409, &json!("erased")));
    assert_eq!(app.lead_id(ANA), None);
}

// ---- stages ----

#[test]
fn r125_a_customer_has_an_amount_and_a_mistake_is_taken_back_figures_included() {
    let app = TestApp::start();
    let id = posted(&app, ANA, &HOT);
    let stage = |body: Value| call(&app, "POST", &format!("/{id}/stage"), &body);
    assert_eq!(
        refused(&stage(json!({ "to": "sql", "reason": "call", "amount": 12 }))),
        [pair("amount", "not_a_customer")]
    );
    assert_eq!(
        stage(json!({ "to": "sql", "reason": "need and budget confirmed" })).status,
        200
    );
    for amount in [json!(-1), json!(1e13)] {
        let answer = stage(json!({ "to": "customer", "reason": "signed", "amount": amount }));
        assert_eq!(refused(&answer), [pair("amount", "bad_amount")]);
    }
    assert_eq!(app.lead(ANA)["stage"], "sql");
    let figures = || {
        let report = app.api("/api/report?campaign=guide-seo");
        ["mql", "sql", "customers"].map(|name| report[name].as_i64())
    };
    assert_eq!(figures(), [Some(1), Some(1), Some(0)]);

    assert_eq!(
        stage(json!({ "to": "customer", "reason": "signed", "amount": 12500.5 })).status,
        200
    );
    assert_eq!(app.lead(ANA)["case"]["closed"]["why"], "won");
    assert_eq!(figures(), [Some(1), Some(1), Some(1)]);

    // Only the step that was made can be taken back.
    let wrong = stage(json!({ "to": "mql", "reason": "wrong row", "correction": true }));
    assert_eq!((wrong.status, &wrong.json()["code"]), (409, &json!("no_such_move")));
    assert_eq!(
        stage(json!({ "to": "sql", "reason": "wrong row", "correction": true })).status,
        200
    );
    let lead = app.lead(ANA);
    assert_eq!(lead["stage"], "sql");
    assert!(
        lead["case"]["closed"].is_null() && lead["case"]["task"].is_object(),
        "the case goes on: {}",
        lead["case"]
    );
    assert_eq!(figures(), [Some(1), Some(1), Some(0)]);
}

// ---- every enquiry is heard ----

#[test]
fn whoever_has_the_case_hears_that_the_person_asks_again() {
    let app = TestApp::start();
    posted(&app, ANA, &HOT);
    let owner = address_of(&app.lead(ANA)["owner"]);
    let sent = alerts(&app).len();
    app.advance("PT2M");
    posted(&app, ANA, &[("need", "Nouveau projet, urgent"), ("budget", "80000")]);
    let told = alerts(&app).split_off(sent);
    assert_eq!((told.len(), told[0].to.as_str()), (1, owner));
    let mail = app.mail(&told[0]);
    assert!(
        mail.text.contains("Nouveau projet, urgent") && mail.text.contains("80"),
        "{}",
        mail.text
    );
    assert!(mail.header("Reply-To").contains(ANA));
    let lead = app.lead(ANA);
    assert_eq!(lead["enquiries"].as_array().map(Vec::len), Some(2));
    assert_eq!((&lead["stage"], &lead["case"]["round"]), (&json!("mql"), &json!(1)));
}

#[test]
fn of_a_post_below_the_threshold_those_hear_whom_the_campaign_names() {
    let campaigns = campaigns_to_edit();
    let file = campaigns.path().join("guide-seo/campaign.toml");
    let toml = std::fs::read_to_string(&file).expect("the demo");
    let office = "to = [\"bonjour@example.com\"]";
    assert!(toml.contains(office));
    let toml = toml.replace(office, "to = [\"accueil@example.com\", \"standard@example.com\"]");
    std::fs::write(&file, toml).expect("written");
    let app = Start {
        campaigns: campaigns.path().to_owned(),
        ..Start::default()
    }
    .start();
    posted(
        &app,
        ANA,
        &[("need", "Rappelez-moi demain"), ("phone", "01 99 00 12 34")],
    );
    for address in ["accueil@example.com", "standard@example.com"] {
        let told = app.mails_to(address);
        assert_eq!((told.len(), told[0].class.as_str()), (1, "alert"));
        let mail = app.mail(&told[0]);
        assert!(mail.text.contains("Rappelez-moi demain"), "{}", mail.text);
        assert!(mail.header("Reply-To").contains(ANA));
    }
    assert_eq!(app.lead(ANA)["stage"], "lead");
    // Of who is over it their owner hears.
    posted(&app, BOB, &HOT);
    assert_eq!(app.mails_to("accueil@example.com").len(), 1);
}

// ---- another campaign ----

/// The campaigns and a copy of the demo under another id, whose rules count a budget higher.
pub fn with_second(folder: &Path) {
    let demo = folder.join("guide-seo");
    let copied = std::process::Command::new("cp")
        .arg("-r")
        .arg(&demo)
        .arg(folder.join("second"))
        .status();
    assert!(copied.expect("cp").success());
    let _ = std::fs::remove_dir_all(folder.join("second/triggers")); // those sources are the demo's
    let file = folder.join("second/campaign.toml");
    let toml = std::fs::read_to_string(&file).expect("the demo");
    let budget = "at_least = 10000\npoints = 15";
    assert!(toml.contains(budget));
    let toml = toml
        .replace("id = \"guide-seo\" # the", "id = \"second\" # the")
        .replace(budget, "at_least = 10000\npoints = 45");
    std::fs::write(file, toml).expect("written");
}

#[test]
fn a_known_persons_request_by_another_form_stands_there_by_its_rules_and_is_heard() {
    let campaigns = campaigns_to_edit();
    with_second(campaigns.path());
    let app = Start {
        campaigns: campaigns.path().to_owned(),
        ..Start::default()
    }
    .start();
    app.opt_in(ANA, &[("company", "Exemple")]);
    app.advance("P3D");
    let before = app.lead(ANA);
    assert_eq!(
        (&before["stage"], &before["owner"], alerts(&app).len()),
        (&json!("lead"), &Value::Null, 0)
    );
    let asked = app.now();

    let fields = [("email", ANA), ("budget", "50000"), ("need", "Un devis")];
    let answer = app.send("POST", "/forms/second", &[BROWSER, URLENCODED], urlencoded(&fields));
    assert_eq!(answer.status, 303);
    app.settle();
    let lead = app.lead(ANA);
    assert_eq!(
        (&lead["id"], &lead["stage"], &lead["campaign"]),
        (&before["id"], &json!("mql"), &json!("second"))
    );
    let standings = lead["standings"].as_array().expect("standings");
    let of = |id: &str| {
        standings
            .iter()
            .find(|standing| standing["campaign"] == id)
            .expect("a standing")
            .clone()
    };
    let (first, second) = (of("guide-seo"), of("second"));
    assert_eq!(standings.len(), 2);
    // Each by its own rules, from the answers that count, whichever form they came by.
    assert_eq!(
        (&first["fit"], &second["fit"]),
        (&json!(5 + 10 + 15 + 15), &json!(5 + 10 + 45 + 15))
    );
    assert_eq!((&first["since"], &first["mql_at"]), (&json!(MONDAY), &Value::Null));
    assert_eq!(
        (&second["since"], &second["mql_at"]),
        (&json!(asked.to_string()), &json!(asked.to_string()))
    );
    let told = alerts(&app);
    assert_eq!(
        (told.len(), told[0].to.as_str(), told[0].campaign.as_str()),
        (1, address_of(&lead["owner"]), "second")
    );
    assert_eq!(lead["case"]["campaign"], "second");

    // A list shows the standing there; a report counts there from the first enquiry there, and the person once in all.
    let row = |query: &str| {
        let list = app.api(&format!("/api/leads{query}"));
        assert_eq!(list["leads"].as_array().map(Vec::len), Some(1), "{query}");
        list["leads"][0].clone()
    };
    for (query, standing) in [
        ("?campaign=guide-seo", &first),
        ("?campaign=second", &second),
        ("", &second),
    ] {
        let row = row(query);
        for same in ["campaign", "fit", "engagement", "grade"] {
            assert_eq!(row[same], standing[same], "{query} {same}");
        }
    }
    assert_eq!(row("?campaign=second")["captured_at"], asked.to_string());
    let figures = |campaign: &str| {
        let report = app.api(&format!("/api/report?from=2026-03-01&to=2026-03-31{campaign}"));
        (report["leads"].clone(), report["mql"].clone())
    };
    assert_eq!(figures("&campaign=guide-seo"), (json!(1), json!(0)));
    assert_eq!(figures("&campaign=second"), (json!(1), json!(1)));
    assert_eq!(figures(""), (json!(1), json!(1)));
}

/// R125: both ways of counting by the API, with owners, revenue and reasons.
#[test]
fn r125_a_report_counts_by_cohort_or_by_period_with_owners_revenue_and_reasons() {
    let app = TestApp::start();
    let id = posted(&app, ANA, &HOT);
    let turned_down = posted(&app, "bob@example.org", &[]);
    let body = json!({ "to": "disqualified", "reason": "budget" });
    taken(&app, "POST", &format!("/{turned_down}/stage"), &body);
    app.advance("P40D");
    for (to, amount) in [("sql", Value::Null), ("customer", json!(12_500.5))] {
        let body = json!({ "to": to, "reason": "signed", "amount": amount });
        taken(&app, "POST", &format!("/{id}/stage"), &body);
    }
    let figures = |query: &str| {
        let report = app.api(&format!("/api/report?{query}"));
        let counts = ["leads", "mql", "sql", "customers"].map(|name| report[name].as_u64().expect("a count"));
        (
            counts,
            report["revenue"].clone(),
            report["by_owner"].as_array().expect("owners").len(),
        )
    };
    let (first, later) = ("from=2026-03-01&to=2026-03-31", "from=2026-04-01&to=2026-04-30");
    assert_eq!(
        figures(first),
        ([2, 1, 1, 1], json!(12_500.5), 2),
        "what became of the enquiries of March"
    );
    assert_eq!(figures(&format!("{first}&by=period")), ([2, 1, 0, 0], json!(0.0), 2));
    assert_eq!(
        figures(&format!("{later}&by=period")),
        ([0, 0, 1, 1], json!(12_500.5), 1)
    );
    let report = app.api(&format!("/api/report?{first}"));
    assert_eq!(report["rejections"], json!([{ "reason": "budget", "leads": 1 }]));
    let refused = app.operator("GET", "/api/report?by=weeks", "");
    assert_eq!((refused.status, refused.json()["code"].clone()), (400, json!("bad_by")));
    // The page shows the same, in both languages.
    for (lang, words) in [
        ("fr", "Pourquoi des leads ont été écartés"),
        ("en", "Why leads were disqualified"),
    ] {
        let cookie = app.sign_in();
        let page = app.send(
            "GET",
            &format!("/console/report?{first}&lang={lang}"),
            &[("cookie", &cookie)],
            "",
        );
        assert!(page.text().contains(words), "{lang}");
    }
}
