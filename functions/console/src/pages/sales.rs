//! The buttons of emails to sales, under `/sales`.
//!
//! GET and HEAD show a page with one button; mail gateways open every link. The button posts, and the post acts.

use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::app::Start;
use piste_adapters::http::{Problem, Visit};
use piste_adapters::mail::alert::Button;
use piste_adapters::pages::{self, Page};
use piste_adapters::store::{StoreError, StoreErrorKind};
use piste_adapters::token::{Claims, Purpose, Refused};
use piste_adapters::{App, telemetry};
use piste_domain::input::{About, By, Noted, SalesAction};
use piste_domain::kit::format::moment_nearby;
use piste_domain::kit::limits::REASON_CHARS_MAX;
use piste_domain::kit::text::clean_line;
use piste_domain::lead::case::Closing;
use piste_domain::lead::stage::{Mover, Stage};
use piste_domain::{Catalog, Lead, Locale, input};

use crate::texts::{common, sales as texts};

/// A text of a table.
type Words = fn(Locale) -> &'static str;

/// Why a lead is disqualified: the code is kept, to hold the scoring rules against later.
const REASONS: [(&str, Words); 7] = [
    ("budget", texts::budget),
    ("need", texts::need),
    ("timing", texts::timing),
    ("no_fit", texts::no_fit),
    ("competitor", texts::competitor),
    ("wrong_contact", texts::wrong_contact),
    ("other", texts::other),
];

/// `GET` and `POST /sales`.
pub async fn handle(app: &App, visit: &Visit) -> Response<Body> {
    let post = visit.method() == Method::POST;
    let locale = visit.locale();
    let token = visit.query("t").unwrap_or_default();
    let pressed = match app.verify(Purpose::Sales, token).await {
        Ok(claims) => Pressed::read(claims),
        Err(refused) => return bad_link(refused, locale),
    };
    let Some(pressed) = pressed else {
        return bad_link(Refused::Invalid, locale);
    };
    let answer = if post {
        pressed.act(app, visit, token, locale).await
    } else {
        pressed.page(app, token, locale, None).await
    };
    answer.unwrap_or_else(|error| {
        telemetry::log("sales_failed", &[("error", (&error).into())]);
        pages::problem(&Problem::store(&error, locale), locale)
    })
}

/// A button of an email.
struct Pressed {
    claims: Claims,
    button: Button,
    about: About,
}

impl Pressed {
    fn read(claims: Claims) -> Option<Self> {
        let mut parts = claims.subject.split('/');
        let code = parts.next()?;
        let button = Button::ALL.into_iter().find(|button| button.code() == code)?;
        let about = About {
            round: parts.next()?.parse().ok()?,
            serial: parts.next()?.parse().ok()?,
        };
        Some(Self { claims, button, about })
    }

    /// The page with the one button; with `problem` after a reason that does not hold.
    async fn page(
        &self,
        app: &App,
        token: &str,
        locale: Locale,
        problem: Option<&str>,
    ) -> Result<Response<Body>, StoreError> {
        let Some(lead) = app.store.load(&self.claims.lead).await? else {
            return Ok(gone(locale));
        };
        let title = self.button.words(locale);
        let body = html! {
            div.card {
                h1 { (title) }
                p { strong { (who(&lead, locale)) } }
                p { (texts::what_it_does(locale, self.button)) }
                @if let Some(problem) = problem { div.errors role="alert" { (problem) } }
                form method="post" action={ "/sales?t=" (token) "&lang=" (locale.code()) } {
                    @if self.button == Button::Reject { (reason_fields(locale)) }
                    button type="submit" { (title) }
                }
            }
        };
        let status = if problem.is_some() {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::OK
        };
        Ok(Page::new(locale, title, body).answer(status))
    }

    async fn act(&self, app: &App, visit: &Visit, token: &str, locale: Locale) -> Result<Response<Body>, StoreError> {
        let action = match self.button {
            Button::Accept => SalesAction::Accept,
            Button::Reached => SalesAction::Reached(None),
            Button::NoAnswer => SalesAction::NoAnswer(None),
            Button::Snooze => SalesAction::Snooze(None),
            Button::Reject => match reason(visit).await {
                Some(reason) => SalesAction::Reject(reason),
                None => {
                    let problem = texts::choose_reason(locale);
                    return self.page(app, token, locale, Some(problem)).await;
                }
            },
        };
        let by = By {
            mover: Mover::Sales,
            name: None,
        };
        let input = input::Sales(action, by, Some(self.about));
        let applied = app.apply(&self.claims.lead, Start::Known, input).await?;
        let Some(lead) = applied.lead else {
            return Ok(gone(locale));
        };
        telemetry::log(
            "sales_noted",
            &[("lead", (&lead.id).into()), ("code", self.button.code().into())],
        );
        let catalog = app.catalog().await?;
        let next = what_follows(&lead, &catalog, locale);
        let (status, title, text) = match applied.answer {
            Some(Noted::Done) => (StatusCode::OK, texts::logged(locale), next),
            Some(Noted::NoMoreSnoozes) => {
                let advice = texts::snooze_limit_advice(locale).to_owned();
                (StatusCode::CONFLICT, texts::snooze_limit(locale), advice)
            }
            _ => {
                let text = texts::logged_before(locale, &next);
                (StatusCode::CONFLICT, texts::nothing_to_log(locale), text)
            }
        };
        Ok(pages::message(status, locale, title, text.trim()))
    }
}

/// Why a lead is disqualified, from the form of the page.
async fn reason(visit: &Visit) -> Option<String> {
    let post = visit.post().await.ok()?;
    let code = post.get("reason")?;
    let (code, _) = REASONS.iter().find(|(known, _)| *known == code)?;
    let detail = clean_line(post.get("detail").unwrap_or_default());
    let detail: String = detail.chars().take(REASON_CHARS_MAX as usize - 40).collect();
    Some(match detail.trim() {
        "" => (*code).to_owned(),
        detail => format!("{code}: {detail}"),
    })
}

fn reason_fields(locale: Locale) -> Markup {
    html! {
        div.field {
            label for="reason" { (common::reason(locale)) }
            select id="reason" name="reason" required {
                option value="" { (texts::choose(locale)) }
                @for (code, text) in REASONS { option value=(code) { (text(locale)) } }
            }
        }
        div.field {
            label for="detail" { (texts::detail(locale)) }
            input type="text" id="detail" name="detail" maxlength="200";
        }
    }
}

fn who(lead: &Lead, locale: Locale) -> String {
    let company = lead.words.answer("company").unwrap_or_default();
    let parts = [lead.full_name(), company.to_owned()];
    let known: Vec<&str> = parts
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    match known.is_empty() {
        true => texts::nameless(locale).to_owned(),
        false => known.join(" · "),
    }
}

/// Where the lead is now, and what comes next.
fn what_follows(lead: &Lead, catalog: &Catalog, locale: Locale) -> String {
    let Some(case) = lead.open_case().or(lead.cases.last()) else {
        return String::new();
    };
    match (case.task, case.closed.map(|closed| closed.how), lead.stage) {
        (Some(task), ..) => {
            let campaign = catalog.get(case.campaign(lead));
            let owner = campaign.and_then(|campaign| Some((campaign, campaign.sales.as_ref()?.owner(&case.owner)?)));
            let zone = owner.map_or(jiff::tz::TimeZone::UTC, |(campaign, owner)| owner.hours(campaign).zone);
            let at = moment_nearby(task.from, &zone, locale);
            match case.reached() {
                true => texts::decide_next(locale, &at),
                false => texts::next_task_at(locale, &at),
            }
        }
        (_, Some(Closing::UsedUp), _) => texts::used_up(locale).to_owned(),
        (_, Some(Closing::Rejected), _) => texts::is_rejected(locale).to_owned(),
        (.., Stage::Sql) => texts::is_sql(locale).to_owned(),
        _ => texts::nothing_left(locale).to_owned(),
    }
}

fn gone(locale: Locale) -> Response<Body> {
    pages::message(
        StatusCode::GONE,
        locale,
        texts::gone(locale),
        texts::gone_detail(locale),
    )
}

fn bad_link(refused: Refused, locale: Locale) -> Response<Body> {
    match refused {
        Refused::Expired => pages::message(
            StatusCode::GONE,
            locale,
            texts::expired(locale),
            texts::expired_advice(locale),
        ),
        Refused::Unread => {
            let unread = StoreError::new("keys", StoreErrorKind::NoAnswer);
            pages::problem(&Problem::store(&unread, locale), locale)
        }
        Refused::Invalid | Refused::UnknownKey => pages::message(
            StatusCode::BAD_REQUEST,
            locale,
            texts::incomplete(locale),
            texts::incomplete_advice(locale),
        ),
    }
}
