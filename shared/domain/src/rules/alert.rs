//! What a mail to sales says: why the lead is hot, what it told, and by when it must hear from somebody.

mod texts;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::campaign::Campaign;
use crate::campaign::field::{Field, FieldType};
use crate::campaign::sales::{Owner, Sales, Tier};
use crate::codes;
use crate::kit::email::Email;
use crate::kit::format;
use crate::kit::limits::SNOOZES_MAX;
use crate::kit::locale::Locale;
use crate::kit::personal::Personal;
use crate::kit::phone::Phone;
use crate::lead::Lead;
use crate::lead::case::{Case, Cause, Task};
use crate::lead::enquiry::Enquiry;
use crate::lead::stage::Stage;
use crate::rules::criteria::checklist;
use crate::rules::scoring::{Axis, Score};

/// Answers that an alert begins with.
const WANTS_MAX: usize = 2;
/// Characters of each: two lines of a telephone.
const WANT_CHARS_MAX: usize = 80;

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
    /// A post that sales does not hear of.
    Post,
    /// Somebody whom sales has, or had, asks again.
    AsksAgain,
    /// The person answered an email.
    Reply,
    /// The person agreed to meet.
    Meeting,
    /// A silent lead is back.
    Back,
    /// The lead is yours now.
    Assigned,
}

codes!(AlertKind);

impl AlertKind {
    /// What it is about, for people.
    pub fn name(self, locale: Locale) -> &'static str {
        texts::about(locale, self)
    }

    /// Whether it reminds of what its reader was told before.
    pub fn is_reminder(self) -> bool {
        matches!(self, Self::Soon | Self::Late | Self::Last | Self::Call | Self::Decide)
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

/// One email to sales.
#[derive(Clone, Debug)]
pub struct Alert {
    /// What it is about.
    pub kind: AlertKind,
    /// The case, where one is open.
    pub case: Option<CaseBrief>,
    /// The reader's clock.
    pub zone: TimeZone,
    /// The reader's name; empty where it is a mailbox of several.
    pub owner: String,
    /// The lead.
    pub brief: Brief,
    /// What a new enquiry said: question and answer, and whether it differs from what counts.
    pub news: Vec<(String, Personal, bool)>,
}

/// A case as an alert tells of it.
#[derive(Clone, Debug)]
pub struct CaseBrief {
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
    /// Which attempt this is, from 1, of how many.
    pub attempt: (usize, usize),
    /// Whether the task may be put off once more.
    pub may_snooze: bool,
    /// Whether the lead was accepted already.
    pub is_accepted: bool,
}

impl CaseBrief {
    fn of(case: &Case, task: Task, lead: &Lead, sales: &Sales) -> Self {
        let of = sales.attempts.len();
        Self {
            round: case.round,
            serial: task.serial,
            cause: case.cause,
            tier: case.tier,
            until: task.until,
            attempt: ((case.attempts.len() + usize::from(case.passed) + 1).min(of), of),
            may_snooze: case.snoozes < SNOOZES_MAX,
            is_accepted: matches!(lead.stage, Stage::Sql | Stage::Customer),
        }
    }
}

/// A lead as a salesperson reads it before the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    /// First and last name as given; may be empty.
    pub name: Personal,
    /// The company as given; may be empty.
    pub company: Personal,
    /// What the person wants, at a glance: the start of their own words, and questions with their answers.
    pub wants: Vec<(Option<String>, Personal)>,
    /// The address, if there is one.
    pub email: Option<Email>,
    /// The telephone number, as people write it and in E.164.
    pub phone: Option<(Personal, Phone)>,
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
    /// An alert about a task.
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
        let asked = (case.cause == Cause::AsksAgain && kind == AlertKind::Alert)
            .then(|| lead.words.latest())
            .flatten();
        Self {
            kind,
            case: Some(CaseBrief::of(case, task, lead, sales)),
            zone: owner.hours(campaign).zone,
            owner: owner.name.clone(),
            brief: Brief::of(lead, asked, campaign, owner.language, now),
            news: asked
                .map(|enquiry| news(lead, enquiry, campaign, owner.language))
                .unwrap_or_default(),
        }
    }

    /// A notice: about no task, though a case may be open.
    pub(super) fn notice(
        kind: AlertKind,
        lead: &Lead,
        enquiry: Option<&Enquiry>,
        owner: Option<&Owner>,
        locale: Locale,
        campaign: &Campaign,
        now: Timestamp,
    ) -> Self {
        let case = lead.open_case().filter(|_| owner.is_some());
        let task = case.and_then(|case| Some((case, case.task?, campaign.sales.as_ref()?)));
        Self {
            kind,
            case: task.map(|(case, task, sales)| CaseBrief::of(case, task, lead, sales)),
            zone: owner.map_or_else(|| campaign.time_zone(), |owner| owner.hours(campaign).zone),
            owner: owner.map(|owner| owner.name.clone()).unwrap_or_default(),
            brief: Brief::of(lead, enquiry, campaign, locale, now),
            news: enquiry
                .map(|enquiry| news(lead, enquiry, campaign, locale))
                .unwrap_or_default(),
        }
    }
}

/// What an enquiry said, in the words of the form, and where it differs from what counts.
pub(super) fn news(
    lead: &Lead,
    enquiry: &Enquiry,
    campaign: &Campaign,
    locale: Locale,
) -> Vec<(String, Personal, bool)> {
    let declared = |name: &str| campaign.form.fields.iter().find(|field| field.name == name);
    let said = enquiry.answers.iter().map(|(name, answer)| {
        let label = declared(name).map_or(name.as_str(), |field| field.label.get(locale));
        let shown = declared(name).map_or_else(
            || answer.expose().to_owned(),
            |field| in_words(field, answer, campaign, locale),
        );
        let differs = lead.words.answer(name) != Some(answer.expose());
        (label.to_owned(), Personal::new(shown), differs)
    });
    let other = enquiry.other.iter();
    let label = |name: &String| declared(name).map_or_else(|| name.clone(), |field| field.label.get(locale).to_owned());
    let other = other.map(|(name, text)| (label(name), text.clone(), false));
    said.chain(other).collect()
}

/// An answer as people read it: the words of an option, a unit beside a number, a telephone number in groups.
pub fn in_words(field: &Field, answer: &Personal, campaign: &Campaign, locale: Locale) -> String {
    let answer = answer.expose();
    if field.kind == FieldType::Phone {
        return Phone::stored(answer).map_or_else(|| answer.to_owned(), |phone| phone.shown(campaign.country()));
    }
    if field.kind == FieldType::Number {
        return format::quantity(answer, field.unit.as_deref(), locale);
    }
    let option = field.options.iter().find(|option| option.value == answer);
    let mut shown = option.map_or(answer, |option| option.label.get(locale)).to_owned();
    if let Some(unit) = &field.unit {
        shown.push_str(&format!("\u{a0}{unit}"));
    }
    shown
}

/// What somebody wants, in as few words as fit above the first button: what they wrote, and what it may cost.
fn wants(lead: &Lead, asked: Option<&Enquiry>, campaign: &Campaign, locale: Locale) -> Vec<(Option<String>, Personal)> {
    let told = |field: &Field| {
        let said = asked.and_then(|enquiry| enquiry.answers.get(&field.name));
        let answer = said.or_else(|| lead.words.answers().get(&field.name))?;
        let shown = in_words(field, answer, campaign, locale);
        let cut: String = shown.chars().take(WANT_CHARS_MAX).collect();
        let dots = if cut.len() < shown.len() { "…" } else { "" };
        (!shown.is_empty()).then(|| {
            let question = (field.kind != FieldType::LongText).then(|| field.label.get(locale).to_owned());
            (question, Personal::new(format!("{}{dots}", cut.trim_end())))
        })
    };
    let fields = campaign.form.fields.iter();
    let costs = fields
        .clone()
        .filter(|field| field.kind == FieldType::Number && field.unit.is_some());
    let written = fields.filter(|field| field.kind == FieldType::LongText);
    written.chain(costs).filter_map(told).take(WANTS_MAX).collect()
}

impl Brief {
    /// What is known of a lead now, in a salesperson's language; an enquiry that the alert is about says what they want.
    pub fn of(lead: &Lead, asked: Option<&Enquiry>, campaign: &Campaign, locale: Locale, now: Timestamp) -> Self {
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
        let told = |field: &Field| {
            let answer = lead.words.answers().get(&field.name)?;
            let named = matches!(field.name.as_str(), "first_name" | "last_name");
            let hidden = matches!(
                field.kind,
                FieldType::Email | FieldType::Consent | FieldType::Hidden | FieldType::Phone
            );
            let shown = || Personal::new(in_words(field, answer, campaign, locale));
            (!named && !hidden).then(|| (field.label.get(locale).to_owned(), shown()))
        };
        let phone = lead.telephone(campaign);
        let checklist = campaign.sales.iter().flat_map(|sales| checklist(sales, lead));
        Self {
            name: Personal::new(lead.full_name()),
            company: Personal::new(lead.words.answer("company").unwrap_or_default()),
            wants: wants(lead, asked, campaign, locale),
            email: lead.email.clone(),
            phone: phone.map(|phone| (Personal::new(phone.shown(campaign.country())), phone)),
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
