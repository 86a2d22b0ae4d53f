//! Sequences: which of them a lead goes through, and when its way through one is over.

use jiff::Timestamp;

use crate::campaign::{Campaign, Sequence, Start, Step};
use crate::kit::ids::{CampaignId, LeadId, SendId};
use crate::kit::limits;
use crate::kit::vocabulary::{Class, ExitReason, Purpose, Regime};
use crate::lead::consent::{Consent, ConsentState};
use crate::lead::ledger::{DueMail, Ledger, LedgerEntry};
use crate::lead::{Ended, Enrolment, Lead};
use crate::rules::context::Context;

/// Starts the campaign's sequences of this kind, unless the lead is in them, has been through them, or has had the
/// promised mail so recently that one more would serve only somebody who posts other people's addresses (R88).
pub(super) fn enrol(lead: &mut Lead, campaign: &Campaign, start: Start, cx: &Context<'_>) {
    let spoken_of = |s: &&Sequence| start != Start::Dormant || covers(lead, s, campaign.regime);
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
pub(super) fn begin(lead: &mut Lead, campaign: &Campaign, sequence: &Sequence, cx: &Context<'_>) {
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

/// Whether the words a lead agreed to speak of this sequence.
pub(crate) fn covers(lead: &Lead, sequence: &Sequence, regime: Regime) -> bool {
    let agreed = |consent: &&Consent| {
        consent.purpose == Purpose::Marketing
            && consent.campaign == lead.campaign
            && consent.state == ConsentState::Given
    };
    let latest = lead.consents.iter().rfind(agreed);
    regime == Regime::B2bInterest || latest.is_some_and(|consent| sequence.wordings.contains(&consent.text_version))
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
            ended: None,
            ledger: Ledger::default(),
            ..former
        };
        for step in &sequence.steps[..had] {
            let mail = due_mail(&lead.id, &resumed, step, cx);
            resumed.ledger.skip(mail, "had", cx.now);
        }
        lead.enrolments.push(resumed);
    }
}

/// Ends the enrolments whose last step is done, once nothing of them is in the air. Of a campaign that is not at hand
/// nothing is known.
pub(super) fn complete(lead: &mut Lead, cx: &Context<'_>) {
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
        let is_removed = |entry: &LedgerEntry| steps.iter().all(|step| step.id != entry.step);
        enrolment.ledger.skip_waiting("removed", cx.now, is_removed);
        // A step whose condition is no longer met never becomes due; one that was begun has its end to come.
        let entry = |step: &Step| enrolment.ledger.of_step(&step.id);
        let last = steps.iter().rfind(|step| step.holds(pending) || entry(step).is_some());
        let done = last.is_none_or(|step| entry(step).is_some_and(LedgerEntry::is_final));
        if done && !enrolment.ledger.iter().any(LedgerEntry::is_claimed) {
            // A step put in before one that had left, or lost with the table it was skipped in: it ends too (R11).
            for step in steps.iter().filter(|step| step.only_if.is_none()) {
                if enrolment.ledger.of_step(&step.id).is_none() {
                    let mail = due_mail(&lead.id, enrolment, step, cx);
                    enrolment.ledger.skip(mail, "overtaken", cx.now);
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
