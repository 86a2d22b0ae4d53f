//! What can come in, each with what it can be answered. Every input says here which rule decides about it: for a lead, for
//! nobody, and for somebody who was erased. Whoever is not named here gets no answer but that there is no such lead.

mod work;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::kit::ids::{CampaignId, ClaimToken, EnquiryId, SendId};
use crate::kit::locale::Locale;
use crate::kit::personal::Personal;
use crate::lead::consent::Method;
use crate::lead::erasure::{Certificate, ErasedBy, Known};
use crate::lead::ledger::{self, FeedbackKind, Outcome};
use crate::lead::preferences::Wishes;
use crate::lead::{Lead, SuppressionReason};
use crate::rules::capture::record_post;
use crate::rules::claim::wake;
use crate::rules::context::Context;
use crate::rules::decide::{
    Decision, Input, begin, change, change_erased, change_quietly, create, erase, finish, follow,
};
use crate::rules::effect::Effect;
use crate::rules::form::Submission;
use crate::rules::rights_log::{Action, Actor};
use crate::rules::sending::Terms;
use crate::rules::signals::{self, Report, Reported};
use crate::rules::{consent, data_request, early, feedback, plan, replies, retention, sales};

pub use work::{Answer, Assign, Called, Enrol, Enter, Import, Keep, Move, Note, Sales, TakeBack};

pub use crate::rules::consent::{Confirmed, Lifted};
pub use crate::rules::qualification::{Assigned, Call, CallOutcome, Entered, Entry, HeardConsent};
pub use crate::rules::sales::{About, By, Noted, SalesAction};
pub use crate::rules::stages::{ManualMove, Moved};

/// A form was posted. It finds no lead only if there is no such form.
#[derive(Debug)]
pub struct Capture(pub CampaignId, pub Submission);

impl Input for Capture {
    type Outcome = ();

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<()> {
        let Self(campaign, submission) = self;
        let Some(published) = cx.catalog.published(campaign) else {
            return Decision::no_lead();
        };
        let erased = match known {
            Known::Lead(_) => return change(known, cx, |lead| record_post(lead, published, submission, None, cx)),
            Known::Tombstone(erased) => Some(erased),
            Known::Nobody => None,
        };
        create(&published.campaign, submission, erased, cx, |lead| {
            record_post(lead, published, submission, None, cx);
        })
    }
}

/// The person confirmed what a post to a campaign's form asked for, by the button of the email that this post caused.
#[derive(Debug)]
pub struct Confirm(pub CampaignId, pub Option<EnquiryId>);

impl Input for Confirm {
    type Outcome = Confirmed;

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<Confirmed> {
        change(known, cx, |lead| consent::confirm(lead, &self.0, self.1.as_ref(), cx))
            .noted(Actor::Person, Action::OptIn)
    }
}

/// The person says yes again to a campaign's emails, in these words, by a link of their own.
#[derive(Debug)]
pub struct OptIn(pub CampaignId, pub Locale);

impl Input for OptIn {
    type Outcome = Confirmed;

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<Confirmed> {
        change(known, cx, |lead| consent::opt_in(lead, &self.0, self.1, cx)).noted(Actor::Person, Action::OptIn)
    }
}

/// The person wants no more marketing. Somebody who was erased may say so too.
#[derive(Debug)]
pub struct OptOut(pub Method);

impl Input for OptOut {
    type Outcome = ();

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<()> {
        let reason = SuppressionReason::Unsubscribe;
        let decision = match known {
            Known::Tombstone(erased) => change_erased(erased, (), |erased| erased.suppress(reason, cx.now)),
            _ => change(known, cx, |lead| consent::opt_out(lead, self.0, reason, cx)),
        };
        decision.noted(Actor::Person, Action::OptOut)
    }
}

/// The person says what they wish of the emails.
#[derive(Debug)]
pub struct Prefer(pub Wishes);

impl Input for Prefer {
    type Outcome = ();

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<()> {
        change(known, cx, |lead| consent::prefer(lead, &self.0, cx)).noted(Actor::Person, Action::Prefer)
    }
}

/// The person wants to stay: no more than that, and a contact.
#[derive(Debug)]
pub struct Stay;

impl Input for Stay {
    type Outcome = ();

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<()> {
        change(known, cx, |lead| consent::stay(lead, cx)).noted(Actor::Person, Action::Prefer)
    }
}

/// The person corrects their answers; an empty one is taken away. Fields that are not named stay.
#[derive(Debug)]
pub struct Correct(pub BTreeMap<String, Personal>);

impl Input for Correct {
    type Outcome = ();

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<()> {
        change(known, cx, |lead| consent::correct(lead, &self.0, cx)).noted(Actor::Person, Action::Correct)
    }
}

/// Somebody who knows the address wants to see what is held about its owner: the link goes to the owner alone.
#[derive(Debug)]
pub struct AskForData(pub CampaignId);

impl Input for AskForData {
    type Outcome = ();

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<()> {
        match cx.catalog.get(&self.0) {
            Some(campaign) => change(known, cx, |lead| data_request::ask(lead, campaign, cx)),
            None => Decision::no_lead(),
        }
    }
}

/// Everything about the person goes, but for what keeps a no. Asked for again, it answers the same.
#[derive(Debug)]
pub struct Erase(pub ErasedBy);

impl Input for Erase {
    type Outcome = Certificate;

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<Certificate> {
        match known {
            Known::Nobody => Decision::no_lead(),
            Known::Lead(lead) => erase(lead, self.0, cx),
            // An undone import left it, and would let them be imported again: from now on it is their erasure.
            Known::Tombstone(undone) if undone.undone => {
                let mut erased = undone.clone();
                erased.undone = false;
                erased.by = self.0;
                erased.erased_at = cx.now;
                erased.due_at = Some(cx.now);
                erased.version += 1;
                Decision {
                    effects: vec![Effect::Erased(self.0, cx.now)],
                    answer: Some(Certificate::of(&erased, None)),
                    record: Some(erased.into()),
                }
                .noted(self.0.into(), Action::Erase)
            }
            Known::Tombstone(erased) => Decision {
                effects: vec![Effect::Erased(erased.by, erased.erased_at)],
                ..Decision::unchanged(Certificate::of(erased, None))
            },
        }
    }
}

/// What names an erased person elsewhere was cleaned, up to this moment.
#[derive(Debug)]
pub struct Cleaned(pub Timestamp);

impl Input for Cleaned {
    type Outcome = ();

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<()> {
        match known {
            Known::Tombstone(erased) => change_erased(erased, (), |erased| erased.cleaned(self.0)),
            _ => change_quietly(known, cx, |lead| lead.cleaned(self.0)),
        }
    }
}

/// An operator lifts a stop that is not the person's own no, and says why (R69).
#[derive(Debug)]
pub struct Lift(pub String);

impl Input for Lift {
    type Outcome = Lifted;

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<Lifted> {
        change(known, cx, |lead| consent::lift(lead, &self.0, cx)).noted(Actor::Operator, Action::Lift)
    }
}

/// The alarm rang. The sender claims one email; what is to be kept no longer goes.
#[derive(Debug)]
pub struct Wake {
    /// The token of the claim this may make.
    pub token: ClaimToken,
    /// By which rules emails leave at this moment.
    pub terms: Terms,
}

impl Input for Wake {
    type Outcome = ();

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<()> {
        let Known::Lead(known) = known else {
            return Decision::no_lead();
        };
        // Somebody is at work on this lead: leave it, and the index, alone.
        if known.leased_until().is_some_and(|until| cx.now < until) {
            return Decision::unchanged(());
        }
        let mut lead = begin(known, cx);
        lead.unmet = false; // the sweep looks before it wakes anybody
        if retention::end_what_is_over(&mut lead, cx) {
            let Decision { record, effects, .. } = erase(known, ErasedBy::Retention, cx);
            let answer = Some(());
            return Decision {
                record,
                effects,
                answer,
            };
        }
        let mail = wake(&mut lead, &self.token, &self.terms, cx);
        follow(&mut lead, Some(known), cx);
        // While a claim is open the alarm stays where it is: the index is not written, and a lead whose sender died is
        // simply found again.
        if mail.is_none() {
            lead.due_at = plan::due_at_on(&lead, cx.catalog, cx.now, &self.terms);
        }
        let mut decision = finish(Some(known), lead, (), cx);
        decision.effects.extend(mail.map(Box::new).map(Effect::Mail));
        decision
    }
}

/// A claimed email was handed to SES.
#[derive(Debug)]
pub struct Settle(pub SendId, pub ClaimToken, pub Outcome);

impl Input for Settle {
    type Outcome = ();

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<()> {
        let Self(id, token, outcome) = self;
        change_quietly(known, cx, |lead| {
            if let Some(entry) = lead.entry_mut(id) {
                entry.settle(token, outcome, cx.now);
            }
            if let Outcome::Joined { until } = outcome {
                sales::heard_at(lead, id, *until, cx);
            }
        })
    }
}

/// SES reports what became of an email.
#[derive(Debug)]
pub struct Feedback(pub ledger::Feedback);

impl Input for Feedback {
    type Outcome = ();

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<()> {
        let Self(told) = self;
        let decision = match known {
            // Most of what SES reports is known already: then nothing follows, and the alarm that is set still rings.
            Known::Lead(lead)
                if lead
                    .ledger()
                    .any(|(_, entry)| entry.id == told.send_id && entry.knows(told))
                    && !(told.kind == FeedbackKind::Delivery && lead.bounced_softly()) =>
            {
                return Decision::unchanged(());
            }
            // Of an email that left before: which one, nobody can tell any more, and its address is left alone all the same.
            Known::Tombstone(erased) => change_erased(erased, (), |erased| {
                if let Some(reason) = feedback::stop_reason(told.kind).filter(|_| !told.to_sales) {
                    erased.suppress(reason, cx.now);
                }
            }),
            _ => change(known, cx, |lead| feedback::take(lead, told, cx)),
        };
        match told.kind {
            FeedbackKind::Complaint => decision.noted(Actor::Provider, Action::OptOut),
            _ => decision,
        }
    }
}

/// Another system reports, or a button of ours.
#[derive(Debug)]
pub struct Signal(pub Report);

impl Input for Signal {
    type Outcome = ();

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<()> {
        let Self(report) = self;
        let take = |lead: &mut Lead| {
            signals::take(lead, report, cx);
        };
        let decision = match (known, &report.what) {
            (Known::Lead(_), _) => change(known, cx, take),
            // Only details of a person make a lead of somebody unknown.
            (Known::Nobody, Reported::Lead(campaign, submission)) => match cx.catalog.get(campaign) {
                Some(campaign) => create(campaign, submission, None, cx, take),
                None => Decision::no_lead(),
            },
            (Known::Tombstone(undone), Reported::Lead(campaign, submission)) if undone.undone => {
                match cx.catalog.get(campaign) {
                    Some(campaign) => create(campaign, submission, Some(undone), cx, take),
                    None => Decision::no_lead(),
                }
            }
            // Another system remembers them: its no is one. Nothing it says brings them back: that takes a post of theirs.
            (Known::Tombstone(erased), _) if report.is_opt_out() => change_erased(erased, (), |erased| {
                erased.suppress(SuppressionReason::Unsubscribe, cx.now);
            }),
            _ => Decision::no_lead(),
        };
        match report.is_opt_out() {
            true => decision.noted(Actor::System, Action::OptOut),
            false => decision,
        }
    }
}

/// A message came to the lead's reply address.
#[derive(Debug)]
pub struct Heard(pub replies::Heard);

impl Input for Heard {
    type Outcome = ();

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<()> {
        let Self(heard) = self;
        let is_no = heard.reading == replies::Reading::OptOut;
        let decision = match known {
            Known::Tombstone(erased) if is_no => change_erased(erased, (), |erased| {
                erased.suppress(SuppressionReason::Unsubscribe, cx.now);
            }),
            Known::Lead(_) => change(known, cx, |lead| replies::take(lead, heard, cx)),
            _ => Decision::no_lead(),
        };
        match is_no {
            true => decision.noted(Actor::Person, Action::OptOut),
            false => decision,
        }
    }
}

/// What other systems told of somebody before they came, all of it in one write; told again, it has no effect.
#[derive(Debug)]
pub struct Early(pub Vec<Report>);

impl Input for Early {
    type Outcome = ();

    fn decide(&self, known: Known<'_>, cx: &Context<'_>) -> Decision<()> {
        let decision = change_quietly(known, cx, |lead| early::take(lead, &self.0, cx));
        match self.0.iter().any(Report::is_opt_out) {
            true => decision.noted(Actor::System, Action::OptOut),
            false => decision,
        }
    }
}
