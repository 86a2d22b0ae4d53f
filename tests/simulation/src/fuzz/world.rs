//! The doors with a store: the real handlers over the store in memory, with people in it, links that were really signed and
//! cursors that were really given.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use lambda_http::http::StatusCode;
use lambda_http::http::header::{CONTENT_TYPE, LOCATION};
use lambda_http::{Body, Response};
use mail_parser::MessageParser;
use piste_adapters::campaigns::{Campaigns, read_all};
use piste_adapters::clock::{Chance as Bytes, Clock, Simulated};
use piste_adapters::http::Visit;
use piste_adapters::keys::{KeyRing, LinkKey};
use piste_adapters::mail::ses::{MailService, Mailer, Parcel};
use piste_adapters::store::memory::{Fate, Memory, Weather};
use piste_adapters::store::{Store, StoreErrorKind};
use piste_adapters::token::{Claims, Purpose, sign};
use piste_adapters::users::ConsoleSession;
use piste_adapters::webhook::Secret;
use piste_adapters::{App, telemetry};
use piste_domain::kit::ids::sha256_hex;
use piste_domain::lead::ledger::Outcome;
use piste_domain::rules::sending::Quota;
use piste_domain::{Campaign, Email, Key, Lead, LeadId, Tombstone, WorkspaceId};
use piste_nurture::{Events, Nurture};
use serde_json::{Value, json};

use super::{Broken, Case, Door, samples};
use crate::world::settings;

/// A Monday, ten in the morning in Paris.
const START: i64 = 1_772_442_000;
const NEVER: u64 = u64::MAX;
const STORM: u64 = NEVER - 1;
const SHARDS: u32 = 2;
/// The operator's key, and the cookie of a session opened with it.
pub const KEY: &str = "piste_main_00000000000000000000000000000000";
pub const COOKIE: &str = "__Host-piste=00112233445566778899aabbccddeeff";
/// Whose item cannot be read: a post of theirs is kept beside it.
const UNREADABLE: &str = "zqx.unreadable@example.org";

/// The moment of readers, which have no clock.
pub fn now() -> Timestamp {
    Timestamp::from_second(START).expect("in range")
}

/// Time, and a table that does not answer from some request on.
#[derive(Debug)]
pub struct Sky {
    seconds: AtomicI64,
    down_after: AtomicU64,
}

impl Weather for Sky {
    fn before(&self, _: &'static str) -> BoxFuture<'_, Fate> {
        let left = self.down_after.load(Ordering::Relaxed);
        let fate = match left {
            NEVER => Fate::Done,
            STORM => panic!("the table came down"),
            0 => Fate::Failed(StoreErrorKind::NoAnswer),
            _ => {
                self.down_after.store(left - 1, Ordering::Relaxed);
                Fate::Done
            }
        };
        Box::pin(std::future::ready(fate))
    }

    fn after(&self, _: &'static str) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn lag(&self) -> SignedDuration {
        SignedDuration::ZERO
    }

    fn now(&self) -> Timestamp {
        now() + SignedDuration::from_secs(self.seconds.load(Ordering::Relaxed))
    }

    fn saved(&self, _: Option<&Lead>, _: &Lead, _: bool) {}

    fn buried(&self, _: &Lead, _: &Tombstone) {}
}

/// What an email broke, if one did.
#[derive(Debug, Default)]
struct Post(Mutex<(u64, Option<String>)>);

impl MailService for Post {
    fn send<'a>(&'a self, parcel: Parcel<'a>, mime: Vec<u8>) -> BoxFuture<'a, Outcome> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.0 += 1;
        let message = MessageParser::default().parse(&mime);
        let to = message
            .as_ref()
            .and_then(|message| message.to()?.first()?.address().map(str::to_owned));
        let alone = message
            .as_ref()
            .is_some_and(|message| message.bcc().is_none() && message.cc().is_none());
        if to.as_deref().is_none_or(|to| !to.eq_ignore_ascii_case(parcel.to)) || !alone {
            seen.1 = Some("an email whose header names somebody else".to_owned());
        }
        let message_id = format!("m-{}", seen.0);
        Box::pin(std::future::ready(Outcome::Accepted { message_id }))
    }

    fn quota(&self) -> BoxFuture<'_, Option<(Quota, u64)>> {
        let quota = Quota {
            per_second: 1_000_000,
            per_day: None,
        };
        Box::pin(std::future::ready(Some((quota, 0))))
    }
}

/// The system, and what its doors have given out.
pub struct World {
    pub app: App,
    /// What other systems sign with.
    pub secret: Secret,
    pub campaigns: Vec<Campaign>,
    /// The files that owners write.
    pub files: Vec<String>,
    pub emails: Vec<String>,
    pub mappings: Vec<String>,
    pub tokens: Vec<(Purpose, String)>,
    pub leads: Vec<String>,
    pub held: Vec<String>,
    pub cursors: Vec<String>,
    pub import: String,
    /// The lead whose item cannot be read.
    unreadable: String,
    sky: Arc<Sky>,
    post: Arc<Post>,
    mailer: Mailer,
    ring: KeyRing,
    memory: Memory,
    pristine: Memory,
}

fn store_of(memory: &Memory) -> Store {
    Store::Memory(memory.clone())
}

impl World {
    /// Publishes the shipped campaigns and lets some people in.
    pub async fn build(seed: u64) -> Self {
        let sky = Arc::new(Sky {
            seconds: AtomicI64::new(0),
            down_after: AtomicU64::new(NEVER),
        });
        let memory = Memory::new("fuzz", SHARDS, Arc::<Sky>::clone(&sky));
        let store = store_of(&memory);
        let workspace = WorkspaceId::new("main");
        let secret = Secret::parse("whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA=").expect("a secret");
        let ring = ring(&workspace, &secret);
        store.save_key_ring(&ring, None).await.expect("kept");
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/campaigns");
        let bundles = read_all(&folder).expect("campaigns");
        for bundle in &bundles {
            store
                .publish(&bundle.published, &bundle.files)
                .await
                .expect("published");
        }
        store.settle_in().await.expect("settled in");
        let hash = sha256_hex(COOKIE.split_once('=').expect("a cookie").1);
        let session = ConsoleSession {
            user: sha256_hex(KEY),
            opened_at: now(),
            seen_at: now(),
        };
        store.open_session(&hash, &session).await.expect("opened");
        let time = Arc::clone(&sky);
        let clock = Clock::Simulated(Simulated(Arc::new(move || Weather::now(&*time))));
        let mut app = App::start(settings(SHARDS), clock, store, Campaigns::published())
            .await
            .expect("it starts");
        app.chance = Bytes::Seeded(Arc::new(Mutex::new(seed)));
        app.catalog().await.expect("campaigns");
        let text = |path: std::path::PathBuf| std::fs::read_to_string(path).unwrap_or_default();
        let files = bundles
            .iter()
            .map(|bundle| text(folder.join(bundle.published.campaign.id.as_str()).join("campaign.toml")));
        let emails = bundles
            .iter()
            .flat_map(|bundle| &bundle.files)
            .filter(|(path, _)| path.starts_with("emails/"));
        let post = Arc::new(Post::default());
        let mut world = Self {
            files: files.collect(),
            emails: emails.map(|(_, text)| text.clone()).collect(),
            mappings: mappings(&text(folder.join("guide-seo/triggers/crm.toml"))),
            campaigns: bundles.into_iter().map(|bundle| bundle.published.campaign).collect(),
            mailer: Mailer::Simulated(Arc::<Post>::clone(&post)),
            pristine: memory.restored("fuzz"),
            tokens: Vec::new(),
            leads: Vec::new(),
            held: Vec::new(),
            cursors: Vec::new(),
            import: String::new(),
            unreadable: String::new(),
            app,
            secret,
            sky,
            post,
            ring,
            memory,
        };
        world.settle().await;
        world.pristine = world.memory.restored("fuzz");
        telemetry::catch();
        world
    }

    /// People, one of each kind of link, posts that are held, an import and the first cursors.
    async fn settle(&mut self) {
        for at in 0..12 {
            let mut pairs = samples::form(at);
            pairs.retain(|(name, _)| !name.to_lowercase().contains("mail"));
            let email = match at {
                0 => UNREADABLE.to_owned(),
                at => format!("zqx.{at}@example.org"),
            };
            pairs.push(("email".to_owned(), email));
            if at % 4 == 3 {
                pairs.push(("_gotcha".to_owned(), "bot".to_owned()));
            }
            let fields: Value = pairs
                .into_iter()
                .map(|(name, value)| (name, Value::from(value)))
                .collect();
            self.tick();
            let answer = self
                .answer(&Case::json(Door::Capture, "POST", "/forms/guide-seo", &fields))
                .await;
            assert_eq!(answer.status(), StatusCode::ACCEPTED, "post {at}");
        }
        self.sweep().await.expect("a sweep");
        let mut leads: Vec<_> = self.memory.leads_now().into_values().collect();
        leads.sort_by(|a, b| a.id.as_str().cmp(b.id.as_str()));
        for (at, lead) in leads.iter().enumerate() {
            self.leads.push(lead.id.to_string());
            for (purpose, subject) in [
                (Purpose::Confirm, "guide-seo"),
                (Purpose::Unsubscribe, "guide-seo"),
                (Purpose::Preferences, "guide-seo"),
                (Purpose::Data, "guide-seo"),
                (Purpose::Resource, "guide-seo/guide-seo"),
                (
                    Purpose::Sales,
                    ["note/1/1", "accept/1/1", "reject/1/1", "snooze/1/1", "today"][at % 5],
                ),
            ] {
                let claims = Claims {
                    workspace: WorkspaceId::new("main"),
                    lead: lead.id.clone(),
                    subject: subject.to_owned(),
                };
                let end = purpose.life_max().map(|life| now() + life);
                self.tokens.push((
                    purpose,
                    sign(&self.app.ring(), purpose, &claims, end).expose().to_owned(),
                ));
            }
        }
        let list = Case {
            body: samples::LISTS[0].into(),
            ..Case::operator("POST", "/api/leads/import?campaign=guide-seo").with("content-type", "text/csv")
        };
        self.import = document(&self.answer(&list).await)["id"]
            .as_str()
            .expect("an import")
            .to_owned();
        for path in [
            "/api/leads?limit=2",
            "/api/leads?limit=2&sort=-score",
            "/api/leads?limit=1&sort=name",
            "/api/quarantine",
            "/api/retention?days=3000",
        ] {
            let page = document(&self.answer(&Case::operator("GET", path)).await);
            self.cursors.extend(page["next"].as_str().map(str::to_owned));
            if let Some(held) = page["posts"].as_array() {
                self.held
                    .extend(held.iter().filter_map(|post| post["id"].as_str()).map(str::to_owned));
            }
        }
        let unreadable = Email::parse(UNREADABLE).expect("an address");
        let unreadable = LeadId::of(&self.ring.identity, &WorkspaceId::new("main"), &unreadable);
        self.memory.corrupt(&unreadable, true);
        self.unreadable = unreadable.to_string();
        assert!(
            !self.cursors.is_empty() && self.leads.len() > 5 && !self.held.is_empty(),
            "a world to try"
        );
    }

    fn tick(&self) {
        self.sky.seconds.fetch_add(7, Ordering::Relaxed);
    }

    /// The moment here.
    pub fn now(&self) -> Timestamp {
        Weather::now(&*self.sky)
    }

    /// Everything as it was before the first case.
    pub async fn clear(&self) {
        self.sky.down_after.store(NEVER, Ordering::Relaxed);
        self.sky.seconds.store(600, Ordering::Relaxed);
        self.memory.replace_by(&self.pristine);
        let held = self.app.store.key_ring().await.expect("a ring");
        self.app
            .store
            .save_key_ring(&self.ring, held.as_ref())
            .await
            .expect("kept");
        self.app.reread_ring().await.expect("read");
        telemetry::catch();
    }

    /// Lets every request of the table panic, or no more.
    #[cfg(test)]
    pub fn storm(&self, storms: bool) {
        let requests = if storms { STORM } else { NEVER };
        self.sky.down_after.store(requests, Ordering::Relaxed);
    }

    /// The function behind a door.
    pub async fn handle(&self, door: Door, visit: &Visit) -> Response<Body> {
        match door {
            Door::Trigger => piste_trigger::handle(&self.app, visit).await,
            Door::Consent => piste_consent::handle(&self.app, visit).await,
            Door::Console | Door::Import => piste_console::handle(&self.app, visit).await,
            _ => piste_capture::handle(&self.app, visit).await,
        }
    }

    async fn answer(&self, case: &Case) -> Response<Body> {
        self.handle(case.door, &case.visit()).await
    }

    fn concerns_unreadable(&self, case: &Case) -> bool {
        case.path.contains(&self.unreadable) || String::from_utf8_lossy(&case.body).contains(&self.unreadable)
    }

    /// One request, and what must hold of its answer, of the log and of the request after it.
    pub async fn ask(&self, case: &Case) -> Result<(), Broken> {
        self.tick();
        if let Some(requests) = case.down_after {
            self.sky.down_after.store(requests, Ordering::Relaxed);
        }
        if case.door == Door::Feedback {
            let event = serde_json::from_slice(&case.body).unwrap_or_default();
            let taken = piste_feedback::handle(&self.app, &event).await;
            self.sky.down_after.store(NEVER, Ordering::Relaxed);
            // What concerns the lead that cannot be read waits in the queue.
            let may_wait = case.down_after.is_some() || self.concerns_unreadable(case);
            if let Some(error) = taken.err().filter(|_| !may_wait) {
                return Err(Broken(format!("an event that cannot be taken: {error}")));
            }
        } else {
            let answer = self.answer(case).await;
            self.sky.down_after.store(NEVER, Ordering::Relaxed);
            let may_wait = case.down_after.is_some() || self.concerns_unreadable(case);
            judge(case, &answer, may_wait)?;
            let lines = telemetry::catch();
            quiet(&lines)?;
            if case.is_post_of_a_form() && [StatusCode::ACCEPTED, StatusCode::SEE_OTHER].contains(&answer.status()) {
                self.is_kept(&lines).await?;
            }
        }
        quiet(&telemetry::catch())?;
        self.tick();
        let next = json!({ "email": "ordinary.zqx@example.org", "first_name": "Ana" });
        let next = self
            .answer(&Case::json(Door::Capture, "POST", "/forms/guide-seo", &next))
            .await;
        let lines = telemetry::catch();
        match next.status() == StatusCode::ACCEPTED && lines.iter().any(|line| line.contains("\"captured\"")) {
            true => Ok(()),
            false => Err(Broken(format!("the next request is not well: {}", next.status()))),
        }
    }

    /// Whether what the visitor was told is so: there is a lead, a held post or a kept one.
    async fn is_kept(&self, lines: &[String]) -> Result<(), Broken> {
        let of = |event: &str| {
            lines
                .iter()
                .find(|line| line.starts_with(&format!("{{\"event\":\"{event}\"")))
        };
        let lead = |line: &str| {
            let value: Value = serde_json::from_str(line).unwrap_or_default();
            LeadId::new(value["lead"].as_str().unwrap_or_default())
        };
        let store = &self.app.store;
        let kept = if let Some(line) = of("captured") {
            match of("post_kept") {
                Some(line) => !store.kept(&lead(line)).await.expect("an answer").is_empty(),
                None => self.memory.peek(&lead(line)).is_some(),
            }
        } else if of("post_held").is_some() {
            let (page, _) = store
                .held_posts(&WorkspaceId::new("main"), self.now(), 5, None)
                .await
                .expect("an answer");
            page.rows.iter().any(|row| row.held.at == self.now())
        } else {
            false
        };
        match kept {
            true => Ok(()),
            false => Err(Broken("the visitor was told of a lead that is not there".to_owned())),
        }
    }

    /// What follows from all that was posted: emails leave, in order and to whom they are for.
    pub async fn sweep(&self) -> Result<(), Broken> {
        let nurture = Nurture::new(&self.app, &self.mailer, Events::AlwaysArrive);
        for hours in [0, 2, 72] {
            self.sky.seconds.fetch_add(hours * 3_600, Ordering::Relaxed);
            let swept = piste_nurture::handle(&nurture, &json!({}), 0).await;
            let lines = telemetry::catch();
            quiet(&lines)?;
            let failed = ["lead_failed", "set_aside", "due_failed"].map(|event| format!("{{\"event\":\"{event}\""));
            let failed = |line: &&String| failed.iter().any(|event| line.starts_with(event));
            let expected = |line: &String| line.contains(&self.unreadable);
            if let Some(line) = lines.iter().filter(failed).find(|line| !expected(line)) {
                let panic = super::panic_kept();
                return Err(Broken(format!("a lead that cannot be swept: {panic} {line}")));
            }
            swept.map_err(|error| Broken(format!("the sweep failed: {error}")))?;
        }
        match self.post.0.lock().unwrap_or_else(PoisonError::into_inner).1.take() {
            Some(broken) => Err(Broken(broken)),
            None => Ok(()),
        }
    }
}

fn document(answer: &Response<Body>) -> Value {
    match answer.body() {
        Body::Text(text) => serde_json::from_str(text).unwrap_or_default(),
        _ => Value::Null,
    }
}

/// Whether nothing that was typed stands in the log: no address, and of one no part but in the name of a field or a site.
fn quiet(lines: &[String]) -> Result<(), Broken> {
    let names = ["{\"event\":\"undeclared_field\"", "{\"event\":\"unlisted_site\""];
    let leaks = |line: &&String| {
        let tells_a_name = names.iter().any(|name| line.starts_with(name));
        // An id of ours may hold the letters by chance.
        let words = line.split(|c: char| !c.is_ascii_alphanumeric());
        let mut words = words.filter(|word| !LeadId::is_valid(word));
        line.contains('@') || (!tells_a_name && words.any(|word| word.to_ascii_lowercase().contains("zqx")))
    };
    match lines.iter().find(leaks) {
        Some(line) => Err(Broken(format!("an address in the log: {line}"))),
        None => Ok(()),
    }
}

/// Every status that a door may answer with; 503 where the store is down.
const STATUSES: [u16; 18] = [
    200, 201, 202, 204, 302, 303, 400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 429, 503,
];

fn judge(case: &Case, answer: &Response<Body>, may_wait: bool) -> Result<(), Broken> {
    let status = answer.status();
    let broken = |what: &str| Err(Broken(format!("{what}: {status}")));
    if !STATUSES.contains(&status.as_u16()) {
        return broken("a status that no door answers with");
    }
    // The rights log is read from CloudWatch, which is not here.
    let reads_logs = case.path.contains("/audit");
    if status == StatusCode::SERVICE_UNAVAILABLE && !may_wait && !reads_logs {
        return broken("the store was well");
    }
    let kind = answer
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    let text = match answer.body() {
        Body::Text(text) => text.as_str(),
        _ => "",
    };
    let is_page = kind.starts_with("text/html");
    if is_page && text.contains("<script>zqxss") {
        return broken("a page with a stranger's script");
    }
    if (status.is_client_error() || status.is_server_error()) && case.method != "HEAD" {
        let problem = || serde_json::from_str::<Value>(text).is_ok_and(|problem| problem["code"].is_string());
        let told = match kind {
            "application/problem+json" => problem(),
            _ => is_page && text.starts_with("<!DOCTYPE html>"),
        };
        if !told {
            return broken("a refusal that says nothing");
        }
    }
    if answer
        .headers()
        .get(LOCATION)
        .is_some_and(|to| to.to_str().is_ok_and(|to| to.contains("evil.example")))
    {
        return broken("a redirect to somewhere else");
    }
    Ok(())
}

/// A ring that is the same in every run.
fn ring(workspace: &WorkspaceId, secret: &Secret) -> KeyRing {
    let (mut ring, operator) = KeyRing::generate(workspace);
    ring.identity = Key::new(vec![7; 32]);
    ring.links = vec![LinkKey {
        id: "k1".to_owned(),
        key: Key::new(vec![9; 32]),
    }];
    for source in ["crm", "site"] {
        ring.add_source(workspace, source, secret.clone());
    }
    let named = ring.to_json().replace(&sha256_hex(&operator), &sha256_hex(KEY));
    KeyRing::from_json(&named).expect("a ring")
}

/// The shipped mapping, under each way in which a message proves itself.
fn mappings(shipped: &str) -> Vec<String> {
    let proofs = [
        "standard",
        "hubspot_v3",
        "typeform",
        "stripe",
        "calendly",
        "meta",
        "basic",
        "header\"\nproof_header = \"x-zqx",
        "body_token\"\nproof_path = \"contact.email",
    ];
    let with = |proof: &&str| format!("proof = \"{proof}\"\n{shipped}");
    proofs.iter().map(with).collect()
}
