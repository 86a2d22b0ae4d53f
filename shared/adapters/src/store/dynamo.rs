//! DynamoDB, and every engine that speaks its protocol. The documentation of each request is on [`Store`](super::Store).

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, ReturnValuesOnConditionCheckFailure};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use piste_domain::campaign::Published;
use piste_domain::rules::rights_log::RightsEntry;
use piste_domain::rules::sending::{Sending, Tally};
use piste_domain::views::funnel::Figures;
use piste_domain::{CampaignId, Catalog, Lead, LeadId, Personal, Record, Tombstone, WorkspaceId};

use super::item::{self, Item};
use super::{BoardRow, Count, Page, Saved, StoreError, StoreErrorKind};
use crate::clock::random_hex;
use crate::keys::KeyRing;

/// How long a day's count is kept: longer than the breaker looks back.
const TALLY_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

impl StoreError {
    fn of<E: ProvideErrorMetadata, R>(operation: &'static str, error: &SdkError<E, R>) -> Self {
        let kind = match error {
            SdkError::ServiceError(inner) => StoreErrorKind::of(inner.err()),
            _ => StoreErrorKind::NoAnswer,
        };
        Self::new(operation, kind)
    }
}

impl StoreErrorKind {
    /// The kind of an answer by its AWS error code.
    pub(super) fn of(error: &impl ProvideErrorMetadata) -> Self {
        match error.code() {
            Some(
                "ProvisionedThroughputExceededException"
                | "ThrottlingException"
                | "RequestLimitExceeded"
                | "LimitExceededException"
                // Somebody's tool has the item in a transaction; we use none.
                | "TransactionConflictException",
            ) => Self::Throttled,
            Some("InternalServerError" | "ServiceUnavailable" | "InternalFailure") | None => Self::NoAnswer,
            Some(_) => Self::Refused,
        }
    }
}

fn condition_failed<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    code == Some("ConditionalCheckFailedException")
}

/// The tables, through the AWS SDK and nothing else: DynamoDB and the embedded engine are reached the same way.
#[derive(Clone, Debug)]
pub struct Dynamo {
    pub(super) client: Client,
    pub(super) table: String,
    pub(super) keys_table: String,
    pub(super) due_shards: u32,
}

impl Dynamo {
    pub(super) fn new(client: Client, table: &str, keys_table: &str, due_shards: u32) -> Self {
        Self {
            client,
            table: table.to_owned(),
            keys_table: keys_table.to_owned(),
            due_shards,
        }
    }

    pub(super) async fn record(&self, id: &LeadId) -> Result<Option<Record>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(item::PK, item::text(id.as_str()))
            .key(item::SK, item::text(item::SK_LEAD))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::of("load", &error))?;
        answer.item.map(item::to_record).transpose()
    }

    pub(super) async fn save(&self, lead: &Lead, known: Option<u64>, wake: bool) -> Result<Saved, StoreError> {
        let write = random_hex::<4>();
        let item = item::from_lead(lead, self.due_shards, &write, wake)?;
        self.put(&lead.id, item, &write, known).await
    }

    pub(super) async fn bury(&self, tombstone: &Tombstone, known: u64) -> Result<Saved, StoreError> {
        let write = random_hex::<4>();
        let item = item::from_tombstone(tombstone, self.due_shards, &write)?;
        self.put(&tombstone.id, item, &write, Some(known)).await
    }

    async fn put(&self, id: &LeadId, item: Item, write: &str, known: Option<u64>) -> Result<Saved, StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let put = match known {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(version) => put
                .condition_expression("v = :known")
                .expression_attribute_values(":known", item::number(version.cast_signed())),
        };
        let error = match put.send().await {
            Ok(_) => return Ok(Saved::Yes),
            Err(error) => error,
        };
        let held = match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed)) => failed.item().cloned(),
            _ => return Err(StoreError::of("save", &error)),
        };
        match held {
            Some(held) if item::string(&held, item::WRITE).as_deref() == Some(write) => Ok(Saved::Yes),
            Some(held) => Ok(Saved::Conflict(item::to_record(held)?)),
            // The lead we knew is gone, or the engine did not return it: start over from a read.
            None => match self.record(id).await? {
                Some(current) => Ok(Saved::Conflict(current)),
                None => Err(StoreError::new("save", StoreErrorKind::Contended)),
            },
        }
    }

    pub(super) async fn audit(&self, row: &RightsEntry) -> Result<(), StoreError> {
        let row = [
            (item::PK, row.lead.to_string()),
            (item::SK, format!("{}{}#{}", item::SK_AUDIT, row.at, row.action.code())),
            ("at", row.at.to_string()),
            ("actor", row.actor.code().to_owned()),
            ("action", row.action.code().to_owned()),
        ];
        self.put_row(&self.table, &row).await
    }

    pub(super) async fn audits(&self, id: &LeadId) -> Result<Vec<RightsEntry>, StoreError> {
        let mut rows = Vec::new();
        let mut from = None;
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk AND begins_with(sk, :audit)")
                .expression_attribute_values(":pk", item::text(id.as_str()))
                .expression_attribute_values(":audit", item::text(item::SK_AUDIT))
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(|error| StoreError::of("audits", &error))?;
            for mut row in answer.items.unwrap_or_default() {
                let corrupt = || StoreError::new("audits", StoreErrorKind::Corrupt);
                let lead = row.remove(item::PK).ok_or_else(corrupt)?;
                row.insert("lead".into(), lead);
                rows.push(serde_dynamo::from_item(row).map_err(|_| corrupt())?);
            }
            from = answer.last_evaluated_key;
            if from.is_none() {
                return Ok(rows);
            }
        }
    }

    pub(super) async fn due(
        &self,
        shard: u32,
        until: Timestamp,
        limit: i32,
        from: Option<Item>,
    ) -> Result<Page<(LeadId, Timestamp)>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(item::INDEX_DUE)
            .key_condition_expression("due_shard = :shard AND due_at <= :until")
            .expression_attribute_values(":shard", item::text(shard.to_string()))
            .expression_attribute_values(":until", item::number(until.as_second()))
            .limit(limit)
            .set_exclusive_start_key(from)
            .send()
            .await
            .map_err(|error| StoreError::of("due", &error))?;
        let rows = answer.items().iter();
        Ok(Page {
            rows: rows
                .filter_map(|row| Some((item::lead_id(row)?, item::moment(row, item::DUE_AT)?)))
                .collect(),
            next: answer.last_evaluated_key().cloned(),
        })
    }

    pub(super) async fn board(
        &self,
        workspace: &WorkspaceId,
        campaign: &CampaignId,
        until: Timestamp,
        from: Option<Item>,
    ) -> Result<Page<BoardRow>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(item::INDEX_BOARD)
            .key_condition_expression("board = :board AND captured_at <= :until")
            .expression_attribute_values(":board", item::text(item::board_key(workspace, campaign, until)))
            .expression_attribute_values(":until", item::number(until.as_second()))
            .scan_index_forward(false)
            .set_exclusive_start_key(from)
            .send()
            .await
            .map_err(|error| StoreError::of("board", &error))?;
        let row = |row: &Item| {
            Some(BoardRow {
                id: item::lead_id(row)?,
                captured_at: item::moment(row, item::CAPTURED_AT)?,
                email: Personal::new(item::string(row, "email").unwrap_or_default()),
                name: Personal::new(item::string(row, "name").unwrap_or_default()),
                stage: item::string(row, "stage").unwrap_or_default(),
                unknown: item::count(row, item::UNKNOWN),
                copies: item::count(row, item::COPIES),
                call_from: item::moment(row, item::CALL),
            })
        };
        Ok(Page {
            rows: answer.items().iter().filter_map(row).collect(),
            next: answer.last_evaluated_key().cloned(),
        })
    }

    pub(super) async fn figures(
        &self,
        workspace: &WorkspaceId,
        campaign: &CampaignId,
        (from, until): (Timestamp, Timestamp),
        next: Option<Item>,
    ) -> Result<Page<Figures>, StoreError> {
        // Names and addresses stay where they are.
        let columns = [item::CAPTURED_AT, "stage", item::SOURCE, item::GRADE, item::RESPONSE]
            .into_iter()
            .chain(item::ENTERED);
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(item::INDEX_BOARD)
            .key_condition_expression("board = :board AND captured_at BETWEEN :from AND :until")
            .expression_attribute_values(":board", item::text(item::board_key(workspace, campaign, from)))
            .expression_attribute_values(":from", item::number(from.as_second()))
            .expression_attribute_values(":until", item::number(until.as_second()))
            .projection_expression(columns.collect::<Vec<_>>().join(", "))
            .set_exclusive_start_key(next)
            .send()
            .await
            .map_err(|error| StoreError::of("figures", &error))?;
        Ok(Page {
            rows: answer.items().iter().filter_map(item::figures).collect(),
            next: answer.last_evaluated_key().cloned(),
        })
    }

    pub(super) async fn count_visit(
        &self,
        workspace: &WorkspaceId,
        campaign: &CampaignId,
        day: Date,
    ) -> Result<(), StoreError> {
        self.client
            .update_item()
            .table_name(&self.table)
            .key(item::PK, item::text(item::visits_pk(workspace, campaign)))
            .key(item::SK, item::text(day.to_string()))
            .update_expression("ADD counted :one")
            .expression_attribute_values(":one", item::number(1))
            .send()
            .await
            .map_err(|error| StoreError::of("count visit", &error))?;
        Ok(())
    }

    pub(super) async fn set_visitors(
        &self,
        workspace: &WorkspaceId,
        campaign: &CampaignId,
        day: Date,
        visitors: u64,
    ) -> Result<(), StoreError> {
        self.client
            .update_item()
            .table_name(&self.table)
            .key(item::PK, item::text(item::visits_pk(workspace, campaign)))
            .key(item::SK, item::text(day.to_string()))
            .update_expression("SET told = :told")
            .expression_attribute_values(":told", item::number(visitors.cast_signed()))
            .send()
            .await
            .map_err(|error| StoreError::of("set visitors", &error))?;
        Ok(())
    }

    pub(super) async fn visitors(
        &self,
        workspace: &WorkspaceId,
        campaign: &CampaignId,
        (from, to): (Date, Date),
    ) -> Result<Option<u64>, StoreError> {
        let mut visitors = None;
        let mut next = None;
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
                .expression_attribute_values(":pk", item::text(item::visits_pk(workspace, campaign)))
                .expression_attribute_values(":from", item::text(from.to_string()))
                .expression_attribute_values(":to", item::text(to.to_string()))
                .set_exclusive_start_key(next)
                .send()
                .await
                .map_err(|error| StoreError::of("visitors", &error))?;
            for row in answer.items() {
                let number = |name: &str| row.get(name)?.as_n().ok()?.parse::<u64>().ok();
                let day = number("told").or_else(|| number("counted")).unwrap_or(0);
                *visitors.get_or_insert(0) += day;
            }
            next = answer.last_evaluated_key().cloned();
            if next.is_none() {
                return Ok(visitors);
            }
        }
    }

    pub(super) async fn load_all(&self, ids: &[LeadId]) -> Result<Vec<Arc<Lead>>, StoreError> {
        let mut leads = Vec::with_capacity(ids.len());
        let key = |id: &LeadId| {
            Item::from([
                (item::PK.to_owned(), item::text(id.as_str())),
                (item::SK.to_owned(), item::text(item::SK_LEAD)),
            ])
        };
        let mut wanted: Vec<Item> = ids.iter().map(key).collect();
        // DynamoDB may answer a part only; each round makes progress or is throttled.
        for _ in 0..5 {
            if wanted.is_empty() {
                break;
            }
            let request = KeysAndAttributes::builder()
                .set_keys(Some(std::mem::take(&mut wanted)))
                .build()
                .expect("keys are set");
            let answer = self
                .client
                .batch_get_item()
                .request_items(&self.table, request)
                .send()
                .await
                .map_err(|error| StoreError::of("load all", &error))?;
            for found in answer.responses.unwrap_or_default().into_values().flatten() {
                leads.extend(item::to_record(found)?.lead());
            }
            let left = answer.unprocessed_keys.unwrap_or_default().into_values();
            wanted = left.flat_map(|keys| keys.keys).collect();
        }
        if !wanted.is_empty() {
            return Err(StoreError::new("load all", StoreErrorKind::Throttled));
        }
        leads.sort_by_key(|lead| ids.iter().position(|id| id == &lead.id));
        Ok(leads)
    }

    pub(super) async fn campaigns(&self, known: &Catalog) -> Result<Vec<Arc<Published>>, StoreError> {
        let mut campaigns = Vec::new();
        let mut from = None;
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :config")
                .expression_attribute_values(":config", item::text(item::PK_CONFIG))
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(|error| StoreError::of("campaigns", &error))?;
            let corrupt = || StoreError::new("campaigns", StoreErrorKind::Corrupt);
            for row in answer.items() {
                let version = item::string(row, "version").ok_or_else(corrupt)?;
                let id = CampaignId::new(item::string(row, item::SK).ok_or_else(corrupt)?);
                if let Some(same) = known.published(&id).filter(|known| known.version == version) {
                    campaigns.push(Arc::clone(same));
                    continue;
                }
                let json = item::string(row, "campaign").ok_or_else(corrupt)?;
                let campaign = serde_json::from_str(&json).map_err(|_| corrupt())?;
                campaigns.push(Arc::new(Published { campaign, version }));
            }
            from = answer.last_evaluated_key().cloned();
            if from.is_none() {
                return Ok(campaigns);
            }
        }
    }

    pub(super) async fn wording(&self, hash: &str) -> Result<Option<String>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(item::PK, item::text(item::PK_WORDING))
            .key(item::SK, item::text(hash))
            .send()
            .await
            .map_err(|error| StoreError::of("wording", &error))?;
        Ok(answer.item.and_then(|row| item::string(&row, "text")))
    }

    pub(super) async fn keep_wording(&self, hash: &str, text: &str) -> Result<(), StoreError> {
        let row = [
            (item::PK, item::PK_WORDING.to_owned()),
            (item::SK, hash.to_owned()),
            ("text", text.to_owned()),
        ];
        self.put_row(&self.table, &row).await
    }

    pub(super) async fn content(
        &self,
        campaign: &CampaignId,
        version: &str,
        file: &str,
    ) -> Result<Option<String>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(item::PK, item::text(item::content_pk(campaign, version)))
            .key(item::SK, item::text(file))
            .send()
            .await
            .map_err(|error| StoreError::of("content", &error))?;
        Ok(answer.item.and_then(|row| item::string(&row, "text")))
    }

    pub(super) async fn publish(
        &self,
        published: &Published,
        files: impl IntoIterator<Item = (&String, &String)>,
    ) -> Result<(), StoreError> {
        let id = &published.campaign.id;
        for (file, text) in files {
            let row = [
                (item::PK, item::content_pk(id, &published.version)),
                (item::SK, file.clone()),
                ("text", text.clone()),
            ];
            self.put_row(&self.table, &row).await?;
        }
        let json = serde_json::to_string(&published.campaign).expect("a campaign serialises");
        let row = [
            (item::PK, item::PK_CONFIG.to_owned()),
            (item::SK, id.to_string()),
            ("version", published.version.clone()),
            ("campaign", json),
        ];
        self.put_row(&self.table, &row).await
    }

    pub(super) async fn key_ring(&self) -> Result<Option<KeyRing>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.keys_table)
            .key(item::PK, item::text("ring"))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::of("key ring", &error))?;
        let Some(json) = answer.item.and_then(|row| item::string(&row, "ring")) else {
            return Ok(None);
        };
        let ring = KeyRing::from_json(&json).map_err(|_| StoreError::new("key ring", StoreErrorKind::Corrupt))?;
        Ok(Some(ring))
    }

    pub(super) async fn save_key_ring(&self, ring: &KeyRing, known: Option<&KeyRing>) -> Result<(), StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.keys_table)
            .item(item::PK, item::text("ring"))
            .item("ring", item::text(ring.to_json()));
        let put = match known {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(known) => put
                .condition_expression("ring = :known")
                .expression_attribute_values(":known", item::text(known.to_json())),
        };
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => {
                    Err(StoreError::new("save keys", StoreErrorKind::Contended))
                }
                _ => Err(StoreError::of("save keys", &error)),
            },
        }
    }

    pub(super) async fn leads(&self, from: Option<Item>) -> Result<Page<Result<Lead, LeadId>>, StoreError> {
        let answer = self
            .client
            .scan()
            .table_name(&self.table)
            .filter_expression("sk = :lead AND attribute_not_exists(er)")
            .expression_attribute_values(":lead", item::text(item::SK_LEAD))
            .set_exclusive_start_key(from)
            .send()
            .await
            .map_err(|error| StoreError::of("leads", &error))?;
        let next = answer.last_evaluated_key().cloned();
        let lead = |row: Item| {
            let id = item::lead_id(&row);
            item::to_lead(row).map_err(|_| id.unwrap_or_else(|| LeadId::new("")))
        };
        Ok(Page {
            rows: answer.items.unwrap_or_default().into_iter().map(lead).collect(),
            next,
        })
    }

    pub(super) async fn set_aside(&self, id: &LeadId, until: Timestamp) -> Result<(), StoreError> {
        let shard = id.shard(self.due_shards).to_string();
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(item::PK, item::text(id.as_str()))
            .key(item::SK, item::text(item::SK_LEAD))
            .update_expression("SET due_at = :until, due_shard = :shard")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":until", item::number(until.as_second()))
            .expression_attribute_values(":shard", item::text(shard));
        match update.send().await {
            Err(error) if !condition_failed(&error) => Err(StoreError::of("set aside", &error)),
            _ => Ok(()),
        }
    }

    pub(super) async fn identity(&self) -> Result<String, StoreError> {
        let answer = self
            .client
            .describe_table()
            .table_name(&self.table)
            .send()
            .await
            .map_err(|error| StoreError::of("identity", &error))?;
        let table = answer
            .table
            .ok_or(StoreError::new("identity", StoreErrorKind::Corrupt))?;
        let made = || table.creation_date_time.map(|made| made.secs().to_string());
        table
            .table_id
            .clone()
            .or_else(made)
            .ok_or(StoreError::new("identity", StoreErrorKind::Corrupt))
    }

    pub(super) async fn sending(&self) -> Result<Sending, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(item::PK, item::text(item::PK_SENDING))
            .key(item::SK, item::text(item::SK_STATE))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::of("sending", &error))?;
        let corrupt = |_| StoreError::new("sending", StoreErrorKind::Corrupt);
        let read = answer.item.map(|row| serde_dynamo::from_item(row).map_err(corrupt));
        Ok(read.transpose()?.unwrap_or_default())
    }

    pub(super) async fn save_sending(&self, sending: &Sending) -> Result<bool, StoreError> {
        let corrupt = |_| StoreError::new("save sending", StoreErrorKind::Corrupt);
        let mut row: Item = serde_dynamo::to_item(sending).map_err(corrupt)?;
        row.insert(item::PK.into(), item::text(item::PK_SENDING));
        row.insert(item::SK.into(), item::text(item::SK_STATE));
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(pk) OR v = :known")
            .expression_attribute_values(":known", item::number(sending.version.cast_signed() - 1));
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if condition_failed(&error) => Ok(false),
            Err(error) => Err(StoreError::of("save sending", &error)),
        }
    }

    pub(super) async fn count(&self, period: u32, at: Timestamp, what: Count<'_>) -> Result<(), StoreError> {
        let expires = at + TALLY_KEPT;
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(item::PK, item::text(item::PK_SENDING))
            .key(item::SK, item::text(item::tally_key(period, at)))
            .expression_attribute_values(":expires", item::number(expires.as_second()));
        let set = "SET expires_at = :expires ADD ";
        let update = match what {
            // A sum: the mark of the write keeps a repeated request from adding twice.
            Count::Sent(mails) => update
                .update_expression("SET expires_at = :expires, w = :write ADD sent :mails")
                .condition_expression("attribute_not_exists(w) OR w <> :write")
                .expression_attribute_values(":write", item::text(random_hex::<4>()))
                .expression_attribute_values(":mails", item::number(mails.cast_signed())),
            Count::Bounced(id) => update
                .update_expression(format!("{set}bounced :id"))
                .expression_attribute_values(":id", AttributeValue::Ss(vec![id.to_string()])),
            Count::Complained(id) => update
                .update_expression(format!("{set}complained :id"))
                .expression_attribute_values(":id", AttributeValue::Ss(vec![id.to_string()])),
        };
        match update.send().await {
            Err(error) if !condition_failed(&error) => Err(StoreError::of("count", &error)),
            _ => Ok(()),
        }
    }

    pub(super) async fn bind(
        &self,
        row: &str,
        body: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item(item::PK, item::text(row))
            .item(item::SK, item::text(item::SK_MESSAGE))
            .item(item::BODY, item::text(body))
            .item(item::EXPIRES_AT, item::number(until.as_second()))
            // DynamoDB deletes what has expired some time later, so that it counts as gone is said here.
            .condition_expression("attribute_not_exists(pk) OR body = :body OR expires_at < :now")
            .expression_attribute_values(":body", item::text(body))
            .expression_attribute_values(":now", item::number(now.as_second()));
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if condition_failed(&error) => Ok(false),
            Err(error) => Err(StoreError::of("bind", &error)),
        }
    }

    pub(super) async fn tally(&self, period: u32, from: Timestamp) -> Result<Tally, StoreError> {
        let mut tally = Tally::default();
        let mut next = None;
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
                .expression_attribute_values(":pk", item::text(item::PK_SENDING))
                .expression_attribute_values(":from", item::text(item::tally_key(period, from)))
                .expression_attribute_values(":to", item::text(item::tally_key(period, Timestamp::MAX)))
                .set_exclusive_start_key(next)
                .send()
                .await
                .map_err(|error| StoreError::of("tally", &error))?;
            for row in answer.items() {
                let number = |name: &str| row.get(name)?.as_n().ok()?.parse::<u64>().ok();
                let members = |name: &str| row.get(name)?.as_ss().ok().map(|set| set.len() as u64);
                tally.sent += number("sent").unwrap_or(0);
                tally.bounced += members("bounced").unwrap_or(0);
                tally.complained += members("complained").unwrap_or(0);
            }
            next = answer.last_evaluated_key().cloned();
            if next.is_none() {
                return Ok(tally);
            }
        }
    }

    async fn put_row(&self, table: &str, row: &[(&str, String)]) -> Result<(), StoreError> {
        let row = row.iter().map(|(name, value)| ((*name).to_owned(), item::text(value)));
        self.client
            .put_item()
            .table_name(table)
            .set_item(Some(row.collect()))
            .send()
            .await
            .map_err(|error| StoreError::of("put", &error))?;
        Ok(())
    }
}
