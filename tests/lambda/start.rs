//! How a function starts, or says why it does not.

use std::process::Command;

use piste_tests::binaries::binary;
use piste_tests::proxy::{Fault, REQUEST_ID};
use piste_tests::runtime_api::{InvocationError, RuntimeApi, http_event};
use serde_json::json;

use crate::world::in_a_world;

const ALL: [&str; 5] = ["capture", "consent", "console", "feedback", "nurture"];

/// Starts a binary, waits for its end, and returns what it wrote.
async fn last_words(name: &str, environment: &[(&str, &str)]) -> String {
    let api = RuntimeApi::start().await.expect("a free port");
    let function = api.spawn(&binary(name), environment).expect("the binary starts");
    let error = function.invoke(json!({})).await.expect_err("it cannot work");
    assert!(
        matches!(error, InvocationError::Exited(status) if !status.success()),
        "{name}: {error}"
    );
    function.stop().await.join("\n")
}

/// R99 the other way round: to its owner a function says at once everything that is missing.
#[test]
fn without_its_environment_a_function_names_every_variable_it_lacks() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        for name in ALL {
            let told = last_words(name, &[("PISTE_TABLE", "  "), ("AWS_REGION", "")]).await;
            for variable in ["PISTE_TABLE", "PISTE_KEYS_TABLE", "PISTE_BASE_URL", "AWS_REGION"] {
                assert!(told.contains(variable), "{name} does not name {variable}: {told}");
            }
            assert!(told.contains("start_failed"), "{name}: {told}");
            assert!(
                !told.contains("AWS_SECRET_ACCESS_KEY"),
                "{name} names what is there: {told}"
            );
        }
    });
}

#[test]
fn without_tables_or_keys_a_function_says_what_to_do() {
    in_a_world(async |world| {
        let endpoint = world.settings.aws.dynamodb_endpoint.as_deref().expect("an endpoint");
        let rows = [("no-such-keys", endpoint, "there is no table no-such-keys in eu-west-3")];
        for (keys_table, endpoint, advice) in rows {
            let environment = [
                ("PISTE_TABLE", "piste-leads"),
                ("PISTE_KEYS_TABLE", keys_table),
                ("PISTE_BASE_URL", "https://lead.example.com"),
                ("AWS_ENDPOINT_URL_DYNAMODB", endpoint),
            ];
            let told = last_words("capture", &environment).await;
            assert!(told.contains(advice), "{told}");
        }
        // The tables are there, but nothing was published yet.
        let bare = world.client.delete_item().table_name(&world.settings.keys_table);
        bare.key("pk", piste_adapters::store::item::text("identity"))
            .send()
            .await
            .expect("deleted");
        let environment = [
            ("PISTE_TABLE", "piste-leads"),
            ("PISTE_KEYS_TABLE", "piste-keys"),
            ("PISTE_BASE_URL", "https://lead.example.com"),
            ("AWS_ENDPOINT_URL_DYNAMODB", endpoint),
        ];
        let told = last_words("capture", &environment).await;
        assert!(told.contains("piste publish"), "{told}");
    });
}

/// To each failure of AWS its own sentence: in the log line of a start, with AWS's code and request id, and on the
/// command line.
#[test]
fn a_refusal_of_aws_names_what_to_allow_or_where_to_look() {
    let rows = [
        ("AccessDeniedException", "allow dynamodb:GetItem on table piste-keys"),
        ("ResourceNotFoundException", "there is no table piste-keys in eu-west-3"),
        ("UnrecognizedClientException", "does not accept the credentials"),
        ("ValidationException", "does not have the keys or indexes"),
    ];
    in_a_world(async |world| {
        for (code, advice) in rows {
            world.proxy.inject("GetItem", Fault::Refuse(code), 1);
            let environment = [
                ("PISTE_TABLE", "piste-leads"),
                ("PISTE_KEYS_TABLE", "piste-keys"),
                ("PISTE_BASE_URL", "https://lead.example.com"),
                ("AWS_ENDPOINT_URL_DYNAMODB", world.proxy.url()),
            ];
            let of_a_function = last_words("capture", &environment).await;
            world.proxy.inject("GetItem", Fault::Refuse(code), 1);
            let url = world.proxy.url().to_owned();
            let command = tokio::task::spawn_blocking(move || {
                Command::new(binary("piste"))
                    .args([
                        "sending",
                        "--table",
                        "piste-leads",
                        "--keys-table",
                        "piste-keys",
                        "--endpoint-url",
                        &url,
                    ])
                    .env_clear()
                    .envs([
                        ("AWS_REGION", "eu-west-3"),
                        ("AWS_ACCESS_KEY_ID", "a"),
                        ("AWS_SECRET_ACCESS_KEY", "b"),
                    ])
                    .output()
                    .expect("piste starts")
            });
            let command = command.await.expect("no panic");
            assert!(!command.status.success());
            let of_a_command = String::from_utf8(command.stderr).expect("text");
            for told in [of_a_function, of_a_command] {
                for part in [code, advice, REQUEST_ID] {
                    assert!(told.contains(part), "{part} is not in {told}");
                }
                assert!(!told.contains("example.org"), "R71: {told}");
            }
        }
    });
}

/// A cold start while the store is down: the visitor is told when to come back, and nobody has to restart anything.
#[test]
fn a_function_that_starts_while_the_store_is_down_answers_503() {
    in_a_world(async |_| {
        for (name, path) in [
            ("capture", "/forms/guide-seo"),
            ("consent", "/confirm?t=x"),
            ("console", "/api/leads"),
        ] {
            let api = RuntimeApi::start().await.expect("a free port");
            let environment = [
                ("PISTE_TABLE", "piste-leads"),
                ("PISTE_KEYS_TABLE", "piste-keys"),
                ("PISTE_BASE_URL", "https://lead.example.com"),
                ("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1"),
            ];
            let function = api.spawn(&binary(name), &environment).expect("the binary starts");
            for accept in ["application/json", "text/html"] {
                let event = http_event("GET", path, &[("accept", accept)], b"");
                let answer = function.invoke(event).await.expect("an answer");
                assert_eq!(answer["statusCode"], 503, "{name}: {answer}");
                assert_eq!(answer["headers"]["retry-after"], "30", "{name}: {answer}");
            }
        }
    });
}
