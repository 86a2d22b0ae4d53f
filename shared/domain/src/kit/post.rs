//! A form post before anybody has read it.

/// Helper fields, which are no answers.
pub const HELPERS: [&str; 7] = ["_next", HONEYPOT, "_lang", "_t", "_tz", "_charset_", "_again"];
/// The name of the honeypot.
const HONEYPOT: &str = "_gotcha";
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
pub struct RawPost {
    pairs: Vec<(String, String)>,
    undeclared: Vec<(String, String)>,
    files: Vec<String>,
}

impl RawPost {
    /// Takes the pairs as sent; a number of JSON as [`number`] writes it.
    pub fn new(pairs: Vec<(String, String)>) -> Self {
        Self {
            pairs,
            ..Self::default()
        }
    }

    /// With the names of the fields that held a file: files are never kept.
    #[must_use]
    pub fn with_files(mut self, files: Vec<String>) -> Self {
        self.files = files;
        self
    }

    /// With what stands under names that the form does not declare.
    #[must_use]
    pub(crate) fn with_undeclared(mut self, undeclared: Vec<(String, String)>) -> Self {
        self.undeclared = undeclared;
        self
    }

    /// The first value of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// The first value of this name, as sent.
    pub fn sent(&self, name: &str) -> Option<Sent<'_>> {
        let named = self.pairs.iter().find(|(n, _)| n == name);
        named.map(|(_, value)| Sent::from(value.as_str()))
    }

    /// Every value of this name, in the order sent.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.pairs.iter().filter(move |(n, _)| n == name);
        named.map(|(_, value)| Sent::from(value.as_str()).text)
    }

    /// The pairs; once the names are recognised (`rules::fields::named`) those of declared fields and helpers alone.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// What stands under names that the form does not declare; empty until the names are recognised.
    pub fn undeclared(&self) -> &[(String, String)] {
        &self.undeclared
    }

    /// The names of the fields that held a file.
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// Whether the honeypot was filled: people cannot see the field, programs fill it, as a list, an object, or in other
    /// letters; so do some password managers. What frameworks send for a hidden box that nobody ticked fills nothing.
    pub fn is_bot(&self) -> bool {
        let is_filled = |value: &str| {
            let said = Sent::from(value).text.trim();
            !matches!(said, "" | "0") && !said.eq_ignore_ascii_case("false")
        };
        let mut pairs = self.pairs.iter().chain(&self.undeclared);
        pairs.any(|(name, value)| is_honeypot(name) && is_filled(value))
    }
}

/// Whether a name is the honeypot's, or leads through it.
pub fn is_honeypot(name: &str) -> bool {
    let mut steps = super::names::steps(name).into_iter();
    steps.any(|step| step.eq_ignore_ascii_case(HONEYPOT))
}
