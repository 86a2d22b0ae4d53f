//! One-off mailings: who gets one, who does not and why, and how they come to it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::campaign::Campaign;
use crate::campaign::mailing::{Audience, Mailing};
use crate::codes;
use crate::kit::ids::CampaignId;
use crate::kit::seconds;
use crate::kit::vocabulary::{Class, ExitReason};
use crate::lead::Lead;
use crate::lead::consent::ConsentState;
use crate::rules::context::Context;
use crate::rules::enrolment::{begin, covers_any};
use crate::rules::scoring::Score;
use crate::rules::source::source_in;

/// Why somebody who stands in the campaign does not get a mailing. The first that holds counts, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, EnumString, IntoStaticStr, VariantArray, Serialize)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum Excluded {
    /// Known by a telephone number alone.
    NoAddress,
    /// The address does not work.
    Bounce,
    /// They complained.
    Complaint,
    /// They said no.
    Unsubscribe,
    /// They never agreed to marketing emails of this campaign, or have not confirmed it.
    NoConsent,
    /// Nothing allows marketing emails to them.
    NoBasis,
    /// Sales disqualified them.
    Disqualified,
    /// They agreed to a wording that does not announce such mailings.
    Wording,
    /// They turned the topic off.
    TopicOff,
    /// Their stage is another one.
    Stage,
    /// Their grade is another one.
    Grade,
    /// They came from elsewhere.
    Source,
    /// Their answers say otherwise.
    Answers,
    /// Something was heard of them lately.
    HeardOf,
    /// They have it already.
    Had,
    /// What is stored of them cannot be read.
    Unreadable,
}

codes!(Excluded);

/// A mailing that somebody approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    /// When.
    #[serde(rename = "a", with = "seconds")]
    pub at: Timestamp,
    /// Who.
    #[serde(rename = "b")]
    pub by: String,
    /// How many were to get it.
    #[serde(rename = "n")]
    pub recipients: u64,
    /// Whether what has not left yet waits.
    #[serde(rename = "p", default, skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
    /// Whether everybody who is to get it is on the way to it: from then on nobody joins them.
    #[serde(rename = "e", default, skip_serializing_if = "std::ops::Not::not")]
    pub enrolled: bool,
    /// What became of it, once nothing of it is to come.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub done: Option<Went>,
}

/// How many got a mailing, and how many of those who were to get it did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Went {
    /// To how many it left.
    #[serde(rename = "s")]
    pub sent: u64,
    /// To how many it did not.
    #[serde(rename = "k")]
    pub skipped: u64,
}

/// What a campaign's mailing is called among those of all campaigns.
pub fn key(campaign: &CampaignId, name: &str) -> String {
    format!("{campaign}/{name}")
}

/// The name of the mailing that a key is about, if it is one of this campaign's.
pub fn named<'a>(key: &'a str, campaign: &CampaignId) -> Option<&'a str> {
    key.strip_prefix(campaign.as_str())?.strip_prefix('/')
}

/// Of what a mailing's step has become for one lead; `None` where the lead is not on the way to it, or still is.
pub fn went(lead: &Lead, campaign: &CampaignId, mailing: &Mailing) -> Option<bool> {
    let mut of_it = lead.enrolments.iter();
    let of_it = of_it.find(|e| &e.campaign == campaign && e.sequence == mailing.sequence.id)?;
    let entry = of_it.ledger.iter().next();
    match entry {
        Some(entry) if entry.is_final() => Some(entry.may_have_arrived()),
        _ => of_it.ended.is_some().then_some(false),
    }
}

/// Why this lead does not get this mailing; `None` where it does.
pub fn excluded(lead: &Lead, mailing: &Mailing, campaign: &Campaign, now: Timestamp) -> Option<Excluded> {
    let had = |e: &crate::lead::Enrolment| e.campaign == campaign.id && e.sequence == mailing.sequence.id;
    let refusal = lead
        .refusal(Class::Nurture, campaign)
        .map(|exit| refused(lead, exit, campaign));
    let turned_off = |step| lead.preferences.turns_off(campaign, &mailing.sequence, step);
    refusal
        .or_else(|| lead.barred(&mailing.sequence).map(|_| Excluded::Disqualified))
        .or_else(|| (!covers_any(lead, &mailing.sequence, campaign)).then_some(Excluded::Wording))
        .or_else(|| {
            mailing
                .sequence
                .steps
                .iter()
                .any(turned_off)
                .then_some(Excluded::TopicOff)
        })
        .or_else(|| outside(lead, &mailing.audience, campaign, now))
        .or_else(|| lead.enrolments.iter().any(had).then_some(Excluded::Had))
}

/// A refusal in the words of a dry run: who never agreed is not somebody who said no.
fn refused(lead: &Lead, exit: ExitReason, campaign: &Campaign) -> Excluded {
    let said_no = lead.stop().is_some() || lead.marketing_state(&campaign.id) == Some(ConsentState::Withdrawn);
    match exit {
        ExitReason::NoAddress => Excluded::NoAddress,
        ExitReason::Bounce => Excluded::Bounce,
        ExitReason::Complaint => Excluded::Complaint,
        ExitReason::Unsubscribe if !said_no => Excluded::NoConsent,
        ExitReason::Unsubscribe => Excluded::Unsubscribe,
        ExitReason::Disqualified => Excluded::Disqualified,
        // The gate names no other.
        ExitReason::NoBasis
        | ExitReason::Reply
        | ExitReason::Sql
        | ExitReason::Customer
        | ExitReason::Completed
        | ExitReason::Return => Excluded::NoBasis,
    }
}

fn outside(lead: &Lead, audience: &Audience, campaign: &Campaign, now: Timestamp) -> Option<Excluded> {
    if !audience.stages.is_empty() && !audience.stages.contains(&lead.stage) {
        return Some(Excluded::Stage);
    }
    if !audience.grades.is_empty() && !audience.grades.contains(&Score::of(lead, campaign, now).grade) {
        return Some(Excluded::Grade);
    }
    if !audience.sources.is_empty() {
        let source = source_in(lead, &campaign.id);
        if !source.is_some_and(|source| audience.sources.contains(&source)) {
            return Some(Excluded::Source);
        }
    }
    if !audience
        .when
        .iter()
        .all(|condition| condition.is_met_by(lead.words.answers()))
    {
        return Some(Excluded::Answers);
    }
    let silent = audience.silent_for.as_ref();
    let heard = silent.is_some_and(|silent| silent.add_to(lead.last_contact(), &campaign.time_zone()) > now);
    heard.then_some(Excluded::HeardOf)
}

/// Puts somebody on the way to mailings that were approved, each with the moment of its approval, where they are among those
/// who get them.
pub(super) fn enrol(lead: &mut Lead, campaign: &CampaignId, approved: &BTreeMap<String, Timestamp>, cx: &Context<'_>) {
    let Some(campaign) = cx.catalog.get(campaign) else {
        return;
    };
    for (name, approved_at) in approved {
        let Some(mailing) = campaign.mailings.get(name) else {
            continue;
        };
        let stands = lead
            .standing(&campaign.id)
            .is_some_and(|standing| standing.since <= *approved_at);
        if !stands || excluded(lead, mailing, campaign, cx.now).is_some() {
            continue;
        }
        begin(lead, campaign, &mailing.sequence, 0, cx);
        if let Some(begun) = lead.enrolments.last_mut() {
            begun.started_at = mailing.turn_of(&lead.id, *approved_at, campaign);
        }
    }
}

#[cfg(test)]
mod tests;
