//! `piste report`: the funnel on a terminal.

use std::fmt::Write as _;

use piste_domain::kit::format::{count, day, days, euros, interval, leads, month, percent, range};
use piste_domain::kit::statistics::Rate;
use piste_domain::views::funnel::{Comparable, lacks_benchmark};
use piste_domain::{CampaignId, Locale};
use piste_operations::report::{self, Ask, CostView, Part, Report, SpendFrom};
use piste_operations::texts::{measure, no_benchmark, sector};

use crate::cli::ReportAsk;
use crate::error::CommandError;
use crate::storage::Opened;
use crate::texts;

/// The report of a workspace, in words or as the API answers it.
///
/// # Errors
/// [`CommandError::Operation`].
pub(super) async fn report(at: &Opened, asked: &ReportAsk, locale: Locale) -> Result<String, CommandError> {
    let value = |name: &str| match name {
        "campaign" => asked.campaign.clone(),
        "from" => asked.from.clone(),
        "to" => asked.to.clone(),
        "visitors" => asked.visitors.clone(),
        "spend" => asked.spend.clone(),
        _ => None,
    };
    let ask = Ask::read(value)?;
    let made = report::report(&at.operator_of(&asked.workspace).await?, &ask).await?;
    Ok(match asked.json {
        true => super::json(&made),
        false => told(&made, locale),
    })
}

fn told(report: &Report, locale: Locale) -> String {
    let mut out = String::new();
    let name = report
        .campaign
        .as_ref()
        .map_or(texts::all_campaigns(locale), CampaignId::as_str);
    let (from, to) = (day(report.from, locale), day(report.to, locale));
    let _ = writeln!(out, "{}\n", texts::captured(locale, name, &from, &to));
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
    let each = if report.cost.is_some() { texts::cost(locale) } else { "" };
    row([
        "",
        texts::number(locale),
        texts::rate(locale),
        texts::median(locale),
        each,
    ]);
    if let Some(visitors) = report.visitors {
        row([texts::visitors(locale), &count(visitors, locale), "", "", ""]);
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
            texts::customers(locale),
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
        let leads = leads(report.leads_without_spend, locale);
        let _ = writeln!(out, "\n{}", texts::costs_understated(locale, &leads));
    }
    let _ = writeln!(out, "\n{}", texts::benchmarks(locale));
    for mark in &report.benchmarks {
        let yours = match mark.comparable {
            Comparable::Yes => rate(rates.of(mark.measure), locale),
            Comparable::OtherMeasure => texts::other_measure(locale).into(),
            Comparable::OtherSector => texts::other_sector(locale).into(),
            Comparable::SampleTooSmall => texts::too_few_leads(locale).into(),
        };
        let what = format!("{}, {}", sector(mark.sector, locale), measure(mark.measure, locale));
        let reach = range(mark.low, mark.high, locale);
        let _ = writeln!(out, "  {what} · {reach} ({} {}) · {yours}", mark.source, mark.year);
    }
    if report.sector.as_deref().is_some_and(lacks_benchmark) {
        let _ = writeln!(out, "  {}", no_benchmark(locale));
    }
    let unknown = || texts::unknown_source(locale).to_owned();
    if report.by_campaign.len() > 1 {
        split(
            &mut out,
            texts::by_campaign(locale),
            &report.by_campaign,
            ToString::to_string,
            locale,
        );
    }
    split(
        &mut out,
        texts::by_source(locale),
        &report.by_source,
        |source| source.clone().unwrap_or_else(unknown),
        locale,
    );
    split(
        &mut out,
        texts::by_month(locale),
        &report.by_cohort,
        |key| month(key, locale),
        locale,
    );
    out.truncate(out.trim_end().len());
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
    let heads = ["Leads", "MQL", "SQL", texts::customers(locale), "Lead → SQL"];
    let [leads, mql, sql, customers, share] = heads;
    let paid = parts.iter().any(|part| part.cost.is_some());
    let each = if paid { texts::cost_of_a_lead(locale) } else { "" };
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
