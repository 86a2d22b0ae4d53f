//! How a company looks on its pages and in its emails.

use serde::{Deserialize, Serialize};

use crate::kit::locale::{Locale, Text};

/// The look of one campaign's company. Whatever is absent is as without a brand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Brand {
    /// The company's name; that of the sender without it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "one_or_each")]
    #[cfg_attr(feature = "describe", schemars(with = "Option<OneOrEach>"))]
    pub name: Option<Text>,
    /// A picture in the campaign's folder: PNG, JPEG or SVG.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
    /// The company's site, https.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// `#rrggbb`, on the white page: links, and the ground of buttons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
    /// The same on the dark page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour_dark: Option<String>,
}

/// The white page, and what stands on a button there.
pub const LIGHT_PAGE: &str = "#ffffff";
/// The dark page, as light as any part of it gets.
pub const DARK_PAGE: &str = "#1d2126";
/// The colours where a campaign has none of its own.
pub const COLOUR: &str = "#0b5c74";
/// And on the dark page.
pub const COLOUR_DARK: &str = "#7cc7de";
/// Least contrast of text (WCAG 2.2, 1.4.3).
pub const CONTRAST_MIN: f64 = 4.5;

impl Brand {
    /// The colour on the white page.
    pub fn colour(&self) -> &str {
        self.colour.as_deref().unwrap_or(COLOUR)
    }

    /// The colour on the dark page.
    pub fn colour_dark(&self) -> &str {
        self.colour_dark.as_deref().unwrap_or(COLOUR_DARK)
    }
}

/// What a picture is, by the end of its name.
pub fn picture_type(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    match ending.to_ascii_lowercase().as_str() {
        "png" => Some("image/png"),
        "jpg" | "jpeg" => Some("image/jpeg"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

/// The contrast of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio"); `None` where one is not `#rrggbb`.
pub fn contrast(one: &str, other: &str) -> Option<f64> {
    let (one, other) = (luminance(one)?, luminance(other)?);
    Some((one.max(other) + 0.05) / (one.min(other) + 0.05))
}

/// Relative luminance (WCAG 2.2).
fn luminance(colour: &str) -> Option<f64> {
    let digits = colour.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let channel = |place: usize| {
        let value = f64::from(u8::from_str_radix(&digits[place..place + 2], 16).ok()?) / 255.0;
        Some(match value <= 0.04045 {
            true => value / 12.92,
            false => ((value + 0.055) / 1.055).powf(2.4),
        })
    };
    Some(0.2126 * channel(0)? + 0.7152 * channel(2)? + 0.0722 * channel(4)?)
}

/// A text for all languages, or one for each.
#[cfg(feature = "describe")]
#[derive(schemars::JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "it describes what `one_or_each` reads")]
enum OneOrEach {
    One(String),
    Each(Text),
}

/// Reads it.
fn one_or_each<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Text>, D::Error> {
    struct Visitor;
    impl<'de> serde::de::Visitor<'de> for Visitor {
        type Value = Text;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a string or a map")
        }

        fn visit_str<E>(self, text: &str) -> Result<Text, E> {
            Ok(Text::each(|_: Locale| text))
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Text, A::Error> {
            Text::deserialize(serde::de::value::MapAccessDeserializer::new(map))
        }
    }
    from.deserialize_any(Visitor).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_the_standard() {
        let near = |one, other, expected: f64| {
            let got = contrast(one, other).expect("colours");
            assert!((got - expected).abs() < 0.01, "{one} {other}: {got}");
        };
        near("#000000", "#ffffff", 21.0);
        near("#ffffff", "#ffffff", 1.0);
        near("#777777", "#ffffff", 4.478);
        near("#767676", "#ffffff", 4.542);
        for bad in ["", "#fff", "0b5c74", "#0b5c7g", "#0b5c740", "red", "#é5c74"] {
            assert_eq!(contrast(bad, "#ffffff"), None, "{bad}");
        }
    }

    #[test]
    fn our_own_colours_hold_on_their_pages() {
        assert!(contrast(COLOUR, LIGHT_PAGE).is_some_and(|ratio| ratio >= CONTRAST_MIN));
        assert!(contrast(COLOUR_DARK, DARK_PAGE).is_some_and(|ratio| ratio >= CONTRAST_MIN));
    }

    #[test]
    fn a_name_is_one_text_or_one_for_each_language() {
        let name = |toml: &str| toml::from_str::<Brand>(toml).map(|brand| brand.name);
        let one = name("name = \"Exemple\"").expect("read").expect("a name");
        assert_eq!((one.get(Locale::Fr), one.get(Locale::En)), ("Exemple", "Exemple"));
        let each = name("name = { fr = \"Exemple\", en = \"Example\" }")
            .expect("read")
            .expect("a name");
        assert_eq!((each.get(Locale::Fr), each.get(Locale::En)), ("Exemple", "Example"));
        assert!(name("name = 3").is_err() && name("name = { de = \"Beispiel\" }").is_err());
        assert!(toml::from_str::<Brand>("font = \"Comic\"").is_err());
        // As it is published, it reads the same.
        let brand: Brand = toml::from_str("name = \"Exemple\"\ncolour = \"#3f3d9e\"").expect("read");
        let json = serde_json::to_string(&brand).expect("JSON");
        assert_eq!(serde_json::from_str::<Brand>(&json).expect("read"), brand);
        assert_eq!((brand.colour(), brand.colour_dark()), ("#3f3d9e", COLOUR_DARK));
    }
}
