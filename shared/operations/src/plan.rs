//! What will be sent to a lead, and why at that time.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use piste_adapters::store::StoreError;
use piste_domain::campaign::Start;
use piste_domain::kit::calendar::Delay;
use piste_domain::kit::vocabulary::{Class, SkipReason};
use piste_domain::rules::plan::{Planned, Upcoming, outlook, upcoming};
use piste_domain::rules::sending::Senders;
use piste_domain::views::conditions;
use piste_domain::{Campaign, CampaignId, Lead, Locale};
use serde::Serialize;

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
    /// Under which conditions it leaves, in words; `None` where it has none.
    pub condition: Option<String>,
}

/// Every future email to a lead, if nothing changes, and those that their conditions leave out as things stand. The state of
/// sending is asked only where something looks too late, for its deadline may have stood still, or is a mailing, which may be
/// paused.
///
/// # Errors
/// [`StoreError`].
pub async fn plan(operator: &Operator<'_>, lead: &Lead, locale: Locale) -> Result<Vec<Mail>, StoreError> {
    let next = upcoming(lead, &operator.catalog, operator.now);
    let asks =
        |next: &Upcoming<'_>| next.is_late(operator.now, &Senders::WELL) || next.sequence.start == Start::Approval;
    let senders = match next.iter().any(asks) {
        true => operator.app.store.sending().await?.senders(),
        false => Senders::WELL,
    };
    let mails = outlook(lead, &operator.catalog, &senders, operator.now).into_iter();
    let mails = mails.map(|planned| {
        let campaign = operator.catalog.get(&planned.campaign);
        let sequence = campaign.and_then(|campaign| campaign.sequence(&planned.sequence));
        let found = campaign.zip(sequence).and_then(|(campaign, sequence)| {
            let step = sequence.steps.iter().find(|step| step.id == planned.step)?;
            Some((
                (step.delay, sequence.start),
                conditions::of_step(step, campaign, locale),
            ))
        });
        let (after, condition) = found.unzip();
        Mail {
            zone: campaign.map_or(TimeZone::UTC, Campaign::time_zone),
            after,
            condition: condition.flatten(),
            planned,
        }
    });
    Ok(mails.collect())
}

/// Every future mail of a lead, as the API answers it.
#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct PlanView {
    /// In the order they leave in.
    pub plan: Vec<PlannedView>,
    /// What its conditions leave out, as things stand: an answer, a click or another stage before that moment may change it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<PlannedView>,
}

/// One future mail. `local` is the same moment on the wall clock of the campaign's zone.
#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
#[expect(missing_docs, reason = "the names are those of the API")]
pub struct PlannedView {
    pub at: Timestamp,
    pub local: String,
    pub campaign: CampaignId,
    pub sequence: String,
    pub step: String,
    pub class: Class,
    pub why: String,
    /// Under which conditions it leaves, in words; absent where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Why its conditions leave it out; absent where it leaves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out: Option<SkipReason>,
}

impl PlannedView {
    /// What is decided now of its conditions; `None` where it has none.
    pub fn decided(&self, locale: Locale) -> Option<String> {
        decided(self.condition.as_deref(), self.left_out, locale)
    }
}

/// The same as [`plan`], in the words of a language.
///
/// # Errors
/// [`StoreError`].
pub async fn view(operator: &Operator<'_>, lead: &Lead, locale: Locale) -> Result<PlanView, StoreError> {
    let planned = |mail: Mail| {
        let why = mail.why(locale);
        let Mail {
            planned,
            zone,
            condition,
            ..
        } = mail;
        PlannedView {
            at: planned.at,
            local: planned.at.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            campaign: planned.campaign,
            sequence: planned.sequence,
            step: planned.step,
            class: planned.class,
            why,
            condition,
            left_out: planned.left_out,
        }
    };
    let mails = plan(operator, lead, locale).await?.into_iter();
    let (plan, left_out) = mails.map(planned).partition(|mail| mail.left_out.is_none());
    Ok(PlanView { plan, left_out })
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

    /// What is decided now of its conditions; `None` where it has none.
    pub fn decided(&self, locale: Locale) -> Option<String> {
        decided(self.condition.as_deref(), self.planned.left_out, locale)
    }
}

/// The conditions of an email, and whether it leaves as things stand.
fn decided(condition: Option<&str>, left_out: Option<SkipReason>, locale: Locale) -> Option<String> {
    let condition = condition?;
    Some(match left_out {
        None => texts::leaves_as_things_stand(locale, condition),
        Some(reason) => {
            let why = conditions::skipped_for(reason.code(), locale);
            texts::left_out_as_things_stand(locale, condition, why)
        }
    })
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
