//! How soon sales answered: attainment and the ninth decile, by a pure function over what a board row can hold.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

use super::Case;
use crate::kit::ids::CampaignId;
use crate::lead::Lead;

/// The first response to the latest case of a lead: small enough for a column of the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    fn of(case: &Case) -> Self {
        Self {
            opened_at: case.opened_at,
            deadline: case.deadline,
            answered: case
                .answered
                .map(|answered| (answered.at, SignedDuration::from_secs(answered.took_s))),
            is_over: !case.is_open(),
        }
    }

    fn is_in_time(&self) -> bool {
        self.answered.is_some_and(|(at, _)| at <= self.deadline)
    }

    /// Whether the deadline passed without a response.
    fn is_missed(&self, now: Timestamp) -> bool {
        self.answered.is_none() && !self.is_over && self.deadline < now
    }
}

impl Lead {
    /// The first response to this lead, if it was ever handed to sales: to its latest case.
    pub fn response(&self) -> Option<Response> {
        self.cases.last().map(Response::of)
    }

    /// The same in one campaign.
    pub fn response_in(&self, campaign: &CampaignId) -> Option<Response> {
        let of_it = |case: &&Case| case.campaign(self) == campaign;
        self.cases.iter().rfind(of_it).map(Response::of)
    }
}

/// `opened,deadline,answered,took,over`: whole seconds, empty where there is nothing.
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

/// How soon sales answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Leads handed to sales.
    pub handed_over: usize,
    /// Those answered within their deadline.
    pub in_time: usize,
    /// Those answered, in time or not.
    pub answered: usize,
    /// Those whose deadline passed without an answer.
    pub missed: usize,
    /// Working time until the first response: half of the answered leads waited no longer.
    pub median: Option<SignedDuration>,
    /// Nine of ten waited no longer.
    pub p90: Option<SignedDuration>,
}

impl Numbers {
    /// The figures of these leads at a moment. Nobody is counted whose deadline is still to come, nor whom nobody needed
    /// to answer any more; quantiles are by nearest rank, so that each is a time somebody really waited.
    pub fn of(responses: impl IntoIterator<Item = Response>, now: Timestamp) -> Self {
        let mut numbers = Self::default();
        let mut took = Vec::new();
        for response in responses {
            numbers.handed_over += 1;
            numbers.in_time += usize::from(response.is_in_time());
            numbers.missed += usize::from(response.is_missed(now));
            took.extend(response.answered.map(|(_, took)| took));
        }
        took.sort();
        numbers.answered = took.len();
        let rank = |part: usize| took.get((took.len() * part).div_ceil(10).max(1) - 1).copied();
        (numbers.median, numbers.p90) = (rank(5), rank(9));
        numbers
    }

    /// Of how many leads is known whether they were answered in time.
    pub fn decided(&self) -> usize {
        self.answered + self.missed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::at;

    fn response(took_mins: Option<i64>, within_mins: i64) -> Response {
        let opened_at = at("2026-03-02T09:00:00Z");
        let mins = SignedDuration::from_mins;
        Response {
            opened_at,
            deadline: opened_at + mins(within_mins),
            answered: took_mins.map(|took| (opened_at + mins(took), mins(took))),
            is_over: false,
        }
    }

    #[test]
    fn attainment_counts_what_is_decided_and_quantiles_are_times_somebody_waited() {
        let now = at("2026-03-02T09:30:00Z");
        let all: Vec<_> = (1..=10).map(|took| response(Some(took), 5)).collect();
        let numbers = Numbers::of(all.clone(), now);
        assert_eq!((numbers.handed_over, numbers.in_time, numbers.decided()), (10, 5, 10));
        assert_eq!(numbers.median, Some(SignedDuration::from_mins(5)));
        assert_eq!(numbers.p90, Some(SignedDuration::from_mins(9)));
        // One more that nobody answers: undecided until its time is over.
        let open = Numbers::of(all.iter().copied().chain([response(None, 60)]), now);
        assert_eq!((open.handed_over, open.missed, open.decided()), (11, 0, 10));
        let late = Numbers::of(all.iter().copied().chain([response(None, 5)]), now);
        assert_eq!((late.missed, late.decided()), (1, 11));
        let moved = Response {
            is_over: true,
            ..response(None, 5)
        };
        assert_eq!(
            Numbers::of([moved], now).decided(),
            0,
            "nobody needed to answer any more"
        );
    }

    #[test]
    fn few_leads_give_what_they_can() {
        let now = at("2026-03-02T09:30:00Z");
        assert_eq!(Numbers::of([], now), Numbers::default());
        let one = Numbers::of([response(Some(7), 5)], now);
        assert_eq!((one.in_time, one.answered), (0, 1));
        assert_eq!((one.median, one.p90), (Some(SignedDuration::from_mins(7)), one.median));
    }

    #[test]
    fn a_response_survives_its_column() {
        for response in [response(Some(3), 5), response(None, 5)] {
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
