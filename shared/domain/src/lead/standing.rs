//! Standings: how a person stands in each campaign whose form they posted (design, "Standing").

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::kit::ids::CampaignId;
use crate::kit::seconds;
use crate::lead::stage::Stage;
use crate::lead::{Lead, StageChange};

/// How a person stands in one campaign. The score is worked out when read; the grade is that of the latest change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Which campaign.
    #[serde(rename = "c")]
    pub campaign: CampaignId,
    /// The first enquiry there.
    #[serde(rename = "a", with = "seconds")]
    pub since: Timestamp,
    /// The latest one, if there was another.
    #[serde(
        rename = "l",
        default,
        skip_serializing_if = "Option::is_none",
        with = "seconds::optional"
    )]
    pub again: Option<Timestamp>,
    /// When this campaign first made an MQL of the person.
    #[serde(
        rename = "m",
        default,
        skip_serializing_if = "Option::is_none",
        with = "seconds::optional"
    )]
    pub mql_at: Option<Timestamp>,
    /// Since when its points are used up: they make no MQL again before they were seen to have cooled.
    #[serde(
        rename = "k",
        default,
        skip_serializing_if = "Option::is_none",
        with = "seconds::optional"
    )]
    pub crossed_at: Option<Timestamp>,
    /// The grade at the latest change, such as `B2`. That of the lead's first campaign stands on the lead itself, where an
    /// index reads it.
    #[serde(rename = "g", default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<String>,
    /// Where the first enquiry there came from, if known; that of the first campaign stands in the first enquiry.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl Standing {
    /// The latest enquiry.
    pub fn last(&self) -> Timestamp {
        self.again.unwrap_or(self.since)
    }
}

impl Lead {
    /// How the person stands in the campaign of their first post, where nothing more is stored than the lead says anyway:
    /// its history knows when it made an MQL there, and those points are used up.
    fn implied(&self) -> Standing {
        let made = |change: &&StageChange| change.to == Stage::Mql && change.campaign.is_none() && !change.mistaken;
        let mql_at = self.history.iter().find(made).map(|change| change.at);
        Standing {
            campaign: self.campaign.clone(),
            since: self.captured_at,
            again: None,
            mql_at,
            crossed_at: mql_at,
            grade: None,
            source: None,
        }
    }

    /// How the person stands in a campaign.
    pub fn standing(&self, campaign: &CampaignId) -> Option<Standing> {
        let stored = self.further.iter().find(|standing| &standing.campaign == campaign);
        let first = || (campaign == &self.campaign).then(|| self.implied());
        let mut standing = stored.cloned().or_else(first)?;
        if campaign == &self.campaign {
            standing.grade.clone_from(&self.grade);
        }
        Some(standing)
    }

    /// How the person stands in each campaign, the first one first.
    pub fn standings(&self) -> impl Iterator<Item = Standing> {
        let further = self.further.iter().map(|standing| &standing.campaign);
        let further = further.filter(|campaign| **campaign != self.campaign);
        let all = std::iter::once(&self.campaign).chain(further);
        all.filter_map(|campaign| self.standing(campaign))
    }

    /// The campaigns in which the person stands, the first one first.
    pub fn campaigns(&self) -> impl Iterator<Item = &CampaignId> {
        let further = self.further.iter().map(|standing| &standing.campaign);
        std::iter::once(&self.campaign).chain(further.filter(|campaign| **campaign != self.campaign))
    }

    /// The standing in a campaign, to change it; a new one begins at `since`.
    pub(crate) fn standing_mut(&mut self, campaign: &CampaignId, since: Timestamp) -> &mut Standing {
        let known = self.further.iter().position(|standing| &standing.campaign == campaign);
        let place = known.unwrap_or_else(|| {
            let implied = self.implied();
            self.further.push(match campaign == &implied.campaign {
                true => implied,
                false => Standing {
                    campaign: campaign.clone(),
                    since,
                    mql_at: None,
                    crossed_at: None,
                    ..implied
                },
            });
            self.further.len() - 1
        });
        &mut self.further[place]
    }

    /// A campaign made an MQL of the person now. Where its history says so anyway, nothing more is stored.
    pub(crate) fn made_mql(&mut self, campaign: &CampaignId, now: Timestamp) {
        let known = self.standing(campaign);
        if known.is_some_and(|standing| (standing.mql_at, standing.crossed_at) == (Some(now), Some(now))) {
            return;
        }
        let standing = self.standing_mut(campaign, now);
        standing.mql_at.get_or_insert(now);
        standing.crossed_at = Some(now);
    }

    /// Stores how the person stands in their first campaign, before the history forgets it.
    pub(crate) fn store_first_standing(&mut self) {
        let first = self.campaign.clone();
        self.standing_mut(&first, self.captured_at);
    }

    /// The campaign of the latest enquiry: what counts where no case says better.
    pub fn latest_campaign(&self) -> CampaignId {
        let latest = self.standings().max_by_key(Standing::last);
        latest.map_or_else(|| self.campaign.clone(), |standing| standing.campaign)
    }
}
