//! The hosted form and its thank-you page: every problem named beside its field, nothing typed is lost, and no script that
//! it needs. One tells the visitor's time zone; where the form asks for a proof of work, another finds it. Where it asks for
//! Cloudflare Turnstile, Cloudflare's own shows the widget.

use std::borrow::Cow;
use std::collections::BTreeSet;

use lambda_http::http::StatusCode;
use lambda_http::http::header::{HeaderValue, REFERRER_POLICY};
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::http::{Problem, Visit};
use piste_adapters::pages::{Page, languages, reference};
use piste_adapters::questions::{question, summary, to_edit};
use piste_domain::campaign::field::{Field, FieldType};
use piste_domain::campaign::privacy::notice;
use piste_domain::kit::names::steps;
use piste_domain::kit::post::{RawPost, Sent};
use piste_domain::kit::read::amount;
use piste_domain::kit::read::boxes::Tick;
use piste_domain::kit::text::clean_line;
use piste_domain::lead::Touch;
use piste_domain::lead::words::ZONE;
use piste_domain::rules::form::ASKED_BACK;
use piste_domain::rules::quarantine::SHOWN;
use piste_domain::rules::quarantine::challenge::SOLUTION;
use piste_domain::rules::quarantine::turnstile::{RESPONSE, action};
use piste_domain::{Campaign, FieldProblem, Locale};

use crate::{texts, turnstile, work};

/// Helper fields that the page itself sets.
const SET_BY_THE_PAGE: [&str; 7] = ["_lang", "_gotcha", "_charset_", ZONE, ASKED_BACK, SOLUTION, RESPONSE];
/// It fills in the visitor's time zone. Where no script runs, the field stays empty and counts as none.
const ZONE_SCRIPT: &str = include_str!("zone.js");

/// What the form holds when it is shown.
pub struct Filled<'a> {
    post: Option<&'a RawPost>,
    problems: &'a [FieldProblem],
    notice: Option<&'a Problem>,
    carried: Vec<(&'a str, String)>,
    undeclared: &'a [(String, String)],
    files: &'a [String],
}

impl<'a> Filled<'a> {
    /// An empty form that carries where the visitor came from, and when it was shown.
    pub fn new(touch: &Touch, shown: String) -> Self {
        let carried = Touch::NAMES
            .iter()
            .filter_map(|(stored, posted)| Some((*posted, touch.get(stored)?.to_owned())))
            .chain([(SHOWN, shown)])
            .collect();
        Self {
            post: None,
            problems: &[],
            notice: None,
            carried,
            undeclared: &[],
            files: &[],
        }
    }

    /// The form again, with what was posted and what is wrong with it or with us. It carries whatever has no question on it,
    /// what a box cannot show, and what is asked back but need not be put right: sent again as it stands, it is taken.
    pub fn again(
        campaign: &'a Campaign,
        post: &'a RawPost,
        problems: &'a [FieldProblem],
        notice: Option<&'a Problem>,
    ) -> Self {
        let is_shown = |name: &str| {
            let mut fields = campaign.form.fields.iter();
            fields.any(|field| field.name == name) || SET_BY_THE_PAGE.contains(&name)
        };
        let sent = post.pairs().iter().filter(|(name, _)| !is_shown(name));
        let mut carried: Vec<_> = sent
            .map(|(name, value)| (name.as_str(), Sent::from(value.as_str()).text.to_owned()))
            .collect();
        // Neither a yes nor a no: the box comes back empty, and what was sent for it beside it. A tick outweighs it.
        carried.extend(campaign.form.fields.iter().filter_map(|field| {
            let is_box = field.kind == FieldType::Consent;
            match is_box.then(|| field.tick(post.all(&field.name)))? {
                Tick::Unclear(sent) => Some((field.name.as_str(), sent.to_owned())),
                _ => None,
            }
        }));
        let before = post.get(ASKED_BACK).unwrap_or_default().split(',');
        let now = problems.iter().filter(|problem| problem.once);
        let asked: BTreeSet<&str> = before.chain(now.map(|problem| problem.field.as_str())).collect();
        let asked: Vec<&str> = asked.into_iter().filter(|name| is_shown(name)).collect();
        if !asked.is_empty() {
            carried.push((ASKED_BACK, asked.join(",")));
        }
        Self {
            post: Some(post),
            problems,
            notice,
            carried,
            undeclared: post.undeclared(),
            files: post.files(),
        }
    }

    /// The form without a value that it would carry, where that is to go.
    pub fn dropping(mut self, name: &str, goes: impl Fn(&str) -> bool) -> Self {
        self.carried.retain(|(carried, value)| *carried != name || !goes(value));
        self
    }

    /// The same form in another language, with where the visitor came from.
    fn href(&self, locale: Locale) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("lang", locale.code());
        let touch = |name: &str| Touch::NAMES.iter().any(|(_, posted)| *posted == name);
        query.extend_pairs(self.carried.iter().filter(|(name, _)| touch(name)));
        format!("?{}", query.finish())
    }

    /// The zone that was sent, for a page whose script does not run.
    fn zone(&self) -> Option<&str> {
        self.post?.get(ZONE)
    }

    fn value(&self, field: &Field) -> Cow<'_, str> {
        let Some(sent) = self.post.and_then(|post| post.sent(&field.name)) else {
            return Cow::Borrowed("");
        };
        let all = || self.post.into_iter().flat_map(|post| post.all(&field.name));
        match field.kind {
            // Of several values of a box any yes counts.
            FieldType::Consent if matches!(field.tick(all()), Tick::Yes(_)) => Cow::Borrowed("on"),
            // As a person would write it: read again, it is the same number.
            FieldType::Number if sent.is_number => match amount::of_json(sent.text) {
                Some(number) => Cow::Owned(to_edit(field, &number).into_owned()),
                None => Cow::Borrowed(sent.text),
            },
            _ => Cow::Borrowed(sent.text),
        }
    }
}

/// The form page.
pub fn form<'a>(campaign: &'a Campaign, locale: Locale, filled: &Filled<'_>) -> Page<'a> {
    let form = &campaign.form;
    let asks_for_work = campaign.protect.proof_of_work;
    let site_key = campaign.protect.turnstile.as_deref();
    let body = html! {
        (languages(locale, &campaign.languages, |other| filled.href(other)))
        div.card {
            h1 { (form.title.get(locale)) }
            p { (form.intro.get(locale)) }
            @if let Some(notice) = filled.notice {
                div.errors role="alert" tabindex="-1" autofocus {
                    strong { (notice.title) }
                    p { (notice.detail) }
                    (reference(locale, notice.request_id.as_deref()))
                }
            }
            (summary(&form.fields, filled.problems, locale))
            (files_refused(filled.files, locale))
            form method="post" action={ "/forms/" (campaign.id) } novalidate {
                input type="hidden" name="_lang" value=(locale.code());
                @for (name, value) in &filled.carried { input type="hidden" name=(name) value=(value); }
                div.gone aria-hidden="true" {
                    label for="f-gotcha" { (texts::leave_empty(locale)) }
                    input type="text" id="f-gotcha" name="_gotcha" tabindex="-1" autocomplete="off";
                }
                @for field in &form.fields { (question(field, &filled.value(field), filled.problems, locale)) }
                // What the form elsewhere asked beside ours is typed too.
                @for (name, value) in filled.undeclared { input type="hidden" name=(name) value=(Sent::from(value.as_str()).text); }
                input type="hidden" name=(ZONE) value=[filled.zone()];
                @if asks_for_work { input type="hidden" name=(SOLUTION) autocomplete="off"; }
                @if let Some(key) = site_key {
                    // It writes its answer into a field of the form by itself.
                    div.cf-turnstile data-sitekey=(key) data-language=(locale.code()) data-action=(action(&campaign.id)) data-size="flexible" {}
                }
                button type="submit" { (form.button.get(locale)) }
            }
            (rights(campaign, locale))
        }
    };
    Page {
        form_targets: &form.origins,
        refused: !filled.problems.is_empty(),
        scripts: if asks_for_work {
            &[ZONE_SCRIPT, work::SCRIPT]
        } else {
            &[ZONE_SCRIPT]
        },
        widget: site_key.map(|_| turnstile::WIDGET),
        ..Page::new(locale, form.title.get(locale), body)
    }
}

/// Who answers for the data, what they are for, and the way to them (R73).
fn rights(campaign: &Campaign, locale: Locale) -> Markup {
    html! {
        details.small {
            summary { (texts::your_data(locale)) }
            @for paragraph in notice(campaign, locale) { p { (paragraph) } }
        }
        p.small.links {
            a href=(campaign.sender.privacy_url.get(locale)) { (texts::privacy(locale)) }
            a href={ "/my-data?form=" (campaign.id) "&lang=" (locale.code()) } { (texts::my_data(locale)) }
        }
        p.small.soft { (campaign.sender.legal.get(locale)) }
    }
}

/// The form's answer. Its address holds no secret, and the browser may tell our own post which page it came from: that is part of the proof.
pub fn answer(page: Page<'_>, status: StatusCode) -> Response<Body> {
    let mut response = page.answer(status);
    response
        .headers_mut()
        .insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// The page after a post; it names the files that were not taken.
pub fn thanks(campaign: &Campaign, visit: &Visit) -> Response<Body> {
    let locale = campaign.locale_or_default(visit.asked_locale());
    let form = &campaign.form;
    let named = visit.pairs().iter().filter(|(name, _)| name == REFUSED);
    let files: Vec<String> = named.map(|(_, field)| file_name(field)).take(FILES_SHOWN_MAX).collect();
    let body = html! {
        div.card {
            h1 { (form.thanks_title.get(locale)) }
            p { (form.thanks_text.get(locale)) }
            (files_refused(&files, locale))
        }
    };
    Page::new(locale, form.thanks_title.get(locale), body).answer(StatusCode::OK)
}

/// Under this name the address of the next page has the fields whose files were not taken.
const REFUSED: &str = "refused";
/// Files that a page names.
const FILES_SHOWN_MAX: usize = 5;
/// Characters of a field's name on a page that anybody can link to.
const FILE_NAME_CHARS_MAX: usize = 40;

/// The next page's address, with the fields whose files were not taken.
pub fn naming_files(next: &str, files: &[String]) -> String {
    if files.is_empty() {
        return next.to_owned();
    }
    let (page, fragment) = next
        .split_once('#')
        .map_or((next, None), |(page, rest)| (page, Some(rest)));
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(
        files
            .iter()
            .take(FILES_SHOWN_MAX)
            .map(|field| (REFUSED, file_name(field))),
    );
    let joined = if page.contains('?') { '&' } else { '?' };
    let fragment = fragment.map(|rest| format!("#{rest}")).unwrap_or_default();
    format!("{page}{joined}{}{fragment}", query.finish())
}

/// The last step of a field's name, without anything that reads like an address.
fn file_name(field: &str) -> String {
    let last = steps(field).last().copied().unwrap_or_default();
    let plain = clean_line(last);
    let plain = plain
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ' '));
    plain.take(FILE_NAME_CHARS_MAX).collect()
}

fn files_refused(files: &[String], locale: Locale) -> Markup {
    html! {
        @if !files.is_empty() {
            p role="status" {
                (texts::no_files(locale))
                " "
                @for (at, field) in files.iter().take(FILES_SHOWN_MAX).enumerate() {
                    @if at > 0 { ", " }
                    strong { (file_name(field)) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_hears_which_files_were_not_taken() {
        let files = ["form_fields[My CV]".to_owned(), "http://evil.example/<b>".to_owned()];
        assert_eq!(naming_files("/merci", &[]), "/merci");
        assert_eq!(naming_files("/merci?a=b#c", &files[..1]), "/merci?a=b&refused=My+CV#c");
        assert_eq!(naming_files("/merci", &files[1..]), "/merci?refused=exampleb");
    }
}
