//! Who asks how often: what one visitor may do (R89). A visitor is what the gateway says (R91), kept as a hash that changes
//! every day (R70).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use piste_domain::LeadId;
use piste_domain::kit::allowance::{Limit, PEOPLE_MAX, PEOPLE_WITHIN};
use piste_domain::kit::ids::base32_26;

use crate::app::App;
use crate::http::Visit;

/// Visitors remembered by a sandbox; one that is not has the table asked.
const REMEMBERED_MAX: usize = 10_000;
/// How long a visitor waits for the table at most: then whatever they do is taken.
const PATIENCE: Duration = Duration::from_millis(300);

/// What each visitor used of the part that this sandbox allows by itself, and for whom they posted.
#[derive(Debug, Default)]
pub struct Visitors(Mutex<HashMap<String, Used>>, Mutex<HashMap<String, Vec<Seen>>>);

/// A person for whom a visitor posted: the beginning of their id, and when last.
type Seen = ([u8; 8], Timestamp);

#[derive(Clone, Copy, Debug, Default)]
struct Used {
    until: Timestamp,
    /// Until when the table allows nothing: it is not asked before.
    refused_until: Timestamp,
}

/// What is known here of a visitor.
enum Known {
    Free,
    Asks,
    Refused(Timestamp),
}

impl Visitors {
    fn known(&self, key: &str, limit: &Limit, now: Timestamp) -> Known {
        let mut known = self.lock();
        if known.len() >= REMEMBERED_MAX {
            known.retain(|_, used| used.until.max(used.refused_until) > now);
        }
        let used = known.get(key).copied().unwrap_or_default();
        if used.refused_until > now {
            return Known::Refused(used.refused_until);
        }
        match limit.free.take(used.until, now) {
            Ok(until) if known.len() < REMEMBERED_MAX || known.contains_key(key) => {
                known.insert(key.to_owned(), Used { until, ..used });
                Known::Free
            }
            _ => Known::Asks,
        }
    }

    fn refused(&self, key: &str, until: Timestamp) {
        if let Some(used) = self.lock().get_mut(key) {
            used.refused_until = until;
        }
    }

    /// Whether a visitor has posted for more people than [`PEOPLE_MAX`] of late, this one included.
    fn meets_many(&self, key: &str, lead: &LeadId, now: Timestamp) -> bool {
        let Some(person) = lead.as_str().as_bytes().first_chunk::<8>() else {
            return false;
        };
        let mut known = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        let is_late = |(_, at): &Seen| *at + PEOPLE_WITHIN > now;
        if known.len() >= REMEMBERED_MAX {
            known.retain(|_, people| people.iter().any(is_late));
        }
        if known.len() >= REMEMBERED_MAX && !known.contains_key(key) {
            return false;
        }
        let people = known.entry(key.to_owned()).or_default();
        people.retain(|seen| is_late(seen) && seen.0 != *person);
        people.push((*person, now));
        // So many beside the one who comes next are as many as have to be known.
        if people.len() > PEOPLE_MAX + 1 {
            people.remove(0);
        }
        people.len() > PEOPLE_MAX
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Used>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// A keyed hash of who asks, for one matter; `None` where no gateway says who that is.
    pub fn visitor(&self, visit: &Visit, matter: &[&str]) -> Option<String> {
        let visitor = visit.visitor()?.to_string();
        let day = self.now().as_second().div_euclid(86_400).to_string();
        let parts = [&["visitor", &day, &visitor], matter].concat();
        Some(base32_26(&self.ring().identity.mac(&parts)))
    }

    /// Whether the visitor posts for many people, as far as this sandbox saw within the hour. It asks nobody.
    pub fn posts_for_many(&self, visit: &Visit, lead: &LeadId) -> bool {
        let key = self.visitor(visit, &["people"]);
        key.is_some_and(|key| self.visitors.meets_many(&key, lead, self.now()))
    }

    /// After how many seconds a visitor may do this again, if not now; `about` tells what else it is counted by. No request
    /// for whoever does it now and then. Where the table does not answer in time, they may.
    pub async fn holds_off(&self, visit: &Visit, limit: &Limit, about: &str) -> Option<u64> {
        let (now, key) = (self.now(), self.visitor(visit, &[limit.name, about])?);
        let until = match self.visitors.known(&key, limit, now) {
            Known::Free => return None,
            Known::Refused(until) => until,
            Known::Asks => {
                let taken = self.store.take(&key, limit.shared, now);
                let wait = tokio::time::timeout(PATIENCE, taken).await.ok()?.ok()?.err()?;
                self.visitors.refused(&key, now + wait);
                now + wait
            }
        };
        // Whole seconds, after which there is one for sure.
        let wait_s = until
            .duration_since(now)
            .as_millis()
            .max(0)
            .unsigned_abs()
            .div_ceil(1_000);
        Some(u64::try_from(wait_s).unwrap_or(u64::MAX).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use piste_domain::kit::allowance::posts;

    #[test]
    fn r87_a_visitor_who_posts_for_more_than_ten_people_within_the_hour_stands_out() {
        let (visitors, start) = (Visitors::default(), Timestamp::UNIX_EPOCH);
        let meets = |visitor: &str, n: u64, minute: i64| {
            let lead = LeadId::new(format!("{n:026}").chars().rev().collect::<String>());
            visitors.meets_many(visitor, &lead, start + SignedDuration::from_mins(minute))
        };
        assert!(!(0..10).any(|n| meets("a", n, 0)));
        assert!(!(0..100).any(|n| meets("a", n % 10, 0)), "the same people again");
        assert!(meets("a", 10, 1) && meets("a", 11, 2));
        assert!(!meets("b", 12, 2), "nobody else is touched");
        assert!(meets("a", 3, 59));
        assert!(!meets("a", 13, 70), "an hour later");
    }

    #[test]
    fn r89_the_first_posts_of_a_visitor_ask_nobody_and_who_was_refused_asks_no_more() {
        let (visitors, posts, now) = (
            Visitors::default(),
            posts(50),
            Timestamp::UNIX_EPOCH + SignedDuration::from_hours(9),
        );
        let free = |now| matches!(visitors.known("a", &posts, now), Known::Free);
        assert_eq!(
            [(); 9].map(|()| free(now)),
            [true, true, true, true, true, true, true, true, false]
        );
        assert!(
            matches!(visitors.known("b", &posts, now), Known::Free),
            "nobody else is touched"
        );
        let until = now + SignedDuration::from_secs(10);
        visitors.refused("a", until);
        assert!(matches!(visitors.known("a", &posts, now), Known::Refused(told) if told == until));
        assert!(matches!(visitors.known("a", &posts, until), Known::Asks));
        assert!(free(now + posts.free.every));
    }
}
