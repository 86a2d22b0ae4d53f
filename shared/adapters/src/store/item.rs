//! Items: what a lead looks like in the table, in both directions. Keys and columns are named here and nowhere else.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use piste_domain::campaign::Published;
use piste_domain::campaign::destination::Destination;
use piste_domain::kit::ids::DestinationName;
use piste_domain::kit::ids::ImportId;
use piste_domain::kit::limits;
use piste_domain::lead::bounds::Leaving;
use piste_domain::lead::deliveries::{Told, relay_at};
use piste_domain::lead::erasure::Cleaning;
use piste_domain::lead::figures::Counted;
use piste_domain::lead::stage::Stage;
use piste_domain::lead::standing::Standing;
use piste_domain::lead::unknown::Unknown;
use piste_domain::rules::anew::Anew;
use piste_domain::rules::desk::Desk;
use piste_domain::rules::mailbox::Mailbox;
use piste_domain::rules::quarantine::Held;
use piste_domain::rules::signals::Report;
use piste_domain::views::funnel::{Entered, Figures};
use piste_domain::{CampaignId, Lead, LeadId, Personal, Record, Tombstone, WorkspaceId};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::unknown::Rest;
use super::upgrade;
use super::{BoardRow, DueRow, HeldRow, KeptRow, RelayRow, StoreError, StoreErrorKind};

/// An item as the SDK gives and takes it.
pub type Item = HashMap<String, AttributeValue>;

/// Partition key.
pub const PK: &str = "pk";
/// Sort key.
pub const SK: &str = "sk";
/// Sort key of every lead.
pub const SK_LEAD: &str = "lead";
/// The version every write is conditional on.
pub const VERSION: &str = "v";
/// A mark of the write itself, by which a repeated request recognises its own success.
pub const WRITE: &str = "w";
/// Set when something is due at once because of this write: the filter of the table's stream.
pub const WAKE: &str = "wake";
/// Index of leads by the moment they are due: keys only, and only leads that wait for something are in it.
pub const INDEX_DUE: &str = "due";
/// Its hash: one of a few shards, as text.
pub const DUE_SHARD: &str = "due_shard";
/// Its range: seconds since 1970.
pub const DUE_AT: &str = "due_at";
/// Index of leads by the moment at which something is to be told to another system: keys only, and only leads of which
/// something was told, or is to be.
pub const INDEX_RELAY: &str = "relay";
/// Its hash: one of a few shards, as text.
pub const RELAY_SHARD: &str = "relay_shard";
/// Its range: seconds since 1970, 0 for at once; what has ended stands behind all that waits.
pub const RELAY_AT: &str = "relay_at";
/// Index of leads by campaign and month, newest last.
pub const INDEX_BOARD: &str = "board";
/// Its hash: `<workspace>#<campaign>#<year>-<month>`.
pub const BOARD: &str = "board";
/// Its range: seconds since 1970.
pub const CAPTURED_AT: &str = "captured_at";
/// What the board shows besides its keys. DynamoDB cannot change the projection of an index that is in use, so this list
/// never grows: a new column goes into the map [`COLUMNS`]. The names behind it are those of form 1, for rows that
/// have not been written since.
pub const BOARD_COLUMNS: [&str; 12] = [
    "email",
    "name",
    "stage",
    UNKNOWN.1,
    COPIES.1,
    COLUMNS,
    GRADE,
    RESPONSE.1,
    ENTERED[0].1,
    ENTERED[1].1,
    ENTERED[2].1,
    CALL.1,
];
/// The map of the board's columns. In form 1 the attribute of this name held the source alone.
pub const COLUMNS: &str = "src";
/// A column that lives in the map: its name there, and the attribute that held it in form 1.
pub type Column = (&'static str, &'static str);
/// How many mails of the lead are unknown; absent when none is.
pub const UNKNOWN: Column = ("u", "unknown");
/// How many mails of the lead SES accepted twice; absent when none.
pub const COPIES: Column = ("d", "copies");
/// Where the first post came from; absent when unknown.
pub const SOURCE: Column = ("s", COLUMNS);
/// How soon sales answered, as [`piste_domain::rules::sales::Response`] writes it; absent when the lead was never handed to them.
pub const RESPONSE: Column = ("r", "resp");
/// Since when somebody should call the lead, in seconds since 1970; absent when nobody should.
pub const CALL: Column = ("k", "call");
/// When the lead first became MQL, SQL and customer, in seconds after its capture (in form 1: since 1970); absent when it
/// never did. They are in the item's history too: here a report finds them without reading the item.
pub const ENTERED: [Column; 3] = [("m", "mq"), ("q", "sq"), ("c", "cu")];
/// The same for the person as a whole, where it differs from what the campaign of the row has seen of them.
pub const PERSON: [&str; 3] = ["M", "Q", "C"];
/// Set where the person stands in another campaign first: over all campaigns they are counted there.
pub const FURTHER: &str = "f";
/// Whose the lead is; absent when it is nobody's.
pub const OWNER: &str = "o";
/// What the customer is worth, in cents.
pub const CENTS: &str = "e";
/// Why the lead was rejected.
pub const REJECTED: &str = "x";
/// Where the latest post came from, where that is elsewhere than the first.
pub const TOUCHED: &str = "t";
/// The latest enquiry, in seconds after the first; absent while there is one only.
pub const LATEST: &str = "l";
/// Of somebody who was erased, the hours from the first post to MQL, SQL and customer, `0,51,`; all moments of such a row
/// are days.
pub const HOURS: &str = "h";
/// The columns that lived in the map from the start.
const MAP_COLUMNS: [&str; 10] = [
    PERSON[0], PERSON[1], PERSON[2], FURTHER, OWNER, CENTS, REJECTED, TOUCHED, LATEST, HOURS,
];
/// The columns that form 1 had as attributes of their own.
const ALL_COLUMNS: [Column; 8] = [
    UNKNOWN, COPIES, SOURCE, RESPONSE, CALL, ENTERED[0], ENTERED[1], ENTERED[2],
];
/// How the sort keys begin of a person's rows in the lists of campaigns after the first; the campaign follows.
pub const SK_FURTHER: &str = "campaign#";
/// Sort key of what reports count of somebody who was erased. Its partition key is drawn by chance: nothing leads there.
pub const SK_COUNTED: &str = "count";
/// How the sort keys begin of what had no room in a lead's item any more.
pub const SK_PAST: &str = "past#";
/// The content of such a row, as JSON.
pub const PAST: &str = "past";
/// The form of an item: absent is 1. A form that this version does not know is not read, hence never written over.
pub const FORM: &str = "form";
/// The form that this version writes.
pub const FORM_WRITTEN: i64 = 3;
/// Sort key of a message that another system sent: its partition key is a hash of 26 characters, like a lead's.
pub const SK_MESSAGE: &str = "message";
/// Sort key of an import's state: its partition key is a hash of 26 characters, like a lead's.
pub const SK_IMPORT: &str = "import.state";
/// How the sort keys begin of what an import touches, a page of its list each; the line where the page begins follows.
pub const SK_IMPORT_PAGE: &str = "import.page#";
/// The content of such a row, as JSON; a page without it was taken back.
pub const IMPORT: &str = "im";
/// Sort key of a desk: its partition key is a hash of 26 characters, like a lead's.
pub const SK_DESK: &str = "desk";
/// Sort key of what a mailbox got lately: its partition key is a hash of 26 characters, like a lead's.
pub const SK_MAILBOX: &str = "mailbox";
/// How long such a row is kept after its latest change: nothing in it counts for longer.
const MAILBOX_KEPT: SignedDuration = SignedDuration::from_hours(31 * 24);
/// Sort key of the count of an hour: its partition key is a hash of 26 characters, like a lead's.
pub const SK_HOUR: &str = "hour";
/// Until when the allowance of a visitor is used, in milliseconds since 1970.
pub const USED_UNTIL: &str = "used_ms";
/// The form of a desk's item: absent is 1. One of a form that this version does not know is neither read nor written over.
pub const DESK_FORM: u64 = 1;
/// How the sort keys begin of posts that are kept beside an item that could not be read; the moment follows, in seconds.
pub const SK_KEPT: &str = "kept#";
/// Such a post, as JSON; a row without it is done with.
pub const POST: &str = "kp";
/// The form of these rows: absent is 1. One that this version does not know is left as it is.
pub const KEPT_FORM: u64 = 1;
/// How the sort keys begin of what was told of somebody before they came; the report's id follows.
pub const SK_EARLY: &str = "early#";
/// Such a report, as JSON; a row without it is done with.
pub const REPORT: &str = "rp";
/// When it came.
pub const TOLD_AT: &str = "at";
/// The form of these rows: absent is 1. One that this version does not know is left as it is.
pub const EARLY_FORM: u64 = 1;
/// How the sort keys begin of posts that look like spam; the moment in seconds and a mark by chance follow. They stand under
/// the id that the lead has or would have, so that they are erased with the person.
pub const SK_HELD: &str = "held#";
/// Such a post, as JSON; a row without it is done with.
pub const HELD: &str = "hp";
/// When somebody began to release it.
pub const RELEASED_AT: &str = "rel";
/// The form of these rows: absent is 1. One that this version does not know is left as it is.
pub const HELD_FORM: u64 = 1;
/// Sort key of whose record another system holds: its partition key is a hash of 26 characters, like a lead's.
pub const SK_RECORD: &str = "record";
/// That lead's id; a row without it is done with.
pub const OF_LEAD: &str = "of";
/// A hash of that message's body.
pub const BODY: &str = "body";
/// The lead's grade at its latest change.
pub const GRADE: &str = "g";
/// Seconds since 1970 after which DynamoDB may delete an item.
pub const EXPIRES_AT: &str = "expires_at";
/// When a lead was erased: what tells a tombstone from a lead.
pub const ERASED_AT: &str = "er";
/// Partition of every wording that a consent was ever asked in: sort key is its hash, and no row ever goes (R61).
pub const PK_WORDING: &str = "WORDING";
/// How the sort keys of the audit begin: its rows lie in the partition of the lead they are about, and outlive it.
pub const SK_AUDIT: &str = "audit#";
/// The item of the table of keys in which versions before kept the whole ring; empty once it is split into its parts.
pub const PK_RING: &str = "ring";
/// The item of the table of keys that says when each user's key was last used.
pub const PK_USED: &str = "used";
/// The form of a published campaign: absent is 1. Raise it when a campaign's files may hold what functions before cannot
/// read: they leave such a campaign out.
pub const CAMPAIGN_FORM: u64 = 2;
/// Partition of the published campaigns: one item each, so that one query reads them all.
pub const PK_CONFIG: &str = "CONFIG";

/// Sort key beside them of the published destinations, all in one row. No campaign has such a name.
pub const SK_DESTINATIONS: &str = "~destinations";

/// Partition of what concerns all mail at once: the state of sending, and the breaker's counts by day.
pub const PK_SENDING: &str = "SENDING";
/// Partition of what is left to do after a publish: the alarms that are to be set anew. One row, whose sort key is [`SK_STATE`].
pub const PK_ALARMS: &str = "ALARMS";
/// Where that row stands in the index of due leads while there is something to do: before them all.
pub const ALARMS_DUE_AT: i64 = -1;
/// In which shard.
pub const ALARMS_SHARD: u32 = 0;
/// The form of that row: absent is 1. One that this version does not know is neither read nor written over.
pub const ALARMS_FORM: u64 = 1;
/// Sort key beside it of what the deployed functions say they can read.
pub const SK_READS: &str = "reads";
/// Beside it: set once they read the key ring in parts.
pub const READS_KEYS: &str = "ring_parts";
/// Up to which form of a published campaign.
pub const READS_CAMPAIGNS: &str = "campaigns";
/// Sort key of the state of sending.
pub const SK_STATE: &str = "state";

/// Sort key of a day's counts: periods apart, days in order.
pub fn tally_key(period: u32, at: Timestamp) -> String {
    let day = at.to_zoned(TimeZone::UTC).date();
    format!("tally#{period:06}#{day}")
}

/// Partition of a campaign's visits: one item a day.
pub fn visits_pk(workspace: &WorkspaceId, campaign: &CampaignId) -> String {
    format!("VISITS#{workspace}#{campaign}")
}

/// Partition of a published campaign's mails and downloads; its items never change.
pub fn content_pk(campaign: &CampaignId, version: &str) -> String {
    format!("CONTENT#{campaign}@{version}")
}

/// A session of the console, in the table of keys: under the hash of what the browser holds.
pub fn session_pk(hash: &str) -> String {
    format!("session#{hash}")
}

/// What a visitor used of an allowance: under a keyed hash of their address.
pub fn visitor_pk(visitor: &str) -> String {
    format!("VISITOR#{visitor}")
}

/// A visitor's wrong keys, in the table of keys: under a keyed hash of their address.
pub fn tries_pk(visitor: &str) -> String {
    format!("tries#{visitor}")
}

/// The hash of the board index.
pub fn board_key(workspace: &WorkspaceId, campaign: &CampaignId, at: Timestamp) -> String {
    let day = at.to_zoned(TimeZone::UTC);
    format!("{workspace}#{campaign}#{:04}-{:02}", day.year(), day.month())
}

/// A text attribute.
pub fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number attribute.
pub fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// The item of a lead: the lead itself under its stored names, the two keys, the columns of the indexes, and the mark of this write.
pub fn from_lead(lead: &Lead, due_shards: u32, write: &str, wake: bool) -> Result<Item, StoreError> {
    let mut item = encode(lead)?;
    insert_keys(&mut item, &lead.id, write);
    item.insert(
        BOARD.into(),
        text(board_key(&lead.workspace, &lead.campaign, lead.captured_at)),
    );
    let name = lead.full_name();
    if !name.is_empty() {
        item.insert("name".into(), text(name));
    }
    let columns = columns_of(lead, Figures::of_row(lead));
    if !columns.is_empty() {
        item.insert(COLUMNS.into(), AttributeValue::M(columns));
    }
    if lead.due_at.is_some() {
        item.insert(DUE_SHARD.into(), text(lead.id.shard(due_shards).to_string()));
    }
    insert_relay(&mut item, &lead.id, &lead.told, due_shards);
    if wake {
        item.insert(WAKE.into(), AttributeValue::Bool(true));
    }
    write_unknown(&lead.unknown, &mut item);
    Ok(item)
}

/// The columns that the map holds.
fn columns_of(lead: &Lead, figures: Figures) -> Item {
    let counted = |mails: usize| (mails > 0).then(|| number(mails as i64));
    // The first write of a lead has no call: the first alert brings one, and an ordinary capture stays below 1 KiB.
    let call = lead.call_from().filter(|_| lead.version > 1);
    let of_lead = [
        (UNKNOWN, counted(lead.unknown_sends())),
        (COPIES, counted(lead.duplicate_sends())),
        (CALL, call.map(|at| number(at.as_second()))),
    ];
    let of_lead = of_lead
        .into_iter()
        .filter_map(|((name, _), value)| Some((name.to_owned(), value?)));
    of_lead.chain(figure_columns(figures)).collect()
}

/// Those of them that reports count.
fn figure_columns(figures: Figures) -> Item {
    let columns = [
        (SOURCE, figures.source.map(text)),
        (RESPONSE, figures.response.map(|response| text(response.to_string()))),
    ];
    let since = figures.captured_at.as_second();
    let after_capture = |at: Timestamp| number(at.as_second() - since);
    let entered = ENTERED
        .into_iter()
        .zip(figures.entered.0.map(|at| at.map(after_capture)));
    // Of moments of the person that no longer are theirs, such as a correction, an empty list says so.
    let person = figures.person.map(|person| person.0.map(|at| at.map(after_capture)));
    let person = PERSON.into_iter().zip(person.unwrap_or_default());
    let more = [
        (FURTHER, figures.further.then_some(AttributeValue::Bool(true))),
        (OWNER, figures.owner.map(text)),
        (CENTS, figures.cents.map(|cents| number(cents.cast_signed()))),
        (REJECTED, figures.rejected.map(text)),
        (TOUCHED, figures.touched.map(text)),
        (LATEST, figures.latest.map(after_capture)),
        (HOURS, figures.erased.map(|hours| text(hours.to_string()))),
    ];
    let all = columns
        .into_iter()
        .chain(entered)
        .map(|((name, _), value)| (name, value));
    all.chain(person)
        .chain(more)
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

/// The rows of a person in the lists of the campaigns after the first, by their sort keys.
pub fn further_rows(lead: &Lead) -> Vec<(String, Item)> {
    let further = lead.standings().filter(|standing| standing.campaign != lead.campaign);
    let row = |standing: Standing| {
        let sk = format!("{SK_FURTHER}{}", standing.campaign);
        let texts = [
            (PK, lead.id.as_str().to_owned()),
            (SK, sk.clone()),
            (BOARD, board_key(&lead.workspace, &standing.campaign, standing.since)),
            ("stage", lead.stage.code().to_owned()),
            (
                "email",
                lead.email
                    .as_ref()
                    .map(|email| email.expose().to_owned())
                    .unwrap_or_default(),
            ),
            ("name", lead.full_name()),
            (GRADE, standing.grade.clone().unwrap_or_default()),
        ];
        let texts = texts.into_iter().filter(|(_, value)| !value.is_empty());
        let mut item: Item = texts.map(|(name, value)| (name.to_owned(), text(value))).collect();
        item.insert(CAPTURED_AT.into(), number(standing.since.as_second()));
        let columns = columns_of(lead, Figures::of_standing(lead, &standing));
        item.insert(COLUMNS.into(), AttributeValue::M(columns));
        (sk, item)
    };
    further.map(row).collect()
}

/// The rows of somebody who was erased, for the reports alone: no address, no name, no id of theirs.
pub fn counted_rows(erased: &Cleaning) -> impl Iterator<Item = Item> {
    let written = erased.counted.iter().filter(|counted| !counted.row.is_empty());
    written.map(|Counted { row, campaign, figures }| {
        let texts = [
            (PK, row.clone()),
            (SK, SK_COUNTED.to_owned()),
            (BOARD, board_key(&erased.workspace, campaign, figures.captured_at)),
            ("stage", figures.stage.code().to_owned()),
            (GRADE, figures.grade.clone().unwrap_or_default()),
        ];
        let texts = texts.into_iter().filter(|(_, value)| !value.is_empty());
        let mut item: Item = texts.map(|(name, value)| (name.to_owned(), text(value))).collect();
        item.insert(CAPTURED_AT.into(), number(figures.captured_at.as_second()));
        item.insert(COLUMNS.into(), AttributeValue::M(figure_columns(figures.clone())));
        item
    })
}

/// Whether a row of the board is there for the reports alone.
pub fn is_counted(row: &Item) -> bool {
    string(row, SK).as_deref() == Some(SK_COUNTED)
}

/// The rows of what leaves a lead's item with its next write.
pub fn past_rows(lead: &Lead) -> Result<Vec<Item>, StoreError> {
    let row = |leaving: &Leaving| {
        let corrupt = |_| StoreError::new("encode", StoreErrorKind::Corrupt);
        let json = serde_json::to_string(leaving).map_err(corrupt)?;
        Ok(Item::from([
            (PK.to_owned(), text(lead.id.as_str())),
            (SK.to_owned(), text(format!("{SK_PAST}{}", leaving.name()))),
            (PAST.to_owned(), text(json)),
        ]))
    };
    lead.leaving.0.iter().map(row).collect()
}

/// When what a row of the past holds began, by its sort key.
pub fn past_since(sk: &str) -> Option<Timestamp> {
    let second = sk.strip_prefix(SK_PAST)?.split('#').nth(1)?;
    Timestamp::from_second(second.parse().ok()?).ok()
}

/// What stays of a row beside a lead that is done with: its key, until DynamoDB deletes it.
pub fn emptied(id: &LeadId, sk: &str, now: Timestamp) -> Item {
    Item::from([
        (PK.to_owned(), text(id.as_str())),
        (SK.to_owned(), text(sk)),
        (EXPIRES_AT.to_owned(), number(now.as_second())),
    ])
}

/// The item of a tombstone: on no board, and in the index of due leads only while there is something to clean.
pub fn from_tombstone(tombstone: &Tombstone, due_shards: u32, write: &str) -> Result<Item, StoreError> {
    let mut item = encode(tombstone)?;
    insert_keys(&mut item, &tombstone.id, write);
    if tombstone.due_at.is_some() {
        item.insert(DUE_SHARD.into(), text(tombstone.id.shard(due_shards).to_string()));
    }
    insert_relay(&mut item, &tombstone.id, &tombstone.told, due_shards);
    if let Some(expires) = tombstone.expires_at() {
        item.insert(EXPIRES_AT.into(), number(expires.as_second()));
    }
    write_unknown(&tombstone.unknown, &mut item);
    Ok(item)
}

fn insert_relay(item: &mut Item, id: &LeadId, told: &[Told], shards: u32) {
    if let Some(at) = relay_at(told) {
        item.insert(RELAY_SHARD.into(), text(id.shard(shards).to_string()));
        item.insert(RELAY_AT.into(), number(at));
    }
}

/// A row of the index of deliveries.
pub fn relay_row(row: &Item) -> Option<RelayRow> {
    Some(RelayRow {
        id: lead_id(row)?,
        at: integer(row, RELAY_AT)?,
    })
}

/// The item of the table of keys that says how a destination is.
pub fn health_pk(destination: &DestinationName) -> String {
    format!("destination#{destination}")
}

/// The item of the table of keys that holds the access token which a destination gave for its secret.
pub fn access_pk(destination: &DestinationName) -> String {
    format!("access#{destination}")
}

/// The item of the table of keys that holds a destination's secret.
pub fn secret_pk(destination: &DestinationName) -> String {
    format!("secret#{destination}")
}

fn encode(stored: &impl Serialize) -> Result<Item, StoreError> {
    let corrupt = |_| StoreError::new("encode", StoreErrorKind::Corrupt);
    let mut item: Item = serde_dynamo::to_item(stored).map_err(corrupt)?;
    item.remove("id"); // it is the partition key
    Ok(item)
}

fn insert_keys(item: &mut Item, id: &LeadId, write: &str) {
    item.insert(PK.into(), text(id.as_str()));
    item.insert(SK.into(), text(SK_LEAD));
    item.insert(FORM.into(), number(FORM_WRITTEN));
    item.insert(WRITE.into(), text(write));
}

fn write_unknown(unknown: &Unknown, item: &mut Item) {
    if let Some(rest) = unknown.get::<Rest>() {
        rest.write_into(item);
    }
}

/// What this version sets anew with each write, and what it wrote in form 1 and no more: never taken for unknown.
fn is_ours(name: &str) -> bool {
    [
        PK,
        SK,
        FORM,
        WRITE,
        WAKE,
        DUE_SHARD,
        RELAY_SHARD,
        RELAY_AT,
        BOARD,
        COLUMNS,
        "name",
    ]
    .contains(&name)
        || upgrade::REPLACED.contains(&name)
        || ALL_COLUMNS.iter().any(|(_, form_1)| *form_1 == name)
}

/// What an item holds beyond what was read of it.
fn unknown_in(stored: &Item, known: &Item) -> Unknown {
    let rest = Rest::of(stored, known, is_ours);
    let in_map = |name: &str| ALL_COLUMNS.iter().any(|(column, _)| *column == name) || MAP_COLUMNS.contains(&name);
    let columns = stored.get(COLUMNS).and_then(|columns| columns.as_m().ok());
    let columns = columns.and_then(|columns| Rest::of(columns, &Item::new(), in_map));
    Unknown::of(Rest::with(rest, COLUMNS, columns))
}

/// What an item holds: a lead, or what is left of one. What this version does not know stays with it.
///
/// # Errors
/// [`StoreErrorKind::Corrupt`] when it does not parse, or is of a form that this version does not know.
pub fn to_record(item: Item) -> Result<Record, StoreError> {
    if is_lead(&item) {
        // What an older form says in other words is not unknown.
        let stored = upgraded(item);
        let mut lead: Lead = decode(stored.clone())?;
        lead.unknown = unknown_in(&stored, &encode(&lead)?);
        return Ok(lead.into());
    }
    let mut stored = item.clone();
    stored.remove(EXPIRES_AT);
    let mut tombstone: Tombstone = decode(item)?;
    tombstone.unknown = unknown_in(&stored, &encode(&tombstone)?);
    Ok(Record::Tombstone(tombstone))
}

/// Whether an item is that of a lead, and not of an erased one.
pub fn is_lead(item: &Item) -> bool {
    !item.contains_key(ERASED_AT)
}

/// The lead of an item, to look at: what this version does not know is left out, so it is not to be stored again.
pub fn to_lead(item: Item) -> Result<Lead, StoreError> {
    decode(upgraded(item))
}

fn upgraded(mut item: Item) -> Item {
    if whole(&item, FORM).unwrap_or(1) < FORM_WRITTEN as u64 {
        upgrade::upgrade(&mut item);
    }
    item
}

fn decode<T: DeserializeOwned>(mut item: Item) -> Result<T, StoreError> {
    let corrupt = || StoreError::new("decode", StoreErrorKind::Corrupt);
    if item.contains_key(FORM) && whole(&item, FORM).is_none_or(|form| form > FORM_WRITTEN as u64) {
        return Err(corrupt());
    }
    let id = item.remove(PK).ok_or_else(corrupt)?;
    item.insert("id".into(), id);
    serde_dynamo::from_item(item).map_err(|_| corrupt())
}

/// A published campaign of its row; nothing if this version cannot read it.
pub fn campaign(row: &Item) -> Option<Published> {
    let readable = !row.contains_key(FORM) || whole(row, FORM)? <= CAMPAIGN_FORM;
    let campaign = serde_json::from_str(row.get("campaign")?.as_s().ok()?);
    Some(Published {
        campaign: campaign.ok().filter(|_| readable)?,
        version: string(row, "version")?,
    })
}

/// The published destinations of the row of this sort key; `None` where this version cannot read them.
pub fn destinations(row: &Item) -> Option<Vec<Destination>> {
    let readable = !row.contains_key(FORM) || whole(row, FORM)? <= CAMPAIGN_FORM;
    serde_json::from_str(row.get("destinations")?.as_s().ok()?)
        .ok()
        .filter(|_| readable)
}

/// Sort key of a post kept since a moment.
pub fn kept_sk(at: Timestamp) -> String {
    format!("{SK_KEPT}{:012}", at.as_second())
}

/// Where a kept post stands in the index of due leads: before every lead, so that it is folded in before anything is
/// decided without it.
pub const KEPT_DUE_AT: i64 = 0;

/// The row of a kept post: due at once, and in the index of due leads until it is done with.
pub fn from_kept(id: &LeadId, at: Timestamp, post: &str, due_shards: u32) -> Item {
    Item::from([
        (PK.to_owned(), text(id.as_str())),
        (SK.to_owned(), text(kept_sk(at))),
        (POST.to_owned(), text(post)),
        (DUE_AT.to_owned(), number(KEPT_DUE_AT)),
        (DUE_SHARD.to_owned(), text(id.shard(due_shards).to_string())),
    ])
}

/// What stays of it: its key, until DynamoDB deletes it.
pub fn from_kept_done(id: &LeadId, at: Timestamp, now: Timestamp) -> Item {
    Item::from([
        (PK.to_owned(), text(id.as_str())),
        (SK.to_owned(), text(kept_sk(at))),
        (EXPIRES_AT.to_owned(), number(now.as_second())),
    ])
}

/// The kept post of a row, and its moment; nothing where it is done with.
pub fn kept_post(row: &Item) -> Option<KeptRow> {
    let seconds = string(row, SK)?.strip_prefix(SK_KEPT)?.parse().ok()?;
    let readable = !row.contains_key(FORM) || whole(row, FORM).is_some_and(|form| form <= KEPT_FORM);
    Some(KeptRow {
        at: Timestamp::from_second(seconds).ok()?,
        post: string(row, POST)?,
        readable,
    })
}

/// The row of what is left to do after a publish; in the index of due leads only while there is something.
///
/// # Errors
/// [`StoreErrorKind::Corrupt`]: it cannot be written.
pub fn from_anew(anew: &Anew) -> Result<Item, StoreError> {
    let corrupt = |_| StoreError::new("save alarms", StoreErrorKind::Corrupt);
    let mut row: Item = serde_dynamo::to_item(anew).map_err(corrupt)?;
    row.insert(PK.into(), text(PK_ALARMS));
    row.insert(SK.into(), text(SK_STATE));
    if !anew.campaigns.is_empty() {
        row.insert(DUE_AT.into(), number(ALARMS_DUE_AT));
        row.insert(DUE_SHARD.into(), text(ALARMS_SHARD.to_string()));
    }
    write_unknown(&anew.unknown, &mut row);
    Ok(row)
}

/// What is left to do after a publish, of its row. What this version does not know stays with it.
///
/// # Errors
/// [`StoreErrorKind::Corrupt`] when it does not parse, or is of a form that this version does not know.
pub fn to_anew(row: Item) -> Result<Anew, StoreError> {
    let corrupt = || StoreError::new("alarms", StoreErrorKind::Corrupt);
    if row.contains_key(FORM) && whole(&row, FORM).is_none_or(|form| form > ALARMS_FORM) {
        return Err(corrupt());
    }
    let mut anew: Anew = serde_dynamo::from_item(row.clone()).map_err(|_| corrupt())?;
    let rest = Rest::of(&row, &encode(&anew)?, is_of_alarms);
    anew.unknown = Unknown::of(rest);
    Ok(anew)
}

/// What this version sets anew with each write of that row.
fn is_of_alarms(name: &str) -> bool {
    [PK, SK, DUE_AT, DUE_SHARD].contains(&name)
}

/// Where a page of a campaign's list ended, as text: the last row's moment and keys. It names nobody.
pub fn list_place(last: &Item) -> Option<String> {
    let at = moment(last, CAPTURED_AT)?.as_second();
    Some(format!("{at}/{}/{}", string(last, PK)?, string(last, SK)?))
}

/// Whether a text is such a place.
pub fn is_list_place(place: &str) -> bool {
    list_key("", place).is_some()
}

/// Where a row stands in its list, oldest first.
pub fn list_order(row: &Item) -> (Option<Timestamp>, Option<String>, Option<String>) {
    (moment(row, CAPTURED_AT), string(row, PK), string(row, SK))
}

/// The key behind such a text, in the list of this key.
pub fn list_key(board: &str, place: &str) -> Option<Item> {
    let mut parts = place.splitn(3, '/');
    let at: i64 = parts.next()?.parse().ok()?;
    Some(Item::from([
        (BOARD.to_owned(), text(board)),
        (CAPTURED_AT.to_owned(), number(at)),
        (PK.to_owned(), text(parts.next()?)),
        (SK.to_owned(), text(parts.next()?)),
    ]))
}

/// The key of a lead's row in the list of a campaign, from its moment there and whether it stands in another campaign
/// first: where a page goes on after that row, also when it is gone by then.
pub fn row_key((workspace, campaign): (&WorkspaceId, &CampaignId), at: Timestamp, id: &LeadId, further: bool) -> Item {
    let sk = match further {
        true => format!("{SK_FURTHER}{campaign}"),
        false => SK_LEAD.to_owned(),
    };
    Item::from([
        (BOARD.to_owned(), text(board_key(workspace, campaign, at))),
        (CAPTURED_AT.to_owned(), number(at.as_second())),
        (PK.to_owned(), text(id.as_str())),
        (SK.to_owned(), text(sk)),
    ])
}

/// The row of a report of somebody who has not come yet: in no index, and gone after its time.
pub fn from_early(id: &LeadId, report: &Report, now: Timestamp) -> Result<Item, StoreError> {
    let corrupt = |_| StoreError::new("encode", StoreErrorKind::Corrupt);
    let json = serde_json::to_string(report).map_err(corrupt)?;
    Ok(Item::from([
        (PK.to_owned(), text(id.as_str())),
        (SK.to_owned(), text(early_sk(report.id.as_str()))),
        (REPORT.to_owned(), text(json)),
        (TOLD_AT.to_owned(), number(now.as_second())),
        (EXPIRES_AT.to_owned(), number((now + limits::EARLY_KEPT).as_second())),
    ]))
}

/// The row that says whose record another system holds: it names neither the record nor a person.
pub fn from_record(row: &str, lead: &LeadId) -> Item {
    Item::from([
        (PK.to_owned(), text(row)),
        (SK.to_owned(), text(SK_RECORD)),
        (OF_LEAD.to_owned(), text(lead.as_str())),
    ])
}

/// Sort key of such a report.
pub fn early_sk(report: &str) -> String {
    format!("{SK_EARLY}{report}")
}

/// The report of a row; nothing where it is done with, over, or of a newer form.
pub fn early_report(row: &Item, now: Timestamp) -> Option<Report> {
    let readable = !row.contains_key(FORM) || whole(row, FORM).is_some_and(|form| form <= EARLY_FORM);
    let lasts = moment(row, EXPIRES_AT).is_some_and(|until| now < until);
    let json = string(row, REPORT).filter(|_| readable && lasts)?;
    serde_json::from_str(&json).ok()
}

/// The row of a mailbox.
pub fn from_mailbox(id: &LeadId, mailbox: &Mailbox, now: Timestamp) -> Result<Item, StoreError> {
    let mut item = encode(mailbox)?;
    item.insert(PK.into(), text(id.as_str()));
    item.insert(SK.into(), text(SK_MAILBOX));
    item.insert(EXPIRES_AT.into(), number((now + MAILBOX_KEPT).as_second()));
    Ok(item)
}

/// What such a row says.
///
/// # Errors
/// [`StoreErrorKind::Corrupt`] when it does not parse.
pub fn to_mailbox(item: Item) -> Result<Mailbox, StoreError> {
    serde_dynamo::from_item(item).map_err(|_| StoreError::new("mailbox", StoreErrorKind::Corrupt))
}

/// The hash under which the index `board` lists the held posts of a workspace; no list of leads has one of two parts.
pub fn held_board(workspace: &WorkspaceId) -> String {
    format!("{workspace}#held")
}

/// The row of a held post, under this mark: listed by its workspace, and gone after its time.
pub fn from_held(id: &LeadId, held: &Held, mark: &str) -> Result<Item, StoreError> {
    let corrupt = |_| StoreError::new("encode", StoreErrorKind::Corrupt);
    let json = serde_json::to_string(held).map_err(corrupt)?;
    Ok(Item::from([
        (PK.to_owned(), text(id.as_str())),
        (SK.to_owned(), text(held_sk(held.at, mark))),
        (HELD.to_owned(), text(json)),
        (BOARD.to_owned(), text(held_board(&held.workspace))),
        (CAPTURED_AT.to_owned(), number(held.at.as_second())),
        (
            EXPIRES_AT.to_owned(),
            number((held.at + limits::QUARANTINE_KEPT).as_second()),
        ),
    ]))
}

/// Sort key of such a post.
pub fn held_sk(at: Timestamp, mark: &str) -> String {
    format!("{SK_HELD}{:012}#{mark}", at.as_second())
}

/// The held post of a row; nothing where it is done with, over, or of a newer form.
pub fn held_row(row: &Item, now: Timestamp) -> Option<HeldRow> {
    let readable = !row.contains_key(FORM) || whole(row, FORM).is_some_and(|form| form <= HELD_FORM);
    let lasts = moment(row, EXPIRES_AT).is_some_and(|until| now < until);
    let json = string(row, HELD).filter(|_| readable && lasts)?;
    let held: Held = serde_json::from_str(&json).ok()?;
    let sk = string(row, SK)?;
    let (at, mark) = sk.strip_prefix(SK_HELD)?.split_once('#')?;
    Some(HeldRow {
        lead: lead_id(row)?,
        mark: mark.to_owned(),
        held: Held {
            at: Timestamp::from_second(at.parse().ok()?).ok()?,
            ..held
        },
        released_at: moment(row, RELEASED_AT),
        row: row.clone(),
    })
}

/// The row of an import, or of a page of it; without `until` it stays, and names nobody.
///
/// # Errors
/// [`StoreErrorKind::Corrupt`]: it cannot be written.
pub fn from_import(
    id: &ImportId,
    sk: &str,
    content: &impl Serialize,
    until: Option<Timestamp>,
) -> Result<Item, StoreError> {
    let corrupt = |_| StoreError::new("encode", StoreErrorKind::Corrupt);
    let json = serde_json::to_string(content).map_err(corrupt)?;
    let mut row = Item::from([
        (PK.to_owned(), text(id.as_str())),
        (SK.to_owned(), text(sk)),
        (IMPORT.to_owned(), text(json)),
    ]);
    if let Some(until) = until {
        row.insert(EXPIRES_AT.into(), number(until.as_second()));
    }
    Ok(row)
}

/// Sort key of the page of an import that begins at this line.
pub fn import_page_sk(line: u64) -> String {
    format!("{SK_IMPORT_PAGE}{line:010}")
}

/// The content of a row of an import; nothing where it was taken back, is over, or of a newer form.
pub fn import_content<T: DeserializeOwned>(row: &Item, now: Timestamp) -> Option<T> {
    let lasts = moment(row, EXPIRES_AT).is_none_or(|until| now < until);
    let json = string(row, IMPORT).filter(|_| lasts && !row.contains_key(FORM))?;
    serde_json::from_str(&json).ok()
}

/// The item of a desk.
pub fn from_desk(desk: &Desk, due_shards: u32, write: &str) -> Result<Item, StoreError> {
    let mut item = encode(desk)?;
    item.insert(PK.into(), text(desk.id.as_str()));
    item.insert(SK.into(), text(SK_DESK));
    item.insert(WRITE.into(), text(write));
    if desk.due_at.is_some() {
        item.insert(DUE_SHARD.into(), text(desk.id.shard(due_shards).to_string()));
    }
    write_unknown(&desk.unknown, &mut item);
    Ok(item)
}

/// The desk of an item. What this version does not know stays with it.
///
/// # Errors
/// [`StoreErrorKind::Corrupt`] when it does not parse, or is of a form that this version does not know.
pub fn to_desk(mut item: Item) -> Result<Desk, StoreError> {
    let corrupt = || StoreError::new("desk", StoreErrorKind::Corrupt);
    if item.contains_key(FORM) && whole(&item, FORM).is_none_or(|form| form > DESK_FORM) {
        return Err(corrupt());
    }
    let stored = item.clone();
    let id = item.remove(PK).ok_or_else(corrupt)?;
    item.insert("id".into(), id);
    let mut desk: Desk = serde_dynamo::from_item(item).map_err(|_| corrupt())?;
    let rest = Rest::of(&stored, &encode(&desk)?, is_of_desk);
    desk.unknown = Unknown::of(rest);
    Ok(desk)
}

/// What this version sets anew with each write of a desk.
fn is_of_desk(name: &str) -> bool {
    [PK, SK, WRITE, DUE_SHARD].contains(&name)
}

/// A row of the index of due leads.
pub fn due_row(row: &Item) -> Option<DueRow> {
    Some(DueRow {
        id: lead_id(row)?,
        at: moment(row, DUE_AT)?,
        kept: string(row, SK).is_some_and(|sk| sk.starts_with(SK_KEPT)),
        desk: string(row, SK).is_some_and(|sk| sk == SK_DESK),
    })
}

/// The size that DynamoDB bills: names and values in UTF-8, numbers at one byte per two significant digits plus one,
/// three bytes a list or map and one for each of their elements.
///
/// Source: Amazon DynamoDB developer guide, "DynamoDB item sizes and formats".
pub fn size_bytes(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

/// How many bytes the item of a lead takes.
///
/// # Errors
/// [`StoreErrorKind::Corrupt`]: it cannot be written.
pub fn stored_bytes(lead: &Lead) -> Result<usize, StoreError> {
    // The mark of a write is as long as a lead's id.
    Ok(size_bytes(&from_lead(lead, 1, lead.id.as_str(), false)?))
}

fn value_size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => number_size(number),
        AttributeValue::Bool(_) | AttributeValue::Null(_) => 1,
        AttributeValue::L(list) => 3 + list.iter().map(|value| 1 + value_size(value)).sum::<usize>(),
        AttributeValue::M(map) => {
            3 + map
                .iter()
                .map(|(name, value)| 1 + name.len() + value_size(value))
                .sum::<usize>()
        }
        _ => 0, // sets and binaries are not used
    }
}

/// A whole number (no other kind is stored): the zeros at its end cost nothing, a minus sign costs one.
fn number_size(number: &str) -> usize {
    let digits = number.trim_start_matches('-');
    digits.trim_matches('0').len().div_ceil(2) + 1 + usize::from(digits.len() < number.len())
}

/// The lead id of an index row.
pub fn lead_id(item: &Item) -> Option<LeadId> {
    Some(LeadId::new(item.get(PK)?.as_s().ok()?.clone()))
}

/// What a report knows of the lead of a row of the board; nothing if this version cannot read it.
pub fn figures(row: &Item) -> Option<Figures> {
    let captured_at = moment(row, CAPTURED_AT)?;
    let entered = |column| match place_of(row, column) {
        (columns, name) if name == column.0 => {
            let seconds: i64 = columns.get(name)?.as_n().ok()?.parse().ok()?;
            captured_at.checked_add(SignedDuration::from_secs(seconds)).ok()
        }
        (row, form_1) => moment(row, form_1),
    };
    Some(Figures {
        captured_at,
        stage: Stage::from_code(&string(row, "stage")?)?,
        entered: Entered(ENTERED.map(entered)),
        person: person_of(row, captured_at),
        further: columns_in(row).is_some_and(|columns| columns.contains_key(FURTHER)),
        source: string_in(row, SOURCE),
        touched: columns_in(row).and_then(|columns| string(columns, TOUCHED)),
        latest: columns_in(row).and_then(|columns| after(columns, LATEST, captured_at)),
        grade: string(row, GRADE),
        owner: columns_in(row).and_then(|columns| string(columns, OWNER)),
        cents: columns_in(row).and_then(|columns| whole(columns, CENTS)),
        rejected: columns_in(row).and_then(|columns| string(columns, REJECTED)),
        response: string_in(row, RESPONSE).and_then(|text| text.parse().ok()),
        erased: columns_in(row).and_then(|columns| string(columns, HOURS)?.parse().ok()),
    })
}

fn columns_in(row: &Item) -> Option<&Item> {
    row.get(COLUMNS)?.as_m().ok()
}

/// A moment that stands in the map as seconds after the capture.
fn after(columns: &Item, name: &str, captured_at: Timestamp) -> Option<Timestamp> {
    let seconds: i64 = columns.get(name)?.as_n().ok()?.parse().ok()?;
    captured_at.checked_add(SignedDuration::from_secs(seconds)).ok()
}

/// When the person entered the stages, where that differs from what the row's campaign has seen of them.
fn person_of(row: &Item, captured_at: Timestamp) -> Option<Entered> {
    let columns = columns_in(row)?;
    let differs = PERSON.iter().any(|name| columns.contains_key(*name));
    differs.then(|| Entered(PERSON.map(|name| after(columns, name, captured_at))))
}

/// A row of the board, for a list.
pub fn board_row(row: &Item) -> Option<BoardRow> {
    Some(BoardRow {
        id: lead_id(row)?,
        captured_at: moment(row, CAPTURED_AT)?,
        email: Personal::new(string(row, "email").unwrap_or_default()),
        name: Personal::new(string(row, "name").unwrap_or_default()),
        stage: string(row, "stage").unwrap_or_default(),
        unknown: count_in(row, UNKNOWN),
        copies: count_in(row, COPIES),
        call_from: moment_in(row, CALL),
        owner: columns_in(row).and_then(|columns| string(columns, OWNER)),
        source: string_in(row, SOURCE),
        further: columns_in(row).is_some_and(|columns| columns.contains_key(FURTHER)),
    })
}

/// Where a column stands: in the map of its row, or on its own in a row of form 1.
fn place_of(row: &Item, (name, form_1): Column) -> (&Item, &'static str) {
    match row.get(COLUMNS) {
        Some(AttributeValue::M(columns)) => (columns, name),
        _ => (row, form_1),
    }
}

fn string_in(row: &Item, column: Column) -> Option<String> {
    let (columns, name) = place_of(row, column);
    string(columns, name)
}

fn moment_in(row: &Item, column: Column) -> Option<Timestamp> {
    let (columns, name) = place_of(row, column);
    moment(columns, name)
}

/// Absent is 0.
fn count_in(row: &Item, column: Column) -> usize {
    let (columns, name) = place_of(row, column);
    whole(columns, name)
        .and_then(|count| count.try_into().ok())
        .unwrap_or(0)
}

/// A moment column.
pub fn moment(item: &Item, name: &str) -> Option<Timestamp> {
    let seconds = item.get(name)?.as_n().ok()?.parse().ok()?;
    Timestamp::from_second(seconds).ok()
}

/// A text column.
pub fn string(item: &Item, name: &str) -> Option<String> {
    item.get(name)?.as_s().ok().cloned()
}

/// A number, if it is one.
pub fn integer(item: &Item, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// A whole number, if it is one.
pub fn whole(item: &Item, name: &str) -> Option<u64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}
