//! wip
pub async fn handle(_app: &piste_adapters::App, _request: lambda_http::Request) -> lambda_http::Response<lambda_http::Body> { piste_adapters::http::not_found() }
