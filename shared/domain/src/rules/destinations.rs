//! How a destination is: open, paused until a moment or until a person resumes it, or off. One item for each, beside the
//! leads, so that one account's trouble is known to every delivery at once.

pub mod events;
pub mod notices;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::codes;
use crate::kit::ids::DestinationName;
use crate::kit::seconds;
use crate::kit::stored::is_zero;
use crate::lead::deliveries::{End, Outcome, Reason};

use notices::{Cause, Notice};

/// Failures for so long switch a webhook or a chat off (R112).
const OFF_AFTER: SignedDuration = SignedDuration::from_hours(5 * 24);
/// An access token is renewed so long before its end.
const RENEWED_BEFORE: SignedDuration = SignedDuration::from_mins(2);
/// How long one process may take to ask for a token before another may.
const RENEWAL: SignedDuration = SignedDuration::from_secs(40);

/// The state of one destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Which.
    #[serde(rename = "d")]
    pub destination: DestinationName,
    /// Rises by one with each write; every write is conditional on it.
    #[serde(rename = "v", default)]
    pub version: u64,
    /// Why it stands still, if it does.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
    /// Since when nothing has been taken, if the last try failed.
    #[serde(
        rename = "f",
        default,
        skip_serializing_if = "Option::is_none",
        with = "seconds::optional"
    )]
    pub failing_since: Option<Timestamp>,
    /// What people are told of it, newest last: what waits to be told, and what was.
    #[serde(rename = "n", default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
    /// How many there ever were.
    #[serde(rename = "c", default, skip_serializing_if = "is_zero")]
    pub noticed: u32,
}

/// The access token of one destination that all processes share, and who renews it. It is a secret: in an item apart from
/// the state, which people may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewal {
    /// Which.
    #[serde(rename = "d")]
    pub destination: DestinationName,
    /// Rises by one with each write; every write is conditional on it.
    #[serde(rename = "v", default)]
    pub version: u64,
    /// The token.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Access>,
    /// Until when somebody is asking for a new one.
    #[serde(
        rename = "r",
        default,
        skip_serializing_if = "Option::is_none",
        with = "seconds::optional"
    )]
    pub renewing_until: Option<Timestamp>,
}

/// Why a destination stands still.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// The cause.
    #[serde(rename = "r")]
    pub reason: Reason,
    /// Since when.
    #[serde(rename = "a", with = "seconds")]
    pub at: Timestamp,
    /// When it goes on by itself; absent: when a person resumes it.
    #[serde(
        rename = "u",
        default,
        skip_serializing_if = "Option::is_none",
        with = "seconds::optional"
    )]
    pub until: Option<Timestamp>,
}

/// An access token. Its `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// The token.
    #[serde(rename = "t")]
    pub text: String,
    /// Scheme and host of all calls.
    #[serde(rename = "b")]
    pub base: String,
    /// When it ends, where the CRM said so.
    #[serde(
        rename = "u",
        default,
        skip_serializing_if = "Option::is_none",
        with = "seconds::optional"
    )]
    pub until: Option<Timestamp>,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Access(hidden)")
    }
}

/// How a destination is, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum State {
    /// What is due goes.
    Active,
    /// Nothing goes for now.
    Paused,
    /// Switched off: by its own 410, or by five days of failures.
    Off,
}

codes!(State);

impl Health {
    /// One that nothing is known of.
    pub fn new(destination: DestinationName) -> Self {
        Self {
            destination,
            version: 0,
            stop: None,
            failing_since: None,
            notices: Vec::new(),
            noticed: 0,
        }
    }

    /// Why it stands still now.
    pub fn stopped(&self, now: Timestamp) -> Option<&Stop> {
        self.stop
            .as_ref()
            .filter(|stop| stop.until.is_none_or(|until| until > now))
    }

    /// How it is now.
    pub fn state(&self, now: Timestamp) -> State {
        match self.stopped(now).map(|stop| stop.reason) {
            None => State::Active,
            Some(reason) if reason.switches_off() => State::Off,
            Some(_) => State::Paused,
        }
    }

    /// Stops it, by hand or by an answer. A stop of a person's stays what it is.
    pub fn stop(&mut self, reason: Reason, until: Option<Timestamp>, now: Timestamp) -> bool {
        let by_hand = self.stop.as_ref().is_some_and(|stop| stop.reason == Reason::ByHand);
        let was = self.stopped(now).map(|stop| stop.reason);
        if by_hand && reason != Reason::ByHand {
            return false;
        }
        self.stop = Some(Stop { reason, at: now, until });
        was != Some(reason)
    }

    /// Lets it go on. Should it stop again, that is told anew.
    pub fn resume(&mut self) {
        (self.stop, self.failing_since) = (None, None);
        self.notices
            .retain(|notice| !matches!(notice.cause, Cause::Stopped { .. }));
    }

    /// Takes note of how a try ended; whether anything is to be stored, and whether a stop began.
    pub fn note(&mut self, outcome: &Outcome, is_crm: bool, now: Timestamp) -> (bool, Option<Reason>) {
        let before = self.clone();
        let mut began = None;
        match outcome.end {
            End::Delivered => {
                self.failing_since = None;
                // What paused it for a while is over, if something was taken since.
                if self
                    .stop
                    .as_ref()
                    .is_some_and(|stop| stop.until.is_some_and(|until| until <= now))
                {
                    self.stop = None;
                }
                if let Some(rest) = outcome.rest {
                    self.stop(Reason::Budget, Some(now + rest), now);
                }
            }
            End::Pause(reason, wait) => {
                began = self.stop(reason, wait.map(|wait| now + wait), now).then_some(reason);
            }
            End::Later(_) | End::Unknown if !is_crm => {
                let since = *self.failing_since.get_or_insert(now);
                if now.duration_since(since) >= OFF_AFTER && self.stop(Reason::Failing, None, now) {
                    began = Some(Reason::Failing);
                }
            }
            _ => {}
        }
        (*self != before, began)
    }
}

impl Renewal {
    /// One with no token yet.
    pub fn new(destination: DestinationName) -> Self {
        Self {
            destination,
            version: 0,
            access: None,
            renewing_until: None,
        }
    }

    /// The access token, while it is good.
    pub fn access(&self, now: Timestamp) -> Option<&Access> {
        let good = |access: &&Access| access.until.is_none_or(|until| until - RENEWED_BEFORE > now);
        self.access.as_ref().filter(good)
    }

    /// Begins to renew the access token, unless somebody is at it; whether it is ours to do.
    pub fn begin_renewal(&mut self, now: Timestamp) -> bool {
        let free = self.renewing_until.is_none_or(|until| until <= now);
        if free {
            self.renewing_until = Some(now + RENEWAL);
        }
        free
    }

    /// Takes a new access token.
    pub fn renewed(&mut self, access: Option<Access>) {
        self.access = access;
        self.renewing_until = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours)
    }

    fn health() -> Health {
        Health::new(DestinationName::new("crm"))
    }

    #[test]
    fn r112_a_webhook_is_off_after_five_days_of_failures_and_not_before() {
        let mut health = health();
        let failed = Outcome::of(End::Later(None));
        assert_eq!(health.note(&failed, false, at(0)), (true, None));
        assert_eq!(health.note(&failed, false, at(119)), (false, None));
        assert_eq!(health.state(at(119)), State::Active);
        assert_eq!(health.note(&failed, false, at(120)), (true, Some(Reason::Failing)));
        assert_eq!(health.state(at(10_000)), State::Off);
        health.resume();
        assert_eq!(health.state(at(121)), State::Active);
    }

    #[test]
    fn one_success_starts_the_five_days_anew() {
        let mut health = health();
        health.note(&Outcome::of(End::Unknown), false, at(0));
        health.note(&Outcome::of(End::Delivered), false, at(100));
        health.note(&Outcome::of(End::Later(None)), false, at(101));
        assert_eq!(
            health.note(&Outcome::of(End::Later(None)), false, at(130)),
            (false, None)
        );
        assert_eq!(health.state(at(130)), State::Active);
    }

    #[test]
    fn a_limit_passes_by_itself_and_a_key_does_not() {
        let mut health = health();
        let limited = Outcome::of(End::Pause(Reason::Limited, Some(SignedDuration::from_secs(10))));
        assert_eq!(health.note(&limited, true, at(0)), (true, Some(Reason::Limited)));
        assert_eq!(health.state(at(0)), State::Paused);
        assert_eq!(health.state(at(1)), State::Active);
        let revoked = Outcome::of(End::Pause(Reason::Unauthorized, None));
        assert_eq!(health.note(&revoked, true, at(1)), (true, Some(Reason::Unauthorized)));
        assert_eq!(health.note(&revoked, true, at(2)).1, None);
        assert_eq!(health.state(at(100_000)), State::Paused);
    }

    #[test]
    fn a_pause_by_hand_is_ended_by_hand() {
        let mut health = health();
        assert!(health.stop(Reason::ByHand, None, at(0)));
        let limited = Outcome::of(End::Pause(Reason::Limited, Some(SignedDuration::from_secs(10))));
        assert_eq!(health.note(&limited, true, at(1)).1, None);
        assert_eq!(health.stopped(at(2)).map(|stop| stop.reason), Some(Reason::ByHand));
    }

    #[test]
    fn one_renews_a_token_at_a_time_and_one_who_dies_is_followed() {
        let mut renewal = Renewal::new(DestinationName::new("crm"));
        assert!(renewal.begin_renewal(at(0)));
        assert!(!renewal.begin_renewal(at(0)));
        assert!(renewal.begin_renewal(at(1)));
        let until = Some(at(2));
        renewal.renewed(Some(Access {
            text: "t".into(),
            base: "https://a.example".into(),
            until,
        }));
        assert!(renewal.access(at(1)).is_some());
        assert!(renewal.access(at(2)).is_none());
    }
}
