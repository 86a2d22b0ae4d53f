//! The campaigns a function works with.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Campaign;
use crate::campaign::mapping::Mapping;
use crate::kit::ids::{CampaignId, WorkspaceId};

/// The campaigns a function works with, each with the version it was published as.
#[derive(Clone, Debug, Default)]
pub struct Catalog(BTreeMap<CampaignId, Arc<Published>>);

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
        Self(published.map(|p| (p.campaign.id.clone(), p)).collect())
    }

    /// The campaign of this id, if there is one.
    pub fn get(&self, id: &CampaignId) -> Option<&Campaign> {
        self.0.get(id).map(|p| &p.campaign)
    }

    /// The campaign of this id with its version.
    pub fn published(&self, id: &CampaignId) -> Option<&Arc<Published>> {
        self.0.get(id)
    }

    /// How a source's payloads are read in a workspace, and by whose campaign; `None` when it speaks our own form.
    pub fn mapping(&self, workspace: &WorkspaceId, source: &str) -> Option<(&Campaign, &Mapping)> {
        let ours = self.0.values().filter(|p| &p.campaign.workspace == workspace);
        ours.map(|p| &p.campaign)
            .find_map(|campaign| Some((campaign, campaign.triggers.get(source)?)))
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Published>> {
        self.0.values()
    }
}
