//! The fields of a CRM as they stood on a day, beside the destination's file: what `[fields]` names is held against them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Destination, Kind};
use crate::campaign::{FileProblem, check};

/// The fields of one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Whose they are.
    pub kind: Kind,
    /// When they were read.
    pub taken_at: Timestamp,
    /// The fields of its records, by name.
    pub fields: Vec<TheirField>,
}

/// One field of theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TheirField {
    /// Its name, as a destination's file names it.
    pub name: String,
    /// As people read it there.
    pub label: String,
    /// Its type, in their word.
    #[serde(rename = "type")]
    pub kind: String,
    /// The values it takes; empty where it is free.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// The most characters it takes, where they say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,
    /// Whether no two records may have the same value.
    #[serde(default)]
    pub unique: bool,
    /// Whether a record cannot be made without it.
    #[serde(default)]
    pub required: bool,
    /// Whether it can be written.
    pub writable: bool,
}

impl Snapshot {
    /// A field of theirs. Of `Owner.id` it is `Owner` that has a field.
    pub fn field(&self, name: &str) -> Option<&TheirField> {
        let of_name = |name: &str| self.fields.iter().find(|field| field.name == name);
        of_name(name).or_else(|| {
            let (record, _) = name.split_once('.').filter(|(record, _)| *record != "lead")?;
            of_name(record)
        })
    }

    /// Whether it holds a field of this name's kind at all: those of Pipedrive's cards are read only where a file names one.
    pub fn covers(&self, name: &str) -> bool {
        !name.starts_with("lead.") || self.fields.iter().any(|field| field.name.starts_with("lead."))
    }
}

impl Destination {
    /// What this file says that does not hold in the account; `source` is the file.
    pub fn against(&self, snapshot: &Snapshot, source: &str) -> Vec<FileProblem> {
        check::destination_against(self, snapshot, source)
    }
}
