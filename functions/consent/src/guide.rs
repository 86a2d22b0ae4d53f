//! The promised download as a page that reads and prints well.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{PreEscaped, html};
use piste_adapters::pages::Page;
use piste_domain::{Campaign, Locale};
use pulldown_cmark::{Event, Options, Parser, html::push_html};

/// The page of a download written in Markdown. Raw HTML in it is shown as text.
pub fn page(campaign: &Campaign, locale: Locale, title: &str, markdown: &str, token: &str) -> Response<Body> {
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        other => other,
    });
    let mut article = String::with_capacity(markdown.len() * 2);
    push_html(&mut article, events);
    let body = html! {
        nav.langs.no-print aria-label=(locale.pick("Langue", "Language")) {
            @for other in campaign.languages.iter().filter(|other| **other != locale) {
                a href={ "?t=" (token) "&lang=" (other.code()) } lang=(other.code()) hreflang=(other.code()) { (other.pick("Français", "English")) }
            }
        }
        article.card.guide { (PreEscaped(article)) }
        p.small.soft { (campaign.sender.legal.get(locale)) }
        p.small.soft.no-print {
            (locale.pick("Pour imprimer ou enregistrer en PDF\u{a0}: menu «\u{a0}Imprimer\u{a0}» du navigateur.", "To print it or save it as PDF, use the browser's print menu."))
        }
    };
    Page::new(locale, title, body).answer(StatusCode::OK)
}
