//! Whose a lead is, and under which campaign's rules.

use jiff::Timestamp;

use crate::campaign::sales::{Owner, Sales};
use crate::campaign::{Campaign, Catalog};
use crate::kit::ids::CampaignId;
use crate::lead::Lead;
use crate::lead::case::Case;
use crate::rules::context::Context;

/// The campaign whose rules count for sales: that of the open case, else of the latest case, else of the latest enquiry.
pub fn campaign_of(lead: &Lead) -> CampaignId {
    let case = lead.open_case().or(lead.cases.last());
    case.map_or_else(|| lead.latest_campaign(), |case| case.campaign(lead).clone())
}

/// The campaign that rules a case, and its section `[sales]`.
pub(super) fn settings<'a>(id: &CampaignId, catalog: &'a Catalog) -> Option<(&'a Campaign, &'a Sales)> {
    let campaign = catalog.get(id)?;
    Some((campaign, campaign.sales.as_ref()?))
}

/// Sees to it that somebody has the lead; says whether somebody does.
pub(super) fn ensure_owner(lead: &mut Lead, cx: &Context<'_>) -> bool {
    let Some((campaign, sales)) = settings(&campaign_of(lead), cx.catalog) else {
        return false;
    };
    if lead.owner().is_some_and(|owner| sales.owner(owner).is_some()) {
        return true;
    }
    let owner = assign(sales, lead, campaign, cx.now).map(|owner| owner.id.clone());
    lead.assigned.clone_from(&owner);
    owner.is_some()
}

/// The owner of a lead at a moment: by rule, else in turn, never somebody on leave while another one is there.
///
/// The turn is taken from the lead's own id, which is as good as drawn: many leads are shared out evenly, and there is no
/// counter that two captures could fight over.
pub(super) fn assign<'a>(sales: &'a Sales, lead: &Lead, campaign: &Campaign, at: Timestamp) -> Option<&'a Owner> {
    let there = |owner: &&Owner| !owner.hours(campaign).is_away(at);
    let by_rule = sales
        .assign
        .iter()
        .find(|rule| rule.when.is_met_by(lead.words.answers()));
    let by_rule = by_rule.and_then(|rule| sales.owner(&rule.owner));
    let turn = |owners: Vec<&'a Owner>| {
        let of = u32::try_from(owners.len()).ok().filter(|n| *n > 0)?;
        owners.get(lead.id.shard(of) as usize).copied()
    };
    let in_turn = || sales.owners.iter().filter(|owner| owner.in_turn);
    by_rule
        .filter(there)
        .or_else(|| turn(in_turn().filter(there).collect()))
        .or_else(|| sales.owners.iter().find(there))
        .or_else(|| turn(in_turn().collect()))
        .or(by_rule)
        .or(sales.owners.first())
}

/// Who is in charge; somebody else if the owner is no longer in the file.
pub(super) fn owner_of<'a>(
    lead: &Lead,
    case: &Case,
    campaign: &Campaign,
    sales: &'a Sales,
    at: Timestamp,
) -> Option<&'a Owner> {
    sales.owner(&case.owner).or_else(|| assign(sales, lead, campaign, at))
}

/// Who takes over from somebody: the one named for it if they are there, else anybody who is.
pub(super) fn deputy<'a>(from: &str, campaign: &Campaign, sales: &'a Sales, at: Timestamp) -> Option<&'a Owner> {
    let named = sales.owner(&sales.escalate_to);
    let others = || named.into_iter().chain(&sales.owners).filter(|owner| owner.id != from);
    others()
        .find(|owner| !owner.hours(campaign).is_away(at))
        .or_else(|| others().next())
}
