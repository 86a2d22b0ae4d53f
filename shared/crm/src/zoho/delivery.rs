//! How a lead is brought to Zoho: which record it is, and what is written into it.

use serde_json::{Map, Value, json};

use super::api::Api;
use super::fault::{Fault, Kind, credits};
use crate::call::{Answer, Http};
use crate::oauth::{self, HOUR};
use crate::outcome::{End, FieldEnd, Outcome};
use crate::push::{Act, Entry, Push, Write};

/// The stage of a lead, which a blueprint may hold.
const STAGE: &str = "Lead_Status";

/// The owner, who is written by id.
const OWNER: &str = "Owner";

/// How few credits of the day are few: a handful of pushes more, and people there would be locked out as well.
const FEW: i64 = 100;

/// One delivery under way.
pub(super) struct Delivery<'a, H: Http> {
    api: Api<'a, H>,
    id_field: &'a str,
    push: &'a Push<'a>,
    entries: Vec<&'a Entry>,
    makes: bool,
    /// The record's id, once it is known.
    at: Option<String>,
    fields: Vec<(String, FieldEnd)>,
}

impl<'a, H: Http> Delivery<'a, H> {
    /// A delivery of these fields; `makes` is whether a record is made where there is none, and whether refused fields
    /// may be left out.
    pub(super) fn new(
        api: Api<'a, H>,
        id_field: &'a str,
        push: &'a Push<'a>,
        entries: &'a [Entry],
        makes: bool,
    ) -> Self {
        Self {
            api,
            id_field,
            push,
            entries: entries.iter().collect(),
            makes,
            at: push.id.map(str::to_owned),
            fields: Vec::new(),
        }
    }

    /// Runs it, and keeps what was learnt on the way, however it ended.
    pub(super) async fn run(mut self) -> Outcome {
        let mut outcome = self.steps().await.unwrap_or_else(|outcome| outcome);
        outcome.id = outcome.id.or(self.at);
        outcome.fields = self.fields.into_iter().chain(outcome.fields).collect();
        outcome
    }

    /// Writes, and goes on from what is refused. A record that has the value already is followed once, and every field is
    /// left out once at most, so it comes to an end.
    async fn steps(&mut self) -> Result<Outcome, Outcome> {
        if self.at.is_none() {
            self.find().await?;
        }
        let mut followed = false;
        loop {
            let written = match &self.at {
                None if !self.makes => return Err(Outcome::of(End::SetAside).with_code("no_record")),
                None => self.create().await,
                Some(id) => self.update(id).await,
            };
            let Fault { kind, outcome } = match written {
                Ok(outcome) => return Ok(outcome),
                Err(fault) => fault,
            };
            match (kind, self.at.clone()) {
                (Kind::Absent, Some(id)) => return Err(self.absent(&id, outcome).await),
                (Kind::Duplicate(other), at) if self.is_key(&outcome, at.is_none()) => match other {
                    Some(other) if !followed && at.as_ref() != Some(&other) => {
                        followed = true;
                        self.at = Some(other);
                    }
                    _ => return Err(outcome),
                },
                (Kind::Fields | Kind::Duplicate(_), _) if self.leave_out(&outcome, FieldEnd::Dropped) => {}
                (Kind::Blueprint, _) => {
                    let outcome = held(outcome);
                    if !self.leave_out(&outcome, FieldEnd::Kept) {
                        return Err(outcome);
                    }
                }
                _ => return Err(outcome),
            }
        }
    }

    /// Who this is there: the lead that has our id, or the one of this address. An upsert does not see those that were
    /// converted, and would make the person a second time.
    async fn find(&mut self) -> Result<(), Outcome> {
        let mut found = self.api.with(self.id_field, self.push.lead).await?;
        if found.is_empty()
            && let Some(email) = self.push.email.filter(|email| !email.is_empty())
        {
            found = self.api.of_address(email).await?;
        }
        let (closed, open): (Vec<_>, Vec<_>) = found.iter().partition(|lead| is_converted(lead));
        let id = |lead: &Map<String, Value>| lead.get("id").and_then(oauth::id).map(str::to_owned);
        match (&open[..], &closed[..]) {
            ([], []) => Ok(()),
            ([lead], _) => {
                self.at = id(lead);
                Ok(())
            }
            ([], [lead, ..]) => Err(Outcome {
                id: id(lead),
                ..converted()
            }),
            _ => Err(Outcome::of(End::SetAside).with_code("several")),
        }
    }

    /// How it ends where a record that is known cannot be written: it was converted, or it is gone. `outcome` where it is
    /// there all the same.
    async fn absent(&self, id: &str, outcome: Outcome) -> Outcome {
        match self.api.whole(id).await {
            Ok(None) => Outcome {
                end: End::Gone,
                ..outcome
            },
            Ok(Some(lead)) if is_converted(&lead) => Outcome {
                status: outcome.status,
                ..converted()
            },
            Ok(Some(_)) => outcome,
            Err(outcome) => outcome,
        }
    }

    /// Makes the lead. The address and our id are looked at by Zoho once more: somebody may have been faster.
    async fn create(&self) -> Result<Outcome, Fault> {
        let mut lead = Map::new();
        for entry in self.entries.iter().filter(|entry| !entry.value.is_null()) {
            lead.insert(entry.name.clone(), written(entry));
        }
        lead.insert(self.id_field.to_owned(), self.push.lead.into());
        let email = self
            .entries
            .iter()
            .find(|entry| entry.key == Some(Act::Email) && !crate::wire::is_empty(Some(&entry.value)));
        let same: Vec<&str> = [self.id_field]
            .into_iter()
            .chain(email.map(|entry| entry.name.as_str()))
            .collect();
        let (answer, id) = self.api.upsert(&lead, &same).await?;
        Ok(done(&answer, &id))
    }

    /// Changes a record that is there.
    async fn update(&self, id: &str) -> Result<Outcome, Fault> {
        let present = self.present(id).await?;
        let mut lead = Map::new();
        for entry in &self.entries {
            let free = match entry.write {
                Write::Create => false,
                Write::IfEmpty => !entry.value.is_null() && crate::wire::is_empty(present.get(&entry.name)),
                // A record always has an owner: that we know of none changes nothing.
                Write::Always => !(entry.value.is_null() && entry.name == OWNER),
            };
            if free {
                lead.insert(entry.name.clone(), written(entry));
            }
        }
        if self.makes {
            lead.insert(self.id_field.to_owned(), self.push.lead.into());
        }
        let answer = self.api.update(id, &lead).await?;
        Ok(done(&answer, id))
    }

    /// What stands there in the fields that are written only where there is nothing.
    async fn present(&self, id: &str) -> Result<Map<String, Value>, Fault> {
        let asks = |entry: &&&Entry| entry.write == Write::IfEmpty && !entry.value.is_null() && !self.is_id(entry);
        let asked: Vec<&str> = self
            .entries
            .iter()
            .filter(asks)
            .map(|entry| entry.name.as_str())
            .collect();
        if asked.is_empty() {
            return Ok(Map::new());
        }
        let present = self.api.lead(id, &asked).await?.ok_or_else(|| Outcome::of(End::Gone))?;
        if is_converted(&present) {
            return Err(converted().into());
        }
        Ok(present)
    }

    /// Whether a value that another record has already is a key by which that record is ours. The address is one only as
    /// long as none is known: a record that is ours stays it.
    fn is_key(&self, refused: &Outcome, making: bool) -> bool {
        let [(name, _)] = &refused.fields[..] else {
            return false;
        };
        let email = |entry: &&Entry| entry.key == Some(Act::Email) && entry.name == *name;
        name == self.id_field || (making && self.entries.iter().any(email))
    }

    /// Leaves out what was refused, if the record goes without it; whether it does.
    fn leave_out(&mut self, refused: &Outcome, end: FieldEnd) -> bool {
        let goes = |name: &str| {
            let entry = self.entries.iter().find(|entry| entry.name == name);
            entry.is_some_and(|entry| entry.drop && entry.key.is_none() && !self.is_id(entry))
        };
        let all = self.makes && !refused.fields.is_empty() && refused.fields.iter().all(|(name, _)| goes(name));
        if all {
            for (name, _) in &refused.fields {
                self.entries.retain(|entry| entry.name != *name);
                self.fields.push((name.clone(), end));
            }
        }
        all
    }

    fn is_id(&self, entry: &Entry) -> bool {
        entry.key == Some(Act::Id) || entry.name == self.id_field
    }
}

/// Whether a lead lives on as something else, in the words of either description.
pub(super) fn is_converted(lead: &Map<String, Value>) -> bool {
    ["$converted", "Converted__s"]
        .iter()
        .any(|flag| lead.get(*flag) == Some(&Value::Bool(true)))
}

/// The end of a lead that was converted: it is read-only, and a second one is not made of the person.
fn converted() -> Outcome {
    Outcome::of(End::SetAside).with_code("converted")
}

/// A blueprint's refusal with the field that it holds: the stage, where it names none.
fn held(outcome: Outcome) -> Outcome {
    match outcome.fields.is_empty() {
        true => Outcome {
            fields: vec![(STAGE.to_owned(), FieldEnd::Refused)],
            ..outcome
        },
        false => outcome,
    }
}

/// A value as Zoho takes it: people stand for themselves, by id.
fn written(entry: &Entry) -> Value {
    match (entry.name.as_str(), &entry.value) {
        (OWNER, owner @ (Value::String(_) | Value::Number(_))) => {
            let id = owner.as_str().map_or_else(|| owner.to_string(), str::to_owned);
            json!({"id": id})
        }
        (_, value) => value.clone(),
    }
}

/// The end of a write that was taken.
fn done(answer: &Answer, id: &str) -> Outcome {
    let few = credits(answer).is_some_and(|left| left <= FEW);
    Outcome {
        rest: few.then_some(HOUR),
        ..Outcome::of(End::Delivered).with_status(answer.status).with_id(id)
    }
}
