//! Whether sending is on.

piste_domain::texts! {
    // What every page says while something is wrong.
    pub notice_held { Fr: "Les envois sont suspendus\u{a0}: aucun e-mail ne part.", En: "Sending is held: no emails go out." }
    pub notice_paused {
        Fr: "Les e-mails sont en pause, sauf les alertes\u{a0}: trop de rejets ou de plaintes.",
        En: "Emails are paused, except alerts: too many bounces or complaints.",
    }
    pub notice_canary {
        Fr: "Les comptes rendus de SES n’arrivent plus\u{a0}: un e-mail de contrôle n’est pas revenu.",
        En: "Reports from SES aren’t arriving: a test email has not come back.",
    }

    pub notice_refused {
        Fr: "SES refuse nos e-mails\u{a0}: ils attendent.",
        En: "SES refuses our emails: they wait.",
    }

    pub on { Fr: "Les envois sont actifs", En: "Sending is on" }
    pub paused { Fr: "Les e-mails sont en pause, sauf les alertes", En: "Emails are paused, except alerts" }
    pub held { Fr: "Les envois sont suspendus", En: "Sending is held" }
    pub since(at: &str) { Fr: "Depuis le {at}", En: "Since {at}" }
    pub released(at: &str) { Fr: "Repris le {at}", En: "Released {at}" }
    pub restored {
        Fr: "Cette table n’est pas celle d’où les derniers e-mails sont partis, comme après une restauration. Rejouez d’abord l’archive («\u{a0}piste replay\u{a0}», voir docs/deploiement.md), puis reprenez les envois.",
        En: "This is not the table that emails were last sent from, as after a restore. Replay the archive first (`piste replay`, see docs/deploy.md), then release.",
    }
    pub hold_reason { Fr: "Raison de la suspension", En: "Reason for the hold" }
    pub hold { Fr: "Suspendre tous les envois", En: "Hold all sending" }
    pub remark { Fr: "Remarque (facultative)", En: "Note (optional)" }
    pub release { Fr: "Reprendre les envois", En: "Release sending" }
    pub reason_needed(max: u64) { Fr: "Donnez une raison, en {max} caractères au plus.", En: "Give a reason of at most {max} characters." }

    pub refused { Fr: "Refusés par SES", En: "Refused by SES" }

    pub automatic_pause { Fr: "Pause automatique", En: "Automatic pause" }
    pub judged(sent: &str, days: i64, least: &str) {
        Fr: "{sent} e-mails en {days} jours. En dessous de {least}, la pause automatique ne s’applique pas.",
        En: "{sent} emails in {days} days. The automatic pause doesn’t apply below {least}.",
    }
    pub what { Fr: "Motif", En: "Cause" }
    pub pauses_at { Fr: "Pause à partir de", En: "Pauses at" }
    pub bounces { Fr: "Rejets", En: "Bounces" }
    pub complaints { Fr: "Plaintes", En: "Complaints" }
    pub percent(figure: &str) { Fr: "{figure}\u{202f}%", En: "{figure}%" }

    pub quota { Fr: "Quota", En: "Quota" }
    pub not_read { Fr: "pas encore lu", En: "not read yet" }
    pub per_second(emails: &str) { Fr: "{emails} par seconde", En: "{emails} per second" }
    pub per_day(emails: &str) { Fr: "{emails} par jour", En: "{emails} per day" }
    pub no_daily_limit { Fr: "sans limite par jour", En: "no daily limit" }
    pub sandbox {
        Fr: "bac à sable\u{a0}: seules les adresses vérifiées reçoivent des e-mails",
        En: "sandbox: only verified addresses receive emails",
    }
    pub canary_sent { Fr: "Dernier e-mail de contrôle", En: "Last test email" }
    pub canary_back { Fr: "Dernier retour confirmé", En: "Last confirmed return" }
    pub canary {
        Fr: "Chaque heure, un e-mail de contrôle part de chaque expéditeur vers le simulateur de SES. Son retour prouve que les comptes rendus de SES arrivent\u{202f}; sans lui, un envoi dont l’issue est inconnue n’est pas retenté.",
        En: "Every hour, a test email goes from each sender to the SES simulator. Its return proves that reports from SES arrive; without it, an email whose outcome is unknown isn’t sent again.",
    }

    pub to_check { Fr: "E-mails à vérifier", En: "Emails to check" }
    pub of_late { Fr: "Parmi les leads reçus ce mois-ci et le mois dernier.", En: "Among the leads received this month and last month." }
    pub unknown { Fr: "Issue inconnue", En: "Outcome unknown" }
    pub twice { Fr: "Envoyés deux fois", En: "Sent twice" }
}
