//! The email to the salesperson in charge: why the lead is hot, by when to call, and the buttons.
//!
//! Its words are the product's own, so they stand here and not in a campaign's folder. What a visitor typed goes in as
//! values, never as a part of the template, and so that no mail client makes a link of it.

use piste_domain::Locale;
use piste_domain::codes;
use piste_domain::kit::format::moment_nearby;
use piste_domain::kit::text::{safe_name, unlinked};
use piste_domain::lead::case::Cause;
use piste_domain::rules::alert::{Alert, AlertKind};
use piste_domain::rules::scoring::Axis;
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::draft::{Draft, Written};
use super::texts;

/// What a button does, as the subject of its link says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Button {
    /// Take the lead for active selling.
    Accept,
    /// Turn it down, with a reason.
    Reject,
    /// Note that the person was reached.
    Reached,
    /// Note that nobody answered.
    NoAnswer,
    /// Put the task off.
    Snooze,
}

codes!(Button);

impl Button {
    /// The words on it.
    pub fn words(self, locale: Locale) -> &'static str {
        texts::button(locale, self)
    }

    /// The buttons that make sense in an email, in order.
    fn of(alert: &Alert) -> Vec<Self> {
        let Some(case) = &alert.case else { return Vec::new() };
        let decides = alert.kind == AlertKind::Decide;
        Self::ALL
            .into_iter()
            .filter(|button| match button {
                Self::Accept => !case.is_accepted,
                Self::Reject => true,
                Self::Reached | Self::NoAnswer => !decides,
                Self::Snooze => !decides && case.may_snooze,
            })
            .collect()
    }
}

/// Writes an alert. `link` signs the link of a button, `lead` is the lead's page in the console. `None` would be a fault of the words below: every test renders them.
pub fn write(
    alert: &Alert,
    campaign: &str,
    locale: Locale,
    lead: String,
    link: impl Fn(Button) -> String,
) -> Option<Written> {
    let brief = &alert.brief;
    let case = alert.case.as_ref();
    let cause = case.map_or(Cause::Mql, |case| case.cause);
    let mut draft = Draft::default();
    let until = case.map(|case| moment_nearby(case.until, &alert.zone, locale));
    let until = draft.value(until.unwrap_or_default());
    let who = safe_name(brief.name.expose()).unwrap_or_else(|| texts::a_lead(locale).to_owned());
    let who = draft.value(who);
    let grade = draft.value(brief.grade.as_str());
    let subject = texts::subject(locale, subject(alert, cause, locale), &who, &grade);

    if alert.owner.is_empty() {
        draft.paragraph(texts::hello_all(locale));
    } else {
        let owner = draft.value(alert.owner.as_str());
        draft.paragraph(&texts::hello(locale, &owner));
    }
    let campaign = draft.value(campaign);
    let (tried, planned) = case.map_or((1, 1), |case| case.attempt);
    let attempt = draft.value(texts::attempt_of(locale, tried, planned));
    draft.paragraph(&opening(alert, cause, &campaign, &until, &attempt, locale));
    if !alert.news.is_empty() {
        draft.heading(texts::what_is_new(locale));
        for (question, answer, differs) in &alert.news {
            let question = draft.value(asked(question));
            let answer = draft.value(unlinked(answer.expose()));
            draft.item(&match differs {
                true => texts::said_otherwise(locale, &question, &answer),
                false => texts::label(locale, &question, &answer),
            });
        }
        draft.end_list();
    }

    draft.heading(texts::the_person(locale));
    if !brief.name.expose().is_empty() {
        let name = draft.value(unlinked(brief.name.expose()));
        draft.item(&texts::label(locale, texts::name(locale), &name));
    }
    if let Some((shown, _)) = &brief.phone {
        let phone = draft.value(shown.expose());
        draft.item(&texts::label(locale, texts::phone(locale), &phone));
    }
    if let Some(email) = &brief.email {
        let email = draft.value(email.expose());
        draft.item(&texts::label(locale, texts::email(locale), &email));
    }
    for (question, answer) in &brief.answers {
        let question = draft.value(asked(question));
        let answer = draft.value(unlinked(answer.expose()));
        draft.item(&texts::label(locale, &question, &answer));
    }
    draft.end_list();

    let (fit, engagement) = brief.sums;
    let (fit, engagement) = (draft.value(fit.to_string()), draft.value(engagement.to_string()));
    draft.heading(&texts::why(locale, &grade, Axis::Fit.name(locale), &fit, &engagement));
    for (points, why) in &brief.why {
        let (points, why) = (draft.value(format!("{points:+}")), draft.value(why.as_str()));
        draft.item(&format!("{points} · {why}"));
    }
    draft.end_list();

    if !brief.checklist.is_empty() {
        draft.heading(texts::to_check(locale));
        for (what, met) in &brief.checklist {
            let what = draft.value(what.as_str());
            draft.item(&match met {
                true => texts::is_met(locale, &what),
                false => texts::is_open(locale, &what),
            });
        }
        draft.end_list();
    }

    let buttons = Button::of(alert);
    if !buttons.is_empty() {
        draft.heading(texts::your_response(locale));
        draft.paragraph(texts::buttons_confirm(locale));
    }
    let lead = draft.url(lead);
    draft.paragraph(&format!("[{}]({lead})", texts::open_lead(locale)));
    for button in buttons {
        let url = draft.url(link(button));
        draft.paragraph(&format!("[{}]({url} \"button\")", button.words(locale)));
    }

    let preview = texts::preview(locale);
    let body = draft.body;
    let source = format!("+++\nsubject = \"{subject}\"\npreview = \"{preview}\"\n+++\n{body}");
    Some(Written {
        source,
        values: draft.values,
    })
}

/// A question as a label. The name of a field that no form declares was typed too.
fn asked(question: &str) -> String {
    unlinked(question.trim_end_matches(['?', ' ', '\u{a0}', '\u{202f}']))
}

fn subject(alert: &Alert, cause: Cause, locale: Locale) -> &'static str {
    match (alert.kind, cause) {
        (AlertKind::Call, _) if is_sale(alert) => texts::sale(locale),
        (AlertKind::Alert, Cause::Mql) => texts::call(locale),
        (AlertKind::Alert, Cause::Returned) => texts::returned(locale),
        (AlertKind::Alert, Cause::AsksAgain) | (AlertKind::AsksAgain, _) => texts::asks_again(locale),
        (AlertKind::Post, _) => texts::new_enquiry(locale),
        (AlertKind::Reply, _) => texts::replied(locale),
        (AlertKind::Meeting, _) => texts::meeting(locale),
        (AlertKind::Back, _) => texts::back(locale),
        (AlertKind::Assigned, _) => texts::assigned(locale),
        (AlertKind::Hotter, _) => texts::hotter(locale),
        (AlertKind::Soon, _) => texts::soon(locale),
        (AlertKind::Late, _) => texts::late(locale),
        (AlertKind::Escalated, _) => texts::escalated(locale),
        (AlertKind::Last, _) => texts::last(locale),
        (AlertKind::Call, _) => texts::next_attempt(locale),
        (AlertKind::Decide, _) => texts::decide(locale),
    }
}

/// Whether it is about a sale that somebody accepted.
fn is_sale(alert: &Alert) -> bool {
    alert.kind == AlertKind::Call && alert.case.as_ref().is_some_and(|case| case.is_accepted)
}

fn opening(alert: &Alert, cause: Cause, campaign: &str, until: &str, attempt: &str, locale: Locale) -> String {
    match (alert.kind, cause) {
        (AlertKind::Alert, Cause::Mql) => texts::call_text(locale, campaign, until),
        (AlertKind::Alert, Cause::Returned) => texts::returned_text(locale, campaign, until),
        (AlertKind::Alert, Cause::AsksAgain) => texts::asks_again_text(locale, campaign, until),
        (AlertKind::AsksAgain, _) => texts::asks_again_meanwhile(locale, campaign),
        (AlertKind::Post, _) => texts::new_enquiry_text(locale, campaign),
        (AlertKind::Reply, _) => texts::replied_text(locale, campaign),
        (AlertKind::Meeting, _) => texts::meeting_text(locale, campaign),
        (AlertKind::Back, _) => texts::back_text(locale, campaign),
        (AlertKind::Assigned, _) => texts::assigned_text(locale, campaign),
        (AlertKind::Hotter, _) => texts::hotter_text(locale, campaign, until),
        (AlertKind::Soon, _) => texts::soon_text(locale, campaign, until),
        (AlertKind::Late, _) => texts::late_text(locale, campaign, until, attempt),
        (AlertKind::Escalated, _) => texts::escalated_text(locale, campaign, until),
        (AlertKind::Last, _) => texts::last_text(locale, campaign, until),
        (AlertKind::Call, _) if is_sale(alert) => texts::sale_text(locale, campaign, until),
        (AlertKind::Call, _) => texts::next_attempt_text(locale, campaign, until, attempt),
        (AlertKind::Decide, _) => texts::decide_text(locale, campaign),
    }
}
