//! The hosted form and its thank-you page: no script, every problem named beside its field, nothing typed is lost.

use std::collections::BTreeMap;

use lambda_http::http::StatusCode;
use lambda_http::http::header::{HeaderValue, REFERRER_POLICY};
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::http::Problem;
use piste_adapters::pages::Page;
use piste_domain::form::{Field, FieldType, RawPost, is_ticked};
use piste_domain::lead::Touch;
use piste_domain::{Campaign, FieldProblem, Locale};

/// What the form holds when it is shown.
pub struct Filled<'a> {
    post: Option<&'a RawPost>,
    problems: &'a [FieldProblem],
    notice: Option<&'a Problem>,
    carried: BTreeMap<&'static str, String>,
}

impl<'a> Filled<'a> {
    /// An empty form that carries where the visitor came from.
    pub fn new(touch: &Touch) -> Self {
        let carried = Touch::NAMES
            .iter()
            .filter_map(|(stored, posted)| Some((*posted, touch.get(stored)?.to_owned())))
            .collect();
        Self {
            post: None,
            problems: &[],
            notice: None,
            carried,
        }
    }

    /// The form again, with what was posted and what is wrong with it or with us.
    pub fn again(post: &'a RawPost, problems: &'a [FieldProblem], notice: Option<&'a Problem>) -> Self {
        let carried = Touch::NAMES
            .iter()
            .map(|(_, posted)| *posted)
            .chain(["_next"])
            .filter_map(|name| Some((name, post.get(name)?.to_owned())))
            .collect();
        Self {
            post: Some(post),
            problems,
            notice,
            carried,
        }
    }

    /// The same form in another language, with where the visitor came from.
    fn href(&self, locale: Locale) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("lang", locale.code());
        query.extend_pairs(self.carried.iter().filter(|(name, _)| !name.starts_with('_')));
        format!("?{}", query.finish())
    }

    fn value(&self, field: &Field) -> &str {
        self.post.and_then(|post| post.get(&field.name)).unwrap_or_default()
    }

    fn problem(&self, field: &Field, locale: Locale) -> Option<String> {
        let problem = self.problems.iter().find(|problem| problem.field == field.name)?;
        Some(problem.kind.message(locale))
    }
}

/// The form page.
pub fn form<'a>(campaign: &'a Campaign, locale: Locale, filled: &Filled<'_>) -> Page<'a> {
    let form = &campaign.form;
    let body = html! {
        @if campaign.languages.len() > 1 {
            nav.langs aria-label=(locale.pick("Langue", "Language")) {
                @for other in campaign.languages.iter().filter(|other| **other != locale) {
                    a href=(filled.href(*other)) lang=(other.code()) hreflang=(other.code()) { (other.pick("Français", "English")) }
                }
            }
        }
        div.card {
            h1 { (form.title.get(locale)) }
            p { (form.intro.get(locale)) }
            @if let Some(notice) = filled.notice {
                div.errors role="alert" { strong { (notice.title) } p { (notice.detail) } }
            }
            @if !filled.problems.is_empty() { (summary(campaign, locale, filled)) }
            form method="post" action={ "/forms/" (campaign.id) } novalidate {
                input type="hidden" name="_lang" value=(locale.code());
                @for (name, value) in &filled.carried { input type="hidden" name=(name) value=(value); }
                div.gone aria-hidden="true" {
                    label for="f-gotcha" { (locale.pick("Laissez ce champ vide", "Leave this field empty")) }
                    input type="text" id="f-gotcha" name="_gotcha" tabindex="-1" autocomplete="off";
                }
                @for field in &form.fields { (question(field, locale, filled)) }
                p.small.soft {
                    (campaign.sender.legal.get(locale)) " "
                    a href=(campaign.sender.privacy_url.get(locale)) { (locale.pick("Vos données et vos droits", "Your data and your rights")) }
                }
                button type="submit" { (form.button.get(locale)) }
            }
        }
    };
    Page {
        form_targets: &form.origins,
        ..Page::new(locale, form.title.get(locale), body)
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

/// All problems at the top, each leading to its field (WCAG 2.2, 3.3.1).
fn summary(campaign: &Campaign, locale: Locale, filled: &Filled<'_>) -> Markup {
    html! {
        div.errors role="alert" {
            strong {
                @if filled.problems.len() == 1 { (locale.pick("Une réponse est à corriger\u{a0}:", "One answer needs correcting:")) }
                @else { (locale.pick("Quelques réponses sont à corriger\u{a0}:", "Some answers need correcting:")) }
            }
            ul {
                @for field in &campaign.form.fields {
                    @if let Some(message) = filled.problem(field, locale) {
                        li { a href={ "#f-" (field.name) } { (short_label(field, locale)) } (locale.pick("\u{a0}: ", ": ")) (message) }
                    }
                }
            }
        }
    }
}

fn short_label(field: &Field, locale: Locale) -> &str {
    match field.kind {
        FieldType::Consent => locale.pick("La case à cocher", "The tick box"),
        _ => field.label.get(locale),
    }
}

fn question(field: &Field, locale: Locale, filled: &Filled<'_>) -> Markup {
    let id = format!("f-{}", field.name);
    let value = filled.value(field);
    let problem = filled.problem(field, locale);
    let invalid = problem.as_ref().map(|_| "true");
    let mut described = Vec::new();
    if field.hint.is_some() {
        described.push(format!("{id}-hint"));
    }
    if problem.is_some() {
        described.push(format!("{id}-error"));
    }
    let described = (!described.is_empty()).then(|| described.join(" "));
    let autocomplete = autocomplete(field);
    if field.kind == FieldType::Hidden {
        return html! { input type="hidden" name=(field.name) value=(value); };
    }
    html! {
        div.field {
            @if field.kind == FieldType::Consent {
                div.check {
                    // Never pre-ticked: only what the person ticked before comes back ticked (R62).
                    input type="checkbox" id=(id) name=(field.name) value="on" checked[is_ticked(value)]
                        required[field.required] aria-invalid=[invalid] aria-describedby=[described];
                    label for=(id) { (field.label.get(locale)) }
                }
                @if let Some(hint) = &field.hint { p.hint id={ (id) "-hint" } { (hint.get(locale)) } }
            } @else {
                label for=(id) {
                    (field.label.get(locale))
                    @if !field.required { span.optional { (locale.pick(" (facultatif)", " (optional)")) } }
                }
                @if let Some(hint) = &field.hint { p.hint id={ (id) "-hint" } { (hint.get(locale)) } }
                @match field.kind {
                    FieldType::Choice => select id=(id) name=(field.name) required[field.required] aria-invalid=[invalid] aria-describedby=[described] {
                        option value="" { (locale.pick("Choisissez…", "Choose…")) }
                        @for option in &field.options {
                            option value=(option.value) selected[option.value == value] { (option.label.get(locale)) }
                        }
                    },
                    FieldType::LongText => textarea id=(id) name=(field.name) maxlength=(field.chars_max())
                        required[field.required] aria-invalid=[invalid] aria-describedby=[described] { (value) },
                    _ => div.pair {
                        input type=(input_type(field.kind)) id=(id) name=(field.name) value=(value)
                            maxlength=[(field.kind == FieldType::Text).then(|| field.chars_max())]
                            inputmode=[(field.kind == FieldType::Number).then_some("decimal")]
                            autocomplete=[autocomplete] required[field.required] aria-invalid=[invalid] aria-describedby=[described];
                        @if let Some(unit) = &field.unit { span.soft { (if unit == "EUR" { "€" } else { unit }) } }
                    }
                }
            }
            @if let Some(message) = &problem { p.error id={ (id) "-error" } { (message) } }
        }
    }
}

fn input_type(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Email => "email",
        FieldType::Phone => "tel",
        FieldType::Date => "date",
        FieldType::Url => "url",
        // Not `number`: browsers drop "15 000 €" before it can be read.
        _ => "text",
    }
}

/// What the browser may fill in by itself (WCAG 2.2, 1.3.5).
fn autocomplete(field: &Field) -> Option<&'static str> {
    match (field.kind, field.name.as_str()) {
        (FieldType::Email, _) => Some("email"),
        (FieldType::Phone, _) => Some("tel"),
        (_, "first_name") => Some("given-name"),
        (_, "last_name") => Some("family-name"),
        (_, "company") => Some("organization"),
        _ => None,
    }
}

/// The page after a post.
pub fn thanks(campaign: &Campaign, locale: Locale) -> Response<Body> {
    let form = &campaign.form;
    let body = html! {
        div.card {
            h1 { (form.thanks_title.get(locale)) }
            p { (form.thanks_text.get(locale)) }
        }
    };
    Page::new(locale, form.thanks_title.get(locale), body).answer(StatusCode::OK)
}
