//! Every answer of the API in any story is held against the description of the API.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::test_app::Answer;

/// One shape of one answer, or of one body.
struct Shape {
    method: &'static str,
    /// The path, in parts; `{id}` stands for any.
    path: Vec<&'static str>,
    /// A status, or `body`.
    of: &'static str,
    media: &'static str,
    validator: Validator,
}

static OPENAPI: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(piste_console::OPENAPI).expect("openapi.json parses"));

static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| {
    let mut shapes = Vec::new();
    for (path, methods) in members(&OPENAPI["paths"]) {
        for (method, operation) in members(methods) {
            let answers = members(&operation["responses"]).map(|(status, answer)| (status, &answer["content"]));
            let body = std::iter::once(("body", &operation["requestBody"]["content"]));
            for (of, content) in answers.chain(body.filter(|(_, content)| content.is_object())) {
                let (media, content) = members(content).next().expect("a media type");
                shapes.push(Shape {
                    method,
                    path: path.trim_matches('/').split('/').collect(),
                    of,
                    media,
                    validator: validator(&content["schema"]),
                });
            }
        }
    }
    shapes
});

/// The shape of a problem document, for refusals that belong to no route.
static PROBLEM: LazyLock<Validator> = LazyLock::new(|| validator(&json!({ "$ref": "#/components/schemas/Problem" })));

fn members(value: &'static Value) -> impl Iterator<Item = (&'static str, &'static Value)> {
    let object = value.as_object().into_iter().flatten();
    object.map(|(name, value)| (name.as_str(), value))
}

fn validator(schema: &Value) -> Validator {
    let mut schema = schema.clone();
    if schema.is_object() {
        schema["components"] = OPENAPI["components"].clone();
    }
    let options = jsonschema::draft202012::options().should_validate_formats(true);
    options.build(&schema).expect("a schema")
}

/// Fails if the API answered something that its description does not say.
#[track_caller]
pub fn check(method: &str, url: &str, body: &[u8], answer: &Answer) {
    let path = url.split('?').next().unwrap_or_default();
    let Some((_, path)) = path.split_once("/api/") else {
        return;
    };
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let method = if method == "HEAD" {
        "get"
    } else {
        &method.to_lowercase()
    };
    let fits = |shape: &&Shape| {
        let same = shape
            .path
            .iter()
            .zip(&parts)
            .all(|(known, part)| known.starts_with('{') || known == part);
        shape.method == method && shape.path.len() == parts.len() && same
    };
    let called = format!("{method} /api/{path}: {}", answer.status);
    let media = answer.header("content-type").split(';').next().unwrap_or_default();
    let mut known = SHAPES.iter().filter(fits).peekable();
    if known.peek().is_none() {
        // No such route: 204 to OPTIONS, else a problem.
        assert!(
            [204, 401, 404, 405].contains(&answer.status),
            "{called} of no described route"
        );
        if answer.status != 204 {
            assert_eq!(media, "application/problem+json", "{called}");
            hold(&PROBLEM, &answer.body, &called);
        }
        return;
    }
    let known: Vec<_> = known.collect();
    let status = answer.status.to_string();
    let shape = known.iter().find(|shape| shape.of == status);
    let shape = shape.unwrap_or_else(|| panic!("{called} is not described"));
    assert_eq!(media, shape.media, "{called}");
    if media.ends_with("json") && !answer.body.is_empty() {
        hold(&shape.validator, &answer.body, &called);
    }
    // What was taken is described, too.
    if answer.status == 200
        && !body.is_empty()
        && let Some(shape) = known
            .iter()
            .find(|shape| shape.of == "body" && shape.media.ends_with("json"))
    {
        hold(&shape.validator, body, &format!("the body of {called}"));
    }
}

#[track_caller]
fn hold(validator: &Validator, json: &[u8], called: &str) {
    let value: Value = serde_json::from_slice(json).unwrap_or_else(|_| panic!("{called}: not JSON"));
    let problems: Vec<String> = validator
        .iter_errors(&value)
        .map(|error| format!("{} at {}", error.masked(), error.instance_path()))
        .collect();
    assert!(problems.is_empty(), "{called} is not as described: {problems:#?}");
}
