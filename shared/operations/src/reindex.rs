//! `piste reindex`: what the indexes show of every lead, written anew (R130). Rows of an older form are read as they are,
//! so nothing waits for it; it is for a column that was added, a shard that is counted otherwise, a row somebody damaged.

use std::sync::Arc;

use piste_adapters::App;
use piste_adapters::desks::Cases;
use piste_adapters::store::{Saved, StoreError, StoreErrorKind};
use piste_domain::rules::plan;
use piste_domain::{Lead, LeadId, Record};

/// How often one lead is tried again because somebody else wrote it meanwhile.
const CONFLICTS_MAX: usize = 20;

/// What it did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reindexed {
    /// Leads whose columns and alarm are written anew.
    pub written: u64,
    /// Items that this version cannot read, and that are left as they are.
    pub unreadable: u64,
    /// Leads that were erased while it ran.
    pub erased: u64,
}

/// Writes every lead of the table once more, each under the condition that nobody else did meanwhile. It may be stopped
/// and run again at any time; functions go on beside it.
///
/// # Errors
/// [`StoreError`]; what is written stays written.
pub async fn reindex(app: &App) -> Result<Reindexed, StoreError> {
    let mut sum = Reindexed::default();
    let mut cases = Cases::of_everybody(app).await?;
    let mut from = None;
    loop {
        let page = app.store.leads(from).await?;
        for row in page.rows {
            if let Ok(lead) = &row {
                cases.note(app, lead).await?;
            }
            match row {
                Ok(lead) => one(app, &lead.id, &mut sum).await?,
                Err(_) => sum.unreadable += 1,
            }
        }
        from = page.next;
        if from.is_none() {
            cases.tell(app).await?;
            return Ok(sum);
        }
    }
}

async fn one(app: &App, id: &LeadId, sum: &mut Reindexed) -> Result<(), StoreError> {
    let catalog = app.catalog().await?;
    let write = async || {
        // Read by itself: a page of leads leaves out what this version does not know, and that must not be lost.
        let mut record = app.store.record(id).await?;
        for _ in 0..CONFLICTS_MAX {
            let Some(Record::Lead(known)) = record else {
                return Ok(false);
            };
            let lead = Lead {
                version: known.version + 1,
                due_at: plan::due_at(&known, &catalog, app.now()),
                ..Lead::clone(&known)
            };
            app.store.save_beside(&lead, None).await?;
            match app.store.save(&Arc::new(lead), Some(known.version), false).await? {
                Saved::Yes => return Ok(true),
                Saved::Conflict(current) => record = Some(current),
            }
        }
        Err(StoreError::new("reindex", StoreErrorKind::Contended))
    };
    match write().await {
        Ok(true) => sum.written += 1,
        Ok(false) => sum.erased += 1,
        // A newer version wrote it since the page was read.
        Err(error) if error.kind == StoreErrorKind::Corrupt => sum.unreadable += 1,
        Err(error) => return Err(error),
    }
    Ok(())
}
