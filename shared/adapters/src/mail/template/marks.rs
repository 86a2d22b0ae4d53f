//! Marks: private-use characters in the places of values, which are filled in at the end.

/// The first of the marks: private-use characters, one for each value. Neither a file nor a value may hold any.
const MARKS_FROM: u32 = 0xE100;
/// And the last.
const MARKS_TO: u32 = 0xE1FF;

/// In the places of the company's colour.
pub const INK: char = '\u{E200}';

pub(super) fn is_mark(c: char) -> bool {
    c == INK || (MARKS_FROM..=MARKS_TO).contains(&u32::from(c))
}

/// The mark of the value of this place.
pub fn mark(place: usize) -> Option<char> {
    let code = u32::try_from(place)
        .ok()
        .and_then(|place| MARKS_FROM.checked_add(place));
    code.filter(|code| *code <= MARKS_TO).and_then(char::from_u32)
}

/// Text with marks, cut at them: what comes before each, and the place of its value.
#[derive(Debug)]
pub struct Marked {
    /// What comes before each mark, and the place of its value.
    pub pieces: Vec<(String, usize)>,
    /// What comes after the last.
    pub end: String,
}

impl Marked {
    pub fn new(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((at, mark)) = rest.char_indices().find(|(_, c)| *c != INK && is_mark(*c)) {
            pieces.push((rest[..at].to_owned(), (u32::from(mark) - MARKS_FROM) as usize));
            rest = &rest[at + mark.len_utf8()..];
        }
        Self {
            pieces,
            end: rest.to_owned(),
        }
    }

    /// The text with the values in the places of the marks.
    pub fn fill<V: AsRef<str>>(&self, values: &[V]) -> String {
        let value = |place: usize| values.get(place).map_or("", AsRef::as_ref);
        let pieces = self
            .pieces
            .iter()
            .map(|(before, place)| before.len() + value(*place).len());
        let mut text = String::with_capacity(pieces.sum::<usize>() + self.end.len());
        for (before, place) in &self.pieces {
            text.push_str(before);
            text.push_str(value(*place));
        }
        text.push_str(&self.end);
        text
    }
}
