//! A form post before anybody has read it.

/// A post as parsed: names and values in the order sent. Where a name comes twice the first counts.
#[derive(Clone, Default)]
pub struct RawPost(Vec<(String, String)>);

impl RawPost {
    /// Takes the pairs as sent.
    pub fn new(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The first value of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Whether the honeypot was filled: people cannot see the field, programs fill it.
    pub fn is_bot(&self) -> bool {
        self.get("_gotcha").is_some_and(|value| !value.trim().is_empty())
    }
}
