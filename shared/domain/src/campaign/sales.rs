//! The section `[sales]`: who follows up, how soon, how often, and what makes an SQL.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::Campaign;
use crate::campaign::fact::Answer;
use crate::codes;
use crate::kit::calendar::{Delay, Window};
use crate::kit::email::Email;
use crate::kit::hours::{Hours, Leave};
use crate::kit::locale::{Locale, Text};
use crate::kit::personal::Personal;

/// Who follows up, and by which clock.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Sales {
    /// The owner, by id, who takes over what another one left undone.
    pub escalate_to: String,
    /// When each attempt to reach the person is due after the alert, which is the first. 3 to 6 within a few weeks.
    pub attempts: Vec<Delay>,
    /// How long the button "later" snoozes a task.
    pub snooze: Delay,
    /// How soon the first response is due.
    pub deadlines: Deadlines,
    /// The people.
    pub owners: Vec<Owner>,
    /// Which leads go to whom; the first rule that matches decides. The rest are shared out evenly.
    #[serde(default)]
    pub assign: Vec<Assign>,
    /// What sales accepts as qualified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sql: Option<Sql>,
}

/// How soon the first response is due, in the owner's working time, by grade.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Deadlines {
    /// The hottest grades.
    pub hot: Deadline,
    /// The next ones.
    pub warm: Deadline,
    /// Every other grade.
    pub all: Delay,
}

/// The deadline of some grades.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Deadline {
    /// `A1` to `D4`.
    pub grades: Vec<String>,
    /// Working time until the first response.
    pub within: Delay,
}

/// How soon a lead wants to be called.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum Tier {
    /// Any grade.
    All,
    /// A warm grade.
    Warm,
    /// A hot grade.
    Hot,
}

codes!(Tier);

/// A salesperson.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Owner {
    /// Short name in rules, records and answers.
    pub id: String,
    /// What people call them.
    pub name: String,
    /// Where their alerts go.
    pub email: Email,
    /// The language of their emails.
    pub language: Locale,
    /// When they work.
    pub hours: Window,
    /// Their time zone; the campaign's without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// When they are away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leave: Vec<Leave>,
    /// Whether they take a share of the leads that match no rule.
    #[serde(default = "super::yes")]
    pub in_turn: bool,
}

/// Gives some leads to one owner.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Assign {
    /// The owner, by id.
    pub owner: String,
    /// Which leads.
    pub when: Condition,
}

/// What an answer must say. Exactly one of the three is set besides the field.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Condition {
    /// The field it looks at.
    pub field: String,
    /// The answer is one of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_of: Option<Vec<String>>,
    /// The number is at least this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<i64>,
    /// Something was answered, or nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filled: Option<bool>,
}

impl Condition {
    /// What the answer must say.
    pub fn answer(&self) -> Answer<'_> {
        Answer {
            field: &self.field,
            one_of: self.one_of.as_deref(),
            at_least: self.at_least,
            filled: self.filled,
        }
    }

    /// Whether these answers meet it, by field name.
    pub fn is_met_by(&self, answers: &BTreeMap<String, Personal>) -> bool {
        self.answer().is_met_by(answers)
    }
}

/// What sales accepts as qualified: a checklist for the person who decides.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Sql {
    /// Whether answers that meet every criterion make an SQL without anybody's word.
    #[serde(default)]
    pub by_answers: bool,
    /// All of them must be met.
    pub criteria: Vec<Criterion>,
}

/// One line of the checklist.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Criterion {
    /// What a salesperson reads.
    pub what: Text,
    /// When the answers meet it.
    pub when: Condition,
}

impl Sales {
    /// The owner of this id.
    pub fn owner(&self, id: &str) -> Option<&Owner> {
        self.owners.iter().find(|owner| owner.id == id)
    }

    /// The tier of a grade.
    pub fn tier(&self, grade: &str) -> Tier {
        let holds = |deadline: &Deadline| deadline.grades.iter().any(|one| one == grade);
        if holds(&self.deadlines.hot) {
            Tier::Hot
        } else if holds(&self.deadlines.warm) {
            Tier::Warm
        } else {
            Tier::All
        }
    }

    /// How soon a lead of this tier must be answered.
    pub fn within(&self, tier: Tier) -> &Delay {
        match tier {
            Tier::Hot => &self.deadlines.hot.within,
            Tier::Warm => &self.deadlines.warm.within,
            Tier::All => &self.deadlines.all,
        }
    }
}

impl Owner {
    /// Their working hours.
    pub fn hours(&self, campaign: &Campaign) -> Hours<'_> {
        let own = self.zone.as_deref().and_then(|zone| TimeZone::get(zone).ok());
        Hours {
            window: &self.hours,
            zone: own.unwrap_or_else(|| campaign.time_zone()),
            leave: &self.leave,
        }
    }
}
