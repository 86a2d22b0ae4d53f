//! What programs read: the shapes of the API.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use jiff::Timestamp;
use piste_domain::kit::vocabulary::Class;
use piste_domain::kit::vocabulary::Purpose;
use piste_domain::lead::SuppressionReason;
use piste_domain::lead::consent::{ConsentState, Method};
use piste_domain::lead::stage::Stage;
use piste_domain::rules::scoring::{Line, Score};
use piste_domain::views::timeline::timeline;
use piste_domain::{CampaignId, Lead, LeadId, Locale, Personal};
use piste_operations::plan::Mail;
use serde::Serialize;

use crate::Session;
use crate::leads::Found;
use crate::sales::{self, CheckView, SalesView};

#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct ListView {
    leads: Vec<Summary>,
    /// How many more leads of this page this version cannot read; absent when it reads all.
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<NonZeroUsize>,
    next: Option<String>,
}

/// A lead as lists show it.
#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Summary {
    pub id: LeadId,
    pub email: String,
    pub name: String,
    pub campaign: CampaignId,
    pub stage: Stage,
    /// A letter for the fit, a digit for the engagement: `A1` is best, `D4` last.
    pub grade: String,
    pub fit: i64,
    pub engagement: i64,
    pub captured_at: Timestamp,
    pub due_at: Option<Timestamp>,
    /// Emails whose outcome is unknown.
    pub unknown_sends: usize,
    /// Emails that SES accepted twice.
    pub duplicate_sends: usize,
}

/// A lead with everything known.
#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct LeadView {
    #[serde(flatten)]
    pub summary: Summary,
    pub locale: Locale,
    pub answers: BTreeMap<String, Personal>,
    pub captures: Vec<CaptureView>,
    pub consents: Vec<ConsentView>,
    pub suppression: Option<SuppressionView>,
    pub score: ScoreView,
    pub timeline: Vec<EventView>,
    pub sends: Vec<SendView>,
    /// Who follows up, by when, and what was tried; `null` for a lead that was never handed to sales.
    pub sales: Option<SalesView>,
    /// What makes an SQL of this campaign, and whether the answers meet it.
    pub checklist: Vec<CheckView>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct CaptureView {
    pub campaign: CampaignId,
    pub at: Timestamp,
    pub version: String,
    pub touch: BTreeMap<String, String>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct ConsentView {
    pub purpose: Purpose,
    pub state: ConsentState,
    pub at: Timestamp,
    pub method: Method,
    pub text_version: String,
    pub text_hash: String,
    pub page: Option<String>,
    pub campaign: CampaignId,
    pub asked_at: Timestamp,
    pub confirmed_at: Option<Timestamp>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct SuppressionView {
    reason: SuppressionReason,
    at: Timestamp,
}

#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct ScoreView {
    pub fit: i64,
    pub engagement: i64,
    pub grade: String,
    /// Version of the campaign's files whose rules these are.
    pub version: String,
    pub lines: Vec<LineView>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct LineView {
    #[cfg_attr(feature = "describe", schemars(extend("enum" = ["fit", "engagement"])))]
    pub axis: &'static str,
    pub rule: String,
    pub points: i64,
    pub at: Timestamp,
    pub why: String,
    /// What it was worth when it happened, and what age left of that before any cap.
    pub fresh: i64,
    pub decayed: i64,
    pub grade_at_most: Option<char>,
    #[serde(skip)]
    pub note: Option<String>,
    #[serde(skip)]
    pub axis_name: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct EventView {
    pub at: Timestamp,
    pub kind: &'static str,
    pub text: String,
}

#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct SendView {
    pub send_id: String,
    pub class: Class,
    pub step: String,
    pub state: String,
    pub at: Timestamp,
    pub attempts: u8,
}

#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct PlanView {
    pub plan: Vec<PlannedView>,
}

/// One future mail. `local` is the same moment on the wall clock of the campaign's zone.
#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct PlannedView {
    pub at: Timestamp,
    pub local: String,
    pub campaign: CampaignId,
    pub sequence: String,
    pub step: String,
    pub class: Class,
    pub why: String,
}

/// A page of leads.
pub fn list(session: &Session<'_>, found: &Found) -> ListView {
    ListView {
        leads: found
            .leads
            .iter()
            .map(|lead| summary(lead, &score(session, lead)))
            .collect(),
        unreadable: NonZeroUsize::new(found.unreadable),
        next: found.next.clone(),
    }
}

/// The score of a lead now; a lead whose campaign is gone has none.
pub fn score(session: &Session<'_>, lead: &Lead) -> Score {
    match session.catalog.get(&lead.campaign) {
        Some(campaign) => Score::of(lead, campaign, session.now),
        None => Score {
            fit: 0,
            engagement: 0,
            grade: "D4".into(),
            lines: Vec::new(),
        },
    }
}

/// One row of a list.
pub fn summary(lead: &Lead, score: &Score) -> Summary {
    Summary {
        id: lead.id.clone(),
        email: lead.email.expose().to_owned(),
        name: lead.full_name(),
        campaign: lead.campaign.clone(),
        stage: lead.stage,
        grade: score.grade.clone(),
        fit: score.fit,
        engagement: score.engagement,
        captured_at: lead.captured_at,
        due_at: lead.due_at,
        unknown_sends: lead.unknown_sends(),
        duplicate_sends: lead.duplicate_sends(),
    }
}

/// Everything known about a lead.
pub fn lead(session: &Session<'_>, lead: &Lead) -> LeadView {
    let score = score(session, lead);
    let events = timeline(lead, &session.catalog, session.locale);
    LeadView {
        summary: summary(lead, &score),
        locale: lead.locale,
        answers: (*lead.answers).clone(),
        captures: lead
            .captures
            .iter()
            .map(|capture| CaptureView {
                campaign: capture.campaign.clone(),
                at: capture.at,
                version: capture.version.clone(),
                touch: capture.touch.0.clone(),
            })
            .collect(),
        consents: lead
            .consents
            .iter()
            .map(|consent| ConsentView {
                purpose: consent.purpose,
                state: consent.state,
                at: consent.at,
                method: consent.method,
                text_version: consent.text_version.clone(),
                text_hash: consent.text_hash.clone(),
                page: consent.page.clone(),
                campaign: consent.campaign.clone(),
                asked_at: consent.asked_at,
                confirmed_at: consent.confirmed_at,
            })
            .collect(),
        suppression: lead.suppression.map(|suppression| SuppressionView {
            reason: suppression.reason,
            at: suppression.at,
        }),
        score: ScoreView {
            fit: score.fit,
            engagement: score.engagement,
            grade: score.grade.clone(),
            version: session
                .catalog
                .published(&lead.campaign)
                .map(|published| published.version.clone())
                .unwrap_or_default(),
            lines: score.lines.iter().map(|line| line_view(session, lead, line)).collect(),
        },
        timeline: events
            .into_iter()
            .map(|event| EventView {
                at: event.at,
                kind: event.kind,
                text: event.text,
            })
            .collect(),
        sends: lead
            .ledger()
            .map(|(_, send)| SendView {
                send_id: send.id.to_string(),
                class: send.class,
                step: send.step.clone(),
                state: send.state_code(),
                at: send.at(),
                attempts: send.attempts(),
            })
            .collect(),
        sales: sales::view(session, lead),
        checklist: sales::checklist(session, lead),
    }
}

fn line_view(session: &Session<'_>, lead: &Lead, line: &Line) -> LineView {
    let campaign = session.catalog.get(&lead.campaign);
    let why = campaign.and_then(|campaign| campaign.scoring.why(&line.rule));
    LineView {
        axis: line.axis.code(),
        rule: line.rule.to_string(),
        points: line.points,
        at: line.at,
        why: why.map(|why| why.get(session.locale).to_owned()).unwrap_or_default(),
        fresh: line.fresh,
        decayed: line.decayed,
        grade_at_most: line.grade_at_most,
        note: line.note(session.locale),
        axis_name: line.axis.name(session.locale),
    }
}

/// Every future mail of a lead.
pub fn plan(session: &Session<'_>, lead: &Lead) -> PlanView {
    let mails = piste_operations::plan::plan(session, lead);
    PlanView {
        plan: mails.into_iter().map(|mail| planned(session, mail)).collect(),
    }
}

fn planned(session: &Session<'_>, mail: Mail) -> PlannedView {
    let why = mail.why(session.locale);
    let Mail { planned, zone, .. } = mail;
    PlannedView {
        at: planned.at,
        local: planned.at.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        campaign: planned.campaign,
        sequence: planned.sequence,
        step: planned.step,
        class: planned.class,
        why,
    }
}
