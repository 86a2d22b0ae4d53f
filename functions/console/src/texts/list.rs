//! The list of leads.

piste_domain::texts! {
    pub words { Fr: "Nom ou adresse", En: "Name or email" }
    pub all { Fr: "Toutes", En: "All" }
    pub all_emails { Fr: "Tous", En: "All" }
    pub follow_up { Fr: "Suivi", En: "Follow-up" }
    pub call_now { Fr: "À appeler maintenant", En: "To call now" }
    pub call_late { Fr: "En retard", En: "Overdue" }
    pub search { Fr: "Chercher", En: "Search" }
    pub name { Fr: "Nom", En: "Name" }
    pub grade { Fr: "Note", En: "Grade" }
    pub captured { Fr: "Reçu le", En: "Received" }
    pub next_due { Fr: "Prochaine échéance", En: "Next due" }
    pub last_30_days { Fr: "Leads par jour, 30 derniers jours", En: "Leads per day, last 30 days" }
    pub none { Fr: "Aucun lead ne correspond.", En: "No leads match." }
    pub next { Fr: "Suivants", En: "Next" }
    pub to_call { Fr: "à appeler", En: "to call" }
    pub unknown_outcome { Fr: "issue inconnue", En: "outcome unknown" }
    pub sent_twice { Fr: "envoyé deux fois", En: "sent twice" }
    pub unreadable(n: u64) { Fr: "{n} lead écrit par une version plus récente n’est pas affiché." | "{n} leads écrits par une version plus récente ne sont pas affichés.", En: "{n} lead written by a newer version isn’t shown." | "{n} leads written by a newer version aren’t shown." }
}
