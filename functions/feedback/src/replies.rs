//! A message that came to a lead's reply address, as SES stored it.
//!
//! SES's verdicts are looked at before anything else. Whose answer it is, the address says, which nobody can make but us; what the
//! message says of its sender is never believed.

use piste_adapters::app::Start;
use piste_adapters::mail::address;
use piste_adapters::mail::incoming::{self, Verdict, Verdicts};
use piste_adapters::{App, telemetry};
use piste_domain::kit::ids::base32_26;
use piste_domain::kit::personal::Personal;
use piste_domain::lead::signal::ReportId;
use piste_domain::rules::replies::{Heard, Incoming, Reading};
use piste_domain::{LeadId, input};
use serde_json::Value;

/// What SES calls the notification of a message that came in.
///
/// Source: SES developer guide, "Contents of notifications for Amazon SES email receiving".
pub const RECEIVED: &str = "Received";
/// Leads that one message may be an answer of: whoever writes to several does so by hand.
const LEADS_MAX: usize = 5;

/// Takes a message; whether it said anything that is understood. What is not is left, and not tried again for ever.
pub async fn take(app: &App, report: &Value) -> Result<bool, lambda_runtime::Error> {
    let left = |code: &'static str| {
        telemetry::log("message_left", &[("code", code.into())]);
        Ok(false)
    };
    let receipt = &report["receipt"];
    let told = verdicts(receipt);
    if let Some(refused) = told.refusal() {
        return left(refused.code());
    }
    let Some(name) = receipt["action"]["objectKey"].as_str() else {
        return left("unnamed");
    };
    let Some(raw) = app.inbox.read(name, app.now()).await? else {
        return left("gone");
    };
    let Some(message) = incoming::read(&raw) else {
        return left("unreadable");
    };
    if let Some(refused) = told.and(Verdicts::of_head(&message)).refusal() {
        return left(refused.code());
    }
    let leads = leads(app, receipt, &message);
    if leads.is_empty() {
        return left("not_ours");
    }
    for lead in leads {
        hear(app, &lead, &message, &raw).await?;
    }
    Ok(true)
}

/// What SES found, as its notification says it.
fn verdicts(receipt: &Value) -> Verdicts {
    let of = |name: &str| receipt[name]["status"].as_str().map_or(Verdict::Unknown, Verdict::of);
    Verdicts {
        spam: of("spamVerdict"),
        virus: of("virusVerdict"),
        spf: of("spfVerdict"),
        dkim: of("dkimVerdict"),
    }
}

/// Whose addresses it came to: by the envelope, else by its head.
fn leads(app: &App, receipt: &Value, message: &Incoming) -> Vec<LeadId> {
    let envelope = receipt["recipients"].as_array().into_iter().flatten();
    let envelope: Vec<String> = envelope.filter_map(|to| to.as_str().map(str::to_owned)).collect();
    let to = match envelope.is_empty() {
        true => incoming::addressed(message),
        false => envelope,
    };
    let ring = app.ring();
    let mut leads = Vec::new();
    for lead in to.iter().filter_map(|to| address::lead_of(&ring.identity, to)) {
        if !leads.contains(&lead) && leads.len() < LEADS_MAX {
            leads.push(lead);
        }
    }
    leads
}

async fn hear(app: &App, id: &LeadId, message: &Incoming, raw: &[u8]) -> Result<(), lambda_runtime::Error> {
    let now = app.now();
    let ring = app.ring();
    // Its own id, which a second delivery has too; without one, its bytes.
    let own = message
        .head("message-id")
        .filter(|own| !own.is_empty())
        .map(str::to_owned);
    let own = own.unwrap_or_else(|| base32_26(&ring.identity.mac_bytes(&[b"message", raw])));
    let reading = message.read(now.to_zoned(jiff::tz::TimeZone::UTC).date());
    let code = reading.code();
    let is_no = reading == Reading::OptOut;
    let heard = Heard {
        id: ReportId::of(&ring.identity, "reply", &own),
        reading,
        said: without_our_links(&message.said(), &app.settings.base_url),
    };
    let applied = app.apply(id, Start::Known, input::Heard(heard)).await?;
    telemetry::log(
        "heard",
        &[
            ("lead", id.into()),
            ("code", code.into()),
            ("changed", if applied.changed { "yes" } else { "no" }.into()),
        ],
    );
    if is_no {
        // A part of the archive from which a restored table learns what was decided since the backup (R21).
        telemetry::log("opted_out", &[("lead", id.into()), ("at", now.as_second().into())]);
    }
    Ok(())
}

/// Links of ours in what somebody quotes are theirs alone: whoever reads the note must not be able to act by them.
fn without_our_links(text: &Personal, base_url: &str) -> Personal {
    let mut kept = String::new();
    let mut rest = text.expose();
    while let Some(at) = rest.find(base_url) {
        let (before, link) = rest.split_at(at + base_url.len());
        kept.push_str(before);
        let end = link.find(|c: char| c.is_whitespace() || "<>()\"".contains(c));
        rest = &link[end.unwrap_or(link.len())..];
    }
    kept.push_str(rest);
    Personal::new(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_ours_lose_what_makes_them_work() {
        let said = Personal::new(
            "See <https://leads.example.com/unsubscribe?t=v1.k&lang=en> and https://leads.example.com/a b",
        );
        let kept = without_our_links(&said, "https://leads.example.com");
        assert_eq!(
            kept.expose(),
            "See <https://leads.example.com> and https://leads.example.com b"
        );
    }
}
