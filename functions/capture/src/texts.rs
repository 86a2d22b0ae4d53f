//! The words of the hosted form.

piste_domain::texts! {
    pub unknown_form { Fr: "Ce formulaire n’existe pas.", En: "There is no such form." }
    pub check_address {
        Fr: "Vérifiez l’adresse\u{a0}: elle se termine par le nom de la campagne.",
        En: "Check the address: it ends with the campaign’s name.",
    }
    pub too_many_posts {
        Fr: "Nous recevons trop d’envois de votre réseau.",
        En: "We’re getting too many posts from your network.",
    }
    pub too_many_posts_advice(seconds: u64) {
        Fr: "Rien de ce que vous avez écrit n’est perdu. Renvoyez ce formulaire dans {seconds} seconde." | "Rien de ce que vous avez écrit n’est perdu. Renvoyez ce formulaire dans {seconds} secondes.",
        En: "Nothing you wrote is lost. Send this form again in {seconds} second." | "Nothing you wrote is lost. Send this form again in {seconds} seconds.",
    }
    /// A field that only programs fill in.
    pub leave_empty { Fr: "Laissez ce champ vide", En: "Leave this field empty" }
    /// Followed by the names of the fields.
    pub no_files {
        Fr: "Nous avons bien lu vos réponses, mais ce formulaire n’accepte pas de fichiers. Non transmis\u{a0}:",
        En: "We read your answers, but this form doesn’t accept files. Not sent:",
    }
    pub your_data { Fr: "Ce que nous faisons de vos données", En: "What we do with your data" }
    pub privacy { Fr: "Confidentialité", En: "Privacy" }
    pub my_data { Fr: "Voir ou effacer mes données", En: "See or delete my data" }
}
