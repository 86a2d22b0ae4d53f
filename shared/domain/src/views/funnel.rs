//! The funnel: how many visitors became leads, MQL, SQL and customers, how sure each rate is, how long each step takes.
//!
//! It is counted from [`Figures`] alone, a few columns of each lead without any personal data, so that a report reads
//! one index and no lead, and reads the same once a person is erased.

mod benchmarks;

use std::collections::BTreeMap;
use std::ops::AddAssign;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde::Serialize;

pub use self::benchmarks::{B2B, BENCHMARKS, Benchmark, COMPARABLE_LEADS_MIN, Comparable, lacks_benchmark};
use crate::campaign::spend::{Spent, month};
use crate::kit::ids::CampaignId;
use crate::kit::statistics::Rate;
use crate::lead::figures::start_of_day;
pub use crate::lead::figures::{Entered, Figures, Hours, STEPS};
use crate::rules::sales::Response;

/// Sources listed in one report. They come from visitors, who must not be able to make a report grow without end.
pub const SOURCES_MAX: usize = 1_000;

/// Reasons of rejection listed in one report.
const REASONS_MAX: usize = 100;

impl Figures {
    /// How many of [`STEPS`] the person passed, ever: a stage that was skipped on the way counts as passed.
    fn passed(&self) -> usize {
        let entered = self.person.unwrap_or(self.entered).passed();
        // An item of before the columns were written knows its stage alone.
        let is_at = STEPS
            .iter()
            .position(|stage| *stage == self.stage)
            .map_or(0, |at| at + 1);
        match self.further {
            true => entered,
            false => entered.max(is_at),
        }
    }

    /// The same in this campaign.
    fn passed_here(&self) -> usize {
        match self.further || self.person.is_some() {
            true => self.entered.passed(),
            false => self.passed(),
        }
    }
}

/// Leads and how far they came. Each number includes the ones after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Counts {
    /// Leads captured.
    pub leads: u64,
    /// Of these, those that ever came to MQL or beyond.
    pub mql: u64,
    /// Of these, those that ever came to SQL or beyond.
    pub sql: u64,
    /// Of these, those that ever became customers.
    pub customers: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.leads += more.leads;
        self.mql += more.mql;
        self.sql += more.sql;
        self.customers += more.customers;
    }
}

impl Counts {
    fn add(&mut self, passed: usize) {
        self.leads += 1;
        self.mql += u64::from(passed >= 1);
        self.sql += u64::from(passed >= 2);
        self.customers += u64::from(passed >= 3);
    }

    /// The rates; what has no denominator is `None`, and so is the rate of visitors fewer than their leads.
    pub fn rates(&self, visitors: Option<u64>) -> Rates {
        // In a period more may become customers than came in: that is no rate.
        let rate = |hits: u64, trials: u64| (hits <= trials).then(|| Rate::of(hits, trials)).flatten();
        Rates {
            visitor_to_lead: visitors
                .filter(|visitors| *visitors >= self.leads)
                .and_then(|visitors| Rate::of(self.leads, visitors)),
            lead_to_mql: rate(self.mql, self.leads),
            lead_to_sql: rate(self.sql, self.leads),
            lead_to_customer: rate(self.customers, self.leads),
            mql_to_sql: rate(self.sql, self.mql),
            sql_to_customer: rate(self.customers, self.sql),
        }
    }

    /// What each of them cost.
    pub fn costs(&self, spend: f64) -> Costs {
        let each = |number: u64| (number > 0).then(|| spend / number as f64);
        Costs {
            lead: each(self.leads),
            mql: each(self.mql),
            sql: each(self.sql),
            customer: each(self.customers),
        }
    }
}

/// Rates with their 95 % intervals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Rates {
    /// Leads of visitors.
    pub visitor_to_lead: Option<Rate>,
    /// MQL of leads.
    pub lead_to_mql: Option<Rate>,
    /// SQL of leads.
    pub lead_to_sql: Option<Rate>,
    /// Customers of leads.
    pub lead_to_customer: Option<Rate>,
    /// SQL of MQL.
    pub mql_to_sql: Option<Rate>,
    /// Customers of SQL.
    pub sql_to_customer: Option<Rate>,
}

impl Rates {
    /// The rate that a benchmark measures, by its name.
    pub fn of(&self, measure: &str) -> Option<Rate> {
        match measure {
            "visitor_to_lead" => self.visitor_to_lead,
            "lead_to_mql" => self.lead_to_mql,
            "mql_to_sql" => self.mql_to_sql,
            "lead_to_customer" => self.lead_to_customer,
            _ => None,
        }
    }
}

/// What one of each cost, in the currency of the spend.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Costs {
    /// A lead.
    pub lead: Option<f64>,
    /// An MQL.
    pub mql: Option<f64>,
    /// An SQL.
    pub sql: Option<f64>,
    /// A customer.
    pub customer: Option<f64>,
}

/// Median days of the steps, over the leads that made them and whose dates are known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Medians {
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

/// Counts of many leads, split up every way a report shows them.
#[derive(Clone, Debug, Default)]
pub struct Funnel {
    /// All of them.
    pub total: Counts,
    /// Leads that this version cannot read; they are in none of the counts.
    pub unreadable: u64,
    /// By the campaign of the first post and the month of capture, `2026-03`, on the campaign's own calendar.
    pub cohorts: BTreeMap<(CampaignId, String), Counts>,
    /// By source; `None` is unknown.
    pub sources: BTreeMap<Option<String>, Counts>,
    /// Leads whose source came after [`SOURCES_MAX`] others.
    pub other_sources: Counts,
    /// By owner; `None` is nobody.
    pub owners: BTreeMap<Option<String>, Counts>,
    /// By the source of the latest post, of those that asked again from elsewhere than at first.
    pub touched: BTreeMap<String, Counts>,
    /// Why leads were rejected, and how many.
    pub rejections: BTreeMap<String, u64>,
    /// What the customers are worth, in cents, as far as somebody said so.
    pub revenue_cents: u64,
    /// Leads by day of capture, on the same calendar.
    pub days: BTreeMap<Date, u64>,
    /// Leads by grade, each as it was when the lead last changed.
    pub grades: BTreeMap<String, u64>,
    /// How soon sales answered, of each lead that was handed to them.
    pub responses: Vec<Response>,
    /// Hours from capture to each of [`STEPS`], of each lead that came there.
    waits: [Vec<i64>; 3],
    /// Hours from MQL to SQL and from SQL to customer.
    steps: [Vec<i64>; 2],
}

impl Funnel {
    /// Counts one lead of a campaign, whose calendar is kept in `zone`.
    pub fn add(&mut self, campaign: &CampaignId, zone: &TimeZone, lead: &Figures) {
        let passed = lead.passed_here();
        let day = lead.captured_at.to_zoned(zone.clone()).date();
        if !lead.further {
            self.total.add(lead.passed());
        }
        self.revenue_cents += lead.cents.unwrap_or(0);
        self.owners.entry(lead.owner.clone()).or_default().add(passed);
        if let Some(reason) = &lead.rejected
            && (self.rejections.len() < REASONS_MAX || self.rejections.contains_key(reason))
        {
            *self.rejections.entry(reason.clone()).or_default() += 1;
        }
        if let Some(touched) = &lead.touched
            && (self.touched.len() < SOURCES_MAX || self.touched.contains_key(touched))
        {
            self.touched.entry(touched.clone()).or_default().add(passed);
        }
        if self.sources.len() < SOURCES_MAX || self.sources.contains_key(&lead.source) {
            self.sources.entry(lead.source.clone()).or_default().add(passed);
        } else {
            self.other_sources.add(passed);
        }
        let cohort = (campaign.clone(), month(day));
        self.cohorts.entry(cohort).or_default().add(passed);
        *self.days.entry(day).or_default() += 1;
        if let Some(grade) = &lead.grade {
            *self.grades.entry(grade.clone()).or_default() += 1;
        }
        self.responses.extend(lead.response);
        let to: [Option<i64>; 3] = std::array::from_fn(|step| lead.hours_to(step));
        for (waits, wait) in self.waits.iter_mut().zip(to) {
            waits.extend(wait);
        }
        for (steps, pair) in self.steps.iter_mut().zip(to.windows(2)) {
            if let [Some(from), Some(to)] = pair {
                steps.push(to - from);
            }
        }
    }

    /// Counts what happened to one lead of a campaign within these moments, both ends included, whenever it was captured.
    pub fn add_events(
        &mut self,
        campaign: &CampaignId,
        zone: &TimeZone,
        lead: &Figures,
        (from, until): (Timestamp, Timestamp),
    ) {
        // Of somebody who was erased the days are known, not the moments.
        let from = lead.erased.map_or(from, |_| start_of_day(from, zone));
        let within = |at: &Timestamp| (from..=until).contains(at);
        let captured = Some(lead.captured_at).filter(within);
        let reached: [Option<Timestamp>; 3] = std::array::from_fn(|step| lead.reached_at(step).filter(within));
        let [mql, sql, customer] = reached;
        let counts = Counts {
            leads: u64::from(captured.is_some()),
            mql: u64::from(mql.is_some()),
            sql: u64::from(sql.is_some()),
            customers: u64::from(customer.is_some()),
        };
        if counts == Counts::default() {
            return;
        }
        if !lead.further {
            let whole = lead.person.unwrap_or(lead.entered);
            let there = |step: usize| u64::from(whole.reached_at(step).filter(within).is_some());
            self.total += Counts {
                leads: counts.leads,
                mql: there(0),
                sql: there(1),
                customers: there(2),
            };
        }
        *self.owners.entry(lead.owner.clone()).or_default() += counts;
        if self.sources.len() < SOURCES_MAX || self.sources.contains_key(&lead.source) {
            *self.sources.entry(lead.source.clone()).or_default() += counts;
        } else {
            self.other_sources += counts;
        }
        if customer.is_some() {
            self.revenue_cents += lead.cents.unwrap_or(0);
        }
        let day = |at: Timestamp| at.to_zoned(zone.clone()).date();
        let one = |place: usize| {
            let mut counts = Counts::default();
            *[
                &mut counts.leads,
                &mut counts.mql,
                &mut counts.sql,
                &mut counts.customers,
            ][place] = 1;
            counts
        };
        for (place, at) in [captured, mql, sql, customer].into_iter().enumerate() {
            let Some(at) = at else { continue };
            let cohort = (campaign.clone(), month(day(at)));
            *self.cohorts.entry(cohort).or_default() += one(place);
        }
        if let Some(at) = captured {
            *self.days.entry(day(at)).or_default() += 1;
        }
    }

    /// By campaign.
    pub fn campaigns(&self) -> BTreeMap<&CampaignId, Counts> {
        sum(self.cohorts.iter().map(|((campaign, _), counts)| (campaign, *counts)))
    }

    /// By month of capture.
    pub fn months(&self) -> BTreeMap<&str, Counts> {
        sum(self
            .cohorts
            .iter()
            .map(|((_, month), counts)| (month.as_str(), *counts)))
    }

    /// Leads of campaigns and months for which nothing is said to have been paid: they make every cost look smaller.
    pub fn unpaid(&self, spent: &Spent) -> u64 {
        let unpaid = self
            .cohorts
            .iter()
            .filter(|(cohort, _)| !spent.months.contains_key(cohort));
        unpaid.map(|(_, counts)| counts.leads).sum()
    }

    /// How long each step takes.
    pub fn medians(&self) -> Medians {
        Medians {
            lead_to_mql: median_days(&self.waits[0]),
            mql_to_sql: median_days(&self.steps[0]),
            sql_to_customer: median_days(&self.steps[1]),
            lead_to_sql: median_days(&self.waits[1]),
            lead_to_customer: median_days(&self.waits[2]),
        }
    }
}

fn sum<K: Ord>(parts: impl Iterator<Item = (K, Counts)>) -> BTreeMap<K, Counts> {
    let mut sums = BTreeMap::new();
    for (key, counts) in parts {
        *sums.entry(key).or_insert_with(Counts::default) += counts;
    }
    sums
}

/// The median of hours, in days of 24; of an even number the mean of the two in the middle.
fn median_days(hours: &[i64]) -> Option<f64> {
    let mut sorted = hours.to_vec();
    sorted.sort_unstable();
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = sorted[(sorted.len() - 1) / 2];
    Some((lower + upper) as f64 / 2.0 / 24.0)
}

/// What a column of leads over time stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// A day.
    Day,
    /// A week from Monday on.
    Week,
    /// A calendar month.
    Month,
}

/// Columns that are still legible on a phone.
const COLUMNS_MAX: i32 = 92;

/// Leads over time without gaps, in the smallest unit that gives no more than a quarter's worth of columns; a column is
/// named by its first day within the period.
pub fn over_time(days: &BTreeMap<Date, u64>, from: Date, to: Date) -> (Bucket, Vec<(Date, u64)>) {
    let length = from.until(to).map_or(0, |span| span.get_days()).max(0) + 1;
    let bucket = match length {
        ..=COLUMNS_MAX => Bucket::Day,
        days if days <= COLUMNS_MAX * 7 => Bucket::Week,
        _ => Bucket::Month,
    };
    let start = |day: Date| match bucket {
        Bucket::Day => day,
        Bucket::Week => day - i64::from(day.weekday().to_monday_zero_offset()).days(),
        Bucket::Month => day.first_of_month(),
    };
    let mut columns: Vec<(Date, u64)> = Vec::new();
    let mut last = None;
    for day in from.series(1.day()).take_while(|day| *day <= to) {
        if last.replace(start(day)) != Some(start(day)) {
            columns.push((day, 0));
        }
        if let (Some((_, leads)), Some(more)) = (columns.last_mut(), days.get(&day)) {
            *leads += more;
        }
    }
    (bucket, columns)
}

#[cfg(test)]
mod tests;
