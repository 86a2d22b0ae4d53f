//! Answers: the headers that all of them carry, and redirects that stay on the list.

use lambda_http::http::header::{self, HeaderName, HeaderValue};
use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Response};
use serde::Serialize;

use super::Problem;

/// An answer with the headers that every answer carries.
pub fn answer(status: StatusCode, content_type: &'static str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::Text(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // A year, and this name alone: other names of the domain are the owner's to decide. Over plain HTTP browsers pass over it.
    headers.insert(
        header::STRICT_TRANSPORT_SECURITY,
        HeaderValue::from_static("max-age=31536000"),
    );
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
pub fn method_not_allowed(allowed: &str) -> Response<Body> {
    let problem = Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "Method not allowed.",
    );
    let mut response = problem.detail(allowed).answer();
    if let Ok(allowed) = HeaderValue::from_str(allowed) {
        response.headers_mut().insert(header::ALLOW, allowed);
    }
    response
}

/// 404 for programs.
pub fn not_found() -> Response<Body> {
    Problem::new(StatusCode::NOT_FOUND, "not_found", "Not found.").answer()
}

/// HEAD is GET without the body (RFC 9110, section 9.3.2).
pub fn without_body_for_head(method: &Method, mut response: Response<Body>) -> Response<Body> {
    if method == Method::HEAD {
        *response.body_mut() = Body::Empty;
    }
    response
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

#[cfg(test)]
mod tests {
    use super::*;

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
