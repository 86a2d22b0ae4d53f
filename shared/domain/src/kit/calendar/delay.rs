//! Durations of a campaign file.

use std::fmt;
use std::str::FromStr;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use serde::{Deserialize, Serialize};

/// A duration of a campaign file in ISO 8601: `"PT0S"`, `"PT20H"`, `"P2D"`, `"P3Y"`. Not negative, to the second.
///
/// Years, months, weeks and days are counted on the wall clock; hours, minutes and seconds are exact time.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Delay(Span);

/// A text that is no [`Delay`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DelayProblem;

impl fmt::Display for DelayProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a delay is an ISO 8601 duration such as \"PT20H\" or \"P14D\", not negative, in whole seconds")
    }
}

impl std::error::Error for DelayProblem {}

impl FromStr for Delay {
    type Err = DelayProblem;

    fn from_str(text: &str) -> Result<Self, DelayProblem> {
        // jiff also reads "2 days" and "-P2D": campaign files keep to one spelling, without a sign.
        let Some(span) = text.starts_with('P').then(|| text.parse::<Span>().ok()).flatten() else {
            return Err(DelayProblem);
        };
        let fraction = [span.get_milliseconds(), span.get_microseconds(), span.get_nanoseconds()];
        if fraction == [0; 3] {
            Ok(Self(span))
        } else {
            Err(DelayProblem)
        }
    }
}

impl TryFrom<String> for Delay {
    type Error = DelayProblem;

    fn try_from(text: String) -> Result<Self, DelayProblem> {
        text.parse()
    }
}

impl From<Delay> for String {
    fn from(delay: Delay) -> Self {
        delay.to_string()
    }
}

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl PartialEq for Delay {
    /// Written alike: `P1D` is not `PT24H`, since a day may have 23 hours.
    fn eq(&self, other: &Self) -> bool {
        self.0.fieldwise() == other.0.fieldwise()
    }
}

impl Eq for Delay {}

impl Delay {
    /// Reads an ISO 8601 duration.
    ///
    /// # Errors
    /// [`DelayProblem`] for any other text, a negative duration, or parts of a second.
    pub fn parse(text: &str) -> Result<Self, DelayProblem> {
        text.parse()
    }

    /// The moment this long after `start` on the wall clock of `zone`: "P1D" keeps the time of day through a change
    /// of clocks. A time that the change skips moves on by its length; past the year 9999 time stands still.
    pub fn add_to(&self, start: Timestamp, zone: &TimeZone) -> Timestamp {
        start.to_zoned(zone.clone()).saturating_add(self.0).timestamp()
    }

    /// This, and as many times another one; `None` beyond what a duration may count. Months stay months: `P1M` and twice
    /// `P3M` is `P7M`, whatever the days of those months.
    pub fn plus(&self, other: &Self, times: i64) -> Option<Self> {
        let (own, more) = (&self.0, other.0.checked_mul(times).ok()?);
        let span = Span::new()
            .try_years(i64::from(own.get_years()) + i64::from(more.get_years()))
            .and_then(|span| span.try_months(i64::from(own.get_months()) + i64::from(more.get_months())))
            .and_then(|span| span.try_weeks(i64::from(own.get_weeks()) + i64::from(more.get_weeks())))
            .and_then(|span| span.try_days(i64::from(own.get_days()) + i64::from(more.get_days())))
            .and_then(|span| span.try_hours(i64::from(own.get_hours()) + i64::from(more.get_hours())))
            .and_then(|span| span.try_minutes(own.get_minutes() + more.get_minutes()))
            .and_then(|span| span.try_seconds(own.get_seconds() + more.get_seconds()));
        span.ok().map(Self)
    }

    /// The moment this long after 1970 began, in UTC: what delays are compared by.
    pub fn since_epoch(&self) -> Timestamp {
        self.add_to(Timestamp::UNIX_EPOCH, &TimeZone::UTC)
    }

    /// Its whole days, and its time beyond them; `None` when it counts months or years, whose days differ.
    pub fn days_and_time(&self) -> Option<(u32, SignedDuration)> {
        let span = &self.0;
        if span.get_years() != 0 || span.get_months() != 0 {
            return None;
        }
        let days = i64::from(span.get_weeks()) * 7 + i64::from(span.get_days());
        let seconds = i64::from(span.get_hours()) * 3_600 + span.get_minutes() * 60 + span.get_seconds();
        Some((u32::try_from(days).ok()?, SignedDuration::from_secs(seconds)))
    }

    /// Whether it counts days or more, and so promises a day rather than an hour.
    pub(super) fn counts_days(&self) -> bool {
        self.0.get_years() != 0 || self.0.get_months() != 0 || self.0.get_weeks() != 0 || self.0.get_days() != 0
    }
}
