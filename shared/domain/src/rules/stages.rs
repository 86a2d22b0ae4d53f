//! Moves between stages: by people, by the score, by the answers.

use crate::kit::limits;
use crate::kit::personal::Personal;
use crate::lead::stage::{Mover, Stage};
use crate::lead::{Lead, StageChange};
use crate::rules::context::Context;
use crate::rules::criteria;
use crate::rules::enrolment::{resume_nurture, won};
use crate::rules::sales::{self, About, CaseMove, Noted, SalesAction};
use crate::rules::scoring::Score;

/// What became of a move by an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// The lead is in that stage, now or already before.
    Done,
    /// From its stage, which is this, the lead cannot move there.
    NoSuchMove(Stage),
}

pub(super) fn move_by_operator(lead: &mut Lead, to: Stage, reason: &str, cx: &Context<'_>) -> Moved {
    if lead.stage == to {
        return Moved::Done;
    }
    if !lead.stage.may_move_to(to) {
        return Moved::NoSuchMove(lead.stage);
    }
    move_to(lead, to, Mover::Operator, reason.to_owned(), cx);
    Moved::Done
}

/// Notes what somebody did about the open case, and makes the move that follows from it.
pub(super) fn note(lead: &mut Lead, action: &SalesAction, by: Mover, about: Option<About>, cx: &Context<'_>) -> Noted {
    match sales::act(lead, action, by, about, cx) {
        Ok(None) => Noted::Done,
        Ok(Some(CaseMove { to, by, reason })) => {
            move_to(lead, to, by, reason, cx);
            Noted::Done
        }
        Err(refused) => refused,
    }
}

pub(super) fn move_to(lead: &mut Lead, to: Stage, by: Mover, reason: String, cx: &Context<'_>) {
    let from = std::mem::replace(&mut lead.stage, to);
    if to == Stage::Mql {
        lead.cooled_at = None;
    }
    if lead.history.len() >= limits::HISTORY_MAX {
        // The first move to each stage stays: reports count by it, and that there was one to MQL keeps the score from making another.
        let first = |at: usize| {
            lead.history[..at]
                .iter()
                .all(|earlier| earlier.to != lead.history[at].to)
        };
        let oldest = (0..lead.history.len()).find(|at| !first(*at));
        lead.history.remove(oldest.unwrap_or(0));
    }
    lead.history.push(StageChange {
        to,
        at: cx.now,
        by,
        reason: Personal::new(reason),
    });
    if let Some(exit) = to.exit() {
        lead.exit(exit, cx.catalog, cx.now);
    }
    if to == Stage::Customer {
        won(lead, cx);
    }
    sales::stage_moved(lead, from, by, cx);
    if to == Stage::Recycled {
        resume_nurture(lead, cx);
    }
}

/// What the score makes of a lead, and then the answers, where they may.
pub(super) fn qualify(lead: &mut Lead, cx: &Context<'_>) {
    qualify_by_score(lead, cx);
    qualify_by_answers(lead, cx);
}

/// The score makes an MQL when it crosses the threshold, and again only after it has cooled: a person who moved the lead
/// back is not overruled by the same points.
fn qualify_by_score(lead: &mut Lead, cx: &Context<'_>) {
    let Some(campaign) = cx.catalog.get(&lead.campaign) else {
        return;
    };
    if lead.stage != Stage::Lead || (lead.was_mql() && lead.cooled_at.is_none()) {
        return;
    }
    let score = Score::of(lead, campaign, cx.now);
    if score.is_mql(&campaign.scoring) {
        let threshold = campaign.scoring.mql;
        let reason = format!(
            "fit {} ≥ {}, engagement {} ≥ {}",
            score.fit, threshold.fit, score.engagement, threshold.engagement
        );
        move_to(lead, Stage::Mql, Mover::Score, reason, cx);
    }
}

/// Where the campaign lets the answers decide, they make an SQL of an MQL, once.
fn qualify_by_answers(lead: &mut Lead, cx: &Context<'_>) {
    let sales = cx
        .catalog
        .get(&lead.campaign)
        .and_then(|campaign| campaign.sales.as_ref());
    let was_sql = lead.history.iter().any(|change| change.to == Stage::Sql);
    if lead.stage == Stage::Mql && !was_sql && sales.is_some_and(|sales| criteria::make_an_sql(sales, lead)) {
        move_to(lead, Stage::Sql, Mover::Answers, "answers".into(), cx);
    }
}

/// Notes that the score of a lead that waits for its next crossing has cooled. Looked at before an input counts: since
/// the one before, points have only faded.
pub(super) fn cool(lead: &mut Lead, cx: &Context<'_>) {
    let campaign = cx.catalog.get(&lead.campaign);
    if lead.stage == Stage::Lead
        && lead.cooled_at.is_none()
        && lead.was_mql()
        && campaign.is_some_and(|campaign| Score::of(lead, campaign, cx.now).has_left(&campaign.scoring))
    {
        lead.cooled_at = Some(cx.now);
    }
}
