//! Importing a list of leads: first a dry run, then the import, and undoing it within a week. No script: the list that was
//! looked at goes along with the button that imports it.

use std::io::Cursor;

use jiff::tz::TimeZone;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::table::{number, table, words};
use piste_domain::Campaign;
use piste_domain::kit::charset;
use piste_domain::kit::format::{count, moment};
use piste_operations::import::{self, Ask, Imported, UNDO_FOR, Undone};
use piste_operations::texts::{import_sums, import_undone};
use piste_operations::{OperationError, users};

use crate::ConsoleError;
use crate::api::RESERVE;
use crate::pages::Opened;
use crate::texts::{common, import as texts};

/// Bytes of a list on the page, which carries it: the answer has to fit into Lambda's 6 MB, and be there in seconds.
const LIST_BYTES_MAX: usize = 1_000_000;
/// Refused lines that the page names; it counts them all.
const REFUSED_SHOWN: usize = 200;

/// What the form says.
#[derive(Default)]
struct Asked {
    campaign: String,
    columns: String,
    list: String,
    /// Anything else is a dry run.
    writes: bool,
    from: u64,
}

impl Asked {
    async fn read(opened: &Opened<'_>) -> Result<Self, ConsoleError> {
        let parts = opened.visit.form_parts().await;
        let parts =
            parts.map_err(|_| ConsoleError::BadRequest("malformed", "Reopen the page and send its form again."))?;
        // A file, or what was pasted instead: both have the same name.
        let text = |name: &str| {
            let sent = parts.iter().find(|part| part.name == name && !part.value.is_empty());
            sent.map_or_else(String::new, |part| charset::decode(&part.value, None))
        };
        Ok(Self {
            campaign: text("campaign"),
            columns: text("columns"),
            list: text("list"),
            writes: text("dry_run") == "false",
            from: text("from").parse().unwrap_or_default(),
        })
    }
}

/// `GET /console/leads/import`.
pub async fn show(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    Ok(page(opened, StatusCode::OK, &Asked::default(), None, html! {}))
}

/// `POST /console/leads/import`: a dry run, or the import.
pub async fn take(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let (session, locale) = (&opened.session, opened.session.locale);
    let asked = Asked::read(opened).await?;
    if asked.list.len() > LIST_BYTES_MAX {
        let problem = texts::too_large(locale);
        let asked = Asked {
            list: String::new(),
            ..asked
        };
        return Ok(page(
            opened,
            StatusCode::PAYLOAD_TOO_LARGE,
            &asked,
            Some(problem),
            html! {},
        ));
    }
    let ask = Ask {
        campaign: &asked.campaign,
        columns: &asked.columns,
        dry_run: !asked.writes,
        from: asked.from,
        until: opened.visit.deadline().map(|end| end - RESERVE),
        locale,
    };
    match import::import(session, &ask, Cursor::new(&asked.list), &mut |_| {}).await {
        Ok(imported) => {
            let outcome = outcome(opened, &asked, &imported);
            Ok(page(opened, StatusCode::OK, &asked, None, outcome))
        }
        Err(OperationError::Fields(errors)) => {
            let says = users::told(&errors, locale).join(" ");
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(page(opened, status, &asked, Some(&says), html! {}))
        }
        Err(error) => Err(error.into()),
    }
}

/// What came of a list, and what to do next.
fn outcome(opened: &Opened<'_>, asked: &Asked, imported: &Imported) -> Markup {
    let locale = opened.session.locale;
    let [rows, new, known, changed, refused] = [
        imported.rows,
        imported.new,
        imported.known,
        imported.changed,
        imported.refused_rows,
    ]
    .map(|number| count(number, locale));
    let read = imported.columns.iter().filter(|column| !column.field.is_empty());
    let heads = [
        number(texts::line(locale)),
        words(texts::field(locale)),
        words(common::why(locale)),
    ];
    let shown = imported.refused.iter().take(REFUSED_SHOWN);
    let more = imported.refused.len().saturating_sub(REFUSED_SHOWN) as u64;
    let id = imported.id.as_str();
    html! {
        div.card role="status" {
            h2 { @if imported.dry_run { (texts::looked(locale)) } @else { (texts::imported(locale)) } }
            p { strong { (import_sums(locale, &rows, &new, &known, &changed, &refused)) } }
            p.small {
                (texts::columns_read(locale))
                @for column in read { " " span.pill { (column.column) " → " (column.field) } }
            }
            @if !imported.refused.is_empty() {
                (table(texts::refused(locale), &heads, shown.map(|line| vec![
                    html! { (line.line) }, html! { (line.field) }, html! { (line.message) },
                ])))
                @if more > 0 { p { (texts::more(locale, more)) } }
            }
            @if !imported.unread.is_empty() { p { (texts::unread(locale, imported.unread.len() as u64)) } }
            @match (imported.next, imported.dry_run) {
                (Some(line), dry_run) => (again(opened, asked, dry_run, line, &texts::go_on(locale, line))),
                (None, true) => (again(opened, asked, false, 0, texts::import(locale))),
                (None, false) => {}
            }
            @if !imported.dry_run {
                p { a href={ "/console/imports/" (id) } { (texts::its_page(locale)) } }
            }
        }
    }
}

/// A button that sends the same list once more.
fn again(opened: &Opened<'_>, asked: &Asked, dry_run: bool, from: u64, button: &str) -> Markup {
    html! {
        form method="post" action="/console/leads/import" enctype="multipart/form-data" {
            input type="hidden" name="campaign" value=(asked.campaign);
            input type="hidden" name="columns" value=(asked.columns);
            input type="hidden" name="dry_run" value=(if dry_run { "true" } else { "false" });
            input type="hidden" name="from" value=(from);
            // A line feed at the start of the element is no part of it (HTML, section 13.1.2.5).
            textarea name="list" hidden aria-label=(texts::list(opened.session.locale)) { "\n" (asked.list) }
            button type="submit" { (button) }
        }
    }
}

fn page(
    opened: &Opened<'_>,
    status: StatusCode,
    asked: &Asked,
    problem: Option<&str>,
    outcome: Markup,
) -> Response<Body> {
    let (session, locale) = (&opened.session, opened.session.locale);
    let title = texts::title(locale);
    let body = html! {
        h1 { (title) }
        @if let Some(problem) = problem { div.errors role="alert" { (problem) } }
        (outcome)
        div.card {
            p { (texts::intro(locale)) }
            form method="post" action="/console/leads/import" enctype="multipart/form-data" {
                div.field {
                    label for="campaign" { (common::campaign(locale)) }
                    select id="campaign" name="campaign" {
                        @for campaign in session.campaigns() {
                            option value=(campaign.id) selected[asked.campaign == campaign.id.as_str()] { (campaign.name.get(locale)) }
                        }
                    }
                }
                div.field {
                    label for="file" { (texts::file(locale)) }
                    input type="file" id="file" name="list" accept=".csv,text/csv,text/plain";
                }
                div.field {
                    label for="list" { (texts::paste(locale)) }
                    textarea id="list" name="list" { "\n" @if problem.is_some() { (asked.list) } }
                }
                div.field {
                    label for="columns" { (texts::columns(locale)) }
                    input type="text" id="columns" name="columns" autocomplete="off" placeholder="Courriel pro=email,Notes=" value=(asked.columns);
                }
                button type="submit" { (texts::look(locale)) }
            }
        }
    };
    opened.frame(title, body).answer(status)
}

/// `GET /console/imports/{import}`: until when it can be undone.
pub async fn of(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    about(opened, None).await
}

/// `POST /console/imports/{import}/undo`.
pub async fn undo(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let until = opened.visit.deadline().map(|end| end - RESERVE);
    let undone = import::undo(&opened.session, opened.id, until).await?;
    about(opened, Some(&undone)).await
}

async fn about(opened: &Opened<'_>, undone: Option<&Undone>) -> Result<Response<Body>, ConsoleError> {
    let (session, locale) = (&opened.session, opened.session.locale);
    let known = import::known(session, opened.id).await?;
    let campaign = session.catalog.get(&known.campaign);
    let zone = campaign.map_or(TimeZone::UTC, Campaign::time_zone);
    let at = |moment_of| moment(moment_of, &zone, locale);
    let title = texts::one(locale);
    let body = html! {
        h1 { (title) }
        div.card {
            p {
                @match campaign { Some(campaign) => (campaign.name.get(locale)), None => (known.campaign) }
                " · " span.moment { (at(known.at)) }
            }
            @if let Some(undone) = undone {
                @let sums = [undone.removed, undone.reverted, undone.kept.len() as u64].map(|number| count(number, locale));
                p role="status" { strong { (import_undone(locale, &sums[0], &sums[1], &sums[2])) } }
                @if !undone.kept.is_empty() {
                    ul { @for lead in undone.kept.iter().take(REFUSED_SHOWN) { li { a href={ "/console/leads/" (lead) } { (lead) } } } }
                }
            }
            @if known.undone {
                @if undone.is_none() { p { (texts::undone(locale)) } }
            } @else {
                p { (texts::undo_until(locale, &at(known.at + UNDO_FOR))) }
                form method="post" action={ "/console/imports/" (opened.id) "/undo" } {
                    button.plain type="submit" { (texts::undo(locale)) }
                }
            }
        }
        p { a href="/console/leads/import" { (texts::title(locale)) } }
    };
    Ok(opened.frame(title, body).answer(StatusCode::OK))
}
