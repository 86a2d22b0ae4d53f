//! Mappings of other systems' payloads that could find nobody or mean nothing.

use super::{Checker, place, texts};
use crate::campaign::Campaign;
use crate::campaign::field::FieldType;
use crate::campaign::mapping::{Mapping, Meaning, Path, Proof};
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
            ("events", &mapping.events),
            ("proof_path", &mapping.proof_path),
        ];
        for (key, path) in named.iter().filter_map(|(key, path)| Some((key, path.as_ref()?))) {
            if !path.is_valid() {
                self.add(place![*key], |l| texts::bad_path(l, path.as_str()));
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
        self.proof(mapping);
        for (theirs, meanings) in &mapping.types {
            if meanings.all().is_empty() {
                self.add(place!["types", theirs.as_str()], texts::means_nothing);
            }
        }
        let mut meanings = mapping.types.values().flat_map(|meanings| meanings.all());
        let makes_leads = meanings.any(|meaning| *meaning == Meaning::Lead);
        if !makes_leads && mapping.send_promised {
            self.add(place!["send_promised"], texts::promised_to_nobody);
        }
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
                    self.add(place!["fields", field.as_str()], |l| texts::bad_path(l, path.as_str()))
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

    /// Each proof has the key it needs, and no other has it.
    fn proof(&mut self, mapping: &Mapping) {
        let needed = [
            ("proof_header", Proof::Header, mapping.proof_header.is_some()),
            ("proof_path", Proof::BodyToken, mapping.proof_path.is_some()),
        ];
        for (key, proof, is_given) in needed {
            if mapping.proof == proof && !is_given {
                self.add(place!["proof"], |l| texts::proof_needs(l, proof.code(), key));
            }
            if mapping.proof != proof && is_given {
                self.add(place![key], |l| texts::only_for_proof(l, key, proof.code()));
            }
        }
        if let Some(header) = mapping.proof_header.as_deref().filter(|header| !is_header(header)) {
            self.add(place!["proof_header"], |l| texts::no_header(l, header));
        }
    }
}

/// The name of a header (RFC 9110, section 5.6.2).
fn is_header(name: &str) -> bool {
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !name.is_empty() && name.bytes().all(is_token)
}
