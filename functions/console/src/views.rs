//! What programs read: the shapes of the API.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use jiff::Timestamp;
use piste_adapters::store::{StoreError, stored_bytes};
use piste_domain::kit::ids::EnquiryId;
use piste_domain::kit::vocabulary::Class;
use piste_domain::kit::vocabulary::Purpose;
use piste_domain::lead::SuppressionReason;
use piste_domain::lead::consent::{ConsentState, Method};
use piste_domain::lead::enquiry::Enquiry;
use piste_domain::lead::standing::Standing;
use piste_domain::rules::scoring::Line;
use piste_domain::views::timeline::timeline;
use piste_domain::{Campaign, CampaignId, Lead, Locale, Personal};
use piste_operations::destinations::{self, DeliveryView};
use piste_operations::leads::Found;
use piste_operations::leads::row::{Shown, Summary, row, summary};
pub use piste_operations::plan::PlanView;
use serde::Serialize;

use crate::Session;
use crate::sales::{self, CaseView, CheckView};

#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct ListView {
    leads: Vec<Summary>,
    /// How many more leads of this page this version cannot read; absent when it reads all.
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<NonZeroUsize>,
    /// `cursor` of the next page; `null` on the last.
    next: Option<String>,
    /// How many leads there are on all pages; `null` where they are too many to count.
    total: Option<usize>,
}

/// A lead with everything known.
#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct LeadView {
    #[serde(flatten)]
    pub summary: Summary,
    pub locale: Locale,
    /// The values that count; what else was said stands in the enquiries.
    pub answers: BTreeMap<String, Personal>,
    /// What each post said, the newest last.
    pub enquiries: Vec<EnquiryView>,
    /// How the person stands in each campaign, the first one first.
    pub standings: Vec<StandingView>,
    pub consents: Vec<ConsentView>,
    pub suppression: Option<SuppressionView>,
    pub score: ScoreView,
    pub timeline: Vec<EventView>,
    pub sends: Vec<SendView>,
    /// What other systems are told of the lead.
    pub deliveries: Vec<DeliveryView>,
    pub notes: Vec<NoteView>,
    /// Who follows up, by when, and what was tried; `null` for a lead that was never handed to sales.
    pub case: Option<CaseView>,
    /// What makes an SQL of this campaign, and whether the answers meet it.
    pub checklist: Vec<CheckView>,
    /// Until when an operator keeps the person, and why.
    pub kept: Option<KeptView>,
    /// The size of the stored item, as DynamoDB counts it.
    pub item_bytes: usize,
}

#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct EnquiryView {
    pub id: EnquiryId,
    pub campaign: CampaignId,
    pub at: Timestamp,
    pub version: String,
    pub answers: BTreeMap<String, Personal>,
    /// What it said in fields that the form does not declare.
    pub other: BTreeMap<String, Personal>,
    pub touch: BTreeMap<String, String>,
    /// Whether the person proved by a link that it is theirs.
    pub confirmed: bool,
    /// Values that could not be read by their type; they stand in `other`.
    pub unread: Vec<UnreadView>,
    /// Which other system, or who, told it; `null` where a form was posted.
    pub told_by: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct UnreadView {
    pub field: String,
    pub code: String,
}

#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct StandingView {
    pub campaign: CampaignId,
    /// The first enquiry there.
    pub since: Timestamp,
    /// The latest one.
    pub last: Timestamp,
    pub fit: i64,
    pub engagement: i64,
    pub grade: String,
    /// When this campaign first made an MQL of the person.
    pub mql_at: Option<Timestamp>,
    pub lines: Vec<LineView>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct NoteView {
    pub at: Timestamp,
    pub by: String,
    pub text: Personal,
    /// Of a call outside any case: whether the person was reached.
    pub reached: Option<bool>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct KeptView {
    pub until: Timestamp,
    pub reason: Personal,
    pub by: String,
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

/// A page of leads.
pub fn list(session: &Session<'_>, found: &Found, campaign: Option<&CampaignId>) -> ListView {
    ListView {
        leads: found
            .leads
            .iter()
            .map(|lead| {
                row(
                    lead,
                    &Shown::of(session, lead, campaign),
                    campaign.is_some(),
                    session.now,
                )
            })
            .collect(),
        unreadable: NonZeroUsize::new(found.unreadable),
        next: found.next.clone(),
        total: found.total,
    }
}

/// Everything known about a lead.
pub fn lead(session: &Session<'_>, lead: &Lead) -> LeadView {
    let shown = Shown::of(session, lead, None);
    let counts = shown.id(lead);
    let score = &shown.score;
    let events = timeline(lead, &session.catalog, session.locale);
    LeadView {
        summary: summary(lead, &shown, session.now),
        locale: lead.words.language(),
        answers: lead.words.answers().clone(),
        enquiries: lead.words.enquiries().iter().map(enquiry).collect(),
        standings: lead.standings().map(|one| standing(session, lead, one)).collect(),
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
        suppression: lead.stop().map(|suppression| SuppressionView {
            reason: suppression.reason,
            at: suppression.at,
        }),
        score: ScoreView {
            fit: score.fit,
            engagement: score.engagement,
            grade: score.grade.clone(),
            version: session
                .catalog
                .published(&counts)
                .map(|published| published.version.clone())
                .unwrap_or_default(),
            lines: score
                .lines
                .iter()
                .map(|line| line_view(session, shown.campaign, line))
                .collect(),
        },
        timeline: events
            .into_iter()
            .map(|event| EventView {
                at: event.at,
                kind: event.kind,
                text: event.text,
            })
            .collect(),
        deliveries: destinations::of_lead(lead, session.now),
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
        notes: lead
            .notes
            .iter()
            .map(|note| NoteView {
                at: note.at,
                by: note.by.clone(),
                text: note.text.clone(),
                reached: note.reached,
            })
            .collect(),
        case: sales::view(session, lead),
        checklist: sales::checklist(session, lead),
        kept: lead.kept.as_ref().map(|kept| KeptView {
            until: kept.until,
            reason: kept.reason.clone(),
            by: kept.by.clone(),
        }),
        item_bytes: stored_bytes(lead).unwrap_or_default(),
    }
}

fn enquiry(enquiry: &Enquiry) -> EnquiryView {
    EnquiryView {
        id: enquiry.id(),
        campaign: enquiry.campaign.clone(),
        at: enquiry.at,
        version: enquiry.version.clone(),
        answers: (*enquiry.answers).clone(),
        other: (*enquiry.other).clone(),
        touch: enquiry.touch.0.clone(),
        confirmed: enquiry.confirmed_at.is_some(),
        unread: enquiry
            .unread
            .iter()
            .map(|unread| UnreadView {
                field: unread.field.clone(),
                code: unread.code.clone(),
            })
            .collect(),
        told_by: enquiry.source.clone(),
    }
}

fn standing(session: &Session<'_>, lead: &Lead, standing: Standing) -> StandingView {
    let shown = Shown::of(session, lead, Some(&standing.campaign));
    StandingView {
        since: standing.since,
        last: standing.last(),
        fit: shown.score.fit,
        engagement: shown.score.engagement,
        grade: shown.score.grade.clone(),
        mql_at: standing.mql_at,
        lines: shown
            .score
            .lines
            .iter()
            .map(|line| line_view(session, shown.campaign, line))
            .collect(),
        campaign: standing.campaign,
    }
}

fn line_view(session: &Session<'_>, campaign: Option<&Campaign>, line: &Line) -> LineView {
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
pub async fn plan(session: &Session<'_>, lead: &Lead) -> Result<PlanView, StoreError> {
    piste_operations::plan::view(session, lead, session.locale).await
}
