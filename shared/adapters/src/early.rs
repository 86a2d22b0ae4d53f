//! What is told of somebody nobody knows yet, put by for the day they come; see `rules::early`.

use piste_domain::kit::limits;
use piste_domain::rules::signals::Report;
use piste_domain::{LeadId, Record, input};

use crate::app::{App, Start};
use crate::store::StoreError;
use crate::telemetry;

/// What became of a report that found no lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Early {
    /// It is kept until they come.
    Kept,
    /// They came meanwhile, and it counts.
    Taken,
    /// They were erased, or more is kept of them than may be: it is forgotten.
    Forgotten,
}

impl App {
    /// Keeps a report of somebody unknown. Nothing is kept of a person who was erased.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn keep_early(&self, id: &LeadId, report: Report) -> Result<Early, StoreError> {
        match self.store.record(id).await? {
            Some(Record::Lead(_)) => return self.take_early(id, report).await,
            Some(Record::Tombstone(_)) => return Ok(Early::Forgotten),
            None => {}
        }
        let known = self.store.early(id, self.now()).await?;
        let again = known.iter().any(|known| known.id == report.id);
        if known.len() >= limits::EARLY_MAX && !again && !report.is_opt_out() {
            return Ok(Early::Forgotten);
        }
        self.store.keep_early(id, &report, self.now()).await?;
        telemetry::log("early_kept", &[("lead", id.into())]);
        // They may have come, and the sweep have looked, since this function did: now one of the two sees the other.
        match self.store.record(id).await? {
            Some(Record::Lead(_)) => self.take_early(id, report).await,
            _ => Ok(Early::Kept),
        }
    }

    async fn take_early(&self, id: &LeadId, report: Report) -> Result<Early, StoreError> {
        let report_id = report.id.clone();
        self.apply(id, Start::Known, input::Signal(report)).await?;
        self.store.early_done(id, &report_id, self.now()).await?;
        Ok(Early::Taken)
    }
}
