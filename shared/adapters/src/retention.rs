//! Who will be erased, and when, if nothing is heard of them: what retention is about to do, before it does it (R65).

use jiff::Timestamp;
use piste_domain::rules::retention::{Going, Why, going};
use piste_domain::{CampaignId, Catalog, Lead, LeadId, WorkspaceId};
use serde::Serialize;

use crate::store::{Store, StoreError};

/// A person who will go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Whose.
    pub lead: LeadId,
    /// The campaign they first came by.
    pub campaign: CampaignId,
    /// When, and why.
    #[serde(flatten)]
    pub going: Going,
}

/// Those who will go, and how many for each reason.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Forecast {
    /// In the order in which they go, once [`Forecast::sort`] was called.
    pub leads: Vec<Row>,
    /// Whose address nobody confirmed (R64).
    pub never_confirmed: usize,
    /// Of whom nothing was heard for as long as their campaign keeps people.
    pub kept: usize,
    /// Leads that were looked at.
    pub looked_at: usize,
}

impl Forecast {
    /// Takes a lead into account: it is in the forecast if it goes until this moment.
    pub fn look(&mut self, lead: &Lead, catalog: &Catalog, until: Timestamp) {
        self.looked_at += 1;
        let Some(going) = going(lead, catalog).filter(|going| going.at <= until) else {
            return;
        };
        match going.why {
            Why::NeverConfirmed => self.never_confirmed += 1,
            Why::Kept => self.kept += 1,
        }
        let (lead, campaign) = (lead.id.clone(), lead.campaign.clone());
        self.leads.push(Row { lead, campaign, going });
    }

    /// Puts who goes first first.
    pub fn sort(&mut self) {
        self.leads
            .sort_by(|a, b| (a.going.at, &a.lead).cmp(&(b.going.at, &b.lead)));
    }
}

/// The whole table, by reading all of it: for the command line, whose rights are its user's. Functions may not (R116).
///
/// # Errors
/// [`StoreError`].
pub async fn whole(
    store: &Store,
    catalog: &Catalog,
    workspace: &WorkspaceId,
    until: Timestamp,
) -> Result<Forecast, StoreError> {
    let mut all = Forecast::default();
    let mut from = None;
    loop {
        let page = store.leads(from).await?;
        // One that cannot be read is named by `piste audit`.
        let leads = page.rows.into_iter().flatten();
        leads
            .filter(|lead| &lead.workspace == workspace)
            .for_each(|lead| all.look(&lead, catalog, until));
        from = page.next;
        if from.is_none() {
            all.sort();
            return Ok(all);
        }
    }
}
