//! Refusals: what is wrong, and what to do.

piste_domain::texts! {
    pub unauthorised { Fr: "Clé absente ou non valable.", En: "That key isn’t valid, or there is none." }
    pub key_expired { Fr: "Cette clé a expiré.", En: "This key has expired." }
    pub key_expired_advice {
        Fr: "Demandez-en une nouvelle à la personne qui administre Piste.",
        En: "Ask whoever administers Piste for a new one.",
    }
    pub too_many_keys { Fr: "Trop de clés incorrectes.", En: "Too many wrong keys." }
    pub too_many_keys_advice(seconds: u64) {
        Fr: "Réessayez dans {seconds} seconde." | "Réessayez dans {seconds} secondes.",
        En: "Try again in {seconds} second." | "Try again in {seconds} seconds.",
    }
    pub not_allowed { Fr: "Votre clé ne le permet pas.", En: "Your key doesn’t allow this." }
    pub not_allowed_advice(has: &str, needs: &str) {
        Fr: "Son rôle est «\u{a0}{has}\u{a0}». Demandez à la personne qui administre Piste une clé de rôle «\u{a0}{needs}\u{a0}».",
        En: "Its role is “{has}”. Ask whoever administers Piste for a key with the role “{needs}”.",
    }
    pub name_taken { Fr: "Ce nom est déjà pris.", En: "This name is taken." }
    pub name_taken_advice {
        Fr: "Choisissez un autre nom, ou supprimez d’abord l’autre utilisateur.",
        En: "Choose another name, or remove the other user first.",
    }
    pub last_admin { Fr: "C’est la dernière clé d’administration.", En: "This is the last admin key." }
    pub last_admin_advice {
        Fr: "Ajoutez d’abord un autre administrateur\u{a0}: sans lui, personne ne pourrait plus créer de clé.",
        En: "Add another admin first: without one, nobody could create a key any more.",
    }
    pub cross_site { Fr: "Ce formulaire vient d’un autre site.", En: "This form was sent from another site." }
    pub cross_site_advice { Fr: "Ouvrez la console et recommencez.", En: "Open the console and try again." }
    pub not_found { Fr: "Page introuvable.", En: "Not found." }
    pub invalid { Fr: "Demande incorrecte.", En: "Invalid request." }
    /// What to do: programs and English readers get the exact reason.
    pub invalid_advice(reason: &str) { Fr: "Reprenez depuis la liste des leads.", En: "{reason}" }
    pub too_many_to_sort { Fr: "Trop de leads à trier ainsi.", En: "Too many leads to sort this way." }
    pub too_many_to_sort_advice {
        Fr: "Au-delà de 10\u{202f}000 leads, filtrez davantage, ou triez par date de réception ou par nom.",
        En: "Beyond 10,000 leads, filter further, or sort by date received (captured_at) or name.",
    }
    pub fields { Fr: "Certains champs sont à corriger.", En: "Some fields need attention." }
    pub no_such_move { Fr: "Le lead ne peut pas passer à cette étape.", En: "The lead can’t move to that stage." }
    pub nothing_to_lift { Fr: "Aucun blocage à lever.", En: "There is no block to lift." }
    pub nothing_to_lift_advice {
        Fr: "Seul un rejet ou une plainte se lève ici. Seule la personne peut revenir sur une désinscription.",
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
    pub post_taken { Fr: "Cette demande est déjà en cours de libération", En: "This enquiry is already being released" }
    pub post_taken_advice { Fr: "Rechargez la quarantaine dans une minute.", En: "Reload the quarantine in a minute." }
    pub approved { Fr: "Cet envoi est déjà approuvé.", En: "This mailing has been approved already." }
    pub approved_advice {
        Fr: "Pour écrire de nouveau, créez un autre fichier dans mailings/.",
        En: "To write again, create another file in mailings/.",
    }
    pub not_approved { Fr: "Cet envoi n’est pas approuvé.", En: "This mailing has not been approved." }
    pub not_approved_advice {
        Fr: "Comptez d’abord les destinataires, puis approuvez-le.",
        En: "Count the recipients first, then approve it.",
    }
    pub recipients_changed {
        Fr: "Le nombre de destinataires a changé.",
        En: "The number of recipients has changed.",
    }
    pub recipients_changed_advice(now: u64) {
        Fr: "Il y en a {now} à présent\u{a0}: vérifiez, puis approuvez ce nombre.",
        En: "There are {now} now: check, then approve that number.",
    }
    pub undo_over { Fr: "Cet import ne peut plus être annulé.", En: "This import can’t be undone any more." }
    pub undo_over_advice {
        Fr: "Un import s’annule pendant sept jours. Effacez les personnes une à une.",
        En: "An import can be undone for seven days. Erase people one by one.",
    }
    pub not_main {
        Fr: "Suspendre ou reprendre les envois concerne tous les espaces.",
        En: "Holding or releasing sending concerns every workspace.",
    }
    pub not_main_advice {
        Fr: "Utilisez une clé de l’espace «\u{a0}main\u{a0}».",
        En: "Use a key of the workspace `main`.",
    }
}
