//! A `[sales]` section under which nobody would call, or never in time.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{At, Checker, Named, nearest, place, texts};
use crate::campaign::Campaign;
use crate::campaign::fact::Answer;
use crate::campaign::field::FieldType;
use crate::campaign::sales::{Condition, Deadlines, Owner, Sales};
use crate::kit::calendar::Delay;
use crate::kit::email::Email;
use crate::kit::hours::Hours;
use crate::kit::limits::{ATTEMPTS_MAX, ATTEMPTS_MIN};

impl Checker {
    pub(super) fn sales(&mut self, campaign: &Campaign) {
        let Some(sales) = &campaign.sales else { return };
        if sales.owners.is_empty() {
            self.add(place!["sales"], texts::no_owners);
        }
        for (i, owner) in sales.owners.iter().enumerate() {
            self.owner(campaign, i, owner);
        }
        self.known_owner(sales, place!["sales", "escalate_to"], &sales.escalate_to);
        for (i, rule) in sales.assign.iter().enumerate() {
            self.known_owner(sales, place!["sales", "assign", i, "owner"], &rule.owner);
            self.condition(campaign, place!["sales", "assign", i, "when"], &rule.when);
        }
        self.deadlines(&sales.deadlines);
        self.attempts(sales);
        let Some(sql) = &sales.sql else { return };
        if sql.criteria.is_empty() {
            self.add(place!["sales", "sql"], texts::no_criteria);
        }
        for (i, criterion) in sql.criteria.iter().enumerate() {
            let path = place!["sales", "sql", "criteria", i, "what"];
            self.text(path, &criterion.what, &campaign.languages);
            self.condition(campaign, place!["sales", "sql", "criteria", i, "when"], &criterion.when);
        }
    }

    fn owner(&mut self, campaign: &Campaign, i: usize, owner: &Owner) {
        let earlier = campaign.sales.iter().flat_map(|sales| &sales.owners[..i]);
        let earlier = earlier.map(|other| other.id.as_str());
        self.id(place!["sales", "owners", i, "id"], Named::Owner, &owner.id, earlier);
        if owner.name.trim().is_empty() {
            self.add(place!["sales", "owners", i, "name"], texts::owner_without_name);
        }
        if Email::parse(owner.email.expose()).is_err() {
            self.add(place!["sales", "owners", i, "email"], texts::not_an_address);
        }
        if let Some(zone) = owner.zone.as_ref().filter(|zone| TimeZone::get(zone).is_err()) {
            self.add(place!["sales", "owners", i, "zone"], |l| texts::no_zone(l, zone));
        }
        for (j, leave) in owner.leave.iter().enumerate() {
            if leave.to < leave.from {
                self.add(place!["sales", "owners", i, "leave", j], texts::leave_backwards);
            }
        }
        // Whether hours ever come does not depend on the day of the check, but for leave, which passes.
        let hours = Hours {
            leave: &[],
            ..owner.hours(campaign)
        };
        if hours.next_open(Timestamp::UNIX_EPOCH).is_none() {
            self.add(place!["sales", "owners", i, "hours"], texts::owner_without_hours);
        }
    }

    fn known_owner(&mut self, sales: &Sales, path: Vec<At>, id: &str) {
        if sales.owner(id).is_none() {
            self.add(path, |l| texts::no_owner(l, id));
        }
    }

    pub(super) fn condition(&mut self, campaign: &Campaign, path: Vec<At>, condition: &Condition) {
        self.answer(campaign, path, condition.answer());
    }

    /// What an answer must say.
    pub(super) fn answer(&mut self, campaign: &Campaign, path: Vec<At>, answer: Answer<'_>) {
        if !answer.is_single() {
            self.add(path.clone(), texts::one_condition);
        }
        let name = answer.field;
        let fields = &campaign.form.fields;
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            let meant = nearest(name, fields.iter().map(|field| field.name.as_str()));
            self.add(path, |l| texts::no_field(l, name) + &texts::meant(l, meant));
            return;
        };
        if answer.at_least.is_some() && field.kind != FieldType::Number {
            self.add(path.clone(), |l| texts::at_least_of_no_number(l, name));
        }
        for value in answer.one_of.into_iter().flatten() {
            if field.kind == FieldType::Choice && !field.options.iter().any(|option| &option.value == value) {
                let meant = nearest(value, field.options.iter().map(|option| option.value.as_str()));
                self.add(path.clone(), |l| {
                    texts::not_an_option(l, value, name) + &texts::meant(l, meant)
                });
            }
        }
    }

    fn deadlines(&mut self, deadlines: &Deadlines) {
        for (key, deadline) in [("hot", &deadlines.hot), ("warm", &deadlines.warm)] {
            for (i, grade) in deadline.grades.iter().enumerate() {
                let good = matches!(grade.as_bytes(), [b'A'..=b'D', b'1'..=b'4']);
                let twice =
                    deadline.grades[..i].contains(grade) || (key == "warm" && deadlines.hot.grades.contains(grade));
                if !good || twice {
                    let path = place!["sales", "deadlines", key, "grades", i];
                    let wrong = if good { texts::grade_twice } else { texts::not_a_grade };
                    self.add(path, |l| wrong(l, grade));
                }
            }
        }
        let spans = [
            ("hot", &deadlines.hot.within),
            ("warm", &deadlines.warm.within),
            ("all", &deadlines.all),
        ];
        for (key, span) in spans {
            self.working_time(place!["sales", "deadlines", key], span);
        }
    }

    fn attempts(&mut self, sales: &Sales) {
        let count = sales.attempts.len();
        if !(ATTEMPTS_MIN..=ATTEMPTS_MAX).contains(&count) {
            self.add(place!["sales", "attempts"], |l| {
                texts::attempts_count(l, ATTEMPTS_MIN, ATTEMPTS_MAX)
            });
        }
        let after = |delay: &Delay| delay.add_to(Timestamp::UNIX_EPOCH, &TimeZone::UTC);
        for (i, pair) in (1..).zip(sales.attempts.windows(2)) {
            if after(&pair[1]) <= after(&pair[0]) {
                self.add(place!["sales", "attempts", i], texts::attempts_out_of_order);
            }
        }
        for (i, delay) in sales.attempts.iter().enumerate() {
            if delay.days_and_time().is_none() || (i == 0) != (after(delay) == Timestamp::UNIX_EPOCH) {
                self.add(place!["sales", "attempts", i], texts::first_attempt);
            }
        }
        self.working_time(place!["sales", "snooze"], &sales.snooze);
    }

    fn working_time(&mut self, path: Vec<At>, delay: &Delay) {
        let some = delay
            .days_and_time()
            .is_some_and(|(days, time)| days > 0 || time.is_positive());
        if !some {
            self.add(path, texts::working_time);
        }
    }
}
