//! What the account of a destination has, and what it would be told.

use std::path::Path;
use std::sync::Arc;

use jiff::tz::TimeZone;
use piste_adapters::campaigns::{against_snapshots, read_each, snapshot_file};
use piste_adapters::clock::Clock;
use piste_adapters::config::env;
use piste_adapters::outbound::Outbound;
use piste_crm::{Crm, Hubspot, Link, Pipedrive, RemoteField, Salesforce, Secret, SecretProblem, Zoho};
use piste_domain::campaign::destination::snapshot::{Snapshot, TheirField};
use piste_domain::campaign::destination::{Destination, Kind, Source};
use piste_domain::kit::format;
use piste_domain::kit::ids::DestinationName;
use piste_domain::lead::deliveries::Outcome;
use piste_domain::{Catalog, Locale, WorkspaceId};
use piste_operations::destinations::{WouldTell, would_tell};
use piste_operations::{OperationError, find};

use super::{json, pretty, texts};
use crate::cli::KeysOf;
use crate::error::CommandError;
use crate::storage::{Folders, Opened};
use crate::system::secret_of;

/// As much of an answer as is read: Salesforce describes a record in some hundred kilobytes.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Reads the fields of a CRM and writes them beside the destination's file.
///
/// # Errors
/// [`CommandError`]: the file, the secret, the CRM's answer.
pub(super) async fn fields(from: Folders<'_>, name: &str, of: &KeysOf, locale: Locale) -> Result<String, CommandError> {
    let destination = read(from, name)?;
    if !destination.kind.is_crm() {
        return Err(CommandError::NoFields(destination.kind));
    }
    let secret = match env(&secret_of(name)) {
        Some(text) => Some(text),
        None => {
            let opened = of.storage.open(from, locale).await?;
            opened.app.store.secret(&DestinationName::new(name)).await?
        }
    };
    let secret = secret.ok_or_else(|| CommandError::NoSecret(name.to_owned()))?;
    let snapshot = Snapshot {
        kind: destination.kind,
        taken_at: Clock::Wall.now(),
        fields: asked(&destination, secret.trim()).await?,
    };
    let file = snapshot_file(from.destinations, name);
    let text = pretty(&snapshot) + "\n";
    std::fs::write(&file, &text).map_err(|error| CommandError::File(file.clone(), error))?;
    if of.json {
        return Ok(text.trim_end().to_owned());
    }
    let day = format::day(snapshot.taken_at.to_zoned(TimeZone::UTC).date(), locale);
    let mut lines = vec![texts::fields_taken(
        locale,
        snapshot.fields.len() as u64,
        &file.display().to_string(),
        &day,
    )];
    let problems = against_snapshots(from.destinations, std::slice::from_ref(&destination));
    lines.extend(problems.iter().map(|problem| problem.say(locale)));
    Ok(lines.join("\n"))
}

/// A destination's file, as the local system reads it.
fn read(from: Folders<'_>, name: &str) -> Result<Destination, CommandError> {
    let file = from.destinations.join(format!("{name}.toml"));
    let source = std::fs::read_to_string(&file).map_err(|_| CommandError::NoDestinationFile(file))?;
    let found = read_each(from.campaigns);
    let published = found.bundles.into_iter().map(|bundle| Arc::new(bundle.published));
    let catalog = Catalog::new(published).leaving_out(found.broken);
    Ok(Destination::read(name, &source, &catalog, true).map_err(OperationError::Files)?)
}

async fn asked(destination: &Destination, secret: &str) -> Result<Vec<TheirField>, CommandError> {
    let id_field = destination.fields.iter().find(|(_, rule)| rule.from == Source::Id);
    let id_field = id_field.map(|(name, _)| name.clone()).unwrap_or_default();
    let reads: Vec<String> = destination.fields.keys().cloned().collect();
    let kind = destination.kind;
    let read =
        |of: fn(&str) -> Result<Secret, SecretProblem>| of(secret).map_err(|_| CommandError::DestinationSecret(kind));
    let url = destination.url.as_deref().map(|url| url.trim_end_matches('/'));
    let fields = match kind {
        Kind::Hubspot => ask(&Hubspot { id_field, reads }, &read(Secret::token)?, url).await,
        Kind::Pipedrive => ask(&Pipedrive { id_field, reads }, &read(Secret::token)?, url).await,
        Kind::Salesforce => ask(&Salesforce { id_field, reads }, &read(Secret::salesforce)?, url).await,
        Kind::Zoho => ask(&Zoho { id_field, reads }, &read(Secret::zoho)?, url).await,
        Kind::Webhook | Kind::Chat => return Err(CommandError::NoFields(kind)),
    };
    let fields = fields.map_err(|outcome| CommandError::FieldsUnread {
        status: outcome.status,
        code: outcome.code,
    })?;
    let mut fields: Vec<TheirField> = fields.into_iter().map(theirs).collect();
    fields.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(fields)
}

async fn ask<C: Crm>(crm: &C, secret: &Secret, url: Option<&str>) -> Result<Vec<RemoteField>, Outcome> {
    // Whoever runs a command on a machine may reach that machine.
    let http = Outbound::local().reading(ANSWER_BYTES_MAX);
    let token = crm.token(&http, secret, url).await?;
    let link = Link {
        http: &http,
        token: &token,
        now: Clock::Wall.now(),
    };
    crm.fields(&link).await
}

fn theirs(field: RemoteField) -> TheirField {
    TheirField {
        name: field.name,
        label: field.label,
        kind: field.kind,
        options: field.options,
        length: field.length,
        unique: field.unique,
        required: field.required,
        writable: field.writable,
    }
}

/// Shows what a destination would be told of a lead.
///
/// # Errors
/// [`CommandError::Operation`].
pub(super) async fn try_lead(
    at: &Opened,
    name: &str,
    who: &str,
    reveal: bool,
    of: &KeysOf,
    locale: Locale,
) -> Result<String, CommandError> {
    let (operator, id) = find(&at.app, who, Some(WorkspaceId::new(of.workspace.clone()))).await?;
    let lead = operator.lead(id.as_str()).await?;
    let would = would_tell(&operator, &lead, name, reveal)?;
    Ok(match of.json {
        true => json(&would),
        false => told(&would, reveal, locale),
    })
}

fn told(would: &WouldTell, reveal: bool, locale: Locale) -> String {
    let mut lines = vec![match (would.concerned, would.kind) {
        (false, _) => texts::would_tell_nothing(locale, &would.destination),
        (true, Kind::Chat) => texts::would_tell_a_card(locale, &would.destination),
        (true, kind) => texts::would_tell(locale, &would.destination, kind.code()),
    }];
    for field in &would.fields {
        let value = field
            .value
            .as_str()
            .map_or_else(|| field.value.to_string(), str::to_owned);
        let write = serde_json::to_value(field.write).unwrap_or_default();
        let write = write.as_str().unwrap_or_default();
        lines.push(format!("  {:<40}  {:<16}  {write:<8}  {value}", field.name, field.from));
    }
    lines.extend(would.body.as_ref().map(pretty));
    if !reveal && (!would.fields.is_empty() || would.body.is_some()) {
        lines.push(texts::typed_is_hidden(locale).to_owned());
    }
    lines.join("\n")
}

/// Whether a file holds the fields of this destination's account.
pub(super) fn is_taken(folder: &Path, name: &str) -> bool {
    snapshot_file(folder, name).is_file()
}
