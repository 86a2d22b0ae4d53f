//! The ledger: every email that ever became due, how far it got, and how it ended.
//!
//! A lead's ledger lies in parts: one with each enrolment for the emails to the person, one with each case for the alerts
//! to sales. Entries and verbs are the same in all of them. The state of an entry is private and changes by six verbs
//! alone: it is claimed, its try is settled, its claim is given back or expires, it is skipped, or it learns SES's word.

use std::ops::Deref;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::codes;
use crate::kit::ids::{ClaimToken, SendId};
use crate::kit::limits;
use crate::kit::stored::is_zero;
use crate::kit::vocabulary::{Class, HouseRefusal};

/// One part of a lead's ledger, oldest entry first. It is read as a slice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ledger(Vec<LedgerEntry>);

/// An email that is due, as the ledger names it.
#[derive(Clone, Debug)]
pub struct DueMail {
    /// Derived from lead, campaign, sequence, step and epoch.
    pub id: SendId,
    /// The step of the sequence.
    pub step: String,
    /// The rules it obeys.
    pub class: Class,
}

/// One email.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Derived from lead, campaign, sequence, step and epoch.
    #[serde(rename = "i")]
    pub id: SendId,
    /// The step of the sequence.
    #[serde(rename = "s")]
    pub step: String,
    /// The rules it obeys.
    #[serde(rename = "c")]
    pub class: Class,
    #[serde(flatten)]
    state: EntryState,
    #[serde(rename = "a", with = "crate::kit::seconds")]
    at: Timestamp,
    #[serde(rename = "n")]
    attempts: u8,
    #[serde(rename = "f", default, skip_serializing_if = "is_zero")]
    refused: u8,
}

/// The state of an email. The last four are final; only SES's own word about an email that was handed to it outweighs them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum EntryState {
    /// Somebody is sending it, or died doing so.
    Claimed {
        /// Whose claim it is.
        #[serde(rename = "k")]
        token: ClaimToken,
        /// Nobody else touches it before.
        #[serde(rename = "l", with = "crate::kit::seconds")]
        lease_until: Timestamp,
        /// SES's event may still tell what became of it before.
        #[serde(rename = "u", with = "crate::kit::seconds")]
        settle_at: Timestamp,
    },
    /// SES refused it for now; it is tried again.
    Waiting {
        /// Not before.
        #[serde(rename = "u", with = "crate::kit::seconds")]
        until: Timestamp,
    },
    /// SES accepted it.
    Sent {
        /// The id SES gave it.
        #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
        message_id: Option<String>,
        /// The id of a second copy, should SES ever have accepted two (R9): the price of another try on wrong evidence.
        #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
        copy: Option<String>,
    },
    /// It became due and was not sent, on purpose.
    Skipped {
        /// Why: `late` or an exit.
        #[serde(rename = "r")]
        reason: String,
    },
    /// SES, or our own composition, refused it for good.
    Failed {
        /// A code, never a message with an address in it.
        #[serde(rename = "r")]
        reason: String,
    },
    /// Nobody knows whether it arrived, and another try would risk a second copy.
    Unknown,
}

impl EntryState {
    /// The reason of an email that SES took and then refused.
    pub const REJECTED: &str = "reject";
    /// The reason of an alert that did not leave by itself: a digest tells of it.
    pub const JOINED: &str = "digest";
    /// The reason of an email for which its mailbox had no room.
    pub const MAILBOX_FULL: &str = "mailbox_full";

    /// Accepted under this id.
    pub fn sent(message_id: impl Into<String>) -> Self {
        Self::Sent {
            message_id: Some(message_id.into()),
            copy: None,
        }
    }

    /// Takes another acceptance of the same email. The lesser id comes first, so that the order of events does not matter.
    fn add_acceptance(&mut self, id: &str) {
        let Self::Sent { message_id, copy } = self else {
            *self = Self::sent(id);
            return;
        };
        match message_id {
            None => *message_id = Some(id.to_owned()),
            Some(known) if known == id => {}
            Some(known) if copy.is_none() => {
                let other = std::mem::replace(known, id.to_owned().min(known.clone()));
                *copy = Some(other.max(id.to_owned()));
            }
            Some(_) => {} // a third cannot be: at most two tries stay without an answer
        }
    }
}

impl Ledger {
    /// Claims an email for one try, and returns its id. The one way from due to sent.
    pub(crate) fn claim(&mut self, mail: DueMail, token: &ClaimToken, now: Timestamp) -> SendId {
        let settle = match mail.class {
            Class::Nurture => limits::SETTLE_NURTURE,
            Class::Service | Class::Alert => limits::SETTLE_SERVICE,
        };
        let state = EntryState::Claimed {
            token: token.clone(),
            lease_until: now + limits::LEASE,
            settle_at: now + settle,
        };
        let entry = self.enter(mail, state, now);
        entry.attempts = entry.attempts.saturating_add(1);
        entry.id.clone()
    }

    /// Skips an email that became due.
    pub(crate) fn skip(&mut self, mail: DueMail, reason: &str, now: Timestamp) {
        let reason = reason.into();
        self.enter(mail, EntryState::Skipped { reason }, now);
    }

    /// Skips what waits for another try, where it is one of these.
    pub(crate) fn skip_waiting(&mut self, reason: &str, now: Timestamp, these: impl Fn(&LedgerEntry) -> bool) {
        for entry in self.0.iter_mut().filter(|entry| entry.waits_until().is_some()) {
            if these(entry) {
                let reason = reason.into();
                entry.turn(EntryState::Skipped { reason }, now);
            }
        }
    }

    /// Takes up again what SES refused for good, and never took, with a code that is the house's or may be (R133).
    pub(crate) fn take_up(&mut self, now: Timestamp) -> usize {
        let is_refused = |entry: &&mut LedgerEntry| {
            let code = match &entry.state {
                EntryState::Failed { reason } => reason.as_str(),
                _ => "",
            };
            HouseRefusal::FORMER_CODES.contains(&code) && entry.unanswered() == 0
        };
        let refused = self.0.iter_mut().filter(is_refused);
        refused
            .map(|entry| entry.turn(EntryState::Waiting { until: now }, now))
            .count()
    }

    /// Enters an email of which SES reports and the ledger knows nothing, because the table was restored from a backup.
    pub(crate) fn recover(&mut self, mail: DueMail, feedback: &Feedback, now: Timestamp) {
        let entry = self.enter(mail, EntryState::Waiting { until: now }, feedback.sent_at.min(now));
        entry.attempts = 1;
    }

    /// The entry that is claimed, if one is.
    pub(crate) fn claimed_mut(&mut self) -> Option<&mut LedgerEntry> {
        self.0.iter_mut().find(|entry| entry.is_claimed())
    }

    /// An entry, to settle it or to learn of it.
    pub(crate) fn entry_mut(&mut self, id: &SendId) -> Option<&mut LedgerEntry> {
        self.0.iter_mut().find(|entry| &entry.id == id)
    }

    /// Counts what is claimed as sent: for plans alone, which look at a copy of the lead.
    pub(crate) fn assume_sent(&mut self) {
        for entry in self.0.iter_mut().filter(|entry| entry.is_claimed()) {
            entry.state = EntryState::Sent {
                message_id: None,
                copy: None,
            };
        }
    }

    /// Leaves out entries: for plans alone, which look at a copy of the lead.
    pub(crate) fn retain(&mut self, kept: impl Fn(&LedgerEntry) -> bool) {
        self.0.retain(kept);
    }

    /// Plans an email at a moment: it waits there until then.
    pub(crate) fn plan(&mut self, mail: DueMail, until: Timestamp, now: Timestamp) {
        self.enter(mail, EntryState::Waiting { until }, now);
    }

    /// Lets go of what came to its end longest ago, and keeps this many.
    pub(crate) fn forget_all_but(&mut self, kept: usize) {
        while self.0.len() > kept
            && let Some(at) = self.0.iter().position(LedgerEntry::is_final)
        {
            self.0.remove(at);
        }
    }

    /// Whether nothing became due yet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entry of a step.
    pub fn of_step(&self, step: &str) -> Option<&LedgerEntry> {
        self.0.iter().find(|entry| entry.step == step)
    }

    /// The entry of the step in this state: the one that waits there, else a new one.
    fn enter(&mut self, mail: DueMail, state: EntryState, at: Timestamp) -> &mut LedgerEntry {
        let DueMail { id, step, class } = mail;
        let known = self.0.iter().position(|entry| entry.step == step);
        let place = known.unwrap_or(self.0.len());
        if known.is_some() {
            self.0[place].turn(state, at);
        } else {
            self.0.push(LedgerEntry {
                id,
                step,
                class,
                state,
                at,
                attempts: 0,
                refused: 0,
            });
        }
        &mut self.0[place]
    }
}

impl Deref for Ledger {
    type Target = [LedgerEntry];

    fn deref(&self) -> &[LedgerEntry] {
        &self.0
    }
}

impl<'a> IntoIterator for &'a Ledger {
    type Item = &'a LedgerEntry;
    type IntoIter = std::slice::Iter<'a, LedgerEntry>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl LedgerEntry {
    fn turn(&mut self, state: EntryState, at: Timestamp) {
        self.state = state;
        self.at = at;
    }

    /// Records what a try came to, if the claim is still the caller's. Anything unknown leaves the claim as it is.
    pub(crate) fn settle(&mut self, token: &ClaimToken, outcome: &Outcome, now: Timestamp) {
        let holder = match &self.state {
            EntryState::Claimed { token, .. } => Some(token),
            _ => None,
        };
        let is_ours = holder == Some(token);
        let is_free = holder.is_none();
        match outcome {
            // SES's word. An event may have been quicker; then it is compared with what is known. A live claim of somebody
            // else is left to them.
            Outcome::Accepted { message_id } if is_ours || is_free => self.accept(message_id, now),
            _ if !is_ours => {}
            // Stays claimed; the alarm moves to the moment it may be settled.
            Outcome::Accepted { .. } | Outcome::Ambiguous => {}
            Outcome::Postponed => {
                self.attempts = self.attempts.saturating_sub(1);
                self.back_off(1, now);
            }
            Outcome::HouseRefused { until, .. } => self.give_back(until.unwrap_or(now), now),
            Outcome::Joined { .. } => {
                self.attempts = self.attempts.saturating_sub(1);
                let reason = EntryState::JOINED.into();
                self.turn(EntryState::Skipped { reason }, now);
            }
            Outcome::Limited { until } => {
                self.attempts = self.attempts.saturating_sub(1);
                let state = match until {
                    Some(until) => EntryState::Waiting {
                        until: (*until).max(now) + back_off_spread(&self.id),
                    },
                    None => EntryState::Skipped {
                        reason: EntryState::MAILBOX_FULL.into(),
                    },
                };
                self.turn(state, now);
            }
            Outcome::RefusedForNow { .. } if self.refused + 1 < limits::REFUSED_ATTEMPTS_MAX => {
                self.refused += 1;
                self.back_off(self.refused, now);
            }
            Outcome::RefusedForNow { code } | Outcome::Refused { code } => {
                self.refused = self.refused.saturating_add(1);
                let reason = code.clone();
                self.turn(EntryState::Failed { reason }, now);
            }
        }
    }

    /// Gives the claim back: the email is due from that moment, as if it had not been tried (R133).
    fn give_back(&mut self, until: Timestamp, now: Timestamp) {
        self.attempts = self.attempts.saturating_sub(1);
        self.turn(EntryState::Waiting { until }, now);
    }

    /// Waits longer with each refusal, and not as long as others that were refused at the same time (R22).
    fn back_off(&mut self, refusals: u8, now: Timestamp) {
        let doublings = u32::from(refusals.saturating_sub(1)).min(16);
        let wait = limits::BACK_OFF_FIRST * 2_i32.pow(doublings) + back_off_spread(&self.id);
        self.turn(EntryState::Waiting { until: now + wait }, now);
    }

    /// Ends a claim of which nothing was heard in time; says whether it is over.
    ///
    /// The email goes once more if it may and SES surely did not accept it. While that is not known the claim is kept;
    /// after a day nobody will ever know, and it counts as unknown.
    pub(crate) fn expire(&mut self, may_retry: bool, not_accepted: bool, now: Timestamp) -> bool {
        let claimed_at = self.at;
        let again = may_retry && self.unanswered() < limits::AMBIGUOUS_ATTEMPTS_MAX;
        let EntryState::Claimed { settle_at, .. } = &mut self.state else {
            return true;
        };
        if now < *settle_at {
            return false;
        }
        if again && !not_accepted && now < claimed_at + limits::HOLD_MAX {
            *settle_at = now + limits::HOLD_STEP;
            return false;
        }
        let end = match again && not_accepted {
            true => EntryState::Waiting { until: now },
            false => EntryState::Unknown,
        };
        self.turn(end, now);
        true
    }

    /// Takes SES's word, which outweighs our own record, and a rejection outweighs the acceptance before it: events
    /// come in any order (R24). An email that never was handed to SES stays as it is.
    pub(crate) fn learn(&mut self, feedback: &Feedback, now: Timestamp) {
        let handed_over = !self.is_final() || self.attempts > 0;
        if self.is_rejected() || !handed_over {
            return;
        }
        let was_sent = matches!(self.state, EntryState::Sent { .. });
        if feedback.kind == FeedbackKind::Reject {
            let reason = EntryState::REJECTED.into();
            self.turn(EntryState::Failed { reason }, now);
            return;
        }
        self.state.add_acceptance(&feedback.message_id);
        if !was_sent {
            // When SES took it, as it says itself: what the gap to the next email is counted from.
            self.at = feedback.sent_at.min(now);
        }
    }

    /// Takes the answer to one try. What SES rejected after that stays rejected, whichever comes first.
    fn accept(&mut self, message_id: &str, now: Timestamp) {
        if self.is_rejected() {
            return;
        }
        if !matches!(self.state, EntryState::Sent { .. }) {
            self.at = now;
        }
        self.state.add_acceptance(message_id);
    }

    /// Whether this says nothing new: that SES took what we know it took, or brought it where it was going.
    pub(crate) fn knows(&self, feedback: &Feedback) -> bool {
        let EntryState::Sent { message_id, copy } = &self.state else {
            return false;
        };
        let is_known = [message_id, copy]
            .into_iter()
            .any(|id| id.as_ref() == Some(&feedback.message_id));
        let says_no_more = matches!(
            feedback.kind,
            FeedbackKind::Send | FeedbackKind::Delivery | FeedbackKind::UnderWay
        );
        is_known && says_no_more
    }

    /// Its state.
    pub fn state(&self) -> &EntryState {
        &self.state
    }

    /// When it came into this state.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// How often it was handed to SES, or may have been.
    pub fn attempts(&self) -> u8 {
        self.attempts
    }

    /// Tries that arrived or may have: all but those that SES refused for certain.
    pub fn unanswered(&self) -> u8 {
        self.attempts.saturating_sub(self.refused)
    }

    /// Whether somebody is sending it, or died doing so.
    pub fn is_claimed(&self) -> bool {
        matches!(self.state, EntryState::Claimed { .. })
    }

    /// Until when it waits for another try, if it does.
    pub fn waits_until(&self) -> Option<Timestamp> {
        match self.state {
            EntryState::Waiting { until } => Some(until),
            _ => None,
        }
    }

    /// Whether SES took it and then did not send it.
    fn is_rejected(&self) -> bool {
        matches!(&self.state, EntryState::Failed { reason } if reason == EntryState::REJECTED)
    }

    /// Whether it is in somebody's mailbox, for all anybody knows.
    pub fn may_have_arrived(&self) -> bool {
        self.unanswered() > 0 && !self.is_rejected()
    }

    /// Whether nothing more can happen to it.
    pub fn is_final(&self) -> bool {
        !self.is_claimed() && self.waits_until().is_none()
    }

    /// Whether nobody will ever know what became of it.
    pub fn is_unknown(&self) -> bool {
        self.state == EntryState::Unknown
    }

    /// Whether SES accepted it twice.
    pub fn is_duplicate(&self) -> bool {
        matches!(&self.state, EntryState::Sent { copy: Some(_), .. })
    }

    /// `claimed`, `waiting`, `sent`, `skipped(reason)`, `failed(reason)` or `unknown`.
    pub fn state_code(&self) -> String {
        match &self.state {
            EntryState::Claimed { .. } => "claimed".into(),
            EntryState::Waiting { .. } => "waiting".into(),
            EntryState::Sent { .. } => "sent".into(),
            EntryState::Skipped { reason } => format!("skipped({reason})"),
            EntryState::Failed { reason } => format!("failed({reason})"),
            EntryState::Unknown => "unknown".into(),
        }
    }
}

/// What an email waits beyond its back-off, so that those refused together do not come back together (R22).
pub(crate) fn back_off_spread(id: &SendId) -> SignedDuration {
    let sum: u64 = id.as_str().bytes().map(u64::from).sum();
    SignedDuration::from_secs((sum % limits::BACK_OFF_SPREAD).cast_signed())
}

/// What handing an email to SES came to. Whatever is not known is [`Outcome::Ambiguous`] (R7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// SES gave it an id.
    Accepted {
        /// That id.
        message_id: String,
    },
    /// It did not leave, through no fault of its own: SES is not taking emails just now, or too little time was left to
    /// hand it over. Not counted as a try.
    Postponed,
    /// It does not leave by itself: the digest of this moment tells of it. Not counted as a try.
    Joined {
        /// When that digest leaves.
        until: Timestamp,
    },
    /// A limit of ours kept it back (R88). Not counted as a try.
    Limited {
        /// Until when; `None` is for good.
        until: Option<Timestamp>,
    },
    /// SES refused the house and not this email, whose claim is given back. Not counted as a try (R133).
    HouseRefused {
        /// Why.
        kind: HouseRefusal,
        /// Whom it named.
        party: Party,
        /// When it is due again; `None` is at once.
        until: Option<Timestamp>,
    },
    /// This email did not leave, and may be tried again.
    RefusedForNow {
        /// SES's code.
        code: String,
    },
    /// This email did not leave and never will.
    Refused {
        /// SES's code.
        code: String,
    },
    /// No answer that settles it.
    Ambiguous,
}

/// Whom SES named when it refused the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The sender, or nobody: nothing leaves from that address.
    Sender,
    /// The recipient alone, whom an account in the sandbox may not write to: others may.
    Recipient,
}

/// What SES reports about an email, in our words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// Which email: the tag it was sent with.
    pub send_id: SendId,
    /// The id SES gave it.
    pub message_id: String,
    /// When SES took the email, by its own clock.
    pub sent_at: Timestamp,
    /// When what it reports happened, by its own clock.
    pub at: Timestamp,
    /// What happened.
    pub kind: FeedbackKind,
    /// Whether it went to sales and not to the lead, as far as the report says: then it tells nothing of the lead's address.
    pub to_sales: bool,
}

/// What can happen to an email after SES was asked to send it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum FeedbackKind {
    /// SES accepted it.
    Send,
    /// The mailbox provider accepted it.
    Delivery,
    /// SES accepted it and is still trying, or reports something else that only happens to emails it accepted.
    UnderWay,
    /// The address does not work (R54).
    HardBounce,
    /// The mailbox did not take it this time.
    SoftBounce,
    /// The person pressed "spam" (R55).
    Complaint,
    /// SES took it and then did not send it: refused as harmful, or not to be rendered.
    Reject,
    /// A link was followed.
    Click,
}

codes!(FeedbackKind);

#[cfg(test)]
mod tests;
