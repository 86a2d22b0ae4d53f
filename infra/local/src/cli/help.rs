//! The sentences of `--help`. English is what the comments in `cli.rs` say, and finds a sentence; the test below fails
//! when one is missing here or no longer used.

use piste_domain::Locale;

/// Declares the sentences, and lists them.
macro_rules! sentences {
    ($($name:ident { $($text:tt)* })*) => {
        piste_domain::texts! { $($name { $($text)* })* }

        const SENTENCES: &[fn(Locale) -> &'static str] = &[$($name),*];
    };
}

/// A sentence of the help, by its English words.
pub(super) fn sentence(locale: Locale, english: &str) -> Option<&'static str> {
    let found = SENTENCES.iter().find(|sentence| sentence(Locale::En) == english);
    found.map(|sentence| sentence(locale))
}

sentences! {
    // ---- the program ----
    piste {
        Fr: "La capture de leads qui vous appartient. Sans commande\u{a0}: tout le système sur cette machine",
        En: "Lead capture that you own. Without a command: the whole system on this machine",
    }
    port { Fr: "Port sur 127.0.0.1\u{202f}; 0 pour le premier libre", En: "Port on 127.0.0.1; 0 for any free one" }
    data_kept {
        Fr: "Dossier qui garde les données\u{202f}; `:memory:` n’en garde aucune",
        En: "Folder that keeps the data; `:memory:` keeps none",
    }
    now {
        Fr: "Début de l’horloge virtuelle, par exemple 2026-03-02T09:00:00Z\u{202f}; elle reste ensuite arrêtée jusqu’à ce qu’on l’avance",
        En: "Start of the virtual clock, such as 2026-03-02T09:00:00Z; it then stands still until moved",
    }
    campaigns {
        Fr: "Dossier des campagnes\u{202f}; par défaut infra/campaigns, ou la démonstration de ce programme s’il n’y en a pas",
        En: "Folder with the campaigns; by default infra/campaigns, or the demo of this program where there is none",
    }
    destinations { Fr: "Dossier des destinations", En: "Folder with the destinations" }
    quiet {
        Fr: "N’affiche que les deux lignes qu’un programme attend",
        En: "Print only the two lines that a calling program waits for",
    }
    lang {
        Fr: "Langue des réponses, fr ou en\u{202f}; par défaut celle du terminal",
        En: "Language of the answers, fr or en; by default that of the terminal",
    }
    help { Fr: "Affiche cette aide", En: "Print help" }
    version { Fr: "Affiche la version", En: "Print version" }
    help_command {
        Fr: "Affiche cette aide, ou celle des commandes données",
        En: "Print this message or the help of the given subcommand(s)",
    }

    // ---- commands ----
    new {
        Fr: "Crée une campagne à vous à partir d’une campagne fournie. Rien de ce qui existe n’est remplacé",
        En: "Makes a campaign of your own from one that ships. Nothing that is there is written over",
    }
    new_id { Fr: "Son nom\u{a0}: celui du dossier et du formulaire", En: "Its name: the folder’s, and the form’s" }
    new_from {
        Fr: "La campagne fournie\u{a0}: guide-seo, quote-request ou newsletter",
        En: "The campaign that ships: guide-seo, quote-request or newsletter",
    }
    preview {
        Fr: "Montre un e-mail avant son départ\u{a0}: pour une personne fictive, ou pour un lead",
        En: "Shows an email before it leaves: for a sample person, or for a lead",
    }
    preview_step {
        Fr: "L’étape, telle que le fichier de la campagne la nomme",
        En: "The step, as the campaign's file names it",
    }
    preview_lead {
        Fr: "L’identifiant ou l’adresse e-mail d’un lead\u{202f}; sans cela, une personne fictive. Les liens d’un aperçu ne font rien",
        En: "A lead's id or email address; without it a sample person. The links of a preview do nothing",
    }
    preview_open { Fr: "L’ouvre dans le navigateur", En: "Opens it in the browser" }
    mcp {
        Fr: "Répond aux questions d’un assistant sur les leads, par l’entrée et la sortie standard (Model Context Protocol)\u{a0}: un client de l’API avec une clé de rôle read, qui ne change rien",
        En: "Answers the questions of an assistant about leads, over standard input and output (Model Context Protocol): a client of the API with a key of role read, which changes nothing",
    }
    mcp_url {
        Fr: "Adresse de l’API\u{a0}: https://…, ou http:// vers cette machine",
        En: "Where the API is: https://…, or http:// to this machine",
    }
    mcp_key_file {
        Fr: "Un fichier avec la clé\u{202f}; sans cela, la clé est dans PISTE_KEY",
        En: "A file with the key; without it the key is in PISTE_KEY",
    }
    mcp_reveal {
        Fr: "Montre les noms, les adresses et les numéros\u{202f}; sans cela, ils sont masqués",
        En: "Shows names, addresses and numbers; without it they are masked",
    }
    doctor {
        Fr: "Dit ce qui reste à faire pour que des leads arrivent et que des e-mails partent, et comment\u{202f}; échoue s’il reste quelque chose",
        En: "Says what is left to do before leads come in and emails leave, each with what to do; fails if anything must be done",
    }
    cost_of {
        Fr: "Ce que les leads et les e-mails de chaque campagne ont coûté chez AWS, en dollars, et ce qui court chaque mois",
        En: "What the leads and emails of each campaign cost at AWS so far, in US dollars, and what runs every month",
    }
    completions {
        Fr: "Affiche ce qu’il faut à un shell pour compléter commandes et options",
        En: "Prints what a shell needs to complete commands and flags",
    }
    shell { Fr: "Le shell", En: "The shell" }
    man { Fr: "Affiche la page de manuel", En: "Prints the manual page" }
    destination_fields {
        Fr: "Relève les champs d’un CRM et les garde à côté du fichier de la destination, pour la vérification",
        En: "Reads the fields of a CRM and keeps them beside the destination's file, for the check",
    }
    destination_try {
        Fr: "Montre ce qui serait transmis d’un lead à une destination\u{202f}; rien n’est envoyé",
        En: "Shows what a destination would be told of a lead; nothing is sent",
    }
    reveal { Fr: "Montre aussi ce que quelqu’un a saisi", En: "Shows what somebody typed, too" }
    check {
        Fr: "Vérifie toutes les campagnes\u{202f}; donne le fichier et la ligne de chaque problème et, sur demande, ce que les fichiers changeraient pour les personnes",
        En: "Checks every campaign: file and line of each problem and, on request, what the files would change for people",
    }
    publish {
        Fr: "Vérifie toutes les campagnes et les écrit là où les fonctions les lisent",
        En: "Checks every campaign and writes them where the functions read them",
    }
    rotate_links {
        Fr: "Ajoute une clé qui signe désormais les liens\u{202f}; ceux déjà signés restent valables",
        En: "Adds a new key for signing links; links that are already signed stay valid",
    }
    operator_key {
        Fr: "Crée une autre clé d’opérateur pour un espace et l’affiche une seule fois",
        En: "Creates another operator key for a workspace and prints it once",
    }
    keys {
        Fr: "Liste, ajoute et révoque les clés de la console et de l’API",
        En: "Lists, adds and revokes the keys of the console and the API",
    }
    keys_list {
        Fr: "Montre le nom, le rôle, la fin et le dernier usage de chaque clé",
        En: "Shows the name, role, end and last use of each key",
    }
    keys_add { Fr: "Crée une clé et l’affiche une seule fois", En: "Creates a key and prints it once" }
    keys_revoke {
        Fr: "Révoque une clé\u{a0}: elle cesse de fonctionner en moins d’une minute, et ses sessions se ferment",
        En: "Revokes a key: it stops working within a minute, and its sessions end",
    }
    trigger_secret {
        Fr: "Crée le secret d’un autre système qui écrit à /triggers/NAME et l’affiche une seule fois\u{202f}; le précédent reste valable",
        En: "Creates a secret for another system that reports to /triggers/NAME and prints it once; the previous one stays valid",
    }
    secret {
        Fr: "Enregistre le secret d’une destination, lu sur l’entrée standard, pour qu’aucun shell ne le retienne",
        En: "Stores the secret of a destination, read from standard input, so that no shell remembers it",
    }
    turnstile_secret {
        Fr: "Enregistre la clé secrète d’un widget Turnstile, lue sur l’entrée standard, pour qu’aucun shell ne la retienne",
        En: "Stores the secret key of a Turnstile widget, read from standard input, so that no shell remembers it",
    }
    site_key {
        Fr: "La clé de site du widget, comme dans [protect] de campaign.toml",
        En: "The site key of the widget, as in `[protect]` of campaign.toml",
    }
    destination_name { Fr: "La destination\u{a0}: le nom de son fichier", En: "The destination: the name of its file" }
    destination {
        Fr: "Liste, suspend et relance les destinations, et renvoie ce qu’elles ont refusé",
        En: "Lists, pauses and resumes destinations, and replays what they refused",
    }
    destination_list {
        Fr: "Montre chaque destination, ce qui attend et ce qui a été mis de côté",
        En: "Shows each destination, what waits and what was set aside",
    }
    destination_pause { Fr: "Suspend une destination\u{a0}: ce qui est dû attend", En: "Pauses a destination: what is due waits" }
    destination_resume {
        Fr: "Relance une destination, quelle que soit la cause de l’arrêt\u{a0}: ce qui attend part aussitôt",
        En: "Resumes a destination, whatever stopped it: what waits goes at once",
    }
    destination_replay {
        Fr: "Renvoie tout ce qui a été mis de côté pour une destination",
        En: "Tries again everything of a destination that was set aside",
    }
    trigger {
        Fr: "Ce que signalent d’autres systèmes",
        En: "What other systems report",
    }
    trigger_try {
        Fr: "Montre ce que ferait le message d’un autre système avec ces fichiers de campagne, et ce qui n’en est pas lu\u{202f}; rien n’est enregistré",
        En: "Shows what a payload from another system would do under these campaign files, and what is not read; stores nothing",
    }
    trigger_payload {
        Fr: "Le message, tel que l’autre système l’envoie",
        En: "The payload, as the other system sends it",
    }
    trigger_value {
        Fr: "Utilise le secret fourni par l’autre système\u{202f}; sans valeur, le demande ou lit l’entrée standard, pour qu’aucun shell ne le retienne",
        En: "Uses the secret that the other system gives you; without a value, asks for it or reads standard input, so that no shell remembers it",
    }
    report {
        Fr: "L’entonnoir\u{a0}: visiteurs, leads, MQL, SQL, clients, avec intervalles à 95\u{202f}%, délais, coûts et références du secteur",
        En: "The funnel: visitors, leads, MQL, SQL, customers, with 95 % intervals, times, costs and benchmarks",
    }
    visitors {
        Fr: "Reprend les visiteurs par jour d’une campagne depuis un autre compteur\u{a0}: un fichier CSV de lignes telles que 2026-03-02,120",
        En: "Imports a campaign's visitors by day from another counter: a CSV file with lines such as 2026-03-02,120",
    }
    import {
        Fr: "Importe une liste de leads\u{a0}: un fichier CSV tel que l’écrit un tableur. L’import complète ce qui manque, n’envoie d’e-mail à personne et n’alerte personne",
        En: "Imports a list of leads: a CSV file as spreadsheets write it. It fills gaps, emails nobody and alerts nobody",
    }
    undo_import {
        Fr: "Annule un import, pendant sept jours\u{a0}: les leads qu’il a ajoutés disparaissent, ce qu’il a complété redevient vide, ce qui a été fait depuis reste",
        En: "Undoes an import, within seven days: leads it added go, fields it filled in are empty again, what people did since stays",
    }
    explain {
        Fr: "Montre d’où vient le score d’un lead\u{a0}: chaque ligne, sa règle, sa date, ce que l’âge et les plafonds en ont laissé",
        En: "Shows why a lead has its score: every line, its rule, its date, what age and caps left of it",
    }
    plan {
        Fr: "Montre chaque e-mail qu’un lead recevra encore, et pourquoi à ce moment",
        En: "Shows every email a lead will still get, and why at that time",
    }
    simulate_rules {
        Fr: "Montre quels leads changeraient selon les règles d’un fichier, et comme elles distinguent les acheteurs des autres",
        En: "Shows which stored leads would move under the rules of a file, and how well they tell buyers from others",
    }
    retention {
        Fr: "Montre qui sera effacé, et quand, sans nouvelles d’ici là. L’effacement est automatique",
        En: "Shows who will be erased, and when, unless they get in touch. Erasure is automatic",
    }
    reconcile {
        Fr: "Prouve que chaque e-mail dû est expliqué\u{202f}; échoue si quelque chose ne tombe pas juste",
        En: "Proves that every email that became due is accounted for; fails if anything does not add up",
    }
    sending {
        Fr: "Montre si les envois sont actifs, les rejets et les plaintes, l’e-mail de contrôle et le quota SES",
        En: "Shows whether sending is on, bounces and complaints, the test email and the SES quota",
    }
    hold { Fr: "Suspend tous les envois jusqu’à `piste release`", En: "Stops all email until `piste release`" }
    release {
        Fr: "Reprend les envois\u{a0}: après une suspension, une restauration ou une pause automatique",
        En: "Resumes sending after a hold, a restore or an automatic pause",
    }
    resend {
        Fr: "Renvoie ce qui a échoué parce que SES refusait le compte, l’expéditeur, les droits ou le jeu de configuration, sauf s’il est trop tard. SES n’a jamais pris ces e-mails\u{a0}: personne n’en reçoit deux",
        En: "Sends again what failed because SES refused the account, the sender, the rights or the configuration set, unless it is too late for it. SES never took these emails: nobody gets one twice",
    }
    resend_campaign { Fr: "Seulement pour les leads de cette campagne", En: "Only of leads of this campaign" }
    replay {
        Fr: "Met à jour une table restaurée d’après les journaux\u{a0}: e-mails envoyés, ce que SES a signalé, qui s’est désinscrit, qui a été effacé",
        En: "Brings a restored table up to date from the logs: emails sent, what SES reported, who unsubscribed, who was erased",
    }
    reindex {
        Fr: "Réécrit la place de chaque lead dans les listes et sa prochaine échéance, et en affiche le nombre. Les fonctions continuent pendant ce temps\u{202f}; l’opération peut être interrompue et relancée",
        En: "Rewrites every lead's place in the lists and its next due time, and prints how many. The functions keep running; you can stop it and run it again",
    }
    export {
        Fr: "Affiche tout ce qui est conservé sur une personne, en JSON\u{202f}; avec --campaign, plutôt les leads d’une campagne, en CSV",
        En: "Prints everything held about a person, as JSON; with --campaign, the leads of a campaign instead, as CSV",
    }
    proof {
        Fr: "Affiche, pour chaque e-mail envoyé à une personne, la règle, le texte et le moment qui l’ont permis",
        En: "Prints, for each email ever sent to a person, the rule, the words and the moment that allowed it",
    }
    erase { Fr: "Efface une personne, et affiche l’attestation", En: "Erases a person, and prints the certificate" }

    // ---- their arguments ----
    list_campaign { Fr: "Affiche tous les leads de cette campagne", En: "Prints all leads of this campaign" }
    list_stage { Fr: "Seulement ceux qui sont à cette étape", En: "Only those at this stage" }
    list_reader {
        Fr: "Qui lit la liste\u{a0}: spreadsheet, un tableur (par défaut), ou program, un programme",
        En: "Who reads the list: spreadsheet (the default) or program",
    }
    key_name {
        Fr: "À qui est la clé\u{202f}; figure à côté de ce qu’elle sert à faire",
        En: "Whose key it is; shown next to what is done with it",
    }
    key_role {
        Fr: "Ce qu’elle permet\u{a0}: read, sales, write ou admin\u{202f}; chaque rôle comprend les précédents",
        En: "What it may do: read, sales, write or admin; each role includes those before it",
    }
    key_end {
        Fr: "Le dernier jour où elle fonctionne, ou l’instant où elle expire\u{202f}; par défaut dans 90 jours",
        En: "The last day on which it works, or the moment it ends; by default 90 days from now",
    }
    key_to_revoke { Fr: "Le nom, comme dans la liste", En: "The name, as the list shows it" }
    workspace_for { Fr: "L’espace auquel elle donne accès", En: "The workspace it is for" }
    source { Fr: "La source\u{a0}: la fin de son adresse", En: "The source: the last part of its address" }
    workspace_reported {
        Fr: "L’espace des leads dont elle parle",
        En: "The workspace whose leads it reports about",
    }
    file { Fr: "Le fichier", En: "The file" }
    campaign { Fr: "La campagne", En: "The campaign" }
    import_file {
        Fr: "Le fichier\u{202f}; sa première ligne nomme les colonnes",
        En: "The file; its first line names the columns",
    }
    import_dry_run {
        Fr: "Dit ce qui serait nouveau, modifié et refusé\u{202f}; rien n’est écrit",
        En: "Says what would be new, changed and refused; nothing is written",
    }
    import_columns {
        Fr: "Ce que signifient des colonnes, au-delà de leurs noms\u{a0}: COLONNE=champ, avec une virgule entre deux\u{202f}; sans champ, une colonne est ignorée",
        En: "What columns mean, beyond what their names say: COLUMN=field, with a comma between two; without a field a column is left out",
    }
    import_id { Fr: "L’import, tel qu’il a été affiché", En: "The import, as it was printed" }
    at {
        Fr: "Le jour, ou l’instant, pour lequel le calculer\u{202f}; par défaut maintenant",
        En: "The day, or the time, to work it out for; by default now",
    }
    new_rules {
        Fr: "Un campaign.toml avec d’autres règles de score",
        En: "A campaign.toml with other scoring rules",
    }
    dry_run {
        Fr: "Obligatoire, pour rappeler que rien n’est effacé ici",
        En: "Required, as a reminder that nothing is erased here",
    }
    days { Fr: "Nombre de jours à venir", En: "How many days to look ahead" }
    workspace { Fr: "L’espace", En: "The workspace" }
    json { Fr: "Affiche du JSON", En: "Print JSON" }
    json_found { Fr: "Affiche tout ce qui a été trouvé, en JSON", En: "Print everything found, as JSON" }
    json_api { Fr: "Affiche ce que répond l’API", En: "Print what the API answers" }
    reason {
        Fr: "Pourquoi\u{202f}; visible de tous. Aucune donnée personnelle",
        En: "Why; visible to everybody. No personal data",
    }
    archives {
        Fr: "Exports des groupes de journaux de nurture, feedback, consent et console, sous toute forme de texte",
        En: "Exports of the log groups of nurture, feedback, consent and console, in any text form",
    }
    whose {
        Fr: "L’identifiant du lead, comme dans l’adresse de la console, ou son adresse e-mail",
        En: "The lead's id, as in the console's address, or the email address",
    }
    from_stdin {
        Fr: "Lit plutôt l’adresse sur l’entrée standard, pour qu’aucun shell ne la retienne",
        En: "Reads the address from standard input instead, so that no shell remembers it",
    }
    workspace_of_address { Fr: "L’espace de cette adresse", En: "The workspace of the address" }
    one_campaign {
        Fr: "Une seule campagne\u{202f}; par défaut toutes celles de l’espace",
        En: "One campaign; by default all of the workspace",
    }
    from {
        Fr: "Le premier jour (2026-03-01) ou instant d’arrivée\u{202f}; par défaut il y a trois ans",
        En: "The first day of capture (2026-03-01) or moment; by default three years back",
    }
    to { Fr: "Le dernier, compris\u{202f}; par défaut maintenant", En: "The last one, included; by default now" }
    visitors_of_period {
        Fr: "Visiteurs de la période, si rien ne les a comptés",
        En: "Visitors in the period, if nothing counted them",
    }
    spend {
        Fr: "Ce que la campagne a coûté sur la période, en euros",
        En: "What the campaign cost in the period, in euros",
    }

    // ---- where ----
    people_of_data {
        Fr: "Dit aussi ce que les fichiers changeraient pour les personnes de ce dossier de données, d’un système local qui n’est pas en marche",
        En: "Also says what the files would do to the people of this data folder, of a local system that is not running",
    }
    people_of_table {
        Fr: "De même pour les personnes de cette table (sortie `LeadsTable` de la pile)",
        En: "The same for the people of this table (output `LeadsTable` of the stack)",
    }
    table {
        Fr: "La table des leads et des campagnes (sortie `LeadsTable` de la pile)",
        En: "The table of leads and campaigns (output `LeadsTable` of the stack)",
    }
    table_instead {
        Fr: "La table des leads et des campagnes (sortie `LeadsTable` de la pile), au lieu d’un dossier de données",
        En: "The table of leads and campaigns (output `LeadsTable` of the stack), instead of a data folder",
    }
    keys_table {
        Fr: "La table des clés (sortie `KeysTable` de la pile)",
        En: "The table of keys (output `KeysTable` of the stack)",
    }
    region { Fr: "Région des tables\u{202f}; par défaut AWS_REGION", En: "Region of the tables; by default AWS_REGION" }
    endpoint_url {
        Fr: "Un autre point d’accès que celui d’AWS\u{202f}; par défaut AWS_ENDPOINT_URL_DYNAMODB ou AWS_ENDPOINT_URL",
        En: "Another endpoint than AWS's own; by default AWS_ENDPOINT_URL_DYNAMODB or AWS_ENDPOINT_URL",
    }
    data {
        Fr: "Dossier de données d’un système local qui n’est pas en marche",
        En: "Data folder of a local system that is not running",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::{Command, CommandFactory as _};
    use piste_domain::Locale;

    use super::{SENTENCES, sentence};
    use crate::cli::Cli;

    /// Every sentence that clap shows somewhere in this command or below it.
    fn shown(command: &Command) -> BTreeSet<String> {
        let arguments = command.get_arguments().filter_map(|argument| argument.get_help());
        let mut found: BTreeSet<_> = arguments.chain(command.get_about()).map(ToString::to_string).collect();
        found.extend(command.get_subcommands().flat_map(shown));
        assert!(
            command.get_long_about().is_none(),
            "{}: one paragraph",
            command.get_name()
        );
        found
    }

    #[test]
    fn every_sentence_of_the_help_is_there_in_every_language() {
        let mut command = Cli::command();
        command.build();
        let shown = shown(&command);
        let missing: Vec<_> = shown
            .iter()
            .filter(|english| sentence(Locale::En, english).is_none())
            .collect();
        assert!(missing.is_empty(), "not in cli/help.rs: {missing:#?}");
        for text in SENTENCES {
            assert!(shown.contains(text(Locale::En)), "no longer said: {}", text(Locale::En));
            assert_ne!(text(Locale::Fr), text(Locale::En));
        }
    }

    #[test]
    fn every_command_and_argument_has_a_sentence() {
        let mut command = Cli::command();
        command.build();
        let mut open = vec![&command];
        while let Some(one) = open.pop() {
            assert!(one.get_about().is_some(), "{}", one.get_name());
            for argument in one.get_arguments().filter(|argument| !argument.is_hide_set()) {
                assert!(
                    argument.get_help().is_some(),
                    "{}: {}",
                    one.get_name(),
                    argument.get_id()
                );
            }
            open.extend(one.get_subcommands());
        }
    }
}
