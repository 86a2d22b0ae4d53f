//! What a person is told where they give their data.

use crate::kit::vocabulary::Regime;

crate::texts! {
    pub marketing_emails { Fr: "nos e-mails d’information", En: "our marketing emails" }
    pub(super) controller(legal: &str) { Fr: "Responsable du traitement\u{a0}: {legal}.", En: "Controller: {legal}." }
    pub(super) purpose(basis: &str) {
        Fr: "Vos réponses servent à vous envoyer ce que vous demandez et à y donner suite (mesures prises à votre demande). Les e-mails d’information reposent sur {basis}.",
        En: "We use your answers to send you what you ask for and to follow up (steps taken at your request). Marketing emails are based on {basis}.",
    }
    pub(super) basis for Regime {
        B2cConsent {
            Fr: "votre consentement, que vous pouvez retirer à tout moment",
            En: "your consent, which you can withdraw at any time",
        }
        B2bInterest {
            Fr: "notre intérêt légitime à écrire à des professionnels au sujet de leur métier\u{202f}; vous pouvez vous y opposer à tout moment",
            En: "our legitimate interest in writing to professionals about their work; you can object at any time",
        }
        CustomerSimilar {
            Fr: "notre intérêt légitime à écrire à nos clients au sujet de produits analogues\u{202f}; vous pouvez vous y opposer à tout moment",
            En: "our legitimate interest in writing to our customers about similar products; you can object at any time",
        }
    }
    pub(super) readers_and_retention(name: &str, kept: &str) {
        Fr: "Elles sont lues par {name} et par ses prestataires techniques (hébergement et envoi\u{a0}: Amazon Web Services), et conservées {kept} après votre dernier contact.",
        En: "They are read by {name} and its service providers (hosting and email: Amazon Web Services), and kept for {kept} after your last contact.",
    }
    pub(super) looked_at_by_cloudflare {
        Fr: "Contre le spam, ce formulaire utilise Turnstile, de Cloudflare, Inc. (États-Unis)\u{a0}: votre navigateur charge son script, et Cloudflare reçoit votre adresse IP et des données techniques sur votre navigateur, mais rien de ce que vous saisissez.",
        En: "Against spam this form uses Turnstile by Cloudflare, Inc. (USA): your browser loads its script, and Cloudflare receives your IP address and technical data about your browser, but nothing of what you type.",
    }
    pub(super) rights {
        Fr: "Vous pouvez les consulter, les corriger, les télécharger, les effacer et vous opposer à leur usage\u{202f}; vous pouvez aussi saisir la CNIL (cnil.fr).",
        En: "You can see, correct, download and delete your data, and object to its use; you can also complain to your data protection authority (in France, the CNIL: cnil.fr).",
    }
}
