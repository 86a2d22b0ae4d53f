//! What webhooks are told of a destination that stands still: `delivery.paused`, an event about no lead. Its ledger is in the
//! item of the destination that stopped, beside the emails about the same cause.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::Health;
use super::notices::{Cause, Event, Notice};
use crate::campaign::destination::{Destination, EventType};
use crate::kit::ids::{ClaimToken, DestinationName};
use crate::lead::deliveries::{End, LEASE};
use crate::rules::relay::wait_after;

/// What waits for a webhook that stands still itself is looked at again no later than this.
const WAITS_FOR_WEBHOOK: SignedDuration = SignedDuration::from_hours(1);

impl Notice {
    /// The webhooks that can be told now.
    pub fn due_events(&self, now: Timestamp) -> impl Iterator<Item = &DestinationName> {
        let is_due = move |event: &Event| event.next_at.is_none_or(|at| at <= now);
        self.events
            .iter()
            .filter(move |(_, event)| is_due(event))
            .map(|(name, _)| name)
    }

    /// Id and body of the event, the same at every try and for everybody; it has no dot. `None` where it is no stop.
    pub fn event(&self, destination: &Destination) -> Option<(String, String)> {
        let Cause::Stopped { reason, until } = &self.cause else {
            return None;
        };
        let body = json!({
            "type": EventType::DeliveryPaused.code(),
            "timestamp": self.at,
            "data": {
                "workspace": destination.workspace,
                "destination": destination.name,
                "kind": destination.kind,
                "reason": reason,
                "until": until,
            },
        });
        Some((format!("{}-paused-{}", destination.name, self.number), body.to_string()))
    }
}

impl Health {
    /// Claims the event of a notice to one webhook; whether it is ours to tell. One whose teller died is told again, under its id.
    pub fn claim_event(&mut self, number: u32, to: &DestinationName, token: &ClaimToken, now: Timestamp) -> bool {
        let event = self.event_mut(number, to);
        let Some(event) = event.filter(|event| event.next_at.is_none_or(|at| at <= now)) else {
            return false;
        };
        (event.claim, event.next_at) = (Some(token.clone()), Some(now + LEASE));
        true
    }

    /// Records how telling a webhook ended: as of any event (R112), but for one that nobody takes, which is forgotten in the end.
    pub fn settle_event(
        &mut self,
        (number, to): (u32, &DestinationName),
        token: &ClaimToken,
        end: End,
        now: Timestamp,
    ) {
        let Some(event) = self
            .event_mut(number, to)
            .filter(|event| event.claim.as_ref() == Some(token))
        else {
            return;
        };
        event.claim = None;
        let wait = match end {
            End::Pause(_, wait) => Some(wait.unwrap_or(WAITS_FOR_WEBHOOK).min(WAITS_FOR_WEBHOOK)),
            End::Later(asked) => {
                event.attempts += 1;
                wait_after(event.attempts, asked, token)
            }
            End::Unknown | End::Renew => {
                event.attempts += 1;
                wait_after(event.attempts, None, token)
            }
            End::Delivered | End::SetAside | End::Gone => None,
        };
        match wait {
            Some(wait) => event.next_at = Some(now + wait),
            None => self.drop_event(number, to),
        }
    }

    /// Forgets an event whose webhook is gone, or was told.
    pub fn drop_event(&mut self, number: u32, to: &DestinationName) {
        let notice = self.notices.iter_mut().find(|notice| notice.number == number);
        if let Some(notice) = notice {
            notice.events.remove(to);
        }
    }

    fn event_mut(&mut self, number: u32, to: &DestinationName) -> Option<&mut Event> {
        let notice = self.notices.iter_mut().find(|notice| notice.number == number)?;
        notice.events.get_mut(to)
    }
}
