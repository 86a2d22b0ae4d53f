//! Who reads at a desk: what the campaigns say of an address.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::campaign::sales::{Owner, Sales};
use crate::campaign::{Campaign, Catalog};
use crate::kit::email::Email;
use crate::kit::ids::{CampaignId, Key, LeadId, WorkspaceId};
use crate::kit::limits;
use crate::lead::Lead;
use crate::rules::context::Context;
use crate::rules::owners::settings;

/// An owner as one campaign names them.
pub(super) struct Place<'a> {
    pub campaign: &'a Campaign,
    pub sales: &'a Sales,
    pub owner: &'a Owner,
}

/// Whoever reads at a desk.
pub struct Reader<'a> {
    /// Their address, as the first file that names it writes it.
    pub(super) email: &'a Email,
    /// Where they are an owner.
    pub(super) places: Vec<Place<'a>>,
    /// Where they are told of posts.
    pub(super) told: Vec<&'a Campaign>,
}

/// Every address of a campaign's file that has a desk.
pub(super) fn addresses(campaign: &Campaign) -> impl Iterator<Item = &Email> {
    let owners = campaign.sales.iter().flat_map(|sales| &sales.owners);
    let told = campaign.notify.iter().flat_map(|notify| &notify.to);
    owners.map(|owner| &owner.email).chain(told)
}

/// The desks of everybody whom the campaigns name.
pub fn desks(catalog: &Catalog, key: &Key) -> BTreeMap<LeadId, WorkspaceId> {
    let campaigns = catalog.iter().map(|published| &published.campaign);
    let all = campaigns.flat_map(|campaign| {
        addresses(campaign).map(|email| {
            let id = LeadId::of_desk(key, &campaign.workspace, email);
            (id, campaign.workspace.clone())
        })
    });
    all.collect()
}

/// Whose desks know of a lead's open case: its owner's, and that of whoever steps in for them.
pub fn told_of(lead: &Lead, cx: &Context<'_>) -> (Option<LeadId>, Option<LeadId>) {
    let Some(case) = lead.open_case() else {
        return (None, None);
    };
    let Some((campaign, sales)) = settings(case.campaign(lead), cx.catalog) else {
        return (None, None);
    };
    let desk = |id: &str| {
        let owner = sales.owner(id)?;
        Some(LeadId::of_desk(cx.key, &campaign.workspace, &owner.email))
    };
    let own = desk(&case.owner);
    let watching = desk(&sales.escalate_to).filter(|id| Some(id) != own.as_ref());
    (own, watching)
}

impl<'a> Reader<'a> {
    /// Whoever reads at this desk; nobody where no campaign names the address any more.
    pub(super) fn of(desk: &LeadId, workspace: &WorkspaceId, cx: &Context<'a>) -> Option<Self> {
        let is_theirs = |email: &Email| &LeadId::of_desk(cx.key, workspace, email) == desk;
        let campaigns = cx.catalog.iter().map(|published| &published.campaign);
        let campaigns: Vec<&Campaign> = campaigns.filter(|campaign| &campaign.workspace == workspace).collect();
        let email = campaigns
            .iter()
            .flat_map(|campaign| addresses(campaign))
            .find(|email| is_theirs(email))?;
        let is_theirs = |other: &Email| other.identity() == email.identity();
        let places = campaigns.iter().flat_map(|campaign| {
            let owners = campaign
                .sales
                .iter()
                .flat_map(move |sales| sales.owners.iter().map(move |owner| (sales, owner)));
            owners.map(move |(sales, owner)| Place { campaign, sales, owner })
        });
        let told = campaigns.iter().filter(|campaign| {
            let notify = campaign.notify.as_ref();
            notify.is_some_and(|notify| notify.to.iter().any(is_theirs))
        });
        Some(Self {
            email,
            places: places.filter(|place| is_theirs(&place.owner.email)).collect(),
            told: told.copied().collect(),
        })
    }

    /// Their entry in a campaign's file.
    pub(super) fn place(&self, campaign: &CampaignId, owner: &str) -> Option<&Place<'a>> {
        let is_it = |place: &&Place<'_>| &place.campaign.id == campaign && place.owner.id == owner;
        self.places.iter().find(is_it)
    }

    /// Whether a lead's open case is theirs.
    pub(super) fn has(&self, lead: &Lead) -> bool {
        let case = lead.open_case();
        case.is_some_and(|case| self.place(case.campaign(lead), &case.owner).is_some())
    }

    /// Whether it is, or will be again once they are back from leave.
    pub(super) fn has_or_gets_back(&self, lead: &Lead) -> bool {
        let lent = lead
            .open_case()
            .and_then(|case| Some((case.campaign(lead), case.covers_for.as_ref()?)));
        self.has(lead) || lent.is_some_and(|(campaign, home)| self.place(campaign, home).is_some())
    }

    /// Whether a lead's open case is somebody's for whom they step in.
    pub(super) fn watches(&self, lead: &Lead) -> bool {
        let case = lead.open_case();
        case.is_some_and(|case| {
            let mut places = self
                .places
                .iter()
                .filter(|place| &place.campaign.id == case.campaign(lead));
            places.any(|place| place.sales.escalate_to == place.owner.id)
        })
    }

    /// When the next morning digest leaves: before the first opening of a day on which they work anywhere, once a day.
    pub(super) fn next_morning(&self, now: Timestamp, had: Option<Timestamp>) -> Option<Timestamp> {
        let next = |place: &Place<'_>| {
            let hours = place.owner.hours(place.campaign);
            let date = |at: Timestamp| hours.zone.to_datetime(at).date();
            let last = had.map(date);
            let mornings = hours.days(now).filter_map(|(open, _)| {
                // Of whoever begins at midnight, it is the morning of that day all the same.
                let midnight = date(open).to_zoned(hours.zone.clone()).ok()?.timestamp();
                Some((open - limits::MORNING_BEFORE).max(midnight))
            });
            let mut mornings = mornings.filter(|at| *at > now && last.is_none_or(|last| date(*at) > last));
            mornings.next()
        };
        self.places.iter().filter_map(next).min()
    }
}
