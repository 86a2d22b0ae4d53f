//! SES: one raw mail to one recipient, one request, one outcome.

use aws_sdk_ses::Client;
use aws_sdk_ses::config::http::HttpResponse;
use aws_sdk_ses::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ses::operation::send_raw_email::SendRawEmailError;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::{MessageTag, RawMessage};
use piste_domain::decide::SendOrder;
use piste_domain::ledger::Outcome;

use crate::aws;
use crate::config::Settings;

/// Hands mails to SES.
#[derive(Clone, Debug)]
pub struct Mailer {
    client: Client,
    configuration_set: String,
}

impl Mailer {
    /// A mailer by these settings.
    ///
    /// # Errors
    /// [`aws::SetupError`].
    pub fn new(settings: &Settings) -> Result<Self, aws::SetupError> {
        Ok(Self {
            client: aws::ses(&settings.aws)?,
            configuration_set: settings.configuration_set.clone(),
        })
    }

    /// Sends one mail; exactly one request leaves, whatever happens (R6).
    ///
    /// The tags bring SES's events back to the ledger; they hold ids only. API parameters win over headers of the
    /// mail and are not merged with them, so both are set here and only here.
    /// Source: SES API 2010-12-01, `SendRawEmail`.
    pub async fn send(&self, order: &SendOrder, from: &str, mime: Vec<u8>) -> Outcome {
        let raw = RawMessage::builder()
            .data(Blob::new(mime))
            .build()
            .expect("data is set");
        let tag = |name: &str, value: &str| {
            MessageTag::builder()
                .name(name)
                .value(value)
                .build()
                .expect("name and value are set")
        };
        let request = self
            .client
            .send_raw_email()
            .source(from)
            .destinations(order.to.expose())
            .raw_message(raw)
            .tags(tag("lead_id", order.lead.as_str()))
            .tags(tag("send_id", order.send_id.as_str()))
            .tags(tag("campaign", order.campaign.as_str()))
            .tags(tag("step", &order.step))
            .tags(tag("class", order.class.code()));
        let set = Some(self.configuration_set.clone()).filter(|set| !set.is_empty());
        match request.set_configuration_set_name(set).send().await {
            Ok(accepted) => Outcome::Accepted {
                message_id: accepted.message_id().to_owned(),
            },
            Err(error) => classify(&error),
        }
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
        | "ConfigurationSetSendingPausedException" => Outcome::Throttled,
        // Somebody has to set something right; the mail is not at fault.
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

/// Whether the connection was never made, so that no byte of the mail left.
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
