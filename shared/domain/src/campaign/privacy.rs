//! What a person must be told where they give their data (GDPR art. 13, R73): who, what for, on what basis, how long, who
//! reads it, and what they may do about it. Made from the campaign's own file, so that it cannot fall behind it.

use crate::campaign::Campaign;
use crate::kit::format;
use crate::kit::locale::Locale;
use crate::kit::vocabulary::Regime;

/// The notice, a sentence or two a paragraph. The privacy page of the owner says it at length.
pub fn notice(campaign: &Campaign, locale: Locale) -> [String; 4] {
    let legal = campaign.sender.legal.get(locale).trim_end_matches('.');
    let name = campaign.sender.name.get(locale);
    let kept = format::delay(&campaign.retention, locale);
    match locale {
        Locale::Fr => [
            format!("Responsable du traitement\u{a0}: {legal}."),
            format!(
                "Vos réponses servent à vous envoyer ce que vous demandez et à y donner suite (mesures prises à votre demande). Les conseils par e-mail reposent sur {}.",
                match campaign.regime {
                    Regime::B2cConsent => "votre accord, que vous pouvez retirer à tout moment",
                    Regime::B2bInterest =>
                        "notre intérêt légitime à écrire à des professionnels au sujet de leur métier\u{a0}; vous pouvez vous y opposer à tout moment",
                    Regime::CustomerSimilar =>
                        "notre intérêt légitime à écrire à nos clients au sujet de produits analogues\u{a0}; vous pouvez vous y opposer à tout moment",
                }
            ),
            format!(
                "Elles sont lues par {name} et par ses prestataires techniques (hébergement et envoi\u{a0}: Amazon Web Services), et conservées {kept} après votre dernier contact."
            ),
            "Vous pouvez les voir, les corriger, les emporter, les effacer et vous opposer à leur usage\u{a0}; vous pouvez aussi saisir la CNIL (cnil.fr).".to_owned(),
        ],
        Locale::En => [
            format!("Controller: {legal}."),
            format!(
                "Your answers are used to send you what you ask for and to follow it up (steps taken at your request). Advice by mail rests on {}.",
                match campaign.regime {
                    Regime::B2cConsent => "your agreement, which you can take back at any time",
                    Regime::B2bInterest =>
                        "our legitimate interest in writing to professionals about their work; you can object at any time",
                    Regime::CustomerSimilar =>
                        "our legitimate interest in writing to our customers about similar products; you can object at any time",
                }
            ),
            format!(
                "They are read by {name} and its technical providers (hosting and mail: Amazon Web Services), and kept for {kept} after your last contact."
            ),
            "You can see, correct, take away and erase them, and object to their use; you can also turn to your data protection authority (in France: the CNIL, cnil.fr).".to_owned(),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::demo;

    #[test]
    fn r73_the_notice_says_who_what_for_on_what_basis_how_long_and_what_one_may_do() {
        for (regime, fr, en) in [
            (Regime::B2cConsent, "votre accord", "your agreement"),
            (Regime::B2bInterest, "professionnels", "professionals"),
            (Regime::CustomerSimilar, "nos clients", "our customers"),
        ] {
            let campaign = Campaign { regime, ..demo() };
            for (locale, basis, kept, rights) in [
                (Locale::Fr, fr, "3\u{a0}ans", "effacer"),
                (Locale::En, en, "3\u{a0}years", "erase"),
            ] {
                let notice = notice(&campaign, locale).join(" ");
                let legal = campaign.sender.legal.get(locale);
                for part in [legal, basis, kept, rights, campaign.sender.name.get(locale), "CNIL"] {
                    assert!(notice.contains(part), "{part} is not in {notice}");
                }
                assert!(!notice.contains(".."));
            }
        }
    }
}
