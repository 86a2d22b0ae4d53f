//! Lists that are imported.

piste_domain::texts! {
    pub title { Fr: "Importer des leads", En: "Import leads" }
    pub intro {
        Fr: "Un fichier CSV tel que l’écrit un tableur\u{202f}; sa première ligne nomme les colonnes. Personne ne reçoit d’e-mail ni d’alerte. L’essai n’écrit rien.",
        En: "A CSV file as spreadsheets write it; its first line names the columns. Nobody gets an email or an alert. The dry run writes nothing.",
    }
    pub list { Fr: "Liste", En: "List" }
    pub file { Fr: "Fichier CSV", En: "CSV file" }
    pub paste { Fr: "Ou collez la liste", En: "Or paste the list" }
    pub columns {
        Fr: "Ce que signifient les colonnes, si leur nom ne le dit pas (facultatif)",
        En: "What columns mean, where their names don’t say it (optional)",
    }
    pub look { Fr: "Faire un essai", En: "Dry run" }
    pub import { Fr: "Importer", En: "Import" }
    pub go_on(line: u64) { Fr: "Continuer à la ligne {line}", En: "Go on from line {line}" }
    pub looked { Fr: "Essai\u{a0}: rien n’a été écrit", En: "Dry run: nothing was written" }
    pub imported { Fr: "C’est importé", En: "Imported" }
    pub columns_read { Fr: "Colonnes lues\u{a0}:", En: "Columns read:" }
    pub refused { Fr: "Lignes refusées", En: "Refused lines" }
    pub line { Fr: "Ligne", En: "Line" }
    pub field { Fr: "Champ", En: "Field" }
    pub more(n: u64) { Fr: "Et {n} autre." | "Et {n} autres.", En: "And {n} more." | "And {n} more." }
    pub unread(n: u64) {
        Fr: "{n} valeur ne se lit pas et reste sous forme de texte." | "{n} valeurs ne se lisent pas et restent sous forme de texte.",
        En: "{n} value can’t be read and is kept as text." | "{n} values can’t be read and are kept as text.",
    }
    pub too_large {
        Fr: "Cette page accepte une liste de 1\u{a0}Mo au plus. Pour une liste plus longue, utilisez `piste import` ou l’API.",
        En: "This page takes a list of 1\u{a0}MB at most. For a longer one, use `piste import` or the API.",
    }
    pub its_page { Fr: "La page de cet import, pour l’annuler", En: "This import’s page, to undo it" }

    pub one { Fr: "Import", En: "Import" }
    pub undo { Fr: "Annuler cet import", En: "Undo this import" }
    pub undo_until(moment: &str) { Fr: "Annulable jusqu’au {moment}.", En: "Can be undone until {moment}." }
    pub undone { Fr: "Cet import est annulé.", En: "This import was undone." }
}
