//! Many leads, one after the other, with every limit on: who rests as told loses nobody.

use jiff::SignedDuration;
use piste_crm::{End, Reason};

use crate::account::{Account, Lead, Relay, What, records};
use crate::world::World;
use crate::{hubspot, pipedrive, salesforce, zoho};

/// How long a call takes.
const LATENCY: SignedDuration = SignedDuration::from_millis(10);

/// What so many leads took.
#[derive(Debug)]
struct Figures {
    calls: usize,
    time: SignedDuration,
    pauses: usize,
}

fn told<A: Account>(leads: usize) -> Figures {
    let world = World::slow(A::stand_in(), LATENCY);
    let start = world.now();
    let mut pauses = 0;
    let mut relay = Relay::<A>::new(&world);
    for number in 0..leads {
        relay.id = None;
        let lead = Lead::new::<A>(number);
        let (ends, last) = relay.tell(What::Push, &lead);
        assert_eq!(last.end, End::Delivered, "{number} {ends:?} {last:?}");
        let rests = ends.iter().filter(|end| match end {
            End::Pause(Reason::Limited | Reason::Budget, Some(_)) => true,
            End::Renew | End::Delivered => false,
            other => panic!("{number} {other:?}"),
        });
        pauses += rests.count();
        world.wait(last.rest.unwrap_or_default());
    }
    records(&world, leads);
    Figures {
        calls: world.calls(),
        time: world.now().duration_since(start),
        pauses,
    }
}

/// Leads of each try; more of them for the figures.
const LEADS: usize = 200;

#[test]
fn nobody_is_lost_to_a_limit() {
    for (name, figures) in [
        ("HubSpot", told::<hubspot::Ours>(LEADS)),
        ("Salesforce", told::<salesforce::Ours>(LEADS)),
        ("Pipedrive", told::<pipedrive::Ours>(LEADS)),
        ("Zoho", told::<zoho::Ours>(LEADS)),
    ] {
        let Figures { calls, time, pauses } = figures;
        println!("{name}: {LEADS} leads, {calls} calls, {time:#} of virtual time, {pauses} pauses");
    }
}
