//! Refusals: what is wrong, and what to do.

piste_domain::texts! {
    pub unauthorised { Fr: "Clé d’opérateur requise.", En: "Operator key required." }
    pub cross_site { Fr: "Ce formulaire vient d’un autre site.", En: "This form was sent from another site." }
    pub cross_site_advice { Fr: "Ouvrez la console et recommencez.", En: "Open the console and try again." }
    pub not_found { Fr: "Page introuvable.", En: "Not found." }
    pub invalid { Fr: "Demande incorrecte.", En: "Invalid request." }
    /// What to do: programs and English readers get the exact reason.
    pub invalid_advice(reason: &str) { Fr: "Reprenez depuis la liste des leads.", En: "{reason}" }
    pub fields { Fr: "Certains champs sont à corriger.", En: "Some fields need attention." }
    pub no_such_move { Fr: "Le lead ne peut pas passer à cette étape.", En: "The lead can’t move to that stage." }
    pub nothing_to_lift { Fr: "Aucun blocage à lever.", En: "There is nothing to lift." }
    pub nothing_to_lift_advice {
        Fr: "Seul un rejet ou une plainte se lève ici. Une désinscription, seule la personne peut revenir dessus.",
        En: "Only a bounce or a complaint can be lifted here. Only the person can undo an unsubscribe.",
    }
    pub no_task {
        Fr: "Aucun appel n’est prévu pour ce lead, ou il est déjà noté.",
        En: "No call is planned for this lead, or it has already been logged.",
    }
    pub no_task_advice {
        Fr: "Un appel est prévu dès que le lead devient MQL d’une campagne avec [sales], et jusqu’à ce qu’il soit joint, accepté, écarté ou recyclé.",
        En: "A call is planned from the moment a lead becomes an MQL of a campaign with [sales] until it is reached, accepted, disqualified or recycled.",
    }
    pub no_more_snoozes { Fr: "Plus de report possible pour ce lead.", En: "Snooze limit reached for this lead." }
    pub no_more_snoozes_advice { Fr: "Appelez-le, ou écartez-le.", En: "Call it, or disqualify it." }
    pub opted_out { Fr: "Cette personne s’est désinscrite", En: "This person has unsubscribed" }
    pub opted_out_advice { Fr: "Elle seule peut redonner son accord, depuis son lien ou un formulaire.", En: "Only they can agree again, from their own link or a form." }
    pub erased { Fr: "Cette personne a été effacée", En: "This person was erased" }
    pub erased_advice { Fr: "Elle seule peut revenir, en remplissant un formulaire.", En: "Only they can come back, by filling in a form." }
    pub not_main {
        Fr: "Suspendre ou reprendre les envois concerne tous les espaces.",
        En: "Holding or releasing sending concerns every workspace.",
    }
    pub not_main_advice {
        Fr: "Utilisez une clé de l’espace «\u{a0}main\u{a0}».",
        En: "Use a key of the workspace `main`.",
    }
}
