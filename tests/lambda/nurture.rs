//! The nurture binary: the schedule, the stream, and exactly one email.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use piste_adapters::mail;
use piste_adapters::mail::ses::{CANARY_ADDRESS, CANARY_TAG};
use piste_domain::decide;
use piste_domain::rules::sending::{Evidence, Quota, Senders, Terms};
use piste_domain::{ClaimToken, Context, LeadId, input};
use piste_local::outbox::Event;
use piste_local::ses::{Fault, Refusal, event_json, sns_event};
use piste_tests::proxy;
use serde_json::{Value, json};

use crate::world::{World, event, in_a_hasty_world, in_a_world, link, message, rests, visit};

/// Every event arrives.
const TRUSTING: Terms = Terms {
    paused: false,
    evidence: Evidence::Complete,
    senders: Senders::WELL,
};

fn counts<const N: usize>(expected: [(&str, u64); N]) -> BTreeMap<String, u64> {
    expected.map(|(name, count)| (name.to_owned(), count)).into()
}

/// A batch in which these leads woke the stream, as the recorded one did, beside the records that woke nobody.
fn woken(ids: &[&str]) -> Value {
    let mut batch = event("dynamodb-stream");
    let records = batch["Records"].as_array_mut().expect("records");
    let template = records.remove(0);
    for (number, id) in ids.iter().enumerate() {
        let mut record = template.clone();
        record["dynamodb"]["Keys"]["pk"]["S"] = json!(id);
        record["dynamodb"]["NewImage"]["pk"]["S"] = json!(id);
        record["dynamodb"]["SequenceNumber"] = json!(format!("2000000000000000000{number}"));
        records.insert(number, record);
    }
    batch
}

/// Design, section 7: an empty tick is one query per shard and nothing else, but for the canary: the first tick of a
/// sandbox looks whether it is time for one, and looks again ten minutes later at the soonest.
#[test]
fn r9_an_empty_tick_is_one_query_per_shard_beside_the_canary() {
    in_a_world(async |world| {
        world.call("nurture", json!({ "Records": [] })).await.expect("started");
        let empty = json!({ "leads": 0, "sent": 0, "failed": 0, "held": false });
        let (answer, requests) = world.requests_of(world.tick()).await;
        assert_eq!(answer, empty);
        // Once a sandbox it says which campaigns it can read.
        let with_canary = [
            ("DescribeTable", 1),
            ("GetItem", 1),
            ("PutItem", 1),
            ("Query", 4),
            ("UpdateItem", 1),
        ];
        assert_eq!(requests, counts(with_canary));
        assert_eq!(world.ses.canaries(), 3);
        for _ in 0..3 {
            let (answer, requests) = world.requests_of(world.tick()).await;
            assert_eq!(answer, empty);
            assert_eq!(requests, counts([("Query", 4)]));
        }
        // Another sandbox looks too, and finds that one is on its way.
        let other = world.sandbox("nurture").await;
        other
            .invoke_within(json!({ "Records": [] }), Duration::from_secs(60))
            .await
            .expect("started");
        let (_, requests) = world
            .requests_of(other.invoke_within(event("schedule"), Duration::from_secs(60)))
            .await;
        let another = [("DescribeTable", 1), ("GetItem", 1), ("Query", 4), ("UpdateItem", 1)];
        assert_eq!(requests, counts(another));
        assert_eq!((world.ses.canaries(), world.ses.requests()), (3, 0));
    });
}

/// R9, R22: the canary goes to SES's own simulator, carries when it left, and brings what SES grants into the state of
/// sending; its event is what feedback knows it by, in any number and never backwards.
#[test]
fn r9_r22_a_canary_comes_back_and_what_ses_grants_is_known() {
    in_a_world(async |world| {
        world.tick().await;
        let entries = world.outbox.entries();
        let senders: BTreeSet<_> = entries.iter().map(|entry| &entry.mail.from).collect();
        assert_eq!((entries.len(), senders.len()), (3, 3), "one of each sender");
        let canary = &entries[0];
        assert_eq!(canary.mail.to, [CANARY_ADDRESS]);
        assert_eq!(canary.mail.configuration_set.as_deref(), Some("piste"));
        let sending = world.store.sending().await.expect("an answer");
        let sent_at = sending.canary_sent.expect("it left");
        let tag = (CANARY_TAG.to_owned(), sent_at.as_second().to_string());
        assert_eq!(canary.mail.tags, [tag].into(), "no id of any lead");
        let granted = Quota {
            per_second: 14,
            per_day: Some(50_000),
        };
        assert_eq!((sending.canary_back, sending.quota), (None, Some(granted)));

        for kind in [Event::Delivery, Event::Send, Event::Send] {
            let report = sns_event(&event_json(canary, kind, canary.at), canary.at);
            let taken = world.call("feedback", report).await;
            assert_eq!(taken, Ok(json!({ "taken": 1, "left": 0 })));
        }
        let sending = world.store.sending().await.expect("an answer");
        assert_eq!(sending.canary_back, Some(sent_at));
    });
}

/// R9: advice of unknown fate goes once more when a canary that left well after it came back and its own event did not.
#[test]
fn r9_advice_goes_once_more_on_the_evidence_of_a_canary() {
    in_a_hasty_world(async |world| {
        let address = "ana@example.org";
        let id = world.capture(address).await;
        world.tick().await;
        world
            .http("consent", visit("POST", &link(&world.mails(address)[0], "confirm")))
            .await;
        world.ses.fail([Fault::Reset]);
        let before = world.ses.requests();
        world.tick().await;
        let advice = async || world.ledger(&id).await.remove(1);
        assert_eq!(advice().await, ("claimed".to_owned(), 1));

        // Two hours pass. No canary spoke for the time since: it is held.
        world.age_by(&id, SignedDuration::from_hours(2)).await;
        world.tick().await;
        assert_eq!(advice().await, ("claimed".to_owned(), 1));
        let canary = world.outbox.entries().remove(0);
        assert_eq!(canary.mail.to, [CANARY_ADDRESS]);
        let report = sns_event(&event_json(&canary, Event::Send, canary.at), canary.at);
        world.call("feedback", report).await.expect("taken");
        world.age_by(&id, SignedDuration::from_mins(16)).await;
        world.tick().await;
        assert_eq!(advice().await, ("sent".to_owned(), 2));
        assert_eq!(world.ses.requests() - before, 2, "and never a third time");
        assert_eq!(world.mails(address).len(), 2);
    });
}

/// The email is the one that the local system and the preview compose, byte for byte; it carries the tags by which SES's
/// events find it, and the configuration set by which they come.
#[test]
fn the_schedule_sends_the_guide_once_with_the_bytes_of_the_local_system() {
    in_a_world(async |world| {
        world.tick().await;
        let address = "amelie.durand@example.org";
        let id = world.capture(address).await;
        let order = {
            let app = world.app(Timestamp::UNIX_EPOCH).await;
            let lead = world.lead(&id).await;
            let catalog = app.catalog().await.expect("published");
            let wake = input::Wake {
                token: ClaimToken::new("t"),
                terms: TRUSTING,
            };
            let now = lead.captured_at;
            let decision = decide(
                Some(&lead),
                &wake,
                &Context {
                    catalog: &catalog,
                    key: &world.ring.identity,
                    now,
                },
            );
            decision.mail().expect("due").clone()
        };

        let (answer, requests) = world.requests_of(world.tick()).await;
        assert_eq!(answer, json!({ "leads": 1, "sent": 1, "failed": 0, "held": false }));
        println!("a tick with one mail: {requests:?}, units {:?}", world.proxy.units());
        let expected = [
            ("GetItem", 3),    // the lead; once a sweep the state of sending; once a minute the template
            ("PutItem", 3),    // two writes per mail, and R88: what a mailbox got that nobody has confirmed
            ("Query", 6), // the shards, once a sweep the breaker's counts, once a new lead what was told of them before
            ("UpdateItem", 1), // once a sweep, what the breaker counts of it
        ];
        assert_eq!(requests, counts(expected));
        assert_eq!(world.ses.requests(), 1);

        let mails = world.mails(address);
        let [mail] = &mails[..] else { panic!("one mail") };
        let at = message(mail).date().expect("a date").to_timestamp();
        let app = world.app(Timestamp::from_second(at).expect("a moment")).await;
        let expected = mail::write(&app, &order, app.now()).await.expect("the mail holds");
        assert_eq!(
            String::from_utf8_lossy(&mail.mail.eml),
            String::from_utf8_lossy(&expected)
        );
        assert_eq!(mail.mail.from, "guide@example.com");
        assert_eq!(mail.mail.configuration_set.as_deref(), Some("piste"));
        let tags = [
            ("lead_id", id.as_str()),
            ("send_id", order.send_id.as_str()),
            ("campaign", "guide-seo"),
            ("step", "guide"),
            ("class", "service"),
        ];
        assert_eq!(
            mail.mail.tags,
            tags.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
        );
        let text = message(mail).body_text(0).expect("a text part").into_owned();
        assert!(
            !text.contains("Amélie"),
            "R90: the first mail repeats nothing the visitor typed"
        );
        assert!(
            message(mail).header("List-Unsubscribe").is_none(),
            "R46: a service mail"
        );

        assert_eq!(world.ledger(&id).await, [("sent".to_owned(), 1)]);
        let before = world.snapshot().await;
        for _ in 0..3 {
            world.tick().await;
        }
        assert_eq!(world.ses.requests(), 1, "R1: a tick more sends nothing more");
        world.assert_unchanged(&before).await;
    });
}

/// R1: the stream wakes only the leads it names, and a batch delivered again sends nothing again.
#[test]
fn the_stream_sends_to_the_leads_it_names_and_once() {
    in_a_world(async |world| {
        let named = world.capture("ana@example.org").await;
        let other = world.capture("bob@example.org").await;
        let batch = woken(&[named.as_str(), &"z".repeat(26), named.as_str()]);
        for _ in 0..2 {
            let answer = world.call("nurture", batch.clone()).await.expect("taken");
            assert_eq!(
                answer,
                json!({ "batchItemFailures": [] }),
                "a lead that is gone is no failure"
            );
        }
        assert_eq!(world.ses.requests(), 1);
        assert_eq!(world.ledger(&named).await, [("sent".to_owned(), 1)]);
        assert_eq!(world.ledger(&other).await, [], "not named, not touched");
        // What the stream lost, the next tick finds.
        world.tick().await;
        assert_eq!(world.ledger(&other).await, [("sent".to_owned(), 1)]);
    });
}

/// R12, R27: what could not be done is named and comes again; the rest of the batch is done.
#[test]
fn a_record_that_fails_is_named_and_the_others_are_done() {
    in_a_world(async |world| {
        world.tick().await;
        let first = world.capture("ana@example.org").await;
        let second = world.capture("bob@example.org").await;
        world.proxy.inject("GetItem", proxy::Fault::Throttle, 3);
        let batch = woken(&[first.as_str(), second.as_str()]);
        let answer = world.call("nurture", batch.clone()).await.expect("taken");
        let failed = json!({ "batchItemFailures": [{ "itemIdentifier": "20000000000000000000" }] });
        assert_eq!(answer, failed);
        assert_eq!(world.mails("ana@example.org").len(), 0);
        assert_eq!(world.mails("bob@example.org").len(), 1);
        let answer = world.call("nurture", batch).await.expect("taken");
        assert_eq!(answer, json!({ "batchItemFailures": [] }));
        assert_eq!(world.mails("ana@example.org").len(), 1);
        assert_eq!(world.mails("bob@example.org").len(), 1, "delivered again, sent once");
    });
}

/// R3, R4: a claim whose answer was lost once is our own; one that was never answered sends nothing, and is found again
/// when its lease is over.
#[test]
fn a_claim_without_an_answer_sends_nothing() {
    in_a_world(async |world| {
        world.tick().await;
        let id = world.capture("ana@example.org").await;
        world.proxy.inject("PutItem", proxy::Fault::LoseAnswer, 3);
        let answer = world.tick().await;
        assert_eq!(answer, json!({ "leads": 0, "sent": 0, "failed": 1, "held": false }));
        assert_eq!(world.ses.requests(), 0, "R3");
        assert_eq!(
            world.ledger(&id).await,
            [("claimed".to_owned(), 1)],
            "though the claim is in"
        );
        world.tick().await;
        assert_eq!(world.ses.requests(), 0, "its lease keeps others off");

        world.age(&id).await;
        world.proxy.inject("PutItem", proxy::Fault::LoseAnswer, 1);
        world.tick().await;
        assert_eq!(
            world.ses.requests(),
            1,
            "R4: the second claim was answered at the second try"
        );
        assert_eq!(world.ledger(&id).await, [("sent".to_owned(), 2)]);
    });
}

/// Crash table, "after SES accepted, before record": the email has left and cannot be recorded. It stays claimed, nobody
/// sends it again, and SES's own event settles it.
#[test]
fn an_email_whose_record_failed_is_settled_by_its_event() {
    in_a_world(async |world| {
        world.tick().await;
        let address = "ana@example.org";
        let id = world.capture(address).await;
        let proxy = Arc::clone(&world.proxy);
        world
            .ses
            .meanwhile(move || proxy.inject("PutItem", proxy::Fault::InternalError, 3));
        let answer = world.tick().await;
        assert_eq!(answer, json!({ "leads": 0, "sent": 0, "failed": 1, "held": false }));
        assert_eq!(world.mails(address).len(), 1);
        assert_eq!(world.ledger(&id).await, [("claimed".to_owned(), 1)]);
        world.tick().await;
        assert_eq!(world.ses.requests(), 1, "its lease keeps others off");
        world.report(address, Event::Send).await;
        assert_eq!(world.ledger(&id).await, [("sent".to_owned(), 1)]);
        world.tick().await;
        assert_eq!(world.ses.requests(), 1);
    });
}

/// R14: no email is begun that could not be ended before the function is stopped.
#[test]
fn with_little_time_left_nothing_is_begun() {
    in_a_world(async |world| {
        world.tick().await;
        let id = world.capture("ana@example.org").await;
        let nurture = world.function("nurture").await;
        for event in [event("schedule"), woken(&[id.as_str()])] {
            let short = Duration::from_secs(15);
            let (answer, requests) = world.requests_of(nurture.invoke_within(event, short)).await;
            let answer = answer.expect("an answer");
            assert!(answer["leads"] == 0 || answer["batchItemFailures"].as_array().is_some_and(|all| all.len() == 1));
            assert_eq!(requests.get("PutItem"), None);
        }
        assert_eq!(world.ses.requests(), 0);
        assert_eq!(world.ledger(&id).await, []);
        drop(nurture);
        world.tick().await;
        assert_eq!(world.ses.requests(), 1);
    });
}

/// R39, R41, R45: an email of advice after the button, its one-click header, and silence after it was pressed.
#[test]
fn advice_leaves_after_the_button_and_stops_at_one_click() {
    in_a_hasty_world(async |world| {
        let address = "amelie.durand@example.org";
        let id = world.capture(address).await;
        world.tick().await;
        world.tick().await;
        assert_eq!(world.mails(address).len(), 1, "I3: no advice without the button");
        let confirm = link(&world.mails(address)[0], "confirm");
        assert_eq!(world.http("consent", visit("POST", &confirm)).await.status, 200);
        world.tick().await;

        let mails = world.mails(address);
        let [_, advice] = &mails[..] else {
            panic!("the guide and one mail of advice")
        };
        assert_eq!(
            (advice.mail.tag("class"), advice.mail.tag("step")),
            ("nurture", "day-2")
        );
        let header = |name: &str| -> Vec<String> {
            let eml = String::from_utf8_lossy(&advice.mail.eml)
                .replace("\r\n ", " ")
                .replace("\r\n\t", " ");
            let head = eml.split_once("\r\n\r\n").expect("a header").0.to_owned();
            let lines = head
                .lines()
                .filter_map(|line| line.split_once(':').map(|(n, v)| (n.to_owned(), v.trim().to_owned())));
            lines
                .filter(|(known, _)| known.eq_ignore_ascii_case(name))
                .map(|(_, value)| value)
                .collect()
        };
        assert_eq!(header("List-Unsubscribe-Post"), ["List-Unsubscribe=One-Click"]);
        let unsubscribe = link(advice, "unsubscribe");
        assert_eq!(
            header("List-Unsubscribe"),
            [format!("<{unsubscribe}>")],
            "R39: one header, one https URI"
        );

        let mut one_click = event("http-post-one-click");
        one_click["rawQueryString"] = unsubscribe.split_once('?').expect("a query").1.into();
        let reply = world.http("consent", one_click).await;
        assert_eq!(reply.status, 200);
        assert_eq!((reply.header("location"), reply.cookies), ("", 0), "RFC 8058");
        assert!(rests(&world.lead(&id).await), "nothing is due any more");
        let sent = world.ses.requests();
        world.tick().await;
        assert_eq!(world.ses.requests(), sent);
    });
}

/// R2: several sweeps at once, none of them a leader: one email each.
#[test]
fn several_senders_at_once_send_one_email_to_each_lead() {
    in_a_world(async |world| {
        for number in 0..12 {
            world.capture(&format!("p{number}@example.org")).await;
        }
        let senders = sandboxes(world, 3).await;
        let ticks = senders
            .iter()
            .map(|sender| sender.invoke_within(event("schedule"), Duration::from_secs(60)));
        for answer in futures_util::future::join_all(ticks).await {
            answer.expect("a sweep never fails as a whole");
        }
        for number in 0..12 {
            assert_eq!(world.mails(&format!("p{number}@example.org")).len(), 1);
        }
        assert_eq!(world.ses.requests(), 12);
    });
}

/// Sandboxes of the same function, as Lambda makes them under load.
async fn sandboxes(world: &World, count: usize) -> Vec<piste_tests::runtime_api::Function> {
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(world.sandbox("nurture").await);
    }
    all
}

/// R18, R22: when SES asks to slow down, what is under way is ended and recorded, nothing new is begun, nothing is lost.
#[test]
fn a_throttled_sweep_ends_what_it_began() {
    in_a_world(async |world| {
        world.tick().await;
        let address = |number: usize| format!("p{number}@example.org");
        for number in 0..30 {
            world.capture(&address(number)).await;
        }
        world.ses.fail([Fault::Refuse(Refusal::THROTTLED)]);
        world.tick().await;
        let mut begun = 0;
        for number in 0..30 {
            let ledger = world.ledger(&world.id(&address(number))).await;
            let states: Vec<_> = ledger.iter().map(|(state, _)| state.as_str()).collect();
            assert!(
                ["sent", "waiting"].iter().any(|state| states == [*state]) || states.is_empty(),
                "{states:?}"
            );
            begun += ledger.len() as u64;
        }
        assert_eq!(
            world.ses.requests(),
            begun,
            "every mail that was begun reached SES and was recorded"
        );
        assert!(begun < 30, "the rest waits for the next minute");
        world.tick().await;
        assert_eq!(world.accepted().len(), 29, "all but the one that backs off");
    });
}

/// The same for the stream: one answer "slow down" is heard.
#[test]
fn a_throttled_batch_leaves_the_rest_to_the_next_tick() {
    in_a_world(async |world| {
        world.tick().await;
        let mut ids = Vec::new();
        for name in ["ana", "bob", "eve"] {
            ids.push(world.capture(&format!("{name}@example.org")).await);
        }
        world.ses.fail([Fault::Refuse(Refusal::THROTTLED)]);
        let batch = woken(&ids.iter().map(LeadId::as_str).collect::<Vec<_>>());
        world.call("nurture", batch).await.expect("taken");
        assert_eq!(world.ses.requests(), 1);
        world.tick().await;
        assert_eq!(world.accepted().len(), 2);
    });
}
