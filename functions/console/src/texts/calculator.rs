//! The public calculator.

piste_domain::texts! {
    pub title { Fr: "Calculateur de leads", En: "Lead calculator" }
    pub language { Fr: "Langue", En: "Language" }
    /// The name of the language itself.
    pub own_name { Fr: "Français", En: "English" }
    pub intro {
        Fr: "Entrez les chiffres d’une période pour voir les taux et leur fiabilité\u{a0}: avec 35 leads, un taux n’est qu’une estimation, et l’intervalle dit à quel point elle est grossière.",
        En: "Enter your figures for a period to see the rates and how far to trust them: with 35 leads, a rate is only an estimate, and the interval shows how rough it is.",
    }
    pub visitors { Fr: "Visiteurs de la page", En: "Visitors to the page" }
    pub leads { Fr: "Leads\u{a0}: ont laissé leurs coordonnées", En: "Leads: left their contact details" }
    pub mql { Fr: "MQL\u{a0}: jugés qualifiés par le marketing", En: "MQL: judged qualified by marketing" }
    pub sql { Fr: "SQL\u{a0}: acceptés par les commerciaux", En: "SQL: accepted by sales" }
    pub spend { Fr: "Dépenses de la période, en euros", En: "Spend in the period, in euros" }
    pub other_sector { Fr: "Autre", En: "Other" }
    pub calculate { Fr: "Calculer", En: "Calculate" }
    pub nothing_stored { Fr: "Rien n’est enregistré.", En: "Nothing is stored." }
    pub example { Fr: "Voir un exemple", En: "See an example" }
    pub whole_number { Fr: "Écrivez un nombre entier.", En: "Enter a whole number." }
    pub wider {
        Fr: "Chaque étape en compte au plus autant que la précédente\u{a0}: vérifiez l’ordre de vos chiffres.",
        En: "No stage can hold more than the one before it: check the order of your figures.",
    }
    pub your_funnel { Fr: "Votre entonnoir", En: "Your funnel" }
}
