//! What a person does in Zoho CRM. Each act returns the body that our way back takes.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Zoho;
use super::records::Module;

impl Zoho {
    /// Changes fields of a lead, past every rule. `None`: nobody has this id.
    pub fn edit(&mut self, lead: &str, fields: Map<String, Value>, now: Timestamp) -> Option<Value> {
        let place = self.place(Module::Leads, lead)?;
        self.change(place, fields, now);
        Some(event("changed", lead))
    }

    /// Ticks *Email Opt Out*.
    pub fn opt_out(&mut self, lead: &str, now: Timestamp) -> Option<Value> {
        self.edit(lead, Map::from_iter([("Email_Opt_Out".to_owned(), json!(true))]), now)
    }

    /// Puts a lead into the recycle bin.
    pub fn delete(&mut self, lead: &str, now: Timestamp) -> Option<Value> {
        let place = self.place(Module::Leads, lead)?;
        self.discard(place, now);
        Some(event("deleted", lead))
    }

    /// Merges a lead into another one, which takes the values that it lacks; nothing goes into the bin.
    pub fn merge(&mut self, lead: &str, into: &str, now: Timestamp) -> Option<Value> {
        let into_place = self.place(Module::Leads, into)?;
        let place = self.place(Module::Leads, lead).filter(|place| *place != into_place)?;
        let kept = &self.records[into_place];
        let lost = self.records[place].values.iter();
        let gained = lost.filter(|(name, _)| kept.get(name).is_null());
        let gained = gained.map(|(name, value)| (name.clone(), value.clone())).collect();
        self.change(into_place, gained, now);
        self.records.remove(place);
        self.forgotten.push(lead.to_owned());
        let mut told = event("merged", lead);
        told["into"] = json!(into);
        Some(told)
    }

    /// Converts a lead: a contact lives on, the lead is hidden from whoever does not ask for converted ones.
    pub fn convert(&mut self, lead: &str, now: Timestamp) -> Option<Value> {
        let place = self
            .place(Module::Leads, lead)
            .filter(|place| !self.records[*place].is_converted())?;
        let record = self.records[place].clone();
        let carried = self.contacts.iter().filter(|field| !field.read_only);
        let values = carried
            .map(|field| (field.name.clone(), record.get(&field.name)))
            .collect();
        let contact = self.create(Module::Contacts, values, now);
        let contact = json!({"id": self.records[contact].id(), "name": record.get("Full_Name")});
        let converted = [
            ("$converted_detail".to_owned(), json!({"contact": contact["id"]})),
            ("$converted".to_owned(), json!(true)),
            ("Converted_Contact".to_owned(), contact),
        ];
        self.change(place, Map::from_iter(converted), now);
        Some(event("changed", lead))
    }

    /// An approval locks a record.
    pub fn lock(&mut self, id: &str) {
        self.locked.push(id.to_owned());
    }

    /// The lock is gone.
    pub fn unlock(&mut self, id: &str) {
        self.locked.retain(|locked| locked != id);
    }
}

fn event(event: &str, id: &str) -> Value {
    json!({"module": "Leads", "id": id, "event": event})
}
