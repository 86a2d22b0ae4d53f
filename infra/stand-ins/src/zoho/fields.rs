//! The fields of Leads and Contacts: types, lengths, picklists, and what their values must be.

use serde_json::{Value, json};

use super::failure::Failure;
use crate::salesforce::is_address;

/// Types of fields, as Zoho names them, and the JSON type that a refusal asks for.
const KINDS: &[(&str, &str)] = &[
    ("text", "text"),
    ("textarea", "text"),
    ("email", "email"),
    ("phone", "phone"),
    ("website", "website"),
    ("picklist", "picklist"),
    ("integer", "integer"),
    ("double", "double"),
    ("currency", "double"),
    ("boolean", "boolean"),
    ("ownerlookup", "jsonobject"),
    ("lookup", "jsonobject"),
    ("datetime", "datetime"),
    ("bigint", "bigint"),
];

/// Name, type, length (of numbers: digits), and marks.
type Row = (&'static str, &'static str, usize, &'static str);

/// Fields that Leads and Contacts share.
const BOTH: &[Row] = &[
    ("id", "bigint", 20, "read-only"),
    ("Last_Name", "text", 80, "mandatory"),
    ("First_Name", "text", 40, ""),
    ("Salutation", "picklist", 120, ""),
    ("Full_Name", "text", 120, "read-only"),
    ("Email", "email", 100, "check"),
    ("Secondary_Email", "email", 100, ""),
    ("Phone", "phone", 30, ""),
    ("Mobile", "phone", 30, ""),
    ("Fax", "phone", 30, ""),
    ("Lead_Source", "picklist", 120, ""),
    ("Description", "textarea", 32_000, ""),
    ("Email_Opt_Out", "boolean", 0, ""),
    ("Owner", "ownerlookup", 120, ""),
    ("Created_Time", "datetime", 120, "read-only"),
    ("Modified_Time", "datetime", 120, "read-only"),
    ("Piste_Id", "text", 64, "unique check"),
];

/// Fields that Leads alone have.
const LEADS: &[Row] = &[
    ("Company", "text", 200, "mandatory"),
    ("Designation", "text", 100, ""),
    ("Website", "website", 255, ""),
    ("Lead_Status", "picklist", 120, ""),
    ("Industry", "picklist", 120, ""),
    ("Rating", "picklist", 120, ""),
    ("No_of_Employees", "integer", 9, ""),
    ("Annual_Revenue", "currency", 16, ""),
    ("Street", "text", 250, ""),
    ("City", "text", 100, ""),
    ("State", "text", 100, ""),
    ("Zip_Code", "text", 30, ""),
    ("Country", "text", 100, ""),
    ("Converted_Contact", "lookup", 120, "read-only"),
    ("Piste_Fit", "integer", 9, ""),
    ("Piste_Grade", "text", 10, ""),
    ("Piste_Stage", "text", 40, ""),
    ("Piste_Budget", "currency", 16, ""),
];

/// Values of the picklists; each has `-None-` as well.
const OPTIONS: &[(&str, &str)] = &[
    ("Salutation", "Mr.|Mrs.|Ms.|Dr.|Prof."),
    (
        "Lead_Source",
        "Advertisement|Cold Call|Employee Referral|External Referral|Online Store|Partner|Public Relations|\
         Sales Email Alias|Seminar Partner|Internal Seminar|Trade Show|Web Download|Web Research|Chat|Facebook|X (Twitter)",
    ),
    (
        "Lead_Status",
        "Attempted to Contact|Contact in Future|Contacted|Junk Lead|Lost Lead|Not Contacted|Pre-Qualified|Not Qualified",
    ),
    (
        "Industry",
        "ASP (Application Service Provider)|Data/Telecom OEM|ERP (Enterprise Resource Planning)|Government/Military|\
         Large Enterprise|ManagementISV|MSP (Management Service Provider)|Network Equipment Enterprise|\
         Non-management ISV|Optical Networking|Service Provider|Small/Medium Enterprise|Storage Equipment|\
         Storage Service Provider|Systems Integrator|Wireless Industry|ERP|Management ISV",
    ),
    ("Rating", "Acquired|Active|Market Failed|Project Cancelled|Shut Down"),
];

/// A field of a module.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    kind: &'static str,
    pub(super) length: usize,
    pub(super) options: Vec<String>,
    pub(super) mandatory: bool,
    pub(super) unique: bool,
    /// Whether an upsert may look for doubles by it.
    pub(super) check: bool,
    pub(super) read_only: bool,
}

impl Field {
    /// A field of this type, if there is such a type.
    pub(super) fn new(name: &str, kind: &str, length: usize, marks: &str) -> Option<Self> {
        let (kind, _) = KINDS.iter().find(|(known, _)| *known == kind)?;
        let marked = |mark| marks.split(' ').any(|word| word == mark);
        let options = OPTIONS
            .iter()
            .find(|(field, _)| *field == name)
            .map(|(_, options)| options.split('|'));
        let options = options.map(|options| options.map(str::to_owned).collect());
        Some(Self {
            name: name.to_owned(),
            kind,
            length,
            options: options.unwrap_or_default(),
            mandatory: marked("mandatory"),
            unique: marked("unique"),
            check: marked("check"),
            read_only: marked("read-only"),
        })
    }

    pub(super) fn of_leads() -> Vec<Self> {
        Self::table(&[BOTH, LEADS])
    }

    pub(super) fn of_contacts() -> Vec<Self> {
        Self::table(&[BOTH])
    }

    fn table(rows: &[&[Row]]) -> Vec<Self> {
        let rows = rows.iter().copied().flatten();
        rows.filter_map(|(name, kind, length, marks)| Self::new(name, kind, *length, marks))
            .collect()
    }

    /// The field as the settings show it.
    pub(super) fn described(&self) -> Value {
        let values = self
            .options
            .iter()
            .map(|value| json!({"display_value": value, "actual_value": value}));
        json!({
            "api_name": self.name, "field_label": self.name.replace('_', " "), "data_type": self.kind,
            "length": self.length, "system_mandatory": self.mandatory, "read_only": self.read_only,
            "unique": if self.unique { json!({"case_sensitive": false}) } else { json!({}) },
            "pick_list_values": values.collect::<Vec<_>>(),
        })
    }

    /// What a new record has without being told.
    pub(super) fn default(&self) -> Value {
        if self.kind == "boolean" {
            json!(false)
        } else {
            Value::Null
        }
    }

    /// The value as it is kept; `path` is where it stands in the body.
    pub(super) fn keep(&self, value: &Value, path: &str, users: &[String]) -> Result<Value, Failure> {
        let refused = || Failure::mistyped(path, self.expected());
        match (self.kind, value) {
            (_, Value::Null) if self.mandatory => Err(Failure::at("MANDATORY_NOT_FOUND", path, json!({}))),
            ("boolean", Value::Bool(_)) => Ok(value.clone()),
            ("boolean", _) => Err(refused()),
            (_, Value::Null) => Ok(Value::Null),
            ("integer", Value::Number(number)) if number.is_i64() => self.number(value, path),
            ("double" | "currency", Value::Number(_)) => self.number(value, path),
            ("ownerlookup", Value::Object(owner)) => {
                let user = users
                    .iter()
                    .find(|user| owner.get("id").is_some_and(|id| *id == user.as_str()));
                user.map(|id| json!({"id": id}))
                    .ok_or_else(|| Failure::at("INVALID_DATA", &format!("{path}.id"), json!({})))
            }
            ("integer" | "double" | "currency" | "ownerlookup", _) => Err(refused()),
            (_, Value::String(text)) if text.trim().is_empty() => self.keep(&Value::Null, path, users),
            (_, Value::String(text)) => self.text(text, path),
            _ => Err(refused()),
        }
    }

    fn expected(&self) -> &'static str {
        KINDS
            .iter()
            .find(|(kind, _)| *kind == self.kind)
            .map_or("text", |(_, expected)| expected)
    }

    fn number(&self, value: &Value, path: &str) -> Result<Value, Failure> {
        let digits = value.as_f64().unwrap_or_default().abs().trunc().to_string().len();
        if digits > self.length {
            return Err(Failure::at(
                "INVALID_DATA",
                path,
                json!({"maximum_length": self.length}),
            ));
        }
        Ok(value.clone())
    }

    fn text(&self, text: &str, path: &str) -> Result<Value, Failure> {
        let telephone = |c: char| c.is_ascii_alphanumeric() || " +-.(),;#".contains(c);
        let fits = match self.kind {
            "email" => is_address(text),
            "phone" => text.chars().all(telephone) && text.chars().any(|c| c.is_ascii_digit()),
            "picklist" => text == "-None-" || self.options.iter().any(|option| option == text),
            _ => true,
        };
        if text.chars().count() > self.length {
            Err(Failure::at(
                "INVALID_DATA",
                path,
                json!({"maximum_length": self.length}),
            ))
        } else if !fits {
            Err(Failure::mistyped(path, self.expected()))
        } else {
            Ok(json!(text))
        }
    }
}
