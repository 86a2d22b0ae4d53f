//! When mails may leave: opening hours, holidays, delays, and where a step of a sequence lands.
//!
//! Days and hours are those of the wall clock in a given zone, so a change of clocks moves no mail. Every moment that
//! comes out is a whole second when what went in was.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use serde::{Deserialize, Serialize};

/// How far ahead or back an open day is looked for: a year and the 29th of February.
const SEARCH_DAYS_MAX: i64 = 366;
/// The same as a duration.
const YEAR: SignedDuration = SignedDuration::from_hours(24 * SEARCH_DAYS_MAX);
/// What is left of the day for a mail that comes too late in it: room for retries before the window closes.
const EVENING_MARGIN: SignedDuration = SignedDuration::from_hours(1);
/// One minute, the grain of closing times.
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// When mails may leave: weekdays, hours, holidays.
///
/// In a file: `{ days = ["mon", "tue"], from = "09:00", to = "18:00", holidays = "fr" }`, with `from` inclusive, `to`
/// exclusive (up to `"24:00"`), and `holidays` one of `"fr"`, `"fr_alsace_moselle"` or absent. Unknown keys are
/// refused. Without days, or with `to` not after `from`, it parses and is never open: [`Window::next_open`] tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    days: Vec<Day>,
    from: Clock,
    to: Clock,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    holidays: Option<Holidays>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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
enum Holidays {
    Fr,
    FrAlsaceMoselle,
}

/// Minutes since midnight on the wall clock, 0 to 1440.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Clock(i16);

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
    /// The minute in which `time` falls.
    fn of(time: Time) -> Self {
        Self(i16::from(time.hour()) * 60 + i16::from(time.minute()))
    }

    /// This time on `date`; 24:00 is midnight of the next day.
    fn on(self, date: Date) -> DateTime {
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
    /// Its name, in French when `lang` is `"fr"`, else in English.
    pub fn name(self, lang: &str) -> &'static str {
        let (fr, en) = match self {
            Self::Weekend => ("week-end", "weekend"),
            Self::DayOff => ("jour de fermeture", "closing day"),
            Self::Holiday(holiday) => return holiday.name(lang),
        };
        if lang == "fr" { fr } else { en }
    }
}

impl Window {
    /// Whether a mail may leave at `at`.
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
    fn has(&self, time: Time) -> bool {
        (self.from..self.to).contains(&Clock::of(time))
    }

    /// The latest time of day a mail is planned for, on `date`.
    fn evening(&self, date: Date) -> DateTime {
        self.to.on(date).saturating_sub(EVENING_MARGIN).max(self.from.on(date))
    }
}

/// The earlier and the later moment at which the wall clock shows `local`: two when it is set back over `local`, two
/// stand-ins around the gap when it is set forward over it, else twice the same.
fn moments(local: DateTime, zone: &TimeZone) -> [Timestamp; 2] {
    let ambiguous = zone.to_ambiguous_timestamp(local);
    [ambiguous.earlier(), ambiguous.later()].map(|t| t.unwrap_or(Timestamp::MAX))
}

/// The first moment at which the wall clock shows `local`, or would without the gap.
fn moment(local: DateTime, zone: &TimeZone) -> Timestamp {
    zone.to_ambiguous_timestamp(local)
        .compatible()
        .unwrap_or(Timestamp::MAX)
}

/// `date` and the days after it, for a year.
fn days_from(date: Date) -> impl Iterator<Item = Date> {
    (0..=SEARCH_DAYS_MAX).map_while(move |n| date.checked_add(Span::new().days(n)).ok())
}

/// `date` and the days before it, for a year.
fn days_back_from(date: Date) -> impl Iterator<Item = Date> {
    (0..=SEARCH_DAYS_MAX).map_while(move |n| date.checked_sub(Span::new().days(n)).ok())
}

/// A duration of a campaign file in ISO 8601: `"PT0S"`, `"PT20H"`, `"P2D"`, `"P3Y"`. Not negative, to the second.
///
/// Years, months, weeks and days are counted on the wall clock; hours, minutes and seconds are exact time.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
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
    fn counts_days(&self) -> bool {
        self.0.get_years() != 0 || self.0.get_months() != 0 || self.0.get_weeks() != 0 || self.0.get_days() != 0
    }
}

/// Where a step landed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// When it leaves.
    pub at: Timestamp,
    /// Why then and not simply after its delay.
    pub moved: Moved,
}

/// What moved a step from the moment its delay gives; of several reasons, the last that applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// Nothing.
    No,
    /// That day's opening hours.
    Hours,
    /// That day is closed.
    Closed(Closed),
    /// The step before it left too late.
    Gap,
    /// The last moment allowed comes before the next open one.
    Within,
}

impl Moved {
    /// The reason, for the line of a plan, in French when `lang` is `"fr"`, else in English; `None` when nothing moved it.
    pub fn why(self, lang: &str) -> Option<&'static str> {
        let (fr, en) = match self {
            Self::No => return None,
            Self::Hours => ("hors des heures d’envoi", "outside sending hours"),
            Self::Closed(closed) => return Some(closed.name(lang)),
            Self::Gap => (
                "écart minimal après l’envoi précédent",
                "minimum gap after the previous mail",
            ),
            Self::Within => (
                "avancé pour respecter la durée de la séquence",
                "brought forward to stay within the sequence",
            ),
        };
        Some(if lang == "fr" { fr } else { en })
    }
}

/// When a step leaves: `delay` after `start` on the wall clock of `zone`, fitted into `window`.
///
/// - A delay in days promises the day, so the time of day is clamped into that day's hours: before them gives the
///   opening, after them the closing less one hour. When the day is closed, the next open day takes it, at the same
///   time of day or, outside hours, at the opening.
/// - A delay in hours promises at least that long: the first open moment then.
/// - Not before `start`, nor before `earliest` (the previous mail and the minimum gap; holidays can push two steps
///   onto one day): the first open moment then.
/// - Not after `latest`, to the second (give the end of a day to allow all of it): the last open day before it takes
///   the step, at the same time of day where that fits, else an hour before closing or at the last open moment.
///
/// `None` when no moment fits: the window never opens within a year, or the bounds exclude each other.
pub fn step_time(
    start: Timestamp,
    delay: &Delay,
    window: Option<&Window>,
    earliest: Option<Timestamp>,
    latest: Option<Timestamp>,
    zone: &TimeZone,
) -> Option<Placed> {
    let due = delay.add_to(start, zone);
    let floor = earliest.map_or(start, |earliest| earliest.max(start));
    let ceiling = latest.unwrap_or(Timestamp::MAX);

    let fitted = match window {
        Some(window) if delay.counts_days() => fit_day(window, due, zone)?,
        Some(window) => window.next_open(due, zone)?,
        None => due,
    };
    let closed = window.and_then(|window| window.closed_by(zone.to_datetime(due).date()));
    let mut placed = Placed {
        at: fitted,
        moved: match closed {
            _ if fitted == due => Moved::No,
            Some(closed) => Moved::Closed(closed),
            None => Moved::Hours,
        },
    };
    if placed.at < floor {
        let at = window.map_or(Some(floor), |window| window.next_open(floor, zone))?;
        placed = Placed { at, moved: Moved::Gap };
    }
    if placed.at > ceiling {
        let at = match window {
            Some(window) => fit_before(window, due, floor, ceiling, zone)?,
            None => ceiling,
        };
        placed = Placed {
            at,
            moved: Moved::Within,
        };
    }
    (floor..=ceiling).contains(&placed.at).then_some(placed)
}

/// The moment on the day of `due`, or on the next open one, that is nearest to its time of day.
fn fit_day(window: &Window, due: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    if window.is_open(due, zone) {
        return Some(due);
    }
    let local = zone.to_datetime(due);
    days_from(local.date())
        .map(|day| {
            let wanted = if window.has(local.time()) {
                day.to_datetime(local.time())
            } else if day == local.date() && Clock::of(local.time()) >= window.to {
                window.evening(day)
            } else {
                window.from.on(day)
            };
            moment(wanted, zone)
        })
        .find(|&at| window.is_open(at, zone))
}

/// The moment on the last open day up to `ceiling` that is nearest to the time of day of `due`, not before `floor`.
fn fit_before(
    window: &Window,
    due: Timestamp,
    floor: Timestamp,
    ceiling: Timestamp,
    zone: &TimeZone,
) -> Option<Timestamp> {
    let time = zone.to_datetime(due).time();
    days_back_from(zone.to_datetime(ceiling).date())
        .map(|day| {
            moment(
                if window.has(time) {
                    day.to_datetime(time)
                } else {
                    window.evening(day)
                },
                zone,
            )
            .min(ceiling)
        })
        .take_while(|&at| at >= floor)
        .find(|&at| window.is_open(at, zone))
        .or_else(|| window.last_open(ceiling, floor, zone))
}

/// A public holiday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holiday {
    fr: &'static str,
    en: &'static str,
}

impl Holiday {
    /// Its name, in French when `lang` is `"fr"`, else in English.
    pub fn name(self, lang: &str) -> &'static str {
        if lang == "fr" { self.fr } else { self.en }
    }
}

/// The public holiday of France on `date`: the eleven of [article L3133-1](https://www.legifrance.gouv.fr/codes/id/LEGISCTA000033008129/)
/// of the Code du travail, and with `alsace_moselle` the two more of article L3134-13 (Good Friday, 26 December).
/// Today's list, whatever the year.
pub fn holiday_fr(date: Date, alsace_moselle: bool) -> Option<Holiday> {
    let (fr, en) = match (date.month(), date.day()) {
        (1, 1) => ("Jour de l’An", "New Year’s Day"),
        (5, 1) => ("Fête du Travail", "Labour Day"),
        (5, 8) => ("Victoire 1945", "Victory Day 1945"),
        (7, 14) => ("Fête nationale", "Bastille Day"),
        (8, 15) => ("Assomption", "Assumption Day"),
        (11, 1) => ("Toussaint", "All Saints’ Day"),
        (11, 11) => ("Armistice 1918", "Armistice Day 1918"),
        (12, 25) => ("Noël", "Christmas Day"),
        (12, 26) if alsace_moselle => ("Saint-Étienne", "Saint Stephen’s Day"),
        _ => match easter(date.year())?.until(date).ok()?.get_days() {
            -2 if alsace_moselle => ("Vendredi saint", "Good Friday"),
            1 => ("Lundi de Pâques", "Easter Monday"),
            39 => ("Ascension", "Ascension Day"),
            50 => ("Lundi de Pentecôte", "Whit Monday"),
            _ => return None,
        },
    };
    Some(Holiday { fr, en })
}

/// Easter Sunday of a Gregorian year by the Meeus/Jones/Butcher method (Jean Meeus, *Astronomical Algorithms*,
/// chapter 8); `None` before 1583, the first year of that calendar.
fn easter(year: i16) -> Option<Date> {
    if year < 1583 {
        return None;
    }
    let y = i32::from(year);
    let (golden, century, of_century) = (y % 19, y / 100, y % 100);
    let moon_correction = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - moon_correction + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - epact - of_century % 4) % 7;
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    let since_new_year = epact + weekday - 7 * late + 114;
    let (month, day) = (since_new_year / 31, since_new_year % 31 + 1);
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(toml: &str) -> Window {
        toml::from_str(toml).expect("a window")
    }

    /// The window of the demo campaign.
    fn office() -> Window {
        window(
            r#"days = ["mon", "tue", "wed", "thu", "fri"]
            from = "09:00"
            to = "18:00"
            holidays = "fr""#,
        )
    }

    fn every_day(from: &str, to: &str) -> Window {
        window(&format!(
            r#"days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
            from = "{from}"
            to = "{to}""#
        ))
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).expect("a zone")
    }

    fn paris() -> TimeZone {
        zone("Europe/Paris")
    }

    fn delay(text: &str) -> Delay {
        text.parse().expect("a delay")
    }

    fn date(text: &str) -> Date {
        text.parse().expect("a date")
    }

    /// A local time in `zone`, the first of two.
    fn at(local: &str, zone: &TimeZone) -> Timestamp {
        moment(local.parse().expect("a local time"), zone)
    }

    fn local(at: Timestamp, zone: &TimeZone) -> String {
        zone.to_datetime(at).strftime("%F %T").to_string()
    }

    #[test]
    fn a_window_reads_and_writes_its_table_and_refuses_others() {
        let office = office();
        let written = serde_json::to_string(&office).expect("a table");
        assert_eq!(serde_json::from_str::<Window>(&written).expect("a window"), office);
        assert_eq!(
            written,
            r#"{"days":["mon","tue","wed","thu","fri"],"from":"09:00","to":"18:00","holidays":"fr"}"#
        );
        let written = serde_json::to_string(&every_day("00:00", "24:00")).expect("a table");
        assert!(written.ends_with(r#""from":"00:00","to":"24:00"}"#), "{written}");

        for refused in [
            r#"days = ["mon"]"#,
            r#"days = ["monday"]
            from = "09:00"
            to = "18:00""#,
            r#"days = ["mon"]
            from = "9:00"
            to = "18:00""#,
            r#"days = ["mon"]
            from = "09:60"
            to = "18:00""#,
            r#"days = ["mon"]
            from = "09:00"
            to = "24:01""#,
            r#"days = ["mon"]
            from = "09:00"
            to = "99:00""#,
            r#"days = ["mon"]
            from = "09:00"
            to = "18:00"
            holidays = "de""#,
            r#"days = ["mon"]
            from = "09:00"
            to = "18:00"
            holiday = "fr""#,
        ] {
            assert!(toml::from_str::<Window>(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn a_window_opens_at_its_first_second_and_closes_at_its_last() {
        let (office, paris) = (office(), paris());
        for (time, open) in [
            ("2026-03-02T08:59:59", false),
            ("2026-03-02T09:00:00", true),
            ("2026-03-02T17:59:59", true),
            ("2026-03-02T18:00:00", false),
            ("2026-03-06T17:59:59", true),
            ("2026-03-07T12:00:00", false), // Saturday
            ("2026-07-14T12:00:00", false), // Bastille Day, a Tuesday
            ("2026-07-15T12:00:00", true),
        ] {
            assert_eq!(office.is_open(at(time, &paris), &paris), open, "{time}");
        }
        let all = every_day("00:00", "24:00");
        assert!(all.is_open(at("2026-03-02T23:59:59", &paris), &paris));
        assert!(all.is_open(at("2026-03-02T00:00:00", &paris), &paris));
    }

    #[test]
    fn next_open_and_last_open_skip_nights_weekends_and_holidays() {
        let (office, paris) = (office(), paris());
        for (from, next, last) in [
            ("2026-03-02T10:11:12", "2026-03-02 10:11:12", "2026-03-02 10:11:12"),
            ("2026-03-02T09:00:00", "2026-03-02 09:00:00", "2026-03-02 09:00:00"),
            ("2026-03-02T08:59:59", "2026-03-02 09:00:00", "2026-02-27 17:59:00"),
            ("2026-03-02T18:00:00", "2026-03-03 09:00:00", "2026-03-02 17:59:00"),
            ("2026-03-07T12:00:00", "2026-03-09 09:00:00", "2026-03-06 17:59:00"),
            ("2026-04-06T12:00:00", "2026-04-07 09:00:00", "2026-04-03 17:59:00"), // Easter Monday
            ("2026-12-25T12:00:00", "2026-12-28 09:00:00", "2026-12-24 17:59:00"),
            ("2027-01-01T00:00:00", "2027-01-04 09:00:00", "2026-12-31 17:59:00"),
        ] {
            let from = at(from, &paris);
            assert_eq!(
                office.next_open(from, &paris).map(|t| local(t, &paris)).as_deref(),
                Some(next)
            );
            assert_eq!(
                office
                    .last_open(from, Timestamp::MIN, &paris)
                    .map(|t| local(t, &paris))
                    .as_deref(),
                Some(last)
            );
        }
    }

    #[test]
    fn last_open_stays_after_its_bound() {
        let (office, paris) = (office(), paris());
        let evening = at("2026-03-02T20:00:00", &paris);
        let last = |not_before: &str| {
            office
                .last_open(evening, at(not_before, &paris), &paris)
                .map(|t| local(t, &paris))
        };
        assert_eq!(last("2026-03-02T17:59:00").as_deref(), Some("2026-03-02 17:59:00"));
        assert_eq!(last("2026-03-02T17:59:30").as_deref(), Some("2026-03-02 17:59:30"));
        assert_eq!(last("2026-03-02T18:00:00"), None);
        assert_eq!(last("2026-03-03T10:00:00"), None, "bounds the wrong way round");
    }

    #[test]
    fn a_window_that_never_opens_says_so() {
        let paris = paris();
        let now = at("2026-03-02T10:00:00", &paris);
        for never in [
            r#"days = []
            from = "09:00"
            to = "18:00""#,
            r#"days = ["mon"]
            from = "18:00"
            to = "09:00""#,
            r#"days = ["mon"]
            from = "09:00"
            to = "09:00""#,
            r#"days = ["mon"]
            from = "24:00"
            to = "24:00""#,
        ] {
            let never = window(never);
            assert_eq!(never.next_open(now, &paris), None);
            assert_eq!(never.last_open(now, Timestamp::MIN, &paris), None);
            assert_eq!(step_time(now, &delay("P2D"), Some(&never), None, None, &paris), None);
            assert_eq!(
                step_time(now, &delay("PT0S"), Some(&never), None, Some(now), &paris),
                None
            );
        }
    }

    /// Both searches against a walk over every minute, through changes of clocks of an hour and of half an hour, with
    /// windows whose edges fall before, into and after the hour that is skipped or repeated.
    #[test]
    fn searches_are_exact_to_the_minute_through_changes_of_clocks() {
        const MINUTES: i64 = 3 * 24 * 60;
        let changes = [
            ("Europe/Paris", "2026-03-28"),
            ("Europe/Paris", "2026-10-24"),
            ("America/New_York", "2026-03-07"),
            ("America/New_York", "2026-10-31"),
            ("Australia/Lord_Howe", "2026-04-04"), // 30 minutes
            ("Australia/Lord_Howe", "2026-10-03"),
            ("America/St_Johns", "2026-03-07"), // UTC-03:30
            ("Asia/Kolkata", "2026-03-28"),     // UTC+05:30, no change
        ];
        let hours = [
            ("09:00", "18:00"),
            ("00:00", "24:00"),
            ("00:00", "02:00"),
            ("01:00", "02:30"),
            ("01:30", "01:45"),
            ("02:00", "02:30"),
            ("02:00", "03:00"),
            ("02:15", "03:15"),
            ("02:30", "24:00"),
            ("03:00", "03:01"),
            ("23:59", "24:00"),
        ];
        for (name, first_day) in changes {
            let zone = zone(name);
            let first = moment(date(first_day).at(0, 0, 0, 0), &zone);
            let minute = |n: i64| first + SignedDuration::from_mins(n);
            for (from, to) in hours {
                let window = every_day(from, to);
                let open: Vec<i64> = (0..MINUTES).filter(|&n| window.is_open(minute(n), &zone)).collect();
                for n in (0..MINUTES).step_by(11).chain([open[0], open[open.len() - 1]]) {
                    let place = open.partition_point(|&o| o < n);
                    if let Some(&next) = open.get(place) {
                        let found = window.next_open(minute(n), &zone);
                        assert_eq!(
                            found,
                            Some(minute(next)),
                            "{name} {from}-{to} {}",
                            local(minute(n), &zone)
                        );
                    }
                    let place = open.partition_point(|&o| o <= n);
                    let last = place.checked_sub(1).map(|i| minute(open[i]));
                    let found = window.last_open(minute(n), first, &zone);
                    assert_eq!(found, last, "{name} {from}-{to} {}", local(minute(n), &zone));
                }
            }
        }
    }

    #[test]
    fn what_closes_a_day_has_a_name_in_both_languages() {
        let office = office();
        let name = |day: &str, lang| office.closed_by(date(day)).map(|closed| closed.name(lang));
        assert_eq!(name("2026-07-13", "fr"), None);
        assert_eq!(name("2026-07-14", "fr"), Some("Fête nationale"));
        assert_eq!(name("2026-07-14", "en"), Some("Bastille Day"));
        assert_eq!(name("2026-07-18", "fr"), Some("week-end"));
        assert_eq!(name("2026-07-19", "en"), Some("weekend"));
        assert_eq!(
            name("2026-08-15", "en"),
            Some("weekend"),
            "a holiday on a closed day closes nothing"
        );
        let tuesdays = window(
            r#"days = ["tue"]
            from = "09:00"
            to = "18:00""#,
        );
        assert_eq!(tuesdays.closed_by(date("2026-07-14")), None, "no calendar, no holiday");
        assert_eq!(
            tuesdays.closed_by(date("2026-07-15")).map(|c| c.name("fr")),
            Some("jour de fermeture")
        );
    }

    #[test]
    fn a_delay_is_an_iso_8601_duration() {
        for text in ["PT0S", "PT20H", "PT90M", "P2D", "P14D", "P2W", "P6M", "P3Y", "P1DT12H"] {
            assert_eq!(delay(text).to_string(), text);
            let json = serde_json::to_string(&delay(text)).expect("a string");
            assert_eq!(serde_json::from_str::<Delay>(&json).expect("a delay"), delay(text));
        }
        for refused in [
            "",
            "P",
            "PT",
            "2 days",
            "2D",
            "P2",
            "-P2D",
            "P-2D",
            "+P2D",
            " P2D",
            "P2D ",
            "p2d",
            "PT0.5S",
            "P2Dx",
            "P99999999999D",
        ] {
            assert_eq!(Delay::parse(refused), Err(DelayProblem), "{refused:?}");
        }
        assert_ne!(delay("P1D"), delay("PT24H"));
        assert!(serde_json::from_str::<Delay>("\"2 days\"").is_err());
    }

    #[test]
    fn a_day_of_delay_is_a_day_on_the_wall_clock() {
        for (name, start, text, end) in [
            ("Europe/Paris", "2026-03-28T10:00", "P1D", "2026-03-29 10:00:00"), // a day of 23 hours
            ("Europe/Paris", "2026-03-28T10:00", "PT24H", "2026-03-29 11:00:00"),
            ("Europe/Paris", "2026-10-24T10:00", "P1D", "2026-10-25 10:00:00"), // a day of 25 hours
            ("Europe/Paris", "2026-10-24T10:00", "PT24H", "2026-10-25 09:00:00"),
            ("Europe/Paris", "2026-03-28T02:30", "P1D", "2026-03-29 03:30:00"), // skipped
            ("Europe/Paris", "2026-03-15T02:30", "P2W", "2026-03-29 03:30:00"),
            ("America/New_York", "2026-03-07T10:00", "P2D", "2026-03-09 10:00:00"),
            ("Australia/Lord_Howe", "2026-04-04T10:00", "P1D", "2026-04-05 10:00:00"),
            (
                "Australia/Lord_Howe",
                "2026-04-04T10:00",
                "PT24H",
                "2026-04-05 09:30:00",
            ),
            ("Europe/Paris", "2024-02-29T10:00", "P1Y", "2025-02-28 10:00:00"),
            ("Europe/Paris", "2026-01-31T10:00", "P1M", "2026-02-28 10:00:00"),
            ("Europe/Paris", "2026-01-31T10:00", "PT0S", "2026-01-31 10:00:00"),
        ] {
            let zone = zone(name);
            assert_eq!(
                local(delay(text).add_to(at(start, &zone), &zone), &zone),
                end,
                "{name} {start} {text}"
            );
        }
        assert_eq!(
            delay("P9000Y").add_to(at("2026-01-01T00:00", &paris()), &paris()),
            Timestamp::MAX
        );
    }

    #[test]
    fn a_step_keeps_its_day_and_moves_only_when_it_must() {
        use Closed::{Holiday, Weekend};
        let (office, paris) = (office(), paris());
        let holiday = |day| Moved::Closed(Holiday(holiday_fr(date(day), false).expect("a holiday")));
        for (start, text, end, moved) in [
            ("2026-03-02T10:30:15", "P2D", "2026-03-04 10:30:15", Moved::No),
            ("2026-03-02T09:00:00", "P2D", "2026-03-04 09:00:00", Moved::No),
            ("2026-03-02T17:59:59", "P2D", "2026-03-04 17:59:59", Moved::No),
            ("2026-03-02T18:00:00", "P2D", "2026-03-04 17:00:00", Moved::Hours),
            ("2026-03-02T23:59:59", "P2D", "2026-03-04 17:00:00", Moved::Hours),
            ("2026-03-02T00:00:00", "P2D", "2026-03-04 09:00:00", Moved::Hours),
            ("2026-03-02T08:59:59", "P2D", "2026-03-04 09:00:00", Moved::Hours),
            // Thursday + 2 is a Saturday.
            (
                "2026-03-05T10:30:00",
                "P2D",
                "2026-03-09 10:30:00",
                Moved::Closed(Weekend),
            ),
            (
                "2026-03-05T20:00:00",
                "P2D",
                "2026-03-09 09:00:00",
                Moved::Closed(Weekend),
            ),
            (
                "2026-03-05T05:00:00",
                "P2D",
                "2026-03-09 09:00:00",
                Moved::Closed(Weekend),
            ),
            // A start at the weekend, a day that is open.
            ("2026-03-07T11:00:00", "P2D", "2026-03-09 11:00:00", Moved::No),
            // Easter weekend: Holy Saturday and Easter Monday.
            (
                "2026-04-02T10:30:00",
                "P2D",
                "2026-04-07 10:30:00",
                Moved::Closed(Weekend),
            ),
            (
                "2026-04-04T10:30:00",
                "P2D",
                "2026-04-07 10:30:00",
                holiday("2026-04-06"),
            ),
            (
                "2026-07-12T22:00:00",
                "P2D",
                "2026-07-15 09:00:00",
                holiday("2026-07-14"),
            ),
            // Through the change of clocks of 29 March, at the same time of day.
            ("2026-03-27T10:30:00", "P5D", "2026-04-01 10:30:00", Moved::No),
            ("2026-10-23T10:30:00", "P5D", "2026-10-28 10:30:00", Moved::No),
            // Hours are a least waiting time, never cut short.
            ("2026-03-02T10:00:00", "PT0S", "2026-03-02 10:00:00", Moved::No),
            ("2026-03-02T20:00:00", "PT0S", "2026-03-03 09:00:00", Moved::Hours),
            ("2026-03-02T00:00:00", "PT20H", "2026-03-03 09:00:00", Moved::Hours),
            (
                "2026-03-06T10:00:00",
                "PT24H",
                "2026-03-09 09:00:00",
                Moved::Closed(Weekend),
            ),
        ] {
            let placed =
                step_time(at(start, &paris), &delay(text), Some(&office), None, None, &paris).expect("a moment");
            assert_eq!(
                (local(placed.at, &paris).as_str(), placed.moved),
                (end, moved),
                "{start} {text}"
            );
        }
        let short = every_day("09:00", "09:30");
        let placed = step_time(
            at("2026-03-02T12:00", &paris),
            &delay("P1D"),
            Some(&short),
            None,
            None,
            &paris,
        );
        assert_eq!(
            placed.map(|p| local(p.at, &paris)).as_deref(),
            Some("2026-03-03 09:00:00"),
            "less than an hour a day"
        );
    }

    #[test]
    fn a_step_respects_its_bounds() {
        let (office, paris) = (office(), paris());
        let place = |start: &str, text: &str, earliest: Option<&str>, latest: Option<&str>| {
            let [earliest, latest] = [earliest, latest].map(|t| t.map(|t| at(t, &paris)));
            step_time(at(start, &paris), &delay(text), Some(&office), earliest, latest, &paris)
                .map(|p| (local(p.at, &paris), p.moved))
        };
        let placed = |at: &str, moved| Some((at.to_owned(), moved));

        // A bound that is met changes nothing.
        let (monday, wednesday) = (Some("2026-03-02T10:30"), Some("2026-03-04T10:30"));
        assert_eq!(
            place("2026-03-02T10:30", "P2D", monday, wednesday),
            placed("2026-03-04 10:30:00", Moved::No)
        );
        // The gap after the previous mail.
        assert_eq!(
            place("2026-03-02T10:30", "P2D", Some("2026-03-04T15:00"), None),
            placed("2026-03-04 15:00:00", Moved::Gap)
        );
        assert_eq!(
            place("2026-03-02T10:30", "P2D", Some("2026-03-06T19:00"), None),
            placed("2026-03-09 09:00:00", Moved::Gap)
        );
        // Day 14 is a Sunday: the Friday before it, same time of day or an hour before closing.
        assert_eq!(
            place("2026-03-01T10:30", "P14D", None, Some("2026-03-15T10:30")),
            placed("2026-03-13 10:30:00", Moved::Within)
        );
        assert_eq!(
            place("2026-03-01T22:00", "P14D", None, Some("2026-03-15T22:00")),
            placed("2026-03-13 17:00:00", Moved::Within)
        );
        // A start in the night: day 14 opens after the bound.
        assert_eq!(
            place("2026-03-03T05:00", "P14D", None, Some("2026-03-17T05:00")),
            placed("2026-03-16 17:00:00", Moved::Within)
        );
        // The bound lies within hours, before the time of day.
        assert_eq!(
            place("2026-03-03T15:00", "P20D", None, Some("2026-03-17T11:00")),
            placed("2026-03-17 11:00:00", Moved::Within)
        );
        // Only the last minutes of Friday are left between gap and bound.
        assert_eq!(
            place(
                "2026-03-01T10:30",
                "P14D",
                Some("2026-03-13T17:30"),
                Some("2026-03-15T10:30")
            ),
            placed("2026-03-13 17:59:00", Moved::Within)
        );
        // Nothing is left.
        assert_eq!(
            place(
                "2026-03-01T10:30",
                "P14D",
                Some("2026-03-14T09:00"),
                Some("2026-03-15T10:30")
            ),
            None
        );
        assert_eq!(
            place("2026-03-07T10:30", "PT1H", None, Some("2026-03-08T10:30")),
            None,
            "not before the start"
        );
        assert_eq!(
            place("2026-03-03T10:30", "PT0S", None, Some("2026-03-02T10:30")),
            None,
            "bounds exclude each other"
        );
    }

    #[test]
    fn a_step_without_a_window_moves_for_its_bounds_alone() {
        let paris = paris();
        let start = at("2026-03-07T23:00", &paris);
        let day = delay("P1D").add_to(start, &paris);
        let hour = SignedDuration::from_hours(1);
        let place = |earliest, latest| step_time(start, &delay("P1D"), None, earliest, latest, &paris);
        assert_eq!(
            place(None, None),
            Some(Placed {
                at: day,
                moved: Moved::No
            })
        );
        assert_eq!(
            place(Some(day + hour), None),
            Some(Placed {
                at: day + hour,
                moved: Moved::Gap
            })
        );
        assert_eq!(
            place(None, Some(day - hour)),
            Some(Placed {
                at: day - hour,
                moved: Moved::Within
            })
        );
        assert_eq!(place(Some(day + hour), Some(day)), None);
        assert_eq!(place(None, Some(start - hour)), None);
    }

    /// The demo cadence from every hour of whole years, each step after the one before it and its minimum gap: always
    /// in the window, in order, 20 hours apart, and the last within 14 days to the second. Where five closed days in
    /// a row can end on day 14 (Alsace-Moselle at Easter), a start in the night needs that whole day.
    #[test]
    fn the_two_week_cadence_holds_from_every_hour_of_a_year() {
        let steps = ["P2D", "P5D", "P9D", "P14D"].map(delay);
        let gap = SignedDuration::from_hours(20);
        let with = |holidays: &str| {
            window(&format!(
                r#"days = ["mon", "tue", "wed", "thu", "fri"]
                from = "09:00"
                to = "18:00"
                holidays = "{holidays}""#
            ))
        };
        for (name, holidays, year) in [
            ("Europe/Paris", "fr", 2026),
            ("Europe/Paris", "fr_alsace_moselle", 2027),
            ("America/New_York", "fr", 2025),
            ("Asia/Kolkata", "fr", 2026),
        ] {
            let office = with(holidays);
            let zone = zone(name);
            let first = moment(date(&format!("{year}-01-01")).at(0, 0, 0, 0), &zone);
            for hour in 0..365 * 24 {
                let start = first + SignedDuration::from_hours(hour);
                let day_14 = delay("P14D").add_to(start, &zone);
                let latest = match holidays {
                    "fr" => day_14,
                    _ => moment(zone.to_datetime(day_14).date().at(23, 59, 59, 0), &zone),
                };
                let mut earliest = None;
                for step in &steps {
                    let Some(Placed { at, .. }) = step_time(start, step, Some(&office), earliest, Some(latest), &zone)
                    else {
                        panic!("{name} {} {step} {earliest:?}", local(start, &zone));
                    };
                    let when = || format!("{name} from {} {step}: {}", local(start, &zone), local(at, &zone));
                    assert!(office.is_open(at, &zone), "{}", when());
                    assert!(
                        at > start && at <= latest && earliest.is_none_or(|earliest| at >= earliest),
                        "{}",
                        when()
                    );
                    assert_eq!(at.subsec_nanosecond(), 0);
                    earliest = Some(at + gap);
                }
            }
        }
    }

    /// Computed by an independent implementation (python-dateutil 2.9), with the earliest and latest dates possible.
    #[test]
    fn easter_falls_where_it_fell() {
        for (year, month, day) in [
            (1583, 4, 10),
            (1700, 4, 11),
            (1818, 3, 22),
            (1900, 4, 15),
            (1943, 4, 25),
            (1954, 4, 18),
            (1981, 4, 19),
            (2000, 4, 23),
            (2008, 3, 23),
            (2019, 4, 21),
            (2024, 3, 31),
            (2025, 4, 20),
            (2026, 4, 5),
            (2027, 3, 28),
            (2028, 4, 16),
            (2029, 4, 1),
            (2030, 4, 21),
            (2038, 4, 25),
            (2049, 4, 18),
            (2076, 4, 19),
            (2099, 4, 12),
            (2100, 3, 28),
            (2285, 3, 22),
            (4099, 4, 19),
        ] {
            assert_eq!(easter(year), Some(jiff::civil::date(year, month, day)));
        }
        // All of them at once: the weighted sum of the days of the year.
        let sum: i64 = (1583..4100)
            .map(|year| i64::from(easter(year).expect("a date").day_of_year()) * (i64::from(year) % 97 + 1))
            .sum();
        assert_eq!(sum, 12_204_010);
        assert_eq!(easter(1582), None);
        assert!(holiday_fr(jiff::civil::date(-9999, 4, 1), true).is_none() && easter(9999).is_some());
    }

    #[test]
    fn the_eleven_holidays_of_france_and_the_two_of_alsace_moselle_are_known() {
        for (year, days) in [
            (
                2025,
                [
                    "01-01", "04-21", "05-01", "05-08", "05-29", "06-09", "07-14", "08-15", "11-01", "11-11", "12-25",
                ],
            ),
            (
                2026,
                [
                    "01-01", "04-06", "05-01", "05-08", "05-14", "05-25", "07-14", "08-15", "11-01", "11-11", "12-25",
                ],
            ),
            (
                2027,
                [
                    "01-01", "03-29", "05-01", "05-06", "05-08", "05-17", "07-14", "08-15", "11-01", "11-11", "12-25",
                ],
            ),
        ] {
            let of_year = |alsace_moselle| -> Vec<String> {
                days_from(date(&format!("{year}-01-01")))
                    .filter(|day| day.year() == year && holiday_fr(*day, alsace_moselle).is_some())
                    .map(|day| day.strftime("%m-%d").to_string())
                    .collect()
            };
            assert_eq!(of_year(false), days);
            let more = of_year(true);
            let only: Vec<&str> = more
                .iter()
                .map(String::as_str)
                .filter(|day| !days.contains(day))
                .collect();
            let good_friday = match year {
                2025 => "04-18",
                2026 => "04-03",
                _ => "03-26",
            };
            assert_eq!(only, [good_friday, "12-26"]);
        }
        let names = |day, lang| holiday_fr(date(day), true).map(|holiday| holiday.name(lang));
        assert_eq!(names("2026-05-14", "fr"), Some("Ascension"));
        assert_eq!(names("2026-04-03", "fr"), Some("Vendredi saint"));
        assert_eq!(names("2026-12-26", "en"), Some("Saint Stephen’s Day"));
    }

    #[test]
    fn every_reason_has_words_in_both_languages() {
        assert_eq!(Moved::No.why("fr"), None);
        for moved in [Moved::Hours, Moved::Gap, Moved::Within, Moved::Closed(Closed::DayOff)] {
            assert!(moved.why("fr").is_some() && moved.why("fr") != moved.why("en"));
        }
    }
}
