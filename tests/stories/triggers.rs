//! The second door: what other systems report, signed, and what follows from it.

use std::path::Path;
use std::process::Command;

use piste_tests::binaries;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::test_app::{Answer, BROWSER, SCRIPT, Start, TICKED, TestApp, campaigns_to_edit, run};

const ANA: &str = "ana@example.com";

/// A system whose trigger secret is known, and a sender that holds it.
struct Door {
    app: TestApp,
    sender: Webhook,
    _data: tempfile::TempDir,
}

impl Door {
    fn open() -> Self {
        Self::with(Start::default())
    }

    fn with(start: Start<'_>) -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let app = Start {
            data: Some(data.path()),
            ..start
        }
        .start();
        let sender = Webhook::new(&secret(data.path())).expect("the secret of the data folder");
        Self {
            app,
            sender,
            _data: data,
        }
    }

    /// A message of the source `demo` about Ana, signed now.
    fn tell(&self, id: &str, kind: &str, data: Value) -> Answer {
        self.say("demo", id, &json!({ "type": kind, "email": ANA, "data": data }))
    }

    fn say(&self, source: &str, id: &str, body: &Value) -> Answer {
        self.post(source, id, body.to_string().as_bytes(), 0)
    }

    /// Any bytes, signed this many seconds off.
    fn post(&self, source: &str, id: &str, body: &[u8], off: i64) -> Answer {
        let at = self.app.now().as_second() + off;
        let signature = self.sender.sign(id, at, body).expect("signed");
        self.send(source, body, &headers(id, &at.to_string(), &signature))
    }

    fn send(&self, source: &str, body: &[u8], headers: &[(&str, &str)]) -> Answer {
        self.app.send("POST", &format!("/triggers/{source}"), headers, body)
    }

    fn timeline(&self, address: &str) -> Vec<String> {
        let lead = self.app.lead(address);
        let events = lead["timeline"].as_array().expect("a timeline");
        events
            .iter()
            .map(|event| event["text"].as_str().expect("a text").to_owned())
            .collect()
    }
}

fn headers<'a>(id: &'a str, at: &'a str, signature: &'a str) -> [(&'static str, &'a str); 4] {
    [
        ("content-type", "application/json"),
        ("webhook-id", id),
        ("webhook-timestamp", at),
        ("webhook-signature", signature),
    ]
}

fn secret(data: &Path) -> String {
    let text = std::fs::read_to_string(data.join("trigger-secret"));
    text.expect("the data folder keeps it").trim().to_owned()
}

/// A mapping written while the system runs is in force at once, and where no data are kept the system itself tells the secret.
#[test]
fn a_source_that_is_mapped_while_the_system_runs_may_report_at_once() {
    let campaigns = campaigns_to_edit();
    let start = Start {
        campaigns: campaigns.path().to_owned(),
        ..Start::default()
    };
    let app = start.start();
    app.post(&[("email", ANA)]);
    let told = || app.send("GET", "/local/triggers", &[SCRIPT], "").json();
    let names = |told: &Value| -> Vec<String> {
        let sources = told["sources"].as_array().expect("sources").iter();
        sources
            .map(|one| one["source"].as_str().expect("a name").to_owned())
            .collect()
    };
    assert_eq!(names(&told()), ["crm", "demo"]);
    let secret = told()["secret"].as_str().expect("a secret").to_owned();
    let sender = Webhook::new(&secret).expect("a secret");
    let at = app.now().as_second();
    let say = |id: &str| {
        let body = json!({ "kind": "seen", "who": ANA }).to_string();
        let signature = sender.sign(id, at, body.as_bytes()).expect("signed");
        app.send(
            "POST",
            "/triggers/site",
            &headers(id, &at.to_string(), &signature),
            body,
        )
    };
    refused(&say("msg_1"), 404, "unknown_source");
    let mapping = "type = [\"kind\"]\nemail = \"who\"\n\n[types]\n\"seen\" = \"visit\"\n";
    std::fs::write(campaigns.path().join("guide-seo/triggers/site.toml"), mapping).expect("written");
    assert_eq!(names(&told()), ["crm", "demo", "site"]);
    assert_eq!(say("msg_1").json(), json!({ "status": "accepted" }));
    let page = app
        .send("GET", "/local/triggers", &[BROWSER, ("Accept-Language", "fr")], "")
        .text();
    assert!(page.contains("Déclencheurs") && page.contains(&secret) && page.contains("/triggers/site"));
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) -> Value {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/problem+json", "RFC 9457");
    let problem = answer.json();
    assert_eq!((&problem["status"], &problem["code"]), (&json!(status), &json!(code)));
    assert!(!answer.text().contains(ANA), "never what was sent");
    problem
}

#[test]
fn r26_what_arrived_is_on_the_timeline_once_with_its_source() {
    let door = Door::open();
    door.app.opt_in(ANA, &[]);
    let page = json!({ "about": "https://www.example.com/tarifs?utm_term=ana@example.com" });
    let first = door.tell("msg_1", "visit", page.clone());
    assert_eq!((first.status, first.json()), (202, json!({ "status": "accepted" })));
    let before = door.app.lead(ANA);
    door.app.advance("PT4M");
    let again = door.tell("msg_1", "visit", page.clone());
    assert_eq!((again.status, again.body), (202, first.body), "R110: the same answer");
    door.app.advance("P2D");
    door.tell("msg_1", "visit", page.clone());
    let visits = |door: &Door| door.timeline(ANA).iter().filter(|text| text.contains("(demo)")).count();
    assert_eq!(visits(&door), 1, "{:?}", door.timeline(ANA));
    assert!(
        door.timeline(ANA)
            .contains(&"Page visitée\u{a0}: https://www.example.com/tarifs (demo)".to_owned())
    );
    assert_eq!(door.tell("msg_2", "visit", page).status, 202);
    assert_eq!(visits(&door), 2, "another id is another visit");
    // The same by its id instead of its address.
    let body = json!({ "type": "meeting", "lead_id": before["id"], "occurred_at": "2026-03-01T08:00:00Z" });
    assert_eq!(door.say("demo", "msg_3", &body).json(), json!({ "status": "accepted" }));
    assert!(door.timeline(ANA).contains(&"Rendez-vous (demo)".to_owned()));
}

#[test]
fn r109_who_does_not_hold_the_secret_or_is_late_is_not_heard() {
    let door = Door::open();
    let body = json!({ "type": "visit", "email": ANA }).to_string();
    let now = door.app.now().as_second();
    let (at, good) = (
        now.to_string(),
        door.sender.sign("m", now, body.as_bytes()).expect("signed"),
    );
    let stranger = Webhook::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a secret");
    let strange = stranger.sign("m", now, body.as_bytes()).expect("signed");
    for signature in ["", "v1,", &strange, &good[3..], &good.replace("v1,", "v2,")] {
        refused(
            &door.send("demo", body.as_bytes(), &headers("m", &at, signature)),
            401,
            "unsigned",
        );
    }
    for missing in 1..4 {
        let mut three = headers("m", &at, &good).to_vec();
        three.remove(missing);
        refused(&door.send("demo", body.as_bytes(), &three), 401, "unsigned");
    }
    let doubled = [headers("m", &at, &good).as_slice(), &[("webhook-id", "m")]].concat();
    refused(&door.send("demo", body.as_bytes(), &doubled), 401, "unsigned");
    refused(
        &door.send("demo", b"{\"type\":\"won\"}", &headers("m", &at, &good)),
        401,
        "unsigned",
    );
    for off in [-301, 301] {
        refused(&door.post("demo", "late", body.as_bytes(), off), 401, "unsigned");
    }
    for off in [-300, 300] {
        assert_eq!(
            door.post("demo", "in time", body.as_bytes(), off).status,
            401,
            "no id holds a space"
        );
        assert_eq!(door.post("demo", "in_time", body.as_bytes(), off).status, 202);
    }
    let several = format!("{strange} {good}");
    assert_eq!(
        door.send("demo", body.as_bytes(), &headers("m", &at, &several)).status,
        202
    );
    assert_eq!(door.app.lead_id(ANA), None, "a visit of somebody unknown makes no lead");
}

#[test]
fn everything_else_that_does_not_hold_has_its_answer() {
    let door = Door::open();
    door.app.guide_for(ANA, &[]);
    let visit = json!({ "type": "visit", "email": ANA });
    refused(&door.say("nobody", "x0", &visit), 404, "unknown_source");
    assert_eq!(
        door.app.get("/triggers/demo").status,
        405,
        "GET changes nothing, and shows nothing"
    );
    refused(&door.post("demo", "x1", b"{\"type\":", 0), 400, "malformed");
    refused(&door.post("demo", "x2", b"[]", 0), 400, "malformed");
    refused(
        &door.post("demo", "x3", &vec![b' '; 64 * 1024 + 1], 0),
        413,
        "too_large",
    );
    let now = door.app.now().as_second();
    let signature = door.sender.sign("x4", now, b"a=1").expect("signed");
    let at = now.to_string();
    let mut form = headers("x4", &at, &signature);
    form[0].1 = "application/x-www-form-urlencoded";
    refused(&door.send("demo", b"a=1", &form), 415, "unsupported_type");

    let wrong = json!({ "type": "open", "email": "ana@", "occurred_at": "soon", "data": [] });
    let problem = refused(&door.say("demo", "x5", &wrong), 422, "fields_refused");
    let fields: Vec<_> = problem["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|e| e["field"].clone())
        .collect();
    assert_eq!(fields, ["type", "email", "occurred_at", "data"], "all at once");
    // What was refused may be mended under its id; what was taken may not be changed.
    assert_eq!(door.say("demo", "x5", &visit).status, 202);
    refused(
        &door.say("demo", "x5", &json!({ "type": "won", "email": ANA })),
        409,
        "id_used",
    );
    refused(
        &door.say("demo", "x5", &json!({ "type": "visit", "email": "bob@example.com" })),
        409,
        "id_used",
    );
    assert_eq!(door.app.lead(ANA)["stage"], "lead");
    let unknown = door.say("demo", "x6", &json!({ "type": "visit", "email": "nobody@example.com" }));
    assert_eq!((unknown.status, unknown.json()), (202, json!({ "status": "kept" })));
    let unknown = door.say("demo", "x7", &json!({ "type": "visit", "lead_id": "a".repeat(26) }));
    assert_eq!(
        (unknown.status, unknown.json()),
        (202, json!({ "status": "unknown_lead" }))
    );
}

#[test]
fn a_reply_ends_the_advice_an_opt_out_ends_everything_and_a_sale_makes_a_customer() {
    let door = Door::open();
    let told = [
        ("reply@example.com", "reply"),
        ("no@example.com", "unsubscribe"),
        ("won@example.com", "won"),
        ("visit@example.com", "visit"),
    ];
    for (address, _) in told {
        door.app.opt_in(address, &[]);
    }
    door.app.advance("P3D");
    for (address, kind) in told {
        let body = json!({ "type": kind, "email": address });
        assert_eq!(door.say("demo", kind, &body).status, 202);
    }
    door.app.advance("P20D");
    for address in ["reply@example.com", "no@example.com", "won@example.com"] {
        assert_eq!(door.app.steps_to(address), ["guide", "day-2"], "{address}");
    }
    assert_eq!(door.app.steps_to("visit@example.com").len(), 5);
    let left = door.app.lead("no@example.com");
    let consent = &left["consents"][0];
    assert_eq!(
        (&consent["state"], &consent["method"]),
        (&json!("withdrawn"), &json!("reported"))
    );
    assert_eq!(door.app.lead("won@example.com")["stage"], "customer");
    assert!(
        door.timeline("won@example.com")
            .contains(&"Vente gagnée (demo)".to_owned())
    );
}

/// Below the threshold, too: whoever answers or agrees to meet is told to somebody, who has the lead from then on.
#[test]
fn a_reply_and_a_meeting_always_reach_an_owner() {
    for kind in ["reply", "meeting"] {
        let door = Door::open();
        door.app.opt_in(ANA, &[]);
        door.app.advance("P3D");
        assert_eq!(door.app.lead(ANA)["owner"], Value::Null);
        assert_eq!(door.tell("r1", kind, json!({})).status, 202);
        assert_eq!(door.tell("r1", kind, json!({})).status, 202);
        door.app.settle();
        let lead = door.app.lead(ANA);
        let told = door.app.to_sales();
        assert_eq!(told.len(), 1, "{kind}: {}", lead["sends"]);
        let owner = lead["owner"].as_str().expect("an owner");
        assert!(told[0].to.starts_with(owner), "{kind}: {} and {owner}", told[0].to);
        let mail = door.app.mail(&told[0]);
        let page = format!("/console/leads/{}", lead["id"].as_str().expect("an id"));
        assert!(mail.find_link(&page).is_some(), "{kind}: {}", mail.text);
        assert!(mail.header("Reply-To").contains(ANA));
    }
}

#[test]
fn r69_a_crm_makes_a_lead_by_its_mapping_and_never_a_consent() {
    let door = Door::open();
    let created = json!({
        "event": "contact.created",
        "contact": { "email": ANA, "first_name": "Ana", "marketing_consent": "on", "company": { "name": "Exemple", "size": "medium" } },
    });
    assert_eq!(door.say("crm", "c1", &created).json(), json!({ "status": "accepted" }));
    assert_eq!(door.say("crm", "c1", &created).json(), json!({ "status": "accepted" }));
    door.app.advance("P30D");
    let lead = door.app.lead(ANA);
    assert_eq!(
        (&lead["name"], &lead["answers"]["company_size"]),
        (&json!("Ana"), &json!("50-249"))
    );
    assert_eq!(lead["enquiries"].as_array().map(Vec::len), Some(1));
    assert_eq!(lead["enquiries"][0]["touch"]["source"], "crm");
    assert_eq!(lead["consents"], json!([]));
    assert!(door.app.steps_to(ANA).is_empty(), "nobody asked for anything here");

    let closed = json!({ "event": "deal.closed", "deal": { "status": "won" }, "contact": { "email": ANA } });
    assert_eq!(door.say("crm", "c2", &closed).json(), json!({ "status": "accepted" }));
    assert_eq!(door.app.lead(ANA)["stage"], "customer");
    let other = json!({ "event": "deal.moved", "contact": { "email": ANA } });
    assert_eq!(door.say("crm", "c3", &other).json(), json!({ "status": "ignored" }));
    let wrong = json!({ "event": "contact.created", "contact": { "email": "eve@", "company": { "size": "huge" } } });
    let problem = refused(&door.say("crm", "c4", &wrong), 422, "fields_refused");
    assert_eq!(problem["errors"][0]["field"], "contact.email");
    assert_eq!(door.app.lead_id("eve@example.com"), None);
}

/// Nobody sits there to put a value right, so it loses no lead (R77).
#[test]
fn a_value_that_cannot_be_read_loses_no_reported_lead() {
    let door = Door::open();
    let odd = json!({ "event": "contact.created", "contact": { "email": "<eve@example.com>", "company": { "size": "huge" } } });
    let told = json!({ "status": "accepted", "unread": [{ "field": "company_size", "code": "not_an_option" }] });
    for _ in 0..2 {
        assert_eq!(
            door.say("crm", "c1", &odd).json(),
            told,
            "the same answer when it is told again"
        );
    }
    let lead = door.app.lead("eve@example.com");
    assert_eq!(lead["answers"].get("company_size"), None, "it counts for nothing");
    let enquiry = &lead["enquiries"][0];
    assert_eq!(enquiry["other"], json!({ "company_size": "huge" }));
    assert_eq!(enquiry["unread"], told["unread"]);
    // A key that comes twice could be read either way.
    let twice = format!(r#"{{"type":"visit","email":"{ANA}","email":"eve@example.com"}}"#);
    refused(&door.post("demo", "m1", twice.as_bytes(), 0), 400, "malformed");
    let marked = "\u{feff}{\"type\":\"visit\",\"email\":\"eve@example.com\"}";
    assert_eq!(door.post("demo", "m2", marked.as_bytes(), 0).status, 202);
}

#[test]
fn a_known_person_keeps_their_yes_and_an_erased_one_stays_erased() {
    let door = Door::open();
    door.app.opt_in(ANA, &[]);
    let created = json!({ "event": "contact.created", "contact": { "email": ANA, "company": { "name": "Exemple" } } });
    assert_eq!(door.say("crm", "c1", &created).status, 202);
    let lead = door.app.lead(ANA);
    assert_eq!(
        (&lead["consents"][0]["state"], &lead["answers"]["company"]),
        (&json!("given"), &json!("Exemple"))
    );
    let id = lead["id"].as_str().expect("an id");
    let gone = door.app.operator("DELETE", &format!("/api/leads/{id}"), "");
    if gone.status == 200 || gone.status == 204 {
        door.app.settle();
        assert_eq!(
            door.say("crm", "c2", &created).json(),
            json!({ "status": "unknown_lead" })
        );
        assert_eq!(door.app.lead_id(ANA), None);
    } else {
        assert_eq!(gone.status, 405, "a system that cannot erase says so: {}", gone.text());
    }
}

#[test]
fn a_mapping_that_does_not_hold_is_named_with_its_line() {
    let campaigns = campaigns_to_edit();
    let file = campaigns.path().join("guide-seo/triggers/crm.toml");
    let text = std::fs::read_to_string(&file).expect("the demo's mapping");
    let line = |part: &str| text.lines().position(|line| line.contains(part)).expect("a line") + 1;
    let check = || {
        let mut command = Command::new(binaries::binary("piste"));
        command.args(["check", "--campaigns"]).arg(campaigns.path());
        run(command)
    };
    for (old, new, says) in [
        ("= \"meeting\"", "= \"rendezvous\"", "unknown variant"),
        (
            "company = \"contact.company.name\"",
            "marketing_consent = \"contact.ok\"",
            "only the person can tick it",
        ),
        ("\"small\" = \"10-49\"", "\"small\" = \"11-50\"", "not an option"),
    ] {
        std::fs::write(&file, text.replace(old, new)).expect("written");
        let said = check();
        let expected = format!("guide-seo/triggers/crm.toml:{}: ", line(old));
        assert!(
            !said.status.success() && said.stderr.contains(&expected) && said.stderr.contains(says),
            "{}",
            said.stderr
        );
    }
    std::fs::write(&file, &text).expect("written");
    assert!(check().status.success());
}

#[test]
fn r109_a_secret_is_rotated_by_command_and_two_of_them_are_good() {
    let data = tempfile::tempdir().expect("a folder");
    TestApp::on(data.path()).stop("INT");
    let first = secret(data.path());
    let rotate = || {
        let mut command = Command::new(binaries::binary("piste"));
        command
            .args(["trigger-secret", "--source", "shop", "--data"])
            .arg(data.path());
        command.arg("--campaigns").arg(crate::test_app::campaigns());
        let said = run(command);
        assert!(said.status.success(), "{}", said.stderr);
        said.stdout
            .trim()
            .strip_prefix("piste: trigger secret ")
            .expect("one line")
            .to_owned()
    };
    let secrets = [rotate(), rotate(), rotate()];
    let app = TestApp::on(data.path());
    assert_eq!(secret(data.path()), first, "kept over restarts");
    let body = json!({ "type": "visit", "email": ANA }).to_string();
    let now = app.now().as_second();
    for (secret, status) in secrets.iter().zip([401, 202, 202]) {
        let signature = Webhook::new(secret)
            .expect("a secret")
            .sign("m", now, body.as_bytes())
            .expect("signed");
        let answer = app.send(
            "POST",
            "/triggers/shop",
            &headers("m", &now.to_string(), &signature),
            body.as_bytes(),
        );
        assert_eq!(answer.status, status, "{}", answer.text());
    }
}

#[test]
#[cfg_attr(any(without_bash, without_python3), ignore = "bash or python3 is not installed")]
fn the_clients_of_the_documentation_work_as_they_stand() {
    let docs = std::fs::read_to_string(binaries::root().join("docs/triggers.md")).expect("the page");
    let clients = docs.split("## Clients").nth(1).expect("the chapter");
    let client = |language: &str| {
        let start = format!("```{language}\n");
        let rest = clients
            .split(&start)
            .nth(1)
            .unwrap_or_else(|| panic!("a client in {language}"));
        rest.split("```").next().expect("an end").to_owned()
    };
    // They run on the machine's clock, so the system does too.
    let data = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(binaries::binary("piste"));
    command.args(["--port", "0", "--quiet", "--data"]).arg(data.path());
    command.arg("--campaigns").arg(crate::test_app::campaigns());
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let app = TestApp::spawn(command);
    assert_eq!(app.post(&[("email", ANA), TICKED]).status, 303);
    for (program, language) in [("bash", "sh"), ("python3", "python")] {
        let mut command = Command::new(program);
        command.args(["-c", &client(language)]);
        command
            .env("PISTE_URL", format!("{}/triggers/demo", app.base))
            .env("PISTE_SECRET", secret(data.path()));
        let said = run(command);
        assert!(
            said.status.success() && said.stdout.contains("\"accepted\""),
            "{program}: {} {}",
            said.stdout,
            said.stderr
        );
    }
    let told = app.lead(ANA)["timeline"].to_string();
    assert!(
        told.contains("https://www.example.com/pricing (demo)") && told.contains("Rendez-vous (demo)"),
        "{told}"
    );
}
