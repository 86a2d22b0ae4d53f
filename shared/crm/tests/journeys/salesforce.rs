//! Salesforce: conversions, duplicate rules, locks, tokens.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use piste_crm::{End, Entry, Reason, Salesforce, Secret, Write};
use piste_stand_ins as stand_ins;
use serde_json::{Map, Value};

use crate::account::{Account, Lead, Names, Relay, What, entry, records};
use crate::spec::Spec;
use crate::world::World;

static SPEC: LazyLock<Spec> = LazyLock::new(|| Spec::read(include_str!("../fixtures/specs/salesforce.openapi.json")));

/// An account of Salesforce.
pub struct Ours;

impl Account for Ours {
    type Client = Salesforce;
    type StandIn = stand_ins::Salesforce;
    const BASE: &'static str = "https://acme.my.salesforce.com";
    const NAMES: Names = Names {
        id: "Piste_Id__c",
        email: "Email",
        name: "LastName",
        fit: "Piste_Fit__c",
        list: "Piste_Sector__c",
    };
    const OPTIONS: [&'static str; 2] = ["saas", "circus"];
    const UNKNOWN: &'static str = "Piste_Nothing__c";
    const FORGETS: bool = false;

    fn client() -> Salesforce {
        Salesforce {
            id_field: "Piste_Id__c".to_owned(),
            reads: [
                "Email",
                "LastName",
                "Company",
                "Piste_Fit__c",
                "Piste_Sector__c",
                "Status",
            ]
            .map(str::to_owned)
            .to_vec(),
        }
    }

    fn stand_in() -> stand_ins::Salesforce {
        stand_ins::Salesforce::new(Self::BASE)
    }

    fn secret() -> Secret {
        let text = r#"{"client_id": "local-client", "client_secret": "local-secret", "domain": "acme"}"#;
        Secret::salesforce(text).expect("a secret")
    }

    fn spec() -> &'static Spec {
        &SPEC
    }

    fn more(_: usize) -> Vec<Entry> {
        vec![
            entry("Company", "Blériot & fils", Write::IfEmpty),
            entry("Status", "Open - Not Contacted", Write::Create),
        ]
    }

    fn value(_: &Value, record: &Value, name: &str) -> Value {
        record[name].clone()
    }

    fn edit(crm: &mut stand_ins::Salesforce, id: &str, name: &str, value: Value, now: Timestamp) {
        let fields = Map::from_iter([(name.to_owned(), value)]);
        assert!(crm.edit(id, fields, now).is_some());
    }

    fn remove(crm: &mut stand_ins::Salesforce, id: &str, now: Timestamp) {
        assert!(crm.delete(id, now).is_some());
    }

    fn merge(crm: &mut stand_ins::Salesforce, id: &str, into: &str, now: Timestamp) {
        assert!(crm.merge(id, into, now).is_some());
    }
}

fn world(crm: stand_ins::Salesforce) -> World<stand_ins::Salesforce> {
    World::new(crm, &SPEC)
}

#[test]
fn a_converted_lead_lives_on_as_its_contact() {
    let world = world(Ours::stand_in());
    let mut relay = Relay::<Ours>::new(&world);
    let lead = Lead::new::<Ours>(1);
    relay.deliver(What::Push, &lead);
    let id = relay.id.clone().expect("an id");
    world.act(|crm, now| crm.convert(&id, now));
    let outcome = relay.deliver(What::Push, &Lead::new::<Ours>(1).with("Piste_Fit__c", 70));
    assert!(
        relay.id.as_deref().is_some_and(|id| id.starts_with("Contact/")),
        "{outcome:?}"
    );
    relay.deliver(What::OptOut, &lead);
    assert!(relay.read().expect("the contact is there").opted_out);
    let all = records(&world, 2);
    let contact = all
        .iter()
        .find(|record| record["attributes"]["type"] == "Contact")
        .expect("a contact");
    assert_eq!(contact["HasOptedOutOfEmail"], true);
    // Whoever does not know it yet finds the contact too, and makes no second one.
    let mut other = Relay::<Ours>::new(&world);
    other.deliver(What::Push, &lead);
    assert_eq!(other.id, relay.id);
    records(&world, 2);
    let end = relay.once(What::Erase, &lead);
    assert_eq!((end.end, end.code.as_deref()), (End::SetAside, Some("bin_only")));
    records(&world, 0);
}

#[test]
fn a_rule_on_doubles_is_never_passed() {
    for crm in [
        Ours::stand_in().block_duplicates(),
        Ours::stand_in().warn_of_duplicates(),
    ] {
        let world = world(crm);
        let mut first = Relay::<Ours>::new(&world);
        let lead = Lead::new::<Ours>(1);
        first.deliver(What::Push, &lead);
        // Somebody else's lead of the same address, which a person made: it is ours from then on.
        let id = first.id.clone().expect("an id");
        world.act(|crm, now| Ours::edit(crm, &id, "Piste_Id__c", Value::Null, now));
        let mut second = Relay::<Ours>::new(&world);
        second.deliver(What::Push, &lead);
        assert_eq!(second.id, first.id);
        records(&world, 1);
    }
}

#[test]
fn a_locked_row_waits() {
    for in_trigger in [false, true] {
        let world = world(Ours::stand_in());
        let mut relay = Relay::<Ours>::new(&world);
        let lead = Lead::new::<Ours>(1);
        world.act(|crm, _| crm.lock_rows(1, in_trigger));
        let (ends, _) = relay.tell(What::Push, &lead);
        assert_eq!(ends, [End::Later(None), End::Delivered]);
        lead.stands::<Ours>(&world, &records(&world, 1)[0]);
    }
}

#[test]
fn several_with_our_id_are_set_aside() {
    let world = world(Ours::stand_in().not_unique("Piste_Id__c"));
    let mut relay = Relay::<Ours>::new(&world);
    let [one, two] = [1, 2].map(Lead::new::<Ours>);
    relay.deliver(What::Push, &one);
    let mut relay = Relay::<Ours>::new(&world);
    relay.deliver(What::Push, &two);
    let id = relay.id.take().expect("an id");
    world.act(|crm, now| Ours::edit(crm, &id, "Piste_Id__c", one.id.clone().into(), now));
    let outcome = relay.once(What::Push, &one);
    assert_eq!((outcome.end, outcome.code.as_deref()), (End::SetAside, Some("several")));
}

#[test]
fn a_token_that_has_ended_is_renewed_and_a_budget_pauses() {
    let world = world(Ours::stand_in().requests_per_day(6));
    let mut relay = Relay::<Ours>::new(&world);
    let lead = Lead::new::<Ours>(1);
    world.wait(SignedDuration::from_hours(2));
    let (ends, _) = relay.tell(What::Push, &lead);
    assert_eq!(ends, [End::Renew, End::Delivered]);
    world.act(|crm, _| crm.revoke());
    assert_eq!(relay.once(What::Push, &lead).end, End::Renew);
    relay.token = crate::account::token::<Ours>(&world).expect("a token");
    let hour = Some(SignedDuration::from_hours(1));
    let (ends, _) = relay.tell(What::Push, &lead);
    assert_eq!(ends[0], End::Pause(Reason::Budget, hour));
    assert_eq!(ends.last(), Some(&End::Delivered));
    records(&world, 1);
}

#[test]
fn an_account_without_a_run_as_user_is_the_owners() {
    let world = world(Ours::stand_in().without_run_as_user());
    let refused = crate::account::token::<Ours>(&world).expect_err("no token");
    assert_eq!(refused, End::Pause(Reason::Unauthorized, None));
}
