//! The rooms of the domain: who may import whom, and how long a file may be.

use std::collections::{BTreeMap, BTreeSet};

use crate::tidy::sources;

const ROOT: &str = "shared/domain/src/";
/// The rooms, each importing only from those before it.
const ROOMS: [&str; 5] = ["kit", "campaign", "lead", "rules", "views"];

/// Lines of a file at most; a rule is shorter.
const LINES_MAX: usize = 600;
const RULE_LINES_MAX: usize = 400;

/// The product files of the domain by module path (`rules::sales::owners`), with what is compiled outside tests alone.
fn modules() -> BTreeMap<String, String> {
    sources()
        .filter_map(|(name, text)| {
            let path = name.strip_prefix(ROOT)?.strip_suffix(".rs")?;
            let path = path.strip_suffix("/mod").unwrap_or(path);
            let is_test = path.split('/').any(|part| part == "tests");
            let product = text
                .split("#[cfg(test)]\nmod tests {")
                .next()
                .unwrap_or_default()
                .to_owned();
            (path != "lib" && !is_test).then(|| (path.replace('/', "::"), product))
        })
        .collect()
}

/// The modules that a text imports from this crate, as far as files go: `crate::lead::case::Case` is `lead::case`.
fn imports(text: &str, modules: &BTreeMap<String, String>) -> BTreeSet<String> {
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join(" ");
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
            .unwrap_or(rest.len());
        let stem = rest[..end].trim_end_matches(':');
        // A list after the stem names modules or items of it: `crate::rules::{plan, sales::act}`.
        let listed = rest[end..].strip_prefix('{').and_then(|list| list.split('}').next());
        let names = listed.map_or_else(Vec::new, |list| list.split(',').map(str::trim).collect());
        let paths = names
            .iter()
            .map(|name| format!("{stem}::{name}"))
            .chain([stem.to_owned()]);
        for path in paths {
            let mut parts: Vec<&str> = path.split("::").collect();
            while !parts.is_empty() && !modules.contains_key(&parts.join("::")) {
                parts.pop();
            }
            if !parts.is_empty() {
                found.insert(parts.join("::"));
            }
        }
    }
    found
}

/// Every import between two files, parent and child of one module left out: they are one thing in several files.
fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let modules = modules();
    let kin = |a: &str, b: &str| a == b || a.starts_with(&format!("{b}::")) || b.starts_with(&format!("{a}::"));
    modules
        .iter()
        .map(|(from, text)| {
            let to = imports(text, &modules).into_iter().filter(|to| !kin(from, to));
            (from.clone(), to.collect())
        })
        .collect()
}

fn room(module: &str) -> usize {
    let first = module.split("::").next().unwrap_or_default();
    let place = ROOMS.iter().position(|room| *room == first);
    place.unwrap_or_else(|| panic!("{module} lies in no room: kit, campaign, lead, rules or views"))
}

#[test]
fn each_room_imports_only_from_those_before_it() {
    let arrows = arrows();
    assert!(arrows.len() > 60, "the domain is found: {} files", arrows.len());
    assert!(
        arrows.values().map(BTreeSet::len).sum::<usize>() > 250,
        "its imports are found"
    );
    let upward: Vec<String> = arrows
        .iter()
        .flat_map(|(from, all)| all.iter().map(move |to| (from, to)))
        .filter(|(from, to)| room(to) > room(from))
        .map(|(from, to)| format!("{from} imports {to}"))
        .collect();
    assert!(upward.is_empty(), "upward:\n{}", upward.join("\n"));
    // The crate's own re-exports would hide where a name comes from.
    let reexported = modules()
        .into_iter()
        .filter(|(_, text)| imports_root(text))
        .map(|(name, _)| name)
        .collect::<Vec<_>>();
    assert!(
        reexported.is_empty(),
        "import from the room, not from the crate's root: {reexported:?}"
    );
}

/// Whether a text imports a name from the crate's root: `use crate::Lead` or `use crate::{…}`.
fn imports_root(text: &str) -> bool {
    let uses = text
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("use crate::"));
    uses.into_iter()
        .any(|rest| rest.starts_with(|c: char| c.is_uppercase() || c == '{'))
}

#[test]
fn no_files_of_the_domain_import_each_other_in_a_circle() {
    let arrows = arrows();
    // What a file reaches; a file that reaches itself stands in a circle.
    let reach = |from: &str| {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut next: Vec<&str> = arrows[from].iter().map(String::as_str).collect();
        while let Some(module) = next.pop() {
            if seen.insert(module) {
                next.extend(arrows[module].iter().map(String::as_str));
            }
        }
        seen
    };
    let circles: Vec<String> = arrows
        .keys()
        .filter(|module| reach(module).contains(module.as_str()))
        .map(|module| {
            let back = arrows[module].iter().filter(|to| reach(to).contains(module.as_str()));
            format!("{module} -> {}", back.cloned().collect::<Vec<_>>().join(", "))
        })
        .collect();
    assert!(circles.is_empty(), "in a circle:\n{}", circles.join("\n"));
}

#[test]
fn no_file_of_the_domain_is_too_long_to_read() {
    let long: Vec<String> = modules()
        .into_iter()
        .map(|(name, text)| (text.lines().count(), name))
        .filter(|(lines, name)| {
            *lines
                > if name.starts_with("rules::") {
                    RULE_LINES_MAX
                } else {
                    LINES_MAX
                }
        })
        .map(|(lines, name)| format!("{name}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "cut along its seams:\n{}", long.join("\n"));
}

#[test]
fn the_state_of_a_ledger_entry_changes_in_the_ledger_alone() {
    let text = modules().remove("lead::ledger").expect("the ledger");
    let entry = text
        .split("pub struct LedgerEntry {")
        .nth(1)
        .expect("an entry")
        .split("\n}")
        .next()
        .expect("its fields");
    for field in ["state", "at", "attempts", "refused"] {
        assert!(
            entry.contains(&format!("\n    {field}: ")) && !entry.contains(&format!("pub {field}:")),
            "{field} of an entry is private"
        );
    }
    let ledger = text
        .split("pub struct Ledger")
        .nth(1)
        .expect("the ledger")
        .split(';')
        .next()
        .expect("its list");
    assert!(!ledger.contains("pub"), "the list of entries is private: {ledger}");
}
