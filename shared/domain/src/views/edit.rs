//! What an edit of a campaign does to the people in the middle of it, told before it is published: pure comparison of what the
//! files planned until now with what they would plan, for as many leads as one likes to look at.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use crate::campaign::{Campaign, Catalog, Start};
use crate::kit::ids::{CampaignId, sha256_hex};
use crate::kit::locale::Locale;
use crate::kit::vocabulary::{Class, Purpose};
use crate::lead::consent::{Consent, ConsentState};
use crate::lead::{Enrolment, Lead};
use crate::rules::plan::plan;
use crate::rules::retention::goes_at;
use crate::rules::sending::Senders;

/// What an edit does to somebody. The order is that of a report.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    /// The words of a consent changed under a version that people agreed to: their proof no longer says what the file says.
    WordingChanged {
        /// The version.
        version: String,
        /// The language of the words.
        language: Locale,
    },
    /// They are in a sequence that is no more: all that was still to come ends.
    SequenceGone {
        /// The sequence.
        sequence: String,
        /// A new one that starts in the same way: it may be the same under another name. Nobody moves into it.
        #[serde(skip_serializing_if = "Option::is_none")]
        renamed: Option<String>,
    },
    /// They are erased at once: their retention is over by the new rules.
    ErasedAtOnce,
    /// They would get more emails than the words promised that they agreed to.
    MoreThanPromised {
        /// The version of the words.
        version: String,
        /// How many those promised, or, where the words name no number, how many the files planned until now.
        promised: u64,
    },
    /// A planned email no longer leaves.
    MailDropped {
        /// Its sequence.
        sequence: String,
        /// Its step.
        step: String,
    },
    /// One more email leaves.
    MailAdded {
        /// Its sequence.
        sequence: String,
        /// Its step.
        step: String,
    },
    /// A planned email leaves at another time.
    MailMoved {
        /// Its sequence.
        sequence: String,
        /// Its step.
        step: String,
    },
}

/// How much a change weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// It must not be published like this.
    Error,
    /// Somebody should have meant it.
    Warning,
    /// For whoever wants to know.
    Info,
}

impl Change {
    /// How much it weighs.
    pub fn level(&self) -> Level {
        match self {
            Self::WordingChanged { .. } => Level::Error,
            Self::SequenceGone { .. }
            | Self::ErasedAtOnce
            | Self::MoreThanPromised { .. }
            | Self::MailDropped { .. }
            | Self::MailAdded { .. } => Level::Warning,
            Self::MailMoved { .. } => Level::Info,
        }
    }
}

/// A step, by its sequence.
type Mail = (String, String);

/// The edit of one campaign, held against people.
#[derive(Debug)]
pub struct Edit<'a> {
    campaign: &'a Campaign,
    /// The campaigns as they are published, if this one is.
    old: Option<&'a Catalog>,
    /// As they would be.
    new: &'a Catalog,
    now: Timestamp,
    /// How many people each change concerns.
    pub people: BTreeMap<Change, u64>,
}

impl<'a> Edit<'a> {
    /// The edit of a campaign of `new`; `None` where `new` has no such campaign.
    pub fn of(id: &CampaignId, old: &'a Catalog, new: &'a Catalog, now: Timestamp) -> Option<Self> {
        Some(Self {
            campaign: new.get(id)?,
            old: old.get(id).map(|_| old),
            new,
            now,
            people: BTreeMap::new(),
        })
    }

    /// Looks at one who stands in the campaign. `words` are those that people agreed to, by their hash, as far as they are
    /// kept.
    pub fn look(&mut self, lead: &Lead, words: impl Fn(&str) -> Option<String>) {
        let mut changes: BTreeSet<Change> = lead.consents.iter().filter_map(|given| self.reworded(given)).collect();
        let goes = |catalog: &Catalog| goes_at(lead, catalog, self.now).is_some_and(|at| at <= self.now);
        if self.old.is_some_and(|old| goes(self.new) && !goes(old)) {
            changes.insert(Change::ErasedAtOnce);
        } else {
            let gone = self.active(lead).filter_map(|of| self.gone(of));
            changes.extend(gone.collect::<Vec<_>>());
            self.compare(lead, &mut changes, words);
        }
        for change in changes {
            *self.people.entry(change).or_default() += 1;
        }
    }

    fn active<'l>(&self, lead: &'l Lead) -> impl Iterator<Item = &'l Enrolment> + use<'l, 'a> {
        let id = &self.campaign.id;
        lead.enrolments
            .iter()
            .filter(move |of| &of.campaign == id && of.ended.is_none())
    }

    /// Whether a consent was given in other words of the same version.
    fn reworded(&self, consent: &Consent) -> Option<Change> {
        if consent.campaign != self.campaign.id || consent.evidence.is_some() || consent.text_hash.is_empty() {
            return None;
        }
        let mut fields = self.campaign.form.fields.iter();
        let asked = fields.find(|field| field.purpose == Some(consent.purpose))?;
        let same = asked.version.as_deref() == Some(&*consent.text_version)
            && self.campaign.languages.contains(&consent.locale);
        let differs = sha256_hex(asked.label.get(consent.locale)) != consent.text_hash;
        (same && differs).then(|| Change::WordingChanged {
            version: consent.text_version.clone(),
            language: consent.locale,
        })
    }

    fn gone(&self, of: &Enrolment) -> Option<Change> {
        if self.campaign.sequence(&of.sequence).is_some() {
            return None;
        }
        let old = self.old.and_then(|old| old.get(&self.campaign.id));
        let start = old
            .and_then(|old| old.sequence(&of.sequence))
            .map(|sequence| sequence.start);
        let is_new = |id: &str| old.is_some_and(|old| old.sequence(id).is_none());
        let mut sequences = self.campaign.sequences.iter();
        let renamed = sequences.find(|other| Some(other.start) == start && is_new(&other.id));
        Some(Change::SequenceGone {
            sequence: of.sequence.clone(),
            renamed: renamed.map(|other| other.id.clone()),
        })
    }

    fn planned(&self, lead: &Lead, catalog: &Catalog) -> BTreeMap<Mail, (Timestamp, Class)> {
        let mails = plan(lead, catalog, &Senders::WELL, self.now).into_iter();
        let ours = mails.filter(|mail| mail.campaign == self.campaign.id);
        ours.map(|mail| ((mail.sequence, mail.step), (mail.at, mail.class)))
            .collect()
    }

    fn compare(&self, lead: &Lead, changes: &mut BTreeSet<Change>, words: impl Fn(&str) -> Option<String>) {
        if self.active(lead).next().is_none() {
            return;
        }
        let new = self.planned(lead, self.new);
        let old = self.old.map(|old| self.planned(lead, old));
        for ((sequence, step), (at, _)) in old.iter().flatten() {
            let of = (sequence.clone(), step.clone());
            let (sequence, step) = of.clone();
            match new.get(&of) {
                Some((anew, _)) if anew != at => drop(changes.insert(Change::MailMoved { sequence, step })),
                Some(_) => {}
                // That the whole sequence ends is said already.
                None if self.campaign.sequence(&sequence).is_none() => {}
                None => drop(changes.insert(Change::MailDropped { sequence, step })),
            }
        }
        for (sequence, step) in new
            .keys()
            .filter(|of| old.as_ref().is_some_and(|old| !old.contains_key(of)))
        {
            let (sequence, step) = (sequence.clone(), step.clone());
            changes.insert(Change::MailAdded { sequence, step });
        }
        changes.extend(self.beyond_promise(lead, &new, old.as_ref(), words));
    }

    /// Whether the person would get more marketing than the words promised that they agreed to.
    fn beyond_promise(
        &self,
        lead: &Lead,
        new: &BTreeMap<Mail, (Timestamp, Class)>,
        old: Option<&BTreeMap<Mail, (Timestamp, Class)>>,
        words: impl Fn(&str) -> Option<String>,
    ) -> Option<Change> {
        let given = |consent: &&Consent| {
            consent.purpose == Purpose::Marketing
                && consent.campaign == self.campaign.id
                && consent.state == ConsentState::Given
        };
        let consent = lead.consents.iter().rfind(given)?;
        let of_series = |sequence: &str| {
            let known = self.campaign.sequence(sequence);
            known.is_some_and(|sequence| sequence.start == Start::OptIn)
        };
        let went: u64 = self
            .active(lead)
            .filter(|of| of_series(&of.sequence))
            .flat_map(|of| &of.ledger)
            .filter(|entry| entry.class == Class::Nurture && entry.may_have_arrived())
            .count() as u64;
        let total = |planned: &BTreeMap<Mail, (Timestamp, Class)>| {
            let mails = planned.iter();
            let mails = mails.filter(|((sequence, _), (_, class))| *class == Class::Nurture && of_series(sequence));
            went + mails.count() as u64
        };
        let before = old.map(total);
        let promised = words(&consent.text_hash)
            .and_then(|words| number_of_mails(&words))
            .or(before)?;
        let after = total(new);
        // What the edit does not change is not its doing.
        (after > promised && before.is_none_or(|before| after > before)).then(|| Change::MoreThanPromised {
            version: consent.text_version.clone(),
            promised,
        })
    }
}

/// How many emails a wording names, such as "four e-mails": a number with the word for an email within three words after it.
/// `None` where it names none, or says how often rather than how many.
fn number_of_mails(words: &str) -> Option<u64> {
    const NUMBERS: [(&str, u64); 38] = [
        ("two", 2),
        ("three", 3),
        ("four", 4),
        ("five", 5),
        ("six", 6),
        ("seven", 7),
        ("eight", 8),
        ("nine", 9),
        ("ten", 10),
        ("eleven", 11),
        ("twelve", 12),
        ("thirteen", 13),
        ("fourteen", 14),
        ("fifteen", 15),
        ("sixteen", 16),
        ("seventeen", 17),
        ("eighteen", 18),
        ("nineteen", 19),
        ("twenty", 20),
        ("deux", 2),
        ("trois", 3),
        ("quatre", 4),
        ("cinq", 5),
        ("sept", 7),
        ("huit", 8),
        ("neuf", 9),
        ("dix", 10),
        ("onze", 11),
        ("douze", 12),
        ("treize", 13),
        ("quatorze", 14),
        ("quinze", 15),
        ("seize", 16),
        ("dix-sept", 17),
        ("dix-huit", 18),
        ("dix-neuf", 19),
        ("vingt", 20),
        ("trente", 30),
    ];
    const MAILS: [&str; 13] = [
        "e-mail",
        "e-mails",
        "email",
        "emails",
        "mail",
        "mails",
        "message",
        "messages",
        "courriel",
        "courriels",
        "newsletters",
        "lettres",
        "letters",
    ];
    const PERIODS: [&str; 7] = ["par", "per", "a", "each", "every", "chaque", "monthly"];
    let text = words.to_lowercase();
    let parts = text.split(|c: char| !c.is_alphanumeric() && c != '-');
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    let number = |part: &str| {
        let named = NUMBERS
            .iter()
            .find(|(name, _)| *name == part)
            .map(|(_, number)| *number);
        named.or_else(|| part.parse().ok().filter(|number| (1..=99).contains(number)))
    };
    parts.iter().enumerate().find_map(|(at, part)| {
        let promised = number(part)?;
        let after = &parts[at + 1..];
        let noun = after.iter().take(3).position(|word| MAILS.contains(word))?;
        let how_often = after.get(noun + 1).is_some_and(|word| PERIODS.contains(word));
        (!how_often).then_some(promised)
    })
}

#[cfg(test)]
mod tests;
