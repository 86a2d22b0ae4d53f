//! The score: arithmetic that anyone can check. It is computed when read, from the answers and the signals, and the
//! lines add up to it exactly because it is their sum.

mod texts;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::campaign::{Campaign, FitRule, Scoring, Threshold};
use crate::codes;
use crate::kit::locale::{Locale, Text};
use crate::lead::Lead;
use crate::lead::signal::Signal;

/// What a lead is worth, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// Sum of the fit lines.
    pub fit: i64,
    /// Sum of the engagement lines.
    pub engagement: i64,
    /// Letter by fit, digit by engagement: `A1` to `D4`; the letter no better than a line caps it.
    pub grade: String,
    /// Every point, explained: fit first, then engagement, each oldest first.
    pub lines: Vec<Line>,
}

/// One line of a score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which sum it belongs to.
    pub axis: Axis,
    /// The rule that gave the points.
    pub rule: Arc<str>,
    /// The points, decayed and capped: what is summed.
    pub points: i64,
    /// What they were worth when fresh, with repeats counting less.
    pub fresh: i64,
    /// What age left of them, before the caps of the day, the rule and its group.
    pub decayed: i64,
    /// When the answer or the event came in.
    pub at: Timestamp,
    /// The letter that the grade is no better than because of it.
    pub grade_at_most: Option<char>,
}

impl Line {
    /// What became of its points: fresh, faded, capped; nothing when they count as they are.
    pub fn note(&self, locale: Locale) -> Option<String> {
        let mut notes = Vec::new();
        if self.decayed != self.fresh {
            notes.push(texts::faded(locale, self.fresh, self.decayed));
        }
        if self.points != self.decayed {
            notes.push(texts::capped(locale, self.points));
        }
        if let Some(letter) = self.grade_at_most {
            notes.push(texts::grade_at_most(locale, letter));
        }
        (!notes.is_empty()).then(|| notes.join(texts::and_also(locale)))
    }
}

/// The two sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Axis {
    /// Who the lead is.
    Fit,
    /// What the lead does.
    Engagement,
}

codes!(Axis);

impl Axis {
    /// The name for people.
    pub fn name(self, locale: Locale) -> &'static str {
        texts::axis(locale, self)
    }
}

impl Score {
    /// The score of a lead at a moment, by its campaign's rules: a function of answers, signals and moment alone, so it
    /// is the same whenever and wherever it is worked out. What happened later does not count.
    pub fn of(lead: &Lead, campaign: &Campaign, now: Timestamp) -> Self {
        let scoring = &campaign.scoring;
        let mut lines = fit_lines(lead, scoring);
        lines.extend(engagement_lines(&lead.signals, campaign, now));
        let sum = |axis| {
            let of_axis = lines.iter().filter(|line: &&Line| line.axis == axis);
            of_axis.map(|line| line.points).sum()
        };
        let (fit, engagement) = (sum(Axis::Fit), sum(Axis::Engagement));
        let mut grade = scoring.grade(fit, engagement);
        if let Some(cap) = cap_of(&lines).filter(|cap| !grade.starts_with(|letter| letter >= *cap)) {
            grade.replace_range(..1, &cap.to_string());
        }
        Self {
            fit,
            engagement,
            grade,
            lines,
        }
    }

    /// Whether marketing hands this lead over.
    pub fn is_mql(&self, scoring: &Scoring) -> bool {
        self.reaches(scoring.mql, scoring)
    }

    /// Whether it has cooled: what makes an MQL must come anew.
    pub fn has_left(&self, scoring: &Scoring) -> bool {
        !self.reaches(scoring.leave.unwrap_or(scoring.mql), scoring)
    }

    fn reaches(&self, threshold: Threshold, scoring: &Scoring) -> bool {
        let barred = cap_of(&self.lines).is_some_and(|cap| cap > scoring.letter(scoring.mql.fit));
        self.fit >= threshold.fit && self.engagement >= threshold.engagement && !barred
    }
}

/// The letter that the lines cap the grade at, if they do.
fn cap_of(lines: &[Line]) -> Option<char> {
    lines.iter().filter_map(|line| line.grade_at_most).max()
}

fn fit_lines(lead: &Lead, scoring: &Scoring) -> Vec<Line> {
    let at = lead.words.latest().map_or(lead.captured_at, |enquiry| enquiry.at);
    let proved = lead.words.is_proved();
    let answer = |rule: &FitRule| {
        let answer = lead.words.answer(&rule.field)?;
        // What only fills a gap lowers no score: then it counts as not answered.
        let lowers = proved && !lead.words.may_lower(&rule.field) && lowers(scoring, &rule.field, answer, lead);
        (!lowers).then_some(answer)
    };
    let holding = scoring.fit.iter().filter(|rule| rule.holds(lead, answer(rule)));
    holding
        .map(|rule| Line {
            axis: Axis::Fit,
            rule: rule.rule.clone(),
            points: rule.points,
            fresh: rule.points,
            decayed: rule.points,
            at,
            grade_at_most: rule.grade_at_most,
        })
        .filter(|line| line.points != 0 || line.grade_at_most.is_some())
        .collect()
}

/// Whether the rules about a field give less for this answer than for none.
fn lowers(scoring: &Scoring, field: &str, answer: &str, lead: &Lead) -> bool {
    let worth = |answer: Option<&str>| {
        let rules = scoring
            .fit
            .iter()
            .filter(|rule| rule.field == field && rule.holds(lead, answer));
        rules.fold((0, None), |(points, cap), rule| {
            (points + rule.points, cap.max(rule.grade_at_most))
        })
    };
    let (with, without) = (worth(Some(answer)), worth(None));
    with.0 < without.0 || with.1 > without.1
}

/// The lines of all rules, oldest first. Caps are filled from the latest event on: what is fresh counts, what is old
/// finds less room.
fn engagement_lines(signals: &[Signal], campaign: &Campaign, now: Timestamp) -> Vec<Line> {
    let scoring = &campaign.scoring;
    let zone = campaign.time_zone();
    let mut happened: Vec<&Signal> = signals.iter().filter(|signal| signal.at <= now).collect();
    happened.sort_by_key(|s| (s.at, s.kind, &s.of, &s.id));
    let mut fresh: Vec<Option<i64>> = vec![None; scoring.engagement.len()];
    let mut left: Vec<i64> = scoring.engagement.iter().map(|rule| rule.cap).collect();
    let mut days: BTreeMap<(usize, jiff::civil::Date), i64> = BTreeMap::new();
    let mut groups = scoring.groups.clone();
    let mut lines = Vec::new();
    for signal in happened.into_iter().rev() {
        let rules = scoring.engagement.iter().enumerate();
        for (n, rule) in rules.filter(|(_, rule)| rule.signal == signal.kind) {
            let worth = match fresh[n] {
                None => rule.points,
                Some(later) => percent_of(later, rule.repeat_percent.unwrap_or(100)),
            };
            fresh[n] = Some(worth);
            let age_s = now.duration_since(signal.at).as_secs();
            let mut room = worth;
            if let Some(cap) = rule.day_cap {
                let day = signal.at.to_zoned(zone.clone()).date();
                room = take(days.entry((n, day)).or_insert(cap), worth);
            }
            let mut points = take(&mut left[n], decayed(room, age_s, rule.half_life_days));
            if let Some(group) = rule.group.as_ref().and_then(|group| groups.get_mut(group)) {
                points = take(group, points);
            }
            lines.push(Line {
                axis: Axis::Engagement,
                rule: rule.rule.clone(),
                points,
                fresh: worth,
                decayed: decayed(worth, age_s, rule.half_life_days),
                at: signal.at,
                grade_at_most: None,
            });
        }
    }
    lines.reverse();
    lines.retain(|line| line.decayed != 0); // faded away
    lines
}

/// As much of `wanted` as there is room for; the room shrinks by it. Both are above zero, or both below.
fn take(room: &mut i64, wanted: i64) -> i64 {
    let taken = if *room < 0 || wanted < 0 {
        wanted.max(*room)
    } else {
        wanted.min(*room)
    };
    *room -= taken;
    taken
}

/// Rounded to the nearest point, halves away from zero.
fn percent_of(points: i64, percent: u8) -> i64 {
    let hundredths = points * i64::from(percent);
    (hundredths + 50 * hundredths.signum()) / 100
}

impl Scoring {
    /// The cell of the grid: letter by fit, digit by engagement.
    pub fn grade(&self, fit: i64, engagement: i64) -> String {
        let digit = mark(&self.engagement_grades, engagement, '4');
        format!("{}{digit}", self.letter(fit))
    }

    /// What a salesperson reads beside a rule's points.
    pub fn why(&self, rule: &str) -> Option<&Text> {
        let fit = self.fit.iter().map(|known| (&known.rule, &known.why));
        let engagement = self.engagement.iter().map(|known| (&known.rule, &known.why));
        fit.chain(engagement)
            .find(|(name, _)| ***name == *rule)
            .map(|(_, why)| why)
    }

    fn letter(&self, fit: i64) -> char {
        mark(&self.fit_grades, fit, 'D')
    }
}

/// The best mark whose least points are reached.
fn mark(grades: &BTreeMap<char, i64>, points: i64, below: char) -> char {
    let reached = grades.iter().find(|(_, least)| points >= **least);
    reached.map_or(below, |(mark, _)| *mark)
}

impl FitRule {
    fn holds(&self, lead: &Lead, answer: Option<&str>) -> bool {
        let email = lead.email.as_ref();
        if let Some(wanted) = self.free_mail {
            return email.is_some_and(|email| email.is_free_mail() == wanted);
        }
        if let Some(wanted) = self.disposable {
            return email.is_some_and(|email| email.is_disposable() == wanted);
        }
        if let Some(domains) = &self.domains {
            return email.is_some_and(|email| domains.iter().any(|domain| email.is_at(domain)));
        }
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
mod tests;
