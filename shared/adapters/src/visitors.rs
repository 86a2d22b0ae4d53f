//! Who asks how often: what one visitor may do (R89). A visitor is what the gateway says (R91), kept as a hash that changes
//! every day (R70).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use piste_domain::kit::allowance::Limit;
use piste_domain::kit::ids::base32_26;

use crate::app::App;
use crate::http::Visit;

/// Visitors remembered by a sandbox; one that is not has the table asked.
const REMEMBERED_MAX: usize = 10_000;
/// How long a visitor waits for the table at most: then whatever they do is taken.
const PATIENCE: Duration = Duration::from_millis(300);

/// What each visitor used of the part that this sandbox allows by itself.
#[derive(Debug, Default)]
pub struct Visitors(Mutex<HashMap<String, Used>>);

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
    use piste_domain::kit::allowance::POSTS;

    #[test]
    fn r89_the_first_posts_of_a_visitor_ask_nobody_and_who_was_refused_asks_no_more() {
        let (visitors, now) = (
            Visitors::default(),
            Timestamp::UNIX_EPOCH + SignedDuration::from_hours(9),
        );
        let free = |now| matches!(visitors.known("a", &POSTS, now), Known::Free);
        assert_eq!(
            [(); 9].map(|()| free(now)),
            [true, true, true, true, true, true, true, true, false]
        );
        assert!(
            matches!(visitors.known("b", &POSTS, now), Known::Free),
            "nobody else is touched"
        );
        let until = now + SignedDuration::from_secs(10);
        visitors.refused("a", until);
        assert!(matches!(visitors.known("a", &POSTS, now), Known::Refused(told) if told == until));
        assert!(matches!(visitors.known("a", &POSTS, until), Known::Asks));
        assert!(free(now + POSTS.free.every));
    }
}
