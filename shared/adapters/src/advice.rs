//! What the person at a terminal is told: what to allow, set or mend, in their language.

use std::io::{Error, ErrorKind};

use piste_domain::{CampaignId, Locale};

/// Why the operating system did not do as asked. Its own words are English.
pub fn os_error(locale: Locale, error: &Error) -> String {
    let said = error.to_string();
    match error.kind() {
        ErrorKind::NotFound => no_such_file(locale, &said),
        ErrorKind::PermissionDenied => not_allowed(locale, &said),
        ErrorKind::AddrInUse => address_in_use(locale, &said),
        ErrorKind::NotADirectory => not_a_folder(locale, &said),
        ErrorKind::IsADirectory => is_a_folder(locale, &said),
        ErrorKind::InvalidData => bad_data(locale, &said),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => disk_full(locale, &said),
        ErrorKind::ReadOnlyFilesystem => read_only(locale, &said),
        ErrorKind::ResourceBusy => busy(locale, &said),
        _ => other_error(locale, &said, error.raw_os_error().unwrap_or_default()),
    }
}

piste_domain::texts! {
    // ---- the operating system, whose own words English keeps ----
    no_such_file(said: &str) { Fr: "ce fichier ou ce dossier n’existe pas", En: "{said}" }
    not_allowed(said: &str) { Fr: "accès refusé", En: "{said}" }
    address_in_use(said: &str) { Fr: "ce port est déjà pris", En: "{said}" }
    not_a_folder(said: &str) { Fr: "ce n’est pas un dossier", En: "{said}" }
    is_a_folder(said: &str) { Fr: "c’est un dossier", En: "{said}" }
    bad_data(said: &str) { Fr: "le contenu n’est pas celui attendu ({said})", En: "{said}" }
    disk_full(said: &str) { Fr: "il n’y a plus de place sur le disque", En: "{said}" }
    read_only(said: &str) { Fr: "ce disque est en lecture seule", En: "{said}" }
    busy(said: &str) { Fr: "un autre programme s’en sert", En: "{said}" }
    other_error(said: &str, code: i32) { Fr: "erreur {code} du système\u{a0}: {said}", En: "{said}" }

    // ---- the files of a campaign ----
    pub(crate) unreadable(error: &str) { Fr: "est illisible\u{a0}: {error}", En: "cannot be read: {error}" }
    pub(crate) no_campaign {
        Fr: "ne contient aucune campagne\u{a0}: créez-y un dossier avec un fichier campaign.toml",
        En: "has no campaign: create a folder with a campaign.toml in it",
    }
    pub(crate) no_snapshot(name: &str) {
        Fr: "ce relevé est illisible\u{a0}: refaites-le avec piste destination fields {name}, ou supprimez le fichier",
        En: "this file does not read: take the fields again with piste destination fields {name}, or delete it",
    }
    pub(crate) step(sequence: &str, step: &str) { Fr: "l’étape {sequence}/{step}", En: "step {sequence}/{step}" }
    pub(crate) resource(id: &str) { Fr: "la ressource {id}", En: "resource {id}" }
    pub(crate) file_needed(by: &str, error: &str) {
        Fr: "{by} a besoin de ce fichier\u{a0}: {error}",
        En: "{by} needs this file: {error}",
    }
    pub(crate) file_too_large(kilobytes: u64) {
        Fr: "ce fichier dépasse {kilobytes}\u{a0}ko\u{a0}: réduisez-le",
        En: "this file is larger than {kilobytes}\u{a0}KB: make it smaller",
    }
    pub(crate) not_its_picture {
        Fr: "ce fichier n’est pas l’image que son nom annonce\u{a0}: .png, .jpg ou .svg",
        En: "this file isn’t the picture its name says: .png, .jpg or .svg",
    }
    pub(crate) empty_file { Fr: "est vide", En: "is empty" }
    pub(crate) mapped_twice(source: &str, first: &CampaignId) {
        Fr: "la source «\u{a0}{source}\u{a0}» a déjà une correspondance dans la campagne {first}\u{a0}: gardez l’une des deux, ou donnez un autre nom à celle-ci",
        En: "source \"{source}\" is already mapped in campaign {first}: keep one of the two, or rename this one",
    }

    // ---- emails ----
    pub(crate) may_be_absent(said: &str) {
        Fr: "cette variable peut être absente\u{a0}: placez-la dans {{% if … %}}",
        En: "{said}: put it inside {{% if … %}}, because it may be absent",
    }
    pub(crate) url_not_https(name: &str) {
        Fr: "la valeur de {name} n’est pas une adresse https",
        En: "the value of {name} is not an https address",
    }
    pub(crate) link_not_https {
        Fr: "un lien de cet e-mail n’est ni https ni mailto",
        En: "a link in this email is neither https nor mailto",
    }
    pub(crate) button_words(button: &str) {
        Fr: "le bouton doit porter le même texte que celui de sa page, «\u{a0}{button}\u{a0}» (opt_in.button)",
        En: "the button must have the same text as its page, \"{button}\" (opt_in.button)",
    }
    pub(crate) private_character {
        Fr: "retirez le caractère à usage privé\u{a0}: aucune police ne l’affiche",
        En: "remove the private-use character: no font can show it",
    }
    pub(crate) no_front_matter {
        Fr: "commencez le fichier par une ligne `+++`, puis subject et preview, puis une seconde ligne `+++`",
        En: "start the file with a line `+++`, then subject and preview, then a second line `+++`",
    }
    pub(crate) open_front_matter {
        Fr: "fermez l’en-tête par une seconde ligne `+++`",
        En: "close the front matter with a second line `+++`",
    }
    pub(crate) front_matter(problem: &str) { Fr: "en-tête\u{a0}: {problem}", En: "front matter: {problem}" }
    pub(crate) one_line_of_text(key: &str) {
        Fr: "écrivez {key} en une ligne de texte",
        En: "write {key} as one line of text",
    }
    pub(crate) no_body {
        Fr: "écrivez l’e-mail sous la seconde ligne `+++`",
        En: "write the email below the second line `+++`",
    }
    pub(crate) bad_syntax(said: &str) {
        Fr: "accolades à vérifier\u{a0}: chaque {{{{ se ferme par }}}}, chaque {{% par %}}, chaque {{% if %}} par {{% endif %}}",
        En: "template: {said}",
    }
    pub(crate) not_a_variable(inner: &str) {
        Fr: "`{inner}` n’est pas une variable\u{a0}: écrivez un seul nom entre les accolades",
        En: "`{inner}` is not a variable: write one name between the braces",
    }
    pub(crate) not_a_condition(inner: &str) {
        Fr: "`{inner}` n’est pas une condition\u{a0}: utilisez if, elif, else ou endif",
        En: "`{inner}` is not a condition: use if, elif, else or endif",
    }
    pub(crate) not_in_a_condition(name: &str) {
        Fr: "`{name}` n’a pas sa place dans une condition\u{a0}: écrivez des variables, and, or, not",
        En: "`{name}` does not belong in a condition: use variables, and, or, not",
    }
    pub(crate) no_variable(name: &str, known: &str) {
        Fr: "cet e-mail n’a pas de variable `{name}`\u{202f}; il a\u{a0}: {known}",
        En: "this email has no variable `{name}`; it has: {known}",
    }
    pub(crate) only_in_a_condition(name: &str) {
        Fr: "`{name}` n’a rien à afficher\u{a0}: écrivez une condition, {{% if {name} %}}",
        En: "`{name}` has nothing to show: write a condition, {{% if {name} %}}",
    }
    pub(crate) no_variable_at_all(name: &str) {
        Fr: "cet e-mail n’a pas de variable, donc pas de `{name}`",
        En: "this email has no variables, so `{name}` is not one",
    }
    pub(crate) html {
        Fr: "écrivez du Markdown et non du HTML\u{202f}; un simple `<` s’écrit `\\<`",
        En: "write Markdown instead of HTML; a plain `<` is written `\\<`",
    }
    pub(crate) code_block {
        Fr: "un e-mail ne contient pas de code\u{a0}: retirez les accents graves, ou les quatre espaces en début de ligne",
        En: "emails have no code: remove the backquotes, or the four spaces at the start of the line",
    }
    pub(crate) a_table { Fr: "un e-mail ne contient pas de tableau\u{a0}: faites une liste", En: "emails have no tables: use a list" }
    pub(crate) an_image { Fr: "un e-mail ne contient pas d’image\u{a0}: mettez un lien", En: "emails have no images: use a link" }
    pub(crate) bad_link {
        Fr: "un lien mène à une adresse https ou mailto, ou à une seule variable\u{a0}: `[texte]({{ resource_url }})`",
        En: "link to an https or mailto address, or to one variable: `[text]({{ resource_url }})`",
    }
    pub(crate) link_without_text {
        Fr: "donnez au lien un texte entre les crochets",
        En: "write the link text between the square brackets",
    }
    pub(crate) button_not_alone {
        Fr: "laissez le bouton seul dans son paragraphe, avec une ligne vide avant et après",
        En: "let the button stand alone in its paragraph, with an empty line above and below",
    }
    pub(crate) empty_email { Fr: "écrivez du texte\u{a0}: cet e-mail est vide", En: "write some text: this email is empty" }

    // ---- the tables ----
    pub(crate) newer_or_damaged {
        Fr: "ces données sont abîmées, ou une version plus récente de Piste les a écrites\u{a0}: utilisez cette version, ou restaurez la table",
        En: "the stored data is damaged, or a newer version of Piste wrote it: use that version, or restore the table",
    }
    pub(crate) try_again_later { Fr: "réessayez dans une minute", En: "try again in a minute" }
    pub(crate) allow(action: &str, table: &str, region: &str) {
        Fr: "autorisez dynamodb:{action} sur la table {table} et ses index, dans {region}, pour ces identifiants",
        En: "allow dynamodb:{action} on table {table} and its indexes, in {region}, for these credentials",
    }
    pub(crate) no_table(table: &str, region: &str) {
        Fr: "il n’y a pas de table {table} dans {region}\u{a0}: vérifiez son nom (sorties LeadsTable et KeysTable de la pile), la région et le point d’accès",
        En: "there is no table {table} in {region}: check its name (outputs LeadsTable and KeysTable of the stack), the region and the endpoint",
    }
    pub(crate) bad_credentials(region: &str) {
        Fr: "AWS n’accepte pas ces identifiants dans {region}\u{a0}: ils sont faux ou ont expiré\u{202f}; prenez-en de nouveaux (`aws sso login`, puis `aws configure export-credentials --format env`)",
        En: "AWS does not accept the credentials in {region}: they are wrong or have expired; get new ones (`aws sso login`, then `aws configure export-credentials --format env`)",
    }
    pub(crate) other_schema(table: &str, region: &str) {
        Fr: "la table {table} de {region} n’a pas les clés ou les index dont cette version de Piste a besoin\u{a0}: comparez-la à infra/template.yaml, ou nommez une autre table",
        En: "table {table} in {region} does not have the keys or indexes that this version of Piste needs: compare it with infra/template.yaml, or name another table",
    }
    pub(crate) at_its_limit(table: &str) {
        Fr: "la table {table} est à sa limite\u{a0}: réessayez dans une minute",
        En: "table {table} is at its limit: try again in a minute",
    }
    pub(crate) no_answer(region: &str) {
        Fr: "DynamoDB ne répond pas dans {region}\u{a0}: vérifiez le réseau, la région et le point d’accès, puis réessayez",
        En: "no answer from DynamoDB in {region}: check the network, the region and the endpoint, and try again",
    }
    pub(crate) look_up(action: &str) {
        Fr: "cherchez ce code dans la référence de l’API DynamoDB pour {action}, et donnez l’identifiant de requête au support d’AWS",
        En: "look up the code in the DynamoDB API reference for {action}, and give the request id to AWS support",
    }

    // ---- the start ----
    pub(crate) tables_unreadable(error: &str, advice: &str) {
        Fr: "les tables sont illisibles ({error})\u{a0}: {advice}",
        En: "the tables cannot be read ({error}): {advice}",
    }
    pub(crate) no_key_ring {
        Fr: "la table des clés est encore vide\u{a0}: lancez `piste publish` une première fois",
        En: "the keys table has no keys yet: run `piste publish` once",
    }
    pub(crate) ca_bundle(error: &str) { Fr: "AWS_CA_BUNDLE est illisible\u{a0}: {error}", En: "AWS_CA_BUNDLE cannot be read: {error}" }
    pub(crate) bad_certificates(error: &str) {
        Fr: "les certificats de confiance sont illisibles\u{a0}: {error}",
        En: "the trusted certificates cannot be parsed: {error}",
    }
    pub(crate) set_variables(names: &str) {
        Fr: "définissez ces variables d’environnement\u{a0}: {names}",
        En: "set these environment variables: {names}",
    }
}
