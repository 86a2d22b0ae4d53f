//! Whether every email that became due is accounted for, over the whole table.

use piste_adapters::App;
use piste_adapters::store::StoreError;
use piste_domain::Record;
use piste_domain::views::reconcile::{Basis, Posted, Reconciliation, Report};

use crate::sending::standing;

/// Adds up every ledger, and compares with what was handed over, where that is known.
///
/// # Errors
/// [`StoreError`].
pub async fn reconcile(app: &App, posted: Option<Vec<Posted>>) -> Result<Report, StoreError> {
    let (catalog, standing) = (app.catalog().await?, standing(app).await?);
    let ring = app.ring();
    let basis = Basis {
        catalog: &catalog,
        key: &ring.identity,
        gate: standing.gate(),
        now: app.now(),
    };
    let mut sums = Reconciliation::new(basis, posted);
    let mut from = None;
    loop {
        let page = app.store.leads(from).await?;
        for lead in page.rows {
            match lead {
                Ok(lead) => sums.add(&lead),
                Err(id) => sums.add_unreadable(id),
            }
        }
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    for id in sums.unaccounted() {
        if app.store.desk(&id).await?.is_some() {
            sums.add_desk(&id);
            continue;
        }
        let erased = match app.store.record(&id).await? {
            Some(Record::Tombstone(_)) => true,
            Some(Record::Lead(lead)) => lead.past.is_some(),
            None => false,
        };
        if erased {
            sums.add_erased(&id);
        }
    }
    Ok(sums.finish())
}
