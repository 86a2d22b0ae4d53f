//! The words of the pages behind signed links.

use piste_domain::kit::vocabulary::Purpose;
use piste_domain::lead::consent::ConsentState;

piste_domain::texts! {
    // ---- links ----

    pub no_longer_held { Fr: "Nous n’avons plus rien sur vous", En: "We no longer hold any data about you" }
    pub was_deleted {
        Fr: "Vos données ont été effacées. Nous ne vous écrirons plus, sauf si vous nous le demandez.",
        En: "Your data has been deleted. We won’t email you again unless you ask us to.",
    }
    pub link_expired { Fr: "Ce lien n’est plus valable", En: "This link has expired" }
    pub fill_in_again {
        Fr: "Remplissez à nouveau le formulaire pour en recevoir un autre\u{a0}: c’est immédiat.",
        En: "Fill in the form again to get a new one straight away.",
    }
    pub open_form { Fr: "Ouvrir le formulaire", En: "Open the form" }
    pub link_incomplete { Fr: "Ce lien est incomplet", En: "This link is incomplete" }
    pub copy_full_link {
        Fr: "Copiez le lien complet depuis l’e-mail. S’il ne fonctionne toujours pas, répondez à cet e-mail\u{a0}: une personne s’en occupe.",
        En: "Copy the full link from the email. If it still doesn’t work, reply to that email and a person will help you.",
    }
    pub nothing_to_confirm { Fr: "Il n’y a plus rien à confirmer", En: "There is nothing left to confirm" }
    pub request_gone {
        Fr: "Cette demande a expiré ou a été effacée. Remplissez à nouveau le formulaire si vous le souhaitez.",
        En: "This request has expired or been deleted. You can fill in the form again if you like.",
    }
    pub no_such_choice { Fr: "Ce choix n’existe pas.", En: "There is no such option." }
    pub save { Fr: "Enregistrer", En: "Save" }
    pub cancel { Fr: "Annuler", En: "Cancel" }

    // ---- download ----

    pub how_to_print {
        Fr: "Pour imprimer ou enregistrer en PDF\u{a0}: menu «\u{a0}Imprimer\u{a0}» du navigateur.",
        En: "To print this page or save it as a PDF, use your browser’s print menu.",
    }

    // ---- confirm ----

    pub confirm_title { Fr: "Confirmez votre accord", En: "Confirm your consent" }
    pub own_post_title { Fr: "Cette demande est-elle la vôtre\u{202f}?", En: "Is this your request?" }
    pub own_post_text(form: &str) {
        Fr: "Quelqu’un a rempli notre formulaire «\u{a0}{form}\u{a0}» avec votre adresse. Si c’est vous, confirmez-le. Sinon, fermez cette page\u{a0}: rien ne change.",
        En: "Someone filled in our form “{form}” with your address. If it was you, please confirm. If not, close this page: nothing changes.",
    }
    pub details_differ {
        Fr: "Cette demande donne un nom, un numéro de téléphone ou une langue qui diffèrent de ce que nous avons. Si vous confirmez, nous les reprendrons.",
        En: "The request gives a name, phone number or language that differs from what we have. If you confirm, we’ll use what it says.",
    }
    pub own_post { Fr: "Oui, c’est ma demande", En: "Yes, this is my request" }
    pub confirmed_title { Fr: "C’est confirmé", En: "Confirmed" }
    pub confirmed_text { Fr: "Vous pouvez fermer cette page.", En: "You can close this page." }
    pub own_post_confirmed {
        Fr: "Merci, nous savons que cette demande vient de vous. Vous pouvez fermer cette page.",
        En: "Thank you. We know this request came from you. You can close this page.",
    }

    // ---- unsubscribe ----

    pub unsubscribe_title { Fr: "Se désinscrire de nos e-mails", En: "Unsubscribe from our emails" }
    pub unsubscribe_text(emails: &str) {
        Fr: "Cliquez sur ce bouton et vous ne recevrez plus {emails}. Cela vaut pour tous nos e-mails d’information, et il n’y a rien d’autre à faire.",
        En: "Click this button and you’ll no longer get {emails}. This covers all our marketing emails, and there is nothing else to do.",
    }
    pub unsubscribe { Fr: "Me désinscrire", En: "Unsubscribe" }
    pub unsubscribed_title { Fr: "C’est fait", En: "You’re unsubscribed" }
    pub unsubscribed_text(emails: &str) {
        Fr: "Vous ne recevrez plus {emails}, ni aucun autre e-mail d’information de notre part. Vous pouvez fermer cette page.",
        En: "You won’t get {emails} or any other marketing email from us. You can close this page.",
    }
    pub old_link_title { Fr: "Pour ne plus recevoir nos e-mails", En: "How to unsubscribe" }
    pub old_link_text {
        Fr: "Ce lien est ancien, et nous ne pouvons plus y lire à quelle adresse il appartient. Répondez «\u{a0}stop\u{a0}» à l’un de nos e-mails\u{a0}: une personne s’en charge.",
        En: "This link is old, and we can no longer tell which address it belongs to. Reply “stop” to any of our emails and a person will unsubscribe you.",
    }
    pub or_new_link { Fr: "Ou recevez un nouveau lien par e-mail", En: "Or get a new link by email" }

    // ---- preferences ----

    pub your_preferences { Fr: "Vos préférences", En: "Your preferences" }
    pub stay_title { Fr: "Souhaitez-vous rester en contact\u{202f}?", En: "Would you like to stay in touch?" }
    /// What happens without an answer.
    pub stay_until(day: &str) {
        Fr: "Nous n’avons plus de vos nouvelles depuis longtemps. Sans réponse de votre part, vos données seront effacées le {day}. Enregistrer vos préférences ci-dessous vaut aussi réponse.",
        En: "We haven’t heard from you for a long time. If you don’t answer, your data will be deleted on {day}. Saving your preferences below counts as an answer too.",
    }
    pub stay { Fr: "Oui, je reste", En: "Yes, stay in touch" }
    pub choose_what { Fr: "Choisissez ce que nous vous envoyons. Rien d’autre ne change.", En: "Choose what we send you. Nothing else changes." }
    pub receives_none { Fr: "Vous ne recevez aucun e-mail d’information de notre part.", En: "You don’t get any marketing emails from us." }
    pub topics { Fr: "Sujets", En: "Topics" }
    pub frequency { Fr: "Fréquence", En: "How often" }
    pub as_planned { Fr: "Comme prévu", En: "As planned" }
    pub weekly { Fr: "Un e-mail par semaine au plus", En: "No more than one email a week" }
    pub pause { Fr: "Pause", En: "Pause" }
    pub pause_hint {
        Fr: "Les e-mails prévus pendant la pause sont reportés après.",
        En: "Emails due during the pause are moved to after it.",
    }
    pub stay_paused(day: &str) { Fr: "Rester en pause jusqu’au {day}", En: "Stay paused until {day}" }
    pub resume { Fr: "Reprendre maintenant", En: "Resume now" }
    pub no_pause { Fr: "Pas de pause", En: "No pause" }
    pub nothing_for(days: u64) { Fr: "Rien pendant {days}\u{a0}jours", En: "Nothing for {days}\u{a0}days" }
    pub email_language { Fr: "Langue des e-mails", En: "Email language" }
    pub other_consents { Fr: "Vos autres accords", En: "Your other consents" }
    pub stop_title { Fr: "Tout arrêter", En: "Unsubscribe" }
    pub stop_text {
        Fr: "Plus aucun e-mail d’information, d’aucune de nos campagnes.",
        En: "No more marketing emails, from any of our campaigns.",
    }
    pub stop { Fr: "Ne plus rien recevoir", En: "Unsubscribe from everything" }
    pub again_title { Fr: "Se réinscrire", En: "Subscribe again" }
    pub agree { Fr: "Oui, je l’accepte", En: "Yes, I agree" }
    pub data_link_text {
        Fr: "Nous vous envoyons un lien pour les consulter, les corriger, les télécharger ou les effacer. Il n’est envoyé qu’à votre adresse.",
        En: "We’ll email you a link to see, correct, download or delete it. It only goes to your address.",
    }
    pub saved { Fr: "C’est enregistré.", En: "Your preferences are saved." }
    pub stopped {
        Fr: "C’est fait\u{a0}: vous ne recevrez plus nos e-mails d’information.",
        En: "Done. You won’t get any more marketing emails from us.",
    }
    pub stayed { Fr: "C’est noté\u{a0}: nous restons en contact.", En: "Thank you. We’ll stay in touch." }
    pub resubscribed { Fr: "C’est fait\u{a0}: vous recevrez de nouveau nos e-mails.", En: "Done. You’ll get our emails again." }

    // ---- purposes of consents and their states ----

    pub purpose for Purpose {
        Marketing { Fr: "E-mails d’information", En: "Marketing emails" }
        Tracking { Fr: "Mesure de vos lectures", En: "Measuring what you read" }
        Sharing { Fr: "Transmission à un partenaire", En: "Sharing with a partner" }
    }
    pub state for ConsentState {
        Pending { Fr: "demandé, jamais confirmé", En: "requested, not confirmed" }
        Given { Fr: "donné", En: "given" }
        Lapsed { Fr: "demandé, non confirmé à temps", En: "requested, not confirmed in time" }
        Withdrawn { Fr: "retiré", En: "withdrawn" }
    }
    /// After the name of a purpose.
    pub state_since(state: &str, day: &str) { Fr: "\u{a0}: {state} ({day})", En: ": {state} ({day})" }

    // ---- asking for the link to one’s data ----

    pub your_data { Fr: "Vos données", En: "Your data" }
    pub data_link_expired {
        Fr: "Ce lien ne fonctionne plus\u{a0}: il dure une journée. Demandez-en un autre.",
        En: "This link has expired: it’s valid for one day. Request a new one.",
    }
    pub give_address {
        Fr: "Indiquez votre adresse\u{a0}: nous y envoyons un lien vers tout ce que nous savons de vous. Vous pourrez le lire, le télécharger, le corriger ou l’effacer.",
        En: "Enter your address and we’ll email you a link to everything we know about you. You can read it, download it, correct it or delete it.",
    }
    pub email_address { Fr: "Adresse e-mail", En: "Email address" }
    pub telephone { Fr: "Téléphone", En: "Telephone" }
    pub send_link { Fr: "M’envoyer le lien", En: "Email me the link" }
    pub address_incomplete { Fr: "Cette adresse n’est pas complète.", En: "This email address isn’t complete." }
    pub check_inbox { Fr: "Regardez votre boîte de réception", En: "Check your inbox" }
    pub if_known {
        Fr: "Si nous connaissons cette adresse, un lien y arrive dans la minute\u{202f}; il fonctionne 24\u{a0}heures, et nous n’en envoyons qu’un par jour. Si rien n’arrive, nous n’avons rien à son sujet.",
        En: "If we know this address, a link will arrive within a minute. It works for 24\u{a0}hours, and we send only one a day. If nothing arrives, we hold no data about this address.",
    }
    pub nothing_held { Fr: "Nous n’avons rien sur vous", En: "We hold no data about you" }

    // ---- seeing one’s data ----

    pub corrected { Fr: "C’est corrigé.", En: "Your answers are corrected." }
    pub all_we_hold { Fr: "Voici tout ce que nous conservons à votre sujet.", En: "This is everything we hold about you." }
    pub who_you_are { Fr: "Qui vous êtes", En: "Who you are" }
    pub language { Fr: "Langue", En: "Language" }
    pub known_since { Fr: "Connu de nous depuis", En: "In our records since" }
    pub correct_these { Fr: "Corriger ces réponses", En: "Correct these answers" }
    pub requests { Fr: "Ce que vous nous avez envoyé", En: "What you sent us" }
    pub agreed_to { Fr: "Ce que vous avez accepté", En: "What you agreed to" }
    pub nothing_agreed { Fr: "Rien\u{a0}: aucune case n’a été cochée.", En: "Nothing: no box was ticked." }
    pub suppressed_since(day: &str) {
        Fr: "Nous n’envoyons plus d’e-mails d’information à cette adresse depuis le {day}.",
        En: "We haven’t sent marketing emails to this address since {day}.",
    }
    pub change_preferences { Fr: "Changer vos préférences ou tout arrêter", En: "Change your preferences or unsubscribe" }
    pub how_we_rate { Fr: "Comment nous évaluons votre demande", En: "How we rate your enquiry" }
    pub stage_and_grade(stage: &str, grade: &str) {
        Fr: "Étape\u{a0}: {stage}. Note\u{a0}: {grade} (la lettre vient de vos réponses, le chiffre de ce que vous faites).",
        En: "Stage: {stage}. Grade: {grade} (the letter comes from your answers, the number from what you do).",
    }
    pub what_happened { Fr: "Ce qui s’est passé", En: "What happened" }
    pub take_away { Fr: "Télécharger", En: "Download" }
    pub as_json {
        Fr: "Le même contenu, complet, dans un fichier JSON que d’autres programmes savent lire.",
        En: "The same information, complete, as a JSON file that other programs can read.",
    }
    pub download_data { Fr: "Télécharger mes données", En: "Download my data" }
    pub delete { Fr: "Effacer", En: "Delete" }
    pub everything_goes {
        Fr: "Tout ce qui figure sur cette page disparaît. La page suivante demande confirmation.",
        En: "Everything on this page will be deleted. The next page asks you to confirm.",
    }
    pub delete_mine { Fr: "Effacer mes données…", En: "Delete my data…" }

    // ---- correcting ----

    pub correct_title { Fr: "Corriger vos réponses", En: "Correct your answers" }
    pub empty_is_deleted {
        Fr: "Une réponse laissée vide est effacée. Vous ne pouvez pas changer l’adresse elle-même\u{a0}: effacez vos données, puis remplissez le formulaire avec la nouvelle.",
        En: "An answer you leave empty is deleted. You can’t change the email address itself: delete your data, then fill in the form with the new address.",
    }

    // ---- deleting ----

    pub delete_title { Fr: "Effacer vos données\u{202f}?", En: "Delete your data?" }
    pub delete_what {
        Fr: "Votre adresse, vos réponses, vos accords et l’historique disparaissent aussitôt, sans retour possible. Les e-mails déjà reçus restent chez vous\u{202f}; nos sauvegardes s’effacent d’elles-mêmes en 35\u{a0}jours.",
        En: "Your address, answers, consents and history are deleted immediately and can’t be recovered. Emails you’ve already received stay with you; our backups are deleted automatically within 35\u{a0}days.",
    }
    pub delete_keeps {
        Fr: "Si vous avez demandé à ne plus recevoir d’e-mails, nous gardons une empreinte chiffrée qui permet de respecter ce choix, et rien d’autre sur vous.",
        En: "If you have unsubscribed, we keep a keyed fingerprint that lets us respect that choice, and nothing else about you.",
    }
    pub delete_counts {
        Fr: "Nos statistiques continuent de compter une demande anonyme\u{a0}: le jour, la campagne, la provenance et la suite donnée, sous un numéro tiré au hasard qui ne mène pas à vous.",
        En: "Our statistics go on counting one anonymous enquiry: its day, campaign, source and outcome, under a random number that doesn’t lead to you.",
    }
    pub delete_all { Fr: "Tout effacer", En: "Delete everything" }
    pub deleted_title { Fr: "Vos données sont effacées", En: "Your data has been deleted" }
    pub deleted_on { Fr: "Effacées le", En: "Deleted on" }
    pub reference { Fr: "Référence", En: "Reference" }
    pub addresses { Fr: "Adresses", En: "Addresses" }
    pub answers { Fr: "Réponses", En: "Answers" }
    pub submissions { Fr: "Envois de formulaire", En: "Form submissions" }
    pub consents { Fr: "Accords avec leurs preuves", En: "Consents with their proof" }
    pub actions { Fr: "Actions", En: "Actions" }
    pub stage_changes { Fr: "Changements d’étape", En: "Stage changes" }
    pub email_records { Fr: "Lignes du registre des e-mails", En: "Email records" }
    pub last_backups { Fr: "Dernières sauvegardes", En: "Last backups" }
    pub gone_by(day: &str) { Fr: "au plus tard le {day}", En: "gone by {day}" }
    pub about_reference {
        Fr: "La référence est une empreinte\u{a0}: elle prouve l’effacement, et personne ne peut en retrouver votre adresse.",
        En: "The reference is a fingerprint: it proves the deletion, and nobody can work out your address from it.",
    }
    pub suppression_stays {
        Fr: "Nous retenons aussi que cette adresse ne veut plus d’e-mails d’information, avec la date, et rien d’autre.",
        En: "We also remember that this address must not get marketing emails, with the date, and nothing else.",
    }
    pub download_certificate { Fr: "Télécharger l’attestation", En: "Download the certificate" }
    pub print_too { Fr: "Vous pouvez aussi imprimer cette page.", En: "You can also print this page." }

    // ---- where somebody came from ----

    pub touch_source { Fr: "Source", En: "Source" }
    pub touch_medium { Fr: "Support", En: "Medium" }
    pub touch_campaign { Fr: "Campagne", En: "Campaign" }
    pub touch_term { Fr: "Mots recherchés", En: "Search terms" }
    pub touch_content { Fr: "Contenu", En: "Content" }
    pub touch_referrer { Fr: "Page précédente", En: "Referring page" }
    pub touch_landing { Fr: "Page d’arrivée", En: "Landing page" }
    pub touch_first_source { Fr: "Première source", En: "First source" }
    pub touch_first_medium { Fr: "Premier support", En: "First medium" }
    pub touch_first_campaign { Fr: "Première campagne", En: "First campaign" }
    pub touch_first_referrer { Fr: "Premier site d’origine", En: "First referring page" }
    pub touch_page { Fr: "Page du formulaire", En: "Form page" }
}
