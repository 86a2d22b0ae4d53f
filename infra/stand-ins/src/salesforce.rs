//! A stand-in for Salesforce: leads and contacts behind the REST interface of v60.0 to v66.0.

mod access;
mod acts;
mod fields;
mod records;
mod refusal;
mod soql;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

pub(crate) use self::fields::is_address;
use self::fields::{Field, Kind};
use self::records::{Object, Record, Save};
use self::refusal::{Refusal, Refused};
use crate::wire::{Answer, Call, Journal, Window};
use crate::{Fault, Reply, Request, StandIn};

/// Limits of a developer account roll over 24 hours.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// The recycle bin keeps a record for 15 days.
const BIN: SignedDuration = SignedDuration::from_hours(15 * 24);
/// Most records in a batch.
const BATCH_MAX: usize = 200;

/// What a rule on doubles of an address does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doubles {
    Pass,
    Warn,
    Block,
}

/// A stand-in for Salesforce.
#[derive(Debug)]
pub struct Salesforce {
    origin: String,
    leads: Vec<Field>,
    contacts: Vec<Field>,
    users: Vec<String>,
    converted_status: String,
    session: SignedDuration,
    sessions: Vec<(String, Timestamp)>,
    run_as: bool,
    requests_max: u64,
    used: Window,
    doubles: Doubles,
    assigned_to: Option<String>,
    /// Writes that meet a locked row, and whether a trigger of the owner met it.
    locks: VecDeque<bool>,
    records: Vec<Record>,
    bin: Vec<(Record, Timestamp)>,
    forgotten: Vec<String>,
    serial: u64,
    journal: Journal,
}

impl Salesforce {
    /// An account with two users, a standard lead and Piste's fields. `origin` is what `instance_url` says: scheme,
    /// host and the prefix of the path, if any.
    #[must_use]
    pub fn new(origin: impl Into<String>) -> Self {
        Self {
            origin: origin.into(),
            leads: Field::of_lead(),
            contacts: Field::of_contact(),
            users: vec![records::id("005", 1), records::id("005", 2)],
            converted_status: "Closed - Converted".to_owned(),
            session: SignedDuration::from_hours(2),
            sessions: Vec::new(),
            run_as: true,
            requests_max: 15_000,
            used: Window::default(),
            doubles: Doubles::Pass,
            assigned_to: None,
            locks: VecDeque::new(),
            records: Vec::new(),
            bin: Vec::new(),
            forgotten: Vec::new(),
            serial: 0,
            journal: Journal::default(),
        }
    }

    /// Other users, by id; the first one owns what the interface creates.
    #[must_use]
    pub fn users(mut self, ids: &[&str]) -> Self {
        self.users = ids.iter().map(ToString::to_string).collect();
        self
    }

    /// How long a token lives; its answer does not say so.
    #[must_use]
    pub fn session_length(mut self, length: SignedDuration) -> Self {
        self.session = length;
        self
    }

    /// How many requests the account has in 24 hours.
    #[must_use]
    pub fn requests_per_day(mut self, requests: u64) -> Self {
        self.requests_max = requests;
        self
    }

    /// A rule refuses a second lead or contact with the same address.
    #[must_use]
    pub fn block_duplicates(mut self) -> Self {
        self.doubles = Doubles::Block;
        self
    }

    /// A rule warns of a second lead or contact with the same address; a header passes it.
    #[must_use]
    pub fn warn_of_duplicates(mut self) -> Self {
        self.doubles = Doubles::Warn;
        self
    }

    /// An assignment rule gives each lead that is written to this user.
    #[must_use]
    pub fn assignment_rule(mut self, user: &str) -> Self {
        self.assigned_to = Some(user.to_owned());
        self
    }

    /// Nobody is named as the user that the client credentials act for.
    #[must_use]
    pub fn without_run_as_user(mut self) -> Self {
        self.run_as = false;
        self
    }

    /// The owner's own statuses: the first one is the default, `converted` is for converted leads only.
    #[must_use]
    pub fn statuses(mut self, values: &[&str], converted: &str) -> Self {
        self.converted_status = converted.to_owned();
        self.picklist("Status", values)
    }

    /// A picklist of leads: its values change, or it is new.
    #[must_use]
    pub fn picklist(self, name: &str, values: &[&str]) -> Self {
        self.lead_field(name, Kind::Picklist, 255, |field| {
            field.options = values.iter().map(ToString::to_string).collect();
        })
    }

    /// A picklist of leads takes its own values only.
    #[must_use]
    pub fn restrict(self, name: &str) -> Self {
        self.lead_field(name, Kind::Picklist, 255, |field| field.restricted = true)
    }

    /// A text of leads: its length changes, or it is new.
    #[must_use]
    pub fn text_field(self, name: &str, length: usize) -> Self {
        self.lead_field(name, Kind::Text, length, |field| field.length = length)
    }

    /// The owner requires a field of leads.
    #[must_use]
    pub fn require(self, name: &str) -> Self {
        self.lead_field(name, Kind::Text, 255, |field| field.required = true)
    }

    /// The external id is not unique: several leads may carry one value.
    #[must_use]
    pub fn not_unique(self, name: &str) -> Self {
        self.lead_field(name, Kind::Text, 255, |field| field.unique = false)
    }

    /// A field of leads that is missing, or hidden from us.
    #[must_use]
    pub fn without_field(mut self, name: &str) -> Self {
        self.leads.retain(|field| field.name != name);
        self
    }

    fn lead_field(mut self, name: &str, kind: Kind, length: usize, change: impl FnOnce(&mut Field)) -> Self {
        let place = self
            .leads
            .iter()
            .position(|field| field.name == name)
            .unwrap_or(self.leads.len());
        if place == self.leads.len() {
            self.leads
                .push(Field::new(name, name.trim_end_matches("__c"), kind, length, ""));
        }
        change(&mut self.leads[place]);
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
            ["services", "oauth2", "token"] => self.token(call, now),
            ["services", "data", version, rest @ ..] => self.data(call, version, rest, now),
            _ => refusal::answer(&Refusal::not_found().into()),
        }
    }

    /// Answers what needs a token, and counts it.
    fn data(&mut self, call: &Call, version: &str, path: &[&str], now: Timestamp) -> Answer {
        let answer = self
            .admit(call, now)
            .and_then(|()| self.route(call, version, path, now));
        let used = self.used.used(now, DAY);
        let answer = answer.unwrap_or_else(|refused| refusal::answer(&refused));
        answer.with("sforce-limit-info", format!("api-usage={used}/{}", self.requests_max))
    }

    fn route(&mut self, call: &Call, version: &str, path: &[&str], now: Timestamp) -> Result<Answer, Refused> {
        let number = version.strip_prefix('v').and_then(|number| number.strip_suffix(".0"));
        if !number
            .and_then(|number| number.parse().ok())
            .is_some_and(|number: u8| (60..=66).contains(&number))
        {
            return Err(Refusal::not_found().into());
        }
        let allowed: &[&str] = match path {
            ["limits" | "query"] | ["sobjects", _, "describe"] => &["GET"],
            ["sobjects", _, _] | ["sobjects", _, _, _] => &["GET", "PATCH", "DELETE"],
            ["composite", "sobjects", _, _] => &["PATCH"],
            _ => return Err(Refusal::not_found().into()),
        };
        if !allowed.contains(&call.method()) {
            let message = format!(
                "HTTP Method '{}' not allowed. Allowed are {}",
                call.method(),
                allowed.join(", ")
            );
            return Err(Refusal::new("METHOD_NOT_ALLOWED", message).at(405).into());
        }
        match path {
            ["limits"] => Ok(self.limits(now)),
            ["query"] => self.query(call),
            ["sobjects", object, rest @ ..] | ["composite", "sobjects", object, rest @ ..] => {
                let object = Object::named(object).ok_or_else(Refusal::not_found)?;
                match (call.method(), rest) {
                    ("GET", ["describe"]) => Ok(self.describe(object)),
                    ("PATCH", [field]) if path[0] == "composite" => self.upsert_batch(call, object, field, now),
                    (_, [id]) => {
                        let found = self.place(object, id)?;
                        self.act_on(call, object, found, now)
                    }
                    ("PATCH", [field, value]) => self.upsert(call, object, field, value, now),
                    (_, [field, value]) => match self.by_external_id(object, field, value)?.as_slice() {
                        [] => Err(Refusal::not_found().into()),
                        [found] => self.act_on(call, object, *found, now),
                        several => Ok(self.several(several)),
                    },
                    _ => Err(Refusal::not_found().into()),
                }
            }
            _ => Err(Refusal::not_found().into()),
        }
    }

    /// Reads, changes or deletes one record.
    fn act_on(&mut self, call: &Call, object: Object, found: usize, now: Timestamp) -> Result<Answer, Refused> {
        match call.method() {
            "GET" => {
                let asked = call
                    .query("fields")
                    .map(|names| names.split(',').map(str::to_owned).collect());
                let names: Vec<String> = asked.unwrap_or_else(|| self.names(object));
                Ok(Answer::json(200, &self.row(&self.records[found], &names)?))
            }
            "PATCH" => {
                let values = body(call)?;
                if values.keys().any(|name| name.eq_ignore_ascii_case("Id")) {
                    return Err(key_in_body("Id").into());
                }
                self.unmodified(call, found)?;
                self.save(object, Some(found), values, &Save::told(call), now)?;
                Ok(Answer::empty(204))
            }
            _ => {
                self.unlocked()?;
                let record = self.records.remove(found);
                self.discard(record, now);
                Ok(Answer::empty(204))
            }
        }
    }

    fn upsert(
        &mut self,
        call: &Call,
        object: Object,
        field: &str,
        value: &str,
        now: Timestamp,
    ) -> Result<Answer, Refused> {
        let found = self.by_external_id(object, field, value)?;
        if value.is_empty() {
            return Err(Refusal::not_found().into());
        }
        let mut values = body(call)?;
        for key in [field, "Id"] {
            if values.keys().any(|name| name.eq_ignore_ascii_case(key)) {
                return Err(key_in_body(key).into());
            }
        }
        let update_only = call
            .query("updateOnly")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let existing = match found.as_slice() {
            [] if update_only => return Err(Refusal::not_found().into()),
            [] => {
                values.insert(field.to_owned(), json!(value));
                None
            }
            [one] => Some(*one),
            several => return Ok(self.several(several)),
        };
        if let Some(found) = existing {
            self.unmodified(call, found)?;
        }
        let id = self.save(object, existing, values, &Save::told(call), now)?;
        let created = existing.is_none();
        let body = json!({"id": id, "success": true, "errors": [], "created": created});
        Ok(Answer::json(if created { 201 } else { 200 }, &body))
    }

    fn upsert_batch(&mut self, call: &Call, object: Object, field: &str, now: Timestamp) -> Result<Answer, Refused> {
        let mut body = body(call)?;
        let records = match body.remove("records") {
            Some(Value::Array(records)) => records,
            _ => return Err(Refusal::new("JSON_PARSER_ERROR", "Missing value for required field: records").into()),
        };
        let all_or_none = match body.remove("allOrNone") {
            None => false,
            Some(Value::Bool(all)) => all,
            Some(other) => return Err(parser(&format!("allOrNone is not a boolean: {other}")).into()),
        };
        if let Some(name) = body.keys().next() {
            return Err(parser(&format!("Unrecognized field \"{name}\"")).into());
        }
        if records.len() > BATCH_MAX {
            return Err(Refusal::new("EXCEEDED_ID_LIMIT", "record limit reached. cannot submit more than 200").into());
        }
        self.by_external_id(object, field, "")?;
        let (before, bin) = (self.records.clone(), self.bin.clone());
        let told = Save::told(call);
        let mut keys = Vec::new();
        let results: Vec<_> = records
            .into_iter()
            .map(|record| self.upsert_one(object, field, record, &mut keys, &told, now))
            .collect();
        let undone = all_or_none && results.iter().any(Result::is_err);
        if undone {
            (self.records, self.bin) = (before, bin);
        }
        let result = |result: &Result<(String, bool), Refused>| match result {
            Ok(_) if undone => {
                let message = "Record rolled back because not all records were valid and the request was using \
                               AllOrNone header";
                let refusal = Refusal::new("ALL_OR_NONE_OPERATION_ROLLED_BACK", message);
                json!({"success": false, "errors": [refusal.in_batch()]})
            }
            Ok((id, created)) => json!({"id": id, "success": true, "errors": [], "created": created}),
            Err(refused) => {
                json!({"success": false, "errors": refused.iter().map(Refusal::in_batch).collect::<Vec<_>>()})
            }
        };
        Ok(Answer::json(200, &results.iter().map(result).collect()))
    }

    /// One record of a batch; its key is among its values.
    fn upsert_one(
        &mut self,
        object: Object,
        field: &str,
        record: Value,
        keys: &mut Vec<String>,
        told: &Save,
        now: Timestamp,
    ) -> Result<(String, bool), Refused> {
        let Value::Object(mut values) = record else {
            return Err(parser("A record is not an object").into());
        };
        let kind = values.remove("attributes").unwrap_or_default();
        if kind["type"] != object.name() {
            return Err(Refusal::new("INVALID_TYPE", "attributes.type must name the object of the request").into());
        }
        let key = values
            .get(field)
            .and_then(Value::as_str)
            .filter(|key| !key.is_empty())
            .map(str::to_lowercase);
        let key = key.ok_or_else(|| Refusal::new("MISSING_ARGUMENT", format!("{field} not specified")))?;
        if keys.contains(&key) {
            let message = format!("Duplicate external id specified: {key}");
            return Err(Refusal::new("DUPLICATE_VALUE", message).about(&[field]).into());
        }
        let existing = match self.by_external_id(object, field, &key)?.as_slice() {
            [] => None,
            [one] => Some(*one),
            _ => return Err(Refusal::new("DUPLICATE_EXTERNAL_ID", format!("{field}: more than one record")).into()),
        };
        keys.push(key);
        let id = self.save(object, existing, values, told, now)?;
        Ok((id, existing.is_none()))
    }

    /// The answer where several records carry one external id: where each of them is.
    fn several(&self, found: &[usize]) -> Answer {
        Answer::json(
            300,
            &found
                .iter()
                .map(|place| json!(self.records[*place].address()))
                .collect(),
        )
    }
}

impl StandIn for Salesforce {
    fn answer(&mut self, request: &Request, now: Timestamp) -> Reply {
        let call = Call::read(request);
        let fault = self.journal.fault(&call);
        let asks_token = call.path().last() == Some(&"token");
        let own = if asks_token { access::own } else { refusal::own };
        let reply = crate::wire::under(fault, || self.handle(&call, now), own);
        self.journal.note(request, &reply);
        reply
    }

    fn script(&mut self, faults: Vec<Fault>) {
        self.journal.script(faults);
    }

    fn state(&self) -> Value {
        let bin: Vec<_> = self.bin.iter().map(|(record, _)| record.json()).collect();
        let records: Vec<_> = self.records.iter().map(Record::json).collect();
        json!({"records": records, "bin": bin, "forgotten": self.forgotten})
    }

    fn requests(&self) -> &[(Request, u16)] {
        &self.journal.seen
    }
}

/// The members of a JSON body.
fn body(call: &Call) -> Result<Map<String, Value>, Refusal> {
    if !call.carries("application/json") {
        let kind = call.header("content-type").unwrap_or_default();
        return Err(Refusal::new("UNSUPPORTED_MEDIA_TYPE", format!("Content type not supported: {kind}")).at(415));
    }
    match call.json() {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(parser("The body is not an object")),
        Err(error) => Err(parser(&error.to_string())),
    }
}

fn parser(message: &str) -> Refusal {
    Refusal::new("JSON_PARSER_ERROR", message)
}

fn key_in_body(field: &str) -> Refusal {
    Refusal::new(
        "INVALID_FIELD",
        format!("The {field} field should not be specified in the sobject data."),
    )
}
