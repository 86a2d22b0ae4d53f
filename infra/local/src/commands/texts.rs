//! What the commands say with which an owner sets a system up.

use piste_domain::Locale;

piste_domain::texts! {
    // ---- check ----
    pub(super) warned(line: &str) { Fr: "piste\u{a0}: attention\u{a0}: {line}", En: "piste: warning: {line}" }

    // ---- destination fields and try ----
    pub(super) fields_taken(n: u64, file: &str, day: &str) {
        Fr: "{n} champ relevé le {day} dans {file}" | "{n} champs relevés le {day} dans {file}",
        En: "{n} field read on {day}, kept in {file}" | "{n} fields read on {day}, kept in {file}",
    }
    pub(super) would_tell(name: &str, kind: &str) {
        Fr: "{name} ({kind}) serait informé de ceci\u{202f}; rien n’est envoyé\u{a0}:",
        En: "{name} ({kind}) would be told this; nothing is sent:",
    }
    pub(super) would_tell_a_card(name: &str) {
        Fr: "{name} recevrait une carte quand ce lead est confié aux commerciaux\u{202f}; rien n’est envoyé",
        En: "{name} would get a card when this lead is handed to sales; nothing is sent",
    }
    pub(super) would_tell_nothing(name: &str) {
        Fr: "{name} n’est pas informé de ce lead\u{a0}: sa campagne, son étape (from_stage) ou l’absence de confirmation l’empêche. Sinon, ce serait\u{a0}:",
        En: "{name} is not told of this lead: its campaign, its stage (from_stage) or a missing confirmation is in the way. Otherwise it would be:",
    }
    pub(super) typed_is_hidden {
        Fr: "Ce que la personne a saisi est masqué\u{202f}; --reveal le montre.",
        En: "What the person typed is hidden; --reveal shows it.",
    }

    // ---- preview ----
    pub(super) preview_from(from: &str) { Fr: "De\u{a0}: {from}", En: "From: {from}" }
    pub(super) preview_subject(subject: &str) { Fr: "Objet\u{a0}: {subject}", En: "Subject: {subject}" }
    pub(super) preview_size(bytes: &str) { Fr: "HTML\u{a0}: {bytes} octets", En: "HTML: {bytes} bytes" }

    // ---- cost ----
    head_leads { Fr: "leads", En: "leads " }
    head_enquiries { Fr: "demandes", En: "enquiries" }
    head_emails { Fr: "e-mails", En: "emails" }
    head_deliveries { Fr: "transmissions", En: "deliveries" }
    head_cost { Fr: "coût", En: "cost" }
    head_per_lead { Fr: "coût par lead", En: "cost per lead" }
    pub(super) in_dollars(whole: &str, part: &str) { Fr: "{whole},{part}\u{a0}$", En: "${whole}.{part}" }
    pub(super) in_all { Fr: "en tout", En: "in all" }
    pub(super) every_month(usd: &str) {
        Fr: "Chaque mois, en plus\u{a0}: {usd} pour les deux tâches planifiées et les alarmes, sans les paliers gratuits.",
        En: "Every month, on top: {usd} for the two schedules and the alarms, without free tiers.",
    }
    pub(super) not_counted(n: u64) {
        Fr: "{n} lead illisible pour cette version n’est pas compté." | "{n} leads illisibles pour cette version ne sont pas comptés.",
        En: "{n} lead that this version cannot read is not counted." | "{n} leads that this version cannot read are not counted.",
    }

    // ---- doctor ----
    pub(super) finding(level: &str, about: &str, what: &str) {
        Fr: "{level}  {about}\u{a0}: {what}",
        En: "{level}  {about}: {what}",
    }
    pub(super) well { Fr: "bien    ", En: "ok   " }
    pub(super) to_know { Fr: "à savoir", En: "note " }
    pub(super) to_do { Fr: "à faire ", En: "to do" }
    pub(super) this_version(version: &str) { Fr: "version {version}", En: "version {version} of the program" }
    pub(super) files_good(version: &str) { Fr: "fichiers corrects ({version})", En: "files are good ({version})" }
    pub(super) no_campaigns_yet {
        Fr: "vous n’avez pas encore de campagne\u{a0}: créez-en une avec piste new ID",
        En: "you have no campaign yet: make one with piste new ID",
    }
    pub(super) no_data_yet {
        Fr: "pas encore de données sur cette machine\u{202f}; le premier démarrage crée ce dossier",
        En: "no data on this machine yet; the first start makes this folder",
    }
    pub(super) data_well { Fr: "peut être écrit, et vous seul lisez ses fichiers", En: "can be written, and you alone read its files" }
    pub(super) others_may_read(file: &str) {
        Fr: "d’autres comptes de cette machine peuvent le lire\u{a0}: chmod 600 {file}",
        En: "other accounts of this machine may read it: chmod 600 {file}",
    }
    pub(super) has_secret { Fr: "son secret est là", En: "its secret is there" }
    pub(super) store_secret(name: &str) {
        Fr: "son secret manque\u{a0}: enregistrez-le avec piste secret {name}, puis piste destination resume {name}",
        En: "its secret is missing: store it with piste secret {name}, then piste destination resume {name}",
    }
    pub(super) set_secret(variable: &str, name: &str) {
        Fr: "son secret manque\u{a0}: mettez-le dans {variable} sur cette machine, et enregistrez-le avec piste secret {name} dans votre pile",
        En: "its secret is missing: set {variable} on this machine, and store it with piste secret {name} in your stack",
    }
    pub(super) store_site_secret(site_key: &str) {
        Fr: "la clé secrète de ce widget Turnstile manque, et toute demande est acceptée sans être vérifiée\u{a0}: enregistrez-la avec piste turnstile-secret {site_key}",
        En: "the secret key of this Turnstile widget is missing, and every enquiry is taken unchecked: store it with piste turnstile-secret {site_key}",
    }
    pub(super) set_site_secret(variable: &str, site_key: &str) {
        Fr: "la clé secrète de ce widget Turnstile manque, et toute demande est acceptée sans être vérifiée\u{a0}: mettez-la dans {variable} sur cette machine, et enregistrez-la avec piste turnstile-secret {site_key} dans votre pile",
        En: "the secret key of this Turnstile widget is missing, and every enquiry is taken unchecked: set {variable} on this machine, and store it with piste turnstile-secret {site_key} in your stack",
    }
    pub(super) has_site_secret { Fr: "la clé secrète de ce widget Turnstile est là", En: "the secret key of this Turnstile widget is there" }
    pub(super) rights_hubspot {
        Fr: "la clé demande les droits crm.objects.contacts.read et .write, crm.schemas.contacts.read, communication_preferences.read et .write",
        En: "the key needs the scopes crm.objects.contacts.read and .write, crm.schemas.contacts.read, communication_preferences.read and .write",
    }
    pub(super) rights_salesforce {
        Fr: "l’application demande le scope api, et son utilisateur API Enabled, lecture, création, modification et suppression des Leads, lecture, modification et suppression des Contacts",
        En: "the app needs the scope api, and its user API Enabled, read, create, edit and delete on Leads, read, edit and delete on Contacts",
    }
    pub(super) rights_pipedrive {
        Fr: "la clé est celle d’un utilisateur qui peut modifier et supprimer les personnes et les leads",
        En: "the key is that of a user who may edit and delete persons and leads",
    }
    pub(super) rights_zoho {
        Fr: "le client demande ZohoCRM.modules.leads.CREATE, .READ, .UPDATE et .DELETE, ZohoCRM.settings.fields.READ et ZohoCRM.settings.recycle_bin.DELETE",
        En: "the client needs ZohoCRM.modules.leads.CREATE, .READ, .UPDATE and .DELETE, ZohoCRM.settings.fields.READ and ZohoCRM.settings.recycle_bin.DELETE",
    }
    pub(super) create_field(theirs: &str, kind: &str) {
        Fr: "créez-y le champ {theirs}\u{a0}: {kind}",
        En: "create the field {theirs} there: {kind}",
    }
    pub(super) a_text { Fr: "texte sur une ligne", En: "single-line text" }
    pub(super) a_unique_text { Fr: "texte sur une ligne, valeurs uniques", En: "single-line text, unique values" }
    pub(super) a_long_text { Fr: "texte sur plusieurs lignes", En: "multi-line text" }
    pub(super) a_number { Fr: "nombre", En: "number" }
    pub(super) a_list_of(values: &str) { Fr: "liste avec {values}", En: "list with {values}" }
    pub(super) stages_needed(stages: &str) {
        Fr: "ces étapes doivent y exister\u{a0}: {stages}",
        En: "these stages must exist there: {stages}",
    }
    pub(super) take_fields(name: &str) {
        Fr: "relevez ses champs avec piste destination fields {name}\u{a0}: piste check compare alors votre fichier avec ce compte",
        En: "read its fields with piste destination fields {name}: piste check then holds your file against that account",
    }
    pub(super) publish_first {
        Fr: "rien n’a encore été publié, et les fonctions n’ont pas de clés\u{a0}: lancez piste publish avec les deux tables",
        En: "nothing was published yet, and the functions have no keys: run piste publish with both tables",
    }
    pub(super) deploy_first {
        Fr: "les fonctions déployées sont plus anciennes que ce programme\u{a0}: déployez-les avant de publier",
        En: "the deployed functions are older than this program: deploy them before you publish",
    }
    pub(super) is_published(version: &str) { Fr: "publiée telle quelle ({version})", En: "published as it is ({version})" }
    pub(super) publish_anew {
        Fr: "ces fichiers ne sont pas ceux qui sont publiés\u{a0}: lancez piste publish",
        En: "these files are not what is published: run piste publish",
    }
    pub(super) sending_on { Fr: "les envois sont actifs", En: "sending is on" }
    pub(super) sending_off {
        Fr: "les envois sont suspendus ou en pause\u{a0}: piste sending dit pourquoi, piste release les reprend",
        En: "sending is held or paused: piste sending says why, piste release resumes it",
    }
    pub(super) ses_silent {
        Fr: "SES ne répond pas\u{a0}: vérifiez la région et les droits ses:GetSendQuota, ses:GetAccountSendingEnabled et ses:GetIdentity*Attributes de vos identifiants",
        En: "SES does not answer: check the region and that your credentials may ses:GetSendQuota, ses:GetAccountSendingEnabled and ses:GetIdentity*Attributes",
    }
    pub(super) ses_off {
        Fr: "SES a suspendu les envois de ce compte\u{a0}: ouvrez la console SES, elle dit pourquoi",
        En: "SES has switched off sending for this account: open the SES console, which says why",
    }
    pub(super) ses_sandbox {
        Fr: "le compte est dans le bac à sable\u{a0}: seules les adresses vérifiées reçoivent. Demandez l’accès de production dans la console SES",
        En: "the account is in the sandbox: only verified addresses get emails. Request production access in the SES console",
    }
    pub(super) ses_well { Fr: "le compte envoie, hors du bac à sable", En: "the account sends, outside the sandbox" }
    pub(super) verify_sender(domain: &str) {
        Fr: "cet expéditeur n’est pas vérifié\u{a0}: ajoutez {domain} dans SES, puis ses enregistrements DKIM dans le DNS",
        En: "this sender is not verified: add {domain} in SES, then its DKIM records to the DNS",
    }
    pub(super) add_dkim(domain: &str) {
        Fr: "DKIM n’est pas en place\u{a0}: ajoutez au DNS de {domain} les trois CNAME que SES affiche",
        En: "DKIM is not in place: add to the DNS of {domain} the three CNAMEs that SES shows",
    }
    pub(super) add_mail_from(domain: &str) {
        Fr: "il n’y a pas de domaine MAIL FROM\u{a0}: choisissez dans SES un sous-domaine de {domain}, puis ajoutez son MX et son TXT (SPF) au DNS",
        En: "there is no MAIL FROM domain: choose a subdomain of {domain} in SES, then add its MX and its TXT (SPF) to the DNS",
    }
    pub(super) sender_well { Fr: "vérifié, avec DKIM et MAIL FROM", En: "verified, with DKIM and MAIL FROM" }
    pub(super) look_up_dmarc(domain: &str) {
        Fr: "vérifiez DMARC vous-même\u{a0}: dig TXT _dmarc.{domain} doit répondre v=DMARC1, avec p=none au moins",
        En: "check DMARC yourself: dig TXT _dmarc.{domain} must answer v=DMARC1, with p=none at least",
    }
}

/// The heads of the table of costs.
pub(super) fn cost_heads(locale: Locale) -> [&'static str; 6] {
    [
        head_leads(locale).trim_end(),
        head_enquiries(locale),
        head_emails(locale),
        head_deliveries(locale),
        head_cost(locale),
        head_per_lead(locale),
    ]
}
