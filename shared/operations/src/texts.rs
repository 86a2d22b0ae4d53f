//! The words for codes, where the console and the command line say the same.

use piste_domain::Locale;
use piste_domain::campaign::Start;
use piste_domain::kit::format::count;
use piste_domain::rules::retention::Why;

use crate::report::BadAsk;
use crate::retention::Forecast;

piste_domain::texts! {
    sector_saas { Fr: "SaaS B2B", En: "B2B SaaS" }
    sector_ecommerce { Fr: "Commerce en ligne B2C", En: "B2C e-commerce" }
    sector_agency { Fr: "Agences de services", En: "Service agencies" }
    sector_industry { Fr: "Industrie", En: "Industry" }
    sector_b2b { Fr: "B2B, tous secteurs", En: "B2B, all sectors" }
    pub no_benchmark {
        Fr: "Aucune source publiée connue ne mesure, pour ce secteur, ce que ce rapport compte.",
        En: "No known published source measures, for this sector, what this report counts.",
    }

    measure_visitor_to_lead { Fr: "visiteurs devenus leads", En: "visitors that become leads" }
    measure_lead_to_customer { Fr: "leads devenus clients", En: "leads that become customers" }
    measure_email_to_purchase { Fr: "e-mails suivis d’un achat", En: "emails followed by a purchase" }
    measure_quotes_per_lead { Fr: "devis par lead", En: "quotes per lead" }

    /// Why somebody will be erased.
    pub retention_why for Why {
        NeverConfirmed { Fr: "adresse jamais confirmée", En: "address never confirmed" }
        Kept { Fr: "sans nouvelles, délai de conservation écoulé", En: "no activity, retention period over" }
    }
    forecast(all: &str, looked_at: &str, never_confirmed: &str, kept: &str) {
        Fr: "{all} sur {looked_at} leads lus\u{a0}: {never_confirmed} jamais confirmés, {kept} au terme de leur conservation.",
        En: "{all} of {looked_at} leads read: {never_confirmed} never confirmed, {kept} at the end of their retention period.",
    }

    // ---- imports ----
    pub(crate) import_campaign {
        Fr: "Indiquez l’identifiant d’une campagne publiée de cet espace.",
        En: "Use the id of a published campaign of this workspace.",
    }
    pub(crate) import_unreadable {
        Fr: "Le fichier ne peut pas être lu jusqu’au bout.",
        En: "The file cannot be read to its end.",
    }
    pub(crate) import_not_csv {
        Fr: "Ce n’est pas un fichier CSV. Dans le tableur, enregistrez-le au format CSV (UTF-8 ou non, les deux conviennent).",
        En: "This is not a CSV file. In the spreadsheet, save it as CSV (UTF-8 or not, both will do).",
    }
    pub(crate) import_empty {
        Fr: "Le fichier n’a pas d’en-tête\u{a0}: sa première ligne nomme les colonnes.",
        En: "The file has no header: its first line names the columns.",
    }
    pub(crate) import_columns {
        Fr: "Écrivez COLONNE=champ, avec une virgule entre deux.",
        En: "Write COLUMN=field, with a comma between two.",
    }

    too_many_bounces { Fr: "trop de rejets", En: "too many bounces" }
    too_many_complaints { Fr: "trop de plaintes", En: "too many complaints" }

    pub(crate) after for Start {
        Capture { Fr: "après le formulaire", En: "after the form" }
        OptIn { Fr: "après l’accord", En: "after the opt-in" }
        Dormant { Fr: "après les mois de silence", En: "after the months of silence" }
        Retention { Fr: "après la question", En: "after the question" }
    }
    pub(crate) at_once(after: &str) { Fr: "tout de suite {after}", En: "at once {after}" }
    pub(crate) days_after(n: u64, after: &str) { Fr: "{n} jour {after}" | "{n} jours {after}", En: "{n} day {after}" | "{n} days {after}" }
    pub(crate) hours_after(n: u64, after: &str) { Fr: "{n} h {after}", En: "{n} h {after}" }
    pub(crate) moved(after: &str, why: &str) { Fr: "{after}\u{a0}; déplacé\u{a0}: {why}", En: "{after}; moved: {why}" }

    /// What is wrong with the question for a report.
    pub bad_ask for BadAsk {
        Period {
            Fr: "Le début et la fin sont un jour (2026-03-01) ou un instant (2026-03-01T09:00:00Z).",
            En: "from and to are a day (2026-03-01) or a moment (2026-03-01T09:00:00Z).",
        }
        Span { Fr: "Le début précède la fin, de dix ans au plus.", En: "from must come before to, by ten years at most." }
        Visitors { Fr: "Le nombre de visiteurs est un entier, par exemple 500.", En: "visitors is a whole number, such as 500." }
        By { Fr: "by est cohort ou period.", En: "by is cohort or period." }
        Spend { Fr: "La dépense est un nombre, par exemple 1250.50.", En: "spend is a number, such as 1250.50." }
    }
}

/// A benchmark's sector.
pub fn sector(code: &str, locale: Locale) -> &str {
    match code {
        "saas" => sector_saas(locale),
        "ecommerce" => sector_ecommerce(locale),
        "agency" => sector_agency(locale),
        "industry" => sector_industry(locale),
        "b2b" => sector_b2b(locale),
        other => other,
    }
}

/// What a benchmark measures.
pub fn measure(code: &str, locale: Locale) -> &str {
    match code {
        "visitor_to_lead" => measure_visitor_to_lead(locale),
        "lead_to_mql" => "lead → MQL",
        "mql_to_sql" => "MQL → SQL",
        "lead_to_customer" => measure_lead_to_customer(locale),
        "email_to_purchase" => measure_email_to_purchase(locale),
        "quotes_per_lead" => measure_quotes_per_lead(locale),
        other => other,
    }
}

/// Why marketing paused by itself, by the code kept with the pause.
pub fn pause_cause(code: &str, locale: Locale) -> &'static str {
    match code {
        "complaints" => too_many_complaints(locale),
        _ => too_many_bounces(locale),
    }
}

/// How many will be erased, for each reason.
pub fn forecast_sums(found: &Forecast, locale: Locale) -> String {
    let [all, looked_at, never_confirmed, kept] =
        [found.leads.len(), found.looked_at, found.never_confirmed, found.kept]
            .map(|number| count(number as u64, locale));
    forecast(locale, &all, &looked_at, &never_confirmed, &kept)
}
