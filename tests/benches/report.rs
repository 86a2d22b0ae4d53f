//! The report over many stored leads: how long it takes, and what it reads.
//! `cargo bench --profile simulation -p piste-tests --bench report`; PISTE_BENCH_LEADS says how many (100,000).
#![expect(clippy::print_stdout, reason = "a benchmark speaks by printing")]

use std::sync::{Arc, RwLock};

use futures_util::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use piste_adapters::campaigns::Campaigns;
use piste_adapters::clock::{Clock, VirtualTime};
use piste_adapters::config::{Aws, DUE_SHARDS, Settings};
use piste_adapters::keys::KeyRing;
use piste_adapters::store::Store;
use piste_adapters::{App, aws};
use piste_domain::decide;
use piste_domain::kit::post::RawPost;
use piste_domain::lead::Touch;
use piste_domain::lead::stage::Stage;
use piste_domain::rules::form::Submission;
use piste_domain::{CampaignId, Catalog, Context, Key, Known, Lead, Locale, Record, WorkspaceId, input};
use piste_local::engine::Engine;
use piste_operations::Operator;
use piste_operations::report::{Ask, report};
use piste_tests::binaries::root;
use piste_tests::proxy::Proxy;

/// Two years, evenly.
const SPAN_S: i64 = 2 * 365 * 86_400;
const SIDE_BY_SIDE: usize = 16;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let leads: usize =
        piste_adapters::config::env("PISTE_BENCH_LEADS").map_or(100_000, |text| text.parse().expect("a number"));
    let engine = Engine::dynamodb(None).expect("the engine starts");
    let proxy = Proxy::start(&engine.url()).await.expect("the proxy starts");
    let direct = store(&engine.url());
    direct.create_tables().await.expect("tables");
    let bundles =
        piste_adapters::campaigns::read_all(&root().join("infra/campaigns")).expect("the demo campaign holds");
    let catalog = Catalog::new(bundles.into_iter().map(|bundle| bundle.published));
    let now: Timestamp = "2026-03-02T09:00:00Z".parse().expect("a moment");
    let key = Key::new(vec![7; 32]);

    let began = stopwatch();
    let mut stored = stream::iter(0..leads)
        .map(|number| {
            let at = now - SignedDuration::from_secs(SPAN_S * (number as i64 + 1) / (leads as i64 + 1));
            let lead = life(&catalog, &key, number, at);
            let direct = &direct;
            async move { direct.save(&Arc::new(lead), None, false).await.expect("stored") }
        })
        .buffer_unordered(SIDE_BY_SIDE);
    while stored.next().await.is_some() {}
    drop(stored);
    println!("{leads} leads stored in {:.1} s", began.elapsed().as_secs_f64());

    let app = app(proxy.url(), now).await;
    let operator = Operator::new(&app, WorkspaceId::new("main")).await.expect("campaigns");
    let ask = Ask::read(|_| None).expect("the whole of it");
    for round in 1..=3 {
        proxy.reset();
        let began = stopwatch();
        let made = report(&operator, &ask).await;
        let took = began.elapsed().as_secs_f64();
        let made = made.unwrap_or_else(|_| panic!("a report"));
        let units: f64 = proxy.units().values().map(|units| units.read).sum();
        println!(
            "report {round}: {took:.2} s, {:?}, {units:.0} read units",
            proxy.counts()
        );
        assert_eq!(made.counts.leads, leads as u64, "every lead is in it");
        assert!(
            proxy.counts().keys().all(|operation| operation == "Query"),
            "the board index alone"
        );
    }
}

/// A lead as it is after a while: one in ten is hot, one in fifty an SQL.
fn life(catalog: &Catalog, key: &Key, number: usize, at: Timestamp) -> Lead {
    let campaign = CampaignId::new("guide-seo");
    let address = format!("person{number}@example.org");
    let mut fields = vec![
        ("email", address.as_str()),
        ("marketing_consent", "on"),
        ("utm_source", ["news", "search", "partner"][number % 3]),
    ];
    if number.is_multiple_of(10) {
        fields.extend([("company_size", "50-249"), ("budget", "15000"), ("timing", "now")]);
    }
    let raw = RawPost::new(
        fields
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect(),
    );
    let touch = Touch::NAMES
        .iter()
        .filter_map(|(stored, posted)| Some(((*stored).into(), raw.get(posted)?.into())));
    let touch = Touch(touch.collect());
    let published = catalog.get(&campaign).expect("the demo campaign");
    let post = Submission::read(published, &raw, Locale::Fr, touch).expect("the post holds");
    let context = |now| Context { catalog, key, now };
    let captured = decide(Known::Nobody, &input::Capture(campaign, post), &context(at));
    let lead = captured.record.and_then(Record::lead).expect("a lead");
    let lead = Arc::unwrap_or_clone(lead);
    if !number.is_multiple_of(50) {
        return lead;
    }
    let moved = input::Move(input::ManualMove::new(Stage::Sql, "call"));
    let later = context(at + SignedDuration::from_hours(72));
    let moved = decide(Known::Lead(&lead), &moved, &later);
    moved.record.and_then(Record::lead).map_or(lead, Arc::unwrap_or_clone)
}

fn settings(endpoint: &str) -> Settings {
    Settings {
        table: "piste".into(),
        keys_table: "piste-keys".into(),
        base_url: "http://localhost".into(),
        configuration_set: "bench".into(),
        reply_domain: None,
        inbox: None,
        due_shards: DUE_SHARDS,
        aws: Aws {
            region: "eu-west-3".into(),
            access_key_id: "bench".into(),
            secret_access_key: "bench".into(),
            session_token: None,
            dynamodb_endpoint: Some(endpoint.into()),
            ses_endpoint: None,
            s3_endpoint: None,
            ca_bundle: None,
        },
    }
}

fn store(endpoint: &str) -> Store {
    let settings = settings(endpoint);
    let client = aws::dynamodb(&settings.aws).expect("a client");
    Store::new(client, &settings.table, &settings.keys_table, settings.due_shards)
}

/// What the console works with, at this moment.
async fn app(endpoint: &str, now: Timestamp) -> App {
    let store = store(endpoint);
    let (ring, _) = KeyRing::generate(&WorkspaceId::new("main"));
    store.save_key_ring(&ring, None).await.expect("keys");
    let clock = Clock::Virtual(Arc::new(RwLock::new(VirtualTime::Still(now))));
    let campaigns =
        Campaigns::folder(&root().join("infra/campaigns"), None, Locale::En).expect("the demo campaign holds");
    App::start(settings(endpoint), clock, store, campaigns)
        .await
        .expect("an app")
}

fn stopwatch() -> std::time::Instant {
    #[expect(clippy::disallowed_methods, reason = "a figure, never an argument of anything")]
    std::time::Instant::now()
}
