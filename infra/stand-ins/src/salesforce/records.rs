//! Records: how they are found, read and saved.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use serde_json::{Map, Value, json};

use super::fields::{Field, Kind, same_id};
use super::refusal::{Refusal, Refused};
use super::{Doubles, Salesforce, soql};
use crate::wire::{Answer, Call};

/// Kind of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Object {
    Lead,
    Contact,
}

impl Object {
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Lead, Self::Contact]
            .into_iter()
            .find(|object| object.name().eq_ignore_ascii_case(name))
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Lead => "Lead",
            Self::Contact => "Contact",
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Lead => "00Q",
            Self::Contact => "003",
        }
    }
}

/// An id of 18 characters: 15 that differ by case as well, and three that tell the case of each five.
pub(super) fn id(prefix: &str, serial: u64) -> String {
    let plain = format!("{prefix}Ps{serial:010}");
    let check = plain.as_bytes().chunks(5).map(|five| {
        let bits = five
            .iter()
            .rev()
            .fold(0_usize, |bits, c| bits << 1 | usize::from(c.is_ascii_uppercase()));
        char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bits])
    });
    plain.chars().chain(check).collect()
}

/// A lead or a contact.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) object: Object,
    pub(super) values: Map<String, Value>,
}

impl Record {
    pub(super) fn id(&self) -> &str {
        self.text("Id")
    }

    pub(super) fn text(&self, field: &str) -> &str {
        self.values.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn get(&self, field: &str) -> Value {
        self.values.get(field).cloned().unwrap_or_default()
    }

    pub(super) fn is_converted(&self) -> bool {
        self.get("IsConverted") == true
    }

    /// Where the record is.
    pub(super) fn address(&self) -> String {
        format!("/services/data/v66.0/sobjects/{}/{}", self.object.name(), self.id())
    }

    fn attributes(&self) -> Value {
        json!({"type": self.object.name(), "url": self.address()})
    }

    /// The record with everything it has.
    pub(super) fn json(&self) -> Value {
        let mut all = self.values.clone();
        all.insert("attributes".to_owned(), self.attributes());
        Value::Object(all)
    }

    fn carries(&self, field: &str, value: &str) -> bool {
        !value.is_empty() && self.text(field).to_lowercase() == value.to_lowercase()
    }
}

/// What the headers of a request say about saving.
#[derive(Debug)]
pub(super) struct Save {
    assign: bool,
    allow: bool,
}

impl Save {
    pub(super) fn told(call: &Call) -> Self {
        let assign = call
            .header("sforce-auto-assign")
            .is_none_or(|value| !value.eq_ignore_ascii_case("false"));
        let rule = call.header("sforce-duplicate-rule-header").unwrap_or_default();
        let allow = rule
            .split([',', ';'])
            .any(|part| part.trim().eq_ignore_ascii_case("allowSave=true"));
        Self { assign, allow }
    }
}

impl Salesforce {
    pub(super) fn fields(&self, object: Object) -> &[Field] {
        match object {
            Object::Lead => &self.leads,
            Object::Contact => &self.contacts,
        }
    }

    pub(super) fn names(&self, object: Object) -> Vec<String> {
        self.fields(object).iter().map(|field| field.name.clone()).collect()
    }

    fn field(&self, object: Object, name: &str) -> Result<&Field, Refusal> {
        let known = self
            .fields(object)
            .iter()
            .find(|field| field.name.eq_ignore_ascii_case(name));
        known.ok_or_else(|| {
            Refusal::new(
                "INVALID_FIELD",
                format!("No such column '{name}' on sobject of type {}", object.name()),
            )
        })
    }

    /// Where the record of this id is.
    pub(super) fn place(&self, object: Object, id: &str) -> Result<usize, Refusal> {
        let is = |record: &Record| record.object == object && same_id(record.id(), id);
        let gone = || self.bin.iter().any(|(record, _)| is(record));
        let place = self.records.iter().position(is);
        place.ok_or_else(|| match gone() {
            true => Refusal::new("ENTITY_IS_DELETED", "entity is deleted").at(404),
            false => Refusal::not_found(),
        })
    }

    /// Where the records with this external id are.
    pub(super) fn by_external_id(&self, object: Object, field: &str, value: &str) -> Result<Vec<usize>, Refusal> {
        let field = self
            .field(object, field)
            .ok()
            .filter(|field| field.external)
            .ok_or_else(|| {
                let message = format!("Provided external ID field does not exist or is not accessible: {field}");
                Refusal::new("NOT_FOUND", message).at(404)
            })?;
        let is = |record: &Record| record.object == object && record.carries(&field.name, value);
        Ok((0..self.records.len())
            .filter(|place| is(&self.records[*place]))
            .collect())
    }

    /// A record as an answer shows it.
    pub(super) fn row(&self, record: &Record, names: &[String]) -> Result<Value, Refusal> {
        let mut row = json!({"attributes": record.attributes()});
        for name in names {
            let name = &self.field(record.object, name.trim())?.name;
            row[name] = record.get(name);
        }
        Ok(row)
    }

    pub(super) fn describe(&self, object: Object) -> Answer {
        let fields: Vec<_> = self.fields(object).iter().map(Field::described).collect();
        let head = json!({"name": object.name(), "label": object.name(), "keyPrefix": object.prefix()});
        let mut body = head;
        body["fields"] = json!(fields);
        Answer::json(200, &body)
    }

    pub(super) fn query(&self, call: &Call) -> Result<Answer, Refused> {
        let text = call.query("q").unwrap_or_default();
        let query = soql::parse(text).map_err(|reason| Refusal::new("MALFORMED_QUERY", reason))?;
        let object = Object::named(&query.object).ok_or_else(|| {
            Refusal::new(
                "INVALID_TYPE",
                format!("sObject type '{}' is not supported.", query.object),
            )
        })?;
        for (name, value) in query.filter.iter().flat_map(soql::Filter::tests) {
            let field = self.field(object, name)?;
            let fits = match value {
                Value::Null => true,
                Value::String(_) => field.kind.is_text() && field.kind != Kind::Moment,
                Value::Bool(_) => field.kind == Kind::Flag,
                _ => matches!(field.kind, Kind::Number | Kind::Currency | Kind::Whole),
            };
            if field.kind == Kind::Area {
                let message = format!("field '{name}' can not be filtered in a query call");
                return Err(Refusal::new("INVALID_FIELD", message).into());
            } else if !fits {
                let message = format!("value of filter criterion for field '{name}' must be of another type");
                return Err(Refusal::new("INVALID_FIELD", message).into());
            }
        }
        let read = |record: &Record, name: &str| {
            self.field(object, name)
                .map(|field| record.get(&field.name))
                .unwrap_or_default()
        };
        let fits = |record: &&Record| {
            let filter = query.filter.as_ref();
            record.object == object && filter.is_none_or(|filter| filter.fits(&|name| read(record, name)))
        };
        let mut found: Vec<&Record> = self.records.iter().filter(fits).collect();
        if let Some((name, descending)) = &query.order {
            self.field(object, name)?;
            found.sort_by_cached_key(|record| match read(record, name) {
                Value::Null => (0, String::new()),
                Value::Number(number) => (1, format!("{:030.4}", number.as_f64().unwrap_or_default() + 1e20)),
                Value::String(text) => (1, text.to_lowercase()),
                other => (1, other.to_string()),
            });
            if *descending {
                found.reverse();
            }
        }
        found.truncate(query.limit.unwrap_or(usize::MAX));
        // Unknown fields are refused although nothing was found.
        query
            .fields
            .iter()
            .try_for_each(|name| self.field(object, name).map(drop))?;
        let rows = found
            .iter()
            .map(|record| self.row(record, &query.fields))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Answer::json(
            200,
            &json!({"totalSize": rows.len(), "done": true, "records": rows}),
        ))
    }

    /// Refuses a change of what was modified since the moment that the request names.
    pub(super) fn unmodified(&self, call: &Call, found: usize) -> Result<(), Refusal> {
        let since = call.header("if-unmodified-since");
        let since = since.and_then(|moment| DateTimeParser::new().parse_timestamp(moment).ok());
        let modified = self.records[found].text("LastModifiedDate").parse::<Timestamp>();
        match (since, modified) {
            (Some(since), Ok(modified)) if modified > since => {
                Err(Refusal::new("PRECONDITION_FAILED", "The record was modified since the given date.").at(412))
            }
            _ => Ok(()),
        }
    }

    /// Refuses one write where a row was to be locked.
    pub(super) fn unlocked(&mut self) -> Result<(), Refusal> {
        let plain = "unable to obtain exclusive access to this record or 1 records";
        match self.locks.pop_front() {
            None => Ok(()),
            Some(false) => Err(Refusal::new("UNABLE_TO_LOCK_ROW", plain)),
            Some(true) => {
                let message = format!("PisteTrigger: execution of AfterUpdate caused by: UNABLE_TO_LOCK_ROW, {plain}");
                Err(Refusal::new("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message))
            }
        }
    }

    /// Creates a record, or changes the one at this place; the answer is its id.
    pub(super) fn save(
        &mut self,
        object: Object,
        existing: Option<usize>,
        given: Map<String, Value>,
        told: &Save,
        now: Timestamp,
    ) -> Result<String, Refused> {
        if existing.is_some_and(|place| self.records[place].is_converted()) {
            return Err(Refusal::new("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead").into());
        }
        let mut values = self.keep(object, given)?;
        if existing.is_none() {
            let missing = self
                .fields(object)
                .iter()
                .filter(|field| !values.contains_key(&field.name));
            let defaults: Vec<_> = missing.map(|field| (field.name.clone(), field.default())).collect();
            values.extend(defaults.into_iter().filter(|(_, value)| !value.is_null()));
        }
        let asked = |field: &&Field| existing.is_none() || values.contains_key(&field.name);
        let empty = |field: &&Field| values.get(&field.name).is_none_or(Value::is_null);
        let required = self.fields(object).iter().filter(|field| field.required);
        let missing: Vec<_> = required
            .filter(asked)
            .filter(empty)
            .map(|field| field.name.as_str())
            .collect();
        if !missing.is_empty() {
            let message = format!("Required fields are missing: [{}]", missing.join(", "));
            return Err(Refusal::new("REQUIRED_FIELD_MISSING", message).about(&missing).into());
        }
        if values
            .get("Status")
            .is_some_and(|status| *status == *self.converted_status)
        {
            let message = format!(
                "Status: a lead is not converted by its status: {}",
                self.converted_status
            );
            return Err(Refusal::new("INVALID_STATUS", message).about(&["Status"]).into());
        }
        self.alone(object, existing, &values)?;
        self.no_double(existing, &values, told)?;
        self.unlocked()?;
        if object == Object::Lead
            && told.assign
            && let Some(user) = &self.assigned_to
        {
            values.insert("OwnerId".to_owned(), json!(user));
        }
        Ok(match existing {
            Some(place) => self.change(place, values, now),
            None => self.create(object, values, now),
        })
    }

    /// The values under their proper names, as they are kept.
    fn keep(&self, object: Object, given: Map<String, Value>) -> Result<Map<String, Value>, Refused> {
        let mut refused = Refused::new();
        let mut kept = Map::new();
        for (name, value) in given.into_iter().filter(|(name, _)| name != "attributes") {
            let field = self.field(object, &name)?;
            match field.keep(&value, &self.users) {
                Ok(value) => drop(kept.insert(field.name.clone(), value)),
                Err(refusal) => refused.push(refusal),
            }
        }
        if refused.is_empty() { Ok(kept) } else { Err(refused) }
    }

    /// Refuses a value of a unique field that another record carries.
    fn alone(&self, object: Object, existing: Option<usize>, values: &Map<String, Value>) -> Result<(), Refusal> {
        for field in self.fields(object).iter().filter(|field| field.unique) {
            let value = values.get(&field.name).and_then(Value::as_str).unwrap_or_default();
            let carries = |record: &Record| record.object == object && record.carries(&field.name, value);
            let mut others = self
                .records
                .iter()
                .enumerate()
                .filter(|(place, _)| Some(*place) != existing);
            if let Some((_, other)) = others.find(|(_, record)| carries(record)) {
                let (name, id) = (&field.name, other.id());
                let message = format!("duplicate value found: {name} duplicates value on record with id: {id}");
                return Err(Refusal::new("DUPLICATE_VALUE", message).about(&[name]));
            }
        }
        Ok(())
    }

    /// The duplicate rule: a new record, or a new address of one, that another lead or contact has.
    fn no_double(&self, existing: Option<usize>, values: &Map<String, Value>, told: &Save) -> Result<(), Refusal> {
        let allowed = self.doubles == Doubles::Warn;
        if self.doubles == Doubles::Pass || allowed && told.allow {
            return Ok(());
        }
        let address = values.get("Email").and_then(Value::as_str).unwrap_or_default();
        let others = self
            .records
            .iter()
            .enumerate()
            .filter(|(place, _)| Some(*place) != existing);
        let same = |record: &Record| record.carries("Email", address) && !record.is_converted();
        let matches: Vec<_> = others.map(|(_, record)| record).filter(|record| same(record)).collect();
        if matches.is_empty() {
            return Ok(());
        }
        let message = "Use one of these records?";
        let results = [Object::Lead, Object::Contact].into_iter().filter_map(|object| {
            let found = matches.iter().filter(|record| record.object == object);
            let found: Vec<_> = found
                .map(|record| {
                    let shown = json!({"attributes": record.attributes(), "Id": record.id()});
                    json!({"additionalInformation": [], "fieldDiffs": [], "matchConfidence": 100.0, "record": shown})
                })
                .collect();
            let name = object.name();
            let rule = format!("Standard_{name}_Match_Rule_v1_0");
            (!found.is_empty()).then(|| {
                json!({
                    "entityType": name, "errors": [], "matchEngine": "FuzzyMatchEngine", "rule": rule,
                    "size": found.len(), "success": true, "matchRecords": found,
                })
            })
        });
        Err(Refusal::new("DUPLICATES_DETECTED", message).found(json!({
            "allowSave": allowed, "duplicateRule": "Standard_Lead_Duplicate_Rule", "duplicateRuleEntityType": "Lead",
            "errorMessage": message, "matchResults": results.collect::<Vec<_>>(),
        })))
    }

    pub(super) fn create(&mut self, object: Object, mut values: Map<String, Value>, now: Timestamp) -> String {
        self.serial += 1;
        values.insert("Id".to_owned(), json!(id(object.prefix(), self.serial)));
        values.insert("CreatedDate".to_owned(), json!(moment(now)));
        values.entry("OwnerId").or_insert_with(|| json!(self.users.first()));
        self.records.push(Record {
            object,
            values: Map::new(),
        });
        self.change(self.records.len() - 1, values, now)
    }

    pub(super) fn change(&mut self, place: usize, values: Map<String, Value>, now: Timestamp) -> String {
        let record = &mut self.records[place];
        record.values.extend(values);
        let name = format!("{} {}", record.text("FirstName"), record.text("LastName"));
        record.values.insert("Name".to_owned(), json!(name.trim()));
        for stamp in ["LastModifiedDate", "SystemModstamp"] {
            record.values.insert(stamp.to_owned(), json!(moment(now)));
        }
        record.id().to_owned()
    }

    /// Puts a record into the bin.
    pub(super) fn discard(&mut self, mut record: Record, now: Timestamp) {
        record.values.insert("IsDeleted".to_owned(), json!(true));
        self.bin.push((record, now));
    }
}

/// A moment as Salesforce writes it.
pub(super) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string()
}
