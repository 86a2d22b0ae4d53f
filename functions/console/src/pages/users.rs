//! Who may use the console and the API: list, add, remove.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::http;
use piste_adapters::table::{table, words};
use piste_adapters::users::Role;
use piste_domain::kit::format;
use piste_domain::kit::post::RawPost;
use piste_domain::{Campaign, Locale};
use piste_operations::OperationError;
use piste_operations::users::{self, MadeUser, NAME_CHARS_MAX, NewUser, UserView};

use crate::ConsoleError;
use crate::api::decoded;
use crate::pages::Opened;
use crate::texts::{common, users as texts};

/// What came of a form of this page.
#[derive(Default)]
struct Outcome {
    made: Option<MadeUser>,
    problem: Option<String>,
    typed: Option<RawPost>,
}

/// `GET /console/users`.
pub async fn show(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    page(opened, StatusCode::OK, Outcome::default()).await
}

/// `POST /console/users`: the answer is the one page that shows the key.
pub async fn add(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let post = opened.form().await?;
    let locale = opened.session.locale;
    let new = NewUser {
        name: post.get("name").unwrap_or_default(),
        role: post.get("role").unwrap_or_default(),
        expires_at: post.get("expires_at"),
    };
    let problem = match users::add(&opened.session, new).await {
        Ok(made) => {
            let outcome = Outcome {
                made: Some(made),
                ..Outcome::default()
            };
            return page(opened, StatusCode::CREATED, outcome).await;
        }
        Err(OperationError::Fields(errors)) => {
            let says = users::told(&errors, locale).join(" ");
            (StatusCode::UNPROCESSABLE_ENTITY, says)
        }
        Err(error) => refused(error, locale)?,
    };
    let outcome = Outcome {
        problem: Some(problem.1),
        typed: Some(post),
        ..Outcome::default()
    };
    page(opened, problem.0, outcome).await
}

/// `POST /console/users/{name}/revoke`.
pub async fn revoke(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    match users::remove(&opened.session, &decoded(opened.id)).await {
        Ok(()) => Ok(http::see_other("/console/users")),
        Err(error) => {
            let (status, problem) = refused(error, opened.session.locale)?;
            let outcome = Outcome {
                problem: Some(problem),
                ..Outcome::default()
            };
            page(opened, status, outcome).await
        }
    }
}

/// What stands on the page after a refusal; anything else is a page of its own.
fn refused(error: OperationError, locale: Locale) -> Result<(StatusCode, String), ConsoleError> {
    let error = ConsoleError::from(error);
    match error {
        ConsoleError::NameTaken | ConsoleError::LastAdmin => {
            let problem = error.problem(locale);
            Ok((problem.status(), [problem.title, problem.detail].join(" ")))
        }
        other => Err(other),
    }
}

async fn page(opened: &Opened<'_>, status: StatusCode, outcome: Outcome) -> Result<Response<Body>, ConsoleError> {
    let session = &opened.session;
    let locale = session.locale;
    let all = users::list(session).await?.users;
    let zone = session.campaigns().next().map_or(TimeZone::UTC, Campaign::time_zone);
    let local = |at: Timestamp| format::moment(at, &zone, locale);
    let title = texts::users(locale);
    let heads = [
        words(texts::name(locale)),
        words(texts::role_head(locale)),
        words(texts::created(locale)),
        words(texts::ends(locale)),
        words(texts::last_used(locale)),
        words(texts::remove(locale)),
    ];
    let or_none = |at: Option<Timestamp>| at.map_or("—".to_owned(), local);
    let end = |user: &UserView| match user.expires_at {
        None => html! { (texts::never(locale)) },
        Some(at) => html! { (local(at)) @if at <= session.now { " " span.pill { (texts::expired(locale)) } } },
    };
    let row = |user: &UserView| {
        vec![
            html! { (user.name) },
            html! { (texts::role(locale, user.role)) },
            html! { (or_none(user.created_at)) },
            end(user),
            html! { (or_none(user.last_used_at)) },
            html! {
                form method="post" action={ "/console/users/" (encoded(&user.name)) "/revoke" } {
                    button.plain type="submit" aria-label=(texts::remove_named(locale, &user.name)) { (texts::remove(locale)) }
                }
            },
        ]
    };
    let body = html! {
        h1 { (title) }
        @if let Some(problem) = &outcome.problem { div.errors role="alert" tabindex="-1" autofocus { (problem) } }
        @if let Some(made) = &outcome.made {
            div.card role="status" {
                h2 { (texts::key_of(locale, &made.user.name)) }
                p { code { (made.key) } }
                p { strong { (texts::copy_now(locale)) } }
            }
        }
        div.card {
            p { (texts::intro(locale)) }
            (table(title, &heads, all.iter().map(row)))
        }
        div.card {
            h2 { (texts::add(locale)) }
            (add_form(locale, outcome.typed.as_ref()))
        }
        p.soft.small { (common::zone(locale, zone.iana_name().unwrap_or("UTC"))) }
    };
    Ok(opened.frame(title, body).answer(status))
}

fn add_form(locale: Locale, typed: Option<&RawPost>) -> Markup {
    let typed = |name: &str| typed.and_then(|post| post.get(name)).unwrap_or_default();
    html! {
        form method="post" action="/console/users" {
            div.field {
                label for="name" { (texts::name(locale)) }
                input type="text" id="name" name="name" required maxlength=(NAME_CHARS_MAX) autocomplete="off" value=(typed("name"));
            }
            div.field {
                label for="role" { (texts::role_head(locale)) }
                select id="role" name="role" {
                    @for role in Role::ALL {
                        option value=(role.code()) selected[typed("role") == role.code()] { (texts::role(locale, role)) " · " (texts::role_does(locale, role)) }
                    }
                }
            }
            div.field {
                label for="expires_at" { (texts::expires_on(locale)) }
                input type="date" id="expires_at" name="expires_at" value=(typed("expires_at"));
            }
            button type="submit" { (texts::create(locale)) }
        }
    }
}

/// A name as a part of a path.
fn encoded(name: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
    encoded.replace('+', "%20")
}
