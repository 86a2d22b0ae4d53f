//! The form, its thank-you page and the page that confirms an opt-in.

use serde::{Deserialize, Serialize};

use crate::campaign::field::Field;
use crate::kit::locale::Text;

/// The form and its thank-you page.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Form {
    /// What a person is known by.
    #[serde(default, skip_serializing_if = "Identity::is_email")]
    pub identity: Identity,
    /// Heading of the hosted page.
    pub title: Text,
    /// One short paragraph under it.
    pub intro: Text,
    /// Words on the button.
    pub button: Text,
    /// Heading of the thank-you page.
    pub thanks_title: Text,
    /// What happens next.
    pub thanks_text: Text,
    /// Sites whose pages may post by script and may be `_next` targets: `https://host[:port]`, nothing after.
    #[serde(default)]
    pub origins: Vec<String>,
    /// What is asked, in order.
    pub fields: Vec<Field>,
}

/// What a person is known by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum Identity {
    /// The email address, which every post must hold.
    #[default]
    Email,
    /// The address, or the telephone number where a post has none: such a lead gets calls, never emails.
    EmailOrPhone,
}

impl Identity {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_email(&self) -> bool {
        *self == Self::Email
    }
}

/// The confirmation page. Its button has the same words as the button of the email, so that people see they are not done before.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct OptIn {
    /// Heading before confirming.
    pub title: Text,
    /// What the button does.
    pub text: Text,
    /// Words on the button, and on the button of the email.
    pub button: Text,
    /// Heading after it.
    pub done_title: Text,
    /// What happens next.
    pub done_text: Text,
}
