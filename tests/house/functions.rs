//! A function crate is a `main.rs` and the `handle` that it runs, with the keys it needs for that: whatever more somebody needs of it belongs to a shared
//! crate.

use std::process::Command;

use piste_tests::binaries::root;

use crate::tidy::sources;

/// What a crate offers beside `handle` and the parts of the key ring that it reads: nurture what its `main.rs` builds once; the console the description
/// of its API, and for the tests what writes it.
const OFFERED: [(&str, &[&str]); 7] = [
    ("capture", &[]),
    ("consent", &[]),
    ("nurture", &["Nurture", "Events"]),
    ("relay", &["Relay", "Watch"]),
    ("feedback", &[]),
    ("console", &["OPENAPI", "describe"]),
    ("trigger", &[]),
];

fn may_be_used(function: &str, name: &str) -> bool {
    let offered = OFFERED.iter().find(|(known, _)| *known == function);
    ["handle", "KEYS"].contains(&name) || offered.is_some_and(|(_, more)| more.contains(&name))
}

/// The first name in a text: `handle` of `handle(app)`.
fn first_name(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

/// The names that follow each `piste_<function>::`, one or several in braces.
fn used<'a>(text: &'a str, function: &str) -> Vec<&'a str> {
    let uses = text.split(concat!("piste", "_")).skip(1);
    let uses = uses.filter_map(|rest| rest.strip_prefix(function)?.strip_prefix("::"));
    let names = uses.flat_map(|rest| match rest.strip_prefix('{') {
        Some(list) => list.split('}').next().unwrap_or_default().split(',').collect(),
        None => vec![rest],
    });
    names
        .map(|name| first_name(name.trim()))
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn a_function_is_used_for_its_handle_alone() {
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        for (function, _) in OFFERED {
            let used = used(&text, function).into_iter();
            wrong.extend(
                used.filter(|used| !may_be_used(function, used))
                    .map(|used| format!("{name} uses {used} of {function}")),
            );
        }
    }
    assert!(wrong.is_empty(), "functions are no libraries:\n{}", wrong.join("\n"));
}

/// The features of our own crates that are on when this package is built by itself, as `crate feature,feature`.
fn features_on(package: &str) -> Vec<String> {
    let tree = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--locked",
            "--edges",
            "no-dev",
            "--prefix",
            "none",
            "--format",
            "{lib} {f}",
        ])
        .args(["--package", package])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let text = String::from_utf8_lossy(&tree.stdout).replace(" (*)", "");
    let ours = text.lines().map(str::trim).filter(|line| line.starts_with("piste_"));
    ours.filter(|line| line.contains(' ')).map(str::to_owned).collect()
}

#[test]
fn what_is_deployed_has_none_of_the_features_of_tests() {
    for (function, _) in OFFERED {
        let on = features_on(&format!("piste-{function}"));
        assert!(on.is_empty(), "{function} is built with {on:?}");
    }
    let on = features_on("piste-tests");
    for feature in ["piste_console describe", "piste_adapters describe,simulation"] {
        assert!(on.iter().any(|known| known == feature), "{feature}: {on:?}");
    }
}

#[test]
fn a_function_offers_its_handle_alone() {
    let mut wrong = Vec::new();
    for (function, _) in OFFERED {
        let lib = format!("functions/{function}/src/lib.rs");
        let (_, text) = sources()
            .find(|(name, _)| *name == lib)
            .expect("a function has a lib.rs");
        for line in text.lines().filter_map(|line| line.strip_prefix("pub ")) {
            let (kind, rest) = line.trim_start_matches("async ").split_once(' ').unwrap_or_default();
            let name = match kind {
                "use" => first_name(rest.rsplit("::").next().unwrap_or_default()),
                _ => first_name(rest),
            };
            if !may_be_used(function, name) {
                wrong.push(format!("{lib}: pub {line}"));
            }
        }
    }
    assert!(wrong.is_empty(), "functions are no libraries:\n{}", wrong.join("\n"));
}

#[test]
fn a_use_is_seen_in_every_form() {
    let text = concat!(
        "use piste",
        "_nurture::{Events, Pace};\npiste",
        "_nurture::handle(x)\nuse piste",
        "_console::report::Ask;"
    );
    assert_eq!(used(text, "nurture"), ["Events", "Pace", "handle"]);
    assert_eq!(used(text, "console"), ["report"]);
}
