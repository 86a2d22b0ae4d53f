//! What the CRMs of our destinations report themselves, each in its own shape.
//!
//! A report names a record by its id there, and the row that was kept when it was made says whose it is; records of nobody
//! we know, and kinds of event we do not use, are taken without effect. What changed is not believed of a report: the relay
//! reads the record back. So a body that is tried again has one effect.

use jiff::Timestamp;
use piste_adapters::app::Start;
use piste_adapters::http::PostProblem;
use piste_adapters::{App, telemetry};
use piste_domain::campaign::destination::{Destination, Kind};
use piste_domain::kit::ids::DestinationName;
use piste_domain::kit::vocabulary::SignalKind;
use piste_domain::lead::signal::ReportId;
use piste_domain::rules::deliveries::{Happened, Heard};
use piste_domain::rules::signals::{Report, Reported};
use piste_domain::{Catalog, LeadId, WorkspaceId, input};
use serde_json::Value;

use crate::answer::{Answer, EventAnswer};
use crate::{Taken, TriggerError};

/// The longest id of a record there is, with room.
const ID_MAX: usize = 64;

/// One thing a CRM tells.
#[derive(Debug, PartialEq)]
enum Told {
    /// Of a record.
    Record(String, Happened),
    /// How a sale to a person ended.
    Sale(Sale),
}

/// How a sale to a person ended.
#[derive(Debug, PartialEq)]
struct Sale {
    /// The record of the person.
    person: String,
    /// The event's own id, or what there is in its place.
    id: String,
    won: bool,
    /// What it brought, in cents.
    cents: Option<u64>,
    /// Why it was lost.
    reason: String,
}

/// The CRM of this name and workspace whose own reports come under it.
pub(crate) fn destination<'a>(catalog: &'a Catalog, workspace: &WorkspaceId, source: &str) -> Option<&'a Destination> {
    let destination = catalog.destination(&DestinationName::new(source))?;
    let is_ours = destination.kind.is_crm() && destination.workspace == *workspace;
    is_ours.then_some(&**destination)
}

/// Takes a body that has proved itself.
pub(crate) async fn take(
    app: &App,
    destination: &Destination,
    body: &Value,
    at: Timestamp,
) -> Result<Answer, TriggerError> {
    let told = read(destination.kind, body).ok_or(TriggerError::Body(PostProblem::Malformed))?;
    let mut taken = Taken::Ignored;
    for one in told {
        taken = taken.min(take_one(app, destination, one, at).await?);
    }
    if taken == Taken::Ignored {
        telemetry::log("trigger_ignored", &[("source", (&destination.name).into())]);
    }
    Ok(Answer::one(EventAnswer::of(taken)))
}

async fn take_one(app: &App, destination: &Destination, told: Told, at: Timestamp) -> Result<Taken, TriggerError> {
    let record = match &told {
        Told::Record(record, _) => record,
        Told::Sale(sale) => &sale.person,
    };
    let Some(lead) = app.lead_of_record(&destination.name, record).await? else {
        return Ok(Taken::UnknownLead);
    };
    let (kind, changed) = match told {
        Told::Record(record, what) => {
            let kind = match &what {
                Happened::Changed => "changed",
                Happened::Deleted => "deleted",
                Happened::Merged(_) => "merged",
            };
            let merged = matches!(what, Happened::Merged(_));
            let heard = Heard {
                destination: destination.name.clone(),
                record: record.clone(),
                what,
            };
            let applied = app.apply(&lead, Start::Known, heard).await?;
            if merged {
                app.forget_record(&destination.name, &record).await?;
            }
            (kind, applied.changed)
        }
        Told::Sale(sale) => settle(app, destination, &lead, sale, at).await?,
    };
    telemetry::log(
        "triggered",
        &[
            ("source", (&destination.name).into()),
            ("kind", kind.into()),
            ("lead", (&lead).into()),
            ("changed", if changed { "yes" } else { "no" }.into()),
        ],
    );
    Ok(Taken::Accepted)
}

/// A sale that ended is what any other system would report of it: told twice, it counts once.
async fn settle(
    app: &App,
    destination: &Destination,
    lead: &LeadId,
    sale: Sale,
    at: Timestamp,
) -> Result<(&'static str, bool), TriggerError> {
    let kind = if sale.won { SignalKind::Won } else { SignalKind::Lost };
    let scope = format!("{}/{}", destination.workspace, destination.name);
    let report = Report {
        id: ReportId::of(&app.ring().identity, &scope, &sale.id),
        source: destination.name.to_string(),
        at,
        what: Reported::Signal(kind, sale.reason),
        cents: sale.cents,
    };
    let applied = app.apply(lead, Start::Known, input::Signal(report)).await?;
    Ok((kind.code(), applied.changed))
}

/// What a body tells, each thing once; `None` where it is none of this CRM's.
fn read(kind: Kind, body: &Value) -> Option<Vec<Told>> {
    let told = match kind {
        Kind::Hubspot => hubspot(body)?,
        Kind::Pipedrive => pipedrive(body)?,
        Kind::Salesforce | Kind::Zoho => by_flow(body).or_else(|| channel(body).filter(|_| kind == Kind::Zoho))?,
        Kind::Webhook | Kind::Chat => return None,
    };
    let mut once: Vec<Told> = Vec::with_capacity(told.len());
    for one in told {
        if !once.contains(&one) {
            once.push(one);
        }
    }
    Some(once)
}

/// HubSpot's lists of events: one for each property that changed, so that many tell the same.
fn hubspot(body: &Value) -> Option<Vec<Told>> {
    let mut told = Vec::new();
    for event in body.as_array()? {
        let (object, happened) = event.get("subscriptionType")?.as_str()?.split_once('.')?;
        let record = id(event.get("objectId"));
        if object != "contact" {
            continue;
        }
        match (happened, record) {
            ("merge", record) => {
                let survivor = id(event.get("newObjectId")).or(record.clone())?;
                let merged = event.get("mergedObjectIds").and_then(Value::as_array);
                let merged = merged.into_iter().flatten().filter_map(|one| id(Some(one)));
                let parts = merged.chain(id(event.get("primaryObjectId"))).chain(record);
                let lost = parts.filter(|part| *part != survivor);
                told.extend(lost.map(|part| Told::Record(part, Happened::Merged(survivor.clone()))));
                told.push(Told::Record(survivor, Happened::Changed));
            }
            ("deletion" | "privacyDeletion", Some(record)) => told.push(Told::Record(record, Happened::Deleted)),
            (_, Some(record)) => told.push(Told::Record(record, Happened::Changed)),
            (_, None) => return None,
        }
    }
    Some(told)
}

/// Pipedrive's webhooks v2, of persons and of deals.
fn pipedrive(body: &Value) -> Option<Vec<Told>> {
    let (meta, data) = (body.get("meta")?, body.get("data").unwrap_or(&Value::Null));
    let (entity, action) = (meta.get("entity")?.as_str()?, meta.get("action")?.as_str()?);
    let record = id(meta.get("entity_id")).or_else(|| id(data.get("id")))?;
    let told = match (entity, action) {
        ("person", "delete") => {
            let happened = id(meta.get("merged_to_id")).map_or(Happened::Deleted, Happened::Merged);
            Some(Told::Record(record, happened))
        }
        ("person", _) => Some(Told::Record(record, Happened::Changed)),
        ("deal", "delete") => None,
        ("deal", _) => sale(meta, data, body.get("previous"), &record).map(Told::Sale),
        _ => None,
    };
    Some(told.into_iter().collect())
}

/// A deal that was won or lost by this very change.
fn sale(meta: &Value, data: &Value, previous: Option<&Value>, deal: &str) -> Option<Sale> {
    let status = data.get("status")?.as_str()?;
    let before = previous.and_then(Value::as_object);
    let is_news = before.is_none_or(|before| before.contains_key("status") || before.contains_key("value"));
    if !matches!(status, "won" | "lost") || !is_news {
        return None;
    }
    let person = data.get("person_id");
    let value = data.get("value").and_then(Value::as_f64);
    let reason = data.get("lost_reason").and_then(Value::as_str).unwrap_or_default();
    Some(Sale {
        person: id(person).or_else(|| id(person?.get("value")))?,
        id: id(meta.get("id")).unwrap_or_else(|| format!("{deal}/{status}/{}", meta["timestamp"])),
        won: status == "won",
        cents: value.and_then(|value| format!("{:.0}", value * 100.0).parse().ok()),
        reason: reason.to_owned(),
    })
}

/// What a flow of Salesforce or a workflow of Zoho sends, as our manual has it written.
fn by_flow(body: &Value) -> Option<Vec<Told>> {
    let (record, event) = (id(body.get("id"))?, body.get("event")?.as_str()?);
    let happened = match event {
        "changed" => Happened::Changed,
        "deleted" => Happened::Deleted,
        "merged" => Happened::Merged(id(body.get("into"))?),
        _ => return Some(Vec::new()),
    };
    Some(vec![Told::Record(record, happened)])
}

/// A channel of Zoho's tells ids and no values.
fn channel(body: &Value) -> Option<Vec<Told>> {
    let happened = match body.get("operation").and_then(Value::as_str) {
        Some("delete") => Happened::Deleted,
        _ => Happened::Changed,
    };
    let ids = body.get("ids")?.as_array()?.iter().filter_map(|one| id(Some(one)));
    Some(ids.map(|record| Told::Record(record, happened.clone())).collect())
}

/// The id of a record, which is a number to some and a text to others.
fn id(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    ((1..=ID_MAX).contains(&text.len())).then_some(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn changed(record: &str) -> Told {
        Told::Record(record.into(), Happened::Changed)
    }

    fn merged(record: &str, into: &str) -> Told {
        Told::Record(record.into(), Happened::Merged(into.into()))
    }

    #[test]
    fn of_hubspots_list_each_contact_is_told_once_and_what_we_do_not_use_is_left_out() {
        let event = |kind: &str, id: u64| json!({ "eventId": id, "subscriptionType": kind, "objectId": id });
        let body = json!([
            event("contact.propertyChange", 8801),
            event("contact.propertyChange", 8801),
            event("contact.privacyDeletion", 8802),
            event("deal.propertyChange", 8801),
        ]);
        let gone = Told::Record("8802".into(), Happened::Deleted);
        assert_eq!(read(Kind::Hubspot, &body), Some(vec![changed("8801"), gone]));
        let body = json!([{ "subscriptionType": "contact.merge", "objectId": 1, "primaryObjectId": 1,
            "mergedObjectIds": [2], "newObjectId": 3 }]);
        assert_eq!(
            read(Kind::Hubspot, &body),
            Some(vec![merged("2", "3"), merged("1", "3"), changed("3")])
        );
        assert_eq!(read(Kind::Hubspot, &json!([])), Some(Vec::new()));
        for none in [json!({}), json!([{ "objectId": 1 }]), json!(["x"])] {
            assert_eq!(read(Kind::Hubspot, &none), None, "{none}");
        }
    }

    #[test]
    fn pipedrives_persons_and_the_ends_of_deals() {
        let person = |action: &str, merged: Value| {
            json!({ "meta": { "entity": "person", "action": action, "entity_id": "12", "merged_to_id": merged },
                "data": null, "previous": { "id": 12 } })
        };
        let read = |body: &Value| read(Kind::Pipedrive, body);
        assert_eq!(read(&person("change", Value::Null)), Some(vec![changed("12")]));
        let gone = Told::Record("12".into(), Happened::Deleted);
        assert_eq!(read(&person("delete", Value::Null)), Some(vec![gone]));
        assert_eq!(read(&person("delete", json!("13"))), Some(vec![merged("12", "13")]));
        let deal = |status: &str, previous: Value| {
            json!({ "meta": { "id": "e-1", "entity": "deal", "action": "change", "entity_id": "7" },
                "data": { "id": 7, "person_id": 12, "status": status, "value": 4800.5, "lost_reason": "too dear" },
                "previous": previous })
        };
        let won = Sale {
            person: "12".into(),
            id: "e-1".into(),
            won: true,
            cents: Some(480_050),
            reason: "too dear".into(),
        };
        assert_eq!(
            read(&deal("won", json!({ "status": "open" }))),
            Some(vec![Told::Sale(won)])
        );
        assert_eq!(read(&deal("won", json!({ "title": "a" }))), Some(Vec::new()), "no news");
        assert_eq!(read(&deal("open", json!({}))), Some(Vec::new()));
        assert_eq!(read(&json!({ "event": "updated.person" })), None, "version 1");
    }

    #[test]
    fn flows_workflows_and_channels() {
        let flow = json!({ "module": "Lead", "id": "00Q1", "event": "changed" });
        assert_eq!(read(Kind::Salesforce, &flow), Some(vec![changed("00Q1")]));
        let merge = json!({ "module": "Leads", "id": "1", "event": "merged", "into": "2" });
        assert_eq!(read(Kind::Zoho, &merge), Some(vec![merged("1", "2")]));
        let channel = json!({ "module": "Leads", "operation": "update", "ids": ["1", "2"], "token": "t" });
        assert_eq!(read(Kind::Zoho, &channel), Some(vec![changed("1"), changed("2")]));
        assert_eq!(read(Kind::Salesforce, &channel), None);
        assert_eq!(read(Kind::Salesforce, &json!({ "id": "1" })), None);
        assert_eq!(
            read(Kind::Salesforce, &json!({ "id": "1", "event": "viewed" })),
            Some(Vec::new())
        );
    }
}
