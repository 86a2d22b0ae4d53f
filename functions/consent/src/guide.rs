//! The promised download as a page that reads and prints well.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{PreEscaped, html};
use piste_adapters::pages::{Page, languages};
use piste_domain::{Campaign, Locale};
use pulldown_cmark::{Event, Options, Parser, html::push_html};

use crate::texts;

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
