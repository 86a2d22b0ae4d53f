//! Pipedrive: nothing is unique, a search that lags, cards, one change of the no to mail.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use piste_crm::{End, Entry, Pipedrive, Reason, Secret, Write};
use piste_stand_ins as stand_ins;
use serde_json::{Value, json};

use crate::account::{Account, Lead, Names, Relay, What, entry, records};
use crate::spec::Spec;
use crate::world::World;

static SPEC: LazyLock<Spec> = LazyLock::new(|| Spec::read(include_str!("../fixtures/specs/pipedrive.openapi.json")));

/// An account of Pipedrive.
pub struct Ours;

type StandIn = stand_ins::Pipedrive;

impl Account for Ours {
    type Client = Pipedrive;
    type StandIn = StandIn;
    const BASE: &'static str = "https://acme.pipedrive.com";
    const NAMES: Names = Names {
        id: StandIn::LEAD_ID,
        email: "emails",
        name: "name",
        fit: StandIn::FIT,
        list: StandIn::GRADE,
    };
    const OPTIONS: [&'static str; 2] = ["101", "999"];
    const UNKNOWN: &'static str = "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f";
    const FORGETS: bool = true;

    fn client() -> Pipedrive {
        let reads = [
            StandIn::LEAD_ID,
            "emails",
            "name",
            StandIn::FIT,
            StandIn::GRADE,
            "lead.title",
            "lead.value",
        ];
        Pipedrive {
            id_field: StandIn::LEAD_ID.to_owned(),
            reads: reads.map(str::to_owned).to_vec(),
        }
    }

    fn stand_in() -> StandIn {
        StandIn::new()
    }

    fn secret() -> Secret {
        Secret::Token(StandIn::TOKEN.to_owned())
    }

    fn spec() -> &'static Spec {
        &SPEC
    }

    fn more(_: usize) -> Vec<Entry> {
        vec![
            entry("lead.title", "Guide SEO, Blériot", Write::IfEmpty),
            entry("lead.value", 15_000, Write::Always),
        ]
    }

    fn option(text: &str) -> Value {
        text.parse::<u64>().expect("a number").into()
    }

    fn address(text: &str) -> Value {
        json!([{"value": text, "primary": true, "label": "work"}])
    }

    fn value(state: &Value, record: &Value, name: &str) -> Value {
        let leads: Vec<&Value> = state["leads"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|lead| lead["person_id"] == record["id"])
            .collect();
        match (name, &leads[..]) {
            ("emails", _) => record["emails"][0]["value"].clone(),
            ("lead.title", [lead]) => lead["title"].clone(),
            ("lead.value", [lead]) => lead["value"]["amount"].clone(),
            ("name", _) => record["name"].clone(),
            _ => record["custom_fields"][name].clone(),
        }
    }

    fn edit(crm: &mut StandIn, id: &str, name: &str, value: Value, now: Timestamp) {
        let members = if name.len() == 40 {
            json!({"custom_fields": {name: value}})
        } else {
            json!({name: value})
        };
        assert!(crm.edit_person(id.parse().expect("a number"), &members, now).is_some());
    }

    fn remove(crm: &mut StandIn, id: &str, now: Timestamp) {
        assert!(crm.remove_person(id.parse().expect("a number"), now).is_some());
    }

    fn merge(crm: &mut StandIn, id: &str, into: &str, now: Timestamp) {
        let [id, into] = [id, into].map(|id| id.parse().expect("a number"));
        assert!(crm.merge_persons(into, id, now).is_some());
    }
}

fn world(crm: StandIn) -> World<StandIn> {
    World::new(crm, &SPEC)
}

#[test]
fn a_search_that_lags_makes_no_second_person() {
    let world = world(Ours::stand_in().with_search_lag(SignedDuration::from_secs(90)));
    let mut relay = Relay::<Ours>::new(&world);
    let lead = Lead::new::<Ours>(1);
    // The create is the third call: it is cut after it was done.
    world.fault(2, stand_ins::Fault::CutAfter);
    let (ends, _) = relay.tell(What::Push, &lead);
    assert_eq!(ends, [End::Unknown, End::Delivered]);
    lead.stands::<Ours>(&world, &records(&world, 1)[0]);
}

#[test]
fn the_no_to_mail_changes_once() {
    let world = world(Ours::stand_in());
    let mut relay = Relay::<Ours>::new(&world);
    let lead = Lead::new::<Ours>(1);
    relay.deliver(What::Push, &lead);
    let id = relay.id.clone().expect("an id");
    world.act(|crm, now| Ours::edit(crm, &id, "marketing_status", "subscribed".into(), now));
    let outcome = relay.once(What::OptOut, &lead);
    assert_eq!(
        (outcome.end, outcome.code.as_deref()),
        (End::SetAside, Some("marketing_status"))
    );
}

#[test]
fn a_card_that_was_made_a_deal_is_not_made_again() {
    let world = world(Ours::stand_in());
    let mut relay = Relay::<Ours>::new(&world);
    let lead = Lead::new::<Ours>(1);
    relay.deliver(What::Push, &lead);
    let card = world.state()["leads"][0]["id"].as_str().expect("a card").to_owned();
    world.act(|crm, now| crm.convert(&card, now));
    // The ledger sends what changed: the title did not.
    let mut changed = Lead::new::<Ours>(1).with("lead.value", 20_000);
    changed.entries.retain(|entry| entry.name != "lead.title");
    let outcome = relay.deliver(What::Push, &changed);
    assert_eq!(outcome.fields, [("lead.value".to_owned(), piste_crm::FieldEnd::Kept)]);
    assert_eq!(world.state()["leads"], json!([]));
}

#[test]
fn limits_pause_and_nobody_is_blocked() {
    let lead = Lead::new::<Ours>(1);
    for (crm, reason) in [
        (Ours::stand_in().with_limits(1, 1, 1000), Reason::Limited),
        (Ours::stand_in().with_limits(20, 1, 1000), Reason::Limited),
        (Ours::stand_in().with_limits(20, 10, 30), Reason::Budget),
    ] {
        let world = world(crm);
        let mut relay = Relay::<Ours>::new(&world);
        let end = relay.once(What::Push, &lead).end;
        assert!(matches!(end, End::Pause(known, Some(_)) if known == reason), "{end:?}");
        records(&world, 0);
    }
    let world = world(Ours::stand_in().with_limits(4, 2, 1000));
    let mut relay = Relay::<Ours>::new(&world);
    let (ends, _) = relay.tell(What::Push, &lead);
    assert!(
        ends.iter()
            .all(|end| matches!(end, End::Delivered | End::Pause(Reason::Limited, _))),
        "{ends:?}"
    );
    lead.stands::<Ours>(&world, &records(&world, 1)[0]);
}

#[test]
fn a_token_that_is_taken_back_pauses() {
    let world = world(Ours::stand_in());
    let mut relay = Relay::<Ours>::new(&world);
    world.act(|crm, _| crm.revoke_token());
    let end = relay.once(What::Push, &Lead::new::<Ours>(1)).end;
    assert_eq!(end, End::Pause(Reason::Unauthorized, None));
}
