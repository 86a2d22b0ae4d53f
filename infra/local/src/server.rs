//! The public door of the local system: the same routes as in the cloud, and the local doors beside them.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;
use lambda_http::request::RequestContext;
use lambda_http::{Body, RequestExt as _};
use piste_adapters::clock::random_hex;
use piste_adapters::http::{PostProblem, Problem, Visit, guarded, not_found};
use piste_adapters::routes::{Function, function_for};
use piste_domain::Locale;

use crate::local_routes;
use crate::sweeper::Sweeper;
use crate::system::System;

/// What the platform itself takes (Lambda, 6 MB): the functions refuse far less by themselves.
const PLATFORM_BYTES_MAX: usize = 6 * 1024 * 1024;

/// A body above the platform's limit is still read to its end: a connection closed in the middle of it would take the answer with it.
const READ_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What the server works with.
#[derive(Clone)]
pub struct Served {
    /// The system.
    pub system: Arc<System>,
    /// Its loop.
    pub sweeper: Arc<Sweeper>,
}

/// The routes.
pub fn router(served: Served) -> Router {
    local_routes::router().fallback(dispatch).with_state(served)
}

/// Hands a request to the function that answers its path, as API Gateway does.
async fn dispatch(State(served): State<Served>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let (parts, body) = request.into_parts();
    let body = match axum::body::to_bytes(body, READ_BYTES_MAX).await {
        Ok(bytes) if bytes.is_empty() => Body::Empty,
        Ok(bytes) if bytes.len() <= PLATFORM_BYTES_MAX => Body::Binary(bytes.to_vec()),
        _ => return plain(Problem::post(PostProblem::TooLarge, Locale::En).answer()),
    };
    let mut context = lambda_http::Context::default();
    context.request_id = random_hex::<8>();
    let visitor = visitor(&parts.headers);
    let request = lambda_http::Request::from_parts(parts, body).with_lambda_context(context);
    let request = match visitor {
        Some(gateway) => request.with_request_context(gateway),
        None => request,
    };
    let visit = &Visit::read(request);
    let app = &served.system.app;
    let answer = async {
        match function_for(&path) {
            Some(Function::Capture) => piste_capture::handle(app, visit).await,
            Some(Function::Consent) => piste_consent::handle(app, visit).await,
            Some(Function::Console) => piste_console::handle(app, visit).await,
            Some(Function::Trigger) => {
                // A mapping may have been added since the start. If it cannot be noted down, its source stays unknown.
                let _ = served.system.know_sources(visit.parts().get(1).copied()).await;
                piste_trigger::handle(app, visit).await
            }
            None => not_found(),
        }
    };
    let answer = guarded(visit, answer).await;
    served.sweeper.wake();
    plain(answer)
}

/// What API Gateway would say of the visitor that a request names in `Local-Visitor`; here everybody comes from loopback.
fn visitor(headers: &HeaderMap) -> Option<RequestContext> {
    let address = headers.get("local-visitor")?.to_str().ok()?.trim();
    let mut gateway = ApiGatewayV2httpRequestContext::default();
    gateway.http.source_ip = Some(address.to_owned());
    Some(RequestContext::ApiGatewayV2(gateway))
}

/// A function's answer as the server's.
pub fn plain(answer: lambda_http::Response<Body>) -> Response {
    let (parts, body) = answer.into_parts();
    let bytes = match body {
        Body::Text(text) => text.into_bytes(),
        Body::Binary(bytes) => bytes,
        _ => Vec::new(),
    };
    Response::from_parts(parts, axum::body::Body::from(bytes))
}
