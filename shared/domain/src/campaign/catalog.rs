//! The campaigns a function works with, and where their leads are sent on to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Campaign;
use crate::campaign::destination::Destination;
use crate::campaign::mapping::Mapping;
use crate::kit::ids::{CampaignId, DestinationName, WorkspaceId};

/// The campaigns a function works with, each with the version it was published as, and the destinations beside them.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    published: BTreeMap<CampaignId, Arc<Published>>,
    left_out: BTreeSet<CampaignId>,
    destinations: BTreeMap<DestinationName, Arc<Destination>>,
    stale: bool,
}

/// One campaign as published.
#[derive(Clone, Debug)]
pub struct Published {
    /// What the owner decided.
    pub campaign: Campaign,
    /// Eight hexadecimal digits of the hash over all files of the campaign; each lead records those that applied.
    pub version: String,
}

impl Catalog {
    /// A catalog of these campaigns.
    pub fn new<P: Into<Arc<Published>>>(published: impl IntoIterator<Item = P>) -> Self {
        let published = published.into_iter().map(Into::into);
        Self {
            published: published.map(|p| (p.campaign.id.clone(), p)).collect(),
            ..Self::default()
        }
    }

    /// The same beside campaigns that are there and cannot be read. What is due in them waits: they are not gone (R130).
    pub fn leaving_out(self, left_out: impl IntoIterator<Item = CampaignId>) -> Self {
        let left_out = left_out.into_iter().filter(|id| !self.published.contains_key(id));
        Self {
            left_out: left_out.collect(),
            ..self
        }
    }

    /// The same with these destinations.
    pub fn with_destinations<D: Into<Arc<Destination>>>(self, destinations: impl IntoIterator<Item = D>) -> Self {
        let destinations = destinations.into_iter().map(Into::into);
        Self {
            destinations: destinations.map(|d| (d.name.clone(), d)).collect(),
            ..self
        }
    }

    /// The same, known to be old: it was time to look for what is published now, and that could not be read. Whatever alarm
    /// is set by it is looked at again in a while (R127).
    pub fn grown_stale(self) -> Self {
        Self { stale: true, ..self }
    }

    /// Whether it is known to be old.
    pub fn is_stale(&self) -> bool {
        self.stale
    }

    /// The destinations, by name.
    pub fn destinations(&self) -> impl Iterator<Item = &Arc<Destination>> {
        self.destinations.values()
    }

    /// The destination of this name, if there is one.
    pub fn destination(&self, name: &DestinationName) -> Option<&Arc<Destination>> {
        self.destinations.get(name)
    }

    /// Whether the campaign of this id is there and cannot be read.
    pub fn leaves_out(&self, id: &CampaignId) -> bool {
        self.left_out.contains(id)
    }

    /// The campaigns that are there and cannot be read.
    pub fn left_out(&self) -> impl Iterator<Item = &CampaignId> {
        self.left_out.iter()
    }

    /// The campaign of this id, if there is one.
    pub fn get(&self, id: &CampaignId) -> Option<&Campaign> {
        self.published.get(id).map(|p| &p.campaign)
    }

    /// The campaign of this id with its version.
    pub fn published(&self, id: &CampaignId) -> Option<&Arc<Published>> {
        self.published.get(id)
    }

    /// How a source's payloads are read in a workspace, and by whose campaign; `None` when it speaks our own form.
    pub fn mapping(&self, workspace: &WorkspaceId, source: &str) -> Option<(&Campaign, &Mapping)> {
        let ours = self.published.values().filter(|p| &p.campaign.workspace == workspace);
        ours.map(|p| &p.campaign)
            .find_map(|campaign| Some((campaign, campaign.triggers.get(source)?)))
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Published>> {
        self.published.values()
    }

    /// The site keys of the Turnstile widgets that they name.
    pub fn site_keys(&self) -> BTreeSet<&str> {
        let all = self.iter();
        all.filter_map(|published| published.campaign.protect.turnstile.as_deref())
            .collect()
    }

    /// How many they are.
    pub fn len(&self) -> usize {
        self.published.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.published.is_empty()
    }
}
