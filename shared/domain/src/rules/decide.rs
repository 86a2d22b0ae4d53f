//! The one entry to the rules: what is known and what came in go in, what changes and what to do come out.
//!
//! Nothing here acts. A shell loads the lead, calls [`decide()`], saves the changed lead under the condition that its
//! version is still the one loaded, and only after that write performs the effect.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::kit::ids::{CampaignId, ClaimToken, SendId};
use crate::kit::locale::Locale;
use crate::kit::personal::Personal;
use crate::lead::consent::Method;
use crate::lead::erasure::{Certificate, ErasedBy, Known, Tombstone};
use crate::lead::ledger::{Feedback, FeedbackKind, Outcome, Send, SendState};
use crate::lead::preferences::Wishes;
use crate::lead::stage::{Mover, Stage};
use crate::lead::{Lead, SuppressionReason};
use crate::rules::capture::{capture_known, new_lead, record_post};
use crate::rules::claim::{settle, wake};
use crate::rules::consent;
use crate::rules::context::Context;
use crate::rules::data_request;
use crate::rules::dormancy;
use crate::rules::effect::{Alarm, Answer, SendOrder};
use crate::rules::enrolment;
use crate::rules::erasure;
use crate::rules::feedback::feed_back;
use crate::rules::form::Submission;
use crate::rules::plan;
use crate::rules::retention;
use crate::rules::sales::{self, About, Deed};
use crate::rules::scoring::Score;
use crate::rules::sending::Terms;
use crate::rules::signals;
use crate::rules::stages::{cool, move_by_person, qualify};

/// What can happen to a lead.
#[derive(Debug)]
pub enum Input {
    /// A form was posted.
    Capture(CampaignId, Submission),
    /// The person confirmed the opt-in of a campaign.
    Confirm(CampaignId),
    /// The person wants no more marketing.
    OptOut(Method),
    /// The person says yes again to a campaign's mails, in these words, by a link of their own.
    OptIn(CampaignId, Locale),
    /// Somebody who knows the address wants to see what is held about its owner: the link goes to the owner alone.
    AskForData(CampaignId),
    /// The person says what they wish of the mails.
    Prefer(Wishes),
    /// The person puts their answers right; an empty one is taken away. Fields that are not named stay.
    Correct(BTreeMap<String, Personal>),
    /// The person wants to stay: no more than that, and a contact.
    Stay,
    /// Everything about the person goes, but for what keeps a no.
    Erase(ErasedBy),
    /// What names an erased person elsewhere was cleaned, up to this moment.
    Cleaned(Timestamp),
    /// A person of the house lifts a stop that is not the person's own no, and says why (R69).
    Lift(String),
    /// A person moves the lead, and says why.
    Move(Stage, String),
    /// Sales did something about the lead; by a button of a mail, for one task only.
    Deed(Deed, Mover, Option<About>),
    /// The alarm rang.
    Wake {
        /// The token of the claim this wake may make.
        token: ClaimToken,
        /// By which rules mail leaves at this moment.
        terms: Terms,
    },
    /// A claimed mail was handed to SES.
    Settle(SendId, ClaimToken, Outcome),
    /// SES reports.
    Feedback(Feedback),
    /// Another system reports, or a button of ours.
    Signal(signals::Report),
}

/// What follows from an input.
#[derive(Debug)]
pub struct Decision {
    /// The lead as it must be saved; `None` when nothing changes, and then there is nothing to write.
    pub lead: Option<Lead>,
    /// What takes the lead's place instead: the lead was erased, or was before.
    pub tombstone: Option<Tombstone>,
    /// The mail to send once the lead is saved.
    pub send: Option<SendOrder>,
    /// What to give to whoever asked for an erasure.
    pub certificate: Option<Certificate>,
    /// Whether something is due at once because of this input: wakes the sender without waiting for the minute.
    pub wake: bool,
    /// What somebody must hear of.
    pub alarms: Vec<Alarm>,
    /// What to tell whoever caused it.
    pub answer: Answer,
}

/// Decides. `known` is what the store holds under the id in question, if anything.
pub fn decide<'a>(known: impl Into<Known<'a>>, input: &Input, cx: &Context<'_>) -> Decision {
    let known = match (known.into(), input) {
        (Known::Lead(lead), _) => lead,
        (Known::Tombstone(tombstone), _) => return decide_erased(tombstone, input, cx),
        (Known::Nobody, Input::Capture(campaign, submission)) => return capture_new(campaign, submission, None, cx),
        (Known::Nobody, Input::Signal(report)) => return first_report(input, report, cx),
        (Known::Nobody, _) => return unchanged(Answer::NoLead),
    };
    if let Input::Erase(by) = input {
        return erase(known, *by, cx);
    }
    // Somebody is at work on this lead: leave it, and the index, alone.
    if matches!(input, Input::Wake { .. }) && known.leased_until().is_some_and(|until| cx.now < until) {
        return unchanged(Answer::Done);
    }
    // Most of what SES reports is known already: then nothing follows, and the alarm that is set still rings.
    if let Input::Feedback(feedback) = input
        && known
            .sends()
            .any(|(_, send)| send.id == feedback.send_id && send.knows(feedback))
    {
        return unchanged(Answer::Done);
    }
    let mut lead = known.clone();
    cool(&mut lead, cx);
    let mut send = None;
    let mut paused = false;
    let answer = match input {
        Input::Capture(campaign, submission) => capture_known(&mut lead, campaign, submission, cx),
        Input::Confirm(campaign) => consent::confirm(&mut lead, campaign, cx),
        Input::OptIn(campaign, locale) => consent::opt_in(&mut lead, campaign, *locale, cx),
        Input::AskForData(campaign) => match cx.catalog.get(campaign) {
            Some(campaign) => data_request::ask(&mut lead, campaign, cx),
            None => Answer::NoLead,
        },
        Input::Prefer(wishes) => consent::prefer(&mut lead, wishes, cx),
        Input::Correct(answers) => consent::correct(&mut lead, answers, cx),
        Input::Stay => consent::stay(&mut lead, cx),
        Input::Lift(reason) => consent::lift(&mut lead, reason, cx),
        Input::Cleaned(until) => erasure::cleaned(&mut lead, *until),
        Input::Erase(_) => Answer::Done, // answered above
        Input::OptOut(method) => consent::opt_out(&mut lead, *method, SuppressionReason::Unsubscribe, cx),
        Input::Move(to, reason) => move_by_person(&mut lead, *to, reason, cx),
        Input::Deed(deed, by, about) => sales::act(&mut lead, deed, *by, *about, cx),
        Input::Wake { token, terms } => {
            paused = terms.nurture_paused;
            if retention::keep(&mut lead, cx) {
                return erase(known, ErasedBy::Retention, cx);
            }
            send = wake(&mut lead, token, *terms, cx);
            Answer::Done
        }
        Input::Settle(id, token, outcome) => settle(&mut lead, id, token, outcome, cx),
        Input::Feedback(feedback) => feed_back(&mut lead, feedback, cx),
        Input::Signal(report) => signals::take(&mut lead, report, cx),
    };
    dormancy::come_back(&mut lead, known, cx);
    qualify(&mut lead, cx);
    retention::answered(&mut lead, cx);
    sales::heat(&mut lead, cx);
    // Whatever came in: the owner may have taken the rest of a sequence away, and then nothing would ring for it again.
    enrolment::complete(&mut lead, cx);
    enrolment::close(&mut lead, cx);
    sales::skip_what_is_over(&mut lead, cx.now);
    // While a claim is in the air the alarm stays where it is: the index is not written, and a lead whose sender
    // died is simply found again.
    if send.is_none() {
        lead.due_at = match paused {
            true => plan::due_at_while_paused(&lead, cx.catalog, cx.now),
            false => plan::due_at(&lead, cx.catalog, cx.now),
        };
    }
    finish(Some(known), lead, send, answer, input, cx)
}

/// Who comes back after an erasure starts clean, but for the no that stands.
pub(super) fn capture_new(
    campaign_id: &CampaignId,
    submission: &Submission,
    erased: Option<&Tombstone>,
    cx: &Context<'_>,
) -> Decision {
    let Some(published) = cx.catalog.published(campaign_id) else {
        return unchanged(Answer::NoLead);
    };
    let mut lead = new_lead(&published.campaign, submission, erased, cx);
    record_post(&mut lead, published, submission, false, cx);
    qualify(&mut lead, cx);
    lead.due_at = plan::due_at(&lead, cx.catalog, cx.now);
    let input = Input::Capture(campaign_id.clone(), submission.clone());
    finish(None, lead, None, Answer::Done, &input, cx)
}

pub(super) fn unchanged(answer: Answer) -> Decision {
    Decision {
        lead: None,
        tombstone: None,
        send: None,
        certificate: None,
        wake: false,
        alarms: Vec::new(),
        answer,
    }
}

pub(super) fn finish(
    known: Option<&Lead>,
    mut lead: Lead,
    send: Option<SendOrder>,
    answer: Answer,
    input: &Input,
    cx: &Context<'_>,
) -> Decision {
    if known == Some(&lead) {
        return unchanged(answer);
    }
    lead.version += 1;
    let campaign = cx.catalog.get(&lead.campaign);
    lead.grade = campaign.map(|campaign| Score::of(&lead, campaign, cx.now).grade);
    let by_person = matches!(
        input,
        Input::Capture(..) | Input::Confirm(_) | Input::AskForData(_) | Input::OptIn(..) | Input::Signal(_)
    );
    Decision {
        wake: by_person && lead.due_at.is_some_and(|due| due <= cx.now),
        alarms: known.map_or_else(Vec::new, |known| alarms(known, &lead)),
        lead: Some(lead),
        send,
        ..unchanged(answer)
    }
}

/// What a change brought about that somebody must hear of.
fn alarms(before: &Lead, after: &Lead) -> Vec<Alarm> {
    let known = |id: &SendId| before.sends().find(|(_, send)| &send.id == id).map(|(_, send)| send);
    let mut alarms = Vec::new();
    for (_, send) in after.sends() {
        let was = known(&send.id);
        if send.state == SendState::Unknown && was.is_none_or(|was| was.state != SendState::Unknown) {
            alarms.push(Alarm::Unknown(send.id.clone()));
        }
        if send.is_duplicate() && !was.is_some_and(Send::is_duplicate) {
            alarms.push(Alarm::Duplicate(send.id.clone()));
        }
    }
    alarms
}

/// A report about somebody unknown: only a lead's details make one.
fn first_report(input: &Input, report: &signals::Report, cx: &Context<'_>) -> Decision {
    let signals::Reported::Lead(campaign, submission) = &report.what else {
        return unchanged(Answer::NoLead);
    };
    let Some(published) = cx.catalog.published(campaign) else {
        return unchanged(Answer::NoLead);
    };
    let mut lead = new_lead(&published.campaign, submission, None, cx);
    signals::take(&mut lead, report, cx);
    qualify(&mut lead, cx);
    lead.due_at = plan::due_at(&lead, cx.catalog, cx.now);
    finish(None, lead, None, Answer::Done, input, cx)
}

/// Puts the tombstone in the lead's place. A mail in the air is on its way and cannot be called back.
fn erase(lead: &Lead, by: ErasedBy, cx: &Context<'_>) -> Decision {
    let mut tombstone = Tombstone::of(lead, by, cx.now);
    // What an earlier erasure left to clean is older than this one.
    tombstone.due_at = Some(cx.now);
    Decision {
        certificate: Some(Certificate::of(&tombstone, Some(lead))),
        tombstone: Some(tombstone),
        ..unchanged(Answer::Done)
    }
}

/// Somebody who was erased: a post starts clean, a stop is remembered, everything else finds nobody.
fn decide_erased(known: &Tombstone, input: &Input, cx: &Context<'_>) -> Decision {
    let mut tombstone = known.clone();
    let mut answer = Answer::Done;
    let mut certificate = None;
    match input {
        Input::Capture(campaign, submission) => return capture_new(campaign, submission, Some(known), cx),
        Input::OptOut(_) => tombstone.suppress(SuppressionReason::Unsubscribe, cx.now),
        // Another system remembers them: its no is one. Nothing it says brings them back: that takes a post of theirs.
        Input::Signal(report) if report.is_opt_out() => tombstone.suppress(SuppressionReason::Unsubscribe, cx.now),
        // About a mail that left before: we cannot tell which any more, and need not to leave this address alone.
        Input::Feedback(feedback) if feedback.to_sales => {}
        Input::Feedback(feedback) => match feedback.kind {
            FeedbackKind::HardBounce => tombstone.suppress(SuppressionReason::Bounce, cx.now),
            FeedbackKind::Complaint => tombstone.suppress(SuppressionReason::Complaint, cx.now),
            _ => {}
        },
        Input::Erase(_) => certificate = Some(Certificate::of(known, None)),
        Input::Cleaned(until) if *until >= known.erased_at => tombstone.due_at = None,
        Input::Cleaned(_) | Input::Settle(..) | Input::Wake { .. } => {}
        _ => answer = Answer::NoLead,
    }
    let changed = tombstone != *known;
    tombstone.version += u64::from(changed);
    Decision {
        tombstone: Some(tombstone).filter(|_| changed),
        certificate,
        ..unchanged(answer)
    }
}

#[cfg(test)]
mod tests;
