//! The calls that are made to Salesforce.

use serde_json::{Map, Value};

use super::fault::{Fault, Kind, fault};
use super::record::Record;
use crate::call::{Answer, Call, Http, Method};
use crate::oauth;
use crate::outcome::{End, Outcome};
use crate::push::Token;

/// The calls of one account.
pub(super) struct Api<'a, H: Http> {
    /// How they go out.
    pub(super) http: &'a H,
    /// What they carry.
    pub(super) token: &'a Token,
    /// Their name of the field that holds our id.
    pub(super) id_field: &'a str,
}

impl<H: Http> Api<'_, H> {
    /// One call. Assignment rules never run for it: they would change the owner.
    pub(super) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, Outcome> {
        let mut headers = vec![
            ("authorization", format!("Bearer {}", self.token.text)),
            ("accept", "application/json".to_owned()),
            ("sforce-auto-assign", "FALSE".to_owned()),
        ];
        if body.is_some() {
            headers.push(("content-type", "application/json".to_owned()));
        }
        let call = Call {
            method,
            url: format!("{}/services/data/v66.0/{path}", self.token.base),
            headers,
            body: body.map(|body| body.to_string().into_bytes()).unwrap_or_default(),
        };
        self.http
            .call(call)
            .await
            .map_err(|broken| oauth::broken(broken, method == Method::Get))
    }

    /// Reads what is an object; `None` if nothing is there.
    async fn get(&self, path: &str, asked: &[&str]) -> Result<Option<Map<String, Value>>, Fault> {
        let answer = self.call(Method::Get, path, None).await?;
        if answer.status != 200 {
            let fault = fault(&answer, asked, self.id_field);
            return if fault.kind == Kind::Absent {
                Ok(None)
            } else {
                Err(fault)
            };
        }
        match answer.json() {
            Some(Value::Object(values)) => Ok(Some(values)),
            _ => Err(oauth::unreadable(&answer, End::Later(None)).into()),
        }
    }

    /// The lead that has our id.
    pub(super) async fn lead_of(&self, ours: &str, asked: &[&str]) -> Result<Option<Map<String, Value>>, Fault> {
        let (field, ours) = (crate::wire::escape(self.id_field), crate::wire::escape(ours));
        self.get(&format!("sobjects/Lead/{field}/{ours}?fields={}", names(asked)), asked)
            .await
    }

    /// Fields of a record; `None` if there is no such record. Contacts are read by a query.
    pub(super) async fn fields(&self, record: &Record, asked: &[&str]) -> Result<Option<Map<String, Value>>, Fault> {
        match record {
            Record::Lead(_) => {
                self.get(&format!("{}?fields={}", record.path(), names(asked)), asked)
                    .await
            }
            Record::Contact(id) => Ok(self.query(asked, "Contact", "Id", id).await?.into_iter().next()),
        }
    }

    /// The records whose field is this text. The text is bound as a literal and can be nothing else.
    pub(super) async fn query(
        &self,
        asked: &[&str],
        from: &str,
        field: &str,
        text: &str,
    ) -> Result<Vec<Map<String, Value>>, Fault> {
        let asked: Vec<&str> = asked.iter().copied().filter(|name| is_name(name)).collect();
        let soql = format!(
            "SELECT {} FROM {from} WHERE {field} = '{}'",
            asked.join(", "),
            literal(text)
        );
        let answer = self
            .call(Method::Get, &format!("query?q={}", crate::wire::escape(&soql)), None)
            .await?;
        if answer.status != 200 {
            return Err(fault(&answer, &asked, self.id_field));
        }
        match answer.json().as_mut().map(|found| found["records"].take()) {
            Some(Value::Array(records)) => Ok(records.into_iter().filter_map(object).collect()),
            _ => Err(oauth::unreadable(&answer, End::Later(None)).into()),
        }
    }

    /// The fields that leads have.
    pub(super) async fn describe(&self) -> Result<Map<String, Value>, Outcome> {
        let described = self
            .get("sobjects/Lead/describe", &[])
            .await
            .map_err(|fault| fault.outcome)?;
        described.ok_or_else(|| Outcome::of(End::SetAside).with_status(404))
    }

    /// Deletes a record, into the bin; whether it was there.
    pub(super) async fn delete(&self, record: &Record) -> Result<bool, Outcome> {
        let answer = self.call(Method::Delete, &record.path(), None).await?;
        if answer.status == 204 {
            return Ok(true);
        }
        if let 200..=299 = answer.status {
            return Err(oauth::unreadable(&answer, End::Later(None)));
        }
        let fault = fault(&answer, &[], self.id_field);
        match (&fault.kind, fault.outcome.end) {
            (Kind::Absent, _) => Ok(false),
            // Somebody was faster, and it lies in the same bin.
            (_, End::Gone) => Ok(true),
            _ => Err(fault.outcome),
        }
    }
}

/// Names of fields in a query; what can be none is left out.
fn names(asked: &[&str]) -> String {
    let asked: Vec<&str> = asked.iter().copied().filter(|name| is_name(name)).collect();
    asked.join(",")
}

/// Whether a text can be the name of a field.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// A text between the quotes of SOQL.
fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '\'' => literal.extend(['\\', c]),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            c => literal.push(c),
        }
    }
    literal
}

/// A value as the object that it is.
fn object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(object) => Some(object),
        _ => None,
    }
}
