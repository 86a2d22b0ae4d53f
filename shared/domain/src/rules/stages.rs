//! Moves between stages: by people, by the score, by the answers.

use jiff::Timestamp;

use crate::campaign::{Campaign, Catalog};
use crate::kit::ids::{CampaignId, EnquiryId};
use crate::kit::limits;
use crate::kit::personal::Personal;
use crate::lead::stage::{Mover, Stage};
use crate::lead::standing::Standing;
use crate::lead::{Lead, StageChange};
use crate::rules::context::Context;
use crate::rules::criteria;
use crate::rules::enrolment::{resume_nurture, won};
use crate::rules::notices;
use crate::rules::owners;
use crate::rules::sales::{self, About, By, CaseMove, Noted, SalesAction};
use crate::rules::scoring::Score;

/// What became of a move by an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// The lead is in that stage, now or already before.
    Done,
    /// From its stage, which is this, the lead cannot move there.
    NoSuchMove(Stage),
}

/// A move that somebody makes by hand.
#[derive(Clone, Debug)]
pub struct ManualMove {
    /// Where to.
    pub to: Stage,
    /// Why.
    pub reason: String,
    /// What a customer is worth, in cents.
    pub cents: Option<u64>,
    /// Whether it takes back the latest move, which was a mistake.
    pub correction: bool,
    /// Who makes it.
    pub by: By,
}

impl ManualMove {
    /// A plain move by an operator.
    pub fn new(to: Stage, reason: impl Into<String>) -> Self {
        Self {
            to,
            reason: reason.into(),
            cents: None,
            correction: false,
            by: By {
                mover: Mover::Operator,
                name: None,
            },
        }
    }
}

pub(super) fn move_by_hand(lead: &mut Lead, wanted: &ManualMove, cx: &Context<'_>) -> Moved {
    let ManualMove {
        to,
        reason,
        cents,
        correction,
        by,
    } = wanted;
    if *correction {
        return match take_back(lead, *to, reason, by, cx) {
            true => Moved::Done,
            false => Moved::NoSuchMove(lead.stage),
        };
    }
    if lead.stage != *to {
        if !lead.stage.may_move_to(*to) {
            return Moved::NoSuchMove(lead.stage);
        }
        let about = owners::campaign_of(lead);
        move_to(lead, *to, by.mover, reason.clone(), &about, cx);
        sign(lead, by);
    }
    note_worth(lead, *cents);
    Moved::Done
}

/// Puts the user's name to the latest move.
pub(super) fn sign(lead: &mut Lead, by: &By) {
    if let Some(change) = lead.history.last_mut() {
        change.user.clone_from(&by.name);
    }
}

/// Takes back the latest move, which was a mistake: it stands in the history, and counts in no figure.
fn take_back(lead: &mut Lead, to: Stage, reason: &str, by: &By, cx: &Context<'_>) -> bool {
    let Some(last) = lead
        .history
        .iter()
        .rposition(|change| change.to == lead.stage && !change.mistaken)
    else {
        return false;
    };
    if lead.stage_before() != Some(to) {
        return false;
    }
    let mistake = &lead.history[last];
    let (at, campaign) = (mistake.at, mistake.campaign.clone());
    if mistake.to == Stage::Mql {
        // Its points stay used up.
        let about = campaign.clone().unwrap_or_else(|| lead.campaign.clone());
        let standing = lead.standing_mut(&about, cx.now);
        standing.mql_at = standing.mql_at.filter(|made| *made != at);
    }
    lead.history[last].mistaken = true;
    make_room(lead);
    let from = lead.stage;
    lead.stage = to;
    lead.history.push(StageChange {
        to,
        at: cx.now,
        by: Mover::Operator,
        reason: Personal::new(reason),
        campaign,
        cents: None,
        mistaken: true,
        user: by.name.clone(),
    });
    match to {
        Stage::Mql | Stage::Sql | Stage::Customer => sales::reopen(lead, at, by, cx),
        // Nobody is to call whom the mistake had handed to sales.
        _ => sales::stage_moved(lead, from, by.mover, &owners::campaign_of(lead), cx),
    }
    true
}

/// Notes what a customer is worth with the move that made them one.
pub(super) fn note_worth(lead: &mut Lead, cents: Option<u64>) {
    let won = lead
        .history
        .iter_mut()
        .rfind(|change| change.to == Stage::Customer && !change.mistaken);
    if let (Some(won), Some(cents), Stage::Customer) = (won, cents, lead.stage) {
        won.cents = Some(cents);
    }
}

/// Notes what somebody did about the open case, and makes the move that follows from it.
pub(super) fn note(lead: &mut Lead, action: &SalesAction, by: &By, about: Option<About>, cx: &Context<'_>) -> Noted {
    match sales::act(lead, action, by, about, cx) {
        Ok(None) => Noted::Done,
        Ok(Some(CaseMove { to, by, reason })) => {
            let about = owners::campaign_of(lead);
            move_to(lead, to, by, reason, &about, cx);
            Noted::Done
        }
        Err(refused) => refused,
    }
}

/// Makes room in the history for one more move.
fn make_room(lead: &mut Lead) {
    let old = lead.history.len().saturating_sub(limits::WHOLE_REASONS);
    for change in &mut lead.history[..old] {
        if change.reason.expose().chars().count() > limits::OLD_REASON_CHARS_MAX {
            let cut: String = change
                .reason
                .expose()
                .chars()
                .take(limits::OLD_REASON_CHARS_MAX)
                .collect();
            change.reason = Personal::new(cut);
        }
    }
    if lead.history.len() < limits::HISTORY_MAX {
        return;
    }
    // The first move to each stage stays: reports count by it.
    let first = |at: usize| {
        lead.history[..at]
            .iter()
            .all(|earlier| earlier.to != lead.history[at].to)
    };
    let oldest = (0..lead.history.len()).find(|at| !first(*at));
    let oldest = oldest.unwrap_or(0);
    if lead.history[oldest].to == Stage::Mql {
        lead.store_first_standing();
    }
    lead.history.remove(oldest);
}

/// Moves a lead. The move counts in the campaign it came of.
pub(super) fn move_to(lead: &mut Lead, to: Stage, by: Mover, reason: String, about: &CampaignId, cx: &Context<'_>) {
    let from = std::mem::replace(&mut lead.stage, to);
    make_room(lead);
    lead.history.push(StageChange {
        to,
        at: cx.now,
        by,
        reason: Personal::new(reason),
        campaign: (about != &lead.campaign).then(|| about.clone()),
        cents: None,
        mistaken: false,
        user: None,
    });
    if to == Stage::Mql {
        lead.made_mql(about, cx.now);
    }
    if to == Stage::Mql || (to == Stage::Lead && by.is_person()) {
        // A person who moves the lead back is not overruled by the same points, whichever campaign counts them.
        use_up_points(lead, cx);
    }
    if let Some(exit) = to.exit() {
        lead.exit(exit, cx.catalog, cx.now);
    }
    if to == Stage::Customer {
        won(lead, cx);
    }
    sales::stage_moved(lead, from, by, about, cx);
    if to == Stage::Recycled {
        resume_nurture(lead, cx);
    }
}

/// The scores of a lead in its campaigns, the one that counts most first: the best grade, then the latest enquiry.
pub fn scores<'a>(lead: &Lead, catalog: &'a Catalog, now: Timestamp) -> Vec<(Standing, &'a Campaign, Score)> {
    let of = |standing: Standing| {
        let campaign = catalog.get(&standing.campaign)?;
        let score = Score::of(lead, campaign, now);
        Some((standing, campaign, score))
    };
    let mut all: Vec<_> = lead.standings().filter_map(of).collect();
    all.sort_by(|a, b| a.2.grade.cmp(&b.2.grade).then(b.0.last().cmp(&a.0.last())));
    all
}

/// Points that reach a threshold now make no MQL before they were seen to have cooled.
pub(super) fn use_up_points(lead: &mut Lead, cx: &Context<'_>) {
    let reached: Vec<CampaignId> = scores(lead, cx.catalog, cx.now)
        .into_iter()
        .filter(|(standing, campaign, score)| standing.crossed_at.is_none() && score.is_mql(&campaign.scoring))
        .map(|(standing, ..)| standing.campaign)
        .collect();
    for campaign in reached {
        lead.standing_mut(&campaign, cx.now).crossed_at = Some(cx.now);
    }
}

/// A post is heard, whoever made it: at or above the threshold it makes an MQL of anybody whom nobody is selling to, and
/// goes to whoever has, or had, the case of everybody else. Below it, those hear of it whom the campaign names.
pub(super) fn hear(lead: &mut Lead, campaign: &Campaign, enquiry: &EnquiryId, cx: &Context<'_>) {
    let score = Score::of(lead, campaign, cx.now);
    let is_mql = score.is_mql(&campaign.scoring);
    if is_mql {
        lead.words.heat(enquiry);
    }
    let had_case = lead.open_case().is_some();
    match lead.stage {
        Stage::Lead | Stage::Recycled | Stage::Dormant | Stage::Disqualified if is_mql => {
            move_to(
                lead,
                Stage::Mql,
                Mover::Score,
                reason(&score, campaign),
                &campaign.id,
                cx,
            );
            if had_case {
                notices::again(lead, enquiry, cx);
            }
        }
        Stage::Mql | Stage::Sql | Stage::Customer if is_mql => sales::ask_again(lead, campaign, enquiry, cx),
        _ => {}
    }
    // Where nobody sells, those are told whom the campaign names.
    if !is_mql || lead.open_case().is_none() {
        notices::post(lead, campaign, enquiry, cx);
    }
}

fn reason(score: &Score, campaign: &Campaign) -> String {
    let threshold = campaign.scoring.mql;
    format!(
        "fit {} ≥ {}, engagement {} ≥ {}",
        score.fit, threshold.fit, score.engagement, threshold.engagement
    )
}

/// What the score makes of a lead, and then the answers, where they may.
pub(super) fn qualify(lead: &mut Lead, cx: &Context<'_>) {
    qualify_by_score(lead, cx);
    qualify_by_answers(lead, cx);
}

/// The score makes an MQL when it crosses the threshold of a campaign the person stands in, and again only after it has
/// cooled there: a person who moved the lead back is not overruled by the same points.
fn qualify_by_score(lead: &mut Lead, cx: &Context<'_>) {
    if lead.stage != Stage::Lead {
        return;
    }
    let scores = scores(lead, cx.catalog, cx.now);
    let mut fresh = scores.iter().filter(|(standing, ..)| standing.crossed_at.is_none());
    if let Some((_, campaign, score)) = fresh.find(|(_, campaign, score)| score.is_mql(&campaign.scoring)) {
        move_to(
            lead,
            Stage::Mql,
            Mover::Score,
            reason(score, campaign),
            &campaign.id,
            cx,
        );
    }
}

/// Where the campaign lets the answers decide, they make an SQL of an MQL, once.
fn qualify_by_answers(lead: &mut Lead, cx: &Context<'_>) {
    let about = owners::campaign_of(lead);
    let sales = cx.catalog.get(&about).and_then(|campaign| campaign.sales.as_ref());
    let was_sql = lead.history.iter().any(|change| change.to == Stage::Sql);
    if lead.stage == Stage::Mql && !was_sql && sales.is_some_and(|sales| criteria::make_an_sql(sales, lead)) {
        move_to(lead, Stage::Sql, Mover::Answers, "answers".into(), &about, cx);
    }
}

/// Notes that points which are used up have cooled. Looked at before an input counts: since the one before, points have
/// only faded.
pub(super) fn cool(lead: &mut Lead, cx: &Context<'_>) {
    if lead.stage != Stage::Lead || lead.standings().all(|standing| standing.crossed_at.is_none()) {
        return;
    }
    let cooled: Vec<CampaignId> = scores(lead, cx.catalog, cx.now)
        .into_iter()
        .filter(|(standing, campaign, score)| standing.crossed_at.is_some() && score.has_left(&campaign.scoring))
        .map(|(standing, ..)| standing.campaign)
        .collect();
    for campaign in cooled {
        lead.standing_mut(&campaign, cx.now).crossed_at = None;
    }
}
