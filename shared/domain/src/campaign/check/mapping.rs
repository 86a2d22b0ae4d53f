//! Mappings of other systems' payloads that could find nobody or mean nothing.

use super::{Checker, place, texts};
use crate::campaign::Campaign;
use crate::campaign::field::FieldType;
use crate::campaign::mapping::{Mapping, Meaning, Path};
use crate::kit::ids::is_name;

impl Checker {
    pub(super) fn mapping(&mut self, file: &str, mapping: &Mapping, campaign: &Campaign) {
        let name = file.rsplit('/').next().unwrap_or_default().trim_end_matches(".toml");
        if !is_name(name) {
            self.add(Vec::new(), |l| texts::bad_source(l, name));
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
                self.add(place![*key], |l| texts::bad_path(l, &path.0));
            }
        }
        let kinds = mapping.kind.all();
        if kinds.is_empty() || !kinds.iter().all(Path::is_valid) {
            self.add(place!["type"], texts::type_needs_path);
        }
        if mapping.email.is_none() && mapping.lead_id.is_none() {
            self.add(Vec::new(), texts::finds_nobody);
        }
        if mapping.types.is_empty() {
            self.add(place!["types"], texts::no_types);
        }
        let makes_leads = mapping.types.values().any(|meaning| *meaning == Meaning::Lead);
        if makes_leads && mapping.email.is_none() {
            self.add(place!["types"], texts::lead_without_address);
        }
        if !makes_leads && !mapping.fields.is_empty() {
            self.add(place!["fields"], texts::fields_never_read);
        }
        for (field, path) in &mapping.fields {
            let declared = campaign.form.fields.iter().find(|declared| &declared.name == field);
            match declared.map(|declared| declared.kind) {
                None => self.add(place!["fields", field.as_str()], |l| texts::no_field(l, field)),
                Some(FieldType::Consent) => self.add(place!["fields", field.as_str()], |l| {
                    texts::box_from_elsewhere(l, field)
                }),
                Some(FieldType::Email) => self.add(place!["fields", field.as_str()], texts::address_from_email),
                Some(_) if !path.is_valid() => {
                    self.add(place!["fields", field.as_str()], |l| texts::bad_path(l, &path.0))
                }
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
                self.add(place!["fields"], |l| texts::required_not_mapped(l, &required.name));
            }
        }
        for (field, words) in &mapping.values {
            if !mapping.fields.contains_key(field) {
                self.add(place!["values", field.as_str()], |l| {
                    texts::values_of_no_field(l, field)
                });
            }
            let declared = campaign.form.fields.iter().find(|declared| &declared.name == field);
            let options = declared.map(|declared| declared.options.as_slice()).unwrap_or_default();
            for (theirs, ours) in words {
                if !options.is_empty() && !options.iter().any(|option| &option.value == ours) {
                    self.add(place!["values", field.as_str(), theirs.as_str()], |l| {
                        texts::not_an_option(l, ours, field)
                    });
                }
            }
        }
    }
}
