//! Settings: fields, organisation, recycle bin.

use serde_json::{Map, Value, json};

use super::Zoho;
use super::failure::Failure;
use super::fields::Field;
use super::records::Module;
use crate::wire::{Answer, Call};

/// Longest line of text.
const TEXT_MAX: usize = 255;

/// The organisation that a token opens.
pub(super) fn org() -> Answer {
    let org = json!({
        "zgid": "20012345678", "company_name": "Exemple SARL", "time_zone": "Europe/Paris", "privacy_settings": true,
    });
    Answer::json(200, &json!({"org": [org]}))
}

fn module(call: &Call) -> Result<Module, Failure> {
    match call.query("module") {
        Some(name @ ("Leads" | "Contacts")) => Ok(Module::named(name)),
        Some(_) => Err(Failure::of("INVALID_MODULE")),
        None => Err(Failure::of("REQUIRED_PARAM_MISSING").with(json!({"param": "module"}))),
    }
}

impl Zoho {
    pub(super) fn list_fields(&self, call: &Call) -> Result<Answer, Failure> {
        let fields: Vec<_> = self.fields(module(call)?).iter().map(Field::described).collect();
        Ok(Answer::json(200, &json!({"fields": fields})))
    }

    /// Creates custom fields, all of them or none.
    pub(super) fn create_fields(&mut self, call: &Call, body: &Map<String, Value>) -> Result<Answer, Failure> {
        let module = module(call)?;
        let asked = body
            .get("fields")
            .ok_or_else(|| Failure::at("MANDATORY_NOT_FOUND", "$.fields", json!({})))?;
        let asked = asked
            .as_array()
            .ok_or_else(|| Failure::mistyped("$.fields", "jsonarray"))?;
        let mut made: Vec<Field> = Vec::new();
        for (place, asked) in asked.iter().enumerate() {
            let field = created(asked, &format!("$.fields[{place}]"))?;
            if self
                .fields(module)
                .iter()
                .chain(&made)
                .any(|known| known.name == field.name)
            {
                return Err(Failure::at(
                    "DUPLICATE_DATA",
                    &format!("$.fields[{place}].field_label"),
                    json!({}),
                ));
            }
            made.push(field);
        }
        let first = self.serial + 1;
        self.serial += made.len() as u64;
        let entries = (first..=self.serial).map(|serial| {
            let details = json!({"id": super::records::id(serial)});
            json!({"code": "SUCCESS", "details": details, "message": "field created", "status": "success"})
        });
        let entries: Vec<_> = entries.collect();
        match module {
            Module::Leads => self.leads.extend(made),
            Module::Contacts => self.contacts.extend(made),
        }
        Ok(Answer::json(201, &json!({"fields": entries})))
    }

    /// Deletes for good what is in the bin.
    pub(super) fn forget(&mut self, id: &str) -> Result<Answer, Failure> {
        let place = self
            .bin
            .iter()
            .position(|(record, _)| record.id() == id)
            .ok_or_else(|| Failure::unknown(id))?;
        self.bin.remove(place);
        self.forgotten.push(id.to_owned());
        let entry = json!({
            "code": "SUCCESS", "details": {"id": id}, "message": "record deleted permanently", "status": "success",
        });
        Ok(Answer::json(200, &json!({"recycle_bin": [entry]})))
    }
}

/// The field that a request describes.
fn created(asked: &Value, path: &str) -> Result<Field, Failure> {
    let text = |name: &str| {
        let path = format!("{path}.{name}");
        let value = asked
            .get(name)
            .ok_or_else(|| Failure::at("MANDATORY_NOT_FOUND", &path, json!({})))?;
        value
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| Failure::mistyped(&path, "text"))
    };
    let (label, kind) = (text("field_label")?, text("data_type")?);
    let length = asked.get("length").map_or(Some(TEXT_MAX as u64), Value::as_u64);
    let length = length.and_then(|length| usize::try_from(length).ok());
    let length = length.ok_or_else(|| Failure::mistyped(&format!("{path}.length"), "integer"))?;
    if kind == "text" && length > TEXT_MAX {
        return Err(Failure::at(
            "INVALID_DATA",
            &format!("{path}.length"),
            json!({"maximum_length": TEXT_MAX}),
        ));
    }
    let unique = match asked.get("unique") {
        None | Some(Value::Bool(false)) => false,
        Some(Value::Bool(true)) => true,
        Some(Value::Object(unique))
            if unique.len() == 1 && unique.get("case_sensitive").is_some_and(Value::is_boolean) =>
        {
            true
        }
        Some(_) => return Err(Failure::mistyped(&format!("{path}.unique"), "jsonobject")),
    };
    let marks = if unique { "unique check" } else { "" };
    let mut field = Field::new(&label.replace(' ', "_"), &kind, length, marks)
        .ok_or_else(|| Failure::at("INVALID_DATA", &format!("{path}.data_type"), json!({})))?;
    let options = asked["pick_list_values"].as_array().into_iter().flatten();
    let options = options.filter_map(|option| option["actual_value"].as_str().or(option["display_value"].as_str()));
    field.options.extend(options.map(str::to_owned));
    Ok(field)
}
