//! What is wrong with the look of a company.

use super::{At, Checker, place, texts};
use crate::campaign::Campaign;
use crate::campaign::brand::{CONTRAST_MIN, DARK_PAGE, LIGHT_PAGE, contrast, picture_type};

impl Checker {
    pub(super) fn brand(&mut self, campaign: &Campaign) {
        if let Some(emails) = &campaign.emails {
            self.text(place!["emails"], emails, &campaign.languages);
        }
        let Some(brand) = &campaign.brand else { return };
        if let Some(name) = &brand.name {
            self.text(place!["brand", "name"], name, &campaign.languages);
        }
        if brand.site.as_ref().is_some_and(|site| !is_site(site)) {
            self.add(place!["brand", "site"], texts::site_https);
        }
        if let Some(logo) = &brand.logo {
            let within = logo.split('/').all(|part| !matches!(part, "" | "." | "..")) && !logo.contains('\\');
            if picture_type(logo).is_none() || !within {
                self.add(place!["brand", "logo"], texts::logo_type);
            }
        }
        self.colour(place!["brand", "colour"], brand.colour.as_deref(), LIGHT_PAGE);
        self.colour(place!["brand", "colour_dark"], brand.colour_dark.as_deref(), DARK_PAGE);
    }

    fn colour(&mut self, path: Vec<At>, colour: Option<&str>, page: &str) {
        let Some(colour) = colour else { return };
        match contrast(colour, page) {
            None => self.add(path, texts::not_a_colour),
            Some(ratio) if ratio < CONTRAST_MIN => {
                // Cut, not rounded: 4.496 is not to read as enough.
                let shown = (ratio * 10.0).floor() / 10.0;
                self.add(path, |l| texts::low_contrast(l, shown, page));
            }
            Some(_) => {}
        }
    }
}

/// An address that a link may lead to as it stands.
fn is_site(site: &str) -> bool {
    let rest = site.strip_prefix("https://").unwrap_or_default();
    !rest.is_empty()
        && !site.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '\\'))
}
