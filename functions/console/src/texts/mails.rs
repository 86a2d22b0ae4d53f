//! The emails of a campaign, and mailings.

use piste_domain::kit::vocabulary::Class;
use piste_domain::rules::mailings::Excluded;
use piste_operations::mailings::MailingState;

piste_domain::texts! {
    pub mails { Fr: "E-mails", En: "Emails" }
    pub of_sequences { Fr: "Ce que chaque e-mail est devenu", En: "What became of each email" }
    pub counts {
        Fr: "Personnes, et non envois. Rejets et désinscriptions comptent pour le dernier e-mail reçu avant.",
        En: "People, not sends. Bounces and unsubscribes count for the last email before them.",
    }
    pub email { Fr: "E-mail", En: "Email" }
    pub kind { Fr: "Nature", En: "Kind" }
    pub class for Class {
        Service { Fr: "demandé", En: "asked for" }
        Nurture { Fr: "prospection", En: "marketing" }
        Alert { Fr: "alerte", En: "alert" }
    }
    pub waiting { Fr: "En attente", En: "Waiting" }
    pub sent { Fr: "Envoyés", En: "Sent" }
    pub clicked { Fr: "Clics", En: "Clicked" }
    pub bounced { Fr: "Rejets", En: "Bounced" }
    pub opted_out { Fr: "Désinscriptions", En: "Unsubscribed" }
    pub test { Fr: "M’envoyer un e-mail d’essai", En: "Send yourself a test" }
    pub test_intro {
        Fr: "Il part dans la minute, à une adresse que le fichier de la campagne nomme. Il ne compte nulle part et ses liens ne font rien.",
        En: "It leaves within a minute, to an address that the campaign’s file names. It counts nowhere, and its links do nothing.",
    }
    pub test_leaves { Fr: "L’e-mail d’essai part dans la minute.", En: "The test leaves within a minute." }
    pub to { Fr: "À", En: "To" }
    pub language { Fr: "Langue", En: "Language" }
    pub send_test { Fr: "Envoyer l’essai", En: "Send the test" }
    pub mailings { Fr: "Envois ponctuels", En: "Mailings" }
    pub no_mailing(campaign: &str) {
        Fr: "Aucun pour l’instant. Un envoi est un fichier, {campaign}/mailings/NOM.toml, et un modèle par langue.",
        En: "None yet. A mailing is a file, {campaign}/mailings/NAME.toml, and a template for each language.",
    }
    pub mailing { Fr: "Envoi", En: "Mailing" }
    pub state { Fr: "État", En: "State" }
    pub mailing_state for MailingState {
        Draft { Fr: "à approuver", En: "to be approved" }
        Approved { Fr: "approuvé", En: "approved" }
        Paused { Fr: "suspendu", En: "paused" }
        Done { Fr: "terminé", En: "done" }
    }
    pub leaves_at { Fr: "Départ", En: "Leaves" }
    pub at_approval { Fr: "dès l’approbation", En: "when approved" }
    pub recipients { Fr: "Destinataires", En: "Recipients" }
    pub not_sent { Fr: "Non envoyés", En: "Not sent" }
    pub people { Fr: "Personnes", En: "People" }
    pub count_recipients { Fr: "Compter les destinataires", En: "Count the recipients" }
    pub pause { Fr: "Suspendre", En: "Pause" }
    pub resume { Fr: "Reprendre", En: "Resume" }
    pub approve_of(name: &str) { Fr: "Approuver «\u{a0}{name}\u{a0}»", En: "Approve “{name}”" }
    pub would_get(n: u64) {
        Fr: "{n} personne recevrait cet e-mail." | "{n} personnes recevraient cet e-mail.",
        En: "{n} person would get this email." | "{n} people would get this email.",
    }
    pub would_not { Fr: "Les autres ne le recevraient pas\u{a0}:", En: "The others would not:" }
    pub approve(n: u64) {
        Fr: "Approuver pour {n} personne" | "Approuver pour {n} personnes",
        En: "Approve for {n} person" | "Approve for {n} people",
    }
    pub act { Fr: "Action", En: "Action" }
    pub back { Fr: "Retour aux e-mails", En: "Back to the emails" }
    pub excluded for Excluded {
        NoAddress { Fr: "sans adresse e-mail", En: "no email address" }
        Bounce { Fr: "l’adresse ne fonctionne pas", En: "the address doesn’t work" }
        Complaint { Fr: "plainte pour spam", En: "complained of spam" }
        Unsubscribe { Fr: "désinscription", En: "unsubscribed" }
        NoConsent { Fr: "pas de consentement confirmé", En: "no confirmed consent" }
        NoBasis { Fr: "aucune base légale", En: "no legal basis" }
        Disqualified { Fr: "lead écarté", En: "disqualified" }
        Wording { Fr: "le texte accepté n’annonce pas de tels envois", En: "agreed to a wording that doesn’t announce such mailings" }
        TopicOff { Fr: "ne veut pas de ce sujet", En: "turned this topic off" }
        Stage { Fr: "autre étape", En: "another stage" }
        Grade { Fr: "autre note", En: "another grade" }
        Source { Fr: "autre source", En: "another source" }
        Answers { Fr: "autres réponses", En: "other answers" }
        HeardOf { Fr: "nouvelles récentes", En: "heard of lately" }
        Had { Fr: "l’a déjà reçu", En: "has it already" }
        Unreadable { Fr: "écrit par une version plus récente", En: "written by a newer version" }
    }
}
