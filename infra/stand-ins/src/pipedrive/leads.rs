//! Leads and their labels: cards on a person, with the custom fields of deals at the top level.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::answers::{Answer, Outcome, Refusal};
use super::call::{self, Call};
use super::{Pipedrive, fields, persons};

/// What a new lead has before anything is said.
const EMPTY: [&str; 6] = [
    "person_id",
    "organization_id",
    "value",
    "expected_close_date",
    "origin_id",
    "channel_id",
];

impl Pipedrive {
    pub(super) fn list_leads(&mut self, call: &Call, _: Timestamp) -> Outcome {
        let (start, limit) = (call.number("start", 0, usize::MAX)?, call.number("limit", 100, 500)?);
        let person = call.query("person_id").map(str::parse::<u64>).transpose();
        let person = person.map_err(|_| Refusal::field("person_id", "must be a number"))?;
        let of_person = |lead: &&Map<String, Value>| person.is_none_or(|id| lead.get("person_id") == Some(&id.into()));
        let all: Vec<&Map<String, Value>> = self.leads.values().filter(of_person).collect();
        let page: Vec<Value> = all.iter().skip(start).take(limit).map(|lead| self.lead(lead)).collect();
        let more = start.saturating_add(limit) < all.len();
        let pagination = json!({"start": start, "limit": limit, "more_items_in_collection": more});
        Ok(Answer::page(page.into(), json!({"pagination": pagination})))
    }

    pub(super) fn read_lead(&mut self, call: &Call, _: Timestamp) -> Outcome {
        let lead = self.leads.get(&call.gap).ok_or_else(|| Refusal::missing("Lead"))?;
        Ok(Answer::ok(self.lead(lead)))
    }

    pub(super) fn create_lead(&mut self, call: &Call, now: Timestamp) -> Outcome {
        let given = call::object(&call.body)?;
        if !given.contains_key("title") {
            return Err(Refusal::field("title", "is required"));
        }
        let mut lead: Map<String, Value> = EMPTY.map(|name| (name.into(), Value::Null)).into_iter().collect();
        let id = format!("adf21080-0e10-11eb-879b-{:012x}", self.next_id);
        lead.extend([
            ("id".into(), id.as_str().into()),
            ("owner_id".into(), Self::USERS[0].into()),
            ("label_ids".into(), json!([])),
            ("is_archived".into(), false.into()),
            ("was_seen".into(), false.into()),
            ("visible_to".into(), "3".into()),
            ("source_name".into(), "API".into()),
            ("add_time".into(), persons::moment(now)),
        ]);
        self.apply_lead(&mut lead, given, true)?;
        self.next_id += 1;
        self.keep_lead(lead, "api", now);
        Ok(Answer::created(self.lead(&self.leads[&id])))
    }

    pub(super) fn update_lead(&mut self, call: &Call, now: Timestamp) -> Outcome {
        self.change_lead(&call.gap, call::object(&call.body)?, "api", now)?;
        Ok(Answer::ok(self.lead(&self.leads[&call.gap])))
    }

    pub(super) fn delete_lead(&mut self, call: &Call, now: Timestamp) -> Outcome {
        if !self.drop_lead(&call.gap, "api", now) {
            return Err(Refusal::missing("Lead"));
        }
        Ok(Answer::ok(json!({"id": call.gap})))
    }

    pub(super) fn list_labels(&mut self, _: &Call, _: Timestamp) -> Outcome {
        let labels = Self::LABELS.map(|(id, name, color)| json!({"id": id, "name": name, "color": color}));
        Ok(Answer::ok(json!(labels)))
    }

    /// A lead with every custom field.
    fn lead(&self, lead: &Map<String, Value>) -> Value {
        let mut all = fields::all(&self.deal_fields, lead);
        all.extend(lead.clone());
        all.into()
    }

    pub(super) fn change_lead(
        &mut self,
        id: &str,
        given: &Map<String, Value>,
        source: &str,
        now: Timestamp,
    ) -> Outcome<()> {
        let mut lead = self.leads.get(id).cloned().ok_or_else(|| Refusal::missing("Lead"))?;
        self.apply_lead(&mut lead, given, false)?;
        self.keep_lead(lead, source, now);
        Ok(())
    }

    pub(super) fn keep_lead(&mut self, mut lead: Map<String, Value>, source: &str, now: Timestamp) {
        lead.insert("update_time".into(), persons::moment(now));
        let id = lead["id"].clone();
        let old = self.leads.insert(id.as_str().unwrap_or_default().into(), lead.clone());
        self.tell("lead", &id, old.map(Value::Object), Some(lead.into()), source, now);
    }

    pub(super) fn drop_lead(&mut self, id: &str, source: &str, now: Timestamp) -> bool {
        let Some(lead) = self.leads.remove(id) else {
            return false;
        };
        self.tell("lead", &id.into(), Some(lead.clone().into()), None, source, now);
        self.lead_bin.insert(id.into(), (lead, now));
        true
    }

    /// Writes the members of a body into a lead.
    fn apply_lead(&self, lead: &mut Map<String, Value>, given: &Map<String, Value>, new: bool) -> Outcome<()> {
        for (name, value) in given {
            let text = value.as_str();
            let holds = match name.as_str() {
                "title" => text.is_some_and(|title| (1..=255).contains(&title.chars().count())),
                "owner_id" => value.as_u64().is_some_and(|id| Self::USERS.contains(&id)),
                "label_ids" => value.as_array().is_some_and(|all| all.iter().all(is_label)),
                "person_id" => value.is_null() || value.as_u64().is_some_and(|id| self.persons.contains_key(&id)),
                // There is no organization here.
                "organization_id" => value.is_null(),
                "value" => value.is_null() || fields::is_money(value, "amount"),
                "expected_close_date" => value.is_null() || text.is_some_and(|date| date.parse::<Date>().is_ok()),
                "visible_to" => text
                    .and_then(|one| one.parse().ok())
                    .is_some_and(|one| persons::LEVELS.contains(&one)),
                "origin_id" => new && (value.is_null() || text.is_some()),
                "channel" => value.is_null() || value.is_u64(),
                "channel_id" => value.is_null() || text.is_some(),
                "is_archived" | "was_seen" => value.is_boolean(),
                key => {
                    if let Some(value) = fields::checked(&self.deal_fields, key, value)? {
                        lead.insert(key.into(), value);
                    }
                    continue;
                }
            };
            if !holds {
                return Err(Refusal::field(name, "is not valid"));
            }
            lead.insert(name.clone(), value.clone());
        }
        let is_linked = ["person_id", "organization_id"]
            .iter()
            .any(|name| !lead[*name].is_null());
        if is_linked {
            Ok(())
        } else {
            Err(Refusal::field("person_id", "or organization_id is required"))
        }
    }
}

fn is_label(id: &Value) -> bool {
    id.as_str()
        .is_some_and(|id| Pipedrive::LABELS.iter().any(|(one, ..)| *one == id))
}
