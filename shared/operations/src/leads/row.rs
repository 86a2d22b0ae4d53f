//! A lead as lists show it: by the standing that counts there.

use jiff::Timestamp;
use piste_domain::lead::stage::Stage;
use piste_domain::lead::standing::Standing;
use piste_domain::rules::scoring::Score;
use piste_domain::rules::source::source_in;
use piste_domain::rules::stages::scores;
use piste_domain::{Campaign, CampaignId, Lead, LeadId};
use serde::Serialize;

use super::Due;
use crate::Operator;

/// A lead as lists show it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Summary {
    /// Which.
    pub id: LeadId,
    /// `null` for a person known by a telephone number alone.
    pub email: Option<String>,
    /// As E.164.
    pub phone: Option<String>,
    /// First and last.
    pub name: String,
    /// Where they work.
    pub company: String,
    /// The campaign asked about, else that of the standing that counts most: the grade and the points are those there.
    pub campaign: CampaignId,
    /// How far they are.
    pub stage: Stage,
    /// A letter for the fit, a digit for the engagement: `A1` is best, `D4` last.
    pub grade: String,
    /// Points for who they are.
    pub fit: i64,
    /// Points for what they did.
    pub engagement: i64,
    /// The id of whoever has the lead.
    pub owner: Option<String>,
    /// Where the first post came from.
    pub source: Option<String>,
    /// The first enquiry.
    pub captured_at: Timestamp,
    /// The latest one.
    pub last_enquiry_at: Timestamp,
    /// When something is to happen next.
    pub due_at: Option<Timestamp>,
    /// Emails whose outcome is unknown.
    pub unknown_sends: usize,
    /// Emails that SES accepted twice.
    pub duplicate_sends: usize,
    /// What sales has to do next, and by when.
    #[serde(skip)]
    pub task: Option<NextTask>,
}

/// What sales has to do next about a lead.
#[derive(Clone, Debug)]
pub struct NextTask {
    /// Not before.
    pub from: Timestamp,
    /// By when.
    pub until: Timestamp,
    /// Whether the person was reached and it is to be decided about them.
    pub decide: bool,
    /// Whether it should have been done by now.
    pub late: bool,
}

/// The next task of a lead, as it stands now.
pub fn next_task(lead: &Lead, now: Timestamp) -> Option<NextTask> {
    let case = lead.open_case()?;
    let task = case.task?;
    // The first response has a deadline of its own; once the task is snoozed beyond it, that of the task counts.
    let first = Some(case.deadline).filter(|deadline| case.answered.is_none() && *deadline >= task.from);
    Some(NextTask {
        from: task.from,
        until: first.map_or(task.until, |deadline| deadline.min(task.until)),
        decide: case.reached(),
        late: Due::Late.of_lead(lead, now),
    })
}

/// The standing that is shown of a lead: in the campaign asked about, else the one that counts most.
#[derive(Debug)]
pub struct Shown<'a> {
    standing: Option<Standing>,
    /// Its campaign, if it is still published.
    pub campaign: Option<&'a Campaign>,
    /// The score there; where the campaign is gone there is none.
    pub score: Score,
}

impl<'a> Shown<'a> {
    /// What is shown of a lead.
    pub fn of(session: &'a Operator<'_>, lead: &Lead, asked: Option<&CampaignId>) -> Self {
        let all = scores(lead, &session.catalog, session.now);
        let mut all = all
            .into_iter()
            .filter(|(standing, ..)| asked.is_none_or(|asked| &standing.campaign == asked));
        match all.next() {
            Some((standing, campaign, score)) => Self {
                standing: Some(standing),
                campaign: Some(campaign),
                score,
            },
            None => Self {
                standing: None,
                campaign: None,
                score: Score {
                    fit: 0,
                    engagement: 0,
                    grade: "D4".into(),
                    lines: Vec::new(),
                },
            },
        }
    }

    /// Which campaign it is in.
    pub fn id(&self, lead: &Lead) -> CampaignId {
        let standing = self.standing.as_ref();
        standing.map_or_else(|| lead.campaign.clone(), |standing| standing.campaign.clone())
    }
}

/// One row of a list.
pub fn summary(lead: &Lead, shown: &Shown<'_>, now: Timestamp) -> Summary {
    let campaign = shown.id(lead);
    let elsewhere = shown.standing.as_ref().map(|standing| &standing.campaign);
    let phone = shown
        .campaign
        .and_then(|campaign| lead.telephone(campaign))
        .or_else(|| lead.phone.clone());
    Summary {
        id: lead.id.clone(),
        email: lead.email.as_ref().map(|email| email.expose().to_owned()),
        phone: phone.map(|phone| phone.expose().to_owned()),
        name: lead.full_name(),
        company: lead.words.answer("company").unwrap_or_default().to_owned(),
        campaign,
        stage: lead.stage,
        grade: shown.score.grade.clone(),
        fit: shown.score.fit,
        engagement: shown.score.engagement,
        owner: lead.owner().map(str::to_owned),
        source: source_in(lead, elsewhere.unwrap_or(&lead.campaign)),
        captured_at: lead.captured_at,
        last_enquiry_at: lead
            .standings()
            .map(|standing| standing.last())
            .max()
            .unwrap_or(lead.captured_at),
        due_at: lead.due_at,
        unknown_sends: lead.unknown_sends(),
        duplicate_sends: lead.duplicate_sends(),
        task: next_task(lead, now),
    }
}

/// The same in a list; in one of a campaign the moments are those there.
pub fn row(lead: &Lead, shown: &Shown<'_>, of_campaign: bool, now: Timestamp) -> Summary {
    let whole = summary(lead, shown, now);
    match shown.standing.as_ref().filter(|_| of_campaign) {
        Some(standing) => Summary {
            captured_at: standing.since,
            last_enquiry_at: standing.last(),
            ..whole
        },
        None => whole,
    }
}
