//! People answer: the answer ends the sequence and reaches sales; an out-of-office only waits; nobody can answer for somebody else.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::test_app::*;

const ANA: &str = "ana@example.org";
const MAIL: (&str, &str) = ("Content-Type", "message/rfc822");

/// A lead in the middle of the sequence, and the address to which an answer to its latest email goes.
struct Nurtured {
    app: TestApp,
    to: String,
}

impl Nurtured {
    fn start() -> Self {
        let app = TestApp::start();
        app.opt_in(ANA, &[]);
        app.advance("P3D");
        let latest = app.mails_to(ANA).pop().expect("day 2");
        assert_eq!(latest.class, "nurture");
        let to = bare(&app.mail(&latest).header("Reply-To"));
        Self { app, to }
    }

    fn answer(&self, head: &str, text: &str) -> Answer {
        answer(&self.app, &format!("To: {}\r\n{head}", self.to), text)
    }

    fn lead(&self) -> Value {
        self.app.lead(ANA)
    }

    /// The kinds of what counted.
    fn replied(&self) -> usize {
        let timeline = self.lead()["timeline"].clone();
        let events = timeline.as_array().expect("events").iter();
        events
            .filter(|event| event["kind"] == "signal" && event["text"].as_str().expect("text").contains("éponse reçue"))
            .count()
    }
}

fn bare(address: &str) -> String {
    let inner = address.rsplit_once('<').map_or(address, |(_, rest)| rest);
    inner.trim_end_matches('>').trim().to_owned()
}

fn answer(app: &TestApp, head: &str, text: &str) -> Answer {
    let message = format!(
        "From: Ana <ana@example.org>\r\nSubject: Re: day 2\r\nIn-Reply-To: <x@example.com>\r\n{head}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    );
    app.send("POST", "/local/reply", &[MAIL], message)
}

fn alerts(app: &TestApp) -> Vec<Sent> {
    app.settle();
    app.to_sales()
}

#[test]
fn a_reply_ends_the_sequence_and_reaches_an_owner_once_with_a_link_to_its_text() {
    let Nurtured { app, to } = Nurtured::start();
    let nurtured = Nurtured { app, to };
    let app = &nurtured.app;
    assert_eq!(
        nurtured.lead()["owner"],
        Value::Null,
        "below the threshold nobody has it"
    );
    let points = nurtured.lead()["engagement"].as_i64().expect("points");
    // From another mailbox; twice, as mail servers do.
    let head = "Message-ID: <1@mail.example>\r\nX-Other: 1";
    for _ in 0..2 {
        let taken = nurtured.answer(
            head,
            "Bonjour, rappelez-moi jeudi.\r\n\r\n> Bonjour Ana,\r\n> Se désabonner",
        );
        assert_eq!(taken.status, 202, "{}", taken.text());
    }
    let told = alerts(app);
    assert_eq!(told.len(), 1);
    let lead = nurtured.lead();
    let owner = lead["owner"].as_str().expect("an owner is given");
    assert!(told[0].to.starts_with(owner));
    let mail = app.mail(&told[0]);
    let page = format!("/console/leads/{}", lead["id"].as_str().expect("an id"));
    assert!(mail.find_link(&page).is_some(), "{}", mail.text);
    assert!(!mail.text.contains("jeudi"), "the text itself stays where the lead is");
    assert!(
        mail.header("Reply-To").contains(ANA),
        "an answer to an alert goes to the person"
    );
    assert_eq!(lead["notes"].as_array().map(Vec::len), Some(1));
    assert_eq!(lead["notes"][0]["text"], "Bonjour, rappelez-moi jeudi.");
    assert!(lead["engagement"].as_i64().expect("points") > points);
    assert_eq!(nurtured.replied(), 1);
    app.advance("P14D");
    let marketing = app.mails_to(ANA).into_iter().filter(|sent| sent.class == "nurture");
    assert_eq!(marketing.count(), 1, "nothing follows");
}

#[test]
fn an_answer_is_the_leads_whoever_sends_it_and_whatever_the_case() {
    let nurtured = Nurtured::start();
    let message = format!(
        "From: Somebody Else <boss@other.example>\r\nTo: <{}>\r\nSubject: RE: Guide\r\nMessage-ID: <2@other.example>\r\n\r\nI decide here, call me.\r\n",
        nurtured.to.to_uppercase()
    );
    assert_eq!(nurtured.app.send("POST", "/local/reply", &[MAIL], message).status, 202);
    assert_eq!(alerts(&nurtured.app).len(), 1);
    assert_eq!(nurtured.lead()["notes"][0]["text"], "I decide here, call me.");
}

#[test]
fn r100_a_changed_address_has_no_effect() {
    let nurtured = Nurtured::start();
    let (local, domain) = nurtured.to.split_once('@').expect("an address");
    assert!(local.len() <= 64, "{local}");
    assert!(!nurtured.to.contains("ana"), "nothing personal: {}", nurtured.to);
    let before = nurtured.lead();
    let flipped = |at: usize| {
        let mut bytes = local.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'a' { b'b' } else { b'a' };
        format!("{}@{domain}", String::from_utf8(bytes).expect("ASCII"))
    };
    let mut changed: Vec<String> = (0..local.len()).map(flipped).collect();
    changed.extend([
        format!("{}@{domain}", &local[..local.len() - 1]),
        format!("{local}a@{domain}"),
        ANA.to_owned(),
        "bonjour@example.com".to_owned(),
    ]);
    for (n, to) in changed.iter().enumerate() {
        let head = format!("To: {to}\r\nMessage-ID: <{n}@mail.example>");
        assert_eq!(answer(&nurtured.app, &head, "Call me.").status, 202, "{to}");
    }
    assert_eq!(alerts(&nurtured.app).len(), 0);
    assert_eq!(nurtured.lead(), before);
}

#[test]
fn an_out_of_office_counts_as_nothing_and_the_rest_follows_after_its_day() {
    let nurtured = Nurtured::start();
    let app = &nurtured.app;
    let before = nurtured.lead();
    let head = "Auto-Submitted: auto-replied\r\nReturn-Path: <>\r\nMessage-ID: <3@mail.example>";
    let text = "Bonjour, je suis absente jusqu’au 20 mars. En cas d’urgence, appelez le 01 23 45 67 89.";
    assert_eq!(nurtured.answer(head, text).status, 202);
    assert_eq!(nurtured.answer(head, text).status, 202);
    assert_eq!(alerts(app).len(), 0);
    let lead = nurtured.lead();
    for kept in ["engagement", "stage", "owner", "notes"] {
        assert_eq!(lead[kept], before[kept], "{kept}");
    }
    app.advance("P60D");
    let left = app.mails_to(ANA);
    let left: Vec<_> = left.iter().filter(|sent| sent.class == "nurture").collect();
    let steps: Vec<_> = left.iter().map(|sent| sent.step.as_str()).collect();
    assert_eq!(steps, ["day-2", "day-5", "day-9", "day-14"], "nothing is dropped");
    let back: Timestamp = "2026-03-20T23:00:00Z".parse().expect("a moment");
    assert!(left[1].at >= back, "{}", left[1].at);
}

#[test]
fn without_a_day_marketing_waits_three_days() {
    let nurtured = Nurtured::start();
    let app = &nurtured.app;
    let at = app.now();
    let head = "Subject: Automatic reply: day 2\r\nAuto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All";
    assert_eq!(nurtured.answer(head, "I am out of the office.").status, 202);
    app.advance("P60D");
    let nurture: Vec<_> = app
        .mails_to(ANA)
        .into_iter()
        .filter(|sent| sent.class == "nurture")
        .collect();
    assert_eq!(nurture.len(), 4);
    assert!(nurture[1].at.duration_since(at).as_hours() >= 72, "{}", nurture[1].at);
    assert_eq!(app.to_sales().len(), 0);
}

#[test]
fn bounces_receipts_and_newsletters_are_no_replies() {
    let nurtured = Nurtured::start();
    let before = nurtured.lead();
    for (n, head) in [
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=x",
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=x",
        "List-Id: <news.shop.example>\r\nList-Unsubscribe: <https://shop.example/u>\r\nPrecedence: bulk",
    ]
    .into_iter()
    .enumerate()
    {
        let message = format!(
            "To: {}\r\nSubject: News\r\nMessage-ID: <n{n}@mail.example>\r\n{head}\r\n\r\nHello\r\n",
            nurtured.to
        );
        assert_eq!(nurtured.app.send("POST", "/local/reply", &[MAIL], message).status, 202, "{head}");
    }
    assert_eq!(alerts(&nurtured.app).len(), 0);
    assert_eq!(nurtured.lead(), before);
}

#[test]
fn what_ses_refuses_has_no_effect_whoever_it_says_it_is_from() {
    let nurtured = Nurtured::start();
    let before = nurtured.lead();
    for verdict in [
        "X-SES-Spam-Verdict: FAIL",
        "X-SES-Virus-Verdict: FAIL",
        "X-SES-Spam-Verdict: PASS\r\nReceived-SPF: fail (spfCheck: x) client-ip=192.0.2.1",
        "X-SES-Spam-Verdict: PASS\r\nAuthentication-Results: amazonses.com; spf=fail; dkim=fail; dmarc=fail",
    ] {
        let head = format!("{verdict}\r\nMessage-ID: <{}@mail.example>", verdict.len());
        assert_eq!(nurtured.answer(&head, "Call me.").status, 202, "{verdict}");
    }
    assert_eq!(alerts(&nurtured.app).len(), 0);
    assert_eq!(nurtured.lead(), before);
    let passed = "X-SES-Spam-Verdict: PASS\r\nX-SES-Virus-Verdict: PASS\r\nAuthentication-Results: amazonses.com; spf=pass; dkim=pass";
    assert_eq!(nurtured.answer(passed, "Call me.").status, 202);
    assert_eq!(alerts(&nurtured.app).len(), 1);
}

#[test]
fn r42_a_reply_that_says_stop_ends_the_emails_at_once() {
    let nurtured = Nurtured::start();
    let app = &nurtured.app;
    assert_eq!(nurtured.answer("Message-ID: <4@mail.example>", "STOP").status, 202);
    let lead = nurtured.lead();
    assert_eq!(lead["suppression"]["reason"], "unsubscribe");
    assert_eq!(nurtured.replied(), 0, "it gives no points");
    assert_eq!(alerts(app).len(), 1, "and somebody knows that it was said by hand");
    app.advance("P30D");
    assert_eq!(
        app.mails_to(ANA).iter().filter(|sent| sent.class == "nurture").count(),
        1
    );
}

#[test]
fn every_email_to_a_lead_has_its_own_address_and_no_other_email_has() {
    let app = TestApp::start();
    app.opt_in(ANA, &HOT);
    app.opt_in("bob@example.org", &[]);
    app.advance("P14D");
    let mut of_leads = std::collections::BTreeMap::new();
    for sent in app.outbox() {
        let reply_to = bare(&app.mail(&sent).header("Reply-To"));
        if sent.class == "alert" {
            assert!(!reply_to.starts_with("r-"), "{}: {reply_to}", sent.step);
            continue;
        }
        assert!(
            reply_to.starts_with("r-") && reply_to.ends_with("@reply.localhost"),
            "{reply_to}"
        );
        assert_eq!(
            of_leads.entry(sent.to.clone()).or_insert_with(|| reply_to.clone()),
            &reply_to
        );
    }
    let mut addresses: Vec<_> = of_leads.values().collect();
    addresses.dedup();
    assert_eq!(addresses.len(), 2);
}

#[test]
fn r121_what_is_no_message_is_refused_and_the_door_stays_open() {
    let app = TestApp::start();
    for body in ["", "\r\n\r\n"] {
        let answer = app.send("POST", "/local/reply", &[MAIL], body);
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (400, &json!("malformed")),
            "{body:?}"
        );
    }
    assert_eq!(app.send("GET", "/local/reply", &[], "").status, 405);
    let elsewhere = [MAIL, ("Origin", "https://evil.example")];
    assert_eq!(
        app.send("POST", "/local/reply", &elsewhere, "From: a@b.example\r\n\r\nx")
            .status,
        403
    );
}
