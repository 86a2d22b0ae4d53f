//! The secret of a destination, as `piste secret NAME` takes it.

use std::fmt;

use serde::Deserialize;

/// What a CRM is proved to by.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// HubSpot's service key, Pipedrive's token.
    Token(String),
    /// Salesforce: an external client app with client credentials.
    Salesforce {
        /// The app's id.
        client_id: String,
        /// The app's secret.
        client_secret: String,
        /// The owner's domain: `acme`, or `acme.my.salesforce.com`.
        domain: String,
    },
    /// Zoho: a self client.
    Zoho {
        /// The client's id.
        client_id: String,
        /// The client's secret.
        client_secret: String,
        /// The refresh token; it does not expire.
        refresh_token: String,
        /// The data centre: `eu`, `com`, `in`, `com.au`, `jp`, `com.cn`, `ca`, `sa`.
        data_centre: String,
    },
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// What is wrong with a secret; never the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretProblem {
    /// Empty, or with blanks or control characters inside.
    NoToken,
    /// Not the object of this CRM, or a member is missing or empty.
    NoObject,
    /// The domain is none of `*.my.salesforce.com`.
    NoDomain,
    /// No data centre of Zoho's.
    NoDataCentre,
}

/// Zoho's data centres: the name, the host that gives tokens, the host of the API
/// (zoho.com/accounts/protocol/oauth/multi-dc.html).
pub(crate) const DATA_CENTRES: [(&str, &str, &str); 8] = [
    ("com", "accounts.zoho.com", "www.zohoapis.com"),
    ("eu", "accounts.zoho.eu", "www.zohoapis.eu"),
    ("in", "accounts.zoho.in", "www.zohoapis.in"),
    ("com.au", "accounts.zoho.com.au", "www.zohoapis.com.au"),
    ("jp", "accounts.zoho.jp", "www.zohoapis.jp"),
    ("com.cn", "accounts.zoho.com.cn", "www.zohoapis.com.cn"),
    ("ca", "accounts.zohocloud.ca", "www.zohoapis.ca"),
    ("sa", "accounts.zoho.sa", "www.zohoapis.sa"),
];

impl Secret {
    /// A key that is a text.
    ///
    /// # Errors
    /// When it is empty or has blanks inside.
    pub fn token(text: &str) -> Result<Self, SecretProblem> {
        let text = text.trim();
        let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic());
        plain
            .then(|| Self::Token(text.to_owned()))
            .ok_or(SecretProblem::NoToken)
    }

    /// `{"client_id","client_secret","domain"}`.
    ///
    /// # Errors
    /// When a member is missing, or the domain is another's.
    pub fn salesforce(text: &str) -> Result<Self, SecretProblem> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Written {
            client_id: String,
            client_secret: String,
            domain: String,
        }
        let written: Written = serde_json::from_str(text).map_err(|_| SecretProblem::NoObject)?;
        if written.client_id.is_empty() || written.client_secret.is_empty() {
            return Err(SecretProblem::NoObject);
        }
        let name = written.domain.trim_start_matches("https://").trim_end_matches('/');
        let name = name.trim_end_matches(".my.salesforce.com").to_ascii_lowercase();
        // A sandbox's name has two dashes, and `.sandbox` after it.
        let label = |label: &str| {
            !label.is_empty()
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
        };
        if !name.split('.').all(label) || name.split('.').count() > 2 {
            return Err(SecretProblem::NoDomain);
        }
        Ok(Self::Salesforce {
            client_id: written.client_id,
            client_secret: written.client_secret,
            domain: name,
        })
    }

    /// `{"client_id","client_secret","refresh_token","data_centre"}`.
    ///
    /// # Errors
    /// When a member is missing, or there is no such data centre.
    pub fn zoho(text: &str) -> Result<Self, SecretProblem> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Written {
            client_id: String,
            client_secret: String,
            refresh_token: String,
            data_centre: String,
        }
        let written: Written = serde_json::from_str(text).map_err(|_| SecretProblem::NoObject)?;
        if [&written.client_id, &written.client_secret, &written.refresh_token]
            .iter()
            .any(|text| text.is_empty())
        {
            return Err(SecretProblem::NoObject);
        }
        let data_centre = written.data_centre.trim_start_matches('.').to_ascii_lowercase();
        if !DATA_CENTRES.iter().any(|(name, ..)| *name == data_centre) {
            return Err(SecretProblem::NoDataCentre);
        }
        Ok(Self::Zoho {
            client_id: written.client_id,
            client_secret: written.client_secret,
            refresh_token: written.refresh_token,
            data_centre,
        })
    }
}
