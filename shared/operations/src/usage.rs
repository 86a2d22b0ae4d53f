//! What the leads and emails of a workspace cost at AWS: what the table holds, times the prices of `docs/cost.md`.

use std::collections::{BTreeMap, BTreeSet};

use piste_domain::lead::ledger::EntryState;
use piste_domain::{CampaignId, Lead};
use serde::Serialize;

use crate::{OperationError, Operator};

// US dollars, us-east-1, AWS price lists of July 2026; where two prices stand in `docs/cost.md`, the higher one.
const EMAIL: f64 = 0.16 / 1_000.0;
const WRITE_UNIT: f64 = 0.625 / 1_000_000.0;
/// A request of the HTTP API, the function behind it (128 MB for 50 ms) and its log lines (1 KB).
const REQUEST: f64 = 1.0 / 1_000_000.0 + 0.20 / 1_000_000.0 + 0.006_25 * 0.000_013_333_4 + 0.50 / 1_000_000.0;
/// Both schedules with their functions, queries and log lines, the alarms, and the key of what SES reports; without free tiers.
/// `tests/house/docs.rs` holds it against the README.
pub const EVERY_MONTH: f64 = 0.19 + 3.70 + 1.00;
/// The test email that each sender sends itself every hour, in a month.
const CANARIES: f64 = 730.0 * EMAIL;
// Write units: a new lead, each further enquiry, an email (two writes), a delivery (two writes).
const UNITS_LEAD: u64 = 3;
const UNITS_ENQUIRY: u64 = 3;
const UNITS_EMAIL: u64 = 6;
const UNITS_DELIVERY: u64 = 8;

/// What was used, and what it cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Usage {
    /// People who stand in it.
    pub leads: u64,
    /// Their enquiries.
    pub enquiries: u64,
    /// Emails that left, alerts among them.
    pub emails: u64,
    /// Deliveries to other systems.
    pub deliveries: u64,
    /// US dollars.
    pub usd: f64,
    /// US dollars for each lead; `null` without one.
    pub usd_per_lead: Option<f64>,
}

/// The costs of a workspace.
#[derive(Clone, Debug, Serialize)]
pub struct Costs {
    /// By campaign.
    pub campaigns: Vec<CampaignCosts>,
    /// All of it; who stands in two campaigns is one lead here.
    pub total: Usage,
    /// What runs whether leads come or not, in US dollars a month.
    pub usd_every_month: f64,
    /// Leads that this version cannot read.
    pub unreadable: u64,
}

/// The costs of a campaign.
#[derive(Clone, Debug, Serialize)]
pub struct CampaignCosts {
    /// Which.
    pub campaign: CampaignId,
    /// What it used.
    #[serde(flatten)]
    pub usage: Usage,
}

impl Usage {
    fn priced(mut self) -> Self {
        let units = self.leads * UNITS_LEAD
            + self.enquiries.saturating_sub(self.leads) * UNITS_ENQUIRY
            + self.emails * UNITS_EMAIL
            + self.deliveries * UNITS_DELIVERY;
        self.usd = self.emails as f64 * EMAIL + self.enquiries as f64 * REQUEST + units as f64 * WRITE_UNIT;
        self.usd_per_lead = (self.leads > 0).then(|| self.usd / self.leads as f64);
        self
    }
}

/// Counts what a workspace used since its first lead. Reads every lead of the table; erased ones count no more.
///
/// # Errors
/// [`OperationError::Store`].
pub async fn costs(operator: &Operator<'_>) -> Result<Costs, OperationError> {
    let mut campaigns: BTreeMap<CampaignId, Usage> = BTreeMap::new();
    for campaign in operator.campaigns() {
        campaigns.insert(campaign.id.clone(), Usage::default());
    }
    let (mut total, mut unreadable, mut from) = (Usage::default(), 0, None);
    loop {
        let page = operator.app.store.leads(from).await?;
        unreadable += page.unreadable as u64;
        for row in page.rows {
            match row {
                Ok(lead) if lead.workspace == operator.workspace => count(&lead, &mut campaigns, &mut total),
                Ok(_) => {}
                Err(_) => unreadable += 1,
            }
        }
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    let senders: BTreeSet<&str> = operator
        .campaigns()
        .map(|campaign| campaign.sender.from.as_str())
        .collect();
    let campaigns = campaigns.into_iter();
    Ok(Costs {
        campaigns: campaigns
            .map(|(campaign, usage)| CampaignCosts {
                campaign,
                usage: usage.priced(),
            })
            .collect(),
        total: total.priced(),
        usd_every_month: EVERY_MONTH + CANARIES * senders.len() as f64,
        unreadable,
    })
}

fn count(lead: &Lead, campaigns: &mut BTreeMap<CampaignId, Usage>, total: &mut Usage) {
    let stands_in: BTreeSet<&CampaignId> = lead.campaigns().collect();
    for campaign in stands_in {
        campaigns.entry(campaign.clone()).or_default().leads += 1;
    }
    total.leads += 1;
    for enquiry in lead.words.enquiries() {
        campaigns.entry(enquiry.campaign.clone()).or_default().enquiries += 1;
        total.enquiries += 1;
    }
    for (enrolment, entry) in lead.ledger() {
        if matches!(entry.state(), EntryState::Sent { .. } | EntryState::Unknown) {
            // An alert is the campaign's that the person came to last.
            let campaign = enrolment.map_or_else(|| lead.latest_campaign(), |enrolment| enrolment.campaign.clone());
            campaigns.entry(campaign).or_default().emails += 1;
            total.emails += 1;
        }
    }
    let deliveries: u64 = lead.told.iter().map(|told| u64::from(told.count)).sum();
    campaigns.entry(lead.latest_campaign()).or_default().deliveries += deliveries;
    total.deliveries += deliveries;
}
