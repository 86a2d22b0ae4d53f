//! The questions of a form as HTML: labelled, every problem named beside its field, nothing typed is lost.

use std::borrow::Cow;

use maud::{Markup, html};
use piste_domain::campaign::field::{Field, FieldType};
use piste_domain::kit::read::amount;
use piste_domain::kit::read::boxes::Tick;
use piste_domain::{FieldProblem, Locale};

use crate::texts;

/// All problems at the top, each leading to its field (WCAG 2.2, 3.3.1).
pub fn summary<'a>(fields: impl IntoIterator<Item = &'a Field>, problems: &[FieldProblem], locale: Locale) -> Markup {
    html! {
        @if !problems.is_empty() {
            // The focus goes there without a script: a keyboard and a screen reader begin with what is wrong.
            div.errors role="alert" tabindex="-1" autofocus {
                strong { (texts::to_correct(locale, problems.len() as u64)) }
                ul {
                    @for field in fields {
                        @if let Some(problem) = problem_of(field, problems) {
                            li { a href={ "#f-" (field.name) } { (short_label(field, locale)) } (texts::problem_of_field(locale, &problem.kind.message(locale))) }
                        }
                    }
                }
                @if problems.iter().all(|problem| problem.once) { p { (texts::or_send_again(locale)) } }
            }
        }
    }
}

fn problem_of<'a>(field: &Field, problems: &'a [FieldProblem]) -> Option<&'a FieldProblem> {
    problems.iter().find(|problem| problem.field == field.name)
}

fn short_label(field: &Field, locale: Locale) -> &str {
    match field.kind {
        FieldType::Consent => texts::consent_box(locale),
        _ => field.label.get(locale),
    }
}

/// A stored answer as a form shows it to be changed: sent back as it stands, it stays what it is.
pub fn to_edit<'a>(field: &Field, stored: &'a str) -> Cow<'a, str> {
    match field.kind {
        FieldType::Number => amount::to_edit(stored),
        _ => Cow::Borrowed(stored),
    }
}

/// One question with what was answered before.
pub fn question(field: &Field, value: &str, problems: &[FieldProblem], locale: Locale) -> Markup {
    let id = format!("f-{}", field.name);
    let wrong = problem_of(field, problems);
    let suggestion = wrong.and_then(|problem| problem.suggestion.as_ref());
    let problem = wrong.map(|problem| problem.kind.message(locale));
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
                    input type="checkbox" id=(id) name=(field.name) value="on" checked[matches!(field.tick([value]), Tick::Yes(_))]
                        required[field.required] aria-invalid=[invalid] aria-describedby=[described];
                    label for=(id) { (field.label.get(locale)) }
                }
                @if let Some(hint) = &field.hint { p.hint id={ (id) "-hint" } { (hint.get(locale)) } }
            } @else {
                label for=(id) {
                    (field.label.get(locale))
                    @if !field.required { span.optional { (texts::optional(locale)) } }
                }
                @if let Some(hint) = &field.hint { p.hint id={ (id) "-hint" } { (hint.get(locale)) } }
                @match field.kind {
                    FieldType::Choice => select id=(id) name=(field.name) required[field.required] aria-invalid=[invalid] aria-describedby=[described] {
                        option value="" { (texts::choose(locale)) }
                        // What is none of them stays as it was sent, until another is chosen.
                        @if !value.is_empty() && !field.options.iter().any(|option| option.value == value) {
                            option value=(value) selected { (value) }
                        }
                        @for option in &field.options {
                            option value=(option.value) selected[option.value == value] { (option.label.get(locale)) }
                        }
                    },
                    FieldType::LongText => textarea id=(id) name=(field.name) maxlength=(field.chars_max())
                        required[field.required] aria-invalid=[invalid] aria-describedby=[described] { (value) },
                    _ => div.pair {
                        input type=(input_type(field.kind, value)) id=(id) name=(field.name) value=(value)
                            maxlength=[(field.kind == FieldType::Text).then(|| field.chars_max())]
                            inputmode=[(field.kind == FieldType::Number).then_some("decimal")]
                            autocomplete=[autocomplete] required[field.required] aria-invalid=[invalid] aria-describedby=[described];
                        @if let Some(unit) = &field.unit { span.soft { (if unit == "EUR" { "€" } else { unit }) } }
                    }
                }
            }
            @if let Some(message) = &problem {
                p.error id={ (id) "-error" } {
                    (message)
                    @if let Some(suggestion) = suggestion { " " (texts::did_you_mean(locale, suggestion.expose())) }
                }
            }
        }
    }
}

fn input_type(kind: FieldType, value: &str) -> &'static str {
    match kind {
        FieldType::Email => "email",
        FieldType::Phone => "tel",
        // A browser empties a field of type `date` that holds anything but an ISO date.
        FieldType::Date if value.is_empty() || value.parse::<jiff::civil::Date>().is_ok() => "date",
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
