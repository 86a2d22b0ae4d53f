//! What SES reports becomes knowledge about a mail and its lead.
//!
//! Events come by SNS or EventBridge, in either of SES's two shapes, in any order and any number. We act by the tags the
//! mail was sent with, never by an address. What is not understood is counted and left, not tried again for ever.

use piste_adapters::app::Start;
use piste_adapters::{App, telemetry};
use piste_domain::ledger::{Feedback, FeedbackKind};
use piste_domain::{Input, LeadId, SendId};
use serde_json::{Value, json};

/// Takes one invocation: an SNS envelope with records, an EventBridge envelope with its detail, or a bare SES event.
///
/// # Errors
/// When the store did not take an event: Lambda tries again, and the dead-letter queue keeps what fails for good.
/// Events are idempotent, so those before it may be repeated.
pub async fn handle(app: &App, event: &Value) -> Result<Value, lambda_runtime::Error> {
    let mut taken = 0;
    let mut left = 0;
    for report in reports(event) {
        let Some((lead, feedback)) = read(&report) else {
            left += 1;
            telemetry::log("feedback_left", &[]);
            continue;
        };
        app.apply(&lead, Start::Known, Input::Feedback(feedback)).await?;
        taken += 1;
    }
    Ok(json!({ "taken": taken, "left": left }))
}

/// The SES events inside an invocation.
fn reports(event: &Value) -> Vec<Value> {
    if let Some(records) = event.get("Records").and_then(Value::as_array) {
        // SNS wraps the event as text (SNS developer guide, "Invoking Lambda functions").
        return records
            .iter()
            .map(|record| {
                let message = record["Sns"]["Message"].as_str().unwrap_or_default();
                serde_json::from_str(message).unwrap_or(Value::Null)
            })
            .collect();
    }
    match event.get("detail") {
        Some(detail) => vec![detail.clone()],
        None => vec![event.clone()],
    }
}

/// Whose mail, which mail, and what happened to it; `None` for anything else.
///
/// Event publishing names the kind `eventType` and carries our tags; the older notifications name it
/// `notificationType` and carry the mail's headers at most (when "include original headers" is on), whose `Message-ID`
/// holds the same two ids.
/// Source: SES developer guide, "Contents of event data that Amazon SES publishes" and "Amazon SNS notification contents".
fn read(report: &Value) -> Option<(LeadId, Feedback)> {
    let mail = &report["mail"];
    let tag = |name: &str| mail["tags"][name][0].as_str();
    let own_message_id = || {
        let id = mail["commonHeaders"]["messageId"].as_str()?.trim_start_matches('<');
        id.split_once('@')?.0.split_once('.')
    };
    let (send, lead) = tag("send_id").zip(tag("lead_id")).or_else(own_message_id)?;
    if !LeadId::is_valid(lead) {
        return None;
    }
    let feedback = Feedback {
        send_id: SendId::new(send),
        message_id: mail["messageId"].as_str()?.to_owned(),
        kind: kind(report)?,
    };
    Some((LeadId::new(lead), feedback))
}

fn kind(report: &Value) -> Option<FeedbackKind> {
    let name = report
        .get("eventType")
        .or_else(|| report.get("notificationType"))?
        .as_str()?;
    Some(match name {
        "Send" => FeedbackKind::Send,
        "Delivery" => FeedbackKind::Delivery,
        "Bounce" if is_hard(&report["bounce"]) => FeedbackKind::HardBounce,
        "Bounce" => FeedbackKind::SoftBounce,
        // Somebody took the mail out of the spam folder: the opposite of a complaint (R55).
        "Complaint" if report["complaint"]["complaintFeedbackType"] == "not-spam" => return None,
        "Complaint" => FeedbackKind::Complaint,
        "Reject" => FeedbackKind::Reject,
        "Click" => FeedbackKind::Click,
        // Open, DeliveryDelay, Subscription, Rendering Failure and whatever comes: nothing follows from them here.
        _ => return None,
    })
}

/// Permanent bounces, and a transient one that says the domain does not exist (status 5.4.4, R54).
fn is_hard(bounce: &Value) -> bool {
    let no_domain = |recipient: &Value| recipient["status"] == "5.4.4";
    bounce["bounceType"] == "Permanent"
        || bounce["bouncedRecipients"]
            .as_array()
            .is_some_and(|all| all.iter().any(no_domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(kind: Value) -> Value {
        let mut report = json!({
            "mail": {
                "messageId": "m-1",
                "tags": { "lead_id": ["a".repeat(26)], "send_id": ["s-1"], "ses:from-domain": ["example.com"] },
            },
            "added-later": true,
        });
        for (name, value) in kind.as_object().expect("an object") {
            report[name] = value.clone();
        }
        report
    }

    fn check(kind: Value, expected: Option<FeedbackKind>) {
        assert_eq!(
            read(&report(kind.clone())).map(|(_, feedback)| feedback.kind),
            expected,
            "{kind}"
        );
    }

    #[test]
    fn r54_r55_r56_every_kind_of_event_is_told_apart_in_both_shapes() {
        for shape in ["eventType", "notificationType"] {
            check(json!({ shape: "Send" }), Some(FeedbackKind::Send));
            check(json!({ shape: "Delivery" }), Some(FeedbackKind::Delivery));
            check(json!({ shape: "Reject" }), Some(FeedbackKind::Reject));
            check(json!({ shape: "Complaint" }), Some(FeedbackKind::Complaint));
            check(
                json!({ shape: "Complaint", "complaint": { "complaintFeedbackType": "not-spam" } }),
                None,
            );
            check(
                json!({ shape: "Bounce", "bounce": { "bounceType": "Permanent", "bounceSubType": "Unheard" } }),
                Some(FeedbackKind::HardBounce),
            );
            check(
                json!({ shape: "Bounce", "bounce": { "bounceType": "Transient" } }),
                Some(FeedbackKind::SoftBounce),
            );
            check(
                json!({ shape: "Bounce", "bounce": { "bounceType": "Undetermined" } }),
                Some(FeedbackKind::SoftBounce),
            );
            check(
                json!({ shape: "Bounce", "bounce": { "bounceType": "Transient", "bouncedRecipients": [{ "status": "5.4.4" }] } }),
                Some(FeedbackKind::HardBounce),
            );
            for other in [
                "Open",
                "DeliveryDelay",
                "Subscription",
                "Rendering Failure",
                "Invented",
                "",
            ] {
                check(json!({ shape: other }), None);
            }
        }
        check(json!({ "eventType": 7 }), None);
        check(json!({}), None);
    }

    #[test]
    fn an_event_without_our_tags_is_left() {
        for broken in [
            json!(null),
            json!([]),
            json!("x"),
            json!({ "eventType": "Send" }),
            json!({ "eventType": "Send", "mail": { "messageId": "m" } }),
        ] {
            assert!(read(&broken).is_none());
        }
        let mut foreign = report(json!({ "eventType": "Send" }));
        foreign["mail"]["tags"]["lead_id"] = json!(["../../etc"]);
        assert!(read(&foreign).is_none());
    }

    #[test]
    fn r56_a_notification_without_tags_is_known_by_its_message_id() {
        let lead = "b".repeat(26);
        let mail = json!({ "messageId": "m", "commonHeaders": { "messageId": format!("<s-1.{lead}@example.com>") } });
        let (found, feedback) = read(&json!({ "notificationType": "Complaint", "mail": mail })).expect("known");
        assert_eq!((found.as_str(), feedback.send_id.as_str()), (lead.as_str(), "s-1"));
    }

    #[test]
    fn r56_all_three_envelopes_hold_the_same_event() {
        let inner = report(json!({ "eventType": "Send" }));
        let sns = json!({ "Records": [{ "EventSource": "aws:sns", "Sns": { "Message": inner.to_string() } }, { "Sns": { "Message": "not json" } }] });
        assert_eq!(reports(&sns), [inner.clone(), Value::Null]);
        for same in [json!({ "source": "aws.ses", "detail": inner }), inner.clone()] {
            assert_eq!(reports(&same), std::slice::from_ref(&inner));
        }
    }
}
