//! The pages behind emails to sales, under `/sales`: one to note what came of a lead, one with what waits today.
//!
//! GET and HEAD show a page; mail gateways open every link. Its form posts, and the post acts.

mod note;
mod today;

use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Response};
use piste_adapters::http::{Problem, Visit};
use piste_adapters::mail::alert::TODAY;
use piste_adapters::pages;
use piste_adapters::store::{StoreError, StoreErrorKind};
use piste_adapters::token::{Purpose, Refused};
use piste_adapters::{App, telemetry};
use piste_domain::Locale;

use crate::texts::sales as texts;
use note::Note;
pub use note::Outcome;

/// `GET` and `POST /sales`.
pub async fn handle(app: &App, visit: &Visit) -> Response<Body> {
    let post = visit.method() == Method::POST;
    let locale = visit.locale();
    let token = visit.query("t").unwrap_or_default();
    let claims = match app.verify(Purpose::Sales, token).await {
        Ok(claims) => claims,
        Err(refused) => return bad_link(refused, locale),
    };
    let answer = match Note::read(app, &claims, token, locale) {
        Some(note) if post => note.take(visit).await,
        Some(note) => note.show().await,
        None if claims.subject == TODAY && !post => today::show(app, &claims, locale).await,
        None => return bad_link(Refused::Invalid, locale),
    };
    answer.unwrap_or_else(|error| {
        telemetry::log("sales_failed", &[("error", (&error).into())]);
        pages::problem(&Problem::store(&error, locale), locale)
    })
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
