//! How a delivery ended.

use jiff::SignedDuration;

/// How a delivery ended, with all that is kept of it. It never holds a value of the lead or of the CRM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The end.
    pub end: End,
    /// The record's id there, once it is known: kept even if what came after failed.
    pub id: Option<String>,
    /// The HTTP status of the last answer; `None` where there was none.
    pub status: Option<u16>,
    /// The CRM's own code, such as `PROPERTY_DOESNT_EXIST`; never a text that may repeat a value.
    pub code: Option<String>,
    /// What became of single fields that were not simply taken, in the CRM's names.
    pub fields: Vec<(String, FieldEnd)>,
    /// Whether the record was found among several that matched, and the oldest or ours was taken.
    pub several: bool,
    /// How long the CRM wants to be left alone after this success, where its headers say that a limit is near.
    pub rest: Option<SignedDuration>,
}

impl Outcome {
    /// An end, and nothing else known.
    pub fn of(end: End) -> Self {
        Self {
            end,
            id: None,
            status: None,
            code: None,
            fields: Vec::new(),
            several: false,
            rest: None,
        }
    }

    /// The same with the status of the last answer.
    pub fn with_status(self, status: u16) -> Self {
        Self { status: Some(status), ..self }
    }

    /// The same with the CRM's own code.
    pub fn with_code(self, code: impl Into<String>) -> Self {
        Self { code: Some(code.into()), ..self }
    }

    /// The same with the record's id there.
    pub fn with_id(self, id: impl Into<String>) -> Self {
        Self { id: Some(id.into()), ..self }
    }
}

/// The end of a delivery, or of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The record there says what ours says, but for what `fields` names.
    Delivered,
    /// It will never be taken as it is: kept aside for a person, and the next lead goes on.
    SetAside,
    /// The record there was deleted, by a person or by the CRM: it is not made again.
    Gone,
    /// Not now, for this record: try it again, not before so long where the CRM says so.
    Later(Option<SignedDuration>),
    /// Nobody knows whether it had an effect: look before anything is made again.
    Unknown,
    /// The access token is no longer good: renew it once and try again.
    Renew,
    /// The destination is at fault or asks for rest: nothing goes to it for so long, or until a person resumes it.
    Pause(Reason, Option<SignedDuration>),
}

/// Why a whole destination pauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Key or token wrong, revoked or expired: the owner's to mend.
    Unauthorized,
    /// A right, a scope or a plan that is missing: the owner's to mend.
    Forbidden,
    /// Too many calls in a short time: it goes on by itself.
    Limited,
    /// The day's budget is used up: it goes on by itself.
    Budget,
    /// Blocked for going on in spite of limits.
    Blocked,
    /// The account is being moved, or is closed for now.
    Unavailable,
    /// An answer named an address outside the CRM's own.
    Elsewhere,
}

/// What became of one field that was not simply taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldEnd {
    /// The CRM answered with another value: it keeps its own.
    Kept,
    /// Refused, and left out as the file says.
    Dropped,
    /// Refused, and it stopped the record.
    Refused,
}
