//! What a person does in the CRM, and the events HubSpot sends of it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;

use super::Hubspot;
use super::contacts::Hand;
use crate::Request;

/// The most events of one request.
const MOST: usize = 100;
/// The escapes that are decoded in an address before it is signed.
const DECODED: [(&str, &str); 12] = [
    ("%3A", ":"),
    ("%2F", "/"),
    ("%3F", "?"),
    ("%40", "@"),
    ("%21", "!"),
    ("%24", "$"),
    ("%27", "'"),
    ("%28", "("),
    ("%29", ")"),
    ("%2A", "*"),
    ("%2C", ","),
    ("%3B", ";"),
];

impl Hubspot {
    /// A person adds a contact: its id, or nothing if HubSpot refuses.
    pub fn add(&mut self, properties: &[(&str, &str)], now: Timestamp) -> Option<String> {
        self.events.clear();
        self.write(None, &owned(properties), Hand::Person, now)
            .ok()
            .map(|id| id.to_string())
    }

    /// A person sets a property of a contact; a stage may go back. False if HubSpot refuses.
    pub fn set(&mut self, id: &str, property: &str, value: &str, now: Timestamp) -> bool {
        let Ok(Some(id)) = self.find(None, id) else {
            return false;
        };
        self.events.clear();
        self.write(Some(id), &owned(&[(property, value)]), Hand::Person, now)
            .is_ok()
    }

    /// A person puts a contact into the bin. False if there is none.
    pub fn delete(&mut self, id: &str, now: Timestamp) -> bool {
        self.find(None, id)
            .ok()
            .flatten()
            .is_some_and(|id| self.throw_away(id, Hand::Person, now))
    }

    /// A person merges the second contact into the first, which keeps its id or gets a new one: the survivor's id.
    pub fn merge(&mut self, first: &str, second: &str, new_id: bool, now: Timestamp) -> Option<String> {
        let find = |id: &str| self.find(None, id).ok().flatten();
        let (first, second) = find(first)
            .zip(find(second))
            .filter(|(first, second)| first != second)?;
        let (mut kept, gone) = self.contacts.remove(&first).zip(self.contacts.remove(&second))?;
        let id = if new_id { self.next_id } else { first };
        self.next_id += u64::from(new_id);
        let later = [&kept, &gone].map(|one| {
            let stage = one.get("lifecyclestage").unwrap_or_default();
            (
                self.property("lifecyclestage")
                    .and_then(|property| property.place(stage)),
                stage.to_owned(),
            )
        });
        let later = later.into_iter().max().filter(|(place, _)| place.is_some());
        let addresses = gone.get("email").map(str::to_owned).into_iter().chain(gone.more_emails);
        let addresses: Vec<String> = addresses.collect();
        let moved = gone.properties.len();
        for (name, value) in gone.properties {
            kept.properties.entry(name).or_insert(value);
        }
        kept.properties
            .extend(later.map(|(_, stage)| ("lifecyclestage".into(), stage)));
        kept.more_emails.extend(
            addresses
                .into_iter()
                .filter(|one| kept.properties.get("email") != Some(one)),
        );
        kept.updated = now;
        self.contacts.insert(id, kept);
        self.merged.extend(
            [first, second]
                .into_iter()
                .filter(|one| *one != id)
                .map(|one| (one, id)),
        );
        self.events.clear();
        let told = json!({
            "primaryObjectId": first, "mergedObjectIds": [second], "newObjectId": id, "numberOfPropertiesMoved": moved,
        });
        self.tell("contact.merge", first, Hand::Person, now, told);
        Some(id.to_string())
    }

    /// A person wants no mail of any kind any more.
    pub fn opt_out(&mut self, address: &str) {
        self.consent.leave(address);
    }

    /// What HubSpot sends of the last change, at most 100 events.
    pub fn webhook(&self) -> Value {
        self.events.iter().take(MOST).cloned().collect()
    }

    /// The same as a request to this address, signed (v3) with the app's secret.
    pub fn signed_webhook(&self, secret: &str, address: &str, now: Timestamp) -> Request {
        let body = self.webhook().to_string();
        let stamp = now.as_millisecond().to_string();
        let signed = format!("POST{}{body}{stamp}", decoded(address));
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
        mac.update(signed.as_bytes());
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
        let (host, target) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let headers = [
            ("content-type", "application/json".to_owned()),
            ("x-hubspot-request-timestamp", stamp),
            ("x-hubspot-signature-v3", signature),
        ];
        Request {
            method: "POST".into(),
            host: host.split(':').next().unwrap_or_default().into(),
            target: if target.is_empty() { "/".into() } else { target.into() },
            headers: headers.map(|(name, value)| (name.into(), value)).into(),
            body: body.into_bytes(),
        }
    }

    /// Notes an event; `more` are its own members.
    pub(super) fn tell(&mut self, kind: &str, id: u64, hand: Hand, now: Timestamp, more: Value) {
        let source = if hand == Hand::Person { "CRM_UI" } else { "INTEGRATION" };
        let mut event = json!({
            "eventId": self.next_event, "subscriptionId": 7, "portalId": 1, "appId": 2,
            "occurredAt": now.as_millisecond(), "subscriptionType": kind, "attemptNumber": 0, "objectId": id,
            "objectTypeId": "0-1", "changeSource": source,
        });
        self.next_event += 1;
        if let (Some(event), Value::Object(more)) = (event.as_object_mut(), more) {
            event.extend(more);
        }
        self.events.push(event);
    }
}

fn owned(properties: &[(&str, &str)]) -> Vec<(String, String)> {
    properties
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()))
        .collect()
}

/// An address as it is signed.
fn decoded(address: &str) -> String {
    DECODED.iter().fold(address.to_owned(), |text, (escape, plain)| {
        text.replace(escape, plain).replace(&escape.to_lowercase(), plain)
    })
}
