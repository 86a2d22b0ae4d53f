//! HubSpot's client against answers written down beforehand.

use std::collections::VecDeque;
use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::*;
use crate::wire::{escape, same_text};
use crate::{Answer, Broken, Call, Reason};

/// A connection that gives the answers of a script, and keeps what was asked.
pub(crate) struct Script {
    answers: Mutex<VecDeque<Result<Answer, Broken>>>,
    calls: Mutex<Vec<Call>>,
}

impl Script {
    pub(crate) fn new(answers: impl IntoIterator<Item = Result<Answer, Broken>>) -> Self {
        Self {
            answers: Mutex::new(answers.into_iter().collect()),
            calls: Mutex::default(),
        }
    }

    /// Each call as `VERB /path {body}`, without the base.
    pub(crate) fn asked(&self, base: &str) -> Vec<String> {
        let calls = self.calls.lock().expect("no test panics while it holds this");
        let asked = calls.iter().map(|call| {
            let path = call.url.strip_prefix(base).expect("every call goes to the base");
            let body = String::from_utf8(call.body.clone()).expect("bodies are JSON");
            format!("{} {path} {body}", call.method.as_str()).trim_end().to_owned()
        });
        asked.collect()
    }

    /// The headers of the first call.
    pub(crate) fn headers(&self) -> Vec<(&'static str, String)> {
        let calls = self.calls.lock().expect("no test panics while it holds this");
        calls.first().expect("a call was made").headers.clone()
    }

    /// Whether every answer was taken.
    pub(crate) fn is_over(&self) -> bool {
        self.answers
            .lock()
            .expect("no test panics while it holds this")
            .is_empty()
    }
}

impl Http for Script {
    async fn call(&self, call: Call) -> Result<Answer, Broken> {
        self.calls
            .lock()
            .expect("no test panics while it holds this")
            .push(call);
        let next = self
            .answers
            .lock()
            .expect("no test panics while it holds this")
            .pop_front();
        next.expect("the script has an answer for every call")
    }
}

pub(crate) fn answer(status: u16, body: Value) -> Result<Answer, Broken> {
    Ok(Answer {
        status,
        headers: Vec::new(),
        body: body.to_string().into_bytes(),
    })
}

pub(crate) fn raw(status: u16, headers: &[(&str, &str)], body: &str) -> Result<Answer, Broken> {
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Ok(Answer {
        status,
        headers,
        body: body.as_bytes().to_vec(),
    })
}

pub(crate) fn entry(name: &str, value: Value, write: Write) -> Entry {
    Entry {
        name: name.to_owned(),
        value,
        write,
        drop: false,
        key: None,
    }
}

pub(crate) fn key(name: &str, value: &str, act: Act) -> Entry {
    Entry {
        key: Some(act),
        ..entry(name, value.into(), Write::Always)
    }
}

pub(crate) fn droppable(entry: Entry) -> Entry {
    Entry { drop: true, ..entry }
}

pub(crate) const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn hubspot() -> Hubspot {
    Hubspot {
        id_field: "piste_lead_id".into(),
        reads: vec!["lifecyclestage".into()],
    }
}

fn token() -> Token {
    Token {
        text: "pat-eu1-x".into(),
        base: BASE.into(),
        seconds: None,
    }
}

fn keys() -> Vec<Entry> {
    vec![
        key("piste_lead_id", "k7d2", Act::Id),
        key("email", "Ana+x@example.com", Act::Email),
    ]
}

fn with(more: impl IntoIterator<Item = Entry>) -> Vec<Entry> {
    keys().into_iter().chain(more).collect()
}

fn to_push<'a>(id: Option<&'a str>, entries: &'a [Entry]) -> Push<'a> {
    Push {
        lead: "k7d2",
        id,
        unsure: false,
        email: Some("Ana+x@example.com"),
        entries,
        subscription: None,
    }
}

async fn push(id: Option<&str>, entries: &[Entry], script: &Script) -> Outcome {
    let token = token();
    let link = Link {
        http: script,
        token: &token,
        now: NOW,
    };
    let outcome = hubspot().push(&link, &to_push(id, entries)).await;
    assert!(script.is_over(), "answers are left");
    outcome
}

fn contact(properties: Value) -> Value {
    json!({ "id": "8801", "properties": properties, "createdAt": "x", "updatedAt": "x", "archived": false })
}

fn none() -> Result<Answer, Broken> {
    answer(
        404,
        json!({ "status": "error", "category": "OBJECT_NOT_FOUND", "message": "no" }),
    )
}

fn conflict() -> Result<Answer, Broken> {
    answer(
        409,
        json!({ "status": "error", "category": "CONFLICT", "message": "Contact already exists. Existing ID: 8801" }),
    )
}

fn refusal(name: &str, code: &str) -> Result<Answer, Broken> {
    let error = json!({ "message": "Ana", "code": code, "context": { "propertyName": [name] } });
    answer(
        400,
        json!({ "status": "error", "category": "VALIDATION_ERROR", "message": "Ana", "errors": [error] }),
    )
}

const BY_EMAIL: &str = "/crm/objects/2026-09/contacts/Ana%2Bx%40example.com?idProperty=email";

#[tokio::test]
async fn a_key_that_is_written_down_is_the_key() {
    let script = Script::new([]);
    let secret = Secret::token(" pat-eu1-x ").expect("a token");
    assert_eq!(hubspot().token(&script, &secret, None).await, Ok(token()));
    let local = hubspot()
        .token(&script, &secret, Some("http://127.0.0.1:9/"))
        .await
        .expect("a token");
    assert_eq!(local.base, "http://127.0.0.1:9");
    let other = Secret::Salesforce {
        client_id: "a".into(),
        client_secret: "b".into(),
        domain: "c".into(),
    };
    let ended = hubspot()
        .token(&script, &other, None)
        .await
        .expect_err("a secret of another CRM");
    assert_eq!(ended.end, End::Pause(Reason::Unauthorized, None));
}

#[tokio::test]
async fn an_address_that_is_there_is_changed_in_one_call() {
    let script = Script::new([answer(
        200,
        contact(json!({ "piste_lead_id": "k7d2", "piste_fit": "65.0" })),
    )]);
    let outcome = push(
        None,
        &with([
            entry("piste_fit", json!(65), Write::Always),
            entry("owner", json!("7"), Write::Create),
        ]),
        &script,
    )
    .await;
    assert_eq!(outcome, Outcome::of(End::Delivered).with_id("8801").with_status(200));
    assert_eq!(
        script.asked(BASE),
        [format!(
            r#"PATCH {BY_EMAIL} {{"properties":{{"piste_fit":"65","piste_lead_id":"k7d2"}}}}"#
        )]
    );
    assert!(
        script
            .headers()
            .contains(&("authorization", "Bearer pat-eu1-x".to_owned()))
    );
}

#[tokio::test]
async fn one_that_is_not_is_made_with_what_is_written_once() {
    let back = json!({ "piste_lead_id": "k7d2", "email": "ana+x@example.com", "owner": "7", "firstname": "Ana" });
    let entries = with([
        entry("owner", json!("7"), Write::Create),
        entry("firstname", json!("Ana"), Write::IfEmpty),
        entry("gone", Value::Null, Write::Always),
    ]);
    // The look for what is empty finds nobody, so the contact is made at once.
    let script = Script::new([none(), answer(201, contact(back))]);
    let outcome = push(None, &entries, &script).await;
    assert_eq!(outcome, Outcome::of(End::Delivered).with_id("8801").with_status(201));
    let asked = script.asked(BASE);
    assert_eq!(asked[0], format!("GET {BY_EMAIL}&properties=firstname"));
    assert_eq!(
        asked[1],
        r#"POST /crm/objects/2026-09/contacts {"properties":{"email":"Ana+x@example.com","firstname":"Ana","owner":"7","piste_lead_id":"k7d2"}}"#
    );
}

#[tokio::test]
async fn what_stands_there_is_not_written_over() {
    let there = contact(json!({ "firstname": "Anne", "phone": null }));
    let script = Script::new([
        answer(200, there),
        answer(
            200,
            contact(json!({ "piste_lead_id": "k7d2", "email": "ana+x@example.com", "phone": "1" })),
        ),
    ]);
    let entries = with([
        entry("firstname", json!("Ana"), Write::IfEmpty),
        entry("phone", json!("1"), Write::IfEmpty),
    ]);
    let outcome = push(Some("88/1"), &entries, &script).await;
    assert_eq!((outcome.end, outcome.fields), (End::Delivered, vec![]));
    let asked = script.asked(BASE);
    assert_eq!(
        asked[0],
        "GET /crm/objects/2026-09/contacts/88%2F1?properties=firstname,phone"
    );
    assert_eq!(
        asked[1],
        r#"PATCH /crm/objects/2026-09/contacts/88%2F1 {"properties":{"email":"Ana+x@example.com","phone":"1","piste_lead_id":"k7d2"}}"#
    );
}

#[tokio::test]
async fn another_address_there_is_shown_and_stays() {
    let script = Script::new([answer(200, contact(json!({ "email": "new@example.com" })))]);
    let entries = [Entry {
        write: Write::IfEmpty,
        ..key("email", "old@example.com", Act::Email)
    }];
    let outcome = push(Some("8801"), &entries, &script).await;
    assert_eq!(
        (outcome.end, outcome.fields),
        (End::Delivered, vec![("email".to_owned(), FieldEnd::Kept)])
    );
}

#[tokio::test]
async fn somebody_was_faster() {
    let back = || answer(200, contact(json!({ "piste_lead_id": "k7d2" })));
    let script = Script::new([none(), conflict(), back()]);
    assert_eq!(push(None, &keys(), &script).await.end, End::Delivered);
    assert!(script.asked(BASE)[2].starts_with("PATCH /crm/objects/2026-09/contacts/Ana%2Bx"));
    // Nobody has the address after all: it is our id that is taken.
    let moved = contact(json!({ "piste_lead_id": "k7d2", "email": "ana+x@example.com" }));
    let script = Script::new([none(), conflict(), none(), answer(200, moved)]);
    assert_eq!(push(None, &keys(), &script).await.end, End::Delivered);
    assert!(script.asked(BASE)[3].starts_with("PATCH /crm/objects/2026-09/contacts/k7d2?idProperty=piste_lead_id {"));
    let script = Script::new([none(), conflict(), none(), none()]);
    let outcome = push(None, &keys(), &script).await;
    assert_eq!(
        (outcome.end, outcome.code.as_deref()),
        (End::SetAside, Some("CONFLICT"))
    );
    // The new address of a known contact belongs to another one.
    let script = Script::new([conflict()]);
    let outcome = push(Some("8801"), &keys(), &script).await;
    assert_eq!(
        (outcome.end, outcome.fields),
        (End::SetAside, vec![("email".to_owned(), FieldEnd::Refused)])
    );
}

#[tokio::test]
async fn the_deleted_are_gone_and_nobody_is_made_without_an_address() {
    let script = Script::new([none()]);
    assert_eq!(
        push(Some("8801"), &keys(), &script).await,
        Outcome::of(End::Gone).with_status(404).with_id("8801")
    );
    let script = Script::new([]);
    let (token, entries) = (token(), keys());
    let link = Link {
        http: &script,
        token: &token,
        now: NOW,
    };
    for email in [None, Some(""), Some(" ")] {
        let outcome = hubspot()
            .push(
                &link,
                &Push {
                    email,
                    ..to_push(None, &entries)
                },
            )
            .await;
        assert_eq!(outcome, Outcome::of(End::SetAside).with_code("no_address"));
    }
}

#[tokio::test]
async fn a_later_stage_is_kept_and_what_is_missing_is_asked_for() {
    let stage = || with([entry("lifecyclestage", json!("lead"), Write::Always)]);
    let kept = vec![("lifecyclestage".to_owned(), FieldEnd::Kept)];
    let script = Script::new([answer(
        200,
        contact(json!({ "piste_lead_id": "k7d2", "lifecyclestage": "customer" })),
    )]);
    assert_eq!(push(None, &stage(), &script).await.fields, kept);
    let script = Script::new([
        answer(200, contact(json!({ "piste_lead_id": "k7d2" }))),
        answer(200, contact(json!({ "lifecyclestage": "customer" }))),
    ]);
    assert_eq!(push(None, &stage(), &script).await.fields, kept);
    assert_eq!(
        script.asked(BASE)[1],
        "GET /crm/objects/2026-09/contacts/8801?properties=lifecyclestage"
    );
    // Made, and the second look failed: the id is known from now on.
    let script = Script::new([none(), answer(201, contact(json!({}))), Err(Broken::Unknown)]);
    let outcome = push(None, &stage(), &script).await;
    assert_eq!(
        (outcome.end, outcome.id.as_deref(), outcome.status),
        (End::Later(None), Some("8801"), None)
    );
}

#[tokio::test]
async fn a_refused_field_is_left_out_if_the_file_says_so() {
    let entries = with([
        droppable(entry("sector", json!("x"), Write::Always)),
        entry("size", json!("y"), Write::Always),
    ]);
    let back = || answer(200, contact(json!({ "piste_lead_id": "k7d2", "size": "y" })));
    let script = Script::new([refusal("sector", "INVALID_OPTION"), back()]);
    let outcome = push(None, &entries, &script).await;
    assert_eq!(
        (outcome.end, outcome.fields),
        (End::Delivered, vec![("sector".to_owned(), FieldEnd::Dropped)])
    );
    assert!(!script.asked(BASE)[1].contains("sector"));
    let script = Script::new([refusal("size", "PROPERTY_DOESNT_EXIST")]);
    let outcome = push(None, &entries, &script).await;
    assert_eq!(
        (outcome.end, outcome.code.as_deref()),
        (End::SetAside, Some("PROPERTY_DOESNT_EXIST"))
    );
    assert_eq!(outcome.fields, [("size".to_owned(), FieldEnd::Refused)]);
    // A key is never dropped, whatever the file says.
    let id = [droppable(key("piste_lead_id", "k7d2", Act::Id))];
    let script = Script::new([refusal("piste_lead_id", "INVALID")]);
    assert_eq!(push(None, &id, &script).await.end, End::SetAside);
    // Named in the list that the message ends in.
    let message = r#"Property values were not valid: [{"isValid":false,"error":"INVALID_OPTION","name":"sector"}]"#;
    let script = Script::new([
        answer(400, json!({ "category": "VALIDATION_ERROR", "message": message })),
        back(),
    ]);
    assert_eq!(push(None, &entries, &script).await.end, End::Delivered);
    // Nothing of ours named: no round trip without end.
    for named in ["other", ""] {
        let script = Script::new([refusal(named, "INVALID")]);
        assert_eq!(push(None, &entries, &script).await.end, End::SetAside);
    }
    let script = Script::new([
        none(),
        refusal("sector", "INVALID_OPTION"),
        answer(
            201,
            contact(json!({ "piste_lead_id": "k7d2", "email": "ana+x@example.com", "size": "y" })),
        ),
    ]);
    assert_eq!(
        push(None, &entries, &script).await.fields,
        [("sector".to_owned(), FieldEnd::Dropped)]
    );
}

#[tokio::test]
async fn every_status_means_something() {
    let secs = |n| Some(SignedDuration::from_secs(n));
    let cases: Vec<(Result<Answer, Broken>, End)> = vec![
        (
            answer(401, json!({ "category": "EXPIRED_AUTHENTICATION" })),
            End::Pause(Reason::Unauthorized, None),
        ),
        (answer(402, json!({})), End::Pause(Reason::Forbidden, None)),
        (
            answer(403, json!({ "category": "MISSING_SCOPES" })),
            End::Pause(Reason::Forbidden, None),
        ),
        (raw(404, &[], "<html>"), End::Later(None)),
        (raw(408, &[], ""), End::Later(None)),
        (raw(413, &[], ""), End::SetAside),
        (raw(423, &[], ""), End::Later(secs(2))),
        (raw(423, &[("retry-after", "1")], ""), End::Later(secs(2))),
        (raw(423, &[("retry-after", "9")], ""), End::Later(secs(9))),
        (
            answer(429, json!({ "policyName": "DAILY" })),
            End::Pause(Reason::Budget, secs(3600)),
        ),
        (
            answer(429, json!({ "policyName": "TEN_SECONDLY_ROLLING" })),
            End::Pause(Reason::Limited, secs(10)),
        ),
        (
            raw(429, &[("retry-after", "7")], ""),
            End::Pause(Reason::Limited, secs(7)),
        ),
        (raw(477, &[], ""), End::Pause(Reason::Unavailable, secs(300))),
        (
            raw(477, &[("retry-after", "60")], ""),
            End::Pause(Reason::Unavailable, secs(60)),
        ),
        (raw(500, &[], ""), End::Later(None)),
        (raw(502, &[], "<html>"), End::Later(None)),
        (raw(503, &[("retry-after", "30")], ""), End::Later(secs(30))),
        (
            raw(503, &[("retry-after", "Thu, 01 Jan 1970 00:01:00 GMT")], ""),
            End::Later(secs(60)),
        ),
        (raw(503, &[("retry-after", "999999999")], ""), End::Later(secs(86_400))),
        (raw(503, &[("retry-after", "-5")], ""), End::Later(None)),
        (raw(504, &[], ""), End::Later(None)),
        (raw(524, &[], ""), End::Later(None)),
        (
            raw(302, &[("location", "https://elsewhere.example")], ""),
            End::Later(None),
        ),
        (raw(200, &[], "<html>"), End::Later(None)),
        (raw(204, &[], ""), End::Later(None)),
        (answer(200, json!({ "properties": {} })), End::Later(None)),
        (answer(200, json!([])), End::Later(None)),
        (answer(200, json!({ "id": "1", "numErrors": 1 })), End::Later(None)),
        (
            answer(207, json!({ "id": "1", "errors": [{ "category": "X" }] })),
            End::Later(None),
        ),
        (raw(101, &[], ""), End::Later(None)),
        (raw(999, &[], ""), End::Later(None)),
        (Err(Broken::NotSent), End::Later(None)),
        (Err(Broken::Forbidden), End::Pause(Reason::Elsewhere, None)),
        (Err(Broken::Unknown), End::Unknown),
    ];
    for (given, end) in cases {
        let shown = format!("{given:?}");
        let outcome = push(Some("8801"), &keys(), &Script::new([given])).await;
        assert_eq!(outcome.end, end, "{shown}");
        assert_eq!(outcome.id.as_deref(), Some("8801"));
    }
    for status in (100..200).chain(203..1000) {
        let outcome = push(Some("8801"), &keys(), &Script::new([raw(status, &[], "")])).await;
        assert_ne!(outcome.end, End::Delivered, "{status}");
    }
}

#[tokio::test]
async fn a_create_that_cannot_be_believed_is_unknown() {
    for given in [
        raw(200, &[], ""),
        raw(201, &[], "<html>"),
        answer(201, json!({ "properties": {} })),
        Err(Broken::Unknown),
    ] {
        let outcome = push(None, &keys(), &Script::new([none(), given])).await;
        assert_eq!((outcome.end, outcome.id), (End::Unknown, None));
    }
    // It answers that it did not, and whoever looks by address finds what was made after all.
    assert_eq!(
        push(None, &keys(), &Script::new([none(), raw(504, &[], "")])).await.end,
        End::Later(None)
    );
    assert_eq!(
        push(None, &keys(), &Script::new([none(), Err(Broken::NotSent)]))
            .await
            .end,
        End::Later(None)
    );
    assert_eq!(
        push(None, &keys(), &Script::new([none(), none()])).await.end,
        End::SetAside
    );
}

#[tokio::test]
async fn a_limit_that_is_near_asks_for_rest() {
    let body = contact(json!({ "piste_lead_id": "k7d2" })).to_string();
    let near = [
        ("x-hubspot-ratelimit-remaining", "0"),
        ("x-hubspot-ratelimit-interval-milliseconds", "10000"),
    ];
    let outcome = push(None, &keys(), &Script::new([raw(200, &near, &body)])).await;
    assert_eq!(outcome.rest, Some(SignedDuration::from_secs(10)));
    let spent = [("x-hubspot-ratelimit-daily-remaining", "0")];
    let outcome = push(None, &keys(), &Script::new([raw(200, &spent, &body)])).await;
    assert_eq!(outcome.rest, Some(SignedDuration::from_hours(1)));
    let far = [("x-hubspot-ratelimit-remaining", "80")];
    assert_eq!(
        push(None, &keys(), &Script::new([raw(200, &far, &body)])).await.rest,
        None
    );
}

async fn opt_out(subscription: Option<&str>, given: Result<Answer, Broken>) -> (Outcome, Vec<String>) {
    let (script, token) = (Script::new([given]), token());
    let link = Link {
        http: &script,
        token: &token,
        now: NOW,
    };
    let outcome = hubspot()
        .opt_out(
            &link,
            &Push {
                subscription,
                ..to_push(Some("8801"), &[])
            },
        )
        .await;
    (outcome, script.asked(BASE))
}

#[tokio::test]
async fn a_no_to_mail_counts_when_it_is_confirmed() {
    let path = "POST /communication-preferences/2026-09/statuses/Ana%2Bx%40example.com";
    let results = |result: Value| answer(200, json!({ "status": "COMPLETE", "results": [result] }));
    let (outcome, asked) = opt_out(None, answer(200, json!({ "status": "COMPLETE", "results": [] }))).await;
    assert_eq!(
        (outcome.end, asked),
        (End::Delivered, vec![format!("{path}/unsubscribe-all?channel=EMAIL")])
    );
    let (outcome, asked) = opt_out(Some("412"), results(json!({ "status": "UNSUBSCRIBED" }))).await;
    assert_eq!(outcome.end, End::Delivered);
    let body = asked[0].strip_prefix(path).expect("the address is in the path");
    let body: Value = serde_json::from_str(body).expect("a body");
    assert_eq!(
        (&body["channel"], &body["subscriptionId"], &body["statusState"]),
        (&json!("EMAIL"), &json!(412), &json!("UNSUBSCRIBED"))
    );
    let refused = answer(400, json!({ "category": "VALIDATION_ERROR", "message": "x" }));
    let inside = answer(200, json!({ "numErrors": 1, "results": [] }));
    for given in [
        refused,
        inside,
        none(),
        conflict(),
        results(json!({ "status": "SUBSCRIBED" })),
        answer(200, json!({ "results": [] })),
    ] {
        assert_eq!(opt_out(Some("412"), given).await.0.end, End::SetAside);
    }
    assert_eq!(
        opt_out(
            None,
            results(json!({ "setStatusSuccessReason": "RESUBSCRIBE_OCCURRED" }))
        )
        .await
        .0
        .end,
        End::SetAside
    );
    assert_eq!(opt_out(None, raw(200, &[], "<html>")).await.0.end, End::Later(None));
    assert_eq!(opt_out(None, Err(Broken::Unknown)).await.0.end, End::Unknown);
    let (outcome, asked) = opt_out(Some("news"), none()).await;
    assert_eq!((outcome.code.as_deref(), asked.len()), (Some("subscription"), 0));
}

#[tokio::test]
async fn erasure_goes_by_id() {
    let cases = [
        (raw(204, &[], ""), End::Delivered),
        (none(), End::Delivered),
        (raw(200, &[], "<html>"), End::Later(None)),
        (answer(400, json!({ "category": "VALIDATION_ERROR" })), End::SetAside),
        (conflict(), End::SetAside),
        (raw(500, &[], ""), End::Later(None)),
        (Err(Broken::Unknown), End::Unknown),
    ];
    for (given, end) in cases {
        let (script, token) = (Script::new([given]), token());
        let link = Link {
            http: &script,
            token: &token,
            now: NOW,
        };
        assert_eq!(hubspot().erase(&link, "8801").await.end, end);
        assert_eq!(
            script.asked(BASE),
            [r#"POST /crm/objects/2026-09/contacts/gdpr-delete {"objectId":"8801"}"#]
        );
    }
}

#[tokio::test]
async fn a_contact_is_read_as_it_stands() {
    let read = async |given| {
        let (script, token) = (Script::new([given]), token());
        let link = Link {
            http: &script,
            token: &token,
            now: NOW,
        };
        let present = hubspot().read(&link, "8800").await;
        assert_eq!(
            script.asked(BASE),
            ["GET /crm/objects/2026-09/contacts/8800?properties=hs_email_optout,lifecyclestage,piste_lead_id"]
        );
        present
    };
    let values = json!({ "piste_lead_id": "k7d2", "lifecyclestage": "customer", "hs_email_optout": "true" });
    let present = read(answer(200, contact(values))).await.expect("read").expect("there");
    assert_eq!(
        (present.id.as_str(), present.lead.as_deref(), present.opted_out),
        ("8801", Some("k7d2"), true)
    );
    assert_eq!(present.values["lifecyclestage"], "customer");
    assert_eq!(read(none()).await, Ok(None));
    let mut archived = contact(json!({}));
    archived["archived"] = true.into();
    assert_eq!(read(answer(200, archived)).await, Ok(None));
    assert_eq!(
        read(raw(200, &[], "")).await.expect_err("no body").end,
        End::Later(None)
    );
    assert_eq!(
        read(answer(200, json!({ "id": "1" })))
            .await
            .expect_err("no properties")
            .end,
        End::Later(None)
    );
}

#[tokio::test]
async fn fields_are_listed() {
    let list = json!({ "results": [
        { "name": "piste_lead_id", "label": "Piste", "type": "string", "hasUniqueValue": true },
        { "name": "sector", "label": "Sector", "type": "enumeration", "options": [{ "label": "A", "value": "a" }] },
        { "name": "score", "type": "number", "calculated": true },
    ] });
    let token = token();
    let script = Script::new([answer(200, list), answer(200, json!({})), raw(401, &[], "")]);
    let link = Link {
        http: &script,
        token: &token,
        now: NOW,
    };
    let fields = hubspot().fields(&link).await.expect("a list");
    assert!(fields[0].unique && fields[0].writable && !fields[2].writable);
    assert_eq!(fields[1].options, ["a"]);
    assert_eq!(
        hubspot().fields(&link).await.expect_err("no list").end,
        End::Later(None)
    );
    assert_eq!(
        hubspot().fields(&link).await.expect_err("no key").end,
        End::Pause(Reason::Unauthorized, None)
    );
}

#[tokio::test]
async fn no_value_gets_into_an_outcome() {
    let error = json!({ "code": "Ana is no option", "message": "Ana", "context": { "propertyName": ["Ana"] } });
    let given = answer(400, json!({ "category": "VALIDATION ERROR: Ana", "errors": [error] }));
    let outcome = push(None, &keys(), &Script::new([given])).await;
    assert!(!format!("{outcome:?}").contains("Ana"));
}

#[test]
fn texts_are_escaped_and_compared() {
    assert_eq!(escape("a b/é?~-._"), "a%20b%2F%C3%A9%3F%7E-._");
    for (one, other, same) in [
        ("65", "65.0", true),
        ("0612", "612", false),
        ("-1", "-1.0", true),
        ("a", "A", false),
        (" a", "a", true),
        ("", "0", false),
    ] {
        assert_eq!(same_text(one, other), same, "{one} {other}");
    }
}
