//! What a person typed: it hides itself, so that it cannot be printed by accident (R71).

use std::fmt;

use serde::{Deserialize, Serialize};

/// A name, a number, an answer: anything a person typed that may tell who they are.
///
/// `Debug` shows that there is something and not what, and there is no `Display`: [`Personal::expose`] is the one way
/// to the text, and easy to search for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Personal(String);

impl Personal {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for those who may read it: a rule, a page of the console, an email to the person.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Personal(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r71_what_a_person_typed_hides_itself_and_is_stored_as_plain_text() {
        let name = Personal::new("Amélie");
        assert_eq!(
            format!("{name:?} {:#?}", Some(&name)),
            "Personal(hidden) Some(\n    Personal(hidden),\n)"
        );
        assert_eq!(serde_json::to_string(&name).expect("a text"), "\"Amélie\"");
        assert_eq!(serde_json::from_str::<Personal>("\"Amélie\"").expect("a text"), name);
    }
}
