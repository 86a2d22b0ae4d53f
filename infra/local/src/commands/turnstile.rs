//! `piste turnstile-secret`: the secret key beside the site key of a campaign.

use std::collections::BTreeSet;

use piste_adapters::keys::Part;
use piste_adapters::store::{Store, StoreError};
use piste_domain::kit::turnstile::{is_secret_key, is_site_key};
use piste_domain::{Catalog, Locale};
use piste_operations::keys;

use super::triggers;
use crate::error::CommandError;
use crate::storage::Opened;
use crate::texts;

/// Stores a secret key that is typed or piped in, in place of the one before.
///
/// # Errors
/// [`CommandError::SiteKey`], [`CommandError::TurnstileSecret`], [`CommandError::Stdin`], [`CommandError::Operation`].
pub(super) async fn take_secret(at: &Opened, site_key: &str, locale: Locale) -> Result<String, CommandError> {
    if !is_site_key(site_key) {
        return Err(CommandError::SiteKey);
    }
    let text = triggers::asked_for(site_key, locale)?;
    let text = text.trim();
    if !is_secret_key(text) {
        return Err(CommandError::TurnstileSecret);
    }
    keys::turnstile_secret(&at.app.store, site_key, text).await?;
    Ok(texts::turnstile_secret_taken(locale, site_key))
}

/// The site keys of these campaigns that have no secret key there.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn without_secret<'a>(store: &Store, catalog: &'a Catalog) -> Result<BTreeSet<&'a str>, StoreError> {
    let mut sites = catalog.site_keys();
    if sites.is_empty() {
        return Ok(sites);
    }
    let ring = store.key_parts(&[Part::Turnstile]).await?;
    sites.retain(|site| ring.as_ref().is_none_or(|ring| ring.turnstile(site).is_none()));
    Ok(sites)
}
