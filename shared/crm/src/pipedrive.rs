//! Pipedrive: persons and, where the file names its fields, a lead card on each.
//!
//! Nothing is unique there and there is no upsert: a person is looked for by the id that we remember, by our own id, by
//! the address, and only then made. The search may lag; whoever calls after a create of unknown outcome waits first.

mod answers;
mod cards;
mod fields;
#[cfg(test)]
mod tests;
mod values;

use serde_json::{Map, Value, json};

use self::answers::{Said, hear, rest};
use self::values::{CARD, asks_first, came_back, flat, is_list, person, readable, standing};
use crate::wire::{Due, Stop, Talk, differs, escape, id, is_empty, is_wanted, written_key};
use crate::{Crm, End, Entry, FieldEnd, Http, Link, Method, Outcome, Present, Push, RemoteField, Secret, Token};

const BASE: &str = "https://api.pipedrive.com";
const PERSONS: &str = "/api/v2/persons";
const LEADS: &str = "/api/v1/leads";
/// What they call a no to mail; it needs their Campaigns.
const MARKETING: &str = "marketing_status";

/// Pipedrive, as one account has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipedrive {
    /// Their name of the field that holds our id.
    pub id_field: String,
    /// Their names of every field that the file writes or reads back.
    pub reads: Vec<String>,
}

impl Crm for Pipedrive {
    async fn token(&self, _: &impl Http, secret: &Secret, url: Option<&str>) -> Result<Token, Outcome> {
        written_key(secret, url, BASE).map_err(|stop| Outcome {
            code: stop.code,
            ..Outcome::of(stop.end)
        })
    }

    async fn push(&self, link: &Link<'_, impl Http>, push: &Push<'_>) -> Outcome {
        let mut talk = Talk::new(link, push.id);
        let end = deliver(&mut talk, push).await;
        talk.finish(end)
    }

    async fn opt_out(&self, link: &Link<'_, impl Http>, push: &Push<'_>) -> Outcome {
        let mut talk = Talk::new(link, push.id);
        let end = refuse_mail(&mut talk, push).await;
        talk.finish(end)
    }

    /// Their bin empties itself after 30 days, so what is in it is as good as gone.
    async fn erase(&self, link: &Link<'_, impl Http>, id: &str) -> Outcome {
        let mut talk = Talk::new(link, Some(id));
        let end = erase(&mut talk, id).await;
        talk.finish(end)
    }

    async fn read(&self, link: &Link<'_, impl Http>, id: &str) -> Result<Option<Present>, Outcome> {
        let mut talk = Talk::new(link, Some(id));
        match self.present(&mut talk, id).await {
            Ok(present) => Ok(present),
            Err(stop) => Err(talk.finish(Err(stop))),
        }
    }

    async fn fields(&self, link: &Link<'_, impl Http>) -> Result<Vec<RemoteField>, Outcome> {
        let mut talk = Talk::new(link, None);
        let mut fields = match fields::of_persons(&mut talk).await {
            Ok(fields) => fields,
            Err(stop) => return Err(talk.finish(Err(stop))),
        };
        match cards::fields(&mut talk, &self.reads).await {
            Ok(more) => fields.extend(more),
            Err(stop) => return Err(talk.finish(Err(stop))),
        }
        Ok(fields)
    }
}

impl Pipedrive {
    async fn present<H: Http>(&self, talk: &mut Talk<'_, H>, id: &str) -> Result<Option<Present>, Stop> {
        let Some(values) = look(talk, id).await? else {
            return Ok(None);
        };
        let lead = values
            .get(&self.id_field)
            .and_then(Value::as_str)
            .filter(|lead| !lead.is_empty())
            .map(str::to_owned);
        let mut present = Present {
            id: wire_id(&values).unwrap_or_else(|| id.to_owned()),
            opted_out: values.get(MARKETING).is_some_and(is_no),
            values: readable(values),
            lead,
        };
        if let Some(lead) = present
            .lead
            .as_deref()
            .filter(|_| self.reads.iter().any(|name| name.starts_with(CARD)))
        {
            let card = cards::read(talk, &present.id, lead).await?;
            present.values.extend(card);
        }
        Ok(Some(present))
    }
}

fn wire_id(values: &Map<String, Value>) -> Option<String> {
    id(values.get("id"))
}

/// Whether a marketing status stands for no mail.
fn is_no(status: &Value) -> bool {
    matches!(status.as_str(), Some("unsubscribed" | "archived"))
}

async fn deliver<H: Http>(talk: &mut Talk<'_, H>, push: &Push<'_>) -> Result<(), Stop> {
    let (of_card, mut entries): (Vec<&Entry>, Vec<&Entry>) =
        push.entries.iter().partition(|entry| entry.name.starts_with(CARD));
    let is_new = match push.id {
        Some(id) if update(talk, id, &mut entries).await? => false,
        Some(_) => return Err(Stop::new(End::Gone, None)),
        None => !update_found(talk, push, &mut entries).await?,
    };
    if is_new {
        create(talk, &mut entries).await?;
    }
    let Some(person) = talk.known.id.clone() else {
        return Err(Stop::coded(End::Unknown, "no_id"));
    };
    cards::deliver(talk, push, &person, is_new, of_card).await
}

/// Looks for the person and changes the one that is found; false if there is none.
async fn update_found<H: Http>(
    talk: &mut Talk<'_, H>,
    push: &Push<'_>,
    entries: &mut Vec<&Entry>,
) -> Result<bool, Stop> {
    if push.email.is_none_or(|email| email.trim().is_empty()) {
        return Err(Stop::coded(End::SetAside, "no_address"));
    }
    let mut was_ours = false;
    for found in find(talk, push).await? {
        if update(talk, &found.id, entries).await? {
            return Ok(true);
        }
        talk.known.id = None;
        was_ours |= found.is_ours;
    }
    // The search still knows a person who was deleted: ours is not made again.
    if was_ours {
        Err(Stop::new(End::Gone, None))
    } else {
        Ok(false)
    }
}

/// A person that a search knows.
struct Found {
    id: String,
    is_ours: bool,
}

/// The persons that have our id, else those that have the address: ours first, then the oldest.
async fn find<H: Http>(talk: &mut Talk<'_, H>, push: &Push<'_>) -> Result<Vec<Found>, Stop> {
    let mut found = search(talk, "custom_fields", push.lead, push.lead).await?;
    if let Some(email) = push.email.filter(|email| found.is_empty() && !email.trim().is_empty()) {
        found = search(talk, "email", email, push.lead).await?;
    }
    talk.known.several = found.len() > 1;
    found.sort_by_key(|found| (!found.is_ours, found.id.parse().unwrap_or(u64::MAX)));
    Ok(found)
}

async fn search<H: Http>(talk: &mut Talk<'_, H>, field: &str, term: &str, lead: &str) -> Result<Vec<Found>, Stop> {
    let path = format!("{PERSONS}/search?term={}&fields={field}&exact_match=true", escape(term));
    let body = match ask(talk, Method::Get, &path, None, Due::Look).await? {
        Said::Yes(body) => body,
        Said::Absent => return Err(Stop::new(End::SetAside, None)),
        Said::Refused(refusal) => return Err(refusal.into()),
    };
    // A search whose answer names no list has not found nothing.
    let Some(items) = body.pointer("/data/items").and_then(Value::as_array) else {
        return Err(Stop::coded(End::Later(None), "no_items"));
    };
    let has = |item: &Value, list: &str, text: &str| {
        let texts = item.get(list).and_then(Value::as_array);
        texts.map(|texts| {
            texts
                .iter()
                .filter_map(Value::as_str)
                .any(|known| known.eq_ignore_ascii_case(text))
        })
    };
    let by_lead = field == "custom_fields";
    let list = if by_lead { field } else { "emails" };
    let items = items.iter().filter_map(|found| found.get("item"));
    let matching = items.filter(|item| has(item, list, term).unwrap_or(true));
    let found = matching.filter_map(|item| {
        let is_ours = has(item, "custom_fields", lead).unwrap_or(by_lead);
        Some(Found {
            id: id(item.get("id"))?,
            is_ours,
        })
    });
    Ok(found.collect())
}

/// Changes a person; false if there is none.
async fn update<H: Http>(talk: &mut Talk<'_, H>, id: &str, entries: &mut Vec<&Entry>) -> Result<bool, Stop> {
    talk.known.id = Some(id.to_owned());
    let mut there = Map::new();
    if entries.iter().any(|entry| asks_first(entry)) {
        let Some(values) = look(talk, id).await? else {
            return Ok(false);
        };
        there = values;
    }
    for entry in entries.iter().filter(|entry| asks_first(entry)) {
        let standing = standing(&entry.name, &entry.value, there.get(&entry.name));
        // Which of a list would be cleared is not known: it stays.
        let stays = is_list(&entry.name) && entry.value.is_null() && !standing.is_empty();
        if stays || differs(entry, &standing) {
            talk.note(&entry.name, FieldEnd::Kept);
        }
    }
    let path = format!("{PERSONS}/{}", escape(id));
    loop {
        let is_sent = |entry: &&Entry| is_wanted(entry, &there) && !(is_list(&entry.name) && entry.value.is_null());
        let sent: Vec<&Entry> = entries.iter().copied().filter(is_sent).collect();
        if sent.is_empty() {
            return Ok(true);
        }
        match ask(talk, Method::Patch, &path, Some(person(&sent, &there)), Due::Update).await? {
            Said::Yes(body) => return compare(talk, &sent, &body).await.map(|()| true),
            Said::Absent => return Ok(false),
            Said::Refused(refusal) => talk.leave_out(entries, &refusal.named(&sent), refusal.code)?,
        }
    }
}

async fn create<H: Http>(talk: &mut Talk<'_, H>, entries: &mut Vec<&Entry>) -> Result<(), Stop> {
    loop {
        let sent: Vec<&Entry> = entries
            .iter()
            .copied()
            .filter(|entry| !is_empty(Some(&entry.value)))
            .collect();
        if !sent.iter().any(|entry| entry.name == "name") {
            talk.note("name", FieldEnd::Refused);
            return Err(Stop::coded(End::SetAside, "no_name"));
        }
        match ask(
            talk,
            Method::Post,
            PERSONS,
            Some(person(&sent, &Map::new())),
            Due::Create,
        )
        .await?
        {
            Said::Yes(body) => return compare(talk, &sent, &body).await,
            Said::Absent => return Err(Stop::new(End::SetAside, None)),
            Said::Refused(refusal) => talk.leave_out(entries, &refusal.named(&sent), refusal.code)?,
        }
    }
}

/// Compares what came back with what was sent, and reads what did not come back.
async fn compare<H: Http>(talk: &mut Talk<'_, H>, sent: &[&Entry], body: &Value) -> Result<(), Stop> {
    let mut back = flat(body.get("data").unwrap_or(&Value::Null));
    let Some(id) = wire_id(&back) else {
        return Err(Stop::coded(End::Later(None), "no_id"));
    };
    talk.known.id = Some(id.clone());
    if sent
        .iter()
        .any(|entry| !back.contains_key(&entry.name) && !entry.value.is_null())
    {
        back = look(talk, &id).await?.ok_or(Stop::new(End::Gone, None))?;
    }
    for entry in sent.iter().filter(|entry| !came_back(entry, back.get(&entry.name))) {
        talk.note(&entry.name, FieldEnd::Kept);
    }
    Ok(())
}

/// A person's values; `None` if there is none, or it lies in the bin.
async fn look<H: Http>(talk: &mut Talk<'_, H>, id: &str) -> Result<Option<Map<String, Value>>, Stop> {
    let path = format!("{PERSONS}/{}", escape(id));
    match ask(talk, Method::Get, &path, None, Due::Look).await? {
        Said::Absent => Ok(None),
        Said::Yes(body) if body.pointer("/data/is_deleted") == Some(&Value::Bool(true)) => Ok(None),
        Said::Yes(body) => match body.get("data").map(flat).filter(|values| wire_id(values).is_some()) {
            None => Err(Stop::coded(End::Later(None), "no_id")),
            found => Ok(found),
        },
        Said::Refused(refusal) => Err(refusal.into()),
    }
}

/// Tells that a person wants no mail. The status changes once in its life: a second change passes in silence, so only
/// what comes back counts.
async fn refuse_mail<H: Http>(talk: &mut Talk<'_, H>, push: &Push<'_>) -> Result<(), Stop> {
    let ids = match push.id {
        Some(id) => vec![id.to_owned()],
        None => find(talk, push).await?.into_iter().map(|found| found.id).collect(),
    };
    // Each of several may be written to.
    for id in &ids {
        talk.known.id = talk.known.id.take().or_else(|| Some(id.clone()));
        let path = format!("{PERSONS}/{}", escape(id));
        let body = Some(json!({ MARKETING: "unsubscribed" }));
        let status = match ask(talk, Method::Patch, &path, body, Due::Update).await? {
            Said::Absent if push.id.is_some() => return Err(Stop::new(End::Gone, None)),
            Said::Absent => continue,
            Said::Refused(refusal) => return Err(refusal.into()),
            Said::Yes(body) => body.get("data").and_then(|data| data.get(MARKETING)).cloned(),
        };
        let status = match status {
            None => look(talk, id).await?.and_then(|values| values.get(MARKETING).cloned()),
            told => told,
        };
        if !status.as_ref().is_some_and(is_no) {
            return Err(Stop::coded(End::SetAside, MARKETING));
        }
    }
    if ids.is_empty() {
        Err(Stop::coded(End::SetAside, "no_record"))
    } else {
        Ok(())
    }
}

async fn erase<H: Http>(talk: &mut Talk<'_, H>, id: &str) -> Result<(), Stop> {
    cards::erase(talk, id).await?;
    match ask(
        talk,
        Method::Delete,
        &format!("{PERSONS}/{}", escape(id)),
        None,
        Due::Nothing,
    )
    .await?
    {
        Said::Yes(_) | Said::Absent => Ok(()),
        Said::Refused(refusal) => Err(refusal.into()),
    }
}

/// Makes one call and hears its answer.
async fn ask<H: Http>(
    talk: &mut Talk<'_, H>,
    method: Method,
    path: &str,
    body: Option<Value>,
    due: Due,
) -> Result<Said, Stop> {
    let key = ("x-api-token", talk.key().to_owned());
    let answer = talk.call((method, path), key, body.as_ref(), due).await?;
    talk.known.rest = rest(&answer);
    hear(&answer, due, talk.now())
}
