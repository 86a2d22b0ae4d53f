//! Pipedrive's client against answers written down beforehand.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::values::is_custom;
use super::*;
use crate::hubspot::tests::{NOW, Script, answer, droppable, entry, key, raw};
use crate::{Act, Answer, Broken, Reason, Write};

const OURS: &str = "aa00aa00aa00aa00aa00aa00aa00aa00aa00aa00";
const SECTOR: &str = "bb11bb11bb11bb11bb11bb11bb11bb11bb11bb11";

fn pipedrive() -> Pipedrive {
    Pipedrive {
        id_field: OURS.into(),
        reads: vec![SECTOR.into(), "lead.value".into()],
    }
}

fn token() -> Token {
    Token {
        text: "secret".into(),
        base: BASE.into(),
        seconds: None,
    }
}

fn with(more: impl IntoIterator<Item = Entry>) -> Vec<Entry> {
    let keys = [
        Entry {
            write: Write::IfEmpty,
            ..key(OURS, "k7d2", Act::Id)
        },
        Entry {
            write: Write::IfEmpty,
            ..key("emails", "ana@example.com", Act::Email)
        },
        entry("name", json!("Ana Martin"), Write::IfEmpty),
    ];
    keys.into_iter().chain(more).collect()
}

fn to_push<'a>(id: Option<&'a str>, entries: &'a [Entry]) -> Push<'a> {
    Push {
        lead: "k7d2",
        id,
        unsure: false,
        email: Some("ana@example.com"),
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
    let outcome = pipedrive().push(&link, &to_push(id, entries)).await;
    assert!(script.is_over(), "answers are left");
    outcome
}

fn ok(data: Value) -> Result<Answer, Broken> {
    answer(200, json!({ "success": true, "data": data, "additional_data": {} }))
}

fn no(status: u16, error: &str) -> Result<Answer, Broken> {
    answer(status, json!({ "success": false, "error": error, "data": null }))
}

fn items(items: Value) -> Result<Answer, Broken> {
    let items: Vec<Value> = items
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| json!({ "item": item }))
        .collect();
    ok(json!({ "items": items }))
}

/// A person who has all that `with` writes.
fn ana() -> Value {
    json!({
        "id": 12, "name": "Ana Martin", "phones": [], "custom_fields": { OURS: "k7d2", SECTOR: null },
        "emails": [{ "value": "ana@example.com", "primary": true, "label": "work" }],
    })
}

fn ana_with(name: &str, value: Value) -> Value {
    let mut ana = ana();
    if is_custom(name) {
        ana["custom_fields"][name] = value
    } else {
        ana[name] = value
    }
    ana
}

const BY_ID: &str = "GET /api/v2/persons/search?term=k7d2&fields=custom_fields&exact_match=true";
const BY_EMAIL: &str = "GET /api/v2/persons/search?term=ana%40example.com&fields=email&exact_match=true";

#[tokio::test]
async fn nobody_is_made_before_both_searches() {
    let script = Script::new([items(json!([])), items(json!([])), ok(ana_with(SECTOR, json!(7)))]);
    let outcome = push(
        None,
        &with([
            entry(SECTOR, json!(7.0), Write::Create),
            entry("phones", Value::Null, Write::Always),
        ]),
        &script,
    )
    .await;
    assert_eq!(outcome, Outcome::of(End::Delivered).with_id("12").with_status(200));
    let asked = script.asked(BASE);
    assert_eq!(asked[..2], [BY_ID, BY_EMAIL]);
    let body = asked[2]
        .strip_prefix("POST /api/v2/persons ")
        .expect("a person is made");
    assert_eq!(
        serde_json::from_str::<Value>(body).expect("a body"),
        json!({
            "name": "Ana Martin", "custom_fields": { OURS: "k7d2", SECTOR: 7 },
            "emails": [{ "value": "ana@example.com", "primary": true, "label": "work" }],
        })
    );
    assert!(script.headers().contains(&("x-api-token", "secret".to_owned())));
    // Without a name nobody can be made, without an address nobody is looked for.
    let outcome = push(None, &with([])[..2], &Script::new([items(json!([])), items(json!([]))])).await;
    assert_eq!(
        (outcome.end, outcome.fields),
        (End::SetAside, vec![("name".to_owned(), FieldEnd::Refused)])
    );
    let (script, token, entries) = (Script::new([]), token(), with([]));
    let link = Link {
        http: &script,
        token: &token,
        now: NOW,
    };
    let outcome = pipedrive()
        .push(
            &link,
            &Push {
                email: None,
                ..to_push(None, &entries)
            },
        )
        .await;
    assert_eq!(outcome, Outcome::of(End::SetAside).with_code("no_address"));
}

#[tokio::test]
async fn of_several_ours_is_taken_or_the_oldest() {
    let two = json!([
        { "id": 30, "emails": ["ana@example.com"], "custom_fields": [] },
        { "id": 4, "emails": ["other@example.com"], "custom_fields": [] },
        { "id": 12, "emails": ["Ana@example.com"], "custom_fields": [] },
    ]);
    let unmarked = || ok(ana_with(OURS, Value::Null));
    let script = Script::new([items(json!([])), items(two), unmarked(), ok(ana())]);
    let outcome = push(None, &with([]), &script).await;
    assert_eq!(
        (outcome.end, outcome.id.as_deref(), outcome.several),
        (End::Delivered, Some("12"), true)
    );
    assert_eq!(
        script.asked(BASE)[3],
        format!(r#"PATCH /api/v2/persons/12 {{"custom_fields":{{"{OURS}":"k7d2"}}}}"#)
    );
    let ours = json!([{ "id": 4, "custom_fields": [] }, { "id": 12, "custom_fields": ["K7D2"] }]);
    let script = Script::new([items(json!([])), items(ours), ok(ana())]);
    let outcome = push(None, &with([]), &script).await;
    assert_eq!(
        (outcome.end, outcome.id.as_deref(), outcome.several),
        (End::Delivered, Some("12"), true)
    );
    // The index still has a person who was deleted: ours is not made again, another one's place is free.
    let script = Script::new([items(json!([{ "id": 12 }])), no(404, "not found")]);
    assert_eq!(push(None, &with([]), &script).await.end, End::Gone);
    let script = Script::new([
        items(json!([])),
        items(json!([{ "id": 4 }])),
        no(404, "not found"),
        ok(ana()),
    ]);
    let outcome = push(None, &with([]), &script).await;
    assert_eq!((outcome.end, outcome.id.as_deref()), (End::Delivered, Some("12")));
    // A search without a list has not found nothing.
    assert_eq!(
        push(None, &with([]), &Script::new([ok(json!({}))])).await.end,
        End::Later(None)
    );
}

#[tokio::test]
async fn a_known_person_is_changed_or_gone() {
    let script = Script::new([ok(ana_with("name", json!("Ana M.")))]);
    let outcome = push(Some("12"), &with([]), &script).await;
    assert_eq!((outcome.end, outcome.fields), (End::Delivered, vec![]));
    assert_eq!(script.asked(BASE), ["GET /api/v2/persons/12"]);
    let always = [
        entry("owner_id", json!("7"), Write::Always),
        entry(SECTOR, Value::Null, Write::Always),
    ];
    let script = Script::new([ok(ana_with("owner_id", json!(9)))]);
    let outcome = push(Some("1/2"), &always, &script).await;
    assert_eq!(
        (outcome.end, outcome.fields),
        (End::Delivered, vec![("owner_id".to_owned(), FieldEnd::Kept)])
    );
    assert_eq!(
        script.asked(BASE),
        [format!(
            r#"PATCH /api/v2/persons/1%2F2 {{"custom_fields":{{"{SECTOR}":null}},"owner_id":7}}"#
        )]
    );
    for gone in [no(404, "not found"), ok(ana_with("is_deleted", json!(true)))] {
        assert_eq!(push(Some("12"), &with([]), &Script::new([gone])).await.end, End::Gone);
    }
    let outcome = push(Some("12"), &always, &Script::new([no(404, "not found")])).await;
    assert_eq!(outcome, Outcome::of(End::Gone).with_id("12").with_status(404));
}

#[tokio::test]
async fn other_addresses_and_numbers_stay() {
    let phones =
        json!([{ "value": "+33 1 00", "primary": true, "label": "home" }, { "value": "+33 2", "primary": false }]);
    let changed =
        json!([{ "value": "+33 2", "primary": true }, { "value": "+33 1 00", "primary": false, "label": "home" }]);
    let entries = [entry("phones", json!("+332"), Write::Always)];
    let script = Script::new([ok(ana_with("phones", phones)), ok(ana_with("phones", changed.clone()))]);
    let outcome = push(Some("12"), &entries, &script).await;
    assert_eq!((outcome.end, outcome.fields), (End::Delivered, vec![]));
    assert_eq!(
        script.asked(BASE)[1],
        format!("PATCH /api/v2/persons/12 {}", json!({ "phones": changed }))
    );
    // A blank one is none.
    let blank = ok(ana_with("phones", json!([{ "value": "", "primary": true }])));
    let script = Script::new([blank, ok(ana_with("phones", changed))]);
    push(Some("12"), &[entry("phones", json!("+332"), Write::IfEmpty)], &script).await;
    assert!(script.asked(BASE)[1].ends_with(r#"{"phones":[{"label":"work","primary":true,"value":"+332"}]}"#));
    // Another address there is shown and stays; so does a number of which we no longer know anything.
    let moved = || {
        ok(ana_with(
            "emails",
            json!([{ "value": "new@example.com", "primary": true }]),
        ))
    };
    let outcome = push(Some("12"), &with([]), &Script::new([moved()])).await;
    assert_eq!(
        (outcome.end, outcome.fields),
        (End::Delivered, vec![("emails".to_owned(), FieldEnd::Kept)])
    );
    let outcome = push(
        Some("12"),
        &[entry("emails", Value::Null, Write::Always)],
        &Script::new([moved()]),
    )
    .await;
    assert_eq!(outcome.fields, [("emails".to_owned(), FieldEnd::Kept)]);
}

#[tokio::test]
async fn what_does_not_come_back_is_read() {
    let entries = [entry(SECTOR, json!(7), Write::Always)];
    let script = Script::new([ok(json!({ "id": 12 })), ok(ana_with(SECTOR, json!(7)))]);
    assert_eq!(push(Some("12"), &entries, &script).await.fields, []);
    let script = Script::new([ok(json!({ "id": 12 })), ok(ana())]);
    assert_eq!(
        push(Some("12"), &entries, &script).await.fields,
        [(SECTOR.to_owned(), FieldEnd::Kept)]
    );
}

#[tokio::test]
async fn a_refused_field_is_found_in_the_text() {
    let entries = with([
        droppable(entry(SECTOR, json!(7), Write::Always)),
        entry("label_ids", json!(3), Write::Always),
    ]);
    let told = || {
        no(
            400,
            &format!("Validation failed: custom_fields.{SECTOR}: value and name are wrong"),
        )
    };
    let script = Script::new([ok(ana()), told(), ok(ana_with("label_ids", json!([3])))]);
    let outcome = push(Some("12"), &entries, &script).await;
    assert_eq!(
        (outcome.end, outcome.fields),
        (End::Delivered, vec![(SECTOR.to_owned(), FieldEnd::Dropped)])
    );
    assert_eq!(script.asked(BASE)[2], r#"PATCH /api/v2/persons/12 {"label_ids":[3]}"#);
    let script = Script::new([ok(ana()), no(422, "label_ids: Ana is no option")]);
    let outcome = push(Some("12"), &entries, &script).await;
    assert_eq!((outcome.end, outcome.code.as_deref()), (End::SetAside, None));
    assert_eq!(outcome.fields, [("label_ids".to_owned(), FieldEnd::Refused)]);
    let script = Script::new([ok(ana()), no(400, "my_label_ids_too")]);
    assert_eq!(push(Some("12"), &entries, &script).await.fields, []);
    let script = Script::new([
        items(json!([])),
        items(json!([])),
        told(),
        ok(ana_with("label_ids", json!([3]))),
    ]);
    let outcome = push(None, &entries, &script).await;
    assert_eq!(
        (outcome.end, outcome.fields),
        (End::Delivered, vec![(SECTOR.to_owned(), FieldEnd::Dropped)])
    );
}

#[tokio::test]
async fn every_status_means_something() {
    let secs = |n| Some(SignedDuration::from_secs(n));
    let limited = |left: &str| {
        raw(
            429,
            &[("x-ratelimit-reset", "3"), ("x-daily-ratelimit-token-remaining", left)],
            "{}",
        )
    };
    let cases: Vec<(Result<Answer, Broken>, End)> = vec![
        (no(400, "no"), End::SetAside),
        (no(401, "unauthorized access"), End::Pause(Reason::Unauthorized, None)),
        (no(402, "closed"), End::Pause(Reason::Forbidden, None)),
        (
            answer(403, json!({ "success": false, "code": "feature_capping_deals" })),
            End::Pause(Reason::Forbidden, None),
        ),
        (
            raw(403, &[], "<html>blocked</html>"),
            End::Pause(Reason::Blocked, secs(1800)),
        ),
        (raw(404, &[], "<html>"), End::Later(None)),
        (no(405, ""), End::SetAside),
        (raw(408, &[], ""), End::Later(None)),
        (no(409, ""), End::SetAside),
        (no(410, ""), End::SetAside),
        (no(415, ""), End::SetAside),
        (no(422, ""), End::SetAside),
        (raw(423, &[("retry-after", "4")], ""), End::Later(secs(4))),
        (limited("0"), End::Pause(Reason::Budget, secs(3600))),
        (limited("19"), End::Pause(Reason::Budget, secs(3600))),
        (limited("20"), End::Pause(Reason::Limited, secs(3))),
        (
            raw(429, &[("retry-after", "9")], ""),
            End::Pause(Reason::Limited, secs(9)),
        ),
        (raw(429, &[], ""), End::Pause(Reason::Limited, secs(2))),
        (raw(500, &[], ""), End::Later(None)),
        (raw(503, &[("retry-after", "30")], ""), End::Later(secs(30))),
        (raw(302, &[], ""), End::Later(None)),
        (raw(200, &[], "<html>"), End::Later(None)),
        (raw(200, &[], ""), End::Later(None)),
        (
            answer(200, json!({ "success": false, "data": { "id": 12 } })),
            End::Later(None),
        ),
        (ok(json!({})), End::Later(None)),
        (ok(Value::Null), End::Later(None)),
        (raw(101, &[], ""), End::Later(None)),
        (Err(Broken::NotSent), End::Later(None)),
        (Err(Broken::Forbidden), End::Pause(Reason::Elsewhere, None)),
        (Err(Broken::Unknown), End::Unknown),
    ];
    let entries = [entry(SECTOR, json!(7), Write::Always)];
    for (given, end) in cases {
        let shown = format!("{given:?}");
        let outcome = push(Some("12"), &entries, &Script::new([given])).await;
        assert_eq!(outcome.end, end, "{shown}");
        assert_eq!(outcome.id.as_deref(), Some("12"));
    }
    for status in 100..1000 {
        let outcome = push(Some("12"), &entries, &Script::new([raw(status, &[], "")])).await;
        assert_ne!(outcome.end, End::Delivered, "{status}");
    }
}

#[tokio::test]
async fn a_create_that_cannot_be_believed_is_unknown() {
    let cases = [
        (raw(201, &[], "<html>"), End::Unknown),
        (ok(json!({})), End::Unknown),
        (raw(500, &[], ""), End::Unknown),
        (raw(504, &[], ""), End::Unknown),
        (Err(Broken::Unknown), End::Unknown),
        (raw(503, &[], ""), End::Unknown),
        (raw(408, &[], ""), End::Unknown),
        (raw(302, &[], ""), End::Unknown),
        (Err(Broken::NotSent), End::Later(None)),
        (no(404, ""), End::SetAside),
    ];
    for (given, end) in cases {
        let outcome = push(
            None,
            &with([]),
            &Script::new([items(json!([])), items(json!([])), given]),
        )
        .await;
        assert_eq!((outcome.end, outcome.id), (end, None));
    }
}

fn of_card() -> Vec<Entry> {
    with([
        entry("lead.title", json!("Guide"), Write::IfEmpty),
        entry("lead.value", json!("15000"), Write::Always),
        droppable(entry("lead.label", json!("l1"), Write::Always)),
    ])
}

fn card(amount: u32) -> Value {
    json!({ "id": "c/1", "title": "Guide", "origin_id": "k7d2", "label_ids": ["l1"], "value": { "amount": amount, "currency": "EUR" } })
}

const CARDS: &str = "GET /api/v1/leads?person_id=12&limit=500";

#[tokio::test]
async fn a_card_is_made_once() {
    let made = answer(201, json!({ "success": true, "data": card(15000) }));
    let script = Script::new([items(json!([])), items(json!([])), ok(ana()), made]);
    let outcome = push(None, &of_card(), &script).await;
    assert_eq!(
        (outcome.end, outcome.id.as_deref(), outcome.fields),
        (End::Delivered, Some("12"), vec![])
    );
    let asked = script.asked(BASE);
    let body = asked[3]
        .strip_prefix("POST /api/v1/leads ")
        .expect("a card is made, without a look on a new person");
    let body: Value = serde_json::from_str(body).expect("a body");
    let value = json!({ "amount": 15000, "currency": "EUR" });
    assert_eq!(
        body,
        json!({ "title": "Guide", "value": value, "label_ids": ["l1"], "person_id": 12, "origin_id": "k7d2" })
    );
    // Cut: the person is known from now on, and the card is found by our id.
    let script = Script::new([items(json!([])), items(json!([])), ok(ana()), Err(Broken::Unknown)]);
    let outcome = push(None, &of_card(), &script).await;
    assert_eq!((outcome.end, outcome.id.as_deref()), (End::Unknown, Some("12")));
    let others = json!({ "id": "c2", "title": "Theirs", "origin_id": null });
    let script = Script::new([ok(ana()), ok(json!([others, card(1)])), ok(card(15000))]);
    let outcome = push(Some("12"), &of_card(), &script).await;
    assert_eq!((outcome.end, outcome.fields), (End::Delivered, vec![]));
    let asked = script.asked(BASE);
    assert_eq!(asked[1], CARDS);
    assert_eq!(
        asked[2],
        r#"PATCH /api/v1/leads/c%2F1 {"label_ids":["l1"],"value":{"amount":15000,"currency":"EUR"}}"#
    );
}

#[tokio::test]
async fn a_card_that_became_a_deal_is_not_made_again() {
    let value = with([entry("lead.value", json!(5), Write::Always)]);
    let kept = vec![("lead.value".to_owned(), FieldEnd::Kept)];
    let script = Script::new([ok(ana()), ok(Value::Null)]);
    let outcome = push(Some("12"), &value, &script).await;
    assert_eq!((outcome.end, outcome.fields), (End::Delivered, kept.clone()));
    let script = Script::new([ok(ana()), ok(json!([card(1)])), no(404, "gone")]);
    let outcome = push(Some("12"), &value, &script).await;
    assert_eq!((outcome.end, outcome.fields), (End::Delivered, kept));
    // One that never was needs a title.
    let script = Script::new([items(json!([])), items(json!([])), ok(ana())]);
    let outcome = push(None, &value, &script).await;
    assert_eq!(
        (outcome.end, outcome.fields),
        (End::SetAside, vec![("lead.title".to_owned(), FieldEnd::Refused)])
    );
}

#[tokio::test]
async fn a_card_may_be_refused_where_its_person_was_not() {
    let script = Script::new([
        ok(ana()),
        ok(json!([card(1)])),
        no(400, "label_ids is wrong"),
        ok(card(15000)),
    ]);
    let outcome = push(Some("12"), &of_card(), &script).await;
    assert_eq!(
        (outcome.end, outcome.fields),
        (End::Delivered, vec![("lead.label".to_owned(), FieldEnd::Dropped)])
    );
    let script = Script::new([ok(ana()), ok(json!([card(1)])), no(400, "'value' is wrong")]);
    let outcome = push(Some("12"), &of_card(), &script).await;
    assert_eq!((outcome.end, outcome.id.as_deref()), (End::SetAside, Some("12")));
    assert_eq!(outcome.fields, [("lead.value".to_owned(), FieldEnd::Refused)]);
}

async fn opt_out(id: Option<&str>, answers: Vec<Result<Answer, Broken>>) -> (Outcome, Vec<String>) {
    let (script, token) = (Script::new(answers), token());
    let link = Link {
        http: &script,
        token: &token,
        now: NOW,
    };
    let outcome = pipedrive().opt_out(&link, &to_push(id, &[])).await;
    assert!(script.is_over(), "answers are left");
    (outcome, script.asked(BASE))
}

#[tokio::test]
async fn a_no_to_mail_counts_when_it_comes_back() {
    let status = |status: &str| ok(ana_with(MARKETING, json!(status)));
    for taken in ["unsubscribed", "archived"] {
        let (outcome, asked) = opt_out(Some("12"), vec![status(taken)]).await;
        assert_eq!(outcome.end, End::Delivered);
        assert_eq!(
            asked,
            [r#"PATCH /api/v2/persons/12 {"marketing_status":"unsubscribed"}"#]
        );
    }
    assert_eq!(
        opt_out(Some("12"), vec![ok(ana()), status("unsubscribed")]).await.0.end,
        End::Delivered
    );
    for answers in [
        vec![status("subscribed")],
        vec![ok(ana()), ok(ana())],
        vec![ok(ana()), status("no_consent")],
    ] {
        let (outcome, _) = opt_out(Some("12"), answers).await;
        assert_eq!((outcome.end, outcome.code.as_deref()), (End::SetAside, Some(MARKETING)));
    }
    assert_eq!(opt_out(Some("12"), vec![no(404, "")]).await.0.end, End::Gone);
    assert_eq!(opt_out(Some("12"), vec![no(400, "")]).await.0.end, End::SetAside);
    // Every person of the address is told.
    let both = items(json!([{ "id": 30 }, { "id": 12 }]));
    let (outcome, asked) = opt_out(
        None,
        vec![items(json!([])), both, status("unsubscribed"), status("unsubscribed")],
    )
    .await;
    assert_eq!(
        (outcome.end, outcome.id.as_deref(), asked.len()),
        (End::Delivered, Some("12"), 4)
    );
    let (outcome, _) = opt_out(None, vec![items(json!([])), items(json!([]))]).await;
    assert_eq!(
        (outcome.end, outcome.code.as_deref()),
        (End::SetAside, Some("no_record"))
    );
}

#[tokio::test]
async fn erasure_takes_cards_first() {
    let erase = async |answers: Vec<Result<Answer, Broken>>| {
        let (script, token) = (Script::new(answers), token());
        let link = Link {
            http: &script,
            token: &token,
            now: NOW,
        };
        let outcome = pipedrive().erase(&link, "12").await;
        assert!(script.is_over(), "answers are left");
        (outcome.end, script.asked(BASE))
    };
    let deleted = || ok(json!({ "id": 12 }));
    let (end, asked) = erase(vec![ok(json!([card(1)])), deleted(), deleted()]).await;
    assert_eq!(end, End::Delivered);
    assert_eq!(
        asked,
        [CARDS, "DELETE /api/v1/leads/c%2F1", "DELETE /api/v2/persons/12"]
    );
    assert_eq!(
        erase(vec![ok(json!([card(1)])), no(404, ""), no(404, "")]).await.0,
        End::Delivered
    );
    assert_eq!(
        erase(vec![ok(Value::Null), raw(200, &[], "<html>")]).await.0,
        End::Later(None)
    );
    assert_eq!(erase(vec![ok(json!([])), no(400, "")]).await.0, End::SetAside);
    assert_eq!(
        erase(vec![ok(json!([card(1)])), raw(500, &[], "")]).await.0,
        End::Later(None)
    );
    assert_eq!(erase(vec![ok(json!("x"))]).await.0, End::Later(None));
}

#[tokio::test]
async fn a_person_is_read_with_its_card() {
    let read = async |answers: Vec<Result<Answer, Broken>>| {
        let (script, token) = (Script::new(answers), token());
        let link = Link {
            http: &script,
            token: &token,
            now: NOW,
        };
        pipedrive().read(&link, "12").await
    };
    let person = ok(ana_with(MARKETING, json!("unsubscribed")));
    let present = read(vec![person, ok(json!([card(15000)]))])
        .await
        .expect("read")
        .expect("there");
    assert_eq!(
        (present.id.as_str(), present.lead.as_deref(), present.opted_out),
        ("12", Some("k7d2"), true)
    );
    assert_eq!(
        (&present.values["emails"], &present.values["phones"]),
        (&json!("ana@example.com"), &Value::Null)
    );
    assert_eq!(
        (&present.values["lead.value"], &present.values[SECTOR]),
        (&json!(15000), &Value::Null)
    );
    // Nobody of ours: no card is looked for.
    let present = read(vec![ok(ana_with(OURS, Value::Null))])
        .await
        .expect("read")
        .expect("there");
    assert_eq!((present.lead, present.opted_out), (None, false));
    assert_eq!(read(vec![no(404, "")]).await, Ok(None));
    assert_eq!(
        read(vec![no(401, "")]).await.expect_err("no key").end,
        End::Pause(Reason::Unauthorized, None)
    );
}

#[tokio::test]
async fn fields_are_listed_page_by_page() {
    let page = |data: Value, next: Value| {
        answer(
            200,
            json!({ "success": true, "data": data, "additional_data": { "next_cursor": next } }),
        )
    };
    let one =
        json!([{ "field_code": "name", "field_name": "Name", "field_type": "varchar" }, { "field_code": "add_time" }]);
    let two = json!([{ "field_code": SECTOR, "field_type": "enum", "options": [{ "id": 7, "label": "A" }] }]);
    let labels = ok(json!([{ "id": "l1", "name": "Hot" }]));
    let (script, token) = (
        Script::new([page(one, json!("a b")), page(two, Value::Null), labels]),
        token(),
    );
    let link = Link {
        http: &script,
        token: &token,
        now: NOW,
    };
    let fields = pipedrive().fields(&link).await.expect("a list");
    assert_eq!(
        script.asked(BASE),
        [
            "GET /api/v2/personFields",
            "GET /api/v2/personFields?cursor=a%20b",
            "GET /api/v1/leadLabels"
        ]
    );
    assert!(fields[0].required && fields[0].writable && fields[0].length == Some(255) && !fields[1].writable);
    assert_eq!(
        (fields[2].name.as_str(), &fields[2].options),
        (SECTOR, &vec!["7".to_owned()])
    );
    let label = fields
        .iter()
        .find(|field| field.name == "lead.label")
        .expect("the card's");
    assert_eq!(label.options, ["l1"]);
    let script = Script::new([ok(Value::Null)]);
    let link = Link {
        http: &script,
        token: &token,
        now: NOW,
    };
    assert_eq!(
        pipedrive().fields(&link).await.expect_err("no list").end,
        End::Later(None)
    );
}

#[tokio::test]
async fn a_limit_that_is_near_asks_for_rest() {
    let body = json!({ "success": true, "data": ana_with("owner_id", json!(7)) }).to_string();
    let entries = [entry("owner_id", json!(7), Write::Always)];
    let rest = async |headers: &[(&str, &str)]| {
        push(Some("12"), &entries, &Script::new([raw(200, headers, &body)]))
            .await
            .rest
    };
    assert_eq!(
        rest(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "2")]).await,
        Some(SignedDuration::from_secs(2))
    );
    assert_eq!(
        rest(&[("x-daily-ratelimit-token-remaining", "0")]).await,
        Some(SignedDuration::from_hours(1))
    );
    assert_eq!(
        rest(&[
            ("x-ratelimit-remaining", "9"),
            ("x-daily-ratelimit-token-remaining", "900")
        ])
        .await,
        None
    );
}
