//! Rules that no compiler knows.

use std::fs;

use piste_tests::binaries::root;
use piste_tests::documents::files;

pub fn sources() -> impl Iterator<Item = (String, String)> {
    files().into_iter().filter(|(name, _)| name.ends_with(".rs"))
}

/// Whether a source is a test by its name: `tests.rs`, or anything below a folder `tests`.
pub fn is_test(name: &str) -> bool {
    name.ends_with("/tests.rs") || name.starts_with("tests/") || name.contains("/tests/")
}

/// Fails with every line of `files` in which a forbidden text stands.
#[track_caller]
fn refuse(files: impl Iterator<Item = (String, String)>, forbidden: &[&str], why: &str) {
    let mut found = Vec::new();
    for (name, text) in files {
        for (number, line) in text.lines().enumerate() {
            found.extend(
                forbidden
                    .iter()
                    .filter(|word| line.contains(**word))
                    .map(|word| format!("{name}:{}: {word}", number + 1)),
            );
        }
    }
    assert!(found.is_empty(), "{why}:\n{}", found.join("\n"));
}

#[test]
fn the_domain_touches_no_world() {
    let domain = || sources().filter(|(name, _)| name.starts_with("shared/domain/"));
    let world = [
        "std::env",
        "std::fs",
        "std::net",
        "SystemTime",
        "Instant::",
        "std::thread",
        "async fn",
        ".await",
        "HashMap",
    ];
    refuse(domain(), &world, "rules take what they need as arguments");
    let manifest = fs::read_to_string(root().join("shared/domain/Cargo.toml")).expect("the manifest reads");
    for crate_name in ["tokio", "aws-", "lambda_", "getrandom", "futures", "http"] {
        assert!(
            !manifest.lines().any(|line| line.starts_with(crate_name)),
            "{crate_name} has no place in the domain"
        );
    }
}

#[test]
fn functions_know_no_sdk_and_no_other_function() {
    let functions = || sources().filter(|(name, _)| name.starts_with("functions/"));
    refuse(
        functions(),
        &["aws_sdk_", "aws_smithy", "std::env"],
        "functions speak to the store and the mailer of shared/adapters",
    );
    for (name, text) in functions() {
        let own = name.split('/').nth(1).expect("a function's folder").to_owned();
        for other in ["capture", "consent", "nurture", "feedback", "console", "trigger"]
            .iter()
            .filter(|other| **other != own)
        {
            assert!(
                !text.contains(&format!("piste_{other}::")),
                "{name} uses the function {other}"
            );
        }
        if name.ends_with("main.rs") {
            assert!(text.lines().count() <= 30, "{name} wires, and nothing else");
        }
    }
}

#[test]
fn r28_time_chance_and_environment_are_read_in_one_file_each() {
    let elsewhere = |home: &'static str| sources().filter(move |(name, _)| name != home && !name.starts_with("tests/"));
    // The runtime's own instants are virtual time wherever tests and the simulation say so.
    let but_virtual = |(name, text): (String, String)| (name, text.replace("tokio::time::Instant::now", ""));
    refuse(
        elsewhere("shared/adapters/src/clock.rs").map(but_virtual),
        &["SystemTime::now", "Instant::now", "getrandom::"],
        "clock.rs is the place",
    );
    refuse(
        elsewhere("shared/adapters/src/config.rs"),
        &["env::var("],
        "config.rs is the place",
    );
}

#[test]
fn a_test_file_has_the_name_of_one() {
    let mut found = Vec::new();
    for (name, text) in sources().filter(|(name, _)| !is_test(name)) {
        let lines: Vec<_> = text.lines().map(str::trim).collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| **line == "#[cfg(test)]") {
            let path = lines[at + 1].strip_prefix("#[path = \"");
            let module = lines[at + 1 + usize::from(path.is_some())];
            let is_file = module.contains("mod ") && module.ends_with(';');
            if is_file && !module.ends_with("mod tests;") && !path.is_some_and(is_test) {
                found.push(format!("{name}: {line} {module}"));
            }
        }
    }
    assert!(
        found.is_empty(),
        "test files lie under `tests/` or are `tests.rs`:\n{}",
        found.join("\n")
    );
}

#[test]
fn nothing_is_left_undone_or_switched_off() {
    let marks = [
        concat!("#[", "ignore"),
        concat!("to", "do!("),
        concat!("unimpl", "emented!("),
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
    ];
    refuse(sources(), &marks, "done means done");
}

#[test]
fn no_path_of_a_machine_is_written_down() {
    let homes = [
        concat!("/ro", "ot/"),
        concat!("/wo", "rk/"),
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
    ];
    refuse(
        files().into_iter(),
        &homes,
        "a path of one machine means nothing on another",
    );
}

#[test]
fn the_outdated_network_stack_stays_out() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).expect("Cargo.lock is committed");
    for (name, version) in [
        ("rustls", "0.21"),
        ("hyper", "0.14"),
        ("h2", "0.3"),
        ("aws-lc-sys", ""),
        ("openssl-sys", ""),
    ] {
        let found = lock.split("[[package]]").any(|package| {
            package.contains(&format!("name = \"{name}\"\n")) && package.contains(&format!("version = \"{version}"))
        });
        assert!(
            !found,
            "{name} {version} is in Cargo.lock: some crate has its default features on"
        );
    }
}

/// The documents in French.
const FRENCH_PAGES: [&str; 11] = [
    "docs/LISEZMOI.md",
    "docs/assistants-ia.md",
    "docs/campagnes.md",
    "docs/commandes.md",
    "docs/cout.md",
    "docs/declencheurs.md",
    "docs/deploiement.md",
    "docs/journaux.md",
    "docs/suivi.md",
    "docs/transmettre.md",
    "docs/utilisateurs.md",
];

/// French typography: a no-break space (narrow before `;`, `!`, `?`) instead of a plain one, and the curved apostrophe.
#[test]
fn french_texts_are_set_as_french() {
    let french = |line: &str| line.chars().any(|c| "éèêàçùîôœ’«".contains(c));
    let wide = ["\u{a0};", "\u{a0}!", "\u{a0}?", "\\u{a0};", "\\u{a0}!", "\\u{a0}?"];
    let mut found = Vec::new();
    for (name, text) in files() {
        let page = FRENCH_PAGES.contains(&name.as_str());
        let kept = ["functions/", "shared/", "infra/"]
            .iter()
            .any(|room| name.starts_with(room));
        let read = [".rs", ".md", ".toml"].iter().any(|end| name.ends_with(end));
        if !page && (!kept || is_test(&name) || !read) {
            continue;
        }
        // Tests hold broken texts on purpose.
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let mut example = false;
        for (number, line) in text.lines().enumerate() {
            example ^= page && line.starts_with("```");
            if example || !french(line) {
                continue;
            }
            let line = line.replace(" ![", " [");
            let comment = line.trim_start().starts_with("//") || line.trim_start().starts_with('#');
            let spaced = [" ;", " :", " !", " ?", " »", "« "]
                .iter()
                .any(|wrong| line.contains(wrong) && !line.contains("::"))
                || wide.iter().any(|wrong| line.contains(wrong));
            let straight = line.match_indices('\'').any(|(at, _)| {
                let before = line[..at].chars().next_back();
                let after = line[at + 1..].chars().next();
                before.is_some_and(char::is_alphabetic) && after.is_some_and(|c| "aeiouyéèêàâîôh".contains(c))
            });
            let code = name.ends_with(".rs") && !line.contains('"');
            if !comment && !code && (spaced || (straight && !line.contains("&'"))) {
                found.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "French typography:\n{}", found.join("\n"));
}
