//! What SES reports becomes knowledge about an email and its lead, and so does what people answer.
//!
//! Events come by SNS or EventBridge, in either of SES's two shapes, in any order and any number. We act by the tags the
//! mail was sent with, never by an address. What is not understood is counted and left, not tried again for ever.

mod replies;

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};
use piste_adapters::keys::Part;
use piste_adapters::mail::report;
use piste_adapters::mail::ses::CANARY_TAG;
use piste_adapters::store::StoreError;
use piste_adapters::{App, telemetry};
use piste_domain::kit::bots::is_machine;
use piste_domain::kit::vocabulary::Class;
use piste_domain::lead::ledger::{Feedback, FeedbackKind};
use piste_domain::{LeadId, SendId};
use serde_json::{Value, json};

/// What it reads of the key ring; its role in `infra/template.yaml` may read no other part.
pub const KEYS: &[Part] = &[Part::Identity];

/// Takes one invocation: an SNS envelope with records, an EventBridge envelope with its detail, or a bare SES event.
///
/// # Errors
/// When the store did not take an event, or a message could not be read just now: Lambda tries again, and the dead-letter queue keeps what fails for good.
/// Events are idempotent, so those before it may be repeated.
pub async fn handle(app: &App, event: &Value) -> Result<Value, lambda_runtime::Error> {
    let mut taken = 0;
    let mut left = 0;
    for report in reports(event) {
        if report["notificationType"] == replies::RECEIVED {
            match replies::take(app, &report).await? {
                true => taken += 1,
                false => left += 1,
            }
            continue;
        }
        if let Some(sent_at) = canary(&report, app.now()) {
            let from = report["mail"]["source"].as_str().unwrap_or_default();
            canary_is_back(app, from, sent_at).await?;
            taken += 1;
            continue;
        }
        let Some((lead, feedback)) = read(&report, app.now()) else {
            left += 1;
            telemetry::log("feedback_left", &[]);
            continue;
        };
        report::take(app, &lead, feedback).await?;
        taken += 1;
    }
    Ok(json!({ "taken": taken, "left": left }))
}

/// When a canary left, if this is a report of one.
fn canary(report: &Value, now: Timestamp) -> Option<Timestamp> {
    let sent_at = report["mail"]["tags"][CANARY_TAG][0].as_str()?.parse().ok()?;
    Timestamp::from_second(sent_at).ok().filter(|at| can_be(*at, now))
}

/// Whether something can have happened then, whatever clocks are wrong: a day to come would outlive every canary, and one
/// of the year 9999 has no days after it to count.
fn can_be(at: Timestamp, now: Timestamp) -> bool {
    at.duration_since(now) < SignedDuration::from_hours(24)
}

/// Events come back: those of emails that left before this canary have had their time (R9).
async fn canary_is_back(app: &App, from: &str, sent_at: Timestamp) -> Result<(), StoreError> {
    let back = |sending: &mut piste_domain::rules::sending::Sending| sending.canary_is_back(from, sent_at);
    app.store.change_sending(back).await.map(drop)
}

/// The SES events inside an invocation.
fn reports(event: &Value) -> Vec<Cow<'_, Value>> {
    if let Some(records) = event.get("Records").and_then(Value::as_array) {
        // SNS wraps the event as text (SNS developer guide, "Invoking Lambda functions").
        return records
            .iter()
            .map(|record| {
                let message = record["Sns"]["Message"].as_str().unwrap_or_default();
                Cow::Owned(serde_json::from_str(message).unwrap_or(Value::Null))
            })
            .collect();
    }
    vec![Cow::Borrowed(event.get("detail").unwrap_or(event))]
}

/// Whose mail, which email, and what happened to it; `None` for anything else.
///
/// Event publishing names the kind `eventType` and carries our tags; the older notifications name it
/// `notificationType` and carry the email's headers at most (when "include original headers" is on), whose `Message-ID`
/// holds the same two ids.
/// Source: SES developer guide, "Contents of event data that Amazon SES publishes" and "Amazon SNS notification contents".
fn read(report: &Value, now: Timestamp) -> Option<(LeadId, Feedback)> {
    let mail = &report["mail"];
    let tag = |name: &str| mail["tags"][name][0].as_str();
    let own_message_id = || {
        let id = mail["commonHeaders"]["messageId"].as_str()?.trim_start_matches('<');
        id.split_once('@')?.0.split_once('.')
    };
    let (send, lead) = tag("send_id").zip(tag("lead_id")).or_else(own_message_id)?;
    if !LeadId::is_valid(lead) || !SendId::is_valid(send) {
        return None;
    }
    let moment = |value: &Value| {
        let at = value.as_str()?.parse::<Timestamp>().ok()?;
        Some(whole_seconds(at)).filter(|at| can_be(*at, now))
    };
    let sent_at = moment(&mail["timestamp"]).unwrap_or(now);
    // Each kind has an object of its own, named like it, that says when it happened.
    let happened = ["click", "bounce", "complaint", "delivery"]
        .into_iter()
        .find_map(|part| moment(&report[part]["timestamp"]));
    let feedback = Feedback {
        send_id: SendId::new(send),
        message_id: mail["messageId"].as_str()?.to_owned(),
        sent_at,
        at: happened.unwrap_or(sent_at),
        kind: kind(report)?,
        to_sales: tag("class") == Some(Class::Alert.code()),
    };
    Some((LeadId::new(lead), feedback))
}

/// The store keeps whole seconds.
fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
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
        // Somebody took the email out of the spam folder: the opposite of a complaint (R55).
        "Complaint" if report["complaint"]["complaintFeedbackType"] == "not-spam" => FeedbackKind::UnderWay,
        "Complaint" => FeedbackKind::Complaint,
        // Both say that SES took the email and did not send it.
        "Reject" | "Rendering Failure" | "RenderingFailure" => FeedbackKind::Reject,
        // A program that says it is one. That it came shows no more than that SES has the email (R60).
        "Click" if report["click"]["userAgent"].as_str().is_some_and(is_machine) => FeedbackKind::UnderWay,
        "Click" => FeedbackKind::Click,
        // Nothing follows from these but that SES has the email. Opens never count (R60).
        "DeliveryDelay" | "Open" | "Subscription" => FeedbackKind::UnderWay,
        // A kind that was added since: left and counted, not tried again for ever.
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

    const NOW: Timestamp = Timestamp::constant(1_772_442_000, 0);

    fn report(kind: Value) -> Value {
        let mut report = json!({
            "mail": {
                "messageId": "m-1",
                "tags": { "lead_id": ["a".repeat(26)], "send_id": ["s".repeat(26)], "ses:from-domain": ["example.com"] },
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
            read(&report(kind.clone()), NOW).map(|(_, feedback)| feedback.kind),
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
                Some(FeedbackKind::UnderWay),
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
            for rendering in ["Rendering Failure", "RenderingFailure"] {
                check(json!({ shape: rendering }), Some(FeedbackKind::Reject));
            }
            for other in ["Open", "DeliveryDelay", "Subscription"] {
                check(json!({ shape: other }), Some(FeedbackKind::UnderWay));
            }
            for unknown in ["Invented", ""] {
                check(json!({ shape: unknown }), None);
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
            assert!(read(&broken, NOW).is_none() && canary(&broken, NOW).is_none());
        }
        let mut foreign = report(json!({ "eventType": "Send" }));
        foreign["mail"]["tags"]["lead_id"] = json!(["../../etc"]);
        assert!(read(&foreign, NOW).is_none());
        let mut named = report(json!({ "eventType": "Send" }));
        named["mail"]["tags"]["send_id"] = json!(["ana@example.org"]);
        assert!(
            read(&named, NOW).is_none(),
            "R71: what is no id of ours never reaches a log"
        );
    }

    #[test]
    fn r60_a_click_tells_its_own_time() {
        let mut click = report(json!({ "eventType": "Click", "click": { "timestamp": "2026-03-02T09:00:07.900Z" } }));
        click["mail"]["timestamp"] = json!("2026-03-02T09:00:00.100Z");
        let (_, feedback) = read(&click, NOW).expect("a report");
        assert_eq!(feedback.at.duration_since(feedback.sent_at).as_secs(), 7);
        let (_, without) = read(&report(json!({ "eventType": "Send" })), NOW).expect("a report");
        assert_eq!(
            (without.sent_at, without.at),
            (NOW, NOW),
            "SES always says; if not, it is now"
        );
    }

    #[test]
    fn r121_a_moment_that_cannot_be_is_now() {
        for at in ["9999-12-30T22:00:00Z", "2026-03-03T09:00:00Z", "soon"] {
            let mut late = report(json!({ "eventType": "Bounce", "bounce": { "timestamp": at } }));
            late["mail"]["timestamp"] = json!(at);
            let (_, read) = read(&late, NOW).expect("a report");
            assert_eq!((read.sent_at, read.at), (NOW, NOW), "{at}");
        }
        let back = json!({ "mail": { "tags": { "canary": ["253402207200"] } } });
        assert_eq!(canary(&back, NOW), None, "or no later one would count");
    }

    #[test]
    fn r60_a_click_of_a_program_that_names_itself_is_none() {
        for (agent, kind) in [
            ("curl/8.5.0", FeedbackKind::UnderWay),
            ("", FeedbackKind::UnderWay),
            ("Mozilla/5.0 (Windows NT 10.0) Firefox/121.0", FeedbackKind::Click),
        ] {
            check(
                json!({ "eventType": "Click", "click": { "userAgent": agent } }),
                Some(kind),
            );
        }
        check(json!({ "eventType": "Click" }), Some(FeedbackKind::Click));
    }

    #[test]
    fn r9_a_canary_is_known_by_its_tag() {
        let back = json!({ "eventType": "Send", "mail": { "messageId": "m", "tags": { "canary": ["1772442000"] } } });
        assert_eq!(canary(&back, NOW).map(Timestamp::as_second), Some(1_772_442_000));
        for other in [
            json!({ "mail": { "tags": { "canary": ["soon"] } } }),
            json!({ "mail": { "tags": {} } }),
        ] {
            assert_eq!(canary(&other, NOW), None);
        }
    }

    #[test]
    fn r56_a_notification_without_tags_is_known_by_its_message_id() {
        let (lead, send) = ("b".repeat(26), "s".repeat(26));
        let mail =
            json!({ "messageId": "m", "commonHeaders": { "messageId": format!("<{send}.{lead}@example.com>") } });
        let (found, feedback) = read(&json!({ "notificationType": "Complaint", "mail": mail }), NOW).expect("known");
        assert_eq!(
            (found.as_str(), feedback.send_id.as_str()),
            (lead.as_str(), send.as_str())
        );
    }

    #[test]
    fn r56_all_three_envelopes_hold_the_same_event() {
        let inner = report(json!({ "eventType": "Send" }));
        let sns = json!({ "Records": [{ "EventSource": "aws:sns", "Sns": { "Message": inner.to_string() } }, { "Sns": { "Message": "not json" } }] });
        let owned = |value: &Value| Cow::<Value>::Owned(value.clone());
        assert_eq!(reports(&sns), [owned(&inner), owned(&Value::Null)]);
        for same in [json!({ "source": "aws.ses", "detail": inner }), inner.clone()] {
            assert_eq!(reports(&same), [owned(&inner)]);
        }
    }
}
