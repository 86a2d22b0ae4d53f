//! The store: leads, published campaigns and keys in DynamoDB. Every write of a lead is one conditional put of the
//! whole item, so that consent, suppression, ledger and proof can never disagree.

mod dynamo;
mod error;
pub mod item;
#[cfg(feature = "simulation")]
pub mod memory;
mod ring;
mod schema;
mod unknown;
mod upgrade;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use piste_domain::campaign::Published;
use piste_domain::campaign::destination::Destination;
use piste_domain::kit::allowance::Allowance;
use piste_domain::kit::ids::{DestinationName, ImportId};
use piste_domain::kit::limits;
use piste_domain::lead::bounds::Leaving;
use piste_domain::lead::erasure::Cleaning;
use piste_domain::lead::signal::ReportId;
use piste_domain::rules::anew::{Anew, Place};
use piste_domain::rules::desk::Desk;
use piste_domain::rules::destinations::{Health, Renewal};
use piste_domain::rules::kept::Kept;
use piste_domain::rules::mailbox::Mailbox;
use piste_domain::rules::quarantine::Held;
use piste_domain::rules::rights_log::RightsEntry;
use piste_domain::rules::sending::{Sending, Tally};
use piste_domain::rules::signals::Report;
use piste_domain::views::funnel::Figures;
use piste_domain::{Campaign, CampaignId, Catalog, Lead, LeadId, Personal, Record, SendId, Tombstone, WorkspaceId};

use serde::{Deserialize, Serialize};

use crate::keys::{KeyRing, Part};
use crate::telemetry;
use crate::users::{ConsoleSession, Tries};
use dynamo::Dynamo;
pub use error::{Refusal, StoreError, StoreErrorKind};
use item::Item;
pub use item::stored_bytes;

/// What became of a conditional write.
#[derive(Debug)]
pub enum Saved {
    /// It is in.
    Yes,
    /// What is stored is not as expected any more; here it is as it stands now, for free.
    Conflict(Record),
}

/// One row of the board.
#[derive(Clone, Debug)]
pub struct BoardRow {
    /// Which lead.
    pub id: LeadId,
    /// When it was captured.
    pub captured_at: Timestamp,
    /// Its address, for the search box.
    pub email: Personal,
    /// Its name, for the search box.
    pub name: Personal,
    /// Its stage.
    pub stage: String,
    /// Mails of which nobody knows whether they arrived.
    pub unknown: usize,
    /// Mails that SES accepted twice.
    pub copies: usize,
    /// Since when somebody should call.
    pub call_from: Option<Timestamp>,
    /// Whose the lead is.
    pub owner: Option<String>,
    /// Where the first post to the campaign's form came from.
    pub source: Option<String>,
    /// Whether the person stands in another campaign first: over all campaigns they are listed there.
    pub further: bool,
}

/// One row of the index of due leads: a hint, never the truth.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DueRow {
    /// Since when.
    pub at: Timestamp,
    /// Whose.
    pub id: LeadId,
    /// Whether it is a kept post that waits, and not the lead.
    pub kept: bool,
    /// Whether it is a desk, and no lead at all.
    pub desk: bool,
}

impl DueRow {
    /// Whether it is no lead, but says that alarms are to be set anew after a publish.
    pub fn is_of_alarms(&self) -> bool {
        self.id.as_str() == item::PK_ALARMS
    }
}

/// One row of the index of deliveries: a hint, never the truth.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RelayRow {
    /// When the next try is due; see [`piste_domain::lead::deliveries::relay_at`].
    pub at: i64,
    /// Whose.
    pub id: LeadId,
}

/// The row of a post that is kept.
#[derive(Clone)]
pub struct KeptRow {
    /// When it came; also its key.
    pub at: Timestamp,
    post: String,
    readable: bool,
}

impl KeptRow {
    /// The post; `None` where this version cannot read it.
    pub fn post(&self) -> Option<Kept> {
        let kept: Kept = serde_json::from_str(&self.post).ok().filter(|_| self.readable)?;
        Some(Kept { at: self.at, ..kept })
    }

    /// Whether it is this post, sent once more.
    fn is_again(&self, post: &str, at: Timestamp) -> bool {
        self.post == post && at.duration_since(self.at) < limits::REPEATED_WITHIN
    }
}

/// It holds what somebody typed.
impl std::fmt::Debug for KeptRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptRow").field("at", &self.at).finish_non_exhaustive()
    }
}

/// A post that looks like spam, as it is stored.
#[derive(Clone)]
pub struct HeldRow {
    /// Whose it is, or would be.
    pub lead: LeadId,
    /// What tells it from others of its second.
    pub mark: String,
    /// The post.
    pub held: Held,
    /// When somebody began to release it, if anybody did.
    pub released_at: Option<Timestamp>,
    row: Item,
}

/// It holds what somebody typed.
impl std::fmt::Debug for HeldRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HeldRow")
            .field("lead", &self.lead)
            .field("held", &self.held.at)
            .finish_non_exhaustive()
    }
}

/// What is known of an import. It names nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRow {
    /// Whose leads.
    pub workspace: WorkspaceId,
    /// For which campaign.
    pub campaign: CampaignId,
    /// When it first ran, or first ran again after it was taken back.
    #[serde(with = "piste_domain::kit::seconds")]
    pub at: Timestamp,
    /// Whether it was taken back.
    pub undone: bool,
}

/// What the breaker counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count<'a> {
    /// Mails that SES accepted.
    Sent(u64),
    /// A mail that bounced for good; the same one counts once.
    Bounced(&'a SendId),
    /// A mail that was complained about; the same one counts once.
    Complained(&'a SendId),
}

/// A page of rows, and where the next one starts.
#[derive(Debug)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// How many more there are that this version cannot read.
    pub unreadable: usize,
    /// The last key read, when there is more.
    pub next: Option<Item>,
}

/// The store. Production has one kind; the simulation has its own, which injects every fault the first can show.
#[derive(Clone, Debug)]
pub enum Store {
    /// Tables of DynamoDB, or of an engine that speaks its protocol.
    Dynamo(Dynamo),
    /// Tables in memory, for the simulation.
    #[cfg(feature = "simulation")]
    Memory(memory::Memory),
}

/// Asks whichever store it is.
macro_rules! ask {
    ($store:expr, $method:ident($($argument:expr),*)) => {
        match $store {
            Store::Dynamo(store) => store.$method($($argument),*).await,
            #[cfg(feature = "simulation")]
            Store::Memory(store) => store.$method($($argument),*).await,
        }
    };
}

/// How often a change of a desk is tried again because somebody else changed it meanwhile.
const CONFLICTS_MAX: usize = 20;

/// Rows of the published campaigns as a catalog: each by its id and its version, beside what reads it. One known in the same
/// version is not read again; one that cannot be read is named in the log, and stays as it was known, or is left out.
fn catalog_of(
    rows: impl Iterator<Item = (CampaignId, Option<String>, impl FnOnce() -> Option<Published>)>,
    known: &Catalog,
) -> Catalog {
    let (mut found, mut left_out) = (Vec::new(), Vec::new());
    for (id, version, read) in rows {
        let held = known.published(&id);
        let same = held.filter(|held| Some(&held.version) == version.as_ref());
        let published = same.map(Arc::clone).or_else(|| read().map(Arc::new)).or_else(|| {
            telemetry::log("campaign_unreadable", &[("form", (&id).into())]);
            held.map(Arc::clone)
        });
        match published {
            Some(published) => found.push(published),
            None => left_out.push(id),
        }
    }
    Catalog::new(found).leaving_out(left_out)
}

/// The catalog with the destinations of its row; as known where that one cannot be read.
fn with_destinations(catalog: Catalog, row: Option<Option<Vec<Destination>>>, known: &Catalog) -> Catalog {
    match row {
        None => catalog,
        Some(Some(destinations)) => catalog.with_destinations(destinations),
        Some(None) => {
            telemetry::log("destinations_unreadable", &[]);
            catalog.with_destinations(known.destinations().cloned())
        }
    }
}

impl Store {
    /// A store over these two tables.
    pub fn new(client: Client, table: &str, keys_table: &str, due_shards: u32) -> Self {
        Self::Dynamo(Dynamo::new(client, table, keys_table, due_shards))
    }

    /// How many shards the `due` index has.
    pub fn due_shards(&self) -> u32 {
        match self {
            Self::Dynamo(store) => store.due_shards,
            #[cfg(feature = "simulation")]
            Self::Memory(store) => store.due_shards(),
        }
    }

    /// What is under an id, strongly consistent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn record(&self, id: &LeadId) -> Result<Option<Record>, StoreError> {
        ask!(self, record(id))
    }

    /// The lead under an id, strongly consistent; one that was erased is nobody.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn load(&self, id: &LeadId) -> Result<Option<Arc<Lead>>, StoreError> {
        Ok(self.record(id).await?.and_then(Record::lead))
    }

    /// Puts a tombstone in a lead's place, or writes it anew, if the store still holds that version.
    ///
    /// # Errors
    /// As [`Store::save`].
    pub async fn bury(&self, tombstone: &Tombstone, known: u64) -> Result<Saved, StoreError> {
        ask!(self, bury(tombstone, known))
    }

    /// Writes a lead if the store still holds what the decision was made from: nothing (`known` is `None`), or that version.
    ///
    /// One request. `PutItem` with a condition and `ALL_OLD` on its failure; a retry that meets its own earlier success knows it by the mark of the write.
    ///
    /// # Errors
    /// [`StoreErrorKind::NoAnswer`] leaves it open whether the write is in; nothing that depends on it may be done.
    pub async fn save(&self, lead: &Arc<Lead>, known: Option<u64>, wake: bool) -> Result<Saved, StoreError> {
        ask!(self, save(lead, known, wake))
    }

    /// Writes what goes with a lead's next write, before it: what has no room in its item any more, and its rows in the lists
    /// of further campaigns, where they differ from those of `before`. To write them again is harmless.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_beside(&self, lead: &Lead, before: Option<&Lead>) -> Result<(), StoreError> {
        let known: Vec<_> = before.map(item::further_rows).unwrap_or_default();
        let rows = item::further_rows(lead).into_iter().filter(|row| !known.contains(row));
        for row in item::past_rows(lead)?.into_iter().chain(rows.map(|(_, row)| row)) {
            ask!(self, put_beside(row))?;
        }
        Ok(())
    }

    /// What left a lead's item, oldest first of each kind.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreErrorKind::Corrupt`] where a newer version wrote it.
    pub async fn past(&self, id: &LeadId) -> Result<Vec<Leaving>, StoreError> {
        let corrupt = |_| StoreError::new("past", StoreErrorKind::Corrupt);
        let rows = ask!(self, beside(id, item::SK_PAST))?;
        let texts = rows.iter().filter_map(|row| item::string(row, item::PAST));
        texts.map(|text| serde_json::from_str(&text).map_err(corrupt)).collect()
    }

    /// Writes what reports go on counting of an erased person, to rows that nothing leads to, and takes the person's own and
    /// their held posts out of the lists.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn count_erased(&self, erased: &Cleaning, now: Timestamp) -> Result<(), StoreError> {
        for row in item::counted_rows(erased) {
            ask!(self, put_beside(row))?;
        }
        self.empty(&[item::SK_FURTHER, item::SK_HELD], &erased.lead, erased.until, now)
            .await
    }

    /// Empties the rows beside an erased lead that are not younger than this moment.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn clean_beside(&self, id: &LeadId, until: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        let all = [item::SK_PAST, item::SK_FURTHER, item::SK_EARLY, item::SK_HELD];
        self.empty(&all, id, until, now).await
    }

    async fn empty(&self, prefixes: &[&str], id: &LeadId, until: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        for prefix in prefixes {
            for row in ask!(self, beside(id, prefix))? {
                let Some(sk) = item::string(&row, item::SK) else {
                    continue;
                };
                let since = [item::CAPTURED_AT, item::TOLD_AT]
                    .iter()
                    .find_map(|column| item::moment(&row, column));
                let since = since.or_else(|| item::past_since(&sk));
                let holds = [item::REPORT, item::HELD].iter().any(|held| row.contains_key(*held));
                let is_empty = row.contains_key(item::EXPIRES_AT) && !holds;
                if !is_empty && since.is_none_or(|since| since <= until) {
                    ask!(self, put_beside(item::emptied(id, &sk, now)))?;
                }
            }
        }
        Ok(())
    }

    /// Keeps a report of somebody who has not come yet; the same one again is kept once.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn keep_early(&self, id: &LeadId, report: &Report, now: Timestamp) -> Result<(), StoreError> {
        ask!(self, put_beside(item::from_early(id, report, now)?))
    }

    /// What was told of somebody before they came and is not over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn early(&self, id: &LeadId, now: Timestamp) -> Result<Vec<Report>, StoreError> {
        let rows = ask!(self, beside(id, item::SK_EARLY))?;
        Ok(rows.iter().filter_map(|row| item::early_report(row, now)).collect())
    }

    /// Empties the row of such a report: it is in the lead.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn early_done(&self, id: &LeadId, report: &ReportId, now: Timestamp) -> Result<(), StoreError> {
        ask!(
            self,
            put_beside(item::emptied(id, &item::early_sk(report.as_str()), now))
        )
    }

    /// Keeps whose record another system holds. `row` is a hash of the system's name and the record's id.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn keep_record(&self, row: &str, lead: &LeadId) -> Result<(), StoreError> {
        ask!(self, put_beside(item::from_record(row, lead)))
    }

    /// Whose record it is, strongly consistent; `None` where nobody's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lead_of_record(&self, row: &str) -> Result<Option<LeadId>, StoreError> {
        let rows = ask!(self, beside(&LeadId::new(row), item::SK_RECORD))?;
        let lead = rows.iter().find_map(|row| item::string(row, item::OF_LEAD));
        Ok(lead.map(LeadId::new))
    }

    /// Forgets whose record it was.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn forget_record(&self, row: &str, now: Timestamp) -> Result<(), StoreError> {
        ask!(self, put_beside(item::emptied(&LeadId::new(row), item::SK_RECORD, now)))
    }

    /// Takes a person out of the list of a further campaign.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn leave_list(&self, id: &LeadId, campaign: &CampaignId, now: Timestamp) -> Result<(), StoreError> {
        let sk = format!("{}{campaign}", item::SK_FURTHER);
        ask!(self, put_beside(item::emptied(id, &sk, now)))
    }

    /// What is known of an import; `None` where there was none under this id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn import(&self, id: &ImportId, now: Timestamp) -> Result<Option<ImportRow>, StoreError> {
        let rows = ask!(self, beside(&LeadId::new(id.as_str()), item::SK_IMPORT))?;
        Ok(rows.first().and_then(|row| item::import_content(row, now)))
    }

    /// Writes down what is known of an import.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn save_import(&self, id: &ImportId, import: &ImportRow) -> Result<(), StoreError> {
        ask!(self, put_beside(item::from_import(id, item::SK_IMPORT, import, None)?))
    }

    /// Writes down whom a page of an import touches, before it does.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn save_import_page(
        &self,
        id: &ImportId,
        (line, leads): (u64, &[LeadId]),
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let row = item::from_import(id, &item::import_page_sk(line), &leads, Some(until))?;
        ask!(self, put_beside(row))
    }

    /// The pages of an import that are not taken back yet: the key of each, and whom it touches.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn import_pages(&self, id: &ImportId, now: Timestamp) -> Result<Vec<(String, Vec<LeadId>)>, StoreError> {
        let rows = ask!(self, beside(&LeadId::new(id.as_str()), item::SK_IMPORT_PAGE))?;
        let page = |row: &Item| Some((item::string(row, item::SK)?, item::import_content(row, now)?));
        Ok(rows.iter().filter_map(page).collect())
    }

    /// Empties a page of an import that is taken back.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn import_page_done(&self, id: &ImportId, page: &str, now: Timestamp) -> Result<(), StoreError> {
        ask!(self, put_beside(item::emptied(&LeadId::new(id.as_str()), page, now)))
    }

    /// Writes a row of the audit: a row more, never another.
    ///
    /// # Errors
    /// [`StoreError`]; to write it again is harmless.
    pub async fn audit(&self, row: &RightsEntry) -> Result<(), StoreError> {
        ask!(self, audit(row))
    }

    /// The audit of one lead, oldest first; it is still there once the lead is erased.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn audits(&self, id: &LeadId) -> Result<Vec<RightsEntry>, StoreError> {
        ask!(self, audits(id))
    }

    /// Holds a post that looks like spam. One request.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn hold_post(&self, id: &LeadId, held: &Held, mark: &str) -> Result<(), StoreError> {
        ask!(self, put_beside(item::from_held(id, held, mark)?))
    }

    /// A page of the held posts of a workspace, newest first, and the place where the next begins. How many of them this
    /// version cannot read is counted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn held_posts(
        &self,
        workspace: &WorkspaceId,
        now: Timestamp,
        limit: i32,
        from: Option<&str>,
    ) -> Result<(Page<HeldRow>, Option<String>), StoreError> {
        let board = item::held_board(workspace);
        let start = from.and_then(|from| item::list_key(&board, from));
        let (rows, next) = ask!(self, held_rows(&board, now - limits::QUARANTINE_KEPT, limit, start))?;
        // The index may still show what is done with.
        let left = rows.iter().filter(|row| row.contains_key(item::HELD)).count();
        let rows: Vec<HeldRow> = rows.iter().filter_map(|row| item::held_row(row, now)).collect();
        let page = Page {
            unreadable: left - rows.len(),
            rows,
            next: None,
        };
        Ok((page, next.as_ref().and_then(item::list_place)))
    }

    /// The held posts under an id, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn held_of(&self, id: &LeadId, now: Timestamp) -> Result<Vec<HeldRow>, StoreError> {
        let rows = ask!(self, beside(id, item::SK_HELD))?;
        Ok(rows.iter().filter_map(|row| item::held_row(row, now)).collect())
    }

    /// A held post, strongly consistent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn held_post(
        &self,
        id: &LeadId,
        at: Timestamp,
        mark: &str,
        now: Timestamp,
    ) -> Result<Option<HeldRow>, StoreError> {
        let rows = ask!(self, beside(id, &item::held_sk(at, mark)))?;
        Ok(rows.first().and_then(|row| item::held_row(row, now)))
    }

    /// Notes that this post is being released as of a moment, under a mark of the write; false where somebody did so, or
    /// discarded it, since it was read.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn begin_release(&self, post: &HeldRow, at: Timestamp, write: &str) -> Result<bool, StoreError> {
        let mut row = post.row.clone();
        row.insert(item::RELEASED_AT.to_owned(), item::number(at.as_second()));
        self.take_held(post, row, write).await
    }

    /// Empties the row of a post that nobody is releasing; false where somebody is, or it is done with, since it was read.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn discard_held(&self, post: &HeldRow, now: Timestamp, write: &str) -> Result<bool, StoreError> {
        let row = item::emptied(&post.lead, &item::held_sk(post.held.at, &post.mark), now);
        self.take_held(post, row, write).await
    }

    async fn take_held(&self, post: &HeldRow, mut row: Item, write: &str) -> Result<bool, StoreError> {
        let known = item::string(&post.row, item::WRITE);
        row.insert(item::WRITE.to_owned(), item::text(write));
        ask!(self, take_held(row, write, known.as_deref()))
    }

    /// Empties the row of a post that was released.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn held_done(&self, post: &HeldRow, now: Timestamp) -> Result<(), StoreError> {
        let sk = item::held_sk(post.held.at, &post.mark);
        ask!(self, put_beside(item::emptied(&post.lead, &sk, now)))
    }

    /// Keeps a post beside an item that this version cannot read; false where as many are kept already as may be, or it is too
    /// large. The same post again is kept once.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn keep(&self, id: &LeadId, kept: &Kept) -> Result<bool, StoreError> {
        let corrupt = |_| StoreError::new("keep", StoreErrorKind::Corrupt);
        let post = serde_json::to_string(kept).map_err(corrupt)?;
        let rows = self.kept(id).await?;
        if rows.iter().any(|row| row.is_again(&post, kept.at)) {
            return Ok(true);
        }
        if rows.len() >= limits::KEPT_POSTS_MAX || post.len() > limits::KEPT_BYTES_MAX {
            return Ok(false);
        }
        // The moment is the key: of two posts in one second the other counts a second later.
        for second in 0..2 * limits::KEPT_POSTS_MAX as i64 {
            let at = kept.at + SignedDuration::from_secs(second);
            if ask!(self, keep(id, at, &post))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The posts that are kept beside an item, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn kept(&self, id: &LeadId) -> Result<Vec<KeptRow>, StoreError> {
        ask!(self, kept(id))
    }

    /// Empties the row of a kept post: nothing of the person stays in it, and DynamoDB deletes what is left.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn kept_done(&self, id: &LeadId, at: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        ask!(self, kept_done(id, at, now))
    }

    /// Rows of leads of one shard that were due at `until`, earliest first: a hint, never the truth.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn due(
        &self,
        shard: u32,
        until: Timestamp,
        limit: i32,
        from: Option<Item>,
    ) -> Result<Page<DueRow>, StoreError> {
        ask!(self, due(shard, until, limit, from))
    }

    /// Rows of leads of one shard of which something is to be told, earliest first, or was: a hint, never the truth. Both ends
    /// of `between` are included.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn relay(
        &self,
        shard: u32,
        between: (i64, i64),
        limit: i32,
        next: Option<Item>,
    ) -> Result<Page<RelayRow>, StoreError> {
        ask!(self, relay(shard, between, limit, next))
    }

    /// How a destination is, strongly consistent; as new where nothing was ever noted of it.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreErrorKind::Corrupt`] where a newer version wrote it.
    pub async fn health(&self, destination: &DestinationName) -> Result<Health, StoreError> {
        let known = ask!(self, health(destination))?;
        Ok(known.unwrap_or_else(|| Health::new(destination.clone())))
    }

    /// Changes how a destination is, if `change` does; returns it as it stands after, and what `change` said of it.
    ///
    /// # Errors
    /// [`StoreErrorKind::Contended`] when others are faster too often.
    pub async fn change_health<T>(
        &self,
        destination: &DestinationName,
        mut change: impl FnMut(&mut Health) -> T,
    ) -> Result<(Health, T), StoreError> {
        for _ in 0..CONFLICTS_MAX {
            let known = self.health(destination).await?;
            let mut health = known.clone();
            let said = change(&mut health);
            if health == known {
                return Ok((health, said));
            }
            health.version += 1;
            if ask!(self, save_health(&health))? {
                return Ok((health, said));
            }
        }
        Err(StoreError::new("change destination", StoreErrorKind::Contended))
    }

    /// Changes the shared access token of a destination, if `change` does; returns what `change` said.
    ///
    /// # Errors
    /// As [`Store::change_health`].
    pub async fn change_renewal<T>(
        &self,
        destination: &DestinationName,
        mut change: impl FnMut(&mut Renewal) -> T,
    ) -> Result<(Renewal, T), StoreError> {
        for _ in 0..CONFLICTS_MAX {
            let known = ask!(self, renewal(destination))?;
            let known = known.unwrap_or_else(|| Renewal::new(destination.clone()));
            let mut renewal = known.clone();
            let said = change(&mut renewal);
            if renewal == known {
                return Ok((renewal, said));
            }
            renewal.version += 1;
            if ask!(self, save_renewal(&renewal))? {
                return Ok((renewal, said));
            }
        }
        Err(StoreError::new("change access", StoreErrorKind::Contended))
    }

    /// The secret of a destination as it was stored, if there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn secret(&self, destination: &DestinationName) -> Result<Option<String>, StoreError> {
        ask!(self, secret(destination))
    }

    /// Stores the secret of a destination in place of the former one.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn save_secret(&self, destination: &DestinationName, secret: &str) -> Result<(), StoreError> {
        ask!(self, save_secret(destination, secret))
    }

    /// Moves the alarm of a lead that reads and cannot be handled all the same, so that it holds up nobody; nothing else of it
    /// changes. One that is not there stays so, and an item of a newer form is left as it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_aside(&self, id: &LeadId, until: Timestamp) -> Result<(), StoreError> {
        ask!(self, set_aside(id, until))
    }

    /// Moves a lead's alarm, and nothing else, if the store still holds this version of it; false where somebody wrote since.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn set_alarm(&self, lead: &Lead, due_at: Option<Timestamp>) -> Result<bool, StoreError> {
        ask!(self, set_alarm(lead, due_at))
    }

    /// Who stands in a campaign, of those who came to it in the month of a place and not after it, newest first, at most
    /// `limit` of them; and where the month goes on, if it does.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn standing_in(
        &self,
        workspace: &WorkspaceId,
        campaign: &CampaignId,
        place: &Place,
        limit: i32,
    ) -> Result<(Vec<LeadId>, Option<String>), StoreError> {
        let (mut ids, next) = ask!(self, standing_in(workspace, campaign, place, limit))?;
        // Whoever asks for them at once may name each but once.
        let mut seen = HashSet::new();
        ids.retain(|id| seen.insert(id.clone()));
        Ok((ids, next))
    }

    /// Leads of one campaign captured in the month of `until` and not after it, newest first; after the row of this key, if
    /// one is given ([`item::row_key`], or the `next` of a page). Leads of one second have an order too, always the same.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn board(
        &self,
        workspace: &WorkspaceId,
        campaign: &CampaignId,
        until: Timestamp,
        from: Option<Item>,
    ) -> Result<Page<BoardRow>, StoreError> {
        ask!(self, board(workspace, campaign, until, from))
    }

    /// What a report needs of the leads of one campaign captured from `from` to `until`, both included and both in one
    /// month of UTC: the columns of the board without names and addresses, and no lead. Erased ones are among them, each at
    /// the start of their day.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn figures(
        &self,
        workspace: &WorkspaceId,
        campaign: &CampaignId,
        (from, until): (Timestamp, Timestamp),
        next: Option<Item>,
    ) -> Result<Page<Figures>, StoreError> {
        ask!(self, figures(workspace, campaign, (from, until), next))
    }

    /// Counts one visit to a campaign's form. Days are those of the campaign's zone.
    ///
    /// # Errors
    /// [`StoreError`]. A repeated request may count twice: a visit is worth no more than that.
    pub async fn count_visit(
        &self,
        workspace: &WorkspaceId,
        campaign: &CampaignId,
        day: Date,
    ) -> Result<(), StoreError> {
        ask!(self, count_visit(workspace, campaign, day))
    }

    /// Sets the visitors of a day as somebody else counted them; they stand in for those counted here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_visitors(
        &self,
        workspace: &WorkspaceId,
        campaign: &CampaignId,
        day: Date,
        visitors: u64,
    ) -> Result<(), StoreError> {
        ask!(self, set_visitors(workspace, campaign, day, visitors))
    }

    /// Visitors of a campaign in these days, both included; `None` when nothing counted them on any of the days.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn visitors(
        &self,
        workspace: &WorkspaceId,
        campaign: &CampaignId,
        days: (Date, Date),
    ) -> Result<Option<u64>, StoreError> {
        if days.0 > days.1 {
            return Ok(None);
        }
        ask!(self, visitors(workspace, campaign, days))
    }

    /// The leads under these ids, in the order asked; at most 100. They are to look at, not to be saved again.
    ///
    /// # Errors
    /// [`StoreError`]; throttled when the store keeps leaving some unread.
    pub async fn load_all(&self, ids: &[LeadId]) -> Result<Page<Arc<Lead>>, StoreError> {
        ask!(self, load_all(ids))
    }

    /// Every lead of the table, a page at a time, in no order; one whose item does not parse by its id alone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn leads(&self, from: Option<Item>) -> Result<Page<Result<Lead, LeadId>>, StoreError> {
        ask!(self, leads(from))
    }

    /// What tells this table from every other, a copy restored from its own backup included.
    /// Source: DynamoDB API, `TableDescription.TableId`; where an engine has none, the moment the table was made.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn identity(&self) -> Result<String, StoreError> {
        ask!(self, identity())
    }

    /// The state of sending as a whole, strongly consistent; a new one where there is none yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sending(&self) -> Result<Sending, StoreError> {
        ask!(self, sending())
    }

    /// Changes the state of sending, if `change` says that it did; returns it as it stands after, and whether this call wrote it.
    ///
    /// # Errors
    /// [`StoreErrorKind::Contended`] when others are faster too often.
    pub async fn change_sending(
        &self,
        mut change: impl FnMut(&mut Sending) -> bool,
    ) -> Result<(Sending, bool), StoreError> {
        for _ in 0..10 {
            let mut sending = self.sending().await?;
            if !change(&mut sending) {
                return Ok((sending, false));
            }
            sending.version += 1;
            if ask!(self, save_sending(&sending))? {
                return Ok((sending, true));
            }
        }
        Err(StoreError::new("change sending", StoreErrorKind::Contended))
    }

    /// What is left to do after a publish, strongly consistent.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreErrorKind::Corrupt`] where a newer version wrote it.
    pub async fn anew(&self) -> Result<Anew, StoreError> {
        ask!(self, anew())
    }

    /// Changes what is left to do after a publish, if `change` says that it did; returns it as it stands after, and whether this
    /// call wrote it.
    ///
    /// # Errors
    /// [`StoreErrorKind::Contended`] when others are faster too often.
    pub async fn change_anew(&self, mut change: impl FnMut(&mut Anew) -> bool) -> Result<(Anew, bool), StoreError> {
        for _ in 0..10 {
            let mut anew = self.anew().await?;
            if !change(&mut anew) {
                return Ok((anew, false));
            }
            anew.version += 1;
            if ask!(self, save_anew(&anew))? {
                return Ok((anew, true));
            }
        }
        Err(StoreError::new("change alarms", StoreErrorKind::Contended))
    }

    /// A desk, strongly consistent; `None` where nothing ever waited at it.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreErrorKind::Corrupt`] where a newer version wrote it.
    pub async fn desk(&self, id: &LeadId) -> Result<Option<Desk>, StoreError> {
        ask!(self, desk(id))
    }

    /// Changes a desk, if `change` does; returns it as it stands after, and what `change` said of it. It is asked again where
    /// somebody else was faster. Two requests, and one more for a conflict.
    ///
    /// # Errors
    /// [`StoreErrorKind::Contended`] when others are faster too often; after [`StoreErrorKind::NoAnswer`] the write may be in.
    pub async fn change_desk<T>(
        &self,
        (id, workspace): (&LeadId, &WorkspaceId),
        mut change: impl FnMut(&mut Desk) -> T,
    ) -> Result<(Desk, T), StoreError> {
        for _ in 0..CONFLICTS_MAX {
            let known = self.desk(id).await?;
            let known = known.unwrap_or_else(|| Desk::new(id.clone(), workspace.clone()));
            let mut desk = known.clone();
            let said = change(&mut desk);
            if desk == known {
                return Ok((desk, said));
            }
            desk.version += 1;
            if ask!(self, save_desk(&desk))? {
                return Ok((desk, said));
            }
        }
        Err(StoreError::new("change desk", StoreErrorKind::Contended))
    }

    /// Changes what a mailbox got, if `change` does, and returns what it said; it is asked again where somebody else was
    /// faster. One request for a mailbox of which nothing is known, two for another.
    ///
    /// # Errors
    /// [`StoreErrorKind::Contended`] when others are faster too often; after [`StoreErrorKind::NoAnswer`] the write may be in.
    pub async fn change_mailbox<T>(
        &self,
        id: &LeadId,
        now: Timestamp,
        mut change: impl FnMut(&mut Mailbox) -> T,
    ) -> Result<T, StoreError> {
        let mut known = Mailbox::default();
        for _ in 0..CONFLICTS_MAX {
            let mut mailbox = known.clone();
            let said = change(&mut mailbox);
            if mailbox == known && known.version > 0 {
                return Ok(said);
            }
            mailbox.version += 1;
            match ask!(self, save_mailbox(id, &mailbox, now))? {
                None => return Ok(said),
                Some(held) => known = held,
            }
        }
        Err(StoreError::new("change mailbox", StoreErrorKind::Contended))
    }

    /// Counts one under a hash of what is counted and of its hour, unless there are `most` already: whether it was counted.
    ///
    /// # Errors
    /// [`StoreError`]. A repeated request may count twice.
    pub async fn count_up_to(&self, row: &str, most: u64, now: Timestamp) -> Result<bool, StoreError> {
        ask!(self, count_up_to(row, most, now))
    }

    /// Takes one of what a visitor is allowed; `Err` says after how long there is one again. `visitor` is a keyed hash. One
    /// request, two for the first of a while or where there is none left.
    ///
    /// # Errors
    /// [`StoreError`]. A repeated request may take two.
    pub async fn take(
        &self,
        visitor: &str,
        allowance: Allowance,
        now: Timestamp,
    ) -> Result<Result<(), SignedDuration>, StoreError> {
        ask!(self, take(visitor, allowance, now))
    }

    /// Counts for the breaker, under the day of `at` in this period.
    ///
    /// # Errors
    /// [`StoreError`]. Counting a bounce or a complaint again is harmless; mails are counted by who sent them, once.
    pub async fn count(&self, period: u32, at: Timestamp, what: Count<'_>) -> Result<(), StoreError> {
        ask!(self, count(period, at, what))
    }

    /// The counts of a period since the day of `from`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tally(&self, period: u32, from: Timestamp) -> Result<Tally, StoreError> {
        ask!(self, tally(period, from))
    }

    /// Binds a message's id to its body until a moment: whether it is this body's, now or before. Told again, it still is.
    ///
    /// One request. `row` and `body` are hashes; `PutItem` unless another body is there and holds still.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn bind(&self, row: &str, body: &str, now: Timestamp, until: Timestamp) -> Result<bool, StoreError> {
        ask!(self, bind(row, body, now, until))
    }

    /// The published campaigns, all in one query; those known in the same version are not read again. One that this version
    /// cannot read is named in the log, and left as it was known, or out.
    ///
    /// # Errors
    /// [`StoreError`]; the caller keeps the ones it has.
    pub async fn campaigns(&self, known: &Catalog) -> Result<Catalog, StoreError> {
        ask!(self, campaigns(known))
    }

    /// The wording of a consent, by its hash: whatever was ever published.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn wording(&self, hash: &str) -> Result<Option<String>, StoreError> {
        if hash.is_empty() {
            return Ok(None); // a consent that somebody wrote down: no box said it, and no key is empty
        }
        ask!(self, wording(hash))
    }

    /// Keeps the wordings of a campaign's consent boxes for good.
    ///
    /// # Errors
    /// [`StoreError`]; running it again finishes the work.
    pub async fn keep_wordings(&self, campaign: &Campaign) -> Result<(), StoreError> {
        for (hash, text) in campaign.wordings() {
            ask!(self, keep_wording(&hash, text))?;
        }
        Ok(())
    }

    /// One file of a published campaign.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn content(
        &self,
        campaign: &CampaignId,
        version: &str,
        file: &str,
    ) -> Result<Option<String>, StoreError> {
        ask!(self, content(campaign, version, file))
    }

    /// Publishes a campaign: its files first, and the campaign that points to them last, so that no function ever sees a half.
    /// Where it is not as it was, the alarms of its people are noted down to be set anew before that (R127): true. Of a campaign
    /// that is new, or in other words alone, there are none to set.
    ///
    /// # Errors
    /// [`StoreError`]; running it again finishes the work.
    pub async fn publish(
        &self,
        published: &Published,
        files: impl IntoIterator<Item = (&String, &String)>,
    ) -> Result<bool, StoreError> {
        let Published { campaign, version } = published;
        self.keep_wordings(campaign).await?;
        let json = serde_json::to_string(campaign).expect("a campaign serialises");
        let otherwise = match ask!(self, published(&campaign.id))? {
            None => false,
            Some((former, text)) => {
                let otherwise = text != json;
                if otherwise || former != *version {
                    self.change_anew(|anew| anew.published(&campaign.id, version, otherwise))
                        .await?;
                }
                otherwise
            }
        };
        ask!(self, publish(published, &json, files))?;
        Ok(otherwise)
    }

    /// Publishes the destinations, all of them, in place of the former ones. Where they are not as they were, the alarms of the
    /// people of these campaigns are noted down to be set anew before that: true.
    ///
    /// # Errors
    /// [`StoreError`]; running it again finishes the work.
    pub async fn publish_destinations(&self, catalog: &Catalog) -> Result<bool, StoreError> {
        let all: Vec<_> = catalog.destinations().map(|destination| &**destination).collect();
        let json = serde_json::to_string(&all).expect("a destination serialises");
        let former = ask!(self, published_destinations())?;
        if former.as_ref() == Some(&json) || (former.is_none() && all.is_empty()) {
            return Ok(false);
        }
        for published in catalog.iter() {
            let Published { campaign, version } = &**published;
            self.change_anew(|anew| anew.published(&campaign.id, version, true))
                .await?;
        }
        ask!(self, publish_destinations(&json))?;
        Ok(true)
    }

    /// Says up to which form of a published campaign the functions can read: the sweep does, for all functions of its stack.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn tell_campaign_form(&self, form: u64) -> Result<(), StoreError> {
        ask!(self, tell_campaign_form(form))
    }

    /// What they said; `None` where none ever did, which all that can tell do at their first sweep.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn campaign_form_read(&self) -> Result<Option<u64>, StoreError> {
        ask!(self, campaign_form_read())
    }

    /// The whole key ring, if there is one.
    ///
    /// # Errors
    /// [`StoreErrorKind::Corrupt`] when it does not parse.
    pub async fn key_ring(&self) -> Result<Option<KeyRing>, StoreError> {
        self.key_parts(Part::ALL).await
    }

    /// These parts of the key ring, if there is one; of a part without the identity, what it holds. One request a part.
    ///
    /// # Errors
    /// As [`Store::key_ring`].
    pub async fn key_parts(&self, parts: &[Part]) -> Result<Option<KeyRing>, StoreError> {
        ask!(self, key_ring(parts))
    }

    /// Splits a ring that a version before wrote as one item, and empties that item once the deployed functions have said
    /// that they read parts.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat, and to break off. [`StoreErrorKind::Contended`] when somebody else was at it.
    pub async fn split_ring(&self) -> Result<(), StoreError> {
        ask!(self, split_ring())
    }

    /// Writes the key ring in place of the one it was made from, or as the first: two people at once cannot
    /// overwrite each other's, and no identity key is ever replaced by mistake.
    ///
    /// # Errors
    /// [`StoreErrorKind::Contended`] when another ring is there by now: read it and start over.
    pub async fn save_key_ring(&self, ring: &KeyRing, known: Option<&KeyRing>) -> Result<(), StoreError> {
        self.save_key_parts(Part::ALL, ring, known).await
    }

    /// The same for some parts of it, one request each.
    ///
    /// # Errors
    /// As [`Store::save_key_ring`].
    pub async fn save_key_parts(
        &self,
        parts: &[Part],
        ring: &KeyRing,
        known: Option<&KeyRing>,
    ) -> Result<(), StoreError> {
        ask!(self, save_key_ring(parts, ring, known))
    }

    /// Opens a session of the console, kept under the hash of what the browser holds.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn open_session(&self, hash: &str, session: &ConsoleSession) -> Result<(), StoreError> {
        ask!(self, open_session(hash, session))
    }

    /// The session of this hash; `None` once it was ended.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn session(&self, hash: &str) -> Result<Option<ConsoleSession>, StoreError> {
        ask!(self, session(hash))
    }

    /// Notes a request of an open session.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn touch_session(&self, hash: &str, now: Timestamp) -> Result<(), StoreError> {
        ask!(self, touch_session(hash, now))
    }

    /// Ends a session, and no other.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn end_session(&self, hash: &str, now: Timestamp) -> Result<(), StoreError> {
        ask!(self, end_session(hash, now))
    }

    /// Counts a wrong key of a visitor, known by a keyed hash. The count is gone after an hour.
    ///
    /// # Errors
    /// [`StoreError`]. A repeated request may count twice.
    pub async fn count_try(&self, visitor: &str, now: Timestamp) -> Result<Tries, StoreError> {
        ask!(self, count_try(visitor, now))
    }

    /// Notes when a user's key was used, or forgets it. `user` is [`User::id`](crate::users::User::id).
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn note_use(&self, user: &str, at: Option<Timestamp>) -> Result<(), StoreError> {
        ask!(self, note_use(user, at))
    }

    /// When each user's key was last used, as noted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn uses(&self) -> Result<BTreeMap<String, Timestamp>, StoreError> {
        ask!(self, uses())
    }

    /// Makes both tables where they do not exist yet, and settles in.
    ///
    /// # Errors
    /// Whatever the engine answers, except that a table exists.
    pub async fn create_tables(&self) -> Result<(), StoreError> {
        ask!(self, create_tables())?;
        self.settle_in().await
    }

    /// Notes that this table is the one mail leaves from, if none is noted. A copy restored from a backup carries the
    /// note of the table it was copied from, so it stays on hold until a person releases it (R21).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn settle_in(&self) -> Result<(), StoreError> {
        let identity = self.identity().await?;
        let note = |sending: &mut Sending| {
            let first = sending.home.is_none();
            sending.home.get_or_insert_with(|| identity.clone());
            first
        };
        self.change_sending(note).await.map(drop)
    }
}
