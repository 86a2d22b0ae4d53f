//! What other systems are told, one delivery after another: each is claimed, tried and settled here, and taken up again by a
//! person. What is to be told, and of whom, is in [`deliveries`](crate::rules::deliveries).

mod back;
mod waits;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::kit::ids::{ClaimToken, DestinationName, LeadId, WorkspaceId};
use crate::lead::Lead;
use crate::lead::deliveries::{
    Delivery, DeliveryState, End, FieldEnd, LOOK_AFTER, Outcome, Reason, Told, What, hash, hash_of,
};
use crate::lead::erasure::{Known, Record};
use crate::rules::context::Context;
use crate::rules::decide::{Decision, Input, begin, finish, follow};
use crate::rules::deliveries::{Value, values_of};
use crate::rules::plan;

pub use back::{Happened, Heard, ReadBack, Seen};
pub(super) use waits::wait_after;

/// What waits for a paused destination is looked at again no later than this.
const PAUSED_AGAIN: SignedDuration = SignedDuration::from_hours(1);
/// Something to be told, claimed.
#[derive(Debug)]
pub struct Order {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Which lead.
    pub lead: LeadId,
    /// Whom to tell.
    pub destination: DestinationName,
    /// Which delivery.
    pub number: u32,
    /// What.
    pub what: What,
    /// The claim.
    pub token: ClaimToken,
    /// Since when it waits.
    pub since: Timestamp,
    /// The record's id there, if it is known.
    pub remote: Option<String>,
    /// Whether a try before may have made a record that nobody knows of.
    pub unsure: bool,
    /// The address.
    pub email: Option<String>,
    /// The fields to write.
    pub values: Vec<Value>,
    /// The body of an event.
    pub body: Option<String>,
}

/// What is in the way of a destination, as the relay knows it: until when, or for good.
pub trait Ways {
    /// `None` where the way is open; else when to look again.
    fn closed_until(&self, destination: &DestinationName) -> Option<Option<Timestamp>>;
}

impl<W: Ways> Ways for &W {
    fn closed_until(&self, destination: &DestinationName) -> Option<Option<Timestamp>> {
        (**self).closed_until(destination)
    }
}

/// The relay looks for something to tell.
#[derive(Debug)]
pub struct Relay<W: Ways> {
    /// Proves the claim.
    pub token: ClaimToken,
    /// Which destinations are open.
    pub ways: W,
}

/// A try ended.
#[derive(Debug)]
pub struct Ended {
    /// Where.
    pub destination: DestinationName,
    /// Which delivery.
    pub number: u32,
    /// The claim it was tried under.
    pub token: ClaimToken,
    /// How.
    pub outcome: Outcome,
}

/// A person wants what was set aside to be tried again: one delivery, or all of a destination.
#[derive(Debug)]
pub struct Replay {
    /// Where.
    pub destination: DestinationName,
    /// Which; `None`: all of them.
    pub number: Option<u32>,
    /// Whether what was set aside is taken up.
    pub set_aside: bool,
    /// Whether what merely waits is to be tried at once.
    pub at_once: bool,
}

impl<W: Ways> Input for Relay<W> {
    type Outcome = Option<Box<Order>>;

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<Self::Outcome> {
        let of = match known {
            Known::Lead(lead) => Some((lead.id.clone(), lead.workspace.clone())),
            Known::Tombstone(erased) => Some((erased.id.clone(), erased.workspace.clone())),
            Known::Nobody => None,
        };
        let decided = of.and_then(|of| change(known, cx, |told, lead| self.next(told, lead, of, cx)));
        decided.unwrap_or_else(|| Decision::unchanged(None))
    }
}

impl Input for Ended {
    type Outcome = Option<DeliveryState>;

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<Self::Outcome> {
        change(known, cx, |told, _| {
            let told = told.iter_mut().find(|told| told.destination == self.destination)?;
            self.settle(told, cx);
            told.deliveries
                .iter()
                .find(|of| of.number == self.number)
                .map(|of| of.state)
        })
        .unwrap_or_else(|| Decision::unchanged(None))
    }
}

impl Input for Replay {
    type Outcome = usize;

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<usize> {
        change(known, cx, |told, _| {
            let of = told.iter_mut().filter(|told| told.destination == self.destination);
            let mut taken_up = 0;
            for delivery in of.flat_map(|told| &mut told.deliveries) {
                let named = self.number.is_none_or(|number| number == delivery.number);
                let again = match delivery.state {
                    DeliveryState::SetAside => self.set_aside,
                    // An event of old may be asked for by its own name, as long as its body is there.
                    DeliveryState::Delivered => self.number.is_some() && delivery.body.is_some(),
                    DeliveryState::Pending | DeliveryState::Paused => self.at_once && delivery.claim.is_none(),
                    DeliveryState::Forgotten => false,
                };
                if named && again {
                    delivery.renew(cx.now);
                    taken_up += 1;
                }
            }
            taken_up
        })
        .unwrap_or_else(|| Decision::unchanged(0))
    }
}

/// Changes what a lead, or what is left of one, has told; `None` where there is nobody. Whatever follows, follows.
fn change<O>(
    known: Known<'_>,
    cx: &Context<'_>,
    what: impl FnOnce(&mut Vec<Told>, Option<&Lead>) -> O,
) -> Option<Decision<O>> {
    match known {
        Known::Nobody => None,
        Known::Lead(known) => {
            let mut lead = begin(known, cx);
            follow(&mut lead, Some(known), cx);
            let mut told = std::mem::take(&mut lead.told);
            let answer = what(&mut told, Some(&lead));
            lead.told = told;
            lead.due_at = plan::due_at(&lead, cx.catalog, cx.now);
            Some(finish(Some(known), lead, answer, cx))
        }
        Known::Tombstone(known) => {
            let mut tombstone = known.clone();
            let answer = what(&mut tombstone.told, None);
            let changed = tombstone != *known;
            tombstone.version += u64::from(changed);
            Some(Decision {
                record: changed.then_some(Record::Tombstone(tombstone)),
                ..Decision::unchanged(answer)
            })
        }
    }
}

impl<W: Ways> Relay<W> {
    /// Claims what is due first, and puts off what waits for a closed destination.
    fn next(
        &self,
        told: &mut [Told],
        lead: Option<&Lead>,
        (id, workspace): (LeadId, WorkspaceId),
        cx: &Context<'_>,
    ) -> Option<Box<Order>> {
        if lead.is_none() {
            // What was under way when the person was erased has told us the record's id by now, or will not.
            let is_left = |of: &Delivery| {
                let under_way = of.claim.as_ref().is_some_and(|claim| claim.until > cx.now);
                under_way || matches!(of.what, What::Erasure | What::Event(_))
            };
            told.iter_mut().for_each(|told| told.deliveries.retain(is_left));
        }
        for told in told.iter_mut() {
            let Some(closed) = self.ways.closed_until(&told.destination) else {
                continue;
            };
            let again = closed.unwrap_or(cx.now + PAUSED_AGAIN).min(cx.now + PAUSED_AGAIN);
            for delivery in told
                .deliveries
                .iter_mut()
                .filter(|of| of.due_at().is_some_and(|at| at <= cx.now))
            {
                delivery.unsure |= delivery.claim.take().is_some();
                delivery.state = DeliveryState::Paused;
                delivery.next_at = Some(again.max(cx.now + SignedDuration::from_secs(1)));
            }
        }
        let place = told.iter().enumerate().flat_map(|(at, told)| {
            let may_go = |of: &&Delivery| of.due_at().is_some_and(|due| due <= cx.now) && told.may_go(of);
            told.deliveries
                .iter()
                .filter(may_go)
                .map(move |of| (of.what, of.number, at))
        });
        // An erasure and a no go before all else, and events in their order.
        let (_, number, at) = place.min_by_key(|(what, number, at)| (order_of(*what), *number, *at))?;
        let told = &mut told[at];
        let destination = cx.catalog.destination(&told.destination);
        let values = match (destination, lead) {
            (Some(destination), Some(lead)) => values_of(lead, destination, &told.taken, cx),
            _ => Vec::new(),
        };
        let (remote, is_new) = (told.remote.clone(), told.remote.is_none());
        let (taken, delivery) = told.parts(number)?;
        let changed =
            |value: &&Value| value.key.is_some() || is_new || taken.get(&value.name) != Some(&hash(&value.value));
        let values: Vec<Value> = values.iter().filter(changed).cloned().collect();
        let sent = values
            .iter()
            .map(|value| (value.name.clone(), hash(&value.value)))
            .collect();
        delivery.claim(
            &self.token,
            if delivery.what == What::Push {
                sent
            } else {
                BTreeMap::new()
            },
            cx.now,
        );
        Some(Box::new(Order {
            workspace,
            lead: id,
            number,
            what: delivery.what,
            token: self.token.clone(),
            since: delivery.at,
            remote,
            unsure: delivery.unsure,
            email: lead.and_then(|lead| Some(lead.email.as_ref()?.expose().to_owned())),
            values,
            body: delivery.body.clone(),
            destination: told.destination.clone(),
        }))
    }
}

fn order_of(what: What) -> u8 {
    match what {
        What::Erasure => 0,
        What::OptOut => 1,
        What::Card => 2,
        What::Event(_) => 3,
        // What stands there is read before it is written to.
        What::Look => 4,
        What::Push => 5,
    }
}

impl Told {
    fn parts(&mut self, number: u32) -> Option<(&BTreeMap<String, u32>, &mut Delivery)> {
        let delivery = self.deliveries.iter_mut().find(|of| of.number == number)?;
        Some((&self.taken, delivery))
    }
}

impl Ended {
    fn settle(&self, told: &mut Told, cx: &Context<'_>) {
        let Outcome {
            end,
            id,
            status,
            code,
            fields,
            ..
        } = &self.outcome;
        told.remote = id.clone().or(told.remote.take());
        let Some(at) = told
            .deliveries
            .iter()
            .position(|of| of.number == self.number && of.is_claimed_by(&self.token))
        else {
            return;
        };
        let delivery = &mut told.deliveries[at];
        let sent = delivery.claim.take().map(|claim| claim.sent).unwrap_or_default();
        (delivery.status, delivery.code, delivery.fields) = (*status, code.clone(), fields.clone());
        let what = delivery.what;
        match end {
            End::Delivered => {
                delivery.state = match what {
                    What::Erasure => DeliveryState::Forgotten,
                    _ => DeliveryState::Delivered,
                };
                (delivery.next_at, delivery.unsure) = (None, false);
                delivery.attempts += 1;
                told.taken.extend(sent);
                told.no |= what == What::OptOut;
                match what {
                    What::Erasure => told.forget(),
                    // A no that found no record there finds one now.
                    What::Push
                        if told
                            .of(What::OptOut)
                            .is_some_and(|no| no.state == DeliveryState::SetAside) =>
                    {
                        told.tell(What::OptOut, None, cx.now);
                    }
                    _ => {}
                }
            }
            End::SetAside | End::Gone => {
                delivery.state = DeliveryState::SetAside;
                delivery.attempts += 1;
                delivery.next_at = None;
                delivery.refused = Some(hash_of(&sent));
                told.gone |= *end == End::Gone;
                // What was refused for itself and left out is known all the same.
                let left_out = |name: &String| fields.iter().any(|(of, end)| of == name && *end == FieldEnd::Dropped);
                told.taken.extend(sent.into_iter().filter(|(name, _)| left_out(name)));
            }
            End::Later(asked) => {
                delivery.attempts += 1;
                delivery.put_off(*asked, &self.token, cx.now);
            }
            End::Unknown => {
                (delivery.attempts, delivery.unsure) = (delivery.attempts + 1, true);
                delivery.put_off(Some(LOOK_AFTER), &self.token, cx.now);
            }
            // Neither counts against it: the destination is at fault.
            End::Renew => delivery.next_at = Some(cx.now + SignedDuration::from_secs(1)),
            End::Pause(reason, until) => {
                let again = until.unwrap_or(PAUSED_AGAIN).min(PAUSED_AGAIN);
                if !matches!(reason, Reason::Limited) {
                    delivery.state = DeliveryState::Paused;
                }
                delivery.next_at = Some(cx.now + again);
            }
        }
    }
}

impl Delivery {
    /// Waits for the next try, or gives up once the waits are used up.
    fn put_off(&mut self, asked: Option<SignedDuration>, token: &ClaimToken, now: Timestamp) {
        match wait_after(self.attempts, asked, token) {
            Some(wait) => self.next_at = Some(now + wait),
            None => (self.state, self.next_at) = (DeliveryState::SetAside, None),
        }
    }
}

#[cfg(test)]
mod tests;
