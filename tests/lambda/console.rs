//! The console binary: as a stranger finds it, and what its pages ask of the store.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use piste_adapters::campaigns::read_all;
use piste_adapters::store::Saved;
use piste_domain::{CampaignId, Lead, LeadId};
use piste_operations::leads::LISTS_OF_A_PAGE;
use piste_tests::binaries::root;
use piste_tests::runtime_api::http_event;

use crate::world::{World, event, in_a_world, set_body};

/// Campaigns of the workspace, beside those that ship.
const CAMPAIGNS: usize = 30;
/// Leads that came in the last months.
const LEADS: usize = 240;

/// R106, R108: no key, no key of ours, no scheme: nothing is shown and nothing is read.
#[test]
fn without_a_good_key_the_api_answers_401() {
    in_a_world(async |world| {
        let strange = format!("Bearer piste_main_{}", "0".repeat(32));
        let credentials = [
            None,
            Some("Bearer"),
            Some("Basic YTpi"),
            Some("bearer x"),
            Some(strange.as_str()),
        ];
        let paths = [
            "/api/leads",
            "/api/leads/aaaaaaaaaaaaaaaaaaaaaaaaaa",
            "/api/report",
            "/api/leads.csv",
        ];
        let before = world.snapshot().await;
        for path in paths {
            for credential in credentials {
                let headers: Vec<_> = credential.map(|value| ("authorization", value)).into_iter().collect();
                let reply = world.http("console", http_event("GET", path, &headers, b"")).await;
                assert_eq!(reply.status, 401, "{path} {credential:?}: {}", reply.body);
                assert!(!reply.body.contains("guide-seo"), "{path}");
            }
        }
        let delete = http_event("DELETE", "/api/leads/aaaaaaaaaaaaaaaaaaaaaaaaaa", &[], b"");
        assert_eq!(world.http("console", delete).await.status, 401);
        world.assert_unchanged(&before).await;
    });
}

/// Publishes the demo campaign under other names.
async fn publish_many(world: &World) {
    for n in 0..CAMPAIGNS {
        let mut bundle = read_all(&root().join("infra/campaigns")).expect("it reads").remove(0);
        bundle.published.campaign.id = CampaignId::new(format!("campaign-{n:02}"));
        let published = world.store.publish(&bundle.published, &bundle.files).await;
        published.expect("published");
    }
}

/// A lead under another id and in another campaign, captured so many days before.
async fn copy(world: &World, lead: &Lead, n: usize, days: i64) {
    let number = format!("{n:b}").replace('0', "a").replace('1', "b");
    let campaign = CampaignId::new(format!("campaign-{:02}", n % CAMPAIGNS));
    let copy = Lead {
        id: LeadId::new(format!("{number:c>26}")),
        campaign,
        captured_at: lead.captured_at - SignedDuration::from_hours(24 * days),
        ..lead.clone()
    };
    let saved = world.store.save(&Arc::new(copy), None, false).await.expect("an answer");
    assert!(matches!(saved, Saved::Yes));
}

/// Posts a lead whom sales calls at once, and lets the alert leave.
async fn hot(world: &World, address: &str) -> LeadId {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("email", address),
            ("company_size", "50-249"),
            ("budget", "15000"),
            ("timing", "now"),
            ("need", "Plus de devis"),
        ])
        .finish();
    let mut post = event("http-post-urlencoded");
    set_body(&mut post, body.as_bytes());
    assert_eq!(world.http("capture", post).await.status, 303);
    world.tick().await;
    world.id(address)
}

/// With thirty campaigns no page asks for three years of every list: each opens so many at most, and reads the leads it
/// shows. Whom to call is known all the same, however long ago they came.
#[test]
fn no_page_reads_more_of_the_index_than_it_shows() {
    in_a_world(async |world| {
        publish_many(world).await;
        let first = world.capture("ana@example.org").await;
        let lead = world.lead(&first).await;
        for n in 0..LEADS {
            copy(world, &lead, n, (n as i64) / 4).await;
        }
        // Somebody who came two years ago is to be called today.
        let old = hot(world, "bob@example.org").await;
        let held = world.lead(&old).await;
        let (known, version) = (held.version, held.version + 1);
        let moved = Lead {
            captured_at: held.captured_at - SignedDuration::from_hours(24 * 700),
            version,
            ..held
        };
        let saved = world.store.save(&Arc::new(moved), Some(known), false).await;
        assert!(matches!(saved.expect("an answer"), Saved::Yes));

        let origin = ("origin", world.settings.base_url.as_str());
        let form = ("content-type", "application/x-www-form-urlencoded");
        let key = format!("key={}", world.operator_key);
        let login = http_event("POST", "/console/login", &[form, origin], key.as_bytes());
        let opened = world.http("console", login).await;
        let cookie = opened.cookie;
        let lists = LISTS_OF_A_PAGE as u64;
        for (path, queries, leads) in [
            ("/console", 2 * lists, 6),
            ("/console/leads", lists, 2),
            ("/console/leads?call=now", lists, 3),
            ("/console/leads?sort=name", lists, 3),
            ("/console/leads?campaign=campaign-03", 37, 2),
            ("/console/retention", lists, 11),
            ("/console/sending", 2 * 33 + 4, 0),
            (&format!("/console/leads/{first}"), 4, 0),
            ("/console/quarantine", 4, 0),
        ] {
            let page = http_event("GET", path, &[("cookie", cookie.as_str())], b"");
            let (reply, requests) = world.requests_of(world.http("console", page)).await;
            assert_eq!(reply.status, 200, "{path}: {}", reply.body);
            assert!(reply.body.len() < 60_000, "{path}: {} bytes", reply.body.len());
            let of = |name: &str| BTreeMap::get(&requests, name).copied().unwrap_or_default();
            assert!(of("Query") <= queries, "{path}: {requests:?}");
            assert!(of("BatchGetItem") <= leads, "{path}: {requests:?}");
            assert!(of("GetItem") <= 24, "{path}: {requests:?}");
            assert_eq!(of("Scan"), 0, "{path}");
            if path.contains("call=now") || path == "/console" {
                assert!(reply.body.contains("bob@example.org"), "{path}: {}", reply.body);
            }
        }
    });
}
