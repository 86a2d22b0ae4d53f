//! `piste destination` and `piste secret`: where leads are sent on to.

use piste_crm::Secret;
use piste_domain::Locale;
use piste_domain::campaign::destination::Kind;
use piste_domain::kit::format;
use piste_domain::kit::ids::DestinationName;
use piste_operations::destinations::{self, DestinationView};
use piste_operations::{OperationError, Operator};

use super::{json, triggers, zone};
use crate::cli::DestinationCommand;
use crate::error::CommandError;
use crate::storage::Opened;
use crate::texts;

/// Lists, pauses, resumes or replays.
///
/// # Errors
/// [`CommandError::Operation`], [`CommandError::Store`].
pub(super) async fn destination(
    at: &Opened,
    what: &DestinationCommand,
    locale: Locale,
) -> Result<String, CommandError> {
    let of = what.of();
    let operator = at.operator_of(&of.workspace).await?;
    let said = match what {
        DestinationCommand::List(_) | DestinationCommand::Fields { .. } | DestinationCommand::Try { .. } => None,
        DestinationCommand::Pause { name, .. } => {
            destinations::pause(&operator, name).await?;
            Some(texts::destination_paused(locale, name))
        }
        DestinationCommand::Resume { name, .. } => {
            destinations::resume(&operator, name).await?;
            Some(texts::destination_resumed(locale, name))
        }
        DestinationCommand::Replay { name, .. } => {
            let replayed = destinations::replay(&operator, name).await?;
            Some(texts::deliveries_replayed(locale, replayed as u64))
        }
    };
    let found = destinations::list(&operator).await?;
    if of.json {
        return Ok(json(&found));
    }
    if let Some(said) = said {
        return Ok(said);
    }
    let lines: Vec<_> = found
        .destinations
        .iter()
        .map(|view| line(view, &operator, locale))
        .collect();
    Ok(match lines.is_empty() {
        true => texts::no_destinations(locale).to_owned(),
        false => lines.join("\n"),
    })
}

fn line(view: &DestinationView, operator: &Operator<'_>, locale: Locale) -> String {
    let zone = zone(operator);
    let state = match view.reason {
        Some(reason) => format!("{} ({})", view.state.code(), reason.code()),
        None => view.state.code().to_owned(),
    };
    let line = texts::destination_line(
        locale,
        &view.name,
        view.kind.code(),
        &state,
        view.pending,
        view.set_aside,
    );
    match view.oldest_at {
        Some(at) => line + &texts::oldest_since(locale, &format::moment(at, &zone, locale)),
        None => line,
    }
}

/// Stores a secret that is typed or piped in, once its shape is that of the destination's kind.
///
/// # Errors
/// [`CommandError::Operation`] where there is no such destination; [`CommandError::DestinationSecret`].
pub(super) async fn take_secret(at: &Opened, name: &str, locale: Locale) -> Result<String, CommandError> {
    let name = DestinationName::new(name);
    let catalog = at.app.catalog().await?;
    let kind = catalog.destination(&name).ok_or(OperationError::NoDestination)?.kind;
    let text = triggers::asked_for(name.as_str(), locale)?;
    let text = text.trim();
    let holds = match kind {
        Kind::Webhook => {
            let mut secrets = text.split_whitespace().peekable();
            secrets.peek().is_some() && secrets.all(|secret| piste_adapters::webhook::Secret::parse(secret).is_ok())
        }
        // The address of a chat is its secret.
        Kind::Chat => return Err(CommandError::DestinationSecret(kind)),
        Kind::Hubspot | Kind::Pipedrive => Secret::token(text).is_ok(),
        Kind::Salesforce => Secret::salesforce(text).is_ok(),
        Kind::Zoho => Secret::zoho(text).is_ok(),
    };
    if !holds {
        return Err(CommandError::DestinationSecret(kind));
    }
    at.app.store.save_secret(&name, text).await?;
    Ok(texts::destination_secret_taken(locale, name.as_str()))
}
