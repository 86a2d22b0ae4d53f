//! What holds for all mail at once: whether any may leave, whether marketing may, and what a missing event of SES proves.
//!
//! It is kept in one small item beside the leads and read once a sweep. The rules are here; who may change it and when is
//! the business of `nurture` (canary, breaker), `feedback` (the canary's return) and the command line (hold, release).

mod refused;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::kit::limits;
use crate::kit::seconds;
use crate::rules::mailings::Approved;

pub use refused::{Change, Refused, Senders, Standstill};

/// The state of sending as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sending {
    /// Rises by one with each write; every write is conditional on it.
    #[serde(rename = "v")]
    pub version: u64,
    /// The table this state was written for. A table restored from a backup is another one, so it starts on hold (R21).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<String>,
    /// Set by a person: nothing leaves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Stop>,
    /// When and why it was last released, for whoever looks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<Stop>,
    /// Set by the breaker: nothing leaves but alerts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breaker: Option<Stop>,
    /// Rises when the breaker is closed again; the breaker counts anew from there.
    #[serde(default)]
    pub period: u32,
    /// The canary of each sender, by its address: one identity may be wrong where the others are right.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub canaries: BTreeMap<String, Canary>,
    /// When the latest canary left, of whichever sender.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "seconds::optional")]
    pub canary_sent: Option<Timestamp>,
    /// When the latest canary left whose event came back, of whichever sender.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "seconds::optional")]
    pub canary_back: Option<Timestamp>,
    /// What SES grants, as last read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<Quota>,
    /// The senders that SES refuses at present, by their address (R133).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refused: BTreeMap<String, Refused>,
    /// When email stood still, the latest last: deadlines are counted without it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stood: Vec<Standstill>,
    /// The mailings that were approved; see [`key`](crate::rules::mailings::key).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mailings: BTreeMap<String, Approved>,
}

/// The hourly test email of one sender.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canary {
    /// When the latest left.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "seconds::optional")]
    pub sent: Option<Timestamp>,
    /// When the latest left whose event came back.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "seconds::optional")]
    pub back: Option<Timestamp>,
}

impl Canary {
    /// Whether it is overdue.
    pub fn is_missing(&self, now: Timestamp) -> bool {
        let waited = |sent: Timestamp| now.duration_since(sent) >= limits::CANARY_AGAIN;
        self.sent
            .is_some_and(|sent| waited(sent) && self.back.is_none_or(|back| back < sent))
    }

    /// Whether it is time for the next.
    fn is_due(&self, now: Timestamp) -> bool {
        let Some(sent) = self.sent else { return true };
        // A clock that was ahead must not silence it.
        let since = now.duration_since(sent).abs();
        since >= limits::CANARY_EVERY || self.is_missing(now)
    }
}

/// Why something was stopped, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Since when.
    #[serde(with = "seconds")]
    pub at: Timestamp,
    /// Why: a code of ours, or the words of the person who stopped it.
    pub reason: String,
}

/// What SES lets an account send. Source: SES API 2010-12-01, `GetSendQuota`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Mails a second.
    pub per_second: u32,
    /// Mails in 24 hours; `None` is no limit.
    pub per_day: Option<u64>,
}

impl Quota {
    /// Whether this is the grant of an account that SES has not opened yet: mail to verified addresses only (R22).
    pub fn is_sandbox(self) -> bool {
        self.per_second <= 1 && self.per_day.is_some_and(|day| day <= 200)
    }
}

/// Whether and what may leave, as one sweep sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Nothing leaves.
    Held,
    /// Mail leaves by these rules.
    Open(Terms),
}

/// By which rules mail leaves while the gate is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Whether everything waits but alerts to sales: SES pauses the account, whatever class its bounces were.
    pub paused: bool,
    /// What a missing event proves.
    pub evidence: Evidence,
    /// From which addresses nothing leaves, and when email stood still.
    pub senders: Senders,
}

/// Up to when SES's events are known to arrive: a mail handed over before, without an event, was not accepted (R9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Nothing is known.
    None,
    /// The event of a canary came back that left at this moment.
    UpTo(Timestamp),
    /// Events cannot be lost: the local stand-in keeps what it accepted before it answers.
    Complete,
}

impl Evidence {
    /// Whether it speaks for a mail claimed at this moment, on whichever clock.
    pub fn covers(self, claimed_at: Timestamp) -> bool {
        match self {
            Self::None => false,
            Self::UpTo(moment) => moment >= claimed_at + limits::CLOCK_SKEW,
            Self::Complete => true,
        }
    }
}

impl Sending {
    /// What may leave from a table that has this identity.
    pub fn gate(&self, table: &str) -> Gate {
        if self.held.is_some() || self.home.as_deref() != Some(table) {
            return Gate::Held;
        }
        Gate::Open(Terms {
            paused: self.breaker.is_some(),
            evidence: self.canary_back.map_or(Evidence::None, Evidence::UpTo),
            senders: self.senders(),
        })
    }

    /// The mailings of which nothing leaves.
    fn paused_mailings(&self) -> impl Iterator<Item = String> {
        let paused = self.mailings.iter().filter(|(_, approved)| approved.paused);
        paused.map(|(key, _)| key.clone())
    }

    /// Whether this is a table restored from the one that was released: nothing of it may leave, for it tells of the past.
    pub fn is_restored(&self, table: &str) -> bool {
        self.home.as_deref().is_some_and(|home| home != table)
    }

    /// Whether a canary is overdue: it left long enough ago and its event did not come.
    pub fn canary_missing(&self, now: Timestamp) -> bool {
        self.canaries.values().any(|canary| canary.is_missing(now))
    }

    /// Takes the turn of the senders whose canary is due. From one that SES refuses it flies when an email may be tried, and is
    /// that email. Those of senders of old are forgotten.
    pub fn fly(&mut self, senders: &BTreeSet<String>, now: Timestamp) -> Vec<String> {
        self.canaries.retain(|from, _| senders.contains(from));
        let mut flying = Vec::new();
        for from in senders {
            let is_due = match self.refuses(from) {
                true => self.try_one(from, now),
                false => self.canaries.get(from).is_none_or(|canary| canary.is_due(now)),
            };
            if is_due {
                self.canaries.entry(from.clone()).or_default().sent = Some(now);
                self.canary_sent = Some(now);
                flying.push(from.clone());
            }
        }
        flying
    }

    /// The event of a canary came back that left at this moment; says whether that is news. Where the event names no sender
    /// that is known, it speaks for those that left then.
    pub fn canary_is_back(&mut self, from: &str, sent_at: Timestamp) -> bool {
        let newer = |back: &mut Option<Timestamp>| {
            let newer = back.is_none_or(|back| back < sent_at);
            if newer {
                *back = Some(sent_at);
            }
            newer
        };
        let is_known = self.canaries.contains_key(from);
        let theirs = self.canaries.iter_mut().filter(|(sender, canary)| match is_known {
            true => *sender == from,
            false => canary.sent == Some(sent_at),
        });
        let of_theirs = theirs
            .map(|(_, canary)| newer(&mut canary.back))
            .filter(|is_new| *is_new)
            .count();
        newer(&mut self.canary_back) || of_theirs > 0
    }

    /// Stops all mail. One hold is as good as two: the first one's moment and reason stay. Returns whether it is new.
    pub fn hold(&mut self, now: Timestamp, reason: &str) -> bool {
        let new = self.held.is_none();
        self.held.get_or_insert_with(|| Stop {
            at: now,
            reason: reason.to_owned(),
        });
        new
    }

    /// Whether there is anything to release.
    pub fn is_stopped(&self, table: &str) -> bool {
        self.gate(table) == Gate::Held || self.breaker.is_some()
    }

    /// Opens the gate of this table: what a person releases after a hold, a restore or a pause of the breaker.
    pub fn release(&mut self, table: &str, now: Timestamp) {
        self.home = Some(table.to_owned());
        if let Some(held) = self.held.take() {
            self.stood_still(None, held.at, now);
        }
        if self.breaker.take().is_some() {
            self.period += 1;
        }
    }
}

/// Mails of some days, of every class, and what came of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Mails that SES accepted.
    pub sent: u64,
    /// Mails that bounced for good.
    pub bounced: u64,
    /// Mails that were complained about.
    pub complained: u64,
}

impl Tally {
    /// Bounces among what was sent; `None` of nothing.
    pub fn bounce_rate(self) -> Option<f64> {
        self.rate(self.bounced)
    }

    /// Complaints among what was sent; `None` of nothing.
    pub fn complaint_rate(self) -> Option<f64> {
        self.rate(self.complained)
    }

    fn rate(self, part: u64) -> Option<f64> {
        (self.sent > 0).then(|| part as f64 / self.sent as f64)
    }

    /// Why sending must pause, before SES pauses the account (R48).
    pub fn verdict(self) -> Option<&'static str> {
        let reaches = |part: u64, per_10_000: u64| part * 10_000 >= self.sent * per_10_000;
        if self.sent < limits::BREAKER_SENDS_MIN {
            None
        } else if reaches(self.complained, limits::BREAKER_COMPLAINTS) {
            Some("complaints")
        } else if reaches(self.bounced, limits::BREAKER_BOUNCES) {
            Some("bounces")
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests;
