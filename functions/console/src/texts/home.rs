//! The first page.

piste_domain::texts! {
    pub home { Fr: "Accueil", En: "Home" }
    pub qualified { Fr: "Dont MQL", En: "Of which MQLs" }
    pub before(n: u64) { Fr: "{n} la semaine précédente" | "{n} la semaine précédente", En: "{n} the week before" | "{n} the week before" }
    pub nobody_to_call { Fr: "Personne à appeler pour le moment.", En: "Nobody to call right now." }
    pub all_calls { Fr: "Tous les appels", En: "All calls" }
    pub latest { Fr: "Derniers arrivés", En: "Latest leads" }
    pub nobody_new { Fr: "Aucun lead ces 30 derniers jours.", En: "No leads in the last 30 days." }
    pub all_leads { Fr: "Tous les leads", En: "All leads" }
    pub replies { Fr: "Réponses de la semaine", En: "Replies this week" }
    pub no_replies { Fr: "Aucune réponse ces 7 derniers jours.", En: "No replies in the last 7 days." }
    pub test_email(at: &str) { Fr: "dernier e-mail de contrôle revenu {at}", En: "last test email back {at}" }
    pub last_30_days { Fr: "Leads par jour, 30 derniers jours", En: "Leads per day, last 30 days" }
}
