//! Messages as they come in, read: the corpus in `tests/fixtures/replies`, whose file names say how each is to be read, on the day on
//! which they were sent; and any bytes at all.

use std::collections::BTreeMap;
use std::fs;

use jiff::civil::{Date, date};
use piste_adapters::mail::incoming;
use piste_domain::rules::replies::Reading;
use piste_tests::binaries::root;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const TODAY: Date = date(2026, 3, 2);

fn corpus() -> BTreeMap<String, Vec<u8>> {
    let folder = root().join("tests/fixtures/replies");
    let files = fs::read_dir(folder).expect("the corpus");
    files
        .map(|file| {
            let path = file.expect("a file").path();
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, fs::read(path).expect("it reads"))
        })
        .collect()
}

/// How a file's name says that it is read: `reply.…`, `no.…`, `away.<first day back or none>.…`, `automatic.…`, `bounce.…`.
fn expected(name: &str) -> Reading {
    let mut parts = name.split('.');
    match parts.next().expect("a kind") {
        "reply" => Reading::Reply,
        "no" => Reading::OptOut,
        "away" => Reading::OutOfOffice(match parts.next().expect("a day") {
            "none" => None,
            day => Some(day.parse().expect("a day")),
        }),
        "automatic" => Reading::Automatic,
        "bounce" => Reading::Bounce,
        other => panic!("{other} is no kind of message"),
    }
}

#[test]
fn every_message_of_the_corpus_is_read_as_what_it_is() {
    let corpus = corpus();
    assert!(corpus.len() >= 60, "{}", corpus.len());
    let wrong: Vec<String> = corpus
        .iter()
        .filter_map(|(name, raw)| {
            let message = incoming::read(raw).expect("it parses");
            let found = message.read(TODAY);
            (found != expected(name)).then(|| format!("{name}: {found:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is kept is what the person wrote, without what they answer to.
#[test]
fn what_is_kept_of_an_answer_is_the_persons_own() {
    let corpus = corpus();
    let said = |name: &str| {
        incoming::read(&corpus[name])
            .expect("it parses")
            .said()
            .expose()
            .to_owned()
    };
    assert_eq!(
        said("reply.outlook-fr"),
        "Bonjour,\n\nMerci pour le guide. Pouvez-vous me rappeler jeudi matin ? Nous avons deux sites à reprendre.\n\nCordialement,\nCamille Martin\nAcme SARL"
    );
    assert_eq!(
        said("reply.gmail-fr"),
        "Bonjour, votre offre nous intéresse, quel est le tarif pour 200 pages ?"
    );
    assert_eq!(
        said("reply.gmail-en-long-attribution"),
        "Sounds good, please send a quote."
    );
    assert_eq!(
        said("reply.thunderbird-below-the-quote"),
        "Thanks! We would like to start in April."
    );
    assert_eq!(said("reply.apple-mail-fr"), "Parfait, merci.");
    assert_eq!(said("reply.zimbra-fr"), "Bonjour, je suis preneuse d'un devis.");
    assert_eq!(
        said("reply.with-an-attachment"),
        "Notre cahier des charges en pièce jointe."
    );
    assert_eq!(said("reply.latin1-undeclared"), "Très intéressé, à bientôt.");
    for (name, raw) in &corpus {
        let said = incoming::read(raw).expect("it parses").said();
        assert!(!said.expose().contains("unsubscribe?t="), "{name} keeps a link of ours");
    }
}

/// R121: whatever comes in, it is read or left, and nothing breaks.
#[test]
fn r121_no_bytes_break_the_reader() {
    let corpus: Vec<Vec<u8>> = corpus().into_values().collect();
    let read = |raw: &[u8]| {
        if let Some(message) = incoming::read(raw) {
            let _ = (message.read(TODAY), message.said(), incoming::addressed(&message));
            let _ = incoming::Verdicts::of_head(&message).refusal();
            for day in [Date::MIN, Date::MAX, date(2028, 2, 29)] {
                let _ = message.read(day);
            }
        }
    };
    let config = Config {
        failure_persistence: None,
        ..Config::with_cases(3_000)
    };
    let spoiled = (
        prop::sample::select(corpus),
        prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..5_u8), 0..12),
        prop::collection::vec(any::<u8>(), 0..200),
    );
    TestRunner::new(config)
        .run(&spoiled, |(message, changes, noise)| {
            read(&noise);
            let mut message = message;
            for (place, byte, how) in changes {
                let at = place.index(message.len().max(1)).min(message.len());
                match how {
                    0 => message.truncate(at),
                    1 => message.insert(at, byte),
                    2 => message.splice(at..at, noise.clone()).for_each(drop),
                    3 => message.extend_from_within(at..),
                    _ => message.iter_mut().skip(at).take(1).for_each(|old| *old = byte),
                }
            }
            read(&message);
            Ok(())
        })
        .expect("nothing breaks");
}

/// A message in a message in a message: no stack ends there.
#[test]
fn r121_messages_nested_without_end_are_read() {
    for (head, end) in [
        ("Content-Type: message/rfc822\r\n\r\n", ""),
        ("Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n", "--a--\r\n"),
    ] {
        let deep = format!("{}From: a@b.example\r\n\r\nx{}", head.repeat(8_000), end.repeat(8_000));
        let message = incoming::read(deep.as_bytes()).expect("it has a head");
        let _ = message.read(TODAY);
    }
}
