//! The score: arithmetic that anyone can check. It is computed when read, from the answers and the signals, and the
//! lines add up to it exactly because it is their sum.

use jiff::Timestamp;

use crate::campaign::{Campaign, EngagementRule, FitRule, Scoring};
use crate::lead::{Lead, Signal};
use crate::personal::Personal;

/// What a lead is worth, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// Sum of the fit lines.
    pub fit: i64,
    /// Sum of the engagement lines.
    pub engagement: i64,
    /// Letter by fit, digit by engagement: `A1` to `D4`.
    pub grade: String,
    /// Every point, explained.
    pub lines: Vec<Line>,
}

/// One line of a score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which sum it belongs to.
    pub axis: Axis,
    /// The rule that gave the points.
    pub rule: String,
    /// The points, decayed and capped.
    pub points: i64,
    /// When the answer or the event came in.
    pub at: Timestamp,
}

/// The two sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// Who the lead is.
    Fit,
    /// What the lead does.
    Engagement,
}

impl Axis {
    /// The name in answers.
    pub fn code(self) -> &'static str {
        match self {
            Self::Fit => "fit",
            Self::Engagement => "engagement",
        }
    }
}

impl Score {
    /// The score of a lead at a moment, by its campaign's rules.
    pub fn of(lead: &Lead, campaign: &Campaign, now: Timestamp) -> Self {
        let scoring = &campaign.scoring;
        let answered_at = lead.captures.last().map_or(lead.captured_at, |capture| capture.at);
        let fit = scoring
            .fit
            .iter()
            .filter(|rule| rule.holds(lead.answers.get(&rule.field).map(Personal::expose)))
            .map(|rule| Line {
                axis: Axis::Fit,
                rule: rule.rule.clone(),
                points: rule.points,
                at: answered_at,
            });
        let engagement = scoring
            .engagement
            .iter()
            .flat_map(|rule| rule.lines(&lead.signals, now));
        let lines: Vec<Line> = fit.chain(engagement).filter(|line| line.points != 0).collect();
        let sum = |axis| {
            lines
                .iter()
                .filter(|line| line.axis == axis)
                .map(|line| line.points)
                .sum()
        };
        let (fit, engagement) = (sum(Axis::Fit), sum(Axis::Engagement));
        Self {
            fit,
            engagement,
            grade: scoring.grade(fit, engagement),
            lines,
        }
    }

    /// Whether marketing hands this lead over.
    pub fn is_mql(&self, scoring: &Scoring) -> bool {
        self.fit >= scoring.mql.fit && self.engagement >= scoring.mql.engagement
    }
}

impl Scoring {
    /// The cell of the grid: letter by fit, digit by engagement.
    pub fn grade(&self, fit: i64, engagement: i64) -> String {
        let cell = |grades: &std::collections::BTreeMap<char, i64>, points, below| {
            grades
                .iter()
                .find(|(_, least)| points >= **least)
                .map_or(below, |(mark, _)| *mark)
        };
        format!(
            "{}{}",
            cell(&self.fit_grades, fit, 'D'),
            cell(&self.engagement_grades, engagement, '4')
        )
    }
}

impl FitRule {
    fn holds(&self, answer: Option<&str>) -> bool {
        let number = || answer.and_then(|a| a.parse::<f64>().ok());
        if let Some(values) = &self.one_of {
            return answer.is_some_and(|a| values.iter().any(|value| value == a));
        }
        if let Some(least) = self.at_least {
            return number().is_some_and(|n| n >= least as f64);
        }
        if let Some(bound) = self.below {
            return number().is_some_and(|n| n < bound as f64);
        }
        self.filled == Some(answer.is_some())
    }
}

impl EngagementRule {
    /// One line a signal, oldest first, until the cap is used up.
    fn lines(&self, signals: &[Signal], now: Timestamp) -> Vec<Line> {
        let mut left = self.cap;
        signals
            .iter()
            .filter(|signal| signal.kind == self.signal)
            .map(|signal| {
                let decayed = decayed(
                    self.points,
                    now.duration_since(signal.at).as_secs(),
                    self.half_life_days,
                );
                let points = if self.cap < 0 {
                    decayed.max(left)
                } else {
                    decayed.min(left)
                };
                left -= points;
                Line {
                    axis: Axis::Engagement,
                    rule: self.rule.clone(),
                    points,
                    at: signal.at,
                }
            })
            .collect()
    }
}

/// Points left after `age_s` seconds: half after each half-life and on a straight line in between, so that whole
/// numbers suffice and every machine gets the same result. Rounded to the nearest point, halves away from zero.
fn decayed(points: i64, age_s: i64, half_life_days: u32) -> i64 {
    let half_life = i128::from(half_life_days.max(1)) * 86_400;
    let age = i128::from(age_s.max(0));
    let (halvings, rest) = (age / half_life, age % half_life);
    if halvings >= 62 {
        return 0;
    }
    let numerator = i128::from(points) * (2 * half_life - rest);
    let denominator = (2 * half_life) << halvings;
    let rounded = (2 * numerator.abs() + denominator) / (2 * denominator);
    (rounded * numerator.signum()) as i64
}

#[cfg(test)]
mod sums;

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    #[test]
    fn points_halve_with_each_half_life_and_never_turn() {
        let check = |points, days: i64, expected| {
            assert_eq!(decayed(points, days * DAY, 30), expected, "{points} after {days} days")
        };
        check(20, 0, 20);
        check(20, 15, 15);
        check(20, 30, 10);
        check(20, 60, 5);
        check(20, 90, 3); // 2.5 away from zero
        check(-20, 30, -10);
        check(20, 3_650, 0);
        check(20, i64::MAX / DAY, 0);
        check(20, -5, 20); // a clock that stepped back gives no extra points
        let mut last = i64::MAX;
        for hours in 0..24 * 400 {
            let now = decayed(1_000, hours * 3_600, 30);
            assert!(now <= last);
            last = now;
        }
    }
}
