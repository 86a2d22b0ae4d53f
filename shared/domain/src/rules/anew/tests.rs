use super::*;
use crate::rules::sending::Senders;
use crate::samples::{Story, at, catalog, days, demo, edited, guide, hours, other};

const LAG: SignedDuration = SignedDuration::from_mins(2);
/// The version of the catalogs of [`catalog`].
const VERSION: &str = "0a1b2c3d";

fn now() -> Timestamp {
    at("2026-03-02T09:00:00Z")
}

fn minutes(n: i64) -> SignedDuration {
    SignedDuration::from_mins(n)
}

fn token(name: &str) -> ClaimToken {
    ClaimToken::new(name)
}

fn published(version: &str) -> Anew {
    let mut anew = Anew::default();
    assert!(anew.published(&guide(), version, true));
    anew
}

#[test]
fn r127_it_begins_once_every_function_knows_the_version_and_one_sweep_at_a_time() {
    let catalog = catalog([demo()]);
    let mut anew = published(VERSION);
    assert_eq!(
        anew.take(&token("a"), &catalog, now(), LAG),
        None,
        "seen, and not yet its turn"
    );
    assert_eq!(anew.take(&token("a"), &catalog, now() + minutes(1), LAG), None);
    let (id, mut job) = anew.take(&token("a"), &catalog, now() + LAG, LAG).expect("its turn");
    assert_eq!((&id, job.looked_at), (&guide(), 0));
    // Another sweep keeps off while the lease lasts, and goes on from what was written down once it is over.
    let later = now() + LAG + minutes(1);
    assert_eq!(anew.take(&token("b"), &catalog, later, LAG), None);
    job.place = job.place.take().and_then(|place| place.after(Some("row".into()), true));
    job.looked_at = 500;
    assert!(anew.progress(&token("a"), &id, &job, later));
    let killed = later + limits::ALARMS_LEASE;
    assert_eq!(
        anew.take(&token("b"), &catalog, killed, LAG),
        Some((id.clone(), job.clone()))
    );
    assert!(!anew.progress(&token("a"), &id, &job, killed), "its lease is over");
    job.place = None;
    assert!(anew.progress(&token("b"), &id, &job, killed));
    assert!(anew.campaigns.is_empty(), "it is done");
    assert!(anew.release(&token("b")));
    assert!(!anew.release(&token("b")));
}

#[test]
fn r127_a_further_publish_starts_anew_and_other_words_alone_do_not() {
    let catalog = catalog([demo()]);
    let mut anew = published(VERSION);
    let (id, mut job) = anew
        .take(&token("a"), &catalog, now(), SignedDuration::ZERO)
        .expect("at once");
    job.looked_at = 500;
    assert!(anew.progress(&token("a"), &id, &job, now()));
    // The same plan in other words goes on.
    assert!(anew.published(&id, "words", false));
    assert_eq!(anew.campaigns[&id].looked_at, 500);
    assert!(!anew.published(&id, "words", false), "told once more");
    assert!(!Anew::default().published(&id, "words", false), "nothing to do");
    // Another plan: whoever is at work is told so when they write down how far they came.
    assert!(anew.published(&id, "other", true));
    assert!(!anew.progress(&token("a"), &id, &job, now()));
    assert_eq!(
        (anew.campaigns[&id].looked_at, &*anew.campaigns[&id].version),
        (0, "other")
    );
}

#[test]
fn r127_a_publish_that_broke_off_does_not_wait_for_ever() {
    let catalog = catalog([demo()]);
    let mut anew = published("never");
    assert!(anew.published(&CampaignId::new("gone"), "never", true));
    let waits = now() + limits::PUBLISH_AWAITED - minutes(1);
    for moment in [now(), waits] {
        assert_eq!(anew.take(&token("a"), &catalog, moment, LAG), None);
        assert_eq!(anew.campaigns.len(), 2);
    }
    let (id, _) = anew
        .take(&token("a"), &catalog, waits + minutes(1), LAG)
        .expect("by the version at hand");
    assert_eq!(id, guide());
    assert_eq!(
        anew.campaigns.len(),
        1,
        "of a campaign that is not there nothing can be said"
    );
}

#[test]
fn r127_the_lists_are_walked_back_to_the_last_that_can_hold_anybody() {
    let mut place = Place::start(now());
    let mut months = vec![place.edge];
    let mut steps = 0;
    // Somebody stands in the newest month, on two pages, and seven years before.
    while let Some(next) = place.after((steps == 0).then(|| "row".to_owned()), steps <= 1 || steps == 84) {
        if next.from.is_none() {
            months.push(next.edge);
        }
        place = next;
        steps += 1;
    }
    let month = |at: &Timestamp| at.to_zoned(TimeZone::UTC).date().first_of_month();
    let wanted = (0..months.len() as i32).map(|back| month(&now()).saturating_sub(jiff::Span::new().months(back)));
    assert_eq!(
        months.iter().map(month).collect::<Vec<_>>(),
        wanted.collect::<Vec<_>>(),
        "each month once"
    );
    assert!(
        months[1..]
            .iter()
            .all(|edge| (*edge + SignedDuration::from_secs(1)).to_zoned(TimeZone::UTC).day() == 1)
    );
    let last = months.last().expect("a month");
    assert!(
        months[83].duration_since(*last) > days(3_600),
        "ten years before the last who stood there"
    );
    assert!(steps < 250);
}

/// Situation 8: confirmed on Monday, the second day sent on Wednesday, and then the third day instead of the fifth.
#[test]
fn r127_the_alarm_of_whoever_is_in_the_middle_moves_and_only_theirs() {
    let mut story = Story::confirmed();
    story.run(story.now + days(2) + hours(3));
    assert_eq!(Alarm::of(story.lead(), &story.catalog, story.now), Alarm::Stays);
    let sooner = catalog([edited(&[("delay = \"P5D\"", "delay = \"P3D\"")]), other("second")]);
    let Alarm::Moves(Some(due)) = Alarm::of(story.lead(), &sooner, story.now) else {
        panic!("it moves");
    };
    assert_eq!(due.to_string()[..10], *"2026-03-05", "Thursday");
    assert_eq!(
        plan::plan(story.lead(), &sooner, &Senders::WELL, story.now)[0].at,
        due,
        "as the plan says"
    );
    // Whoever is erased sooner is found sooner.
    let shorter = catalog([edited(&[("retention = \"P3Y\"", "retention = \"P1D\"")])]);
    let Alarm::Moves(Some(due)) = Alarm::of(story.lead(), &shorter, story.now) else {
        panic!("it moves");
    };
    assert!(due <= story.now);
    assert!(
        plan::plan(story.lead(), &shorter, &Senders::WELL, story.now).is_empty(),
        "no mail to whoever is erased"
    );
    // Whoever has had every step that is left is woken once, and their way ends.
    let mut last = Story::confirmed();
    last.run(last.now + days(10));
    let day_14 = "[[sequences.steps]]\nid = \"day-14\"\ndelay = \"P14D\"\nclass = \"nurture\"\ntemplate = \"day-14\"\ntopic = \"conversion\"\n";
    last.catalog = catalog([edited(&[(day_14, "")])]);
    let woken = Alarm::of(last.lead(), &last.catalog, last.now);
    assert_eq!((woken, last.ended("nurture")), (Alarm::Moves(Some(last.now)), None));
    assert!(last.wake().is_none());
    assert!(last.ended("nurture").is_some());
    // While an email is under way its alarm follows from that.
    story.run(due + days(1));
    let mut claimed = Story::confirmed();
    claimed.wait(days(2) + hours(1));
    assert!(claimed.wake().is_some());
    assert_eq!(Alarm::of(claimed.lead(), &sooner, claimed.now), Alarm::Stays);
}
