//! What a person wishes of the mails they get: which topics, how often, in which language, and when to be left alone.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::campaign::{Campaign, Sequence, Step};
use crate::codes;
use crate::kit::ids::CampaignId;
use crate::kit::locale::Locale;
use crate::kit::vocabulary::Purpose;

/// What stands on the lead. A lead without wishes stores nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preferences {
    /// Topics they do not want.
    #[serde(rename = "t", default, skip_serializing_if = "BTreeSet::is_empty")]
    pub topics_off: BTreeSet<Topic>,
    /// How often.
    #[serde(rename = "f", default, skip_serializing_if = "Frequency::is_normal")]
    pub frequency: Frequency,
    /// Until when no marketing mail goes.
    #[serde(
        rename = "p",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::kit::seconds::optional"
    )]
    pub paused_until: Option<Timestamp>,
    /// When they last said so: a contact by the person (R65).
    #[serde(
        rename = "a",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::kit::seconds::optional"
    )]
    pub at: Option<Timestamp>,
}

impl Preferences {
    /// Whether nothing was ever wished.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the person does not want this step's topic.
    pub fn turns_off(&self, campaign: &Campaign, sequence: &Sequence, step: &Step) -> bool {
        let topic = step.topic.as_ref().or(sequence.topic.as_ref());
        topic.is_some_and(|topic| {
            self.topics_off
                .iter()
                .any(|off| off.0 == campaign.id && &off.1 == topic)
        })
    }

    /// Until when they want to be left alone, if that is still to come.
    pub fn pause_end(&self, now: Timestamp) -> Option<Timestamp> {
        self.paused_until.filter(|until| *until > now)
    }
}

/// A topic: whose, and its id there. Stored as a pair.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Topic(pub CampaignId, pub String);

/// How often marketing mail may come.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum Frequency {
    /// As the campaign plans it.
    #[default]
    Normal,
    /// At most one in seven days, whatever the campaign plans.
    Weekly,
}

codes!(Frequency);

impl Frequency {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_normal(&self) -> bool {
        *self == Self::Normal
    }

    /// The least time between two marketing mails; `None` leaves it to the campaign.
    pub fn least_gap(self) -> Option<SignedDuration> {
        (self == Self::Weekly).then_some(SignedDuration::from_hours(7 * 24))
    }
}

/// What a person does about a pause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pause {
    /// Leaves it as it is.
    #[default]
    Keep,
    /// Ends it.
    End,
    /// From now on, for 30 days.
    Days30,
    /// From now on, for 90 days.
    Days90,
}

impl Pause {
    /// The choice of a form's value: `keep`, `end`, `30` or `90`.
    pub fn from_code(code: &str) -> Option<Self> {
        Some(match code {
            "keep" => Self::Keep,
            "end" => Self::End,
            "30" => Self::Days30,
            "90" => Self::Days90,
            _ => return None,
        })
    }

    /// The end of the pause after this choice.
    pub fn apply(self, standing: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        let days = |n: i64| Some(now + SignedDuration::from_hours(24 * n));
        match self {
            Self::Keep => standing,
            Self::End => None,
            Self::Days30 => days(30),
            Self::Days90 => days(90),
        }
    }
}

/// What a person says on the preferences page: the whole of it, each time.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// Every topic they do not want; the others they do.
    pub topics_off: BTreeSet<Topic>,
    /// How often.
    pub frequency: Frequency,
    /// When to be left alone.
    pub pause: Pause,
    /// In which language.
    pub locale: Locale,
    /// Consents they take back, each for all campaigns. To give one again is another input.
    pub withdraw: BTreeSet<Purpose>,
}
