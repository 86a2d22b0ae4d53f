//! SES that hangs, breaks off, throttles or refuses: one request per attempt, the state of the table in `requirements.md`,
//! and never a second copy.

use std::collections::BTreeSet;
use std::sync::Arc;

use piste_domain::rules::sending::Sending;
use piste_local::outbox::Event;
use piste_local::ses::{Fault, Refusal};
use piste_tests::proxy;

use crate::world::{in_a_hasty_world, in_a_world, link, rests, visit};

const fn refuse(status: u16, code: &'static str) -> Fault {
    Fault::Refuse(Refusal {
        status,
        code,
        message: "refused",
    })
}

/// R6, R7, R8, R22: every answer of SES, and what is known after it. An email that left is told by SES's event; one of
/// unknown fate goes once more when its time is over; nobody gets two.
#[test]
fn every_answer_of_ses_costs_one_request_and_leaves_its_state() {
    in_a_world(async |world| {
        world.tick().await;
        // fault; the ledger after it; whether SES has the email; the ledger after events and time
        let rows = [
            (Fault::Reset, ("claimed", 1), false, ("sent", 2)),
            (Fault::AcceptThenReset, ("claimed", 1), true, ("sent", 1)),
            (
                Fault::Refuse(Refusal::INTERNAL_FAILURE),
                ("claimed", 1),
                false,
                ("sent", 2),
            ),
            (Fault::Refuse(Refusal::UNAVAILABLE), ("claimed", 1), false, ("sent", 2)),
            (refuse(400, "SomethingNew"), ("claimed", 1), false, ("sent", 2)),
            (Fault::Refuse(Refusal::THROTTLED), ("waiting", 0), false, ("sent", 1)),
            (Fault::Refuse(Refusal::DAILY_QUOTA), ("waiting", 0), false, ("sent", 1)),
            (
                Fault::Refuse(Refusal::REJECTED),
                ("failed(MessageRejected)", 1),
                false,
                ("failed(MessageRejected)", 1),
            ),
        ];
        let address = |row: usize| format!("p{row}@example.org");
        // The connection is open and used: a reset on it must not tempt the HTTP client to send again.
        world.capture("warm@example.org").await;
        world.tick().await;
        for (row, (fault, after, has_it, _)) in rows.iter().enumerate() {
            let id = world.capture(&address(row)).await;
            let before = world.ses.requests();
            world.ses.fail([*fault]);
            world.tick().await;
            assert_eq!(world.ses.requests() - before, 1, "R6: {fault:?}");
            assert_eq!(world.ledger(&id).await, [(after.0.to_owned(), after.1)], "{fault:?}");
            assert_eq!(world.mails(&address(row)).len(), usize::from(*has_it), "{fault:?}");
            world.tick().await;
            assert_eq!(world.ses.requests() - before, 1, "{fault:?}: nothing more is due");
        }
        for (row, (_, _, has_it, _)) in rows.iter().enumerate() {
            if *has_it {
                world.report(&address(row), Event::Send).await;
            }
            world.age(&world.id(&address(row))).await;
        }
        // A throttled sweep would end early; now SES is well.
        world.tick().await;
        for (row, (fault, _, _, in_the_end)) in rows.iter().enumerate() {
            let ledger = world.ledger(&world.id(&address(row))).await;
            assert_eq!(ledger, [(in_the_end.0.to_owned(), in_the_end.1)], "{fault:?}");
            let copies = world.mails(&address(row)).len();
            assert_eq!(
                copies,
                usize::from(in_the_end.0 == "sent"),
                "{fault:?}: no copy too many, none too few"
            );
        }
    });
}

/// R133: SES refuses the house: one request, the claim is given back, and nobody else's email is handed over until the next
/// one may be tried. What leaves then opens the rest, and nobody gets two.
#[test]
fn r133_what_ses_refuses_to_the_house_is_given_back_and_leaves_once() {
    for fault in [
        refuse(400, "AccountSendingPausedException"),
        Fault::Refuse(Refusal::NO_CONFIGURATION_SET),
        refuse(403, "AccessDenied"),
        Fault::Refuse(Refusal::NOT_VERIFIED),
    ] {
        in_a_world(async |world| {
            world.tick().await;
            let (ana, bob) = (world.capture("ana@example.org").await, "bob@example.org");
            let before = world.ses.requests();
            world.ses.fail([fault]);
            world.tick().await;
            let bob_id = world.capture(bob).await;
            world.tick().await;
            assert_eq!(world.ses.requests() - before, 1, "{fault:?}");
            assert_eq!(world.ledger(&ana).await, [("waiting".to_owned(), 0)], "{fault:?}");
            assert!(world.ledger(&bob_id).await.is_empty(), "{fault:?}: not even claimed");
            let again = |sending: &mut Sending| {
                for refused in sending.refused.values_mut() {
                    refused.again = refused.since;
                }
                true
            };
            let (sending, _) = world.store.change_sending(again).await.expect("an answer");
            assert_eq!(
                sending.refused.len(),
                1,
                "{fault:?}: of the other senders nothing is known"
            );
            for id in [&ana, &bob_id] {
                world.age(id).await;
            }
            world.tick().await;
            for address in ["ana@example.org", bob] {
                assert_eq!(world.mails(address).len(), 1, "{fault:?}");
            }
            assert_eq!(world.ses.requests() - before, 3, "{fault:?}");
            let sending = world.store.sending().await.expect("an answer");
            assert!(sending.refused.is_empty(), "{fault:?}");
        });
    }
}

/// R6, R8: SES that never answers costs its time limit once; who hangs does not hold up the others (R12).
#[test]
fn an_ses_that_hangs_is_asked_once() {
    in_a_world(async |world| {
        world.tick().await;
        let addresses: BTreeSet<_> = ["ana@example.org", "bob@example.org", "eve@example.org"].into();
        for address in &addresses {
            world.capture(address).await;
        }
        world.ses.fail([Fault::Hang, Fault::AcceptThenHang]);
        world.tick().await;
        assert_eq!(world.ses.requests(), 3, "one request each");
        let mut claimed = 0;
        for address in &addresses {
            let ledger = world.ledger(&world.id(address)).await;
            let [(state, 1)] = &ledger[..] else {
                panic!("one attempt: {ledger:?}")
            };
            claimed += usize::from(state == "claimed");
        }
        assert_eq!(claimed, 2);
        assert_eq!(world.accepted().len(), 2, "one of the two that hung was accepted");

        // The event of the accepted one arrives; then their time is over.
        for address in &addresses {
            if !world.mails(address).is_empty() {
                world.report(address, Event::Send).await;
            }
            world.age(&world.id(address)).await;
        }
        world.tick().await;
        for address in &addresses {
            assert_eq!(world.mails(address).len(), 1, "{address}");
        }
        assert_eq!(world.ses.requests(), 4);
    });
}

/// R18: the sweep answers only when all it asked for is answered or given up, whatever hangs; the sandbox may freeze then.
/// `World::call` looks after every invocation of these tests; here it has something to find.
#[test]
fn r18_nothing_is_under_way_when_a_sweep_is_over() {
    in_a_world(async |world| {
        world.tick().await;
        for name in ["ana", "bob", "eve", "kim"] {
            world.capture(&format!("{name}@example.org")).await;
        }
        world.ses.fail([Fault::Hang, Fault::AcceptThenHang, Fault::Reset]);
        world.proxy.inject("PutItem", proxy::Fault::Hang, 1);
        world.proxy.inject("GetItem", proxy::Fault::Hang, 2);
        world.tick().await;
        assert_eq!(world.ses.requests(), 4);
        assert_eq!(world.accepted().len(), 2, "one was answered, one only accepted");
    });
}

/// R9, R10: advice of unknown fate is not repeated on a mere silence; it is counted as unknown, and a late event still
/// tells what became of it. What follows it goes on.
#[test]
fn advice_of_unknown_fate_is_never_repeated() {
    in_a_hasty_world(async |world| {
        for (address, fault) in [
            ("ana@example.org", Fault::Reset),
            ("bob@example.org", Fault::AcceptThenReset),
        ] {
            let id = world.capture(address).await;
            world.tick().await;
            world
                .http("consent", visit("POST", &link(&world.mails(address)[0], "confirm")))
                .await;
            world.ses.fail([fault]);
            let before = world.ses.requests();
            world.tick().await;
            let advice = async || world.ledger(&id).await.remove(1);
            assert_eq!(advice().await, ("claimed".to_owned(), 1));
            world.age(&id).await;
            world.tick().await;
            world.tick().await;
            assert_eq!(world.ses.requests() - before, 1, "{fault:?}");
            assert_eq!(advice().await, ("unknown".to_owned(), 1), "{fault:?}");
            if fault == Fault::AcceptThenReset {
                world.report(address, Event::Send).await;
                assert_eq!(advice().await, ("sent".to_owned(), 1), "R8");
            }
            let lead = world.lead(&id).await;
            assert!(lead.due_at.is_some(), "I20: the next step is still to come");
        }
    });
}

/// I2, I18: while SES holds the guide, the person complains: what was claimed may be gone, but nothing follows.
#[test]
fn nothing_is_claimed_after_a_stop() {
    in_a_hasty_world(async |world| {
        let address = "ana@example.org";
        let id = world.capture(address).await;
        world.tick().await;
        world
            .http("consent", visit("POST", &link(&world.mails(address)[0], "confirm")))
            .await;
        world.report(address, Event::Complaint).await;
        world.tick().await;
        assert_eq!(world.mails(address).len(), 1);
        assert!(rests(&world.lead(&id).await));
        // Even an index that still names the lead leads to nothing: the lead itself decides.
        let mut stale = world.lead(&id).await;
        let known = stale.version;
        stale.version += 1;
        stale.due_at = Some(stale.captured_at);
        world
            .store
            .save(&Arc::new(stale), Some(known), true)
            .await
            .expect("saved");
        world.tick().await;
        assert_eq!(world.mails(address).len(), 1);
    });
}
