//! What `piste check` says about a destination's file.

use crate::kit::reach::UrlProblem;

crate::texts! {
    // ---- the file as a whole ----
    pub(super) name_of_the_file {
        Fr: "une destination porte le nom de son fichier\u{a0}: retirez name",
        En: "a destination is named by its file: leave name out",
    }
    pub(super) only_for(key: &str, whose: &str) {
        Fr: "{key} ne vaut que pour {whose}\u{a0}: retirez-le",
        En: "{key} is for {whose} only: leave it out",
    }
    pub(super) a_webhook { Fr: "un webhook", En: "a webhook" }
    pub(super) a_chat { Fr: "une messagerie (kind = \"chat\")", En: "a chat" }
    pub(super) a_crm_or_webhook { Fr: "un CRM ou un webhook", En: "a CRM or a webhook" }
    pub(super) names_nothing(key: &str) {
        Fr: "{key} est vide, donc rien ne partirait\u{a0}: nommez au moins un élément, ou retirez {key} pour tous",
        En: "{key} is empty, so nothing would be sent: name at least one, or leave {key} out for all",
    }
    pub(super) no_format(known: &str) {
        Fr: "chaque messagerie a sa propre forme de message\u{a0}: ajoutez format, l’un de {known}",
        En: "each chat takes messages in its own form: add format, one of {known}",
    }
    pub(super) no_subscription(id: &str) {
        Fr: "«\u{a0}{id}\u{a0}» n’est pas l’identifiant d’un abonnement HubSpot\u{a0}: écrivez ses chiffres entre guillemets droits",
        En: "\"{id}\" is not the id of a HubSpot subscription: write its digits in quotes",
    }
    pub(super) no_campaign(campaign: &str) {
        Fr: "il n’y a pas de campagne «\u{a0}{campaign}\u{a0}»\u{a0}: écrivez le nom de son dossier",
        En: "there is no campaign \"{campaign}\": write the name of its folder",
    }
    pub(super) campaign_elsewhere(campaign: &str, workspace: &str) {
        Fr: "la campagne «\u{a0}{campaign}\u{a0}» appartient à l’espace «\u{a0}{workspace}\u{a0}»\u{a0}: donnez ce workspace, ou retirez-la",
        En: "campaign \"{campaign}\" belongs to workspace \"{workspace}\": set that workspace, or leave the campaign out",
    }
    pub(super) empty_workspace(workspace: &str) {
        Fr: "aucune campagne n’appartient à l’espace «\u{a0}{workspace}\u{a0}»\u{a0}: écrivez celui d’une campagne",
        En: "no campaign belongs to workspace \"{workspace}\": write that of a campaign",
    }

    // ---- where it is ----
    pub(super) no_url {
        Fr: "l’adresse manque\u{a0}: ajoutez url = \"https://…\"",
        En: "the address is missing: add url = \"https://…\"",
    }
    pub(super) url_of_crm {
        Fr: "l’adresse de ce CRM est connue, et seul le système local peut en mettre une autre\u{a0}: retirez url",
        En: "the address of this CRM is known, and only the local system may set another: leave url out",
    }
    pub(super) url_of_pipedrive {
        Fr: "écrivez l’adresse de votre entreprise, telle que \"https://COMPANY.pipedrive.com\", ou retirez url",
        En: "write your company’s address, such as \"https://COMPANY.pipedrive.com\", or leave url out",
    }
    pub(super) not_a_base {
        Fr: "pour un CRM, url est l’adresse de base, sans paramètres, telle que \"http://127.0.0.1:8080\"",
        En: "for a CRM, url is the base address without a query, such as \"http://127.0.0.1:8080\"",
    }
    pub(super) url_problem for UrlProblem {
        Unreadable {
            Fr: "cette adresse est illisible\u{a0}: écrivez https://, le nom de l’hôte et le chemin, sans espace, \\ ni #",
            En: "this address cannot be read: write https://, the host’s name and the path, without spaces, \\ or #",
        }
        Scheme { Fr: "une adresse commence par https://", En: "an address starts with https://" }
        Port {
            Fr: "seuls les ports 443 et 8443 sont possibles\u{a0}: déplacez le serveur sur l’un d’eux",
            En: "only ports 443 and 8443 are possible: move the server to one of them",
        }
        UserPart {
            Fr: "retirez le nom et le mot de passe de l’adresse\u{a0}: un secret n’est jamais dans un fichier",
            En: "take the user and the password out of the address: a secret is never in a file",
        }
        OddHost {
            Fr: "écrivez l’hôte par son nom, ou son adresse IP en quatre nombres décimaux, sans %",
            En: "write the host by its name, or its IP address as four decimal numbers, without %",
        }
        TrailingDot {
            Fr: "retirez le point à la fin du nom de l’hôte",
            En: "take the dot off the end of the host’s name",
        }
        Inside {
            Fr: "cet hôte n’est pas sur l’internet public\u{a0}: écrivez un nom que tout le monde peut joindre, tel que hooks.example.com",
            En: "this host is not on the public internet: write a name that anybody can reach, such as hooks.example.com",
        }
    }

    // ---- what a CRM is told ----
    pub(super) no_key(source: &str) {
        Fr: "[fields] doit nommer un champ qui reçoit {source}\u{a0}: ajoutez-en un avec from = \"{source}\"",
        En: "[fields] must name one field that takes {source}: add one with from = \"{source}\"",
    }
    pub(super) key_twice(source: &str) {
        Fr: "un autre champ reçoit déjà {source}\u{a0}: n’en gardez qu’un, par lequel la fiche est retrouvée",
        En: "another field already takes {source}: keep the one by which a record is found",
    }
    pub(super) key_dropped {
        Fr: "la fiche est retrouvée par ce champ\u{a0}: il n’est jamais omis, retirez refused",
        En: "a record is found by this field: it is never dropped, leave refused out",
    }
    pub(super) key_translated(key: &str) {
        Fr: "la fiche est retrouvée par ce champ\u{a0}: il part tel quel, retirez {key}",
        En: "a record is found by this field: it goes as it is, leave {key} out",
    }
    pub(super) key_of_the_card {
        Fr: "la personne est retrouvée par ce champ\u{a0}: retirez lead. devant son nom",
        En: "the person is found by this field: take lead. off its name",
    }
    pub(super) address_goes_to(theirs: &str) {
        Fr: "une fiche est cherchée par son adresse dans {theirs}\u{a0}: c’est ce champ qui reçoit email",
        En: "records are looked up by the address in {theirs}: that is the field that takes email",
    }
    pub(super) no_field_name(name: &str) {
        Fr: "«\u{a0}{name}\u{a0}» ne peut pas être le nom d’un de leurs champs\u{a0}: écrivez son nom d’API, fait de lettres, de chiffres, de _ et de points",
        En: "\"{name}\" cannot be the name of a field of theirs: write its API name, made of letters, digits, _ and dots",
    }
    pub(super) no_source(word: &str, known: &str) {
        Fr: "«\u{a0}{word}\u{a0}» n’est ni un champ du formulaire ni l’un de {known}",
        En: "\"{word}\" is neither a field of the form nor one of {known}",
    }
    pub(super) consent_is_no_answer(field: &str) {
        Fr: "«\u{a0}{field}\u{a0}» est une case de consentement\u{a0}: retirez-la, un refus part de lui-même",
        En: "\"{field}\" is a consent box: leave it out, an opt-out travels by itself",
    }
    pub(super) table_elsewhere(source: &str, section: &str) {
        Fr: "{source} se traduit dans [{section}]\u{a0}: retirez table",
        En: "{source} is translated in [{section}]: leave table out",
    }
    pub(super) no_section(source: &str, section: &str) {
        Fr: "{source} n’a pas de traduction\u{a0}: ajoutez [{section}] avec nos mots et les leurs",
        En: "{source} has no translation: add [{section}] with our words and theirs",
    }
    pub(super) unused_section(section: &str, source: &str) {
        Fr: "aucun champ ne reçoit {source}\u{a0}: ajoutez-en un avec from = \"{source}\", ou retirez [{section}]",
        En: "no field takes {source}: add one with from = \"{source}\", or leave [{section}] out",
    }
    pub(super) table_without(values: &str) {
        Fr: "cette table ne dit rien de {values}\u{a0}: ajoutez une ligne pour chaque valeur, ou default",
        En: "this table says nothing of {values}: add a row for each value, or default",
    }
    pub(super) not_a_value_of(value: &str, source: &str) {
        Fr: "«\u{a0}{value}\u{a0}» n’est pas une valeur de {source}\u{a0}: retirez cette ligne",
        En: "\"{value}\" is not a value of {source}: leave this row out",
    }
    pub(super) empty_value {
        Fr: "cette valeur est vide\u{a0}: écrivez la leur, ou retirez la ligne",
        En: "this value is empty: write theirs, or leave the line out",
    }
    pub(super) required_there(theirs: &str) {
        Fr: "ce CRM exige {theirs}\u{a0}: ajoutez ce champ à [fields]",
        En: "this CRM requires {theirs}: add this field to [fields]",
    }
    pub(super) may_be_empty(theirs: &str, source: &str) {
        Fr: "ce CRM exige {theirs}, et {source} peut être vide\u{a0}: ajoutez default = \"…\"",
        En: "this CRM requires {theirs}, and {source} may be empty: add default = \"…\"",
    }
    pub(super) no_lifecycle_stage(value: &str, known: &str) {
        Fr: "«\u{a0}{value}\u{a0}» n’est pas une étape de HubSpot\u{a0}: écrivez l’un de {known}, ou le numéro d’une étape à vous",
        En: "\"{value}\" is not a stage of HubSpot’s: write one of {known}, or the number of a stage of your own",
    }

    // ---- the fields of the account, as they were taken ----
    pub(super) snapshot_of_another(kind: &str, name: &str) {
        Fr: "les champs relevés sont ceux d’un compte {kind}\u{a0}: refaites le relevé avec piste destination fields {name}",
        En: "the fields taken are those of a {kind} account: take them again with piste destination fields {name}",
    }
    pub(super) not_there(theirs: &str) {
        Fr: "ce compte n’a pas de champ «\u{a0}{theirs}\u{a0}»\u{a0}: créez-le là-bas, ou écrivez le nom d’un autre",
        En: "this account has no field \"{theirs}\": create it there, or write the name of another",
    }
    /// Follows the sentence.
    pub(super) perhaps(meant: &str) {
        Fr: "\u{202f}; peut-être «\u{a0}{meant}\u{a0}»\u{202f}?",
        En: "; did you mean \"{meant}\"?",
    }
    pub(super) read_only_there(theirs: &str) {
        Fr: "«\u{a0}{theirs}\u{a0}» ne peut pas être écrit là-bas\u{a0}: retirez-le, ou écrivez le nom d’un autre champ",
        En: "\"{theirs}\" cannot be written there: leave it out, or write the name of another field",
    }
    pub(super) not_unique_there(theirs: &str) {
        Fr: "la fiche est retrouvée par «\u{a0}{theirs}\u{a0}», et deux fiches peuvent y avoir la même valeur\u{a0}: rendez ce champ unique là-bas",
        En: "a record is found by \"{theirs}\", and two records may have the same value there: make that field unique there",
    }
    pub(super) no_option_there(value: &str, theirs: &str, known: &str) {
        Fr: "«\u{a0}{value}\u{a0}» n’est pas une valeur de {theirs} dans ce compte\u{a0}: écrivez l’une de {known}",
        En: "\"{value}\" is not a value of {theirs} in this account: write one of {known}",
    }
}
