//! What happened to a lead, in order and in words.

use jiff::Timestamp;

use crate::campaign::Catalog;
use crate::kit::locale::Locale;
use crate::kit::vocabulary::ExitReason;
use crate::kit::vocabulary::Purpose;
use crate::kit::vocabulary::SignalKind;
use crate::lead::consent::{ConsentState, Method};
use crate::lead::ledger::EntryState;
use crate::lead::signal::Signal;
use crate::lead::stage::{Mover, Stage};
use crate::lead::{Lead, StageChange, SuppressionReason};
use crate::rules::alert::AlertKind;

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
    let pick = |fr: &str, en: &str| locale.pick(fr, en).to_owned();
    let name = |id| {
        catalog
            .get(id)
            .map_or_else(|| id.to_string(), |c| c.name.get(locale).to_owned())
    };
    for capture in lead.captures.iter() {
        let mut text = format!(
            "{} {}",
            pick("Formulaire envoyé\u{a0}:", "Form posted:"),
            name(&capture.campaign)
        );
        if let Some(source) = capture.touch.get("source") {
            text.push_str(&format!(" ({source})"));
        }
        add(capture.at, "capture", text);
    }
    for consent in lead.consents.iter() {
        let version = &consent.text_version;
        let asked = match locale {
            Locale::Fr => format!("Case cochée, texte {version}"),
            Locale::En => format!("Box ticked, wording {version}"),
        };
        let asked = match consent.purpose {
            Purpose::Marketing => asked,
            Purpose::Tracking => format!("{asked} ({})", pick("mesure individuelle", "individual tracking")),
            Purpose::Sharing => format!("{asked} ({})", pick("transmission à des tiers", "sharing with others")),
        };
        add(consent.asked_at, "consent", asked);
        if let Some(at) = consent.confirmed_at {
            let how = pick("Consentement confirmé par l’e-mail", "Consent confirmed from the mail");
            add(at, "consent", how);
        }
        if consent.state == ConsentState::Withdrawn {
            let how = match consent.method {
                Method::OneClick => pick("désinscription en un clic", "one-click unsubscribe"),
                Method::Preferences => pick("page des préférences", "preferences page"),
                Method::Retention => pick("durée de conservation écoulée", "kept long enough"),
                Method::Complaint => pick(
                    "plainte signalée par la messagerie",
                    "complaint reported by the mailbox provider",
                ),
                Method::Reported => pick("signalé par un autre outil", "reported by another system"),
                _ => pick("page de désinscription", "unsubscribe page"),
            };
            add(
                consent.at,
                "consent",
                format!("{} {how}", pick("Consentement retiré\u{a0}:", "Consent withdrawn:")),
            );
        }
    }
    for lift in &lead.lifts {
        let text = format!(
            "{} {}",
            pick("Arrêt levé par un opérateur\u{a0}:", "Stop lifted by an operator:"),
            lift.reason.expose()
        );
        add(lift.at, "suppression", text);
    }
    if let Some(at) = lead.preferences.at {
        add(at, "preferences", pick("Préférences enregistrées", "Preferences saved"));
    }
    for signal in &lead.signals {
        let Some(mut text) = signal_name(signal, locale).map(str::to_owned) else {
            continue;
        };
        if signal.id.is_some() && !signal.of.is_empty() {
            text.push_str(&format!("{} {}", pick("\u{a0}:", ":"), signal.of));
        }
        if let Some(source) = &signal.source {
            text.push_str(&format!(" ({source})"));
        }
        add(signal.at, "signal", text);
    }
    for change in &lead.history {
        let by = match change.by {
            Mover::Score => pick("score", "score"),
            Mover::Operator => pick("opérateur", "operator"),
            Mover::Report => pick("autre outil", "other system"),
            Mover::Sales => pick("commercial", "sales"),
            Mover::Answers => pick("réponses", "answers"),
            Mover::Attempts => pick("tentatives épuisées", "attempts used up"),
            Mover::Silence => pick("silence", "silence"),
            Mover::Return => pick("retour", "return"),
        };
        let to = stage_name(change.to, locale);
        add(
            change.at,
            "stage",
            format!(
                "{} {to} ({by}, {})",
                pick("Étape\u{a0}:", "Stage:"),
                reason(change, locale)
            ),
        );
    }
    for case in &lead.cases {
        let campaign = catalog.get(&lead.campaign);
        let owner = campaign.and_then(|campaign| campaign.sales.as_ref()?.owner(&case.owner));
        let owner = owner.map_or(case.owner.as_str(), |owner| owner.name.as_str());
        let handed = pick("Confié aux ventes, suivi par", "Handed to sales, in charge:");
        add(case.opened_at, "sales", format!("{handed} {owner}"));
        for send in &case.ledger {
            let what = match send.state() {
                EntryState::Sent { .. } => pick("Alerte envoyée\u{a0}:", "Alert sent:"),
                EntryState::Skipped { .. } => pick("Alerte devenue inutile\u{a0}:", "Alert no longer needed:"),
                EntryState::Failed { .. } => pick("Alerte refusée\u{a0}:", "Alert refused:"),
                EntryState::Unknown => pick("Alerte dont l’issue est inconnue\u{a0}:", "Alert of unknown fate:"),
                EntryState::Claimed { .. } | EntryState::Waiting { .. } => {
                    pick("Alerte en cours d’envoi\u{a0}:", "Alert being sent:")
                }
            };
            add(
                send.at(),
                "sales",
                format!("{what} {}", notice_name(&send.step, locale)),
            );
        }
        for attempt in &case.attempts {
            let text = match attempt.reached {
                true => pick("Personne jointe", "Person reached"),
                false => pick("Appel sans réponse", "Call without an answer"),
            };
            add(attempt.at, "sales", text);
        }
    }
    for enrolment in &lead.enrolments {
        let sequence = format!("{}/{}", enrolment.campaign, enrolment.sequence);
        for send in &enrolment.ledger {
            let what = match send.state() {
                EntryState::Sent { .. } => pick("E-mail envoyé\u{a0}:", "Mail sent:"),
                EntryState::Claimed { .. } => pick("E-mail en cours d’envoi\u{a0}:", "Mail being sent:"),
                EntryState::Waiting { .. } => pick(
                    "E-mail en attente d’un nouvel essai\u{a0}:",
                    "Mail waiting for another try:",
                ),
                EntryState::Skipped { .. } => pick("E-mail omis\u{a0}:", "Mail skipped:"),
                EntryState::Failed { .. } => pick("E-mail refusé\u{a0}:", "Mail refused:"),
                EntryState::Unknown => pick("E-mail dont l’issue est inconnue\u{a0}:", "Mail of unknown fate:"),
            };
            let reason = match send.state() {
                EntryState::Skipped { reason } | EntryState::Failed { reason } => format!(" ({reason})"),
                _ => String::new(),
            };
            add(send.at(), "send", format!("{what} {}{reason}", send.step));
        }
        if let Some(ended) = enrolment.ended {
            let why = exit_name(ended.reason, locale);
            add(
                ended.at,
                "enrolment",
                format!(
                    "{} {sequence} ({why})",
                    pick("Fin de séquence\u{a0}:", "Sequence over:")
                ),
            );
        }
    }
    if let Some(suppression) = lead.suppression {
        let why = match suppression.reason {
            SuppressionReason::Unsubscribe => pick("plus d’e-mails marketing", "no more marketing mail"),
            SuppressionReason::SoftBounces => pick("trop de rejets temporaires", "too many soft bounces"),
            SuppressionReason::Bounce => pick("adresse injoignable", "address does not work"),
            SuppressionReason::Complaint => pick("plainte", "complaint"),
        };
        add(
            suppression.at,
            "suppression",
            format!("{} {why}", pick("Envois arrêtés\u{a0}:", "Mail stopped:")),
        );
    }
    events.sort_by_key(|event| event.at);
    events
}

/// What a signal is called; `None` for what the post or the consent tells by itself.
fn signal_name(signal: &Signal, locale: Locale) -> Option<&'static str> {
    Some(match signal.kind {
        SignalKind::Form if signal.id.is_some() => locale.pick("Coordonnées reçues", "Details received"),
        SignalKind::Form | SignalKind::Confirm => return None,
        SignalKind::Click => locale.pick("Lien suivi dans un e-mail", "Link followed in a mail"),
        SignalKind::Visit => locale.pick("Page visitée", "Page visited"),
        SignalKind::Download => locale.pick("Téléchargement", "Download"),
        SignalKind::Reply => locale.pick("Réponse reçue", "Reply received"),
        SignalKind::Meeting => locale.pick("Rendez-vous", "Meeting"),
        SignalKind::CallReached => locale.pick("Appel abouti", "Call answered"),
        SignalKind::CallNoAnswer => locale.pick("Appel sans réponse", "Call not answered"),
        SignalKind::CallNotAFit => locale.pick("Appel\u{a0}: pas un client pour nous", "Call: not a fit"),
        SignalKind::Won => locale.pick("Vente gagnée", "Deal won"),
        SignalKind::Lost => locale.pick("Vente perdue", "Deal lost"),
        SignalKind::Unsubscribe => locale.pick("Ne veut plus d’e-mails", "Wants no more mail"),
    })
}

/// Why a stage changed: a person's own words stay as they are; what Piste wrote down is said in the reader's language.
fn reason(change: &StageChange, locale: Locale) -> String {
    let kept = change.reason.expose();
    match (change.by, locale) {
        (Mover::Score | Mover::Return, Locale::Fr) => kept.replacen("fit ", "profil ", 1),
        (Mover::Attempts, Locale::Fr) => kept.replacen("no answer", "sans réponse", 1),
        (Mover::Answers, _) => locale.pick("critères réunis", "criteria met").to_owned(),
        _ => kept.to_owned(),
    }
}

/// What a mail to sales was about, by its step; the number of its task, if there is one, stays behind it.
fn notice_name(step: &str, locale: Locale) -> String {
    let (name, serial) = step.split_once('-').unwrap_or((step, ""));
    let kind = AlertKind::ALL.into_iter().find(|kind| kind.code() == name);
    let words = kind.map_or(name, |kind| kind.name(locale));
    match serial {
        "" => words.to_owned(),
        serial => format!("{words} ({serial})"),
    }
}

/// The name of a stage as people read it.
pub fn stage_name(stage: Stage, locale: Locale) -> &'static str {
    match stage {
        Stage::Lead => "Lead",
        Stage::Mql => "MQL",
        Stage::Sql => "SQL",
        Stage::Customer => locale.pick("Client", "Customer"),
        Stage::Disqualified => locale.pick("Écarté", "Disqualified"),
        Stage::Recycled => locale.pick("Recyclé", "Recycled"),
        Stage::Dormant => locale.pick("Dormant", "Dormant"),
    }
}

fn exit_name(reason: ExitReason, locale: Locale) -> &'static str {
    match reason {
        ExitReason::Unsubscribe => locale.pick("désinscription", "unsubscribed"),
        ExitReason::Bounce => locale.pick("adresse injoignable", "bounced"),
        ExitReason::Complaint => locale.pick("plainte", "complaint"),
        ExitReason::Reply => locale.pick("réponse", "replied"),
        ExitReason::Sql => locale.pick("repris par les commerciaux", "taken over by sales"),
        ExitReason::Customer => locale.pick("devenu client", "became a customer"),
        ExitReason::Disqualified => locale.pick("écarté", "disqualified"),
        ExitReason::NoBasis => locale.pick("sans base légale", "no legal basis"),
        ExitReason::Completed => locale.pick("terminée", "completed"),
        ExitReason::Return => locale.pick("retour de la personne", "the person came back"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_to_sales_is_named_by_what_it_is_about() {
        assert_eq!(notice_name("alert", Locale::Fr), "un lead à rappeler");
        assert_eq!(notice_name("call-3", Locale::En), "next attempt (3)");
        assert_eq!(notice_name("something", Locale::En), "something");
        for kind in AlertKind::ALL {
            assert_ne!(notice_name(kind.code(), Locale::En), kind.code());
        }
    }
}
