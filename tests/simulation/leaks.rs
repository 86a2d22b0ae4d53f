//! R71, I17: ten thousand people go through every function, on good days and bad ones, and nothing of them is found in any
//! log line, panic, redirect, tag, key or error (R72, R102).
//!
//! The answers that show a person their own form with what they typed are theirs to see and are not searched.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use lambda_http::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LOCATION};
use lambda_http::http::{Method, Request as HttpRequest};
use lambda_http::{Body, Request, Response};
use piste_adapters::campaigns::{Campaigns, read_all};
use piste_adapters::clock::{Clock, Simulated};
use piste_adapters::http::Visit;
use piste_adapters::keys::KeyRing;
use piste_adapters::mail::ses::{MailService, Mailer, Parcel};
use piste_adapters::store::memory::{Fate, Memory, Weather};
use piste_adapters::store::{Store, StoreErrorKind, item};
use piste_adapters::webhook::Secret;
use piste_adapters::{App, telemetry};
use piste_domain::lead::ledger::Outcome;
use piste_domain::rules::sending::Quota;
use piste_domain::{Lead, Tombstone, WorkspaceId};
use piste_nurture::{Events, Nurture};
use piste_simulation::world::settings;
use serde_json::json;

const PEOPLE: usize = 10_000;
const SIDE_BY_SIDE: usize = 50;
const DUE_SHARDS: u32 = 2;

/// What the world does to whoever asks it for something.
const FAIR: u8 = 0;
const DOWN: u8 = 1;
const PANIC: u8 = 2;

/// An email as it was handed over: to whom, its bytes, its tags.
type Mail = (String, Vec<u8>, Vec<(String, String)>);

#[derive(Debug, Default)]
struct World {
    mood: AtomicU8,
    seconds: Mutex<i64>,
    /// Everything that must hold nothing of anybody.
    seen: Mutex<Vec<String>>,
    mails: Mutex<Vec<Mail>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    fn see(&self, text: impl Into<String>) {
        lock(&self.seen).push(text.into());
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_772_442_000 + *lock(&self.seconds)).expect("in range")
    }
}

impl Weather for World {
    fn before(&self, request: &'static str) -> BoxFuture<'_, Fate> {
        Box::pin(async move {
            match self.mood.load(Ordering::Relaxed) {
                DOWN if request != "key_ring" => Fate::Failed(StoreErrorKind::NoAnswer),
                PANIC => panic!("the store came down in {request}"),
                _ => Fate::Done,
            }
        })
    }

    fn after(&self, _: &'static str) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn lag(&self) -> SignedDuration {
        SignedDuration::ZERO
    }

    fn now(&self) -> Timestamp {
        Self::now(self)
    }

    fn saved(&self, _: Option<&Lead>, new: &Lead, wake: bool) {
        // The columns that are keys, of the table and of its indexes, as they are written.
        let item = item::from_lead(new, DUE_SHARDS, "w", wake).expect("an item");
        for key in [
            item::PK,
            item::SK,
            item::DUE_SHARD,
            item::DUE_AT,
            item::BOARD,
            item::CAPTURED_AT,
        ] {
            self.see(format!("{:?}", item.get(key)));
        }
        // Whoever prints a lead prints nobody.
        self.see(format!("{new:?} {:#?}", new.words.answers()));
    }

    fn buried(&self, _: &Lead, tombstone: &Tombstone) {
        self.see(format!("{tombstone:?}"));
    }
}

#[derive(Debug)]
struct Post(Arc<World>);

impl MailService for Post {
    fn send<'a>(&'a self, parcel: Parcel<'a>, mime: Vec<u8>) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let tags: Vec<_> = parcel
                .tags
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect();
            self.0.see(format!("{tags:?}"));
            if self.0.mood.load(Ordering::Relaxed) == PANIC {
                panic!("the mailer came down");
            }
            let mut mails = lock(&self.0.mails);
            mails.push((parcel.to.to_owned(), mime, tags));
            Outcome::Accepted {
                message_id: format!("m-{}", mails.len()),
            }
        })
    }

    fn quota(&self) -> BoxFuture<'_, Option<(Quota, u64)>> {
        let quota = Quota {
            per_second: 1_000_000,
            per_day: None,
        };
        Box::pin(std::future::ready(Some((quota, 0))))
    }
}

/// Somebody, none of whose values is like anything else in the system.
struct Person {
    email: String,
    first: String,
    last: String,
    phone: String,
    company: String,
    need: String,
    source: String,
}

impl Person {
    fn new(number: usize) -> Self {
        let word = |kind: &str| format!("{kind}q{:06x}zx", number * 7_919 + 0x10_0000);
        Self {
            email: format!("{}@{}.example.org", word("mel"), word("dom")),
            first: word("Prenom"),
            last: word("Nom"),
            phone: format!(
                "+33 6 {:02} {:02} {:02} 97",
                number / 10_000,
                number / 100 % 100,
                number % 100
            ),
            company: word("Societe"),
            need: format!("J’ai {} à résoudre", word("besoin")),
            source: word("origine"),
        }
    }

    fn values(&self) -> [&str; 8] {
        let local = self.email.split('@').next().unwrap_or_default();
        [
            &self.email,
            local,
            &self.first,
            &self.last,
            &self.phone,
            &self.company,
            &self.need,
            &self.source,
        ]
    }

    fn form(&self, more: &[(&str, &str)]) -> String {
        let mut fields: Vec<(&str, &str)> = vec![
            ("email", &self.email),
            ("first_name", &self.first),
            ("last_name", &self.last),
            ("phone", &self.phone),
            ("company", &self.company),
            ("need", &self.need),
            ("utm_source", &self.source),
            ("marketing_consent", "on"),
        ];
        fields.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
        fields.extend(more);
        form(&fields)
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    let escape = |text: &str| -> String {
        text.bytes()
            .map(|b| {
                if b.is_ascii_alphanumeric() {
                    char::from(b).to_string()
                } else {
                    format!("%{b:02X}")
                }
            })
            .collect()
    };
    let pairs = fields
        .iter()
        .map(|(name, value)| format!("{}={}", escape(name), escape(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn request(method: Method, path: &str, key: &str, json: bool, body: String) -> Request {
    let kind = if body.starts_with('{') {
        "application/json"
    } else {
        "application/x-www-form-urlencoded"
    };
    HttpRequest::builder()
        .method(method)
        .uri(format!("https://leads.example.com{path}"))
        .header(CONTENT_TYPE, kind)
        .header(ACCEPT, if json { "application/json" } else { "text/html" })
        .header(AUTHORIZATION, format!("Bearer {key}"))
        .body(if body.is_empty() { Body::Empty } else { Body::Text(body) })
        .expect("a request")
}

struct House {
    world: Arc<World>,
    app: App,
    key: String,
    /// What the other system signs with.
    secret: Secret,
}

#[derive(Clone, Copy)]
enum Function {
    Capture,
    Consent,
    Console,
    Trigger,
}

impl House {
    async fn build() -> Self {
        let world = Arc::new(World::default());
        let store = Store::Memory(Memory::new("leaks", DUE_SHARDS, Arc::<World>::clone(&world)));
        let (mut ring, key) = KeyRing::generate(&WorkspaceId::new("main"));
        let secret = Secret::generate();
        ring.add_source(&WorkspaceId::new("main"), "crm", secret.clone());
        store.save_key_ring(&ring, None).await.expect("kept");
        let campaigns = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/campaigns");
        for bundle in read_all(&campaigns).expect("campaigns") {
            store
                .publish(&bundle.published, &bundle.files)
                .await
                .expect("published");
        }
        store.settle_in().await.expect("settled in");
        let time = Arc::clone(&world);
        let clock = Clock::Simulated(Simulated(Arc::new(move || time.now())));
        let app = App::start(settings(DUE_SHARDS), clock, store, Campaigns::published())
            .await
            .expect("it starts");
        app.catalog().await.expect("campaigns");
        Self {
            world,
            app,
            key,
            secret,
        }
    }

    /// One request, as the runtime makes it: a panic is an answer. Everything in it but a page for the person is searched.
    async fn ask(&self, function: Function, request: Request) -> Option<Response<Body>> {
        let shows_own = request
            .headers()
            .get(ACCEPT)
            .is_some_and(|accept| accept == "text/html");
        let answer = async {
            match function {
                Function::Capture => piste_capture::handle(&self.app, &Visit::read(request)).await,
                Function::Consent => piste_consent::handle(&self.app, &Visit::read(request)).await,
                Function::Console => piste_console::handle(&self.app, &Visit::read(request)).await,
                Function::Trigger => piste_trigger::handle(&self.app, &Visit::read(request)).await,
            }
        };
        let answer = AssertUnwindSafe(answer).catch_unwind().await.ok()?;
        if let Some(location) = answer.headers().get(LOCATION) {
            self.world.see(format!("{location:?}"));
        }
        let refused = answer.status().is_client_error() || answer.status().is_server_error();
        if let (true, false, Body::Text(body)) = (refused, shows_own, answer.body()) {
            self.world.see(body.clone());
        }
        Some(answer)
    }

    /// What another system reports of a person; `signed` as it should be, or not.
    fn reported(&self, person: &Person, event: &str, signed: bool) -> Request {
        let body = json!({
            "event": event,
            "contact": {
                "email": person.email, "first_name": person.first, "last_name": person.last,
                "company": { "name": person.company, "size": person.need },
            },
            "page": { "url": format!("https://www.example.com/?{}", person.email) },
        })
        .to_string();
        let now = self.world.now();
        let id = format!("{event}-{}", &person.source);
        let signature = match signed {
            true => self.secret.sign(&id, now, body.as_bytes()),
            false => format!("v1,{}", person.last),
        };
        let mut request = request(Method::POST, "/triggers/crm", "none", true, body);
        for (name, value) in [
            ("webhook-id", id),
            ("webhook-timestamp", now.as_second().to_string()),
            ("webhook-signature", signature),
        ] {
            request.headers_mut().insert(name, value.parse().expect("a header"));
        }
        request
    }

    fn set(&self, mood: u8) {
        self.world.mood.store(mood, Ordering::Relaxed);
    }

    fn links(&self, address: &str, part: &str) -> Option<String> {
        let mails = lock(&self.world.mails);
        let (_, mime, _) = mails.iter().rev().find(|(to, ..)| to == address)?;
        let message = mail_parser::MessageParser::default().parse(mime.as_slice())?;
        let text = message.body_text(0)?;
        let link = text.split_whitespace().find(|word| word.contains(part))?;
        Some(link.trim_start_matches("https://leads.example.com").to_owned())
    }
}

#[test]
fn r71_ten_thousand_people_leave_no_trace_where_none_may_be() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let house = House::build().await;
        // What a panic says goes to the log, too.
        let heard = Arc::clone(&house.world);
        std::panic::set_hook(Box::new(move |panic| {
            let told = panic.payload().downcast_ref::<&str>().map(|text| (*text).to_owned());
            let told = told.or_else(|| panic.payload().downcast_ref::<String>().cloned());
            heard.see(told.unwrap_or_default());
        }));
        telemetry::catch();
        let mailer = Mailer::Simulated(Arc::new(Post(Arc::clone(&house.world))));
        let nurture = Nurture::new(&house.app, &mailer, Events::AlwaysArrive);
        let mut searched = 0;
        let mut lines = 0;
        for start in (0..PEOPLE).step_by(SIDE_BY_SIDE) {
            let people: Vec<Person> = (start..start + SIDE_BY_SIDE).map(Person::new).collect();
            let mut secrets = Vec::new();
            live(&house, &nurture, &people, &mut secrets).await;
            let caught = telemetry::catch();
            lines += caught.len();
            let mut haystack = std::mem::take(&mut *lock(&house.world.seen)).join("\n");
            searched += haystack.len();
            haystack.push_str(&caught.concat());
            if let Some(leak) = leak(&haystack, &people) {
                panic!("{leak}");
            }
            let logs = caught.concat();
            for secret in &secrets {
                assert!(!logs.contains(secret.as_str()), "a token is in the log");
            }
            lock(&house.world.mails).clear();
        }
        // A search that saw nothing would prove nothing.
        assert!(lines > 4 * PEOPLE, "{lines} log lines");
        assert!(searched > 1_000 * PEOPLE, "{searched} bytes");
    });
}

/// The first value of theirs that is found, and the line it is in.
fn leak(haystack: &str, people: &[Person]) -> Option<String> {
    let mut values = people.iter().flat_map(Person::values);
    let value = values.find(|value| haystack.contains(value))?;
    Some(format!("{value} is in {}", around(haystack, value)))
}

/// The search sees what it is to see: each value of a person, in a line among others.
#[test]
fn i17_a_leak_is_found() {
    let people: Vec<Person> = (0..3).map(Person::new).collect();
    assert_eq!(leak("{\"event\":\"sent\",\"lead\":\"a\"}\n", &people), None);
    for value in people[1].values() {
        let line = format!("{{\"event\":\"sent\"}}\n{{\"event\":\"odd\",\"code\":\"{value}\"}}\n");
        let found = leak(&line, &people).expect("found");
        assert!(found.contains("odd"), "{found}");
    }
}

fn around<'a>(haystack: &'a str, value: &str) -> &'a str {
    let line = haystack.lines().find(|line| line.contains(value));
    line.unwrap_or_default()
}

/// What a few dozen people do, and what happens to them.
async fn live(house: &House, nurture: &Nurture<'_>, people: &[Person], secrets: &mut Vec<String>) {
    use Function::{Capture, Consent, Console, Trigger};
    let post = |path: &str, body: String| request(Method::POST, path, "none", true, body);
    for (number, person) in people.iter().enumerate() {
        // Bad days first: refused fields, names nobody asked for, other formats, the store down, a panic.
        if number % 5 == 0 {
            for body in [
                person.form(&[("budget", &person.first)]),
                person.form(&[(&person.email, &person.last), ("score", &person.need)]),
                format!("{{\"email\":\"{}\",\"first_name\":[", person.email),
            ] {
                house.ask(Capture, post("/forms/guide-seo", body)).await;
            }
            house
                .ask(Capture, post(&format!("/forms/{}", person.email), person.form(&[])))
                .await;
            for mood in [DOWN, PANIC] {
                house.set(mood);
                house.ask(Capture, post("/forms/guide-seo", person.form(&[]))).await;
                house
                    .ask(Consent, post("/my-data", form(&[("email", &person.email)])))
                    .await;
                house
                    .ask(
                        Console,
                        request(
                            Method::GET,
                            &format!("/api/leads?q={}", person.email),
                            &house.key,
                            true,
                            String::new(),
                        ),
                    )
                    .await;
                house.ask(Trigger, house.reported(person, "page.viewed", true)).await;
                house.set(FAIR);
            }
            for event in [person.email.as_str(), "contact.created", &person.first] {
                house.ask(Trigger, house.reported(person, event, false)).await;
                house.ask(Trigger, house.reported(person, event, true)).await;
            }
        }
        let done = house
            .ask(Capture, post("/forms/guide-seo", person.form(&[])))
            .await
            .expect("answered");
        assert_eq!(done.status(), 202);
        let next = format!("https://evil.example/?{}", person.email);
        let browser = request(
            Method::POST,
            "/forms/guide-seo",
            "none",
            false,
            person.form(&[("_next", &next)]),
        );
        house.ask(Capture, browser).await;
    }
    house.set(PANIC);
    nurture_once(nurture).await;
    house.set(FAIR);
    *lock(&house.world.seconds) += 30 * 3_600; // past leases, and past what was set aside
    nurture_once(nurture).await;
    for (number, person) in people.iter().enumerate() {
        let Some(confirm) = house.links(&person.email, "/confirm?") else {
            panic!("no mail to confirm from");
        };
        let token = confirm.split(['=', '&']).nth(1).unwrap_or_default().to_owned();
        for link in [
            confirm.as_str(),
            &format!("/confirm?t={}", person.email),
            &confirm.replace("v1.", "v2."),
        ] {
            house
                .ask(Consent, request(Method::GET, link, "none", true, String::new()))
                .await;
            house.ask(Consent, post(link, String::new())).await;
        }
        secrets.push(token);
        house
            .ask(
                Consent,
                post("/my-data", form(&[("form", "guide-seo"), ("email", &person.email)])),
            )
            .await;
        house
            .ask(
                Console,
                request(
                    Method::GET,
                    &format!("/api/leads/{}", person.email),
                    &house.key,
                    true,
                    String::new(),
                ),
            )
            .await;
        house
            .ask(
                Console,
                request(
                    Method::GET,
                    &format!("/api/leads?cursor={}", person.last),
                    &house.key,
                    true,
                    String::new(),
                ),
            )
            .await;
        house
            .ask(
                Console,
                request(Method::GET, "/api/leads", &person.email, true, String::new()),
            )
            .await;
        report(house, person, number).await;
        for event in ["page.viewed", "call.missed", "contact.opted_out"]
            .into_iter()
            .take(1 + number % 3)
        {
            house.ask(Trigger, house.reported(person, event, true)).await;
        }
        let preferences = format!("/preferences?t={}", person.email);
        house
            .ask(Consent, post(&preferences, form(&[("stop", &person.first)])))
            .await;
    }
    nurture_once(nurture).await;
    for person in people {
        let Some(link) = house.links(&person.email, "/my-data?t=") else {
            continue;
        };
        secrets.push(link.split(['=', '&']).nth(1).unwrap_or_default().to_owned());
        let correct = form(&[
            ("do", "correct"),
            ("first_name", &person.first),
            ("budget", &person.last),
        ]);
        for body in [
            correct,
            form(&[("do", &person.last)]),
            form(&[("do", "download")]),
            form(&[("do", "erase")]),
        ] {
            house
                .ask(Consent, request(Method::POST, &link, "none", false, body))
                .await;
        }
    }
}

async fn nurture_once(nurture: &Nurture<'_>) {
    let _ = AssertUnwindSafe(piste_nurture::handle(nurture, &json!({}), 0))
        .catch_unwind()
        .await;
}

/// What SES reports holds the address, and so does what comes broken (R72).
async fn report(house: &House, person: &Person, number: usize) {
    let tags = {
        let mails = lock(&house.world.mails);
        let mail = mails.iter().rev().find(|(to, ..)| to == &person.email);
        mail.map(|(.., tags)| tags.clone()).unwrap_or_default()
    };
    let tags: serde_json::Map<_, _> = tags.into_iter().map(|(name, value)| (name, json!([value]))).collect();
    let kind = ["Send", "Delivery", "Open", "Click", "DeliveryDelay", "Surprise"][number % 6];
    let event = json!({
        "eventType": kind,
        "mail": {
            "messageId": "m-0", "destination": [person.email], "timestamp": house.world.now().to_string(),
            "commonHeaders": { "to": [person.email], "subject": person.first }, "tags": tags,
        },
        "bounce": { "bouncedRecipients": [{ "emailAddress": person.email, "diagnosticCode": format!("550 {}", person.email) }] },
    });
    let broken = json!({ "eventType": person.email, "mail": { "messageId": person.email, "tags": { "lead_id": [person.email], "send_id": [person.last] } } });
    for event in [
        event,
        broken,
        json!({ "Records": [{ "Sns": { "Message": person.email } }] }),
    ] {
        if let Err(error) = piste_feedback::handle(&house.app, &event).await {
            house.world.see(error.to_string());
        }
    }
}
