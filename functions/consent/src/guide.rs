//! The promised download as a page that reads and prints well.

use lambda_http::http::StatusCode;
use lambda_http::http::header::{CONTENT_DISPOSITION, HeaderValue};
use lambda_http::{Body, Response};
use maud::{PreEscaped, html};
use piste_adapters::campaigns::File;
use piste_adapters::http;
use piste_adapters::pages::{Page, languages};
use piste_domain::{Campaign, Locale};
use pulldown_cmark::{Event, Options, Parser, html::push_html};

use crate::texts;

/// A download that is a file: a PDF opens, anything else is saved.
pub fn file(resource: &str, file: File) -> Response<Body> {
    let (_, ending) = file.name.rsplit_once('.').unwrap_or_default();
    let ending: String = ending.chars().filter(char::is_ascii_alphanumeric).collect();
    let is_pdf = ending.eq_ignore_ascii_case("pdf");
    let (kind, shown) = match is_pdf {
        true => ("application/pdf", "inline"),
        false => ("application/octet-stream", "attachment"),
    };
    let mut response = http::answer(StatusCode::OK, kind, String::new());
    *response.body_mut() = Body::Binary(file.bytes);
    let name = format!("{shown}; filename=\"{resource}.{ending}\"");
    if let Ok(name) = HeaderValue::try_from(name) {
        response.headers_mut().insert(CONTENT_DISPOSITION, name);
    }
    response
}

/// The page of a download written in Markdown. Raw HTML in it is shown as text.
pub fn page(campaign: &Campaign, locale: Locale, title: &str, markdown: &str, token: &str) -> Response<Body> {
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        other => other,
    });
    let mut article = String::with_capacity(markdown.len() * 2);
    push_html(&mut article, events);
    let body = html! {
        (languages(locale, &campaign.languages, |other| format!("?t={token}&lang={}", other.code())))
        article.card.guide { (PreEscaped(article)) }
        p.small.soft { (campaign.sender.legal.get(locale)) }
        p.small.soft.no-print {
            (texts::how_to_print(locale))
        }
    };
    Page::new(locale, title, body).answer(StatusCode::OK)
}
