//! A post that met an item which the function cannot read (R130). It is kept beside that item and decided on once the
//! item reads again, as of the moment at which it came: once, however often that is tried.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::campaign::Published;
use crate::kit::ids::{CampaignId, WorkspaceId};
use crate::lead::Lead;
use crate::lead::consent::ConsentState;
use crate::lead::erasure::Known;
use crate::rules::capture::record_post;
use crate::rules::context::Context;
use crate::rules::decide::{Decision, Input, change, create};
use crate::rules::form::Submission;
use crate::rules::input::Signal;
use crate::rules::signals::{Report, Reported};

/// A post that is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// When it came; the store keeps it in the key of the row.
    #[serde(skip)]
    pub at: Timestamp,
    /// When it was typed, where that was before `at`: a post that was held and is released.
    #[serde(
        rename = "t",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::kit::seconds::optional"
    )]
    pub typed_at: Option<Timestamp>,
    /// Whose lead it is about.
    #[serde(rename = "ws")]
    pub workspace: WorkspaceId,
    /// What was posted.
    #[serde(rename = "p")]
    pub post: Post,
}

/// What can be kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Post {
    /// A form post, with the version of the campaign's files that applied.
    Form(CampaignId, String, Submission),
    /// What another system reported.
    Report(Report),
}

/// What became of a kept post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folded {
    /// It is in the lead, or has no place there any more.
    Done,
    /// Its campaign is not at hand: it waits.
    NoCampaign,
}

impl Input for Kept {
    type Outcome = Folded;

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<Folded> {
        // Nobody who was erased is brought back by what they posted before.
        let erased_at = match known {
            Known::Tombstone(erased) => Some(erased.erased_at),
            Known::Lead(lead) => lead.past.as_ref().and_then(|past| past.uncleaned),
            Known::Nobody => None,
        };
        let elsewhere = matches!(known, Known::Lead(lead) if lead.workspace != self.workspace);
        if elsewhere || erased_at.is_some_and(|at| self.typed_at() <= at) {
            return Decision::unchanged(Folded::Done);
        }
        let campaign = match &self.post {
            Post::Form(campaign, ..) => Some(campaign),
            Post::Report(report) => match &report.what {
                Reported::Lead(campaign, _) => Some(campaign),
                Reported::Signal(..) => None,
            },
        };
        if campaign.is_some_and(|campaign| cx.catalog.get(campaign).is_none()) {
            return Decision::unchanged(Folded::NoCampaign);
        }
        let cx = &Context { now: self.at, ..*cx };
        let decision = match &self.post {
            Post::Form(campaign, version, submission) => self.fold(known, campaign, version, submission, cx),
            Post::Report(report) => Signal(report.clone()).decide(known, cx),
        };
        Decision {
            record: decision.record,
            effects: decision.effects,
            answer: Some(Folded::Done),
        }
    }
}

impl Kept {
    /// What was said or erased since then outweighs it, however late it is decided on.
    fn typed_at(&self) -> Timestamp {
        self.typed_at.unwrap_or(self.at)
    }

    fn fold(
        &self,
        known: Known<'_>,
        campaign: &CampaignId,
        version: &str,
        submission: &Submission,
        cx: &Context<'_>,
    ) -> Decision<()> {
        let Some(current) = cx.catalog.published(campaign) else {
            return Decision::no_lead();
        };
        let published = Published {
            campaign: current.campaign.clone(),
            version: version.to_owned(),
        };
        let erased = match known {
            Known::Lead(lead) if self.is_in(lead, campaign, submission) => return Decision::unchanged(()),
            Known::Lead(_) => return change(known, cx, |lead| self.record(lead, &published, submission, cx)),
            Known::Tombstone(erased) => Some(erased),
            Known::Nobody => None,
        };
        create(&published.campaign, submission, erased, cx, |lead| {
            record_post(lead, &published, submission, None, cx);
        })
    }

    /// Whether it was folded in before, and whoever did so did not live to say it. Another post of the same second says
    /// something else.
    fn is_in(&self, lead: &Lead, campaign: &CampaignId, submission: &Submission) -> bool {
        let post = (campaign, self.at, &submission.touch, &submission.answers);
        let mut enquiries = lead.words.enquiries().iter();
        enquiries.any(|held| (&held.campaign, held.at, &held.touch, &*held.answers) == post)
    }

    /// Records the post among those that came before and since: a newer word stands.
    fn record(&self, lead: &mut Lead, published: &Published, submission: &Submission, cx: &Context<'_>) {
        let mut submission = submission.clone();
        let said_no_since = lead
            .consents
            .iter()
            .any(|consent| consent.state == ConsentState::Withdrawn && consent.at > self.typed_at())
            || lead.suppression.is_some_and(|stop| stop.at > self.typed_at());
        if said_no_since {
            submission.consents.clear();
        }
        record_post(lead, published, &submission, None, cx);
    }
}

#[cfg(test)]
mod tests;
