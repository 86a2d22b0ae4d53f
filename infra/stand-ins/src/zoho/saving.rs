//! Writes: what a record must be like to be saved, and what the answer says of each.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Zoho;
use super::failure::Failure;
use super::records::{Module, Record};
use crate::wire::{Answer, Call};

/// Most records in an upsert.
const RECORDS_MAX: usize = 100;
/// Most fields that an upsert looks for doubles by.
const CHECKS_MAX: usize = 10;
/// Automation that a write may trigger.
const TRIGGERS: &[&str] = &["workflow", "approval", "blueprint", "pathfinder", "orchestration"];

impl Zoho {
    pub(super) fn upsert(&mut self, call: &Call, body: &Map<String, Value>, now: Timestamp) -> Result<Answer, Failure> {
        const CLOSED: &[&str] = &[
            "data",
            "duplicate_check_fields",
            "trigger",
            "skip_feature_execution",
            "lar_id",
        ];
        if let Some(name) = body.keys().find(|name| !CLOSED.contains(&name.as_str())) {
            return Err(Failure::at("INVALID_DATA", &format!("$.{name}"), json!({})));
        }
        let checks = self.checks(body)?;
        let records = records(body, RECORDS_MAX)?;
        let results = records.iter().enumerate().map(|(place, record)| {
            let path = format!("$.data[{place}]");
            let values = record
                .as_object()
                .ok_or_else(|| Failure::mistyped(&path, "jsonobject"))?;
            let (existing, field) = self.double(values, &checks, &path)?;
            let place = self.save(call, existing, values, &path, now)?;
            let (action, message) = if existing.is_some() {
                ("update", "record updated")
            } else {
                ("insert", "record added")
            };
            let mut entry = self.success(place, message);
            entry["action"] = json!(action);
            entry["duplicate_field"] = json!(field);
            Ok(entry)
        });
        let results = results.collect::<Vec<_>>();
        Ok(entries(results, self.failures_status))
    }

    pub(super) fn update(
        &mut self,
        call: &Call,
        module: Module,
        id: &str,
        body: &Map<String, Value>,
        now: Timestamp,
    ) -> Result<Answer, Failure> {
        triggers(body)?;
        let Some(values) = records(body, 1)?.first().and_then(Value::as_object) else {
            return Err(Failure::mistyped("$.data[0]", "jsonobject"));
        };
        match self.open(module, id) {
            Ok(place) => {
                let saved = self.save(call, Some(place), values, "$.data[0]", now);
                let entry = saved.map(|place| self.success(place, "record updated"));
                Ok(entries(vec![entry], self.failure_status()))
            }
            Err(failure) => Ok(Answer::json(400, &json!({"data": [failure.json()]}))),
        }
    }

    pub(super) fn remove(&mut self, module: Module, id: &str, now: Timestamp) -> Result<Answer, Failure> {
        let removed = match self.place(module, id) {
            None => return Ok(Answer::json(400, &json!({"data": [Failure::unknown(id).json()]}))),
            Some(_) if self.is_locked(id) => Err(Failure::of("RECORD_LOCKED").with(json!({"id": id}))),
            Some(place) => {
                self.discard(place, now);
                Ok(json!({
                    "code": "SUCCESS", "details": {"id": id}, "message": "record deleted", "status": "success",
                }))
            }
        };
        Ok(entries(vec![removed], self.failure_status()))
    }

    /// Status of an answer about one record that failed: one alone is never answered with 202 or 207.
    fn failure_status(&self) -> u16 {
        if self.failures_status == 400 { 400 } else { 200 }
    }

    fn success(&self, place: usize, message: &str) -> Value {
        let record = &self.records[place];
        let by = json!({"name": "Relay", "id": self.users.first()});
        let details = json!({
            "id": record.id(), "Created_Time": record.get("Created_Time"), "Modified_Time": record.get("Modified_Time"),
            "Created_By": by, "Modified_By": by, "$approval_state": "approved",
        });
        json!({"status": "success", "code": "SUCCESS", "message": message, "details": details})
    }

    /// The fields that doubles are looked for by: an address, or what is unique.
    fn checks(&self, body: &Map<String, Value>) -> Result<Vec<String>, Failure> {
        triggers(body)?;
        let path = "$.duplicate_check_fields";
        let allowed = self
            .leads
            .iter()
            .filter(|field| field.check)
            .map(|field| field.name.clone());
        let Some(asked) = body.get("duplicate_check_fields") else {
            return Ok(allowed.collect());
        };
        let asked = asked.as_array().ok_or_else(|| Failure::mistyped(path, "jsonarray"))?;
        if asked.len() > CHECKS_MAX {
            return Err(Failure::at("INVALID_DATA", path, json!({"maximum_length": CHECKS_MAX})));
        }
        let allowed: Vec<_> = allowed.collect();
        let name = |(place, name): (usize, &Value)| {
            let known = name
                .as_str()
                .filter(|name| allowed.iter().any(|allowed| allowed == name));
            known
                .map(str::to_owned)
                .ok_or_else(|| Failure::at("INVALID_DATA", &format!("{path}[{place}]"), json!({})))
        };
        asked.iter().enumerate().map(name).collect()
    }

    /// The lead that a record is a double of, and by which field; converted ones are not looked at.
    fn double(
        &self,
        values: &Map<String, Value>,
        checks: &[String],
        path: &str,
    ) -> Result<(Option<usize>, Option<String>), Failure> {
        if let Some(id) = values.get("id") {
            let id = id
                .as_str()
                .ok_or_else(|| Failure::mistyped(&format!("{path}.id"), "bigint"))?;
            return Ok((Some(self.open(Module::Leads, id)?), None));
        }
        let found = checks.iter().find_map(|field| {
            let value = values.get(field)?.as_str()?;
            let fits = |record: &Record| {
                record.module == Module::Leads && !record.is_converted() && record.carries(field, value)
            };
            Some((self.records.iter().position(fits)?, field.clone()))
        });
        Ok(found.map_or((None, None), |(place, field)| (Some(place), Some(field))))
    }

    fn is_locked(&self, id: &str) -> bool {
        self.locked.iter().any(|locked| locked == id)
    }

    /// Creates a lead, or changes the record at this place; the answer is where it is.
    fn save(
        &mut self,
        call: &Call,
        existing: Option<usize>,
        given: &Map<String, Value>,
        path: &str,
        now: Timestamp,
    ) -> Result<usize, Failure> {
        let module = existing.map_or(Module::Leads, |place| self.records[place].module);
        let values = self.keep(module, existing, given, path)?;
        if let Some(record) = existing.map(|place| &self.records[place]) {
            let since = call.header("if-unmodified-since").map(str::parse::<Timestamp>);
            if since.is_some_and(|since| since.is_ok_and(|since| record.modified > since)) {
                return Err(Failure::of("PRECONDITION_FAILED").with(json!({"id": record.id()})));
            }
            if self.is_locked(record.id()) {
                return Err(Failure::of("RECORD_LOCKED").with(json!({"id": record.id()})));
            }
            let differs = |name: &&String| values.get(*name).is_some_and(|value| *value != record.get(name));
            if let Some(name) = self.blueprint.iter().find(differs) {
                let more = json!({"id": record.id()});
                return Err(Failure::at("RECORD_IN_BLUEPRINT", &format!("{path}.{name}"), more));
            }
        }
        Ok(match existing {
            Some(place) => {
                self.change(place, values, now);
                place
            }
            None => self.create(module, values, now),
        })
    }

    /// The values as they are kept, or everything that is wrong with them.
    fn keep(
        &self,
        module: Module,
        existing: Option<usize>,
        given: &Map<String, Value>,
        path: &str,
    ) -> Result<Map<String, Value>, Failure> {
        let mut failures = Vec::new();
        let mut kept = Map::new();
        for (name, value) in given.iter().filter(|(name, _)| !name.starts_with('$')) {
            let path = format!("{path}.{name}");
            match self.fields(module).iter().find(|field| field.name == *name) {
                None if self.ignores_unknown => {}
                None => failures.push(Failure::at("INVALID_DATA", &path, json!({}))),
                Some(field) if field.read_only => {}
                Some(field) => match field.keep(value, &path, &self.users) {
                    Ok(value) => drop(kept.insert(name.clone(), value)),
                    Err(failure) => failures.push(failure),
                },
            }
        }
        let missing = self
            .fields(module)
            .iter()
            .filter(|field| field.mandatory && existing.is_none());
        let missing = missing
            .map(|field| &field.name)
            .filter(|name| !given.contains_key(*name));
        failures.extend(missing.map(|name| Failure::at("MANDATORY_NOT_FOUND", &format!("{path}.{name}"), json!({}))));
        failures.extend(
            self.fields(module)
                .iter()
                .filter(|field| field.unique)
                .filter_map(|field| {
                    let value = kept.get(&field.name)?.as_str()?;
                    let others = self
                        .records
                        .iter()
                        .enumerate()
                        .filter(|(place, _)| Some(*place) != existing);
                    let mut others = others.filter(|(_, other)| other.module == module && !other.is_converted());
                    let (_, other) = others.find(|(_, other)| other.carries(&field.name, value))?;
                    let record = json!({
                        "id": other.id(), "Owner": other.get("Owner"), "module": {"api_name": module.name()},
                    });
                    let more = json!({"id": other.id(), "duplicate_record": record, "more_records": false});
                    Some(Failure::at("DUPLICATE_DATA", &format!("{path}.{}", field.name), more))
                }),
        );
        match Failure::joined(failures) {
            Some(failure) => Err(failure),
            None => Ok(kept),
        }
    }
}

/// The records of a body.
fn records(body: &Map<String, Value>, most: usize) -> Result<&[Value], Failure> {
    let data = body
        .get("data")
        .ok_or_else(|| Failure::at("MANDATORY_NOT_FOUND", "$.data", json!({})))?;
    let data = data
        .as_array()
        .ok_or_else(|| Failure::mistyped("$.data", "jsonarray"))?;
    if data.is_empty() {
        return Err(Failure::at("INVALID_DATA", "$.data", json!({"minimum_length": 1})));
    }
    if data.len() > most {
        return Err(Failure::at("INVALID_DATA", "$.data", json!({"maximum_length": most})));
    }
    Ok(data)
}

/// Refuses automation that does not exist.
fn triggers(body: &Map<String, Value>) -> Result<(), Failure> {
    let Some(asked) = body.get("trigger") else {
        return Ok(());
    };
    let asked = asked
        .as_array()
        .ok_or_else(|| Failure::mistyped("$.trigger", "jsonarray"))?;
    let known = |name: &Value| name.as_str().is_some_and(|name| TRIGGERS.contains(&name));
    match asked.iter().position(|name| !known(name)) {
        Some(place) => Err(Failure::at("INVALID_DATA", &format!("$.trigger[{place}]"), json!({}))),
        None => Ok(()),
    }
}

/// The answer with one entry for each record; `failed` is its status where one was refused.
fn entries(results: Vec<Result<Value, Failure>>, failed: u16) -> Answer {
    let failures: Vec<u16> = results
        .iter()
        .filter_map(|result| result.as_ref().err())
        .map(|it| it.status)
        .collect();
    let status = match failures.as_slice() {
        [] => 200,
        statuses if statuses.contains(&412) => 412,
        _ => failed,
    };
    let entries: Vec<_> = results
        .into_iter()
        .map(|result| result.unwrap_or_else(|failure| failure.json()))
        .collect();
    Answer::json(status, &json!({"data": entries}))
}
