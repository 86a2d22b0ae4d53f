//! Why a post was held.

use crate::kit::vocabulary::Layer;

crate::texts! {
    pub(super) why for Layer {
        Honeypot {
            Fr: "le champ invisible est rempli\u{a0}: un robot, parfois un gestionnaire de mots de passe",
            En: "the hidden field was filled in: a bot, sometimes a password manager",
        }
        TooFast { Fr: "envoyé moins de deux secondes après l’affichage", En: "sent less than two seconds after the form was shown" }
        TooOld { Fr: "envoyé plus de 24\u{a0}heures après l’affichage", En: "sent more than 24 hours after the form was shown" }
        ForgedTime { Fr: "l’heure d’affichage jointe n’est pas de ce formulaire", En: "its display time was not issued by this form" }
        NoProof {
            Fr: "sans preuve de travail\u{a0}: un robot, ou un navigateur sans JavaScript",
            En: "without proof of work: a bot, or a browser without JavaScript",
        }
        FalseProof { Fr: "la preuve de travail est fausse, ou a déjà servi", En: "its proof of work is wrong, or was used before" }
        NoTurnstile {
            Fr: "sans réponse de Turnstile\u{a0}: un robot, ou un navigateur qui n’a pas chargé le script de Cloudflare",
            En: "without a Turnstile answer: a bot, or a browser that did not load Cloudflare’s script",
        }
        FalseTurnstile {
            Fr: "Cloudflare refuse sa réponse de Turnstile\u{a0}: fausse, périmée, déjà utilisée, ou d’un autre site",
            En: "Cloudflare rejects its Turnstile answer: wrong, expired, used before, or another site’s",
        }
        Disposable { Fr: "adresse jetable", En: "throw-away address" }
        Role { Fr: "adresse d’un service, pas d’une personne", En: "address of a department, not of a person" }
        Links { Fr: "lien dans un texte", En: "link in a text" }
        Markup { Fr: "HTML ou BBCode dans un texte", En: "HTML or BBCode in a text" }
        ManyPeople {
            Fr: "plus de dix adresses différentes du même visiteur en une heure",
            En: "more than ten different addresses from the same visitor within an hour",
        }
        Alphabet { Fr: "texte surtout dans un autre alphabet", En: "text mostly in another alphabet" }
    }
    pub(super) links(n: u64) { Fr: "{n} lien dans les textes" | "{n} liens dans les textes", En: "{n} link in the texts" | "{n} links in the texts" }
}
