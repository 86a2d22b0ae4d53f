//! What contradicts itself in the form.

use super::{Checker, Named, place, texts};
use crate::campaign::Campaign;
use crate::campaign::Identity;
use crate::campaign::field::{Field, FieldType};
use crate::kit::names::plain;
use crate::kit::post::HELPERS;

impl Checker {
    pub(super) fn form(&mut self, campaign: &Campaign) {
        let fields = &campaign.form.fields;
        for (i, field) in fields.iter().enumerate() {
            let earlier = fields[..i].iter().map(|other| other.name.as_str());
            self.id(place!["form", "fields", i, "name"], Named::Field, &field.name, earlier);
            if field.name.starts_with('_') {
                self.add(place!["form", "fields", i, "name"], texts::reserved_for_helpers);
            }
            self.names(i, fields);
            if field.kind != FieldType::Hidden {
                self.text(place!["form", "fields", i, "label"], &field.label, &campaign.languages);
            }
            if let Some(hint) = &field.hint {
                self.text(place!["form", "fields", i, "hint"], hint, &campaign.languages);
            }
            if field.kind == FieldType::Number && field.min.zip(field.max).is_some_and(|(min, max)| min > max) {
                self.add(place!["form", "fields", i, "min"], texts::min_above_max);
            }
            for (j, option) in field.options.iter().enumerate() {
                let path = place!["form", "fields", i, "options", j, "value"];
                let earlier = field.options[..j].iter().map(|other| other.value.as_str());
                self.once(path, Named::Choice, &option.value, earlier);
                self.text(
                    place!["form", "fields", i, "options", j, "label"],
                    &option.label,
                    &campaign.languages,
                );
            }
            match field.kind {
                FieldType::Choice if field.options.is_empty() => {
                    self.add(place!["form", "fields", i], texts::choice_without_options);
                }
                FieldType::Consent if field.purpose.is_none() || field.version.is_none() => {
                    self.add(place!["form", "fields", i], texts::box_without_proof);
                }
                _ => {}
            }
        }
        let emails: Vec<_> = fields.iter().filter(|field| field.kind == FieldType::Email).collect();
        let by_phone = campaign.form.identity == Identity::EmailOrPhone;
        if emails.len() != 1 || emails[0].name != "email" || emails[0].required == by_phone {
            self.add(
                place!["form", "fields"],
                match by_phone {
                    false => texts::one_email_field,
                    true => texts::one_optional_email_field,
                },
            );
        }
        if by_phone && campaign.phone_fields().next().is_none() {
            self.add(place!["form", "identity"], texts::no_phone_field);
        }
        for (i, origin) in campaign.form.origins.iter().enumerate() {
            if !is_origin(origin) {
                self.add(place!["form", "origins", i], |l| texts::not_an_origin(l, origin));
            }
        }
    }
}

impl Checker {
    /// The other names of a field: each says something, and means this field alone.
    fn names(&mut self, i: usize, fields: &[Field]) {
        for (j, name) in fields[i].names.iter().enumerate() {
            let path = place!["form", "fields", i, "names", j];
            let alike = plain(name);
            let same = |other: &str| plain(other) == alike;
            if alike.is_empty() {
                self.add(path, texts::name_without_letters);
            } else if HELPERS.iter().any(|helper| helper.eq_ignore_ascii_case(name)) {
                self.add(path, |l| texts::name_of_a_helper(l, name));
            } else if let Some(other) = fields.iter().enumerate().find_map(|(k, other)| {
                let taken = k != i && (same(&other.name) || other.names.iter().any(|known| same(known)));
                taken.then_some(&other.name)
            }) {
                self.add(path, |l| texts::name_of_another(l, name, other));
            } else if fields[i].names[..j].iter().any(|known| same(known)) {
                self.add(path, |l| texts::name_listed_twice(l, name));
            }
        }
    }
}

/// `https://host[:port]`, or `http://` for this machine only.
fn is_origin(origin: &str) -> bool {
    let host = match (origin.strip_prefix("https://"), origin.strip_prefix("http://")) {
        (Some(host), _) => host,
        (_, Some(host)) if matches!(host.split(':').next(), Some("127.0.0.1" | "localhost")) => host,
        _ => return false,
    };
    !host.is_empty()
        && host
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-:".contains(&b))
}
