//! The kit's own texts: what is wrong with an answer, and the words that numbers and dates are written with.

crate::texts! {
    // ---- what is wrong with an answer ----

    pub(super) required { Fr: "Ce champ est obligatoire.", En: "This field is required." }
    pub(super) must_accept { Fr: "Cochez cette case pour continuer.", En: "Tick this box to continue." }
    pub(super) too_long(max: usize) {
        Fr: "Raccourcissez ce texte\u{a0}: {max} caractères au plus.",
        En: "Shorten this text to {max} characters at most.",
    }
    pub(super) not_an_option { Fr: "Choisissez une des réponses proposées.", En: "Choose one of the options." }
    pub(super) not_a_number {
        Fr: "Écrivez un nombre en chiffres, par exemple 15\u{202f}000.",
        En: "Enter a number in digits, for example 15,000.",
    }
    pub(super) too_small(min: i64) { Fr: "Indiquez au moins {min}.", En: "Enter {min} or more." }
    pub(super) too_large(max: i64) { Fr: "Indiquez au plus {max}.", En: "Enter {max} or less." }
    pub(super) not_a_phone {
        Fr: "Écrivez un numéro de téléphone, par exemple 01 99 00 12 34.",
        En: "Enter a phone number, for example +33 1 99 00 12 34.",
    }
    pub(super) unreachable {
        Fr: "Laissez une adresse e-mail ou un numéro de téléphone.",
        En: "Leave an email address or a phone number.",
    }
    pub(super) not_a_date {
        Fr: "Écrivez une date, par exemple 31/01/2026.",
        En: "Enter a date, for example 31/01/2026 or 31 January 2026.",
    }
    pub(super) not_a_url {
        Fr: "Écrivez une adresse web, par exemple www.example.com.",
        En: "Enter a web address, for example www.example.com.",
    }
    pub(super) mistyped_domain {
        Fr: "Cette adresse contient peut-être une faute de frappe.",
        En: "This address may contain a typing mistake.",
    }
    pub(super) not_yes_or_no { Fr: "Cochez cette case ou laissez-la vide.", En: "Tick this box or leave it empty." }
    // ---- numbers and dates ----

    pub(super) decimal_sign { Fr: ",", En: "." }
    /// Between thousands. The French one never breaks the line (Imprimerie nationale).
    pub(super) thousands_sign { Fr: "\u{202f}", En: "," }
    pub(super) percent(figure: &str) { Fr: "{figure}\u{202f}%", En: "{figure}%" }
    pub(super) from_to(low: &str, high: &str) { Fr: "{low} à {high}", En: "{low} to {high}" }
    pub(super) euros(figure: &str) { Fr: "{figure}\u{202f}€", En: "€{figure}" }
    pub(super) leads(n: u64) { Fr: "{n}\u{a0}lead" | "{n}\u{a0}leads", En: "{n}\u{a0}lead" | "{n}\u{a0}leads" }
    pub(super) day_unit { Fr: "jour", En: "day" }
    pub(super) days_unit { Fr: "jours", En: "days" }
    pub(super) years(n: u64) { Fr: "{n}\u{a0}an" | "{n}\u{a0}ans", En: "{n}\u{a0}year" | "{n}\u{a0}years" }
    pub(super) months(n: u64) { Fr: "{n}\u{a0}mois" | "{n}\u{a0}mois", En: "{n}\u{a0}month" | "{n}\u{a0}months" }
    pub(super) weeks(n: u64) {
        Fr: "{n}\u{a0}semaine" | "{n}\u{a0}semaines",
        En: "{n}\u{a0}week" | "{n}\u{a0}weeks",
    }
    pub(super) days(n: u64) { Fr: "{n}\u{a0}jour" | "{n}\u{a0}jours", En: "{n}\u{a0}day" | "{n}\u{a0}days" }
    pub(super) hours(n: u64) { Fr: "{n}\u{a0}heure" | "{n}\u{a0}heures", En: "{n}\u{a0}hour" | "{n}\u{a0}hours" }
    pub(super) minutes(n: u64) {
        Fr: "{n}\u{a0}minute" | "{n}\u{a0}minutes",
        En: "{n}\u{a0}minute" | "{n}\u{a0}minutes",
    }
    /// Days of the week from Monday, parted by spaces.
    pub(super) weekdays {
        Fr: "lundi mardi mercredi jeudi vendredi samedi dimanche",
        En: "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    }
    /// Months from January, parted by spaces.
    pub(super) month_names {
        Fr: "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        En: "January February March April May June July August September October November December",
    }
    pub(super) clock(hour: i8, minute: i8) { Fr: "{hour}\u{a0}h\u{a0}{minute:02}", En: "{hour}:{minute:02}" }
    pub(super) at_clock(day: &str, clock: &str) { Fr: "{day} à {clock}", En: "{day}, {clock}" }
}
