//! The words for codes, where the console and the command line say the same.

use piste_domain::Locale;
use piste_domain::campaign::Start;
use piste_domain::rules::retention::Why;

use crate::report::BadAsk;

piste_domain::texts! {
    sector_saas { Fr: "SaaS B2B", En: "B2B SaaS" }
    sector_ecommerce { Fr: "Commerce en ligne B2C", En: "B2C e-commerce" }
    sector_agency { Fr: "Agences de services", En: "Service agencies" }

    measure_lead_to_customer { Fr: "leads devenus clients", En: "leads that become customers" }
    measure_email_to_purchase { Fr: "e-mails suivis d’un achat", En: "emails followed by a purchase" }
    measure_quotes_per_lead { Fr: "devis par lead", En: "quotes per lead" }

    never_confirmed { Fr: "adresse jamais confirmée", En: "address never confirmed" }
    retention_over { Fr: "sans nouvelles, délai de conservation écoulé", En: "no activity, retention period over" }

    too_many_bounces { Fr: "trop de rejets", En: "too many bounces" }
    too_many_complaints { Fr: "trop de plaintes", En: "too many complaints" }

    after_form { Fr: "après le formulaire", En: "after the form" }
    after_opt_in { Fr: "après l’accord", En: "after the opt-in" }
    after_silence { Fr: "après les mois de silence", En: "after the months of silence" }
    after_question { Fr: "après la question", En: "after the question" }
    pub(crate) at_once(after: &str) { Fr: "tout de suite {after}", En: "at once {after}" }
    pub(crate) days_after(n: u64, after: &str) { Fr: "{n} jour {after}" | "{n} jours {after}", En: "{n} day {after}" | "{n} days {after}" }
    pub(crate) hours_after(n: u64, after: &str) { Fr: "{n} h {after}", En: "{n} h {after}" }
    pub(crate) moved(after: &str, why: &str) { Fr: "{after}\u{a0}; déplacé\u{a0}: {why}", En: "{after}; moved: {why}" }

    bad_period {
        Fr: "Le début et la fin sont un jour (2026-03-01) ou un instant (2026-03-01T09:00:00Z).",
        En: "from and to are a day (2026-03-01) or a moment (2026-03-01T09:00:00Z).",
    }
    bad_span {
        Fr: "Le début précède la fin, de dix ans au plus.",
        En: "from must come before to, by ten years at most.",
    }
    bad_visitors { Fr: "Le nombre de visiteurs est un entier, par exemple 500.", En: "visitors is a whole number, such as 500." }
    bad_spend { Fr: "La dépense est un nombre, par exemple 1250.50.", En: "spend is a number, such as 1250.50." }
}

/// A benchmark's sector.
pub fn sector(code: &str, locale: Locale) -> &str {
    match code {
        "saas" => sector_saas(locale),
        "ecommerce" => sector_ecommerce(locale),
        "agency" => sector_agency(locale),
        other => other,
    }
}

/// What a benchmark measures.
pub fn measure(code: &str, locale: Locale) -> &str {
    match code {
        "lead_to_customer" => measure_lead_to_customer(locale),
        "email_to_purchase" => measure_email_to_purchase(locale),
        "quotes_per_lead" => measure_quotes_per_lead(locale),
        other => other,
    }
}

/// Why somebody will be erased.
pub fn retention_why(why: Why, locale: Locale) -> &'static str {
    match why {
        Why::NeverConfirmed => never_confirmed(locale),
        Why::Kept => retention_over(locale),
    }
}

/// Why marketing paused by itself, by the code kept with the pause.
pub fn pause_cause(code: &str, locale: Locale) -> &'static str {
    match code {
        "complaints" => too_many_complaints(locale),
        _ => too_many_bounces(locale),
    }
}

/// What a delay counts from.
pub(crate) fn after(start: Start, locale: Locale) -> &'static str {
    match start {
        Start::Capture => after_form(locale),
        Start::OptIn => after_opt_in(locale),
        Start::Dormant => after_silence(locale),
        Start::Retention => after_question(locale),
    }
}

/// What is wrong with the question for a report.
pub fn bad_ask(bad: BadAsk, locale: Locale) -> &'static str {
    match bad {
        BadAsk::Period => bad_period(locale),
        BadAsk::Span => bad_span(locale),
        BadAsk::Visitors => bad_visitors(locale),
        BadAsk::Spend => bad_spend(locale),
    }
}
