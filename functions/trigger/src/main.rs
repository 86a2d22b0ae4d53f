//! The Lambda binary: build the world once, then answer.

use std::convert::Infallible;

use lambda_http::{Error, Request, run, service_fn};
use piste_adapters::app::Sandbox;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let sandbox = &Sandbox::start().await?;
    let answer = async |request: Request| match sandbox.app_for(&request).await {
        Ok(app) => piste_trigger::handle(app, request).await,
        Err(response) => response,
    };
    run(service_fn(async |request: Request| {
        Ok::<_, Infallible>(answer(request).await)
    }))
    .await
}
