//! Who is asking: an operator key, or a session opened with one.

use jiff::SignedDuration;
use lambda_http::http::header::{self, HeaderName};
use lambda_http::{Body, Response};
use piste_adapters::App;
use piste_adapters::http::Visit;
use piste_adapters::token::{Claims, Purpose, sign};
use piste_domain::kit::ids::sha256_hex;
use piste_domain::{LeadId, WorkspaceId};

use crate::ConsoleError;

/// How long a session lasts at most (R105).
const SESSION: SignedDuration = SignedDuration::from_hours(12);

/// The workspace of the key in `Authorization: Bearer …`.
pub async fn bearer(app: &App, visit: &Visit) -> Result<WorkspaceId, ConsoleError> {
    let header = visit.header(header::AUTHORIZATION).unwrap_or_default();
    let key = header
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map_or("", |(_, key)| key.trim());
    app.fresh_ring()
        .await
        .operator(key)
        .cloned()
        .ok_or(ConsoleError::Unauthorised)
}

/// The workspace of the session cookie. A session ends with the key it was opened with.
pub async fn session(app: &App, visit: &Visit) -> Option<WorkspaceId> {
    let name = cookie_name(app);
    let cookies = visit.header(header::COOKIE)?;
    let token = cookies
        .split(';')
        .find_map(|cookie| cookie.trim().strip_prefix(name)?.strip_prefix('='))?;
    let claims = app.verify(Purpose::Session, token).await.ok()?;
    app.fresh_ring().await.operator_by_hash(&claims.subject).cloned()
}

/// Opens a session for a key, if it is one of ours.
pub async fn open(app: &App, key: &str, mut response: Response<Body>) -> Option<Response<Body>> {
    let ring = app.fresh_ring().await;
    let workspace = ring.operator(key)?.clone();
    let claims = Claims {
        workspace,
        lead: LeadId::new("console"),
        subject: sha256_hex(key),
    };
    let token = sign(&ring, Purpose::Session, &claims, Some(app.now() + SESSION));
    set_cookie(app, &mut response, token.expose(), SESSION.as_secs());
    Some(response)
}

/// Ends the session in this browser.
pub fn close(app: &App, mut response: Response<Body>) -> Response<Body> {
    set_cookie(app, &mut response, "", 0);
    response
}

fn set_cookie(app: &App, response: &mut Response<Body>, value: &str, max_age_s: i64) {
    let name = cookie_name(app);
    let secure = if is_https(app) { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_s}{secure}");
    if let Ok(cookie) = cookie.parse() {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
}

/// `__Host-` binds the cookie to this host and to HTTPS; the local system has no HTTPS.
fn cookie_name(app: &App) -> &'static str {
    if is_https(app) { "__Host-piste" } else { "piste" }
}

fn is_https(app: &App) -> bool {
    app.settings.base_url.starts_with("https://")
}

/// Whether a form was sent by a page of ours: the browser says so itself (Fetch Metadata), or by its `Origin`.
pub fn same_site(app: &App, visit: &Visit) -> bool {
    match visit.header(HeaderName::from_static("sec-fetch-site")) {
        Some(site) => site == "same-origin",
        None => visit.header(header::ORIGIN) == Some(app.settings.base_url.as_str()),
    }
}
