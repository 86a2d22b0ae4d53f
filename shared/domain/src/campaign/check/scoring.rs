//! Scoring rules that cannot mean anything.

use super::{At, Checker, place};
use crate::campaign::Campaign;
use crate::campaign::field::FieldType;
use crate::kit::limits::POINTS_MAX;

impl Checker {
    pub(super) fn scoring(&mut self, campaign: &Campaign) {
        let scoring = &campaign.scoring;
        for (key, grades, letters) in [
            ("fit_grades", &scoring.fit_grades, ['A', 'B', 'C']),
            ("engagement_grades", &scoring.engagement_grades, ['1', '2', '3']),
        ] {
            let path = place!["scoring", key];
            if !grades
                .keys()
                .copied()
                .eq(letters.iter().copied().collect::<std::collections::BTreeSet<_>>())
            {
                self.add(
                    path,
                    format!(
                        "{key} needs exactly the keys {}, {} and {}",
                        letters[0], letters[1], letters[2]
                    ),
                );
            } else if !letters.windows(2).all(|pair| grades[&pair[0]] > grades[&pair[1]]) {
                self.add(
                    path,
                    format!("{key} must decrease from {} to {}", letters[0], letters[2]),
                );
            }
        }
        if let Some(leave) = scoring.leave
            && (leave.fit > scoring.mql.fit || leave.engagement > scoring.mql.engagement)
        {
            self.add(
                place!["scoring", "leave"],
                "leave must not be higher than mql: a lead would cool the moment it qualifies",
            );
        }
        for (i, rule) in scoring.fit.iter().enumerate() {
            let earlier = scoring.fit[..i].iter().map(|other| &*other.rule);
            self.id(place!["scoring", "fit", i, "rule"], "rule", &rule.rule, earlier);
            self.points(place!["scoring", "fit", i, "points"], rule.points);
            self.text(
                place!["scoring", "fit", i, "why"],
                "why",
                &rule.why,
                &campaign.languages,
            );
            let conditions = [
                rule.one_of.is_some(),
                rule.at_least.is_some(),
                rule.below.is_some(),
                rule.filled.is_some(),
                rule.free_mail.is_some(),
                rule.disposable.is_some(),
                rule.domains.is_some(),
            ];
            if conditions.iter().filter(|set| **set).count() != 1 {
                self.add(
                    place!["scoring", "fit", i],
                    "give exactly one condition: one_of, at_least, below, filled, free_mail, disposable or domains",
                );
            }
            if rule
                .grade_at_most
                .is_some_and(|letter| !['B', 'C', 'D'].contains(&letter))
            {
                self.add(
                    place!["scoring", "fit", i, "grade_at_most"],
                    "grade_at_most must be B, C or D",
                );
            }
            let plain =
                |domain: &String| domain.contains('.') && !domain.contains('@') && &domain.to_lowercase() == domain;
            if !rule.domains.iter().flatten().all(plain) {
                self.add(
                    place!["scoring", "fit", i, "domains"],
                    "write domains in lower case, such as \"example.com\"",
                );
            }
            let of_address = rule.free_mail.is_some() || rule.disposable.is_some() || rule.domains.is_some();
            let Some(field) = campaign.form.fields.iter().find(|field| field.name == rule.field) else {
                // A form without an email field was reported above.
                if !of_address {
                    self.add(
                        place!["scoring", "fit", i, "field"],
                        format!("the form has no field \"{}\"", rule.field),
                    );
                }
                continue;
            };
            if of_address != (field.name == "email") {
                self.add(
                    place!["scoring", "fit", i, "field"],
                    "free_mail, disposable and domains apply to the field \"email\" only, and are the only conditions for it",
                );
            }
            let numeric = rule.at_least.is_some() || rule.below.is_some();
            if numeric && field.kind != FieldType::Number {
                self.add(
                    place!["scoring", "fit", i, "field"],
                    format!(
                        "at_least and below need a number field, and \"{}\" is not one",
                        rule.field
                    ),
                );
            }
            for value in rule.one_of.iter().flatten() {
                if field.kind == FieldType::Choice && !field.options.iter().any(|option| &option.value == value) {
                    self.add(
                        place!["scoring", "fit", i, "one_of"],
                        format!("\"{value}\" is not an option of \"{}\"", rule.field),
                    );
                }
            }
        }
        for (i, rule) in scoring.engagement.iter().enumerate() {
            let earlier = scoring.engagement[..i].iter().map(|other| &*other.rule);
            let earlier = earlier.chain(scoring.fit.iter().map(|other| &*other.rule));
            self.id(place!["scoring", "engagement", i, "rule"], "rule", &rule.rule, earlier);
            self.points(place!["scoring", "engagement", i, "points"], rule.points);
            self.points(place!["scoring", "engagement", i, "cap"], rule.cap);
            self.text(
                place!["scoring", "engagement", i, "why"],
                "why",
                &rule.why,
                &campaign.languages,
            );
            if rule.half_life_days == 0 {
                self.add(
                    place!["scoring", "engagement", i, "half_life_days"],
                    "a half-life of 0 days would leave nothing: give at least 1",
                );
            }
            if rule.day_cap.is_some_and(|cap| cap.signum() != rule.points.signum()) {
                self.add(
                    place!["scoring", "engagement", i, "day_cap"],
                    "day_cap must have the same sign as points",
                );
            }
            if rule.repeat_percent.is_some_and(|percent| percent > 100) {
                self.add(
                    place!["scoring", "engagement", i, "repeat_percent"],
                    "repeat_percent must be 0 to 100",
                );
            }
            match rule.group.as_ref().map(|group| scoring.groups.get(group)) {
                Some(None) => self.add(
                    place!["scoring", "engagement", i, "group"],
                    "this group has no cap: add it under scoring.groups",
                ),
                Some(Some(cap)) if cap.signum() * rule.points.signum() < 0 => self.add(
                    place!["scoring", "engagement", i, "group"],
                    "the group's cap must have the same sign as points",
                ),
                _ => {}
            }
            if rule.points.signum() * rule.cap.signum() < 0 || rule.cap.unsigned_abs() < rule.points.unsigned_abs() {
                self.add(
                    place!["scoring", "engagement", i, "cap"],
                    "cap must have the same sign as points and be no smaller",
                );
            }
        }
    }

    fn points(&mut self, path: Vec<At>, points: i64) {
        if points.unsigned_abs() > POINTS_MAX {
            self.add(path, format!("give at most {POINTS_MAX} points, up or down"));
        }
    }
}
