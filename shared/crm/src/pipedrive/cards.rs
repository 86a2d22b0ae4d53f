//! The lead card: a second record on a person, found again by our id in `origin_id`.

use serde_json::{Map, Value};

use super::answers::Said;
use super::values::{CARD, came_back, card, flat_card, is_custom};
use super::{LEADS, ask};
use crate::wire::{Due, Stop, Talk, escape, id, is_empty, is_wanted};
use crate::{End, Entry, FieldEnd, Http, Method, Push, RemoteField, Write};

const LABELS: &str = "/api/v1/leadLabels";
/// As many cards as one answer holds.
const PAGE: usize = 500;

/// Makes the card of a person say what ours says.
pub(super) async fn deliver<H: Http>(
    talk: &mut Talk<'_, H>,
    push: &Push<'_>,
    person: &str,
    is_new: bool,
    mut entries: Vec<&Entry>,
) -> Result<(), Stop> {
    if entries.is_empty() {
        return Ok(());
    }
    // A person made a moment ago has none.
    let found = if is_new {
        None
    } else {
        ours(talk, person, push.lead).await?
    };
    if let Some(found) = found {
        return update(talk, &found, &mut entries).await;
    }
    let has_title = entries
        .iter()
        .any(|entry| entry.name == "lead.title" && !is_empty(Some(&entry.value)));
    match (has_title, push.id) {
        (true, _) => create(talk, push, person, &mut entries).await,
        (false, None) => {
            talk.note("lead.title", FieldEnd::Refused);
            Err(Stop::coded(End::SetAside, "no_title"))
        }
        // Its title was taken once: it was made a deal since, or deleted, and is not made again.
        (false, Some(_)) => {
            keep(talk, &entries);
            Ok(())
        }
    }
}

fn keep<H: Http>(talk: &mut Talk<'_, H>, entries: &[&Entry]) {
    for entry in entries.iter().filter(|entry| entry.write != Write::Create) {
        talk.note(&entry.name, FieldEnd::Kept);
    }
}

async fn update<H: Http>(talk: &mut Talk<'_, H>, found: &Value, entries: &mut Vec<&Entry>) -> Result<(), Stop> {
    let there = flat_card(found);
    let path = format!("{LEADS}/{}", escape(&id(found.get("id")).unwrap_or_default()));
    loop {
        let sent: Vec<&Entry> = entries
            .iter()
            .copied()
            .filter(|entry| is_wanted(entry, &there))
            .collect();
        if sent.is_empty() {
            return Ok(());
        }
        match ask(talk, Method::Patch, &path, Some(card(&sent).into()), Due::Update).await? {
            Said::Yes(body) => {
                compare(talk, &sent, &body);
                return Ok(());
            }
            Said::Absent => {
                keep(talk, &sent);
                return Ok(());
            }
            Said::Refused(refusal) => talk.leave_out(entries, &refusal.named(&sent), refusal.code)?,
        }
    }
}

async fn create<H: Http>(
    talk: &mut Talk<'_, H>,
    push: &Push<'_>,
    person: &str,
    entries: &mut Vec<&Entry>,
) -> Result<(), Stop> {
    loop {
        let sent: Vec<&Entry> = entries
            .iter()
            .copied()
            .filter(|entry| !is_empty(Some(&entry.value)))
            .collect();
        let mut body = card(&sent);
        body.insert(
            "person_id".to_owned(),
            person.parse::<u64>().map_or_else(|_| person.into(), Value::from),
        );
        body.insert("origin_id".to_owned(), push.lead.into());
        match ask(talk, Method::Post, LEADS, Some(body.into()), Due::Create).await? {
            Said::Yes(body) => {
                compare(talk, &sent, &body);
                return Ok(());
            }
            Said::Absent => return Err(Stop::new(End::SetAside, None)),
            Said::Refused(refusal) => talk.leave_out(entries, &refusal.named(&sent), refusal.code)?,
        }
    }
}

fn compare<H: Http>(talk: &mut Talk<'_, H>, sent: &[&Entry], body: &Value) {
    let back = flat_card(body.get("data").unwrap_or(&Value::Null));
    for entry in sent.iter().filter(|entry| !came_back(entry, back.get(&entry.name))) {
        talk.note(&entry.name, FieldEnd::Kept);
    }
}

/// Our card on a person; those that people made there are theirs.
async fn ours<H: Http>(talk: &mut Talk<'_, H>, person: &str, lead: &str) -> Result<Option<Value>, Stop> {
    let cards = page(talk, person).await?;
    Ok(cards
        .into_iter()
        .find(|card| card.get("origin_id").and_then(Value::as_str) == Some(lead)))
}

/// The values of our card, by the names that entries have.
pub(super) async fn read<H: Http>(
    talk: &mut Talk<'_, H>,
    person: &str,
    lead: &str,
) -> Result<Map<String, Value>, Stop> {
    Ok(ours(talk, person, lead)
        .await?
        .as_ref()
        .map(flat_card)
        .unwrap_or_default())
}

/// A person's cards, as far as one answer holds them. The list uses no index, so it does not lag.
async fn page<H: Http>(talk: &mut Talk<'_, H>, person: &str) -> Result<Vec<Value>, Stop> {
    let path = format!("{LEADS}?person_id={}&limit={PAGE}", escape(person));
    match ask(talk, Method::Get, &path, None, Due::Look).await? {
        Said::Absent => Ok(Vec::new()),
        Said::Yes(mut body) => match body.get_mut("data").map(Value::take) {
            Some(Value::Array(cards)) => Ok(cards),
            Some(Value::Null) => Ok(Vec::new()),
            _ => Err(Stop::coded(End::Later(None), "no_data")),
        },
        Said::Refused(refusal) => Err(refusal.into()),
    }
}

/// Deletes every card of a person.
pub(super) async fn erase<H: Http>(talk: &mut Talk<'_, H>, person: &str) -> Result<(), Stop> {
    let cards = page(talk, person).await?;
    for card in &cards {
        let id = id(card.get("id")).ok_or_else(|| Stop::coded(End::Later(None), "no_id"))?;
        let path = format!("{LEADS}/{}", escape(&id));
        if let Said::Refused(refusal) = ask(talk, Method::Delete, &path, None, Due::Nothing).await? {
            return Err(refusal.into());
        }
    }
    // More than one answer holds: the rest goes at the next try.
    if cards.len() < PAGE {
        Ok(())
    } else {
        Err(Stop::coded(End::Later(None), "more_leads"))
    }
}

/// The fields of cards that have a name in every account. The owner's own are those of deals, and are not listed.
pub(super) async fn fields<H: Http>(talk: &mut Talk<'_, H>, reads: &[String]) -> Result<Vec<RemoteField>, Stop> {
    const NAMES: [(&str, &str); 10] = [
        ("title", "varchar"),
        ("value", "monetary"),
        ("label", "set"),
        ("label_ids", "set"),
        ("owner_id", "user"),
        ("organization_id", "org"),
        ("expected_close_date", "date"),
        ("channel", "enum"),
        ("channel_id", "varchar"),
        ("visible_to", "enum"),
    ];
    if !reads.iter().any(|name| name.starts_with(CARD)) {
        return Ok(Vec::new());
    }
    let labels: Vec<String> = match ask(talk, Method::Get, LABELS, None, Due::Look).await? {
        Said::Yes(body) => {
            let labels = body.get("data").and_then(Value::as_array).into_iter().flatten();
            labels.filter_map(|label| id(label.get("id"))).collect()
        }
        Said::Absent => Vec::new(),
        Said::Refused(refusal) => return Err(refusal.into()),
    };
    let field = |name: &str, kind: &str| RemoteField {
        name: format!("{CARD}{name}"),
        label: name.to_owned(),
        kind: kind.to_owned(),
        options: if kind == "set" { labels.clone() } else { Vec::new() },
        length: (name == "title").then_some(255),
        unique: false,
        required: name == "title",
        writable: true,
    };
    let fixed = NAMES.iter().map(|(name, kind)| field(name, kind));
    let own = reads
        .iter()
        .filter_map(|name| name.strip_prefix(CARD))
        .filter(|name| is_custom(name));
    Ok(fixed.chain(own.map(|name| field(name, "unknown"))).collect())
}
