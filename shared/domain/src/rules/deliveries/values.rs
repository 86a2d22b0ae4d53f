//! The fields of a record elsewhere, as a lead says them now.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::campaign::destination::{Destination, FieldRule, Refused, Source, TableValue, Write};
use crate::campaign::field::FieldType;
use crate::campaign::{Campaign, Catalog};
use crate::kit::ids::CampaignId;
use crate::kit::locale::Locale;
use crate::lead::Lead;
use crate::lead::figures::Figures;
use crate::lead::standing::Standing;
use crate::rules::context::Context;
use crate::rules::scoring::Score;
use crate::rules::stages;

/// One field to write.
#[derive(Clone, PartialEq)]
pub struct Value {
    /// Their name of it.
    pub name: String,
    /// A text or a number; `Null` clears it.
    pub value: Json,
    /// When it is written.
    pub write: Write,
    /// Whether the record goes without it if it is refused.
    pub drop: bool,
    /// Which key it is, if it is one.
    pub key: Option<Key>,
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Value({}, hidden)", self.name)
    }
}

/// A field that tells whose record it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Our id of the lead.
    Id,
    /// The address.
    Email,
}

impl Value {
    /// Whether a record that is there already is told of it.
    pub fn is_kept_up(&self) -> bool {
        self.write != Write::Create
    }
}

/// Every field that the file names and the lead has something for. What was told before and is no more is cleared.
pub(in crate::rules) fn of(
    lead: &Lead,
    destination: &Destination,
    taken: &BTreeMap<String, u32>,
    cx: &Context<'_>,
) -> Vec<Value> {
    let standing = stages::scores(lead, cx.catalog, cx.now).into_iter().next();
    let value = |(name, rule): (&String, &FieldRule)| {
        let said = said(lead, &rule.from, destination, standing.as_ref(), cx);
        let said = match (&rule.table, said) {
            (Some(table), Some(said)) => table.get(&text_of(&said)).map(json_of),
            (_, said) => said,
        };
        let said = said.or_else(|| rule.default.as_ref().map(json_of));
        // A stage or an owner that no table names leaves the field as it is.
        let clears = taken.contains_key(name) && !matches!(rule.from, Source::Stage | Source::Owner);
        Some(Value {
            value: said.or(clears.then_some(Json::Null))?,
            name: name.clone(),
            write: rule.write,
            drop: rule.refused == Refused::Drop,
            key: match rule.from {
                Source::Id => Some(Key::Id),
                Source::Email => Some(Key::Email),
                _ => None,
            },
        })
    };
    destination.fields.iter().filter_map(value).collect()
}

pub(in crate::rules) fn json_of(value: &TableValue) -> Json {
    match value {
        TableValue::Text(text) => json!(text),
        TableValue::Number(number) => json!(number),
    }
}

/// A value as a table names it.
pub(in crate::rules) fn text_of(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn said(
    lead: &Lead,
    source: &Source,
    destination: &Destination,
    standing: Option<&(Standing, &Campaign, Score)>,
    cx: &Context<'_>,
) -> Option<Json> {
    let text = |text: &str| (!text.is_empty()).then(|| json!(text));
    let score = standing.map(|(_, _, score)| score);
    match source {
        Source::Id => text(lead.id.as_str()),
        Source::Email => text(lead.email.as_ref()?.expose()),
        Source::Name => text(&lead.full_name()),
        Source::Stage => destination.stages.get(&lead.stage).map(|theirs| json!(theirs)),
        Source::Owner => destination.owners.get(lead.owner()?).map(|theirs| json!(theirs)),
        Source::Grade => score.map(|score| json!(score.grade)),
        Source::Fit => score.map(|score| json!(score.fit)),
        Source::Engagement => score.map(|score| json!(score.engagement)),
        Source::Why => {
            let (_, campaign, score) = standing?;
            let locale = campaign.languages.first().copied().unwrap_or_default();
            text(&why(campaign, score, locale))
        }
        Source::Source => text(&Figures::of(lead).source?),
        Source::Campaign => text(lead.latest_campaign().as_str()),
        Source::Answer(field) => answer(lead, field, cx),
    }
}

/// An answer by the type of its field: a number goes as a number.
fn answer(lead: &Lead, field: &str, cx: &Context<'_>) -> Option<Json> {
    let said = lead.words.answer(field).filter(|said| !said.is_empty())?;
    let kinds = lead.campaigns().filter_map(|campaign| {
        let fields = &cx.catalog.get(campaign)?.form.fields;
        fields.iter().find(|of| of.name == field).map(|of| of.kind)
    });
    let is_number = kinds.into_iter().next() == Some(FieldType::Number);
    let number = is_number
        .then(|| serde_json::from_str::<serde_json::Number>(said).ok())
        .flatten();
    Some(number.map_or_else(|| json!(said), Json::Number))
}

/// What makes a lead hot, for a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reasons {
    /// The grade in that campaign.
    pub grade: String,
    /// What the points were given for, in the file's words.
    pub why: String,
}

/// The reasons of a lead in a campaign.
pub fn reasons(lead: &Lead, campaign: &CampaignId, catalog: &Catalog, locale: Locale, now: Timestamp) -> Reasons {
    let of = catalog
        .get(campaign)
        .map(|campaign| (campaign, Score::of(lead, campaign, now)));
    Reasons {
        grade: of.as_ref().map(|(_, score)| score.grade.clone()).unwrap_or_default(),
        why: of
            .map(|(campaign, score)| why(campaign, &score, locale))
            .unwrap_or_default(),
    }
}

/// The reasons of a score, in one line.
fn why(campaign: &Campaign, score: &Score, locale: Locale) -> String {
    let reasons = score.lines.iter().filter_map(|line| {
        let why = campaign.scoring.why(&line.rule)?.get(locale);
        Some(format!("{why} ({:+})", line.points))
    });
    reasons.collect::<Vec<_>>().join(", ")
}
