use super::*;

const PERSONS: &str = "/api/v2/persons";
const LEADS: &str = "/api/v1/leads";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_793_610_000 + seconds).unwrap()
}

fn request(method: &str, target: &str, body: &Value) -> Request {
    let headers = [
        ("x-api-token", Pipedrive::TOKEN),
        ("content-type", "application/json; charset=utf-8"),
    ];
    Request {
        method: method.into(),
        host: "example.pipedrive.com".into(),
        target: target.into(),
        headers: headers.map(|(name, value)| (name.into(), value.into())).into(),
        body: body.to_string().into_bytes(),
    }
}

fn ask_at(crm: &mut Pipedrive, method: &str, target: &str, body: Value, now: Timestamp) -> (u16, Value) {
    match crm.answer(&request(method, target, &body), now) {
        Reply::Answer { status, body, .. } => (status, serde_json::from_slice(&body).unwrap_or_default()),
        Reply::Cut => (0, Value::Null),
    }
}

fn ask(crm: &mut Pipedrive, method: &str, target: &str, body: Value) -> (u16, Value) {
    ask_at(crm, method, target, body, at(0))
}

/// An account with room for a test, and Ana as person 1.
fn with_ana() -> Pipedrive {
    let mut crm = Pipedrive::new().with_limits(1000, 1000, 100_000);
    let ana = json!({
        "name": "Ana Martin", "emails": [{"value": "ana@example.com", "primary": true, "label": "work"}],
        "phones": [{"value": "12"}], "custom_fields": {Pipedrive::LEAD_ID: "a1", Pipedrive::FIT: 65},
    });
    let (status, body) = ask(&mut crm, "POST", PERSONS, ana);
    assert_eq!((status, &body["data"]["id"]), (200, &json!(1)));
    crm
}

fn with_lead() -> (Pipedrive, String) {
    let mut crm = with_ana();
    let lead = json!({
        "title": "Guide", "person_id": 1, "origin_id": "a1", "value": {"amount": 15000, "currency": "EUR"},
        "label_ids": [Pipedrive::LABELS[0].0], Pipedrive::DEAL_LEAD_ID: "a1",
    });
    let (status, body) = ask(&mut crm, "POST", LEADS, lead);
    assert_eq!(status, 201);
    let id = body["data"]["id"].as_str().unwrap().to_owned();
    (crm, id)
}

fn patch(crm: &mut Pipedrive, body: Value) -> (u16, Value) {
    ask(crm, "PATCH", "/api/v2/persons/1", body)
}

fn custom(key: &str, value: Value) -> Value {
    json!({"custom_fields": {key: value}})
}

fn header(reply: &Reply, name: &str) -> String {
    let Reply::Answer { headers, .. } = reply else {
        return String::new();
    };
    headers
        .iter()
        .find(|(one, _)| one == name)
        .map(|(_, value)| value.clone())
        .unwrap_or_default()
}

fn found(crm: &mut Pipedrive, query: &str, now: Timestamp) -> Vec<u64> {
    let (status, body) = ask_at(crm, "GET", &format!("{PERSONS}/search?{query}"), json!({}), now);
    assert_eq!(status, 200);
    let items = body["data"]["items"].as_array().unwrap();
    items.iter().map(|one| one["item"]["id"].as_u64().unwrap()).collect()
}

#[test]
fn a_person_is_created_read_changed_and_doubled() {
    let mut crm = with_ana();
    let (_, body) = ask(&mut crm, "GET", "/api/v2/persons/1", json!({}));
    assert_eq!(
        (&body["success"], &body["data"]["owner_id"]),
        (&json!(true), &json!(31))
    );
    assert_eq!(body["data"]["custom_fields"][Pipedrive::NEED], Value::Null);
    assert_eq!(body["data"]["update_time"], "2026-11-02T09:00:00Z");
    let (status, body) = patch(&mut crm, json!({"owner_id": 32, "name": "Ana"}));
    assert_eq!((status, &body["data"]["owner_id"]), (200, &json!(32)));
    let double =
        json!({"name": "Ana", "emails": [{"value": "ana@example.com"}], "custom_fields": {Pipedrive::LEAD_ID: "a1"}});
    assert_eq!(ask(&mut crm, "POST", PERSONS, double).1["data"]["id"], 2);
    assert_eq!(
        found(&mut crm, "term=A1&fields=custom_fields&exact_match=true", at(0)),
        [1, 2]
    );
}

#[test]
fn a_wrong_or_old_token_is_refused() {
    let mut crm = Pipedrive::new();
    let mut wrong = request("GET", "/api/v1/users/me", &Value::Null);
    wrong.headers[0].1 = "0".repeat(40);
    assert!(matches!(crm.answer(&wrong, at(0)), Reply::Answer { status: 401, .. }));
    wrong.headers.clear();
    wrong.target = format!("/api/v1/users/me?api_token={}", Pipedrive::TOKEN);
    assert!(
        matches!(crm.answer(&wrong, at(0)), Reply::Answer { status: 401, .. }),
        "never in the URL"
    );
    let me = |crm: &mut Pipedrive| ask(crm, "GET", "/api/v1/users/me", json!({}));
    assert_eq!(me(&mut crm).1["data"]["id"], 31);
    crm.renew_token("new");
    let (status, body) = me(&mut crm);
    assert_eq!(
        (status, &body["error"], &body["errorCode"]),
        (401, &json!("unauthorized access"), &json!(401))
    );
    crm.renew_token(Pipedrive::TOKEN);
    assert_eq!(me(&mut crm).0, 200);
    crm.revoke_token();
    assert_eq!(me(&mut crm).0, 401);
    assert_eq!(me(&mut Pipedrive::new().with_token("other")).0, 401);
}

#[test]
fn types_are_strict() {
    let long = "x".repeat(256);
    let mut crm = with_ana();
    for wrong in [
        custom(Pipedrive::FIT, json!("65")),
        custom(Pipedrive::LEAD_ID, json!(1)),
        custom(Pipedrive::LEAD_ID, json!(long)),
        custom(Pipedrive::NEED, json!("x".repeat(65_001))),
        custom(Pipedrive::GRADE, json!("B2")),
        custom(Pipedrive::GRADE, json!("106")),
        custom(Pipedrive::GRADE, json!(999)),
        json!({"name": ""}),
        json!({"name": null}),
        json!({"name": long}),
        json!({"owner_id": "31"}),
        json!({"owner_id": 33}),
        json!({"org_id": 1}),
        json!({"emails": "ana@example.com"}),
        json!({"emails": [{"primary": true}]}),
        json!({"phones": [{"value": 12}]}),
        json!({"marketing_status": "maybe"}),
        json!({"visible_to": 4}),
        json!({"custom_fields": []}),
    ] {
        let (status, body) = patch(&mut crm, wrong.clone());
        assert_eq!((status, &body["success"]), (400, &json!(false)), "{wrong}");
    }
    assert_eq!(patch(&mut crm, custom(Pipedrive::GRADE, json!(106))).0, 200);
    assert_eq!(patch(&mut crm, custom(Pipedrive::FIT, json!(6.5))).0, 200);
    assert_eq!(
        ask(&mut crm, "POST", PERSONS, json!({"emails": []})).0,
        400,
        "a name is due"
    );
}

#[test]
fn an_unknown_field_is_named_in_the_words_only() {
    let mut crm = with_ana()
        .without_field(Pipedrive::FIT)
        .with_person_field("0123", "double", &[]);
    for wrong in [custom(Pipedrive::FIT, json!(1)), json!({Pipedrive::FIT: 1})] {
        let (status, body) = patch(&mut crm, wrong);
        assert_eq!((status, &body["code"]), (400, &json!("ERR_SCHEMA_VALIDATION_FAILED")));
        assert!(body["error"].as_str().unwrap().contains(Pipedrive::FIT));
        assert_eq!(body["data"], Value::Null);
        assert!(!body["error_info"].to_string().contains(Pipedrive::FIT));
    }
    assert_eq!(patch(&mut crm, custom("0123", json!(1))).0, 200);
}

#[test]
fn null_clears_and_an_empty_array_does_not() {
    let mut crm = with_ana();
    let fit = |body: &Value| body["data"]["custom_fields"][Pipedrive::FIT].clone();
    let (status, body) = patch(&mut crm, custom(Pipedrive::FIT, json!([])));
    assert_eq!((status, fit(&body)), (200, json!(65)));
    assert_eq!(
        fit(&patch(&mut crm, custom(Pipedrive::FIT, Value::Null)).1),
        Value::Null
    );
}

#[test]
fn lists_are_replaced_whole() {
    let mut crm = with_ana();
    let (_, body) = patch(
        &mut crm,
        json!({"emails": [{"value": "b@example.com"}, {"value": "c@example.com"}]}),
    );
    let values: Vec<&Value> = body["data"]["emails"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["value"])
        .collect();
    assert_eq!(values, ["b@example.com", "c@example.com"]);
    assert_eq!(body["data"]["emails"][0]["primary"], true);
    assert_eq!(body["data"]["phones"][0]["value"], "12", "what is not named stays");
    assert_eq!(patch(&mut crm, json!({"emails": []})).1["data"]["emails"], json!([]));
}

#[test]
fn the_marketing_status_changes_once() {
    let mut crm = with_ana();
    for (asked, kept) in [
        ("no_consent", "no_consent"),
        ("unsubscribed", "unsubscribed"),
        ("subscribed", "unsubscribed"),
        ("no_consent", "unsubscribed"),
    ] {
        let (status, body) = patch(&mut crm, json!({"marketing_status": asked}));
        assert_eq!((status, &body["data"]["marketing_status"]), (200, &json!(kept)));
    }
}

#[test]
fn contact_sync_opens_some_members() {
    let mut crm = with_ana();
    let (status, body) = patch(&mut crm, json!({"job_title": "CEO"}));
    assert_eq!((status, &body["code"]), (403, &json!("feature_capping_contact_sync")));
    assert_eq!(patch(&mut crm.with_contact_sync(), json!({"job_title": "CEO"})).0, 200);
}

#[test]
fn the_search_may_lag() {
    let mut crm = with_ana().with_search_lag(SignedDuration::from_secs(60));
    let by_email = "term=ANA%40example.com&fields=email&exact_match=true";
    assert_eq!(found(&mut crm, by_email, at(59)), [0_u64; 0]);
    assert_eq!(found(&mut crm, by_email, at(60)), [1]);
    ask_at(&mut crm, "DELETE", "/api/v2/persons/1", json!({}), at(100));
    assert_eq!(found(&mut crm, by_email, at(159)), [1]);
    assert_eq!(found(&mut crm, by_email, at(160)), [0_u64; 0]);
}

#[test]
fn the_search_looks_where_it_is_told() {
    let mut crm = with_ana();
    for (query, ids) in [
        ("term=example&fields=email", vec![1]),
        ("term=example&fields=email&exact_match=true", vec![]),
        ("term=a1&fields=email", vec![]),
        ("term=12&fields=phone&exact_match=true", vec![1]),
        ("term=martin&fields=name,email", vec![1]),
        ("term=a1&exact_match=true", vec![1]),
    ] {
        assert_eq!(found(&mut crm, query, at(0)), ids, "{query}");
    }
    for wrong in [
        "",
        "term=",
        "term=a",
        "term=ab&fields=address",
        "term=ab&exact_match=1",
        "term=ab&limit=501",
    ] {
        assert_eq!(
            ask(&mut crm, "GET", &format!("{PERSONS}/search?{wrong}"), json!({})).0,
            400,
            "{wrong}"
        );
    }
    ask(&mut crm, "POST", PERSONS, json!({"name": "Ana Martin"}));
    let (_, body) = ask(
        &mut crm,
        "GET",
        &format!("{PERSONS}/search?term=martin&limit=1"),
        json!({}),
    );
    let cursor = body["additional_data"]["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(
        found(&mut crm, &format!("term=martin&limit=1&cursor={cursor}"), at(0)),
        [2]
    );
}

#[test]
fn what_is_deleted_is_not_there_and_gone_after_thirty_days() {
    let (mut crm, lead) = with_lead();
    for target in [format!("{LEADS}/{lead}"), format!("{PERSONS}/1")] {
        assert_eq!(ask(&mut crm, "DELETE", &target, json!({})).0, 200);
        for method in ["GET", "PATCH", "DELETE"] {
            let (status, body) = ask(&mut crm, method, &target, json!({}));
            assert_eq!((status, &body["success"]), (404, &json!(false)), "{method}");
        }
    }
    assert_eq!(crm.state()["bin"][0]["name"], "Ana Martin");
    assert_eq!(crm.state()["lead_bin"][0]["title"], "Guide");
    ask_at(&mut crm, "GET", "/api/v1/users/me", json!({}), at(31 * 86_400));
    assert_eq!(
        (&crm.state()["bin"], &crm.state()["lead_bin"]),
        (&json!([]), &json!([]))
    );
}

#[test]
fn a_lead_hangs_on_a_person() {
    let (mut crm, id) = with_lead();
    let target = format!("{LEADS}/{id}");
    let (_, body) = ask(&mut crm, "GET", &target, json!({}));
    assert_eq!(
        (&body["data"]["origin_id"], &body["data"][Pipedrive::DEAL_LEAD_ID]),
        (&json!("a1"), &json!("a1"))
    );
    for wrong in [
        json!({"title": "Guide"}),
        json!({"person_id": 1}),
        json!({"title": "Guide", "person_id": 9}),
        json!({"title": "Guide", "person_id": 1, "value": {"amount": 1}}),
        json!({"title": "Guide", "person_id": 1, "value": {"amount": "1", "currency": "EUR"}}),
        json!({"title": "Guide", "person_id": 1, "label_ids": ["f08b42af-4e75-11ea-9643-03698ef1cfd6"]}),
        json!({"title": "Guide", "person_id": 1, "custom_fields": {}}),
        json!({"title": "Guide", "person_id": 1, Pipedrive::DEAL_LEAD_ID: 1}),
        json!({"title": "Guide", "person_id": 1, Pipedrive::LEAD_ID: "a1"}),
    ] {
        assert_eq!(ask(&mut crm, "POST", LEADS, wrong.clone()).0, 400, "{wrong}");
    }
    assert_eq!(
        ask(&mut crm, "PATCH", &target, json!({"origin_id": "b1"})).0,
        400,
        "at creation only"
    );
    let (_, body) = ask(
        &mut crm,
        "PATCH",
        &target,
        json!({"value": null, "label_ids": [], "title": "Audit"}),
    );
    assert_eq!(
        (&body["data"]["value"], &body["data"]["title"]),
        (&Value::Null, &json!("Audit"))
    );
    let count = |crm: &mut Pipedrive, query: &str| {
        ask(crm, "GET", &format!("{LEADS}?{query}"), json!({})).1["data"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(
        [
            count(&mut crm, "person_id=1"),
            count(&mut crm, "person_id=2"),
            count(&mut crm, "start=1")
        ],
        [1, 0, 0]
    );
    assert_eq!(
        ask(&mut crm, "GET", "/api/v1/leadLabels", json!({})).1["data"][1]["name"],
        "Warm"
    );
}

#[test]
fn fields_are_listed_and_created() {
    let mut crm = with_ana();
    let new = json!({"field_name": "Sector", "field_type": "enum", "options": [{"label": "SaaS"}, {"label": "Other"}]});
    let (status, body) = ask(&mut crm, "POST", "/api/v2/personFields", new);
    let key = body["data"]["field_code"].as_str().unwrap().to_owned();
    assert_eq!((status, key.len()), (200, 40));
    let option = body["data"]["options"][1]["id"].clone();
    assert_eq!(patch(&mut crm, custom(&key, option)).0, 200);
    let (_, body) = ask(&mut crm, "GET", "/api/v2/personFields?limit=10", json!({}));
    let cursor = body["additional_data"]["next_cursor"].as_str().unwrap().to_owned();
    let (_, body) = ask(
        &mut crm,
        "GET",
        &format!("/api/v2/personFields?cursor={cursor}"),
        json!({}),
    );
    assert_eq!(body["data"].as_array().unwrap().last().unwrap()["field_code"], key);
    for wrong in [
        json!({"field_type": "text"}),
        json!({"field_name": "x", "field_type": "string"}),
        json!({"field_name": "x", "field_type": "enum"}),
    ] {
        assert_eq!(ask(&mut crm, "POST", "/api/v2/personFields", wrong).0, 400);
    }
}

#[test]
fn webhooks_are_asked_for() {
    let mut crm = Pipedrive::new();
    let good =
        json!({"subscription_url": "https://a.example", "event_action": "change", "event_object": "deal", "name": "p"});
    assert_eq!(ask(&mut crm, "POST", "/api/v1/webhooks", good.clone()).0, 201);
    for (member, value) in [
        ("event_action", "merge"),
        ("event_object", "x"),
        ("version", "3.0"),
        ("name", ""),
    ] {
        let mut wrong = good.clone();
        wrong[member] = value.into();
        assert_eq!(ask(&mut crm, "POST", "/api/v1/webhooks", wrong).0, 400, "{member}");
    }
    assert_eq!(crm.state()["webhooks"][0]["event_object"], "deal");
}

#[test]
fn a_burst_and_a_day_have_their_limits() {
    let mut crm = Pipedrive::new().with_limits(3, 1, 40);
    let me = request("GET", "/api/v1/users/me", &Value::Null);
    let reply = crm.answer(&me, at(0));
    let headers = ["limit", "remaining", "reset"].map(|name| header(&reply, &format!("x-ratelimit-{name}")));
    assert_eq!(headers, ["3", "2", "2"]);
    assert_eq!(header(&reply, "x-daily-ratelimit-token-limit"), "40");
    assert_eq!(header(&reply, "x-daily-ratelimit-token-remaining"), "38");
    let search = format!("{PERSONS}/search?term=ab");
    let mut status = |method: &str, target: &str, now| ask_at(&mut crm, method, target, json!({}), now).0;
    assert_eq!(status("GET", &search, at(1)), 200, "20 tokens");
    assert_eq!(status("GET", &search, at(1)), 429, "one search in two seconds");
    assert_eq!(status("GET", "/api/v1/users/me", at(1)), 200);
    assert_eq!(status("GET", "/api/v1/users/me", at(1)), 429);
    assert_eq!(status("GET", "/api/v1/users/me", at(2)), 200, "the window starts anew");
    assert_eq!(status("GET", &search, at(10)), 429, "14 tokens are left");
    assert_eq!(status("GET", "/api/v1/leadLabels", at(20)), 200);
    assert_eq!(status("GET", "/api/v1/leadLabels", at(30)), 429);
    let midnight: Timestamp = "2026-11-03T00:00:00Z".parse().unwrap();
    assert_eq!(status("GET", "/api/v1/leadLabels", midnight), 200);
    let mut silent = Pipedrive::new().without_daily_headers();
    assert_eq!(header(&silent.answer(&me, at(0)), "x-daily-ratelimit-token-limit"), "");
}

#[test]
fn who_ignores_refusals_is_blocked() {
    let mut crm = Pipedrive::new().with_limits(0, 0, 30_000);
    let me = request("GET", "/api/v1/users/me", &Value::Null);
    let mut status = |now| match crm.answer(&me, now) {
        Reply::Answer { status, body, .. } => (status, serde_json::from_slice::<Value>(&body).is_ok()),
        Reply::Cut => (0, false),
    };
    for second in 0..30 {
        assert_eq!(status(at(second)), (429, true), "one a second is not twenty in ten");
    }
    for _ in 0..20 {
        assert_eq!(status(at(100)), (429, true));
    }
    assert_eq!(status(at(100)), (403, false), "a page, no JSON");
    assert_eq!(status(at(100 + 1799)), (403, false));
    assert_eq!(status(at(100 + 1800)), (429, true));
}

#[test]
fn a_path_a_method_and_a_kind_have_to_be_right() {
    let mut crm = with_ana();
    assert_eq!(ask(&mut crm, "PUT", "/api/v2/persons/1", json!({})).0, 405);
    assert_eq!(ask(&mut crm, "GET", "/v1/persons/1", json!({})).0, 404);
    assert_eq!(ask(&mut crm, "GET", "/api/v2/persons/x", json!({})).0, 400);
    let mut other = request("PATCH", "/api/v2/persons/1", &json!({}));
    other.headers[1].1 = "text/plain".into();
    assert!(matches!(crm.answer(&other, at(0)), Reply::Answer { status: 415, .. }));
    assert_eq!(patch(&mut crm, json!([])).0, 400);
}

#[test]
fn what_somebody_does_is_told() {
    let mut crm = with_ana();
    assert_eq!(crm.webhook().unwrap()["meta"]["change_source"], "api");
    let told = crm
        .edit_person(
            1,
            &json!({"custom_fields": {Pipedrive::STAGE: 204}, "name": "Ana"}),
            at(5),
        )
        .unwrap();
    assert_eq!(
        (&told["meta"]["change_source"], &told["meta"]["action"]),
        (&json!("app"), &json!("change"))
    );
    assert_eq!(told["previous"]["name"], "Ana Martin");
    assert_eq!(told["previous"].get("phones"), None, "only what changed");
    assert_eq!(
        told["data"]["custom_fields"][Pipedrive::STAGE],
        json!({"type": "enum", "id": 204})
    );
    assert_eq!(crm.edit_person(1, &json!({"name": 1}), at(5)), None);
    let told = crm.remove_person(1, at(6)).unwrap();
    assert_eq!(
        (&told["meta"]["action"], &told["data"]),
        (&json!("delete"), &Value::Null)
    );
    assert_eq!(told["previous"]["id"], 1);
    assert_eq!(crm.remove_person(1, at(6)), None);
}

#[test]
fn a_merge_moves_addresses_and_leads() {
    let (mut crm, lead) = with_lead();
    let bob = json!({"name": "Bob", "emails": [{"value": "ana@example.com"}, {"value": "bob@example.com"}]});
    assert_eq!(ask(&mut crm, "POST", PERSONS, bob).1["data"]["id"], 3);
    let [deleted, changed] = crm.merge_persons(3, 1, at(5)).unwrap();
    assert_eq!(
        (&deleted["meta"]["entity_id"], &deleted["meta"]["merged_to_id"]),
        (&json!("1"), &json!("3"))
    );
    assert_eq!(changed["data"]["custom_fields"][Pipedrive::LEAD_ID]["value"], "a1");
    assert_eq!(changed["data"]["emails"].as_array().unwrap().len(), 2);
    assert_eq!(ask(&mut crm, "GET", "/api/v2/persons/1", json!({})).0, 404);
    assert_eq!(
        ask(&mut crm, "GET", &format!("{LEADS}/{lead}"), json!({})).1["data"]["person_id"],
        3
    );
    assert_eq!(crm.state()["merged"]["1"], 3);
    assert_eq!(crm.merge_persons(3, 3, at(5)), None);
}

#[test]
fn a_won_deal_was_a_lead() {
    let (mut crm, lead) = with_lead();
    assert!(crm.edit_lead(&lead, &json!({"title": "Audit"}), at(4)).is_some());
    let told = crm.win(&lead, at(5)).unwrap();
    assert_eq!(
        (&told["meta"]["entity"], &told["meta"]["action"]),
        (&json!("deal"), &json!("change"))
    );
    assert_eq!(
        (&told["data"]["status"], &told["previous"]),
        (&json!("won"), &json!({"status": "open"}))
    );
    assert_eq!(told["data"]["custom_fields"][Pipedrive::DEAL_LEAD_ID]["value"], "a1");
    assert!(told["meta"]["id"].is_string());
    assert_eq!(
        ask(&mut crm, "PATCH", &format!("{LEADS}/{lead}"), json!({"title": "x"})).0,
        404,
        "made a deal"
    );
    assert_eq!(crm.remove_lead(&lead, at(6)), None);
}

#[test]
fn faults_happen_in_order_and_every_request_is_kept() {
    let mut crm = Pipedrive::new();
    let faults = [
        Fault::CutBefore,
        Fault::Status(503),
        Fault::Redirect,
        Fault::CutAfter,
        Fault::Html,
        Fault::Nothing,
    ];
    crm.script(faults.into());
    let create = |crm: &mut Pipedrive| crm.answer(&request("POST", PERSONS, &json!({"name": "Ana"})), at(0));
    assert_eq!(create(&mut crm), Reply::Cut);
    assert_eq!(header(&create(&mut crm), "content-type"), "application/json");
    assert_eq!(header(&create(&mut crm), "location"), "https://elsewhere.example/");
    assert_eq!(crm.state()["records"], json!([]));
    assert_eq!(
        ask(&mut crm, "GET", "/api/v1/users/me", json!({})).0,
        200,
        "what follows a write waits for one"
    );
    assert_eq!(create(&mut crm), Reply::Cut);
    assert_eq!(header(&create(&mut crm), "content-type"), "text/html");
    assert!(matches!(create(&mut crm), Reply::Answer { status: 200, body, .. } if body.is_empty()));
    assert_eq!(crm.state()["records"].as_array().unwrap().len(), 3);
    let statuses: Vec<u16> = crm.requests().iter().map(|(_, status)| *status).collect();
    assert_eq!(statuses, [0, 503, 302, 200, 0, 200, 200]);
    crm.script(vec![Fault::Status(402)]);
    assert!(
        ask(&mut crm, "GET", "/api/v1/users/me", json!({})).1["error"]
            .as_str()
            .unwrap()
            .contains("not open")
    );
}
