//! The Lambda binary: build the world once, then answer.

use lambda_http::{Error, run, service_fn};
use piste_adapters::app::Sandbox;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let sandbox = &Sandbox::start(piste_trigger::KEYS).await?;
    run(service_fn(|request| sandbox.answer(request, piste_trigger::handle))).await
}
