//! `piste check` and `piste publish`.

use std::path::Path;

use piste_adapters::campaigns::{Bundle, read_all};
use piste_adapters::store::item::CAMPAIGN_FORM;
use piste_domain::campaign::Published;
use piste_domain::{CampaignId, Catalog, Locale, WorkspaceId};
use piste_operations::{MAIN_WORKSPACE, OperationError, keys};

use crate::error::CommandError;
use crate::storage::Tables;
use crate::texts;

/// Reads and checks every campaign.
///
/// # Errors
/// Every problem with its file and line.
pub(super) fn check(folder: &Path, locale: Locale) -> Result<String, CommandError> {
    let bundles = read(folder)?;
    let lines = bundles
        .iter()
        .map(|bundle| line(texts::checked, &bundle.published, locale));
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

fn read(folder: &Path) -> Result<Vec<Bundle>, CommandError> {
    Ok(read_all(folder).map_err(OperationError::Files)?)
}

fn line(text: fn(Locale, &CampaignId, &str) -> String, published: &Published, locale: Locale) -> String {
    text(locale, &published.campaign.id, &published.version)
}

/// Checks every campaign and writes them; makes the key ring if there is none yet. Campaigns that were published before
/// and are not in the folder go on, and are named.
///
/// # Errors
/// [`CommandError`]; running it again finishes the work. Nothing is written that the deployed functions cannot read.
pub(super) async fn publish(
    folder: &Path,
    tables: &Tables,
    locale: Locale,
    say: &mut impl FnMut(&str),
) -> Result<(), CommandError> {
    let bundles = read(folder)?;
    let store = tables.store()?;
    let is_first = store.key_ring().await?.is_none();
    // The functions of a stack start once there is a key ring; until they have said what they read, it is the first form.
    let reads = store.campaign_form_read().await?.unwrap_or(1);
    if !is_first && reads < CAMPAIGN_FORM {
        return Err(CommandError::OlderFunctions {
            writes: CAMPAIGN_FORM,
            reads,
        });
    }
    if let Some(key) = keys::make_ring(&store, &WorkspaceId::new(MAIN_WORKSPACE)).await? {
        // Before anything else can fail: it is shown this once.
        say(&format!("piste: operator key {key}"));
    }
    for bundle in &bundles {
        store.publish(&bundle.published, &bundle.files).await?;
    }
    store.settle_in().await?;
    let all = store.campaigns(&Catalog::default()).await?;
    for bundle in &bundles {
        say(&line(texts::published, &bundle.published, locale));
    }
    let ours = |id: &CampaignId| bundles.iter().any(|bundle| &bundle.published.campaign.id == id);
    for other in all.iter().filter(|published| !ours(&published.campaign.id)) {
        say(&texts::goes_on(locale, &other.campaign.id));
    }
    Ok(())
}
