//! The rights of the person, as rules: what a no covers, what lifts it, what a wish does, and what an erasure leaves.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::campaign::Campaign;
use crate::kit::ids::CampaignId;
use crate::kit::locale::Locale;
use crate::kit::personal::Personal;
use crate::kit::vocabulary::Class;
use crate::kit::vocabulary::ExitReason;
use crate::kit::vocabulary::Purpose;
use crate::kit::vocabulary::Regime;
use crate::lead::SuppressionReason;
use crate::lead::Touch;
use crate::lead::consent::ConsentState;
use crate::lead::consent::Method;
use crate::lead::erasure::Record;
use crate::lead::ledger::Feedback;
use crate::lead::ledger::FeedbackKind;
use crate::lead::preferences::Wishes;
use crate::lead::preferences::{Frequency, Pause, Topic};
use crate::lead::stage::Stage;
use crate::rules::consent::Confirmed;
use crate::rules::consent::Lifted;
use crate::rules::input;
use crate::samples::{HOT, Story, TICKED, days, demo, edited, guide, hours, interest, other, submission};
use crate::views::export::export;
use jiff::Timestamp;

/// A second campaign of the workspace where interest is enough.
fn interest_b() -> Campaign {
    Campaign {
        id: CampaignId::new("b"),
        ..interest()
    }
}

fn steps(mails: Vec<(Timestamp, MailOrder)>, campaign: &str) -> Vec<String> {
    let of_it = |(_, order): (Timestamp, MailOrder)| (order.campaign.as_str() == campaign).then_some(order.step);
    mails.into_iter().filter_map(of_it).collect()
}

fn wishes() -> Wishes {
    Wishes {
        topics_off: BTreeSet::new(),
        frequency: Frequency::Normal,
        pause: Pause::Keep,
        locale: Locale::Fr,
        withdraw: BTreeSet::new(),
    }
}

// ---- what a no covers, and what lifts it ----

#[test]
fn r45_r69_a_no_to_all_is_lifted_for_the_campaign_that_was_confirmed_and_for_no_other() {
    let mut story = Story::of([demo(), interest_b(), other("c")]);
    story.post(&[TICKED]);
    story.post_to("b", &[]);
    story.opt_out();
    story
        .wait(days(1))
        .apply(&input::OptIn(crate::samples::guide(), Locale::Fr));
    let lead = story.lead();
    assert_eq!(lead.refusal(Class::Nurture, &demo()), None, "their own yes");
    for stopped in [interest_b(), other("c")] {
        let id = stopped.id.clone();
        assert_eq!(
            lead.refusal(Class::Nurture, &stopped),
            Some(ExitReason::Unsubscribe),
            "{id}"
        );
    }
    // Whoever posts the other form again, ticked or not, raises nothing.
    story.wait(hours(1)).post_to("b", &[TICKED]);
    story.wait(hours(1)).post_to("b", &[("company", "Exemple")]);
    let mails = story.run(story.now + days(60));
    assert!(
        steps(mails.clone(), "b").iter().all(|step| !step.starts_with("day")),
        "{mails:?}"
    );
    assert_eq!(
        steps(mails, "guide-seo")
            .iter()
            .filter(|step| step.starts_with("day"))
            .count(),
        4
    );
}

#[test]
fn r63_interest_with_double_opt_in_waits_for_the_button() {
    let waits = Campaign {
        double_opt_in: true,
        ..interest()
    };
    let mut story = Story::of([waits]);
    story.post(&[TICKED]);
    story.mail("guide");
    assert!(
        story
            .run(story.now + days(6))
            .iter()
            .all(|(_, order)| order.class == Class::Service)
    );
    story.confirm();
    assert_eq!(
        story.enrolment("nurture").basis,
        Some(Regime::B2cConsent),
        "now it is a consent"
    );
    assert_eq!(steps(story.run(story.now + days(30)), "guide-seo").len(), 4);
}

#[test]
fn r63_each_marketing_enrolment_keeps_what_allows_it() {
    let confirmed = Story::confirmed();
    assert_eq!(confirmed.enrolment("nurture").basis, Some(Regime::B2cConsent));
    assert_eq!(
        confirmed.enrolment("guide").basis,
        None,
        "what was asked for needs none"
    );
    let mut story = Story::of([interest()]);
    story.post(&[]);
    assert_eq!(story.enrolment("nurture").basis, Some(Regime::B2bInterest));
    story.mail("guide");
    let (_, order) = story.run(story.now + days(4)).remove(0);
    assert_eq!(order.basis, Some(Regime::B2bInterest), "the mail says so");
}

/// News for customers of the guide's agency.
fn news() -> Campaign {
    let mut news = other("news");
    (news.regime, news.double_opt_in) = (Regime::CustomerSimilar, false);
    news.similar_to = vec![guide()];
    for sequence in &mut news.sequences {
        sequence
            .exits
            .retain(|exit| !matches!(exit, ExitReason::Customer | ExitReason::Sql));
    }
    news
}

#[test]
fn r63_customer_similar_writes_to_customers_of_the_same_goods_and_to_nobody_else() {
    let mut story = Story::of([demo(), news()]);
    story.post(&[]);
    story.post_to("news", &[]);
    assert_eq!(story.lead().refusal(Class::Nurture, &news()), Some(ExitReason::NoBasis));
    story.step_to(Stage::Sql);
    assert!(
        story.lead().enrolments.iter().all(|e| e.basis.is_none()),
        "not yet a customer"
    );
    story.step_to(Stage::Customer);
    assert_eq!(
        story.enrolment("nurture").basis,
        Some(Regime::CustomerSimilar),
        "won, so enrolled"
    );
    story.mail("guide");
    let mut stays = story.clone();
    assert_eq!(steps(stays.run(stays.now + days(40)), "news").len(), 5);
    // Moved back, the basis is gone at the next claim.
    story.step_to(Stage::Sql);
    story.run(story.now + days(20));
    assert_eq!(story.ended("nurture"), Some(ExitReason::NoBasis));
    story.step_to(Stage::Customer);
    assert_eq!(story.ended("nurture"), None, "and back with it");
    story.opt_out();
    assert_eq!(
        story.lead().refusal(Class::Nurture, &news()),
        Some(ExitReason::Unsubscribe)
    );
    // A customer of something else is none of these.
    let mut stranger = Story::of([
        Campaign {
            similar_to: vec![CampaignId::new("x")],
            ..news()
        },
        demo(),
    ]);
    stranger.post(&[]);
    stranger.step_to(Stage::Sql);
    stranger.step_to(Stage::Customer);
    assert!(
        stranger
            .lead()
            .enrolments
            .iter()
            .all(|e| e.campaign != CampaignId::new("news"))
    );
}

#[test]
fn r69_an_operator_lifts_a_bounce_or_complaint_with_a_reason_and_never_a_no() {
    for kind in [FeedbackKind::HardBounce, FeedbackKind::Complaint] {
        for said_no in [false, true] {
            let mut story = Story::confirmed();
            if said_no {
                story.opt_out();
            }
            let guide_mail = story.entry("guide").id.clone();
            story.report(&guide_mail, kind);
            assert!(story.lead().refusal(Class::Service, &demo()).is_some());
            assert_eq!(
                story.apply(&input::Lift("call of 3 March".into())).answer,
                Some(Lifted::Done)
            );
            let lead = story.lead();
            assert_eq!(
                lead.refusal(Class::Service, &demo()),
                None,
                "what they ask for goes again"
            );
            let marketing = lead.refusal(Class::Nurture, &demo());
            let no = said_no || kind == FeedbackKind::Complaint;
            assert_eq!(marketing.is_some(), no, "{kind:?} after a no: {said_no}");
            assert_eq!(lead.lifts.len(), 1);
            assert_eq!(lead.lifts[0].reason.expose(), "call of 3 March");
        }
    }
    let mut story = Story::confirmed();
    story.opt_out();
    assert_eq!(
        story.apply(&input::Lift("they would not mind".into())).answer,
        Some(Lifted::NothingToLift)
    );
    assert!(story.lead().suppression.is_some());
}

#[test]
fn r69_a_no_said_over_a_complaint_still_holds_once_the_complaint_is_lifted() {
    let mut story = Story::new();
    story.post(&[]);
    let guide_mail = story.mail("guide").send_id;
    story.opt_out();
    story.report(&guide_mail, FeedbackKind::Complaint);
    story.wait(days(1)).post(&[]);
    let second = story.lead().words.latest().expect("a post").id();
    story.wait(hours(1)).opt_out();
    assert_eq!(
        story.apply(&input::Lift("they called".into())).answer,
        Some(Lifted::Done)
    );
    let confirm = input::Confirm(guide(), Some(second));
    assert_eq!(story.apply(&confirm).answer, Some(Confirmed::NothingPending));
}

#[test]
fn r69_a_yes_said_again_on_our_own_page_is_a_new_proof_of_the_words_shown() {
    let mut story = Story::confirmed();
    story.opt_out();
    let old = story.lead().consents[0].clone();
    story.wait(days(1));
    assert_eq!(
        story.apply(&input::OptIn(guide(), Locale::En)).answer,
        Some(Confirmed::Done)
    );
    let lead = story.lead();
    let new = lead.consent(Purpose::Marketing, &guide()).expect("a consent");
    assert_eq!(&lead.consents[0], &old);
    let words = demo().marketing_box().expect("a box").label.get(Locale::En).to_owned();
    assert_eq!(
        (&new.text_hash, new.state, new.method, new.confirmed_at),
        (
            &crate::kit::ids::sha256_hex(&words),
            ConsentState::Given,
            Method::Preferences,
            Some(story.now)
        )
    );
    assert_eq!(lead.refusal(Class::Nurture, &demo()), None);
    assert_eq!(story.apply(&input::OptIn(guide(), Locale::En)).record, None, "once");
}

#[test]
fn r61_r73_a_proof_keeps_the_version_of_the_privacy_notice() {
    let story = Story::asked();
    assert_eq!(story.lead().consents[0].notice, demo().sender.privacy_version);
    let mut json = serde_json::to_value(story.lead()).expect("json");
    json["con"][0].as_object_mut().expect("a proof").remove("n");
    let old: Lead = serde_json::from_value(json).expect("a proof older than the field still reads");
    assert_eq!(old.consents[0].notice, "");
}

/// The demo form with two boxes more.
fn three_boxes() -> Campaign {
    let more = |name: &str, purpose: &str| {
        format!(
            "[[form.fields]]\nname = \"{name}\"\ntype = \"consent\"\npurpose = \"{purpose}\"\nversion = \"1\"\nlabel = {{ fr = \"{name} fr\", en = \"{name} en\" }}\n\n"
        )
    };
    let scoring = "[scoring]\n";
    let boxes = format!("{}{}{scoring}", more("track", "tracking"), more("share", "sharing"));
    edited(&[(scoring, &boxes)])
}

#[test]
fn r59_r62_each_purpose_is_asked_given_and_taken_back_by_itself() {
    let mut story = Story::of([three_boxes()]);
    story.post(&[TICKED, ("track", "on")]);
    story.mail("guide");
    story.confirm();
    let state = |story: &Story, purpose| story.lead().consent(purpose, &guide()).map(|consent| consent.state);
    assert_eq!(state(&story, Purpose::Marketing), Some(ConsentState::Given));
    assert_eq!(state(&story, Purpose::Tracking), Some(ConsentState::Given));
    assert_eq!(state(&story, Purpose::Sharing), None, "unticked is no");
    let withdraw = BTreeSet::from([Purpose::Tracking]);
    story.apply(&input::Prefer(Wishes { withdraw, ..wishes() }));
    assert_eq!(state(&story, Purpose::Tracking), Some(ConsentState::Withdrawn));
    assert_eq!(
        state(&story, Purpose::Marketing),
        Some(ConsentState::Given),
        "the mails go on"
    );
    story.opt_out();
    assert_eq!(state(&story, Purpose::Marketing), Some(ConsentState::Withdrawn));
    let mut unticked = Story::of([three_boxes()]);
    unticked.post(&[("track", "on")]);
    assert!(
        unticked.lead().enrolments.iter().all(|e| e.sequence == "guide"),
        "tracking is no marketing"
    );
}

// ---- wishes ----

#[test]
fn a_topic_that_is_turned_off_is_left_out_and_the_ledger_says_so() {
    let mut story = Story::confirmed();
    let off = Topic(guide(), "conversion".into());
    story.apply(&input::Prefer(Wishes {
        topics_off: BTreeSet::from([off, Topic(CampaignId::new("other"), "visibility".into())]),
        ..wishes()
    }));
    let planned: Vec<_> = plan::plan(story.lead(), &story.catalog, &Senders::WELL, story.now)
        .into_iter()
        .map(|mail| mail.step)
        .collect();
    let left = steps(story.run(story.now + days(30)), "guide-seo");
    assert_eq!(left, ["day-2", "day-5"]);
    assert_eq!(planned, left, "the plan promises no more");
    assert_eq!(story.entry("day-9").state_code(), "skipped(topic_off)");
    assert_eq!(story.entry("day-14").state_code(), "skipped(topic_off)");
    assert_eq!(
        story.ended("nurture"),
        Some(ExitReason::Completed),
        "R11: every step has its end"
    );
}

#[test]
fn weekly_keeps_seven_days_between_two_mails_and_loses_none() {
    let mut story = Story::confirmed();
    let frequency = Frequency::Weekly;
    story.apply(&input::Prefer(Wishes { frequency, ..wishes() }));
    let planned: Vec<_> = plan::plan(story.lead(), &story.catalog, &Senders::WELL, story.now)
        .into_iter()
        .map(|mail| mail.at)
        .collect();
    let left: Vec<_> = story.run(story.now + days(60)).into_iter().map(|(at, _)| at).collect();
    assert_eq!((left.len(), &planned), (4, &left));
    assert!(
        left.windows(2).all(|pair| pair[1].duration_since(pair[0]) >= days(7)),
        "{left:?}"
    );
}

#[test]
fn a_pause_moves_what_is_left_and_drops_nothing() {
    for (pause, span) in [(Pause::Days30, 30), (Pause::Days90, 90)] {
        let mut story = Story::confirmed();
        let end = story.now + days(span);
        story.apply(&input::Prefer(Wishes { pause, ..wishes() }));
        assert!(story.lead().due_at.is_some_and(|due| due >= end));
        assert!(story.run(end).is_empty());
        let mails = story.run(end + days(20));
        let left: Vec<&str> = mails.iter().map(|(_, order)| order.step.as_str()).collect();
        assert_eq!(left, ["day-2", "day-5", "day-9", "day-14"]);
        assert!(mails.iter().all(|(at, _)| *at >= end + days(1)));
    }
    // Ended early, what is not late goes.
    let mut story = Story::confirmed();
    story.apply(&input::Prefer(Wishes {
        pause: Pause::Days30,
        ..wishes()
    }));
    story.wait(days(3));
    story.apply(&input::Prefer(Wishes {
        pause: Pause::End,
        ..wishes()
    }));
    assert_eq!(steps(story.run(story.now + days(30)), "guide-seo").len(), 4);
    // The guide is no marketing: it goes to somebody who pauses.
    let mut asked = Story::asked();
    asked.apply(&input::Prefer(Wishes {
        pause: Pause::Days90,
        ..wishes()
    }));
    asked.mail("guide");
}

#[test]
fn the_language_wished_for_is_the_language_of_the_next_mail() {
    let mut story = Story::confirmed();
    story.apply(&input::Prefer(Wishes {
        locale: Locale::En,
        ..wishes()
    }));
    let (_, order) = story.run(story.now + days(4)).remove(0);
    assert_eq!(order.locale, Locale::En);
}

#[test]
fn answers_are_put_right_or_taken_away_and_the_score_follows() {
    let mut story = Story::new();
    story.post(&HOT);
    let answers = BTreeMap::from([
        ("budget".to_owned(), Personal::new("900")),
        ("need".to_owned(), Personal::new("")),
    ]);
    story.apply(&input::Correct(answers));
    let lead = story.lead();
    assert_eq!(lead.words.answer("budget"), Some("900"));
    assert!(!lead.words.answers().contains_key("need"));
    assert_eq!(lead.words.answer("timing"), Some("now"), "what is not named stays");
}

// ---- erasure ----

#[test]
fn r67_r68_one_write_leaves_the_keyed_stop_and_nothing_of_the_person() {
    let mut story = Story::confirmed();
    story.post(&[("first_name", "Zoé"), ("company", "Exemple Zoé"), TICKED]);
    story.opt_out();
    let before = story.lead().clone();
    let decision = story.apply(&input::Erase(ErasedBy::Person));
    let tombstone = story.tombstone.clone().expect("a tombstone");
    assert_eq!(
        tombstone.version,
        before.version + 1,
        "one write, on the version that was read"
    );
    assert_eq!(tombstone.suppression, before.suppression, "reason and date stay");
    let stored = |tombstone: &Tombstone| serde_json::to_string(tombstone).expect("json");
    let nothing_of = |stored: String, words: &[&str]| {
        for told in words {
            assert!(!stored.contains(told), "{told} in {stored}");
        }
    };
    nothing_of(
        stored(&tombstone),
        &["ana@example.com", "Zo", "Exemple", "marketing", "2026-11"],
    );
    // What the reports count waits here until it stands in rows of its own.
    let mut cleaned = story.clone();
    cleaned.apply(&input::Cleaned(story.now));
    let cleaned = cleaned.tombstone.expect("a tombstone");
    nothing_of(stored(&cleaned), &["guide-seo", "news", "Zo", "Exemple"]);
    let certificate = decision.answer.expect("a certificate");
    let erased = certificate.erased.expect("counts");
    assert_eq!(
        (erased.answers, erased.consents, erased.mails),
        (2, 1, before.ledger().count())
    );
    let json = serde_json::to_value(&certificate).expect("json");
    assert_eq!(json["lead"], tombstone.id.as_str());
    assert_eq!(json["stays"][1]["suppression"], "unsubscribe");
    assert!(!json.to_string().contains("Zo") && !json.to_string().contains('@'));
    // Asked again, it says the same and changes nothing.
    let again = story.apply(&input::Erase(ErasedBy::Operator));
    assert_eq!(
        again.answer.map(|c| (c.erased_at, c.by)),
        Some((story.now, ErasedBy::Person))
    );
}

#[test]
fn r67_the_cleaning_is_owed_until_it_is_done_even_by_somebody_who_comes_back() {
    let mut story = Story::confirmed();
    story.apply(&input::Erase(ErasedBy::Operator));
    let erased_at = story.now;
    let owed = |story: &Story| {
        let record = story
            .tombstone
            .clone()
            .map(Record::Tombstone)
            .or(story.lead.clone().map(Record::from));
        record.and_then(|record| record.cleaning())
    };
    assert_eq!(owed(&story).map(|cleaning| cleaning.until), Some(erased_at));
    let mut back = story.clone();
    assert!(
        story.tombstone.as_ref().and_then(Tombstone::expires_at).is_none(),
        "it waits for the cleaning"
    );
    story.wait(hours(1)).apply(&input::Cleaned(erased_at));
    assert_eq!(owed(&story), None);
    let expires = story.tombstone.as_ref().and_then(Tombstone::expires_at);
    assert_eq!(
        expires,
        Some(erased_at + crate::lead::erasure::TOMBSTONE_KEPT),
        "nothing to keep: it goes after the backups"
    );
    // Back before it was done: still owed, for what is older than the erasure.
    back.wait(hours(1)).post(&[TICKED]);
    assert_eq!(owed(&back).map(|cleaning| cleaning.until), Some(erased_at));
    assert!(back.lead().due_at.is_some_and(|due| due <= back.now));
    back.apply(&input::Cleaned(erased_at));
    assert_eq!(owed(&back), None);
}

#[test]
fn r69_who_was_erased_and_comes_back_starts_clean_with_the_no_intact() {
    let mut story = Story::confirmed();
    story.run(story.now + days(6));
    story.opt_out();
    let before = story.lead().clone();
    story.apply(&input::Erase(ErasedBy::Person));
    story.apply(&input::Cleaned(story.now));
    story.wait(days(3)).post(&[TICKED, ("company", "Nouvelle")]);
    let lead = story.lead();
    assert_eq!(
        (lead.words.enquiries().len(), lead.captured_at, lead.history.len()),
        (1, story.now, 0)
    );
    assert_eq!(lead.words.answers().len(), 1, "nothing of the old life");
    assert_eq!(lead.suppression.map(|s| s.reason), Some(SuppressionReason::Unsubscribe));
    story.mail("guide");
    let ids: BTreeSet<_> = before.ledger().map(|(_, send)| &send.id).collect();
    assert!(
        story.lead().ledger().all(|(_, send)| !ids.contains(&send.id)),
        "no mail has the id of one of the last life"
    );
    assert!(
        steps(story.clone().run(story.now + days(29)), "guide-seo")
            .iter()
            .all(|step| !step.starts_with("day"))
    );
    story.confirm();
    assert_eq!(
        steps(story.run(story.now + days(29)), "guide-seo").len(),
        4,
        "their own yes"
    );
}

#[test]
fn r67_no_alert_and_no_button_of_a_later_life_has_the_name_of_one_before() {
    let mut story = Story::new();
    story.post(&HOT);
    let before = story.lead().cases[0].round;
    story.apply(&input::Erase(ErasedBy::Operator));
    story.wait(days(1)).post(&HOT);
    assert!(story.lead().cases[0].round > before);
}

#[test]
fn r68_r69_a_stop_reaches_the_tombstone_and_no_tick_without_confirmation_raises_the_dead() {
    let single = edited(&[("double_opt_in = true", "double_opt_in = false")]);
    let mut story = Story::of([single.clone()]);
    story.post(&[TICKED]);
    story.mail("guide");
    let guide_mail = story.entry("guide").id.clone();
    story.apply(&input::Erase(ErasedBy::Operator));
    story.apply(&input::OptOut(Method::OneClick));
    assert!(
        story.tombstone.as_ref().is_some_and(|t| t.suppression.is_some()),
        "an old link still says no"
    );
    let mut ticked = story.clone();
    ticked.post(&[TICKED]);
    assert_eq!(
        ticked.lead().refusal(Class::Nurture, &single),
        Some(ExitReason::Unsubscribe)
    );
    let feedback = Feedback {
        send_id: guide_mail,
        message_id: "m".into(),
        sent_at: story.now,
        at: story.now,
        kind: FeedbackKind::Complaint,
        to_sales: false,
    };
    story.apply(&input::Feedback(feedback));
    story.post(&[TICKED]);
    assert_eq!(
        story.lead().refusal(Class::Service, &single),
        Some(ExitReason::Complaint)
    );
    assert!(story.wake().is_none());
}

// ---- the copy of everything ----

#[test]
fn r66_the_export_holds_every_item_about_the_person() {
    let mut story = Story::confirmed();
    let mut second = submission(
        &demo(),
        &[
            ("first_name", "Zoé"),
            ("phone", "+33 1 99 00 12 34"),
            ("need", "Un devis"),
        ],
    );
    second.touch = Touch(BTreeMap::from([(
        "landing".to_owned(),
        "https://www.example.com/offre".to_owned(),
    )]));
    story.apply(&input::Capture(guide(), second));
    story.run(story.now + days(6));
    story.step_to(Stage::Sql);
    story.apply(&input::Prefer(Wishes {
        topics_off: BTreeSet::from([Topic(guide(), "visibility".into())]),
        frequency: Frequency::Weekly,
        ..wishes()
    }));
    story.opt_out();
    let lead = story.lead();
    let words = |hash: &str| (hash == lead.consents[0].text_hash).then(|| "the words".to_owned());
    let json = serde_json::to_value(export(lead, Vec::new(), &story.catalog, story.now, words)).expect("json");
    assert_eq!(json["schema_version"], 2);
    // Whatever the item holds of the person is in it: every text and number of the stored lead but its own bookkeeping.
    let stored = serde_json::to_value(lead).expect("json");
    let text = json.to_string();
    let mut missing = Vec::new();
    let mut look = vec![(String::new(), &stored)];
    while let Some((path, value)) = look.pop() {
        match value {
            serde_json::Value::Object(fields) => {
                look.extend(fields.iter().map(|(name, value)| (format!("{path}/{name}"), value)));
            }
            serde_json::Value::Array(items) => look.extend(items.iter().map(|item| (path.clone(), item))),
            serde_json::Value::String(said) if !text.contains(said.as_str()) => missing.push(path),
            serde_json::Value::Number(number) => {
                let moment = number
                    .as_i64()
                    .and_then(|s| Timestamp::from_second(s).ok())
                    .filter(|at| at.as_second() > 1_000_000);
                if moment.is_some_and(|at| !text.contains(&at.to_string())) {
                    missing.push(path);
                }
            }
            _ => {}
        }
    }
    // Our own alarm, and a hash that is stored in fewer letters.
    missing.retain(|path| path != "/due_at" && path != "/con/h");
    assert_eq!(json["consents"][0]["text_hash"], lead.consents[0].text_hash.as_str());
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(json["consents"][0]["text"], "the words");
    assert_eq!(json["preferences"]["topics_off"][0], "guide-seo/visibility");
    assert_eq!(json["answers"]["phone"], "+33199001234");
}
