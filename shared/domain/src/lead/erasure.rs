//! Erasing a person: what is left of a lead, and what the person is told about it (R67, R68).
//!
//! One write puts a [`Tombstone`] in the lead's place. It holds the keyed id, why no mail may go and since when, and
//! nothing else of the person. What else names them is cleaned afterwards, by a step that may die at any point and is
//! begun again: the tombstone, or the lead that was born on it, remembers that it is still to be done.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::codes;
use crate::kit::ids::{LeadId, WorkspaceId};
use crate::kit::stored::is_false;
use crate::lead::deliveries::Told;
use crate::lead::figures::Counted;
use crate::lead::unknown::Unknown;
use crate::lead::{Lead, Suppression, SuppressionReason};

/// How long a tombstone stays that keeps no suppression: longer than any backup (35 days), so that a restored table can
/// be told again whom to erase.
pub const TOMBSTONE_KEPT: SignedDuration = SignedDuration::from_hours(36 * 24);

/// Who had a lead erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum ErasedBy {
    /// The person, by a signed link.
    Person,
    /// Somebody of the company, through the console, the API or the command line.
    Operator,
    /// The clock: kept long enough, or never confirmed.
    Retention,
}

codes!(ErasedBy);

/// What is left of an erased lead, under the same key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// The keyed id: from it nobody finds the address.
    pub id: LeadId,
    /// Whose lead it was.
    pub workspace: WorkspaceId,
    /// Goes on where the lead's stopped: every write is conditional on it.
    #[serde(rename = "v")]
    pub version: u64,
    /// When.
    #[serde(rename = "er", with = "crate::kit::seconds")]
    pub erased_at: Timestamp,
    /// By whom.
    #[serde(rename = "by")]
    pub by: ErasedBy,
    /// Why no mail may go to this person, if so: a no outlives the person's data.
    #[serde(rename = "sup", default, skip_serializing_if = "Option::is_none")]
    pub suppression: Option<Suppression>,
    /// Whether it is of a lead that an import made and that was taken back with it: nobody asked to be erased, and whoever
    /// adds or imports the person again may.
    #[serde(rename = "un", default, skip_serializing_if = "is_false")]
    pub undone: bool,
    /// The alarm while what else names the person is still to be cleaned.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::kit::seconds::optional"
    )]
    pub due_at: Option<Timestamp>,
    /// What is to stay in the reports, until it is written to rows of its own: from then on nothing leads from here to there.
    #[serde(rename = "cn", default, skip_serializing_if = "Vec::is_empty")]
    pub counted: Vec<Counted>,
    /// Where the person is still to be erased, or was.
    #[serde(rename = "dlv", default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<Told>,
    /// What the stored item holds beyond all this; of the lead's nothing is left.
    #[serde(skip)]
    pub unknown: Unknown,
}

impl Tombstone {
    /// What takes a lead's place; it counts as nobody until it is told as whom.
    pub fn of(lead: &Lead, by: ErasedBy, now: Timestamp) -> Self {
        Self {
            id: lead.id.clone(),
            workspace: lead.workspace.clone(),
            version: lead.version + 1,
            erased_at: now,
            by,
            suppression: lead.suppression,
            undone: false,
            due_at: Some(now),
            counted: Vec::new(),
            told: Vec::new(),
            unknown: Unknown::default(),
        }
    }

    /// The same with what stays in the reports.
    pub(crate) fn counting(self, counted: Vec<Counted>) -> Self {
        Self { counted, ..self }
    }

    /// The same with what other systems are still to be told.
    pub(crate) fn telling(self, told: Vec<Told>) -> Self {
        Self { told, ..self }
    }

    /// The same with a key, drawn by chance, for each row of the reports that has none yet.
    pub fn with_rows(mut self, mut draw: impl FnMut() -> String) -> Self {
        for counted in self.counted.iter_mut().filter(|counted| counted.row.is_empty()) {
            counted.row = draw();
        }
        self
    }

    /// What is to be cleaned, if anything still is.
    pub fn cleaning(&self) -> Option<Cleaning> {
        self.due_at.map(|_| Cleaning {
            lead: self.id.clone(),
            workspace: self.workspace.clone(),
            until: self.erased_at,
            counted: self.counted.clone(),
        })
    }

    /// When it may go itself; `None` while it has something to keep.
    pub fn expires_at(&self) -> Option<Timestamp> {
        let waits = self
            .told
            .iter()
            .flat_map(|told| &told.deliveries)
            .any(|of| !of.has_ended());
        let keeps = self.suppression.is_some() || self.due_at.is_some() || waits;
        (!keeps).then(|| self.erased_at + TOMBSTONE_KEPT)
    }

    /// Notes that everything is cleaned that names the person and is not younger than this moment.
    pub(crate) fn cleaned(&mut self, until: Timestamp) {
        if until >= self.erased_at {
            self.due_at = None;
            self.counted.clear();
        }
    }

    /// Remembers a stop; see `Suppression::after`.
    pub(crate) fn suppress(&mut self, reason: SuppressionReason, now: Timestamp) {
        self.suppression = Some(Suppression::after(self.suppression, reason, now));
    }
}

/// The life before: what a lead keeps that was born on a tombstone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// The tombstone's version: see `Lead::past_lives`.
    #[serde(rename = "v")]
    pub version: u64,
    /// Until when what names the person is still to be cleaned: what came later is of this life.
    #[serde(
        rename = "c",
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::kit::seconds::optional"
    )]
    pub uncleaned: Option<Timestamp>,
    /// What of it is still to be written to the rows of the reports.
    #[serde(rename = "cn", default, skip_serializing_if = "Vec::is_empty")]
    pub counted: Vec<Counted>,
}

/// Work that an erasure leaves to be done: whatever names this person and is not younger than `until` goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleaning {
    /// Whose traces.
    pub lead: LeadId,
    /// Whose lead it was.
    pub workspace: WorkspaceId,
    /// What is younger is of a later life.
    pub until: Timestamp,
    /// What stays in the reports, and where.
    pub counted: Vec<Counted>,
}

impl Lead {
    /// From where what is counted in this life goes on, so that no mail and no button of it has the name of one of the last.
    pub(crate) fn past_lives(&self) -> u32 {
        self.past
            .as_ref()
            .map_or(0, |past| u32::try_from(past.version).unwrap_or(u32::MAX))
    }

    /// Notes that what names the person is cleaned, up to this moment.
    pub(crate) fn cleaned(&mut self, until: Timestamp) {
        if let Some(past) = &mut self.past {
            past.uncleaned = past.uncleaned.filter(|left| *left > until);
            if past.uncleaned.is_none() {
                past.counted.clear();
            }
        }
    }

    /// What a life before this one left to clean.
    pub fn cleaning(&self) -> Option<Cleaning> {
        let past = self.past.as_ref()?;
        Some(Cleaning {
            lead: self.id.clone(),
            workspace: self.workspace.clone(),
            until: past.uncleaned?,
            counted: past.counted.clone(),
        })
    }
}

/// What the store holds under an id.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// A person.
    Lead(Arc<Lead>),
    /// What is left of one.
    Tombstone(Tombstone),
}

impl Record {
    /// The lead, if it is one: to every reader a tombstone is nobody.
    pub fn lead(self) -> Option<Arc<Lead>> {
        match self {
            Self::Lead(lead) => Some(lead),
            Self::Tombstone(_) => None,
        }
    }

    /// The same without taking it.
    pub fn as_lead(&self) -> Option<&Lead> {
        match self {
            Self::Lead(lead) => Some(lead),
            Self::Tombstone(_) => None,
        }
    }

    /// What an erasure left to clean.
    pub fn cleaning(&self) -> Option<Cleaning> {
        match self {
            Self::Lead(lead) => lead.cleaning(),
            Self::Tombstone(tombstone) => tombstone.cleaning(),
        }
    }

    /// The version every write is conditional on.
    pub fn version(&self) -> u64 {
        match self {
            Self::Lead(lead) => lead.version,
            Self::Tombstone(tombstone) => tombstone.version,
        }
    }

    /// Whose.
    pub fn workspace(&self) -> &WorkspaceId {
        match self {
            Self::Lead(lead) => &lead.workspace,
            Self::Tombstone(tombstone) => &tombstone.workspace,
        }
    }
}

impl From<Lead> for Record {
    fn from(lead: Lead) -> Self {
        Self::Lead(Arc::new(lead))
    }
}

impl From<Tombstone> for Record {
    fn from(tombstone: Tombstone) -> Self {
        Self::Tombstone(tombstone)
    }
}

/// What a decision starts from.
#[derive(Clone, Copy, Debug)]
pub enum Known<'a> {
    /// Nothing under this id.
    Nobody,
    /// A lead.
    Lead(&'a Lead),
    /// An erased one.
    Tombstone(&'a Tombstone),
}

impl<'a> From<Option<&'a Lead>> for Known<'a> {
    fn from(lead: Option<&'a Lead>) -> Self {
        lead.map_or(Self::Nobody, Self::Lead)
    }
}

impl<'a> From<Option<&'a Record>> for Known<'a> {
    fn from(record: Option<&'a Record>) -> Self {
        match record {
            None => Self::Nobody,
            Some(Record::Lead(lead)) => Self::Lead(lead),
            Some(Record::Tombstone(tombstone)) => Self::Tombstone(tombstone),
        }
    }
}

/// The certificate of an erasure, as JSON for the person who asked. It names nobody: the keyed id alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Certificate {
    /// Version of this shape.
    pub schema_version: u32,
    /// The keyed id.
    pub lead: LeadId,
    /// Whose lead it was.
    pub workspace: WorkspaceId,
    /// When it was erased.
    pub erased_at: Timestamp,
    /// Who had it erased.
    pub by: ErasedBy,
    /// What went, by count; absent when it had gone before and nobody can count it any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased: Option<Erased>,
    /// What stays, and why.
    pub stays: Vec<Stays>,
    /// Until when copies in backups last, at the longest.
    pub backups_until: Timestamp,
}

/// What went, by count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Erased {
    /// The address.
    pub addresses: usize,
    /// Answers: name, telephone, company and all others.
    pub answers: usize,
    /// Posts with where the person came from.
    pub posts: usize,
    /// Consents with their proofs.
    pub consents: usize,
    /// What the person did.
    pub signals: usize,
    /// Moves between stages with their reasons.
    pub stage_changes: usize,
    /// Entries of the ledger of mails.
    pub mails: usize,
}

/// Something that stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Stays {
    /// What.
    pub what: &'static str,
    /// Why.
    pub why: &'static str,
    /// Which stop, and since when, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppression: Option<SuppressionReason>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

impl Certificate {
    /// The certificate of a tombstone; with the lead as it was, also what went.
    pub fn of(tombstone: &Tombstone, before: Option<&Lead>) -> Self {
        let mut stays = vec![Stays {
            what: "keyed_id",
            why: "proves the erasure and lets it be repeated should a backup be restored; the address cannot be found from it",
            suppression: None,
            since: None,
        }];
        stays.extend(tombstone.suppression.map(|stop| Stays {
            what: "suppression",
            why: "no mail may go to this person again, whoever enters or imports the address (opposition list: keyed id, reason and date)",
            suppression: Some(stop.reason),
            since: Some(stop.at),
        }));
        stays.push(Stays {
            what: "anonymous_counts",
            why: "reports of past months stay as they were: campaign, source, days, stage and amount under a number drawn by chance, without anything that leads back to the person",
            suppression: None,
            since: None,
        });
        Self {
            schema_version: 1,
            lead: tombstone.id.clone(),
            workspace: tombstone.workspace.clone(),
            erased_at: tombstone.erased_at,
            by: tombstone.by,
            erased: before.map(Erased::of),
            stays,
            backups_until: tombstone.erased_at + SignedDuration::from_hours(35 * 24),
        }
    }
}

impl Erased {
    fn of(lead: &Lead) -> Self {
        Self {
            addresses: usize::from(lead.email.is_some()),
            answers: lead.words.answers().len(),
            posts: lead.words.enquiries().len(),
            consents: lead.consents.len(),
            signals: lead.signals.len(),
            stage_changes: lead.history.len(),
            mails: lead.ledger().count(),
        }
    }
}
