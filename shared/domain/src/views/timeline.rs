//! What happened to a lead, in order and in words.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::texts;
use crate::campaign::Catalog;
use crate::kit::format;
use crate::kit::locale::Locale;
use crate::kit::vocabulary::{Purpose, SignalKind};
use crate::lead::consent::ConsentState;
use crate::lead::ledger::EntryState;
use crate::lead::signal::Signal;
use crate::lead::stage::{Mover, Stage};
use crate::lead::words::PERSON;
use crate::lead::{Lead, StageChange};
use crate::rules::alert::AlertKind;
use crate::rules::notices;
use crate::views::conditions::skipped_for;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// A stable word for programs: `capture`, `consent`, `signal`, `stage`, `sales`, `enrolment`, `send`, `suppression`, `preferences`.
    pub kind: &'static str,
    /// A sentence for people.
    pub text: String,
}

/// Everything that happened to the lead, oldest first.
pub fn timeline(lead: &Lead, catalog: &Catalog, locale: Locale) -> Vec<Event> {
    let mut events = Vec::new();
    let mut add = |at, kind, text: String| events.push(Event { at, kind, text });
    for enquiry in lead.words.enquiries() {
        let campaign = catalog.get(&enquiry.campaign);
        let form = campaign.map_or(enquiry.campaign.as_str(), |campaign| campaign.name.get(locale));
        let is_import = enquiry.import().is_some();
        let submitted = match is_import {
            true => texts::imported(locale, form),
            false => texts::form_submitted(locale, form),
        };
        let by = enquiry.source.as_deref().filter(|_| !is_import);
        let by = by.or(enquiry.touch.get("source"));
        add(enquiry.at, "capture", noted(submitted, by));
        if let Some(at) = enquiry.confirmed_at {
            add(at, "capture", texts::form_confirmed(locale, form));
        }
    }
    for own in lead.words.statements().iter().filter(|own| !own.field.starts_with('_')) {
        let campaigns = lead.campaigns().filter_map(|id| catalog.get(id));
        let field = campaigns
            .flat_map(|campaign| &campaign.form.fields)
            .find(|field| field.name == own.field);
        let label = field.map_or(own.field.as_str(), |field| field.label.get(locale));
        let text = match own.by == PERSON {
            true => texts::answer_corrected(locale, label),
            false => texts::answer_noted(locale, label, &own.by),
        };
        add(own.at, "answer", text);
    }
    for note in &lead.notes {
        let what = match note.reached {
            Some(true) => texts::reached(locale),
            Some(false) => texts::not_reached(locale),
            None => texts::note(locale),
        };
        add(
            note.at,
            "note",
            texts::said_by(locale, what, note.text.expose(), &note.by),
        );
    }
    for consent in lead.consents.iter() {
        let asked = texts::box_ticked(locale, &consent.text_version);
        let purpose = match consent.purpose {
            Purpose::Marketing => None,
            Purpose::Tracking => Some(texts::for_tracking(locale)),
            Purpose::Sharing => Some(texts::for_sharing(locale)),
        };
        add(consent.asked_at, "consent", noted(asked, purpose));
        if let Some(at) = consent.confirmed_at {
            add(at, "consent", texts::confirmed(locale).to_owned());
        }
        if consent.state == ConsentState::Lapsed {
            add(consent.at, "consent", texts::lapsed(locale).to_owned());
        }
        if consent.state == ConsentState::Withdrawn {
            let how = texts::withdrawn_by(locale, consent.method);
            add(consent.at, "consent", texts::withdrawn(locale, how));
        }
    }
    for lift in &lead.lifts {
        add(lift.at, "suppression", texts::stop_lifted(locale, lift.reason.expose()));
    }
    if let Some(at) = lead.preferences.at {
        add(at, "preferences", texts::preferences_saved(locale).to_owned());
    }
    if let Some(away) = &lead.away {
        let campaign = catalog.get(&lead.campaign);
        let zone = campaign.map_or(TimeZone::UTC, |campaign| lead.time_zone(campaign));
        let until = format::moment(away.until, &zone, locale);
        add(away.at, "preferences", texts::away_until(locale, &until));
    }
    for signal in lead.signals.iter().filter(|signal| !tells_itself(signal)) {
        let what = texts::signal(locale, signal.kind);
        let what = match signal.id.is_some() && !signal.of.is_empty() {
            true => texts::about(locale, what, &signal.of),
            false => what.to_owned(),
        };
        add(signal.at, "signal", noted(what, signal.source.as_deref()));
    }
    for change in &lead.history {
        let to = texts::stage(locale, change.to);
        let by = change
            .user
            .as_deref()
            .unwrap_or_else(|| texts::moved_by(locale, change.by));
        add(
            change.at,
            "stage",
            texts::stage_changed(locale, to, by, &reason(change, locale)),
        );
    }
    for case in &lead.cases {
        let campaign = catalog.get(case.campaign(lead));
        let named = |id: &str| {
            let owner = campaign.and_then(|campaign| campaign.sales.as_ref()?.owner(id));
            owner.map_or_else(|| id.to_owned(), |owner| owner.name.clone())
        };
        // Whose it was then, whoever has it now.
        add(
            case.opened_at,
            "sales",
            texts::assigned_to(locale, &named(case.owner_at(case.opened_at))),
        );
        for handover in &case.handovers {
            add(
                handover.at,
                "sales",
                texts::assigned_to(locale, &named(case.owner_at(handover.at))),
            );
        }
        for alert in &case.ledger {
            let say = match alert.state() {
                EntryState::Sent { .. } => texts::alert_sent,
                EntryState::Skipped { reason } if reason == EntryState::JOINED => texts::alert_joined,
                EntryState::Skipped { .. } => texts::alert_skipped,
                EntryState::Failed { .. } => texts::alert_failed,
                EntryState::Unknown => texts::alert_unknown,
                EntryState::Claimed { .. } | EntryState::Waiting { .. } => texts::alert_under_way,
            };
            add(alert.at(), "sales", say(locale, &alert_name(&alert.step, locale)));
        }
        for attempt in &case.attempts {
            let text = match attempt.reached {
                true => texts::reached(locale),
                false => texts::not_reached(locale),
            };
            let text = match (&attempt.note, &attempt.user) {
                (Some(note), Some(user)) => texts::said_by(locale, text, note.expose(), user),
                (Some(note), None) => texts::about(locale, text, note.expose()),
                (None, _) => text.to_owned(),
            };
            add(attempt.at, "sales", text);
        }
    }
    for alert in &lead.notices {
        let what = notices::kind_of(&alert.step).map_or(alert.step.as_str(), |kind| kind.name(locale));
        match alert.state() {
            EntryState::Sent { .. } => add(alert.at(), "sales", texts::alert_sent(locale, what)),
            EntryState::Skipped { reason } if reason == EntryState::JOINED => {
                add(alert.at(), "sales", texts::alert_joined(locale, what));
            }
            _ => {}
        }
    }
    for enrolment in &lead.enrolments {
        for email in &enrolment.ledger {
            let step = &email.step;
            let text = match email.state() {
                EntryState::Sent { .. } => texts::email_sent(locale, step),
                EntryState::Claimed { .. } => texts::email_under_way(locale, step),
                EntryState::Waiting { .. } => texts::email_waiting(locale, step),
                EntryState::Skipped { reason } => texts::email_skipped(locale, step, skipped_for(reason, locale)),
                EntryState::Failed { reason } => texts::email_failed(locale, step, reason),
                EntryState::Unknown => texts::email_unknown(locale, step),
            };
            add(email.at(), "send", text);
        }
        if let Some(ended) = enrolment.ended {
            let sequence = format!("{}/{}", enrolment.campaign, enrolment.sequence);
            let why = texts::exit(locale, ended.reason);
            add(ended.at, "enrolment", texts::sequence_ended(locale, &sequence, why));
        }
    }
    if let Some(suppression) = lead.stop() {
        let why = texts::stopped_for(locale, suppression.reason);
        add(suppression.at, "suppression", texts::stopped(locale, why));
    }
    events.sort_by_key(|event| event.at);
    events
}

/// A line with a remark in brackets, if there is one.
fn noted(text: String, remark: Option<&str>) -> String {
    match remark {
        Some(remark) => format!("{text} ({remark})"),
        None => text,
    }
}

/// Whether the post or the consent already has the line of this signal.
fn tells_itself(signal: &Signal) -> bool {
    match signal.kind {
        SignalKind::Form => signal.id.is_none(),
        SignalKind::Confirm => true,
        _ => false,
    }
}

/// Why a stage changed: a person's own words stay as they are; what Piste wrote down is said in the reader's language.
fn reason(change: &StageChange, locale: Locale) -> String {
    let kept = change.reason.expose();
    match change.by {
        Mover::Score | Mover::Return => kept.replacen("fit ", &format!("{} ", texts::fit(locale)), 1),
        Mover::Attempts => kept.replacen("no answer", texts::no_answer(locale), 1),
        Mover::Answers => texts::criteria_met(locale).to_owned(),
        _ => kept.to_owned(),
    }
}

/// What an email to sales was about, by its step; the number of its task, if there is one, follows in brackets.
fn alert_name(step: &str, locale: Locale) -> String {
    let (name, serial) = step.split_once('-').unwrap_or((step, ""));
    let words = AlertKind::from_code(name).map_or(name, |kind| kind.name(locale));
    noted(words.to_owned(), Some(serial).filter(|serial| !serial.is_empty()))
}

/// What a person did, in words.
pub fn signal_name(kind: SignalKind, locale: Locale) -> &'static str {
    texts::signal(locale, kind)
}

/// The name of a stage as people read it.
pub fn stage_name(stage: Stage, locale: Locale) -> &'static str {
    texts::stage(locale, stage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_to_sales_is_named_by_what_it_is_about() {
        assert_eq!(alert_name("alert", Locale::Fr), "un lead à rappeler");
        assert_eq!(alert_name("call-3", Locale::En), "next attempt (3)");
        assert_eq!(alert_name("something", Locale::En), "something");
        for kind in AlertKind::ALL {
            assert_ne!(alert_name(kind.code(), Locale::En), kind.code());
        }
    }
}
