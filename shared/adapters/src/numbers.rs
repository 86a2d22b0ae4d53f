//! Numbers as people write them, in each language.

use jiff::civil::Date;
use piste_domain::Locale;
use piste_domain::kit::statistics::Rate;

/// Between thousands in French, and before `%` and `€`: it never breaks the line (Imprimerie nationale).
const NARROW: char = '\u{202f}';

/// A whole number: `1 234` or `1,234`.
pub fn count(number: u64, locale: Locale) -> String {
    group(&number.to_string(), locale)
}

/// So many leads: `1 234 leads` or `1 lead`. French counts none as one.
pub fn leads(number: u64, locale: Locale) -> String {
    let one = number == 1 || (number == 0 && locale == Locale::Fr);
    format!("{}\u{a0}{}", count(number, locale), if one { "lead" } else { "leads" })
}

/// A share of one: `22,9 %` or `22.9%`.
pub fn percent(share: f64, locale: Locale) -> String {
    let figure = decimal(share * 100.0, 1, locale);
    match locale {
        Locale::Fr => format!("{figure}{NARROW}%"),
        Locale::En => format!("{figure}%"),
    }
}

/// The interval of a rate: `12,1 à 39,0 %` or `12.1 to 39.0%`.
pub fn interval(rate: Rate, locale: Locale) -> String {
    let end = |share: f64| decimal(share * 100.0, 1, locale);
    match locale {
        Locale::Fr => format!("{} à {}{NARROW}%", end(rate.low), end(rate.high)),
        Locale::En => format!("{} to {}%", end(rate.low), end(rate.high)),
    }
}

/// A share as published, without needless zeros: `2 %` or `2%`.
pub fn range(low: f64, high: f64, locale: Locale) -> String {
    let end = |share: f64| {
        let figure = decimal(share * 100.0, 1, locale);
        figure
            .strip_suffix(locale.pick(",0", ".0"))
            .map_or(figure.clone(), str::to_owned)
    };
    match locale {
        Locale::Fr => format!("{} à {}{NARROW}%", end(low), end(high)),
        Locale::En => format!("{} to {}%", end(low), end(high)),
    }
}

/// A sum in euros: `1 250,50 €` or `€1,250.50`.
pub fn euros(amount: f64, locale: Locale) -> String {
    let figure = decimal(amount, 2, locale);
    match locale {
        Locale::Fr => format!("{figure}{NARROW}€"),
        Locale::En => format!("€{figure}"),
    }
}

/// Days to a tenth: `2,5 jours` or `1 day`.
pub fn days(days: f64, locale: Locale) -> String {
    let figure = decimal(days, 1, locale);
    let figure = figure.strip_suffix(locale.pick(",0", ".0")).unwrap_or(&figure);
    // French counts everything below two as one.
    let one = match locale {
        Locale::Fr => days < 1.95,
        Locale::En => figure == "1",
    };
    let unit = if one {
        locale.pick("jour", "day")
    } else {
        locale.pick("jours", "days")
    };
    format!("{figure}\u{a0}{unit}")
}

/// A day: `02/03/2026` or `2 Mar 2026`.
pub fn day(day: Date, locale: Locale) -> String {
    let form = locale.pick("%d/%m/%Y", "%-d %b %Y");
    day.strftime(form).to_string()
}

/// A month as `2026-03`, in words: `mars 2026` or `March 2026`; anything else stays as it is.
pub fn month(month: &str, locale: Locale) -> String {
    const FRENCH: [&str; 12] = [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ];
    let Ok(first) = format!("{month}-01").parse::<Date>() else {
        return month.to_owned();
    };
    match locale {
        Locale::Fr => format!("{} {}", FRENCH[(first.month() - 1) as usize], first.year()),
        Locale::En => first.strftime("%B %Y").to_string(),
    }
}

/// A number with so many digits after the sign of its language.
pub fn decimal(number: f64, digits: usize, locale: Locale) -> String {
    let text = format!("{number:.digits$}");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let whole = group(whole, locale);
    match rest {
        "" => whole,
        rest => format!("{whole}{}{rest}", locale.pick(",", ".")),
    }
}

/// Groups of three, from the right.
fn group(digits: &str, locale: Locale) -> String {
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        let left = digits.len() - at;
        if at > 0 && left.is_multiple_of(3) && digit.is_ascii_digit() && !grouped.ends_with('-') {
            grouped.push(match locale {
                Locale::Fr => NARROW,
                Locale::En => ',',
            });
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
        assert_eq!([day(second, Fr), day(second, En)], ["02/03/2026", "2 Mar 2026"]);
        assert_eq!(decimal(-1_234.0, 0, En), "-1,234");
        assert_eq!(decimal(-123_456.0, 0, En), "-123,456");
    }
}
