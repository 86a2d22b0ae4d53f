//! Whether a step that is due is still for this person: what its `when` and `until` say of what is known now.

use crate::campaign::fact::{About, Fact};
use crate::campaign::{Sequence, Step};
use crate::kit::ids::CampaignId;
use crate::kit::vocabulary::{SignalKind, SkipReason};
use crate::lead::Lead;

/// Why a step of a campaign's sequence is not for this lead, as things stand; `None` where it is.
pub fn left_out(lead: &Lead, campaign: &CampaignId, sequence: &Sequence, step: &Step) -> Option<SkipReason> {
    let holds = |fact: &Fact| is_true(fact, lead, campaign, sequence);
    if step.until.iter().any(holds) {
        return Some(SkipReason::Goal);
    }
    (!step.when.iter().all(holds)).then_some(SkipReason::Condition)
}

fn is_true(fact: &Fact, lead: &Lead, campaign: &CampaignId, sequence: &Sequence) -> bool {
    match fact.about() {
        Some(About::Answer(answer)) => answer.is_met_by(lead.words.answers()),
        Some(About::Stage(stages)) => stages.contains(&lead.stage),
        Some(About::Clicked(steps)) => has_clicked(lead, campaign, &sequence.id, steps),
        None => false, // refused by `piste check`
    }
}

/// Whether the person followed a link in one of these steps, whichever time they went through the sequence.
fn has_clicked(lead: &Lead, campaign: &CampaignId, sequence: &str, steps: &[String]) -> bool {
    let ours = lead.enrolments.iter();
    let ours = ours.filter(|e| (&e.campaign, e.sequence.as_str()) == (campaign, sequence));
    let mut sent = ours.flat_map(|e| e.ledger.iter());
    sent.any(|entry| {
        let clicks = lead.signals.iter().filter(|signal| signal.kind == SignalKind::Click);
        steps.contains(&entry.step) && clicks.into_iter().any(|click| click.of == entry.id.as_str())
    })
}

#[cfg(test)]
mod tests;
