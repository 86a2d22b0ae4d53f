//! The store in memory, for the simulation: DynamoDB's answers as far as [`Store`](super::Store) asks for them, and every fault it
//! can show, decided from outside by a [`Weather`].
//!
//! It is held against two real engines by one stream of operations (`tests/store_contract.rs`, R37). What no engine
//! shows by itself is added here: throttling, lost answers, a client that repeats a request which was done, an index
//! that lags behind.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet};
use std::fmt::Debug;
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use piste_domain::campaign::Published;
use piste_domain::kit::allowance::Allowance;
use piste_domain::kit::ids::DestinationName;
use piste_domain::lead::deliveries::{SET_ASIDE_FROM, Told, relay_at};
use piste_domain::rules::anew::{Anew, Place};
use piste_domain::rules::desk::Desk;
use piste_domain::rules::destinations::{Health, Renewal};
use piste_domain::rules::mailbox::Mailbox;
use piste_domain::rules::rights_log::RightsEntry;
use piste_domain::rules::sending::{Sending, Tally};
use piste_domain::views::funnel::Figures;
use piste_domain::{CampaignId, Catalog, Lead, LeadId, Personal, Record, SendId, Tombstone, WorkspaceId};

use super::item::{self, Item};
use super::{BoardRow, Count, DueRow, KeptRow, Page, RelayRow, Saved, StoreError, StoreErrorKind};
use crate::keys::{KeyRing, Part};
use crate::users::{ConsoleSession, TRIES_WINDOW, Tries};

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is done and answered.
    Done,
    /// It is not done, and the caller hears why.
    Failed(StoreErrorKind),
    /// It is done, and the answer is lost.
    AnswerLost,
    /// It is done, the answer is lost, and the client asks again, which meets its own success.
    Repeated,
}

/// What the store stands in: time, faults, and somebody who watches every write of a lead.
pub trait Weather: Debug + Send + Sync {
    /// Before a request. May take its time, or never return because the process dies here.
    fn before(&self, request: &'static str) -> BoxFuture<'_, Fate>;
    /// Between a request that was done and its answer. The same holds.
    fn after(&self, request: &'static str) -> BoxFuture<'_, ()>;
    /// How long the index of due leads takes to show a write.
    fn lag(&self) -> SignedDuration;
    /// The moment, by the store's own clock.
    fn now(&self) -> Timestamp;
    /// A lead was written; `wake` when the table's stream tells of it.
    fn saved(&self, old: Option<&Lead>, new: &Lead, wake: bool);
    /// A lead was erased.
    fn buried(&self, lead: &Lead, tombstone: &Tombstone);
    /// A desk was written.
    fn desk_saved(&self, _new: &Desk) {}
    /// A write was made from what is not there any more.
    fn conflicted(&self) {}
    /// What other systems were told of somebody was written, as a part of the lead or of what is left of it.
    fn told(&self, _id: &LeadId, _old: &[Told], _new: &[Told], _alive: bool) {}
    /// How a destination is was written.
    fn health_saved(&self, _new: &Health) {}
}

/// Fair weather: nothing happens to anything.
#[derive(Debug)]
pub struct Fair;

impl Weather for Fair {
    fn before(&self, _: &'static str) -> BoxFuture<'_, Fate> {
        Box::pin(std::future::ready(Fate::Done))
    }

    fn after(&self, _: &'static str) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn lag(&self) -> SignedDuration {
        SignedDuration::ZERO
    }

    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn saved(&self, _: Option<&Lead>, _: &Lead, _: bool) {}

    fn buried(&self, _: &Lead, _: &Tombstone) {}
}

/// A handle on the tables, in one weather: each process has its own.
#[derive(Clone, Debug)]
pub struct Memory {
    tables: Arc<Mutex<Tables>>,
    weather: Arc<dyn Weather>,
    due_shards: u32,
}

/// A place in the index of due leads.
type Due = (i64, LeadId);
/// In the place of that moment: the row is a desk's.
const DESK: i64 = -1;
/// A row of it, and the moment of the kept post, if it is one.
type DuePlace = (i64, LeadId, Option<i64>);
/// A change of it: when it shows, its place among all, the shard, what goes and what comes.
type Lagging = (i64, u64, u32, Option<Due>, Option<Due>);

#[derive(Clone, Debug, Default)]
struct Tables {
    identity: String,
    leads: HashMap<LeadId, Arc<Lead>>,
    /// What is left of those who were erased; an id is in one of the two.
    tombstones: HashMap<LeadId, Tombstone>,
    audit: HashMap<LeadId, Vec<RightsEntry>>,
    /// Leads whose item does not parse.
    corrupt: BTreeSet<LeadId>,
    due: Vec<BTreeSet<Due>>,
    /// Changes of the index that do not show yet: when they will, in which order they came, what goes and what comes.
    lagging: BinaryHeap<Reverse<Lagging>>,
    changes: u64,
    /// The alarms among them: the moment in seconds from which the index shows them as due, and their place among all.
    coming: BTreeSet<(i64, u64)>,
    /// When the latest change shows of each lead that has one which does not show yet.
    shows_at: HashMap<LeadId, i64>,
    /// The lists by month: where each lead stands. Its row is read from the lead.
    board: HashMap<String, BTreeSet<Due>>,
    /// Visits by campaign and day: counted here, and told by somebody else.
    visits: BTreeMap<(String, Date), (u64, Option<u64>)>,
    /// Rows beside the leads, by lead and sort key.
    beside: BTreeMap<(LeadId, String), Item>,
    texts: BTreeMap<(String, String), (String, String)>,
    ring: Option<KeyRing>,
    sessions: BTreeMap<String, ConsoleSession>,
    tries: BTreeMap<String, Tries>,
    uses: BTreeMap<String, Timestamp>,
    sending: Option<Sending>,
    tally: BTreeMap<String, (u64, BTreeSet<SendId>, BTreeSet<SendId>)>,
    messages: BTreeMap<String, (String, Timestamp)>,
    campaign_form_read: Option<u64>,
    /// What is left to do after a publish.
    anew: Anew,
    /// Posts kept beside items that could not be read, by their moment in seconds; none where it is done with.
    kept: BTreeMap<(LeadId, i64), Option<String>>,
    desks: BTreeMap<LeadId, Desk>,
    /// Leads of which something is to be told, or was, by shard.
    relay: BTreeSet<(u32, i64, LeadId)>,
    healths: BTreeMap<DestinationName, Health>,
    renewals: BTreeMap<DestinationName, Renewal>,
    secrets: BTreeMap<DestinationName, String>,
    mailboxes: BTreeMap<LeadId, Mailbox>,
    /// Counts of hours.
    hours: BTreeMap<String, u64>,
    /// Until when each visitor's allowance is used.
    used: BTreeMap<String, Timestamp>,
}

impl Tables {
    /// Moves a lead in the index of due leads, now or once the lag is over: an index is late, but it takes the changes of
    /// one item in their order.
    fn index(&mut self, id: &LeadId, old: Option<i64>, new: Option<i64>, shards: u32, weather: &dyn Weather) {
        if old == new {
            return;
        }
        let place = |at: i64| (at, id.clone());
        let now = weather.now().as_millisecond();
        let shows_at = now + weather.lag().as_millis() as i64;
        let shows_at = self.shows_at.get(id).map_or(shows_at, |latest| shows_at.max(*latest));
        let shard = id.shard(shards);
        if shows_at <= now && !self.shows_at.contains_key(id) {
            self.show(shard, old.map(place), new.map(place));
            return;
        }
        self.changes += 1;
        self.shows_at.insert(id.clone(), shows_at);
        self.coming.extend(new.map(|at| rings(shows_at, at, self.changes)));
        self.lagging
            .push(Reverse((shows_at, self.changes, shard, old.map(place), new.map(place))));
    }

    fn show(&mut self, shard: u32, old: Option<Due>, new: Option<Due>) {
        let shard = &mut self.due[shard as usize];
        if let Some(old) = old {
            shard.remove(&old);
        }
        shard.extend(new);
    }

    /// Shows what has had its lag.
    fn catch_up(&mut self, now: Timestamp) {
        while let Some(Reverse(change)) = self.lagging.peek()
            && change.0 <= now.as_millisecond()
            && let Some(Reverse((shows_at, number, shard, old, new))) = self.lagging.pop()
        {
            for (at, id) in old.iter().chain(&new) {
                self.coming.remove(&rings(shows_at, *at, number));
                // Equal to the latest: the queue is in order, so none of this lead is behind it but what shows with it.
                if self.shows_at.get(id) == Some(&shows_at) {
                    self.shows_at.remove(id);
                }
            }
            self.show(shard, old, new);
        }
    }

    fn put(&mut self, lead: &Arc<Lead>, wake: bool, shards: u32, weather: &dyn Weather) {
        let buried = self.tombstones.remove(&lead.id);
        let old = self.leads.insert(lead.id.clone(), Arc::clone(lead));
        let told = old
            .as_ref()
            .map(|old| &old.told)
            .or(buried.as_ref().map(|buried| &buried.told));
        let told = told.map_or(&[][..], Vec::as_slice);
        self.relay(&lead.id, told, &lead.told, shards);
        weather.told(&lead.id, told, &lead.told, true);
        self.corrupt.remove(&lead.id); // a write replaces the whole item
        let alarm = old
            .as_ref()
            .map_or_else(|| buried.and_then(|tombstone| tombstone.due_at), |old| old.due_at);
        let seconds = |at: Option<Timestamp>| at.map(Timestamp::as_second);
        self.index(&lead.id, seconds(alarm), seconds(lead.due_at), shards, weather);
        if !old.as_ref().is_some_and(|old| is_listed_alike(old, lead)) {
            self.unlist(old.as_deref());
            let month = item::board_key(&lead.workspace, &lead.campaign, lead.captured_at);
            self.board.entry(month).or_default().insert(place_in_list(lead));
        }
        weather.saved(old.as_deref(), lead, wake);
    }

    fn bury(&mut self, tombstone: &Tombstone, shards: u32, weather: &dyn Weather) {
        let lead = self.leads.remove(&tombstone.id);
        self.corrupt.remove(&tombstone.id);
        let before = self.tombstones.insert(tombstone.id.clone(), tombstone.clone());
        let told = lead
            .as_ref()
            .map(|lead| &lead.told)
            .or(before.as_ref().map(|before| &before.told));
        let told = told.map_or(&[][..], Vec::as_slice);
        self.relay(&tombstone.id, told, &tombstone.told, shards);
        let told = told.to_vec();
        let alarm = lead
            .as_ref()
            .map_or_else(|| before.and_then(|before| before.due_at), |lead| lead.due_at);
        let seconds = |at: Option<Timestamp>| at.map(Timestamp::as_second);
        self.index(
            &tombstone.id,
            seconds(alarm),
            seconds(tombstone.due_at),
            shards,
            weather,
        );
        if let Some(lead) = lead {
            self.unlist(Some(&lead));
            weather.buried(&lead, tombstone);
        }
        weather.told(&tombstone.id, &told, &tombstone.told, false);
    }

    /// Moves a lead in the index of deliveries.
    fn relay(&mut self, id: &LeadId, old: &[Told], new: &[Told], shards: u32) {
        let (old, new) = (relay_at(old), relay_at(new));
        if old != new {
            let place = |at: i64| (id.shard(shards), at, id.clone());
            if let Some(old) = old {
                self.relay.remove(&place(old));
            }
            self.relay.extend(new.map(place));
        }
    }

    fn unlist(&mut self, lead: Option<&Lead>) {
        if let Some(lead) = lead {
            let month = item::board_key(&lead.workspace, &lead.campaign, lead.captured_at);
            self.board.entry(month).or_default().remove(&place_in_list(lead));
        }
    }

    /// The rows of further campaigns and of the erased in one month's list.
    fn further_of<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Item> {
        let rows = self.beside.values();
        rows.filter(move |row| item::string(row, item::BOARD).as_deref() == Some(key))
    }

    fn version(&self, id: &LeadId) -> Option<u64> {
        let lead = self.leads.get(id).map(|lead| lead.version);
        lead.or_else(|| self.tombstones.get(id).map(|tombstone| tombstone.version))
    }

    /// The row that says that alarms are to be set anew.
    fn alarms_due(&self) -> Option<DuePlace> {
        let row = (item::ALARMS_DUE_AT, LeadId::new(item::PK_ALARMS), None);
        (!self.anew.campaigns.is_empty()).then_some(row)
    }

    /// Posts that wait to be folded in.
    fn kept_due(&self) -> impl Iterator<Item = DuePlace> {
        let waiting = self.kept.iter().filter(|(_, post)| post.is_some());
        waiting.map(|((id, at), _)| (item::KEPT_DUE_AT, id.clone(), Some(*at)))
    }

    /// Desks at which something waits. They are few, and show in the index at once.
    fn desks_due(&self) -> impl Iterator<Item = DuePlace> {
        let waiting = self.desks.values().filter_map(|desk| Some((desk.due_at?, desk)));
        waiting.map(|(at, desk)| (at.as_second(), desk.id.clone(), Some(DESK)))
    }

    fn record(&self, id: &LeadId) -> Option<Record> {
        let lead = self.leads.get(id).cloned().map(Record::Lead);
        lead.or_else(|| self.tombstones.get(id).cloned().map(Record::Tombstone))
    }
}

/// The second from which the index shows a change as due, and its place among all changes.
fn rings(shows_at: i64, at: i64, number: u64) -> (i64, u64) {
    (at.max(shows_at.div_euclid(1_000)), number)
}

fn place_in_list(lead: &Lead) -> Due {
    (lead.captured_at.as_second(), lead.id.clone())
}

fn is_listed_alike(a: &Lead, b: &Lead) -> bool {
    (a.captured_at, &a.campaign, &a.workspace) == (b.captured_at, &b.campaign, &b.workspace)
}

fn row_of(lead: &Lead) -> BoardRow {
    let figures = Figures::of_row(lead);
    BoardRow {
        id: lead.id.clone(),
        captured_at: lead.captured_at,
        email: Personal::new(lead.email.as_ref().map_or("", |email| email.expose())),
        name: Personal::new(lead.full_name()),
        stage: lead.stage.code().to_owned(),
        unknown: lead.unknown_sends(),
        copies: lead.duplicate_sends(),
        call_from: lead.call_from().filter(|_| lead.version > 1),
        owner: figures.owner,
        source: figures.source,
        further: false,
    }
}

/// A page's end, as every store writes it: the last key read.
fn cursor((at, id, kept): &DuePlace) -> Item {
    let mut cursor = Item::from([
        ("at".to_owned(), item::number(*at)),
        (item::PK.to_owned(), item::text(id.as_str())),
    ]);
    cursor.extend(kept.map(|kept| ("kept".to_owned(), item::number(kept))));
    cursor
}

fn place_of(from: &Item) -> Option<DuePlace> {
    let kept = item::moment(from, "kept").map(Timestamp::as_second);
    Some((item::moment(from, "at")?.as_second(), item::lead_id(from)?, kept))
}

impl Memory {
    /// Empty tables.
    pub fn new(identity: &str, due_shards: u32, weather: Arc<dyn Weather>) -> Self {
        let tables = Tables {
            identity: identity.to_owned(),
            due: vec![BTreeSet::new(); due_shards as usize],
            ..Tables::default()
        };
        Self {
            tables: Arc::new(Mutex::new(tables)),
            weather,
            due_shards,
        }
    }

    /// The same tables, seen by another process.
    pub fn in_weather(&self, weather: Arc<dyn Weather>) -> Self {
        Self {
            weather,
            ..self.clone()
        }
    }

    /// A copy of the tables as they are, as a backup restores them: another table with the same content.
    pub fn restored(&self, identity: &str) -> Self {
        let mut tables = self.lock().clone();
        identity.clone_into(&mut tables.identity);
        Self {
            tables: Arc::new(Mutex::new(tables)),
            ..self.clone()
        }
    }

    /// Takes the place of another handle's tables, for every handle on them.
    /// The keys lie in a table of their own, which stays as it is.
    pub fn replace_by(&self, other: &Self) {
        let mut tables = other.lock().clone();
        let mut here = self.lock();
        tables.ring = here.ring.take();
        tables.healths = std::mem::take(&mut here.healths);
        tables.renewals = std::mem::take(&mut here.renewals);
        tables.secrets = std::mem::take(&mut here.secrets);
        *here = tables;
    }

    /// Makes a lead's item unreadable, or readable again.
    pub fn corrupt(&self, id: &LeadId, corrupt: bool) {
        let mut tables = self.lock();
        if corrupt {
            tables.corrupt.insert(id.clone());
        } else {
            tables.corrupt.remove(id);
        }
    }

    /// Every lead as it stands, without a request.
    pub fn leads_now(&self) -> HashMap<LeadId, Arc<Lead>> {
        self.lock().leads.clone()
    }

    /// One lead, without a request.
    pub fn peek(&self, id: &LeadId) -> Option<Arc<Lead>> {
        self.lock().leads.get(id).cloned()
    }

    /// What is left of those who were erased and did not come back, without a request.
    pub fn graves(&self) -> HashMap<LeadId, Tombstone> {
        self.lock().tombstones.clone()
    }

    /// Whom the lists name, without a request.
    pub fn listed(&self) -> HashSet<LeadId> {
        let tables = self.lock();
        let places = tables.board.values().flatten();
        places.map(|(_, id)| id.clone()).collect()
    }

    /// The earliest moment that the index shows, or will show, desks included, without a request.
    pub fn next_due(&self) -> Option<Timestamp> {
        let desks = self.lock().desks_due().map(|(at, ..)| at).min();
        let desks = desks.and_then(|at| Timestamp::from_second(at).ok());
        self.next_due_lead().into_iter().chain(desks).min()
    }

    /// The same of leads alone.
    pub fn next_due_lead(&self) -> Option<Timestamp> {
        let mut tables = self.lock();
        tables.catch_up(self.weather.now());
        let shown = tables.due.iter().filter_map(|shard| shard.first()).map(|(at, _)| *at);
        let coming = tables.coming.first().map(|(at, _)| *at);
        let kept = tables.kept_due().chain(tables.alarms_due()).map(|(at, ..)| at);
        let earliest = shown.chain(coming).chain(kept).min()?;
        Timestamp::from_second(earliest).ok()
    }

    /// The earliest moment at which somebody who can be read has something to be told, without a request.
    pub fn next_relay(&self) -> Option<Timestamp> {
        let tables = self.lock();
        let first = |shard: u32| {
            let mut waits = tables.relay.range((shard, i64::MIN, LeadId::new(""))..(shard, SET_ASIDE_FROM, LeadId::new("")));
            waits.find(|(_, _, id)| !tables.corrupt.contains(id)).map(|(_, at, _)| *at)
        };
        Timestamp::from_second((0..self.due_shards).filter_map(first).min()?).ok()
    }

    pub(super) fn due_shards(&self) -> u32 {
        self.due_shards
    }

    fn lock(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request that can be repeated without harm: what is asked for twice is done once more.
    async fn ask<T>(
        &self,
        request: &'static str,
        act: impl Fn(&mut Tables) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let fate = self.weather.before(request).await;
        if let Fate::Failed(kind) = fate {
            return Err(StoreError::new(request, kind));
        }
        let mut answer = act(&mut self.lock());
        self.weather.after(request).await;
        if fate == Fate::Repeated {
            answer = act(&mut self.lock());
        }
        match fate {
            Fate::AnswerLost => Err(StoreError::new(request, StoreErrorKind::NoAnswer)),
            _ => answer,
        }
    }

    pub(super) async fn record(&self, id: &LeadId) -> Result<Option<Record>, StoreError> {
        self.ask("load", |tables| match tables.corrupt.contains(id) {
            true => Err(StoreError::new("load", StoreErrorKind::Corrupt)),
            false => Ok(tables.record(id)),
        })
        .await
    }

    pub(super) async fn save(&self, lead: &Arc<Lead>, known: Option<u64>, wake: bool) -> Result<Saved, StoreError> {
        let put = |tables: &mut Tables| tables.put(lead, wake, self.due_shards, &*self.weather);
        self.write(&lead.id, lead.version, known, put).await
    }

    pub(super) async fn bury(&self, tombstone: &Tombstone, known: u64) -> Result<Saved, StoreError> {
        let put = |tables: &mut Tables| tables.bury(tombstone, self.due_shards, &*self.weather);
        self.write(&tombstone.id, tombstone.version, Some(known), put).await
    }

    /// One conditional write of what is under an id.
    async fn write(
        &self,
        id: &LeadId,
        version: u64,
        known: Option<u64>,
        put: impl FnOnce(&mut Tables),
    ) -> Result<Saved, StoreError> {
        let fate = self.weather.before("save").await;
        if let Fate::Failed(kind) = fate {
            return Err(StoreError::new("save", kind));
        }
        let corrupt = || StoreError::new("save", StoreErrorKind::Corrupt);
        let conflict = |tables: &Tables| match tables.record(id) {
            _ if tables.corrupt.contains(id) => Err(corrupt()),
            Some(held) => Ok(Saved::Conflict(held)),
            None => Err(StoreError::new("save", StoreErrorKind::Contended)),
        };
        let first = {
            let mut tables = self.lock();
            if tables.version(id) == known {
                put(&mut tables);
                Ok(Saved::Yes)
            } else {
                self.weather.conflicted();
                conflict(&tables)
            }
        };
        self.weather.after("save").await;
        match (fate, &first) {
            (Fate::AnswerLost, _) => Err(StoreError::new("save", StoreErrorKind::NoAnswer)),
            // The repeated request fails on its own success and knows it by its mark, unless somebody wrote since.
            (Fate::Repeated, Ok(Saved::Yes)) => {
                let tables = self.lock();
                match tables.version(id) == Some(version) {
                    true => Ok(Saved::Yes),
                    false => conflict(&tables),
                }
            }
            (Fate::Repeated, _) => conflict(&self.lock()),
            _ => first,
        }
    }

    pub(super) async fn audit(&self, row: &RightsEntry) -> Result<(), StoreError> {
        self.ask("audit", |tables| {
            let rows = tables.audit.entry(row.lead.clone()).or_default();
            if !rows.contains(row) {
                rows.push(row.clone());
            }
            Ok(())
        })
        .await
    }

    pub(super) async fn put_beside(&self, row: Item) -> Result<(), StoreError> {
        let (Some(id), Some(sk)) = (item::lead_id(&row), item::string(&row, item::SK)) else {
            return Err(StoreError::new("beside", StoreErrorKind::Corrupt));
        };
        self.ask("beside", |tables| {
            tables.beside.insert((id.clone(), sk.clone()), row.clone());
            Ok(())
        })
        .await
    }

    pub(super) async fn beside(&self, id: &LeadId, prefix: &str) -> Result<Vec<Item>, StoreError> {
        self.ask("beside", |tables| {
            let rows = tables.beside.range((id.clone(), prefix.to_owned())..);
            let rows = rows.take_while(|((of, sk), _)| of == id && sk.starts_with(prefix));
            Ok(rows.map(|(_, row)| row.clone()).collect())
        })
        .await
    }

    pub(super) async fn held_rows(
        &self,
        board: &str,
        since: Timestamp,
        limit: i32,
        from: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        let limit = usize::try_from(limit).unwrap_or(0);
        self.ask("held", |tables| {
            let mut rows: Vec<&Item> = tables.further_of(board).collect();
            rows.retain(|row| item::moment(row, item::CAPTURED_AT).is_some_and(|at| at > since));
            rows.sort_by_key(|row| Reverse(item::list_order(row)));
            if let Some(from) = &from {
                let from = item::list_order(from);
                rows.retain(|row| item::list_order(row) < from);
            }
            rows.truncate(limit);
            let next = rows.last().filter(|_| rows.len() == limit).map(|row| (*row).clone());
            Ok((rows.into_iter().cloned().collect(), next))
        })
        .await
    }

    pub(super) async fn take_held(&self, row: Item, write: &str, known: Option<&str>) -> Result<bool, StoreError> {
        let (Some(id), Some(sk)) = (item::lead_id(&row), item::string(&row, item::SK)) else {
            return Err(StoreError::new("held", StoreErrorKind::Corrupt));
        };
        let place = (id, sk);
        self.ask("held", |tables| {
            let held = tables.beside.get(&place);
            let mark = held.and_then(|held| item::string(held, item::WRITE));
            let is_there = held.is_some_and(|held| held.contains_key(item::HELD));
            let free = mark.as_deref() == Some(write) || (is_there && mark.as_deref() == known);
            if free {
                tables.beside.insert(place.clone(), row.clone());
            }
            Ok(free)
        })
        .await
    }

    pub(super) async fn audits(&self, id: &LeadId) -> Result<Vec<RightsEntry>, StoreError> {
        self.ask("audits", |tables| Ok(tables.audit.get(id).cloned().unwrap_or_default()))
            .await
    }

    pub(super) async fn keep(&self, id: &LeadId, at: Timestamp, post: &str) -> Result<bool, StoreError> {
        let key = (id.clone(), at.as_second());
        self.ask("keep", |tables| {
            let held = tables.kept.entry(key.clone()).or_default();
            Ok(held.get_or_insert_with(|| post.to_owned()) == post)
        })
        .await
    }

    pub(super) async fn kept(&self, id: &LeadId) -> Result<Vec<KeptRow>, StoreError> {
        self.ask("kept", |tables| {
            let rows = tables.kept.range((id.clone(), i64::MIN)..=(id.clone(), i64::MAX));
            let row = |((_, at), post): (&(LeadId, i64), &Option<String>)| {
                Some(KeptRow {
                    at: Timestamp::from_second(*at).ok()?,
                    post: post.clone()?,
                    readable: true,
                })
            };
            Ok(rows.filter_map(row).collect())
        })
        .await
    }

    pub(super) async fn kept_done(&self, id: &LeadId, at: Timestamp, _now: Timestamp) -> Result<(), StoreError> {
        let key = (id.clone(), at.as_second());
        self.ask("keep", |tables| {
            tables.kept.insert(key.clone(), None);
            Ok(())
        })
        .await
    }

    pub(super) async fn due(
        &self,
        shard: u32,
        until: Timestamp,
        limit: i32,
        from: Option<Item>,
    ) -> Result<Page<DueRow>, StoreError> {
        let start = from.as_ref().and_then(place_of);
        let limit = usize::try_from(limit).unwrap_or(0);
        self.ask("due", |tables| {
            tables.catch_up(self.weather.now());
            let index = &tables.due[shard as usize];
            let start_in_index = start.clone().map(|(at, id, _)| (at, id));
            let from = start_in_index.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let leads = index
                .range::<Due, _>((from, Bound::Unbounded))
                .take_while(|(at, _)| *at <= until.as_second())
                .take(limit)
                .map(|(at, id)| (*at, id.clone(), None));
            let beside = tables.kept_due().chain(tables.desks_due()).filter(|place| {
                let (at, id, _) = place;
                let is_here = id.shard(self.due_shards) == shard && *at <= until.as_second();
                is_here && start.as_ref().is_none_or(|start| place > start)
            });
            let alarms = tables
                .alarms_due()
                .filter(|place| shard == item::ALARMS_SHARD && start.as_ref().is_none_or(|start| place > start));
            let mut rows: Vec<DuePlace> = leads.chain(beside).chain(alarms).collect();
            rows.sort();
            rows.truncate(limit);
            // As DynamoDB does: a page that is full says where it ended, even if nothing follows.
            let next = rows.last().filter(|_| rows.len() == limit).map(cursor);
            let row = |(at, id, kept): DuePlace| {
                let at = Timestamp::from_second(at).ok()?;
                let desk = kept == Some(DESK);
                let kept = kept.is_some() && !desk;
                Some(DueRow { at, id, kept, desk })
            };
            Ok(Page {
                rows: rows.into_iter().filter_map(row).collect(),
                unreadable: 0,
                next,
            })
        })
        .await
    }

    pub(super) async fn relay(
        &self,
        shard: u32,
        (from, until): (i64, i64),
        limit: i32,
        next: Option<Item>,
    ) -> Result<Page<RelayRow>, StoreError> {
        let after = next.as_ref().and_then(item::relay_row);
        let limit = usize::try_from(limit).unwrap_or(0);
        self.ask("relay", |tables| {
            let of_shard = tables
                .relay
                .iter()
                .filter(|(of, at, _)| *of == shard && (from..=until).contains(at));
            let rows = of_shard.map(|(_, at, id)| RelayRow {
                at: *at,
                id: id.clone(),
            });
            let rows = rows.filter(|row| after.as_ref().is_none_or(|after| row > after));
            let rows: Vec<RelayRow> = rows.take(limit).collect();
            let next = rows.last().filter(|_| rows.len() == limit).map(|row| {
                Item::from([
                    (item::PK.to_owned(), item::text(row.id.as_str())),
                    (item::RELAY_AT.to_owned(), item::number(row.at)),
                ])
            });
            Ok(Page {
                rows,
                unreadable: 0,
                next,
            })
        })
        .await
    }

    pub(super) async fn health(&self, destination: &DestinationName) -> Result<Option<Health>, StoreError> {
        self.ask("destination", |tables| Ok(tables.healths.get(destination).cloned()))
            .await
    }

    pub(super) async fn save_health(&self, health: &Health) -> Result<bool, StoreError> {
        self.ask("save destination", |tables| {
            let held = tables.healths.get(&health.destination);
            if held == Some(health) {
                return Ok(true); // repeated, it meets its own success
            }
            let free = held.map_or(0, |held| held.version) + 1 == health.version;
            if free {
                tables.healths.insert(health.destination.clone(), health.clone());
                self.weather.health_saved(health);
            }
            Ok(free)
        })
        .await
    }

    pub(super) async fn renewal(&self, destination: &DestinationName) -> Result<Option<Renewal>, StoreError> {
        self.ask("destination", |tables| Ok(tables.renewals.get(destination).cloned()))
            .await
    }

    pub(super) async fn save_renewal(&self, renewal: &Renewal) -> Result<bool, StoreError> {
        self.ask("save destination", |tables| {
            let held = tables.renewals.get(&renewal.destination);
            if held == Some(renewal) {
                return Ok(true); // repeated, it meets its own success
            }
            let free = held.map_or(0, |held| held.version) + 1 == renewal.version;
            if free {
                tables.renewals.insert(renewal.destination.clone(), renewal.clone());
            }
            Ok(free)
        })
        .await
    }

    pub(super) async fn secret(&self, destination: &DestinationName) -> Result<Option<String>, StoreError> {
        self.ask("secret", |tables| Ok(tables.secrets.get(destination).cloned()))
            .await
    }

    pub(super) async fn save_secret(&self, destination: &DestinationName, secret: &str) -> Result<(), StoreError> {
        self.ask("save secret", |tables| {
            tables.secrets.insert(destination.clone(), secret.to_owned());
            Ok(())
        })
        .await
    }

    pub(super) async fn desk(&self, id: &LeadId) -> Result<Option<Desk>, StoreError> {
        self.ask("desk", |tables| Ok(tables.desks.get(id).cloned())).await
    }

    pub(super) async fn save_desk(&self, desk: &Desk) -> Result<bool, StoreError> {
        self.ask("save desk", |tables| {
            let held = tables.desks.get(&desk.id);
            if held == Some(desk) {
                return Ok(true); // repeated, it meets its own success
            }
            let free = held.map_or(0, |held| held.version) + 1 == desk.version;
            if free {
                tables.desks.insert(desk.id.clone(), desk.clone());
                self.weather.desk_saved(desk);
            }
            Ok(free)
        })
        .await
    }

    pub(super) async fn save_mailbox(
        &self,
        id: &LeadId,
        mailbox: &Mailbox,
        _: Timestamp,
    ) -> Result<Option<Mailbox>, StoreError> {
        self.ask("save mailbox", |tables| {
            let held = tables.mailboxes.get(id);
            if held.map_or(0, |held| held.version) + 1 == mailbox.version {
                tables.mailboxes.insert(id.clone(), mailbox.clone());
                return Ok(None);
            }
            Ok(Some(held.cloned().unwrap_or_default()))
        })
        .await
    }

    pub(super) async fn count_up_to(&self, row: &str, most: u64, _: Timestamp) -> Result<bool, StoreError> {
        self.ask("count hour", |tables| {
            let counted = tables.hours.entry(row.to_owned()).or_default();
            let free = *counted < most;
            *counted += u64::from(free);
            Ok(free)
        })
        .await
    }

    pub(super) async fn take(
        &self,
        visitor: &str,
        allowance: Allowance,
        now: Timestamp,
    ) -> Result<Result<(), SignedDuration>, StoreError> {
        self.ask("take", |tables| {
            let used = tables.used.entry(visitor.to_owned()).or_insert(now);
            let next = allowance.take(*used, now);
            Ok(next.map(|next| *used = next))
        })
        .await
    }

    pub(super) async fn set_aside(&self, id: &LeadId, until: Timestamp) -> Result<(), StoreError> {
        self.ask("set aside", |tables| {
            let lead = tables.leads.get_mut(id).map(|lead| &mut Arc::make_mut(lead).due_at);
            let alarm = lead.or_else(|| tables.tombstones.get_mut(id).map(|tombstone| &mut tombstone.due_at));
            let Some(alarm) = alarm else {
                return Ok(());
            };
            let old = alarm.replace(until).map(Timestamp::as_second);
            tables.index(id, old, Some(until.as_second()), self.due_shards, &*self.weather);
            Ok(())
        })
        .await
    }

    pub(super) async fn set_alarm(&self, lead: &Lead, due_at: Option<Timestamp>) -> Result<bool, StoreError> {
        self.ask("set alarm", |tables| {
            let is_corrupt = tables.corrupt.contains(&lead.id);
            let held = tables
                .leads
                .get_mut(&lead.id)
                .filter(|held| held.version == lead.version);
            let Some(held) = held.filter(|_| !is_corrupt) else {
                return Ok(false);
            };
            let second = |at: Option<Timestamp>| at.map(Timestamp::as_second);
            let old = second(std::mem::replace(&mut Arc::make_mut(held).due_at, due_at));
            tables.index(&lead.id, old, second(due_at), self.due_shards, &*self.weather);
            Ok(true)
        })
        .await
    }

    pub(super) async fn standing_in(
        &self,
        workspace: &WorkspaceId,
        campaign: &CampaignId,
        place: &Place,
        limit: i32,
    ) -> Result<(Vec<LeadId>, Option<String>), StoreError> {
        let key = item::board_key(workspace, campaign, place.edge);
        let limit = usize::try_from(limit).unwrap_or(0);
        self.ask("standing in", |tables| {
            let own = tables.board.get(&key).into_iter().flatten();
            let own = own.map(|(at, id)| (*at, id.clone(), item::SK_LEAD.to_owned()));
            let further = tables.further_of(&key).filter_map(|row| {
                let at = item::moment(row, item::CAPTURED_AT)?.as_second();
                Some((at, item::lead_id(row)?, item::string(row, item::SK)?))
            });
            let mut rows: Vec<_> = own.chain(further).collect();
            rows.retain(|(at, ..)| *at <= place.edge.as_second());
            rows.sort_by(|a, b| b.cmp(a));
            let name = |(at, id, sk): &(i64, LeadId, String)| format!("{at}/{id}/{sk}");
            let from = place.from.as_deref();
            let start = from.map_or(0, |from| {
                rows.iter().position(|row| name(row) == from).map_or(0, |at| at + 1)
            });
            let rows = &rows[start.min(rows.len())..];
            let page = &rows[..limit.min(rows.len())];
            let next = page.last().filter(|_| page.len() == limit).map(name);
            let leads = page.iter().filter(|(_, _, sk)| sk != item::SK_COUNTED);
            Ok((leads.map(|(_, id, _)| id.clone()).collect(), next))
        })
        .await
    }

    pub(super) async fn anew(&self) -> Result<Anew, StoreError> {
        self.ask("alarms", |tables| Ok(tables.anew.clone())).await
    }

    pub(super) async fn save_anew(&self, anew: &Anew) -> Result<bool, StoreError> {
        self.ask("save alarms", |tables| {
            let free = tables.anew.version + 1 == anew.version;
            if free {
                tables.anew = anew.clone();
            }
            Ok(free)
        })
        .await
    }

    pub(super) async fn board(
        &self,
        workspace: &WorkspaceId,
        campaign: &CampaignId,
        until: Timestamp,
        from: Option<Item>,
    ) -> Result<Page<BoardRow>, StoreError> {
        let place = |from: &Item| Some((item::moment(from, item::CAPTURED_AT)?.as_second(), item::lead_id(from)?));
        let after = from.as_ref().and_then(place);
        self.ask("board", |tables| {
            let key = item::board_key(workspace, campaign, until);
            let month = tables.board.get(&key);
            let own = month.into_iter().flatten();
            let own = own.filter_map(|(_, id)| tables.leads.get(id)).map(|lead| row_of(lead));
            let listed = tables.further_of(&key).filter(|row| !item::is_counted(row));
            let further = listed.filter_map(item::board_row);
            let mut rows: Vec<BoardRow> = own.chain(further).filter(|row| row.captured_at <= until).collect();
            let place = |row: &BoardRow| (row.captured_at.as_second(), row.id.clone());
            rows.sort_by_key(|row| Reverse(place(row)));
            rows.retain(|row| after.as_ref().is_none_or(|after| place(row) < *after));
            Ok(Page {
                rows,
                unreadable: 0,
                next: None,
            })
        })
        .await
    }

    pub(super) async fn figures(
        &self,
        workspace: &WorkspaceId,
        campaign: &CampaignId,
        (from, until): (Timestamp, Timestamp),
        _next: Option<Item>,
    ) -> Result<Page<Figures>, StoreError> {
        self.ask("figures", |tables| {
            let key = item::board_key(workspace, campaign, from);
            let own = tables.board.get(&key).into_iter().flatten();
            let own = own.filter_map(|(_, id)| tables.leads.get(id).map(|lead| Figures::of_row(lead)));
            let further = tables.further_of(&key).filter_map(item::figures);
            let within = |figures: &Figures| (from..=until).contains(&figures.captured_at);
            Ok(Page {
                rows: own.chain(further).filter(within).collect(),
                unreadable: 0,
                next: None,
            })
        })
        .await
    }

    pub(super) async fn count_visit(
        &self,
        workspace: &WorkspaceId,
        campaign: &CampaignId,
        day: Date,
    ) -> Result<(), StoreError> {
        let place = (item::visits_pk(workspace, campaign), day);
        self.ask("count visit", |tables| {
            tables.visits.entry(place.clone()).or_default().0 += 1;
            Ok(())
        })
        .await
    }

    pub(super) async fn set_visitors(
        &self,
        workspace: &WorkspaceId,
        campaign: &CampaignId,
        day: Date,
        visitors: u64,
    ) -> Result<(), StoreError> {
        let place = (item::visits_pk(workspace, campaign), day);
        self.ask("set visitors", |tables| {
            tables.visits.entry(place.clone()).or_default().1 = Some(visitors);
            Ok(())
        })
        .await
    }

    pub(super) async fn visitors(
        &self,
        workspace: &WorkspaceId,
        campaign: &CampaignId,
        (from, to): (Date, Date),
    ) -> Result<Option<u64>, StoreError> {
        let pk = item::visits_pk(workspace, campaign);
        self.ask("visitors", |tables| {
            let days = tables.visits.range((pk.clone(), from)..=(pk.clone(), to));
            Ok(days
                .map(|(_, (counted, told))| told.unwrap_or(*counted))
                .reduce(|a, b| a + b))
        })
        .await
    }

    pub(super) async fn load_all(&self, ids: &[LeadId]) -> Result<Page<Arc<Lead>>, StoreError> {
        self.ask("load all", |tables| {
            let leads = ids.iter().filter_map(|id| tables.leads.get(id));
            let (rows, unreadable): (Vec<_>, Vec<_>) =
                leads.cloned().partition(|lead| !tables.corrupt.contains(&lead.id));
            Ok(Page {
                rows,
                unreadable: unreadable.len(),
                next: None,
            })
        })
        .await
    }

    pub(super) async fn leads(&self, _from: Option<Item>) -> Result<Page<Result<Lead, LeadId>>, StoreError> {
        self.ask("leads", |tables| {
            let read = |(id, lead): (&LeadId, &Arc<Lead>)| match tables.corrupt.contains(id) {
                true => Err(id.clone()),
                false => Ok(Lead::clone(lead)),
            };
            Ok(Page {
                rows: tables.leads.iter().map(read).collect(),
                unreadable: 0,
                next: None,
            })
        })
        .await
    }

    pub(super) async fn identity(&self) -> Result<String, StoreError> {
        self.ask("identity", |tables| Ok(tables.identity.clone())).await
    }

    pub(super) async fn sending(&self) -> Result<Sending, StoreError> {
        self.ask("sending", |tables| Ok(tables.sending.clone().unwrap_or_default()))
            .await
    }

    pub(super) async fn save_sending(&self, sending: &Sending) -> Result<bool, StoreError> {
        self.ask("save sending", |tables| {
            let held = tables.sending.as_ref().map(|held| held.version);
            let fits = held.is_none_or(|held| held + 1 == sending.version);
            if fits {
                tables.sending = Some(sending.clone());
            }
            Ok(fits)
        })
        .await
    }

    pub(super) async fn count(&self, period: u32, at: Timestamp, what: Count<'_>) -> Result<(), StoreError> {
        let added = AtomicU64::new(0);
        self.ask("count", |tables| {
            let (sent, bounced, complained) = tables.tally.entry(item::tally_key(period, at)).or_default();
            match what {
                // A repeated request meets its own mark and adds nothing.
                Count::Sent(mails) => *sent += mails - added.swap(mails, Ordering::Relaxed),
                Count::Bounced(id) => drop(bounced.insert(id.clone())),
                Count::Complained(id) => drop(complained.insert(id.clone())),
            }
            Ok(())
        })
        .await
    }

    pub(super) async fn bind(
        &self,
        row: &str,
        body: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        self.ask("bind", |tables| {
            let held = tables.messages.get(row);
            let ours = held.is_none_or(|(held, until)| held == body || *until < now);
            if ours {
                tables.messages.insert(row.to_owned(), (body.to_owned(), until));
            }
            Ok(ours)
        })
        .await
    }

    pub(super) async fn tally(&self, period: u32, from: Timestamp) -> Result<Tally, StoreError> {
        self.ask("tally", |tables| {
            let days = tables
                .tally
                .range(item::tally_key(period, from)..=item::tally_key(period, Timestamp::MAX));
            Ok(
                days.fold(Tally::default(), |sum, (_, (sent, bounced, complained))| Tally {
                    sent: sum.sent + sent,
                    bounced: sum.bounced + bounced.len() as u64,
                    complained: sum.complained + complained.len() as u64,
                }),
            )
        })
        .await
    }

    pub(super) async fn campaigns(&self, known: &Catalog) -> Result<Catalog, StoreError> {
        self.ask("campaigns", |tables| {
            let rows = tables
                .texts
                .iter()
                .filter(|((pk, sk), _)| pk == item::PK_CONFIG && sk != item::SK_DESTINATIONS);
            let named = rows.map(|((_, id), (version, json))| {
                let read = || {
                    Some(Published {
                        campaign: serde_json::from_str(json).ok()?,
                        version: version.clone(),
                    })
                };
                (CampaignId::new(id.as_str()), Some(version.clone()), read)
            });
            let catalog = super::catalog_of(named, known);
            let key = (item::PK_CONFIG.to_owned(), item::SK_DESTINATIONS.to_owned());
            let row = tables.texts.get(&key).map(|(_, json)| serde_json::from_str(json).ok());
            Ok(super::with_destinations(catalog, row, known))
        })
        .await
    }

    pub(super) async fn published_destinations(&self) -> Result<Option<String>, StoreError> {
        let key = (item::PK_CONFIG.to_owned(), item::SK_DESTINATIONS.to_owned());
        self.ask("destinations", |tables| {
            Ok(tables.texts.get(&key).map(|(_, json)| json.clone()))
        })
        .await
    }

    pub(super) async fn publish_destinations(&self, json: &str) -> Result<(), StoreError> {
        self.ask("put", |tables| {
            let key = (item::PK_CONFIG.to_owned(), item::SK_DESTINATIONS.to_owned());
            tables.texts.insert(key, (String::new(), json.to_owned()));
            Ok(())
        })
        .await
    }

    pub(super) async fn wording(&self, hash: &str) -> Result<Option<String>, StoreError> {
        let key = (item::PK_WORDING.to_owned(), hash.to_owned());
        self.ask("wording", |tables| {
            Ok(tables.texts.get(&key).map(|(_, text)| text.clone()))
        })
        .await
    }

    pub(super) async fn keep_wording(&self, hash: &str, text: &str) -> Result<(), StoreError> {
        let key = (item::PK_WORDING.to_owned(), hash.to_owned());
        let row = (String::new(), text.to_owned());
        self.ask("put", |tables| {
            tables.texts.insert(key.clone(), row.clone());
            Ok(())
        })
        .await
    }

    pub(super) async fn content(
        &self,
        campaign: &CampaignId,
        version: &str,
        file: &str,
    ) -> Result<Option<String>, StoreError> {
        let key = (item::content_pk(campaign, version), file.to_owned());
        self.ask("content", |tables| {
            Ok(tables.texts.get(&key).map(|(_, text)| text.clone()))
        })
        .await
    }

    pub(super) async fn published(&self, id: &CampaignId) -> Result<Option<(String, String)>, StoreError> {
        let key = (item::PK_CONFIG.to_owned(), id.to_string());
        self.ask("published", |tables| Ok(tables.texts.get(&key).cloned()))
            .await
    }

    pub(super) async fn publish(
        &self,
        published: &Published,
        json: &str,
        files: impl IntoIterator<Item = (&String, &String)>,
    ) -> Result<(), StoreError> {
        let id = &published.campaign.id;
        let version = &published.version;
        for (file, text) in files {
            let key = (item::content_pk(id, version), file.clone());
            let row = (version.clone(), text.clone());
            self.ask("put", |tables| {
                tables.texts.insert(key.clone(), row.clone());
                Ok(())
            })
            .await?;
        }
        self.ask("put", |tables| {
            let key = (item::PK_CONFIG.to_owned(), id.to_string());
            tables.texts.insert(key, (version.clone(), json.to_owned()));
            Ok(())
        })
        .await
    }

    pub(super) async fn tell_campaign_form(&self, form: u64) -> Result<(), StoreError> {
        self.ask("tell form", |tables| {
            tables.campaign_form_read = Some(form);
            Ok(())
        })
        .await
    }

    pub(super) async fn campaign_form_read(&self) -> Result<Option<u64>, StoreError> {
        self.ask("form read", |tables| Ok(tables.campaign_form_read)).await
    }

    pub(super) async fn key_ring(&self, parts: &[Part]) -> Result<Option<KeyRing>, StoreError> {
        self.ask("key ring", |tables| {
            Ok(tables.ring.clone().map(|ring| ring.only(parts)))
        })
        .await
    }

    /// Here no ring is ever in one piece.
    pub(super) async fn split_ring(&self) -> Result<(), StoreError> {
        Ok(())
    }

    pub(super) async fn open_session(&self, hash: &str, session: &ConsoleSession) -> Result<(), StoreError> {
        self.ask("open session", |tables| {
            tables.sessions.insert(hash.to_owned(), session.clone());
            Ok(())
        })
        .await
    }

    pub(super) async fn session(&self, hash: &str) -> Result<Option<ConsoleSession>, StoreError> {
        self.ask("session", |tables| Ok(tables.sessions.get(hash).cloned()))
            .await
    }

    pub(super) async fn touch_session(&self, hash: &str, now: Timestamp) -> Result<(), StoreError> {
        self.ask("touch session", |tables| {
            if let Some(session) = tables.sessions.get_mut(hash) {
                session.seen_at = now;
            }
            Ok(())
        })
        .await
    }

    pub(super) async fn end_session(&self, hash: &str, _: Timestamp) -> Result<(), StoreError> {
        self.ask("end session", |tables| {
            tables.sessions.remove(hash);
            Ok(())
        })
        .await
    }

    pub(super) async fn count_try(&self, visitor: &str, now: Timestamp) -> Result<Tries, StoreError> {
        self.ask("count try", |tables| {
            let first = Tries { wrong: 0, since: now };
            let tries = tables.tries.entry(visitor.to_owned()).or_insert(first);
            if tries.since <= now - TRIES_WINDOW {
                *tries = first;
            }
            tries.wrong += 1;
            Ok(*tries)
        })
        .await
    }

    pub(super) async fn note_use(&self, user: &str, at: Option<Timestamp>) -> Result<(), StoreError> {
        self.ask("note use", |tables| {
            match at {
                Some(at) => tables.uses.insert(user.to_owned(), at),
                None => tables.uses.remove(user),
            };
            Ok(())
        })
        .await
    }

    pub(super) async fn uses(&self) -> Result<BTreeMap<String, Timestamp>, StoreError> {
        self.ask("uses", |tables| Ok(tables.uses.clone())).await
    }

    pub(super) async fn save_key_ring(
        &self,
        parts: &[Part],
        ring: &KeyRing,
        known: Option<&KeyRing>,
    ) -> Result<(), StoreError> {
        self.ask("save keys", |tables| {
            let fits = |part: &Part| match &tables.ring {
                None => known.is_none(),
                // A repeated request meets its own success.
                Some(held) => {
                    let held = held.part(*part);
                    held == ring.part(*part) || known.is_some_and(|known| held == known.part(*part))
                }
            };
            if !parts.iter().all(fits) {
                return Err(StoreError::new("save keys", StoreErrorKind::Contended));
            }
            match &mut tables.ring {
                Some(held) => held.take(parts, ring),
                None => tables.ring = Some(ring.clone()),
            }
            Ok(())
        })
        .await
    }

    pub(super) async fn create_tables(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
