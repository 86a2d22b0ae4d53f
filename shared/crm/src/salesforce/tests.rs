use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::*;
use crate::call::{Answer, Broken};
use crate::oauth::tests::{Scripted, entry, key, loose, page, push, says, says_with};
use crate::outcome::{FieldEnd, Reason};
use crate::push::Act;

const BASE: &str = "https://acme.my.salesforce.com";

/// A step of a script: the call without what all calls begin with, and its answer.
type Step<'a> = (&'a str, Result<Answer, Broken>);

fn crm() -> Salesforce {
    Salesforce {
        id_field: "Piste_Id__c".to_owned(),
        reads: vec!["Status".to_owned(), "Piste_Grade__c".to_owned()],
    }
}

/// Runs something against a script, and gives what came of it and the calls that were made.
async fn run<T>(script: Vec<Step<'_>>, act: impl AsyncFnOnce(&Salesforce, &Link<'_, Scripted>) -> T) -> (T, Scripted) {
    let calls = script.iter().map(|(call, _)| {
        let (verb, path) = call.split_once(' ').expect("a verb and a path");
        format!("{verb} {BASE}/services/data/v66.0/{path}")
    });
    let calls: Vec<String> = calls.collect();
    let http = Scripted::new(
        calls
            .iter()
            .map(String::as_str)
            .zip(script.into_iter().map(|(_, answer)| answer))
            .collect(),
    );
    let token = Token {
        text: "00D!x".to_owned(),
        base: BASE.to_owned(),
        seconds: None,
    };
    let link = Link {
        http: &http,
        token: &token,
        now: Timestamp::UNIX_EPOCH,
    };
    let result = act(&crm(), &link).await;
    http.done();
    (result, http)
}

async fn pushes(id: Option<&str>, entries: &[Entry], script: Vec<Step<'_>>) -> (Outcome, Scripted) {
    run(script, async |crm, link| crm.push(link, &push(id, entries)).await).await
}

fn error(code: &str, fields: &[&str]) -> Value {
    json!([{"errorCode": code, "message": "said of ana@example.com", "fields": fields}])
}

fn found(records: Value) -> Result<Answer, Broken> {
    says(200, json!({"totalSize": 1, "done": true, "records": records}))
}

const BY_ID: &str = "GET sobjects/Lead/Piste_Id__c/k7d2?fields=Id,IsConverted,ConvertedContactId";
const LEADS: &str = "GET query?q=SELECT%20Id%2C%20IsConverted%2C%20ConvertedContactId%20FROM%20Lead%20WHERE%20Email%20%3D%20%27ana%40example.com%27";
const CONTACTS: &str = "GET query?q=SELECT%20Id%20FROM%20Contact%20WHERE%20Email%20%3D%20%27ana%40example.com%27";
const CREATE: &str = "PATCH sobjects/Lead/Piste_Id__c/k7d2";
const UPDATE: &str = "PATCH sobjects/Lead/00Q1";

fn nobody<'a>() -> Vec<Step<'a>> {
    vec![
        (BY_ID, says(404, error("NOT_FOUND", &[]))),
        (LEADS, found(json!([]))),
        (CONTACTS, found(json!([]))),
    ]
}

fn with<'a>(mut first: Vec<Step<'a>>, more: Vec<Step<'a>>) -> Vec<Step<'a>> {
    first.extend(more);
    first
}

fn ana() -> Vec<Entry> {
    vec![
        key("Piste_Id__c", "k7d2", Act::Id),
        key("Email", "ana@example.com", Act::Email),
        entry("LastName", "Martin", Write::Always),
        entry("Company", "Exemple", Write::Always),
        entry("OwnerId", "0051", Write::Create),
    ]
}

#[tokio::test]
async fn a_token_goes_to_its_own_org_alone() {
    let secret = Secret::salesforce(r#"{"client_id":"a&b","client_secret":"c","domain":"acme"}"#).expect("a secret");
    let pause = |reason| End::Pause(reason, None);
    let told = |instance: &str| json!({"access_token": "00D!x", "instance_url": instance, "token_type": "Bearer"});
    for (url, answer, expected) in [
        (
            None,
            says(200, told("https://acme.my.salesforce.com/")),
            Ok("https://acme.my.salesforce.com"),
        ),
        (
            None,
            says(200, told("https://ACME--dev.sandbox.my.salesforce.com")),
            Ok("https://acme--dev.sandbox.my.salesforce.com"),
        ),
        (
            None,
            says(200, told("http://acme.my.salesforce.com")),
            Err(pause(Reason::Elsewhere)),
        ),
        (
            None,
            says(200, told("https://acme.my.salesforce.com:444")),
            Err(pause(Reason::Elsewhere)),
        ),
        (
            None,
            says(200, told("https://acme.my.salesforce.com@evil.example")),
            Err(pause(Reason::Elsewhere)),
        ),
        (
            None,
            says(200, told("https://evil.example/.my.salesforce.com")),
            Err(pause(Reason::Elsewhere)),
        ),
        (
            None,
            says(200, told("https://evilmy.salesforce.com")),
            Err(pause(Reason::Elsewhere)),
        ),
        (
            Some("http://127.0.0.1:90/x/"),
            says(200, told("http://127.0.0.1:90")),
            Ok("http://127.0.0.1:90/x"),
        ),
        (
            Some("http://127.0.0.1:90/x"),
            says(200, told(BASE)),
            Err(pause(Reason::Elsewhere)),
        ),
        (
            None,
            says(400, json!({"error": "invalid_client_id"})),
            Err(pause(Reason::Unauthorized)),
        ),
        (
            None,
            says(401, json!({"error": "invalid_client"})),
            Err(pause(Reason::Unauthorized)),
        ),
        (
            None,
            says(200, json!({"error": "invalid_grant"})),
            Err(pause(Reason::Unauthorized)),
        ),
        (
            None,
            says(400, json!({"error": "unknown_error"})),
            Err(End::Later(None)),
        ),
        (None, page(200), Err(End::Later(None))),
        (None, page(302), Err(End::Later(None))),
        (None, page(503), Err(End::Later(None))),
        (None, page(429), Err(pause(Reason::Limited))),
        (None, page(403), Err(pause(Reason::Forbidden))),
        (None, Err(Broken::NotSent), Err(End::Later(None))),
        (None, Err(Broken::Unknown), Err(End::Later(None))),
        (None, Err(Broken::Forbidden), Err(pause(Reason::Elsewhere))),
    ] {
        let at = url.map_or(BASE, |url: &str| url.trim_end_matches('/'));
        let call = format!("POST {at}/services/oauth2/token");
        let http = Scripted::new(vec![(&call, answer.clone())]);
        let token = crm().token(&http, &secret, url).await;
        let ended = token
            .as_ref()
            .map(|token| token.base.as_str())
            .map_err(|outcome| outcome.end);
        assert_eq!(ended, expected, "{answer:?}");
        let body = http.call(0).body;
        assert_eq!(body, b"grant_type=client_credentials&client_id=a%26b&client_secret=c");
    }
}

#[tokio::test]
async fn a_new_lead_is_made_under_our_id_after_a_look() {
    let made = says_with(
        201,
        ("sforce-limit-info", "api-usage=96/100"),
        json!({"id": "00Q1", "success": true, "errors": []}),
    );
    let (outcome, http) = pushes(None, &ana(), with(nobody(), vec![(CREATE, made)])).await;
    let expected = Outcome {
        rest: Some(crate::oauth::HOUR),
        ..Outcome::of(End::Delivered).with_status(201).with_id("00Q1")
    };
    assert_eq!(outcome, expected);
    let body = json!({"Email": "ana@example.com", "LastName": "Martin", "Company": "Exemple", "OwnerId": "0051"});
    assert_eq!(http.body(3), body);
    let headers = http.call(3).headers;
    assert!(headers.contains(&("sforce-auto-assign", "FALSE".to_owned())));
    assert!(headers.contains(&("authorization", "Bearer 00D!x".to_owned())));
    assert!(!headers.iter().any(|(name, _)| name.contains("duplicate")));
}

#[tokio::test]
async fn what_a_create_may_answer() {
    let unread = |status| Outcome::of(End::Unknown).with_status(status).with_code("unreadable");
    for (answer, expected) in [
        (page(200), unread(200)),
        (says(201, Value::Null), unread(201)),
        (says(201, json!({"success": true})), unread(201)),
        (
            says(200, json!({"success": false, "errors": []})),
            Outcome::of(End::SetAside).with_status(200),
        ),
        (
            says(300, json!(["/a", "/b"])),
            Outcome::of(End::SetAside).with_code("several"),
        ),
        (Err(Broken::Unknown), Outcome::of(End::Unknown)),
        (Err(Broken::NotSent), Outcome::of(End::Later(None))),
        (Err(Broken::Forbidden), Outcome::of(End::Pause(Reason::Elsewhere, None))),
        (
            says(404, error("NOT_FOUND", &[])),
            Outcome::of(End::SetAside).with_status(404).with_code("NOT_FOUND"),
        ),
    ] {
        let (outcome, _) = pushes(None, &ana(), with(nobody(), vec![(CREATE, answer)])).await;
        assert_eq!(outcome, expected);
    }
    let last = vec![
        (CREATE, says(204, Value::Null)),
        (
            "GET sobjects/Lead/Piste_Id__c/k7d2?fields=Id",
            says(200, json!({"Id": "00Q1"})),
        ),
    ];
    let (outcome, _) = pushes(None, &ana(), with(nobody(), last)).await;
    assert_eq!(outcome, Outcome::of(End::Delivered).with_status(204).with_id("00Q1"));
}

#[tokio::test]
async fn whoever_is_there_is_not_made_again() {
    let lead = |id: &str| json!({"Id": id, "IsConverted": false, "ConvertedContactId": null});
    let closed = |contact: &str| json!({"Id": "00Q9", "IsConverted": true, "ConvertedContactId": contact});
    let set_aside = Err("several");
    for (leads, contacts, expected) in [
        (json!([lead("00Q1")]), json!([]), Ok(("00Q1", false))),
        (json!([lead("00Q1")]), json!([{"Id": "0031"}]), Ok(("00Q1", true))),
        (
            json!([closed("0031"), lead("00Q1")]),
            json!([{"Id": "0031"}]),
            Ok(("00Q1", true)),
        ),
        (json!([lead("00Q1"), lead("00Q2")]), json!([]), set_aside),
        (json!([]), json!([{"Id": "0031"}]), Ok(("Contact/0031", false))),
        (
            json!([closed("0031")]),
            json!([{"Id": "0031"}]),
            Ok(("Contact/0031", false)),
        ),
        (json!([closed("0031")]), json!([]), Ok(("Contact/0031", false))),
        (json!([]), json!([{"Id": "0031"}, {"Id": "0032"}]), set_aside),
    ] {
        let mut script = vec![
            (BY_ID, says(404, error("NOT_FOUND", &[]))),
            (LEADS, found(leads)),
            (CONTACTS, found(contacts)),
        ];
        match expected {
            Ok(("00Q1", _)) => script.push((UPDATE, says(204, Value::Null))),
            Ok(_) => script.push(("PATCH sobjects/Contact/0031", says(204, Value::Null))),
            Err(_) => {}
        }
        let (outcome, http) = pushes(None, &ana(), script).await;
        match expected {
            Ok((id, several)) => {
                assert_eq!(
                    (outcome.end, outcome.id.as_deref(), outcome.several),
                    (End::Delivered, Some(id), several)
                );
                assert_eq!(http.body(3)["Piste_Id__c"], "k7d2");
                assert_eq!(http.body(3).get("OwnerId"), None);
                let lead = !id.starts_with("Contact");
                assert_eq!(http.body(3).get("Company").is_some(), lead);
                let without = vec![("Company".to_owned(), FieldEnd::Dropped)];
                assert_eq!(outcome.fields, if lead { Vec::new() } else { without });
            }
            Err(code) => assert_eq!((outcome.end, outcome.code.as_deref()), (End::SetAside, Some(code))),
        }
    }
}

#[tokio::test]
async fn addresses_are_literals() {
    let entries = ana();
    let lead = Push {
        email: Some("o'x\\@example.com"),
        ..push(None, &entries)
    };
    let bound = "%27o%5C%27x%5C%5C%40example.com%27";
    let leads = LEADS.replace("%27ana%40example.com%27", bound);
    let contacts = CONTACTS.replace("%27ana%40example.com%27", bound);
    let script = vec![
        (BY_ID, says(404, error("NOT_FOUND", &[]))),
        (&leads, found(json!([]))),
        (&contacts, found(json!([]))),
        (CREATE, Err(Broken::NotSent)),
    ];
    run(script, async |crm, link| crm.push(link, &lead).await).await;
}

#[tokio::test]
async fn a_record_is_written_as_the_file_says() {
    let entries = vec![
        key("Piste_Id__c", "k7d2", Act::Id),
        Entry {
            write: Write::IfEmpty,
            ..key("Email", "ana@example.com", Act::Email)
        },
        entry("FirstName", "Ana", Write::IfEmpty),
        entry("Phone", "1", Write::IfEmpty),
        entry("Title", Value::Null, Write::IfEmpty),
        entry("Piste_Why__c", Value::Null, Write::Always),
        entry("OwnerId", Value::Null, Write::Always),
        entry("Status", "Working", Write::Always),
        entry("LeadSource", "Web", Write::Create),
    ];
    let script = vec![
        (
            "GET sobjects/Lead/00Q1?fields=Email,FirstName,Phone,Id,IsConverted,ConvertedContactId",
            says(
                200,
                json!({"Email": "other@example.com", "FirstName": "", "Phone": "2", "IsConverted": false}),
            ),
        ),
        (UPDATE, says(204, Value::Null)),
        (
            "GET sobjects/Lead/00Q1?fields=Status",
            says(200, json!({"Status": "Open"})),
        ),
    ];
    let (outcome, http) = pushes(Some("00Q1"), &entries, script).await;
    let body = json!({"Piste_Id__c": "k7d2", "FirstName": "Ana", "Piste_Why__c": null, "Status": "Working"});
    assert_eq!(http.body(1), body);
    assert_eq!(outcome.fields, [("Status".to_owned(), FieldEnd::Kept)]);
    assert_eq!(outcome.end, End::Delivered);
}

#[tokio::test]
async fn a_conversion_is_followed() {
    let refused = error("CANNOT_UPDATE_CONVERTED_LEAD", &[]);
    let read = "GET sobjects/Lead/00Q1?fields=Id,IsConverted,ConvertedContactId";
    let script = vec![
        (UPDATE, says(400, refused.clone())),
        (
            read,
            says(
                200,
                json!({"Id": "00Q1", "IsConverted": true, "ConvertedContactId": "0031"}),
            ),
        ),
        (
            "PATCH sobjects/Contact/0031",
            says(
                400,
                json!([{"errorCode": "INVALID_FIELD", "message": "No such column 'Piste_Id__c' on sobject of type Contact"}]),
            ),
        ),
        ("PATCH sobjects/Contact/0031", says(204, Value::Null)),
    ];
    let (outcome, http) = pushes(Some("00Q1"), &ana(), script).await;
    assert_eq!(
        (outcome.end, outcome.id.as_deref()),
        (End::Delivered, Some("Contact/0031"))
    );
    assert_eq!(http.body(3), json!({"Email": "ana@example.com", "LastName": "Martin"}));

    let script = vec![
        (UPDATE, says(400, refused)),
        (
            read,
            says(
                200,
                json!({"Id": "00Q1", "IsConverted": true, "ConvertedContactId": null}),
            ),
        ),
    ];
    let (outcome, _) = pushes(Some("00Q1"), &ana(), script).await;
    assert_eq!(
        (outcome.end, outcome.code.as_deref()),
        (End::SetAside, Some("CANNOT_UPDATE_CONVERTED_LEAD"))
    );
}

#[tokio::test]
async fn a_duplicate_rule_names_who_it_is() {
    let rule = |ids: &[&str]| {
        let records: Vec<Value> = ids.iter().map(|id| json!({"record": {"Id": id}})).collect();
        let result = json!({"allowSave": true, "matchResults": [{"matchRecords": records}]});
        says(
            400,
            json!([{"errorCode": "DUPLICATES_DETECTED", "message": "Use one of these?", "duplicateResut": result}]),
        )
    };
    let lead = "GET sobjects/Lead/00Q1?fields=Id,Email,IsConverted,ConvertedContactId";
    let other = "GET sobjects/Lead/00Q2?fields=Id,Email,IsConverted,ConvertedContactId";
    let same = |id: &str| says(200, json!({"Id": id, "Email": "ANA@example.com", "IsConverted": false}));
    let script = vec![
        (CREATE, rule(&["00Q1", "00Q2", "00Q1"])),
        (lead, same("00Q1")),
        (other, says(200, json!({"Id": "00Q2", "Email": "bo@example.com"}))),
        (UPDATE, says(204, Value::Null)),
    ];
    let (outcome, http) = pushes(None, &ana(), with(nobody(), script)).await;
    assert_eq!((outcome.end, outcome.id.as_deref()), (End::Delivered, Some("00Q1")));
    assert_eq!(http.body(6)["Piste_Id__c"], "k7d2");

    let both = vec![
        (CREATE, rule(&["00Q1", "00Q2"])),
        (lead, same("00Q1")),
        (other, same("00Q2")),
    ];
    for script in [with(nobody(), both), with(nobody(), vec![(CREATE, rule(&[]))])] {
        let (outcome, _) = pushes(None, &ana(), script).await;
        assert_eq!(
            (outcome.end, outcome.code.as_deref()),
            (End::SetAside, Some("DUPLICATES_DETECTED"))
        );
    }
    let (outcome, _) = pushes(Some("00Q1"), &ana(), vec![(UPDATE, rule(&["00Q2"]))]).await;
    assert_eq!((outcome.end, outcome.id.as_deref()), (End::SetAside, Some("00Q1")));
}

#[tokio::test]
async fn our_id_on_another_record_is_looked_for_once() {
    let taken = || {
        says(
            400,
            json!([{"errorCode": "DUPLICATE_VALUE", "message": "duplicate value found: Piste_Id__c duplicates value on record with id: 00Q2"}]),
        )
    };
    let script = |second| {
        vec![
            (UPDATE, taken()),
            (BY_ID, says(200, json!({"Id": "00Q2", "IsConverted": false}))),
            ("PATCH sobjects/Lead/00Q2", second),
        ]
    };
    let (outcome, _) = pushes(Some("00Q1"), &ana(), script(says(204, Value::Null))).await;
    assert_eq!((outcome.end, outcome.id.as_deref()), (End::Delivered, Some("00Q2")));
    let (outcome, _) = pushes(Some("00Q1"), &ana(), script(taken())).await;
    assert_eq!(
        (outcome.end, outcome.code.as_deref()),
        (End::SetAside, Some("DUPLICATE_VALUE"))
    );
}

#[tokio::test]
async fn refused_fields_are_left_out_or_stop_the_record() {
    let dropped = |name: &str| (name.to_owned(), FieldEnd::Dropped);
    let refused = |name: &str| (name.to_owned(), FieldEnd::Refused);
    let entries = vec![
        loose("Piste_Why__c", "x", Write::Always),
        loose("Rating", "?", Write::Always),
        entry("LastName", "M", Write::Always),
    ];
    let message = |text: &str| json!([{"errorCode": "INVALID_FIELD", "message": text}]);
    let script = vec![
        (UPDATE, says(400, error("STRING_TOO_LONG", &["Piste_Why__c"]))),
        (
            UPDATE,
            says(400, message("No such column 'Rating' on sobject of type Lead")),
        ),
        (UPDATE, says(204, Value::Null)),
    ];
    let (outcome, http) = pushes(Some("00Q1"), &entries, script).await;
    assert_eq!(
        (outcome.end, outcome.fields),
        (End::Delivered, vec![dropped("Piste_Why__c"), dropped("Rating")])
    );
    assert_eq!(http.body(2), json!({"LastName": "M", "Piste_Id__c": "k7d2"}));

    for (code, fields, named) in [
        ("INVALID_EMAIL_ADDRESS", ["LastName"], "LastName"),
        ("FIELD_INTEGRITY_EXCEPTION", ["LastName"], "LastName"),
        ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["LastName"], "LastName"),
        ("REQUIRED_FIELD_MISSING", ["Company"], "Company"),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", ["Rating"], "Rating"),
        ("DUPLICATE_VALUE", ["LastName"], "LastName"),
    ] {
        let (outcome, _) = pushes(Some("00Q1"), &entries, vec![(UPDATE, says(400, error(code, &fields)))]).await;
        assert_eq!((outcome.end, outcome.code.as_deref()), (End::SetAside, Some(code)));
        assert_eq!(outcome.fields, [refused(named)]);
        assert!(!format!("{outcome:?}").contains("ana"));
    }
}

#[tokio::test]
async fn every_status_and_code_has_an_end() {
    let minute = Some(SignedDuration::from_mins(1));
    let forbidden = End::Pause(Reason::Forbidden, None);
    for (status, code, end) in [
        (401, "INVALID_SESSION_ID", End::Renew),
        (401, "", End::Renew),
        (
            403,
            "REQUEST_LIMIT_EXCEEDED",
            End::Pause(Reason::Budget, Some(crate::oauth::HOUR)),
        ),
        (403, "API_DISABLED_FOR_ORG", forbidden),
        (403, "INSUFFICIENT_ACCESS_OR_READONLY", forbidden),
        (400, "INSUFFICIENT_ACCESS", forbidden),
        (403, "", forbidden),
        (400, "UNABLE_TO_LOCK_ROW", End::Later(None)),
        (403, "UNABLE_TO_LOCK_ROW", End::Later(None)),
        (503, "SERVER_UNAVAILABLE", End::Later(None)),
        (400, "SERVER_UNAVAILABLE", End::Later(None)),
        (500, "UNKNOWN_EXCEPTION", End::Later(None)),
        (404, "NOT_FOUND", End::Gone),
        (404, "ENTITY_IS_DELETED", End::Gone),
        (400, "ENTITY_IS_DELETED", End::Gone),
        (408, "", End::Later(None)),
        (423, "", End::Later(None)),
        (425, "", End::Later(None)),
        (429, "", End::Pause(Reason::Limited, minute)),
        (301, "", End::Later(None)),
        (300, "", End::Later(None)),
        (200, "", End::Later(None)),
        (405, "METHOD_NOT_ALLOWED", End::SetAside),
        (400, "MALFORMED_ID", End::SetAside),
        (400, "", End::SetAside),
        (418, "", End::SetAside),
        (999, "", End::Later(None)),
    ] {
        let answer = if code.is_empty() {
            page(status)
        } else {
            says(status, error(code, &[]))
        };
        let (outcome, _) = pushes(Some("00Q1"), &ana(), vec![(UPDATE, answer)]).await;
        assert_eq!(outcome.end, end, "{status} {code}");
        assert_eq!((outcome.status, outcome.id.as_deref()), (Some(status), Some("00Q1")));
        if !code.is_empty() {
            assert_eq!(outcome.code.as_deref(), Some(code));
        }
    }
    let hidden =
        json!([{"errorCode": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "message": "trigger: UNABLE_TO_LOCK_ROW, ..."}]);
    let (outcome, _) = pushes(Some("00Q1"), &ana(), vec![(UPDATE, says(400, hidden))]).await;
    assert_eq!(outcome.end, End::Later(None));
    // A look has no effect: nothing is unknown after it.
    let (outcome, _) = pushes(None, &ana(), vec![(BY_ID, Err(Broken::Unknown))]).await;
    assert_eq!(outcome.end, End::Later(None));
    let (outcome, _) = pushes(None, &ana(), vec![(BY_ID, says(300, json!(["/a", "/b"])))]).await;
    assert_eq!((outcome.end, outcome.code.as_deref()), (End::SetAside, Some("several")));
}

#[tokio::test]
async fn a_no_is_written_on_who_it_is() {
    let no = async |id, script| run(script, async |crm, link| crm.opt_out(link, &push(id, &[])).await).await;
    let (outcome, http) = no(Some("00Q1"), vec![(UPDATE, says(204, Value::Null))]).await;
    assert_eq!(outcome, Outcome::of(End::Delivered).with_status(204).with_id("00Q1"));
    assert_eq!(http.body(0), json!({"HasOptedOutOfEmail": true}));
    let (outcome, _) = no(None, nobody()).await;
    assert_eq!(outcome, Outcome::of(End::SetAside).with_code("no_record"));
    let script = vec![
        (UPDATE, says(400, error("CANNOT_UPDATE_CONVERTED_LEAD", &[]))),
        (
            "GET sobjects/Lead/00Q1?fields=Id,IsConverted,ConvertedContactId",
            says(200, json!({"IsConverted": true, "ConvertedContactId": "0031"})),
        ),
        ("PATCH sobjects/Contact/0031", says(204, Value::Null)),
    ];
    let (outcome, http) = no(Some("00Q1"), script).await;
    assert_eq!(
        (outcome.end, outcome.id.as_deref()),
        (End::Delivered, Some("Contact/0031"))
    );
    assert_eq!(http.body(2), json!({"HasOptedOutOfEmail": true}));
    for id in ["00Q1", "Contact/0031"] {
        let call = if id == "00Q1" {
            UPDATE
        } else {
            "PATCH sobjects/Contact/0031"
        };
        let (outcome, _) = no(
            Some(id),
            vec![(call, says(400, error("INVALID_FIELD", &["HasOptedOutOfEmail"])))],
        )
        .await;
        assert_eq!(outcome.end, End::SetAside);
        assert_eq!(outcome.fields, [("HasOptedOutOfEmail".to_owned(), FieldEnd::Refused)]);
    }
}

#[tokio::test]
async fn erasure_reaches_the_bin_of_both_records() {
    let erase = async |id, script| run(script, async |crm, link| crm.erase(link, id).await).await.0;
    let read = "GET sobjects/Lead/00Q1?fields=Id,IsConverted,ConvertedContactId";
    let lead = "DELETE sobjects/Lead/00Q1";
    let contact = "DELETE sobjects/Contact/0031";
    let ok = || says(204, Value::Null);
    let absent = || says(404, error("NOT_FOUND", &[]));
    let open = || says(200, json!({"Id": "00Q1", "IsConverted": false}));
    let closed = || {
        says(
            200,
            json!({"Id": "00Q1", "IsConverted": true, "ConvertedContactId": "0031"}),
        )
    };
    let bin = (End::SetAside, Some("bin_only"));
    let leads = "GET query?q=SELECT%20Id%20FROM%20Lead%20WHERE%20ConvertedContactId%20%3D%20%270031%27";
    for (id, script, expected) in [
        ("00Q1", vec![(read, open()), (lead, ok())], bin),
        ("00Q1", vec![(read, closed()), (contact, ok()), (lead, ok())], bin),
        ("00Q1", vec![(read, closed()), (contact, absent()), (lead, ok())], bin),
        ("00Q1", vec![(read, absent()), (lead, absent())], (End::Delivered, None)),
        (
            "00Q1",
            vec![
                (read, says(404, error("ENTITY_IS_DELETED", &[]))),
                (lead, says(404, error("ENTITY_IS_DELETED", &[]))),
            ],
            bin,
        ),
        (
            "00Q1",
            vec![(read, closed()), (contact, page(503))],
            (End::Later(None), None),
        ),
        (
            "00Q1",
            vec![(read, open()), (lead, Err(Broken::Unknown))],
            (End::Unknown, None),
        ),
        (
            "00Q1",
            vec![(read, open()), (lead, page(200))],
            (End::Later(None), Some("unreadable")),
        ),
        (
            "Contact/0031",
            vec![(leads, found(json!([{"Id": "00Q1"}]))), (lead, ok()), (contact, ok())],
            bin,
        ),
    ] {
        let outcome = erase(id, script).await;
        assert_eq!((outcome.end, outcome.code.as_deref()), expected, "{id}");
    }
}

#[tokio::test]
async fn records_are_read_as_they_stand() {
    let read = async |id, script| run(script, async |crm, link| crm.read(link, id).await).await.0;
    let lead = "GET sobjects/Lead/00Q1?fields=Id,IsConverted,ConvertedContactId,Status,Piste_Grade__c,Piste_Id__c,HasOptedOutOfEmail";
    let values = json!({"Id": "00Q1", "IsConverted": false, "Status": "Open", "Piste_Id__c": "k7d2", "HasOptedOutOfEmail": true});
    let present = read("00Q1", vec![(lead, says(200, values.clone()))])
        .await
        .expect("an answer")
        .expect("a record");
    assert_eq!(
        (present.id.as_str(), present.lead.as_deref(), present.opted_out),
        ("00Q1", Some("k7d2"), true)
    );
    assert_eq!(Value::Object(present.values), values);
    for code in ["NOT_FOUND", "ENTITY_IS_DELETED"] {
        assert_eq!(read("00Q1", vec![(lead, says(404, error(code, &[])))]).await, Ok(None));
    }
    let closed = json!({"Id": "00Q1", "IsConverted": true, "ConvertedContactId": "0031", "HasOptedOutOfEmail": false});
    let contact = "GET query?q=SELECT%20Id%2C%20HasOptedOutOfEmail%20FROM%20Contact%20WHERE%20Id%20%3D%20%270031%27";
    let script = vec![
        (lead, says(200, closed)),
        (contact, found(json!([{"Id": "0031", "HasOptedOutOfEmail": true}]))),
    ];
    let present = read("00Q1", script).await.expect("an answer").expect("a record");
    assert_eq!((present.id.as_str(), present.opted_out), ("Contact/0031", true));

    let all = "GET query?q=SELECT%20Id%2C%20Piste_Grade__c%2C%20Piste_Id__c%2C%20HasOptedOutOfEmail%20FROM%20Contact%20WHERE%20Id%20%3D%20%270031%27";
    let less = "GET query?q=SELECT%20Id%2C%20Piste_Id__c%2C%20HasOptedOutOfEmail%20FROM%20Contact%20WHERE%20Id%20%3D%20%270031%27";
    let script = vec![
        (
            all,
            says(
                400,
                json!([{"errorCode": "INVALID_FIELD", "message": "No such column 'Piste_Grade__c' on entity 'Contact'"}]),
            ),
        ),
        (less, found(json!([{"Id": "0031", "Piste_Id__c": "k7d2"}]))),
    ];
    let present = read("Contact/0031", script)
        .await
        .expect("an answer")
        .expect("a record");
    assert_eq!(
        (present.id.as_str(), present.lead.as_deref()),
        ("Contact/0031", Some("k7d2"))
    );
    assert_eq!(
        read("00Q1", vec![(lead, page(401))])
            .await
            .map_err(|outcome| outcome.end),
        Err(End::Renew)
    );
}

#[tokio::test]
async fn fields_are_described() {
    let described = json!({"name": "Lead", "fields": [
        {"name": "Company", "type": "string", "length": 255, "nillable": false, "createable": true, "updateable": true},
        {"name": "Status", "label": "Lead Status", "type": "picklist", "length": 255, "nillable": false, "picklistValues": [
            {"value": "Open", "active": true, "defaultValue": true}, {"value": "Old", "active": false}]},
        {"name": "Piste_Id__c", "type": "string", "length": 26, "nillable": true, "unique": true},
        {"name": "IsConverted", "type": "boolean", "length": 0, "nillable": false, "updateable": false},
    ]});
    let (fields, _) = run(
        vec![("GET sobjects/Lead/describe", says(200, described))],
        async |crm, link| crm.fields(link).await,
    )
    .await;
    let fields = fields.expect("a description");
    let short: Vec<_> = fields
        .iter()
        .map(|field| {
            (
                field.name.as_str(),
                field.required,
                field.unique,
                field.writable,
                field.length,
            )
        })
        .collect();
    assert_eq!(
        short,
        [
            ("Company", true, false, true, Some(255)),
            ("Status", false, false, true, Some(255)),
            ("Piste_Id__c", false, true, true, Some(26)),
            ("IsConverted", false, false, false, None),
        ]
    );
    assert_eq!(
        (fields[1].label.as_str(), &fields[1].options[..]),
        ("Lead Status", &["Open".to_owned()][..])
    );
}
