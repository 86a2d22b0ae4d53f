//! Records: how they are found, read, written and removed.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::failure::Failure;
use super::fields::Field;
use super::search::Criteria;
use super::{NAMES_MAX, Zoho};
use crate::wire::{Answer, Call};

/// A module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Module {
    Leads,
    Contacts,
}

impl Module {
    /// The module of a name that the route has let through.
    pub(super) fn named(name: &str) -> Self {
        if name == "Contacts" {
            Self::Contacts
        } else {
            Self::Leads
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Leads => "Leads",
            Self::Contacts => "Contacts",
        }
    }
}

/// An id: the account's own digits, then a serial number.
pub(super) fn id(serial: u64) -> String {
    format!("554023{:012}", 333_000 + serial)
}

/// A record of a module.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) module: Module,
    pub(super) values: Map<String, Value>,
    pub(super) modified: Timestamp,
}

impl Record {
    pub(super) fn id(&self) -> &str {
        self.values.get("id").and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn get(&self, field: &str) -> Value {
        self.values.get(field).cloned().unwrap_or_default()
    }

    pub(super) fn is_converted(&self) -> bool {
        self.get("$converted") == true
    }

    pub(super) fn json(&self) -> Value {
        let mut all = self.values.clone();
        all.insert("$module".to_owned(), json!(self.module.name()));
        Value::Object(all)
    }

    /// Whether a field has this value, without regard to case.
    pub(super) fn carries(&self, field: &str, value: &str) -> bool {
        let own = match self.get(field) {
            Value::String(text) => text,
            Value::Null => return false,
            Value::Object(owner) => owner.get("id").and_then(Value::as_str).unwrap_or_default().to_owned(),
            other => other.to_string(),
        };
        !value.is_empty() && own.to_lowercase() == value.to_lowercase()
    }
}

impl Zoho {
    pub(super) fn fields(&self, module: Module) -> &[Field] {
        match module {
            Module::Leads => &self.leads,
            Module::Contacts => &self.contacts,
        }
    }

    pub(super) fn place(&self, module: Module, id: &str) -> Option<usize> {
        self.records
            .iter()
            .position(|record| record.module == module && record.id() == id)
    }

    /// Where a record is that may be changed: a converted lead may not.
    pub(super) fn open(&self, module: Module, id: &str) -> Result<usize, Failure> {
        let place = self
            .place(module, id)
            .filter(|place| !self.records[*place].is_converted());
        place.ok_or_else(|| Failure::unknown(id))
    }

    /// A record as an answer shows it: every field, or those that were named.
    fn row(&self, record: &Record, names: Option<&str>) -> Value {
        let asked = |name: &str| names.is_none_or(|names| names.split(',').any(|asked| asked.trim() == name));
        let mut row = json!({"id": record.id()});
        for name in self
            .fields(record.module)
            .iter()
            .map(|field| &field.name)
            .filter(|name| asked(name))
        {
            row[name] = record.get(name);
        }
        if record.module == Module::Leads {
            row["$converted"] = json!(record.is_converted());
            row["$converted_detail"] = record
                .values
                .get("$converted_detail")
                .cloned()
                .unwrap_or_else(|| json!({}));
        }
        row
    }

    pub(super) fn read(&self, call: &Call, module: Module, id: &str) -> Result<Answer, Failure> {
        let names = call.query("fields");
        if names.is_some_and(|names| names.split(',').count() > NAMES_MAX) {
            return Err(Failure::of("LIMIT_EXCEEDED").with(json!({"limit": NAMES_MAX, "param": "fields"})));
        }
        let shown = converted(call)?;
        let place = self.place(module, id).filter(|place| shown(&self.records[*place]));
        Ok(match place {
            Some(place) => Answer::json(200, &json!({"data": [self.row(&self.records[place], names)]})),
            None => Answer::empty(204),
        })
    }

    pub(super) fn search(&self, call: &Call, module: Module) -> Result<Answer, Failure> {
        let criteria = match (call.query("criteria"), call.query("email")) {
            (Some(text), _) => Criteria::read(text).ok_or_else(|| Failure::of("INVALID_QUERY"))?,
            (None, Some(address)) => Criteria::Any(
                ["Email", "Secondary_Email"]
                    .map(|field| Criteria::Equals(field.to_owned(), address.to_owned()))
                    .into(),
            ),
            (None, None) => return Err(Failure::of("REQUIRED_PARAM_MISSING").with(json!({"param": "criteria"}))),
        };
        let known = |name: &&str| self.fields(module).iter().any(|field| field.name == **name);
        if let Some(name) = criteria.fields().iter().find(|name| !known(name)) {
            return Err(
                Failure::of("INVALID_QUERY").with(json!({"reason": "the field is not available", "api_name": name}))
            );
        }
        let shown = converted(call)?;
        let fits = |record: &&Record| {
            record.module == module && shown(record) && criteria.fits(&|field, value| record.carries(field, value))
        };
        let found: Vec<_> = self
            .records
            .iter()
            .filter(fits)
            .map(|record| self.row(record, None))
            .collect();
        if found.is_empty() {
            return Ok(Answer::empty(204));
        }
        let info = json!({"per_page": 200, "count": found.len(), "page": 1, "more_records": false});
        Ok(Answer::json(200, &json!({"data": found, "info": info})))
    }

    /// Writes a new record; the answer is where it is.
    pub(super) fn create(&mut self, module: Module, values: Map<String, Value>, now: Timestamp) -> usize {
        self.serial += 1;
        let fields = self
            .fields(module)
            .iter()
            .map(|field| (field.name.clone(), field.default()));
        let mut all: Map<_, _> = fields.filter(|(_, value)| !value.is_null()).collect();
        all.insert("id".to_owned(), json!(id(self.serial)));
        all.insert("Created_Time".to_owned(), json!(moment(now)));
        all.insert("Owner".to_owned(), json!({"id": self.users.first()}));
        all.extend(values);
        self.records.push(Record {
            module,
            values: Map::new(),
            modified: now,
        });
        self.change(self.records.len() - 1, all, now);
        self.records.len() - 1
    }

    pub(super) fn change(&mut self, place: usize, values: Map<String, Value>, now: Timestamp) {
        let record = &mut self.records[place];
        record.values.extend(values);
        record.modified = now;
        let text = |name| record.get(name).as_str().unwrap_or_default().to_owned();
        let name = format!("{} {}", text("First_Name"), text("Last_Name"));
        record.values.insert("Full_Name".to_owned(), json!(name.trim()));
        record.values.insert("Modified_Time".to_owned(), json!(moment(now)));
    }

    /// Puts a record into the bin.
    pub(super) fn discard(&mut self, place: usize, now: Timestamp) {
        let record = self.records.remove(place);
        self.bin.push((record, now));
    }
}

/// Which records the parameter `converted` shows.
fn converted(call: &Call) -> Result<fn(&Record) -> bool, Failure> {
    match call.query("converted") {
        None | Some("false") => Ok(|record| !record.is_converted()),
        Some("true") => Ok(Record::is_converted),
        Some("both") => Ok(|_| true),
        Some(_) => Err(Failure::of("INVALID_DATA").with(json!({"param": "converted"}))),
    }
}

/// A moment in the organisation's zone.
fn moment(at: Timestamp) -> String {
    let zone = TimeZone::get("Europe/Paris").unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
