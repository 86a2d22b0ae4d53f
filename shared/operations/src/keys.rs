//! The keys of a system: operators', other systems' and those that sign links.

use piste_adapters::App;
use piste_adapters::keys::KeyRing;
use piste_adapters::store::Store;
use piste_adapters::webhook::Secret;
use piste_domain::WorkspaceId;
use piste_domain::kit::ids::is_name;

use crate::OperationError;

/// Makes another operator key for a workspace; nobody can read it again.
///
/// # Errors
/// [`OperationError::BadName`], [`OperationError::NoKeys`], [`OperationError::Store`].
pub async fn operator_key(store: &Store, workspace: &str) -> Result<String, OperationError> {
    let workspace = named(workspace)?;
    change_ring(store, |ring| ring.add_operator(&workspace)).await
}

/// Makes another secret for a source of a workspace; the one before it stays valid, any older one does not.
///
/// # Errors
/// As [`operator_key`].
pub async fn trigger_secret(store: &Store, workspace: &str, source: &str) -> Result<String, OperationError> {
    let workspace = named(workspace)?;
    if !is_name(source) {
        return Err(OperationError::BadName);
    }
    let secret = Secret::generate();
    let text = secret.expose();
    change_ring(store, |ring| ring.add_source(&workspace, source, secret)).await?;
    Ok(text)
}

/// Takes a secret that the other side made; of the same kind the one before it stays valid, any older one does not. A
/// campaign that maps the source says which texts can be one.
///
/// # Errors
/// As [`operator_key`]; [`OperationError::BadSecret`].
pub async fn trigger_value(app: &App, workspace: &str, source: &str, text: &str) -> Result<(), OperationError> {
    let workspace = named(workspace)?;
    if !is_name(source) {
        return Err(OperationError::BadName);
    }
    let catalog = app.catalog().await?;
    let mapped = catalog.mapping(&workspace, source);
    let proof = mapped.map(|(_, mapping)| mapping.proof);
    let fits = proof.is_none_or(|proof| proof.takes(text)) && !text.is_empty();
    if !fits {
        return Err(OperationError::BadSecret(proof.unwrap_or_default()));
    }
    change_ring(&app.store, |ring| ring.add_source_text(&workspace, source, text)).await
}

/// Adds a link key that signs from now on. Links signed before stay valid.
///
/// # Errors
/// As [`operator_key`].
pub async fn rotate_links(store: &Store) -> Result<(), OperationError> {
    change_ring(store, KeyRing::rotate_links).await
}

fn named(workspace: &str) -> Result<WorkspaceId, OperationError> {
    match is_name(workspace) {
        true => Ok(WorkspaceId::new(workspace)),
        false => Err(OperationError::BadName),
    }
}

async fn change_ring<T>(store: &Store, change: impl FnOnce(&mut KeyRing) -> T) -> Result<T, OperationError> {
    let known = store.key_ring().await?.ok_or(OperationError::NoKeys)?;
    let mut ring = known.clone();
    let made = change(&mut ring);
    store.save_key_ring(&ring, Some(&known)).await?;
    Ok(made)
}
