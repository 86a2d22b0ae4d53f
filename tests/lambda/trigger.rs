//! The trigger binary: a signed report counts once, an unsigned one never, and a store that is down loses none.

use piste_adapters::clock::Clock;
use piste_adapters::webhook::Secret;
use piste_domain::Lead;
use piste_domain::kit::vocabulary::SignalKind;
use piste_operations::keys::trigger_secret;
use piste_tests::proxy::Fault;
use piste_tests::runtime_api::http_event;
use serde_json::{Value, json};

use crate::world::{World, in_a_world};

const ANA: &str = "ana@example.org";

/// What the CRM of the demo's mapping sends of a booked meeting.
pub fn report(id: &str, secret: &Secret, signed: bool) -> Value {
    let now = Clock::Wall.now();
    let body = json!({ "event": "meeting.booked", "contact": { "email": ANA } }).to_string();
    let signature = match signed {
        true => secret.sign(id, now, body.as_bytes()),
        false => Secret::generate().sign(id, now, body.as_bytes()),
    };
    let at = now.as_second().to_string();
    let headers = [
        ("content-type", "application/json"),
        ("webhook-id", id),
        ("webhook-timestamp", &at),
        ("webhook-signature", &signature),
    ];
    http_event("POST", "/triggers/crm", &headers, body.as_bytes())
}

fn meetings(lead: &Lead) -> usize {
    let of_it = lead.signals.iter().filter(|signal| signal.kind == SignalKind::Meeting);
    of_it.count()
}

async fn meetings_of(world: &World) -> usize {
    meetings(&world.lead(&world.id(ANA)).await)
}

#[test]
fn r26_r109_r110_a_signed_report_counts_once_and_none_is_lost_to_a_store_that_is_down() {
    in_a_world(async |world| {
        let text = trigger_secret(&world.store, "main", "crm").await.expect("a secret");
        let secret = Secret::parse(&text).expect("a secret");
        world.capture(ANA).await;

        let unsigned = world.http("trigger", report("m-1", &secret, false)).await;
        assert_eq!(
            (unsigned.status, meetings_of(world).await),
            (401, 0),
            "{}",
            unsigned.body
        );

        let taken = world.http("trigger", report("m-1", &secret, true)).await;
        assert!((200..300).contains(&taken.status), "{}", taken.body);
        assert_eq!(meetings_of(world).await, 1);
        let before = world.snapshot().await;
        let again = world.http("trigger", report("m-1", &secret, true)).await;
        assert_eq!(again.status, taken.status, "the sender is told the same");
        world.assert_unchanged(&before).await;

        // The store is down: the sender is told to try again, and its second try counts once.
        for fault in [Fault::ResetBefore, Fault::InternalError] {
            world.proxy.reset();
            world.proxy.inject("PutItem", fault, 3);
            let id = format!("m-{fault:?}");
            let refused = world.http("trigger", report(&id, &secret, true)).await;
            assert_eq!(refused.status, 503, "{fault:?}: {}", refused.body);
            assert!(!refused.header("retry-after").is_empty(), "{fault:?}");
            let had = meetings_of(world).await;
            for _ in 0..2 {
                let taken = world.http("trigger", report(&id, &secret, true)).await;
                assert!((200..300).contains(&taken.status), "{fault:?}: {}", taken.body);
            }
            assert_eq!(meetings_of(world).await, had + 1, "{fault:?}");
        }
    });
}
