//! `piste mcp`: the wiring of [`piste_mcp`].

use std::path::Path;

use piste_adapters::clock::random_hex;
use piste_adapters::config::env;
use piste_adapters::outbound::Outbound;
use piste_domain::Locale;
use piste_mcp::{BODY_MAX, Start};

use super::read_file;
use crate::error::CommandError;

/// Answers an assistant until standard input ends.
///
/// # Errors
/// [`CommandError::File`], [`CommandError::Mcp`].
pub(super) async fn serve(
    url: &str,
    key_file: Option<&Path>,
    reveal: bool,
    locale: Locale,
) -> Result<(), CommandError> {
    let key = match key_file {
        Some(file) => read_file(file)?,
        None => env("PISTE_KEY").unwrap_or_default(),
    };
    let start = Start {
        url: url.to_owned(),
        key,
        reveal,
        locale,
        fence: random_hex::<8>(),
    };
    let api = Outbound::local().reading(BODY_MAX);
    piste_mcp::serve(api, start).await.map_err(CommandError::Mcp)
}
