//! Leads whose items this version cannot read. A newer version wrote them, and nothing is ever written to them here: the
//! sweep passes over them for a while instead of setting their alarm (R130).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use piste_domain::LeadId;
use piste_domain::kit::limits;

/// How many are remembered; what is beyond is read again in each sweep, which costs time and nothing else.
const REMEMBERED_MAX: usize = 20_000;

/// Which they are, and until when each is passed over. Forgotten with the sandbox: a new version tries them all.
#[derive(Debug, Default)]
pub struct Unreadable(Mutex<HashMap<(LeadId, bool), Timestamp>>);

impl Unreadable {
    /// Passes over a lead from now on, or over the posts `kept` beside it.
    pub fn note(&self, id: &LeadId, kept: bool, now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED_MAX {
            known.retain(|_, until| *until > now);
        }
        if known.len() < REMEMBERED_MAX {
            known.insert((id.clone(), kept), now + limits::UNREADABLE_AGAIN);
        }
    }

    /// Whether a lead, or what is `kept` beside it, is passed over at this moment.
    pub fn passes_over(&self, id: &LeadId, kept: bool, now: Timestamp) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        !known.is_empty() && known.get(&(id.clone(), kept)).is_some_and(|until| now < *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r130_what_is_noted_is_passed_over_for_an_hour_and_no_longer() {
        let (known, now) = (Unreadable::default(), Timestamp::UNIX_EPOCH);
        let [one, other] = ["a", "b"].map(|id| LeadId::new(id.repeat(26)));
        known.note(&one, false, now);
        let later = now + limits::UNREADABLE_AGAIN;
        let just_before = later - jiff::SignedDuration::from_secs(1);
        assert!(known.passes_over(&one, false, just_before));
        assert!(!known.passes_over(&one, false, later));
        assert!(
            !known.passes_over(&one, true, now),
            "what is kept beside it is another matter"
        );
        assert!(!known.passes_over(&other, false, now));
    }
}
