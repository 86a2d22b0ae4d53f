//! The ledger of sends: every mail that ever became due, and how it ended.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::kit::ids::{ClaimToken, SendId};
use crate::kit::vocabulary::Class;

/// One mail of one enrolment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Send {
    /// Derived from lead, campaign, sequence, step and epoch.
    #[serde(rename = "i")]
    pub id: SendId,
    /// The step of the sequence.
    #[serde(rename = "s")]
    pub step: String,
    /// The rules it obeys.
    #[serde(rename = "c")]
    pub class: Class,
    /// Where it stands.
    #[serde(flatten)]
    pub state: SendState,
    /// When it came to stand there.
    #[serde(rename = "a", with = "crate::kit::seconds")]
    pub at: Timestamp,
    /// How often it was handed to SES, or may have been.
    #[serde(rename = "n")]
    pub attempts: u8,
    /// How many of those SES refused for certain; the others arrived or may have.
    #[serde(rename = "f", default, skip_serializing_if = "is_none")]
    pub refused: u8,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_none(count: &u8) -> bool {
    *count == 0
}

/// Where a mail stands. The last four are final; only SES's own word about a mail that was handed to it outweighs them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum SendState {
    /// Somebody is sending it, or died doing so.
    Claimed {
        /// Whose claim it is.
        #[serde(rename = "k")]
        token: ClaimToken,
        /// Until then nobody else touches it.
        #[serde(rename = "l", with = "crate::kit::seconds")]
        lease_until: Timestamp,
        /// Until then SES's event may still tell what became of it.
        #[serde(rename = "u", with = "crate::kit::seconds")]
        settle_at: Timestamp,
    },
    /// SES refused it for now; tried again from then on.
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
        /// The id of a second copy, should SES ever have accepted two (R9): the price of a try again whose evidence was wrong.
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
    /// Nobody knows whether it arrived, and asking again would risk a second copy.
    Unknown,
}

impl SendState {
    /// The reason of a mail that SES took and then refused.
    pub const REJECTED: &str = "reject";

    /// Accepted under this id.
    pub fn sent(message_id: impl Into<String>) -> Self {
        Self::Sent {
            message_id: Some(message_id.into()),
            copy: None,
        }
    }

    /// Takes another acceptance of the same mail. The lesser id comes first, so that the order of hearing does not matter.
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
            Some(_) => {} // a third cannot be: two tries at the most go unanswered
        }
    }
}

impl Send {
    /// Takes SES's word, which outweighs our own record, and a rejection outweighs the acceptance before it: events
    /// come in any order (R24). A mail that never was handed to SES stays as it is.
    pub(crate) fn learn(&mut self, feedback: &Feedback, now: Timestamp) {
        let handed_over = !self.is_final() || self.attempts > 0;
        if self.is_rejected() || !handed_over {
            return;
        }
        let was_sent = matches!(self.state, SendState::Sent { .. });
        if feedback.kind == FeedbackKind::Reject {
            self.state = SendState::Failed {
                reason: SendState::REJECTED.into(),
            };
            self.at = now;
            return;
        }
        self.state.add_acceptance(&feedback.message_id);
        if !was_sent {
            // When SES took it, as it says itself: what the gap to the next mail is counted from.
            self.at = feedback.sent_at.min(now);
        }
    }

    /// Whether this says nothing new: that SES took what we know it took, or brought it where it was going.
    pub(crate) fn knows(&self, feedback: &Feedback) -> bool {
        let SendState::Sent { message_id, copy } = &self.state else {
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

    /// Takes the answer to one try. What SES rejected after that stays rejected, whichever is heard first.
    pub(crate) fn accept(&mut self, message_id: &str, now: Timestamp) {
        if self.is_rejected() {
            return;
        }
        if !matches!(self.state, SendState::Sent { .. }) {
            self.at = now;
        }
        self.state.add_acceptance(message_id);
    }

    /// Whether SES took it and then did not send it.
    fn is_rejected(&self) -> bool {
        matches!(&self.state, SendState::Failed { reason } if reason == SendState::REJECTED)
    }

    /// Tries that arrived or may have.
    pub fn unanswered(&self) -> u8 {
        self.attempts.saturating_sub(self.refused)
    }

    /// Whether it is in somebody's mailbox, for all anybody knows.
    pub fn may_have_arrived(&self) -> bool {
        self.unanswered() > 0 && !self.is_rejected()
    }

    /// Whether nothing more can happen to it.
    pub fn is_final(&self) -> bool {
        !matches!(self.state, SendState::Claimed { .. } | SendState::Waiting { .. })
    }

    /// Whether SES accepted it twice.
    pub fn is_duplicate(&self) -> bool {
        matches!(&self.state, SendState::Sent { copy: Some(_), .. })
    }

    /// `claimed`, `waiting`, `sent`, `skipped(reason)`, `failed(reason)` or `unknown`.
    pub fn state_code(&self) -> String {
        match &self.state {
            SendState::Claimed { .. } => "claimed".into(),
            SendState::Waiting { .. } => "waiting".into(),
            SendState::Sent { .. } => "sent".into(),
            SendState::Skipped { reason } => format!("skipped({reason})"),
            SendState::Failed { reason } => format!("failed({reason})"),
            SendState::Unknown => "unknown".into(),
        }
    }
}

/// What handing a mail to SES came to. Whatever is not known is [`Outcome::Ambiguous`] (R7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// SES gave it an id.
    Accepted {
        /// That id.
        message_id: String,
    },
    /// It did not leave, through no fault of its own: SES is not taking mails just now, or too little time was left to
    /// hand it over. Not counted as a try.
    Postponed,
    /// This mail did not leave, and may be tried again.
    RefusedForNow {
        /// SES's code.
        code: String,
    },
    /// This mail did not leave and never will.
    Refused {
        /// SES's code.
        code: String,
    },
    /// No answer that settles it.
    Ambiguous,
}

/// What SES reports about a mail, in our words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// Which mail: the tag it was sent with.
    pub send_id: SendId,
    /// The id SES gave it.
    pub message_id: String,
    /// When SES took the mail, by its own clock.
    pub sent_at: Timestamp,
    /// When what it reports happened, by its own clock.
    pub at: Timestamp,
    /// What happened.
    pub kind: FeedbackKind,
    /// Whether it went to sales and not to the lead, as far as the report says: then it tells nothing of the lead's address.
    pub to_sales: bool,
}

/// What can happen to a mail after SES was asked to send it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedbackKind {
    /// SES accepted it.
    Send,
    /// The mailbox provider accepted it.
    Delivery,
    /// SES accepted it and is still trying, or reports something else that only happens to mails it accepted.
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

impl FeedbackKind {
    /// The name in logs, and in the archive they are.
    pub fn code(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Delivery => "delivery",
            Self::UnderWay => "under_way",
            Self::HardBounce => "hard_bounce",
            Self::SoftBounce => "soft_bounce",
            Self::Complaint => "complaint",
            Self::Reject => "reject",
            Self::Click => "click",
        }
    }

    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Send,
        Self::Delivery,
        Self::UnderWay,
        Self::HardBounce,
        Self::SoftBounce,
        Self::Complaint,
        Self::Reject,
        Self::Click,
    ];

    /// The kind of a name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}
