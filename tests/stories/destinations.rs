//! Leads reach other systems (design.md section 5, *Destinations*; R25, R64, R111, R112): webhooks and chats at a server of the
//! test's own, CRMs at the stand-ins of the local system.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use standardwebhooks::Webhook;
use tempfile::TempDir;

use crate::test_app::*;

const ANA: &str = "ana@example.org";
const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Heard {
    path: String,
    headers: Vec<(String, String)>,
    raw: String,
    pub body: Value,
}

impl Heard {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }
}

/// A server that keeps what it hears and answers as it is told.
pub struct Listener {
    pub url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    answers: Arc<Mutex<Vec<&'static str>>>,
}

impl Listener {
    pub fn start() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", socket.local_addr().expect("bound"));
        let listener = Self {
            url,
            heard: Arc::default(),
            answers: Arc::default(),
        };
        let (heard, answers) = (Arc::clone(&listener.heard), Arc::clone(&listener.answers));
        std::thread::spawn(move || {
            for stream in socket.incoming().flatten() {
                let Some(request) = read(&stream) else { continue };
                heard.lock().expect("nobody panics here").push(request);
                let mut answers = answers.lock().expect("nobody panics here");
                let status = if answers.is_empty() {
                    "204 No Content"
                } else {
                    answers.remove(0)
                };
                let _ = write!(
                    &stream,
                    "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                );
            }
        });
        listener
    }

    pub fn answer(&self, statuses: &[&'static str]) {
        self.answers.lock().expect("nobody panics here").extend(statuses);
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().expect("nobody panics here").clone()
    }
}

fn read(mut stream: &TcpStream) -> Option<Heard> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let headers: Vec<(String, String)> = head
                .lines()
                .skip(1)
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect();
            let length = headers.iter().find(|(name, _)| name == "content-length");
            let length: usize = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                return Some(Heard {
                    path: head.split(' ').nth(1)?.to_owned(),
                    headers,
                    raw: body.to_owned(),
                    body: serde_json::from_str(body).unwrap_or(Value::Null),
                });
            }
        }
        let read = stream.read(&mut chunk).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
    }
}

/// A system whose destinations are files of a folder.
pub struct Sends {
    pub app: TestApp,
    folder: TempDir,
}

impl Sends {
    pub fn start() -> Self {
        let folder = TempDir::new().expect("a folder");
        let mut command = Start::default().command();
        command.arg("--destinations").arg(folder.path());
        command.env("PISTE_SECRET_HOOK", SECRET);
        command.env("PISTE_SECRET_HUB", "pat-eu1-local");
        command.env("PISTE_SECRET_PIPE", "0123456789abcdef0123456789abcdef01234567");
        let salesforce = json!({ "client_id": "local-client", "client_secret": "local-secret", "domain": "local" });
        command.env("PISTE_SECRET_SF", salesforce.to_string());
        let zoho = json!({ "client_id": "local-client", "client_secret": "local-secret", "refresh_token": "1000.local.refresh", "data_centre": "eu" });
        command.env("PISTE_SECRET_ZOHO", zoho.to_string());
        Self {
            app: TestApp::spawn(command),
            folder,
        }
    }

    /// Writes a file and waits until the system works with it: a saved file counts a second later at the latest.
    pub fn add(&self, name: &str, text: &str) {
        write(self.folder.path(), name, text);
        for _ in 0..200 {
            let known = self.destinations();
            if known.iter().any(|of| of["name"] == name) {
                return;
            }
            std::thread::yield_now();
        }
        panic!("{name} is not known: {:?}", self.destinations());
    }

    pub fn destinations(&self) -> Vec<Value> {
        let answer = self.app.api("/api/destinations");
        answer["destinations"].as_array().expect("a list").clone()
    }

    pub fn destination(&self, name: &str) -> Value {
        let all = self.destinations();
        all.into_iter().find(|of| of["name"] == name).expect("it is there")
    }

    /// Lets everything happen that is due.
    pub fn settle(&self) {
        self.app.settle();
    }

    pub fn deliveries(&self, query: &str) -> Vec<Value> {
        let answer = self.app.api(&format!("/api/deliveries?{query}"));
        answer["deliveries"].as_array().expect("a list").clone()
    }

    pub fn lead(&self) -> String {
        let leads = self.app.api("/api/leads?campaign=guide-seo");
        leads["leads"][0]["id"].as_str().expect("a lead").to_owned()
    }

    pub fn records(&self, kind: &str) -> Vec<Value> {
        let answer = self.app.send("GET", &format!("/local/crm/{kind}"), &[], "").json();
        answer["records"].as_array().expect("a list").clone()
    }

    pub fn hot(&self) {
        let fields = [
            ("email", ANA),
            ("first_name", "Ana"),
            ("last_name", "Petit"),
            ("phone", "06 12 34 56 78"),
            ("company", "Acme"),
        ];
        self.app.post_by_script(&[&fields[..], &HOT[..]].concat());
        self.settle();
    }
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(format!("{name}.toml")), text).expect("the folder takes it");
}

pub fn hook(url: &str) -> String {
    format!("kind = \"webhook\"\nurl = \"{url}/hook\"\n")
}

/// A file for each CRM: their names of the same fields.
pub fn crm(kind: &str, base: &str) -> String {
    let url = format!("{base}/local/crm/{kind}");
    let fields = match kind {
        "hubspot" => {
            r#"
piste_lead_id = { from = "id", write = "always" }
email = { from = "email", write = "always" }
firstname = { from = "first_name" }
lastname = { from = "last_name" }
company = { from = "company" }
piste_grade = { from = "grade", write = "always" }
lifecyclestage = { from = "stage", write = "always" }
[stages]
lead = "lead"
mql = "marketingqualifiedlead"
sql = "salesqualifiedlead"
"#
        }
        "salesforce" => {
            r#"
Piste_Id__c = { from = "id", write = "always" }
Email = { from = "email", write = "always" }
FirstName = { from = "first_name" }
LastName = { from = "last_name", default = "(unknown)" }
Company = { from = "company", default = "(unknown)" }
Piste_Grade__c = { from = "grade", write = "always" }
Status = { from = "stage", write = "always" }
[stages]
mql = "Open - Not Contacted"
sql = "Working - Contacted"
"#
        }
        "zoho" => {
            r#"
Piste_Id = { from = "id", write = "always" }
Email = { from = "email", write = "always" }
First_Name = { from = "first_name" }
Last_Name = { from = "last_name", default = "(unknown)" }
Company = { from = "company", default = "(unknown)" }
Piste_Grade = { from = "grade", write = "always" }
Piste_Stage = { from = "stage", write = "always" }
[stages]
mql = "mql"
sql = "sql"
"#
        }
        _ => {
            r#"
aa00aa00aa00aa00aa00aa00aa00aa00aa00aa00 = { from = "id", write = "always" }
emails = { from = "email", write = "always" }
name = { from = "name", default = "(unknown)" }
ee44ee44ee44ee44ee44ee44ee44ee44ee44ee44 = { from = "need", write = "always" }
"#
        }
    };
    format!("kind = \"{kind}\"\nurl = \"{url}\"\n[fields]{fields}")
}

const CRMS: [(&str, &str); 4] = [
    ("hub", "hubspot"),
    ("sf", "salesforce"),
    ("pipe", "pipedrive"),
    ("zoho", "zoho"),
];

#[test]
fn r111_events_are_signed_and_each_keeps_its_id_and_body_at_every_try() {
    let (sends, listener) = (Sends::start(), Listener::start());
    sends.add("hook", &hook(&listener.url));
    listener.answer(&["500 Internal Server Error"]);
    sends.hot();
    // What comes after the one that failed does not wait for it.
    assert_eq!(listener.heard().len(), 4, "{:?}", listener.heard());
    sends.app.advance("PT10M");
    let heard = listener.heard();
    let types: Vec<_> = heard
        .iter()
        .map(|heard| heard.body["type"].as_str().unwrap_or_default())
        .collect();
    for event in [
        "lead.created",
        "lead.qualified",
        "lead.stage_changed",
        "lead.owner_changed",
    ] {
        assert!(types.contains(&event), "{types:?}");
    }
    let tries: Vec<_> = heard
        .iter()
        .filter(|heard| heard.body["type"] == "lead.created")
        .collect();
    assert_eq!(tries.len(), 2);
    assert_eq!(tries[0].header("webhook-id"), tries[1].header("webhook-id"));
    assert_eq!(tries[0].body, tries[1].body);
    assert_ne!(
        tries[0].header("webhook-timestamp"),
        tries[1].header("webhook-timestamp")
    );
    for request in &heard {
        assert_eq!(request.path, "/hook");
        let text = &request.raw;
        assert!(!text.contains("ana@") && !text.contains("Petit"), "thin: {text}");
        let id = request.header("webhook-id");
        assert!(!id.contains('.') && id.len() <= 100, "{id}");
        let at = request.header("webhook-timestamp").parse().expect("seconds");
        let reference = Webhook::new(SECRET).expect("a secret");
        let signed = reference.sign(id, at, text.as_bytes()).expect("it signs");
        assert_eq!(request.header("webhook-signature"), signed);
    }
}

#[test]
fn r90_a_webhook_gets_the_fields_that_its_file_names_once_the_person_confirmed() {
    let (sends, listener) = (Sends::start(), Listener::start());
    let fields = r#"
[fields]
contact = { from = "email" }
full_name = { from = "name" }
size = { from = "company_size", table = { "1-9" = 1, "10-49" = 10, "50-249" = 50, "250+" = 250 } }
money = { from = "budget" }
phase = { from = "stage" }
[stages]
mql = "chaud"
"#;
    sends.add("hook", &(hook(&listener.url) + fields));
    let typed = [&HOT[..], &[("first_name", "Ana"), ("last_name", "Petit")]].concat();
    let guide = sends.app.guide_for(ANA, &typed);
    sends.settle();
    let before = listener.heard();
    assert!(
        !before.is_empty() && before.iter().all(|heard| heard.body["data"].get("fields").is_none()),
        "nothing typed leaves before: {before:?}"
    );
    assert_eq!(sends.app.press(&guide.link("/confirm?")).status, 200);
    sends.settle();
    let after = listener.heard();
    let confirmed = after.iter().find(|heard| heard.body["type"] == "lead.confirmed");
    let said = &confirmed.expect("it is told of the confirmation").body["data"]["fields"];
    let budget = HOT.iter().find(|(name, _)| *name == "budget").map(|(_, value)| *value);
    let budget: u64 = budget.and_then(|text| text.parse().ok()).expect("a budget");
    assert_eq!(
        *said,
        json!({ "contact": ANA, "full_name": "Ana Petit", "size": 50, "money": budget, "phase": "chaud" })
    );
}

#[test]
fn r112_a_410_switches_a_webhook_off_and_what_happens_meanwhile_is_kept() {
    let (sends, listener) = (Sends::start(), Listener::start());
    sends.add("hook", &hook(&listener.url));
    listener.answer(&["410 Gone"]);
    sends.hot();
    let off = sends.destination("hook");
    assert_eq!((&off["state"], &off["reason"]), (&json!("off"), &json!("gone")));
    sends.app.advance("P3D");
    assert_eq!(listener.heard().len(), 1, "nothing goes to it");
    let resumed = sends.app.operator("POST", "/api/destinations/hook/resume", "");
    assert_eq!(resumed.status, 200);
    sends.settle();
    assert!(listener.heard().len() >= 5, "{:?}", listener.heard());
    assert_eq!(sends.destination("hook")["pending"], 0);
}

#[test]
fn a_chat_gets_a_card_for_a_hot_lead_with_its_reasons_and_a_link_and_nothing_typed() {
    let (sends, listener) = (Sends::start(), Listener::start());
    for format in ["slack", "mattermost", "teams", "google"] {
        let file = format!(
            "kind = \"chat\"\nformat = \"{format}\"\nurl = \"{}/{format}\"\n",
            listener.url
        );
        sends.add(format, &file);
    }
    sends.hot();
    let heard = listener.heard();
    let mut paths: Vec<_> = heard.iter().map(|heard| heard.path.as_str()).collect();
    paths.sort_unstable();
    assert_eq!(paths, ["/google", "/mattermost", "/slack", "/teams"]);
    for card in heard {
        let text = card.body.to_string();
        assert!(text.contains(&format!("/console/leads/{}", sends.lead())), "{text}");
        assert!(
            !text.contains("ana@") && !text.contains("Petit") && !text.contains("devis"),
            "{text}"
        );
    }
}

#[test]
fn r64_nobody_is_told_of_a_sign_up_that_was_never_confirmed() {
    let (sends, listener) = (Sends::start(), Listener::start());
    sends.add("hook", &hook(&listener.url));
    sends.app.post_by_script(&[("email", ANA), TICKED]);
    sends.app.advance("P2D");
    assert!(listener.heard().is_empty(), "{:?}", listener.heard());
    assert!(sends.deliveries("").is_empty());
}

#[test]
fn a_lead_becomes_one_record_in_each_crm_follows_its_stage_opts_out_and_is_erased() {
    let sends = Sends::start();
    for (name, kind) in CRMS {
        sends.add(name, &crm(kind, &sends.app.base));
    }
    sends.hot();
    let lead = sends.lead();
    let states = |what: &str| -> Vec<(String, String)> {
        let all = sends.deliveries(&format!("lead={lead}"));
        let of = all.iter().filter(|of| of["what"] == what);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        of.map(|of| (text(&of["destination"]), text(&of["state"]))).collect()
    };
    let all = |state: &str| -> Vec<(String, String)> {
        let mut names: Vec<_> = CRMS.iter().map(|(name, _)| (*name).to_owned()).collect();
        names.sort();
        names.into_iter().map(|name| (name, state.to_owned())).collect()
    };
    assert_eq!(states("push"), all("delivered"), "{:?}", sends.deliveries(""));
    for (_, kind) in CRMS {
        assert_eq!(sends.records(kind).len(), 1, "{kind}");
        let text = sends.records(kind)[0].to_string();
        assert!(text.contains(&lead) && text.contains(ANA), "{kind}: {text}");
    }
    let moved = sends.app.operator(
        "POST",
        &format!("/api/leads/{lead}/stage"),
        r#"{"to":"sql","reason":"called"}"#,
    );
    assert_eq!(moved.status, 200);
    sends.settle();
    for (kind, word) in [
        ("hubspot", "salesqualifiedlead"),
        ("salesforce", "Working - Contacted"),
        ("zoho", "sql"),
    ] {
        let text = sends.records(kind)[0].to_string();
        assert!(text.contains(word), "{kind}: {text}");
    }
    // Nothing changed: nothing is sent.
    let before = sends.app.send("GET", "/local/deliveries", &[], "").json();
    sends.app.advance("PT2H");
    let after = sends.app.send("GET", "/local/deliveries", &[], "").json();
    assert_eq!(
        before.as_array().map(Vec::len),
        after.as_array().map(Vec::len),
        "an equal value is not sent again"
    );

    let erased = sends.app.operator("DELETE", &format!("/api/leads/{lead}"), "");
    assert_eq!(erased.status, 200);
    sends.settle();
    for (_, kind) in CRMS {
        assert!(sends.records(kind).is_empty(), "{kind}: {:?}", sends.records(kind));
    }
    let ends: Vec<_> = states("erasure");
    let expected = [
        ("hub", "forgotten"),
        ("pipe", "forgotten"),
        ("sf", "set_aside"),
        ("zoho", "forgotten"),
    ];
    assert_eq!(ends, expected.map(|(name, state)| (name.to_owned(), state.to_owned())));
}

#[test]
fn one_refused_lead_is_set_aside_with_its_field_and_replayed_once_it_is_mended() {
    let sends = Sends::start();
    let wrong = crm("hubspot", &sends.app.base).replace("piste_grade", "piste_unknown");
    sends.add("hub", &wrong);
    sends.hot();
    let aside = sends.deliveries("destination=hub&state=set_aside");
    assert_eq!(aside.len(), 1, "{:?}", sends.deliveries(""));
    assert_eq!(aside[0]["code"], "PROPERTY_DOESNT_EXIST");
    assert_eq!(
        aside[0]["fields"],
        json!([{ "name": "piste_unknown", "outcome": "refused" }])
    );
    assert_eq!(sends.destination("hub")["set_aside"], 1);
    write(sends.folder.path(), "hub", &crm("hubspot", &sends.app.base));
    sends.app.advance("PT15M");
    assert_eq!(
        sends.records("hubspot").len(),
        1,
        "another set of values is tried by itself: {:?}",
        sends.deliveries("")
    );
    assert_eq!(sends.destination("hub")["set_aside"], 0);
}

#[test]
fn a_paused_destination_keeps_what_is_due_and_a_wrong_key_pauses_it_by_itself() {
    let sends = Sends::start();
    sends.add("hub", &crm("hubspot", &sends.app.base));
    assert_eq!(
        sends.app.operator("POST", "/api/destinations/hub/pause", "").status,
        200
    );
    sends.hot();
    let paused = sends.destination("hub");
    assert_eq!(
        (&paused["state"], &paused["reason"], &paused["pending"]),
        (&json!("paused"), &json!("by_hand"), &json!(1))
    );
    assert_eq!(sends.deliveries("state=paused").len(), 1);
    assert!(sends.records("hubspot").is_empty());
    sends.app.operator("POST", "/api/destinations/hub/resume", "");
    sends.settle();
    assert_eq!(sends.records("hubspot").len(), 1);
    for path in ["/api/destinations/nowhere/pause", "/api/deliveries/nothing/replay"] {
        assert_eq!(sends.app.operator("POST", path, "").status, 404, "{path}");
    }
    assert_eq!(
        sends
            .app
            .operator("GET", "/api/deliveries?destination=nowhere", "")
            .status,
        404
    );
    assert_eq!(sends.app.operator("GET", "/api/deliveries?state=lost", "").status, 400);
}
