//! The command line: what an owner does with campaign files and keys.

use std::path::Path;

use piste_adapters::app::StartError;
use piste_adapters::aws;
use piste_adapters::campaigns::{Bundle, read_all};
use piste_adapters::config::{Aws, DUE_SHARDS, env};
use piste_adapters::keys::KeyRing;
use piste_adapters::store::{Store, StoreError};
use piste_adapters::webhook::Secret;
use piste_domain::kit::ids::is_name;
use piste_domain::kit::limits::REASON_CHARS_MAX;
use piste_domain::{CampaignId, Locale, WorkspaceId};
use piste_operations::OperationError;
use piste_operations::texts::bad_ask;

use crate::world::problem_lines;

/// Why a command did not do its work: what to tell the person.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Campaign files do not hold; one line each.
    #[error("{0}")]
    Campaigns(String),
    /// A table does not do as asked.
    #[error("the tables cannot be used ({0}): {advice}", advice = .0.advice())]
    Store(#[from] StoreError),
    /// Settings are missing.
    #[error("{0}")]
    Settings(String),
    /// An audit found what must not be; the report says what.
    #[error("what became due and what became of it do not agree: see the report")]
    DoesNotAddUp,
}

impl From<OperationError> for CommandError {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::NoLead => Self::Settings("there is no such lead".into()),
            OperationError::NoCampaign => Self::Settings("there is no such campaign in this workspace".into()),
            OperationError::NothingToLift => Self::Settings("there is no bounce or complaint to lift".into()),
            OperationError::Reason => {
                Self::Settings(format!("say why with --reason, in 1 to {REASON_CHARS_MAX} characters"))
            }
            OperationError::MainWorkspaceOnly => Self::Settings("only the workspace main decides that".into()),
            OperationError::Ask(bad) => Self::Settings(bad_ask(bad, Locale::En).to_owned()),
            OperationError::Store(error) => Self::Store(error),
        }
    }
}

impl From<StartError> for CommandError {
    fn from(error: StartError) -> Self {
        Self::Settings(error.to_string())
    }
}

/// Where `piste publish` writes.
#[derive(Clone, Debug, clap::Args)]
pub struct Target {
    /// The table of leads and campaigns (output `LeadsTable` of the stack).
    #[arg(long)]
    pub table: String,
    /// The table of keys (output `KeysTable` of the stack).
    #[arg(long)]
    pub keys_table: String,
    /// Region of the tables; else AWS_REGION.
    #[arg(long)]
    pub region: Option<String>,
    /// Another endpoint than AWS's own; else AWS_ENDPOINT_URL_DYNAMODB or AWS_ENDPOINT_URL.
    #[arg(long)]
    pub endpoint_url: Option<String>,
}

impl Target {
    /// The store there, with the credentials of the environment.
    ///
    /// # Errors
    /// Names the variables that are missing.
    pub fn store(&self) -> Result<Store, CommandError> {
        let client = aws::dynamodb(&self.aws()?).map_err(|error| CommandError::Settings(error.to_string()))?;
        Ok(Store::new(client, &self.table, &self.keys_table, DUE_SHARDS))
    }

    /// How AWS is reached, from the flags and the environment.
    ///
    /// # Errors
    /// Names the variables that are missing.
    pub(crate) fn aws(&self) -> Result<Aws, CommandError> {
        let mut missing = Vec::new();
        let mut need = |given: Option<String>, name: &str| {
            given.or_else(|| env(name)).unwrap_or_else(|| {
                missing.push(name.to_owned());
                String::new()
            })
        };
        let aws = Aws {
            region: need(self.region.clone(), "AWS_REGION"),
            access_key_id: need(None, "AWS_ACCESS_KEY_ID"),
            secret_access_key: need(None, "AWS_SECRET_ACCESS_KEY"),
            session_token: env("AWS_SESSION_TOKEN"),
            dynamodb_endpoint: self
                .endpoint_url
                .clone()
                .or_else(|| env("AWS_ENDPOINT_URL_DYNAMODB"))
                .or_else(|| env("AWS_ENDPOINT_URL")),
            ses_endpoint: None,
            ca_bundle: env("AWS_CA_BUNDLE").map(Into::into),
        };
        if !missing.is_empty() {
            let names = missing.join(", ");
            return Err(CommandError::Settings(format!(
                "set these environment variables: {names} (`aws configure export-credentials --format env` prints them)"
            )));
        }
        Ok(aws)
    }
}

/// Reads and checks every campaign.
///
/// # Errors
/// Every problem with its file and line.
pub fn check(campaigns: &Path) -> Result<Vec<Bundle>, CommandError> {
    read_all(campaigns).map_err(|problems| CommandError::Campaigns(problem_lines(&problems)))
}

/// Makes the key ring if there is none yet, with an operator key that is returned, this once.
///
/// # Errors
/// [`CommandError`].
pub async fn first_keys(target: &Target) -> Result<Option<String>, CommandError> {
    let store = target.store()?;
    if store.key_ring().await?.is_some() {
        return Ok(None);
    }
    let (ring, key) = KeyRing::generate(&WorkspaceId::new("main"));
    store.save_key_ring(&ring, None).await?;
    Ok(Some(key))
}

/// Publishes campaigns that were checked. Returns the ids of those that are published but not among them: they go on.
///
/// # Errors
/// [`CommandError`]; running it again finishes the work.
pub async fn publish(bundles: &[Bundle], target: &Target) -> Result<Vec<CampaignId>, CommandError> {
    let store = target.store()?;
    for bundle in bundles {
        store.publish(&bundle.published, &bundle.files).await?;
    }
    store.settle_in().await?;
    let ours = |id: &CampaignId| bundles.iter().any(|bundle| &bundle.published.campaign.id == id);
    let published = store
        .campaigns(&piste_domain::Catalog::default())
        .await?
        .into_iter()
        .map(|published| published.campaign.id.clone());
    Ok(published.filter(|id| !ours(id)).collect())
}

/// Makes another operator key for a workspace.
///
/// # Errors
/// [`CommandError`].
pub async fn operator_key(workspace: &str, target: &Target) -> Result<String, CommandError> {
    if !is_name(workspace) {
        return Err(CommandError::Settings(
            "a workspace is named by 1 to 40 of a-z, 0-9, - and _".into(),
        ));
    }
    change_ring(target, |ring| ring.add_operator(&WorkspaceId::new(workspace))).await
}

/// Makes another secret for a source of a workspace; the one before it stays good, any older one does not.
///
/// # Errors
/// [`CommandError`].
pub async fn trigger_secret(store: &Store, workspace: &str, source: &str) -> Result<String, CommandError> {
    if !is_name(workspace) || !is_name(source) {
        return Err(CommandError::Settings(
            "a workspace and a source are named by 1 to 40 of a-z, 0-9, - and _".into(),
        ));
    }
    let secret = Secret::generate();
    let text = secret.expose();
    let add = |ring: &mut KeyRing| ring.add_source(&WorkspaceId::new(workspace), source, secret);
    change_ring_of(store, add).await?;
    Ok(text)
}

/// Adds a link key that signs from now on. Links signed before stay good.
///
/// # Errors
/// [`CommandError`].
pub async fn rotate_links(target: &Target) -> Result<(), CommandError> {
    change_ring(target, KeyRing::rotate_links).await
}

async fn change_ring<T>(target: &Target, change: impl FnOnce(&mut KeyRing) -> T) -> Result<T, CommandError> {
    change_ring_of(&target.store()?, change).await
}

async fn change_ring_of<T>(store: &Store, change: impl FnOnce(&mut KeyRing) -> T) -> Result<T, CommandError> {
    let known = store.key_ring().await?.ok_or(StartError::NoKeys)?;
    let mut ring = known.clone();
    let made = change(&mut ring);
    store.save_key_ring(&ring, Some(&known)).await?;
    Ok(made)
}
