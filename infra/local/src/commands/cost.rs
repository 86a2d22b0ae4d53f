//! `piste cost`: what leads and emails cost.

use std::fmt::Write as _;

use piste_domain::Locale;
use piste_domain::kit::format::count;
use piste_operations::usage::{self, Costs, Usage};

use super::{json, texts};
use crate::error::CommandError;
use crate::storage::Opened;

/// The costs of a workspace.
///
/// # Errors
/// [`CommandError::Operation`].
pub(super) async fn cost(at: &Opened, workspace: &str, as_json: bool, locale: Locale) -> Result<String, CommandError> {
    let costs = usage::costs(&at.operator_of(workspace).await?).await?;
    Ok(match as_json {
        true => json(&costs),
        false => told(&costs, locale),
    })
}

fn told(costs: &Costs, locale: Locale) -> String {
    let mut said = String::new();
    let mut row = |name: &str, cells: [&str; 6]| {
        let [leads, enquiries, emails, deliveries, usd, each] = cells;
        let line = format!("{name:<24}{leads:>10}{enquiries:>12}{emails:>10}{deliveries:>14}{usd:>14}{each:>16}");
        let _ = writeln!(said, "{}", line.trim_end());
    };
    row("", texts::cost_heads(locale));
    let mut usage = |name: &str, of: &Usage| {
        let [leads, enquiries, emails, deliveries] =
            [of.leads, of.enquiries, of.emails, of.deliveries].map(|figure| count(figure, locale));
        let each = of
            .usd_per_lead
            .map_or_else(|| "—".to_owned(), |usd| dollars(usd, 5, locale));
        let usd = dollars(of.usd, 4, locale);
        row(name, [&leads, &enquiries, &emails, &deliveries, &usd, &each]);
    };
    for campaign in &costs.campaigns {
        usage(campaign.campaign.as_str(), &campaign.usage);
    }
    usage(texts::in_all(locale), &costs.total);
    let _ = write!(
        said,
        "\n{}",
        texts::every_month(locale, &dollars(costs.usd_every_month, 2, locale))
    );
    if costs.unreadable > 0 {
        let _ = write!(said, "\n{}", texts::not_counted(locale, costs.unreadable));
    }
    said
}

fn dollars(usd: f64, places: usize, locale: Locale) -> String {
    let figure = format!("{usd:.places$}");
    let (whole, part) = figure.split_once('.').unwrap_or((&figure, ""));
    texts::in_dollars(locale, whole, part)
}
