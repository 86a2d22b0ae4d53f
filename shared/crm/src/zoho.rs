//! Zoho: leads under our id, in the data centre of their account.

mod api;
mod delivery;
mod fault;
#[cfg(test)]
mod tests;
mod token;

use serde_json::{Map, Value};

use self::api::Api;
use self::delivery::Delivery;
use self::fault::Kind;
use crate::Crm;
use crate::call::Http;
use crate::outcome::{End, Outcome, Reason};
use crate::push::{Entry, Link, Present, Push, RemoteField, Token, Write};
use crate::secret::Secret;

/// The field of somebody who wants no mail.
const OPT_OUT: &str = "Email_Opt_Out";

/// Zoho, as one account has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zoho {
    /// Their name of the field that holds our id.
    pub id_field: String,
    /// Their names of every field that the file writes or reads back.
    pub reads: Vec<String>,
}

impl Crm for Zoho {
    async fn token(&self, http: &impl Http, secret: &Secret, url: Option<&str>) -> Result<Token, Outcome> {
        token::token(http, secret, url).await
    }

    async fn push(&self, link: &Link<'_, impl Http>, push: &Push<'_>) -> Outcome {
        Delivery::new(api(link), &self.id_field, push, push.entries, true)
            .run()
            .await
    }

    async fn opt_out(&self, link: &Link<'_, impl Http>, push: &Push<'_>) -> Outcome {
        let no = Entry {
            name: OPT_OUT.to_owned(),
            value: true.into(),
            write: Write::Always,
            drop: false,
            key: None,
        };
        Delivery::new(api(link), &self.id_field, push, &[no], false).run().await
    }

    async fn erase(&self, link: &Link<'_, impl Http>, id: &str) -> Outcome {
        delete(&api(link), id).await.unwrap_or_else(|outcome| outcome)
    }

    async fn read(&self, link: &Link<'_, impl Http>, id: &str) -> Result<Option<Present>, Outcome> {
        let mut asked: Vec<&str> = Vec::new();
        for name in self
            .reads
            .iter()
            .map(String::as_str)
            .chain([self.id_field.as_str(), OPT_OUT])
        {
            if !asked.contains(&name) {
                asked.push(name);
            }
        }
        let found = api(link).lead(id, &asked).await?;
        Ok(found.map(|values| Present {
            id: values.get("id").and_then(Value::as_str).unwrap_or(id).to_owned(),
            lead: values.get(&self.id_field).and_then(Value::as_str).map(str::to_owned),
            opted_out: values.get(OPT_OUT) == Some(&Value::Bool(true)),
            values,
        }))
    }

    async fn fields(&self, link: &Link<'_, impl Http>) -> Result<Vec<RemoteField>, Outcome> {
        let described = api(link).described().await?;
        Ok(described.iter().filter_map(field).collect())
    }
}

fn api<'a, H: Http>(link: &Link<'a, H>) -> Api<'a, H> {
    Api {
        http: link.http,
        token: link.token,
    }
}

/// Deletes a lead, and empties the bin of it.
async fn delete<H: Http>(api: &Api<'_, H>, id: &str) -> Result<Outcome, Outcome> {
    let converted = api.whole(id).await?.is_some_and(|lead| delivery::is_converted(&lead));
    let there = api.delete(id).await?;
    // One that was not there may lie in the bin, since a try that was cut or by a person's hand.
    let (lies, outcome) = match api.forget(id).await {
        Ok(answer) => (false, Outcome::of(End::Delivered).with_status(answer.status)),
        Err(fault) => {
            let fields = Vec::new();
            let lies = there || fault.kind != Kind::Absent;
            (
                lies,
                Outcome {
                    fields,
                    ..fault.outcome
                },
            )
        }
    };
    let task = |code: &str| {
        Outcome {
            end: End::SetAside,
            ..outcome.clone()
        }
        .with_code(code)
    };
    Ok(match outcome.end {
        // The contact that it became is nothing that we reach.
        End::Delivered if converted => task("converted"),
        // The bin has a right of its own: a task for a person, and no reason to hold everybody else back.
        End::Pause(Reason::Forbidden, _) => task("bin_only"),
        End::SetAside if lies => task("bin_only"),
        // Neither among the leads nor in the bin.
        End::SetAside => Outcome {
            end: End::Delivered,
            ..outcome
        },
        _ => outcome,
    })
}

/// A field of a description.
fn field(told: &Map<String, Value>) -> Option<RemoteField> {
    let text = |member: &str| told.get(member).and_then(Value::as_str);
    let name = text("api_name")?.to_owned();
    let options = told
        .get("pick_list_values")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let value = |option: &Value| {
        option["actual_value"]
            .as_str()
            .or_else(|| option["display_value"].as_str())
            .map(str::to_owned)
    };
    let length = told
        .get("length")
        .and_then(Value::as_u64)
        .and_then(|length| length.try_into().ok());
    Some(RemoteField {
        label: text("field_label").unwrap_or(&name).to_owned(),
        kind: text("data_type").unwrap_or_default().to_owned(),
        options: options.filter_map(value).collect(),
        length: length.filter(|length| *length > 0),
        // An empty object is how a field says that it is not.
        unique: match told.get("unique") {
            Some(Value::Object(unique)) => !unique.is_empty(),
            Some(unique) => unique == true,
            None => false,
        },
        required: told.get("system_mandatory") == Some(&Value::Bool(true)),
        writable: told.get("read_only") != Some(&Value::Bool(true))
            && told.get("field_read_only") != Some(&Value::Bool(true)),
        name,
    })
}
