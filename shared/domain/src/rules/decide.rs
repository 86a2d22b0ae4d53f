//! The one entry to the rules: what is known and what came in go in, what changes and what to do come out.
//!
//! Nothing here acts. A shell loads the lead, calls [`decide()`], saves the changed lead under the condition that its
//! version is still the one loaded, and only after that write performs the effects. What can come in, and what each
//! rule makes of it, is in [`input`](crate::rules::input); what follows from any change is here.

use crate::campaign::Campaign;
use crate::kit::ids::{CampaignId, SendId};
use crate::lead::Lead;
use crate::lead::erasure::{Certificate, ErasedBy, Known, Record, Tombstone};
use crate::lead::ledger::LedgerEntry;
use crate::rules::capture::new_lead;
use crate::rules::context::Context;
use crate::rules::effect::{Alarm, Effect, MailOrder};
use crate::rules::form::Submission;
use crate::rules::rights_log::{Action, Actor};
use crate::rules::scoring::Score;
use crate::rules::{deliveries, dormancy, enrolment, figures, plan, retention, sales, stages};

/// Something that can happen to a lead.
pub trait Input {
    /// What to tell whoever caused it.
    type Outcome;

    /// Decides; see [`decide()`].
    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<Self::Outcome>;
}

/// What follows from an input.
#[derive(Debug)]
pub struct Decision<O> {
    /// What is to be saved in the place of what is known: the changed lead, or the tombstone of an erased one. `None` when
    /// nothing changes, and then there is nothing to write.
    pub record: Option<Record>,
    /// What to do once that is saved.
    pub effects: Vec<Effect>,
    /// What to tell whoever caused it; `None` when there is no such lead.
    pub answer: Option<O>,
}

/// Decides. `known` is what the store holds under the id in question, if anything.
pub fn decide<'a, I: Input>(known: impl Into<Known<'a>>, input: &I, cx: &Context<'_>) -> Decision<I::Outcome> {
    input.decide(known.into(), cx)
}

impl<O> Decision<O> {
    /// Nothing changes.
    pub(super) fn unchanged(answer: O) -> Self {
        Self {
            record: None,
            effects: Vec::new(),
            answer: Some(answer),
        }
    }

    /// Nothing changes, because there is no such lead.
    pub(super) fn no_lead() -> Self {
        Self {
            record: None,
            effects: Vec::new(),
            answer: None,
        }
    }

    /// Whether the sender is to be woken.
    pub fn wakes(&self) -> bool {
        self.effects.iter().any(|effect| matches!(effect, Effect::Wake))
    }

    /// The email to send.
    pub fn mail(&self) -> Option<&MailOrder> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Mail(order) => Some(&**order),
            _ => None,
        })
    }

    /// Notes in the log of rights who did what, if anything changed.
    pub(super) fn noted(mut self, actor: Actor, action: Action) -> Self {
        if self.record.is_some() {
            self.effects.push(Effect::Rights(actor, action));
        }
        self
    }

    /// Wakes the sender if something is due at once, whoever caused it. The sender's own inputs do without: it looks for
    /// more by itself.
    fn waking(mut self, cx: &Context<'_>) -> Self {
        let due_at = self
            .record
            .as_ref()
            .and_then(Record::as_lead)
            .and_then(|lead| lead.due_at);
        if due_at.is_some_and(|due| due <= cx.now) {
            self.effects.push(Effect::Wake);
        }
        self
    }
}

/// Changes a lead and wakes the sender if need be; nobody and the erased stay as they are.
pub(super) fn change<O>(known: Known<'_>, cx: &Context<'_>, what: impl FnOnce(&mut Lead) -> O) -> Decision<O> {
    change_quietly(known, cx, what).waking(cx)
}

/// The same without waking the sender: for what the sender itself does.
pub(super) fn change_quietly<O>(known: Known<'_>, cx: &Context<'_>, what: impl FnOnce(&mut Lead) -> O) -> Decision<O> {
    let Known::Lead(known) = known else {
        return Decision::no_lead();
    };
    let mut lead = begin(known, cx);
    let answer = what(&mut lead);
    follow(&mut lead, Some(known), cx);
    lead.due_at = plan::due_at(&lead, cx.catalog, cx.now);
    finish(Some(known), lead, answer, cx)
}

/// Makes a lead of somebody unknown, or of somebody who was erased and came back.
pub(super) fn create<O>(
    campaign: &Campaign,
    submission: &Submission,
    erased: Option<&Tombstone>,
    cx: &Context<'_>,
    what: impl FnOnce(&mut Lead) -> O,
) -> Decision<O> {
    let mut lead = new_lead(campaign, submission, erased, cx);
    let answer = what(&mut lead);
    follow(&mut lead, None, cx);
    lead.due_at = plan::due_at(&lead, cx.catalog, cx.now);
    finish(None, lead, answer, cx).waking(cx)
}

/// Changes what is left of an erased lead.
pub(super) fn change_erased<O>(known: &Tombstone, answer: O, what: impl FnOnce(&mut Tombstone)) -> Decision<O> {
    let mut tombstone = known.clone();
    what(&mut tombstone);
    let changed = tombstone != *known;
    tombstone.version += u64::from(changed);
    Decision {
        record: changed.then_some(Record::Tombstone(tombstone)),
        ..Decision::unchanged(answer)
    }
}

/// Puts a tombstone in the place of a lead. An email that is being sent cannot be called back.
pub(super) fn erase(lead: &Lead, by: ErasedBy, cx: &Context<'_>) -> Decision<Certificate> {
    let tombstone = Tombstone::of(lead, by, cx.now)
        .counting(figures::counted(lead, cx))
        .telling(deliveries::of_erased(lead, cx));
    let certificate = Certificate::of(&tombstone, Some(lead));
    Decision {
        effects: vec![Effect::Erased(by, tombstone.erased_at)],
        record: Some(Record::Tombstone(tombstone)),
        answer: Some(certificate),
    }
    .noted(by.into(), Action::Erase)
}

/// A copy to be changed. What time alone did to the score is noted first, before any input counts.
pub(super) fn begin(known: &Lead, cx: &Context<'_>) -> Lead {
    let mut lead = known.clone();
    lead.leaving.0.clear();
    stages::cool(&mut lead, cx);
    lead
}

/// What follows from any change. `before` is the lead as it was, if it was.
pub(super) fn follow(lead: &mut Lead, before: Option<&Lead>, cx: &Context<'_>) {
    if let Some(before) = before {
        dormancy::come_back(lead, before, cx);
    }
    stages::qualify(lead, cx);
    retention::answered(lead, cx);
    sales::cover(lead, cx);
    sales::raise_tier(lead, cx);
    // Whatever came in: the owner may have taken the rest of a sequence away, and then nothing would ring for it again.
    enrolment::complete(lead, cx);
    enrolment::close(lead, cx);
    sales::skip_what_is_over(lead, cx);
    if let Some(before) = before {
        deliveries::follow_up(lead, before, cx);
    }
    // Before the alarm is set: what leaves rings no more.
    lead.keep_within_bounds();
}

/// The decision to save a lead, unless it is as it was.
pub(super) fn finish<O>(known: Option<&Lead>, mut lead: Lead, answer: O, cx: &Context<'_>) -> Decision<O> {
    if known == Some(&lead) {
        return Decision::unchanged(answer);
    }
    lead.version += 1;
    note_grades(&mut lead, cx);
    lead.keep_within_bounds();
    let alarms = known.map_or_else(Vec::new, |known| alarms(known, &lead));
    Decision {
        effects: alarms.into_iter().map(Effect::Alarm).collect(),
        record: Some(lead.into()),
        answer: Some(answer),
    }
}

/// Notes the grade in each campaign, for lists and reports.
fn note_grades(lead: &mut Lead, cx: &Context<'_>) {
    let grade = |lead: &Lead, id: &CampaignId| {
        let campaign = cx.catalog.get(id)?;
        Some(Score::of(lead, campaign, cx.now).grade)
    };
    lead.grade = grade(lead, &lead.campaign).or(lead.grade.take());
    for at in 0..lead.further.len() {
        if lead.further[at].campaign != lead.campaign {
            let now = grade(lead, &lead.further[at].campaign.clone());
            let known = lead.further[at].grade.take();
            lead.further[at].grade = now.or(known);
        }
    }
}

/// What a change brought about that somebody must hear of.
fn alarms(before: &Lead, after: &Lead) -> Vec<Alarm> {
    let known = |id: &SendId| before.ledger().map(|(_, entry)| entry).find(|entry| &entry.id == id);
    let mut alarms = Vec::new();
    for (_, entry) in after.ledger() {
        let was = known(&entry.id);
        if entry.is_unknown() && !was.is_some_and(LedgerEntry::is_unknown) {
            alarms.push(Alarm::Unknown(entry.id.clone()));
        }
        if entry.is_duplicate() && !was.is_some_and(LedgerEntry::is_duplicate) {
            alarms.push(Alarm::Duplicate(entry.id.clone()));
        }
    }
    alarms
}

#[cfg(test)]
mod tests;
