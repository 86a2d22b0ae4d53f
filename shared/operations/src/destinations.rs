//! Where leads are sent on to: how each destination is, what waits, what was set aside; pausing, resuming, replaying.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use piste_adapters::app::Start;
use piste_adapters::store::{RelayRow, StoreError};
use piste_domain::campaign::destination::{Destination, Kind, Source, Write};
use piste_domain::kit::ids::DestinationName;
use piste_domain::lead::deliveries::{
    Delivery, DeliveryId, DeliveryState, ENDED_FROM, FieldEnd, Reason, SET_ASIDE_FROM, Told, What,
};
use piste_domain::rules::context::Context;
use piste_domain::rules::deliveries;
use piste_domain::rules::destinations::notices::{Audience, Cause};
use piste_domain::rules::destinations::{Health, State};
use piste_domain::rules::relay::Replay;
use piste_domain::{Lead, LeadId, Record};
use serde::Serialize;
use serde_json::Value as Json;

use crate::{OperationError, Operator};

/// Deliveries of a page.
const SHOWN: usize = 50;
/// Leads of which deliveries are counted at most; beyond it the counts say "at least".
const COUNTED_MAX: usize = 2_000;
/// Rows read at a time.
const PAGE: i32 = 100;

/// The destinations of a workspace.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct DestinationsView {
    /// By name.
    pub destinations: Vec<DestinationView>,
}

/// A destination.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct DestinationView {
    /// The name of its file.
    pub name: String,
    /// What stands at the other end.
    pub kind: Kind,
    /// Whether deliveries go.
    pub state: State,
    /// Why not, if they do not.
    pub reason: Option<Reason>,
    /// Until when, where it goes on by itself.
    pub until: Option<Timestamp>,
    /// Deliveries that wait.
    pub pending: usize,
    /// Deliveries that were set aside.
    pub set_aside: usize,
    /// Since when the oldest delivery has waited.
    pub oldest_at: Option<Timestamp>,
}

/// What a destination would be told of a lead that it does not know yet.
#[derive(Clone, Debug, Serialize)]
pub struct WouldTell {
    /// The destination.
    pub destination: String,
    /// What stands at the other end.
    pub kind: Kind,
    /// Whether it is told of this lead at all: campaign, stage, and a confirmation where the law asks for one.
    pub concerned: bool,
    /// The fields of the record, of a CRM.
    pub fields: Vec<WouldWrite>,
    /// The body of the event, of a webhook.
    pub body: Option<Json>,
}

/// A field that would be written.
#[derive(Clone, Debug, Serialize)]
pub struct WouldWrite {
    /// Their name of it.
    pub name: String,
    /// What of ours goes there.
    pub from: String,
    /// A text or a number.
    pub value: Json,
    /// When it is written.
    pub write: Write,
}

/// What stands for a value that somebody typed.
const MASK: &str = "•••";

/// What a destination would be told of a lead; nothing is sent and nothing changed. What somebody typed is hidden unless it
/// is asked for.
///
/// # Errors
/// [`OperationError::NoDestination`].
pub fn would_tell(operator: &Operator<'_>, lead: &Lead, name: &str, reveal: bool) -> Result<WouldTell, OperationError> {
    let destination = operator.catalog.destination(&DestinationName::new(name));
    let destination = destination.filter(|of| of.workspace == operator.workspace);
    let destination = destination.ok_or(OperationError::NoDestination)?;
    let ring = operator.app.ring();
    let cx = Context {
        catalog: &operator.catalog,
        key: &ring.identity,
        now: operator.now,
    };
    let hides = |name: &str| {
        let from = destination.fields.get(name).map(|rule| &rule.from);
        let typed = matches!(from, Some(Source::Email | Source::Name | Source::Answer(_)));
        typed && !reveal
    };
    let shown = |name: &str, value: Json| match hides(name) {
        true => Json::from(MASK),
        false => value,
    };
    let record = match destination.kind.is_crm() {
        true => deliveries::of_record(lead, destination, &cx),
        false => Vec::new(),
    };
    let fields = record.into_iter().map(|value| WouldWrite {
        from: destination
            .fields
            .get(&value.name)
            .map(|rule| rule.from.to_string())
            .unwrap_or_default(),
        value: shown(&value.name, value.value),
        write: value.write,
        name: value.name,
    });
    let body = (destination.kind == Kind::Webhook).then(|| {
        let body = deliveries::of_event(lead, destination, &cx);
        let mut body: Json = serde_json::from_str(&body).unwrap_or_default();
        if let Some(fields) = body.pointer_mut("/data/fields").and_then(Json::as_object_mut) {
            for (name, value) in fields.iter_mut() {
                *value = shown(name, value.take());
            }
        }
        body
    });
    Ok(WouldTell {
        destination: name.to_owned(),
        kind: destination.kind,
        concerned: deliveries::concerns(lead, destination),
        fields: fields.collect(),
        body,
    })
}

/// A page of deliveries, those that wait first.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct DeliveriesView {
    /// The deliveries.
    pub deliveries: Vec<DeliveryView>,
    /// Where the next page starts; `null` on the last one.
    pub next: Option<String>,
}

/// A delivery. It holds no value of the lead.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct DeliveryView {
    /// Its id; also the `webhook-id`.
    pub id: String,
    /// Whose.
    pub lead: LeadId,
    /// Where to.
    pub destination: String,
    /// What: an event's type, `card`, `push`, `opt_out` or `erasure`.
    pub what: String,
    /// How far it is.
    pub state: DeliveryState,
    /// Tries that count against it.
    pub attempts: u32,
    /// When it began to wait.
    pub at: Timestamp,
    /// When it is tried next.
    pub next_at: Option<Timestamp>,
    /// The HTTP status of the last answer.
    pub status: Option<u16>,
    /// The other side's own code.
    pub code: Option<String>,
    /// Fields that were not simply taken, in their names.
    pub fields: Vec<FieldView>,
}

/// A field that was not simply taken.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct FieldView {
    /// Their name.
    pub name: String,
    /// What became of it.
    pub outcome: FieldEnd,
}

/// Which deliveries are asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Of this destination alone.
    pub destination: Option<String>,
    /// In this state alone.
    pub state: Option<DeliveryState>,
    /// Of this lead alone.
    pub lead: Option<LeadId>,
    /// After this place: `next` of the page before.
    pub after: Option<(i64, LeadId)>,
}

impl DeliveryView {
    fn of(lead: &LeadId, told: &Told, delivery: &Delivery, stopped: bool, now: Timestamp) -> Self {
        let waits = delivery.due_at();
        let state = match delivery.state {
            DeliveryState::Pending | DeliveryState::Paused if stopped => DeliveryState::Paused,
            DeliveryState::Paused => DeliveryState::Pending,
            state => state,
        };
        Self {
            id: DeliveryId {
                lead: lead.clone(),
                destination: told.destination.clone(),
                number: delivery.number,
            }
            .to_string(),
            lead: lead.clone(),
            destination: told.destination.to_string(),
            what: delivery.what.code().to_owned(),
            state,
            attempts: delivery.attempts,
            at: delivery.at,
            next_at: waits
                .map(|at| at.max(delivery.at))
                .map(|at| if at < now { now } else { at }),
            status: delivery.status,
            code: delivery.code.clone(),
            fields: delivery
                .fields
                .iter()
                .map(|(name, outcome)| FieldView {
                    name: name.clone(),
                    outcome: *outcome,
                })
                .collect(),
        }
    }
}

/// The deliveries of a lead, as they are stored: one that waits for a paused destination says so after its next turn.
pub fn of_lead(lead: &Lead, now: Timestamp) -> Vec<DeliveryView> {
    let each = |told: &Told| -> Vec<DeliveryView> {
        let shown = told.deliveries.iter().filter(|of| of.what != What::Look);
        let view = |of: &Delivery| DeliveryView::of(&lead.id, told, of, of.state == DeliveryState::Paused, now);
        shown.map(view).collect()
    };
    lead.told.iter().flat_map(each).collect()
}

/// The destinations of the workspace, by name.
pub fn of_workspace<'a>(operator: &'a Operator<'_>) -> impl Iterator<Item = &'a Arc<Destination>> {
    operator
        .catalog
        .destinations()
        .filter(|of| of.workspace == operator.workspace)
}

fn named<'a>(operator: &'a Operator<'_>, name: &str) -> Result<&'a Arc<Destination>, OperationError> {
    of_workspace(operator)
        .find(|of| of.name.as_str() == name)
        .ok_or(OperationError::NoDestination)
}

/// What was told of a record.
fn told_of(record: &Record) -> &[Told] {
    match record {
        Record::Lead(lead) => &lead.told,
        Record::Tombstone(erased) => &erased.told,
    }
}

/// Rows of the index between two places, over all shards, in order, after a place; at most `limit`.
async fn rows(
    operator: &Operator<'_>,
    between: (i64, i64),
    after: Option<&(i64, LeadId)>,
    limit: usize,
) -> Result<Vec<RelayRow>, StoreError> {
    let store = &operator.app.store;
    let from = after.map_or(between.0, |(at, _)| (*at).max(between.0));
    let is_after = |row: &RelayRow| after.is_none_or(|(at, id)| (row.at, &row.id) > (*at, id));
    let mut all = Vec::new();
    for shard in 0..store.due_shards() {
        let (mut next, mut of_shard) = (None, 0);
        loop {
            let page = store.relay(shard, (from, between.1), PAGE, next).await?;
            let rows = page.rows.into_iter().filter(is_after);
            let before = all.len();
            all.extend(rows);
            of_shard += all.len() - before;
            next = page.next;
            if next.is_none() || of_shard >= limit {
                break;
            }
        }
    }
    all.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    all.truncate(limit);
    Ok(all)
}

/// The records of rows, those of this workspace.
async fn records(operator: &Operator<'_>, rows: &[RelayRow]) -> Result<Vec<(RelayRow, Record)>, StoreError> {
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let record = match operator.app.store.record(&row.id).await {
            Ok(record) => record,
            // A newer version wrote it.
            Err(error) if error.kind == piste_adapters::store::StoreErrorKind::Corrupt => None,
            Err(error) => return Err(error),
        };
        if let Some(record) = record.filter(|record| record.workspace() == &operator.workspace) {
            found.push((row.clone(), record));
        }
    }
    Ok(found)
}

/// The destinations of the workspace, and how each is.
///
/// # Errors
/// [`StoreError`].
pub async fn list(operator: &Operator<'_>) -> Result<DestinationsView, StoreError> {
    let mut counts: BTreeMap<DestinationName, (usize, usize, Option<Timestamp>)> = BTreeMap::new();
    let open = rows(operator, (0, ENDED_FROM - 1), None, COUNTED_MAX).await?;
    for (_, record) in records(operator, &open).await? {
        for told in told_of(&record) {
            let of = counts.entry(told.destination.clone()).or_default();
            for delivery in told.deliveries.iter().filter(|of| of.what != What::Look) {
                match delivery.state {
                    DeliveryState::Pending | DeliveryState::Paused => {
                        of.0 += 1;
                        of.2 = Some(of.2.map_or(delivery.at, |oldest| oldest.min(delivery.at)));
                    }
                    DeliveryState::SetAside => of.1 += 1,
                    DeliveryState::Delivered | DeliveryState::Forgotten => {}
                }
            }
        }
    }
    let mut destinations = Vec::new();
    for destination in of_workspace(operator) {
        let health = operator.app.store.health(&destination.name).await?;
        let stop = health.stopped(operator.now);
        let (pending, set_aside, oldest_at) = counts.remove(&destination.name).unwrap_or_default();
        destinations.push(DestinationView {
            name: destination.name.to_string(),
            kind: destination.kind,
            state: health.state(operator.now),
            reason: stop.map(|stop| stop.reason),
            until: stop.and_then(|stop| stop.until),
            pending,
            set_aside,
            oldest_at,
        });
    }
    Ok(DestinationsView { destinations })
}

/// A page of deliveries: those that wait first, then those that were set aside, then those that have ended.
///
/// # Errors
/// [`OperationError::NoDestination`], [`OperationError::Store`].
pub async fn deliveries(operator: &Operator<'_>, wanted: &Wanted) -> Result<DeliveriesView, OperationError> {
    if let Some(name) = &wanted.destination {
        named(operator, name)?;
    }
    let mut stopped = BTreeMap::new();
    for destination in of_workspace(operator) {
        let health = operator.app.store.health(&destination.name).await?;
        stopped.insert(destination.name.clone(), health.stopped(operator.now).is_some());
    }
    let of = |id: &LeadId, record: &Record| -> Vec<DeliveryView> {
        let told = told_of(record).iter().filter(|told| {
            let asked = wanted.destination.as_ref();
            asked.is_none_or(|name| told.destination.as_str() == name)
        });
        let all = told.flat_map(|told| {
            let stopped = stopped.get(&told.destination).copied().unwrap_or(true);
            let each = move |delivery| DeliveryView::of(id, told, delivery, stopped, operator.now);
            told.deliveries.iter().filter(|of| of.what != What::Look).map(each)
        });
        all.filter(|view| wanted.state.is_none_or(|state| view.state == state))
            .collect()
    };
    if let Some(lead) = &wanted.lead {
        let record = operator.app.store.record(lead).await?;
        let record = record.filter(|record| record.workspace() == &operator.workspace);
        let record = record.ok_or(OperationError::NoLead)?;
        return Ok(DeliveriesView {
            deliveries: of(lead, &record),
            next: None,
        });
    }
    let until = match wanted.state {
        Some(DeliveryState::Pending | DeliveryState::Paused) => SET_ASIDE_FROM - 1,
        Some(DeliveryState::SetAside) => ENDED_FROM - 1,
        _ => i64::MAX,
    };
    let (mut after, mut shown) = (wanted.after.clone(), Vec::new());
    loop {
        let rows = rows(operator, (0, until), after.as_ref(), SHOWN).await?;
        let is_last = rows.len() < SHOWN;
        let end = rows.last().map(|row| (row.at, row.id.clone()));
        for (row, record) in records(operator, &rows).await? {
            shown.extend(of(&row.id, &record));
            if shown.len() >= SHOWN {
                let next = Some(format!("{}.{}", row.at, row.id)).filter(|_| !is_last || Some((row.at, row.id)) != end);
                return Ok(DeliveriesView {
                    deliveries: shown,
                    next,
                });
            }
        }
        if is_last {
            return Ok(DeliveriesView {
                deliveries: shown,
                next: None,
            });
        }
        after = end;
    }
}

/// Reads the place of a cursor.
pub fn place(cursor: &str) -> Option<(i64, LeadId)> {
    let (at, id) = cursor.split_once('.')?;
    LeadId::is_valid(id).then_some(())?;
    Some((at.parse().ok()?, LeadId::new(id)))
}

/// Pauses a destination: what is due waits.
///
/// # Errors
/// [`OperationError::NoDestination`], [`OperationError::Store`].
pub async fn pause(operator: &Operator<'_>, name: &str) -> Result<(), OperationError> {
    let destination = named(operator, name)?;
    let audience = Audience::of(destination, &operator.catalog);
    let change = |health: &mut Health| {
        if health.stop(Reason::ByHand, None, operator.now) {
            health.note_cause(Cause::stopped(Reason::ByHand, None), &audience, operator.now);
        }
    };
    operator.app.store.change_health(&destination.name, change).await?;
    Ok(())
}

/// Resumes a destination, whatever stopped it: what waits goes at once.
///
/// # Errors
/// [`OperationError::NoDestination`], [`OperationError::Store`]; running it again finishes the work.
pub async fn resume(operator: &Operator<'_>, name: &str) -> Result<(), OperationError> {
    let name = named(operator, name)?.name.clone();
    operator.app.store.change_health(&name, Health::resume).await?;
    let again = |destination| Replay {
        destination,
        number: None,
        set_aside: false,
        at_once: true,
    };
    each(operator, SET_ASIDE_FROM - 1, || again(name.clone())).await?;
    Ok(())
}

/// Takes up everything of a destination that was set aside; how much it was.
///
/// # Errors
/// [`OperationError::NoDestination`], [`OperationError::Store`]; running it again finishes the work.
pub async fn replay(operator: &Operator<'_>, name: &str) -> Result<usize, OperationError> {
    let name = named(operator, name)?.name.clone();
    operator.app.store.change_health(&name, Health::take_up).await?;
    let again = |destination| Replay {
        destination,
        number: None,
        set_aside: true,
        at_once: false,
    };
    each(operator, ENDED_FROM - 1, || again(name.clone())).await
}

/// Does something to the deliveries of every lead that has some open.
async fn each(operator: &Operator<'_>, until: i64, what: impl Fn() -> Replay) -> Result<usize, OperationError> {
    let (mut after, mut done) = (None, 0);
    loop {
        let rows = rows(operator, (0, until), after.as_ref(), SHOWN).await?;
        for (row, _) in records(operator, &rows).await? {
            let applied = operator.app.apply(&row.id, Start::Known, what()).await?;
            done += applied.answer.unwrap_or(0);
        }
        let is_last = rows.len() < SHOWN;
        after = rows.last().map(|row| (row.at, row.id.clone()));
        if is_last {
            return Ok(done);
        }
    }
}

/// Takes up one delivery again.
///
/// # Errors
/// [`OperationError::NoDelivery`] where there is none, or it waits anyway, or nothing is kept of it to tell again.
pub async fn replay_one(operator: &Operator<'_>, id: &str) -> Result<(), OperationError> {
    let id = DeliveryId::parse(id).ok_or(OperationError::NoDelivery)?;
    let record = operator.app.store.record(&id.lead).await?;
    if record.is_none_or(|record| record.workspace() != &operator.workspace) {
        return Err(OperationError::NoDelivery);
    }
    let again = Replay {
        destination: id.destination,
        number: Some(id.number),
        set_aside: true,
        at_once: true,
    };
    let applied = operator.app.apply(&id.lead, Start::Known, again).await?;
    match applied.answer {
        Some(1..) => Ok(()),
        _ => Err(OperationError::NoDelivery),
    }
}
