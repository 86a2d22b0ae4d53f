//! The frame of every page: one small stylesheet, no script but those of our own that a page names, and headers that allow
//! nothing else.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lambda_http::http::StatusCode;
use lambda_http::http::header::{CONTENT_SECURITY_POLICY, HeaderName, HeaderValue};
use lambda_http::{Body, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use piste_domain::Locale;
use sha2::{Digest as _, Sha256};

use crate::{http, telemetry, texts};

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
        }
    }

    /// The answer that shows it.
    pub fn answer(self, status: StatusCode) -> Response<Body> {
        let markup = html! {
            (DOCTYPE)
            html lang=(self.locale.code()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { @if self.refused { (texts::error(self.locale)) } (self.title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    @if let Some(header) = &self.header { (header) }
                    main.wide[self.wide] { (self.body) }
                    @for script in self.scripts { script { (PreEscaped(script)) } }
                }
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
        if !self.scripts.is_empty() {
            let hashes = self.scripts.iter().map(|script| format!(" 'sha256-{}'", hash(script)));
            policy.push_str(&format!(
                "; script-src{}; connect-src 'self'",
                hashes.collect::<String>()
            ));
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
