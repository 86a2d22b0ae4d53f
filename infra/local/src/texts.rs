//! What the command line and the pages of the local system say.

use piste_domain::CampaignId;
use piste_domain::views::edit::Level;
use piste_domain::views::reconcile::Why;

piste_domain::texts! {
    // ---- campaigns and keys ----
    pub checked(id: &CampaignId, version: &str) { Fr: "{id} {version}\u{a0}: ok", En: "{id} {version}: ok" }
    pub published(id: &CampaignId, version: &str) { Fr: "{id} {version}\u{a0}: publiée", En: "{id} {version}: published" }
    pub left_out(id: &CampaignId) {
        Fr: "{id}\u{a0}: campagne laissée de côté tant que ses fichiers ne sont pas corrigés\u{202f}; les autres fonctionnent",
        En: "{id}: this campaign is left out until its files are corrected; the others work",
    }
    pub undeclared_field(form: &CampaignId, name: &str) {
        Fr: "formulaire {form}\u{a0}: le champ «\u{a0}{name}\u{a0}» n’est pas déclaré\u{202f}; il est gardé comme texte avec la demande. Déclarez-le, ou ajoutez ce nom aux names d’un champ",
        En: "form {form}: the field \"{name}\" is not declared; it is kept as text with the enquiry. Declare it, or add this name to the names of a field",
    }
    pub unlisted_site(form: &CampaignId, site: &str) {
        Fr: "formulaire {form}\u{a0}: {site} n’est pas dans origins\u{202f}; ses envois sont gardés, mais ses scripts ne lisent pas la réponse et ses visites ne sont pas comptées",
        En: "form {form}: {site} is not in origins; its posts are kept, but its scripts cannot read the answer and its visits are not counted",
    }
    pub demo_inside {
        Fr: "pas de dossier infra/campaigns ici\u{a0}: voici la campagne de démonstration du programme. piste new ID en crée une à vous",
        En: "no folder infra/campaigns here: this is the program’s own demo campaign. piste new ID makes one of yours",
    }
    pub campaign_made(file: &str) {
        Fr: "{file} créé. Remplacez ce qui est marqué À REMPLACER, puis lancez piste check",
        En: "{file} made. Replace what is marked REPLACE, then run piste check",
    }
    pub goes_on(id: &CampaignId) {
        Fr: "{id}\u{a0}: publiée auparavant et absente de ce dossier\u{202f}; son formulaire et ses e-mails continuent",
        En: "{id}: published earlier and not in this folder; its form and its emails keep working",
    }

    pub alarms_anew(id: &CampaignId) {
        Fr: "{id}\u{a0}: les échéances des personnes en cours de séquence sont recalculées en arrière-plan, en quelques minutes",
        En: "{id}: what is due for people in the middle of it is recalculated in the background, within minutes",
    }

    pub alarms_under_way(id: &CampaignId, leads: &str) {
        Fr: "{id}\u{a0}: échéances en cours de recalcul après une publication, {leads} leads lus",
        En: "{id}: due times are being recalculated after a publish, {leads} leads read so far",
    }

    // ---- what an edit does to people ----
    /// How much it weighs.
    pub level for Level {
        Error { Fr: "erreur", En: "error" }
        Warning { Fr: "attention", En: "warning" }
        Info { Fr: "info", En: "info" }
    }
    pub wording_of_version(n: u64, version: &str, language: &str) {
        Fr: "le texte du consentement {version} ({language}) a changé, et {n} personne a accepté l’ancien\u{a0}: donnez au nouveau texte sa propre version"
            | "le texte du consentement {version} ({language}) a changé, et {n} personnes ont accepté l’ancien\u{a0}: donnez au nouveau texte sa propre version",
        En: "the wording of consent {version} ({language}) changed, and {n} person agreed to the old one: give the new wording its own version"
            | "the wording of consent {version} ({language}) changed, and {n} people agreed to the old one: give the new wording its own version",
    }
    pub wording_changed {
        Fr: "le texte d’un consentement a changé, mais pas sa version, que des personnes ont acceptée",
        En: "the wording of a consent changed, but not its version, which people agreed to",
    }
    pub sequence_gone(n: u64, sequence: &str) {
        Fr: "la séquence {sequence} n’existe plus\u{a0}: {n} personne n’en recevra pas la suite"
            | "la séquence {sequence} n’existe plus\u{a0}: {n} personnes n’en recevront pas la suite",
        En: "the sequence {sequence} is gone: {n} person will not get the rest of it"
            | "the sequence {sequence} is gone: {n} people will not get the rest of it",
    }
    pub sequence_renamed(other: &str, former: &str) {
        Fr: "\u{202f}; si elle s’appelle maintenant {other}, rendez-lui le nom {former}",
        En: "; if {other} is the same under another name, call it {former} again",
    }
    pub erased_at_once(n: u64) {
        Fr: "{n} personne sera effacée aussitôt\u{a0}: sa durée de conservation est dépassée"
            | "{n} personnes seront effacées aussitôt\u{a0}: leur durée de conservation est dépassée",
        En: "{n} person will be erased at once: their retention period is over"
            | "{n} people will be erased at once: their retention period is over",
    }
    pub more_than_promised(n: u64, version: &str, promised: u64) {
        Fr: "{n} personne recevra plus d’e-mails que les {promised} annoncés par le texte qu’elle a accepté ({version})"
            | "{n} personnes recevront plus d’e-mails que les {promised} annoncés par le texte qu’elles ont accepté ({version})",
        En: "{n} person will get more emails than the {promised} announced by the wording they agreed to ({version})"
            | "{n} people will get more emails than the {promised} announced by the wording they agreed to ({version})",
    }
    pub mail_dropped(n: u64, sequence: &str, step: &str) {
        Fr: "{sequence}/{step} ne partira plus\u{a0}: {n} personne" | "{sequence}/{step} ne partira plus\u{a0}: {n} personnes",
        En: "{sequence}/{step} will no longer be sent: {n} person" | "{sequence}/{step} will no longer be sent: {n} people",
    }
    pub mail_added(n: u64, sequence: &str, step: &str) {
        Fr: "{sequence}/{step} partira en plus\u{a0}: {n} personne" | "{sequence}/{step} partira en plus\u{a0}: {n} personnes",
        En: "{sequence}/{step} will be sent as well: {n} person" | "{sequence}/{step} will be sent as well: {n} people",
    }
    pub mail_moved(n: u64, sequence: &str, step: &str) {
        Fr: "{sequence}/{step} partira à un autre moment\u{a0}: {n} personne"
            | "{sequence}/{step} partira à un autre moment\u{a0}: {n} personnes",
        En: "{sequence}/{step} will be sent at a different time: {n} person" | "{sequence}/{step} will be sent at a different time: {n} people",
    }
    pub people_looked_at(n: u64) {
        Fr: "{n} personne examinée dans cette campagne" | "{n} personnes examinées dans cette campagne",
        En: "{n} person checked in this campaign" | "{n} people checked in this campaign",
    }
    pub newest_looked_at(people: &str) {
        Fr: "seules les {people} personnes les plus récentes de cette campagne ont été examinées",
        En: "only the {people} newest people of this campaign were checked",
    }
    pub people_unreadable(n: u64) {
        Fr: "{n} autre est illisible pour cette version" | "{n} autres sont illisibles pour cette version",
        En: "{n} more cannot be read by this version" | "{n} more cannot be read by this version",
    }
    // ---- destinations ----
    pub no_destinations { Fr: "aucune destination", En: "no destinations" }
    pub destination_line(name: &str, kind: &str, state: &str, pending: usize, set_aside: usize) {
        Fr: "{name}  {kind}  {state}  en attente\u{a0}: {pending}  mises de côté\u{a0}: {set_aside}",
        En: "{name}  {kind}  {state}  waiting: {pending}  set aside: {set_aside}",
    }
    /// Follows the line.
    pub oldest_since(at: &str) { Fr: "  la plus ancienne depuis le {at}", En: "  oldest since {at}" }
    pub destination_paused(name: &str) {
        Fr: "{name}\u{a0}: en pause\u{202f}; ce qui est dû attend",
        En: "{name}: paused; what is due waits",
    }
    pub destination_resumed(name: &str) {
        Fr: "{name}\u{a0}: reprise\u{202f}; ce qui attend part aussitôt",
        En: "{name}: resumed; what waits goes at once",
    }
    pub deliveries_replayed(n: u64) {
        Fr: "{n} livraison reprise" | "{n} livraisons reprises",
        En: "{n} delivery taken up again" | "{n} deliveries taken up again",
    }
    pub destination_secret_taken(name: &str) {
        Fr: "piste\u{a0}: secret de «\u{a0}{name}\u{a0}» enregistré\u{202f}; il remplace le précédent",
        En: "piste: secret of {name} stored in place of the previous one",
    }
    pub turnstile_secret_taken(site_key: &str) {
        Fr: "piste\u{a0}: clé secrète de {site_key} enregistrée\u{202f}; elle remplace la précédente en moins d’une minute",
        En: "piste: secret key of {site_key} stored; it replaces the previous one within a minute",
    }
    pub bad_site_key {
        Fr: "ce n’est pas la clé de site d’un widget Turnstile\u{a0}: elle commence par 0x et compte au plus 32\u{a0}caractères",
        En: "this is not the site key of a Turnstile widget: it begins with 0x and has at most 32 characters",
    }
    pub bad_turnstile_secret {
        Fr: "ce texte ne peut pas être la clé secrète d’un widget Turnstile\u{a0}: elle commence par 0x et compte plus de 32\u{a0}caractères",
        En: "this text cannot be the secret key of a Turnstile widget: it begins with 0x and has more than 32 characters",
    }
    pub bad_destination_secret(kind: &str) {
        Fr: "ce texte ne peut pas être le secret d’une destination {kind}\u{a0}: webhook attend whsec_ suivi de 24 à 64 octets en base64 (plusieurs séparés par une espace, le plus récent d’abord), hubspot et pipedrive leur clé, salesforce {{\"client_id\":…,\"client_secret\":…,\"domain\":…}}, zoho {{\"client_id\":…,\"client_secret\":…,\"refresh_token\":…,\"data_centre\":…}}\u{202f}; un chat n’en a pas",
        En: "this text cannot be the secret of a {kind} destination: webhook takes whsec_ and 24 to 64 bytes in base64 (several with a space between, the newest first), hubspot and pipedrive their key, salesforce {{\"client_id\":…,\"client_secret\":…,\"domain\":…}}, zoho {{\"client_id\":…,\"client_secret\":…,\"refresh_token\":…,\"data_centre\":…}}; a chat has none",
    }
    pub no_such_destination {
        Fr: "aucune destination ne porte ce nom\u{a0}: c’est celui de son fichier dans infra/destinations, une fois publié",
        En: "no destination has this name: it is that of its file in infra/destinations, once published",
    }
    pub destinations_anew {
        Fr: "destinations publiées\u{202f}; les leads concernés sont repris en quelques minutes",
        En: "destinations published; the leads they concern are taken up within minutes",
    }
    pub destination_checked(name: &str, kind: &str) { Fr: "{name}\u{a0}: correct ({kind})", En: "{name}: ok ({kind})" }

    // ---- triggers ----
    pub secret_asked(source: &str) { Fr: "Secret de «\u{a0}{source}\u{a0}»\u{a0}: ", En: "Secret of {source}: " }
    pub secret_taken(source: &str) {
        Fr: "piste\u{a0}: secret de «\u{a0}{source}\u{a0}» enregistré\u{202f}; le précédent reste valable",
        En: "piste: secret of {source} stored; the previous one stays valid",
    }
    pub bad_secret(proof: &str) {
        Fr: "ce texte ne peut pas être un secret pour proof = \"{proof}\"\u{a0}: basic attend utilisateur:motdepasse, meta {{\"app_secret\":…,\"verify_token\":…}}, standard whsec_ suivi de 24 à 64 octets en base64\u{202f}; copiez-le en entier depuis l’autre système, ou laissez --value de côté\u{a0}: un secret est alors créé",
        En: "this text cannot be a secret for proof = \"{proof}\": basic takes user:password, meta {{\"app_secret\":…,\"verify_token\":…}}, standard whsec_ and 24 to 64 bytes in base64; copy it whole from the other system, or leave out --value and one is created",
    }
    pub not_json {
        Fr: "le fichier n’est ni un objet ni une liste JSON",
        En: "the file is neither a JSON object nor a JSON list",
    }
    pub forgotten(n: u64) {
        Fr: "aucun lead de cette adresse\u{202f}; {n} signalement d’un autre système ou demande en quarantaine effacé" | "aucun lead de cette adresse\u{202f}; {n} signalements d’autres systèmes ou demandes en quarantaine effacés",
        En: "no lead has this address; {n} report from another system or enquiry in quarantine deleted" | "no lead has this address; {n} reports from other systems or enquiries in quarantine deleted",
    }
    pub tried_by(source: &str, campaign: &CampaignId, proof: &str) {
        Fr: "{source}, lu par {campaign}/triggers/{source}.toml (preuve\u{a0}: {proof})",
        En: "{source}, read by {campaign}/triggers/{source}.toml (proof: {proof})",
    }
    pub tried_natively(source: &str, proof: &str) {
        Fr: "{source}, sans fichier de correspondance\u{a0}: lu dans le format de Piste (preuve\u{a0}: {proof})",
        En: "{source}, without a mapping: read in Piste's own format (proof: {proof})",
    }
    pub tried_no_events { Fr: "aucun événement au chemin donné par events", En: "no event at the path in events" }
    pub tried_event(number: usize) { Fr: "événement {number}", En: "event {number}" }
    pub tried_meaning { Fr: "veut dire", En: "means" }
    pub tried_ignored {
        Fr: "rien\u{a0}: ce type n’est pas dans [types], ou une machine a répondu",
        En: "nothing: this type is not in [types], or a machine answered",
    }
    pub tried_refused { Fr: "refusé", En: "refused" }
    pub tried_person { Fr: "personne", En: "person" }
    pub tried_when { Fr: "moment", En: "time" }
    pub tried_on_arrival { Fr: "celui de l’envoi", En: "that of sending" }
    pub tried_id { Fr: "identifiant", En: "id" }
    pub tried_no_id {
        Fr: "celui du message, sinon l’empreinte de ses octets",
        En: "that of the message, else the hash of its bytes",
    }
    pub tried_about { Fr: "objet", En: "about" }
    pub tried_answer(field: &str) { Fr: "réponse «\u{a0}{field}\u{a0}»", En: "answer \"{field}\"" }
    pub tried_unread(field: &str) { Fr: "illisible, laissé de côté «\u{a0}{field}\u{a0}»", En: "cannot be read, left out \"{field}\"" }
    pub tried_wrong(field: &str) { Fr: "à corriger «\u{a0}{field}\u{a0}»", En: "to correct \"{field}\"" }
    pub tried_missing { Fr: "chemins sans valeur ici", En: "paths without a value here" }
    pub tried_unused { Fr: "non lus", En: "not read" }

    pub post_held {
        Fr: "une demande ressemble à du spam\u{a0}: elle est en quarantaine, dans la console",
        En: "an enquiry looks like spam: it is in quarantine, in the console",
    }
    pub key_refused { Fr: "une clé incorrecte ou expirée a été refusée", En: "a wrong or expired key was refused" }
    pub no_users { Fr: "aucune clé", En: "no keys" }
    pub user_line(name: &str, role: &str, end: &str, used: &str) {
        Fr: "{name}  {role}  fin\u{a0}: {end}  dernier usage\u{a0}: {used}",
        En: "{name}  {role}  ends: {end}  last used: {used}",
    }
    pub without_end { Fr: "sans fin", En: "never" }
    pub revoked(name: &str) {
        Fr: "{name}\u{a0}: clé révoquée\u{202f}; elle cesse de fonctionner en moins d’une minute",
        En: "{name}: key revoked; it stops working within a minute",
    }
    pub no_such_user { Fr: "aucune clé ne porte ce nom dans cet espace", En: "no key has this name in this workspace" }
    pub name_taken { Fr: "une autre clé porte déjà ce nom", En: "another key already has this name" }
    pub last_admin {
        Fr: "c’est la dernière clé d’administration de cet espace\u{a0}: créez-en d’abord une autre",
        En: "this is the last admin key of this workspace: add another first",
    }

    // ---- the report ----
    pub all_campaigns { Fr: "toutes les campagnes", En: "all campaigns" }
    pub captured(name: &str, from: &str, to: &str) {
        Fr: "{name}, leads reçus du {from} au {to}",
        En: "{name}, leads captured from {from} to {to}",
    }
    pub number { Fr: "nombre", En: "number" }
    pub rate { Fr: "taux (95\u{202f}%)", En: "rate (95%)" }
    pub median { Fr: "délai médian", En: "median" }
    pub cost { Fr: "coût", En: "cost" }
    pub visitors { Fr: "Visiteurs", En: "Visitors" }
    pub customers { Fr: "Clients", En: "Customers" }
    pub costs_understated(leads: &str) {
        Fr: "Coûts sous-estimés\u{a0}: {leads} de mois ou de campagnes sans dépense indiquée.",
        En: "Costs are understated: {leads} from months or campaigns without a stated spend.",
    }
    pub benchmarks { Fr: "Repères publiés", En: "Published benchmarks" }
    pub other_measure { Fr: "autre mesure", En: "another measure" }
    pub other_sector { Fr: "autre secteur", En: "another sector" }
    pub too_few_leads { Fr: "trop peu de leads", En: "too few leads" }
    pub by_campaign { Fr: "Par campagne", En: "By campaign" }
    pub by_source { Fr: "Par source", En: "By source" }
    pub by_month { Fr: "Par mois d’arrivée", En: "By month of capture" }
    pub unknown_source { Fr: "inconnue", En: "unknown" }
    pub cost_of_a_lead { Fr: "coût d’un lead", En: "cost of a lead" }
    pub imported(campaign: &str, visitors: &str, days: &str) {
        Fr: "{campaign}\u{a0}: {visitors} visiteurs en {days} jours\u{202f}; ils remplacent ceux qui ont été comptés ces jours-là",
        En: "{campaign}: {visitors} visitors in {days} days; they replace those counted on the same days",
    }

    // ---- retention ----
    pub asked_on(day: &str) { Fr: "\u{202f}; question le {day}", En: "; asked on {day}" }

    // ---- explain and plan ----
    pub explained(lead: &str, campaign: &CampaignId, version: &str, at: &str) {
        Fr: "lead {lead}, campagne {campaign}, règles de la version {version}, le {at}",
        En: "lead {lead}, campaign {campaign}, rules of version {version}, {at}",
    }
    pub score(grade: &str, fit: i64, engagement: i64) {
        Fr: "note {grade}, profil {fit}, engagement {engagement}",
        En: "grade {grade}, fit {fit}, engagement {engagement}",
    }
    pub sums(fit: i64, fit_asked: i64, engagement: i64, engagement_asked: i64, verdict: &str) {
        Fr: "{fit:>6}  profil, sur {fit_asked} demandés\n{engagement:>6}  engagement, sur {engagement_asked} demandés\u{a0}: {verdict}",
        En: "{fit:>6}  fit, of {fit_asked} asked\n{engagement:>6}  engagement, of {engagement_asked} asked: {verdict}",
    }
    pub worth_an_mql { Fr: "de quoi devenir MQL", En: "enough for an MQL" }
    pub not_worth_an_mql { Fr: "pas encore de quoi devenir MQL", En: "not enough for an MQL" }
    pub nothing_planned { Fr: "Aucun e-mail n’est prévu.", En: "No email is planned." }
    pub times_of(zone: &str) { Fr: "Heures de {zone}.", En: "Times in {zone}." }

    // ---- simulate-rules ----
    pub compared(campaign: &CampaignId, leads: &str, version: &str, file: &str) {
        Fr: "campagne {campaign}, {leads}\u{a0}: règles en vigueur (version {version}) et {file}",
        En: "campaign {campaign}, {leads}: rules in force (version {version}) against {file}",
    }
    pub would_move(moved: usize, up: usize, down: usize) {
        Fr: "changeraient de place\u{a0}: {moved}, dont {up} qui deviendraient MQL et {down} qui ne le seraient plus",
        En: "{moved} would move: {up} would become MQLs, {down} would no longer be",
    }
    pub outcomes(known: u64, won: u64, lost: u64, rejected: u64) {
        Fr: "issues connues\u{a0}: {known} ({won} gagnées, {lost} perdues, {rejected} refusées)\u{202f}; chaque lead tel qu’il était avant la sienne",
        En: "outcomes known: {known} ({won} won, {lost} lost, {rejected} rejected); each lead as it was before its own",
    }
    pub too_little_data(leads: u64, leads_needed: u64, outcomes: u64, outcomes_needed: u64) {
        Fr: "Trop peu de données pour départager ces règles\u{a0}: {leads} leads sur environ {leads_needed}, {outcomes} issues sur environ {outcomes_needed}. Jugez d’après ceux qui changeraient de place, pas d’après les taux.",
        En: "Too little data to tell these rules apart: {leads} leads of about {leads_needed}, {outcomes} outcomes of about {outcomes_needed}. Judge by the leads that would move, not by the rates.",
    }
    pub rules_in_force { Fr: "règles en vigueur", En: "rules in force" }
    pub new_rules { Fr: "nouvelles règles", En: "new rules" }
    pub precision { Fr: "retenus qui ont acheté", En: "picked leads that bought" }
    pub recall { Fr: "acheteurs qui étaient retenus", En: "buyers that were picked" }
    pub bought_of_grade(letter: char) { Fr: "achats de la note {letter}", En: "bought, of grade {letter}" }
    pub picked_means {
        Fr: "  retenu\u{a0}: de quoi devenir MQL à un moment avant l’issue (précision, rappel)\u{202f}; entre parenthèses, l’intervalle à 95\u{202f}%\n",
        En: "  picked: enough for an MQL at any moment before the outcome (precision, recall); in brackets the 95% interval\n",
    }

    // ---- sending ----
    pub sending_on { Fr: "Envois actifs\u{a0}: les e-mails partent à leur heure.", En: "Sending is on: emails go out when they are due." }
    pub sending_held(since: &str, reason: &str) {
        Fr: "Envois suspendus depuis le {since}\u{a0}: {reason}",
        En: "Sending has been held since {since}: {reason}",
    }
    pub sending_held_elsewhere {
        Fr: "Envois suspendus\u{a0}: cette table n’est pas celle d’où les derniers e-mails sont partis, comme après une restauration. Suivez docs/deploiement.md, puis lancez `piste release`.",
        En: "Sending is held: this is not the table the last emails were sent from, as after a restore. Follow docs/deploy.md, then run `piste release`.",
    }
    pub emails_paused(since: &str, cause: &str) {
        Fr: "E-mails en pause depuis le {since}, sauf les alertes\u{a0}: {cause}.",
        En: "All emails but alerts have been paused since {since}: {cause}.",
    }
    pub released(at: &str) { Fr: "Repris le {at}", En: "Released {at}" }
    pub came_back(sent: &str, days: i64, bounced: &str, bounces: &str, complained: &str, complaints: &str) {
        Fr: "Pause automatique\u{a0}: sur {sent} e-mails en {days} jours, {bounced} rejets ({bounces}), {complained} plaintes ({complaints})",
        En: "Automatic pause: of {sent} emails in {days} days, {bounced} bounced ({bounces}), {complained} complained ({complaints})",
    }
    pub test_email(sent: &str, back: &str) {
        Fr: "E-mail de contrôle\u{a0}: parti le {sent}, dernier retour confirmé\u{a0}: {back}",
        En: "Test email: last sent {sent}, last confirmed {back}",
    }
    pub never { Fr: "jamais", En: "never" }
    pub test_email_missing { Fr: " (EN RETARD)", En: " (OVERDUE)" }
    pub quota(second: u32, day: &str) {
        Fr: "Quota SES\u{a0}: {second} par seconde, {day}",
        En: "SES quota: {second} per second, {day}",
    }
    pub quota_day(emails: &str) { Fr: "{emails} par jour", En: "{emails} per day" }
    pub no_limit { Fr: "sans limite par jour", En: "no daily limit" }
    pub sandbox {
        Fr: " (bac à sable\u{a0}: seules les adresses vérifiées reçoivent des e-mails)",
        En: " (sandbox: only verified addresses get emails)",
    }

    // ---- reconcile ----
    pub day { Fr: "jour", En: "day" }
    pub due { Fr: "dus", En: "due" }
    pub sent { Fr: "envoyés", En: "sent" }
    pub skipped { Fr: "sautés", En: "skipped" }
    pub failed { Fr: "échoués", En: "failed" }
    pub unknown { Fr: "inconnus", En: "unknown" }
    pub open { Fr: "ouverts", En: "open" }
    pub sequence { Fr: "séquence", En: "sequence" }
    pub total { Fr: "tout", En: "all" }
    pub wrong_sum { Fr: "   NE TOMBE PAS JUSTE", En: "   DOES NOT ADD UP" }
    pub one_mail(send: &str, campaign: &CampaignId, step: &str, lead: &str) {
        Fr: "{send} {campaign}/{step} à {lead}",
        En: "{send} {campaign}/{step} to {lead}",
    }
    pub open_mail(mail: &str, due: &str, late: &str, why: &str) {
        Fr: "{mail}, dû le {due}, en retard de {late}\u{a0}: {why}",
        En: "{mail}, due {due}, {late} late: {why}",
    }
    /// Why an email that is due has not left.
    pub open_why for Why {
        NextSweep { Fr: "sera pris au prochain passage", En: "the next sweep will take it" }
        Unanswered { Fr: "remis à SES, issue pas encore connue", En: "handed to SES, outcome not known yet" }
        TriedAgain { Fr: "refusé par SES pour l’instant, nouvel essai à venir", En: "refused by SES for now, to be tried again" }
        OutOfHours { Fr: "hors des heures d’envoi de sa séquence", En: "outside the sending hours of its sequence" }
        Held { Fr: "les envois sont suspendus", En: "sending is held" }
        Paused { Fr: "les e-mails sont en pause", En: "emails are paused" }
        Refused { Fr: "SES refuse l’expéditeur", En: "SES refuses the sender" }
        NotYet { Fr: "un autre e-mail du même lead passe avant, ou ce lead a été mis de côté", En: "another email to the same lead comes first, or the lead was set aside" }
        CampaignGone { Fr: "sa campagne n’est plus publiée", En: "its campaign is no longer published" }
    }
    pub accepted_twice { Fr: "acceptés deux fois par SES", En: "accepted twice by SES" }
    pub new_steps {
        Fr: "nouveaux pour des leads qui les avaient dépassés quand la campagne a changé",
        En: "new to leads that were past them when the campaign was changed",
    }
    pub vanished { Fr: "FAUX\u{a0}: disparus", En: "WRONG: vanished" }
    pub stranded { Fr: "FAUX\u{a0}: encore à venir, sans réveil posé", En: "WRONG: still to come, with no alarm set" }
    pub misnamed {
        Fr: "FAUX\u{a0}: deux fois dans un registre, ou sous un identifiant qui n’est pas le leur",
        En: "WRONG: twice in a ledger, or under an id that is not its own",
    }
    pub unreadable { Fr: "FAUX\u{a0}: éléments illisibles", En: "WRONG: unreadable items" }
    pub outbox(emails: u64) { Fr: "boîte d’envoi\u{a0}: {emails} e-mail" | "boîte d’envoi\u{a0}: {emails} e-mails", En: "outbox: {emails} email" | "outbox: {emails} emails" }
    pub outbox_erased(emails: &str) { Fr: ", dont {emails} à des personnes effacées depuis", En: ", {emails} of them to people erased since" }
    pub outbox_twice { Fr: "FAUX\u{a0}: deux fois dans la boîte d’envoi", En: "WRONG: twice in the outbox" }
    pub outbox_not_there {
        Fr: "FAUX\u{a0}: notés comme envoyés, absents de la boîte d’envoi",
        En: "WRONG: recorded as sent, not in the outbox",
    }
    pub outbox_denied {
        Fr: "FAUX\u{a0}: dans la boîte d’envoi, notés comme non envoyés",
        En: "WRONG: in the outbox, recorded as not sent",
    }
    pub outbox_strays { Fr: "FAUX\u{a0}: dans la boîte d’envoi, dans aucun registre", En: "WRONG: in the outbox, in no ledger" }
    pub list_title(title: &str, what: &str) { Fr: "{title}\u{a0}: {what}", En: "{title}: {what}" }
    pub more_items(items: usize) { Fr: "et {items} autres\u{a0}: voir --json", En: "and {items} more: see --json" }
    pub adds_up { Fr: "tout tombe juste", En: "everything adds up" }
    pub does_not_add_up { Fr: "cela ne tombe pas juste", En: "it does not add up" }

    // ---- resend ----
    pub resent(emails: u64, leads: u64, unreadable: u64) {
        Fr: "E-mails à renvoyer\u{a0}: {emails}, de {leads} leads. Leads illisibles pour cette version, laissés tels quels\u{a0}: {unreadable}.",
        En: "Emails to be sent again: {emails}, of {leads} leads. Leads not readable by this version and left as they are: {unreadable}.",
    }

    // ---- reindex ----
    pub reindexed(written: u64, unreadable: u64, erased: u64) {
        Fr: "Leads réécrits dans les index\u{a0}: {written}. Illisibles pour cette version, laissés tels quels\u{a0}: {unreadable}. Effacés entre-temps\u{a0}: {erased}.",
        En: "Leads rewritten in the indexes: {written}. Not readable by this version and left as they are: {unreadable}. Erased meanwhile: {erased}.",
    }

    // ---- imports ----
    pub line_refused(file: &str, line: u64, field: &str, message: &str) {
        Fr: "{file}:{line}\u{a0}: {field}\u{a0}: {message}",
        En: "{file}:{line}: {field}: {message}",
    }
    pub line_unread(file: &str, line: u64, field: &str, code: &str) {
        Fr: "{file}:{line}\u{a0}: {field}\u{a0}: valeur illisible, gardée comme texte ({code})",
        En: "{file}:{line}: {field}: this value cannot be read and is kept as text ({code})",
    }
    pub line_changed(file: &str, line: u64, fields: &str) {
        Fr: "{file}:{line}\u{a0}: complète {fields}",
        En: "{file}:{line}: fills in {fields}",
    }
    pub columns_read(columns: &str) { Fr: "colonnes lues\u{a0}: {columns}", En: "columns read: {columns}" }
    pub import_dry { Fr: "essai\u{a0}: rien n’a été écrit", En: "dry run: nothing was written" }
    pub import_id(id: &str) {
        Fr: "import {id}\u{a0}: annulable pendant sept jours avec piste undo-import {id}",
        En: "import {id}: can be undone for seven days with piste undo-import {id}",
    }
    pub import_kept(lead: &str) { Fr: "gardé\u{a0}: {lead}", En: "kept: {lead}" }
    pub no_such_import {
        Fr: "aucun import de ce nom dans cet espace\u{a0}: reprenez l’identifiant que `piste import` a affiché, ou indiquez --workspace",
        En: "there is no such import in this workspace: use the id that `piste import` printed, or name another with --workspace",
    }
    pub undo_over {
        Fr: "un import s’annule pendant sept jours, et ce délai est passé\u{a0}: effacez les personnes une à une avec piste erase",
        En: "an import can be undone for seven days, and they are over: erase people one by one with piste erase",
    }

    // ---- replay ----
    pub replayed(lines: usize, new: usize, known: usize, no_lead: usize) {
        Fr: "{lines} lignes d’archive\u{a0}: {new} apportent du nouveau, {known} étaient déjà connues, {no_lead} concernent des leads absents de cette table",
        En: "{lines} archive lines: {new} added something new, {known} were already known, {no_lead} are about leads that are not in this table",
    }
    pub back_since(ids: &str) {
        Fr: "effacés depuis la sauvegarde, puis revenus par un formulaire\u{a0}: pas de marketing sans nouveau consentement\u{202f}; décidez quelles anciennes réponses retirer, ou effacez-les par `piste erase`\u{a0}: {ids}",
        En: "erased since the backup, then sent a form again: they get no marketing until they consent again; decide which of their old answers to remove, or `piste erase` them: {ids}",
    }

    // ---- proof ----
    pub no_mail_left { Fr: "Aucun e-mail n’est parti.", En: "No email has been sent." }
    pub mail_left(mail: &str, at: &str, send: &str) { Fr: "{mail}, parti le {at} ({send})", En: "{mail}, sent {at} ({send})" }
    pub named(name: &str, value: &str) { Fr: "  {name}\u{a0}: {value}", En: "  {name}: {value}" }
    pub rule { Fr: "Règle", En: "Rule" }
    pub rule_asked {
        Fr: "demandé par la personne, sans consentement nécessaire (RGPD art. 6-1-b)",
        En: "requested by the person, no consent needed (GDPR art. 6(1)(b))",
    }
    pub form_posted { Fr: "Formulaire envoyé le", En: "Form posted" }
    pub rule_agreed {
        Fr: "consentement préalable (RGPD art. 7, CPCE art. L34-5)",
        En: "prior consent (GDPR art. 7, CPCE art. L34-5)",
    }
    pub rule_customer {
        Fr: "client informé, produits ou services analogues, droit d’opposition dans chaque e-mail (CPCE art. L34-5)",
        En: "customer informed, similar goods or services, opt-out in each email (CPCE art. L34-5)",
    }
    pub rule_interest {
        Fr: "intérêt légitime, personne informée à titre professionnel, droit d’opposition dans chaque e-mail (RGPD art. 6-1-f)",
        En: "legitimate interest, informed in a professional capacity, opt-out in each email (GDPR art. 6(1)(f))",
    }
    pub informed { Fr: "Informée le", En: "Informed" }
    pub rule_unknown { Fr: "inconnue\u{202f}: aucune base n’est conservée", En: "unknown: no basis was recorded" }
    pub words_agreed { Fr: "Texte accepté", En: "Text agreed to" }
    pub words_not_found { Fr: "introuvable", En: "not found" }
    pub words_version { Fr: "Version du texte", En: "Version of the text" }
    pub asked_at { Fr: "Demandé le", En: "Asked" }
    pub form { Fr: "formulaire", En: "form" }
    pub page { Fr: "Page", En: "Page" }
    pub notice_version { Fr: "Politique de confidentialité, version", En: "Privacy notice, version" }
    pub in_force { Fr: "Valable depuis le", En: "In force since" }
    pub by_box { Fr: "case cochée", En: "box ticked" }
    pub by_preferences { Fr: "bouton de la page de préférences", En: "button of the preferences page" }
    pub by_confirmation { Fr: "bouton de la page de confirmation", En: "button of the confirmation page" }

    // ---- what can go wrong ----
    pub no_such_step(known: &str) {
        Fr: "cette campagne n’a pas d’étape de ce nom\u{a0}: elle a {known}",
        En: "this campaign has no step of this name: it has {known}",
    }
    pub bad_campaign_name(name: &str) {
        Fr: "«\u{a0}{name}\u{a0}» ne peut pas être le nom d’une campagne\u{a0}: 1 à 40 caractères parmi a-z, 0-9, - et _",
        En: "\"{name}\" cannot be the name of a campaign: use 1 to 40 characters of a-z, 0-9, - and _",
    }
    pub not_shipped(name: &str, known: &str) {
        Fr: "aucune campagne fournie ne s’appelle «\u{a0}{name}\u{a0}»\u{a0}: il y a {known}",
        En: "no campaign named \"{name}\" ships: there are {known}",
    }
    pub taken(folder: &str) {
        Fr: "{folder} existe déjà, et rien n’est remplacé\u{a0}: choisissez un autre nom",
        En: "{folder} is there already, and nothing is written over: choose another name",
    }
    pub no_destination_file(file: &str) {
        Fr: "{file} n’existe pas\u{a0}: une destination est un fichier de ce nom",
        En: "{file} is not there: a destination is a file of this name",
    }
    pub no_fields(kind: &str) {
        Fr: "une destination {kind} n’a pas de champs à relever\u{a0}: seul un CRM en a",
        En: "a {kind} destination has no fields to read: only a CRM has",
    }
    pub no_secret_of(name: &str, variable: &str) {
        Fr: "{name} n’a pas de secret ici\u{a0}: mettez-le dans {variable}, ou donnez --data ou --table là où piste secret l’a enregistré",
        En: "{name} has no secret here: set {variable}, or give --data or --table where piste secret stored it",
    }
    pub fields_unread(status: &str, code: &str) {
        Fr: "le CRM n’a pas donné ses champs (statut HTTP {status}, code {code})\u{a0}: vérifiez l’adresse, la clé et ses droits",
        En: "the CRM did not give its fields (HTTP status {status}, code {code}): check the address, the key and its rights",
    }
    pub left_to_do { Fr: "il reste à faire ce qui est dit plus haut", En: "what stands above is left to do" }
    pub store_failed(error: &str, advice: &str) {
        Fr: "l’accès aux tables a échoué\u{a0}: {error}. {advice}",
        En: "access to the tables failed: {error}. {advice}",
    }
    pub environment_missing(names: &str) {
        Fr: "définissez ces variables d’environnement\u{a0}: {names} (`aws configure export-credentials --format env` les affiche)",
        En: "set these environment variables: {names} (`aws configure export-credentials --format env` prints them)",
    }
    pub bad_name {
        Fr: "le nom d’un espace ou d’une source compte 1 à 40 caractères parmi a-z, 0-9, - et _",
        En: "the name of a workspace or a source is 1 to 40 characters of a-z, 0-9, - and _",
    }
    pub no_keys {
        Fr: "la table des clés est vide\u{a0}: lancez `piste publish` une première fois",
        En: "the keys table is empty: run `piste publish` once",
    }
    pub older_functions(writes: u64, reads: u64) {
        Fr: "les fonctions déployées ne savent pas lire ces campagnes (format {writes}, elles lisent jusqu’au format {reads})\u{a0}: rien n’a été publié. Déployez d’abord les fonctions (`sam build && sam deploy`), attendez une minute, puis publiez",
        En: "the deployed functions cannot read these campaigns (format {writes}; they read up to {reads}): nothing was published. Deploy the functions first (`sam build && sam deploy`), wait a minute, then publish",
    }
    pub no_leads_in(folder: &str) {
        Fr: "il n’y a pas de leads dans {folder}\u{a0}: indiquez le dossier de données d’un système local par --data, ou des tables par --table et --keys-table",
        En: "there are no leads in {folder}: name the data folder of a local system with --data, or tables with --table and --keys-table",
    }
    pub running_in(folder: &str) {
        Fr: "le système fonctionne dans {folder}\u{a0}: arrêtez-le d’abord (Ctrl-C), ou passez par sa console et son API",
        En: "the system is running in {folder}: stop it first (Ctrl-C), or use its console and its API",
    }
    pub file_unreadable(file: &str, error: &str) { Fr: "{file} est illisible\u{a0}: {error}", En: "{file} cannot be read: {error}" }
    pub bad_visitors_line(file: &str, line: usize) {
        Fr: "{file}:{line}\u{a0}: écrivez un jour et un nombre, par exemple 2026-03-02,120",
        En: "{file}:{line}: write a day and a number, such as 2026-03-02,120",
    }
    pub stdin_unreadable(error: &str) { Fr: "l’adresse est illisible\u{a0}: {error}", En: "the address cannot be read: {error}" }
    pub not_an_address {
        Fr: "l’entrée standard ne contient pas une adresse e-mail",
        En: "what came from standard input is not an email address",
    }
    pub outbox_not_cleaned(error: &str) { Fr: "la boîte d’envoi ne peut pas être nettoyée\u{a0}: {error}", En: "the outbox cannot be cleaned: {error}" }
    pub no_archive {
        Fr: "aucun de ces fichiers ne contient de ligne de l’archive\u{a0}: exportez les groupes de journaux de nurture, feedback, consent et console, et décompressez les fichiers .gz",
        En: "none of these files holds a line of the archive: export the log groups of nurture, feedback, consent and console, and unpack .gz files",
    }
    pub does_not_reconcile {
        Fr: "ce qui était dû et ce qui en est advenu ne concordent pas\u{a0}: voir le rapport",
        En: "what became due and what became of it do not agree: see the report",
    }
    pub no_such_lead {
        Fr: "aucun lead n’a cet identifiant ou cette adresse\u{a0}: l’API et la console affichent son identifiant",
        En: "no lead has this id or address: the API and the console show its id",
    }
    pub no_such_campaign { Fr: "cette campagne n’existe pas ici", En: "there is no such campaign here" }
    pub nothing_to_lift { Fr: "il n’y a ni rejet ni plainte à lever", En: "there is no bounce or complaint to lift" }
    pub reason_needed(chars: u64) { Fr: "dites pourquoi par --reason, en 1 à {chars} caractères", En: "say why with --reason, in 1 to {chars} characters" }
    pub main_workspace_only { Fr: "seul l’espace main peut le faire", En: "only the workspace main can do this" }
    pub campaign_gone(campaign: &CampaignId) {
        Fr: "la campagne de ce lead, {campaign}, n’est plus publiée",
        En: "the campaign of this lead, {campaign}, is no longer published",
    }
    pub bad_moment {
        Fr: "--at attend un jour, par exemple 2026-03-20, ou un instant, par exemple 2026-03-20T09:00:00Z",
        En: "--at takes a day such as 2026-03-20, or a time such as 2026-03-20T09:00:00Z",
    }
    pub not_captured_yet(at: &str) { Fr: "ce lead n’est arrivé que le {at}", En: "this lead came in later, on {at}" }
    pub port_taken(port: u16, error: &str) {
        Fr: "impossible d’écouter sur 127.0.0.1:{port}\u{a0}: {error}. Choisissez un autre port par --port, ou 0 pour le premier libre",
        En: "cannot listen on 127.0.0.1:{port}: {error}. Choose another with --port, or 0 for any free one",
    }
    pub data_unusable(folder: &str, error: &str) {
        Fr: "impossible de garder des données dans {folder}\u{a0}: {error}. Choisissez un autre dossier par --data, ou --data=:memory: pour n’en garder aucune",
        En: "cannot keep data in {folder}: {error}. Choose another folder with --data, or :memory: to keep none",
    }
    pub not_a_database(file: &str) {
        Fr: "{file} est abîmé, ou n’est pas une base de données",
        En: "{file} is damaged or not a database",
    }
    pub file_in_use(file: &str) { Fr: "un autre processus se sert de {file}", En: "{file} is in use by another process" }
    pub bad_line(file: &str, line: usize) {
        Fr: "{file}\u{a0}: la ligne {line} est illisible",
        En: "{file}: line {line} cannot be read",
    }
    pub emptied(file: &str) {
        Fr: "{file} a été vidé\u{a0}: remettez-le depuis une sauvegarde, ou supprimez-le pour repartir sans lui",
        En: "{file} was emptied: restore it from a backup, or delete it to start again without it",
    }
    pub clock_without_moment {
        Fr: "clock\u{a0}: ce n’est pas un instant tel que 2026-03-02T09:00:00Z",
        En: "clock: not a time such as 2026-03-02T09:00:00Z",
    }
    pub engines_failed(error: &str) { Fr: "les moteurs embarqués ne démarrent pas\u{a0}: {error}", En: "cannot start the embedded engines: {error}" }
    pub signals_failed(error: &str) { Fr: "impossible d’écouter les signaux du système\u{a0}: {error}", En: "cannot listen for signals: {error}" }

    // ---- what is where, at the start ----
    pub form_at(url: &str) { Fr: "formulaire    {url}", En: "form      {url}" }
    pub console_at(url: &str) { Fr: "console       {url}", En: "console   {url}" }
    pub outbox_at(url: &str) { Fr: "envois        {url}", En: "outbox    {url}" }
    pub clock_at(url: &str) { Fr: "horloge       {url}", En: "clock     {url}" }
    pub triggers_at(url: &str) { Fr: "déclencheurs  {url}", En: "triggers  {url}" }

    // ---- pages of the local system ----
    pub whole_system { Fr: "Le système complet, sur cette machine.", En: "The whole system, on this machine." }
    pub form_of(campaign: &str) { Fr: "Formulaire\u{a0}: {campaign}", En: "Form: {campaign}" }
    pub console { Fr: "Console (clé d’opérateur affichée au démarrage)", En: "Console (operator key printed at the start)" }
    pub sent_emails { Fr: "E-mails partis", En: "Sent emails" }
    pub triggers { Fr: "Déclencheurs", En: "Triggers" }
    pub clock { Fr: "Horloge", En: "Clock" }
    pub clock_help {
        Fr: "Avancez\u{a0}: tout ce qui est dû en chemin se produit, dans l’ordre.",
        En: "Move it forward: everything due on the way happens, in order.",
    }
    pub one_hour { Fr: "une heure", En: "one hour" }
    pub one_day { Fr: "un jour", En: "one day" }
    pub two_days { Fr: "deux jours", En: "two days" }
    pub two_weeks { Fr: "deux semaines", En: "two weeks" }
    pub see_sent_emails { Fr: "Voir les e-mails partis", En: "See the sent emails" }
    pub subject { Fr: "Objet", En: "Subject" }
    pub sent_at { Fr: "Parti le", En: "Sent" }
    pub to { Fr: "À", En: "To" }
    pub from { Fr: "De", En: "From" }
    pub class { Fr: "Nature", En: "Class" }
    pub step { Fr: "Étape", En: "Step" }
    pub subject_erased { Fr: "(effacé)", En: "(erased)" }
    pub no_emails_yet {
        Fr: "Aucun pour l’instant. Remplissez le formulaire, ou avancez l’horloge.",
        En: "None yet. Fill in the form, or move the clock forward.",
    }
    pub move_clock { Fr: "Avancer l’horloge", En: "Move the clock forward" }
    pub all_emails { Fr: "Tous les e-mails", En: "All emails" }
    pub mime_source { Fr: "Source MIME", En: "MIME source" }
    pub html_part { Fr: "Partie HTML", En: "HTML part" }
    pub text_part { Fr: "Partie texte", En: "Text part" }
    pub triggers_help {
        Fr: "Vos autres outils signalent ce qu’ils savent à ces adresses\u{202f}; entre parenthèses, la preuve que chacune attend.",
        En: "Your other tools report what they know to these addresses; the proof each one expects is in brackets.",
    }
    pub trigger_secret { Fr: "Secret, pour cette machine seulement\u{a0}: ", En: "Secret, for this machine only: " }
}
