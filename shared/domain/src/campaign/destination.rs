//! Where leads are sent on to: another system's webhook, a chat, a CRM. A destination is a file of its own beside the
//! campaigns, `destinations/<name>.toml`; its secret is never in it.

pub mod snapshot;

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use crate::campaign::mapping::Proof;
use crate::campaign::{Campaign, Catalog};
use crate::campaign::{FileProblem, check};
use crate::codes;
use crate::kit::email::Email;
use crate::kit::ids::{CampaignId, DestinationName, WorkspaceId};
use crate::kit::vocabulary::Stage;

/// One destination. The field names are those of the file, but for `name`, which is the file's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Destination {
    /// The file's name. A file does not hold it; what is published does.
    #[serde(default = "unnamed")]
    pub name: DestinationName,
    /// What stands at the other end.
    pub kind: Kind,
    /// Whose leads are sent on: those of no other workspace.
    #[serde(default = "super::main_workspace")]
    pub workspace: WorkspaceId,
    /// The campaigns whose leads are sent on; without it all of the workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaigns: Option<Vec<CampaignId>>,
    /// From which stage on a lead is sent.
    #[serde(default)]
    pub from_stage: FromStage,
    /// Where a webhook or a chat is. For a CRM the base address of all calls, which the local system alone may move;
    /// Pipedrive has one for each company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// For a chat: in which form it takes a message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<ChatFormat>,
    /// For a webhook: what it is told; without it everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<EventType>>,
    /// Who is told when it pauses, is switched off or sets something aside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notify: Vec<Email>,
    /// For HubSpot: the id of the subscription that an opt-out ends; without it all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription: Option<String>,
    /// For a CRM or a webhook: what is written, by their name of the field. Pipedrive: `lead.` in front is the card's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, FieldRule>,
    /// For a CRM or a webhook: their word for each of our stages. One that is not named leaves their field as it is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stages: BTreeMap<Stage, String>,
    /// For a CRM or a webhook: their id of each of our owners. One that is not named leaves their field empty.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub owners: BTreeMap<String, String>,
}

fn unnamed() -> DestinationName {
    DestinationName::new("")
}

/// What stands at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum Kind {
    /// A program that takes signed events (Standard Webhooks).
    Webhook,
    /// A channel in which people read.
    Chat,
    /// HubSpot: a contact for each lead.
    Hubspot,
    /// Salesforce: a Lead for each lead.
    Salesforce,
    /// Pipedrive: a person for each lead, and a card where the file asks for one.
    Pipedrive,
    /// Zoho CRM: a record of the module Leads for each lead.
    Zoho,
}

codes!(Kind);

impl Kind {
    /// Whether it keeps a record of each lead, which is written field by field.
    pub fn is_crm(self) -> bool {
        match self {
            Self::Webhook | Self::Chat => false,
            Self::Hubspot | Self::Salesforce | Self::Pipedrive | Self::Zoho => true,
        }
    }

    /// Whether it is told of fields that the file names: a CRM in its records, a webhook in the body of its events.
    pub fn takes_fields(self) -> bool {
        self.is_crm() || self == Self::Webhook
    }

    /// How it proves its own reports, any of these ways; what is no CRM reports nothing. Channels of Zoho's set no header.
    pub fn proofs(self) -> &'static [Proof] {
        match self {
            Self::Webhook | Self::Chat => &[],
            Self::Hubspot => &[Proof::HubspotV3],
            Self::Salesforce => &[Proof::Header],
            Self::Pipedrive => &[Proof::Basic],
            Self::Zoho => &[Proof::Header, Proof::BodyToken],
        }
    }
}

/// In which form a chat takes a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum ChatFormat {
    /// Slack's incoming webhooks.
    Slack,
    /// Mattermost's incoming webhooks.
    Mattermost,
    /// A workflow of Microsoft Teams.
    Teams,
    /// Google Chat's incoming webhooks.
    Google,
}

codes!(ChatFormat);

/// What a webhook can be told. The names are part of the contract with whoever receives them.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray,
)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum EventType {
    /// Somebody left their details.
    #[serde(rename = "lead.created")]
    #[strum(serialize = "lead.created")]
    LeadCreated,
    /// The person confirmed the address.
    #[serde(rename = "lead.confirmed")]
    #[strum(serialize = "lead.confirmed")]
    LeadConfirmed,
    /// The lead became an MQL.
    #[serde(rename = "lead.qualified")]
    #[strum(serialize = "lead.qualified")]
    LeadQualified,
    /// The lead reached another stage.
    #[serde(rename = "lead.stage_changed")]
    #[strum(serialize = "lead.stage_changed")]
    LeadStageChanged,
    /// Somebody else looks after the lead.
    #[serde(rename = "lead.owner_changed")]
    #[strum(serialize = "lead.owner_changed")]
    LeadOwnerChanged,
    /// The first response is late.
    #[serde(rename = "lead.overdue")]
    #[strum(serialize = "lead.overdue")]
    LeadOverdue,
    /// The person wants no more marketing.
    #[serde(rename = "lead.opted_out")]
    #[strum(serialize = "lead.opted_out")]
    LeadOptedOut,
    /// The lead was erased.
    #[serde(rename = "lead.erased")]
    #[strum(serialize = "lead.erased")]
    LeadErased,
    /// A destination stands still.
    #[serde(rename = "delivery.paused")]
    #[strum(serialize = "delivery.paused")]
    DeliveryPaused,
}

codes!(EventType);

/// From which stage on a lead is sent: one of those that lead to a customer.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum FromStage {
    /// From the beginning, as soon as the law lets a lead leave (R64).
    #[default]
    Lead,
    /// Once it is marketing qualified.
    Mql,
    /// Once sales accepted it.
    Sql,
    /// Once it bought.
    Customer,
}

codes!(FromStage);

impl FromStage {
    /// Whether a lead that stands here has come so far for certain. One that went a way out counts as far as everybody
    /// who went it had come; whether it was sent before is for the caller to know.
    pub fn is_reached(self, stage: Stage) -> bool {
        let came_to = match stage {
            Stage::Lead | Stage::Disqualified | Stage::Dormant => Self::Lead,
            Stage::Mql | Stage::Recycled => Self::Mql,
            Stage::Sql => Self::Sql,
            Stage::Customer => Self::Customer,
        };
        self as u8 <= came_to as u8
    }
}

/// How one of their fields is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldRule {
    /// What of ours goes there.
    pub from: Source,
    /// When.
    #[serde(default)]
    pub write: Write,
    /// What happens when the CRM refuses the value.
    #[serde(default)]
    pub refused: Refused,
    /// Theirs for each value of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<BTreeMap<String, TableValue>>,
    /// What is sent where we have nothing, or the table has no row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<TableValue>,
}

impl FieldRule {
    /// Whether the record is found by it: such a field is never left out.
    pub fn is_key(&self) -> bool {
        matches!(self.from, Source::Id | Source::Email)
    }
}

/// What of ours is sent. In the file a word; one that is none of ours is the name of a form's field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Display, EnumString)]
#[serde(from = "String", into = "String")]
#[strum(serialize_all = "snake_case")]
pub enum Source {
    /// Our id of the lead.
    Id,
    /// The address.
    Email,
    /// First and last name.
    Name,
    /// The stage, in their word by `[stages]`.
    Stage,
    /// Who looks after the lead, by `[owners]`.
    Owner,
    /// Letter by fit, digit by engagement: `A1` to `D4`.
    Grade,
    /// The points for who they are.
    Fit,
    /// The points for what they did.
    Engagement,
    /// What the points were given for.
    Why,
    /// Where the lead came from.
    Source,
    /// The campaign's id.
    Campaign,
    /// The answer to this field of the form.
    #[strum(default)]
    Answer(String),
}

impl From<String> for Source {
    fn from(word: String) -> Self {
        word.parse().unwrap_or(Self::Answer(word))
    }
}

impl From<Source> for String {
    fn from(source: Source) -> Self {
        source.to_string()
    }
}

/// When a field is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Write {
    /// When the record is made, never after.
    Create,
    /// Where the record there has nothing.
    #[default]
    IfEmpty,
    /// Whenever ours changes.
    Always,
}

/// What happens to a record of which one value is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// It goes without the value.
    Drop,
    /// It is set aside for a person.
    #[default]
    Stop,
}

/// A value as the other system wants it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum TableValue {
    /// A text.
    Text(String),
    /// A whole number, such as the id of an option.
    Number(i64),
}

impl TableValue {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.trim().is_empty())
    }
}

/// By hand, so that what is neither is named in the file: an untagged enum says only that nothing fits.
impl<'de> Deserialize<'de> for TableValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = TableValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a whole number")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<TableValue, E> {
                Ok(TableValue::Text(text.to_owned()))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<TableValue, E> {
                Ok(TableValue::Number(number))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<TableValue, E> {
                let number = i64::try_from(number);
                number
                    .map(TableValue::Number)
                    .map_err(|_| E::custom("a whole number has at most 18 digits"))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl Destination {
    /// Where HubSpot says, beside the stage, what sales made of a contact.
    pub const HUBSPOT_STATUS: &str = "hs_lead_status";

    /// Reads `<name>.toml`. What it says of campaigns is held against these; `local` allows what the local system alone
    /// may reach: loopback, plain http, and a CRM that is not where it is.
    ///
    /// # Errors
    /// Every problem with its line, of the syntax and of the sense.
    pub fn read(name: &str, source: &str, campaigns: &Catalog, local: bool) -> Result<Self, Vec<FileProblem>> {
        let read = check::read_destination(name, source, campaigns, local)?;
        Ok(Self {
            name: DestinationName::new(name),
            ..read
        })
    }

    /// Whether the leads of this campaign are sent here.
    pub fn covers(&self, campaign: &Campaign) -> bool {
        campaign.workspace == self.workspace && self.names(&campaign.id)
    }

    /// Whether it is a campaign that the file names, or the file names none.
    pub(super) fn names(&self, campaign: &CampaignId) -> bool {
        self.campaigns.as_ref().is_none_or(|named| named.contains(campaign))
    }

    /// Whether a webhook is told of this.
    pub fn hears(&self, event: EventType) -> bool {
        self.kind == Kind::Webhook && self.events.as_ref().is_none_or(|events| events.contains(&event))
    }
}

#[cfg(test)]
mod tests;
