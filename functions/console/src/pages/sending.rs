//! Whether mail leaves: what holds it, the breaker, the canary, SES's quota, and the emails of unknown fate. Where it is
//! held, letting it go on comes first; the button that stops everything stands at the end.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::http;
use piste_adapters::table::{number, table, words};
use piste_adapters::telemetry;
use piste_adapters::users::Role;
use piste_domain::kit::format;
use piste_domain::kit::limits::REASON_CHARS_MAX;
use piste_domain::{Campaign, CampaignId, Locale};
use piste_operations::OperationError;
use piste_operations::sending::{
    BreakerView, HeldView, QuotaView, Standing, State, decides, hold, refused, release, standing, view,
};
use piste_operations::texts::{pause_cause, refused_lines};

use crate::pages::Opened;
use crate::texts::{common, sending as texts};
use crate::{ConsoleError, Session};

/// Months whose leads are counted for emails that need a look: the page reads no more of the index.
const MONTHS_CHECKED: usize = 2;

/// What every page of the console must say, if anything. A page is not lost for it.
pub async fn notice(session: &Session<'_>) -> Option<&'static str> {
    let standing = standing(session.app).await;
    let standing = standing.inspect_err(|error| telemetry::log("console_failed", &[("error", error.into())]));
    let standing = standing.ok()?;
    let locale = session.locale;
    match standing.state() {
        State::Held => Some(texts::notice_held(locale)),
        State::Paused => Some(texts::notice_paused(locale)),
        State::Open if refused(session, &standing.sending).is_some() => Some(texts::notice_refused(locale)),
        State::Open if standing.sending.canary_missing(session.now) => Some(texts::notice_canary(locale)),
        State::Open => None,
    }
}

/// `POST /console/sending/hold`.
pub async fn press_hold(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let reason = typed(opened).await?;
    done(opened, hold(&opened.session, &reason).await).await
}

/// `POST /console/sending/release`.
pub async fn press_release(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let reason = typed(opened).await?;
    done(opened, release(&opened.session, &reason).await).await
}

async fn typed(opened: &Opened<'_>) -> Result<String, ConsoleError> {
    let post = opened.form().await?;
    Ok(post.get("reason").unwrap_or_default().to_owned())
}

async fn done(opened: &Opened<'_>, changed: Result<Standing, OperationError>) -> Result<Response<Body>, ConsoleError> {
    match changed {
        Ok(_) => Ok(http::see_other("/console/sending")),
        Err(OperationError::Reason) => page(opened, StatusCode::UNPROCESSABLE_ENTITY).await,
        Err(error) => Err(error.into()),
    }
}

/// `GET /console/sending`.
pub async fn show(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    page(opened, StatusCode::OK).await
}

async fn page(opened: &Opened<'_>, status: StatusCode) -> Result<Response<Body>, ConsoleError> {
    let session = &opened.session;
    let view = view(session, MONTHS_CHECKED).await?;
    let locale = session.locale;
    let title = common::sending(locale);
    let zone = session.campaigns().next().map_or(TimeZone::UTC, Campaign::time_zone);
    let local = |at: Timestamp| format::moment(at, &zone, locale);
    let may_decide = decides(session) && session.may(Role::Admin);
    let refused = status == StatusCode::UNPROCESSABLE_ENTITY;
    let body = html! {
        h1 { (title) }
        @if refused {
            div.errors role="alert" tabindex="-1" autofocus { (texts::reason_needed(locale, REASON_CHARS_MAX)) }
        }
        div.card {
            h2 { (state_name(view.state, session.locale)) }
            @if let Some(held) = &view.held { (held_text(session, held, &local)) }
            @if let Some(open) = &view.breaker.open {
                p { (local(open.at)) " · " (pause_cause(&open.reason, session.locale)) }
            }
            @if let Some(released) = view.released.as_ref().filter(|_| view.state == State::Open) {
                p.soft { (texts::released(locale, &local(released.at))) @if !released.reason.is_empty() { " · " (released.reason) } }
            }
            @if may_decide && view.state != State::Open { (release_form(locale)) }
        }
        @if let Some(refused) = &view.refused {
            div.card {
                h2 { (texts::refused(locale)) }
                @for line in refused_lines(refused, &local(refused.since), locale) { p { (line) } }
            }
        }
        (breaker_card(session, &view.breaker))
        div.card {
            h2 { "SES" }
            dl {
                dt { (texts::quota(locale)) }
                dd { @match &view.quota {
                    Some(quota) => (quota_text(quota, session.locale)),
                    None => (texts::not_read(locale)),
                } }
                dt { (texts::canary_sent(locale)) }
                dd { @if let Some(at) = view.canary.sent_at { (local(at)) } @else { "—" } }
                dt { (texts::canary_back(locale)) }
                dd { @if let Some(at) = view.canary.back_at { (local(at)) } @else { "—" } }
            }
            p.soft.small { (texts::canary(locale)) }
        }
        div.card {
            h2 { (texts::to_check(locale)) }
            p.soft.small { (texts::of_late(locale)) }
            (table(
                texts::to_check(locale),
                &[words(common::campaign(locale)), number(texts::unknown(locale)), number(texts::twice(locale))],
                view.campaigns.iter().map(|row| vec![
                    html! { (session.catalog.get(&row.campaign).map_or(row.campaign.as_str(), |campaign| campaign.name.get(session.locale))) },
                    to_leads(&row.campaign, "unknown", row.unknown),
                    to_leads(&row.campaign, "duplicate", row.duplicates),
                ]),
            ))
        }
        @if may_decide && view.state != State::Held {
            details open[refused] {
                summary { (texts::hold(locale)) }
                (hold_form(locale))
            }
        }
        p.soft.small { (common::zone(locale, zone.iana_name().unwrap_or("UTC"))) }
    };
    Ok(opened.frame(title, body).answer(status))
}

/// Whether sending is on, in words.
pub fn state_name(state: State, locale: Locale) -> &'static str {
    match state {
        State::Open => texts::on(locale),
        State::Paused => texts::paused(locale),
        State::Held => texts::held(locale),
    }
}

fn held_text(session: &Session<'_>, held: &HeldView, local: &impl Fn(Timestamp) -> String) -> Markup {
    let locale = session.locale;
    html! {
        @if let Some(since) = held.since {
            p { (texts::since(locale, &local(since))) @if let Some(reason) = held.reason.as_ref().filter(|reason| !reason.is_empty()) { " · " (reason) } }
        } @else {
            p { (texts::restored(locale)) }
        }
    }
}

fn release_form(locale: Locale) -> Markup {
    html! {
        form method="post" action="/console/sending/release" {
            div.field {
                label for="reason" { (texts::remark(locale)) }
                input type="text" id="reason" name="reason" maxlength=(REASON_CHARS_MAX);
            }
            button type="submit" { (texts::release(locale)) }
        }
    }
}

fn hold_form(locale: Locale) -> Markup {
    html! {
        form method="post" action="/console/sending/hold" {
            div.field {
                label for="hold" { (texts::hold_reason(locale)) }
                input type="text" id="hold" name="reason" required maxlength=(REASON_CHARS_MAX);
            }
            button.plain.danger type="submit" { (texts::hold(locale)) }
        }
    }
}

fn breaker_card(session: &Session<'_>, breaker: &BreakerView) -> Markup {
    let locale = session.locale;
    let percent = |rate: f64| texts::percent(locale, &format::decimal(rate * 100.0, 2, locale));
    let [sent, least] = [breaker.sent, breaker.judges_from].map(|emails| format::count(emails, locale));
    let judged = texts::judged(locale, &sent, breaker.days, &least);
    let heads = [
        words(texts::what(locale)),
        number(common::emails(locale)),
        number(common::rate(locale)),
        number(texts::pauses_at(locale)),
    ];
    html! {
        div.card {
            h2 { (texts::automatic_pause(locale)) }
            p { (judged) }
            (table(texts::automatic_pause(locale), &heads, [(texts::bounces(locale), &breaker.bounces), (texts::complaints(locale), &breaker.complaints)].map(|(name, row)| vec![
                html! { (name) },
                html! { (row.mails) },
                html! { @if let Some(rate) = row.rate { (percent(rate)) } @else { "—" } },
                html! { (percent(row.limit)) },
            ])))
        }
    }
}

fn quota_text(quota: &QuotaView, locale: Locale) -> String {
    let second = texts::per_second(locale, &format::count(quota.per_second.into(), locale));
    let day = match quota.per_day {
        Some(day) => texts::per_day(locale, &format::count(day, locale)),
        None => texts::no_daily_limit(locale).to_owned(),
    };
    match quota.sandbox {
        true => format!("{second}, {day} · {}", texts::sandbox(locale)),
        false => format!("{second}, {day}"),
    }
}

fn to_leads(campaign: &CampaignId, sends: &str, mails: usize) -> Markup {
    html! {
        @if mails > 0 {
            a href={ "/console/leads?campaign=" (campaign) "&sends=" (sends) } { (mails) }
        } @else { "0" }
    }
}
