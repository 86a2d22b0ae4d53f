use super::*;
use crate::lead::erasure::ErasedBy;
use crate::rules::input;
use crate::samples::{Story, at, days, hours, other};

#[test]
fn a_reason_names_nobody_in_a_report_and_stays_a_reason() {
    let names = ["ana".to_owned(), "lefevre".to_owned(), "durand et fils".to_owned()];
    let check = |text: &str, shown: &str| assert_eq!(nameless(text, &names), shown, "{text}");
    check("budget trop bas", "budget trop bas");
    check("Mme Lefèvre part en retraite", "Mme … part en retraite");
    check("ANA LEFEVRE ne répond plus", "… ne répond plus");
    check("Durand et fils ferme", "… ferme");
    check("ferme : durand ET fils", "ferme : …");
    check("voir ana.lefevre@example.com", "voir …");
    check("rappelé au 06 12 34 56 78, absent", "rappelé au … absent");
    check("+33 (0)6-12-34-56-78", "…");
    check("budget 150 000 €", "budget 150 000 €");
    check("projet à 75011 Paris en 2027", "projet à 75011 Paris en 2027");
    check("Anatole reprend", "Anatole reprend");
    check("", "");
    // A text is gone through once, however long it is.
    let long = "mot ".repeat(5_000);
    check(long.trim_end(), long.trim_end());
}

#[test]
fn what_a_link_says_of_its_source_names_nobody() {
    let check = |text: &str, shown: &str| assert_eq!(nameless(text, &[]), shown, "{text}");
    check("newsletter-2026-03", "newsletter-2026-03");
    check("linkedin.com", "linkedin.com");
    check("ana@example.com", "…");
    check("+33612345678", "…");
}

#[test]
fn only_an_address_that_is_a_name_names_somebody() {
    let words = |fields: &[(&str, &str)]| {
        let mut story = Story::new();
        story.post(fields);
        names(story.lead())
    };
    assert_eq!(
        words(&[("first_name", "Zoé"), ("last_name", "Li Petit")]),
        ["zoe", "petit"],
        "a name of two letters is a word of every language"
    );
    assert_eq!(words(&[]), Vec::<String>::new(), "ana@ alone may be anybody's word");
    assert_eq!(words(&[("company", "Durand & Fils")]), ["durand & fils"]);
}

/// design, "Figures do not move": anonymous means days, no moment and no id, and a row for each campaign.
#[test]
fn what_stays_of_an_erased_person_is_one_row_a_campaign_with_days_alone() {
    let mut b = other("b");
    "America/New_York".clone_into(&mut b.zone);
    let mut story = Story::of([crate::samples::demo(), b]);
    story.go("2026-03-02T09:12:34Z").post(&crate::samples::HOT);
    story.wait(hours(3)).wake();
    story.go("2026-03-08T02:30:00Z").post_to("b", &[]);
    story.wait(days(2)).step_to(Stage::Sql);
    story.apply(&input::Erase(ErasedBy::Operator));
    let tombstone = story.tombstone.clone().expect("a tombstone");
    let moments = |counted: &Counted| {
        let entered = counted.figures.entered.0.iter().flatten().copied();
        [counted.figures.captured_at]
            .into_iter()
            .chain(entered)
            .collect::<Vec<_>>()
    };
    let [first, second] = &tombstone.counted[..] else {
        panic!("two campaigns: {:?}", tombstone.counted);
    };
    assert_eq!((first.campaign.as_str(), second.campaign.as_str()), ("guide-seo", "b"));
    assert_eq!(
        moments(first)[..2],
        [at("2026-03-01T23:00:00Z"), at("2026-03-01T23:00:00Z")],
        "days of Paris"
    );
    assert_eq!(
        moments(second)[0],
        at("2026-03-07T05:00:00Z"),
        "the day before, in New York"
    );
    assert!(second.figures.further && !first.figures.further);
    // Once it is written elsewhere, nothing leads there.
    story.apply(&input::Cleaned(tombstone.erased_at));
    assert_eq!(story.tombstone.as_ref().map(|held| held.counted.len()), Some(0));
}

/// Whoever comes back before it is written loses nothing of it, and is counted anew.
#[test]
fn a_life_that_is_not_counted_yet_is_kept_by_the_next_one() {
    let mut story = Story::new();
    story.post(&[]);
    story.apply(&input::Erase(ErasedBy::Person));
    let held = story
        .tombstone
        .clone()
        .expect("a tombstone")
        .with_rows(|| "r".repeat(26));
    story.tombstone = Some(held.clone());
    story.wait(hours(1)).post(&[]);
    assert_eq!(
        story.lead().cleaning().map(|cleaning| cleaning.counted),
        Some(held.counted.clone())
    );
    story.wait(hours(1)).apply(&input::Erase(ErasedBy::Person));
    let again = story.tombstone.clone().expect("a tombstone");
    assert_eq!(again.counted.len(), 2);
    assert_eq!(again.counted[0], held.counted[0], "under the key it has");
    assert_eq!(again.counted[1].row, "");
    let drawn = again.with_rows(|| "s".repeat(26));
    assert_eq!([&drawn.counted[0].row[..1], &drawn.counted[1].row[..1]], ["r", "s"]);
    // Cleaned of the first life alone, the second still waits.
    story.tombstone = Some(drawn);
    story.post(&[]);
    story.apply(&input::Cleaned(story.now));
    assert_eq!(story.lead().cleaning(), None);
    assert_eq!(story.lead().past.as_ref().map(|past| past.counted.len()), Some(0));
}
