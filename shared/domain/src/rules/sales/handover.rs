//! A case that passes from one owner to another: by hand, and by leave, there and back.

use jiff::Timestamp;

use crate::campaign::Catalog;
use crate::lead::Lead;
use crate::lead::case::Case;
use crate::rules::context::Context;
use crate::rules::notices;
use crate::rules::owners::{campaign_of, deputy, settings};

/// Gives the lead, and its open case, to this owner.
pub(in crate::rules) fn hand_over(lead: &mut Lead, owner: &str, cx: &Context<'_>) -> bool {
    let known = settings(&campaign_of(lead), cx.catalog);
    if known.is_none_or(|(_, sales)| sales.owner(owner).is_none()) {
        return false;
    }
    if lead.owner() == Some(owner) {
        if let Some(case) = lead.cases.iter_mut().rfind(|case| case.is_open()) {
            case.covers_for = None; // theirs now, and not for the time of a leave
        }
        return true;
    }
    match lead.cases.iter_mut().rfind(|case| case.is_open()) {
        Some(case) => {
            case.hand_to(owner, cx.now);
            case.covers_for = None;
            lead.assigned = None;
        }
        None => lead.assigned = Some(owner.to_owned()),
    }
    notices::assigned(lead, cx.now, cx);
    true
}

/// Whoever is away has their open case covered by somebody who is there, and has it back when they are.
pub(in crate::rules) fn cover(lead: &mut Lead, cx: &Context<'_>) {
    let Some(place) = lead.cases.iter().rposition(Case::is_open) else {
        return;
    };
    let case = &lead.cases[place];
    let Some((campaign, sales)) = settings(case.campaign(lead), cx.catalog) else {
        return;
    };
    let away = |id: &str| {
        sales
            .owner(id)
            .is_some_and(|owner| owner.hours(campaign).is_away(cx.now))
    };
    let escalated = case.task.is_some_and(|task| task.escalated);
    if let Some(home) = case.covers_for.clone() {
        if sales.owner(&home).is_none() || escalated {
            lead.cases[place].covers_for = None;
        } else if !away(&home) {
            lead.cases[place].hand_to(&home, cx.now);
            lead.cases[place].covers_for = None;
        }
        return;
    }
    if !away(&case.owner) {
        return;
    }
    let Some(other) = deputy(&case.owner, campaign, sales, cx.now).filter(|other| !away(&other.id)) else {
        return;
    };
    let opening = other.hours(campaign).next_open(cx.now).unwrap_or(cx.now);
    let home = lead.cases[place].owner.clone();
    lead.cases[place].hand_to(&other.id, cx.now);
    lead.cases[place].covers_for = Some(home);
    notices::assigned(lead, opening, cx);
}

/// When the open case may change hands because of somebody's leave.
pub(in crate::rules) fn cover_changes_at(lead: &Lead, catalog: &Catalog, now: Timestamp) -> Option<Timestamp> {
    let case = lead.open_case()?;
    let (campaign, sales) = settings(case.campaign(lead), catalog)?;
    let whose = case.covers_for.as_ref().unwrap_or(&case.owner);
    sales.owner(whose)?.hours(campaign).next_leave_change(now)
}
