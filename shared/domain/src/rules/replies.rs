//! What comes to the reply address of a lead: an answer, an out-of-office, what another machine says, a bounce.
//!
//! A message is read by its head (RFC 3834, and what Exchange, Gmail, Zimbra and others add), then by its subject and text in
//! French and English. A doubt goes to the person: an answer that nobody hears of costs more than one alert too many.

mod absence;
mod no;
mod said;
mod words;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::kit::limits;
use crate::kit::personal::Personal;
use crate::kit::text::{clean_text, folded};
use crate::kit::vocabulary::SignalKind;
use crate::lead::signal::ReportId;
use crate::lead::{Away, Lead};
use crate::rules::context::Context;
use crate::rules::enrolment::shift;
use crate::rules::notices;
use crate::rules::owners::{campaign_of, ensure_owner};
use crate::rules::signals::{self, Report, Reported};

/// Who wrote it down, where a text came by email.
pub const BY: &str = "e-mail";

/// What of a message decides how it is read. No attachment is among it.
#[derive(Clone, Default)]
pub struct Incoming {
    /// The head, in its order: names in lower case, values in one line.
    pub head: Vec<(String, String)>,
    /// The subject, decoded.
    pub subject: String,
    /// The text as it was written; that of the HTML part where there is no other.
    pub text: String,
    /// The method of a calendar part, where there is one: `REQUEST` invites, all others answer.
    pub calendar: Option<String>,
}

/// How a message is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Somebody answered.
    Reply,
    /// Somebody answered, and all that they say is that they want no more emails.
    OptOut,
    /// Nobody is there, until a day if the message names it: the first one on which emails may come again.
    OutOfOffice(Option<Date>),
    /// A machine says that it has the message, or that somebody read it.
    Automatic,
    /// An email did not arrive, and the report came here instead of to SES.
    Bounce,
}

impl Reading {
    /// The word for it in logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::OptOut => "opt_out",
            Self::OutOfOffice(_) => "out_of_office",
            Self::Automatic => "automatic",
            Self::Bounce => "bounce",
        }
    }
}

impl Incoming {
    /// The first value of a head field: of several, the last server to write one stands first.
    pub fn head(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.iter();
        fields.find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    fn has(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.head(name).is_some())
    }

    /// A field, folded for comparing; empty where there is none.
    fn folded(&self, name: &str) -> String {
        folded(self.head(name).unwrap_or_default()).trim().to_owned()
    }

    /// What the person wrote, without what they quote, as far as a note reaches; empty where they wrote nothing.
    pub fn said(&self) -> Personal {
        let said = clean_text(&said::said(&self.text));
        Personal::new(said.chars().take(limits::NOTE_CHARS_MAX).collect::<String>())
    }

    /// How it is read, on this day.
    pub fn read(&self, today: Date) -> Reading {
        let said = folded(&said::said(&self.text));
        let subject = folded(self.subject.trim());
        if self.is_bounce(&subject) {
            return Reading::Bounce;
        }
        if let Some(method) = self.calendar.as_deref()
            && !method.eq_ignore_ascii_case("request")
            && !method.eq_ignore_ascii_case("publish")
        {
            return Reading::Automatic;
        }
        let absent = words::tells_of_absence(&subject) || words::tells_of_absence(&said);
        let evidence = self.evidence(&subject, &said);
        let answers = words::answers(&subject) && self.has(&["in-reply-to", "references"]);
        match evidence {
            Evidence::Nothing => {}
            Evidence::Weak if !absent && answers && !self.has_no_sender() && !said.trim().is_empty() => {}
            _ => return self.read_machine(evidence, absent, &subject, &said, today),
        }
        match no::opts_out(&subject, &said) {
            true => Reading::OptOut,
            false => Reading::Reply,
        }
    }

    fn read_machine(&self, evidence: Evidence, absent: bool, subject: &str, said: &str, today: Date) -> Reading {
        if evidence == Evidence::Receipt || words::tells_of_departure(said) {
            return Reading::Automatic;
        }
        if absent {
            let until = absence::back(&format!("{subject}.\n\n{said}"), today);
            return Reading::OutOfOffice(until);
        }
        // Says that it is automatic and not what about: whoever sets that up is away, unless it thanks for the message.
        let vacation = evidence == Evidence::Strong
            && !words::acknowledges(subject)
            && !words::acknowledges(said)
            && (words::is_automatic_subject(subject) || self.folded("auto-submitted").starts_with("auto-replied"));
        match vacation {
            true => Reading::OutOfOffice(absence::back(&format!("{subject}.\n\n{said}"), today)),
            false => Reading::Automatic,
        }
    }

    /// Whether its envelope names nobody to write back to, as machines do (RFC 5321, section 4.5.5).
    fn has_no_sender(&self) -> bool {
        self.head("return-path").is_some_and(|path| path.trim() == "<>")
    }

    fn is_bounce(&self, subject: &str) -> bool {
        let kind = self.folded("content-type");
        let is_report = kind.starts_with("multipart/report");
        if is_report && (kind.contains("delivery-status") || kind.contains("feedback-report")) {
            return true;
        }
        if is_report && kind.contains("disposition-notification") {
            return false;
        }
        let from = self.folded("from");
        let by_system = words::MAIL_SYSTEMS.iter().any(|name| from.contains(name));
        self.has(&["x-failed-recipients"])
            || (words::is_bounce_subject(subject) && (by_system || self.has_no_sender()))
            || (by_system && (is_report || self.has_no_sender()) && !words::tells_of_absence(subject))
    }

    /// What says that no person wrote it.
    fn evidence(&self, subject: &str, said: &str) -> Evidence {
        let kind = self.folded("content-type");
        if kind.starts_with("multipart/report") {
            return Evidence::Receipt;
        }
        let submitted = self.folded("auto-submitted");
        let submitted = submitted.split([';', '(', ' ']).next().unwrap_or_default();
        if submitted == "auto-notified" {
            return Evidence::Receipt;
        }
        let precedence = self.folded("precedence");
        let strong = !matches!(submitted, "" | "no")
            || self.has(words::AUTOMATIC_FIELDS)
            || matches!(precedence.as_str(), "auto_reply" | "auto-reply")
            || words::is_automatic_subject(subject)
            || words::says_it_is_automatic(said)
            || words::is_absence_alone(said);
        if strong {
            return Evidence::Strong;
        }
        let suppresses = self.folded("x-auto-response-suppress");
        let weak = ["all", "oof", "autoreply"].iter().any(|word| suppresses.contains(word))
            || matches!(precedence.as_str(), "bulk" | "junk" | "list")
            || self.has(&["list-id", "list-unsubscribe", "feedback-id"])
            || self.has_no_sender()
            || words::NOBODY.iter().any(|name| self.folded("from").contains(name));
        match weak {
            true => Evidence::Weak,
            false => Evidence::Nothing,
        }
    }
}

/// How sure it is that a machine wrote.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Evidence {
    Nothing,
    /// Lists, newsletters and some mail systems of people say so too: an answer that says it is one counts.
    Weak,
    Strong,
    /// A receipt or a notification, which tells of nobody's absence.
    Receipt,
}

/// A message that was read, as it is taken.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Twice under one id, it counts once.
    pub id: ReportId,
    /// How it is read.
    pub reading: Reading,
    /// What the person wrote; may be empty.
    pub said: Personal,
}

impl Heard {
    /// The report that it amounts to; none where nothing counts.
    pub(super) fn report(&self, now: Timestamp) -> Option<Report> {
        let kind = match self.reading {
            Reading::Reply => SignalKind::Reply,
            Reading::OptOut => SignalKind::Unsubscribe,
            Reading::OutOfOffice(_) | Reading::Automatic | Reading::Bounce => return None,
        };
        Some(Report {
            id: self.id.clone(),
            source: BY.to_owned(),
            at: now,
            what: Reported::Signal(kind, String::new()),
            cents: None,
        })
    }
}

/// Takes a message to the lead's address. What a machine wrote counts as nothing.
pub(super) fn take(lead: &mut Lead, heard: &Heard, cx: &Context<'_>) {
    if let Reading::OutOfOffice(back) = heard.reading {
        stay_away(lead, &heard.id, back, cx);
    }
    let Some(report) = heard.report(cx.now) else { return };
    if !signals::take(lead, &report, cx) {
        return;
    }
    if !ensure_owner(lead, cx) {
        notices::reply_to_nobody(lead, cx);
    } else if heard.reading == Reading::OptOut {
        // They are rid of us, and whoever has the lead should know that it was said by hand.
        notices::contact(lead, SignalKind::Reply, cx);
    }
    if !heard.said.expose().is_empty() {
        lead.note_down(cx.now, BY, heard.said.clone(), None);
    }
}

/// Nobody is there: marketing waits, and what is left of it follows as much later.
fn stay_away(lead: &mut Lead, id: &ReportId, back: Option<Date>, cx: &Context<'_>) {
    if lead.away.as_ref().is_some_and(|away| away.id == *id) {
        return;
    }
    let zone = cx
        .catalog
        .get(&campaign_of(lead))
        .map_or(TimeZone::UTC, |campaign| lead.time_zone(campaign));
    let named = back.and_then(|day| day.to_zoned(zone).ok());
    let until = named.map(|day| day.timestamp()).filter(|until| *until > cx.now);
    let until = until.unwrap_or(cx.now + limits::AWAY);
    let stands = |until: Option<Timestamp>| until.filter(|until| *until > cx.now);
    let known = stands(lead.away.as_ref().map(|away| away.until));
    if known.is_some_and(|known| known >= until) {
        return;
    }
    let before = known.into_iter().chain(stands(lead.preferences.paused_until)).max();
    let before = before.unwrap_or(cx.now);
    lead.away = Some(Away {
        at: cx.now,
        until,
        id: id.clone(),
    });
    if until > before {
        shift(lead, until.duration_since(before), cx);
    }
}

#[cfg(test)]
mod tests;
