//! What webhooks are told of a destination that stands still: `delivery.paused`, which is about no lead. Its ledger is in the
//! item of the destination that stopped.

use piste_adapters::store::StoreError;
use piste_adapters::telemetry;
use piste_domain::campaign::destination::{Destination, EventType};
use piste_domain::kit::ids::DestinationName;
use piste_domain::lead::deliveries::End;
use piste_domain::rules::destinations::Health;
use piste_domain::rules::destinations::notices::Notice;
use piste_domain::rules::relay::Ways as _;

use crate::{Run, webhook};

impl Run<'_> {
    /// Tells the webhooks that are due of every stop; how many were tried.
    pub(crate) async fn tell_of_stops(&self) -> usize {
        let mut tried = 0;
        for (stopped, notice) in &self.told_of {
            for to in notice.due_events(self.app.now()) {
                if !self.has_time() {
                    return tried;
                }
                match self.tell_of_stop(stopped, notice, to).await {
                    Ok(was_tried) => tried += usize::from(was_tried),
                    Err(error) => telemetry::log(
                        "notice_failed",
                        &[("destination", (&stopped.name).into()), ("error", (&error).into())],
                    ),
                }
            }
        }
        tried
    }

    async fn tell_of_stop(
        &self,
        stopped: &Destination,
        notice: &Notice,
        to: &DestinationName,
    ) -> Result<bool, StoreError> {
        let (store, number, now) = (&self.app.store, notice.number, self.app.now());
        let webhook = self.closed.catalog.destination(to).cloned();
        let webhook = webhook.filter(|of| of.hears(EventType::DeliveryPaused));
        let (Some(webhook), Some((id, body))) = (webhook, notice.event(stopped)) else {
            let forget = |health: &mut Health| health.drop_event(number, to);
            store.change_health(&stopped.name, forget).await?;
            return Ok(false);
        };
        if self.closed.closed_until(to).is_some() {
            return Ok(false); // it stands still itself; what waits for it goes once it is resumed
        }
        let token = self.app.chance.claim_token();
        let claim = |health: &mut Health| health.claim_event(number, to, &token, now);
        if !store.change_health(&stopped.name, claim).await?.1 {
            return Ok(false);
        }
        let outcome = webhook::send(self, &webhook, &id, &body).await;
        let event = match outcome.end {
            End::Delivered => "delivered",
            _ => "not_delivered",
        };
        telemetry::log(
            event,
            &[
                ("destination", to.into()),
                ("what", EventType::DeliveryPaused.code().into()),
                ("status", u64::from(outcome.status.unwrap_or(0)).into()),
                ("code", telemetry::code(outcome.code.as_deref().unwrap_or_default())),
            ],
        );
        let now = self.app.now();
        let settle = |health: &mut Health| health.settle_event((number, to), &token, outcome.end, now);
        store.change_health(&stopped.name, settle).await?;
        self.note(&webhook, &outcome, None).await?;
        Ok(true)
    }
}
