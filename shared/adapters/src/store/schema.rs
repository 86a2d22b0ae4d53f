//! The two tables as the code needs them: made by the local system and by tests, declared for AWS in
//! `infra/template.yaml`; a test compares the two.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::create_table::{CreateTableError, CreateTableOutput};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndex,
    GlobalSecondaryIndexUpdate, KeySchemaElement, KeyType, Projection, ProjectionType, ScalarAttributeType,
};

use super::StoreError;
use super::dynamo::Dynamo;
use super::item::{
    BOARD, BOARD_COLUMNS, CAPTURED_AT, DUE_AT, DUE_SHARD, INDEX_BOARD, INDEX_DUE, INDEX_RELAY, PK, RELAY_AT,
    RELAY_SHARD, SK,
};

impl Dynamo {
    pub(super) async fn create_tables(&self) -> Result<(), StoreError> {
        let leads = self
            .client
            .create_table()
            .table_name(&self.table)
            .billing_mode(BillingMode::PayPerRequest)
            .set_attribute_definitions(Some(vec![
                attribute(PK, ScalarAttributeType::S),
                attribute(SK, ScalarAttributeType::S),
                attribute(DUE_SHARD, ScalarAttributeType::S),
                attribute(DUE_AT, ScalarAttributeType::N),
                attribute(RELAY_SHARD, ScalarAttributeType::S),
                attribute(RELAY_AT, ScalarAttributeType::N),
                attribute(BOARD, ScalarAttributeType::S),
                attribute(CAPTURED_AT, ScalarAttributeType::N),
            ]))
            .set_key_schema(Some(keys(PK, Some(SK))))
            .global_secondary_indexes(index(INDEX_DUE, DUE_SHARD, DUE_AT, &[]))
            .global_secondary_indexes(index(INDEX_RELAY, RELAY_SHARD, RELAY_AT, &[]))
            .global_secondary_indexes(index(INDEX_BOARD, BOARD, CAPTURED_AT, &BOARD_COLUMNS))
            .send()
            .await;
        if !self.made(&self.table, leads)? {
            self.add_relay_index().await?;
        }
        let keys = self
            .client
            .create_table()
            .table_name(&self.keys_table)
            .billing_mode(BillingMode::PayPerRequest)
            .attribute_definitions(attribute(PK, ScalarAttributeType::S))
            .set_key_schema(Some(keys(PK, None)))
            .send()
            .await;
        self.made(&self.keys_table, keys).map(drop)
    }

    /// Whether it was made now; that a table exists already is fine.
    fn made(
        &self,
        table: &str,
        made: Result<CreateTableOutput, SdkError<CreateTableError>>,
    ) -> Result<bool, StoreError> {
        match made {
            Err(SdkError::ServiceError(inner)) if inner.err().is_resource_in_use_exception() => Ok(false),
            Err(error) => Err(StoreError::of(self.asked("create table", "CreateTable", table), &error)),
            Ok(_) => Ok(true),
        }
    }

    /// Adds the index of deliveries to a table that was made before there were any.
    async fn add_relay_index(&self) -> Result<(), StoreError> {
        let answer = self.client.describe_table().table_name(&self.table).send().await;
        let asked = self.asked("create table", "DescribeTable", &self.table);
        let table = answer.map_err(|error| StoreError::of(asked, &error))?.table;
        let has_it = table.is_some_and(|table| {
            let mut indexes = table.global_secondary_indexes().iter();
            indexes.any(|index| index.index_name() == Some(INDEX_RELAY))
        });
        if has_it {
            return Ok(());
        }
        let relay = index(INDEX_RELAY, RELAY_SHARD, RELAY_AT, &[]);
        let create = CreateGlobalSecondaryIndexAction::builder()
            .index_name(relay.index_name)
            .set_key_schema(Some(relay.key_schema))
            .set_projection(relay.projection)
            .build()
            .expect("name, keys and projection are set");
        let update = self
            .client
            .update_table()
            .table_name(&self.table)
            .attribute_definitions(attribute(RELAY_SHARD, ScalarAttributeType::S))
            .attribute_definitions(attribute(RELAY_AT, ScalarAttributeType::N))
            .global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().create(create).build());
        let asked = self.asked("create table", "UpdateTable", &self.table);
        update
            .send()
            .await
            .map(drop)
            .map_err(|error| StoreError::of(asked, &error))
    }
}

fn attribute(name: &str, kind: ScalarAttributeType) -> AttributeDefinition {
    AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(kind)
        .build()
        .expect("name and type are set")
}

fn keys(hash: &str, range: Option<&str>) -> Vec<KeySchemaElement> {
    let key = |name: &str, kind| {
        KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(kind)
            .build()
            .expect("name and type are set")
    };
    [
        Some(key(hash, KeyType::Hash)),
        range.map(|range| key(range, KeyType::Range)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn index(name: &str, hash: &str, range: &str, columns: &[&str]) -> GlobalSecondaryIndex {
    let projection = if columns.is_empty() {
        Projection::builder().projection_type(ProjectionType::KeysOnly)
    } else {
        Projection::builder()
            .projection_type(ProjectionType::Include)
            .set_non_key_attributes(Some(columns.iter().map(ToString::to_string).collect()))
    };
    GlobalSecondaryIndex::builder()
        .index_name(name)
        .set_key_schema(Some(keys(hash, Some(range))))
        .projection(projection.build())
        .build()
        .expect("name and keys are set")
}
