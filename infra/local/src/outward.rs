//! How other systems are reached from here, what was told them, and the CRMs that stand in for the real ones.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use piste_adapters::outbound::Outbound;
use piste_crm::{Answer, Broken, Call};
use piste_stand_ins::{Hubspot, Pipedrive, Reply, Request, Salesforce, StandIn, Turnstile, Zoho};
use serde_json::{Value, json};

/// As many requests are kept, the newest.
const KEPT: usize = 10_000;

/// How other systems are reached, and what was told them.
pub struct Outward {
    /// The client: it may reach this machine.
    pub http: Outbound,
    told: Mutex<VecDeque<Value>>,
    crms: Mutex<Crms>,
    /// What stands in for Cloudflare.
    pub turnstile: Mutex<Turnstile>,
}

struct Crms {
    hubspot: Hubspot,
    pipedrive: Pipedrive,
    salesforce: Salesforce,
    zoho: Zoho,
}

impl Outward {
    /// With stand-ins that are empty; they name this system's own address where the real ones name theirs.
    pub(crate) fn new(base_url: &str) -> Self {
        Self {
            http: Outbound::local(),
            told: Mutex::default(),
            turnstile: Mutex::default(),
            crms: Mutex::new(Crms {
                hubspot: Hubspot::new(),
                pipedrive: Pipedrive::new(),
                salesforce: Salesforce::new(format!("{base_url}/local/crm/salesforce")),
                zoho: Zoho::new(format!("{base_url}/local/crm/zoho")),
            }),
        }
    }

    /// Keeps a request and how it was answered.
    pub(crate) fn keep(&self, call: &Call, answer: &Result<Answer, Broken>, now: Timestamp) {
        let headers: serde_json::Map<String, Value> = call
            .headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_str().into()))
            .collect();
        let told = json!({
            "at": now.to_string(),
            "method": call.method.as_str(),
            "url": call.url,
            "headers": headers,
            "body": String::from_utf8_lossy(&call.body),
            "status": answer.as_ref().ok().map(|answer| answer.status),
        });
        let mut all = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() == KEPT {
            all.pop_front();
        }
        all.push_back(told);
    }

    /// Every request that left, oldest first.
    pub(crate) fn told(&self) -> Value {
        let all = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        Value::Array(all.iter().cloned().collect())
    }

    /// Asks a stand-in; `None` where there is none of this kind.
    pub(crate) fn ask(&self, kind: &str, request: &Request, now: Timestamp) -> Option<Reply> {
        let mut crms = self.crms.lock().unwrap_or_else(PoisonError::into_inner);
        Some(crms.of(kind)?.answer(request, now))
    }

    /// What a stand-in holds.
    pub(crate) fn state(&self, kind: &str) -> Option<Value> {
        let mut crms = self.crms.lock().unwrap_or_else(PoisonError::into_inner);
        Some(crms.of(kind)?.state())
    }
}

impl Crms {
    fn of(&mut self, kind: &str) -> Option<&mut dyn StandIn> {
        Some(match kind {
            "hubspot" => &mut self.hubspot,
            "pipedrive" => &mut self.pipedrive,
            "salesforce" => &mut self.salesforce,
            "zoho" => &mut self.zoho,
            _ => return None,
        })
    }
}
