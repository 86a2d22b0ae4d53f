//! What a CRM tells of a record that it was given: the way back.
//!
//! A report says which record, and rarely what: the record is read back, and its present value counts, which also settles the
//! order of reports. What equals what we last told it, or last heard of it, is an echo and no news: nothing goes to and fro.

use serde_json::{Map, Value as Json, json};

use super::{Ended, values, wants_none};
use crate::campaign::destination::{Destination, FieldRule, Kind, Source};
use crate::kit::ids::DestinationName;
use crate::lead::consent::Method;
use crate::lead::deliveries::{DeliveryState, End, Told, What, hash};
use crate::lead::erasure::Known;
use crate::lead::stage::{Mover, Stage};
use crate::lead::{Lead, SuppressionReason};
use crate::rules::consent::opt_out;
use crate::rules::context::Context;
use crate::rules::decide::{Decision, Input, change};
use crate::rules::rights_log::{Action, Actor};
use crate::rules::sales;
use crate::rules::signals::way;
use crate::rules::{owners, stages};

/// HubSpot's word for whoever is no buyer, beside the stages, and the field it stands in.
const UNQUALIFIED: (&str, &str) = (Destination::HUBSPOT_STATUS, "UNQUALIFIED");

/// A CRM tells that something happened to a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Which CRM.
    pub destination: DestinationName,
    /// The record's id there.
    pub record: String,
    /// What happened.
    pub what: Happened,
}

/// What happened to a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// Some value is another one: it is to be read back.
    Changed,
    /// Somebody deleted it: it is not made again.
    Deleted,
    /// It became a part of the record of this id.
    Merged(String),
}

/// A record as it stood when it was read back.
#[derive(Clone, Default, PartialEq)]
pub struct Seen {
    /// Its values by their names there.
    pub values: Map<String, Json>,
    /// Whether the person wants no marketing there.
    pub opted_out: bool,
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Seen({} values, hidden)", self.values.len())
    }
}

/// A record was read back, or could not be.
#[derive(Debug)]
pub struct ReadBack {
    /// How that ended.
    pub ended: Ended,
    /// What stands there; `None` where that is not known, or nothing.
    pub seen: Option<Seen>,
}

impl Input for Heard {
    type Outcome = ();

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<()> {
        change(known, cx, |lead| {
            let Some(told) = told_of(lead, &self.destination) else {
                return;
            };
            // A record that was merged away is deleted too, and that is no news of the one that lives on.
            let is_current = told.remote.as_deref() == Some(&*self.record);
            match &self.what {
                Happened::Changed => told.look(cx),
                Happened::Deleted if is_current => told.lose(),
                Happened::Merged(into) if is_current && *into != self.record => {
                    (told.remote, told.gone) = (Some(into.clone()), false);
                    told.look(cx);
                }
                Happened::Deleted | Happened::Merged(_) => {}
            }
        })
    }
}

impl Input for ReadBack {
    type Outcome = ();

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<()> {
        let mut said_no = false;
        let decision = change(known, cx, |lead| {
            let Some(told) = told_of(lead, &self.ended.destination) else {
                return;
            };
            let is_ours = self.close(told, cx);
            let destination = cx.catalog.destination(&self.ended.destination);
            if let (true, Some(seen), Some(destination)) = (is_ours, &self.seen, destination) {
                said_no = take(lead, destination, seen, cx);
            }
        });
        match said_no {
            true => decision.noted(Actor::System, Action::OptOut),
            false => decision,
        }
    }
}

impl ReadBack {
    /// Ends the reading; whether it was still asked for. One that is done with leaves no trace: it told nobody anything.
    fn close(&self, told: &mut Told, cx: &Context<'_>) -> bool {
        let Ended {
            number, token, outcome, ..
        } = &self.ended;
        let of_ours = told
            .deliveries
            .iter()
            .position(|of| of.number == *number && of.is_claimed_by(token));
        let Some(at) = of_ours else {
            return false;
        };
        match outcome.end {
            End::Delivered => {
                told.remote = outcome.id.clone().or(told.remote.take());
                told.gone = false;
                told.deliveries.remove(at);
            }
            End::Gone => {
                told.deliveries.remove(at);
                told.lose();
            }
            _ => self.ended.settle(told, cx),
        }
        let given_up =
            |of: &crate::lead::deliveries::Delivery| of.what == What::Look && of.state == DeliveryState::SetAside;
        told.deliveries.retain(|of| !given_up(of));
        true
    }
}

fn told_of<'a>(lead: &'a mut Lead, destination: &DestinationName) -> Option<&'a mut Told> {
    lead.told.iter_mut().find(|told| told.destination == *destination)
}

impl Told {
    /// Has the record read back. A reading that is under way may have come too early: another one follows it.
    fn look(&mut self, cx: &Context<'_>) {
        if self.remote.is_some() {
            self.deliveries.retain(|of| of.what != What::Look || of.claim.is_none());
            self.tell(What::Look, None, cx.now);
        }
    }

    /// The record is gone: what was to be written to it waits for a person.
    fn lose(&mut self) {
        self.gone = true;
        self.deliveries.retain(|of| of.what != What::Look);
        let waits = self
            .deliveries
            .iter_mut()
            .filter(|of| of.what == What::Push && of.due_at().is_some());
        for push in waits.filter(|of| of.claim.is_none()) {
            (push.state, push.next_at) = (DeliveryState::SetAside, None);
        }
    }

    fn knows(&self, name: &str, theirs: &str) -> bool {
        self.taken.get(name) == Some(&hash(&json!(theirs)))
    }
}

/// Takes over what stands there; whether the person turned out to want no marketing.
fn take(lead: &mut Lead, destination: &Destination, seen: &Seen, cx: &Context<'_>) -> bool {
    for (name, rule) in &destination.fields {
        let Some(theirs) = seen.text(name) else { continue };
        if told_of(lead, &destination.name).is_none_or(|told| told.knows(name, &theirs)) {
            continue;
        }
        let stands = match rule.from {
            Source::Stage => take_stage(lead, destination, rule, &theirs, cx),
            Source::Owner => take_owner(lead, destination, rule, &theirs, cx),
            _ => false,
        };
        if stands {
            note(lead, destination, name, &theirs);
        }
    }
    if destination.kind == Kind::Hubspot {
        take_status(lead, destination, seen, cx);
    }
    take_no(lead, destination, seen, cx)
}

/// What stands there is known from now on, and is what ours says: neither side tells the other again.
fn note(lead: &mut Lead, destination: &Destination, name: &str, theirs: &str) {
    if let Some(told) = told_of(lead, &destination.name) {
        told.taken.insert(name.to_owned(), hash(&json!(theirs)));
    }
}

/// The stage that their word stands for; whether ours is that one, now or already before. Of several the nearest.
fn take_stage(lead: &mut Lead, destination: &Destination, rule: &FieldRule, theirs: &str, cx: &Context<'_>) -> bool {
    let means = |stage: &Stage| {
        let said = destination.stages.get(stage);
        said.and_then(|said| theirs_of(rule, said)).as_deref() == Some(theirs)
    };
    if means(&lead.stage) {
        return true;
    }
    let to = Stage::ALL.into_iter().filter(means);
    let to = to.min_by_key(|to| match way(lead.stage, *to).len() {
        0 => usize::MAX,
        steps => steps,
    });
    to.is_some_and(|to| move_there(lead, to, destination, cx))
}

/// Moves the lead where a move exists; whoever bought there has bought, whatever sales had come to here.
fn move_there(lead: &mut Lead, to: Stage, destination: &Destination, cx: &Context<'_>) -> bool {
    let steps = match to {
        Stage::Customer => way(lead.stage, to),
        _ if lead.stage.may_move_to(to) => vec![to],
        _ => Vec::new(),
    };
    let about = owners::campaign_of(lead);
    for step in steps {
        stages::move_to(lead, step, Mover::Report, destination.name.to_string(), &about, cx);
    }
    lead.stage == to
}

/// The owner whose id that is there; whether it is theirs, now or already before.
fn take_owner(lead: &mut Lead, destination: &Destination, rule: &FieldRule, theirs: &str, cx: &Context<'_>) -> bool {
    let mut owners = destination.owners.iter();
    let ours = owners.find(|(_, said)| theirs_of(rule, said).as_deref() == Some(theirs));
    ours.is_some_and(|(ours, _)| lead.owner() == Some(&**ours) || sales::hand_over(lead, ours, cx))
}

/// What a word of the file's tables is written as: by the field's own table, if it has one.
fn theirs_of(rule: &FieldRule, said: &str) -> Option<String> {
    match &rule.table {
        Some(table) => table.get(said).map(|theirs| values::text_of(&values::json_of(theirs))),
        None => Some(said.to_owned()),
    }
}

/// HubSpot's own status, which the file need not name. It counts once: a lead that comes back is not held to it.
fn take_status(lead: &mut Lead, destination: &Destination, seen: &Seen, cx: &Context<'_>) {
    let (name, unqualified) = UNQUALIFIED;
    let Some(told) = told_of(lead, &destination.name) else {
        return;
    };
    if seen.text(name).as_deref() != Some(unqualified) {
        if !destination.fields.contains_key(name) {
            told.taken.remove(name);
        }
    } else if !told.knows(name, unqualified)
        && (lead.stage == Stage::Disqualified || move_there(lead, Stage::Disqualified, destination, cx))
    {
        note(lead, destination, name, unqualified);
    }
}

/// A no there is one here. A yes there is none: consent is given to us alone. A no that we told, or heard of, is no news.
fn take_no(lead: &mut Lead, destination: &Destination, seen: &Seen, cx: &Context<'_>) -> bool {
    let stands = wants_none(lead);
    let Some(told) = told_of(lead, &destination.name) else {
        return false;
    };
    let is_news = seen.opted_out && !told.no;
    told.no = seen.opted_out;
    if !is_news || stands {
        return false;
    }
    told.noted.opted_out = true;
    opt_out(lead, Method::Reported, SuppressionReason::Unsubscribe, cx);
    true
}

impl Seen {
    /// A value as the file's tables name it: a text, a number, or the id of what it refers to.
    fn text(&self, name: &str) -> Option<String> {
        let value = self.values.get(name)?;
        let value = value.get("id").unwrap_or(value);
        match value {
            Json::String(text) if text.is_empty() => None,
            Json::String(_) | Json::Number(_) => Some(values::text_of(value)),
            _ => None,
        }
    }
}
