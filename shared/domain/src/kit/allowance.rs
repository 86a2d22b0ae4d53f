//! How often a visitor may do something: so many at once, and one more after each interval.
//!
//! The generic cell rate algorithm (ITU-T I.371): all that is remembered is one moment, until which the allowance is used.

use std::ops::RangeInclusive;

use jiff::{SignedDuration, Timestamp};

/// How many at once, and after how long each is free again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// As many at once as nobody who means well needs.
    pub at_once: i32,
    /// After this there is one more.
    pub every: SignedDuration,
}

/// What one visitor may do, in two parts: what each sandbox allows by itself, without a request, and what all of them allow
/// together beyond that, by a row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Its name, in keys.
    pub name: &'static str,
    /// By itself.
    pub free: Allowance,
    /// Together.
    pub shared: Allowance,
}

/// Posts of one visitor that a form may say are always taken at once. Above that, three hundred at once could pass.
pub const POSTS_AT_ONCE: RangeInclusive<u16> = 8..=59;
/// Visits of one visitor that a form may say are counted in a minute.
pub const VISITS_A_MINUTE: RangeInclusive<u16> = 10..=1_000;

/// People for whom one visitor may post within [`PEOPLE_WITHIN`] before that speaks against a post: an office or a stand at a
/// fair has fewer.
pub const PEOPLE_MAX: usize = 10;
/// See [`PEOPLE_MAX`].
pub const PEOPLE_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// Posts of forms. Eight at once always; three hundred never, not even spread over the 30 sandboxes that `infra/template.yaml`
/// allows. An office behind one address gets 384 an hour and more.
pub const fn posts(at_once: i32) -> Limit {
    Limit {
        name: "posts",
        free: Allowance {
            at_once: 8,
            every: SignedDuration::from_secs(150),
        },
        shared: Allowance {
            at_once,
            every: SignedDuration::from_secs(10),
        },
    }
}

/// Visits of one form that are counted: one sandbox counts fewer than so many in any minute, ten or more.
pub const fn visits(a_minute: i32) -> Limit {
    let free = a_minute / 10;
    Limit {
        name: "visits",
        free: Allowance {
            at_once: free,
            every: SignedDuration::from_secs(60),
        },
        shared: Allowance {
            // Beside them 6 % grow back within the minute, and up to four more at its two ends.
            at_once: a_minute - free - a_minute * 6 / 100 - 4,
            every: SignedDuration::from_millis(1_000_000 / a_minute as i64),
        },
    }
}

impl Allowance {
    /// Until how far ahead it may be used for another one to be taken.
    pub fn ahead(self) -> SignedDuration {
        self.every * (self.at_once - 1)
    }

    /// Takes one: until when the allowance is used then.
    ///
    /// # Errors
    /// After how long there is one again.
    pub fn take(self, used_until: Timestamp, now: Timestamp) -> Result<Timestamp, SignedDuration> {
        let from = used_until.max(now);
        let too_much = from.duration_since(now) - self.ahead();
        match too_much.is_positive() {
            true => Err(too_much),
            false => Ok(from + self.every),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of these are taken, each so long after the one before, and how long the last had to wait.
    fn taken(allowance: Allowance, times: usize, gap: SignedDuration) -> (usize, Option<SignedDuration>) {
        let (mut now, mut used) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        let (mut taken, mut wait) = (0, None);
        for _ in 0..times {
            match allowance.take(used, now) {
                Ok(next) => {
                    used = next;
                    taken += 1;
                    wait = None;
                }
                Err(left) => wait = Some(left),
            }
            now += gap;
        }
        (taken, wait)
    }

    #[test]
    fn r89_so_many_at_once_and_one_after_each_interval() {
        let posts = posts(50).shared;
        let at_once = taken(posts, 300, SignedDuration::ZERO);
        assert_eq!(at_once, (50, Some(SignedDuration::from_secs(10))));
        assert_eq!(taken(posts, 300, SignedDuration::from_secs(10)), (300, None));
        let every_second = taken(posts, 300, SignedDuration::from_secs(1));
        assert_eq!(
            every_second.0,
            50 + 29,
            "and after the wait that was named one is taken"
        );
    }

    #[test]
    fn r89_eight_posts_at_once_always_and_three_hundred_never() {
        for at_once in POSTS_AT_ONCE {
            let Limit { free, shared, .. } = posts(at_once.into());
            assert!(shared.at_once >= 8);
            assert!(30 * free.at_once + shared.at_once < 300, "whichever sandboxes answer");
        }
    }

    #[test]
    fn r89_one_sandbox_counts_as_many_visits_a_minute_as_the_file_says_at_most() {
        let minute = SignedDuration::from_secs(60);
        let most = |of: Allowance| i128::from(of.at_once) + minute.as_millis() / of.every.as_millis() + 1;
        for a_minute in VISITS_A_MINUTE {
            let Limit { free, shared, .. } = visits(a_minute.into());
            assert!(free.at_once >= 1 && shared.at_once >= 1);
            assert!(most(free) + most(shared) <= a_minute.into(), "{a_minute}");
        }
    }
}
