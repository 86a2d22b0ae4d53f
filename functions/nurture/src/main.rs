//! The Lambda binary: build the world once, then answer the schedule and the stream.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use piste_adapters::mail::ses::Mailer;
use piste_adapters::{App, telemetry};
use piste_nurture::{Events, Nurture, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let app = App::from_env(piste_nurture::KEYS)
        .await
        .inspect_err(|error| telemetry::log_start_failure(error))?;
    let mailer = Mailer::new(&app.settings).inspect_err(|error| telemetry::log_start_failure(error))?;
    let nurture = Nurture::new(&app, &mailer, Events::MayGetLost);
    let nurture = &nurture;
    run(service_fn(async |event: LambdaEvent<serde_json::Value>| {
        let work = handle(nurture, &event.payload, event.context.deadline);
        telemetry::for_request(event.context.request_id, work).await
    }))
    .await
}
