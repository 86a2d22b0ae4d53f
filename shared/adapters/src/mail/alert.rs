//! The email to the salesperson in charge: who, what, why now, until when, and what to press.
//!
//! Its words are the product's own, so they stand here and not in a campaign's folder. What a visitor typed goes in as
//! values, never as a part of the template, and so that no mail client makes a link of it.

use jiff::Timestamp;
use piste_domain::Locale;
use piste_domain::kit::format::moment_soon;
use piste_domain::kit::text::{safe_name, unlinked};
use piste_domain::lead::case::Cause;
use piste_domain::rules::alert::{Alert, AlertKind, Brief};
use piste_domain::rules::scoring::Axis;

use super::draft::{Draft, Written};
use super::texts;

/// What a link to note a call is about, as its subject says it: `note/<case>/<task>`.
pub const NOTE: &str = "note";
/// The subject of a link to what waits for one person today.
pub const TODAY: &str = "today";

/// Where the links of an alert lead.
pub struct Links {
    /// The lead's page in the console.
    pub lead: String,
    /// The page on which the reader notes what came of it, where a case is open.
    pub note: Option<String>,
    /// What waits for the reader today; nothing where the reader is a mailbox of several.
    pub today: Option<String>,
}

/// Writes an alert that leaves now: at a glance who, what, why and until when; below it the rest.
pub fn write(alert: &Alert, campaign: &str, locale: Locale, links: Links, now: Timestamp) -> Written {
    let brief = &alert.brief;
    let case = alert.case.as_ref();
    let cause = case.map_or(Cause::Mql, |case| case.cause);
    let mut draft = Draft::default();
    let until = case.map(|case| moment_soon(case.until, now, &alert.zone, locale));
    let until = draft.value(until.unwrap_or_default());
    let campaign = draft.value(campaign);
    let grade = draft.value(brief.grade.as_str());
    let who = draft.value(best_name(brief).unwrap_or_else(|| texts::a_lead(locale).to_owned()));
    let what = what(alert, cause, &until, locale);
    let subject = texts::subject(locale, &what, &who, &grade);

    draft.paragraph(&format!("# {who}"));
    let mut glance = vec![format!("**{what}** · {campaign} ({grade})")];
    let company = unlinked(brief.company.expose());
    if safe_name(brief.name.expose()).is_some() && !company.is_empty() {
        glance.push(draft.value(company));
    }
    for (question, answer) in &brief.wants {
        let answer = draft.value(unlinked(answer.expose()));
        glance.push(match question.as_deref().map(asked) {
            Some(question) => {
                let question = draft.value(question);
                texts::label(locale, &question, &answer)
            }
            None => texts::quoted(locale, &answer),
        });
    }
    if let Some((points, why)) = brief.why.first()
        && *points > 0
    {
        glance.push(draft.value(why.as_str()));
    }
    draft.paragraph(&glance.join("\\\n"));
    reach(alert, &mut draft, locale, links);

    let greeting = match alert.owner.as_str() {
        "" => texts::hello_all(locale).to_owned(),
        owner => {
            let owner = draft.value(first_name(owner));
            texts::hello(locale, &owner)
        }
    };
    let (tried, planned) = case.map_or((1, 1), |case| case.attempt);
    let attempt = draft.value(texts::attempt_of(locale, tried, planned));
    draft.paragraph(&greeting);
    draft.paragraph(&opening(alert, cause, &campaign, &until, &attempt, locale));
    details(alert, &mut draft, &grade, locale);

    let preview = texts::preview(locale);
    let body = draft.body;
    let source = format!("+++\nsubject = \"{subject}\"\npreview = \"{preview}\"\n+++\n{body}");
    Written {
        source,
        values: draft.values,
    }
}

/// The best name by which sales can call somebody, in a subject too: nothing that a mail client makes a link of but the address.
pub fn best_name(brief: &Brief) -> Option<String> {
    let name = safe_name(brief.name.expose()).or_else(|| safe_name(brief.company.expose()));
    let email = || Some(brief.email.as_ref()?.expose().to_owned());
    let phone = || Some(brief.phone.as_ref()?.0.expose().to_owned());
    name.or_else(email).or_else(phone)
}

/// How one greets a colleague.
pub fn first_name(owner: &str) -> &str {
    owner.split_whitespace().next().unwrap_or(owner)
}

/// The two actions, and the other ways to the person and to the lead.
fn reach(alert: &Alert, draft: &mut Draft, locale: Locale, links: Links) {
    let brief = &alert.brief;
    let mut others = Vec::new();
    let write = brief.email.as_ref().map(|email| {
        let (address, url) = (draft.value(email.expose()), draft.mailto(email));
        (texts::write_to(locale, &address), url)
    });
    let call = brief.phone.as_ref().map(|(shown, phone)| {
        let (shown, url) = (draft.value(shown.expose()), draft.dial(phone));
        (texts::call_number(locale, &shown), url)
    });
    let lead = draft.url(links.lead);
    let open = (texts::open_lead(locale).to_owned(), lead);
    let first = match (call, write) {
        (Some(call), write) => {
            others.extend(write);
            others.push(open);
            call
        }
        (None, Some(write)) => {
            others.push(open);
            write
        }
        (None, None) => open,
    };
    draft.paragraph(&format!("[{}]({} \"button\")", first.0, first.1));
    if let Some(note) = links.note {
        let note = draft.url(note);
        draft.paragraph(&format!("[{}]({note} \"second\")", texts::log_call(locale)));
    }
    if let Some(today) = links.today {
        others.push((texts::my_leads(locale).to_owned(), draft.url(today)));
    }
    let others: Vec<String> = others.iter().map(|(words, url)| format!("[{words}]({url})")).collect();
    draft.paragraph(&others.join("\\\n"));
}

/// What is read before the call: what is new, what they said, why the grade, what to ask.
fn details(alert: &Alert, draft: &mut Draft, grade: &str, locale: Locale) {
    let brief = &alert.brief;
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
    draft.heading(&texts::why(locale, grade, Axis::Fit.name(locale), &fit, &engagement));
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
}

/// A question as a label. The name of a field that no form declares was typed too.
fn asked(question: &str) -> String {
    unlinked(question.trim_end_matches(['?', ' ', '\u{a0}', '\u{202f}']))
}

/// What is to be done, and until when: the first words of the subject, and of the email.
fn what(alert: &Alert, cause: Cause, until: &str, locale: Locale) -> String {
    match (alert.kind, cause) {
        (AlertKind::Call, _) if is_sale(alert) => texts::sale(locale, until),
        (AlertKind::Alert, Cause::Mql) => texts::call(locale, until),
        (AlertKind::Alert, Cause::Returned) => texts::returned(locale, until),
        (AlertKind::Alert, Cause::AsksAgain) => texts::asks_again_call(locale, until),
        (AlertKind::AsksAgain, _) => texts::asks_again(locale).to_owned(),
        (AlertKind::Post, _) => texts::new_enquiry(locale).to_owned(),
        (AlertKind::Reply, _) => texts::replied(locale).to_owned(),
        (AlertKind::Meeting, _) => texts::meeting(locale).to_owned(),
        (AlertKind::Back, _) => texts::back(locale).to_owned(),
        (AlertKind::Assigned, _) if alert.case.is_some() => texts::assigned_call(locale, until),
        (AlertKind::Assigned, _) => texts::assigned(locale).to_owned(),
        (AlertKind::Hotter, _) => texts::hotter(locale, until),
        (AlertKind::Soon, _) => texts::soon(locale, until),
        (AlertKind::Late, _) => texts::late(locale, until),
        (AlertKind::Escalated, _) => texts::escalated(locale, until),
        (AlertKind::Last, _) => texts::last(locale, until),
        (AlertKind::Call, _) => texts::next_attempt(locale, until),
        (AlertKind::Decide, _) => texts::decide(locale, until),
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
