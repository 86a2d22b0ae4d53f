//! What goes wrong beside the connection: persons who are faster, strange addresses, fields that are not there.

use jiff::Timestamp;
use piste_crm::{End, FieldEnd, Write};
use piste_stand_ins as stand_ins;
use serde_json::Value;

use crate::account::{Account, Lead, Relay, What, entry, records};
use crate::world::World;
use crate::{hubspot, pipedrive, salesforce, zoho};

fn world<A: Account>() -> World<A::StandIn> {
    World::new(A::stand_in(), A::spec())
}

/// At each request until the lead is made, somebody there takes its address: that one is ours then, and no second one is
/// made. `edit` is how a person does it, past every rule.
fn raced<A: Account>(crm: fn() -> A::StandIn, create: usize, edit: fn(&mut A::StandIn, &str, &str, Value, Timestamp)) {
    for place in 0..=create {
        let world = World::new(crm(), A::spec());
        let mut other = Relay::<A>::new(&world);
        other.deliver(What::Push, &Lead::new::<A>(2));
        let id = other.id.take().expect("an id");
        let lead = Lead::new::<A>(1);
        let mut relay = Relay::<A>::new(&world);
        let email = lead.email.clone();
        world.meanwhile(place, move |crm, now| {
            edit(crm, &id, A::NAMES.id, Value::Null, now);
            edit(crm, &id, A::NAMES.email, email.into(), now);
        });
        relay.deliver(What::Push, &lead);
        let record = &records(&world, 1)[0];
        let state = world.state();
        for (name, value) in [(A::NAMES.id, &lead.id), (A::NAMES.email, &lead.email)] {
            assert_eq!(A::value(&state, record, name), value.as_str(), "{place}");
        }
    }
}

#[test]
fn whoever_is_faster_is_adopted_by_hubspot() {
    raced::<hubspot::Ours>(stand_ins::Hubspot::new, 1, hubspot::Ours::edit);
}

#[test]
fn whoever_is_faster_is_adopted_by_a_duplicate_rule_of_salesforce() {
    type Ours = salesforce::Ours;
    raced::<Ours>(|| Ours::stand_in().block_duplicates(), 3, Ours::edit);
    raced::<Ours>(|| Ours::stand_in().warn_of_duplicates(), 3, Ours::edit);
}

#[test]
fn whoever_is_faster_is_adopted_by_zoho() {
    raced::<zoho::Ours>(zoho::Ours::stand_in, 2, zoho::Ours::edit);
}

/// Nothing in an address ends a literal, a criterion, a segment or a value.
fn strange_addresses<A: Account>() {
    for local in [
        "o'brien", "a+b", "a&b=c", "a/b", "a%2fb", "a?b#c", "{a|b}~^`", "x!$*_-.y",
    ] {
        let world = world::<A>();
        let mut lead = Lead::new::<A>(1);
        lead.email = format!("{local}@example.com");
        let mut lead = lead.with(A::NAMES.email, format!("{local}@example.com"));
        let mut relay = Relay::<A>::new(&world);
        relay.deliver(What::Push, &Lead::new::<A>(2));
        relay.id = None;
        relay.deliver(What::Push, &lead);
        let id = relay.id.take().expect("an id");
        world.act(|crm, now| A::edit(crm, &id, A::NAMES.id, Value::Null, now));
        lead = lead.with(A::NAMES.fit, 80);
        relay.deliver(What::Push, &lead);
        assert_eq!(relay.id.as_ref(), Some(&id), "{local}");
        let all = records(&world, 2);
        let state = world.state();
        let ours = all
            .iter()
            .find(|record| A::value(&state, record, A::NAMES.email) == lead.email.as_str());
        lead.stands::<A>(&world, ours.expect("a record of this address"));
        relay.deliver(What::OptOut, &lead);
    }
}

/// A field that is not there stops the record, or is left out of it, whenever it is written.
fn unknown_field<A: Account>() {
    for write in [Write::Always, Write::IfEmpty] {
        for is_new in [true, false] {
            for drop in [false, true] {
                let world = world::<A>();
                let mut relay = Relay::<A>::new(&world);
                if !is_new {
                    relay.deliver(What::Push, &Lead::new::<A>(1));
                }
                let mut lead = Lead::new::<A>(1).with(A::NAMES.fit, 80);
                lead.entries.push(entry(A::UNKNOWN, "x", write));
                if drop {
                    lead = lead.dropping(A::UNKNOWN);
                }
                let outcome = relay.once(What::Push, &lead);
                let (end, of) = match drop {
                    true => (End::Delivered, FieldEnd::Dropped),
                    false => (End::SetAside, FieldEnd::Refused),
                };
                let told = (outcome.end, &outcome.fields[..]);
                assert_eq!(
                    told,
                    (end, &[(A::UNKNOWN.to_owned(), of)][..]),
                    "{write:?} {is_new} {outcome:?}"
                );
                records(&world, usize::from(drop || !is_new));
            }
        }
    }
}

/// A value of another type is never taken for delivered.
fn wrong_type<A: Account>() {
    let world = world::<A>();
    let mut relay = Relay::<A>::new(&world);
    let bad = || Lead::new::<A>(1).with(A::NAMES.fit, "many");
    assert_eq!(relay.once(What::Push, &bad()).end, End::SetAside);
    records(&world, 0);
    let outcome = relay.once(What::Push, &bad().dropping(A::NAMES.fit));
    let dropped = outcome.fields == [(A::NAMES.fit.to_owned(), FieldEnd::Dropped)];
    assert_eq!(outcome.end == End::Delivered, dropped, "{outcome:?}");
    records(&world, usize::from(dropped));
}

/// Two of one address: Pipedrive takes the older one and says so, where the others leave it to a person.
fn several<A: Account>() {
    let world = world::<A>();
    let mut relay = Relay::<A>::new(&world);
    let mut ids = Vec::new();
    for number in [1, 2] {
        relay.id = None;
        relay.deliver(What::Push, &Lead::new::<A>(number));
        ids.push(relay.id.take().expect("an id"));
    }
    let lead = Lead::new::<A>(3);
    world.act(|crm, now| {
        for id in &ids {
            A::edit(crm, id, A::NAMES.id, Value::Null, now);
            A::edit(crm, id, A::NAMES.email, A::address(&lead.email), now);
        }
    });
    let outcome = relay.once(What::Push, &lead);
    match outcome.end {
        End::Delivered => assert_eq!((outcome.several, outcome.id.as_ref()), (true, ids.first())),
        end => assert_eq!((end, outcome.code.as_deref()), (End::SetAside, Some("several"))),
    }
    records(&world, 2);
}

#[test]
fn several_in_salesforce_pipedrive_and_zoho() {
    several::<salesforce::Ours>();
    several::<pipedrive::Ours>();
    several::<zoho::Ours>();
}

for_each!(strange_addresses, unknown_field, wrong_type);
