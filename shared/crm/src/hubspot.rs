//! HubSpot: contacts, by a service key.
//!
//! An address is unique among contacts, so a change by address is the look-up and the write in one call: only where it
//! answers 404 is a contact made, and a 409 then says that somebody was faster. Nothing here searches: search lags.

mod answers;
#[cfg(test)]
pub(crate) mod tests;

use serde_json::{Map, Value, json};

use self::answers::{Said, hear, rest};
use crate::wire::{Due, Stop, Talk, asks_first, differs, escape, id, is_empty, is_wanted, same_text, written_key};
use crate::{
    Act, Crm, End, Entry, FieldEnd, Http, Link, Method, Outcome, Present, Push, RemoteField, Secret, Token, Write,
};

const BASE: &str = "https://api.hubapi.com";
const CONTACTS: &str = "/crm/objects/2026-09/contacts";
const PROPERTIES: &str = "/crm/properties/2026-09/contacts";
const STATUSES: &str = "/communication-preferences/2026-09/statuses";
/// HubSpot's own mark of a person who wants no mail at all; one of a single subscription has its id at the end.
const OPTED_OUT: &str = "hs_email_optout";

/// Hubspot, as one account has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hubspot {
    /// Their name of the field that holds our id.
    pub id_field: String,
    /// Their names of every field that the file writes or reads back.
    pub reads: Vec<String>,
}

impl Crm for Hubspot {
    async fn token(&self, _: &impl Http, secret: &Secret, url: Option<&str>) -> Result<Token, Outcome> {
        written_key(secret, url, BASE).map_err(|stop| Outcome {
            code: stop.code,
            ..Outcome::of(stop.end)
        })
    }

    async fn push(&self, link: &Link<'_, impl Http>, push: &Push<'_>) -> Outcome {
        let mut talk = Talk::new(link, push.id);
        let end = self.deliver(&mut talk, push).await;
        talk.finish(end)
    }

    async fn opt_out(&self, link: &Link<'_, impl Http>, push: &Push<'_>) -> Outcome {
        let mut talk = Talk::new(link, push.id);
        let end = refuse_mail(&mut talk, push).await;
        talk.finish(end)
    }

    async fn erase(&self, link: &Link<'_, impl Http>, id: &str) -> Outcome {
        let mut talk = Talk::new(link, Some(id));
        // By id alone: an address that nobody has would be blocked, against a person who comes back.
        let path = format!("{CONTACTS}/gdpr-delete");
        let end = match ask(
            &mut talk,
            Method::Post,
            &path,
            Some(json!({ "objectId": id })),
            Due::Nothing,
        )
        .await
        {
            Ok(Said::Yes(_) | Said::Absent) => Ok(()),
            Ok(Said::Conflict) => Err(Stop::coded(End::SetAside, "CONFLICT")),
            Ok(Said::Refused(_, code)) => Err(Stop::new(End::SetAside, code)),
            Err(stop) => Err(stop),
        };
        talk.finish(end)
    }

    async fn read(&self, link: &Link<'_, impl Http>, id: &str) -> Result<Option<Present>, Outcome> {
        let mut talk = Talk::new(link, Some(id));
        let names = self
            .reads
            .iter()
            .map(String::as_str)
            .chain([self.id_field.as_str(), OPTED_OUT]);
        match look(&mut talk, &At::Id(id), names).await {
            Ok(found) => Ok(found.map(|(id, values)| Present {
                id,
                lead: values
                    .get(&self.id_field)
                    .and_then(Value::as_str)
                    .filter(|lead| !lead.is_empty())
                    .map(str::to_owned),
                opted_out: values
                    .iter()
                    .any(|(name, value)| name.starts_with(OPTED_OUT) && value == "true"),
                values,
            })),
            Err(stop) => Err(talk.finish(Err(stop))),
        }
    }

    async fn fields(&self, link: &Link<'_, impl Http>) -> Result<Vec<RemoteField>, Outcome> {
        let mut talk = Talk::new(link, None);
        let stop = match ask(&mut talk, Method::Get, PROPERTIES, None, Due::Look).await {
            Ok(Said::Yes(body)) => match body.get("results").and_then(Value::as_array) {
                Some(results) => return Ok(results.iter().filter_map(field).collect()),
                None => Stop::coded(End::Later(None), "no_results"),
            },
            Ok(Said::Absent | Said::Conflict) => Stop::new(End::SetAside, None),
            Ok(Said::Refused(_, code)) => Stop::new(End::SetAside, code),
            Err(stop) => stop,
        };
        Err(talk.finish(Err(stop)))
    }
}

/// How a contact is named.
enum At<'a> {
    Id(&'a str),
    /// A property that no two contacts share, and its value.
    Unique(&'a str, &'a str),
}

impl At<'_> {
    /// Its path, and the beginning of its query.
    fn path(&self) -> String {
        match self {
            Self::Id(id) => format!("{CONTACTS}/{}?", escape(id)),
            Self::Unique(property, value) => format!("{CONTACTS}/{}?idProperty={}&", escape(value), escape(property)),
        }
    }
}

impl Hubspot {
    async fn deliver<H: Http>(&self, talk: &mut Talk<'_, H>, push: &Push<'_>) -> Result<(), Stop> {
        let mut entries: Vec<&Entry> = push.entries.iter().collect();
        if let Some(id) = push.id {
            let is_there = update(talk, &At::Id(id), &mut entries).await?;
            return is_there.then_some(()).ok_or(Stop::new(End::Gone, None));
        }
        let Some(email) = push.email.filter(|email| !email.trim().is_empty()) else {
            return Err(Stop::coded(End::SetAside, "no_address"));
        };
        let by_email = At::Unique("email", email);
        let by_lead = At::Unique(&self.id_field, push.lead);
        // Whoever was faster has our address; if nobody has it after all, it is our id that is taken.
        let done = update(talk, &by_email, &mut entries).await?
            || create(talk, &mut entries).await?
            || update(talk, &by_email, &mut entries).await?
            || update(talk, &by_lead, &mut entries).await?;
        done.then_some(()).ok_or_else(|| Stop::coded(End::SetAside, "CONFLICT"))
    }
}

/// Changes a contact; false if there is none.
async fn update<H: Http>(talk: &mut Talk<'_, H>, at: &At<'_>, entries: &mut Vec<&Entry>) -> Result<bool, Stop> {
    let has_address = matches!(at, At::Unique("email", _));
    let mut there = Map::new();
    let blind = !entries.iter().any(|entry| entry.write == Write::Always);
    if entries.iter().any(|entry| asks_first(entry)) || (blind && talk.known.id.is_none()) {
        let names = entries
            .iter()
            .filter(|entry| asks_first(entry))
            .map(|entry| entry.name.as_str());
        let Some((id, values)) = look(talk, at, names).await? else {
            return Ok(false);
        };
        talk.known.id = Some(id);
        there = values;
    }
    // Found by its address, it has it: written again, a second address would become the first.
    let is_there = |entry: &Entry| has_address && entry.key == Some(Act::Email);
    for entry in entries.iter().filter(|entry| !is_there(entry)) {
        if differs(
            entry,
            there.get(&entry.name).and_then(Value::as_str).unwrap_or_default(),
        ) {
            talk.note(&entry.name, FieldEnd::Kept);
        }
    }
    let path = at.path();
    let path = path.trim_end_matches(['?', '&']);
    loop {
        let sent: Vec<&Entry> = entries
            .iter()
            .copied()
            .filter(|entry| is_wanted(entry, &there) && !is_there(entry))
            .collect();
        if sent.is_empty() && talk.known.id.is_some() {
            return Ok(true);
        }
        match ask(talk, Method::Patch, path, Some(properties(&sent)), Due::Update).await? {
            Said::Yes(contact) => return compare(talk, &sent, &contact).await.map(|()| true),
            Said::Absent => return Ok(false),
            Said::Conflict => {
                let key = |act| sent.iter().find(|entry| entry.key == Some(act));
                if let Some(entry) = key(Act::Email).or(key(Act::Id)) {
                    talk.note(&entry.name, FieldEnd::Refused);
                }
                return Err(Stop::coded(End::SetAside, "CONFLICT"));
            }
            Said::Refused(names, code) => talk.leave_out(entries, &names, code)?,
        }
    }
}

/// Makes a contact; false if somebody was faster.
async fn create<H: Http>(talk: &mut Talk<'_, H>, entries: &mut Vec<&Entry>) -> Result<bool, Stop> {
    loop {
        let sent: Vec<&Entry> = entries
            .iter()
            .copied()
            .filter(|entry| !is_empty(Some(&entry.value)))
            .collect();
        match ask(talk, Method::Post, CONTACTS, Some(properties(&sent)), Due::Create).await? {
            Said::Yes(contact) => return compare(talk, &sent, &contact).await.map(|()| true),
            Said::Conflict => return Ok(false),
            Said::Absent => return Err(Stop::new(End::SetAside, None)),
            Said::Refused(names, code) => talk.leave_out(entries, &names, code)?,
        }
    }
}

/// A contact's id and the named properties; `None` if there is none.
async fn look<'n, H: Http>(
    talk: &mut Talk<'_, H>,
    at: &At<'_>,
    names: impl Iterator<Item = &'n str>,
) -> Result<Option<(String, Map<String, Value>)>, Stop> {
    let mut list: Vec<String> = names.map(escape).collect();
    list.sort_unstable();
    list.dedup();
    let path = format!("{}properties={}", at.path(), list.join(","));
    let path = path.trim_end_matches("properties=").trim_end_matches(['?', '&']);
    match ask(talk, Method::Get, path, None, Due::Look).await? {
        Said::Absent => Ok(None),
        Said::Yes(contact) if contact.get("archived") == Some(&Value::Bool(true)) => Ok(None),
        Said::Yes(mut contact) => {
            let id = id(contact.get("id")).ok_or_else(|| Stop::coded(End::Later(None), "no_id"))?;
            match contact.get_mut("properties").map(Value::take) {
                Some(Value::Object(values)) => Ok(Some((id, values))),
                _ => Err(Stop::coded(End::Later(None), "no_properties")),
            }
        }
        Said::Conflict => Err(Stop::coded(End::SetAside, "CONFLICT")),
        Said::Refused(_, code) => Err(Stop::new(End::SetAside, code)),
    }
}

/// Compares what came back with what was sent, and reads what did not come back: a stage, say, only moves forward.
async fn compare<H: Http>(talk: &mut Talk<'_, H>, sent: &[&Entry], contact: &Value) -> Result<(), Stop> {
    let Some(id) = id(contact.get("id")) else {
        return Err(Stop::coded(End::Later(None), "no_id"));
    };
    let mut values = contact
        .get("properties")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    talk.known.id = Some(id.clone());
    let missing: Vec<&str> = sent
        .iter()
        .map(|entry| entry.name.as_str())
        .filter(|name| !values.contains_key(*name))
        .collect();
    if !missing.is_empty() {
        let found = look(talk, &At::Id(&id), missing.into_iter()).await?;
        values.extend(found.ok_or(Stop::new(End::Gone, None))?.1);
    }
    for entry in sent {
        let back = values.get(&entry.name).and_then(Value::as_str).unwrap_or_default();
        let ours = text(&entry.value);
        let same = same_text(&ours, back) || (entry.key == Some(Act::Email) && ours.eq_ignore_ascii_case(back));
        if !same {
            talk.note(&entry.name, FieldEnd::Kept);
        }
    }
    Ok(())
}

/// Tells that an address wants no mail: of one subscription, or of any.
async fn refuse_mail<H: Http>(talk: &mut Talk<'_, H>, push: &Push<'_>) -> Result<(), Stop> {
    let set_aside = |code: &str| Stop::coded(End::SetAside, code);
    let email = push
        .email
        .filter(|email| !email.trim().is_empty())
        .ok_or_else(|| set_aside("no_address"))?;
    let statuses = format!("{STATUSES}/{}", escape(email));
    let (path, body) = match push.subscription {
        None => (format!("{statuses}/unsubscribe-all?channel=EMAIL"), None),
        Some(subscription) => {
            let subscription: u64 = subscription.parse().map_err(|_| set_aside("subscription"))?;
            let body = json!({
                "channel": "EMAIL",
                "subscriptionId": subscription,
                "statusState": "UNSUBSCRIBED",
                // Required once the account's privacy settings are on, and harmless before.
                "legalBasis": "LEGITIMATE_INTEREST_OTHER",
                "legalBasisExplanation": "The person objected; kept so that the objection is heeded.",
            });
            (statuses, Some(body))
        }
    };
    let body = match ask(talk, Method::Post, &path, body, Due::Change).await {
        Ok(Said::Yes(body)) => body,
        Ok(Said::Absent) => return Err(set_aside("not_found")),
        Ok(Said::Conflict) => return Err(set_aside("CONFLICT")),
        Ok(Said::Refused(_, code)) => return Err(Stop::new(End::SetAside, code)),
        Err(stop) => return Err(stop),
    };
    let results: Vec<&Value> = body
        .get("results")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .collect();
    // The answer of a single subscription names it; that of all may name nothing.
    let confirmed =
        results.iter().all(|result| is_unsubscribed(result)) && (push.subscription.is_none() || !results.is_empty());
    confirmed.then_some(()).ok_or_else(|| set_aside("not_confirmed"))
}

fn is_unsubscribed(result: &Value) -> bool {
    let member = |name| result.get(name).and_then(Value::as_str);
    match (member("status"), member("setStatusSuccessReason")) {
        (_, Some("RESUBSCRIBE_OCCURRED")) => false,
        (Some(status), _) => status == "UNSUBSCRIBED",
        (None, _) => true,
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
    let key = ("authorization", format!("Bearer {}", talk.key()));
    let answer = talk.call((method, path), key, body.as_ref(), due).await?;
    talk.known.rest = rest(&answer);
    hear(&answer, due, talk.now())
}

/// The body of a write.
fn properties(entries: &[&Entry]) -> Value {
    let values: Map<String, Value> = entries
        .iter()
        .map(|entry| (entry.name.clone(), text(&entry.value).into()))
        .collect();
    json!({ "properties": values })
}

/// A value as HubSpot takes it: always a text, and the empty one clears.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// A property as the list tells it.
fn field(property: &Value) -> Option<RemoteField> {
    let member = |name| property.get(name).and_then(Value::as_str);
    let is = |pointer| property.pointer(pointer) == Some(&Value::Bool(true));
    let options = property.get("options").and_then(Value::as_array).into_iter().flatten();
    Some(RemoteField {
        name: member("name")?.to_owned(),
        label: member("label").unwrap_or_default().to_owned(),
        kind: member("type").unwrap_or_default().to_owned(),
        options: options
            .filter_map(|option| option.get("value")?.as_str().map(str::to_owned))
            .collect(),
        length: None,
        unique: is("/hasUniqueValue") || member("name") == Some("email"),
        required: false,
        writable: !is("/calculated") && !is("/modificationMetadata/readOnlyValue"),
    })
}
