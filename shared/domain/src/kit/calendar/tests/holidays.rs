//! Easter and the holidays of France.

use super::super::holidays::easter;
use super::super::window::days_from;
use super::*;

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
    let names = |day, lang| holiday_fr(date(day), true).map(|holiday| texts::holiday(lang, holiday));
    assert_eq!(names("2026-05-14", Locale::Fr), Some("Ascension"));
    assert_eq!(names("2026-04-03", Locale::Fr), Some("Vendredi saint"));
    assert_eq!(names("2026-12-26", Locale::En), Some("Saint Stephen’s Day"));
}
