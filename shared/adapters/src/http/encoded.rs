//! Names and values of a form post as bytes, and the charset that makes text of them (R78).

use piste_domain::kit::charset;

/// A name or value as bytes: percent signs and plus signs undone (URL Standard, "application/x-www-form-urlencoded").
fn decoded(part: &[u8]) -> Vec<u8> {
    let digit = |at: usize| part.get(at).and_then(|b| char::from(*b).to_digit(16));
    let mut bytes = Vec::with_capacity(part.len());
    let mut at = 0;
    while at < part.len() {
        match (part[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
                at += 2;
            }
            (b'+', ..) => bytes.push(b' '),
            (byte, ..) => bytes.push(byte),
        }
        at += 1;
    }
    bytes
}

/// The pairs of an urlencoded body, as bytes.
pub(super) fn urlencoded(body: &[u8]) -> Vec<Pair> {
    let parts = body.split(|b| *b == b'&').filter(|part| !part.is_empty());
    let pair = |part: &[u8]| {
        let end = part.iter().position(|b| *b == b'=').unwrap_or(part.len());
        Pair {
            name: decoded(&part[..end]),
            value: decoded(part.get(end + 1..).unwrap_or_default()),
            charset: None,
        }
    };
    parts.map(pair).collect()
}

/// A name and its value as bytes.
pub(super) struct Pair {
    pub(super) name: Vec<u8>,
    pub(super) value: Vec<u8>,
    /// The charset that this part alone declares.
    pub(super) charset: Option<String>,
}

/// The pairs as text. What a part declares for itself comes first, then what the page says in `_charset_` (which browsers
/// fill in, HTML Standard, "constructing the entry list"), then the content type of the whole.
pub(super) fn text(pairs: Vec<Pair>, content_type: &str) -> Vec<(String, String)> {
    let named = pairs.iter().find(|pair| pair.name == b"_charset_");
    let page = named.map(|pair| String::from_utf8_lossy(&pair.value).trim().to_owned());
    let page = page.filter(|label| !label.is_empty());
    let whole = page.as_deref().or(charset::of_content_type(content_type));
    let text = |pair: &Pair| {
        let name = match std::str::from_utf8(&pair.name) {
            Ok(name) => name.to_owned(),
            Err(_) => charset::decode(&pair.name, whole),
        };
        (name, charset::decode(&pair.value, pair.charset.as_deref().or(whole)))
    };
    pairs.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &[u8], kind: &str) -> Vec<(String, String)> {
        text(urlencoded(body), kind)
    }

    #[test]
    fn r78_urlencoded_equals_the_url_standard_where_it_is_utf8() {
        for body in [
            "a=1+2&b=%C3%A9",
            "a=%ZZ",
            "a=%",
            "a=%4",
            "a",
            "=x",
            "&&a=1&&",
            "",
            "a=1=2",
            "a=b;c=d",
            "%41=%3d",
            "+=+",
            "a&a=",
            "é=ü",
        ] {
            let standard: Vec<_> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
            assert_eq!(read(body.as_bytes(), ""), standard, "{body}");
        }
    }

    #[test]
    fn r78_the_charset_is_that_of_the_page_then_of_the_header_else_each_value_tells() {
        let check = |body: &[u8], kind: &str, value: &str| {
            let pairs = read(body, kind);
            assert_eq!(pairs[0].1, value, "{kind}: {pairs:?}");
        };
        let form = "application/x-www-form-urlencoded";
        check(b"a=Ren%E9e", form, "Renée");
        check(b"a=Ren%C3%A9e&b=%E9", form, "Renée");
        check(b"a=%A4", &format!("{form}; charset=ISO-8859-15"), "€");
        check(b"a=%A4&_charset_=iso-8859-15", form, "€");
        check(b"a=%A4&_charset_=iso-8859-15", &format!("{form}; charset=utf-8"), "€");
        check(b"a=%A4&_charset_=", &format!("{form}; charset=ISO-8859-15"), "€");
        check(b"a=Ren\xe9e", &format!("{form}; charset=x"), "Renée");
    }
}
