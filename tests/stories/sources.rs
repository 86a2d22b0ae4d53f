//! Real systems at the second door: each proves itself in its own way, sends lists and events about people who have not come
//! yet, and is read by a file of the owner's.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use piste_tests::binaries;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::test_app::{Answer, SCRIPT, Start, TICKED, TestApp, campaigns_to_edit, run};

const ANA: &str = "ana@example.com";
const TYPES: &str = "[types]\n\"seen\" = \"visit\"\n\"booked\" = [\"lead\", \"meeting\"]\n\"met\" = \"meeting\"\n\"left\" = \"unsubscribe\"\n";

fn mac(key: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any key");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A system whose source `x` is read by this mapping and proves itself with this secret.
struct Source {
    app: TestApp,
    _campaigns: tempfile::TempDir,
}

impl Source {
    fn of(keys: &str, secret: &str) -> Self {
        Self::mapped(&format!("type = \"event\"\nemail = \"email\"\n{keys}\n{TYPES}"), secret)
    }

    fn mapped(mapping: &str, secret: &str) -> Self {
        let campaigns = campaigns_to_edit();
        std::fs::write(campaigns.path().join("guide-seo/triggers/x.toml"), mapping).expect("written");
        let start = Start {
            campaigns: campaigns.path().to_owned(),
            ..Start::default()
        };
        let mut command = start.command();
        command.env("PISTE_TRIGGER_SECRET_X", secret);
        Self {
            app: TestApp::spawn(command),
            _campaigns: campaigns,
        }
    }

    /// Behind a secret text in a header: the simplest of them.
    fn simple(keys: &str) -> Self {
        Self::of(
            &format!("proof = \"header\"\nproof_header = \"X-Secret\"\n{keys}"),
            "s3cret",
        )
    }

    fn tell(&self, body: &Value) -> Answer {
        let headers = [("Content-Type", "application/json"), ("X-Secret", "s3cret")];
        self.app.send("POST", "/triggers/x", &headers, body.to_string())
    }

    fn timeline(&self, address: &str) -> String {
        self.app.lead(address)["timeline"].to_string()
    }
}

/// Every proof, at the address that the system names: what holds, and what does not for a byte, a second or a header.
#[test]
fn r109_each_system_proves_itself_in_its_own_way() {
    type Sign = fn(&str, &str, i64, &[u8]) -> Vec<(&'static str, String)>;
    let stripe: Sign = |key, _, at, body| {
        let signature = hex(&mac(key, &[at.to_string().as_bytes(), b".", body]));
        vec![("Stripe-Signature", format!("t={at},v1={signature}"))]
    };
    let cases: [(&str, &str, &str, bool, Sign); 7] = [
        ("hubspot_v3", "", "client", true, |key, url, at, body| {
            let at = (at * 1000).to_string();
            let signature = BASE64.encode(mac(key, &[b"POST", url.as_bytes(), body, at.as_bytes()]));
            vec![
                ("X-HubSpot-Signature-v3", signature),
                ("X-HubSpot-Request-Timestamp", at),
            ]
        }),
        ("typeform", "", "t3xt", false, |key, _, _, body| {
            let signature = BASE64.encode(mac(key, &[body]));
            vec![("Typeform-Signature", format!("sha256={signature}"))]
        }),
        ("stripe", "", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", true, stripe),
        ("calendly", "", "k3y", true, |key, _, at, body| {
            let signature = hex(&mac(key, &[at.to_string().as_bytes(), b".", body]));
            vec![("Calendly-Webhook-Signature", format!("t={at},v1={signature}"))]
        }),
        (
            "meta",
            "",
            r#"{"app_secret":"app","verify_token":"tok"}"#,
            false,
            |_, _, _, body| vec![("X-Hub-Signature-256", format!("sha256={}", hex(&mac("app", &[body]))))],
        ),
        ("basic", "", "user:pass", false, |key, _, _, _| {
            vec![("Authorization", format!("Basic {}", BASE64.encode(key)))]
        }),
        (
            "header",
            "proof_header = \"X-Secret\"",
            "s3cret",
            false,
            |key, _, _, _| vec![("X-Secret", key.to_owned())],
        ),
    ];
    for (proof, more, secret, has_time, sign) in cases {
        let source = Source::of(&format!("proof = \"{proof}\"\n{more}"), secret);
        source.app.post(&[("email", ANA)]);
        let told = source.app.send("GET", "/local/triggers", &[SCRIPT], "").json();
        let row = told["sources"]
            .as_array()
            .expect("sources")
            .iter()
            .find(|row| row["source"] == "x");
        let row = row.expect("the source");
        assert_eq!(row["proof"], proof);
        let url = row["url"].as_str().expect("its address");
        let body = json!({ "event": "seen", "email": ANA }).to_string();
        let now = source.app.now().as_second();
        let send = |headers: &[(&str, String)], body: &str| {
            let mut all = vec![("Content-Type", "application/json")];
            all.extend(headers.iter().map(|(name, value)| (*name, value.as_str())));
            source.app.send("POST", "/triggers/x", &all, body).status
        };
        let good = sign(secret, url, now, body.as_bytes());
        assert_eq!(send(&good, &body), 202, "{proof}");
        assert!(source.timeline(ANA).contains("(x)"), "{proof}");
        assert_eq!(send(&[], &body), 401, "{proof}");
        assert_eq!(
            send(&sign("another", url, now, body.as_bytes()), &body),
            if proof == "meta" { 202 } else { 401 }
        );
        let cut: Vec<_> = good
            .iter()
            .map(|(name, value)| (*name, value[..value.len() - 2].to_owned()))
            .collect();
        assert_eq!(send(&cut, &body), 401, "{proof}");
        if !matches!(proof, "basic" | "header") {
            assert_eq!(send(&good, &body.replace("seen", "left")), 401, "{proof}: another body");
        }
        for (off, status) in [(300, 202), (-300, 202), (301, 401), (-301, 401)] {
            let late = sign(secret, url, now + off, body.as_bytes());
            assert_eq!(
                send(&late, &body),
                if has_time { status } else { 202 },
                "{proof}: {off} s"
            );
        }
        let standard = [("webhook-id", "m".to_owned()), ("webhook-timestamp", now.to_string())];
        assert_eq!(send(&standard, &body), 401, "{proof}");
        assert_eq!(source.app.lead(ANA)["stage"], "lead");
    }
}

/// What tells two bodies apart is their bytes, not the text that can be made of them.
#[test]
fn r112_bodies_that_are_no_utf8_are_told_apart_by_their_bytes() {
    let source = Source::of("proof = \"header\"\nproof_header = \"X-Secret\"", "s3cret");
    source.app.post(&[("email", ANA)]);
    let send = |id: Option<&'static str>, letter: u8| {
        let mut headers = vec![("Content-Type", "application/json"), ("X-Secret", "s3cret")];
        headers.extend(id.map(|id| ("webhook-id", id)));
        let body = format!("{{\"event\":\"seen\",\"email\":\"{ANA}\",\"name\":\"Ren_e\"}}");
        let body: Vec<u8> = body.bytes().map(|b| if b == b'_' { letter } else { b }).collect();
        source.app.send("POST", "/triggers/x", &headers, body).status
    };
    for letter in [0xe9, 0xe8, 0xe9] {
        assert_eq!(send(None, letter), 202);
    }
    assert_eq!(
        source.timeline(ANA).matches("(x)").count(),
        2,
        "the third is the first again"
    );
    for (letter, status) in [(0xe9, 202), (0xe9, 202), (0xe8, 409)] {
        assert_eq!(send(Some("evt-1"), letter), status);
    }
}

#[test]
fn r109_a_token_in_the_body_is_a_proof() {
    let source = Source::of("proof = \"body_token\"\nproof_path = \"meta.token\"", "s3cret");
    source.app.post(&[("email", ANA)]);
    let send = |token: Value| {
        let body = json!({ "event": "seen", "email": ANA, "meta": { "token": token } });
        let headers = [("Content-Type", "application/json")];
        source
            .app
            .send("POST", "/triggers/x", &headers, body.to_string())
            .status
    };
    assert_eq!(send(json!("s3cret")), 202);
    for other in [json!("s3cre"), json!(""), json!(null), json!(["s3cret"]), json!({})] {
        assert_eq!(send(other), 401);
    }
}

#[test]
fn metas_challenge_is_answered_as_plain_text() {
    let source = Source::of("proof = \"meta\"", r#"{"app_secret":"app","verify_token":"tok en"}"#);
    let get = |query: &str| source.app.send("GET", &format!("/triggers/x?{query}"), &[], "");
    let good = get("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=tok%20en");
    assert_eq!((good.status, good.text().as_str()), (200, "1158201444"));
    assert!(good.header("content-type").starts_with("text/plain"));
    for bad in [
        "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=tok",
        "hub.mode=subscribe&hub.challenge=1158201444",
        "hub.mode=unsubscribe&hub.challenge=1158201444&hub.verify_token=tok%20en",
        "",
    ] {
        let answer = get(bad);
        assert_eq!(answer.status, 401, "{bad}");
        assert!(!answer.text().contains("1158201444"), "{bad}");
    }
    assert_eq!(
        source.app.get("/triggers/demo?hub.mode=subscribe").status,
        405,
        "only there"
    );
}

#[test]
fn each_event_of_a_list_is_taken_for_itself() {
    let source = Source::simple("id = \"n\"");
    source.app.post(&[("email", ANA)]);
    let event = |n: u32, email: &str| json!({ "event": "seen", "n": n, "email": email });
    let list = json!([event(1, ANA), event(2, "no address"), { "event": "other" }, event(3, ANA), 7, event(4, "bob@example.com")]);
    let told = source.tell(&list);
    assert_eq!(told.status, 202, "{}", told.text());
    let told = told.json();
    assert_eq!(told["status"], "accepted");
    let each: Vec<_> = told["events"]
        .as_array()
        .expect("events")
        .iter()
        .map(|event| event["status"].clone())
        .collect();
    assert_eq!(each, ["accepted", "refused", "ignored", "accepted", "refused", "kept"]);
    assert_eq!(told["events"][1]["errors"][0]["field"], "email");
    assert!(!told.to_string().contains("no address"), "never what was sent");
    let visits = || source.timeline(ANA).matches("(x)").count();
    assert_eq!(visits(), 2);
    assert_eq!(source.tell(&json!([event(3, ANA), event(5, ANA)])).status, 202);
    assert_eq!(visits(), 3, "in another list the same event is the same");
    let refused = source.tell(&json!([1, "x"]));
    assert_eq!(refused.status, 400);
    assert_eq!(source.tell(&json!([{ "event": "other" }])).json()["status"], "ignored");

    let deep = Source::simple("events = \"entry.changes\"");
    deep.app.post(&[("email", ANA)]);
    let change = |page: &str| json!({ "event": "seen", "email": ANA, "page": page });
    let body = json!({ "entry": [{ "changes": [change("a"), change("b")] }, { "changes": [change("c")] }] });
    let told = deep.tell(&body);
    assert_eq!(
        (told.status, told.json()["events"].as_array().map(Vec::len)),
        (202, Some(3))
    );
    assert_eq!(deep.timeline(ANA).matches("(x)").count(), 3);
    assert_eq!(deep.tell(&json!({ "ping": 1 })).json()["status"], "ignored");
}

#[test]
fn r110_where_nothing_names_an_event_its_bytes_do() {
    let source = Source::simple("");
    source.app.post(&[("email", ANA)]);
    let seen = |page: &str| json!({ "event": "seen", "email": ANA, "page": page });
    for _ in 0..3 {
        assert_eq!(source.tell(&seen("a")).status, 202);
        source.app.advance("PT1H");
    }
    source.tell(&seen("b"));
    source.tell(&json!([seen("b"), seen("c"), seen("c")]));
    let visits = source.timeline(ANA).matches("(x)").count();
    assert!(
        (3..=4).contains(&visits),
        "{visits}: a list writes its events in bytes of its own"
    );
    source.tell(&json!([seen("c"), seen("b")]));
    assert_eq!(
        source.timeline(ANA).matches("(x)").count(),
        visits,
        "and they are the same in every list"
    );
}

#[test]
fn several_meanings_of_one_event_count_for_a_stranger_too() {
    let source = Source::simple("");
    let booked = json!({ "event": "booked", "email": ANA });
    for _ in 0..2 {
        assert_eq!(source.tell(&booked).json(), json!({ "status": "accepted" }));
    }
    source.app.settle();
    let lead = source.app.lead(ANA);
    assert_eq!(lead["enquiries"].as_array().map(Vec::len), Some(1));
    assert_eq!(source.timeline(ANA).matches("Rendez-vous (x)").count(), 1);
    assert!(source.app.steps_to(ANA).is_empty(), "a source sends nothing by itself");
}

#[test]
fn what_is_told_of_somebody_unknown_waits_for_them() {
    let source = Source::simple("occurred_at = \"when\"");
    let told = |event: &str, email: &str| json!({ "event": event, "email": email, "when": "2026-03-02T08:00:00Z" });
    for _ in 0..2 {
        let answer = source.tell(&told("met", ANA));
        assert_eq!((answer.status, answer.json()), (202, json!({ "status": "kept" })));
    }
    source.tell(&told("seen", ANA));
    source.tell(&told("met", "late@example.com"));
    source.tell(&told("left", "no@example.com"));
    assert_eq!(source.app.lead_id(ANA), None, "it makes no lead");
    source.app.advance("P29D");
    source.app.post(&[("email", ANA), TICKED]);
    source.app.post(&[("email", "no@example.com"), TICKED]);
    source.app.advance("PT1M");
    let timeline = source.timeline(ANA);
    assert_eq!(timeline.matches("Rendez-vous (x)").count(), 1, "{timeline}");
    assert_eq!(timeline.matches("(x)").count(), 2);
    let events = source.app.lead(ANA)["timeline"].clone();
    let met = events
        .as_array()
        .expect("events")
        .iter()
        .find(|event| event["text"] == "Rendez-vous (x)");
    assert_eq!(
        met.expect("the meeting")["at"],
        "2026-03-02T08:00:00Z",
        "as of its own moment"
    );
    assert!(
        source.app.outbox().iter().any(|sent| sent.class == "alert"),
        "somebody hears of the meeting"
    );
    // A no of before: what they ask for now comes, and their own yes counts.
    assert_eq!(source.app.steps_to("no@example.com"), ["guide"]);
    let confirm = source
        .app
        .mail(&source.app.mails_to("no@example.com")[0])
        .link("/confirm?");
    source.app.press(&confirm);
    assert_eq!(source.app.lead("no@example.com")["consents"][0]["state"], "given");
    // Thirty days, and not more.
    source.app.advance("P2D");
    source.app.post(&[("email", "late@example.com")]);
    source.app.advance("PT2M");
    assert!(!source.timeline("late@example.com").contains("(x)"));
    // Once is enough, however often they come.
    source.app.post(&[("email", ANA), ("company", "Exemple")]);
    source.app.advance("PT2M");
    assert_eq!(source.timeline(ANA).matches("(x)").count(), 2);
}

/// Somebody whom an operator adds, and to whom nothing is mailed, is met within a minute too; and nothing of an erased person is kept.
#[test]
fn r67_who_comes_by_another_door_is_met_and_an_erased_person_is_not() {
    let source = Source::simple("");
    source.tell(&json!({ "event": "met", "email": ANA }));
    let entry = json!({ "campaign": "guide-seo", "email": ANA, "answers": {}, "source": "salon", "consent": null });
    let added = source.app.operator("POST", "/api/leads", entry.to_string());
    assert!((200..300).contains(&added.status), "{}", added.text());
    source.app.advance("PT1M");
    assert_eq!(source.timeline(ANA).matches("Rendez-vous (x)").count(), 1);
    let id = source.app.lead_id(ANA).expect("a lead");
    assert!(source.app.operator("DELETE", &format!("/api/leads/{id}"), "").status < 300);
    source.app.settle();
    let told = source.tell(&json!({ "event": "met", "email": ANA, "n": 2 }));
    assert_eq!(told.json(), json!({ "status": "unknown_lead" }));
    source.app.post(&[("email", ANA)]);
    source.app.advance("PT2M");
    assert!(!source.timeline(ANA).contains("(x)"), "{}", source.timeline(ANA));
}

/// What waits for somebody who never came goes by their address.
#[test]
fn r67_what_waits_for_somebody_is_erased_by_their_address() {
    let data = tempfile::tempdir().expect("a folder");
    let app = TestApp::on(data.path());
    let secret = app.send("GET", "/local/triggers", &[SCRIPT], "").json()["secret"].clone();
    let sender = standardwebhooks::Webhook::new(secret.as_str().expect("a secret")).expect("a secret");
    let (body, at) = (
        json!({ "type": "visit", "email": ANA }).to_string(),
        app.now().as_second(),
    );
    let (signature, at) = (sender.sign("m", at, body.as_bytes()).expect("signed"), at.to_string());
    let headers = [
        ("Content-Type", "application/json"),
        ("webhook-id", "m"),
        ("webhook-timestamp", &*at),
        ("webhook-signature", &*signature),
    ];
    assert_eq!(
        app.send("POST", "/triggers/demo", &headers, body).json(),
        json!({ "status": "kept" })
    );
    app.stop("INT");
    let (at, files) = (
        data.path().display().to_string(),
        crate::test_app::campaigns().display().to_string(),
    );
    let erase = || {
        piste(
            &["erase", ANA, "--data", &at, "--campaigns", &files, "--lang", "fr"],
            "",
        )
    };
    let said = erase();
    assert!(
        said.status.success() && said.stdout.contains("1 signalement"),
        "{} {}",
        said.stdout,
        said.stderr
    );
    assert!(!erase().status.success(), "nothing is left");
    let app = TestApp::on(data.path());
    app.post(&[("email", ANA)]);
    app.advance("PT2M");
    assert!(!app.lead(ANA)["timeline"].to_string().contains("(demo)"));
}

#[test]
fn a_lead_gets_what_the_campaign_promises_only_where_the_file_says_so() {
    for (keys, steps) in [("", 0), ("send_promised = false", 0), ("send_promised = true", 1)] {
        let source = Source::simple(keys);
        source.tell(&json!({ "event": "booked", "email": ANA }));
        source.app.advance("P1D");
        assert_eq!(source.app.steps_to(ANA).len(), steps, "{keys}");
    }
}

#[test]
fn an_out_of_office_counts_as_nothing() {
    let source = Source::mapped(
        "proof = \"header\"\nproof_header = \"X-Secret\"\ntype = [\"event\", \"kind\"]\nemail = \"email\"\n[types]\n\"mail\" = \"reply\"\n\"absent\" = \"out_of_office\"\n",
        "s3cret",
    );
    source.app.opt_in(ANA, &[]);
    source.app.advance("P3D");
    for body in [
        json!({ "event": "mail", "kind": "out_of_office", "email": ANA }),
        json!({ "event": "absent", "email": ANA }),
    ] {
        assert_eq!(source.tell(&body).json(), json!({ "status": "ignored" }));
    }
    source.app.advance("P20D");
    assert_eq!(source.app.steps_to(ANA).len(), 5, "the sequence goes on");
    assert!(!source.timeline(ANA).contains("(x)"));
    source.tell(&json!({ "event": "mail", "kind": "human", "email": ANA }));
    assert!(source.timeline(ANA).contains("(x)"));
}

fn piste(arguments: &[&str], stdin: &str) -> crate::test_app::Ended {
    let mut command = Command::new(binaries::binary("piste"));
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(stdin.as_bytes())
        .expect("written");
    let output = child.wait_with_output().expect("it ends");
    crate::test_app::Ended {
        status: output.status,
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn r109_a_secret_of_the_other_side_is_taken_from_standard_input_and_two_are_live() {
    let campaigns = campaigns_to_edit();
    let folder = campaigns.path().join("guide-seo/triggers");
    let mapping = |proof: &str| format!("proof = \"{proof}\"\ntype = \"event\"\nemail = \"email\"\n{TYPES}");
    std::fs::write(folder.join("form.toml"), mapping("typeform")).expect("written");
    std::fs::write(folder.join("desk.toml"), mapping("basic")).expect("written");
    std::fs::write(folder.join("shop.toml"), mapping("standard")).expect("written");
    let data = tempfile::tempdir().expect("a folder");
    let start = Start {
        data: Some(data.path()),
        campaigns: campaigns.path().to_owned(),
        ..Start::default()
    };
    start.start().stop("INT");
    let (at, files) = (
        data.path().display().to_string(),
        campaigns.path().display().to_string(),
    );
    let command = |source: &'static str, lang: &'static str| {
        let words = [
            "trigger-secret",
            "--source",
            source,
            "--data",
            &at,
            "--campaigns",
            &files,
            "--lang",
            lang,
            "--value",
        ];
        words.map(str::to_owned)
    };
    let take = |source: &'static str, lang: &'static str, text: &str| {
        let words = command(source, lang);
        piste(&words.each_ref().map(String::as_str), text)
    };
    for secret in ["first", "second\n", "third\r\n"] {
        let said = take("form", "en", secret);
        assert!(said.status.success(), "{}", said.stderr);
        assert!(said.stdout.contains("secret of form stored") && !said.stdout.contains(secret.trim()));
    }
    let french = take("form", "fr", "third");
    assert!(french.stdout.contains("enregistré"), "{}", french.stdout);
    let refused = take("desk", "fr", "no colon");
    assert!(
        !refused.status.success() && refused.stderr.contains("utilisateur:motdepasse"),
        "{}",
        refused.stderr
    );
    assert!(!refused.stderr.contains("no colon"));
    for (lang, says) in [("fr", "24 à 64 octets"), ("en", "24 to 64 bytes")] {
        for text in ["whsec_short", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            let refused = take("shop", lang, text);
            assert!(
                !refused.status.success() && refused.stderr.contains(says),
                "{}",
                refused.stderr
            );
            assert!(!refused.stderr.contains(text));
        }
    }
    assert!(
        take("shop", "en", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
            .status
            .success()
    );
    assert!(!take("form", "en", "").status.success());

    let app = start.start();
    let body = json!({ "event": "seen", "email": ANA }).to_string();
    for (secret, status) in [("first", 401), ("second", 202), ("third", 202)] {
        let signature = format!("sha256={}", BASE64.encode(mac(secret, &[body.as_bytes()])));
        let headers = [
            ("Content-Type", "application/json"),
            ("Typeform-Signature", signature.as_str()),
        ];
        assert_eq!(
            app.send("POST", "/triggers/form", &headers, body.clone()).status,
            status,
            "{secret}"
        );
    }
}

#[test]
fn a_payload_is_tried_before_anything_is_sent() {
    let campaigns = campaigns_to_edit();
    let mapping = "type = \"event\"\nemail = \"who.email\"\noccurred_at = \"when\"\nid = \"n\"\n[types]\n\"new\" = [\"lead\", \"meeting\"]\n[fields]\ncompany = \"who.company\"\nfirst_name = \"who.name\"\n";
    std::fs::write(campaigns.path().join("guide-seo/triggers/x.toml"), mapping).expect("written");
    let payload = campaigns.path().join("payload.json");
    let write = |body: &Value| std::fs::write(&payload, body.to_string()).expect("written");
    let run_it = |more: &[&str]| {
        let (file, files) = (payload.display().to_string(), campaigns.path().display().to_string());
        let words = [
            &["trigger", "try", "--source", "x", &file, "--campaigns", &files][..],
            more,
        ]
        .concat();
        piste(&words, "")
    };
    write(
        &json!({ "event": "new", "n": "e-1", "when": "soon", "who": { "email": ANA, "company": "Exemple", "phone": "06" } }),
    );
    let said = run_it(&["--json"]);
    assert!(said.status.success(), "{}", said.stderr);
    let told: Value = serde_json::from_str(&said.stdout).expect("JSON");
    let event = &told["events"][0];
    assert_eq!(
        (&told["campaign"], &told["proof"]),
        (&json!("guide-seo"), &json!("standard"))
    );
    assert_eq!(event["status"], "read");
    assert_eq!(event["meanings"], json!(["lead", "meeting"]));
    assert_eq!((&event["email"], &event["id"]), (&json!(ANA), &json!("e-1")));
    assert_eq!(event["answers"], json!({ "company": "Exemple" }));
    assert_eq!(event["unread"], json!([{ "field": "when", "code": "not_a_moment" }]));
    assert_eq!(event["missing"], json!(["who.name"]));
    assert_eq!(event["unused"], json!(["who.phone"]));
    for (lang, says) in [("fr", "non lus"), ("en", "not read")] {
        let said = run_it(&["--lang", lang]);
        assert!(
            said.stdout.contains(says) && said.stdout.contains("who.phone"),
            "{}",
            said.stdout
        );
        assert!(said.stdout.contains("lead, meeting") && said.stdout.contains(ANA));
    }
    write(&json!([{ "event": "other" }, { "event": "new", "who": { "email": "nobody" } }]));
    let told: Value = serde_json::from_str(&run_it(&["--json"]).stdout).expect("JSON");
    let each: Vec<_> = told["events"]
        .as_array()
        .expect("events")
        .iter()
        .map(|event| &event["status"])
        .collect();
    assert_eq!(each, ["ignored", "refused"]);
    std::fs::write(&payload, "{").expect("written");
    let broken = run_it(&["--lang", "fr"]);
    assert!(
        !broken.status.success() && broken.stderr.contains("JSON"),
        "{}",
        broken.stderr
    );
    assert!(!Path::new(".piste").exists(), "nothing is stored");
}

/// The mappings of the documents: each is a file that holds, reads what its system publishes as an example, and stands in
/// both languages alike.
#[test]
fn the_mappings_of_the_documents_read_what_their_systems_send() {
    let page = |name: &str| std::fs::read_to_string(binaries::root().join("docs").join(name)).expect("a page");
    let (english, french) = (page("triggers.md"), page("declencheurs.md"));
    let mapping = |text: &str, name: &str| {
        let after = text.split(&format!("# {name}.toml\n")).nth(1);
        let block = after
            .unwrap_or_else(|| panic!("{name} in the page"))
            .split("```")
            .next();
        block.expect("an end").to_owned()
    };
    let typeform = json!({
        "event_id": "LtWXD3crgy", "event_type": "form_response",
        "form_response": { "token": "a3a12ec67a1365927098a606107fac15", "submitted_at": "2018-01-18T18:17:02Z", "answers": [
            { "type": "text", "text": "Exemple", "field": { "id": "k6TP9oLGgHjl", "type": "short_text", "ref": "company" } },
            { "type": "email", "email": ANA, "field": { "id": "SMEUb7VJz92Q", "type": "email", "ref": "email" } },
            { "type": "choice", "choice": { "label": "10 to 49 people" }, "field": { "id": "x", "type": "multiple_choice", "ref": "company_size" } },
        ] },
    });
    let stripe = json!({
        "id": "evt_00000000000000", "object": "event", "type": "checkout.session.completed", "created": 1_326_853_478,
        "data": { "object": { "id": "cs_00000000000000", "object": "checkout.session", "amount_total": 25000,
            "customer_details": { "email": ANA }, "payment_status": "paid" } },
    });
    let calendly = json!({
        "event": "invitee.created", "created_at": "2020-11-23T17:51:19.000000Z",
        "payload": { "email": ANA, "name": "Ana", "first_name": "Ana", "last_name": null, "uri": "https://api.calendly.com/scheduled_events/A/invitees/B",
            "questions_and_answers": [{ "answer": "Exemple", "position": 0, "question": "Company" }],
            "scheduled_event": { "name": "Call" } },
    });
    let hubspot = json!([{
        "eventId": 100, "subscriptionId": 1234, "portalId": 62515, "occurredAt": 1_564_113_600_000_i64,
        "subscriptionType": "contact.propertyChange", "attemptNumber": 0, "objectId": 123, "changeSource": "CRM",
        "propertyName": "email", "propertyValue": ANA,
    }]);
    let meta = json!({ "object": "page", "entry": [{ "id": "1", "time": 1, "changes": [{ "field": "leadgen", "value": {
        "leadgen_id": "444444444444", "created_time": 1_440_120_384,
        "field_data": [{ "name": "full_name", "values": ["Ana"] }, { "name": "email", "values": [ANA] }, { "name": "company_name", "values": ["Exemple"] }],
    } }] }] });
    let cases = [
        (
            "typeform",
            typeform,
            json!(["lead"]),
            json!({ "company": "Exemple", "company_size": "10-49" }),
        ),
        ("stripe", stripe, json!(["won"]), json!({})),
        (
            "calendly",
            calendly,
            json!(["lead", "meeting"]),
            json!({ "company": "Exemple", "first_name": "Ana" }),
        ),
        ("hubspot", hubspot, json!(["lead"]), json!({})),
        ("meta", meta, json!(["lead"]), json!({ "company": "Exemple" })),
    ];
    let campaigns = campaigns_to_edit();
    for (name, payload, meanings, answers) in cases {
        let text = mapping(&english, name);
        assert_eq!(text, mapping(&french, name), "{name} in both languages");
        std::fs::write(campaigns.path().join(format!("guide-seo/triggers/{name}.toml")), text).expect("written");
        let file = campaigns.path().join("payload.json");
        std::fs::write(&file, payload.to_string()).expect("written");
        let (file, files) = (file.display().to_string(), campaigns.path().display().to_string());
        let said = piste(
            &[
                "trigger",
                "try",
                "--source",
                name,
                &file,
                "--json",
                "--campaigns",
                &files,
            ],
            "",
        );
        assert!(said.status.success(), "{name}: {}", said.stderr);
        let told: Value = serde_json::from_str(&said.stdout).expect("JSON");
        let event = &told["events"][0];
        assert_eq!(
            (&event["status"], &event["meanings"]),
            (&json!("read"), &meanings),
            "{name}: {event}"
        );
        assert_eq!((&event["email"], &event["answers"]), (&json!(ANA), &answers), "{name}");
        assert_eq!(
            (event["at"].is_string(), event["id"].is_string()),
            (true, true),
            "{name}: {event}"
        );
    }
    let mut command = Command::new(binaries::binary("piste"));
    command.args(["check", "--campaigns"]).arg(campaigns.path());
    let said = run(command);
    assert!(said.status.success(), "{}", said.stderr);
}
