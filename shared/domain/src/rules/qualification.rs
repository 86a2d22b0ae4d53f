//! What people who work with a lead write down: answers they heard, notes, calls, whose it is, and leads they add.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::campaign::Published;
use crate::kit::ids::CampaignId;
use crate::kit::personal::Personal;
use crate::kit::vocabulary::{Purpose, SignalKind};
use crate::lead::consent::{Consent, ConsentState, Evidence, Method};
use crate::lead::stage::Stage;
use crate::lead::{Kept, Lead};
use crate::rules::capture::{enquiry_of, stand};
use crate::rules::consent::state_all;
use crate::rules::context::Context;
use crate::rules::form::Submission;
use crate::rules::owners;
use crate::rules::sales::{About, By, Noted, SalesAction, hand_over};
use crate::rules::stages;

/// A call, as somebody notes it.
#[derive(Clone, Debug)]
pub struct Call {
    /// What came of it.
    pub outcome: CallOutcome,
    /// What was said.
    pub note: Option<Personal>,
    /// What the person answered, by field name.
    pub answers: BTreeMap<String, Personal>,
}

/// What can come of a call.
#[derive(Clone, Debug)]
pub enum CallOutcome {
    /// Takes the lead for active selling.
    Accept,
    /// Gives it to another owner.
    HandOver(String),
    /// Spoke with the person.
    Reached,
    /// Nobody answered.
    NoAnswer,
    /// Not a fit, and why.
    NotAFit(String),
    /// Put off: to a moment, or by what the campaign's file says.
    Snooze(Option<Timestamp>),
}

/// Notes a call with anybody, whether sales has a case of theirs or not.
pub(super) fn note_call(lead: &mut Lead, call: &Call, by: &By, about: Option<About>, cx: &Context<'_>) -> Noted {
    state_all(lead, &call.answers, by.name(), cx);
    let action = match &call.outcome {
        CallOutcome::HandOver(owner) => return pass_on(lead, owner, call.note.clone(), by, about, cx),
        CallOutcome::Accept => SalesAction::Accept,
        CallOutcome::Reached => SalesAction::Reached(call.note.clone()),
        CallOutcome::NoAnswer => SalesAction::NoAnswer(call.note.clone()),
        CallOutcome::NotAFit(reason) => SalesAction::Reject(reason.clone()),
        CallOutcome::Snooze(until) => SalesAction::Snooze(*until),
    };
    if lead.open_case().is_some() {
        if let (CallOutcome::Accept | CallOutcome::NotAFit(_) | CallOutcome::Snooze(_), Some(note)) =
            (&call.outcome, &call.note)
        {
            add_note(lead, note.clone(), None, by, cx); // what such an outcome has no place for
        }
        let moves = lead.history.len();
        let noted = stages::note(lead, &action, by, about, cx);
        if let CallOutcome::NotAFit(reason) = &call.outcome
            && noted == Noted::Done
            && lead.history.len() == moves
        {
            add_note(lead, Personal::new(reason), None, by, cx); // no move says why
        }
        return noted;
    }
    if about.is_some() {
        return Noted::NoTask; // the email is about a task that is done with
    }
    let reached = match &call.outcome {
        CallOutcome::Reached => true,
        CallOutcome::NoAnswer => false,
        CallOutcome::Accept | CallOutcome::HandOver(_) | CallOutcome::Snooze(_) => return Noted::NoTask,
        CallOutcome::NotAFit(reason) => {
            if lead.stage == Stage::Disqualified {
                for text in [Some(Personal::new(reason)), call.note.clone()].into_iter().flatten() {
                    add_note(lead, text, None, by, cx);
                }
                return Noted::Done;
            }
            if !lead.stage.may_be_moved(Stage::Disqualified, by.mover) {
                return Noted::NoSuchMove(lead.stage);
            }
            let campaign = owners::campaign_of(lead);
            stages::move_to(lead, Stage::Disqualified, by.mover, reason.clone(), &campaign, cx);
            stages::sign(lead, by);
            if let Some(note) = &call.note {
                add_note(lead, note.clone(), None, by, cx);
            }
            return Noted::Done;
        }
    };
    let text = call.note.clone().unwrap_or_else(|| Personal::new(""));
    add_note(lead, text, Some(reached), by, cx);
    Noted::Done
}

/// Gives the open case to another owner, who is told at once, note and all.
fn pass_on(
    lead: &mut Lead,
    owner: &str,
    note: Option<Personal>,
    by: &By,
    about: Option<About>,
    cx: &Context<'_>,
) -> Noted {
    let is_of_case = |about: About| lead.open_case().is_some_and(|case| case.round == about.round);
    if !about.is_none_or(is_of_case) || lead.open_case().is_none() || !hand_over(lead, owner, cx) {
        return Noted::NoTask;
    }
    if let Some(note) = note {
        add_note(lead, note, None, by, cx);
    }
    Noted::Done
}

/// Notes what the person answered; why somebody noted it stands in a note.
pub(super) fn answer(lead: &mut Lead, answers: &BTreeMap<String, Personal>, reason: &str, by: &By, cx: &Context<'_>) {
    state_all(lead, answers, by.name(), cx);
    if !reason.is_empty() {
        add_note(lead, Personal::new(reason), None, by, cx);
    }
}

/// Adds a note.
pub(super) fn add_note(lead: &mut Lead, text: Personal, reached: Option<bool>, by: &By, cx: &Context<'_>) {
    lead.note_down(cx.now, by.name(), text, reached);
}

/// What became of giving a lead to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assigned {
    /// It is theirs.
    Done,
    /// The campaign has no such owner.
    UnknownOwner,
}

/// Keeps the person until a moment, whatever their campaigns say.
pub(super) fn keep(lead: &mut Lead, until: Timestamp, reason: &str, by: &By, _cx: &Context<'_>) {
    lead.kept = Some(Kept {
        until,
        reason: Personal::new(reason),
        by: by.name().to_owned(),
    });
}

/// A lead that an operator adds.
#[derive(Clone, Debug)]
pub struct Entry {
    /// For which campaign.
    pub campaign: CampaignId,
    /// Who, and what they said.
    pub submission: Submission,
    /// A consent that the operator heard, if any.
    pub consent: Option<HeardConsent>,
    /// Who adds it.
    pub by: By,
}

/// A consent that somebody heard.
#[derive(Clone, Debug)]
pub struct HeardConsent {
    /// What it is about.
    pub purpose: Purpose,
    /// How it was said.
    pub method: Personal,
    /// What proves it.
    pub evidence: Personal,
    /// When it was said.
    pub at: Timestamp,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    /// It is in: a new lead, or one more enquiry of a known one.
    Done,
    /// The person opted out: nobody else can say yes for them.
    OptedOut,
    /// The person was erased: only a post of theirs brings them back.
    Erased,
}

/// Whether the consent of an entry can count for this lead.
pub(super) fn may_consent(lead: &Lead, entry: &Entry) -> bool {
    entry.consent.is_none() || (lead.suppression.is_none() && lead.no_since().is_none())
}

/// Adds what an operator says of a person: their word counts as the person's own. Nothing is mailed to the person.
pub(super) fn enter(lead: &mut Lead, published: &Published, entry: &Entry, cx: &Context<'_>) {
    let campaign = &published.campaign;
    let submission = &entry.submission;
    let enquiry = enquiry_of(published, submission, Some(entry.by.name()), cx.now);
    let id = lead.words.hear(enquiry);
    stand(lead, &id, cx);
    state_all(lead, &submission.answers, entry.by.name(), cx);
    lead.add_signal(SignalKind::Form, campaign.id.as_str(), cx.now);
    if let Some(heard) = &entry.consent
        && lead.consent(heard.purpose, &campaign.id).map(|known| known.state) != Some(ConsentState::Given)
    {
        write_consent(lead, published, heard, &entry.by, submission, cx);
    }
    stages::hear(lead, campaign, &id, cx);
}

/// Writes down a consent that somebody heard.
pub(super) fn write_consent(
    lead: &mut Lead,
    published: &Published,
    heard: &HeardConsent,
    by: &By,
    submission: &Submission,
    cx: &Context<'_>,
) {
    Arc::make_mut(&mut lead.consents).push(Consent {
        purpose: heard.purpose,
        campaign: published.campaign.id.clone(),
        state: ConsentState::Given,
        asked_at: heard.at.min(cx.now),
        serial: 0,
        at: heard.at.min(cx.now),
        confirmed_at: None,
        method: Method::Operator,
        text_version: String::new(),
        text_hash: String::new(),
        locale: submission.locale,
        form_version: published.version.clone(),
        page: None,
        notice: published.campaign.sender.privacy_version.clone(),
        evidence: Some(Evidence {
            method: heard.method.clone(),
            evidence: heard.evidence.clone(),
            by: by.name().to_owned(),
        }),
    });
}
