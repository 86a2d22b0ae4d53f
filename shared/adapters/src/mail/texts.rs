//! The words of emails that Piste writes by itself: feet, alerts to sales, the link to one’s data.

piste_domain::texts! {
    // ---- feet ----

    pub privacy { Fr: "Confidentialité", En: "Privacy" }
    pub my_data { Fr: "Mes données", En: "My data" }
    pub my_preferences { Fr: "Mes préférences", En: "My preferences" }
    pub unsubscribe { Fr: "Se désinscrire", En: "Unsubscribe" }
    pub label(name: &str, value: &str) { Fr: "{name}\u{a0}: {value}", En: "{name}: {value}" }

    // ---- why somebody gets an email ----

    pub because_data {
        Fr: "Vous recevez ce message parce que quelqu’un a demandé, sur notre site, à voir les données liées à cette adresse.",
        En: "You’re receiving this because someone asked on our site to see the data linked to this address.",
    }
    pub because_form(name: &str) {
        Fr: "Vous recevez ce message parce que cette adresse a été saisie dans notre formulaire «\u{a0}{name}\u{a0}».",
        En: "You’re receiving this because this address was entered in our form “{name}”.",
    }
    pub because_sales(name: &str) {
        Fr: "Vous recevez ce message parce que vous suivez les leads de «\u{a0}{name}\u{a0}».",
        En: "You’re receiving this because you follow up the leads of “{name}”.",
    }
    pub because_consent(emails: &str, name: &str) {
        Fr: "Vous recevez ce message parce que vous avez demandé à recevoir {emails} («\u{a0}{name}\u{a0}»).",
        En: "You’re receiving this because you signed up for {emails} (“{name}”).",
    }
    pub because_interest(name: &str) {
        Fr: "Vous recevez ce message à titre professionnel, à la suite de votre demande «\u{a0}{name}\u{a0}».",
        En: "You’re receiving this in your professional capacity, following your enquiry “{name}”.",
    }
    pub because_customer(name: &str) {
        Fr: "Vous recevez ce message parce que vous êtes notre client («\u{a0}{name}\u{a0}»).",
        En: "You’re receiving this because you’re a customer of ours (“{name}”).",
    }

    // ---- the link to one’s data: an email as an owner would write it ----

    pub data_mail {
        Fr: r#"+++
subject = "Vos données : le lien que vous avez demandé"
preview = "Valable 24 heures, et pour vous seul."
+++
Bonjour,

Voici le lien vers tout ce que nous conservons à votre sujet. Vous pourrez y consulter vos données, les télécharger, les corriger ou les effacer.

[Voir mes données]({{ data_url }} "button")

Le lien est valable 24 heures. Ne le transférez pas : toute personne qui l’a peut voir vos données.

Vous n’avez rien demandé ? Ne faites rien : sans ce lien, personne ne voit vos données.
"#,
        En: r#"+++
subject = "Your data: the link you asked for"
preview = "It works for one day, and only for you."
+++
Hello,

This link opens everything we hold about you. You can read it, download it, correct it or delete it.

[See my data]({{ data_url }} "button")

The link works for 24 hours. Don’t forward it: anyone who has it can see your data.

Didn’t ask for this? You can ignore this email: without the link, nobody can see your data.
"#,
    }

    // ---- alerts: what to press; the values are places in a template ----

    pub call_number(number: &str) { Fr: "Appeler le {number}", En: "Call {number}" }
    pub write_to(address: &str) { Fr: "Écrire à {address}", En: "Write to {address}" }
    pub log_call { Fr: "Noter la suite", En: "Log the outcome" }
    pub open_lead { Fr: "Ouvrir la fiche du lead", En: "Open the lead" }
    pub my_leads { Fr: "Mes leads du jour", En: "My leads today" }
    pub quoted(words: &str) { Fr: "«\u{a0}{words}\u{a0}»", En: "“{words}”" }

    // ---- alerts: subjects ----

    pub subject(what: &str, who: &str, grade: &str) { Fr: "{what}\u{a0}: {who} ({grade})", En: "{what}: {who} ({grade})" }
    pub a_lead { Fr: "un lead", En: "a lead" }
    pub call(until: &str) { Fr: "À rappeler avant {until}", En: "Call by {until}" }
    pub returned(until: &str) { Fr: "De retour, à rappeler avant {until}", En: "Back again, call by {until}" }
    pub asks_again { Fr: "Nouvelle demande d’une personne connue", En: "Asks again" }
    pub asks_again_call(until: &str) { Fr: "Nouvelle demande, à rappeler avant {until}", En: "Asks again, call by {until}" }
    pub new_enquiry { Fr: "Nouvelle demande", En: "New enquiry" }
    pub replied { Fr: "A répondu à un e-mail", En: "Replied to an email" }
    pub meeting { Fr: "Rendez-vous convenu", En: "Meeting agreed" }
    pub back { Fr: "De retour après un long silence", En: "Back after a long silence" }
    pub assigned { Fr: "Ce lead vous est confié", En: "This lead is yours" }
    pub assigned_call(until: &str) { Fr: "Ce lead vous est confié, à rappeler avant {until}", En: "This lead is yours, call by {until}" }
    pub hotter(until: &str) { Fr: "Plus chaud, à rappeler avant {until}", En: "Hotter, call by {until}" }
    pub soon(until: &str) { Fr: "Plus que la moitié du délai, à rappeler avant {until}", En: "Half the time left, call by {until}" }
    pub late(until: &str) { Fr: "En retard depuis {until}", En: "Overdue since {until}" }
    pub escalated(until: &str) { Fr: "Vous prenez la suite, à rappeler avant {until}", En: "Now yours, call by {until}" }
    pub last(until: &str) { Fr: "Dernier rappel, en retard depuis {until}", En: "Last reminder, overdue since {until}" }
    pub sale(until: &str) { Fr: "Vente en cours, prochaine étape avant {until}", En: "Sale in progress, next step by {until}" }
    pub next_attempt(until: &str) { Fr: "Nouvelle tentative, à rappeler avant {until}", En: "Next attempt, call by {until}" }
    pub decide(until: &str) { Fr: "À décider avant {until}", En: "Decision needed by {until}" }
    pub preview { Fr: "Qui, quoi, pourquoi maintenant, et de quoi répondre.", En: "Who, what, why now, and how to respond." }

    // ---- alerts: bodies; the values are places in a template ----

    pub hello(owner: &str) { Fr: "Bonjour {owner},", En: "Hello {owner}," }
    pub hello_all { Fr: "Bonjour,", En: "Hello," }
    pub asks_again_text(campaign: &str, until: &str) {
        Fr: "Une personne que vous connaissez déjà a envoyé une nouvelle demande («\u{a0}{campaign}\u{a0}»). Réponse attendue avant **{until}**.",
        En: "Someone you already know has sent another enquiry (“{campaign}”). Response due by **{until}**.",
    }
    pub asks_again_meanwhile(campaign: &str) {
        Fr: "Une personne dont vous vous occupez déjà a envoyé une nouvelle demande («\u{a0}{campaign}\u{a0}»). En voici le contenu.",
        En: "Someone you are already following up has sent another enquiry (“{campaign}”). Here is what it says.",
    }
    pub new_enquiry_text(campaign: &str) {
        Fr: "Une demande est arrivée par «\u{a0}{campaign}\u{a0}». Elle n’atteint pas le seuil d’un MQL\u{a0}: aucun commercial n’est prévenu.",
        En: "An enquiry came in through “{campaign}”. It’s below the MQL threshold, so no salesperson is alerted.",
    }
    pub replied_text(campaign: &str) {
        Fr: "Un lead de «\u{a0}{campaign}\u{a0}» a répondu à l’un de nos e-mails.",
        En: "A lead from “{campaign}” replied to one of our emails.",
    }
    pub meeting_text(campaign: &str) {
        Fr: "Un lead de «\u{a0}{campaign}\u{a0}» a convenu d’un rendez-vous.",
        En: "A lead from “{campaign}” agreed to a meeting.",
    }
    pub back_text(campaign: &str) {
        Fr: "Un lead de «\u{a0}{campaign}\u{a0}» donne de nouveau signe de vie après des mois de silence.",
        En: "A lead from “{campaign}” is back after months of silence.",
    }
    pub assigned_text(campaign: &str) {
        Fr: "Un lead de «\u{a0}{campaign}\u{a0}» vous est confié.",
        En: "A lead from “{campaign}” has been assigned to you.",
    }
    pub what_is_new { Fr: "Ce qui est nouveau", En: "What’s new" }
    pub said_otherwise(question: &str, answer: &str) {
        Fr: "{question}\u{a0}: {answer} (différent de nos données, non confirmé)",
        En: "{question}: {answer} (differs from our records, not confirmed)",
    }
    pub phone { Fr: "Téléphone", En: "Phone" }
    pub attempt_of(tried: usize, planned: usize) { Fr: "{tried} sur {planned}", En: "{tried} of {planned}" }
    pub call_text(campaign: &str, until: &str) {
        Fr: "Un lead de la campagne «\u{a0}{campaign}\u{a0}» est prêt à être appelé. Première réponse attendue avant **{until}**.",
        En: "A lead from the campaign “{campaign}” is ready for a call. First response due by **{until}**.",
    }
    pub returned_text(campaign: &str, until: &str) {
        Fr: "Un lead de la campagne «\u{a0}{campaign}\u{a0}» donne de nouveau signe de vie. Première réponse attendue avant **{until}**.",
        En: "A lead from the campaign “{campaign}” is back. First response due by **{until}**.",
    }
    pub hotter_text(campaign: &str, until: &str) {
        Fr: "Ce lead de «\u{a0}{campaign}\u{a0}» est devenu plus chaud, et le délai plus court\u{a0}: première réponse avant **{until}**.",
        En: "This lead from “{campaign}” is hotter now, and the deadline is shorter: first response due by **{until}**.",
    }
    pub soon_text(campaign: &str, until: &str) {
        Fr: "La moitié du délai est passée pour ce lead de «\u{a0}{campaign}\u{a0}». Première réponse attendue avant **{until}**.",
        En: "Half of the time has passed for this lead from “{campaign}”. First response due by **{until}**.",
    }
    pub late_text(campaign: &str, until: &str, attempt: &str) {
        Fr: "Ce lead de «\u{a0}{campaign}\u{a0}» attend toujours\u{a0}: le délai est passé depuis **{until}**. Tentative {attempt}.",
        En: "This lead from “{campaign}” is still waiting: the deadline was **{until}**. Attempt {attempt}.",
    }
    pub escalated_text(campaign: &str, until: &str) {
        Fr: "Ce lead de «\u{a0}{campaign}\u{a0}» n’a pas eu de réponse dans les délais\u{a0}: il est désormais le vôtre. Première réponse attendue avant **{until}**.",
        En: "Nobody responded to this lead from “{campaign}” in time, so it’s yours now. First response due by **{until}**.",
    }
    pub last_text(campaign: &str, until: &str) {
        Fr: "Ce lead de «\u{a0}{campaign}\u{a0}» attend toujours, et le délai est passé depuis **{until}**. C’est le dernier rappel\u{202f}; il reste dans la liste «\u{a0}À appeler maintenant\u{a0}» de la console.",
        En: "This lead from “{campaign}” is still waiting, and the deadline was **{until}**. This is the last reminder; the lead stays in the console’s list “To call now”.",
    }
    pub sale_text(campaign: &str, until: &str) {
        Fr: "Ce lead de «\u{a0}{campaign}\u{a0}» est un SQL\u{a0}: où en est la vente\u{202f}? Prochaine étape avant **{until}**.",
        En: "This lead from “{campaign}” is an SQL: where does the sale stand? Next step by **{until}**.",
    }
    pub next_attempt_text(campaign: &str, until: &str, attempt: &str) {
        Fr: "Il est temps de rappeler ce lead de «\u{a0}{campaign}\u{a0}»\u{a0}: tentative {attempt}, avant **{until}**.",
        En: "It’s time to call this lead from “{campaign}” again: attempt {attempt}, by **{until}**.",
    }
    pub decide_text(campaign: &str) {
        Fr: "Ce lead de «\u{a0}{campaign}\u{a0}» a été joint. À vous de décider\u{a0}: l’acceptez-vous\u{202f}?",
        En: "This lead from “{campaign}” has been reached. Your decision: will you take it on?",
    }
    pub the_person { Fr: "La personne", En: "The person" }
    pub name { Fr: "Nom", En: "Name" }
    pub email { Fr: "E-mail", En: "Email" }
    pub why(grade: &str, axis: &str, fit: &str, engagement: &str) {
        Fr: "Pourquoi {grade}\u{a0}: {axis} {fit}, engagement {engagement}",
        En: "Why {grade}: {axis} {fit}, engagement {engagement}",
    }
    pub to_check { Fr: "À vérifier pour un SQL", En: "SQL checklist" }
    pub is_met(what: &str) { Fr: "✓ {what} (d’après ses réponses)", En: "✓ {what} (from their answers)" }
    pub is_open(what: &str) { Fr: "✗ {what} (à demander)", En: "✗ {what} (to ask)" }

    // ---- digests; the values are places in a template ----

    pub morning(leads: &str) { Fr: "À suivre aujourd’hui\u{a0}: {leads}", En: "To follow up today: {leads}" }
    pub late_elsewhere(leads: &str) { Fr: "En retard dans l’équipe\u{a0}: {leads}", En: "Overdue in the team: {leads}" }
    pub alerts_together(leads: &str) { Fr: "Alertes regroupées\u{a0}: {leads}", En: "Grouped alerts: {leads}" }
    pub posts_together(campaign: &str, posts: &str) {
        Fr: "Demandes du jour pour «\u{a0}{campaign}\u{a0}»\u{a0}: {posts}",
        En: "Today’s enquiries for “{campaign}”: {posts}",
    }
    pub digest_preview { Fr: "Qui, quoi, avant quand.", En: "Who, what, and by when." }
    pub morning_text { Fr: "Voici ce qui vous attend aujourd’hui, le plus urgent d’abord.", En: "Here is your list for today, most urgent first." }
    pub late_text_elsewhere {
        Fr: "Voici ce qui est en retard, et qui s’en occupe.",
        En: "Here is what is overdue, and who has it.",
    }
    pub alerts_text {
        Fr: "Vous avez eu plus de vingt alertes en une heure. Les premières sont parties une à une\u{202f}; voici les autres.",
        En: "You had more than twenty alerts within an hour. The first ones were sent one by one; here are the others.",
    }
    pub posts_text {
        Fr: "Voici les demandes restées sous le seuil d’un MQL depuis le dernier récapitulatif. Aucun commercial n’est prévenu.",
        En: "Here are the enquiries below the MQL threshold since the last digest. No salesperson is alerted.",
    }
    pub waits_for_you { Fr: "Ce qui vous attend", En: "Your list" }
    pub is_late { Fr: "En retard dans l’équipe", En: "Overdue in the team" }
    pub to_call(attempt: &str) { Fr: "appel, tentative {attempt}", En: "call, attempt {attempt}" }
    pub to_decide { Fr: "à décider", En: "to decide" }
    pub to_sell { Fr: "vente en cours", En: "sale in progress" }
    pub by(moment: &str) { Fr: "avant {moment}", En: "by {moment}" }
    pub overdue_since(moment: &str) { Fr: "**en retard depuis {moment}**", En: "**overdue since {moment}**" }
    pub with(owner: &str) { Fr: "chez {owner}", En: "with {owner}" }
    pub and_more(count: &str, url: &str) {
        Fr: "[et {count} de plus dans la console]({url})",
        En: "[and {count} more in the console]({url})",
    }
    pub whole_list { Fr: "Ouvrir la liste dans la console", En: "Open the list in the console" }

    // ---- destinations: one stands still, or set something aside ----

    pub because_destination(name: &str) {
        Fr: "Vous recevez ce message parce que votre adresse est inscrite (notify) dans le fichier d’une destination de «\u{a0}{name}\u{a0}».",
        En: "You’re receiving this because your address stands (notify) in the file of a destination of “{name}”.",
    }
    pub destination_preview { Fr: "Ce qui s’est passé, et que faire.", En: "What happened, and what to do." }
    pub destination_paused_subject(name: &str) {
        Fr: "{name}\u{a0}: transmission des leads en pause",
        En: "{name}: paused, leads are waiting",
    }
    pub destination_off_subject(name: &str) {
        Fr: "{name}\u{a0}: destination désactivée, des leads attendent",
        En: "{name}: switched off, leads are waiting",
    }
    pub set_aside_subject(name: &str) {
        Fr: "{name}\u{a0}: transmission mise de côté",
        En: "{name}: a delivery was set aside",
    }
    pub opt_out_aside_subject(name: &str) {
        Fr: "{name}\u{a0}: désinscription non prise en compte",
        En: "{name}: an unsubscribe was not taken",
    }
    pub destination_stopped(name: &str, system: &str) {
        Fr: "Piste ne transmet plus rien à «\u{a0}{name}\u{a0}» ({system}). Rien n’est perdu\u{a0}: ce qui doit partir attend.",
        En: "Piste no longer sends anything to “{name}” ({system}). Nothing is lost: what is due waits.",
    }
    pub destination_until(until: &str) { Fr: "Reprise prévue\u{a0}: **{until}**.", En: "It resumes on **{until}**." }
    pub set_aside(name: &str, system: &str, what: &str) {
        Fr: "«\u{a0}{name}\u{a0}» ({system}) a refusé une transmission, qui est mise de côté\u{a0}: {what}. Les autres leads continuent de partir.",
        En: "“{name}” ({system}) refused a delivery, which was set aside: {what}. Other leads still go.",
    }
    pub event_aside(name: &str, system: &str) {
        Fr: "«\u{a0}{name}\u{a0}» ({system}) n’a pas accepté un message malgré tous les essais\u{a0}: il est mis de côté. Les autres continuent de partir.",
        En: "“{name}” ({system}) did not take a message in spite of every try: it was set aside. The others still go.",
    }
    pub opt_out_aside(name: &str, system: &str) {
        Fr: "Une personne s’est désinscrite, et «\u{a0}{name}\u{a0}» ({system}) ne l’a pas pris en compte. Elle peut encore recevoir des e-mails envoyés de là-bas.",
        En: "Somebody unsubscribed, and “{name}” ({system}) did not take it. They may still get emails from there.",
    }
    pub its_code(code: &str) { Fr: "Sa réponse\u{a0}: {code}", En: "Its answer: {code}" }
    pub refused_fields(fields: &str) { Fr: "Champs refusés\u{a0}: {fields}", En: "Refused fields: {fields}" }
    pub what_to_do(advice: &str) { Fr: "**Que faire\u{202f}?** {advice}", En: "**What to do.** {advice}" }
    pub mend {
        Fr: "Corrigez dans ce système ou dans le fichier de la destination ce que la réponse indique, puis rejouez depuis la console.",
        En: "Mend what the answer names, in that system or in the destination’s file, then replay it from the console.",
    }
    pub mend_opt_out {
        Fr: "Ouvrez la fiche depuis la console et désinscrivez la personne à la main là-bas, ou corrigez la cause puis rejouez.",
        En: "Open the record from the console and unsubscribe the person there by hand, or mend the cause and replay.",
    }
    pub open_console { Fr: "Voir dans la console", En: "See it in the console" }
    pub told_once {
        Fr: "Chaque cause n’est signalée qu’une fois, puis de nouveau si elle revient après que vous avez relancé la destination ou rejoué tout ce qui est de côté.",
        En: "Each cause is told once, and again only if it comes back after you resumed the destination or replayed all that was set aside.",
    }
}
