//! Killed at every request: whatever is cut, and wherever, there is one record afterwards, and no success is claimed
//! that was none.

use jiff::{SignedDuration, Timestamp};
use piste_crm::{Crm, End};
use piste_stand_ins::Fault;
use serde_json::Value;

use crate::account::{Account, Lead, Relay, What, records, token};
use crate::world::{World, done};
use crate::{hubspot, pipedrive, salesforce, zoho};

fn faults() -> Vec<Fault> {
    let statuses = [401, 403, 404, 408, 429, 500, 503, 504].map(Fault::Status);
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
    /// Ours, and we know its id no more.
    Lost,
    Known,
}

/// What is told to somebody who stands there in some way, and a world of its own for each try.
struct Case<A: Account> {
    what: What,
    before: Before,
    lead: fn() -> Lead,
    crm: fn() -> A::StandIn,
    /// What a person does to the record then.
    after: fn(&mut A::StandIn, &str, Timestamp),
}

impl<A: Account> Case<A> {
    fn new(what: What, before: Before) -> Self {
        let lead = || Lead::new::<A>(1).with(A::NAMES.fit, 80);
        let crm = A::stand_in;
        Self {
            what,
            before,
            lead,
            crm,
            after: |_, _, _| {},
        }
    }

    fn world(&self) -> World<A::StandIn> {
        World::new((self.crm)(), A::spec())
    }

    /// Our side, and the lead there as it stands before.
    fn relay<'a>(&self, world: &'a World<A::StandIn>) -> Relay<'a, A> {
        let mut relay = Relay::<A>::new(world);
        if self.before != Before::Nobody {
            relay.deliver(What::Push, &Lead::new::<A>(1));
            world.wait(SignedDuration::from_mins(10));
        }
        if let Some(id) = &relay.id {
            world.act(|crm, now| (self.after)(crm, id, now));
        }
        if self.before == Before::Theirs {
            let id = relay.id.as_deref().expect("an id");
            world.act(|crm, now| A::edit(crm, id, A::NAMES.id, Value::Null, now));
            world.wait(SignedDuration::from_mins(10));
        }
        if self.before != Before::Known {
            relay.id = None;
        }
        relay
    }

    /// Tells it to the end, with a fault at each request of a clean run in turn, and then with a second one behind it.
    fn killed(&self, check: impl Fn(&World<A::StandIn>, &Relay<'_, A>, End)) {
        let clean = self.world();
        let mut relay = self.relay(&clean);
        let start = clean.calls();
        let end = relay.once(self.what, &(self.lead)()).end;
        let calls = clean.calls() - start;
        check(&clean, &relay, end);
        assert!(calls > 0);
        let one = (0..calls).flat_map(|place| faults().into_iter().map(move |fault| vec![(place, fault)]));
        let both = [Fault::CutBefore, Fault::CutAfter];
        let two = (0..calls).flat_map(|first| (first + 1..=first + calls).map(move |second| (first, second)));
        let two = two.flat_map(|(first, second)| {
            both.clone()
                .map(|fault| vec![(first, fault), (second, Fault::CutAfter)])
        });
        for faults in one.chain(two) {
            let world = self.world();
            let mut relay = self.relay(&world);
            for (place, fault) in &faults {
                world.fault(*place, fault.clone());
            }
            let (ends, last) = relay.tell(self.what, &(self.lead)());
            let told = || {
                format!(
                    "{:?} {:?} {faults:?} of {calls}: {ends:?} {last:?}",
                    self.what, self.before
                )
            };
            assert!(faults.len() > 1 || world.is_over(), "{}", told());
            // Without a right to the bin an erasure is a person's.
            let is_left = self.what == What::Erase && last.code.as_deref() == Some("bin_only");
            assert!(last.end == end || is_left, "{}", told());
            world.heal();
            let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(&world, &relay, last.end)));
            assert!(checked.is_ok(), "{}", told());
        }
    }
}

/// One record, with all values, that has our id.
fn stands<A: Account>(world: &World<A::StandIn>, relay: &Relay<'_, A>, lead: Lead) {
    lead.stands::<A>(world, &records(world, 1)[0]);
    let present = relay.read().expect("it is there");
    assert_eq!(present.lead, Some(lead.id));
}

fn pushed<A: Account>() {
    for before in [Before::Nobody, Before::Theirs, Before::Lost, Before::Known] {
        let case = Case::<A>::new(What::Push, before);
        case.killed(|world, relay, _| stands(world, relay, (case.lead)()));
    }
}

/// A value that the CRM refuses and the file lets go.
fn pushed_without_a_field<A: Account>() {
    let bad = || {
        Lead::new::<A>(1)
            .with(A::NAMES.list, A::option(A::OPTIONS[1]))
            .dropping(A::NAMES.list)
    };
    let case = Case::<A> {
        lead: bad,
        ..Case::new(What::Push, Before::Nobody)
    };
    case.killed(|world, relay, _| {
        let mut lead = bad();
        lead.entries.retain(|entry| entry.name != A::NAMES.list);
        stands(world, relay, lead);
    });
}

fn opted_out<A: Account>() {
    for before in [Before::Theirs, Before::Lost, Before::Known] {
        Case::<A>::new(What::OptOut, before).killed(|world, _, _| {
            let id = records(world, 1)[0]["id"].clone();
            let mut relay = Relay::<A>::new(world);
            relay.id = id.as_str().map(str::to_owned).or(id.as_u64().map(|id| id.to_string()));
            relay.id = relay
                .id
                .or_else(|| records(world, 1)[0]["Id"].as_str().map(str::to_owned));
            assert!(relay.read().expect("it is there").opted_out);
        });
    }
}

fn erased<A: Account>() {
    Case::<A>::new(What::Erase, Before::Known).killed(|world, _, end| {
        records(world, 0);
        let state = world.state();
        let binned = state["bin"].as_array().is_some_and(|bin| !bin.is_empty());
        // Pipedrive has its bin emptied by itself.
        let is_true = A::FORGETS && (!binned || state.get("lead_bin").is_some());
        assert!(end != End::Delivered || is_true, "{state}");
        assert!(state["leads"].as_array().is_none_or(Vec::is_empty));
    });
}

/// Whatever is cut while a record or the fields are read: what is there is never taken for gone.
fn read<A: Account>() {
    for fault in faults() {
        for place in 0..3 {
            let case = Case::<A>::new(What::Push, Before::Known);
            let world = case.world();
            let relay = case.relay(&world);
            world.fault(place, fault.clone());
            let id = relay.id.as_deref().expect("an id");
            if let Ok(present) = done(relay.client.read(&relay.link(), id)) {
                assert!(present.is_some() && !world.is_over(), "{fault:?} at {place}");
            }
            world.heal();
            world.fault(place, fault.clone());
            if let Ok(fields) = done(relay.client.fields(&relay.link())) {
                assert!(!fields.is_empty() && !world.is_over(), "{fault:?} at {place}");
            }
        }
    }
}

/// The same of a lead that was converted: it lives on in two records, and Salesforce lets us reach both.
#[test]
fn converted_in_salesforce() {
    type Salesforce = Case<salesforce::Ours>;
    let case = |what| Salesforce {
        after: |crm, id, now| {
            crm.convert(id, now);
        },
        ..Case::new(what, Before::Known)
    };
    let contact = |world: &World<_>, count: usize| {
        let all = records(world, count);
        all.into_iter()
            .find(|record| record["attributes"]["type"] == "Contact")
            .expect("a contact")
    };
    case(What::Push).killed(|world, relay, end| {
        assert_eq!(
            (end, contact(world, 2)["Piste_Id__c"].as_str()),
            (End::Delivered, Some("k7d2m5q31"))
        );
        assert!(relay.id.as_deref().is_some_and(|id| id.starts_with("Contact/")));
    });
    case(What::OptOut).killed(|world, _, _| assert_eq!(contact(world, 2)["HasOptedOutOfEmail"], true));
    case(What::Erase).killed(|world, _, end| {
        records(world, 0);
        assert_eq!(end, End::SetAside);
    });
}

/// Pipedrive's search may lag behind its records: a create of unknown outcome is looked up late enough.
#[test]
fn pushed_while_the_search_lags() {
    type Pipedrive = Case<pipedrive::Ours>;
    let case = Pipedrive {
        crm: || pipedrive::Ours::stand_in().with_search_lag(SignedDuration::from_secs(100)),
        ..Case::new(What::Push, Before::Nobody)
    };
    case.killed(|world, relay, _| stands(world, relay, (case.lead)()));
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

for_each!(
    pushed,
    pushed_without_a_field,
    opted_out,
    erased,
    read,
    asked_for_a_token
);
