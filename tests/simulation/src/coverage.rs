//! "Sometimes": what must have happened at least once over many runs, else they prove nothing about it (R34, M2).

use std::collections::BTreeMap;

use crate::plan::Fault;

/// A row of the table of crashes and lost answers in the requirements.
pub const CRASH_ROWS: [&str; 8] = [
    "crash: before the claim",
    "crash: claim applied, answer lost, process died",
    "crash: SES accepted, before the record",
    "crash: SES gave no answer and had accepted",
    "crash: SES gave no answer and had not accepted",
    "crash: accepted, its event lost or late, canary fine: a copy",
    "crash: record applied, answer lost",
    "crash: frozen with a claim until the function was stopped",
];

/// Other things that must be seen: states of the ledger by class, and what the rules do about them.
pub const SIGHTS: [&str; 69] = [
    "nurture claimed",
    "nurture waiting",
    "nurture sent",
    "nurture unknown",
    "nurture failed(MessageRejected)",
    "nurture failed(reject)",
    "nurture skipped(unsubscribe)",
    "nurture skipped(late)",
    "nurture skipped(sql)",
    "nurture ended(completed)",
    "nurture ended(unsubscribe)",
    "nurture ended(bounce)",
    "nurture ended(complaint)",
    "nurture ended(sql)",
    "service claimed",
    "service waiting",
    "service sent",
    "service unknown",
    "service failed(MessageRejected)",
    "service skipped(bounce)",
    "alert claimed",
    "alert sent",
    "alert skipped(late)",
    "second try of an alert",
    "a button of sales",
    "claim settled by an event",
    "claim held for the canary",
    "second try on evidence",
    "second try of a service mail",
    "strict: unknown, not tried again",
    "unknown became sent",
    "a copy was counted",
    "conflict on a write",
    "event dead-lettered and redriven",
    "event of an unknown kind",
    "canary came back",
    "canary missing",
    "breaker opened",
    "held after a restore",
    "ledger entry rebuilt from the archive",
    "opt-out rebuilt from the archive",
    "lead set aside",
    "opted out and came back",
    "an old button pressed after a no",
    "asked for something new",
    "a stranger posted under a known address",
    "an enquiry left the item",
    "made an MQL by a further campaign",
    "came back after an erasure",
    "never confirmed, and erased",
    "erased again after a restore",
    "mail in the air at an erasure",
    "mail postponed for want of time",
    "day's quota used up",
    "event delivered",
    "card delivered",
    "push delivered",
    "opt-out delivered",
    "erasure delivered",
    "delivery set aside",
    "a delivery claimed anew after a death",
    "a relay died before a call",
    "a relay died after a call",
    "destination limited",
    "destination off",
    "destination paused by hand",
    "destination paused by an answer",
    "a destination resumed",
    "one destination was down and held up no other",
];

/// Of these, what can be seen only where other systems are told of leads.
const OF_OTHERS: [&str; 15] = [
    "event delivered",
    "card delivered",
    "push delivered",
    "opt-out delivered",
    "erasure delivered",
    "delivery set aside",
    "a delivery claimed anew after a death",
    "a relay died before a call",
    "a relay died after a call",
    "destination limited",
    "destination off",
    "destination paused by hand",
    "destination paused by an answer",
    "a destination resumed",
    "one destination was down and held up no other",
];

/// What was seen, how often.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    faults: BTreeMap<Fault, u64>,
    sights: BTreeMap<&'static str, u64>,
}

impl Coverage {
    /// A fault struck.
    pub fn fault(&mut self, fault: Fault) {
        *self.faults.entry(fault).or_default() += 1;
    }

    /// Whether this fault struck.
    pub fn struck(&self, fault: Fault) -> bool {
        self.faults.contains_key(&fault)
    }

    /// Something was seen; unknown names are counted too, and shown.
    pub fn see(&mut self, sight: &'static str) {
        *self.sights.entry(sight).or_default() += 1;
    }

    /// Something with a name made up of parts was seen, if it is one to look for.
    pub fn see_named(&mut self, sight: &str) {
        if let Some(known) = SIGHTS.into_iter().find(|known| *known == sight) {
            self.see(known);
        }
    }

    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        for (fault, times) in &other.faults {
            *self.faults.entry(*fault).or_default() += times;
        }
        for (sight, times) in &other.sights {
            *self.sights.entry(sight).or_default() += times;
        }
    }

    /// What never happened.
    pub fn missing(&self, told: bool) -> Vec<String> {
        let faults = Fault::ALL.into_iter().filter(|fault| !self.faults.contains_key(fault));
        let faults = faults.filter(|fault| told || !fault.is_of_others());
        let sights = CRASH_ROWS
            .into_iter()
            .chain(SIGHTS)
            .filter(|sight| told || !OF_OTHERS.contains(sight))
            .filter(|sight| !self.sights.contains_key(sight));
        faults
            .map(|fault| format!("fault {fault:?}"))
            .chain(sights.map(str::to_owned))
            .collect()
    }

    /// Everything with its count, one a line.
    pub fn lines(&self) -> Vec<String> {
        let faults = self
            .faults
            .iter()
            .map(|(fault, times)| format!("{times:>10}  fault {fault:?}"));
        let sights = self.sights.iter().map(|(sight, times)| format!("{times:>10}  {sight}"));
        faults.chain(sights).collect()
    }
}
