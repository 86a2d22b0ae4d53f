//! A card for a hot lead, in the words of four chats. Nothing that somebody typed is in it: who it is stands behind the link.

use piste_crm::{Call, Http as _, Method};
use piste_domain::campaign::destination::{ChatFormat, Destination};
use piste_domain::lead::deliveries::{End, Outcome};
use piste_domain::rules::deliveries::{self, Order};
use piste_domain::{Lead, Locale};
use serde_json::{Value, json};

use crate::{Run, texts, webhook};

/// What a card says.
#[derive(Debug)]
struct Card {
    title: String,
    lines: Vec<String>,
    link: String,
    button: &'static str,
}

/// Tells it as the lead stands now.
pub(crate) async fn tell(run: &Run<'_>, destination: &Destination, order: &Order, lead: Option<&Lead>) -> Outcome {
    let (Some(url), Some(format), Some(lead)) = (&destination.url, destination.format, lead) else {
        return Outcome::of(End::SetAside).with_code("no_lead");
    };
    let _ = order;
    let card = card(run, lead);
    let call = Call {
        method: Method::Post,
        url: url.clone(),
        headers: vec![("content-type", "application/json".into())],
        body: message(format, &card).to_string().into_bytes(),
    };
    webhook::classify(&run.http.call(call).await)
}

fn card(run: &Run<'_>, lead: &Lead) -> Card {
    let catalog = &run.closed.catalog;
    let case = lead.open_case();
    let campaign = case.map_or_else(|| lead.latest_campaign(), |case| case.campaign(lead).clone());
    let campaign = catalog.get(&campaign);
    let owner = campaign.zip(lead.owner()).and_then(|(campaign, id)| campaign.owner(id));
    let locale = owner.map_or(Locale::default(), |owner| owner.language);
    let brief = deliveries::brief(lead, catalog, locale, run.app.now());
    let mut lines = Vec::new();
    if let Some((case, campaign)) = case.zip(campaign) {
        let zone = owner.map_or_else(|| campaign.zone().clone(), |owner| owner.hours(campaign).zone);
        let until = case.task.map_or(case.deadline, |task| task.until);
        let until = piste_domain::kit::format::date_time(until, &zone, locale);
        lines.push(texts::call_until(locale, &until));
    }
    if let Some(owner) = owner {
        lines.push(texts::for_owner(locale, &owner.name));
    }
    if !brief.why.is_empty() {
        lines.push(texts::because(locale, &brief.why));
    }
    Card {
        title: texts::hot_lead(locale, &brief.grade, &brief.campaign),
        lines,
        link: format!("{}/console/leads/{}", run.app.settings.base_url, lead.id),
        button: texts::open(locale),
    }
}

fn message(format: ChatFormat, card: &Card) -> Value {
    let Card { title, lines, link, button } = card;
    let body = lines.join("\n");
    match format {
        ChatFormat::Slack => json!({
            "text": title,
            "blocks": [
                { "type": "section", "text": { "type": "mrkdwn", "text": format!("*{}*\n{}", escaped(title), escaped(&body)) } },
                { "type": "actions", "elements": [
                    { "type": "button", "text": { "type": "plain_text", "text": button }, "url": link, "style": "primary" }
                ] }
            ]
        }),
        ChatFormat::Mattermost => json!({ "text": format!("**{title}**\n{body}\n[{button}]({link})") }),
        ChatFormat::Teams => {
            let block = |text: &String| json!({ "type": "TextBlock", "text": text, "wrap": true });
            let mut blocks = vec![json!({ "type": "TextBlock", "text": title, "weight": "Bolder", "wrap": true })];
            blocks.extend(lines.iter().map(block));
            json!({
                "type": "message",
                "attachments": [{
                    "contentType": "application/vnd.microsoft.card.adaptive",
                    "content": {
                        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                        "type": "AdaptiveCard",
                        "version": "1.4",
                        "body": blocks,
                        "actions": [{ "type": "Action.OpenUrl", "title": button, "url": link }]
                    }
                }]
            })
        }
        ChatFormat::Google => json!({ "text": format!("*{title}*\n{body}\n<{link}|{button}>") }),
    }
}

/// Slack's three characters (api.slack.com/reference/surfaces/formatting).
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
