//! What people who work with a lead do: they move it, call it, write down, hand it over, keep it, add one.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::kit::ids::{CampaignId, ImportId};
use crate::kit::personal::Personal;
use crate::lead::Lead;
use crate::lead::erasure::{ErasedBy, Known, Tombstone};
use crate::rules::context::Context;
use crate::rules::decide::{Decision, Input, begin, change, create, finish};
use crate::rules::effect::Effect;
use crate::rules::import::{self, Listed, Refused, Taken, TakenBack, Told};
use crate::rules::mailings;
use crate::rules::plan;
use crate::rules::qualification::{self, Assigned, Call, Entered, Entry};
use crate::rules::rights_log::{Action, Actor};
use crate::rules::sales::{self, About, By, Noted, SalesAction};
use crate::rules::stages::{self, ManualMove, Moved};

/// Somebody moves the lead by hand, and says why.
#[derive(Debug)]
pub struct Move(pub ManualMove);

impl Input for Move {
    type Outcome = Moved;

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<Moved> {
        change(known, cx, |lead| stages::move_by_hand(lead, &self.0, cx))
    }
}

/// Somebody notes a call with the person, in a case or out of it; by the link of an email, about one task only.
#[derive(Debug)]
pub struct Called(pub Call, pub By, pub Option<About>);

impl Input for Called {
    type Outcome = Noted;

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<Noted> {
        all_or_nothing(
            change(known, cx, |lead| {
                qualification::note_call(lead, &self.0, &self.1, self.2, cx)
            }),
            |noted| *noted == Noted::Done,
        )
    }
}

/// Somebody writes down what the person answered: it counts as the person's own word.
#[derive(Debug)]
pub struct Answer(pub BTreeMap<String, Personal>, pub String, pub By);

impl Input for Answer {
    type Outcome = ();

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<()> {
        change(known, cx, |lead| {
            qualification::answer(lead, &self.0, &self.1, &self.2, cx)
        })
        .noted(Actor::Operator, Action::Correct)
    }
}

/// Somebody writes a note.
#[derive(Debug)]
pub struct Note(pub Personal, pub By);

impl Input for Note {
    type Outcome = ();

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<()> {
        change(known, cx, |lead| {
            qualification::add_note(lead, self.0.clone(), None, &self.1, cx)
        })
    }
}

/// Somebody gives the lead, and its open case, to an owner.
#[derive(Debug)]
pub struct Assign(pub String);

impl Input for Assign {
    type Outcome = Assigned;

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<Assigned> {
        change(known, cx, |lead| match sales::hand_over(lead, &self.0, cx) {
            true => Assigned::Done,
            false => Assigned::UnknownOwner,
        })
    }
}

/// An operator keeps the person until a moment, and says why.
#[derive(Debug)]
pub struct Keep(pub Timestamp, pub String, pub By);

impl Input for Keep {
    type Outcome = ();

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<()> {
        change(known, cx, |lead| {
            qualification::keep(lead, self.0, &self.1, &self.2, cx)
        })
    }
}

/// An operator adds a lead. It finds no lead only if there is no such campaign.
#[derive(Debug)]
pub struct Enter(pub Entry);

impl Input for Enter {
    type Outcome = Entered;

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<Entered> {
        let Self(entry) = self;
        let Some(published) = cx.catalog.published(&entry.campaign) else {
            return Decision::no_lead();
        };
        let enter = |lead: &mut Lead| {
            qualification::enter(lead, published, entry, cx);
            Entered::Done
        };
        match known {
            Known::Tombstone(erased) if !erased.undone => Decision::unchanged(Entered::Erased),
            Known::Lead(lead) if !qualification::may_consent(lead, entry) => Decision::unchanged(Entered::OptedOut),
            Known::Lead(_) => change(known, cx, enter),
            Known::Tombstone(undone) => create(&published.campaign, &entry.submission, Some(undone), cx, enter),
            Known::Nobody => create(&published.campaign, &entry.submission, None, cx, enter),
        }
    }
}

/// A line of a list that an operator imports. It finds no lead only if there is no such campaign. What follows from any other
/// change waits for the next one: an import is no reason to call anybody.
#[derive(Debug)]
pub struct Import(pub Listed);

impl Input for Import {
    type Outcome = Told;

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<Told> {
        let Self(listed) = self;
        let Some(published) = cx.catalog.published(&listed.campaign) else {
            return Decision::no_lead();
        };
        let (mut lead, told) = match known {
            Known::Tombstone(erased) if !erased.undone => return Decision::unchanged(Refused::Erased.into()),
            Known::Lead(lead) if import::is_told(lead, listed) => {
                let consent = import::consent_refused(lead, listed);
                let taken = Taken::Known;
                return Decision::unchanged(Told { taken, consent });
            }
            Known::Lead(known) => {
                let mut lead = begin(known, cx);
                let told = import::add(&mut lead, published, listed, cx);
                (lead, told)
            }
            Known::Nobody | Known::Tombstone(_) => {
                let undone = match known {
                    Known::Tombstone(undone) => Some(undone),
                    _ => None,
                };
                match import::new_listed(published, listed, undone, cx) {
                    Ok(made) => made,
                    Err(refused) => return Decision::unchanged(refused.into()),
                }
            }
        };
        lead.keep_within_bounds();
        lead.due_at = plan::due_at(&lead, cx.catalog, cx.now);
        let known = match known {
            Known::Lead(known) => Some(known),
            _ => None,
        };
        finish(known, lead, told, cx)
    }
}

/// Mailings of a campaign were approved, each at this moment: the lead comes to those it is meant to get.
#[derive(Debug)]
pub struct Enrol(pub CampaignId, pub BTreeMap<String, Timestamp>);

impl Input for Enrol {
    type Outcome = ();

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<()> {
        change(known, cx, |lead| mailings::enrol(lead, &self.0, &self.1, cx))
    }
}

/// An operator takes an import back: a lead that it made and that nobody touched since goes as if it had never been; from
/// another what the import told is taken out.
#[derive(Debug)]
pub struct TakeBack(pub ImportId);

impl Input for TakeBack {
    type Outcome = TakenBack;

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<TakenBack> {
        let Self(import) = self;
        let lead = match known {
            Known::Lead(lead) if lead.words.enquiries().iter().any(|enquiry| enquiry.is_of(import)) => lead,
            _ => return Decision::unchanged(TakenBack::Nothing),
        };
        if !import::is_made_by(lead, import) {
            return change(known, cx, |lead| import::take_back(lead, import, cx));
        }
        if !import::is_untouched(lead, import) {
            return Decision::unchanged(TakenBack::Kept);
        }
        let mut undone = Tombstone::of(lead, ErasedBy::Operator, cx.now);
        undone.undone = true;
        Decision {
            effects: vec![Effect::Erased(undone.by, undone.erased_at)],
            record: Some(undone.into()),
            answer: Some(TakenBack::Removed),
        }
        .noted(Actor::Operator, Action::Erase)
    }
}

/// What is refused changes nothing, not even a part.
fn all_or_nothing<O>(decision: Decision<O>, done: impl Fn(&O) -> bool) -> Decision<O> {
    match decision.answer {
        Some(answer) if !done(&answer) => Decision::unchanged(answer),
        _ => decision,
    }
}

/// Somebody did something about the lead's case; by a button of an email, about one task only.
#[derive(Debug)]
pub struct Sales(pub SalesAction, pub By, pub Option<About>);

impl Input for Sales {
    type Outcome = Noted;

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<Noted> {
        change(known, cx, |lead| stages::note(lead, &self.0, &self.1, self.2, cx))
    }
}
