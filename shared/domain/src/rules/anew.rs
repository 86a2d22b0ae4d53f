//! After a publish: the alarms of everybody who stands in the campaign are set anew, a slice at a time (R127).
//!
//! What is left to do is kept in one small item, which stands in the index of due leads before them all while there is
//! something to do. Whoever sweeps takes a lease, works through the campaign's lists from the newest month on, and writes
//! down how far it came. Whoever comes after a kill goes on from there.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::campaign::Catalog;
use crate::kit::ids::{CampaignId, ClaimToken};
use crate::kit::limits;
use crate::kit::seconds;
use crate::lead::Lead;
use crate::lead::unknown::Unknown;
use crate::rules::plan;

/// What is left to do, for all campaigns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anew {
    /// Rises by one with each write; every write is conditional on it.
    #[serde(rename = "v")]
    pub version: u64,
    /// The campaigns that were published and are not done yet.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub campaigns: BTreeMap<CampaignId, Job>,
    /// Who is at work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lease: Option<Lease>,
    /// What the stored row holds beyond all this.
    #[serde(skip)]
    pub unknown: Unknown,
}

/// Somebody is at work, for so long at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Lease {
    by: ClaimToken,
    #[serde(with = "seconds")]
    until: Timestamp,
}

/// One campaign's alarms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The version by which they are set.
    pub version: String,
    /// When a sweep first saw it.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "seconds::optional")]
    seen: Option<Timestamp>,
    /// How far it came; `None` before it has begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Leads that were looked at.
    #[serde(default)]
    pub looked_at: u64,
    /// Alarms that moved.
    #[serde(default)]
    pub moved: u64,
    /// Leads that could not be read: their alarms are where they were.
    #[serde(default)]
    pub unreadable: u64,
}

/// A place in the lists of a campaign, which go back month by month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// In the month of this moment, not after it.
    #[serde(with = "seconds")]
    pub edge: Timestamp,
    /// After this row of the month; the store knows what it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The latest edge at which somebody stood.
    #[serde(with = "seconds")]
    found: Timestamp,
}

impl Place {
    /// The newest end of the lists.
    pub fn start(now: Timestamp) -> Self {
        // The clocks of other functions may be ahead of this one's.
        let edge = now + SignedDuration::from_hours(1);
        Self {
            edge,
            from: None,
            found: edge,
        }
    }

    /// The place after a page: `next` says where the month goes on. `None` once nobody stood in so many years that nobody can
    /// stand before them.
    #[must_use]
    pub fn after(&self, next: Option<String>, anybody: bool) -> Option<Self> {
        let found = if anybody { self.edge } else { self.found };
        if next.is_some() {
            return Some(Self {
                edge: self.edge,
                from: next,
                found,
            });
        }
        let first = self
            .edge
            .to_zoned(TimeZone::UTC)
            .first_of_month()
            .ok()?
            .start_of_day()
            .ok()?;
        let edge = first.timestamp() - SignedDuration::from_secs(1);
        let goes_on = found.duration_since(edge) <= limits::LISTS_EMPTY;
        goes_on.then_some(Self {
            edge,
            from: None,
            found,
        })
    }
}

/// What becomes of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// It is where it belongs, or follows from an email that somebody is at work on.
    Stays,
    /// It belongs there; nowhere where nothing will ever happen.
    Moves(Option<Timestamp>),
}

impl Alarm {
    /// What becomes of a lead's.
    pub fn of(lead: &Lead, catalog: &Catalog, now: Timestamp) -> Self {
        let second = |at: Option<Timestamp>| at.map(Timestamp::as_second);
        if lead.leased_until().is_some() {
            return Self::Stays;
        }
        // Whoever has had every step that is left is woken once, so that their way ends.
        let due = match plan::has_one_at_its_end(lead, catalog, now) {
            true => Some(now),
            false => plan::due_at(lead, catalog, now),
        };
        match due {
            due if second(due) == second(lead.due_at) => Self::Stays,
            due => Self::Moves(due),
        }
    }
}

impl Anew {
    /// A campaign is about to be published in a version; `otherwise` where it may plan otherwise than the one before. What was
    /// begun for an earlier version begins again. Says whether that changes anything here.
    pub fn published(&mut self, campaign: &CampaignId, version: &str, otherwise: bool) -> bool {
        if otherwise {
            let job = Job {
                version: version.to_owned(),
                seen: None,
                place: None,
                looked_at: 0,
                moved: 0,
                unreadable: 0,
            };
            self.campaigns.insert(campaign.clone(), job);
            return true;
        }
        // Other words, the same plan: what is under way goes on under the new name.
        let job = self.campaigns.get_mut(campaign).filter(|job| job.version != version);
        job.map(|job| version.clone_into(&mut job.version)).is_some()
    }

    /// Takes the lease and the next campaign whose turn it is: once every function can be taken to know the version, `lag`
    /// after it was first seen. `None` where nothing can be done now. Compare before and after: it may note what it saw.
    pub fn take(
        &mut self,
        by: &ClaimToken,
        catalog: &Catalog,
        now: Timestamp,
        lag: SignedDuration,
    ) -> Option<(CampaignId, Job)> {
        let taken = self.lease.as_ref();
        if taken.is_some_and(|lease| lease.until > now && &lease.by != by) {
            return None;
        }
        for job in self.campaigns.values_mut() {
            job.seen.get_or_insert(now);
        }
        let waited = |job: &Job| job.seen.map_or(SignedDuration::ZERO, |seen| now.duration_since(seen));
        // Of a publish that broke off the version never comes.
        self.campaigns
            .retain(|id, job| catalog.get(id).is_some() || waited(job) < limits::PUBLISH_AWAITED);
        let ready = |(id, job): &(&CampaignId, &mut Job)| {
            let known = catalog.published(id);
            let is_here = known.is_some_and(|published| published.version == job.version);
            known.is_some() && ((is_here && waited(job) >= lag) || waited(job) >= limits::PUBLISH_AWAITED)
        };
        let (id, job) = self.campaigns.iter_mut().find(ready)?;
        job.place.get_or_insert_with(|| Place::start(now));
        let found = (id.clone(), job.clone());
        self.renew(by, now);
        Some(found)
    }

    fn renew(&mut self, by: &ClaimToken, now: Timestamp) {
        self.lease = Some(Lease {
            by: by.clone(),
            until: now + limits::ALARMS_LEASE,
        });
    }

    /// Writes down how far a campaign came; without a place it is done and goes. False, and nothing changes, where the lease
    /// is somebody else's by now or the campaign was published once more.
    pub fn progress(&mut self, by: &ClaimToken, campaign: &CampaignId, job: &Job, now: Timestamp) -> bool {
        let is_ours = self.lease.as_ref().is_some_and(|lease| &lease.by == by);
        let same = |held: &&mut Job| (&held.version, held.seen) == (&job.version, job.seen);
        let Some(held) = self.campaigns.get_mut(campaign).filter(same).filter(|_| is_ours) else {
            return false;
        };
        if job.place.is_some() {
            *held = job.clone();
        } else {
            self.campaigns.remove(campaign);
        }
        self.renew(by, now);
        true
    }

    /// Gives the lease back; says whether there was one.
    pub fn release(&mut self, by: &ClaimToken) -> bool {
        self.lease.take_if(|lease| &lease.by == by).is_some()
    }
}

#[cfg(test)]
mod tests;
