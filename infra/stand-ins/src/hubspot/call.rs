//! A request, taken apart.

use serde_json::{Map, Value};

use super::Route;
use super::answers::Refusal;
use crate::Request;

/// What an operation is given.
pub(super) struct Call {
    /// What stood in the gaps of the path, unescaped.
    pub(super) gaps: Vec<String>,
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
        number.ok_or_else(|| Refusal::invalid(format!("{name} is no number up to {most}")))
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
        let Some(gaps) = gaps(route.path, path) else { continue };
        if route.method == request.method {
            let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
            return Ok((
                route,
                Call {
                    gaps,
                    query,
                    body: Value::Null,
                },
            ));
        }
        wrong = Refusal::of(405);
    }
    Err(wrong)
}

/// What stands in the gaps, if the path is of this form.
fn gaps(form: &str, path: &str) -> Option<Vec<String>> {
    let (mut form, mut path) = (form.split('/'), path.split('/'));
    let mut gaps = Vec::new();
    loop {
        match (form.next(), path.next()) {
            (None, None) => return Some(gaps),
            (Some("{}"), Some(given)) if !given.is_empty() => gaps.push(unescaped(given)?),
            (Some(one), Some(other)) if one == other => {}
            _ => return None,
        }
    }
}

/// Without percent escapes; a plus stays one.
fn unescaped(text: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let (digits, tail) = tail.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?);
            rest = tail;
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
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
    serde_json::from_slice(&request.body).map_err(|_| Refusal::invalid("Invalid input JSON"))
}

/// The members of an object, and none but these.
pub(super) fn members<'a>(value: &'a Value, closed: &[&str]) -> Result<&'a Map<String, Value>, Refusal> {
    let members = object(value)?;
    match members.keys().find(|name| !closed.contains(&name.as_str())) {
        Some(name) => Err(Refusal::invalid(format!(
            "Invalid input JSON: Unrecognized field \"{name}\""
        ))),
        None => Ok(members),
    }
}

/// The members of an object.
pub(super) fn object(value: &Value) -> Result<&Map<String, Value>, Refusal> {
    value
        .as_object()
        .ok_or_else(|| Refusal::invalid("Invalid input JSON: an object is due"))
}

/// A text that may be absent.
pub(super) fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Refusal> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Refusal::invalid(format!("Invalid input JSON: {name} is no string"))),
    }
}

/// A text that has to be there.
pub(super) fn due<'a>(members: &'a Map<String, Value>, name: &str) -> Result<&'a str, Refusal> {
    text(members, name)?.ok_or_else(|| Refusal::invalid(format!("Some required fields were not set: [{name}]")))
}

/// The member `properties`: names and texts.
pub(super) fn texts(members: &Map<String, Value>) -> Result<Vec<(String, String)>, Refusal> {
    let given = members
        .get("properties")
        .ok_or_else(|| Refusal::invalid("Some required fields were not set: [properties]"))?;
    let given = object(given)?;
    given
        .keys()
        .map(|name| Ok((name.clone(), due(given, name)?.to_owned())))
        .collect()
}
