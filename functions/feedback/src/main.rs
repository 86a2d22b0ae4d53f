//! The Lambda binary: build the world once, then take what SES reports.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use piste_adapters::{App, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let app = App::from_env(piste_feedback::KEYS)
        .await
        .inspect_err(|error| telemetry::log_start_failure(error))?;
    let app = &app;
    run(service_fn(async |event: LambdaEvent<serde_json::Value>| {
        let work = piste_feedback::handle(app, &event.payload);
        telemetry::for_request(event.context.request_id, work).await
    }))
    .await
}
