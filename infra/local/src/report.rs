//! `piste report`: the funnel on a terminal; `piste visitors`: what another counter counted.

use std::fmt::Write as _;
use std::path::Path;

use jiff::civil::Date;
use piste_console::report::page::{measure, sector};
use piste_console::report::{Ask, NoReport, Part, Report, SpendFrom, report};
use piste_domain::kit::format::{count, day, days, euros, interval, leads, month, percent, range};
use piste_domain::kit::ids::is_name;
use piste_domain::kit::statistics::Rate;
use piste_domain::views::funnel::Comparable;
use piste_domain::{CampaignId, Locale, WorkspaceId};

use crate::commands::CommandError;
use crate::place::Opened;

/// Makes the report of a workspace.
///
/// # Errors
/// [`CommandError`], which says what to change.
pub async fn make(at: &Opened, workspace: &str, ask: &Ask) -> Result<Report, CommandError> {
    let catalog = at.app.catalog().await?;
    let made = report(&at.app.store, &catalog, &WorkspaceId::new(workspace), ask, at.app.now()).await;
    made.map_err(|none| match none {
        NoReport::Ask(bad) => CommandError::Settings(bad.explain().1.to_owned()),
        NoReport::NoCampaign => CommandError::Settings("there is no such campaign in this workspace".into()),
        NoReport::Store(error) => error.into(),
    })
}

/// The report for a person.
pub fn tell(report: &Report, locale: Locale) -> String {
    let pick = |fr, en| locale.pick(fr, en);
    let mut out = String::new();
    let name = report
        .campaign
        .as_ref()
        .map_or(pick("toutes les campagnes", "all campaigns"), CampaignId::as_str);
    let (from, to) = (day(report.from, locale), day(report.to, locale));
    let _ = writeln!(
        out,
        "{name}, {} {from} {} {to}\n",
        pick("leads reçus du", "leads captured from"),
        pick("au", "to")
    );
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "—".into());
    let time = |text: Option<f64>| or_dash(text.map(|figure| days(figure, locale)));
    let cost = |of: fn(&piste_console::report::CostView) -> Option<f64>| {
        report
            .cost
            .as_ref()
            .map_or(String::new(), |cost| or_dash(of(cost).map(|each| euros(each, locale))))
    };
    let mut row = |cells: [&str; 5]| {
        let [stage, number, rate, median, each] = cells;
        let line = format!("{stage:<11}{number:>10}  {rate:<28}{median:>12}{each:>14}");
        let _ = writeln!(out, "{}", line.trim_end());
    };
    let each = if report.cost.is_some() {
        pick("coût", "cost")
    } else {
        ""
    };
    row([
        "",
        pick("nombre", "number"),
        pick("taux (95\u{202f}%)", "rate (95%)"),
        pick("délai médian", "median"),
        each,
    ]);
    if let Some(visitors) = report.visitors {
        row([pick("Visiteurs", "Visitors"), &count(visitors, locale), "", "", ""]);
    }
    let (counts, rates, medians) = (&report.counts, &report.rates, &report.median_days);
    let rows = [
        (
            "Leads",
            counts.leads,
            rates.visitor_to_lead,
            String::new(),
            cost(|c| c.per_lead),
        ),
        (
            "MQL",
            counts.mql,
            rates.lead_to_mql,
            time(medians.lead_to_mql),
            cost(|c| c.per_mql),
        ),
        (
            "SQL",
            counts.sql,
            rates.lead_to_sql,
            time(medians.lead_to_sql),
            cost(|c| c.per_sql),
        ),
        (
            pick("Clients", "Customers"),
            counts.customers,
            rates.lead_to_customer,
            time(medians.lead_to_customer),
            cost(|c| c.per_customer),
        ),
    ];
    for (stage, number, share, median, each) in rows {
        row([stage, &count(number, locale), &rate(share, locale), &median, &each]);
    }
    if report.spend_from == Some(SpendFrom::Campaigns) && report.leads_without_spend > 0 {
        let _ = writeln!(
            out,
            "\n{} {} {}",
            pick("Coûts sous-estimés\u{a0}:", "Costs are understated:"),
            leads(report.leads_without_spend, locale),
            pick(
                "de mois ou de campagnes sans dépense indiquée.",
                "of months or campaigns without any spend written down."
            ),
        );
    }
    let _ = writeln!(out, "\n{}", pick("Repères publiés", "Published benchmarks"));
    for mark in &report.benchmarks {
        let yours = match mark.comparable {
            Comparable::Yes => rate(rates.lead_to_customer, locale),
            Comparable::OtherMeasure => pick("autre mesure", "another measure").into(),
            Comparable::OtherSector => pick("autre secteur", "another sector").into(),
            Comparable::SampleTooSmall => pick("trop peu de leads pour comparer", "too few leads to compare").into(),
        };
        let what = format!("{}, {}", sector(mark.sector, locale), measure(mark.measure, locale));
        let reach = range(mark.low, mark.high, locale);
        let _ = writeln!(out, "  {what} · {reach} ({} {}) · {yours}", mark.source, mark.year);
    }
    let unknown = || pick("inconnue", "unknown").to_owned();
    if report.by_campaign.len() > 1 {
        split(
            &mut out,
            pick("Par campagne", "By campaign"),
            &report.by_campaign,
            ToString::to_string,
            locale,
        );
    }
    split(
        &mut out,
        pick("Par source", "By source"),
        &report.by_source,
        |source| source.clone().unwrap_or_else(unknown),
        locale,
    );
    split(
        &mut out,
        pick("Par mois d’arrivée", "By month of capture"),
        &report.by_cohort,
        |key| month(key, locale),
        locale,
    );
    out
}

fn rate(rate: Option<Rate>, locale: Locale) -> String {
    rate.map_or("—".into(), |rate| {
        format!("{} ({})", percent(rate.value, locale), interval(rate, locale))
    })
}

fn split<K>(out: &mut String, title: &str, parts: &[Part<K>], name: impl Fn(&K) -> String, locale: Locale) {
    if parts.is_empty() {
        return;
    }
    let heads = ["Leads", "MQL", "SQL", locale.pick("Clients", "Customers"), "Lead → SQL"];
    let [leads, mql, sql, customers, share] = heads;
    let paid = parts.iter().any(|part| part.cost.is_some());
    let each = if paid {
        locale.pick("coût d’un lead", "cost of a lead")
    } else {
        ""
    };
    let mut row = |cells: [&str; 7]| {
        let [name, leads, mql, sql, customers, share, each] = cells;
        let line = format!("{name:<22}{leads:>7}{mql:>7}{sql:>7}{customers:>10}  {share:<26}{each:>16}");
        let _ = writeln!(out, "{}", line.trim_end());
    };
    row([""; 7]);
    row([title, leads, mql, sql, customers, share, each]);
    for part in parts {
        let [leads, mql, sql, customers] = [
            part.counts.leads,
            part.counts.mql,
            part.counts.sql,
            part.counts.customers,
        ]
        .map(|n| count(n, locale));
        let name: String = name(&part.key).chars().take(20).collect();
        let share = rate(part.rates.lead_to_sql, locale);
        let each = part.cost.and_then(|cost| cost.per_lead).map(|each| euros(each, locale));
        row([
            &format!("  {name}"),
            &leads,
            &mql,
            &sql,
            &customers,
            &share,
            &each.unwrap_or_default(),
        ]);
    }
}

/// Takes the visitors of each day from a file of lines `2026-03-02,120`; a first line without a day is its heading.
/// Nothing is written unless every line holds. Returns how many days and visitors there were.
///
/// # Errors
/// [`CommandError`] with every line that does not hold.
pub async fn import_visitors(at: &Opened, campaign: &str, file: &Path) -> Result<(usize, u64), CommandError> {
    let catalog = at.app.catalog().await?;
    let known = is_name(campaign)
        .then(|| catalog.get(&CampaignId::new(campaign)))
        .flatten();
    let campaign = known.ok_or_else(|| CommandError::Settings("there is no such campaign".into()))?;
    let text = std::fs::read_to_string(file)
        .map_err(|error| CommandError::Settings(format!("{}: {error}", file.display())))?;
    let rows = read_visitors(&text).map_err(|lines| {
        let lines = lines.iter().map(|line| {
            format!(
                "{}:{line}: write a day and a number, such as 2026-03-02,120",
                file.display()
            )
        });
        CommandError::Settings(lines.collect::<Vec<_>>().join("\n"))
    })?;
    for (day, visitors) in &rows {
        at.app
            .store
            .set_visitors(&campaign.workspace, &campaign.id, *day, *visitors)
            .await?;
    }
    Ok((rows.len(), rows.iter().map(|(_, visitors)| visitors).sum()))
}

/// The rows of a file, or the numbers of the lines that do not hold.
fn read_visitors(text: &str) -> Result<Vec<(Date, u64)>, Vec<usize>> {
    let mut rows = Vec::new();
    let mut wrong = Vec::new();
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let mut cells = line.split([',', ';', '\t']).map(|cell| cell.trim().trim_matches('"'));
        let (day, visitors, rest) = (cells.next().unwrap_or_default(), cells.next(), cells.next());
        match (day.parse::<Date>(), visitors.map(str::parse::<u32>), rest) {
            (Ok(day), Some(Ok(visitors)), None) => rows.push((day, u64::from(visitors))),
            _ if line.trim().is_empty() => {}
            (Err(_), ..) if number == 0 && !day.starts_with(|c: char| c.is_ascii_digit()) => {}
            _ => wrong.push(number + 1),
        }
    }
    if wrong.is_empty() { Ok(rows) } else { Err(wrong) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visitors_are_read_from_what_spreadsheets_write() {
        let day = |day| jiff::civil::date(2026, 3, day);
        let check = |text, expected| assert_eq!(read_visitors(text), expected, "{text}");
        check("2026-03-01,12\n2026-03-02,0\n", Ok(vec![(day(1), 12), (day(2), 0)]));
        check(
            "\u{feff}Jour;Visiteurs\r\n2026-03-01;12\r\n\r\n",
            Ok(vec![(day(1), 12)]),
        );
        check("day\tvisitors\n\"2026-03-01\"\t\"12\"", Ok(vec![(day(1), 12)]));
        check("", Ok(vec![]));
        check(
            "2026-03-01,twelve\n2026-02-30,1\n2026-03-03,-1\n2026-03-04\n2026-03-05,1,2\nx,1",
            Err(vec![1, 2, 3, 4, 5, 6]),
        );
    }
}
