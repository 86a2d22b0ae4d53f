//! The mail to the salesperson in charge: why the lead is hot, by when to call, and the buttons.
//!
//! Its words are the product's own, so they stand here and not in a campaign's folder. What a visitor typed goes in as
//! values, never as a part of the template.

use piste_domain::codes;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use strum::{EnumString, IntoStaticStr, VariantArray};

use piste_domain::Locale;
use piste_domain::kit::format::moment_nearby;
use piste_domain::kit::text::safe_name;
use piste_domain::lead::case::Cause;
use piste_domain::rules::alert::{Alert, AlertKind};
use piste_domain::rules::scoring::Axis;

use super::template::Template;

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
        match self {
            Self::Accept => locale.pick("Accepter ce lead", "Accept this lead"),
            Self::Reject => locale.pick("Écarter ce lead", "Turn this lead down"),
            Self::Reached => locale.pick("J’ai joint la personne", "I reached the person"),
            Self::NoAnswer => locale.pick("Pas de réponse", "No answer"),
            Self::Snooze => locale.pick("Plus tard", "Later"),
        }
    }

    /// The buttons that make sense in a mail, in order.
    fn of(alert: &Alert) -> Vec<Self> {
        let decides = alert.kind == AlertKind::Decide;
        Self::ALL
            .into_iter()
            .filter(|button| match button {
                Self::Accept => !alert.is_accepted,
                Self::Reject => true,
                Self::Reached | Self::NoAnswer => !decides,
                Self::Snooze => !decides && alert.may_snooze,
            })
            .collect()
    }
}

/// A mail under construction: fixed words, and values by number.
#[derive(Default)]
struct Draft {
    body: String,
    values: Vec<(String, String)>,
}

impl Draft {
    /// A place in the template for a value.
    fn value(&mut self, value: impl Into<String>) -> String {
        self.named("v", value)
    }

    /// The same for an address, which the template engine checks.
    fn url(&mut self, url: String) -> String {
        self.named("to_url", url)
    }

    fn named(&mut self, kind: &str, value: impl Into<String>) -> String {
        // The engine tells addresses by the end of their names.
        let name = match kind.strip_suffix("_url") {
            Some(start) => format!("{start}{}_url", self.values.len()),
            None => format!("{kind}{}", self.values.len()),
        };
        let place = format!("{{{{ {name} }}}}");
        self.values.push((name, value.into()));
        place
    }

    fn paragraph(&mut self, text: &str) {
        let _ = write!(self.body, "{text}\n\n");
    }

    fn heading(&mut self, text: &str) {
        self.paragraph(&format!("**{text}**"));
    }

    fn item(&mut self, text: &str) {
        let _ = writeln!(self.body, "- {text}");
    }

    fn end_list(&mut self) {
        self.body.push('\n');
    }
}

/// An alert ready to be composed.
pub struct WrittenAlert {
    /// Its template.
    pub template: Arc<Template>,
    values: Vec<(String, String)>,
}

impl WrittenAlert {
    /// The values of the template.
    pub fn variables(&self) -> BTreeMap<&str, String> {
        self.values
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect()
    }
}

/// Writes an alert. `link` signs the link of a button. `None` would be a fault of the words below: every test renders them.
pub fn write(alert: &Alert, campaign: &str, locale: Locale, link: impl Fn(Button) -> String) -> Option<WrittenAlert> {
    let pick = |fr: &'static str, en: &'static str| locale.pick(fr, en);
    let colon = pick("\u{a0}:", ":");
    let brief = &alert.brief;
    let mut draft = Draft::default();
    let until = moment_nearby(alert.until, &alert.zone, locale);
    let until = draft.value(until);
    let who = safe_name(brief.name.expose()).unwrap_or_else(|| pick("un lead", "a lead").to_owned());
    let who = draft.value(who);
    let grade = draft.value(brief.grade.as_str());
    let subject = format!("{} {who} ({grade})", subject(alert.kind, alert.cause, locale));

    let owner = draft.value(alert.owner.as_str());
    draft.paragraph(&format!("{} {owner},", pick("Bonjour", "Hello")));
    let campaign = draft.value(campaign);
    let (tried, of) = alert.attempt;
    let count = draft.value(match locale {
        Locale::Fr => format!("{tried} sur {of}"),
        Locale::En => format!("{tried} of {of}"),
    });
    draft.paragraph(&opening(alert, &campaign, &until, &count, locale));

    draft.heading(pick("La personne", "The person"));
    let (name, email) = (draft.value(brief.name.expose()), draft.value(brief.email.expose()));
    if !brief.name.expose().is_empty() {
        draft.item(&format!("{}{colon} {name}", pick("Nom", "Name")));
    }
    draft.item(&format!("E-mail{colon} {email}"));
    for (question, answer) in &brief.answers {
        let (question, answer) = (
            draft.value(question.trim_end_matches(['?', ' ', '\u{a0}', '\u{202f}'])),
            draft.value(answer.expose()),
        );
        draft.item(&format!("{question}{colon} {answer}"));
    }
    draft.end_list();

    let (fit, engagement) = brief.sums;
    let (fit, engagement) = (draft.value(fit.to_string()), draft.value(engagement.to_string()));
    draft.heading(&format!(
        "{} {grade}{colon} {} {fit}, engagement {engagement}",
        pick("Pourquoi", "Why"),
        Axis::Fit.name(locale)
    ));
    for (points, why) in &brief.why {
        let (points, why) = (draft.value(format!("{points:+}")), draft.value(why.as_str()));
        draft.item(&format!("{points} · {why}"));
    }
    draft.end_list();

    if !brief.checklist.is_empty() {
        draft.heading(pick("À vérifier pour un SQL", "To check for an SQL"));
        for (what, met) in &brief.checklist {
            let mark = if *met { "✓" } else { "✗" };
            let said = match met {
                true => pick("d’après ses réponses", "by their answers"),
                false => pick("à demander", "to be asked"),
            };
            let what = draft.value(what.as_str());
            draft.item(&format!("{mark} {what} ({said})"));
        }
        draft.end_list();
    }

    draft.heading(pick("Votre réponse", "Your response"));
    draft.paragraph(pick(
        "Chaque bouton ouvre une page où un seul clic enregistre\u{a0}; rien n’est noté avant.",
        "Each button opens a page where a single press records; nothing is noted before.",
    ));
    for button in Button::of(alert) {
        let url = draft.url(link(button));
        draft.paragraph(&format!("[{}]({url} \"button\")", button.words(locale)));
    }

    let preview = pick(
        "Pourquoi, avant quand, et vos boutons.",
        "Why, by when, and your buttons.",
    );
    let source = format!(
        "+++\nsubject = \"{subject}\"\npreview = \"{preview}\"\n+++\n{}",
        draft.body
    );
    Some(WrittenAlert {
        template: Template::read(&source.into()).ok()?,
        values: draft.values,
    })
}

fn subject(kind: AlertKind, cause: Cause, locale: Locale) -> &'static str {
    match (kind, cause) {
        (AlertKind::Alert, Cause::Mql) => locale.pick("À rappeler\u{a0}:", "Call now:"),
        (AlertKind::Alert, Cause::Returned) => locale.pick("De retour, à rappeler\u{a0}:", "Back again, call now:"),
        (AlertKind::Hotter, _) => locale.pick("Plus chaud, à rappeler\u{a0}:", "Hotter, call now:"),
        (AlertKind::Soon, _) => locale.pick("Le délai court\u{a0}:", "Time is running:"),
        (AlertKind::Late, _) => locale.pick("En retard\u{a0}:", "Overdue:"),
        (AlertKind::Escalated, _) => locale.pick("Vous prenez la suite\u{a0}:", "Passed on to you:"),
        (AlertKind::Last, _) => locale.pick("Dernier rappel\u{a0}:", "Last reminder:"),
        (AlertKind::Call, _) => locale.pick("Nouvelle tentative\u{a0}:", "Next attempt:"),
        (AlertKind::Decide, _) => locale.pick("À décider\u{a0}:", "Yours to decide:"),
    }
}

fn opening(alert: &Alert, campaign: &str, until: &str, count: &str, locale: Locale) -> String {
    match (alert.kind, alert.cause, locale) {
        (AlertKind::Alert, Cause::Mql, Locale::Fr) => format!(
            "Un lead de la campagne «\u{a0}{campaign}\u{a0}» est prêt à être appelé. Première réponse attendue avant **{until}**."
        ),
        (AlertKind::Alert, Cause::Mql, Locale::En) => {
            format!("A lead of the campaign “{campaign}” is ready to be called. First response due by **{until}**.")
        }
        (AlertKind::Alert, Cause::Returned, Locale::Fr) => format!(
            "Un lead de la campagne «\u{a0}{campaign}\u{a0}» donne de nouveau signe de vie. Première réponse attendue avant **{until}**."
        ),
        (AlertKind::Alert, Cause::Returned, Locale::En) => {
            format!("A lead of the campaign “{campaign}” has come back. First response due by **{until}**.")
        }
        (AlertKind::Hotter, _, Locale::Fr) => format!(
            "Ce lead de «\u{a0}{campaign}\u{a0}» est devenu plus chaud, et le délai plus court\u{a0}: première réponse avant **{until}**."
        ),
        (AlertKind::Hotter, _, Locale::En) => {
            format!(
                "This lead of “{campaign}” got hotter, and the deadline shorter: first response due by **{until}**."
            )
        }
        (AlertKind::Soon, _, Locale::Fr) => format!(
            "La moitié du délai est passée pour ce lead de «\u{a0}{campaign}\u{a0}». Première réponse attendue avant **{until}**."
        ),
        (AlertKind::Soon, _, Locale::En) => {
            format!("Half of the time is over for this lead of “{campaign}”. First response due by **{until}**.")
        }
        (AlertKind::Late, _, Locale::Fr) => format!(
            "Ce lead de «\u{a0}{campaign}\u{a0}» attend toujours\u{a0}: le délai est passé depuis **{until}**. Tentative {count}."
        ),
        (AlertKind::Late, _, Locale::En) => {
            format!("This lead of “{campaign}” is still waiting: the deadline was **{until}**. Attempt {count}.")
        }
        (AlertKind::Escalated, _, Locale::Fr) => format!(
            "Ce lead de «\u{a0}{campaign}\u{a0}» n’a pas eu de réponse dans les délais\u{a0}: il est désormais le vôtre. Première réponse attendue avant **{until}**."
        ),
        (AlertKind::Escalated, _, Locale::En) => format!(
            "Nobody answered this lead of “{campaign}” in time: it is yours now. First response due by **{until}**."
        ),
        (AlertKind::Last, _, Locale::Fr) => format!(
            "Ce lead de «\u{a0}{campaign}\u{a0}» attend toujours, et le délai est passé depuis **{until}**. C’est le dernier rappel\u{a0}; il reste dans la liste «\u{a0}À rappeler maintenant\u{a0}» de la console."
        ),
        (AlertKind::Last, _, Locale::En) => format!(
            "This lead of “{campaign}” is still waiting, and the deadline was **{until}**. This is the last reminder; it stays in the console’s list “To call now”."
        ),
        (AlertKind::Call, _, Locale::Fr) => format!(
            "Il est temps de rappeler ce lead de «\u{a0}{campaign}\u{a0}»\u{a0}: tentative {count}, avant **{until}**."
        ),
        (AlertKind::Call, _, Locale::En) => {
            format!("It is time to call this lead of “{campaign}” again: attempt {count}, by **{until}**.")
        }
        (AlertKind::Decide, _, Locale::Fr) => format!(
            "Ce lead de «\u{a0}{campaign}\u{a0}» a été joint. Il reste à décider\u{a0}: l’acceptez-vous pour la vente\u{202f}?"
        ),
        (AlertKind::Decide, _, Locale::En) => {
            format!("This lead of “{campaign}” was reached. One thing is left to decide: do you take it on?")
        }
    }
}
