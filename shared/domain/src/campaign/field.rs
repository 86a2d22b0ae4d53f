//! The questions of a form.

use serde::{Deserialize, Serialize};

use crate::kit::calendar::Delay;
use crate::kit::locale::Text;
use crate::kit::vocabulary::Purpose;

/// One question.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Field {
    /// The name posted.
    pub name: String,
    /// What other form builders call it: names that are read as this field's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// What kind of answer it takes.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// Whether it must be answered.
    #[serde(default)]
    pub required: bool,
    /// The question; for a consent box the exact wording that is hashed and kept as proof.
    #[serde(default)]
    pub label: Text,
    /// A line of help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<Text>,
    /// The answers of a choice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Choice>,
    /// Least number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// Greatest number, or most characters of a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    /// Shown beside a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What a consent box is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
    /// Version of a consent wording.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// How long a consent given here counts after the last contact; else as long as the lead is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Delay>,
}

/// Kinds of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum FieldType {
    /// The address that identifies the lead.
    Email,
    /// One line.
    Text,
    /// A telephone number, in any usual writing.
    Phone,
    /// One of the options.
    Choice,
    /// A whole or decimal number.
    Number,
    /// `YYYY-MM-DD`.
    Date,
    /// A web address.
    Url,
    /// A box to tick.
    Consent,
    /// A value the page carries, never shown.
    Hidden,
    /// Several lines.
    LongText,
}

/// One answer of a choice.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Choice {
    /// What is posted and stored.
    pub value: String,
    /// What people read.
    pub label: Text,
}
