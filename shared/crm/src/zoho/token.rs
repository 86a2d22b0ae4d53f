//! The access token of Zoho.

use jiff::SignedDuration;

use crate::call::{Call, Http, Method};
use crate::oauth;
use crate::outcome::{End, Outcome, Reason};
use crate::push::Token;
use crate::secret::{DATA_CENTRES, Secret};

/// The window in which ten tokens are given at most.
const WINDOW: SignedDuration = SignedDuration::from_mins(10);

/// How long a token is good where the answer does not say it.
const SECONDS: u32 = 3600;

/// Asks for a token by the refresh token, in the data centre of the account. It is good in that one alone.
pub(super) async fn token(http: &impl Http, secret: &Secret, url: Option<&str>) -> Result<Token, Outcome> {
    let unproved = || Outcome::of(End::Pause(Reason::Unauthorized, None)).with_code("no_secret");
    let Secret::Zoho {
        client_id,
        client_secret,
        refresh_token,
        data_centre,
    } = secret
    else {
        return Err(unproved());
    };
    let (_, accounts, host) = DATA_CENTRES
        .iter()
        .find(|(name, ..)| name == data_centre)
        .ok_or_else(unproved)?;
    let url = url.map(|url| url.trim_end_matches('/'));
    let accounts = url.map_or_else(|| format!("https://{accounts}"), str::to_owned);
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", client_id),
        ("client_secret", client_secret),
        ("refresh_token", refresh_token),
    ];
    let call = Call {
        method: Method::Post,
        url: format!("{accounts}/oauth/v2/token"),
        headers: vec![
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
            ("accept", "application/json".to_owned()),
        ],
        body: oauth::form(&form),
    };
    let answer = http.call(call).await.map_err(|broken| oauth::broken(broken, true))?;
    let json = answer.json().unwrap_or_default();
    let ended = |end: End| Outcome::of(end).with_status(answer.status);
    // A refusal comes with any status, 200 as well.
    if let Some(error) = json["error"].as_str() {
        let about = json["error_description"].as_str().unwrap_or_default();
        let code = oauth::word(error);
        return Err(Outcome {
            code,
            ..ended(refusal(error, about))
        });
    }
    if let Some(outcome) = oauth::passing(&answer) {
        return Err(outcome);
    }
    match answer.status {
        403 => return Err(ended(End::Pause(Reason::Forbidden, None))),
        429 => return Err(ended(End::Pause(Reason::Limited, Some(WINDOW)))),
        400..=499 => return Err(ended(End::Pause(Reason::Unauthorized, None))),
        _ => {}
    }
    let Some(text) = oauth::access_token(&json) else {
        return Err(oauth::unreadable(&answer, End::Later(None)));
    };
    let ours = url.map_or_else(|| format!("https://{host}"), str::to_owned);
    let told = json["api_domain"].as_str().unwrap_or(&ours);
    if !oauth::same_origin(told, &ours) {
        return Err(ended(End::Pause(Reason::Elsewhere, None)));
    }
    let seconds = json["expires_in"]
        .as_u64()
        .and_then(|seconds| seconds.try_into().ok())
        .unwrap_or(SECONDS);
    Ok(Token {
        text: text.to_owned(),
        base: ours,
        seconds: Some(seconds),
    })
}

/// What a refusal means: too many tokens pass by themselves, and everything else but a fault of theirs is the owner's.
/// Zoho's word for too many is `Access Denied`, and the text beside it tells.
fn refusal(error: &str, about: &str) -> End {
    let many = |text: &str| {
        let text = text.to_ascii_lowercase().replace('_', " ");
        text.contains("too many") || text.contains("access denied") || text.contains("limit")
    };
    match error {
        "general_error" | "server_error" | "temporarily_unavailable" => End::Later(None),
        _ if many(error) || many(about) => End::Pause(Reason::Limited, Some(WINDOW)),
        _ => End::Pause(Reason::Unauthorized, None),
    }
}
