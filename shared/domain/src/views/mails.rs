//! The emails of a campaign, and what became of each: to how many it left, who followed a link, whose address it stopped at,
//! and after which one people said no.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::campaign::Campaign;
use crate::kit::vocabulary::SignalKind;
use crate::lead::ledger::LedgerEntry;
use crate::lead::{Lead, SuppressionReason};
use crate::rules::mailings::{self, Went};
use crate::rules::plan;

/// What became of one email, over everybody who stands in its campaign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MailCounts {
    /// People whose next email of the sequence it is: it leaves in its time, or its conditions leave it out.
    pub waiting: u64,
    /// People it left to.
    pub sent: u64,
    /// People who followed a link in it.
    pub clicked: u64,
    /// People whose address turned out not to work, this being the last email before that.
    pub bounced: u64,
    /// People who said no, this being the last email before that.
    pub opted_out: u64,
}

/// What became of a mailing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// People who are still to get it.
    pub to_come: u64,
    /// The others.
    pub went: Went,
}

/// Adds up the ledgers of a campaign.
#[derive(Clone, Debug, Default)]
pub struct Mails {
    /// By sequence and step.
    pub steps: BTreeMap<(String, String), MailCounts>,
    /// By the name of the mailing.
    pub mailings: BTreeMap<String, Progress>,
}

impl Mails {
    /// Adds a lead that stands in the campaign.
    pub fn add(&mut self, lead: &Lead, campaign: &Campaign) {
        let ours = lead.enrolments.iter().filter(|e| e.campaign == campaign.id);
        let sent = ours.flat_map(|e| e.ledger.iter().map(move |entry| (e, entry)));
        let sent: Vec<_> = sent.filter(|(_, entry)| entry.may_have_arrived()).collect();
        let key = |(e, entry): &(&crate::lead::Enrolment, &LedgerEntry)| (e.sequence.clone(), entry.step.clone());
        for one in &sent {
            let clicked = |signal: &crate::lead::signal::Signal| {
                signal.kind == SignalKind::Click && signal.of == one.1.id.as_str()
            };
            let became = self.steps.entry(key(one)).or_default();
            became.sent += 1;
            became.clicked += u64::from(lead.signals.iter().any(clicked));
        }
        for (sequence, step) in plan::awaited(lead, campaign) {
            let key = (sequence.id.clone(), step.id.clone());
            self.steps.entry(key).or_default().waiting += 1;
        }
        let last_before = |at: Timestamp| {
            let before = sent.iter().filter(|(_, entry)| entry.at() <= at);
            before.max_by_key(|(_, entry)| entry.at()).map(key)
        };
        if let Some(stop) = lead.stop()
            && let Some(step) = last_before(stop.at)
        {
            let became = self.steps.entry(step).or_default();
            match stop.reason {
                SuppressionReason::Bounce | SuppressionReason::SoftBounces => became.bounced += 1,
                SuppressionReason::Unsubscribe | SuppressionReason::Complaint => became.opted_out += 1,
            }
        }
        for (name, mailing) in &campaign.mailings {
            let is_on_the_way = lead
                .enrolments
                .iter()
                .any(|e| e.campaign == campaign.id && e.sequence == mailing.sequence.id);
            if !is_on_the_way {
                continue;
            }
            let progress = self.mailings.entry(name.clone()).or_default();
            match mailings::went(lead, &campaign.id, mailing) {
                None => progress.to_come += 1,
                Some(true) => progress.went.sent += 1,
                Some(false) => progress.went.skipped += 1,
            }
        }
    }
}
