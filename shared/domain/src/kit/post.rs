//! A form post before anybody has read it.

/// Marks a number of JSON. It is a control character, which no text keeps (R82), so that the mark goes where the value goes
/// and nobody ever sees it.
const NUMBER: char = '\u{1}';

/// A number of JSON as a value of a post: its point is a decimal point, whatever stands around it.
pub fn number(number: impl std::fmt::Display) -> String {
    format!("{NUMBER}{number}")
}

/// One value as sent.
#[derive(Clone, Copy)]
pub struct Sent<'a> {
    /// Its text.
    pub text: &'a str,
    /// Whether it is a [`number`] of JSON.
    pub is_number: bool,
}

impl<'a> From<&'a str> for Sent<'a> {
    fn from(value: &'a str) -> Self {
        let number = value.strip_prefix(NUMBER);
        Self {
            text: number.unwrap_or(value),
            is_number: number.is_some(),
        }
    }
}

/// A post as parsed: names and values in the order sent. Where a name comes twice the first counts.
#[derive(Clone, Default)]
pub struct RawPost(Vec<(String, String)>);

impl RawPost {
    /// Takes the pairs as sent; a number of JSON as [`number`] writes it.
    pub fn new(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The first value of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of this name, in the order sent.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.0.iter().filter(move |(n, _)| n == name);
        named.map(|(_, value)| Sent::from(value.as_str()).text)
    }

    /// The first value of this name, as sent.
    pub fn sent(&self, name: &str) -> Option<Sent<'_>> {
        let named = self.0.iter().find(|(n, _)| n == name);
        named.map(|(_, value)| Sent::from(value.as_str()))
    }

    /// The pairs as sent.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// Whether the honeypot was filled: people cannot see the field, programs fill it.
    pub fn is_bot(&self) -> bool {
        self.get("_gotcha").is_some_and(|value| !value.trim().is_empty())
    }
}
