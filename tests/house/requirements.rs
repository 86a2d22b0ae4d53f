//! `docs/requirements.md` says of every requirement where it is proved, and says the truth.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use piste_tests::binaries::root;

use crate::tidy::sources;

/// What stands in a row instead of files while there is nothing to prove.
const NOT_YET: &str = "not yet: ";

/// The requirements that the document covers: `R1-R38, R45` in its line `Covered: …`.
fn covered(document: &str) -> Vec<String> {
    let line = document.lines().find_map(|line| line.strip_prefix("Covered: "));
    let ranges = line.expect("a line `Covered: …`").trim_end_matches('.').split(", ");
    ranges
        .flat_map(|range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let number = |name: &str| name[1..].parse::<u32>().expect("a letter and a number");
            let letter = &first[..1];
            (number(first)..=number(last)).map(move |number| format!("{letter}{number}"))
        })
        .collect()
}

/// The rows of the table: a requirement, and where it is proved.
fn rows(document: &str) -> BTreeMap<String, String> {
    let cells = |line: &str| -> Vec<String> {
        let inner = line.trim().trim_matches('|');
        inner.split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let table = document.lines().filter(|line| line.starts_with("| "));
    let rows = table.map(cells).filter(|cells| is_number(&cells[0]));
    rows.map(|cells| (cells[0].clone(), cells.last().expect("cells").clone()))
        .collect()
}

fn is_number(word: &str) -> bool {
    word.len() > 1 && word.starts_with(['R', 'I', 'M']) && word[1..].bytes().all(|byte| byte.is_ascii_digit())
}

/// The requirements that a source names where it proves them: in the name of a test, in the words above one, or in what
/// the simulation's witness says when a promise is broken.
fn named(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut above: Vec<&str> = Vec::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with("///") {
            above.push(line);
        } else if line.starts_with("#[") {
            is_test |= line.contains("test");
        } else {
            let name = line.trim_start_matches("pub ").trim_start_matches("async ");
            if let Some(name) = name.strip_prefix("fn ") {
                let name = name.split(['(', '<']).next().unwrap_or_default();
                found.extend(name.split('_').map(str::to_uppercase).filter(|word| is_number(word)));
                if is_test {
                    let words = above
                        .iter()
                        .flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric()));
                    found.extend(words.filter(|word| is_number(word)).map(str::to_owned));
                }
            }
            above.clear();
            is_test = false;
        }
        // `format!("I4: …")`, `"r37_m4_…"` of a trial that is named at run time.
        for told in line.split('"').skip(1).step_by(2) {
            let start = told.split([':', ' ']).next().unwrap_or_default();
            if is_number(start) && told.len() > start.len() {
                found.insert(start.to_owned());
            }
            if told.starts_with(['r', 'i', 'm']) {
                let words = told.split('_').map(str::to_uppercase);
                found.extend(words.take_while(|word| is_number(word)));
            }
        }
    }
    found
}

/// The simulation is a proof as a whole: there the words on a part say what it is for.
fn told(text: &str) -> BTreeSet<String> {
    let docs = text
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("///") || line.starts_with("//!"));
    let words = docs.flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric()));
    words.filter(|word| is_number(word)).map(str::to_owned).collect()
}

#[test]
fn every_requirement_is_proved_where_the_document_says() {
    let document = fs::read_to_string(root().join("docs/requirements.md")).expect("docs/requirements.md");
    let proofs: BTreeMap<String, BTreeSet<String>> = sources()
        .filter(|(name, _)| name != "tests/house/requirements.rs")
        .map(|(name, text)| {
            let mut found = named(&text);
            if name.starts_with("tests/simulation/") {
                found.extend(told(&text));
            }
            (name, found)
        })
        .collect();
    let rows = rows(&document);
    let covered = covered(&document);
    let mut wrong = Vec::new();
    for number in &covered {
        let by = proofs.iter().filter(|(_, named)| named.contains(number));
        let by: Vec<_> = by.map(|(name, _)| name.as_str()).collect();
        let Some(row) = rows.get(number) else {
            wrong.push(format!("{number} has no row; it is named in: {}", by.join(", ")));
            continue;
        };
        if row.starts_with(NOT_YET) {
            if !by.is_empty() {
                wrong.push(format!("{number} is proved by now: {}", by.join(", ")));
            }
            continue;
        }
        let told: Vec<_> = row.split(", ").map(|file| file.trim_matches('`')).collect();
        for file in told.iter().filter(|file| !by.contains(file)) {
            wrong.push(format!(
                "{number}: {file} has no test of that name; named in: {}",
                by.join(", ")
            ));
        }
    }
    let known: BTreeSet<_> = covered.iter().collect();
    wrong.extend(
        rows.keys()
            .filter(|number| !known.contains(number))
            .map(|number| format!("{number} is not covered")),
    );
    assert!(wrong.is_empty(), "docs/requirements.md:\n{}", wrong.join("\n"));
}

#[test]
fn a_requirement_is_named_by_a_test_its_words_or_the_witness() {
    let text = "/// R1, I2: so it is.\n#[test]\nfn r3_i4_it_holds() {}\n\n/// R5 is no test.\nfn helper() {}\n\
                fail(format!(\"I6: broken\")); let trial = \"r37_m4_equal\"; let size = \"R77\";\n";
    let expected = ["I2", "I4", "I6", "M4", "R1", "R3", "R37"].map(str::to_owned);
    assert_eq!(named(text), expected.into());
}
