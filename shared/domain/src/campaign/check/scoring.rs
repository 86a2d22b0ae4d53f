//! Scoring rules that cannot mean anything.

use super::{At, Checker, Named, place, texts};
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
                self.add(path, |l| texts::grades_keys(l, key, letters[0], letters[1], letters[2]));
            } else if !letters.windows(2).all(|pair| grades[&pair[0]] > grades[&pair[1]]) {
                self.add(path, |l| texts::grades_order(l, key, letters[0], letters[2]));
            }
        }
        if let Some(leave) = scoring.leave
            && (leave.fit > scoring.mql.fit || leave.engagement > scoring.mql.engagement)
        {
            self.add(place!["scoring", "leave"], texts::leave_above_mql);
        }
        for (i, rule) in scoring.fit.iter().enumerate() {
            let earlier = scoring.fit[..i].iter().map(|other| &*other.rule);
            self.id(place!["scoring", "fit", i, "rule"], Named::Rule, &rule.rule, earlier);
            self.points(place!["scoring", "fit", i, "points"], rule.points);
            self.text(place!["scoring", "fit", i, "why"], &rule.why, &campaign.languages);
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
                self.add(place!["scoring", "fit", i], texts::one_fit_condition);
            }
            if rule
                .grade_at_most
                .is_some_and(|letter| !['B', 'C', 'D'].contains(&letter))
            {
                self.add(place!["scoring", "fit", i, "grade_at_most"], texts::grade_at_most);
            }
            let plain =
                |domain: &String| domain.contains('.') && !domain.contains('@') && &domain.to_lowercase() == domain;
            if !rule.domains.iter().flatten().all(plain) {
                self.add(place!["scoring", "fit", i, "domains"], texts::plain_domains);
            }
            let of_address = rule.free_mail.is_some() || rule.disposable.is_some() || rule.domains.is_some();
            let Some(field) = campaign.form.fields.iter().find(|field| field.name == rule.field) else {
                // A form without an email field was reported above.
                if !of_address {
                    self.add(place!["scoring", "fit", i, "field"], |l| {
                        texts::no_field(l, &rule.field)
                    });
                }
                continue;
            };
            if of_address != (field.name == "email") {
                self.add(place!["scoring", "fit", i, "field"], texts::conditions_of_the_address);
            }
            let numeric = rule.at_least.is_some() || rule.below.is_some();
            if numeric && field.kind != FieldType::Number {
                self.add(place!["scoring", "fit", i, "field"], |l| {
                    texts::bounds_of_no_number(l, &rule.field)
                });
            }
            for value in rule.one_of.iter().flatten() {
                if field.kind == FieldType::Choice && !field.options.iter().any(|option| &option.value == value) {
                    self.add(place!["scoring", "fit", i, "one_of"], |l| {
                        texts::not_an_option(l, value, &rule.field)
                    });
                }
            }
        }
        for (i, rule) in scoring.engagement.iter().enumerate() {
            let earlier = scoring.engagement[..i].iter().map(|other| &*other.rule);
            let earlier = earlier.chain(scoring.fit.iter().map(|other| &*other.rule));
            self.id(
                place!["scoring", "engagement", i, "rule"],
                Named::Rule,
                &rule.rule,
                earlier,
            );
            self.points(place!["scoring", "engagement", i, "points"], rule.points);
            self.points(place!["scoring", "engagement", i, "cap"], rule.cap);
            self.text(
                place!["scoring", "engagement", i, "why"],
                &rule.why,
                &campaign.languages,
            );
            if rule.half_life_days == 0 {
                self.add(
                    place!["scoring", "engagement", i, "half_life_days"],
                    texts::no_half_life,
                );
            }
            if rule.day_cap.is_some_and(|cap| cap.signum() != rule.points.signum()) {
                self.add(place!["scoring", "engagement", i, "day_cap"], texts::day_cap_sign);
            }
            if rule.repeat_percent.is_some_and(|percent| percent > 100) {
                self.add(
                    place!["scoring", "engagement", i, "repeat_percent"],
                    texts::repeat_percent,
                );
            }
            match rule.group.as_ref().map(|group| scoring.groups.get(group)) {
                Some(None) => self.add(place!["scoring", "engagement", i, "group"], texts::group_without_cap),
                Some(Some(cap)) if cap.signum() * rule.points.signum() < 0 => {
                    self.add(place!["scoring", "engagement", i, "group"], texts::group_sign)
                }
                _ => {}
            }
            if rule.points.signum() * rule.cap.signum() < 0 || rule.cap.unsigned_abs() < rule.points.unsigned_abs() {
                self.add(place!["scoring", "engagement", i, "cap"], texts::cap_too_small);
            }
        }
    }

    fn points(&mut self, path: Vec<At>, points: i64) {
        if points.unsigned_abs() > POINTS_MAX {
            self.add(path, |l| texts::too_many_points(l, POINTS_MAX));
        }
    }
}
