//! Whether mail leaves: what holds it, the breaker, the canary, SES's quota, and the mails of unknown fate. One button
//! stops everything, one lets it go on.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::http;
use piste_adapters::table::{number, table, words};
use piste_adapters::telemetry;
use piste_domain::kit::limits::REASON_CHARS_MAX;
use piste_domain::{Campaign, CampaignId, Locale};
use piste_operations::OperationError;
use piste_operations::sending::{
    BreakerView, HeldView, QuotaView, SendingView, Standing, State, decides, hold, release, standing, view,
};
use piste_operations::texts::pause_cause;

use crate::pages::{Opened, layout};
use crate::{ConsoleError, Session};

/// What every page of the console must say, if anything. A page is not lost for it.
pub async fn notice(session: &Session<'_>) -> Option<&'static str> {
    let standing = standing(session.app).await;
    let standing = standing.inspect_err(|error| telemetry::log("console_failed", &[("error", error.into())]));
    let standing = standing.ok()?;
    let pick = |fr, en| Some(session.locale.pick(fr, en));
    match standing.state() {
        State::Held => pick(
            "Les envois sont arrêtés\u{a0}: aucun e-mail ne part.",
            "Sending is on hold: no mail leaves.",
        ),
        State::Paused => pick(
            "Les e-mails de conseils sont en pause\u{a0}: trop de rejets ou de plaintes.",
            "Marketing mail is paused: too many bounces or complaints.",
        ),
        State::Open if standing.sending.canary_missing(session.now) => pick(
            "Les retours de SES n’arrivent plus\u{a0}: un e-mail témoin n’est pas revenu.",
            "SES’s reports do not arrive: a canary mail has not come back.",
        ),
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
    let view = view(session).await?;
    let pick = |fr, en| session.locale.pick(fr, en);
    let title = pick("Envois", "Sending");
    let zone = session.campaigns().next().map_or(TimeZone::UTC, Campaign::time_zone);
    let local = |at: Timestamp| layout::local(at, &zone);
    let body = html! {
        h1 { (title) }
        @if status == StatusCode::UNPROCESSABLE_ENTITY {
            div.errors role="alert" { (pick("Dites pourquoi, en 500 caractères au plus.", "Say why, in 500 characters at most.")) }
        }
        div.card {
            h2 { (state_name(view.state, session.locale)) }
            @if let Some(held) = &view.held { (held_text(session, held, &local)) }
            @if let Some(open) = &view.breaker.open {
                p { (local(open.at)) " · " (pause_cause(&open.reason, session.locale)) }
            }
            @if let Some(released) = view.released.as_ref().filter(|_| view.state == State::Open) {
                p.soft { (pick("Repris le ", "Released ")) (local(released.at)) @if !released.reason.is_empty() { " · " (released.reason) } }
            }
            @if decides(session) { (buttons(session, &view)) }
        }
        (breaker_card(session, &view.breaker))
        div.card {
            h2 { "SES" }
            dl {
                dt { (pick("Quota", "Quota")) }
                dd { @match &view.quota {
                    Some(quota) => (quota_text(quota, session.locale)),
                    None => (pick("pas encore lu", "not read yet")),
                } }
                dt { (pick("E-mail témoin parti le", "Canary left")) }
                dd { @if let Some(at) = view.canary.sent_at { (local(at)) } @else { "—" } }
                dt { (pick("Retour confirmé de celui du", "Came back of")) }
                dd { @if let Some(at) = view.canary.back_at { (local(at)) } @else { "—" } }
            }
            p.soft.small { (pick(
                "Chaque heure, un e-mail témoin part vers le simulateur de SES. Son retour prouve que les comptes rendus de SES arrivent\u{a0}; sans lui, un envoi sans réponse n’est pas retenté.",
                "Every hour a canary mail goes to SES’s simulator. Its return proves that SES’s reports arrive; without it, a mail that got no answer is not tried again.",
            )) }
        }
        div.card {
            h2 { (pick("E-mails à vérifier", "Mails that need a look")) }
            (table(
                pick("E-mails à vérifier", "Mails that need a look"),
                &[words(pick("Campagne", "Campaign")), number(pick("Issue inconnue", "Unknown fate")), number(pick("Partis deux fois", "Left twice"))],
                view.campaigns.iter().map(|row| vec![
                    html! { (session.catalog.get(&row.campaign).map_or(row.campaign.as_str(), |campaign| campaign.name.get(session.locale))) },
                    to_leads(&row.campaign, "unknown", row.unknown),
                    to_leads(&row.campaign, "duplicate", row.duplicates),
                ]),
            ))
        }
        p.soft.small { (pick("Heures de ", "Times of ")) (zone.iana_name().unwrap_or("UTC")) }
    };
    Ok(opened.frame(title, body).answer(status))
}

fn state_name(state: State, locale: Locale) -> &'static str {
    match state {
        State::Open => locale.pick("Les e-mails partent", "Mail leaves"),
        State::Paused => locale.pick("Les e-mails de conseils sont en pause", "Marketing mail is paused"),
        State::Held => locale.pick("Les envois sont arrêtés", "Sending is on hold"),
    }
}

fn held_text(session: &Session<'_>, held: &HeldView, local: &impl Fn(Timestamp) -> String) -> Markup {
    let pick = |fr, en| session.locale.pick(fr, en);
    html! {
        @if let Some(since) = held.since {
            p { (pick("Depuis le ", "Since ")) (local(since)) @if let Some(reason) = held.reason.as_ref().filter(|reason| !reason.is_empty()) { " · " (reason) } }
        } @else {
            p { (pick(
                "Cette table n’est pas celle d’où les derniers e-mails sont partis, comme après une restauration. Rejouez d’abord l’archive («\u{a0}piste replay\u{a0}», voir docs/deploiement.md), puis reprenez.",
                "This table is not the one that mail last left from, as after a restore. Tell it the archive first (`piste replay`, see docs/deploy.md), then release.",
            )) }
        }
    }
}

fn buttons(session: &Session<'_>, view: &SendingView) -> Markup {
    let pick = |fr, en| session.locale.pick(fr, en);
    let (action, label, button, needed) = match view.state {
        State::Open => (
            "hold",
            pick("Raison de l’arrêt", "Reason for the hold"),
            pick("Tout arrêter", "Hold everything"),
            true,
        ),
        _ => (
            "release",
            pick("Remarque (facultative)", "Remark (optional)"),
            pick("Reprendre les envois", "Release"),
            false,
        ),
    };
    html! {
        form method="post" action={ "/console/sending/" (action) } {
            div.field {
                label for="reason" { (label) }
                input type="text" id="reason" name="reason" required[needed] maxlength=(REASON_CHARS_MAX);
            }
            button type="submit" { (button) }
        }
        @if view.state == State::Paused {
            form method="post" action="/console/sending/hold" {
                div.field {
                    label for="hold" { (pick("Raison de l’arrêt", "Reason for the hold")) }
                    input type="text" id="hold" name="reason" required maxlength=(REASON_CHARS_MAX);
                }
                button.plain type="submit" { (pick("Tout arrêter", "Hold everything")) }
            }
        }
    }
}

fn breaker_card(session: &Session<'_>, breaker: &BreakerView) -> Markup {
    let pick = |fr, en| session.locale.pick(fr, en);
    let percent = |rate: f64| match session.locale {
        Locale::Fr => format!("{:.2}\u{a0}%", rate * 100.0).replace('.', ","),
        Locale::En => format!("{:.2}%", rate * 100.0),
    };
    let judged = match session.locale {
        Locale::Fr => format!(
            "{} e-mails de conseils en {} jours. En dessous de {}, rien n’est jugé.",
            breaker.sent, breaker.days, breaker.judges_from
        ),
        Locale::En => format!(
            "{} marketing mails in {} days. Below {} nothing is judged.",
            breaker.sent, breaker.days, breaker.judges_from
        ),
    };
    let heads = [
        words(pick("Ce qui revient", "What came back")),
        number("E-mails"),
        number(pick("Taux", "Rate")),
        number(pick("Pause à partir de", "Pauses at")),
    ];
    html! {
        div.card {
            h2 { (pick("Disjoncteur", "Breaker")) }
            p { (judged) }
            (table(pick("Disjoncteur", "Breaker"), &heads, [(pick("Rejets", "Bounces"), &breaker.bounces), (pick("Plaintes", "Complaints"), &breaker.complaints)].map(|(name, row)| vec![
                html! { (name) },
                html! { (row.mails) },
                html! { @if let Some(rate) = row.rate { (percent(rate)) } @else { "—" } },
                html! { (percent(row.limit)) },
            ])))
        }
    }
}

fn quota_text(quota: &QuotaView, locale: Locale) -> String {
    let day = match (quota.per_day, locale) {
        (Some(day), Locale::Fr) => format!("{day} par jour"),
        (Some(day), Locale::En) => format!("{day} a day"),
        (None, _) => locale.pick("sans limite par jour", "no limit a day").to_owned(),
    };
    let second = locale.pick("par seconde", "a second");
    let sandbox = match quota.sandbox {
        true => locale.pick(
            " · bac à sable\u{a0}: seules les adresses vérifiées reçoivent des e-mails",
            " · sandbox: only verified addresses get mail",
        ),
        false => "",
    };
    format!("{} {second}, {day}{sandbox}", quota.per_second)
}

fn to_leads(campaign: &CampaignId, sends: &str, mails: usize) -> Markup {
    html! {
        @if mails > 0 {
            a href={ "/console/leads?campaign=" (campaign) "&sends=" (sends) } { (mails) }
        } @else { "0" }
    }
}
