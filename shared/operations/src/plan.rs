//! What will be sent to a lead, and why at that time.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use piste_adapters::store::StoreError;
use piste_domain::campaign::Start;
use piste_domain::kit::calendar::Delay;
use piste_domain::rules::plan::{Planned, plan as plan_of, upcoming};
use piste_domain::rules::sending::Senders;
use piste_domain::{Campaign, Lead, Locale};

use crate::{Operator, texts};

/// One future email.
#[derive(Clone, Debug)]
pub struct Mail {
    /// When, of which step, and what moved it.
    pub planned: Planned,
    /// The zone of its campaign.
    pub zone: TimeZone,
    /// How long after what; `None` once the campaign has no such step any more.
    pub after: Option<(Delay, Start)>,
}

/// Every future email to a lead, if nothing changes. The state of sending is asked only where something looks too late, for
/// its deadline may have stood still.
///
/// # Errors
/// [`StoreError`].
pub async fn plan(operator: &Operator<'_>, lead: &Lead) -> Result<Vec<Mail>, StoreError> {
    let next = upcoming(lead, &operator.catalog, operator.now);
    let senders = match next.iter().any(|next| next.is_late(operator.now, &Senders::WELL)) {
        true => operator.app.store.sending().await?.senders(),
        false => Senders::WELL,
    };
    let mails = plan_of(lead, &operator.catalog, &senders, operator.now).into_iter();
    let mails = mails.map(|planned| {
        let campaign = operator.catalog.get(&planned.campaign);
        let sequence = campaign.and_then(|campaign| campaign.sequence(&planned.sequence));
        let after = sequence.and_then(|sequence| {
            let step = sequence.steps.iter().find(|step| step.id == planned.step)?;
            Some((step.delay, sequence.start))
        });
        Mail {
            zone: campaign.map_or(TimeZone::UTC, Campaign::time_zone),
            after,
            planned,
        }
    });
    Ok(mails.collect())
}

impl Mail {
    /// Why it leaves when it does, such as "2 days after the opt-in; moved: weekend".
    pub fn why(&self, locale: Locale) -> String {
        let after = self.after.as_ref().map(|(delay, start)| since(delay, *start, locale));
        let moved = self.planned.moved.why(locale);
        match (after.unwrap_or_default(), moved) {
            (after, None) => after,
            (after, Some(moved)) => texts::moved(locale, &after, moved),
        }
    }
}

fn since(delay: &Delay, start: Start, locale: Locale) -> String {
    let after = texts::after(locale, start);
    let hours = delay.add_to(Timestamp::UNIX_EPOCH, &TimeZone::UTC).as_second() / 3_600;
    match u64::try_from(hours).unwrap_or_default() {
        0 => texts::at_once(locale, after),
        hours if hours % 24 == 0 => texts::days_after(locale, hours / 24, after),
        hours => texts::hours_after(locale, hours, after),
    }
}
