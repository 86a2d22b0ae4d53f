//! What the API takes: the bodies of its posts.

use piste_adapters::http::FieldError;
use piste_domain::input::SalesAction;
#[cfg(feature = "describe")]
use piste_domain::kit::limits::REASON_CHARS_MAX;
use piste_domain::lead::stage::Stage;
use piste_operations::reason;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::ConsoleError;
use crate::error::bad_reason;

/// A body that a route takes.
pub trait Takes: DeserializeOwned {
    /// What to send, for whoever sent something else.
    const ADVICE: &'static str;

    /// Reads a body.
    ///
    /// # Errors
    /// [`ConsoleError::BadRequest`]: it has another shape.
    fn read(body: &[u8]) -> Result<Self, ConsoleError> {
        serde_json::from_slice(body).map_err(|_| ConsoleError::BadRequest("malformed", Self::ADVICE))
    }
}

/// A move to another stage.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct MoveTo {
    /// The new stage.
    #[cfg_attr(feature = "describe", schemars(with = "Stage"))]
    pub to: String,
    /// Why, for the lead's timeline.
    #[cfg_attr(feature = "describe", schemars(length(max = REASON_CHARS_MAX), regex(pattern = r"\S")))]
    pub reason: String,
}

impl Takes for MoveTo {
    const ADVICE: &'static str = "Send {\"to\":\"sql\",\"reason\":\"…\"}.";
}

impl MoveTo {
    /// The stage and the reason, or both problems at once.
    ///
    /// # Errors
    /// [`ConsoleError::Fields`].
    pub fn checked(&self) -> Result<(Stage, String), ConsoleError> {
        let mut errors = Vec::new();
        let why = reason(&self.reason, true).map_err(|_| errors.push(bad_reason()));
        let stage = Stage::from_code(&self.to);
        if stage.is_none() {
            errors.push(FieldError {
                field: "to".into(),
                code: "unknown_stage",
                message: format!("Use one of: {}.", Stage::ALL.map(Stage::code).join(", ")),
            });
        }
        match (stage, why) {
            (Some(stage), Ok(why)) => Ok((stage, why)),
            _ => Err(ConsoleError::Fields(errors)),
        }
    }
}

/// An attempt to reach a lead.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema), schemars(extend(
    "if" = { "properties": { "outcome": { "const": "not_a_fit" } } },
    "then" = { "required": ["reason"], "properties": { "reason": { "pattern": "\\S" } } },
)))]
pub struct Attempted {
    /// What came of it. `reached` stops the reminders; `no_answer` plans the next attempt, or recycles the lead after the
    /// last one; `not_a_fit` disqualifies the lead; `snooze` puts the task off, a few times.
    #[cfg_attr(feature = "describe", schemars(extend("enum" = OUTCOMES)))]
    pub outcome: String,
    /// Why it is not a fit: required then, ignored otherwise.
    #[serde(default)]
    #[cfg_attr(feature = "describe", schemars(length(max = REASON_CHARS_MAX)))]
    pub reason: String,
}

impl Takes for Attempted {
    const ADVICE: &'static str = "Send {\"outcome\":\"no_answer\"}.";
}

/// The outcomes of an attempt.
const OUTCOMES: [&str; 4] = ["reached", "no_answer", "not_a_fit", "snooze"];

impl Attempted {
    /// What was done.
    ///
    /// # Errors
    /// [`ConsoleError::Fields`].
    pub fn action(&self) -> Result<SalesAction, ConsoleError> {
        match self.outcome.as_str() {
            "reached" => Ok(SalesAction::Reached),
            "no_answer" => Ok(SalesAction::NoAnswer),
            "snooze" => Ok(SalesAction::Snooze),
            "not_a_fit" => Ok(SalesAction::Reject(reason(&self.reason, true)?)),
            _ => Err(ConsoleError::Fields(vec![FieldError {
                field: "outcome".into(),
                code: "unknown_outcome",
                message: format!("Use one of: {}.", OUTCOMES.join(", ")),
            }])),
        }
    }
}

/// Why a suppression is lifted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Lift {
    /// Why, for the request log.
    #[cfg_attr(feature = "describe", schemars(length(max = REASON_CHARS_MAX), regex(pattern = r"\S")))]
    pub reason: String,
}

impl Takes for Lift {
    const ADVICE: &'static str = "Send {\"reason\":\"…\"}.";
}

/// Why sending is held or released.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Reason {
    /// Required to hold.
    #[serde(default)]
    #[cfg_attr(feature = "describe", schemars(length(max = REASON_CHARS_MAX)))]
    pub reason: String,
}

impl Takes for Reason {
    const ADVICE: &'static str = "Send {\"reason\":\"…\"}.";

    /// An empty body means no reason.
    fn read(body: &[u8]) -> Result<Self, ConsoleError> {
        match body {
            [] => Ok(Self::default()),
            body => serde_json::from_slice(body).map_err(|_| ConsoleError::BadRequest("malformed", Self::ADVICE)),
        }
    }
}
