//! Sequences: which of them a lead goes through, and when its way through one is over.

use jiff::Timestamp;

use crate::campaign::{Campaign, Sequence, Start, Step};
use crate::kit::ids::{CampaignId, SendId};
use crate::kit::limits;
use crate::kit::vocabulary::{Class, ExitReason, Purpose, Regime};
use crate::lead::consent::{Consent, ConsentState};
use crate::lead::ledger::{Send, SendState};
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
        sends: Vec::new(),
    });
}

/// When service mails went or were promised, over all campaigns, whose forms anyone may post.
pub(super) fn served(lead: &Lead, cx: &Context<'_>) -> Vec<Timestamp> {
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
pub(super) fn close(lead: &mut Lead, cx: &Context<'_>) {
    for enrolment in &mut lead.enrolments {
        let Some(ended) = enrolment.ended else { continue };
        for send in &mut enrolment.sends {
            skip_waiting(send, ended.reason.code(), cx.now);
        }
    }
}
