//! The fields of a lead and of a contact: types, lengths, picklists, and what their values must be.

use serde_json::{Value, json};

use super::refusal::Refusal;

/// Type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Id,
    Text,
    Area,
    Email,
    Phone,
    Url,
    Picklist,
    User,
    Number,
    Currency,
    Whole,
    Flag,
    Moment,
}
use Kind::{Area, Currency, Email, Flag, Id, Moment, Number, Phone, Picklist, Text, Url, User, Whole};

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Id => "id",
            Text => "string",
            Area => "textarea",
            Email => "email",
            Phone => "phone",
            Url => "url",
            Picklist => "picklist",
            User => "reference",
            Number => "double",
            Currency => "currency",
            Whole => "int",
            Flag => "boolean",
            Moment => "datetime",
        }
    }

    pub(super) fn is_text(self) -> bool {
        !matches!(self, Number | Currency | Whole | Flag)
    }
}

/// Name, label, type, length (of numbers: digits before the point), and marks.
type Row = (&'static str, &'static str, Kind, usize, &'static str);

/// Fields that a lead and a contact share.
const BOTH: &[Row] = &[
    ("Id", "Record ID", Id, 18, "read-only"),
    ("LastName", "Last Name", Text, 80, "required"),
    ("FirstName", "First Name", Text, 40, ""),
    ("Salutation", "Salutation", Picklist, 40, ""),
    ("Name", "Full Name", Text, 121, "read-only"),
    ("Title", "Title", Text, 128, ""),
    ("Phone", "Phone", Phone, 40, ""),
    ("MobilePhone", "Mobile Phone", Phone, 40, ""),
    ("Email", "Email", Email, 80, ""),
    ("Description", "Description", Area, 32_000, ""),
    ("LeadSource", "Lead Source", Picklist, 255, ""),
    ("HasOptedOutOfEmail", "Email Opt Out", Flag, 0, ""),
    ("DoNotCall", "Do Not Call", Flag, 0, ""),
    ("OwnerId", "Owner ID", User, 18, ""),
    ("IsDeleted", "Deleted", Flag, 0, "read-only"),
    ("MasterRecordId", "Master Record ID", Id, 18, "read-only"),
    ("CreatedDate", "Created Date", Moment, 0, "read-only"),
    ("LastModifiedDate", "Last Modified Date", Moment, 0, "read-only"),
    ("SystemModstamp", "System Modstamp", Moment, 0, "read-only"),
    ("Piste_Id__c", "Piste Id", Text, 64, "unique external"),
];

/// Fields that a lead alone has.
const LEAD: &[Row] = &[
    ("Company", "Company", Text, 255, "required"),
    ("Street", "Street", Area, 255, ""),
    ("City", "City", Text, 40, ""),
    ("PostalCode", "Zip/Postal Code", Text, 20, ""),
    ("Country", "Country", Text, 80, ""),
    ("Fax", "Fax", Phone, 40, ""),
    ("Website", "Website", Url, 255, ""),
    ("Status", "Status", Picklist, 255, "required restricted"),
    ("Rating", "Rating", Picklist, 255, ""),
    ("Industry", "Industry", Picklist, 255, ""),
    ("AnnualRevenue", "Annual Revenue", Currency, 18, ""),
    ("NumberOfEmployees", "Employees", Whole, 8, ""),
    ("IsConverted", "Converted", Flag, 0, "read-only"),
    ("ConvertedDate", "Converted Date", Moment, 0, "read-only"),
    ("ConvertedAccountId", "Converted Account ID", Id, 18, "read-only"),
    ("ConvertedContactId", "Converted Contact ID", Id, 18, "read-only"),
    (
        "ConvertedOpportunityId",
        "Converted Opportunity ID",
        Id,
        18,
        "read-only",
    ),
    ("Piste_Fit__c", "Fit", Number, 3, ""),
    ("Piste_Grade__c", "Grade", Text, 10, ""),
    ("Piste_Stage__c", "Stage", Text, 40, ""),
    ("Piste_Budget__c", "Budget", Currency, 16, ""),
    ("Piste_Sector__c", "Sector", Picklist, 255, "restricted"),
    ("Piste_Campaign__c", "Campaign", Text, 255, ""),
];

/// Fields that a contact alone has.
const CONTACT: &[Row] = &[("AccountId", "Account ID", Id, 18, "read-only")];

/// Values of the picklists, the default of `Status` first.
const OPTIONS: &[(&str, &[&str])] = &[
    ("Salutation", &["Mr.", "Ms.", "Mrs.", "Dr.", "Prof.", "Mx."]),
    (
        "LeadSource",
        &["Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other"],
    ),
    (
        "Status",
        &[
            "Open - Not Contacted",
            "Working - Contacted",
            "Closed - Converted",
            "Closed - Not Converted",
        ],
    ),
    ("Rating", &["Hot", "Warm", "Cold"]),
    (
        "Industry",
        &[
            "Banking",
            "Consulting",
            "Education",
            "Government",
            "Manufacturing",
            "Media",
            "Retail",
            "Technology",
            "Other",
        ],
    ),
    (
        "Piste_Sector__c",
        &["saas", "ecommerce", "agency", "industry", "public", "other"],
    ),
];

/// A field of an object.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) kind: Kind,
    pub(super) length: usize,
    pub(super) options: Vec<String>,
    pub(super) restricted: bool,
    pub(super) required: bool,
    pub(super) unique: bool,
    pub(super) external: bool,
    read_only: bool,
}

impl Field {
    pub(super) fn new(name: &str, label: &str, kind: Kind, length: usize, marks: &str) -> Self {
        let marked = |mark| marks.split(' ').any(|word| word == mark);
        let options = OPTIONS
            .iter()
            .find(|(field, _)| *field == name)
            .map_or(&[][..], |(_, options)| options);
        Self {
            name: name.to_owned(),
            label: label.to_owned(),
            kind,
            length,
            options: options.iter().map(ToString::to_string).collect(),
            restricted: marked("restricted"),
            required: marked("required"),
            unique: marked("unique"),
            external: marked("external"),
            read_only: marked("read-only"),
        }
    }

    /// The fields of a standard lead, with those that Piste adds.
    pub(super) fn of_lead() -> Vec<Self> {
        Self::table(&[BOTH, LEAD])
    }

    /// The fields of a standard contact, with our id.
    pub(super) fn of_contact() -> Vec<Self> {
        Self::table(&[BOTH, CONTACT])
    }

    fn table(rows: &[&[Row]]) -> Vec<Self> {
        let rows = rows.iter().copied().flatten();
        rows.map(|(name, label, kind, length, marks)| Self::new(name, label, *kind, *length, marks))
            .collect()
    }

    /// What a new record has without being told.
    pub(super) fn default(&self) -> Value {
        match self.kind {
            Flag => json!(false),
            Picklist if self.required => json!(self.options.first()),
            _ => Value::Null,
        }
    }

    /// The field as `describe` tells it.
    pub(super) fn described(&self) -> Value {
        let options = self.options.iter().enumerate().map(|(place, value)| {
            json!({"value": value, "label": value, "active": true, "defaultValue": self.required && place == 0})
        });
        json!({
            "name": self.name, "label": self.label, "type": self.kind.name(), "custom": self.name.ends_with("__c"),
            "length": if self.kind.is_text() { self.length } else { 0 },
            "nillable": !self.required && !matches!(self.kind, Flag | Id), "createable": !self.read_only,
            "updateable": !self.read_only, "externalId": self.external, "unique": self.unique,
            "restrictedPicklist": self.restricted, "picklistValues": options.collect::<Vec<_>>(),
        })
    }

    /// The value as it is kept: empty texts are none, numbers have a decimal point.
    pub(super) fn keep(&self, value: &Value, users: &[String]) -> Result<Value, Refusal> {
        if self.read_only {
            let reason = "Please check the security settings of this field and verify that it is read/write for your \
                          profile or permission set.";
            let message = format!("Unable to create/update fields: {}. {reason}", self.name);
            return Err(Refusal::new("INVALID_FIELD_FOR_INSERT_UPDATE", message).about(&[&self.name]));
        }
        match (self.kind, value) {
            (Flag, Value::Bool(_)) => Ok(value.clone()),
            (Flag, Value::Null) => {
                let message = format!("{}: value not of required type: null", self.label);
                Err(Refusal::new("INVALID_TYPE_ON_FIELD_IN_RECORD", message).about(&[&self.name]))
            }
            (_, Value::Null) => Ok(Value::Null),
            (kind, Value::String(text)) if kind.is_text() && text.trim().is_empty() => Ok(Value::Null),
            (kind, Value::String(text)) if kind.is_text() => self.text(text, users),
            (Whole, Value::Number(number)) if number.is_i64() => self.number(value.as_f64()).map(|_| value.clone()),
            (Number, Value::Number(_)) => self.number(value.as_f64().map(f64::round)),
            (Currency, Value::Number(_)) => self.number(value.as_f64().map(|amount| (amount * 100.0).round() / 100.0)),
            _ => Err(self.mistyped(value)),
        }
    }

    fn number(&self, number: Option<f64>) -> Result<Value, Refusal> {
        let digits = i32::try_from(self.length).unwrap_or(i32::MAX);
        match number {
            Some(number) if number.abs() < 10_f64.powi(digits) => Ok(json!(number)),
            _ => {
                let message = format!("{}: value outside of valid range on numeric field", self.label);
                Err(Refusal::new("NUMBER_OUTSIDE_VALID_RANGE", message).about(&[&self.name]))
            }
        }
    }

    fn text(&self, text: &str, users: &[String]) -> Result<Value, Refusal> {
        let Self { label, kind, .. } = self;
        let (code, message) = if *kind == User && !matches!(text.len(), 15 | 18) {
            ("MALFORMED_ID", format!("{label}: id value of incorrect type: {text}"))
        } else if *kind == User && !users.iter().any(|user| same_id(user, text)) {
            ("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id".to_owned())
        } else if *kind == Email && !is_address(text) {
            (
                "INVALID_EMAIL_ADDRESS",
                format!("{label}: invalid email address: {text}"),
            )
        } else if *kind == Picklist && self.restricted && !self.options.iter().any(|option| option == text) {
            let message = format!("{label}: bad value for restricted picklist field: {text}");
            ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message)
        } else if text.chars().count() > self.length {
            (
                "STRING_TOO_LONG",
                format!("{label}: data value too large: {text} (max length={})", self.length),
            )
        } else {
            return Ok(json!(text));
        };
        Err(Refusal::new(code, message).about(&[&self.name]))
    }

    fn mistyped(&self, value: &Value) -> Refusal {
        let given = match value {
            Value::Null => "VALUE_NULL",
            Value::Bool(_) => "VALUE_BOOLEAN",
            Value::Number(_) => "VALUE_NUMBER",
            Value::String(_) => "VALUE_STRING",
            Value::Array(_) => "START_ARRAY",
            Value::Object(_) => "START_OBJECT",
        };
        let message = format!(
            "Cannot deserialize instance of {} from {given} value {value}",
            self.kind.name()
        );
        Refusal::new("JSON_PARSER_ERROR", message)
    }
}

/// Whether two ids, of 15 or 18 characters, name the same record.
pub(super) fn same_id(one: &str, other: &str) -> bool {
    matches!(other.len(), 15 | 18) && one.get(..15) == other.get(..15)
}

/// Whether a text looks like an address: one `@`, no spaces, a domain with a dot inside.
pub(crate) fn is_address(text: &str) -> bool {
    let plain = !text
        .chars()
        .any(|c| c.is_whitespace() || c.is_control() || ",;<>()\"".contains(c));
    let parts = text
        .split_once('@')
        .filter(|(name, domain)| !name.is_empty() && !domain.contains('@'));
    plain && parts.is_some_and(|(_, domain)| domain.contains('.') && domain.split('.').all(|label| !label.is_empty()))
}
