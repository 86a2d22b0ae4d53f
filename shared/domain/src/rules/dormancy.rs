//! Leads that fall silent, and leads that come back.

use jiff::Timestamp;

use crate::campaign::{Catalog, Start};
use crate::kit::vocabulary::{Class, ExitReason};
use crate::lead::signal::Signal;
use crate::lead::stage::{Mover, Stage};
use crate::lead::{Ended, Lead};
use crate::rules::context::Context;
use crate::rules::enrolment::enrol;
use crate::rules::notices;
use crate::rules::retention;
use crate::rules::stages::{move_to, scores};

/// When a lead counts as dormant if nothing is heard of it: after the longest silence that the campaigns it stands in
/// allow; `None` where its stage says that somebody is at work on it, or a case is open.
pub fn dormant_at(lead: &Lead, catalog: &Catalog) -> Option<Timestamp> {
    if lead.open_case().is_some() || !lead.stage.may_be_moved(Stage::Dormant, Mover::Silence) {
        return None;
    }
    let contact = lead.last_contact();
    let ends = lead.campaigns().map(|id| {
        let campaign = catalog.get(id)?;
        Some(campaign.dormant_after.add_to(contact, &campaign.time_zone()))
    });
    ends.collect::<Option<Vec<_>>>()?.into_iter().max()
}

/// Moves a lead that was silent for too long, and starts what is meant to wake it, once and if its consent allows.
pub(crate) fn fall_asleep(lead: &mut Lead, cx: &Context<'_>) {
    if dormant_at(lead, cx.catalog).is_none_or(|at| cx.now < at) {
        return;
    }
    let about = lead.latest_campaign();
    let Some(campaign) = cx.catalog.get(&about) else {
        return;
    };
    let silence = campaign.dormant_after.to_string();
    move_to(lead, Stage::Dormant, Mover::Silence, silence, &about, cx);
    // Who is being asked whether they want to stay needs no second question.
    if retention::asked_until(lead, cx.catalog).is_some() {
        return;
    }
    let standing: Vec<_> = lead.campaigns().cloned().collect();
    for campaign in standing.iter().filter_map(|id| cx.catalog.get(id)) {
        if lead.refusal(Class::Nurture, campaign).is_none() {
            enrol(lead, campaign, Start::Dormant, cx);
            break; // one question is enough
        }
    }
}

/// A recycled or dormant lead of whom something new is heard is scored anew. Who reaches the threshold is an MQL again,
/// and so is a dormant one whom sales had before; another dormant one is a lead again.
pub(crate) fn come_back(lead: &mut Lead, before: &Lead, cx: &Context<'_>) {
    let is_news = |signal: &&Signal| signal.kind.is_contact() && !before.signals.contains(signal);
    // A second post of a day counts once in the score, and is heard all the same.
    let news = lead.signals.iter().any(|signal| is_news(&signal)) || lead.heard_at() > before.heard_at();
    if !news || lead.stage != before.stage || !matches!(lead.stage, Stage::Recycled | Stage::Dormant) {
        return;
    }
    let scores = scores(lead, cx.catalog, cx.now);
    let reached = scores
        .iter()
        .find(|(_, campaign, score)| score.is_mql(&campaign.scoring));
    let Some((_, campaign, score)) = reached.or(scores.first()) else {
        return;
    };
    let was_sold_to = lead
        .history
        .iter()
        .any(|change| matches!(change.to, Stage::Mql | Stage::Sql));
    let sums = format!("fit {}, engagement {}", score.fit, score.engagement);
    let about = campaign.id.clone();
    if reached.is_some() || (lead.stage == Stage::Dormant && was_sold_to) {
        move_to(lead, Stage::Mql, Mover::Score, sums, &about, cx);
    } else if lead.stage == Stage::Dormant {
        move_to(lead, Stage::Lead, Mover::Return, sums, &about, cx);
        notices::returned(lead, cx);
    }
    if lead.stage != Stage::Recycled {
        end_waking(lead, cx);
    }
}

/// What was meant to wake the lead has done so.
fn end_waking(lead: &mut Lead, cx: &Context<'_>) {
    for enrolment in lead.enrolments.iter_mut().filter(|enrolment| enrolment.ended.is_none()) {
        let campaign = cx.catalog.get(&enrolment.campaign);
        let sequence = campaign.and_then(|campaign| campaign.sequence(&enrolment.sequence));
        if sequence.is_some_and(|sequence| sequence.start == Start::Dormant) {
            enrolment.ended = Some(Ended {
                at: cx.now,
                reason: ExitReason::Return,
            });
        }
    }
}
