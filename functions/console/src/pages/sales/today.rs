//! What waits today for one person, by a link of their emails: for whoever has no way into the console.

use std::sync::Arc;

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::App;
use piste_adapters::mail::alert::NOTE;
use piste_adapters::pages::Page;
use piste_adapters::store::StoreError;
use piste_adapters::token::{Claims, Purpose, sign};
use piste_domain::kit::format::moment_soon;
use piste_domain::kit::limits::SALES_LINK;
use piste_domain::rules::desk::{Digest, Line, TaskKind, TaskLine};
use piste_domain::{Context, Lead, Locale};

use crate::texts::{common, sales as texts};

/// Leads read in one request.
const LEADS_AT_ONCE: usize = 100;

/// `GET /sales` of a link to what waits.
pub async fn show(app: &App, claims: &Claims, locale: Locale) -> Result<Response<Body>, StoreError> {
    let title = texts::my_leads(locale);
    let digest = read(app, claims).await?;
    let body = html! {
        h1 { (title) }
        @match &digest {
            None => div.card { p { (texts::nothing_waits(locale)) } },
            Some(digest) => {
                p.soft { (texts::most_urgent_first(locale)) }
                @for line in &digest.waiting.lines { (card(app, claims, line, digest, locale)) }
                (more(digest.waiting.more, locale))
                @if !digest.late.is_empty() {
                    h2 { (texts::late_in_team(locale)) }
                    @for line in &digest.late.lines { (card(app, claims, line, digest, locale)) }
                    (more(digest.late.more, locale))
                }
            }
        }
    };
    Ok(Page::new(locale, title, body).answer(StatusCode::OK))
}

async fn read(app: &App, claims: &Claims) -> Result<Option<Digest>, StoreError> {
    let Some(desk) = app.store.desk(&claims.lead).await? else {
        return Ok(None);
    };
    let mut leads: Vec<Arc<Lead>> = Vec::new();
    for ids in desk.cases().chunks(LEADS_AT_ONCE) {
        leads.extend(app.store.load_all(ids).await?.rows);
    }
    let (catalog, ring) = (app.catalog().await?, app.ring());
    let cx = Context {
        catalog: &catalog,
        key: &ring.identity,
        now: app.now(),
    };
    Ok(desk.today(&leads, &cx))
}

fn more(count: usize, locale: Locale) -> Markup {
    html! { @if count > 0 { p { (texts::and_more(locale, count as u64)) } } }
}

/// One lead: who, what to do until when, and the ways to them. What is somebody else's can be called, and not noted.
fn card(app: &App, claims: &Claims, line: &Line, digest: &Digest, locale: Locale) -> Markup {
    let email = line.email.as_ref().map(piste_domain::Email::expose);
    let phone = line.phone.as_ref();
    let named = line.name.as_deref().or(line.company.as_deref()).or(email);
    let who = named.or_else(|| Some(phone?.0.as_str()));
    let company = line.company.as_deref().filter(|_| line.name.is_some());
    let note = line.task.filter(|_| line.owner.is_none());
    html! {
        div.card {
            h2 { (who.unwrap_or(texts::nameless(locale))) }
            @if let Some(company) = company { p { (company) } }
            p {
                @if let Some(task) = &line.task { strong { (todo(app, task, digest, locale)) } " · " }
                (line.grade)
                @if let Some(owner) = &line.owner { " · " (owner) }
            }
            p.acts {
                @if let Some((shown, phone)) = phone { a.button href={ "tel:" (phone.expose()) } { (texts::call_number(locale, shown)) } }
                @if let Some(task) = note { a.button.plain href=(note_link(app, claims, line, task, locale)) { (texts::log_outcome(locale)) } }
            }
            p.links {
                @if let Some(email) = email { a href={ "mailto:" (email) } { (email) } }
                a href={ "/console/leads/" (line.lead) } { (texts::open_lead(locale)) }
            }
        }
    }
}

fn todo(app: &App, task: &TaskLine, digest: &Digest, locale: Locale) -> String {
    let what = match task.what {
        TaskKind::Call(..) => texts::call(locale),
        TaskKind::Decide => texts::decide(locale),
        TaskKind::Sale => texts::go_on(locale),
    };
    let until = moment_soon(task.until, app.now(), &digest.zone, locale);
    match task.late {
        true => format!("{what}, {}", common::overdue(locale)),
        false => texts::by(locale, what, &until),
    }
}

fn note_link(app: &App, claims: &Claims, line: &Line, task: TaskLine, locale: Locale) -> String {
    let claims = Claims {
        workspace: claims.workspace.clone(),
        lead: line.lead.clone(),
        subject: format!("{NOTE}/{}/{}", task.about.round, task.about.serial),
    };
    let token = sign(&app.ring(), Purpose::Sales, &claims, Some(app.now() + SALES_LINK));
    format!("/sales?t={}&lang={}", token.expose(), locale.code())
}
