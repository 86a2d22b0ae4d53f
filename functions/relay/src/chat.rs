//! A card for a hot lead, in the words of four chats. Nothing that somebody typed is in it: who it is stands behind the link.

use piste_crm::{Call, Http as _, Method};
use piste_domain::campaign::destination::{ChatFormat, Destination};
use piste_domain::kit::format;
use piste_domain::lead::deliveries::{End, Outcome};
use piste_domain::rules::deliveries;
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
pub(crate) async fn tell(run: &Run<'_>, destination: &Destination, lead: Option<&Lead>) -> Outcome {
    let (Some(url), Some(format), Some(lead)) = (&destination.url, destination.format, lead) else {
        return Outcome::of(End::SetAside).with_code("no_lead");
    };
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
    let id = case.map_or_else(|| lead.latest_campaign(), |case| case.campaign(lead).clone());
    let campaign = catalog.get(&id);
    let sales = campaign.and_then(|campaign| campaign.sales.as_ref());
    let owner = sales.zip(lead.owner()).and_then(|(sales, owner)| sales.owner(owner));
    let locale = owner.map_or_else(Locale::default, |owner| owner.language);
    let reasons = deliveries::reasons(lead, &id, catalog, locale, run.app.now());
    let until = case.zip(campaign).map(|(case, campaign)| {
        let zone = owner.map_or_else(|| campaign.time_zone(), |owner| owner.hours(campaign).zone);
        format::moment(case.task.map_or(case.deadline, |task| task.until), &zone, locale)
    });
    let lines = [
        until.map(|until| texts::call_until(locale, &until)),
        owner.map(|owner| texts::for_owner(locale, &owner.name)),
        Some(texts::because(locale, &reasons.why)).filter(|_| !reasons.why.is_empty()),
    ];
    let name = campaign.map_or_else(|| id.to_string(), |campaign| campaign.name.get(locale).to_owned());
    Card {
        title: texts::hot_lead(locale, &reasons.grade, &name),
        lines: lines.into_iter().flatten().collect(),
        link: format!("{}/console/leads/{}", run.app.settings.base_url, lead.id),
        button: texts::open(locale),
    }
}

fn message(format: ChatFormat, card: &Card) -> Value {
    let Card {
        title,
        lines,
        link,
        button,
    } = card;
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
