//! The closed lists of words that files, items and answers share.

use serde::{Deserialize, Serialize};

/// What a consent is about. Each is asked and kept apart (GDPR art. 7, R62).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Mails of advice and offers.
    Marketing,
    /// Knowing of this very person what they open and follow (R59): never part of the first.
    Tracking,
    /// Giving their data to somebody else.
    Sharing,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Marketing, Self::Tracking, Self::Sharing];

    /// The name in files, answers and links.
    pub fn code(self) -> &'static str {
        match self {
            Self::Marketing => "marketing",
            Self::Tracking => "tracking",
            Self::Sharing => "sharing",
        }
    }

    /// The purpose of a name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.code() == code)
    }
}

/// Why marketing mail is allowed (R63, CPCE L34-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Regime {
    /// The person agreed beforehand.
    B2cConsent,
    /// Information and a way out, for messages tied to the person's profession.
    B2bInterest,
    /// Information and a way out, for customers of the same sender and goods like those they bought.
    CustomerSimilar,
}

impl Regime {
    /// The name in files and answers.
    pub fn code(self) -> &'static str {
        match self {
            Self::B2cConsent => "b2c_consent",
            Self::B2bInterest => "b2b_interest",
            Self::CustomerSimilar => "customer_similar",
        }
    }
}

/// What rules a mail obeys. Each class names its semantics here, once (R10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Marketing: at most once, tried again only on evidence that the first try did not arrive. Needs consent.
    Nurture,
    /// What the person asked for: at least once, two at most.
    Service,
    /// To sales, about a lead: at least once, two at most. The lead's own no does not stop it.
    Alert,
}

impl Class {
    /// The name in files, tags and answers.
    pub fn code(self) -> &'static str {
        match self {
            Self::Nurture => "nurture",
            Self::Service => "service",
            Self::Alert => "alert",
        }
    }
}

/// Why a sequence ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExitReason {
    /// The person opted out.
    Unsubscribe,
    /// The address does not work.
    Bounce,
    /// The person complained.
    Complaint,
    /// The person answered.
    Reply,
    /// Sales took over.
    Sql,
    /// The person bought.
    Customer,
    /// The lead was disqualified: always an exit.
    Disqualified,
    /// What allowed the mails holds no longer, or never did: always an exit.
    NoBasis,
    /// The last step is done.
    Completed,
    /// Dormant, the person came back: always an exit of what was sent to wake them.
    Return,
}

impl ExitReason {
    /// The name in files and answers.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unsubscribe => "unsubscribe",
            Self::Bounce => "bounce",
            Self::Complaint => "complaint",
            Self::Reply => "reply",
            Self::Sql => "sql",
            Self::Customer => "customer",
            Self::Disqualified => "disqualified",
            Self::NoBasis => "no_basis",
            Self::Completed => "completed",
            Self::Return => "return",
        }
    }
}

/// What a person can do that counts. Opens do not: machines open mails (R60).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalKind {
    /// Posted a form.
    Form,
    /// Confirmed the opt-in.
    Confirm,
    /// Followed a link in a mail.
    Click,
    /// Visited a page.
    Visit,
    /// Downloaded something.
    Download,
    /// Answered a mail.
    Reply,
    /// Agreed to a meeting, or came to one.
    Meeting,
    /// Was called and spoken to.
    CallReached,
    /// Was called and did not answer.
    CallNoAnswer,
    /// Was called and is not a buyer.
    CallNotAFit,
    /// Bought.
    Won,
    /// Decided against buying.
    Lost,
    /// Told another system that they want no more mail.
    Unsubscribe,
}

impl SignalKind {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Form,
        Self::Confirm,
        Self::Click,
        Self::Visit,
        Self::Download,
        Self::Reply,
        Self::Meeting,
        Self::CallReached,
        Self::CallNoAnswer,
        Self::CallNotAFit,
        Self::Won,
        Self::Lost,
        Self::Unsubscribe,
    ];

    /// The name in files, in what other systems send and in keys.
    pub fn code(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Confirm => "confirm",
            Self::Click => "click",
            Self::Visit => "visit",
            Self::Download => "download",
            Self::Reply => "reply",
            Self::Meeting => "meeting",
            Self::CallReached => "call_reached",
            Self::CallNoAnswer => "call_no_answer",
            Self::CallNotAFit => "call_not_a_fit",
            Self::Won => "won",
            Self::Lost => "lost",
            Self::Unsubscribe => "unsubscribe",
        }
    }

    /// Whether another system may report it. What the person does with us we see ourselves: a form, the button of the
    /// opt-in and a click that a person made are nobody else's to report.
    pub fn may_be_reported(self) -> bool {
        !matches!(self, Self::Form | Self::Confirm | Self::Click)
    }

    /// Whether it is a word of the person's own, as the months of silence are counted: not a call that nobody answered,
    /// nor a wish to hear no more.
    pub fn is_contact(self) -> bool {
        !matches!(self, Self::CallNoAnswer | Self::Unsubscribe)
    }

    /// Whether it is how a sale ended.
    pub fn is_outcome(self) -> bool {
        matches!(self, Self::Won | Self::Lost | Self::CallNotAFit)
    }
}
