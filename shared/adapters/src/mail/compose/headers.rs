//! Headers that no value can break out of.

use mail_builder::headers::HeaderType;
use mail_builder::headers::address::Address;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::text::Text;

use super::super::template::one_line;

/// Longest address, in bytes (RFC 5321 section 4.5.3.1.3, without the angle brackets).
pub const ADDRESS_BYTES_MAX: usize = 254;

/// Longest encoded-word of our own, in bytes. RFC 2047 section 2 allows 75, and 76 for its line, here with `Reply-To: ` before it.
const ENCODED_WORD_BYTES_MAX: usize = 64;

/// `local@domain`, both dot-atoms of ASCII (RFC 5322 section 3.4.1): no quoting, no comment, no list, hence one recipient;
/// and nothing that a careless reader would decode as an encoded-word.
pub fn is_plain_address(address: &str) -> bool {
    let is_dot_atom = |part: &str, marks: &str| {
        part.split('.')
            .all(|atom| !atom.is_empty() && atom.chars().all(|c| c.is_ascii_alphanumeric() || marks.contains(c)))
    };
    address.len() <= ADDRESS_BYTES_MAX
        && !address.contains("=?")
        && address
            .split_once('@')
            .is_some_and(|(local, domain)| is_dot_atom(local, "!#$%&'*+-/=?^_`{|}~") && is_dot_atom(domain, "-"))
}

/// The From mailbox: encoded where the name needs it.
/// `From`, with its display name.
pub fn sender<'a>(name: &str, address: &'a str) -> HeaderType<'a> {
    let name = one_line(name);
    if name.contains("=?") {
        Raw::new(format!("{} <{address}>", encoded_words(&name))).into()
    } else {
        Address::new_address(Some(name), address).into()
    }
}

/// An unstructured header: encoded where the text needs it.
pub fn unstructured(text: &str) -> HeaderType<'_> {
    if text.contains("=?") {
        Raw::new(encoded_words(text)).into()
    } else {
        Text::new(text).into()
    }
}

/// `text` as "Q" encoded-words (RFC 2047), split between characters.
///
/// The MIME writer encodes by itself what is not ASCII, but lets `=?…?=` in ASCII text pass, which a reader would then decode.
fn encoded_words(text: &str) -> String {
    const OPEN: &str = "=?utf-8?Q?";
    const CLOSE: &str = "?=";
    let mut words = OPEN.to_owned();
    let mut length = OPEN.len();
    for c in text.chars() {
        let mut buffer = [0; 4];
        let encoded: String = match c {
            ' ' => "_".to_owned(),
            c if c.is_ascii_alphanumeric() => c.to_string(),
            c => c
                .encode_utf8(&mut buffer)
                .bytes()
                .map(|byte| format!("={byte:02X}"))
                .collect(),
        };
        if length + encoded.len() + CLOSE.len() > ENCODED_WORD_BYTES_MAX {
            words.push_str(&format!("{CLOSE} {OPEN}"));
            length = OPEN.len();
        }
        words.push_str(&encoded);
        length += encoded.len();
    }
    words + CLOSE
}
