//! Windows and delays; steps and holidays have files of their own.

mod holidays;
mod step;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::window::moment;
use super::*;
use crate::kit::locale::Locale;

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
    let name = |day: &str, lang: Locale| office.closed_by(date(day)).map(|closed| closed.name(lang));
    assert_eq!(name("2026-07-13", Locale::Fr), None);
    assert_eq!(name("2026-07-14", Locale::Fr), Some("Fête nationale"));
    assert_eq!(name("2026-07-14", Locale::En), Some("Bastille Day"));
    assert_eq!(name("2026-07-18", Locale::Fr), Some("week-end"));
    assert_eq!(name("2026-07-19", Locale::En), Some("weekend"));
    assert_eq!(
        name("2026-08-15", Locale::En),
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
        tuesdays.closed_by(date("2026-07-15")).map(|c| c.name(Locale::Fr)),
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
fn a_delay_and_some_more_of_another_count_in_their_own_units() {
    let delay = |text: &str| Delay::parse(text).expect("a delay");
    for (first, every, times, expected) in [
        ("PT0S", "P3M", 1, "P3M"),
        ("P1M", "P3M", 3, "P10M"),
        ("P14D", "P1M", 2, "P2M14D"),
        ("P1Y", "P1W", 2, "P1Y2W"),
        ("PT20H", "P1DT6H", 2, "P2DT32H"),
        ("P2D", "P1D", 0, "P2D"),
    ] {
        assert_eq!(
            delay(first).plus(&delay(every), times),
            Some(delay(expected)),
            "{first} {every}"
        );
    }
    assert_eq!(delay("P1D").plus(&delay("P9999Y"), 12), None);
    // The last of January and some months: each counts from the start, so that no day is lost on the way.
    let at = |text: &str| text.parse::<Timestamp>().expect("a moment");
    let start = at("2026-01-31T09:00:00Z");
    let after = |times| {
        delay("PT0S")
            .plus(&delay("P1M"), times)
            .map(|delay| delay.add_to(start, &TimeZone::UTC))
    };
    assert_eq!(after(1), Some(at("2026-02-28T09:00:00Z")));
    assert_eq!(after(2), Some(at("2026-03-31T09:00:00Z")));
}
