//! One lead.

piste_domain::texts! {
    pub all_leads { Fr: "Tous les leads", En: "All leads" }
    pub answers { Fr: "Réponses", En: "Answers" }
    pub rules(version: &str) { Fr: "Règles de la version {version}", En: "Rules of version {version}" }
    pub upcoming { Fr: "E-mails à venir", En: "Upcoming emails" }
    pub none { Fr: "Aucun.", En: "None." }
    pub leaves { Fr: "Départ", En: "Sends" }
    pub step { Fr: "Étape", En: "Step" }
    pub consents { Fr: "Consentements", En: "Consents" }
    pub asked { Fr: "Demandé", En: "Asked" }
    pub state { Fr: "État", En: "Status" }
    pub since { Fr: "Depuis", En: "Since" }
    pub wording { Fr: "Texte", En: "Wording" }
    pub pending { Fr: "à confirmer", En: "to be confirmed" }
    pub none_given { Fr: "Aucun donné.", En: "None given." }
    pub given { Fr: "donné", En: "given" }
    pub lapsed { Fr: "non confirmé à temps", En: "not confirmed in time" }
    pub withdrawn { Fr: "retiré", En: "withdrawn" }

    pub call_number(number: &str) { Fr: "Appeler le {number}", En: "Call {number}" }
    pub personal_data { Fr: "Données personnelles", En: "Personal data" }
    pub export { Fr: "Télécharger tout ce qui est conservé (JSON)", En: "Download everything held (JSON)" }
    pub keep { Fr: "Conserver plus longtemps", En: "Keep longer" }
    pub keep_until { Fr: "Jusqu’au", En: "Until" }
    pub kept(at: &str) { Fr: "Conservé jusqu’au {at}", En: "Kept until {at}" }
    pub refused_keep { Fr: "Choisissez une date des dix prochaines années et donnez une raison.", En: "Choose a date within the next ten years and give a reason." }
    pub telephone { Fr: "Téléphone", En: "Telephone" }
    pub grade { Fr: "Note", En: "Grade" }
    pub enquiries { Fr: "Demandes", En: "Enquiries" }
    /// Beside an answer that could not be read by its type.
    pub unread { Fr: "tel que saisi", En: "as typed" }
    pub confirmed_enquiry { Fr: "confirmée", En: "confirmed" }
    pub standings { Fr: "Situation par campagne", En: "Standing by campaign" }
    pub first_enquiry { Fr: "Première demande", En: "First enquiry" }
    pub last_enquiry { Fr: "Dernière demande", En: "Latest enquiry" }
    pub notes { Fr: "Notes", En: "Notes" }
    pub new_note { Fr: "Nouvelle note", En: "New note" }
    pub add_note { Fr: "Ajouter la note", En: "Add note" }
    pub assign_to { Fr: "Confier à", En: "Assign to" }
    pub assign { Fr: "Confier", En: "Assign" }
    pub correct { Fr: "Noter une réponse", En: "Record an answer" }
    pub question { Fr: "Question", En: "Question" }
    pub answer { Fr: "Réponse", En: "Answer" }
    pub how_known { Fr: "Comment le savez-vous\u{202f}? (facultatif)", En: "How do you know? (optional)" }
    pub amount { Fr: "Montant en euros, pour un client", En: "Amount in euros, for a customer" }
    pub correction { Fr: "Annuler le dernier changement (fait par erreur)", En: "Undo the latest change (made by mistake)" }
    pub refused_note { Fr: "Écrivez une note de 2\u{202f}000 caractères au plus.", En: "Write a note of up to 2,000 characters." }
    pub refused_owner { Fr: "Choisissez un responsable de la liste.", En: "Choose an owner from the list." }
    pub refused_answer { Fr: "Cette réponse ne convient pas à la question.", En: "That answer isn’t valid for this question." }

    pub timeline { Fr: "Chronologie", En: "Timeline" }
    pub timeline_of_lead { Fr: "Chronologie du lead", En: "Lead timeline" }
    pub forms_and_consent { Fr: "Formulaires et consentement", En: "Forms and consent" }
    pub signals { Fr: "Signaux", En: "Signals" }
    pub stages_and_sales { Fr: "Étapes et ventes", En: "Stages and sales" }
    pub stops { Fr: "Arrêts", En: "Stops" }
    pub today { Fr: "aujourd’hui", En: "today" }
    pub events(n: u64) { Fr: "{n} événement" | "{n} événements", En: "{n} event" | "{n} events" }
    pub emails_to_come(n: u64) { Fr: "{n} e-mail à venir" | "{n} e-mails à venir", En: "{n} upcoming email" | "{n} upcoming emails" }

    pub change_stage { Fr: "Changer d’étape", En: "Change stage" }
    pub new_stage { Fr: "Nouvelle étape", En: "New stage" }
    pub save { Fr: "Enregistrer", En: "Save" }
    pub refused_move {
        Fr: "Ce changement n’est pas possible\u{a0}: choisissez une étape permise et donnez une raison.",
        En: "That change isn’t possible: choose an allowed stage and give a reason.",
    }
    pub refused_attempt {
        Fr: "Dites ce qui s’est passé et, si le lead ne convient pas, pourquoi\u{202f}; pour reporter, choisissez une date future.",
        En: "Say what happened and, if the lead isn’t a fit, why; to snooze, choose a future date.",
    }

    pub source { Fr: "Source", En: "Source" }
    pub medium { Fr: "Support", En: "Medium" }
    pub source_campaign { Fr: "Campagne d’origine", En: "Source campaign" }
    pub term { Fr: "Mot-clé", En: "Search term" }
    pub content { Fr: "Contenu", En: "Content" }
    pub referrer { Fr: "Page précédente", En: "Referrer" }
    pub undeclared { Fr: "(non déclaré dans le formulaire)", En: "(not declared in the form)" }
    pub unlisted { Fr: "(site absent de la liste du formulaire)", En: "(site not on the form’s list)" }
    pub first_source { Fr: "Première source", En: "First source" }
    pub first_medium { Fr: "Premier support", En: "First medium" }
    pub first_campaign { Fr: "Première campagne de la source", En: "First source campaign" }
    pub first_referrer { Fr: "Premier site d’origine", En: "First referring page" }
    pub landing { Fr: "Page d’arrivée", En: "Landing page" }
    pub form_page { Fr: "Page du formulaire", En: "Form page" }
}
