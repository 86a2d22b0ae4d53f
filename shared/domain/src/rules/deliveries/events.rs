//! What happened to a lead, as events for webhooks and cards for chats.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value as Json, json};

use super::{concerns, values, wants_none};
use crate::campaign::destination::{Destination, EventType, Kind};
use crate::kit::vocabulary::Regime;
use crate::lead::Lead;
use crate::lead::deliveries::{Noted, Told, What};
use crate::lead::stage::Stage;
use crate::rules::context::Context;
use crate::rules::stages;

/// Whoever was here longer than this before a destination was added is no news to it. Longer than the sender ever stands
/// still: who came meanwhile is news when it goes on.
const NEWS_FOR: SignedDuration = SignedDuration::from_hours(5 * 24);

/// Makes an event of everything that happened since the last look, from the lead as it was to the lead as it is.
pub(super) fn note(told: &mut Told, (was, lead): (&Lead, &Lead), destination: &Destination, cx: &Context<'_>) {
    let is_new = !told.noted.created;
    if is_new && !concerns(lead, destination) {
        return;
    }
    let now = of(lead);
    // Who was told to nobody until now, for want of a confirmation or a stage, is news however long ago they came.
    let is_old = is_new && concerns(was, destination) && cx.now.duration_since(lead.captured_at) > NEWS_FOR;
    let before = std::mem::replace(&mut told.noted, now.clone());
    if is_old {
        return;
    }
    if destination.kind == Kind::Chat {
        if now.cases > before.cases && lead.open_case().is_some() {
            told.tell(What::Card, None, cx.now);
        }
        return;
    }
    let mut happened: Vec<(EventType, Timestamp, Json)> = Vec::new();
    if is_new {
        happened.push((EventType::LeadCreated, lead.captured_at, Json::Null));
    }
    if now.confirmed && !before.confirmed {
        happened.push((EventType::LeadConfirmed, cx.now, Json::Null));
    }
    let moves = lead.history.iter().enumerate().skip(before.moves as usize);
    for (at, change) in moves {
        let from = at.checked_sub(1).map_or(Stage::Lead, |before| lead.history[before].to);
        if change.to == Stage::Mql {
            happened.push((EventType::LeadQualified, change.at, Json::Null));
        }
        let moved = json!({ "from": from.code(), "to": change.to.code() });
        happened.push((EventType::LeadStageChanged, change.at, moved));
    }
    if now.owner.is_some() && now.owner != before.owner {
        happened.push((EventType::LeadOwnerChanged, cx.now, Json::Null));
    }
    if now.overdue > before.overdue {
        happened.push((EventType::LeadOverdue, cx.now, Json::Null));
    }
    if now.opted_out && !before.opted_out {
        happened.push((EventType::LeadOptedOut, cx.now, Json::Null));
    }
    for (event, at, more) in happened {
        if wanted(destination, event) {
            let body = body(event, at, lead, destination, more, cx);
            told.tell(What::Event(event), Some(body), cx.now);
        }
    }
}

/// The last event of all: it names the lead by its id alone.
pub(super) fn erased(told: &mut Told, lead: &Lead, cx: &Context<'_>) {
    let destination = cx.catalog.destination(&told.destination);
    if destination.is_some_and(|of| wanted(of, EventType::LeadErased)) {
        let data = json!({ "lead_id": lead.id.as_str(), "workspace": lead.workspace.as_str() });
        told.tell(
            What::Event(EventType::LeadErased),
            Some(envelope(EventType::LeadErased, cx.now, data)),
            cx.now,
        );
    }
}

fn wanted(destination: &Destination, event: EventType) -> bool {
    destination.events.as_ref().is_none_or(|events| events.contains(&event))
}

/// What has happened so far.
fn of(lead: &Lead) -> Noted {
    let latest = |escalated: bool| {
        let of = lead
            .cases
            .iter()
            .filter(|case| !escalated || case.task.is_some_and(|task| task.escalated));
        of.map(|case| case.round + 1).max().unwrap_or(0)
    };
    Noted {
        created: true,
        confirmed: lead.words.is_proved(),
        moves: u32::try_from(lead.history.len()).unwrap_or(u32::MAX),
        owner: lead.owner().map(str::to_owned),
        opted_out: wants_none(lead),
        cases: latest(false),
        overdue: latest(true),
    }
}

fn envelope(event: EventType, at: Timestamp, data: Json) -> String {
    json!({ "type": event.code(), "timestamp": at.to_string(), "data": data }).to_string()
}

/// The body of an event: thin, with the fields that the file asks for. What somebody typed is in it only once the person
/// confirmed, or where the campaign asks nobody to (R90).
fn body(
    event: EventType,
    at: Timestamp,
    lead: &Lead,
    destination: &Destination,
    more: Json,
    cx: &Context<'_>,
) -> String {
    let standing = stages::scores(lead, cx.catalog, cx.now).into_iter().next();
    let mut data = Map::new();
    data.insert("lead_id".into(), json!(lead.id.as_str()));
    data.insert("workspace".into(), json!(lead.workspace.as_str()));
    data.insert("campaign".into(), json!(lead.latest_campaign().as_str()));
    data.insert("stage".into(), json!(lead.stage.code()));
    data.insert(
        "grade".into(),
        json!(standing.as_ref().map(|(_, _, score)| &score.grade)),
    );
    data.insert("owner".into(), json!(lead.owner()));
    if let Json::Object(more) = more {
        data.extend(more);
    }
    let asks_nobody = lead.campaigns().all(|campaign| {
        let campaign = cx.catalog.get(campaign);
        campaign.is_some_and(|campaign| campaign.regime == Regime::B2bInterest || campaign.opt_in.is_none())
    });
    if !destination.fields.is_empty() && (lead.words.is_proved() || asks_nobody) {
        let values = values::of(lead, destination, &BTreeMap::new(), cx);
        let fields: Map<String, Json> = values.into_iter().map(|value| (value.name, value.value)).collect();
        data.insert("fields".into(), Json::Object(fields));
    }
    envelope(event, at, Json::Object(data))
}
