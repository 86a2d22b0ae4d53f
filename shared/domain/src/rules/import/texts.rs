//! Why a line of a list, its consent or one of its columns is not taken.

crate::texts! {
    pub(super) too_long {
        Fr: "Cette ligne dépasse 64\u{202f}Ko\u{a0}: un guillemet est-il resté ouvert\u{202f}?",
        En: "This line is longer than 64 KB: is a quote left open?",
    }
    pub(super) erased {
        Fr: "Cette personne a été effacée. Elle seule peut revenir, en remplissant un formulaire.",
        En: "This person was erased. Only they can come back, by filling in a form.",
    }
    pub(super) too_old {
        Fr: "Cette date dépasse la durée de conservation de la campagne\u{a0}: la personne serait effacée aussitôt.",
        En: "This is longer ago than the campaign keeps people: the person would be erased at once.",
    }
    pub(super) unreadable {
        Fr: "Cette version de Piste ne sait pas lire ce lead. Mettez Piste à jour, puis recommencez.",
        En: "This version of Piste can’t read this lead. Update Piste and try again.",
    }
    pub(super) consent_incomplete(field: &str) {
        Fr: "Consentement non repris\u{a0}: indiquez aussi {field}.",
        En: "Consent not taken: give {field} too.",
    }
    pub(super) consent_length(chars: u64) {
        Fr: "Consentement non repris\u{a0}: {chars} caractères au plus.",
        En: "Consent not taken: use at most {chars} characters.",
    }
    pub(super) unknown_purpose(purposes: &str) {
        Fr: "Consentement non repris\u{a0}: consent_purpose est l’un de {purposes}.",
        En: "Consent not taken: consent_purpose is one of {purposes}.",
    }
    pub(super) opted_out {
        Fr: "Consentement non repris\u{a0}: cette personne s’est désinscrite. Elle seule peut redonner son accord.",
        En: "Consent not taken: this person has unsubscribed. Only they can agree again.",
    }
    pub(super) not_confirmed {
        Fr: "Consentement non repris\u{a0}: cette personne a déjà été sollicitée et n’a pas confirmé.",
        En: "Consent not taken: this person was asked before and did not confirm.",
    }

    // ---- columns ----
    pub(super) no_identity {
        Fr: "Aucune colonne n’indique l’adresse e-mail. Nommez-la «\u{a0}email\u{a0}», ou indiquez laquelle\u{a0}: --columns \"NOM=email\" (API\u{a0}: columns=NOM=email).",
        En: "No column holds the email address. Call it “email”, or say which one it is: --columns \"NAME=email\" (API: columns=NAME=email).",
    }
    pub(super) no_identity_or_phone {
        Fr: "Aucune colonne n’indique l’adresse e-mail ni le téléphone. Donnez à une colonne le nom du champ de l’adresse ou du téléphone, ou indiquez laquelle\u{a0}: --columns \"NOM=email\" (API\u{a0}: columns=NOM=email).",
        En: "No column holds the email address or the phone number. Give a column the name of the form’s email or phone field, or say which one it is: --columns \"NAME=email\" (API: columns=NAME=email).",
    }
    pub(super) no_such_column(column: &str) {
        Fr: "Le fichier n’a pas de colonne «\u{a0}{column}\u{a0}». Reprenez un nom de sa première ligne.",
        En: "The file has no column “{column}”. Use a name from its first line.",
    }
    pub(super) no_such_field(field: &str) {
        Fr: "Le formulaire n’a pas de champ «\u{a0}{field}\u{a0}». Sans nom de champ (NOM=), la colonne est ignorée.",
        En: "The form has no field “{field}”. Without a field (NAME=) a column is left out.",
    }
}
