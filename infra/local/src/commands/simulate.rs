//! `piste simulate-rules`: what other rules would change.

use std::fmt::Write as _;
use std::path::Path;

use piste_domain::Locale;
use piste_domain::kit::format;
use piste_domain::kit::limits::{TRIAL_LEADS_MIN, TRIAL_OUTCOMES_MIN};
use piste_domain::kit::statistics::Rate;
use piste_domain::views::backtest::{Moved, Proof, Standing, Trial};
use piste_operations::OperationError;
use piste_operations::simulate::{self, Simulated};

use crate::error::CommandError;
use crate::storage::Opened;
use crate::texts;

/// What the rules of a file would change over the stored leads of its campaign, and what they would have known.
///
/// # Errors
/// Every problem of the file with its line; a campaign that is not there.
pub(super) async fn simulate(at: &Opened, file: &Path, locale: Locale) -> Result<String, CommandError> {
    let name = file.display().to_string();
    let source = super::read_file(file)?;
    let simulated = simulate::simulate(&at.app, &source)
        .await
        .map_err(|error| match error {
            OperationError::Files(mut problems) => {
                problems.iter_mut().for_each(|problem| problem.file.clone_from(&name));
                OperationError::Files(problems)
            }
            other => other,
        })?;
    Ok(told(&simulated, &name, locale))
}

fn told(simulated: &Simulated, file: &str, locale: Locale) -> String {
    let trial = &simulated.trial;
    let worth = |standing: &Standing| if standing.is_mql { "MQL" } else { "-" };
    let mql = |of: fn(&Moved) -> bool| trial.moved.iter().filter(|moved| of(moved)).count();
    let (up, down) = (
        mql(|m| !m.before.is_mql && m.after.is_mql),
        mql(|m| m.before.is_mql && !m.after.is_mql),
    );
    let leads = format::leads(trial.leads, locale);
    let mut said = texts::compared(locale, &simulated.campaign, &leads, &simulated.version, file);
    let _ = writeln!(said, "\n\n{}", texts::would_move(locale, trial.moved.len(), up, down));
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
    let _ = writeln!(said, "\n{}", texts::outcomes(locale, outcomes, won, lost, rejected));
    if outcomes > 0 {
        said += &rates(trial, locale);
    }
    if !trial.is_enough() {
        let too_little = texts::too_little_data(locale, trial.leads, TRIAL_LEADS_MIN, outcomes, TRIAL_OUTCOMES_MIN);
        let _ = writeln!(said, "\n{too_little}");
    }
    said.trim_end().to_owned()
}

/// How well each of the two sets of rules told buyers from others.
fn rates(trial: &Trial, locale: Locale) -> String {
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
        let _ = writeln!(said, "  {what:<29}  {old:<34}  {new}");
    };
    let each = |of: &dyn Fn(&Proof) -> String| [of(&trial.old), of(&trial.new)];
    row(
        "",
        [texts::rules_in_force(locale), texts::new_rules(locale)].map(str::to_owned),
    );
    let precision = |p: &Proof| share(p.precision(), p.picked_and_won, p.picked);
    row(texts::precision(locale), each(&precision));
    let recall = |p: &Proof| share(p.recall(), p.picked_and_won, p.won);
    row(texts::recall(locale), each(&recall));
    for (n, band) in trial.new.bands.iter().enumerate() {
        let bought = |p: &Proof| share(p.bands[n].rate(), p.bands[n].won, p.bands[n].ended);
        row(&texts::bought_of_grade(locale, band.letter), each(&bought));
    }
    said + texts::picked_means(locale)
}
