//! The API description says what the console answers.

use std::collections::BTreeSet;

use serde_json::Value;

#[test]
fn openapi_describes_exactly_the_routes_there_are() {
    let description: Value = serde_json::from_str(piste_console::OPENAPI).expect("openapi.json parses");
    assert_eq!(description["openapi"], "3.1.0");
    let described: BTreeSet<(String, String)> = description["paths"]
        .as_object()
        .expect("paths")
        .iter()
        .flat_map(|(path, methods)| {
            methods
                .as_object()
                .expect("methods")
                .keys()
                .map(move |method| (method.clone(), path.clone()))
        })
        .collect();
    let built = piste_console::API.map(|(method, path)| (method.to_owned(), path.to_owned()));
    assert_eq!(described, BTreeSet::from(built));
}

#[test]
fn every_reference_of_the_description_leads_somewhere() {
    let description: Value = serde_json::from_str(piste_console::OPENAPI).expect("openapi.json parses");
    let mut open = vec![&description];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(map) => {
                if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
                    let target = reference.trim_start_matches('#');
                    assert!(description.pointer(target).is_some(), "{reference} leads nowhere");
                }
                open.extend(map.values());
            }
            Value::Array(list) => open.extend(list),
            _ => {}
        }
    }
}
