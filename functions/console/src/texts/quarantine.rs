//! Posts that look like spam.

piste_domain::texts! {
    pub intro {
        Fr: "Demandes qui ressemblent à du spam. Elles ne sont pas devenues des leads et aucun e-mail n’est parti. Chacune est effacée au bout de 30\u{a0}jours, ou avec la personne. Une demande libérée est traitée comme si elle venait d’arriver.",
        En: "Enquiries that look like spam. They didn’t become leads and no email went out. Each is deleted after 30\u{a0}days, or with the person. Releasing one treats it as if it had just come in.",
    }
    pub none { Fr: "La quarantaine est vide.", En: "The quarantine is empty." }
    pub unreadable(n: u64) {
        Fr: "{n} demande a été écrite par une version plus récente et ne peut pas être affichée." | "{n} demandes ont été écrites par une version plus récente et ne peuvent pas être affichées.",
        En: "{n} enquiry was written by a newer version and can’t be shown." | "{n} enquiries were written by a newer version and can’t be shown.",
    }
    pub enquiry { Fr: "Demande", En: "Enquiry" }
    pub received { Fr: "Reçue le", En: "Received" }
    pub points(n: u64) { Fr: "{n} point" | "{n} points", En: "{n} point" | "{n} points" }
    pub no_address { Fr: "sans adresse", En: "no address" }
    pub decide { Fr: "Décision", En: "Decision" }
    pub release { Fr: "Libérer", En: "Release" }
    pub release_of(whose: &str) { Fr: "Libérer la demande de {whose}", En: "Release the enquiry of {whose}" }
    pub select_of(whose: &str) { Fr: "Sélectionner la demande de {whose}", En: "Select the enquiry of {whose}" }
    pub discard { Fr: "Supprimer la sélection", En: "Delete selected" }
    pub next { Fr: "Demandes plus anciennes", En: "Older enquiries" }
}
