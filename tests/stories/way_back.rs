//! The way back: what a CRM reports of its own records, proved and shaped as each does it, and what it changes here.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use piste_tests::binaries;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::test_app::{Answer, JSON, Start, TestApp};

const ANA: &str = "ana@example.com";
const SECRET: &str = "a text of theirs";

/// What stands at the other end: its name, the file but for the address, and its secret.
const CRMS: [(&str, &str, &str); 4] = [
    (
        "hubspot",
        r#"fields.piste_lead_id = { from = "id", write = "always" }
fields.email = { from = "email", write = "always" }
fields.lifecyclestage = { from = "stage", write = "always", refused = "drop" }
stages.mql = "marketingqualifiedlead"
stages.sql = "salesqualifiedlead""#,
        "pat-eu1-local",
    ),
    (
        "salesforce",
        r#"fields.Piste_Id__c = { from = "id", write = "always" }
fields.Email = { from = "email", write = "always" }
fields.LastName = { from = "last_name", write = "if_empty", default = "-" }
fields.Company = { from = "company", write = "if_empty", default = "-" }
fields.Status = { from = "stage", write = "always", refused = "drop" }
stages.mql = "Open - Not Contacted"
stages.sql = "Working - Contacted""#,
        r#"{"client_id":"local-client","client_secret":"local-secret","domain":"acme"}"#,
    ),
    (
        "pipedrive",
        r#"fields.aa00aa00aa00aa00aa00aa00aa00aa00aa00aa00 = { from = "id", write = "always" }
fields.emails = { from = "email", write = "always" }
fields.name = { from = "name", default = "-" }"#,
        "0123456789abcdef0123456789abcdef01234567",
    ),
    (
        "zoho",
        r#"fields.Piste_Id = { from = "id", write = "always" }
fields.Email = { from = "email", write = "always" }
fields.Last_Name = { from = "last_name", write = "if_empty", default = "-" }
fields.Company = { from = "company", write = "if_empty", default = "-" }"#,
        r#"{"client_id":"local-client","client_secret":"local-secret","refresh_token":"1000.local.refresh","data_centre":"eu"}"#,
    ),
];

/// A system with this CRM, which has Ana's record: its id there.
fn with(kind: &str, files: &Path) -> (TestApp, String) {
    let (_, fields, secret) = CRMS.into_iter().find(|(of, ..)| *of == kind).expect("a CRM");
    let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
    let port = free.expect("a free port").port().to_string();
    let file = format!("kind = \"{kind}\"\nurl = \"http://127.0.0.1:{port}/local/crm/{kind}\"\n{fields}\n");
    fs::write(files.join("crm.toml"), file).expect("written");
    let mut arguments = Start::default().arguments();
    let place = arguments
        .iter()
        .position(|argument| argument == "--port")
        .expect("a port");
    arguments[place + 1] = port;
    let mut command = Command::new(binaries::binary("piste"));
    let trigger = if kind == "pipedrive" {
        format!("piste:{SECRET}")
    } else {
        SECRET.to_owned()
    };
    command.args(arguments).arg("--destinations").arg(files);
    command
        .env("PISTE_SECRET_CRM", secret)
        .env("PISTE_TRIGGER_SECRET_CRM", trigger);
    let app = TestApp::spawn({
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    });
    app.opt_in(ANA, &[]);
    step_to(&app, "mql");
    let records = app.get(&format!("/local/crm/{kind}")).json()["records"].clone();
    let id = [&records[0]["id"], &records[0]["Id"]]
        .into_iter()
        .find(|id| !id.is_null())
        .expect("a record");
    (app, id.as_str().map_or_else(|| id.to_string(), str::to_owned))
}

fn step_to(app: &TestApp, stage: &str) {
    let id = app.lead_id(ANA).expect("a lead");
    let body = json!({ "to": stage, "reason": "by hand" }).to_string();
    let moved = app.operator("POST", &format!("/api/leads/{id}/stage"), body);
    assert_eq!(moved.status, 200, "{}", moved.text());
    app.advance("PT2M");
}

fn tell(app: &TestApp, body: &Value, headers: &[(&str, &str)]) -> Answer {
    let headers = [&[JSON], headers].concat();
    app.send("POST", "/triggers/crm", &headers, body.to_string())
}

/// The same, and everything that follows from it.
#[track_caller]
fn taken(app: &TestApp, body: &Value, headers: &[(&str, &str)]) {
    let answer = tell(app, body, headers);
    assert_eq!(answer.status, 202, "{}", answer.text());
    app.advance("PT1M");
}

fn stage(app: &TestApp) -> Value {
    app.lead(ANA)["stage"].clone()
}

/// The requests that left so far.
fn left(app: &TestApp) -> usize {
    app.get("/local/deliveries").json().as_array().map_or(0, Vec::len)
}

/// What somebody does in the CRM, by its own interface.
fn by_hand(app: &TestApp, method: &str, path: &str, token: &str, body: &Value) {
    let headers = [JSON, ("authorization", token)];
    let answer = app.send(method, &format!("/local/crm/{path}"), &headers, body.to_string());
    assert!((200..300).contains(&answer.status), "{}", answer.text());
}

/// A form that is answered with an access token.
fn token(app: &TestApp, path: &str, form: &str) -> String {
    let kind = ("content-type", "application/x-www-form-urlencoded");
    let answer = app.send("POST", &format!("/local/crm/{path}"), &[kind], form);
    answer.json()["access_token"].as_str().expect("a token").to_owned()
}

#[test]
fn a_flow_of_salesforce_has_the_record_read_back_and_makes_no_loop() {
    let files = tempfile::tempdir().expect("a folder");
    let (app, id) = with("salesforce", files.path());
    let (good, wrong) = ([("x-piste-secret", SECRET)], [("x-piste-secret", "another")]);
    let changed = |id: &str| json!({ "module": "Lead", "id": id, "event": "changed" });
    assert_eq!(tell(&app, &changed(&id), &wrong).status, 401);
    assert_eq!(tell(&app, &changed(&id), &[]).status, 401);
    assert_eq!(tell(&app, &json!({ "module": "Lead" }), &good).status, 400);
    let before = left(&app);
    taken(&app, &changed("00QPs0000000999MAA"), &good);
    assert_eq!(left(&app), before, "a record of nobody we know");
    let form = "grant_type=client_credentials&client_id=local-client&client_secret=local-secret";
    let token = format!("Bearer {}", token(&app, "salesforce/services/oauth2/token", form));
    let path = format!("salesforce/services/data/v66.0/sobjects/Lead/{id}");
    by_hand(
        &app,
        "PATCH",
        &path,
        &token,
        &json!({ "Status": "Working - Contacted" }),
    );
    taken(&app, &changed(&id), &good);
    assert_eq!(stage(&app), "sql");
    let moves = app.lead(ANA)["timeline"].clone();
    taken(&app, &changed(&id), &good);
    assert_eq!(app.lead(ANA)["timeline"], moves, "once");
    let writes = app.get("/local/deliveries").json();
    let writes = writes
        .as_array()
        .into_iter()
        .flatten()
        .filter(|call| call["method"] == "PATCH");
    let told_back = writes
        .filter(|call| call["body"].as_str().is_some_and(|body| body.contains("Working")))
        .count();
    assert_eq!(told_back, 0, "what they told us is not told to them");
}

#[test]
fn hubspots_signed_list_is_taken_and_a_deleted_contact_is_not_made_again() {
    let files = tempfile::tempdir().expect("a folder");
    let (app, id) = with("hubspot", files.path());
    let signed = |body: &Value, secret: &str| {
        let (at, text) = (app.now().as_millisecond().to_string(), body.to_string());
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
        mac.update(format!("POST{}/triggers/crm{text}{at}", app.base).as_bytes());
        (BASE64.encode(mac.finalize().into_bytes()), at)
    };
    let event = |kind: &str| {
        let id: u64 = id.parse().expect("a number");
        json!([{ "eventId": 1, "subscriptionType": kind, "objectId": id }])
    };
    let say = |body: &Value, secret: &str| {
        let (signature, at) = signed(body, secret);
        let headers = [
            ("x-hubspot-signature-v3", &*signature),
            ("x-hubspot-request-timestamp", &*at),
        ];
        let answer = tell(&app, body, &headers);
        app.advance("PT1M");
        answer.status
    };
    assert_eq!(say(&event("contact.propertyChange"), "another"), 401);
    let path = format!("hubspot/crm/objects/2026-09/contacts/{id}");
    let status = json!({ "properties": { "hs_lead_status": "UNQUALIFIED" } });
    by_hand(&app, "PATCH", &path, "Bearer pat-eu1-local", &status);
    assert_eq!(say(&event("contact.propertyChange"), SECRET), 202);
    assert_eq!(stage(&app), "disqualified");
    assert_eq!(say(&event("contact.deletion"), SECRET), 202);
    let before = left(&app);
    step_to(&app, "mql");
    step_to(&app, "sql");
    assert_eq!(left(&app), before, "nothing goes to a record that is gone");
}

#[test]
fn a_deal_won_in_pipedrive_makes_a_customer_once() {
    let files = tempfile::tempdir().expect("a folder");
    let (app, id) = with("pipedrive", files.path());
    let basic = |text: &str| format!("Basic {}", BASE64.encode(text));
    let person: u64 = id.parse().expect("a number");
    let won = json!({
        "meta": { "id": "e-1", "entity": "deal", "action": "change", "entity_id": "7" },
        "data": { "id": 7, "person_id": person, "status": "won", "value": 4800 }, "previous": { "status": "open" },
    });
    assert_eq!(
        tell(&app, &won, &[("authorization", &*basic("piste:another"))]).status,
        401
    );
    let good = basic(&format!("piste:{SECRET}"));
    taken(&app, &won, &[("authorization", &*good)]);
    let lead = app.lead(ANA);
    assert_eq!(lead["stage"], "customer");
    taken(&app, &won, &[("authorization", &*good)]);
    assert_eq!(app.lead(ANA), lead, "once");
}

#[test]
fn an_opt_out_in_zoho_withdraws_marketing_here_by_workflow_and_by_channel() {
    for by_channel in [false, true] {
        let files = tempfile::tempdir().expect("a folder");
        let (app, id) = with("zoho", files.path());
        let form = "grant_type=refresh_token&client_id=local-client&client_secret=local-secret&refresh_token=1000.local.refresh";
        let token = format!("Zoho-oauthtoken {}", token(&app, "zoho/oauth/v2/token", form));
        let no = json!({ "data": [{ "Email_Opt_Out": true }] });
        by_hand(&app, "PUT", &format!("zoho/crm/v8/Leads/{id}"), &token, &no);
        let channel = |token: &str| json!({ "module": "Leads", "operation": "update", "ids": [id], "token": token });
        let workflow = json!({ "module": "Leads", "id": id, "event": "changed" });
        assert_eq!(tell(&app, &channel("another"), &[]).status, 401);
        assert_eq!(tell(&app, &workflow, &[("x-piste-secret", "another")]).status, 401);
        assert!(app.lead(ANA)["suppression"].is_null());
        match by_channel {
            true => taken(&app, &channel(SECRET), &[]),
            false => taken(&app, &workflow, &[("x-piste-secret", SECRET)]),
        }
        assert_eq!(app.lead(ANA)["suppression"]["reason"], "unsubscribe");
    }
}
