//! The command line about scores: why a lead has the one it has, and what other rules would change.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use piste_domain::backtest::{Proof, Standing, Trial};
use piste_domain::campaign::{Campaign, Published};
use piste_domain::limits::{TRIAL_LEADS_MIN, TRIAL_OUTCOMES_MIN};
use piste_domain::score::Score;
use piste_domain::statistics::Rate;
use piste_domain::{Catalog, Email, Lead, LeadId};

use crate::commands::CommandError;
use crate::place::Opened;

/// Why a lead has its score at a moment, line by line. `who` is its id or its address.
///
/// # Errors
/// When there is no such lead, or the moment cannot be read.
pub async fn explain(at: &Opened, who: &str, date: Option<&str>) -> Result<String, CommandError> {
    let catalog = at.app.catalog().await?;
    let lead = find(at, &catalog, who).await?;
    let no_campaign = || CommandError::Settings(format!("the campaign of this lead, {}, is gone", lead.campaign));
    let published = catalog.published(&lead.campaign).ok_or_else(no_campaign)?;
    let moment = match date {
        Some(text) => moment(text, &published.campaign)?,
        None => at.app.now(),
    };
    if moment < lead.captured_at {
        return Err(CommandError::Settings(format!(
            "this lead came in at {}, later than that",
            lead.captured_at
        )));
    }
    Ok(explained(&lead, published, moment))
}

async fn find(at: &Opened, catalog: &Catalog, who: &str) -> Result<Arc<Lead>, CommandError> {
    let mut ids = Vec::new();
    match Email::parse(who) {
        Ok(email) => {
            let ring = at.app.ring();
            let workspaces = catalog.iter().map(|published| &published.campaign.workspace);
            ids.extend(workspaces.map(|workspace| LeadId::of(&ring.identity, workspace, &email)));
            ids.dedup();
        }
        Err(_) => ids.push(LeadId::new(who)),
    }
    for id in ids {
        if let Some(lead) = at.app.store.load(&id).await? {
            return Ok(lead);
        }
    }
    Err(CommandError::Settings(
        "no lead has this id or address: the API and the console show its id".into(),
    ))
}

/// A moment, or the end of a day where the campaign counts its days.
fn moment(text: &str, campaign: &Campaign) -> Result<Timestamp, CommandError> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    let end = |date: Date| date.at(23, 59, 59, 0).to_zoned(campaign.time_zone()).ok();
    let day = text.parse::<Date>().ok().and_then(end);
    day.map(|day| day.timestamp()).ok_or_else(|| {
        CommandError::Settings("--at takes a day such as 2026-03-20, or a moment such as 2026-03-20T09:00:00Z".into())
    })
}

fn explained(lead: &Lead, published: &Published, moment: Timestamp) -> String {
    let campaign = &published.campaign;
    let scoring = &campaign.scoring;
    let locale = campaign.default_locale();
    let score = Score::of(lead, campaign, moment);
    let zone = campaign.time_zone();
    let mut said = format!(
        "lead {}, campaign {}, rules of version {}, at {moment}\ngrade {}, fit {}, engagement {}\n",
        lead.id, campaign.id, published.version, score.grade, score.fit, score.engagement
    );
    for line in &score.lines {
        let day = line.at.to_zoned(zone.clone()).strftime("%Y-%m-%d");
        let why = scoring.why(&line.rule).map_or("", |why| why.get(locale));
        let note = line.note(locale).map(|note| format!(" ({note})")).unwrap_or_default();
        let _ = write!(
            said,
            "\n{:>6}  {:<10}  {day}  {:<16}  {why}{note}",
            format!("{:+}", line.points),
            line.axis.code(),
            line.rule
        );
    }
    let threshold = scoring.mql;
    let verdict = if score.is_mql(scoring) {
        "worth an MQL"
    } else {
        "not worth an MQL"
    };
    let _ = write!(
        said,
        "\n\n{:>6}  fit, of {} asked\n{:>6}  engagement, of {} asked: {verdict}",
        score.fit, threshold.fit, score.engagement, threshold.engagement
    );
    said
}

/// What the rules of a file would change over the stored leads of its campaign, and what they would have known.
///
/// # Errors
/// Every problem of the file with its line; a campaign that is not there.
pub async fn simulate(at: &Opened, file: &Path) -> Result<String, CommandError> {
    let name = file.display();
    let source = std::fs::read_to_string(file)
        .map_err(|error| CommandError::Settings(format!("{name} cannot be read: {error}")))?;
    let catalog = at.app.catalog().await?;
    let new = read(&source, &name.to_string())?;
    let no_such = || CommandError::Settings(format!("no campaign {} is in force to compare {name} with", new.id));
    let old = catalog.published(&new.id).ok_or_else(no_such)?;
    let now = at.app.now();
    let mut trial = Trial::new();
    let mut from = None;
    loop {
        let page = at.app.store.leads(from).await?;
        // One whose item does not parse is told of by `piste audit`.
        for lead in page.rows.into_iter().flatten() {
            if lead.campaign == new.id && lead.workspace == old.campaign.workspace {
                trial.look_at(&lead, &old.campaign, &new, now);
            }
        }
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    Ok(told(&trial, old, &name.to_string()))
}

/// The campaign of a file that may lie anywhere: its folder's name is the id it says.
fn read(source: &str, name: &str) -> Result<Campaign, CommandError> {
    let id = source.parse::<toml::Table>().ok();
    let id = id
        .and_then(|table| table.get("id")?.as_str().map(str::to_owned))
        .unwrap_or_default();
    Campaign::read(&id, source).map_err(|problems| {
        let lines = problems.iter().map(|p| format!("{name}:{}: {}", p.line, p.message));
        CommandError::Campaigns(lines.collect::<Vec<_>>().join("\n"))
    })
}

fn told(trial: &Trial, old: &Published, name: &str) -> String {
    let mut said = format!(
        "campaign {}, {} leads: rules in force (version {}) against {name}\n\n",
        old.campaign.id, trial.leads, old.version
    );
    let worth = |standing: &Standing| if standing.is_mql { "MQL" } else { "-" };
    let mql = |of: fn(&piste_domain::backtest::Moved) -> bool| trial.moved.iter().filter(|moved| of(moved)).count();
    let _ = writeln!(
        said,
        "{} would move: {} would become worth an MQL, {} would no longer be",
        trial.moved.len(),
        mql(|m| !m.before.is_mql && m.after.is_mql),
        mql(|m| m.before.is_mql && !m.after.is_mql)
    );
    for moved in &trial.moved {
        let _ = writeln!(
            said,
            "  {}  {} {:<3} -> {} {}",
            moved.id,
            moved.before.grade,
            worth(&moved.before),
            moved.after.grade,
            worth(&moved.after)
        );
    }
    let [won, lost, rejected] = trial.ended;
    let _ = writeln!(
        said,
        "\noutcomes known: {} ({won} won, {lost} lost, {rejected} rejected); each lead as it stood before its own",
        trial.outcomes()
    );
    if trial.outcomes() > 0 {
        let _ = writeln!(said, "  {:<22}  {:<28}  new rules", "", "rules in force");
        let mut row = |what: &str, of: &dyn Fn(&Proof) -> String| {
            let _ = writeln!(said, "  {what:<22}  {:<28}  {}", of(&trial.old), of(&trial.new));
        };
        let share = |rate: Option<Rate>, hits, of| format!("{hits} of {of}{}", percent(rate));
        row("picked that bought", &|p| {
            share(p.precision(), p.picked_and_won, p.picked)
        });
        row("buyers that were picked", &|p| {
            share(p.recall(), p.picked_and_won, p.won)
        });
        for n in 0..trial.new.bands.len() {
            row(&format!("bought of grade {}", trial.new.bands[n].letter), &|p| {
                share(p.bands[n].rate(), p.bands[n].won, p.bands[n].ended)
            });
        }
        let _ = writeln!(
            said,
            "  picked: worth an MQL at any moment before the outcome (precision, recall); in brackets the 95 % interval"
        );
    }
    if !trial.is_enough() {
        let _ = writeln!(
            said,
            "\nToo little data to tell these rules apart: {} leads of about {TRIAL_LEADS_MIN}, {} outcomes of about {TRIAL_OUTCOMES_MIN}. \
             Judge by who would move, not by the rates.",
            trial.leads,
            trial.outcomes()
        );
    }
    said.trim_end().to_owned()
}

fn percent(rate: Option<Rate>) -> String {
    let of = |share: f64| (share * 100.0).round();
    rate.map(|rate| format!(", {} % ({}-{} %)", of(rate.value), of(rate.low), of(rate.high)))
        .unwrap_or_default()
}
