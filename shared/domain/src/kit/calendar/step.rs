//! Where a step of a sequence lands.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::delay::Delay;
use super::texts;
use super::window::{Clock, Closed, Window, days_back_from, days_from, moment};
use crate::kit::locale::Locale;

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
    /// The reason, for the line of a plan; `None` when nothing moved it.
    pub fn why(self, locale: Locale) -> Option<&'static str> {
        Some(match self {
            Self::No => return None,
            Self::Hours => texts::outside_hours(locale),
            Self::Closed(closed) => closed.name(locale),
            Self::Gap => texts::minimum_gap(locale),
            Self::Within => texts::within_sequence(locale),
        })
    }
}

/// When a step leaves: `delay` after `start` on the wall clock of `zone`, fitted into `window`.
///
/// - A delay in days promises the day, so the time of day is clamped into that day's hours: before them gives the
///   opening, after them the closing less one hour. When the day is closed, the next open day takes it, at the same
///   time of day or, outside hours, at the opening.
/// - A delay in hours promises at least that long: the first open moment then.
/// - Not before `start`, nor before `earliest` (the previous email and the minimum gap; holidays can push two steps
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
