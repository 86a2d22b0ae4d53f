//! An answer that says no more than that its writer wants no more emails, in French or English.

use super::words::one_line;

/// Whether somebody says that they want no more emails, and nothing else.
pub(super) fn opts_out(subject: &str, said: &str) -> bool {
    let words = bare(said).split(' ').filter(|word| !word.is_empty()).count();
    let first = said.lines().map(bare).find(|line| !line.is_empty());
    // A long text says more than that: its reader decides.
    words <= 15 && (is_no(&bare(subject)) || first.is_some_and(|line| is_no(&line)))
}

/// What counts of a short text: its words, without greetings and thanks.
fn bare(text: &str) -> String {
    let words = one_line(text);
    let words = words.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '-');
    let polite = [
        "bonjour",
        "hello",
        "hi",
        "hey",
        "please",
        "pls",
        "svp",
        "merci",
        "thanks",
        "thank",
        "you",
        "cordialement",
        "regards",
        "best",
        "s'il",
        "vous",
        "plait",
        "bonsoir",
        "dear",
        "sir",
        "madam",
        "madame",
        "monsieur",
        "salutations",
        "d'avance",
    ];
    let words = words.filter(|word| !word.is_empty() && !polite.contains(word));
    words.collect::<Vec<_>>().join(" ")
}

fn is_no(text: &str) -> bool {
    let alone = [
        "stop",
        "stop email",
        "stop emails",
        "stop mail",
        "stop mails",
        "stop e-mails",
        "stop pub",
        "stop emailing me",
        "stop sending me emails",
        "stop writing me",
        "stop writing to me",
        "arret",
        "arretez",
        "remove",
        "remove me",
        "opt out",
        "opt-out",
        "optout",
        "take me off",
        "take me off your list",
        "take me off this list",
        "cancel subscription",
        "end",
        "desinscription",
        "desabonnement",
        "desabonnez moi",
        "unsubscribe",
    ];
    let begins = [
        "unsubscribe",
        "desabonn",
        "desinscri",
        "je souhaite me desabonn",
        "je souhaite me desinscri",
        "je souhaite etre desabonn",
        "je souhaite etre desinscri",
        "je veux me desabonn",
        "je veux me desinscri",
        "veuillez me desabonn",
        "veuillez me desinscri",
        "merci de me desabonn",
        "de me desabonn",
        "de me desinscri",
        "me desabonn",
        "me desinscri",
        "retirez-moi",
        "retirez moi",
        "de me retirer de",
        "veuillez me retirer",
        "ne plus recevoir",
        "de ne plus recevoir",
        "je ne veux plus recevoir",
        "je ne souhaite plus recevoir",
        "de ne plus m'",
        "ne m'envoyez plus",
        "remove me from",
        "remove my address",
        "remove my email",
        "remove my e-mail",
        "remove my name",
        "take me off",
        "stop sending me",
        "stop emailing",
        "i want to unsubscribe",
        "i would like to unsubscribe",
        "i'd like to unsubscribe",
        "i wish to unsubscribe",
        "kindly unsubscribe",
        "can unsubscribe me",
        "do not email me",
        "don't email me",
        "do not send me any",
        "could unsubscribe me",
        "pouvez-vous me desabonn",
        "pouvez-vous me desinscri",
    ];
    alone.contains(&text) || begins.iter().any(|start| text.starts_with(start))
}
