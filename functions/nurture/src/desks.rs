//! Desks: whether an alert goes by itself, and the digests that tell of the rest.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use piste_adapters::desks::if_readable;
use piste_adapters::store::{StoreError, StoreErrorKind};
use piste_adapters::{mail, telemetry};
use piste_domain::campaign::Catalog;
use piste_domain::kit::limits;
use piste_domain::kit::vocabulary::Class;
use piste_domain::lead::ledger::Outcome;
use piste_domain::rules::desk::{Admitted, Desk, told_of};
use piste_domain::rules::effect::MailOrder;
use piste_domain::rules::sending::Gate;
use piste_domain::{Context, Key, Lead, LeadId};

use super::{NotHandled, Run, note_outcome};

/// Leads read in one request.
const LEADS_AT_ONCE: usize = 100;

impl Run<'_> {
    fn context<'a>(&self, catalog: &'a Catalog, key: &'a Key) -> Context<'a> {
        let now = self.app.now();
        Context { catalog, key, now }
    }

    /// Asks the desk of an alert's reader whether it goes by itself, and lets the desks know whose case it is about. Every
    /// other email goes, and so does an alert whose desk this version cannot read.
    pub(super) async fn admit(&self, order: &MailOrder, lead: &Lead) -> Result<Admitted, StoreError> {
        if order.alert.is_none() {
            return Ok(Admitted::Alone);
        }
        let (catalog, ring) = (self.app.catalog().await?, self.app.ring());
        let cx = self.context(&catalog, &ring.identity);
        let desk = LeadId::of_desk(cx.key, &order.workspace, &order.to);
        let _turn = self.desks.lock().await;
        let (own, watching) = told_of(lead, &cx);
        if own.as_ref() == Some(&desk)
            && let Some(watching) = watching
        {
            // First, so that whoever dies in between comes back to it.
            let note = |desk: &mut Desk| desk.note(&[], std::slice::from_ref(&lead.id), &cx);
            if_readable(self.app.store.change_desk((&watching, &order.workspace), note).await)?;
        }
        let admit = |desk: &mut Desk| desk.admit(order, &cx);
        let admitted = if_readable(self.app.store.change_desk((&desk, &order.workspace), admit).await)?;
        Ok(admitted.map_or(Admitted::Alone, |(_, admitted)| admitted))
    }

    /// Sends what is due at a desk, digest after digest, and says how many left.
    pub(super) async fn handle_desk(&self, id: &LeadId) -> Result<usize, NotHandled> {
        let error = match AssertUnwindSafe(self.send_digests(id)).catch_unwind().await {
            Ok(Ok(sent)) => return Ok(sent),
            Ok(Err(error)) => error,
            Err(_panic) => StoreError::new("desk", StoreErrorKind::Corrupt),
        };
        telemetry::log("lead_failed", &[("lead", id.into()), ("error", (&error).into())]);
        if error.kind == StoreErrorKind::Corrupt {
            telemetry::log("set_aside", &[("lead", id.into())]);
            self.app.unreadable.note(id, false, self.app.now());
        }
        Err(NotHandled)
    }

    /// Sets the moments anew of a desk whose alarm is no digest's: whose desk it is could not be read before.
    async fn replan(&self, desk: &Desk) -> Result<(), StoreError> {
        let (catalog, ring) = (self.app.catalog().await?, self.app.ring());
        let cx = self.context(&catalog, &ring.identity);
        let replan = |desk: &mut Desk| desk.replan(&cx);
        self.app
            .store
            .change_desk((&desk.id, &desk.workspace), replan)
            .await
            .map(drop)
    }

    /// Sends the test email that is next at a desk: as its campaign writes it, to whoever asked; whether it left. `None` while
    /// nothing may leave.
    async fn send_test(&self, desk: &Desk) -> Result<Option<bool>, StoreError> {
        let ready = self.ready().await?;
        if !matches!(ready.gate(), Gate::Open(_)) {
            return Ok(None);
        }
        let _under_way = ready.mails_at_once.acquire().await;
        let Some(test) = desk.next_test().filter(|_| self.goes_on()) else {
            return Ok(None);
        };
        let lead = match &test.lead {
            Some(id) => self.app.store.load(id).await?,
            None => None,
        };
        let (catalog, ring) = (self.app.catalog().await?, self.app.ring());
        let cx = self.context(&catalog, &ring.identity);
        let token = self.app.chance.claim_token();
        let version = desk.version;
        let claim = |held: &mut Desk| match held.version == version {
            true => held.claim_test(lead.as_deref(), &token, &cx),
            false => None, // somebody was faster
        };
        let place = (&desk.id, &desk.workspace);
        let (_, order) = self.app.store.change_desk(place, claim).await?;
        let Some(order) = order else { return Ok(Some(false)) };
        let letter = mail::write(self.app, &order, self.app.now());
        let outside = MailOrder {
            class: Class::Alert, // it goes to whoever works here, and no limit of a lead's mailbox is for it
            ..order.clone()
        };
        let outcome = self.hand_over(&outside, letter).await;
        note_outcome(&outside, &outcome, self.app.now());
        let settle = |held: &mut Desk| held.settle(&order.send_id, &order.token, &outcome, &cx);
        self.app.store.change_desk(place, settle).await?;
        Ok(Some(matches!(outcome, Outcome::Accepted { .. })))
    }

    async fn send_digests(&self, id: &LeadId) -> Result<usize, StoreError> {
        let mut sent = 0;
        // Each turn ends one digest; the bound guards against one that does not end.
        for _ in 0..limits::DESK_SENDS_MAX {
            let Some(desk) = self.app.store.desk(id).await? else {
                break;
            };
            if desk.next_test().is_some() {
                let Some(left) = self.send_test(&desk).await? else {
                    break;
                };
                sent += usize::from(left);
                continue;
            }
            let Some(wanted) = desk.wants(self.app.now()) else {
                if desk.due_at.is_some_and(|due| due <= self.app.now()) {
                    self.replan(&desk).await?;
                }
                break;
            };
            let ready = self.ready().await?;
            if ready.gate() == Gate::Held {
                break;
            }
            let _under_way = ready.mails_at_once.acquire().await;
            if !self.goes_on() {
                break;
            }
            let (mut leads, mut all_read): (Vec<Arc<Lead>>, bool) = (Vec::new(), true);
            for ids in wanted.chunks(LEADS_AT_ONCE) {
                let page = self.app.store.load_all(ids).await?;
                all_read &= page.unreadable == 0;
                leads.extend(page.rows);
            }
            let (catalog, ring) = (self.app.catalog().await?, self.app.ring());
            let cx = self.context(&catalog, &ring.identity);
            let token = self.app.chance.claim_token();
            let version = desk.version;
            let place = (id, &desk.workspace);
            let wake = |desk: &mut Desk| match desk.version == version {
                true => desk.wake(&leads, all_read, &token, &cx),
                false => None, // somebody was faster: looked at anew
            };
            let (woken, order) = self.app.store.change_desk(place, wake).await?;
            for send in woken.lost_since(&desk) {
                telemetry::log("unknown", &[("send", send.into())]);
            }
            let Some(order) = order else { continue };
            let letter = mail::write_digest(self.app, &order, self.app.now());
            let outcome = self.hand_over(&order.mail, letter).await;
            note_outcome(&order.mail, &outcome, self.app.now());
            sent += usize::from(matches!(outcome, Outcome::Accepted { .. }));
            let cx = self.context(&catalog, &ring.identity);
            let (send, token) = (&order.mail.send_id, &order.mail.token);
            let settle = |desk: &mut Desk| desk.settle(send, token, &outcome, &cx);
            self.app.store.change_desk(place, settle).await?;
        }
        Ok(sent)
    }
}
