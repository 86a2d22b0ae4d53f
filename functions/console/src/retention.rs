//! Who will be erased, and when, if nothing is heard of them.

use jiff::{SignedDuration, Timestamp};
use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use maud::{Markup, html};
use piste_adapters::http::query;
use piste_adapters::numbers::{count, day};
use piste_adapters::retention::{self, Forecast, Row};
use piste_domain::retention::Why;
use piste_domain::{Campaign, Locale};
use serde::Serialize;

use crate::pages::frame;
use crate::{ConsoleError, Desk};

/// Days ahead, where nothing else is asked for.
pub const DAYS_DEFAULT: u32 = 90;
/// Days ahead at most: ten years.
pub const DAYS_MAX: u32 = 3_650;

/// What is asked for.
struct Ask {
    days: u32,
    cursor: Option<String>,
}

impl Ask {
    fn read(request: &Request) -> Result<Self, ConsoleError> {
        let value = |name: &str| query(request, name).filter(|value| !value.trim().is_empty());
        let days = match value("days").map(|text| text.trim().parse::<u32>()) {
            None => DAYS_DEFAULT,
            Some(Ok(days @ 1..=DAYS_MAX)) => days,
            Some(_) => return Err(ConsoleError::BadRequest("bad_days", "days is 1 to 3650.")),
        };
        let cursor = value("cursor");
        if cursor.as_deref().is_some_and(|cursor| !retention::is_cursor(cursor)) {
            return Err(ConsoleError::BadRequest(
                "bad_cursor",
                "Use the value of `next` as it came, or start without cursor.",
            ));
        }
        Ok(Self { days, cursor })
    }

    fn until(&self, now: Timestamp) -> Timestamp {
        now + SignedDuration::from_hours(24 * i64::from(self.days))
    }

    async fn forecast(&self, desk: &Desk<'_>) -> Result<Forecast, ConsoleError> {
        let until = self.until(desk.now);
        let cursor = self.cursor.as_deref();
        Ok(retention::part(&desk.app.store, &desk.catalog, &desk.workspace, until, cursor).await?)
    }
}

/// The answer of the API: one part of the table, and where it goes on.
#[derive(Serialize)]
pub(crate) struct Answered {
    until: Timestamp,
    #[serde(flatten)]
    forecast: Forecast,
}

/// `GET /api/retention`.
pub(crate) async fn answer(desk: &Desk<'_>, request: &Request) -> Result<Answered, ConsoleError> {
    let ask = Ask::read(request)?;
    let forecast = ask.forecast(desk).await?;
    let until = ask.until(desk.now);
    Ok(Answered { until, forecast })
}

/// `GET /console/retention`.
pub(crate) async fn page(desk: &Desk<'_>, request: &Request) -> Result<Response<Body>, ConsoleError> {
    let ask = Ask::read(request)?;
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
        div.card.scroll {
            p { strong { (summary(&found, desk.locale)) } }
            @if !found.leads.is_empty() { (table(desk, &found.leads)) }
            @if let Some(next) = &found.next {
                p { a href={ "/console/retention?days=" (ask.days) "&cursor=" (next) } { (pick("La suite de la table", "The rest of the table")) } }
            }
        }
    };
    Ok(frame(desk, title, body).answer(StatusCode::OK))
}

fn table(desk: &Desk<'_>, rows: &[Row]) -> Markup {
    let pick = |fr, en| desk.locale.pick(fr, en);
    html! {
        table {
            thead { tr {
                th { (pick("Effacement", "Erased")) }
                th { (pick("Question posée", "Asked")) }
                th { (pick("Pourquoi", "Why")) }
                th { "Lead" }
            } }
            tbody {
                @for row in rows {
                    @let zone = desk.catalog.get(&row.campaign).map_or(jiff::tz::TimeZone::UTC, Campaign::time_zone);
                    @let date = |at: Timestamp| day(at.to_zoned(zone.clone()).date(), desk.locale);
                    tr {
                        td { (date(row.going.at)) }
                        td { @match row.going.asked_at { Some(at) => (date(at)), None => (pick("non", "no")) } }
                        td { (why(row.going.why, desk.locale)) }
                        // The beginning of the id: enough to tell them apart, and short enough for a telephone.
                        td { a href={ "/console/leads/" (row.lead) } { (row.lead.as_str().get(..6).unwrap_or_default()) "…" } }
                    }
                }
            }
        }
    }
}

/// The reason, for a person.
pub fn why(why: Why, locale: Locale) -> &'static str {
    match why {
        Why::NeverConfirmed => locale.pick("adresse jamais confirmée", "address never confirmed"),
        Why::Kept => locale.pick("plus de nouvelles, délai écoulé", "nothing heard, time over"),
    }
}

/// How many go, for each reason.
pub fn summary(found: &Forecast, locale: Locale) -> String {
    let of = |number: usize| count(number as u64, locale);
    let (all, unconfirmed, kept) = (of(found.leads.len()), of(found.never_confirmed), of(found.kept));
    let looked_at = of(found.looked_at);
    match locale {
        Locale::Fr => format!(
            "{all} sur {looked_at} leads lus\u{a0}: {unconfirmed} jamais confirmés, {kept} au terme de leur conservation."
        ),
        Locale::En => format!(
            "{all} of {looked_at} leads read: {unconfirmed} never confirmed, {kept} at the end of their keeping."
        ),
    }
}
