//! `piste report`: the funnel on a terminal; `piste visitors`: what another counter counted.

use std::fmt::Write as _;
use std::path::Path;

use piste_domain::kit::format::{count, day, days, euros, interval, leads, month, percent, range};
use piste_domain::kit::statistics::Rate;
use piste_domain::views::funnel::Comparable;
use piste_domain::{CampaignId, Locale, WorkspaceId};
use piste_operations::report::{Ask, CostView, Part, Report, SpendFrom, report};
use piste_operations::texts::{measure, sector};
use piste_operations::{Operator, visitors};

use crate::commands::CommandError;
use crate::place::Opened;

/// Makes the report of a workspace.
///
/// # Errors
/// [`CommandError`], which says what to change.
pub async fn make(at: &Opened, workspace: &str, ask: &Ask) -> Result<Report, CommandError> {
    let operator = Operator::new(&at.app, WorkspaceId::new(workspace)).await?;
    Ok(report(&operator, ask).await?)
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
    let cost = |of: fn(&CostView) -> Option<f64>| {
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
    let text = std::fs::read_to_string(file)
        .map_err(|error| CommandError::Settings(format!("{}: {error}", file.display())))?;
    let rows = visitors::read(&text).map_err(|lines| {
        let lines = lines.iter().map(|line| {
            format!(
                "{}:{line}: write a day and a number, such as 2026-03-02,120",
                file.display()
            )
        });
        CommandError::Settings(lines.collect::<Vec<_>>().join("\n"))
    })?;
    visitors::import(&at.app, campaign, &rows).await?;
    Ok((rows.len(), rows.iter().map(|(_, visitors)| visitors).sum()))
}
