//! The witness of what other systems are told: it sees every delivery as it is written, every call as it leaves, and what
//! the other side took.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use piste_crm::Call;
use piste_domain::campaign::destination::{EventType, Kind};
use piste_domain::kit::ids::DestinationName;
use piste_domain::lead::deliveries::{Delivery, DeliveryState, Reason, Told, What};
use piste_domain::lead::stage::Stage;
use piste_domain::rules::destinations::Health;
use piste_domain::{ClaimToken, Lead, LeadId, Tombstone};
use serde_json::Value;

use super::{Checker, SKEW};
use crate::coverage::Coverage;
use crate::others::{self, Stands};
use crate::people::MARK;

/// A claim is good for so long, and all calls under it are made in that time.
const LEASE: SignedDuration = SignedDuration::from_mins(7);
/// A run that knows of no stop goes on for so long.
const RUN: SignedDuration = SignedDuration::from_mins(3);
/// What could go for so long while one destination is down has been held up by it.
const HELD_UP: SignedDuration = SignedDuration::from_mins(30);
/// More tries than this tell the same thing to and fro.
const TRIES_MAX: u32 = 400;

type Place = (LeadId, DestinationName);

/// What is known of deliveries.
#[derive(Debug, Default)]
pub(super) struct Telling {
    kinds: BTreeMap<DestinationName, Kind>,
    /// The last claim at each place.
    claims: HashMap<Place, Claim>,
    /// What the ledger knows as taken, by field.
    taken: HashMap<Place, BTreeMap<String, Value>>,
    /// Bodies of events by their id.
    bodies: HashMap<String, Vec<u8>>,
    /// Events that the other side took.
    heard: HashSet<String>,
    /// Events that were planned for a life, by number.
    planned: HashMap<LeadId, BTreeMap<u32, EventType>>,
    /// Which destinations stand still.
    stops: HashMap<DestinationName, Stop>,
    tries: HashMap<Place, u32>,
}

#[derive(Clone, Debug)]
struct Claim {
    token: ClaimToken,
    what: What,
    at: Timestamp,
    /// Whether there was a lead when it was written.
    alive: bool,
    /// Whether the other side said yes to a call under it.
    yes: bool,
    /// What was written under it.
    fields: BTreeMap<String, Value>,
}

#[derive(Clone, Copy, Debug)]
struct Stop {
    since: Timestamp,
    until: Option<Timestamp>,
}

impl Checker {
    /// Other systems are told of leads.
    pub fn will_tell(&mut self, kinds: impl Iterator<Item = (DestinationName, Kind)>) {
        self.telling.kinds = kinds.collect();
    }

    /// What others were told of somebody was written.
    pub fn told_changed(
        &mut self,
        id: &LeadId,
        (old, new): (&[Told], &[Told]),
        alive: bool,
        now: Timestamp,
        seen: &mut Coverage,
    ) {
        self.tell(id, now, || {
            let of = |told: &Told| {
                let each = told.deliveries.iter().map(|of| {
                    let claim = if of.claim.is_some() { " claimed" } else { "" };
                    format!("{} {} {:?}{claim}", of.number, of.what.code(), of.state)
                });
                format!("{}: {}", told.destination, each.collect::<Vec<_>>().join(", "))
            };
            new.iter().map(of).collect::<Vec<_>>().join("; ")
        });
        for told in new {
            let was = old.iter().find(|was| was.destination == told.destination);
            if told.deliveries.iter().filter(|of| of.claim.is_some()).count() > 1 {
                self.fail(format!("I7: {id} is told to {} twice at once", told.destination));
            }
            for delivery in &told.deliveries {
                let before = was.and_then(|was| was.deliveries.iter().find(|of| of.number == delivery.number));
                self.delivery(id, told, before, delivery, alive, now, seen);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one write, seen from all sides")]
    fn delivery(
        &mut self,
        id: &LeadId,
        told: &Told,
        before: Option<&Delivery>,
        delivery: &Delivery,
        alive: bool,
        now: Timestamp,
        seen: &mut Coverage,
    ) {
        let place = (id.clone(), told.destination.clone());
        let kind = self.telling.kinds.get(&told.destination).copied();
        if let (None, What::Event(event)) = (before, delivery.what) {
            let planned = self.telling.planned.entry(id.clone()).or_default();
            planned.insert(delivery.number, event);
        }
        let token = |of: &Delivery| of.claim.as_ref().map(|claim| claim.token.clone());
        let (had, has) = (before.and_then(token), token(delivery));
        if had.is_some() && had != has {
            self.settled(&place, before, delivery, had.as_ref(), seen);
        }
        let Some(token) = has.filter(|has| had.as_ref() != Some(has)) else {
            return;
        };
        self.mark(
            &["told", id.as_str(), told.destination.as_str(), delivery.what.code()],
            now,
        );
        if had.is_some() {
            seen.see("a delivery claimed anew after a death");
        }
        let waited = before.filter(|before| before.at == delivery.at);
        if waited
            .and_then(Delivery::due_at)
            .is_some_and(|due| now + SKEW * 2 < due)
        {
            self.fail(format!("R112: {} of {id} tried before its time", delivery.what.code()));
        }
        let may = matches!(delivery.what, What::Erasure | What::Event(_));
        if !alive && !may {
            self.fail(format!("R67: {} claimed for {id}, who is erased", delivery.what.code()));
        }
        let waits = |of: &Delivery| of.what == What::OptOut && of.due_at().is_some_and(|due| due + SKEW * 2 < now);
        let is_crm = kind.is_some_and(Kind::is_crm);
        if is_crm && delivery.what == What::Push && told.remote.is_some() && told.deliveries.iter().any(waits) {
            self.fail(format!("R45: {} is told of {id} before their no", told.destination));
        }
        let tries = self.telling.tries.entry(place.clone()).or_default();
        *tries += 1;
        if *tries > TRIES_MAX {
            self.fail(format!("R25: {} is told of {id} without end", told.destination));
        }
        let claim = Claim {
            token,
            what: delivery.what,
            at: now,
            alive,
            yes: false,
            fields: BTreeMap::new(),
        };
        self.telling.claims.insert(place, claim);
    }

    /// A try was recorded.
    fn settled(
        &mut self,
        place: &Place,
        before: Option<&Delivery>,
        delivery: &Delivery,
        token: Option<&ClaimToken>,
        seen: &mut Coverage,
    ) {
        let (id, name) = place;
        let what = delivery.what.code();
        let claim = self
            .telling
            .claims
            .get(place)
            .filter(|of| Some(&of.token) == token)
            .cloned();
        match delivery.state {
            DeliveryState::Delivered | DeliveryState::Forgotten => {
                seen.see(match delivery.what {
                    What::Event(_) => "event delivered",
                    What::Card => "card delivered",
                    What::OptOut => "opt-out delivered",
                    What::Erasure => "erasure delivered",
                    What::Push | What::Look => "push delivered",
                });
                if !claim.as_ref().is_some_and(|claim| claim.yes) {
                    self.fail(format!(
                        "R111: {what} of {id} is said to be delivered, and {name} never said so"
                    ));
                }
                if let (What::Push, Some(claim)) = (delivery.what, claim) {
                    let taken = self.telling.taken.entry(place.clone()).or_default();
                    taken.extend(claim.fields);
                }
            }
            DeliveryState::SetAside => {
                seen.see("delivery set aside");
                let says_why = delivery.status.is_some() || delivery.code.is_some();
                if !says_why && delivery.attempts < 10 {
                    self.fail(format!("R112: {what} of {id} is set aside, and nobody knows why"));
                }
            }
            DeliveryState::Pending | DeliveryState::Paused => {
                // Taken up again by what happened meanwhile, or to be tried later: then it says when.
                let again = before.is_none_or(|before| before.at != delivery.at);
                if delivery.claim.is_none() && delivery.next_at.is_none() && !again {
                    self.fail(format!("R112: {what} of {id} failed at {name}, and goes again at once"));
                }
            }
        }
    }

    /// How a destination is was written.
    pub fn stopped(&mut self, health: &Health, now: Timestamp, seen: &mut Coverage) {
        match &health.stop {
            Some(stop) => {
                seen.see(match stop.reason {
                    Reason::Limited | Reason::Budget => "destination limited",
                    Reason::Gone | Reason::Failing => "destination off",
                    Reason::ByHand => "destination paused by hand",
                    _ => "destination paused by an answer",
                });
                let (until, before) = (stop.until, self.telling.stops.get(&health.destination));
                // A stop that is written over before it is over goes on.
                let goes_on = before.filter(|of| of.until.is_none_or(|until| until > now + SKEW * 2));
                let since = goes_on.map_or(now, |of| of.since);
                self.telling
                    .stops
                    .insert(health.destination.clone(), Stop { since, until });
            }
            None => drop(self.telling.stops.remove(&health.destination)),
        }
    }

    /// A call leaves, about somebody.
    pub fn called(&mut self, name: &DestinationName, id: &LeadId, call: &Call, now: Timestamp) {
        self.tell(id, now, || {
            let body = String::from_utf8_lossy(&call.body);
            format!("{} {} {body}", call.method.as_str(), call.url)
        });
        if let Some(stop) = self.telling.stops.get(name) {
            let over = stop.until.is_some_and(|until| now + SKEW * 2 >= until);
            if !over && now.duration_since(stop.since) > RUN {
                self.fail(format!(
                    "R112: {name} was called about {id} while it stands still: {stop:?}"
                ));
            }
        }
        let place = (id.clone(), name.clone());
        let claim = self.telling.claims.get(&place);
        let Some(claim) = claim.filter(|claim| now.duration_since(claim.at) < LEASE).cloned() else {
            self.fail(format!("R25: {name} was told of {id} without a claim"));
            return;
        };
        let is_dead = !claim.alive && self.buried.contains_key(id);
        if is_dead && String::from_utf8_lossy(&call.body).contains(MARK) {
            self.fail(format!("I12: {name} was told who {id} was, who is erased"));
        }
        let header = |wanted: &str| {
            let mut headers = call.headers.iter();
            headers
                .find(|(header, _)| *header == wanted)
                .map(|(_, value)| value.clone())
        };
        if let Some(event) = header("webhook-id") {
            let body = self
                .telling
                .bodies
                .entry(event.clone())
                .or_insert_with(|| call.body.clone());
            if *body != call.body {
                self.fail(format!("R25: two bodies under the id {event}"));
            }
        }
        if !others::writes(call) || matches!(claim.what, What::Event(_) | What::Card) {
            return;
        }
        let fields = others::fields(call);
        match claim.what {
            What::OptOut => {
                let own = ["marketing_status", "HasOptedOutOfEmail", "Email_Opt_Out"];
                let more = fields
                    .keys()
                    .any(|field| !own.contains(&field.as_str()) && !others::is_key(field));
                if more && !call.url.contains("communication-preferences") {
                    self.fail(format!("R45: the no of {id} does not go alone to {name}"));
                }
            }
            What::Push => {
                let news: Vec<_> = fields.iter().filter(|(field, _)| !others::is_key(field)).collect();
                let taken = self.telling.taken.get(&place);
                let is_known =
                    |(field, value): &(&String, &Value)| taken.is_some_and(|taken| taken.get(*field) == Some(*value));
                if !news.is_empty() && news.iter().all(is_known) {
                    self.fail(format!("R25: {name} is told of {id} what it took before"));
                }
            }
            _ => {}
        }
    }

    /// The other side took a call or refused it; `said` when the answer came through as it was given.
    pub fn answered(&mut self, name: &DestinationName, id: &LeadId, call: &Call, (status, said): (u16, bool)) {
        let taken = (200..300).contains(&status);
        let event = call.headers.iter().find(|(header, _)| *header == "webhook-id");
        if let Some((_, event)) = event.filter(|_| taken) {
            self.telling.heard.insert(event.clone());
        }
        let Some(claim) = self.telling.claims.get_mut(&(id.clone(), name.clone())) else {
            return;
        };
        // Who is not there is erased, in whatever words that is said.
        claim.yes |= said && (taken || (claim.what == What::Erasure && (400..500).contains(&status)));
        if said && taken && others::writes(call) && claim.what == What::Push {
            let fields = others::fields(call).into_iter();
            claim.fields.extend(fields.filter(|(field, _)| !others::is_key(field)));
        }
    }

    /// What others may know of a life ends with it.
    pub(super) fn told_buried(&mut self, id: &LeadId) {
        self.telling.planned.remove(id);
        self.telling.taken.retain(|(of, _), _| of != id);
        self.telling.tries.retain(|(of, _), _| of != id);
    }

    /// A restored table tells of the past, and others know of the future.
    pub(super) fn told_restored(&mut self) {
        let kinds = std::mem::take(&mut self.telling.kinds);
        let stops = std::mem::take(&mut self.telling.stops);
        self.telling = Telling {
            kinds,
            stops,
            ..Telling::default()
        };
    }

    /// One destination is down, and all else is calm: whatever could have gone elsewhere has gone.
    pub fn stuck<'a>(
        &mut self,
        stuck: &DestinationName,
        told: impl Iterator<Item = (&'a LeadId, &'a Told)>,
        now: Timestamp,
        seen: &mut Coverage,
    ) {
        seen.see("one destination was down and held up no other");
        for (id, told) in told.filter(|(_, told)| told.destination != *stuck) {
            let stop = self.telling.stops.get(&told.destination);
            let is_open = stop.is_none_or(|stop| stop.until.is_some_and(|until| until + HELD_UP < now));
            let late =
                |of: &&Delivery| of.due_at().is_some_and(|due| due.max(of.at) + HELD_UP < now) && told_may_go(told, of);
            if let Some(late) = told
                .deliveries
                .iter()
                .find(late)
                .filter(|_| is_open && !self.unreadable.contains(id))
            {
                self.fail(format!(
                    "R112: {} of {id} waits for {}, and {stuck} alone is down",
                    late.what.code(),
                    told.destination
                ));
                return;
            }
        }
    }

    /// I13, I21: everything was told, or set aside; and the other side stands as ours does.
    pub fn told_end(
        &mut self,
        leads: &HashMap<LeadId, Arc<Lead>>,
        graves: &HashMap<LeadId, Tombstone>,
        stands: &BTreeMap<DestinationName, Vec<Stands>>,
    ) {
        for (id, told) in told_of(leads, graves) {
            if let Some(open) = told.deliveries.iter().find(|of| of.due_at().is_some()) {
                self.fail(format!(
                    "I21: {} of {id} still waits for {}: {:?}, {:?}",
                    open.what.code(),
                    told.destination,
                    open.state,
                    open.due_at()
                ));
            }
        }
        for tombstone in graves.values() {
            let bodies = tombstone.told.iter().flat_map(|told| &told.deliveries);
            if bodies.filter_map(|of| of.body.as_ref()).any(|body| body.contains(MARK)) {
                self.fail(format!(
                    "I12: what {} was to be told of keeps the address",
                    tombstone.id
                ));
            }
        }
        for (name, records) in stands {
            self.no_doubles(name, records);
        }
        if self.restored {
            return; // a restored table does not know what was told since its backup
        }
        let hears = |kind| {
            self.telling
                .kinds
                .iter()
                .find(|(_, of)| **of == kind)
                .map(|(name, _)| name.clone())
        };
        let hook = hears(Kind::Webhook);
        for lead in leads.values() {
            if let Some(hook) = &hook {
                self.events(lead, hook);
            }
            for (name, records) in stands {
                self.record(lead, name, records);
            }
        }
        for (id, tombstone) in graves {
            if let Some(hook) = &hook {
                self.heard_of(id, &tombstone.told, hook);
            }
        }
        for (name, records) in stands {
            for (id, tombstone) in graves {
                let told = tombstone.told.iter().find(|told| told.destination == *name);
                let aside = told.and_then(|told| told.of(What::Erasure));
                let aside = aside.is_some_and(|of| of.state == DeliveryState::SetAside);
                if !aside && records.iter().any(|record| record.lead == id.as_str()) {
                    self.fail(format!("R67: {id} is erased, and their record stands at {name}"));
                }
            }
        }
    }

    fn no_doubles(&mut self, name: &DestinationName, records: &[Stands]) {
        let mut people = HashSet::new();
        for record in records {
            let id = (!record.lead.is_empty()).then(|| record.lead.clone());
            let email = (!record.email.is_empty()).then(|| record.email.clone());
            let double = id.into_iter().chain(email).any(|key| !people.insert(key));
            if double {
                self.fail(format!("I10: {name} has two records of {}: {records:?}", record.lead));
            }
        }
    }

    /// I13: an event of each change, and each was heard or is shown to a person.
    fn events(&mut self, lead: &Lead, hook: &DestinationName) {
        let id = &lead.id;
        let planned = self.heard_of(id, &lead.told, hook);
        let count = |wanted: EventType| planned.values().filter(|event| **event == wanted).count();
        let says_something = lead.words.enquiries().iter().any(|enquiry| !enquiry.is_empty());
        let is_known = says_something || lead.is_confirmed();
        let moves = lead.history.len();
        let qualified = lead.history.iter().filter(|change| change.to == Stage::Mql).count();
        let expected = match is_known {
            true => [
                (EventType::LeadCreated, 1),
                (EventType::LeadStageChanged, moves),
                (EventType::LeadQualified, qualified),
            ],
            false => [
                (EventType::LeadCreated, count(EventType::LeadCreated).min(1)),
                (
                    EventType::LeadStageChanged,
                    count(EventType::LeadStageChanged).min(moves),
                ),
                (EventType::LeadQualified, count(EventType::LeadQualified).min(qualified)),
            ],
        };
        for (event, times) in expected {
            let had = count(event);
            if had != times {
                self.fail(format!(
                    "I13: {id} has {had} events {}, and {times} such changes",
                    event.code()
                ));
            }
        }
    }

    /// Every event that was planned was heard, or is set aside.
    fn heard_of(&mut self, id: &LeadId, told: &[Told], hook: &DestinationName) -> BTreeMap<u32, EventType> {
        let told = told.iter().find(|told| told.destination == *hook);
        let planned = self.telling.planned.get(id).cloned().unwrap_or_default();
        let unheard = planned.iter().find(|(number, _)| {
            let heard = self.telling.heard.contains(&format!("{id}-{hook}-{number}"));
            let aside = told.and_then(|told| told.deliveries.iter().find(|of| of.number == **number));
            !heard && aside.is_none_or(|of| of.state != DeliveryState::SetAside)
        });
        if let Some((number, event)) = unheard {
            let event = event.code();
            self.fail(format!("I13: event {number} of {id} ({event}) was never heard"));
        }
        planned
    }

    /// The record of a person says what ours says of the person's will.
    fn record(&mut self, lead: &Lead, name: &DestinationName, records: &[Stands]) {
        let Some(told) = lead.told.iter().find(|told| told.destination == *name) else {
            return;
        };
        let id = &lead.id;
        let record = told
            .remote
            .as_ref()
            .and_then(|remote| records.iter().find(|of| of.id == *remote));
        let state = |what| told.of(what).map(|of| of.state);
        if state(What::Push) == Some(DeliveryState::Delivered) && record.is_none_or(|of| of.lead != id.as_str()) {
            self.fail(format!("R25: {id} is said to stand at {name}, and does not"));
        }
        let wants_none = lead.suppression.is_some_and(|stop| {
            use piste_domain::lead::SuppressionReason::{Complaint, Unsubscribe};
            matches!(stop.reason, Complaint | Unsubscribe)
        });
        let aside = state(What::OptOut) == Some(DeliveryState::SetAside);
        if wants_none && !aside && record.is_some_and(|of| !of.opted_out) {
            self.fail(format!("R45: {id} wants no marketing, and {name} does not know"));
        }
    }
}

/// What stands in the ledgers of leads and of what is left of them.
pub(crate) fn told_of<'a>(
    leads: &'a HashMap<LeadId, Arc<Lead>>,
    graves: &'a HashMap<LeadId, Tombstone>,
) -> impl Iterator<Item = (&'a LeadId, &'a Told)> {
    let alive = leads
        .values()
        .flat_map(|lead| lead.told.iter().map(|told| (&lead.id, told)));
    let dead = graves
        .values()
        .flat_map(|grave| grave.told.iter().map(|told| (&grave.id, told)));
    alive.chain(dead)
}

/// Whether it waits for nothing else of the same lead: one at a time, and what is told of a new life after the old one.
fn told_may_go(told: &Told, delivery: &Delivery) -> bool {
    let others = || told.deliveries.iter().filter(|of| of.number != delivery.number);
    others().all(|of| of.claim.is_none() && !(of.what == What::Erasure && of.state != DeliveryState::Forgotten))
}
