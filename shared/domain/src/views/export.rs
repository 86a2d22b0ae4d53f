//! Everything stored about a person, as JSON with a version: for the person to download, and for the company to answer
//! their request with (R66, GDPR art. 15 and 20).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::campaign::Catalog;
use crate::kit::ids::{CampaignId, EnquiryId, LeadId, WorkspaceId};
use crate::kit::locale::Locale;
use crate::kit::personal::Personal;
use crate::kit::vocabulary::SignalKind;
use crate::kit::vocabulary::{Class, Layer};
use crate::kit::vocabulary::{Purpose, Regime};
use crate::lead::case::Cause;
use crate::lead::consent::{ConsentState, Method};
use crate::lead::deliveries::{DeliveryState, What};
use crate::lead::enquiry::Enquiry;
use crate::lead::ledger::EntryState;
use crate::lead::preferences::Frequency;
use crate::lead::stage::{Mover, Stage};
use crate::lead::{Lead, SuppressionReason, Touch};
use crate::rules::quarantine::Held;
use crate::rules::sales;
use crate::rules::scoring::Score;
use crate::views::timeline::timeline;

/// Version of the shape below: raised when a field changes its meaning or goes.
pub const SCHEMA_VERSION: u32 = 2;

/// Everything stored about one person.
#[derive(Debug, Serialize)]
#[expect(
    missing_docs,
    reason = "the names are the documentation; openapi.json describes them"
)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Export {
    pub schema_version: u32,
    pub exported_at: Timestamp,
    pub id: LeadId,
    pub workspace: WorkspaceId,
    pub email: Option<Personal>,
    /// The number that the person is known by, where no address was given.
    pub phone: Option<Personal>,
    pub locale: Locale,
    pub stage: Stage,
    pub campaign: CampaignId,
    pub captured_at: Timestamp,
    /// The values that count.
    pub answers: BTreeMap<String, Personal>,
    /// Every post, as it was made.
    pub enquiries: Vec<Asked>,
    /// What the person said themselves, or to somebody who wrote it down.
    pub statements: Vec<Stated>,
    pub notes: Vec<Noted>,
    pub consents: Vec<Proof>,
    pub suppression: Option<Stop>,
    pub preferences: Wished,
    pub score: Scored,
    pub stages: Vec<Moved>,
    pub signals: Vec<Did>,
    pub enrolments: Vec<Enrolled>,
    pub sends: Vec<Mail>,
    /// What other systems were told, the latest of each.
    pub deliveries: Vec<Delivered>,
    /// The sales cases.
    pub follow_ups: Vec<FollowUp>,
    pub lifted_stops: Vec<Lifted>,
    /// Posts under this address that are held because they look like spam.
    pub held: Vec<Suspected>,
    pub timeline: Vec<Happened>,
}

/// What another system was told.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "see `Export`")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Delivered {
    pub destination: String,
    pub what: String,
    pub state: DeliveryState,
    pub at: Timestamp,
    /// The id of the record there.
    pub record: Option<String>,
}

/// A post.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "see `Export`")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Asked {
    pub id: EnquiryId,
    pub campaign: CampaignId,
    pub at: Timestamp,
    pub form_version: String,
    pub answers: BTreeMap<String, Personal>,
    /// What it said in fields that the form does not declare.
    pub other: BTreeMap<String, Personal>,
    pub touch: Touch,
    pub confirmed_at: Option<Timestamp>,
    /// Which other system reported it.
    pub reported_by: Option<String>,
}

/// A post that is held because it looks like spam.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "see `Export`")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Suspected {
    pub campaign: CampaignId,
    pub at: Timestamp,
    pub form_version: String,
    pub answers: BTreeMap<String, Personal>,
    /// What it said in fields that the form does not declare.
    pub other: BTreeMap<String, Personal>,
    pub touch: Touch,
    /// What speaks against it.
    pub reasons: Vec<Layer>,
}

impl From<Held> for Suspected {
    fn from(held: Held) -> Self {
        Self {
            campaign: held.form,
            at: held.at,
            form_version: held.version,
            answers: held.post.answers,
            other: held.post.other,
            touch: held.post.touch,
            reasons: held.reasons.into_iter().map(|reason| reason.layer).collect(),
        }
    }
}

/// What the person said of one field.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "see `Export`")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Stated {
    pub field: String,
    pub value: Personal,
    pub at: Timestamp,
    pub by: String,
}

/// What somebody wrote down.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "see `Export`")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Noted {
    pub at: Timestamp,
    pub by: String,
    pub text: Personal,
}

impl Asked {
    /// A post as people read it.
    pub fn of(enquiry: &Enquiry) -> Self {
        Self {
            id: enquiry.id(),
            campaign: enquiry.campaign.clone(),
            at: enquiry.at,
            form_version: enquiry.version.clone(),
            answers: (*enquiry.answers).clone(),
            other: (*enquiry.other).clone(),
            touch: enquiry.touch.clone(),
            confirmed_at: enquiry.confirmed_at,
            reported_by: enquiry.source.clone(),
        }
    }
}

/// A consent with its proof (R61): who, when, what in which words, how.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "see `Export`")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Proof {
    pub purpose: Purpose,
    pub campaign: CampaignId,
    pub state: ConsentState,
    pub asked_at: Timestamp,
    pub at: Timestamp,
    pub confirmed_at: Option<Timestamp>,
    pub method: Method,
    pub text_version: String,
    pub text_hash: String,
    /// The exact wording, where the version that holds it is at hand.
    pub text: Option<String>,
    pub text_locale: Locale,
    pub form_version: String,
    pub notice_version: String,
    pub page: Option<String>,
    /// Where somebody wrote it down who heard it: how it was said, what proves it, and who wrote it.
    pub evidence: Option<Evidenced>,
}

/// What proves a consent that somebody wrote down.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "see `Export`")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Evidenced {
    pub method: Personal,
    pub evidence: Personal,
    pub by: String,
}

/// Why emails stopped.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "see `Export`")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Stop {
    pub reason: SuppressionReason,
    pub at: Timestamp,
}

/// The person's preferences.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "see `Export`")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Wished {
    pub topics_off: Vec<String>,
    pub frequency: Frequency,
    pub paused_until: Option<Timestamp>,
    /// Until when an out-of-office keeps marketing back.
    pub away_until: Option<Timestamp>,
    pub at: Option<Timestamp>,
}

/// The score, by its lines.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "see `Export`")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Scored {
    pub fit: i64,
    pub engagement: i64,
    pub grade: String,
    pub lines: Vec<ScoreLine>,
}

/// One line of the score.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "see `Export`")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct ScoreLine {
    pub axis: &'static str,
    pub rule: String,
    pub points: i64,
    pub at: Timestamp,
}

/// A move between stages.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "see `Export`")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Moved {
    pub to: Stage,
    pub at: Timestamp,
    pub by: Mover,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    pub reason: String,
}

/// Something the person did.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "see `Export`")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Did {
    pub kind: SignalKind,
    pub at: Timestamp,
    pub of: String,
    /// Which other system reported it; absent when we saw it ourselves.
    pub source: Option<String>,
}

/// A sequence the person is or was in.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "see `Export`")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Enrolled {
    pub campaign: CampaignId,
    pub sequence: String,
    pub started_at: Timestamp,
    /// What allows its marketing emails (R63).
    pub basis: Option<Regime>,
    pub ended_at: Option<Timestamp>,
    pub ended_by: Option<&'static str>,
}

/// An email that became due.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "see `Export`")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Mail {
    pub send_id: String,
    pub campaign: CampaignId,
    pub sequence: String,
    pub step: String,
    pub class: Class,
    pub state: String,
    pub at: Timestamp,
    pub attempts: u8,
    /// The id SES gave it.
    pub message_id: Option<String>,
}

/// A sales case: sales was asked to call the person.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "see `Export`")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct FollowUp {
    pub opened_at: Timestamp,
    pub cause: Cause,
    /// The owner in charge, by id.
    pub owner: String,
    /// Until when the first response is due.
    pub deadline: Timestamp,
    /// From when and until when the next task is to be done.
    pub task: Option<(Timestamp, Timestamp)>,
    pub answered_at: Option<Timestamp>,
    pub calls: Vec<Call>,
    pub closed_at: Option<Timestamp>,
    pub closed_as: Option<&'static str>,
}

/// A try to reach the person.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "see `Export`")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Call {
    pub at: Timestamp,
    pub reached: bool,
    /// What was said.
    pub note: Option<Personal>,
}

/// A stop that an operator lifted.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "see `Export`")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Lifted {
    pub was: SuppressionReason,
    pub at: Timestamp,
    pub reason: String,
}

/// A line of the timeline.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "see `Export`")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Happened {
    pub at: Timestamp,
    pub kind: &'static str,
    pub text: String,
}

/// Everything held about a lead. `wording` finds the text of a consent by its hash.
pub fn export(
    lead: &Lead,
    held: Vec<Held>,
    catalog: &Catalog,
    now: Timestamp,
    wording: impl Fn(&str) -> Option<String>,
) -> Export {
    let score = catalog
        .get(&lead.campaign)
        .map(|campaign| Score::of(lead, campaign, now));
    Export {
        schema_version: SCHEMA_VERSION,
        exported_at: now,
        id: lead.id.clone(),
        workspace: lead.workspace.clone(),
        email: lead.email.as_ref().map(|email| Personal::new(email.expose())),
        phone: lead.phone.as_ref().map(|phone| Personal::new(phone.expose())),
        locale: lead.words.language(),
        stage: lead.stage,
        campaign: lead.campaign.clone(),
        captured_at: lead.captured_at,
        answers: lead.words.answers().clone(),
        enquiries: lead.words.enquiries().iter().map(Asked::of).collect(),
        statements: lead
            .words
            .statements()
            .iter()
            .map(|own| Stated {
                field: own.field.clone(),
                value: own.value.clone(),
                at: own.at,
                by: own.by.clone(),
            })
            .collect(),
        notes: lead
            .notes
            .iter()
            .map(|note| Noted {
                at: note.at,
                by: note.by.clone(),
                text: note.text.clone(),
            })
            .collect(),
        consents: proofs(lead, wording),
        suppression: lead.suppression.map(|stop| Stop {
            reason: stop.reason,
            at: stop.at,
        }),
        preferences: Wished {
            topics_off: lead
                .preferences
                .topics_off
                .iter()
                .map(|topic| format!("{}/{}", topic.0, topic.1))
                .collect(),
            frequency: lead.preferences.frequency,
            paused_until: lead.preferences.paused_until,
            away_until: lead.away.as_ref().map(|away| away.until),
            at: lead.preferences.at,
        },
        score: Scored {
            fit: score.as_ref().map_or(0, |score| score.fit),
            engagement: score.as_ref().map_or(0, |score| score.engagement),
            grade: score.as_ref().map_or_else(String::new, |score| score.grade.clone()),
            lines: score
                .iter()
                .flat_map(|score| &score.lines)
                .map(|line| ScoreLine {
                    axis: line.axis.code(),
                    rule: line.rule.to_string(),
                    points: line.points,
                    at: line.at,
                })
                .collect(),
        },
        stages: lead
            .history
            .iter()
            .map(|change| Moved {
                to: change.to,
                at: change.at,
                by: change.by,
                user: change.user.clone(),
                reason: change.reason.expose().to_owned(),
            })
            .collect(),
        signals: lead
            .signals
            .iter()
            .map(|signal| Did {
                kind: signal.kind,
                at: signal.at,
                of: signal.of.clone(),
                source: signal.source.clone(),
            })
            .collect(),
        enrolments: lead
            .enrolments
            .iter()
            .map(|enrolment| Enrolled {
                campaign: enrolment.campaign.clone(),
                sequence: enrolment.sequence.clone(),
                started_at: enrolment.started_at,
                basis: enrolment.basis,
                ended_at: enrolment.ended.map(|ended| ended.at),
                ended_by: enrolment.ended.map(|ended| ended.reason.code()),
            })
            .collect(),
        deliveries: lead
            .told
            .iter()
            .flat_map(|told| told.deliveries.iter().map(move |delivery| (told, delivery)))
            .filter(|(_, delivery)| delivery.what != What::Look)
            .map(|(told, delivery)| Delivered {
                destination: told.destination.to_string(),
                what: delivery.what.code().to_owned(),
                state: delivery.state,
                at: delivery.at,
                record: told.remote.clone(),
            })
            .collect(),
        sends: lead
            .ledger()
            .map(|(enrolment, send)| Mail {
                send_id: send.id.to_string(),
                campaign: enrolment
                    .map_or(&lead.campaign, |enrolment| &enrolment.campaign)
                    .clone(),
                sequence: enrolment
                    .map_or(sales::SEQUENCE, |enrolment| &enrolment.sequence)
                    .to_owned(),
                step: send.step.clone(),
                class: send.class,
                state: send.state_code(),
                at: send.at(),
                attempts: send.attempts(),
                message_id: match send.state() {
                    EntryState::Sent { message_id, .. } => message_id.clone(),
                    _ => None,
                },
            })
            .collect(),
        follow_ups: lead
            .cases
            .iter()
            .map(|case| FollowUp {
                opened_at: case.opened_at,
                cause: case.cause,
                owner: case.owner.clone(),
                deadline: case.deadline,
                task: case.task.map(|task| (task.from, task.until)),
                answered_at: case.answered.map(|answered| answered.at),
                calls: case
                    .attempts
                    .iter()
                    .map(|attempt| Call {
                        at: attempt.at,
                        reached: attempt.reached,
                        note: attempt.note.clone(),
                    })
                    .collect(),
                closed_at: case.closed.map(|closed| closed.at),
                closed_as: case.closed.map(|closed| closed.how.code()),
            })
            .collect(),
        held: held.into_iter().map(Suspected::from).collect(),
        lifted_stops: lead
            .lifts
            .iter()
            .map(|lift| Lifted {
                was: lift.was,
                at: lift.at,
                reason: lift.reason.expose().to_owned(),
            })
            .collect(),
        timeline: timeline(lead, catalog, lead.words.language())
            .into_iter()
            .map(|event| Happened {
                at: event.at,
                kind: event.kind,
                text: event.text,
            })
            .collect(),
    }
}

/// The consents with their proofs, oldest first.
pub fn proofs(lead: &Lead, wording: impl Fn(&str) -> Option<String>) -> Vec<Proof> {
    let proof = |consent: &crate::lead::consent::Consent| Proof {
        purpose: consent.purpose,
        campaign: consent.campaign.clone(),
        state: consent.state,
        asked_at: consent.asked_at,
        at: consent.at,
        confirmed_at: consent.confirmed_at,
        method: consent.method,
        text_version: consent.text_version.clone(),
        text_hash: consent.text_hash.clone(),
        text: wording(&consent.text_hash),
        text_locale: consent.locale,
        form_version: consent.form_version.clone(),
        notice_version: consent.notice.clone(),
        page: consent.page.clone(),
        evidence: consent.evidence.as_ref().map(|evidence| Evidenced {
            method: evidence.method.clone(),
            evidence: evidence.evidence.clone(),
            by: evidence.by.clone(),
        }),
    };
    lead.consents.iter().map(proof).collect()
}
