//! The store: leads, published campaigns and keys in DynamoDB. Every write of a lead is one conditional put of the
//! whole item, so that consent, suppression, ledger and proof can never disagree.

pub mod item;
mod schema;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{KeysAndAttributes, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;
use piste_domain::campaign::Published;
use piste_domain::{CampaignId, Lead, LeadId, WorkspaceId};

use crate::clock::random_hex;
use crate::keys::KeyRing;
use item::Item;

/// Why the store did not do as asked.
#[derive(Debug, thiserror::Error)]
#[error("{operation}: {kind}")]
pub struct StoreError {
    operation: &'static str,
    /// What went wrong.
    pub kind: StoreErrorKind,
}

/// What can go wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreErrorKind {
    /// Not done; try later.
    #[error("throttled")]
    Throttled,
    /// No answer: it may be done. Safe to repeat, because every write is conditional.
    #[error("no_answer")]
    NoAnswer,
    /// A stored item does not parse.
    #[error("corrupt")]
    Corrupt,
    /// Refused: a missing table, a missing right, a fault of ours.
    #[error("refused")]
    Refused,
    /// Somebody else changed the lead faster than we could, too often.
    #[error("contended")]
    Contended,
}

impl StoreError {
    /// An error of one operation.
    pub fn new(operation: &'static str, kind: StoreErrorKind) -> Self {
        Self { operation, kind }
    }

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
    fn of(error: &impl ProvideErrorMetadata) -> Self {
        match error.code() {
            Some(
                "ProvisionedThroughputExceededException"
                | "ThrottlingException"
                | "RequestLimitExceeded"
                | "LimitExceededException",
            ) => Self::Throttled,
            Some("InternalServerError" | "ServiceUnavailable" | "InternalFailure") | None => Self::NoAnswer,
            Some(_) => Self::Refused,
        }
    }
}

/// What became of a conditional write.
#[derive(Debug)]
pub enum Saved {
    /// It is in.
    Yes,
    /// The lead is not as expected any more; here it is as it stands now, for free.
    Conflict(Box<Lead>),
}

/// One row of the board.
#[derive(Clone, Debug)]
pub struct BoardRow {
    /// Which lead.
    pub id: LeadId,
    /// When it was captured.
    pub captured_at: Timestamp,
    /// Its address, for the search box.
    pub email: String,
    /// Its name, for the search box.
    pub name: String,
    /// Its stage.
    pub stage: String,
}

/// A page of rows, and where the next one starts.
#[derive(Debug)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// The last key read, when there is more.
    pub next: Option<Item>,
}

/// The tables, through the AWS SDK and nothing else: DynamoDB and the embedded engine are reached the same way.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    table: String,
    keys_table: String,
    due_shards: u32,
}

impl Store {
    /// A store over these two tables.
    pub fn new(client: Client, table: &str, keys_table: &str, due_shards: u32) -> Self {
        Self {
            client,
            table: table.to_owned(),
            keys_table: keys_table.to_owned(),
            due_shards,
        }
    }

    /// How many shards the `due` index has.
    pub fn due_shards(&self) -> u32 {
        self.due_shards
    }

    /// The lead under an id, strongly consistent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn load(&self, id: &LeadId) -> Result<Option<Lead>, StoreError> {
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
        answer.item.map(item::to_lead).transpose()
    }

    /// Writes a lead if the store still holds what the decision was made from: nothing (`known` is `None`), or that version.
    ///
    /// One request. `PutItem` with a condition and `ALL_OLD` on its failure; a retry that meets its own earlier success knows it by the mark of the write.
    ///
    /// # Errors
    /// [`StoreErrorKind::NoAnswer`] leaves it open whether the write is in; nothing that depends on it may be done.
    pub async fn save(&self, lead: &Lead, known: Option<u64>, wake: bool) -> Result<Saved, StoreError> {
        let write = random_hex::<4>();
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item::from_lead(lead, self.due_shards, &write, wake)?))
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
            Some(held) if item::string(&held, item::WRITE).as_deref() == Some(write.as_str()) => Ok(Saved::Yes),
            Some(held) => Ok(Saved::Conflict(Box::new(item::to_lead(held)?))),
            // The lead we knew is gone, or the engine did not return it: start over from a read.
            None => match self.load(&lead.id).await? {
                Some(current) => Ok(Saved::Conflict(Box::new(current))),
                None => Err(StoreError::new("save", StoreErrorKind::Contended)),
            },
        }
    }

    /// Ids of leads of one shard that were due at `until`, earliest first: a hint, never the truth.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn due(
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

    /// Leads of one campaign captured in the month of `until` and not after it, newest first.
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
                email: item::string(row, "email").unwrap_or_default(),
                name: item::string(row, "name").unwrap_or_default(),
                stage: item::string(row, "stage").unwrap_or_default(),
            })
        };
        Ok(Page {
            rows: answer.items().iter().filter_map(row).collect(),
            next: answer.last_evaluated_key().cloned(),
        })
    }

    /// The leads under these ids, in the order asked; at most 100.
    ///
    /// # Errors
    /// [`StoreError`]; throttled when the store keeps leaving some unread.
    pub async fn load_all(&self, ids: &[LeadId]) -> Result<Vec<Lead>, StoreError> {
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
                leads.push(item::to_lead(found)?);
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

    /// The published campaigns, all in one query.
    ///
    /// # Errors
    /// [`StoreErrorKind::Corrupt`] when one does not parse; the caller keeps the ones it has.
    pub async fn campaigns(&self) -> Result<Vec<Published>, StoreError> {
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
                let json = item::string(row, "campaign").ok_or_else(corrupt)?;
                campaigns.push(Published {
                    campaign: serde_json::from_str(&json).map_err(|_| corrupt())?,
                    version: item::string(row, "version").ok_or_else(corrupt)?,
                });
            }
            from = answer.last_evaluated_key().cloned();
            if from.is_none() {
                return Ok(campaigns);
            }
        }
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

    /// Publishes a campaign: its files first, and the campaign that points to them last, so that no function ever sees a half.
    ///
    /// # Errors
    /// [`StoreError`]; running it again finishes the work.
    pub async fn publish(
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

    /// The key ring, if there is one.
    ///
    /// # Errors
    /// [`StoreErrorKind::Corrupt`] when it does not parse.
    pub async fn key_ring(&self) -> Result<Option<KeyRing>, StoreError> {
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

    /// Writes the key ring in place of the one it was made from, or as the first: two people at once cannot
    /// overwrite each other's, and no identity key is ever replaced by mistake.
    ///
    /// # Errors
    /// [`StoreErrorKind::Contended`] when another ring is there by now: read it and start over.
    pub async fn save_key_ring(&self, ring: &KeyRing, known: Option<&KeyRing>) -> Result<(), StoreError> {
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
