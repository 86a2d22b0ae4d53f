//! The settings of a function, all from its environment. The one file that reads it.

use std::path::PathBuf;

use piste_domain::Locale;

use crate::advice;

/// What a function needs to know to start.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The table of leads and campaigns.
    pub table: String,
    /// The table of keys.
    pub keys_table: String,
    /// How the public reaches the system: `https://host`, no slash at the end. Links in emails start with it.
    pub base_url: String,
    /// The SES configuration set every email is sent with: it says where events go.
    pub configuration_set: String,
    /// Where replies come in: the domain of each lead's own `Reply-To`. Without one, replies go to the campaign's `reply_to`.
    pub reply_domain: Option<String>,
    /// The bucket in which SES leaves what comes to that domain.
    pub inbox: Option<String>,
    /// How many ways the `due` index is split.
    pub due_shards: u32,
    /// How to reach AWS.
    pub aws: Aws,
}

/// How to reach AWS: the variables that Lambda sets for every function, and the standard ones that move an endpoint.
#[derive(Clone)]
pub struct Aws {
    /// `AWS_REGION`.
    pub region: String,
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: String,
    /// `AWS_SESSION_TOKEN`.
    pub session_token: Option<String>,
    /// `AWS_ENDPOINT_URL_DYNAMODB`, else `AWS_ENDPOINT_URL`.
    pub dynamodb_endpoint: Option<String>,
    /// `AWS_ENDPOINT_URL_SES`, else `AWS_ENDPOINT_URL`.
    pub ses_endpoint: Option<String>,
    /// `AWS_ENDPOINT_URL_S3`, else `AWS_ENDPOINT_URL`.
    pub s3_endpoint: Option<String>,
    /// `AWS_CA_BUNDLE`: roots to trust instead of Amazon's, in PEM.
    pub ca_bundle: Option<PathBuf>,
}

impl std::fmt::Debug for Aws {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Aws")
            .field("region", &self.region)
            .field("credentials", &"hidden")
            .finish_non_exhaustive()
    }
}

/// How many ways the `due` index is split. Four cost next to nothing idle and carry thousands of writes a second.
pub const DUE_SHARDS: u32 = 4;

/// Every setting that is missing, by the name of its variable.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{}", advice::set_variables(Locale::En, &.0.join(", ")))]
pub struct Missing(pub Vec<String>);

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    /// Names every variable that is missing, at once.
    pub fn from_env() -> Result<Self, Missing> {
        Self::read(env)
    }

    /// Reads settings from anything that answers names.
    ///
    /// # Errors
    /// Names every variable that is missing, at once.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, Missing> {
        let mut missing = Vec::new();
        let mut need = |name: &str| {
            get(name).unwrap_or_else(|| {
                missing.push(name.to_owned());
                String::new()
            })
        };
        let settings = Self {
            table: need("PISTE_TABLE"),
            keys_table: need("PISTE_KEYS_TABLE"),
            base_url: need("PISTE_BASE_URL").trim_end_matches('/').to_owned(),
            configuration_set: get("PISTE_CONFIGURATION_SET").unwrap_or_default(),
            reply_domain: get("PISTE_REPLY_DOMAIN").map(|domain| domain.to_ascii_lowercase()),
            inbox: get("PISTE_INBOX"),
            due_shards: DUE_SHARDS,
            aws: Aws {
                region: need("AWS_REGION"),
                access_key_id: need("AWS_ACCESS_KEY_ID"),
                secret_access_key: need("AWS_SECRET_ACCESS_KEY"),
                session_token: get("AWS_SESSION_TOKEN"),
                dynamodb_endpoint: get("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| get("AWS_ENDPOINT_URL")),
                ses_endpoint: get("AWS_ENDPOINT_URL_SES").or_else(|| get("AWS_ENDPOINT_URL")),
                s3_endpoint: get("AWS_ENDPOINT_URL_S3").or_else(|| get("AWS_ENDPOINT_URL")),
                ca_bundle: get("AWS_CA_BUNDLE").map(PathBuf::from),
            },
        };
        if missing.is_empty() {
            Ok(settings)
        } else {
            Err(Missing(missing))
        }
    }
}

/// The function's name as deployed, which Lambda sets.
pub fn deployed_name() -> Option<String> {
    env("AWS_LAMBDA_FUNCTION_NAME")
}

/// The CloudWatch namespace of the metrics in log lines; without one, lines carry none.
pub fn metrics_namespace() -> Option<String> {
    env("PISTE_METRICS")
}

/// One variable of the environment; blank counts as absent.
#[expect(clippy::disallowed_methods, reason = "the one place where the environment is read")]
pub fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_missing_setting_is_named_at_once() {
        let Missing(names) = Settings::read(|_| None).expect_err("nothing is set");
        assert_eq!(
            names,
            [
                "PISTE_TABLE",
                "PISTE_KEYS_TABLE",
                "PISTE_BASE_URL",
                "AWS_REGION",
                "AWS_ACCESS_KEY_ID",
                "AWS_SECRET_ACCESS_KEY"
            ]
        );
    }

    #[test]
    fn credentials_hide_themselves() {
        let settings = Settings::read(|name| Some(format!("value-of-{name}"))).expect("all set");
        assert!(!format!("{settings:?}").contains("value-of-AWS_SECRET"));
        assert_eq!(
            settings.aws.ses_endpoint.as_deref(),
            Some("value-of-AWS_ENDPOINT_URL_SES")
        );
    }
}
