//! `piste sending`, `hold`, `release` and `resend`.

use jiff::Timestamp;
use piste_domain::kit::format;
use piste_domain::{CampaignId, Locale};
use piste_operations::sending::{self, Standing, State};
use piste_operations::texts::{pause_cause, refused_lines};
use piste_operations::{Operator, resend};

use crate::error::CommandError;
use crate::storage::Opened;
use crate::texts;

/// Stops all email.
///
/// # Errors
/// [`CommandError::Operation`].
pub(super) async fn hold(at: &Opened, reason: &str, locale: Locale) -> Result<String, CommandError> {
    let operator = at.operator().await?;
    let standing = sending::hold(&operator, reason).await?;
    Ok(told(&standing, &operator, locale))
}

/// Lets email leave again.
///
/// # Errors
/// [`CommandError::Operation`].
pub(super) async fn release(at: &Opened, reason: &str, locale: Locale) -> Result<String, CommandError> {
    let operator = at.operator().await?;
    let standing = sending::release(&operator, reason).await?;
    Ok(told(&standing, &operator, locale))
}

/// Whether email leaves, and if not, why and since when.
///
/// # Errors
/// [`CommandError::Store`].
pub(super) async fn state(at: &Opened, locale: Locale) -> Result<String, CommandError> {
    Ok(told(&sending::standing(&at.app).await?, &at.operator().await?, locale))
}

/// Takes up again what failed because SES refused the house, and says how much.
///
/// # Errors
/// [`CommandError::Store`].
pub(super) async fn resend(at: &Opened, campaign: Option<&str>, locale: Locale) -> Result<String, CommandError> {
    let sum = resend::resend(&at.app, campaign.map(CampaignId::new).as_ref()).await?;
    Ok(texts::resent(locale, sum.emails, sum.leads, sum.unreadable))
}

/// The same with everything that bears on it.
///
/// # Errors
/// [`CommandError::Store`].
pub(super) async fn view(at: &Opened, locale: Locale) -> Result<String, CommandError> {
    let operator = at.operator().await?;
    let moment = |at: Timestamp| moment(at, &operator, locale);
    let view = sending::view(&operator, piste_operations::MONTHS_BACK).await?;
    let mut lines = vec![state(at, locale).await?];
    if let Some(released) = view.released.as_ref().filter(|_| view.state == State::Open) {
        let mut line = texts::released(locale, &moment(released.at));
        if !released.reason.is_empty() {
            line = texts::list_title(locale, &line, &released.reason);
        }
        lines.push(line);
    }
    if let Some(refused) = &view.refused {
        lines.extend(refused_lines(refused, &moment(refused.since), locale));
    }
    let breaker = &view.breaker;
    let count = |emails: u64| format::count(emails, locale);
    let rate = |rate: Option<f64>| rate.map_or("—".to_owned(), |rate| format::percent(rate, locale));
    lines.push(texts::came_back(
        locale,
        &count(breaker.sent),
        breaker.days,
        &count(breaker.bounces.mails),
        &rate(breaker.bounces.rate),
        &count(breaker.complaints.mails),
        &rate(breaker.complaints.rate),
    ));
    // The local system sends none.
    if let Some(sent) = view.canary.sent_at {
        let back = view.canary.back_at.map(moment);
        let back = back.unwrap_or_else(|| texts::never(locale).to_owned());
        let overdue = if view.canary.missing {
            texts::test_email_missing(locale)
        } else {
            ""
        };
        lines.push(texts::test_email(locale, &moment(sent), &back) + overdue);
    }
    if let Some(quota) = &view.quota {
        let day = quota.per_day.map(|emails| texts::quota_day(locale, &count(emails)));
        let day = day.unwrap_or_else(|| texts::no_limit(locale).to_owned());
        let sandbox = if quota.sandbox { texts::sandbox(locale) } else { "" };
        lines.push(texts::quota(locale, quota.per_second, &day) + sandbox);
    }
    for (id, job) in &at.app.store.anew().await?.campaigns {
        lines.push(texts::alarms_under_way(locale, id, &count(job.looked_at)));
    }
    Ok(lines.join("\n"))
}

fn told(standing: &Standing, operator: &Operator<'_>, locale: Locale) -> String {
    let Standing { sending, .. } = standing;
    match (standing.state(), &sending.held, &sending.breaker) {
        (_, Some(held), _) => texts::sending_held(locale, &moment(held.at, operator, locale), &held.reason),
        (State::Held, None, _) => texts::sending_held_elsewhere(locale).to_owned(),
        (_, None, Some(pause)) => {
            let cause = pause_cause(&pause.reason, locale);
            texts::emails_paused(locale, &moment(pause.at, operator, locale), cause)
        }
        (_, None, None) => texts::sending_on(locale).to_owned(),
    }
}

/// A moment with its zone: there is no page around it that says it.
fn moment(at: Timestamp, operator: &Operator<'_>, locale: Locale) -> String {
    let zone = super::zone(operator);
    let name = zone.iana_name().unwrap_or("UTC");
    format!("{} ({name})", format::moment(at, &zone, locale))
}
