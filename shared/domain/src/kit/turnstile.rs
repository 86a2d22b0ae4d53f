//! The keys of Cloudflare Turnstile: a widget has a site key, which every browser sees, and a secret key (R87).
//! Source: Cloudflare's documentation, "Turnstile", pages "Widget management" and "Test your Turnstile implementation".

/// The lengths of a site key; its own API gives it at most 32 characters. A secret key is longer.
const SITE_KEY_CHARS: std::ops::RangeInclusive<usize> = 18..=32;
/// The lengths of a secret key: those seen have 35 characters.
const SECRET_KEY_CHARS: std::ops::RangeInclusive<usize> = 33..=100;

/// Keys that Cloudflare documents for tests: the site key, and the secret key with which its widget ends as it says.
pub const TEST_KEYS: [(&str, &str); 5] = [
    ("1x00000000000000000000AA", "1x0000000000000000000000000000000AA"),
    ("1x00000000000000000000BB", "1x0000000000000000000000000000000AA"),
    ("2x00000000000000000000AB", "2x0000000000000000000000000000000AA"),
    ("2x00000000000000000000BB", "2x0000000000000000000000000000000AA"),
    ("3x00000000000000000000FF", "1x0000000000000000000000000000000AA"),
];

/// Whether a text can be a site key.
pub fn is_site_key(text: &str) -> bool {
    is_key(text) && SITE_KEY_CHARS.contains(&text.len())
}

/// Whether a text can be a secret key.
pub fn is_secret_key(text: &str) -> bool {
    is_key(text) && SECRET_KEY_CHARS.contains(&text.len())
}

/// The secret key of a site key that Cloudflare documents for tests; `None` for all others.
pub fn test_secret(site_key: &str) -> Option<&'static str> {
    let mut keys = TEST_KEYS.iter();
    keys.find(|(site, _)| *site == site_key).map(|(_, secret)| *secret)
}

/// A digit, an x, and what base64url is made of: it can stand in an attribute and in a key of the table as it is.
fn is_key(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_digit)
        && bytes.get(1) == Some(&b'x')
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r87_a_site_key_is_told_from_a_secret_key() {
        for (site, secret) in TEST_KEYS {
            assert!(is_site_key(site) && !is_secret_key(site), "{site}");
            assert!(is_secret_key(secret) && !is_site_key(secret), "{secret}");
            assert_eq!(test_secret(site), Some(secret));
        }
        // As Cloudflare's documents show one.
        assert!(is_site_key("0x4AAF00AAAABn0R22HWm-YUc"));
        assert_eq!(test_secret("0x4AAF00AAAABn0R22HWm-YUc"), None);
        for none in [
            "",
            "0x",
            "x",
            "guide-seo",
            "0x4AAF00AAAABn0R22HWm YUc",
            "0x4AAF00AAAABn0R22HWm\"YUc",
            "ax4AAF00AAAABn0R22HWm-YUc",
            "0y4AAF00AAAABn0R22HWm-YUc",
            "0x4AAF00AAAABn0R22HWmé-YUc",
        ] {
            assert!(!is_site_key(none) && !is_secret_key(none), "{none}");
        }
    }
}
