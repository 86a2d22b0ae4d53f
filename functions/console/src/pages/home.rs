//! The first page: what there is to do, and how it goes.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_domain::Lead;
use piste_domain::kit::format;
use piste_operations::home::home;
use piste_operations::leads::row::{Shown, summary};
use piste_operations::sending::{State, standing};

use crate::pages::Opened;
use crate::pages::layout::zone_of;
use crate::pages::list::{first_zone, names, owner_name, task, telephone};
use crate::pages::report::leads_over_time;
use crate::pages::sending::state_name;
use crate::texts::{common, home as texts, list};
use crate::{ConsoleError, Session};

/// `GET /console`.
pub async fn show(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let session = &opened.session;
    let locale = session.locale;
    let home = home(session).await?;
    let mail = standing(session.app).await?;
    let zone = first_zone(session);
    let title = texts::home(locale);
    let to_call = home.to_call.unwrap_or(home.calls.len()) as u64;
    let body = html! {
        h1 { (title) }
        div.tiles {
            (tile("/console/leads?call=now", list::call_now(locale), to_call, None, locale))
            (tile("/console/leads?call=late", list::call_late(locale), home.late as u64, None, locale))
            (tile("/console/leads?since=P7D", list::new_this_week(locale), home.week.leads, Some(texts::before(locale, home.before.leads)), locale))
            (tile("/console/leads?since=P7D&stage=mql", texts::qualified(locale), home.week.qualified, Some(texts::before(locale, home.before.qualified)), locale))
        }
        div.card {
            h2 { (list::call_now(locale)) }
            @if home.calls.is_empty() {
                p.soft { (texts::nobody_to_call(locale)) }
            } @else {
                ul.rows { @for lead in &home.calls { (call(session, lead)) } }
                p { a href="/console/leads?call=now" { (texts::all_calls(locale)) } }
            }
        }
        div.halves {
            div.card {
                h2 { (texts::latest(locale)) }
                @if home.new.is_empty() { p.soft { (texts::nobody_new(locale)) } }
                ul.rows { @for lead in &home.new { (came(session, lead)) } }
                p { a href="/console/leads" { (texts::all_leads(locale)) } }
            }
            div.card {
                h2 { (texts::replies(locale)) }
                @if home.replies.is_empty() { p.soft { (texts::no_replies(locale)) } }
                ul.rows {
                    @for (at, lead) in &home.replies { li {
                        (link(session, lead)) " "
                        span.soft.small { (format::moment_nearby(*at, &zone_of(session, lead), locale)) }
                    } }
                }
            }
        }
        div.card {
            h2 { (common::sending(locale)) }
            p {
                (state_name(mail.state(), locale))
                @if mail.state() == State::Open {
                    @if let Some(back) = mail.sending.canary_back { " · " span.soft { (texts::test_email(locale, &format::moment_nearby(back, &zone, locale))) } }
                }
            }
            p { a href="/console/sending" { (common::see_sending(locale)) } }
        }
        div.card { h2 { (texts::last_30_days(locale)) } (leads_over_time(home.days.0, &home.days.1, locale)) }
        p.soft.small { (common::zone(locale, zone.iana_name().unwrap_or("UTC"))) }
    };
    Ok(opened.frame(title, body).answer(StatusCode::OK))
}

/// A number that leads to its leads.
fn tile(href: &str, name: &str, count: u64, beside: Option<String>, locale: piste_domain::Locale) -> Markup {
    html! {
        a.tile href=(href) {
            strong { (format::count(count, locale)) }
            span { (name) }
            @if let Some(beside) = beside { span.soft.small { (beside) } }
        }
    }
}

fn link(session: &Session<'_>, lead: &Lead) -> Markup {
    let shown = Shown::of(session, lead, None);
    let (called, beside) = names(&summary(lead, &shown, session.now), shown.campaign);
    html! {
        a href={ "/console/leads/" (lead.id) } { (called) }
        @if let Some(beside) = beside { " " span.soft.small { (beside) } }
    }
}

fn call(session: &Session<'_>, lead: &Lead) -> Markup {
    let shown = Shown::of(session, lead, None);
    let row = summary(lead, &shown, session.now);
    html! {
        li {
            (link(session, lead)) br;
            span.links { (telephone(&row, shown.campaign)) } br;
            span.small { (task(&row, session, &zone_of(session, lead))) " · " (row.owner.as_deref().map_or("—", |id| owner_name(session, id))) }
        }
    }
}

fn came(session: &Session<'_>, lead: &Lead) -> Markup {
    let shown = Shown::of(session, lead, None);
    html! {
        li {
            span.pill { (shown.score.grade) } " " (link(session, lead)) " "
            span.soft.small { (format::moment_nearby(lead.captured_at, &zone_of(session, lead), session.locale)) }
        }
    }
}
