//! Log lines: every event in the code is in the table of the code and on both pages, and every alarm of the template
//! counts a metric that some line carries.

use std::collections::BTreeSet;
use std::fs;

use piste_adapters::telemetry::{EVENTS, Level};
use piste_tests::binaries::root;

use crate::template::{plain, resources};
use crate::tidy::sources;

#[test]
fn every_event_is_known_and_written_by_someone() {
    let known: BTreeSet<&str> = EVENTS.iter().map(|event| event.name).collect();
    assert_eq!(known.len(), EVENTS.len(), "each once");
    assert!(EVENTS.is_sorted_by_key(|event| event.name), "in order");
    let product = sources().filter(|(name, _)| !name.starts_with("tests/"));
    let mut written = BTreeSet::new();
    for (name, text) in product {
        if name.ends_with("/telemetry.rs") {
            continue;
        }
        for call in text.split("telemetry::log(").skip(1) {
            let event = call.trim_start().split('"').nth(1).unwrap_or_default();
            if call.trim_start().starts_with('"') {
                assert!(known.contains(event), "{name} logs {event}, which EVENTS does not list");
            }
        }
        written.extend(known.iter().filter(|event| text.contains(&format!("\"{event}\""))));
    }
    written.insert(&"start_failed"); // telemetry's own
    let unused: Vec<_> = known
        .difference(&written.into_iter().copied().collect())
        .copied()
        .collect();
    assert!(unused.is_empty(), "nobody logs {unused:?}");
}

#[test]
fn both_pages_say_of_every_event_what_to_do() {
    for page in ["docs/logs.md", "docs/journaux.md"] {
        let text = fs::read_to_string(root().join(page)).expect("the page reads");
        let rows: Vec<Vec<&str>> = text
            .lines()
            .filter(|line| line.starts_with("| `") && line.matches('|').count() == 6)
            .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
            .collect();
        let expected: Vec<[String; 3]> = EVENTS
            .iter()
            .map(|event| {
                let metric = event.metric.map(|metric| format!("`{metric}`")).unwrap_or_default();
                [format!("`{}`", event.name), event.level.code().to_owned(), metric]
            })
            .collect();
        let told: Vec<_> = rows
            .iter()
            .map(|row| [0, 1, 2].map(|cell| row[cell].to_owned()))
            .collect();
        assert_eq!(told, expected, "{page}");
        assert!(
            rows.iter().all(|row| row[3..].iter().all(|cell| !cell.is_empty())),
            "{page}"
        );
    }
}

#[test]
fn the_dashboard_shows_every_metric_that_lines_carry() {
    let resources = resources();
    let (_, dashboard) = resources
        .iter()
        .find(|(_, resource)| resource["Type"] == "AWS::CloudWatch::Dashboard")
        .expect("a dashboard");
    let body = plain(&dashboard["Properties"]["DashboardBody"])
        .as_str()
        .expect("a text");
    for metric in EVENTS.iter().filter_map(|event| event.metric) {
        assert!(body.contains(&format!("\"{metric}\"")), "{metric}");
    }
}

#[test]
fn every_alarm_counts_a_metric_that_a_line_carries() {
    let counted: BTreeSet<_> = EVENTS.iter().filter_map(|event| event.metric).collect();
    let resources = resources();
    let ours = resources.iter().filter(|(_, resource)| {
        let namespace = serde_norway::to_string(&resource["Properties"]["Namespace"]).unwrap_or_default();
        resource["Type"] == "AWS::CloudWatch::Alarm" && namespace.contains("Piste/")
    });
    let watched: BTreeSet<_> = ours
        .map(|(name, alarm)| {
            alarm["Properties"]["MetricName"]
                .as_str()
                .unwrap_or_else(|| panic!("{name}"))
        })
        .collect();
    assert_eq!(watched, counted);
    let serious = EVENTS.iter().filter(|event| event.metric.is_some());
    assert!(
        serious.clone().all(|event| event.level != Level::Info),
        "nobody is woken by what went well"
    );
    assert!(
        resources
            .iter()
            .all(|(_, resource)| resource["Type"] != "AWS::Logs::MetricFilter"),
        "lines count themselves"
    );
}
