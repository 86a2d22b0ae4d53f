//! What a deployed stack is to its functions: tables, SES, an environment, and a published campaign.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use mail_parser::{Message, MessageParser};
use piste_adapters::campaigns::Campaigns;
use piste_adapters::clock::{Clock, VirtualTime};
use piste_adapters::config::{Aws, DUE_SHARDS, Settings};
use piste_adapters::keys::KeyRing;
use piste_adapters::mail::ses::{CANARY_ADDRESS, CANARY_TAG};
use piste_adapters::store::{Saved, Store};
use piste_adapters::{App, aws};
use piste_domain::{Email, Lead, LeadId, WorkspaceId};
use piste_local::engine::Engine;
use piste_local::outbox::{Entry, Event, Mail, Outbox};
use piste_local::ses::{self, Fault, SenderPolicy, event_json, sns_event};
use piste_tests::binaries::{binary, root};
use piste_tests::gauge::Gauge;
use piste_tests::proxy::Proxy;
use piste_tests::runtime_api::{Function, InvocationError, RuntimeApi, SOURCE_IP};
use serde_json::{Value, json};

/// How long each function may take (`Timeout` in `infra/template.yaml`).
const TIMEOUT: Duration = Duration::from_secs(60);
/// Marks of the people in these tests: none may stand in a log (R71). Every address ends in `example.org`.
const PERSONAL: [&str; 9] = [
    "example.org",
    "Amélie",
    "Durand",
    "Benoît",
    "Camille",
    "99 00 12 34",
    "Atelier",
    "devis",
    SOURCE_IP,
];

/// A stack, with its insides open to the test.
pub struct World {
    /// Between the functions and the engine.
    pub proxy: Arc<Proxy>,
    /// What SES accepted.
    pub outbox: Outbox,
    /// What is to go wrong with the next emails, and how many requests came.
    pub ses: Ses,
    /// The same tables, past the proxy.
    pub store: Store,
    /// The client of that store.
    pub client: Client,
    /// The keys that `piste publish` made.
    pub ring: KeyRing,
    /// The settings of the functions, past the proxy.
    pub settings: Settings,
    pub operator_key: String,
    environment: Vec<(&'static str, String)>,
    running: RefCell<BTreeMap<&'static str, Rc<Function>>>,
}

/// The content of the store, item by item.
pub struct Snapshot(BTreeMap<String, String>);

fn plain(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!(text),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(value) => json!(value),
        AttributeValue::Ss(texts) => json!({ "SS": texts }),
        AttributeValue::L(list) => list.iter().map(plain).collect(),
        AttributeValue::M(map) => map.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
        other => panic!("the store holds no such value: {other:?}"),
    }
}

/// The SES stand-in from outside.
#[derive(Clone, Default)]
pub struct Ses {
    faults: Arc<Mutex<VecDeque<Fault>>>,
    requests: Arc<AtomicU64>,
    canaries: Arc<AtomicU64>,
    gauge: Gauge,
    meanwhile: Arc<Mutex<Option<Meanwhile>>>,
}

type Meanwhile = Box<dyn FnOnce() + Send>;

impl Ses {
    /// The next emails go wrong, in this order.
    pub fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.lock().expect("nobody panics here").extend(faults);
    }

    /// Something happens while SES holds the next email and has not answered yet.
    pub fn meanwhile(&self, work: impl FnOnce() + Send + 'static) {
        *self.meanwhile.lock().expect("nobody panics here") = Some(Box::new(work));
    }

    fn take(&self, mail: &Mail) -> Option<Fault> {
        if !mail.tag(CANARY_TAG).is_empty() {
            self.canaries.fetch_add(1, Ordering::SeqCst);
            return None;
        }
        self.requests.fetch_add(1, Ordering::SeqCst);
        if let Some(work) = self.meanwhile.lock().expect("nobody panics here").take() {
            work();
        }
        self.faults.lock().expect("nobody panics here").pop_front()
    }

    /// Emails of leads that reached SES on the wire, accepted or not.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }

    /// Canaries that reached SES; nothing ever goes wrong with them.
    pub fn canaries(&self) -> u64 {
        self.canaries.load(Ordering::SeqCst)
    }
}

/// An HTTP answer as API Gateway gets it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    pub status: u64,
    pub headers: BTreeMap<String, String>,
    pub cookies: usize,
    /// The first cookie, without its attributes.
    pub cookie: String,
    pub body: String,
}

impl Reply {
    fn of(answer: &Value) -> Self {
        let headers = answer["headers"].as_object().into_iter().flatten();
        Self {
            status: answer["statusCode"].as_u64().expect("a status"),
            headers: headers
                .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
                .collect(),
            cookies: answer["cookies"].as_array().map_or(0, Vec::len),
            cookie: answer["cookies"][0]
                .as_str()
                .and_then(|cookie| cookie.split(';').next())
                .unwrap_or_default()
                .to_owned(),
            body: answer["body"].as_str().unwrap_or_default().to_owned(),
        }
    }

    /// A header, empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("a JSON body")
    }
}

/// Runs a test in a stack with the demo campaign. When it is over, every function is stopped and its log lines are
/// searched for personal data and panics.
pub fn in_a_world(test: impl AsyncFnOnce(&World)) {
    let folder = tempfile::tempdir().expect("a folder");
    copy(&root().join("infra/campaigns"), folder.path());
    tell_nobody(folder.path());
    in_a_world_of(folder.path(), test);
}

/// Nobody hears of posts below the threshold: then a post causes one email, and faults meet the email they are meant for.
fn tell_nobody(campaigns: &Path) {
    let file = campaigns.join("guide-seo/campaign.toml");
    let campaign = fs::read_to_string(&file).expect("the campaign");
    let notify = "[notify]\nto = [\"bonjour@example.com\"]\n";
    assert!(campaign.contains(notify), "the demo tells of every post");
    fs::write(&file, campaign.replace(notify, "")).expect("the campaign");
}

/// The same with a demo form that asks for a proof of work.
pub fn in_a_world_of_work(test: impl AsyncFnOnce(&World)) {
    in_a_world_that_protects("proof_of_work = true", test);
}

/// The same with a demo form that asks for Turnstile. There is no secret key: nobody outside is called.
pub fn in_a_world_of_turnstile(test: impl AsyncFnOnce(&World)) {
    in_a_world_that_protects("turnstile = \"0x4AAF00AAAABn0R22HWm-YUc\"", test);
}

fn in_a_world_that_protects(line: &str, test: impl AsyncFnOnce(&World)) {
    let folder = tempfile::tempdir().expect("a folder");
    copy(&root().join("infra/campaigns"), folder.path());
    tell_nobody(folder.path());
    let file = folder.path().join("guide-seo/campaign.toml");
    let campaign = fs::read_to_string(&file).expect("the campaign");
    let asking = campaign.replacen("[sender]\n", &format!("[protect]\n{line}\n\n[sender]\n"), 1);
    fs::write(&file, asking).expect("the campaign");
    in_a_world_of(folder.path(), test);
}

/// The same with a demo campaign whose advice leaves at once, at any hour: the binaries know only the machine's clock.
pub fn in_a_hasty_world(test: impl AsyncFnOnce(&World)) {
    let folder = tempfile::tempdir().expect("a folder");
    copy(
        &root().join("infra/campaigns/guide-seo"),
        &folder.path().join("guide-seo"),
    );
    tell_nobody(folder.path());
    let file = folder.path().join("guide-seo/campaign.toml");
    let campaign = fs::read_to_string(&file).expect("the campaign");
    let hasty = campaign.replace("delay = \"P2D\"", "delay = \"PT0S\"");
    let hasty: Vec<_> = hasty.lines().filter(|line| !line.starts_with("window =")).collect();
    fs::write(&file, hasty.join("\n")).expect("the campaign");
    in_a_world_of(folder.path(), test);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

fn in_a_world_of(campaigns: &Path, test: impl AsyncFnOnce(&World)) {
    let dynamodb = Engine::dynamodb(None).expect("the engine starts");
    let outbox = Outbox::open(None, Arc::new(|| Clock::Wall.now().as_second())).expect("an outbox");
    let tap = Ses::default();
    let inner = tap.clone();
    let fault = Arc::new(move |mail: &Mail| inner.take(mail));
    let policy = SenderPolicy {
        identities: vec!["example.com".into()],
        configuration_sets: vec!["piste".into()],
        ..SenderPolicy::default()
    };
    let gauge = tap.gauge.clone();
    let counted = move |request: axum::extract::Request, next: axum::middleware::Next| {
        let under_way = gauge.enter();
        async move {
            let answer = next.run(request).await;
            drop(under_way);
            answer
        }
    };
    let router = ses::router(outbox.clone(), policy, fault).layer(axum::middleware::from_fn(counted));
    let mail = Engine::router("ses", router).expect("SES starts");
    // The runtime ends, and every connection with it, before the engines do.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let world = World::new(&dynamodb, &mail, outbox, tap, campaigns).await;
        test(&world).await;
        world.end().await;
    });
}

impl World {
    async fn new(dynamodb: &Engine, mail: &Engine, outbox: Outbox, ses: Ses, campaigns: &Path) -> Self {
        let proxy = Arc::new(Proxy::start(&dynamodb.url()).await.expect("a free port"));
        let settings = Settings {
            table: "piste-leads".into(),
            keys_table: "piste-keys".into(),
            base_url: "https://lead.example.com".into(),
            configuration_set: "piste".into(),
            reply_domain: None,
            inbox: None,
            due_shards: DUE_SHARDS,
            aws: Aws {
                region: "eu-west-3".into(),
                access_key_id: "local".into(),
                secret_access_key: "local".into(),
                session_token: None,
                dynamodb_endpoint: Some(dynamodb.url()),
                ses_endpoint: Some(mail.url()),
                s3_endpoint: None,
                ca_bundle: None,
            },
        };
        let client = aws::dynamodb(&settings.aws).expect("a client");
        let store = Store::new(client.clone(), &settings.table, &settings.keys_table, DUE_SHARDS);
        store.create_tables().await.expect("tables");
        let operator_key = publish(&settings, campaigns);
        let ring = store
            .key_ring()
            .await
            .expect("an answer")
            .expect("`piste publish` makes a ring");
        let environment = vec![
            ("PISTE_TABLE", settings.table.clone()),
            ("PISTE_KEYS_TABLE", settings.keys_table.clone()),
            ("PISTE_BASE_URL", format!("{}/", settings.base_url)),
            ("PISTE_CONFIGURATION_SET", settings.configuration_set.clone()),
            ("AWS_ENDPOINT_URL_DYNAMODB", proxy.url().to_owned()),
            ("AWS_ENDPOINT_URL_SES", mail.url()),
        ];
        Self {
            proxy,
            outbox,
            ses,
            store,
            client,
            ring,
            settings,
            operator_key,
            environment,
            running: RefCell::default(),
        }
    }

    /// A function, started at its first use.
    pub async fn function(&self, name: &'static str) -> Rc<Function> {
        if let Some(running) = self.running.borrow().get(name) {
            return Rc::clone(running);
        }
        let function = Rc::new(self.sandbox(name).await);
        self.running.borrow_mut().insert(name, Rc::clone(&function));
        function
    }

    /// A sandbox of its own for a function.
    pub async fn sandbox(&self, name: &str) -> Function {
        let environment: Vec<_> = self
            .environment
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let api = RuntimeApi::start().await.expect("a free port");
        api.spawn(&binary(name), &environment).expect("the binary starts")
    }

    /// One invocation. When it is over, nothing it asked for is still under way: the sandbox would freeze over it (R18).
    pub async fn call(&self, name: &'static str, event: Value) -> Result<Value, InvocationError> {
        let answer = self.function(name).await.invoke_within(event, TIMEOUT).await;
        assert!(
            self.proxy.gauge().is_quiet().await,
            "R18: {name} left a request to DynamoDB"
        );
        assert!(self.ses.gauge.is_quiet().await, "R18: {name} left a request to SES");
        answer
    }

    /// One invocation of a function that answers HTTP.
    pub async fn http(&self, name: &'static str, event: Value) -> Reply {
        Reply::of(&self.call(name, event).await.expect("an HTTP function always answers"))
    }

    /// A tick of the schedule.
    pub async fn tick(&self) -> Value {
        self.call("nurture", event("schedule"))
            .await
            .expect("a sweep never fails as a whole")
    }

    /// Requests to DynamoDB that a piece of work makes, by operation; what a function does at its start is not among them.
    pub async fn requests_of<T>(&self, work: impl Future<Output = T>) -> (T, BTreeMap<String, u64>) {
        self.proxy.reset();
        let done = work.await;
        (done, self.proxy.counts())
    }

    /// Posts an address to the demo form.
    pub async fn capture(&self, address: &str) -> LeadId {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("email", address),
                ("first_name", "Amélie"),
                ("marketing_consent", "on"),
            ])
            .finish();
        let mut post = event("http-post-urlencoded");
        set_body(&mut post, body.as_bytes());
        assert_eq!(self.http("capture", post).await.status, 303);
        self.id(address)
    }

    pub fn id(&self, address: &str) -> LeadId {
        LeadId::of(
            &self.ring.identity,
            &WorkspaceId::new("main"),
            &Email::parse(address).expect("an address"),
        )
    }

    pub async fn lead(&self, id: &LeadId) -> Lead {
        let held = self.store.load(id).await.expect("an answer").expect("the lead");
        Arc::unwrap_or_clone(held)
    }

    /// The state of every email of a lead, in order, with its attempts.
    pub async fn ledger(&self, id: &LeadId) -> Vec<(String, u8)> {
        self.lead(id)
            .await
            .ledger()
            .map(|(_, send)| (send.state_code(), send.attempts()))
            .collect()
    }

    /// Everything in both tables, attribute by attribute.
    pub async fn snapshot(&self) -> Snapshot {
        let mut items = BTreeMap::new();
        for table in [&self.settings.table, &self.settings.keys_table] {
            let answer = self.client.scan().table_name(table).send().await.expect("an answer");
            assert!(answer.last_evaluated_key().is_none(), "one page");
            for item in answer.items() {
                // Counts of what came, which are no answer to it.
                if item["pk"].as_s().is_ok_and(|pk| {
                    ["VISITS#", "VISITOR#", "tries#"]
                        .iter()
                        .any(|count| pk.starts_with(count))
                }) {
                    continue;
                }
                let mut item = item.clone();
                // The mark of a message lasts from when it came last.
                let sort = item.get("sk").and_then(|sk| sk.as_s().ok());
                if sort.is_some_and(|sort| sort == "message") {
                    item.remove("expires_at");
                }
                let key = ["pk", "sk"].map(|name| item.get(name).map(plain).unwrap_or_default().to_string());
                items.insert(key.join(" "), plain(&AttributeValue::M(item.clone())).to_string());
            }
        }
        Snapshot(items)
    }

    /// I15: the store is as it was, byte for byte, but for the counts of visits.
    pub async fn assert_unchanged(&self, before: &Snapshot) {
        let now = self.snapshot().await;
        let keys: BTreeSet<_> = before.0.keys().chain(now.0.keys()).collect();
        let changed: Vec<_> = keys
            .into_iter()
            .filter(|key| before.0.get(*key) != now.0.get(*key))
            .collect();
        let told: Vec<_> = changed
            .iter()
            .map(|key| (before.0.get(*key), now.0.get(*key)))
            .collect();
        assert!(changed.is_empty(), "changed: {told:#?}");
    }

    /// Lets time pass for one lead: whatever is claimed or waits has done so for a day longer.
    pub async fn age(&self, id: &LeadId) {
        self.age_by(id, SignedDuration::from_hours(24)).await;
    }

    /// The same for any while.
    pub async fn age_by(&self, id: &LeadId, by: SignedDuration) {
        let lead = self.lead(id).await;
        let known = lead.version;
        let mut stored = serde_json::to_value(lead).expect("json");
        // The moments of a ledger's entries: its state's beginning, the lease, and until when it waits.
        for enrolment in stored["enr"].as_array_mut().into_iter().flatten() {
            for entry in enrolment
                .get_mut("l")
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
            {
                for name in ["a", "l", "u"] {
                    if let Some(at) = entry[name].as_i64() {
                        entry[name] = (at - by.as_secs()).into();
                    }
                }
            }
        }
        let mut lead: Lead = serde_json::from_value(stored).expect("a lead");
        lead.version += 1;
        lead.due_at = lead.due_at.map(|at| at - by);
        let saved = self
            .store
            .save(&Arc::new(lead), Some(known), false)
            .await
            .expect("an answer");
        assert!(matches!(saved, Saved::Yes));
    }

    /// The emails SES accepted for an address.
    pub fn mails(&self, address: &str) -> Vec<Arc<Entry>> {
        self.outbox
            .entries()
            .into_iter()
            .filter(|entry| entry.mail.to == [address])
            .collect()
    }

    /// The emails SES accepted for leads.
    pub fn accepted(&self) -> Vec<Arc<Entry>> {
        let mut entries = self.outbox.entries();
        entries.retain(|entry| entry.mail.to != [CANARY_ADDRESS]);
        entries
    }

    /// SES reports on the latest mail to an address, by its topic.
    pub async fn report(&self, address: &str, event: Event) -> Value {
        let entry = self.mails(address).pop().expect("a mail was accepted");
        let report = sns_event(&event_json(&entry, event, entry.at), entry.at);
        self.call("feedback", report).await.expect("the event is taken")
    }

    /// The product's parts in this process, over the same tables, at a moment of their own.
    pub async fn app(&self, now: Timestamp) -> App {
        let clock = Clock::Virtual(Arc::new(RwLock::new(VirtualTime::Still(now))));
        App::start(self.settings.clone(), clock, self.store.clone(), Campaigns::published())
            .await
            .expect("an app")
    }

    /// Stops the functions and reads what they wrote.
    async fn end(self) {
        let mut secrets: Vec<String> = PERSONAL.map(str::to_owned).into();
        secrets.push(self.operator_key.clone());
        for entry in self.outbox.entries() {
            let links = links(&entry);
            secrets.extend(
                links
                    .iter()
                    .filter_map(|link| Some(link.split_once("?t=")?.1.split('&').next()?.to_owned())),
            );
        }
        for (name, function) in self.running.into_inner() {
            let function = Rc::try_unwrap(function).expect("no invocation is under way");
            for line in function.stop().await {
                let record: Value = serde_json::from_str(&line).unwrap_or_default();
                assert!(
                    record["event"].is_string(),
                    "{name} wrote something else than a record: {line}"
                );
                let level = record["level"].as_str().unwrap_or_default();
                let whole = record["time"]
                    .as_str()
                    .is_some_and(|time| time.parse::<Timestamp>().is_ok())
                    && ["info", "warn", "error"].contains(&level)
                    && record["function"] == name
                    && record["version"].is_string()
                    && record["request_id"].is_string();
                assert!(whole, "{name}: time, level, function, version, request id: {line}");
                let numbers = ["at", "sent", "leads", "failed", "bounced"];
                let typed = numbers
                    .iter()
                    .all(|number| record[*number].is_null() || record[*number].is_u64());
                assert!(typed, "{name}: numbers are numbers: {line}");
                for secret in &secrets {
                    assert!(!line.contains(secret.as_str()), "R71: {name} wrote {secret}: {line}");
                }
            }
        }
    }
}

/// Runs the real `piste publish` and returns the operator key it shows.
fn publish(settings: &Settings, campaigns: &Path) -> String {
    let published = try_publish(settings, campaigns);
    let told = String::from_utf8(published.stdout).expect("text");
    assert!(
        published.status.success(),
        "{told}{}",
        String::from_utf8_lossy(&published.stderr)
    );
    let key = told.lines().find_map(|line| line.strip_prefix("piste: operator key "));
    key.expect("the first publication shows an operator key").to_owned()
}

/// The same, whatever comes of it.
pub fn try_publish(settings: &Settings, campaigns: &Path) -> Output {
    Command::new(binary("piste"))
        .args([
            "publish",
            "--table",
            &settings.table,
            "--keys-table",
            &settings.keys_table,
            "--campaigns",
        ])
        .arg(campaigns)
        .env_clear()
        .env("AWS_REGION", &settings.aws.region)
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .env(
            "AWS_ENDPOINT_URL_DYNAMODB",
            settings.aws.dynamodb_endpoint.as_deref().expect("an endpoint"),
        )
        .output()
        .expect("piste starts")
}

/// A recorded event of `tests/events`.
pub fn event(name: &str) -> Value {
    let text = fs::read_to_string(root().join(format!("tests/events/{name}.json"))).expect("the event is recorded");
    serde_json::from_str(&text).expect("the event is JSON")
}

/// Gives an HTTP event another body, as API Gateway carries it.
pub fn set_body(event: &mut Value, body: &[u8]) {
    use base64::Engine as _;
    event["body"] = base64::prelude::BASE64_STANDARD.encode(body).into();
    event["isBase64Encoded"] = true.into();
    event["headers"]["content-length"] = body.len().to_string().into();
}

/// A link of an email as an HTTP event.
pub fn visit(method: &str, link: &str) -> Value {
    let path = link.strip_prefix("https://lead.example.com").expect("our own link");
    piste_tests::runtime_api::http_event(method, path, &[], b"")
}

pub fn message(entry: &Entry) -> Message<'_> {
    MessageParser::default()
        .parse(&entry.mail.eml)
        .expect("the mail parses")
}

/// Every address in the text of an email.
pub fn links(entry: &Entry) -> Vec<String> {
    let text = message(entry).body_text(0).expect("a text part").into_owned();
    let words = text
        .split_whitespace()
        .filter_map(|word| Some(&word[word.find("https://")?..]));
    words
        .map(|link| link.trim_end_matches([')', '>', '.']).to_owned())
        .collect()
}

/// The link of an email to one of our pages.
pub fn link(entry: &Entry, page: &str) -> String {
    let wanted = format!("https://lead.example.com/{page}");
    links(entry)
        .into_iter()
        .find(|link| link.starts_with(&wanted))
        .expect("the mail carries the link")
}

/// Whether no email is to come: what rings weeks later (nobody confirmed, dormancy, the end of the retention) sends nothing to
/// a person who left.
pub fn rests(lead: &Lead) -> bool {
    let weeks = SignedDuration::from_hours(24 * 25);
    lead.due_at.is_none_or(|due| due > lead.captured_at + weeks)
}
