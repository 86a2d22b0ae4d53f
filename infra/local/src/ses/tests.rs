use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::atomic::{AtomicUsize, Ordering},
};

use axum::body::to_bytes;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::*;
use crate::outbox::{Entry, Event};

const EML: &str = "From: Piste <hello@mail.example.com>\r\nTo: ana@example.org\r\n\
     Subject: =?utf-8?q?Votre_guide_est_l=C3=A0?=\r\nList-Unsubscribe:\r\n <https://example.com/unsubscribe?t=x>\r\n\r\nHello\r\n";

fn policy() -> SenderPolicy {
    SenderPolicy {
        identities: vec!["example.com".to_owned(), "solo@example.net".to_owned()],
        configuration_sets: vec!["nurture".to_owned()],
        ..SenderPolicy::default()
    }
}

fn outbox() -> Outbox {
    Outbox::open(None, Arc::new(|| 1_767_225_600)).unwrap()
}

fn service(faults: Faults) -> Arc<Service> {
    Arc::new(Service {
        outbox: outbox(),
        policy: policy(),
        faults,
        refusing: Refusing::default(),
    })
}

fn request(eml: &[u8], parameters: &[(&str, &str)]) -> Bytes {
    let mut form = form_urlencoded::Serializer::new("Action=SendRawEmail&Version=2010-12-01".to_owned());
    form.append_pair("RawMessage.Data", &BASE64_STANDARD.encode(eml))
        .extend_pairs(parameters);
    Bytes::from(form.finish())
}

const PARAMETERS: &[(&str, &str)] = &[
    ("Destinations.member.1", "ana@example.org"),
    ("ConfigurationSetName", "nurture"),
    ("Tags.member.1.Name", "send_id"),
    ("Tags.member.1.Value", "abc-123_x"),
    ("Tags.member.2.Name", "class"),
    ("Tags.member.2.Value", "nurture"),
];

async fn call(service: &Arc<Service>, body: Bytes) -> (u16, String) {
    let response = answer(State(service.clone()), body).await;
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[track_caller]
fn entry(service: &Service) -> Arc<Entry> {
    service.outbox.entries().pop().expect("a mail was accepted")
}

#[tokio::test]
async fn an_accepted_email_is_in_the_outbox_byte_for_byte() {
    let service = service(no_faults());
    let (status, body) = call(&service, request(EML.as_bytes(), PARAMETERS)).await;
    let entry = entry(&service);
    assert_eq!(status, 200);
    assert!(body.contains(&format!("<MessageId>{}</MessageId>", entry.id)), "{body}");
    assert_eq!(entry.mail.eml, EML.as_bytes());
    assert_eq!(entry.mail.to, ["ana@example.org"]);
    assert_eq!(entry.mail.from, "hello@mail.example.com");
    assert_eq!(entry.mail.subject, "Votre guide est là");
    assert_eq!(entry.mail.configuration_set.as_deref(), Some("nurture"));
    assert_eq!(
        (entry.mail.tag("send_id"), entry.mail.tag("class")),
        ("abc-123_x", "nurture")
    );
    assert_eq!(entry.at, 1_767_225_600);
}

#[tokio::test]
async fn without_destinations_the_headers_name_the_recipients() {
    let service = service(no_faults());
    let eml = EML.replace("Subject:", "Cc: Bob <bob@example.org>\r\nSubject:");
    assert_eq!(call(&service, request(eml.as_bytes(), &[])).await.0, 200);
    assert_eq!(entry(&service).mail.to, ["ana@example.org", "bob@example.org"]);
}

#[tokio::test]
async fn what_ses_refuses_is_refused() {
    const INVALID: &str = "InvalidParameterValue";
    let with = |from: &str, to: &str| EML.replacen(from, to, 1).into_bytes();
    let fifty_one: Vec<_> = (1..=51)
        .map(|n| (format!("Destinations.member.{n}"), format!("p{n}@example.org")))
        .collect();
    let fifty_one: Vec<_> = fifty_one
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let long = "a".repeat(257);
    let tag = |name, value| vec![("Tags.member.1.Name", name), ("Tags.member.1.Value", value)];
    type Row<'a> = (&'a str, Vec<u8>, Vec<(&'a str, &'a str)>, &'a str);
    let rows: Vec<Row> = vec![
        (
            "foreign sender",
            with("mail.example.com", "evilexample.com"),
            vec![],
            "MessageRejected",
        ),
        (
            "other mailbox of a verified address",
            with("hello@mail.example.com", "x@example.net"),
            vec![],
            "MessageRejected",
        ),
        (
            "one of two authors",
            with("From: ", "From: a@example.net, "),
            vec![],
            "MessageRejected",
        ),
        ("no author", with("From:", "X-From:"), vec![], INVALID),
        ("no recipient", with("To:", "X-To:"), vec![], INVALID),
        ("51 recipients", EML.into(), fifty_one, INVALID),
        (
            "no at",
            EML.into(),
            vec![("Destinations.member.1", "example.org")],
            INVALID,
        ),
        (
            "no dot",
            EML.into(),
            vec![("Destinations.member.1", "ana@example")],
            INVALID,
        ),
        (
            "space",
            EML.into(),
            vec![("Destinations.member.1", "an a@example.org")],
            INVALID,
        ),
        (
            "line break",
            EML.into(),
            vec![("Destinations.member.1", "ana@example.org\r\nBcc: x@example.org")],
            INVALID,
        ),
        (
            "not ASCII, R53",
            EML.into(),
            vec![("Destinations.member.1", "aña@example.org")],
            INVALID,
        ),
        (
            "one bad of two",
            EML.into(),
            vec![
                ("Destinations.member.1", "a@example.org"),
                ("Destinations.member.2", "b@"),
            ],
            INVALID,
        ),
        (
            "unknown set",
            EML.into(),
            vec![("ConfigurationSetName", "other")],
            "ConfigurationSetDoesNotExist",
        ),
        ("tag with a space", EML.into(), tag("send_id", "a b"), INVALID),
        (
            "tag with an address",
            EML.into(),
            tag("lead", "ana@example.org"),
            INVALID,
        ),
        ("empty tag", EML.into(), tag("step", ""), INVALID),
        ("long tag", EML.into(), tag("step", &long), INVALID),
        ("8-bit content, R49", with("Hello", "Été"), vec![], INVALID),
        ("NUL, R50", with("Hello", "Hel\0lo"), vec![], INVALID),
        ("long line, R49", with("Hello", &"x".repeat(999)), vec![], INVALID),
        ("no blank line", with("\r\n\r\n", "\r\n"), vec![], INVALID),
        (
            "List-Unsubscribe twice, R39",
            with("Subject:", "list-unsubscribe: <https://example.com/>\r\nSubject:"),
            vec![],
            INVALID,
        ),
        (
            "11 MB",
            [EML.as_bytes(), "0123456789\r\n".repeat(1_000_000).as_bytes()].concat(),
            vec![],
            INVALID,
        ),
    ];
    for (name, eml, parameters, code) in rows {
        let service = service(no_faults());
        let (status, body) = call(&service, request(&eml, &parameters)).await;
        assert_eq!(status, 400, "{name}");
        assert!(body.contains(&format!("<Code>{code}</Code>")), "{name}: {body}");
        assert!(!body.contains('@'), "{name}: {body}");
        assert_eq!(service.outbox.entries(), [], "{name}");
    }
    for body in [
        "Action=SendEmail",
        "",
        "Action=SendRawEmail",
        "Action=SendRawEmail&RawMessage.Data=%21",
    ] {
        assert_eq!(
            call(&service(no_faults()), Bytes::from_static(body.as_bytes())).await.0,
            400,
            "{body}"
        );
    }
}

#[tokio::test]
async fn the_limits_themselves_are_accepted() {
    let fifty: Vec<_> = (1..=50)
        .map(|n| (format!("Destinations.member.{n}"), format!("p{n}@example.org")))
        .collect();
    let mut parameters: Vec<_> = fifty
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let long = "a".repeat(256);
    parameters.extend([("Tags.member.1.Name", "step"), ("Tags.member.1.Value", &long)]);
    let mut eml = EML.replace("Hello", &"x".repeat(998)).into_bytes();
    while eml.len() + 70 <= MESSAGE_BYTES_MAX {
        eml.extend_from_slice(&[b'y'; 68]);
        eml.extend_from_slice(b"\r\n");
    }
    eml.resize(MESSAGE_BYTES_MAX, b'z');
    let service = service(no_faults());
    assert_eq!(call(&service, request(&eml, &parameters)).await.0, 200);
    assert_eq!(entry(&service).mail.to.len(), 50);
}

#[tokio::test]
async fn r22_the_quota_is_reported_and_kept() {
    let policy = SenderPolicy {
        max_24_hour_send: 1,
        max_send_rate: 1,
        ..policy()
    };
    let service = Arc::new(Service {
        outbox: outbox(),
        policy,
        faults: no_faults(),
        refusing: Refusing::default(),
    });
    assert_eq!(call(&service, request(EML.as_bytes(), PARAMETERS)).await.0, 200);
    let (status, body) = call(&service, Bytes::from_static(b"Action=GetSendQuota&Version=2010-12-01")).await;
    assert_eq!(status, 200);
    for part in ["<Max24HourSend>1.0<", "<MaxSendRate>1.0<", "<SentLast24Hours>1.0<"] {
        assert!(body.contains(part), "{body}");
    }
    let (status, body) = call(&service, request(EML.as_bytes(), PARAMETERS)).await;
    assert_eq!(status, 400);
    assert!(
        body.contains("<Code>Throttling</Code><Message>Daily message quota exceeded.</Message>"),
        "{body}"
    );
    assert_eq!(service.outbox.entries().len(), 1);
}

#[tokio::test]
async fn r7_error_answers_come_before_anything_is_accepted() {
    let faults = [
        Refusal::THROTTLED,
        Refusal::DAILY_QUOTA,
        Refusal::INTERNAL_FAILURE,
        Refusal::REJECTED,
    ];
    let queue = Arc::new(Mutex::new(faults.map(Fault::Refuse).into()));
    let service = service(faults_in_order(queue));
    for refusal in faults {
        let (status, body) = call(&service, request(EML.as_bytes(), PARAMETERS)).await;
        assert_eq!(status, refusal.status);
        assert!(body.contains(refusal.code) && body.contains(refusal.message), "{body}");
    }
    assert_eq!(service.outbox.entries(), []);
    assert_eq!(call(&service, request(EML.as_bytes(), PARAMETERS)).await.0, 200);
}

#[tokio::test]
async fn r6_an_answer_can_be_lost_before_and_after_the_email_was_accepted() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let faults: Faults = Arc::new(move |mail| {
        counted.fetch_add(1, Ordering::Relaxed);
        Some(if mail.tag("send_id") == "kept" {
            Fault::AcceptThenReset
        } else {
            Fault::Reset
        })
    });
    let outbox = outbox();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = router(outbox.clone(), policy(), faults);
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    for send_id in ["lost", "kept"] {
        let tags = [("Tags.member.1.Name", "send_id"), ("Tags.member.1.Value", send_id)];
        let body = request(EML.as_bytes(), &tags);
        let received = tokio::task::spawn_blocking(move || {
            let mut connection = TcpStream::connect(address).unwrap();
            let head = format!(
                "POST / HTTP/1.1\r\nhost: ses\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            connection.write_all(head.as_bytes()).unwrap();
            connection.write_all(&body).unwrap();
            let mut received = Vec::new();
            let _ = connection.read_to_end(&mut received);
            received
        });
        assert_eq!(received.await.unwrap(), b"", "{send_id}");
    }
    server.abort();
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    assert_eq!(outbox.entries().len(), 1);
    assert_eq!(outbox.entries()[0].mail.tag("send_id"), "kept");
}

#[tokio::test]
async fn r56_events_have_the_shapes_ses_documents() {
    let service = service(no_faults());
    call(&service, request(EML.as_bytes(), PARAMETERS)).await;
    let entry = entry(&service);
    let at = entry.at + 60;

    let send = event_json(&entry, Event::Send, at);
    assert_eq!(send["eventType"], "Send");
    assert_eq!(send["send"], json!({}));
    let mail = &send["mail"];
    assert_eq!(mail["messageId"], entry.id.as_str());
    assert_eq!(mail["timestamp"], "2026-01-01T00:00:00.000Z");
    assert_eq!(mail["destination"], json!(["ana@example.org"]));
    assert_eq!(mail["tags"]["send_id"], json!(["abc-123_x"]));
    assert_eq!(mail["tags"]["ses:configuration-set"], json!(["nurture"]));
    assert_eq!(mail["tags"]["ses:from-domain"], json!(["mail.example.com"]));
    assert_eq!(mail["commonHeaders"]["subject"], "Votre guide est là");
    let unsubscribe = json!({"name": "List-Unsubscribe", "value": "<https://example.com/unsubscribe?t=x>"});
    assert_eq!(mail["headers"][3], unsubscribe);

    //    event               eventType    object       a field of it
    let rows = [
        (
            Event::Delivery,
            "Delivery",
            "delivery",
            "/processingTimeMillis",
            json!(60_000),
        ),
        (
            Event::Delivery,
            "Delivery",
            "delivery",
            "/recipients/0",
            json!("ana@example.org"),
        ),
        (Event::Bounce, "Bounce", "bounce", "/bounceType", json!("Permanent")),
        (Event::Bounce, "Bounce", "bounce", "/bounceSubType", json!("General")),
        (
            Event::Bounce,
            "Bounce",
            "bounce",
            "/bouncedRecipients/0/emailAddress",
            json!("ana@example.org"),
        ),
        (Event::SoftBounce, "Bounce", "bounce", "/bounceType", json!("Transient")),
        (
            Event::SoftBounce,
            "Bounce",
            "bounce",
            "/bounceSubType",
            json!("MailboxFull"),
        ),
        (
            Event::Complaint,
            "Complaint",
            "complaint",
            "/complaintFeedbackType",
            json!("abuse"),
        ),
        (
            Event::Complaint,
            "Complaint",
            "complaint",
            "/complainedRecipients/0/emailAddress",
            json!("ana@example.org"),
        ),
        (
            Event::Click,
            "Click",
            "click",
            "/timestamp",
            json!("2026-01-01T00:01:00.000Z"),
        ),
    ];
    for (event, name, object, field, expected) in rows {
        let published = event_json(&entry, event, at);
        assert_eq!(published["eventType"], name);
        assert_eq!(published[object].pointer(field), Some(&expected), "{event:?}");
        assert_eq!(published["mail"], send["mail"]);
        let Some(notification) = notification_json(&entry, event, at) else {
            assert_eq!(event, Event::Click);
            continue;
        };
        assert_eq!(notification["notificationType"], name);
        assert_eq!(notification[object], published[object]);
        assert_eq!(notification.get("eventType"), None);
        assert_eq!(notification["mail"].get("tags"), None);
    }
    assert_eq!(notification_json(&entry, Event::Send, at), None);
}

#[tokio::test]
async fn r57_a_record_travels_as_a_string_in_the_envelope_of_sns() {
    let service = service(no_faults());
    call(&service, request(EML.as_bytes(), PARAMETERS)).await;
    let record = event_json(&entry(&service), Event::Bounce, 1_767_225_660);
    let event = sns_event(&record, 1_767_225_661);
    let envelope = &event["Records"][0];
    assert_eq!(envelope["EventSource"], "aws:sns");
    assert_eq!(envelope["EventVersion"], "1.0");
    assert_eq!(envelope["Sns"]["Timestamp"], "2026-01-01T00:01:01.000Z");
    let message: Value = serde_json::from_str(envelope["Sns"]["Message"].as_str().unwrap()).unwrap();
    assert_eq!(message, record);
}
