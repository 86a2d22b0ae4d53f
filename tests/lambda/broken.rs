//! Events that nobody should ever send: no panic, no answer that is not one, and the next event is served (R121).

use piste_tests::runtime_api::{InvocationError, http_event};
use serde_json::{Value, json};

use crate::world::{World, event, in_a_world, set_body};

/// Values of every kind where something else is expected.
fn wrong_values() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5e300),
        json!(""),
        json!("\u{0}\u{202e}x"),
        json!([]),
        json!([[[[]]]]),
        json!({}),
        json!({ "S": 7 }),
        json!("x".repeat(10_240)), // all that an HTTP API takes in request line and headers together
    ]
}

/// Every event that differs from a good one in one place, with that place: a value of another kind, or none.
fn mutants(good: &Value) -> Vec<(String, Value)> {
    let mut paths = Vec::new();
    collect(good, String::new(), &mut paths);
    // API Gateway makes these itself, and `lambda_http` takes them for good; body, path and query have tests of their own.
    let taken_for_good = [
        "/body",
        "/isBase64Encoded",
        "/rawPath",
        "/rawQueryString",
        "/headers/host",
        "/headers/x-forwarded-proto",
    ];
    paths.retain(|path| !taken_for_good.contains(&path.as_str()));
    let mut all = Vec::new();
    for path in paths {
        for wrong in wrong_values() {
            let mut mutant = good.clone();
            *mutant.pointer_mut(&path).expect("a path of the event") = wrong;
            all.push((path.clone(), mutant));
        }
        let (parent, name) = path.rsplit_once('/').expect("a pointer");
        let mut mutant = good.clone();
        if let Some(Value::Object(parent)) = mutant.pointer_mut(parent) {
            parent.remove(&name.replace("~1", "/").replace("~0", "~"));
            all.push((format!("no {path}"), mutant));
        }
    }
    all
}

fn collect(value: &Value, path: String, paths: &mut Vec<String>) {
    let escape = |name: &str| name.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            let path = format!("{path}/{}", escape(name));
            paths.push(path.clone());
            collect(member, path, paths);
        }),
        Value::Array(members) => members.iter().enumerate().for_each(|(place, member)| {
            let path = format!("{path}/{place}");
            paths.push(path.clone());
            collect(member, path, paths);
        }),
        _ => {}
    }
}

/// The function answers or reports an error of its own; it neither panics nor ends. `what` names the event in a failure.
async fn survives(world: &World, name: &'static str, what: &str, event: Value) -> Option<Value> {
    match world.call(name, event).await {
        Ok(answer) => Some(answer),
        Err(InvocationError::Function(error)) => {
            let told = error.to_string().to_lowercase();
            assert!(!told.contains("panic"), "{name} panicked on {what}: {told}");
            assert!(!told.contains("example.org"), "R99: {told}");
            None
        }
        Err(error) => panic!("{name} on {what}: {error}"),
    }
}

#[test]
fn no_event_of_http_breaks_a_function() {
    in_a_world(async |world| {
        for name in ["http-post-urlencoded", "http-post-json"] {
            for (what, mutant) in mutants(&event(name)) {
                survives(world, "capture", &what, mutant).await;
            }
        }
        for (what, mutant) in mutants(&event("http-post-one-click")) {
            survives(world, "consent", &what, mutant).await;
        }
        let mut next = event("http-post-urlencoded");
        next["requestContext"]["http"]["sourceIp"] = "203.0.113.77".into(); // the one of before posted too often
        let reply = world.http("capture", next).await;
        assert_eq!(reply.status, 303, "the next visitor is served");
        assert_eq!(
            world
                .http("consent", http_event("GET", "/confirm", &[], b""))
                .await
                .status,
            400
        );
    });
}

#[test]
fn no_schedule_stream_or_feedback_event_breaks_a_function() {
    in_a_world(async |world| {
        for name in ["schedule", "dynamodb-stream"] {
            for (what, mutant) in mutants(&event(name)) {
                survives(world, "nurture", &what, mutant).await;
            }
        }
        for name in ["sns-ses-event", "eventbridge-ses-event", "ses-notification"] {
            for (what, mutant) in mutants(&event(name)) {
                survives(world, "feedback", &what, mutant).await;
            }
        }
        world.capture("ana@example.org").await;
        world.tick().await;
        assert_eq!(world.mails("ana@example.org").len(), 1, "the next lead is served");
    });
}

/// Paths and queries that browsers, scanners and attackers send.
#[test]
fn no_path_breaks_a_function() {
    in_a_world(async |world| {
        let long = format!("/forms/{}", "a".repeat(9_000));
        let paths = [
            "",
            "/",
            "//",
            "/forms",
            "/forms/",
            "/forms//",
            "/forms/guide-seo/",
            "/forms/guide-seo/../x",
            "/forms/%00",
            "/forms/%FF%FE",
            "/forms/%2e%2e%2f",
            "/forms/é à",
            "/forms/<script>",
            "/forms/{form}",
            "/forms/a?b#c",
            "/.env",
            "/confirm%3Ft=x",
            "/api",
            "/api/../../leads",
            "/console/%ZZ",
            &long,
        ];
        let queries = [
            "",
            "t=%FF",
            "t=%00",
            "lang=%",
            "&&&=&=",
            "t=é",
            "lang=fr&lang=en",
            "%ZZ=%ZZ",
            "t=\\^`{|}'",
        ];
        for name in ["capture", "consent", "console"] {
            for path in paths {
                for query in queries {
                    for method in ["GET", "POST", "BREW"] {
                        let mut event = event("http-get");
                        event["rawPath"] = path.into();
                        event["requestContext"]["http"]["path"] = path.into();
                        event["requestContext"]["http"]["method"] = method.into();
                        event["rawQueryString"] = query.into();
                        let Some(answer) = survives(world, name, path, event).await else {
                            continue;
                        };
                        let status = answer["statusCode"].as_u64().expect("a status");
                        let shown = path == "/forms/guide-seo/" && method == "GET";
                        assert!(
                            (300..500).contains(&status) || shown,
                            "{name} {method} {path:.80}?{query}: {status}"
                        );
                    }
                }
            }
        }
    });
}

/// R77, R79, R80, R81, R82: bodies made to break parsers. Every one is a lead or a 4xx, in time.
#[test]
fn no_body_breaks_the_form() {
    in_a_world(async |world| {
        let form = "application/x-www-form-urlencoded";
        let json = "application/json";
        let multipart = "multipart/form-data; boundary=b";
        let part = "--b\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\nana@example.org\r\n";
        let deep = "[".repeat(60_000);
        let rows: Vec<(&str, Vec<u8>)> = vec![
            (form, b"".into()),
            (form, b"&&&&====".into()),
            (form, b"email=%".into()),
            (form, b"email=%C3%28&%ff=%fe".into()),
            (form, b"email=ana%40example.org%00".into()),
            (form, vec![0xff; 1_000]),
            (form, b"a&".repeat(30_000)),
            (form, format!("email={}@example.org", "a".repeat(60_000)).into()),
            (
                form,
                format!("email=ana%40example.org&need={}", "%CC%81".repeat(9_000)).into(),
            ),
            (form, "email=ana@example.org&budget=1e999999999".into()),
            (
                form,
                "email=ana@example.org&_lang=xx&_next=//evil.example&_t=%00".into(),
            ),
            (json, b"".into()),
            (json, deep.into()),
            (
                json,
                b"{\"email\":\"a@example.org\",\"email\":\"b@example.org\"}".into(),
            ),
            (json, b"{\"email\":{\"a\":1}}".into()),
            (json, b"{\"email\":\"\\ud800@example.org\"}".into()),
            (json, b"{\"email\":1e999}".into()),
            (json, b"\xef\xbb\xbf{}".into()),
            (multipart, b"".into()),
            (multipart, part.into()),
            (multipart, format!("{part}--b--\r\n").into()),
            (multipart, format!("{}--b--\r\n", part.repeat(200)).into()),
            (multipart, b"--b\r\n\r\n\r\n--b--".into()),
            (
                multipart,
                b"--b\r\nContent-Disposition: form-data; name=\"\xff\"\r\n\r\nx\r\n--b--\r\n".into(),
            ),
            ("multipart/form-data", part.into()),
            ("multipart/form-data; boundary=\"\"", part.into()),
            (
                "application/x-www-form-urlencoded; charset=utf-16",
                b"email=ana%40example.org".into(),
            ),
            ("APPLICATION/JSON ; x=y", b"{\"email\":\"ana@example.org\"}".into()),
        ];
        for (kind, body) in rows {
            let mut post = event("http-post-urlencoded");
            post["headers"]["content-type"] = kind.into();
            set_body(&mut post, &body);
            let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
            let answer = survives(world, "capture", &shown, post)
                .await
                .expect("a form always answers");
            let status = answer["statusCode"].as_u64().expect("a status");
            assert!(
                status == 303 || (400..500).contains(&status),
                "{kind}: {shown}: {status}"
            );
        }
        // API Gateway says itself whether a body is base64; a text that is none would be ours to read.
        let mut post = event("http-post-urlencoded");
        post["isBase64Encoded"] = false.into();
        survives(world, "capture", "text for base64", post).await;
        assert_eq!(world.http("capture", event("http-post-urlencoded")).await.status, 303);
    });
}

/// R121: a panic is an error of its invocation and of no other. `lambda_http` panics on a body that is called base64 and
/// is not, and on a query with characters that no URI has.
#[test]
fn after_a_panic_the_same_sandbox_serves_the_next_visitor() {
    in_a_world(async |world| {
        let capture = world.sandbox("capture").await;
        for (member, value) in [
            ("body", "%%% amelie.durand@example.org"),
            ("rawQueryString", "t=\"amelie.durand@example.org\""),
        ] {
            let mut broken = event("http-post-urlencoded");
            broken[member] = value.into();
            let error = capture.invoke(broken).await.expect_err("a panic");
            let InvocationError::Function(told) = error else {
                panic!("the process lives: {error}")
            };
            assert!(
                told.message.contains("panicked") && !told.message.contains("example.org"),
                "R71: {told}"
            );
            let answer = capture
                .invoke(event("http-post-urlencoded"))
                .await
                .expect("the next one is served");
            assert_eq!(answer["statusCode"], 303);
        }
        let lines = capture.stop().await.join("\n");
        assert!(
            lines.contains("panicked") && !lines.contains("example.org"),
            "R71: {lines}"
        );
    });
}
