//! The list of leads as a table (R98).

use lambda_http::http::StatusCode;
use lambda_http::http::header::{self, HeaderValue};
use lambda_http::{Body, Response};
use piste_adapters::csv::Reader;
use piste_adapters::http;
use piste_operations::leads::table;

use crate::api::{Answers, attached};
use crate::query::Query;
use crate::{ConsoleError, Session};

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
/// As [`piste_operations::leads::find`].
pub async fn write(session: &Session<'_>, query: &Query, path: &str) -> Result<Table, ConsoleError> {
    let filter = query.filter(session)?;
    let reader = query.get("for").and_then(Reader::from_code).unwrap_or_default();
    let mut table = table::Table::new(session, &filter, reader, session.locale);
    let (text, next) = table.part(session, &filter).await?;
    let name = match (query.get("cursor"), &next) {
        (None, None) => "leads.csv",
        (_, Some(_)) => "leads-part.csv",
        (Some(_), None) => "leads-last-part.csv",
    };
    let next = next.map(|next| format!("{path}?{}", query.with("cursor", &next.write(session))));
    Ok(Table { text, name, next })
}
