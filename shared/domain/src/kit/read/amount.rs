//! Numbers and amounts: `15 000 €`, `15.000,00`, `15k`, `83,333`.

use std::borrow::Cow;

use super::{is_apostrophe, is_dash, plain};
use crate::kit::text::clean_line;

/// What may stand before or after a number and says nothing more; the longer one first.
const WORDS: [&str; 11] = [
    "hors taxes",
    "euros",
    "euro",
    "eur",
    "€",
    "h.t.",
    "h.t",
    "ht",
    "t.t.c.",
    "t.t.c",
    "ttc",
];

/// Most digits before the decimal point: beyond them a number of the machine no longer counts by ones.
const WHOLE_DIGITS_MAX: usize = 15;
/// Most digits in all.
const DIGITS_MAX: usize = 24;

/// A number as people of Europe write it, in one form: digits, with at most one decimal point. `unit` is the field's own,
/// which may stand beside it too.
///
/// Space, dot, comma and apostrophe group by three. A dot or comma that cannot be a grouping is the decimal mark: a 0 or
/// more than three digits stand before it, not three digits after it, or it is the last of two kinds. `k` means thousands.
pub fn read(written: &str, unit: Option<&str>) -> Option<String> {
    let line: String = clean_line(written)
        .chars()
        .map(plain)
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            c if is_apostrophe(c) => '\'',
            c if is_dash(c) => '-',
            c => c,
        })
        .collect();
    let unit = unit.map(str::to_lowercase).filter(|unit| !unit.is_empty());
    let words = || unit.as_deref().into_iter().chain(WORDS);

    let mut rest = line.as_str();
    let mut negative = None;
    let mut thousands = false;
    loop {
        let before = rest;
        if let Some(shorter) = words().find_map(|word| rest.strip_prefix(word)) {
            rest = shorter.trim_start();
        } else if negative.is_none()
            && let Some(shorter) = rest.strip_prefix(['-', '+'])
        {
            negative = Some(rest.starts_with('-'));
            rest = shorter.trim_start();
        } else if let Some(shorter) = rest.strip_prefix("k€") {
            (thousands, rest) = (true, shorter.trim_start());
        }
        if rest == before {
            break;
        }
    }
    let mut ended = false;
    loop {
        let before = rest;
        if let Some(shorter) = words().find_map(|word| rest.strip_suffix(word)) {
            rest = shorter.trim_end();
        } else if !ended && rest.ends_with(['.', ',', '-']) {
            // "15 000." at the end of a sentence, "15.000,-" for no cents.
            let no_cents = [".-", ",-", ".--", ",--"];
            let shorter = no_cents.into_iter().find_map(|end| rest.strip_suffix(end));
            rest = shorter.or_else(|| rest.strip_suffix(['.', ','])).unwrap_or(rest);
            ended = true;
        }
        if rest == before {
            break;
        }
    }
    if let Some(shorter) = rest.strip_suffix('k') {
        if thousands {
            return None;
        }
        (thousands, rest) = (true, shorter.trim_end());
    }
    let (mut whole, mut fraction) = parts(rest)?;
    if thousands {
        fraction.extend(std::iter::repeat_n('0', 3_usize.saturating_sub(fraction.len())));
        whole.push_str(&fraction[..3]);
        fraction.drain(..3);
    }
    canonical(negative == Some(true), &whole, &fraction)
}

/// A number of JSON, in the same form: its point is a decimal point, and it may have an exponent.
pub fn of_json(number: &str) -> Option<String> {
    let number: f64 = number.trim().parse().ok().filter(|number: &f64| number.is_finite())?;
    let text = number.to_string();
    let (sign, digits) = text
        .strip_prefix('-')
        .map_or((false, text.as_str()), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    canonical(sign, whole, fraction)
}

/// A stored number as a form shows it to be changed: read again, it is the same. A point before exactly three digits would
/// be taken for a grouping.
pub fn to_edit(stored: &str) -> Cow<'_, str> {
    match read(stored, None) {
        Some(again) if again != stored => Cow::Owned(format!("{stored}0")),
        _ => Cow::Borrowed(stored),
    }
}

/// The digits before and after the decimal mark.
fn parts(number: &str) -> Option<(String, String)> {
    let marks: Vec<char> = number.chars().filter(|c| !c.is_ascii_digit()).collect();
    let groups: Vec<&str> = number.split(|c: char| !c.is_ascii_digit()).collect();
    let known = marks.iter().all(|mark| matches!(mark, ' ' | '.' | ',' | '\''));
    if !known || groups.iter().any(|group| group.is_empty()) {
        return None;
    }
    let is_decimal = match (marks.split_last(), groups.as_slice()) {
        (Some((last @ ('.' | ','), earlier)), [.., before, after]) => {
            groups[0].starts_with('0')
                || before.len() > 3
                || after.len() != 3
                || earlier.iter().any(|mark| mark != last)
        }
        _ => false,
    };
    let (whole, fraction) = match is_decimal {
        true => groups.split_last().map(|(fraction, whole)| (whole, *fraction))?,
        false => (groups.as_slice(), ""),
    };
    let grouping = &marks[..whole.len() - 1];
    if let Some(mark) = grouping.first() {
        let twice = is_decimal && marks.last() == Some(mark);
        let by_three = (1..=3).contains(&whole[0].len()) && whole[1..].iter().all(|group| group.len() == 3);
        if twice || !by_three || whole[0].starts_with('0') || grouping.iter().any(|other| other != mark) {
            return None;
        }
    }
    Some((whole.concat(), fraction.to_owned()))
}

fn canonical(negative: bool, whole: &str, fraction: &str) -> Option<String> {
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    if whole.len() > WHOLE_DIGITS_MAX || whole.len() + fraction.len() > DIGITS_MAX {
        return None;
    }
    let sign = if negative && !(whole.is_empty() && fraction.is_empty()) {
        "-"
    } else {
        ""
    };
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{fraction}"))
}
