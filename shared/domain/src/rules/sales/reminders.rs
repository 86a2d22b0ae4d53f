//! Alerts and reminders about the open case: which one is next, and its claim.

use jiff::{SignedDuration, Timestamp};

use crate::campaign::sales::Sales;
use crate::campaign::{Campaign, Catalog};
use crate::kit::ids::{ClaimToken, SendId};
use crate::kit::limits;
use crate::kit::vocabulary::Class;
use crate::lead::Lead;
use crate::lead::case::{Case, Task};
use crate::lead::ledger::{DueMail, LedgerEntry};
use crate::lead::stage::Stage;
use crate::rules::alert::{Alert, AlertKind};
use crate::rules::confirmation::Confirms;
use crate::rules::context::Context;
use crate::rules::effect::{MailOrder, Names};
use crate::rules::notices;
use crate::rules::owners::{deputy, owner_of, settings};

/// The sequence under which alerts stand in the ledger and on the outside of mails.
pub const SEQUENCE: &str = "sales";

/// A mail about a case that is still to leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// Which case of the lead, by its place.
    place: usize,
    kind: AlertKind,
    /// When it is to leave.
    pub at: Timestamp,
    /// Mails that it makes superfluous.
    passed_over: Vec<String>,
}

impl Next {
    /// Whether it tells something new, and does not remind of a deadline.
    pub(crate) fn is_news(&self) -> bool {
        matches!(self.kind, AlertKind::Alert | AlertKind::Hotter | AlertKind::Escalated)
    }
}

/// The mails about the open task, in the order of their times.
fn alerts(lead: &Lead, case: &Case, campaign: &Campaign, sales: &Sales) -> Vec<(AlertKind, Timestamp)> {
    let Some(task) = case.task else { return Vec::new() };
    if case.reached() && lead.stage != Stage::Sql {
        return vec![(AlertKind::Decide, task.from)];
    }
    if task.serial > 1 {
        return vec![(AlertKind::Call, task.from)];
    }
    if task.escalated {
        return vec![(AlertKind::Escalated, task.from), (AlertKind::Last, task.until)];
    }
    let mut list = vec![(AlertKind::Alert, task.from)];
    list.extend(task.hotter_at.map(|at| (AlertKind::Hotter, at)));
    if let Some(owner) = owner_of(lead, case, campaign, sales, task.from) {
        let hours = owner.hours(campaign);
        let span = hours.between(task.from, task.until);
        if span >= limits::REMIND_FROM {
            let half = hours.later(task.from, SignedDuration::from_secs(span.as_secs() / 2));
            list.extend(half.map(|at| (AlertKind::Soon, at)));
        }
        list.push((AlertKind::Late, task.until));
        let escalation = hours.after(task.until, sales.within(case.tier));
        if let Some(at) = escalation.filter(|at| deputy(&owner.id, campaign, sales, *at).is_some()) {
            list.push((AlertKind::Escalated, at));
        }
    }
    list.sort_by_key(|(_, at)| *at);
    list
}

/// The next email about the open case. When several are due at once, after an outage or a night, only the last of them
/// goes: it says everything the others would have said. The first alert is never passed over: its owner has to hear of the
/// lead before anybody else takes it.
pub fn next(lead: &Lead, catalog: &Catalog, now: Timestamp) -> Option<Next> {
    let place = lead.cases.iter().rposition(Case::is_open)?;
    let case = &lead.cases[place];
    let (campaign, sales) = settings(case.campaign(lead), catalog)?;
    let serial = case.task?.serial;
    let entry = |kind: AlertKind| case.ledger.of_step(&kind.step(serial));
    let open: Vec<(AlertKind, Timestamp)> = alerts(lead, case, campaign, sales)
        .into_iter()
        .filter(|(kind, _)| entry(*kind).is_none_or(|entry| !entry.is_final()))
        .map(|(kind, at)| match entry(kind).and_then(LedgerEntry::waits_until) {
            Some(until) => (kind, at.max(until)),
            None => (kind, at),
        })
        .collect();
    let latest = open.iter().rposition(|(_, at)| *at <= now).unwrap_or(0);
    let first = open.iter().position(|(kind, _)| *kind == AlertKind::Alert);
    let chosen = first.unwrap_or(latest);
    let (kind, at) = *open.get(chosen)?;
    let passed_over = open[..chosen].iter().map(|(kind, _)| kind.step(serial)).collect();
    Some(Next {
        place,
        kind,
        at,
        passed_over,
    })
}

/// The address that emails about the open case leave from.
pub fn sender<'a>(lead: &Lead, catalog: &'a Catalog) -> Option<&'a str> {
    let (campaign, _) = settings(lead.open_case()?.campaign(lead), catalog)?;
    Some(&campaign.sender.from)
}

/// Gives the task to somebody else, with a deadline of their own.
fn escalate(lead: &mut Lead, place: usize, cx: &Context<'_>) {
    let Some((campaign, sales)) = settings(lead.cases[place].campaign(lead), cx.catalog) else {
        return;
    };
    let case = &mut lead.cases[place];
    if case.task.is_none_or(|task| task.escalated) {
        return;
    }
    let Some(owner) = deputy(&case.owner, campaign, sales, cx.now) else {
        return;
    };
    case.hand_to(&owner.id, cx.now);
    case.covers_for = None;
    let until = owner
        .hours(campaign)
        .after(cx.now, sales.within(case.tier))
        .unwrap_or(cx.now);
    if let Some(task) = &mut case.task {
        (task.from, task.until, task.escalated) = (cx.now, until, true);
    }
}

/// Mail does not reach the owner: somebody else must hear of the lead now.
pub(crate) fn bounced(lead: &mut Lead, id: &SendId, cx: &Context<'_>) {
    let about = |case: &Case| case.is_open() && case.ledger.iter().any(|send| &send.id == id);
    let Some(place) = lead.cases.iter().rposition(about) else {
        return;
    };
    let case = &lead.cases[place];
    let is_first = |task: Task| task.serial == 1 && !task.escalated;
    if case.answered.is_none() && case.task.is_some_and(is_first) {
        escalate(lead, place, cx);
    }
}

/// The time for the first response begins when the owner can hear of the lead: an alert that was held back moves it.
fn restart_clock(lead: &mut Lead, next: &Next, cx: &Context<'_>) {
    let case = &lead.cases[next.place];
    let Some((campaign, sales)) = settings(case.campaign(lead), cx.catalog) else {
        return;
    };
    let Some(owner) = owner_of(lead, case, campaign, sales, cx.now) else {
        return;
    };
    if cx.now.duration_since(next.at) < limits::ALERT_HELD_BACK {
        return;
    }
    let until = owner.hours(campaign).after(cx.now, sales.within(case.tier));
    let case = &mut lead.cases[next.place];
    if let (Some(until), Some(task)) = (until, &mut case.task)
        && case.answered.is_none()
    {
        case.deadline = case.deadline.max(until);
        task.until = task.until.max(until);
    }
}

/// Claims a mail about a case: what it says is what the lead is now.
pub(crate) fn claim(lead: &mut Lead, next: &Next, token: &ClaimToken, cx: &Context<'_>) -> Option<MailOrder> {
    if next.kind == AlertKind::Escalated {
        escalate(lead, next.place, cx);
    }
    if next.kind == AlertKind::Alert {
        restart_clock(lead, next, cx);
    }
    let case = &lead.cases[next.place];
    let (campaign, sales) = settings(case.campaign(lead), cx.catalog)?;
    let (task, round) = (case.task?, case.round);
    let owner = owner_of(lead, case, campaign, sales, cx.now)?;
    let step = next.kind.step(task.serial);
    let alert = Alert::new(next.kind, lead, case, task, owner, campaign, sales, cx.now);
    let mail = |step: &str| DueMail {
        id: SendId::of(cx.key, &lead.id, &campaign.id, SEQUENCE, step, round),
        step: step.to_owned(),
        class: Class::Alert,
    };
    let passed_over: Vec<DueMail> = next.passed_over.iter().map(|step| mail(step)).collect();
    let mail = mail(&step);
    let case = &mut lead.cases[next.place];
    case.hand_to(&owner.id, cx.now);
    for mail in passed_over {
        case.ledger.skip(mail, "late", cx.now);
    }
    let send_id = case.ledger.claim(mail, token, cx.now);
    Some(MailOrder {
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
        reply_to: lead.email.clone(),
        locale: owner.language,
        confirms: Confirms::default(),
        enquiry: None,
        basis: None,
        names: Names::default(),
        alert: Some(Box::new(alert)),
    })
}

/// Nothing waits in a case that is over, about a task that is over, or that has become superfluous (R11).
pub(crate) fn skip_what_is_over(lead: &mut Lead, cx: &Context<'_>) {
    for place in 0..lead.cases.len() {
        let case = &lead.cases[place];
        let serial = case.task.map(|task| task.serial);
        let known = settings(case.campaign(lead), cx.catalog);
        let planned: Option<Vec<String>> = known.zip(serial).map(|((campaign, sales), serial)| {
            let kinds = alerts(lead, case, campaign, sales).into_iter();
            kinds.map(|(kind, _)| kind.step(serial)).collect()
        });
        let is_over = |entry: &LedgerEntry| {
            serial.is_none_or(|serial| !is_about(&entry.step, serial))
                || planned.as_ref().is_some_and(|planned| !planned.contains(&entry.step))
        };
        lead.cases[place].ledger.skip_waiting("done", cx.now, is_over);
    }
    // Whoever was to take over at the opening need not hear of a case that is over by then.
    if lead.open_case().is_none() {
        let is_over = |entry: &LedgerEntry| {
            notices::kind_of(&entry.step) == Some(AlertKind::Assigned)
                && LedgerEntry::waits_until(entry).is_some_and(|until| until > cx.now)
        };
        lead.notices.skip_waiting("done", cx.now, is_over);
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
