//! The operator API as a client sees it.

use piste_crm::{Broken, Call, Http, Method};
use piste_domain::Locale;
use serde_json::Value;

use crate::texts;

/// How it calls itself; by this the API writes down that an assistant read.
const AGENT: &str = concat!("piste-mcp/", env!("CARGO_PKG_VERSION"));

/// A connection to the API, with the key.
pub struct Api<H> {
    http: H,
    base: String,
    key: String,
    locale: Locale,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The address is neither HTTPS nor this machine.
    Address,
    /// Nobody answers.
    Unreached,
    /// It was refused.
    Status {
        /// The status.
        status: u16,
        /// The code, as the API's description lists it; empty if something else answered.
        code: String,
        /// Which arguments are wrong, each with its code.
        fields: Vec<(String, String)>,
    },
    /// What came back is no JSON, or more of it than is read.
    NotJson,
}

impl Refusal {
    /// What to do about it. Neither the key nor what was asked for is repeated.
    pub fn say(&self, locale: Locale) -> String {
        match self {
            Self::Address => texts::bad_address(locale).to_owned(),
            Self::Unreached => texts::unreached(locale).to_owned(),
            Self::NotJson => texts::not_json(locale).to_owned(),
            Self::Status { status: 401, .. } => texts::bad_key(locale).to_owned(),
            Self::Status { status: 404, .. } => texts::not_found(locale).to_owned(),
            Self::Status { status, code, fields } => {
                let mut said = texts::refused(locale, *status, code);
                for (field, code) in fields {
                    said.push_str(&texts::refused_field(locale, field, code));
                }
                said
            }
        }
    }
}

impl<H: Http> Api<H> {
    /// A connection to the API at this address.
    pub fn new(http: H, url: &str, key: &str, locale: Locale) -> Self {
        Self {
            http,
            base: url.trim().trim_end_matches('/').to_owned(),
            key: key.to_owned(),
            locale,
        }
    }

    /// Reads a path, with these parameters.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Value, Refusal> {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(query)
            .append_pair("lang", self.locale.code())
            .finish();
        let call = Call {
            method: Method::Get,
            url: format!("{}{path}?{query}", self.base),
            headers: vec![
                ("accept", "application/json".to_owned()),
                ("authorization", format!("Bearer {}", self.key)),
                ("user-agent", AGENT.to_owned()),
            ],
            body: Vec::new(),
        };
        let answer = self.http.call(call).await.map_err(|broken| match broken {
            Broken::Forbidden => Refusal::Address,
            Broken::NotSent | Broken::Unknown => Refusal::Unreached,
        })?;
        if answer.status == 200 {
            return answer.json().ok_or(Refusal::NotJson);
        }
        let problem = answer.json().unwrap_or_default();
        let text = |value: &Value| code(value.as_str().unwrap_or_default());
        let fields = problem["errors"].as_array().into_iter().flatten();
        Err(Refusal::Status {
            status: answer.status,
            code: text(&problem["code"]),
            fields: fields
                .map(|error| (text(&error["field"]), text(&error["code"])))
                .collect(),
        })
    }
}

/// A code of the API; whatever else stands there may repeat what was sent.
fn code(text: &str) -> String {
    let plain = text.len() <= 60 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
    if plain { text.to_owned() } else { String::new() }
}
