//! Adding a lead by hand: somebody who called, or left a card at a fair.

use std::collections::BTreeMap;

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::http::{self, FieldError};
use piste_adapters::questions::question;
use piste_domain::Campaign;
use piste_domain::campaign::field::{Field, FieldType};
use piste_domain::kit::limits::REASON_CHARS_MAX;
use piste_domain::kit::post::RawPost;
use piste_domain::kit::vocabulary::Purpose;
use piste_operations::OperationError;
use piste_operations::qualify::{self, Heard, NewLead};
use serde_json::Value;

use crate::ConsoleError;
use crate::pages::Opened;
use crate::texts::{add as texts, common, lead as lead_texts};

/// `GET /console/leads/add`.
pub async fn show(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let asked = opened.visit.query("campaign").unwrap_or_default();
    page(opened, StatusCode::OK, asked, None, &[])
}

/// `POST /console/leads`: what a program posts to the API.
pub async fn add(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let session = &opened.session;
    let post = opened.form().await?;
    let text = |name: &str| post.get(name).unwrap_or_default();
    let campaign = session
        .campaigns()
        .find(|campaign| campaign.id.as_str() == text("campaign"));
    let said = campaign
        .into_iter()
        .flat_map(answered)
        .filter(|field| !text(&field.name).trim().is_empty());
    let answers: BTreeMap<String, Value> = said
        .map(|field| (field.name.clone(), Value::from(text(&field.name))))
        .collect();
    let heard = Heard {
        purpose: Purpose::Marketing.code(),
        method: text("method"),
        evidence: text("evidence"),
    };
    let new = NewLead {
        campaign: text("campaign"),
        email: post.get("email"),
        phone: post.get("phone"),
        answers: &answers,
        source: post.get("source"),
        consent: [heard.method, heard.evidence]
            .iter()
            .any(|text| !text.trim().is_empty())
            .then_some(heard),
    };
    match qualify::add(session, new).await {
        Ok(lead) => Ok(http::see_other(&format!("/console/leads/{}", lead.id))),
        Err(OperationError::Fields(errors)) => page(
            opened,
            StatusCode::UNPROCESSABLE_ENTITY,
            text("campaign"),
            Some(&post),
            &errors,
        ),
        Err(error) => Err(error.into()),
    }
}

/// The questions of a form whose answers can be noted; how to reach the person is asked by itself.
fn answered(campaign: &Campaign) -> impl Iterator<Item = &Field> {
    let apart = |field: &&Field| {
        !matches!(
            field.kind,
            FieldType::Email | FieldType::Phone | FieldType::Consent | FieldType::Hidden
        )
    };
    campaign.form.fields.iter().filter(apart)
}

fn page(
    opened: &Opened<'_>,
    status: StatusCode,
    asked: &str,
    post: Option<&RawPost>,
    errors: &[FieldError],
) -> Result<Response<Body>, ConsoleError> {
    let session = &opened.session;
    let locale = session.locale;
    let campaign = session.campaigns().find(|campaign| campaign.id.as_str() == asked);
    let campaign = campaign
        .or_else(|| session.campaigns().next())
        .ok_or(ConsoleError::NotFound)?;
    let title = texts::title(locale);
    let typed = |name: &str| post.and_then(|post| post.get(name)).unwrap_or_default();
    let label = |name: &str| -> String {
        let field = campaign.form.fields.iter().find(|field| field.name == name);
        match (name, field) {
            ("email", _) => common::email(locale).to_owned(),
            ("phone", _) => lead_texts::telephone(locale).to_owned(),
            ("consent.method", _) => texts::method(locale).to_owned(),
            ("consent.evidence", _) => texts::evidence(locale).to_owned(),
            (name, None) => name.to_owned(),
            (_, Some(field)) => field.label.get(locale).to_owned(),
        }
    };
    let input = |name: &str, kind: &str, text: &str| -> Markup {
        let wrong = errors
            .iter()
            .any(|error| error.field == name || error.field == format!("consent.{name}"));
        html! {
            div.field {
                label for=(name) { (text) }
                input type=(kind) id=(name) name=(name) value=(typed(name)) maxlength=(REASON_CHARS_MAX) autocomplete="off" aria-invalid=[wrong.then_some("true")];
            }
        }
    };
    let body = html! {
        p { a href="/console/leads" { (lead_texts::all_leads(locale)) } }
        h1 { (title) }
        @if !errors.is_empty() {
            div.errors role="alert" tabindex="-1" autofocus {
                (texts::to_correct(locale))
                ul { @for error in errors { li { (label(&error.field)) } } }
            }
        }
        @if session.campaigns().count() > 1 {
            form.bar method="get" action="/console/leads/add" {
                div.field {
                    label for="for" { (common::campaign(locale)) }
                    select id="for" name="campaign" {
                        @for one in session.campaigns() { option value=(one.id) selected[one.id == campaign.id] { (one.name.get(locale)) } }
                    }
                }
                button.plain type="submit" { (common::show(locale)) }
            }
        }
        div.card {
            p { (texts::intro(locale)) }
            form method="post" action="/console/leads" novalidate {
                input type="hidden" name="campaign" value=(campaign.id);
                (input("email", "email", common::email(locale)))
                (input("phone", "tel", lead_texts::telephone(locale)))
                @for field in answered(campaign) {
                    @let optional = Field { required: false, ..field.clone() };
                    (question(&optional, typed(&field.name), &[], locale))
                }
                (input("source", "text", lead_texts::source(locale)))
                fieldset {
                    legend { (texts::consent(locale)) }
                    p.hint { (texts::consent_hint(locale)) }
                    (input("method", "text", texts::method(locale)))
                    (input("evidence", "text", texts::evidence(locale)))
                }
                button type="submit" { (texts::add(locale)) }
            }
        }
    };
    Ok(opened.frame(title, body).answer(status))
}
