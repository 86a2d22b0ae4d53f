//! The script for pages elsewhere: it notes where visitors come from, counts the visit, and adds what it knows to the posts of
//! forms whose action is ours. No cookie. What it keeps lies in the tab's session storage and goes with the tab; it names
//! nobody. With `?storage=none` it keeps nothing and knows this page alone: what is stored on a visitor's device may need
//! their leave first (directive 2002/58/EC, article 5(3)), whether it is a cookie or not.

use lambda_http::http::StatusCode;
use lambda_http::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use lambda_http::{Body, Response};
use piste_adapters::App;
use piste_adapters::http::{self, Visit};
use piste_domain::Campaign;

const SCRIPT: &str = include_str!("snippet.js");

/// The script of a form.
pub fn answer(app: &App, campaign: &Campaign, visit: &Visit) -> Response<Body> {
    let keeps = visit.query("storage") != Some("none");
    let script = script(&app.settings.base_url, campaign.id.as_str(), keeps);
    let mut response = http::answer(StatusCode::OK, "text/javascript; charset=utf-8", script);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    // It is there to be loaded by other sites.
    let policy = HeaderName::from_static("cross-origin-resource-policy");
    headers.insert(policy, HeaderValue::from_static("cross-origin"));
    response
}

fn script(base_url: &str, form: &str, keeps: bool) -> String {
    SCRIPT
        .trim_end()
        .replace("@U@", &format!("{base_url}/forms/{form}"))
        .replace("@S@", if keeps { "sessionStorage" } else { "{}" })
}

#[cfg(test)]
mod tests {
    use super::script;

    #[test]
    fn it_has_at_most_1024_bytes_whatever_the_form_and_no_cookie() {
        let base = format!("https://{}", "a".repeat(80));
        for keeps in [true, false] {
            let script = script(&base, &"f".repeat(40), keeps);
            assert!(script.len() <= 1_024, "{} bytes", script.len());
            assert!(!script.contains("cookie") && !script.contains("localStorage") && !script.contains('@'));
            assert_eq!(script.contains("sessionStorage"), keeps);
        }
    }
}
