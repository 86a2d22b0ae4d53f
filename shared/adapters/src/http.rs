//! Reading requests and writing answers: parsing at the door, problem documents, redirects that stay on the list.

use std::fmt;

use futures_util::stream;
use lambda_http::http::header::{self, HeaderName, HeaderValue};
use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Request, Response};
use piste_domain::kit::limits::{BODY_BYTES_MAX, FIELDS_MAX};
use piste_domain::kit::post::RawPost;
use piste_domain::{FieldProblem, Locale};
use serde::Serialize;
use serde::de::{self, MapAccess, SeqAccess, Visitor};

use crate::store::{StoreError, StoreErrorKind};

/// Seconds after which a visitor may try again when the store is down.
pub const RETRY_AFTER_S: u64 = 30;

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

/// The bytes of a body.
pub fn body_bytes(request: &Request) -> &[u8] {
    match request.body() {
        Body::Text(text) => text.as_bytes(),
        Body::Binary(bytes) => bytes,
        // `Empty`, and whatever a later version of the library may add.
        _ => &[],
    }
}

/// A header as text.
pub fn header<'a>(request: &'a Request, name: &HeaderName) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

/// A value of the query, decoded.
pub fn query(request: &Request, name: &str) -> Option<String> {
    let query = request.uri().query()?;
    form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

/// Whether the caller reads JSON rather than a page: it says so, or it sent JSON and does not ask for a page.
pub fn wants_json(request: &Request) -> bool {
    let accept = header(request, &header::ACCEPT)
        .unwrap_or_default()
        .to_ascii_lowercase();
    if accept.contains("application/json") || accept.contains("application/problem+json") {
        return true;
    }
    let sent_json = header(request, &header::CONTENT_TYPE)
        .is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("application/json"));
    sent_json && !accept.contains("text/html")
}

/// Reads a form post of any of the three kinds, within the limits (R77 to R81).
///
/// # Errors
/// [`PostProblem`]; nothing of the body is ever part of it.
pub async fn read_post(request: &Request) -> Result<RawPost, PostProblem> {
    let body = body_bytes(request);
    if body.len() > BODY_BYTES_MAX {
        return Err(PostProblem::TooLarge);
    }
    let content_type = header(request, &header::CONTENT_TYPE).unwrap_or_default();
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

/// A `_next` that may be followed: a path on this host, or a page of a site on the list (R93). Anything else is ignored.
pub fn safe_next(next: &str, origins: &[String]) -> Option<String> {
    let plain = next.len() <= 2_000 && next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\' && b != b'"');
    if !plain {
        return None;
    }
    if next.starts_with('/') {
        return (!next.starts_with("//")).then(|| next.to_owned());
    }
    let listed = origins.iter().any(|origin| {
        next.strip_prefix(origin.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
    });
    listed.then(|| next.to_owned())
}

/// An answer that is a problem (RFC 9457).
#[derive(Debug, Serialize)]
pub struct Problem {
    /// Always `about:blank`: the status and `code` say it all.
    #[serde(rename = "type")]
    kind: &'static str,
    /// A short sentence.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code that programs read.
    pub code: &'static str,
    /// What to do about it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// Fields that were refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// One refused field of a problem document.
#[derive(Debug, Serialize)]
pub struct FieldError {
    /// The field's name.
    pub field: String,
    /// The stable code.
    pub code: &'static str,
    /// The sentence for the visitor.
    pub message: String,
}

impl Problem {
    /// A problem by status, code, title and what to do.
    pub fn new(status: StatusCode, code: &'static str, title: &str, detail: &str) -> Self {
        Self {
            kind: "about:blank",
            title: title.to_owned(),
            status: status.as_u16(),
            code,
            detail: detail.to_owned(),
            errors: Vec::new(),
        }
    }

    /// All problems of a form at once.
    pub fn fields(problems: &[FieldProblem], locale: Locale) -> Self {
        let title = locale.pick("Certaines réponses sont à corriger.", "Some answers need correcting.");
        Self {
            errors: problems
                .iter()
                .map(|problem| FieldError {
                    field: problem.field.clone(),
                    code: problem.kind.code(),
                    message: problem.kind.message(locale),
                })
                .collect(),
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "fields_refused", title, "")
        }
    }

    /// The one table from faults of the store to answers.
    pub fn store(error: &StoreError, locale: Locale) -> Self {
        let (status, code) = match error.kind {
            StoreErrorKind::Throttled | StoreErrorKind::NoAnswer | StoreErrorKind::Contended => {
                (StatusCode::SERVICE_UNAVAILABLE, "try_again")
            }
            StoreErrorKind::Corrupt | StoreErrorKind::Refused => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        };
        let title = locale.pick(
            "Le service est momentanément indisponible.",
            "The service is not available just now.",
        );
        let detail = locale.pick("Réessayez dans une minute.", "Please try again in a minute.");
        Self::new(status, code, title, detail)
    }

    /// What is wrong with a body.
    pub fn post(problem: PostProblem, locale: Locale) -> Self {
        let pick = |fr, en| locale.pick(fr, en);
        match problem {
            PostProblem::TooLarge => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                pick("Ce message est trop long.", "This message is too long."),
                pick(
                    "Raccourcissez vos réponses et envoyez à nouveau.",
                    "Shorten your answers and send again.",
                ),
            ),
            PostProblem::UnsupportedType => Self::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_type",
                pick("Ce format n’est pas accepté.", "This format is not accepted."),
                "application/x-www-form-urlencoded, multipart/form-data, application/json",
            ),
            PostProblem::File => Self::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "file_not_accepted",
                pick("Ce formulaire n’accepte pas de fichier.", "This form takes no files."),
                pick(
                    "Retirez le fichier et envoyez à nouveau.",
                    "Remove the file and send again.",
                ),
            ),
            PostProblem::Malformed => Self::new(
                StatusCode::BAD_REQUEST,
                "malformed",
                pick("Ce message est illisible.", "This message cannot be read."),
                pick(
                    "Le contenu ne correspond pas au format annoncé.",
                    "The content is not what its type says.",
                ),
            ),
        }
    }

    /// The answer.
    pub fn answer(&self) -> Response<Body> {
        let body = serde_json::to_string(self).expect("a problem serialises");
        let mut response = answer(
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            "application/problem+json",
            body,
        );
        self.retry_after(&mut response);
        response
    }

    /// Says when to come back, where that makes sense.
    pub fn retry_after(&self, response: &mut Response<Body>) {
        if self.status == 503 || self.status == 429 {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
        }
    }
}

/// An answer with the headers that every answer carries.
pub fn answer(status: StatusCode, content_type: &'static str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::Text(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        HeaderName::from_static("x-robots-tag"),
        HeaderValue::from_static("noindex"),
    );
    response
}

/// A JSON answer.
pub fn json(status: StatusCode, value: &impl Serialize) -> Response<Body> {
    answer(
        status,
        "application/json",
        serde_json::to_string(value).expect("an answer serialises"),
    )
}

/// 303: go and read that page.
pub fn see_other(location: &str) -> Response<Body> {
    let mut response = answer(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", String::new());
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// 405 with the methods that exist.
pub fn method_not_allowed(allowed: &'static str) -> Response<Body> {
    let mut response = Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "Method not allowed.",
        allowed,
    )
    .answer();
    response
        .headers_mut()
        .insert(header::ALLOW, HeaderValue::from_static(allowed));
    response
}

/// 404 for programs.
pub fn not_found() -> Response<Body> {
    Problem::new(StatusCode::NOT_FOUND, "not_found", "Not found.", "").answer()
}

/// HEAD is GET without the body (RFC 9110, section 9.3.2).
pub fn without_body_for_head(method: &Method, mut response: Response<Body>) -> Response<Body> {
    if method == Method::HEAD {
        *response.body_mut() = Body::Empty;
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(content_type: &str, body: impl Into<Body>) -> Request {
        let request = http::Request::builder().header("content-type", content_type);
        request.body(body.into()).expect("a request")
    }

    fn read(content_type: &str, body: impl Into<Body>) -> Result<RawPost, PostProblem> {
        let request = post(content_type, body);
        tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime")
            .block_on(read_post(&request))
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

    #[test]
    fn r93_next_stays_on_the_list() {
        let origins = vec!["https://www.example.com".to_owned()];
        for good in [
            "/merci",
            "/",
            "https://www.example.com",
            "https://www.example.com/merci?x=1",
            "https://www.example.com#ok",
        ] {
            assert_eq!(safe_next(good, &origins).as_deref(), Some(good));
        }
        for evil in [
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https:evil.example",
            "https://evil.example",
            "https://www.example.com.evil.example",
            "https://www.example.com@evil.example",
            "https://www.example.com:8443/",
            "http://www.example.com/",
            "javascript:alert(1)",
            "data:text/html,x",
            " /x",
            "/x y",
            "/x\r\nSet-Cookie: a=b",
            "",
            "evil",
            "HTTPS://WWW.EXAMPLE.COM\\.evil.example",
            "/\t/evil.example",
        ] {
            assert_eq!(safe_next(evil, &origins), None, "{evil}");
        }
    }
}
