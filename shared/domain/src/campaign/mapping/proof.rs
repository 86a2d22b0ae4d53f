//! How a source proves that it is itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::codes;

/// How another system proves that a message is its own. The field names are those of the file.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Proof {
    /// Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
    #[default]
    Standard,
    /// HubSpot's signature, version 3.
    HubspotV3,
    /// Typeform's signature.
    Typeform,
    /// Stripe's signature.
    Stripe,
    /// Calendly's signature.
    Calendly,
    /// Meta's signature, and its challenge by GET.
    Meta,
    /// Name and password, as browsers send them.
    Basic,
    /// A text in a header.
    Header,
    /// A text in the body.
    BodyToken,
}

codes!(Proof);

impl Proof {
    /// Whether the text of a secret can serve it.
    pub fn takes(self, secret: &str) -> bool {
        match self {
            Self::Basic => secret.split_once(':').is_some_and(|(user, _)| !user.is_empty()),
            Self::Meta => MetaSecret::read(secret).is_some(),
            Self::Standard => standard_secret(secret).is_some(),
            _ => true,
        }
    }
}

/// What a secret of Standard Webhooks begins with.
pub const STANDARD_PREFIX: &str = "whsec_";

/// The bytes of a secret of Standard Webhooks: `whsec_` and 24 to 64 bytes in base64. `None` for any other text.
pub fn standard_secret(text: &str) -> Option<Vec<u8>> {
    let bytes = BASE64.decode(text.strip_prefix(STANDARD_PREFIX)?).ok()?;
    (24..=64).contains(&bytes.len()).then_some(bytes)
}

/// The secret of a source of Meta's: `{"app_secret","verify_token"}`.
#[derive(Deserialize)]
pub struct MetaSecret {
    /// Signs its messages.
    pub app_secret: String,
    /// What its challenge must hold.
    pub verify_token: String,
}

impl MetaSecret {
    /// Reads the text; `None` where it is not one, or a part of it is empty.
    pub fn read(text: &str) -> Option<Self> {
        let read: Self = serde_json::from_str(text).ok()?;
        (!read.app_secret.is_empty() && !read.verify_token.is_empty()).then_some(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_files_are_those_of_the_codes() {
        for proof in Proof::ALL {
            assert_eq!(serde_json::to_value(proof).expect("json"), proof.code());
        }
        assert_eq!(Proof::HubspotV3.code(), "hubspot_v3");
        assert_eq!(Proof::BodyToken.code(), "body_token");
    }

    #[test]
    fn a_secret_must_fit_its_proof() {
        let check = |proof: Proof, text: &str, fits| assert_eq!(proof.takes(text), fits, "{proof:?} {text}");
        check(Proof::Basic, "user:pass:word", true);
        check(Proof::Basic, "user:", true);
        check(Proof::Basic, "password", false);
        check(Proof::Basic, ":password", false);
        check(Proof::Meta, r#"{"app_secret":"s","verify_token":"t"}"#, true);
        check(Proof::Meta, r#"{"app_secret":"s"}"#, false);
        check(Proof::Meta, r#"{"app_secret":"","verify_token":"t"}"#, false);
        check(Proof::Meta, "s", false);
        check(Proof::Standard, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", true);
        check(Proof::Standard, "anything", false);
        check(Proof::Standard, "whsec_", false);
        check(Proof::Standard, "whsec_anything at all", false);
        check(Proof::Standard, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", false);
        for (bytes, fits) in [(23, false), (24, true), (64, true), (65, false)] {
            let text = format!("whsec_{}", BASE64.encode(vec![7; bytes]));
            check(Proof::Standard, &text, fits);
        }
        check(Proof::Stripe, "anything", true);
    }
}
