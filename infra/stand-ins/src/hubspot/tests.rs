use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::*;

const CONTACTS: &str = "/crm/objects/2026-09/contacts";
const PROPERTIES: &str = "/crm/properties/2026-09/contacts";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_793_610_000 + seconds).unwrap()
}

fn request(method: &str, target: &str, body: &Value) -> Request {
    let headers = [
        ("authorization", "Bearer pat-eu1-local"),
        ("content-type", "application/json"),
    ];
    Request {
        method: method.into(),
        host: "api.hubapi.com".into(),
        target: target.into(),
        headers: headers.map(|(name, value)| (name.into(), value.into())).into(),
        body: body.to_string().into_bytes(),
    }
}

fn send(crm: &mut Hubspot, request: &Request, now: Timestamp) -> (u16, Value) {
    match crm.answer(request, now) {
        Reply::Answer { status, body, .. } => (status, serde_json::from_slice(&body).unwrap_or_default()),
        Reply::Cut => (0, Value::Null),
    }
}

fn ask(crm: &mut Hubspot, method: &str, target: &str, body: Value) -> (u16, Value) {
    send(crm, &request(method, target, &body), at(0))
}

fn create(crm: &mut Hubspot, properties: Value) -> (u16, Value) {
    ask(crm, "POST", CONTACTS, json!({"properties": properties}))
}

fn patch(crm: &mut Hubspot, id: &str, properties: Value) -> (u16, Value) {
    ask(
        crm,
        "PATCH",
        &format!("{CONTACTS}/{id}"),
        json!({"properties": properties}),
    )
}

fn with_ana() -> Hubspot {
    let mut crm = Hubspot::new();
    let ana = json!({"email": "Ana@Example.com", "piste_lead_id": "a1", "lifecyclestage": "salesqualifiedlead"});
    assert_eq!(create(&mut crm, ana).0, 201);
    crm
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

#[test]
fn a_contact_is_created_changed_and_read() {
    let mut crm = with_ana();
    let (status, body) = patch(
        &mut crm,
        "ana%40example.com?idProperty=email",
        json!({"piste_fit": "65"}),
    );
    assert_eq!(
        (status, &body["id"], &body["properties"]["piste_fit"]),
        (200, &json!("8801"), &json!("65"))
    );
    let (status, body) = ask(
        &mut crm,
        "GET",
        &format!("{CONTACTS}/8801?properties=piste_fit,phone,no_such"),
        json!({}),
    );
    assert_eq!(status, 200);
    assert_eq!(
        (&body["properties"]["piste_fit"], &body["properties"]["phone"]),
        (&json!("65"), &Value::Null)
    );
    assert_eq!(body["properties"].get("no_such"), None);
    let (_, body) = patch(&mut crm, "a1?idProperty=piste_lead_id", json!({"piste_fit": ""}));
    assert_eq!(body["properties"]["piste_fit"], Value::Null);
    assert_eq!(patch(&mut crm, "bob%40example.com?idProperty=email", json!({})).0, 404);
    assert_eq!(patch(&mut crm, "x?idProperty=firstname", json!({})).0, 400);
    assert_eq!(patch(&mut crm, "9", json!({})).1["category"], "OBJECT_NOT_FOUND");
}

#[test]
fn a_wrong_or_revoked_key_is_refused() {
    let mut crm = Hubspot::new();
    let mut wrong = request("GET", PROPERTIES, &Value::Null);
    wrong.headers[0].1 = "Bearer pat-eu1-other".into();
    let (status, body) = send(&mut crm, &wrong, at(0));
    assert_eq!((status, &body["category"]), (401, &json!("INVALID_AUTHENTICATION")));
    wrong.headers.clear();
    assert_eq!(send(&mut crm, &wrong, at(0)).0, 401);
    crm.revoke_key();
    assert_eq!(ask(&mut crm, "GET", PROPERTIES, json!({})).0, 401);
    crm.rotate_key("pat-eu1-local");
    assert_eq!(ask(&mut crm, "GET", PROPERTIES, json!({})).0, 200);
    let mut crm = Hubspot::new().with_key("pat-eu1-two");
    assert_eq!(ask(&mut crm, "GET", PROPERTIES, json!({})).0, 401);
    let mut crm = Hubspot::new().without_scope("crm.objects.owners.read");
    let (status, body) = ask(&mut crm, "GET", "/crm/owners/2026-09", json!({}));
    assert_eq!((status, &body["category"]), (403, &json!("MISSING_SCOPES")));
}

#[test]
fn each_value_that_does_not_hold_has_its_code() {
    let long = "x".repeat(65_537);
    let cases = [
        ("no_such", "x", "PROPERTY_DOESNT_EXIST"),
        ("lifecyclestage", "Lead", "INVALID_OPTION"),
        ("hs_lead_status", "open", "INVALID_OPTION"),
        ("hubspot_owner_id", "171", "INVALID_OPTION"),
        ("piste_sector", "SaaS", "INVALID_OPTION"),
        ("piste_budget", "15,000", "INVALID_INTEGER"),
        ("piste_budget", "NaN", "INVALID_INTEGER"),
        ("email", "ana", "INVALID_EMAIL"),
        ("piste_need", &long, "VALUE_TOO_LONG"),
        ("hs_email_optout", "true", "READ_ONLY_VALUE"),
    ];
    let mut crm = with_ana();
    for (name, value, code) in cases {
        let (status, body) = patch(&mut crm, "8801", json!({"firstname": "Ana", name: value}));
        assert_eq!((status, &body["category"]), (400, &json!("VALIDATION_ERROR")), "{name}");
        assert_eq!(body["errors"][0]["code"], code, "{name}");
        assert_eq!(body["errors"][0]["context"]["propertyName"], json!([name]));
        assert!(body["correlationId"].is_string());
    }
    assert_eq!(
        crm.state()["records"][0]["properties"].get("firstname"),
        None,
        "nothing is written"
    );
    for (name, value) in [
        ("hubspot_owner_id", "72"),
        ("piste_timing", "3_months"),
        ("piste_budget", "-1.5"),
    ] {
        assert_eq!(patch(&mut crm, "8801", json!({name: value})).0, 200, "{name}");
    }
}

#[test]
fn every_value_is_a_text_and_every_body_as_described() {
    let mut crm = with_ana();
    let target = format!("{CONTACTS}/8801");
    for (method, target, body) in [
        ("PATCH", target.as_str(), json!({"properties": {"piste_fit": 65}})),
        ("PATCH", &target, json!({"properties": {"piste_fit": null}})),
        ("PATCH", &target, json!({"properties": {}, "more": 1})),
        ("PATCH", &target, json!({})),
        ("PATCH", &target, json!([])),
        ("POST", &format!("{CONTACTS}/gdpr-delete"), json!({"objectId": 8801})),
        (
            "POST",
            &format!("{CONTACTS}/gdpr-delete"),
            json!({"objectId": "8801", "more": "1"}),
        ),
        ("POST", &format!("{CONTACTS}/batch/upsert"), json!({"inputs": []})),
        (
            "POST",
            &format!("{CONTACTS}/batch/upsert"),
            json!({"inputs": [{"id": "a", "properties": {}, "x": 1}]}),
        ),
        (
            "POST",
            &format!("{CONTACTS}/batch/upsert"),
            json!({"inputs": [{"id": "a"}]}),
        ),
    ] {
        let (status, answer) = ask(&mut crm, method, target, body.clone());
        assert_eq!(
            (status, &answer["category"]),
            (400, &json!("VALIDATION_ERROR")),
            "{body}"
        );
    }
    let mut broken = request("POST", CONTACTS, &Value::Null);
    broken.body = b"{".into();
    assert_eq!(send(&mut crm, &broken, at(0)).0, 400);
    broken.headers[1].1 = "text/plain".into();
    assert_eq!(send(&mut crm, &broken, at(0)).0, 415);
    assert_eq!(ask(&mut crm, "PUT", CONTACTS, json!({})).0, 405);
    assert_eq!(ask(&mut crm, "GET", "/crm/v3/objects/contacts/8801", json!({})).0, 404);
}

#[test]
fn an_address_and_a_unique_value_belong_to_one_contact() {
    let mut crm = with_ana();
    let (status, body) = create(&mut crm, json!({"email": "ANA@example.com"}));
    assert_eq!((status, &body["category"]), (409, &json!("CONFLICT")));
    assert_eq!(body["message"], "Contact already exists. Existing ID: 8801");
    assert_eq!(
        create(&mut crm, json!({"email": "bob@example.com", "piste_lead_id": "a1"})).0,
        409
    );
    assert_eq!(create(&mut crm, json!({"email": "bob@example.com"})).0, 201);
    assert_eq!(patch(&mut crm, "8802", json!({"email": "ana@example.com"})).0, 409);
    assert_eq!(patch(&mut crm, "8801", json!({"email": "ANA@example.com"})).0, 200);
    assert_eq!(crm.state()["records"].as_array().unwrap().len(), 2);
}

#[test]
fn the_stage_moves_forward_only() {
    let mut crm = with_ana();
    let (status, body) = patch(&mut crm, "8801", json!({"lifecyclestage": "lead"}));
    assert_eq!(
        (status, &body["properties"]["lifecyclestage"]),
        (200, &json!("salesqualifiedlead"))
    );
    let (_, body) = patch(&mut crm, "8801", json!({"lifecyclestage": "customer"}));
    assert_eq!(body["properties"]["lifecyclestage"], "customer");
    patch(&mut crm, "8801", json!({"lifecyclestage": ""}));
    let (_, body) = patch(&mut crm, "8801", json!({"lifecyclestage": "lead"}));
    assert_eq!(body["properties"]["lifecyclestage"], "lead");
    patch(
        &mut crm,
        "8801",
        json!({"lifecyclestage": "customer", "hs_lead_status": "CONNECTED"}),
    );
    assert!(
        crm.set("8801", "lifecyclestage", "subscriber", at(1)),
        "a person may go back"
    );
    let (_, body) = patch(&mut crm, "8801", json!({"hs_lead_status": "NEW"}));
    assert_eq!(body["properties"]["hs_lead_status"], "NEW");
}

#[test]
fn a_batch_tells_results_and_errors_apart() {
    let mut crm = with_ana();
    let input = |id: &str, by: &str, properties: Value| {
        let trace = format!("{id}.7");
        json!({"id": id, "idProperty": by, "objectWriteTraceId": trace, "properties": properties})
    };
    let inputs = [
        input(
            "a1",
            "piste_lead_id",
            json!({"piste_grade": "B2", "lifecyclestage": "lead"}),
        ),
        input("b1", "piste_lead_id", json!({"email": "bob@example.com"})),
        input("c1", "piste_lead_id", json!({"email": "ana@example.com"})),
        input("d1", "piste_lead_id", json!({"piste_sector": "none"})),
        input("ana@example.com", "email", json!({"firstname": "Ana"})),
    ];
    let (status, body) = ask(
        &mut crm,
        "POST",
        &format!("{CONTACTS}/batch/upsert"),
        json!({"inputs": inputs}),
    );
    assert_eq!(
        (status, &body["status"], &body["numErrors"]),
        (200, &json!("COMPLETE"), &json!(3))
    );
    let [old, new] = [&body["results"][0], &body["results"][1]];
    assert_eq!(
        (&old["new"], &old["objectWriteTraceId"]),
        (&json!(false), &json!("a1.7"))
    );
    assert_eq!(old["properties"]["lifecyclestage"], "salesqualifiedlead");
    assert_eq!(
        (&new["new"], &new["properties"]["piste_lead_id"]),
        (&json!(true), &json!("b1"))
    );
    let [taken, option, partial] = [0, 1, 2].map(|i| body["errors"][i].clone());
    assert_eq!(
        (&taken["category"], &taken["context"]["id"]),
        (&json!("CONFLICT"), &json!(["c1"]))
    );
    assert_eq!(option["errors"][0]["code"], "INVALID_OPTION");
    assert_eq!(option["errors"][0]["context"]["objectWriteTraceId"], json!(["d1.7"]));
    assert_eq!(partial["context"]["objectWriteTraceId"], json!(["ana@example.com.7"]));
    let twice = json!({"inputs": [inputs[0], inputs[0]]});
    assert_eq!(ask(&mut crm, "POST", &format!("{CONTACTS}/batch/upsert"), twice).0, 400);
    let many: Vec<Value> = (0..101)
        .map(|i| input(&i.to_string(), "piste_lead_id", json!({})))
        .collect();
    assert_eq!(
        ask(
            &mut crm,
            "POST",
            &format!("{CONTACTS}/batch/upsert"),
            json!({"inputs": many})
        )
        .0,
        400
    );
}

#[test]
fn the_bin_keeps_ninety_days() {
    let mut crm = with_ana();
    assert_eq!(ask(&mut crm, "DELETE", &format!("{CONTACTS}/8801"), json!({})).0, 204);
    assert_eq!(ask(&mut crm, "DELETE", &format!("{CONTACTS}/8801"), json!({})).0, 204);
    assert_eq!(ask(&mut crm, "GET", &format!("{CONTACTS}/8801"), json!({})).0, 404);
    let (status, body) = ask(&mut crm, "GET", &format!("{CONTACTS}/8801?archived=true"), json!({}));
    assert_eq!((status, &body["archived"]), (200, &json!(true)));
    assert_eq!(create(&mut crm, json!({"email": "ana@example.com"})).1["id"], "8802");
    assert_eq!(crm.state()["bin"][0]["id"], "8801");
    let later = request("GET", PROPERTIES, &Value::Null);
    assert_eq!(send(&mut crm, &later, at(91 * 86_400)).0, 200);
    assert_eq!(crm.state()["bin"], json!([]));
}

#[test]
fn forgetting_is_for_good_and_may_block_an_address() {
    let mut crm = with_ana();
    let forget = format!("{CONTACTS}/gdpr-delete");
    assert_eq!(ask(&mut crm, "POST", &forget, json!({"objectId": "8801"})).0, 204);
    let state = crm.state();
    assert_eq!(
        (&state["records"], &state["bin"], &state["forgotten"]),
        (&json!([]), &json!([]), &json!(["8801"]))
    );
    assert_eq!(
        create(&mut crm, json!({"email": "ana@example.com"})).0,
        201,
        "by id, nothing is blocked"
    );
    let by_email = |address: &str| json!({"objectId": address, "idProperty": "email"});
    assert_eq!(ask(&mut crm, "POST", &forget, by_email("Ana@example.com")).0, 204);
    assert_eq!(create(&mut crm, json!({"email": "ana@example.com"})).0, 201);
    assert_eq!(ask(&mut crm, "POST", &forget, by_email("Nobody@example.com")).0, 204);
    assert_eq!(crm.state()["block_list"], json!(["nobody@example.com"]));
    let (status, body) = create(&mut crm, json!({"email": "NOBODY@example.com"}));
    assert_eq!((status, &body["errors"][0]["code"]), (400, &json!("EMAIL_BLOCKED")));
    assert_eq!(crm.webhook()[0]["subscriptionType"], Value::Null, "nothing happened");
}

#[test]
fn ten_seconds_roll_and_the_day_ends_at_midnight_in_the_zone() {
    let mut crm = Hubspot::new().with_limits(2, 4);
    let ask = request("GET", PROPERTIES, &Value::Null);
    let reply = crm.answer(&ask, at(0));
    assert_eq!(header(&reply, "x-hubspot-ratelimit-max"), "2");
    assert_eq!(header(&reply, "x-hubspot-ratelimit-remaining"), "1");
    assert_eq!(header(&reply, "x-hubspot-ratelimit-interval-milliseconds"), "10000");
    assert_eq!(header(&reply, "x-hubspot-ratelimit-daily-remaining"), "3");
    send(&mut crm, &ask, at(5));
    let (status, body) = send(&mut crm, &ask, at(9));
    assert_eq!((status, &body["policyName"]), (429, &json!("TEN_SECONDLY_ROLLING")));
    assert_eq!(body["errorType"], "RATE_LIMIT");
    assert_eq!(send(&mut crm, &ask, at(10)).0, 200, "the first one is ten seconds old");
    assert_eq!(send(&mut crm, &ask, at(20)).0, 200);
    assert_eq!(send(&mut crm, &ask, at(60)).1["policyName"], "DAILY");
    let midnight: Timestamp = "2026-11-02T23:00:00Z".parse().unwrap();
    assert_eq!(send(&mut crm, &ask, midnight - SignedDuration::from_secs(1)).0, 429);
    assert_eq!(send(&mut crm, &ask, midnight).0, 200);
    let usage = request(
        "GET",
        "/account-info/2026-09/api-usage/daily/private-apps",
        &Value::Null,
    );
    let (_, body) = send(&mut crm, &usage, midnight);
    assert_eq!(body["results"][0]["currentUsage"], 2);
    assert_eq!(body["results"][0]["resetsAt"], "2026-11-03T23:00:00Z");
}

#[test]
fn properties_and_groups_are_created_once() {
    let mut crm = Hubspot::new()
        .without_property("piste_fit")
        .with_property("note", "string", "text", &[]);
    let fit =
        json!({"name": "piste_fit", "label": "Fit", "groupName": "scores", "type": "number", "fieldType": "number"});
    assert_eq!(create(&mut crm, json!({"piste_fit": "1"})).0, 400);
    assert_eq!(create(&mut crm, json!({"note": "1"})).0, 201);
    assert_eq!(ask(&mut crm, "POST", PROPERTIES, fit.clone()).0, 400, "the group first");
    let group = json!({"name": "scores", "label": "Scores"});
    assert_eq!(
        ask(&mut crm, "POST", &format!("{PROPERTIES}/groups"), group.clone()).0,
        201
    );
    assert_eq!(ask(&mut crm, "POST", &format!("{PROPERTIES}/groups"), group).0, 409);
    assert_eq!(ask(&mut crm, "POST", PROPERTIES, fit.clone()).0, 201);
    assert_eq!(ask(&mut crm, "POST", PROPERTIES, fit.clone()).0, 409);
    assert_eq!(create(&mut crm, json!({"piste_fit": "1"})).0, 201);
    for (member, value) in [
        ("name", "Fit"),
        ("type", "text"),
        ("fieldType", "input"),
        ("type", "enumeration"),
    ] {
        let mut wrong = fit.clone();
        wrong["name"] = "other".into();
        wrong[member] = value.into();
        assert_eq!(ask(&mut crm, "POST", PROPERTIES, wrong).0, 400, "{member} {value}");
    }
    let unique = |i: usize| {
        json!({"name": format!("key{i}"), "label": "Key", "groupName": "piste", "type": "string", "fieldType": "text",
               "hasUniqueValue": true})
    };
    let statuses: Vec<u16> = (0..10)
        .map(|i| ask(&mut crm, "POST", PROPERTIES, unique(i)).0)
        .collect();
    assert_eq!(statuses, [201, 201, 201, 201, 201, 201, 201, 201, 201, 400]);
    let (_, body) = ask(&mut crm, "GET", PROPERTIES, json!({}));
    let stage = body["results"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == "lifecyclestage")
        .unwrap();
    assert_eq!(stage["options"][2]["value"], "marketingqualifiedlead");
}

#[test]
fn owners_come_in_pages() {
    let mut crm = Hubspot::new();
    let (_, body) = ask(&mut crm, "GET", "/crm/owners/2026-09?limit=1", json!({}));
    assert_eq!(
        (&body["results"][0]["id"], &body["paging"]["next"]["after"]),
        (&json!("71"), &json!("1"))
    );
    let (_, body) = ask(&mut crm, "GET", "/crm/owners/2026-09?limit=1&after=1", json!({}));
    assert_eq!((&body["results"][0]["id"], body.get("paging")), (&json!("72"), None));
    let (_, body) = ask(
        &mut crm,
        "GET",
        "/crm/owners/2026-09?email=paul%40example.com",
        json!({}),
    );
    assert_eq!(body["results"].as_array().unwrap().len(), 1);
    assert_eq!(ask(&mut crm, "GET", "/crm/owners/2026-09?limit=501", json!({})).0, 400);
    let (_, body) = ask(&mut crm, "GET", "/account-info/2026-09/details", json!({}));
    assert_eq!(
        (&body["timeZone"], &body["utcOffset"]),
        (&json!("Europe/Paris"), &json!("+01:00"))
    );
}

#[test]
fn no_to_mail_is_kept_and_final() {
    let mut crm = with_ana();
    let target = "/communication-preferences/2026-09/statuses/Ana%40example.com";
    let body = |state: &str| json!({"channel": "EMAIL", "subscriptionId": 412, "statusState": state});
    let reason = |body: &Value| body["results"][0]["setStatusSuccessReason"].clone();
    let (_, first) = ask(&mut crm, "POST", target, body("UNSUBSCRIBED"));
    let (_, again) = ask(&mut crm, "POST", target, body("UNSUBSCRIBED"));
    let (_, back) = ask(&mut crm, "POST", target, body("SUBSCRIBED"));
    let reasons = [reason(&first), reason(&again), reason(&back)];
    assert_eq!(
        reasons,
        ["REQUESTED_CHANGE_OCCURRED", "NO_STATUS_CHANGE", "RESUBSCRIBE_OCCURRED"]
    );
    let all = format!("{target}/unsubscribe-all");
    assert_eq!(ask(&mut crm, "POST", &all, json!({})).0, 400, "the channel is due");
    let (status, body_all) = ask(&mut crm, "POST", &format!("{all}?channel=EMAIL"), json!({}));
    assert_eq!(
        (status, reason(&body_all)),
        (200, json!("UNSUBSCRIBE_FROM_ALL_OCCURRED"))
    );
    assert_eq!(ask(&mut crm, "POST", target, body("SUBSCRIBED")).0, 400);
    assert_eq!(crm.state()["opt_outs"]["ana@example.com"]["all"], "UNSUBSCRIBED");
    let (_, contact) = ask(
        &mut crm,
        "GET",
        &format!("{CONTACTS}/8801?properties=hs_email_optout"),
        json!({}),
    );
    assert_eq!(contact["properties"]["hs_email_optout"], "true");
    let (_, types) = ask(
        &mut crm,
        "GET",
        "/communication-preferences/2026-09/definitions",
        json!({}),
    );
    assert_eq!(types["results"][0]["id"], "412");
    for (member, value) in [
        ("subscriptionId", json!(1)),
        ("statusState", json!("NO")),
        ("more", json!(1)),
    ] {
        let mut wrong = body("UNSUBSCRIBED");
        wrong[member] = value;
        assert_eq!(ask(&mut crm, "POST", target, wrong).0, 400, "{member}");
    }
    let mut strict = Hubspot::new().with_privacy_settings();
    assert_eq!(ask(&mut strict, "POST", target, body("UNSUBSCRIBED")).0, 400);
    let mut based = body("UNSUBSCRIBED");
    based["legalBasis"] = "NON_GDPR".into();
    based["legalBasisExplanation"] = "asked by the person".into();
    assert_eq!(ask(&mut strict, "POST", target, based).0, 200);
    strict.opt_out("Bob@example.com");
    assert_eq!(strict.state()["opt_outs"]["bob@example.com"]["all"], "UNSUBSCRIBED");
}

#[test]
fn a_merge_keeps_both_addresses_and_the_later_stage() {
    for new_id in [false, true] {
        let mut crm = with_ana();
        let bob = [
            ("email", "bob@example.com"),
            ("phone", "12"),
            ("lifecyclestage", "customer"),
        ];
        let bob = crm.add(&bob, at(0)).unwrap();
        let kept = crm.merge("8801", &bob, new_id, at(5)).unwrap();
        assert_eq!(kept, if new_id { "8803" } else { "8801" });
        assert_eq!(crm.webhook()[0]["newObjectId"].to_string(), kept);
        let target = format!("{CONTACTS}/bob%40example.com?idProperty=email&properties=phone,lifecyclestage,email");
        let (_, body) = ask(&mut crm, "GET", &target, json!({}));
        assert_eq!(body["id"], kept);
        assert_eq!(
            (&body["properties"]["phone"], &body["properties"]["lifecyclestage"]),
            (&json!("12"), &json!("customer"))
        );
        assert_eq!(
            patch(&mut crm, &bob, json!({})).1["id"],
            kept,
            "the old id leads to the survivor"
        );
        assert_eq!(create(&mut crm, json!({"email": "bob@example.com"})).0, 409);
    }
}

#[test]
fn a_persons_change_is_told_and_signed() {
    let mut crm = with_ana();
    assert_eq!(crm.webhook()[0]["changeSource"], "INTEGRATION");
    assert!(crm.set("8801", "lifecyclestage", "customer", at(3)));
    let event = &crm.webhook()[0];
    assert_eq!(event["subscriptionType"], "contact.propertyChange");
    assert_eq!(
        (&event["objectId"], &event["propertyValue"]),
        (&json!(8801), &json!("customer"))
    );
    assert_eq!(
        (&event["changeSource"], &event["occurredAt"]),
        (&json!("CRM_UI"), &json!(at(3).as_millisecond()))
    );
    let [plain, escaped] = ["https://a.example/hook?x=a:b", "https://a.example/hook?x=a%3Ab"]
        .map(|address| crm.signed_webhook("secret", address, at(4)));
    assert_eq!(
        (plain.host.as_str(), plain.target.as_str()),
        ("a.example", "/hook?x=a:b")
    );
    assert_eq!(plain.headers, escaped.headers, "escapes are decoded first");
    let empty = Hubspot::new().signed_webhook("secret", "https://a.example/hook?x=a%3Ab", at(4));
    assert_eq!(
        empty.headers[2].1, "rxV7Uc+1w/yYIIPNST0EshjzlB9667QK0cJufgXM6Zs=",
        "computed elsewhere"
    );
    let other = crm.signed_webhook("other", "https://a.example/hook?x=a:b", at(4));
    assert_ne!(plain.headers, other.headers);
    assert!(crm.delete("8801", at(5)) && !crm.delete("8801", at(5)));
    assert_eq!(crm.webhook()[0]["subscriptionType"], "contact.deletion");
}

#[test]
fn faults_happen_in_order_and_every_request_is_kept() {
    let mut crm = Hubspot::new();
    let faults = [
        Fault::CutBefore,
        Fault::Status(503),
        Fault::Redirect,
        Fault::CutAfter,
        Fault::Html,
        Fault::Nothing,
    ];
    crm.script(faults.into());
    let create = |crm: &mut Hubspot, name: &str| {
        let body = json!({"properties": {"email": format!("{name}@example.com")}});
        crm.answer(&request("POST", CONTACTS, &body), at(0))
    };
    assert_eq!(create(&mut crm, "a"), Reply::Cut);
    assert_eq!(
        header(&create(&mut crm, "a"), "content-type"),
        "application/json;charset=utf-8"
    );
    assert_eq!(header(&create(&mut crm, "a"), "location"), "https://elsewhere.example/");
    assert_eq!(crm.state()["records"], json!([]));
    assert_eq!(
        ask(&mut crm, "GET", PROPERTIES, json!({})).0,
        200,
        "what follows a write waits for one"
    );
    assert_eq!(create(&mut crm, "b"), Reply::Cut);
    assert_eq!(header(&create(&mut crm, "c"), "content-type"), "text/html");
    assert!(matches!(create(&mut crm, "d"), Reply::Answer { status: 200, body, .. } if body.is_empty()));
    assert_eq!(crm.state()["records"].as_array().unwrap().len(), 3);
    let statuses: Vec<u16> = crm.requests().iter().map(|(_, status)| *status).collect();
    assert_eq!(statuses, [0, 503, 302, 200, 0, 200, 200]);
    crm.script([429, 477, 401, 499].map(Fault::Status).into());
    let replies = [(); 4].map(|()| send(&mut crm, &request("GET", PROPERTIES, &Value::Null), at(0)));
    assert_eq!(replies[0].1["policyName"], "TEN_SECONDLY_ROLLING");
    assert_eq!(replies.map(|(status, _)| status), [429, 477, 401, 499]);
}
