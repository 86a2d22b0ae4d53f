//! What a lead's item holds at most, and what leaves it for rows of its own (R124, R128).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::campaign::mailing;
use crate::kit::limits;
use crate::kit::personal::Personal;
use crate::lead::case::{Attempt, Case};
use crate::lead::consent::{Consent, ConsentState};
use crate::lead::enquiry::Enquiry;
use crate::lead::note::Note;
use crate::lead::{Enrolment, Lead};

/// Something that has no room in the item any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leaving {
    /// A post.
    Enquiry(Enquiry),
    /// A consent that is over, with its proof.
    Consent(Consent),
    /// A sequence that is over, with its ledger.
    Enrolment(Enrolment),
    /// A case that is over, with its ledger.
    Case(Case),
    /// A note.
    Note(Note),
}

/// What leaves with one write. It is no part of the lead: two leads are the same whatever left them.
#[derive(Clone, Debug, Default)]
pub struct Departures(pub Vec<Leaving>);

impl PartialEq for Departures {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Leaving {
    /// The name of its row below the lead: the same however often it is written.
    pub fn name(&self) -> String {
        let at = |kind: &str, second: i64| format!("{kind}#{second:012}");
        match self {
            Self::Enquiry(enquiry) => format!("{}#{}", at("enquiry", enquiry.at.as_second()), enquiry.serial),
            Self::Consent(consent) => {
                let purpose = consent.purpose.code();
                format!(
                    "{}#{}#{purpose}#{}",
                    at("consent", consent.asked_at.as_second()),
                    consent.campaign,
                    consent.serial
                )
            }
            Self::Enrolment(of) => {
                format!(
                    "{}#{}#{}#{}",
                    at("sequence", of.started_at.as_second()),
                    of.campaign,
                    of.sequence,
                    of.epoch
                )
            }
            Self::Case(case) => format!("{}#{}", at("case", case.opened_at.as_second()), case.round),
            Self::Note(note) => format!("{}#{}", at("note", note.at.as_second()), note.serial),
        }
    }
}

impl Lead {
    /// The lead with everything that left it: to look at, never to be saved.
    #[must_use]
    pub fn with_past(&self, past: Vec<Leaving>) -> Self {
        let mut whole = self.clone();
        for leaving in past {
            match leaving {
                Leaving::Enquiry(enquiry) => whole.words.rejoin(enquiry),
                Leaving::Consent(consent) => std::sync::Arc::make_mut(&mut whole.consents).push(consent),
                Leaving::Enrolment(enrolment) => whole.enrolments.push(enrolment),
                Leaving::Case(case) => whole.cases.push(case),
                Leaving::Note(note) => whole.notes.push(note),
            }
        }
        std::sync::Arc::make_mut(&mut whole.consents).sort_by_key(|consent| (consent.asked_at, consent.serial));
        whole.enrolments.sort_by_key(|enrolment| enrolment.started_at);
        whole.cases.sort_by_key(|case| (case.opened_at, case.round));
        whole.notes.sort_by_key(|note| (note.at, note.serial));
        whole
    }

    /// Takes out what the item has no room for. What was said goes on to count, and what stands stays.
    pub(crate) fn keep_within_bounds(&mut self) {
        let enquiries = self.words.enquiries();
        let heavy = enquiries.len() > 1
            || enquiries
                .first()
                .is_some_and(|only| only.weight() > limits::ENQUIRY_BYTES_MAX);
        if heavy {
            let gone = self
                .words
                .take_leaving(limits::ENQUIRIES_MAX, limits::ENQUIRY_BYTES_MAX);
            self.leaving.0.extend(gone.into_iter().map(Leaving::Enquiry));
        }
        while self.consents.len() > limits::CONSENTS_MAX {
            let latest = |at: usize| {
                let this = &self.consents[at];
                !self.consents[at + 1..]
                    .iter()
                    .any(|later| (later.purpose, &later.campaign) == (this.purpose, &this.campaign))
            };
            let over = (0..self.consents.len()).find(|at| self.consents[*at].is_over() && !latest(*at));
            let pending = || {
                (0..self.consents.len()).find(|at| self.consents[*at].state == ConsentState::Pending && !latest(*at))
            };
            let Some(at) = over.or_else(pending) else { break };
            let gone = std::sync::Arc::make_mut(&mut self.consents).remove(at);
            self.leaving.0.push(Leaving::Consent(gone));
        }
        while self.enrolments.len() > limits::ENROLMENTS_MAX {
            // A mailing comes once, and every one is a sequence of its own.
            let latest = |at: usize| {
                let this = &self.enrolments[at];
                if mailing::named_by(&this.sequence).is_some() {
                    return false;
                }
                !self.enrolments.iter().any(|other| {
                    (&other.campaign, &other.sequence) == (&this.campaign, &this.sequence) && other.epoch > this.epoch
                })
            };
            let settled = |of: &Enrolment| of.ended.is_some() && of.ledger.iter().all(|entry| entry.is_final());
            let over = (0..self.enrolments.len()).find(|at| settled(&self.enrolments[*at]) && !latest(*at));
            let Some(at) = over else { break };
            let gone = self.enrolments.remove(at);
            self.leaving.0.push(Leaving::Enrolment(gone));
        }
        while self.cases.len() > limits::CASES_MAX {
            let settled = |case: &Case| !case.is_open() && case.ledger.iter().all(|entry| entry.is_final());
            let Some(at) = self.cases.iter().position(settled) else {
                break;
            };
            let gone = self.cases.remove(at);
            self.leaving.0.push(Leaving::Case(gone));
        }
        self.move_notes_of_attempts();
        let weight = |note: &Note| note.text.expose().len() + note.by.len() + 20;
        while self.notes.iter().map(weight).sum::<usize>() > limits::NOTE_BYTES_MAX && self.notes.len() > 1 {
            let gone = self.notes.remove(0);
            self.leaving.0.push(Leaving::Note(gone));
        }
        self.notices.forget_all_but(limits::NOTICES_MAX);
    }

    /// What was said in attempts is short-lived in their cases: what is too long goes on among the lead's notes, which have
    /// their own room, the oldest first.
    fn move_notes_of_attempts(&mut self) {
        let length = |attempt: &Attempt| attempt.note.as_ref().map_or(0, |note| note.expose().len());
        loop {
            let attempts = || self.cases.iter().flat_map(|case| &case.attempts);
            if attempts().map(length).sum::<usize>() <= limits::ATTEMPT_NOTE_BYTES_MAX {
                return;
            }
            let mut held = self.cases.iter_mut().flat_map(|case| &mut case.attempts);
            let Some(oldest) = held.find(|attempt| attempt.note.is_some()) else {
                return;
            };
            let text = oldest.note.take();
            let (at, by, reached) = (oldest.at, oldest.name().to_owned(), oldest.reached);
            if let Some(text) = text {
                self.note_down(at, &by, text, Some(reached));
            }
        }
    }

    /// Adds a note.
    pub(crate) fn note_down(&mut self, at: Timestamp, by: &str, text: Personal, reached: Option<bool>) {
        let same_second = self.notes.iter().filter(|note| note.at == at);
        let serial = same_second.map(|note| note.serial + 1).max().unwrap_or(0);
        let place = self.notes.partition_point(|note| note.at <= at);
        let by = by.to_owned();
        self.notes.insert(
            place,
            Note {
                at,
                serial,
                by,
                text,
                reached,
            },
        );
    }
}
