//! Figures and names in the documents are those of the deployment template.

use std::fs;

use piste_tests::binaries::root;

use crate::template::resources;

fn document(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_alarm_has_a_paragraph_in_both_languages() {
    for guide in ["docs/deploy.md", "docs/deploiement.md"] {
        let guide_text = document(guide);
        for (name, _) in resources()
            .iter()
            .filter(|(_, r)| r["Type"] == "AWS::CloudWatch::Alarm")
        {
            let paragraphs = guide_text.lines().filter(|line| line.starts_with("- **"));
            let named = paragraphs.filter(|line| line.contains(&format!("**{name}"))).count();
            assert_eq!(named, 1, "{guide}: what to do when {name} rings");
        }
    }
}

/// Alarms are the largest part of a quiet month's bill, so they are counted for the reader.
#[test]
fn alarms_and_their_metrics_are_counted_in_the_costs() {
    let resources = resources();
    let alarms: Vec<_> = resources
        .iter()
        .filter(|(_, resource)| resource["Type"] == "AWS::CloudWatch::Alarm")
        .map(|(_, alarm)| alarm["Properties"]["Metrics"].as_sequence())
        .collect();
    // A sum over metrics is itself no metric that is paid for.
    let metrics: usize = alarms.iter().map(|sum| sum.map_or(1, |list| list.len() - 1)).sum();
    let check = |name: &str, told: String| assert!(document(name).contains(&told), "{name} does not say: {told}");
    check("README.md", format!("{} alarms on {metrics} metrics", alarms.len()));
    check(
        "docs/cost.md",
        format!("{} alarms watch {metrics} metrics", alarms.len()),
    );
    check(
        "docs/LISEZMOI.md",
        format!("{} alarmes sur {metrics} métriques", alarms.len()),
    );
    check(
        "docs/cout.md",
        format!("{} alarmes surveillent {metrics} métriques", alarms.len()),
    );
}
