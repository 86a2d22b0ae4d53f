//! `piste reindex`: every lead's place in the indexes, written anew.

use piste_domain::Locale;
use piste_operations::reindex;

use crate::error::CommandError;
use crate::storage::Opened;
use crate::texts;

/// Writes them, and says how many.
///
/// # Errors
/// [`CommandError::Store`]. Running it again starts over and harms nothing.
pub(super) async fn reindex(at: &Opened, locale: Locale) -> Result<String, CommandError> {
    let sum = reindex::reindex(&at.app).await?;
    Ok(texts::reindexed(locale, sum.written, sum.unreadable, sum.erased))
}
