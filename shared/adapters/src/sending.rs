//! The state of sending as people see and change it: the console and the command line go through here.

use futures_util::future::try_join;
use jiff::SignedDuration;
use piste_domain::kit::limits::BREAKER_DAYS;
use piste_domain::rules::sending::{Sending, Stop, Tally};

use crate::app::App;
use crate::store::StoreError;
use crate::telemetry;

/// How sending stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The state.
    pub sending: Sending,
    /// The table it is asked of.
    pub table: String,
}

impl App {
    /// How sending stands, strongly consistent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn standing(&self) -> Result<Standing, StoreError> {
        let (sending, table) = try_join(self.store.sending(), self.table_identity()).await?;
        Ok(Standing {
            sending,
            table: table.to_owned(),
        })
    }

    /// What the breaker counts at present.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tally(&self, sending: &Sending) -> Result<Tally, StoreError> {
        let from = self.now() - SignedDuration::from_hours(24 * BREAKER_DAYS);
        self.store.tally(sending.period, from).await
    }

    /// Stops all mail until [`App::release`]; what is being handed over at this moment still leaves.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn hold(&self, reason: &str) -> Result<Standing, StoreError> {
        let now = self.now();
        let hold = |sending: &mut Sending| sending.hold(now, reason);
        let (sending, ours) = self.store.change_sending(hold).await?;
        if ours {
            telemetry::log("hold", &[]);
        }
        let table = self.table_identity().await?.to_owned();
        Ok(Standing { sending, table })
    }

    /// Lets mail leave from this table again, after a hold, a restore or a pause of the breaker; `reason` may be empty.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn release(&self, reason: &str) -> Result<Standing, StoreError> {
        let now = self.now();
        let table = self.table_identity().await?.to_owned();
        let release = |sending: &mut Sending| {
            let stopped = sending.is_stopped(&table);
            if stopped {
                sending.release(&table);
                sending.released = Some(Stop {
                    at: now,
                    reason: reason.to_owned(),
                });
            }
            stopped
        };
        let (sending, ours) = self.store.change_sending(release).await?;
        if ours {
            telemetry::log("released", &[]);
        }
        Ok(Standing { sending, table })
    }
}
