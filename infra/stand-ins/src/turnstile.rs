//! Cloudflare's `siteverify` as its documentation describes it, for the secret keys that it names for tests: one passes, one
//! blocks, one says that the answer was spent. They take the dummy answer and no other.
//!
//! Source: Cloudflare's documentation, "Turnstile", pages "Server-side validation" and "Test your Turnstile implementation".

use serde_json::{Value, json};

use crate::wire::{Answer, Call};
use crate::{Reply, Request};

/// The answer that the widget of a test key gives.
const DUMMY_RESPONSE: &str = "XXXX.DUMMY.TOKEN.XXXX";
/// The secret key for tests that always passes.
const PASSES: &str = "1x0000000000000000000000000000000AA";
/// The one that always fails.
const FAILS: &str = "2x0000000000000000000000000000000AA";
/// The one whose answers have been looked at before.
const SPENT: &str = "3x0000000000000000000000000000000AA";

/// The stand-in.
#[derive(Debug, Default)]
pub struct Turnstile {
    asked: Vec<Value>,
    always: Option<(u16, String)>,
}

impl Turnstile {
    /// Answers a request, and remembers it without its secret.
    pub fn answer(&mut self, request: &Request) -> Reply {
        let call = Call::read(request);
        if call.method() != "POST" {
            return Answer::empty(405).into();
        }
        let given = match call.carries("application/json") {
            true => call.json().unwrap_or_default(),
            false => {
                let pairs = form_urlencoded::parse(&request.body).into_owned();
                Value::Object(pairs.map(|(name, value)| (name, Value::String(value))).collect())
            }
        };
        let text = |name: &str| given[name].as_str().unwrap_or_default();
        let refused = |code: &str| json!({ "success": false, "error-codes": [code] });
        let said = match (text("secret"), text("response")) {
            ("", _) => refused("missing-input-secret"),
            (secret, _) if ![PASSES, FAILS, SPENT].contains(&secret) => refused("invalid-input-secret"),
            (_, "") => refused("missing-input-response"),
            (SPENT, DUMMY_RESPONSE) => refused("timeout-or-duplicate"),
            (PASSES, DUMMY_RESPONSE) => json!({
                "success": true,
                "error-codes": [],
                "challenge_ts": "2022-02-28T15:14:30.096Z",
                "hostname": "localhost",
            }),
            _ => refused("invalid-input-response"),
        };
        let (status, body) = self.always.clone().unwrap_or_else(|| (200, said.to_string()));
        let mut asked = given.clone();
        if let Some(members) = asked.as_object_mut() {
            members.remove("secret");
            members.insert("status".into(), status.into());
        }
        self.asked.push(asked);
        Reply::Answer {
            status,
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.into_bytes(),
        }
    }

    /// From now on every request gets this status and body; `None` makes it well again.
    pub fn always(&mut self, answer: Option<(u16, String)>) {
        self.always = answer;
    }

    /// What it was asked, oldest first, each with the status it was answered with.
    pub fn asked(&self) -> Value {
        Value::Array(self.asked.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(stand_in: &mut Turnstile, kind: &str, body: &str) -> Value {
        let request = Request {
            method: "POST".into(),
            host: "challenges.cloudflare.com".into(),
            target: "/turnstile/v0/siteverify".into(),
            headers: vec![("content-type".into(), kind.into())],
            body: body.as_bytes().to_vec(),
        };
        match stand_in.answer(&request) {
            Reply::Answer { body, .. } => serde_json::from_slice(&body).expect("JSON"),
            Reply::Cut => panic!("cut"),
        }
    }

    #[test]
    fn the_keys_for_tests_do_as_documented() {
        let stand_in = &mut Turnstile::default();
        for (secret, response, expected) in [
            (PASSES, DUMMY_RESPONSE, None),
            (PASSES, "0.real", Some("invalid-input-response")),
            (PASSES, "", Some("missing-input-response")),
            (FAILS, DUMMY_RESPONSE, Some("invalid-input-response")),
            (SPENT, DUMMY_RESPONSE, Some("timeout-or-duplicate")),
            ("", DUMMY_RESPONSE, Some("missing-input-secret")),
            ("0x4AAF00", DUMMY_RESPONSE, Some("invalid-input-secret")),
        ] {
            let form = format!("secret={secret}&response={response}&remoteip=203.0.113.7");
            let json = json!({ "secret": secret, "response": response }).to_string();
            for (kind, body) in [
                ("application/x-www-form-urlencoded", form.as_str()),
                ("application/json", json.as_str()),
            ] {
                let said = ask(stand_in, kind, body);
                assert_eq!(said["success"], expected.is_none(), "{secret} {response}");
                assert_eq!(said["error-codes"].get(0).and_then(Value::as_str), expected);
            }
        }
        let asked = stand_in.asked();
        assert_eq!(asked.as_array().map(Vec::len), Some(14));
        assert_eq!(asked[0]["remoteip"], "203.0.113.7");
        assert!(!asked.to_string().contains(PASSES));
    }
}
