//! What a payload of another system would do, before anything is sent: read by the mapping that is in the files, and stored
//! nowhere.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use piste_adapters::http::{self, FieldError};
use piste_domain::campaign::mapping::{Fault, Heard, Mapping, Meaning, Path, Proof, Who};
use piste_domain::lead::Touch;
use piste_domain::rules::form::Submission;
use piste_domain::{Campaign, CampaignId, Catalog, Locale, WorkspaceId};
use serde::Serialize;
use serde_json::Value;

use crate::OperationError;

/// Most places named of one event: beyond that a list tells nothing.
const PLACES_MAX: usize = 50;

/// What a payload would do.
#[derive(Debug, Serialize)]
pub struct Tried {
    /// The source.
    pub source: String,
    /// The campaign whose mapping reads it; none where it speaks our own form.
    pub campaign: Option<CampaignId>,
    /// How its messages prove themselves.
    pub proof: Proof,
    /// Each event, in its order.
    pub events: Vec<TriedEvent>,
}

/// What one event would do.
#[derive(Debug, Default, Serialize)]
pub struct TriedEvent {
    /// `read`, `ignored` or `refused`.
    pub status: &'static str,
    /// What it means, in the order in which it is taken.
    pub meanings: Vec<Meaning>,
    /// The person's address.
    pub email: Option<String>,
    /// Our id of the lead, where the payload has it.
    pub lead_id: Option<String>,
    /// When it happened; none is the moment of sending.
    pub at: Option<Timestamp>,
    /// Its own id; none is that of the message, or the hash of its bytes.
    pub id: Option<String>,
    /// What it was about.
    pub about: Option<String>,
    /// What a lead answers, by the form's fields.
    pub answers: BTreeMap<String, String>,
    /// Values that are there and cannot be read.
    pub unread: Vec<TriedUnread>,
    /// Paths of the mapping where this payload has nothing.
    pub missing: Vec<String>,
    /// Places of the payload that no path of the mapping reads.
    pub unused: Vec<String>,
    /// Why it would be refused.
    pub errors: Vec<FieldError>,
}

/// A value that cannot be read.
#[derive(Debug, Serialize)]
pub struct TriedUnread {
    /// The form's field, or the path of the mapping.
    pub field: String,
    /// Why.
    pub code: String,
}

/// Reads a payload of this source as the door would.
///
/// # Errors
/// [`OperationError::NotJson`].
pub fn payload(
    catalog: &Catalog,
    workspace: &WorkspaceId,
    source: &str,
    payload: &[u8],
) -> Result<Tried, OperationError> {
    let body: Value = http::document("application/json", payload).map_err(|_| OperationError::NotJson)?;
    if !body.is_object() && !body.is_array() {
        return Err(OperationError::NotJson);
    }
    let mapped = catalog.mapping(workspace, source);
    let native = Mapping::native();
    let mapping = mapped.map_or(&native, |(_, mapping)| mapping);
    let campaign = mapped.map(|(campaign, _)| campaign);
    let (events, _) = mapping.events(&body);
    Ok(Tried {
        source: source.to_owned(),
        campaign: campaign.map(|campaign| campaign.id.clone()),
        proof: mapping.proof,
        events: events
            .iter()
            .map(|event| tried(mapping, campaign, source, event))
            .collect(),
    })
}

fn tried(mapping: &Mapping, campaign: Option<&Campaign>, source: &str, event: &Value) -> TriedEvent {
    let mut told = TriedEvent {
        status: "ignored",
        ..TriedEvent::default()
    };
    let (missing, unused) = places(mapping, event);
    match mapping.hear(event) {
        Ok(None) => return told,
        Ok(Some(heard)) => {
            told.status = "read";
            fill(&mut told, mapping, campaign, source, event, heard);
        }
        Err(faults) => {
            told.status = "refused";
            told.errors = faults.into_iter().map(error).collect();
        }
    }
    (told.missing, told.unused) = (missing, unused);
    told
}

fn error((field, fault): (String, Fault)) -> FieldError {
    FieldError::new(field, fault.code, fault.message)
}

fn fill(
    told: &mut TriedEvent,
    mapping: &Mapping,
    campaign: Option<&Campaign>,
    source: &str,
    event: &Value,
    heard: Heard,
) {
    if mapping.has_unread_time(event) {
        told.unread.push(TriedUnread {
            field: mapping
                .occurred_at
                .as_ref()
                .map_or("occurred_at", Path::as_str)
                .to_owned(),
            code: "not_a_moment".to_owned(),
        });
    }
    if let Some(campaign) = campaign.filter(|_| heard.meanings.contains(&Meaning::Lead)) {
        let touch = Touch(BTreeMap::from([("source".to_owned(), source.to_owned())]));
        match Submission::reported(campaign, &heard.answers, campaign.default_locale(), touch) {
            Ok(submission) => {
                told.unread.extend(submission.unread.iter().map(|one| TriedUnread {
                    field: one.field.clone(),
                    code: one.code.clone(),
                }));
                let answers = submission.answers.iter();
                told.answers = answers
                    .map(|(field, value)| (field.clone(), value.expose().to_owned()))
                    .collect();
            }
            Err(problems) => {
                told.status = "refused";
                let problems = problems.iter();
                told.errors = problems.map(|problem| FieldError::told(problem, Locale::En)).collect();
            }
        }
    }
    match heard.who {
        Who::Email(email) => told.email = Some(email.expose().to_owned()),
        Who::Lead(id) => told.lead_id = Some(id.as_str().to_owned()),
    }
    told.meanings = heard.meanings;
    told.at = heard.at;
    told.id = heard.id;
    told.about = Some(heard.about).filter(|about| !about.is_empty());
}

/// Paths of the mapping that find nothing, and places of the payload that none reads.
fn places(mapping: &Mapping, event: &Value) -> (Vec<String>, Vec<String>) {
    let named = [
        &mapping.email,
        &mapping.lead_id,
        &mapping.occurred_at,
        &mapping.id,
        &mapping.about,
    ];
    let paths = named
        .into_iter()
        .flatten()
        .chain(mapping.kind.all())
        .chain(mapping.fields.values());
    let (mut missing, mut read) = (Vec::new(), BTreeSet::new());
    for path in paths {
        match path.find(event).filter(|(value, _)| !value.is_null()) {
            Some((_, trail)) => drop(read.insert(trail)),
            None if missing.iter().any(|known| known == path.as_str()) => {}
            None => missing.push(path.as_str().to_owned()),
        }
    }
    let mut unused = Vec::new();
    leaves(event, &mut Vec::new(), &mut |trail| {
        if !read.contains(trail) && unused.len() < PLACES_MAX {
            unused.push(trail.to_owned());
        }
    });
    (missing, unused)
}

fn leaves(value: &Value, trail: &mut Vec<String>, tell: &mut impl FnMut(&str)) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(at, value)| (at.to_string(), value))
            .collect(),
        Value::Null => return,
        _ => return tell(&trail.join(".")),
    };
    for (name, child) in children {
        trail.push(name);
        leaves(child, trail, tell);
        trail.pop();
    }
}
