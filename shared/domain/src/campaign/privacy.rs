//! What a person must be told where they give their data (GDPR art. 13, R73): who, what for, on what basis, how long, who
//! reads it, and what they may do about it. Made from the campaign's own file, so that it cannot fall behind it.

use super::texts;
use crate::campaign::Campaign;
use crate::kit::format;
use crate::kit::locale::Locale;

/// The notice, a sentence or two a paragraph. The privacy page of the owner says it at length.
pub fn notice(campaign: &Campaign, locale: Locale) -> Vec<String> {
    let legal = campaign.sender.legal.get(locale).trim_end_matches('.');
    let name = campaign.sender.name.get(locale);
    let kept = format::delay(&campaign.retention, locale);
    let mut notice = vec![
        texts::controller(locale, legal),
        texts::purpose(locale, texts::basis(locale, campaign.regime)),
        texts::readers_and_retention(locale, name, &kept),
    ];
    if campaign.protect.turnstile.is_some() {
        notice.push(texts::looked_at_by_cloudflare(locale).to_owned());
    }
    notice.push(texts::rights(locale).to_owned());
    notice
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::vocabulary::Regime;
    use crate::samples::demo;

    #[test]
    fn r73_the_notice_says_who_what_for_on_what_basis_how_long_and_what_one_may_do() {
        for (regime, fr, en) in [
            (Regime::B2cConsent, "votre consentement", "your consent"),
            (Regime::B2bInterest, "professionnels", "professionals"),
            (Regime::CustomerSimilar, "nos clients", "our customers"),
        ] {
            let campaign = Campaign { regime, ..demo() };
            for (locale, basis, kept, rights) in [
                (Locale::Fr, fr, "3\u{a0}ans", "effacer"),
                (Locale::En, en, "3\u{a0}years", "delete"),
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
    #[test]
    fn r73_whoever_asks_cloudflare_says_so() {
        for locale in Locale::ALL {
            let mut campaign = demo();
            let said = |campaign: &Campaign| notice(campaign, locale).join(" ").contains("Cloudflare");
            assert!(!said(&campaign));
            campaign.protect.turnstile = Some("1x00000000000000000000AA".into());
            assert!(said(&campaign));
        }
    }
}
