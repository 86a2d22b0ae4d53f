//! Scoring rules tried before they are used: who would move under other rules, and whether they would have told buyers from
//! the others. Pure arithmetic over stored leads, so that it can be run as often as one likes.

use jiff::Timestamp;

use crate::campaign::Campaign;
use crate::kit::ids::LeadId;
use crate::kit::limits;
use crate::kit::statistics::Rate;
use crate::kit::vocabulary::SignalKind;
use crate::lead::Lead;
use crate::lead::stage::{Mover, Stage};
use crate::rules::scoring::Score;

/// How a lead ended, as far as anybody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Bought.
    Won,
    /// Sales took it over, and it did not buy.
    Lost,
    /// Sales did not take it over.
    Rejected,
}

/// How a lead ended and when; `None` while it is open.
pub fn outcome(lead: &Lead) -> Option<(Outcome, Timestamp)> {
    let reached = |stage| {
        lead.history
            .iter()
            .find(|change| change.to == stage)
            .map(|change| change.at)
    };
    let signal = |kind| lead.signals.iter().filter(|s| s.kind == kind).map(|s| s.at).min();
    if let Some(at) = reached(Stage::Customer).or(signal(SignalKind::Won)) {
        return Some((Outcome::Won, at));
    }
    if let Some(at) = signal(SignalKind::Lost) {
        return Some((Outcome::Lost, at));
    }
    let last = lead.history.last()?;
    let taken_over = reached(Stage::Sql).is_some();
    match (last.to, last.by) {
        (Stage::Disqualified, _) if taken_over => Some((Outcome::Lost, last.at)),
        (Stage::Disqualified, _) => Some((Outcome::Rejected, last.at)),
        (Stage::Lead, Mover::Operator) if lead.was_mql() => Some((Outcome::Rejected, last.at)),
        _ => None,
    }
}

/// Where a lead stands under some rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its grade.
    pub grade: String,
    /// Whether its points are those of an MQL.
    pub is_mql: bool,
}

/// A lead that would stand elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Which lead.
    pub id: LeadId,
    /// Under the rules in force.
    pub before: Standing,
    /// Under the new ones.
    pub after: Standing,
}

/// Leads whose end is known, by the best grade they had before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// The letter of the grade.
    pub letter: char,
    /// How many ended.
    pub ended: u64,
    /// How many of them bought.
    pub won: u64,
}

impl Band {
    /// The share that bought.
    pub fn rate(&self) -> Option<Rate> {
        Rate::of(self.won, self.ended)
    }
}

/// How well some rules told those who bought from the others: each lead as it stood before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Leads that were worth an MQL at any moment before their end.
    pub picked: u64,
    /// Those of them that bought.
    pub picked_and_won: u64,
    /// All that bought.
    pub won: u64,
    /// By grade, A to D.
    pub bands: [Band; 4],
}

impl Proof {
    fn empty() -> Self {
        let band = |letter| Band {
            letter,
            ended: 0,
            won: 0,
        };
        Self {
            picked: 0,
            picked_and_won: 0,
            won: 0,
            bands: ['A', 'B', 'C', 'D'].map(band),
        }
    }

    /// Of those that the rules picked, how many bought.
    pub fn precision(&self) -> Option<Rate> {
        Rate::of(self.picked_and_won, self.picked)
    }

    /// Of those that bought, how many the rules had picked.
    pub fn recall(&self) -> Option<Rate> {
        Rate::of(self.picked_and_won, self.won)
    }

    fn count(&mut self, lead: &Lead, campaign: &Campaign, outcome: Outcome, ended_at: Timestamp) {
        let before = before_the_end(lead, campaign, ended_at);
        let won = u64::from(outcome == Outcome::Won);
        self.won += won;
        if before.is_mql {
            self.picked += 1;
            self.picked_and_won += won;
        }
        if let Some(band) = self.bands.iter_mut().find(|band| before.grade.starts_with(band.letter)) {
            band.ended += 1;
            band.won += won;
        }
    }
}

/// The best a lead stood before its end. What is known only by the end, such as the sale itself, counts for nothing:
/// else any rule about it would look like foresight.
fn before_the_end(lead: &Lead, campaign: &Campaign, ended_at: Timestamp) -> Standing {
    let mut then = lead.clone();
    then.signals
        .retain(|signal| signal.at < ended_at && !signal.kind.is_outcome());
    let moments: Vec<Timestamp> = then.signals.iter().map(|s| s.at).chain([lead.captured_at]).collect();
    let scores: Vec<Score> = moments.into_iter().map(|at| Score::of(&then, campaign, at)).collect();
    let best = scores.iter().min_by(|a, b| a.grade.cmp(&b.grade));
    Standing {
        grade: best.map(|score| score.grade.clone()).unwrap_or_default(),
        is_mql: scores.iter().any(|score| score.is_mql(&campaign.scoring)),
    }
}

/// What other rules would change, and what they would have known.
#[derive(Clone, Debug)]
pub struct Trial {
    /// How many leads were looked at.
    pub leads: u64,
    /// Who would stand elsewhere at this moment.
    pub moved: Vec<Moved>,
    /// How many ended: won, lost, rejected.
    pub ended: [u64; 3],
    /// The rules in force.
    pub old: Proof,
    /// The new ones.
    pub new: Proof,
}

impl Trial {
    /// Nothing looked at yet.
    pub fn new() -> Self {
        Self {
            leads: 0,
            moved: Vec::new(),
            ended: [0; 3],
            old: Proof::empty(),
            new: Proof::empty(),
        }
    }

    /// Looks at one lead.
    pub fn look_at(&mut self, lead: &Lead, old: &Campaign, new: &Campaign, now: Timestamp) {
        self.leads += 1;
        let standing = |campaign: &Campaign| {
            let score = Score::of(lead, campaign, now);
            Standing {
                is_mql: score.is_mql(&campaign.scoring),
                grade: score.grade,
            }
        };
        let (before, after) = (standing(old), standing(new));
        if before != after {
            self.moved.push(Moved {
                id: lead.id.clone(),
                before,
                after,
            });
        }
        if let Some((outcome, at)) = outcome(lead) {
            self.ended[outcome as usize] += 1;
            self.old.count(lead, old, outcome, at);
            self.new.count(lead, new, outcome, at);
        }
    }

    /// How many ended in all.
    pub fn outcomes(&self) -> u64 {
        self.ended.iter().sum()
    }

    /// Whether there is enough to tell one set of rules from another.
    pub fn is_enough(&self) -> bool {
        self.leads >= limits::TRIAL_LEADS_MIN && self.outcomes() >= limits::TRIAL_OUTCOMES_MIN
    }
}

impl Default for Trial {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::Threshold;
    use crate::samples::{HOT, Story, days, demo};

    fn ended(fields: &[(&str, &str)], way: &[Stage]) -> Lead {
        let mut story = Story::new();
        story.post(fields);
        for stage in way {
            story.wait(days(1));
            story.step_to(*stage);
        }
        story.lead().clone()
    }

    #[test]
    fn how_a_lead_ended_is_read_from_its_stages() {
        let check = |fields: &[(&str, &str)], way: &[Stage], expected: Option<Outcome>| {
            let end = outcome(&ended(fields, way)).map(|(outcome, _)| outcome);
            assert_eq!(end, expected, "{way:?}");
        };
        check(&HOT, &[], None);
        check(&HOT, &[Stage::Sql], None);
        check(&HOT, &[Stage::Sql, Stage::Customer], Some(Outcome::Won));
        check(&HOT, &[Stage::Sql, Stage::Disqualified], Some(Outcome::Lost));
        check(&HOT, &[Stage::Disqualified], Some(Outcome::Rejected));
        check(&HOT, &[Stage::Lead], Some(Outcome::Rejected));
        check(&[], &[Stage::Disqualified], Some(Outcome::Rejected));
        check(&[], &[Stage::Disqualified, Stage::Lead], None);
    }

    #[test]
    fn a_trial_says_who_moves_and_what_the_rules_would_have_known() {
        let old = demo();
        let mut new = demo();
        new.scoring.mql = Threshold {
            fit: 85,
            engagement: 10,
        };
        let good = [HOT.as_slice(), &[("sector", "saas")]].concat();
        let leads = [
            ended(&good, &[Stage::Sql, Stage::Customer]),
            ended(&HOT, &[Stage::Sql, Stage::Disqualified]),
            ended(&[], &[Stage::Sql, Stage::Customer]),
            ended(&HOT, &[]),
        ];
        let mut trial = Trial::new();
        let now = leads[0].captured_at + days(5);
        for lead in &leads {
            trial.look_at(lead, &old, &new, now);
        }
        assert_eq!((trial.leads, trial.ended, trial.outcomes()), (4, [2, 1, 0], 3));
        let moved: Vec<_> = trial.moved.iter().map(|m| (m.before.is_mql, m.after.is_mql)).collect();
        assert_eq!(moved, [(true, false), (true, false)], "80 points are no longer enough");
        assert_eq!((trial.old.picked, trial.old.picked_and_won, trial.old.won), (2, 1, 2));
        assert_eq!(
            (trial.new.picked, trial.new.picked_and_won),
            (1, 1),
            "the new rules leave out the one that was lost"
        );
        assert_eq!(trial.new.precision().map(|rate| rate.value), Some(1.0));
        assert_eq!(trial.new.recall().map(|rate| rate.value), Some(0.5));
        let bands: Vec<_> = trial.old.bands.iter().map(|b| (b.letter, b.ended, b.won)).collect();
        assert_eq!(bands, [('A', 2, 1), ('B', 0, 0), ('C', 0, 0), ('D', 1, 1)]);
        assert!(!trial.is_enough(), "three outcomes prove nothing");
    }

    #[test]
    fn what_is_known_only_by_the_end_is_no_foresight() {
        let mut lead = ended(&[], &[Stage::Sql, Stage::Customer]);
        let (_, end) = outcome(&lead).expect("won");
        for (kind, at) in [(SignalKind::Won, end), (SignalKind::Meeting, end + days(1))] {
            lead.signals.push(crate::lead::signal::Signal {
                kind,
                at,
                of: String::new(),
                id: None,
                source: None,
            });
        }
        let mut campaign = demo();
        campaign.scoring.mql = Threshold { fit: 0, engagement: 30 };
        campaign.scoring.engagement[0].signal = SignalKind::Won;
        campaign.scoring.engagement[0].points = 100;
        campaign.scoring.engagement[0].cap = 100;
        let mut trial = Trial::new();
        trial.look_at(&lead, &campaign, &campaign, end + days(9));
        assert_eq!((trial.new.picked, trial.new.won), (0, 1));
    }
}
