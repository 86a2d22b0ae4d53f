//! How long a person is kept: the clock runs from the last real contact by the person, never from an open (R65), and an
//! address that nobody ever confirmed is not kept for long (R64).

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::campaign::{Campaign, Catalog, Start};
use crate::codes;
use crate::kit::ids::CampaignId;
use crate::kit::limits;
use crate::kit::vocabulary::{Class, ExitReason, Purpose, SignalKind};
use crate::lead::consent::{Consent, ConsentState};
use crate::lead::enquiry::Enquiry;
use crate::lead::stage::Stage;
use crate::lead::{Ended, Lead};
use crate::rules::consent::{end_at, end_one};
use crate::rules::context::Context;
use crate::rules::enrolment::enrol;

/// What retention does next to a lead, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Next {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What,
}

/// What retention does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A consent ends: the time for which that purpose was given is over.
    Expire(Purpose, CampaignId),
    /// A consent lapses: nobody confirmed it in time, and no marketing ever goes by it (R64).
    Lapse(Purpose, CampaignId),
    /// The person is asked whether they want to stay.
    Ask(CampaignId),
    /// The lead is erased: kept as long as its campaign says.
    Kept,
    /// The lead is erased: nobody confirmed the address.
    NeverConfirmed,
}

impl What {
    /// Whether the person goes.
    pub fn erases(&self) -> bool {
        matches!(self, Self::Kept | Self::NeverConfirmed)
    }
}

/// When a person goes, if nothing is heard of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Going {
    /// When they are erased.
    pub at: Timestamp,
    /// When they are asked whether they want to stay, or were; absent where nobody may ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Timestamp>,
    /// Why.
    pub why: Why,
}

/// Why a person goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum Why {
    /// Nobody confirmed the address (R64).
    NeverConfirmed,
    /// The time is over for which their campaign keeps people of whom nothing is heard (R65).
    Kept,
}

codes!(Why);

/// When a lead goes, if nothing is heard of the person; `None` as in [`next`].
pub fn going(lead: &Lead, catalog: &Catalog) -> Option<Going> {
    if let Some(at) = unconfirmed_until(lead) {
        let (asked_at, why) = (None, Why::NeverConfirmed);
        return Some(Going { at, asked_at, why });
    }
    let next = kept_until(lead, catalog)?;
    let notice = |id: &CampaignId| Some(catalog.get(id)?.retention_sequence()?.notice());
    let (at, asked_at) = match &next.what {
        What::Ask(id) => (next.at + notice(id)?, Some(next.at)),
        _ => (next.at, asked(lead, catalog).map(|(at, _)| at)),
    };
    let why = Why::Kept;
    Some(Going { at, asked_at, why })
}

/// What retention does next to this lead; `None` where nothing says how long it is kept: a customer, whom a contract
/// keeps, or a campaign that is not at hand.
pub fn next(lead: &Lead, catalog: &Catalog) -> Option<Next> {
    let ends = consents_end(lead, catalog)
        .into_iter()
        .chain(lapse(lead))
        .min_by_key(|next| next.at);
    let goes = match unconfirmed_until(lead) {
        Some(at) => Some(Next {
            at,
            what: What::NeverConfirmed,
        }),
        None => kept_until(lead, catalog),
    };
    ends.into_iter().chain(goes).min_by_key(|next| next.at)
}

/// A sign-up that nobody confirmed: an address and a ticked box, and nothing since that shows it is theirs, or that anybody
/// works with it. Whoever said anything else is kept as long as everybody: the enquiry stays, the consent lapses (R64).
fn unconfirmed_until(lead: &Lead) -> Option<Timestamp> {
    let waits = |enquiry: &Enquiry| {
        let of_it = |consent: &&Consent| consent.campaign == enquiry.campaign;
        let mut consents = lead.consents.iter().filter(of_it);
        enquiry.is_empty()
            && enquiry.source.is_none()
            && consents.any(|consent| matches!(consent.state, ConsentState::Pending | ConsentState::Lapsed))
            && lead.marketing_state(&enquiry.campaign) != Some(ConsentState::Withdrawn)
    };
    let theirs = lead.consents.iter().any(|consent| consent.confirmed_at.is_some())
        || lead
            .signals
            .iter()
            .any(|signal| signal.kind.is_contact() && signal.kind != SignalKind::Form)
        || lead.words.is_proved()
        || lead.words.has_left()
        || lead.preferences.at.is_some();
    let worked_with = !lead.cases.is_empty()
        || !lead.notes.is_empty()
        || lead.stage != Stage::Lead
        || lead.history.iter().any(|change| change.by.is_person());
    let enquiries = lead.words.enquiries();
    let last_post = enquiries.last()?.at;
    let only_signed_up = !theirs && !worked_with && enquiries.iter().all(waits) && lead.kept.is_none();
    only_signed_up.then(|| last_post + limits::UNCONFIRMED_KEPT)
}

/// The first request for a consent whose time to be confirmed ends.
fn lapse(lead: &Lead) -> Option<Next> {
    let pending = lead
        .consents
        .iter()
        .filter(|consent| consent.state == ConsentState::Pending);
    let first = pending.min_by_key(|consent| consent.asked_at)?;
    Some(Next {
        at: first.asked_at + limits::UNCONFIRMED_KEPT,
        what: What::Lapse(first.purpose, first.campaign.clone()),
    })
}

/// When a lead goes, seen from a moment, if nothing is heard of the person: who may be asked whether they want to stay and was
/// not asked in time, after a retention became shorter for example, still gets their time to answer.
pub fn goes_at(lead: &Lead, catalog: &Catalog, now: Timestamp) -> Option<Timestamp> {
    if let Some(at) = unconfirmed_until(lead) {
        return Some(at);
    }
    let next = kept_until(lead, catalog)?;
    match next.what {
        What::Ask(id) => Some(next.at.max(now) + catalog.get(&id)?.retention_sequence()?.notice()),
        _ => Some(next.at),
    }
}

/// What time alone does to a lead until a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passed {
    /// Nothing.
    Nothing,
    /// A consent ended.
    Ended,
    /// The lead is erased.
    Gone,
}

/// Lets time pass for a lead of whom nothing is heard: ends the consents that end until a moment, as a plan needs to know.
pub(super) fn pass(lead: &mut Lead, catalog: &Catalog, now: Timestamp, until: Timestamp) -> Passed {
    if goes_at(lead, catalog, now).is_some_and(|at| at <= until) {
        return Passed::Gone;
    }
    let mut passed = Passed::Nothing;
    for _ in 0..lead.consents.len() {
        let ends = consents_end(lead, catalog).into_iter().chain(lapse(lead));
        let Some(next) = ends.min_by_key(|next| next.at).filter(|next| next.at <= until) else {
            break;
        };
        match next.what {
            What::Expire(purpose, campaign) => end_at(lead, purpose, &campaign, ConsentState::Withdrawn, next.at),
            What::Lapse(purpose, campaign) => end_at(lead, purpose, &campaign, ConsentState::Lapsed, next.at),
            What::Ask(_) | What::Kept | What::NeverConfirmed => break,
        }
        passed = Passed::Ended;
    }
    passed
}

/// Until when a person who was asked whether they want to stay has to answer; `None` for who was not asked, or answered.
pub fn asked_until(lead: &Lead, catalog: &Catalog) -> Option<Timestamp> {
    asked(lead, catalog).map(|(_, until)| until)
}

/// When they were asked, and until when they have to answer.
fn asked(lead: &Lead, catalog: &Catalog) -> Option<(Timestamp, Timestamp)> {
    let contact = lead.last_contact();
    let since = lead
        .enrolments
        .iter()
        .filter(|enrolment| enrolment.started_at >= contact);
    since.into_iter().find_map(|enrolment| {
        let sequence = catalog.get(&enrolment.campaign)?.sequence(&enrolment.sequence)?;
        let asked_at = enrolment.started_at;
        (sequence.start == Start::Retention).then(|| (asked_at, asked_at + sequence.notice()))
    })
}

fn kept_until(lead: &Lead, catalog: &Catalog) -> Option<Next> {
    if lead.stage == Stage::Customer {
        return None;
    }
    let contact = lead.last_contact();
    let campaigns: Vec<&Campaign> = campaigns(lead, catalog)?;
    let ends = campaigns
        .iter()
        .map(|campaign| campaign.retention.add_to(contact, &campaign.time_zone()));
    let end = ends.chain(lead.kept.as_ref().map(|kept| kept.until)).max()?;
    let asks = |campaign: &&&Campaign| campaign.retention_sequence().is_some();
    if let Some(answer_until) = asked_until(lead, catalog) {
        // Asked late, after an outage: the person still gets their time to answer.
        return Some(Next {
            at: end.max(answer_until),
            what: What::Kept,
        });
    }
    // Whoever was only imported was never heard here, and is mailed nothing.
    let was_heard = lead.heard_at().is_some();
    let allowed = |campaign: &&&Campaign| {
        let sequence = campaign.retention_sequence();
        was_heard
            && lead.refusal(Class::Nurture, campaign).is_none()
            && sequence.is_some_and(|s| lead.barred(s).is_none())
    };
    Some(match campaigns.iter().filter(asks).find(allowed) {
        Some(campaign) => Next {
            at: end
                - campaign
                    .retention_sequence()
                    .map_or(SignedDuration::ZERO, |sequence| sequence.notice()),
            what: What::Ask(campaign.id.clone()),
        },
        None => Next {
            at: end,
            what: What::Kept,
        },
    })
}

/// Every campaign in which the lead stands, its first one first; `None` while one of them is not at hand.
fn campaigns<'a>(lead: &Lead, catalog: &'a Catalog) -> Option<Vec<&'a Campaign>> {
    lead.campaigns().map(|id| catalog.get(id)).collect()
}

/// When the first consent in force ends whose box says for how long it is given.
fn consents_end(lead: &Lead, catalog: &Catalog) -> Option<Next> {
    let contact = lead.last_contact();
    let ends = lead
        .consents
        .iter()
        .filter(|consent| consent.state == ConsentState::Given);
    let end = |consent: &Consent| {
        let campaign = catalog.get(&consent.campaign)?;
        let asked = campaign
            .form
            .fields
            .iter()
            .find(|field| field.purpose == Some(consent.purpose))?;
        let at = asked.retention?.add_to(contact, &campaign.time_zone());
        Some(Next {
            at,
            what: What::Expire(consent.purpose, consent.campaign.clone()),
        })
    };
    ends.filter_map(end).min_by_key(|next| next.at)
}

/// Ends consents whose time is over and asks who may be asked; says whether the lead goes. While a mail is in the air
/// nothing goes: its record has to find the lead.
pub(super) fn end_what_is_over(lead: &mut Lead, cx: &Context<'_>) -> bool {
    let in_the_air = lead.ledger().any(|(_, entry)| entry.is_claimed());
    if in_the_air {
        return false;
    }
    // Each turn ends a consent or asks once, so this ends by itself; the bound is the number of things it could do.
    for _ in 0..=lead.consents.len() {
        let Some(due) = next(lead, cx.catalog).filter(|due| due.at <= cx.now) else {
            return false;
        };
        match due.what {
            What::Kept | What::NeverConfirmed => return true,
            What::Expire(purpose, campaign) => end_one(lead, purpose, &campaign, ConsentState::Withdrawn, cx),
            What::Lapse(purpose, campaign) => end_one(lead, purpose, &campaign, ConsentState::Lapsed, cx),
            What::Ask(id) => {
                if let Some(campaign) = cx.catalog.get(&id) {
                    enrol(lead, campaign, Start::Retention, cx);
                }
            }
        }
    }
    false
}

/// Who has been in touch since is not asked any more.
pub(super) fn answered(lead: &mut Lead, cx: &Context<'_>) {
    let contact = lead.last_contact();
    for enrolment in lead
        .enrolments
        .iter_mut()
        .filter(|e| e.ended.is_none() && e.started_at < contact)
    {
        let campaign = cx.catalog.get(&enrolment.campaign);
        let sequence = campaign.and_then(|campaign| campaign.sequence(&enrolment.sequence));
        if sequence.is_some_and(|sequence| sequence.start == Start::Retention) {
            enrolment.ended = Some(Ended {
                at: cx.now,
                reason: ExitReason::Completed,
            });
        }
    }
}

#[cfg(test)]
mod tests;
