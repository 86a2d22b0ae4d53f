//! The sales clock: who calls a lead, by when, how often, and what follows when nobody does.
//!
//! A [`Case`] opens when a lead is handed to sales: it became an MQL, or came back. It has one task at a time. Mails about
//! the task are entries of the ledger like every other mail, of class `alert`; they leave from `nurture` and go to the
//! owner. The case closes when somebody decides, when the attempts are used up, or when the lead is moved elsewhere.

mod numbers;
mod owners;
mod reminders;

use jiff::Timestamp;

use crate::campaign::sales::{Owner, Sales};
use crate::campaign::{Campaign, Catalog};
use crate::kit::hours::Hours;
use crate::kit::limits;
use crate::lead::Lead;
use crate::lead::case::{Answered, Attempt, Case, Cause, Closed, Closing, Task};
use crate::lead::ledger::{Ledger, LedgerEntry};
use crate::lead::stage::{Mover, Stage};
use crate::rules::alert::AlertKind;
use crate::rules::context::Context;
use crate::rules::scoring::Score;

use owners::{assign, deputy, owner_of};

pub use numbers::{Numbers, Response};
pub use reminders::{Next, SEQUENCE, next};
pub(crate) use reminders::{bounced, claim, skip_what_is_over};

/// What a salesperson, or somebody for them, notes about a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SalesAction {
    /// Takes the lead for active selling.
    Accept,
    /// Does not take it, and says why.
    Reject(String),
    /// Spoke with the person.
    Reached,
    /// Tried, and nobody answered.
    NoAnswer,
    /// Puts the task off.
    Snooze,
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

/// The campaign that rules a lead, and its section `[sales]`.
fn settings<'a>(lead: &Lead, catalog: &'a Catalog) -> Option<(&'a Campaign, &'a Sales)> {
    let campaign = catalog.get(&lead.campaign)?;
    Some((campaign, campaign.sales.as_ref()?))
}

/// Hands a lead to sales, unless it is with them already.
fn open(lead: &mut Lead, cause: Cause, cx: &Context<'_>) {
    let Some((campaign, sales)) = settings(lead, cx.catalog) else {
        return;
    };
    if lead.open_case().is_some() {
        return;
    }
    let Some(owner) = assign(sales, lead, campaign, cx.now) else {
        return;
    };
    let tier = sales.tier(&Score::of(lead, campaign, cx.now).grade);
    let deadline = owner
        .hours(campaign)
        .after(cx.now, sales.within(tier))
        .unwrap_or(cx.now);
    if lead.cases.len() >= limits::CASES_MAX {
        let settled = |case: &Case| case.ledger.iter().all(LedgerEntry::is_final);
        if let Some(oldest) = lead.cases.iter().position(settled) {
            lead.cases.remove(oldest);
        }
    }
    lead.cases.push(Case {
        round: lead
            .cases
            .last()
            .map_or(lead.past_lives(), |case| case.round)
            .saturating_add(1),
        opened_at: cx.now,
        cause,
        tier,
        owner: owner.id.clone(),
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
        snoozes: 0,
        closed: None,
        ledger: Ledger::default(),
    });
}

/// What a move between stages means to sales.
pub(crate) fn stage_moved(lead: &mut Lead, from: Stage, by: Mover, cx: &Context<'_>) {
    match lead.stage {
        Stage::Mql => match from {
            Stage::Lead => open(lead, Cause::Mql, cx),
            Stage::Recycled | Stage::Dormant => open(lead, Cause::Returned, cx),
            _ => {} // taken back from a sale: whoever is in charge stays it
        },
        Stage::Sql => accepted(lead, by, cx),
        Stage::Disqualified => end(lead, Closing::Rejected, by, cx),
        Stage::Customer | Stage::Lead | Stage::Dormant => end(lead, Closing::Moved, by, cx),
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
    let known = settings(lead, cx.catalog);
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

fn accepted(lead: &mut Lead, by: Mover, cx: &Context<'_>) {
    let Some((case, hours, sales)) = current(lead, cx) else {
        return;
    };
    if !by.is_person() {
        return; // the answers decided; somebody has yet to call
    }
    respond(case, hours.as_ref(), cx.now);
    if case.reached() {
        close(case, Closing::Accepted, cx.now);
    } else if let (Some(hours), Some(sales)) = (hours, sales) {
        // Who accepts is about to call: nothing more is asked before the next working day.
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

/// Plans the next attempt where it was meant to be, or a while from now when that is over; with whoever is there.
fn plan_attempt(lead: &mut Lead, place: usize, cx: &Context<'_>) {
    let Some((campaign, sales)) = settings(lead, cx.catalog) else {
        return;
    };
    let case = &lead.cases[place];
    let Some(mut owner) = owner_of(lead, case, campaign, sales, cx.now) else {
        return;
    };
    let Some(delay) = sales.attempts.get(case.attempts.len()) else {
        return;
    };
    let meant = delay.add_to(case.opened_at, &owner.hours(campaign).zone);
    let working = |owner: &Owner| {
        let hours = Hours {
            leave: &[],
            ..owner.hours(campaign)
        };
        match meant > cx.now {
            true => hours.next_open(meant),
            false => hours.after(cx.now, &sales.snooze),
        }
    };
    if let Some(other) = working(owner)
        .filter(|at| owner.hours(campaign).is_away(*at))
        .and_then(|at| deputy(&owner.id, campaign, sales, at))
    {
        owner = other;
    }
    let hours = owner.hours(campaign);
    let from = working(owner).and_then(|at| hours.next_open(at));
    let case = &mut lead.cases[place];
    case.owner.clone_from(&owner.id);
    replan(case, from, &hours, sales);
}

/// Notes what somebody did about the open case; returns the move that follows from it, if one does.
pub(super) fn act(
    lead: &mut Lead,
    action: &SalesAction,
    by: Mover,
    about: Option<About>,
    cx: &Context<'_>,
) -> Result<Option<CaseMove>, Noted> {
    let index = lead.cases.iter().rposition(Case::is_open).ok_or(Noted::NoTask)?;
    let case = &lead.cases[index];
    let of_task = matches!(
        action,
        SalesAction::Reached | SalesAction::NoAnswer | SalesAction::Snooze
    );
    let stale = about.is_some_and(|about| {
        about.round != case.round || (of_task && case.task.is_none_or(|task| task.serial != about.serial))
    });
    if stale || (of_task && (case.task.is_none() || case.reached())) {
        return Err(Noted::NoTask);
    }
    match action {
        SalesAction::Accept => step(lead, Stage::Sql, by, "accept"),
        SalesAction::Reject(reason) => step(lead, Stage::Disqualified, by, reason),
        SalesAction::Snooze => snooze(lead, index, cx),
        SalesAction::Reached => attempt(lead, index, true, by, cx),
        SalesAction::NoAnswer => attempt(lead, index, false, by, cx),
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

fn snooze(lead: &mut Lead, index: usize, cx: &Context<'_>) -> Result<Option<CaseMove>, Noted> {
    if lead.cases[index].snoozes >= limits::SNOOZES_MAX {
        return Err(Noted::NoMoreSnoozes);
    }
    let Some((case, Some(hours), Some(sales))) = current(lead, cx) else {
        return Err(Noted::NoTask);
    };
    case.snoozes += 1;
    replan(case, hours.after(cx.now, &sales.snooze), &hours, sales);
    Ok(None)
}

fn attempt(
    lead: &mut Lead,
    index: usize,
    reached: bool,
    by: Mover,
    cx: &Context<'_>,
) -> Result<Option<CaseMove>, Noted> {
    let Some((case, hours, sales)) = current(lead, cx) else {
        return Err(Noted::NoTask);
    };
    respond(case, hours.as_ref(), cx.now);
    case.attempts.push(Attempt {
        at: cx.now,
        reached,
        by,
    });
    let tried = case.attempts.len();
    let used_up = sales.is_none_or(|sales| tried >= sales.attempts.len());
    if reached && lead.stage == Stage::Sql {
        close(&mut lead.cases[index], Closing::Accepted, cx.now);
    } else if reached {
        // What is left is to decide; asked once, on the next working day.
        let from = hours
            .as_ref()
            .zip(sales)
            .and_then(|(hours, sales)| hours.after(cx.now, &sales.snooze));
        match hours.zip(sales) {
            Some((hours, sales)) => replan(&mut lead.cases[index], from, &hours, sales),
            None => lead.cases[index].task = None,
        }
    } else if used_up && lead.stage.may_be_moved(Stage::Recycled, Mover::Attempts) {
        return Ok(Some(CaseMove {
            to: Stage::Recycled,
            by: Mover::Attempts,
            reason: format!("{tried} × no answer"),
        }));
    } else if used_up {
        close(&mut lead.cases[index], Closing::UsedUp, cx.now);
    } else {
        plan_attempt(lead, index, cx);
    }
    Ok(None)
}

/// A lead that gets hotter before anybody answered is told once more, with the shorter deadline; never twice the same.
pub(super) fn raise_tier(lead: &mut Lead, cx: &Context<'_>) {
    let Some((campaign, sales)) = settings(lead, cx.catalog) else {
        return;
    };
    let waits =
        |case: &&Case| case.answered.is_none() && case.task.is_some_and(|task| task.serial == 1 && !task.escalated);
    let Some(case) = lead.open_case().filter(waits) else {
        return;
    };
    let tier = sales.tier(&Score::of(lead, campaign, cx.now).grade);
    if tier <= case.tier {
        return;
    }
    let Some((case, Some(hours), _)) = current(lead, cx) else {
        return;
    };
    case.tier = tier;
    let until = hours.after(cx.now, sales.within(tier)).unwrap_or(cx.now);
    case.deadline = case.deadline.min(until);
    let told = case.ledger.of_step(&AlertKind::Alert.step(1)).is_some();
    if let Some(task) = &mut case.task {
        task.until = task.until.min(until);
        task.hotter_at = told.then_some(cx.now);
    }
}

#[cfg(test)]
mod tests;
