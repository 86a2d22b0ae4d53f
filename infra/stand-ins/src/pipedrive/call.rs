//! A request, taken apart.

use serde_json::{Map, Value};

use super::Route;
use super::answers::Refusal;
use crate::Request;

/// What an operation is given.
pub(super) struct Call {
    /// What stood in the gap of the path, if it has one.
    pub(super) gap: String,
    query: Vec<(String, String)>,
    /// The body, where one is due.
    pub(super) body: Value,
}

impl Call {
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(one, _)| one == name)
            .map(|(_, value)| value.as_str())
    }

    /// A number of the query, or its default.
    pub(super) fn number(&self, name: &str, default: usize, most: usize) -> Result<usize, Refusal> {
        let Some(text) = self.query(name) else {
            return Ok(default);
        };
        let number = text.parse().ok().filter(|number| *number <= most);
        number.ok_or_else(|| Refusal::field(name, "must be an integer within its bounds"))
    }

    /// A page of these: `limit` of them after `cursor`, and the next cursor.
    pub(super) fn page(&self, all: Vec<Value>) -> Result<(Vec<Value>, Option<String>), Refusal> {
        let limit = self.number("limit", 100, 500)?.max(1);
        let start = match self.query("cursor") {
            None => 0,
            Some(cursor) => cursor
                .strip_prefix("after-")
                .and_then(|place| place.parse().ok())
                .ok_or_else(|| Refusal::field("cursor", "is not valid"))?,
        };
        let next = (all.len() > limit.saturating_add(start)).then(|| format!("after-{}", start + limit));
        Ok((all.into_iter().skip(start).take(limit).collect(), next))
    }
}

pub(super) fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request
        .headers
        .iter()
        .find(|(one, _)| one == name)
        .map(|(_, value)| value.as_str())
}

/// The operation that a request asks for.
pub(super) fn route<'a>(routes: &'a [Route], request: &Request) -> Result<(&'a Route, Call), Refusal> {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let mut wrong = Refusal::of(404);
    for route in routes {
        let Some(gap) = gap(route.path, path) else { continue };
        if route.method == request.method {
            let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
            return Ok((
                route,
                Call {
                    gap: gap.into(),
                    query,
                    body: Value::Null,
                },
            ));
        }
        wrong = Refusal::of(405);
    }
    Err(wrong)
}

/// What stands in the gap, if the path is of this form.
fn gap<'a>(form: &str, path: &'a str) -> Option<&'a str> {
    match form.strip_suffix("{}") {
        Some(start) => path
            .strip_prefix(start)
            .filter(|rest| !rest.is_empty() && !rest.contains('/')),
        None => (form == path).then_some(""),
    }
}

/// The body as JSON.
pub(super) fn json(request: &Request) -> Result<Value, Refusal> {
    let kind = header(request, "content-type")
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default();
    if !kind.trim().eq_ignore_ascii_case("application/json") {
        return Err(Refusal::of(415));
    }
    serde_json::from_slice(&request.body).map_err(|_| Refusal::of(400))
}

/// The members of an object.
pub(super) fn object(value: &Value) -> Result<&Map<String, Value>, Refusal> {
    value.as_object().ok_or_else(|| Refusal::of(400))
}
