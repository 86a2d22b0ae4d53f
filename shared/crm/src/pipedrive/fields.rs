//! The fields that persons have.

use serde_json::Value;

use super::answers::Said;
use super::ask;
use super::values::is_custom;
use crate::wire::{Due, Stop, Talk, escape, id};
use crate::{End, Http, Method, RemoteField};

const FIELDS: &str = "/api/v2/personFields";
/// The fields of a person that a caller may write, beside the owner's own.
const WRITABLE: [&str; 13] = [
    "name",
    "owner_id",
    "org_id",
    "emails",
    "phones",
    "label_ids",
    "visible_to",
    "marketing_status",
    "job_title",
    "notes",
    "im",
    "birthday",
    "postal_address",
];

/// The fields of persons, page by page.
pub(super) async fn of_persons<H: Http>(talk: &mut Talk<'_, H>) -> Result<Vec<RemoteField>, Stop> {
    /// More pages than any account has: a cursor that goes round ends.
    const PAGES: usize = 20;
    let mut fields = Vec::new();
    let mut path = FIELDS.to_owned();
    for _ in 0..PAGES {
        let body = match ask(talk, Method::Get, &path, None, Due::Look).await? {
            Said::Yes(body) => body,
            Said::Absent => return Err(Stop::new(End::SetAside, None)),
            Said::Refused(refusal) => return Err(refusal.into()),
        };
        let Some(page) = body.get("data").and_then(Value::as_array) else {
            return Err(Stop::coded(End::Later(None), "no_data"));
        };
        fields.extend(page.iter().filter_map(field));
        match body
            .pointer("/additional_data/next_cursor")
            .and_then(Value::as_str)
            .filter(|cursor| !cursor.is_empty())
        {
            Some(cursor) => path = format!("{FIELDS}?cursor={}", escape(cursor)),
            None => break,
        }
    }
    Ok(fields)
}

fn field(field: &Value) -> Option<RemoteField> {
    let member = |name| field.get(name).and_then(Value::as_str);
    let name = member("field_code")?;
    let kind = member("field_type").unwrap_or_default();
    let options = field.get("options").and_then(Value::as_array).into_iter().flatten();
    Some(RemoteField {
        name: name.to_owned(),
        label: member("field_name").unwrap_or_default().to_owned(),
        kind: kind.to_owned(),
        options: options.filter_map(|option| id(option.get("id"))).collect(),
        length: match kind {
            "varchar" | "varchar_auto" => Some(255),
            "text" => Some(65_000),
            _ => None,
        },
        unique: false,
        required: name == "name",
        writable: is_custom(name) || WRITABLE.contains(&name),
    })
}
