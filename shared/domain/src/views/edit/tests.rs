use super::*;
use crate::samples::{DEMO, Story, catalog, days, edited, guide, hours};

/// The demo campaign's words of consent.
fn words(_: &str) -> Option<String> {
    let line = DEMO.lines().find(|line| line.starts_with("label = { fr = \"J’accepte"));
    Some(line.expect("the box's words").to_owned())
}

/// What the edit does to somebody who confirmed on a Monday and has had the first of four emails.
fn done_by(edits: &[(&str, &str)]) -> Vec<Change> {
    let mut story = Story::confirmed();
    story.run(story.now + days(2) + hours(3));
    let new = catalog([edited(edits)]);
    let mut edit = Edit::of(&guide(), &story.catalog, &new, story.now).expect("a campaign");
    edit.look(story.lead(), words);
    assert!(edit.people.values().all(|people| *people == 1));
    edit.people.into_keys().collect()
}

fn step(step: &str) -> (String, String) {
    ("nurture".to_owned(), step.to_owned())
}

fn moved((sequence, step): (String, String)) -> Change {
    Change::MailMoved { sequence, step }
}

fn dropped((sequence, step): (String, String)) -> Change {
    Change::MailDropped { sequence, step }
}

const DAY_9: &str = "[[sequences.steps]]\nid = \"day-9\"";

#[test]
fn an_edit_is_told_by_what_it_does_to_whoever_is_in_the_middle() {
    assert_eq!(done_by(&[]), []);
    assert_eq!(
        done_by(&[("fr = \"Recevoir le guide\"", "fr = \"Je le veux\"")]),
        [],
        "other words elsewhere"
    );
    assert_eq!(
        done_by(&[("delay = \"P5D\"", "delay = \"P3D\"")]),
        [moved(step("day-5"))]
    );
    // A step renamed is another email: the one does not leave, the other does.
    let renamed = done_by(&[("id = \"day-9\"", "id = \"tips-9\"")]);
    let (sequence, other) = step("tips-9");
    let added = Change::MailAdded { sequence, step: other };
    assert_eq!(renamed, [dropped(step("day-9")), added.clone()]);
    // One put in beside it is one more than the four of the words.
    let one_more =
        DAY_9.replace("day-9", "tips-9") + "\ndelay = \"P8D\"\nclass = \"nurture\"\ntemplate = \"day-9\"\n\n" + DAY_9;
    let promised = Change::MoreThanPromised {
        version: "2026-11".into(),
        promised: 4,
    };
    let told = done_by(&[(DAY_9, &one_more)]);
    assert!(told.contains(&promised) && told.contains(&added), "{told:?}");
    // A sequence under another name: nobody moves into it.
    let gone = Change::SequenceGone {
        sequence: "nurture".into(),
        renamed: Some("advice".into()),
    };
    assert_eq!(done_by(&[("id = \"nurture\"", "id = \"advice\"")]), [gone]);
    // The words of a version somebody agreed to.
    let reworded = Change::WordingChanged {
        version: "2026-11".into(),
        language: Locale::Fr,
    };
    let words = ("par e-mail quatre messages", "par e-mail cinq messages");
    assert_eq!(done_by(&[words]), std::slice::from_ref(&reworded));
    assert_eq!(reworded.level(), Level::Error);
    let with_version = ("version = \"2026-11\"\nlabel", "version = \"2026-12\"\nlabel");
    let announced = ("wordings = [\"2026-11\"]", "wordings = [\"2026-11\", \"2026-12\"]");
    assert_eq!(
        done_by(&[words, with_version, announced]),
        [],
        "with a version of their own"
    );
    assert_eq!(
        done_by(&[("retention = \"P3Y\"", "retention = \"P1D\"")]),
        [Change::ErasedAtOnce]
    );
    let shorter = done_by(&[("retention = \"P3Y\"", "retention = \"P8D\"")]);
    assert_eq!(
        shorter,
        [dropped(step("day-14")), dropped(step("day-9"))],
        "erased before they would leave"
    );
}

#[test]
fn a_wording_promises_what_it_names() {
    for (words, promised) in [
        ("I agree to four e-mails of advice.", Some(4)),
        ("J’accepte de recevoir quatre messages de conseils SEO", Some(4)),
        ("Recevez nos 5 meilleurs e-mails", Some(5)),
        ("dix-sept courriels", Some(17)),
        ("two useful emails, then nothing", Some(2)),
        ("Recevez deux e-mails par mois", None),
        ("2 emails a month", None),
        ("J’accepte de recevoir la newsletter", None),
        ("Nos 3 agences vous écrivent, sans engagement, des e-mails", None),
        ("", None),
    ] {
        assert_eq!(number_of_mails(words), promised, "{words}");
    }
}
