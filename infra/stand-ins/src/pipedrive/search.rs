//! The search for persons: it sees the account as it was a while ago.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Pipedrive;
use super::answers::{Answer, Outcome, Refusal};
use super::call::Call;
use super::persons::Person;

const FIELDS: [&str; 5] = ["custom_fields", "email", "notes", "phone", "name"];

impl Pipedrive {
    pub(super) fn search(&mut self, call: &Call, now: Timestamp) -> Outcome {
        let exact = match call.query("exact_match") {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(Refusal::field("exact_match", "must be a boolean")),
        };
        let term = call.query("term").unwrap_or_default().to_lowercase();
        if term.chars().count() < if exact { 1 } else { 2 } {
            return Err(Refusal::field("term", "is too short"));
        }
        let fields: Vec<&str> = call
            .query("fields")
            .map_or(FIELDS.to_vec(), |names| names.split(',').collect());
        if let Some(name) = fields.iter().find(|name| !FIELDS.contains(name)) {
            return Err(Refusal::field("fields", &format!("cannot be {name}")));
        }
        let fits = |text: &String| {
            if exact {
                text.to_lowercase() == term
            } else {
                text.to_lowercase().contains(&term)
            }
        };
        let seen = self.index.iter().filter_map(|(id, states)| {
            let state = states
                .iter()
                .rev()
                .find(|(since, _)| now.duration_since(*since) >= self.lag)?;
            state.1.as_ref().map(|person| (*id, person))
        });
        let found = seen.filter(|(_, person)| fields.iter().any(|field| self.texts(person, field).iter().any(fits)));
        let items = found
            .map(|(id, person)| json!({"result_score": 1.0, "item": self.item(id, person)}))
            .collect();
        let (page, next) = call.page(items)?;
        Ok(Answer::page(json!({"items": page}), json!({"next_cursor": next})))
    }

    /// What of a person is searched under a name.
    fn texts(&self, person: &Person, field: &str) -> Vec<String> {
        match field {
            "name" => vec![person.name().into()],
            "email" => person.listed("emails").into_iter().map(str::to_owned).collect(),
            "phone" => person.listed("phones").into_iter().map(str::to_owned).collect(),
            "notes" => person
                .values
                .get("notes")
                .and_then(Value::as_str)
                .map(str::to_owned)
                .into_iter()
                .collect(),
            _ => self.searched(person),
        }
    }

    fn searched(&self, person: &Person) -> Vec<String> {
        let fields = self.person_fields.iter().filter(|one| one.is_searched());
        let values = fields.filter_map(|one| person.custom.get(&one.key));
        values
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            .collect()
    }

    fn item(&self, id: u64, person: &Person) -> Value {
        json!({
            "id": id, "type": "person", "name": person.name(), "emails": person.listed("emails"),
            "phones": person.listed("phones"), "owner": {"id": person.values.get("owner_id")},
            "organization": null, "visible_to": person.values.get("visible_to"),
            "custom_fields": self.searched(person), "notes": [],
        })
    }
}
