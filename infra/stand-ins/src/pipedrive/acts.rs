//! What a person does in the CRM, and what Pipedrive sends of it (webhooks v2).

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Pipedrive, fields};

impl Pipedrive {
    /// Somebody changes a person, with the members of the API: the webhook, or nothing if it is refused.
    pub fn edit_person(&mut self, id: u64, members: &Value, now: Timestamp) -> Option<Value> {
        self.change_person(id, members.as_object()?, "app", now).ok()?;
        self.event.clone()
    }

    /// Somebody changes a lead.
    pub fn edit_lead(&mut self, id: &str, members: &Value, now: Timestamp) -> Option<Value> {
        self.change_lead(id, members.as_object()?, "app", now).ok()?;
        self.event.clone()
    }

    /// Somebody deletes a person.
    pub fn remove_person(&mut self, id: u64, now: Timestamp) -> Option<Value> {
        self.drop_person(id, "app", now).then(|| self.event.clone())?
    }

    /// Somebody deletes a lead.
    pub fn remove_lead(&mut self, id: &str, now: Timestamp) -> Option<Value> {
        self.drop_lead(id, "app", now).then(|| self.event.clone())?
    }

    /// Somebody merges the second person into the first: two webhooks, of the one deleted and of the one changed.
    pub fn merge_persons(&mut self, kept: u64, gone: u64, now: Timestamp) -> Option<[Value; 2]> {
        let other = self.persons.get(&gone).filter(|_| kept != gone)?.clone();
        let mut person = self.persons.get(&kept)?.clone();
        for name in ["emails", "phones"] {
            let more = other.values.get(name).and_then(Value::as_array).into_iter().flatten();
            let have = person.listed(name);
            let mut more: Vec<Value> = more
                .filter(|one| !have.iter().any(|value| one["value"] == *value))
                .cloned()
                .collect();
            if let Some(list) = person.values.get_mut(name).and_then(Value::as_array_mut) {
                let first = list.is_empty();
                more.iter_mut()
                    .enumerate()
                    .for_each(|(place, one)| one["primary"] = (first && place == 0).into());
                list.append(&mut more);
            }
        }
        for (key, value) in other.custom {
            person.custom.entry(key).or_insert(value);
        }
        for lead in self.leads.values_mut().filter(|lead| lead["person_id"] == gone) {
            lead.insert("person_id".into(), kept.into());
        }
        self.merged.insert(gone, kept);
        let mut deleted = self.remove_person(gone, now)?;
        deleted["meta"]["merged_to_id"] = kept.to_string().into();
        self.keep(kept, person, "app", now);
        Some([deleted, self.event.clone()?])
    }

    /// Somebody makes a deal of a lead, which is not there any more: the deal's id.
    pub fn convert(&mut self, lead: &str, now: Timestamp) -> Option<u64> {
        let lead = self.leads.remove(lead)?;
        let id = self.new_id();
        let custom: Map<String, Value> = fields::all(&self.deal_fields, &lead);
        let deal = json!({
            "id": id, "title": lead["title"], "person_id": lead["person_id"], "owner_id": lead["owner_id"],
            "origin_id": lead["origin_id"], "value": lead["value"]["amount"], "currency": lead["value"]["currency"],
            "status": "open", "custom_fields": custom,
        });
        self.tell("deal", &id.into(), None, Some(deal.clone()), "app", now);
        self.deals.push(deal);
        Some(id)
    }

    /// Somebody closes a deal, `won` or `lost`: the webhook.
    pub fn close(&mut self, deal: u64, status: &str, now: Timestamp) -> Option<Value> {
        let found = self.deals.iter_mut().find(|one| one["id"] == deal)?;
        let old = found.clone();
        found["status"] = status.into();
        let new = found.clone();
        self.tell("deal", &deal.into(), Some(old), Some(new), "app", now);
        self.event.clone()
    }

    /// Somebody makes a deal of a lead and wins it: the webhook of the win.
    pub fn win(&mut self, lead: &str, now: Timestamp) -> Option<Value> {
        let deal = self.convert(lead, now)?;
        self.close(deal, "won", now)
    }

    /// The webhook of the last change, by a program or by somebody on the screen.
    pub fn webhook(&self) -> Option<&Value> {
        self.event.as_ref()
    }

    /// Notes what Pipedrive sends of a change: `previous` has only what changed.
    pub(super) fn tell(
        &mut self,
        entity: &str,
        id: &Value,
        old: Option<Value>,
        new: Option<Value>,
        source: &str,
        now: Timestamp,
    ) {
        let action = match (&old, &new) {
            (None, _) => "create",
            (_, None) => "delete",
            _ => "change",
        };
        let fields = if entity == "person" {
            &self.person_fields
        } else {
            &self.deal_fields
        };
        let shown = |record: Value| {
            let mut record = record;
            if let Some(custom) = record.get_mut("custom_fields") {
                *custom = fields::told(fields, custom);
            }
            record
        };
        let [old, new] = [old, new].map(|one| one.map(shown));
        let previous = match (&old, &new) {
            (Some(old), Some(new)) => Some(changed(old, new)),
            _ => old,
        };
        let event = self.next_event;
        self.next_event += 1;
        self.event = Some(json!({
            "meta": {
                "id": format!("7a1c0000-0000-4000-8000-{event:012x}"), "action": action, "entity": entity,
                "entity_id": id.as_str().map_or_else(|| id.to_string(), str::to_owned), "version": "2.0",
                "company_id": "1", "user_id": Self::USERS[0].to_string(), "webhook_id": "1", "attempt": 1,
                "timestamp": now.to_string(), "change_source": source, "is_bulk_edit": false, "type": "general",
            },
            "data": new, "previous": previous,
        }));
    }
}

/// The old values of what is another now.
fn changed(old: &Value, new: &Value) -> Value {
    let names = [old, new].map(|one| one.as_object().into_iter().flat_map(Map::keys));
    let mut previous = Map::new();
    for name in names.into_iter().flatten() {
        let [before, after] = [old, new].map(|one| one.get(name).unwrap_or(&Value::Null));
        if before != after {
            let value = if name == "custom_fields" {
                changed(before, after)
            } else {
                before.clone()
            };
            previous.insert(name.clone(), value);
        }
    }
    previous.into()
}
