//! The words of a card, in both languages.

piste_domain::texts! {
    /// The title of a card.
    pub hot_lead(grade: &str, campaign: &str) {
        Fr: "À rappeler\u{a0}: lead {grade} ({campaign})",
        En: "Call now: lead {grade} ({campaign})",
    }
    pub call_until(until: &str) {
        Fr: "À appeler avant le {until}",
        En: "Call by {until}",
    }
    pub for_owner(name: &str) { Fr: "Pour {name}", En: "For {name}" }
    pub because(reasons: &str) { Fr: "Pourquoi\u{a0}: {reasons}", En: "Why: {reasons}" }
    pub open { Fr: "Ouvrir le lead", En: "Open the lead" }
}
