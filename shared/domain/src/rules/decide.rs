//! The one entry to the rules: what is known and what came in go in, what changes and what to do come out.
//!
//! Nothing here acts. A shell loads the lead, calls [`decide()`], saves the changed lead under the condition that its
//! version is still the one loaded, and only after that write performs the effect.

mod erased;
mod keeping;
mod person;
pub mod signals;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::campaign::{Campaign, Catalog, OnAmbiguous, Published, Sequence, Start, Step};
use crate::kit::email::Email;
use crate::kit::ids::{CampaignId, ClaimToken, Key, LeadId, SendId, WorkspaceId};
use crate::kit::limits;
use crate::kit::locale::Locale;
use crate::kit::personal::Personal;
use crate::kit::text::safe_name;
use crate::kit::vocabulary::SignalKind;
use crate::kit::vocabulary::{Class, ExitReason};
use crate::kit::vocabulary::{Purpose, Regime};
use crate::lead::consent::{Consent, ConsentState, Method};
use crate::lead::erasure::{Certificate, ErasedBy, Known, Past, Tombstone};
use crate::lead::ledger::{Feedback, FeedbackKind, Outcome, Send, SendState};
use crate::lead::preferences::Wishes;
use crate::lead::stage::{Mover, Stage};
use crate::lead::{Capture, Ended, Enrolment, Lead, StageChange, SuppressionReason};
use crate::rules::data_request;
use crate::rules::dormancy;
use crate::rules::form::Submission;
use crate::rules::plan;
use crate::rules::plan::Upcoming;
use crate::rules::sales;
use crate::rules::sales::{About, Deed, Notice};
use crate::rules::scoring::Score;
use crate::rules::sending::{Evidence, Terms};

/// What every decision may look at.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The campaigns as published.
    pub catalog: &'a Catalog,
    /// The key from which identities and send ids are derived.
    pub key: &'a Key,
    /// The moment, in whole seconds.
    pub now: Timestamp,
}

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

/// What somebody must hear of, once: the shells count it and ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// Nobody will ever know whether this mail arrived.
    Unknown(SendId),
    /// SES accepted this mail twice.
    Duplicate(SendId),
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

/// What to tell whoever caused a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is so now, or it already was.
    Done,
    /// There is no such lead.
    NoLead,
    /// There is nothing to confirm.
    NothingPending,
    /// There is no stop that the house may lift.
    NothingToLift,
    /// The stage cannot move there from where it is.
    NoSuchMove(Stage),
    /// There is nothing to do about this lead, or it was noted already.
    NoTask,
    /// The task was put off as often as it may be.
    NoMoreSnoozes,
}

/// A mail that was claimed and must now be sent.
#[derive(Clone, Debug)]
pub struct SendOrder {
    /// Whose lead.
    pub workspace: WorkspaceId,
    /// Which lead.
    pub lead: LeadId,
    /// Its id in the ledger.
    pub send_id: SendId,
    /// The claim it is sent under.
    pub token: ClaimToken,
    /// Whose mail.
    pub campaign: CampaignId,
    /// Of which sequence.
    pub sequence: String,
    /// Which step.
    pub step: String,
    /// The rules it obeys.
    pub class: Class,
    /// What allows it, where it needs that (R63).
    pub basis: Option<Regime>,
    /// Its template.
    pub template: String,
    /// Its one recipient.
    pub to: Email,
    /// Its language.
    pub locale: Locale,
    /// Whether it carries the opt-in button.
    pub asks_confirmation: bool,
    /// What the person typed and a mail may repeat: only after confirmation, and only what is a plain name (R90).
    pub names: Names,
    /// What an alert says; no other mail has one.
    pub notice: Option<Box<Notice>>,
}

/// Names that a mail may repeat.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// First name.
    pub first_name: Option<Personal>,
    /// Company.
    pub company: Option<Personal>,
}

/// Decides. `known` is what the store holds under the id in question, if anything.
pub fn decide<'a>(known: impl Into<Known<'a>>, input: &Input, cx: &Context<'_>) -> Decision {
    let known = match (known.into(), input) {
        (Known::Lead(lead), _) => lead,
        (Known::Tombstone(tombstone), _) => return erased::decide(tombstone, input, cx),
        (Known::Nobody, Input::Capture(campaign, submission)) => return capture_new(campaign, submission, None, cx),
        (Known::Nobody, Input::Signal(report)) => return signals::first(input, report, cx),
        (Known::Nobody, _) => return unchanged(Answer::NoLead),
    };
    if let Input::Erase(by) = input {
        return erased::erase(known, *by, cx);
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
        Input::Confirm(campaign) => confirm(&mut lead, campaign, cx),
        Input::OptIn(campaign, locale) => person::opt_in(&mut lead, campaign, *locale, cx),
        Input::AskForData(campaign) => match cx.catalog.get(campaign) {
            Some(campaign) => data_request::ask(&mut lead, campaign, cx),
            None => Answer::NoLead,
        },
        Input::Prefer(wishes) => person::prefer(&mut lead, wishes, cx),
        Input::Correct(answers) => person::correct(&mut lead, answers, cx),
        Input::Stay => person::stay(&mut lead, cx),
        Input::Lift(reason) => person::lift(&mut lead, reason, cx),
        Input::Cleaned(until) => erased::cleaned(&mut lead, *until),
        Input::Erase(_) => Answer::Done, // answered above
        Input::OptOut(method) => opt_out(&mut lead, *method, SuppressionReason::Unsubscribe, cx),
        Input::Move(to, reason) => move_by_person(&mut lead, *to, reason, cx),
        Input::Deed(deed, by, about) => sales::act(&mut lead, deed, *by, *about, cx),
        Input::Wake { token, terms } => {
            paused = terms.nurture_paused;
            if keeping::keep(&mut lead, cx) {
                return erased::erase(known, ErasedBy::Retention, cx);
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
    keeping::answered(&mut lead, cx);
    sales::heat(&mut lead, cx);
    // Whatever came in: the owner may have taken the rest of a sequence away, and then nothing would ring for it again.
    complete(&mut lead, cx);
    close(&mut lead, cx);
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

fn unchanged(answer: Answer) -> Decision {
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

fn finish(
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

// ---- capture ----

/// Who comes back after an erasure starts clean, but for the no that stands.
fn capture_new(
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

/// A lead of whom nothing is known but the address, and the no that stands.
fn new_lead(campaign: &Campaign, submission: &Submission, erased: Option<&Tombstone>, cx: &Context<'_>) -> Lead {
    Lead {
        id: LeadId::of(cx.key, &campaign.workspace, &submission.email),
        workspace: campaign.workspace.clone(),
        version: erased.map_or(0, |erased| erased.version),
        email: submission.email.clone(),
        locale: submission.locale,
        campaign: campaign.id.clone(),
        captured_at: cx.now,
        answers: Default::default(),
        captures: Arc::default(),
        consents: Arc::default(),
        signals: Vec::new(),
        stage: Stage::Lead,
        grade: None,
        history: Vec::new(),
        cooled_at: None,
        enrolments: Vec::new(),
        suppression: erased.and_then(|erased| erased.suppression),
        lifts: Vec::new(),
        preferences: Default::default(),
        past: erased.map(|erased| Past {
            version: erased.version,
            uncleaned: erased.cleaning().map(|cleaning| cleaning.until),
        }),
        cases: Vec::new(),
        soft_bounces: Vec::new(),
        due_at: None,
    }
}

fn capture_known(lead: &mut Lead, campaign_id: &CampaignId, submission: &Submission, cx: &Context<'_>) -> Answer {
    match cx.catalog.published(campaign_id) {
        Some(published) => record_post(lead, published, submission, false, cx),
        None => return Answer::NoLead,
    }
    Answer::Done
}

/// Adds a post to a lead, new or known. It never lowers or raises a stage, and never touches a consent that stands. One
/// that another system reports is a signal already, and starts no marketing: nobody told the person here what to expect.
fn record_post(lead: &mut Lead, published: &Published, submission: &Submission, reported: bool, cx: &Context<'_>) {
    let campaign = &published.campaign;
    // The same post twice (double click, back button, retry) says nothing new.
    let repeated = lead.captures.last().is_some_and(|last| {
        last.campaign == campaign.id
            && cx.now.duration_since(last.at) < SignedDuration::from_mins(10)
            && submission
                .answers
                .iter()
                .all(|(name, value)| lead.answers.get(name) == Some(value))
            && (submission.consents.is_empty()
                || lead
                    .marketing_state(&campaign.id)
                    .is_some_and(|state| state != ConsentState::Withdrawn))
    });
    if repeated {
        return;
    }
    lead.locale = submission.locale;
    Arc::make_mut(&mut lead.answers).extend(submission.answers.clone());
    Arc::make_mut(&mut lead.captures).push(Capture {
        campaign: campaign.id.clone(),
        at: cx.now,
        version: published.version.clone(),
        touch: submission.touch.clone(),
    });
    if lead.captures.len() > limits::CAPTURES_MAX {
        Arc::make_mut(&mut lead.captures).remove(1); // the first touch stays
    }
    if !reported {
        record_consents(lead, published, submission, cx);
        lead.add_signal(SignalKind::Form, campaign.id.as_str(), cx.now);
    }
    enrol(lead, campaign, Start::Capture, cx);
    if !reported && lead.refusal(Class::Nurture, campaign).is_none() {
        enrol(lead, campaign, Start::OptIn, cx);
    }
}

fn record_consents(lead: &mut Lead, published: &Published, submission: &Submission, cx: &Context<'_>) {
    for ticked in &submission.consents {
        let campaign = &published.campaign.id;
        let mut asked = lead.consents.iter().rev();
        let standing = asked.find(|c| c.purpose == ticked.purpose && &c.campaign == campaign);
        if standing.is_some_and(|consent| consent.state != ConsentState::Withdrawn) {
            continue;
        }
        let mut consent = Consent {
            purpose: ticked.purpose,
            campaign: published.campaign.id.clone(),
            state: ConsentState::Pending,
            asked_at: cx.now,
            at: cx.now,
            confirmed_at: None,
            method: Method::Form,
            text_version: ticked.text_version.clone(),
            text_hash: ticked.text_hash.clone(),
            locale: submission.locale,
            form_version: published.version.clone(),
            page: submission
                .touch
                .get("page")
                .or(submission.touch.get("landing"))
                .map(str::to_owned),
            notice: published.campaign.sender.privacy_version.clone(),
        };
        // A tick is anybody's: where somebody said no before, it waits for the person's own button even here (R69).
        if !published.campaign.double_opt_in && lead.suppression.is_none() {
            consent.move_to(ConsentState::Given, Method::Form, cx.now);
        }
        Arc::make_mut(&mut lead.consents).push(consent);
    }
}

/// Starts the campaign's sequences of this kind, unless the lead is in them, has been through them, or has had the
/// promised mail so recently that one more would serve only somebody who posts other people's addresses (R88).
pub(crate) fn enrol(lead: &mut Lead, campaign: &Campaign, start: Start, cx: &Context<'_>) {
    let spoken_of = |s: &&Sequence| start != Start::Dormant || dormancy::covers(lead, s, campaign.regime);
    let open = campaign
        .sequences
        .iter()
        .filter(|s| s.start == start && lead.barred(s).is_none())
        .filter(spoken_of);
    for sequence in open.collect::<Vec<_>>() {
        let last = lead
            .enrolments
            .iter()
            .filter(|e| e.campaign == campaign.id && e.sequence == sequence.id)
            .max_by_key(|e| e.epoch);
        let again = match (last.map(|e| e.ended), start) {
            (Some(None), _) => false,
            (None, _) => true, // what was promised goes, if need be after a gap: see `plan`
            (Some(Some(_)), Start::Capture) => may_serve(lead, cx),
            (Some(Some(ended)), Start::OptIn) => {
                matches!(ended.reason, ExitReason::Unsubscribe | ExitReason::NoBasis)
            }
            (Some(Some(_)), Start::Dormant) => false,
            (Some(Some(_)), Start::Retention) => true,
        };
        if again {
            begin(lead, campaign, sequence, cx);
        }
    }
}

/// Enrols the lead, once more or for the first time.
pub(crate) fn begin(lead: &mut Lead, campaign: &Campaign, sequence: &Sequence, cx: &Context<'_>) {
    let before = lead
        .enrolments
        .iter()
        .filter(|e| e.campaign == campaign.id && e.sequence == sequence.id);
    let epoch = before
        .map(|e| e.epoch)
        .max()
        .unwrap_or(lead.past_lives())
        .saturating_add(1);
    lead.enrolments.push(Enrolment {
        campaign: campaign.id.clone(),
        sequence: sequence.id.clone(),
        epoch,
        started_at: cx.now,
        basis: (sequence.start != Start::Capture).then(|| lead.basis(campaign)),
        ended: None,
        sends: Vec::new(),
    });
}

/// When service mails went or were promised, over all campaigns, whose forms anyone may post.
pub(crate) fn served(lead: &Lead, cx: &Context<'_>) -> Vec<Timestamp> {
    let promised = |e: &&Enrolment| {
        let campaign = cx.catalog.get(&e.campaign);
        let sequence = campaign.and_then(|campaign| campaign.sequence(&e.sequence));
        e.ended.is_none() && e.sends.is_empty() && sequence.is_some_and(|s| s.start == Start::Capture)
    };
    let promised = lead.enrolments.iter().filter(promised).map(|e| e.started_at);
    let went = lead
        .sends()
        .filter(|(_, send)| send.class == Class::Service)
        .map(|(_, send)| send.at);
    promised.chain(went).collect()
}

/// Counts what went, and what was promised and has yet to go. Only the very first mail that asks for a confirmation need
/// not wait for the gap: without it, nobody could confirm.
fn may_serve(lead: &Lead, cx: &Context<'_>) -> bool {
    let served = served(lead, cx);
    let within = |span| served.iter().filter(|at| cx.now.duration_since(**at) < span).count();
    let asks_first = lead
        .consents
        .first()
        .is_some_and(|first| served.iter().all(|at| *at < first.asked_at));
    within(limits::SERVICE_SPAN) < limits::SERVICE_MAX && (asks_first || within(limits::SERVICE_GAP) == 0)
}

// ---- what the person decides ----

/// The button confirms whatever that form asked and is still open, each purpose for itself.
fn confirm(lead: &mut Lead, campaign_id: &CampaignId, cx: &Context<'_>) -> Answer {
    let Some(campaign) = cx.catalog.get(campaign_id) else {
        return Answer::NothingPending;
    };
    match lead.marketing_state(campaign_id) {
        None => return Answer::NothingPending,
        Some(ConsentState::Given) => return Answer::Done,
        Some(ConsentState::Pending) => {}
        // Their own button after their own no: a new entry, so that the proof of the first stays whole.
        Some(ConsentState::Withdrawn) => {
            let again = lead.consent(Purpose::Marketing, campaign_id).cloned();
            Arc::make_mut(&mut lead.consents).extend(again.map(|mut again| {
                again.move_to(ConsentState::Given, Method::DoubleOptIn, cx.now);
                again
            }));
        }
    }
    let asked = Arc::make_mut(&mut lead.consents)
        .iter_mut()
        .filter(|consent| &consent.campaign == campaign_id);
    for pending in asked.filter(|consent| consent.state == ConsentState::Pending) {
        pending.move_to(ConsentState::Given, Method::DoubleOptIn, cx.now);
    }
    complete(lead, cx); // what asked for it is not needed any more
    lead.add_signal(SignalKind::Confirm, campaign_id.as_str(), cx.now);
    enrol(lead, campaign, Start::OptIn, cx);
    Answer::Done
}

fn opt_out(lead: &mut Lead, method: Method, reason: SuppressionReason, cx: &Context<'_>) -> Answer {
    withdraw(lead, Purpose::Marketing, method, cx);
    lead.suppress(reason, cx.now);
    lead.exit(reason.exit(), cx.catalog, cx.now);
    Answer::Done
}

/// A consent ends because the time for which it was given is over.
fn withdraw_one(lead: &mut Lead, purpose: Purpose, campaign: &CampaignId, cx: &Context<'_>) {
    let of_it = Arc::make_mut(&mut lead.consents)
        .iter_mut()
        .filter(|consent| consent.purpose == purpose && &consent.campaign == campaign);
    for consent in of_it.filter(|consent| consent.state == ConsentState::Given) {
        consent.move_to(ConsentState::Withdrawn, Method::Retention, cx.now);
    }
}

fn withdraw(lead: &mut Lead, purpose: Purpose, method: Method, cx: &Context<'_>) {
    let of_it = Arc::make_mut(&mut lead.consents)
        .iter_mut()
        .filter(|consent| consent.purpose == purpose);
    for consent in of_it.filter(|consent| consent.state != ConsentState::Withdrawn) {
        consent.move_to(ConsentState::Withdrawn, method, cx.now);
    }
}

// ---- stages ----

fn move_by_person(lead: &mut Lead, to: Stage, reason: &str, cx: &Context<'_>) -> Answer {
    if lead.stage == to {
        return Answer::Done;
    }
    if !lead.stage.may_move_to(to) {
        return Answer::NoSuchMove(lead.stage);
    }
    move_to(lead, to, Mover::Operator, reason.to_owned(), cx);
    Answer::Done
}

pub(crate) fn move_to(lead: &mut Lead, to: Stage, by: Mover, reason: String, cx: &Context<'_>) {
    let from = std::mem::replace(&mut lead.stage, to);
    if to == Stage::Mql {
        lead.cooled_at = None;
    }
    if lead.history.len() >= limits::HISTORY_MAX {
        // The first move to each stage stays: reports count by it, and that there was one to MQL keeps the score from making another.
        let first = |at: usize| {
            lead.history[..at]
                .iter()
                .all(|earlier| earlier.to != lead.history[at].to)
        };
        let oldest = (0..lead.history.len()).find(|at| !first(*at));
        lead.history.remove(oldest.unwrap_or(0));
    }
    lead.history.push(StageChange {
        to,
        at: cx.now,
        by,
        reason: Personal::new(reason),
    });
    if let Some(exit) = to.exit() {
        lead.exit(exit, cx.catalog, cx.now);
    }
    if to == Stage::Customer {
        person::won(lead, cx);
    }
    sales::stage_moved(lead, from, by, cx);
}

/// Whom sales gives back goes on where the marketing stopped for them: what they had does not come again.
pub(crate) fn resume_nurture(lead: &mut Lead, cx: &Context<'_>) {
    let latest = |lead: &Lead, of: &Enrolment| {
        let same = |e: &&Enrolment| e.campaign == of.campaign && e.sequence == of.sequence;
        lead.enrolments.iter().filter(same).map(|e| e.epoch).max()
    };
    let given_up: Vec<Enrolment> = lead
        .enrolments
        .iter()
        .filter(|e| e.ended.is_some_and(|ended| ended.reason == ExitReason::Sql) && latest(lead, e) == Some(e.epoch))
        .cloned()
        .collect();
    for former in given_up {
        let Some(campaign) = cx.catalog.get(&former.campaign) else {
            continue;
        };
        let Some(sequence) = campaign.sequence(&former.sequence) else {
            continue;
        };
        let may = lead.refusal(Class::Nurture, campaign).is_none() && lead.barred(sequence).is_none();
        let last_done = sequence
            .steps
            .iter()
            .rposition(|step| former.sends.iter().any(|send| send.step == step.id));
        let had = last_done.map_or(0, |last| last + 1);
        if sequence.start != Start::OptIn || !may || had == sequence.steps.len() {
            continue;
        }
        let epoch = former.epoch + 1;
        let skipped = |step: &Step| Send {
            id: SendId::of(cx.key, &lead.id, &former.campaign, &former.sequence, &step.id, epoch),
            step: step.id.clone(),
            class: step.class,
            state: SendState::Skipped { reason: "had".into() },
            at: cx.now,
            attempts: 0,
            refused: 0,
        };
        lead.enrolments.push(Enrolment {
            epoch,
            started_at: cx.now,
            ended: None,
            sends: sequence.steps[..had].iter().map(skipped).collect(),
            ..former
        });
    }
}

/// What the score makes of a lead, and then the answers, where they may.
fn qualify(lead: &mut Lead, cx: &Context<'_>) {
    qualify_by_score(lead, cx);
    qualify_by_answers(lead, cx);
}

/// The score makes an MQL when it crosses the threshold, and again only after it has cooled: a person who moved the lead
/// back is not overruled by the same points.
fn qualify_by_score(lead: &mut Lead, cx: &Context<'_>) {
    let Some(campaign) = cx.catalog.get(&lead.campaign) else {
        return;
    };
    if lead.stage != Stage::Lead || (lead.was_mql() && lead.cooled_at.is_none()) {
        return;
    }
    let score = Score::of(lead, campaign, cx.now);
    if score.is_mql(&campaign.scoring) {
        let threshold = campaign.scoring.mql;
        let reason = format!(
            "fit {} ≥ {}, engagement {} ≥ {}",
            score.fit, threshold.fit, score.engagement, threshold.engagement
        );
        move_to(lead, Stage::Mql, Mover::Score, reason, cx);
    }
}

/// Where the campaign lets the answers decide, they make an SQL of an MQL, once.
fn qualify_by_answers(lead: &mut Lead, cx: &Context<'_>) {
    let sales = cx
        .catalog
        .get(&lead.campaign)
        .and_then(|campaign| campaign.sales.as_ref());
    let was_sql = lead.history.iter().any(|change| change.to == Stage::Sql);
    if lead.stage == Stage::Mql && !was_sql && sales.is_some_and(|sales| sales.sql_by_answers(lead)) {
        move_to(lead, Stage::Sql, Mover::Answers, "answers".into(), cx);
    }
}

/// Notes that the score of a lead that waits for its next crossing has cooled. Looked at before an input counts: since
/// the one before, points have only faded.
fn cool(lead: &mut Lead, cx: &Context<'_>) {
    let campaign = cx.catalog.get(&lead.campaign);
    if lead.stage == Stage::Lead
        && lead.cooled_at.is_none()
        && lead.was_mql()
        && campaign.is_some_and(|campaign| Score::of(lead, campaign, cx.now).has_left(&campaign.scoring))
    {
        lead.cooled_at = Some(cx.now);
    }
}

// ---- sending ----

/// Claims the mail that is due, if any, after settling what is left of an earlier claim.
fn wake(lead: &mut Lead, token: &ClaimToken, terms: Terms, cx: &Context<'_>) -> Option<SendOrder> {
    if !release_stale_claim(lead, terms.evidence, cx) {
        return None;
    }
    complete(lead, cx); // the owner may have taken steps away
    dormancy::fall_asleep(lead, cx);
    loop {
        let waits = |next: &Upcoming<'_>| {
            terms.nurture_paused
                && next.step.class == Class::Nurture
                && next.refusal(lead).is_none()
                && !next.is_late(cx.now)
        };
        let mut upcoming = plan::upcoming(lead, cx.catalog, cx.now).into_iter();
        let next = upcoming.find(|next| !waits(next)).filter(|next| next.at <= cx.now);
        // Of two mails due at once, what the person waits for goes before what sales waits for.
        let notice = sales::next(lead, cx.catalog, cx.now).filter(|notice| notice.at <= cx.now);
        let to_sales = notice.filter(|notice| next.as_ref().is_none_or(|next| notice.at < next.at));
        if let Some(notice) = to_sales {
            return sales::claim(lead, &notice, token, cx);
        }
        let next = next?;
        if let Some(reason) = next.refusal(lead) {
            skip(lead, &next, reason.code(), cx);
            lead.enrolments[next.enrolment].ended = Some(Ended { at: cx.now, reason });
        } else if next.is_late(cx.now) {
            skip(lead, &next, "late", cx);
        } else if next.is_unwanted(lead) {
            skip(lead, &next, "topic_off", cx);
        } else {
            return Some(claim(lead, &next, token, cx));
        }
    }
}

fn skip(lead: &mut Lead, next: &Upcoming<'_>, reason: &str, cx: &Context<'_>) {
    let state = SendState::Skipped { reason: reason.into() };
    write_entry(lead, next, state, 0, cx);
}

fn claim(lead: &mut Lead, next: &Upcoming<'_>, token: &ClaimToken, cx: &Context<'_>) -> SendOrder {
    let settle = match next.step.class {
        Class::Nurture => limits::SETTLE_NURTURE,
        Class::Service | Class::Alert => limits::SETTLE_SERVICE,
    };
    let state = SendState::Claimed {
        token: token.clone(),
        lease_until: cx.now + limits::LEASE,
        settle_at: cx.now + settle,
    };
    let send_id = write_entry(lead, next, state, 1, cx);
    let marketing = lead.marketing_state(&next.campaign.id);
    let name = |field: &str| {
        lead.answers
            .get(field)
            .and_then(|answer| safe_name(answer.expose()))
            .map(Personal::new)
    };
    SendOrder {
        workspace: lead.workspace.clone(),
        lead: lead.id.clone(),
        send_id,
        token: token.clone(),
        campaign: next.campaign.id.clone(),
        sequence: next.sequence.id.clone(),
        step: next.step.id.clone(),
        class: next.step.class,
        basis: (next.step.class == Class::Nurture).then(|| lead.basis(next.campaign)),
        template: next.step.template.clone(),
        to: lead.email.clone(),
        locale: next.campaign.locale_or_default(Some(lead.locale)),
        asks_confirmation: marketing == Some(ConsentState::Pending) && next.step.class == Class::Service,
        names: if next.step.class == Class::Nurture {
            Names {
                first_name: name("first_name"),
                company: name("company"),
            }
        } else {
            Names::default()
        },
        notice: None,
    }
}

/// Puts the step's entry into the ledger, or moves the one that is waiting there; `tries` more attempts.
fn write_entry(lead: &mut Lead, next: &Upcoming<'_>, state: SendState, tries: u8, cx: &Context<'_>) -> SendId {
    let id = lead.id.clone();
    let enrolment = &mut lead.enrolments[next.enrolment];
    if let Some(send) = enrolment.sends.iter_mut().find(|send| send.step == next.step.id) {
        send.state = state;
        send.at = cx.now;
        send.attempts = send.attempts.saturating_add(tries);
        return send.id.clone();
    }
    let id = SendId::of(
        cx.key,
        &id,
        &enrolment.campaign,
        &enrolment.sequence,
        &next.step.id,
        enrolment.epoch,
    );
    enrolment.sends.push(Send {
        id: id.clone(),
        step: next.step.id.clone(),
        class: next.step.class,
        state,
        at: cx.now,
        attempts: tries,
        refused: 0,
    });
    id
}

/// Looks at a claim that is still open. Returns whether the lead is free for another.
///
/// Within its lease, or while SES's event may still come, nobody touches it. After that a service mail goes once
/// more; a nurture mail only if the missing event proves that the first one never left, and not at all where the
/// campaign says so. While nothing is proven it is held; after a day nobody will ever know, and it counts as unknown.
fn release_stale_claim(lead: &mut Lead, evidence: Evidence, cx: &Context<'_>) -> bool {
    let Lead { enrolments, cases, .. } = &mut *lead;
    let to_sales = cases.iter_mut().find_map(|case| {
        let over = !case.is_open();
        let mut sends = case.sends.iter_mut();
        let send = sends.find(|send| matches!(send.state, SendState::Claimed { .. }))?;
        Some((over, false, send))
    });
    let mut own = enrolments.iter_mut().filter_map(|enrolment| {
        let strict = cx
            .catalog
            .get(&enrolment.campaign)
            .is_some_and(|campaign| campaign.on_ambiguous == OnAmbiguous::Skip);
        let over = enrolment.ended.is_some();
        let mut sends = enrolment.sends.iter_mut();
        let send = sends.find(|send| matches!(send.state, SendState::Claimed { .. }))?;
        Some((over, strict, send))
    });
    let Some((over, strict, send)) = to_sales.or_else(|| own.next()) else {
        return true;
    };
    let SendState::Claimed { settle_at, .. } = &mut send.state else {
        return true;
    };
    if cx.now < *settle_at {
        return false;
    }
    let claimed_at = send.at;
    let again = !over
        && send.attempts.saturating_sub(send.refused) < limits::AMBIGUOUS_ATTEMPTS_MAX
        && match send.class {
            Class::Service | Class::Alert => true,
            Class::Nurture => !strict,
        };
    let proven = send.class != Class::Nurture || evidence.covers(claimed_at);
    if again && !proven && cx.now < claimed_at + limits::HOLD_MAX {
        *settle_at = cx.now + limits::HOLD_STEP;
        return false;
    }
    send.at = cx.now;
    send.state = match again && proven {
        true => SendState::Waiting { until: cx.now },
        false => SendState::Unknown,
    };
    true
}

fn settle(lead: &mut Lead, id: &SendId, token: &ClaimToken, outcome: &Outcome, cx: &Context<'_>) -> Answer {
    let Some(send) = lead.send_mut(id) else {
        return Answer::Done;
    };
    let holder = match &send.state {
        SendState::Claimed { token, .. } => Some(token),
        _ => None,
    };
    match outcome {
        // SES's word. An event may have been quicker; then it is compared with what is known. A live claim of somebody
        // else is theirs to settle.
        Outcome::Accepted { message_id } if holder.is_none_or(|holder| holder == token) => {
            send.accept(message_id, cx.now);
            return Answer::Done;
        }
        _ if holder != Some(token) => return Answer::Done,
        _ => {}
    }
    let spread = spread(id);
    let wait = |times: u8| {
        let doublings = u32::from(times.saturating_sub(1)).min(16);
        SendState::Waiting {
            until: cx.now + limits::BACK_OFF_FIRST * 2_i32.pow(doublings) + spread,
        }
    };
    match outcome {
        // Stays claimed; the alarm moves to the moment it may be settled.
        Outcome::Accepted { .. } | Outcome::Ambiguous => return Answer::Done,
        Outcome::Postponed => {
            send.attempts = send.attempts.saturating_sub(1);
            send.state = wait(1);
        }
        Outcome::RefusedForNow { .. } if send.refused + 1 < limits::REFUSED_ATTEMPTS_MAX => {
            send.refused += 1;
            send.state = wait(send.refused);
        }
        Outcome::RefusedForNow { code } | Outcome::Refused { code } => {
            send.refused = send.refused.saturating_add(1);
            send.state = SendState::Failed { reason: code.clone() };
        }
    }
    send.at = cx.now;
    Answer::Done
}

/// What this mail waits beyond its back-off, so that those refused together do not come back together (R22).
fn spread(id: &SendId) -> SignedDuration {
    let sum: u64 = id.as_str().bytes().map(u64::from).sum();
    SignedDuration::from_secs((sum % limits::BACK_OFF_SPREAD).cast_signed())
}

/// Ends the enrolments whose last step is done, once nothing of them is in the air. Of a campaign that is not at hand
/// nothing is known.
fn complete(lead: &mut Lead, cx: &Context<'_>) {
    let pending = |campaign: &CampaignId| lead.marketing_state(campaign) == Some(ConsentState::Pending);
    let pending: Vec<bool> = lead
        .enrolments
        .iter()
        .map(|enrolment| pending(&enrolment.campaign))
        .collect();
    for (enrolment, pending) in lead
        .enrolments
        .iter_mut()
        .zip(pending)
        .filter(|(e, _)| e.ended.is_none())
    {
        let Some(campaign) = cx.catalog.get(&enrolment.campaign) else {
            continue;
        };
        let sequence = campaign.sequence(&enrolment.sequence);
        let steps = sequence.map_or(&[][..], |sequence| &sequence.steps);
        let gone = |send: &&mut Send| steps.iter().all(|step| step.id != send.step);
        for send in enrolment.sends.iter_mut().filter(gone) {
            skip_waiting(send, "removed", cx.now);
        }
        // A step whose condition no longer holds never becomes due; one that was begun has its end to come.
        let begun = |step: &Step| enrolment.sends.iter().any(|send| send.step == step.id);
        let last = steps.iter().rfind(|step| step.holds(pending) || begun(step));
        let done = last.is_none_or(|step| enrolment.sends.iter().any(|s| s.step == step.id && s.is_final()));
        let in_the_air = |send: &Send| matches!(send.state, SendState::Claimed { .. });
        if done && !enrolment.sends.iter().any(in_the_air) {
            // A step put in before one that had left, or lost with the table it was skipped in: it ends too (R11).
            for step in steps
                .iter()
                .filter(|step| step.only_if.is_none() && enrolment.sends.iter().all(|send| send.step != step.id))
                .collect::<Vec<_>>()
            {
                let state = SendState::Skipped {
                    reason: "overtaken".into(),
                };
                enrolment.sends.push(Send {
                    id: SendId::of(
                        cx.key,
                        &lead.id,
                        &enrolment.campaign,
                        &enrolment.sequence,
                        &step.id,
                        enrolment.epoch,
                    ),
                    step: step.id.clone(),
                    class: step.class,
                    state,
                    at: cx.now,
                    attempts: 0,
                    refused: 0,
                });
            }
            enrolment.ended = Some(Ended {
                at: cx.now,
                reason: ExitReason::Completed,
            });
        }
    }
}

/// A mail that waits for another try will get none.
fn skip_waiting(send: &mut Send, reason: &str, now: Timestamp) {
    if matches!(send.state, SendState::Waiting { .. }) {
        send.state = SendState::Skipped { reason: reason.into() };
        send.at = now;
    }
}

/// Nothing waits in an enrolment that is over: every step that became due has an end of its own (R11).
fn close(lead: &mut Lead, cx: &Context<'_>) {
    for enrolment in &mut lead.enrolments {
        let Some(ended) = enrolment.ended else { continue };
        for send in &mut enrolment.sends {
            skip_waiting(send, ended.reason.code(), cx.now);
        }
    }
    sales::skip_what_is_over(lead, cx.now);
}

// ---- what SES reports ----

/// Events come in any order and any number (R24): what they say of a mail is learnt first, and stops are kept.
fn feed_back(lead: &mut Lead, feedback: &Feedback, cx: &Context<'_>) -> Answer {
    if lead.send_mut(&feedback.send_id).is_none() {
        remember(lead, feedback, cx);
    }
    let Some(send) = lead.send_mut(&feedback.send_id) else {
        // Of a life that was erased, or lost with a table: nobody can tell which mail it was, and need not to leave the address alone.
        if !feedback.to_sales {
            stop(lead, feedback.kind, cx);
        }
        return Answer::Done;
    };
    send.learn(feedback, cx.now);
    let to_sales = send.class == Class::Alert;
    complete(lead, cx); // before what the event itself ends: the last mail went, however it fared
    if to_sales {
        // What became of it says nothing about the lead; but somebody has to hear of it.
        if matches!(feedback.kind, FeedbackKind::HardBounce | FeedbackKind::Reject) {
            sales::bounced(lead, &feedback.send_id, cx);
        }
        return Answer::Done;
    }
    match feedback.kind {
        FeedbackKind::Send | FeedbackKind::Delivery | FeedbackKind::UnderWay | FeedbackKind::Reject => {}
        FeedbackKind::HardBounce | FeedbackKind::Complaint => stop(lead, feedback.kind, cx),
        FeedbackKind::SoftBounce => {
            let recent: Vec<SendId> = lead
                .sends()
                .filter(|(_, send)| cx.now.duration_since(send.at) < limits::SOFT_BOUNCE_SPAN)
                .map(|(_, send)| send.id.clone())
                .collect();
            lead.soft_bounces
                .retain(|id| recent.contains(id) && id != &feedback.send_id);
            lead.soft_bounces.push(feedback.send_id.clone());
            if lead.soft_bounces.len() >= limits::SOFT_BOUNCES_MAX {
                lead.suppress(SuppressionReason::SoftBounces, cx.now);
                lead.exit(ExitReason::Bounce, cx.catalog, cx.now);
            }
        }
        FeedbackKind::Click if feedback.at.duration_since(feedback.sent_at) >= limits::CLICK_HUMAN_AFTER => {
            lead.add_signal(SignalKind::Click, feedback.send_id.as_str(), feedback.at.min(cx.now));
        }
        FeedbackKind::Click => {}
    }
    Answer::Done
}

/// An address that does not work, or whose owner complained, is left alone.
fn stop(lead: &mut Lead, kind: FeedbackKind, cx: &Context<'_>) {
    match kind {
        FeedbackKind::HardBounce => {
            lead.suppress(SuppressionReason::Bounce, cx.now);
            lead.exit(ExitReason::Bounce, cx.catalog, cx.now);
        }
        FeedbackKind::Complaint => drop(opt_out(lead, Method::Complaint, SuppressionReason::Complaint, cx)),
        _ => {}
    }
}

/// SES knows a mail that we do not: the table was restored from a backup, and events are told again from the archive.
/// The id of every step can be derived, so the entry is written anew, and the step does not go a second time (R21).
fn remember(lead: &mut Lead, feedback: &Feedback, cx: &Context<'_>) {
    let id = lead.id.clone();
    for enrolment in lead.enrolments.iter_mut().filter(|e| e.ended.is_none()) {
        let Enrolment {
            campaign,
            sequence,
            epoch,
            sends,
            ..
        } = enrolment;
        let Some(declared) = cx
            .catalog
            .get(campaign)
            .and_then(|campaign| campaign.sequence(sequence))
        else {
            continue;
        };
        let is_it = |step: &&Step| SendId::of(cx.key, &id, campaign, sequence, &step.id, *epoch) == feedback.send_id;
        if let Some(step) = declared.steps.iter().find(is_it) {
            sends.push(Send {
                id: feedback.send_id.clone(),
                step: step.id.clone(),
                class: step.class,
                state: SendState::Waiting { until: cx.now },
                at: feedback.sent_at.min(cx.now),
                attempts: 1,
                refused: 0,
            });
            return;
        }
    }
}

#[cfg(test)]
mod tests;
