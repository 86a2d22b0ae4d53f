//! Conditions of steps that nobody could meet, and repeats that could not come.

pub(super) mod texts;

use jiff::{SignedDuration, Timestamp};

use super::texts::meant;
use super::{At, Checker, Named, nearest, place};
use crate::campaign::fact::{About, Fact, Names};
use crate::campaign::{Campaign, Sequence, Start, Step};
use crate::kit::calendar::Delay;
use crate::kit::limits::{EVERY_MAX, EVERY_MIN, TIMES_MAX, TIMES_MIN};
use crate::kit::vocabulary::Class;

impl Checker {
    /// What a step says of when it leaves, and how often.
    pub(super) fn conditions(&mut self, campaign: &Campaign, i: usize, j: usize) {
        let sequence = &campaign.sequences[i];
        let step = &sequence.steps[j];
        let keys = [
            ("when", !step.when.is_empty()),
            ("until", !step.until.is_empty()),
            ("every", step.every.is_some() || step.times.is_some()),
        ];
        for (key, _) in keys.into_iter().filter(|(_, is_set)| *is_set) {
            let path = place!["sequences", i, "steps", j, key];
            if step.class != Class::Nurture {
                self.add(path, |l| texts::promised_is_sent(l, key));
            } else if sequence.start == Start::Retention {
                self.add(path, |l| texts::everybody_is_asked(l, key));
            }
        }
        for (key, facts) in [("when", &step.when), ("until", &step.until)] {
            for (k, fact) in facts.iter().enumerate() {
                let path = place!["sequences", i, "steps", j, key, k];
                self.fact(campaign, &path, fact);
                self.clicked(sequence, step, &path, fact, key == "until");
            }
        }
        self.repeats(sequence, i, j);
    }

    fn fact(&mut self, campaign: &Campaign, path: &[At], fact: &Fact) {
        match fact.about() {
            None => self.add(path.to_vec(), texts::one_fact),
            Some(About::Answer(answer)) => self.answer(campaign, path.to_vec(), answer),
            Some(About::Stage([]) | About::Clicked([])) => self.add(path.to_vec(), texts::empty_list),
            Some(About::Stage(_) | About::Clicked(_)) => {}
        }
    }

    /// A click can only be known of a step that left before.
    fn clicked(&mut self, sequence: &Sequence, step: &Step, path: &[At], fact: &Fact, ends: bool) {
        let path = || [path, place!["clicked"].as_slice()].concat();
        let all: Vec<Step> = sequence.steps.iter().flat_map(Step::repeats).collect();
        for name in fact.clicked.iter().flat_map(|Names(names)| names) {
            let Some(other) = all.iter().find(|other| &other.id == name) else {
                let known = nearest(name, all.iter().map(|other| other.id.as_str()));
                self.add(path(), |l| texts::no_such_step(l, name) + &meant(l, known));
                continue;
            };
            // A click on one repeat may end those that follow.
            let is_own = name == &step.id && ends && step.every.is_some();
            if !is_own && other.delay.since_epoch() >= step.delay.since_epoch() {
                self.add(path(), |l| texts::clicked_too_early(l, name));
            }
        }
    }

    fn repeats(&mut self, sequence: &Sequence, i: usize, j: usize) {
        let step = &sequence.steps[j];
        let path = |key: &str| place!["sequences", i, "steps", j, key];
        let (every, times) = match (&step.every, step.times) {
            (None, None) => return,
            (Some(_), None) => return self.add(path("every"), texts::times_missing),
            (None, Some(_)) => return self.add(path("times"), texts::every_missing),
            (Some(every), Some(times)) => (every, times),
        };
        if !(TIMES_MIN..=TIMES_MAX).contains(&times) {
            return self.add(path("times"), |l| texts::times_bounds(l, TIMES_MIN, TIMES_MAX));
        }
        let length: SignedDuration = every.since_epoch().duration_since(Timestamp::UNIX_EPOCH);
        let repeats = step.repeats();
        if !(EVERY_MIN..=EVERY_MAX).contains(&length) || repeats.len() < usize::try_from(times).unwrap_or_default() {
            return self.add(path("every"), texts::every_bounds);
        }
        let end = sequence.within.as_ref().map(Delay::since_epoch);
        let late = end.and_then(|end| repeats.iter().find(|one| one.delay.since_epoch() > end));
        // Where the first is too late already, that is told of its delay.
        if let Some(late) = late.filter(|late| late.id != step.id) {
            self.add(path("times"), |l| texts::repeat_after_the_end(l, &late.id));
        }
        for one in &repeats[1..] {
            self.name(path("id"), Named::Step, &one.id);
            let mut others = sequence.steps.iter().enumerate().filter(|(n, _)| *n != j);
            if others.clone().any(|(_, other)| other.id == one.id) {
                self.add(path("id"), |l| texts::name_of_a_repeat(l, &one.id, &step.id));
            }
            // Of two that both repeat, the later one is told.
            let meets = |other: &Step| other.delay.since_epoch() == one.delay.since_epoch();
            let same = others.find_map(|(n, other)| match n < j {
                true => other.repeats().into_iter().find(meets),
                false => Some(other.clone()).filter(meets),
            });
            if let Some(same) = same {
                self.add(path("every"), |l| texts::at_the_same_time(l, &one.id, &same.id));
            }
        }
    }
}
