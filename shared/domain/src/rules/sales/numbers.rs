//! How soon sales answered: attainment and the ninth decile, by a pure function over what a board row can hold.

use jiff::{SignedDuration, Timestamp};

use super::Case;
use crate::kit::ids::CampaignId;
use crate::lead::Lead;
pub use crate::lead::response::Response;

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
}
