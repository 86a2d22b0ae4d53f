//! The words for codes, where the console and the command line say the same.

use piste_domain::Locale;
use piste_domain::campaign::Start;
use piste_domain::kit::format::count;
use piste_domain::kit::vocabulary::HouseRefusal;
use piste_domain::rules::retention::Why;

use crate::report::BadAsk;
use crate::retention::Forecast;
use crate::sending::RefusedView;

piste_domain::texts! {
    sector_saas { Fr: "SaaS B2B", En: "B2B SaaS" }
    sector_ecommerce { Fr: "Commerce en ligne B2C", En: "B2C e-commerce" }
    sector_agency { Fr: "Agences de services", En: "Service agencies" }
    sector_industry { Fr: "Industrie", En: "Industry" }
    sector_b2b { Fr: "B2B, tous secteurs", En: "B2B, all sectors" }
    pub no_benchmark {
        Fr: "Nous ne connaissons aucune source publiée qui mesure la même chose pour ce secteur.",
        En: "We know of no published source that measures the same thing for this sector.",
    }

    measure_visitor_to_lead { Fr: "visiteurs devenus leads", En: "visitors that become leads" }
    measure_lead_to_customer { Fr: "leads devenus clients", En: "leads that become customers" }
    measure_email_to_purchase { Fr: "e-mails suivis d’un achat", En: "emails followed by a purchase" }
    measure_quotes_per_lead { Fr: "devis par lead", En: "quotes per lead" }

    /// Why SES refuses, for people.
    refusal_kind for HouseRefusal {
        NotVerified { Fr: "une adresse n’est pas vérifiée", En: "an address is not verified" }
        AccountPaused { Fr: "le compte est suspendu", En: "the account is paused" }
        AccessDenied { Fr: "le rôle n’a pas le droit d’envoyer", En: "the role may not send" }
        NoConfigurationSet { Fr: "le jeu de configuration n’existe pas", En: "the configuration set does not exist" }
        ConfigurationSetPaused { Fr: "les envois du jeu de configuration sont désactivés", En: "sending is switched off for the configuration set" }
    }
    /// What to do about it.
    refusal_remedy for HouseRefusal {
        NotVerified {
            Fr: "Vérifiez l’expéditeur ou son domaine dans SES. Si le compte est encore dans le bac à sable, demandez à en sortir\u{a0}: d’ici là, seules les adresses vérifiées reçoivent des e-mails.",
            En: "Verify the sender or its domain in SES. If the account is still in the sandbox, ask to leave it: until then only verified addresses receive emails.",
        }
        AccountPaused {
            Fr: "Ouvrez «\u{a0}Reputation metrics\u{a0}» dans SES et les messages d’AWS au compte, corrigez la cause, puis demandez la réouverture.",
            En: "Open “Reputation metrics” in SES and AWS’s messages to the account, fix the cause, then ask for a review.",
        }
        AccessDenied {
            Fr: "Comparez le rôle de la fonction nurture avec le modèle (ses:SendRawEmail sur l’identité et sur le jeu de configuration), puis déployez à nouveau.",
            En: "Compare the role of the function nurture with the template (ses:SendRawEmail on the identity and on the configuration set), then deploy again.",
        }
        NoConfigurationSet {
            Fr: "Le jeu de configuration a été supprimé\u{a0}: déployez à nouveau pour le recréer.",
            En: "The configuration set was deleted: deploy again to create it.",
        }
        ConfigurationSetPaused {
            Fr: "Réactivez les envois du jeu de configuration dans SES.",
            En: "Switch sending on again for the configuration set in SES.",
        }
    }
    refused_since(since: &str, kind: &str) {
        Fr: "SES refuse nos e-mails depuis le {since}\u{a0}: {kind}.",
        En: "SES has refused our emails since {since}: {kind}.",
    }
    refused_from(addresses: &str) { Fr: "Expéditeurs concernés\u{a0}: {addresses}.", En: "Senders affected: {addresses}." }
    refused_all { Fr: "Tout le compte est concerné.", En: "The whole account is affected." }
    refused_waits {
        Fr: "Rien n’est perdu\u{a0}: ces e-mails attendent, un essai a lieu au moins chaque heure, et le premier qui part ouvre la voie aux autres.",
        En: "Nothing is lost: these emails wait, one is tried at least every hour, and the first that leaves opens the way for the rest.",
    }
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
    /// What came of a list, as a sentence in the middle of others.
    pub import_sums(rows: &str, new: &str, known: &str, changed: &str, refused: &str) {
        Fr: "{rows} lignes\u{a0}: {new} nouvelles, {known} connues (dont {changed} complétées), {refused} refusées",
        En: "{rows} lines: {new} new, {known} known ({changed} of them with something new), {refused} refused",
    }
    /// What came of taking one back.
    pub import_undone(removed: &str, reverted: &str, kept: &str) {
        Fr: "import annulé\u{a0}: {removed} leads retirés, {reverted} remis dans leur état d’avant, {kept} gardés parce qu’il s’est passé quelque chose depuis",
        En: "import undone: {removed} leads removed, {reverted} as they were before, {kept} kept because something happened since",
    }
    pub(crate) import_campaign {
        Fr: "Indiquez l’identifiant d’une campagne publiée de cet espace.",
        En: "Use the id of a published campaign of this workspace.",
    }
    pub(crate) import_unreadable {
        Fr: "Le fichier ne peut pas être lu jusqu’au bout. Enregistrez-le à nouveau au format CSV et recommencez.",
        En: "The file cannot be read to its end. Save it as CSV again and try once more.",
    }
    pub(crate) import_open_quote(line: u64) {
        Fr: "Un guillemet s’ouvre à la ligne {line} et ne se ferme jamais\u{a0}: rien n’a été lu à partir de là. Fermez-le et recommencez\u{202f}; ce qui est déjà importé ne l’est pas deux fois.",
        En: "A quote opens in line {line} and is never closed: nothing was read from there on. Close it and try again; what was imported already is not imported twice.",
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
        OptIn { Fr: "après le consentement", En: "after the opt-in" }
        Dormant { Fr: "après le passage en dormant", En: "after the lead turned dormant" }
        Retention { Fr: "après l’avis de fin de conservation", En: "after the end-of-retention notice" }
        Approval { Fr: "après l’approbation", En: "after the approval" }
    }
    pub(crate) at_once(after: &str) { Fr: "juste {after}", En: "right {after}" }
    pub(crate) days_after(n: u64, after: &str) { Fr: "{n} jour {after}" | "{n} jours {after}", En: "{n} day {after}" | "{n} days {after}" }
    pub(crate) hours_after(n: u64, after: &str) { Fr: "{n} h {after}", En: "{n} h {after}" }
    pub(crate) leaves_as_things_stand(condition: &str) {
        Fr: "{condition} (à ce jour\u{a0}: partira)",
        En: "{condition} (as things stand: will be sent)",
    }
    pub(crate) left_out_as_things_stand(condition: &str, why: &str) {
        Fr: "{condition} (à ce jour\u{a0}: ne partira pas, {why})",
        En: "{condition} (as things stand: will not be sent, {why})",
    }
    pub(crate) moved(after: &str, why: &str) { Fr: "{after}\u{202f}; déplacé\u{a0}: {why}", En: "{after}; moved: {why}" }

    // ---- what is wrong with a user to be added ----

    pub(crate) bad_user_name(chars: usize) {
        Fr: "Donnez un nom de 1 à {chars} lettres, chiffres, espaces, points, tirets ou apostrophes.",
        En: "Give a name of 1 to {chars} letters, digits, spaces, dots, hyphens or apostrophes.",
    }
    pub(crate) reserved_user_name {
        Fr: "«\u{a0}operator\u{a0}», «\u{a0}operator-2\u{a0}» et la suite sont réservés aux clés d’opérateur\u{a0}: choisissez un autre nom.",
        En: "“operator”, “operator-2” and so on are reserved for operator keys: choose another name.",
    }
    pub(crate) unknown_role(roles: &str) { Fr: "Choisissez un rôle\u{a0}: {roles}.", En: "Choose a role: {roles}." }
    pub(crate) bad_key_end {
        Fr: "Donnez un jour ou un instant des dix prochaines années, par exemple 2030-12-31.",
        En: "Give a day or a moment of the next ten years, such as 2030-12-31.",
    }
    pub(crate) too_many_users(max: usize) {
        Fr: "Un espace compte au plus {max} clés\u{a0}: supprimez-en d’abord une.",
        En: "A workspace has {max} keys at most: remove one first.",
    }

    /// What is wrong with the question for a report.
    pub bad_ask for BadAsk {
        Period {
            Fr: "Indiquez pour le début et la fin un jour (2026-03-01) ou un instant (2026-03-01T09:00:00Z).",
            En: "from and to must be a day (2026-03-01) or a time (2026-03-01T09:00:00Z).",
        }
        Span { Fr: "Le début doit précéder la fin, de dix ans au plus.", En: "from must be before to, by ten years at most." }
        Visitors { Fr: "Le nombre de visiteurs doit être un entier, par exemple 500.", En: "visitors must be a whole number, such as 500." }
        By { Fr: "by doit valoir cohort ou period.", En: "by must be cohort or period." }
        Spend { Fr: "La dépense doit être un nombre, par exemple 1250.50.", En: "spend must be a number, such as 1250.50." }
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

/// Why sending paused by itself, by the code kept with the pause.
pub fn pause_cause(code: &str, locale: Locale) -> &'static str {
    match code {
        "complaints" => too_many_complaints(locale),
        _ => too_many_bounces(locale),
    }
}

/// What SES refuses, and what to do: a line each. `since` is the moment as people read it.
pub fn refused_lines(refused: &RefusedView, since: &str, locale: Locale) -> [String; 4] {
    let who = match &refused.from {
        Some(addresses) => refused_from(locale, &addresses.join(", ")),
        None => refused_all(locale).to_owned(),
    };
    [
        refused_since(locale, since, refusal_kind(locale, refused.kind)),
        who,
        refusal_remedy(locale, refused.kind).to_owned(),
        refused_waits(locale).to_owned(),
    ]
}

/// How many will be erased, for each reason.
pub fn forecast_sums(found: &Forecast, locale: Locale) -> String {
    let [all, looked_at, never_confirmed, kept] =
        [found.leads.len(), found.looked_at, found.never_confirmed, found.kept]
            .map(|number| count(number as u64, locale));
    forecast(locale, &all, &looked_at, &never_confirmed, &kept)
}
