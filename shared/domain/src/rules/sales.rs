//! The sales clock: who calls a lead, by when, how often, and what follows when nobody does.
//!
//! A [`Case`] opens when a lead is handed to sales: it became an MQL, or came back. It has one task at a time. Mails about
//! the task are entries of the ledger like every other mail, of class `alert`; they leave from `nurture` and go to the
//! owner. The case closes when somebody decides, when the attempts are used up, or when the lead is moved elsewhere.

mod numbers;
mod owners;
mod reminders;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::campaign::sales::{Owner, Sales};
use crate::campaign::{Campaign, Catalog};
use crate::kit::calendar::Delay;
use crate::kit::hours::Hours;
use crate::kit::ids::{CampaignId, EnquiryId};
use crate::kit::limits;
use crate::kit::personal::Personal;
use crate::lead::Lead;
use crate::lead::case::{Answered, Attempt, Case, Cause, Closed, Closing, Task};
use crate::lead::ledger::Ledger;
use crate::lead::stage::{Mover, Stage};
use crate::rules::alert::AlertKind;
use crate::rules::context::Context;
use crate::rules::notices;
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

/// The campaign whose rules count for sales: that of the open case, else of the latest case, else of the latest enquiry.
pub fn campaign_of(lead: &Lead) -> CampaignId {
    let case = lead.open_case().or(lead.cases.last());
    case.map_or_else(|| lead.latest_campaign(), |case| case.campaign(lead).clone())
}

/// The campaign that rules a case, and its section `[sales]`.
fn settings<'a>(id: &CampaignId, catalog: &'a Catalog) -> Option<(&'a Campaign, &'a Sales)> {
    let campaign = catalog.get(id)?;
    Some((campaign, campaign.sales.as_ref()?))
}

/// Sees to it that somebody has the lead; says whether somebody does.
pub(super) fn ensure_owner(lead: &mut Lead, cx: &Context<'_>) -> bool {
    let Some((campaign, sales)) = settings(&campaign_of(lead), cx.catalog) else {
        return false;
    };
    if lead.owner().is_some_and(|owner| sales.owner(owner).is_some()) {
        return true;
    }
    let owner = assign(sales, lead, campaign, cx.now).map(|owner| owner.id.clone());
    lead.assigned.clone_from(&owner);
    owner.is_some()
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

/// Until when the first response is due. What came in while nobody works waits for the opening, with others: it has an
/// hour more, shared out evenly by the leads' ids, so that not all of them are late at once.
fn first_deadline(lead: &Lead, owner: &Owner, campaign: &Campaign, within: &Delay, now: Timestamp) -> Timestamp {
    let hours = owner.hours(campaign);
    let Some(opening) = hours.next_open(now) else {
        return now;
    };
    let room = match opening > now {
        true => SignedDuration::from_mins(i64::from(lead.id.shard(limits::OPENING_PLACES))) * limits::OPENING_STEP_MINS,
        false => SignedDuration::ZERO,
    };
    let deadline = hours.after(now, within);
    deadline.and_then(|deadline| hours.later(deadline, room)).unwrap_or(now)
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

/// Gives the lead, and its open case, to this owner.
pub(super) fn hand_over(lead: &mut Lead, owner: &str, cx: &Context<'_>) -> bool {
    let known = settings(&campaign_of(lead), cx.catalog);
    if known.is_none_or(|(_, sales)| sales.owner(owner).is_none()) {
        return false;
    }
    if lead.owner() == Some(owner) {
        return true;
    }
    match lead.cases.iter_mut().rfind(|case| case.is_open()) {
        Some(case) => {
            case.hand_to(owner, cx.now);
            case.covers_for = None;
            lead.assigned = None;
        }
        None => lead.assigned = Some(owner.to_owned()),
    }
    notices::assigned(lead, cx.now, cx);
    true
}

/// Whoever is away has their open case covered by somebody who is there, and has it back when they are.
pub(super) fn cover(lead: &mut Lead, cx: &Context<'_>) {
    let Some(place) = lead.cases.iter().rposition(Case::is_open) else {
        return;
    };
    let case = &lead.cases[place];
    let Some((campaign, sales)) = settings(case.campaign(lead), cx.catalog) else {
        return;
    };
    let away = |id: &str| {
        sales
            .owner(id)
            .is_some_and(|owner| owner.hours(campaign).is_away(cx.now))
    };
    let escalated = case.task.is_some_and(|task| task.escalated);
    if let Some(home) = case.covers_for.clone() {
        if sales.owner(&home).is_none() || escalated {
            lead.cases[place].covers_for = None;
        } else if !away(&home) {
            lead.cases[place].hand_to(&home, cx.now);
            lead.cases[place].covers_for = None;
        }
        return;
    }
    if !away(&case.owner) {
        return;
    }
    let Some(other) = deputy(&case.owner, campaign, sales, cx.now).filter(|other| !away(&other.id)) else {
        return;
    };
    let opening = other.hours(campaign).next_open(cx.now).unwrap_or(cx.now);
    let home = lead.cases[place].owner.clone();
    lead.cases[place].hand_to(&other.id, cx.now);
    lead.cases[place].covers_for = Some(home);
    notices::assigned(lead, opening, cx);
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

/// When the open case may change hands because of somebody's leave.
pub(super) fn cover_changes_at(lead: &Lead, catalog: &Catalog, now: Timestamp) -> Option<Timestamp> {
    let case = lead.open_case()?;
    let (campaign, sales) = settings(case.campaign(lead), catalog)?;
    let whose = case.covers_for.as_ref().unwrap_or(&case.owner);
    sales.owner(whose)?.hours(campaign).next_leave_change(now)
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

/// When the clock moves on to the next attempt although nobody noted the present one.
fn passes_at(lead: &Lead, catalog: &Catalog) -> Option<Timestamp> {
    let case = lead.open_case()?;
    let (campaign, sales) = settings(case.campaign(lead), catalog)?;
    let task = case.task.filter(|_| !case.reached() && lead.stage != Stage::Sql)?;
    let owner = sales.owner(&case.owner)?;
    let ahead = Case {
        passed: case.passed.saturating_add(1),
        ..case.clone()
    };
    let meant = planned_attempt(&ahead, sales, &owner.hours(campaign).zone)?;
    let hours = owner.hours(campaign);
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
pub(super) fn tick(lead: &mut Lead, cx: &Context<'_>) {
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

fn attempt(
    lead: &mut Lead,
    index: usize,
    (reached, note): (bool, &Option<Personal>),
    by: &By,
    cx: &Context<'_>,
) -> Result<Option<CaseMove>, Noted> {
    let Some((case, hours, sales)) = current(lead, cx) else {
        return Err(Noted::NoTask);
    };
    respond(case, hours.as_ref(), cx.now);
    if case.attempts.len() >= limits::ATTEMPTS_HELD_MAX {
        case.attempts.remove(1); // the first one stays
    }
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

/// A lead that gets hotter before anybody answered is told once more, with the shorter deadline; never twice the same.
pub(super) fn raise_tier(lead: &mut Lead, cx: &Context<'_>) {
    let about = lead.open_case().map(|case| case.campaign(lead).clone());
    let Some((campaign, sales)) = about.and_then(|about| settings(&about, cx.catalog)) else {
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
