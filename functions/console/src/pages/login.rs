//! The way in and out: a session is opened with a key.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::html;
use piste_adapters::App;
use piste_adapters::http::{self, Visit};
use piste_adapters::pages::{self, Page};
use piste_domain::Locale;

use crate::auth;
use crate::error::{ConsoleError, wait};
use crate::texts::common;

/// `GET /console/login`.
pub async fn show(_: &App, visit: &Visit) -> Response<Body> {
    login_page(visit.locale(), None)
}

/// `POST /console/login`.
pub async fn login(app: &App, visit: &Visit) -> Response<Body> {
    let locale = visit.locale();
    let key = match visit.post().await {
        Ok(post) => post.get("key").unwrap_or_default().trim().to_owned(),
        Err(problem) => return pages::problem(&http::Problem::post(problem, locale), locale),
    };
    match auth::open(app, visit, &key, http::see_other("/console")).await {
        Ok(response) => response,
        Err(error @ ConsoleError::Store(_)) => error.page(locale),
        Err(error) => login_page(locale, Some(&error)),
    }
}

fn login_page(locale: Locale, refused: Option<&ConsoleError>) -> Response<Body> {
    let title = "Console";
    let problem = refused.map(|refused| refused.problem(locale));
    let said = problem.as_ref().map(|problem| match refused {
        Some(ConsoleError::Unauthorised) | None => common::wrong_key(locale).to_owned(),
        Some(_) => [problem.title.as_str(), problem.detail.as_str()].join(" "),
    });
    let body = html! {
        div.card {
            h1 { (title) }
            @if let Some(said) = said {
                div.errors role="alert" { (said) }
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
    let status = problem.map_or(StatusCode::OK, |problem| problem.status());
    let mut response = Page::new(locale, title, body).answer(status);
    wait(&mut response, refused.and_then(ConsoleError::wait_s));
    response
}

/// `POST /console/logout`.
pub async fn logout(app: &App, visit: &Visit) -> Response<Body> {
    let closed = auth::close(app, visit, http::see_other("/console/login")).await;
    closed.unwrap_or_else(|error| error.page(visit.locale()))
}
