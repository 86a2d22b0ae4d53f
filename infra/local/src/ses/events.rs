//! The events SES publishes about a message, in both of their shapes and in the envelope of SNS.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::message::header_fields;
use crate::outbox::{Entry, Event, Mail, timestamp};

pub(super) const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-west-3";

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

/// The notification of a message that came in and was stored under this name; `at` as above.
///
/// Source: SES Developer Guide, "Contents of notifications for Amazon SES email receiving".
pub fn received_json(name: &str, at: i64) -> Value {
    json!({
        "notificationType": "Received",
        "mail": { "timestamp": time(at), "messageId": name },
        "receipt": { "timestamp": time(at), "action": { "type": "S3", "bucketName": "inbox", "objectKey": name } },
    })
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
