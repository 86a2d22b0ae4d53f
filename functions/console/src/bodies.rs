//! What the API takes: the bodies of its posts.

use std::collections::BTreeMap;

use piste_adapters::http;
#[cfg(feature = "describe")]
use piste_adapters::users::Role;
#[cfg(feature = "describe")]
use piste_domain::kit::limits::{NOTE_CHARS_MAX, REASON_CHARS_MAX};
#[cfg(feature = "describe")]
use piste_domain::kit::vocabulary::Purpose;
#[cfg(feature = "describe")]
use piste_domain::lead::stage::Stage;
use piste_operations::mails;
#[cfg(feature = "describe")]
use piste_operations::qualify::OUTCOMES;
use piste_operations::qualify::{self, Attempt, Heard, Move};
use piste_operations::users;
#[cfg(feature = "describe")]
use piste_operations::users::NAME_CHARS_MAX;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::ConsoleError;

/// A body that a route takes.
pub trait Takes: DeserializeOwned {
    /// What to send, for whoever sent something else.
    const ADVICE: &'static str;

    /// Reads a body.
    ///
    /// # Errors
    /// [`ConsoleError::BadRequest`]: it has another shape.
    fn read(body: &[u8]) -> Result<Self, ConsoleError> {
        parsed(body, Self::ADVICE)
    }
}

/// A JSON body, each key once.
fn parsed<T: DeserializeOwned>(body: &[u8], advice: &'static str) -> Result<T, ConsoleError> {
    let refused = || ConsoleError::BadRequest("malformed", advice);
    let document = http::document("", body).map_err(|_| refused())?;
    serde_json::from_value(document).map_err(|_| refused())
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
    /// What a customer is worth, in euros.
    #[serde(default)]
    pub amount: Option<f64>,
    /// Takes back the latest move, which was a mistake: it counts in no figure any more.
    #[serde(default)]
    pub correction: bool,
}

impl Takes for MoveTo {
    const ADVICE: &'static str = "Send {\"to\":\"sql\",\"reason\":\"…\"}.";
}

impl MoveTo {
    /// The same for the operation.
    pub fn wanted(&self) -> Move<'_> {
        Move {
            to: &self.to,
            reason: &self.reason,
            amount: self.amount,
            correction: self.correction,
        }
    }
}

/// An attempt to reach a lead.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Attempted {
    /// What came of it. `reached` plans the decision; `no_answer` plans the next attempt, or recycles the lead after the
    /// last one; `not_a_fit` disqualifies the lead; `snooze` puts the task off.
    #[cfg_attr(feature = "describe", schemars(extend("enum" = OUTCOMES)))]
    pub outcome: String,
    /// What was said; with `not_a_fit`, why.
    #[serde(default)]
    #[cfg_attr(feature = "describe", schemars(length(max = NOTE_CHARS_MAX)))]
    pub note: String,
    /// Why it is not a fit, where the note does not say it.
    #[serde(default)]
    #[cfg_attr(feature = "describe", schemars(length(max = REASON_CHARS_MAX)))]
    pub reason: String,
    /// What the person answered, by field name: it counts as their own word.
    #[serde(default)]
    pub answers: BTreeMap<String, Value>,
    /// With `snooze`: until when. A moment, or a day or a time on the campaign's clock.
    #[serde(default)]
    pub until: Option<String>,
}

impl Takes for Attempted {
    const ADVICE: &'static str = "Send {\"outcome\":\"no_answer\"}.";
}

impl Attempted {
    /// The same for the operation.
    pub fn tried(&self) -> Attempt<'_> {
        Attempt {
            outcome: &self.outcome,
            note: &self.note,
            reason: &self.reason,
            answers: &self.answers,
            until: self.until.as_deref(),
        }
    }
}

/// A note about a lead.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct NoteText {
    /// What to remember.
    #[cfg_attr(feature = "describe", schemars(length(max = NOTE_CHARS_MAX), regex(pattern = r"\S")))]
    pub text: String,
}

impl Takes for NoteText {
    const ADVICE: &'static str = "Send {\"text\":\"…\"}.";
}

/// Whose a lead becomes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct AssignTo {
    /// The id of an owner in the campaign's `[[sales.owners]]`.
    pub owner: String,
}

impl Takes for AssignTo {
    const ADVICE: &'static str = "Send {\"owner\":\"…\"}.";
}

/// What a person answered.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Answered {
    /// By field name; an empty one takes back what was known.
    pub answers: BTreeMap<String, Value>,
    /// How it is known, for the lead's timeline.
    #[serde(default)]
    #[cfg_attr(feature = "describe", schemars(length(max = REASON_CHARS_MAX)))]
    pub reason: String,
}

impl Takes for Answered {
    const ADVICE: &'static str = "Send {\"answers\":{\"budget\":\"12000\"},\"reason\":\"…\"}.";
}

/// A user to add.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct NewUser {
    /// Unique in the workspace; appears next to what the user does.
    #[cfg_attr(feature = "describe", schemars(length(min = 1, max = NAME_CHARS_MAX)))]
    pub name: String,
    /// What the key may do.
    #[cfg_attr(feature = "describe", schemars(with = "Role"))]
    pub role: String,
    /// When the key ends: a moment, or the last day on which it works.
    #[serde(default)]
    pub expires_at: Option<String>,
}

impl Takes for NewUser {
    const ADVICE: &'static str = "Send {\"name\":\"Anne\",\"role\":\"sales\"}.";
}

impl NewUser {
    /// The same for the operation.
    pub fn wanted(&self) -> users::NewUser<'_> {
        users::NewUser {
            name: &self.name,
            role: &self.role,
            expires_at: self.expires_at.as_deref(),
        }
    }
}

/// How long a lead is kept.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct KeepUntil {
    /// A moment, or a day on the campaign's clock.
    pub until: String,
    /// Why, for the person who asks what is held.
    #[cfg_attr(feature = "describe", schemars(length(max = REASON_CHARS_MAX), regex(pattern = r"\S")))]
    pub reason: String,
}

impl Takes for KeepUntil {
    const ADVICE: &'static str = "Send {\"until\":\"2030-12-31\",\"reason\":\"…\"}.";
}

/// A lead that an operator adds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct NewLead {
    /// For which campaign.
    pub campaign: String,
    /// The address.
    #[serde(default)]
    pub email: Option<String>,
    /// The telephone number; alone only where the campaign's form knows people by it.
    #[serde(default)]
    pub phone: Option<String>,
    /// What the person said, by field name.
    #[serde(default)]
    pub answers: BTreeMap<String, Value>,
    /// Where the person comes from.
    #[serde(default)]
    pub source: Option<String>,
    /// A consent that somebody heard.
    #[serde(default)]
    pub consent: Option<HeardConsent>,
}

/// A consent that somebody heard.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct HeardConsent {
    /// What it is about.
    #[cfg_attr(feature = "describe", schemars(with = "Purpose"))]
    pub purpose: String,
    /// How it was said, such as `by telephone`.
    pub method: String,
    /// What proves it, such as `recording 2026-03-02`.
    pub evidence: String,
}

impl Takes for NewLead {
    const ADVICE: &'static str = "Send {\"campaign\":\"…\",\"email\":\"…\",\"answers\":{…}}.";
}

impl NewLead {
    /// The same for the operation.
    pub fn entry(&self) -> qualify::NewLead<'_> {
        qualify::NewLead {
            campaign: &self.campaign,
            email: self.email.as_deref(),
            phone: self.phone.as_deref(),
            answers: &self.answers,
            source: self.source.as_deref(),
            consent: self.consent.as_ref().map(|heard| Heard {
                purpose: &heard.purpose,
                method: &heard.method,
                evidence: &heard.evidence,
            }),
        }
    }
}

/// Where a test of an email goes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct TestMail {
    /// An address that the campaign's file names: an owner's, one of `[notify]`, or `reply_to`.
    pub to: String,
    /// In which language; the campaign's first without.
    #[serde(default)]
    pub lang: Option<String>,
    /// With the names of this lead.
    #[serde(default)]
    pub lead: Option<String>,
}

impl Takes for TestMail {
    const ADVICE: &'static str = "Send {\"to\":\"sales@example.com\"}.";
}

impl TestMail {
    /// The same for the operation.
    pub fn wanted(&self) -> mails::Test<'_> {
        mails::Test {
            to: &self.to,
            lang: self.lang.as_deref(),
            lead: self.lead.as_deref(),
        }
    }
}

/// For how many a mailing is approved.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Recipients {
    /// As a dry run of this moment counts them.
    pub recipients: u64,
}

impl Takes for Recipients {
    const ADVICE: &'static str = "Send {\"recipients\":120}, the number of a dry run.";
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
            body => parsed(body, Self::ADVICE),
        }
    }
}
