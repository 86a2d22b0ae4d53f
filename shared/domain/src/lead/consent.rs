//! Consent and its proof: what was asked in which words, what was answered, when and how.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::codes;
use crate::kit::ids::CampaignId;
use crate::kit::locale::Locale;
use crate::kit::personal::Personal;
use crate::kit::stored::is_zero;
use crate::kit::vocabulary::Purpose;
use crate::lead::enquiry::Enquiry;

/// Where a consent stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum ConsentState {
    /// Ticked, not yet confirmed by mail.
    Pending,
    /// In force.
    Given,
    /// Never confirmed in time: no marketing ever goes by it.
    Lapsed,
    /// Taken back.
    Withdrawn,
}

codes!(ConsentState);

/// How the latest state came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
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
    /// The preferences page, by signed link.
    Preferences,
    /// Nobody: the time for which it was given is over (R65).
    Retention,
    /// Another system of the owner's, where the person said so.
    Reported,
    /// An operator, who wrote down what the person said and what proves it.
    Operator,
}

codes!(Method);

impl Method {
    /// Whether the person did it, by a link that only their mailbox has: what lifts a no, and what a contact is.
    pub fn is_their_own_link(self) -> bool {
        matches!(
            self,
            Self::DoubleOptIn | Self::OneClick | Self::Page | Self::Preferences
        )
    }
}

/// A hash in hexadecimal, stored in unpadded base64url (RFC 4648, section 5). What is no hash is stored as it is.
mod hash {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
    use serde::{Deserialize as _, Deserializer, Serializer};

    const BYTES: usize = 32;

    pub fn serialize<S: Serializer>(hex: &str, serializer: S) -> Result<S::Ok, S::Error> {
        let digits = hex.as_bytes().chunks_exact(2);
        let bytes: Option<Vec<u8>> = digits
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        match bytes.filter(|bytes| bytes.len() == BYTES && hex.len() == 2 * BYTES) {
            Some(bytes) => serializer.serialize_str(&BASE64.encode(bytes)),
            None => serializer.serialize_str(hex),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64.decode(&text).ok().filter(|bytes| bytes.len() == BYTES);
        Ok(bytes.map_or(text, |bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }
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
    #[serde(rename = "a", with = "crate::kit::seconds")]
    pub asked_at: Timestamp,
    /// Of several enquiries of one second, which one asked.
    #[serde(rename = "i", default, skip_serializing_if = "is_zero")]
    pub serial: u16,
    /// When it reached the present state.
    #[serde(rename = "at", with = "crate::kit::seconds")]
    pub at: Timestamp,
    /// When it was confirmed, if it ever was.
    #[serde(
        rename = "ok",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::kit::seconds::optional"
    )]
    pub confirmed_at: Option<Timestamp>,
    /// How it reached the present state.
    #[serde(rename = "m")]
    pub method: Method,
    /// Version of the wording.
    #[serde(rename = "v")]
    pub text_version: String,
    /// SHA-256 of the exact wording, in hexadecimal; stored a third shorter.
    #[serde(rename = "h", with = "hash")]
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
    /// Version of the privacy notice that was shown (R73); empty in proofs older than this field.
    #[serde(rename = "n", default, skip_serializing_if = "String::is_empty")]
    pub notice: String,
    /// Where somebody wrote it down who heard it: how it was said and what proves it, in their words, and who wrote it.
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
}

/// What proves a consent that somebody wrote down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// How it was said.
    #[serde(rename = "m")]
    pub method: Personal,
    /// What proves it.
    #[serde(rename = "e")]
    pub evidence: Personal,
    /// Who wrote it down.
    #[serde(rename = "b")]
    pub by: String,
}

impl Consent {
    /// Whether this enquiry asked for it.
    pub fn is_of(&self, enquiry: &Enquiry) -> bool {
        (&self.campaign, self.asked_at, self.serial) == (&enquiry.campaign, enquiry.at, enquiry.serial)
    }

    /// Whether it is neither in force nor can become so.
    pub fn is_over(&self) -> bool {
        matches!(self.state, ConsentState::Withdrawn | ConsentState::Lapsed)
    }

    /// Moves to a state: by whom and when go with it.
    pub fn move_to(&mut self, state: ConsentState, method: Method, now: Timestamp) {
        self.state = state;
        self.method = method;
        self.at = now;
        if state == ConsentState::Given && method.is_their_own_link() {
            self.confirmed_at = Some(now);
        }
    }

    /// Since when it was in force at a moment; `None` when it was not.
    pub fn in_force_since(&self, at: Timestamp) -> Option<Timestamp> {
        let since = match (self.confirmed_at, self.state) {
            (Some(confirmed), _) => confirmed,
            (None, ConsentState::Given) => self.at,
            (None, _) => return None,
        };
        let over = (self.state == ConsentState::Withdrawn).then_some(self.at);
        (since <= at && over.is_none_or(|over| at <= over)).then_some(since)
    }

    /// Whether it is in force because the person said so by a link that only their mailbox has.
    pub fn is_their_own(&self) -> bool {
        self.state == ConsentState::Given && self.method.is_their_own_link()
    }
}
