//! What a line of the score says beside its points.

use super::Axis;

crate::texts! {
    pub(super) faded(fresh: i64, decayed: i64) {
        Fr: "{fresh} à l’origine, {decayed} avec l’âge",
        En: "{fresh} when fresh, {decayed} with age",
    }
    pub(super) capped(points: i64) { Fr: "plafonné à {points}", En: "capped at {points}" }
    pub(super) grade_at_most(letter: char) { Fr: "note {letter} au mieux", En: "grade {letter} at best" }
    pub(super) and_also { Fr: "\u{202f}; ", En: "; " }
    pub(super) axis for Axis {
        Fit { Fr: "profil", En: "fit" }
        Engagement { Fr: "engagement", En: "engagement" }
    }
}
