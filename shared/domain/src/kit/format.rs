//! Numbers, sums, dates and lengths of time as people write them, in each language. No other place writes one.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use super::calendar::Delay;
use super::locale::Locale;
use super::statistics::Rate;
use super::words;

/// A whole number: `1 234` or `1,234`.
pub fn count(number: u64, locale: Locale) -> String {
    group(&number.to_string(), locale)
}

/// So many leads: `1 234 leads` or `1 lead`. French counts none as one.
pub fn leads(number: u64, locale: Locale) -> String {
    words::leads(locale, number)
}

/// A share of one: `22,9 %` or `22.9%`.
pub fn percent(share: f64, locale: Locale) -> String {
    words::percent(locale, &decimal(share * 100.0, 1, locale))
}

/// The interval of a rate: `12,1 à 39,0 %` or `12.1 to 39.0%`.
pub fn interval(rate: Rate, locale: Locale) -> String {
    let end = |share: f64| decimal(share * 100.0, 1, locale);
    words::percent(locale, &words::from_to(locale, &end(rate.low), &end(rate.high)))
}

/// A share as published, without needless zeros: `2 %` or `2%`.
pub fn range(low: f64, high: f64, locale: Locale) -> String {
    let end = |share: f64| short_decimal(share * 100.0, locale);
    words::percent(locale, &words::from_to(locale, &end(low), &end(high)))
}

/// A sum in euros: `1 250,50 €` or `€1,250.50`.
pub fn euros(amount: f64, locale: Locale) -> String {
    words::euros(locale, &decimal(amount, 2, locale))
}

/// A number that somebody gave, with its unit if it has one: `15 000 €` or `€15,000`.
pub fn quantity(number: &str, unit: Option<&str>, locale: Locale) -> String {
    let shown = number
        .parse::<u64>()
        .map_or_else(|_| number.to_owned(), |whole| count(whole, locale));
    match unit {
        Some("EUR") => words::euros(locale, &shown),
        Some(unit) => format!("{shown}\u{a0}{unit}"),
        None => shown,
    }
}

/// Days to a tenth: `2,5 jours` or `1 day`.
pub fn days(days: f64, locale: Locale) -> String {
    let figure = short_decimal(days, locale);
    // French counts everything below two as one.
    let one = match locale {
        Locale::Fr => days < 1.95,
        Locale::En => figure == "1",
    };
    let unit = if one {
        words::day_unit(locale)
    } else {
        words::days_unit(locale)
    };
    format!("{figure}\u{a0}{unit}")
}

/// One of the names that a text parts by spaces.
fn name_of(names: &'static str, index: i8) -> &'static str {
    let place = usize::try_from(index).unwrap_or_default();
    names.split(' ').nth(place).unwrap_or_default()
}

/// A day and its month: `1er août` or `1 August`.
fn day_and_month(day: Date, locale: Locale) -> String {
    let month = name_of(words::month_names(locale), day.month() - 1);
    match locale {
        Locale::Fr if day.day() == 1 => format!("1er {month}"),
        Locale::Fr | Locale::En => format!("{} {month}", day.day()),
    }
}

/// A day: `2 mars 2026` or `2 March 2026`.
pub fn day(day: Date, locale: Locale) -> String {
    format!("{} {}", day_and_month(day, locale), day.year())
}

/// A day close by: `lundi 2 mars` or `Monday 2 March`.
pub fn weekday(day: Date, locale: Locale) -> String {
    let name = name_of(words::weekdays(locale), day.weekday().to_monday_zero_offset());
    format!("{name} {}", day_and_month(day, locale))
}

/// A time of day: `10 h 05` or `10:05`.
pub fn clock(hour: i8, minute: i8, locale: Locale) -> String {
    words::clock(locale, hour, minute)
}

fn at_clock(day: &str, at: jiff::civil::DateTime, locale: Locale) -> String {
    words::at_clock(locale, day, &clock(at.hour(), at.minute(), locale))
}

/// A moment on the clock of a zone: `2 mars 2026 à 10 h 05` or `2 March 2026, 10:05`. The page says the zone once.
pub fn moment(at: Timestamp, zone: &TimeZone, locale: Locale) -> String {
    let local = zone.to_datetime(at);
    at_clock(&day(local.date(), locale), local, locale)
}

/// A moment close by: `lundi 2 mars à 10 h 05` or `Monday 2 March, 10:05`.
pub fn moment_nearby(at: Timestamp, zone: &TimeZone, locale: Locale) -> String {
    let local = zone.to_datetime(at);
    at_clock(&weekday(local.date(), locale), local, locale)
}

/// A moment as a colleague says it: of the same day the clock alone, `10 h 05` or `10:05`, else as [`moment_nearby`].
pub fn moment_soon(at: Timestamp, now: Timestamp, zone: &TimeZone, locale: Locale) -> String {
    let local = zone.to_datetime(at);
    match local.date() == zone.to_datetime(now).date() {
        true => clock(local.hour(), local.minute(), locale),
        false => moment_nearby(at, zone, locale),
    }
}

/// A month as `2026-03`, in words: `mars 2026` or `March 2026`; anything else stays as it is.
pub fn month(month: &str, locale: Locale) -> String {
    match format!("{month}-01").parse::<Date>() {
        Ok(first) => {
            let name = name_of(words::month_names(locale), first.month() - 1);
            format!("{name} {}", first.year())
        }
        Err(_) => month.to_owned(),
    }
}

/// A length of time as a file says it: `3 ans`, `1 year 6 months`.
pub fn delay(delay: &Delay, locale: Locale) -> String {
    let span: Span = delay.to_string().parse().unwrap_or_default();
    /// Says a number of one unit.
    type Say = fn(Locale, u64) -> String;
    let parts: [(i64, Say); 6] = [
        (span.get_years().into(), words::years),
        (span.get_months().into(), words::months),
        (span.get_weeks().into(), words::weeks),
        (span.get_days().into(), words::days),
        (span.get_hours().into(), words::hours),
        (span.get_minutes(), words::minutes),
    ];
    let said = parts.into_iter().filter(|(n, _)| *n > 0);
    said.map(|(n, unit)| unit(locale, n.unsigned_abs()))
        .collect::<Vec<_>>()
        .join(" ")
}

/// A time that passed or is left, to the minute: `2 h 05`, `12 min`, or `130 h` from a day on.
pub fn duration(length: SignedDuration, locale: Locale) -> String {
    let minutes = length.as_mins().max(0);
    let (hours, rest) = (minutes / 60, minutes % 60);
    match hours {
        0 => format!("{minutes}\u{a0}min"),
        1..24 if rest > 0 => format!("{hours}\u{a0}h\u{a0}{rest:02}"),
        _ => format!("{}\u{a0}h", count(hours.unsigned_abs(), locale)),
    }
}

/// A number with so many digits after the sign of its language.
pub fn decimal(number: f64, digits: usize, locale: Locale) -> String {
    let text = format!("{number:.digits$}");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let whole = group(whole, locale);
    match rest {
        "" => whole,
        rest => format!("{whole}{}{rest}", words::decimal_sign(locale)),
    }
}

/// A number to a tenth, or whole.
fn short_decimal(number: f64, locale: Locale) -> String {
    let tenths = decimal(number, 1, locale);
    let whole = tenths
        .strip_suffix('0')
        .and_then(|rest| rest.strip_suffix(words::decimal_sign(locale)));
    whole.map_or_else(|| tenths.clone(), str::to_owned)
}

/// Groups of three, from the right.
fn group(digits: &str, locale: Locale) -> String {
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        let left = digits.len() - at;
        if at > 0 && left.is_multiple_of(3) && digit.is_ascii_digit() && !grouped.ends_with('-') {
            grouped.push_str(words::thousands_sign(locale));
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use Locale::{En, Fr};

    use super::*;

    #[test]
    fn numbers_follow_the_rules_of_each_language() {
        assert_eq!(
            [count(0, Fr), count(999, Fr), count(1_000, Fr)],
            ["0", "999", "1\u{202f}000"]
        );
        assert_eq!(count(1_234_567, Fr), "1\u{202f}234\u{202f}567");
        assert_eq!(count(1_234_567, En), "1,234,567");
        assert_eq!([percent(0.229, Fr), percent(0.229, En)], ["22,9\u{202f}%", "22.9%"]);
        assert_eq!(
            [euros(1_250.5, Fr), euros(1_250.5, En)],
            ["1\u{202f}250,50\u{202f}€", "€1,250.50"]
        );
        assert_eq!(
            [days(1.0, Fr), days(1.5, Fr), days(2.0, Fr)],
            ["1\u{a0}jour", "1,5\u{a0}jour", "2\u{a0}jours"]
        );
        assert_eq!(
            [days(1.0, En), days(1.5, En), days(0.0, En)],
            ["1\u{a0}day", "1.5\u{a0}days", "0\u{a0}days"]
        );
        assert_eq!(
            [range(0.02, 0.05, Fr), range(0.125, 0.2, En)],
            ["2 à 5\u{202f}%", "12.5 to 20%"]
        );
        let worked = Rate::of(8, 35).expect("a rate");
        assert_eq!(
            [interval(worked, Fr), interval(worked, En)],
            ["12,1 à 39,0\u{202f}%", "12.1 to 39.0%"]
        );
        assert_eq!(
            [month("2026-08", Fr), month("2026-08", En)],
            ["août 2026", "August 2026"]
        );
        let second = jiff::civil::date(2026, 3, 2);
        assert_eq!([day(second, Fr), day(second, En)], ["2 mars 2026", "2 March 2026"]);
        assert_eq!(decimal(-1_234.0, 0, En), "-1,234");
        assert_eq!(decimal(-123_456.0, 0, En), "-123,456");
    }

    #[test]
    fn dates_and_lengths_of_time_have_one_form_in_each_language() {
        let paris = TimeZone::get("Europe/Paris").expect("a zone");
        let at = |text: &str| text.parse::<Timestamp>().expect("a moment");
        let check = |text, near: [&str; 2], far: [&str; 2]| {
            assert_eq!([Fr, En].map(|locale| moment_nearby(at(text), &paris, locale)), near);
            assert_eq!([Fr, En].map(|locale| moment(at(text), &paris, locale)), far);
        };
        check(
            "2026-03-02T09:05:00Z",
            ["lundi 2 mars à 10\u{a0}h\u{a0}05", "Monday 2 March, 10:05"],
            ["2 mars 2026 à 10\u{a0}h\u{a0}05", "2 March 2026, 10:05"],
        );
        check(
            "2026-12-31T23:00:00Z",
            ["vendredi 1er janvier à 0\u{a0}h\u{a0}00", "Friday 1 January, 0:00"],
            ["1er janvier 2027 à 0\u{a0}h\u{a0}00", "1 January 2027, 0:00"],
        );
        let said = |text: &str| delay(&text.parse().expect("a delay"), En);
        assert_eq!(
            [said("P1Y6M"), said("P30D")],
            ["1\u{a0}year 6\u{a0}months", "30\u{a0}days"]
        );
        let long = |minutes| duration(SignedDuration::from_mins(minutes), Fr);
        assert_eq!(
            [long(12), long(125), long(7_800)],
            ["12\u{a0}min", "2\u{a0}h\u{a0}05", "130\u{a0}h"]
        );
    }
}
