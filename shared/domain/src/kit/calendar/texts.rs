//! Why an email leaves at another moment than its delay gives.

use super::holidays::Holiday;

crate::texts! {
    pub(super) weekend { Fr: "week-end", En: "weekend" }
    pub(super) day_off { Fr: "jour de fermeture", En: "closed that day" }
    pub(super) outside_hours { Fr: "hors des heures d’envoi", En: "outside sending hours" }
    pub(super) minimum_gap { Fr: "écart minimal après l’envoi précédent", En: "minimum gap after the previous email" }
    pub(super) within_sequence {
        Fr: "avancé pour respecter la durée de la séquence",
        En: "brought forward to stay within the sequence",
    }
    pub(super) holiday for Holiday {
        NewYear { Fr: "Jour de l’An", En: "New Year’s Day" }
        GoodFriday { Fr: "Vendredi saint", En: "Good Friday" }
        EasterMonday { Fr: "Lundi de Pâques", En: "Easter Monday" }
        LabourDay { Fr: "Fête du Travail", En: "Labour Day" }
        Victory1945 { Fr: "Victoire 1945", En: "Victory Day 1945" }
        Ascension { Fr: "Ascension", En: "Ascension Day" }
        WhitMonday { Fr: "Lundi de Pentecôte", En: "Whit Monday" }
        BastilleDay { Fr: "Fête nationale", En: "Bastille Day" }
        Assumption { Fr: "Assomption", En: "Assumption Day" }
        AllSaints { Fr: "Toussaint", En: "All Saints’ Day" }
        Armistice1918 { Fr: "Armistice 1918", En: "Armistice Day 1918" }
        Christmas { Fr: "Noël", En: "Christmas Day" }
        SaintStephen { Fr: "Saint-Étienne", En: "Saint Stephen’s Day" }
    }
}
