//! SES refuses the house: what is due from that sender stays due until one email leaves again (R133).
//!
//! Each sender is refused by itself, for one identity may be wrong where the others are right. They all try again at the
//! same moments, so that whatever heals opens for everybody at once.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Sending;
use crate::campaign::mailing;
use crate::kit::ids::CampaignId;
use crate::kit::limits;
use crate::kit::seconds;
use crate::kit::vocabulary::HouseRefusal;
use crate::lead::ledger::Party;
use crate::rules::mailings;

/// A sender that SES refuses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Why.
    pub kind: HouseRefusal,
    /// Whom it named.
    pub party: Party,
    /// Since when.
    #[serde(with = "seconds")]
    pub since: Timestamp,
    /// When an email is tried again.
    #[serde(with = "seconds")]
    pub again: Timestamp,
    /// Since when one is being tried.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "seconds::optional")]
    trial: Option<Timestamp>,
    /// Whether nobody else's email left meanwhile.
    #[serde(default)]
    pub alone: bool,
}

impl Refused {
    /// Until when its emails wait; `None` when one may be tried. Those of other recipients do not wait.
    pub fn waits_until(&self, now: Timestamp) -> Option<Timestamp> {
        Some(self.opens()).filter(|at| self.party == Party::Sender && *at > now)
    }

    /// When one may be tried again. Whoever tries has until the end of its lease to say what came of it.
    fn opens(&self) -> Timestamp {
        let tried = self.trial.map(|trial| trial + limits::LEASE);
        tried.into_iter().fold(self.again, Timestamp::max)
    }
}

/// A time at which nothing left, from one sender or from all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standstill {
    /// From when.
    #[serde(with = "seconds")]
    from: Timestamp,
    /// Until when; `None` while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "seconds::optional")]
    to: Option<Timestamp>,
    /// From which address; `None` from every.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sender: Option<String>,
}

/// What emails go by, beside the breaker: of each sender, and of each mailing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Senders {
    /// From which addresses nothing leaves, and until when it is tried again.
    refused: Vec<(String, Timestamp)>,
    /// When email stood still.
    stood: Vec<Standstill>,
    /// The mailings of which nothing leaves.
    paused: BTreeSet<String>,
}

impl Senders {
    /// None is refused, and nothing ever stood still.
    pub const WELL: Self = Self {
        refused: Vec::new(),
        stood: Vec::new(),
        paused: BTreeSet::new(),
    };

    /// Whether a sequence is a mailing that somebody paused.
    pub fn has_paused(&self, campaign: &CampaignId, sequence: &str) -> bool {
        let name = mailing::named_by(sequence).filter(|_| !self.paused.is_empty());
        name.is_some_and(|name| self.paused.contains(&mailings::key(campaign, name)))
    }

    /// Until when emails from this address wait; `None` when they may leave.
    pub fn waits_until(&self, from: &str, now: Timestamp) -> Option<Timestamp> {
        let held = self.refused.iter().find(|(refused, _)| refused == from);
        held.map(|(_, until)| *until).filter(|until| *until > now)
    }

    /// The next moment at which one of those that wait is tried.
    pub fn next_trial(&self, now: Timestamp) -> Option<Timestamp> {
        self.refused.iter().map(|(_, at)| *at).filter(|at| *at > now).min()
    }

    /// For how long nothing left from this address between two moments.
    pub fn stood_still(&self, from: &str, since: Timestamp, now: Timestamp) -> SignedDuration {
        let theirs = |still: &&Standstill| still.sender.as_deref().is_none_or(|sender| sender == from);
        let mut spans: Vec<_> = self
            .stood
            .iter()
            .filter(theirs)
            .map(|still| (still.from.max(since), still.to.unwrap_or(now).min(now)))
            .collect();
        spans.sort();
        let (mut sum, mut counted) = (SignedDuration::ZERO, since);
        for (from, to) in spans {
            let from = from.max(counted);
            if to > from {
                sum += to.duration_since(from);
                counted = to;
            }
        }
        sum
    }
}

/// What a change is to be told of, once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Whether the state is another one.
    pub changed: bool,
    /// SES begins to refuse for this reason: nobody was refused for it before.
    pub begins: Option<HouseRefusal>,
    /// SES refuses nobody any more for this reason.
    pub ends: Option<HouseRefusal>,
}

impl Sending {
    /// What emails of each sender go by.
    pub fn senders(&self) -> Senders {
        let refused = self
            .refused
            .iter()
            .filter(|(_, refused)| refused.party == Party::Sender);
        let refused: Vec<_> = refused.map(|(from, refused)| (from.clone(), refused.opens())).collect();
        let under_way = self.refused.iter().map(|(from, refused)| Standstill {
            from: refused.since,
            to: None,
            sender: Some(from.clone()),
        });
        Senders {
            stood: self.stood.iter().cloned().chain(under_way).collect(),
            refused,
            paused: self.paused_mailings().collect(),
        }
    }

    /// SES refused an email from this address.
    pub fn refuse(&mut self, from: &str, kind: HouseRefusal, party: Party, now: Timestamp) -> Change {
        let is_new = !self.refused.values().any(|known| known.kind == kind);
        let clock = self
            .refused
            .values()
            .map(|known| known.again)
            .filter(|at| *at > now)
            .min();
        let again = clock.unwrap_or(now + limits::REFUSED_AGAIN);
        let known = self.refused.get(from);
        let was = known.map(|known| known.kind);
        let refused = Refused {
            kind,
            party,
            since: known.map_or(now, |known| known.since),
            again,
            trial: None,
            alone: known.is_none_or(|known| known.alone),
        };
        let mut changed = known != Some(&refused);
        self.refused.insert(from.to_owned(), refused);
        // What was refused never left, so nothing of it can be missing.
        if let Some(canary) = self.canaries.get_mut(from) {
            changed |= canary.sent != canary.back;
            canary.sent = canary.back;
        }
        Change {
            changed,
            begins: is_new.then_some(kind),
            ends: was.filter(|was| !self.refused.values().any(|known| known.kind == *was)),
        }
    }

    /// Whether SES refuses this address, and not some recipients alone.
    pub fn refuses(&self, from: &str) -> bool {
        let refused = self.refused.get(from);
        refused.is_some_and(|refused| refused.party == Party::Sender)
    }

    /// SES took the canary of this address: it may send. That says nothing of recipients, for the simulator takes every one.
    pub fn accept_canary(&mut self, from: &str, now: Timestamp) -> Change {
        match self.refused.get(from) {
            Some(refused) if refused.party == Party::Recipient => Change::default(),
            _ => self.accept(from, now),
        }
    }

    /// SES took an email from this address. Where it refused recipients alone, that proves nothing before those had their
    /// next turn.
    pub fn accept(&mut self, from: &str, now: Timestamp) -> Change {
        let mut change = Change::default();
        for (_, other) in self.refused.iter_mut().filter(|(other, _)| *other != from) {
            change.changed |= std::mem::replace(&mut other.alone, false);
        }
        let proves = |known: &Refused| known.party == Party::Sender || now >= known.again;
        let Some(ended) = self.refused.get(from).filter(|known| proves(known)).cloned() else {
            return change;
        };
        self.refused.remove(from);
        self.stood_still(Some(from), ended.since, now);
        let stands = self.refused.values().any(|known| known.kind == ended.kind);
        Change {
            changed: true,
            begins: None,
            ends: Some(ended.kind).filter(|_| !stands),
        }
    }

    /// Whether an acceptance from this address says anything new.
    pub fn learns_from(&self, from: &str) -> bool {
        let others = self.refused.iter().any(|(other, known)| other != from && known.alone);
        others || self.refused.contains_key(from)
    }

    /// Takes the turn to try an email from a refused address; false where it is not time, or somebody else's.
    pub fn try_one(&mut self, from: &str, now: Timestamp) -> bool {
        let Some(refused) = self.refused.get_mut(from) else {
            return false;
        };
        let free = refused.waits_until(now).is_none();
        if free {
            refused.trial = Some(now);
        }
        free
    }

    /// Notes that nothing left for a time.
    pub(super) fn stood_still(&mut self, sender: Option<&str>, from: Timestamp, to: Timestamp) {
        self.stood.push(Standstill {
            from,
            to: Some(to),
            sender: sender.map(str::to_owned),
        });
        let is_of_use = |still: &Standstill| {
            still
                .to
                .is_none_or(|end| to.duration_since(end) < limits::STANDSTILL_KEPT)
        };
        self.stood.retain(is_of_use);
        let old = self.stood.len().saturating_sub(limits::STANDSTILLS_MAX);
        self.stood.drain(..old);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::at;

    const A: &str = "guide@example.com";
    const B: &str = "devis@example.com";
    const NO: HouseRefusal = HouseRefusal::NotVerified;

    fn now() -> Timestamp {
        at("2026-03-02T09:00:00Z")
    }

    fn mins(n: i64) -> SignedDuration {
        SignedDuration::from_mins(n)
    }

    #[test]
    fn r133_a_refused_sender_waits_and_the_others_do_not() {
        let mut sending = Sending::default();
        let first = sending.refuse(A, NO, Party::Sender, now());
        assert_eq!((first.changed, first.begins), (true, Some(NO)));
        let senders = sending.senders();
        assert_eq!(senders.waits_until(A, now()), Some(now() + limits::REFUSED_AGAIN));
        assert_eq!(senders.waits_until(B, now()), None);
        assert_eq!(
            senders.waits_until(A, now() + limits::REFUSED_AGAIN),
            None,
            "one may be tried"
        );
        let again = sending.refuse(A, NO, Party::Sender, now());
        assert_eq!(again, Change::default(), "told once");
        let other = sending.refuse(B, NO, Party::Sender, now() + mins(30));
        assert_eq!(other.begins, None, "the same cause is told once");
        assert_eq!(
            sending.refused[B].again, sending.refused[A].again,
            "all try at the same moment"
        );
    }

    #[test]
    fn r133_one_email_is_tried_and_the_first_that_leaves_opens_the_rest() {
        let mut sending = Sending::default();
        sending.refuse(A, NO, Party::Sender, now());
        assert!(!sending.try_one(A, now() + mins(54)));
        let turn = now() + limits::REFUSED_AGAIN;
        assert!(sending.try_one(A, turn));
        assert!(!sending.try_one(A, turn), "one alone");
        assert!(sending.try_one(A, turn + limits::LEASE), "whoever tried died");
        let refused = sending.refuse(A, NO, Party::Sender, turn);
        assert_eq!((refused.changed, refused.begins), (true, None), "told once");
        let senders = sending.senders();
        assert_eq!(senders.waits_until(A, turn), Some(turn + limits::REFUSED_AGAIN));
        let taken = sending.accept(A, turn + mins(55));
        assert_eq!((taken.changed, taken.ends), (true, Some(NO)));
        assert_eq!(sending.senders().waits_until(A, turn), None);
        assert_eq!(sending.accept(A, turn + mins(55)), Change::default());
    }

    #[test]
    fn r133_it_ends_for_a_reason_once_it_refuses_nobody_for_it() {
        let mut sending = Sending::default();
        sending.refuse(A, NO, Party::Sender, now());
        sending.refuse(B, NO, Party::Sender, now());
        assert_eq!(sending.accept(A, now()).ends, None);
        assert_eq!(sending.accept(B, now()).ends, Some(NO));
        sending.refuse(A, NO, Party::Sender, now());
        let other = sending.refuse(A, HouseRefusal::AccessDenied, Party::Sender, now() + mins(55));
        assert_eq!((other.begins, other.ends), (Some(HouseRefusal::AccessDenied), Some(NO)));
        assert_eq!(sending.refused[A].since, now(), "since the first");
    }

    #[test]
    fn r133_in_the_sandbox_a_recipient_waits_alone() {
        let mut sending = Sending::default();
        sending.refuse(A, NO, Party::Recipient, now());
        assert_eq!(sending.senders().waits_until(A, now()), None, "others may leave");
        assert_eq!(sending.accept(A, now() + mins(10)).ends, None, "which proves nothing");
        let canary = sending.accept_canary(A, now() + mins(55));
        assert_eq!(canary, Change::default(), "nor does what the simulator takes");
        assert_eq!(sending.accept(A, now() + mins(55)).ends, Some(NO));
    }

    #[test]
    fn r133_what_left_from_elsewhere_narrows_it() {
        let mut sending = Sending::default();
        sending.refuse(A, HouseRefusal::AccountPaused, Party::Sender, now());
        assert!(sending.refused[A].alone && sending.learns_from(B));
        assert!(sending.accept(B, now()).changed);
        assert!(!sending.refused[A].alone && !sending.learns_from(B));
        assert!(!sending.accept(B, now()).changed);
    }

    #[test]
    fn r133_time_that_stood_still_is_counted_once_and_for_its_sender() {
        let mut sending = Sending::default();
        sending.hold(now() + mins(10), "wait");
        sending.release("t-1", now() + mins(30));
        sending.refuse(A, NO, Party::Sender, now() + mins(20));
        let senders = sending.senders();
        let stood = |from: &str, since: i64, until: i64| {
            let stood = senders.stood_still(from, now() + mins(since), now() + mins(until));
            stood.as_mins()
        };
        assert_eq!((stood(A, 0, 60), stood(B, 0, 60)), (50, 20));
        assert_eq!((stood(A, 15, 60), stood(B, 15, 25)), (45, 10));
        assert_eq!(stood(B, 30, 60), 0);
        sending.accept(A, now() + mins(40));
        let senders = sending.senders();
        assert_eq!(senders.stood_still(A, now(), now() + mins(60)).as_mins(), 30);
        let json = serde_json::to_string(&sending).expect("json");
        assert_eq!(serde_json::from_str::<Sending>(&json).expect("read"), sending);
        for times in 0..100 {
            sending.stood_still(None, now(), now() + mins(times));
        }
        assert_eq!(sending.stood.len(), limits::STANDSTILLS_MAX);
        sending.stood_still(None, now(), now() + limits::STANDSTILL_KEPT * 2);
        assert_eq!(sending.stood.len(), 1);
    }
}
