//! The operator's door: JSON under `/api`, pages under `/console`, the same rights for both.

mod api;
mod auth;
mod bodies;
#[cfg(feature = "describe")]
pub mod describe;
mod destinations;
mod error;
mod pages;
mod quarantine;
mod query;
mod routing;
mod sales;
mod session;
mod table;
mod texts;
mod views;

use lambda_http::http::HeaderValue;
use lambda_http::{Body, Response};
use piste_adapters::http::{self, Visit};
use piste_adapters::keys::Part;
use piste_adapters::{App, telemetry};

pub use api::OPENAPI;
use error::ConsoleError;
use session::Session;

/// What it reads of the key ring; its role in `infra/template.yaml` may read no other part.
pub const KEYS: &[Part] = &[Part::Identity, Part::Links, Part::Users];

/// Answers everything below `/api` and `/console`, the buttons of emails to sales, and the calculator.
pub async fn handle(app: &App, visit: &Visit) -> Response<Body> {
    let response = match visit.path().strip_prefix("api/") {
        Some(path) => versioned(api::handle(app, visit, path).await.unwrap_or_else(ConsoleError::answer)),
        None => pages::handle(app, visit).await,
    };
    http::without_body_for_head(visit.method(), response)
}

/// Says which version answered: after a deploy, one request shows what runs.
fn versioned(mut response: Response<Body>) -> Response<Body> {
    if let Ok(version) = HeaderValue::from_str(&telemetry::VERSION) {
        response.headers_mut().insert("x-piste-version", version);
    }
    response
}
