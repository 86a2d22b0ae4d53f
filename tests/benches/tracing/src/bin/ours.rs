//! A function that writes the line of a captured lead as the product does.
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use log_lines::{answer, lead, telemetry};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(async |event: LambdaEvent<Value>| {
        telemetry::for_request(event.context.request_id.clone(), async {
            telemetry::log("captured", &[("form", "guide-seo".into()), ("lead", (&lead()).into())]);
        })
        .await;
        Ok::<_, Error>(answer())
    }))
    .await
}
