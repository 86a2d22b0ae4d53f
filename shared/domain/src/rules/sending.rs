//! What holds for all mail at once: whether any may leave, whether marketing may, and what a missing event of SES proves.
//!
//! It is kept in one small item beside the leads and read once a sweep. The rules are here; who may change it and when is
//! the business of `nurture` (canary, breaker), `feedback` (the canary's return) and the command line (hold, release).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::kit::limits;
use crate::kit::seconds;
use crate::rules::mailings::Approved;

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
    /// When the latest canary left.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "seconds::optional")]
    pub canary_sent: Option<Timestamp>,
    /// When the latest canary left whose event came back.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "seconds::optional")]
    pub canary_back: Option<Timestamp>,
    /// What SES grants, as last read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<Quota>,
    /// The mailings that were approved; see [`key`](crate::rules::mailings::key).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mailings: BTreeMap<String, Approved>,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Nothing leaves.
    Held,
    /// Mail leaves by these rules.
    Open(Terms),
}

/// By which rules mail leaves while the gate is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Whether everything waits but alerts to sales: SES pauses the account, whatever class its bounces were.
    pub paused: bool,
    /// What a missing event proves.
    pub evidence: Evidence,
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
        })
    }

    /// Whether this is a table restored from the one that was released: nothing of it may leave, for it tells of the past.
    pub fn is_restored(&self, table: &str) -> bool {
        self.home.as_deref().is_some_and(|home| home != table)
    }

    /// Whether the last canary is overdue: it left long enough ago and its event did not come.
    pub fn canary_missing(&self, now: Timestamp) -> bool {
        let waited = |sent: Timestamp| now.duration_since(sent) >= limits::CANARY_AGAIN;
        self.canary_sent
            .is_some_and(|sent| waited(sent) && self.canary_back.is_none_or(|back| back < sent))
    }

    /// Whether it is time for the next canary.
    pub fn canary_due(&self, now: Timestamp) -> bool {
        let Some(sent) = self.canary_sent else { return true };
        // A clock that was ahead must not silence it.
        let since = now.duration_since(sent).abs();
        since >= limits::CANARY_EVERY || self.canary_missing(now)
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
    pub fn release(&mut self, table: &str) {
        self.home = Some(table.to_owned());
        self.held = None;
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
mod tests {
    use super::*;
    use crate::samples::at;

    const NOW: &str = "2026-03-02T09:00:00Z";

    fn open(sending: &Sending) -> Terms {
        match sending.gate("t-1") {
            Gate::Open(terms) => terms,
            Gate::Held => panic!("held"),
        }
    }

    #[test]
    fn r21_a_table_that_is_not_the_one_it_was_written_for_starts_on_hold() {
        let mut sending = Sending::default();
        assert_eq!(sending.gate("t-1"), Gate::Held, "nobody released it yet");
        sending.release("t-1");
        assert!(!open(&sending).paused);
        assert_eq!(sending.gate("t-2"), Gate::Held, "a restored copy has another identity");
        sending.held = Some(Stop {
            at: at(NOW),
            reason: "stop".into(),
        });
        assert_eq!(sending.gate("t-1"), Gate::Held);
        sending.release("t-2");
        assert_ne!(sending.gate("t-2"), Gate::Held);
    }

    #[test]
    fn r48_the_breaker_opens_at_its_rates_and_not_before_500_mails() {
        #[track_caller]
        fn check(sent: u64, bounced: u64, complained: u64, verdict: Option<&str>) {
            assert_eq!(
                Tally {
                    sent,
                    bounced,
                    complained
                }
                .verdict(),
                verdict
            );
        }
        check(0, 0, 0, None);
        check(499, 400, 400, None);
        check(500, 0, 0, None);
        check(500, 19, 0, None); // 3.8 %
        check(500, 20, 0, Some("bounces")); // 4 %
        check(500, 0, 1, Some("complaints")); // 0.2 %
        check(1_250, 0, 1, Some("complaints")); // 0.08 %
        check(1_251, 0, 1, None);
        check(10_000, 399, 7, None);
        check(10_000, 400, 8, Some("complaints"));
    }

    #[test]
    fn r48_a_release_closes_the_breaker_and_counts_anew() {
        let mut sending = Sending::default();
        sending.release("t-1");
        assert_eq!(sending.period, 0);
        sending.breaker = Some(Stop {
            at: at(NOW),
            reason: "bounces".into(),
        });
        assert!(open(&sending).paused, "all waits but alerts");
        sending.release("t-1");
        assert!(!open(&sending).paused);
        assert_eq!(sending.period, 1);
    }

    #[test]
    fn r9_evidence_speaks_only_for_mails_well_before_it() {
        let claimed = at(NOW);
        assert!(!Evidence::None.covers(claimed));
        assert!(Evidence::Complete.covers(claimed));
        assert!(!Evidence::UpTo(claimed).covers(claimed));
        assert!(!Evidence::UpTo(claimed + limits::CLOCK_SKEW - jiff::SignedDuration::from_secs(1)).covers(claimed));
        assert!(Evidence::UpTo(claimed + limits::CLOCK_SKEW).covers(claimed));
    }

    #[test]
    fn r9_the_canary_flies_hourly_and_sooner_while_one_is_missing() {
        let mut sending = Sending::default();
        let sent = at(NOW);
        assert!(sending.canary_due(sent) && !sending.canary_missing(sent));
        sending.canary_sent = Some(sent);
        assert!(!sending.canary_due(sent + limits::CANARY_AGAIN - jiff::SignedDuration::from_secs(1)));
        assert!(sending.canary_due(sent + limits::CANARY_AGAIN) && sending.canary_missing(sent + limits::CANARY_AGAIN));
        sending.canary_back = Some(sent);
        assert!(!sending.canary_missing(sent + limits::CANARY_EVERY));
        assert!(!sending.canary_due(sent + limits::CANARY_AGAIN) && sending.canary_due(sent + limits::CANARY_EVERY));
        assert!(
            sending.canary_due(sent - limits::CANARY_EVERY),
            "a clock that was ahead does not silence it"
        );
    }

    #[test]
    fn a_hold_keeps_its_first_reason_until_it_is_released() {
        let mut sending = Sending::default();
        assert!(sending.is_stopped("t-1"));
        sending.release("t-1");
        assert!(!sending.is_stopped("t-1"));
        assert!(sending.hold(at(NOW), "wrong prices"));
        assert!(!sending.hold(at(NOW) + limits::CANARY_EVERY, "again"));
        assert_eq!(
            sending.held.as_ref().map(|held| (held.at, held.reason.as_str())),
            Some((at(NOW), "wrong prices"))
        );
        assert_eq!(sending.gate("t-1"), Gate::Held);
        sending.release("t-1");
        sending.breaker = Some(Stop {
            at: at(NOW),
            reason: "bounces".into(),
        });
        assert!(sending.is_stopped("t-1"), "a pause is released too");
    }

    #[test]
    fn r48_rates_are_those_of_what_was_sent() {
        let tally = Tally {
            sent: 1_000,
            bounced: 12,
            complained: 1,
        };
        assert_eq!(
            (tally.bounce_rate(), tally.complaint_rate()),
            (Some(0.012), Some(0.001))
        );
        assert_eq!(Tally::default().bounce_rate(), None);
    }

    #[test]
    fn r22_the_grant_of_a_closed_account_is_known() {
        let quota = |per_second, per_day| Quota { per_second, per_day };
        assert!(quota(1, Some(200)).is_sandbox());
        assert!(!quota(14, Some(50_000)).is_sandbox() && !quota(1, None).is_sandbox());
    }
}
