//! SES: one raw mail to one recipient, one request, one outcome.

use aws_sdk_ses::Client;
use aws_sdk_ses::config::http::HttpResponse;
use aws_sdk_ses::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ses::operation::send_raw_email::SendRawEmailError;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::{MessageTag, RawMessage};
use piste_domain::kit::vocabulary::HouseRefusal;
use piste_domain::lead::ledger::{Outcome, Party};
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
            Err(error) => classify(&error, parcel.from),
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
fn classify(error: &SdkError<SendRawEmailError, HttpResponse>, from: &str) -> Outcome {
    match error {
        // Nothing left this machine.
        SdkError::ConstructionFailure(_) => Outcome::RefusedForNow {
            code: "construction".into(),
        },
        SdkError::DispatchFailure(_) if never_connected(error) => Outcome::RefusedForNow {
            code: "unreachable".into(),
        },
        SdkError::ServiceError(answer) if answer.raw().status().is_client_error() => {
            let error = answer.err();
            by_code(
                error.code().unwrap_or_default(),
                error.message().unwrap_or_default(),
                from,
            )
        }
        _ => Outcome::Ambiguous,
    }
}

/// A refusal of the house says nothing about the email, which does not fail by it (R133).
/// Source: SES API 2010-12-01, `SendRawEmail` and "Common Errors"; SES developer guide, "Amazon SES email sending errors".
fn by_code(code: &str, message: &str, from: &str) -> Outcome {
    let house = |kind, party| Outcome::HouseRefused {
        kind,
        party,
        until: None,
    };
    match code {
        "Throttling" | "ThrottlingException" | "TooManyRequestsException" => Outcome::Postponed,
        "AccountSendingPausedException" | "AccountSuspendedException" | "SendingPausedException" => {
            house(HouseRefusal::AccountPaused, Party::Sender)
        }
        "ConfigurationSetSendingPausedException" => house(HouseRefusal::ConfigurationSetPaused, Party::Sender),
        "ConfigurationSetDoesNotExist" | "ConfigurationSetDoesNotExistException" => {
            house(HouseRefusal::NoConfigurationSet, Party::Sender)
        }
        "MailFromDomainNotVerifiedException" | "FromEmailAddressNotVerified" => {
            house(HouseRefusal::NotVerified, Party::Sender)
        }
        "AccessDenied"
        | "AccessDeniedException"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "IncompleteSignature"
        | "InvalidAccessKeyId"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "MissingAuthenticationToken"
        | "NotAuthorized"
        | "OptInRequired"
        | "RequestExpired"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClientException" => house(HouseRefusal::AccessDenied, Party::Sender),
        "MessageRejected" => match of_the_house(message, from) {
            Some((kind, party)) => house(kind, party),
            None => Outcome::Refused { code: code.to_owned() },
        },
        "InvalidParameterValue" | "InvalidParameterCombination" => Outcome::Refused { code: code.to_owned() },
        _ => Outcome::Ambiguous,
    }
}

/// What SES says of the house under the code that it has for messages, too, and whom it names. The addresses in its text go
/// no further than this.
fn of_the_house(message: &str, from: &str) -> Option<(HouseRefusal, Party)> {
    let message = message.to_ascii_lowercase();
    if message.contains("not verified") {
        let named = message
            .split_once("in region")
            .and_then(|(_, rest)| rest.split_once(':'));
        let mut named = named
            .map_or("", |(_, named)| named)
            .split(',')
            .map(str::trim)
            .peekable();
        let is_blank = named.peek().is_none_or(|first| first.is_empty());
        let party = match is_blank || named.any(|identity| is_of(identity, from)) {
            true => Party::Sender,
            false => Party::Recipient,
        };
        return Some((HouseRefusal::NotVerified, party));
    }
    let paused = [
        "sending suspended",
        "sending paused",
        "sending is paused",
        "sending is suspended",
    ];
    let is_paused = paused.iter().any(|words| message.contains(words));
    is_paused.then_some((HouseRefusal::AccountPaused, Party::Sender))
}

/// Whether an identity as SES names it, an address or a domain and perhaps by its ARN, is the sender's.
fn is_of(identity: &str, from: &str) -> bool {
    let identity = identity.rsplit('/').next().unwrap_or(identity);
    let identity = identity
        .rsplit_once('<')
        .map_or(identity, |(_, address)| address.trim_end_matches('>'));
    let from = from.to_ascii_lowercase();
    let domain = from.rsplit_once('@').map_or("", |(_, domain)| domain);
    identity == from || identity == domain || domain.ends_with(&format!(".{identity}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: &str = "guide@example.com";

    fn house(kind: HouseRefusal, party: Party) -> Outcome {
        Outcome::HouseRefused {
            kind,
            party,
            until: None,
        }
    }

    #[test]
    fn r133_a_refusal_of_the_house_is_told_from_one_of_the_message() {
        let not_verified = |named: &str| {
            format!(
                "Email address is not verified. The following identities failed the check in region EU-WEST-3: {named}"
            )
        };
        use HouseRefusal::{AccessDenied, AccountPaused, ConfigurationSetPaused, NoConfigurationSet, NotVerified};
        for (code, message, expected) in [
            (
                "MessageRejected",
                not_verified("guide@example.com"),
                house(NotVerified, Party::Sender),
            ),
            (
                "MessageRejected",
                not_verified("Guide@Example.com"),
                house(NotVerified, Party::Sender),
            ),
            (
                "MessageRejected",
                not_verified("example.com"),
                house(NotVerified, Party::Sender),
            ),
            (
                "MessageRejected",
                not_verified("arn:aws:ses:eu-west-3:1:identity/example.com"),
                house(NotVerified, Party::Sender),
            ),
            (
                "MessageRejected",
                not_verified("ana@example.org, Guide <guide@example.com>"),
                house(NotVerified, Party::Sender),
            ),
            (
                "MessageRejected",
                not_verified("ana@example.org"),
                house(NotVerified, Party::Recipient),
            ),
            (
                "MessageRejected",
                not_verified("notexample.com"),
                house(NotVerified, Party::Recipient),
            ),
            (
                "MessageRejected",
                "Email address is not verified.".into(),
                house(NotVerified, Party::Sender),
            ),
            (
                "MessageRejected",
                "Sending suspended for this account.".into(),
                house(AccountPaused, Party::Sender),
            ),
            (
                "MessageRejected",
                "Email rejected per DMARC policy.".into(),
                Outcome::Refused {
                    code: "MessageRejected".into(),
                },
            ),
            (
                "AccountSendingPausedException",
                String::new(),
                house(AccountPaused, Party::Sender),
            ),
            ("AccessDenied", String::new(), house(AccessDenied, Party::Sender)),
            ("ExpiredToken", String::new(), house(AccessDenied, Party::Sender)),
            (
                "ConfigurationSetDoesNotExist",
                String::new(),
                house(NoConfigurationSet, Party::Sender),
            ),
            (
                "ConfigurationSetSendingPausedException",
                String::new(),
                house(ConfigurationSetPaused, Party::Sender),
            ),
            ("Throttling", "Daily message quota exceeded.".into(), Outcome::Postponed),
            ("SomethingNew", not_verified("example.com"), Outcome::Ambiguous),
        ] {
            assert_eq!(by_code(code, &message, FROM), expected, "{code}: {message}");
        }
    }
}
