//! The face of the project to strangers: workflows, forms, the release script.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use piste_tests::binaries::root;
use serde_norway::Value;

fn yaml(path: &str) -> Value {
    let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_norway::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The YAML files of a folder, by path from the root.
fn yamls(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).expect("a folder").flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let found: Vec<_> = names
        .filter(|name| name.ends_with(".yml"))
        .map(|name| format!("{folder}/{name}"))
        .collect();
    assert!(!found.is_empty(), "{folder} has no YAML");
    found
}

fn list(value: &Value) -> &[Value] {
    value.as_sequence().map(Vec::as_slice).unwrap_or_default()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value:?}"))
}

/// The stages that `.ci/run` knows, and those that it runs when it is not told which.
fn stages() -> (BTreeSet<String>, BTreeSet<String>) {
    let script = fs::read_to_string(root().join(".ci/run")).expect(".ci/run");
    let functions = script.lines().filter_map(|line| line.strip_prefix("stage_"));
    let known = functions
        .map(|line| line.split('(').next().expect("a name").to_owned())
        .collect();
    let all = script
        .lines()
        .find_map(|line| line.strip_prefix("[ $# -gt 0 ] || set -- "));
    let all = all
        .expect("the line with all stages")
        .split(' ')
        .map(str::to_owned)
        .collect();
    (known, all)
}

/// The stages that the jobs of a workflow run.
fn run_by(path: &str) -> BTreeSet<String> {
    let workflow = yaml(path);
    let mut found = BTreeSet::new();
    for (name, job) in workflow["jobs"].as_mapping().expect("jobs") {
        let runs = list(&job["steps"]).iter().filter_map(|step| step["run"].as_str());
        let stages: Vec<_> = runs.map(|run| run.strip_prefix(".ci/run ").unwrap_or("")).collect();
        assert!(!stages.is_empty(), "{path}: {name:?} runs nothing");
        for stage in stages {
            match stage {
                "${{ matrix.stage }}" => {
                    let matrix = list(&job["strategy"]["matrix"]["stage"]).iter();
                    found.extend(matrix.map(|stage| stage.as_str().expect("a stage").to_owned()));
                }
                stage => {
                    found.insert(stage.to_owned());
                }
            }
        }
    }
    found
}

#[test]
fn every_job_runs_a_stage_and_every_stage_has_a_job() {
    let (known, all) = stages();
    assert_eq!(run_by(".github/workflows/check.yml"), all);
    let run: BTreeSet<_> = yamls(".github/workflows")
        .iter()
        .flat_map(|path| run_by(path))
        .collect();
    assert_eq!(run, known);
}

/// R120: a crate comes from crates.io with its checksum or not at all, each change is checked for licences and sources, each week for
/// advisories, and what is installed to check is pinned.
#[test]
fn r120_dependencies_are_locked_and_looked_after() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let lock = read("Cargo.lock");
    let mut foreign = 0;
    for package in lock.split("[[package]]").skip(1) {
        // Our own crates have no source.
        let Some(source) = package.lines().find(|line| line.starts_with("source = ")) else {
            assert!(package.contains("name = \"piste-"), "{package}");
            continue;
        };
        assert_eq!(
            source, "source = \"registry+https://github.com/rust-lang/crates.io-index\"",
            "{package}"
        );
        let checksum = package.lines().find_map(|line| line.strip_prefix("checksum = "));
        assert_eq!(checksum.map(|sum| sum.trim_matches('"').len()), Some(64), "{package}");
        foreign += 1;
    }
    assert!(foreign > 100, "{foreign}");
    let rules = read("deny.toml");
    for rule in [
        "unknown-registry = \"deny\"",
        "unknown-git = \"deny\"",
        "yanked = \"deny\"",
        "wildcards = \"deny\"",
    ] {
        assert!(rules.lines().any(|line| line == rule), "deny.toml: {rule}");
    }
    assert!(run_by(".github/workflows/check.yml").contains("dependencies"));
    assert!(run_by(".github/workflows/advisories.yml").contains("advisories"));
    assert!(list(&yaml(".github/workflows/advisories.yml")["on"]["schedule"])[0]["cron"].is_string());
    let installs = read(".ci/run");
    for line in installs
        .lines()
        .filter(|line| line.contains("cargo install ") || line.contains("pip\" install "))
    {
        assert!(
            line.contains(" --version ") && line.contains(" --locked ") || line.contains("=="),
            "{line}"
        );
    }
}

#[test]
fn actions_are_pinned_to_a_commit_and_may_only_read() {
    for path in yamls(".github/workflows") {
        let workflow = yaml(&path);
        assert_eq!(text(&workflow["permissions"], "contents"), "read", "{path}");
        for (_, job) in workflow["jobs"].as_mapping().expect("jobs") {
            // Files are put onto a release's page; nothing else writes.
            let more = &job["permissions"];
            assert!(more.is_null() || path.ends_with("/release.yml"), "{path}: {more:?}");
            for action in list(&job["steps"]).iter().filter_map(|step| step["uses"].as_str()) {
                let commit = action.split_once('@').expect("a version").1;
                assert!(
                    commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()),
                    "{path}: {action}"
                );
            }
        }
    }
}

#[test]
fn dependabot_looks_where_there_are_manifests_and_waits() {
    let dependabot = yaml(".github/dependabot.yml");
    for update in list(&dependabot["updates"]) {
        let manifest = match text(update, "package-ecosystem") {
            "cargo" => "Cargo.toml",
            "npm" => "package.json",
            "github-actions" => ".github/workflows",
            other => panic!("{other}: where are its manifests?"),
        };
        let folder = root().join(text(update, "directory").trim_start_matches('/'));
        assert!(folder.join(manifest).exists(), "{}", folder.display());
        assert_eq!(text(&update["schedule"], "interval"), "monthly");
        assert!(
            update["cooldown"]["default-days"]
                .as_u64()
                .is_some_and(|days| days >= 7)
        );
    }
}

/// GitHub's schema of issue forms, as far as ours go.
#[test]
fn issue_forms_are_what_github_reads() {
    for path in yamls(".github/ISSUE_TEMPLATE") {
        if path.ends_with("config.yml") {
            continue;
        }
        let form = yaml(&path);
        assert!(
            !text(&form, "name").is_empty() && !text(&form, "description").is_empty(),
            "{path}"
        );
        let mut ids = BTreeSet::new();
        for part in list(&form["body"]) {
            let kind = text(part, "type");
            let attributes = &part["attributes"];
            match kind {
                "markdown" => assert!(!text(attributes, "value").is_empty()),
                "input" | "textarea" | "dropdown" => {
                    assert!(!text(attributes, "label").is_empty());
                    assert!(ids.insert(text(part, "id").to_owned()), "{path}: an id comes twice");
                    assert!(kind != "dropdown" || list(&attributes["options"]).len() > 1, "{path}");
                }
                other => panic!("{path}: {other}"),
            }
        }
        assert!(!ids.is_empty(), "{path} asks nothing");
    }
}

// ---- the release script, in a repository of its own ----

struct Repository(tempfile::TempDir);

impl Repository {
    fn new(version: &str, changelog: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        };
        write("Cargo.toml", &format!("[workspace.package]\nversion = \"{version}\"\n"));
        write("CHANGELOG.md", changelog);
        fs::create_dir_all(folder.path().join(".ci")).expect("a folder");
        fs::copy(root().join(".ci/release"), folder.path().join(".ci/release")).expect("the script");
        let repository = Self(folder);
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.git(&["add", "--all"]);
        repository.git(&["commit", "--quiet", "--message=First"]);
        repository
    }

    fn run(&self, program: impl AsRef<Path>, arguments: &[&str]) -> Output {
        let mut command = Command::new(program.as_ref());
        command.current_dir(self.0.path()).args(arguments);
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Test");
            command.env(format!("GIT_{who}_EMAIL"), "test@example.com");
        }
        command.output().expect("the program runs")
    }

    #[track_caller]
    fn git(&self, arguments: &[&str]) -> String {
        let output = self.run("git", arguments);
        assert!(output.status.success(), "git {arguments:?}: {output:?}");
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    /// Whether it succeeded, and all that it said.
    fn release(&self, arguments: &[&str]) -> (bool, String) {
        let output = self.run(self.0.path().join(".ci/release"), arguments);
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).expect("text"))
    }
}

const CHANGELOG: &str = "# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-12-01\n\n### Added\n- A thing.\n\n## [1.1.0] - 2026-11-01\n\n### Added\n- An older thing.\n";

#[test]
fn a_release_is_a_tag_with_its_part_of_the_changelog() {
    let ready = Repository::new("1.2.0", CHANGELOG);
    let (ok, said) = ready.release(&[]);
    assert!(
        ok && said.contains("### Added\n- A thing.") && !said.contains("older"),
        "{said}"
    );
    assert_eq!(ready.git(&["tag"]), "", "it only looked");
    let (ok, said) = ready.release(&["--tag"]);
    assert!(ok && said.contains("git push origin main v1.2.0"), "{said}");
    let message = ready.git(&["for-each-ref", "--format=%(objecttype) %(contents)", "refs/tags/v1.2.0"]);
    assert_eq!(message, "tag Piste 1.2.0\n\n### Added\n- A thing.");
    let (ok, said) = ready.release(&["--tag"]);
    assert!(!ok && said.contains("exists already"), "{said}");
}

#[test]
fn a_release_that_is_not_ready_says_why() {
    let refused = |version: &str, changelog: &str, why: &str| {
        let (ok, said) = Repository::new(version, changelog).release(&["--tag"]);
        assert!(!ok && said.contains(why), "{said}");
    };
    refused("1.3.0", CHANGELOG, "write '## [1.3.0] - YYYY-MM-DD'");
    let waiting = CHANGELOG.replace("[Unreleased]\n", "[Unreleased]\n\n- Not released.\n");
    refused("1.2.0", &waiting, "under Unreleased");
    refused(
        "1.2.0",
        &CHANGELOG.replace("### Added\n- A thing.\n", ""),
        "says nothing about 1.2.0",
    );
    let changed = Repository::new("1.2.0", CHANGELOG);
    fs::write(changed.0.path().join("new"), "").expect("a file");
    let (ok, said) = changed.release(&["--tag"]);
    assert!(!ok && said.contains("uncommitted"), "{said}");
}

/// The version that is built has its heading in the changelog, so that a release needs no other change than a date.
#[test]
fn the_changelog_knows_the_version_that_is_built() {
    let changelog = fs::read_to_string(root().join("CHANGELOG.md")).expect("CHANGELOG.md");
    let heading = format!("\n## [{}] - ", env!("CARGO_PKG_VERSION"));
    assert!(changelog.contains(&heading), "CHANGELOG.md has no{heading}");
}
