//! What sales does about a lead.

use piste_domain::lead::case::{Cause, Closing};

use crate::pages::Outcome;

piste_domain::texts! {
    // Why a lead is disqualified.
    pub budget { Fr: "Budget insuffisant", En: "Not enough budget" }
    pub need { Fr: "Pas de besoin réel", En: "No real need" }
    pub timing { Fr: "Trop tôt", En: "Too early" }
    pub no_fit { Fr: "Hors de notre offre", En: "Not what we offer" }
    pub competitor { Fr: "Concurrent, étudiant ou curieux", En: "Competitor, student or just curious" }
    pub wrong_contact { Fr: "Coordonnées fausses", En: "Wrong contact details" }
    pub other { Fr: "Autre raison", En: "Another reason" }

    // The page on which the outcome is noted.
    pub what_came_of_it { Fr: "Noter la suite", En: "Log the outcome" }
    pub choose { Fr: "Choisir", En: "Choose" }
    pub choose_reason { Fr: "Choisissez une raison.", En: "Choose a reason." }
    pub choose_outcome { Fr: "Choisissez ce qui s’est passé.", En: "Choose what happened." }
    pub choose_colleague { Fr: "Choisissez à qui confier le lead.", En: "Choose who takes the lead over." }
    pub bad_moment { Fr: "Indiquez un moment à venir, dans les douze mois.", En: "Give a moment to come, within twelve months." }
    pub note_too_long { Fr: "Cette note est trop longue.", En: "This note is too long." }
    pub note { Fr: "Note", En: "Note" }
    pub optional { Fr: " (facultatif)", En: " (optional)" }
    pub day { Fr: "Jour (facultatif)", En: "Day (optional)" }
    pub hour { Fr: "Heure (facultatif)", En: "Time (optional)" }
    pub colleague { Fr: "Collègue", En: "Colleague" }
    pub checklist_hint {
        Fr: "Corrigez ce que vous avez appris\u{a0}: ces réponses comptent comme la parole de la personne.",
        En: "Correct what you learned: these answers count as the person’s own word.",
    }
    pub call_number(number: &str) { Fr: "Appeler le {number}", En: "Call {number}" }
    pub open_lead { Fr: "Ouvrir la fiche dans la console", En: "Open in the console" }
    pub due_by_strong(at: &str) { Fr: "Avant {at}", En: "Due by {at}" }
    pub outcome_of for Outcome {
        Reached { Fr: "Personne jointe", En: "Reached" }
        NoAnswer { Fr: "Pas de réponse", En: "No answer" }
        Snooze { Fr: "Plus tard", En: "Later" }
        Accept { Fr: "J’accepte ce lead", En: "I take this lead on" }
        Reject { Fr: "Ne convient pas", En: "Not a fit" }
        HandOver { Fr: "Confier à un collègue", En: "Hand over to a colleague" }
    }

    // What waits today.
    pub my_leads { Fr: "Mes leads du jour", En: "My leads today" }
    pub most_urgent_first { Fr: "Le plus urgent d’abord.", En: "Most urgent first." }
    pub nothing_waits { Fr: "Rien ne vous attend aujourd’hui.", En: "Nothing is waiting for you today." }
    pub late_in_team { Fr: "En retard dans l’équipe", En: "Overdue in the team" }
    pub and_more(n: u64) { Fr: "Et {n} autre dans la console." | "Et {n} autres dans la console.", En: "And {n} more in the console." | "And {n} more in the console." }
    pub log_outcome { Fr: "Noter la suite", En: "Log the outcome" }
    pub go_on { Fr: "Poursuivre la vente", En: "Move the sale on" }
    pub by(what: &str, at: &str) { Fr: "{what} avant {at}", En: "{what} by {at}" }
    pub nameless { Fr: "Lead sans nom", En: "Unnamed lead" }
    pub what_it_does for Outcome {
        Accept {
            Fr: "Vous prenez ce lead en charge\u{a0}: il devient un SQL et les e-mails d’information s’arrêtent.",
            En: "You take this lead on: it becomes an SQL and its marketing emails stop."
        }
        Reject {
            Fr: "Le lead est écarté. La raison est conservée\u{a0}: elle sert à améliorer le score.",
            En: "The lead is disqualified. The reason is kept to improve scoring."
        }
        Reached {
            Fr: "Vous avez parlé à la personne\u{a0}: les rappels s’arrêtent. Il restera à accepter ou à écarter le lead.",
            En: "You spoke with the person: the reminders stop. You’ll still need to accept or disqualify the lead."
        }
        NoAnswer {
            Fr: "La tentative est comptée et la suivante planifiée. Après la dernière, le lead retourne aux e-mails d’information.",
            En: "The attempt is counted and the next one planned. After the last one, the lead goes back to marketing emails."
        }
        Snooze {
            Fr: "Sans jour ni heure, la tâche est reportée au prochain jour ouvré.", En: "Without a day or time, the task is snoozed until the next business day."
        }
        HandOver {
            Fr: "La personne choisie est prévenue aussitôt, et votre note l’attend dans la fiche du lead.",
            En: "Your colleague is told at once, and finds your note on the lead’s page."
        }
    }

    // What came of it.
    pub logged { Fr: "C’est noté", En: "Logged" }
    pub snooze_limit { Fr: "Plus de report possible", En: "Snooze limit reached" }
    pub snooze_limit_advice {
        Fr: "Ce lead a déjà été reporté autant de fois que permis. Appelez-le, ou écartez-le.",
        En: "This lead can’t be snoozed again. Call it, or disqualify it.",
    }
    pub nothing_to_log { Fr: "Rien à noter", En: "Nothing to log" }
    pub logged_before(next: &str) {
        Fr: "Cette étape a déjà été notée, ou le lead a changé de mains depuis cet e-mail. {next}",
        En: "This step has already been logged, or the lead has moved on since that email. {next}",
    }
    pub decide_next(at: &str) {
        Fr: "Il reste à accepter ou à écarter ce lead\u{a0}: le lien de l’alerte reste valable. Sans décision, un rappel part {at}.",
        En: "You still need to accept or disqualify this lead: the link in the alert still works. Without a decision, a reminder goes out on {at}.",
    }
    pub next_task_at(at: &str) { Fr: "Prochaine tâche\u{a0}: {at}.", En: "Next task: {at}." }
    pub used_up {
        Fr: "Toutes les tentatives sont faites\u{a0}: le lead retourne aux e-mails d’information, si son consentement le permet.",
        En: "All attempts have been made: the lead goes back to marketing emails, if its consent allows.",
    }
    pub is_rejected { Fr: "Le lead est écarté.", En: "The lead is disqualified." }
    pub is_sql { Fr: "Le lead est un SQL.", En: "The lead is an SQL." }
    pub nothing_left { Fr: "Il n’y a plus rien à faire pour ce lead.", En: "There is nothing left to do for this lead." }
    pub gone { Fr: "Ce lead n’existe plus", En: "This lead no longer exists" }
    pub gone_detail { Fr: "Ses données ont été supprimées.", En: "Its data has been deleted." }
    pub expired { Fr: "Ce lien n’est plus valable", En: "This link has expired" }
    pub expired_advice { Fr: "Ouvrez le lead dans la console pour noter l’appel.", En: "Open the lead in the console to log the call." }
    pub incomplete { Fr: "Ce lien est incomplet", En: "This link is incomplete" }
    pub incomplete_advice { Fr: "Copiez le lien entier depuis l’e-mail.", En: "Copy the full link from the email." }

    // The card of a lead's page.
    pub follow_up { Fr: "Suivi commercial", En: "Follow-up" }
    pub owner { Fr: "Responsable", En: "Owner" }
    pub assigned { Fr: "Confié", En: "Assigned" }
    pub cause for Cause {
        Mql { Fr: "devenu MQL", En: "became an MQL" }
        Returned { Fr: "de retour", En: "came back" }
        AsksAgain { Fr: "nouvelle demande", En: "new enquiry" }
    }
    pub first_response { Fr: "Première réponse", En: "First response" }
    pub due_by(at: &str) { Fr: "attendue avant le {at}", En: "due by {at}" }
    pub attempts { Fr: "Tentatives", En: "Attempts" }
    pub attempts_of(made: usize, planned: usize) { Fr: "{made} sur {planned}", En: "{made} of {planned}" }
    pub was_reached { Fr: "joint", En: "reached" }
    pub did_not_answer { Fr: "pas de réponse", En: "no answer" }
    pub next_task { Fr: "Prochaine tâche", En: "Next task" }
    pub decide { Fr: "Accepter ou écarter", En: "Accept or disqualify" }
    pub call { Fr: "Appeler", En: "Call" }
    pub escalated { Fr: "transmis", En: "escalated" }
    pub ended { Fr: "Suivi terminé", En: "Follow-up ended" }
    pub closing for Closing {
        Accepted { Fr: "accepté", En: "accepted" }
        Rejected { Fr: "écarté", En: "disqualified" }
        UsedUp { Fr: "tentatives épuisées", En: "no attempts left" }
        Moved { Fr: "le lead a changé d’étape", En: "the lead changed stage" }
        Won { Fr: "devenu client", En: "became a customer" }
        Lost { Fr: "vente perdue", En: "sale lost" }
    }
    pub became_customer { Fr: "devenu client", En: "became a customer" }
    pub checklist { Fr: "À vérifier pour un SQL", En: "SQL checklist" }
    pub met { Fr: "d’après ses réponses", En: "from their answers" }
    pub to_ask { Fr: "à demander", En: "to ask" }

    pub log_call { Fr: "Noter un appel", En: "Log a call" }
    pub log { Fr: "Noter", En: "Log" }
    pub outcome_no_answer { Fr: "Pas de réponse", En: "No answer" }
    pub outcome_reached { Fr: "Personne jointe", En: "Reached" }
    pub outcome { Fr: "Résultat", En: "Outcome" }
    pub what_was_said { Fr: "Ce qui s’est dit\u{202f}; pourquoi, si le lead ne convient pas", En: "What was said; why, if the lead isn’t a fit" }
    pub snooze_until { Fr: "Reporter jusqu’au (facultatif\u{a0}: sinon, prochain jour ouvré)", En: "Snooze until (optional: otherwise, the next business day)" }
    pub outcome_snooze { Fr: "Reporter", En: "Snooze" }
    pub outcome_not_a_fit { Fr: "Ne convient pas", En: "Not a fit" }
}
