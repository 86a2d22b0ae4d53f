//! A stand-in for Amazon SES on loopback: the v1 Query API as the SDK speaks it, the checks SES makes, and the events it publishes.
//!
//! Emails go to the [`Outbox`] and nowhere else. Signatures are not checked. Where SES leaves a case open, this is the stricter one.
//! Source: Amazon SES API Reference v1, `SendRawEmail`, `RawMessage`, `MessageTag`, `GetSendQuota`, "Common Errors".

mod events;
mod message;

use std::{
    collections::{BTreeMap, VecDeque},
    future::pending,
    io,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::post,
};
use futures_util::stream;
use serde::Deserialize;

use crate::outbox::{Mail, Outbox};
use events::ACCOUNT;
pub use events::{event_json, notification_json, received_json, sns_event};
use message::read_mail;

/// Largest message, before the base64 of the request (SES quotas, "Maximum message size" of the v1 API: 10 MB).
pub const MESSAGE_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Largest request read: base64 makes 4/3 of the message, URL encoding at most 3 of each character, so that a message that is too
/// large is refused by the rule of SES and not by a limit of the server.
const REQUEST_BYTES_MAX: usize = 4 * MESSAGE_BYTES_MAX + 64 * 1024;

/// Who may send, and how much.
#[derive(Clone, Debug, PartialEq)]
pub struct SenderPolicy {
    /// Verified domains (subdomains included) and addresses, lower case; `*` verifies everybody.
    pub identities: Vec<String>,
    /// Configuration sets that exist.
    pub configuration_sets: Vec<String>,
    /// Recipients in 24 hours; beyond it every email is refused.
    pub max_24_hour_send: usize,
    /// Recipients a second, as `GetSendQuota` reports it. Not enforced: the virtual clock jumps.
    pub max_send_rate: usize,
}

/// Nobody may send; the quotas are those of an account in production.
impl Default for SenderPolicy {
    fn default() -> Self {
        SenderPolicy {
            identities: Vec::new(),
            configuration_sets: Vec::new(),
            max_24_hour_send: 50_000,
            max_send_rate: 14,
        }
    }
}

impl SenderPolicy {
    fn allows(&self, address: &str) -> bool {
        let address = address.to_ascii_lowercase();
        let Some((_, domain)) = address.rsplit_once('@') else {
            return false;
        };
        self.identities.iter().any(|identity| {
            let parent = domain.strip_suffix(identity.as_str());
            identity == "*" || *identity == address || parent.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    }
}

/// An error answer of SES. Its message is fixed text, so that no address can get into a log through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// Error code, what the SDK shows as `.code()`.
    pub code: &'static str,
    /// Text for people.
    pub message: &'static str,
}

impl Refusal {
    /// More emails a second than the account may send.
    pub const THROTTLED: Refusal = Refusal::new(400, "Throttling", "Maximum sending rate exceeded.");
    /// More emails in 24 hours than the account may send: the same code, another message.
    pub const DAILY_QUOTA: Refusal = Refusal::new(400, "Throttling", "Daily message quota exceeded.");
    /// A failure inside SES, before the email was accepted.
    pub const INTERNAL_FAILURE: Refusal = Refusal::new(
        500,
        "InternalFailure",
        "The request processing has failed because of an unknown error.",
    );
    /// The email could not be stored, nothing was accepted.
    pub const UNAVAILABLE: Refusal = Refusal::new(
        503,
        "ServiceUnavailable",
        "The mail could not be stored; it was not accepted.",
    );
    /// The content was refused.
    pub const REJECTED: Refusal = Refusal::new(400, "MessageRejected", "The message was refused.");
    /// The `From` address belongs to no verified identity.
    pub const NOT_VERIFIED: Refusal = Refusal::new(400, "MessageRejected", "Email address is not verified.");
    /// The configuration set of the request is not there.
    pub const NO_CONFIGURATION_SET: Refusal =
        Refusal::new(400, "ConfigurationSetDoesNotExist", "Configuration set does not exist.");
    /// An operation that is not emulated.
    pub const INVALID_ACTION: Refusal =
        Refusal::new(400, "InvalidAction", "Could not find operation for version 2010-12-01.");

    const fn new(status: u16, code: &'static str, message: &'static str) -> Refusal {
        Refusal { status, code, message }
    }

    const fn invalid(message: &'static str) -> Refusal {
        Refusal::new(400, "InvalidParameterValue", message)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Refusal { status, code, message } = self;
        refused(status, code, message)
    }
}

fn refused(status: u16, code: &str, message: &str) -> Response {
    let fault = if status < 500 { "Sender" } else { "Receiver" };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let message = message.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let error = format!("<Error><Type>{fault}</Type><Code>{code}</Code><Message>{message}</Message></Error>");
    (status, xml("ErrorResponse", &error)).into_response()
}

/// What SES refuses from now on, in its own words: the text may name an address, as that of SES does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Why.
    pub kind: StandingKind,
    /// What comes from this address.
    pub from: Option<String>,
    /// What goes to this address.
    pub to: Option<String>,
}

/// Why SES refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StandingKind {
    /// As in the sandbox: an address is not verified.
    NotVerified,
    /// The account is paused.
    AccountPaused,
    /// The role may not send.
    AccessDenied,
    /// The configuration set is not there.
    NoConfigurationSet,
    /// The message itself.
    Rejected,
}

impl Standing {
    fn concerns(&self, mail: &Mail) -> bool {
        let is = |wanted: &Option<String>, address: &str| {
            let wanted = wanted.as_ref();
            wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(address))
        };
        is(&self.from, &mail.from) && (self.to.is_none() || mail.to.iter().any(|to| is(&self.to, to)))
    }

    /// The answer to one email.
    /// Source: SES API 2010-12-01, `SendRawEmail`, "Errors" and "Common Errors"; SES developer guide, "Amazon SES email sending errors".
    fn answer(&self, mail: &Mail) -> Response {
        let named = match (&self.from, &self.to) {
            (None, Some(to)) => to,
            (Some(_) | None, _) => &mail.from,
        };
        let (status, code, message) = match self.kind {
            StandingKind::NotVerified => (
                400,
                "MessageRejected",
                format!(
                    "Email address is not verified. The following identities failed the check in region EU-WEST-3: {named}"
                ),
            ),
            StandingKind::AccountPaused => (
                400,
                "AccountSendingPausedException",
                "Email sending is disabled for your entire Amazon SES account.".to_owned(),
            ),
            StandingKind::AccessDenied => (
                403,
                "AccessDenied",
                format!(
                    "User `arn:aws:sts::{ACCOUNT}:assumed-role/piste-nurture/local' is not authorized to perform `ses:SendRawEmail' on \
                     resource `arn:aws:ses:eu-west-3:{ACCOUNT}:identity/{named}'"
                ),
            ),
            StandingKind::NoConfigurationSet => {
                let set = mail.configuration_set.as_deref().unwrap_or_default();
                let message = format!("Configuration set <{set}> does not exist.");
                (400, "ConfigurationSetDoesNotExist", message)
            }
            StandingKind::Rejected => (400, "MessageRejected", "Email rejected per content policy.".to_owned()),
        };
        refused(status, code, &message)
    }
}

/// What SES refuses at present; it is shared with whoever changes it, and kept nowhere.
pub type Refusing = Arc<RwLock<Option<Standing>>>;

/// What goes wrong with one `SendRawEmail`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An error answer; nothing was accepted.
    Refuse(Refusal),
    /// Not accepted, and never answered.
    Hang,
    /// Not accepted; the connection closes without an answer.
    Reset,
    /// Accepted, and never answered.
    AcceptThenHang,
    /// Accepted; the connection closes without an answer.
    AcceptThenReset,
}

/// Decides for each well-formed mail what goes wrong, if anything. A closure may count, choose by tag, or draw lots.
pub type Faults = Arc<dyn Fn(&Mail) -> Option<Fault> + Send + Sync>;

/// Nothing goes wrong.
pub fn no_faults() -> Faults {
    Arc::new(|_| None)
}

/// The faults of a queue in order, one an email, then none; the caller keeps a handle on the queue to add to it.
pub fn faults_in_order(queue: Arc<Mutex<VecDeque<Fault>>>) -> Faults {
    Arc::new(move |_| queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front())
}

struct Service {
    outbox: Outbox,
    policy: SenderPolicy,
    faults: Faults,
    refusing: Refusing,
}

/// The endpoint, to be served on loopback and given to the SES client as its endpoint URL: `POST /` with `Action=SendRawEmail` or
/// `Action=GetSendQuota`. An email is in the outbox before its answer leaves.
pub fn router(outbox: Outbox, policy: SenderPolicy, faults: Faults) -> Router {
    router_refusing(outbox, policy, faults, Refusing::default())
}

/// The same, where somebody may say what it refuses.
pub fn router_refusing(outbox: Outbox, policy: SenderPolicy, faults: Faults, refusing: Refusing) -> Router {
    let service = Arc::new(Service {
        outbox,
        policy,
        faults,
        refusing,
    });
    Router::new()
        .route("/", post(answer))
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .with_state(service)
}

/// Parameters of a Query API request, decoded.
type Parameters = BTreeMap<String, String>;

async fn answer(State(service): State<Arc<Service>>, body: Bytes) -> Response {
    let parameters: Parameters = form_urlencoded::parse(&body).into_owned().collect();
    match parameters.get("Action").map(String::as_str) {
        Some("SendRawEmail") => service.send_raw_email(&parameters).await,
        Some("GetSendQuota") => service.send_quota(),
        _ => Refusal::INVALID_ACTION.into_response(),
    }
}

impl Service {
    async fn send_raw_email(&self, parameters: &Parameters) -> Response {
        let mail = match read_mail(parameters, &self.policy) {
            Ok(mail) => mail,
            Err(refusal) => return refusal.into_response(),
        };
        let refusing = self.refusing.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(standing) = refusing.filter(|standing| standing.concerns(&mail)) {
            return standing.answer(&mail);
        }
        let fault = (self.faults)(&mail);
        match fault {
            Some(Fault::Refuse(refusal)) => return refusal.into_response(),
            Some(Fault::Hang) => pending().await,
            Some(Fault::Reset) => return reset(),
            Some(Fault::AcceptThenHang | Fault::AcceptThenReset) | None => {}
        }
        if self.outbox.sent_last_24_hours() + mail.to.len() > self.policy.max_24_hour_send {
            return Refusal::DAILY_QUOTA.into_response();
        }
        let Ok(entry) = self.outbox.accept(mail) else {
            return Refusal::UNAVAILABLE.into_response();
        };
        match fault {
            Some(Fault::AcceptThenHang) => pending().await,
            Some(Fault::AcceptThenReset) => reset(),
            _ => {
                let result = format!(
                    "<SendRawEmailResult><MessageId>{}</MessageId></SendRawEmailResult>",
                    entry.id
                );
                xml("SendRawEmailResponse", &result).into_response()
            }
        }
    }

    fn send_quota(&self) -> Response {
        let SenderPolicy {
            max_24_hour_send,
            max_send_rate,
            ..
        } = self.policy;
        let sent = self.outbox.sent_last_24_hours();
        let result = format!(
            "<GetSendQuotaResult><Max24HourSend>{max_24_hour_send}.0</Max24HourSend><MaxSendRate>{max_send_rate}.0</MaxSendRate>\
             <SentLast24Hours>{sent}.0</SentLast24Hours></GetSendQuotaResult>"
        );
        xml("GetSendQuotaResponse", &result).into_response()
    }
}

fn xml(root: &str, content: &str) -> impl IntoResponse {
    let body = format!(
        "<{root} xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\">{content}\
         <ResponseMetadata><RequestId>00000000-0000-4000-8000-000000000000</RequestId></ResponseMetadata></{root}>"
    );
    ([(CONTENT_TYPE, "text/xml")], body)
}

/// Closes the connection without a byte: a body that fails before its first part ends it before the head was flushed.
fn reset() -> Response {
    let broken = Err::<Bytes, _>(io::Error::from(io::ErrorKind::ConnectionReset));
    Body::from_stream(stream::iter([broken])).into_response()
}

#[cfg(test)]
mod tests;
