//! Zoho: failures inside a success, conversions, blueprints, data centres, tokens and credits.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use piste_crm::{End, Entry, FieldEnd, Reason, Secret, Write, Zoho};
use piste_stand_ins as stand_ins;
use serde_json::{Map, Value};

use crate::account::{Account, Lead, Names, Relay, What, entry, records, token};
use crate::spec::Spec;
use crate::world::World;

static SPEC: LazyLock<Spec> = LazyLock::new(|| Spec::read(include_str!("../fixtures/specs/zoho.openapi.json")));

/// An account of Zoho.
pub struct Ours;

impl Account for Ours {
    type Client = Zoho;
    type StandIn = stand_ins::Zoho;
    const BASE: &'static str = "https://www.zohoapis.eu";
    const NAMES: Names = Names {
        id: "Piste_Id",
        email: "Email",
        name: "Last_Name",
        fit: "Piste_Fit",
        list: "Rating",
    };
    const OPTIONS: [&'static str; 2] = ["Active", "Lukewarm"];
    const UNKNOWN: &'static str = "Piste_Nothing";
    const FORGETS: bool = true;

    fn client() -> Zoho {
        Zoho {
            id_field: "Piste_Id".to_owned(),
            reads: ["Email", "Last_Name", "Company", "Piste_Fit", "Rating", "Lead_Status"]
                .map(str::to_owned)
                .to_vec(),
        }
    }

    fn stand_in() -> stand_ins::Zoho {
        stand_ins::Zoho::new(Self::BASE)
    }

    fn secret() -> Secret {
        let text = r#"{"client_id": "local-client", "client_secret": "local-secret",
            "refresh_token": "1000.local.refresh", "data_centre": "eu"}"#;
        Secret::zoho(text).expect("a secret")
    }

    fn spec() -> &'static Spec {
        &SPEC
    }

    fn more(_: usize) -> Vec<Entry> {
        vec![
            entry("Company", "Blériot & fils", Write::IfEmpty),
            entry("Lead_Status", "Not Contacted", Write::Create),
        ]
    }

    fn value(_: &Value, record: &Value, name: &str) -> Value {
        record[name].clone()
    }

    fn edit(crm: &mut stand_ins::Zoho, id: &str, name: &str, value: Value, now: Timestamp) {
        let fields = Map::from_iter([(name.to_owned(), value)]);
        assert!(crm.edit(id, fields, now).is_some());
    }

    fn remove(crm: &mut stand_ins::Zoho, id: &str, now: Timestamp) {
        assert!(crm.delete(id, now).is_some());
    }

    fn merge(crm: &mut stand_ins::Zoho, id: &str, into: &str, now: Timestamp) {
        assert!(crm.merge(id, into, now).is_some());
    }
}

fn world(crm: stand_ins::Zoho) -> World<stand_ins::Zoho> {
    World::new(crm, &SPEC)
}

#[test]
fn a_converted_lead_is_set_aside_and_the_person_not_made_again() {
    let world = world(Ours::stand_in());
    let mut relay = Relay::<Ours>::new(&world);
    let lead = Lead::new::<Ours>(1);
    relay.deliver(What::Push, &lead);
    let id = relay.id.clone().expect("an id");
    world.act(|crm, now| crm.convert(&id, now));
    for known in [Some(id), None] {
        let mut relay = Relay::<Ours>::new(&world);
        relay.id = known;
        let outcome = relay.once(What::Push, &Lead::new::<Ours>(1).with("Piste_Fit", 70));
        assert_eq!(
            (outcome.end, outcome.code.as_deref()),
            (End::SetAside, Some("converted"))
        );
        records(&world, 2);
    }
}

#[test]
fn whoever_was_faster_is_followed() {
    for status in [200, 202, 207, 400] {
        let world = world(Ours::stand_in().failures_status(status));
        let mut relay = Relay::<Ours>::new(&world);
        let [one, two] = [1, 2].map(Lead::new::<Ours>);
        relay.deliver(What::Push, &one);
        let mut other = Relay::<Ours>::new(&world);
        other.deliver(What::Push, &two);
        // Ours is at another record than the one that is known: the one that has our id is written.
        let id = other.id.clone().expect("an id");
        world.act(|crm, now| Ours::edit(crm, &id, "Piste_Id", Value::Null, now));
        other.deliver(What::Push, &one);
        assert_eq!(other.id, relay.id, "{status}");
        records(&world, 2);
    }
}

#[test]
fn a_blueprint_keeps_the_stage() {
    let world = world(Ours::stand_in().blueprint("Lead_Status"));
    let mut relay = Relay::<Ours>::new(&world);
    relay.deliver(What::Push, &Lead::new::<Ours>(1));
    let mut lead = Lead::new::<Ours>(1)
        .with("Lead_Status", "Contacted")
        .dropping("Lead_Status");
    lead.entries
        .iter_mut()
        .filter(|entry| entry.name == "Lead_Status")
        .for_each(|entry| entry.write = Write::Always);
    let outcome = relay.deliver(What::Push, &lead);
    assert_eq!(outcome.fields, [("Lead_Status".to_owned(), FieldEnd::Kept)]);
    assert_eq!(records(&world, 1)[0]["Lead_Status"], "Not Contacted");
}

#[test]
fn a_locked_record_waits() {
    let world = world(Ours::stand_in());
    let mut relay = Relay::<Ours>::new(&world);
    let lead = Lead::new::<Ours>(1);
    relay.deliver(What::Push, &lead);
    let id = relay.id.clone().expect("an id");
    world.act(|crm, _| crm.lock(&id));
    assert_eq!(relay.once(What::Push, &lead).end, End::Later(None));
    world.act(|crm, _| crm.unlock(&id));
    relay.deliver(What::Push, &lead);
}

#[test]
fn tokens_end_and_are_few() {
    let world = world(Ours::stand_in());
    let mut relay = Relay::<Ours>::new(&world);
    let lead = Lead::new::<Ours>(1);
    world.wait(SignedDuration::from_hours(1));
    let (ends, _) = relay.tell(What::Push, &lead);
    assert_eq!(ends, [End::Renew, End::Delivered]);
    let mut asked = 0;
    let refused = loop {
        match token::<Ours>(&world) {
            Ok(_) => asked += 1,
            Err(refused) => break refused,
        }
    };
    let window = Some(SignedDuration::from_mins(10));
    assert_eq!((asked, refused), (9, End::Pause(Reason::Limited, window)));
    world.wait(SignedDuration::from_mins(10));
    assert!(token::<Ours>(&world).is_ok());
}

#[test]
fn another_data_centre_and_a_missing_scope_are_the_owners() {
    let world = world(Ours::stand_in().data_centre("com"));
    let refused = token::<Ours>(&world).expect_err("no token");
    assert_eq!(refused, End::Pause(Reason::Unauthorized, None));
    let world = crate::zoho::world(Ours::stand_in().without_scope("ZohoCRM.modules.leads.CREATE"));
    let end = Relay::<Ours>::new(&world).once(What::Push, &Lead::new::<Ours>(1)).end;
    assert_eq!(end, End::Pause(Reason::Forbidden, None));
}

#[test]
fn credits_that_are_spent_pause() {
    let world = world(Ours::stand_in().credits(4));
    let mut relay = Relay::<Ours>::new(&world);
    let lead = Lead::new::<Ours>(1);
    let hour = Some(SignedDuration::from_hours(1));
    assert_eq!(relay.deliver(What::Push, &lead).rest, hour, "few are left");
    let (ends, _) = relay.tell(What::Push, &lead.with("Piste_Fit", 70));
    assert_eq!(ends[0], End::Pause(Reason::Budget, hour));
    assert!(
        ends[1..]
            .iter()
            .all(|end| matches!(end, End::Pause(Reason::Budget, _) | End::Renew | End::Delivered)),
        "{ends:?}"
    );
    assert_eq!(records(&world, 1)[0]["Piste_Fit"], 70);
}
