//! Killed at every request: whatever is cut, and wherever, there is one record afterwards, and no success is claimed
//! that was none.

use piste_crm::{Crm, End};
use piste_stand_ins::Fault;
use serde_json::Value;

use crate::account::{Account, Lead, Relay, What, records, token};
use crate::world::{World, done};
use crate::{hubspot, pipedrive, salesforce, zoho};

fn faults() -> Vec<Fault> {
    let statuses = [401, 408, 429, 500, 502, 503].map(Fault::Status);
    [
        Fault::CutBefore,
        Fault::CutAfter,
        Fault::Html,
        Fault::Nothing,
        Fault::Redirect,
    ]
    .into_iter()
    .chain(statuses)
    .collect()
}

/// How a lead stands there before it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    Nobody,
    /// Somebody of the address, without our id.
    Theirs,
    Known,
}

/// A world with a lead as it stands before, and our side of it.
fn prepared<A: Account>(world: &World<A::StandIn>, before: Before) -> Relay<'_, A> {
    let mut relay = Relay::<A>::new(world);
    if before != Before::Nobody {
        relay.deliver(What::Push, &Lead::new::<A>(1));
    }
    if before == Before::Theirs {
        let id = relay.id.take().expect("an id");
        world.act(|crm, now| A::edit(crm, &id, A::NAMES.id, Value::Null, now));
    }
    relay
}

/// What is told to the end, with a fault at each request of a clean run in turn.
fn killed<A: Account>(what: What, before: Before, check: impl Fn(&World<A::StandIn>, &Relay<'_, A>, End)) {
    let lead = match before {
        Before::Nobody => Lead::new::<A>(1),
        Before::Theirs | Before::Known => Lead::new::<A>(1).with(A::NAMES.fit, 80),
    };
    let clean = World::new(A::stand_in(), A::spec());
    let mut relay = prepared::<A>(&clean, before);
    let start = clean.calls();
    let end = relay.once(what, &lead).end;
    let calls = clean.calls() - start;
    check(&clean, &relay, end);
    assert!(calls > 0);
    for place in 0..calls {
        for fault in faults() {
            let world = World::new(A::stand_in(), A::spec());
            let mut relay = prepared::<A>(&world, before);
            world.fault(place, fault.clone());
            let (ends, last) = relay.tell(what, &lead);
            let told = || format!("{what:?} {before:?} {fault:?} at {place} of {calls}: {ends:?} {last:?}");
            assert_eq!(last.end, end, "{}", told());
            let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(&world, &relay, last.end)));
            assert!(checked.is_ok(), "{}", told());
        }
    }
}

fn pushed<A: Account>() {
    for before in [Before::Nobody, Before::Theirs, Before::Known] {
        killed::<A>(What::Push, before, |world, relay, _| {
            let record = &records(world, 1)[0];
            let lead = Lead::new::<A>(1);
            let lead = if before == Before::Nobody {
                lead
            } else {
                lead.with(A::NAMES.fit, 80)
            };
            lead.stands::<A>(world, record);
            let present = relay.read().expect("it is there");
            assert_eq!(present.lead, Some(lead.id));
        });
    }
}

fn opted_out<A: Account>() {
    killed::<A>(What::OptOut, Before::Known, |world, relay, _| {
        records(world, 1);
        assert!(relay.read().expect("it is there").opted_out);
    });
}

fn erased<A: Account>() {
    killed::<A>(What::Erase, Before::Known, |world, _, end| {
        records(world, 0);
        let state = world.state();
        let binned = state["bin"].as_array().is_some_and(|bin| !bin.is_empty());
        assert_eq!(end == End::Delivered, A::FORGETS);
        // Pipedrive has its bin emptied by itself.
        assert!(!binned || !A::FORGETS || state.get("lead_bin").is_some(), "{state}");
        assert!(state["leads"].as_array().is_none_or(Vec::is_empty));
    });
}

/// A token that is not had is asked for again, and nothing is taken for one.
fn asked_for_a_token<A: Account>() {
    for fault in faults() {
        let world = World::new(A::stand_in(), A::spec());
        world.fault(0, fault.clone());
        if let Ok(token) = token::<A>(&world) {
            // Whoever writes a key down asks nobody.
            assert_eq!((world.calls(), token.seconds), (0, None), "{fault:?}");
        }
        let client = A::client();
        assert!(
            done(client.token(&world, &A::secret(), Some(A::BASE))).is_ok(),
            "{fault:?}"
        );
    }
}

for_each!(pushed, opted_out, erased, asked_for_a_token);
