//! What holds for all four.

use piste_crm::{Crm, End, FieldEnd, Write};
use serde_json::Value;

use crate::account::{Account, Lead, Relay, What, records};
use crate::world::World;
use crate::{hubspot, pipedrive, salesforce, zoho};

fn world<A: Account>() -> World<A::StandIn> {
    World::new(A::stand_in(), A::spec())
}

fn made_changed_read<A: Account>() {
    let world = world::<A>();
    let mut relay = Relay::<A>::new(&world);
    let lead = Lead::new::<A>(1);
    let made = relay.deliver(What::Push, &lead);
    assert!(made.fields.is_empty(), "everything was taken: {made:?}");
    lead.stands::<A>(&world, &records(&world, 1)[0]);
    let id = relay.id.clone();
    let lead = lead.with(A::NAMES.fit, 80);
    let changed = relay.deliver(What::Push, &lead);
    assert_eq!((changed.fields.len(), &relay.id), (0, &id));
    lead.stands::<A>(&world, &records(&world, 1)[0]);
    let present = relay.read().expect("it is there");
    assert_eq!(
        (Some(&present.id), present.lead.as_ref(), present.opted_out),
        (id.as_ref(), Some(&lead.id), false)
    );
    // What is the same is told again without harm, and whoever lost the id finds it.
    relay.deliver(What::Push, &lead);
    relay.id = None;
    relay.deliver(What::Push, &lead);
    assert_eq!(relay.id, id);
    lead.stands::<A>(&world, &records(&world, 1)[0]);
}

fn adopted<A: Account>() {
    let world = world::<A>();
    let mut relay = Relay::<A>::new(&world);
    relay.deliver(What::Push, &Lead::new::<A>(1));
    let id = relay.id.take().expect("an id");
    // As a person would have made it: without our id, and with another name.
    world.act(|crm, now| {
        A::edit(crm, &id, A::NAMES.id, Value::Null, now);
        A::edit(crm, &id, A::NAMES.name, "Theirs".into(), now);
        A::edit(crm, &id, A::NAMES.fit, 1.into(), now);
    });
    let mut lead = Lead::new::<A>(1);
    lead.email = lead.email.to_uppercase();
    relay.deliver(What::Push, &lead);
    assert_eq!(relay.id.as_ref(), Some(&id));
    Lead::new::<A>(1)
        .with(A::NAMES.name, "Theirs")
        .stands::<A>(&world, &records(&world, 1)[0]);
}

/// Whoever has another address with us by now, and whose id is lost, is known by our own id.
fn moved_and_lost<A: Account>() {
    let world = world::<A>();
    let mut relay = Relay::<A>::new(&world);
    relay.deliver(What::Push, &Lead::new::<A>(1));
    let id = relay.id.take();
    let mut lead = Lead::new::<A>(1).with(A::NAMES.email, "new@example.com");
    lead.email = "new@example.com".to_owned();
    let outcome = relay.deliver(What::Push, &lead);
    assert_eq!(relay.id, id);
    assert!(
        outcome
            .fields
            .iter()
            .all(|(name, end)| name == A::NAMES.email && *end == FieldEnd::Kept),
        "{outcome:?}"
    );
    records(&world, 1);
}

fn refused_option<A: Account>() {
    let bad = |number| Lead::new::<A>(number).with(A::NAMES.list, A::option(A::OPTIONS[1]));
    let name = A::NAMES.list.to_owned();
    for is_new in [true, false] {
        let world = world::<A>();
        let mut relay = Relay::<A>::new(&world);
        if !is_new {
            relay.deliver(What::Push, &Lead::new::<A>(1));
        }
        let stopped = relay.once(What::Push, &bad(1).with(A::NAMES.fit, 90));
        assert_eq!(
            (stopped.end, &stopped.fields[..]),
            (End::SetAside, &[(name.clone(), FieldEnd::Refused)][..])
        );
        let kept = records(&world, usize::from(!is_new));
        assert!(
            kept.iter()
                .all(|record| A::value(&world.state(), record, A::NAMES.fit) != 90)
        );
        let dropped = relay.deliver(What::Push, &bad(1).dropping(&name).with(A::NAMES.fit, 90));
        assert_eq!(dropped.fields, [(name.clone(), FieldEnd::Dropped)]);
        let mut lead = Lead::new::<A>(1).with(A::NAMES.fit, 90);
        lead.entries.retain(|entry| entry.name != name);
        lead.stands::<A>(&world, &records(&world, 1)[0]);
    }
}

fn opted_out<A: Account>() {
    for is_known in [true, false] {
        let world = world::<A>();
        let mut relay = Relay::<A>::new(&world);
        let lead = Lead::new::<A>(1);
        relay.deliver(What::Push, &lead);
        let id = relay.id.clone();
        if !is_known {
            relay.id = None;
        }
        relay.deliver(What::OptOut, &lead);
        relay.id = id;
        assert!(relay.read().expect("it is there").opted_out);
        lead.stands::<A>(&world, &records(&world, 1)[0]);
        // Said twice, and kept by the next push.
        relay.deliver(What::OptOut, &lead);
        relay.deliver(What::Push, &lead);
        assert!(relay.read().expect("it is there").opted_out);
    }
}

/// A no that has found nobody to stand on was not taken; HubSpot keeps it by the address alone.
fn said_by_nobody<A: Account>() {
    let world = world::<A>();
    let outcome = Relay::<A>::new(&world).once(What::OptOut, &Lead::new::<A>(1));
    let noted = world.state()["opt_outs"]
        .as_object()
        .is_some_and(|noted| !noted.is_empty());
    assert_eq!(outcome.end == End::Delivered, noted, "{outcome:?}");
    records(&world, 0);
}

fn erased<A: Account>() {
    let world = world::<A>();
    let mut relay = Relay::<A>::new(&world);
    let [lead, other] = [1, 2].map(Lead::new::<A>);
    relay.deliver(What::Push, &other);
    relay.id = None;
    relay.deliver(What::Push, &lead);
    let outcome = relay.once(What::Erase, &lead);
    match A::FORGETS {
        true => assert_eq!(outcome.end, End::Delivered),
        false => assert_eq!(
            (outcome.end, outcome.code.as_deref()),
            (End::SetAside, Some("bin_only"))
        ),
    }
    other.stands::<A>(&world, &records(&world, 1)[0]);
    assert!(relay.read().is_none());
    let again = relay.once(What::Erase, &lead);
    assert_eq!(again.end, outcome.end, "said twice");
}

fn gone<A: Account>() {
    let world = world::<A>();
    let mut relay = Relay::<A>::new(&world);
    let lead = Lead::new::<A>(1);
    relay.deliver(What::Push, &lead);
    let id = relay.id.clone().expect("an id");
    world.act(|crm, now| A::remove(crm, &id, now));
    let lead = lead.with(A::NAMES.fit, 90);
    assert_eq!(relay.once(What::Push, &lead).end, End::Gone);
    assert_eq!(relay.id, Some(id));
    records(&world, 0);
}

fn merged<A: Account>() {
    let world = world::<A>();
    let mut relay = Relay::<A>::new(&world);
    let [lead, other] = [1, 2].map(Lead::new::<A>);
    relay.deliver(What::Push, &other);
    let into = relay.id.take().expect("an id");
    relay.deliver(What::Push, &lead);
    let id = relay.id.clone().expect("an id");
    world.act(|crm, now| A::merge(crm, &id, &into, now));
    let mut lead = lead.with(A::NAMES.fit, 90);
    lead.entries
        .iter_mut()
        .filter(|entry| entry.key.is_none())
        .for_each(|entry| entry.write = Write::Always);
    let outcome = relay.once(What::Push, &lead);
    // HubSpot answers for the survivor under the old id; the others say that it is gone. Nobody makes it again.
    assert!(matches!(outcome.end, End::Delivered | End::Gone), "{outcome:?}");
    records(&world, 1);
}

fn clears<A: Account>() {
    let world = world::<A>();
    let mut relay = Relay::<A>::new(&world);
    relay.deliver(What::Push, &Lead::new::<A>(1));
    let outcome = relay.deliver(
        What::Push,
        &Lead::new::<A>(1)
            .with(A::NAMES.list, Value::Null)
            .with(A::NAMES.fit, Value::Null),
    );
    assert!(outcome.fields.is_empty(), "{outcome:?}");
    let record = &records(&world, 1)[0];
    for name in [A::NAMES.list, A::NAMES.fit] {
        let value = A::value(&world.state(), record, name);
        assert!(value.is_null() || value == "", "{name}: {value}");
    }
}

fn described<A: Account>() {
    let world = world::<A>();
    let relay = Relay::<A>::new(&world);
    let fields = crate::world::done(relay.client.fields(&relay.link())).expect("fields");
    let of = |name: &str| {
        fields
            .iter()
            .find(|field| field.name == name)
            .unwrap_or_else(|| panic!("{name}"))
    };
    for entry in Lead::new::<A>(1).entries {
        assert!(of(&entry.name).writable, "{}", entry.name);
    }
    let options = &of(A::NAMES.list).options;
    assert!(
        options.iter().any(|option| option == A::OPTIONS[0]) && !options.iter().any(|option| option == A::OPTIONS[1])
    );
}

for_each!(
    made_changed_read,
    adopted,
    moved_and_lost,
    refused_option,
    opted_out,
    erased,
    gone,
    merged,
    clears,
    described,
    said_by_nobody
);
