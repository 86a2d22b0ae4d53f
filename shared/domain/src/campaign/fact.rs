//! What a step asks of a person before it leaves: an answer, a stage, a link that they followed.

use std::collections::BTreeMap;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::kit::personal::Personal;
use crate::kit::vocabulary::Stage;

/// One line of `when` or `until`: an answer, as in `[[sales.assign]]`, or a stage, or a click. Exactly one of them is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Fact {
    /// The field it looks at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The answer is one of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_of: Option<Vec<String>>,
    /// The number is at least this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<i64>,
    /// Something was answered, or nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filled: Option<bool>,
    /// The person's stage is one of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Vec<Stage>>,
    /// They followed a link in one of these earlier steps of the sequence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", schemars(with = "Option<NameOrNames>"))]
    pub clicked: Option<Names>,
}

/// What a [`Fact`] is about.
#[derive(Clone, Copy, Debug)]
pub enum About<'a> {
    /// What an answer says.
    Answer(Answer<'a>),
    /// The stage.
    Stage(&'a [Stage]),
    /// A link in one of these steps.
    Clicked(&'a [String]),
}

/// What an answer must say: one of the three is set besides the field.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The field.
    pub field: &'a str,
    /// The answer is one of these.
    pub one_of: Option<&'a [String]>,
    /// The number is at least this.
    pub at_least: Option<i64>,
    /// Something was answered, or nothing.
    pub filled: Option<bool>,
}

impl Fact {
    /// What it is about; `None` where it names nothing, or several things at once.
    pub fn about(&self) -> Option<About<'_>> {
        let bare = self.one_of.is_none() && self.at_least.is_none() && self.filled.is_none();
        match (&self.field, &self.stage, &self.clicked) {
            (Some(field), None, None) => Some(About::Answer(Answer {
                field,
                one_of: self.one_of.as_deref(),
                at_least: self.at_least,
                filled: self.filled,
            })),
            (None, Some(stages), None) if bare => Some(About::Stage(stages)),
            (None, None, Some(Names(steps))) if bare => Some(About::Clicked(steps)),
            _ => None,
        }
    }
}

impl Answer<'_> {
    /// Whether exactly one of the three is set.
    pub fn is_single(&self) -> bool {
        let set = [self.one_of.is_some(), self.at_least.is_some(), self.filled.is_some()];
        set.iter().filter(|set| **set).count() == 1
    }

    /// Whether these answers meet it, by field name.
    pub fn is_met_by(&self, answers: &BTreeMap<String, Personal>) -> bool {
        let answer = answers.get(self.field).map(Personal::expose);
        if let Some(values) = self.one_of {
            return answer.is_some_and(|answer| values.iter().any(|value| value == answer));
        }
        if let Some(least) = self.at_least {
            let number = answer.and_then(|answer| answer.parse::<f64>().ok());
            return number.is_some_and(|number| number >= least as f64);
        }
        self.filled == Some(answer.is_some())
    }
}

/// What [`Names`] are read from.
#[cfg(feature = "describe")]
#[derive(schemars::JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "it describes what `Names` reads")]
enum NameOrNames {
    One(String),
    Many(Vec<String>),
}

/// One name, or a list of them; written as a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Names(pub Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct OneOrMany;

        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Names;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Names, E> {
                Ok(Names(vec![name.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, names: A) -> Result<Names, A::Error> {
                Deserialize::deserialize(SeqAccessDeserializer::new(names)).map(Names)
            }
        }

        from.deserialize_any(OneOrMany)
    }
}
