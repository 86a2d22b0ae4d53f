//! `piste replay`: the archive, told to a restored table.

use std::path::PathBuf;

use piste_domain::Locale;
use piste_operations::replay::{self, Replayed};

use crate::error::CommandError;
use crate::storage::Opened;
use crate::texts;

/// Tells every file to the table; sending stays held.
///
/// # Errors
/// [`CommandError::File`], [`CommandError::NoArchive`], [`CommandError::Store`]. Running it again is harmless: everything
/// counts once.
pub(super) async fn replay(at: &Opened, files: &[PathBuf], locale: Locale) -> Result<String, CommandError> {
    let mut sum = Replayed::default();
    for file in files {
        replay::replay(&at.app, &super::read_file(file)?, &mut sum).await?;
    }
    if sum.lines() == 0 {
        return Err(CommandError::NoArchive);
    }
    let mut said = vec![texts::replayed(locale, sum.lines(), sum.new, sum.known, sum.no_lead)];
    if !sum.came_back.is_empty() {
        let ids: Vec<_> = sum.came_back.iter().map(ToString::to_string).collect();
        said.push(texts::back_since(locale, &ids.join(", ")));
    }
    said.push(super::sending::state(at, locale).await?);
    Ok(said.join("\n"))
}
