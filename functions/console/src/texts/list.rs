//! The list of leads.

piste_domain::texts! {
    pub words { Fr: "Nom, société, adresse ou téléphone", En: "Name, company, email or phone" }
    pub all { Fr: "Toutes", En: "All" }
    pub all_emails { Fr: "Tous", En: "All" }
    pub follow_up { Fr: "Suivi", En: "Follow-up" }
    pub call_now { Fr: "À appeler maintenant", En: "To call now" }
    pub call_late { Fr: "En retard", En: "Overdue" }
    pub sort { Fr: "Ordre", En: "Sort by" }
    pub newest { Fr: "Les plus récents", En: "Newest" }
    pub oldest { Fr: "Les plus anciens", En: "Oldest" }
    pub last_asked { Fr: "Dernière demande", En: "Last enquiry" }
    pub company { Fr: "Société", En: "Company" }
    pub search { Fr: "Chercher", En: "Search" }
    pub name { Fr: "Nom", En: "Name" }
    pub grade { Fr: "Note", En: "Grade" }
    pub captured { Fr: "Reçu le", En: "Received" }
    pub next_due { Fr: "Prochaine échéance", En: "Next due" }
    pub last_30_days { Fr: "Leads par jour, 30 derniers jours", En: "Leads per day, last 30 days" }
    pub total(n: u64) { Fr: "{n} lead" | "{n} leads", En: "{n} lead" | "{n} leads" }
    /// A search may end before the list does.
    pub none_yet { Fr: "Aucun lead ne correspond parmi ceux parcourus jusqu’ici.", En: "No leads match so far." }
    pub none { Fr: "Aucun lead ne correspond.", En: "No leads match." }
    pub next { Fr: "Suivants", En: "Next" }
    pub download { Fr: "Télécharger en CSV à partir d’ici\u{a0}:", En: "Download as CSV from here:" }
    pub for_spreadsheets { Fr: "pour un tableur", En: "for a spreadsheet" }
    pub for_programs { Fr: "pour un programme", En: "for a program" }
    pub to_call { Fr: "à appeler", En: "to call" }
    pub unknown_outcome { Fr: "issue inconnue", En: "outcome unknown" }
    pub sent_twice { Fr: "envoyé deux fois", En: "sent twice" }
    pub unreadable(n: u64) { Fr: "{n} lead écrit par une version plus récente n’est pas affiché." | "{n} leads écrits par une version plus récente ne sont pas affichés.", En: "{n} lead written by a newer version isn’t shown." | "{n} leads written by a newer version aren’t shown." }
}
