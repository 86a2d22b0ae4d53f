//! The list of leads as a table (R98).

use lambda_http::http::StatusCode;
use lambda_http::http::header::{self, HeaderValue};
use lambda_http::{Body, Response};
use piste_adapters::csv::{Cell, Csv, Reader};
use piste_adapters::http;
use piste_domain::{CampaignId, Lead};

use crate::api::{Answers, attached};
use crate::leads::{self, Filter, LEADS_AT_ONCE};
use crate::query::Query;
use crate::{ConsoleError, Session, views};

/// Bytes of one answer, as JSON: Lambda answers 6 MB at most.
const BYTES_MAX: usize = 5_000_000;
/// Leads of one answer: a few seconds of the smallest share of a processor.
const LEADS_MAX: usize = 10_000;

/// A part of the list as a table, or the whole.
pub struct Table {
    text: String,
    name: &'static str,
    /// Where it goes on.
    next: Option<String>,
}

impl Answers for Table {
    fn response(self) -> Response<Body> {
        let response = http::answer(StatusCode::OK, "text/csv; charset=utf-8", self.text);
        let mut response = attached(response, self.name);
        let link = self.next.map(|next| format!("<{next}>; rel=\"next\""));
        if let Some(link) = link.and_then(|link| HeaderValue::from_str(&link).ok()) {
            response.headers_mut().insert(header::LINK, link);
        }
        response
    }
}

/// The list that a query asks for, as much of it as fits into one answer: `Link: …; rel="next"` says where it goes on
/// (RFC 8288), with the same filters, and the file's name that it does. Each part is a whole table, header included.
///
/// # Errors
/// As [`leads::find`].
pub async fn write(session: &Session<'_>, query: &Query, path: &str) -> Result<Table, ConsoleError> {
    let filter = Filter::read(session, query)?;
    let reader = query.get("for").and_then(Reader::from_code).unwrap_or_default();
    let mut csv = Csv::new(reader, session.locale);
    let fields = columns(session, &filter);
    csv.row(
        FIXED
            .into_iter()
            .chain(fields.iter().map(String::as_str))
            .map(Cell::from),
    );
    let found = leads::find(session, &filter, filter.limit.unwrap_or(LEADS_MAX)).await?;
    let (mut bytes, mut next, mut last) = (0, found.next, None);
    'full: for some in found.hits.chunks(LEADS_AT_ONCE) {
        for lead in leads::load(session, some.iter().map(|hit| &hit.id)).await?.rows {
            if bytes >= BYTES_MAX {
                let hit = found.hits.iter().find(|hit| Some(&hit.id) == last.as_ref());
                next = hit.map(|hit| hit.place.clone());
                break 'full;
            }
            bytes += csv.row(row(session, &lead, filter.campaign.as_ref(), &fields));
            last = Some(lead.id.clone());
        }
    }
    let name = match (query.get("cursor"), &next) {
        (None, None) => "leads.csv",
        (_, Some(_)) => "leads-part.csv",
        (Some(_), None) => "leads-last-part.csv",
    };
    let next = next.map(|next| format!("{path}?{}", query.with("cursor", &next.write(session))));
    Ok(Table {
        text: csv.into_text(),
        name,
        next,
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

fn row<'a>(
    session: &Session<'_>,
    lead: &'a Lead,
    campaign: Option<&CampaignId>,
    fields: &'a [String],
) -> impl Iterator<Item = Cell<'a>> {
    let summary = views::row(lead, &views::Shown::of(session, lead, campaign), campaign.is_some());
    let marketing = lead.marketing_state(&summary.campaign).map_or("", |state| state.code());
    let stopped = lead.stop().map_or("", |stop| stop.reason.code());
    let fixed: [Cell<'a>; FIXED.len()] = [
        lead.id.as_str().into(),
        summary.email.unwrap_or_default().into(),
        summary.campaign.to_string().into(),
        summary.stage.code().into(),
        summary.grade.into(),
        Cell::Number(summary.fit),
        Cell::Number(summary.engagement),
        summary.captured_at.to_string().into(),
        lead.words.language().code().into(),
        marketing.into(),
        stopped.into(),
        summary.source.unwrap_or_default().into(),
    ];
    let answers = fields.iter().map(|name| lead.words.answer(name).unwrap_or_default());
    fixed.into_iter().chain(answers.map(Cell::from))
}
