//! Stand-ins for the four CRMs, written from their published interfaces and not from our client: each keeps records,
//! refuses what the real one refuses, and ages its tokens and limits on the moment it is told.
//!
//! They serve under `/local/crm/<kind>` in the local system, and the tests. Beside them stands one for what Cloudflare says of
//! a Turnstile answer, under `/local/turnstile`.

mod hubspot;
mod pipedrive;
mod salesforce;
mod turnstile;
mod wire;
mod zoho;

use jiff::Timestamp;
use serde_json::Value;

pub use crate::hubspot::Hubspot;
pub use crate::pipedrive::Pipedrive;
pub use crate::salesforce::Salesforce;
pub use crate::turnstile::Turnstile;
pub use crate::zoho::Zoho;

/// One request as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The verb, in capitals.
    pub method: String,
    /// The host it was sent to, without a port; Zoho's data centres and Salesforce's domains differ by it.
    pub host: String,
    /// Path and query, still escaped.
    pub target: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What a stand-in answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// An answer.
    Answer {
        /// The status.
        status: u16,
        /// Names in lower case, and values.
        headers: Vec<(String, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// The connection is cut without an answer.
    Cut,
}

/// A fault by script: it happens to the next request that it fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Cut before anything was written.
    CutBefore,
    /// Written, and then cut.
    CutAfter,
    /// Answered with this status and a body that is the CRM's own for it, where it has one.
    Status(u16),
    /// Written, and answered with a page of HTML and status 200.
    Html,
    /// Written, and answered with nothing and status 200.
    Nothing,
    /// Answered with a redirect to another host.
    Redirect,
}

/// A CRM that answers.
pub trait StandIn {
    /// Answers a request at this moment, and remembers it.
    fn answer(&mut self, request: &Request, now: Timestamp) -> Reply;

    /// The next requests meet these faults, one each, in order.
    fn script(&mut self, faults: Vec<Fault>);

    /// Every record, its ids and values, deleted ones in the bin apart: `{"records":[...],"bin":[...],"forgotten":[...]}`
    /// and whatever else the CRM keeps (block list, opt-outs, cards).
    fn state(&self) -> Value;

    /// Every request since the beginning, with the status it was answered with (0 where it was cut).
    fn requests(&self) -> &[(Request, u16)];
}
