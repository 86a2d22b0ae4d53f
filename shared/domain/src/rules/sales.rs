//! The sales clock: who calls a lead, by when, how often, and what follows when nobody does.
//!
//! A [`Case`] opens when a lead is handed to sales: it became an MQL, or came back. It has one task at a time. Mails about
//! the task are entries of the ledger like every other mail, of class `alert`; they leave from `nurture` and go to the
//! owner. The case closes when somebody decides, when the attempts are used up, or when the lead is moved elsewhere.

mod brief;
mod numbers;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::campaign::sales::{Owner, Sales, Tier};
use crate::campaign::{Campaign, Catalog};
use crate::kit::hours::Hours;
use crate::kit::ids::{ClaimToken, SendId};
use crate::kit::limits;
use crate::kit::locale::Locale;
use crate::kit::seconds;
use crate::kit::vocabulary::Class;
use crate::lead::Lead;
use crate::lead::ledger::{Send, SendState};
use crate::lead::stage::{Mover, Stage};
use crate::rules::decide::{Answer, Context, Names, SendOrder, move_to, resume_nurture};
use crate::rules::scoring::Score;

pub use brief::{Brief, Notice};
pub use numbers::{Numbers, Response};

/// The sequence under which alerts stand in the ledger and on the outside of mails.
pub const SEQUENCE: &str = "sales";

/// One time a lead was handed to sales.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Counts the times, from 1.
    #[serde(rename = "n", default = "first", skip_serializing_if = "is_first")]
    pub round: u32,
    /// When.
    #[serde(rename = "a", with = "seconds")]
    pub opened_at: Timestamp,
    /// Why.
    #[serde(rename = "w")]
    pub cause: Cause,
    /// How soon it wants to be called.
    #[serde(rename = "g")]
    pub tier: Tier,
    /// Who is in charge, by id.
    #[serde(rename = "o")]
    pub owner: String,
    /// Until when the first response is due.
    #[serde(rename = "d", with = "seconds")]
    pub deadline: Timestamp,
    /// The first response.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<Answered>,
    /// What is to be done next.
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
    /// What was tried.
    #[serde(rename = "t", default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
    /// How often a task was put off.
    #[serde(rename = "z", default, skip_serializing_if = "is_zero")]
    pub snoozes: u8,
    /// When and how it ended.
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
    /// The mails about it: a part of the lead's ledger.
    #[serde(rename = "l", default, skip_serializing_if = "Vec::is_empty")]
    pub sends: Vec<Send>,
}

/// Counts start at one, and most stay there: that is not stored.
fn first<T: From<u8>>() -> T {
    T::from(1)
}

fn is_first<T: From<u8> + PartialEq>(count: &T) -> bool {
    *count == first()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u8) -> bool {
    *count == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Why a lead is handed to sales.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// It became an MQL.
    Mql,
    /// Recycled or dormant, it came back.
    Returned,
}

/// The first response to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// When.
    #[serde(rename = "a", with = "seconds")]
    pub at: Timestamp,
    /// How much of the owner's working time it took, in seconds.
    #[serde(rename = "s")]
    pub took_s: i64,
}

/// What is to be done next: call the person, or decide about them once they were reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Counts the tasks of the case, from 1: a button acts on the task it was made for and on no other.
    #[serde(rename = "n", default = "first", skip_serializing_if = "is_first")]
    pub serial: u16,
    /// Not before.
    #[serde(rename = "f", with = "seconds")]
    pub from: Timestamp,
    /// By when.
    #[serde(rename = "u", with = "seconds")]
    pub until: Timestamp,
    /// When the lead became hotter than it was told.
    #[serde(
        rename = "h",
        default,
        skip_serializing_if = "Option::is_none",
        with = "seconds::optional"
    )]
    pub hotter_at: Option<Timestamp>,
    /// Whether it passed on to somebody else because nobody acted.
    #[serde(rename = "e", default, skip_serializing_if = "is_false")]
    pub escalated: bool,
}

/// One try to reach the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it was noted.
    #[serde(rename = "a", with = "seconds")]
    pub at: Timestamp,
    /// Whether the person was reached.
    #[serde(rename = "w", default, skip_serializing_if = "is_false")]
    pub reached: bool,
    /// Who noted it.
    #[serde(rename = "b")]
    pub by: Mover,
}

/// The end of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// When.
    #[serde(rename = "a", with = "seconds")]
    pub at: Timestamp,
    /// How.
    #[serde(rename = "h")]
    pub how: Closing,
}

/// How a case can end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    /// Reached and accepted: the sale goes on elsewhere.
    Accepted,
    /// Not a fit.
    Rejected,
    /// Nobody was reached in all the attempts.
    UsedUp,
    /// The lead was moved to a stage in which nobody is called.
    Moved,
}

impl Closing {
    /// The name in answers.
    pub fn code(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::UsedUp => "used_up",
            Self::Moved => "moved",
        }
    }
}

/// What a salesperson, or somebody for them, notes about a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
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

/// What a button in a mail was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// The case.
    pub round: u32,
    /// Its task.
    pub serial: u16,
}

/// What a mail to sales is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// A new case.
    Alert,
    /// The lead got hotter.
    Hotter,
    /// Half of the time is over.
    Soon,
    /// The time is over.
    Late,
    /// Somebody else let it lie: it is yours now.
    Escalated,
    /// The last reminder after an escalation.
    Last,
    /// The next attempt is due.
    Call,
    /// The person was reached: accept or reject.
    Decide,
}

impl NoticeKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Alert,
        Self::Hotter,
        Self::Soon,
        Self::Late,
        Self::Escalated,
        Self::Last,
        Self::Call,
        Self::Decide,
    ];

    /// The name in the ledger.
    pub fn code(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Hotter => "hotter",
            Self::Soon => "soon",
            Self::Late => "late",
            Self::Escalated => "escalated",
            Self::Last => "last",
            Self::Call => "call",
            Self::Decide => "decide",
        }
    }

    /// What it is about, for people.
    pub fn name(self, locale: Locale) -> &'static str {
        match self {
            Self::Alert => locale.pick("un lead à rappeler", "a lead to call"),
            Self::Hotter => locale.pick("le lead est devenu plus chaud", "the lead got hotter"),
            Self::Soon => locale.pick("la moitié du délai est passée", "half of the time is over"),
            Self::Late => locale.pick("le délai est passé", "the time is over"),
            Self::Escalated => locale.pick("transmis à un autre responsable", "escalated to somebody else"),
            Self::Last => locale.pick("dernier rappel", "last reminder"),
            Self::Call => locale.pick("nouvelle tentative", "next attempt"),
            Self::Decide => locale.pick("accepter ou refuser", "accept or reject"),
        }
    }

    /// The step's name in the ledger. The first task has names of its own; later ones are numbered.
    fn step(self, serial: u16) -> String {
        let name = self.code();
        if serial == 1 {
            name.to_owned()
        } else {
            format!("{name}-{serial}")
        }
    }
}

/// A mail about a case that is still to leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// Which case of the lead, by its place.
    place: usize,
    kind: NoticeKind,
    /// When it is to leave.
    pub at: Timestamp,
    /// Mails that it makes superfluous.
    passed_over: Vec<String>,
}

impl Case {
    /// Whether nothing ended it yet.
    pub fn is_open(&self) -> bool {
        self.closed.is_none()
    }

    /// Whether the person was spoken with.
    pub fn reached(&self) -> bool {
        self.attempts.iter().any(|attempt| attempt.reached)
    }

    /// Whether the first response is missing and its time is over.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.is_open() && self.answered.is_none() && self.deadline < now
    }
}

impl Lead {
    /// The case that is open, if one is.
    pub fn open_case(&self) -> Option<&Case> {
        self.cases.iter().rfind(|case| case.is_open())
    }

    /// Since when somebody should call this lead: the start of its open task.
    pub fn call_from(&self) -> Option<Timestamp> {
        self.open_case()?.task.map(|task| task.from)
    }
}

/// The campaign that rules a lead, and its section `[sales]`.
fn settings<'a>(lead: &Lead, catalog: &'a Catalog) -> Option<(&'a Campaign, &'a Sales)> {
    let campaign = catalog.get(&lead.campaign)?;
    Some((campaign, campaign.sales.as_ref()?))
}

/// Who is in charge; somebody else if the owner is no longer in the file.
fn owner_of<'a>(lead: &Lead, case: &Case, campaign: &Campaign, sales: &'a Sales, at: Timestamp) -> Option<&'a Owner> {
    sales.owner(&case.owner).or_else(|| sales.assign(lead, campaign, at))
}

/// Who takes over from somebody: the one named for it if they are there, else anybody who is.
fn heir<'a>(from: &str, campaign: &Campaign, sales: &'a Sales, at: Timestamp) -> Option<&'a Owner> {
    let named = sales.owner(&sales.escalate_to);
    let others = || named.into_iter().chain(&sales.owners).filter(|owner| owner.id != from);
    others()
        .find(|owner| !owner.hours(campaign).is_away(at))
        .or_else(|| others().next())
}

// ---- opening and closing ----

/// Hands a lead to sales, unless it is with them already.
fn open(lead: &mut Lead, cause: Cause, cx: &Context<'_>) {
    let Some((campaign, sales)) = settings(lead, cx.catalog) else {
        return;
    };
    if lead.open_case().is_some() {
        return;
    }
    let Some(owner) = sales.assign(lead, campaign, cx.now) else {
        return;
    };
    let tier = sales.tier(&Score::of(lead, campaign, cx.now).grade);
    let deadline = owner
        .hours(campaign)
        .after(cx.now, sales.within(tier))
        .unwrap_or(cx.now);
    if lead.cases.len() >= limits::CASES_MAX {
        let settled = |case: &Case| case.sends.iter().all(Send::is_final);
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
        sends: Vec::new(),
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
            resume_nurture(lead, cx);
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

/// Nothing waits in a case that is over, or about a task that is over (R11).
pub(crate) fn skip_what_is_over(lead: &mut Lead, now: Timestamp) {
    for case in &mut lead.cases {
        let serial = case.task.map(|task| task.serial);
        for send in case
            .sends
            .iter_mut()
            .filter(|send| matches!(send.state, SendState::Waiting { .. }))
        {
            if serial.is_none_or(|serial| !is_about(&send.step, serial)) {
                send.state = SendState::Skipped { reason: "done".into() };
                send.at = now;
            }
        }
    }
}

/// Whether a step of the ledger belongs to this task.
fn is_about(step: &str, serial: u16) -> bool {
    let of = step
        .rsplit_once('-')
        .and_then(|(_, number)| number.parse().ok())
        .unwrap_or(1_u16);
    of == serial
}

// ---- tasks ----

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
        .and_then(|at| heir(&owner.id, campaign, sales, at))
    {
        owner = other;
    }
    let hours = owner.hours(campaign);
    let from = working(owner).and_then(|at| hours.next_open(at));
    let case = &mut lead.cases[place];
    case.owner.clone_from(&owner.id);
    replan(case, from, &hours, sales);
}

/// What somebody did about the case that is open.
pub(crate) fn act(lead: &mut Lead, deed: &Deed, by: Mover, about: Option<About>, cx: &Context<'_>) -> Answer {
    let Some(place) = lead.cases.iter().rposition(Case::is_open) else {
        return Answer::NoTask;
    };
    let case = &lead.cases[place];
    let of_task = matches!(deed, Deed::Reached | Deed::NoAnswer | Deed::Snooze);
    let stale = about.is_some_and(|about| {
        about.round != case.round || (of_task && case.task.is_none_or(|task| task.serial != about.serial))
    });
    if stale || (of_task && (case.task.is_none() || case.reached())) {
        return Answer::NoTask;
    }
    match deed {
        Deed::Accept => step(lead, Stage::Sql, by, "accept", cx),
        Deed::Reject(why) => step(lead, Stage::Disqualified, by, why, cx),
        Deed::Snooze => snooze(lead, place, cx),
        Deed::Reached | Deed::NoAnswer => attempt(lead, place, *deed == Deed::Reached, by, cx),
    }
}

fn step(lead: &mut Lead, to: Stage, by: Mover, why: &str, cx: &Context<'_>) -> Answer {
    if lead.stage == to {
        return Answer::Done;
    }
    if !lead.stage.may_be_moved(to, by) {
        return Answer::NoSuchMove(lead.stage);
    }
    move_to(lead, to, by, why.to_owned(), cx);
    Answer::Done
}

fn snooze(lead: &mut Lead, place: usize, cx: &Context<'_>) -> Answer {
    if lead.cases[place].snoozes >= limits::SNOOZES_MAX {
        return Answer::NoMoreSnoozes;
    }
    let Some((case, Some(hours), Some(sales))) = current(lead, cx) else {
        return Answer::NoTask;
    };
    case.snoozes += 1;
    replan(case, hours.after(cx.now, &sales.snooze), &hours, sales);
    Answer::Done
}

fn attempt(lead: &mut Lead, place: usize, reached: bool, by: Mover, cx: &Context<'_>) -> Answer {
    let Some((case, hours, sales)) = current(lead, cx) else {
        return Answer::NoTask;
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
        close(&mut lead.cases[place], Closing::Accepted, cx.now);
    } else if reached {
        // What is left is to decide; asked once, on the next working day.
        let from = hours
            .as_ref()
            .zip(sales)
            .and_then(|(hours, sales)| hours.after(cx.now, &sales.snooze));
        match hours.zip(sales) {
            Some((hours, sales)) => replan(&mut lead.cases[place], from, &hours, sales),
            None => lead.cases[place].task = None,
        }
    } else if used_up && lead.stage.may_be_moved(Stage::Recycled, Mover::Attempts) {
        move_to(
            lead,
            Stage::Recycled,
            Mover::Attempts,
            format!("{tried} × no answer"),
            cx,
        );
    } else if used_up {
        close(&mut lead.cases[place], Closing::UsedUp, cx.now);
    } else {
        plan_attempt(lead, place, cx);
    }
    Answer::Done
}

// ---- what comes by itself ----

/// A lead that gets hotter before anybody answered is told once more, with the shorter deadline; never twice the same.
pub(crate) fn heat(lead: &mut Lead, cx: &Context<'_>) {
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
    let told = case.sends.iter().any(|send| send.step == NoticeKind::Alert.step(1));
    if let Some(task) = &mut case.task {
        task.until = task.until.min(until);
        task.hotter_at = told.then_some(cx.now);
    }
}

/// The mails about the open task, in the order of their times.
fn notices(lead: &Lead, case: &Case, campaign: &Campaign, sales: &Sales) -> Vec<(NoticeKind, Timestamp)> {
    let Some(task) = case.task else { return Vec::new() };
    if case.reached() {
        return vec![(NoticeKind::Decide, task.from)];
    }
    if task.serial > 1 {
        return vec![(NoticeKind::Call, task.from), (NoticeKind::Late, task.until)];
    }
    if task.escalated {
        return vec![(NoticeKind::Escalated, task.from), (NoticeKind::Last, task.until)];
    }
    let mut list = vec![(NoticeKind::Alert, task.from)];
    list.extend(task.hotter_at.map(|at| (NoticeKind::Hotter, at)));
    if let Some(owner) = owner_of(lead, case, campaign, sales, task.from) {
        let hours = owner.hours(campaign);
        let span = hours.between(task.from, task.until);
        if span >= limits::REMIND_FROM {
            let half = hours.later(task.from, SignedDuration::from_secs(span.as_secs() / 2));
            list.extend(half.map(|at| (NoticeKind::Soon, at)));
        }
        list.push((NoticeKind::Late, task.until));
        let escalation = hours.after(task.until, sales.within(case.tier));
        if let Some(at) = escalation.filter(|at| heir(&owner.id, campaign, sales, *at).is_some()) {
            list.push((NoticeKind::Escalated, at));
        }
    }
    list.sort_by_key(|(_, at)| *at);
    list
}

/// The next mail about the open case. When several are due at once, after an outage or a night, only the last of them
/// goes: it says everything the others would have said.
pub fn next(lead: &Lead, catalog: &Catalog, now: Timestamp) -> Option<Next> {
    let (campaign, sales) = settings(lead, catalog)?;
    let place = lead.cases.iter().rposition(Case::is_open)?;
    let case = &lead.cases[place];
    let serial = case.task?.serial;
    let entry = |kind: NoticeKind| case.sends.iter().find(|send| send.step == kind.step(serial));
    let open: Vec<(NoticeKind, Timestamp)> = notices(lead, case, campaign, sales)
        .into_iter()
        .filter(|(kind, _)| entry(*kind).is_none_or(|send| !send.is_final()))
        .map(|(kind, at)| match entry(kind).map(|send| &send.state) {
            Some(SendState::Waiting { until }) => (kind, at.max(*until)),
            _ => (kind, at),
        })
        .collect();
    let chosen = open.iter().rposition(|(_, at)| *at <= now).unwrap_or(0);
    let (kind, at) = *open.get(chosen)?;
    let passed_over = open[..chosen].iter().map(|(kind, _)| kind.step(serial)).collect();
    Some(Next {
        place,
        kind,
        at,
        passed_over,
    })
}

/// Gives the task to somebody else, with a deadline of their own.
fn escalate(lead: &mut Lead, place: usize, cx: &Context<'_>) {
    let Some((campaign, sales)) = settings(lead, cx.catalog) else {
        return;
    };
    let case = &mut lead.cases[place];
    let Some(task) = case.task.as_mut().filter(|task| !task.escalated) else {
        return;
    };
    let Some(owner) = heir(&case.owner, campaign, sales, cx.now) else {
        return;
    };
    case.owner.clone_from(&owner.id);
    let until = owner
        .hours(campaign)
        .after(cx.now, sales.within(case.tier))
        .unwrap_or(cx.now);
    *task = Task {
        from: cx.now,
        until,
        escalated: true,
        ..*task
    };
}

/// Mail does not reach the owner: somebody else must hear of the lead now.
pub(crate) fn bounced(lead: &mut Lead, id: &SendId, cx: &Context<'_>) {
    let about = |case: &Case| case.is_open() && case.sends.iter().any(|send| &send.id == id);
    let Some(place) = lead.cases.iter().rposition(about) else {
        return;
    };
    let case = &lead.cases[place];
    let is_first = |task: Task| task.serial == 1 && !task.escalated;
    if case.answered.is_none() && case.task.is_some_and(is_first) {
        escalate(lead, place, cx);
    }
}

/// Claims a mail about a case: what it says is what the lead is now.
pub(crate) fn claim(lead: &mut Lead, next: &Next, token: &ClaimToken, cx: &Context<'_>) -> Option<SendOrder> {
    if next.kind == NoticeKind::Escalated {
        escalate(lead, next.place, cx);
    }
    let (campaign, sales) = settings(lead, cx.catalog)?;
    let case = &lead.cases[next.place];
    let (task, round) = (case.task?, case.round);
    let owner = owner_of(lead, case, campaign, sales, cx.now)?;
    let step = next.kind.step(task.serial);
    let notice = Notice::new(next.kind, lead, case, task, owner, campaign, sales, cx.now);
    let id = |step: &str| SendId::of(cx.key, &lead.id, &campaign.id, SEQUENCE, step, round);
    let entries: Vec<(String, SendId)> = next
        .passed_over
        .iter()
        .chain([&step])
        .map(|step| (step.clone(), id(step)))
        .collect();
    let send_id = id(&step);
    let claimed = SendState::Claimed {
        token: token.clone(),
        lease_until: cx.now + limits::LEASE,
        settle_at: cx.now + limits::SETTLE_SERVICE,
    };
    let case = &mut lead.cases[next.place];
    case.owner.clone_from(&owner.id);
    for (of, id) in entries {
        let (state, tries) = match of == step {
            true => (claimed.clone(), 1),
            false => (SendState::Skipped { reason: "late".into() }, 0),
        };
        match case.sends.iter_mut().find(|send| send.id == id) {
            Some(send) => {
                send.state = state;
                send.at = cx.now;
                send.attempts = send.attempts.saturating_add(tries);
            }
            None => case.sends.push(Send {
                id,
                step: of,
                class: Class::Alert,
                state,
                at: cx.now,
                attempts: tries,
                refused: 0,
            }),
        }
    }
    Some(SendOrder {
        workspace: lead.workspace.clone(),
        lead: lead.id.clone(),
        send_id,
        token: token.clone(),
        campaign: campaign.id.clone(),
        sequence: SEQUENCE.to_owned(),
        step,
        class: Class::Alert,
        template: String::new(),
        to: owner.email.clone(),
        locale: owner.language,
        asks_confirmation: false,
        basis: None,
        names: Names::default(),
        notice: Some(Box::new(notice)),
    })
}

#[cfg(test)]
mod tests;
