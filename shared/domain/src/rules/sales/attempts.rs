//! The attempts to reach a lead: each has its day, whether or not anybody notes the ones before.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::handover::{cover, cover_changes_at};
use super::{By, CaseMove, Noted, close, current, replan, respond};
use crate::campaign::Catalog;
use crate::campaign::sales::{Owner, Sales};
use crate::kit::hours::Hours;
use crate::kit::limits;
use crate::kit::personal::Personal;
use crate::lead::Lead;
use crate::lead::case::{Attempt, Case, Closing};
use crate::lead::stage::{Mover, Stage};
use crate::rules::context::Context;
use crate::rules::owners::{deputy, owner_of, settings};

/// Notes an attempt, and plans what follows from it.
pub(super) fn attempt(
    lead: &mut Lead,
    index: usize,
    (reached, note): (bool, &Option<Personal>),
    by: &By,
    cx: &Context<'_>,
) -> Result<Option<CaseMove>, Noted> {
    let Some((case, hours, _)) = current(lead, cx) else {
        return Err(Noted::NoTask);
    };
    respond(case, hours.as_ref(), cx.now);
    if case.attempts.len() >= limits::ATTEMPTS_HELD_MAX {
        let gone = case.attempts.remove(1); // the first one stays
        let (at, name, reached) = (gone.at, gone.name().to_owned(), gone.reached);
        if let Some(text) = gone.note {
            lead.note_down(at, &name, text, Some(reached));
        }
    }
    let Some((case, hours, sales)) = current(lead, cx) else {
        return Err(Noted::NoTask);
    };
    case.attempts.push(Attempt {
        at: cx.now,
        reached,
        by: by.mover,
        user: by.name.clone(),
        note: note.clone(),
    });
    let tried = case.attempts.iter().filter(|attempt| !attempt.reached).count();
    let used_up = sales.is_none_or(|sales| tried >= sales.attempts.len()) && !case.reached();
    if reached || case.reached() {
        // What is left is to decide, or to sell: asked on the next working day.
        let case = &mut lead.cases[index];
        match hours.zip(sales) {
            Some((hours, sales)) => replan(case, hours.after(cx.now, &sales.snooze), &hours, sales),
            None => case.task = None,
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

/// Plans the next attempt where it was meant to be, or a while from now when that is over; with whoever is there.
fn plan_attempt(lead: &mut Lead, place: usize, cx: &Context<'_>) {
    let case = &lead.cases[place];
    let Some((campaign, sales)) = settings(case.campaign(lead), cx.catalog) else {
        return;
    };
    let Some(mut owner) = owner_of(lead, case, campaign, sales, cx.now) else {
        return;
    };
    // Beyond what was planned, the next try is a snooze away.
    let meant = planned_attempt(case, sales, &owner.hours(campaign).zone).unwrap_or(cx.now);
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
    case.hand_to(&owner.id, cx.now);
    replan(case, from, &hours, sales);
}

/// When the next attempt is meant to be by the file, counted from the opening of the case.
fn planned_attempt(case: &Case, sales: &Sales, zone: &TimeZone) -> Option<Timestamp> {
    let next = case.attempts.len() + usize::from(case.passed);
    Some(sales.attempts.get(next)?.add_to(case.opened_at, zone))
}

/// When the clock moves on although nobody noted anything: to the next attempt, and after the last one, or once the person
/// was reached, to the next reminder, week after week until somebody decides.
fn passes_at(lead: &Lead, catalog: &Catalog) -> Option<Timestamp> {
    let case = lead.open_case()?;
    let (campaign, sales) = settings(case.campaign(lead), catalog)?;
    let task = case.task?;
    let owner = sales.owner(&case.owner)?;
    let ahead = Case {
        passed: case.passed.saturating_add(1),
        ..case.clone()
    };
    let hours = owner.hours(campaign);
    let tries = !case.reached() && lead.stage != Stage::Sql;
    let planned = || planned_attempt(&ahead, sales, &owner.hours(campaign).zone);
    let weeks = if task.serial <= limits::TASKS_WEEKLY { 1 } else { 4 };
    let reminded = task.from + limits::REMIND_EVERY * weeks;
    let meant = tries.then(planned).flatten().unwrap_or(reminded);
    // Whoever has the present one has a working day beyond its deadline.
    let from = hours.next_open(meant)?.max(hours.after(task.until, &sales.snooze)?);
    (from > task.from).then_some(from)
}

/// When the clock moves on by itself: the next attempt has its day, or somebody goes on leave or comes back.
pub fn ticks_at(lead: &Lead, catalog: &Catalog, now: Timestamp) -> Option<Timestamp> {
    let passes = passes_at(lead, catalog);
    passes.into_iter().chain(cover_changes_at(lead, catalog, now)).min()
}

/// Attempts have dates whether or not anybody notes the ones before.
pub(in crate::rules) fn tick(lead: &mut Lead, cx: &Context<'_>) {
    cover(lead, cx);
    for _ in 0..limits::ATTEMPTS_MAX {
        let Some(from) = passes_at(lead, cx.catalog).filter(|at| *at <= cx.now) else {
            return;
        };
        let Some((case, Some(hours), Some(sales))) = current(lead, cx) else {
            return;
        };
        case.passed = case.passed.saturating_add(1);
        replan(case, Some(from), &hours, sales);
    }
}
