//! A stand-in for Pipedrive: persons and their fields (v2), leads, labels and webhooks (v1).

mod acts;
mod answers;
mod call;
mod fields;
mod leads;
mod limits;
mod persons;
mod search;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use self::answers::{Answer, Outcome, Refusal};
use self::call::Call;
use self::fields::Field;
use self::limits::Limits;
use self::persons::Person;
use crate::{Fault, Reply, Request, StandIn};

/// What is deleted is gone for good after 30 days.
const BIN_HOURS: i64 = 30 * 24;

/// A stand-in for Pipedrive.
#[derive(Debug)]
pub struct Pipedrive {
    token: Option<String>,
    limits: Limits,
    person_fields: Vec<Field>,
    deal_fields: Vec<Field>,
    persons: BTreeMap<u64, Person>,
    person_bin: BTreeMap<u64, (Person, Timestamp)>,
    /// Every state of each person, for a search that lags; nothing stands for deleted.
    index: BTreeMap<u64, Vec<(Timestamp, Option<Person>)>>,
    lag: SignedDuration,
    /// Contact sync is on.
    sync: bool,
    leads: BTreeMap<String, Map<String, Value>>,
    lead_bin: BTreeMap<String, (Map<String, Value>, Timestamp)>,
    deals: Vec<Value>,
    webhooks: Vec<Value>,
    /// Persons that a merge ended, and who they are since.
    merged: BTreeMap<u64, u64>,
    next_id: u64,
    /// What Pipedrive sends of the last change.
    event: Option<Value>,
    next_event: u64,
    faults: VecDeque<Fault>,
    requests: Vec<(Request, u16)>,
}

/// Answers one operation.
type Handler = fn(&mut Pipedrive, &Call, Timestamp) -> Outcome;

/// One operation.
struct Route {
    method: &'static str,
    /// The path; `{}` stands for one segment.
    path: &'static str,
    /// Tokens of the day.
    cost: u32,
    handler: Handler,
}

const fn route(method: &'static str, path: &'static str, cost: u32, handler: Handler) -> Route {
    Route {
        method,
        path,
        cost,
        handler,
    }
}

/// Every operation; a fixed path stands before one with a gap.
const ROUTES: [Route; 15] = [
    route("GET", "/api/v2/persons/search", 20, Pipedrive::search),
    route("POST", "/api/v2/persons", 5, Pipedrive::create_person),
    route("GET", "/api/v2/persons/{}", 1, Pipedrive::read_person),
    route("PATCH", "/api/v2/persons/{}", 5, Pipedrive::update_person),
    route("DELETE", "/api/v2/persons/{}", 3, Pipedrive::delete_person),
    route("GET", "/api/v2/personFields", 10, Pipedrive::list_fields),
    route("POST", "/api/v2/personFields", 5, Pipedrive::create_field),
    route("GET", "/api/v1/leads", 20, Pipedrive::list_leads),
    route("POST", "/api/v1/leads", 10, Pipedrive::create_lead),
    route("GET", "/api/v1/leads/{}", 2, Pipedrive::read_lead),
    route("PATCH", "/api/v1/leads/{}", 10, Pipedrive::update_lead),
    route("DELETE", "/api/v1/leads/{}", 6, Pipedrive::delete_lead),
    route("GET", "/api/v1/leadLabels", 10, Pipedrive::list_labels),
    route("GET", "/api/v1/users/me", 2, Pipedrive::me),
    route("POST", "/api/v1/webhooks", 10, Pipedrive::create_webhook),
];

impl Default for Pipedrive {
    fn default() -> Self {
        Self::new()
    }
}

impl Pipedrive {
    /// The token of a fresh account.
    pub const TOKEN: &str = "0123456789abcdef0123456789abcdef01234567";
    /// The users: the token's owner and a colleague.
    pub const USERS: [u64; 2] = [31, 32];
    /// The person field for our id, varchar.
    pub const LEAD_ID: &str = "aa00aa00aa00aa00aa00aa00aa00aa00aa00aa00";
    /// The person field for the fit, double.
    pub const FIT: &str = "bb11bb11bb11bb11bb11bb11bb11bb11bb11bb11";
    /// The person field for the grade, enum: `GRADES`.
    pub const GRADE: &str = "cc22cc22cc22cc22cc22cc22cc22cc22cc22cc22";
    /// The person field for the stage, enum: `STAGES`.
    pub const STAGE: &str = "dd33dd33dd33dd33dd33dd33dd33dd33dd33dd33";
    /// The person field for the need, text.
    pub const NEED: &str = "ee44ee44ee44ee44ee44ee44ee44ee44ee44ee44";
    /// The deal and lead field for our id, varchar.
    pub const DEAL_LEAD_ID: &str = "ff55ff55ff55ff55ff55ff55ff55ff55ff55ff55";
    /// Option ids of the grades.
    pub const GRADES: [(u64, &str); 16] = [
        (101, "A1"),
        (102, "A2"),
        (103, "A3"),
        (104, "A4"),
        (105, "B1"),
        (106, "B2"),
        (107, "B3"),
        (108, "B4"),
        (109, "C1"),
        (110, "C2"),
        (111, "C3"),
        (112, "C4"),
        (113, "D1"),
        (114, "D2"),
        (115, "D3"),
        (116, "D4"),
    ];
    /// Option ids of the stages.
    pub const STAGES: [(u64, &str); 7] = [
        (201, "lead"),
        (202, "mql"),
        (203, "sql"),
        (204, "customer"),
        (205, "disqualified"),
        (206, "recycled"),
        (207, "dormant"),
    ];
    /// Ids, names and colours of the lead labels.
    pub const LABELS: [(&str, &str, &str); 3] = [
        ("f08b42a0-4e75-11ea-9643-03698ef1cfd6", "Hot", "red"),
        ("f08b42a1-4e75-11ea-9643-03698ef1cfd6", "Warm", "yellow"),
        ("f08b42a2-4e75-11ea-9643-03698ef1cfd6", "Cold", "blue"),
    ];

    /// An account with `TOKEN`, our fields and the labels, and nobody in it.
    pub fn new() -> Self {
        Self {
            token: Some(Self::TOKEN.into()),
            limits: Limits::default(),
            person_fields: fields::of_persons(),
            deal_fields: vec![Field::new(Self::DEAL_LEAD_ID, "Piste lead", "varchar", &[])],
            persons: BTreeMap::new(),
            person_bin: BTreeMap::new(),
            index: BTreeMap::new(),
            lag: SignedDuration::ZERO,
            sync: false,
            leads: BTreeMap::new(),
            lead_bin: BTreeMap::new(),
            deals: Vec::new(),
            webhooks: Vec::new(),
            merged: BTreeMap::new(),
            next_id: 1,
            event: None,
            next_event: 1,
            faults: VecDeque::new(),
            requests: Vec::new(),
        }
    }

    /// Another token than the usual one.
    pub fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Other limits: requests and searches in two seconds, tokens in a day.
    pub fn with_limits(mut self, burst: u32, searches: u32, tokens: u32) -> Self {
        self.limits = Limits::new(burst, searches, tokens);
        self
    }

    /// Answers do not tell of the budget of the day.
    pub fn without_daily_headers(mut self) -> Self {
        self.limits.tells_day = false;
        self
    }

    /// A write is found only after this while.
    pub fn with_search_lag(mut self, lag: SignedDuration) -> Self {
        self.lag = lag;
        self
    }

    /// One more field of persons: its key, its type as Pipedrive names it, and its options.
    pub fn with_person_field(mut self, key: &str, kind: &str, options: &[(u64, &str)]) -> Self {
        self.person_fields.push(Field::new(key, key, kind, options));
        self
    }

    /// One more field of deals and leads.
    pub fn with_deal_field(mut self, key: &str, kind: &str, options: &[(u64, &str)]) -> Self {
        self.deal_fields.push(Field::new(key, key, kind, options));
        self
    }

    /// Without the field of this key.
    pub fn without_field(mut self, key: &str) -> Self {
        self.person_fields.retain(|one| one.key != key);
        self.deal_fields.retain(|one| one.key != key);
        self
    }

    /// Contact sync is on: job title, notes and the like may be written.
    pub fn with_contact_sync(mut self) -> Self {
        self.sync = true;
        self
    }

    /// The user made a new token; the old one is worth nothing.
    pub fn renew_token(&mut self, token: &str) {
        self.token = Some(token.into());
    }

    /// The token is taken back.
    pub fn revoke_token(&mut self) {
        self.token = None;
    }

    fn handle(&mut self, request: &Request, now: Timestamp) -> Outcome {
        self.limits.blocked(now)?;
        let given = call::header(request, "x-api-token");
        if given.is_none() || given != self.token.as_deref() {
            return Err(Refusal::of(401));
        }
        let (route, mut call) = call::route(&ROUTES, request)?;
        self.limits.take(route.cost, route.path.ends_with("/search"), now)?;
        if matches!(route.method, "POST" | "PATCH") {
            call.body = call::json(request)?;
        }
        (route.handler)(self, &call, now)
    }

    fn reply(&mut self, answer: Answer, now: Timestamp) -> Reply {
        answer.reply(self.limits.headers(now))
    }

    fn new_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id - 1
    }

    fn me(&mut self, _: &Call, _: Timestamp) -> Outcome {
        Ok(Answer::ok(json!({
            "id": Self::USERS[0], "name": "Nora Petit", "company_id": 1, "company_domain": "example",
            "timezone_name": "Europe/Paris",
        })))
    }

    fn create_webhook(&mut self, call: &Call, _: Timestamp) -> Outcome {
        let given = call::object(&call.body)?;
        let within = |name: &str, allowed: &[&str], due: bool| match given.get(name) {
            None => !due,
            Some(value) => value.as_str().is_some_and(|one| allowed.contains(&one)),
        };
        let text = |name: &str| given.get(name).and_then(Value::as_str);
        let checks = [
            (
                text("subscription_url").is_some_and(|url| url.starts_with("https://")),
                "subscription_url",
            ),
            (within("event_action", &answers::ACTIONS, true), "event_action"),
            (within("event_object", &answers::OBJECTS, true), "event_object"),
            (
                text("name").is_some_and(|name| (1..=255).contains(&name.chars().count())),
                "name",
            ),
            (within("version", &["1.0", "2.0"], false), "version"),
        ];
        if let Some((_, name)) = checks.iter().find(|(holds, _)| !holds) {
            return Err(Refusal::field(name, "is missing or not valid"));
        }
        let id = self.new_id();
        let mut webhook = given.clone();
        webhook.insert("id".into(), id.into());
        self.webhooks.push(webhook.into());
        Ok(Answer::created(json!({"id": id})))
    }
}

impl StandIn for Pipedrive {
    fn answer(&mut self, request: &Request, now: Timestamp) -> Reply {
        self.person_bin
            .retain(|_, (_, since)| now.duration_since(*since).as_hours() < BIN_HOURS);
        self.lead_bin
            .retain(|_, (_, since)| now.duration_since(*since).as_hours() < BIN_HOURS);
        let reply = match self.faults.front().cloned() {
            Some(Fault::CutBefore) => Some(Reply::Cut),
            Some(Fault::Status(status)) => Some(self.reply(Refusal::of(status).answer(), now)),
            Some(Fault::Redirect) => Some(answers::redirect()),
            _ => None,
        };
        let reply = if let Some(reply) = reply {
            self.faults.pop_front();
            reply
        } else {
            let answer = self.handle(request, now).unwrap_or_else(Refusal::answer);
            // The faults that follow a write wait for one.
            let wrote = request.method != "GET" && answer.status < 300;
            match self.faults.front().filter(|_| wrote).cloned().and_then(answers::after) {
                Some(reply) => {
                    self.faults.pop_front();
                    reply
                }
                None => self.reply(answer, now),
            }
        };
        let status = match &reply {
            Reply::Answer { status, .. } => *status,
            Reply::Cut => 0,
        };
        self.requests.push((request.clone(), status));
        reply
    }

    fn script(&mut self, faults: Vec<Fault>) {
        self.faults.extend(faults);
    }

    /// Persons are `records`; `leads` and `lead_bin`, `deals`, `merged` and `webhooks` stand beside.
    fn state(&self) -> Value {
        let records: Vec<Value> = self.persons.iter().map(|(id, one)| one.json(*id)).collect();
        let bin: Vec<Value> = self.person_bin.iter().map(|(id, (one, _))| one.json(*id)).collect();
        let lead_bin: Vec<&Map<String, Value>> = self.lead_bin.values().map(|(one, _)| one).collect();
        json!({
            "records": records, "bin": bin, "forgotten": [], "leads": self.leads.values().collect::<Vec<_>>(),
            "lead_bin": lead_bin, "deals": self.deals, "merged": self.merged, "webhooks": self.webhooks,
        })
    }

    fn requests(&self) -> &[(Request, u16)] {
        &self.requests
    }
}
