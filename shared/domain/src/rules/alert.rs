//! What a mail to sales says: why the lead is hot, what it told, and by when it must hear from somebody.

mod texts;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::campaign::Campaign;
use crate::campaign::field::FieldType;
use crate::campaign::sales::{Owner, Sales, Tier};
use crate::codes;
use crate::kit::email::Email;
use crate::kit::limits::SNOOZES_MAX;
use crate::kit::locale::Locale;
use crate::kit::personal::Personal;
use crate::lead::Lead;
use crate::lead::case::{Case, Cause, Task};
use crate::rules::criteria::checklist;
use crate::rules::scoring::{Axis, Score};

/// What a mail to sales is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum AlertKind {
    /// A new case.
    Alert,
    /// The lead got hotter.
    Hotter,
    /// Half of the time is over.
    Soon,
    /// The time is over.
    Late,
    /// Somebody else let it lie: it is yours now.
    Escalated,
    /// The last reminder after an escalation.
    Last,
    /// The next attempt is due.
    Call,
    /// The person was reached: accept or reject.
    Decide,
}

codes!(AlertKind);

impl AlertKind {
    /// What it is about, for people.
    pub fn name(self, locale: Locale) -> &'static str {
        texts::about(locale, self)
    }

    /// The step's name in the ledger. The first task has names of its own; later ones are numbered.
    pub(super) fn step(self, serial: u16) -> String {
        let name = self.code();
        if serial == 1 {
            name.to_owned()
        } else {
            format!("{name}-{serial}")
        }
    }
}

/// One mail to sales.
#[derive(Clone, Debug)]
pub struct Alert {
    /// What it is about.
    pub kind: AlertKind,
    /// Which case, for its buttons.
    pub round: u32,
    /// Which task, for its buttons.
    pub serial: u16,
    /// Why the lead is with sales.
    pub cause: Cause,
    /// How soon it wants to be called.
    pub tier: Tier,
    /// By when.
    pub until: Timestamp,
    /// The owner's clock.
    pub zone: TimeZone,
    /// The owner's name.
    pub owner: String,
    /// Which attempt this is, from 1, of how many.
    pub attempt: (usize, usize),
    /// Whether the task may be put off once more.
    pub may_snooze: bool,
    /// Whether the lead was accepted already.
    pub is_accepted: bool,
    /// The lead.
    pub brief: Brief,
}

/// A lead as a salesperson reads it before the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    /// First and last name as given; may be empty.
    pub name: Personal,
    /// The address.
    pub email: Email,
    /// `A1` to `D4`.
    pub grade: String,
    /// The two sums.
    pub sums: (i64, i64),
    /// Points and why, strongest first.
    pub why: Vec<(i64, String)>,
    /// Question and answer, in the words of the form.
    pub answers: Vec<(String, Personal)>,
    /// What makes an SQL, and whether the answers meet it.
    pub checklist: Vec<(String, bool)>,
}

impl Alert {
    #[expect(clippy::too_many_arguments, reason = "the whole of what is known of one task")]
    pub(super) fn new(
        kind: AlertKind,
        lead: &Lead,
        case: &Case,
        task: Task,
        owner: &Owner,
        campaign: &Campaign,
        sales: &Sales,
        now: Timestamp,
    ) -> Self {
        let of = sales.attempts.len();
        Self {
            kind,
            round: case.round,
            serial: task.serial,
            cause: case.cause,
            tier: case.tier,
            until: task.until,
            zone: owner.hours(campaign).zone,
            owner: owner.name.clone(),
            attempt: ((case.attempts.len() + 1).min(of), of),
            may_snooze: case.snoozes < SNOOZES_MAX,
            is_accepted: lead.stage == crate::lead::stage::Stage::Sql,
            brief: Brief::of(lead, campaign, owner.language, now),
        }
    }
}

impl Brief {
    /// What is known of a lead now, in a salesperson's language.
    pub fn of(lead: &Lead, campaign: &Campaign, locale: Locale, now: Timestamp) -> Self {
        let score = Score::of(lead, campaign, now);
        let scoring = &campaign.scoring;
        let reason = |axis, name: &str| match axis {
            Axis::Fit => scoring
                .fit
                .iter()
                .find(|rule| *rule.rule == *name)
                .map(|rule| &rule.why),
            Axis::Engagement => scoring
                .engagement
                .iter()
                .find(|rule| *rule.rule == *name)
                .map(|rule| &rule.why),
        };
        let mut why: Vec<(i64, String)> = Vec::new();
        for line in &score.lines {
            let text = reason(line.axis, &line.rule).map_or(&*line.rule, |why| why.get(locale));
            // The same rule may have given points several times: one line for the reader.
            match why.iter_mut().find(|(_, told)| told == text) {
                Some((points, _)) => *points += line.points,
                None => why.push((line.points, text.to_owned())),
            }
        }
        why.sort_by_key(|(points, _)| std::cmp::Reverse(*points));
        let told = |field: &crate::campaign::field::Field| {
            let answer = lead.answers.get(&field.name)?;
            let named = matches!(field.name.as_str(), "first_name" | "last_name");
            let shown = !named && !matches!(field.kind, FieldType::Email | FieldType::Consent | FieldType::Hidden);
            let option = field.options.iter().find(|option| option.value == answer.expose());
            let mut answer = option
                .map_or(answer.expose(), |option| option.label.get(locale))
                .to_owned();
            if let Some(unit) = &field.unit {
                answer.push_str(&format!("\u{a0}{unit}"));
            }
            shown.then(|| (field.label.get(locale).to_owned(), Personal::new(answer)))
        };
        let checklist = campaign.sales.iter().flat_map(|sales| checklist(sales, lead));
        Self {
            name: Personal::new(lead.full_name()),
            email: lead.email.clone(),
            grade: score.grade.clone(),
            sums: (score.fit, score.engagement),
            why,
            answers: campaign.form.fields.iter().filter_map(told).collect(),
            checklist: checklist
                .map(|(criterion, met)| (criterion.what.get(locale).to_owned(), met))
                .collect(),
        }
    }
}
