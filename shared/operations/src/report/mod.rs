//! The report: the funnel of the workspace's campaigns, or of one, with rates, intervals, times, costs and benchmarks.

mod ask;
pub mod counting;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use piste_domain::campaign::spend::Spent;
use piste_domain::kit::statistics::Rate;
use piste_domain::rules::sales::Numbers;
use piste_domain::views::funnel::{BENCHMARKS, Benchmark, Comparable, Costs, Counts, Funnel, Medians, Rates};
use piste_domain::{Campaign, CampaignId};
use serde::{Serialize, Serializer};

pub use ask::{Ask, BadAsk, By, NotANumber, amount, number};
use counting::{events, funnel, visitors};

use crate::{OperationError, Operator};

/// Sources listed one by one, largest first; the rest is one line.
const SOURCES_LISTED: usize = 20;

/// Where the number of visitors comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum VisitorsFrom {
    /// The request.
    Given,
    /// The counter, or an import.
    Counted,
}

/// Where the spend comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum SpendFrom {
    /// The request.
    Given,
    /// What the campaigns' files say.
    Campaigns,
}

/// A report (design.md, section 5, and more beside it).
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Report {
    /// The campaign, or `null` for all of the workspace.
    pub campaign: Option<CampaignId>,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// What the period counts.
    pub by: By,
    /// Visitors, if known.
    pub visitors: Option<u64>,
    /// How they are known.
    pub visitors_from: Option<VisitorsFrom>,
    /// Leads, and how far they came.
    #[serde(flatten)]
    pub counts: Counts,
    /// Leads that this version cannot read; they are in none of the counts.
    pub unreadable: u64,
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
    /// The sector of the campaigns; `null` where there are several.
    pub sector: Option<String>,
    /// What others reach.
    pub benchmarks: Vec<BenchmarkView>,
    /// By campaign.
    pub by_campaign: Vec<Part<CampaignId>>,
    /// By source, largest first, none left out that was paid for; `null` is unknown.
    pub by_source: Vec<Part<Option<String>>>,
    /// The sources that are not listed, together.
    pub other_sources: Counts,
    /// By owner, as it is now; `null` is nobody.
    pub by_owner: Vec<Part<Option<String>>>,
    /// By where the latest enquiry came from, of those who asked again from elsewhere than at first.
    pub by_later_source: Vec<Part<String>>,
    /// Why leads were rejected, the most frequent first.
    pub rejections: Vec<RejectionView>,
    /// What the customers are worth, in euros, as far as somebody said so.
    pub revenue: f64,
    /// By month of capture; by period, by month of what happened.
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
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
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
    /// Of these leads at this spend.
    pub fn of(counts: &Counts, spend: f64) -> Self {
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
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
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
    #[cfg_attr(feature = "describe", schemars(with = "bool"))]
    pub comparable: Comparable,
    /// `comparable`, or why not: `other_measure`, `other_sector`, `sample_too_small`.
    pub why: &'static str,
}

fn yes_or_no<S: Serializer>(comparable: &Comparable, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bool(*comparable == Comparable::Yes)
}

/// The published benchmarks, those of one's own sector first, each with whether these figures may be held against it.
pub fn benchmarks(sector: Option<&str>, counts: &Counts, visitors: Option<u64>) -> Vec<BenchmarkView> {
    let mut benchmarks = BENCHMARKS.to_vec();
    benchmarks.sort_by_key(|mark| sector != Some(mark.sector));
    let view = |mark: &Benchmark| {
        let comparable = mark.comparable(sector, counts, visitors);
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
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema), schemars(rename = "PartBy{K}"))]
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
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
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

/// Why leads were rejected.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct RejectionView {
    /// The reason, as it was chosen or typed.
    pub reason: String,
    /// How many leads.
    pub leads: u64,
}

/// Leads of one day.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct DayView {
    /// On the campaign's own calendar.
    pub day: Date,
    /// Captured on it.
    pub leads: u64,
}

/// Makes the report of the operator's workspace.
///
/// # Errors
/// [`OperationError::Ask`], [`OperationError::NoCampaign`], [`OperationError::Store`].
pub async fn report(operator: &Operator<'_>, ask: &Ask) -> Result<Report, OperationError> {
    let (store, now) = (&operator.app.store, operator.now);
    let period = ask.period(now)?;
    let wanted = |campaign: &&Campaign| ask.campaign.as_ref().is_none_or(|wanted| wanted == &campaign.id);
    let campaigns: Vec<&Campaign> = operator.campaigns().filter(wanted).collect();
    if campaigns.is_empty() && ask.campaign.is_some() {
        return Err(OperationError::NoCampaign);
    }
    let counted = match ask.by {
        By::Cohort => funnel(store, &campaigns, period).await?,
        By::Period => events(store, &campaigns, period).await?,
    };
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
    // Of one campaign counts what happened in it, and whoever stands there; over all of them each person counts once.
    let total = match &ask.campaign {
        Some(campaign) => counted.campaigns().get(campaign).copied().unwrap_or_default(),
        None => counted.total,
    };
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
        by: ask.by,
        visitors,
        visitors_from,
        counts: total,
        unreadable: counted.unreadable,
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
        sector: sector.map(str::to_owned),
        benchmarks: benchmarks(sector, &total, visitors),
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
        by_owner: counted
            .owners
            .iter()
            .map(|(owner, counts)| part(owner.clone(), counts, None))
            .collect(),
        by_later_source: counted
            .touched
            .iter()
            .map(|(source, counts)| part(source.clone(), counts, None))
            .collect(),
        rejections: rejections(counted),
        revenue: counted.revenue_cents as f64 / 100.0,
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

fn rejections(counted: &Funnel) -> Vec<RejectionView> {
    let each = |(reason, leads): (&String, &u64)| RejectionView {
        reason: reason.clone(),
        leads: *leads,
    };
    let mut all: Vec<_> = counted.rejections.iter().map(each).collect();
    all.sort_by(|a, b| b.leads.cmp(&a.leads).then_with(|| a.reason.cmp(&b.reason)));
    all
}
