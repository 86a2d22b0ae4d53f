//! Telephone numbers: stored as E.164 (ITU-T), read and shown as people write them.
//!
//! The numbering plans are a small table of the countries Piste serves first: a full library of telephone metadata is as
//! large as the whole function it would be in, and a number is not called by this system but shown to somebody who calls.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::kit::read::{is_apostrophe, is_dash, plain};
use crate::kit::text::clean_line;

/// A country's numbering plan.
struct Plan {
    /// ISO 3166-1, two letters.
    country: &'static str,
    /// The country code of E.164.
    code: &'static str,
    /// What is dialled before a number inside the country, and left out from abroad.
    trunk: &'static str,
    /// Digits after the country code.
    digits: (usize, usize),
    /// The zone that most of the country lives by.
    zone: &'static str,
}

macro_rules! plans {
    ($($country:literal $code:literal $trunk:literal $least:literal..$most:literal $zone:literal,)+) => {
        &[$(Plan { country: $country, code: $code, trunk: $trunk, digits: ($least, $most), zone: $zone }),+]
    };
}

/// Source: ITU-T E.164 national numbering plans (itu.int/oth/T0202), as of 2026.
const PLANS: &[Plan] = plans![
    "FR" "33" "0" 9..9 "Europe/Paris",
    "BE" "32" "0" 8..9 "Europe/Brussels",
    "CH" "41" "0" 9..9 "Europe/Zurich",
    "LU" "352" "" 4..11 "Europe/Luxembourg",
    "MC" "377" "" 8..9 "Europe/Monaco",
    "DE" "49" "0" 6..11 "Europe/Berlin",
    "AT" "43" "0" 4..12 "Europe/Vienna",
    "NL" "31" "0" 9..9 "Europe/Amsterdam",
    "ES" "34" "" 9..9 "Europe/Madrid",
    "PT" "351" "" 9..9 "Europe/Lisbon",
    "IT" "39" "" 6..11 "Europe/Rome",
    "GB" "44" "0" 9..10 "Europe/London",
    "IE" "353" "0" 7..9 "Europe/Dublin",
    "DK" "45" "" 8..8 "Europe/Copenhagen",
    "SE" "46" "0" 7..9 "Europe/Stockholm",
    "NO" "47" "" 8..8 "Europe/Oslo",
    "FI" "358" "0" 5..11 "Europe/Helsinki",
    "PL" "48" "" 9..9 "Europe/Warsaw",
    "CZ" "420" "" 9..9 "Europe/Prague",
    "SK" "421" "0" 9..9 "Europe/Bratislava",
    "HU" "36" "06" 8..9 "Europe/Budapest",
    "RO" "40" "0" 9..9 "Europe/Bucharest",
    "BG" "359" "0" 7..9 "Europe/Sofia",
    "GR" "30" "" 10..10 "Europe/Athens",
    "CY" "357" "" 8..8 "Asia/Nicosia",
    "MT" "356" "" 8..8 "Europe/Malta",
    "HR" "385" "0" 8..9 "Europe/Zagreb",
    "SI" "386" "0" 8..8 "Europe/Ljubljana",
    "EE" "372" "" 7..8 "Europe/Tallinn",
    "LV" "371" "" 8..8 "Europe/Riga",
    "LT" "370" "0" 8..8 "Europe/Vilnius",
    "US" "1" "1" 10..10 "America/New_York",
    "CA" "1" "1" 10..10 "America/Toronto",
    "MA" "212" "0" 9..9 "Africa/Casablanca",
    "DZ" "213" "0" 8..9 "Africa/Algiers",
    "TN" "216" "" 8..8 "Africa/Tunis",
    "SN" "221" "" 9..9 "Africa/Dakar",
    "CI" "225" "" 10..10 "Africa/Abidjan",
    "RE" "262" "0" 9..9 "Indian/Reunion",
    "GP" "590" "0" 9..9 "America/Guadeloupe",
    "GF" "594" "0" 9..9 "America/Cayenne",
    "MQ" "596" "0" 9..9 "America/Martinique",
];

/// Area codes of North America west of the Eastern zone, by zone. Source: NANPA, area code maps of 2026.
const NORTH_AMERICA: &[(&str, &str)] = &[
    (
        "America/Chicago",
        "204 205 210 214 217 218 219 225 228 251 254 256 262 270 274 281 306 308 309 312 314 316 318 319 320 325 331 334 \
         337 346 353 361 364 402 405 409 414 417 430 431 432 447 448 464 469 474 479 501 504 507 512 515 531 534 539 557 \
         563 572 573 580 584 601 605 608 612 615 618 620 629 630 636 639 641 651 659 660 662 682 701 708 712 713 715 726 \
         730 731 737 763 769 773 779 785 806 815 816 817 830 832 847 850 861 870 872 901 903 913 918 920 924 931 936 938 \
         940 945 952 956 972 975 979 985",
    ),
    (
        "America/Denver",
        "208 303 307 368 385 403 406 435 505 575 587 719 720 780 801 825 915 970 983 986",
    ),
    ("America/Phoenix", "480 520 602 623 928"),
    (
        "America/Los_Angeles",
        "206 209 213 236 250 253 279 310 323 341 350 360 408 415 424 425 442 458 503 509 510 530 541 559 562 564 604 619 \
         626 628 650 657 661 669 672 702 707 714 725 738 747 760 775 778 805 818 820 831 840 858 909 916 925 949 951 971",
    ),
    ("America/Anchorage", "907"),
    ("Pacific/Honolulu", "808"),
];

/// A telephone number in E.164: `+` and 7 to 15 digits. It never prints: `Debug` hides it, and there is no `Display`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phone(String);

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone(hidden)")
    }
}

impl Phone {
    /// A number that was stored in E.164.
    pub fn stored(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+')?;
        let good = (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        good.then(|| Self(text.to_owned()))
    }

    /// Reads what a person typed, as somebody in this country (ISO 3166-1, two letters) writes it; what stands beside the
    /// number, such as a second one or an extension, comes back with it.
    pub fn read(raw: &str, country: &str) -> Option<(Self, Option<String>)> {
        let line: String = clean_line(raw).chars().map(plain).collect();
        // Where a number may begin is tried place by place: a text of that size is none, and not worth the time.
        if line.len() > TEXT_MAX {
            return None;
        }
        let (phone, beside) = first_number(&line, country)?;
        let phone = Self::stored(phone.expose())?; // a few digits that some plan allows are no number to call
        Some((phone, Some(beside).filter(|beside| !beside.is_empty())))
    }

    /// The number in E.164, for those who may read it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The zone that its country, or its area in North America, lives by.
    pub fn zone(&self) -> Option<&'static str> {
        let digits = &self.0[1..];
        if let Some(area) = digits.strip_prefix('1').and_then(|rest| rest.get(..3)) {
            let west = NORTH_AMERICA
                .iter()
                .find(|(_, areas)| areas.split_whitespace().any(|one| one == area));
            return Some(west.map_or("America/New_York", |(zone, _)| *zone));
        }
        self.plan().map(|plan| plan.zone)
    }

    fn plan(&self) -> Option<&'static Plan> {
        let digits = &self.0[1..];
        PLANS
            .iter()
            .filter(|plan| digits.starts_with(plan.code))
            .max_by_key(|plan| plan.code.len())
    }

    /// Whether this part is somewhere in the number, as it is dialled at home or from abroad.
    pub fn has(&self, part: &PhonePart) -> bool {
        let digits = &self.0[1..];
        let (code, trunk) = self.plan().map_or(("", ""), |plan| (plan.code, plan.trunk));
        let national = &digits[code.len()..];
        // "+33 06 …": the trunk digit is written by habit.
        let spellings = [
            format!("00{digits}"),
            format!("{trunk}{national}"),
            format!("{code}{trunk}{national}"),
        ];
        let within = |part: &String| spellings.iter().any(|spelling| spelling.contains(part));
        part.whole.as_ref() == Some(self) || part.digits.as_ref().is_some_and(within)
    }

    /// The number as people write it: in groups, and without the country's code for somebody in that country.
    pub fn shown(&self, country: &str) -> String {
        let digits = &self.0[1..];
        let Some(plan) = self.plan() else { return self.0.clone() };
        let national = &digits[plan.code.len()..];
        let at_home = PLANS
            .iter()
            .any(|here| here.country == country && here.code == plan.code);
        match (at_home, plan.code) {
            // French numbers are said in pairs.
            (true, "33") => pairs(&format!("{}{national}", plan.trunk)),
            (false, "33") => format!("+33 {} {}", &national[..1], pairs(&national[1..])),
            (_, "1") => format!("+1 {} {} {}", &national[..3], &national[3..6], &national[6..]),
            (true, _) => groups(&format!("{}{national}", plan.trunk)),
            (false, _) => format!("+{} {}", plan.code, groups(national)),
        }
    }
}

/// A number, or a part of one, as somebody types it who looks for it.
#[derive(Clone, PartialEq, Eq)]
pub struct PhonePart {
    /// Where it reads as a whole number.
    whole: Option<Phone>,
    /// Its digits, where there is nothing else in it than people put between them.
    digits: Option<String>,
}

impl fmt::Debug for PhonePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhonePart(hidden)")
    }
}

impl PhonePart {
    /// Reads what was typed in this country; `None` where it can be no part of a number.
    pub fn read(raw: &str, country: &str) -> Option<Self> {
        let line: String = clean_line(raw).chars().map(plain).collect();
        let whole = Phone::read(raw, country).filter(|(_, beside)| beside.is_none());
        let is_bare = |c: char| c.is_ascii_digit() || is_mark(c) || matches!(c, '+' | '/');
        let digits = Some(digits_of(&line)).filter(|digits| !digits.is_empty() && line.chars().all(is_bare));
        let whole = whole.map(|(phone, _)| phone);
        (whole.is_some() || digits.is_some()).then_some(Self { whole, digits })
    }
}

/// The country that most people of a zone write their numbers by; France, where it is not among those we know.
pub fn country_of(zone: &str) -> &'static str {
    PLANS
        .iter()
        .find(|plan| plan.zone == zone)
        .map_or("FR", |plan| plan.country)
}

/// Whether the numbers of a country can be read.
pub fn is_country(country: &str) -> bool {
    PLANS.iter().any(|plan| plan.country == country)
}

/// Most digits before a slash that is part of a number: "02/123 45 67", "0211/123456".
const AREA_DIGITS_MAX: usize = 5;
/// Bytes of a text in which a number is looked for.
const TEXT_MAX: usize = 1_000;
/// Most digits of something else before a number: those of a postcode.
const DIGITS_BEFORE_MAX: usize = 5;
/// What people write before a number and means no more than that it is one.
const LABELS: [&str; 9] = [
    "tel",
    "tél",
    "téléphone",
    "telephone",
    "phone",
    "numéro",
    "numero",
    "n°",
    "no",
];

/// The first run of digits of a line that is a number, and what stands before and after it.
fn first_number(line: &str, country: &str) -> Option<(Phone, String)> {
    let mut from = 0;
    while let Some(run) = next_run(line, from) {
        let starts = starts(&line[run.clone()]).map(|start| run.start + start);
        let mut found = starts.filter_map(|start| Some((start, longest(&line[start..run.end], country)?)));
        if let Some((start, (phone, length))) = found.next() {
            let before = line[..start].trim_end_matches(parts_words).trim_start();
            let before = match LABELS.contains(&before.to_lowercase().as_str()) {
                true => "",
                false => before,
            };
            let after = line[start + length..].trim_start_matches(parts_words).trim_end();
            let beside = if before.is_empty() || after.is_empty() { "" } else { " " };
            return Some((phone, format!("{before}{beside}{after}")));
        }
        from = run.end;
    }
    None
}

/// What stands between a number and the words beside it, and belongs to neither.
fn parts_words(c: char) -> bool {
    let quotes = matches!(c, '"' | '“' | '”' | '„' | '«' | '»' | '<' | '>');
    c.is_whitespace()
        || is_dash(c)
        || is_apostrophe(c)
        || quotes
        || matches!(c, '.' | ',' | ';' | ':' | '/' | '|' | '!')
}

/// Where in a run a number may begin: where the run does, else after a few digits of something else ("Bureau 3 06 12 …").
/// What begins as a number from abroad is one as a whole or none, and after a slash stands the rest of a date.
fn starts(run: &str) -> impl Iterator<Item = usize> {
    let is_open = |c: char| matches!(c, '(' | '[');
    let from_abroad = run.trim_start_matches(is_open).starts_with('+') || digits_of(run).starts_with("00");
    let later = run.char_indices().filter_map(move |(at, c)| {
        let before = run[..at].chars().next_back()?;
        let begins = (c.is_ascii_digit() || is_open(c)) && is_mark(before) && !is_open(before);
        let few = (1..=DIGITS_BEFORE_MAX).contains(&digits_of(&run[..at]).len());
        (begins && few && !from_abroad).then_some(at)
    });
    std::iter::once(0).chain(later)
}

/// The next run of digits with what people put between them.
fn next_run(line: &str, from: usize) -> Option<std::ops::Range<usize>> {
    let start = from + line[from..].find(|c: char| matches!(c, '+' | '(' | '[') || c.is_ascii_digit())?;
    let run = &line[start..];
    let (mut digits, mut open) = (0, 0_i32);
    let mut end = line.len();
    for (at, c) in run.char_indices() {
        open += i32::from(matches!(c, '(' | '[')) - i32::from(matches!(c, ')' | ']'));
        let inside = match c {
            '+' => digits == 0 && !run[..at].contains('+'),
            '/' => digits <= AREA_DIGITS_MAX && run[at + 1..].starts_with(|c: char| c.is_ascii_digit()),
            c => c.is_ascii_digit() || is_mark(c),
        };
        if !inside || open < 0 {
            end = start + at.max(1);
            break;
        }
        digits += usize::from(c.is_ascii_digit());
    }
    Some(start..end)
}

/// The number of a run, and how much of the run it is: the whole of it, else as much as is one up to a sign between
/// digits, where another number or an extension follows.
fn longest(run: &str, country: &str) -> Option<(Phone, usize)> {
    let ends = |text: &str| text.trim_end_matches(|c: char| !c.is_ascii_digit()).len();
    let mut length = ends(run);
    while length > 0 {
        if let Some(phone) = normalised(&run[..length], country) {
            // The bracket that closes a part of the number is its own: "06 12 (34)".
            let closes = run[..length].matches(['(', '[']).count() > run[..length].matches([')', ']']).count();
            let closed = run[length..].starts_with([')', ']']);
            return Some((phone, length + usize::from(closes && closed)));
        }
        let shorter = run[..length].trim_end_matches(|c: char| c.is_ascii_digit());
        length = ends(shorter);
    }
    None
}

/// What people put between digits.
fn is_mark(c: char) -> bool {
    c.is_whitespace() || is_dash(c) || matches!(c, '.' | '(' | ')' | '[' | ']' | '\u{b7}')
}

fn normalised(number: &str, country: &str) -> Option<Phone> {
    let bare = number.trim_start_matches(|c: char| matches!(c, '(' | '[') || c.is_whitespace());
    let digits = digits_of(number);
    let whole = |digits: &str| -> Option<Phone> {
        let plan = PLANS
            .iter()
            .filter(|plan| digits.starts_with(plan.code))
            .max_by_key(|plan| plan.code.len());
        let Some(plan) = plan else {
            return Phone::stored(&format!("+{digits}")).filter(|_| !digits.starts_with('0'));
        };
        let mut national = &digits[plan.code.len()..];
        // "+33 06 …": the trunk digit is written by habit.
        if plan.trunk == "0" || (national.len() > plan.digits.1 && !plan.trunk.is_empty()) {
            national = national.strip_prefix(plan.trunk).unwrap_or(national);
        }
        let fits = (plan.digits.0..=plan.digits.1).contains(&national.len());
        let fits = fits && !(plan.trunk == "0" && national.starts_with('0'));
        fits.then(|| Phone(format!("+{}{national}", plan.code)))
    };
    if bare.starts_with('+') {
        return whole(&digits);
    }
    if let Some(rest) = digits.strip_prefix("00") {
        return whole(rest);
    }
    let plan = PLANS.iter().find(|plan| plan.country == country)?;
    let national = digits.strip_prefix(plan.trunk).unwrap_or(&digits);
    let is_dialled = plan.trunk.is_empty() || digits.len() != national.len() || plan.code == "1";
    // A spreadsheet drops the 0 of "0612345678"; no other number of France is written so. A postcode is no part of one.
    let group = bare.bytes().take_while(u8::is_ascii_digit).count();
    let is_bare_mobile = plan.code == "33" && digits.starts_with(['6', '7']) && !matches!(group, 4 | 5);
    if (plan.digits.0..=plan.digits.1).contains(&national.len()) && (is_dialled || is_bare_mobile) {
        return Some(Phone(format!("+{}{national}", plan.code)));
    }
    // Dialled from North America: "011 33 …".
    if let Some(rest) = digits.strip_prefix("011").filter(|_| plan.code == "1") {
        return whole(rest);
    }
    // Written without the plus: "33612345678".
    digits
        .strip_prefix(plan.code)
        .filter(|rest| (plan.digits.0..=plan.digits.1).contains(&rest.len()))?;
    whole(&digits)
}

/// The digits of a number, without a trunk digit in brackets: "+33 (0)6 …".
fn digits_of(number: &str) -> String {
    let mut digits = String::with_capacity(number.len());
    let mut rest = number;
    while let Some(c) = rest.chars().next() {
        let inner = rest.strip_prefix(['(', '[']).map(str::trim_start);
        let inner = inner.and_then(|inner| inner.strip_prefix('0')).map(str::trim_start);
        match inner.and_then(|inner| inner.strip_prefix([')', ']'])) {
            Some(after) if !digits.is_empty() => rest = after,
            _ => {
                digits.extend(c.is_ascii_digit().then_some(c));
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    digits
}

/// In pairs from the left, the first of one digit where the number of digits is odd.
fn pairs(digits: &str) -> String {
    let first = digits.len() % 2;
    let rest = digits.as_bytes()[first..].chunks(2);
    let rest = rest.map(|pair| String::from_utf8_lossy(pair).into_owned());
    let all: Vec<String> = (first > 0)
        .then(|| digits[..first].to_owned())
        .into_iter()
        .chain(rest)
        .collect();
    all.join(" ")
}

/// In threes from the left, never leaving a single digit at the end.
fn groups(digits: &str) -> String {
    let mut left = digits;
    let mut all = Vec::new();
    while !left.is_empty() {
        let take = match left.len() {
            1..=4 => left.len(),
            _ => 3,
        };
        all.push(&left[..take]);
        left = &left[take..];
    }
    all.join(" ")
}

#[cfg(test)]
mod tests;
