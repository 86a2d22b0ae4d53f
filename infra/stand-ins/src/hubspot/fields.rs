//! The properties of contacts: which there are, and what they take.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::answers::{Answer, Detail, Outcome, Refusal};
use super::call::{self, Call};
use super::{Hubspot, OWNERS};

/// The longest text of a property.
const LONGEST: usize = 65_536;
/// The most unique properties of one object.
const MOST_UNIQUE: usize = 10;
const STAGES: [&str; 8] = [
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
    "other",
];
const STATUSES: [&str; 8] = [
    "NEW",
    "OPEN",
    "IN_PROGRESS",
    "OPEN_DEAL",
    "UNQUALIFIED",
    "ATTEMPTED_TO_CONTACT",
    "CONNECTED",
    "BAD_TIMING",
];
const TYPES: [&str; 7] = [
    "bool",
    "date",
    "datetime",
    "enumeration",
    "number",
    "phone_number",
    "string",
];
const FIELD_TYPES: [&str; 12] = [
    "booleancheckbox",
    "calculation_equation",
    "checkbox",
    "date",
    "file",
    "html",
    "number",
    "phonenumber",
    "radio",
    "select",
    "text",
    "textarea",
];

/// Name, type, field type and options of HubSpot's own properties.
const OWN: [(&str, &str, &str, &[&str]); 8] = [
    ("email", "string", "text", &[]),
    ("firstname", "string", "text", &[]),
    ("lastname", "string", "text", &[]),
    ("phone", "string", "phonenumber", &[]),
    ("company", "string", "text", &[]),
    ("lifecyclestage", "enumeration", "radio", &STAGES),
    ("hs_lead_status", "enumeration", "radio", &STATUSES),
    ("hubspot_owner_id", "enumeration", "select", &[OWNERS[0].0, OWNERS[1].0]),
];
/// Those that nobody writes.
const READ_ONLY: [(&str, &str, &str); 5] = [
    ("hs_object_id", "number", "number"),
    ("createdate", "datetime", "date"),
    ("lastmodifieddate", "datetime", "date"),
    ("hs_additional_emails", "enumeration", "checkbox"),
    ("hs_email_optout", "bool", "booleancheckbox"),
];
/// Ours.
const OURS: [(&str, &str, &str, &[&str]); 12] = [
    ("piste_lead_id", "string", "text", &[]),
    ("piste_fit", "number", "number", &[]),
    ("piste_engagement", "number", "number", &[]),
    ("piste_grade", "string", "text", &[]),
    ("piste_stage", "string", "text", &[]),
    ("piste_budget", "number", "number", &[]),
    ("piste_need", "string", "textarea", &[]),
    ("piste_source", "string", "text", &[]),
    ("piste_campaign", "string", "text", &[]),
    (
        "piste_sector",
        "enumeration",
        "select",
        &["saas", "ecommerce", "agency", "industry", "public", "other"],
    ),
    (
        "piste_company_size",
        "enumeration",
        "select",
        &["1-9", "10-49", "50-249", "250+"],
    ),
    (
        "piste_timing",
        "enumeration",
        "select",
        &["now", "3_months", "6_months", "later"],
    ),
];

/// One property.
#[derive(Clone, Debug)]
pub(super) struct Property {
    pub(super) name: String,
    label: String,
    group: String,
    kind: String,
    field_type: String,
    pub(super) unique: bool,
    read_only: bool,
    /// Labels and values.
    options: Vec<(String, String)>,
}

impl Property {
    /// One of an owner's own.
    pub(super) fn own(name: &str, kind: &str, field_type: &str, options: &[&str]) -> Self {
        Self {
            name: name.into(),
            label: name.replace('_', " "),
            group: "piste".into(),
            kind: kind.into(),
            field_type: field_type.into(),
            unique: false,
            read_only: false,
            options: options.iter().map(|one| ((*one).into(), (*one).into())).collect(),
        }
    }

    pub(super) fn unique(self) -> Self {
        Self { unique: true, ..self }
    }

    fn hubspots(self) -> Self {
        Self {
            group: "contactinformation".into(),
            ..self
        }
    }

    fn json(&self) -> Value {
        let options: Vec<Value> = self
            .options
            .iter()
            .enumerate()
            .map(|(place, (label, value))| json!({"label": label, "value": value, "displayOrder": place}))
            .collect();
        json!({
            "name": self.name, "label": self.label, "groupName": self.group, "type": self.kind,
            "fieldType": self.field_type, "hasUniqueValue": self.unique,
            "options": options,
            "modificationMetadata": {"readOnlyValue": self.read_only},
        })
    }

    /// The place of an option among the others.
    pub(super) fn place(&self, value: &str) -> Option<usize> {
        self.options.iter().position(|(_, one)| one == value)
    }

    /// Which code a value is refused with.
    fn refuses(&self, value: &str) -> Option<&'static str> {
        let is_moment = || value.parse::<i64>().is_ok() || value.parse::<Timestamp>().is_ok();
        let (holds, code) = match self.kind.as_str() {
            _ if self.read_only => (false, "READ_ONLY_VALUE"),
            _ if value.is_empty() => (true, ""),
            "enumeration" if self.field_type == "checkbox" => {
                (value.split(';').all(|one| self.place(one).is_some()), "INVALID_OPTION")
            }
            "enumeration" => (self.place(value).is_some(), "INVALID_OPTION"),
            "number" => (is_number(value), "INVALID_INTEGER"),
            "bool" => (["true", "false"].contains(&value), "INVALID_OPTION"),
            "date" | "datetime" => (is_moment() || value.parse::<Date>().is_ok(), "INVALID_DATE"),
            _ if value.chars().count() > LONGEST => (false, "VALUE_TOO_LONG"),
            _ if self.name == "email" => (is_address(value), "INVALID_EMAIL"),
            _ => (true, ""),
        };
        (!holds).then_some(code)
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || b".-".contains(&byte)) && text.parse::<f64>().is_ok()
}

/// An address as far as HubSpot looks.
pub(super) fn is_address(text: &str) -> bool {
    let (local, domain) = text.split_once('@').unwrap_or_default();
    !local.is_empty()
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !text.contains(|one: char| one.is_whitespace() || one == ',')
        && !domain.contains('@')
}

pub(super) fn groups() -> BTreeMap<String, String> {
    let groups = [("contactinformation", "Contact information"), ("piste", "Piste")];
    groups.map(|(name, label)| (name.into(), label.into())).into()
}

pub(super) fn properties() -> Vec<Property> {
    let build = |(name, kind, field_type, options): &(&str, &str, &str, &[&str])| {
        let property = Property::own(name, kind, field_type, options);
        if *name == "piste_lead_id" {
            property.unique()
        } else {
            property
        }
    };
    let read_only = |(name, kind, field_type): &(&str, &str, &str)| {
        Property {
            read_only: true,
            ..Property::own(name, kind, field_type, &[])
        }
        .hubspots()
    };
    let own = OWN.iter().map(|row| build(row).hubspots());
    own.chain(READ_ONLY.iter().map(read_only))
        .chain(OURS.iter().map(build))
        .collect()
}

impl Hubspot {
    pub(super) fn property(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|one| one.name == name)
    }

    /// What does not hold of these values.
    pub(super) fn faulty(&self, given: &[(String, String)]) -> Vec<Detail> {
        given
            .iter()
            .filter_map(|(name, value)| self.detail(name, value))
            .collect()
    }

    fn detail(&self, name: &str, value: &str) -> Option<Detail> {
        let detail = |code, message| {
            Some(Detail {
                property: name.into(),
                code,
                message,
            })
        };
        let Some(property) = self.property(name) else {
            return detail("PROPERTY_DOESNT_EXIST", format!("Property \"{name}\" does not exist"));
        };
        if name == "email" && self.blocked.contains(&value.to_lowercase()) {
            return detail(
                "EMAIL_BLOCKED",
                "This address was deleted for good and cannot be added again".into(),
            );
        }
        let code = property.refuses(value)?;
        let message = match code {
            "READ_ONLY_VALUE" => format!("\"{name}\" is a read only property; its value cannot be set"),
            "INVALID_OPTION" => {
                let options: Vec<&str> = property.options.iter().map(|(_, one)| one.as_str()).collect();
                format!("{value} was not one of the allowed options: [{}]", options.join(", "))
            }
            "INVALID_INTEGER" => format!("{value} was not a valid number."),
            "INVALID_EMAIL" => format!("Email address {value} is invalid"),
            "VALUE_TOO_LONG" => format!("The value of \"{name}\" is longer than {LONGEST} characters"),
            _ => format!("{value} is not valid for \"{name}\""),
        };
        detail(code, message)
    }

    pub(super) fn list_properties(&mut self, _: &Call, _: Timestamp) -> Outcome {
        Ok(Answer::ok(
            json!({"results": self.properties.iter().map(Property::json).collect::<Vec<_>>()}),
        ))
    }

    pub(super) fn create_property(&mut self, call: &Call, _: Timestamp) -> Outcome {
        let property = self.described(&call.body)?;
        if self.property(&property.name).is_some() {
            return Err(Refusal::conflict(format!(
                "A property named '{}' already exists.",
                property.name
            )));
        }
        let unique = self.properties.iter().filter(|one| one.unique).count();
        if property.unique && unique >= MOST_UNIQUE {
            return Err(Refusal::invalid(format!(
                "At most {MOST_UNIQUE} properties can have unique values."
            )));
        }
        let body = property.json();
        self.properties.push(property);
        Ok(Answer::created(body))
    }

    /// The property that a body describes.
    fn described(&self, body: &Value) -> Result<Property, Refusal> {
        let members = call::object(body)?;
        let due = |name| call::due(members, name).map(str::to_owned);
        let property = Property {
            name: due("name")?,
            label: due("label")?,
            group: due("groupName")?,
            kind: due("type")?,
            field_type: due("fieldType")?,
            unique: match members.get("hasUniqueValue") {
                None => false,
                Some(given) => given
                    .as_bool()
                    .ok_or_else(|| Refusal::invalid("hasUniqueValue is true or false"))?,
            },
            read_only: false,
            options: options(members.get("options"))?,
        };
        let checks = [
            (is_name(&property.name), "name"),
            (self.groups.contains_key(&property.group), "groupName"),
            (TYPES.contains(&property.kind.as_str()), "type"),
            (FIELD_TYPES.contains(&property.field_type.as_str()), "fieldType"),
            (
                property.kind != "enumeration" || !property.options.is_empty(),
                "options",
            ),
        ];
        match checks.iter().find(|(holds, _)| !holds) {
            Some((_, name)) => Err(Refusal::invalid(format!("Property definition is invalid: {name}"))),
            None => Ok(property),
        }
    }

    pub(super) fn create_group(&mut self, call: &Call, _: Timestamp) -> Outcome {
        let members = call::object(&call.body)?;
        let (name, label) = (call::due(members, "name")?, call::due(members, "label")?);
        if self.groups.contains_key(name) {
            return Err(Refusal::conflict(format!(
                "A property group named '{name}' already exists."
            )));
        }
        self.groups.insert(name.into(), label.into());
        Ok(Answer::created(json!({"name": name, "label": label})))
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|one: char| one.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn options(given: Option<&Value>) -> Result<Vec<(String, String)>, Refusal> {
    let Some(given) = given else { return Ok(Vec::new()) };
    let given = given
        .as_array()
        .ok_or_else(|| Refusal::invalid("Invalid input JSON: options is no array"))?;
    let option = |one: &Value| {
        let members = call::object(one)?;
        Ok((
            call::due(members, "label")?.to_owned(),
            call::due(members, "value")?.to_owned(),
        ))
    };
    given.iter().map(option).collect()
}
