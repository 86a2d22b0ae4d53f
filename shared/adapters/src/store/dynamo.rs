//! DynamoDB, and every engine that speaks its protocol. The documentation of each request is on [`Store`](super::Store).

use std::cmp::Reverse;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::RequestId;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, KeysAndAttributes, ReturnValuesOnConditionCheckFailure, TableDescription,
};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use piste_domain::campaign::Published;
use piste_domain::kit::allowance::Allowance;
use piste_domain::kit::ids::DestinationName;
use piste_domain::rules::anew::{Anew, Place};
use piste_domain::rules::desk::Desk;
use piste_domain::rules::destinations::{Health, Renewal};
use piste_domain::rules::mailbox::Mailbox;
use piste_domain::rules::rights_log::RightsEntry;
use piste_domain::rules::sending::{Sending, Tally};
use piste_domain::views::funnel::Figures;
use piste_domain::{CampaignId, Catalog, Lead, LeadId, Record, SendId, Tombstone, WorkspaceId};

use super::error::Asked;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::item::{self, Item};
use super::{BoardRow, Count, DueRow, KeptRow, Page, RelayRow, Saved, StoreError, StoreErrorKind};
use crate::clock::random_hex;

/// How long a day's count is kept: longer than the breaker looks back.
const TALLY_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// How long the count of an hour is kept: until the hour is over on every clock.
const HOUR_KEPT: SignedDuration = SignedDuration::from_hours(3);
/// How long what a visitor used is kept: any allowance is whole again before.
const VISITOR_KEPT: SignedDuration = SignedDuration::from_hours(2);

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
    /// For errors: where the tables were looked for.
    region: String,
}

impl Dynamo {
    pub(super) fn new(client: Client, table: &str, keys_table: &str, due_shards: u32) -> Self {
        let region = client.config().region().map(ToString::to_string);
        Self {
            region: region.unwrap_or_default(),
            client,
            table: table.to_owned(),
            keys_table: keys_table.to_owned(),
            due_shards,
        }
    }

    // ---- requests ----

    pub(super) fn asked<'a>(&'a self, operation: &'static str, action: &'static str, table: &'a str) -> Asked<'a> {
        Asked {
            operation,
            action,
            table,
            region: &self.region,
        }
    }

    /// One item; `key` is its partition key and, where the table has one, its sort key.
    pub(super) async fn get(
        &self,
        operation: &'static str,
        table: &str,
        key: &[(&str, &str)],
        consistent: bool,
    ) -> Result<Option<Item>, StoreError> {
        let key = key.iter().map(|(name, value)| ((*name).to_owned(), item::text(*value)));
        let get = self.client.get_item().table_name(table).set_key(Some(key.collect()));
        let answer = get.consistent_read(consistent).send().await;
        let answer = answer.map_err(|error| StoreError::of(self.asked(operation, "GetItem", table), &error))?;
        Ok(answer.item)
    }

    /// A query of the leads table.
    fn query<const N: usize>(&self, condition: &str, values: [(&str, AttributeValue); N]) -> QueryFluentBuilder {
        let query = self.client.query().table_name(&self.table);
        query
            .key_condition_expression(condition)
            .set_expression_attribute_values(Some(named(values)))
    }

    /// One page of a query, and where the next begins.
    async fn page(
        &self,
        operation: &'static str,
        query: QueryFluentBuilder,
        from: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        let answer = query.set_exclusive_start_key(from).send().await;
        let answer = answer.map_err(|error| StoreError::of(self.asked(operation, "Query", &self.table), &error))?;
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }

    /// Every row of a query.
    async fn rows(&self, operation: &'static str, query: QueryFluentBuilder) -> Result<Vec<Item>, StoreError> {
        let (mut rows, mut from) = self.page(operation, query.clone(), None).await?;
        while from.is_some() {
            let (more, next) = self.page(operation, query.clone(), from).await?;
            rows.extend(more);
            from = next;
        }
        Ok(rows)
    }

    /// A change of one item of the leads table, still without a condition.
    fn change<const N: usize>(
        &self,
        (pk, sk): (&str, &str),
        change: impl Into<String>,
        values: [(&str, AttributeValue); N],
    ) -> UpdateItemFluentBuilder {
        let update = self.client.update_item().table_name(&self.table);
        update
            .key(item::PK, item::text(pk))
            .key(item::SK, item::text(sk))
            .update_expression(change)
            .set_expression_attribute_values(Some(named(values)))
    }

    /// Does it; false when its condition does not hold.
    async fn changed(&self, operation: &'static str, change: UpdateItemFluentBuilder) -> Result<bool, StoreError> {
        let done = change.send().await.map(drop);
        self.unless_refused(self.asked(operation, "UpdateItem", &self.table), done)
    }

    /// Puts an item under a condition, if there is one; false when that does not hold.
    pub(super) async fn put_if<const N: usize>(
        &self,
        operation: &'static str,
        table: &str,
        item: Item,
        condition: Option<(&str, [(&str, AttributeValue); N])>,
    ) -> Result<bool, StoreError> {
        let mut put = self.client.put_item().table_name(table).set_item(Some(item));
        if let Some((condition, values)) = condition {
            let values = Some(named(values)).filter(|values| !values.is_empty());
            put = put
                .condition_expression(condition)
                .set_expression_attribute_values(values);
        }
        let done = put.send().await.map(drop);
        self.unless_refused(self.asked(operation, "PutItem", table), done)
    }

    /// Puts a row of texts into the leads table, whatever was there.
    async fn put_row(&self, row: &[(&str, &str)]) -> Result<(), StoreError> {
        let row = row.iter().map(|(name, value)| ((*name).to_owned(), item::text(*value)));
        let unconditional = None::<(&str, [_; 0])>;
        self.put_if("put", &self.table, row.collect(), unconditional)
            .await
            .map(drop)
    }

    pub(super) fn unless_refused<E, R>(
        &self,
        asked: Asked<'_>,
        done: Result<(), SdkError<E, R>>,
    ) -> Result<bool, StoreError>
    where
        E: ProvideErrorMetadata,
        SdkError<E, R>: RequestId,
    {
        match done {
            Ok(()) => Ok(true),
            Err(error) if condition_failed(&error) => Ok(false),
            Err(error) => Err(StoreError::of(asked, &error)),
        }
    }

    // ---- leads ----

    pub(super) async fn record(&self, id: &LeadId) -> Result<Option<Record>, StoreError> {
        let key = [(item::PK, id.as_str()), (item::SK, item::SK_LEAD)];
        let found = self.get("load", &self.table, &key, true).await?;
        found.map(item::to_record).transpose()
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
            _ => return Err(StoreError::of(self.asked("save", "PutItem", &self.table), &error)),
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

    pub(super) async fn put_beside(&self, row: Item) -> Result<(), StoreError> {
        let unconditional = None::<(&str, [_; 0])>;
        self.put_if("beside", &self.table, row, unconditional).await.map(drop)
    }

    pub(super) async fn beside(&self, id: &LeadId, prefix: &str) -> Result<Vec<Item>, StoreError> {
        let values = [(":pk", item::text(id.as_str())), (":prefix", item::text(prefix))];
        let query = self.query("pk = :pk AND begins_with(sk, :prefix)", values);
        self.rows("beside", query.consistent_read(true)).await
    }

    pub(super) async fn audit(&self, row: &RightsEntry) -> Result<(), StoreError> {
        let key = format!("{}{}#{}", item::SK_AUDIT, row.at, row.action.code());
        let at = row.at.to_string();
        let mut columns = vec![
            (item::PK, row.lead.as_str()),
            (item::SK, &key),
            ("at", &at),
            ("actor", row.actor.code()),
            ("action", row.action.code()),
        ];
        columns.extend(row.by.as_deref().map(|by| ("by", by)));
        self.put_row(&columns).await
    }

    pub(super) async fn audits(&self, id: &LeadId) -> Result<Vec<RightsEntry>, StoreError> {
        let values = [(":pk", item::text(id.as_str())), (":audit", item::text(item::SK_AUDIT))];
        let query = self.query("pk = :pk AND begins_with(sk, :audit)", values);
        let corrupt = || StoreError::new("audits", StoreErrorKind::Corrupt);
        let read = |mut row: Item| {
            let lead = row.remove(item::PK).ok_or_else(corrupt)?;
            row.insert("lead".into(), lead);
            serde_dynamo::from_item(row).map_err(|_| corrupt())
        };
        self.rows("audits", query).await?.into_iter().map(read).collect()
    }

    pub(super) async fn keep(&self, id: &LeadId, at: Timestamp, post: &str) -> Result<bool, StoreError> {
        let row = item::from_kept(id, at, post, self.due_shards);
        // A repeated request meets its own success; what is done with makes room.
        let free = ("attribute_not_exists(kp) OR kp = :post", [(":post", item::text(post))]);
        self.put_if("keep", &self.table, row, Some(free)).await
    }

    pub(super) async fn kept(&self, id: &LeadId) -> Result<Vec<KeptRow>, StoreError> {
        let values = [(":pk", item::text(id.as_str())), (":kept", item::text(item::SK_KEPT))];
        let query = self.query("pk = :pk AND begins_with(sk, :kept)", values);
        let rows = self.rows("kept", query.consistent_read(true)).await?;
        Ok(rows.iter().filter_map(item::kept_post).collect())
    }

    pub(super) async fn kept_done(&self, id: &LeadId, at: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        let unconditional = None::<(&str, [_; 0])>;
        let row = item::from_kept_done(id, at, now);
        self.put_if("keep", &self.table, row, unconditional).await.map(drop)
    }

    pub(super) async fn due(
        &self,
        shard: u32,
        until: Timestamp,
        limit: i32,
        from: Option<Item>,
    ) -> Result<Page<DueRow>, StoreError> {
        let values = [
            (":shard", item::text(shard.to_string())),
            (":until", item::number(until.as_second())),
        ];
        let query = self.query("due_shard = :shard AND due_at <= :until", values);
        let (rows, next) = self
            .page("due", query.index_name(item::INDEX_DUE).limit(limit), from)
            .await?;
        Ok(page_of(rows, next, item::due_row))
    }

    pub(super) async fn relay(
        &self,
        shard: u32,
        (from, until): (i64, i64),
        limit: i32,
        next: Option<Item>,
    ) -> Result<Page<RelayRow>, StoreError> {
        let values = [
            (":shard", item::text(shard.to_string())),
            (":from", item::number(from)),
            (":until", item::number(until)),
        ];
        let query = self.query("relay_shard = :shard AND relay_at BETWEEN :from AND :until", values);
        let (rows, next) = self
            .page("relay", query.index_name(item::INDEX_RELAY).limit(limit), next)
            .await?;
        Ok(page_of(rows, next, item::relay_row))
    }

    pub(super) async fn health(&self, destination: &DestinationName) -> Result<Option<Health>, StoreError> {
        self.beside_keys(&item::health_pk(destination)).await
    }

    pub(super) async fn save_health(&self, health: &Health) -> Result<bool, StoreError> {
        let pk = item::health_pk(&health.destination);
        self.save_beside_keys(&pk, health, health.version).await
    }

    pub(super) async fn renewal(&self, destination: &DestinationName) -> Result<Option<Renewal>, StoreError> {
        self.beside_keys(&item::access_pk(destination)).await
    }

    pub(super) async fn save_renewal(&self, renewal: &Renewal) -> Result<bool, StoreError> {
        let pk = item::access_pk(&renewal.destination);
        self.save_beside_keys(&pk, renewal, renewal.version).await
    }

    async fn beside_keys<T: DeserializeOwned>(&self, pk: &str) -> Result<Option<T>, StoreError> {
        let row = self
            .get("destination", &self.keys_table, &[(item::PK, pk)], true)
            .await?;
        let corrupt = |_| StoreError::new("destination", StoreErrorKind::Corrupt);
        row.map(|row| serde_dynamo::from_item(row).map_err(corrupt)).transpose()
    }

    async fn save_beside_keys(&self, pk: &str, what: &impl Serialize, version: u64) -> Result<bool, StoreError> {
        let corrupt = |_| StoreError::new("save destination", StoreErrorKind::Corrupt);
        let mut row: Item = serde_dynamo::to_item(what).map_err(corrupt)?;
        row.insert(item::PK.into(), item::text(pk));
        let known = item::number(version.cast_signed() - 1);
        let unchanged = Some(("attribute_not_exists(pk) OR v = :known", [(":known", known)]));
        self.put_if("save destination", &self.keys_table, row, unchanged).await
    }

    pub(super) async fn secret(&self, destination: &DestinationName) -> Result<Option<String>, StoreError> {
        let pk = item::secret_pk(destination);
        let row = self.get("secret", &self.keys_table, &[(item::PK, &*pk)], true).await?;
        Ok(row.and_then(|row| item::string(&row, "secret")))
    }

    pub(super) async fn save_secret(&self, destination: &DestinationName, secret: &str) -> Result<(), StoreError> {
        let row = Item::from([
            (item::PK.to_owned(), item::text(item::secret_pk(destination))),
            ("secret".to_owned(), item::text(secret)),
        ]);
        let unconditional = None::<(&str, [_; 0])>;
        self.put_if("save secret", &self.keys_table, row, unconditional)
            .await
            .map(drop)
    }

    pub(super) async fn board(
        &self,
        workspace: &WorkspaceId,
        campaign: &CampaignId,
        until: Timestamp,
        from: Option<Item>,
    ) -> Result<Page<BoardRow>, StoreError> {
        let values = [
            (":board", item::text(item::board_key(workspace, campaign, until))),
            (":until", item::number(until.as_second())),
        ];
        let query = self.query("board = :board AND captured_at <= :until", values);
        let query = query.index_name(item::INDEX_BOARD).scan_index_forward(false);
        let (mut rows, next) = self.page("board", query, from).await?;
        rows.retain(|row| !item::is_counted(row));
        Ok(page_of(rows, next, item::board_row))
    }

    pub(super) async fn figures(
        &self,
        workspace: &WorkspaceId,
        campaign: &CampaignId,
        (from, until): (Timestamp, Timestamp),
        next: Option<Item>,
    ) -> Result<Page<Figures>, StoreError> {
        // Names and addresses stay where they are.
        let entered = item::ENTERED.map(|(_, form_1)| form_1);
        let columns = [item::CAPTURED_AT, "stage", item::GRADE, item::COLUMNS, item::RESPONSE.1]
            .into_iter()
            .chain(entered);
        let values = [
            (":board", item::text(item::board_key(workspace, campaign, from))),
            (":from", item::number(from.as_second())),
            (":until", item::number(until.as_second())),
        ];
        let query = self
            .query("board = :board AND captured_at BETWEEN :from AND :until", values)
            .index_name(item::INDEX_BOARD)
            .projection_expression(columns.collect::<Vec<_>>().join(", "));
        let (rows, next) = self.page("figures", query, next).await?;
        Ok(page_of(rows, next, item::figures))
    }

    pub(super) async fn count_visit(
        &self,
        workspace: &WorkspaceId,
        campaign: &CampaignId,
        day: Date,
    ) -> Result<(), StoreError> {
        let key = (&*item::visits_pk(workspace, campaign), &*day.to_string());
        let add = self.change(key, "ADD counted :one", [(":one", item::number(1))]);
        self.changed("count visit", add).await.map(drop)
    }

    pub(super) async fn set_visitors(
        &self,
        workspace: &WorkspaceId,
        campaign: &CampaignId,
        day: Date,
        visitors: u64,
    ) -> Result<(), StoreError> {
        let key = (&*item::visits_pk(workspace, campaign), &*day.to_string());
        let told = item::number(visitors.cast_signed());
        let set = self.change(key, "SET told = :told", [(":told", told)]);
        self.changed("set visitors", set).await.map(drop)
    }

    pub(super) async fn visitors(
        &self,
        workspace: &WorkspaceId,
        campaign: &CampaignId,
        (from, to): (Date, Date),
    ) -> Result<Option<u64>, StoreError> {
        let values = [
            (":pk", item::text(item::visits_pk(workspace, campaign))),
            (":from", item::text(from.to_string())),
            (":to", item::text(to.to_string())),
        ];
        let query = self.query("pk = :pk AND sk BETWEEN :from AND :to", values);
        let days = self.rows("visitors", query).await?;
        let visitors = |day: &Item| {
            item::whole(day, "told")
                .or_else(|| item::whole(day, "counted"))
                .unwrap_or(0)
        };
        Ok(days.iter().map(visitors).reduce(|a, b| a + b))
    }

    pub(super) async fn load_all(&self, ids: &[LeadId]) -> Result<Page<Arc<Lead>>, StoreError> {
        let (mut leads, mut unreadable) = (Vec::with_capacity(ids.len()), 0);
        let keys = ids.iter().map(|id| key_of(id.as_str(), item::SK_LEAD)).collect();
        for found in self.batch("load all", keys, false).await? {
            match item::is_lead(&found).then(|| item::to_lead(found)) {
                Some(Ok(lead)) => leads.push(Arc::new(lead)),
                Some(Err(_)) => unreadable += 1,
                None => {} // erased
            }
        }
        leads.sort_by_key(|lead| ids.iter().position(|id| id == &lead.id));
        Ok(Page {
            rows: leads,
            unreadable,
            next: None,
        })
    }

    /// The items of these keys, at most 100, in no order.
    async fn batch(
        &self,
        operation: &'static str,
        mut wanted: Vec<Item>,
        consistent: bool,
    ) -> Result<Vec<Item>, StoreError> {
        let mut found = Vec::with_capacity(wanted.len());
        // DynamoDB may answer a part only; each round makes progress or is throttled.
        for _ in 0..5 {
            if wanted.is_empty() {
                break;
            }
            let request = KeysAndAttributes::builder()
                .set_keys(Some(std::mem::take(&mut wanted)))
                .consistent_read(consistent)
                .build()
                .expect("keys are set");
            let answer = self
                .client
                .batch_get_item()
                .request_items(&self.table, request)
                .send()
                .await;
            let asked = self.asked(operation, "BatchGetItem", &self.table);
            let answer = answer.map_err(|error| StoreError::of(asked, &error))?;
            found.extend(answer.responses.unwrap_or_default().into_values().flatten());
            let left = answer.unprocessed_keys.unwrap_or_default().into_values();
            wanted = left.flat_map(|keys| keys.keys).collect();
        }
        match wanted.is_empty() {
            true => Ok(found),
            false => Err(StoreError::new(operation, StoreErrorKind::Throttled)),
        }
    }

    pub(super) async fn held_rows(
        &self,
        board: &str,
        since: Timestamp,
        limit: i32,
        from: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        let values = [
            (":board", item::text(board)),
            (":since", item::number(since.as_second())),
        ];
        let query = self
            .query("board = :board AND captured_at > :since", values)
            .index_name(item::INDEX_BOARD)
            .scan_index_forward(false)
            .projection_expression("pk, sk")
            .limit(limit);
        let (keys, next) = self.page("held", query, from).await?;
        let mut rows = self.batch("held", keys, true).await?;
        rows.sort_by_key(|row| Reverse(item::list_order(row)));
        Ok((rows, next))
    }

    pub(super) async fn take_held(&self, row: Item, write: &str, known: Option<&str>) -> Result<bool, StoreError> {
        // A repeated request meets its own success.
        let write = (":write", item::text(write));
        match known {
            None => {
                let free = "w = :write OR (attribute_exists(hp) AND attribute_not_exists(w))";
                self.put_if("held", &self.table, row, Some((free, [write]))).await
            }
            Some(known) => {
                let free = "w = :write OR (attribute_exists(hp) AND w = :known)";
                let values = [write, (":known", item::text(known))];
                self.put_if("held", &self.table, row, Some((free, values))).await
            }
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
            .map_err(|error| StoreError::of(self.asked("leads", "Scan", &self.table), &error))?;
        let lead = |row: Item| {
            let id = item::lead_id(&row);
            item::to_lead(row).map_err(|_| id.unwrap_or_else(|| LeadId::new("")))
        };
        let rows: Vec<_> = answer.items.unwrap_or_default().into_iter().map(lead).collect();
        Ok(Page {
            unreadable: rows.iter().filter(|row| row.is_err()).count(),
            rows,
            next: answer.last_evaluated_key,
        })
    }

    pub(super) async fn set_aside(&self, id: &LeadId, until: Timestamp) -> Result<(), StoreError> {
        let values = [
            (":until", item::number(until.as_second())),
            (":shard", item::text(id.shard(self.due_shards).to_string())),
            (":known", item::number(item::FORM_WRITTEN)),
        ];
        let key = (id.as_str(), item::SK_LEAD);
        let move_alarm = self.change(key, "SET due_at = :until, due_shard = :shard", values);
        let if_ours = move_alarm
            .condition_expression("attribute_exists(pk) AND (attribute_not_exists(#form) OR #form <= :known)")
            .expression_attribute_names("#form", item::FORM);
        self.changed("set aside", if_ours).await.map(drop)
    }

    pub(super) async fn set_alarm(&self, lead: &Lead, due_at: Option<Timestamp>) -> Result<bool, StoreError> {
        let key = (lead.id.as_str(), item::SK_LEAD);
        let known = (":known", item::number(lead.version.cast_signed()));
        // The mark of an earlier write must not wake the sender once more.
        let change = match due_at {
            Some(due_at) => self.change(
                key,
                "SET due_at = :due, due_shard = :shard REMOVE wake",
                [
                    (":due", item::number(due_at.as_second())),
                    (":shard", item::text(lead.id.shard(self.due_shards).to_string())),
                    known,
                ],
            ),
            None => self.change(key, "REMOVE due_at, due_shard, wake", [known]),
        };
        self.changed("set alarm", change.condition_expression("v = :known"))
            .await
    }

    pub(super) async fn standing_in(
        &self,
        workspace: &WorkspaceId,
        campaign: &CampaignId,
        place: &Place,
        limit: i32,
    ) -> Result<(Vec<LeadId>, Option<String>), StoreError> {
        let board = item::board_key(workspace, campaign, place.edge);
        let from = place.from.as_deref().and_then(|from| item::list_key(&board, from));
        let values = [
            (":board", item::text(board)),
            (":until", item::number(place.edge.as_second())),
        ];
        let query = self
            .query("board = :board AND captured_at <= :until", values)
            .index_name(item::INDEX_BOARD)
            .scan_index_forward(false)
            .projection_expression(format!("{}, {}", item::PK, item::SK))
            .limit(limit);
        let (mut rows, next) = self.page("standing in", query, from).await?;
        rows.retain(|row| !item::is_counted(row));
        let ids = rows.iter().filter_map(item::lead_id).collect();
        Ok((ids, next.as_ref().and_then(item::list_place)))
    }

    pub(super) async fn anew(&self) -> Result<Anew, StoreError> {
        let key = [(item::PK, item::PK_ALARMS), (item::SK, item::SK_STATE)];
        let row = self.get("alarms", &self.table, &key, true).await?;
        Ok(row.map(item::to_anew).transpose()?.unwrap_or_default())
    }

    pub(super) async fn save_anew(&self, anew: &Anew) -> Result<bool, StoreError> {
        let known = item::number(anew.version.cast_signed() - 1);
        let unchanged = Some(("attribute_not_exists(pk) OR v = :known", [(":known", known)]));
        self.put_if("save alarms", &self.table, item::from_anew(anew)?, unchanged)
            .await
    }

    // ---- campaigns ----

    pub(super) async fn campaigns(&self, known: &Catalog) -> Result<Catalog, StoreError> {
        let query = self.query("pk = :config", [(":config", item::text(item::PK_CONFIG))]);
        let mut rows = self.rows("campaigns", query).await?;
        let of_destinations = |row: &Item| item::string(row, item::SK).as_deref() == Some(item::SK_DESTINATIONS);
        let destinations = rows.iter().find(|row| of_destinations(row)).map(item::destinations);
        rows.retain(|row| !of_destinations(row));
        let named = |row: Item| {
            let id = CampaignId::new(item::string(&row, item::SK)?);
            let version = item::string(&row, "version");
            Some((id, version, move || item::campaign(&row)))
        };
        let catalog = super::catalog_of(rows.into_iter().filter_map(named), known);
        Ok(super::with_destinations(catalog, destinations, known))
    }

    pub(super) async fn published_destinations(&self) -> Result<Option<String>, StoreError> {
        let key = [(item::PK, item::PK_CONFIG), (item::SK, item::SK_DESTINATIONS)];
        let row = self.get("destinations", &self.table, &key, true).await?;
        Ok(row.and_then(|row| item::string(&row, "destinations")))
    }

    pub(super) async fn publish_destinations(&self, json: &str) -> Result<(), StoreError> {
        self.put_row(&[
            (item::PK, item::PK_CONFIG),
            (item::SK, item::SK_DESTINATIONS),
            ("destinations", json),
        ])
        .await
    }

    pub(super) async fn wording(&self, hash: &str) -> Result<Option<String>, StoreError> {
        let key = [(item::PK, item::PK_WORDING), (item::SK, hash)];
        let row = self.get("wording", &self.table, &key, false).await?;
        Ok(row.and_then(|row| item::string(&row, "text")))
    }

    pub(super) async fn keep_wording(&self, hash: &str, text: &str) -> Result<(), StoreError> {
        self.put_row(&[(item::PK, item::PK_WORDING), (item::SK, hash), ("text", text)])
            .await
    }

    pub(super) async fn content(
        &self,
        campaign: &CampaignId,
        version: &str,
        file: &str,
    ) -> Result<Option<String>, StoreError> {
        let key = [(item::PK, &*item::content_pk(campaign, version)), (item::SK, file)];
        let row = self.get("content", &self.table, &key, false).await?;
        Ok(row.and_then(|row| item::string(&row, "text")))
    }

    /// The version and the text of a published campaign as it is stored.
    pub(super) async fn published(&self, id: &CampaignId) -> Result<Option<(String, String)>, StoreError> {
        let key = [(item::PK, item::PK_CONFIG), (item::SK, id.as_str())];
        let row = self.get("published", &self.table, &key, true).await?;
        let text = |row: &Item, name: &str| item::string(row, name).unwrap_or_default();
        Ok(row.map(|row| (text(&row, "version"), text(&row, "campaign"))))
    }

    pub(super) async fn publish(
        &self,
        published: &Published,
        json: &str,
        files: impl IntoIterator<Item = (&String, &String)>,
    ) -> Result<(), StoreError> {
        let Published { campaign, version } = published;
        let contents = item::content_pk(&campaign.id, version);
        for (file, text) in files {
            self.put_row(&[(item::PK, &contents), (item::SK, file), ("text", text)])
                .await?;
        }
        let texts = [
            (item::PK, item::PK_CONFIG),
            (item::SK, campaign.id.as_str()),
            ("version", version),
            ("campaign", json),
        ];
        let mut row: Item = texts.map(|(name, value)| (name.to_owned(), item::text(value))).into();
        row.insert(item::FORM.to_owned(), item::number(item::CAMPAIGN_FORM as i64));
        let unconditional = None::<(&str, [_; 0])>;
        self.put_if("put", &self.table, row, unconditional).await.map(drop)
    }

    pub(super) async fn tell_campaign_form(&self, form: u64) -> Result<(), StoreError> {
        let set = format!("SET {} = :form, {} = :yes", item::READS_CAMPAIGNS, item::READS_KEYS);
        let values = [
            (":form", item::number(form.cast_signed())),
            (":yes", AttributeValue::Bool(true)),
        ];
        let tell = self.change((item::PK_SENDING, item::SK_READS), set, values);
        self.changed("tell form", tell).await.map(drop)
    }

    pub(super) async fn campaign_form_read(&self) -> Result<Option<u64>, StoreError> {
        let key = [(item::PK, item::PK_SENDING), (item::SK, item::SK_READS)];
        let row = self.get("form read", &self.table, &key, true).await?;
        Ok(row.and_then(|row| item::whole(&row, item::READS_CAMPAIGNS)))
    }

    // ---- sending as a whole ----

    pub(super) async fn identity(&self) -> Result<String, StoreError> {
        let answer = self.client.describe_table().table_name(&self.table).send().await;
        let asked = self.asked("identity", "DescribeTable", &self.table);
        let answer = answer.map_err(|error| StoreError::of(asked, &error))?;
        let made = |table: &TableDescription| Some(table.creation_date_time?.secs().to_string());
        let identity = answer
            .table
            .and_then(|table| table.table_id.clone().or_else(|| made(&table)));
        identity.ok_or(StoreError::new("identity", StoreErrorKind::Corrupt))
    }

    pub(super) async fn sending(&self) -> Result<Sending, StoreError> {
        let key = [(item::PK, item::PK_SENDING), (item::SK, item::SK_STATE)];
        let row = self.get("sending", &self.table, &key, true).await?;
        let corrupt = |_| StoreError::new("sending", StoreErrorKind::Corrupt);
        let read = row.map(|row| serde_dynamo::from_item(row).map_err(corrupt));
        Ok(read.transpose()?.unwrap_or_default())
    }

    pub(super) async fn save_sending(&self, sending: &Sending) -> Result<bool, StoreError> {
        let corrupt = |_| StoreError::new("save sending", StoreErrorKind::Corrupt);
        let mut row: Item = serde_dynamo::to_item(sending).map_err(corrupt)?;
        row.insert(item::PK.into(), item::text(item::PK_SENDING));
        row.insert(item::SK.into(), item::text(item::SK_STATE));
        let known = item::number(sending.version.cast_signed() - 1);
        let unchanged = Some(("attribute_not_exists(pk) OR v = :known", [(":known", known)]));
        self.put_if("save sending", &self.table, row, unchanged).await
    }

    pub(super) async fn desk(&self, id: &LeadId) -> Result<Option<Desk>, StoreError> {
        let row = self.desk_row(id).await?;
        row.map(item::to_desk).transpose()
    }

    async fn desk_row(&self, id: &LeadId) -> Result<Option<Item>, StoreError> {
        let key = [(item::PK, id.as_str()), (item::SK, item::SK_DESK)];
        self.get("desk", &self.table, &key, true).await
    }

    pub(super) async fn save_desk(&self, desk: &Desk) -> Result<bool, StoreError> {
        let write = random_hex::<4>();
        let row = item::from_desk(desk, self.due_shards, &write)?;
        let known = item::number(desk.version.cast_signed() - 1);
        let unchanged = Some(("attribute_not_exists(pk) OR v = :known", [(":known", known)]));
        if self.put_if("save desk", &self.table, row, unchanged).await? {
            return Ok(true);
        }
        // A repeated request meets its own earlier success.
        let held = self.desk_row(&desk.id).await?;
        Ok(held.is_some_and(|held| item::string(&held, item::WRITE).as_deref() == Some(&write)))
    }

    /// Writes a mailbox over the version before it; what is there instead, if it is another.
    pub(super) async fn save_mailbox(
        &self,
        id: &LeadId,
        mailbox: &Mailbox,
        now: Timestamp,
    ) -> Result<Option<Mailbox>, StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item::from_mailbox(id, mailbox, now)?))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let put = match mailbox.version {
            1 => put.condition_expression("attribute_not_exists(pk)"),
            version => put
                .condition_expression("v = :known")
                .expression_attribute_values(":known", item::number(version.cast_signed() - 1)),
        };
        let error = match put.send().await {
            Ok(_) => return Ok(None),
            Err(error) => error,
        };
        let held = match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed)) => failed.item().cloned(),
            _ => {
                return Err(StoreError::of(
                    self.asked("save mailbox", "PutItem", &self.table),
                    &error,
                ));
            }
        };
        let held = match held {
            Some(held) => Some(held),
            None => {
                let key = [(item::PK, id.as_str()), (item::SK, item::SK_MAILBOX)];
                self.get("mailbox", &self.table, &key, true).await?
            }
        };
        // DynamoDB deleted it a moment ago: nothing is known of it.
        held.map_or(Ok(Some(Mailbox::default())), |held| item::to_mailbox(held).map(Some))
    }

    pub(super) async fn count_up_to(&self, row: &str, most: u64, now: Timestamp) -> Result<bool, StoreError> {
        let values = [
            (":expires", item::number((now + HOUR_KEPT).as_second())),
            (":one", item::number(1)),
            (":most", item::number(most.cast_signed())),
        ];
        let add = self.change((row, item::SK_HOUR), "SET expires_at = :expires ADD n :one", values);
        let below = add.condition_expression("attribute_not_exists(n) OR n < :most");
        self.changed("count hour", below).await
    }

    pub(super) async fn take(
        &self,
        visitor: &str,
        allowance: Allowance,
        now: Timestamp,
    ) -> Result<Result<(), SignedDuration>, StoreError> {
        let pk = item::visitor_pk(visitor);
        let key = (&*pk, item::SK_STATE);
        let moment = |at: Timestamp| item::number(at.as_millisecond());
        let expires = || (":expires", item::number((now + VISITOR_KEPT).as_second()));
        // Whoever uses it already: one request, which knows no more than that there is enough left.
        let more = format!("SET {0} = {0} + :every, expires_at = :expires", item::USED_UNTIL);
        let more = self.change(
            key,
            more,
            [
                (":every", item::number(allowance.every.as_millis() as i64)),
                (":now", moment(now)),
                (":latest", moment(now + allowance.ahead())),
                expires(),
            ],
        );
        let left = format!("{0} > :now AND {0} <= :latest", item::USED_UNTIL);
        if self.changed("take", more.condition_expression(left)).await? {
            return Ok(Ok(()));
        }
        let known = [(item::PK, key.0), (item::SK, key.1)];
        let row = self.get("take", &self.table, &known, true).await?;
        let used = row.and_then(|row| item::whole(&row, item::USED_UNTIL));
        let used = used.and_then(|ms| Timestamp::from_millisecond(ms.cast_signed()).ok());
        let next = match allowance.take(used.unwrap_or(now), now) {
            Ok(next) => next,
            Err(wait) => return Ok(Err(wait)),
        };
        let first = format!("SET {} = :next, expires_at = :expires", item::USED_UNTIL);
        let first = self.change(key, first, [(":next", moment(next)), (":now", moment(now)), expires()]);
        let unused = format!("attribute_not_exists({0}) OR {0} <= :now", item::USED_UNTIL);
        // Several first ones at once: each is taken, and the row counts one of them.
        self.changed("take", first.condition_expression(unused)).await?;
        Ok(Ok(()))
    }

    pub(super) async fn count(&self, period: u32, at: Timestamp, what: Count<'_>) -> Result<(), StoreError> {
        let day = item::tally_key(period, at);
        let key = (item::PK_SENDING, &*day);
        let expires = (":expires", item::number((at + TALLY_KEPT).as_second()));
        let member = |id: &SendId| (":id", AttributeValue::Ss(vec![id.to_string()]));
        let set = "SET expires_at = :expires";
        let add = match what {
            // A sum: the mark of the write keeps a repeated request from adding twice.
            Count::Sent(mails) => self
                .change(
                    key,
                    format!("{set}, w = :write ADD sent :mails"),
                    [
                        expires,
                        (":write", item::text(random_hex::<4>())),
                        (":mails", item::number(mails.cast_signed())),
                    ],
                )
                .condition_expression("attribute_not_exists(w) OR w <> :write"),
            Count::Bounced(id) => self.change(key, format!("{set} ADD bounced :id"), [expires, member(id)]),
            Count::Complained(id) => self.change(key, format!("{set} ADD complained :id"), [expires, member(id)]),
        };
        self.changed("count", add).await.map(drop)
    }

    pub(super) async fn tally(&self, period: u32, from: Timestamp) -> Result<Tally, StoreError> {
        let values = [
            (":pk", item::text(item::PK_SENDING)),
            (":from", item::text(item::tally_key(period, from))),
            (":to", item::text(item::tally_key(period, Timestamp::MAX))),
        ];
        let query = self.query("pk = :pk AND sk BETWEEN :from AND :to", values);
        let mut tally = Tally::default();
        for day in self.rows("tally", query).await? {
            let members = |name: &str| day.get(name).and_then(|set| set.as_ss().ok()).map_or(0, Vec::len) as u64;
            tally.sent += item::whole(&day, "sent").unwrap_or(0);
            tally.bounced += members("bounced");
            tally.complained += members("complained");
        }
        Ok(tally)
    }

    pub(super) async fn bind(
        &self,
        row: &str,
        body: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let message = Item::from([
            (item::PK.to_owned(), item::text(row)),
            (item::SK.to_owned(), item::text(item::SK_MESSAGE)),
            (item::BODY.to_owned(), item::text(body)),
            (item::EXPIRES_AT.to_owned(), item::number(until.as_second())),
        ]);
        let values = [(":body", item::text(body)), (":now", item::number(now.as_second()))];
        // DynamoDB deletes what has expired some time later, so that it counts as gone is said here.
        let free = Some(("attribute_not_exists(pk) OR body = :body OR expires_at < :now", values));
        self.put_if("bind", &self.table, message, free).await
    }
}

/// Rows of an index as this version reads them.
fn page_of<T>(rows: Vec<Item>, next: Option<Item>, read: impl Fn(&Item) -> Option<T>) -> Page<T> {
    let (found, read): (usize, Vec<T>) = (rows.len(), rows.iter().filter_map(read).collect());
    Page {
        unreadable: found - read.len(),
        rows: read,
        next,
    }
}

fn key_of(pk: &str, sk: &str) -> Item {
    [(item::PK, pk), (item::SK, sk)]
        .map(|(name, value)| (name.to_owned(), item::text(value)))
        .into()
}

/// Values of an expression by their names.
pub(super) fn named<const N: usize>(values: [(&str, AttributeValue); N]) -> Item {
    values.map(|(name, value)| (name.to_owned(), value)).into()
}
