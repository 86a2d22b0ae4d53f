//! How soon sales answered a lead, as a column of the board holds it.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The first response to the latest case of a lead: small enough for a column of the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Response {
    /// When the lead was handed to sales.
    pub opened_at: Timestamp,
    /// Until when the first response was due.
    pub deadline: Timestamp,
    /// When it came, and how much of the owner's working time it took.
    pub answered: Option<(Timestamp, SignedDuration)>,
    /// Whether nobody needs to answer any more.
    pub is_over: bool,
}

impl Response {
    /// The same of somebody who was erased: whether the answer came in time and how many minutes it took, no moment but
    /// this `day`. Whom nobody answered until then, nobody can answer any more.
    pub(crate) fn without_moments(self, day: Timestamp, now: Timestamp) -> Self {
        let late = |is_late: bool| day + SignedDuration::from_secs(is_late.into());
        let answered = self.answered.map(|(at, took)| {
            let minutes = SignedDuration::from_mins(took.as_mins());
            (late(at > self.deadline), minutes)
        });
        Self {
            opened_at: day,
            deadline: day,
            answered,
            is_over: self.is_over || (answered.is_none() && self.deadline >= now),
        }
    }
}

/// `opened,due,answered,took,over`: seconds since 1970, then seconds after that; what is not known yet is left out.
impl fmt::Display for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let after = |at: Timestamp| at.as_second() - self.opened_at.as_second();
        write!(f, "{},{}", self.opened_at.as_second(), after(self.deadline))?;
        match (self.answered, self.is_over) {
            (Some((at, took)), _) => write!(f, ",{},{}", after(at), took.as_secs())?,
            (None, true) => f.write_str(",,")?,
            (None, false) => {}
        }
        f.write_str(if self.is_over { ",1" } else { "" })
    }
}

/// A text that is no [`Response`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoResponse;

impl FromStr for Response {
    type Err = NoResponse;

    fn from_str(text: &str) -> Result<Self, NoResponse> {
        let mut parts = text.split(',');
        let mut part = || parts.next().filter(|part| !part.is_empty());
        let number = |part: &str| part.parse::<i64>().map_err(|_| NoResponse);
        let opened = number(part().ok_or(NoResponse)?)?;
        let moment = |after: i64| {
            let second = opened.checked_add(after).ok_or(NoResponse)?;
            Timestamp::from_second(second).map_err(|_| NoResponse)
        };
        let deadline = moment(number(part().ok_or(NoResponse)?)?)?;
        let answered = match (part(), part()) {
            (Some(at), Some(took)) => Some((moment(number(at)?)?, SignedDuration::from_secs(number(took)?))),
            (None, None) => None,
            _ => return Err(NoResponse),
        };
        let is_over = part() == Some("1");
        if parts.next().is_some() {
            return Err(NoResponse);
        }
        Ok(Self {
            opened_at: moment(0)?,
            deadline,
            answered,
            is_over,
        })
    }
}

impl From<Response> for String {
    fn from(response: Response) -> Self {
        response.to_string()
    }
}

impl TryFrom<String> for Response {
    type Error = NoResponse;

    fn try_from(text: String) -> Result<Self, NoResponse> {
        text.parse()
    }
}

impl fmt::Display for NoResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a response")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::at;

    #[test]
    fn a_response_survives_its_column() {
        let opened_at = at("2026-03-02T09:00:00Z");
        let mins = SignedDuration::from_mins;
        let waiting = Response {
            opened_at,
            deadline: opened_at + mins(5),
            answered: None,
            is_over: false,
        };
        let answered = Response {
            answered: Some((opened_at + mins(3), mins(3))),
            ..waiting
        };
        for response in [answered, waiting] {
            assert_eq!(response.to_string().parse(), Ok(response));
        }
        for broken in [
            "",
            "1",
            "1,2,3",
            "a,b,c,d,e",
            "1,2,x,3,0",
            "1,2,3,x,0",
            "1,2,,,0,9",
            "99999999999999999999,1,,,0",
        ] {
            assert_eq!(broken.parse::<Response>(), Err(NoResponse), "{broken}");
        }
    }
}
