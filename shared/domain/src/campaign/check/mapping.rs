//! Mappings of other systems' payloads that could find nobody or mean nothing.

use super::{Checker, place};
use crate::campaign::Campaign;
use crate::campaign::field::FieldType;
use crate::campaign::mapping::{Mapping, Meaning, Path};
use crate::kit::ids::is_name;

impl Checker {
    pub(super) fn mapping(&mut self, file: &str, mapping: &Mapping, campaign: &Campaign) {
        let name = file.rsplit('/').next().unwrap_or_default().trim_end_matches(".toml");
        if !is_name(name) {
            self.add(
                Vec::new(),
                format!(
                    "source \"{name}\": name the file with 1 to 40 characters of a-z, 0-9, - and _: it becomes part of the URL"
                ),
            );
        }
        let named = [
            ("email", &mapping.email),
            ("lead_id", &mapping.lead_id),
            ("occurred_at", &mapping.occurred_at),
            ("id", &mapping.id),
            ("about", &mapping.about),
        ];
        for (key, path) in named.iter().filter_map(|(key, path)| Some((key, path.as_ref()?))) {
            if !path.is_valid() {
                self.add(
                    place![*key],
                    format!(
                        "\"{}\" is not a path: write names joined by dots, such as contact.email",
                        path.0
                    ),
                );
            }
        }
        let kinds = mapping.kind.all();
        if kinds.is_empty() || !kinds.iter().all(Path::is_valid) {
            self.add(place!["type"], "type needs a path such as event, or a list of paths");
        }
        if mapping.email.is_none() && mapping.lead_id.is_none() {
            self.add(Vec::new(), "no lead could be found: give the path of email or lead_id");
        }
        if mapping.types.is_empty() {
            self.add(
                place!["types"],
                "types is empty: list their event types and what each one means",
            );
        }
        let makes_leads = mapping.types.values().any(|meaning| *meaning == Meaning::Lead);
        if makes_leads && mapping.email.is_none() {
            self.add(place!["types"], "a lead needs an address: give the path of email");
        }
        if !makes_leads && !mapping.fields.is_empty() {
            self.add(
                place!["fields"],
                "no type is mapped to \"lead\", so fields are never read: remove them, or map a type to \"lead\"",
            );
        }
        for (field, path) in &mapping.fields {
            let declared = campaign.form.fields.iter().find(|declared| &declared.name == field);
            match declared.map(|declared| declared.kind) {
                None => self.add(
                    place!["fields", field.as_str()],
                    format!("the form has no field \"{field}\""),
                ),
                Some(FieldType::Consent) => self.add(
                    place!["fields", field.as_str()],
                    format!("\"{field}\" is a consent box: only the person can tick it, never another system"),
                ),
                Some(FieldType::Email) => self.add(
                    place!["fields", field.as_str()],
                    "the address is read from the path in email",
                ),
                Some(_) if !path.is_valid() => self.add(
                    place!["fields", field.as_str()],
                    format!("\"{}\" is not a path", path.0),
                ),
                Some(_) => {}
            }
        }
        for required in campaign
            .form
            .fields
            .iter()
            .filter(|field| makes_leads && field.required)
        {
            let is_given = matches!(required.kind, FieldType::Email | FieldType::Consent)
                || mapping.fields.contains_key(&required.name);
            if !is_given {
                self.add(
                    place!["fields"],
                    format!("the form requires \"{0}\": give its path (fields.{0})", required.name),
                );
            }
        }
        for (field, words) in &mapping.values {
            if !mapping.fields.contains_key(field) {
                self.add(
                    place!["values", field.as_str()],
                    format!("\"{field}\" is not among fields"),
                );
            }
            let declared = campaign.form.fields.iter().find(|declared| &declared.name == field);
            let options = declared.map(|declared| declared.options.as_slice()).unwrap_or_default();
            for (theirs, ours) in words {
                if !options.is_empty() && !options.iter().any(|option| &option.value == ours) {
                    self.add(
                        place!["values", field.as_str(), theirs.as_str()],
                        format!("\"{ours}\" is not an option of \"{field}\""),
                    );
                }
            }
        }
    }
}
