//! The report: the funnel of the workspace's campaigns, or of one, with rates, intervals, times, costs and benchmarks.
//!
//! One shape for the API, the command line and the page; `piste report` calls it with a store of its own.

pub mod page;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use piste_adapters::http::Visit;
use piste_adapters::report::{Edge, Period, funnel, funnel_if_small, visitors};
use piste_adapters::store::{Store, StoreError};
use piste_domain::campaign::spend::Spent;
use piste_domain::kit::statistics::Rate;
use piste_domain::rules::sales::Numbers;
use piste_domain::views::funnel::{BENCHMARKS, Bucket, Comparable, Costs, Counts, Funnel, Medians, Rates, over_time};
use piste_domain::{Campaign, CampaignId, Catalog, WorkspaceId};
use serde::{Serialize, Serializer};

use crate::{ConsoleError, Desk};

/// How far back a report goes when it is not told: as long as leads are kept.
const YEARS_BACK: i64 = 3;
/// The longest period of one report: each month is a visit, and nobody compares decades.
const YEARS_MAX: i16 = 10;
/// Sources listed one by one, largest first; the rest is one line.
const SOURCES_LISTED: usize = 20;
/// Largest number of visitors and largest spend that are taken: beyond it, numbers are no longer exact.
const NUMBER_MAX: f64 = 9_007_199_254_740_991.0;

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ask {
    /// One campaign, or all of the workspace.
    pub campaign: Option<CampaignId>,
    /// The first day or moment of capture.
    pub from: Option<Edge>,
    /// The last one.
    pub to: Option<Edge>,
    /// Visitors, when nothing counted them or somebody else counted better.
    pub visitors: Option<u64>,
    /// What the campaign cost in the period.
    pub spend: Option<f64>,
}

/// Why an [`Ask`] cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadAsk {
    /// Neither a day nor a moment.
    Period,
    /// From after to, or too far from it.
    Span,
    /// Not a whole number from 0 on.
    Visitors,
    /// Not a number from 0 on.
    Spend,
}

impl BadAsk {
    /// Code and what to do, in English.
    pub fn explain(self) -> (&'static str, &'static str) {
        match self {
            Self::Period => (
                "bad_period",
                "from and to are a day (2026-03-01) or a moment (2026-03-01T09:00:00Z).",
            ),
            Self::Span => ("bad_period", "from comes before to, at most ten years before."),
            Self::Visitors => ("bad_visitors", "visitors is a whole number, such as 500."),
            Self::Spend => ("bad_spend", "spend is a number with a point, such as 1250.50."),
        }
    }
}

impl From<BadAsk> for ConsoleError {
    fn from(bad: BadAsk) -> Self {
        let (code, detail) = bad.explain();
        Self::BadRequest(code, detail)
    }
}

impl Ask {
    /// Reads what was typed or sent; what is blank counts as absent, so that a form may send it.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn read(value: impl Fn(&str) -> Option<String>) -> Result<Self, BadAsk> {
        let value = |name: &str| {
            value(name)
                .map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty())
        };
        let edge = |name| match value(name) {
            None => Ok(None),
            Some(text) => Edge::read(&text).map(Some).ok_or(BadAsk::Period),
        };
        Ok(Self {
            campaign: value("campaign").map(CampaignId::new),
            from: edge("from")?,
            to: edge("to")?,
            visitors: number(value("visitors").as_deref()).map_err(|()| BadAsk::Visitors)?,
            spend: amount(value("spend").as_deref()).map_err(|()| BadAsk::Spend)?,
        })
    }

    pub(crate) fn of(visit: &Visit) -> Result<Self, BadAsk> {
        Self::read(|name| visit.query(name).map(str::to_owned))
    }

    fn period(&self, now: Timestamp) -> Result<Period, BadAsk> {
        let today = now.to_zoned(TimeZone::UTC).date();
        let back = jiff::Span::new().years(YEARS_BACK);
        let start = today.first_of_month().checked_sub(back).unwrap_or(Date::MIN);
        let period = Period {
            from: self.from.unwrap_or(Edge::Day(start)),
            to: self.to.unwrap_or(Edge::At(now)),
        };
        let (first, last) = (period.from.day(&TimeZone::UTC), period.to.day(&TimeZone::UTC));
        // Without an end, a start that is still to come finds nothing, and that is no mistake.
        let given = self.to.is_some();
        let reverse = match (period.from, period.to) {
            (Edge::At(from), Edge::At(to)) => from > to,
            _ => first > last,
        };
        if (given && reverse) || last.year() - first.year() > YEARS_MAX {
            return Err(BadAsk::Span);
        }
        Ok(period)
    }
}

/// A whole number from 0 on, as people type it: spaces between thousands are fine.
pub(crate) fn number(text: Option<&str>) -> Result<Option<u64>, ()> {
    let Some(text) = text.map(bare).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let number = text.parse::<u64>().map_err(drop)?;
    if number as f64 > NUMBER_MAX {
        Err(())
    } else {
        Ok(Some(number))
    }
}

/// A sum of money from 0 on, as people type it: `1 250,50` or `1250.50`.
pub(crate) fn amount(text: Option<&str>) -> Result<Option<f64>, ()> {
    let Some(text) = text.map(bare).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let plain = text.replace(',', ".");
    let digits = |c: char| c.is_ascii_digit() || c == '.';
    match plain.parse::<f64>() {
        Ok(amount) if plain.chars().all(digits) && amount <= NUMBER_MAX => Ok(Some(amount)),
        _ => Err(()),
    }
}

fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Where the number of visitors comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VisitorsFrom {
    /// The request.
    Given,
    /// The counter, or an import.
    Counted,
}

/// Where the spend comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SpendFrom {
    /// The request.
    Given,
    /// What the campaigns' files say.
    Campaigns,
}

/// A report (design.md, section 5, and more beside it).
#[derive(Debug, Serialize)]
pub struct Report {
    /// The campaign, or `null` for all of the workspace.
    pub campaign: Option<CampaignId>,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// Visitors, if known.
    pub visitors: Option<u64>,
    /// How they are known.
    pub visitors_from: Option<VisitorsFrom>,
    /// Leads, and how far they came.
    #[serde(flatten)]
    pub counts: Counts,
    /// Rates with their 95 % intervals.
    pub rates: Rates,
    /// How long each step takes.
    pub median_days: MediansView,
    /// What each cost, when the spend is known.
    pub cost: Option<CostView>,
    /// How it is known.
    pub spend_from: Option<SpendFrom>,
    /// Leads of months and campaigns for which the files say no spend, while they do for others.
    pub leads_without_spend: u64,
    /// What others reach.
    pub benchmarks: Vec<BenchmarkView>,
    /// By campaign.
    pub by_campaign: Vec<Part<CampaignId>>,
    /// By source, largest first, none left out that was paid for; `null` is unknown.
    pub by_source: Vec<Part<Option<String>>>,
    /// The sources that are not listed, together.
    pub other_sources: Counts,
    /// By month of capture.
    pub by_cohort: Vec<Part<String>>,
    /// Leads by day of capture; days without any are left out.
    pub days: Vec<DayView>,
    /// How soon sales answered.
    pub first_response: ResponseView,
    /// Leads by grade, each as it was when the lead last changed.
    pub grades: BTreeMap<String, u64>,
}

/// Median days of each step, to a tenth; `null` when no lead made it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct MediansView {
    /// From the first post to MQL.
    pub lead_to_mql: Option<f64>,
    /// From MQL to SQL.
    pub mql_to_sql: Option<f64>,
    /// From SQL to customer.
    pub sql_to_customer: Option<f64>,
    /// From the first post to SQL.
    pub lead_to_sql: Option<f64>,
    /// From the first post to customer.
    pub lead_to_customer: Option<f64>,
}

impl From<Medians> for MediansView {
    fn from(medians: Medians) -> Self {
        let tenths = |days: Option<f64>| days.map(|days| (days * 10.0).round() / 10.0);
        Self {
            lead_to_mql: tenths(medians.lead_to_mql),
            mql_to_sql: tenths(medians.mql_to_sql),
            sql_to_customer: tenths(medians.sql_to_customer),
            lead_to_sql: tenths(medians.lead_to_sql),
            lead_to_customer: tenths(medians.lead_to_customer),
        }
    }
}

/// The spend and what each cost, to a hundredth, in the currency of the spend.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CostView {
    /// The spend.
    pub spend: f64,
    /// Of a lead.
    pub per_lead: Option<f64>,
    /// Of an MQL.
    pub per_mql: Option<f64>,
    /// Of an SQL.
    pub per_sql: Option<f64>,
    /// Of a customer.
    pub per_customer: Option<f64>,
}

impl CostView {
    pub(crate) fn of(counts: &Counts, spend: f64) -> Self {
        let Costs {
            lead,
            mql,
            sql,
            customer,
        } = counts.costs(spend);
        let cents = |amount: Option<f64>| amount.map(|amount| (amount * 100.0).round() / 100.0);
        Self {
            spend: (spend * 100.0).round() / 100.0,
            per_lead: cents(lead),
            per_mql: cents(mql),
            per_sql: cents(sql),
            per_customer: cents(customer),
        }
    }
}

/// A benchmark, and whether one's own figures may be held against it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct BenchmarkView {
    /// Whose.
    pub sector: &'static str,
    /// What was measured.
    pub measure: &'static str,
    /// The lower end, a share of one.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// Who published it.
    pub source: &'static str,
    /// When.
    pub year: i16,
    /// Whether the report's figures may be held against it.
    #[serde(serialize_with = "yes_or_no")]
    pub comparable: Comparable,
    /// `comparable`, or why not: `other_measure`, `other_sector`, `sample_too_small`.
    pub why: &'static str,
}

fn yes_or_no<S: Serializer>(comparable: &Comparable, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bool(*comparable == Comparable::Yes)
}

pub(crate) fn benchmarks(sector: Option<&str>, leads: u64) -> Vec<BenchmarkView> {
    let mut benchmarks = BENCHMARKS.to_vec();
    // One's own sector first.
    benchmarks.sort_by_key(|mark| sector != Some(mark.sector));
    let view = |mark: &piste_domain::views::funnel::Benchmark| {
        let comparable = mark.comparable(sector, leads);
        BenchmarkView {
            sector: mark.sector,
            measure: mark.measure,
            low: mark.low,
            high: mark.high,
            source: mark.source,
            year: mark.year,
            comparable,
            why: comparable.code(),
        }
    };
    benchmarks.iter().map(view).collect()
}

/// One part of the whole.
#[derive(Debug, Serialize)]
pub struct Part<K> {
    /// Which.
    pub key: K,
    /// Its leads.
    #[serde(flatten)]
    pub counts: Counts,
    /// Its rates.
    pub rates: Rates,
    /// What its own cost, when the campaigns' files say what was paid for it.
    pub cost: Option<CostView>,
}

fn part<K>(key: K, counts: &Counts, spend: Option<f64>) -> Part<K> {
    Part {
        key,
        counts: *counts,
        rates: counts.rates(None),
        cost: spend.map(|spend| CostView::of(counts, spend)),
    }
}

/// How soon sales answered the leads that were handed to them, in their own working time.
#[derive(Debug, Serialize)]
pub struct ResponseView {
    /// Leads handed to sales.
    pub handed_over: usize,
    /// Of how many it is known whether they were answered in time.
    pub decided: usize,
    /// Answered within the deadline.
    pub in_time: usize,
    /// The share of these, with its interval.
    pub attainment: Option<Rate>,
    /// Half of those answered waited no longer, in minutes.
    pub median_minutes: Option<i64>,
    /// Nine of ten waited no longer, in minutes.
    pub p90_minutes: Option<i64>,
}

impl From<Numbers> for ResponseView {
    fn from(numbers: Numbers) -> Self {
        Self {
            handed_over: numbers.handed_over,
            decided: numbers.decided(),
            in_time: numbers.in_time,
            attainment: Rate::of(numbers.in_time as u64, numbers.decided() as u64),
            median_minutes: numbers.median.map(|took| took.as_mins()),
            p90_minutes: numbers.p90.map(|took| took.as_mins()),
        }
    }
}

/// Leads of one day.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct DayView {
    /// On the campaign's own calendar.
    pub day: Date,
    /// Captured on it.
    pub leads: u64,
}

/// Why there is no report.
#[derive(Debug)]
pub enum NoReport {
    /// The question does not hold.
    Ask(BadAsk),
    /// There is no such campaign in this workspace.
    NoCampaign,
    /// The store does not answer.
    Store(StoreError),
}

impl From<BadAsk> for NoReport {
    fn from(bad: BadAsk) -> Self {
        Self::Ask(bad)
    }
}

impl From<StoreError> for NoReport {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<NoReport> for ConsoleError {
    fn from(none: NoReport) -> Self {
        match none {
            NoReport::Ask(bad) => bad.into(),
            NoReport::NoCampaign => Self::NotFound,
            NoReport::Store(error) => Self::Store(error),
        }
    }
}

/// Makes the report.
///
/// # Errors
/// [`NoReport`].
pub async fn report(
    store: &Store,
    catalog: &Catalog,
    workspace: &WorkspaceId,
    ask: &Ask,
    now: Timestamp,
) -> Result<Report, NoReport> {
    let period = ask.period(now)?;
    let campaigns: Vec<&Campaign> = catalog
        .iter()
        .map(|published| &published.campaign)
        .filter(|campaign| &campaign.workspace == workspace)
        .filter(|campaign| ask.campaign.as_ref().is_none_or(|wanted| wanted == &campaign.id))
        .collect();
    if campaigns.is_empty() && ask.campaign.is_some() {
        return Err(NoReport::NoCampaign);
    }
    let counted = funnel(store, &campaigns, period).await?;
    let (visitors, visitors_from) = match ask.visitors {
        Some(given) => (Some(given), Some(VisitorsFrom::Given)),
        None => {
            let counted = visitors(store, &campaigns, period).await?;
            (counted, counted.map(|_| VisitorsFrom::Counted))
        }
    };
    // Figures of several sectors are held against none.
    let mut sectors: Vec<&str> = campaigns.iter().map(|campaign| campaign.sector.as_str()).collect();
    sectors.sort_unstable();
    sectors.dedup();
    let sector = match sectors[..] {
        [sector] => Some(sector),
        _ => None,
    };
    let zone = campaigns.first().map_or(TimeZone::UTC, |campaign| campaign.time_zone());
    let (from, to) = (period.from.day(&zone), period.to.day(&zone));
    // What is planned for the days to come is not spent yet.
    let today = now.to_zoned(zone).date();
    let spent = match ask.spend {
        Some(_) => None,
        None => Spent::of(&campaigns, from, to.min(today)),
    };
    Ok(view(
        ask,
        &counted,
        spent.as_ref(),
        (from, to),
        (visitors, visitors_from),
        sector,
        now,
    ))
}

fn view(
    ask: &Ask,
    counted: &Funnel,
    spent: Option<&Spent>,
    (from, to): (Date, Date),
    (visitors, visitors_from): (Option<u64>, Option<VisitorsFrom>),
    sector: Option<&str>,
    now: Timestamp,
) -> Report {
    let total = counted.total;
    let paid = |source: &Option<String>| spent.and_then(|spent| spent.sources.get(source.as_ref()?).copied());
    let mut sources: Vec<_> = counted
        .sources
        .iter()
        .map(|(source, counts)| part(source.clone(), counts, paid(source)))
        .collect();
    // What was paid for and brought nobody must show.
    for (source, euros) in spent.iter().flat_map(|spent| &spent.sources) {
        let source = Some(source.clone());
        if !counted.sources.contains_key(&source) {
            sources.push(part(source, &Counts::default(), Some(*euros)));
        }
    }
    let larger = |a: &Part<Option<String>>, b: &Part<_>| b.counts.leads.cmp(&a.counts.leads).then(a.key.cmp(&b.key));
    sources.sort_by(|a, b| b.cost.is_some().cmp(&a.cost.is_some()).then_with(|| larger(a, b)));
    let rest = sources.split_off(sources.len().min(SOURCES_LISTED));
    let mut other = counted.other_sources;
    rest.iter().for_each(|part| other += part.counts);
    sources.sort_by(larger);
    let mut months: BTreeMap<String, f64> = BTreeMap::new();
    for ((_, month), euros) in spent.iter().flat_map(|spent| &spent.months) {
        *months.entry(month.clone()).or_default() += euros;
    }
    // So must a month or a campaign: what the parts cost is what all of it cost.
    let mut by_campaign = counted.campaigns();
    for id in spent.iter().flat_map(|spent| spent.campaigns.keys()) {
        by_campaign.entry(id).or_default();
    }
    let mut by_month = counted.months();
    for month in months.keys() {
        by_month.entry(month).or_default();
    }
    Report {
        campaign: ask.campaign.clone(),
        from,
        to,
        visitors,
        visitors_from,
        counts: total,
        rates: total.rates(visitors),
        median_days: counted.medians().into(),
        cost: ask
            .spend
            .or(spent.map(|spent| spent.total))
            .map(|spend| CostView::of(&total, spend)),
        spend_from: match ask.spend {
            Some(_) => Some(SpendFrom::Given),
            None => spent.map(|_| SpendFrom::Campaigns),
        },
        leads_without_spend: spent.map_or(0, |spent| counted.unpaid(spent)),
        benchmarks: benchmarks(sector, total.leads),
        by_campaign: by_campaign
            .into_iter()
            .map(|(id, counts)| {
                part(
                    id.clone(),
                    &counts,
                    spent.and_then(|spent| spent.campaigns.get(id).copied()),
                )
            })
            .collect(),
        by_source: sources,
        other_sources: other,
        by_cohort: by_month
            .into_iter()
            .map(|(month, counts)| part(month.to_owned(), &counts, months.get(month).copied()))
            .collect(),
        days: counted
            .days
            .iter()
            .map(|(day, leads)| DayView {
                day: *day,
                leads: *leads,
            })
            .collect(),
        first_response: Numbers::of(counted.responses.iter().copied(), now).into(),
        grades: counted.grades.clone(),
    }
}

impl Desk<'_> {
    /// Leads of each of the last 30 days; nothing when they are so many that the list would wait for them.
    pub(crate) async fn recent(&self) -> Result<Option<(Bucket, Vec<(Date, u64)>)>, ConsoleError> {
        let campaigns: Vec<&Campaign> = crate::pages::campaigns_of(self).collect();
        let zone = campaigns.first().map_or(TimeZone::UTC, |campaign| campaign.time_zone());
        let today = self.now.to_zoned(zone).date();
        let start = today.checked_sub(jiff::Span::new().days(29)).unwrap_or(today);
        let period = Period {
            from: Edge::Day(start),
            to: Edge::Day(today),
        };
        let counted = funnel_if_small(&self.app.store, &campaigns, period).await?;
        Ok(counted.map(|counted| over_time(&counted.days, start, today)))
    }

    /// The report of what this operator may see.
    pub(crate) async fn report(&self, ask: &Ask) -> Result<Report, ConsoleError> {
        Ok(report(&self.app.store, &self.catalog, &self.workspace, ask, self.now).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(values: &[(&str, &str)]) -> Result<Ask, BadAsk> {
        Ask::read(|name| {
            values
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn numbers_are_read_as_people_type_them() {
        let check = |text: &str, expected| assert_eq!(number(Some(text)), expected, "{text}");
        check("500", Ok(Some(500)));
        check(" 1 500 ", Ok(Some(1_500)));
        check("1\u{202f}500", Ok(Some(1_500)));
        check("", Ok(None));
        for wrong in ["-1", "1.5", "abc", "NaN", "99999999999999999999", "9007199254740993"] {
            check(wrong, Err(()));
        }
        let check = |text: &str, expected| assert_eq!(amount(Some(text)), expected, "{text}");
        check("1250.50", Ok(Some(1_250.5)));
        check("1 250,50", Ok(Some(1_250.5)));
        check("0", Ok(Some(0.0)));
        for wrong in ["-1", "1e9", "inf", "NaN", "1,250.50", "9".repeat(40).as_str()] {
            check(wrong, Err(()));
        }
    }

    #[test]
    fn what_is_blank_is_absent_and_what_does_not_hold_is_named() {
        assert_eq!(
            ask(&[("campaign", ""), ("visitors", " "), ("spend", ""), ("from", "")]),
            Ok(Ask::default())
        );
        assert_eq!(ask(&[("from", "yesterday")]), Err(BadAsk::Period));
        assert_eq!(ask(&[("visitors", "many")]), Err(BadAsk::Visitors));
        assert_eq!(ask(&[("spend", "-5")]), Err(BadAsk::Spend));
        let now = "2026-03-02T09:00:00Z".parse().expect("a moment");
        let span = |from, to| ask(&[("from", from), ("to", to)]).and_then(|ask| ask.period(now).map(drop));
        assert_eq!(span("2026-03-01", "2026-03-01"), Ok(()));
        assert_eq!(span("2026-03-02", "2026-03-01"), Err(BadAsk::Span));
        assert_eq!(span("2026-03-01T10:00:00Z", "2026-03-01T09:00:00Z"), Err(BadAsk::Span));
        assert_eq!(span("2014-12-31", "2026-03-01"), Err(BadAsk::Span));
        assert_eq!(span("", ""), Ok(()));
    }
}
