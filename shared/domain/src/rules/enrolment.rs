//! Sequences: which of them a lead goes through, and when its way through one is over.

use jiff::{SignedDuration, Timestamp};

use crate::campaign::{Campaign, Sequence, Start, Step};
use crate::kit::ids::{EnquiryId, LeadId, SendId};
use crate::kit::limits;
use crate::kit::vocabulary::{Class, ExitReason, Purpose, Regime, SkipReason};
use crate::lead::consent::{Consent, ConsentState};
use crate::lead::ledger::{DueMail, Ledger, LedgerEntry};
use crate::lead::{Ended, Enrolment, Lead};
use crate::rules::context::Context;

/// Starts the campaign's sequences of this kind, unless the lead is in them or has been through them.
pub(super) fn enrol(lead: &mut Lead, campaign: &Campaign, start: Start, cx: &Context<'_>) {
    let spoken_of = |s: &&Sequence| start != Start::Dormant || covers(lead, s, campaign);
    let open = campaign
        .sequences
        .iter()
        .filter(|s| s.start == start && lead.barred(s).is_none())
        .filter(spoken_of);
    for sequence in open.collect::<Vec<_>>() {
        let again = match (latest(lead, campaign, sequence).map(|e| e.ended), start) {
            (Some(None), _) => false,
            (None, _) => true,
            (Some(Some(ended)), Start::OptIn) => {
                matches!(ended.reason, ExitReason::Unsubscribe | ExitReason::NoBasis)
            }
            (Some(Some(_)), Start::Capture | Start::Dormant | Start::Approval) => false,
            (Some(Some(_)), Start::Retention) => true,
        };
        if again {
            begin(lead, campaign, sequence, 0, cx);
        }
    }
}

fn latest<'a>(lead: &'a Lead, campaign: &Campaign, sequence: &Sequence) -> Option<&'a Enrolment> {
    let of_it = lead.enrolments.iter();
    let of_it = of_it.filter(|e| e.campaign == campaign.id && e.sequence == sequence.id);
    of_it.max_by_key(|e| e.epoch)
}

/// Promises what a post asks for: as often as it is asked for, within the limits on what anybody may have sent to somebody
/// else's address (R88). What is promised already and has not left yet serves the second request too.
pub(super) fn promise(lead: &mut Lead, campaign: &Campaign, enquiry: &EnquiryId, cx: &Context<'_>) {
    let serial = lead.words.enquiry(enquiry).map_or(0, |enquiry| enquiry.serial);
    let open = campaign.sequences.iter();
    let open = open.filter(|s| s.start == Start::Capture && lead.barred(s).is_none());
    for sequence in open.collect::<Vec<_>>() {
        let known = latest(lead, campaign, sequence);
        let is_promised = |e: &Enrolment| {
            let first = sequence.steps.first().and_then(|step| e.ledger.of_step(&step.id));
            e.ended.is_none() && first.is_none_or(|entry| !entry.is_final())
        };
        if known.is_some_and(is_promised) || (known.is_some() && !may_serve(lead, cx)) || lead.email.is_none() {
            continue;
        }
        // What is left of the last time, such as a reminder, is overtaken by this one.
        let epoch = known.filter(|e| e.ended.is_none()).map(|e| e.epoch);
        let reason = ExitReason::Completed;
        for former in lead.enrolments.iter_mut().filter(|e| {
            (&e.campaign, &e.sequence) == (&campaign.id, &sequence.id)
                && Some(e.epoch) == epoch
                && !e.ledger.iter().any(LedgerEntry::is_claimed)
        }) {
            former.ended = Some(Ended { at: cx.now, reason });
        }
        begin(lead, campaign, sequence, serial, cx);
    }
}

/// Moves what is left of the marketing by as long as a pause lasts: it goes on where it stopped, and nothing is dropped.
pub(super) fn shift(lead: &mut Lead, by: SignedDuration, cx: &Context<'_>) {
    if by.is_zero() {
        return;
    }
    for enrolment in lead.enrolments.iter_mut().filter(|e| e.ended.is_none()) {
        let campaign = cx.catalog.get(&enrolment.campaign);
        let sequence = campaign.and_then(|campaign| campaign.sequence(&enrolment.sequence));
        if sequence.is_some_and(|sequence| sequence.start == Start::OptIn) {
            enrolment.moved_s = (enrolment.moved_s + by.as_secs()).max(0);
        }
    }
}

/// The mailbox takes emails again: what was to follow the pause follows as much sooner.
pub(super) fn end_soft_pause(lead: &mut Lead, cx: &Context<'_>) {
    lead.soft_pauses = 0;
    if let Some(until) = lead.soft_until.take().filter(|until| *until > cx.now) {
        shift(lead, cx.now.duration_since(until), cx);
    }
}

/// Enrols the lead, once more or for the first time.
pub(super) fn begin(lead: &mut Lead, campaign: &Campaign, sequence: &Sequence, serial: u16, cx: &Context<'_>) {
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
        serial,
        moved_s: 0,
        basis: (sequence.start != Start::Capture).then(|| lead.basis(campaign)),
        ended: None,
        ledger: Ledger::default(),
    });
}

/// An email of an enrolment, as the ledger names it.
pub(super) fn due_mail(lead: &LeadId, enrolment: &Enrolment, step: &Step, cx: &Context<'_>) -> DueMail {
    let Enrolment {
        campaign,
        sequence,
        epoch,
        ..
    } = enrolment;
    DueMail {
        id: SendId::of(cx.key, lead, campaign, sequence, &step.id, *epoch),
        step: step.id.clone(),
        class: step.class,
    }
}

/// When service emails went or were promised, over all campaigns, whose forms anyone may post.
pub(super) fn served(lead: &Lead, cx: &Context<'_>) -> Vec<Timestamp> {
    let promised = |e: &&Enrolment| {
        let campaign = cx.catalog.get(&e.campaign);
        let sequence = campaign.and_then(|campaign| campaign.sequence(&e.sequence));
        e.ended.is_none() && e.ledger.is_empty() && sequence.is_some_and(|s| s.start == Start::Capture)
    };
    let promised = lead.enrolments.iter().filter(promised).map(|e| e.started_at);
    let went = lead
        .ledger()
        .filter(|(_, entry)| entry.class == Class::Service)
        .map(|(_, entry)| entry.at());
    promised.chain(went).collect()
}

/// Whether one more of what was asked for may go, counting what went and what has yet to go.
fn may_serve(lead: &Lead, cx: &Context<'_>) -> bool {
    let span = match lead.is_confirmed() {
        true => limits::SERVICE_GAP, // the person's own mailbox, and still nobody's to fill
        false => limits::SERVICE_SPAN,
    };
    let lately = |at: &Timestamp| cx.now.duration_since(*at) < span;
    served(lead, cx).into_iter().filter(lately).count() < limits::SERVICE_MAX
}

/// Whether the words a lead agreed to speak of this sequence.
pub(crate) fn covers(lead: &Lead, sequence: &Sequence, campaign: &Campaign) -> bool {
    let agreed = |consent: &&Consent| {
        consent.purpose == Purpose::Marketing && consent.campaign == campaign.id && consent.state == ConsentState::Given
    };
    let latest = lead.consents.iter().rfind(agreed);
    campaign.regime == Regime::B2bInterest
        || latest.is_some_and(|consent| sequence.wordings.contains(&consent.text_version))
}

/// The same where a sequence that names no wording is spoken of by all.
pub(super) fn covers_any(lead: &Lead, sequence: &Sequence, campaign: &Campaign) -> bool {
    sequence.wordings.is_empty() || covers(lead, sequence, campaign)
}

/// Who became a customer may be written to about goods like those they bought (CPCE L34-5, R63).
pub(super) fn won(lead: &mut Lead, cx: &Context<'_>) {
    for published in cx.catalog.iter() {
        let campaign = &published.campaign;
        if campaign.workspace == lead.workspace
            && campaign.regime == Regime::CustomerSimilar
            && lead.refusal(Class::Nurture, campaign).is_none()
        {
            enrol(lead, campaign, Start::OptIn, cx);
        }
    }
}

/// Whom sales gives back goes on where the marketing stopped for them: what they had does not come again.
pub(super) fn resume_nurture(lead: &mut Lead, cx: &Context<'_>) {
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
            .rposition(|step| former.ledger.of_step(&step.id).is_some());
        let had = last_done.map_or(0, |last| last + 1);
        if sequence.start != Start::OptIn || !may || had == sequence.steps.len() {
            continue;
        }
        let mut resumed = Enrolment {
            epoch: former.epoch + 1,
            started_at: cx.now,
            moved_s: 0,
            ended: None,
            ledger: Ledger::default(),
            ..former
        };
        for step in &sequence.steps[..had] {
            let mail = due_mail(&lead.id, &resumed, step, cx);
            resumed.ledger.skip(mail, SkipReason::Had.code(), cx.now);
        }
        lead.enrolments.push(resumed);
    }
}

/// Ends the enrolments whose last step is done, once nothing of them is in the air. Of a campaign that is not at hand
/// nothing is known.
pub(super) fn complete(lead: &mut Lead, cx: &Context<'_>) {
    let pending: Vec<bool> = lead
        .enrolments
        .iter()
        .map(|enrolment| lead.waits_for_yes(enrolment))
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
        let is_removed = |entry: &LedgerEntry| steps.iter().all(|step| step.id != entry.step);
        enrolment
            .ledger
            .skip_waiting(SkipReason::Removed.code(), cx.now, is_removed);
        // A step whose condition is no longer met never becomes due; one that was begun has its end to come.
        let entry = |step: &Step| enrolment.ledger.of_step(&step.id);
        let last = steps.iter().rfind(|step| step.holds(pending) || entry(step).is_some());
        let done = last.is_none_or(|step| entry(step).is_some_and(LedgerEntry::is_final));
        if done && !enrolment.ledger.iter().any(LedgerEntry::is_claimed) {
            // A step put in before one that had left, or lost with the table it was skipped in: it ends too (R11).
            for step in steps.iter().filter(|step| step.only_if.is_none()) {
                if enrolment.ledger.of_step(&step.id).is_none() {
                    let mail = due_mail(&lead.id, enrolment, step, cx);
                    enrolment.ledger.skip(mail, SkipReason::Overtaken.code(), cx.now);
                }
            }
            enrolment.ended = Some(Ended {
                at: cx.now,
                reason: ExitReason::Completed,
            });
        }
    }
}

/// Nothing waits in an enrolment that is over: every step that became due has an end of its own (R11).
pub(super) fn close(lead: &mut Lead, cx: &Context<'_>) {
    for enrolment in &mut lead.enrolments {
        let Some(ended) = enrolment.ended else { continue };
        enrolment.ledger.skip_waiting(ended.reason.code(), cx.now, |_| true);
    }
}
