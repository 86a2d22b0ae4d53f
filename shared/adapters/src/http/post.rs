//! Reading a form post: three kinds of body, within limits.

use std::fmt;

use futures_util::stream;
use piste_domain::kit::limits::{BODY_BYTES_MAX, FIELDS_MAX};
use piste_domain::kit::post::RawPost;
use serde::de::{self, MapAccess, SeqAccess, Visitor};

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
        "application/x-www-form-urlencoded" => form_urlencoded::parse(body).into_owned().collect(),
        "multipart/form-data" => read_multipart(content_type, body).await?,
        "application/json" => {
            serde_json::from_slice::<JsonPost>(body)
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
        let value = part.bytes().await.map_err(|_| PostProblem::Malformed)?;
        if is_file && !value.is_empty() {
            return Err(PostProblem::File);
        }
        pairs.push((name, String::from_utf8_lossy(&value).into_owned()));
        if pairs.len() > FIELDS_MAX {
            return Err(PostProblem::TooLarge);
        }
    }
    Ok(pairs)
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
                Ok(Plain(value.to_string()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Plain, E> {
                Ok(Plain(value.to_string()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Plain, E> {
                Ok(Plain(value.to_string()))
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
        check("a=%FF", "a", Some("\u{fffd}"));
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
