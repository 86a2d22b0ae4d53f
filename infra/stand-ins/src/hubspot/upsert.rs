//! Many contacts in one call: each has its own outcome.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Hubspot;
use super::answers::{Answer, Outcome, Refusal};
use super::call::{self, Call};
use super::contacts::Hand;

/// The most records of a batch.
const MOST: usize = 100;
const MEMBERS: [&str; 4] = ["id", "idProperty", "objectWriteTraceId", "properties"];

/// One record of a batch.
struct Input {
    id: String,
    by: Option<String>,
    trace: Option<String>,
    properties: Vec<(String, String)>,
}

impl Input {
    fn read(value: &Value) -> Result<Self, Refusal> {
        let members = call::members(value, &MEMBERS)?;
        Ok(Self {
            id: call::due(members, "id")?.into(),
            by: call::text(members, "idProperty")?.map(str::to_owned),
            trace: call::text(members, "objectWriteTraceId")?.map(str::to_owned),
            properties: call::texts(members)?,
        })
    }
}

impl Hubspot {
    /// A body that does not hold is refused as a whole; a record that does not is told among the errors.
    pub(super) fn upsert(&mut self, call: &Call, now: Timestamp) -> Outcome {
        let members = call::members(&call.body, &["inputs"])?;
        let inputs = members
            .get("inputs")
            .and_then(Value::as_array)
            .filter(|all| (1..=MOST).contains(&all.len()));
        let inputs = inputs.ok_or_else(|| Refusal::invalid(format!("inputs has to hold 1 to {MOST} records")))?;
        let inputs = inputs.iter().map(Input::read).collect::<Result<Vec<_>, _>>()?;
        let keys: BTreeSet<_> = inputs.iter().map(|one| (&one.by, &one.id)).collect();
        if keys.len() < inputs.len() {
            return Err(Refusal::invalid("Duplicate IDs found in batch input"));
        }
        self.events.clear();
        let (mut results, mut errors) = (Vec::new(), Vec::new());
        for input in &inputs {
            match self.upsert_one(input, now) {
                Ok(result) => results.push(result),
                Err(refusal) => {
                    let mut context = json!({"id": [input.id]});
                    if let Some(trace) = &input.trace {
                        context["objectWriteTraceId"] = json!([trace]);
                    }
                    errors.push(refusal.body(context));
                }
            }
        }
        let mut body = json!({
            "status": "COMPLETE", "startedAt": now.to_string(), "completedAt": now.to_string(), "results": results,
        });
        if !errors.is_empty() {
            body["numErrors"] = errors.len().into();
            body["errors"] = errors.into();
        }
        Ok(Answer::ok(body))
    }

    fn upsert_one(&mut self, input: &Input, now: Timestamp) -> Outcome<Value> {
        let found = self.find(input.by.as_deref(), &input.id)?;
        let mut given = input.properties.clone();
        match input.by.as_deref() {
            None | Some("hs_object_id") if found.is_none() => return Err(Refusal::of(404)),
            None | Some("hs_object_id") => {}
            // By address, a body that leaves out properties is not supported: it has to bring the address at least.
            Some("email") if !given.iter().any(|(name, _)| name == "email") => {
                return Err(Refusal::invalid(
                    "Partial upserts are not supported when idProperty is email",
                ));
            }
            Some(by) if found.is_none() && !given.iter().any(|(name, _)| name == by) => {
                given.push((by.into(), input.id.clone()));
            }
            Some(_) => {}
        }
        let id = self.write(found, &given, Hand::Api, now)?;
        let mut result = self.present(id, &given);
        result["new"] = found.is_none().into();
        if let Some(trace) = &input.trace {
            result["objectWriteTraceId"] = trace.as_str().into();
        }
        Ok(result)
    }
}
