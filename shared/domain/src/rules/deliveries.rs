//! What other systems are to be told of a lead, and whether they are told of it at all.
//!
//! A CRM is told how the lead stands, so nothing is queued for it but the newest; a webhook and a chat are told what
//! happened, each event once. Nobody is told of somebody whose only link to us is a sign-up that was never confirmed
//! (R64). What waits for one destination never holds up another, nor anything else of the lead.

mod events;
mod values;

use std::collections::BTreeMap;

use crate::campaign::Catalog;
use crate::campaign::destination::{Destination, Kind};
use crate::lead::Lead;
use crate::lead::consent::ConsentState;
use crate::lead::deliveries::{Delivery, DeliveryState, Told, What, hash, hash_of};
use crate::rules::context::Context;

pub use values::{Key, Reasons, Value, reasons};
pub(super) use values::{json_of, of as values_of, text_of};

/// What follows for other systems from any change of a lead. A new one is told of by the sender's first look at it: a form
/// post costs one request, whoever is told of it.
pub(super) fn follow_up(lead: &mut Lead, before: &Lead, cx: &Context<'_>) {
    let destinations = cx.catalog.destinations().filter(|of| of.workspace == lead.workspace);
    for destination in destinations {
        let known = lead.told.iter().position(|told| told.destination == destination.name);
        if known.is_none() && !concerns(lead, destination) {
            continue;
        }
        let mut told = known.map_or_else(|| Told::new(destination.name.clone()), |at| lead.told.remove(at));
        match destination.kind {
            Kind::Webhook | Kind::Chat => events::note(&mut told, (before, lead), destination, cx),
            _ => stand(&mut told, lead, destination, cx),
        }
        lead.told.push(told);
        lead.told.sort_by(|a, b| a.destination.cmp(&b.destination));
    }
}

/// Whether somebody still has to look at a lead so that others are told of it.
pub(super) fn is_untold(lead: &Lead, catalog: &Catalog) -> bool {
    let destinations = catalog.destinations().filter(|of| of.workspace == lead.workspace);
    destinations
        .filter(|of| !lead.told.iter().any(|told| told.destination == of.name))
        .any(|of| concerns(lead, of))
}

/// Whether a destination is told of this lead at all.
fn concerns(lead: &Lead, destination: &Destination) -> bool {
    let of_campaign = destination
        .campaigns
        .as_ref()
        .is_none_or(|campaigns| lead.standings().any(|standing| campaigns.contains(&standing.campaign)));
    let mut stages = lead.history.iter().map(|change| change.to).chain([lead.stage]);
    of_campaign && stages.any(|stage| destination.from_stage.is_reached(stage)) && !is_mere_sign_up(lead)
}

/// R64: whoever left an address and a ticked box, and never confirmed, is told to nobody.
fn is_mere_sign_up(lead: &Lead) -> bool {
    let agreed = lead.consents.iter().any(|consent| consent.state == ConsentState::Given);
    let says_something = lead.words.has_left() || lead.words.enquiries().iter().any(|post| !post.is_empty());
    let asked_for = !lead.consents.is_empty() && !agreed && !lead.words.is_proved();
    asked_for && !says_something && lead.cases.is_empty() && lead.notes.is_empty()
}

/// Whether the person wants no marketing.
pub(super) fn wants_none(lead: &Lead) -> bool {
    lead.suppression.is_some_and(|stop| stop.reason.is_their_no())
}

/// A CRM is to say what ours says.
fn stand(told: &mut Told, lead: &Lead, destination: &Destination, cx: &Context<'_>) {
    // Whoever is back after an erasure that was left to a person is found there anew, or made.
    if told
        .of(What::Erasure)
        .is_some_and(|of| of.state == DeliveryState::SetAside)
    {
        told.deliveries.retain(|of| of.what != What::Erasure);
        told.forget();
    }
    let values = values::of(lead, destination, &told.taken, cx);
    let news = |value: &&Value| told.taken.get(&value.name) != Some(&hash(&value.value));
    let is_new = told.remote.is_none();
    let sends = |value: &&Value| value.key.is_none() && (is_new || value.is_kept_up()) && news(value);
    let anything = values.iter().any(|value| sends(&value)) || (is_new && told.of(What::Push).is_none());
    let sent: BTreeMap<String, u32> = values
        .iter()
        .filter(|value| value.key.is_some() || is_new || news(value))
        .map(|value| (value.name.clone(), hash(&value.value)))
        .collect();
    let refused_as_it_is = told
        .of(What::Push)
        .is_some_and(|push| push.refused == Some(hash_of(&sent)));
    let pending = told.of(What::Push).is_some_and(|push| push.due_at().is_some());
    if anything && !refused_as_it_is && !pending && !told.gone {
        told.tell(What::Push, None, cx.now);
    }
    if wants_none(lead) && !told.noted.opted_out && lead.email.is_some() {
        told.noted.opted_out = true;
        told.tell(What::OptOut, None, cx.now);
    }
    if !wants_none(lead) {
        told.noted.opted_out = false;
    }
}

/// What is left to tell of somebody who is erased: to every CRM that has a record, or may have one, and as an event.
pub(super) fn of_erased(lead: &Lead, cx: &Context<'_>) -> Vec<Told> {
    let mut left = Vec::new();
    for known in &lead.told {
        let mut told = Told {
            // One that is under way may make a record yet: the erasure waits for its id.
            deliveries: known
                .deliveries
                .iter()
                .filter(|of| of.what == What::Erasure || of.claim.is_some())
                .cloned()
                .collect(),
            taken: BTreeMap::new(),
            noted: Default::default(),
            ..known.clone()
        };
        let may_exist = |of: &Delivery| of.claim.is_some() || of.unsure;
        let kind = cx.catalog.destination(&told.destination).map(|of| of.kind);
        match kind {
            Some(Kind::Webhook) => events::erased(&mut told, lead, cx),
            Some(Kind::Chat) | None => {}
            Some(_) if told.remote.is_some() || known.deliveries.iter().any(may_exist) => {
                told.tell(What::Erasure, None, cx.now);
            }
            Some(_) => {}
        }
        if !told.deliveries.is_empty() {
            left.push(told);
        }
    }
    left
}
