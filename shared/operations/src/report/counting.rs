//! Counting the funnel: the board index, month by month, and the visits of the same days. No lead is read.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use piste_adapters::store::{Store, StoreError};
use piste_domain::Campaign;
use piste_domain::lead::figures::start_of_day;
use piste_domain::views::funnel::{Figures, Funnel};

/// Months read side by side: enough to hide the way to the store and back, few enough to hold their pages in memory.
const MONTHS_AT_ONCE: usize = 4;
/// How many years before a period an enquiry may have come that something of it happens in: as long as leads are kept.
const KEPT_YEARS: i64 = 3;

/// One end of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// A whole day of each campaign's own calendar.
    Day(Date),
    /// A moment.
    At(Timestamp),
}

impl Edge {
    /// Reads `2026-03-01` or `2026-03-01T09:00:00Z`.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        // A moment also starts like a day, and would be taken for one.
        if text.len() == "2026-03-01".len() {
            return text.parse().ok().map(Self::Day);
        }
        text.parse().ok().map(Self::At)
    }

    /// Its first second on this calendar.
    fn first(self, zone: &TimeZone) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Day(day) => zone
                .to_ambiguous_timestamp(day.at(0, 0, 0, 0))
                .compatible()
                .unwrap_or(Timestamp::MAX), // past the year 9999 time stands still
        }
    }

    /// Its last second on this calendar.
    fn last(self, zone: &TimeZone) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Day(day) => day.tomorrow().map_or(Timestamp::MAX, |next| {
                Self::Day(next).first(zone) - SignedDuration::from_secs(1)
            }),
        }
    }

    /// The day it is or lies in.
    pub fn day(self, zone: &TimeZone) -> Date {
        match self {
            Self::At(at) => at.to_zoned(zone.clone()).date(),
            Self::Day(day) => day,
        }
    }
}

/// A period, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its start.
    pub from: Edge,
    /// Its end.
    pub to: Edge,
}

impl Period {
    fn seconds(self, zone: &TimeZone) -> (Timestamp, Timestamp) {
        (self.from.first(zone), self.to.last(zone))
    }

    /// The parts of it that lie in one month of UTC each: the board is kept by month. They begin with the first day, even
    /// where the period begins within it.
    fn months(self, zone: &TimeZone) -> Vec<(Timestamp, Timestamp)> {
        let (from, until) = self.seconds(zone);
        // Whoever was erased stands at the start of their day.
        let mut from = start_of_day(from, zone);
        let mut months = Vec::new();
        while from <= until {
            let first = from.to_zoned(TimeZone::UTC).date().first_of_month();
            let Ok(next) = first.checked_add(1.month()) else { break };
            let next = Edge::Day(next).first(&TimeZone::UTC);
            months.push((from, until.min(next - SignedDuration::from_secs(1))));
            from = next;
        }
        months
    }
}

/// Counts the leads of these campaigns captured in the period, wherever they stand by now.
///
/// Requests: one query of the board for each campaign and month, more where a month is larger than 1 MB.
///
/// # Errors
/// [`StoreError`].
pub async fn funnel(store: &Store, campaigns: &[&Campaign], period: Period) -> Result<Funnel, StoreError> {
    let mut months = Vec::new();
    for campaign in campaigns {
        let zone = campaign.time_zone();
        for month in period.months(&zone) {
            months.push(month_of(store, campaign, zone.clone(), month));
        }
    }
    let mut months = stream::iter(months).buffered(MONTHS_AT_ONCE);
    let mut funnel = Funnel::default();
    while let Some((campaign, zone, rows, unreadable)) = months.try_next().await? {
        let (from, _) = period.seconds(&zone);
        for row in rows
            .iter()
            .filter(|row| row.erased.is_some() || row.captured_at >= from)
        {
            funnel.add(&campaign.id, &zone, row);
        }
        funnel.unreadable += unreadable;
    }
    Ok(funnel)
}

/// Counts what happened to the leads of these campaigns within the period, whenever they were captured: as far back as
/// leads are kept.
///
/// # Errors
/// [`StoreError`].
pub async fn events(store: &Store, campaigns: &[&Campaign], period: Period) -> Result<Funnel, StoreError> {
    let mut funnel = Funnel::default();
    for campaign in campaigns {
        let zone = campaign.time_zone();
        let within = period.seconds(&zone);
        let start = period
            .from
            .day(&zone)
            .checked_sub(KEPT_YEARS.years())
            .unwrap_or(Date::MIN);
        let all = Period {
            from: Edge::Day(start.max(jiff::civil::date(2000, 1, 1))),
            to: period.to,
        };
        let months = all.months(&zone).into_iter();
        let months = months.map(|month| month_of(store, campaign, zone.clone(), month));
        let mut months = stream::iter(months.collect::<Vec<_>>()).buffered(MONTHS_AT_ONCE);
        while let Some((campaign, zone, rows, unreadable)) = months.try_next().await? {
            for row in &rows {
                funnel.add_events(&campaign.id, &zone, row, within);
            }
            funnel.unreadable += unreadable;
        }
    }
    Ok(funnel)
}

/// Every row of one campaign's month, and how many cannot be read.
async fn month_of<'a>(
    store: &Store,
    campaign: &'a Campaign,
    zone: TimeZone,
    month: (Timestamp, Timestamp),
) -> Result<(&'a Campaign, TimeZone, Vec<Figures>, u64), StoreError> {
    let (mut rows, mut unreadable) = (Vec::new(), 0);
    let mut next = None;
    loop {
        let page = store.figures(&campaign.workspace, &campaign.id, month, next).await?;
        rows.extend(page.rows);
        unreadable += page.unreadable as u64;
        next = page.next;
        if next.is_none() {
            return Ok((campaign, zone, rows, unreadable));
        }
    }
}

/// Visitors of these campaigns in the days of the period; `None` unless each campaign has some counted or told:
/// a sum that leaves one out would make its rate too good.
///
/// # Errors
/// [`StoreError`].
pub async fn visitors(store: &Store, campaigns: &[&Campaign], period: Period) -> Result<Option<u64>, StoreError> {
    let mut sum = None;
    for campaign in campaigns {
        let zone = campaign.time_zone();
        let days = (period.from.day(&zone), period.to.day(&zone));
        match store.visitors(&campaign.workspace, &campaign.id, days).await? {
            Some(visitors) => *sum.get_or_insert(0) += visitors,
            None => return Ok(None),
        }
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a moment")
    }

    #[test]
    fn r121_the_last_days_that_there_are_make_a_short_period() {
        let paris = TimeZone::get("Europe/Paris").expect("a zone");
        for day in ["9999-12-29", "9999-12-30", "9999-12-31"] {
            let day = Edge::read(day).expect("a day");
            let months = Period { from: day, to: day }.months(&paris);
            assert!(months.len() <= 1, "{} months", months.len());
        }
    }

    #[test]
    fn a_period_is_read_month_by_month_without_gap_or_overlap() {
        let paris = TimeZone::get("Europe/Paris").expect("a zone");
        let day = |text: &str| Edge::read(text).expect("a day");
        let period = Period {
            from: day("2026-03-01"),
            to: day("2026-05-31"),
        };
        let months = period.months(&paris);
        // March starts in February of UTC, where the board keeps its first hour.
        let expected = [
            ("2026-02-28T23:00:00Z", "2026-02-28T23:59:59Z"),
            ("2026-03-01T00:00:00Z", "2026-03-31T23:59:59Z"),
            ("2026-04-01T00:00:00Z", "2026-04-30T23:59:59Z"),
            ("2026-05-01T00:00:00Z", "2026-05-31T21:59:59Z"),
        ];
        assert_eq!(months, expected.map(|(from, until)| (at(from), at(until))));
        let nothing = Period {
            from: day("2026-03-02"),
            to: day("2026-03-01"),
        };
        assert_eq!(nothing.months(&paris), []);
        let moment = Edge::At(at("2026-03-14T12:00:00Z"));
        let instant = Period {
            from: moment,
            to: moment,
        };
        assert_eq!(instant.months(&paris).len(), 1);
    }

    #[test]
    fn an_edge_is_a_day_or_a_moment() {
        assert_eq!(Edge::read("2026-03-01"), Some(Edge::Day(jiff::civil::date(2026, 3, 1))));
        assert_eq!(
            Edge::read("2026-03-01T09:00:00Z"),
            Some(Edge::At(at("2026-03-01T09:00:00Z")))
        );
        for wrong in ["", "2026-3-1", "2026-02-30", "yesterday", "2026-03-01T09:00:00"] {
            assert_eq!(Edge::read(wrong), None, "{wrong}");
        }
    }
}
