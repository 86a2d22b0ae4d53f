//! `piste visitors`: what another counter counted.

use std::path::Path;

use piste_domain::Locale;
use piste_domain::kit::format::count;
use piste_operations::visitors;

use crate::error::CommandError;
use crate::storage::Opened;
use crate::texts;

/// Takes the visitors of each day from a file; nothing is written unless every line can be read.
///
/// # Errors
/// [`CommandError::File`], [`CommandError::VisitorLines`], [`CommandError::Operation`].
pub(super) async fn import(at: &Opened, campaign: &str, file: &Path, locale: Locale) -> Result<String, CommandError> {
    let rows = visitors::read(&super::read_file(file)?);
    let rows = rows.map_err(|lines| CommandError::VisitorLines(file.to_owned(), lines))?;
    visitors::import(&at.app, campaign, &rows).await?;
    let sum = rows.iter().map(|(_, visitors)| visitors).sum();
    let (sum, days) = (count(sum, locale), count(rows.len() as u64, locale));
    Ok(texts::imported(locale, campaign, &sum, &days))
}
