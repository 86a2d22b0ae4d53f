//! One HTTP call and its answer.

use std::fmt;

/// The verb of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes, or asks by a body.
    Post,
    /// Changes what it names.
    Patch,
    /// Changes what it names; Zoho's word for it.
    Put,
    /// Deletes.
    Delete,
}

impl Method {
    /// As it stands in a request.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// One request. Its `Debug` hides whatever could be secret or personal.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// The verb.
    pub method: Method,
    /// Where to: scheme, host, path and query, already escaped.
    pub url: String,
    /// Names in lower case, and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body as it goes out; empty where there is none.
    pub body: Vec<u8>,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({}, {} bytes)", self.method.as_str(), self.body.len())
    }
}

/// What came back. Its `Debug` shows the status alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body, as far as it was read.
    pub body: Vec<u8>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({}, {} bytes)", self.status, self.body.len())
    }
}

impl Answer {
    /// A header's value by its name in lower case; the first, if it comes more than once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `None` where it is none.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// Why a call has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// It surely had no effect: no address, no connection, cut before the body went out.
    NotSent,
    /// The address is not to be reached (R113); nothing was sent.
    Forbidden,
    /// The body went out, and nobody knows what became of it: a time-out, a reset, an answer that breaks off.
    Unknown,
}

/// How calls go out. One connection, no redirects, no cookies; the guard of R113 stands before it.
pub trait Http: Sync {
    /// Makes one call.
    ///
    /// # Errors
    /// When there is no answer.
    fn call(&self, call: Call) -> impl Future<Output = Result<Answer, Broken>> + Send;
}
