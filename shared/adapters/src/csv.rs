//! Tables as CSV (RFC 4180): for spreadsheets, where no cell is a formula (R98, ASVS 1.2.10), and for programs, with
//! values as they are.

use std::borrow::Cow;

use piste_domain::kit::text::is_invisible;
use piste_domain::{Locale, codes};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// Who reads a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Reader {
    /// A person with a spreadsheet: a byte order mark, the separator of the language, no formulas.
    #[default]
    Spreadsheet,
    /// A program: commas, values as they are.
    Program,
}

codes!(Reader);

piste_domain::texts! {
    /// What spreadsheets put between cells, where a comma is or is not the decimal mark.
    separator { Fr: ";", En: "," }
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    /// A text, whoever wrote it.
    Text(Cow<'a, str>),
    /// A number of our own. It may be negative and is no formula.
    Number(i64),
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

/// A table that is being written.
#[derive(Clone, Debug)]
pub struct Csv {
    reader: Reader,
    separator: &'static str,
    text: String,
}

impl Csv {
    /// An empty table.
    pub fn new(reader: Reader, locale: Locale) -> Self {
        let (mark, separator) = match reader {
            Reader::Spreadsheet => ("\u{feff}", separator(locale)),
            Reader::Program => ("", ","),
        };
        Self {
            reader,
            separator,
            text: mark.to_owned(),
        }
    }

    /// Adds a row; says how many bytes of JSON it takes, which is how a Lambda function answers.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = Cell<'a>>) -> usize {
        let start = self.text.len();
        for (at, cell) in cells.into_iter().enumerate() {
            if at > 0 {
                self.text.push_str(self.separator);
            }
            match cell {
                Cell::Number(number) => self.text.push_str(&number.to_string()),
                Cell::Text(value) => self.text.push_str(&written(&value, self.reader)),
            }
        }
        self.text.push_str("\r\n");
        let escaped = |byte: u8| match byte {
            b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 2,
            0..=0x1f => 6,
            _ => 1,
        };
        self.text[start..].bytes().map(escaped).sum()
    }

    /// What was written since it was last asked; further rows go on behind it.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }
}

/// A value as it stands in the file.
fn written(value: &str, reader: Reader) -> Cow<'_, str> {
    let (value, quoted) = match reader {
        Reader::Program => (Cow::Borrowed(value), value.contains([',', '"', '\r', '\n'])),
        Reader::Spreadsheet => {
            let guarded = guarded(value);
            let quoted = guarded.contains(['"', ',']) || guarded.contains(ENDS_A_CELL);
            let quoted = quoted || guarded.len() > value.len() || value != value.trim();
            (guarded, quoted)
        }
    };
    match quoted {
        true => format!("\"{}\"", value.replace('"', "\"\"")).into(),
        false => value,
    }
}

/// What ends a cell for one program or another, whatever the separator of the file: whoever opens it with the wrong one
/// must not find a formula either.
const ENDS_A_CELL: [char; 10] = [
    ';', ',', '\t', '\r', '\n', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}',
];

/// What makes a formula of a cell, in full width and as small forms too.
const STARTS_A_FORMULA: [char; 13] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫', '\0'];

/// The value with an apostrophe wherever a cell might begin as a formula, or as a number that is none.
fn guarded(value: &str) -> Cow<'_, str> {
    let first = uncovered(value);
    let guard = is_formula(value) || first.starts_with(['\t', '\r', '\n']) || is_code(value);
    let inside = |(at, end): (usize, &str)| is_formula(&value[at + end.len()..]).then_some(at + end.len());
    let mut places = value.match_indices(ENDS_A_CELL).filter_map(inside).peekable();
    if !guard && places.peek().is_none() {
        return value.into();
    }
    let mut guarded = String::from(if guard { "'" } else { "" });
    let mut from = 0;
    for place in places {
        guarded.push_str(&value[from..place]);
        guarded.push('\'');
        from = place;
    }
    guarded.push_str(&value[from..]);
    guarded.into()
}

fn is_formula(text: &str) -> bool {
    uncovered(text).starts_with(STARTS_A_FORMULA)
}

/// The text without the blanks and quotes at its start, which some programs drop.
fn uncovered(text: &str) -> &str {
    text.trim_start_matches(|c: char| {
        let quote = matches!(c, '"' | '\'' | '’' | '‘' | '“' | '”' | '«' | '»');
        let blank = (c.is_whitespace() || is_invisible(c)) && !ENDS_A_CELL.contains(&c) && c != '\0';
        quote || blank
    })
}

/// Digits that begin with a zero: a spreadsheet makes a number of them and drops it, as of a telephone number or a postcode.
fn is_code(value: &str) -> bool {
    let digits = value.trim();
    digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(reader: Reader, locale: Locale, rows: &[Vec<String>]) -> String {
        let mut csv = Csv::new(reader, locale);
        for row in rows {
            csv.row(row.iter().map(|cell| Cell::from(cell.as_str())));
        }
        csv.take()
    }

    /// The rows of a file as Python's `csv` reads them: a quote in the middle of a cell is a character like any other.
    fn read(text: &str, separator: char) -> Vec<Vec<String>> {
        let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
        let (mut quoted, mut begun) = (false, false);
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' if quoted && chars.peek() == Some(&'"') => {
                    chars.next();
                    cell.push('"');
                }
                '"' if quoted => quoted = false,
                '"' if !begun => quoted = true,
                c if !quoted && c == separator => row.push(std::mem::take(&mut cell)),
                '\r' | '\n' if !quoted => {
                    if c == '\r' && chars.peek() == Some(&'\n') {
                        chars.next();
                    }
                    row.push(std::mem::take(&mut cell));
                    rows.push(std::mem::take(&mut row));
                }
                c => cell.push(c),
            }
            begun = quoted || !(cell.is_empty() && (c == separator || c == '\r' || c == '\n'));
        }
        rows
    }

    #[test]
    fn r98_no_cell_of_a_spreadsheet_is_a_formula_and_every_cell_is_one_cell() {
        let check =
            |value: &str, expected: &str| assert_eq!(written(value, Reader::Spreadsheet), expected, "{value:?}");
        for plain in [
            "Ana",
            "",
            "say 'x'",
            "10",
            "0",
            "0.5",
            "a-b",
            "ana@example.org",
            "2026-03-02T09:00:00Z",
        ] {
            check(plain, plain);
        }
        check("a,b", "\"a,b\"");
        check("a;b", "\"a;b\"");
        check("say \"x\"", "\"say \"\"x\"\"\"");
        check("two\nlines", "\"two\nlines\"");
        check("=1+1", "\"'=1+1\"");
        check("+33199001234", "\"'+33199001234\"");
        check("0199001234", "\"'0199001234\"");
        check("01000", "\"'01000\"");
        check("-3", "\"'-3\"");
        check("-3+cmd|' /C calc'!A0", "\"'-3+cmd|' /C calc'!A0\"");
        check("@SUM(A1)", "\"'@SUM(A1)\"");
        check("  =1", "\"'  =1\"");
        check("\u{a0}\u{feff}\u{200b}=1", "\"'\u{a0}\u{feff}\u{200b}=1\"");
        check("\"=1", "\"'\"\"=1\"");
        check("\t=1", "\"'\t'=1\"");
        check("\r", "\"'\r\"");
        check("\0=1", "\"'\0=1\"");
        check("＝1", "\"'＝1\"");
        check("＠x", "\"'＠x\"");
        check(" a", "\" a\"");
        // Whoever reads the file with another separator finds no formula inside a cell either.
        check("a;=1+1", "\"a;'=1+1\"");
        check("a,=1+1", "\"a,'=1+1\"");
        check("a\t=1+1", "\"a\t'=1+1\"");
        check("a; \"=1+1", "\"a;' \"\"=1+1\"");
        check("a\r\n=HYPERLINK(A1)", "\"a\r\n'=HYPERLINK(A1)\"");
        check("a\n- one\n- two", "\"a\n'- one\n'- two\"");
    }

    #[test]
    fn r98_programs_get_values_as_they_are() {
        let check = |value: &str, expected: &str| assert_eq!(written(value, Reader::Program), expected, "{value:?}");
        for plain in ["=1+1", "+33199001234", "01000", " a ", "a;=1", "'x", "\t"] {
            check(plain, plain);
        }
        check("a,\"b\"\r\nc", "\"a,\"\"b\"\"\r\nc\"");
    }

    #[test]
    fn r98_spreadsheets_get_a_mark_and_the_separator_of_the_language() {
        let row = [vec!["é".to_owned(), "b".to_owned()]];
        assert_eq!(table(Reader::Spreadsheet, Locale::Fr, &row), "\u{feff}é;b\r\n");
        assert_eq!(table(Reader::Spreadsheet, Locale::En, &row), "\u{feff}é,b\r\n");
        assert_eq!(table(Reader::Program, Locale::Fr, &row), "é,b\r\n");
    }

    #[test]
    fn a_row_weighs_what_it_takes_as_json() {
        let value = "a\"b\\c\td\n\u{1}é";
        let mut csv = Csv::new(Reader::Program, Locale::En);
        let bytes = csv.row([Cell::from(value), Cell::Number(-3)]);
        let text = csv.take();
        assert_eq!(bytes + 2, serde_json::to_string(&text).expect("a text").len());
    }

    fn cells() -> impl Strategy<Value = Vec<Vec<String>>> {
        let char = prop_oneof![
            4 => prop::sample::select(vec!['=', '+', '-', '@', '＝', '＋', '﹫', '\0']),
            4 => prop::sample::select(vec![';', ',', '\t', '\r', '\n', '\u{2028}']),
            4 => prop::sample::select(vec![' ', '"', '\'', '\u{a0}', '\u{feff}', '\u{200b}', '’']),
            3 => prop::sample::select(vec!['a', '0', '1', 'é', '(', '|']),
            1 => any::<char>(),
        ];
        let cell = prop::collection::vec(char, 0..12).prop_map(|chars| chars.into_iter().collect::<String>());
        prop::collection::vec(prop::collection::vec(cell, 3), 1..4)
    }

    proptest! {
        /// Read with its own separator, a table has the cells that were written, apostrophes aside.
        #[test]
        fn r98_a_table_reads_as_it_was_written(rows in cells(), english: bool, program: bool) {
            let locale = if english { Locale::En } else { Locale::Fr };
            let reader = if program { Reader::Program } else { Reader::Spreadsheet };
            let text = table(reader, locale, &rows);
            let comma = english || program;
            let body = if program { text.as_str() } else { text.strip_prefix('\u{feff}').expect("a mark") };
            let found = read(body, if comma { ',' } else { ';' });
            if program {
                prop_assert_eq!(found, rows);
            } else {
                let bare = |rows: &[Vec<String>]| -> Vec<Vec<String>> {
                    rows.iter().map(|row| row.iter().map(|cell| cell.replace('\'', "")).collect()).collect()
                };
                prop_assert_eq!(bare(&found), bare(&rows));
            }
        }

        /// Read with any separator, no cell of a spreadsheet begins as a formula.
        #[test]
        fn r98_no_cell_is_a_formula_whatever_the_separator(rows in cells(), english: bool) {
            let locale = if english { Locale::En } else { Locale::Fr };
            let text = table(Reader::Spreadsheet, locale, &rows);
            for separator in [',', ';', '\t'] {
                for cell in read(text.strip_prefix('\u{feff}').expect("a mark"), separator).concat() {
                    let start = cell.trim_start_matches([' ', '\u{a0}', '\u{feff}', '\u{200b}', '"']);
                    prop_assert!(!start.starts_with(['=', '+', '-', '@', '＝', '＋', '﹫', '\0']), "{:?} in {:?}", cell, text);
                }
            }
        }
    }
}
