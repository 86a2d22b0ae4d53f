//! Who is asking: a user with their key, or a session opened with one.

use jiff::Timestamp;
use lambda_http::http::header::{self, HeaderName};
use lambda_http::{Body, Response};
use piste_adapters::clock::random_hex;
use piste_adapters::http::Visit;
use piste_adapters::store::StoreError;
use piste_adapters::users::{ConsoleSession, SESSION_MAX, User};
use piste_adapters::{App, telemetry};
use piste_domain::kit::ids::sha256_hex;

use crate::ConsoleError;

/// The user of the key in `Authorization: Bearer …`.
pub async fn bearer(app: &App, visit: &Visit) -> Result<User, ConsoleError> {
    let header = visit.header(header::AUTHORIZATION).unwrap_or_default();
    let key = header
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map_or("", |(_, key)| key.trim());
    by_key(app, visit, key).await
}

/// Whose key this is. A wrong one is counted against the visitor who sent it, and against nobody else: a right key opens
/// whatever others tried from the same address, for nobody guesses 128 bits.
async fn by_key(app: &App, visit: &Visit, key: &str) -> Result<User, ConsoleError> {
    if key.is_empty() {
        return Err(ConsoleError::Unauthorised);
    }
    let mut user = app.fresh_ring().await.user(key).cloned();
    if user.is_none() {
        // It may have been made by another sandbox a moment ago.
        user = app.newest_ring().await.user(key).cloned();
    }
    match user {
        Some(user) if user.is_live(app.now()) => {
            note_use(app, &user).await;
            Ok(user)
        }
        Some(_) => Err(refused(app, visit, ConsoleError::KeyExpired).await),
        None => Err(refused(app, visit, ConsoleError::Unauthorised).await),
    }
}

/// Counts a wrong key (R107), and tells the log; never the key.
async fn refused(app: &App, visit: &Visit, because: ConsoleError) -> ConsoleError {
    let now = app.now();
    let mut code = match because {
        ConsoleError::KeyExpired => "expired",
        _ => "wrong",
    };
    let mut answer = because;
    if let Some(hash) = app.visitor(visit, &[]) {
        match app.store.count_try(&hash, now).await {
            Ok(tries) => {
                if let Some(wait_s) = tries.wait_s(now) {
                    (code, answer) = ("too_many", ConsoleError::TooManyKeys(wait_s));
                }
            }
            Err(error) => telemetry::log("session_failed", &[("error", (&error).into())]),
        }
    }
    telemetry::log("key_refused", &[("code", code.into())]);
    answer
}

async fn note_use(app: &App, user: &User) {
    let now = app.now();
    if app.noted.is_news(user, now)
        && let Err(error) = app.store.note_use(user.id(), Some(now)).await
    {
        telemetry::log("use_not_noted", &[("error", (&error).into())]);
    }
}

/// The user of the session cookie. A session ends with the key it was opened with.
///
/// # Errors
/// [`StoreError`]: nobody can tell.
pub async fn session(app: &App, visit: &Visit) -> Result<Option<User>, StoreError> {
    let Some(hash) = session_hash(app, visit) else {
        return Ok(None);
    };
    let now = app.now();
    let session = app.store.session(&hash).await?.filter(|session| session.is_live(now));
    let Some(session) = session else { return Ok(None) };
    let ring = app.fresh_ring().await;
    let Some(user) = ring.user_by_hash(&session.user).filter(|user| user.is_live(now)) else {
        return Ok(None);
    };
    if now.duration_since(session.seen_at).abs() >= ConsoleSession::SEEN_STEP {
        app.store.touch_session(&hash, now).await?;
    }
    note_use(app, user).await;
    Ok(Some(user.clone()))
}

/// Under what the session of this browser is kept; nothing where it holds none of ours.
fn session_hash(app: &App, visit: &Visit) -> Option<String> {
    let name = cookie_name(app);
    let cookies = visit.header(header::COOKIE)?;
    let token = cookies
        .split(';')
        .find_map(|cookie| cookie.trim().strip_prefix(name)?.strip_prefix('='))?;
    let ours = token.len() == TOKEN_CHARS && token.bytes().all(|b| b.is_ascii_hexdigit());
    ours.then(|| sha256_hex(token))
}

/// 128 bits in hexadecimal.
const TOKEN_CHARS: usize = 32;

/// Opens a session for a key, if it is one of ours.
pub async fn open(
    app: &App,
    visit: &Visit,
    key: &str,
    mut response: Response<Body>,
) -> Result<Response<Body>, ConsoleError> {
    let user = by_key(app, visit, key).await?;
    let token = random_hex::<16>();
    let now: Timestamp = app.now();
    let session = ConsoleSession {
        user: user.hash,
        opened_at: now,
        seen_at: now,
    };
    app.store.open_session(&sha256_hex(&token), &session).await?;
    set_cookie(app, &mut response, &token, SESSION_MAX.as_secs());
    Ok(response)
}

/// Ends the session of this browser, here and there, and no other.
pub async fn close(app: &App, visit: &Visit, mut response: Response<Body>) -> Result<Response<Body>, ConsoleError> {
    if let Some(hash) = session_hash(app, visit) {
        // What was never opened is not written down as closed.
        if app.store.session(&hash).await?.is_some() {
            app.store.end_session(&hash, app.now()).await?;
        }
    }
    set_cookie(app, &mut response, "", 0);
    Ok(response)
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
