//! The section `[sales]`: who follows up, how soon, how often, and what makes an SQL.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::{At, Campaign, Checker};
use crate::campaign::field::FieldType;
use crate::kit::calendar::{Delay, Window};
use crate::kit::email::Email;
use crate::kit::hours::{Hours, Leave};
use crate::kit::limits::{ATTEMPTS_MAX, ATTEMPTS_MIN};
use crate::kit::locale::{Locale, Text};
use crate::kit::personal::Personal;

/// Who follows up, and by which clock.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sales {
    /// The owner, by id, who takes over what another one let lie.
    pub escalate_to: String,
    /// When each attempt to reach the person is due after the alert, which is the first. 3 to 6 within a few weeks.
    pub attempts: Vec<Delay>,
    /// How long the button "later" puts a task off.
    pub snooze: Delay,
    /// How soon the first response is due.
    pub deadlines: Deadlines,
    /// The people.
    pub owners: Vec<Owner>,
    /// Whose leads are whose; the first rule that holds decides. The rest is shared out evenly.
    #[serde(default)]
    pub assign: Vec<Assign>,
    /// What sales accepts as qualified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sql: Option<Sql>,
}

/// How soon the first response is due, in the owner's working time, by grade.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadlines {
    /// The hottest grades.
    pub hot: Deadline,
    /// The next ones.
    pub warm: Deadline,
    /// Every other grade.
    pub all: Delay,
}

/// The deadline of some grades.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadline {
    /// `A1` to `D4`.
    pub grades: Vec<String>,
    /// Working time until the first response.
    pub within: Delay,
}

/// How soon a lead wants to be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Any grade.
    All,
    /// A warm grade.
    Warm,
    /// A hot grade.
    Hot,
}

impl Tier {
    /// The name in files and answers.
    pub fn code(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Warm => "warm",
            Self::Hot => "hot",
        }
    }
}

/// A salesperson.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    /// Short name in rules, records and answers.
    pub id: String,
    /// What people call them.
    pub name: String,
    /// Where their alerts go.
    pub email: Email,
    /// The language of their mails.
    pub language: Locale,
    /// When they work.
    pub hours: Window,
    /// The clock they live by; the campaign's without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// When they are away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leave: Vec<Leave>,
    /// Whether leads that no rule gives to anybody may be theirs.
    #[serde(default = "super::yes")]
    pub in_turn: bool,
}

/// Gives some leads to one owner.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assign {
    /// The owner, by id.
    pub owner: String,
    /// Which leads.
    pub when: Condition,
}

/// What an answer must say. Exactly one of the three is set besides the field.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The field it looks at.
    pub field: String,
    /// The answer is one of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_of: Option<Vec<String>>,
    /// The number is at least this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<i64>,
    /// Something was answered, or nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filled: Option<bool>,
}

impl Condition {
    /// Whether these answers meet it, by field name.
    pub fn is_met_by(&self, answers: &BTreeMap<String, Personal>) -> bool {
        let answer = answers.get(&self.field).map(Personal::expose);
        if let Some(values) = &self.one_of {
            return answer.is_some_and(|answer| values.iter().any(|value| value == answer));
        }
        if let Some(least) = self.at_least {
            let number = answer.and_then(|answer| answer.parse::<f64>().ok());
            return number.is_some_and(|number| number >= least as f64);
        }
        self.filled == Some(answer.is_some())
    }
}

/// What sales accepts as qualified: a checklist for the person who decides.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sql {
    /// Whether answers that meet every criterion make an SQL without anybody's word.
    #[serde(default)]
    pub by_answers: bool,
    /// All of them must hold.
    pub criteria: Vec<Criterion>,
}

/// One line of the checklist.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// What a salesperson reads.
    pub what: Text,
    /// When the answers meet it.
    pub when: Condition,
}

impl Sales {
    /// The owner of this id.
    pub fn owner(&self, id: &str) -> Option<&Owner> {
        self.owners.iter().find(|owner| owner.id == id)
    }

    /// The tier of a grade.
    pub fn tier(&self, grade: &str) -> Tier {
        let holds = |deadline: &Deadline| deadline.grades.iter().any(|one| one == grade);
        if holds(&self.deadlines.hot) {
            Tier::Hot
        } else if holds(&self.deadlines.warm) {
            Tier::Warm
        } else {
            Tier::All
        }
    }

    /// How soon a lead of this tier must be answered.
    pub fn within(&self, tier: Tier) -> &Delay {
        match tier {
            Tier::Hot => &self.deadlines.hot.within,
            Tier::Warm => &self.deadlines.warm.within,
            Tier::All => &self.deadlines.all,
        }
    }
}

impl Owner {
    /// Their working hours.
    pub fn hours(&self, campaign: &Campaign) -> Hours<'_> {
        let own = self.zone.as_deref().and_then(|zone| TimeZone::get(zone).ok());
        Hours {
            window: &self.hours,
            zone: own.unwrap_or_else(|| campaign.time_zone()),
            leave: &self.leave,
        }
    }
}

impl Checker {
    pub(super) fn sales(&mut self, campaign: &Campaign) {
        let Some(sales) = &campaign.sales else { return };
        if sales.owners.is_empty() {
            self.add(path!["sales"], "nobody would be alerted: add [[sales.owners]]");
        }
        for (i, owner) in sales.owners.iter().enumerate() {
            self.owner(campaign, i, owner);
        }
        self.known_owner(sales, path!["sales", "escalate_to"], &sales.escalate_to);
        for (i, rule) in sales.assign.iter().enumerate() {
            self.known_owner(sales, path!["sales", "assign", i, "owner"], &rule.owner);
            self.condition(campaign, path!["sales", "assign", i, "when"], &rule.when);
        }
        self.deadlines(&sales.deadlines);
        self.attempts(sales);
        let Some(sql) = &sales.sql else { return };
        if sql.criteria.is_empty() {
            self.add(
                path!["sales", "sql"],
                "without criteria every lead would meet them: add [[sales.sql.criteria]]",
            );
        }
        for (i, criterion) in sql.criteria.iter().enumerate() {
            let path = path!["sales", "sql", "criteria", i, "what"];
            self.text(path, "criterion", &criterion.what, &campaign.languages);
            self.condition(campaign, path!["sales", "sql", "criteria", i, "when"], &criterion.when);
        }
    }

    fn owner(&mut self, campaign: &Campaign, i: usize, owner: &Owner) {
        let earlier = campaign.sales.iter().flat_map(|sales| &sales.owners[..i]);
        self.name(path!["sales", "owners", i, "id"], "owner", &owner.id);
        if earlier.clone().any(|other| other.id == owner.id) {
            self.add(
                path!["sales", "owners", i, "id"],
                format!("owner \"{}\" is declared twice", owner.id),
            );
        }
        if owner.name.trim().is_empty() {
            self.add(path!["sales", "owners", i, "name"], "write the owner's name");
        }
        if Email::parse(owner.email.expose()).is_err() {
            self.add(path!["sales", "owners", i, "email"], "not an e-mail address");
        }
        if let Some(zone) = owner.zone.as_ref().filter(|zone| TimeZone::get(zone).is_err()) {
            self.add(
                path!["sales", "owners", i, "zone"],
                format!("no time zone is called \"{zone}\": use an IANA name such as Europe/Paris"),
            );
        }
        for (j, leave) in owner.leave.iter().enumerate() {
            if leave.to < leave.from {
                self.add(
                    path!["sales", "owners", i, "leave", j],
                    "this leave ends before it begins",
                );
            }
        }
        // Whether hours ever come does not depend on the day of the check, but for leave, which passes.
        let hours = Hours {
            leave: &[],
            ..owner.hours(campaign)
        };
        if hours.next_open(Timestamp::UNIX_EPOCH).is_none() {
            self.add(
                path!["sales", "owners", i, "hours"],
                "this owner never works: check the days and hours",
            );
        }
    }

    fn known_owner(&mut self, sales: &Sales, path: Vec<At>, id: &str) {
        if sales.owner(id).is_none() {
            self.add(
                path,
                format!("no owner is called \"{id}\": declare it in [[sales.owners]]"),
            );
        }
    }

    fn condition(&mut self, campaign: &Campaign, path: Vec<At>, condition: &Condition) {
        let set = [
            condition.one_of.is_some(),
            condition.at_least.is_some(),
            condition.filled.is_some(),
        ];
        if set.iter().filter(|set| **set).count() != 1 {
            self.add(path.clone(), "give exactly one condition: one_of, at_least or filled");
        }
        let name = &condition.field;
        let Some(field) = campaign.form.fields.iter().find(|field| &field.name == name) else {
            self.add(path, format!("the form has no field \"{name}\""));
            return;
        };
        if condition.at_least.is_some() && field.kind != FieldType::Number {
            self.add(path.clone(), format!("at_least needs a number, and \"{name}\" is none"));
        }
        for value in condition.one_of.iter().flatten() {
            if field.kind == FieldType::Choice && !field.options.iter().any(|option| &option.value == value) {
                self.add(path.clone(), format!("\"{value}\" is not an option of \"{name}\""));
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
                    let path = vec![
                        At::Key("sales"),
                        At::Key("deadlines"),
                        At::Key(key),
                        At::Key("grades"),
                        At::Index(i),
                    ];
                    let wrong = if good {
                        "has a deadline already"
                    } else {
                        "is no grade: use A1 to D4"
                    };
                    self.add(path, format!("\"{grade}\" {wrong}"));
                }
            }
        }
        let spans = [
            ("hot", &deadlines.hot.within),
            ("warm", &deadlines.warm.within),
            ("all", &deadlines.all),
        ];
        for (key, span) in spans {
            self.working_time(vec![At::Key("sales"), At::Key("deadlines"), At::Key(key)], span);
        }
    }

    fn attempts(&mut self, sales: &Sales) {
        let count = sales.attempts.len();
        if !(ATTEMPTS_MIN..=ATTEMPTS_MAX).contains(&count) {
            self.add(
                path!["sales", "attempts"],
                format!("plan {ATTEMPTS_MIN} to {ATTEMPTS_MAX} attempts: fewer give up too soon, more only annoy"),
            );
        }
        let after = |delay: &Delay| delay.add_to(Timestamp::UNIX_EPOCH, &TimeZone::UTC);
        for (i, pair) in (1..).zip(sales.attempts.windows(2)) {
            if after(&pair[1]) <= after(&pair[0]) {
                self.add(
                    path!["sales", "attempts", i],
                    "attempts must come in the order of their delays",
                );
            }
        }
        for (i, delay) in sales.attempts.iter().enumerate() {
            if delay.days_and_time().is_none() || (i == 0) != (after(delay) == Timestamp::UNIX_EPOCH) {
                self.add(
                    path!["sales", "attempts", i],
                    "the first attempt is the alert's own, \"PT0S\"; the others follow in days or hours",
                );
            }
        }
        self.working_time(path!["sales", "snooze"], &sales.snooze);
    }

    fn working_time(&mut self, path: Vec<At>, delay: &Delay) {
        let some = delay
            .days_and_time()
            .is_some_and(|(days, time)| days > 0 || time.is_positive());
        if !some {
            self.add(
                path,
                "give a working time in days, hours or minutes, such as \"PT1H\" or \"P1D\"",
            );
        }
    }
}
