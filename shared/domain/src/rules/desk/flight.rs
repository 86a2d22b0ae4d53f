//! One digest on its way: due, claimed, sent, done with.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::{Desk, Digest, DigestKind, DigestOrder, Entry, Flight, Queue, Reader, SEQUENCE, digest};
use crate::kit::ids::{CampaignId, ClaimToken, LeadId, SendId};
use crate::kit::limits;
use crate::kit::vocabulary::Class;
use crate::lead::Lead;
use crate::lead::ledger::{DueMail, Feedback, LedgerEntry, Outcome};
use crate::rules::confirmation::Confirms;
use crate::rules::context::Context;
use crate::rules::effect::{MailOrder, Names};

impl Desk {
    /// Which leads to read for the digest that is due, if one is.
    pub fn wants(&self, now: Timestamp) -> Option<Vec<LeadId>> {
        let flight = self.next_flight(now)?;
        let all = match flight.kind {
            DigestKind::Morning => [&self.mine[..], &self.watched].concat(),
            DigestKind::Posts | DigestKind::Alerts => flight.entries.into_iter().map(|entry| entry.lead).collect(),
        };
        let mut leads: Vec<LeadId> = Vec::with_capacity(all.len());
        for lead in all {
            if !leads.contains(&lead) {
                leads.push(lead);
            }
        }
        Some(leads)
    }

    /// What waits for whoever reads here, as the morning digest would tell of it now; nothing where nothing waits, nor where no
    /// campaign names the reader any more.
    pub fn today(&self, leads: &[Arc<Lead>], cx: &Context<'_>) -> Option<Digest> {
        let flight = morning(cx.now);
        let reader = Reader::of(&self.id, &self.workspace, cx)?;
        let (_, _, digest) = digest::compose(&flight, (&self.mine, &self.watched), leads, &reader, cx)?;
        Some(digest)
    }

    /// The digests of which nobody will ever know whether they arrived, and did not know it before.
    pub fn lost_since<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a SendId> {
        let was = |id: &SendId| before.ledger.iter().any(|entry| &entry.id == id && entry.is_unknown());
        let lost = self.ledger.iter().filter(|entry| entry.is_unknown());
        lost.map(|entry| &entry.id).filter(move |id| !was(id))
    }

    /// Leads whose open case waits here, as far as it was told; [`limits::DESK_CASES_MAX`] at most.
    pub fn mine(&self) -> impl Iterator<Item = &LeadId> {
        self.mine.iter()
    }

    /// The leads of which it tells.
    pub fn cases(&self) -> Vec<LeadId> {
        let all = [&self.mine[..], &self.watched].concat();
        all.into_iter().collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The digest that is due: one under way, else alerts before posts before the morning's.
    fn next_flight(&self, now: Timestamp) -> Option<Flight> {
        if self.due_at.is_none_or(|due| due > now) {
            return None;
        }
        if let Some(flight) = &self.flight {
            return Some(flight.clone());
        }
        let queued = |kind: DigestKind, campaign: Option<&CampaignId>, queue: &Queue| Flight {
            kind,
            step: step_of(kind, campaign, queue.until),
            planned: queue.until,
            campaign: campaign.cloned(),
            entries: queue.entries.clone(),
            more: queue.more,
        };
        let alerts = self.hour.as_ref().filter(|queue| queue.until <= now);
        if let Some(queue) = alerts {
            return Some(queued(DigestKind::Alerts, None, queue));
        }
        let posts = self.days.iter().find(|(_, queue)| queue.until <= now);
        if let Some((campaign, queue)) = posts {
            return Some(queued(DigestKind::Posts, Some(campaign), queue));
        }
        let planned = self.morning.filter(|at| *at <= now)?;
        Some(morning(planned))
    }

    /// Claims the digest that is due, composed from these leads; `all_read` says that whoever is not among them is gone.
    /// One that has nothing to tell ends here. What a campaign says that cannot be read at the moment is looked for again in
    /// a while (R130).
    pub fn wake(
        &mut self,
        leads: &[Arc<Lead>],
        all_read: bool,
        token: &ClaimToken,
        cx: &Context<'_>,
    ) -> Option<DigestOrder> {
        let mut flight = self.next_flight(cx.now)?;
        if let Some(entry) = self.ledger.claimed_mut()
            && !entry.expire(true, true, cx.now)
        {
            return None;
        }
        let reader = Reader::of(&self.id, &self.workspace, cx);
        self.take(&flight);
        if self.ledger.of_step(&flight.step).is_some_and(LedgerEntry::is_final) {
            self.land(&flight, cx);
            return None;
        }
        match flight.kind {
            DigestKind::Morning if is_put_off(&flight, reader.is_some(), leads, cx) => {
                let later = cx.now + limits::PAUSE_STEP;
                self.rest(cx);
                self.due_at = self.queued().filter(|at| *at > cx.now).chain([later]).min();
                return None;
            }
            DigestKind::Morning => self.forget_closed(reader.as_ref(), leads, all_read, cx),
            DigestKind::Posts | DigestKind::Alerts => self.put_back(&mut flight, reader.is_some(), leads, cx),
        }
        let lists = (&self.mine[..], &self.watched[..]);
        let written = reader
            .as_ref()
            .and_then(|reader| digest::compose(&flight, lists, leads, reader, cx));
        let stale = flight.kind == DigestKind::Morning && cx.now.duration_since(flight.planned) > limits::MORNING_LATE;
        let Some((campaign, locale, digest)) = written.filter(|_| !stale) else {
            if stale || self.ledger.of_step(&flight.step).is_some() {
                let mail = self.due_mail(&flight, cx);
                self.ledger.skip(mail, if stale { "late" } else { "nothing" }, cx.now);
            }
            self.land(&flight, cx);
            return None;
        };
        let mail = self.due_mail(&flight, cx);
        let step = mail.step.clone();
        let send_id = self.ledger.claim(mail, token, cx.now);
        self.flight = Some(flight);
        self.rest(cx);
        Some(DigestOrder {
            mail: MailOrder {
                workspace: self.workspace.clone(),
                lead: self.id.clone(),
                send_id,
                token: token.clone(),
                campaign,
                sequence: SEQUENCE.to_owned(),
                step,
                class: Class::Alert,
                template: String::new(),
                to: reader?.email.clone(),
                reply_to: None,
                locale,
                confirms: Confirms::default(),
                enquiry: None,
                basis: None,
                names: Names::default(),
                alert: None,
            },
            digest,
        })
    }

    /// Records what handing a digest to SES came to.
    pub fn settle(&mut self, id: &SendId, token: &ClaimToken, outcome: &Outcome, cx: &Context<'_>) {
        if let Some(entry) = self.ledger.entry_mut(id) {
            entry.settle(token, outcome, cx.now);
            self.after(id, cx);
        }
    }

    /// Takes SES's word on a digest.
    pub fn learn(&mut self, feedback: &Feedback, cx: &Context<'_>) {
        if let Some(entry) = self
            .ledger
            .entry_mut(&feedback.send_id)
            .filter(|entry| !entry.knows(feedback))
        {
            entry.learn(feedback, cx.now);
            self.after(&feedback.send_id, cx);
        }
    }

    /// What follows once an entry changed.
    fn after(&mut self, id: &SendId, cx: &Context<'_>) {
        let is_over = |entry: &LedgerEntry| &entry.id == id && entry.is_final();
        let over = self
            .ledger
            .iter()
            .find(|entry| is_over(entry))
            .map(|entry| entry.step.clone());
        let landed = self.flight.take_if(|flight| Some(&flight.step) == over.as_ref());
        match landed {
            Some(flight) => self.land(&flight, cx),
            None => self.rest(cx),
        }
    }

    /// Takes what a digest tells of out of what waits: what comes from now on waits for the next one.
    fn take(&mut self, flight: &Flight) {
        if self.flight.is_some() {
            return;
        }
        match (flight.kind, &flight.campaign) {
            (DigestKind::Alerts, _) => self.hour = None,
            (DigestKind::Posts, Some(campaign)) => drop(self.days.remove(campaign)),
            (DigestKind::Posts, None) | (DigestKind::Morning, _) => {}
        }
    }

    /// Puts back what waits for a campaign that cannot be read: the rest is told of without it.
    fn put_back(&mut self, flight: &mut Flight, reader_known: bool, leads: &[Arc<Lead>], cx: &Context<'_>) {
        let all = match &flight.campaign {
            Some(campaign) => cx.catalog.leaves_out(campaign),
            None => is_unknown(reader_known, cx),
        };
        let of_one = flight.campaign.is_some();
        let waits = |entry: &Entry| {
            let mut lead = leads.iter().filter(|lead| !of_one && lead.id == entry.lead);
            all || lead.any(|lead| cx.catalog.leaves_out(&entry.campaign(lead)))
        };
        let (waiting, told): (Vec<Entry>, Vec<Entry>) =
            std::mem::take(&mut flight.entries).into_iter().partition(waits);
        flight.entries = told;
        if waiting.is_empty() && !all {
            return;
        }
        let until = cx.now + limits::PAUSE_STEP;
        let queue = match &flight.campaign {
            Some(campaign) => self.days.entry(campaign.clone()).or_insert_with(|| Queue::new(until)),
            None => self.hour.get_or_insert_with(|| Queue::new(until)),
        };
        queue.until = until;
        for entry in waiting {
            queue.join(entry, true, true);
        }
        if flight.entries.is_empty() {
            queue.more = queue.more.saturating_add(std::mem::take(&mut flight.more));
        }
    }

    /// A digest is done with, however it ended.
    fn land(&mut self, flight: &Flight, cx: &Context<'_>) {
        self.flight = None;
        match flight.kind {
            DigestKind::Morning => (self.had, self.morning) = (Some(flight.planned), None),
            DigestKind::Alerts => self.hour_had = Some(cx.now),
            DigestKind::Posts => {}
        }
        self.rest(cx);
    }

    /// Forgets leads whose case is closed, or somebody else's for good.
    fn forget_closed(&mut self, reader: Option<&Reader<'_>>, leads: &[Arc<Lead>], all_read: bool, cx: &Context<'_>) {
        let stays = |id: &LeadId, is_theirs: &dyn Fn(&Reader<'_>, &Lead) -> bool| {
            let Some(lead) = leads.iter().find(|lead| &lead.id == id) else {
                return !all_read;
            };
            waits_for_campaign(lead, cx) || reader.is_some_and(|reader| is_theirs(reader, lead))
        };
        self.mine
            .retain(|id| stays(id, &|reader, lead| reader.has_or_gets_back(lead)));
        self.watched
            .retain(|id| stays(id, &|reader, lead| reader.watches(lead)));
    }

    fn due_mail(&self, flight: &Flight, cx: &Context<'_>) -> DueMail {
        let (step, class) = (flight.step.clone(), Class::Alert);
        let campaign = flight.campaign.clone().unwrap_or_else(|| CampaignId::new(""));
        let id = SendId::of(cx.key, &self.id, &campaign, SEQUENCE, &step, 0);
        DueMail { id, step, class }
    }
}

/// The digest of what waits, planned for a morning.
fn morning(planned: Timestamp) -> Flight {
    Flight {
        kind: DigestKind::Morning,
        step: step_of(DigestKind::Morning, None, planned),
        planned,
        campaign: None,
        entries: Vec::new(),
        more: 0,
    }
}

/// Whether a morning digest is looked at again in a while, as its campaigns cannot all be read: as long as it is of use then.
/// After that it tells of the rest, and of these another morning does.
fn is_put_off(flight: &Flight, reader_known: bool, leads: &[Arc<Lead>], cx: &Context<'_>) -> bool {
    let again_in_time = (cx.now + limits::PAUSE_STEP).duration_since(flight.planned) < limits::MORNING_LATE;
    again_in_time && (is_unknown(reader_known, cx) || leads.iter().any(|lead| waits_for_campaign(lead, cx)))
}

/// Whether a campaign that cannot be read may say who reads at a desk.
fn is_unknown(reader_known: bool, cx: &Context<'_>) -> bool {
    !reader_known && cx.catalog.left_out().next().is_some()
}

/// Whether a lead's open case is one of a campaign that cannot be read.
fn waits_for_campaign(lead: &Lead, cx: &Context<'_>) -> bool {
    let case = lead.open_case();
    case.is_some_and(|case| cx.catalog.leaves_out(case.campaign(lead)))
}

/// The step of a digest: what it is about and its moment, so that each has an id of its own.
fn step_of(kind: DigestKind, campaign: Option<&CampaignId>, planned: Timestamp) -> String {
    let about = campaign.map(|campaign| format!("-{campaign}")).unwrap_or_default();
    format!("{}{about}-{:x}", kind.code(), planned.as_second())
}
