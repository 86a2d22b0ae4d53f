//! The list of leads as a table.

use lambda_http::http::StatusCode;
use lambda_http::http::header::{self, HeaderValue};
use lambda_http::{Body, Response};
use piste_adapters::http;
use piste_domain::{CampaignId, Lead};

use crate::api::{Answers, Call, attached};
use crate::leads::{self, Filter};
use crate::{ConsoleError, Session, views};

/// Leads of one answer of the table: at two kilobytes each well below the 6 MB that Lambda answers at most.
const TABLE_LEADS_MAX: usize = 1_000;

/// A part of the list as a table (RFC 4180).
pub struct Table {
    rows: String,
    /// Where it goes on.
    next: Option<String>,
}

impl Answers for Table {
    fn response(self) -> Response<Body> {
        let response = http::answer(StatusCode::OK, "text/csv; charset=utf-8", self.rows);
        let mut response = attached(response, "leads.csv");
        let link = self.next.map(|next| format!("<{next}>; rel=\"next\""));
        if let Some(link) = link.and_then(|link| HeaderValue::from_str(&link).ok()) {
            response.headers_mut().insert(header::LINK, link);
        }
        response
    }
}

/// The list as a table, a part at a time: `Link: …; rel="next"` says where it goes on (RFC 8288).
pub async fn table(call: &Call<'_>) -> Result<Table, ConsoleError> {
    let session = &call.session;
    let mut filter = Filter::read(&call.query)?;
    let fields: Vec<String> = columns(session, &filter);
    let mut text = String::new();
    if call.query.get("cursor").is_none() {
        let fixed = FIXED.iter().copied().chain(fields.iter().map(String::as_str));
        line(&mut text, fixed.map(cell));
    }
    let mut leads = 0;
    let next = loop {
        let page = leads::list(session, &filter).await?;
        leads += page.leads.len();
        for lead in &page.leads {
            row(&mut text, session, lead, filter.campaign.as_ref(), &fields);
        }
        match page.next {
            Some(next) if leads < TABLE_LEADS_MAX => filter.go_on(&next),
            next => break next,
        }
    };
    Ok(Table {
        rows: text,
        next: next.map(|next| format!("/api/leads.csv?{}", call.query.with("cursor", &next))),
    })
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
fn columns(session: &Session<'_>, filter: &Filter) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    let wanted = session
        .campaigns()
        .filter(|campaign| filter.campaign.as_ref().is_none_or(|id| id == &campaign.id));
    for field in wanted.flat_map(|campaign| &campaign.form.fields) {
        let asked = field.purpose.is_none() && field.name != "email";
        if asked && !columns.contains(&field.name) {
            columns.push(field.name.clone());
        }
    }
    columns
}

fn row(text: &mut String, session: &Session<'_>, lead: &Lead, campaign: Option<&CampaignId>, fields: &[String]) {
    let summary = views::row(lead, &views::Shown::of(session, lead, campaign), campaign.is_some());
    let marketing = lead.marketing_state(&summary.campaign).map_or("", |state| state.code());
    let stopped = lead.stop().map_or("", |stop| stop.reason.code());
    let captured_at = summary.captured_at.to_string();
    let source = summary.source.as_deref().unwrap_or_default();
    let fixed = [
        summary.id.as_str(),
        summary.email.as_deref().unwrap_or_default(),
        summary.campaign.as_str(),
        summary.stage.code(),
        &summary.grade,
    ];
    // Our own numbers, which may be negative and are no formula.
    let numbers = [summary.fit, summary.engagement].map(|number| number.to_string());
    let more = [
        captured_at.as_str(),
        lead.words.language().code(),
        marketing,
        stopped,
        source,
    ];
    let answers = fields.iter().map(|name| lead.words.answer(name).unwrap_or_default());
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
