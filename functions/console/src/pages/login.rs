//! The way in and out: a session is opened with an operator key.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::html;
use piste_adapters::App;
use piste_adapters::http::{self, Visit};
use piste_adapters::pages::{self, Page};
use piste_domain::Locale;

use crate::auth;
use crate::texts::common;

/// `GET /console/login`.
pub async fn show(_: &App, visit: &Visit) -> Response<Body> {
    login_page(visit.locale(), false)
}

/// `POST /console/login`.
pub async fn login(app: &App, visit: &Visit) -> Response<Body> {
    let locale = visit.locale();
    let key = match visit.post().await {
        Ok(post) => post.get("key").unwrap_or_default().trim().to_owned(),
        Err(problem) => return pages::problem(&http::Problem::post(problem, locale), locale),
    };
    match auth::open(app, &key, http::see_other("/console/leads")).await {
        Some(response) => response,
        None => login_page(locale, true),
    }
}

fn login_page(locale: Locale, refused: bool) -> Response<Body> {
    let title = "Console";
    let body = html! {
        div.card {
            h1 { (title) }
            @if refused {
                div.errors role="alert" { (common::wrong_key(locale)) }
            }
            form method="post" action="/console/login" {
                div.field {
                    label for="key" { (common::operator_key(locale)) }
                    input type="password" id="key" name="key" required autocomplete="current-password";
                }
                button type="submit" { (common::sign_in(locale)) }
            }
        }
    };
    Page::new(locale, title, body).answer(if refused {
        StatusCode::UNAUTHORIZED
    } else {
        StatusCode::OK
    })
}

/// `POST /console/logout`.
pub async fn logout(app: &App, _: &Visit) -> Response<Body> {
    auth::close(app, http::see_other("/console/login"))
}
