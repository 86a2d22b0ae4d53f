//! The frame of every page: one small stylesheet, no script but those of our own that a page names and the widget that it may
//! ask for, and headers that allow nothing else.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lambda_http::http::StatusCode;
use lambda_http::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue};
use lambda_http::{Body, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use piste_domain::campaign::brand::{Brand, DARK_PAGE, LIGHT_PAGE};
use piste_domain::{Campaign, Catalog, Locale};
use sha2::{Digest as _, Sha256};

use crate::{http, telemetry, texts};

/// Where the head of the frame ends: what a company adds stands before it, and its name after it.
const HEAD_END: &str = "</head><body>";

const STYLE: &str = concat!(include_str!("style.css"), include_str!("charts.css"));

/// The stylesheet's hash for the policy: computed once, so that editing the file is all there is to do.
static STYLE_HASH: LazyLock<String> = LazyLock::new(|| hash(STYLE));

fn hash(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text))
}

/// One page.
#[derive(Debug)]
pub struct Page<'a> {
    /// Its language.
    pub locale: Locale,
    /// Its title; the first heading is part of the body.
    pub title: &'a str,
    /// Whether it is a wide page of the console.
    pub wide: bool,
    /// What stands in `<main>`.
    pub body: Markup,
    /// What stands above it.
    pub header: Option<Markup>,
    /// Whether something on it is to be put right: its title says so first (WCAG 2.2, 3.3.1).
    pub refused: bool,
    /// Hosts other than our own that its form may lead to.
    pub form_targets: &'a [String],
    /// Scripts that may ask our own host, each by itself: one that fails stops no other, and the page works without them.
    pub scripts: &'static [&'static str],
    /// A script of somebody else's that shows a frame.
    pub widget: Option<Widget>,
}

/// What a page takes from somebody else.
#[derive(Clone, Copy, Debug)]
pub struct Widget {
    /// Whose script and frames: `https://host`.
    pub origin: &'static str,
    /// The address of the script, at that host.
    pub script: &'static str,
}

impl<'a> Page<'a> {
    /// A page of one column.
    pub fn new(locale: Locale, title: &'a str, body: Markup) -> Self {
        Self {
            locale,
            title,
            wide: false,
            body,
            header: None,
            refused: false,
            form_targets: &[],
            scripts: &[],
            widget: None,
        }
    }

    /// The answer that shows it.
    pub fn answer(self, status: StatusCode) -> Response<Body> {
        let markup = html! {
            (DOCTYPE)
            html lang=(self.locale.code()) {
                (PreEscaped("<head>"))
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { @if self.refused { (texts::error(self.locale)) } (self.title) }
                style { (PreEscaped(STYLE)) }
                (PreEscaped(HEAD_END))
                @if let Some(header) = &self.header { (header) }
                main.wide[self.wide] { (self.body) }
                @for script in self.scripts { script { (PreEscaped(script)) } }
                @if let Some(widget) = self.widget { script src=(widget.script) async defer {} }
                (PreEscaped("</body>"))
            }
        };
        let mut targets = String::from("'self'");
        for origin in self.form_targets {
            targets.push(' ');
            targets.push_str(origin);
        }
        let mut policy = format!(
            "default-src 'none'; style-src 'sha256-{}'; form-action {targets}; base-uri 'none'; frame-ancestors 'none'",
            *STYLE_HASH
        );
        let hashes = self.scripts.iter().map(|script| format!(" 'sha256-{}'", hash(script)));
        let origin = self.widget.map(|widget| format!(" {}", widget.origin));
        let sources: String = hashes.chain(origin).collect();
        if !sources.is_empty() {
            policy.push_str(&format!("; script-src{sources}; connect-src 'self'"));
        }
        if let Some(widget) = self.widget {
            policy.push_str(&format!("; frame-src {}", widget.origin));
        }
        let mut response = http::answer(status, "text/html; charset=utf-8", markup.into_string());
        let headers = response.headers_mut();
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            headers.insert(CONTENT_SECURITY_POLICY, policy);
        }
        headers.insert(
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        );
        response
    }
}

/// What a company puts around every page that a person meets.
#[derive(Debug)]
pub struct Face {
    /// Into the head: both colours, the icon.
    head: String,
    /// Above the page: the name, as a picture where there is one.
    header: String,
    /// The hash of its style.
    style: Option<String>,
    has_picture: bool,
}

impl Face {
    /// The company of a campaign.
    pub fn of(campaign: &Campaign, locale: Locale) -> Self {
        let name = campaign.company(locale);
        let brand = campaign.brand.as_ref();
        let logo = brand.and_then(|brand| brand.logo.as_ref());
        let logo = logo.map(|_| logo_path(campaign));
        let style = brand.filter(|brand| brand.colour.is_some() || brand.colour_dark.is_some());
        let style = style.map(style_of);
        let shown = html! {
            @match &logo {
                Some(logo) => img src=(logo) alt=(name) height="40";,
                None => strong { (name) },
            }
        };
        let header = html! {
            header.brand {
                @match brand.and_then(|brand| brand.site.as_ref()) {
                    Some(site) => a href=(site) { (shown) },
                    None => (shown),
                }
            }
        };
        let head = html! {
            @if let Some(style) = &style { style { (PreEscaped(style)) } }
            @if let Some(logo) = &logo { link rel="icon" href=(logo); }
        };
        Self {
            head: head.into_string(),
            header: header.into_string(),
            style: style.as_deref().map(hash),
            has_picture: logo.is_some(),
        }
    }

    /// The company that a page names where no campaign is known: the one there is, if all campaigns are of the same.
    pub fn of_all(catalog: &Catalog, locale: Locale) -> Option<Self> {
        let mut campaigns = catalog.iter().map(|published| &published.campaign);
        let first = campaigns.next()?;
        campaigns
            .all(|other| other.company(locale) == first.company(locale))
            .then(|| Self::of(first, locale))
    }

    /// The same with what a link to the page shows elsewhere: title, words and picture (the Open Graph protocol).
    pub fn shared(mut self, campaign: &Campaign, locale: Locale, base: &str) -> Self {
        let form = &campaign.form;
        let picture = self.has_picture.then(|| format!("{base}{}", logo_path(campaign)));
        let tags = html! {
            meta name="description" content=(form.intro.get(locale));
            meta property="og:type" content="website";
            meta property="og:title" content=(form.title.get(locale));
            meta property="og:description" content=(form.intro.get(locale));
            meta property="og:site_name" content=(campaign.company(locale));
            meta property="og:locale" content=(locale.territory());
            meta property="og:url" content={ (base) "/forms/" (campaign.id) "?lang=" (locale.code()) };
            @if let Some(picture) = picture {
                meta property="og:image" content=(picture);
                meta property="og:image:alt" content=(campaign.company(locale));
            }
        };
        self.head.push_str(&tags.into_string());
        self
    }

    /// Dresses a page; any other answer stays as it is.
    pub fn dress(&self, mut response: Response<Body>) -> Response<Body> {
        let Body::Text(page) = response.body() else {
            return response;
        };
        let Some((head, rest)) = page.split_once(HEAD_END) else {
            return response;
        };
        let dressed = [head, &self.head, HEAD_END, &self.header, rest].concat();
        *response.body_mut() = Body::Text(dressed);
        let policy = response.headers().get(CONTENT_SECURITY_POLICY);
        let policy = policy.and_then(|policy| policy.to_str().ok()).map(|policy| {
            let policy = match &self.style {
                Some(hash) => policy.replacen("style-src ", &format!("style-src 'sha256-{hash}' "), 1),
                None => policy.to_owned(),
            };
            match self.has_picture {
                true => policy + "; img-src 'self'",
                false => policy,
            }
        });
        if let Some(Ok(policy)) = policy.map(HeaderValue::try_from) {
            response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
        }
        response
    }
}

/// Whether an answer is a page.
pub fn is_page(response: &Response<Body>) -> bool {
    let kind = response.headers().get(CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// Where a campaign's logo is.
pub fn logo_path(campaign: &Campaign) -> String {
    format!("/forms/{}/logo", campaign.id)
}

/// Both colours over those of the stylesheet. What stands on a button is the page, against which they were checked.
fn style_of(brand: &Brand) -> String {
    let (light, dark) = (brand.colour(), brand.colour_dark());
    format!(
        ":root{{--accent:{light};--on-accent:{LIGHT_PAGE}}}@media (prefers-color-scheme:dark){{:root{{--accent:{dark};--on-accent:{DARK_PAGE}}}}}\
         @media print{{:root{{--accent:#000}}}}"
    )
}

/// Links to the same page in the other languages it is offered in.
pub fn languages(locale: Locale, offered: &[Locale], href: impl Fn(Locale) -> String) -> Markup {
    html! {
        @if offered.iter().any(|other| *other != locale) {
            nav.langs.no-print aria-label=(texts::language(locale)) {
                @for other in offered.iter().copied().filter(|other| *other != locale) {
                    a href=(href(other)) lang=(other.code()) hreflang=(other.code()) { (other.own_name()) }
                }
            }
        }
    }
}

/// A page that says one thing; where that is an error, with the reference under which the log has it (R99).
pub fn message(status: StatusCode, locale: Locale, title: &str, text: &str) -> Response<Body> {
    let failed = status.is_client_error() || status.is_server_error();
    let id = telemetry::request_id().filter(|_| failed);
    let body = html! {
        div.card {
            h1 { (title) }
            @if !text.is_empty() { p { (text) } }
            (reference(locale, id.as_deref()))
        }
    };
    Page::new(locale, title, body).answer(status)
}

/// The line under which somebody can ask about an error.
pub fn reference(locale: Locale, request_id: Option<&str>) -> Markup {
    html! { @if let Some(id) = request_id { p.small.soft { (texts::reference(locale, id)) } } }
}

/// A problem as a page, for browsers.
pub fn problem(problem: &http::Problem, locale: Locale) -> Response<Body> {
    let mut response = message(problem.status(), locale, &problem.title, &problem.detail);
    problem.retry_after(&mut response);
    response
}
