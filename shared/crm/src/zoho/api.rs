//! The calls that are made to Zoho.

use serde_json::{Map, Value, json};

use super::fault::{Fault, Kind, fault, unwritten, written};
use crate::call::{Answer, Call, Http, Method};
use crate::oauth;
use crate::outcome::{End, Outcome};
use crate::push::Token;

/// How many fields one reading may name.
const NAMES: usize = 50;

/// The calls of one account.
pub(super) struct Api<'a, H: Http> {
    /// How they go out.
    pub(super) http: &'a H,
    /// What they carry.
    pub(super) token: &'a Token,
}

impl<H: Http> Api<'_, H> {
    /// One call.
    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, Outcome> {
        let mut headers = vec![
            ("authorization", format!("Zoho-oauthtoken {}", self.token.text)),
            ("accept", "application/json".to_owned()),
        ];
        if body.is_some() {
            headers.push(("content-type", "application/json".to_owned()));
        }
        let call = Call {
            method,
            url: format!("{}/crm/v8/{path}", self.token.base),
            headers,
            body: body.map(|body| body.to_string().into_bytes()).unwrap_or_default(),
        };
        self.http
            .call(call)
            .await
            .map_err(|broken| oauth::broken(broken, method == Method::Get))
    }

    /// Reads a list; empty where the answer is that there is nothing.
    async fn list(&self, path: &str, of: &str) -> Result<Vec<Map<String, Value>>, Fault> {
        let answer = self.call(Method::Get, path, None).await?;
        match answer.status {
            204 => return Ok(Vec::new()),
            200 => {}
            201..=299 => return Err(oauth::unreadable(&answer, End::Later(None)).into()),
            _ => return Err(fault(&answer)),
        }
        match answer.json().as_mut().map(|found| found[of].take()) {
            Some(Value::Array(found)) => Ok(found.into_iter().filter_map(object).collect()),
            _ => Err(oauth::unreadable(&answer, End::Later(None)).into()),
        }
    }

    /// The leads whose field is this text, converted ones as well.
    pub(super) async fn with(&self, field: &str, text: &str) -> Result<Vec<Map<String, Value>>, Outcome> {
        let criteria = format!("({field}:equals:{})", criterion(text));
        self.search("criteria", &criteria).await
    }

    /// The leads of this address, converted ones as well.
    pub(super) async fn of_address(&self, email: &str) -> Result<Vec<Map<String, Value>>, Outcome> {
        self.search("email", email).await
    }

    async fn search(&self, by: &str, text: &str) -> Result<Vec<Map<String, Value>>, Outcome> {
        let path = format!("Leads/search?{by}={}&converted=both", crate::wire::escape(text));
        self.list(&path, "data").await.map_err(|fault| fault.outcome)
    }

    /// Fields of a lead, converted or not; `None` if there is none of this id.
    pub(super) async fn lead(&self, id: &str, asked: &[&str]) -> Result<Option<Map<String, Value>>, Outcome> {
        let mut all: Option<Map<String, Value>> = None;
        for names in asked.chunks(NAMES) {
            let names: Vec<String> = names.iter().map(|name| crate::wire::escape(name)).collect();
            match self.one(id, &format!("fields={}&", names.join(","))).await? {
                Some(found) => all.get_or_insert_default().extend(found),
                None => return Ok(None),
            }
        }
        Ok(all)
    }

    /// A lead with all that Zoho says of it; whether it was converted stands there alone.
    pub(super) async fn whole(&self, id: &str) -> Result<Option<Map<String, Value>>, Outcome> {
        self.one(id, "").await
    }

    async fn one(&self, id: &str, fields: &str) -> Result<Option<Map<String, Value>>, Outcome> {
        let path = format!("Leads/{}?{fields}converted=both", crate::wire::escape(id));
        match self.list(&path, "data").await {
            Ok(found) => Ok(found.into_iter().next()),
            Err(Fault { kind: Kind::Absent, .. }) => Ok(None),
            Err(fault) => Err(fault.outcome),
        }
    }

    /// Makes a lead, or changes the one that has one of these fields' values. Nobody knows what an answer did that cannot
    /// be read.
    pub(super) async fn upsert(&self, lead: &Map<String, Value>, same: &[&str]) -> Result<(Answer, String), Fault> {
        let body = json!({"data": [lead], "duplicate_check_fields": same, "trigger": ["workflow"]});
        let answer = self
            .write(Method::Post, "Leads/upsert", Some(&body), End::Unknown)
            .await?;
        match written(&answer) {
            Some(id) => Ok((answer, id)),
            None => Err(oauth::unreadable(&answer, End::Unknown).into()),
        }
    }

    /// Changes a lead.
    pub(super) async fn update(&self, id: &str, lead: &Map<String, Value>) -> Result<Answer, Fault> {
        let body = json!({"data": [lead], "trigger": ["workflow"]});
        let path = format!("Leads/{}", crate::wire::escape(id));
        self.write(Method::Put, &path, Some(&body), End::Later(None)).await
    }

    /// Deletes a lead, into the bin; whether it was there.
    pub(super) async fn delete(&self, id: &str) -> Result<bool, Outcome> {
        let path = format!("Leads/{}", crate::wire::escape(id));
        match self.write(Method::Delete, &path, None, End::Later(None)).await {
            Ok(_) => Ok(true),
            Err(Fault { kind: Kind::Absent, .. }) => Ok(false),
            Err(fault) => Err(fault.outcome),
        }
    }

    /// One call that changes a record, and whose answer has to say so.
    async fn write(&self, method: Method, path: &str, body: Option<&Value>, unread: End) -> Result<Answer, Fault> {
        let answer = self.call(method, path, body).await?;
        match unwritten(&answer, unread) {
            None => Ok(answer),
            Some(fault) => Err(fault),
        }
    }

    /// Empties the bin of a lead: it is gone for good then.
    pub(super) async fn forget(&self, id: &str) -> Result<Answer, Fault> {
        let path = format!("settings/recycle_bin/{}", crate::wire::escape(id));
        let answer = self.call(Method::Delete, &path, None).await?;
        match (answer.status, answer.json()) {
            (204, _) => Ok(answer),
            (200..=299, None) => Err(oauth::unreadable(&answer, End::Later(None)).into()),
            (200..=299, Some(json)) if !refuses(&json) => Ok(answer),
            _ => Err(fault(&answer)),
        }
    }

    /// The fields that leads have.
    pub(super) async fn described(&self) -> Result<Vec<Map<String, Value>>, Outcome> {
        self.list("settings/fields?module=Leads", "fields")
            .await
            .map_err(|fault| fault.outcome)
    }
}

/// Whether an answer that confirms nothing by name says that it did not.
fn refuses(json: &Value) -> bool {
    let lists = ["data", "recycle_bin"].map(|list| &json[list][0]);
    lists.into_iter().chain([json]).any(|told| told["status"] == "error")
}

/// A text as the value of a criterion, where these characters stand for something.
fn criterion(text: &str) -> String {
    let mut criterion = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '(' | ')' | ',' | ':') {
            criterion.push('\\');
        }
        criterion.push(c);
    }
    criterion
}

/// A value as the object that it is.
fn object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(object) => Some(object),
        _ => None,
    }
}
