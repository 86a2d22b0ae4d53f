//! The published interface of a CRM: which requests it knows, and what it answers to them.

use std::sync::OnceLock;

use jsonschema::Validator;
use piste_crm::Answer;
use piste_stand_ins::Request;
use serde_json::{Map, Value, json};

/// An interface.
pub struct Spec {
    document: Value,
    operations: Vec<Operation>,
}

struct Operation {
    method: String,
    path: Vec<String>,
    parameters: Vec<Parameter>,
    body: Option<Content>,
    answers: Vec<(String, Option<Content>)>,
}

struct Parameter {
    name: String,
    place: String,
    required: bool,
    content: Content,
}

/// A schema that is read when it is needed first.
struct Content {
    media: String,
    schema: Value,
    validator: OnceLock<Validator>,
}

impl Content {
    fn new(media: &str, schema: &Value) -> Self {
        Self {
            media: media.to_owned(),
            schema: schema.clone(),
            validator: OnceLock::new(),
        }
    }

    /// The first of its media types.
    fn of(holder: &Value) -> Option<Self> {
        let (media, content) = holder["content"].as_object()?.iter().next()?;
        Some(Self::new(media, content.get("schema").unwrap_or(&Value::Bool(true))))
    }

    fn errors(&self, spec: &Spec, value: &Value) -> Vec<String> {
        let validator = self.validator.get_or_init(|| {
            let root = json!({"$defs": spec.document["components"]["schemas"], "allOf": [self.schema]});
            let text = root.to_string().replace("#/components/schemas/", "#/$defs/");
            let root: Value = serde_json::from_str(&text).expect("it was JSON before");
            let options = jsonschema::draft202012::options().should_validate_formats(true);
            options.build(&root).expect("a schema")
        });
        validator
            .iter_errors(value)
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect()
    }
}

impl Spec {
    pub fn read(text: &str) -> Self {
        let document: Value = serde_json::from_str(text).expect("the interface is JSON");
        let paths = document["paths"].as_object().into_iter().flatten();
        let operations = paths.flat_map(|(path, item)| operations(path, item)).collect();
        Self { document, operations }
    }

    /// The operation of a request: the one with the fewest gaps.
    fn operation(&self, request: &Request) -> Option<&Operation> {
        let path = segments(&request.target);
        let fits = |operation: &&Operation| {
            let same = |(known, given): (&String, &String)| !given.is_empty() && (is_gap(known) || known == given);
            operation.method == request.method
                && operation.path.len() == path.len()
                && operation.path.iter().zip(&path).all(same)
        };
        let gaps = |operation: &&Operation| operation.path.iter().filter(|part| is_gap(part)).count();
        self.operations.iter().filter(fits).min_by_key(gaps)
    }

    /// What is wrong with a request.
    pub fn request(&self, request: &Request) -> Vec<String> {
        let name = || {
            format!(
                "{} {}",
                request.method,
                request.target.split('?').next().unwrap_or_default()
            )
        };
        let Some(operation) = self.operation(request) else {
            return vec![format!("{}: no such operation", name())];
        };
        let mut problems = Vec::new();
        let query = request.target.split_once('?').map_or("", |(_, query)| query);
        let query: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let path = segments(&request.target);
        let gaps = operation.path.iter().zip(path).filter(|(part, _)| is_gap(part));
        let gaps: Vec<(String, String)> = gaps
            .map(|(part, given)| (part[1..part.len() - 1].to_owned(), given))
            .collect();
        for (place, given) in [("query", &query), ("path", &gaps)] {
            for (name, value) in given {
                match operation
                    .parameters
                    .iter()
                    .find(|one| one.place == place && one.name == *name)
                {
                    None => problems.push(format!("{place} parameter {name} is unknown")),
                    Some(one) => problems.extend(one.content.errors(self, &typed(&one.content.schema, value))),
                }
            }
        }
        let missing = operation
            .parameters
            .iter()
            .filter(|one| one.required && one.place == "query" && !query.iter().any(|(name, _)| *name == one.name));
        problems.extend(missing.map(|one| format!("{} is missing", one.name)));
        match (&operation.body, request.body.is_empty()) {
            (None, true) => {}
            (None, false) => problems.push("a body where none is due".to_owned()),
            (Some(content), _) => {
                let kind = request.headers.iter().find(|(name, _)| name == "content-type");
                if kind.map(|(_, kind)| kind.as_str()) != Some(content.media.as_str()) {
                    problems.push(format!("not {}", content.media));
                }
                let body = if content.media == "application/json" {
                    serde_json::from_slice(&request.body).unwrap_or_default()
                } else {
                    let pairs = form_urlencoded::parse(&request.body).into_owned();
                    Value::Object(pairs.map(|(name, value)| (name, value.into())).collect::<Map<_, _>>())
                };
                problems.extend(content.errors(self, &body));
            }
        }
        problems
            .into_iter()
            .map(|problem| format!("client, {}: {problem}", name()))
            .collect()
    }

    /// What is wrong with an answer.
    pub fn answer(&self, request: &Request, answer: &Answer) -> Vec<String> {
        let Some(operation) = self.operation(request) else {
            return Vec::new();
        };
        let exact = answer.status.to_string();
        let class = format!("{}XX", answer.status / 100);
        // Of one that carries a value with others a read says 300 too (Salesforce's guide); the documents say it of writes.
        let siblings = self
            .operations
            .iter()
            .filter(|other| answer.status == 300 && other.path == operation.path);
        let answers: Vec<&(String, Option<Content>)> = operation
            .answers
            .iter()
            .chain(siblings.flat_map(|other| &other.answers))
            .collect();
        let declared = |name: &str| answers.iter().find(|(known, _)| known == name);
        let problems = match declared(&exact)
            .or_else(|| declared(&class))
            .or_else(|| declared("default"))
        {
            None => vec!["the status is unknown".to_owned()],
            Some((_, None)) if answer.body.is_empty() => Vec::new(),
            Some((_, None)) => vec!["a body where none is due".to_owned()],
            Some((_, Some(content))) => match answer.json() {
                Some(body) => content.errors(self, &body),
                None => vec![format!("no JSON: {}", String::from_utf8_lossy(&answer.body))],
            },
        };
        let name = format!("stand-in, {} /{}: {exact}", request.method, operation.path.join("/"));
        problems
            .into_iter()
            .map(|problem| format!("{name}: {problem}"))
            .collect()
    }
}

fn operations(path: &str, item: &Value) -> Vec<Operation> {
    let shared = || item["parameters"].as_array().into_iter().flatten();
    let all = item.as_object().into_iter().flatten();
    let all = all.filter(|(name, _)| ["get", "post", "put", "patch", "delete"].contains(&name.as_str()));
    all.map(|(method, operation)| Operation {
        method: method.to_uppercase(),
        path: path.trim_start_matches('/').split('/').map(str::to_owned).collect(),
        parameters: shared()
            .chain(operation["parameters"].as_array().into_iter().flatten())
            .map(|one| Parameter {
                name: one["name"].as_str().expect("a name").to_owned(),
                place: one["in"].as_str().expect("a place").to_owned(),
                required: one["required"] == true,
                content: Content::new("text/plain", &one["schema"]),
            })
            .collect(),
        body: Content::of(&operation["requestBody"]),
        answers: operation["responses"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(status, answer)| (status.clone(), Content::of(answer)))
            .collect(),
    })
    .collect()
}

fn is_gap(part: &str) -> bool {
    part.starts_with('{')
}

/// The parts of a path, unescaped.
fn segments(target: &str) -> Vec<String> {
    let path = target.split('?').next().unwrap_or_default();
    let unescaped = |part: &str| {
        let part = part.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
        form_urlencoded::parse(part.as_bytes())
            .next()
            .map(|(name, _)| name.into_owned())
            .unwrap_or_default()
    };
    path.trim_start_matches('/').split('/').map(unescaped).collect()
}

/// A text as the type that its schema names.
fn typed(schema: &Value, text: &str) -> Value {
    match schema["type"].as_str() {
        Some("integer" | "number" | "boolean") => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
        _ => text.into(),
    }
}

#[test]
fn what_is_wrong_is_found() {
    let spec = Spec::read(include_str!("../fixtures/specs/hubspot.openapi.json"));
    let wrong = |method: &str, target: &str, body: &str| {
        let request = Request {
            method: method.to_owned(),
            host: "api.hubapi.com".to_owned(),
            target: target.to_owned(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.as_bytes().to_vec(),
        };
        spec.request(&request).len()
    };
    let contacts = "/crm/objects/2026-09/contacts";
    let by_email = format!("{contacts}/ana%40example.com?idProperty=email");
    let good = r#"{"properties": {"email": "ana@example.com"}}"#;
    for (method, target, body, problems) in [
        ("POST", contacts, good, 0),
        ("PATCH", &by_email, good, 0),
        ("PUT", &by_email, good, 1),
        ("POST", "/crm/v3/objects/contacts", good, 1),
        ("POST", contacts, "{}", 1),
        ("POST", contacts, r#"{"properties": {"piste_fit": 65}}"#, 1),
        ("GET", &format!("{contacts}/1?property=email"), "", 1),
        ("GET", &format!("{contacts}/1"), good, 1),
    ] {
        assert_eq!(wrong(method, target, body), problems, "{method} {target} {body}");
    }
    let gone = Answer {
        status: 418,
        headers: Vec::new(),
        body: Vec::new(),
    };
    let request = Request {
        method: "GET".to_owned(),
        host: String::new(),
        target: format!("{contacts}/1"),
        headers: Vec::new(),
        body: Vec::new(),
    };
    assert_eq!(spec.answer(&request, &gone).len(), 1);
    assert_eq!(spec.answer(&request, &Answer { status: 200, ..gone }).len(), 1);
}
