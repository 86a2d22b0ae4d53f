//! Posts that look like spam: why they are held, releasing one, discarding one or many.

use jiff::tz::TimeZone;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::http;
use piste_adapters::table::{table, words};
use piste_adapters::users::Role;
use piste_domain::Campaign;
use piste_domain::kit::format;
use piste_operations::{OperationError, quarantine};

use crate::pages::Opened;
use crate::quarantine::{HeldPost, list};
use crate::query::{self, Query};
use crate::texts::{common, quarantine as texts};
use crate::{ConsoleError, Session};

/// `GET /console/quarantine`.
pub async fn show(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let session = &opened.session;
    let query = Query::read(opened.visit.pairs(), query::QUARANTINE.iter(), false)?;
    let locale = session.locale;
    let found = list(session, &query).await?;
    let unreadable = found.unreadable.map_or(0, |unreadable| unreadable.get() as u64);
    let title = common::quarantine(locale);
    let may_decide = session.may(Role::Write);
    let mut heads = vec![
        words(texts::enquiry(locale)),
        words(common::campaign(locale)),
        words(texts::received(locale)),
        words(common::why(locale)),
    ];
    if may_decide {
        heads.push(words(texts::decide(locale)));
    }
    let body = html! {
        h1 { (title) }
        div.card { p { (texts::intro(locale)) } }
        @if unreadable > 0 { p { (texts::unreadable(locale, unreadable)) } }
        @if found.posts.is_empty() && unreadable == 0 { p { (texts::none(locale)) } }
        @if !found.posts.is_empty() {
            div.card {
                (table(title, &heads, found.posts.iter().map(|post| row(session, post, may_decide))))
                @if may_decide {
                    form id="discard" method="post" action="/console/quarantine/discard" {
                        button.plain type="submit" { (texts::discard(locale)) }
                    }
                }
            }
        }
        @if let Some(next) = &found.next {
            p { a.button href={ "/console/quarantine?" (query.with("cursor", next)) } { (texts::next(locale)) } }
        }
    };
    Ok(opened.frame(title, body).answer(StatusCode::OK))
}

fn row(session: &Session<'_>, post: &HeldPost, may_decide: bool) -> Vec<Markup> {
    let locale = session.locale;
    let campaign = session.catalog.get(&post.form);
    let zone = campaign.map_or(TimeZone::UTC, Campaign::time_zone);
    let whose = post.email.as_deref().unwrap_or(texts::no_address(locale));
    let risk: u32 = post.reasons.iter().map(|reason| reason.points).sum();
    let mut cells = vec![
        html! {
            (whose)
            @for (field, answer) in post.answers.iter().chain(&post.other) {
                br; span.soft.small { (field) ": " (answer.expose()) }
            }
        },
        html! { @match campaign { Some(campaign) => (campaign.name.get(locale)), None => (post.form) } },
        html! { span.moment { (format::moment(post.at, &zone, locale)) } },
        html! {
            strong { (texts::points(locale, u64::from(risk))) }
            @for reason in &post.reasons { br; span.small { (reason.points) " · " (reason.why) } }
        },
    ];
    if may_decide {
        cells.push(html! {
            form method="post" action={ "/console/quarantine/" (post.id) "/release" } {
                button.plain type="submit" aria-label=(texts::release_of(locale, whose)) { (texts::release(locale)) }
            }
            input type="checkbox" name="post" value=(post.id) form="discard" aria-label=(texts::select_of(locale, whose));
        });
    }
    cells
}

/// `POST /console/quarantine/{id}/release`: on to the lead that it made.
pub async fn release(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let lead = quarantine::release(&opened.session, opened.id).await?;
    Ok(http::see_other(&format!("/console/leads/{lead}")))
}

/// `POST /console/quarantine/discard`: every post whose box is ticked. One that is gone already is no problem.
pub async fn discard(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let form = opened.form().await?;
    for post in form.all("post") {
        match quarantine::discard(&opened.session, post).await {
            Ok(_) | Err(OperationError::NoPost | OperationError::PostTaken) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(http::see_other("/console/quarantine"))
}
