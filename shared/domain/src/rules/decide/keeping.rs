//! What the clock of retention does to a lead when its alarm rings.

use super::{Context, enrol, withdraw_one};
use crate::campaign::Start;
use crate::kit::vocabulary::ExitReason;
use crate::lead::ledger::SendState;
use crate::lead::{Ended, Lead};
use crate::rules::retention::{What, next};

/// Ends consents whose time is over and asks who may be asked; says whether the lead goes. While a mail is in the air
/// nothing goes: its record has to find the lead.
pub(super) fn keep(lead: &mut Lead, cx: &Context<'_>) -> bool {
    let in_the_air = lead
        .sends()
        .any(|(_, send)| matches!(send.state, SendState::Claimed { .. }));
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
            What::Expire(purpose, campaign) => withdraw_one(lead, purpose, &campaign, cx),
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
