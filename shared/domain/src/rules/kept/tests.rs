//! R130: a kept post counts as of its own moment, once, and brings nobody back.

use super::*;
use crate::lead::erasure::ErasedBy;
use crate::lead::stage::Stage;
use crate::rules::input;
use crate::samples::{HOT, Story, TICKED, days, guide, hours, other, submission};

fn kept(story: &Story, fields: &[(&str, &str)]) -> Kept {
    let published = story.catalog.published(&guide()).expect("the demo campaign");
    Kept {
        at: story.now,
        typed_at: None,
        workspace: published.campaign.workspace.clone(),
        post: Post::Form(
            guide(),
            published.version.clone(),
            submission(&published.campaign, fields),
        ),
    }
}

#[test]
fn r130_a_kept_post_is_what_the_same_post_would_have_been() {
    let mut live = Story::new();
    live.post(&[]);
    let mut late = live.clone();
    live.wait(days(1)).post(&HOT);
    late.wait(days(1));
    let post = kept(&late, &HOT);
    late.wait(hours(5));
    assert_eq!(late.apply(&post).answer, Some(Folded::Done));
    assert_eq!(late.lead(), live.lead());
    // Whoever folded it in and died before saying so is followed by another.
    assert!(late.apply(&post).record.is_none(), "once");
    assert_eq!(late.lead().stage, Stage::Mql);
}

/// R69: a post that was held is released as of now, and still undoes no "no" and no erasure since it was typed.
#[test]
fn r69_a_released_post_is_outweighed_by_what_was_said_since_it_was_typed() {
    let mut story = Story::confirmed();
    let typed_at = Some(story.now);
    story.wait(days(5)).opt_out();
    story.wait(days(5));
    let released = Kept {
        typed_at,
        ..kept(&story, &[TICKED, ("company", "Late")])
    };
    assert_eq!(story.apply(&released).answer, Some(Folded::Done));
    let pending = |consent: &crate::lead::consent::Consent| consent.state == ConsentState::Pending;
    assert!(!story.lead().consents.iter().any(pending));
    story.apply(&input::Erase(ErasedBy::Person));
    story.wait(hours(1));
    let released = Kept {
        typed_at,
        ..kept(&story, &[TICKED])
    };
    assert!(story.apply(&released).record.is_none(), "nobody is brought back");
}

#[test]
fn r130_a_kept_post_of_the_second_of_another_is_not_taken_for_it() {
    let mut story = Story::new();
    story.post(&[("company", "One")]);
    let post = kept(&story, &[("company", "Two")]);
    story.wait(hours(1));
    story.apply(&post);
    assert_eq!(story.lead().words.enquiries().len(), 2);
    assert!(story.apply(&post).record.is_none(), "once");
}

#[test]
fn r130_a_kept_post_of_somebody_unknown_makes_a_lead() {
    let mut story = Story::new();
    let post = kept(&story, &[TICKED]);
    let at = story.now;
    story.wait(hours(3));
    assert_eq!(story.apply(&post).answer, Some(Folded::Done));
    assert_eq!(story.lead().captured_at, at);
    assert_eq!(story.lead().words.enquiries()[0].version, "0a1b2c3d");
}

#[test]
fn r130_what_was_said_since_stands() {
    let mut story = Story::confirmed();
    story.wait(days(1));
    let post = kept(&story, &[("company", "Older"), ("sector", "saas"), TICKED]);
    story.wait(hours(1)).post(&[("company", "Newer")]);
    story.wait(hours(1)).opt_out();
    story.wait(hours(1));
    story.apply(&post);
    let answer = |name: &str| story.lead().words.answer(name).map(str::to_owned);
    assert_eq!(answer("company").as_deref(), Some("Newer"));
    assert_eq!(answer("sector").as_deref(), Some("saas"), "it fills what was empty");
    assert_eq!(story.lead().marketing_state(&guide()), Some(ConsentState::Withdrawn));
    let moments: Vec<_> = story.lead().words.enquiries().iter().map(|post| post.at).collect();
    assert!(moments.is_sorted() && moments.contains(&post.at), "{moments:?}");
}

#[test]
fn r130_nobody_is_brought_back_by_a_post_from_before_their_erasure() {
    let mut story = Story::asked();
    story.wait(hours(1));
    let before = kept(&story, &HOT);
    story.apply(&input::Erase(ErasedBy::Person));
    story.wait(hours(1));
    assert!(story.apply(&before).record.is_none());
    let after = kept(&story, &HOT);
    story.wait(hours(1));
    assert!(story.apply(&after).record.is_some(), "who came back came back");
    assert!(
        story.apply(&before).record.is_none(),
        "not while the cleaning goes on either"
    );
}

#[test]
fn r130_without_its_campaign_a_kept_post_waits() {
    let mut story = Story::new();
    let post = kept(&story, &HOT);
    story.catalog = Story::of([other("another")]).catalog;
    let decision = story.apply(&post);
    assert_eq!((decision.record, decision.answer), (None, Some(Folded::NoCampaign)));
}

#[test]
fn a_kept_post_survives_its_stored_form() {
    let story = Story::new();
    let post = kept(&story, &[HOT[0], TICKED]);
    let stored = serde_json::to_string(&post).expect("it serialises");
    let read: Kept = serde_json::from_str(&stored).expect("it reads");
    assert_eq!(Kept { at: post.at, ..read }, post);
}
