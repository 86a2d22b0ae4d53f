//! R130 by the real binaries: an item that a newer version wrote costs no post, and nothing is written to it.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use piste_adapters::store::item;
use piste_adapters::webhook::Secret;
use piste_domain::kit::vocabulary::SignalKind;
use piste_domain::{CampaignId, Catalog, LeadId};
use piste_operations::keys::trigger_secret;
use piste_tests::binaries::root;
use piste_tests::runtime_api::{Function, http_event};
use serde_json::Value;

use crate::trigger::report;
use crate::world::{World, event, in_a_world, link, set_body, try_publish, visit};

const ANA: &str = "ana@example.org";

/// A post of the demo form with a company.
fn post(company: &str) -> Value {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("email", ANA), ("company", company)])
        .finish();
    let mut post = event("http-post-urlencoded");
    set_body(&mut post, body.as_bytes());
    post
}

async fn read(world: &World, id: &LeadId) -> HashMap<String, AttributeValue> {
    let get = world.client.get_item().table_name(&world.settings.table);
    let get = get
        .key(item::PK, item::text(id.as_str()))
        .key(item::SK, item::text(item::SK_LEAD));
    let answer = get.consistent_read(true).send().await.expect("an answer");
    answer.item.expect("the item")
}

async fn write(world: &World, row: HashMap<String, AttributeValue>) {
    let put = world.client.put_item().table_name(&world.settings.table);
    put.set_item(Some(row)).send().await.expect("taken");
}

/// What `GET /api/leads` answers.
async fn list(world: &World) -> Value {
    let key = format!("Bearer {}", world.operator_key);
    let headers = [("authorization", key.as_str())];
    let reply = world
        .http("console", http_event("GET", "/api/leads", &headers, b""))
        .await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json()
}

/// A sweep in a sandbox of its own, as after a deployment.
async fn sweep(sandbox: &Function) -> Value {
    sandbox
        .invoke_within(event("schedule"), Duration::from_secs(60))
        .await
        .expect("a sweep never fails as a whole")
}

#[test]
fn r130_what_meets_an_item_of_a_newer_version_is_kept_and_folded_in_once() {
    in_a_world(async |world| {
        let text = trigger_secret(&world.store, "main", "crm").await.expect("a secret");
        let secret = Secret::parse(&text).expect("a secret");
        let usual = world.http("capture", post("Atelier")).await;
        let id = world.id(ANA);

        for make_newer in [
            |row: &mut HashMap<String, AttributeValue>| drop(row.insert(item::FORM.into(), item::number(99))),
            |row: &mut HashMap<String, AttributeValue>| drop(row.insert("stage".into(), item::text("invented"))),
        ] {
            let whole = read(world, &id).await;
            let had = world.lead(&id).await;
            let mut newer = whole.clone();
            make_newer(&mut newer);
            // Its alarm has rung: the sweep passes over it, and does not move it.
            newer.insert(item::DUE_AT.into(), item::number(1));
            newer.insert(
                item::DUE_SHARD.into(),
                item::text(id.shard(world.settings.due_shards).to_string()),
            );
            write(world, newer.clone()).await;

            let company = format!("Devis {}", had.words.enquiries().len());
            let reply = world.http("capture", post(&company)).await;
            assert_eq!(
                (reply.status, reply.headers, reply.body),
                (usual.status, usual.headers.clone(), usual.body.clone()),
                "the visitor is told the same"
            );
            let message = format!("m-{}", had.words.enquiries().len());
            let told = world.http("trigger", report(&message, &secret, true)).await;
            assert!((200..300).contains(&told.status), "{}", told.body);
            assert_eq!(world.store.kept(&id).await.expect("an answer").len(), 2);

            let older = world.sandbox("nurture").await;
            for failed in [1, 0, 0] {
                assert_eq!(sweep(&older).await["failed"], failed, "looked at once an hour");
            }
            assert_eq!(read(world, &id).await, newer, "as the newer version wrote it");
            assert_eq!(list(world).await["unreadable"], 1);
            assert_eq!(world.store.kept(&id).await.expect("an answer").len(), 2);

            // The versions that can read it are deployed.
            write(world, whole).await;
            let deployed = world.sandbox("nurture").await;
            for _ in 0..2 {
                assert_eq!(sweep(&deployed).await["failed"], 0);
                let lead = world.lead(&id).await;
                assert_eq!(lead.words.enquiries().len(), had.words.enquiries().len() + 1);
                assert_eq!(lead.words.answer("company"), Some(&*company));
                let meetings = |signals: &[piste_domain::lead::signal::Signal]| {
                    let of_it = signals.iter().filter(|signal| signal.kind == SignalKind::Meeting);
                    of_it.count()
                };
                assert_eq!(meetings(&lead.signals), meetings(&had.signals) + 1);
            }
            assert!(world.store.kept(&id).await.expect("an answer").is_empty());
            let members = list(world).await;
            assert!(
                members.get("unreadable").is_none(),
                "only where there are some: {members}"
            );
        }
    });
}

/// What is kept goes with the person, and brings nobody back.
#[test]
fn r67_r130_what_is_kept_is_erased_with_the_person() {
    in_a_world(async |world| {
        world.http("capture", post("Atelier")).await;
        let id = world.id(ANA);
        let whole = read(world, &id).await;
        let mut newer = whole.clone();
        newer.insert(item::FORM.into(), item::number(99));
        write(world, newer).await;
        world.http("capture", post("Devis")).await;
        write(world, whole).await;
        let now = piste_adapters::clock::Clock::Wall.now();
        let app = world.app(now).await;
        let erase = piste_domain::input::Erase(piste_domain::lead::erasure::ErasedBy::Operator);
        let erased = app.apply(&id, piste_adapters::app::Start::Known, erase).await;
        assert!(erased.expect("an answer").changed);
        world.tick().await;
        assert!(world.store.kept(&id).await.expect("an answer").is_empty());
        assert_eq!(world.store.load(&id).await.expect("an answer"), None);
        let left = world.client.scan().table_name(&world.settings.table).send().await;
        let left = format!("{:?}", left.expect("an answer").items());
        assert!(!left.contains("Devis") && !left.contains(ANA), "{left}");
    });
}

/// The functions say what they can read, and `piste publish` leaves the table alone rather than write what they cannot.
#[test]
fn r130_publish_refuses_what_the_deployed_functions_cannot_read() {
    in_a_world(async |world| {
        let campaigns = root().join("infra/campaigns");
        world.tick().await;
        let told = world.store.campaign_form_read().await.expect("an answer");
        assert_eq!(told, Some(item::CAMPAIGN_FORM));
        assert!(try_publish(&world.settings, &campaigns).status.success());

        // As functions say that are one form behind.
        let behind = item::CAMPAIGN_FORM - 1;
        world.store.tell_campaign_form(behind).await.expect("told");
        let before = world.snapshot().await;
        let refused = try_publish(&world.settings, &campaigns);
        let why = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(
            !refused.status.success() && why.contains("Deploy the functions first"),
            "{why}"
        );
        world.assert_unchanged(&before).await;
    });
}

/// A campaign that a fresh sandbox cannot read is there all the same: what is due in it waits, and leaves once it reads.
#[test]
fn r130_what_is_due_in_a_campaign_that_cannot_be_read_waits() {
    in_a_world(async |world| {
        world.tick().await;
        let id = world.capture(ANA).await;
        let get = world.client.get_item().table_name(&world.settings.table);
        let get = get
            .key(item::PK, item::text(item::PK_CONFIG))
            .key(item::SK, item::text("guide-seo"));
        let whole = get.send().await.expect("an answer").item.expect("the campaign");
        let mut newer = whole.clone();
        newer.insert(item::FORM.into(), item::number(item::CAMPAIGN_FORM as i64 + 1));
        write(world, newer.clone()).await;

        let before = world.lead(&id).await;
        // Nobody is told that there is no such form, or that a good link is bad.
        let capture = world.sandbox("capture").await;
        let form = capture.invoke_within(post("Atelier"), Duration::from_secs(60)).await;
        assert_eq!(form.expect("an answer")["statusCode"], 503);

        let older = world.sandbox("nurture").await;
        for _ in 0..2 {
            let swept = sweep(&older).await;
            assert_eq!((&swept["sent"], &swept["failed"]), (&0.into(), &0.into()));
        }
        let after = world.lead(&id).await;
        let (was, is) = (before.due_at.expect("an alarm"), after.due_at.expect("an alarm"));
        assert!(
            is > was && after.version == before.version + 1,
            "put off once: {was} {is}"
        );
        assert_eq!(after.enrolments, before.enrolments, "nothing ended, nothing skipped");
        assert_eq!(after.grade, before.grade);

        write(world, whole.clone()).await;
        // The hour is over.
        let mut item = read(world, &id).await;
        item.insert(item::DUE_AT.into(), item::number(was.as_second()));
        write(world, item).await;
        assert_eq!(sweep(&world.sandbox("nurture").await).await["sent"], 1);
        let link = link(&world.mails(ANA)[0], "confirm");
        assert_eq!(world.mails(ANA).len(), 1);
        let confirm = async |status: u64| {
            let sandbox = world.sandbox("consent").await;
            let answer = sandbox
                .invoke_within(visit("POST", &link), Duration::from_secs(60))
                .await;
            assert_eq!(answer.expect("an answer")["statusCode"], status);
        };
        write(world, newer).await;
        confirm(503).await;
        write(world, whole).await;
        confirm(200).await;
    });
}

/// It leaves between the claim and the email, or is gone for good.
#[test]
fn r130_a_claimed_email_of_a_campaign_left_out_waits_and_of_one_gone_ends() {
    let order = |catalog: &Catalog| {
        format!(
            "{}",
            piste_adapters::mail::absent(catalog, &CampaignId::new("guide-seo"))
        )
    };
    let none = Catalog::default();
    assert_eq!(order(&none), "campaign_gone");
    assert_eq!(
        order(&none.leaving_out([CampaignId::new("guide-seo")])),
        "campaign_unread"
    );
}
