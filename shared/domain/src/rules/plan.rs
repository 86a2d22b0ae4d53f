//! When things happen to a lead: its next mails, and the alarm that finds it in time.

mod outlook;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::campaign::data_request;
use crate::campaign::{Campaign, Catalog, Sequence, Step};
use crate::kit::calendar::{Moved, Placed, Window, step_time};
use crate::kit::ids::CampaignId;
use crate::kit::limits;
use crate::kit::vocabulary::{Class, ExitReason, SkipReason};
use crate::lead::consent::Consent;
use crate::lead::ledger::{EntryState, LedgerEntry};
use crate::lead::{Enrolment, Lead};
use crate::rules::conditions;
use crate::rules::deliveries;
use crate::rules::dormancy;
use crate::rules::notices;
use crate::rules::retention;
use crate::rules::sales;
use crate::rules::sending::{Senders, Terms};

pub use self::outlook::{Planned, outlook, plan};

/// A step that is still to come.
#[derive(Clone, Debug)]
pub struct Upcoming<'a> {
    /// Which enrolment of the lead, by its place.
    pub enrolment: usize,
    /// Whose sequence.
    pub campaign: &'a Campaign,
    /// Which sequence.
    pub sequence: &'a Sequence,
    /// Which step.
    pub step: &'a Step,
    /// When it is to leave.
    pub at: Timestamp,
    /// When it was meant to leave before `now` moved it: what lateness is counted from.
    pub planned: Timestamp,
    /// What moved it away from its bare delay.
    pub moved: Moved,
    /// The clock it goes by: the person's.
    pub zone: TimeZone,
}

/// What becomes of a step that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It leaves.
    Leaves,
    /// It does not, and what follows it goes on.
    Skipped(SkipReason),
    /// It does not, and the person leaves the sequence.
    Ends(ExitReason),
}

impl Upcoming<'_> {
    /// Why it must not go to this lead; `None` when it may.
    pub fn refusal(&self, lead: &Lead) -> Option<ExitReason> {
        lead.refusal(self.step.class, self.campaign)
            .or_else(|| lead.barred(self.sequence))
    }

    /// Whether it is a mailing that somebody paused.
    pub fn is_paused(&self, senders: &Senders) -> bool {
        senders.has_paused(&self.campaign.id, &self.sequence.id)
    }

    /// Whether it is what the person asked for, and no reminder of it.
    pub fn is_asked_for(&self) -> bool {
        self.step.class == Class::Service && self.step.only_if.is_none()
    }

    /// Whether it is about what the person does not want to read.
    pub fn is_unwanted(&self, lead: &Lead) -> bool {
        lead.preferences.turns_off(self.campaign, self.sequence, self.step)
    }

    /// Whether it is too late for it at `now`. While nothing could leave from its sender its deadline stood still.
    pub fn is_late(&self, now: Timestamp, senders: &Senders) -> bool {
        let lateness = self.sequence.max_lateness.as_ref();
        let is_over =
            |latest: Timestamp| latest < now && latest + senders.stood_still(self.from(), self.planned, now) < now;
        lateness.is_some_and(|lateness| is_over(lateness.add_to(self.planned, &self.zone)))
    }

    /// What becomes of it at `now`, when it is due and nothing holds it back.
    pub fn verdict(&self, lead: &Lead, now: Timestamp, senders: &Senders) -> Verdict {
        if let Some(reason) = self.refusal(lead) {
            return Verdict::Ends(reason);
        }
        if self.is_late(now, senders) {
            return Verdict::Skipped(SkipReason::Late);
        }
        if self.is_unwanted(lead) {
            return Verdict::Skipped(SkipReason::TopicOff);
        }
        conditions::left_out(lead, &self.campaign.id, self.sequence, self.step)
            .map_or(Verdict::Leaves, Verdict::Skipped)
    }

    /// The address it leaves from.
    pub fn from(&self) -> &str {
        &self.campaign.sender.from
    }
}

/// The next step of every active enrolment, earliest first. Of what is due now, what was asked for comes first (R129).
pub fn upcoming<'a>(lead: &Lead, catalog: &'a Catalog, now: Timestamp) -> Vec<Upcoming<'a>> {
    let mut all: Vec<_> = lead
        .enrolments
        .iter()
        .enumerate()
        .filter(|(_, e)| e.ended.is_none())
        .filter_map(|(place, e)| next_of(lead, place, e, catalog.get(&e.campaign)?, now))
        .collect();
    all.sort_by_key(|next| (next.at.max(now), !next.is_asked_for(), next.at, next.enrolment));
    all
}

/// The step that each active enrolment of a campaign waits for, with its sequence.
pub fn awaited<'a>(lead: &'a Lead, campaign: &'a Campaign) -> impl Iterator<Item = (&'a Sequence, &'a Step)> {
    let active = lead.enrolments.iter();
    let active = active.filter(|e| e.campaign == campaign.id && e.ended.is_none());
    active.filter_map(|e| {
        let sequence = campaign.sequence(&e.sequence)?;
        Some((sequence, next_step(e, sequence, lead.waits_for_yes(e))?))
    })
}

/// Whether an active enrolment has no step left by the files as they are.
pub(super) fn has_one_at_its_end(lead: &Lead, catalog: &Catalog, now: Timestamp) -> bool {
    let mut active = lead.enrolments.iter().enumerate().filter(|(_, e)| e.ended.is_none());
    active.any(|(place, e)| {
        let campaign = catalog.get(&e.campaign);
        campaign.is_some_and(|campaign| next_of(lead, place, e, campaign, now).is_none())
    })
}

fn next_of<'a>(
    lead: &Lead,
    place: usize,
    enrolment: &Enrolment,
    campaign: &'a Campaign,
    now: Timestamp,
) -> Option<Upcoming<'a>> {
    let sequence = campaign.sequence(&enrolment.sequence)?;
    let pending = lead.waits_for_yes(enrolment);
    let step = next_step(enrolment, sequence, pending)?;
    let zone = lead.time_zone(campaign);
    let window = sequence.window.as_ref();
    let placed = placed_in(lead, place, sequence, step, &zone)?;
    let planned = placed.at;
    let waiting = enrolment.ledger.of_step(&step.id).and_then(LedgerEntry::waits_until);
    let pause_end = lead.preferences.paused_until.filter(|_| step.class == Class::Nurture);
    // What was asked for after the mailbox stopped taking emails is tried all the same.
    let soft_end = lead.soft_until.filter(|until| {
        let since = *until - limits::soft_pause(lead.soft_pauses);
        step.class == Class::Nurture || step.only_if.is_some() || enrolment.started_at < since
    });
    let away = lead.away.as_ref().map(|away| away.until);
    let away = away.filter(|_| step.class == Class::Nurture);
    let not_before = waiting
        .into_iter()
        .chain(pause_end)
        .chain(away)
        .chain(soft_end)
        .fold(planned, Timestamp::max);
    // A step found late goes now, but still only in the window; an open moment that has come stays as it is.
    let at = match window {
        Some(window) if not_before < now && !window.is_open(now, &zone) => window.next_open(now, &zone)?,
        _ => open_from(not_before, window, &zone)?,
    };
    Some(Upcoming {
        enrolment: place,
        campaign,
        sequence,
        step,
        at,
        planned,
        moved: placed.moved,
        zone,
    })
}

/// When a step of an enrolment is to leave by the file and by what went before it, wherever its own entry stands.
pub fn placed(lead: &Lead, place: usize, campaign: &Campaign, sequence: &Sequence, step: &Step) -> Option<Placed> {
    placed_in(lead, place, sequence, step, &lead.time_zone(campaign))
}

fn placed_in(lead: &Lead, place: usize, sequence: &Sequence, step: &Step, zone: &TimeZone) -> Option<Placed> {
    let enrolment = lead.enrolments.get(place)?;
    let started_at = enrolment.started_at + SignedDuration::from_secs(enrolment.moved_s);
    let window = sequence.window.as_ref();
    let latest = sequence.within.as_ref().map(|within| within.add_to(started_at, zone));
    let is_first = sequence.steps.first().is_some_and(|first| first.id == step.id);
    let gap_end = match step.class {
        Class::Nurture => nurture_gap_end(lead, (place, &step.id), sequence, zone),
        Class::Service if step.only_if.is_some() => reminder_gap_end(lead, place),
        Class::Service if is_first => promise_gap_end(lead, place),
        Class::Service | Class::Alert => None,
    };
    let fit = |latest| step_time(started_at, &step.delay, window, gap_end, latest, zone);
    // After an outage the gap may reach past the sequence's end: then the gap counts, and lateness decides.
    fit(latest).or_else(|| fit(None))
}

fn open_from(at: Timestamp, window: Option<&Window>, zone: &TimeZone) -> Option<Timestamp> {
    window.map_or(Some(at), |window| window.next_open(at, zone))
}

/// The step that was begun and has no end yet, if there is one; else the first after the last one that is done, of those
/// whose condition holds. Steps go out in order, whatever the owner changes meanwhile, and one added before them is not
/// caught up.
fn next_step<'a>(enrolment: &Enrolment, sequence: &'a Sequence, opt_in_pending: bool) -> Option<&'a Step> {
    let entry = |step: &Step| enrolment.ledger.of_step(&step.id);
    let begun = |step: &&Step| entry(step).is_some_and(|entry| !entry.is_final());
    let done = |step: &Step| entry(step).is_some_and(LedgerEntry::is_final);
    let from = sequence.steps.iter().rposition(done).map_or(0, |last| last + 1);
    let mut left = sequence.steps[from..].iter();
    sequence
        .steps
        .iter()
        .find(begun)
        .or_else(|| left.find(|step| step.holds(opt_in_pending)))
}

fn nurture_gap_end(lead: &Lead, step: (usize, &str), sequence: &Sequence, zone: &TimeZone) -> Option<Timestamp> {
    let last = lead.last_sent(Class::Nurture, step)?;
    let own = sequence.min_gap.as_ref().map(|gap| gap.add_to(last, zone));
    let wished = lead.preferences.frequency.least_gap().map(|gap| last + gap);
    own.into_iter().chain(wished).max()
}

/// A reminder is nothing anybody asked for: it keeps every limit, whatever else went, and waits for what was promised and
/// has not left yet (R88).
fn reminder_gap_end(lead: &Lead, place: usize) -> Option<Timestamp> {
    let promised = lead.enrolments.iter().enumerate();
    let promised = promised.filter(|(other, e)| *other != place && e.ended.is_none() && e.ledger.is_empty());
    let promised = promised.filter(|(_, e)| e.basis.is_none()); // marketing has one
    let promised = promised.map(|(_, e)| e.started_at);
    let mut went: Vec<Timestamp> = service_emails(lead).map(|(_, at)| at).chain(promised).collect();
    went.sort_by_key(|at| std::cmp::Reverse(*at));
    let gap = went.first().map(|latest| *latest + limits::SERVICE_GAP);
    gap.into_iter().chain(span_end(&went)).max()
}

fn service_emails(lead: &Lead) -> impl Iterator<Item = (usize, Timestamp)> {
    let enrolments = lead.enrolments.iter().enumerate();
    let all = enrolments.flat_map(|(place, e)| e.ledger.iter().map(move |entry| (place, entry)));
    all.filter(|(_, entry)| entry.class == Class::Service)
        .map(|(place, entry)| (place, entry.at()))
}

/// Until when the emails of the last weeks are as many as an unconfirmed mailbox may get; latest first.
fn span_end(went: &[Timestamp]) -> Option<Timestamp> {
    let oldest = went.get(limits::SERVICE_MAX - 1)?;
    Some(*oldest + limits::SERVICE_SPAN)
}

/// What was asked for goes at once: to a mailbox that nobody has confirmed three times in 30 days at most, and with the
/// button to confirm once a day, over all campaigns, whose forms anyone may post (R88).
fn promise_gap_end(lead: &Lead, place: usize) -> Option<Timestamp> {
    let enrolment = &lead.enrolments[place];
    if enrolment.sequence == data_request::SEQUENCE || lead.is_confirmed() {
        return None; // its limits are its own, and were kept when it was asked for
    }
    let mut went: Vec<(usize, Timestamp)> = service_emails(lead).filter(|(other, _)| *other != place).collect();
    went.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
    let asks = |e: &Enrolment| {
        let asked = |consent: &Consent| (&consent.campaign, consent.asked_at) == (&e.campaign, e.started_at);
        lead.consents.iter().any(asked)
    };
    let latest = went.iter().find(|(other, _)| asks(&lead.enrolments[*other]));
    let gap = latest
        .filter(|_| asks(enrolment))
        .map(|(_, at)| *at + limits::SERVICE_GAP);
    let went: Vec<Timestamp> = went.into_iter().map(|(_, at)| at).collect();
    span_end(&went).into_iter().chain(gap).max()
}

/// The alarm: the earliest moment at which something must happen to this lead; `None` when nothing ever will.
///
/// A claim rings when it may be settled; until then no other mail of the lead is touched. The alarm of a lead in a
/// campaign not at hand stays as it was: the campaign may have been published a moment ago. One that is left out because
/// it cannot be read is looked at again in a while (R130).
pub fn due_at(lead: &Lead, catalog: &Catalog, now: Timestamp) -> Option<Timestamp> {
    let claimed = lead.ledger().find_map(|(_, entry)| match *entry.state() {
        EntryState::Claimed { settle_at, .. } => Some(settle_at),
        _ => None,
    });
    let next = claimed.or_else(|| {
        let mail = upcoming(lead, catalog, now).first().map(|next| next.at);
        mail.into_iter()
            .chain(other_alarms(lead, catalog, &Senders::WELL, now))
            .min()
    });
    let gone = |campaign: &CampaignId| catalog.get(campaign).is_none();
    let blind = lead.enrolments.iter().any(|e| e.ended.is_none() && gone(&e.campaign))
        || lead.open_case().is_some_and(|case| gone(case.campaign(lead)));
    let left_out = lead
        .enrolments
        .iter()
        .any(|e| e.ended.is_none() && catalog.leaves_out(&e.campaign))
        || lead.campaigns().any(|campaign| catalog.leaves_out(campaign));
    let kept = lead.due_at.filter(|_| blind).map(|due| match left_out && due <= now {
        true => now + limits::PAUSE_STEP,
        false => due,
    });
    let uncleaned = lead.past.as_ref().and_then(|past| past.uncleaned);
    // What was told of them before is looked for at once, also where nothing else is due.
    let unmet = lead.unmet.then_some(lead.captured_at);
    let untold = deliveries::is_untold(lead, catalog).then_some(now);
    // What was published since may say otherwise, and the alarms that it moved are set already.
    let stale = catalog.is_stale().then_some(now + limits::PAUSE_STEP);
    next.into_iter()
        .chain(kept)
        .chain(stale)
        .chain(uncleaned)
        .chain(unmet)
        .chain(untold)
        .min()
}

/// What must happen to a lead besides its own mails: to tell sales, to count it as dormant, to end its keeping. What sales
/// is told from an address from which nothing leaves is left out.
fn other_alarms(lead: &Lead, catalog: &Catalog, senders: &Senders, now: Timestamp) -> impl Iterator<Item = Timestamp> {
    let leaves = |from: Option<&str>| from.is_none_or(|from| senders.waits_until(from, now).is_none());
    let alert = sales::next(lead, catalog, now).filter(|_| leaves(sales::sender(lead, catalog)));
    let notice = notices::next(lead, |step| leaves(notices::sender(lead, step, catalog)));
    let kept = retention::next(lead, catalog).map(|next| next.at);
    let clock = sales::ticks_at(lead, catalog, now);
    alert
        .map(|alert| alert.at)
        .into_iter()
        .chain(notice.map(|(_, at)| at))
        .chain(clock)
        .chain(dormancy::dormant_at(lead, catalog))
        .chain(kept)
}

/// The alarm by these terms. What is due and may not leave is looked at again in a while, so that thousands of them do not
/// stand before what goes on: while the breaker is open, or a mailing paused, once an hour (I23), and of a sender that SES refuses when the next
/// email is tried (R133).
pub fn due_at_on(lead: &Lead, catalog: &Catalog, now: Timestamp, terms: &Terms) -> Option<Timestamp> {
    let due = due_at(lead, catalog, now);
    let senders = &terms.senders;
    let trial = senders.next_trial(now);
    if due.is_none_or(|due| due > now) {
        return due;
    }
    let mails = upcoming(lead, catalog, now);
    let is_paused = terms.paused || mails.iter().any(|next| next.is_paused(senders));
    if !is_paused && trial.is_none() {
        return due;
    }
    let leaves = |next: &&Upcoming<'_>| {
        !terms.paused && !next.is_paused(senders) && senders.waits_until(next.from(), now).is_none()
    };
    let mail = mails.iter().filter(leaves).map(|next| next.at).min();
    let again = is_paused.then_some(now + limits::PAUSE_STEP);
    other_alarms(lead, catalog, senders, now)
        .chain(mail)
        .chain(again)
        .chain(trial)
        .min()
}

#[cfg(test)]
mod tests;
