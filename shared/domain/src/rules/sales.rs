//! The sales clock: who calls a lead, by when, how often, and what follows when nobody does.
//!
//! A [`Case`] opens when a lead is handed to sales: it became an MQL, came back or asks again. It has one task at a time. Emails
//! about the task are entries of the ledger like every other, of class `alert`; they leave from `nurture` and go to the
//! owner. The case closes when somebody decides, when the attempts are used up, or when the lead is moved elsewhere.

mod attempts;
mod deadlines;
mod handover;
mod numbers;
mod reminders;

use jiff::Timestamp;

use crate::campaign::Campaign;
use crate::campaign::sales::{Owner, Sales};
use crate::kit::hours::Hours;
use crate::kit::ids::{CampaignId, EnquiryId};
use crate::kit::limits;
use crate::kit::personal::Personal;
use crate::lead::Lead;
use crate::lead::case::{Answered, Case, Cause, Closed, Closing, Task};
use crate::lead::ledger::Ledger;
use crate::lead::stage::{Mover, Stage};
use crate::rules::context::Context;
use crate::rules::notices;
use crate::rules::owners::{assign, owner_of, settings};
use crate::rules::scoring::Score;

use attempts::attempt;
use deadlines::first_deadline;

pub(super) use attempts::tick;
pub use attempts::ticks_at;
pub(super) use deadlines::{heard_at, raise_tier};
pub(super) use handover::{cover, hand_over};
pub use numbers::{Numbers, Response};
pub use reminders::{Next, SEQUENCE, next, sender};
pub(crate) use reminders::{bounced, claim, skip_what_is_over};

/// What a salesperson, or somebody for them, notes about a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SalesAction {
    /// Takes the lead for active selling.
    Accept,
    /// Does not take it, and says why.
    Reject(String),
    /// Spoke with the person; what they said, if somebody wrote it down.
    Reached(Option<Personal>),
    /// Tried, and nobody answered.
    NoAnswer(Option<Personal>),
    /// Puts the task off: to a moment, or by what the campaign's file says.
    Snooze(Option<Timestamp>),
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    /// In what role.
    pub mover: Mover,
    /// Their name: of a user, an owner or another system.
    pub name: Option<String>,
}

impl By {
    /// Another system.
    pub(super) fn report(source: &str) -> Self {
        Self {
            mover: Mover::Report,
            name: Some(source.to_owned()),
        }
    }

    /// The name under which it stands in the records.
    pub fn name(&self) -> &str {
        match (&self.name, self.mover) {
            (Some(name), _) => name,
            (None, Mover::Sales) => "sales",
            (None, _) => "operator",
        }
    }
}

/// What became of a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// It is noted.
    Done,
    /// There is nothing to do about this lead, or it was noted already.
    NoTask,
    /// The task was snoozed as often as it may be.
    NoMoreSnoozes,
    /// From its stage, which is this, the lead cannot move where the note would move it.
    NoSuchMove(Stage),
}

/// A move between stages that follows from what was noted about a case.
#[derive(Debug)]
pub(super) struct CaseMove {
    pub to: Stage,
    pub by: Mover,
    pub reason: String,
}

/// What a button in a mail was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// The case.
    pub round: u32,
    /// Its task.
    pub serial: u16,
}

/// Hands a lead to sales, unless it is with them already. Whoever had it before has it again, if they are there.
fn open(lead: &mut Lead, cause: Cause, about: &CampaignId, cx: &Context<'_>) {
    let Some((campaign, sales)) = settings(about, cx.catalog) else {
        return;
    };
    if lead.open_case().is_some() {
        return;
    }
    let there = |owner: &&Owner| !owner.hours(campaign).is_away(cx.now);
    let former = lead.owner().and_then(|owner| sales.owner(owner)).filter(there);
    let Some(owner) = former.or_else(|| assign(sales, lead, campaign, cx.now)) else {
        return;
    };
    let tier = sales.tier(&Score::of(lead, campaign, cx.now).grade);
    let deadline = first_deadline(lead, owner, campaign, sales.within(tier), cx.now);
    lead.assigned = None;
    lead.cases.push(Case {
        round: lead
            .cases
            .last()
            .map_or(lead.past_lives(), |case| case.round)
            .saturating_add(1),
        campaign: (about != &lead.campaign).then(|| about.clone()),
        opened_at: cx.now,
        cause,
        tier,
        owner: owner.id.clone(),
        handovers: Vec::new(),
        covers_for: None,
        deadline,
        answered: None,
        task: Some(Task {
            serial: 1,
            from: cx.now,
            until: deadline,
            hotter_at: None,
            escalated: false,
        }),
        attempts: Vec::new(),
        passed: 0,
        snoozes: 0,
        closed: None,
        ledger: Ledger::default(),
    });
}

/// Somebody asks whom sales has, or had: whoever has the case hears of it, and it is to be dealt with now, whatever was
/// planned. Where no case is open, one is opened.
pub(super) fn ask_again(lead: &mut Lead, campaign: &Campaign, enquiry: &EnquiryId, cx: &Context<'_>) {
    if lead.open_case().is_none() {
        open(lead, Cause::AsksAgain, &campaign.id, cx);
        return;
    }
    notices::again(lead, enquiry, cx);
    let Some((case, Some(hours), Some(sales))) = current(lead, cx) else {
        return;
    };
    if case
        .task
        .is_none_or(|task| task.from > cx.now || case.answered.is_some())
    {
        replan(case, hours.next_open(cx.now), &hours, sales);
    }
}

/// A move that ended a case was a mistake: the case goes on.
pub(super) fn reopen(lead: &mut Lead, ended_at: Timestamp, _by: &By, cx: &Context<'_>) {
    if lead.open_case().is_some() || !matches!(lead.stage, Stage::Mql | Stage::Sql) {
        return;
    }
    let ended = |case: &Case| case.closed.is_some_and(|closed| closed.at == ended_at);
    let Some(place) = lead.cases.iter().rposition(ended) else {
        return;
    };
    lead.cases[place].closed = None;
    if let Some((case, Some(hours), Some(sales))) = current(lead, cx) {
        replan(case, hours.after(cx.now, &sales.snooze), &hours, sales);
    }
}

/// What a move between stages means to sales.
pub(crate) fn stage_moved(lead: &mut Lead, from: Stage, by: Mover, about: &CampaignId, cx: &Context<'_>) {
    match lead.stage {
        Stage::Mql => match from {
            Stage::Lead => open(lead, Cause::Mql, about, cx),
            Stage::Recycled | Stage::Dormant | Stage::Disqualified => open(lead, Cause::Returned, about, cx),
            _ => {} // taken back from a sale: whoever is in charge stays it
        },
        Stage::Sql => accepted(lead, by, about, cx),
        Stage::Disqualified if from == Stage::Sql => end(lead, Closing::Lost, by, cx),
        Stage::Disqualified => end(lead, Closing::Rejected, by, cx),
        Stage::Customer => end(lead, Closing::Won, by, cx),
        Stage::Lead | Stage::Dormant => end(lead, Closing::Moved, by, cx),
        Stage::Recycled => {
            let how = if by == Mover::Attempts {
                Closing::UsedUp
            } else {
                Closing::Moved
            };
            end(lead, how, by, cx);
        }
    }
}

/// The case that is open, with the settings it is under, if those are at hand.
fn current<'a, 'b>(
    lead: &'a mut Lead,
    cx: &Context<'b>,
) -> Option<(&'a mut Case, Option<Hours<'b>>, Option<&'b Sales>)> {
    let place = lead.cases.iter().rposition(Case::is_open)?;
    let known = settings(lead.cases[place].campaign(lead), cx.catalog);
    let hours = known.and_then(|(campaign, sales)| {
        owner_of(lead, &lead.cases[place], campaign, sales, cx.now).map(|owner| owner.hours(campaign))
    });
    Some((&mut lead.cases[place], hours, known.map(|(_, sales)| sales)))
}

/// Notes the first response.
fn respond(case: &mut Case, hours: Option<&Hours<'_>>, now: Timestamp) {
    let took = || {
        let elapsed = now.duration_since(case.opened_at);
        hours.map_or(elapsed, |hours| hours.between(case.opened_at, now))
    };
    if case.answered.is_none() {
        case.answered = Some(Answered {
            at: now,
            took_s: took().as_secs(),
        });
    }
}

/// A sale goes on until it is won, lost or put off: it keeps a dated task. Where nobody had a case, whoever has the lead
/// gets one.
fn accepted(lead: &mut Lead, by: Mover, about: &CampaignId, cx: &Context<'_>) {
    if lead.open_case().is_none() {
        open(lead, Cause::Mql, about, cx);
        if lead.open_case().is_some() {
            notices::assigned(lead, cx.now, cx);
        }
    }
    let Some((case, hours, sales)) = current(lead, cx) else {
        return;
    };
    if !by.is_person() {
        return; // the answers decided; somebody has yet to call
    }
    respond(case, hours.as_ref(), cx.now);
    if let (Some(hours), Some(sales)) = (hours, sales) {
        // Who accepts is about to call, or just did: nothing more is asked before the next working day.
        replan(case, hours.after(cx.now, &sales.snooze), &hours, sales);
    }
}

fn end(lead: &mut Lead, how: Closing, by: Mover, cx: &Context<'_>) {
    let Some((case, hours, _)) = current(lead, cx) else {
        return;
    };
    if by.is_person() {
        respond(case, hours.as_ref(), cx.now);
    }
    close(case, how, cx.now);
}

fn close(case: &mut Case, how: Closing, now: Timestamp) {
    case.task = None;
    case.closed = Some(Closed { at: now, how });
}

/// Plans the next task from a moment on; without one, the clock stands still.
fn replan(case: &mut Case, from: Option<Timestamp>, hours: &Hours<'_>, sales: &Sales) {
    let serial = case.task.map_or(1, |task| task.serial).saturating_add(1);
    case.task = from.map(|from| Task {
        serial,
        from,
        until: hours.after(from, &sales.deadlines.all).unwrap_or(from),
        hotter_at: None,
        escalated: false,
    });
}

/// Notes what somebody did about the open case; returns the move that follows from it, if one does.
pub(super) fn act(
    lead: &mut Lead,
    action: &SalesAction,
    by: &By,
    about: Option<About>,
    cx: &Context<'_>,
) -> Result<Option<CaseMove>, Noted> {
    let index = lead.cases.iter().rposition(Case::is_open).ok_or(Noted::NoTask)?;
    let case = &lead.cases[index];
    let of_task = matches!(
        action,
        SalesAction::Reached(_) | SalesAction::NoAnswer(_) | SalesAction::Snooze(_)
    );
    let stale = about.is_some_and(|about| {
        about.round != case.round || (of_task && case.task.is_none_or(|task| task.serial != about.serial))
    });
    if stale {
        return Err(Noted::NoTask);
    }
    match action {
        // A customer who asks again stays one, whatever comes of it.
        SalesAction::Accept | SalesAction::Reject(_) if lead.stage == Stage::Customer => {
            let how = match action {
                SalesAction::Accept => Closing::Accepted,
                _ => Closing::Rejected,
            };
            end(lead, how, by.mover, cx);
            Ok(None)
        }
        SalesAction::Accept => step(lead, Stage::Sql, by.mover, "accept"),
        SalesAction::Reject(reason) => step(lead, Stage::Disqualified, by.mover, reason),
        SalesAction::Snooze(until) => snooze(lead, index, *until, cx),
        SalesAction::Reached(note) => attempt(lead, index, (true, note), by, cx),
        SalesAction::NoAnswer(note) => attempt(lead, index, (false, note), by, cx),
    }
}

fn step(lead: &Lead, to: Stage, by: Mover, reason: &str) -> Result<Option<CaseMove>, Noted> {
    if lead.stage == to {
        return Ok(None);
    }
    if !lead.stage.may_be_moved(to, by) {
        return Err(Noted::NoSuchMove(lead.stage));
    }
    let reason = reason.to_owned();
    Ok(Some(CaseMove { to, by, reason }))
}

fn snooze(
    lead: &mut Lead,
    index: usize,
    until: Option<Timestamp>,
    cx: &Context<'_>,
) -> Result<Option<CaseMove>, Noted> {
    if until.is_none() && lead.cases[index].snoozes >= limits::SNOOZES_MAX {
        return Err(Noted::NoMoreSnoozes);
    }
    let Some((case, Some(hours), Some(sales))) = current(lead, cx) else {
        return Err(Noted::NoTask);
    };
    match until {
        Some(until) => replan(case, hours.next_open(until.max(cx.now)), &hours, sales),
        None => {
            case.snoozes += 1;
            replan(case, hours.after(cx.now, &sales.snooze), &hours, sales);
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
