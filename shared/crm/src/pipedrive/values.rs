//! Values as Pipedrive takes and gives them: strict types, lists replaced as a whole, options by their id.

use serde_json::{Map, Value, json};

use crate::wire::{is_empty, same_text};
use crate::{Entry, Write};

/// What a name of the card's begins with.
pub(super) const CARD: &str = "lead.";

/// Whether a field is the owner's own: a hash of 40 digits.
pub(super) fn is_custom(name: &str) -> bool {
    name.len() == 40 && name.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether a field is a list of which we know the primary one.
pub(super) fn is_list(name: &str) -> bool {
    matches!(name, "emails" | "phones")
}

/// A field's name in a body.
pub(super) fn key(name: &str) -> &str {
    match name.strip_prefix(CARD).unwrap_or(name) {
        "label" => "label_ids",
        key => key,
    }
}

/// Whether a person must be read before an entry is written: where something may stand, and where others stay.
pub(super) fn asks_first(entry: &Entry) -> bool {
    entry.write == Write::IfEmpty || (entry.write == Write::Always && is_list(&entry.name))
}

/// The body that makes or changes a person, of whom we know what stands `there`.
pub(super) fn person(sent: &[&Entry], there: &Map<String, Value>) -> Value {
    let (mut body, mut custom) = (Map::new(), Map::new());
    for entry in sent {
        let name = entry.name.as_str();
        let value = if is_list(name) {
            list(name, &entry.value, there.get(name))
        } else {
            exact(name, &entry.value)
        };
        let into = if is_custom(name) { &mut custom } else { &mut body };
        into.insert(key(name).to_owned(), value);
    }
    if !custom.is_empty() {
        body.insert("custom_fields".to_owned(), custom.into());
    }
    body.into()
}

/// The body that makes or changes a card, but for what ties it to its person.
pub(super) fn card(sent: &[&Entry]) -> Map<String, Value> {
    sent.iter()
        .map(|entry| (key(&entry.name).to_owned(), exact(&entry.name, &entry.value)))
        .collect()
}

/// A value in the type that its field has.
pub(super) fn exact(name: &str, value: &Value) -> Value {
    match (name, value) {
        ("label_ids" | "lead.label" | "lead.label_ids", Value::Null) => json!([]),
        ("label_ids", Value::Array(ids)) => ids.iter().map(whole).collect(),
        ("label_ids", id) => json!([whole(id)]),
        ("lead.label" | "lead.label_ids", Value::String(id)) => json!([id]),
        ("lead.value", Value::String(_) | Value::Number(_)) => json!({ "amount": amount(value), "currency": "EUR" }),
        ("owner_id" | "org_id" | "visible_to" | "lead.owner_id" | "lead.organization_id" | "lead.channel", id) => {
            whole(id)
        }
        ("lead.visible_to", Value::Number(id)) => id.to_string().into(),
        // Free texts that look like numbers stay texts: a postcode, a phone.
        (_, Value::String(_)) => value.clone(),
        (_, value) => whole(value),
    }
}

/// A whole number as one, whether it came as `12`, `12.0` or, where the field is an id, as a text.
fn whole(value: &Value) -> Value {
    let number = match value {
        Value::String(text) => text.parse::<i64>().ok(),
        Value::Number(number) => number
            .as_f64()
            .filter(|n| n.fract() == 0.0 && n.abs() < 9e15)
            .map(|n| n as i64),
        _ => None,
    };
    number.map_or_else(|| value.clone(), Value::from)
}

fn amount(value: &Value) -> Value {
    let parsed = value
        .as_str()
        .and_then(|text| serde_json::from_str::<Value>(text).ok())
        .filter(Value::is_number);
    whole(&parsed.unwrap_or_else(|| value.clone()))
}

/// A list with ours first: the others stay, for the whole list is replaced.
fn list(name: &str, ours: &Value, there: Option<&Value>) -> Value {
    let ours = text(ours);
    let items = || {
        there
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_object)
    };
    let is_ours = |item: &&Map<String, Value>| same_item(name, &ours, &text_of(item));
    let with = |item: &Map<String, Value>, primary: bool| {
        let mut item = item.clone();
        item.insert("primary".to_owned(), primary.into());
        Value::from(item)
    };
    let first = items().find(is_ours).map_or_else(
        || json!({ "value": ours, "primary": true, "label": "work" }),
        |item| with(item, true),
    );
    let others = items().filter(|item| !is_ours(item)).map(|item| with(item, false));
    [first].into_iter().chain(others).collect()
}

/// What stands in a list that is ours, else its primary one, else nothing.
pub(super) fn standing(name: &str, ours: &Value, there: Option<&Value>) -> String {
    let ours = text(ours);
    let Some(Value::Array(items)) = there else {
        return there.map(text).unwrap_or_default();
    };
    let is_there = items
        .iter()
        .filter_map(Value::as_object)
        .any(|item| same_item(name, &ours, &text_of(item)));
    if is_there { ours } else { primary(items) }
}

fn primary(items: &[Value]) -> String {
    let is_primary = |item: &&Value| item.get("primary") == Some(&Value::Bool(true));
    let item = items.iter().find(is_primary).or(items.first());
    item.and_then(Value::as_object).map(text_of).unwrap_or_default()
}

fn text_of(item: &Map<String, Value>) -> String {
    item.get("value").map(text).unwrap_or_default()
}

fn same_item(name: &str, one: &str, other: &str) -> bool {
    let digits = |text: &str| {
        text.chars()
            .filter(|c| c.is_ascii_digit() || *c == '+')
            .collect::<String>()
    };
    one.eq_ignore_ascii_case(other) || (name == "phones" && !digits(one).is_empty() && digits(one) == digits(other))
}

/// A person's values by the names that entries have: custom fields beside the others, lists without blanks.
pub(super) fn flat(data: &Value) -> Map<String, Value> {
    let mut values = data.as_object().cloned().unwrap_or_default();
    if let Some(Value::Object(custom)) = values.remove("custom_fields") {
        values.extend(custom);
    }
    for name in ["emails", "phones"] {
        if let Some(Value::Array(items)) = values.get_mut(name) {
            items.retain(|item| !is_empty(item.get("value")));
        }
    }
    values
}

/// The same as the world reads it: of a list, the primary one.
pub(super) fn readable(mut values: Map<String, Value>) -> Map<String, Value> {
    for name in ["emails", "phones"] {
        if let Some(Value::Array(items)) = values.get(name) {
            let first = primary(items);
            values.insert(
                name.to_owned(),
                if first.is_empty() { Value::Null } else { first.into() },
            );
        }
    }
    values
}

/// A card's values by the names that entries have.
pub(super) fn flat_card(card: &Value) -> Map<String, Value> {
    let members = card.as_object().into_iter().flatten();
    let mut values: Map<String, Value> = members
        .map(|(name, value)| {
            (
                format!("{CARD}{name}"),
                if name == "value" { inner(value) } else { value.clone() },
            )
        })
        .collect();
    if let Some(labels) = values.get("lead.label_ids").cloned() {
        values.insert("lead.label".to_owned(), labels);
    }
    values
}

/// The value itself, where it comes with a currency or is a record.
fn inner(value: &Value) -> Value {
    let member = |name| value.get(name).cloned();
    member("amount")
        .or_else(|| member("value"))
        .or_else(|| member("id"))
        .unwrap_or_else(|| value.clone())
}

/// Whether what came back is what was sent.
pub(super) fn came_back(entry: &Entry, back: Option<&Value>) -> bool {
    let name = entry.name.as_str();
    if is_list(name) {
        return standing(name, &entry.value, back) == text(&entry.value);
    }
    same(&inner(&exact(name, &entry.value)), &inner(back.unwrap_or(&Value::Null)))
}

fn same(sent: &Value, back: &Value) -> bool {
    match (sent, back) {
        (Value::Array(sent), Value::Array(back)) => {
            sent.len() == back.len() && sent.iter().all(|one| back.iter().any(|other| same(one, other)))
        }
        (sent, back) if is_empty(Some(back)) => is_empty(Some(sent)),
        (sent, back) => same_text(&text(sent), &text(back)),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
