//! Each rule of the stand-in, by requests built by hand.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::{Fault, Reply, Request, StandIn, Zoho};

const UPSERT: &str = "/crm/v8/Leads/upsert";
const FORM: &str =
    "grant_type=refresh_token&client_id=local-client&client_secret=local-secret&refresh_token=1000.local.refresh";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_793_620_800 + seconds).expect("a moment in range")
}

/// An account and its token; `now` is the moment of the next request.
struct Desk {
    crm: Zoho,
    token: String,
    host: &'static str,
    now: i64,
    headers: Vec<(String, String)>,
}

impl Desk {
    fn closed(crm: Zoho) -> Self {
        Self {
            crm,
            token: String::new(),
            host: "localhost",
            now: 0,
            headers: Vec::new(),
        }
    }

    fn open(crm: Zoho) -> Self {
        let mut desk = Self::closed(crm);
        desk.renew();
        desk
    }

    fn renew(&mut self) {
        let (status, body) = self.form(FORM);
        assert_eq!(status, 200, "{body}");
        self.token = body["access_token"].as_str().expect("a token").to_owned();
    }

    fn form(&mut self, form: &str) -> (u16, Value) {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        self.send("POST", "/oauth/v2/token", &headers, form.as_bytes())
    }

    fn send(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, Value) {
        let request = Request {
            method: method.to_owned(),
            host: self.host.to_owned(),
            target: target.to_owned(),
            headers: headers
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect(),
            body: body.to_vec(),
        };
        match self.crm.answer(&request, at(self.now)) {
            Reply::Answer { status, headers, body } => {
                self.headers = headers;
                (status, serde_json::from_slice(&body).unwrap_or_default())
            }
            Reply::Cut => (0, Value::Null),
        }
    }

    fn call_with(&mut self, method: &str, target: &str, extra: &[(&str, &str)], body: Value) -> (u16, Value) {
        let key = format!("Zoho-oauthtoken {}", self.token);
        let mut headers = vec![("authorization", key.as_str()), ("content-type", "application/json")];
        headers.extend(extra);
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        self.send(method, target, &headers, &body)
    }

    fn call(&mut self, method: &str, target: &str, body: Value) -> (u16, Value) {
        self.call_with(method, target, &[], body)
    }

    fn get(&mut self, target: &str) -> (u16, Value) {
        self.call("GET", target, Value::Null)
    }

    /// Upserts Ana with these values changed and returns the entry about her.
    fn entry(&mut self, change: Value) -> (u16, Value) {
        let mut lead = ana();
        lead.as_object_mut()
            .expect("an object")
            .extend(change.as_object().cloned().expect("an object"));
        let body = json!({"data": [lead], "duplicate_check_fields": ["Piste_Id", "Email"], "trigger": ["workflow"]});
        let (status, mut answer) = self.call("POST", UPSERT, body);
        (status, answer.pointer_mut("/data/0").map(Value::take).unwrap_or(answer))
    }

    fn create(&mut self) -> String {
        let (status, entry) = self.entry(json!({}));
        assert_eq!((status, &entry["action"]), (200, &json!("insert")), "{entry}");
        entry["details"]["id"].as_str().expect("an id").to_owned()
    }

    fn lead(&mut self, id: &str) -> Value {
        let (status, mut body) = self.get(&path(id));
        assert_eq!(status, 200, "{body}");
        body["data"][0].take()
    }
}

fn desk() -> Desk {
    Desk::open(Zoho::new("http://localhost/local/crm/zoho"))
}

fn ana() -> Value {
    json!({"Last_Name": "Martin", "Company": "Exemple SARL", "Email": "ana@example.com", "Piste_Id": "k1"})
}

fn path(id: &str) -> String {
    format!("/crm/v8/Leads/{id}")
}

#[test]
fn a_token_names_the_domain_and_its_end() {
    let (_, body) = desk().form(FORM);
    assert_eq!(body["api_domain"], "http://localhost/local/crm/zoho");
    assert_eq!(
        (&body["expires_in"], &body["token_type"]),
        (&json!(3600), &json!("Bearer"))
    );
    assert!(body.get("refresh_token").is_none());
}

#[test]
fn a_refusal_of_a_token_comes_with_200_or_400() {
    let mut desk = Desk::closed(Zoho::new(""));
    for (form, status, error) in [
        (FORM.replace("1000.local.refresh", "1000.no"), 200, "invalid_code"),
        (FORM.replace("local-secret", "no"), 200, "invalid_client"),
        (
            FORM.replace("refresh_token&", "password&"),
            400,
            "unsupported_grant_type",
        ),
        (format!("{FORM}&more=1"), 400, "invalid_request"),
    ] {
        let (given, body) = desk.form(&form);
        assert_eq!((given, body["error"].as_str()), (status, Some(error)));
    }
}

#[test]
fn ten_tokens_in_ten_minutes_are_the_most() {
    let mut desk = Desk::closed(Zoho::new(""));
    for _ in 0..10 {
        desk.renew();
    }
    let (status, body) = desk.form(FORM);
    assert_eq!((status, body["error"].as_str()), (400, Some("Access Denied")));
    desk.now = 600;
    desk.renew();
}

#[test]
fn a_token_lives_for_an_hour() {
    let mut desk = desk();
    desk.now = 3599;
    assert_eq!(desk.get("/crm/v8/org").0, 200);
    desk.now = 3600;
    let (status, body) = desk.get("/crm/v8/org");
    assert_eq!((status, body["code"].as_str()), (401, Some("INVALID_TOKEN")));
    desk.renew();
    desk.crm.revoke();
    assert_eq!(desk.get("/crm/v8/org").0, 401);
}

#[test]
fn the_header_is_not_bearer() {
    let mut desk = desk();
    let bearer = format!("Bearer {}", desk.token);
    let (status, body) = desk.send("GET", "/crm/v8/org", &[("authorization", &bearer)], b"");
    assert_eq!((status, body["code"].as_str()), (401, Some("AUTHENTICATION_FAILURE")));
}

#[test]
fn another_data_centre_knows_nobody() {
    let mut desk = desk();
    desk.host = "www.zohoapis.com";
    assert_eq!(desk.get("/crm/v8/org").1["code"], "INVALID_TOKEN");
    desk.host = "accounts.zoho.com";
    assert_eq!(desk.form(FORM).1["error"], "invalid_client");
    desk.host = "accounts.zoho.eu";
    desk.renew();
    desk.host = "localhost";
    let away = [("host", "www.zohoapis.in:443")];
    assert_eq!(desk.call_with("GET", "/crm/v8/org", &away, Value::Null).0, 401);
    let mut american = Desk::closed(Zoho::new("").data_centre("com"));
    american.host = "accounts.zoho.com";
    american.renew();
}

#[test]
fn an_upsert_creates_and_then_updates() {
    let mut desk = desk();
    let id = desk.create();
    let (status, entry) = desk.entry(json!({"Rating": "Active", "Email": "new@example.com"}));
    assert_eq!(
        (status, &entry["action"], &entry["duplicate_field"]),
        (200, &json!("update"), &json!("Piste_Id"))
    );
    assert_eq!(entry["details"]["id"], json!(id));
    let (_, entry) = desk.entry(json!({"Piste_Id": "k2", "Email": "NEW@example.com"}));
    assert_eq!(
        (&entry["action"], &entry["duplicate_field"]),
        (&json!("update"), &json!("Email"))
    );
    let lead = desk.lead(&id);
    assert_eq!((&lead["Piste_Id"], &lead["Rating"]), (&json!("k2"), &json!("Active")));
    assert_eq!(lead["Modified_Time"], "2026-11-02T13:00:00+01:00");
}

#[test]
fn without_check_fields_the_address_and_unique_fields_are_looked_at() {
    let mut desk = desk();
    desk.create();
    let (_, body) = desk.call("POST", UPSERT, json!({"data": [ana()]}));
    assert_eq!(
        (&body["data"][0]["action"], &body["data"][0]["duplicate_field"]),
        (&json!("update"), &json!("Email"))
    );
}

#[test]
fn check_fields_must_be_unique() {
    let body = json!({"data": [ana()], "duplicate_check_fields": ["Phone"]});
    let (status, body) = desk().call("POST", UPSERT, body);
    assert_eq!((status, body["code"].as_str()), (400, Some("INVALID_DATA")));
}

#[test]
fn failures_are_inside_200_one_for_each_record() {
    let mut desk = desk();
    let bad = json!({"Last_Name": "X", "Email": "x@example.com"});
    let (status, body) = desk.call("POST", UPSERT, json!({"data": [ana(), bad]}));
    assert_eq!((status, body["data"][0]["status"].as_str()), (200, Some("success")));
    assert_eq!(body["data"][1]["code"], "MANDATORY_NOT_FOUND");
    assert_eq!(
        body["data"][1]["details"],
        json!({"api_name": "Company", "json_path": "$.data[1].Company"})
    );
    let mut other = Desk::open(Zoho::new("").failures_status(207));
    assert_eq!(other.entry(json!({"Piste_Fit": "65"})).0, 207);
    // One alone, by its id, is answered with 200 or 400.
    let id = other.entry(json!({})).1["details"]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let (status, body) = other.call("PUT", &path(&id), json!({"data": [{"Piste_Fit": "65"}]}));
    assert_eq!((status, &body["data"][0]["code"]), (200, &json!("INVALID_DATA")));
}

#[test]
fn values_are_held_against_the_fields() {
    let mut desk = desk();
    let long = "x".repeat(81);
    for (field, value, detail, expected) in [
        ("Last_Name", json!(long), "maximum_length", json!(80)),
        ("Last_Name", json!(5), "expected_data_type", json!("text")),
        ("Email", json!("ana"), "expected_data_type", json!("email")),
        ("Phone", json!("call me"), "expected_data_type", json!("phone")),
        ("Piste_Fit", json!("65"), "expected_data_type", json!("integer")),
        ("Piste_Fit", json!(6.5), "expected_data_type", json!("integer")),
        ("Piste_Budget", json!("15000"), "expected_data_type", json!("double")),
        ("Email_Opt_Out", json!("true"), "expected_data_type", json!("boolean")),
        ("Lead_Status", json!("Open"), "expected_data_type", json!("picklist")),
        (
            "Owner",
            json!("554023000000235011"),
            "expected_data_type",
            json!("jsonobject"),
        ),
        ("Owner", json!({"id": "1"}), "api_name", json!("id")),
        ("Nobody", json!(1), "api_name", json!("Nobody")),
    ] {
        let (status, entry) = desk.entry(json!({field: value}));
        assert_eq!((status, &entry["code"]), (200, &json!("INVALID_DATA")), "{field}");
        assert_eq!(entry["details"][detail], expected, "{field}");
    }
    assert_eq!(desk.crm.state()["records"], json!([]));
}

#[test]
fn good_values_are_kept_and_null_clears() {
    let mut desk = desk();
    let id = desk.create();
    let values = json!({
        "Piste_Fit": 65, "Piste_Budget": 15000.5, "Lead_Status": "Contacted", "Owner": {"id": "554023000000235013"},
        "Phone": "+33 1 23", "Email_Opt_Out": true,
    });
    desk.entry(values.clone());
    let lead = desk.lead(&id);
    for (name, value) in values.as_object().expect("an object") {
        assert_eq!(lead[name], *value);
    }
    desk.entry(json!({"Phone": null, "Lead_Status": ""}));
    let lead = desk.lead(&id);
    assert_eq!((&lead["Phone"], &lead["Lead_Status"]), (&Value::Null, &Value::Null));
    assert_eq!(desk.entry(json!({"Company": null})).1["code"], "MANDATORY_NOT_FOUND");
}

#[test]
fn several_problems_of_a_record_are_one_failure() {
    let (_, entry) = desk().entry(json!({"Email": "x", "Piste_Fit": "65"}));
    assert_eq!(entry["code"], "MULTIPLE_OR_MULTI_ERRORS");
    assert_eq!(entry["details"]["errors"].as_array().map(Vec::len), Some(2));
}

#[test]
fn unknown_fields_may_be_passed_over() {
    let mut desk = Desk::open(Zoho::new("").ignore_unknown_fields());
    assert_eq!(desk.entry(json!({"Nobody": 1})).1["status"], "success");
}

#[test]
fn a_unique_value_belongs_to_one_record() {
    let mut desk = desk();
    let id = desk.create();
    let other = json!({"Last_Name": "X", "Company": "Y", "Email": "x@example.com", "Piste_Id": "K1"});
    let body = json!({"data": [other], "duplicate_check_fields": ["Email"]});
    let (_, body) = desk.call("POST", UPSERT, body);
    let entry = &body["data"][0];
    assert_eq!(
        (&entry["code"], &entry["details"]["id"]),
        (&json!("DUPLICATE_DATA"), &json!(id))
    );
    assert_eq!(entry["details"]["duplicate_record"]["id"], json!(id));
}

#[test]
fn the_body_is_closed_and_bounded() {
    let mut desk = desk();
    for (body, code) in [
        (json!({"data": [ana()], "more": 1}), "INVALID_DATA"),
        (json!({"data": vec![ana(); 101]}), "INVALID_DATA"),
        (json!({"data": []}), "INVALID_DATA"),
        (json!({"data": [ana()], "trigger": ["mail"]}), "INVALID_DATA"),
        (json!({"trigger": []}), "MANDATORY_NOT_FOUND"),
    ] {
        let (status, body) = desk.call("POST", UPSERT, body);
        assert_eq!((status, body["code"].as_str()), (400, Some(code)));
    }
}

#[test]
fn blueprints_and_locks_refuse_changes() {
    let mut desk = Desk::open(Zoho::new("").blueprint("Lead_Status"));
    let (_, entry) = desk.entry(json!({"Lead_Status": "Not Contacted"}));
    let id = entry["details"]["id"].as_str().expect("an id").to_owned();
    let (_, entry) = desk.entry(json!({"Lead_Status": "Contacted"}));
    assert_eq!(
        (&entry["code"], &entry["details"]["api_name"]),
        (&json!("RECORD_IN_BLUEPRINT"), &json!("Lead_Status"))
    );
    assert_eq!(
        desk.entry(json!({"Lead_Status": "Not Contacted"})).1["status"],
        "success"
    );
    desk.crm.lock(&id);
    assert_eq!(desk.entry(json!({})).1["code"], "RECORD_LOCKED");
    assert_eq!(
        desk.call("DELETE", &path(&id), Value::Null).1["data"][0]["code"],
        "RECORD_LOCKED"
    );
    desk.crm.unlock(&id);
    assert_eq!(desk.entry(json!({})).1["status"], "success");
}

#[test]
fn by_id_a_lead_is_read_and_changed() {
    let mut desk = desk();
    let id = desk.create();
    let (status, body) = desk.call(
        "PUT",
        &path(&id),
        json!({"data": [{"Rating": "Active"}], "trigger": []}),
    );
    assert_eq!(
        (status, body["data"][0]["details"]["id"].as_str()),
        (200, Some(id.as_str()))
    );
    let (_, body) = desk.get(&format!("{}?fields=Rating,Email", path(&id)));
    assert_eq!(
        (&body["data"][0]["Rating"], body["data"][0].get("Company")),
        (&json!("Active"), None)
    );
    let many = "a,".repeat(50) + "a";
    assert_eq!(desk.get(&format!("{}?fields={many}", path(&id))).0, 400);
    assert_eq!(desk.get(&path("554023000000999999")), (204, Value::Null));
    let (status, body) = desk.call(
        "PUT",
        &path("554023000000999999"),
        json!({"data": [{"Rating": "Active"}]}),
    );
    assert_eq!((status, body["data"][0]["code"].as_str()), (400, Some("INVALID_DATA")));
    assert_eq!(desk.call("PUT", &path(&id), json!({"data": [{}, {}]})).0, 400);
}

#[test]
fn what_was_modified_since_is_not_overwritten() {
    let mut desk = desk();
    let id = desk.create();
    let body = json!({"data": [{"Rating": "Active"}]});
    let early = [("if-unmodified-since", "2026-11-02T12:59:59+01:00")];
    assert_eq!(desk.call_with("PUT", &path(&id), &early, body.clone()).0, 412);
    let late = [("if-unmodified-since", "2026-11-02T13:00:00+01:00")];
    assert_eq!(desk.call_with("PUT", &path(&id), &late, body).0, 200);
}

#[test]
fn a_search_finds_by_address_and_by_criteria() {
    let mut desk = desk();
    let id = desk.create();
    for query in [
        "email=ANA%40example.com",
        "criteria=(Piste_Id:equals:k1)",
        "criteria=((Piste_Id:equals:k1)and(Last_Name:equals:Martin))",
        "criteria=((Piste_Id:equals:no)or(Company:equals:Exemple%20SARL))",
    ] {
        let (status, body) = desk.get(&format!("/crm/v8/Leads/search?{query}"));
        assert_eq!(
            (status, body["data"][0]["id"].as_str()),
            (200, Some(id.as_str())),
            "{query}"
        );
    }
    assert_eq!(
        desk.get("/crm/v8/Leads/search?criteria=(Piste_Id:equals:no)"),
        (204, Value::Null)
    );
    for (query, code) in [
        ("", "REQUIRED_PARAM_MISSING"),
        ("criteria=Piste_Id:equals:k1", "INVALID_QUERY"),
        ("criteria=(Nobody:equals:k1)", "INVALID_QUERY"),
        ("email=a&converted=maybe", "INVALID_DATA"),
    ] {
        let (status, body) = desk.get(&format!("/crm/v8/Leads/search?{query}"));
        assert_eq!((status, body["code"].as_str()), (400, Some(code)));
    }
}

#[test]
fn criteria_escape_parentheses() {
    let mut desk = desk();
    desk.entry(json!({"Company": "A (B), C"}));
    let query = "criteria=(Company:equals:A%20%5C(B%5C)%5C,%20C)";
    assert_eq!(desk.get(&format!("/crm/v8/Leads/search?{query}")).0, 200);
}

#[test]
fn a_converted_lead_is_hidden_and_a_contact_lives_on() {
    let mut desk = desk();
    let id = desk.create();
    assert_eq!(
        desk.crm.convert(&id, at(1)),
        Some(json!({"module": "Leads", "id": id, "event": "changed"}))
    );
    assert_eq!(desk.get(&path(&id)).0, 204);
    assert_eq!(
        desk.call("PUT", &path(&id), json!({"data": [{"Rating": "Active"}]})).0,
        400
    );
    let (_, body) = desk.get("/crm/v8/Leads/search?email=ana@example.com&converted=both");
    let contact = body["data"][0]["$converted_detail"]["contact"]
        .as_str()
        .expect("a contact")
        .to_owned();
    assert_eq!(body["data"][0]["$converted"], true);
    let (_, body) = desk.get("/crm/v8/Contacts/search?email=ana@example.com");
    assert_eq!(
        (&body["data"][0]["id"], &body["data"][0]["Piste_Id"]),
        (&json!(contact), &json!("k1"))
    );
    let target = format!("/crm/v8/Contacts/{contact}");
    assert_eq!(
        desk.call("PUT", &target, json!({"data": [{"Email_Opt_Out": true}]})).0,
        200
    );
    assert_eq!(
        desk.entry(json!({})).1["action"],
        "insert",
        "a converted lead is no double"
    );
}

#[test]
fn deleting_leads_to_the_bin_and_then_for_good() {
    let mut desk = desk();
    let id = desk.create();
    let (status, body) = desk.call("DELETE", &path(&id), Value::Null);
    assert_eq!((status, body["data"][0]["code"].as_str()), (200, Some("SUCCESS")));
    assert_eq!(desk.crm.state()["bin"][0]["id"], json!(id));
    assert_eq!(desk.call("DELETE", &path(&id), Value::Null).0, 400);
    let bin = format!("/crm/v8/settings/recycle_bin/{id}");
    assert_eq!(desk.call("DELETE", &bin, Value::Null).0, 200);
    assert_eq!(desk.call("DELETE", &bin, Value::Null).0, 400);
    assert_eq!(desk.crm.state()["bin"], json!([]));
    assert_eq!(desk.crm.state()["forgotten"], json!([id]));
}

#[test]
fn fields_are_listed_and_created() {
    let mut desk = desk();
    let fields = "/crm/v8/settings/fields?module=Leads";
    let (_, body) = desk.get(fields);
    let find = |body: &Value, name: &str| {
        let mut all = body["fields"].as_array().expect("fields").iter();
        all.find(|field| field["api_name"] == name).cloned().expect("a field")
    };
    assert_eq!(find(&body, "Last_Name")["length"], 80);
    assert_eq!(find(&body, "Last_Name")["system_mandatory"], true);
    assert_eq!(find(&body, "Piste_Id")["unique"], json!({"case_sensitive": false}));
    assert_eq!(find(&body, "Rating")["pick_list_values"][0]["actual_value"], "Acquired");
    let field =
        json!({"field_label": "Our Id", "data_type": "text", "length": 26, "unique": {"case_sensitive": false}});
    assert_eq!(desk.call("POST", fields, json!({"fields": [field]})).0, 201);
    assert_eq!(
        desk.call("POST", fields, json!({"fields": [field]})).1["code"],
        "DUPLICATE_DATA"
    );
    assert_eq!(find(&desk.get(fields).1, "Our_Id")["length"], 26);
    for field in [
        json!({"field_label": "A", "data_type": "zoo"}),
        json!({"field_label": "A", "data_type": "text", "length": 300}),
        json!({"field_label": "A", "data_type": "text", "unique": {"case_sensitive": true, "more": 1}}),
    ] {
        assert_eq!(
            desk.call("POST", fields, json!({"fields": [field]})).1["code"],
            "INVALID_DATA"
        );
    }
    assert_eq!(desk.get("/crm/v8/settings/fields").1["code"], "REQUIRED_PARAM_MISSING");
}

#[test]
fn the_organisation_is_told() {
    assert_eq!(desk().get("/crm/v8/org").1["org"][0]["time_zone"], "Europe/Paris");
}

#[test]
fn a_missing_scope_is_refused() {
    let mut desk = Desk::open(Zoho::new("").without_scope("ZohoCRM.settings.recycle_bin.DELETE"));
    let (status, body) = desk.call("DELETE", "/crm/v8/settings/recycle_bin/1", Value::Null);
    assert_eq!((status, body["code"].as_str()), (401, Some("OAUTH_SCOPE_MISMATCH")));
    desk.create();
}

#[test]
fn credits_are_told_from_half_on_and_end() {
    let mut desk = Desk::open(Zoho::new("").credits(4));
    let told = |desk: &Desk| {
        desk.headers
            .iter()
            .find(|(name, _)| name == "x-api-credits-remaining")
            .cloned()
    };
    desk.create();
    assert_eq!(told(&desk), None);
    let many: Vec<_> = (0..11)
        .map(|n| json!({"Last_Name": "X", "Company": "Y", "Piste_Id": format!("n{n}")}))
        .collect();
    assert_eq!(desk.call("POST", UPSERT, json!({"data": many})).0, 200);
    assert_eq!(
        told(&desk).map(|(_, left)| left).as_deref(),
        Some("1"),
        "eleven records cost two"
    );
    desk.get("/crm/v8/org");
    let (status, body) = desk.get("/crm/v8/org");
    assert_eq!((status, body["code"].as_str()), (429, Some("TOO_MANY_REQUESTS")));
    desk.now = 86_400;
    desk.renew();
    assert_eq!(desk.get("/crm/v8/org").0, 200);
}

#[test]
fn the_owner_shapes_the_account() {
    let crm = Zoho::new("")
        .users(&["7"])
        .picklist("Rating", &["A"])
        .text_field("First_Name", 3)
        .require("Company", false)
        .require("Phone", true)
        .without_field("Fax");
    let mut desk = Desk::open(crm);
    assert_eq!(desk.entry(json!({})).1["details"]["api_name"], "Phone");
    for bad in [
        json!({"Rating": "Active"}),
        json!({"First_Name": "Anna"}),
        json!({"Fax": "1"}),
    ] {
        let mut change = bad;
        change["Phone"] = json!("1");
        assert_eq!(desk.entry(change).1["code"], "INVALID_DATA");
    }
    let body = json!({"data": [{"Last_Name": "X", "Phone": "1", "Rating": "A"}]});
    let (_, body) = desk.call("POST", UPSERT, body);
    let id = body["data"][0]["details"]["id"].as_str().expect("an id").to_owned();
    assert_eq!(desk.lead(&id)["Owner"], json!({"id": "7"}));
}

#[test]
fn wrong_doors_are_told() {
    let mut desk = desk();
    assert_eq!(desk.get("/crm/v7/org").1["code"], "INVALID_URL_PATTERN");
    assert_eq!(desk.get("/crm/v8/Deals/1").0, 404);
    assert_eq!(desk.get("/crm/v8/Leads/abc").0, 404);
    let (status, body) = desk.get(UPSERT);
    assert_eq!((status, body["code"].as_str()), (405, Some("INVALID_REQUEST_METHOD")));
    let key = format!("Zoho-oauthtoken {}", desk.token);
    let plain = [("authorization", key.as_str()), ("content-type", "text/plain")];
    assert_eq!(desk.send("POST", UPSERT, &plain, b"{}").0, 415);
    let json = [("authorization", key.as_str()), ("content-type", "application/json")];
    assert_eq!(
        desk.send("POST", UPSERT, &json, b"{").1["details"]["expected_data_type"],
        "jsonobject"
    );
}

#[test]
fn acts_of_a_person_return_the_way_back() {
    let mut desk = desk();
    let one = desk.create();
    let (_, entry) = desk.entry(json!({"Piste_Id": "k2", "Email": null}));
    let other = entry["details"]["id"].as_str().expect("an id").to_owned();
    let told = |event: &str| Some(json!({"module": "Leads", "id": one, "event": event}));
    let status = Map::from_iter([("Lead_Status".to_owned(), json!("Contacted"))]);
    assert_eq!(desk.crm.edit(&one, status, at(5)), told("changed"));
    assert_eq!(desk.crm.opt_out(&one, at(6)), told("changed"));
    assert_eq!(desk.lead(&one)["Email_Opt_Out"], true);
    let merged = json!({"module": "Leads", "id": one, "event": "merged", "into": other});
    assert_eq!(desk.crm.merge(&one, &other, at(7)), Some(merged));
    assert_eq!(desk.lead(&other)["Email"], "ana@example.com");
    assert_eq!(desk.crm.delete(&one, at(8)), None);
    assert_eq!(
        desk.crm.delete(&other, at(8)).map(|told| told["event"].clone()),
        Some(json!("deleted"))
    );
}

#[test]
fn faults_happen_in_order_and_requests_are_kept() {
    let mut desk = desk();
    desk.crm.script(vec![
        Fault::CutAfter,
        Fault::CutBefore,
        Fault::Status(429),
        Fault::Status(502),
        Fault::Html,
        Fault::Nothing,
        Fault::Redirect,
    ]);
    assert_eq!(desk.entry(json!({})).0, 0);
    assert_eq!(desk.crm.state()["records"].as_array().map(Vec::len), Some(1));
    assert_eq!(desk.get("/crm/v8/org").0, 0);
    assert_eq!(desk.get("/crm/v8/org").1["code"], "TOO_MANY_REQUESTS");
    assert_eq!(desk.get("/crm/v8/org").1["code"], "INTERNAL_ERROR");
    assert_eq!(desk.entry(json!({"Rating": "Active"})), (200, Value::Null));
    assert_eq!(desk.entry(json!({"Phone": "1"})), (200, Value::Null));
    assert_eq!(desk.get("/crm/v8/org").0, 302);
    let lead = &desk.crm.state()["records"][0];
    assert_eq!((&lead["Rating"], &lead["Phone"]), (&json!("Active"), &json!("1")));
    let statuses: Vec<_> = desk.crm.requests().iter().map(|(_, status)| *status).collect();
    assert_eq!(statuses, [200, 0, 0, 429, 502, 200, 200, 302]);
    desk.crm.script(vec![Fault::Status(400)]);
    assert_eq!(desk.form(FORM).1["error"], "Access Denied");
}
