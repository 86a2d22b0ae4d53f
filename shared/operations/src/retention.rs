//! Who will be erased, and when, if nothing is heard of them: what retention is about to do, before it does it (R65).

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use piste_adapters::store::StoreError;
use piste_domain::rules::retention::{Going, Why, going};
use piste_domain::{CampaignId, Lead, LeadId};
use serde::Serialize;

use crate::{Operator, end_of_month_before};

/// Days ahead, where nothing else is asked for.
pub const DAYS_DEFAULT: u32 = 90;
/// Days ahead at most: ten years.
pub const DAYS_MAX: u32 = 3_650;
/// How far back a lead may have come: longer than anybody may keep people of whom nothing is heard.
const YEARS_BACK: i64 = 10;
/// Leads of one answer, more or less: it ends with a month.
const LEADS_ENOUGH: usize = 1_000;
/// Leads of one request (`BatchGetItem`).
const LEADS_AT_ONCE: usize = 100;

/// A person who will be erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Row {
    /// Whose.
    pub lead: LeadId,
    /// The campaign they first came by.
    pub campaign: CampaignId,
    /// When, and why.
    #[serde(flatten)]
    pub going: Going,
}

/// Who will be erased until a moment, and how many for each reason.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Forecast {
    /// That moment.
    pub until: Timestamp,
    /// Those who will be erased, the first one first.
    pub leads: Vec<Row>,
    /// Whose address nobody confirmed (R64).
    pub never_confirmed: usize,
    /// Of whom nothing was heard for as long as their campaign keeps people.
    pub kept: usize,
    /// Leads that were looked at.
    pub looked_at: usize,
    /// How many more this version cannot read.
    pub unreadable: usize,
    /// The end of the month at which to go on, in seconds since 1970; absent when all were looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl Forecast {
    fn of(operator: &Operator<'_>, days: u32) -> Self {
        Self {
            until: operator.now + SignedDuration::from_hours(24 * i64::from(days)),
            leads: Vec::new(),
            never_confirmed: 0,
            kept: 0,
            looked_at: 0,
            unreadable: 0,
            next: None,
        }
    }

    /// Takes a lead into account: it is in the forecast if it goes until this moment.
    fn look(&mut self, lead: &Lead, operator: &Operator<'_>) {
        self.looked_at += 1;
        let Some(going) = going(lead, &operator.catalog).filter(|going| going.at <= self.until) else {
            return;
        };
        match going.why {
            Why::NeverConfirmed => self.never_confirmed += 1,
            Why::Kept => self.kept += 1,
        }
        let (lead, campaign) = (lead.id.clone(), lead.campaign.clone());
        self.leads.push(Row { lead, campaign, going });
    }

    fn sorted(mut self) -> Self {
        self.leads
            .sort_by(|a, b| (a.going.at, &a.lead).cmp(&(b.going.at, &b.lead)));
        self
    }
}

/// Month by month of capture, the latest first or from `cursor` on, until enough leads were looked at.
///
/// # Errors
/// [`StoreError`].
pub async fn some_months(
    operator: &Operator<'_>,
    days: u32,
    cursor: Option<Timestamp>,
) -> Result<Forecast, StoreError> {
    let oldest = operator.now - SignedDuration::from_hours(24 * 366 * YEARS_BACK);
    let mut edge = cursor.unwrap_or(operator.now).min(operator.now);
    let mut found = Forecast::of(operator, days);
    while edge > oldest && found.looked_at < LEADS_ENOUGH {
        let (leads, unreadable) = of_month(operator, edge).await?;
        leads.iter().for_each(|lead| found.look(lead, operator));
        found.unreadable += unreadable;
        edge = end_of_month_before(edge);
    }
    found.next = (edge > oldest).then(|| edge.as_second().to_string());
    Ok(found.sorted())
}

/// The leads of the workspace captured in the month of a moment and not after it, and how many cannot be read.
async fn of_month(operator: &Operator<'_>, edge: Timestamp) -> Result<(Vec<Arc<Lead>>, usize), StoreError> {
    let mut ids = Vec::new();
    for campaign in operator.campaigns() {
        ids.extend(operator.month(&campaign.id, edge).await?.into_iter().map(|row| row.id));
    }
    let (mut leads, mut unreadable) = (Vec::new(), 0);
    for some in ids.chunks(LEADS_AT_ONCE) {
        let page = operator.app.store.load_all(some).await?;
        leads.extend(page.rows);
        unreadable += page.unreadable;
    }
    Ok((leads, unreadable))
}

/// The whole workspace, by reading the whole table: for the command line, whose rights are its user's. Functions may
/// not (R116).
///
/// # Errors
/// [`StoreError`].
pub async fn whole(operator: &Operator<'_>, days: u32) -> Result<Forecast, StoreError> {
    let mut all = Forecast::of(operator, days);
    let mut from = None;
    loop {
        let page = operator.app.store.leads(from).await?;
        // `piste audit` names those that cannot be read.
        all.unreadable += page.unreadable;
        let leads = page.rows.into_iter().flatten();
        leads
            .filter(|lead| lead.workspace == operator.workspace)
            .for_each(|lead| all.look(&lead, operator));
        from = page.next;
        if from.is_none() {
            return Ok(all.sorted());
        }
    }
}
