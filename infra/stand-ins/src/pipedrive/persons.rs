//! Persons: nothing about them is unique.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::answers::{Answer, Outcome, Refusal};
use super::call::{self, Call};
use super::{Pipedrive, fields};

/// What only an account with contact sync takes.
const SYNCED: [&str; 5] = ["job_title", "notes", "im", "birthday", "postal_address"];
const MARKETING: [&str; 4] = ["no_consent", "unsubscribed", "subscribed", "archived"];
pub(super) const LEVELS: [u64; 4] = [1, 3, 5, 7];

/// One person.
#[derive(Clone, Debug)]
pub(super) struct Person {
    /// Members as the API names them, custom fields apart.
    pub(super) values: Map<String, Value>,
    pub(super) custom: Map<String, Value>,
    /// The marketing status was changed, and cannot be again.
    marketing_is_final: bool,
}

impl Person {
    fn new(owner: u64, now: Timestamp) -> Self {
        let values = [
            ("owner_id", owner.into()),
            ("org_id", Value::Null),
            ("emails", json!([])),
            ("phones", json!([])),
            ("label_ids", json!([])),
            ("visible_to", 3.into()),
            ("marketing_status", MARKETING[0].into()),
            ("add_time", moment(now)),
        ];
        let values = values.into_iter().map(|(name, value)| (name.into(), value)).collect();
        Self {
            values,
            custom: Map::new(),
            marketing_is_final: false,
        }
    }

    /// With the custom fields that have a value.
    pub(super) fn json(&self, id: u64) -> Value {
        let mut all = self.values.clone();
        all.insert("id".into(), id.into());
        all.insert("is_deleted".into(), false.into());
        all.insert("custom_fields".into(), self.custom.clone().into());
        all.into()
    }

    /// The addresses or numbers of a list.
    pub(super) fn listed(&self, name: &str) -> Vec<&str> {
        let list = self.values.get(name).and_then(Value::as_array);
        list.into_iter()
            .flatten()
            .filter_map(|one| one["value"].as_str())
            .collect()
    }

    pub(super) fn name(&self) -> &str {
        self.values.get("name").and_then(Value::as_str).unwrap_or_default()
    }
}

pub(super) fn moment(now: Timestamp) -> Value {
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into()
}

impl Pipedrive {
    pub(super) fn read_person(&mut self, call: &Call, _: Timestamp) -> Outcome {
        let id = self.asked(call)?;
        Ok(Answer::ok(self.person(id)))
    }

    pub(super) fn create_person(&mut self, call: &Call, now: Timestamp) -> Outcome {
        let given = call::object(&call.body)?;
        if !given.contains_key("name") {
            return Err(Refusal::field("name", "is required"));
        }
        let mut person = Person::new(Self::USERS[0], now);
        self.apply(&mut person, given, true)?;
        let id = self.new_id();
        self.keep(id, person, "api", now);
        Ok(Answer::ok(self.person(id)))
    }

    pub(super) fn update_person(&mut self, call: &Call, now: Timestamp) -> Outcome {
        let id = self.asked(call)?;
        self.change_person(id, call::object(&call.body)?, "api", now)?;
        Ok(Answer::ok(self.person(id)))
    }

    pub(super) fn delete_person(&mut self, call: &Call, now: Timestamp) -> Outcome {
        let id = self.asked(call)?;
        self.drop_person(id, "api", now);
        Ok(Answer::ok(json!({"id": id})))
    }

    /// Who is asked for; deleted ones are not there.
    fn asked(&self, call: &Call) -> Outcome<u64> {
        let id = call.gap.parse().map_err(|_| Refusal::field("id", "must be a number"))?;
        self.persons
            .contains_key(&id)
            .then_some(id)
            .ok_or_else(|| Refusal::missing("Person"))
    }

    /// A person with every custom field.
    fn person(&self, id: u64) -> Value {
        let Some(person) = self.persons.get(&id) else {
            return Value::Null;
        };
        let mut body = person.json(id);
        body["custom_fields"] = fields::all(&self.person_fields, &person.custom).into();
        body
    }

    /// Changes a person by the program or by somebody on the screen.
    pub(super) fn change_person(
        &mut self,
        id: u64,
        given: &Map<String, Value>,
        source: &str,
        now: Timestamp,
    ) -> Outcome<()> {
        let mut person = self
            .persons
            .get(&id)
            .cloned()
            .ok_or_else(|| Refusal::missing("Person"))?;
        self.apply(&mut person, given, false)?;
        self.keep(id, person, source, now);
        Ok(())
    }

    /// Keeps the new state of a person, tells of it, and has it found later.
    pub(super) fn keep(&mut self, id: u64, mut person: Person, source: &str, now: Timestamp) {
        person.values.insert("update_time".into(), moment(now));
        let new = person.json(id);
        self.index.entry(id).or_default().push((now, Some(person.clone())));
        let old = self.persons.insert(id, person).map(|old| old.json(id));
        self.tell("person", &id.into(), old, Some(new), source, now);
    }

    pub(super) fn drop_person(&mut self, id: u64, source: &str, now: Timestamp) -> bool {
        let Some(person) = self.persons.remove(&id) else {
            return false;
        };
        self.index.entry(id).or_default().push((now, None));
        self.tell("person", &id.into(), Some(person.json(id)), None, source, now);
        self.person_bin.insert(id, (person, now));
        true
    }

    /// Writes the members of a body into a person.
    fn apply(&self, person: &mut Person, given: &Map<String, Value>, new: bool) -> Outcome<()> {
        for (name, value) in given {
            let holds = match name.as_str() {
                "custom_fields" => {
                    self.apply_custom(person, value)?;
                    continue;
                }
                "marketing_status" => {
                    let status = value.as_str().filter(|one| MARKETING.contains(one));
                    let status = status.ok_or_else(|| Refusal::field(name, "must be one of its statuses"))?;
                    set_marketing(person, status, new);
                    continue;
                }
                "emails" | "phones" => {
                    let list = labelled(value).ok_or_else(|| Refusal::field(name, "must be an array of values"))?;
                    person.values.insert(name.clone(), list);
                    continue;
                }
                name if SYNCED.contains(&name) && !self.sync => {
                    let error = format!("{name} can be set only when contact sync is on");
                    return Err(Refusal::forbidden(error, "feature_capping_contact_sync"));
                }
                name if SYNCED.contains(&name) => true,
                "name" => value
                    .as_str()
                    .is_some_and(|text| (1..=255).contains(&text.chars().count())),
                "owner_id" => value.as_u64().is_some_and(|id| Self::USERS.contains(&id)),
                "label_ids" => value.as_array().is_some_and(|all| all.iter().all(Value::is_u64)),
                "visible_to" => value.as_u64().is_some_and(|level| LEVELS.contains(&level)),
                // There is no organization here.
                "org_id" => false,
                _ => return Err(Refusal::unknown(name)),
            };
            if !holds {
                return Err(Refusal::field(name, "is not valid"));
            }
            person.values.insert(name.clone(), value.clone());
        }
        Ok(())
    }

    fn apply_custom(&self, person: &mut Person, given: &Value) -> Outcome<()> {
        let given = given
            .as_object()
            .ok_or_else(|| Refusal::field("custom_fields", "must be an object"))?;
        for (key, value) in given {
            match fields::checked(&self.person_fields, key, value)? {
                Some(Value::Null) => {
                    person.custom.remove(key);
                }
                Some(value) => {
                    person.custom.insert(key.clone(), value);
                }
                None => {}
            }
        }
        Ok(())
    }
}

/// One change ever; a further one is passed over.
fn set_marketing(person: &mut Person, status: &str, new: bool) {
    let same = person.values.get("marketing_status").is_some_and(|old| old == status);
    if !same && !person.marketing_is_final {
        person.values.insert("marketing_status".into(), status.into());
        person.marketing_is_final = !new;
    }
}

/// A list of addresses or numbers, one of them the first.
fn labelled(given: &Value) -> Option<Value> {
    let given = given.as_array()?;
    let some_primary = given.iter().any(|one| one["primary"] == true);
    let one = |(place, one): (usize, &Value)| {
        let primary = match one.get("primary") {
            None => !some_primary && place == 0,
            Some(given) => given.as_bool()?,
        };
        let label = one.get("label").map_or(Some("work"), Value::as_str)?;
        Some(json!({"value": one.get("value")?.as_str()?, "primary": primary, "label": label}))
    };
    given.iter().enumerate().map(one).collect()
}
