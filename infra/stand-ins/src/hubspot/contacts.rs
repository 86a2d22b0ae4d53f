//! Contacts: read, created, changed, put in the bin, forgotten.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Hubspot;
use super::answers::{Answer, Outcome, Refusal};
use super::call::{self, Call};

/// What a read shows that names nothing.
const SHOWN: [&str; 3] = ["email", "firstname", "lastname"];
/// What every answer shows.
const ALWAYS: [&str; 3] = ["createdate", "hs_object_id", "lastmodifieddate"];

/// Who changes a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hand {
    /// A program, with a key.
    Api,
    /// A person, on the screen: free to move a stage back.
    Person,
}

/// One contact.
#[derive(Clone, Debug)]
pub(super) struct Contact {
    pub(super) properties: BTreeMap<String, String>,
    /// Addresses that a merge added.
    pub(super) more_emails: Vec<String>,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
}

impl Contact {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            properties: BTreeMap::new(),
            more_emails: Vec::new(),
            created: now,
            updated: now,
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.properties.get(name).map(String::as_str)
    }

    pub(super) fn has_address(&self, address: &str) -> bool {
        self.get("email") == Some(address) || self.more_emails.iter().any(|one| one == address)
    }

    /// For the tests: every value.
    pub(super) fn whole(&self, id: u64, archived: bool) -> Value {
        json!({
            "id": id.to_string(), "properties": self.properties, "more_emails": self.more_emails,
            "createdAt": self.created.to_string(), "updatedAt": self.updated.to_string(), "archived": archived,
        })
    }
}

impl Hubspot {
    pub(super) fn read(&mut self, call: &Call, _: Timestamp) -> Outcome {
        let names: Vec<&str> = call
            .query("properties")
            .map_or(SHOWN.to_vec(), |names| names.split(',').collect());
        if call.query("archived") == Some("true") {
            let id = call.gaps[0].parse().map_err(|_| Refusal::of(404))?;
            let (contact, _) = self.bin.get(&id).ok_or_else(|| Refusal::of(404))?;
            return Ok(Answer::ok(self.shown(id, contact, &names, true)));
        }
        let id = self.asked(call)?.ok_or_else(|| Refusal::of(404))?;
        Ok(Answer::ok(self.shown(id, &self.contacts[&id], &names, false)))
    }

    pub(super) fn create(&mut self, call: &Call, now: Timestamp) -> Outcome {
        let given = call::texts(call::object(&call.body)?)?;
        self.events.clear();
        let id = self.write(None, &given, Hand::Api, now)?;
        Ok(Answer::created(self.present(id, &given)))
    }

    pub(super) fn update(&mut self, call: &Call, now: Timestamp) -> Outcome {
        let given = call::texts(call::members(&call.body, &["properties"])?)?;
        let id = self.asked(call)?.ok_or_else(|| Refusal::of(404))?;
        self.events.clear();
        self.write(Some(id), &given, Hand::Api, now)?;
        Ok(Answer::ok(self.present(id, &given)))
    }

    pub(super) fn archive(&mut self, call: &Call, now: Timestamp) -> Outcome {
        if let Some(id) = self.asked(call)? {
            self.throw_away(id, Hand::Api, now);
        }
        Ok(Answer::done())
    }

    pub(super) fn forget(&mut self, call: &Call, now: Timestamp) -> Outcome {
        let members = call::members(&call.body, &["objectId", "idProperty"])?;
        let asked = call::due(members, "objectId")?;
        let ids = match call::text(members, "idProperty")? {
            None => asked.parse().map(|id| vec![self.survivor(id)]).unwrap_or_default(),
            Some("email") => {
                let address = asked.to_lowercase();
                let everybody = self
                    .contacts
                    .iter()
                    .chain(self.bin.iter().map(|(id, (one, _))| (id, one)));
                let ids: Vec<u64> = everybody
                    .filter(|(_, one)| one.has_address(&address))
                    .map(|(id, _)| *id)
                    .collect();
                if ids.is_empty() {
                    self.blocked.insert(address);
                }
                ids
            }
            Some(name) => return Err(Refusal::invalid(format!("idProperty {name} cannot be used here"))),
        };
        self.events.clear();
        for id in ids {
            let there = self.contacts.remove(&id).is_some() | self.bin.remove(&id).is_some();
            if there {
                self.forgotten.push(id);
                self.tell("contact.privacyDeletion", id, Hand::Api, now, json!({}));
            }
        }
        Ok(Answer::done())
    }

    pub(super) fn throw_away(&mut self, id: u64, hand: Hand, now: Timestamp) -> bool {
        let Some(contact) = self.contacts.remove(&id) else {
            return false;
        };
        self.bin.insert(id, (contact, now));
        self.events.clear();
        self.tell("contact.deletion", id, hand, now, json!({}));
        true
    }

    /// Who is asked for, by record id or by another property, if there.
    fn asked(&self, call: &Call) -> Result<Option<u64>, Refusal> {
        self.find(call.query("idProperty"), &call.gaps[0])
    }

    pub(super) fn find(&self, by: Option<&str>, value: &str) -> Result<Option<u64>, Refusal> {
        match by {
            None | Some("hs_object_id") => {
                let id = value.parse().ok().map(|id| self.survivor(id));
                Ok(id.filter(|id| self.contacts.contains_key(id)))
            }
            Some("email") => Ok(self.holder("email", value)),
            Some(name) if self.property(name).is_some_and(|one| one.unique) => Ok(self.holder(name, value)),
            Some(name) => Err(Refusal::invalid(format!(
                "Property \"{name}\" is not a unique identifier"
            ))),
        }
    }

    /// Who has a unique value.
    fn holder(&self, name: &str, value: &str) -> Option<u64> {
        let address = value.to_lowercase();
        let holds = |one: &Contact| match name {
            "email" => one.has_address(&address),
            _ => one.get(name) == Some(value),
        };
        self.contacts.iter().find(|(_, one)| holds(one)).map(|(id, _)| *id)
    }

    fn survivor(&self, id: u64) -> u64 {
        self.merged.get(&id).map_or(id, |next| self.survivor(*next))
    }

    /// Writes values into a contact, or into a new one; nothing is written if one of them does not hold.
    pub(super) fn write(
        &mut self,
        target: Option<u64>,
        given: &[(String, String)],
        hand: Hand,
        now: Timestamp,
    ) -> Result<u64, Refusal> {
        let faulty = self.faulty(given);
        if !faulty.is_empty() {
            return Err(Refusal::properties(faulty));
        }
        let is_unique = |name: &str| name == "email" || self.property(name).is_some_and(|one| one.unique);
        let held = given
            .iter()
            .filter(|(name, value)| !value.is_empty() && is_unique(name));
        for (name, value) in held {
            match self.holder(name, value).filter(|id| Some(*id) != target) {
                Some(id) if name == "email" => {
                    return Err(Refusal::conflict(format!("Contact already exists. Existing ID: {id}")));
                }
                Some(id) => {
                    let message = format!("Another contact has this value of \"{name}\". Existing ID: {id}");
                    return Err(Refusal::conflict(message));
                }
                None => {}
            }
        }
        let id = target.unwrap_or_else(|| self.add_contact(hand, now));
        for (name, value) in given {
            self.set_value(id, name, value, hand, now);
        }
        Ok(id)
    }

    fn add_contact(&mut self, hand: Hand, now: Timestamp) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.contacts.insert(id, Contact::new(now));
        self.tell("contact.creation", id, hand, now, json!({}));
        id
    }

    fn set_value(&mut self, id: u64, name: &str, value: &str, hand: Hand, now: Timestamp) {
        let value = if name == "email" {
            value.to_lowercase()
        } else {
            value.to_owned()
        };
        let place = |value: &str| self.property(name).and_then(|one| one.place(value));
        let Some(contact) = self.contacts.get(&id) else { return };
        let old = contact.get(name).unwrap_or_default();
        // A stage moves forward, except from nothing and to nothing.
        let back = name == "lifecyclestage" && hand == Hand::Api && !value.is_empty() && place(&value) < place(old);
        if back || old == value {
            return;
        }
        if let Some(contact) = self.contacts.get_mut(&id) {
            contact.updated = now;
            contact.more_emails.retain(|one| name != "email" || *one != value);
            if value.is_empty() {
                contact.properties.remove(name);
            } else {
                contact.properties.insert(name.into(), value.clone());
            }
        }
        self.tell(
            "contact.propertyChange",
            id,
            hand,
            now,
            json!({"propertyName": name, "propertyValue": value}),
        );
    }

    /// The contact after a write: what was written, as it stands now.
    pub(super) fn present(&self, id: u64, given: &[(String, String)]) -> Value {
        let names: Vec<&str> = given.iter().map(|(name, _)| name.as_str()).collect();
        self.shown(id, &self.contacts[&id], &names, false)
    }

    fn shown(&self, id: u64, contact: &Contact, names: &[&str], archived: bool) -> Value {
        let known = names.iter().copied().filter(|name| self.property(name).is_some());
        let properties: Map<String, Value> = known
            .chain(ALWAYS)
            .map(|name| (name.into(), self.value(id, contact, name)))
            .collect();
        json!({
            "id": id.to_string(), "properties": properties, "createdAt": contact.created.to_string(),
            "updatedAt": contact.updated.to_string(), "archived": archived,
        })
    }

    fn value(&self, id: u64, contact: &Contact, name: &str) -> Value {
        match name {
            "hs_object_id" => id.to_string().into(),
            "createdate" => contact.created.to_string().into(),
            "lastmodifieddate" => contact.updated.to_string().into(),
            "hs_additional_emails" if !contact.more_emails.is_empty() => contact.more_emails.join(";").into(),
            "hs_email_optout" if contact.get("email").is_some_and(|one| self.consent.is_out(one)) => "true".into(),
            _ => contact.get(name).into(),
        }
    }
}
