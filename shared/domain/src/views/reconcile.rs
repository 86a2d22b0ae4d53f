//! Does everything add up? Every email that should have become due is compared with what the ledgers say happened to it,
//! and both with what was handed over.
//!
//! What should have become due is worked out anew for every step, from the start of its enrolment and the campaign's
//! file: a step that vanished is found because nothing accounts for it, not because something remembers it (R11, I8).

mod report;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

pub use self::report::{Compared, Finding, Open, Report, Row, Sum, Why};
use crate::campaign::{Campaign, Catalog, Sequence, Step};
use crate::kit::ids::{CampaignId, Key, LeadId, SendId};
use crate::kit::limits;
use crate::kit::vocabulary::ExitReason;
use crate::lead::ledger::{EntryState, Ledger, LedgerEntry};
use crate::lead::{Enrolment, Lead};
use crate::rules::notices;
use crate::rules::plan;
use crate::rules::sales;
use crate::rules::sending::{Gate, Terms};

/// What a reconciliation goes by.
#[derive(Debug)]
pub struct Basis<'a> {
    /// The campaigns as published.
    pub catalog: &'a Catalog,
    /// The key from which the ids of emails are derived.
    pub key: &'a Key,
    /// What may leave at present.
    pub gate: Gate,
    /// The moment.
    pub now: Timestamp,
}

/// An email that was handed over, as the local outbox kept it.
#[derive(Clone, Debug)]
pub struct Posted {
    /// Whose.
    pub lead: LeadId,
    /// Which.
    pub send: SendId,
    /// Under which id it was accepted.
    pub message_id: String,
}

/// A reconciliation under way: leads are added one by one, so that a table of any size fits.
#[derive(Debug)]
pub struct Reconciliation<'a> {
    basis: Basis<'a>,
    /// Emails of the outbox that no ledger has accounted for yet; `None` where there is no outbox to compare with.
    posted: Option<BTreeMap<SendId, Vec<Posted>>>,
    days: BTreeMap<(Date, CampaignId, String), Sum>,
    report: Report,
}

/// A step of an enrolment that is reconciled.
struct Place<'l> {
    lead: &'l Lead,
    number: usize,
    enrolment: &'l Enrolment,
    campaign: &'l Campaign,
    sequence: &'l Sequence,
}

impl<'a> Reconciliation<'a> {
    /// A reconciliation by these terms; `outbox` is everything that was handed over, where that is known.
    pub fn new(basis: Basis<'a>, outbox: Option<Vec<Posted>>) -> Self {
        let mut report = Report::default();
        let posted = outbox.map(|mails| {
            let mut compared = Compared {
                mails: mails.len() as u64,
                ..Compared::default()
            };
            let mut posted: BTreeMap<SendId, Vec<Posted>> = BTreeMap::new();
            for mail in mails {
                posted.entry(mail.send.clone()).or_default().push(mail);
            }
            let twice = posted.iter().filter(|(_, copies)| copies.len() > 1);
            compared.twice = twice.map(|(send, _)| send.clone()).collect();
            report.outbox = Some(compared);
            posted
        });
        Self {
            basis,
            posted,
            days: BTreeMap::new(),
            report,
        }
    }

    /// Adds an item that does not parse.
    pub fn add_unreadable(&mut self, lead: LeadId) {
        self.report.unreadable.push(lead);
    }

    /// Adds a lead.
    pub fn add(&mut self, lead: &Lead) {
        self.report.leads += 1;
        let mut ids = BTreeSet::new();
        let catalog = self.basis.catalog;
        for (number, enrolment) in lead.enrolments.iter().enumerate() {
            for send in &enrolment.ledger {
                let id = self.id(lead, enrolment, &send.step);
                if send.id != id || !ids.insert(id) {
                    self.report.misnamed.push(finding(lead, enrolment, send));
                }
                self.compare(lead, enrolment, send);
            }
            let campaign = catalog.get(&enrolment.campaign);
            let declared = campaign.and_then(|campaign| Some((campaign, campaign.sequence(&enrolment.sequence)?)));
            match declared {
                Some((campaign, sequence)) => self.walk(&Place {
                    lead,
                    number,
                    enrolment,
                    campaign,
                    sequence,
                }),
                None => self.blind(lead, enrolment),
            }
        }
        self.alerts(lead, &mut ids);
        self.notices(lead, &mut ids);
    }

    /// The emails to sales about a lead. They follow from the case and not from a file, so there is no step to miss.
    fn alerts(&mut self, lead: &Lead, ids: &mut BTreeSet<SendId>) {
        let zone = |campaign: &CampaignId| {
            self.basis
                .catalog
                .get(campaign)
                .map_or(TimeZone::UTC, Campaign::time_zone)
        };
        let zones: Vec<TimeZone> = lead.cases.iter().map(|case| zone(case.campaign(lead))).collect();
        for (case, zone) in lead.cases.iter().zip(zones) {
            let enrolment = Enrolment {
                campaign: case.campaign(lead).clone(),
                sequence: sales::SEQUENCE.to_owned(),
                epoch: case.round,
                started_at: case.opened_at,
                serial: 0,
                moved_s: 0,
                basis: None,
                ended: None,
                ledger: Ledger::default(),
            };
            for send in &case.ledger {
                let id = self.id(lead, &enrolment, &send.step);
                if send.id != id || !ids.insert(id) {
                    self.report.misnamed.push(finding(lead, &enrolment, send));
                }
                self.compare(lead, &enrolment, send);
                self.account(lead, &enrolment, send, send.at(), &zone);
            }
        }
    }

    /// The alerts that belong to no case. They leave the lead once they are old.
    fn notices(&mut self, lead: &Lead, ids: &mut BTreeSet<SendId>) {
        let enrolment = Enrolment {
            campaign: lead.campaign.clone(),
            sequence: notices::SEQUENCE.to_owned(),
            epoch: lead.past_lives(),
            started_at: lead.captured_at,
            serial: 0,
            moved_s: 0,
            basis: None,
            ended: None,
            ledger: Ledger::default(),
        };
        let zone = self
            .basis
            .catalog
            .get(&lead.campaign)
            .map_or(TimeZone::UTC, Campaign::time_zone);
        for send in &lead.notices {
            let id = notices::send_id(lead, &send.step, self.basis.key);
            if send.id != id || !ids.insert(id) {
                self.report.misnamed.push(finding(lead, &enrolment, send));
            }
            self.compare(lead, &enrolment, send);
            self.account(lead, &enrolment, send, send.at(), &zone);
        }
    }

    /// The leads whose emails in the outbox are in no ledger, once every lead was added.
    pub fn unaccounted(&self) -> BTreeSet<LeadId> {
        let strays = self.posted.iter().flat_map(BTreeMap::values).flatten();
        strays.map(|mail| mail.lead.clone()).collect()
    }

    /// Adds somebody who was erased: their ledger is gone, so nothing accounts for the emails they got before.
    pub fn add_erased(&mut self, lead: &LeadId) {
        let (Some(posted), Some(compared)) = (&mut self.posted, &mut self.report.outbox) else {
            return;
        };
        posted.retain(|_, copies| {
            let theirs = copies.iter().any(|mail| &mail.lead == lead);
            compared.erased += u64::from(theirs);
            !theirs
        });
    }

    /// Adds a desk: its digests are about many leads, and its own ledger keeps the latest alone, so they are not held against
    /// any.
    pub fn add_desk(&mut self, desk: &LeadId) {
        if let Some(posted) = &mut self.posted {
            posted.retain(|_, copies| copies.iter().all(|mail| &mail.lead != desk));
        }
    }

    /// What was found.
    pub fn finish(mut self) -> Report {
        for ((day, campaign, sequence), sum) in std::mem::take(&mut self.days) {
            self.report.total.add(sum);
            self.report.days.push(Row {
                day,
                campaign,
                sequence,
                sum,
            });
        }
        if let (Some(compared), Some(posted)) = (&mut self.report.outbox, self.posted) {
            compared.strays = posted.into_keys().collect();
        }
        self.report.open.sort_by_key(|open| std::cmp::Reverse(open.late_s));
        self.report
    }

    fn id(&self, lead: &Lead, enrolment: &Enrolment, step: &str) -> SendId {
        let Enrolment { campaign, sequence, .. } = enrolment;
        SendId::of(self.basis.key, &lead.id, campaign, sequence, step, enrolment.epoch)
    }

    /// Every step of a sequence as its file declares it, in order.
    fn walk(&mut self, place: &Place<'_>) {
        let Place {
            lead,
            enrolment,
            sequence,
            ..
        } = *place;
        let is_declared = |send: &&LedgerEntry| sequence.steps.iter().any(|step| step.id == send.step);
        for send in enrolment.ledger.iter().filter(|send| !is_declared(send)) {
            self.account(lead, enrolment, send, send.at(), &place.campaign.time_zone()); // a step taken away since
        }
        let done = |step: &Step| enrolment.ledger.iter().any(|send| send.step == step.id);
        let mut blocked = false;
        for (n, step) in sequence.steps.iter().enumerate() {
            if let Some(send) = enrolment.ledger.iter().find(|send| send.step == step.id) {
                let due_at = self.planned(place, step, send.at()).unwrap_or(send.at());
                self.account(lead, enrolment, send, due_at, &place.campaign.time_zone());
                blocked = !send.is_final();
                continue;
            }
            let completed = enrolment
                .ended
                .is_some_and(|ended| ended.reason == ExitReason::Completed);
            if step.only_if.is_some() && (enrolment.ended.is_some() || sequence.steps[n + 1..].iter().any(done)) {
                continue; // whether it ever became due, nothing tells any more
            }
            if completed || sequence.steps[n + 1..].iter().any(done) {
                self.passed_over(place, step);
                continue;
            }
            // The next step, and those behind it have not become due.
            if !blocked {
                self.next(place, step);
            }
            return;
        }
    }

    /// When a step was to leave: from the start of its enrolment, and from what had gone to the lead before `until`.
    fn planned(&self, place: &Place<'_>, step: &Step, until: Timestamp) -> Option<Timestamp> {
        let mut then = place.lead.clone();
        for enrolment in &mut then.enrolments {
            enrolment.ledger.retain(|send| send.at() < until);
        }
        let own = &mut then.enrolments[place.number].ledger;
        own.retain(|send| send.step != step.id);
        plan::placed(&then, place.number, place.campaign, place.sequence, step).map(|placed| placed.at)
    }

    /// A step without an entry although a later one has its own.
    fn passed_over(&mut self, place: &Place<'_>, step: &Step) {
        let Place { lead, enrolment, .. } = *place;
        let finding = Finding {
            lead: lead.id.clone(),
            send: self.id(lead, enrolment, &step.id),
            campaign: enrolment.campaign.clone(),
            step: step.id.clone(),
        };
        if self.was_changed(lead, &enrolment.campaign) {
            self.report.changed.push(finding);
            return;
        }
        let due_at = self
            .planned(place, step, self.basis.now)
            .unwrap_or(enrolment.started_at);
        self.sum(enrolment, due_at, &place.campaign.time_zone()).due += 1;
        self.report.vanished.push(finding);
    }

    /// Whether the campaign is another than the one under which the lead was captured.
    fn was_changed(&self, lead: &Lead, campaign: &CampaignId) -> bool {
        let published = self.basis.catalog.published(campaign);
        let mut posts = lead.words.enquiries().iter().filter(|post| &post.campaign == campaign);
        posts.any(|post| published.is_none_or(|published| published.version != post.version))
    }

    /// The step that is next: due already, or still to come.
    fn next(&mut self, place: &Place<'_>, step: &Step) {
        let Place { lead, enrolment, .. } = *place;
        let now = self.basis.now;
        let Some(due_at) = self.planned(place, step, now) else {
            return;
        };
        let zone = place.campaign.time_zone();
        if let Some(ended) = enrolment.ended {
            // It became due just before the end, so the end skipped it.
            if due_at <= ended.at {
                let sum = self.sum(enrolment, due_at, &zone);
                sum.due += 1;
                sum.skipped += 1;
            }
            return;
        }
        let mail = Finding {
            lead: lead.id.clone(),
            send: self.id(lead, enrolment, &step.id),
            campaign: enrolment.campaign.clone(),
            step: step.id.clone(),
        };
        self.watch(lead, due_at, &mail);
        if due_at <= now {
            let sum = self.sum(enrolment, due_at, &zone);
            sum.due += 1;
            sum.open += 1;
            let in_hours = place
                .sequence
                .window
                .as_ref()
                .is_none_or(|window| window.is_open(now, &zone));
            let is_refused = |terms: &Terms| terms.senders.waits_until(&place.campaign.sender.from, now).is_some();
            let why = match &self.basis.gate {
                Gate::Held => Why::Held,
                Gate::Open(terms) if terms.paused => Why::Paused,
                Gate::Open(terms) if is_refused(terms) => Why::Refused,
                Gate::Open(_) if !in_hours => Why::OutOfHours,
                Gate::Open(_) if lead.due_at.is_some_and(|rings| rings <= now) => Why::NextSweep,
                Gate::Open(_) => Why::NotYet,
            };
            self.report.open.push(Open {
                mail,
                due_at,
                late_s: now.duration_since(due_at).as_secs(),
                why,
            });
        }
    }

    /// An alarm must ring for whatever is still to come, at its time or once what is before it is done.
    fn watch(&mut self, lead: &Lead, at: Timestamp, mail: &Finding) {
        let latest = at.max(self.basis.now) + limits::SET_ASIDE;
        let too_late = |rings: Timestamp| rings > latest && !self.was_changed(lead, &mail.campaign);
        if lead.due_at.is_none_or(too_late) {
            self.report.stranded.push(mail.clone());
        }
    }

    /// Counts an entry of the ledger.
    fn account(&mut self, lead: &Lead, enrolment: &Enrolment, send: &LedgerEntry, due_at: Timestamp, zone: &TimeZone) {
        let (now, held) = (self.basis.now, self.basis.gate == Gate::Held);
        let sum = self.sum(enrolment, due_at, zone);
        sum.due += 1;
        match send.state() {
            EntryState::Sent { .. } => sum.sent += 1,
            EntryState::Skipped { .. } => sum.skipped += 1,
            EntryState::Failed { .. } => sum.failed += 1,
            EntryState::Unknown => sum.unknown += 1,
            EntryState::Claimed { .. } | EntryState::Waiting { .. } => sum.open += 1,
        }
        let mail = finding(lead, enrolment, send);
        if send.is_duplicate() {
            self.report.duplicates.push(mail.clone());
        }
        let (why, next) = match *send.state() {
            EntryState::Unknown => {
                self.report.unknown.push(mail);
                return;
            }
            EntryState::Claimed { settle_at, .. } => (Why::Unanswered, settle_at),
            EntryState::Waiting { until } if held => (Why::Held, until),
            EntryState::Waiting { until } => (Why::TriedAgain, until),
            _ => return,
        };
        self.watch(lead, next, &mail);
        self.report.open.push(Open {
            mail,
            due_at,
            late_s: now.duration_since(due_at).max(SignedDuration::ZERO).as_secs(),
            why,
        });
    }

    /// An enrolment whose campaign or sequence is not published: its entries count, what is to come nobody knows.
    fn blind(&mut self, lead: &Lead, enrolment: &Enrolment) {
        for send in &enrolment.ledger {
            self.account(lead, enrolment, send, send.at(), &TimeZone::UTC);
            if let Some(open) = self.report.open.last_mut().filter(|open| open.mail.send == send.id) {
                open.why = Why::CampaignGone;
            }
        }
    }

    fn sum(&mut self, enrolment: &Enrolment, due_at: Timestamp, zone: &TimeZone) -> &mut Sum {
        let day = due_at.to_zoned(zone.clone()).date();
        let key = (day, enrolment.campaign.clone(), enrolment.sequence.clone());
        self.days.entry(key).or_default()
    }

    /// Holds an entry against the outbox.
    fn compare(&mut self, lead: &Lead, enrolment: &Enrolment, send: &LedgerEntry) {
        let (Some(posted), Some(compared)) = (&mut self.posted, &mut self.report.outbox) else {
            return;
        };
        let there = posted.remove(&send.id).unwrap_or_default();
        let theirs = there.iter().any(|mail| mail.lead == lead.id);
        match send.state() {
            EntryState::Sent { message_id, .. } => {
                let known = |id: &String| there.iter().any(|mail| &mail.message_id == id);
                if !theirs || !message_id.as_ref().is_none_or(known) {
                    compared.not_there.push(finding(lead, enrolment, send));
                }
            }
            EntryState::Failed { reason } if reason == EntryState::REJECTED => {}
            // The event that settles it has not come yet.
            EntryState::Claimed { .. } => {}
            _ if there.is_empty() => {}
            _ => compared.denied.push(finding(lead, enrolment, send)),
        }
    }
}

fn finding(lead: &Lead, enrolment: &Enrolment, send: &LedgerEntry) -> Finding {
    Finding {
        lead: lead.id.clone(),
        send: send.id.clone(),
        campaign: enrolment.campaign.clone(),
        step: send.step.clone(),
    }
}

#[cfg(test)]
mod tests;
