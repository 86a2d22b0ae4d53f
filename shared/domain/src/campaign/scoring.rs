//! The section `[scoring]`: what answers and events are worth.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::kit::locale::Text;
use crate::kit::vocabulary::SignalKind;

/// What answers and events are worth.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Scoring {
    /// Both reached: the lead is an MQL at once.
    pub mql: Threshold,
    /// Below either, a lead has cooled, and only then can it become an MQL once more; `mql` itself without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leave: Option<Threshold>,
    /// Least fit for A, B and C; below is D.
    pub fit_grades: BTreeMap<char, i64>,
    /// Least engagement for 1, 2 and 3; below is 4.
    pub engagement_grades: BTreeMap<char, i64>,
    /// The most that the rules of a group can give together, by the group's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<String, i64>,
    /// Points for who the lead is.
    #[serde(default)]
    pub fit: Vec<FitRule>,
    /// Points for what the lead does.
    #[serde(default)]
    pub engagement: Vec<EngagementRule>,
}

/// Where marketing hands over.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Threshold {
    /// Least fit points.
    pub fit: i64,
    /// Least engagement points.
    pub engagement: i64,
}

/// Points for an answer. Exactly one condition is set.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct FitRule {
    /// Its name in explanations.
    pub rule: Arc<str>,
    /// The field it looks at.
    pub field: String,
    /// Points, negative to take away.
    pub points: i64,
    /// Where the rule holds, the grade's letter is no better than this, whatever the points; one worse than the
    /// threshold's own keeps the lead from becoming an MQL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade_at_most: Option<char>,
    /// What a salesperson reads beside the points.
    pub why: Text,
    /// Condition: the answer is one of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_of: Option<Vec<String>>,
    /// Condition: the number is at least this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<i64>,
    /// Condition: the number is below this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<i64>,
    /// Condition: something was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filled: Option<bool>,
    /// Condition, of the address: its domain is one of those where anybody gets an address for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_mail: Option<bool>,
    /// Condition, of the address: its domain is one of those that give addresses for minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disposable: Option<bool>,
    /// Condition, of the address: its domain is one of these, or below one of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domains: Option<Vec<String>>,
}

/// Points for an event, halving with age.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct EngagementRule {
    /// Its name in explanations.
    pub rule: Arc<str>,
    /// The event it looks at.
    pub signal: SignalKind,
    /// Points when fresh.
    pub points: i64,
    /// Days after which half is left.
    pub half_life_days: u32,
    /// The most this rule can give in all.
    pub cap: i64,
    /// The most it can give for the events of one day, when fresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day_cap: Option<i64>,
    /// What each event is worth of the one after it, in percent: the latest counts in full. 100 without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat_percent: Option<u8>,
    /// The group whose cap it shares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// What a salesperson reads beside the points.
    pub why: Text,
}
