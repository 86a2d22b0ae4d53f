//! What visitors type, made safe to store and print (R82, R90).
//!
//! A `&str` cannot hold an unpaired surrogate, so that part of R82 is settled where bytes become text. Lengths are
//! for the caller to check, before cleaning (bytes) and after it (`chars().count()`).

use icu_normalizer::{
    ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed, properties::CanonicalCombiningClassMapBorrowed,
};

/// Most combining marks kept in a row: Vietnamese needs two and no living script more than four, while "Zalgo" text
/// stacks dozens that spill over the neighbouring lines.
pub const COMBINING_MARKS_MAX: usize = 8;
/// Most empty lines kept in a row by [`clean_text`].
pub const EMPTY_LINES_MAX: usize = 2;
/// Longest name, in characters, that [`safe_name`] lets into an email (R90).
pub const NAME_CHARS_MAX: usize = 60;

/// Unicode Normalization Form C of `text` (UAX #15).
pub fn nfc(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned()
}

/// `text` for comparing without regard to accents and case: `Œuvres de Léa` is `oeuvres de lea`.
pub fn folded(text: &str) -> String {
    let mut fold = String::with_capacity(text.len());
    let lower = text.to_lowercase();
    for c in DecomposingNormalizerBorrowed::new_nfd().normalize(&lower).chars() {
        match c {
            // Letters that no accent makes.
            'œ' => fold.push_str("oe"),
            'æ' => fold.push_str("ae"),
            'ß' => fold.push_str("ss"),
            'ø' => fold.push('o'),
            'ł' => fold.push('l'),
            '’' => fold.push('\''),
            c if is_mark(c) => {}
            c => fold.push(c),
        }
    }
    fold
}

/// Whether `c` shows nothing and only serves to deceive here: controls, bidirectional controls (UAX #9), zero-width
/// characters, invisible operators and tags. Line breaks and TAB are [white space](char::is_whitespace) first.
///
/// The joiners U+200C and U+200D are among them: an emoji family falls apart into its members, which costs less than
/// two names that look the same and are not.
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// Whether `c` is drawn onto the character before it: every mark with a combining class (UAX #44), and those without
/// one that are known to be stacked: enclosing marks, Thai and Lao vowel signs and tones, variation selectors.
fn is_mark(c: char) -> bool {
    CanonicalCombiningClassMapBorrowed::new().get_u8(c) != 0
        || matches!(c,
            '\u{488}' | '\u{489}' | '\u{E31}' | '\u{E34}'..='\u{E3A}' | '\u{E47}'..='\u{E4E}' | '\u{EB1}'
            | '\u{EB4}'..='\u{EBC}' | '\u{EC8}'..='\u{ECE}' | '\u{20DD}'..='\u{20E4}' | '\u{FE00}'..='\u{FE0F}'
            | '\u{E0100}'..='\u{E01EF}')
}

/// `raw` as one line: NFC, invisible characters removed, at most [`COMBINING_MARKS_MAX`] marks in a row, every run of
/// white space (line breaks and U+2028/9 included) one space, none at either end. Cleaning twice changes nothing.
pub fn clean_line(raw: &str) -> String {
    // Removed before composing: what stood on both sides of a zero-width space may compose now.
    let visible: String = raw.chars().filter(|&c| c.is_whitespace() || !is_invisible(c)).collect();
    let mut line = String::with_capacity(visible.len());
    let mut marks = 0;
    for c in nfc(&visible).chars() {
        marks = if is_mark(c) { marks + 1 } else { 0 };
        if c.is_whitespace() {
            if !line.is_empty() && !line.ends_with(' ') {
                line.push(' ');
            }
        } else if marks <= COMBINING_MARKS_MAX {
            line.push(c);
        }
    }
    line.truncate(line.trim_end().len());
    line
}

/// `raw` as lines separated by LF, each a [`clean_line`]: CRLF, CR, NEL and U+2028/9 end a line too, at most
/// [`EMPTY_LINES_MAX`] empty lines stand in a row and none at either end. Cleaning twice changes nothing.
pub fn clean_text(raw: &str) -> String {
    let unix = raw.replace("\r\n", "\n");
    let mut text = String::with_capacity(unix.len());
    let mut breaks = 0;
    for line in unix
        .split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
        .map(clean_line)
    {
        if !line.is_empty() {
            if !text.is_empty() {
                text.extend(std::iter::repeat_n('\n', breaks.min(EMPTY_LINES_MAX + 1)));
            }
            text.push_str(&line);
            breaks = 0;
        }
        breaks += 1;
    }
    text
}

/// `raw` as a name that may appear in an email, or `None` when it must not (R90): empty, over [`NAME_CHARS_MAX`]
/// characters, or holding an address, a URL or anything a mail client would turn into a link.
///
/// A dot is harmless only after an initial ("J.R.R. Tolkien") or before a space, a hyphen or the end ("Dr. Martin",
/// "J.-P."): no top-level domain has one letter.
pub fn safe_name(raw: &str) -> Option<String> {
    let name = clean_line(raw);
    let safe = !name.is_empty()
        && name.chars().count() <= NAME_CHARS_MAX
        && !name.contains(['@', '＠', '﹫', ':', '：', '/', '／', '\\', '<', '>'])
        && name.split(is_dot).skip(1).all(is_harmless_after_dot);
    safe.then_some(name)
}

/// A text that somebody typed, so that no mail client makes a link of a part of it: `example[.]com`, `https[:]//x`.
pub fn unlinked(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let at = |place: usize| chars.get(place).copied().unwrap_or(' ');
    let mut told = String::with_capacity(text.len());
    for (place, c) in chars.iter().enumerate() {
        let joins = place > 0 && at(place - 1).is_alphanumeric() && at(place + 1).is_alphabetic();
        let is_label = at(place + 2).is_alphanumeric() || at(place + 2) == '-';
        let breaks = (is_dot(*c) && joins && is_label) || (*c == ':' && at(place + 1) == '/' && at(place + 2) == '/');
        match breaks {
            true => told.extend(['[', *c, ']']),
            false => told.push(*c),
        }
    }
    told
}

/// The full stops that UTS #46 maps to the dot of a domain, and their look-alikes.
fn is_dot(c: char) -> bool {
    matches!(c, '.' | '\u{2024}' | '。' | '．' | '｡' | '﹒')
}

/// Whether what follows a dot, up to the next one, cannot be read as a label of a domain.
fn is_harmless_after_dot(rest: &str) -> bool {
    let ends = |c: Option<char>| c.is_none_or(|c| c == ' ' || c == '-');
    let mut chars = rest.chars();
    let first = chars.next();
    ends(first) || (first.is_some_and(char::is_alphabetic) && ends(chars.next()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r82_a_line_is_one_composed_visible_trimmed_line() {
        for (raw, clean) in [
            ("", ""),
            (" \t\r\n ", ""),
            ("Anne", "Anne"),
            ("  Anne \t Marie\r\n", "Anne Marie"),
            ("Anne\r\nBcc: x@example.com", "Anne Bcc: x@example.com"),
            ("a\u{B}b\u{C}c\u{85}d\u{2028}e\u{2029}f", "a b c d e f"),
            ("1\u{202F}000\u{A0}€\u{3000}!", "1 000 € !"),
            ("e\u{301}le\u{300}ve", "élève"),
            ("\u{212B}", "Å"),
            ("a\0b\u{1}c\u{7F}d\u{9F}e", "abcde"),
            ("\u{202E}evil\u{202C}", "evil"),
            ("\u{2066}x\u{2069}\u{200E}\u{200F}\u{61C}", "x"),
            ("a\u{200B}b\u{200C}c\u{200D}d\u{FEFF}e\u{2060}f\u{AD}g", "abcdefg"),
            ("e\u{200B}\u{301}", "é"),
            ("hi\u{E0041}\u{E007F}", "hi"),
            ("Zoë O’Neil-Ça", "Zoë O’Neil-Ça"),
            ("日本語 العربية हिन्दी", "日本語 العربية हिन्दी"),
        ] {
            assert_eq!(clean_line(raw), clean, "{raw:?}");
        }
    }

    #[test]
    fn r82_at_most_eight_combining_marks_stand_in_a_row() {
        for mark in ["\u{334}", "\u{301}", "\u{20DD}", "\u{E47}", "\u{FE0F}", "\u{E0101}"] {
            let zalgo = format!("x{}y{}", mark.repeat(50), mark.repeat(8));
            let kept = mark.repeat(COMBINING_MARKS_MAX);
            assert_eq!(clean_line(&zalgo), nfc(&format!("x{kept}y{kept}")), "{mark:?}");
        }
        assert_eq!(clean_line("ệ"), "ệ", "Vietnamese keeps its two marks");
    }

    #[test]
    fn r82_a_text_keeps_its_lines_and_two_empty_ones_at_most() {
        for (raw, clean) in [
            ("", ""),
            ("\n\n", ""),
            ("a\r\nb\rc\nd", "a\nb\nc\nd"),
            ("a\n\nb", "a\n\nb"),
            ("a\n\n\nb", "a\n\n\nb"),
            ("a\n\n\n\n\n\nb", "a\n\n\nb"),
            ("a\n \t \n\u{200B}\n \n\nb", "a\n\n\nb"),
            ("\n\n a \n\n", "a"),
            ("a\u{2028}b\u{2029}c\u{85}d", "a\nb\nc\nd"),
            ("a\r\r\nb", "a\n\nb"),
            ("a\t \tb\0\nc", "a b\nc"),
        ] {
            assert_eq!(clean_text(raw), clean, "{raw:?}");
        }
    }

    /// The plane of nearly all living scripts and the one of tags, each character where neighbours could react with it.
    #[test]
    fn r82_cleaning_is_idempotent_and_leaves_only_allowed_characters() {
        let all: Vec<char> = ('\0'..='\u{FFFF}').chain('\u{E0000}'..='\u{E01FF}').collect();
        for block in all.chunks(61) {
            let raw: String = block.iter().flat_map(|&c| ['e', c, '\u{301}', ' ', c, c]).collect();
            let line = clean_line(&raw);
            assert_eq!(clean_line(&line), line);
            assert_eq!(nfc(&line), line);
            assert!(!line.chars().any(is_invisible) && !line.contains("  "), "{line:?}");
            assert!(line.chars().all(|c| c == ' ' || !c.is_whitespace()), "{line:?}");
            let text = clean_text(&raw);
            assert_eq!(clean_text(&text), text);
            assert!(!text.chars().any(|c| c != '\n' && is_invisible(c)), "{text:?}");
        }
    }

    #[test]
    fn typed_addresses_are_told_so_that_no_client_links_them() {
        for (typed, told) in [
            ("", ""),
            ("Prix : 12.500 €, merci.", "Prix : 12.500 €, merci."),
            ("J.R.R. Tolkien, M. X, etc.", "J.R.R. Tolkien, M. X, etc."),
            ("voir https://example.com/a", "voir https[:]//example[.]com/a"),
            ("www.example.com", "www[.]example[.]com"),
            ("a@example.org", "a@example[.]org"),
            ("bit.ly/x t.co", "bit[.]ly/x t[.]co"),
            ("example。com", "example[。]com"),
            ("10:30", "10:30"),
        ] {
            assert_eq!(unlinked(typed), told);
        }
    }

    #[test]
    fn r90_only_names_that_no_client_turns_into_a_link_pass() {
        for name in [
            "Anne",
            "Jean-François",
            "O’Connor",
            "Dr. Martin",
            "J.R.R. Tolkien",
            "J.-P. Dupont",
            "Dupont & Fils S.A.R.L.",
            "Martin Jr.",
            "李小龍",
            "Gal·la",
            "Studio 54",
        ] {
            assert_eq!(safe_name(name).as_deref(), Some(name));
        }
        assert_eq!(safe_name("  Anne\u{200B} \n Marie ").as_deref(), Some("Anne Marie"));
        for refused in [
            "",
            " \u{200B} ",
            "http://example.com",
            "https:example",
            "example.com",
            "Win at example.com now",
            "www.example",
            "t.co",
            "exam\u{200B}ple.com",
            "example。com",
            "example．com",
            "example․com",
            "example.c\u{333}om",
            "1.1.1.1",
            "a@b",
            "a＠b.example",
            "bit.ly/x",
            "//x",
            "C:\\x",
            "<b>Anne</b>",
            ".com",
            "J.Martin",
        ] {
            assert_eq!(safe_name(refused), None, "{refused:?}");
        }
        let sixty = "é".repeat(NAME_CHARS_MAX);
        assert_eq!(safe_name(&sixty), Some(sixty.clone()));
        assert_eq!(safe_name(&format!("{sixty}e")), None);
    }
}
