//! SES: one raw mail to one recipient, one request, one outcome.

use aws_sdk_ses::Client;
use aws_sdk_ses::config::http::HttpResponse;
use aws_sdk_ses::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ses::operation::send_raw_email::SendRawEmailError;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::{MessageTag, RawMessage};
use piste_domain::lead::ledger::Outcome;
use piste_domain::rules::effect::MailOrder;
use piste_domain::rules::sending::Quota;

use crate::aws;
use crate::config::Settings;

/// Where a canary goes: SES's own simulator takes it, reports it, and charges neither the daily quota nor the reputation.
/// Source: SES developer guide, "Using the mailbox simulator".
pub const CANARY_ADDRESS: &str = "success@simulator.amazonses.com";
/// The tag of a canary: when it left, in seconds since 1970.
pub const CANARY_TAG: &str = "canary";

/// Hands emails to SES. Production has one kind; the simulation has its own.
#[derive(Clone, Debug)]
pub enum Mailer {
    /// SES, or an endpoint that speaks its protocol.
    Ses(Ses),
    /// A mail service in memory, for the simulation.
    #[cfg(feature = "simulation")]
    Simulated(std::sync::Arc<dyn MailService>),
}

/// SES by its client.
#[derive(Clone, Debug)]
pub struct Ses {
    client: Client,
    configuration_set: String,
}

/// A mail service of the simulation: what SES shows of itself.
#[cfg(feature = "simulation")]
pub trait MailService: std::fmt::Debug + Send + Sync {
    /// Takes an email, or not; may never return, because the process dies here.
    fn send<'a>(&'a self, parcel: Parcel<'a>, mime: Vec<u8>) -> futures_util::future::BoxFuture<'a, Outcome>;
    /// What it grants and what of it is used; `None` without an answer.
    fn quota(&self) -> futures_util::future::BoxFuture<'_, Option<(Quota, u64)>>;
}

/// What is written on the outside of an email.
#[derive(Clone, Debug)]
pub struct Parcel<'a> {
    /// The verified sender.
    pub from: &'a str,
    /// The one recipient.
    pub to: &'a str,
    /// What brings SES's events back to the ledger: names, and values that are ids only.
    pub tags: Vec<(&'static str, &'a str)>,
}

impl<'a> Parcel<'a> {
    /// The outside of an email of a lead.
    pub fn of(order: &'a MailOrder, from: &'a str) -> Self {
        Self {
            from,
            to: order.to.expose(),
            tags: vec![
                ("lead_id", order.lead.as_str()),
                ("send_id", order.send_id.as_str()),
                ("campaign", order.campaign.as_str()),
                ("step", &order.step),
                ("class", order.class.code()),
            ],
        }
    }
}

impl Mailer {
    /// A mailer by these settings.
    ///
    /// # Errors
    /// [`aws::SetupError`].
    pub fn new(settings: &Settings) -> Result<Self, aws::SetupError> {
        Ok(Self::Ses(Ses {
            client: aws::ses(&settings.aws)?,
            configuration_set: settings.configuration_set.clone(),
        }))
    }

    /// Sends one email; exactly one request leaves, whatever happens (R6).
    pub async fn send(&self, parcel: Parcel<'_>, mime: Vec<u8>) -> Outcome {
        match self {
            Self::Ses(ses) => ses.send(parcel, mime).await,
            #[cfg(feature = "simulation")]
            Self::Simulated(service) => service.send(parcel, mime).await,
        }
    }

    /// What SES grants and how much of the day's is used; `None` when it does not say.
    /// Source: SES API 2010-12-01, `GetSendQuota` (may be called once a second; -1 a day is no limit).
    pub async fn quota(&self) -> Option<(Quota, u64)> {
        match self {
            Self::Ses(ses) => ses.quota().await,
            #[cfg(feature = "simulation")]
            Self::Simulated(service) => service.quota().await,
        }
    }
}

impl Ses {
    /// The tags bring SES's events back to the ledger; they hold ids only. API parameters win over headers of the
    /// mail and are not merged with them, so both are set here and only here.
    /// Source: SES API 2010-12-01, `SendRawEmail`.
    async fn send(&self, parcel: Parcel<'_>, mime: Vec<u8>) -> Outcome {
        let raw = RawMessage::builder()
            .data(Blob::new(mime))
            .build()
            .expect("data is set");
        let tag = |(name, value): (&str, &str)| {
            MessageTag::builder()
                .name(name)
                .value(value)
                .build()
                .expect("name and value are set")
        };
        let request = self
            .client
            .send_raw_email()
            .source(parcel.from)
            .destinations(parcel.to)
            .raw_message(raw)
            .set_tags(Some(parcel.tags.into_iter().map(tag).collect()));
        let set = Some(self.configuration_set.clone()).filter(|set| !set.is_empty());
        match request.set_configuration_set_name(set).send().await {
            Ok(accepted) => Outcome::Accepted {
                message_id: accepted.message_id().to_owned(),
            },
            Err(error) => classify(&error),
        }
    }

    async fn quota(&self) -> Option<(Quota, u64)> {
        let answer = self.client.get_send_quota().send().await.ok()?;
        // Whole numbers, sent as 14.0; below one a second is one.
        let quota = Quota {
            per_second: (answer.max_send_rate().min(1e6) as u32).max(1),
            per_day: (answer.max24_hour_send() >= 0.0).then_some(answer.max24_hour_send() as u64),
        };
        Some((quota, answer.sent_last24_hours().max(0.0) as u64))
    }
}

/// The one table from SES's answers to outcomes. What is not in it is ambiguous (R7).
fn classify(error: &SdkError<SendRawEmailError, HttpResponse>) -> Outcome {
    match error {
        // Nothing left this machine.
        SdkError::ConstructionFailure(_) => Outcome::RefusedForNow {
            code: "construction".into(),
        },
        SdkError::DispatchFailure(_) if never_connected(error) => Outcome::RefusedForNow {
            code: "unreachable".into(),
        },
        SdkError::ServiceError(answer) if answer.raw().status().is_client_error() => by_code(answer.err()),
        _ => Outcome::Ambiguous,
    }
}

fn by_code(error: &SendRawEmailError) -> Outcome {
    let code = error.code().unwrap_or_default();
    match code {
        "Throttling"
        | "ThrottlingException"
        | "TooManyRequestsException"
        | "AccountSendingPausedException"
        | "ConfigurationSetSendingPausedException" => Outcome::Postponed,
        // Somebody has to set something right; the email is not at fault.
        "MailFromDomainNotVerifiedException"
        | "ConfigurationSetDoesNotExist"
        | "ConfigurationSetDoesNotExistException"
        | "AccessDenied"
        | "AccessDeniedException"
        | "InvalidClientTokenId"
        | "SignatureDoesNotMatch"
        | "ExpiredToken"
        | "RequestExpired" => Outcome::RefusedForNow { code: code.to_owned() },
        "MessageRejected" | "InvalidParameterValue" | "InvalidParameterCombination" => {
            Outcome::Refused { code: code.to_owned() }
        }
        _ => Outcome::Ambiguous,
    }
}

/// Whether the connection was never made, so that no byte of the email left.
fn never_connected(error: &dyn std::error::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return io.kind() == std::io::ErrorKind::ConnectionRefused;
        }
        cause = error.source();
    }
    false
}
