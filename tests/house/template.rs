//! The deployment template says what the code needs: routes, tables, environment.
//!
//! Rights, alarms and everything that SAM makes of the template are checked by `tests/deployed/journey.py`.

use std::collections::BTreeSet;
use std::fs;

use piste_adapters::routes::{Function, ROUTES};
use piste_adapters::store::item;
use piste_tests::binaries::root;
use serde_norway::Value;

pub fn resources() -> Vec<(String, Value)> {
    let text = fs::read_to_string(root().join("infra/template.yaml")).expect("the template reads");
    let template: Value = serde_norway::from_str(&text).expect("the template parses");
    let resources = template["Resources"].as_mapping().expect("resources").clone();
    resources
        .into_iter()
        .map(|(name, value)| (name.as_str().expect("a name").to_owned(), value))
        .collect()
}

fn resource(name: &str) -> Value {
    let found = resources().into_iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("the template has no {name}")).1
}

/// A value behind its tag (`!Ref x` as `x`).
fn plain(value: &Value) -> &Value {
    match value {
        Value::Tagged(tagged) => &tagged.value,
        other => other,
    }
}

#[test]
fn routes_are_those_of_the_code() {
    let declared: BTreeSet<(String, String)> = resources()
        .iter()
        .filter(|(_, resource)| resource["Type"] == "AWS::ApiGatewayV2::Route")
        .map(|(_, route)| {
            let properties = &route["Properties"];
            let path = properties["RouteKey"]
                .as_str()
                .expect("a key")
                .trim_start_matches("ANY ")
                .to_owned();
            let target = plain(&properties["Target"]).as_str().expect("a target").to_owned();
            (path, target)
        })
        .collect();
    let needed = ROUTES.map(|(path, function)| {
        let function = match function {
            Function::Capture => "Capture",
            Function::Consent => "Consent",
            Function::Console => "Console",
            Function::Trigger => "Trigger",
        };
        (path.to_owned(), format!("integrations/${{{function}Integration}}"))
    });
    assert_eq!(declared, BTreeSet::from(needed));
}

fn keys(value: &Value) -> Vec<(&str, &str)> {
    let keys = value["KeySchema"].as_sequence().expect("keys").iter();
    keys.map(|key| {
        (
            key["AttributeName"].as_str().expect("a name"),
            key["KeyType"].as_str().expect("a type"),
        )
    })
    .collect()
}

#[test]
fn the_leads_table_has_the_keys_and_indexes_of_the_code() {
    let table = resource("LeadsTable");
    let properties = &table["Properties"];
    assert_eq!(keys(properties), [(item::PK, "HASH"), (item::SK, "RANGE")]);
    let indexes = properties["GlobalSecondaryIndexes"].as_sequence().expect("indexes");
    let due = &indexes[0];
    assert_eq!(due["IndexName"], item::INDEX_DUE);
    assert_eq!(keys(due), [(item::DUE_SHARD, "HASH"), (item::DUE_AT, "RANGE")]);
    assert_eq!(due["Projection"]["ProjectionType"], "KEYS_ONLY");
    let board = &indexes[1];
    assert_eq!(board["IndexName"], item::INDEX_BOARD);
    assert_eq!(keys(board), [(item::BOARD, "HASH"), (item::CAPTURED_AT, "RANGE")]);
    let columns: Vec<_> = board["Projection"]["NonKeyAttributes"]
        .as_sequence()
        .expect("columns")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(columns, item::BOARD_COLUMNS);
    assert_eq!(properties["TimeToLiveSpecification"]["AttributeName"], item::EXPIRES_AT);
    assert_eq!(properties["StreamSpecification"]["StreamViewType"], "NEW_IMAGE");
    let types: BTreeSet<_> = properties["AttributeDefinitions"]
        .as_sequence()
        .expect("attributes")
        .iter()
        .map(|a| {
            (
                a["AttributeName"].as_str().expect("a name"),
                a["AttributeType"].as_str().expect("a type"),
            )
        })
        .collect();
    let needed = [
        (item::PK, "S"),
        (item::SK, "S"),
        (item::DUE_SHARD, "S"),
        (item::DUE_AT, "N"),
        (item::BOARD, "S"),
        (item::CAPTURED_AT, "N"),
    ];
    assert_eq!(types, BTreeSet::from(needed));
    assert_eq!(keys(&resource("KeysTable")["Properties"]), [(item::PK, "HASH")]);
}

#[test]
fn every_setting_the_functions_need_is_given_to_them() {
    let text = fs::read_to_string(root().join("infra/template.yaml")).expect("the template reads");
    let template: Value = serde_norway::from_str(&text).expect("the template parses");
    let shared = template["Globals"]["Function"]["Environment"]["Variables"]
        .as_mapping()
        .expect("variables")
        .clone();
    let own = resource("Nurture")["Properties"]["Environment"]["Variables"]
        .as_mapping()
        .expect("variables")
        .clone();
    let given: BTreeSet<_> = shared
        .keys()
        .chain(own.keys())
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    let config = fs::read_to_string(root().join("shared/adapters/src/config.rs")).expect("config.rs reads");
    let read: BTreeSet<_> = config
        .split('"')
        .filter(|word| word.starts_with("PISTE_"))
        .map(str::to_owned)
        .collect();
    assert_eq!(given, read);
}

#[test]
fn the_stream_wakes_nurture_by_the_mark_that_the_store_sets() {
    let filter =
        &resource("Nurture")["Properties"]["Events"]["Wake"]["Properties"]["FilterCriteria"]["Filters"][0]["Pattern"];
    let expected = format!(
        "{{\"dynamodb\":{{\"NewImage\":{{\"{}\":{{\"BOOL\":[true]}}}}}}}}",
        item::WAKE
    );
    assert_eq!(filter.as_str(), Some(expected.as_str()));
}

/// R72: what is logged is not kept for ever; the archive of what left and who opted out outlives every backup, and no more.
#[test]
fn r72_every_log_has_an_end() {
    let all = resources();
    let groups = all
        .iter()
        .filter(|(_, resource)| resource["Type"] == "AWS::Logs::LogGroup");
    let days: Vec<_> = groups
        .map(|(name, group)| (name, group["Properties"]["RetentionInDays"].as_u64()))
        .collect();
    assert!(days.len() >= 6, "one for each function");
    for (name, days) in days {
        assert!(days.is_some_and(|days| (30..=60).contains(&days)), "{name}: {days:?}");
    }
}

/// R75: in the EU unless somebody says otherwise.
#[test]
fn r75_the_region_that_is_proposed_is_in_the_eu() {
    let text = fs::read_to_string(root().join("infra/samconfig.toml.example")).expect("the example reads");
    let regions: Vec<_> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("region"))
        .collect();
    assert!(!regions.is_empty());
    assert!(regions.iter().all(|region| region.contains("\"eu-")), "{regions:?}");
}
