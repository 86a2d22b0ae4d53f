//! The Lambda binary: build the world once, then answer.

use std::convert::Infallible;

use lambda_http::{Error, Request, run, service_fn};
use piste_adapters::{App, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let app = App::from_env()
        .await
        .inspect_err(|error| telemetry::log_start_failure(error))?;
    let app = &app;
    run(service_fn(async |request: Request| {
        Ok::<_, Infallible>(piste_console::handle(app, request).await)
    }))
    .await
}
