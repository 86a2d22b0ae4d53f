//! Whose record a CRM holds: the way from its id to the lead. A row for each, under a keyed hash of both names, so that it
//! names nobody; it goes when the record's id does.

use piste_domain::LeadId;
use piste_domain::kit::ids::{DestinationName, base32_26};

use crate::app::App;
use crate::store::StoreError;

impl App {
    fn record_row(&self, destination: &DestinationName, record: &str) -> String {
        base32_26(&self.ring().identity.mac(&["record", destination.as_str(), record]))
    }

    /// Keeps that this record is the lead's.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn keep_record(
        &self,
        destination: &DestinationName,
        record: &str,
        lead: &LeadId,
    ) -> Result<(), StoreError> {
        self.store
            .keep_record(&self.record_row(destination, record), lead)
            .await
    }

    /// Whose record it is, if somebody's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lead_of_record(
        &self,
        destination: &DestinationName,
        record: &str,
    ) -> Result<Option<LeadId>, StoreError> {
        self.store.lead_of_record(&self.record_row(destination, record)).await
    }

    /// Forgets whose it was: it was erased, or became a part of another.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn forget_record(&self, destination: &DestinationName, record: &str) -> Result<(), StoreError> {
        self.store
            .forget_record(&self.record_row(destination, record), self.now())
            .await
    }
}
