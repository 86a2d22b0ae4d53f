//! Reading a form post: three kinds of body, within limits.

use std::fmt;

use futures_util::stream;
use piste_domain::kit::charset;
use piste_domain::kit::limits::{BODY_BYTES_MAX, FIELDS_MAX};
use piste_domain::kit::post::{RawPost, number};
use serde::de::{self, MapAccess, SeqAccess, Visitor};

use super::encoded::{self, Pair};

/// Why a body is not a form post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostProblem {
    /// More than [`BODY_BYTES_MAX`], or more than [`FIELDS_MAX`] fields.
    TooLarge,
    /// Neither urlencoded, multipart nor JSON.
    UnsupportedType,
    /// A file was sent; forms take text only.
    File,
    /// Not what its content type says.
    Malformed,
}

/// Reads a form post of any of the three kinds, within the limits (R77 to R81).
///
/// # Errors
/// [`PostProblem`]; nothing of the body is ever part of it.
pub(super) async fn read(content_type: &str, body: &[u8]) -> Result<RawPost, PostProblem> {
    if body.len() > BODY_BYTES_MAX {
        return Err(PostProblem::TooLarge);
    }
    let kind = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let pairs = match kind.as_str() {
        "application/x-www-form-urlencoded" => encoded::text(encoded::urlencoded(body), content_type),
        "multipart/form-data" => read_multipart(content_type, body).await?,
        "application/json" => {
            let text = charset::document(body, charset::of_content_type(content_type));
            serde_json::from_str::<JsonPost>(&text)
                .map_err(|_| PostProblem::Malformed)?
                .0
        }
        _ => return Err(PostProblem::UnsupportedType),
    };
    if pairs.len() > FIELDS_MAX {
        return Err(PostProblem::TooLarge);
    }
    Ok(RawPost::new(pairs))
}

async fn read_multipart(content_type: &str, body: &[u8]) -> Result<Vec<(String, String)>, PostProblem> {
    let boundary = multer::parse_boundary(content_type).map_err(|_| PostProblem::Malformed)?;
    let whole = bytes::Bytes::copy_from_slice(body);
    let mut parts = multer::Multipart::new(stream::iter([Ok::<_, std::convert::Infallible>(whole)]), boundary);
    let mut pairs = Vec::new();
    while let Some(part) = parts.next_field().await.map_err(|_| PostProblem::Malformed)? {
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = part.file_name().is_some_and(|file| !file.is_empty());
        let charset = part.content_type().and_then(|kind| kind.get_param("charset"));
        let charset = charset.map(|charset| charset.as_str().to_owned());
        let value = part.bytes().await.map_err(|_| PostProblem::Malformed)?;
        if is_file && !value.is_empty() {
            return Err(PostProblem::File);
        }
        pairs.push(Pair {
            name: name.into_bytes(),
            value: value.into(),
            charset,
        });
        if pairs.len() > FIELDS_MAX {
            return Err(PostProblem::TooLarge);
        }
    }
    Ok(encoded::text(pairs, content_type))
}

/// A JSON object of plain values: no objects inside, no name twice (R80). A list gives its first value.
struct JsonPost(Vec<(String, String)>);

impl<'de> de::Deserialize<'de> for JsonPost {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = JsonPost;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of plain values")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonPost, A::Error> {
                let mut pairs: Vec<(String, String)> = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if pairs.iter().any(|(known, _)| known == &name) || pairs.len() >= FIELDS_MAX {
                        return Err(de::Error::custom("a name comes twice, or too many names"));
                    }
                    let Plain(value) = map.next_value()?;
                    pairs.push((name, value));
                }
                Ok(JsonPost(pairs))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

struct Plain(String);

impl<'de> de::Deserialize<'de> for Plain {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Value;
        impl<'de> Visitor<'de> for Value {
            type Value = Plain;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a number, true, false, null, or a list of texts")
            }
            fn visit_str<E>(self, value: &str) -> Result<Plain, E> {
                Ok(Plain(value.to_owned()))
            }
            fn visit_bool<E>(self, value: bool) -> Result<Plain, E> {
                Ok(Plain(value.to_string()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Plain, E> {
                Ok(Plain(number(value)))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Plain, E> {
                Ok(Plain(number(value)))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Plain, E> {
                Ok(Plain(number(value)))
            }
            fn visit_unit<E>(self) -> Result<Plain, E> {
                Ok(Plain(String::new()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Plain, A::Error> {
                let first = list.next_element::<String>()?.unwrap_or_default();
                while list.next_element::<String>()?.is_some() {}
                Ok(Plain(first))
            }
        }
        deserializer.deserialize_any(Value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content_type: &str, body: impl AsRef<[u8]>) -> Result<RawPost, PostProblem> {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime")
            .block_on(super::read(content_type, body.as_ref()))
    }

    fn value(content_type: &str, body: &str, name: &str) -> Option<String> {
        read(content_type, body).ok()?.get(name).map(str::to_owned)
    }

    const FORM: &str = "application/x-www-form-urlencoded";

    #[test]
    fn r78_urlencoded_is_read_as_the_whatwg_url_standard_says() {
        let check =
            |body, name, expected: Option<&str>| assert_eq!(value(FORM, body, name).as_deref(), expected, "{body}");
        check("a=1+2&b=%C3%A9", "a", Some("1 2"));
        check("a=1+2&b=%C3%A9", "b", Some("é"));
        check("a=%ZZ", "a", Some("%ZZ"));
        check("a=%FF", "a", Some("ÿ"));
        check("a", "a", Some(""));
        check("=x&a=1", "a", Some("1"));
        check("a=1&a=2", "a", Some("1"));
        check("&&a=1&&", "a", Some("1"));
        check("", "a", None);
    }

    #[test]
    fn r80_json_takes_one_flat_object_and_nothing_else() {
        let check = |body: &str, expected: Option<&str>| {
            assert_eq!(value("application/json", body, "a").as_deref(), expected, "{body}")
        };
        check(r#"{"a":"x"}"#, Some("x"));
        check(r#"{"a":15000}"#, Some("15000"));
        check(r#"{"a":15000.0}"#, Some("15000"));
        check(r#"{"a":true}"#, Some("true"));
        check(r#"{"a":null}"#, Some(""));
        check(r#"{"a":["x","y"]}"#, Some("x"));
        for bad in [
            r#"{"a":"1","a":"2"}"#,
            r#"{"a":{"b":1}}"#,
            "[]",
            "\"a\"",
            "{",
            "",
            r#"{"a":"\ud800"}"#,
            r#"{"a":1}x"#,
        ] {
            assert_eq!(
                read("application/json", bad).err(),
                Some(PostProblem::Malformed),
                "{bad}"
            );
        }
        let bomb = format!("{{\"a\":{}", "[".repeat(60_000));
        assert_eq!(read("application/json", bomb).err(), Some(PostProblem::Malformed));
    }

    #[test]
    fn r79_multipart_takes_text_and_refuses_files_and_nonsense() {
        let kind = "multipart/form-data; boundary=b";
        let part = |disposition: &str, value: &str| {
            format!("--b\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{value}\r\n--b--\r\n")
        };
        assert_eq!(value(kind, &part("name=\"a\"", "é"), "a").as_deref(), Some("é"));
        assert_eq!(
            value(kind, &part("name=\"a\"; filename=\"\"", ""), "a").as_deref(),
            Some("")
        );
        assert_eq!(
            read(kind, part("name=\"a\"; filename=\"x.png\"", "data")).err(),
            Some(PostProblem::File)
        );
        assert_eq!(
            read("multipart/form-data", part("name=\"a\"", "x")).err(),
            Some(PostProblem::Malformed)
        );
        assert_eq!(read(kind, "--b\r\nContent-Disp").err(), Some(PostProblem::Malformed));
    }

    #[test]
    fn r78_a_part_or_the_page_says_its_charset() {
        let kind = "multipart/form-data; boundary=b";
        let part = |head: &str, value: &[u8]| {
            let head = format!("--b\r\nContent-Disposition: form-data; {head}\r\n\r\n");
            [head.as_bytes(), value, b"\r\n"].concat()
        };
        let post = |parts: &[Vec<u8>]| {
            let post = read(kind, [parts.concat(), b"--b--\r\n".to_vec()].concat()).expect("a post");
            post.get("a").map(str::to_owned)
        };
        let own = "name=\"a\"\r\nContent-Type: text/plain; charset=ISO-8859-15";
        assert_eq!(post(&[part(own, b"\xa4")]).as_deref(), Some("€"));
        let page = part("name=\"_charset_\"", b"windows-1250");
        assert_eq!(
            post(&[part("name=\"a\"", b"\xa3\xf3d\x9f"), page.clone()]).as_deref(),
            Some("Łódź")
        );
        assert_eq!(post(&[part(own, b"\xa4"), page]).as_deref(), Some("€"));
        assert_eq!(post(&[part("name=\"a\"", b"Ren\xe9e")]).as_deref(), Some("Renée"));
        assert_eq!(
            post(&[part("name=\"a\"", "Renée".as_bytes())]).as_deref(),
            Some("Renée")
        );
    }

    #[test]
    fn r80_json_says_its_charset_and_may_begin_with_a_mark() {
        let first = |kind: &str, body: &[u8]| read(kind, body).ok().and_then(|post| post.get("a").map(str::to_owned));
        assert_eq!(
            first("application/json", "\u{feff}{\"a\":\"é\"}".as_bytes()).as_deref(),
            Some("é")
        );
        assert_eq!(
            first("application/json; charset=latin1", b"{\"a\":\"\xe9\"}").as_deref(),
            Some("é")
        );
        let number = read("application/json", r#"{"a":83.333,"b":"83.333"}"#).expect("a post");
        let is_number = |name| number.sent(name).map(|sent| (sent.text, sent.is_number));
        assert_eq!(
            (is_number("a"), is_number("b")),
            (Some(("83.333", true)), Some(("83.333", false)))
        );
    }

    #[test]
    fn r81_other_types_are_refused_and_parameters_do_not_matter() {
        for other in ["text/plain", "", "application/xml", "application/json-seq"] {
            assert_eq!(read(other, "a=1").err(), Some(PostProblem::UnsupportedType), "{other}");
        }
        assert!(read("Application/X-WWW-Form-Urlencoded; charset=UTF-8", "a=1").is_ok());
    }

    #[test]
    fn r77_size_is_checked_before_anything_is_parsed() {
        assert_eq!(
            read("text/plain", "a".repeat(BODY_BYTES_MAX + 1)).err(),
            Some(PostProblem::TooLarge)
        );
        assert_eq!(
            read(FORM, "a&".repeat(FIELDS_MAX + 1)).err(),
            Some(PostProblem::TooLarge)
        );
        // A long answer is a problem of its field, told beside it, not of the post.
        assert!(read(FORM, format!("a={}", "x".repeat(BODY_BYTES_MAX - 2))).is_ok());
    }
}
