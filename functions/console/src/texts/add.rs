//! Adding a lead by hand.

piste_domain::texts! {
    pub title { Fr: "Ajouter un lead", En: "Add a lead" }
    pub intro {
        Fr: "Les réponses comptent comme si la personne les avait données elle-même. Aucun e-mail ne lui est envoyé.",
        En: "The answers count as if the person had given them. They aren’t sent any email.",
    }
    pub to_correct { Fr: "Certains champs sont à corriger\u{a0}:", En: "Some fields need attention:" }
    pub consent { Fr: "Consentement aux e-mails (facultatif)", En: "Consent to emails (optional)" }
    pub consent_hint {
        Fr: "Seulement si la personne vous l’a donné\u{a0}: il compte tout de suite, avec sa preuve.",
        En: "Only if the person gave it to you: it counts straight away, with its evidence.",
    }
    pub method { Fr: "Comment il a été donné", En: "How it was given" }
    pub evidence { Fr: "Ce qui le prouve", En: "What proves it" }
    pub add { Fr: "Ajouter", En: "Add" }
}
