//! A form post becomes a lead.
//!
//! `POST /forms/{form}` reads, checks, writes once and answers; no mail, no webhook and no second table stand between
//! the visitor and the answer. `GET /forms/{form}` is the hosted form, `GET /forms/{form}/thanks` the page after it.
//! `POST /forms/{form}/visits` counts a visit to a form on a page elsewhere.

mod page;
mod visits;

use std::collections::BTreeMap;

use lambda_http::http::header::{self, HeaderValue};
use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Request, Response};
use piste_adapters::app::Start;
use piste_adapters::http::{self, Problem};
use piste_adapters::store::StoreError;
use piste_adapters::{App, pages, telemetry};
use piste_domain::kit::post::RawPost;
use piste_domain::kit::text::clean_line;
use piste_domain::lead::Touch;
use piste_domain::rules::form::Submission;
use piste_domain::{Campaign, CampaignId, FieldProblem, Input, LeadId, Locale};

/// Longest value of an attribution that is kept, in characters: it is for reading, not for storing pages.
const TOUCH_CHARS_MAX: usize = 120;

/// Why a post did not become a lead. Each has one answer, in [`CaptureError::problem`].
enum CaptureError {
    /// Some answers do not hold: all of them.
    Fields(Vec<FieldProblem>),
    /// The store did not take it.
    Store(StoreError),
}

/// Answers everything below `/forms/`.
pub async fn handle(app: &App, request: Request) -> Response<Body> {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let mut parts = path.trim_matches('/').split('/').skip(1);
    let id = CampaignId::new(parts.next().unwrap_or_default());
    let below = parts.next().unwrap_or_default();
    let (thanks, visits) = (below == "thanks", below == "visits");
    let asked = asked_locale(&request);
    let catalog = match app.catalog().await {
        Ok(catalog) => catalog,
        Err(error) => {
            return refuse(
                &request,
                &Problem::store(&error, asked.unwrap_or_default()),
                asked.unwrap_or_default(),
            );
        }
    };
    let Some(campaign) = catalog.get(&id) else {
        let locale = asked.unwrap_or_default();
        let title = locale.pick("Ce formulaire n’existe pas.", "There is no such form.");
        let detail = locale.pick(
            "Vérifiez l’adresse\u{a0}: elle se termine par le nom de la campagne.",
            "Check the address: it ends with the campaign's name.",
        );
        return refuse(
            &request,
            &Problem::new(StatusCode::NOT_FOUND, "unknown_form", title, detail),
            locale,
        );
    };
    let mut response = match (&method, thanks) {
        (&Method::POST, _) if visits => visit(app, campaign, &request).await,
        _ if visits => http::method_not_allowed("POST"),
        (&Method::GET | &Method::HEAD, true) => page::thanks(campaign, campaign.locale_or_default(asked)),
        (&Method::GET, false) => {
            if visits::is_one(app, &request) {
                visits::count(app, campaign).await;
            }
            show(app, campaign, &request)
        }
        (&Method::HEAD, false) => show(app, campaign, &request),
        (&Method::POST, false) => post(app, campaign, &request).await,
        (&Method::OPTIONS, false) => preflight(app, campaign, &request),
        (_, true) => http::method_not_allowed("GET, HEAD"),
        (_, false) => http::method_not_allowed("GET, HEAD, POST, OPTIONS"),
    };
    allow_origin(app, campaign, &request, &mut response);
    http::without_body_for_head(&method, response)
}

fn show(app: &App, campaign: &Campaign, request: &Request) -> Response<Body> {
    let locale = campaign.locale_or_default(asked_locale(request));
    let mut touch = touch_of(&|name| http::query(request, name));
    // The form carries to its post where the visitor came from.
    // Our own pages, such as this form in the other language, are no place to come from.
    let elsewhere = |url: &String| !url.starts_with(&app.settings.base_url);
    if let Some(referrer) = http::header(request, &header::REFERER)
        .and_then(bare_url)
        .filter(elsewhere)
    {
        touch.0.entry("referrer".into()).or_insert(referrer);
    }
    let landing = format!("{}/forms/{}", app.settings.base_url, campaign.id);
    touch.0.entry("landing".into()).or_insert(landing);
    page::answer(page::form(campaign, locale, &page::Filled::new(&touch)), StatusCode::OK)
}

/// A page elsewhere tells of a visit: its own script, without a pixel (`navigator.sendBeacon`).
async fn visit(app: &App, campaign: &Campaign, request: &Request) -> Response<Body> {
    let listed = listed_origin(app, campaign, request).is_some();
    let agent = http::header(request, &header::USER_AGENT).unwrap_or_default();
    if listed && visits::is_browser(agent) {
        visits::count(app, campaign).await;
    }
    // The same answer for all: nobody is waiting for it.
    http::answer(StatusCode::NO_CONTENT, "text/plain; charset=utf-8", String::new())
}

async fn post(app: &App, campaign: &Campaign, request: &Request) -> Response<Body> {
    let raw = match http::read_post(request).await {
        Ok(raw) => raw,
        Err(problem) => {
            let locale = campaign.locale_or_default(asked_locale(request));
            return refuse(request, &Problem::post(problem, locale), locale);
        }
    };
    let posted = raw.get("_lang").and_then(Locale::from_code);
    let locale = campaign.locale_or_default(posted.or_else(|| asked_locale(request)));
    match capture(app, campaign, request, &raw, locale).await {
        Ok(()) if http::wants_json(request) => {
            http::json(StatusCode::ACCEPTED, &BTreeMap::from([("status", "accepted")]))
        }
        Ok(()) => {
            let next = raw
                .get("_next")
                .and_then(|next| http::safe_next(next, &campaign.form.origins));
            http::see_other(&next.unwrap_or_else(|| format!("/forms/{}/thanks?lang={}", campaign.id, locale.code())))
        }
        Err(error) if http::wants_json(request) => error.problem(locale).answer(),
        // Whatever went wrong, nothing typed is lost: the form comes back as it was.
        Err(CaptureError::Fields(problems)) => {
            let form = page::form(campaign, locale, &page::Filled::again(&raw, &problems, None));
            page::answer(form, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error @ CaptureError::Store(_)) => {
            let problem = error.problem(locale);
            let form = page::form(campaign, locale, &page::Filled::again(&raw, &[], Some(&problem)));
            let mut response = page::answer(
                form,
                StatusCode::from_u16(problem.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE),
            );
            problem.retry_after(&mut response);
            response
        }
    }
}

/// One post, one write. New, known, suppressed or taken for a bot: the visitor is told the same (R86).
async fn capture(
    app: &App,
    campaign: &Campaign,
    request: &Request,
    raw: &RawPost,
    locale: Locale,
) -> Result<(), CaptureError> {
    if raw.is_bot() {
        telemetry::log("honeypot", &[("form", (&campaign.id).into())]);
        return Ok(());
    }
    let mut touch = touch_of(&|name| raw.get(name).map(str::to_owned).or_else(|| http::query(request, name)));
    if let Some(page) = http::header(request, &header::REFERER).and_then(bare_url) {
        touch.0.insert("page".into(), page);
    }
    let submission = Submission::read(campaign, raw, locale, touch).map_err(CaptureError::Fields)?;
    let id = LeadId::of(&app.ring().identity, &campaign.workspace, &submission.email);
    app.apply(&id, Start::New, Input::Capture(campaign.id.clone(), submission))
        .await
        .map_err(CaptureError::Store)?;
    telemetry::log("captured", &[("form", (&campaign.id).into()), ("lead", (&id).into())]);
    Ok(())
}

impl CaptureError {
    /// The one table from what went wrong to the answer.
    fn problem(&self, locale: Locale) -> Problem {
        match self {
            Self::Fields(problems) => Problem::fields(problems, locale),
            Self::Store(error) => {
                telemetry::log("capture_failed", &[("error", error.into())]);
                Problem::store(error, locale)
            }
        }
    }
}

fn refuse(request: &Request, problem: &Problem, locale: Locale) -> Response<Body> {
    if http::wants_json(request) {
        problem.answer()
    } else {
        pages::problem(problem, locale)
    }
}

/// The language asked for: by `?lang=`, else by the browser.
fn asked_locale(request: &Request) -> Option<Locale> {
    http::query(request, "lang")
        .as_deref()
        .and_then(Locale::from_code)
        .or_else(|| Locale::negotiate(http::header(request, &header::ACCEPT_LANGUAGE)?, &Locale::ALL))
}

/// What is known of where the visitor came from.
fn touch_of(value: &dyn Fn(&str) -> Option<String>) -> Touch {
    let known = Touch::NAMES.iter().filter_map(|(stored, posted)| {
        let raw = value(posted)?;
        let kept = if posted.starts_with("utm_") {
            clean_line(&raw).chars().take(TOUCH_CHARS_MAX).collect()
        } else {
            bare_url(&raw)?
        };
        (!kept.is_empty()).then(|| ((*stored).to_owned(), kept))
    });
    Touch(known.collect())
}

/// A web address without query and fragment, which may hold anything.
fn bare_url(raw: &str) -> Option<String> {
    let url = clean_line(raw);
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return None;
    }
    let bare = url.split(['?', '#']).next().unwrap_or_default();
    Some(bare.chars().take(TOUCH_CHARS_MAX).collect())
}

/// The `Origin` of a request if its pages may read our answers: those on the form's list, and our own.
fn listed_origin<'a>(app: &App, campaign: &Campaign, request: &'a Request) -> Option<&'a HeaderValue> {
    let origin = request.headers().get(header::ORIGIN)?;
    let text = origin.to_str().ok()?;
    let listed = campaign.form.origins.iter().any(|known| known == text) || text == app.settings.base_url;
    listed.then_some(origin)
}

/// The exact origin, never `*`, and no credentials (R92, Fetch standard, "CORS protocol").
fn allow_origin(app: &App, campaign: &Campaign, request: &Request, response: &mut Response<Body>) {
    let headers = response.headers_mut();
    headers.append(
        header::VARY,
        HeaderValue::from_static("Origin, Accept, Accept-Language"),
    );
    if let Some(origin) = listed_origin(app, campaign, request) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
}

fn preflight(app: &App, campaign: &Campaign, request: &Request) -> Response<Body> {
    if listed_origin(app, campaign, request).is_none() {
        let title = "This site may not post to this form by script.";
        let detail = "Add its origin to form.origins in campaign.toml and publish.";
        return Problem::new(StatusCode::FORBIDDEN, "origin_not_listed", title, detail).answer();
    }
    let mut response = http::answer(StatusCode::NO_CONTENT, "text/plain; charset=utf-8", String::new());
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("Content-Type, Accept"),
    );
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}
