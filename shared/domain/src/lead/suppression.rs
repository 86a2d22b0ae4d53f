//! Why emails stop, and what an operator lifted of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::codes;
use crate::kit::personal::Personal;
use crate::kit::seconds;
use crate::kit::vocabulary::ExitReason;

/// Why no more mail goes to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// Why.
    #[serde(rename = "r")]
    pub reason: SuppressionReason,
    /// Since when.
    #[serde(rename = "a", with = "seconds")]
    pub at: Timestamp,
    /// Since when the person's own no lies under a stronger reason, if one does: it stays when that is lifted. A
    /// complaint is a no by itself.
    #[serde(
        rename = "n",
        default,
        skip_serializing_if = "Option::is_none",
        with = "seconds::optional"
    )]
    pub own_no: Option<Timestamp>,
}

impl Suppression {
    /// The stop after one more reason: a stronger one takes the place of a weaker, never the reverse, and a no is never
    /// forgotten.
    pub(crate) fn after(present: Option<Self>, reason: SuppressionReason, now: Timestamp) -> Self {
        let no_since = |stop: Self| match stop.reason {
            SuppressionReason::Unsubscribe => Some(stop.at),
            _ => stop.own_no,
        };
        let own_no = present
            .and_then(no_since)
            .or((reason == SuppressionReason::Unsubscribe).then_some(now));
        match present {
            Some(present) if present.reason >= reason && present.reason == SuppressionReason::Unsubscribe => present,
            Some(present) if present.reason >= reason => Self { own_no, ..present },
            _ => Self {
                reason,
                at: now,
                own_no: own_no.filter(|_| reason != SuppressionReason::Unsubscribe),
            },
        }
    }
}

/// A stop that an operator lifted (R69).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lift {
    /// What it was.
    #[serde(rename = "w")]
    pub was: SuppressionReason,
    /// When it was lifted.
    #[serde(rename = "a", with = "seconds")]
    pub at: Timestamp,
    /// Why, in the operator's words.
    #[serde(rename = "r")]
    pub reason: Personal,
}

/// Reasons to stop, weakest first: a stronger one is never replaced by a weaker.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum SuppressionReason {
    /// The person opted out of marketing; what they ask for still goes.
    Unsubscribe,
    /// Too many soft bounces.
    SoftBounces,
    /// The address does not work.
    Bounce,
    /// The person complained.
    Complaint,
}

codes!(SuppressionReason);

impl SuppressionReason {
    /// Whether the person said no, and not the post office.
    pub fn is_their_no(self) -> bool {
        matches!(self, Self::Unsubscribe | Self::Complaint)
    }

    /// The exit it causes.
    pub fn exit(self) -> ExitReason {
        match self {
            Self::Unsubscribe => ExitReason::Unsubscribe,
            Self::SoftBounces | Self::Bounce => ExitReason::Bounce,
            Self::Complaint => ExitReason::Complaint,
        }
    }
}
