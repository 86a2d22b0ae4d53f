//! What `piste check` says about a campaign's files.

use super::Named;
use crate::kit::locale::Locale;

/// Follows the sentence about an unknown word, where one is known that resembles it.
pub(super) fn meant(locale: Locale, meant: Option<&str>) -> String {
    meant.map(|meant| perhaps(locale, meant)).unwrap_or_default()
}

crate::texts! {
    // ---- syntax: English keeps the words of the library ----
    pub(super) unknown_key(said: &str, key: &str, known: &str) {
        Fr: "clé inconnue «\u{a0}{key}\u{a0}»\u{202f}; ici vont\u{a0}: {known}",
        En: "{said}",
    }
    pub(super) unknown_value(said: &str, value: &str, known: &str) {
        Fr: "valeur inconnue «\u{a0}{value}\u{a0}»\u{202f}; sont possibles\u{a0}: {known}",
        En: "{said}",
    }
    /// Follows the sentence about an unknown word.
    pub(super) perhaps(meant: &str) {
        Fr: "\u{202f}; peut-être «\u{a0}{meant}\u{a0}»\u{202f}?",
        En: "; did you mean `{meant}`?",
    }
    pub(super) missing_key(said: &str, key: &str) { Fr: "la clé {key} manque", En: "{said}" }
    pub(super) key_twice(said: &str) { Fr: "cette clé figure deux fois", En: "{said}" }
    pub(super) wrong_type(said: &str, expected: &str) {
        Fr: "cette valeur n’est pas du bon type\u{a0}: écrivez {expected}",
        En: "{said}",
    }
    pub(super) a_text { Fr: "un texte entre guillemets droits", En: "a text in quotes" }
    pub(super) a_text_or_number {
        Fr: "un texte entre guillemets droits, ou un nombre entier",
        En: "a text in quotes, or a whole number",
    }
    pub(super) a_list { Fr: "une liste entre crochets", En: "a list in square brackets" }
    pub(super) a_table { Fr: "une table de clés et de valeurs", En: "a table of keys and values" }
    pub(super) a_number { Fr: "un nombre, sans guillemets", En: "a number, without quotes" }
    pub(super) true_or_false { Fr: "true ou false", En: "true or false" }
    pub(super) unclosed(said: &str) {
        Fr: "un crochet, une accolade ou un guillemet n’est pas fermé",
        En: "{said}",
    }
    pub(super) bad_quotes(said: &str) {
        Fr: "un texte s’écrit entre guillemets droits, sur une ligne\u{a0}: l’un d’eux manque, ou un caractère de trop suit un \\",
        En: "{said}",
    }
    pub(super) bad_comma(said: &str) { Fr: "une virgule manque ou est de trop, ou un crochet n’est pas fermé", En: "{said}" }
    pub(super) no_key_and_value(said: &str) {
        Fr: "cette ligne est illisible\u{a0}: écrivez clé = valeur, les textes entre guillemets droits",
        En: "{said}",
    }
    pub(super) unreadable_line(said: &str) {
        Fr: "cette ligne est illisible\u{a0}: vérifiez sa valeur, ses guillemets et ses crochets",
        En: "{said}",
    }
    pub(super) bad_delay {
        Fr: "une durée s’écrit selon ISO 8601, par exemple \"PT20H\" ou \"P14D\", sans signe et en secondes entières",
        En: "a delay is an ISO 8601 duration such as \"PT20H\" or \"P14D\", not negative, in whole seconds",
    }
    pub(super) bad_time_of_day {
        Fr: "une heure s’écrit \"09:00\", de \"00:00\" à \"24:00\"",
        En: "a time of day is written \"09:00\", from \"00:00\" to \"24:00\"",
    }

    // ---- brand ----
    pub(super) site_https { Fr: "l’adresse du site commence par https://", En: "the site’s address starts with https://" }
    pub(super) logo_type {
        Fr: "le logo est un fichier .png, .jpg ou .svg du dossier de la campagne, par exemple \"logo.png\"",
        En: "the logo is a .png, .jpg or .svg file in the campaign’s folder, such as \"logo.png\"",
    }
    pub(super) not_a_colour {
        Fr: "une couleur s’écrit \"#rrggbb\", par exemple \"#0b5c74\"",
        En: "a colour is written \"#rrggbb\", such as \"#0b5c74\"",
    }
    pub(super) low_contrast(ratio: f64, page: &str) {
        Fr: "contraste de {ratio}:1 seulement avec la page ({page})\u{a0}: il en faut 4,5:1 pour que liens et boutons se lisent. Prenez une couleur plus éloignée de celle de la page",
        En: "a contrast of only {ratio}:1 with its page ({page}): links and buttons need 4.5:1 to be read. Take a colour further from the page’s",
    }

    // ---- names and texts ----
    /// What bears a name.
    pub(super) kind for Named {
        Campaign { Fr: "campagne", En: "campaign" }
        Destination { Fr: "destination", En: "destination" }
        Workspace { Fr: "espace", En: "workspace" }
        Resource { Fr: "ressource", En: "resource" }
        Field { Fr: "champ", En: "field" }
        Choice { Fr: "option", En: "option" }
        Topic { Fr: "sujet", En: "topic" }
        Sequence { Fr: "séquence", En: "sequence" }
        Step { Fr: "étape", En: "step" }
        Mailing { Fr: "envoi", En: "mailing" }
        Template { Fr: "modèle", En: "template" }
        Rule { Fr: "règle", En: "rule" }
        Owner { Fr: "responsable", En: "owner" }
    }
    pub(super) bad_name(what: &str, name: &str) {
        Fr: "{what} «\u{a0}{name}\u{a0}»\u{a0}: écrivez 1 à 40 caractères parmi a-z, 0-9, - et _, car ce nom entre dans des clés, des liens et des étiquettes",
        En: "{what} \"{name}\": use 1 to 40 characters of a-z, 0-9, - and _: it becomes part of keys, links and tags",
    }
    pub(super) twice(what: &str, name: &str) {
        Fr: "{what} «\u{a0}{name}\u{a0}»\u{a0}: ce nom est déjà pris",
        En: "{what} \"{name}\" is declared twice",
    }
    pub(super) untranslated(key: &str, language: &str) {
        Fr: "{key} n’est pas traduit\u{a0}: ajoutez {language} = \"…\"",
        En: "{key} has no translation: add {language} = \"…\"",
    }
    pub(super) not_the_folder(folder: &str) {
        Fr: "id doit être le nom du dossier, «\u{a0}{folder}\u{a0}»",
        En: "id must be the folder's name, \"{folder}\"",
    }
    pub(super) mapping_has_a_file {
        Fr: "chaque correspondance a son propre fichier, à côté de celui-ci\u{a0}: triggers/<source>.toml",
        En: "each mapping has its own file: triggers/<source>.toml next to this one",
    }
    pub(super) mailing_has_a_file {
        Fr: "chaque envoi a son propre fichier, à côté de celui-ci\u{a0}: mailings/<nom>.toml",
        En: "each mailing has its own file: mailings/<name>.toml next to this one",
    }
    pub(super) no_language { Fr: "nommez au moins une langue", En: "name at least one language" }
    pub(super) language_twice(language: &str) {
        Fr: "la langue «\u{a0}{language}\u{a0}» figure deux fois",
        En: "language \"{language}\" is listed twice",
    }
    pub(super) no_zone(zone: &str) {
        Fr: "il n’y a pas de fuseau horaire «\u{a0}{zone}\u{a0}»\u{a0}: écrivez un nom IANA tel que Europe/Paris",
        En: "there is no time zone \"{zone}\": use an IANA name such as Europe/Paris",
    }
    pub(super) not_an_address { Fr: "ce n’est pas une adresse e-mail", En: "not an email address" }
    pub(super) no_opt_in_page {
        Fr: "le double opt-in a besoin d’une page où confirmer\u{a0}: ajoutez [opt_in] avec title, text, button, done_title et done_text",
        En: "double opt-in needs a page to confirm on: add [opt_in] with title, text, button, done_title and done_text",
    }
    pub(super) privacy_url_https {
        Fr: "privacy_url doit commencer par https://",
        En: "privacy_url must start with https://",
    }

    // ---- the form ----
    pub(super) reserved_for_helpers {
        Fr: "les noms qui commencent par _ sont réservés aux champs techniques",
        En: "names that start with _ are reserved for helper fields",
    }
    pub(super) name_without_letters {
        Fr: "un nom a au moins une lettre ou un chiffre",
        En: "a name has at least one letter or digit",
    }
    pub(super) name_of_a_helper(name: &str) {
        Fr: "«\u{a0}{name}\u{a0}» est un champ technique, pas une réponse",
        En: "\"{name}\" is a helper field, not an answer",
    }
    pub(super) name_of_another(name: &str, field: &str) {
        Fr: "«\u{a0}{name}\u{a0}» désigne déjà le champ «\u{a0}{field}\u{a0}»\u{a0}: les majuscules, les accents et les séparateurs ne comptent pas",
        En: "\"{name}\" already means the field \"{field}\": case, accents and separators do not count",
    }
    pub(super) name_listed_twice(name: &str) {
        Fr: "«\u{a0}{name}\u{a0}» figure deux fois\u{a0}: les majuscules, les accents et les séparateurs ne comptent pas",
        En: "\"{name}\" is listed twice: case, accents and separators do not count",
    }
    pub(super) min_above_max {
        Fr: "aucun nombre ne convient ici\u{a0}: min est plus grand que max",
        En: "no number is allowed here: min is greater than max",
    }
    pub(super) choice_without_options {
        Fr: "un choix a besoin de options = [{ value = …, label = … }]",
        En: "a choice needs options = [{ value = …, label = … }]",
    }
    pub(super) box_without_proof {
        Fr: "une case de consentement a besoin de purpose et de version\u{a0}: les deux font partie de la preuve",
        En: "a consent box needs a purpose and a version: both are part of the proof",
    }
    pub(super) one_email_field {
        Fr: "un formulaire a exactement un champ de type email, obligatoire (required) et nommé «\u{a0}email\u{a0}»\u{a0}: il identifie le lead",
        En: "a form needs exactly one field of type email, required and named \"email\": it identifies the lead",
    }
    pub(super) one_optional_email_field {
        Fr: "avec identity = \"email_or_phone\", un formulaire a exactement un champ de type email, nommé «\u{a0}email\u{a0}» et facultatif",
        En: "with identity = \"email_or_phone\" a form needs exactly one field of type email, named \"email\" and not required",
    }
    pub(super) no_phone_field {
        Fr: "personne ne pourrait laisser de numéro\u{a0}: ajoutez un champ de type phone, ou retirez identity",
        En: "nobody could leave a number: add a field of type phone, or leave identity out",
    }
    pub(super) unknown_country(country: &str) {
        Fr: "les numéros de «\u{a0}{country}\u{a0}» ne peuvent pas être lus\u{a0}: écrivez deux capitales, comme «\u{a0}FR\u{a0}»",
        En: "the numbers of \"{country}\" cannot be read: use two capital letters such as \"FR\"",
    }
    pub(super) nobody_to_notify {
        Fr: "personne n’est prévenu\u{a0}: donnez au moins une adresse dans to, ou retirez [notify]",
        En: "nobody is told: give at least one address in to, or leave [notify] out",
    }
    pub(super) no_time_of_day {
        Fr: "le récapitulatif a besoin d’une heure de la journée, de \"00:00\" à \"23:59\"",
        En: "the digest needs a time of day, from \"00:00\" to \"23:59\"",
    }
    pub(super) not_an_origin(origin: &str) {
        Fr: "«\u{a0}{origin}\u{a0}» n’est pas une origine\u{a0}: écrivez https://hôte, sans chemin",
        En: "\"{origin}\" is not an origin: write https://host, without a path",
    }
    pub(super) no_field(field: &str) {
        Fr: "le formulaire n’a pas de champ «\u{a0}{field}\u{a0}»",
        En: "the form has no field \"{field}\"",
    }
    pub(super) not_an_option(value: &str, field: &str) {
        Fr: "«\u{a0}{value}\u{a0}» n’est pas une option de «\u{a0}{field}\u{a0}»",
        En: "\"{value}\" is not an option of \"{field}\"",
    }

    // ---- mappings ----
    pub(super) bad_source(name: &str) {
        Fr: "source «\u{a0}{name}\u{a0}»\u{a0}: nommez le fichier par 1 à 40 caractères parmi a-z, 0-9, - et _, car ce nom entre dans l’adresse",
        En: "source \"{name}\": name the file with 1 to 40 characters of a-z, 0-9, - and _: it becomes part of the URL",
    }
    pub(super) bad_path(path: &str) {
        Fr: "«\u{a0}{path}\u{a0}» n’est pas un chemin\u{a0}: écrivez des noms séparés par des points, tels que contact.email ou answers[field.ref=email].email",
        En: "\"{path}\" is not a path: write names joined by dots, such as contact.email or answers[field.ref=email].email",
    }
    pub(super) proof_needs(proof: &str, key: &str) {
        Fr: "la preuve «\u{a0}{proof}\u{a0}» a besoin de {key}",
        En: "the proof \"{proof}\" needs {key}",
    }
    pub(super) only_for_proof(key: &str, proof: &str) {
        Fr: "{key} ne va qu’avec proof = \"{proof}\"",
        En: "{key} goes with proof = \"{proof}\" only",
    }
    pub(super) no_header(name: &str) {
        Fr: "«\u{a0}{name}\u{a0}» n’est pas un nom d’en-tête HTTP",
        En: "\"{name}\" is not the name of an HTTP header",
    }
    pub(super) means_nothing {
        Fr: "la liste est vide\u{a0}: dites ce que ce type veut dire, ou retirez-le pour qu’il soit ignoré",
        En: "the list is empty: say what this type means, or remove it and it is ignored",
    }
    pub(super) promised_to_nobody {
        Fr: "aucun type ne devient «\u{a0}lead\u{a0}», donc send_promised n’a pas d’effet\u{a0}: retirez-le",
        En: "no type is mapped to \"lead\", so send_promised has no effect: remove it",
    }
    pub(super) type_needs_path {
        Fr: "type attend un chemin tel que event, ou une liste de chemins",
        En: "type needs a path such as event, or a list of paths",
    }
    pub(super) finds_nobody {
        Fr: "aucun lead ne peut être trouvé\u{a0}: donnez le chemin de email ou de lead_id",
        En: "no lead could be found: give the path of email or lead_id",
    }
    pub(super) no_types {
        Fr: "types est vide\u{a0}: listez les types d’événements de ce système, et ce que chacun veut dire",
        En: "types is empty: list their event types and what each one means",
    }
    pub(super) lead_without_address {
        Fr: "un lead a besoin d’une adresse\u{a0}: donnez le chemin de email",
        En: "a lead needs an address: give the path of email",
    }
    pub(super) fields_never_read {
        Fr: "aucun type ne devient «\u{a0}lead\u{a0}», donc fields n’est jamais lu\u{a0}: retirez-le, ou faites correspondre un type à «\u{a0}lead\u{a0}»",
        En: "no type is mapped to \"lead\", so fields are never read: remove them, or map a type to \"lead\"",
    }
    pub(super) box_from_elsewhere(field: &str) {
        Fr: "«\u{a0}{field}\u{a0}» est une case de consentement\u{a0}: seule la personne peut la cocher, jamais un autre système",
        En: "\"{field}\" is a consent box: only the person can tick it, never another system",
    }
    pub(super) address_from_email {
        Fr: "l’adresse est lue au chemin donné par email",
        En: "the address is read from the path in email",
    }
    pub(super) required_not_mapped(field: &str) {
        Fr: "le formulaire exige «\u{a0}{field}\u{a0}»\u{a0}: donnez son chemin (fields.{field})",
        En: "the form requires \"{field}\": give its path (fields.{field})",
    }
    pub(super) values_of_no_field(field: &str) {
        Fr: "«\u{a0}{field}\u{a0}» ne figure pas dans fields",
        En: "\"{field}\" is not among fields",
    }

    // ---- consent, topics, retention ----
    pub(super) similar_to_missing {
        Fr: "customer_similar a besoin de similar_to = [\"…\"]\u{a0}: les campagnes dont les clients ont acheté des produits analogues au même expéditeur",
        En: "customer_similar needs similar_to = [\"…\"]: the campaigns whose customers bought similar goods from the same sender",
    }
    pub(super) similar_to_unused {
        Fr: "similar_to est sans effet ici\u{a0}: il va avec regime = \"customer_similar\"",
        En: "similar_to has no effect here: it belongs to regime = \"customer_similar\"",
    }
    pub(super) nothing_to_confirm {
        Fr: "il n’y a rien à confirmer\u{a0}: ajoutez une case de consentement marketing, ou écrivez double_opt_in = false, puisque ce régime n’en exige pas",
        En: "there is nothing to confirm: add a consent box for marketing, or set double_opt_in = false, since this regime needs none",
    }
    pub(super) no_privacy_version {
        Fr: "privacy_version est vide\u{a0}: chaque consentement retient la version de la politique de confidentialité qui était affichée",
        En: "privacy_version is empty: every consent records which version of the notice was shown",
    }
    pub(super) same_purpose {
        Fr: "deux cases demandent la même chose (purpose)\u{a0}: gardez-en une",
        En: "two boxes ask for the same purpose: keep one",
    }
    pub(super) purpose_of_no_box {
        Fr: "seule une case de consentement peut avoir purpose",
        En: "only a consent box can have a purpose",
    }
    pub(super) retention_of_no_box {
        Fr: "seule une case de consentement peut avoir sa propre durée de conservation (retention)\u{202f}; celle du lead est en haut du fichier",
        En: "only a consent box can have its own retention; the lead's retention is set at the top of the file",
    }
    pub(super) asked_only_once {
        Fr: "on ne demande qu’une fois\u{a0}: une seule séquence peut avoir start = \"retention\"",
        En: "people are asked only once: one sequence at most may start with \"retention\"",
    }
    pub(super) before_missing {
        Fr: "dites combien de temps avant l’effacement la question est posée\u{a0}: ajoutez before = \"P30D\"",
        En: "say how long before deletion people are asked: add before = \"P30D\"",
    }
    pub(super) before_unused {
        Fr: "before va dans une séquence avec start = \"retention\"",
        En: "before belongs in a sequence with start = \"retention\"",
    }
    pub(super) customers_leave {
        Fr: "personne ne recevrait ces e-mails\u{a0}: customer_similar s’adresse à des clients, or «\u{a0}customer\u{a0}» est une sortie ici",
        En: "nobody would get these emails: customer_similar writes to customers, but \"customer\" is an exit here",
    }
    pub(super) retention_is_nurture {
        Fr: "personne n’a demandé cet e-mail\u{a0}: écrivez class = \"nurture\", pour qu’il n’aille qu’à des personnes à qui vous pouvez écrire",
        En: "nobody asked for this email: set class = \"nurture\", so that it only goes to people who may be emailed",
    }
    pub(super) never_pending {
        Fr: "opt_in_pending n’est jamais vrai ici\u{a0}: un e-mail nurture ne va qu’à des personnes qui ont déjà consenti",
        En: "opt_in_pending is never true here: a nurture email only goes to people who have already agreed",
    }
    pub(super) no_topic(topic: &str) {
        Fr: "il n’y a pas de sujet «\u{a0}{topic}\u{a0}»\u{a0}: déclarez-le sous [[topics]]",
        En: "there is no topic \"{topic}\": declare it under [[topics]]",
    }
    pub(super) topic_of_service {
        Fr: "un e-mail de service ne peut pas avoir de sujet\u{a0}: on ne se désinscrit pas de ce que l’on a demandé",
        En: "a service email cannot have a topic: people cannot turn off what they asked for",
    }

    // ---- sequences ----
    pub(super) nobody_could_confirm {
        Fr: "personne ne pourrait confirmer\u{a0}: un e-mail de service avec le bouton de confirmation doit partir dès la demande (une séquence avec start = \"capture\")",
        En: "nobody could confirm: a service email with the confirm button must leave at capture (a sequence with start = \"capture\")",
    }
    pub(super) reserved_for_piste {
        Fr: "les noms qui commencent par _ sont réservés aux séquences de Piste",
        En: "names that start with _ are reserved for Piste's own sequences",
    }
    pub(super) no_steps {
        Fr: "une séquence sans étape n’envoie rien\u{a0}: ajoutez [[sequences.steps]], ou retirez-la",
        En: "a sequence without steps sends nothing: add [[sequences.steps]] or remove it",
    }
    pub(super) window_never_opens {
        Fr: "aucun e-mail ne pourrait partir dans ces horaires\u{a0}: vérifiez les jours et les heures",
        En: "no email could ever leave in this window: check its days and hours",
    }
    pub(super) steps_out_of_order {
        Fr: "les étapes doivent se suivre par délai croissant (delay)",
        En: "steps must be in ascending order of delay",
    }
    pub(super) step_after_the_end {
        Fr: "cette étape vient après la fin de la séquence (within)",
        En: "this step comes after the end of the sequence (within)",
    }
    pub(super) alert_as_step {
        Fr: "les alertes aux commerciaux partent d’elles-mêmes\u{a0}: une étape est nurture ou service",
        En: "alerts to sales are automatic: a step is nurture or service",
    }
    pub(super) exit_missing(exit: &str) {
        Fr: "personne ne sortirait de cette séquence par {exit}\u{a0}: ajoutez \"{exit}\"",
        En: "nobody could leave this sequence on {exit}: add \"{exit}\"",
    }
    pub(super) completed_is_no_exit {
        Fr: "«\u{a0}completed\u{a0}» n’est pas une sortie\u{a0}: une séquence finit d’elle-même après sa dernière étape",
        En: "\"completed\" is not an exit: a sequence ends by itself after its last step",
    }
    pub(super) always_an_exit(exit: &str) {
        Fr: "«\u{a0}{exit}\u{a0}» est toujours une sortie\u{a0}: retirez-le",
        En: "\"{exit}\" is always an exit: leave it out",
    }
    pub(super) wordings_unused {
        Fr: "seule une séquence avec start = \"dormant\" peut avoir wordings",
        En: "only a sequence with start = \"dormant\" can have wordings",
    }
    pub(super) dormant_is_nurture {
        Fr: "les leads dormants n’ont pas demandé cet e-mail\u{a0}: écrivez class = \"nurture\"",
        En: "dormant leads did not ask for this email: set class = \"nurture\"",
    }
    pub(super) dormant_not_announced {
        Fr: "personne ne recevrait cette séquence\u{a0}: annoncez-la dans la case de consentement, et mettez la version de ce texte dans wordings",
        En: "nobody would get this sequence: announce it in the consent box, and list the version of that wording in wordings",
    }
    pub(super) before_consent {
        Fr: "un e-mail nurture n’a pas de base légale avant le consentement de la personne\u{a0}: écrivez start = \"opt_in\"",
        En: "a nurture email has no legal basis before the person has agreed: set start = \"opt_in\"",
    }
    pub(super) consent_not_asked {
        Fr: "un e-mail nurture n’a pas de base légale ici\u{a0}: le formulaire ne demande pas le consentement marketing (ajoutez un champ de type consent avec purpose = \"marketing\")",
        En: "a nurture email has no legal basis: the form does not ask for marketing consent (add a field of type consent with purpose = \"marketing\")",
    }

    // ---- scoring ----
    pub(super) grades_keys(key: &str, first: char, second: char, third: char) {
        Fr: "{key} a exactement les clés {first}, {second} et {third}",
        En: "{key} needs exactly the keys {first}, {second} and {third}",
    }
    pub(super) grades_order(key: &str, first: char, last: char) {
        Fr: "{key} doit décroître de {first} à {last}",
        En: "{key} must decrease from {first} to {last}",
    }
    pub(super) leave_above_mql {
        Fr: "leave ne peut pas être plus haut que mql\u{a0}: un lead refroidirait au moment où il se qualifie",
        En: "leave must not be higher than mql: a lead would cool the moment it qualifies",
    }
    pub(super) one_fit_condition {
        Fr: "donnez exactement une condition\u{a0}: one_of, at_least, below, filled, free_mail, disposable ou domains",
        En: "give exactly one condition: one_of, at_least, below, filled, free_mail, disposable or domains",
    }
    pub(super) grade_at_most { Fr: "grade_at_most est B, C ou D", En: "grade_at_most must be B, C or D" }
    pub(super) plain_domains {
        Fr: "écrivez les domaines en minuscules, tels que \"example.com\"",
        En: "write domains in lower case, such as \"example.com\"",
    }
    pub(super) conditions_of_the_address {
        Fr: "free_mail, disposable et domains ne valent que pour le champ «\u{a0}email\u{a0}», et lui n’a pas d’autres conditions",
        En: "free_mail, disposable and domains apply to the field \"email\" only, and are the only conditions for it",
    }
    pub(super) bounds_of_no_number(field: &str) {
        Fr: "at_least et below demandent un champ de type number, ce que «\u{a0}{field}\u{a0}» n’est pas",
        En: "at_least and below need a number field, and \"{field}\" is not one",
    }
    pub(super) no_half_life {
        Fr: "une demi-vie de 0 jour ne laisserait rien\u{a0}: donnez au moins 1",
        En: "a half-life of 0 days would leave nothing: give at least 1",
    }
    pub(super) day_cap_sign {
        Fr: "day_cap doit être du même signe que points",
        En: "day_cap must have the same sign as points",
    }
    pub(super) repeat_percent {
        Fr: "repeat_percent va de 0 à 100",
        En: "repeat_percent must be 0 to 100",
    }
    pub(super) group_without_cap {
        Fr: "ce groupe n’a pas de plafond\u{a0}: ajoutez-le sous scoring.groups",
        En: "this group has no cap: add it under scoring.groups",
    }
    pub(super) group_sign {
        Fr: "le plafond du groupe doit être du même signe que points",
        En: "the group's cap must have the same sign as points",
    }
    pub(super) cap_too_small {
        Fr: "cap doit être du même signe que points, et pas plus petit",
        En: "cap must have the same sign as points and be no smaller",
    }
    pub(super) no_site_key {
        Fr: "ce n’est pas la clé de site d’un widget Turnstile\u{a0}: elle commence par 0x et compte au plus 32\u{a0}caractères\u{202f}; la clé secrète ne va pas dans ce fichier, enregistrez-la avec piste turnstile-secret",
        En: "this is not the site key of a Turnstile widget: it begins with 0x and has at most 32 characters; the secret key doesn’t belong in this file, store it with piste turnstile-secret",
    }
    pub(super) test_site_key(key: &str) {
        Fr: "{key} est une clé de test de Cloudflare, qui n’arrête personne\u{a0}: mettez la vôtre avant la mise en ligne",
        En: "{key} is a test key of Cloudflare’s, which stops nobody: use your own before you go live",
    }
    pub(super) layer_points(most: u8) {
        Fr: "donnez un nombre de 0 (l’indice ne compte pas) à {most} (il suffit à retenir une demande)",
        En: "give a number from 0 (the sign doesn’t count) to {most} (it is enough to hold an enquiry)",
    }
    pub(super) limit_out_of_range(least: u16, most: u16) {
        Fr: "donnez un nombre de {least} à {most}",
        En: "give a number from {least} to {most}",
    }
    pub(super) too_many_points(most: u64) {
        Fr: "donnez au plus {most} points, en plus ou en moins",
        En: "give at most {most} points, up or down",
    }

    // ---- sales ----
    pub(super) no_owners {
        Fr: "personne ne serait prévenu\u{a0}: ajoutez [[sales.owners]]",
        En: "nobody would be alerted: add [[sales.owners]]",
    }
    pub(super) no_criteria {
        Fr: "sans critère, tout lead serait qualifié\u{a0}: ajoutez [[sales.sql.criteria]]",
        En: "without criteria every lead would qualify: add [[sales.sql.criteria]]",
    }
    pub(super) owner_without_name { Fr: "écrivez le nom du responsable", En: "write the owner's name" }
    pub(super) leave_backwards {
        Fr: "cette absence finit avant de commencer",
        En: "this leave ends before it begins",
    }
    pub(super) owner_without_hours {
        Fr: "ce responsable n’a pas d’heures de travail\u{a0}: vérifiez days, from et to",
        En: "this owner has no working hours: check days, from and to",
    }
    pub(super) no_owner(owner: &str) {
        Fr: "il n’y a pas de responsable «\u{a0}{owner}\u{a0}»\u{a0}: déclarez-le dans [[sales.owners]]",
        En: "there is no owner \"{owner}\": declare it in [[sales.owners]]",
    }
    pub(super) one_condition {
        Fr: "donnez exactement une condition\u{a0}: one_of, at_least ou filled",
        En: "give exactly one condition: one_of, at_least or filled",
    }
    pub(super) at_least_of_no_number(field: &str) {
        Fr: "at_least demande un champ de type number, ce que «\u{a0}{field}\u{a0}» n’est pas",
        En: "at_least needs a number field, and \"{field}\" is not one",
    }
    pub(super) grade_twice(grade: &str) {
        Fr: "«\u{a0}{grade}\u{a0}» a déjà un délai",
        En: "\"{grade}\" already has a deadline",
    }
    pub(super) not_a_grade(grade: &str) {
        Fr: "«\u{a0}{grade}\u{a0}» n’est pas une note\u{a0}: écrivez A1 à D4",
        En: "\"{grade}\" is not a grade: use A1 to D4",
    }
    pub(super) attempts_count(least: usize, most: usize) {
        Fr: "prévoyez {least} à {most} tentatives\u{a0}: moins, c’est renoncer trop tôt\u{202f}; plus ne fait que déranger",
        En: "plan {least} to {most} attempts: fewer give up too early, more only annoy",
    }
    pub(super) attempts_out_of_order {
        Fr: "les tentatives doivent se suivre dans l’ordre",
        En: "attempts must be in ascending order",
    }
    pub(super) first_attempt {
        Fr: "la première tentative est l’alerte elle-même, \"PT0S\"\u{202f}; les autres suivent après des jours ou des heures",
        En: "the first attempt is the alert itself, \"PT0S\"; the others follow after days or hours",
    }
    pub(super) working_time {
        Fr: "donnez un temps de travail en jours, heures ou minutes, tel que \"PT1H\" ou \"P1D\"",
        En: "give working time in days, hours or minutes, such as \"PT1H\" or \"P1D\"",
    }

    // ---- mailings ----
    pub(super) mailing_is_a_step(name: &str) {
        Fr: "une étape de la campagne s’appelle déjà «\u{a0}{name}\u{a0}»\u{a0}: donnez un autre nom à ce fichier",
        En: "a step of the campaign is called \"{name}\": give this file another name",
    }
    pub(super) mailing_has_one_email {
        Fr: "clé inconnue «\u{a0}sequence\u{a0}»\u{a0}: un envoi est un seul e-mail",
        En: "unknown key `sequence`: a mailing is one email",
    }
    pub(super) starts_by_approval {
        Fr: "aucune séquence ne commence par une approbation\u{a0}: faites-en un envoi, mailings/<nom>.toml",
        En: "no sequence starts by approval: make it a mailing, mailings/<name>.toml",
    }
    pub(super) no_moment(text: &str) {
        Fr: "il n’y a pas de moment «\u{a0}{text}\u{a0}»\u{a0}: écrivez-le comme \"2026-12-01T10:00\", à l’heure de la campagne",
        En: "there is no moment \"{text}\": write it as \"2026-12-01T10:00\", on the campaign's clock",
    }
    pub(super) spread_too_long {
        Fr: "étalez l’envoi sur 31 jours au plus",
        En: "spread it over 31 days at most",
    }

    // ---- spend ----
    pub(super) no_month(month: &str) {
        Fr: "il n’y a pas de mois «\u{a0}{month}\u{a0}»\u{a0}: écrivez-le comme 2026-03",
        En: "there is no month \"{month}\": write it as 2026-03",
    }
    pub(super) bad_amount {
        Fr: "écrivez un montant en euros, positif ou nul, tel que 450.00",
        En: "write an amount in euros, 0 or more, such as 450.00",
    }
    pub(super) no_such_source(source: &str) {
        Fr: "aucun lead ne peut venir de «\u{a0}{source}\u{a0}»\u{a0}: écrivez la source comme le rapport la montre, en minuscules",
        En: "no lead can come from \"{source}\": write the source as the report shows it, in lower case",
    }
    pub(super) month_twice(month: &str) {
        Fr: "{month} figure deux fois pour cette source\u{a0}: additionnez les deux montants",
        En: "{month} is listed twice for this source: add the two amounts up",
    }

    // ---- allowed, and seldom meant ----
    pub(super) example_address(address: &str) {
        Fr: "{address} est un exemple et n’arrive chez personne\u{a0}: écrivez la vôtre avant la mise en ligne",
        En: "{address} is an example and reaches nobody: write your own before you go live",
    }
    pub(super) example_url(url: &str) {
        Fr: "{url} est un exemple\u{a0}: écrivez la vôtre avant la mise en ligne",
        En: "{url} is an example: write your own before you go live",
    }
    pub(super) example_number {
        Fr: "le SIREN 000 000 000 est un exemple\u{a0}: écrivez les mentions légales de votre entreprise avant la mise en ligne",
        En: "the company number 000 000 000 is an example: write your company’s legal line before you go live",
    }
    pub(super) out_of_reach(axis: &str, wanted: i64, most: i64) {
        Fr: "personne ne peut devenir MQL\u{a0}: {axis} demande {wanted} points, et toutes les règles ensemble en donnent {most}",
        En: "nobody can become an MQL: {axis} asks for {wanted} points, and all rules together give {most}",
    }
}
