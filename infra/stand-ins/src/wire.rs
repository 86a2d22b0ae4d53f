//! What the stand-ins of Salesforce and Zoho share: taking a request apart, answering, faults, and rolling windows.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::{Fault, Reply, Request};

/// A request taken apart.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    request: &'a Request,
    /// Segments of the path, unescaped.
    path: Vec<String>,
    /// Members of the query, unescaped.
    pub(crate) query: Vec<(String, String)>,
}

impl<'a> Call<'a> {
    pub(crate) fn read(request: &'a Request) -> Self {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let path = path.trim_start_matches('/').split('/').map(unescape).collect();
        Self {
            request,
            path,
            query: pairs(query.as_bytes()),
        }
    }

    pub(crate) fn method(&self) -> &'a str {
        &self.request.method
    }

    pub(crate) fn path(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }

    /// The host that was meant: the `Host` header, or where the request was sent.
    pub(crate) fn host(&self) -> &str {
        let host = self.header("host").unwrap_or(&self.request.host);
        host.split_once(':').map_or(host, |(name, _)| name)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        self.request
            .headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether the body is of this media type, parameters aside.
    pub(crate) fn carries(&self, media: &str) -> bool {
        let kind = self.header("content-type").unwrap_or_default();
        kind.split(';')
            .next()
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case(media))
    }

    pub(crate) fn json(&self) -> Result<Value, serde_json::Error> {
        serde_json::from_slice(&self.request.body)
    }

    /// The values of a form that has these members and no others, in this order.
    pub(crate) fn form<const N: usize>(&self, names: [&str; N]) -> Option<[String; N]> {
        let given = pairs(&self.request.body);
        let value = |name: &str| {
            given
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.clone())
        };
        let values = names.map(value);
        let complete = given.len() == N && values.iter().all(Option::is_some);
        complete.then(|| values.map(Option::unwrap_or_default))
    }

    /// Whether the request changes records; asking for a token does not.
    fn writes(&self) -> bool {
        self.method() != "GET" && self.path.last().is_none_or(|last| last != "token")
    }
}

fn pairs(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

/// Unescapes a segment of a path, where a plus sign is a plus sign.
fn unescape(segment: &str) -> String {
    let safe = segment.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    pairs(safe.as_bytes()).pop().map(|(name, _)| name).unwrap_or_default()
}

/// An answer in the making.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let media = "application/json;charset=UTF-8";
        Self {
            body: body.to_string().into_bytes(),
            ..Self::empty(status)
        }
        .with("content-type", media)
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

impl From<Answer> for Reply {
    fn from(Answer { status, headers, body }: Answer) -> Self {
        Self::Answer { status, headers, body }
    }
}

/// Faults to come and requests that came.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    faults: VecDeque<Fault>,
    pub(crate) seen: Vec<(Request, u16)>,
}

impl Journal {
    pub(crate) fn script(&mut self, faults: Vec<Fault>) {
        self.faults.extend(faults);
    }

    /// The fault that this request meets. A cut after the write waits for a request that writes.
    pub(crate) fn fault(&mut self, call: &Call) -> Option<Fault> {
        self.faults
            .pop_front_if(|fault| *fault != Fault::CutAfter || call.writes())
    }

    pub(crate) fn note(&mut self, request: &Request, reply: &Reply) {
        let status = match reply {
            Reply::Answer { status, .. } => *status,
            Reply::Cut => 0,
        };
        self.seen.push((request.clone(), status));
    }
}

/// Answers under a fault: `act` does what was asked, `own` is the CRM's answer of a status.
pub(crate) fn under(fault: Option<Fault>, act: impl FnOnce() -> Answer, own: impl FnOnce(u16) -> Answer) -> Reply {
    match fault {
        None => act().into(),
        Some(Fault::CutBefore) => Reply::Cut,
        Some(Fault::CutAfter) => {
            act();
            Reply::Cut
        }
        Some(Fault::Status(status)) => own(status).into(),
        Some(Fault::Html) => {
            act();
            let page = b"<!doctype html><title>Maintenance</title><p>We will be back soon.".to_vec();
            Answer {
                body: page,
                ..Answer::empty(200)
            }
            .with("content-type", "text/html")
            .into()
        }
        Some(Fault::Nothing) => {
            act();
            Answer::empty(200).into()
        }
        Some(Fault::Redirect) => Answer::empty(302).with("location", "https://elsewhere.example/").into(),
    }
}

/// What was used, and when: limits that roll.
#[derive(Debug, Default)]
pub(crate) struct Window(VecDeque<(Timestamp, u64)>);

impl Window {
    /// What was used in the time before `now`.
    pub(crate) fn used(&mut self, now: Timestamp, length: SignedDuration) -> u64 {
        while self
            .0
            .pop_front_if(|(at, _)| now.duration_since(*at) >= length)
            .is_some()
        {}
        self.0.iter().map(|(_, cost)| cost).sum()
    }

    pub(crate) fn add(&mut self, now: Timestamp, cost: u64) {
        self.0.push_back((now, cost));
    }
}
