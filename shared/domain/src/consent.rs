//! Consent and its proof: what was asked in which words, what was answered, when and how.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::CampaignId;
use crate::locale::Locale;

/// What a consent is about. Each is asked and kept apart (GDPR art. 7, R62).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Mails of advice and offers.
    Marketing,
}

/// Why marketing mail is allowed (R63, CPCE L34-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Regime {
    /// The person agreed beforehand.
    B2cConsent,
    /// Information and a way out, for messages tied to the person's profession.
    B2bInterest,
}

/// Where a consent stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentState {
    /// Ticked, not yet confirmed by mail.
    Pending,
    /// In force.
    Given,
    /// Taken back.
    Withdrawn,
}

/// How the latest state came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A box ticked on a form.
    Form,
    /// The button of the confirmation page.
    DoubleOptIn,
    /// The mail client's own unsubscribe button (RFC 8058).
    OneClick,
    /// The button of the unsubscribe page.
    Page,
    /// A complaint reported by the mailbox provider.
    Complaint,
}

/// One consent with its proof. The proof is never changed: an answer adds its moment, a later asking is a new entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// What it is about.
    #[serde(rename = "p")]
    pub purpose: Purpose,
    /// Whose form asked.
    #[serde(rename = "c")]
    pub campaign: CampaignId,
    /// Where it stands.
    #[serde(rename = "s")]
    pub state: ConsentState,
    /// When the box was ticked.
    #[serde(rename = "a", with = "crate::lead::seconds")]
    pub asked_at: Timestamp,
    /// When it reached the present state.
    #[serde(rename = "at", with = "crate::lead::seconds")]
    pub at: Timestamp,
    /// When it was confirmed, if it ever was.
    #[serde(
        rename = "ok",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::lead::seconds::optional"
    )]
    pub confirmed_at: Option<Timestamp>,
    /// How it reached the present state.
    #[serde(rename = "m")]
    pub method: Method,
    /// Version of the wording.
    #[serde(rename = "v")]
    pub text_version: String,
    /// SHA-256 of the exact wording, in hexadecimal.
    #[serde(rename = "h")]
    pub text_hash: String,
    /// Language of the wording.
    #[serde(rename = "l")]
    pub locale: Locale,
    /// Version of the form's files that applied.
    #[serde(rename = "f")]
    pub form_version: String,
    /// The page of the form, without its query.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

impl Consent {
    /// Moves to a state: by whom and when go with it.
    pub fn move_to(&mut self, state: ConsentState, method: Method, now: Timestamp) {
        self.state = state;
        self.method = method;
        self.at = now;
        if method == Method::DoubleOptIn {
            self.confirmed_at = Some(now);
        }
    }
}
