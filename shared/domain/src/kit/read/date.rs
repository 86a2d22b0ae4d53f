//! Days: ISO, or as people of Europe write them, the day before the month.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use super::{folded, is_dash, plain};
use crate::kit::text::clean_line;

/// The months, French and English, without accents.
const MONTHS: [[&str; 2]; 12] = [
    ["janvier", "january"],
    ["fevrier", "february"],
    ["mars", "march"],
    ["avril", "april"],
    ["mai", "may"],
    ["juin", "june"],
    ["juillet", "july"],
    ["aout", "august"],
    ["septembre", "september"],
    ["octobre", "october"],
    ["novembre", "november"],
    ["decembre", "december"],
];

/// What may stand beside a day and says nothing more; days of the week are known by their beginnings.
const BESIDE: [&str; 4] = ["le", "the", "of", "on"];
const WEEKDAYS: [&str; 14] = [
    "lundi",
    "mardi",
    "mercredi",
    "jeudi",
    "vendredi",
    "samedi",
    "dimanche",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// The day that was written. ISO 8601 (also as the day of a moment), `2/3/2026` with `/`, `.` or `-`, or the month by its
/// name or the beginning of it. A year has four digits: of two nobody can tell the century.
pub fn read(written: &str) -> Option<Date> {
    let line: String = clean_line(written).chars().map(plain).collect();
    let line: String = folded(&line)
        .chars()
        .map(|c| if is_dash(c) { '-' } else { bare(c) })
        .collect();
    of_digits(&line)
        .or_else(|| of_words(&line))
        .or_else(|| of_moment(&line))
}

/// Day, month and year, or year first, in digits alone with one sign between them.
fn of_digits(line: &str) -> Option<Date> {
    if line.len() == 8 && line.bytes().all(|b| b.is_ascii_digit()) {
        return day_of(&line[..4], &line[4..6], &line[6..]);
    }
    let sign = line.chars().find(|c| !c.is_ascii_digit())?;
    let sign = match sign {
        ' ' => line.chars().find(|c| matches!(c, '/' | '.' | '-'))?,
        sign => sign,
    };
    if !matches!(sign, '/' | '.' | '-') {
        return None;
    }
    let parts: Vec<&str> = line.split(sign).map(str::trim).collect();
    match parts.as_slice() {
        [year, month, day] if year.len() == 4 => day_of(year, month, day),
        [day, month, year] => day_of(year, month, day),
        _ => None,
    }
}

/// The day of a moment, as machines send it: the one that stands there, wherever the sender's clock is.
fn of_moment(line: &str) -> Option<Date> {
    let (day, _) = line.split_once(['t', ' '])?;
    let moment = line.to_ascii_uppercase();
    let is_moment = moment.parse::<Timestamp>().is_ok() || moment.parse::<DateTime>().is_ok();
    is_moment.then(|| of_digits(day)).flatten()
}

/// `2 mars 2026`, `lundi 2 mars 2026`, `March 2nd, 2026`.
fn of_words(line: &str) -> Option<Date> {
    let (mut day, mut month, mut year) = (None, None, None);
    let words = line.split([' ', ',', '.', '-', '/']).filter(|word| !word.is_empty());
    let words: Vec<&str> = words
        .filter(|word| !BESIDE.contains(word) && !is_weekday(word))
        .collect();
    let words = match words.as_slice() {
        // "mar 3 mars 2026": before a month by its name it is a Tuesday.
        ["mar", rest @ ..] if rest.iter().any(|word| month_of(word).is_some()) => rest,
        all => all,
    };
    for &word in words {
        let ends = ["er", "st", "nd", "rd", "th"];
        let number = ends.iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word);
        let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        let known = match (is_number, number.len()) {
            (true, 4) => year.replace(number.to_owned()),
            (true, _) => day.replace(number.to_owned()),
            (false, _) => month.replace(month_of(word)?),
        };
        if known.is_some() {
            return None;
        }
    }
    day_of(&year?, &month?, &day?)
}

/// The month of a name or of its beginning, where that is of one month alone.
fn month_of(word: &str) -> Option<String> {
    let begins = |names: &[&str; 2]| word.len() >= 3 && names.iter().any(|name| name.starts_with(word));
    let mut named = MONTHS.iter().zip(1..).filter(|(names, _)| begins(names));
    let (_, month) = named.next()?;
    named.next().is_none().then(|| month.to_string())
}

/// Whether it is a day of the week or the beginning of one; "mar" may be March.
fn is_weekday(word: &str) -> bool {
    let begins = word.len() >= 3 && WEEKDAYS.iter().any(|day| day.starts_with(word));
    begins && (word == "mardi" || !"mardi".starts_with(word))
}

fn day_of(year: &str, month: &str, day: &str) -> Option<Date> {
    let digits = |text: &str, most: usize| {
        let good = (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        good.then(|| text.parse::<i16>().ok()).flatten()
    };
    let year = digits(year, 4)
        .filter(|_| year.len() == 4)
        .filter(|year| *year >= 1_000)?;
    let (month, day) = (digits(month, 2)?, digits(day, 2)?);
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// A letter without its accent, as the names of months have them.
fn bare(c: char) -> char {
    match c {
        'é' | 'è' | 'ê' => 'e',
        'û' | 'ù' => 'u',
        c => c,
    }
}
