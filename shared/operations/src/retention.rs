//! Who will be erased, and when, if nothing is heard of them: what retention is about to do, before it does it (R65).

use jiff::{SignedDuration, Timestamp};
use piste_adapters::store::StoreError;
use piste_domain::rules::retention::{Going, Why, going};
use piste_domain::{CampaignId, Lead, LeadId};
use serde::Serialize;

use crate::leads::sort::Sort;
use crate::leads::walk::{Reach, Walk};
use crate::leads::{LISTS_OF_A_PAGE, Place};
use crate::{OperationError, Operator};

/// Days ahead, where nothing else is asked for.
pub const DAYS_DEFAULT: u32 = 90;
/// Days ahead at most: ten years.
pub const DAYS_MAX: u32 = 3_650;
/// How many months back a lead may have come: longer than anybody may keep people of whom nothing is heard.
const MONTHS_BACK: usize = 122;
/// Leads of one answer that are looked at.
const LEADS_ENOUGH: usize = 1_000;
/// Of those that will be erased: a page.
const ROWS_ENOUGH: usize = 50;
/// Leads of one request (`BatchGetItem`).
const LEADS_AT_ONCE: usize = 100;

/// A person who will be erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Row {
    /// Whose.
    pub lead: LeadId,
    /// Who it is: the name, else the address or the telephone number.
    pub name: String,
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
    /// `cursor` of the next answer; absent when all were looked at.
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
        let (id, campaign) = (lead.id.clone(), lead.campaign.clone());
        self.leads.push(Row {
            lead: id,
            name: called(lead),
            campaign,
            going,
        });
    }

    fn sorted(mut self) -> Self {
        self.leads
            .sort_by(|a, b| (a.going.at, &a.lead).cmp(&(b.going.at, &b.lead)));
        self
    }
}

/// What a person is called in a list.
fn called(lead: &Lead) -> String {
    let name = lead.full_name();
    let email = || lead.email.as_ref().map(|email| email.expose().to_owned());
    let phone = || lead.phone.as_ref().map(|phone| phone.expose().to_owned());
    match name.is_empty() {
        true => email().or_else(phone).unwrap_or_default(),
        false => name,
    }
}

/// A page: from the latest lead or from `cursor` on, until enough were looked at or will be erased.
///
/// # Errors
/// [`OperationError::BadCursor`], [`OperationError::Store`].
pub async fn page(operator: &Operator<'_>, days: u32, cursor: Option<&str>) -> Result<Forecast, OperationError> {
    let place = match cursor {
        Some(text) => {
            let place = Place::read(operator, text).filter(|place| place.is_in(Sort::default()));
            Some(place.ok_or(OperationError::BadCursor)?)
        }
        None => None,
    };
    let campaigns = operator.campaigns().map(|campaign| campaign.id.clone()).collect();
    let reach = Reach {
        months: MONTHS_BACK,
        lists: LISTS_OF_A_PAGE,
        since: None,
    };
    let mut walk = Walk::new(operator, campaigns, place.as_ref(), reach);
    let mut found = Forecast::of(operator, days);
    let mut next = None;
    while found.looked_at < LEADS_ENOUGH && found.leads.len() < ROWS_ENOUGH {
        let mut ids = Vec::new();
        let mut ended = false;
        while ids.len() < LEADS_AT_ONCE {
            let Some((campaign, row)) = walk.next().await? else {
                ended = true;
                break;
            };
            next = Some(Place::of(&campaign, &row));
            // A person is in it once, whatever they asked for since.
            if !row.further {
                ids.push(row.id);
            }
        }
        let leads = operator.app.store.load_all(&ids).await?;
        leads.rows.iter().for_each(|lead| found.look(lead, operator));
        found.unreadable += leads.unreadable;
        if ended {
            next = walk.cut_at().map(Place::before);
            break;
        }
    }
    found.next = next.map(|next| next.write(operator));
    Ok(found.sorted())
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
