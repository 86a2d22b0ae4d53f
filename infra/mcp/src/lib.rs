//! `piste mcp`: questions about leads for an assistant, over standard input and output (Model Context Protocol).
//!
//! It is a client of the operator API with a key of role `read`, and nothing more: it reads no table, has no credentials of
//! AWS and changes nothing. What the API answers is shown by an allow-list ([`mask`]): who somebody is only with
//! `--reveal`, what strangers wrote only when it is asked for as well, then fenced and named as such.

mod answer;
mod api;
pub mod mask;
mod server;
mod texts;
mod tools;

use piste_crm::Http;
use piste_domain::Locale;
use rmcp::ServiceExt as _;

use self::api::{Api, Refusal};
use self::server::Assistant;
pub use self::tools::{Argument, TOOLS, Takes, Tool};

/// As much of an answer of the API as is read, in bytes: a lead with everything, or a page of a hundred.
pub const BODY_MAX: usize = 8 * 1024 * 1024;

/// What it is started with.
pub struct Start {
    /// Where the API is: `https://…`, or `http://` to this machine.
    pub url: String,
    /// The key.
    pub key: String,
    /// Whether names, addresses and numbers are shown.
    pub reveal: bool,
    /// The language of what is said.
    pub locale: Locale,
    /// A word that no stranger can know: it fences what strangers wrote.
    pub fence: String,
}

/// Why it does not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no key.
    NoKey,
    /// The API does not answer as it should.
    Api(Refusal),
    /// The key has another role.
    Role(String),
    /// The key never expires.
    NoEnd,
    /// Whoever started it does not speak the protocol.
    Protocol,
}

impl Refused {
    /// What to do about it.
    pub fn say(&self, locale: Locale) -> String {
        match self {
            Self::NoKey => texts::no_key(locale).to_owned(),
            Self::Api(Refusal::Status { status: 404, .. }) => texts::older_api(locale).to_owned(),
            Self::Api(refusal) => refusal.say(locale),
            Self::Role(role) => texts::other_role(locale, role),
            Self::NoEnd => texts::no_end(locale).to_owned(),
            Self::Protocol => texts::no_protocol(locale).to_owned(),
        }
    }
}

/// Answers over standard input and output until that ends.
///
/// # Errors
/// [`Refused`]; then nothing was answered.
pub async fn serve<H: Http + Send + Sync + 'static>(http: H, start: Start) -> Result<(), Refused> {
    let key = start.key.trim();
    if key.is_empty() {
        return Err(Refused::NoKey);
    }
    let api = Api::new(http, &start.url, key, start.locale);
    let me = api.get("/api/me", &[]).await.map_err(Refused::Api)?;
    match me["role"].as_str() {
        Some("read") => {}
        role => return Err(Refused::Role(role.unwrap_or("?").to_owned())),
    }
    if me["expires_at"].as_str().is_none() {
        return Err(Refused::NoEnd);
    }
    let assistant = Assistant {
        api,
        reveal: start.reveal,
        locale: start.locale,
        fence: start.fence,
    };
    let running = assistant.serve(rmcp::transport::stdio()).await;
    let running = running.map_err(|_| Refused::Protocol)?;
    running.waiting().await.map(drop).map_err(|_| Refused::Protocol)
}

#[cfg(test)]
mod tests {
    use piste_crm::{Answer, Broken, Call};
    use serde_json::{Value, json};

    use super::*;

    /// An API that says this of every key.
    struct Says(u16, Value);

    impl Http for Says {
        async fn call(&self, call: Call) -> Result<Answer, Broken> {
            assert!(
                call.url.starts_with("https://leads.example.com/api/me?"),
                "{}",
                call.url
            );
            let agent = call.headers.iter().find(|(name, _)| *name == "user-agent");
            assert!(agent.is_some_and(|(_, value)| value.starts_with("piste-mcp/")));
            Ok(Answer {
                status: self.0,
                headers: Vec::new(),
                body: self.1.to_string().into_bytes(),
            })
        }
    }

    async fn refused(key: &str, api: Says) -> Refused {
        let start = Start {
            url: "https://leads.example.com/".to_owned(),
            key: key.to_owned(),
            reveal: false,
            locale: Locale::En,
            fence: String::new(),
        };
        serve(api, start).await.expect_err("it does not start")
    }

    #[tokio::test]
    async fn it_starts_with_an_expiring_key_of_role_read_alone() {
        let me = |role: &str, end: Value| Says(200, json!({ "name": "x", "role": role, "expires_at": end }));
        let end = json!("2026-05-31T09:00:00Z");
        assert_eq!(refused(" \n", me("read", end.clone())).await, Refused::NoKey);
        assert_eq!(refused("k", me("read", Value::Null)).await, Refused::NoEnd);
        for role in ["sales", "write", "admin", "auditor"] {
            assert_eq!(
                refused("k", me(role, end.clone())).await,
                Refused::Role(role.to_owned())
            );
        }
        let older = refused("k", Says(404, json!({ "code": "not_found" }))).await;
        assert!(older.say(Locale::En).contains("/api/me"));
        // What is no answer of the API is not repeated.
        let odd = refused("k", Says(502, json!({ "code": "Zoé says no" }))).await;
        assert_eq!(odd.say(Locale::En), "the API refused: 502 ");
    }
}
