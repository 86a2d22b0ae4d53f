//! The description of the API is what its table of routes and its types say.

use std::fs;

use piste_tests::binaries::root;
use serde_json::Value;

#[test]
fn openapi_is_written_by_the_table_of_routes_and_the_types() {
    let path = root().join("functions/console/src/openapi.json");
    let written = serde_json::to_string_pretty(&piste_console::describe::openapi()).expect("JSON") + "\n";
    if fs::read_to_string(&path).is_ok_and(|kept| kept == written) {
        return;
    }
    fs::write(&path, written).expect("openapi.json is written");
    panic!("openapi.json was not what the types say; it is now: look at the difference and commit it");
}

#[test]
fn the_description_is_closed_and_every_reference_in_it_leads_somewhere() {
    let description = piste_console::describe::openapi();
    let mut open = vec![&description];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(map) => {
                if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
                    let target = reference.trim_start_matches('#');
                    assert!(description.pointer(target).is_some(), "{reference} leads nowhere");
                }
                if map.get("type") == Some(&Value::from("object")) {
                    assert!(
                        map.contains_key("additionalProperties"),
                        "an object that takes anything: {value}"
                    );
                }
                open.extend(map.values());
            }
            Value::Array(list) => open.extend(list),
            _ => {}
        }
    }
}
