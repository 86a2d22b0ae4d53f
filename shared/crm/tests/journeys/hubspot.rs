//! HubSpot: stages that only move forward, subscriptions, limits.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use piste_crm::{End, Entry, FieldEnd, Hubspot, Reason, Secret, Write};
use piste_stand_ins as stand_ins;
use serde_json::Value;

use crate::account::{Account, Lead, Names, Relay, What, entry, records};
use crate::spec::Spec;
use crate::world::World;

static SPEC: LazyLock<Spec> = LazyLock::new(|| Spec::read(include_str!("../fixtures/specs/hubspot.openapi.json")));

/// An account of HubSpot.
pub struct Ours;

impl Account for Ours {
    type Client = Hubspot;
    type StandIn = stand_ins::Hubspot;
    const BASE: &'static str = "https://api.hubapi.com";
    const NAMES: Names = Names {
        id: "piste_lead_id",
        email: "email",
        name: "lastname",
        fit: "piste_fit",
        list: "piste_timing",
    };
    const OPTIONS: [&'static str; 2] = ["now", "yesterday"];
    const UNKNOWN: &'static str = "piste_nothing";
    const FORGETS: bool = true;

    fn client() -> Hubspot {
        Hubspot {
            id_field: "piste_lead_id".to_owned(),
            reads: ["email", "lastname", "piste_fit", "piste_timing", "lifecyclestage"]
                .map(str::to_owned)
                .to_vec(),
        }
    }

    fn stand_in() -> stand_ins::Hubspot {
        stand_ins::Hubspot::new()
    }

    fn secret() -> Secret {
        Secret::Token("pat-eu1-local".to_owned())
    }

    fn spec() -> &'static Spec {
        &SPEC
    }

    fn more(_: usize) -> Vec<Entry> {
        vec![
            entry("hubspot_owner_id", "71", Write::Create),
            entry("lifecyclestage", "lead", Write::Always),
        ]
    }

    fn value(_: &Value, record: &Value, name: &str) -> Value {
        record["properties"][name].clone()
    }

    fn edit(crm: &mut stand_ins::Hubspot, id: &str, name: &str, value: Value, now: Timestamp) {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        assert!(crm.set(id, name, if value.is_null() { "" } else { &text }, now));
    }

    fn remove(crm: &mut stand_ins::Hubspot, id: &str, now: Timestamp) {
        assert!(crm.delete(id, now));
    }

    fn merge(crm: &mut stand_ins::Hubspot, id: &str, into: &str, now: Timestamp) {
        assert!(crm.merge(into, id, true, now).is_some());
    }
}

fn world(crm: stand_ins::Hubspot) -> World<stand_ins::Hubspot> {
    World::new(crm, &SPEC)
}

#[test]
fn a_stage_that_is_kept_is_told() {
    let world = world(Ours::stand_in());
    let mut relay = Relay::<Ours>::new(&world);
    relay.deliver(
        What::Push,
        &Lead::new::<Ours>(1).with("lifecyclestage", "salesqualifiedlead"),
    );
    let back = relay.deliver(What::Push, &Lead::new::<Ours>(1).with("lifecyclestage", "lead"));
    assert_eq!(back.fields, [("lifecyclestage".to_owned(), FieldEnd::Kept)]);
    assert_eq!(
        records(&world, 1)[0]["properties"]["lifecyclestage"],
        "salesqualifiedlead"
    );
}

#[test]
fn a_subscription_is_left_with_its_legal_basis() {
    for subscription in [None, Some("7001"), Some("1001"), Some("1")] {
        let world = world(Ours::stand_in().with_privacy_settings());
        let mut relay = Relay::<Ours>::new(&world);
        let lead = Lead::new::<Ours>(1);
        relay.deliver(What::Push, &lead);
        relay.subscription = subscription.map(str::to_owned);
        let outcome = relay.once(What::OptOut, &lead);
        let took = world.count("POST", "/communication-preferences/", 2) == 1;
        assert_eq!(outcome.end == End::Delivered, took, "{subscription:?} {outcome:?}");
        if subscription.is_none() {
            assert!(relay.read().expect("it is there").opted_out);
        }
    }
}

#[test]
fn an_address_that_moved_on_is_shown_and_not_overwritten() {
    let world = world(Ours::stand_in());
    let mut relay = Relay::<Ours>::new(&world);
    let lead = Lead::new::<Ours>(1);
    relay.deliver(What::Push, &lead);
    let id = relay.id.clone().expect("an id");
    world.act(|crm, now| Ours::edit(crm, &id, "email", "new@example.com".into(), now));
    let outcome = relay.deliver(What::Push, &lead.with("piste_fit", 70));
    assert_eq!(outcome.fields, [("email".to_owned(), FieldEnd::Kept)]);
    let record = &records(&world, 1)[0];
    assert_eq!(
        (&record["properties"]["email"], &record["properties"]["piste_fit"]),
        (&"new@example.com".into(), &"70".into())
    );
}

#[test]
fn both_limits_pause() {
    let short = Some(SignedDuration::from_secs(10));
    let day = Some(SignedDuration::from_hours(1));
    for (crm, end) in [
        (Ours::stand_in().with_limits(1, 100), End::Pause(Reason::Limited, short)),
        (Ours::stand_in().with_limits(100, 1), End::Pause(Reason::Budget, day)),
    ] {
        let world = world(crm);
        let mut relay = Relay::<Ours>::new(&world);
        let lead = Lead::new::<Ours>(1);
        assert_eq!(relay.once(What::Push, &lead).end, end);
        records(&world, 0);
    }
    let world = world(Ours::stand_in().with_limits(3, 100));
    let mut relay = Relay::<Ours>::new(&world);
    let lead = Lead::new::<Ours>(1);
    let rest = relay.deliver(What::Push, &lead).rest;
    assert_eq!(rest, short, "the window is almost used up");
    let (ends, _) = relay.tell(What::Push, &lead);
    assert_eq!(ends, [End::Pause(Reason::Limited, short), End::Delivered]);
    records(&world, 1);
}

#[test]
fn a_key_that_is_taken_back_or_lacks_a_scope_pauses() {
    let lead = Lead::new::<Ours>(1);
    let world = world(Ours::stand_in().without_scope("crm.objects.contacts.write"));
    let end = Relay::<Ours>::new(&world).once(What::Push, &lead).end;
    assert_eq!(end, End::Pause(Reason::Forbidden, None));
    let world = crate::hubspot::world(Ours::stand_in());
    let mut relay = Relay::<Ours>::new(&world);
    world.act(|crm, _| crm.revoke_key());
    assert_eq!(
        relay.once(What::Push, &lead).end,
        End::Pause(Reason::Unauthorized, None)
    );
    world.act(|crm, _| crm.rotate_key("pat-eu1-new"));
    relay.token.text = "pat-eu1-new".to_owned();
    relay.deliver(What::Push, &lead);
}
