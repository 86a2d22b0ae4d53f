//! The nurture binary after a publish: alarms are set anew beside the emails, at a bounded cost, and by one sweep at a time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use piste_adapters::campaigns::{Bundle, read_all};
use piste_adapters::clock::Clock;
use piste_adapters::store::Saved;
use piste_adapters::store::item;
use piste_domain::kit::calendar::Delay;
use piste_domain::rules::anew::Anew;
use piste_domain::rules::plan;
use piste_domain::{Catalog, ClaimToken, Lead, LeadId};
use piste_tests::binaries::root;
use piste_tests::runtime_api::Function;
use serde_json::json;

use crate::world::{World, event, in_a_world};

/// Leads besides the first.
const LEADS: usize = 620;

async fn tick_of(function: &Function) {
    let swept = function.invoke_within(event("schedule"), Duration::from_secs(60)).await;
    assert_eq!(swept.expect("a sweep")["failed"], 0);
}

/// The same lead under other ids, captured month after month.
async fn copies(world: &World, lead: &Lead) -> Vec<LeadId> {
    let mut ids = Vec::new();
    for n in 0..LEADS {
        let number = format!("{n:b}").replace('0', "a").replace('1', "b");
        let id = LeadId::new(format!("{number:c>26}"));
        let copy = Lead {
            id: id.clone(),
            captured_at: lead.captured_at - SignedDuration::from_hours(24 * (n as i64 % 400)),
            ..lead.clone()
        };
        let saved = world.store.save(&Arc::new(copy), None, false).await.expect("an answer");
        assert!(matches!(saved, Saved::Yes));
        ids.push(id);
    }
    ids
}

/// Lets the publish have been seen so long ago.
async fn seen_before(world: &World, by: SignedDuration) {
    let seen = (Clock::Wall.now() - by).as_second().to_string();
    let change = world.client.update_item().table_name(&world.settings.table);
    let change = change
        .key(item::PK, item::text(item::PK_ALARMS))
        .key(item::SK, item::text(item::SK_STATE))
        .update_expression("SET campaigns.#c.seen = :seen")
        .expression_attribute_names("#c", "guide-seo")
        .expression_attribute_values(":seen", AttributeValue::N(seen));
    change.send().await.expect("it was seen");
}

/// The demo campaign, edited.
fn bundle(version: &str, edit: impl FnOnce(&mut Bundle)) -> Bundle {
    let mut bundle = read_all(&root().join("infra/campaigns")).expect("it reads").remove(0);
    bundle.published.version = version.to_owned();
    edit(&mut bundle);
    bundle
}

/// Those who did not confirm are reminded so long after their post.
fn remind(bundle: &mut Bundle, delay: &str) {
    let reminder = &mut bundle.published.campaign.sequences[0].steps[1];
    assert_eq!(reminder.id, "reminder");
    reminder.delay = Delay::parse(delay).expect("a delay");
}

async fn due(world: &World, ids: &[LeadId]) -> Vec<Option<Timestamp>> {
    let mut all = Vec::new();
    for id in ids {
        all.push(world.lead(id).await.due_at);
    }
    all
}

/// R127: the deployed functions do it, two minutes after they saw the publish, whoever captured when; a lead costs a part of
/// a request, and one request more where its alarm moves. Then a tick is one query per shard again.
#[test]
fn r127_a_publish_sets_the_alarms_of_everybody_anew_in_the_background() {
    in_a_world(async |world| {
        let first = world.capture("ana@example.org").await;
        world.tick().await;
        let mut ids = copies(world, &world.lead(&first).await).await;
        ids.push(first);
        let before = due(world, &ids).await;
        let later = bundle("later", |bundle| {
            remind(bundle, "P3D");
        });
        assert!(
            world
                .store
                .publish(&later.published, &later.files)
                .await
                .expect("published")
        );
        assert!(
            !world
                .store
                .publish(&later.published, &later.files)
                .await
                .expect("once more"),
            "as it was"
        );

        // A sandbox that knows what was published waits until all of them do.
        let nurture = world.sandbox("nurture").await;
        let warm = nurture
            .invoke_within(json!({ "Records": [] }), Duration::from_secs(60))
            .await;
        warm.expect("started");
        tick_of(&nurture).await;
        assert_eq!(due(world, &ids).await, before, "not yet");
        seen_before(world, SignedDuration::from_secs(121)).await;
        let ((), requests) = world.requests_of(tick_of(&nurture)).await;
        let catalog = Catalog::new([later.published.clone()]);
        for (id, before) in ids.iter().zip(&before) {
            let lead = world.lead(id).await;
            let wanted = plan::due_at(&lead, &catalog, Clock::Wall.now());
            assert_eq!(lead.due_at, wanted);
            assert_ne!(lead.due_at, *before, "it moved");
        }
        let leads = ids.len() as u64;
        // One for each alarm that moves, one for a hundred leads to read, and a few for the lists, month by month.
        assert_eq!(requests["UpdateItem"], leads, "{requests:?}");
        assert!(requests["BatchGetItem"] <= leads / 100 + 16, "{requests:?}");
        assert!(requests["Query"] <= 4 + 1 + 150, "{requests:?}");
        assert!(requests["PutItem"] <= 20, "{requests:?}");

        let ((), requests) = world.requests_of(tick_of(&nurture)).await;
        assert_eq!(
            requests,
            BTreeMap::from([("Query".to_owned(), 4)]),
            "nothing is left to do"
        );
        assert!(world.store.anew().await.expect("an answer").campaigns.is_empty());

        // Other words are no other plan.
        let words = bundle("words", |bundle| {
            remind(bundle, "P3D");
        });
        assert!(
            !world
                .store
                .publish(&words.published, &words.files)
                .await
                .expect("published")
        );
        let ((), requests) = world.requests_of(tick_of(&nurture)).await;
        assert_eq!(requests["Query"], 4);
    });
}

/// Whoever takes up the work of a sweep that died goes on from the page it wrote down; two at once do it once.
#[test]
fn r127_a_sweep_that_died_is_followed_by_another_once_its_lease_is_over() {
    in_a_world(async |world| {
        let id = world.capture("ana@example.org").await;
        world.tick().await;
        let before = due(world, std::slice::from_ref(&id)).await;
        let later = bundle("later", |bundle| {
            remind(bundle, "P3D");
        });
        assert!(
            world
                .store
                .publish(&later.published, &later.files)
                .await
                .expect("published")
        );
        let nurture = world.sandbox("nurture").await;
        tick_of(&nurture).await;
        seen_before(world, SignedDuration::from_secs(121)).await;
        // Somebody else is at work, and does not come back.
        let by = ClaimToken::new("gone");
        let catalog = Catalog::new([later.published.clone()]);
        let take = |anew: &mut Anew| {
            anew.take(&by, &catalog, Clock::Wall.now(), SignedDuration::ZERO)
                .is_some()
        };
        world.store.change_anew(take).await.expect("taken");
        tick_of(&nurture).await;
        assert_eq!(due(world, std::slice::from_ref(&id)).await, before, "one at a time");
        let change = world.client.update_item().table_name(&world.settings.table);
        change
            .key(item::PK, item::text(item::PK_ALARMS))
            .key(item::SK, item::text(item::SK_STATE))
            .update_expression("SET #l.#u = :past")
            .expression_attribute_names("#l", "lease")
            .expression_attribute_names("#u", "until")
            .expression_attribute_values(":past", AttributeValue::N("1".into()))
            .send()
            .await
            .expect("time passes");
        tick_of(&nurture).await;
        assert_ne!(due(world, &[id]).await, before);
        assert!(world.store.anew().await.expect("an answer").campaigns.is_empty());
    });
}
