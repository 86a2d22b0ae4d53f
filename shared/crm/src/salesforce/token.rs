//! The access token of Salesforce.

use crate::call::{Call, Http, Method};
use crate::oauth;
use crate::outcome::{End, Outcome, Reason};
use crate::push::Token;
use crate::secret::Secret;

/// What the address of every org ends with.
const SUFFIX: &str = ".my.salesforce.com";

/// Asks for a token by client credentials. It says nothing of its end: it is good until a call is refused.
pub(super) async fn token(http: &impl Http, secret: &Secret, url: Option<&str>) -> Result<Token, Outcome> {
    let Secret::Salesforce {
        client_id,
        client_secret,
        domain,
    } = secret
    else {
        return Err(Outcome::of(End::Pause(Reason::Unauthorized, None)).with_code("no_secret"));
    };
    let url = url.map(|url| url.trim_end_matches('/'));
    let base = url.map_or_else(|| format!("https://{domain}{SUFFIX}"), str::to_owned);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client_id),
        ("client_secret", client_secret),
    ];
    let call = Call {
        method: Method::Post,
        url: format!("{base}/services/oauth2/token"),
        headers: vec![
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
            ("accept", "application/json".to_owned()),
        ],
        body: oauth::form(&form),
    };
    let answer = http.call(call).await.map_err(|broken| oauth::broken(broken, true))?;
    if let Some(outcome) = oauth::passing(&answer) {
        return Err(outcome);
    }
    let json = answer.json().unwrap_or_default();
    let refused = |end: End| Outcome {
        code: json["error"].as_str().and_then(oauth::word),
        ..Outcome::of(end).with_status(answer.status)
    };
    match (answer.status, json["error"].as_str()) {
        (429, _) => return Err(refused(End::Pause(Reason::Limited, oauth::wait(&answer)))),
        (403, _) => return Err(refused(End::Pause(Reason::Forbidden, None))),
        (_, Some("unknown_error" | "server_error" | "temporarily_unavailable")) => {
            return Err(refused(End::Later(None)));
        }
        (400..=499, _) | (_, Some(_)) => return Err(refused(End::Pause(Reason::Unauthorized, None))),
        _ => {}
    }
    let (Some(text), Some(instance)) = (oauth::access_token(&json), json["instance_url"].as_str()) else {
        return Err(oauth::unreadable(&answer, End::Later(None)));
    };
    let base = match url {
        Some(url) => oauth::same_origin(url, instance).then(|| url.to_owned()),
        None => org(instance),
    };
    match base {
        Some(base) => Ok(Token {
            text: text.to_owned(),
            base,
            seconds: None,
        }),
        None => Err(Outcome::of(End::Pause(Reason::Elsewhere, None)).with_status(answer.status)),
    }
}

/// The address of an org, if it is one: the token goes there with every call.
fn org(instance: &str) -> Option<String> {
    let (scheme, host) = oauth::origin(instance)?;
    let name = host.strip_suffix(SUFFIX)?;
    let plain = !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    (scheme == "https" && plain).then(|| format!("https://{host}"))
}
