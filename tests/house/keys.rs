//! Every key of a campaign's files, written by the types that read them: as a schema for editors, and as a page for people.

use std::fmt::Write as _;
use std::fs;

use piste_domain::campaign::Campaign;
use piste_domain::campaign::mailing::Mailing;
use piste_tests::binaries::root;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

/// Where the schema of `campaign.toml` stands; `piste new` lays it beside the copy.
const SCHEMA: &str = "infra/campaigns/campaign.schema.json";
const PAGE: &str = "docs/keys.md";

fn schema_of<T: schemars::JsonSchema>() -> Value {
    let settings = SchemaSettings::draft07();
    serde_json::to_value(settings.into_generator().into_root_schema_for::<T>()).expect("JSON")
}

/// Writes what was not so, and says it.
fn keep(path: &str, written: &str) {
    let file = root().join(path);
    if fs::read_to_string(&file).is_ok_and(|kept| kept == written) {
        return;
    }
    fs::write(&file, written).unwrap_or_else(|error| panic!("{path}: {error}"));
    panic!("{path} was not what the types say; it is now: look at the difference and commit it");
}

#[test]
fn the_schema_of_campaign_toml_is_written_by_the_types() {
    let schema = schema_of::<Campaign>();
    keep(SCHEMA, &(serde_json::to_string_pretty(&schema).expect("JSON") + "\n"));
}

/// The schema takes what ships, and refuses what the reader refuses: a key that is none, one that is missing, a wrong type.
#[test]
fn the_schema_takes_the_campaigns_that_ship() {
    let validator = jsonschema::validator_for(&schema_of::<Campaign>()).expect("a schema");
    let read = |text: &str| serde_json::to_value(toml::from_str::<toml::Table>(text).expect("TOML")).expect("JSON");
    for campaign in ["guide-seo", "newsletter", "quote-request"] {
        let path = root().join("infra/campaigns").join(campaign).join("campaign.toml");
        let text = fs::read_to_string(path).expect("a campaign");
        let errors: Vec<_> = validator
            .iter_errors(&read(&text))
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{campaign}: {errors:?}");
        for (right, wrong) in [
            ("retention = \"P3Y\"", "retentoin = \"P3Y\""),
            ("double_opt_in = true", "double_opt_in = \"yes\""),
            ("class = \"service\"", "class = \"promo\""),
        ] {
            let broken = text.replacen(right, wrong, 1);
            assert!(
                broken == text || !validator.is_valid(&read(&broken)),
                "{campaign}: {wrong}"
            );
        }
    }
}

#[test]
fn the_page_of_keys_is_written_by_the_types() {
    let mut page = "# Every key\n\n\
        *Ce que chaque clé veut dire se lit en français dans [campagnes.md](campagnes.md).*\n\n\
        This page is made from the types that read the files; a test keeps it so. [campaigns.md](campaigns.md) explains the \
        keys in their context. A text is written once for each language: `{ fr = \"…\", en = \"…\" }`. A duration is ISO 8601: \
        `PT0S`, `P2D`, `P3Y`.\n\n\
        `piste new` puts `campaign.schema.json` beside your campaign: an editor with a TOML extension such as Taplo then \
        completes keys, explains them and marks wrong ones while you type.\n"
        .to_owned();
    for (title, schema) in [
        ("campaign.toml", schema_of::<Campaign>()),
        ("mailings/NAME.toml", schema_of::<Mailing>()),
    ] {
        write!(page, "\n## {title}\n").expect("text");
        let definitions = schema["definitions"].as_object().cloned().unwrap_or_default();
        let tables = Tables { definitions };
        tables.write(&mut page, "", &schema, false);
    }
    keep(PAGE, &page);
}

struct Tables {
    definitions: Map<String, Value>,
}

impl Tables {
    /// What a reference leads to; of a choice with nothing, the other one.
    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
            return self.resolve(&self.definitions[name]);
        }
        let one_of = |key: &str| {
            let choices = schema[key].as_array()?;
            let mut something = choices.iter().filter(|choice| choice["type"] != "null");
            something.next().filter(|_| something.next().is_none())
        };
        match one_of("anyOf").or_else(|| one_of("allOf")) {
            Some(schema) => self.resolve(schema),
            None => schema,
        }
    }

    /// The type that a schema refers to.
    fn name<'a>(&'a self, schema: &'a Value) -> Option<&'a str> {
        let reference = |schema: &'a Value| schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
        let choices = ["anyOf", "allOf"].into_iter().filter_map(|key| schema[key].as_array());
        reference(schema).or_else(|| {
            choices
                .flatten()
                .find_map(reference)
                .filter(|_| self.resolve(schema) != schema)
        })
    }

    /// A table of the keys of `schema`, then those of the tables below it.
    fn write(&self, page: &mut String, path: &str, schema: &Value, is_list: bool) {
        let Some(keys) = schema["properties"].as_object() else {
            return;
        };
        if !path.is_empty() {
            let (open, close) = if is_list { ("[[", "]]") } else { ("[", "]") };
            write!(page, "\n### `{open}{path}{close}`\n").expect("text");
        }
        page.push_str("\n| Key | Type | Required | Default | |\n|---|---|---|---|---|\n");
        let is_required = |key: &str| {
            schema["required"]
                .as_array()
                .is_some_and(|all| all.contains(&key.into()))
        };
        let mut below = Vec::new();
        for (key, schema) in keys {
            let kind = self.kind(schema);
            let default = match &schema["default"] {
                Value::Null | Value::Object(_) => String::new(),
                Value::Array(list) if list.is_empty() => String::new(),
                value => format!("`{value}`"),
            };
            let about = schema["description"]
                .as_str()
                .or_else(|| self.resolve(schema)["description"].as_str());
            let about = about
                .unwrap_or_default()
                .split("\n\n")
                .next()
                .unwrap_or_default()
                .replace('\n', " ");
            let about = about.replace('|', "\\|");
            let required = if is_required(key) { "yes" } else { "" };
            writeln!(page, "| `{key}` | {kind} | {required} | {default} | {about} |").expect("text");
            let resolved = self.resolve(schema);
            let (inner, is_list) = match resolved["items"].is_object() {
                true => (self.resolve(&resolved["items"]), true),
                false => (resolved, false),
            };
            if inner["properties"].is_object() && !self.is_inline(inner) {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                below.push((path, inner, is_list));
            }
        }
        for (path, schema, is_list) in below {
            self.write(page, &path, schema, is_list);
        }
    }

    /// A window or a condition is written on one line, so its keys stand in the type.
    fn is_inline(&self, schema: &Value) -> bool {
        schema["properties"].as_object().is_some_and(|keys| {
            keys.contains_key("holidays") || keys.contains_key("one_of") && !keys.contains_key("points")
        })
    }

    fn kind(&self, schema: &Value) -> String {
        match self.name(schema) {
            Some("Delay") => return "duration".to_owned(),
            Some("Clock") => return "time of day, `HH:MM`".to_owned(),
            Some("Email") => return "email address".to_owned(),
            Some("Text") => return "text in each language".to_owned(),
            _ => {}
        }
        let schema = self.resolve(schema);
        let words = |list: &[Value]| {
            let words: Vec<_> = list
                .iter()
                .filter_map(Value::as_str)
                .map(|word| format!("`{word}`"))
                .collect();
            words.join(", ")
        };
        if let Some(list) = schema["enum"].as_array() {
            return words(list);
        }
        if let Some(choices) = schema["oneOf"].as_array() {
            let of_each = choices.iter().flat_map(|choice| match &choice["const"] {
                Value::Null => choice["enum"].as_array().cloned().unwrap_or_default(),
                word => vec![word.clone()],
            });
            return words(&of_each.collect::<Vec<_>>());
        }
        if let Some(choices) = schema["anyOf"].as_array() {
            let kinds: Vec<_> = choices.iter().map(|choice| self.kind(choice)).collect();
            return kinds.join(" or ");
        }
        if self.is_inline(schema) {
            let keys = schema["properties"].as_object().expect("keys");
            let keys: Vec<_> = keys
                .iter()
                .map(|(key, value)| format!("`{key}` ({})", self.kind(value)))
                .collect();
            return format!("{{ {} }}", keys.join(", "));
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null").cloned().unwrap_or_default(),
            kind => kind.clone(),
        };
        match kind.as_str().unwrap_or_default() {
            "string" => "string".to_owned(),
            "integer" => "whole number".to_owned(),
            "number" => "number".to_owned(),
            "boolean" => "`true`, `false`".to_owned(),
            "array" => format!("list of {}", self.kind(&schema["items"])),
            "object" if schema["properties"].is_object() => "table".to_owned(),
            "object" => {
                let of = schema["additionalProperties"]
                    .as_object()
                    .or_else(|| schema["patternProperties"].as_object()?.values().next()?.as_object());
                match of {
                    Some(of) => format!("{{ name = {} }}", self.kind(&Value::Object(of.clone()))),
                    None => "text in each language".to_owned(),
                }
            }
            other => panic!("a key of a kind that is not described: {other:?} {schema}"),
        }
    }
}
