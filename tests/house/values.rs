//! The tables of the documents that say how answers are read say what the code does, in both languages alike.

use std::fs;

use piste_domain::Email;
use piste_domain::kit::phone::Phone;
use piste_domain::kit::read::boxes::Tick;
use piste_domain::kit::read::{amount, boxes, date, web};
use piste_tests::binaries::root;

/// The rows of the table under a heading: type, what is written, what is stored.
fn rows(document: &str, heading: &str) -> Vec<[String; 3]> {
    let text = fs::read_to_string(root().join(document)).unwrap_or_else(|error| panic!("{document}: {error}"));
    let section = text.split(&format!("### {heading}\n")).nth(1).expect("the section");
    let section = section.split("\n### ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let cells = |line: &str| {
        let mut cells = line
            .trim_matches('|')
            .split(" | ")
            .map(|cell| cell.trim().trim_matches('`').to_owned());
        [(); 3].map(|()| cells.next().expect("three cells"))
    };
    rows.map(cells).collect()
}

fn stored(kind: &str, written: &str) -> Option<String> {
    match kind {
        "number" => amount::read(written, Some("EUR")),
        "phone" => Phone::read(written, "FR").map(|(phone, _)| phone.expose().to_owned()),
        "email" => Email::read(written).ok().map(|email| email.expose().to_owned()),
        "date" => date::read(written).map(|day| day.to_string()),
        "url" => web::read(written),
        "consent" => match boxes::read([written], std::iter::empty()) {
            Tick::Yes(_) => Some("ticked".to_owned()),
            Tick::No => Some("not ticked".to_owned()),
            Tick::Unclear(_) => None,
        },
        kind => panic!("{kind}: no type of this table"),
    }
}

#[test]
fn the_tables_of_answers_are_what_the_code_does() {
    let english = rows("docs/campaigns.md", "How answers are read");
    let french = rows("docs/campagnes.md", "Comment les réponses sont lues");
    assert!(english.len() > 30, "{english:?}");
    for [kind, written, told] in &english {
        let stored = stored(kind, written).unwrap_or_else(|| "not read".to_owned());
        assert_eq!(&stored, told, "{kind}: {written}");
    }
    let words = [
        ("non lu", "not read"),
        ("cochée", "ticked"),
        ("non cochée", "not ticked"),
    ];
    let translated = french.into_iter().map(|[kind, written, told]| {
        let english = words
            .iter()
            .find(|(french, _)| *french == told)
            .map(|(_, english)| (*english).to_owned());
        [kind, written, english.unwrap_or(told)]
    });
    assert_eq!(translated.collect::<Vec<_>>(), english);
}
