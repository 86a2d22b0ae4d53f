//! Who will be erased, and when, if nothing is heard of them.

use jiff::Timestamp;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::http::Visit;
use piste_adapters::table::{table, words};
use piste_domain::Campaign;
use piste_domain::kit::format::day;
use piste_operations::retention::{DAYS_DEFAULT, DAYS_MAX, Forecast, Row, some_months};
use piste_operations::texts::{forecast_sums, retention_why};

use crate::pages::frame;
use crate::{ConsoleError, Desk};

/// What is asked for.
struct Ask {
    days: u32,
    /// The end of the month at which to go on.
    cursor: Option<Timestamp>,
}

impl Ask {
    fn read(visit: &Visit) -> Result<Self, ConsoleError> {
        let value = |name: &str| visit.query(name).filter(|value| !value.trim().is_empty());
        let days = match value("days").map(|text| text.trim().parse::<u32>()) {
            None => DAYS_DEFAULT,
            Some(Ok(days @ 1..=DAYS_MAX)) => days,
            Some(_) => return Err(ConsoleError::BadRequest("bad_days", "days is 1 to 3650.")),
        };
        let bad_cursor = ConsoleError::BadRequest(
            "bad_cursor",
            "Use the value of `next` as it came, or start without cursor.",
        );
        let moment = |text: &str| Timestamp::from_second(text.parse().ok()?).ok();
        let cursor = match value("cursor").map(moment) {
            None => None,
            Some(Some(moment)) => Some(moment),
            Some(None) => return Err(bad_cursor),
        };
        Ok(Self { days, cursor })
    }

    async fn forecast(&self, desk: &Desk<'_>) -> Result<Forecast, ConsoleError> {
        Ok(some_months(desk, self.days, self.cursor).await?)
    }
}

/// `GET /api/retention`: some months, and where it goes on.
pub(crate) async fn answer(desk: &Desk<'_>, visit: &Visit) -> Result<Forecast, ConsoleError> {
    Ask::read(visit)?.forecast(desk).await
}

/// `GET /console/retention`.
pub(crate) async fn page(desk: &Desk<'_>, visit: &Visit) -> Result<Response<Body>, ConsoleError> {
    let ask = Ask::read(visit)?;
    let found = ask.forecast(desk).await?;
    let pick = |fr, en| desk.locale.pick(fr, en);
    let title = pick("Conservation", "Retention");
    let body = html! {
        h1 { (title) }
        div.card {
            p { (pick(
                "Ceux qui seront effacés si l’on n’entend plus rien d’eux. Un formulaire, un clic, une réponse, un rendez-vous ou des préférences enregistrées font repartir leur délai\u{a0}; une ouverture, jamais.",
                "Who will be erased if nothing more is heard of them. A form, a click, an answer, a meeting or preferences that are saved start their time anew; an open never does.",
            )) }
            form method="get" action="/console/retention" {
                div.field {
                    label for="days" { (pick("Dans les jours qui viennent", "Within so many days")) }
                    input type="number" id="days" name="days" min="1" max=(DAYS_MAX) value=(ask.days);
                }
                button.plain type="submit" { (pick("Voir", "Show")) }
            }
        }
        div.card {
            p { strong { (forecast_sums(&found, desk.locale)) } }
            @if !found.leads.is_empty() { (erased(desk, &found.leads)) }
            @if let Some(next) = &found.next {
                p { a href={ "/console/retention?days=" (ask.days) "&cursor=" (next) } { (pick("Ceux qui sont venus plus tôt", "Those who came earlier")) } }
            }
        }
    };
    Ok(frame(desk, title, body).answer(StatusCode::OK))
}

fn erased(desk: &Desk<'_>, rows: &[Row]) -> Markup {
    let pick = |fr, en| desk.locale.pick(fr, en);
    let heads = [
        words(pick("Effacement", "Erased")),
        words(pick("Question posée", "Asked")),
        words(pick("Pourquoi", "Why")),
        words("Lead"),
    ];
    let cells = |row: &Row| {
        let zone = desk
            .catalog
            .get(&row.campaign)
            .map_or(jiff::tz::TimeZone::UTC, Campaign::time_zone);
        let date = |at: Timestamp| day(at.to_zoned(zone.clone()).date(), desk.locale);
        vec![
            html! { (date(row.going.at)) },
            html! { @match row.going.asked_at { Some(at) => (date(at)), None => (pick("non", "no")) } },
            html! { (retention_why(desk.locale, row.going.why)) },
            // The beginning of the id: enough to tell them apart, and short enough for a telephone.
            html! { a href={ "/console/leads/" (row.lead) } { (row.lead.as_str().get(..6).unwrap_or_default()) "…" } },
        ]
    };
    table(pick("Conservation", "Retention"), &heads, rows.iter().map(cells))
}
