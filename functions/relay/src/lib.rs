//! Everything that other systems are told leaves from here, and only from here: signed webhooks, chat messages, CRM pushes.
//!
//! A sweep asks each shard of the `relay` index which leads may have something to tell, loads each lead, and lets the rules
//! decide. A delivery is claimed in one conditional write, told, and recorded in a second write. A destination at fault is
//! paused for all leads at once, in an item of its own; one lead's refusal never holds up another.

mod chat;
mod crm;
mod line;
mod stops;
mod texts;
mod webhook;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::stream::{self, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use piste_adapters::app::Start;
use piste_adapters::keys::Part;
use piste_adapters::outbound::Outbound;
use piste_adapters::store::{RelayRow, StoreError};
use piste_adapters::{App, telemetry};
use piste_domain::campaign::destination::{Destination, Kind};
use piste_domain::kit::ids::DestinationName;
use piste_domain::lead::deliveries::{DeliveryState, End, Outcome, Reason, What};
use piste_domain::rules::destinations::notices::{Audience, Cause, Notice};
use piste_domain::rules::relay::{self, Ended, Order, ReadBack, Seen, Ways};
use piste_domain::{Catalog, Lead, LeadId};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::line::Line;
pub use crate::line::Watch;

/// What it reads of the key ring; its role in `infra/template.yaml` may read no other part.
pub const KEYS: &[Part] = &[Part::Identity, Part::Links];

/// Leads of one shard told of side by side.
const SIDE_BY_SIDE: usize = 4;
/// Leads read from one shard at a time.
const PAGE: i32 = 50;
/// A delivery that has waited for so long rings, whatever keeps it.
const OLD_AFTER: SignedDuration = SignedDuration::from_hours(6);
/// What one lead may have to tell in one turn: the rest follows in the next.
const TURNS: usize = 40;
/// A delivery is begun only if its calls and the record of it still fit before the function is stopped.
const TIME_TO_TELL: Duration = Duration::from_secs(45);
/// As much of a CRM's answer as is read.
const CRM_ANSWER: usize = 256 * 1024;
/// As much of everybody else's (R114).
const ANSWER: usize = 4 * 1024;

/// What a sweep works with. One sandbox keeps one.
#[derive(Debug)]
pub struct Relay<'a> {
    app: &'a App,
    line: Line<'a>,
}

impl<'a> Relay<'a> {
    /// A relay by these parts.
    pub fn new(app: &'a App, outbound: &Outbound) -> Self {
        let outbound = outbound.clone();
        Self {
            app,
            line: Line { outbound, watch: None },
        }
    }

    /// The same with somebody who sees every call.
    pub fn watched(mut self, watch: Watch<'a>) -> Self {
        self.line.watch = Some(watch);
        self
    }
}

/// Answers the schedule (a sweep over all shards) and the table's stream (only the leads it names).
///
/// # Errors
/// For the stream, the records to deliver again are named in the answer (`batchItemFailures`). A sweep fails when it could not
/// read the index: that must ring the alarm.
pub async fn handle(relay: &Relay<'_>, event: &Value, deadline_ms: u64) -> Result<Value, lambda_runtime::Error> {
    // Most stacks send leads nowhere: a tick costs them nothing.
    if relay.app.catalog().await?.destinations().next().is_none() {
        return Ok(json!({ "told": 0 }));
    }
    // A restored table tells of the past: nobody is told of it before somebody looked at it and released it.
    let sending = relay.app.store.sending().await?;
    if sending.is_restored(relay.app.table_identity().await?) {
        return Ok(json!({ "told": 0, "held": true }));
    }
    let run = Run::begin(relay, deadline_ms).await?;
    let Some(records) = event.get("Records").and_then(Value::as_array) else {
        let told = run.sweep().await?;
        return Ok(json!({ "told": told }));
    };
    let mut failures = Vec::new();
    for record in records {
        let keys = &record["dynamodb"]["Keys"];
        let at_once = record["dynamodb"]["NewImage"]["relay_at"]["N"] == "0" && keys["sk"]["S"] == "lead";
        let Some(id) = keys["pk"]["S"].as_str().filter(|id| at_once && LeadId::is_valid(id)) else {
            continue;
        };
        if !run.has_time() || run.tell(&LeadId::new(id)).await.is_none() {
            failures.push(json!({ "itemIdentifier": record["dynamodb"]["SequenceNumber"] }));
        }
    }
    Ok(json!({ "batchItemFailures": failures }))
}

/// Which destinations stand still, as this run knows it.
#[derive(Debug)]
struct Closed {
    catalog: Arc<Catalog>,
    stops: RwLock<BTreeMap<DestinationName, Option<Timestamp>>>,
}

impl Ways for Closed {
    fn closed_until(&self, destination: &DestinationName) -> Option<Option<Timestamp>> {
        if self.catalog.destination(destination).is_none() {
            return Some(None); // its file is gone: it may come back
        }
        let stops = self.stops.read().unwrap_or_else(PoisonError::into_inner);
        stops.get(destination).copied()
    }
}

/// One run over some leads.
struct Run<'a> {
    app: &'a App,
    http: Line<'a>,
    crm_http: Line<'a>,
    deadline_ms: u64,
    closed: Closed,
    /// What webhooks are still to be told of stops, as this run found it.
    told_of: Vec<(Arc<Destination>, Notice)>,
    /// One at a time for Pipedrive, where nothing is unique and two creates at once make two persons.
    turns: BTreeMap<DestinationName, Mutex<()>>,
}

impl<'a> Run<'a> {
    async fn begin(relay: &Relay<'a>, deadline_ms: u64) -> Result<Self, StoreError> {
        let app = relay.app;
        let catalog = app.catalog().await?;
        let (mut stops, mut turns, mut told_of) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for destination in catalog.destinations() {
            let health = app.store.health(&destination.name).await?;
            if let Some(stop) = health.stopped(app.now()) {
                stops.insert(destination.name.clone(), stop.until);
            }
            turns.insert(destination.name.clone(), Mutex::new(()));
            let notices = health.notices.into_iter();
            let due = notices.filter(|notice| notice.due_events(app.now()).next().is_some());
            told_of.extend(due.map(|notice| (Arc::clone(destination), notice)));
        }
        Ok(Self {
            app,
            http: relay.line.reading(ANSWER),
            crm_http: relay.line.reading(CRM_ANSWER),
            deadline_ms,
            closed: Closed {
                catalog,
                stops: RwLock::new(stops),
            },
            told_of,
            turns,
        })
    }

    fn has_time(&self) -> bool {
        let now_ms = self.app.now().as_millisecond().unsigned_abs();
        self.deadline_ms == 0 || now_ms + TIME_TO_TELL.as_millis() as u64 <= self.deadline_ms
    }

    /// Tells what is due, all shards side by side; how much was told.
    async fn sweep(&self) -> Result<usize, StoreError> {
        let shards = (0..self.app.store.due_shards()).map(|shard| self.sweep_shard(shard));
        let parts = futures_util::future::join_all(shards).await;
        let told = parts.into_iter().sum::<Result<usize, StoreError>>()? + self.tell_of_stops().await;
        if told > 0 {
            telemetry::log("told", &[("deliveries", told.into())]);
        }
        Ok(told)
    }

    async fn sweep_shard(&self, shard: u32) -> Result<usize, StoreError> {
        let now = self.app.now().as_second();
        let (mut told, mut from) = (0, None);
        loop {
            let page = self.app.store.relay(shard, (0, now), PAGE, from).await;
            let page = page.inspect_err(|error| telemetry::log("relay_failed", &[("error", error.into())]))?;
            let due = |row: &RelayRow| !self.app.unreadable.passes_over(&row.id, false, self.app.now());
            let rows = page.rows.into_iter().filter(due);
            let mut handled = stream::iter(rows)
                .map(|row| async move {
                    match self.has_time() {
                        true => Box::pin(self.tell(&row.id)).await.unwrap_or(0),
                        false => 0,
                    }
                })
                .buffer_unordered(SIDE_BY_SIDE);
            while let Some(some) = handled.next().await {
                told += some;
            }
            from = page.next;
            if from.is_none() || !self.has_time() {
                return Ok(told);
            }
        }
    }

    /// Tells what is due of one lead, one delivery after another; how many were tried, `None` where it cannot be handled.
    async fn tell(&self, id: &LeadId) -> Option<usize> {
        let work = AssertUnwindSafe(self.tell_all(id)).catch_unwind();
        match work.await {
            Ok(Ok(tried)) => Some(tried),
            Ok(Err(error)) => {
                telemetry::log("relay_lead_failed", &[("lead", id.into()), ("error", (&error).into())]);
                if error.kind == piste_adapters::store::StoreErrorKind::Corrupt {
                    self.app.unreadable.note(id, false, self.app.now());
                }
                None
            }
            Err(_panic) => {
                telemetry::log("relay_lead_failed", &[("lead", id.into())]);
                self.app.unreadable.note(id, false, self.app.now());
                None
            }
        }
    }

    async fn tell_all(&self, id: &LeadId) -> Result<usize, StoreError> {
        let mut tried = 0;
        while tried < TURNS && self.has_time() {
            let look = relay::Relay {
                token: self.app.chance.claim_token(),
                ways: &self.closed,
            };
            let applied = self.app.apply(id, Start::Known, look).await?;
            let Some(order) = applied.answer.flatten() else { break };
            let destination = self.closed.catalog.destination(&order.destination).cloned();
            let mut seen = None;
            let outcome = match &destination {
                Some(destination) => {
                    self.perform(destination, &order, applied.lead.as_deref(), &mut seen)
                        .await
                }
                None => Outcome::of(End::Pause(Reason::Unavailable, None)),
            };
            self.note_record(&order, &outcome).await?;
            tried += 1;
            let ended = Ended {
                destination: order.destination.clone(),
                number: order.number,
                token: order.token.clone(),
                outcome: outcome.clone(),
            };
            let state = match order.what {
                What::Look => {
                    let back = ReadBack { ended, seen };
                    self.app.apply(id, Start::Known, back).await?;
                    // It told nobody anything: where the record is gone, that is an answer too.
                    matches!(outcome.end, End::Delivered | End::Gone).then_some(DeliveryState::Delivered)
                }
                _ => self.app.apply(id, Start::Known, ended).await?.answer.flatten(),
            };
            self.log(&order, &outcome, state);
            if let Some(destination) = &destination {
                let aside = (state == Some(DeliveryState::SetAside)).then_some(order.what);
                self.note(destination, &outcome, aside).await?;
            }
        }
        Ok(tried)
    }

    /// Keeps, before the lead says so, whose record it is that a CRM has now: its reports name nothing but the record.
    async fn note_record(&self, order: &Order, outcome: &Outcome) -> Result<(), StoreError> {
        let (destination, before) = (&order.destination, order.remote.as_deref());
        let after = match (order.what, outcome.end) {
            (What::Erasure, End::Delivered) => None,
            // It may be another one since a merge there, which was told us without its lead.
            (What::Look, End::Delivered) => outcome.id.as_deref(),
            _ => match outcome.id.as_deref() {
                Some(id) if before != Some(id) => Some(id),
                _ => return Ok(()),
            },
        };
        if let Some(id) = after {
            self.app.keep_record(destination, id, &order.lead).await?;
        }
        match before.filter(|before| after != Some(before)) {
            Some(before) => self.app.forget_record(destination, before).await,
            None => Ok(()),
        }
    }

    async fn perform(
        &self,
        destination: &Destination,
        order: &Order,
        lead: Option<&Lead>,
        seen: &mut Option<Seen>,
    ) -> Outcome {
        match destination.kind {
            Kind::Webhook => webhook::tell(self, destination, order).await,
            Kind::Chat => chat::tell(self, destination, lead).await,
            Kind::Pipedrive => {
                let _turn = match self.turns.get(&destination.name) {
                    Some(turn) => Some(turn.lock().await),
                    None => None,
                };
                crm::tell(self, destination, order, seen).await
            }
            _ => crm::tell(self, destination, order, seen).await,
        }
    }

    /// Says in the log how a try ended.
    fn log(&self, order: &Order, outcome: &Outcome, state: Option<DeliveryState>) {
        let waits = self.app.now().duration_since(order.since) >= OLD_AFTER;
        let event = match state {
            Some(DeliveryState::Delivered | DeliveryState::Forgotten) => "delivered",
            Some(DeliveryState::SetAside) => "delivery_set_aside",
            _ if waits => "delivery_old",
            _ => "not_delivered",
        };
        let status = u64::from(outcome.status.unwrap_or(0));
        let fields: Vec<&str> = outcome.fields.iter().map(|(name, _)| name.as_str()).collect();
        telemetry::log(
            event,
            &[
                ("lead", (&order.lead).into()),
                ("destination", (&order.destination).into()),
                ("what", order.what.code().into()),
                ("status", status.into()),
                ("code", telemetry::code(outcome.code.as_deref().unwrap_or_default())),
                ("fields", telemetry::names(&fields)),
            ],
        );
    }

    /// Notes in the destination's own item how a try ended, where that says something of the destination, and what people are
    /// to be told of it: that it stopped, or that a delivery was set `aside`.
    async fn note(&self, destination: &Destination, outcome: &Outcome, aside: Option<What>) -> Result<(), StoreError> {
        let now = self.app.now();
        let says_something = matches!(outcome.end, End::Pause(..)) || outcome.rest.is_some();
        let is_crm = destination.kind.is_crm();
        // Most deliveries say nothing of their destination, and cost it no request.
        let failed = matches!(outcome.end, End::Later(_) | End::Unknown) && !is_crm;
        let recovered = matches!(outcome.end, End::Delivered) && !is_crm;
        let audience = Audience::of(destination, &self.closed.catalog);
        let aside = aside.filter(|_| audience.has_people());
        if !says_something && !failed && !recovered && aside.is_none() {
            return Ok(());
        }
        let mut began = None;
        let change = |health: &mut piste_domain::rules::destinations::Health| {
            let before = health.stop.clone();
            began = health.note(outcome, is_crm, now).1;
            if let Some(stop) = health.stop.clone().filter(|stop| before.as_ref() != Some(stop)) {
                health.note_cause(Cause::stopped(stop.reason, stop.until), &audience, now);
            }
            if let Some(what) = aside {
                health.note_cause(
                    Cause::set_aside(what, outcome.code.as_deref(), &outcome.fields),
                    &audience,
                    now,
                );
            }
        };
        let (health, ()) = self.app.store.change_health(&destination.name, change).await?;
        let mut stops = self.closed.stops.write().unwrap_or_else(PoisonError::into_inner);
        match health.stopped(now) {
            Some(stop) => stops.insert(destination.name.clone(), stop.until),
            None => stops.remove(&destination.name),
        };
        drop(stops);
        if let Some(reason) = began.filter(|reason| *reason != Reason::Limited) {
            telemetry::log(
                "destination_paused",
                &[
                    ("destination", (&destination.name).into()),
                    ("reason", reason.code().into()),
                ],
            );
        }
        Ok(())
    }
}
