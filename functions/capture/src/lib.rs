//! A form post becomes a lead.
//!
//! `POST /forms/{form}` reads, checks, writes once and answers; no email, no webhook and no second table stand between
//! the visitor and the answer, and Cloudflare only where a form asks for Turnstile. `GET /forms/{form}` is the hosted form, `GET /forms/{form}/thanks` the page after it.
//! `POST /forms/{form}/visits` counts a visit to a form on a page elsewhere, and `GET /forms/{form}/snippet.js` is the script
//! that does so and notes where visitors come from. `GET /forms/{form}/challenge` is what a proof of work is found for, and
//! `GET /forms/{form}/logo` the company's logo.

mod logo;
mod page;
mod snippet;
mod sources;
mod texts;
mod turnstile;
mod visits;
mod work;

use lambda_http::http::header::{self, HeaderValue};
use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Response};
use piste_adapters::app::Start;
use piste_adapters::http::{self, Problem, Visit};
use piste_adapters::keys::Part;
use piste_adapters::pages::{Face, is_page};
use piste_adapters::store::{StoreError, StoreErrorKind};
use piste_adapters::{App, telemetry};
use piste_domain::kit::post::RawPost;
use piste_domain::kit::vocabulary::Layer;
use piste_domain::rules::fields::named;
use piste_domain::rules::form::Submission;
use piste_domain::rules::kept::{Kept, Post};
use piste_domain::rules::quarantine::{self, Held};
use piste_domain::rules::source::{bare_url, touch_of};
use piste_domain::{Campaign, CampaignId, Catalog, FieldProblem, Locale, Personal, input};
use serde::Serialize;

/// What it reads of the key ring; its role in `infra/template.yaml` may read no other part.
pub const KEYS: &[Part] = &[Part::Identity, Part::Turnstile];

/// Why a post did not become a lead. Each has one answer, in [`CaptureError::problem`].
enum CaptureError {
    /// Some answers do not hold: all of them.
    Fields(Vec<FieldProblem>),
    /// The store did not take it.
    Store(StoreError),
    /// Their visitor posted too often; after so many seconds one is taken.
    TooMany(u64),
}

/// Answers everything below `/forms/`.
pub async fn handle(app: &App, visit: &Visit) -> Response<Body> {
    let parts = visit.parts();
    let part = |at: usize| parts.get(at).copied().unwrap_or_default();
    let catalog = match app.catalog().await {
        Ok(catalog) => catalog,
        Err(error) => return visit.refuse(&Problem::store(&error, visit.locale()), visit.locale()),
    };
    let form = CampaignId::new(part(1));
    let Some(published) = catalog.published(&form) else {
        let locale = visit.locale();
        if catalog.leaves_out(&form) {
            // It is there, and soon it can be read: nobody is told that there is no such form (R130).
            let unread = StoreError::new("campaign", StoreErrorKind::Corrupt);
            telemetry::log("capture_failed", &[("error", (&unread).into())]);
            return visit.refuse(&Problem::store(&unread, locale), locale);
        }
        let face = Face::of_all(&catalog, locale);
        let problem = Problem::new(StatusCode::NOT_FOUND, "unknown_form", texts::unknown_form(locale));
        let answer = visit.refuse(&problem.detail(texts::check_address(locale)), locale);
        return match face {
            Some(face) => face.dress(answer),
            None => answer,
        };
    };
    let campaign = &published.campaign;
    let get = visit.is_get();
    let mut response = match (part(2), visit.method()) {
        ("visits", &Method::POST) => tell_visit(app, campaign, visit).await,
        ("visits", _) => http::method_not_allowed("POST"),
        ("thanks", _) if get => page::thanks(campaign, visit),
        // A script that follows the answer of its post asks again here.
        ("thanks", &Method::OPTIONS) => preflight(app, campaign, visit),
        ("thanks", _) => http::method_not_allowed("GET, HEAD, OPTIONS"),
        ("challenge", _) if get => work::challenge(app, campaign),
        // A widget may ask by a script that sends headers of its own.
        ("challenge", &Method::OPTIONS) => preflight(app, campaign, visit),
        ("challenge", _) => http::method_not_allowed("GET, HEAD, OPTIONS"),
        ("snippet.js", _) if get => snippet::answer(app, campaign, visit),
        ("snippet.js", _) => http::method_not_allowed("GET, HEAD"),
        ("logo", _) if get => logo::answer(app, published, visit).await,
        ("logo", _) => http::method_not_allowed("GET, HEAD"),
        (_, method) if get => {
            if method == Method::GET && visits::is_one(app, visit) {
                visits::count(app, campaign, visit).await;
            }
            show(app, campaign, visit)
        }
        (_, &Method::POST) => post(app, campaign, visit).await,
        (_, &Method::OPTIONS) => preflight(app, campaign, visit),
        _ => http::method_not_allowed("GET, HEAD, POST, OPTIONS"),
    };
    if is_page(&response) {
        let locale = campaign.locale_or_default(visit.asked_locale());
        let face = Face::of(campaign, locale);
        response = match part(2) {
            "" if get => face.shared(campaign, locale, &app.settings.base_url).dress(response),
            _ => face.dress(response),
        };
    }
    allow_origin(app, campaign, visit, &mut response);
    http::without_body_for_head(visit.method(), response)
}

fn show(app: &App, campaign: &Campaign, visit: &Visit) -> Response<Body> {
    let locale = campaign.locale_or_default(visit.asked_locale());
    let mut touch = touch_of(&|name| visit.query(name).map(str::to_owned));
    // The form carries to its post where the visitor came from.
    // Our own pages, such as this form in the other language, are no place to come from.
    let elsewhere = |url: &String| !url.starts_with(&app.settings.base_url);
    if let Some(referrer) = visit.header(header::REFERER).and_then(bare_url).filter(elsewhere) {
        touch.0.entry("referrer".into()).or_insert(referrer);
    }
    let landing = format!("{}/forms/{}", app.settings.base_url, campaign.id);
    touch.0.entry("landing".into()).or_insert(landing);
    let shown = quarantine::shown(&campaign.id, app.now(), &app.ring().identity);
    page::answer(
        page::form(campaign, locale, &page::Filled::new(&touch, shown)),
        StatusCode::OK,
    )
}

/// A page elsewhere tells of a visit: its own script, without a pixel (`navigator.sendBeacon`).
async fn tell_visit(app: &App, campaign: &Campaign, visit: &Visit) -> Response<Body> {
    if let Some(site) = visit.header(header::ORIGIN).and_then(bare_url) {
        sources::tell_of_site(app, campaign, &site);
    }
    if listed_origin(app, campaign, visit).is_some() && visits::is_browser(visit.user_agent()) {
        visits::count(app, campaign, visit).await;
    }
    // The same answer for all: nobody is waiting for it.
    http::answer(StatusCode::NO_CONTENT, "text/plain; charset=utf-8", String::new())
}

async fn post(app: &App, campaign: &Campaign, visit: &Visit) -> Response<Body> {
    let raw = match visit.post().await {
        Ok(raw) => raw,
        Err(problem) => {
            let locale = campaign.locale_or_default(visit.asked_locale());
            return visit.refuse(&Problem::post(problem, locale), locale);
        }
    };
    let raw = named(&campaign.form, raw);
    let posted = raw.get("_lang").and_then(Locale::from_tag);
    let locale = campaign.locale_or_default(posted.or(visit.asked_locale()));
    match capture(app, campaign, visit, &raw, locale).await {
        Ok(suggestion) if visit.wants_json() => http::json(StatusCode::ACCEPTED, &Accepted::of(&raw, suggestion)),
        Ok(_) => {
            let next = raw
                .get("_next")
                .and_then(|next| http::safe_next(next, &campaign.form.origins));
            let next = next.unwrap_or_else(|| format!("/forms/{}/thanks?lang={}", campaign.id, locale.code()));
            http::see_other(&page::naming_files(&next, raw.files()))
        }
        Err(error) if visit.wants_json() => error.problem(locale).answer(),
        // Whatever went wrong, nothing typed is lost: the form comes back as it was.
        Err(CaptureError::Fields(problems)) => {
            let again = page::Filled::again(campaign, &raw, &problems, None);
            let form = page::form(campaign, locale, &in_time(app, campaign, again));
            page::answer(form, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => {
            let problem = error.problem(locale);
            let again = page::Filled::again(campaign, &raw, &[], Some(&problem));
            let form = page::form(campaign, locale, &in_time(app, campaign, again));
            let mut response = page::answer(form, problem.status());
            problem.retry_after(&mut response);
            response
        }
    }
}

/// The form again without a time that is over: the next try is not to be held for it.
fn in_time<'a>(app: &App, campaign: &Campaign, again: page::Filled<'a>) -> page::Filled<'a> {
    let ring = app.ring();
    again.dropping(quarantine::SHOWN, |shown| {
        !quarantine::is_timely(&campaign.id, shown, &ring.identity, app.now())
    })
}

/// What a program hears of a post that was taken: of the post alone, never of the person (R86).
#[derive(Serialize)]
struct Accepted<'a> {
    status: &'static str,
    /// The address that was probably meant, where the domain is one slip away from a well-known one.
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<Personal>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<Refused<'a>>,
}

/// What of a post was not taken.
#[derive(Serialize)]
struct Refused<'a> {
    field: &'a str,
    code: &'static str,
}

impl<'a> Accepted<'a> {
    fn of(raw: &'a RawPost, suggestion: Option<Personal>) -> Self {
        let refused = raw.files().iter().map(|field| Refused { field, code: "file" });
        Self {
            status: "accepted",
            suggestion,
            refused: refused.collect(),
        }
    }
}

/// One post, one write, or two where a proof of work is used up; a form that says so asks Cloudflare too. What comes back is the address that was probably meant. New,
/// known, suppressed or held as spam: the visitor is told the same (R86).
async fn capture(
    app: &App,
    campaign: &Campaign,
    visit: &Visit,
    raw: &RawPost,
    locale: Locale,
) -> Result<Option<Personal>, CaptureError> {
    let mut touch = touch_of(&|name| raw.get(name).or_else(|| visit.query(name)).map(str::to_owned));
    // Where pages tell no more of themselves, their site.
    let page = visit.header(header::REFERER).and_then(bare_url);
    if let Some(page) = page.or_else(|| visit.header(header::ORIGIN).and_then(bare_url)) {
        sources::tell_of_site(app, campaign, &page);
        touch.0.insert("page".into(), page);
    }
    for (name, _) in raw.undeclared() {
        telemetry::notice("undeclared_field", &campaign.id, name);
    }
    let submission = Submission::read(campaign, raw, locale, touch).map_err(CaptureError::Fields)?;
    let doubt = submission.doubt(campaign, raw);
    if let Some(doubt) = &doubt
        && !visit.wants_json()
        && visit.asks_for_page()
    {
        return Err(CaptureError::Fields(vec![doubt.clone()]));
    }
    // It depends on what was typed alone, as everything else that is answered.
    let suggestion = doubt.and_then(|doubt| doubt.suggestion);
    // Before anything depends on whose address it is: the answer tells nothing of it (R86).
    if let Some(wait_s) = app.holds_off(visit, &campaign.protect.limits.posts(), "").await {
        return Err(CaptureError::TooMany(wait_s));
    }
    let ring = app.ring();
    let id = submission.lead_id(&ring.identity, &campaign.workspace);
    let proof = work::against(app, campaign, &id, raw).await;
    let many = app.posts_for_many(visit, &id).then_some(Layer::ManyPeople);
    let mut beside: Vec<Layer> = proof.into_iter().chain(many).collect();
    let at = app.now();
    let against = |beside: &[Layer]| quarantine::reasons(campaign, raw, &submission, beside, &ring.identity, at);
    let mut reasons = against(&beside);
    if !quarantine::holds(&reasons)
        && let Some(layer) = turnstile::against(app, campaign, visit, &id, raw).await
    {
        beside.push(layer);
        reasons = against(&beside);
    }
    if quarantine::holds(&reasons) {
        let catalog = app.catalog().await.map_err(CaptureError::Store)?;
        let version = catalog.published(&campaign.id).map(|held| held.version.clone());
        let held = Held {
            at,
            workspace: campaign.workspace.clone(),
            form: campaign.id.clone(),
            version: version.unwrap_or_default(),
            post: submission,
            reasons,
        };
        app.hold_post(&id, &held).await.map_err(CaptureError::Store)?;
        return Ok(suggestion);
    }
    let kept = |input::Capture(form, submission), catalog: &Catalog| {
        let version = catalog.published(&form)?.version.clone();
        Some(Kept {
            at,
            typed_at: None,
            workspace: campaign.workspace.clone(),
            post: Post::Form(form, version, submission),
        })
    };
    let post = input::Capture(campaign.id.clone(), submission);
    app.apply_or_keep(&id, Start::New, post, kept)
        .await
        .map_err(CaptureError::Store)?;
    telemetry::log("captured", &[("form", (&campaign.id).into()), ("lead", (&id).into())]);
    Ok(suggestion)
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
            Self::TooMany(wait_s) => {
                telemetry::log("visitor_limited", &[("wait_s", (*wait_s).into())]);
                Problem::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    "too_many_posts",
                    texts::too_many_posts(locale),
                )
                .detail(texts::too_many_posts_advice(locale, *wait_s))
                .wait_s(*wait_s)
            }
        }
    }
}

/// The `Origin` of a request if its pages may read our answers: those on the form's list, and our own.
fn listed_origin<'a>(app: &App, campaign: &Campaign, visit: &'a Visit) -> Option<&'a str> {
    let origin = visit.header(header::ORIGIN)?;
    sources::is_listed(app, campaign, origin).then_some(origin)
}

/// The exact origin, never `*`, and no credentials (R92, Fetch standard, "CORS protocol").
fn allow_origin(app: &App, campaign: &Campaign, visit: &Visit, response: &mut Response<Body>) {
    let headers = response.headers_mut();
    headers.append(
        header::VARY,
        HeaderValue::from_static("Origin, Accept, Accept-Language"),
    );
    let origin = listed_origin(app, campaign, visit).map(HeaderValue::from_str);
    if let Some(Ok(origin)) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
}

/// What scripts that post forms send beside the body: jQuery and its like, and htmx (its reference, "Request Headers").
const ALLOWED_HEADERS: &str = "Content-Type, Accept, X-Requested-With, HX-Request, HX-Current-URL, HX-Target, HX-Trigger, \
    HX-Trigger-Name, HX-Boosted, HX-Prompt, HX-History-Restore-Request, HX-Preloaded";

fn preflight(app: &App, campaign: &Campaign, visit: &Visit) -> Response<Body> {
    if listed_origin(app, campaign, visit).is_none() {
        let title = "This site may not post to this form by script.";
        let detail = "Add its origin to form.origins in campaign.toml and publish.";
        return Problem::new(StatusCode::FORBIDDEN, "origin_not_listed", title)
            .detail(detail)
            .answer();
    }
    let mut response = http::answer(StatusCode::NO_CONTENT, "text/plain; charset=utf-8", String::new());
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static(ALLOWED_HEADERS),
    );
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}
