//! Writes the description of the API (OpenAPI 3.1) from its table of routes and the types they take and answer. At
//! development time only: `tests/house/api.rs` holds the file that is served against it.

use piste_adapters::users::Role;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema, json_schema};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::api::{API, Access, Attachment, Created, Operation, Taken};
use crate::query::{LANG, Parameter, Takes};
use crate::table::Table;

/// Makes the schema of a type.
type Shape = fn(&mut SchemaGenerator) -> Schema;

/// The shapes of what a route takes and answers.
pub struct Shapes {
    answers: Shape,
    media: &'static str,
    status: u16,
    takes: Option<(&'static str, Shape)>,
}

/// Something that a route answers.
pub trait Answered {
    /// Its media type.
    const MEDIA: &'static str = "application/json";
    /// The status of the answer.
    const STATUS: u16 = 200;

    /// Its shape.
    fn shape(generator: &mut SchemaGenerator) -> Schema;
}

impl<T: JsonSchema + Serialize> Answered for T {
    fn shape(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

impl<T: JsonSchema + Serialize> Answered for Attachment<T> {
    fn shape(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

impl<T: JsonSchema + Serialize> Answered for Created<T> {
    const STATUS: u16 = 201;

    fn shape(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

impl<T: JsonSchema + Serialize> Answered for Taken<T> {
    const STATUS: u16 = 202;

    fn shape(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

impl Answered for Table {
    const MEDIA: &'static str = "text/csv";

    fn shape(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

impl Shapes {
    /// The shapes of a route without a body.
    pub const fn of<T: Answered>() -> Self {
        Self {
            answers: T::shape,
            media: T::MEDIA,
            status: T::STATUS,
            takes: None,
        }
    }

    /// The same with a body.
    pub const fn takes<T: JsonSchema>(mut self) -> Self {
        self.takes = Some(("application/json", |generator| generator.subschema_for::<T>()));
        self
    }

    /// The same with a table as its body.
    pub const fn takes_csv(mut self) -> Self {
        self.takes = Some(("text/csv", |_| json_schema!({ "type": "string" })));
        self
    }
}

/// The description.
///
/// # Panics
/// Two types of one name have different shapes.
pub fn openapi() -> Value {
    let settings = || {
        SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        })
    };
    let mut answers = settings().for_serialize().into_generator();
    let mut bodies = settings().for_deserialize().into_generator();
    let problem = answers.subschema_for::<piste_adapters::http::Problem>();
    let mut paths = Map::new();
    for route in &API {
        let described = operation(route.path, &route.does, &problem, &mut answers, &mut bodies);
        paths.entry(route.path).or_insert_with(|| json!({}))[route.method.as_str().to_lowercase()] = described;
    }
    let mut schemas = answers.take_definitions(true);
    for (name, schema) in bodies.take_definitions(true) {
        let same = schemas
            .insert(name.clone(), schema.clone())
            .is_none_or(|other| other == schema);
        assert!(same, "{name} is two shapes");
    }
    let mut schemas = Value::Object(schemas);
    close(&mut schemas);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Piste operator API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Leads of one workspace. Times are RFC 3339 in UTC unless a field says local. HEAD works where GET does; OPTIONS lists the methods of a path; any other method is 405. An unknown query parameter is 400.",
        },
        "servers": [{ "url": "/api" }],
        "security": [{ "operatorKey": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "operatorKey": {
                "type": "http",
                "scheme": "bearer",
                "description": "A key of `POST /users` or of the command line. It opens one workspace, and may do what its role says.",
            } },
            "schemas": schemas,
        },
    })
}

fn operation(
    path: &str,
    operation: &Operation,
    problem: &Schema,
    answers: &mut SchemaGenerator,
    bodies: &mut SchemaGenerator,
) -> Value {
    let needs = operation.access.needs();
    let open = needs.is_none();
    let by_id = path.contains("{id}");
    let by_name = path.contains("{name}");
    let by_import = path.contains("{import}");
    let shapes = &operation.shapes;
    let mut parameters = Vec::new();
    let (what, pattern) = match path.split('/').nth(1) {
        Some("quarantine") => ("post", "^[a-z2-7]{26}-[0-9]+-[0-9a-f]{8}$"),
        Some("deliveries") => ("delivery", "^[a-z2-7]{26}-[a-z0-9_-]+-[0-9]+$"),
        _ => ("lead", "^[a-z2-7]{26}$"),
    };
    if by_id {
        let schema = json!({ "type": "string", "pattern": pattern });
        let about = format!("The {what}.");
        parameters
            .push(json!({ "name": "id", "in": "path", "required": true, "schema": schema, "description": about }));
    }
    if by_name {
        let schema = json!({ "type": "string" });
        let about = match path.starts_with("/destinations/") {
            true => "The destination.",
            false => "The user.",
        };
        parameters
            .push(json!({ "name": "name", "in": "path", "required": true, "schema": schema, "description": about }));
    }
    if by_import {
        let schema = json!({ "type": "string", "pattern": "^[a-z2-7]{26}$" });
        parameters.push(
            json!({ "name": "import", "in": "path", "required": true, "schema": schema, "description": "The import." }),
        );
    }
    for (name, about) in [
        ("campaign", "The campaign."),
        ("mailing", "The mailing."),
        ("step", "The email."),
    ] {
        if path.contains(&format!("{{{name}}}")) {
            let schema = json!({ "type": "string" });
            parameters
                .push(json!({ "name": name, "in": "path", "required": true, "schema": schema, "description": about }));
        }
    }
    parameters.extend(operation.query.iter().map(parameter));
    if !open {
        parameters.push(parameter(&LANG));
    }
    let ok = json!({ "description": "Done.", "content": { shapes.media: { "schema": (shapes.answers)(answers) } } });
    let mut responses = Map::from_iter([(shapes.status.to_string(), ok)]);
    let mut refuse = |status: u16, text: &str| {
        let content = json!({ "application/problem+json": { "schema": problem } });
        responses.insert(status.to_string(), json!({ "description": text, "content": content }));
    };
    refuse(400, "Invalid request; `code` and `errors` say why.");
    if !open {
        refuse(
            401,
            "The key isn’t valid or has ended, or there is none. Codes: unauthorised, key_expired.",
        );
        refuse(
            429,
            "Too many wrong keys from this address; try again after `Retry-After`. Code: too_many_keys.",
        );
        refuse(500, "Something failed; the log says what.");
        refuse(503, "The store does not answer; try again after `Retry-After`.");
    }
    if let Some(role) = needs.filter(|role| *role > Role::Read) {
        let main = match operation.access {
            Access::Main(_) => " Or it is of another workspace than `main`. Code: not_yours.",
            _ => "",
        };
        let role = role.code();
        refuse(
            403,
            &format!("The key’s role is below `{role}`. Code: role_needed.{main}"),
        );
    }
    if by_name {
        refuse(404, "No such user in this workspace. Code: not_found.");
    }
    if path.contains("{campaign}") {
        refuse(
            404,
            "No such campaign, email or mailing in this workspace. Code: not_found.",
        );
    }
    if by_import {
        refuse(404, "No such import in this workspace. Code: not_found.");
    }
    if by_id {
        refuse(404, &format!("No such {what} in this workspace. Code: not_found."));
    }
    if shapes.takes.is_some() {
        refuse(422, "Some fields need attention; `errors` lists all of them.");
    }
    for (status, codes) in operation.refusals {
        refuse(*status, &format!("Not possible now. Code: {codes}."));
    }
    let mut described = json!({ "summary": operation.summary, "parameters": parameters, "responses": responses });
    if let Some(role) = needs {
        described["description"] = format!("Takes a key with at least the role `{}`.", role.code()).into();
    }
    if open {
        described["security"] = json!([]);
    }
    if let Some((media, takes)) = shapes.takes {
        let content = json!({ media: { "schema": takes(bodies) } });
        described["requestBody"] = json!({ "required": true, "content": content });
    }
    described
}

fn parameter(parameter: &Parameter) -> Value {
    let schema = match &parameter.takes {
        Takes::Text => json!({ "type": "string" }),
        Takes::OneOf(words) => json!({ "type": "string", "enum": words() }),
        Takes::Whole { max, default } => {
            let mut schema = json!({ "type": "integer", "minimum": 1, "maximum": max });
            if let Some(default) = default {
                schema["default"] = (*default).into();
            }
            schema
        }
    };
    json!({ "name": parameter.name, "in": "query", "schema": schema, "description": parameter.about })
}

/// Says of every object that it has no other properties than those described. Names of Rust's own numbers are left out.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            let open = !object.contains_key("additionalProperties");
            if open && object.get("type").is_some_and(|kind| kind == "object") {
                object.insert("additionalProperties".into(), false.into());
            }
            if object
                .get("format")
                .and_then(Value::as_str)
                .is_some_and(|format| format.starts_with("uint"))
            {
                object.remove("format");
            }
            object.values_mut().for_each(close);
        }
        Value::Array(list) => list.iter_mut().for_each(close),
        _ => {}
    }
}
