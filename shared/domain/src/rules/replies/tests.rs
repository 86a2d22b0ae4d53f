//! What an answer, an absence and a bounce do to a lead.

use jiff::civil::date;

use super::*;
use crate::kit::locale::Locale;
use crate::kit::vocabulary::ExitReason;
use crate::lead::SuppressionReason;
use crate::lead::erasure::ErasedBy;
use crate::rules::input;
use crate::rules::plan::plan;
use crate::rules::sending::Senders;
use crate::samples::{Story, at, days, key};
use crate::views::timeline::timeline;

fn tell(story: &mut Story, id: &str, reading: Reading, said: &str) {
    story.apply(&input::Heard(Heard {
        id: ReportId::of(&key(), "reply", id),
        reading,
        said: Personal::new(said),
    }));
}

/// Somebody in the middle of their sequence, below the threshold: day-2 left on Wednesday.
fn nurtured() -> Story {
    let mut story = Story::confirmed();
    story.run(story.now + days(3));
    story
}

fn to_come(story: &Story) -> Vec<(String, Timestamp)> {
    let planned = plan(story.lead(), &story.catalog, &Senders::WELL, story.now);
    planned.into_iter().map(|mail| (mail.step, mail.at)).collect()
}

#[test]
fn a_reply_ends_the_sequence_counts_and_reaches_an_owner_once() {
    let mut story = nurtured();
    assert!(story.lead().owner().is_none());
    for _ in 0..2 {
        tell(&mut story, "m1", Reading::Reply, "Call me.");
        story.wait(days(1));
    }
    assert_eq!(story.ended("nurture"), Some(ExitReason::Reply));
    let replies = story
        .lead()
        .signals
        .iter()
        .filter(|signal| signal.kind == SignalKind::Reply);
    assert_eq!(replies.count(), 1);
    assert!(story.lead().owner().is_some());
    let mails = story.run_all(story.now + days(1));
    let alerts = mails.iter().filter(|(_, order)| order.step.starts_with("reply-"));
    assert_eq!(alerts.count(), 1);
    let notes: Vec<_> = story
        .lead()
        .notes
        .iter()
        .map(|note| (note.by.as_str(), note.text.expose()))
        .collect();
    assert_eq!(notes, [(BY, "Call me.")]);
    tell(&mut story, "m2", Reading::Reply, "");
    assert_eq!(story.lead().notes.len(), 1, "of nothing written nothing is kept");
}

#[test]
fn machines_and_bounces_count_as_nothing() {
    let mut story = nurtured();
    let before = (story.lead().signals.clone(), to_come(&story));
    for (n, reading) in [Reading::Automatic, Reading::Bounce, Reading::OutOfOffice(None)]
        .into_iter()
        .enumerate()
    {
        tell(&mut story, &n.to_string(), reading, "Out of office.");
    }
    assert_eq!(story.lead().signals, before.0);
    assert_eq!(story.ended("nurture"), None);
    assert!(story.lead().notes.is_empty() && story.lead().suppression.is_none());
    assert!(story.lead().owner().is_none() && story.lead().notices.is_empty());
}

#[test]
fn an_absence_holds_marketing_until_its_day_and_drops_nothing() {
    let mut story = nurtured();
    let planned = to_come(&story);
    let steps = |all: &[(String, Timestamp)]| all.iter().map(|(step, _)| step.clone()).collect::<Vec<_>>();
    for _ in 0..3 {
        tell(&mut story, "m1", Reading::OutOfOffice(Some(date(2026, 4, 7))), "");
    }
    let held = to_come(&story);
    assert_eq!(steps(&held), steps(&planned), "nothing is dropped");
    // The lead's midnight, in Paris.
    assert!(held[0].1 >= at("2026-04-06T22:00:00Z"), "{held:?}");
    assert!(held[0].1 < at("2026-04-11T00:00:00Z"), "and soon after it: {held:?}");
    // One that comes back later and names an earlier day changes nothing.
    tell(&mut story, "m2", Reading::OutOfOffice(None), "");
    assert_eq!(to_come(&story), held);
    let left = story.run(at("2026-06-01T00:00:00Z"));
    let left: Vec<_> = left.iter().map(|(_, order)| order.step.clone()).collect();
    assert!(steps(&planned).iter().all(|step| left.contains(step)), "{left:?}");
    let told = timeline(story.lead(), &story.catalog, Locale::En);
    assert!(
        told.iter()
            .any(|event| event.text.starts_with("Out-of-office received"))
    );
}

#[test]
fn without_a_day_it_is_three_and_told_again_no_more() {
    let mut story = nurtured();
    tell(&mut story, "m1", Reading::OutOfOffice(None), "");
    let until = story.now + days(3);
    story.wait(days(1));
    tell(&mut story, "m1", Reading::OutOfOffice(None), "");
    assert_eq!(story.lead().away.as_ref().map(|away| away.until), Some(until));
    assert!(to_come(&story).iter().all(|(_, at)| *at >= until));
    // A day that is over names none.
    let mut story = nurtured();
    tell(&mut story, "m1", Reading::OutOfOffice(Some(date(2026, 1, 1))), "");
    assert_eq!(
        story.lead().away.as_ref().map(|away| away.until),
        Some(story.now + days(3))
    );
}

#[test]
fn r42_a_no_by_hand_is_a_no_and_is_told() {
    let mut story = nurtured();
    for _ in 0..2 {
        tell(&mut story, "m1", Reading::OptOut, "STOP");
    }
    assert_eq!(
        story.lead().suppression.map(|stop| stop.reason),
        Some(SuppressionReason::Unsubscribe)
    );
    assert!(
        story
            .lead()
            .signals
            .iter()
            .all(|signal| signal.kind != SignalKind::Reply),
        "no points"
    );
    assert_eq!(story.lead().notices.iter().count(), 1);
    assert_eq!(story.lead().notes.len(), 1);
    assert_eq!(to_come(&story), []);
}

#[test]
fn r67_whoever_was_erased_is_not_brought_back_and_may_still_say_no() {
    let mut story = nurtured();
    story.apply(&input::Erase(ErasedBy::Person));
    tell(&mut story, "m1", Reading::Reply, "Hello again");
    tell(&mut story, "m2", Reading::OutOfOffice(None), "");
    assert!(story.lead.is_none() && story.tombstone.is_some());
    tell(&mut story, "m3", Reading::OptOut, "STOP");
    assert!(story.lead.is_none());
}

#[test]
fn a_reply_to_a_campaign_without_owners_goes_where_it_would_have_gone() {
    let mut campaign = crate::samples::demo();
    campaign.sales = None;
    campaign.notify = None;
    let house = campaign.sender.reply_to.clone();
    let mut story = Story::of([campaign]);
    story.post(&[crate::samples::TICKED]);
    tell(&mut story, "m1", Reading::Reply, "Call me.");
    let mails = story.run_all(story.now);
    let alert = mails.iter().find(|(_, order)| order.step.starts_with("reply-"));
    assert_eq!(alert.expect("an alert").1.to.expose(), house);
}

#[test]
fn days_are_read_in_both_languages() {
    let today = date(2026, 3, 2); // a Monday
    let check = |text: &str, expected: Option<Date>| {
        assert_eq!(absence::back(&folded(text), today), expected, "{text}");
    };
    let march = |day| Some(date(2026, 3, day));
    check("Je suis absent jusqu’au 12 mars.", march(13));
    check("Absent du 2 au 12 mars inclus", march(13));
    check("absent du 2 mars au 12 mars, de retour le 13", march(13));
    check("De retour le lundi 16 mars 2026", march(16));
    check("Je serai de retour au bureau à partir du 9 mars", march(9));
    check("je reprends mardi", march(3));
    check("De retour lundi", march(9));
    check("retour le 1er avril", Some(date(2026, 4, 1)));
    check("I will be back on January 5th, 2027", Some(date(2027, 1, 5)));
    check("out until 12/03", march(13));
    check("out of office through March 12", march(13));
    check("from 2 March to 12 March", march(13));
    check("2 - 12 March", march(13));
    check("I will be back to work on Monday", march(9));
    check("I won't be able to reply until 5 March", march(6));
    check("Je vous répondrai dès le 5 mars", march(5));
    check("en congés pendant deux semaines", march(16));
    check("away for 10 days", march(12));
    check("jusqu'au 12/03/26", march(13));
    check("until 12.03.2026", march(13));
    check("back tomorrow", march(3));
    assert_eq!(
        absence::back("back on 5 january", date(2025, 12, 20)),
        Some(date(2026, 1, 5))
    );
    // Neither telephone numbers nor hours nor anything else that is a number.
    for none in [
        "contactez le 01 23 45 67 89",
        "le standard au 04.05.26.11.12",
        "call +33 1 23 45 67 89 or 24/7",
        "je suis absent, urgence : 12 rue de Mars",
        "until 5 pm",
        "jusqu'à 18h",
        "absent jusqu'au 20 février 2026",
        "back on 5 January 2031",
        "back on 5 January", // forgotten since
        "depuis le 2 mars",
        "31/02",
        "",
    ] {
        check(none, None);
    }
}
