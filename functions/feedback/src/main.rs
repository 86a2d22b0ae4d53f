//! The Lambda binary: build the world once, then take what SES reports.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use piste_adapters::{App, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let app = App::from_env()
        .await
        .inspect_err(|error| telemetry::log_start_failure(error))?;
    let app = &app;
    run(service_fn(async |event: LambdaEvent<serde_json::Value>| {
        let LambdaEvent { payload, context } = event;
        telemetry::for_request(context.request_id, piste_feedback::handle(app, &payload)).await
    }))
    .await
}
