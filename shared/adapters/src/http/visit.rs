//! One request, read once at the door.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use jiff::Timestamp;
use lambda_http::http::header::{ACCEPT, ACCEPT_LANGUAGE, AsHeaderName, CONTENT_TYPE, USER_AGENT};
use lambda_http::http::{HeaderMap, Method};
use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt as _, Response};
use piste_domain::Locale;
use piste_domain::kit::post::RawPost;

use super::{Part, PostProblem, Problem, post};
use crate::{pages, telemetry};

/// A request as handlers see it.
pub struct Visit {
    request: Request,
    query: Vec<(String, String)>,
    asked: Option<Locale>,
    wants_json: bool,
}

/// Path and method only: queries, headers and bodies hold personal data and keys.
impl fmt::Debug for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visit")
            .field("method", self.method())
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}

impl Visit {
    /// Reads everything but the body, which [`post`](Self::post) or [`body`](Self::body) give.
    pub fn read(request: Request) -> Self {
        let query = request.uri().query().unwrap_or_default();
        let query: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let mut visit = Self {
            request,
            query,
            asked: None,
            wants_json: false,
        };
        let by_query = visit.query("lang").and_then(Locale::from_tag);
        visit.asked = by_query.or_else(|| Locale::negotiate(visit.header(ACCEPT_LANGUAGE)?, &Locale::ALL));
        visit.wants_json = visit.accepts_json();
        visit
    }

    /// Whether a person sits there: browsers ask for a page, and say so.
    pub fn asks_for_page(&self) -> bool {
        self.header(ACCEPT)
            .is_some_and(|accept| accept.to_ascii_lowercase().contains("text/html"))
    }

    /// Whether the caller reads JSON rather than a page: it says so, or it sent JSON and does not ask for a page.
    fn accepts_json(&self) -> bool {
        let header = |name| self.header(name).unwrap_or_default().to_ascii_lowercase();
        let accept = header(ACCEPT);
        let says_so = accept.contains("application/json") || accept.contains("application/problem+json");
        let sent_json = header(CONTENT_TYPE).trim_start().starts_with("application/json");
        says_so || (sent_json && !accept.contains("text/html"))
    }

    /// The method.
    pub fn method(&self) -> &Method {
        self.request.method()
    }

    /// Whether it only asks to see something: GET or HEAD.
    pub fn is_get(&self) -> bool {
        matches!(*self.method(), Method::GET | Method::HEAD)
    }

    /// The path without the slashes at its ends.
    pub fn path(&self) -> &str {
        self.request.uri().path().trim_matches('/')
    }

    /// The parts of the path; there is always a first one, which may be empty.
    pub fn parts(&self) -> Vec<&str> {
        self.path().split('/').collect()
    }

    /// The query as it came, if there is one.
    pub fn query_text(&self) -> Option<&str> {
        self.request.uri().query()
    }

    /// The query, decoded, in its order.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.query
    }

    /// The first value of this name in the query, decoded.
    pub fn query(&self, name: &str) -> Option<&str> {
        let value = self.query.iter().find(|(key, _)| key == name);
        value.map(|(_, value)| value.as_str())
    }

    /// A header as text; none if it is absent or not ASCII.
    pub fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        self.request.headers().get(name)?.to_str().ok()
    }

    /// All headers, for what proves itself by several of them.
    pub fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    /// What the client calls itself; empty if it does not say.
    pub fn user_agent(&self) -> &str {
        self.header(USER_AGENT).unwrap_or_default()
    }

    /// Who asks, as far as the network tells: the address that API Gateway saw, and of IPv6 the network of a household (/64). No
    /// header changes it (R91); without a gateway there is none.
    pub fn visitor(&self) -> Option<IpAddr> {
        match self.address()? {
            IpAddr::V6(address) => Some(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into()),
            address => Some(address),
        }
    }

    /// The address that API Gateway saw, whole: to be handed on, never kept.
    pub fn address(&self) -> Option<IpAddr> {
        let RequestContext::ApiGatewayV2(context) = self.request.request_context_ref()? else {
            return None;
        };
        let address: IpAddr = context.http.source_ip.as_deref()?.parse().ok()?;
        Some(address.to_canonical())
    }

    /// The language asked for: by `?lang=`, else by the browser; none if neither names one of ours.
    pub fn asked_locale(&self) -> Option<Locale> {
        self.asked
    }

    /// The language asked for, else the default one.
    pub fn locale(&self) -> Locale {
        self.asked.unwrap_or_default()
    }

    /// Whether the caller reads JSON rather than a page.
    pub fn wants_json(&self) -> bool {
        self.wants_json
    }

    /// The bytes of the body.
    pub fn body(&self) -> &[u8] {
        match self.request.body() {
            Body::Text(text) => text.as_bytes(),
            Body::Binary(bytes) => bytes,
            // `Empty`, and whatever a later version of the library may add.
            _ => &[],
        }
    }

    /// The body as a form post of any of the three kinds, within the limits (R77 to R81).
    ///
    /// # Errors
    /// [`PostProblem`]; nothing of the body is ever part of it.
    pub async fn post(&self) -> Result<RawPost, PostProblem> {
        post::read(self.header(CONTENT_TYPE).unwrap_or_default(), self.body()).await
    }

    /// The parts of a multipart body, files included: for a page of ours that takes one.
    ///
    /// # Errors
    /// [`PostProblem`].
    pub async fn form_parts(&self) -> Result<Vec<Part>, PostProblem> {
        post::parts(self.header(CONTENT_TYPE).unwrap_or_default(), self.body()).await
    }

    /// The answer for a problem: a document for programs, a page for people.
    pub fn refuse(&self, problem: &Problem, locale: Locale) -> Response<Body> {
        if self.wants_json {
            problem.answer()
        } else {
            pages::problem(problem, locale)
        }
    }

    /// When Lambda stops the function; the local system never does.
    pub fn deadline(&self) -> Option<Timestamp> {
        let ms = self.request.lambda_context_ref()?.deadline;
        Timestamp::from_millisecond(ms.cast_signed()).ok().filter(|_| ms > 0)
    }

    /// Lambda's id of the invocation; the local system makes one of its own.
    fn request_id(&self) -> Option<String> {
        let context = self.request.lambda_context_ref()?;
        Some(context.request_id.clone()).filter(|id| !id.is_empty())
    }
}

/// Answers a visit under its request id, which log lines, problem documents and error pages then show. A panic is answered too (R99): this
/// request fails, the next one is clean.
pub async fn guarded(visit: &Visit, answer: impl Future<Output = Response<Body>>) -> Response<Body> {
    let work = async {
        AssertUnwindSafe(answer).catch_unwind().await.unwrap_or_else(|_panic| {
            telemetry::log("panicked", &[]);
            visit.refuse(&Problem::internal(visit.locale()), visit.locale())
        })
    };
    match visit.request_id() {
        Some(id) => telemetry::for_request(id, work).await,
        None => work.await,
    }
}

#[cfg(test)]
mod tests {
    use lambda_http::Context;
    use lambda_http::http::StatusCode;

    use super::*;

    fn visit(uri: &str, headers: &[(&str, &str)]) -> Visit {
        let request = http::Request::get(uri);
        let request = headers
            .iter()
            .fold(request, |request, (name, value)| request.header(*name, *value));
        let mut context = Context::default();
        context.request_id = "4f1c".into();
        Visit::read(
            request
                .body(Body::Empty)
                .expect("a request")
                .with_lambda_context(context),
        )
    }

    #[test]
    fn the_address_outweighs_the_browser_and_unknown_languages_are_none() {
        let check = |query: &str, accepted: &str, expected| {
            let visit = visit(&format!("/forms/x/{query}"), &[("accept-language", accepted)]);
            assert_eq!(visit.asked_locale(), expected, "{query} {accepted}");
            assert_eq!(visit.parts(), ["forms", "x"]);
        };
        check("?lang=en", "fr", Some(Locale::En));
        check("?lang=AAA", "fr", Some(Locale::Fr));
        check("?utm=a&lang=fr-CA", "", Some(Locale::Fr));
        check("", "de, en;q=0.5", Some(Locale::En));
        check("", "de", None);
    }

    #[test]
    fn programs_say_so_or_send_json_and_browsers_ask_for_a_page() {
        let check = |headers: &[(&str, &str)], json| assert_eq!(visit("/", headers).wants_json(), json, "{headers:?}");
        check(&[], false);
        check(&[("accept", "Application/JSON")], true);
        check(&[("accept", "application/problem+json")], true);
        check(&[("content-type", "application/json")], true);
        check(&[("content-type", "application/json"), ("accept", "text/html")], false);
        check(&[("accept", "text/html,*/*")], false);
    }

    #[test]
    fn r91_the_visitor_is_whom_the_gateway_saw_and_no_header_says_otherwise() {
        let check = |address: &str, expected: Option<&str>| {
            let context = serde_json::json!({ "http": { "method": "GET", "sourceIp": address } });
            let context = serde_json::from_value(context).expect("a context");
            let request = http::Request::get("/")
                .header("x-forwarded-for", "198.51.100.9")
                .header("local-visitor", "198.51.100.9")
                .body(Body::Empty)
                .expect("a request");
            let visit = Visit::read(request.with_request_context(RequestContext::ApiGatewayV2(context)));
            let expected = expected.map(|address| address.parse().expect("an address"));
            assert_eq!(visit.visitor(), expected, "{address}");
        };
        check("203.0.113.7", Some("203.0.113.7"));
        check("::ffff:203.0.113.7", Some("203.0.113.7"));
        check("2001:db8:1:2:3:4:5:6", Some("2001:db8:1:2::"));
        check("2001:db8:1:2::9", Some("2001:db8:1:2::"));
        check("unknown", None);
        assert_eq!(visit("/", &[("x-forwarded-for", "198.51.100.9")]).visitor(), None);
    }

    fn panicked(accept: &str) -> (StatusCode, String) {
        let visit = visit("/", &[("accept", accept), ("accept-language", "en")]);
        let answer = guarded(&visit, async { panic!("ana@example.org") });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        let answer = runtime.block_on(answer);
        let Body::Text(text) = answer.body() else {
            panic!("a text")
        };
        (answer.status(), text.clone())
    }

    #[test]
    fn r99_a_panic_is_answered_with_the_request_id_and_nothing_else() {
        let (status, document) = panicked("application/json");
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        let document: serde_json::Value = serde_json::from_str(&document).expect("a document");
        assert_eq!(document["code"], "internal");
        assert_eq!(document["request_id"], "4f1c");
        let (status, page) = panicked("text/html");
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(page.contains("Reference: 4f1c") && !page.contains("ana"), "{page}");
    }
}
