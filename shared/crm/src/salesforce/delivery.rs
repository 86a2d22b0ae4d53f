//! How a lead is brought to Salesforce: which record it is, and what is written into it.

use serde_json::{Map, Value};

use super::api::Api;
use super::fault::{Fault, Kind, fault};
use super::record::Record;
use crate::call::{Answer, Http, Method};
use crate::oauth::{self, HOUR};
use crate::outcome::{End, FieldEnd, Outcome};
use crate::push::{Act, Entry, Push, Write};

/// What tells whether a lead was converted, and into whom.
pub(super) const CONVERSION: [&str; 3] = ["Id", "IsConverted", "ConvertedContactId"];

/// How many records that a duplicate rule names are read: one of them is ours, or a person has to look anyway.
const MATCHES: usize = 10;

/// One delivery under way.
pub(super) struct Delivery<'a, H: Http> {
    api: Api<'a, H>,
    push: &'a Push<'a>,
    entries: Vec<&'a Entry>,
    makes: bool,
    /// The record, once it is known.
    at: Option<Record>,
    fields: Vec<(String, FieldEnd)>,
    several: bool,
}

impl<'a, H: Http> Delivery<'a, H> {
    /// A delivery of these fields; `makes` is whether a record is made where there is none, and whether refused fields
    /// may be left out.
    pub(super) fn new(api: Api<'a, H>, push: &'a Push<'a>, entries: &'a [Entry], makes: bool) -> Self {
        Self {
            api,
            push,
            entries: entries.iter().collect(),
            makes,
            at: push.id.map(Record::of),
            fields: Vec::new(),
            several: false,
        }
    }

    /// Runs it, and keeps what was learnt on the way, however it ended.
    pub(super) async fn run(mut self) -> Outcome {
        let mut outcome = self.steps().await.unwrap_or_else(|outcome| outcome);
        outcome.id = outcome.id.or_else(|| self.at.as_ref().map(Record::id));
        outcome.several |= self.several;
        outcome.fields = self.fields.into_iter().chain(outcome.fields).collect();
        outcome
    }

    /// Writes, and goes on from what is refused. A conversion, a rule and an id that is taken are followed once each, and
    /// every field is left out once at most, so it comes to an end.
    async fn steps(&mut self) -> Result<Outcome, Outcome> {
        if self.at.is_none() {
            self.at = self.find().await?;
        }
        let mut looked = false;
        loop {
            let written = match &self.at {
                None if !self.makes => return Err(Outcome::of(End::SetAside).with_code("no_record")),
                None => self.create().await,
                Some(record) => self.update(record).await,
            };
            let Fault { kind, outcome } = match written {
                Ok(outcome) => return Ok(outcome),
                Err(fault) => fault,
            };
            match (kind, self.at.clone()) {
                (Kind::Fields, _) if self.leave_out(&outcome) => {}
                (Kind::Converted, Some(record @ Record::Lead(_))) => {
                    self.at = Some(self.contact_of(&record, outcome).await?)
                }
                (Kind::Duplicates(records), None) => self.at = Some(self.same_address(&records, outcome).await?),
                (Kind::Taken, _) if !looked => {
                    looked = true;
                    self.at = self.find().await?;
                }
                (Kind::Absent, Some(_)) => {
                    return Err(Outcome {
                        end: End::Gone,
                        ..outcome
                    });
                }
                _ => return Err(outcome),
            }
        }
    }

    /// Who this is there: the lead that has our id, or the one person with this address, a lead before a contact.
    async fn find(&mut self) -> Result<Option<Record>, Outcome> {
        let ended = |fault: Fault| match fault.outcome.status {
            Some(300) => several(),
            _ => fault.outcome,
        };
        if let Some(lead) = self.api.lead_of(self.push.lead, &CONVERSION).await.map_err(ended)? {
            return Ok(follow(&lead));
        }
        let Some(email) = self.push.email.filter(|email| !email.is_empty()) else {
            return Ok(None);
        };
        let leads = self
            .api
            .query(&CONVERSION, "Lead", "Email", email)
            .await
            .map_err(ended)?;
        let contacts = self
            .api
            .query(&["Id"], "Contact", "Email", email)
            .await
            .map_err(ended)?;
        let (closed, open): (Vec<_>, Vec<_>) = leads.iter().partition(|lead| is_converted(lead));
        let mut contacts: Vec<Record> = contacts.iter().filter_map(follow).collect();
        if let [lead] = open[..] {
            self.several = !contacts.is_empty();
            return Ok(follow(lead));
        }
        if contacts.is_empty() {
            // The address has changed since, on the contact alone.
            contacts = closed.into_iter().filter_map(follow).collect();
            contacts.sort();
            contacts.dedup();
        }
        match (open.len(), &contacts[..]) {
            (0, []) => Ok(None),
            (0, [contact]) => Ok(Some(contact.clone())),
            _ => Err(several()),
        }
    }

    /// The contact that a lead was converted into; `outcome` if there is none.
    async fn contact_of(&self, lead: &Record, outcome: Outcome) -> Result<Record, Outcome> {
        let values = self
            .api
            .fields(lead, &CONVERSION)
            .await
            .map_err(|fault| fault.outcome)?;
        let contact = values.as_ref().and_then(follow);
        contact
            .filter(|record| matches!(record, Record::Contact(_)))
            .ok_or(outcome)
    }

    /// The one among these that has the address of the lead: somebody was faster. `outcome` where it is not just one.
    async fn same_address(&self, records: &[Record], outcome: Outcome) -> Result<Record, Outcome> {
        let mut same = Vec::new();
        for record in records.iter().take(MATCHES) {
            let asked: &[&str] = match record {
                Record::Lead(_) => &["Id", "Email", "IsConverted", "ConvertedContactId"],
                Record::Contact(_) => &["Id", "Email"],
            };
            let values = self.api.fields(record, asked).await.map_err(|fault| fault.outcome)?;
            let values = values.unwrap_or_default();
            let theirs = values.get("Email").and_then(Value::as_str);
            if theirs
                .zip(self.push.email)
                .is_some_and(|(theirs, ours)| theirs.eq_ignore_ascii_case(ours))
            {
                same.extend(follow(&values).filter(|record| !same.contains(record)));
            }
        }
        match &same[..] {
            [record] if records.len() <= MATCHES => Ok(record.clone()),
            _ => Err(outcome),
        }
    }

    /// Makes the lead, under our id: whatever was cut before, there is one at most.
    async fn create(&self) -> Result<Outcome, Fault> {
        let written = self
            .entries
            .iter()
            .filter(|entry| !self.is_id(entry) && !entry.value.is_null());
        let body: Map<String, Value> = written.map(|entry| (entry.name.clone(), entry.value.clone())).collect();
        let (field, ours) = (
            crate::wire::escape(self.api.id_field),
            crate::wire::escape(self.push.lead),
        );
        let path = format!("sobjects/Lead/{field}/{ours}");
        let answer = self
            .api
            .call(Method::Patch, &path, Some(&Value::Object(body.clone())))
            .await?;
        let id = match answer.status {
            200 | 201 => {
                let json = answer.json().unwrap_or_default();
                match (json["success"].as_bool(), oauth::id(&json["id"])) {
                    (Some(true), Some(id)) => id.to_owned(),
                    (Some(false), _) => return Err(fault(&answer, &names(&body), self.api.id_field)),
                    _ => return Err(oauth::unreadable(&answer, End::Unknown).into()),
                }
            }
            204 => {
                let lead = self.api.lead_of(self.push.lead, &["Id"]).await?.unwrap_or_default();
                lead.get("Id")
                    .and_then(oauth::id)
                    .map(str::to_owned)
                    .ok_or_else(|| oauth::unreadable(&answer, End::Unknown))?
            }
            202..=299 => return Err(oauth::unreadable(&answer, End::Unknown).into()),
            300 => return Err(several().into()),
            _ => return Err(fault(&answer, &names(&body), self.api.id_field)),
        };
        Ok(self.done(&answer, &Record::Lead(id), &body).await)
    }

    /// Changes a record that is there.
    async fn update(&self, record: &Record) -> Result<Outcome, Fault> {
        let fits = |entry: &&&Entry| entry.write != Write::Create && record.has(&entry.name);
        let entries: Vec<&Entry> = self.entries.iter().filter(fits).copied().collect();
        let present = self.present(record, &entries).await?;
        let mut body = Map::new();
        for entry in entries {
            let free = match entry.write {
                _ if self.is_id(entry) => true,
                Write::Create => false,
                Write::IfEmpty => !entry.value.is_null() && crate::wire::is_empty(present.get(&entry.name)),
                // A record always has an owner: that we know of none changes nothing.
                Write::Always => !(entry.value.is_null() && entry.name == "OwnerId"),
            };
            if free {
                body.insert(entry.name.clone(), entry.value.clone());
            }
        }
        if self.makes && !self.left_out(self.api.id_field) {
            body.insert(self.api.id_field.to_owned(), self.push.lead.into());
        }
        let answer = self
            .api
            .call(Method::Patch, &record.path(), Some(&Value::Object(body.clone())))
            .await?;
        match answer.status {
            204 => Ok(self.done(&answer, record, &body).await),
            200..=299 => Err(oauth::unreadable(&answer, End::Later(None)).into()),
            _ => Err(fault(&answer, &names(&body), self.api.id_field)),
        }
    }

    /// What stands there in the fields that are written only where there is nothing.
    async fn present(&self, record: &Record, entries: &[&Entry]) -> Result<Map<String, Value>, Fault> {
        let asks = |entry: &&&Entry| entry.write == Write::IfEmpty && !entry.value.is_null() && !self.is_id(entry);
        let mut asked: Vec<&str> = entries.iter().filter(asks).map(|entry| entry.name.as_str()).collect();
        if asked.is_empty() {
            return Ok(Map::new());
        }
        match record {
            Record::Lead(_) => asked.extend(CONVERSION),
            Record::Contact(_) => asked.push("Id"),
        }
        let present = self
            .api
            .fields(record, &asked)
            .await?
            .ok_or_else(|| Outcome::of(End::Gone).with_status(404))?;
        if matches!(record, Record::Lead(_)) && is_converted(&present) {
            let outcome = Outcome::of(End::SetAside).with_code("CANNOT_UPDATE_CONVERTED_LEAD");
            return Err(Fault {
                kind: Kind::Converted,
                outcome,
            });
        }
        Ok(present)
    }

    /// The end of a write that was taken.
    async fn done(&self, answer: &Answer, record: &Record, body: &Map<String, Value>) -> Outcome {
        let mut outcome = Outcome::of(End::Delivered)
            .with_status(answer.status)
            .with_id(record.id());
        outcome.rest = near_limit(answer).then_some(HOUR);
        let without = self
            .entries
            .iter()
            .filter(|entry| entry.write != Write::Create && !record.has(&entry.name));
        outcome
            .fields
            .extend(without.map(|entry| (entry.name.clone(), FieldEnd::Dropped)));
        // An answer says nothing of values, and a stage is what the owner's own rules move back.
        if let Some(status) = body.get("Status").filter(|status| !status.is_null()) {
            let now = self.api.fields(record, &["Status"]).await;
            if let Ok(Some(now)) = now
                && now.get("Status").is_some_and(|now| now != status)
            {
                outcome.fields.push(("Status".to_owned(), FieldEnd::Kept));
            }
        }
        outcome
    }

    /// Leaves out what was refused, if the record goes without it; whether it does. A contact need not have the fields
    /// that were made for leads, our id among them.
    fn leave_out(&mut self, refused: &Outcome) -> bool {
        let unknown = matches!(self.at, Some(Record::Contact(_))) && refused.code.as_deref() == Some("INVALID_FIELD");
        let goes = |name: &str| match self.entries.iter().find(|entry| entry.name == name) {
            Some(entry) => (entry.drop && entry.key.is_none()) || (unknown && entry.key != Some(Act::Email)),
            None => unknown && name == self.api.id_field && !self.left_out(name),
        };
        let all = self.makes && refused.fields.iter().all(|(name, _)| goes(name));
        if all {
            let names = refused.fields.iter().map(|(name, _)| name);
            self.entries
                .retain(|entry| names.clone().all(|name| *name != entry.name));
            self.fields.extend(names.map(|name| (name.clone(), FieldEnd::Dropped)));
        }
        all
    }

    fn left_out(&self, name: &str) -> bool {
        self.fields.iter().any(|(left, _)| left == name)
    }

    fn is_id(&self, entry: &Entry) -> bool {
        entry.key == Some(Act::Id) || entry.name == self.api.id_field
    }
}

/// Whether a lead lives on as something else.
pub(super) fn is_converted(values: &Map<String, Value>) -> bool {
    values.get("IsConverted") == Some(&Value::Bool(true))
}

/// Where a record that was found lives now; `None` if it has no id.
pub(super) fn follow(values: &Map<String, Value>) -> Option<Record> {
    let contact = values.get("ConvertedContactId").and_then(oauth::id);
    match contact.filter(|_| is_converted(values)) {
        Some(contact) => Some(Record::Contact(contact.to_owned())),
        None => values.get("Id").and_then(oauth::id).map(Record::of),
    }
}

/// The end where a person has to say who it is.
fn several() -> Outcome {
    Outcome::of(End::SetAside).with_code("several")
}

fn names(body: &Map<String, Value>) -> Vec<&str> {
    body.keys().map(String::as_str).collect()
}

/// Whether more than 95 % of the calls of a day are used.
fn near_limit(answer: &Answer) -> bool {
    let usage = answer.header("sforce-limit-info").and_then(|info| {
        let (used, rest) = info.split_once("api-usage=")?.1.split_once('/')?;
        let allowed: String = rest.chars().take_while(char::is_ascii_digit).collect();
        Some((used.trim().parse::<u64>().ok()?, allowed.parse::<u64>().ok()?))
    });
    usage.is_some_and(|(used, allowed)| used.saturating_mul(100) > allowed.saturating_mul(95))
}
