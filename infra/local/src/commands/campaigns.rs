//! `piste check` and `piste publish`.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use piste_adapters::campaigns::{Bundle, against_snapshots, read_all, read_destinations, read_each};
use piste_adapters::store::item::CAMPAIGN_FORM;
use piste_domain::campaign::destination::Destination;
use piste_domain::campaign::{FileProblem, Published};
use piste_domain::kit::format::count;
use piste_domain::views::edit::{Change, Level};
use piste_domain::{CampaignId, Catalog, Locale, WorkspaceId};
use piste_operations::edit::{self, Effects};
use piste_operations::{MAIN_WORKSPACE, OperationError, keys};
use serde_json::{Value, json};

use super::{texts as said, turnstile};
use crate::error::CommandError;
use crate::storage::{Folders, People, Tables};
use crate::texts;

/// Reads and checks every campaign, and says what its files would do to the people of `people`, if those are asked about.
///
/// # Errors
/// Every problem with its file and line; [`CommandError::WordingChanged`] once everything was said.
pub(super) async fn check(
    from: Folders<'_>,
    json: bool,
    people: &People,
    locale: Locale,
    say: &mut impl FnMut(&str),
) -> Result<(), CommandError> {
    let found = read_each(from.campaigns);
    let mut problems = found.problems;
    let mut warnings = Vec::new();
    let mut files = Vec::new();
    for bundle in found.bundles {
        warnings.extend(bundle.warnings);
        files.push(Arc::new(bundle.published));
    }
    // What destinations say of a campaign that is wrong is not held against them.
    let catalog = Catalog::new(files.iter().map(Arc::clone)).leaving_out(found.broken);
    let destinations = destinations_of(from, &catalog).unwrap_or_else(|more| {
        problems.extend(more);
        Vec::new()
    });
    if !json {
        // Beside the answer: whoever reads that reads what is right and what is not.
        for warning in &warnings {
            let _ = writeln!(std::io::stderr(), "{}", said::warned(locale, &warning.say(locale)));
        }
    }
    if !problems.is_empty() {
        if json {
            say(&super::json(&json!({
                "campaigns": [],
                "problems": told_problems(&problems, locale),
                "warnings": told_problems(&warnings, locale),
            })));
        }
        return Err(OperationError::Files(problems).into());
    }
    let effects = match people.open(from, locale).await? {
        Some(crowd) => Some(edit::effects(&crowd.store, &files, crowd.now).await?),
        None => None,
    };
    if json {
        let campaigns = match &effects {
            Some(effects) => json!(effects),
            None => files
                .iter()
                .map(|of| json!({ "id": of.campaign.id, "version": of.version }))
                .collect(),
        };
        say(&super::json(&json!({
            "campaigns": campaigns,
            "problems": [],
            "warnings": told_problems(&warnings, locale),
        })));
    } else {
        for (at, published) in files.iter().enumerate() {
            say(&line(texts::checked, published, locale));
            if let Some(of_it) = effects.as_ref().map(|effects| &effects[at]) {
                told_effects(of_it, locale).iter().for_each(|line| say(line));
            }
        }
        for destination in &destinations {
            say(&texts::destination_checked(
                locale,
                destination.name.as_str(),
                destination.kind.code(),
            ));
        }
    }
    let mut changes = effects.iter().flatten().flat_map(|of_it| &of_it.changes);
    match changes.any(|changed| changed.level == Level::Error) {
        true => Err(CommandError::WordingChanged),
        false => Ok(()),
    }
}

fn told_problems(problems: &[FileProblem], locale: Locale) -> Vec<Value> {
    let told = problems
        .iter()
        .map(|problem| json!({ "file": problem.file, "line": problem.line, "message": problem.message.get(locale) }));
    told.collect()
}

/// A line for each change, and one that says how many people were looked at.
fn told_effects(effects: &Effects, locale: Locale) -> Vec<String> {
    let mut lines: Vec<String> = effects
        .changes
        .iter()
        .map(|changed| {
            let n = changed.people;
            let said = match &changed.change {
                Change::WordingChanged { version, language } => {
                    texts::wording_of_version(locale, n, version, language.code())
                }
                Change::SequenceGone { sequence, renamed } => {
                    let hint = renamed
                        .as_ref()
                        .map(|other| texts::sequence_renamed(locale, other, sequence));
                    texts::sequence_gone(locale, n, sequence) + &hint.unwrap_or_default()
                }
                Change::ErasedAtOnce => texts::erased_at_once(locale, n),
                Change::MoreThanPromised { version, promised } => {
                    texts::more_than_promised(locale, n, version, *promised)
                }
                Change::MailDropped { sequence, step } => texts::mail_dropped(locale, n, sequence, step),
                Change::MailAdded { sequence, step } => texts::mail_added(locale, n, sequence, step),
                Change::MailMoved { sequence, step } => texts::mail_moved(locale, n, sequence, step),
            };
            format!(
                "  {}",
                texts::list_title(locale, texts::level(locale, changed.level), &said)
            )
        })
        .collect();
    let people = count(effects.looked_at, locale);
    lines.push(match effects.more {
        true => format!("  {}", texts::newest_looked_at(locale, &people)),
        false => format!("  {}", texts::people_looked_at(locale, effects.looked_at)),
    });
    if effects.unreadable > 0 {
        lines.push(format!("  {}", texts::people_unreadable(locale, effects.unreadable)));
    }
    lines
}

fn read(folder: &Path) -> Result<Vec<Bundle>, CommandError> {
    Ok(read_all(folder).map_err(OperationError::Files)?)
}

/// The destinations beside these campaigns, as the functions may reach them.
fn destinations_of(from: Folders<'_>, campaigns: &Catalog) -> Result<Vec<Destination>, Vec<FileProblem>> {
    let found = read_destinations(from.destinations, campaigns, false);
    let mut problems = found.problems;
    problems.extend(against_snapshots(from.destinations, &found.destinations));
    match problems.is_empty() {
        true => Ok(found.destinations),
        false => Err(problems),
    }
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
    from: Folders<'_>,
    tables: &Tables,
    locale: Locale,
    say: &mut impl FnMut(&str),
) -> Result<(), CommandError> {
    let bundles = read(from.campaigns)?;
    let catalog = Catalog::new(bundles.iter().map(|bundle| bundle.published.clone()));
    let destinations = destinations_of(from, &catalog).map_err(OperationError::Files)?;
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
    let mut anew = Vec::new();
    for bundle in &bundles {
        if store.publish(&bundle.published, &bundle.files).await? {
            anew.push(&bundle.published.campaign.id);
        }
    }
    let resent = store
        .publish_destinations(&catalog.with_destinations(destinations))
        .await?;
    store.settle_in().await?;
    let all = store.campaigns(&Catalog::default()).await?;
    for bundle in &bundles {
        say(&line(texts::published, &bundle.published, locale));
    }
    for id in anew {
        say(&texts::alarms_anew(locale, id));
    }
    if resent {
        say(texts::destinations_anew(locale));
    }
    for site in turnstile::without_secret(&store, &all).await? {
        let told = said::finding(
            locale,
            said::to_do(locale),
            site,
            &said::store_site_secret(locale, site),
        );
        let _ = writeln!(std::io::stderr(), "{told}");
    }
    let ours = |id: &CampaignId| bundles.iter().any(|bundle| &bundle.published.campaign.id == id);
    for other in all.iter().filter(|published| !ours(&published.campaign.id)) {
        say(&texts::goes_on(locale, &other.campaign.id));
    }
    Ok(())
}
