//! A stand-in for Amazon SES on loopback: the v1 Query API as the SDK speaks it, the checks SES makes, and the events it publishes.
//!
//! Mails go to the [`Outbox`] and nowhere else. Signatures are not checked. Where SES leaves a case open, this is the stricter one.
//! Source: Amazon SES API Reference v1, `SendRawEmail`, `RawMessage`, `MessageTag`, `GetSendQuota`, "Common Errors".

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    future::pending,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use futures_util::stream;
use mail_parser::{Address, MessageParser};
use serde_json::{Value, json};

use crate::outbox::{Entry, Event, Mail, Outbox, timestamp};

/// Largest message, before the base64 of the request (SES quotas, "Maximum message size" of the v1 API: 10 MB).
pub const MESSAGE_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Most recipients of one message (SES quotas).
pub const RECIPIENTS_MAX: usize = 50;
/// Longest line without its CRLF (`RawMessage`: 1,000 characters with it; RFC 5321 section 4.5.3.1.6).
const LINE_BYTES_MAX: usize = 998;
/// Longest name or value of a message tag (`MessageTag`).
const TAG_CHARS_MAX: usize = 256;
/// Largest request read: base64 makes 4/3 of the message, URL encoding at most 3 of each character, so that a message that is too
/// large is refused by the rule of SES and not by a limit of the server.
const REQUEST_BYTES_MAX: usize = 4 * MESSAGE_BYTES_MAX + 64 * 1024;

/// Header fields that SES refuses to see twice (SES Developer Guide, "Header fields").
const SINGLE_FIELDS: &str = "accept-language acceptlanguage archived-at auto-submitted bounces-to comments content-alternative \
     content-base content-class content-description content-disposition content-duration content-id content-language \
     content-length content-location content-md5 content-transfer-encoding content-type date delivered-to \
     disposition-notification-options disposition-notification-to dkim-signature domainkey-signature errors-to from importance \
     in-reply-to keywords list-archive list-help list-id list-owner list-post list-subscribe list-unsubscribe message-context \
     message-id mime-version organization original-from original-message-id original-recipient original-subject precedence \
     priority references reply-to return-path return-receipt-to sender solicitation sensitivity subject thread-index \
     thread-topic user-agent vbr-info";

const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-west-3";

/// Who may send, and how much.
#[derive(Clone, Debug, PartialEq)]
pub struct SenderPolicy {
    /// Verified domains (subdomains included) and addresses, lower case; `*` verifies everybody.
    pub identities: Vec<String>,
    /// Configuration sets that exist.
    pub configuration_sets: Vec<String>,
    /// Recipients in 24 hours; beyond it every mail is refused.
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
    /// More mails a second than the account may send.
    pub const THROTTLED: Refusal = Refusal::new(400, "Throttling", "Maximum sending rate exceeded.");
    /// More mails in 24 hours than the account may send: the same code, another message.
    pub const DAILY_QUOTA: Refusal = Refusal::new(400, "Throttling", "Daily message quota exceeded.");
    /// A failure inside SES, before the mail was accepted.
    pub const INTERNAL_FAILURE: Refusal = Refusal::new(
        500,
        "InternalFailure",
        "The request processing has failed because of an unknown error.",
    );
    /// The mail could not be stored, nothing was accepted.
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
        let fault = if status < 500 { "Sender" } else { "Receiver" };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let error = format!("<Error><Type>{fault}</Type><Code>{code}</Code><Message>{message}</Message></Error>");
        (status, xml("ErrorResponse", &error)).into_response()
    }
}

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

/// The faults of a queue in order, one a mail, then none; the caller keeps a handle on the queue to add to it.
pub fn faults_in_order(queue: Arc<Mutex<VecDeque<Fault>>>) -> Faults {
    Arc::new(move |_| queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front())
}

struct Service {
    outbox: Outbox,
    policy: SenderPolicy,
    faults: Faults,
}

/// The endpoint, to be served on loopback and given to the SES client as its endpoint URL: `POST /` with `Action=SendRawEmail` or
/// `Action=GetSendQuota`. A mail is in the outbox before its answer leaves.
pub fn router(outbox: Outbox, policy: SenderPolicy, faults: Faults) -> Router {
    let service = Arc::new(Service { outbox, policy, faults });
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

/// Every check SES makes before it accepts.
fn read_mail(parameters: &Parameters, policy: &SenderPolicy) -> Result<Mail, Refusal> {
    let data = parameters
        .get("RawMessage.Data")
        .ok_or(Refusal::invalid("Missing RawMessage.Data."))?;
    let eml = BASE64_STANDARD
        .decode(data)
        .map_err(|_| Refusal::invalid("RawMessage.Data is not base64."))?;
    check_format(&eml)?;

    let message = MessageParser::default()
        .parse(&eml)
        .ok_or(Refusal::invalid("The message does not parse."))?;
    let authors = addresses(message.from());
    let [from, ..] = &authors[..] else {
        return Err(Refusal::invalid("Missing required header 'From'."));
    };
    if !authors.iter().all(|author| policy.allows(author)) {
        return Err(Refusal::NOT_VERIFIED);
    }
    let mut to: Vec<String> = numbered(parameters, "Destinations.member", "")
        .map(str::to_owned)
        .collect();
    if to.is_empty() {
        to = [message.to(), message.cc(), message.bcc()]
            .into_iter()
            .flat_map(addresses)
            .collect();
    }
    if to.is_empty() {
        return Err(Refusal::invalid("Missing required header 'To'."));
    }
    if to.len() > RECIPIENTS_MAX {
        return Err(Refusal::invalid("Recipient count exceeds 50."));
    }
    if !to.iter().all(|address| is_address(address)) {
        return Err(Refusal::invalid("Illegal address."));
    }
    let configuration_set = parameters.get("ConfigurationSetName").cloned();
    if configuration_set
        .as_ref()
        .is_some_and(|name| !policy.configuration_sets.contains(name))
    {
        return Err(Refusal::NO_CONFIGURATION_SET);
    }
    let mut tags = BTreeMap::new();
    let names = numbered(parameters, "Tags.member", ".Name");
    let values = numbered(parameters, "Tags.member", ".Value");
    for (name, value) in names.zip(values) {
        if !is_tag(name) || !is_tag(value) {
            return Err(Refusal::invalid("Invalid tag name or value."));
        }
        if tags.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(Refusal::invalid("Duplicate tag name."));
        }
    }
    let from = from.clone();
    let subject = message.subject().unwrap_or_default().to_owned();
    Ok(Mail {
        to,
        from,
        subject,
        configuration_set,
        tags,
        eml,
    })
}

/// Size, characters, lines and header of the MIME bytes.
fn check_format(eml: &[u8]) -> Result<(), Refusal> {
    if eml.len() > MESSAGE_BYTES_MAX {
        return Err(Refusal::invalid("Message length is more than 10485760 bytes long."));
    }
    // SES carries 7-bit mail ("Sending raw email", MIME encoding).
    let Some(text) = str::from_utf8(eml)
        .ok()
        .filter(|text| text.is_ascii() && !text.contains('\0'))
    else {
        return Err(Refusal::invalid("Message contains characters that are not 7-bit."));
    };
    if text.lines().any(|line| line.len() > LINE_BYTES_MAX) {
        return Err(Refusal::invalid("Message has a line of more than 998 characters."));
    }
    let Some(fields) = header_fields(text) else {
        return Err(Refusal::invalid("Header and body must be separated by a blank line."));
    };
    let mut seen = BTreeSet::new();
    let mut names = fields.iter().map(|(name, _)| name.to_ascii_lowercase());
    if names.any(|name| SINGLE_FIELDS.split(' ').any(|single| single == name) && !seen.insert(name)) {
        return Err(Refusal::invalid("Duplicate header."));
    }
    Ok(())
}

/// Names and unfolded values of the header; `None` when no blank line ends it.
fn header_fields(eml: &str) -> Option<Vec<(&str, String)>> {
    let mut fields: Vec<(&str, String)> = Vec::new();
    for line in eml.lines() {
        if line.is_empty() {
            return Some(fields);
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push_str(line);
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim_end(), value.to_owned()));
        }
    }
    None
}

fn addresses(header: Option<&Address<'_>>) -> Vec<String> {
    let listed = header.into_iter().flat_map(Address::iter);
    listed.filter_map(|one| one.address().map(str::to_owned)).collect()
}

/// The values of `<prefix>.1<suffix>`, `<prefix>.2<suffix>`, ... of a list in a Query API request.
fn numbered<'a>(parameters: &'a Parameters, prefix: &'a str, suffix: &'a str) -> impl Iterator<Item = &'a str> {
    let values = (1..).map_while(move |number| parameters.get(&format!("{prefix}.{number}{suffix}")));
    values.map(String::as_str)
}

/// `UserName@[SubDomain.]Domain.TopLevelDomain` in ASCII without a display name (`SendRawEmail`; SES has no SMTPUTF8, R53).
fn is_address(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return false;
    };
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // RFC 5321 sections 4.5.3.1.1 and 4.5.3.1.3: 64 octets before the @, 254 in all; section 4.1.2: a dot-atom.
    (1..=64).contains(&local.len())
        && address.len() <= 254
        && local.split('.').all(|atom| !atom.is_empty())
        && local
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"()<>[]:;@\\,\"".contains(&byte))
        && domain.contains('.')
        && domain.split('.').all(is_label)
}

/// `MessageTag`: ASCII letters, digits, `_` and `-`, not empty, at most 256.
fn is_tag(text: &str) -> bool {
    (1..=TAG_CHARS_MAX).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// A record as SES publishes it for a configuration set; `at` is when the event happened, seconds since 1970 UTC.
///
/// Shape: `{"eventType", "mail": {"timestamp", "source", "messageId", "destination": [..], "tags": {name: [value]}, ..},
/// "<event>": {..}}`. Carries addresses, as the real one does: never log it (R72).
/// Source: SES Developer Guide, "Contents of event data that Amazon SES publishes to Amazon SNS".
pub fn event_json(entry: &Entry, event: Event, at: i64) -> Value {
    let (name, key, detail) = detail(entry, event, at);
    json!({ "eventType": name, "mail": published_mail(entry), key: detail })
}

/// The older notification of an identity without event publishing: no tags, no headers, and only for bounces, complaints and
/// deliveries; `None` for other events.
///
/// Source: SES Developer Guide, "Amazon SNS notification contents for Amazon SES".
pub fn notification_json(entry: &Entry, event: Event, at: i64) -> Option<Value> {
    if matches!(event, Event::Send | Event::Click) {
        return None;
    }
    let (name, key, detail) = detail(entry, event, at);
    let mut mail = plain_mail(entry);
    mail["sourceIp"] = json!("192.0.2.1");
    Some(json!({ "notificationType": name, "mail": mail, key: detail }))
}

/// The Lambda event of an SNS topic that carries one such record as a JSON string; `at` as above.
///
/// Source: Lambda Developer Guide, "Using Lambda with Amazon SNS".
pub fn sns_event(record: &Value, at: i64) -> Value {
    let topic = format!("arn:aws:sns:{REGION}:{ACCOUNT}:piste-mail-events");
    let kind = record["eventType"]
        .as_str()
        .or(record["notificationType"].as_str())
        .unwrap_or_default();
    // The same record keeps its id, as a redelivery by SNS does.
    let message_id = format!("{kind}-{}", record["mail"]["messageId"].as_str().unwrap_or_default());
    json!({"Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": format!("{topic}:00000000-0000-4000-8000-000000000000"),
        "Sns": {
            "Type": "Notification",
            "MessageId": message_id,
            "TopicArn": topic,
            "Subject": "Amazon SES Email Event Notification",
            "Message": record.to_string(),
            "Timestamp": time(at),
            "SignatureVersion": "1",
            "Signature": "",
            "SigningCertUrl": "",
            "UnsubscribeUrl": "",
            "MessageAttributes": {},
        },
    }]})
}

/// `eventType`, the name of the object that describes the event, and that object.
fn detail(entry: &Entry, event: Event, at: i64) -> (&'static str, &'static str, Value) {
    let recipients = |more: Value| -> Value {
        let each = entry.mail.to.iter().map(|address| {
            let mut recipient = more.clone();
            recipient["emailAddress"] = json!(address);
            recipient
        });
        each.collect()
    };
    let bounce = |kind: &str, subtype: &str, status: &str, diagnostic: &str| {
        let bounced = recipients(json!({"action": "failed", "status": status, "diagnosticCode": diagnostic}));
        json!({
            "bounceType": kind,
            "bounceSubType": subtype,
            "bouncedRecipients": bounced,
            "timestamp": time(at),
            "feedbackId": format!("{}-{subtype}", entry.id),
            "reportingMTA": "dsn; mta.example.com",
        })
    };
    match event {
        Event::Send => ("Send", "send", json!({})),
        Event::Delivery => {
            let delivery = json!({
                "timestamp": time(at),
                "processingTimeMillis": at.saturating_sub(entry.at).saturating_mul(1_000),
                "recipients": entry.mail.to,
                "smtpResponse": "250 2.6.0 Message received",
                "reportingMTA": "mta.example.com",
            });
            ("Delivery", "delivery", delivery)
        }
        Event::Bounce => {
            let bounce = bounce("Permanent", "General", "5.1.1", "smtp; 550 5.1.1 user unknown");
            ("Bounce", "bounce", bounce)
        }
        Event::SoftBounce => {
            let bounce = bounce("Transient", "MailboxFull", "4.2.2", "smtp; 452 4.2.2 mailbox full");
            ("Bounce", "bounce", bounce)
        }
        Event::Complaint => {
            let complaint = json!({
                "complainedRecipients": recipients(json!({})),
                "timestamp": time(at),
                "feedbackId": format!("{}-complaint", entry.id),
                "complaintSubType": null,
                "userAgent": "ExampleFeedbackLoop/1.0",
                "complaintFeedbackType": "abuse",
                "arrivalDate": time(at),
            });
            ("Complaint", "complaint", complaint)
        }
        Event::Click => {
            let click = json!({
                "ipAddress": "192.0.2.1",
                "timestamp": time(at),
                "userAgent": "Mozilla/5.0",
                "link": "https://example.com/",
                "linkTags": null,
            });
            ("Click", "click", click)
        }
    }
}

/// The `mail` object that both shapes share.
fn plain_mail(entry: &Entry) -> Value {
    let from = &entry.mail.from;
    json!({
        "timestamp": time(entry.at),
        "source": from,
        "sourceArn": format!("arn:aws:ses:{REGION}:{ACCOUNT}:identity/{from}"),
        "sendingAccountId": ACCOUNT,
        "messageId": entry.id,
        "destination": entry.mail.to,
    })
}

/// The `mail` object of event publishing: with tags, SES's own among them, and headers.
fn published_mail(entry: &Entry) -> Value {
    let Mail {
        from,
        to,
        subject,
        configuration_set,
        tags,
        eml,
    } = &entry.mail;
    let domain = from.rsplit_once('@').map_or("", |(_, domain)| domain);
    let mut all_tags: BTreeMap<&str, [&str; 1]> = BTreeMap::from([
        ("ses:source-ip", ["192.0.2.1"]),
        ("ses:from-domain", [domain]),
        ("ses:caller-identity", ["piste"]),
    ]);
    all_tags.extend(
        configuration_set
            .iter()
            .map(|name| ("ses:configuration-set", [name.as_str()])),
    );
    all_tags.extend(tags.iter().map(|(name, value)| (name.as_str(), [value.as_str()])));
    // Accepted mail is ASCII with a complete header.
    let fields = str::from_utf8(eml).ok().and_then(header_fields).unwrap_or_default();
    let headers: Value = fields
        .iter()
        .map(|(name, value)| json!({"name": name, "value": value.trim_start()}))
        .collect();
    let mut mail = plain_mail(entry);
    mail["headersTruncated"] = json!(false);
    mail["headers"] = headers;
    mail["commonHeaders"] = json!({"from": [from], "to": to, "messageId": entry.id, "subject": subject});
    mail["tags"] = json!(all_tags);
    mail
}

/// `YYYY-MM-DDThh:mm:ss.sssZ`, as SES writes it.
fn time(at: i64) -> String {
    format!("{:.3}", timestamp(at))
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::TcpStream,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use axum::body::to_bytes;

    use super::*;

    const EML: &str = "From: Piste <hello@mail.example.com>\r\nTo: ana@example.org\r\n\
         Subject: =?utf-8?q?Votre_guide_est_l=C3=A0?=\r\nList-Unsubscribe:\r\n <https://example.com/unsubscribe?t=x>\r\n\r\nHello\r\n";

    fn policy() -> SenderPolicy {
        SenderPolicy {
            identities: vec!["example.com".to_owned(), "solo@example.net".to_owned()],
            configuration_sets: vec!["nurture".to_owned()],
            ..SenderPolicy::default()
        }
    }

    fn outbox() -> Outbox {
        Outbox::open(None, Arc::new(|| 1_767_225_600)).unwrap()
    }

    fn service(faults: Faults) -> Arc<Service> {
        Arc::new(Service {
            outbox: outbox(),
            policy: policy(),
            faults,
        })
    }

    fn request(eml: &[u8], parameters: &[(&str, &str)]) -> Bytes {
        let mut form = form_urlencoded::Serializer::new("Action=SendRawEmail&Version=2010-12-01".to_owned());
        form.append_pair("RawMessage.Data", &BASE64_STANDARD.encode(eml))
            .extend_pairs(parameters);
        Bytes::from(form.finish())
    }

    const PARAMETERS: &[(&str, &str)] = &[
        ("Destinations.member.1", "ana@example.org"),
        ("ConfigurationSetName", "nurture"),
        ("Tags.member.1.Name", "send_id"),
        ("Tags.member.1.Value", "abc-123_x"),
        ("Tags.member.2.Name", "class"),
        ("Tags.member.2.Value", "nurture"),
    ];

    async fn call(service: &Arc<Service>, body: Bytes) -> (u16, String) {
        let response = answer(State(service.clone()), body).await;
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[track_caller]
    fn entry(service: &Service) -> Arc<Entry> {
        service.outbox.entries().pop().expect("a mail was accepted")
    }

    #[tokio::test]
    async fn an_accepted_mail_is_in_the_outbox_byte_for_byte() {
        let service = service(no_faults());
        let (status, body) = call(&service, request(EML.as_bytes(), PARAMETERS)).await;
        let entry = entry(&service);
        assert_eq!(status, 200);
        assert!(body.contains(&format!("<MessageId>{}</MessageId>", entry.id)), "{body}");
        assert_eq!(entry.mail.eml, EML.as_bytes());
        assert_eq!(entry.mail.to, ["ana@example.org"]);
        assert_eq!(entry.mail.from, "hello@mail.example.com");
        assert_eq!(entry.mail.subject, "Votre guide est là");
        assert_eq!(entry.mail.configuration_set.as_deref(), Some("nurture"));
        assert_eq!(
            (entry.mail.tag("send_id"), entry.mail.tag("class")),
            ("abc-123_x", "nurture")
        );
        assert_eq!(entry.at, 1_767_225_600);
    }

    #[tokio::test]
    async fn without_destinations_the_headers_name_the_recipients() {
        let service = service(no_faults());
        let eml = EML.replace("Subject:", "Cc: Bob <bob@example.org>\r\nSubject:");
        assert_eq!(call(&service, request(eml.as_bytes(), &[])).await.0, 200);
        assert_eq!(entry(&service).mail.to, ["ana@example.org", "bob@example.org"]);
    }

    #[tokio::test]
    async fn what_ses_refuses_is_refused() {
        const INVALID: &str = "InvalidParameterValue";
        let with = |from: &str, to: &str| EML.replacen(from, to, 1).into_bytes();
        let fifty_one: Vec<_> = (1..=51)
            .map(|n| (format!("Destinations.member.{n}"), format!("p{n}@example.org")))
            .collect();
        let fifty_one: Vec<_> = fifty_one
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let long = "a".repeat(257);
        let tag = |name, value| vec![("Tags.member.1.Name", name), ("Tags.member.1.Value", value)];
        type Row<'a> = (&'a str, Vec<u8>, Vec<(&'a str, &'a str)>, &'a str);
        let rows: Vec<Row> = vec![
            (
                "foreign sender",
                with("mail.example.com", "evilexample.com"),
                vec![],
                "MessageRejected",
            ),
            (
                "other mailbox of a verified address",
                with("hello@mail.example.com", "x@example.net"),
                vec![],
                "MessageRejected",
            ),
            (
                "one of two authors",
                with("From: ", "From: a@example.net, "),
                vec![],
                "MessageRejected",
            ),
            ("no author", with("From:", "X-From:"), vec![], INVALID),
            ("no recipient", with("To:", "X-To:"), vec![], INVALID),
            ("51 recipients", EML.into(), fifty_one, INVALID),
            (
                "no at",
                EML.into(),
                vec![("Destinations.member.1", "example.org")],
                INVALID,
            ),
            (
                "no dot",
                EML.into(),
                vec![("Destinations.member.1", "ana@example")],
                INVALID,
            ),
            (
                "space",
                EML.into(),
                vec![("Destinations.member.1", "an a@example.org")],
                INVALID,
            ),
            (
                "line break",
                EML.into(),
                vec![("Destinations.member.1", "ana@example.org\r\nBcc: x@example.org")],
                INVALID,
            ),
            (
                "not ASCII, R53",
                EML.into(),
                vec![("Destinations.member.1", "aña@example.org")],
                INVALID,
            ),
            (
                "one bad of two",
                EML.into(),
                vec![
                    ("Destinations.member.1", "a@example.org"),
                    ("Destinations.member.2", "b@"),
                ],
                INVALID,
            ),
            (
                "unknown set",
                EML.into(),
                vec![("ConfigurationSetName", "other")],
                "ConfigurationSetDoesNotExist",
            ),
            ("tag with a space", EML.into(), tag("send_id", "a b"), INVALID),
            (
                "tag with an address",
                EML.into(),
                tag("lead", "ana@example.org"),
                INVALID,
            ),
            ("empty tag", EML.into(), tag("step", ""), INVALID),
            ("long tag", EML.into(), tag("step", &long), INVALID),
            ("8-bit content, R49", with("Hello", "Été"), vec![], INVALID),
            ("NUL, R50", with("Hello", "Hel\0lo"), vec![], INVALID),
            ("long line, R49", with("Hello", &"x".repeat(999)), vec![], INVALID),
            ("no blank line", with("\r\n\r\n", "\r\n"), vec![], INVALID),
            (
                "List-Unsubscribe twice, R39",
                with("Subject:", "list-unsubscribe: <https://example.com/>\r\nSubject:"),
                vec![],
                INVALID,
            ),
            (
                "11 MB",
                [EML.as_bytes(), "0123456789\r\n".repeat(1_000_000).as_bytes()].concat(),
                vec![],
                INVALID,
            ),
        ];
        for (name, eml, parameters, code) in rows {
            let service = service(no_faults());
            let (status, body) = call(&service, request(&eml, &parameters)).await;
            assert_eq!(status, 400, "{name}");
            assert!(body.contains(&format!("<Code>{code}</Code>")), "{name}: {body}");
            assert!(!body.contains('@'), "{name}: {body}");
            assert_eq!(service.outbox.entries(), [], "{name}");
        }
        for body in [
            "Action=SendEmail",
            "",
            "Action=SendRawEmail",
            "Action=SendRawEmail&RawMessage.Data=%21",
        ] {
            assert_eq!(
                call(&service(no_faults()), Bytes::from_static(body.as_bytes())).await.0,
                400,
                "{body}"
            );
        }
    }

    #[tokio::test]
    async fn the_limits_themselves_are_accepted() {
        let fifty: Vec<_> = (1..=50)
            .map(|n| (format!("Destinations.member.{n}"), format!("p{n}@example.org")))
            .collect();
        let mut parameters: Vec<_> = fifty
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let long = "a".repeat(256);
        parameters.extend([("Tags.member.1.Name", "step"), ("Tags.member.1.Value", &long)]);
        let mut eml = EML.replace("Hello", &"x".repeat(998)).into_bytes();
        while eml.len() + 70 <= MESSAGE_BYTES_MAX {
            eml.extend_from_slice(&[b'y'; 68]);
            eml.extend_from_slice(b"\r\n");
        }
        eml.resize(MESSAGE_BYTES_MAX, b'z');
        let service = service(no_faults());
        assert_eq!(call(&service, request(&eml, &parameters)).await.0, 200);
        assert_eq!(entry(&service).mail.to.len(), 50);
    }

    #[tokio::test]
    async fn r22_the_quota_is_reported_and_kept() {
        let policy = SenderPolicy {
            max_24_hour_send: 1,
            max_send_rate: 1,
            ..policy()
        };
        let service = Arc::new(Service {
            outbox: outbox(),
            policy,
            faults: no_faults(),
        });
        assert_eq!(call(&service, request(EML.as_bytes(), PARAMETERS)).await.0, 200);
        let (status, body) = call(&service, Bytes::from_static(b"Action=GetSendQuota&Version=2010-12-01")).await;
        assert_eq!(status, 200);
        for part in ["<Max24HourSend>1.0<", "<MaxSendRate>1.0<", "<SentLast24Hours>1.0<"] {
            assert!(body.contains(part), "{body}");
        }
        let (status, body) = call(&service, request(EML.as_bytes(), PARAMETERS)).await;
        assert_eq!(status, 400);
        assert!(
            body.contains("<Code>Throttling</Code><Message>Daily message quota exceeded.</Message>"),
            "{body}"
        );
        assert_eq!(service.outbox.entries().len(), 1);
    }

    #[tokio::test]
    async fn r7_error_answers_come_before_anything_is_accepted() {
        let faults = [
            Refusal::THROTTLED,
            Refusal::DAILY_QUOTA,
            Refusal::INTERNAL_FAILURE,
            Refusal::REJECTED,
        ];
        let queue = Arc::new(Mutex::new(faults.map(Fault::Refuse).into()));
        let service = service(faults_in_order(queue));
        for refusal in faults {
            let (status, body) = call(&service, request(EML.as_bytes(), PARAMETERS)).await;
            assert_eq!(status, refusal.status);
            assert!(body.contains(refusal.code) && body.contains(refusal.message), "{body}");
        }
        assert_eq!(service.outbox.entries(), []);
        assert_eq!(call(&service, request(EML.as_bytes(), PARAMETERS)).await.0, 200);
    }

    #[tokio::test]
    async fn r6_an_answer_can_be_lost_before_and_after_the_mail_was_accepted() {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = calls.clone();
        let faults: Faults = Arc::new(move |mail| {
            counted.fetch_add(1, Ordering::Relaxed);
            Some(if mail.tag("send_id") == "kept" {
                Fault::AcceptThenReset
            } else {
                Fault::Reset
            })
        });
        let outbox = outbox();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = router(outbox.clone(), policy(), faults);
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        for send_id in ["lost", "kept"] {
            let tags = [("Tags.member.1.Name", "send_id"), ("Tags.member.1.Value", send_id)];
            let body = request(EML.as_bytes(), &tags);
            let received = tokio::task::spawn_blocking(move || {
                let mut connection = TcpStream::connect(address).unwrap();
                let head = format!(
                    "POST / HTTP/1.1\r\nhost: ses\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                connection.write_all(head.as_bytes()).unwrap();
                connection.write_all(&body).unwrap();
                let mut received = Vec::new();
                let _ = connection.read_to_end(&mut received);
                received
            });
            assert_eq!(received.await.unwrap(), b"", "{send_id}");
        }
        server.abort();
        assert_eq!(calls.load(Ordering::Relaxed), 2);
        assert_eq!(outbox.entries().len(), 1);
        assert_eq!(outbox.entries()[0].mail.tag("send_id"), "kept");
    }

    #[tokio::test]
    async fn r56_events_have_the_shapes_ses_documents() {
        let service = service(no_faults());
        call(&service, request(EML.as_bytes(), PARAMETERS)).await;
        let entry = entry(&service);
        let at = entry.at + 60;

        let send = event_json(&entry, Event::Send, at);
        assert_eq!(send["eventType"], "Send");
        assert_eq!(send["send"], json!({}));
        let mail = &send["mail"];
        assert_eq!(mail["messageId"], entry.id.as_str());
        assert_eq!(mail["timestamp"], "2026-01-01T00:00:00.000Z");
        assert_eq!(mail["destination"], json!(["ana@example.org"]));
        assert_eq!(mail["tags"]["send_id"], json!(["abc-123_x"]));
        assert_eq!(mail["tags"]["ses:configuration-set"], json!(["nurture"]));
        assert_eq!(mail["tags"]["ses:from-domain"], json!(["mail.example.com"]));
        assert_eq!(mail["commonHeaders"]["subject"], "Votre guide est là");
        let unsubscribe = json!({"name": "List-Unsubscribe", "value": "<https://example.com/unsubscribe?t=x>"});
        assert_eq!(mail["headers"][3], unsubscribe);

        //    event               eventType    object       a field of it
        let rows = [
            (
                Event::Delivery,
                "Delivery",
                "delivery",
                "/processingTimeMillis",
                json!(60_000),
            ),
            (
                Event::Delivery,
                "Delivery",
                "delivery",
                "/recipients/0",
                json!("ana@example.org"),
            ),
            (Event::Bounce, "Bounce", "bounce", "/bounceType", json!("Permanent")),
            (Event::Bounce, "Bounce", "bounce", "/bounceSubType", json!("General")),
            (
                Event::Bounce,
                "Bounce",
                "bounce",
                "/bouncedRecipients/0/emailAddress",
                json!("ana@example.org"),
            ),
            (Event::SoftBounce, "Bounce", "bounce", "/bounceType", json!("Transient")),
            (
                Event::SoftBounce,
                "Bounce",
                "bounce",
                "/bounceSubType",
                json!("MailboxFull"),
            ),
            (
                Event::Complaint,
                "Complaint",
                "complaint",
                "/complaintFeedbackType",
                json!("abuse"),
            ),
            (
                Event::Complaint,
                "Complaint",
                "complaint",
                "/complainedRecipients/0/emailAddress",
                json!("ana@example.org"),
            ),
            (
                Event::Click,
                "Click",
                "click",
                "/timestamp",
                json!("2026-01-01T00:01:00.000Z"),
            ),
        ];
        for (event, name, object, field, expected) in rows {
            let published = event_json(&entry, event, at);
            assert_eq!(published["eventType"], name);
            assert_eq!(published[object].pointer(field), Some(&expected), "{event:?}");
            assert_eq!(published["mail"], send["mail"]);
            let Some(notification) = notification_json(&entry, event, at) else {
                assert_eq!(event, Event::Click);
                continue;
            };
            assert_eq!(notification["notificationType"], name);
            assert_eq!(notification[object], published[object]);
            assert_eq!(notification.get("eventType"), None);
            assert_eq!(notification["mail"].get("tags"), None);
        }
        assert_eq!(notification_json(&entry, Event::Send, at), None);
    }

    #[tokio::test]
    async fn r57_a_record_travels_as_a_string_in_the_envelope_of_sns() {
        let service = service(no_faults());
        call(&service, request(EML.as_bytes(), PARAMETERS)).await;
        let record = event_json(&entry(&service), Event::Bounce, 1_767_225_660);
        let event = sns_event(&record, 1_767_225_661);
        let envelope = &event["Records"][0];
        assert_eq!(envelope["EventSource"], "aws:sns");
        assert_eq!(envelope["EventVersion"], "1.0");
        assert_eq!(envelope["Sns"]["Timestamp"], "2026-01-01T00:01:01.000Z");
        let message: Value = serde_json::from_str(envelope["Sns"]["Message"].as_str().unwrap()).unwrap();
        assert_eq!(message, record);
    }
}
