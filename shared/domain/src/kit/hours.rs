//! Time as somebody at work counts it: opening hours, public holidays and leave left out.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::kit::calendar::{Delay, Window};

/// How far ahead an open day is looked for: nobody is away for longer.
const SEARCH_DAYS_MAX: i32 = 400;

/// Days on which somebody is away, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Leave {
    /// The first day away.
    pub from: Date,
    /// The last day away.
    pub to: Date,
}

impl Leave {
    fn covers(self, date: Date) -> bool {
        (self.from..=self.to).contains(&date)
    }
}

/// Somebody's working hours on their own clock.
#[derive(Clone, Debug)]
pub struct Hours<'a> {
    /// Weekdays, hours and holidays.
    pub window: &'a Window,
    /// The clock they live by.
    pub zone: TimeZone,
    /// When they are away.
    pub leave: &'a [Leave],
}

impl Hours<'_> {
    /// Whether they are on leave on the day of this moment.
    pub fn is_away(&self, at: Timestamp) -> bool {
        let date = self.zone.to_datetime(at).date();
        self.leave.iter().any(|leave| leave.covers(date))
    }

    /// When they next go on leave or come back, after a moment.
    pub fn next_leave_change(&self, at: Timestamp) -> Option<Timestamp> {
        let starts = |date: Date| date.to_zoned(self.zone.clone()).ok().map(|day| day.timestamp());
        let changes = self
            .leave
            .iter()
            .flat_map(|leave| [Some(leave.from), leave.to.tomorrow().ok()]);
        changes.flatten().filter_map(starts).filter(|change| *change > at).min()
    }

    /// When each day begins and ends on which they work, from the day of this moment on.
    pub fn days(&self, at: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let today = self.zone.to_datetime(at).date();
        (0..=SEARCH_DAYS_MAX)
            .map_while(move |n| today.checked_add(Span::new().days(n)).ok())
            .filter(|date| !self.leave.iter().any(|leave| leave.covers(*date)))
            .filter_map(|date| self.window.opening(date, &self.zone))
    }

    /// The hours they work from this moment on, the rest of the present day first.
    fn from(&self, at: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        self.days(at)
            .filter(move |(_, close)| *close > at)
            .map(move |(open, close)| (open.max(at), close))
    }

    /// The first working moment at or after this one; `None` when there is none for more than a year.
    pub fn next_open(&self, at: Timestamp) -> Option<Timestamp> {
        self.from(at).next().map(|(open, _)| open)
    }

    /// The moment this much working time after `start`.
    ///
    /// Hours and minutes run only while somebody works. A day is a working day: it ends at the same time of day on the
    /// next one, so that "one day" said on Friday at ten is Monday at ten. `None` when the delay counts months, or
    /// there is no such moment for more than a year.
    pub fn after(&self, start: Timestamp, delay: &Delay) -> Option<Timestamp> {
        let (days, time) = delay.days_and_time()?;
        let mut at = self.next_open(start)?;
        if days > 0 {
            let clock = self.zone.to_datetime(at).time();
            let mut opening = self.from(at).skip(days as usize);
            let (open, close) = opening.next()?;
            let wanted = self.zone.to_datetime(open).date().to_datetime(clock);
            let wanted = self.zone.to_ambiguous_timestamp(wanted).compatible().ok()?;
            at = wanted.clamp(open, close);
        }
        self.later(at, time)
    }

    /// The moment at which this much working time has run since `start`.
    pub fn later(&self, start: Timestamp, time: SignedDuration) -> Option<Timestamp> {
        let mut left = time;
        if left.is_zero() {
            return Some(start);
        }
        for (open, close) in self.from(start) {
            let here = close.duration_since(open);
            if left <= here {
                return Some(open + left);
            }
            left -= here;
        }
        None
    }

    /// How much working time lies between two moments.
    pub fn between(&self, start: Timestamp, end: Timestamp) -> SignedDuration {
        self.from(start)
            .take_while(|(open, _)| *open < end)
            .map(|(open, close)| close.min(end).duration_since(open))
            .fold(SignedDuration::ZERO, |sum, part| sum + part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::at;

    fn window(toml: &str) -> Window {
        toml::from_str(toml).expect("a window")
    }

    fn office() -> Window {
        window(
            "days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"]\nfrom = \"09:00\"\nto = \"18:00\"\nholidays = \"fr\"",
        )
    }

    fn leave(from: &str, to: &str) -> Leave {
        let date = |text: &str| text.parse().expect("a date");
        Leave {
            from: date(from),
            to: date(to),
        }
    }

    /// A moment on the clock of Paris, the first of two.
    fn paris(local: &str) -> Timestamp {
        let zone = TimeZone::get("Europe/Paris").expect("a zone");
        let local = local.parse().expect("a local time");
        zone.to_ambiguous_timestamp(local).earlier().expect("a moment")
    }

    #[track_caller]
    fn check_with(window: &Window, leave: &[Leave], start: &str, delay: &str, expected: &str) {
        let zone = TimeZone::get("Europe/Paris").expect("a zone");
        let hours = Hours {
            window,
            zone: zone.clone(),
            leave,
        };
        let delay: Delay = delay.parse().expect("a delay");
        let found = hours
            .after(paris(start), &delay)
            .map(|at| zone.to_datetime(at).to_string());
        assert_eq!(found.as_deref(), Some(expected), "{start} + {delay}");
    }

    #[track_caller]
    fn check(start: &str, delay: &str, expected: &str) {
        check_with(&office(), &[], start, delay, expected);
    }

    #[test]
    fn minutes_run_only_in_working_hours() {
        check("2026-03-02T10:00", "PT5M", "2026-03-02T10:05:00"); // Monday
        check("2026-03-02T10:00", "PT0S", "2026-03-02T10:00:00");
        check("2026-03-02T08:00", "PT5M", "2026-03-02T09:05:00"); // before the door opens
        check("2026-03-02T17:58", "PT5M", "2026-03-03T09:03:00"); // two minutes of it today
        check("2026-03-02T17:55", "PT5M", "2026-03-02T18:00:00");
        check("2026-03-02T18:00", "PT5M", "2026-03-03T09:05:00"); // closing time is closed
        check("2026-03-06T17:30", "PT1H", "2026-03-09T09:30:00"); // Friday to Monday
        check("2026-03-07T11:00", "PT1H", "2026-03-09T10:00:00"); // Saturday
        check("2026-03-02T10:00", "PT10H", "2026-03-03T11:00:00"); // more than what is left of the day
        check("2026-03-02T10:00", "PT24H", "2026-03-04T16:00:00"); // 24 hours at the desk are not one day
    }

    #[test]
    fn a_day_is_a_working_day_at_the_same_hour() {
        check("2026-03-02T10:00", "P1D", "2026-03-03T10:00:00");
        check("2026-03-06T10:00", "P1D", "2026-03-09T10:00:00");
        check("2026-03-07T23:00", "P1D", "2026-03-10T09:00:00"); // counted from Monday's opening
        check("2026-03-02T20:00", "P1D", "2026-03-04T09:00:00");
        check("2026-03-02T10:00", "P5D", "2026-03-09T10:00:00");
        check("2026-03-02T10:00", "P1W", "2026-03-11T10:00:00"); // seven working days
        check("2026-03-02T17:30", "P1DT1H", "2026-03-04T09:30:00");
    }

    #[test]
    fn holidays_are_left_out() {
        check("2026-04-30T17:30", "PT1H", "2026-05-04T09:30:00"); // Labour Day on a Friday
        check("2026-05-07T10:00", "P1D", "2026-05-11T10:00:00"); // 8 May, Friday
        check("2026-04-03T10:00", "P1D", "2026-04-07T10:00:00"); // Easter Monday
        check("2026-12-24T17:59", "PT5M", "2026-12-28T09:04:00");
        check("2026-12-31T17:00", "PT2H", "2027-01-04T10:00:00");
    }

    #[test]
    fn leave_is_left_out() {
        let away = [leave("2026-03-03", "2026-03-05"), leave("2026-03-09", "2026-03-09")];
        check_with(&office(), &away, "2026-03-02T17:30", "PT1H", "2026-03-06T09:30:00");
        check_with(&office(), &away, "2026-03-02T10:00", "P1D", "2026-03-06T10:00:00");
        check_with(&office(), &away, "2026-03-06T17:00", "PT2H", "2026-03-10T10:00:00");
        check_with(&office(), &away, "2026-03-04T12:00", "PT5M", "2026-03-06T09:05:00");
        let zone = TimeZone::get("Europe/Paris").expect("a zone");
        let hours = Hours {
            window: &office(),
            zone,
            leave: &away,
        };
        assert!(hours.is_away(paris("2026-03-03T00:00")) && hours.is_away(paris("2026-03-05T23:59")));
        assert!(!hours.is_away(paris("2026-03-02T23:59")) && !hours.is_away(paris("2026-03-06T00:00")));
    }

    #[test]
    fn changes_of_the_clock_neither_lose_nor_win_working_time() {
        // Office hours lie outside of the change: a day is a day.
        check("2026-03-27T10:00", "P1D", "2026-03-30T10:00:00"); // forward on Sunday 29 March
        check("2026-10-23T10:00", "P1D", "2026-10-26T10:00:00"); // back on Sunday 25 October
        check("2026-03-27T17:30", "PT1H", "2026-03-30T09:30:00");
        // Night workers live through it: exact time counts.
        let always = window(
            "days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]\nfrom = \"00:00\"\nto = \"24:00\"",
        );
        check_with(&always, &[], "2026-03-29T01:00", "PT2H", "2026-03-29T04:00:00"); // 02:00 to 03:00 is not
        check_with(&always, &[], "2026-10-25T01:00", "PT3H", "2026-10-25T03:00:00"); // 02:00 to 03:00 is twice
        check_with(&always, &[], "2026-03-28T02:30", "P1D", "2026-03-29T03:30:00"); // a time that the change skips
    }

    #[test]
    fn working_time_between_is_what_after_adds() {
        let zone = TimeZone::get("Europe/Paris").expect("a zone");
        let window = office();
        let hours = Hours {
            window: &window,
            zone,
            leave: &[leave("2026-03-10", "2026-03-11")],
        };
        let start = at("2026-03-06T16:31:00Z");
        for minutes in [0, 1, 29, 30, 60, 600, 3_000] {
            let time = SignedDuration::from_mins(minutes);
            let end = hours.later(start, time).expect("in time");
            assert_eq!(hours.between(start, end), time, "{minutes}");
        }
        assert_eq!(
            hours.between(start, start - SignedDuration::from_hours(1)),
            SignedDuration::ZERO
        );
        let night = (paris("2026-03-02T18:00"), paris("2026-03-03T09:00"));
        assert_eq!(hours.between(night.0, night.1), SignedDuration::ZERO);
    }

    #[test]
    fn hours_that_never_come_are_no_moment() {
        let never = window("days = []\nfrom = \"09:00\"\nto = \"18:00\"");
        let zone = TimeZone::UTC;
        let day: Delay = "P1D".parse().expect("a delay");
        let hours = |window, leave| Hours {
            window,
            zone: zone.clone(),
            leave,
        };
        assert_eq!(hours(&never, &[]).after(at("2026-03-02T09:00:00Z"), &day), None);
        let for_ever = [leave("2026-01-01", "2029-01-01")];
        let office = office();
        assert_eq!(hours(&office, &for_ever).next_open(at("2026-03-02T09:00:00Z")), None);
        let months: Delay = "P1M".parse().expect("a delay");
        assert_eq!(hours(&office, &[]).after(at("2026-03-02T09:00:00Z"), &months), None);
    }
}
