//! Items: what a lead looks like in the table, in both directions. Keys and columns are named here and nowhere else.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use piste_domain::lead::stage::Stage;
use piste_domain::views::funnel::{Entered, Figures};
use piste_domain::{CampaignId, Lead, LeadId, Record, Tombstone, WorkspaceId};

use super::{StoreError, StoreErrorKind};

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
/// Index of leads by campaign and month, newest last.
pub const INDEX_BOARD: &str = "board";
/// Its hash: `<workspace>#<campaign>#<year>-<month>`.
pub const BOARD: &str = "board";
/// Its range: seconds since 1970.
pub const CAPTURED_AT: &str = "captured_at";
/// What the board shows besides its keys.
pub const BOARD_COLUMNS: [&str; 12] = [
    "email", "name", "stage", UNKNOWN, COPIES, SOURCE, GRADE, RESPONSE, ENTERED[0], ENTERED[1], ENTERED[2], CALL,
];
/// How many mails of the lead are unknown; absent when none is.
pub const UNKNOWN: &str = "unknown";
/// How many mails of the lead SES accepted twice; absent when none.
pub const COPIES: &str = "copies";
/// Sort key of a message that another system sent: its partition key is a hash of 26 characters, like a lead's.
pub const SK_MESSAGE: &str = "message";
/// A hash of that message's body.
pub const BODY: &str = "body";
/// Where the first post came from; absent when unknown.
pub const SOURCE: &str = "src";
/// The lead's grade at its latest change.
pub const GRADE: &str = "g";
/// How soon sales answered, as [`piste_domain::rules::sales::Response`] writes it; absent when the lead was never handed to them.
pub const RESPONSE: &str = "resp";
/// Since when somebody should call the lead, in seconds since 1970; absent when nobody should.
pub const CALL: &str = "call";
/// When the lead first became MQL, SQL and customer, in seconds since 1970; absent when it never did. They are in the
/// item's history too: here a report finds them without reading the item.
pub const ENTERED: [&str; 3] = ["mq", "sq", "cu"];
/// Seconds since 1970 after which DynamoDB may delete an item.
pub const EXPIRES_AT: &str = "expires_at";
/// When a lead was erased: what tells a tombstone from a lead.
pub const ERASED_AT: &str = "er";
/// Partition of every wording that a consent was ever asked in: sort key is its hash, and no row ever goes (R61).
pub const PK_WORDING: &str = "WORDING";
/// How the sort keys of the audit begin: its rows lie in the partition of the lead they are about, and outlive it.
pub const SK_AUDIT: &str = "audit#";
/// The key of the key ring, the one item of its table.
pub const PK_RING: &str = "ring";
/// Partition of the published campaigns: one item each, so that one query reads them all.
pub const PK_CONFIG: &str = "CONFIG";

/// Partition of what concerns all mail at once: the state of sending, and the breaker's counts by day.
pub const PK_SENDING: &str = "SENDING";
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
    let corrupt = |_| StoreError::new("encode", StoreErrorKind::Corrupt);
    let mut item: Item = serde_dynamo::to_item(lead).map_err(corrupt)?;
    item.remove("id"); // it is the partition key
    item.insert(PK.into(), text(lead.id.as_str()));
    item.insert(SK.into(), text(SK_LEAD));
    item.insert(WRITE.into(), text(write));
    item.insert(
        BOARD.into(),
        text(board_key(&lead.workspace, &lead.campaign, lead.captured_at)),
    );
    let name = lead.full_name();
    if !name.is_empty() {
        item.insert("name".into(), text(name));
    }
    for (column, mails) in [(UNKNOWN, lead.unknown_sends()), (COPIES, lead.duplicate_sends())] {
        if mails > 0 {
            item.insert(column.into(), number(mails as i64));
        }
    }
    let figures = Figures::of(lead);
    if let Some(source) = figures.source {
        item.insert(SOURCE.into(), text(source));
    }
    if let Some(response) = figures.response {
        item.insert(RESPONSE.into(), text(response.to_string()));
    }
    if let Some(from) = lead.call_from().filter(|_| lead.version > 1) {
        item.insert(CALL.into(), number(from.as_second()));
    }
    for (column, entered) in ENTERED.into_iter().zip(figures.entered.0) {
        if let Some(at) = entered {
            item.insert(column.into(), number(at.as_second()));
        }
    }
    if lead.due_at.is_some() {
        item.insert(DUE_SHARD.into(), text(lead.id.shard(due_shards).to_string()));
    }
    if wake {
        item.insert(WAKE.into(), AttributeValue::Bool(true));
    }
    Ok(item)
}

/// The item of a tombstone: on no board, and in the index of due leads only while there is something to clean.
pub fn from_tombstone(tombstone: &Tombstone, due_shards: u32, write: &str) -> Result<Item, StoreError> {
    let corrupt = |_| StoreError::new("encode", StoreErrorKind::Corrupt);
    let mut item: Item = serde_dynamo::to_item(tombstone).map_err(corrupt)?;
    item.remove("id"); // it is the partition key
    item.insert(PK.into(), text(tombstone.id.as_str()));
    item.insert(SK.into(), text(SK_LEAD));
    item.insert(WRITE.into(), text(write));
    if tombstone.due_at.is_some() {
        item.insert(DUE_SHARD.into(), text(tombstone.id.shard(due_shards).to_string()));
    }
    if let Some(expires) = tombstone.expires_at() {
        item.insert(EXPIRES_AT.into(), number(expires.as_second()));
    }
    Ok(item)
}

/// What an item holds: a lead, or what is left of one.
pub fn to_record(mut item: Item) -> Result<Record, StoreError> {
    if !item.contains_key(ERASED_AT) {
        return Ok(to_lead(item)?.into());
    }
    let corrupt = || StoreError::new("decode", StoreErrorKind::Corrupt);
    let id = item.remove(PK).ok_or_else(corrupt)?;
    item.insert("id".into(), id);
    serde_dynamo::from_item(item)
        .map(Record::Tombstone)
        .map_err(|_| corrupt())
}

/// The lead of an item.
pub fn to_lead(mut item: Item) -> Result<Lead, StoreError> {
    let corrupt = || StoreError::new("decode", StoreErrorKind::Corrupt);
    let id = item.remove(PK).ok_or_else(corrupt)?;
    item.insert("id".into(), id);
    serde_dynamo::from_item(item).map_err(|_| corrupt())
}

/// The size that DynamoDB bills: names and values in UTF-8, numbers at one byte per two significant digits plus one,
/// three bytes a list or map and one for each of their elements.
///
/// Source: Amazon DynamoDB developer guide, "DynamoDB item sizes and formats".
pub fn size_bytes(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_size(value)).sum()
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

/// What a report knows of the lead of a row of the board.
pub fn figures(item: &Item) -> Option<Figures> {
    Some(Figures {
        captured_at: moment(item, CAPTURED_AT)?,
        stage: Stage::from_code(&string(item, "stage")?)?,
        entered: Entered(ENTERED.map(|column| moment(item, column))),
        source: string(item, SOURCE),
        grade: string(item, GRADE),
        response: string(item, RESPONSE).and_then(|text| text.parse().ok()),
    })
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

/// A count column; absent is 0.
pub fn count(item: &Item, name: &str) -> usize {
    whole(item, name).and_then(|number| number.try_into().ok()).unwrap_or(0)
}

/// A whole number, if it is one.
pub fn whole(item: &Item, name: &str) -> Option<u64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}
