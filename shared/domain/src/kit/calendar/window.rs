//! Opening hours: the days and hours within which emails may leave.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::holidays::{Holiday, holiday_fr};
use super::texts;
use crate::kit::locale::Locale;

/// How far ahead or back an open day is looked for: a year and the 29th of February.
const SEARCH_DAYS_MAX: i64 = 366;

/// The same as a duration.
const YEAR: SignedDuration = SignedDuration::from_hours(24 * SEARCH_DAYS_MAX);

/// What is left of the day for an email that comes too late in it: room for retries before the window closes.
const EVENING_MARGIN: SignedDuration = SignedDuration::from_hours(1);

/// One minute, the grain of closing times.
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// When emails may leave: weekdays, hours, holidays.
///
/// In a file: `{ days = ["mon", "tue"], from = "09:00", to = "18:00", holidays = "fr" }`, with `from` inclusive, `to`
/// exclusive (up to `"24:00"`), and `holidays` one of `"fr"`, `"fr_alsace_moselle"` or absent. Unknown keys are
/// refused. Without days, or with `to` not after `from`, it parses and is never open: [`Window::next_open`] tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Window {
    days: Vec<Day>,
    pub(super) from: Clock,
    pub(super) to: Clock,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    holidays: Option<Holidays>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
enum Holidays {
    Fr,
    FrAlsaceMoselle,
}

/// Minutes since midnight on the wall clock, 0 to 1440.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Clock(i16);

impl TryFrom<String> for Clock {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let minutes = match text.as_bytes() {
            &[
                h1 @ b'0'..=b'9',
                h2 @ b'0'..=b'9',
                b':',
                m1 @ b'0'..=b'5',
                m2 @ b'0'..=b'9',
            ] => {
                let two = |tens, ones| i16::from(tens - b'0') * 10 + i16::from(ones - b'0');
                two(h1, h2) * 60 + two(m1, m2)
            }
            _ => i16::MAX,
        };
        if minutes > 24 * 60 {
            return Err("a time of day is written \"09:00\", from \"00:00\" to \"24:00\"");
        }
        Ok(Self(minutes))
    }
}

impl From<Clock> for String {
    fn from(Clock(minutes): Clock) -> Self {
        format!("{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

impl Clock {
    /// The next moment after `at` at which the wall clock shows this time, or would without a gap; `None` at the end of time.
    pub fn next_after(self, at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let today = zone.to_datetime(at).date();
        days_from(today).map(|day| moment(self.on(day), zone)).find(|t| *t > at)
    }

    /// Whether it is midnight at the end of a day: good for a closing time, and no time of day.
    pub fn is_end_of_day(self) -> bool {
        self.0 == 24 * 60
    }

    /// The minute in which `time` falls.
    pub(super) fn of(time: Time) -> Self {
        Self(i16::from(time.hour()) * 60 + i16::from(time.minute()))
    }

    /// This time on `date`; 24:00 is midnight of the next day.
    pub(super) fn on(self, date: Date) -> DateTime {
        date.at(0, 0, 0, 0)
            .saturating_add(SignedDuration::from_mins(self.0.into()))
    }
}

/// What closes a whole day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// A Saturday or Sunday on which the window does not open.
    Weekend,
    /// Another weekday on which the window does not open.
    DayOff,
    /// A public holiday on a day that would be open.
    Holiday(Holiday),
}

impl Closed {
    /// Its name.
    pub fn name(self, locale: Locale) -> &'static str {
        match self {
            Self::Weekend => texts::weekend(locale),
            Self::DayOff => texts::day_off(locale),
            Self::Holiday(holiday) => texts::holiday(locale, holiday),
        }
    }
}

impl Window {
    /// Whether an email may leave at `at`.
    pub fn is_open(&self, at: Timestamp, zone: &TimeZone) -> bool {
        let local = zone.to_datetime(at);
        self.has(local.time()) && self.closed_by(local.date()).is_none()
    }

    /// The first open moment at or after `at`, exact through changes of clocks; `None` when there is none within a
    /// year, so that `piste check` can refuse the window.
    pub fn next_open(&self, at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        if self.is_open(at, zone) {
            return Some(at);
        }
        // A window opens at its hour, or when the clocks jump into it.
        let end = at.saturating_add(YEAR).ok()?;
        let opening = days_from(zone.to_datetime(at).date())
            .flat_map(|day| moments(self.from.on(day), zone))
            .find(|&t| t >= at && self.is_open(t, zone));
        let jump = zone
            .following(at)
            .map(|t| t.timestamp())
            .take_while(|&t| t <= end)
            .find(|&t| self.is_open(t, zone));
        opening.into_iter().chain(jump).min()
    }

    /// The last open moment at or before `at` and not before `not_before`, within a year; `None` when there is none.
    /// Closing times are exclusive, so before one it is the last whole minute: 17:59 for a window until 18:00.
    pub fn last_open(&self, at: Timestamp, not_before: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        if at < not_before {
            return None;
        }
        if self.is_open(at, zone) {
            return Some(at);
        }
        let start = at.saturating_sub(YEAR).ok()?.max(not_before);
        let minute_before = |closed: Timestamp| Some(closed.checked_sub(MINUTE).ok()?.max(start));
        let closing = days_back_from(zone.to_datetime(at).date())
            .flat_map(|day| moments(self.to.on(day), zone).into_iter().rev())
            .filter(|&t| t <= at)
            .filter_map(minute_before)
            .find(|&t| self.is_open(t, zone));
        let jump = zone
            .preceding(at.saturating_add(MINUTE).ok()?)
            .map(|t| t.timestamp())
            .skip_while(|&t| t > at)
            .take_while(|&t| t > start)
            .filter_map(minute_before)
            .find(|&t| self.is_open(t, zone));
        closing.into_iter().chain(jump).max()
    }

    /// What closes the whole of the local day `date`, for the reason a plan gives; `None` when it has opening hours.
    pub fn closed_by(&self, date: Date) -> Option<Closed> {
        const WEEK: [Day; 7] = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat, Day::Sun];
        let day = WEEK[date.weekday().to_monday_zero_offset() as usize];
        if self.days.contains(&day) {
            holiday_fr(date, self.holidays? == Holidays::FrAlsaceMoselle).map(Closed::Holiday)
        } else if matches!(day, Day::Sat | Day::Sun) {
            Some(Closed::Weekend)
        } else {
            Some(Closed::DayOff)
        }
    }

    /// The hours of the local day `date`, from the first open moment to the first closed one after them; `None` when
    /// the whole day is closed.
    pub fn opening(&self, date: Date, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
        let hours = (moment(self.from.on(date), zone), moment(self.to.on(date), zone));
        (self.closed_by(date).is_none() && hours.0 < hours.1).then_some(hours)
    }

    /// Whether `time` lies within the hours of an open day.
    pub(super) fn has(&self, time: Time) -> bool {
        (self.from..self.to).contains(&Clock::of(time))
    }

    /// The latest time of day an email is planned for, on `date`.
    pub(super) fn evening(&self, date: Date) -> DateTime {
        self.to.on(date).saturating_sub(EVENING_MARGIN).max(self.from.on(date))
    }
}

/// The earlier and the later moment at which the wall clock shows `local`: two when it is set back over `local`, two
/// stand-ins around the gap when it is set forward over it, else twice the same.
pub(super) fn moments(local: DateTime, zone: &TimeZone) -> [Timestamp; 2] {
    let ambiguous = zone.to_ambiguous_timestamp(local);
    [ambiguous.earlier(), ambiguous.later()].map(|t| t.unwrap_or(Timestamp::MAX))
}

/// The first moment at which the wall clock shows `local`, or would without the gap.
pub(super) fn moment(local: DateTime, zone: &TimeZone) -> Timestamp {
    zone.to_ambiguous_timestamp(local)
        .compatible()
        .unwrap_or(Timestamp::MAX)
}

/// `date` and the days after it, for a year.
pub(super) fn days_from(date: Date) -> impl Iterator<Item = Date> {
    (0..=SEARCH_DAYS_MAX).map_while(move |n| date.checked_add(Span::new().days(n)).ok())
}

/// `date` and the days before it, for a year.
pub(super) fn days_back_from(date: Date) -> impl Iterator<Item = Date> {
    (0..=SEARCH_DAYS_MAX).map_while(move |n| date.checked_sub(Span::new().days(n)).ok())
}
