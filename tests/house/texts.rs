//! Texts in two languages are tables, and dates are written in one place: adding a language is adding a column.

use std::collections::BTreeSet;

use crate::tidy::{is_test, sources};

/// The product's own lines, with their file: neither tests nor the kit, which holds the macro and the formats.
fn lines() -> impl Iterator<Item = (String, String)> {
    let product = |name: &str| {
        ["functions/", "infra/", "shared/"]
            .iter()
            .any(|room| name.starts_with(room))
    };
    sources()
        .filter(move |(name, _)| product(name) && !is_test(name) && !name.starts_with("shared/domain/src/kit/"))
        .flat_map(|(name, text)| {
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            let lines: Vec<_> = code.lines().map(str::to_owned).collect();
            lines.into_iter().map(move |line| (name.clone(), line))
        })
}

#[track_caller]
fn nowhere(found: BTreeSet<String>, why: &str) {
    assert!(found.is_empty(), "{why}: {found:?}");
}

#[test]
fn texts_stand_in_tables_with_all_languages_side_by_side() {
    let by_hand = ["locale.pick(", "== \"fr\"", "Locale::Fr =>"];
    let found = lines().filter(|(_, line)| by_hand.iter().any(|one| line.contains(one)));
    nowhere(
        found.map(|(name, _)| name).collect(),
        "write these texts in a `texts!` table (see kit/texts.rs)",
    );
}

#[test]
fn dates_and_times_for_people_are_written_by_the_kit() {
    let for_machines = ["strftime(\"%Y-%m-%d\")", "strftime(\"%Y-%m-%dT%H:%M:%S%:z\")"];
    let found = lines()
        // What a stand-in answers is for programs alone.
        .filter(|(name, _)| !name.starts_with("infra/stand-ins/"))
        .filter(|(_, line)| line.contains("strftime(") && !for_machines.iter().any(|format| line.contains(format)));
    nowhere(
        found.map(|(name, _)| name).collect(),
        "kit/format.rs writes dates for people",
    );
}
