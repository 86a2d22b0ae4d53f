//! The Lambda binary: build the world once, then answer the schedule and the stream.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use piste_adapters::outbound::Outbound;
use piste_adapters::{App, telemetry};
use piste_relay::{Relay, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let app = App::from_env(piste_relay::KEYS)
        .await
        .inspect_err(|error| telemetry::log_start_failure(error))?;
    let http = Outbound::public();
    let relay = Relay::new(&app, &http);
    let relay = &relay;
    run(service_fn(async |event: LambdaEvent<serde_json::Value>| {
        let work = handle(relay, &event.payload, event.context.deadline);
        telemetry::for_request(event.context.request_id, work).await
    }))
    .await
}
