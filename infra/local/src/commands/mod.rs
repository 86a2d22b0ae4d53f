//! The commands: each asks `shared/operations`, and puts the answer into words.

mod campaigns;
mod cost;
mod destinations;
mod doctor;
mod explain;
mod import;
mod keys;
mod leads;
mod mcp;
mod person;
mod plan;
mod preview;
mod reconcile;
mod reindex;
mod replay;
mod report;
mod retention;
mod rights;
mod sending;
mod shell;
mod simulate;
mod snapshots;
mod texts;
mod triggers;
mod turnstile;
mod visitors;

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use piste_adapters::telemetry;
use piste_domain::{Campaign, Locale};
use piste_operations::import::Ask;
use piste_operations::{Operator, keys as ring};
use serde::Serialize;

use crate::cli::{Cli, Command, DestinationCommand, Trigger};
use crate::error::CommandError;
use crate::shipped::{FOLDER, Shelf};
use crate::storage::Folders;

/// Does what a command asks; each answer is given to `say` as soon as it is there.
///
/// # Errors
/// [`CommandError`], whose sentence says what to do.
pub async fn run(cli: &Cli, command: &Command, say: &mut impl FnMut(&str)) -> Result<(), CommandError> {
    // Answers are for a person or a program; and what a replay tells again is in the archive already.
    telemetry::silence();
    let locale = cli.locale();
    let own = Path::new(FOLDER);
    // What asks an API reads no campaign, and unpacks none.
    let named = match command {
        Command::Mcp { .. } => Some(own),
        _ => cli.campaigns.as_deref(),
    };
    let shelf = Shelf::open(named).map_err(|error| CommandError::File(FOLDER.into(), error))?;
    let from = Folders {
        campaigns: match command {
            // Only an owner's own campaigns are published.
            Command::Publish(_) if shelf.is_demo() => own,
            _ => &shelf.path,
        },
        destinations: &cli.destinations,
    };
    let answer = match command {
        Command::New { id, from } => shell::new(cli.campaigns.as_deref().unwrap_or(own), id, from, locale)?,
        Command::Check { json, people } => return campaigns::check(from, *json, people, locale, say).await,
        Command::Publish(tables) => return campaigns::publish(from, tables, locale, say).await,
        Command::RotateLinks(tables) => return Ok(ring::rotate_links(&tables.store()?).await?),
        Command::OperatorKey { workspace, tables } => {
            let key = ring::operator_key(&tables.store()?, workspace).await?;
            format!("piste: operator key {key}")
        }
        Command::Keys { what } => keys::keys(&what.of().storage.open(from, locale).await?, what, locale).await?,
        Command::TriggerSecret {
            source,
            value,
            workspace,
            storage,
        } => {
            let at = storage.open(from, locale).await?;
            match value {
                Some(value) => triggers::take_value(&at, workspace, source, value.as_deref(), locale).await?,
                None => {
                    let secret = ring::trigger_secret(&at.app.store, workspace, source).await?;
                    format!("piste: trigger secret {secret}")
                }
            }
        }
        Command::Secret { name, storage } => {
            destinations::take_secret(&storage.open(from, locale).await?, name, locale).await?
        }
        Command::TurnstileSecret { site_key, storage } => {
            turnstile::take_secret(&storage.open(from, locale).await?, site_key, locale).await?
        }
        Command::Destination {
            what: DestinationCommand::Fields { name, of },
        } => snapshots::fields(from, name, of, locale).await?,
        Command::Destination {
            what:
                DestinationCommand::Try {
                    name,
                    person,
                    reveal,
                    of,
                },
        } => {
            let who = person::who(person)?;
            snapshots::try_lead(&of.storage.open(from, locale).await?, name, &who, *reveal, of, locale).await?
        }
        Command::Destination { what } => {
            destinations::destination(&what.of().storage.open(from, locale).await?, what, locale).await?
        }
        Command::Trigger(Trigger::Try {
            source,
            file,
            workspace,
            json,
        }) => triggers::try_payload(from.campaigns, workspace, source, file, *json, locale)?,
        Command::Report { ask, storage } => report::report(&storage.open(from, locale).await?, ask, locale).await?,
        Command::Visitors {
            file,
            campaign,
            storage,
        } => visitors::import(&storage.open(from, locale).await?, campaign, file, locale).await?,
        Command::Import {
            file,
            campaign,
            dry_run,
            columns,
            workspace,
            json,
            storage,
        } => {
            let ask = Ask {
                campaign,
                columns,
                dry_run: *dry_run,
                locale,
                ..Ask::default()
            };
            let at = storage.open(from, locale).await?;
            return import::import(&at, workspace, file, &ask, *json, say).await;
        }
        Command::UndoImport {
            import,
            workspace,
            json,
            storage,
        } => import::undo(&storage.open(from, locale).await?, workspace, import, *json, locale).await?,
        Command::Explain {
            person,
            at,
            json,
            storage,
        } => {
            let who = person::who(person)?;
            explain::explain(&storage.open(from, locale).await?, &who, at.as_deref(), *json, locale).await?
        }
        Command::Plan { person, json, storage } => {
            let who = person::who(person)?;
            plan::plan(&storage.open(from, locale).await?, &who, *json, locale).await?
        }
        Command::Preview(ask) => preview::preview(from, cli, ask, locale).await?,
        Command::SimulateRules { new, storage } => {
            simulate::simulate(&storage.open(from, locale).await?, new, locale).await?
        }
        Command::Retention {
            days,
            workspace,
            json,
            storage,
            ..
        } => retention::forecast(&storage.open(from, locale).await?, workspace, *days, *json, locale).await?,
        Command::Reconcile { json, storage } => {
            return reconcile::reconcile(&storage.open(from, locale).await?, *json, locale, say).await;
        }
        Command::Sending(storage) => sending::view(&storage.open(from, locale).await?, locale).await?,
        Command::Hold { reason, storage } => sending::hold(&storage.open(from, locale).await?, reason, locale).await?,
        Command::Release { reason, storage } => {
            sending::release(&storage.open(from, locale).await?, reason, locale).await?
        }
        Command::Replay { files, storage } => replay::replay(&storage.open(from, locale).await?, files, locale).await?,
        Command::Resend { campaign, storage } => {
            sending::resend(&storage.open(from, locale).await?, campaign.as_deref(), locale).await?
        }
        Command::Reindex(storage) => reindex::reindex(&storage.open(from, locale).await?, locale).await?,
        Command::Export { whose, list } => {
            let at = whose.storage.open(from, locale).await?;
            match &list.campaign {
                Some(campaign) => return leads::export(&at, &whose.workspace, campaign, list, locale, say).await,
                None => rights::export(&at, whose).await?,
            }
        }
        Command::Doctor { json, storage } => {
            return doctor::doctor(from, cli, *json, storage, locale, say).await;
        }
        Command::Cost {
            workspace,
            json,
            storage,
        } => cost::cost(&storage.open(from, locale).await?, workspace, *json, locale).await?,
        Command::Mcp { url, key_file, reveal } => return mcp::serve(url, key_file.as_deref(), *reveal, locale).await,
        Command::Completions { shell } => shell::completions(*shell, locale),
        Command::Man => shell::manual(locale)?,
        Command::Proof(whose) => rights::proof(&whose.storage.open(from, locale).await?, whose, locale).await?,
        Command::Erase(whose) => rights::erase(&whose.storage.open(from, locale).await?, whose, locale).await?,
    };
    say(&answer);
    Ok(())
}

/// The text of a file that somebody named.
fn read_file(file: &Path) -> Result<String, CommandError> {
    let bytes = std::fs::read(file).map_err(|error| CommandError::File(PathBuf::from(file), error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The zone in which an answer tells the time: that of the operator's first campaign.
fn zone(operator: &Operator<'_>) -> TimeZone {
    operator.campaigns().next().map_or(TimeZone::UTC, Campaign::time_zone)
}

/// What says whose clock the times of an answer are on.
fn times_of(zone: &TimeZone, locale: Locale) -> String {
    crate::texts::times_of(locale, zone.iana_name().unwrap_or("UTC"))
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("an answer serialises")
}

fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("an answer serialises")
}
