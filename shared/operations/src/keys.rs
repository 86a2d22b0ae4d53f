//! The keys of a system: operators', other systems' and those that sign links.

use piste_adapters::App;
use piste_adapters::keys::{KeyRing, Part};
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
    change_part(store, Part::Users, |ring| ring.add_operator(&workspace)).await
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
    change_part(store, Part::Sources, |ring| ring.add_source(&workspace, source, secret)).await?;
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
    let crm = catalog
        .destinations()
        .find(|of| of.workspace == workspace && of.name.as_str() == source);
    let crm = crm.and_then(|of| of.kind.proofs().first().copied());
    let proof = crm.or_else(|| mapped.map(|(_, mapping)| mapping.proof));
    let fits = proof.is_none_or(|proof| proof.takes(text)) && !text.is_empty();
    if !fits {
        return Err(OperationError::BadSecret(proof.unwrap_or_default()));
    }
    let add = |ring: &mut KeyRing| ring.add_source_text(&workspace, source, text);
    change_part(&app.store, Part::Sources, add).await
}

/// Sets the secret key of the Turnstile widget with this site key, in place of the one before.
///
/// # Errors
/// As [`operator_key`].
pub async fn turnstile_secret(store: &Store, site_key: &str, secret: &str) -> Result<(), OperationError> {
    change_part(store, Part::Turnstile, |ring| ring.set_turnstile(site_key, secret)).await
}

/// Adds a link key that signs from now on. Links signed before stay valid.
///
/// # Errors
/// As [`operator_key`].
pub async fn rotate_links(store: &Store) -> Result<(), OperationError> {
    change_part(store, Part::Links, KeyRing::rotate_links).await
}

/// Makes the key ring if there is none yet, or what is missing of one whose making broke off.
///
/// # Errors
/// [`OperationError::Store`].
pub async fn make_ring(store: &Store, workspace: &WorkspaceId) -> Result<Option<String>, OperationError> {
    store.split_ring().await?;
    let known = store.key_ring().await?;
    let (ring, key) = match known.clone() {
        None => {
            let (ring, key) = KeyRing::generate(workspace);
            (ring, Some(key))
        }
        Some(mut ring) => {
            let has_users = ring.users(workspace).next().is_some();
            if has_users && !ring.links.is_empty() {
                return Ok(None);
            }
            if ring.links.is_empty() {
                ring.rotate_links();
            }
            let key = (!has_users).then(|| ring.add_operator(workspace));
            (ring, key)
        }
    };
    store.save_key_ring(&ring, known.as_ref()).await?;
    Ok(key)
}

fn named(workspace: &str) -> Result<WorkspaceId, OperationError> {
    match is_name(workspace) {
        true => Ok(WorkspaceId::new(workspace)),
        false => Err(OperationError::BadName),
    }
}

/// Changes one part of the ring; one that a version before wrote in one piece is split first.
async fn change_part<T>(
    store: &Store,
    part: Part,
    change: impl FnOnce(&mut KeyRing) -> T,
) -> Result<T, OperationError> {
    store.split_ring().await?;
    let known = store.key_parts(&[Part::Identity, part]).await?;
    let known = known.ok_or(OperationError::NoKeys)?;
    let mut ring = known.clone();
    let made = change(&mut ring);
    store.save_key_parts(&[part], &ring, Some(&known)).await?;
    Ok(made)
}
