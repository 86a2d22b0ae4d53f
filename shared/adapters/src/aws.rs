//! The clients of DynamoDB and SES and the connection to S3, set up for a fast first answer: TLS by ring (no CPU-jitter entropy), Amazon's five
//! roots embedded, credentials straight from the environment, HTTP/1.1 on one connection, every call with a timeout.

use std::fmt;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::HttpConnectorSettings;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use piste_domain::Locale;

use crate::advice;
use crate::config::Aws;

/// <https://www.amazontrust.com/repository/>: every AWS endpoint chains to one of these.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon-roots.pem");

/// One try at SES. SES usually answers within a second; what takes longer is settled by its event.
pub const SES_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a client could not be built.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The file named by `AWS_CA_BUNDLE` cannot be read.
    CaBundle(std::io::Error),
    /// The roots do not parse.
    Tls(String),
}

/// As the log of a function says it.
impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Locale::En))
    }
}

impl SetupError {
    /// What is wrong, for the person who starts it.
    pub fn say(&self, locale: Locale) -> String {
        match self {
            Self::CaBundle(error) => advice::ca_bundle(locale, &advice::os_error(locale, error)),
            Self::Tls(error) => advice::bad_certificates(locale, error),
        }
    }
}

/// The DynamoDB client: up to three tries with back-off, since its writes are conditional and so safe to repeat.
///
/// Four seconds a call at the most: three of them in a row still fit into the 15 s of a function, so that a visitor is told to try again.
///
/// # Errors
/// [`SetupError`] when `AWS_CA_BUNDLE` is set and unusable.
pub fn dynamodb(aws: &Aws) -> Result<aws_sdk_dynamodb::Client, SetupError> {
    let mut config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
        .region(aws_sdk_dynamodb::config::Region::new(aws.region.clone()))
        .credentials_provider(credentials(aws))
        .http_client(http_client(aws, aws.dynamodb_endpoint.as_deref())?)
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(50)))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(1))
                .operation_attempt_timeout(Duration::from_secs(2))
                .operation_timeout(Duration::from_secs(4))
                .build(),
        );
    config.set_endpoint_url(aws.dynamodb_endpoint.clone());
    Ok(aws_sdk_dynamodb::Client::from_conf(config.build()))
}

/// The SES client: exactly one request a call, because SES cannot tell a repeated mail from a new one (R6).
///
/// # Errors
/// [`SetupError`] when `AWS_CA_BUNDLE` is set and unusable.
pub fn ses(aws: &Aws) -> Result<aws_sdk_ses::Client, SetupError> {
    let mut config = aws_sdk_ses::Config::builder()
        .behavior_version(aws_sdk_ses::config::BehaviorVersion::latest())
        .region(aws_sdk_ses::config::Region::new(aws.region.clone()))
        .credentials_provider(credentials(aws))
        .http_client(http_client(aws, aws.ses_endpoint.as_deref())?)
        .retry_config(RetryConfig::disabled())
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(2))
                .operation_attempt_timeout(SES_TIMEOUT)
                .operation_timeout(SES_TIMEOUT)
                .build(),
        );
    config.set_endpoint_url(aws.ses_endpoint.clone());
    Ok(aws_sdk_ses::Client::from_conf(config.build()))
}

pub(crate) fn credentials(aws: &Aws) -> Credentials {
    Credentials::new(
        aws.access_key_id.clone(),
        aws.secret_access_key.clone(),
        aws.session_token.clone(),
        None,
        "environment",
    )
}

/// The connection to S3, for one request now and then.
///
/// # Errors
/// [`SetupError`] when `AWS_CA_BUNDLE` is set and unusable.
pub fn s3(aws: &Aws) -> Result<Connector, SetupError> {
    let timeouts = HttpConnectorSettings::builder()
        .connect_timeout(Duration::from_secs(1))
        .read_timeout(Duration::from_secs(5))
        .build();
    let builder = Connector::builder().connector_settings(timeouts);
    if aws.s3_endpoint.as_deref().is_some_and(|url| url.starts_with("http://")) {
        return Ok(builder.build_http());
    }
    Ok(builder
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(tls(aws)?)
        .build())
}

fn http_client(aws: &Aws, endpoint: Option<&str>) -> Result<aws_sdk_dynamodb::config::SharedHttpClient, SetupError> {
    let builder = aws_smithy_http_client::Builder::new();
    if endpoint.is_some_and(|url| url.starts_with("http://")) {
        return Ok(builder.build_http());
    }
    Ok(builder
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(tls(aws)?)
        .build_https())
}

fn tls(aws: &Aws) -> Result<TlsContext, SetupError> {
    let roots = match &aws.ca_bundle {
        Some(path) => std::fs::read(path).map_err(SetupError::CaBundle)?,
        None => AMAZON_ROOTS.to_vec(),
    };
    TlsContext::builder()
        .with_trust_store(TrustStore::empty().with_pem_certificate(roots))
        .build()
        .map_err(|error| SetupError::Tls(error.to_string()))
}
