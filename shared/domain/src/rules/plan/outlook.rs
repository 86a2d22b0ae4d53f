//! The future of a lead, if nothing changes: what leaves, and what its conditions leave out (R127).

use jiff::Timestamp;

use super::{Upcoming, Verdict, upcoming};
use crate::campaign::Catalog;
use crate::kit::calendar::Moved;
use crate::kit::ids::{CampaignId, ClaimToken, SendId};
use crate::kit::vocabulary::{Class, SkipReason};
use crate::lead::ledger::DueMail;
use crate::lead::stage::Stage;
use crate::lead::{Ended, Lead};
use crate::rules::dormancy;
use crate::rules::retention::{self, Passed};
use crate::rules::sending::Senders;

/// One future mail, as a person reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// When it leaves.
    pub at: Timestamp,
    /// Whose.
    pub campaign: CampaignId,
    /// Of which sequence.
    pub sequence: String,
    /// Which step.
    pub step: String,
    /// The rules it obeys.
    pub class: Class,
    /// What moved it.
    pub moved: Moved,
    /// Why its conditions leave it out, as things stand; `None` where it leaves.
    pub left_out: Option<SkipReason>,
}

/// Every future mail, if nothing changes: each is taken as sent at its time, and the next one planned from there. One
/// that is being sent at this moment is no longer to come; one that is too late is left out, as it will be skipped, and so
/// is one that would come after the consent it goes by has ended, or after the person is erased (R127).
pub fn plan(lead: &Lead, catalog: &Catalog, senders: &Senders, now: Timestamp) -> Vec<Planned> {
    let mut mails = outlook(lead, catalog, senders, now);
    mails.retain(|mail| mail.left_out.is_none());
    mails
}

/// The same with the mails that their conditions leave out, as things stand: an answer, a click or another stage before
/// that moment may change it.
pub fn outlook(lead: &Lead, catalog: &Catalog, senders: &Senders, now: Timestamp) -> Vec<Planned> {
    let mut future = lead.clone();
    for enrolment in &mut future.enrolments {
        enrolment.ledger.assume_sent();
    }
    let mut mails = Vec::new();
    let mut clock = now;
    // Each turn settles one step, so this ends; the bound guards against a campaign of endless steps.
    for _ in 0..1_000 {
        let upcoming = upcoming(&future, catalog, clock);
        let Some(next) = upcoming.first() else { break };
        let at = next.at.max(clock);
        match retention::pass(&mut future, catalog, now, at) {
            Passed::Nothing => {}
            Passed::Ended => continue,
            Passed::Gone => break,
        }
        if dormancy::dormant_at(&future, catalog).is_some_and(|silent| silent <= at) {
            future.stage = Stage::Dormant;
        }
        let verdict = match next.is_paused(senders) {
            true => Verdict::Skipped(SkipReason::Late),
            false => next.verdict(&future, at, senders),
        };
        if let Some(mail) = planned(next, at, verdict) {
            mails.push(mail);
        }
        let mail = DueMail {
            id: SendId::new(""),
            step: next.step.id.clone(),
            class: next.step.class,
        };
        clock = at;
        let enrolment = &mut future.enrolments[next.enrolment];
        match verdict {
            Verdict::Leaves => {
                enrolment.ledger.claim(mail, &ClaimToken::new(""), at);
                enrolment.ledger.assume_sent();
            }
            Verdict::Skipped(reason) => enrolment.ledger.skip(mail, reason.code(), at),
            Verdict::Ends(reason) => {
                enrolment.ledger.skip(mail, reason.code(), at);
                enrolment.ended = Some(Ended { at, reason });
            }
        }
    }
    mails
}

fn planned(next: &Upcoming<'_>, at: Timestamp, verdict: Verdict) -> Option<Planned> {
    let left_out = match verdict {
        Verdict::Leaves => None,
        Verdict::Skipped(reason @ (SkipReason::Goal | SkipReason::Condition)) => Some(reason),
        Verdict::Skipped(_) | Verdict::Ends(_) => return None,
    };
    Some(Planned {
        at,
        campaign: next.campaign.id.clone(),
        sequence: next.sequence.id.clone(),
        step: next.step.id.clone(),
        class: next.step.class,
        moved: next.moved,
        left_out,
    })
}
