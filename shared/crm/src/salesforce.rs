//! Salesforce: leads under our id, and the contacts that they become.

mod api;
mod delivery;
mod fault;
mod record;
#[cfg(test)]
mod tests;
mod token;

use serde_json::{Map, Value};

use self::api::Api;
use self::delivery::{CONVERSION, Delivery, follow, is_converted};
use self::fault::Kind;
use self::record::Record;
use crate::Crm;
use crate::call::Http;
use crate::outcome::{End, Outcome};
use crate::push::{Entry, Link, Present, Push, RemoteField, Token, Write};
use crate::secret::Secret;

/// The field of somebody who wants no mail, on leads and contacts.
const OPT_OUT: &str = "HasOptedOutOfEmail";

/// Salesforce, as one account has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salesforce {
    /// Their name of the field that holds our id.
    pub id_field: String,
    /// Their names of every field that the file writes or reads back.
    pub reads: Vec<String>,
}

impl Crm for Salesforce {
    async fn token(&self, http: &impl Http, secret: &Secret, url: Option<&str>) -> Result<Token, Outcome> {
        token::token(http, secret, url).await
    }

    async fn push(&self, link: &Link<'_, impl Http>, push: &Push<'_>) -> Outcome {
        Delivery::new(self.api(link), push, push.entries, true).run().await
    }

    async fn opt_out(&self, link: &Link<'_, impl Http>, push: &Push<'_>) -> Outcome {
        let no = Entry {
            name: OPT_OUT.to_owned(),
            value: true.into(),
            write: Write::Always,
            drop: false,
            key: None,
        };
        Delivery::new(self.api(link), push, &[no], false).run().await
    }

    async fn erase(&self, link: &Link<'_, impl Http>, id: &str) -> Outcome {
        self.delete(link, id).await.unwrap_or_else(|outcome| outcome)
    }

    async fn read(&self, link: &Link<'_, impl Http>, id: &str) -> Result<Option<Present>, Outcome> {
        let api = self.api(link);
        let record = Record::of(id);
        let Some(values) = self.values(&api, &record).await? else {
            return Ok(None);
        };
        let mut opted_out = values.get(OPT_OUT) == Some(&Value::Bool(true));
        let mut id = record.id();
        if is_converted(&values)
            && let Some(contact @ Record::Contact(_)) = follow(&values)
        {
            // Whoever says no after the conversion says it to the contact.
            let theirs = api
                .fields(&contact, &["Id", OPT_OUT])
                .await
                .map_err(|fault| fault.outcome)?;
            opted_out |= theirs.is_some_and(|theirs| theirs.get(OPT_OUT) == Some(&Value::Bool(true)));
            id = contact.id();
        }
        let lead = values.get(&self.id_field).and_then(Value::as_str).map(str::to_owned);
        Ok(Some(Present {
            id,
            lead,
            values,
            opted_out,
        }))
    }

    async fn fields(&self, link: &Link<'_, impl Http>) -> Result<Vec<RemoteField>, Outcome> {
        let described = self.api(link).describe().await?;
        let fields = described.get("fields").and_then(Value::as_array).into_iter().flatten();
        Ok(fields.filter_map(field).collect())
    }
}

impl Salesforce {
    fn api<'a, H: Http>(&'a self, link: &Link<'a, H>) -> Api<'a, H> {
        Api {
            http: link.http,
            token: link.token,
            id_field: &self.id_field,
        }
    }

    /// All values of a record that are asked for. A contact need not have the fields that were made for leads: what it
    /// does not know is asked no more.
    async fn values<H: Http>(&self, api: &Api<'_, H>, record: &Record) -> Result<Option<Map<String, Value>>, Outcome> {
        let mut asked: Vec<&str> = match record {
            Record::Lead(_) => CONVERSION.to_vec(),
            Record::Contact(_) => vec!["Id"],
        };
        let own = self
            .reads
            .iter()
            .map(String::as_str)
            .chain([self.id_field.as_str(), OPT_OUT]);
        for name in own.filter(|name| record.has(name)) {
            if !asked.contains(&name) {
                asked.push(name);
            }
        }
        loop {
            let fault = match api.fields(record, &asked).await {
                Ok(values) => return Ok(values),
                Err(fault) => fault,
            };
            let unknown = |name: &&str| fault.outcome.fields.iter().any(|(field, _)| field == name);
            let before = asked.len();
            if fault.kind == Kind::Fields && matches!(record, Record::Contact(_)) {
                asked.retain(|name| *name == OPT_OUT || !unknown(name));
            }
            match fault.outcome.end {
                End::Gone => return Ok(None),
                _ if asked.len() < before => {}
                _ => return Err(fault.outcome),
            }
        }
    }

    /// Deletes a lead and the contact it was converted into. The record that is asked for goes last: as long as it is
    /// there, a try that was cut finds the other one by it.
    async fn delete(&self, link: &Link<'_, impl Http>, id: &str) -> Result<Outcome, Outcome> {
        let api = self.api(link);
        let record = Record::of(id);
        let read = |fault: fault::Fault| fault.outcome;
        let others: Vec<Record> = match &record {
            Record::Lead(_) => match api.fields(&record, &CONVERSION).await.map_err(read) {
                Ok(values) => values.as_ref().and_then(follow).into_iter().collect(),
                Err(outcome) if outcome.end == End::Gone => Vec::new(),
                Err(outcome) => return Err(outcome),
            },
            Record::Contact(contact) => {
                let leads = api
                    .query(&["Id"], "Lead", "ConvertedContactId", contact)
                    .await
                    .map_err(read)?;
                leads.iter().filter_map(follow).collect()
            }
        };
        let mut binned = false;
        for record in others.iter().filter(|other| **other != record).chain([&record]) {
            binned |= api.delete(record).await?;
        }
        // For good only a bulk job deletes, with a right of its own.
        Ok(match binned {
            true => Outcome::of(End::SetAside).with_code("bin_only").with_status(204),
            false => Outcome::of(End::Delivered).with_status(404),
        })
    }
}

/// A field of a description.
fn field(told: &Value) -> Option<RemoteField> {
    let name = told["name"].as_str()?.to_owned();
    let is = |flag: &str| told[flag].as_bool();
    let options: Vec<&Value> = told["picklistValues"].as_array().into_iter().flatten().collect();
    let filled = is("defaultedOnCreate") == Some(true) || options.iter().any(|option| option["defaultValue"] == true);
    let options = options
        .iter()
        .filter(|option| option["active"].as_bool() != Some(false));
    let kind = told["type"].as_str().unwrap_or_default().to_owned();
    Some(RemoteField {
        label: told["label"].as_str().unwrap_or(&name).to_owned(),
        options: options
            .filter_map(|option| option["value"].as_str())
            .map(str::to_owned)
            .collect(),
        length: told["length"]
            .as_u64()
            .and_then(|length| length.try_into().ok())
            .filter(|length| *length > 0),
        unique: is("unique") == Some(true),
        // What is filled in by itself can be left out all the same; a boolean always is.
        required: is("nillable") == Some(false) && is("createable") != Some(false) && !filled && kind != "boolean",
        writable: is("createable") != Some(false) && is("updateable") != Some(false),
        kind,
        name,
    })
}
