//! Criteria of a search: `(Field:equals:value)`, or several of them with `and` or `or` between.

/// What a record must be like.
#[derive(Debug)]
pub(super) enum Criteria {
    Equals(String, String),
    All(Vec<Criteria>),
    Any(Vec<Criteria>),
}

impl Criteria {
    /// Reads all of a text, or nothing. A backslash goes before a parenthesis, a comma or a backslash inside a value.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (criteria, rest) = group(text.trim())?;
        rest.is_empty().then_some(criteria)
    }

    /// Every field in it.
    pub(super) fn fields(&self) -> Vec<&str> {
        match self {
            Self::Equals(field, _) => vec![field],
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::fields).collect(),
        }
    }

    /// Whether a record fits; `same` tells whether one of its fields has a value.
    pub(super) fn fits(&self, same: &dyn Fn(&str, &str) -> bool) -> bool {
        match self {
            Self::Equals(field, value) => same(field, value),
            Self::All(parts) => parts.iter().all(|part| part.fits(same)),
            Self::Any(parts) => parts.iter().any(|part| part.fits(same)),
        }
    }
}

/// Reads what stands in parentheses, and returns what follows them.
fn group(text: &str) -> Option<(Criteria, &str)> {
    let inner = text.strip_prefix('(')?;
    if !inner.starts_with('(') {
        let (field, rest) = inner.split_once(":equals:")?;
        let plain = !field.is_empty() && field.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let (value, rest) = value(rest).filter(|_| plain)?;
        return Some((Criteria::Equals(field.to_owned(), value), rest));
    }
    let (first, mut rest) = group(inner)?;
    let word = if rest.starts_with("and") { "and" } else { "or" };
    let mut parts = vec![first];
    while let Some(next) = rest.strip_prefix(word) {
        let (part, after) = group(next)?;
        parts.push(part);
        rest = after;
    }
    let rest = rest.strip_prefix(')')?;
    Some((
        if word == "and" {
            Criteria::All(parts)
        } else {
            Criteria::Any(parts)
        },
        rest,
    ))
}

/// Reads a value up to its parenthesis.
fn value(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut rest = text.char_indices();
    while let Some((place, c)) = rest.next() {
        match c {
            ')' => return Some((value, &text[place + 1..])),
            '\\' => value.push(rest.next()?.1),
            '(' | ',' => return None,
            c => value.push(c),
        }
    }
    None
}
