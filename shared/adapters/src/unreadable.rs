//! Leads whose items this version cannot read. A newer version wrote them, and nothing is ever written to them here: the
//! sweep passes over them for a while instead of setting their alarm (R130).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use piste_domain::LeadId;
use piste_domain::kit::limits;

use crate::store::DueRow;

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

    /// Whether what a row of the index names is passed over at this moment.
    pub fn passes_over(&self, row: &DueRow, now: Timestamp) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_empty() {
            return false;
        }
        let until = known.get(&(row.id.clone(), row.kept));
        until.is_some_and(|until| now < *until)
    }
}
