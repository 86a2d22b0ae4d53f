//! `piste new`, `completions` and `man`: what needs no data.

use std::io;
use std::path::Path;

use clap_complete::Shell;
use piste_domain::Locale;
use piste_domain::kit::ids::is_name;

use crate::cli::command_in;
use crate::error::CommandError;
use crate::{shipped, texts};

/// Writes a shipped campaign under a name of one's own.
///
/// # Errors
/// [`CommandError::CampaignName`], [`CommandError::NotShipped`], [`CommandError::Taken`], [`CommandError::File`].
pub(super) fn new(root: &Path, id: &str, from: &str, locale: Locale) -> Result<String, CommandError> {
    if !is_name(id) {
        return Err(CommandError::CampaignName(id.to_owned()));
    }
    if !shipped::names().any(|name| name == from) {
        return Err(CommandError::NotShipped(from.to_owned()));
    }
    let folder = root.join(id);
    shipped::plant(root, id, from, locale).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => CommandError::Taken(folder.clone()),
        _ => CommandError::File(folder.clone(), error),
    })?;
    Ok(texts::campaign_made(
        locale,
        &folder.join("campaign.toml").display().to_string(),
    ))
}

/// What a shell completes.
pub(super) fn completions(shell: Shell, locale: Locale) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command_in(locale), "piste", &mut script);
    String::from_utf8_lossy(&script).trim_end().to_owned()
}

/// The manual page.
///
/// # Errors
/// [`CommandError::File`], which no page of ours meets.
pub(super) fn manual(locale: Locale) -> Result<String, CommandError> {
    let mut page = Vec::new();
    let written = clap_mangen::Man::new(command_in(locale)).render(&mut page);
    written.map_err(|error| CommandError::File("piste.1".into(), error))?;
    Ok(String::from_utf8_lossy(&page).trim_end().to_owned())
}
