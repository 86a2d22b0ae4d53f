//! What keeps an email to an address that nobody has confirmed back: its mailbox, and how much leaves in an hour.

use piste_adapters::store::StoreError;
use piste_adapters::telemetry;
use piste_domain::kit::vocabulary::Class;
use piste_domain::lead::ledger::{EntryState, Outcome};
use piste_domain::rules::effect::MailOrder;
use piste_domain::rules::mailbox::{Room, is_limited};
use piste_domain::{Lead, LeadId};

use super::Run;

impl Run<'_> {
    /// What keeps a claimed email back, if anything does. Where the table does not answer, it waits.
    pub(super) async fn limit(&self, order: &MailOrder, lead: &Lead) -> Result<Option<Outcome>, StoreError> {
        if !is_limited(order, lead) {
            return Ok(None);
        }
        let (app, now) = (self.app, self.app.now());
        let mailbox = LeadId::of_mailbox(&app.ring().identity, &order.workspace, &order.to);
        let admit = app
            .store
            .change_mailbox(&mailbox, now, |mailbox| mailbox.admit(order, lead, now));
        let until = match admit.await? {
            Room::Free if order.class == Class::Nurture => return Ok(None),
            Room::Free => app.ceilings.wait(app, order, now).await?,
            Room::From(until) => {
                telemetry::log(EntryState::MAILBOX_FULL, &[("lead", (&order.lead).into())]);
                Some(until)
            }
            Room::None => {
                telemetry::log(EntryState::MAILBOX_FULL, &[("lead", (&order.lead).into())]);
                return Ok(Some(Outcome::Limited { until: None }));
            }
        };
        Ok(until.map(|until| Outcome::Limited { until: Some(until) }))
    }
}
