//! The routes of the local system alone: the clock, the outbox and SES's answers. None of them exists in the deployed system.

use std::sync::{Arc, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::header::{ACCEPT, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, LOCATION, ORIGIN};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post};
use jiff::Span;
use jiff::tz::TimeZone;
use mail_parser::MessageParser;
use maud::{Markup, html};
use piste_adapters::http::Problem;
use piste_adapters::pages::Page;
use piste_adapters::table::{table, words};
use piste_domain::Locale;
use piste_domain::kit::format;
use serde::Deserialize;
use serde_json::json;

use crate::outbox::{Entry, Event};
use crate::server::{Served, plain};
use crate::ses::{Standing, event_json, received_json, sns_event};
use crate::system::sources;
use crate::texts;

/// The routes.
pub fn router() -> Router<Served> {
    Router::new()
        .route("/", get(home))
        .route("/local/clock", get(clock).post(advance))
        .route("/local/outbox", get(outbox))
        .route("/local/outbox/{id}", get(mail))
        .route("/local/feedback", post(feedback))
        .route("/local/ses", post(refuse))
        .route(
            "/local/reply",
            post(reply).layer(DefaultBodyLimit::max(MESSAGE_BYTES_MAX)),
        )
        .route("/local/deliveries", get(deliveries))
        .route("/local/crm/{kind}", get(crm))
        .route("/local/crm/{kind}/{*path}", any(crm_call))
        .route("/local/triggers", get(triggers))
        .route("/local/turnstile", get(asked_of_turnstile).post(turnstile))
        .route("/local/turnstile/siteverify", any(siteverify))
        .route_layer(middleware::from_fn(own_pages_only))
        .method_not_allowed_fallback(async || problem(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", ""))
}

/// The local doors move the clock and show secrets: they are for this machine's own pages and programs. A page elsewhere
/// reaches them by the name of a host of its own that leads here (DNS rebinding), or says in `Origin` or `Sec-Fetch-Site`
/// where it comes from.
async fn own_pages_only(request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/local/") {
        return next.run(request).await;
    }
    let headers = request.headers();
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_ascii_lowercase();
    let mut hosts = headers.get_all(HOST).iter();
    let named = request
        .uri()
        .authority()
        .map(|known| known.as_str().to_ascii_lowercase());
    let Some(host) = hosts.next().map(text).filter(|_| hosts.next().is_none()) else {
        return problem(StatusCode::MISDIRECTED_REQUEST, "unknown_host", OWN_HOSTS);
    };
    let is_ours = |host: &str| {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        matches!(name, "127.0.0.1" | "localhost")
    };
    if !is_ours(&host) || named.is_some_and(|named| named != host) {
        return problem(StatusCode::MISDIRECTED_REQUEST, "unknown_host", OWN_HOSTS);
    }
    let own = format!("http://{host}");
    let from_elsewhere = headers.get_all(ORIGIN).iter().any(|origin| text(origin) != own)
        || headers
            .get_all("sec-fetch-site")
            .iter()
            .any(|site| !matches!(text(site).as_str(), "same-origin" | "none"));
    if from_elsewhere {
        return problem(
            StatusCode::FORBIDDEN,
            "other_origin",
            "The local doors answer to their own pages only.",
        );
    }
    next.run(request).await
}

const OWN_HOSTS: &str = "The local doors answer to 127.0.0.1 and localhost only.";

fn locale_of(headers: &HeaderMap) -> Locale {
    let accepted = headers.get("accept-language").and_then(|value| value.to_str().ok());
    accepted
        .and_then(|value| Locale::negotiate(value, &Locale::ALL))
        .unwrap_or(Locale::En)
}

fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

fn problem(status: StatusCode, code: &'static str, detail: &str) -> Response {
    plain(
        Problem::new(status, code, status.canonical_reason().unwrap_or_default())
            .detail(detail)
            .answer(),
    )
}

fn page(locale: Locale, title: &str, body: Markup) -> Response {
    plain(Page::new(locale, title, body).answer(StatusCode::OK))
}

// ---- the way in ----

async fn home(State(served): State<Served>, headers: HeaderMap) -> Response {
    let locale = locale_of(&headers);
    let Ok(catalog) = served.system.app.catalog().await else {
        return problem(StatusCode::SERVICE_UNAVAILABLE, "try_again", "");
    };
    let body = html! {
        div.card {
            h1 { "Piste" }
            p { (texts::whole_system(locale)) }
            ul {
                @for published in catalog.iter() {
                    @let campaign = &published.campaign;
                    li { a href={ "/forms/" (campaign.id) } { (texts::form_of(locale, campaign.name.get(locale))) } }
                }
                li { a href="/console/leads" { (texts::console(locale)) } }
                li { a href="/local/outbox" { (texts::sent_emails(locale)) } }
                li { a href="/local/triggers" { (texts::triggers(locale)) } }
                li { a href="/local/clock" { (texts::clock(locale)) } }
            }
        }
    };
    page(locale, "Piste", body)
}

// ---- the clock ----

/// The clock stays before it: the calendar ends in 9999, and deadlines are counted ahead from now.
const YEAR_END: i16 = 9_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance: String,
}

async fn clock(State(served): State<Served>, headers: HeaderMap) -> Response {
    let now = served.system.app.now();
    if !wants_page(&headers) {
        return axum::Json(json!({ "now": now.to_string() })).into_response();
    }
    let locale = locale_of(&headers);
    let zone = zone(&served).await;
    let steps = [
        ("PT1H", texts::one_hour(locale)),
        ("P1D", texts::one_day(locale)),
        ("P2D", texts::two_days(locale)),
        ("P14D", texts::two_weeks(locale)),
    ];
    let body = html! {
        div.card {
            h1 { (texts::clock(locale)) }
            p { (format::moment(now, &zone, locale)) }
            p.soft { (texts::clock_help(locale)) }
            @for (step, name) in steps {
                form method="post" action="/local/clock" {
                    input type="hidden" name="advance" value=(step);
                    p { button type="submit" { "+ " (name) } }
                }
            }
            p { a href="/local/outbox" { (texts::see_sent_emails(locale)) } }
            (zone_note(&zone, locale))
        }
    };
    page(locale, texts::clock(locale), body)
}

async fn advance(State(served): State<Served>, headers: HeaderMap, body: Bytes) -> Response {
    // `curl -d` calls everything a form: what starts like an object is JSON.
    let is_form = !body.trim_ascii_start().starts_with(b"{")
        && headers
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    let asked = if is_form {
        form_urlencoded::parse(&body)
            .find(|(name, _)| name == "advance")
            .map(|(_, value)| value.into_owned())
    } else {
        serde_json::from_slice::<Advance>(&body).ok().map(|asked| asked.advance)
    };
    let utc = served.system.app.now().to_zoned(TimeZone::UTC);
    let in_range = |by: &Span| by.is_positive() && utc.checked_add(*by).is_ok_and(|then| then.year() < YEAR_END);
    let Some(by) = asked.and_then(|text| text.parse::<Span>().ok()).filter(in_range) else {
        let how = "Send {\"advance\":\"PT24H\"}: a positive ISO 8601 duration that stays before the year 9000.";
        return problem(StatusCode::BAD_REQUEST, "bad_duration", how);
    };
    match served.sweeper.advance(&served.system, by).await {
        Ok(_) if is_form => (StatusCode::SEE_OTHER, [(LOCATION, "/local/clock")]).into_response(),
        Ok(now) => axum::Json(json!({ "now": now.to_string() })).into_response(),
        Err(_) => problem(
            StatusCode::INSUFFICIENT_STORAGE,
            "clock_not_kept",
            "The data folder cannot be written.",
        ),
    }
}

// ---- the outbox ----

async fn outbox(State(served): State<Served>, headers: HeaderMap) -> Response {
    let entries = served.system.outbox.entries();
    if !wants_page(&headers) {
        let rows: Vec<_> = entries.iter().map(|entry| entry.summary()).collect();
        return axum::Json(rows).into_response();
    }
    let locale = locale_of(&headers);
    let zone = zone(&served).await;
    let title = texts::sent_emails(locale);
    let heads = [
        words(texts::subject(locale)),
        words(texts::sent_at(locale)),
        words(texts::to(locale)),
        words(texts::class(locale)),
        words(texts::step(locale)),
    ];
    let row = |entry: &Arc<Entry>| {
        // Of an email to somebody erased since, the subject went with the rest.
        let subject = match entry.mail.subject.as_str() {
            "" => texts::subject_erased(locale),
            subject => subject,
        };
        vec![
            html! { a href={ "/local/outbox/" (entry.id) } { (subject) } },
            html! { span.moment { (moment(entry, &zone, locale)) } },
            html! { (entry.mail.to.join(", ")) },
            html! { (entry.mail.tag("class")) },
            html! { (entry.mail.tag("step")) },
        ]
    };
    let body = html! {
        h1 { (title) }
        @if entries.is_empty() {
            p { (texts::no_emails_yet(locale)) }
        } @else {
            div.card { (table(title, &heads, entries.iter().rev().map(row))) }
        }
        p { a href="/local/clock" { (texts::move_clock(locale)) } }
        (zone_note(&zone, locale))
    };
    plain(
        Page {
            wide: true,
            ..Page::new(locale, title, body)
        }
        .answer(StatusCode::OK),
    )
}

fn moment(entry: &Entry, zone: &TimeZone, locale: Locale) -> String {
    let at = jiff::Timestamp::from_second(entry.at).unwrap_or_default();
    format::moment(at, zone, locale)
}

/// The zone in which the pages tell the time: that of the first campaign.
async fn zone(served: &Served) -> TimeZone {
    let catalog = served.system.app.catalog().await.ok();
    let first = catalog.as_ref().and_then(|catalog| catalog.iter().next());
    first.map_or(TimeZone::UTC, |published| published.campaign.time_zone())
}

fn zone_note(zone: &TimeZone, locale: Locale) -> Markup {
    html! { p.soft.small { (texts::times_of(locale, zone.iana_name().unwrap_or("UTC"))) } }
}

/// `{id}.eml` is the exact MIME, `{id}.html` its HTML part alone, `{id}` a page around it.
async fn mail(State(served): State<Served>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let (id, form) = name.rsplit_once('.').unwrap_or((&name, ""));
    let Some(entry) = served.system.outbox.get(id) else {
        return problem(StatusCode::NOT_FOUND, "no_such_mail", "See /local/outbox for the ids.");
    };
    match form {
        "eml" => ([(CONTENT_TYPE, "message/rfc822")], entry.mail.eml.clone()).into_response(),
        "html" => html_part(&entry),
        "" => mail_page(&entry, &zone(&served).await, locale_of(&headers)),
        _ => problem(
            StatusCode::NOT_FOUND,
            "no_such_form",
            "Use {id}, {id}.eml or {id}.html.",
        ),
    }
}

/// The email as a client shows it: no script, nothing from elsewhere, links open outside the frame.
fn html_part(entry: &Entry) -> Response {
    let parsed = MessageParser::default().parse(&entry.mail.eml);
    let html = parsed.as_ref().and_then(|mail| mail.body_html(0)).unwrap_or_default();
    let html = html.replacen("<head>", "<head><base target=\"_top\">", 1);
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'";
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, policy),
    ];
    (headers, html).into_response()
}

fn mail_page(entry: &Entry, zone: &TimeZone, locale: Locale) -> Response {
    let parsed = MessageParser::default().parse(&entry.mail.eml);
    let text = parsed.as_ref().and_then(|mail| mail.body_text(0)).unwrap_or_default();
    let title = entry.mail.subject.as_str();
    let body = html! {
        p { a href="/local/outbox" { (texts::all_emails(locale)) } }
        h1 { (title) }
        dl {
            dt { (texts::from(locale)) } dd { (entry.mail.from) }
            dt { (texts::to(locale)) } dd { (entry.mail.to.join(", ")) }
            dt { (texts::sent_at(locale)) } dd { (moment(entry, zone, locale)) }
        }
        p { a href={ "/local/outbox/" (entry.id) ".eml" } { (texts::mime_source(locale)) } }
        iframe.mail title=(texts::html_part(locale)) src={ "/local/outbox/" (entry.id) ".html" }
            sandbox="allow-top-navigation-by-user-activation" {}
        h2 { (texts::text_part(locale)) }
        pre.card { (text) }
        (zone_note(zone, locale))
    };
    let mut response = plain(
        Page {
            wide: true,
            ..Page::new(locale, title, body)
        }
        .answer(StatusCode::OK),
    );
    // The frame's page is ours too; everything else stays closed.
    if let Some(policy) = response.headers_mut().get_mut(CONTENT_SECURITY_POLICY)
        && let Ok(wider) = format!("{}; frame-src 'self'", policy.to_str().unwrap_or_default()).parse()
    {
        *policy = wider;
    }
    response
}

// ---- SES's answers ----

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Play {
    id: String,
    event: String,
}

async fn feedback(State(served): State<Served>, body: Bytes) -> Response {
    let how = "Send {\"id\":\"…\",\"event\":\"delivery|bounce|soft_bounce|complaint|click\"}.";
    let Ok(play) = serde_json::from_slice::<Play>(&body) else {
        return problem(StatusCode::BAD_REQUEST, "malformed", how);
    };
    let event = match play.event.as_str() {
        "delivery" => Event::Delivery,
        "bounce" => Event::Bounce,
        "soft_bounce" => Event::SoftBounce,
        "complaint" => Event::Complaint,
        "click" => Event::Click,
        _ => return problem(StatusCode::UNPROCESSABLE_ENTITY, "unknown_event", how),
    };
    let Some(entry) = served.system.outbox.get(&play.id) else {
        return problem(StatusCode::NOT_FOUND, "no_such_mail", "See /local/outbox for the ids.");
    };
    let at = served.system.app.now().as_second();
    let invocation = sns_event(&event_json(&entry, event, at), at);
    match piste_feedback::handle(&served.system.app, &invocation).await {
        Ok(answer) => axum::Json(answer).into_response(),
        Err(_) => problem(
            StatusCode::SERVICE_UNAVAILABLE,
            "try_again",
            "The store did not take the event.",
        ),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refuse {
    #[serde(deserialize_with = "Option::deserialize")]
    refuse: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

/// SES refuses from now on what comes from or goes to an address, or everything; or it is well again.
async fn refuse(State(served): State<Served>, body: Bytes) -> Response {
    let how = "Send {\"refuse\":\"not_verified|account_paused|access_denied|no_configuration_set|rejected\",\"from\":\"…\",\"to\":\"…\"}, \
               or {\"refuse\":null}.";
    let Ok(asked) = serde_json::from_slice::<Refuse>(&body) else {
        return problem(StatusCode::BAD_REQUEST, "malformed", how);
    };
    let kind = asked
        .refuse
        .as_deref()
        .map(|kind| serde_json::from_value(json!(kind)).ok());
    let standing = match kind {
        None => None,
        Some(Some(kind)) => Some(Standing {
            kind,
            from: asked.from,
            to: asked.to,
        }),
        Some(None) => return problem(StatusCode::UNPROCESSABLE_ENTITY, "unknown_kind", how),
    };
    *served.system.refusing.write().unwrap_or_else(PoisonError::into_inner) = standing;
    axum::Json(json!({ "refuse": asked.refuse })).into_response()
}

/// The largest message that SES takes in.
const MESSAGE_BYTES_MAX: usize = 40 * 1024 * 1024;

/// A message comes in, as SES receives it: stored, then notified. SES's own checks are those that its head tells of.
async fn reply(State(served): State<Served>, body: Bytes) -> Response {
    let how = "Send a whole message (message/rfc822), addressed to the Reply-To of an email in /local/outbox.";
    if piste_adapters::mail::incoming::read(&body).is_none() {
        return problem(StatusCode::BAD_REQUEST, "malformed", how);
    }
    let app = &served.system.app;
    let name = format!("in/{}", app.chance.row_key());
    app.inbox.hold(&name, body.to_vec());
    let at = app.now().as_second();
    let invocation = sns_event(&received_json(&name, at), at);
    match piste_feedback::handle(app, &invocation).await {
        Ok(answer) => {
            served.sweeper.wake();
            (StatusCode::ACCEPTED, axum::Json(answer)).into_response()
        }
        Err(_) => problem(
            StatusCode::SERVICE_UNAVAILABLE,
            "try_again",
            "The store did not take the message.",
        ),
    }
}

/// Every request that left for a destination, whole.
async fn deliveries(State(served): State<Served>) -> Response {
    axum::Json(served.system.outward.told()).into_response()
}

/// What a stand-in holds.
async fn crm(State(served): State<Served>, Path(kind): Path<String>) -> Response {
    match served.system.outward.state(&kind) {
        Some(state) => axum::Json(state).into_response(),
        None => problem(StatusCode::NOT_FOUND, "not_found", "There is no stand-in of this kind."),
    }
}

/// A stand-in answers as the CRM would, on the virtual clock.
async fn crm_call(
    State(served): State<Served>,
    Path((kind, path)): Path<(String, String)>,
    request: Request,
) -> Response {
    let whole = request.uri().path();
    let target = whole.find(&format!("/local/crm/{kind}/")).map_or(path, |at| {
        whole[at + "/local/crm/".len() + kind.len()..]
            .trim_start_matches('/')
            .to_owned()
    });
    let asked = match for_a_stand_in(&target, request).await {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    match served.system.outward.ask(&kind, &asked, served.system.app.now()) {
        None => problem(StatusCode::NOT_FOUND, "not_found", "There is no stand-in of this kind."),
        Some(reply) => answered(reply),
    }
}

/// A request as a stand-in takes it; `target` is its path there.
async fn for_a_stand_in(target: &str, request: Request) -> Result<piste_stand_ins::Request, Response> {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, CRM_BYTES_MAX).await else {
        return Err(problem(StatusCode::PAYLOAD_TOO_LARGE, "too_large", ""));
    };
    let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let host = parts.headers.get(HOST).map(text).unwrap_or_default();
    Ok(piste_stand_ins::Request {
        method: parts.method.as_str().to_owned(),
        host: host.rsplit_once(':').map_or(host.as_str(), |(host, _)| host).to_owned(),
        target: format!("/{target}{query}"),
        headers: parts
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), text(value)))
            .collect(),
        body: body.to_vec(),
    })
}

fn answered(reply: piste_stand_ins::Reply) -> Response {
    let piste_stand_ins::Reply::Answer { status, headers, body } = reply else {
        return problem(StatusCode::BAD_GATEWAY, "cut", "The stand-in cuts the connection.");
    };
    let mut response = Response::new(axum::body::Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// Says what an answer of Turnstile's widget is worth, as Cloudflare would.
async fn siteverify(State(served): State<Served>, request: Request) -> Response {
    let asked = match for_a_stand_in("turnstile/v0/siteverify", request).await {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    let mut turnstile = served
        .system
        .outward
        .turnstile
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    answered(turnstile.answer(&asked))
}

/// What Cloudflare's stand-in was asked.
async fn asked_of_turnstile(State(served): State<Served>) -> Response {
    let turnstile = served
        .system
        .outward
        .turnstile
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    axum::Json(turnstile.asked()).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Always {
    #[serde(deserialize_with = "Option::deserialize")]
    status: Option<u16>,
    #[serde(default)]
    body: String,
}

/// Cloudflare answers everybody like this from now on; or it is well again.
async fn turnstile(State(served): State<Served>, body: Bytes) -> Response {
    let Ok(asked) = serde_json::from_slice::<Always>(&body) else {
        let how = "Send {\"status\":503,\"body\":\"…\"}, or {\"status\":null}.";
        return problem(StatusCode::BAD_REQUEST, "malformed", how);
    };
    let mut turnstile = served
        .system
        .outward
        .turnstile
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    turnstile.always(asked.status.map(|status| (status, asked.body)));
    axum::Json(json!({ "status": asked.status })).into_response()
}

/// The largest body that a stand-in reads.
const CRM_BYTES_MAX: usize = 1024 * 1024;

/// Who may report, where, and the secret they sign with: a system that keeps no data has no other place to tell it.
async fn triggers(State(served): State<Served>, headers: HeaderMap) -> Response {
    let Ok(catalog) = served.system.app.catalog().await else {
        return problem(StatusCode::SERVICE_UNAVAILABLE, "try_again", "");
    };
    let secret = served.system.trigger_secret.expose();
    let base = &served.system.app.settings.base_url;
    let rows: Vec<_> = sources(&catalog)
        .into_iter()
        .map(|(workspace, source)| {
            let mapping = catalog.mapping(&workspace, &source).map(|(_, mapping)| mapping.proof);
            let proof = mapping.unwrap_or_default().code();
            (workspace, format!("{base}/triggers/{source}"), source, proof)
        })
        .chain(catalog.destinations().filter_map(|crm| {
            let (source, proof) = (crm.name.to_string(), crm.kind.proofs().first()?.code());
            Some((
                crm.workspace.clone(),
                format!("{base}/triggers/{source}"),
                source,
                proof,
            ))
        }))
        .collect();
    if !wants_page(&headers) {
        let rows: Vec<_> = rows
            .iter()
            .map(|(workspace, url, source, proof)| {
                json!({ "source": source, "workspace": workspace, "url": url, "proof": proof })
            })
            .collect();
        return axum::Json(json!({ "secret": secret, "sources": rows })).into_response();
    }
    let locale = locale_of(&headers);
    let title = texts::triggers(locale);
    let body = html! {
        div.card {
            h1 { (title) }
            p { (texts::triggers_help(locale)) }
            ul { @for (_, url, _, proof) in &rows { li { code { (url) } " (" (proof) ")" } } }
            p { (texts::trigger_secret(locale)) code { (secret) } }
        }
    };
    page(locale, title, body)
}
