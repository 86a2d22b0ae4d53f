//! The feedback binary: what SES reports, in every shape and envelope it comes in.

use piste_domain::lead::SuppressionReason;
use piste_local::outbox::{Entry, Event};
use piste_local::ses::{event_json, sns_event};
use piste_tests::proxy::Fault;
use piste_tests::runtime_api::InvocationError;
use serde_json::{Value, json};

use crate::world::{World, event, in_a_world, rests};

/// A recorded event that reports on this email: the two ids and SES's own are put in place of the recorded ones.
fn about(name: &str, entry: &Entry) -> Value {
    let text = event(name).to_string();
    let recorded = "0102019c9e8f7a6b-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9-000000";
    let text = text
        .replace(recorded, &entry.id)
        .replace(&"a".repeat(26), entry.mail.tag("lead_id"));
    serde_json::from_str(&text.replace(&"s".repeat(26), entry.mail.tag("send_id"))).expect("still JSON")
}

async fn sent(world: &World, address: &str) -> std::sync::Arc<Entry> {
    world.capture(address).await;
    world.tick().await;
    world.mails(address).pop().expect("the guide left")
}

/// R54, R55, R56, R57: SNS, EventBridge and the older notification, as AWS documents them.
#[test]
fn every_recorded_shape_reaches_its_lead() {
    in_a_world(async |world| {
        let address = "ana@example.org";
        let mail = sent(world, address).await;
        let taken = world
            .call("feedback", about("eventbridge-ses-event", &mail))
            .await
            .expect("taken");
        assert_eq!(taken, json!({ "taken": 1, "left": 0 }));
        assert_eq!(world.ledger(&world.id(address)).await, [("sent".to_owned(), 1)]);

        let taken = world
            .call("feedback", about("sns-ses-event", &mail))
            .await
            .expect("taken");
        assert_eq!(taken, json!({ "taken": 1, "left": 0 }));
        let lead = world.lead(&world.id(address)).await;
        assert_eq!(
            lead.suppression.expect("a hard bounce stops mail").reason,
            SuppressionReason::Bounce
        );
        assert!(rests(&lead));

        let address = "bob@example.org";
        let mail = sent(world, address).await;
        let notification = about("ses-notification", &mail);
        let mut enveloped = event("sns-ses-event");
        enveloped["Records"][0]["Sns"]["Message"] = notification.to_string().into();
        for shape in [notification, enveloped] {
            let taken = world.call("feedback", shape).await.expect("taken");
            assert_eq!(taken, json!({ "taken": 1, "left": 0 }));
            let lead = world.lead(&world.id(address)).await;
            assert_eq!(
                lead.suppression.expect("a complaint stops mail").reason,
                SuppressionReason::Complaint
            );
        }
    });
}

/// R24: any number of times, in any order, one result.
#[test]
fn events_again_and_out_of_order_change_nothing_more() {
    in_a_world(async |world| {
        let address = "ana@example.org";
        sent(world, address).await;
        for event in [Event::Delivery, Event::Send, Event::Bounce] {
            world.report(address, event).await;
        }
        let settled = world.snapshot().await;
        for event in [Event::Bounce, Event::Delivery, Event::Send, Event::Bounce] {
            world.report(address, event).await;
        }
        world.assert_unchanged(&settled).await;
        world.report(address, Event::Complaint).await;
        let complained = world.snapshot().await;
        world.report(address, Event::Bounce).await;
        world.assert_unchanged(&complained).await; // a weaker reason never replaces a stronger one
    });
}

/// R56: what is not understood is counted and left: no error, so that nobody delivers it for ever.
#[test]
fn what_is_not_ours_is_left_without_an_error() {
    in_a_world(async |world| {
        let address = "ana@example.org";
        let mail = sent(world, address).await;
        let before = world.snapshot().await;
        let good = event_json(&mail, Event::Delivery, mail.at);
        let with = |path: &str, value: Value| {
            let mut changed = good.clone();
            *changed.pointer_mut(path).expect("a path of the event") = value;
            sns_event(&changed, mail.at)
        };
        let rows = [
            with("/eventType", json!("Invented")),
            with("/eventType", json!(null)),
            with("/mail", json!(null)),
            with("/mail/tags", json!({})),
            with("/mail/tags/lead_id", json!(["../../etc/passwd"])),
            with("/mail/tags/send_id", json!([])),
            with("/mail/tags/send_id", json!(["ana@example.org"])),
            with("/mail/messageId", json!(7)),
            json!({ "Records": [] }),
            json!({ "Records": [{}] }),
            json!({ "Records": [{ "Sns": { "Message": "Successfully validated SNS topic for Amazon SES event publishing." } }] }),
            json!({ "Records": "none" }),
            json!({ "detail": null }),
            json!({}),
        ];
        for row in rows {
            let taken = world.call("feedback", row.clone()).await;
            assert_eq!(taken.map(|taken| taken["taken"].clone()), Ok(json!(0)), "{row}");
        }
        // Ours in shape, but nobody's: a lead that was never there, an email that it never got.
        for (tag, value) in [("lead_id", "z"), ("send_id", "y")] {
            let row = with(&format!("/mail/tags/{tag}"), json!([value.repeat(26)]));
            assert_eq!(world.call("feedback", row).await, Ok(json!({ "taken": 1, "left": 0 })));
        }
        world.assert_unchanged(&before).await;
        // Kinds from which nothing follows for an email that is known to be sent.
        for kind in ["Open", "DeliveryDelay", "Subscription"] {
            let taken = world.call("feedback", with("/eventType", json!(kind))).await;
            assert_eq!(taken, Ok(json!({ "taken": 1, "left": 0 })), "{kind}");
        }
        world.assert_unchanged(&before).await;
        world
            .call("feedback", with("/eventType", json!("Rendering Failure")))
            .await
            .expect("taken");
        let ledger = world.ledger(&world.id(address)).await;
        assert_eq!(
            ledger,
            [("failed(reject)".to_owned(), 1)],
            "SES took it and did not send it"
        );
    });
}

/// R27: a store that is down fails the invocation, so that Lambda tries again; the same batch then counts once.
#[test]
fn an_event_that_the_store_did_not_take_comes_again() {
    in_a_world(async |world| {
        let mut records = Vec::new();
        for address in ["ana@example.org", "bob@example.org"] {
            let mail = sent(world, address).await;
            let bounce = sns_event(&event_json(&mail, Event::Bounce, mail.at), mail.at);
            records.push(bounce["Records"][0].clone());
        }
        let batch = json!({ "Records": records });
        world.call("feedback", json!({})).await.expect("it has started");
        world.proxy.inject("PutItem", Fault::Throttle, 3);
        let error = world
            .call("feedback", batch.clone())
            .await
            .expect_err("nothing was taken");
        let InvocationError::Function(told) = error else {
            panic!("the process lives: {error}")
        };
        assert!(
            told.message.contains("throttled") && !told.message.contains('@'),
            "R99: {told}"
        );
        for _ in 0..2 {
            assert_eq!(
                world.call("feedback", batch.clone()).await,
                Ok(json!({ "taken": 2, "left": 0 }))
            );
        }
        for address in ["ana@example.org", "bob@example.org"] {
            assert!(world.lead(&world.id(address)).await.suppression.is_some(), "{address}");
        }
    });
}
