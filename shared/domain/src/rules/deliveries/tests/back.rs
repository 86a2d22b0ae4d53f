//! The way back: what stands in a CRM, taken over once, and never told to it again.

use serde_json::json;

use super::*;
use crate::kit::vocabulary::SignalKind;
use crate::lead::consent::ConsentState;
use crate::lead::signal::ReportId;
use crate::lead::stage::Mover;
use crate::rules::signals::{Report, Reported};
use crate::samples::{guide, key};

const BOTH_WAYS: &str = r#"
kind = "hubspot"

[fields]
piste_lead_id = { from = "id", write = "always" }
email = { from = "email", write = "always" }
lifecyclestage = { from = "stage", write = "always" }
hubspot_owner_id = { from = "owner", write = "create" }

[stages]
lead = "lead"
mql = "marketingqualifiedlead"
sql = "salesqualifiedlead"
customer = "customer"

[owners]
camille = "71"
alex = "72"
"#;

fn told_there() -> Story {
    let mut story = with(&[("crm", BOTH_WAYS)]);
    story.post(&HOT);
    let order = next(&mut story);
    end(&mut story, &order, delivered());
    assert_eq!(story.lead().stage, Stage::Mql);
    story
}

fn hear(story: &mut Story, record: &str, what: Happened) -> bool {
    let heard = Heard {
        destination: DestinationName::new("crm"),
        record: record.into(),
        what,
    };
    story.apply(&heard).record.is_some()
}

/// A change there, read back as these values.
#[track_caller]
fn read(story: &mut Story, values: serde_json::Value, opted_out: bool) -> bool {
    hear(story, "8801", Happened::Changed);
    let order = next(story);
    assert_eq!(order.what, What::Look);
    let serde_json::Value::Object(values) = values else {
        panic!("values by their names");
    };
    answer(story, &order, delivered(), Some(Seen { values, opted_out }));
    story.lead().told[0].of(What::Look).is_none()
}

fn answer(story: &mut Story, order: &Order, outcome: Outcome, seen: Option<Seen>) {
    story.apply(&ReadBack {
        ended: Ended {
            destination: order.destination.clone(),
            number: order.number,
            token: order.token.clone(),
            outcome,
        },
        seen,
    });
}

/// What is left to tell it.
fn rest(story: &mut Story) -> Option<What> {
    story.wake();
    look(story, false).map(|order| order.what)
}

#[test]
fn a_stage_and_an_owner_there_are_ones_here_and_are_not_told_again() {
    let mut story = told_there();
    let values =
        json!({ "lifecyclestage": "salesqualifiedlead", "hubspot_owner_id": "72", "email": "else@example.org" });
    assert!(read(&mut story, values.clone(), false));
    assert_eq!((story.lead().stage, story.lead().owner()), (Stage::Sql, Some("alex")));
    assert_eq!(story.lead().history.last().map(|change| change.by), Some(Mover::Report));
    assert_eq!(rest(&mut story), None, "no loop");
    let moves = story.lead().history.len();
    read(&mut story, values, false);
    assert_eq!(story.lead().history.len(), moves, "what stands already is no change");
}

#[test]
fn what_we_told_it_last_is_an_echo_also_where_ours_went_on() {
    let mut story = told_there();
    story.step_to(Stage::Sql);
    read(&mut story, json!({ "lifecyclestage": "marketingqualifiedlead" }), false);
    assert_eq!(story.lead().stage, Stage::Sql, "it is what we said before");
    assert_eq!(rest(&mut story), Some(What::Push));
}

#[test]
fn a_word_that_no_table_names_and_an_owner_of_nobody_change_nothing() {
    let mut story = told_there();
    let before = (story.lead().stage, story.lead().owner().map(str::to_owned));
    read(
        &mut story,
        json!({ "lifecyclestage": "evangelist", "hubspot_owner_id": 99 }),
        false,
    );
    assert_eq!((story.lead().stage, story.lead().owner().map(str::to_owned)), before);
    assert_eq!(rest(&mut story), None);
}

#[test]
fn whoever_bought_there_is_a_customer_and_hubspots_unqualified_counts_once() {
    let mut story = told_there();
    read(&mut story, json!({ "lifecyclestage": "customer" }), false);
    assert_eq!(story.lead().stage, Stage::Customer);

    let mut story = told_there();
    let unqualified = json!({ "lifecyclestage": "marketingqualifiedlead", "hs_lead_status": "UNQUALIFIED" });
    read(&mut story, unqualified.clone(), false);
    assert_eq!(story.lead().stage, Stage::Disqualified);
    story.step_to(Stage::Mql);
    read(&mut story, unqualified, false);
    assert_eq!(story.lead().stage, Stage::Mql, "a person moved it back here");
}

#[test]
fn a_no_there_is_one_here_and_a_yes_there_is_none() {
    let mut story = told_there();
    story.confirm();
    read(&mut story, json!({}), true);
    assert!(story.lead().suppression.is_some_and(|stop| stop.reason.is_their_no()));
    assert_ne!(story.lead().marketing_state(&guide()), Some(ConsentState::Given));
    assert_ne!(rest(&mut story), Some(What::OptOut), "it knows");
    read(&mut story, json!({}), false);
    assert!(story.lead().suppression.is_some(), "nothing there gives it");
}

#[test]
fn a_no_that_we_told_it_is_no_news() {
    let mut story = told_there();
    story.opt_out();
    let order = next(&mut story);
    assert_eq!(order.what, What::OptOut);
    end(&mut story, &order, delivered());
    assert!(told(&story).no);
}

#[test]
fn a_record_deleted_there_is_not_made_again() {
    let mut story = told_there();
    story.step_to(Stage::Sql);
    story.wake();
    assert!(!hear(&mut story, "another", Happened::Deleted), "it is not the lead's");
    assert!(hear(&mut story, "8801", Happened::Deleted));
    assert!(!hear(&mut story, "8801", Happened::Deleted), "told twice");
    assert!(told(&story).gone);
    assert_eq!(rest(&mut story), None);
}

#[test]
fn after_a_merge_the_survivor_is_written_to() {
    let mut story = told_there();
    let merged = Happened::Merged("9000".into());
    assert!(hear(&mut story, "8801", merged.clone()));
    assert!(!hear(&mut story, "8801", merged), "told twice");
    assert!(
        !hear(&mut story, "8801", Happened::Deleted),
        "the one that was merged away"
    );
    let order = next(&mut story);
    assert_eq!((order.what, order.remote.as_deref()), (What::Look, Some("9000")));
    answer(&mut story, &order, delivered().with_id("9000"), Some(Seen::default()));
    assert_eq!(told(&story).remote.as_deref(), Some("9000"));
    story.step_to(Stage::Sql);
    assert_eq!(next(&mut story).remote.as_deref(), Some("9000"));
}

#[test]
fn a_report_during_a_reading_has_it_read_again() {
    let mut story = told_there();
    hear(&mut story, "8801", Happened::Changed);
    let early = next(&mut story);
    hear(&mut story, "8801", Happened::Changed);
    let late = next(&mut story);
    let seen = |stage: &str| {
        let values = [("lifecyclestage".to_owned(), json!(stage))];
        Some(Seen {
            values: values.into_iter().collect(),
            opted_out: false,
        })
    };
    answer(&mut story, &late, delivered(), seen("salesqualifiedlead"));
    answer(&mut story, &early, delivered(), seen("lead"));
    assert_eq!(
        story.lead().stage,
        Stage::Sql,
        "the one that was begun first comes too late"
    );
}

#[test]
fn a_reading_that_fails_waits_and_one_that_finds_nothing_says_gone() {
    let mut story = told_there();
    hear(&mut story, "8801", Happened::Changed);
    let order = next(&mut story);
    answer(&mut story, &order, Outcome::of(End::Later(None)).with_status(503), None);
    assert!(look(&mut story, false).is_none());
    story.wait(hours(1));
    let order = next(&mut story);
    assert_eq!(order.what, What::Look);
    answer(&mut story, &order, Outcome::of(End::Gone).with_status(404), None);
    assert!(told(&story).gone && told(&story).of(What::Look).is_none());
}

#[test]
fn a_sale_there_makes_a_customer_with_the_amount_or_ends_with_the_reason() {
    let report = |story: &Story, id: &str, kind, about: &str, cents| Report {
        id: ReportId::of(&key(), "main/crm", id),
        source: "crm".into(),
        at: story.now,
        what: Reported::Signal(kind, about.into()),
        cents,
    };
    let mut story = told_there();
    let won = report(&story, "1", SignalKind::Won, "", Some(480_000));
    story.apply(&input::Signal(won.clone()));
    let last = story.lead().history.last().expect("a move");
    assert_eq!((last.to, last.cents), (Stage::Customer, Some(480_000)));
    assert!(story.apply(&input::Signal(won)).record.is_none(), "told twice");

    let mut story = told_there();
    let lost = report(&story, "2", SignalKind::Lost, "too dear", None);
    story.apply(&input::Signal(lost));
    let last = story.lead().history.last().expect("a move");
    assert_eq!(
        (last.to, last.reason.expose()),
        (Stage::Disqualified, "lost: too dear (crm)")
    );
}
