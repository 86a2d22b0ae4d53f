//! A stand-in for Zoho CRM: Leads and Contacts behind the interface of v8, in one data centre.

mod access;
mod acts;
mod failure;
mod fields;
mod records;
mod saving;
mod search;
mod settings;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use self::failure::Failure;
use self::fields::Field;
use self::records::{Module, Record};
use crate::wire::{self, Answer, Call, Journal, Window};
use crate::{Fault, Reply, Request, StandIn};

/// The recycle bin keeps a record for 60 days.
const BIN: SignedDuration = SignedDuration::from_hours(60 * 24);
/// Most names in `fields`.
const NAMES_MAX: usize = 50;

/// A stand-in for Zoho CRM.
#[derive(Debug)]
pub struct Zoho {
    origin: String,
    centre: String,
    leads: Vec<Field>,
    contacts: Vec<Field>,
    ignores_unknown: bool,
    users: Vec<String>,
    scopes: Vec<String>,
    tokens: Vec<(String, Timestamp)>,
    token_requests: Window,
    credits_max: u64,
    credits_used: Window,
    /// Status of an answer in which a record failed.
    failures_status: u16,
    /// Fields that a blueprint alone may change.
    blueprint: Vec<String>,
    locked: Vec<String>,
    records: Vec<Record>,
    bin: Vec<(Record, Timestamp)>,
    forgotten: Vec<String>,
    serial: u64,
    journal: Journal,
}

impl Zoho {
    /// A free account in the European data centre, with two users, standard Leads and Piste's fields. `origin` is what
    /// `api_domain` says: scheme, host and the prefix of the path, if any.
    #[must_use]
    pub fn new(origin: impl Into<String>) -> Self {
        Self {
            origin: origin.into(),
            centre: "eu".to_owned(),
            leads: Field::of_leads(),
            contacts: Field::of_contacts(),
            ignores_unknown: false,
            users: vec!["554023000000235011".to_owned(), "554023000000235013".to_owned()],
            scopes: access::SCOPES.iter().map(ToString::to_string).collect(),
            tokens: Vec::new(),
            token_requests: Window::default(),
            credits_max: 5_000,
            credits_used: Window::default(),
            failures_status: 200,
            blueprint: Vec::new(),
            locked: Vec::new(),
            records: Vec::new(),
            bin: Vec::new(),
            forgotten: Vec::new(),
            serial: 0,
            journal: Journal::default(),
        }
    }

    /// Another data centre, by what comes after `zoho.`: `com`, `eu`, `in`, `com.au`, `jp`, `com.cn`, `ca`, `sa`.
    #[must_use]
    pub fn data_centre(mut self, name: &str) -> Self {
        self.centre = name.to_owned();
        self
    }

    /// Other users, by id; the first one owns what the interface creates.
    #[must_use]
    pub fn users(mut self, ids: &[&str]) -> Self {
        self.users = ids.iter().map(ToString::to_string).collect();
        self
    }

    /// The grant lacks a scope.
    #[must_use]
    pub fn without_scope(mut self, scope: &str) -> Self {
        self.scopes.retain(|held| held != scope);
        self
    }

    /// How many credits the account has in 24 hours.
    #[must_use]
    pub fn credits(mut self, credits: u64) -> Self {
        self.credits_max = credits;
        self
    }

    /// Status of an answer in which a record failed: 200 unless told otherwise, or 202, 207, 400.
    #[must_use]
    pub fn failures_status(mut self, status: u16) -> Self {
        self.failures_status = status;
        self
    }

    /// Passes silently over fields that nobody knows, as some accounts were seen to do.
    #[must_use]
    pub fn ignore_unknown_fields(mut self) -> Self {
        self.ignores_unknown = true;
        self
    }

    /// A field that a blueprint alone may change once a lead is there.
    #[must_use]
    pub fn blueprint(mut self, field: &str) -> Self {
        self.blueprint.push(field.to_owned());
        self
    }

    /// A picklist of leads: its values change, or it is new.
    #[must_use]
    pub fn picklist(self, name: &str, values: &[&str]) -> Self {
        self.lead_field(name, "picklist", 120, |field| {
            field.options = values.iter().map(ToString::to_string).collect();
        })
    }

    /// A text of leads: its length changes, or it is new.
    #[must_use]
    pub fn text_field(self, name: &str, length: usize) -> Self {
        self.lead_field(name, "text", length, |field| field.length = length)
    }

    /// The layout requires a field of leads, or no longer does.
    #[must_use]
    pub fn require(self, name: &str, mandatory: bool) -> Self {
        self.lead_field(name, "text", 255, |field| field.mandatory = mandatory)
    }

    /// A field of leads that is missing.
    #[must_use]
    pub fn without_field(mut self, name: &str) -> Self {
        self.leads.retain(|field| field.name != name);
        self
    }

    fn lead_field(mut self, name: &str, kind: &str, length: usize, change: impl FnMut(&mut Field)) -> Self {
        if !self.leads.iter().any(|field| field.name == name) {
            self.leads.extend(Field::new(name, kind, length, ""));
        }
        self.leads
            .iter_mut()
            .filter(|field| field.name == name)
            .take(1)
            .for_each(change);
        self
    }

    fn handle(&mut self, call: &Call, now: Timestamp) -> Answer {
        self.bin.retain(|(record, since)| {
            let kept = now.duration_since(*since) < BIN;
            if !kept {
                self.forgotten.push(record.id().to_owned());
            }
            kept
        });
        match call.path().as_slice() {
            ["oauth", "v2", "token"] => self.token(call, now),
            ["crm", "v8", rest @ ..] => {
                let answer = self.admit(call, now).and_then(|()| self.route(call, rest, now));
                let answer = answer.unwrap_or_else(|failure| failure.answer());
                self.with_credits(answer, now)
            }
            _ => Failure::of("INVALID_URL_PATTERN").answer(),
        }
    }

    fn route(&mut self, call: &Call, path: &[&str], now: Timestamp) -> Result<Answer, Failure> {
        let allowed: &[&str] = match path {
            ["org"] | ["Leads" | "Contacts", "search"] => &["GET"],
            ["settings", "fields"] => &["GET", "POST"],
            ["settings", "recycle_bin", _] => &["DELETE"],
            ["Leads", "upsert"] => &["POST"],
            ["Leads" | "Contacts", id] if !id.is_empty() && id.bytes().all(|c| c.is_ascii_digit()) => {
                &["GET", "PUT", "DELETE"]
            }
            _ => return Err(Failure::of("INVALID_URL_PATTERN")),
        };
        if !allowed.contains(&call.method()) {
            return Err(Failure::of("INVALID_REQUEST_METHOD"));
        }
        self.reaches(&scopes(call.method(), path))?;
        let body = match call.method() {
            "POST" | "PUT" => body(call)?,
            _ => Map::new(),
        };
        self.pay(cost(path, &body), now)?;
        match (call.method(), path) {
            (_, ["org"]) => Ok(settings::org()),
            ("GET", ["settings", "fields"]) => self.list_fields(call),
            (_, ["settings", "fields"]) => self.create_fields(call, &body),
            (_, ["settings", "recycle_bin", id]) => self.forget(id),
            (_, [_, "upsert"]) => self.upsert(call, &body, now),
            (_, [module, "search"]) => self.search(call, Module::named(module)),
            ("GET", [module, id]) => self.read(call, Module::named(module), id),
            ("PUT", [module, id]) => self.update(call, Module::named(module), id, &body, now),
            (_, [module, id]) => self.remove(Module::named(module), id, now),
            _ => Err(Failure::of("INVALID_URL_PATTERN")),
        }
    }
}

impl StandIn for Zoho {
    fn answer(&mut self, request: &Request, now: Timestamp) -> Reply {
        let call = Call::read(request);
        let fault = self.journal.fault(&call);
        let asks_token = call.path().last() == Some(&"token");
        let own = if asks_token { access::own } else { failure::own };
        let reply = wire::under(fault, || self.handle(&call, now), own);
        self.journal.note(request, &reply);
        reply
    }

    fn script(&mut self, faults: Vec<Fault>) {
        self.journal.script(faults);
    }

    fn state(&self) -> Value {
        let bin: Vec<_> = self.bin.iter().map(|(record, _)| record.json()).collect();
        let records: Vec<_> = self.records.iter().map(Record::json).collect();
        json!({"records": records, "bin": bin, "forgotten": self.forgotten, "locked": self.locked})
    }

    fn requests(&self) -> &[(Request, u16)] {
        &self.journal.seen
    }
}

/// The scopes that a call needs.
fn scopes(method: &str, path: &[&str]) -> Vec<String> {
    let right = match method {
        "GET" => "READ",
        "POST" => "CREATE",
        "PUT" => "UPDATE",
        _ => "DELETE",
    };
    match path {
        ["org"] => vec!["ZohoCRM.org.READ".to_owned()],
        ["settings", what, ..] => vec![format!("ZohoCRM.settings.{what}.{right}")],
        [module, "upsert"] => ["CREATE", "UPDATE"]
            .map(|right| format!("ZohoCRM.modules.{module}.{right}"))
            .to_vec(),
        [module, ..] => vec![format!("ZohoCRM.modules.{module}.{right}")],
        [] => Vec::new(),
    }
}

/// Credits of a call: an upsert costs one for ten records.
fn cost(path: &[&str], body: &Map<String, Value>) -> u64 {
    let records = body.get("data").and_then(Value::as_array).map_or(1, Vec::len);
    if path.last() == Some(&"upsert") {
        records.div_ceil(10).max(1) as u64
    } else {
        1
    }
}

/// The members of a JSON body.
fn body(call: &Call) -> Result<Map<String, Value>, Failure> {
    if !call.carries("application/json") {
        return Err(Failure::of("UNSUPPORTED_MEDIA_TYPE"));
    }
    match call.json() {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(Failure::mistyped("$", "jsonobject")),
    }
}
