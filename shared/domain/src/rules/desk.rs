//! The desk of somebody who works with leads: what waits for them, whichever lead it comes from.
//!
//! One small item for each address of a workspace, beside the leads and like them: it changes in one conditional write,
//! has a ledger of its own, and an alarm by which the sweep finds it. Three emails leave from it: each morning what waits,
//! once a day the posts that sales does not hear of, and once an hour the alerts that were too many to go by themselves.
//! It holds ids alone; names are read when the email is written.

mod digest;
mod flight;
mod reader;
mod test_email;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::campaign::Campaign;
use crate::codes;
use crate::kit::ids::{CampaignId, EnquiryId, LeadId, SendId, WorkspaceId};
use crate::kit::{limits, seconds};
use crate::lead::Lead;
use crate::lead::ledger::{EntryState, Ledger, LedgerEntry};
use crate::lead::unknown::Unknown;
use crate::rules::alert::AlertKind;
use crate::rules::context::Context;
use crate::rules::effect::MailOrder;
use crate::rules::notices;
use crate::rules::owners::campaign_of;

pub use digest::{Digest, Line, List, TaskKind, TaskLine};
use reader::Reader;
pub use reader::{desks, told_of};
pub use test_email::{TestEmail, testers};

/// The sequence under which digests stand in the ledger and on the outside of emails.
pub const SEQUENCE: &str = "digest";

/// What waits for one person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Desk {
    /// Derived from the address; see [`LeadId::of_desk`].
    pub id: LeadId,
    /// Whose campaigns it is about.
    pub workspace: WorkspaceId,
    /// Rises by one with each write; every write is conditional on it.
    #[serde(rename = "v")]
    pub version: u64,
    /// Leads whose open case is theirs, as far as they were told.
    #[serde(rename = "ms", default, skip_serializing_if = "Vec::is_empty")]
    mine: Vec<LeadId>,
    /// Leads whose open case is somebody's for whom they step in.
    #[serde(rename = "ws", default, skip_serializing_if = "Vec::is_empty")]
    watched: Vec<LeadId>,
    /// When the next morning digest leaves.
    #[serde(
        rename = "mo",
        default,
        skip_serializing_if = "Option::is_none",
        with = "seconds::optional"
    )]
    morning: Option<Timestamp>,
    /// The latest one that is done with.
    #[serde(
        rename = "md",
        default,
        skip_serializing_if = "Option::is_none",
        with = "seconds::optional"
    )]
    had: Option<Timestamp>,
    /// The latest alerts that went by themselves, oldest first.
    #[serde(rename = "tl", default, skip_serializing_if = "Vec::is_empty")]
    told: Vec<Told>,
    /// Alerts that wait for a digest of their own.
    #[serde(rename = "hq", default, skip_serializing_if = "Option::is_none")]
    hour: Option<Queue>,
    /// When the latest such digest was done with.
    #[serde(
        rename = "hl",
        default,
        skip_serializing_if = "Option::is_none",
        with = "seconds::optional"
    )]
    hour_had: Option<Timestamp>,
    /// Posts that wait for the digest of their campaign.
    #[serde(rename = "dq", default, skip_serializing_if = "BTreeMap::is_empty")]
    days: BTreeMap<CampaignId, Queue>,
    /// Emails that the reader wants to see, in the order they were asked for.
    #[serde(rename = "ts", default, skip_serializing_if = "Vec::is_empty")]
    tests: Vec<TestEmail>,
    /// The digest that is under way, until its end is known.
    #[serde(rename = "fl", default, skip_serializing_if = "Option::is_none")]
    flight: Option<Flight>,
    /// The digests that became due.
    #[serde(rename = "l", default, skip_serializing_if = "Ledger::is_empty")]
    ledger: Ledger,
    /// The alarm clock: the earliest moment at which something must happen.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "seconds::optional")]
    pub due_at: Option<Timestamp>,
    /// What the stored item holds beyond all this.
    #[serde(skip)]
    pub unknown: Unknown,
}

/// An alert that went by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Told {
    #[serde(rename = "i")]
    id: SendId,
    #[serde(rename = "a", with = "seconds")]
    at: Timestamp,
}

/// What waits for one digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Queue {
    /// When that leaves.
    #[serde(rename = "u", with = "seconds")]
    until: Timestamp,
    /// What it tells of, in the order it came.
    #[serde(rename = "en")]
    entries: Vec<Entry>,
    /// How much more came than it may hold.
    #[serde(rename = "n", default, skip_serializing_if = "is_zero")]
    more: u32,
}

/// One thing that a digest tells of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    #[serde(rename = "i")]
    lead: LeadId,
    /// The kind of the alert that it stands in for.
    #[serde(rename = "k")]
    kind: String,
    #[serde(rename = "q", default, skip_serializing_if = "Option::is_none")]
    enquiry: Option<EnquiryId>,
}

/// A digest under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Flight {
    #[serde(rename = "k")]
    kind: DigestKind,
    /// Its step in the ledger.
    #[serde(rename = "s")]
    step: String,
    /// When it was to leave.
    #[serde(rename = "p", with = "seconds")]
    planned: Timestamp,
    /// Whose posts it tells of, where it tells of those of one campaign.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    campaign: Option<CampaignId>,
    #[serde(rename = "en", default, skip_serializing_if = "Vec::is_empty")]
    entries: Vec<Entry>,
    #[serde(rename = "n", default, skip_serializing_if = "is_zero")]
    more: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What a digest is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum DigestKind {
    /// What waits, each morning.
    Morning,
    /// Posts that sales does not hear of.
    Posts,
    /// Alerts that were too many to go by themselves.
    Alerts,
}

codes!(DigestKind);

/// What becomes of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admitted {
    /// It goes by itself.
    Alone,
    /// The digest of this moment tells of it.
    Joined(Timestamp),
}

/// A digest that was claimed and must now be sent.
#[derive(Debug)]
pub struct DigestOrder {
    /// The outside of the email; its lead is the desk.
    pub mail: MailOrder,
    /// What it says.
    pub digest: Digest,
}

impl Desk {
    /// A desk at which nothing waits.
    pub fn new(id: LeadId, workspace: WorkspaceId) -> Self {
        Self {
            id,
            workspace,
            version: 0,
            mine: Vec::new(),
            watched: Vec::new(),
            morning: None,
            had: None,
            told: Vec::new(),
            hour: None,
            hour_had: None,
            days: BTreeMap::new(),
            tests: Vec::new(),
            flight: None,
            ledger: Ledger::default(),
            due_at: None,
            unknown: Unknown::default(),
        }
    }

    /// Its digests.
    pub fn ledger(&self) -> &[LedgerEntry] {
        &self.ledger
    }

    /// Notes leads whose open case is this reader's, and leads whose case is somebody's for whom they step in.
    pub fn note(&mut self, mine: &[LeadId], watched: &[LeadId], cx: &Context<'_>) {
        for (list, more) in [(&mut self.mine, mine), (&mut self.watched, watched)] {
            for lead in more {
                if list.len() < limits::DESK_CASES_MAX && !list.contains(lead) {
                    list.push(lead.clone());
                }
            }
        }
        self.rest(cx);
    }

    /// Sets its moments anew, by what the campaigns say now. What waits for a campaign that cannot be read goes on waiting.
    pub fn replan(&mut self, cx: &Context<'_>) {
        if self.morning.is_some_and(|at| at > cx.now) {
            self.morning = None;
        }
        for (id, queue) in self.days.iter_mut().filter(|(id, _)| !cx.catalog.leaves_out(id)) {
            let next = cx.catalog.get(id).and_then(|campaign| posts_at(campaign, cx.now));
            queue.until = queue.until.min(next.unwrap_or(cx.now));
        }
        self.rest(cx);
    }

    /// Says whether an alert to this reader goes by itself, and notes that. Asked about the same alert again, it says the same.
    pub fn admit(&mut self, order: &MailOrder, cx: &Context<'_>) -> Admitted {
        let Some(alert) = &order.alert else {
            return Admitted::Alone;
        };
        let kind = alert.kind;
        if is_of_case(order) {
            self.note(std::slice::from_ref(&order.lead), &[], cx);
        }
        let entry = Entry {
            lead: order.lead.clone(),
            kind: kind.code().to_owned(),
            enquiry: notices::enquiry_of(&order.step).filter(|_| order.sequence == notices::SEQUENCE),
        };
        let campaign = cx.catalog.get(&order.campaign);
        let daily = campaign
            .filter(|_| kind == AlertKind::Post)
            .and_then(|campaign| posts_at(campaign, cx.now));
        let until = if let Some(until) = daily {
            let has_room = self.has_room_for_posts();
            let queue = self
                .days
                .entry(order.campaign.clone())
                .or_insert_with(|| Queue::new(until));
            queue.join(entry, true, has_room);
            queue.until
        } else {
            if self.told.iter().any(|told| told.id == order.send_id) {
                return Admitted::Alone;
            }
            let Some(until) = self.crowded_until(cx.now) else {
                let (id, at) = (order.send_id.clone(), cx.now);
                self.told.push(Told { id, at });
                let old = self.told.len().saturating_sub(limits::ALERTS_ALONE_MAX);
                self.told.drain(..old);
                return Admitted::Alone;
            };
            let queue = self.hour.get_or_insert_with(|| Queue::new(until));
            queue.join(entry, !kind.is_reminder(), true);
            queue.until
        };
        self.rest(cx);
        Admitted::Joined(until)
    }

    /// Whether one more post may wait by name, over all campaigns: an item holds so much and no more.
    fn has_room_for_posts(&self) -> bool {
        let held: usize = self.days.values().map(|queue| queue.entries.len()).sum();
        held < limits::DESK_POSTS_MAX
    }

    /// When the digest leaves that tells of one more alert; `None` while it may go by itself. What comes while others wait
    /// waits with them.
    fn crowded_until(&self, now: Timestamp) -> Option<Timestamp> {
        if let Some(queue) = &self.hour {
            return Some(queue.until);
        }
        let full = self.told.len() >= limits::ALERTS_ALONE_MAX;
        let free_at = self.told.first().filter(|_| full)?.at + limits::ALERT_SPAN;
        let next = self.hour_had.map(|had| had + limits::ALERT_SPAN);
        (free_at > now).then(|| next.into_iter().fold(free_at, Timestamp::max))
    }

    /// Plans the next morning where something waits, and sets the alarm.
    fn rest(&mut self, cx: &Context<'_>) {
        self.ledger.forget_all_but(limits::DESK_SENDS_MAX);
        if self.mine.is_empty() && self.watched.is_empty() {
            self.morning = None;
        } else if self.morning.is_none() {
            let reader = Reader::of(&self.id, &self.workspace, cx);
            self.morning = reader.and_then(|reader| reader.next_morning(cx.now, self.had));
        }
        let under_way = self.flight.as_ref().and_then(|flight| {
            let entry = self.ledger.of_step(&flight.step)?;
            match *entry.state() {
                EntryState::Claimed { settle_at, .. } => Some(settle_at),
                _ => entry.waits_until(),
            }
        });
        // Their campaign may be one that cannot be read at the moment: looked for again in a while (R130).
        let waits = !(self.mine.is_empty() && self.watched.is_empty());
        let is_sought = waits && self.morning.is_none() && cx.catalog.left_out().next().is_some();
        let again = is_sought.then(|| cx.now + limits::PAUSE_STEP);
        // One digest at a time: the next follows once the one before has its end.
        self.due_at = under_way.or_else(|| self.queued().chain(self.morning).chain(again).min());
    }

    /// When what waits for a digest leaves.
    fn queued(&self) -> impl Iterator<Item = Timestamp> {
        let tests = self.tests.iter().map(|test| test.at);
        self.hour
            .iter()
            .chain(self.days.values())
            .map(|queue| queue.until)
            .chain(tests)
    }
}

impl Queue {
    fn new(until: Timestamp) -> Self {
        Self {
            until,
            entries: Vec::new(),
            more: 0,
        }
    }

    /// Takes one more in; the same again changes nothing, and a reminder adds nothing to what is told of a lead anyway.
    /// Without room it is counted.
    fn join(&mut self, entry: Entry, is_news: bool, has_room: bool) {
        let same = |known: &&mut Entry| known.lead == entry.lead && (known.enquiry == entry.enquiry || !is_news);
        if let Some(known) = self.entries.iter_mut().find(same) {
            if is_news {
                *known = entry;
            }
        } else if has_room && self.entries.len() < limits::DESK_QUEUE_MAX {
            self.entries.push(entry);
        } else if is_news {
            self.more = self.more.saturating_add(1);
        }
    }
}

impl Entry {
    /// The campaign that it is about, as things stand now.
    fn campaign(&self, lead: &Lead) -> CampaignId {
        let is_post = self.kind == AlertKind::Post.code();
        let enquiry = self.enquiry.as_ref().filter(|_| is_post);
        let enquiry = enquiry.and_then(|id| lead.words.enquiry(id));
        enquiry.map_or_else(|| campaign_of(lead), |enquiry| enquiry.campaign.clone())
    }
}

/// When the digest of a campaign's posts leaves next, if it has one.
fn posts_at(campaign: &Campaign, now: Timestamp) -> Option<Timestamp> {
    let digest = campaign.notify.as_ref()?.digest?;
    digest.next_after(now, &campaign.time_zone())
}

/// Whether an alert is about a case of whoever gets it.
fn is_of_case(order: &MailOrder) -> bool {
    let alert = order.alert.as_ref();
    alert.is_some_and(|alert| alert.kind != AlertKind::Post && alert.case.is_some() && !alert.owner.is_empty())
}

#[cfg(test)]
mod tests;
