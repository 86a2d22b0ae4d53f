//! The words of answers and of what pages have in common.

piste_domain::texts! {
    // ---- problem documents and error pages ----

    pub fields_refused { Fr: "Certains champs sont à corriger.", En: "Some fields need attention." }
    pub unavailable { Fr: "Le service est momentanément indisponible.", En: "The service is temporarily unavailable." }
    pub try_again { Fr: "Réessayez dans une minute.", En: "Please try again in a minute." }
    pub internal { Fr: "Une erreur s’est produite de notre côté.", En: "Something went wrong on our side." }
    pub quote_reference {
        Fr: "Réessayez dans une minute. Si l’erreur se reproduit, écrivez-nous en indiquant la référence.",
        En: "Please try again in a minute. If it happens again, contact us and quote the reference.",
    }
    /// The request id, as a person can quote it.
    pub reference(id: &str) { Fr: "Référence\u{a0}: {id}", En: "Reference: {id}" }
    pub too_large { Fr: "Ce message est trop long.", En: "This message is too long." }
    pub shorten { Fr: "Raccourcissez vos réponses et envoyez à nouveau.", En: "Shorten your answers and send again." }
    pub unsupported_type { Fr: "Ce format n’est pas accepté.", En: "This format isn’t accepted." }
    pub malformed { Fr: "Ce message est illisible.", En: "We couldn’t read this message." }
    pub not_its_type {
        Fr: "Le contenu ne correspond pas au format annoncé.",
        En: "The content doesn’t match its content type.",
    }

    // ---- pages ----

    pub language { Fr: "Langue", En: "Language" }

    // ---- forms ----

    /// Above the list of what is wrong.
    pub to_correct(n: u64) {
        Fr: "{n} champ est à corriger\u{a0}:" | "{n} champs sont à corriger\u{a0}:",
        En: "{n} field needs attention:" | "{n} fields need attention:",
    }
    /// One line of that list, after the field’s label.
    pub problem_of_field(message: &str) { Fr: "\u{a0}: {message}", En: ": {message}" }
    /// After what is wrong with an address.
    pub did_you_mean(address: &str) {
        Fr: "Vouliez-vous écrire {address}\u{202f}?",
        En: "Did you mean {address}?",
    }
    /// Where nothing has to be put right.
    /// Before the title of a page that comes back.
    pub error { Fr: "Erreur\u{a0}: ", En: "Error: " }
    pub or_send_again {
        Fr: "Vous pouvez aussi renvoyer le formulaire tel quel\u{a0}: vos réponses seront acceptées telles quelles.",
        En: "You can also send the form again as it is: we’ll accept your answers unchanged.",
    }
    pub consent_box { Fr: "La case à cocher", En: "The checkbox" }
    pub optional { Fr: " (facultatif)", En: " (optional)" }
    pub choose { Fr: "Choisissez…", En: "Choose…" }
}
