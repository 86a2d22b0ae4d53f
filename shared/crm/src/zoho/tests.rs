use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::*;
use crate::call::{Answer, Broken};
use crate::oauth::{
    self,
    tests::{Scripted, entry, key, loose, page, push, says, says_with},
};
use crate::outcome::FieldEnd;
use crate::push::Act;

const BASE: &str = "https://www.zohoapis.eu";

/// A step of a script: the call without what all calls begin with, and its answer.
type Step<'a> = (&'a str, Result<Answer, Broken>);

fn crm() -> Zoho {
    Zoho {
        id_field: "Piste_Id".to_owned(),
        reads: vec!["Lead_Status".to_owned(), "Piste_Id".to_owned()],
    }
}

/// Runs something against a script, and gives what came of it and the calls that were made.
async fn run<T>(script: Vec<Step<'_>>, act: impl AsyncFnOnce(&Zoho, &Link<'_, Scripted>) -> T) -> (T, Scripted) {
    let calls = script.iter().map(|(call, _)| {
        let (verb, path) = call.split_once(' ').expect("a verb and a path");
        format!("{verb} {BASE}/crm/v8/{path}")
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
        text: "1000.a".to_owned(),
        base: BASE.to_owned(),
        seconds: Some(3600),
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

const BY_ID: &str = "GET Leads/search?criteria=%28Piste_Id%3Aequals%3Ak7d2%29&converted=both";
const BY_EMAIL: &str = "GET Leads/search?email=ana%40example.com&converted=both";
const UPSERT: &str = "POST Leads/upsert";
const PUT: &str = "PUT Leads/71";
const CHECK: &str = "GET Leads/71?converted=both";

fn nothing() -> Result<Answer, Broken> {
    says(204, Value::Null)
}

fn nobody<'a>() -> Vec<Step<'a>> {
    vec![(BY_ID, nothing()), (BY_EMAIL, nothing())]
}

fn with<'a>(mut first: Vec<Step<'a>>, more: Vec<Step<'a>>) -> Vec<Step<'a>> {
    first.extend(more);
    first
}

fn data(status: u16, records: Value) -> Result<Answer, Broken> {
    says(status, json!({"data": records}))
}

fn success() -> Result<Answer, Broken> {
    data(
        200,
        json!([{"status": "success", "code": "SUCCESS", "message": "record updated", "details": {"id": "71"}}]),
    )
}

fn failure(code: &str, details: Value) -> Value {
    json!({"status": "error", "code": code, "message": "said of ana@example.com", "details": details})
}

fn ana() -> Vec<Entry> {
    vec![
        key("Piste_Id", "k7d2", Act::Id),
        key("Email", "ana@example.com", Act::Email),
        entry("Last_Name", "Martin", Write::Always),
        entry("Owner", "991", Write::Create),
    ]
}

#[tokio::test]
async fn a_token_is_good_in_its_own_data_centre_alone() {
    let text = r#"{"client_id":"a&b","client_secret":"c","refresh_token":"1000.r","data_centre":"eu"}"#;
    let secret = Secret::zoho(text).expect("a secret");
    let pause = |reason| End::Pause(reason, None);
    let many = End::Pause(Reason::Limited, Some(SignedDuration::from_mins(10)));
    let told = |domain: &str| {
        says(
            200,
            json!({"access_token": "1000.a", "api_domain": domain, "expires_in": 3000}),
        )
    };
    let error = |status, error: &str| says(status, json!({"error": error}));
    let local = "http://127.0.0.1:90/local/crm/zoho";
    for (url, answer, expected) in [
        (None, told(BASE), Ok((BASE, Some(3000)))),
        (
            None,
            says(200, json!({"access_token": "1000.a"})),
            Ok((BASE, Some(3600))),
        ),
        (None, told("https://www.zohoapis.com"), Err(pause(Reason::Elsewhere))),
        (
            None,
            told("https://www.zohoapis.eu.evil.example"),
            Err(pause(Reason::Elsewhere)),
        ),
        (None, told("http://www.zohoapis.eu"), Err(pause(Reason::Elsewhere))),
        (Some(local), told("http://127.0.0.1:90"), Ok((local, Some(3000)))),
        (Some(local), told(BASE), Err(pause(Reason::Elsewhere))),
        (None, error(200, "invalid_code"), Err(pause(Reason::Unauthorized))),
        (None, error(400, "invalid_client"), Err(pause(Reason::Unauthorized))),
        (
            None,
            says(
                400,
                json!({"error": "Access Denied", "error_description": "You have made too many requests continuously."}),
            ),
            Err(many),
        ),
        (None, error(200, "too_many_requests"), Err(many)),
        (None, error(200, "general_error"), Err(End::Later(None))),
        (None, page(200), Err(End::Later(None))),
        (None, page(302), Err(End::Later(None))),
        (None, page(500), Err(End::Later(None))),
        (None, page(429), Err(many)),
        (None, page(403), Err(pause(Reason::Forbidden))),
        (None, page(401), Err(pause(Reason::Unauthorized))),
        (None, Err(Broken::NotSent), Err(End::Later(None))),
        (None, Err(Broken::Unknown), Err(End::Later(None))),
        (None, Err(Broken::Forbidden), Err(pause(Reason::Elsewhere))),
    ] {
        let call = format!("POST {}/oauth/v2/token", url.unwrap_or("https://accounts.zoho.eu"));
        let http = Scripted::new(vec![(&call, answer.clone())]);
        let token = crm().token(&http, &secret, url).await;
        let ended = token
            .as_ref()
            .map(|token| (token.base.as_str(), token.seconds))
            .map_err(|outcome| outcome.end);
        assert_eq!(ended, expected, "{answer:?}");
        let body = http.call(0).body;
        assert_eq!(
            body,
            b"grant_type=refresh_token&client_id=a%26b&client_secret=c&refresh_token=1000.r"
        );
    }
}

#[tokio::test]
async fn a_new_lead_is_made_after_a_look() {
    let made = json!({"data": [{"status": "success", "code": "SUCCESS", "details": {"id": "71"}}]});
    let made = says_with(200, ("x-api-credits-remaining", "40"), made);
    let (outcome, http) = pushes(None, &ana(), with(nobody(), vec![(UPSERT, made)])).await;
    let expected = Outcome {
        rest: Some(oauth::HOUR),
        ..Outcome::of(End::Delivered).with_status(200).with_id("71")
    };
    assert_eq!(outcome, expected);
    let lead = json!({"Piste_Id": "k7d2", "Email": "ana@example.com", "Last_Name": "Martin", "Owner": {"id": "991"}});
    let body = json!({"data": [lead], "duplicate_check_fields": ["Piste_Id", "Email"], "trigger": ["workflow"]});
    assert_eq!(http.body(2), body);
    assert!(
        http.call(2)
            .headers
            .contains(&("authorization", "Zoho-oauthtoken 1000.a".to_owned()))
    );
}

#[tokio::test]
async fn whoever_is_there_is_not_made_again() {
    let open = |id: &str| json!({"id": id, "$converted": false});
    let closed = json!({"id": "79", "$converted": true});
    for (by_id, by_email, expected) in [
        (json!([open("71")]), None, (End::Delivered, None, Some("71"))),
        (json!([closed]), None, (End::SetAside, Some("converted"), Some("79"))),
        (json!([]), Some(json!([open("71")])), (End::Delivered, None, Some("71"))),
        (
            json!([]),
            Some(json!([closed, open("71")])),
            (End::Delivered, None, Some("71")),
        ),
        (
            json!([]),
            Some(json!([closed])),
            (End::SetAside, Some("converted"), Some("79")),
        ),
        (
            json!([]),
            Some(json!([{"id": "79", "Converted__s": true}])),
            (End::SetAside, Some("converted"), Some("79")),
        ),
        (
            json!([]),
            Some(json!([open("71"), open("72")])),
            (End::SetAside, Some("several"), None),
        ),
    ] {
        let mut script = vec![(BY_ID, data(200, by_id))];
        script.extend(by_email.map(|found| (BY_EMAIL, data(200, found))));
        if expected.0 == End::Delivered {
            script.push((PUT, success()));
        }
        let last = script.len() - 1;
        let (outcome, http) = pushes(None, &ana(), script).await;
        assert_eq!((outcome.end, outcome.code.as_deref(), outcome.id.as_deref()), expected);
        if outcome.end == End::Delivered {
            let lead = json!({"Piste_Id": "k7d2", "Email": "ana@example.com", "Last_Name": "Martin"});
            assert_eq!(http.body(last), json!({"data": [lead], "trigger": ["workflow"]}));
        }
    }
}

#[tokio::test]
async fn a_record_is_written_as_the_file_says() {
    let entries = vec![
        Entry {
            write: Write::IfEmpty,
            ..key("Email", "ana@example.com", Act::Email)
        },
        entry("First_Name", "Ana", Write::IfEmpty),
        entry("Phone", "1", Write::IfEmpty),
        entry("Description", Value::Null, Write::Always),
        entry("Owner", Value::Null, Write::Always),
        entry("Lead_Source", "Web", Write::Create),
        entry("Budget", 15000, Write::Always),
    ];
    let read = "GET Leads/71?fields=Email,First_Name,Phone&converted=both";
    let there = json!([{"id": "71", "Email": "other@example.com", "First_Name": null, "Phone": "2"}]);
    let (outcome, http) = pushes(Some("71"), &entries, vec![(read, data(200, there)), (PUT, success())]).await;
    assert_eq!(outcome, Outcome::of(End::Delivered).with_status(200).with_id("71"));
    let lead = json!({"First_Name": "Ana", "Description": null, "Budget": 15000, "Piste_Id": "k7d2"});
    assert_eq!(http.body(1)["data"], json!([lead]));
    let (outcome, _) = pushes(Some("71"), &entries, vec![(read, nothing())]).await;
    assert_eq!(outcome.end, End::Gone);
    let (outcome, _) = pushes(
        Some("71"),
        &entries,
        vec![(read, data(200, json!([{"id": "71", "$converted": true}])))],
    )
    .await;
    assert_eq!(
        (outcome.end, outcome.code.as_deref()),
        (End::SetAside, Some("converted"))
    );
}

#[tokio::test]
async fn a_record_that_cannot_be_written_is_looked_at() {
    let absent = || {
        data(
            400,
            json!([failure(
                "INVALID_DATA",
                json!({"api_name": "id", "json_path": "$.data[0].id"})
            )]),
        )
    };
    let kept = || data(200, json!([{"id": "71", "Piste_Id": "k7d2"}]));
    for (answer, found, end) in [
        (absent(), nothing(), End::Gone),
        (says(404, failure("INVALID_DATA", json!({}))), nothing(), End::Gone),
        (
            says(400, failure("INVALID_DATA", json!({"resource_path_index": 3}))),
            nothing(),
            End::Gone,
        ),
        (
            absent(),
            data(200, json!([{"id": "71", "$converted": true}])),
            End::SetAside,
        ),
        (
            says(404, failure("INVALID_URL_PATTERN", json!({}))),
            kept(),
            End::SetAside,
        ),
        (absent(), page(503), End::Later(None)),
    ] {
        let (outcome, _) = pushes(Some("71"), &ana(), vec![(PUT, answer), (CHECK, found)]).await;
        assert_eq!((outcome.end, outcome.id.as_deref()), (end, Some("71")));
    }
}

#[tokio::test]
async fn every_status_and_code_has_an_end() {
    let limited = End::Pause(Reason::Limited, Some(SignedDuration::from_mins(1)));
    let forbidden = End::Pause(Reason::Forbidden, None);
    for (status, code, end) in [
        (401, "INVALID_TOKEN", End::Renew),
        (401, "AUTHENTICATION_FAILURE", End::Renew),
        (401, "", End::Renew),
        (401, "OAUTH_SCOPE_MISMATCH", forbidden),
        (403, "NO_PERMISSION", forbidden),
        (403, "", forbidden),
        (429, "TOO_MANY_REQUESTS", limited),
        (429, "", limited),
        (200, "RECORD_LOCKED", End::Later(None)),
        (400, "RECORD_LOCKED", End::Later(None)),
        (412, "", End::Later(None)),
        (500, "INTERNAL_ERROR", End::Later(None)),
        (503, "", End::Later(None)),
        (408, "", End::Later(None)),
        (423, "", End::Later(None)),
        (302, "", End::Later(None)),
        (200, "", End::Later(None)),
        (207, "NOT_ALLOWED", End::SetAside),
        (400, "MANDATORY_NOT_FOUND", End::SetAside),
        (202, "MANDATORY_NOT_FOUND", End::SetAside),
        (400, "INVALID_DATA", End::SetAside),
        (400, "DUPLICATE_DATA", End::SetAside),
        (400, "", End::SetAside),
        (415, "", End::SetAside),
    ] {
        for whole in [false, true] {
            let told = failure(code, json!({}));
            let answer = match (code, whole) {
                ("", _) => page(status),
                (_, true) => says(status, told),
                (_, false) => data(status, json!([told])),
            };
            let (outcome, _) = pushes(Some("71"), &ana(), vec![(PUT, answer)]).await;
            assert_eq!(outcome.end, end, "{status} {code} {whole}");
            assert_eq!((outcome.status, outcome.id.as_deref()), (Some(status), Some("71")));
            if !code.is_empty() {
                assert_eq!(outcome.code.as_deref(), Some(code));
            }
            assert!(!format!("{outcome:?}").contains("ana"));
        }
    }
    let spent = says_with(
        429,
        ("x-api-credits-remaining", "0"),
        failure("TOO_MANY_REQUESTS", json!({})),
    );
    let (outcome, _) = pushes(Some("71"), &ana(), vec![(PUT, spent)]).await;
    assert_eq!(outcome.end, End::Pause(Reason::Budget, Some(oauth::HOUR)));
    for (broken, end) in [
        (Broken::NotSent, End::Later(None)),
        (Broken::Unknown, End::Unknown),
        (Broken::Forbidden, End::Pause(Reason::Elsewhere, None)),
    ] {
        let (outcome, _) = pushes(Some("71"), &ana(), vec![(PUT, Err(broken))]).await;
        assert_eq!(outcome.end, end);
    }
}

#[tokio::test]
async fn what_a_create_does_not_confirm_is_unknown() {
    for answer in [page(200), says(200, Value::Null), data(201, json!([])), nothing()] {
        let (outcome, _) = pushes(None, &ana(), with(nobody(), vec![(UPSERT, answer)])).await;
        assert_eq!(
            (outcome.end, outcome.code.as_deref()),
            (End::Unknown, Some("unreadable"))
        );
    }
    let bare = data(200, json!([{"status": "success", "code": "SUCCESS", "details": {}}]));
    let (outcome, _) = pushes(None, &ana(), with(nobody(), vec![(UPSERT, bare)])).await;
    assert_eq!(outcome.end, End::Unknown);
    let (outcome, _) = pushes(None, &ana(), vec![(BY_ID, Err(Broken::Unknown))]).await;
    assert_eq!(outcome.end, End::Later(None));
}

#[tokio::test]
async fn refused_fields_are_left_out_or_stop_the_record() {
    let entries = [
        key("Email", "ana@example.com", Act::Email),
        loose("Why", "x", Write::Always),
        loose("Owner", "991", Write::Always),
        entry("Last_Name", "M", Write::Always),
    ];
    let at = |name: &str| json!({"api_name": name, "json_path": format!("$.data[0].{name}"), "maximum_length": 9});
    let both = json!({"errors": [
        failure("INVALID_DATA", at("Why")),
        failure("INVALID_DATA", json!({"api_name": "id", "json_path": "$.data[0].Owner.id"})),
    ]});
    let script = vec![
        (PUT, data(207, json!([failure("MULTIPLE_OR_MULTI_ERRORS", both)]))),
        (PUT, success()),
    ];
    let (outcome, http) = pushes(Some("71"), &entries, script).await;
    let dropped = ["Why", "Owner"].map(|name| (name.to_owned(), FieldEnd::Dropped));
    assert_eq!((outcome.end, &outcome.fields[..]), (End::Delivered, &dropped[..]));
    assert_eq!(
        http.body(1)["data"],
        json!([{"Email": "ana@example.com", "Last_Name": "M", "Piste_Id": "k7d2"}])
    );

    let mixed = json!({"errors": [failure("INVALID_DATA", at("Why")), failure("MANDATORY_NOT_FOUND", at("Company"))]});
    for (told, names) in [
        (failure("INVALID_DATA", at("Last_Name")), vec!["Last_Name"]),
        (failure("INVALID_DATA", at("Email")), vec!["Email"]),
        (failure("MANDATORY_NOT_FOUND", at("Company")), vec!["Company"]),
        (failure("MULTIPLE_OR_MULTI_ERRORS", mixed), vec!["Why", "Company"]),
        (failure("DUPLICATE_DATA", at("Last_Name")), vec!["Last_Name"]),
    ] {
        let code = told["code"].as_str().expect("a code").to_owned();
        let (outcome, _) = pushes(Some("71"), &entries, vec![(PUT, data(400, json!([told])))]).await;
        assert_eq!((outcome.end, outcome.code), (End::SetAside, Some(code)));
        let refused: Vec<_> = names
            .into_iter()
            .map(|name| (name.to_owned(), FieldEnd::Refused))
            .collect();
        assert_eq!(outcome.fields, refused);
    }
}

#[tokio::test]
async fn a_blueprint_keeps_its_stage() {
    let held = |details| data(200, json!([failure("RECORD_IN_BLUEPRINT", details)]));
    let stage = ("Lead_Status".to_owned(), FieldEnd::Kept);
    for details in [json!({}), json!({"api_name": "Lead_Status"})] {
        let entries = [
            loose("Lead_Status", "Won", Write::Always),
            entry("Last_Name", "M", Write::Always),
        ];
        let (outcome, http) = pushes(
            Some("71"),
            &entries,
            vec![(PUT, held(details.clone())), (PUT, success())],
        )
        .await;
        assert_eq!((outcome.end, outcome.fields), (End::Delivered, vec![stage.clone()]));
        assert_eq!(http.body(1)["data"], json!([{"Last_Name": "M", "Piste_Id": "k7d2"}]));
        let entries = [entry("Lead_Status", "Won", Write::Always)];
        let (outcome, _) = pushes(Some("71"), &entries, vec![(PUT, held(details))]).await;
        assert_eq!(outcome.end, End::SetAside);
        assert_eq!(outcome.fields, [("Lead_Status".to_owned(), FieldEnd::Refused)]);
    }
}

#[tokio::test]
async fn somebody_was_faster() {
    let taken = |name: &str, more: bool| {
        let details = json!({"api_name": name, "duplicate_record": {"id": "71"}, "more_records": more});
        data(400, json!([failure("DUPLICATE_DATA", details)]))
    };
    for name in ["Email", "Piste_Id"] {
        let script = with(nobody(), vec![(UPSERT, taken(name, false)), (PUT, success())]);
        let (outcome, http) = pushes(None, &ana(), script).await;
        assert_eq!((outcome.end, outcome.id.as_deref()), (End::Delivered, Some("71")));
        assert_eq!(http.body(3)["data"][0].get("Owner"), None);
        let (outcome, _) = pushes(None, &ana(), with(nobody(), vec![(UPSERT, taken(name, true))])).await;
        assert_eq!(
            (outcome.end, outcome.code.as_deref()),
            (End::SetAside, Some("DUPLICATE_DATA"))
        );
    }
    // A record that is ours stays it, whoever else has the address.
    let (outcome, _) = pushes(Some("70"), &ana(), vec![("PUT Leads/70", taken("Email", false))]).await;
    assert_eq!((outcome.end, outcome.id.as_deref()), (End::SetAside, Some("70")));
    // Our id stands on one record alone, which is ours; and nobody is sent round in a ring.
    let script = |second| vec![("PUT Leads/70", taken("Piste_Id", false)), (PUT, second)];
    let (outcome, _) = pushes(Some("70"), &ana(), script(success())).await;
    assert_eq!((outcome.end, outcome.id.as_deref()), (End::Delivered, Some("71")));
    let (outcome, _) = pushes(Some("70"), &ana(), script(taken("Piste_Id", false))).await;
    assert_eq!(outcome.end, End::SetAside);
}

#[tokio::test]
async fn a_no_is_written() {
    let no = async |id, script| run(script, async |crm, link| crm.opt_out(link, &push(id, &[])).await).await;
    let (outcome, http) = no(Some("71"), vec![(PUT, success())]).await;
    assert_eq!(outcome, Outcome::of(End::Delivered).with_status(200).with_id("71"));
    assert_eq!(http.body(0)["data"], json!([{"Email_Opt_Out": true}]));
    let (outcome, _) = no(None, nobody()).await;
    assert_eq!(outcome, Outcome::of(End::SetAside).with_code("no_record"));
    let found = data(200, json!([{"id": "71", "$converted": true}]));
    let (outcome, _) = no(None, vec![(BY_ID, found)]).await;
    assert_eq!(outcome.end, End::SetAside);
    let refused = data(
        200,
        json!([failure("INVALID_DATA", json!({"api_name": "Email_Opt_Out"}))]),
    );
    let (outcome, _) = no(Some("71"), vec![(PUT, refused)]).await;
    assert_eq!(outcome.end, End::SetAside);
}

#[tokio::test]
async fn erasure_is_for_good() {
    let erase = async |script| run(script, async |crm, link| crm.erase(link, "71").await).await.0;
    let lead = "DELETE Leads/71";
    let bin = "DELETE settings/recycle_bin/71";
    let absent = || data(400, json!([failure("INVALID_DATA", json!({"api_name": "id"}))]));
    let refused = || says(400, failure("INVALID_DATA", json!({"api_name": "id"})));
    let scope = || says(401, failure("OAUTH_SCOPE_MISMATCH", json!({})));
    let only = (End::SetAside, Some("bin_only"));
    for (script, expected) in [
        (
            vec![(lead, success()), (bin, says(200, json!({})))],
            (End::Delivered, None),
        ),
        (vec![(lead, success()), (bin, success())], (End::Delivered, None)),
        (vec![(lead, success()), (bin, nothing())], (End::Delivered, None)),
        (vec![(lead, success()), (bin, refused())], only),
        (vec![(lead, success()), (bin, scope())], only),
        (
            vec![
                (lead, success()),
                (bin, data(200, json!([failure("NOT_ALLOWED", json!({}))]))),
            ],
            only,
        ),
        (
            vec![(lead, success()), (bin, page(200))],
            (End::Later(None), Some("unreadable")),
        ),
        (
            vec![(lead, success()), (bin, Err(Broken::Unknown))],
            (End::Unknown, None),
        ),
        (
            vec![(lead, absent()), (bin, says(200, json!({})))],
            (End::Delivered, None),
        ),
        (
            vec![(lead, absent()), (bin, refused())],
            (End::Delivered, Some("INVALID_DATA")),
        ),
        (
            vec![
                (lead, absent()),
                (bin, says(404, failure("INVALID_URL_PATTERN", json!({})))),
            ],
            (End::Delivered, Some("INVALID_URL_PATTERN")),
        ),
        (
            vec![(lead, says(401, failure("INVALID_TOKEN", json!({}))))],
            (End::Renew, Some("INVALID_TOKEN")),
        ),
        (vec![(lead, page(200))], (End::Later(None), Some("unreadable"))),
    ] {
        let outcome = erase(with(vec![(CHECK, nothing())], script)).await;
        assert_eq!((outcome.end, outcome.code.as_deref()), expected);
    }
    // The contact that a lead became is left, and somebody has to know it.
    let closed = data(200, json!([{"id": "71", "$converted": true}]));
    let outcome = erase(vec![(CHECK, closed), (lead, success()), (bin, says(200, json!({})))]).await;
    assert_eq!(
        (outcome.end, outcome.code.as_deref()),
        (End::SetAside, Some("converted"))
    );
    assert_eq!(erase(vec![(CHECK, page(503))]).await.end, End::Later(None));
}

#[tokio::test]
async fn records_are_read_as_they_stand() {
    let read = "GET Leads/71?fields=Lead_Status,Piste_Id,Email_Opt_Out&converted=both";
    let values = json!({"id": "71", "Lead_Status": "Contacted", "Piste_Id": "k7d2", "Email_Opt_Out": true});
    let (present, _) = run(vec![(read, data(200, json!([values.clone()])))], async |crm, link| {
        crm.read(link, "71").await
    })
    .await;
    let present = present.expect("an answer").expect("a record");
    assert_eq!(
        (present.id.as_str(), present.lead.as_deref(), present.opted_out),
        ("71", Some("k7d2"), true)
    );
    assert_eq!(Value::Object(present.values), values);
    for (answer, expected) in [
        (nothing(), Ok(None)),
        (data(200, json!([])), Ok(None)),
        (page(200), Err(End::Later(None))),
        (says(401, failure("INVALID_TOKEN", json!({}))), Err(End::Renew)),
    ] {
        let (present, _) = run(vec![(read, answer)], async |crm, link| crm.read(link, "71").await).await;
        assert_eq!(present.map_err(|outcome| outcome.end), expected);
    }
}

#[tokio::test]
async fn more_fields_than_one_reading_may_name_are_read_in_parts() {
    let wide = Zoho {
        reads: (0..50).map(|n| format!("F{n}")).collect(),
        ..crm()
    };
    let first = format!("GET Leads/71?fields={}&converted=both", wide.reads.join(","));
    let second = "GET Leads/71?fields=Piste_Id,Email_Opt_Out&converted=both";
    let script = vec![
        (first.as_str(), data(200, json!([{"id": "71", "F1": "x"}]))),
        (second, data(200, json!([{"id": "71", "Piste_Id": "k7d2"}]))),
    ];
    let (present, _) = run(script, async |_, link| wide.read(link, "71").await).await;
    let present = present.expect("an answer").expect("a record");
    assert_eq!(
        (present.values["F1"].as_str(), present.lead.as_deref()),
        (Some("x"), Some("k7d2"))
    );
}

#[tokio::test]
async fn fields_are_described() {
    let described = json!({"fields": [
        {"api_name": "Company", "field_label": "Company", "data_type": "text", "length": 200, "system_mandatory": true, "unique": {}},
        {"api_name": "Piste_Id", "data_type": "text", "length": 26, "unique": {"case_sensitive": false}},
        {"api_name": "Lead_Status", "data_type": "picklist", "pick_list_values": [{"display_value": "Neu", "actual_value": "New"}]},
        {"api_name": "Modified_Time", "data_type": "datetime", "read_only": true},
    ]});
    let call = "GET settings/fields?module=Leads";
    let (fields, _) = run(vec![(call, says(200, described))], async |crm, link| {
        crm.fields(link).await
    })
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
            ("Company", true, false, true, Some(200)),
            ("Piste_Id", false, true, true, Some(26)),
            ("Lead_Status", false, false, true, None),
            ("Modified_Time", false, false, false, None),
        ]
    );
    assert_eq!(fields[2].options, ["New"]);
}
