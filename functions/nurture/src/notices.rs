//! What people are told of their destinations, by email: that one stands still, or set something aside.
//!
//! The causes, and the ledger of these emails, are in the item of each destination; `relay` and the console note a cause
//! there, and the sweep looks whether there is one. Each email is claimed in one conditional write before it leaves, and one
//! whose fate is unknown does not leave again: the alarms of the stack and the console tell the same.

use std::sync::Arc;

use piste_adapters::store::StoreError;
use piste_adapters::{mail, telemetry};
use piste_domain::campaign::destination::Destination;
use piste_domain::kit::email::Email;
use piste_domain::lead::ledger::Outcome;
use piste_domain::rules::destinations::Health;
use piste_domain::rules::destinations::notices::{Claimed, Notice};
use piste_domain::rules::sending::Gate;
use piste_domain::{Campaign, Catalog};

use super::{Run, note_outcome};

impl Run<'_> {
    /// Tells of every destination what there is to tell; how many emails left. Where no file asks for it, nothing is read.
    pub(super) async fn tell_of_destinations(&self) -> usize {
        // What cannot be read now is read at the next tick.
        let Ok(catalog) = self.app.catalog().await else {
            return 0;
        };
        let mut sent = 0;
        for destination in catalog.destinations().filter(|of| !of.notify.is_empty()) {
            match Box::pin(self.tell_of(&catalog, destination)).await {
                Ok(some) => sent += some,
                Err(error) => telemetry::log(
                    "notice_failed",
                    &[("destination", (&destination.name).into()), ("error", (&error).into())],
                ),
            }
        }
        sent
    }

    async fn tell_of(&self, catalog: &Arc<Catalog>, destination: &Destination) -> Result<usize, StoreError> {
        let health = self.app.store.health(&destination.name).await?;
        let open: Vec<&Notice> = health.notices.iter().filter(|notice| notice.is_open()).collect();
        let campaign = catalog.iter().map(|published| &published.campaign);
        let Some(campaign) = campaign.into_iter().find(|campaign| destination.covers(campaign)) else {
            return Ok(0); // nobody there to write in the name of
        };
        let mut sent = 0;
        for notice in open {
            for to in &destination.notify {
                let ready = self.ready().await?;
                if !matches!(ready.gate(), Gate::Open(_)) || !self.goes_on() {
                    return Ok(sent);
                }
                sent += usize::from(self.tell_one(destination, campaign, notice, to).await?);
            }
        }
        Ok(sent)
    }

    /// Claims, sends and records one email; whether it left.
    async fn tell_one(
        &self,
        destination: &Destination,
        campaign: &Campaign,
        notice: &Notice,
        to: &Email,
    ) -> Result<bool, StoreError> {
        let (store, number, now) = (&self.app.store, notice.number, self.app.now());
        let token = self.app.chance.claim_token();
        let ring = self.app.ring();
        let order = notice.mail(destination, campaign, to, (&ring.identity, &token));
        let claim = |health: &mut Health| health.claim_mail(number, to, &token, now);
        match store.change_health(&destination.name, claim).await?.1 {
            Claimed::Ours => {}
            Claimed::Unknown => {
                telemetry::log("unknown", &[("send", (&order.send_id).into())]);
                return Ok(false);
            }
            Claimed::Nothing => return Ok(false),
        }
        let letter = mail::write_notice(self.app, &order, (destination, notice), now);
        let outcome = self.hand_over(&order, letter).await;
        note_outcome(&order, &outcome, self.app.now());
        let now = self.app.now();
        let settle = |health: &mut Health| {
            health.settle_mail((number, to), &token, &outcome, &destination.notify, now);
        };
        store.change_health(&destination.name, settle).await?;
        Ok(matches!(outcome, Outcome::Accepted { .. }))
    }
}
