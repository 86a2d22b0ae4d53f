//! A stand-in for HubSpot: contacts, their properties, owners, subscriptions and limits, version 2026-09.

mod acts;
mod answers;
mod call;
mod consent;
mod contacts;
mod fields;
mod limits;
#[cfg(test)]
mod tests;
mod upsert;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::Timestamp;
use serde_json::{Value, json};

use self::answers::{Answer, Outcome, Refusal};
use self::call::Call;
use self::consent::Consent;
use self::contacts::Contact;
use self::fields::Property;
use self::limits::Limits;
use crate::{Fault, Reply, Request, StandIn};

/// The key of a fresh account.
const KEY: &str = "pat-eu1-local";
/// Id, address and user of each owner.
const OWNERS: [(&str, &str, u32); 2] = [("71", "nora@example.com", 171), ("72", "paul@example.com", 172)];
/// A contact in the bin is gone for good after 90 days.
const BIN_HOURS: i64 = 90 * 24;

/// A stand-in for HubSpot.
#[derive(Debug)]
pub struct Hubspot {
    key: Option<String>,
    missing_scopes: BTreeSet<String>,
    limits: Limits,
    groups: BTreeMap<String, String>,
    properties: Vec<Property>,
    contacts: BTreeMap<u64, Contact>,
    bin: BTreeMap<u64, (Contact, Timestamp)>,
    /// Ids that a merge ended, and who answers to them since.
    merged: BTreeMap<u64, u64>,
    forgotten: Vec<u64>,
    blocked: BTreeSet<String>,
    consent: Consent,
    next_id: u64,
    /// What the last change has to tell.
    events: Vec<Value>,
    next_event: u64,
    correlation: u64,
    faults: VecDeque<Fault>,
    requests: Vec<(Request, u16)>,
}

/// Answers one operation.
type Handler = fn(&mut Hubspot, &Call, Timestamp) -> Outcome;

/// One operation.
struct Route {
    method: &'static str,
    /// The path; `{}` stands for one segment.
    path: &'static str,
    scope: &'static str,
    /// A body is due, and has to be JSON.
    body: bool,
    handler: Handler,
}

const READ: &str = "crm.objects.contacts.read";
const WRITE: &str = "crm.objects.contacts.write";
const SCHEMAS: &str = "crm.schemas.contacts.write";
const CONSENT_READ: &str = "communication_preferences.read";
const CONSENT_WRITE: &str = "communication_preferences.write";

const fn route(method: &'static str, path: &'static str, scope: &'static str, body: bool, handler: Handler) -> Route {
    Route {
        method,
        path,
        scope,
        body,
        handler,
    }
}

/// Every operation; a fixed path stands before one with a gap.
const ROUTES: [Route; 15] = [
    route(
        "POST",
        "/crm/objects/2026-09/contacts/batch/upsert",
        WRITE,
        true,
        Hubspot::upsert,
    ),
    route(
        "POST",
        "/crm/objects/2026-09/contacts/gdpr-delete",
        WRITE,
        true,
        Hubspot::forget,
    ),
    route("GET", "/crm/objects/2026-09/contacts/{}", READ, false, Hubspot::read),
    route(
        "PATCH",
        "/crm/objects/2026-09/contacts/{}",
        WRITE,
        true,
        Hubspot::update,
    ),
    route(
        "DELETE",
        "/crm/objects/2026-09/contacts/{}",
        WRITE,
        false,
        Hubspot::archive,
    ),
    route("POST", "/crm/objects/2026-09/contacts", WRITE, true, Hubspot::create),
    route(
        "GET",
        "/crm/properties/2026-09/contacts",
        READ,
        false,
        Hubspot::list_properties,
    ),
    route(
        "POST",
        "/crm/properties/2026-09/contacts",
        SCHEMAS,
        true,
        Hubspot::create_property,
    ),
    route(
        "POST",
        "/crm/properties/2026-09/contacts/groups",
        SCHEMAS,
        true,
        Hubspot::create_group,
    ),
    route(
        "GET",
        "/crm/owners/2026-09",
        "crm.objects.owners.read",
        false,
        Hubspot::list_owners,
    ),
    route(
        "GET",
        "/communication-preferences/2026-09/definitions",
        CONSENT_READ,
        false,
        Hubspot::list_subscriptions,
    ),
    route(
        "POST",
        "/communication-preferences/2026-09/statuses/{}",
        CONSENT_WRITE,
        true,
        Hubspot::set_subscription,
    ),
    route(
        "POST",
        "/communication-preferences/2026-09/statuses/{}/unsubscribe-all",
        CONSENT_WRITE,
        false,
        Hubspot::unsubscribe_all,
    ),
    route("GET", "/account-info/2026-09/details", "", false, Hubspot::details),
    route(
        "GET",
        "/account-info/2026-09/api-usage/daily/private-apps",
        "",
        false,
        Hubspot::daily_usage,
    ),
];

impl Default for Hubspot {
    fn default() -> Self {
        Self::new()
    }
}

impl Hubspot {
    /// An account with key `pat-eu1-local`, the owners 71 and 72, HubSpot's own properties and ours, and nobody in it.
    pub fn new() -> Self {
        Self {
            key: Some(KEY.into()),
            missing_scopes: BTreeSet::new(),
            limits: Limits::new(190, 650_000),
            groups: fields::groups(),
            properties: fields::properties(),
            contacts: BTreeMap::new(),
            bin: BTreeMap::new(),
            merged: BTreeMap::new(),
            forgotten: Vec::new(),
            blocked: BTreeSet::new(),
            consent: Consent::default(),
            next_id: 8801,
            events: Vec::new(),
            next_event: 991,
            correlation: 0,
            faults: VecDeque::new(),
            requests: Vec::new(),
        }
    }

    /// Another key than the usual one.
    pub fn with_key(mut self, key: &str) -> Self {
        self.key = Some(key.into());
        self
    }

    /// One more property, in the group `piste`: its type and field type as HubSpot names them, and its options.
    pub fn with_property(mut self, name: &str, kind: &str, field_type: &str, options: &[&str]) -> Self {
        self.properties.push(Property::own(name, kind, field_type, options));
        self
    }

    /// One more text whose values are unique.
    pub fn with_unique_property(mut self, name: &str) -> Self {
        self.properties
            .push(Property::own(name, "string", "text", &[]).unique());
        self
    }

    /// Without this property.
    pub fn without_property(mut self, name: &str) -> Self {
        self.properties.retain(|one| one.name != name);
        self
    }

    /// Other limits: requests in ten seconds, and in a day.
    pub fn with_limits(mut self, ten_seconds: u32, day: u32) -> Self {
        self.limits = Limits::new(ten_seconds, day);
        self
    }

    /// The key lacks this scope.
    pub fn without_scope(mut self, scope: &str) -> Self {
        self.missing_scopes.insert(scope.into());
        self
    }

    /// The account's privacy settings are on: a change of a subscription needs its legal basis, and an explanation.
    pub fn with_privacy_settings(mut self) -> Self {
        self.consent.wants_basis = true;
        self
    }

    /// The key is taken back: nothing opens the account any more.
    pub fn revoke_key(&mut self) {
        self.key = None;
    }

    /// A new key, the only one from now on.
    pub fn rotate_key(&mut self, key: &str) {
        self.key = Some(key.into());
    }

    fn serve(&mut self, request: &Request, now: Timestamp) -> Answer {
        self.handle(request, now).unwrap_or_else(|refusal| refusal.answer())
    }

    fn handle(&mut self, request: &Request, now: Timestamp) -> Outcome {
        let given = call::header(request, "authorization").and_then(|value| value.strip_prefix("Bearer "));
        if given.is_none() || given != self.key.as_deref() {
            return Err(Refusal::of(401));
        }
        self.limits.take(now).map_err(Refusal::rate)?;
        let (route, mut call) = call::route(&ROUTES, request)?;
        if self.missing_scopes.contains(route.scope) {
            return Err(Refusal::of(403));
        }
        if route.body {
            call.body = call::json(request)?;
        }
        (route.handler)(self, &call, now)
    }

    fn reply(&mut self, answer: Answer) -> Reply {
        self.correlation += 1;
        let id = format!("5f1e0000-0000-4000-8000-{:012x}", self.correlation);
        let mut reply = answer.reply(&id);
        if let Reply::Answer { headers, .. } = &mut reply {
            headers.push(("x-hubspot-correlation-id".into(), id));
            headers.extend(self.limits.headers());
        }
        reply
    }

    fn list_owners(&mut self, call: &Call, _: Timestamp) -> Outcome {
        let email = call.query("email");
        let owners: Vec<Value> = OWNERS
            .iter()
            .filter(|(_, address, _)| email.is_none_or(|one| one.eq_ignore_ascii_case(address)))
            .map(|(id, address, user)| json!({"id": id, "email": address, "userId": user, "archived": false}))
            .collect();
        let limit = call.number("limit", 100, 500)?;
        let after = call.number("after", 0, usize::MAX)?;
        let page: Vec<&Value> = owners.iter().skip(after).take(limit).collect();
        let mut body = json!({"results": page});
        if after.saturating_add(limit) < owners.len() {
            body["paging"] = json!({"next": {"after": (after + limit).to_string()}});
        }
        Ok(Answer::ok(body))
    }

    fn details(&mut self, _: &Call, now: Timestamp) -> Outcome {
        Ok(Answer::ok(json!({
            "portalId": 1, "accountType": "STANDARD", "timeZone": limits::ZONE,
            "utcOffset": self.limits.utc_offset(now), "dataHostingLocation": "eu1",
        })))
    }

    fn daily_usage(&mut self, _: &Call, now: Timestamp) -> Outcome {
        Ok(Answer::ok(json!({"results": [self.limits.usage(now)]})))
    }
}

impl StandIn for Hubspot {
    fn answer(&mut self, request: &Request, now: Timestamp) -> Reply {
        self.bin
            .retain(|_, (_, since)| now.duration_since(*since).as_hours() < BIN_HOURS);
        let reply = match self.faults.front().cloned() {
            Some(Fault::CutBefore) => Some(Reply::Cut),
            Some(Fault::Status(status)) => Some(self.reply(Refusal::of(status).answer())),
            Some(Fault::Redirect) => Some(answers::redirect()),
            _ => None,
        };
        let reply = if let Some(reply) = reply {
            self.faults.pop_front();
            reply
        } else {
            let answer = self.serve(request, now);
            // The faults that follow a write wait for one.
            let wrote = request.method != "GET" && answer.status < 300;
            match self.faults.front().filter(|_| wrote).cloned().and_then(answers::after) {
                Some(reply) => {
                    self.faults.pop_front();
                    reply
                }
                None => self.reply(answer),
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

    fn state(&self) -> Value {
        let records: Vec<Value> = self.contacts.iter().map(|(id, one)| one.whole(*id, false)).collect();
        let bin: Vec<Value> = self.bin.iter().map(|(id, (one, _))| one.whole(*id, true)).collect();
        let forgotten: Vec<String> = self.forgotten.iter().map(u64::to_string).collect();
        let names: Vec<&str> = self.properties.iter().map(|one| one.name.as_str()).collect();
        json!({
            "records": records, "bin": bin, "forgotten": forgotten, "block_list": self.blocked,
            "opt_outs": self.consent.state(), "properties": names,
        })
    }

    fn requests(&self) -> &[(Request, u16)] {
        &self.requests
    }
}
