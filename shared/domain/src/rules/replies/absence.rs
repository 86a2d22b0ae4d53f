//! Until when somebody is away, as their message names it in French or English.

use std::ops::Range;

use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan as _};

/// Who is away for longer than this is not believed to have meant it.
const DAYS_MAX: i32 = 366;
/// A day without a year that is past by no more than this is past, and not one of the next year: many forget to switch theirs off.
const PAST_DAYS_MAX: i32 = 90;
/// How many words before a day tell what it is.
const WORDS_BEFORE: usize = 7;

/// The first day on which emails may come again, if the text (folded) names one.
pub(super) fn back(text: &str, today: Date) -> Option<Date> {
    let tokens = tokens(text);
    let french = is_french(text);
    let mut days = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match day_at(&tokens, at, today, french) {
            Some((day, length, sure)) => {
                let role = role(&tokens, at..at + length);
                if sure || role != Role::Unsaid {
                    days.push((day, role, sure));
                }
                at += length;
            }
            None => at += 1,
        }
    }
    let latest = |wanted: Role| {
        let of_it = days.iter().filter(|(_, role, _)| *role == wanted);
        of_it.map(|(day, ..)| *day).filter(|day| *day >= today).max()
    };
    let next = |day: Date| day.tomorrow().ok();
    let back = latest(Role::Return)
        .or_else(|| latest(Role::Until).and_then(next))
        .or_else(|| latest(Role::Unsaid).and_then(next))
        .or_else(|| span(&tokens).and_then(|span| today.checked_add(span).ok()))?;
    let held = back.since(today).ok()?.get_days();
    (held > 0 && held <= DAYS_MAX).then_some(back)
}

fn is_french(text: &str) -> bool {
    let words = [
        "le", "du", "au", "je", "jusqu'au", "retour", "bonjour", "absent", "absente", "conges",
    ];
    let found = text.split(|c: char| !c.is_alphanumeric() && c != '\'');
    found.filter(|word| words.contains(word)).count() >= 2
}

#[derive(Clone, Debug, PartialEq)]
enum Token<'a> {
    Word(&'a str),
    /// Its value, and how many digits it has.
    Number(i32, usize),
    Mark(char),
    /// The end of a sentence or of a paragraph.
    End,
}

/// Words, numbers and marks. `1er` and `5th` are numbers.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = |of: fn(char) -> bool| rest.find(|c| !of(c)).unwrap_or(rest.len());
        let taken = if c.is_ascii_digit() {
            let digits = length(|c| c.is_ascii_digit());
            let value = rest[..digits].parse().unwrap_or(i32::MAX);
            found.push(Token::Number(value, digits));
            let suffix = &rest[digits..];
            let letters = suffix.find(|c: char| !c.is_alphabetic()).unwrap_or(suffix.len());
            let ordinal = matches!(&suffix[..letters], "er" | "st" | "nd" | "rd" | "th" | "eme");
            digits + if ordinal { letters } else { 0 }
        } else if c.is_alphabetic() {
            let letters = length(|c| c.is_alphabetic() || c == '\'');
            // `jusqu'au` and `l'etranger` are two words.
            for word in rest[..letters].split('\'').filter(|word| !word.is_empty()) {
                found.push(Token::Word(word));
            }
            letters
        } else if c.is_whitespace() {
            let space = length(char::is_whitespace);
            if rest[..space].matches('\n').count() > 1 {
                found.push(Token::End);
            }
            space
        } else {
            let after = &rest[c.len_utf8()..];
            let ends = matches!(c, '!' | '?') || (c == '.' && !after.starts_with(|c: char| c.is_ascii_digit()));
            found.push(if ends { Token::End } else { Token::Mark(c) });
            c.len_utf8()
        };
        rest = &rest[taken..];
    }
    found
}

/// What a day in a message is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Role {
    /// The person is there again.
    Return,
    /// The last day away.
    Until,
    /// The first day away, or one without meaning here.
    From,
    Unsaid,
}

/// What the words around a day make of it: those right before it count first.
fn role(tokens: &[Token<'_>], place: Range<usize>) -> Role {
    let before = tokens[..place.start].iter().rev();
    let before = before.take(WORDS_BEFORE).take_while(|token| **token != Token::End);
    let mut role = Role::Unsaid;
    let mut right_before = true;
    for token in before {
        let found = match token {
            Token::Word(
                "retour" | "back" | "return" | "returning" | "returns" | "reprise" | "reprends" | "reprendrai"
                | "reprendra" | "reprendrons" | "reviens" | "reviendrai" | "rentre" | "rentrerai" | "rouvre"
                | "rouvrira" | "rouvrirons" | "reopen" | "reopens" | "resume" | "again" | "avant" | "before"
                | "joignable" | "reachable" | "repondrai" | "repondrons" | "reply" | "respond" | "answer",
            ) => Role::Return,
            Token::Word("jusqu" | "jusque" | "until" | "till" | "til" | "through" | "thru") => Role::Until,
            // `au 12 mars`, `to 12 March`, `2 - 12 March`, right before the day.
            Token::Word("au" | "to" | "and" | "et") | Token::Mark('-' | '–' | '—') if right_before => Role::Until,
            Token::Word("du" | "depuis" | "from" | "since" | "starting" | "des" | "partir" | "between" | "entre") => {
                Role::From
            }
            token => {
                right_before &=
                    matches!(token, Token::Word(word) if matches!(*word, "le" | "the") || weekday(word).is_some());
                continue;
            }
        };
        right_before = false;
        match (role, found) {
            (Role::Unsaid, _) => role = found,
            // `de retour à partir du`, `back from`: what was found is a part of it.
            (Role::From, Role::Return) => return Role::Return,
            _ => {}
        }
        // `back until the 12th` is none of a return.
        if role == Role::Until || role == Role::Return {
            break;
        }
    }
    role
}

/// A day that begins at a token: which, how many tokens it takes, and whether it is one without words around it.
fn day_at(tokens: &[Token<'_>], at: usize, today: Date, french: bool) -> Option<(Date, usize, bool)> {
    let get = |n: usize| tokens.get(at + n);
    let word = |n: usize| match get(n) {
        Some(Token::Word(word)) => Some(*word),
        _ => None,
    };
    let number = |n: usize| match get(n) {
        Some(Token::Number(value, digits)) => Some((*value, *digits)),
        _ => None,
    };
    let mark = |n: usize| match get(n) {
        Some(Token::Mark(c)) => Some(*c),
        _ => None,
    };
    let year = |n: usize| {
        let comma = usize::from(mark(n) == Some(','));
        let (value, digits) = number(n + comma)?;
        (digits == 4 && (2_000..2_100).contains(&value)).then_some((value, comma + 1))
    };
    if let Some((first, digits)) = number(0) {
        // 2026-03-12
        if digits == 4 && mark(1) == Some('-') && mark(3) == Some('-') {
            let day = date(first, number(2)?.0, number(4)?.0)?;
            return Some((day, 5, true));
        }
        if digits > 2 {
            return None;
        }
        // 12 mars 2026, 12th of March
        let of = usize::from(word(1) == Some("of"));
        let dot = usize::from(mark(1) == Some('.'));
        if let Some(month) = word(1 + of + dot).and_then(month) {
            let length = 2 + of + dot;
            return Some(match year(length) {
                Some((year, more)) => (date(year, month, first)?, length + more, true),
                None => (coming(today, month, first)?, length, true),
            });
        }
        // 12/03/2026, 12.03.26, 12/03; not the pairs of a telephone number
        let separator = mark(1).filter(|c| matches!(c, '/' | '.' | '-'));
        let goes_on = at > 0 && matches!(tokens[at - 1], Token::Mark('/' | '.' | '-' | '+'));
        if let (Some(separator), Some((second, second_digits))) = (separator, number(2))
            && second_digits <= 2
            && !goes_on
        {
            let third = number(4).filter(|_| mark(3) == Some(separator));
            if third.is_some() && mark(5) == Some(separator) && number(6).is_some() {
                return None;
            }
            if let Some((year, digits)) = third {
                let year = if digits == 2 { 2_000 + year } else { year };
                let day = either(french, today, |day, month| date(year, month, day), first, second)?;
                return Some((day, 5, digits == 4));
            }
            if separator == '/' {
                let day = either(french, today, |day, month| coming(today, month, day), first, second)?;
                return Some((day, 3, false));
            }
            return None;
        }
        // le 12, the 13th: only where words say what it is, and nothing follows that makes it another number
        let article = at.checked_sub(1).and_then(|before| tokens.get(before));
        let article = matches!(article, Some(Token::Word("le" | "au" | "the")));
        let alone = !matches!(
            get(1),
            Some(Token::Number(..) | Token::Mark(':' | '%' | '/' | '-' | '€' | '$'))
        ) && !word(1)
            .is_some_and(|word| matches!(word, "h" | "am" | "pm" | "heures" | "jours" | "days" | "rue" | "avenue"));
        if article && alone && said_to_be_away(tokens, at) {
            return Some((coming_day(today, first)?, 1, false));
        }
        return None;
    }
    let first = word(0)?;
    // March 12th, 2026
    if let Some(month) = english_month(first)
        && let Some((day, digits)) = number(1)
        && digits <= 2
    {
        return Some(match year(2) {
            Some((year, more)) => (date(year, month, day)?, 2 + more, true),
            None => (coming(today, month, day)?, 2, true),
        });
    }
    let plain = |day: Option<Date>| Some((day?, 1, false));
    match first {
        "demain" | "tomorrow" => plain(today.tomorrow().ok()),
        _ => match weekday(first) {
            // A weekday before a day of the month only adds to it.
            Some(_)
                if (1..=3)
                    .any(|n| number(n).is_some() || word(n).is_some_and(|word| english_month(word).is_some())) =>
            {
                None
            }
            Some(weekday) => plain(today.nth_weekday(1, weekday).ok()),
            None => None,
        },
    }
}

/// Whether words before a bare number speak of an absence.
fn said_to_be_away(tokens: &[Token<'_>], at: usize) -> bool {
    let words = "jusqu until till retour reviens reprends reprise rentre back return returning avant before";
    let before = tokens[..at].iter().rev().take(WORDS_BEFORE);
    before
        .take_while(|token| **token != Token::End)
        .any(|token| matches!(token, Token::Word(word) if words.split(' ').any(|known| known == *word)))
}

/// Day first; in English also month first, and of two days that can be the nearer one.
fn either(french: bool, today: Date, read: impl Fn(i32, i32) -> Option<Date>, first: i32, second: i32) -> Option<Date> {
    let european = read(first, second);
    let american = read(second, first).filter(|_| !french || european.is_none());
    let both = [european, american].into_iter().flatten();
    both.clone().filter(|day| *day >= today).min().or_else(|| both.max())
}

fn date(year: i32, month: i32, day: i32) -> Option<Date> {
    Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
}

/// The next such day, or the one that is just over.
fn coming(today: Date, month: i32, day: i32) -> Option<Date> {
    let year = i32::from(today.year());
    let this = date(year, month, day)?;
    let over = today.since(this).ok()?.get_days();
    match over > PAST_DAYS_MAX {
        true => date(year + 1, month, day),
        false => Some(this),
    }
}

/// The next day with this number, today included.
fn coming_day(today: Date, day: i32) -> Option<Date> {
    let mut month = today.first_of_month();
    for _ in 0..3 {
        let found = date(i32::from(month.year()), i32::from(month.month()), day);
        if let Some(found) = found.filter(|found| *found >= today) {
            return Some(found);
        }
        month = month.checked_add(1.month()).ok()?;
    }
    None
}

/// For how long, where no day is named: `pendant deux semaines`, `for 10 days`.
fn span(tokens: &[Token<'_>]) -> Option<Span> {
    tokens.windows(3).find_map(|three| {
        let (Token::Word("pendant" | "for" | "durant" | "pour"), Token::Word(unit)) = (&three[0], &three[2]) else {
            return None;
        };
        let count = match three[1] {
            Token::Number(count, _) => i64::from(count),
            Token::Word(word) => counted(word)?,
            _ => return None,
        };
        let days = match *unit {
            "jour" | "jours" | "day" | "days" => 1,
            "semaine" | "semaines" | "week" | "weeks" => 7,
            "mois" | "month" | "months" => 30,
            _ => return None,
        };
        Some((count.clamp(0, 400) * days).days())
    })
}

fn counted(word: &str) -> Option<i64> {
    Some(match word {
        "a" | "one" | "un" | "une" => 1,
        "two" | "deux" => 2,
        "three" | "trois" => 3,
        "four" | "quatre" => 4,
        "five" | "cinq" => 5,
        "six" => 6,
        "seven" | "sept" => 7,
        "eight" | "huit" => 8,
        "ten" | "dix" => 10,
        "fifteen" | "quinze" => 15,
        _ => return None,
    })
}

fn month(word: &str) -> Option<i32> {
    let french = Some(match word {
        "janvier" | "janv" => 1,
        "fevrier" | "fevr" | "fev" => 2,
        "mars" => 3,
        "avril" | "avr" => 4,
        "mai" => 5,
        "juin" => 6,
        "juillet" | "juil" => 7,
        "aout" => 8,
        "septembre" => 9,
        "octobre" => 10,
        "novembre" => 11,
        "decembre" => 12,
        _ => 0,
    });
    french.filter(|month| *month > 0).or_else(|| english_month(word))
}

fn english_month(word: &str) -> Option<i32> {
    Some(match word {
        "january" | "jan" => 1,
        "february" | "feb" => 2,
        "march" | "mar" => 3,
        "april" | "apr" => 4,
        "may" => 5,
        "june" | "jun" => 6,
        "july" | "jul" => 7,
        "august" | "aug" => 8,
        "september" | "sept" | "sep" => 9,
        "october" | "oct" => 10,
        "november" | "nov" => 11,
        "december" | "dec" => 12,
        _ => return None,
    })
}

fn weekday(word: &str) -> Option<Weekday> {
    Some(match word {
        "lundi" | "monday" => Weekday::Monday,
        "mardi" | "tuesday" => Weekday::Tuesday,
        "mercredi" | "wednesday" => Weekday::Wednesday,
        "jeudi" | "thursday" => Weekday::Thursday,
        "vendredi" | "friday" => Weekday::Friday,
        "samedi" | "saturday" => Weekday::Saturday,
        "dimanche" | "sunday" => Weekday::Sunday,
        _ => return None,
    })
}
