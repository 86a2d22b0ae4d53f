//! Cloudflare Turnstile: a widget of Cloudflare's asks the visitor's browser, and Cloudflare says afterwards whether its
//! answer is good (R87). What Cloudflare cannot say speaks against nobody: somebody else's outage holds no lead
//! (`docs/adr/0019-somebody-elses-outage-holds-no-lead.md`).
//!
//! Source: Cloudflare's documentation, "Turnstile", pages "Server-side validation" and "Widget configurations".

use serde_json::Value;

use crate::campaign::Campaign;
use crate::kit::ids::{CampaignId, Key, LeadId, hex};
use crate::kit::post::RawPost;
use crate::kit::vocabulary::Layer;

/// The field that carries the answer of the widget, as the widget names it. It is no answer of a person and is never kept.
pub const RESPONSE: &str = "cf-turnstile-response";
/// Where script and frame of the widget come from.
pub const ORIGIN: &str = "https://challenges.cloudflare.com";
/// The script of the widget. It may not be served from anywhere else.
pub const SCRIPT: &str = "https://challenges.cloudflare.com/turnstile/v0/api.js";
/// Where an answer is looked at.
pub const SITEVERIFY: &str = "https://challenges.cloudflare.com/turnstile/v0/siteverify";
/// The longest answer of a widget, in characters.
const RESPONSE_CHARS_MAX: usize = 2_048;
/// The longest name of an action, in characters.
const ACTION_CHARS_MAX: usize = 32;

/// What Cloudflare's word means for a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing speaks against it.
    Passed,
    /// This does.
    Against(Layer),
    /// Nobody knows: the post is taken as if it had passed.
    NotChecked(NotChecked),
}

/// Why nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotChecked {
    /// The key ring has no secret key for the site key, or could not be read.
    NoSecret,
    /// Cloudflare does not know the secret key.
    WrongSecret,
    /// Cloudflare was not reached, or did not answer in time.
    NoAnswer,
    /// Cloudflare says that it cannot answer now.
    Unable,
    /// What came back is no answer of Cloudflare's.
    Unreadable,
}

impl NotChecked {
    /// Its name in the log.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoSecret => "no_secret",
            Self::WrongSecret => "wrong_secret",
            Self::NoAnswer => "no_answer",
            Self::Unable => "unable",
            Self::Unreadable => "unreadable",
        }
    }
}

/// What the hosted form calls its widget: Cloudflare returns it with its word, so that the answer of one form is none of another.
pub fn action(form: &CampaignId) -> &str {
    let name = form.as_str();
    name.get(..ACTION_CHARS_MAX).unwrap_or(name)
}

/// The answer of the widget as it was posted, empty where there is none: Cloudflare is asked about that too, for only so it
/// is known whether the widget could be loaded.
///
/// # Errors
/// [`Layer::FalseTurnstile`] for what no widget sends; nobody is asked.
pub fn response(post: &RawPost) -> Result<&str, Layer> {
    let sent = post.get(RESPONSE).map(str::trim).unwrap_or_default();
    let plausible = sent.len() <= RESPONSE_CHARS_MAX && sent.bytes().all(|b| b.is_ascii_graphic());
    plausible.then_some(sent).ok_or(Layer::FalseTurnstile)
}

/// A UUID of the post as it is: Cloudflare looks at an answer once, and this tells it that the same post came again, because
/// our answer was lost or the lead was not taken.
pub fn idempotency_key(lead: &LeadId, post: &RawPost, key: &Key) -> String {
    let pairs = post.pairs().iter();
    let pairs = pairs.flat_map(|(name, value)| [name.as_str(), value.as_str()]);
    let said: Vec<&str> = ["turnstile", lead.as_str()].into_iter().chain(pairs).collect();
    let mac = hex(&key.mac(&said));
    // Version and variant of one that was made by chance (RFC 9562, 5.4).
    format!(
        "{}-{}-4{}-8{}-{}",
        &mac[..8],
        &mac[8..12],
        &mac[13..16],
        &mac[17..20],
        &mac[20..32]
    )
}

/// What Cloudflare's answer means for a post of this form, whose pages stand at `own` and at the form's `origins`.
pub fn read(status: u16, body: &[u8], campaign: &Campaign, own: &str) -> Verdict {
    if status == 429 || status >= 500 {
        return Verdict::NotChecked(NotChecked::Unable);
    }
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    match said["success"].as_bool() {
        None => Verdict::NotChecked(NotChecked::Unreadable),
        Some(false) => refused(&said["error-codes"]),
        Some(true) => {
            let host = said["hostname"].as_str().filter(|host| !host.is_empty());
            let action = said["action"].as_str().filter(|action| !action.is_empty());
            let mut sites = campaign.form.origins.iter().map(String::as_str).chain([own]);
            let holds = host.is_none_or(|host| sites.any(|site| is_host_of(site, host)))
                && action.is_none_or(|action| action == self::action(&campaign.id));
            match holds {
                true => Verdict::Passed,
                false => Verdict::Against(Layer::FalseTurnstile),
            }
        }
    }
}

/// What the error codes say. Only what is wrong with the widget's answer counts against a post; a code that is not known here
/// is taken as such.
fn refused(codes: &Value) -> Verdict {
    let codes: Vec<&str> = codes
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let says = |code: &str| codes.contains(&code);
    if says("missing-input-secret") || says("invalid-input-secret") {
        return Verdict::NotChecked(NotChecked::WrongSecret);
    }
    // The request is ours but for an answer that was looked at before: what is malformed is not the visitor's doing.
    if says("internal-error") || says("bad-request") {
        return Verdict::NotChecked(NotChecked::Unable);
    }
    Verdict::Against(match says("missing-input-response") {
        true => Layer::NoTurnstile,
        false => Layer::FalseTurnstile,
    })
}

/// Whether a page of this site has this host. This machine has two names.
fn is_host_of(site: &str, host: &str) -> bool {
    let site = site.split_once("://").map_or(site, |(_, rest)| rest);
    let site = site.split(['/', ':']).next().unwrap_or_default();
    let is_here = |host: &str| matches!(host, "localhost" | "127.0.0.1");
    site.eq_ignore_ascii_case(host) || (is_here(site) && is_here(host))
}

#[cfg(test)]
mod tests;
