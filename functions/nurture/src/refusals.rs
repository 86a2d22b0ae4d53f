//! SES refuses the house: nothing fails, one email is tried each hour, and the first that leaves opens the rest (R133).

use jiff::Timestamp;
use piste_adapters::App;
use piste_adapters::store::StoreError;
use piste_adapters::telemetry;
use piste_domain::kit::vocabulary::HouseRefusal;
use piste_domain::lead::ledger::{Outcome, Party};
use piste_domain::rules::sending::{Change, Refused, Sending};
use tokio::sync::MutexGuard;

use super::Run;

/// Changes what is known of SES's refusals, and says when one begins and ends; the state as it is then.
pub(super) async fn change(
    app: &App,
    now: Timestamp,
    what: impl Fn(&mut Sending) -> Change,
) -> Result<Sending, StoreError> {
    let mut told = Change::default();
    let note = |sending: &mut Sending| {
        told = what(sending);
        told.changed
    };
    let (sending, ours) = app.store.change_sending(note).await?;
    let line = |event, kind: Option<HouseRefusal>| {
        if let Some(kind) = kind.filter(|_| ours) {
            telemetry::log(event, &[("kind", kind.code().into()), ("at", now.as_second().into())]);
        }
    };
    line("ses_refuses", told.begins);
    line("ses_accepts", told.ends);
    Ok(sending)
}

impl Run<'_> {
    /// What is known of a sender that SES refuses.
    fn refused(&self, from: &str) -> Option<Refused> {
        let ready = self.ready.get()?;
        let sending = ready.sending();
        let refused = sending.refused.get(from)?;
        Some(refused.clone()).filter(|refused| refused.party == Party::Sender)
    }

    fn know(&self, sending: Sending) {
        if let Some(ready) = self.ready.get() {
            *ready.sending() = sending;
        }
    }

    /// Whether an email may be handed to SES from this address. Of a refused sender one alone may, while the others wait for
    /// what comes of it.
    pub(super) async fn may_try(&self, from: &str) -> Result<Option<MutexGuard<'_, ()>>, Outcome> {
        if self.refused(from).is_none() {
            return Ok(None);
        }
        let turn = self.trials.lock().await;
        let now = self.app.now();
        let Some(refused) = self.refused(from) else {
            return Ok(None); // opened meanwhile
        };
        let waits = |refused: &Refused| Outcome::HouseRefused {
            kind: refused.kind,
            party: refused.party,
            until: refused.waits_until(now),
        };
        if refused.waits_until(now).is_some() {
            return Err(waits(&refused));
        }
        let take = |sending: &mut Sending| sending.try_one(from, now);
        let Ok((sending, ours)) = self.app.store.change_sending(take).await else {
            return Err(Outcome::Postponed);
        };
        self.know(sending);
        match self.refused(from) {
            Some(refused) if !ours => Err(waits(&refused)),
            Some(_) => Ok(Some(turn)),
            None => Ok(None), // somebody else's email left meanwhile
        }
    }

    /// Takes what an answer of SES says about the house, and when what it refused is due again.
    pub(super) async fn learn(&self, from: &str, outcome: Outcome) -> Outcome {
        let now = self.app.now();
        let learnt = match &outcome {
            Outcome::HouseRefused { kind, party, .. } => {
                change(self.app, now, |sending| sending.refuse(from, *kind, *party, now)).await
            }
            Outcome::Accepted { .. } if self.ready.get().is_some_and(|ready| ready.sending().learns_from(from)) => {
                change(self.app, now, |sending| sending.accept(from, now)).await
            }
            _ => return outcome,
        };
        match learnt {
            Ok(sending) => self.know(sending),
            Err(error) => telemetry::log("refusal_not_noted", &[("error", (&error).into())]),
        }
        match outcome {
            Outcome::HouseRefused { kind, party, .. } => {
                let known = self
                    .ready
                    .get()
                    .and_then(|ready| ready.sending().refused.get(from).cloned());
                let until = known.map(|known| known.again).filter(|again| *again > now);
                let until = until.or(Some(now + piste_domain::kit::limits::REFUSED_AGAIN));
                Outcome::HouseRefused { kind, party, until }
            }
            other => other,
        }
    }
}
