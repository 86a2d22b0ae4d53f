//! Who will be erased, and when, if nothing is heard of them.

use jiff::Timestamp;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::table::{table, words};
use piste_domain::Campaign;
use piste_domain::kit::format::day;
use piste_operations::retention::{DAYS_DEFAULT, DAYS_MAX, Row};
use piste_operations::texts::{forecast_sums, retention_why};

use crate::api::forecast_of;
use crate::pages::Opened;
use crate::query::{self, Query};
use crate::texts::{common, retention as texts};
use crate::{ConsoleError, Session};

/// `GET /console/retention`.
pub async fn show(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let session = &opened.session;
    let query = Query::read(opened.visit.pairs(), query::RETENTION.iter(), false)?;
    let days = query
        .get("days")
        .map_or_else(|| DAYS_DEFAULT.to_string(), str::to_owned);
    let found = forecast_of(session, &query).await?;
    let locale = session.locale;
    let title = common::retention(locale);
    let body = html! {
        h1 { (title) }
        div.card {
            p { (texts::intro(locale)) }
            form method="get" action="/console/retention" {
                div.field {
                    label for="days" { (texts::days(locale)) }
                    input type="number" id="days" name="days" min="1" max=(DAYS_MAX) value=(days);
                }
                button.plain type="submit" { (common::show(locale)) }
            }
        }
        div.card {
            p { strong { (forecast_sums(&found, session.locale)) } }
            @if !found.leads.is_empty() { (erased(session, &found.leads)) }
            @if let Some(next) = &found.next {
                p { a href={ "/console/retention?days=" (days) "&cursor=" (next) } { (texts::earlier(locale)) } }
            }
        }
    };
    Ok(opened.frame(title, body).answer(StatusCode::OK))
}

fn erased(session: &Session<'_>, rows: &[Row]) -> Markup {
    let locale = session.locale;
    let heads = [
        words(texts::name(locale)),
        words(texts::erased(locale)),
        words(texts::asked(locale)),
        words(common::why(locale)),
    ];
    let cells = |row: &Row| {
        let zone = session
            .catalog
            .get(&row.campaign)
            .map_or(jiff::tz::TimeZone::UTC, Campaign::time_zone);
        let date = |at: Timestamp| day(at.to_zoned(zone.clone()).date(), session.locale);
        vec![
            html! { a href={ "/console/leads/" (row.lead) } { (row.name) } },
            html! { (date(row.going.at)) },
            html! { @match row.going.asked_at { Some(at) => (date(at)), None => (texts::no(locale)) } },
            html! { (retention_why(session.locale, row.going.why)) },
        ]
    };
    table(common::retention(locale), &heads, rows.iter().map(cells))
}
