//! Fields: the keys and options of an account, and what each type takes.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::Pipedrive;
use super::answers::{Answer, Outcome, Refusal};
use super::call::{self, Call};

/// The longest value of a varchar and of a text.
const LONGEST: [usize; 2] = [255, 65_000];
const TYPES: [&str; 16] = [
    "varchar",
    "text",
    "double",
    "phone",
    "date",
    "daterange",
    "time",
    "timerange",
    "set",
    "enum",
    "varchar_auto",
    "address",
    "monetary",
    "org",
    "people",
    "user",
];
/// Key, name and type of Pipedrive's own fields of persons.
const OWN: [(&str, &str, &str); 7] = [
    ("name", "Name", "varchar"),
    ("owner_id", "Owner", "user"),
    ("emails", "Email", "varchar"),
    ("phones", "Phone", "phone"),
    ("label_ids", "Labels", "set"),
    ("marketing_status", "Marketing status", "enum"),
    ("update_time", "Update time", "date"),
];

/// A field of an owner's own.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) key: String,
    name: String,
    pub(super) kind: String,
    /// Ids and labels.
    options: Vec<(u64, String)>,
}

pub(super) fn of_persons() -> Vec<Field> {
    vec![
        Field::new(Pipedrive::LEAD_ID, "Piste lead", "varchar", &[]),
        Field::new(Pipedrive::FIT, "Piste fit", "double", &[]),
        Field::new(Pipedrive::GRADE, "Piste grade", "enum", &Pipedrive::GRADES),
        Field::new(Pipedrive::STAGE, "Piste stage", "enum", &Pipedrive::STAGES),
        Field::new(Pipedrive::NEED, "Piste need", "text", &[]),
    ]
}

impl Field {
    pub(super) fn new(key: &str, name: &str, kind: &str, options: &[(u64, &str)]) -> Self {
        let options = options.iter().map(|(id, label)| (*id, (*label).into())).collect();
        Self {
            key: key.into(),
            name: name.into(),
            kind: kind.into(),
            options,
        }
    }

    fn json(&self) -> Value {
        let options: Vec<Value> = self
            .options
            .iter()
            .map(|(id, label)| json!({"id": id, "label": label}))
            .collect();
        let options = if options.is_empty() {
            Value::Null
        } else {
            options.into()
        };
        json!({
            "field_code": self.key, "field_name": self.name, "field_type": self.kind, "options": options,
            "is_custom_field": true,
        })
    }

    /// Text is searched; the other types are not.
    pub(super) fn is_searched(&self) -> bool {
        [
            "varchar",
            "varchar_auto",
            "text",
            "phone",
            "address",
            "double",
            "monetary",
        ]
        .contains(&self.kind.as_str())
    }

    /// Why a value is refused.
    fn refuses(&self, value: &Value) -> Option<String> {
        let text = |longest: usize| value.as_str().is_some_and(|text| text.chars().count() <= longest);
        let option = |one: &Value| {
            one.as_u64()
                .is_some_and(|id| self.options.iter().any(|(one, _)| *one == id))
        };
        let (holds, due) = match self.kind.as_str() {
            "text" => (
                text(LONGEST[1]),
                format!("a string of at most {} characters", LONGEST[1]),
            ),
            "double" => (value.is_number(), "a number".into()),
            "enum" => (option(value), "the id of an option".into()),
            "set" => (
                value.as_array().is_some_and(|all| all.iter().all(option)),
                "an array of option ids".into(),
            ),
            "date" => (
                value.as_str().is_some_and(|text| text.parse::<Date>().is_ok()),
                "a date".into(),
            ),
            "time" => (
                value["value"].as_str().is_some_and(|text| text.parse::<Time>().is_ok()),
                "a time".into(),
            ),
            "org" | "people" | "user" => (value.is_u64(), "an id".into()),
            "monetary" => (is_money(value, "value"), "an object with value and currency".into()),
            "address" | "daterange" | "timerange" => (value["value"].is_string(), "an object with a value".into()),
            _ => (
                text(LONGEST[0]),
                format!("a string of at most {} characters", LONGEST[0]),
            ),
        };
        (!holds).then(|| format!("must be {due}"))
    }

    /// A value as a webhook tells it.
    fn told(&self, value: &Value) -> Value {
        match (self.kind.as_str(), value) {
            (_, Value::Null) => Value::Null,
            ("enum", _) => json!({"type": "enum", "id": value}),
            (kind, _) => json!({"type": kind, "value": value}),
        }
    }
}

/// An amount of money.
pub(super) fn is_money(value: &Value, amount: &str) -> bool {
    let currency = value["currency"].as_str().unwrap_or_default();
    value[amount].is_number() && currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Looks at one custom field: nothing is due for `[]`, which changes nothing.
pub(super) fn checked(fields: &[Field], key: &str, value: &Value) -> Outcome<Option<Value>> {
    let field = fields
        .iter()
        .find(|one| one.key == key)
        .ok_or_else(|| Refusal::unknown(key))?;
    match value {
        Value::Null => Ok(Some(Value::Null)),
        Value::Array(all) if all.is_empty() => Ok(None),
        _ => match field.refuses(value) {
            Some(why) => Err(Refusal::field(key, &why)),
            None => Ok(Some(value.clone())),
        },
    }
}

/// The custom fields of a record, all of them: null where nothing stands.
pub(super) fn all(fields: &[Field], values: &Map<String, Value>) -> Map<String, Value> {
    fields
        .iter()
        .map(|one| (one.key.clone(), values.get(&one.key).cloned().unwrap_or_default()))
        .collect()
}

/// The same as a webhook tells them.
pub(super) fn told(fields: &[Field], values: &Value) -> Value {
    let told = fields
        .iter()
        .filter_map(|one| Some((one.key.clone(), one.told(values.get(&one.key)?))));
    Value::Object(told.collect())
}

impl Pipedrive {
    pub(super) fn list_fields(&mut self, call: &Call, _: Timestamp) -> Outcome {
        let own = OWN.map(|(key, name, kind)| {
            json!({
                "field_code": key, "field_name": name, "field_type": kind, "options": null, "is_custom_field": false,
            })
        });
        let all = own
            .into_iter()
            .chain(self.person_fields.iter().map(Field::json))
            .collect();
        let (page, next) = call.page(all)?;
        Ok(Answer::page(page.into(), json!({"next_cursor": next})))
    }

    pub(super) fn create_field(&mut self, call: &Call, _: Timestamp) -> Outcome {
        let given = call::object(&call.body)?;
        let text = |name: &str| given.get(name).and_then(Value::as_str).unwrap_or_default();
        let (name, kind) = (text("field_name"), text("field_type"));
        if name.is_empty() || name.chars().count() > LONGEST[0] {
            return Err(Refusal::field("field_name", "must be a string of 1 to 255 characters"));
        }
        if !TYPES.contains(&kind) {
            return Err(Refusal::field("field_type", "must be one of the field types"));
        }
        let labels: Option<Vec<&str>> = match given.get("options") {
            None => Some(Vec::new()),
            Some(options) => options
                .as_array()
                .and_then(|all| all.iter().map(|one| one["label"].as_str()).collect()),
        };
        let labels = labels.filter(|all| !all.is_empty() || !["enum", "set"].contains(&kind));
        let labels = labels.ok_or_else(|| Refusal::field("options", "must be an array of labels"))?;
        let id = self.new_id();
        let options: Vec<(u64, &str)> = labels.into_iter().map(|label| (1000 + self.new_id(), label)).collect();
        let hash = Sha256::digest(format!("{id} {name}"));
        let key: String = hash.iter().take(20).map(|byte| format!("{byte:02x}")).collect();
        let field = Field::new(&key, name, kind, &options);
        let body = field.json();
        self.person_fields.push(field);
        Ok(Answer::ok(body))
    }
}
