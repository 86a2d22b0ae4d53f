//! Pipedrive's limits: a burst in two seconds, tokens in a day, and a block for who does not listen.

use std::collections::VecDeque;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::answers::Refusal;

const WINDOW: SignedDuration = SignedDuration::from_secs(2);
/// So many refusals for haste within `PATIENCE`, and the caller is blocked for `BLOCK`.
const IGNORED: usize = 20;
const PATIENCE: SignedDuration = SignedDuration::from_secs(10);
const BLOCK: SignedDuration = SignedDuration::from_mins(30);

/// Requests in a window of two seconds that begins with the first of them.
#[derive(Debug)]
struct Burst {
    most: u32,
    since: Timestamp,
    used: u32,
}

impl Burst {
    fn new(most: u32) -> Self {
        Self {
            most,
            since: Timestamp::UNIX_EPOCH,
            used: 0,
        }
    }

    /// Begins anew when the window is over; true if one more fits.
    fn fits(&mut self, now: Timestamp) -> bool {
        if now.duration_since(self.since) >= WINDOW {
            (self.since, self.used) = (now, 0);
        }
        self.used < self.most
    }
}

/// What was asked lately, and today.
#[derive(Debug)]
pub(super) struct Limits {
    all: Burst,
    searches: Burst,
    /// The last request was a search.
    searched: bool,
    tokens: u32,
    today: Date,
    spent: u32,
    refused: VecDeque<Timestamp>,
    blocked_until: Option<Timestamp>,
    /// Answers tell of the budget of the day.
    pub(super) tells_day: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self::new(20, 10, 30_000)
    }
}

impl Limits {
    pub(super) fn new(burst: u32, searches: u32, tokens: u32) -> Self {
        Self {
            all: Burst::new(burst),
            searches: Burst::new(searches),
            searched: false,
            tokens,
            today: Date::ZERO,
            spent: 0,
            refused: VecDeque::new(),
            blocked_until: None,
            tells_day: true,
        }
    }

    /// Whether this caller is kept out.
    pub(super) fn blocked(&mut self, now: Timestamp) -> Result<(), Refusal> {
        self.blocked_until = self.blocked_until.filter(|until| now < *until);
        self.blocked_until.map_or(Ok(()), |_| Err(Refusal::blocked()))
    }

    /// Counts a request and its tokens; a refused one costs nothing, but is remembered.
    pub(super) fn take(&mut self, cost: u32, search: bool, now: Timestamp) -> Result<(), Refusal> {
        let today = now.to_zoned(TimeZone::UTC).date();
        if today != self.today {
            (self.today, self.spent) = (today, 0);
        }
        self.searched = search;
        let fits = self.all.fits(now) & (!search || self.searches.fits(now));
        if !fits || self.spent + cost > self.tokens {
            self.refuse(now);
            return Err(Refusal::of(429));
        }
        self.all.used += 1;
        self.searches.used += u32::from(search);
        self.spent += cost;
        Ok(())
    }

    fn refuse(&mut self, now: Timestamp) {
        self.refused.push_back(now);
        self.refused.retain(|then| now.duration_since(*then) < PATIENCE);
        if self.refused.len() >= IGNORED {
            self.refused.clear();
            self.blocked_until = Some(now + BLOCK);
        }
    }

    pub(super) fn headers(&self, now: Timestamp) -> Vec<(String, String)> {
        let burst = if self.searched { &self.searches } else { &self.all };
        let rest = WINDOW
            .saturating_sub(now.duration_since(burst.since))
            .max(SignedDuration::ZERO);
        let mut headers = vec![
            ("x-ratelimit-limit", burst.most),
            ("x-ratelimit-remaining", burst.most.saturating_sub(burst.used)),
            (
                "x-ratelimit-reset",
                u32::try_from((rest.as_millis() + 999) / 1000).unwrap_or_default(),
            ),
        ];
        if self.tells_day {
            headers.push(("x-daily-ratelimit-token-limit", self.tokens));
            headers.push((
                "x-daily-ratelimit-token-remaining",
                self.tokens.saturating_sub(self.spent),
            ));
        }
        headers
            .into_iter()
            .map(|(name, value)| (name.into(), value.to_string()))
            .collect()
    }
}
