//! A person's rights as the API answers them, and the list of leads as a table.

use std::sync::Arc;

use lambda_http::http::StatusCode;
use lambda_http::http::header::{self, HeaderValue};
use lambda_http::{Body, Response};
use piste_adapters::http::{self, Visit};
use piste_domain::rules::rights_log::RightsEntry;
use piste_domain::{Lead, Personal};
use piste_operations::rights;
use serde::{Deserialize, Serialize};

use crate::leads::{self, Filter};
use crate::{ConsoleError, Desk, views};

/// Leads of one answer of the table: at two kilobytes each well below the 6 MB that Lambda answers at most.
const TABLE_LEADS_MAX: usize = 1_000;

/// Everything held about a person, to take away.
pub async fn export(desk: &Desk<'_>, id: &str) -> Result<Response<Body>, ConsoleError> {
    let export = rights::export(desk, id).await?;
    let name = format!("lead-{id}.json");
    Ok(attachment(http::json(StatusCode::OK, &export), &name))
}

/// The request log of one person as JSON.
#[derive(Serialize)]
pub struct RequestLog {
    audit: Vec<RightsEntry>,
}

/// Who touched the rights of one person, erased or not.
pub async fn request_log(desk: &Desk<'_>, id: &str) -> Result<RequestLog, ConsoleError> {
    let audit = rights::request_log(desk, id).await?;
    Ok(RequestLog { audit })
}

/// Why a suppression is lifted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lift {
    reason: String,
}

/// Lifts a bounce or a complaint.
pub async fn lift(desk: &Desk<'_>, id: &str, visit: &Visit) -> Result<Arc<Lead>, ConsoleError> {
    let ask: Lift = serde_json::from_slice(visit.body())
        .map_err(|_| ConsoleError::BadRequest("malformed", "Send {\"reason\":\"…\"}."))?;
    Ok(rights::lift(desk, id, &ask.reason).await?)
}

/// The list as a table (RFC 4180), a page at a time: `Link: …; rel="next"` says where it goes on (RFC 8288).
pub async fn table(desk: &Desk<'_>, visit: &Visit) -> Result<Response<Body>, ConsoleError> {
    let mut filter = Filter::read(visit)?;
    let fields: Vec<String> = columns(desk, &filter);
    let first = visit.query("cursor").is_none_or(|cursor| cursor.is_empty());
    let mut text = String::new();
    if first {
        let fixed = FIXED.iter().copied().chain(fields.iter().map(String::as_str));
        line(&mut text, fixed.map(cell));
    }
    let mut leads = 0;
    let next = loop {
        let page = leads::list(desk, &filter).await?;
        leads += page.leads.len();
        for lead in &page.leads {
            row(&mut text, desk, lead, &fields);
        }
        match page.next {
            Some(next) if leads < TABLE_LEADS_MAX => filter.go_on(&next),
            next => break next,
        }
    };
    let mut response = attachment(
        http::answer(StatusCode::OK, "text/csv; charset=utf-8", text),
        "leads.csv",
    );
    if let Some(next) = next {
        let campaign = filter
            .campaign
            .as_ref()
            .map(|id| format!("&campaign={id}"))
            .unwrap_or_default();
        let stage = filter
            .stage
            .map(|stage| format!("&stage={}", stage.code()))
            .unwrap_or_default();
        let link = format!("</api/leads.csv?cursor={next}{campaign}{stage}>; rel=\"next\"");
        if let Ok(link) = HeaderValue::from_str(&link) {
            response.headers_mut().insert(header::LINK, link);
        }
    }
    Ok(response)
}

const FIXED: [&str; 12] = [
    "id",
    "email",
    "campaign",
    "stage",
    "grade",
    "fit",
    "engagement",
    "captured_at",
    "language",
    "marketing",
    "stopped",
    "source",
];

/// The fields asked for, of one campaign or of all, each once.
fn columns(desk: &Desk<'_>, filter: &Filter) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    let campaigns = desk.catalog.iter().map(|published| &published.campaign);
    let wanted = campaigns.filter(|campaign| {
        campaign.workspace == desk.workspace && filter.campaign.as_ref().is_none_or(|id| id == &campaign.id)
    });
    for field in wanted.flat_map(|campaign| &campaign.form.fields) {
        let asked = field.purpose.is_none() && field.name != "email";
        if asked && !columns.contains(&field.name) {
            columns.push(field.name.clone());
        }
    }
    columns
}

fn row(text: &mut String, desk: &Desk<'_>, lead: &Lead, fields: &[String]) {
    let summary = views::summary(lead, &views::score(desk, lead));
    let marketing = lead.marketing_state(&lead.campaign).map_or("", |state| state.code());
    let stopped = lead.suppression.map_or("", |stop| stop.reason.code());
    let captured_at = summary.captured_at.to_string();
    let source = lead
        .captures
        .first()
        .and_then(|first| first.touch.get("source"))
        .unwrap_or_default();
    let fixed = [
        summary.id.as_str(),
        &summary.email,
        summary.campaign.as_str(),
        summary.stage.code(),
        &summary.grade,
    ];
    // Our own numbers, which may be negative and are no formula.
    let numbers = [summary.fit, summary.engagement].map(|number| number.to_string());
    let more = [captured_at.as_str(), lead.locale.code(), marketing, stopped, source];
    let answers = fields
        .iter()
        .map(|name| lead.answers.get(name).map_or("", Personal::expose));
    let cells = fixed.into_iter().map(cell).chain(numbers);
    line(text, cells.chain(more.into_iter().chain(answers).map(cell)));
}

fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    text.push_str(&cells.collect::<Vec<_>>().join(","));
    text.push_str("\r\n");
}

/// One cell, quoted as RFC 4180 asks, and never a formula to a spreadsheet (R98, ASVS 1.2.10).
fn cell(value: &str) -> String {
    let start = value.trim_start_matches([' ', '"', '\'', '\u{feff}']);
    let formula = start.starts_with(|c: char| "=+-@\t\r\n\0＝＋－＠".contains(c));
    let guard = if formula { "'" } else { "" };
    if value.contains([',', '"', '\r', '\n']) || formula || value != value.trim() {
        format!("\"{guard}{}\"", value.replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}

fn attachment(mut response: Response<Body>, name: &str) -> Response<Body> {
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn r98_no_cell_is_a_formula_and_every_cell_is_one_cell() {
        let check = |value: &str, written: &str| assert_eq!(cell(value), written, "{value:?}");
        check("Ana", "Ana");
        check("", "");
        check("a,b", "\"a,b\"");
        check("say \"x\"", "\"say \"\"x\"\"\"");
        check("two\nlines", "\"two\nlines\"");
        check("=1+1", "\"'=1+1\"");
        check("+33 1 99 00 12 34", "\"'+33 1 99 00 12 34\"");
        check("-3", "\"'-3\"");
        check("-3+cmd|' /C calc'!A0", "\"'-3+cmd|' /C calc'!A0\"");
        check("@SUM(A1)", "\"'@SUM(A1)\"");
        check("  =1", "\"'  =1\"");
        check("\"=1", "\"'\"\"=1\"");
        check("\t=1", "\"'\t=1\"");
        check("\r", "\"'\r\"");
        check("\0=1", "\"'\0=1\"");
        check("＝1", "\"'＝1\"");
        check("＠x", "\"'＠x\"");
        check(" a", "\" a\"");
    }
}
