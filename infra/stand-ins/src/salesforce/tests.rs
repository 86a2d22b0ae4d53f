//! Each rule of the stand-in, by requests built by hand.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{Fault, Reply, Request, Salesforce, StandIn};

const OURS: &str = "/services/data/v66.0/sobjects/Lead/Piste_Id__c/k1";
const BATCH: &str = "/services/data/v66.0/composite/sobjects/Lead/Piste_Id__c";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_793_620_800 + seconds).expect("a moment in range")
}

/// An account, its token, and what came last.
struct Desk {
    crm: Salesforce,
    token: String,
    headers: Vec<(String, String)>,
}

impl Desk {
    fn open(crm: Salesforce) -> Self {
        let mut desk = Self {
            crm,
            token: String::new(),
            headers: Vec::new(),
        };
        desk.renew(0);
        desk
    }

    fn renew(&mut self, seconds: i64) {
        let form = "grant_type=client_credentials&client_id=local-client&client_secret=local-secret";
        let (status, body) = self.form(form, seconds);
        assert_eq!(status, 200, "{body}");
        self.token = body["access_token"].as_str().expect("a token").to_owned();
    }

    fn form(&mut self, form: &str, seconds: i64) -> (u16, Value) {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        self.send("POST", "/services/oauth2/token", &headers, form.as_bytes(), seconds)
    }

    fn send(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8], at_s: i64) -> (u16, Value) {
        let request = Request {
            method: method.to_owned(),
            host: "example.my.salesforce.com".to_owned(),
            target: target.to_owned(),
            headers: headers
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect(),
            body: body.to_vec(),
        };
        match self.crm.answer(&request, at(at_s)) {
            Reply::Answer { status, headers, body } => {
                self.headers = headers;
                (status, serde_json::from_slice(&body).unwrap_or_default())
            }
            Reply::Cut => (0, Value::Null),
        }
    }

    fn call_with(&mut self, method: &str, target: &str, extra: &[(&str, &str)], body: Value) -> (u16, Value) {
        let bearer = format!("Bearer {}", self.token);
        let mut headers = vec![("authorization", bearer.as_str()), ("content-type", "application/json")];
        headers.extend(extra);
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        self.send(method, target, &headers, &body, 1)
    }

    fn call(&mut self, method: &str, target: &str, body: Value) -> (u16, Value) {
        self.call_with(method, target, &[], body)
    }

    fn get(&mut self, target: &str) -> (u16, Value) {
        self.call("GET", target, Value::Null)
    }

    /// Upserts a lead under our id `k1` and returns the first error, if any.
    fn attempt(&mut self, change: Value) -> (u16, Value) {
        let mut body = ana();
        body.as_object_mut()
            .expect("an object")
            .extend(change.as_object().cloned().expect("an object"));
        let (status, mut answer) = self.call("PATCH", OURS, body);
        (status, answer.get_mut(0).map(Value::take).unwrap_or_default())
    }

    fn create(&mut self) -> String {
        let (status, body) = self.call("PATCH", OURS, ana());
        assert_eq!(status, 201, "{body}");
        body["id"].as_str().expect("an id").to_owned()
    }

    fn query(&mut self, soql: &str) -> (u16, Value) {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("q", soql)
            .finish();
        self.get(&format!("/services/data/v66.0/query?{query}"))
    }
}

fn desk() -> Desk {
    Desk::open(Salesforce::new("http://localhost/local/crm/salesforce"))
}

fn ana() -> Value {
    json!({"LastName": "Martin", "Company": "Exemple SARL", "Email": "ana@example.com"})
}

fn code(error: &Value) -> &str {
    error["errorCode"].as_str().unwrap_or_default()
}

#[test]
fn a_token_names_the_instance_and_not_its_end() {
    let mut desk = desk();
    let (_, body) = desk.form(
        "grant_type=client_credentials&client_id=local-client&client_secret=local-secret",
        0,
    );
    assert_eq!(body["instance_url"], "http://localhost/local/crm/salesforce");
    assert_eq!(body["token_type"], "Bearer");
    assert!(body.get("expires_in").is_none() && body.get("refresh_token").is_none());
}

#[test]
fn wrong_credentials_are_named() {
    let mut desk = desk();
    for (form, error) in [
        (
            "grant_type=client_credentials&client_id=local-client&client_secret=no",
            "invalid_client",
        ),
        (
            "grant_type=client_credentials&client_id=no&client_secret=local-secret",
            "invalid_client_id",
        ),
        (
            "grant_type=password&client_id=local-client&client_secret=local-secret",
            "unsupported_grant_type",
        ),
        (
            "grant_type=client_credentials&client_id=local-client",
            "invalid_request",
        ),
        (
            "grant_type=client_credentials&client_id=local-client&client_secret=local-secret&x=1",
            "invalid_request",
        ),
    ] {
        let (status, body) = desk.form(form, 0);
        assert_eq!((status, body["error"].as_str()), (400, Some(error)), "{form}");
    }
}

#[test]
fn client_credentials_need_a_user_to_run_as() {
    let mut desk = Desk {
        crm: Salesforce::new("").without_run_as_user(),
        token: String::new(),
        headers: Vec::new(),
    };
    let form = "grant_type=client_credentials&client_id=local-client&client_secret=local-secret";
    assert_eq!(desk.form(form, 0).1["error"], "invalid_grant");
}

#[test]
fn an_assertion_is_read() {
    let mut desk = desk();
    let part = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let form = |ahead: i64| {
        let claims = json!({
            "iss": "local-client", "sub": "relay@example.com", "aud": "https://login.salesforce.com",
            "exp": at(ahead).as_second(),
        });
        let assertion = format!("{}.{}.c2ln", part(json!({"alg": "RS256"})), part(claims));
        format!("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={assertion}")
    };
    assert_eq!(desk.form(&form(120), 0).0, 200);
    assert_eq!(desk.form(&form(600), 0).1["error"], "invalid_grant");
    assert_eq!(desk.form(&form(-1), 0).1["error"], "invalid_grant");
}

#[test]
fn a_session_ends_by_itself_or_by_a_person() {
    let mut desk = Desk::open(Salesforce::new("").session_length(SignedDuration::from_secs(1)));
    let (status, body) = desk.get(OURS);
    assert_eq!((status, code(&body[0])), (401, "INVALID_SESSION_ID"));
    let mut desk = self::desk();
    desk.crm.revoke();
    assert_eq!(desk.get(OURS).0, 401);
}

#[test]
fn an_upsert_creates_and_then_updates() {
    let mut desk = desk();
    let (status, created) = desk.call("PATCH", OURS, ana());
    assert_eq!((status, &created["created"]), (201, &json!(true)));
    assert_eq!(created["id"].as_str().map(str::len), Some(18));
    let (status, updated) = desk.call("PATCH", OURS, json!({"Rating": "Hot"}));
    assert_eq!(
        (status, &updated["created"], &updated["id"]),
        (200, &json!(false), &created["id"])
    );
    let (_, lead) = desk.get(OURS);
    assert_eq!((&lead["LastName"], &lead["Rating"]), (&json!("Martin"), &json!("Hot")));
    assert_eq!(lead["Status"], "Open - Not Contacted");
}

#[test]
fn an_id_ends_in_three_characters_that_tell_its_case() {
    assert_eq!(super::records::id("00Q", 1), "00QPs0000000001MAA");
}

#[test]
fn update_only_never_creates() {
    assert_eq!(desk().call("PATCH", &format!("{OURS}?updateOnly=true"), ana()).0, 404);
}

#[test]
fn an_empty_key_names_nobody() {
    let mut desk = desk();
    assert_eq!(desk.call("PATCH", OURS.trim_end_matches("k1"), ana()).0, 404);
    let record = json!({"attributes": {"type": "Lead"}, "Piste_Id__c": "", "LastName": "X", "Company": "Y"});
    let (_, body) = desk.call("PATCH", BATCH, json!({"records": [record]}));
    assert_eq!(body[0]["errors"][0]["statusCode"], "MISSING_ARGUMENT");
}

#[test]
fn the_key_does_not_belong_into_the_body() {
    let mut desk = desk();
    assert_eq!(code(&desk.attempt(json!({"Piste_Id__c": "k1"})).1), "INVALID_FIELD");
    assert_eq!(code(&desk.attempt(json!({"Id": "00Q"})).1), "INVALID_FIELD");
}

#[test]
fn several_records_with_one_key_are_told_and_left() {
    let mut desk = Desk::open(Salesforce::new("").not_unique("Piste_Id__c"));
    desk.create();
    let (_, other) = desk.call("PATCH", &OURS.replace("k1", "k2"), ana());
    let other = other["id"].as_str().expect("an id").to_owned();
    let by_id = format!("/services/data/v66.0/sobjects/Lead/{other}");
    assert_eq!(desk.call("PATCH", &by_id, json!({"Piste_Id__c": "k1"})).0, 204);
    let (status, body) = desk.call("PATCH", OURS, json!({"Rating": "Cold"}));
    assert_eq!((status, body.as_array().map(Vec::len)), (300, Some(2)));
    assert!(!desk.crm.state().to_string().contains("Cold"));
}

#[test]
fn by_id_a_lead_is_read_changed_and_deleted() {
    let mut desk = desk();
    let path = format!("/services/data/v60.0/sobjects/Lead/{}", desk.create());
    assert_eq!(desk.call("PATCH", &path, json!({"Title": "CEO"})), (204, Value::Null));
    let (status, lead) = desk.get(&format!("{path}?fields=Title,Email"));
    assert_eq!(
        (status, &lead["Title"], lead.get("Company")),
        (200, &json!("CEO"), None)
    );
    assert_eq!(desk.call("DELETE", &path, Value::Null).0, 204);
    let (status, body) = desk.call("PATCH", &path, json!({}));
    assert_eq!((status, code(&body[0])), (404, "ENTITY_IS_DELETED"));
    assert_eq!(desk.crm.state()["bin"][0]["Email"], "ana@example.com");
}

#[test]
fn the_bin_is_emptied_after_fifteen_days() {
    let mut desk = desk();
    let id = desk.create();
    assert_eq!(desk.call("DELETE", OURS, Value::Null).0, 204);
    desk.renew(15 * 86_400 + 1);
    assert_eq!(desk.crm.state(), json!({"records": [], "bin": [], "forgotten": [id]}));
}

#[test]
fn values_are_held_against_the_fields() {
    let mut desk = desk();
    let long = "x".repeat(81);
    for (change, expected, field) in [
        (json!({"LastName": long}), "STRING_TOO_LONG", "LastName"),
        (json!({"Email": "ana"}), "INVALID_EMAIL_ADDRESS", "Email"),
        (
            json!({"Piste_Sector__c": "zoo"}),
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "Piste_Sector__c",
        ),
        (json!({"Company": ""}), "REQUIRED_FIELD_MISSING", "Company"),
        (
            json!({"IsConverted": true}),
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "IsConverted",
        ),
        (
            json!({"OwnerId": "005000000000000"}),
            "INVALID_CROSS_REFERENCE_KEY",
            "OwnerId",
        ),
        (json!({"OwnerId": "somebody"}), "MALFORMED_ID", "OwnerId"),
        (
            json!({"Piste_Fit__c": 1000}),
            "NUMBER_OUTSIDE_VALID_RANGE",
            "Piste_Fit__c",
        ),
        (json!({"Status": "Closed - Converted"}), "INVALID_STATUS", "Status"),
        (
            json!({"HasOptedOutOfEmail": null}),
            "INVALID_TYPE_ON_FIELD_IN_RECORD",
            "HasOptedOutOfEmail",
        ),
    ] {
        let (status, error) = desk.attempt(change);
        assert_eq!(
            (status, code(&error), &error["fields"]),
            (400, expected, &json!([field]))
        );
    }
    assert_eq!(desk.crm.state()["records"], json!([]));
}

#[test]
fn types_and_names_are_held_against_the_fields() {
    let mut desk = desk();
    for (change, expected) in [
        (json!({"Piste_Fit__c": "65"}), "JSON_PARSER_ERROR"),
        (json!({"FirstName": 5}), "JSON_PARSER_ERROR"),
        (json!({"NumberOfEmployees": 1.5}), "JSON_PARSER_ERROR"),
        (json!({"Nobody__c": "x"}), "INVALID_FIELD"),
    ] {
        let (status, error) = desk.attempt(change);
        assert_eq!((status, code(&error)), (400, expected));
    }
}

#[test]
fn several_problems_come_as_a_list() {
    let (_, errors) = desk().call("PATCH", OURS, json!({"Email": "x", "FirstName": "x".repeat(41)}));
    assert_eq!(errors.as_array().map(Vec::len), Some(2));
}

#[test]
fn open_picklists_take_what_they_do_not_list() {
    let mut desk = desk();
    assert_eq!(desk.attempt(json!({"Rating": "Tepid"})).0, 201);
    let mut strict = Desk::open(Salesforce::new("").restrict("Rating"));
    assert_eq!(strict.attempt(json!({"Rating": "Tepid"})).0, 400);
}

#[test]
fn numbers_come_back_with_a_decimal_point_and_null_clears() {
    let mut desk = desk();
    desk.attempt(json!({"Piste_Fit__c": 65, "Piste_Budget__c": 15000.129, "Phone": "1"}));
    let (_, lead) = desk.get(OURS);
    assert_eq!(
        (&lead["Piste_Fit__c"], &lead["Piste_Budget__c"]),
        (&json!(65.0), &json!(15000.13))
    );
    assert_eq!(desk.call("PATCH", OURS, json!({"Phone": null})).0, 200);
    assert_eq!(desk.get(OURS).1["Phone"], Value::Null);
}

#[test]
fn the_owner_shapes_the_account() {
    let user = "005000000000009AAA";
    let crm = Salesforce::new("")
        .users(&[user])
        .statuses(&["New", "Won"], "Won")
        .picklist("Size__c", &["small"])
        .text_field("FirstName", 3)
        .require("Phone")
        .without_field("Title");
    let mut desk = Desk::open(crm);
    assert_eq!(code(&desk.attempt(json!({})).1), "REQUIRED_FIELD_MISSING");
    assert_eq!(
        code(&desk.attempt(json!({"Phone": "1", "FirstName": "Anna"})).1),
        "STRING_TOO_LONG"
    );
    assert_eq!(
        code(&desk.attempt(json!({"Phone": "1", "Title": "x"})).1),
        "INVALID_FIELD"
    );
    assert_eq!(desk.attempt(json!({"Phone": "1", "Size__c": "small"})).0, 201);
    let (_, lead) = desk.get(OURS);
    assert_eq!((&lead["Status"], &lead["OwnerId"]), (&json!("New"), &json!(user)));
}

#[test]
fn a_unique_value_belongs_to_one_record() {
    let mut desk = desk();
    desk.create();
    let (_, other) = desk.call("PATCH", &OURS.replace("k1", "k2"), ana());
    let path = format!(
        "/services/data/v66.0/sobjects/Lead/{}",
        other["id"].as_str().expect("an id")
    );
    let (status, body) = desk.call("PATCH", &path, json!({"Piste_Id__c": "K1"}));
    assert_eq!((status, code(&body[0])), (400, "DUPLICATE_VALUE"));
}

#[test]
fn a_duplicate_rule_warns_or_blocks() {
    for (crm, passes) in [
        (Salesforce::new("").warn_of_duplicates(), true),
        (Salesforce::new("").block_duplicates(), false),
    ] {
        let mut desk = Desk::open(crm);
        let id = desk.create();
        let second = OURS.replace("k1", "k2");
        let (status, body) = desk.call("PATCH", &second, ana());
        assert_eq!((status, code(&body[0])), (400, "DUPLICATES_DETECTED"));
        let result = &body[0]["duplicateResut"];
        assert_eq!(result["allowSave"], passes);
        assert_eq!(result["matchResults"][0]["matchRecords"][0]["record"]["Id"], json!(id));
        let allow = [("sforce-duplicate-rule-header", "allowSave=true")];
        assert_eq!(
            desk.call_with("PATCH", &second, &allow, ana()).0,
            if passes { 201 } else { 400 }
        );
        assert_eq!(
            desk.call("PATCH", OURS, json!({"Rating": "Hot", "Email": "ana@example.com"}))
                .0
                == 200,
            !passes
        );
    }
}

#[test]
fn a_converted_lead_is_read_only_and_a_contact_lives_on() {
    let mut desk = desk();
    let id = desk.create();
    let told = desk.crm.convert(&id, at(2));
    assert_eq!(told, Some(json!({"module": "Lead", "id": id, "event": "changed"})));
    let (status, body) = desk.call("PATCH", OURS, json!({"Rating": "Hot"}));
    assert_eq!((status, code(&body[0])), (400, "CANNOT_UPDATE_CONVERTED_LEAD"));
    let (_, lead) = desk.get(OURS);
    assert_eq!(
        (&lead["IsConverted"], &lead["Status"]),
        (&json!(true), &json!("Closed - Converted"))
    );
    let contact = lead["ConvertedContactId"].as_str().expect("a contact");
    assert!(contact.starts_with("003"));
    let path = format!("/services/data/v66.0/sobjects/Contact/{contact}");
    assert_eq!(desk.call("PATCH", &path, json!({"HasOptedOutOfEmail": true})).0, 204);
    let (_, found) = desk.query("SELECT Id, Email FROM Contact WHERE Piste_Id__c = 'k1'");
    assert_eq!(found["records"][0]["Email"], "ana@example.com");
    assert_eq!(desk.call("DELETE", &path, Value::Null).0, 204);
}

#[test]
fn a_batch_answers_for_each_record_in_order() {
    let mut desk = desk();
    let record = |id: &str, company: &str| json!({"attributes": {"type": "Lead"}, "Piste_Id__c": id, "LastName": "X", "Company": company});
    let records = json!({"records": [record("b1", "A"), record("b2", ""), record("b1", "A")]});
    let (status, body) = desk.call("PATCH", BATCH, records);
    assert_eq!((status, &body[0]["created"]), (200, &json!(true)));
    assert_eq!(body[1]["errors"][0]["statusCode"], "REQUIRED_FIELD_MISSING");
    assert_eq!(body[2]["errors"][0]["statusCode"], "DUPLICATE_VALUE");
    let all = json!({"allOrNone": true, "records": [record("b3", "A"), record("b4", "")]});
    let (_, body) = desk.call("PATCH", BATCH, all);
    assert_eq!(body[0]["errors"][0]["statusCode"], "ALL_OR_NONE_OPERATION_ROLLED_BACK");
    assert_eq!(desk.crm.state()["records"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_batch_has_bounds() {
    let mut desk = desk();
    let many = vec![json!({"attributes": {"type": "Lead"}}); 201];
    for (body, expected) in [
        (json!({"records": many}), "EXCEEDED_ID_LIMIT"),
        (json!({"records": [], "more": 1}), "JSON_PARSER_ERROR"),
        (json!({}), "JSON_PARSER_ERROR"),
    ] {
        let (status, body) = desk.call("PATCH", BATCH, body);
        assert_eq!((status, code(&body[0])), (400, expected));
    }
    let (_, body) = desk.call("PATCH", BATCH, json!({"records": [{"LastName": "X"}]}));
    assert_eq!(body[0]["errors"][0]["statusCode"], "INVALID_TYPE");
}

#[test]
fn describe_tells_types_lengths_and_options() {
    let (_, body) = desk().get("/services/data/v66.0/sobjects/Lead/describe");
    let fields = body["fields"].as_array().expect("fields");
    let field = |name: &str| fields.iter().find(|field| field["name"] == name).expect("a field");
    assert_eq!(
        (&field("LastName")["length"], &field("LastName")["nillable"]),
        (&json!(80), &json!(false))
    );
    assert_eq!(
        (&field("Piste_Id__c")["externalId"], &field("Piste_Id__c")["unique"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(field("Piste_Sector__c")["restrictedPicklist"], true);
    assert_eq!(field("Status")["picklistValues"][0]["defaultValue"], true);
    assert_eq!(field("IsConverted")["updateable"], false);
}

#[test]
fn requests_of_a_day_are_counted_and_end() {
    let mut desk = Desk::open(Salesforce::new("").requests_per_day(2));
    let (_, limits) = desk.get("/services/data/v66.0/limits");
    assert_eq!(limits["DailyApiRequests"], json!({"Max": 2, "Remaining": 1}));
    desk.create();
    assert!(
        desk.headers
            .contains(&("sforce-limit-info".to_owned(), "api-usage=2/2".to_owned()))
    );
    let (status, body) = desk.get(OURS);
    assert_eq!((status, code(&body[0])), (403, "REQUEST_LIMIT_EXCEEDED"));
    desk.renew(86_401);
    let bearer = format!("Bearer {}", desk.token);
    assert_eq!(
        desk.send("GET", OURS, &[("authorization", &bearer)], b"", 86_401).0,
        200
    );
}

#[test]
fn a_query_finds_by_address() {
    let mut desk = desk();
    let id = desk.create();
    desk.attempt(json!({"LastName": "O'Brien \\ Sons"}));
    for soql in [
        "SELECT Id, IsConverted FROM Lead WHERE Email = 'ANA@example.com'",
        "select Id, IsConverted from Lead where Email = 'ana@example.com' and IsConverted = false order by Id limit 1",
        "SELECT Id, IsConverted FROM Lead WHERE LastName = 'O\\'Brien \\\\ Sons' AND Phone = null",
        "SELECT Id, IsConverted FROM Lead WHERE (Phone = '1' OR Email != 'x@y.z') AND IsConverted = false",
    ] {
        let (status, body) = desk.query(soql);
        assert_eq!(
            (status, &body["totalSize"], &body["done"]),
            (200, &json!(1), &json!(true)),
            "{soql}: {body}"
        );
        assert_eq!(
            (&body["records"][0]["Id"], &body["records"][0]["IsConverted"]),
            (&json!(id), &json!(false))
        );
    }
    assert_eq!(
        desk.query("SELECT Id FROM Lead WHERE Email = 'no@example.com'").1["totalSize"],
        0
    );
}

#[test]
fn a_query_is_ordered_and_limited() {
    let mut desk = desk();
    for (key, name) in [("a", "Zoe"), ("b", "Ada"), ("c", "Max")] {
        let path = OURS.replace("k1", key);
        assert_eq!(
            desk.call("PATCH", &path, json!({"LastName": name, "Company": "X"})).0,
            201
        );
    }
    let (_, body) = desk.query("SELECT LastName FROM Lead ORDER BY LastName DESC LIMIT 2");
    let names: Vec<_> = body["records"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| &row["LastName"])
        .collect();
    assert_eq!(names, ["Zoe", "Max"]);
}

#[test]
fn a_query_that_is_not_understood_is_attempt() {
    let mut desk = desk();
    for (soql, expected) in [
        ("SELECT FROM Lead", "MALFORMED_QUERY"),
        (
            "SELECT Id FROM Lead WHERE Email = 'a' AND Phone = 'b' OR Title = 'c'",
            "MALFORMED_QUERY",
        ),
        ("SELECT Id FROM Lead WHERE LastName = 'O'Brien'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE LastName = 'a\\q'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead LIMIT x", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account", "INVALID_TYPE"),
        ("SELECT Nothing FROM Lead", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE Email = 5", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE Description = 'x'", "INVALID_FIELD"),
    ] {
        let (status, body) = desk.query(soql);
        assert_eq!((status, code(&body[0])), (400, expected), "{soql}");
    }
}

#[test]
fn an_assignment_rule_gives_the_lead_away_unless_told_not_to() {
    let user = super::records::id("005", 2);
    let mut desk = Desk::open(Salesforce::new("").assignment_rule(&user));
    let owner = super::records::id("005", 1);
    let mut body = ana();
    body["OwnerId"] = json!(owner);
    desk.call_with("PATCH", OURS, &[("sforce-auto-assign", "FALSE")], body);
    assert_eq!(desk.get(OURS).1["OwnerId"], json!(owner));
    desk.call("PATCH", OURS, json!({"Rating": "Hot"}));
    assert_eq!(desk.get(OURS).1["OwnerId"], json!(user));
}

#[test]
fn rows_are_locked_on_demand() {
    let mut desk = desk();
    desk.crm.lock_rows(1, false);
    desk.crm.lock_rows(1, true);
    assert_eq!(code(&desk.attempt(json!({})).1), "UNABLE_TO_LOCK_ROW");
    let (_, error) = desk.attempt(json!({}));
    assert_eq!(code(&error), "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY");
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|text| text.contains("UNABLE_TO_LOCK_ROW"))
    );
    assert_eq!(desk.attempt(json!({})).0, 201);
}

#[test]
fn what_was_modified_since_is_not_overwritten() {
    let mut desk = desk();
    desk.create();
    let early = [("if-unmodified-since", "Sun, 01 Nov 2026 00:00:00 GMT")];
    assert_eq!(desk.call_with("PATCH", OURS, &early, json!({"Rating": "Hot"})).0, 412);
    let late = [("if-unmodified-since", "Sun, 01 Nov 2037 00:00:00 GMT")];
    assert_eq!(desk.call_with("PATCH", OURS, &late, json!({"Rating": "Hot"})).0, 200);
}

#[test]
fn wrong_doors_are_told() {
    let mut desk = desk();
    assert_eq!(desk.get("/services/data/v59.0/limits").0, 404);
    assert_eq!(desk.get("/services/data/v66.0/sobjects/Account/001").0, 404);
    assert_eq!(desk.get("/elsewhere").0, 404);
    assert_eq!(desk.get(&OURS.replace("Piste_Id__c", "Email")).0, 404);
    let (status, body) = desk.call("POST", OURS, ana());
    assert_eq!((status, code(&body[0])), (405, "METHOD_NOT_ALLOWED"));
    let bearer = format!("Bearer {}", desk.token);
    let headers = [("authorization", bearer.as_str()), ("content-type", "text/plain")];
    assert_eq!(desk.send("PATCH", OURS, &headers, b"{}", 1).0, 415);
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    assert_eq!(
        code(&desk.send("PATCH", OURS, &headers, b"{", 1).1[0]),
        "JSON_PARSER_ERROR"
    );
}

#[test]
fn acts_of_a_person_return_the_way_back() {
    let mut desk = desk();
    let one = desk.create();
    let (_, other) = desk.call(
        "PATCH",
        &OURS.replace("k1", "k2"),
        json!({"LastName": "M", "Company": "E"}),
    );
    let other = other["id"].as_str().expect("an id").to_owned();
    let fields = json!({"Status": "Working - Contacted"})
        .as_object()
        .cloned()
        .expect("an object");
    let told = |event: &str| Some(json!({"module": "Lead", "id": one, "event": event}));
    assert_eq!(desk.crm.edit(&one, fields, at(5)), told("changed"));
    assert_eq!(desk.crm.opt_out(&one, at(6)), told("changed"));
    let merged = json!({"module": "Lead", "id": one, "event": "merged", "into": other});
    assert_eq!(desk.crm.merge(&one, &other, at(7)), Some(merged));
    let state = desk.crm.state();
    assert_eq!(state["records"][0]["Email"], "ana@example.com");
    assert_eq!(state["bin"][0]["MasterRecordId"], json!(other));
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
        Fault::Status(503),
        Fault::Html,
        Fault::Nothing,
        Fault::Redirect,
    ]);
    assert_eq!(desk.get(OURS).0, 404, "a cut after the write waits for a write");
    assert_eq!(desk.call("PATCH", OURS, ana()).0, 0);
    assert_eq!(desk.crm.state()["records"].as_array().map(Vec::len), Some(1));
    assert_eq!(desk.get(OURS).0, 0);
    let (status, body) = desk.get(OURS);
    assert_eq!((status, code(&body[0])), (503, "SERVER_UNAVAILABLE"));
    assert_eq!(desk.call("PATCH", OURS, json!({"Rating": "Hot"})), (200, Value::Null));
    assert_eq!(desk.call("PATCH", OURS, json!({"Phone": "1"})), (200, Value::Null));
    assert_eq!(desk.get(OURS).0, 302);
    let (_, lead) = desk.get(OURS);
    assert_eq!((&lead["Rating"], &lead["Phone"]), (&json!("Hot"), &json!("1")));
    let statuses: Vec<_> = desk.crm.requests().iter().map(|(_, status)| *status).collect();
    assert_eq!(statuses, [200, 404, 0, 0, 503, 200, 200, 302, 200]);
    assert_eq!(desk.crm.requests()[2].0.body, ana().to_string().into_bytes());
}
