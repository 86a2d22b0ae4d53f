//! The company's logo, for its pages, its emails and what others show of a link.

use lambda_http::http::StatusCode;
use lambda_http::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue};
use lambda_http::{Body, Response};
use piste_adapters::App;
use piste_adapters::campaigns::LOGO;
use piste_adapters::http::{self, Problem, Visit};
use piste_adapters::telemetry;
use piste_domain::campaign::Published;
use piste_domain::campaign::brand::picture_type;

/// The picture of a campaign that has one.
pub async fn answer(app: &App, published: &Published, visit: &Visit) -> Response<Body> {
    let file = match app.campaigns.file(&app.store, published, LOGO).await {
        Ok(file) => file,
        Err(error) => {
            telemetry::log("capture_failed", &[("error", (&error).into())]);
            return visit.refuse(&Problem::store(&error, visit.locale()), visit.locale());
        }
    };
    let Some((kind, file)) = file.and_then(|file| Some((picture_type(&file.name)?, file))) else {
        return http::not_found();
    };
    let mut response = http::answer(StatusCode::OK, "application/octet-stream", String::new());
    *response.body_mut() = Body::Binary(file.bytes);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    // An SVG that somebody opens by itself is a document of ours: it may run nothing.
    let policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    let policy = HeaderName::from_static("cross-origin-resource-policy");
    headers.insert(policy, HeaderValue::from_static("cross-origin"));
    response
}
