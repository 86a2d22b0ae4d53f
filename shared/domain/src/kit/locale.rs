//! Languages. Everything a person reads exists in each of them; a text that lacks one does not load.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::codes;

/// A language people read.
///
/// The code, as in files, URLs and `lang` attributes (BCP 47), is the variant's name in lower case.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum Locale {
    /// French, written with "vous".
    #[default]
    Fr,
    /// English.
    En,
}

codes!(Locale);

impl Locale {
    /// What its own speakers call it.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::Fr => "Français",
            Self::En => "English",
        }
    }

    /// The language with the country where we write it, as other sites name it: `fr_FR`.
    pub fn territory(self) -> &'static str {
        match self {
            Self::Fr => "fr_FR",
            Self::En => "en_GB",
        }
    }

    /// Reads a tag of a language, as a browser or a terminal says it: `fr-CA` and `FR_ca` count as `fr`.
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::from_code(&tag.trim().split(['-', '_']).next()?.to_ascii_lowercase())
    }

    /// The best of `offered` for an `Accept-Language` header (RFC 9110, section 12.5.4); `None` when none fits.
    pub fn negotiate(accept_language: &str, offered: &[Self]) -> Option<Self> {
        let mut wanted: Vec<(f32, usize, Self)> = accept_language
            .split(',')
            .enumerate()
            .filter_map(|(order, range)| {
                let mut parts = range.split(';');
                let locale = Self::from_tag(parts.next()?)?;
                let quality = parts
                    .find_map(|p| p.trim().strip_prefix("q=").map(str::trim).map(str::parse))
                    .unwrap_or(Ok(1.0))
                    .ok()?;
                (quality > 0.0 && offered.contains(&locale)).then_some((quality, order, locale))
            })
            .collect();
        wanted.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        wanted.first().map(|(_, _, locale)| *locale)
    }

    /// Whether a count takes the singular: French counts none as one.
    pub fn counts_as_one(self, n: u64) -> bool {
        match self {
            Self::Fr => n < 2,
            Self::En => n == 1,
        }
    }
}

/// A text of a campaign file in each of its languages: `{ fr = "…", en = "…" }`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Text(BTreeMap<Locale, String>);

impl Text {
    /// A text of our own in every language.
    pub fn each<S: Into<String>>(say: impl Fn(Locale) -> S) -> Self {
        Self(
            Locale::ALL
                .iter()
                .map(|locale| (*locale, say(*locale).into()))
                .collect(),
        )
    }

    /// The text in this language, else in any it has, else nothing. `piste check` refuses a text that lacks a language.
    pub fn get(&self, locale: Locale) -> &str {
        self.0
            .get(&locale)
            .or_else(|| self.0.values().next())
            .map_or("", String::as_str)
    }

    /// The text in each language it has.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(String::as_str)
    }

    /// The languages of `wanted` in which the text is missing or blank.
    pub fn missing<'a>(&'a self, wanted: &'a [Locale]) -> impl Iterator<Item = Locale> + 'a {
        wanted
            .iter()
            .copied()
            .filter(|locale| self.0.get(locale).is_none_or(|text| text.trim().is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::Locale::{self, En, Fr};

    #[test]
    fn accept_language_is_read_by_quality_then_order() {
        let check = |header, expected| assert_eq!(Locale::negotiate(header, &Locale::ALL), expected, "{header}");
        check("fr-FR,fr;q=0.9,en;q=0.8", Some(Fr));
        check("en-GB,en;q=0.9", Some(En));
        check("de, en;q=0.5, fr;q=0.7", Some(Fr));
        check("en;q=0, fr", Some(Fr));
        check("en;q=oops", None);
        check("*", None);
        check("", None);
        check(",,;;q=1", None);
    }
}
