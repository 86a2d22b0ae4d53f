//! Words that several pages share.

piste_domain::texts! {
    pub quarantine { Fr: "Quarantaine", En: "Quarantine" }
    pub report { Fr: "Rapport", En: "Report" }
    pub sending { Fr: "Envois", En: "Sending" }
    pub retention { Fr: "Conservation", En: "Retention" }
    pub sign_out { Fr: "Se déconnecter", En: "Sign out" }
    pub see_sending { Fr: "Voir les envois", En: "See sending" }
    /// The zone of every time on the page.
    pub zone(zone: &str) { Fr: "Heures de {zone}", En: "Times in {zone}" }

    pub email { Fr: "E-mail", En: "Email" }
    pub emails { Fr: "E-mails", En: "Emails" }
    pub campaign { Fr: "Campagne", En: "Campaign" }
    pub stage { Fr: "Étape", En: "Stage" }
    pub rate { Fr: "Taux", En: "Rate" }
    pub why { Fr: "Pourquoi", En: "Why" }
    pub reason { Fr: "Raison", En: "Reason" }
    pub fit { Fr: "Profil", En: "Fit" }
    pub customers { Fr: "Clients", En: "Customers" }
    pub visitors { Fr: "Visiteurs", En: "Visitors" }
    pub sector { Fr: "Secteur", En: "Sector" }
    pub show { Fr: "Afficher", En: "Show" }
    pub overdue { Fr: "en retard", En: "overdue" }
    pub malformed_form { Fr: "Rouvrez la page et envoyez à nouveau son formulaire.", En: "Reopen the page and send its form again." }

    pub sign_in { Fr: "Se connecter", En: "Sign in" }
    pub operator_key { Fr: "Votre clé", En: "Your key" }
    pub wrong_key {
        Fr: "Clé incorrecte. Vérifiez-la, ou demandez-en une à la personne qui administre Piste.",
        En: "That key isn’t valid. Check it, or ask whoever administers Piste for one.",
    }
}
