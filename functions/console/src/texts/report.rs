//! The report.

piste_domain::texts! {
    // The question.
    pub all { Fr: "Toutes", En: "All" }
    pub from { Fr: "Du", En: "From" }
    pub to { Fr: "Au", En: "To" }
    pub spend_euros { Fr: "Dépenses (€)", En: "Spend (€)" }
    pub as_counted { Fr: "comptés", En: "as counted" }
    pub as_in_campaigns { Fr: "d’après les campagnes", En: "from the campaigns" }
    pub bad_days { Fr: "Choisissez des jours qui existent.", En: "Choose valid dates." }
    pub bad_span {
        Fr: "Le premier jour doit précéder le dernier, de dix ans au plus.",
        En: "The first day must be before the last, by ten years at most.",
    }
    pub bad_visitors {
        Fr: "Écrivez les visiteurs en nombre entier, par exemple 500.",
        En: "Enter visitors as a whole number, such as 500.",
    }
    pub bad_spend {
        Fr: "Écrivez les dépenses en chiffres, par exemple 1 250,50.",
        En: "Enter the spend in figures, such as 1250.50.",
    }
    pub bad_by { Fr: "Choisissez ce que la période compte.", En: "Choose what the period counts." }
    pub counts_what { Fr: "La période compte", En: "The period counts" }
    pub cohort { Fr: "les demandes reçues, et leur suite", En: "enquiries received, and what became of them" }
    pub period { Fr: "ce qui s’y est passé", En: "what happened in it" }
    pub happened(from: &str, to: &str) {
        Fr: "Ce qui s’est passé du {from} au {to}, quelle que soit la date de la demande.",
        En: "What happened from {from} to {to}, whenever the enquiry came.",
    }
    pub by_owner { Fr: "Par responsable", En: "By owner" }
    pub owner { Fr: "Responsable", En: "Owner" }
    pub nobody { Fr: "personne", En: "nobody" }
    pub by_later_source { Fr: "Source de la dernière demande, quand elle diffère de la première", En: "Source of the latest enquiry, where it differs from the first" }
    pub revenue { Fr: "Montant des ventes connues", En: "Known revenue" }
    pub rejections { Fr: "Pourquoi des leads ont été écartés", En: "Why leads were disqualified" }
    pub captured(from: &str, to: &str) {
        Fr: "Leads reçus du {from} au {to}, où qu’ils en soient aujourd’hui.",
        En: "Leads received from {from} to {to}, whatever their stage today.",
    }

    // The funnel.
    pub funnel { Fr: "Entonnoir", En: "Funnel" }
    pub funnel_title { Fr: "Entonnoir, du visiteur au client", En: "Funnel from visitor to customer" }
    pub of_all_visitors { Fr: "des visiteurs", En: "of visitors" }
    pub of_all_leads { Fr: "des leads", En: "of leads" }
    pub of_visitors { Fr: "sur les visiteurs", En: "of visitors" }
    pub of_leads { Fr: "sur les leads", En: "of leads" }
    /// Between the parts of a list that is read out.
    pub and_then { Fr: "\u{202f}; ", En: "; " }
    pub visitors_unknown {
        Fr: "Le nombre de visiteurs n’est pas connu sur cette période\u{a0}: indiquez-le ci-dessus pour obtenir le premier taux.",
        En: "The number of visitors in this period isn’t known: enter it above to get the first rate.",
    }
    pub fewer_visitors {
        Fr: "Il y a moins de visiteurs que de leads\u{a0}: ce taux ne peut pas être calculé.",
        En: "There are fewer visitors than leads: that rate can’t be calculated.",
    }
    pub visitors_counted {
        Fr: "Visiteurs\u{a0}: ouvertures du formulaire, sans cookie\u{202f}; une personne qui revient compte à nouveau.",
        En: "Visitors: times the form was opened, without a cookie; a person who comes back counts again.",
    }
    pub few_leads {
        Fr: "Moins de 100 leads\u{a0}: les taux sont encore très incertains. Fiez-vous aux intervalles.",
        En: "Fewer than 100 leads: the rates are still very uncertain. Rely on the intervals.",
    }
    pub number { Fr: "Nombre", En: "Number" }
    pub median_time { Fr: "Délai médian", En: "Median time" }
    pub cost_each { Fr: "Coût de chacun", En: "Cost each" }
    pub below_each_rate {
        Fr: "Sous chaque taux, son intervalle à 95\u{202f}%.",
        En: "Below each rate, its 95% interval.",
    }
    pub how_counted {
        Fr: "Un lead compte dans chaque étape qu’il a atteinte un jour, même s’il l’a quittée\u{202f}; une étape sautée compte comme franchie. Les délais partent du premier formulaire.",
        En: "A lead counts in every stage it ever reached, even if it has left it; a skipped stage counts as reached. Times start at the first form.",
    }
    pub spend_from_files(spend: &str) {
        Fr: "Dépenses d’après les fichiers des campagnes\u{a0}: {spend}\u{202f}; un mois entamé compte pour ses jours.",
        En: "Spend from the campaigns’ files: {spend}; part of a month counts by its days.",
    }
    pub understated(leads: &str) {
        Fr: "Coûts sous-estimés\u{a0}: {leads} de mois ou de campagnes sans dépense indiquée.",
        En: "Costs are understated: {leads} from months or campaigns without a stated spend.",
    }

    // Over time.
    pub per_day { Fr: "Leads par jour", En: "Leads per day" }
    pub per_week { Fr: "Leads par semaine", En: "Leads per week" }
    pub per_month { Fr: "Leads par mois", En: "Leads per month" }
    pub day { Fr: "Jour", En: "Day" }
    pub week_of { Fr: "Semaine du", En: "Week of" }
    pub month_of { Fr: "Mois du", En: "Month of" }
    pub in_all(leads: &str, most: &str) { Fr: "{leads} en tout\u{202f}; au plus {most}", En: "{leads} in total; at most {most}" }
    pub the_numbers { Fr: "Les chiffres", En: "The numbers" }

    // First response.
    pub first_response { Fr: "Première réponse des commerciaux", En: "First response by sales" }
    pub nobody_assigned { Fr: "Aucun lead n’a encore été confié aux commerciaux.", En: "No lead has been assigned to sales yet." }
    pub assigned { Fr: "Confiés aux commerciaux", En: "Assigned to sales" }
    pub in_time { Fr: "Rappelés dans le délai", En: "Called back in time" }
    pub nine_in_ten { Fr: "9 fois sur 10", En: "9 times out of 10" }
    pub under(time: &str) { Fr: "moins de {time}", En: "under {time}" }
    pub minutes(n: u64) { Fr: "{n}\u{a0}min" | "{n}\u{a0}min", En: "{n}\u{a0}minute" | "{n}\u{a0}minutes" }
    pub business_hours(n: u64) { Fr: "{n}\u{a0}h ouvrée" | "{n}\u{a0}h ouvrées", En: "{n}\u{a0}business hour" | "{n}\u{a0}business hours" }
    pub owners_hours { Fr: "En heures ouvrées du responsable.", En: "In the owner’s business hours." }

    // Grades.
    pub grades { Fr: "Répartition des notes", En: "Distribution of grades" }
    pub by_grade { Fr: "Leads par note", En: "Leads by grade" }
    pub no_grade { Fr: "Aucun lead n’a encore de note.", En: "No lead has a grade yet." }
    pub most_frequent(grade: &str, leads: &str) {
        Fr: "La note la plus fréquente est {grade} ({leads})",
        En: "The most frequent grade is {grade} ({leads})",
    }
    pub how_graded {
        Fr: "Lettre\u{a0}: le profil (A le meilleur). Chiffre\u{a0}: l’engagement (1 le plus vif), tel qu’au dernier changement de chaque lead\u{202f}; il a pu s’estomper depuis.",
        En: "Letter: fit (A is best). Digit: engagement (1 is highest) as it was when each lead last changed; it may have faded since.",
    }

    // Benchmarks.
    pub benchmarks { Fr: "Repères publiés", En: "Published benchmarks" }
    pub sector_and_measure { Fr: "Secteur et mesure", En: "Sector and measure" }
    pub benchmark { Fr: "Repère", En: "Benchmark" }
    pub you { Fr: "Vous", En: "You" }
    pub other_measure { Fr: "autre mesure, non comparable", En: "another measure, not comparable" }
    pub other_sector { Fr: "autre secteur", En: "another sector" }
    pub too_few { Fr: "trop peu de leads pour comparer", En: "too few leads to compare" }
    pub order_of_magnitude {
        Fr: "Un repère publié ailleurs mesure rarement la même chose que vous\u{a0}: même comparable, c’est un ordre de grandeur.",
        En: "A published benchmark rarely measures exactly what you do: even where comparable, it’s an order of magnitude.",
    }

    // Parts.
    pub by_campaign { Fr: "Par campagne", En: "By campaign" }
    pub by_source { Fr: "Par source", En: "By source" }
    pub source { Fr: "Source", En: "Source" }
    pub unknown { Fr: "inconnue", En: "unknown" }
    pub by_month { Fr: "Par mois d’arrivée", En: "By month received" }
    pub month { Fr: "Mois", En: "Month" }
    pub recent_months {
        Fr: "Les mois récents progressent encore\u{a0}: comparez-les quand leurs leads auront eu le même temps que les autres.",
        En: "Recent months are still developing: compare them once their leads have had as much time as the others.",
    }
    pub no_lead { Fr: "Aucun lead sur cette période.", En: "No leads in this period." }
    pub spend { Fr: "Dépenses", En: "Spend" }
    pub cost_lead { Fr: "Coût d’un lead", En: "Cost per lead" }
    pub cost_sql { Fr: "Coût d’un SQL", En: "Cost per SQL" }
    pub others { Fr: "autres", En: "others" }
}
