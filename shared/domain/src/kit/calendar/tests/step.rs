//! Where a step lands.

use super::*;

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
        let placed = step_time(at(start, &paris), &delay(text), Some(&office), None, None, &paris).expect("a moment");
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
    // The gap after the previous email.
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
fn every_reason_has_words_in_both_languages() {
    assert_eq!(Moved::No.why(Locale::Fr), None);
    for moved in [Moved::Hours, Moved::Gap, Moved::Within, Moved::Closed(Closed::DayOff)] {
        assert!(moved.why(Locale::Fr).is_some() && moved.why(Locale::Fr) != moved.why(Locale::En));
    }
}
