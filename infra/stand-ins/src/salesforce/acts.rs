//! What a person does in Salesforce. Each act returns the body that our way back takes.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Salesforce;
use super::records::{Object, moment};

impl Salesforce {
    /// Changes fields of a lead, past every rule. `None`: nobody has this id.
    pub fn edit(&mut self, lead: &str, fields: Map<String, Value>, now: Timestamp) -> Option<Value> {
        let place = self.place(Object::Lead, lead).ok()?;
        Some(event("changed", &self.change(place, fields, now)))
    }

    /// Ticks *Email Opt Out*.
    pub fn opt_out(&mut self, lead: &str, now: Timestamp) -> Option<Value> {
        self.edit(
            lead,
            Map::from_iter([("HasOptedOutOfEmail".to_owned(), json!(true))]),
            now,
        )
    }

    /// Puts a lead into the recycle bin.
    pub fn delete(&mut self, lead: &str, now: Timestamp) -> Option<Value> {
        let place = self.place(Object::Lead, lead).ok()?;
        let record = self.records.remove(place);
        let told = event("deleted", record.id());
        self.discard(record, now);
        Some(told)
    }

    /// Merges a lead into another one, which takes the values that it lacks.
    pub fn merge(&mut self, lead: &str, into: &str, now: Timestamp) -> Option<Value> {
        let into = self.place(Object::Lead, into).ok()?;
        let place = self.place(Object::Lead, lead).ok().filter(|place| *place != into)?;
        let mut lost = self.records[place].clone();
        let kept = &self.records[into];
        let lacks = |(name, _): &(&String, &Value)| kept.get(name).is_null();
        let gained = lost
            .values
            .iter()
            .filter(lacks)
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let survivor = self.change(into, gained, now);
        self.records.remove(place);
        lost.values.insert("MasterRecordId".to_owned(), json!(survivor));
        let mut told = event("merged", lost.id());
        told["into"] = json!(survivor);
        self.discard(lost, now);
        Some(told)
    }

    /// Converts a lead: a contact lives on, the lead is read-only from now on.
    pub fn convert(&mut self, lead: &str, now: Timestamp) -> Option<Value> {
        let place = self
            .place(Object::Lead, lead)
            .ok()
            .filter(|place| !self.records[*place].is_converted())?;
        let carried = self
            .names(Object::Contact)
            .into_iter()
            .filter(|name| name != "Id" && name != "CreatedDate");
        let values = &self.records[place].values;
        let values = carried
            .filter_map(|name| values.get(&name).map(|value| (name, value.clone())))
            .collect();
        let contact = self.create(Object::Contact, values, now);
        let converted = json!({
            "IsConverted": true, "ConvertedContactId": contact, "ConvertedDate": moment(now),
            "Status": self.converted_status,
        });
        let Value::Object(converted) = converted else {
            return None;
        };
        Some(event("changed", &self.change(place, converted, now)))
    }

    /// The next writes of this number meet a row that somebody else holds; `in_trigger`: the owner's trigger does.
    pub fn lock_rows(&mut self, writes: usize, in_trigger: bool) {
        self.locks.extend(std::iter::repeat_n(in_trigger, writes));
    }
}

fn event(event: &str, id: &str) -> Value {
    json!({"module": "Lead", "id": id, "event": event})
}
