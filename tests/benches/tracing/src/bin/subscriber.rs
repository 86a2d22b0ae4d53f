//! A function that writes the same members through `tracing` and the JSON format of `tracing-subscriber`.
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use log_lines::{answer, lead};
use serde_json::Value;
use tracing::{Instrument as _, info, info_span};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_target(false)
        .with_max_level(tracing::Level::INFO)
        .init();
    let function = std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default();
    let function = function.as_str();
    run(service_fn(async |event: LambdaEvent<Value>| {
        let span = info_span!("request", function, version = env!("CARGO_PKG_VERSION"), request_id = %event.context.request_id);
        async { info!(event = "captured", form = "guide-seo", lead = lead().as_str()) }
            .instrument(span)
            .await;
        Ok::<_, Error>(answer())
    }))
    .await
}
