//! How destinations and deliveries are, in words: what the console and the emails about them say.

use crate::campaign::destination::{EventType, Kind};
use crate::kit::locale::Locale;
use crate::lead::deliveries::{DeliveryState, FieldEnd, Reason, What};
use crate::rules::destinations::State;

crate::texts! {
    /// What stands at the other end.
    pub kind for Kind {
        Webhook { Fr: "Webhook", En: "Webhook" }
        Chat { Fr: "Messagerie d’équipe", En: "Chat" }
        Hubspot { Fr: "HubSpot", En: "HubSpot" }
        Salesforce { Fr: "Salesforce", En: "Salesforce" }
        Pipedrive { Fr: "Pipedrive", En: "Pipedrive" }
        Zoho { Fr: "Zoho CRM", En: "Zoho CRM" }
    }
    /// How a destination is.
    pub state for State {
        Active { Fr: "active", En: "active" }
        Paused { Fr: "en pause", En: "paused" }
        Off { Fr: "désactivée", En: "switched off" }
    }
    /// Why it stands still.
    pub reason for Reason {
        Unauthorized { Fr: "Sa clé est refusée\u{a0}: fausse, révoquée ou expirée.", En: "Its key is refused: wrong, revoked or expired." }
        Forbidden { Fr: "Il manque un droit à la clé ou à son utilisateur, ou l’offre ne le permet pas.", En: "The key or its user lacks a right, or the plan doesn’t allow it." }
        Limited { Fr: "Trop d’appels en peu de temps.", En: "Too many calls in a short time." }
        Budget { Fr: "Le quota du jour est épuisé.", En: "The day’s quota is used up." }
        Blocked { Fr: "Le compte est bloqué un moment, après trop d’appels.", En: "The account is blocked for a while, after too many calls." }
        Unavailable { Fr: "Le compte est indisponible pour l’instant.", En: "The account is unavailable for now." }
        Elsewhere { Fr: "L’adresse, dans le fichier ou dans une réponse, n’est pas permise.", En: "An address, in the file or in an answer, is not allowed." }
        NoSecret { Fr: "Son secret manque, ou n’a pas la bonne forme.", En: "Its secret is missing, or has the wrong shape." }
        ByHand { Fr: "Quelqu’un l’a mise en pause.", En: "Somebody paused it." }
        Gone { Fr: "Elle a répondu 410\u{a0}: elle ne veut plus rien recevoir.", En: "It answered 410: it wants nothing more." }
        Failing { Fr: "Rien n’a été accepté pendant cinq jours.", En: "Nothing was taken for five days." }
    }
    /// What to do about it.
    pub advice for Reason {
        Unauthorized { Fr: "Enregistrez une nouvelle clé, puis relancez.", En: "Store a new key, then resume." }
        Forbidden { Fr: "Donnez le droit qui manque ou vérifiez l’offre, puis relancez.", En: "Give the missing right or check the plan, then resume." }
        Limited { Fr: "Rien à faire\u{a0}: elle reprend d’elle-même.", En: "Nothing to do: it resumes by itself." }
        Budget { Fr: "Rien à faire\u{a0}: elle reprend d’elle-même.", En: "Nothing to do: it resumes by itself." }
        Blocked { Fr: "Rien à faire\u{a0}: elle reprend d’elle-même.", En: "Nothing to do: it resumes by itself." }
        Unavailable { Fr: "Regardez dans le compte ce qui se passe. Si elle ne reprend pas d’elle-même, relancez-la ensuite.", En: "See in the account what is going on. If it doesn’t resume by itself, resume it then." }
        Elsewhere { Fr: "Corrigez l’adresse, puis relancez.", En: "Correct the address, then resume." }
        NoSecret { Fr: "Enregistrez le secret, puis relancez.", En: "Store the secret, then resume." }
        ByHand { Fr: "Relancez-la quand vous êtes prêt.", En: "Resume it when ready." }
        Gone { Fr: "Demandez-lui si elle veut encore des événements, puis relancez-la ou supprimez son fichier.", En: "Ask whether it still wants events; then resume, or delete its file." }
        Failing { Fr: "Réparez le système qui reçoit, puis relancez.", En: "Mend the receiver, then resume." }
    }
    /// How far a delivery is.
    pub delivery_state for DeliveryState {
        Pending { Fr: "en attente", En: "waiting" }
        Delivered { Fr: "transmise", En: "delivered" }
        SetAside { Fr: "mise de côté", En: "set aside" }
        Paused { Fr: "attend sa destination", En: "waits for its destination" }
        Forgotten { Fr: "effacé là-bas", En: "erased there" }
    }
    /// What became of a field that was not simply taken.
    pub field_end for FieldEnd {
        Kept { Fr: "autre valeur gardée là-bas", En: "another value kept there" }
        Dropped { Fr: "refusé et laissé de côté", En: "refused and left out" }
        Refused { Fr: "refusé", En: "refused" }
    }
    erasure { Fr: "Effacement", En: "Erasure" }
    opt_out { Fr: "Désinscription", En: "Unsubscribe" }
    push { Fr: "Fiche du lead", En: "The lead’s record" }
    look { Fr: "Relecture", En: "Reading back" }
    card { Fr: "Message à l’équipe", En: "Chat message" }
    event for EventType {
        LeadCreated { Fr: "Nouveau lead", En: "New lead" }
        LeadConfirmed { Fr: "Adresse confirmée", En: "Address confirmed" }
        LeadQualified { Fr: "Lead qualifié", En: "Lead qualified" }
        LeadStageChanged { Fr: "Changement d’étape", En: "Stage changed" }
        LeadOwnerChanged { Fr: "Changement de responsable", En: "Owner changed" }
        LeadOverdue { Fr: "Réponse en retard", En: "Response overdue" }
        LeadOptedOut { Fr: "Désinscription", En: "Unsubscribed" }
        LeadErased { Fr: "Effacement", En: "Erased" }
        DeliveryPaused { Fr: "Destination à l’arrêt", En: "Destination stopped" }
    }
}

/// What a delivery tells.
pub fn what(locale: Locale, what: What) -> &'static str {
    match what {
        What::Erasure => erasure(locale),
        What::OptOut => opt_out(locale),
        What::Push => push(locale),
        What::Look => look(locale),
        What::Card => card(locale),
        What::Event(of) => event(locale, of),
    }
}
