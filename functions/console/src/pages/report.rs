//! The report as a page: the funnel and its numbers, benchmarks, leads over time, grades, sources and cohorts.

use jiff::civil::Date;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::charts::{self, Bar, Words};
use piste_adapters::http::Visit;
use piste_adapters::table::{number, table, words};
use piste_domain::Locale;
use piste_domain::kit::format;
use piste_domain::kit::statistics::Rate;
use piste_domain::views::funnel::{
    Bucket, COMPARABLE_LEADS_MIN, Comparable, Counts, Rates, lacks_benchmark, over_time,
};

use piste_operations::OperationError;
use piste_operations::report::{
    self, Ask, BadAsk, BenchmarkView, By, CostView, MediansView, Part, Report, ResponseView, SpendFrom, VisitorsFrom,
};
use piste_operations::texts::{measure, no_benchmark, sector};

use crate::pages::Opened;
use crate::texts::{common, report as texts};
use crate::{ConsoleError, Session};

/// The shortest stretch of leads over time: fewer columns say nothing.
const DAYS_MIN: i64 = 29;

/// The page; a question that does not hold is told beside it, and nothing typed is lost.
pub async fn show_report(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let (session, visit, locale) = (&opened.session, opened.visit, opened.session.locale);
    let (report, problem) = match Ask::read(|name| visit.query(name).map(str::to_owned)) {
        Ok(ask) => match report::report(session, &ask).await {
            Ok(report) => (Some(report), None),
            Err(OperationError::Ask(bad)) => (None, Some(bad)),
            Err(error) => return Err(error.into()),
        },
        Err(bad) => (None, Some(bad)),
    };
    let status = match problem {
        None => StatusCode::OK,
        Some(_) => StatusCode::BAD_REQUEST,
    };
    let title = common::report(locale);
    let body = html! {
        h1 { (title) }
        (question(session, visit))
        @if let Some(problem) = problem { div.errors role="alert" { (explain(problem, locale)) } }
        @if let Some(report) = &report { (show(report, visit, locale)) }
    };
    Ok(opened.frame(title, body).answer(status))
}

/// What to do about a question that does not hold, in the reader's language.
pub(crate) fn explain(bad: BadAsk, locale: Locale) -> &'static str {
    match bad {
        BadAsk::Period => texts::bad_days(locale),
        BadAsk::Span => texts::bad_span(locale),
        BadAsk::Visitors => texts::bad_visitors(locale),
        BadAsk::Spend => texts::bad_spend(locale),
        BadAsk::By => texts::bad_by(locale),
    }
}

fn question(session: &Session<'_>, visit: &Visit) -> Markup {
    let locale = session.locale;
    let value = |name: &str| visit.query(name).unwrap_or_default();
    let campaign = value("campaign");
    html! {
        form.bar method="get" action="/console/report" {
            div.field {
                label for="campaign" { (common::campaign(locale)) }
                select id="campaign" name="campaign" {
                    option value="" { (texts::all(locale)) }
                    @for known in session.campaigns() {
                        option value=(known.id) selected[campaign == known.id.as_str()] { (known.name.get(session.locale)) }
                    }
                }
            }
            div.field { label for="from" { (texts::from(locale)) } input type="date" id="from" name="from" value=(value("from")); }
            div.field { label for="to" { (texts::to(locale)) } input type="date" id="to" name="to" value=(value("to")); }
            div.field {
                label for="visitors" { (common::visitors(locale)) }
                input type="text" inputmode="numeric" id="visitors" name="visitors" value=(value("visitors")) placeholder=(texts::as_counted(locale));
            }
            div.field {
                label for="spend" { (texts::spend_euros(locale)) }
                input type="text" inputmode="decimal" id="spend" name="spend" value=(value("spend")) placeholder=(texts::as_in_campaigns(locale));
            }
            div.field {
                label for="by" { (texts::counts_what(locale)) }
                select id="by" name="by" {
                    option value="cohort" { (texts::cohort(locale)) }
                    option value="period" selected[value("by") == "period"] { (texts::period(locale)) }
                }
            }
            button type="submit" { (common::show(locale)) }
        }
    }
}

fn show(report: &Report, visit: &Visit, locale: Locale) -> Markup {
    let (bucket, columns) = columns(report, visit.query("from").is_some_and(|from| !from.trim().is_empty()));
    html! {
        p.soft {
            @match report.by {
                By::Cohort => { (texts::captured(locale, &format::day(report.from, locale), &format::day(report.to, locale))) }
                By::Period => { (texts::happened(locale, &format::day(report.from, locale), &format::day(report.to, locale))) }
            }
        }
        div.card {
            h2 { (texts::funnel(locale)) }
            (funnel(report.visitors, &report.counts, &report.rates, Shown::ALL, locale))
            (notes(report.visitors, report.visitors_from, report.counts.leads, locale))
            (figures(report.visitors, &report.counts, &report.rates, Shown::ALL, Some(&report.median_days), report.cost.as_ref(), locale))
            (spend_notes(report, locale))
        }
        div.card {
            h2 { (over_time_title(bucket, locale)) }
            (leads_over_time(bucket, &columns, locale))
        }
        div.card {
            h2 { (texts::first_response(locale)) }
            (first_response(&report.first_response, locale))
        }
        div.card {
            h2 { (texts::grades(locale)) }
            (grades(report, locale))
        }
        div.card {
            h2 { (texts::benchmarks(locale)) }
            (benchmarks(&report.benchmarks, &report.rates, report.sector.as_deref(), locale))
        }
        @if report.by_campaign.len() > 1 {
            div.card {
                h2 { (texts::by_campaign(locale)) }
                (parts(common::campaign(locale), &report.by_campaign, |id| id.to_string(), None, locale))
            }
        }
        div.card {
            h2 { (texts::by_source(locale)) }
            (parts(texts::source(locale), &report.by_source, |source| source.clone().unwrap_or_else(|| texts::unknown(locale).to_owned()), Some(&report.other_sources), locale))
        }
        @if report.by_owner.iter().any(|part| part.key.is_some()) {
            div.card {
                h2 { (texts::by_owner(locale)) }
                (parts(texts::owner(locale), &report.by_owner, |owner| owner.clone().unwrap_or_else(|| texts::nobody(locale).to_owned()), None, locale))
            }
        }
        @if !report.by_later_source.is_empty() {
            div.card {
                h2 { (texts::by_later_source(locale)) }
                (parts(texts::source(locale), &report.by_later_source, Clone::clone, None, locale))
            }
        }
        @if report.revenue > 0.0 {
            div.card {
                h2 { (texts::revenue(locale)) }
                p { strong { (format::euros(report.revenue, locale)) } }
            }
        }
        @if !report.rejections.is_empty() {
            div.card {
                h2 { (texts::rejections(locale)) }
                ul.plain { @for one in &report.rejections { li { (one.leads) " · " (one.reason) } } }
            }
        }
        div.card {
            h2 { (texts::by_month(locale)) }
            (parts(texts::month(locale), &report.by_cohort, |month| format::month(month, locale), None, locale))
            p.soft.small { (texts::recent_months(locale)) }
        }
    }
}

/// Which stages there is something to say about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    pub mql: bool,
    pub sql: bool,
    pub customers: bool,
}

impl Shown {
    const ALL: Self = Self {
        mql: true,
        sql: true,
        customers: true,
    };
}

/// The funnel as bars.
pub(crate) fn funnel(visitors: Option<u64>, counts: &Counts, rates: &Rates, shown: Shown, locale: Locale) -> Markup {
    let note = |number: u64, rate: Option<Rate>, of: &str| match rate {
        Some(rate) => format!(
            "{} · {} {of}",
            format::count(number, locale),
            format::percent(rate.value, locale)
        ),
        None => format::count(number, locale),
    };
    let bar = |name: &str, number: u64, rate, of: &str| Bar {
        name: name.to_owned(),
        number,
        note: note(number, rate, of),
    };
    let of_leads = texts::of_all_leads(locale);
    let mut bars = Vec::new();
    if let Some(visitors) = visitors {
        bars.push(bar(common::visitors(locale), visitors, None, ""));
    }
    bars.push(bar(
        "Leads",
        counts.leads,
        rates.visitor_to_lead,
        texts::of_all_visitors(locale),
    ));
    let stages = [
        (shown.mql, "MQL", counts.mql, rates.lead_to_mql),
        (shown.sql, "SQL", counts.sql, rates.lead_to_sql),
        (
            shown.customers,
            common::customers(locale),
            counts.customers,
            rates.lead_to_customer,
        ),
    ];
    let shown = stages.into_iter().filter(|(shown, ..)| *shown);
    bars.extend(shown.map(|(_, name, number, rate)| bar(name, number, rate, of_leads)));
    let says = bars
        .iter()
        .map(|bar| format!("{} {}", bar.name, bar.note))
        .collect::<Vec<_>>()
        .join(texts::and_then(locale));
    charts::bars(
        Words {
            id: "funnel",
            title: texts::funnel_title(locale),
            says: &says,
        },
        &bars,
    )
}

/// What the reader must know before believing the numbers.
pub(crate) fn notes(visitors: Option<u64>, from: Option<VisitorsFrom>, leads: u64, locale: Locale) -> Markup {
    html! {
        @match (visitors, from) {
            (None, _) => p.soft.small { (texts::visitors_unknown(locale)) },
            (Some(visitors), _) if visitors < leads => p.soft.small { (texts::fewer_visitors(locale)) },
            (_, Some(VisitorsFrom::Counted)) => p.soft.small { (texts::visitors_counted(locale)) },
            _ => {},
        }
        @if leads > 0 && leads < COMPARABLE_LEADS_MIN {
            p.soft.small { (texts::few_leads(locale)) }
        }
    }
}

/// What the reader must know before believing the costs.
fn spend_notes(report: &Report, locale: Locale) -> Markup {
    let Some(cost) = report.cost.filter(|_| report.spend_from == Some(SpendFrom::Campaigns)) else {
        return html! {};
    };
    html! {
        p.soft.small {
            (texts::spend_from_files(locale, &format::euros(cost.spend, locale)))
        }
        @if report.leads_without_spend > 0 {
            p.soft.small {
                (texts::understated(locale, &format::leads(report.leads_without_spend, locale)))
            }
        }
    }
}

/// The numbers of the funnel: each stage with its rate, its interval, its time and its cost.
pub(crate) fn figures(
    visitors: Option<u64>,
    counts: &Counts,
    rates: &Rates,
    shown: Shown,
    medians: Option<&MediansView>,
    cost: Option<&CostView>,
    locale: Locale,
) -> Markup {
    let days = |of: fn(&MediansView) -> Option<f64>| medians.and_then(of);
    let spent = |of: fn(&CostView) -> Option<f64>| cost.and_then(of);
    let rows = [
        (
            true,
            "Leads",
            counts.leads,
            rates.visitor_to_lead,
            None,
            spent(|c| c.per_lead),
        ),
        (
            shown.mql,
            "MQL",
            counts.mql,
            rates.lead_to_mql,
            days(|m| m.lead_to_mql),
            spent(|c| c.per_mql),
        ),
        (
            shown.sql,
            "SQL",
            counts.sql,
            rates.lead_to_sql,
            days(|m| m.lead_to_sql),
            spent(|c| c.per_sql),
        ),
        (
            shown.customers,
            common::customers(locale),
            counts.customers,
            rates.lead_to_customer,
            days(|m| m.lead_to_customer),
            spent(|c| c.per_customer),
        ),
    ];
    let dash = || "—".to_owned();
    let mut heads = vec![
        words(common::stage(locale)),
        number(texts::number(locale)),
        number(common::rate(locale)),
    ];
    heads.extend(medians.map(|_| number(texts::median_time(locale))));
    heads.extend(cost.map(|_| number(texts::cost_each(locale))));
    let cells = |name: Markup, number: u64, rate: Option<Rate>, days: Option<f64>, each: Option<f64>| {
        let mut cells = vec![
            name,
            html! { (format::count(number, locale)) },
            with_interval(rate, locale),
        ];
        let days = days.map_or_else(dash, |days| format::days(days, locale));
        let each = each.map_or_else(dash, |each| format::euros(each, locale));
        cells.extend(medians.map(|_| html! { (days) }));
        cells.extend(cost.map(|_| html! { (each) }));
        cells
    };
    let came = visitors.map(|visitors| cells(html! { (common::visitors(locale)) }, visitors, None, None, None));
    let rows = rows.into_iter().filter(|(shown, ..)| *shown);
    let rows = rows.map(|(_, name, number, rate, days, each)| {
        let of = match name {
            "Leads" => texts::of_visitors(locale),
            _ => texts::of_leads(locale),
        };
        cells(html! { (name) br; span.soft.small { (of) } }, number, rate, days, each)
    });
    html! {
        (table(texts::funnel(locale), &heads, came.into_iter().chain(rows)))
        p.soft.small { (texts::below_each_rate(locale)) }
        @if medians.is_some() {
            p.soft.small { (texts::how_counted(locale)) }
        }
    }
}

/// A rate above its interval, narrow enough for a telephone.
fn with_interval(rate: Option<Rate>, locale: Locale) -> Markup {
    html! {
        @if let Some(rate) = rate {
            (format::percent(rate.value, locale)) br; span.soft.small { (format::interval(rate, locale)) }
        } @else { "—" }
    }
}

/// The leads over time that a page shows: from the first one on where no start was asked for.
fn columns(report: &Report, started: bool) -> (Bucket, Vec<(Date, u64)>) {
    let days = report.days.iter().map(|day| (day.day, day.leads)).collect();
    let recent = report
        .to
        .checked_sub(jiff::Span::new().days(DAYS_MIN))
        .unwrap_or(report.from);
    let first = report.days.first().map_or(recent, |first| first.day.min(recent));
    over_time(
        &days,
        if started { report.from } else { first.max(report.from) },
        report.to,
    )
}

fn over_time_title(bucket: Bucket, locale: Locale) -> &'static str {
    match bucket {
        Bucket::Day => texts::per_day(locale),
        Bucket::Week => texts::per_week(locale),
        Bucket::Month => texts::per_month(locale),
    }
}

/// Leads over time, as columns and as a table.
pub(crate) fn leads_over_time(bucket: Bucket, columns: &[(Date, u64)], locale: Locale) -> Markup {
    let named: Vec<(String, u64)> = columns
        .iter()
        .map(|(day, leads)| (format::day(*day, locale), *leads))
        .collect();
    let sum: u64 = columns.iter().map(|(_, leads)| leads).sum();
    let most = columns.iter().map(|(_, leads)| *leads).max().unwrap_or(0);
    let says = texts::in_all(locale, &format::leads(sum, locale), &format::count(most, locale));
    let words = Words {
        id: "over-time",
        title: over_time_title(bucket, locale),
        says: &says,
    };
    let heads = match bucket {
        Bucket::Day => [texts::day(locale), "Leads"],
        Bucket::Week => [texts::week_of(locale), "Leads"],
        Bucket::Month => [texts::month_of(locale), "Leads"],
    };
    let rows: Vec<_> = named
        .iter()
        .filter(|(_, leads)| *leads > 0)
        .map(|(day, leads)| vec![day.clone(), format::count(*leads, locale)])
        .collect();
    html! {
        (charts::columns(words, &named, locale))
        @if !rows.is_empty() { (charts::behind(texts::the_numbers(locale), &heads, &rows)) }
    }
}

/// How soon sales answered.
fn first_response(view: &ResponseView, locale: Locale) -> Markup {
    let took = |minutes: Option<i64>| {
        minutes.map(|minutes| match minutes.unsigned_abs() {
            minutes @ ..120 => texts::minutes(locale, minutes),
            minutes => texts::business_hours(locale, (minutes + 30) / 60),
        })
    };
    let dash = || "—".to_owned();
    html! {
        @if view.handed_over == 0 {
            p { (texts::nobody_assigned(locale)) }
        } @else {
            dl {
                dt { (texts::assigned(locale)) } dd { (format::count(view.handed_over as u64, locale)) }
                dt { (texts::in_time(locale)) }
                dd {
                    @if let Some(rate) = view.attainment {
                        (format::percent(rate.value, locale)) " " span.soft { "(" (format::interval(rate, locale)) ")" }
                    } @else { "—" }
                }
                dt { (texts::median_time(locale)) } dd { (took(view.median_minutes).unwrap_or_else(dash)) }
                dt { (texts::nine_in_ten(locale)) } dd { (took(view.p90_minutes).map_or_else(dash, |time| texts::under(locale, &time))) }
            }
            p.soft.small { (texts::owners_hours(locale)) }
        }
    }
}

/// How many leads have each grade.
fn grades(report: &Report, locale: Locale) -> Markup {
    const LETTERS: [&str; 4] = ["A", "B", "C", "D"];
    const DIGITS: [&str; 4] = ["1", "2", "3", "4"];
    let of = |letter: &str, digit: &str| report.grades.get(&format!("{letter}{digit}")).copied().unwrap_or(0);
    let best = report.grades.iter().max_by_key(|(_, leads)| **leads);
    let says = best.map_or_else(
        || texts::no_grade(locale).to_owned(),
        |(grade, leads)| texts::most_frequent(locale, grade, &format::count(*leads, locale)),
    );
    let words = Words {
        id: "grades",
        title: texts::by_grade(locale),
        says: &says,
    };
    let heads = [common::fit(locale), "1", "2", "3", "4"];
    let rows: Vec<_> = LETTERS
        .iter()
        .map(|letter| {
            let counts = DIGITS.iter().map(|digit| format::count(of(letter, digit), locale));
            std::iter::once((*letter).to_owned()).chain(counts).collect()
        })
        .collect();
    html! {
        (charts::grid(words, &LETTERS, &DIGITS, of, locale))
        p.soft.small { (texts::how_graded(locale)) }
        (charts::behind(texts::the_numbers(locale), &heads, &rows))
    }
}

/// The published figures, and whether one's own may be held against them.
pub(crate) fn benchmarks(
    benchmarks: &[BenchmarkView],
    rates: &Rates,
    sector_of: Option<&str>,
    locale: Locale,
) -> Markup {
    let yours = |mark: &BenchmarkView| match mark.comparable {
        Comparable::Yes => with_interval(rates.of(mark.measure), locale),
        Comparable::OtherMeasure => html! { (texts::other_measure(locale)) },
        Comparable::OtherSector => html! { (texts::other_sector(locale)) },
        Comparable::SampleTooSmall => html! { (texts::too_few(locale)) },
    };
    let heads = [
        words(texts::sector_and_measure(locale)),
        words(texts::benchmark(locale)),
        words(texts::you(locale)),
    ];
    let rows = benchmarks.iter().map(|mark| {
        vec![
            html! { (sector(mark.sector, locale)) br; span.soft.small { (measure(mark.measure, locale)) } },
            html! { (format::range(mark.low, mark.high, locale)) br; span.soft.small { (mark.source) " " (mark.year) } },
            yours(mark),
        ]
    });
    html! {
        (table(texts::benchmarks(locale), &heads, rows))
        @if sector_of.is_some_and(lacks_benchmark) {
            p.soft.small { (no_benchmark(locale)) }
        }
        p.soft.small { (texts::order_of_magnitude(locale)) }
    }
}

fn parts<K>(
    head: &str,
    parts: &[Part<K>],
    name: impl Fn(&K) -> String,
    others: Option<&Counts>,
    locale: Locale,
) -> Markup {
    if parts.is_empty() {
        return html! { p { (texts::no_lead(locale)) } };
    }
    let count = |number| html! { (format::count(number, locale)) };
    let sum =
        |euros: Option<f64>| html! { (euros.map_or_else(|| "—".to_owned(), |euros| format::euros(euros, locale))) };
    let mut heads = vec![
        words(head),
        number("Leads"),
        number("MQL"),
        number("SQL"),
        number(common::customers(locale)),
        number("Lead → SQL"),
    ];
    let paid = parts.iter().any(|part| part.cost.is_some());
    if paid {
        heads.extend([
            number(texts::spend(locale)),
            number(texts::cost_lead(locale)),
            number(texts::cost_sql(locale)),
        ]);
    }
    let cells = |name: String, counts: &Counts, rate: Option<Rate>, cost: Option<CostView>| {
        let Counts {
            leads,
            mql,
            sql,
            customers,
        } = *counts;
        let mut cells = vec![html! { (name) }];
        cells.extend([leads, mql, sql, customers].map(count));
        cells.push(with_interval(rate, locale));
        if paid {
            cells.push(sum(cost.map(|cost| cost.spend)));
            cells.push(sum(cost.and_then(|cost| cost.per_lead)));
            cells.push(sum(cost.and_then(|cost| cost.per_sql)));
        }
        cells
    };
    let rows = parts
        .iter()
        .map(|part| cells(name(&part.key), &part.counts, part.rates.lead_to_sql, part.cost));
    let others = others.filter(|others| others.leads > 0);
    let rest = others.map(|others| cells(texts::others(locale).to_owned(), others, None, None));
    table(head, &heads, rows.chain(rest))
}
