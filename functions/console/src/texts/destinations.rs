//! Where leads are sent on to, and what became of each delivery.

piste_domain::texts! {
    pub destinations { Fr: "Destinations", En: "Destinations" }
    pub intro {
        Fr: "Les systèmes auxquels vos leads sont transmis. Ce qui attend n’est jamais perdu\u{a0}: une destination à l’arrêt reçoit tout une fois relancée.",
        En: "The systems your leads are sent on to. Nothing that waits is lost: a stopped destination gets all of it once it resumes.",
    }
    pub none { Fr: "Aucune destination pour l’instant.", En: "No destinations yet." }
    pub how_to_add {
        Fr: "Chacune est un fichier infra/destinations/NOM.toml\u{a0}: un CRM (HubSpot, Salesforce, Pipedrive, Zoho), une messagerie d’équipe ou un webhook. Le guide docs/transmettre.md donne un exemple pour chaque système. Une fois publiée, elle apparaît ici.",
        En: "Each is a file infra/destinations/NAME.toml: a CRM (HubSpot, Salesforce, Pipedrive, Zoho), a chat or a webhook. The guide docs/destinations.md has an example for each system. Once published, it shows up here.",
    }
    pub kind { Fr: "Système", En: "System" }
    pub state { Fr: "État", En: "Status" }
    pub until(moment: &str) { Fr: "Jusqu’au {moment}.", En: "Until {moment}." }
    pub pending { Fr: "En attente", En: "Waiting" }
    pub set_aside { Fr: "Mises de côté", En: "Set aside" }
    pub oldest { Fr: "La plus ancienne", En: "Oldest" }
    pub decide { Fr: "Décision", En: "Decide" }
    pub pause { Fr: "Mettre en pause", En: "Pause" }
    pub pause_named(name: &str) { Fr: "Mettre en pause\u{a0}: {name}", En: "Pause {name}" }
    pub resume { Fr: "Relancer", En: "Resume" }
    pub resume_named(name: &str) { Fr: "Relancer {name}", En: "Resume {name}" }
    pub replay { Fr: "Rejouer", En: "Replay" }
    pub replay_named(name: &str) { Fr: "Rejouer tout ce qui est mis de côté pour {name}", En: "Replay all that was set aside for {name}" }
    pub all_deliveries { Fr: "Toutes les transmissions", En: "All deliveries" }

    pub deliveries { Fr: "Transmissions", En: "Deliveries" }
    pub of_lead { Fr: "Du lead", En: "Of lead" }
    pub destination { Fr: "Destination", En: "Destination" }
    pub any { Fr: "Toutes", En: "All" }
    pub any_state { Fr: "Tous", En: "All" }
    pub no_deliveries { Fr: "Aucune transmission.", En: "No deliveries." }
    pub what { Fr: "Quoi", En: "What" }
    pub lead { Fr: "Lead", En: "Lead" }
    pub tries(n: u64) { Fr: "{n} essai" | "{n} essais", En: "{n} try" | "{n} tries" }
    pub answer { Fr: "Réponse", En: "Answer" }
    pub since { Fr: "Depuis", En: "Since" }
    pub next_try(moment: &str) { Fr: "Prochain essai\u{a0}: {moment}", En: "Next try: {moment}" }
    pub at_once { Fr: "tout de suite", En: "now" }
    pub replay_delivery(what: &str, destination: &str) {
        Fr: "Rejouer\u{a0}: {what}, {destination}",
        En: "Replay: {what}, {destination}",
    }
    pub more { Fr: "Suite", En: "More" }
}
