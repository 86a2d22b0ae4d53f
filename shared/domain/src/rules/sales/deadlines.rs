//! By when a lead is to hear from sales.

use jiff::{SignedDuration, Timestamp};

use super::current;
use crate::campaign::Campaign;
use crate::campaign::sales::Owner;
use crate::kit::calendar::Delay;
use crate::kit::ids::SendId;
use crate::kit::limits;
use crate::lead::Lead;
use crate::lead::case::Case;
use crate::rules::alert::AlertKind;
use crate::rules::context::Context;
use crate::rules::owners::settings;
use crate::rules::scoring::Score;

/// Until when the first response is due. What came in while nobody works waits for the opening, with others: it has an
/// hour more, shared out evenly by the leads' ids, so that not all of them are late at once.
pub(super) fn first_deadline(
    lead: &Lead,
    owner: &Owner,
    campaign: &Campaign,
    within: &Delay,
    now: Timestamp,
) -> Timestamp {
    let hours = owner.hours(campaign);
    let Some(opening) = hours.next_open(now) else {
        return now;
    };
    let room = match opening > now {
        true => SignedDuration::from_mins(i64::from(lead.id.shard(limits::OPENING_PLACES))) * limits::OPENING_STEP_MINS,
        false => SignedDuration::ZERO,
    };
    let deadline = hours.after(now, within);
    deadline.and_then(|deadline| hours.later(deadline, room)).unwrap_or(now)
}

/// A lead that gets hotter before anybody answered is told once more, with the shorter deadline; never twice the same.
pub(in crate::rules) fn raise_tier(lead: &mut Lead, cx: &Context<'_>) {
    let about = lead.open_case().map(|case| case.campaign(lead).clone());
    let Some((campaign, sales)) = about.and_then(|about| settings(&about, cx.catalog)) else {
        return;
    };
    let waits =
        |case: &&Case| case.answered.is_none() && case.task.is_some_and(|task| task.serial == 1 && !task.escalated);
    let Some(case) = lead.open_case().filter(waits) else {
        return;
    };
    let tier = sales.tier(&Score::of(lead, campaign, cx.now).grade);
    if tier <= case.tier {
        return;
    }
    let Some((case, Some(hours), _)) = current(lead, cx) else {
        return;
    };
    case.tier = tier;
    let until = hours.after(cx.now, sales.within(tier)).unwrap_or(cx.now);
    case.deadline = case.deadline.min(until);
    let told = case.ledger.of_step(&AlertKind::Alert.step(1)).is_some();
    if let Some(task) = &mut case.task {
        task.until = task.until.min(until);
        task.hotter_at = told.then_some(cx.now);
    }
}

/// Whoever hears of a lead only by the digest of this moment has their time from there, and those of one digest are shared
/// out as those of one opening are.
pub(in crate::rules) fn heard_at(lead: &mut Lead, alert: &SendId, until: Timestamp, cx: &Context<'_>) {
    let place = i64::from(lead.id.shard(limits::OPENING_PLACES));
    let room = SignedDuration::from_mins(place) * limits::OPENING_STEP_MINS;
    let Some((case, Some(hours), Some(sales))) = current(lead, cx) else {
        return;
    };
    let Some(task) = &mut case.task else { return };
    let told = case.ledger.iter().find(|entry| &entry.id == alert);
    let kinds = [AlertKind::Alert, AlertKind::Escalated];
    let is_news = told.is_some_and(|told| kinds.iter().any(|kind| told.step == kind.step(task.serial)));
    if case.answered.is_some() || !is_news {
        return;
    }
    let deadline = hours.after(until, sales.within(case.tier));
    if let Some(deadline) = deadline.and_then(|deadline| hours.later(deadline, room)) {
        task.until = task.until.max(deadline);
        if !task.escalated {
            case.deadline = case.deadline.max(deadline);
        }
    }
}
