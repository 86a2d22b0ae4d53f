//! Who may ask, how long, and how often: tokens, sessions and the limit of 24 hours.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::refusal::{Refusal, Refused};
use super::{DAY, Salesforce};
use crate::wire::{Answer, Call};

const CLIENT_ID: &str = "local-client";
const CLIENT_SECRET: &str = "local-secret";
const ORGANISATION: &str = "00DPs0000000001";
/// How far ahead the end of an assertion may be.
const ASSERTION_SECONDS_MAX: i64 = 180;

type OAuthError = (&'static str, &'static str);

impl Salesforce {
    /// Hands out a token, without saying how long it lives.
    pub(super) fn token(&mut self, call: &Call, now: Timestamp) -> Answer {
        if call.method() != "POST" {
            return refused(405, ("invalid_request", "must use HTTP POST"));
        }
        if let Err(error) = self.grant(call, now) {
            return refused(400, error);
        }
        self.serial += 1;
        let token = format!("{ORGANISATION}!AQ{:08}", self.serial);
        self.sessions.push((token.clone(), now));
        let user = self.users.first().cloned().unwrap_or_default();
        Answer::json(
            200,
            &json!({
                "access_token": token, "instance_url": self.origin, "token_type": "Bearer", "scope": "api",
                "id": format!("https://login.salesforce.com/id/{ORGANISATION}/{user}"),
                "issued_at": now.as_millisecond().to_string(), "signature": "c3RhbmQtaW4=",
            }),
        )
    }

    fn grant(&self, call: &Call, now: Timestamp) -> Result<(), OAuthError> {
        if !call.carries("application/x-www-form-urlencoded") || !call.query.is_empty() {
            return Err(("invalid_request", "the parameters belong into a form"));
        }
        if let Some([grant, client, secret]) = call.form(["grant_type", "client_id", "client_secret"]) {
            return match (grant.as_str(), client.as_str(), secret.as_str()) {
                ("client_credentials", ..)
                    if ["login.salesforce.com", "test.salesforce.com"].contains(&call.host()) =>
                {
                    Err(("invalid_grant", "request not supported on this domain"))
                }
                ("client_credentials", CLIENT_ID, CLIENT_SECRET) if self.run_as => Ok(()),
                ("client_credentials", CLIENT_ID, CLIENT_SECRET) => {
                    Err(("invalid_grant", "no client credentials user enabled"))
                }
                ("client_credentials", CLIENT_ID, _) => Err(("invalid_client", "invalid client credentials")),
                ("client_credentials", ..) => Err(("invalid_client_id", "client identifier invalid")),
                _ => Err(("unsupported_grant_type", "grant type not supported")),
            };
        }
        match call.form(["grant_type", "assertion"]) {
            Some([grant, assertion]) if grant == "urn:ietf:params:oauth:grant-type:jwt-bearer" => {
                if self.run_as {
                    vouched(&assertion, now)
                } else {
                    Err(("invalid_grant", "user hasn't approved this consumer"))
                }
            }
            Some(_) => Err(("unsupported_grant_type", "grant type not supported")),
            None => Err(("invalid_request", "a parameter is missing, or one too many")),
        }
    }

    /// Lets a request in that carries a living token, within the limit, and counts it.
    pub(super) fn admit(&mut self, call: &Call, now: Timestamp) -> Result<(), Refused> {
        let header = call.header("authorization").unwrap_or_default();
        let token = header.strip_prefix("Bearer ").unwrap_or_default();
        let lives = |at: &Timestamp| now.duration_since(*at) < self.session;
        if !self.sessions.iter().any(|(known, at)| known == token && lives(at)) {
            return Err(Refusal::new("INVALID_SESSION_ID", "Session expired or invalid")
                .at(401)
                .into());
        }
        if self.used.used(now, DAY) >= self.requests_max {
            return Err(Refusal::new("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
                .at(403)
                .into());
        }
        self.used.add(now, 1);
        Ok(())
    }

    pub(super) fn limits(&mut self, now: Timestamp) -> Answer {
        let remaining = self.requests_max.saturating_sub(self.used.used(now, DAY));
        Answer::json(
            200,
            &json!({"DailyApiRequests": {"Max": self.requests_max, "Remaining": remaining}}),
        )
    }

    /// A person ends every session; tokens that were handed out are worth nothing.
    pub fn revoke(&mut self) {
        self.sessions.clear();
    }
}

/// Whether an assertion says what it must; its signature is not checked, for that takes RSA.
fn vouched(assertion: &str, now: Timestamp) -> Result<(), OAuthError> {
    let parts: Vec<_> = assertion
        .split('.')
        .map(|part| BASE64_URL_SAFE_NO_PAD.decode(part))
        .collect();
    let [Ok(head), Ok(claims), Ok(signature)] = parts.as_slice() else {
        return Err(("invalid_grant", "invalid assertion"));
    };
    let read = |part: &[u8]| serde_json::from_slice::<Value>(part).unwrap_or_default();
    let claims = read(claims);
    let left = claims["exp"].as_i64().unwrap_or_default() - now.as_second();
    let audience = claims["aud"].as_str().unwrap_or_default();
    if read(head)["alg"] != "RS256" || signature.is_empty() {
        Err(("invalid_grant", "invalid assertion"))
    } else if claims["iss"] != CLIENT_ID {
        Err(("invalid_client_id", "client identifier invalid"))
    } else if !["https://login.salesforce.com", "https://test.salesforce.com"].contains(&audience) {
        Err(("invalid_grant", "audience is invalid"))
    } else if claims["sub"].as_str().unwrap_or_default().is_empty() {
        Err(("invalid_grant", "user identifier invalid"))
    } else if !(1..=ASSERTION_SECONDS_MAX).contains(&left) {
        Err(("invalid_grant", "expired authorization code"))
    } else {
        Ok(())
    }
}

fn refused(status: u16, (error, description): OAuthError) -> Answer {
    Answer::json(status, &json!({"error": error, "error_description": description}))
}

/// What the token endpoint says with this status, for faults by script.
pub(super) fn own(status: u16) -> Answer {
    match status {
        400 => refused(400, ("invalid_grant", "authentication failure")),
        401 => refused(401, ("invalid_client", "invalid client credentials")),
        503 => refused(503, ("server_unavailable", "try again later")),
        _ => Answer::empty(status),
    }
}
