//! What is done to several leads at once: give them to somebody, move them, export them, erase them.

use std::sync::Arc;

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::csv::Reader;
use piste_adapters::http;
use piste_adapters::users::Role;
use piste_domain::kit::limits::REASON_CHARS_MAX;
use piste_domain::kit::post::RawPost;
use piste_domain::lead::stage::Stage;
use piste_domain::views::timeline::stage_name;
use piste_domain::{Lead, LeadId};
use piste_operations::leads::row::{Shown, summary};
use piste_operations::leads::table::Table;
use piste_operations::leads::{self, Filter, LIMIT_MAX};
use piste_operations::qualify::{self, Move};
use piste_operations::rights;

use crate::api::attached;
use crate::pages::Opened;
use crate::pages::list::{READERS, names, owners};
use crate::texts::{common, lead as lead_texts, list as texts};
use crate::{ConsoleError, Session};

/// What a button of the bar does.
const ASSIGN: &str = "assign";
const STAGE: &str = "stage";
const EXPORT: &str = "export";
const ERASE: &str = "erase";

/// The forms below the list: one for each thing that can be done to the leads that are ticked.
pub fn bar(session: &Session<'_>) -> Markup {
    let locale = session.locale;
    let owners = owners(session);
    html! {
        fieldset.bulk {
            legend { (texts::with_selected(locale)) }
            @if !owners.is_empty() {
                div.bar {
                    div.field {
                        label for="b-owner" { (lead_texts::assign_to(locale)) }
                        select id="b-owner" name="owner" { @for (id, name) in owners { option value=(id) { (name) } } }
                    }
                    button.plain type="submit" name="do" value=(ASSIGN) { (lead_texts::assign(locale)) }
                }
            }
            div.bar {
                div.field {
                    label for="b-to" { (lead_texts::new_stage(locale)) }
                    select id="b-to" name="to" { @for stage in Stage::ALL { option value=(stage.code()) { (stage_name(stage, locale)) } } }
                }
                div.field {
                    label for="b-reason" { (common::reason(locale)) }
                    input type="text" id="b-reason" name="reason" maxlength=(REASON_CHARS_MAX);
                }
                button.plain type="submit" name="do" value=(STAGE) { (lead_texts::change_stage(locale)) }
            }
            div.bar {
                div.field {
                    label for="b-for" { (texts::export_for(locale)) }
                    select id="b-for" name="for" { @for (reader, name) in READERS { option value=(reader.code()) { (name(locale)) } } }
                }
                button.plain type="submit" name="do" value=(EXPORT) { (texts::export(locale)) }
                @if session.may(Role::Write) { button.plain.danger type="submit" name="do" value=(ERASE) { (texts::erase(locale)) } }
            }
        }
    }
}

/// How many leads the last press changed, as the address of the list says it.
pub fn done(opened: &Opened<'_>) -> Option<u64> {
    let said = opened.visit.pairs().iter().find(|(name, _)| name == "done");
    said.and_then(|(_, count)| count.parse().ok())
        .filter(|count| *count <= LIMIT_MAX as u64)
}

/// A lead that was not changed, and why.
struct Refused {
    lead: Arc<Lead>,
    why: String,
}

/// `POST /console/leads/bulk`.
pub async fn press(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let session = &opened.session;
    let post = opened.form().await?;
    let mut ids: Vec<LeadId> = Vec::new();
    for id in post.all("lead").filter(|id| LeadId::is_valid(id)).map(LeadId::new) {
        if !ids.contains(&id) && ids.len() < LIMIT_MAX {
            ids.push(id);
        }
    }
    let chosen = leads::load(session, ids.iter()).await?.rows;
    let chosen: Vec<Arc<Lead>> = chosen
        .into_iter()
        .filter(|lead| lead.workspace == session.workspace)
        .collect();
    if chosen.is_empty() {
        return Ok(told(
            opened,
            &post,
            StatusCode::UNPROCESSABLE_ENTITY,
            texts::nothing_selected(session.locale),
            &[],
        ));
    }
    match post.get("do") {
        Some(EXPORT) => export(session, &post, &chosen),
        Some(ERASE) if !session.may(Role::Write) => Err(ConsoleError::NotAllowed(session.role, Role::Write)),
        Some(ERASE) if post.get("sure").is_none() => Ok(ask(opened, &post, &chosen)),
        Some(what @ (ASSIGN | STAGE | ERASE)) => change(opened, &post, what, chosen).await,
        _ => Err(ConsoleError::BadRequest(
            "malformed",
            common::malformed_form(session.locale),
        )),
    }
}

fn export(session: &Session<'_>, post: &RawPost, chosen: &[Arc<Lead>]) -> Result<Response<Body>, ConsoleError> {
    let reader = post.get("for").and_then(Reader::from_code).unwrap_or_default();
    let filter = Filter::default();
    let text = Table::new(session, &filter, reader, session.locale).of(session, chosen);
    let response = http::answer(StatusCode::OK, "text/csv; charset=utf-8", text);
    Ok(attached(response, "leads-selected.csv"))
}

/// Erasing takes one more press: nothing brings anybody back.
fn ask(opened: &Opened<'_>, post: &RawPost, chosen: &[Arc<Lead>]) -> Response<Body> {
    let session = &opened.session;
    let locale = session.locale;
    let title = texts::erase_title(locale, chosen.len() as u64);
    let body = html! {
        h1 { (title) }
        div.card {
            p { (texts::erase_intro(locale)) }
            ul { @for lead in chosen { li.typed { (called(session, lead)) } } }
            form method="post" action="/console/leads/bulk" {
                input type="hidden" name="back" value=(post.get("back").unwrap_or_default());
                input type="hidden" name="sure" value="1";
                @for lead in chosen { input type="hidden" name="lead" value=(lead.id); }
                button.danger type="submit" name="do" value=(ERASE) { (texts::erase_now(locale)) }
            }
            p { a href=(back(post, None)) { (texts::back(locale)) } }
        }
    };
    opened.frame(&title, body).answer(StatusCode::OK)
}

async fn change(
    opened: &Opened<'_>,
    post: &RawPost,
    what: &str,
    chosen: Vec<Arc<Lead>>,
) -> Result<Response<Body>, ConsoleError> {
    let session = &opened.session;
    let locale = session.locale;
    let text = |name: &str| post.get(name).unwrap_or_default();
    let (all, mut refused) = (chosen.len(), Vec::new());
    for lead in chosen {
        let id = lead.id.as_str();
        let done = match what {
            ASSIGN => qualify::assign(session, id, text("owner")).await.map(drop),
            STAGE => {
                let wanted = Move {
                    to: text("to"),
                    reason: text("reason"),
                    ..Move::default()
                };
                qualify::move_stage(session, id, wanted).await.map(drop)
            }
            _ => rights::erase(session, id).await.map(drop),
        };
        let why = match done.map_err(ConsoleError::from) {
            Ok(()) => continue,
            Err(error @ ConsoleError::Store(_)) => return Err(error),
            Err(ConsoleError::Fields(_)) if what == ASSIGN => texts::not_an_owner(locale).to_owned(),
            Err(ConsoleError::Fields(_)) => lead_texts::refused_move(locale).to_owned(),
            Err(error) => error.problem(locale).title,
        };
        refused.push(Refused { lead, why });
    }
    let changed = (all - refused.len()) as u64;
    if refused.is_empty() {
        return Ok(http::see_other(&back(post, Some(changed))));
    }
    let title = texts::not_all(locale, refused.len() as u64);
    Ok(told(opened, post, StatusCode::CONFLICT, &title, &refused))
}

/// What was not done, and the way back.
fn told(opened: &Opened<'_>, post: &RawPost, status: StatusCode, title: &str, refused: &[Refused]) -> Response<Body> {
    let session = &opened.session;
    let locale = session.locale;
    let body = html! {
        h1 { (title) }
        div.card {
            ul { @for one in refused { li { a href={ "/console/leads/" (one.lead.id) } { (called(session, &one.lead)) } " · " (one.why) } } }
            p { a href=(back(post, None)) { (texts::back(locale)) } }
        }
    };
    opened.frame(title, body).answer(status)
}

fn called(session: &Session<'_>, lead: &Lead) -> String {
    let shown = Shown::of(session, lead, None);
    let (called, beside) = names(&summary(lead, &shown, session.now), shown.campaign);
    match beside {
        Some(beside) => format!("{called} · {beside}"),
        None => called,
    }
}

/// The list that the form came from; its query is read and written anew, so that it leads nowhere else.
fn back(post: &RawPost, done: Option<u64>) -> String {
    let query = post.get("back").unwrap_or_default();
    let mut address = form_urlencoded::Serializer::new(String::new());
    address
        .extend_pairs(form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "done" && name != "select"));
    if let Some(done) = done {
        address.append_pair("done", &done.to_string());
    }
    format!("/console/leads?{}", address.finish())
}
