//! What the timeline says.

use crate::kit::vocabulary::{ExitReason, SignalKind, SkipReason};
use crate::lead::SuppressionReason;
use crate::lead::consent::Method;
use crate::lead::stage::{Mover, Stage};

crate::texts! {
    // ---- the person ----

    pub(super) form_submitted(form: &str) { Fr: "Formulaire envoyé\u{a0}: {form}", En: "Form submitted: {form}" }
    pub(super) imported(form: &str) { Fr: "Importé d’une liste\u{a0}: {form}", En: "Imported from a list: {form}" }
    pub(super) form_confirmed(form: &str) {
        Fr: "Demande confirmée par la personne\u{a0}: {form}",
        En: "Enquiry confirmed by the person: {form}",
    }
    pub(super) answer_corrected(field: &str) { Fr: "Réponse corrigée\u{a0}: {field}", En: "Answer corrected: {field}" }
    pub(super) answer_noted(field: &str, by: &str) {
        Fr: "Réponse notée\u{a0}: {field} ({by})",
        En: "Answer noted: {field} ({by})",
    }
    pub(super) note { Fr: "Note", En: "Note" }
    pub(super) said_by(what: &str, text: &str, by: &str) {
        Fr: "{what}\u{a0}: {text} ({by})",
        En: "{what}: {text} ({by})",
    }
    pub(super) lapsed {
        Fr: "Consentement caduc\u{a0}: jamais confirmé",
        En: "Consent lapsed: never confirmed",
    }
    pub(super) box_ticked(version: &str) { Fr: "Case cochée, texte {version}", En: "Box ticked, wording {version}" }
    pub(super) for_tracking { Fr: "mesure individuelle", En: "individual tracking" }
    pub(super) for_sharing { Fr: "transmission à des tiers", En: "sharing with third parties" }
    pub(super) confirmed { Fr: "Consentement confirmé par e-mail", En: "Consent confirmed by email" }
    pub(super) withdrawn(how: &str) { Fr: "Consentement retiré\u{a0}: {how}", En: "Consent withdrawn: {how}" }
    pub(super) withdrawn_by for Method {
        Form { Fr: "page de désinscription", En: "unsubscribe page" }
        DoubleOptIn { Fr: "page de désinscription", En: "unsubscribe page" }
        OneClick { Fr: "désinscription en un clic", En: "one-click unsubscribe" }
        Page { Fr: "page de désinscription", En: "unsubscribe page" }
        Complaint { Fr: "plainte signalée par la messagerie", En: "complaint reported by the mailbox provider" }
        Preferences { Fr: "page des préférences", En: "preferences page" }
        Retention { Fr: "durée de conservation écoulée", En: "retention period over" }
        Operator { Fr: "noté par un opérateur", En: "noted by an operator" }
        Reported { Fr: "signalé par un autre outil", En: "reported by another system" }
    }
    pub(super) preferences_saved { Fr: "Préférences enregistrées", En: "Preferences saved" }
    pub(super) away_until(until: &str) {
        Fr: "Message d’absence reçu\u{a0}: le marketing attend jusqu’au {until}",
        En: "Out-of-office received: marketing waits until {until}",
    }
    pub(super) signal for SignalKind {
        Form { Fr: "Coordonnées reçues", En: "Details received" }
        Confirm { Fr: "Adresse confirmée", En: "Email confirmed" }
        Click { Fr: "Lien suivi dans un e-mail", En: "Link clicked in an email" }
        Visit { Fr: "Page visitée", En: "Page visited" }
        Download { Fr: "Téléchargement", En: "Download" }
        Reply { Fr: "Réponse reçue", En: "Reply received" }
        Meeting { Fr: "Rendez-vous", En: "Meeting" }
        CallReached { Fr: "Appel abouti", En: "Call answered" }
        CallNoAnswer { Fr: "Appel sans réponse", En: "Call not answered" }
        CallNotAFit { Fr: "Appel\u{a0}: ne convient pas", En: "Call: not a fit" }
        Won { Fr: "Vente gagnée", En: "Deal won" }
        Lost { Fr: "Vente perdue", En: "Deal lost" }
        Unsubscribe { Fr: "A demandé à se désinscrire", En: "Asked to unsubscribe" }
    }
    pub(super) about(what: &str, subject: &str) { Fr: "{what}\u{a0}: {subject}", En: "{what}: {subject}" }

    // ---- stages ----

    pub(super) stage_changed(to: &str, by: &str, reason: &str) {
        Fr: "Étape\u{a0}: {to} ({by}, {reason})",
        En: "Stage: {to} ({by}, {reason})",
    }
    pub(super) stage for Stage {
        Lead { Fr: "Lead", En: "Lead" }
        Mql { Fr: "MQL", En: "MQL" }
        Sql { Fr: "SQL", En: "SQL" }
        Customer { Fr: "Client", En: "Customer" }
        Disqualified { Fr: "Écarté", En: "Disqualified" }
        Recycled { Fr: "Recyclé", En: "Recycled" }
        Dormant { Fr: "Dormant", En: "Dormant" }
    }
    pub(super) moved_by for Mover {
        Score { Fr: "score", En: "score" }
        Operator { Fr: "opérateur", En: "operator" }
        Sales { Fr: "commercial", En: "sales" }
        Report { Fr: "autre outil", En: "another system" }
        Answers { Fr: "réponses", En: "answers" }
        Attempts { Fr: "tentatives épuisées", En: "all attempts used" }
        Silence { Fr: "silence", En: "silence" }
        Return { Fr: "retour", En: "return" }
    }
    /// Stands in the reason of a score as it is stored, in English.
    pub(super) fit { Fr: "profil", En: "fit" }
    /// Stands in the reason of used-up attempts as it is stored, in English.
    pub(super) no_answer { Fr: "sans réponse", En: "no answer" }
    pub(super) criteria_met { Fr: "critères réunis", En: "criteria met" }

    // ---- sales ----

    pub(super) assigned_to(owner: &str) { Fr: "Confié à {owner}", En: "Assigned to {owner}" }
    pub(super) reached { Fr: "Personne jointe", En: "Person reached" }
    pub(super) not_reached { Fr: "Appel sans réponse", En: "Call not answered" }
    pub(super) alert_sent(what: &str) { Fr: "Alerte envoyée\u{a0}: {what}", En: "Alert sent: {what}" }
    pub(super) alert_skipped(what: &str) { Fr: "Alerte devenue inutile\u{a0}: {what}", En: "Alert no longer needed: {what}" }
    pub(super) alert_joined(what: &str) { Fr: "Annoncé dans un récapitulatif\u{a0}: {what}", En: "Included in a digest: {what}" }
    pub(super) alert_failed(what: &str) { Fr: "Alerte refusée\u{a0}: {what}", En: "Alert rejected: {what}" }
    pub(super) alert_unknown(what: &str) {
        Fr: "Alerte dont l’issue est inconnue\u{a0}: {what}",
        En: "Alert with unknown outcome: {what}",
    }
    pub(super) alert_under_way(what: &str) { Fr: "Alerte en cours d’envoi\u{a0}: {what}", En: "Alert being sent: {what}" }

    // ---- emails ----

    pub(super) email_sent(step: &str) { Fr: "E-mail envoyé\u{a0}: {step}", En: "Email sent: {step}" }
    pub(super) email_under_way(step: &str) { Fr: "E-mail en cours d’envoi\u{a0}: {step}", En: "Email being sent: {step}" }
    pub(super) email_waiting(step: &str) {
        Fr: "E-mail en attente d’un nouvel essai\u{a0}: {step}",
        En: "Email waiting for another attempt: {step}",
    }
    pub(super) email_skipped(step: &str, reason: &str) {
        Fr: "E-mail omis\u{a0}: {step} ({reason})",
        En: "Email skipped: {step} ({reason})",
    }
    /// Why an email was left out.
    pub(super) skipped_for for SkipReason {
        Late { Fr: "trop tard", En: "too late" }
        TopicOff { Fr: "sujet refusé", En: "topic turned off" }
        Goal { Fr: "objectif atteint", En: "goal reached" }
        Condition { Fr: "condition non remplie", En: "condition not met" }
        Had { Fr: "déjà reçu", En: "received before" }
        Overtaken { Fr: "ajouté après coup", En: "added too late" }
        Removed { Fr: "retiré de la campagne", En: "removed from the campaign" }
        MailboxFull { Fr: "limite d’e-mails atteinte", En: "email limit reached" }
    }

    // ---- the conditions of a step ----
    pub(super) only_if(facts: &str) { Fr: "seulement si {facts}", En: "only if {facts}" }
    pub(super) unless(facts: &str) { Fr: "sauf si {facts}", En: "unless {facts}" }
    pub(super) both(when: &str, until: &str) { Fr: "{when}\u{202f}; {until}", En: "{when}; {until}" }
    pub(super) and { Fr: "et", En: "and" }
    pub(super) or { Fr: "ou", En: "or" }
    pub(super) quoted(words: &str) { Fr: "«\u{a0}{words}\u{a0}»", En: "“{words}”" }
    pub(super) answer_is(field: &str, values: &str) {
        Fr: "la réponse à {field} est {values}",
        En: "the answer to {field} is {values}",
    }
    pub(super) answer_at_least(field: &str, least: &str) {
        Fr: "la réponse à {field} est d’au moins {least}",
        En: "the answer to {field} is at least {least}",
    }
    pub(super) answered(field: &str) { Fr: "la personne a répondu à {field}", En: "the person answered {field}" }
    pub(super) not_answered(field: &str) {
        Fr: "la personne n’a pas répondu à {field}",
        En: "the person did not answer {field}",
    }
    pub(super) stage_is(stages: &str) { Fr: "l’étape est {stages}", En: "the stage is {stages}" }
    pub(super) clicked_in(steps: &str) { Fr: "la personne a cliqué dans {steps}", En: "the person clicked in {steps}" }
    pub(super) email_failed(step: &str, reason: &str) {
        Fr: "E-mail refusé\u{a0}: {step} ({reason})",
        En: "Email rejected: {step} ({reason})",
    }
    pub(super) email_unknown(step: &str) {
        Fr: "E-mail dont l’issue est inconnue\u{a0}: {step}",
        En: "Email with unknown outcome: {step}",
    }
    pub(super) sequence_ended(sequence: &str, why: &str) {
        Fr: "Fin de séquence\u{a0}: {sequence} ({why})",
        En: "Sequence ended: {sequence} ({why})",
    }
    pub(super) exit for ExitReason {
        Unsubscribe { Fr: "désinscription", En: "unsubscribed" }
        Bounce { Fr: "adresse injoignable", En: "bounced" }
        Complaint { Fr: "plainte", En: "complaint" }
        Reply { Fr: "réponse", En: "replied" }
        Sql { Fr: "repris par les commerciaux", En: "taken over by sales" }
        Customer { Fr: "devenu client", En: "became a customer" }
        Disqualified { Fr: "écarté", En: "disqualified" }
        NoAddress { Fr: "pas d’adresse e-mail", En: "no email address" }
        NoBasis { Fr: "sans base légale", En: "no legal basis" }
        Completed { Fr: "terminée", En: "completed" }
        Return { Fr: "retour de la personne", En: "the person returned" }
    }
    pub(super) stopped(why: &str) { Fr: "Envois arrêtés\u{a0}: {why}", En: "Emails stopped: {why}" }
    pub(super) stopped_for for SuppressionReason {
        Unsubscribe { Fr: "plus d’e-mails marketing", En: "no more marketing emails" }
        SoftBounces { Fr: "trop de rejets temporaires", En: "too many soft bounces" }
        Bounce { Fr: "adresse injoignable", En: "the address doesn’t work" }
        Complaint { Fr: "plainte", En: "complaint" }
    }
    pub(super) stop_lifted(reason: &str) {
        Fr: "Arrêt levé par un opérateur\u{a0}: {reason}",
        En: "Stop lifted by an operator: {reason}",
    }
}
