//! The list of leads.

piste_domain::texts! {
    pub words { Fr: "Nom, société, adresse ou téléphone", En: "Name, company, email or phone" }
    pub all { Fr: "Toutes", En: "All" }
    pub all_emails { Fr: "Tous", En: "All" }
    pub all_owners { Fr: "Tous", En: "All" }
    pub any_time { Fr: "À tout moment", En: "Any time" }
    pub week { Fr: "Ces 7 derniers jours", En: "Last 7 days" }
    pub month { Fr: "Ces 30 derniers jours", En: "Last 30 days" }
    pub quarter { Fr: "Ces 90 derniers jours", En: "Last 90 days" }
    pub follow_up { Fr: "Suivi", En: "Follow-up" }
    pub filters { Fr: "Filtres et ordre", En: "Filters and order" }
    pub sort { Fr: "Ordre", En: "Sort by" }
    pub newest { Fr: "Les plus récents", En: "Newest" }
    pub oldest { Fr: "Les plus anciens", En: "Oldest" }
    pub last_asked { Fr: "Dernière demande", En: "Last enquiry" }
    pub company { Fr: "Société", En: "Company" }
    pub search { Fr: "Chercher", En: "Search" }
    pub name { Fr: "Nom", En: "Name" }
    pub need { Fr: "Note et besoin", En: "Grade and need" }
    pub grade { Fr: "Note", En: "Grade" }
    pub captured { Fr: "Reçu", En: "Received" }
    pub next_due { Fr: "Prochaine échéance", En: "Next due" }
    pub next_task { Fr: "Prochaine tâche", En: "Next task" }
    pub from(at: &str) { Fr: "à partir de {at}", En: "from {at}" }
    pub until(at: &str) { Fr: "avant {at}", En: "by {at}" }
    pub total(n: u64) { Fr: "{n} lead" | "{n} leads", En: "{n} lead" | "{n} leads" }
    /// A search may end before the list does.
    pub none_yet { Fr: "Aucun lead ne correspond parmi ceux parcourus jusqu’ici.", En: "No leads match so far." }
    pub none { Fr: "Aucun lead ne correspond.", En: "No leads match." }
    pub back_to(day: &str) {
        Fr: "Leads reçus depuis le {day}. Choisissez une campagne pour remonter plus loin.",
        En: "Leads received since {day}. Choose a campaign to go further back.",
    }
    pub pages { Fr: "Pages", En: "Pages" }
    pub first { Fr: "Première page", En: "First page" }
    pub previous { Fr: "Précédents", En: "Previous" }
    pub next { Fr: "Suivants", En: "Next" }
    pub for_spreadsheets { Fr: "pour un tableur", En: "for a spreadsheet" }
    pub for_programs { Fr: "pour un programme", En: "for a program" }
    pub add { Fr: "Ajouter un lead", En: "Add a lead" }
    pub unknown_outcome { Fr: "issue inconnue", En: "outcome unknown" }
    pub sent_twice { Fr: "envoyé deux fois", En: "sent twice" }
    pub unreadable(n: u64) { Fr: "{n} lead écrit par une version plus récente n’est pas affiché." | "{n} leads écrits par une version plus récente ne sont pas affichés.", En: "{n} lead written by a newer version isn’t shown." | "{n} leads written by a newer version aren’t shown." }

    // Views that one comes back to.
    pub views { Fr: "Vues", En: "Views" }
    pub all_leads { Fr: "Tous", En: "All" }
    pub mine { Fr: "Les miens", En: "Mine" }
    pub call_now { Fr: "À appeler", En: "To call" }
    pub call_late { Fr: "En retard", En: "Overdue" }
    pub new_this_week { Fr: "Nouveaux cette semaine", En: "New this week" }
    pub mqls { Fr: "MQL", En: "MQLs" }

    // Several leads at once.
    pub select { Fr: "Sélection", En: "Selection" }
    pub select_of(who: &str) { Fr: "Sélectionner {who}", En: "Select {who}" }
    pub select_all { Fr: "Tout sélectionner", En: "Select all" }
    pub select_none { Fr: "Ne rien sélectionner", En: "Select none" }
    pub with_selected { Fr: "Avec les leads sélectionnés", En: "With the selected leads" }
    pub export_for { Fr: "Fichier CSV", En: "CSV file" }
    pub export { Fr: "Exporter", En: "Export" }
    pub erase { Fr: "Effacer…", En: "Delete…" }
    pub erase_title(n: u64) { Fr: "Effacer {n} personne\u{202f}?" | "Effacer {n} personnes\u{202f}?", En: "Delete {n} person?" | "Delete {n} people?" }
    pub erase_intro {
        Fr: "Toutes leurs données sont supprimées, et ces personnes ne recevront plus d’e-mails. C’est définitif.",
        En: "All their data is deleted, and they get no more emails. This can’t be undone.",
    }
    pub erase_now { Fr: "Tout effacer", En: "Delete everything" }
    pub back { Fr: "Retour à la liste", En: "Back to the list" }
    pub done(n: u64) { Fr: "C’est fait\u{a0}: {n} lead." | "C’est fait\u{a0}: {n} leads.", En: "Done: {n} lead." | "Done: {n} leads." }
    pub not_all(n: u64) { Fr: "{n} lead n’a pas été modifié" | "{n} leads n’ont pas été modifiés", En: "{n} lead wasn’t changed" | "{n} leads weren’t changed" }
    pub nothing_selected { Fr: "Sélectionnez au moins un lead", En: "Select at least one lead" }
    pub not_an_owner { Fr: "Cette personne n’est pas responsable dans la campagne du lead.", En: "That person isn’t an owner in the lead’s campaign." }
}
