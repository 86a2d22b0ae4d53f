//! Who may ask, where, and how often: data centre, tokens, scopes and credits.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Zoho;
use super::failure::Failure;
use crate::wire::{Answer, Call};

const CLIENT_ID: &str = "local-client";
const CLIENT_SECRET: &str = "local-secret";
const REFRESH_TOKEN: &str = "1000.local.refresh";
/// An access token lives for an hour.
const TOKEN: SignedDuration = SignedDuration::from_secs(3600);
/// In ten minutes a refresh token is good for ten access tokens.
const TOKENS: (u64, SignedDuration) = (10, SignedDuration::from_mins(10));
/// Credits roll over 24 hours.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Data centres: name, accounts host, host of the interface.
const CENTRES: &[(&str, &str, &str)] = &[
    ("com", "accounts.zoho.com", "www.zohoapis.com"),
    ("eu", "accounts.zoho.eu", "www.zohoapis.eu"),
    ("in", "accounts.zoho.in", "www.zohoapis.in"),
    ("com.au", "accounts.zoho.com.au", "www.zohoapis.com.au"),
    ("jp", "accounts.zoho.jp", "www.zohoapis.jp"),
    ("com.cn", "accounts.zoho.com.cn", "www.zohoapis.com.cn"),
    ("ca", "accounts.zohocloud.ca", "www.zohoapis.ca"),
    ("sa", "accounts.zoho.sa", "www.zohoapis.sa"),
];

/// Every scope that the calls need.
pub(super) const SCOPES: &[&str] = &[
    "ZohoCRM.modules.leads.CREATE",
    "ZohoCRM.modules.leads.READ",
    "ZohoCRM.modules.leads.UPDATE",
    "ZohoCRM.modules.leads.DELETE",
    "ZohoCRM.modules.contacts.READ",
    "ZohoCRM.modules.contacts.UPDATE",
    "ZohoCRM.modules.contacts.DELETE",
    "ZohoCRM.settings.fields.READ",
    "ZohoCRM.settings.fields.CREATE",
    "ZohoCRM.settings.recycle_bin.DELETE",
    "ZohoCRM.org.READ",
];

impl Zoho {
    /// Whether the request went to a host of another data centre.
    fn is_elsewhere(&self, call: &Call) -> bool {
        let host = call.host();
        CENTRES
            .iter()
            .any(|(name, accounts, api)| (host == *accounts || host == *api) && *name != self.centre)
    }

    /// Hands out an access token. Wrong credentials are refused with status 200, too many requests with 400.
    pub(super) fn token(&mut self, call: &Call, now: Timestamp) -> Answer {
        if call.method() != "POST" {
            return Failure::of("INVALID_REQUEST_METHOD").answer();
        }
        let (allowed, length) = TOKENS;
        if self.token_requests.used(now, length) >= allowed {
            return too_many();
        }
        self.token_requests.add(now, 1);
        let names = ["grant_type", "client_id", "client_secret", "refresh_token"];
        let form = call
            .form(names)
            .filter(|_| call.carries("application/x-www-form-urlencoded") && call.query.is_empty());
        let error = match form.as_ref().map(|form| form.each_ref().map(String::as_str)) {
            None => return refused(400, "invalid_request"),
            Some(["refresh_token", CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN]) if !self.is_elsewhere(call) => None,
            Some(["refresh_token", CLIENT_ID, CLIENT_SECRET, _]) if !self.is_elsewhere(call) => Some("invalid_code"),
            Some(["refresh_token", ..]) => Some("invalid_client"),
            Some(_) => return refused(400, "unsupported_grant_type"),
        };
        if let Some(error) = error {
            return refused(200, error);
        }
        self.serial += 1;
        let token = format!("1000.{:032x}.{:032x}", self.serial, 0xace5);
        self.tokens.push((token.clone(), now));
        let seconds = TOKEN.as_secs();
        Answer::json(
            200,
            &json!({
                "access_token": token, "api_domain": self.origin, "token_type": "Bearer", "expires_in": seconds,
                "scope": self.scopes.join(" "),
            }),
        )
    }

    /// Lets a request in that carries a living token of this data centre.
    pub(super) fn admit(&self, call: &Call, now: Timestamp) -> Result<(), Failure> {
        let header = call.header("authorization").unwrap_or_default();
        let token = header
            .strip_prefix("Zoho-oauthtoken ")
            .ok_or_else(|| Failure::of("AUTHENTICATION_FAILURE"))?;
        let lives = |at: &Timestamp| now.duration_since(*at) < TOKEN;
        let known = self.tokens.iter().any(|(known, at)| known == token && lives(at));
        if known && !self.is_elsewhere(call) {
            Ok(())
        } else {
            Err(Failure::of("INVALID_TOKEN"))
        }
    }

    /// Refuses what the grant does not reach.
    pub(super) fn reaches(&self, scopes: &[String]) -> Result<(), Failure> {
        let held = scopes
            .iter()
            .all(|scope| self.scopes.iter().any(|held| held.eq_ignore_ascii_case(scope)));
        if held {
            Ok(())
        } else {
            Err(Failure::of("OAUTH_SCOPE_MISMATCH"))
        }
    }

    /// Takes the credits that a call costs.
    pub(super) fn pay(&mut self, cost: u64, now: Timestamp) -> Result<(), Failure> {
        if self.credits_used.used(now, DAY) + cost > self.credits_max {
            return Err(Failure::of("TOO_MANY_REQUESTS"));
        }
        self.credits_used.add(now, cost);
        Ok(())
    }

    /// Says what is left of the credits, from half on.
    pub(super) fn with_credits(&mut self, answer: Answer, now: Timestamp) -> Answer {
        let used = self.credits_used.used(now, DAY);
        match used * 2 >= self.credits_max {
            true => answer.with(
                "x-api-credits-remaining",
                self.credits_max.saturating_sub(used).to_string(),
            ),
            false => answer,
        }
    }

    /// A person revokes what was handed out; the refresh token stays good.
    pub fn revoke(&mut self) {
        self.tokens.clear();
    }
}

fn refused(status: u16, error: &str) -> Answer {
    Answer::json(status, &json!({"error": error}))
}

fn too_many() -> Answer {
    let description = "You have made too many requests continuously. Please try again after some time.";
    let body: Value = json!({"error": "Access Denied", "error_description": description, "status": "failure"});
    Answer::json(400, &body)
}

/// What the token endpoint says with this status, for faults by script.
pub(super) fn own(status: u16) -> Answer {
    match status {
        400 => too_many(),
        401 => refused(401, "invalid_client"),
        500.. => refused(status, "general_error"),
        _ => Answer::empty(status),
    }
}
