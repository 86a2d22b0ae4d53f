//! Who will be erased, and when, if nothing is heard of them.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::http::Visit;
use piste_adapters::retention::{Forecast, Row};
use piste_adapters::table::{table, words};
use piste_domain::kit::format::{count, day};
use piste_domain::rules::retention::Why;
use piste_domain::{Campaign, Lead, Locale};
use serde::Serialize;

use crate::leads::end_of_month_before;
use crate::pages::frame;
use crate::{ConsoleError, Desk};

/// Days ahead, where nothing else is asked for.
pub const DAYS_DEFAULT: u32 = 90;
/// Days ahead at most: ten years.
pub const DAYS_MAX: u32 = 3_650;
/// How far back a lead may have come: longer than anybody may keep people of whom nothing is heard.
const YEARS_BACK: i64 = 10;
/// Leads of one answer, more or less: it ends with a month.
const LEADS_ENOUGH: usize = 1_000;
/// Leads of one request (`BatchGetItem`).
const LEADS_AT_ONCE: usize = 100;

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

    fn until(&self, now: Timestamp) -> Timestamp {
        now + SignedDuration::from_hours(24 * i64::from(self.days))
    }

    /// Month by month of capture, the latest first, until enough leads were looked at; and where it goes on.
    async fn forecast(&self, desk: &Desk<'_>) -> Result<(Forecast, Option<i64>), ConsoleError> {
        let until = self.until(desk.now);
        let oldest = desk.now - SignedDuration::from_hours(24 * 366 * YEARS_BACK);
        let mut edge = self.cursor.unwrap_or(desk.now).min(desk.now);
        let mut found = Forecast::default();
        while edge > oldest && found.looked_at < LEADS_ENOUGH {
            for lead in of_month(desk, edge).await? {
                found.look(&lead, &desk.catalog, until);
            }
            edge = end_of_month_before(edge);
        }
        found.sort();
        Ok((found, (edge > oldest).then(|| edge.as_second())))
    }
}

/// The leads of this workspace captured in the month of a moment and not after it.
async fn of_month(desk: &Desk<'_>, edge: Timestamp) -> Result<Vec<Arc<Lead>>, ConsoleError> {
    let store = &desk.app.store;
    let campaigns = desk.catalog.iter().map(|published| &published.campaign);
    let mut ids = Vec::new();
    for campaign in campaigns.filter(|campaign| campaign.workspace == desk.workspace) {
        let mut from = None;
        loop {
            let page = store.board(&desk.workspace, &campaign.id, edge, from).await?;
            ids.extend(page.rows.into_iter().map(|row| row.id));
            from = page.next;
            if from.is_none() {
                break;
            }
        }
    }
    let mut leads = Vec::new();
    for some in ids.chunks(LEADS_AT_ONCE) {
        leads.extend(store.load_all(some).await?);
    }
    Ok(leads)
}

/// The answer of the API: some months, and where it goes on.
#[derive(Serialize)]
pub(crate) struct Answered {
    until: Timestamp,
    #[serde(flatten)]
    forecast: Forecast,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// `GET /api/retention`.
pub(crate) async fn answer(desk: &Desk<'_>, visit: &Visit) -> Result<Answered, ConsoleError> {
    let ask = Ask::read(visit)?;
    let (forecast, next) = ask.forecast(desk).await?;
    Ok(Answered {
        until: ask.until(desk.now),
        forecast,
        next: next.map(|edge| edge.to_string()),
    })
}

/// `GET /console/retention`.
pub(crate) async fn page(desk: &Desk<'_>, visit: &Visit) -> Result<Response<Body>, ConsoleError> {
    let ask = Ask::read(visit)?;
    let (found, next) = ask.forecast(desk).await?;
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
            p { strong { (summary(&found, desk.locale)) } }
            @if !found.leads.is_empty() { (erased(desk, &found.leads)) }
            @if let Some(next) = next {
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
            html! { (why(row.going.why, desk.locale)) },
            // The beginning of the id: enough to tell them apart, and short enough for a telephone.
            html! { a href={ "/console/leads/" (row.lead) } { (row.lead.as_str().get(..6).unwrap_or_default()) "…" } },
        ]
    };
    table(pick("Conservation", "Retention"), &heads, rows.iter().map(cells))
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
