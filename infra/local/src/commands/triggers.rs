//! Secrets of other systems, and what their payloads would do.

use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::Path;

use piste_adapters::campaigns::read_all;
use piste_domain::campaign::mapping::Meaning;
use piste_domain::{Catalog, Locale, WorkspaceId};
use piste_operations::tried::{Tried, TriedEvent, payload};
use piste_operations::{OperationError, keys};

use crate::error::CommandError;
use crate::storage::Opened;
use crate::texts;

/// Longest secret that is read, in bytes.
const SECRET_BYTES_MAX: u64 = 16 * 1024;

/// Takes a secret of the other side: as given, else as typed or piped in.
///
/// # Errors
/// [`CommandError::Stdin`], [`CommandError::Operation`].
pub(super) async fn take_value(
    at: &Opened,
    workspace: &str,
    source: &str,
    value: Option<&str>,
    locale: Locale,
) -> Result<String, CommandError> {
    let text = match value {
        Some(value) => value.to_owned(),
        None => asked_for(source, locale)?,
    };
    keys::trigger_value(&at.app, workspace, source, text.trim()).await?;
    Ok(texts::secret_taken(locale, source))
}

/// One line of somebody at a terminal, or all that is piped in: Meta's secret may stand on several lines.
pub(super) fn asked_for(source: &str, locale: Locale) -> Result<String, CommandError> {
    let stdin = std::io::stdin();
    let mut text = String::new();
    if stdin.is_terminal() {
        let asked = texts::secret_asked(locale, source);
        std::io::stderr()
            .write_all(asked.as_bytes())
            .map_err(CommandError::Stdin)?;
        stdin.read_line(&mut text).map_err(CommandError::Stdin)?;
    } else {
        let mut bounded = stdin.lock().take(SECRET_BYTES_MAX);
        bounded.read_to_string(&mut text).map_err(CommandError::Stdin)?;
    }
    Ok(text)
}

/// Shows what a payload would do; nothing is opened and nothing stored.
///
/// # Errors
/// [`CommandError::File`], [`CommandError::Operation`].
pub(super) fn try_payload(
    folder: &Path,
    workspace: &str,
    source: &str,
    file: &Path,
    json: bool,
    locale: Locale,
) -> Result<String, CommandError> {
    let bytes = std::fs::read(file).map_err(|error| CommandError::File(file.to_owned(), error))?;
    let bundles = read_all(folder).map_err(OperationError::Files)?;
    let catalog = Catalog::new(bundles.into_iter().map(|bundle| bundle.published));
    let tried = payload(&catalog, &WorkspaceId::new(workspace), source, &bytes)?;
    Ok(match json {
        true => super::pretty(&tried),
        false => told(&tried, locale),
    })
}

fn told(tried: &Tried, locale: Locale) -> String {
    let proof = tried.proof.code();
    let mut lines = vec![match &tried.campaign {
        Some(campaign) => texts::tried_by(locale, &tried.source, campaign, proof),
        None => texts::tried_natively(locale, &tried.source, proof),
    }];
    if tried.events.is_empty() {
        lines.push(texts::tried_no_events(locale).to_owned());
    }
    for (place, event) in tried.events.iter().enumerate() {
        if tried.events.len() > 1 {
            lines.push(String::new());
            lines.push(texts::tried_event(locale, place + 1));
        }
        tell(event, locale, &mut lines);
    }
    lines.join("\n")
}

fn tell(event: &TriedEvent, locale: Locale, lines: &mut Vec<String>) {
    let mut add = |name: &str, value: &str| lines.push(texts::named(locale, name, value));
    match event.status {
        "ignored" => return add(texts::tried_meaning(locale), texts::tried_ignored(locale)),
        "refused" => add(texts::tried_meaning(locale), texts::tried_refused(locale)),
        _ => {
            let words = event.meanings.iter().map(|meaning| word(*meaning));
            add(texts::tried_meaning(locale), &words.collect::<Vec<_>>().join(", "));
        }
    }
    let person = event.email.as_deref().or(event.lead_id.as_deref());
    if let Some(person) = person {
        add(texts::tried_person(locale), person);
    }
    if event.status == "read" {
        let at = event.at.map(|at| at.to_string());
        add(
            texts::tried_when(locale),
            at.as_deref().unwrap_or(texts::tried_on_arrival(locale)),
        );
        add(
            texts::tried_id(locale),
            event.id.as_deref().unwrap_or(texts::tried_no_id(locale)),
        );
    }
    if let Some(about) = &event.about {
        add(texts::tried_about(locale), about);
    }
    for (field, value) in &event.answers {
        add(&texts::tried_answer(locale, field), value);
    }
    for unread in &event.unread {
        add(&texts::tried_unread(locale, &unread.field), &unread.code);
    }
    for error in &event.errors {
        add(&texts::tried_wrong(locale, &error.field), error.code);
    }
    if !event.missing.is_empty() {
        add(texts::tried_missing(locale), &event.missing.join(", "));
    }
    if !event.unused.is_empty() {
        add(texts::tried_unused(locale), &event.unused.join(", "));
    }
}

/// The word of the mapping file.
fn word(meaning: Meaning) -> String {
    let word = serde_json::to_value(meaning).expect("a word serialises");
    word.as_str().unwrap_or_default().to_owned()
}
