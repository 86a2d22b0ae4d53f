//! Where leads are sent on to, what became of each delivery, and what a person does about it.

use jiff::tz::TimeZone;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::http;
use piste_adapters::table::{table, words};
use piste_adapters::users::Role;
use piste_domain::campaign::destination::EventType;
use piste_domain::kit::format;
use piste_domain::lead::deliveries::{DeliveryId, DeliveryState, What};
use piste_domain::rules::destinations::State;
use piste_domain::{Campaign, Locale, views};
use piste_operations::OperationError;
use piste_operations::destinations::{self, DeliveryView, DestinationView};

use crate::destinations::deliveries;
use crate::pages::Opened;
use crate::query::{self, Query};
use crate::texts::{common, destinations as texts};
use crate::{ConsoleError, Session};

/// `GET /console/destinations`.
pub async fn show(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let session = &opened.session;
    let locale = session.locale;
    let found = destinations::list(session).await?.destinations;
    let (title, zone, may_decide) = (texts::destinations(locale), zone_of(session), session.may(Role::Write));
    let body = html! {
        h1 { (title) }
        @if found.is_empty() {
            div.card { p { strong { (texts::none(locale)) } } p { (texts::how_to_add(locale)) } }
        } @else {
            p { (texts::intro(locale)) }
            @for of in &found { (card(of, &zone, may_decide, locale)) }
            p { a href="/console/deliveries" { (texts::all_deliveries(locale)) } }
            p.soft.small { (common::zone(locale, zone.iana_name().unwrap_or("UTC"))) }
        }
    };
    Ok(opened.frame(title, body).answer(StatusCode::OK))
}

fn card(of: &DestinationView, zone: &TimeZone, may_decide: bool, locale: Locale) -> Markup {
    let list = format!("/console/deliveries?destination={}", of.name);
    let press = |what: &str, label: &str, words: &str| {
        html! {
            form method="post" action={ "/console/destinations/" (of.name) "/" (what) } {
                button.plain type="submit" aria-label=(label) { (words) }
            }
        }
    };
    let counted = |n: usize, query: &str| {
        html! { @if n > 0 { a href={ (list) (query) } { (format::count(n as u64, locale)) } } @else { "0" } }
    };
    html! {
        div.card {
            h2 { a href=(list) { (of.name) } " " span.pill { (views::destinations::state(locale, of.state)) } }
            @if let Some(reason) = of.reason {
                p {
                    strong { (views::destinations::reason(locale, reason)) }
                    @if let Some(until) = of.until { " " (texts::until(locale, &format::moment(until, zone, locale))) }
                    " " (views::destinations::advice(locale, reason))
                }
            }
            dl {
                dt { (texts::kind(locale)) } dd { (views::destinations::kind(locale, of.kind)) }
                dt { (texts::pending(locale)) } dd { (counted(of.pending, "")) }
                dt { (texts::set_aside(locale)) } dd { (counted(of.set_aside, "&state=set_aside")) }
                @if let Some(at) = of.oldest_at { dt { (texts::oldest(locale)) } dd { (format::moment(at, zone, locale)) } }
            }
            @if may_decide {
                div.bar {
                    @if of.state == State::Active {
                        (press("pause", &texts::pause_named(locale, &of.name), texts::pause(locale)))
                    } @else {
                        (press("resume", &texts::resume_named(locale, &of.name), texts::resume(locale)))
                    }
                    @if of.set_aside > 0 {
                        (press("replay", &texts::replay_named(locale, &of.name), texts::replay(locale)))
                    }
                }
            }
        }
    }
}

/// The clock of pages that are about no single lead: that of the first campaign.
fn zone_of(session: &Session<'_>) -> TimeZone {
    session.campaigns().next().map_or(TimeZone::UTC, Campaign::time_zone)
}

/// `GET /console/deliveries`.
pub async fn list(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let session = &opened.session;
    let locale = session.locale;
    let query = Query::read(opened.visit.pairs(), query::DELIVERIES.iter(), false)?;
    let found = deliveries(session, &query).await?;
    let (title, zone) = (texts::deliveries(locale), zone_of(session));
    let chosen = |name: &str, value: &str| query.get(name) == Some(value);
    let back = format!("?{}", query.text());
    let body = html! {
        p { a href="/console/destinations" { (texts::destinations(locale)) } }
        h1 { (title) }
        form.bar method="get" action="/console/deliveries" role="search" {
            div.field {
                label for="destination" { (texts::destination(locale)) }
                select id="destination" name="destination" {
                    option value="" { (texts::any(locale)) }
                    @for of in destinations::of_workspace(session) {
                        option value=(of.name) selected[chosen("destination", of.name.as_str())] { (of.name) }
                    }
                }
            }
            div.field {
                label for="state" { (texts::state(locale)) }
                select id="state" name="state" {
                    option value="" { (texts::any_state(locale)) }
                    @for state in DeliveryState::ALL {
                        option value=(state.code()) selected[chosen("state", state.code())] { (views::destinations::delivery_state(locale, state)) }
                    }
                }
            }
            @if let Some(lead) = query.get("lead") { input type="hidden" name="lead" value=(lead); }
            button type="submit" { (common::show(locale)) }
        }
        @if let Some(lead) = query.get("lead") {
            p { (texts::of_lead(locale)) " " a href={ "/console/leads/" (lead) } { (lead) } }
        }
        @if found.deliveries.is_empty() {
            p { (texts::no_deliveries(locale)) }
        } @else {
            div.card { (rows(session, &found.deliveries, &zone, Some(&back))) }
        }
        @if let Some(next) = &found.next {
            p { a.button href={ "/console/deliveries?" (query.with("cursor", next)) } { (texts::more(locale)) } }
        }
        p.soft.small { (common::zone(locale, zone.iana_name().unwrap_or("UTC"))) }
    };
    Ok(opened.frame(title, body).answer(StatusCode::OK))
}

/// A table of deliveries: of one lead without `back`, else those of a page, to which whoever takes one up comes back.
pub fn rows(session: &Session<'_>, all: &[DeliveryView], zone: &TimeZone, back: Option<&str>) -> Markup {
    let locale = session.locale;
    let mut heads = vec![
        words(texts::what(locale)),
        words(texts::destination(locale)),
        words(texts::state(locale)),
        words(texts::answer(locale)),
        words(texts::since(locale)),
    ];
    let may_decide = session.may(Role::Write) && all.iter().any(|of| of.state == DeliveryState::SetAside);
    if may_decide {
        heads.push(words(texts::decide(locale)));
    }
    let moment = |at| format::moment(at, zone, locale);
    let row = |of: &DeliveryView| {
        let what = What::parse(&of.what);
        let name = what.map_or(of.what.as_str(), |what| views::destinations::what(locale, what));
        let is_gone = matches!(what, Some(What::Erasure | What::Event(EventType::LeadErased)));
        let lead = short(&of.lead);
        let mut cells = vec![
            html! {
                (name)
                @if matches!(what, Some(What::Event(_))) { br; code.small { (of.what) } }
                @if back.is_some() {
                    br; span.small { @if is_gone { (lead) } @else { a href={ "/console/leads/" (of.lead) } { (texts::lead(locale)) " " (lead) } } }
                }
            },
            html! { (of.destination) },
            html! {
                (views::destinations::delivery_state(locale, of.state))
                @if of.attempts > 0 { br; span.soft.small { (texts::tries(locale, of.attempts.into())) } }
            },
            answer(of, locale),
            html! {
                (moment(of.at))
                @if let Some(at) = of.next_at {
                    br; span.soft.small { (texts::next_try(locale, &if at > session.now { moment(at) } else { texts::at_once(locale).to_owned() })) }
                }
            },
        ];
        if may_decide {
            cells.push(html! {
                @if of.state == DeliveryState::SetAside {
                    form method="post" action={ "/console/deliveries/" (of.id) "/replay" (back.unwrap_or_default()) } {
                        button.plain type="submit" aria-label=(texts::replay_delivery(locale, name, &of.destination)) { (texts::replay(locale)) }
                    }
                }
            });
        }
        cells
    };
    table(texts::deliveries(locale), &heads, all.iter().map(row))
}

/// What the other side answered last, and what became of single fields.
fn answer(of: &DeliveryView, locale: Locale) -> Markup {
    html! {
        @if of.status.is_none() && of.code.is_none() && of.fields.is_empty() { "—" }
        @if let Some(status) = of.status { (status) }
        @if let Some(code) = &of.code { " " code.small { (code) } }
        @for field in &of.fields {
            br; span.small { code { (field.name) } " · " (views::destinations::field_end(locale, field.outcome)) }
        }
    }
}

/// As much of an id as tells leads apart on a page.
fn short(id: &piste_domain::LeadId) -> String {
    format!("{}…", &id.as_str()[..8])
}

/// `POST /console/destinations/{name}/pause`.
pub async fn pause(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    done(destinations::pause(&opened.session, opened.id).await)
}

/// `POST /console/destinations/{name}/resume`.
pub async fn resume(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    done(destinations::resume(&opened.session, opened.id).await)
}

/// `POST /console/destinations/{name}/replay`.
pub async fn replay(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    done(destinations::replay(&opened.session, opened.id).await.map(drop))
}

fn done(done: Result<(), OperationError>) -> Result<Response<Body>, ConsoleError> {
    done?;
    Ok(http::see_other("/console/destinations"))
}

/// `POST /console/deliveries/{id}/replay`: back to the page it was pressed on.
pub async fn replay_one(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    destinations::replay_one(&opened.session, opened.id).await?;
    let lead = DeliveryId::parse(opened.id).map(|id| id.lead);
    Ok(http::see_other(&match (opened.visit.pairs(), lead) {
        ([], Some(lead)) => format!("/console/leads/{lead}#deliveries"),
        (asked, _) => {
            let query = Query::read(asked, query::DELIVERIES.iter(), false)?;
            format!("/console/deliveries?{}", query.text())
        }
    }))
}
