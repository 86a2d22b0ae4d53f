//! The sequences of a campaign: which emails, in which order, and when.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::campaign::fact::{Fact, Names};
use crate::kit::calendar::{Delay, Window};
use crate::kit::limits::TIMES_MAX;
use crate::kit::vocabulary::{Class, ExitReason};

/// A series of emails.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Sequence {
    /// Its name within the campaign.
    pub id: String,
    /// What starts it.
    pub start: Start,
    /// With `start = "retention"`: how long before the end the person is asked, and has to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Delay>,
    /// What its emails are about, unless a step says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// The last step never lands later than this after the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Delay>,
    /// Minimum time between two nurture emails to one person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_gap: Option<Delay>,
    /// A step that is later than this is skipped rather than sent stale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_lateness: Option<Delay>,
    /// What ends it early.
    pub exits: Vec<ExitReason>,
    /// Of a sequence for dormant leads: the versions of the consent's wording that speak of it. People who agreed to another
    /// wording do not get it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wordings: Vec<String>,
    /// When its emails may leave; at any time without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// The emails, in order.
    pub steps: Vec<Step>,
}

impl Sequence {
    /// The time between the question and the end, in days of 24 hours.
    pub fn notice(&self) -> SignedDuration {
        let end = self
            .before
            .as_ref()
            .map(|before| before.add_to(Timestamp::UNIX_EPOCH, &TimeZone::UTC));
        end.map_or(SignedDuration::ZERO, |end| end.duration_since(Timestamp::UNIX_EPOCH))
    }

    /// Puts each repeat of a step among the steps, by their delay, so that it is a step like any other. Who asks for a click on
    /// a step that repeats asks for one on any repeat before.
    pub(super) fn unroll(&mut self) {
        if self.steps.iter().all(|step| step.every.is_none()) {
            return;
        }
        let names = |step: &Step| (step.id.clone(), step.repeats());
        let declared: BTreeMap<String, Vec<Step>> = self.steps.iter().map(names).collect();
        let mut steps: Vec<Step> = self.steps.iter().flat_map(Step::repeats).collect();
        steps.sort_by_key(|step| step.delay.since_epoch());
        for step in &mut steps {
            let at = step.delay.since_epoch();
            let earlier = |name: &String| {
                let repeats = declared.get(name).into_iter().flatten();
                let earlier = repeats.filter(|one| one.delay.since_epoch() < at);
                earlier.map(|one| one.id.clone()).collect::<Vec<_>>()
            };
            for fact in step.when.iter_mut().chain(&mut step.until) {
                if let Some(Names(clicked)) = &mut fact.clicked {
                    *clicked = clicked
                        .iter()
                        .flat_map(|name| match declared.contains_key(name) {
                            true => earlier(name),
                            false => vec![name.clone()],
                        })
                        .collect();
                }
            }
            // Before the first repeat there is nothing to follow a link in.
            step.until
                .retain(|fact| fact.clicked.as_ref().is_none_or(|Names(names)| !names.is_empty()));
        }
        self.steps = steps;
    }
}

/// What starts a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum Start {
    /// The enquiry itself.
    Capture,
    /// Marketing emails becoming allowed: the confirmation, or the enquiry where the regime needs no consent.
    OptIn,
    /// Months without contact by the person: once in the life of a lead.
    Dormant,
    /// The end of retention coming near: the person is asked whether they want to stay.
    Retention,
    /// Somebody's approval: of a mailing, never of a sequence in a file.
    Approval,
}

/// One email of a sequence.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Step {
    /// Its name within the sequence; part of the send id, so renaming a step makes it a new email.
    pub id: String,
    /// Time after the sequence's start.
    pub delay: Delay,
    /// What rules it obeys.
    pub class: Class,
    /// The file below `emails/<locale>/`, without `.md`.
    pub template: String,
    /// What it is about: one of the campaign's topics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// It only becomes due while this is true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_if: Option<Condition>,
    /// It leaves if all of this is true when it is due; otherwise it is skipped, and what follows goes on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<Fact>,
    /// It is skipped if any of this is true when it is due: what it was to bring about has happened.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub until: Vec<Fact>,
    /// How long after itself it comes again, with `times`. What was read from a file or a bundle has its repeats among the
    /// steps, and no such key any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Delay>,
    /// How often it comes in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<i64>,
}

impl Step {
    /// Whether it may become due, given whether an opt-in is pending.
    pub fn holds(&self, opt_in_pending: bool) -> bool {
        self.only_if.is_none_or(|Condition::OptInPending| opt_in_pending)
    }

    /// Whether it depends on what is known of the person when it is due.
    pub fn is_conditional(&self) -> bool {
        !self.when.is_empty() || !self.until.is_empty()
    }

    /// The step as often as it comes: `news`, `news-2`, `news-3`. Just itself where it does not repeat, and no further than
    /// durations go.
    pub(super) fn repeats(&self) -> Vec<Self> {
        let again = self.every.zip(self.times);
        let single = Self {
            every: None,
            times: None,
            ..self.clone()
        };
        let more = again.into_iter().flat_map(|(every, times)| {
            let single = &single;
            (1..times.min(TIMES_MAX)).map_while(move |n| {
                Some(Self {
                    id: format!("{}-{}", single.id, n + 1),
                    delay: single.delay.plus(&every, n)?,
                    ..single.clone()
                })
            })
        });
        let more: Vec<_> = more.collect();
        std::iter::once(single).chain(more).collect()
    }
}

/// What must be true for a step to become due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum Condition {
    /// A box was ticked, and its confirmation is still awaited.
    OptInPending,
}

/// What to do with a nurture email when SES gave no answer and no event arrived (R9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum OnAmbiguous {
    /// Send it once more if there is evidence that the first one was not accepted. If the evidence is wrong, two arrive.
    #[default]
    Retry,
    /// Strictly at most once: never send it again; it counts as unknown.
    Skip,
}
