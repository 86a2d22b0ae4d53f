//! Every `curl` of the documents is run, in its order, against a system that has just started, and succeeds.

use std::process::Command;

use piste_tests::binaries::root;
use piste_tests::documents::{commands, files};

use crate::test_app::TestApp;

/// Where `cargo run` listens.
const LOCAL: &str = "http://127.0.0.1:8787";

#[test]
fn every_curl_in_the_documents_gets_an_answer() {
    let mut ran = 0;
    for (name, text) in files().into_iter().filter(|(name, _)| name.ends_with(".md")) {
        let curls = commands(&name, &text, "curl");
        // The clients of docs/triggers.md are scripts, which `triggers.rs` runs as they are.
        let curls: Vec<_> = curls.iter().filter(|curl| !curl.text.contains("$PISTE_URL")).collect();
        if curls.is_empty() {
            continue;
        }
        let app = TestApp::start();
        for curl in curls {
            assert!(
                curl.text.contains(LOCAL),
                "{}: {} leaves this machine",
                curl.place,
                curl.text
            );
            let words = curl.words.iter().map(|word| word.replace(LOCAL, &app.base));
            let output = Command::new("curl")
                .args(["--fail", "--silent", "--show-error"])
                .current_dir(root())
                .args(words)
                .output();
            let output = output.expect("curl is needed: the documents use it");
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(
                output.status.success() && !said.is_empty(),
                "{}: {}: {said}",
                curl.place,
                curl.text
            );
            ran += 1;
        }
    }
    assert!(ran >= 6, "{ran} ran");
}
