//! What the reader of TOML says, in the languages people read.
//!
//! The library speaks English only, in sentences of a few forms. English keeps its words, which people look up; other
//! languages get a sentence for each form.

use super::texts;
use crate::kit::locale::{Locale, Text};

/// An error of `toml`, on one line in each language.
pub fn said_by_toml(message: &str) -> Text {
    let said = message.lines().collect::<Vec<_>>().join(", ");
    Text::each(|locale| say(locale, &said))
}

fn say(locale: Locale, said: &str) -> String {
    let about = |form: &str| said.strip_prefix(form)?.split_once('`');
    if let Some((key, rest)) = about("unknown field `") {
        return texts::unknown_key(locale, said, key, &quoted(rest));
    }
    if let Some((value, rest)) = about("unknown variant `") {
        return texts::unknown_value(locale, said, value, &quoted(rest));
    }
    if let Some((key, _)) = about("missing field `") {
        return texts::missing_key(locale, said, key);
    }
    if said.starts_with("duplicate ") {
        return texts::key_twice(locale, said);
    }
    if let Some((_, expected)) = said
        .split_once("expected ")
        .filter(|_| said.starts_with("invalid type"))
    {
        return texts::wrong_type(locale, said, expected_kind(locale, expected));
    }
    let known = [texts::bad_delay, texts::bad_time_of_day];
    if let Some(text) = known.iter().find(|text| text(Locale::En) == said) {
        return text(locale).to_owned();
    }
    let speaks_of = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let text = if speaks_of(&["unclosed", "missing array", "missing table"]) {
        texts::unclosed
    } else if speaks_of(&["quote", "string", "escape"]) {
        texts::bad_quotes
    } else if speaks_of(&["comma"]) {
        texts::bad_comma
    } else if speaks_of(&["key", "value", "assignment", "`=`"]) {
        texts::no_key_and_value
    } else {
        texts::unreadable_line
    };
    text(locale, said)
}

/// What a key takes, by the library's word for it.
fn expected_kind(locale: Locale, expected: &str) -> &'static str {
    let is = |words: &[&str]| words.iter().any(|word| expected.starts_with(word));
    if is(&["a string or a whole number"]) {
        texts::a_text_or_number(locale)
    } else if is(&["a string", "string", "a borrowed string", "a character"]) {
        texts::a_text(locale)
    } else if is(&["a sequence", "an array", "a tuple"]) {
        texts::a_list(locale)
    } else if is(&["a boolean"]) {
        texts::true_or_false(locale)
    } else if is(&["i", "u", "f32", "f64", "a number", "an integer"]) {
        texts::a_number(locale)
    } else {
        texts::a_table(locale)
    }
}

/// The names between backquotes, as a list.
fn quoted(text: &str) -> String {
    quoted_in(text).join(", ")
}

/// The names between backquotes.
pub(super) fn quoted_in(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}
