//! The words of a card, in both languages.

use piste_domain::texts;

texts! {
    /// The title of a card.
    pub(crate) fn hot_lead(grade: &str, campaign: &str) {
        fr: format!("À rappeler\u{a0}: un lead {grade} ({campaign})"),
        en: format!("Call now: a {grade} lead ({campaign})"),
    }
}
