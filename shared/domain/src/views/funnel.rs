//! The funnel: how many visitors became leads, MQL, SQL and customers, how sure each rate is, how long each step takes.
//!
//! It is counted from [`Figures`] alone, a few columns of each lead without any personal data, so that a report reads
//! one index and no lead.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde::Serialize;

use crate::campaign::spend::{Spent, month};
use crate::kit::ids::CampaignId;
use crate::kit::limits::SOURCE_CHARS_MAX;
use crate::kit::statistics::Rate;
use crate::lead::stage::Stage;
use crate::lead::{Lead, Touch};
use crate::rules::sales::Response;

/// Leads below which a rate is not compared with anybody else's: the interval is wider than most benchmarks (market.md 1.3).
pub const COMPARABLE_LEADS_MIN: u64 = 100;
/// Sources told apart in one report. They come from visitors, who must not be able to let a report grow without end.
pub const SOURCES_MAX: usize = 1_000;

/// What a report knows of one lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// The first post.
    pub captured_at: Timestamp,
    /// The stage it is in.
    pub stage: Stage,
    /// When it first entered the stages after the first.
    pub entered: Entered,
    /// Where the first post came from, if known.
    pub source: Option<String>,
    /// Its grade when it last changed, such as `B2`.
    pub grade: Option<String>,
    /// How soon sales answered, if the lead was ever handed to them.
    pub response: Option<Response>,
}

/// When a lead first entered MQL, SQL and customer, in this order; what it never entered is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entered(pub [Option<Timestamp>; 3]);

/// The stages of [`Entered`] and of the funnel after the lead itself.
pub const STEPS: [Stage; 3] = [Stage::Mql, Stage::Sql, Stage::Customer];

impl Figures {
    /// What a report knows of this lead.
    pub fn of(lead: &Lead) -> Self {
        let first = |stage| {
            let entries = lead.history.iter().filter(|change| change.to == stage);
            entries.map(|change| change.at).min()
        };
        Self {
            captured_at: lead.captured_at,
            stage: lead.stage,
            entered: Entered(STEPS.map(first)),
            source: lead.captures.first().and_then(|capture| source(&capture.touch)),
            grade: lead.grade.clone(),
            response: lead.response(),
        }
    }

    /// How many of [`STEPS`] the lead passed, ever: a stage that was skipped on the way counts as passed.
    fn passed(&self) -> usize {
        let entered = self
            .entered
            .0
            .iter()
            .rposition(Option::is_some)
            .map_or(0, |last| last + 1);
        // An item of before the columns were written knows its stage alone.
        let is_at = STEPS
            .iter()
            .position(|stage| *stage == self.stage)
            .map_or(0, |at| at + 1);
        entered.max(is_at)
    }

    /// Seconds from the capture to the moment at which the lead first stood at this one of [`STEPS`] or beyond.
    fn seconds_to(&self, step: usize) -> Option<i64> {
        let first = self.entered.0.iter().skip(step).flatten().min()?;
        Some(first.duration_since(self.captured_at).as_secs().max(0))
    }
}

/// The source of a post: what its link said, else the host of the page before it.
fn source(touch: &Touch) -> Option<String> {
    let host = |url: &str| {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let host = rest.split(['/', ':']).next().unwrap_or_default();
        host.trim_start_matches("www.").to_ascii_lowercase()
    };
    let named = touch.get("source").map(str::to_lowercase);
    let source = named.or_else(|| touch.get("referrer").map(host))?;
    let source: String = source.trim().chars().take(SOURCE_CHARS_MAX).collect();
    (!source.is_empty()).then_some(source)
}

/// Leads and how far they came. Each number holds the ones after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
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
        Rates {
            visitor_to_lead: visitors
                .filter(|visitors| *visitors >= self.leads)
                .and_then(|visitors| Rate::of(self.leads, visitors)),
            lead_to_mql: Rate::of(self.mql, self.leads),
            lead_to_sql: Rate::of(self.sql, self.leads),
            lead_to_customer: Rate::of(self.customers, self.leads),
            mql_to_sql: Rate::of(self.sql, self.mql),
            sql_to_customer: Rate::of(self.customers, self.sql),
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
    /// By the campaign of the first post and the month of capture, `2026-03`, on the campaign's own calendar.
    pub cohorts: BTreeMap<(CampaignId, String), Counts>,
    /// By source; `None` is unknown.
    pub sources: BTreeMap<Option<String>, Counts>,
    /// Leads whose source came after [`SOURCES_MAX`] others.
    pub other_sources: Counts,
    /// Leads by day of capture, on the same calendar.
    pub days: BTreeMap<Date, u64>,
    /// Leads by grade, each as it was when the lead last changed.
    pub grades: BTreeMap<String, u64>,
    /// How soon sales answered, of each lead that was handed to them.
    pub responses: Vec<Response>,
    /// Seconds from capture to each of [`STEPS`], of each lead that came there.
    waits: [Vec<i64>; 3],
    /// Seconds from MQL to SQL and from SQL to customer.
    steps: [Vec<i64>; 2],
}

impl Funnel {
    /// Counts one lead of a campaign, whose calendar is kept in `zone`.
    pub fn add(&mut self, campaign: &CampaignId, zone: &TimeZone, lead: &Figures) {
        let passed = lead.passed();
        let day = lead.captured_at.to_zoned(zone.clone()).date();
        self.total.add(passed);
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
        let to: [Option<i64>; 3] = std::array::from_fn(|step| lead.seconds_to(step));
        for (waits, wait) in self.waits.iter_mut().zip(to) {
            waits.extend(wait);
        }
        for (steps, pair) in self.steps.iter_mut().zip(to.windows(2)) {
            if let [Some(from), Some(to)] = pair {
                steps.push(to - from);
            }
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

/// The median of seconds, in days of 24 hours; of an even number the mean of the two in the middle.
fn median_days(seconds: &[i64]) -> Option<f64> {
    let mut sorted = seconds.to_vec();
    sorted.sort_unstable();
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = sorted[(sorted.len() - 1) / 2];
    Some((lower + upper) as f64 / 2.0 / 86_400.0)
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

/// Columns that can still be told apart on a telephone.
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

/// What others reach, as published.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Benchmark {
    /// Whose: a value of `sector` in a campaign's file.
    pub sector: &'static str,
    /// What was measured: the name of one of [`Rates`], or of something that is not counted here.
    pub measure: &'static str,
    /// The lower end, a share of one.
    pub low: f64,
    /// The upper end, a share of one.
    pub high: f64,
    /// Who published it.
    pub source: &'static str,
    /// When.
    pub year: i16,
}

/// The published figures that are known (design.md, section 1).
pub const BENCHMARKS: [Benchmark; 3] = [
    Benchmark {
        sector: "saas",
        measure: "lead_to_customer",
        low: 0.02,
        high: 0.05,
        source: "HubSpot",
        year: 2024,
    },
    Benchmark {
        sector: "ecommerce",
        measure: "email_to_purchase",
        low: 0.01,
        high: 0.03,
        source: "DataBox",
        year: 2024,
    },
    Benchmark {
        sector: "agency",
        measure: "quotes_per_lead",
        low: 0.10,
        high: 0.20,
        source: "Pipedrive",
        year: 2024,
    },
];

/// Whether one's own figures may be held against a benchmark, and why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparable {
    /// They may.
    Yes,
    /// It measures something that is not counted here.
    OtherMeasure,
    /// It is another sector's.
    OtherSector,
    /// There are fewer than [`COMPARABLE_LEADS_MIN`] leads.
    SampleTooSmall,
}

impl Comparable {
    /// The name in answers.
    pub fn code(self) -> &'static str {
        match self {
            Self::Yes => "comparable",
            Self::OtherMeasure => "other_measure",
            Self::OtherSector => "other_sector",
            Self::SampleTooSmall => "sample_too_small",
        }
    }
}

impl Benchmark {
    /// Whether `leads` of a sector may be held against it.
    pub fn comparable(&self, sector: Option<&str>, leads: u64) -> Comparable {
        if self.measure != "lead_to_customer" {
            Comparable::OtherMeasure
        } else if sector != Some(self.sector) {
            Comparable::OtherSector
        } else if leads < COMPARABLE_LEADS_MIN {
            Comparable::SampleTooSmall
        } else {
            Comparable::Yes
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Chance;
    use jiff::SignedDuration;

    fn lead(captured_at: i64, stage: Stage, days: [Option<i64>; 3]) -> Figures {
        let captured_at = Timestamp::from_second(captured_at).expect("a moment");
        let on = |day| captured_at + SignedDuration::from_hours(24 * day);
        Figures {
            captured_at,
            stage,
            entered: Entered(days.map(|day| day.map(on))),
            source: None,
            grade: Some("C4".into()),
            response: None,
        }
    }

    fn funnel(leads: &[Figures]) -> Funnel {
        let mut funnel = Funnel::default();
        for lead in leads {
            funnel.add(&CampaignId::new("guide-seo"), &TimeZone::UTC, lead);
        }
        funnel
    }

    #[track_caller]
    fn check_rate(rate: Option<Rate>, value: &str, low: &str, high: &str) {
        let rate = rate.expect("a rate");
        let percent = |share: f64| format!("{:.1}", share * 100.0);
        assert_eq!(
            [percent(rate.value), percent(rate.low), percent(rate.high)],
            [value, low, high]
        );
    }

    /// design.md, section 1: 500 visitors, 35 leads, 8 SQL.
    #[test]
    fn the_worked_example_gives_seven_percent_and_twenty_three_within_twelve_and_thirty_nine() {
        let mut leads = vec![lead(0, Stage::Lead, [None; 3]); 27];
        leads.extend(vec![lead(0, Stage::Sql, [None, Some(3), None]); 8]);
        let rates = funnel(&leads).total.rates(Some(500));
        check_rate(rates.visitor_to_lead, "7.0", "5.1", "9.6");
        check_rate(rates.lead_to_sql, "22.9", "12.1", "39.0");
        check_rate(rates.lead_to_customer, "0.0", "0.0", "9.9");
        assert_eq!(rates.sql_to_customer.map(|rate| rate.value), Some(0.0));
    }

    #[test]
    fn a_rate_without_a_denominator_is_none() {
        let nothing = Counts::default().rates(None);
        assert_eq!(nothing, Rates::default());
        let few = Counts {
            leads: 35,
            ..Counts::default()
        };
        assert_eq!(few.rates(Some(0)).visitor_to_lead, None);
        assert_eq!(few.rates(Some(34)).visitor_to_lead, None, "35 leads of 34 visitors");
        assert!(few.rates(Some(35)).visitor_to_lead.is_some());
        assert_eq!(Counts::default().costs(100.0), Costs::default());
    }

    #[test]
    fn a_lead_has_reached_a_stage_if_it_ever_did() {
        let passed = |stage, days| lead(0, stage, days).passed();
        assert_eq!(passed(Stage::Lead, [None; 3]), 0);
        assert_eq!(passed(Stage::Lead, [Some(1), None, None]), 1, "moved back");
        assert_eq!(passed(Stage::Disqualified, [Some(1), Some(2), None]), 2);
        assert_eq!(passed(Stage::Disqualified, [None; 3]), 0);
        assert_eq!(
            passed(Stage::Sql, [None, Some(1), None]),
            2,
            "MQL was skipped and counts as passed"
        );
        assert_eq!(passed(Stage::Customer, [None; 3]), 3, "an item of before the columns");
    }

    #[test]
    fn medians_are_of_the_leads_that_made_the_step() {
        let funnel = funnel(&[
            lead(0, Stage::Lead, [None; 3]),
            lead(0, Stage::Customer, [Some(1), Some(3), Some(10)]),
            lead(0, Stage::Sql, [Some(2), Some(8), None]),
            // Straight to SQL, and back to MQL later: both are passed on day 4.
            lead(0, Stage::Mql, [Some(6), Some(4), None]),
        ]);
        let medians = funnel.medians();
        assert_eq!(medians.lead_to_mql, Some(2.0));
        assert_eq!(medians.mql_to_sql, Some(2.0));
        assert_eq!(medians.lead_to_sql, Some(4.0));
        assert_eq!(medians.sql_to_customer, Some(7.0));
        assert_eq!(medians.lead_to_customer, Some(10.0));
        assert_eq!(Funnel::default().medians(), Medians::default());
    }

    #[test]
    fn cohorts_and_days_are_those_of_the_campaigns_calendar() {
        let mut funnel = Funnel::default();
        let paris = TimeZone::get("Europe/Paris").expect("a zone");
        // 31 March, 22:30 UTC, is 1 April in Paris.
        let late = lead(1_774_996_200, Stage::Lead, [None; 3]);
        funnel.add(&CampaignId::new("a"), &paris, &late);
        funnel.add(&CampaignId::new("b"), &TimeZone::UTC, &late);
        assert_eq!(funnel.months().into_keys().collect::<Vec<_>>(), ["2026-03", "2026-04"]);
        assert_eq!(
            funnel.days.keys().map(ToString::to_string).collect::<Vec<_>>(),
            ["2026-03-31", "2026-04-01"]
        );
        assert_eq!(funnel.campaigns().len(), 2);
    }

    #[test]
    fn a_source_is_what_the_link_said_else_the_page_before() {
        let check = |known: &[(&str, &str)], expected: Option<&str>| {
            let known = known
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            assert_eq!(source(&Touch(known.collect())).as_deref(), expected);
        };
        check(&[], None);
        check(
            &[("source", "Newsletter"), ("referrer", "https://example.org/a")],
            Some("newsletter"),
        );
        check(&[("referrer", "https://www.example.org:8443/a/b")], Some("example.org"));
        check(&[("referrer", "")], None);
        check(&[("source", "  ")], None);
        check(&[("source", &"é".repeat(99))], Some(&"é".repeat(40)));
    }

    #[test]
    fn visitors_cannot_let_the_list_of_sources_grow_without_end() {
        let mut funnel = Funnel::default();
        for number in 0..SOURCES_MAX + 50 {
            let mut lead = lead(0, Stage::Lead, [None; 3]);
            lead.source = Some(number.to_string());
            funnel.add(&CampaignId::new("a"), &TimeZone::UTC, &lead);
        }
        assert_eq!((funnel.sources.len(), funnel.other_sources.leads), (SOURCES_MAX, 50));
    }

    #[test]
    fn a_benchmark_is_compared_only_with_the_same_measure_and_sector_and_enough_leads() {
        let [saas, ecommerce, agency] = BENCHMARKS;
        let check = |mark: Benchmark, sector, leads, expected| assert_eq!(mark.comparable(sector, leads), expected);
        check(saas, Some("saas"), 100, Comparable::Yes);
        check(saas, Some("saas"), 99, Comparable::SampleTooSmall);
        check(saas, Some("agency"), 10_000, Comparable::OtherSector);
        check(saas, None, 10_000, Comparable::OtherSector);
        check(ecommerce, Some("ecommerce"), 10_000, Comparable::OtherMeasure);
        check(agency, Some("agency"), 10_000, Comparable::OtherMeasure);
    }

    #[test]
    fn costs_are_the_spend_over_each_number() {
        let counts = Counts {
            leads: 35,
            mql: 10,
            sql: 8,
            customers: 0,
        };
        let costs = counts.costs(700.0);
        assert_eq!(
            [costs.lead, costs.mql, costs.sql, costs.customer],
            [Some(20.0), Some(70.0), Some(87.5), None]
        );
    }

    #[test]
    fn leads_over_time_have_no_gaps_and_few_columns() {
        let date = |text: &str| text.parse::<Date>().expect("a day");
        let days = BTreeMap::from([
            (date("2026-03-02"), 3),
            (date("2026-03-09"), 1),
            (date("2026-04-01"), 2),
        ]);
        let (bucket, columns) = over_time(&days, date("2026-03-01"), date("2026-03-10"));
        assert_eq!((bucket, columns.len()), (Bucket::Day, 10));
        assert_eq!(columns[1], (date("2026-03-02"), 3));
        // 1 March is a Sunday: its week is cut short.
        let (bucket, columns) = over_time(&days, date("2026-03-01"), date("2026-06-30"));
        assert_eq!((bucket, columns.len()), (Bucket::Week, 19));
        assert_eq!(
            columns[..3],
            [
                (date("2026-03-01"), 0),
                (date("2026-03-02"), 3),
                (date("2026-03-09"), 1)
            ]
        );
        let (bucket, columns) = over_time(&days, date("2023-03-15"), date("2026-04-15"));
        assert_eq!((bucket, columns.len()), (Bucket::Month, 38));
        assert_eq!(columns.iter().map(|(_, leads)| leads).sum::<u64>(), 6);
        let one = over_time(&days, date("2026-03-02"), date("2026-03-02"));
        assert_eq!(one, (Bucket::Day, vec![(date("2026-03-02"), 3)]));
        assert_eq!(over_time(&days, date("2026-03-02"), date("2026-03-01")).1, []);
    }

    /// Whatever happened to the leads: no stage has more than the one before, and every split adds up to the whole.
    #[test]
    fn the_funnel_never_widens_and_its_parts_add_up() {
        for seed in 0..200 {
            let mut chance = Chance(seed);
            let mut funnel = Funnel::default();
            let number = chance.below(60);
            for _ in 0..number {
                let days = [(); 3].map(|()| chance.once_in(2).then(|| chance.below(90) as i64));
                let stage = *chance.pick(&Stage::ALL);
                let mut lead = lead(chance.below(400_000_000) as i64, stage, days);
                lead.source = chance.once_in(2).then(|| chance.below(4).to_string());
                funnel.add(&CampaignId::new(format!("c{}", chance.below(2))), &TimeZone::UTC, &lead);
            }
            let total = funnel.total;
            assert!(total.leads >= total.mql && total.mql >= total.sql && total.sql >= total.customers);
            assert_eq!(total.leads, number);
            let add = |mut sum: Counts, part: Counts| {
                sum += part;
                sum
            };
            let sum = |parts: Vec<Counts>| parts.into_iter().fold(Counts::default(), add);
            assert_eq!(sum(funnel.campaigns().into_values().collect()), total);
            assert_eq!(sum(funnel.sources.values().copied().collect()), total);
            assert_eq!(sum(funnel.months().into_values().collect()), total);
            assert_eq!(funnel.days.values().sum::<u64>(), total.leads);
            assert_eq!(funnel.grades.values().sum::<u64>(), total.leads);
            let medians = funnel.medians();
            for days in [medians.lead_to_mql, medians.mql_to_sql, medians.sql_to_customer] {
                assert!(days.is_none_or(|days| (0.0..=90.0).contains(&days)), "{days:?}");
            }
        }
    }
}
