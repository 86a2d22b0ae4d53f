//! The command line about scores: why a lead has the one it has, and what other rules would change.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use piste_domain::campaign::{Campaign, Published};
use piste_domain::kit::format;
use piste_domain::kit::limits::{TRIAL_LEADS_MIN, TRIAL_OUTCOMES_MIN};
use piste_domain::kit::statistics::Rate;
use piste_domain::rules::scoring::Score;
use piste_domain::views::backtest::{Moved, Proof, Standing, Trial};
use piste_domain::{Catalog, Email, Lead, LeadId, Locale};

use crate::commands::CommandError;
use crate::place::Opened;

/// Why a lead has its score at a moment, line by line. `who` is its id or its address.
///
/// # Errors
/// When there is no such lead, or the moment cannot be read.
pub async fn explain(at: &Opened, who: &str, date: Option<&str>, locale: Locale) -> Result<String, CommandError> {
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
    Ok(explained(&lead, published, moment, locale))
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

fn explained(lead: &Lead, published: &Published, moment: Timestamp, locale: Locale) -> String {
    let campaign = &published.campaign;
    let scoring = &campaign.scoring;
    let pick = |fr, en| locale.pick(fr, en);
    let score = Score::of(lead, campaign, moment);
    let zone = campaign.time_zone();
    let mut said = format!(
        "lead {}, {} {}, {} {}, {} {moment}\n{} {}, {} {}, engagement {}\n",
        lead.id,
        pick("campagne", "campaign"),
        campaign.id,
        pick("règles de la version", "rules of version"),
        published.version,
        pick("au", "at"),
        pick("note", "grade"),
        score.grade,
        pick("profil", "fit"),
        score.fit,
        score.engagement
    );
    for line in &score.lines {
        let day = line.at.to_zoned(zone.clone()).strftime("%Y-%m-%d");
        let why = scoring.why(&line.rule).map_or("", |why| why.get(locale));
        let note = line.note(locale).map(|note| format!(" ({note})")).unwrap_or_default();
        let _ = write!(
            said,
            "\n{:>6}  {:<10}  {day}  {:<16}  {why}{note}",
            format!("{:+}", line.points),
            line.axis.name(locale),
            line.rule
        );
    }
    let threshold = scoring.mql;
    let verdict = if score.is_mql(scoring) {
        pick("de quoi devenir MQL", "worth an MQL")
    } else {
        pick("pas encore de quoi devenir MQL", "not worth an MQL")
    };
    let _ = match locale {
        Locale::Fr => write!(
            said,
            "\n\n{:>6}  profil, sur {} demandés\n{:>6}  engagement, sur {} demandés\u{a0}: {verdict}",
            score.fit, threshold.fit, score.engagement, threshold.engagement
        ),
        Locale::En => write!(
            said,
            "\n\n{:>6}  fit, of {} asked\n{:>6}  engagement, of {} asked: {verdict}",
            score.fit, threshold.fit, score.engagement, threshold.engagement
        ),
    };
    said
}

/// What the rules of a file would change over the stored leads of its campaign, and what they would have known.
///
/// # Errors
/// Every problem of the file with its line; a campaign that is not there.
pub async fn simulate(at: &Opened, file: &Path, locale: Locale) -> Result<String, CommandError> {
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
    Ok(told(&trial, old, &name.to_string(), locale))
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

fn told(trial: &Trial, old: &Published, name: &str, locale: Locale) -> String {
    let worth = |standing: &Standing| if standing.is_mql { "MQL" } else { "-" };
    let mql = |of: fn(&Moved) -> bool| trial.moved.iter().filter(|moved| of(moved)).count();
    let (moved, up, down) = (
        trial.moved.len(),
        mql(|m| !m.before.is_mql && m.after.is_mql),
        mql(|m| m.before.is_mql && !m.after.is_mql),
    );
    let (id, leads, version) = (&old.campaign.id, format::leads(trial.leads, locale), &old.version);
    let mut said = match locale {
        Locale::Fr => format!(
            "campagne {id}, {leads}\u{a0}: règles en vigueur (version {version}) et {name}\n\n\
             changeraient de place\u{a0}: {moved}, dont {up} qui deviendraient MQL et {down} qui ne le seraient plus\n"
        ),
        Locale::En => format!(
            "campaign {id}, {leads}: rules in force (version {version}) against {name}\n\n\
             {moved} would move: {up} would become worth an MQL, {down} would no longer be\n"
        ),
    };
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
    let (outcomes, [won, lost, rejected]) = (trial.outcomes(), trial.ended);
    let _ = match locale {
        Locale::Fr => writeln!(
            said,
            "\nissues connues\u{a0}: {outcomes} ({won} gagnées, {lost} perdues, {rejected} refusées)\u{202f}; chaque lead tel qu’il était avant la sienne"
        ),
        Locale::En => writeln!(
            said,
            "\noutcomes known: {outcomes} ({won} won, {lost} lost, {rejected} rejected); each lead as it stood before its own"
        ),
    };
    if outcomes > 0 {
        said += &rates(trial, locale);
    }
    if !trial.is_enough() {
        let leads = trial.leads;
        let _ = match locale {
            Locale::Fr => writeln!(
                said,
                "\nTrop peu de données pour départager ces règles\u{a0}: {leads} leads sur environ {TRIAL_LEADS_MIN}, {outcomes} issues sur environ {TRIAL_OUTCOMES_MIN}. \
                 Jugez d’après ceux qui changeraient de place, pas d’après les taux."
            ),
            Locale::En => writeln!(
                said,
                "\nToo little data to tell these rules apart: {leads} leads of about {TRIAL_LEADS_MIN}, {outcomes} outcomes of about {TRIAL_OUTCOMES_MIN}. \
                 Judge by who would move, not by the rates."
            ),
        };
    }
    said.trim_end().to_owned()
}

/// How well each of the two sets of rules told buyers from others.
fn rates(trial: &Trial, locale: Locale) -> String {
    let pick = |fr, en| locale.pick(fr, en);
    let share = |rate: Option<Rate>, hits, of| match rate {
        Some(rate) => format!(
            "{hits}/{of}, {} ({})",
            format::percent(rate.value, locale),
            format::interval(rate, locale)
        ),
        None => format!("{hits}/{of}"),
    };
    let mut said = String::new();
    let mut row = |what: &str, cells: [String; 2]| {
        let [old, new] = cells;
        let _ = writeln!(said, "  {what:<26}  {old:<34}  {new}");
    };
    let each = |of: &dyn Fn(&Proof) -> String| [of(&trial.old), of(&trial.new)];
    let heads = [
        pick("règles en vigueur", "rules in force"),
        pick("nouvelles règles", "new rules"),
    ];
    row("", heads.map(str::to_owned));
    let precision = |p: &Proof| share(p.precision(), p.picked_and_won, p.picked);
    row(pick("retenus qui ont acheté", "picked that bought"), each(&precision));
    let recall = |p: &Proof| share(p.recall(), p.picked_and_won, p.won);
    row(
        pick("acheteurs qui étaient retenus", "buyers that were picked"),
        each(&recall),
    );
    for (n, band) in trial.new.bands.iter().enumerate() {
        let bought = |p: &Proof| share(p.bands[n].rate(), p.bands[n].won, p.bands[n].ended);
        row(
            &format!("{} {}", pick("achats de la note", "bought of grade"), band.letter),
            each(&bought),
        );
    }
    said + pick(
        "  retenu\u{a0}: de quoi devenir MQL à un moment avant l’issue (précision, rappel)\u{202f}; entre parenthèses, l’intervalle à 95\u{202f}%\n",
        "  picked: worth an MQL at any moment before the outcome (precision, recall); in brackets the 95% interval\n",
    )
}
