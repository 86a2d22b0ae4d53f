mod back;

use std::cell::Cell;

use super::*;
use crate::campaign::destination::{Destination, EventType};
use crate::lead::deliveries::{ENDED_FROM, SET_ASIDE_FROM, relay_at};
use crate::lead::erasure::ErasedBy;
use crate::lead::stage::Stage;
use crate::rules::input;
use crate::samples::{HOT, Story, TICKED, hours};

const CRM: &str = r#"
kind = "hubspot"

[fields]
piste_lead_id = { from = "id", write = "always" }
email = { from = "email", write = "always" }
firstname = { from = "first_name", write = "if_empty" }
piste_need = { from = "need", write = "always", refused = "drop" }
piste_budget = { from = "budget", write = "always" }
lifecyclestage = { from = "stage", write = "always" }
hubspot_owner_id = { from = "owner", write = "create" }

[stages]
lead = "lead"
mql = "marketingqualifiedlead"
sql = "salesqualifiedlead"

[owners]
alex = "71"
"#;

const HOOK: &str = r#"
kind = "webhook"
url = "https://hooks.example.org/piste"
"#;

/// Ways that are open, or all closed.
#[derive(Debug, Default)]
struct All {
    closed: bool,
}

impl Ways for All {
    fn closed_until(&self, _: &DestinationName) -> Option<Option<Timestamp>> {
        self.closed.then_some(None)
    }
}

thread_local! {
    static TOKENS: Cell<u32> = const { Cell::new(0) };
}

fn with(files: &[(&str, &str)]) -> Story {
    let mut story = Story::new();
    let read = |(name, source): &(&str, &str)| {
        let read = Destination::read(name, source, &story.catalog, false);
        read.expect("the file holds")
    };
    let destinations: Vec<_> = files.iter().map(read).collect();
    story.catalog = story.catalog.clone().with_destinations(destinations);
    story
}

fn look(story: &mut Story, closed: bool) -> Option<Box<Order>> {
    TOKENS.set(TOKENS.get() + 1);
    let relay = Relay {
        token: ClaimToken::new(format!("relay{}", TOKENS.get())),
        ways: All { closed },
    };
    story.apply(&relay).answer.flatten()
}

/// The next delivery, after the sender has looked at the lead.
#[track_caller]
fn next(story: &mut Story) -> Order {
    if story.tombstone.is_none() {
        story.wake();
    }
    *look(story, false).expect("something to tell")
}

fn end(story: &mut Story, order: &Order, outcome: Outcome) {
    story.apply(&Ended {
        destination: order.destination.clone(),
        number: order.number,
        token: order.token.clone(),
        outcome,
    });
}

fn told(story: &Story) -> &Told {
    &story.lead().told[0]
}

fn names(order: &Order) -> Vec<&str> {
    order.values.iter().map(|value| value.name.as_str()).collect()
}

fn delivered() -> Outcome {
    Outcome::of(End::Delivered).with_id("8801").with_status(200)
}

/// A hot lead that was told.
fn pushed() -> Story {
    let mut story = with(&[("crm", CRM)]);
    story.post(&HOT);
    let order = next(&mut story);
    end(&mut story, &order, delivered());
    story
}

#[test]
fn a_lead_is_told_as_it_stands_and_an_equal_value_is_not_sent_again() {
    let mut story = with(&[("crm", CRM)]);
    story.post(&HOT);
    assert!(story.lead().told.is_empty(), "a post costs its one request");
    let order = next(&mut story);
    assert_eq!(order.what, What::Push);
    let budget = order
        .values
        .iter()
        .find(|value| value.name == "piste_budget")
        .expect("a budget");
    assert_eq!(budget.value, serde_json::json!(15_000));
    end(&mut story, &order, delivered());
    assert!(look(&mut story, false).is_none(), "nothing changed");
    story.step_to(Stage::Sql);
    let order = next(&mut story);
    assert_eq!(names(&order), ["email", "lifecyclestage", "piste_lead_id"]);
    assert_eq!(order.remote.as_deref(), Some("8801"));
}

#[test]
fn r64_a_sign_up_that_was_never_confirmed_is_told_to_nobody() {
    let mut story = with(&[("crm", CRM), ("hook", HOOK)]);
    story.post(&[TICKED]);
    story.mail("guide");
    assert!(look(&mut story, false).is_none());
    story.confirm();
    let order = next(&mut story);
    assert_eq!(order.what, What::Event(EventType::LeadCreated));
}

#[test]
fn a_withdrawal_goes_first_and_once_also_where_the_record_was_set_aside() {
    let mut story = with(&[("crm", CRM)]);
    story.post(&HOT);
    let order = next(&mut story);
    end(&mut story, &order, Outcome::of(End::SetAside).with_status(400));
    story.opt_out();
    let order = next(&mut story);
    assert_eq!(order.what, What::OptOut);
    end(&mut story, &order, delivered());
    story.wait(hours(30));
    assert_ne!(look(&mut story, false).map(|order| order.what), Some(What::OptOut));
}

#[test]
fn what_was_refused_is_tried_again_when_it_changes_and_not_before() {
    let mut story = with(&[("crm", CRM)]);
    story.post(&HOT);
    let order = next(&mut story);
    end(&mut story, &order, Outcome::of(End::SetAside).with_status(400));
    story.wait(hours(200));
    story.wake();
    assert!(look(&mut story, false).is_none());
    story.post(&[("budget", "20000"), ("need", "Autre chose")]);
    assert_eq!(next(&mut story).what, What::Push);
}

#[test]
fn a_person_takes_up_again_what_was_set_aside() {
    let mut story = with(&[("crm", CRM)]);
    story.post(&HOT);
    let order = next(&mut story);
    end(&mut story, &order, Outcome::of(End::SetAside));
    assert!(relay_at(&story.lead().told).is_some_and(|at| (SET_ASIDE_FROM..ENDED_FROM).contains(&at)));
    let replay = Replay {
        destination: DestinationName::new("crm"),
        number: None,
        set_aside: true,
        at_once: false,
    };
    assert_eq!(story.apply(&replay).answer, Some(1));
    assert_eq!(story.apply(&replay).answer, Some(0));
    assert_eq!(next(&mut story).what, What::Push);
}

#[test]
fn r25_a_claim_that_ran_out_leaves_it_open_whether_there_is_a_record() {
    let mut story = with(&[("crm", CRM)]);
    story.post(&HOT);
    let first = next(&mut story);
    assert!(!first.unsure);
    assert!(look(&mut story, false).is_none(), "somebody is at it");
    story.wait(hours(1));
    let second = next(&mut story);
    assert!(second.unsure);
    end(&mut story, &first, delivered());
    assert_eq!(
        told(&story).deliveries[0].state,
        DeliveryState::Pending,
        "a late answer settles nothing"
    );
    end(&mut story, &second, delivered());
    assert_eq!(told(&story).deliveries[0].state, DeliveryState::Delivered);
}

#[test]
fn r112_the_waits_grow_and_end_after_nine_tries() {
    let mut story = with(&[("hook", HOOK)]);
    story.post(&HOT);
    let mut waits = Vec::new();
    for _ in 0..10 {
        let order = next(&mut story);
        assert_eq!(order.what, What::Event(EventType::LeadCreated));
        end(&mut story, &order, Outcome::of(End::Later(None)).with_status(500));
        let Some(due) = told(&story).deliveries[0].due_at() else {
            break;
        };
        waits.push(due.duration_since(story.now).as_secs());
        // What waits behind it goes on by itself.
        story.now = due;
        for told in story.lead.iter_mut().flat_map(|lead| &mut lead.told) {
            told.deliveries.truncate(1);
        }
    }
    let planned = WAITS.map(|wait| wait.as_secs());
    assert_eq!(waits.len(), planned.len());
    for (waited, planned) in waits.iter().zip(planned) {
        assert!((waited - planned).abs() <= planned / 10 + 1, "{waited} for {planned}");
    }
    assert_eq!(told(&story).deliveries[0].state, DeliveryState::SetAside);
}

#[test]
fn a_closed_destination_holds_its_own_deliveries_back_and_counts_no_try() {
    let mut story = pushed();
    story.step_to(Stage::Sql);
    assert!(look(&mut story, true).is_none());
    let push = &told(&story).deliveries[0];
    assert_eq!((push.state, push.attempts), (DeliveryState::Paused, 0));
    story.wait(hours(2));
    let order = next(&mut story);
    end(
        &mut story,
        &order,
        Outcome::of(End::Pause(Reason::Budget, Some(SignedDuration::from_mins(10)))),
    );
    assert_eq!(told(&story).deliveries[0].attempts, 0);
}

#[test]
fn a_record_that_was_deleted_there_is_not_made_again() {
    let mut story = pushed();
    story.step_to(Stage::Sql);
    let order = next(&mut story);
    end(&mut story, &order, Outcome::of(End::Gone).with_status(404));
    story.post(&[("budget", "99000"), ("need", "Encore")]);
    story.wake();
    assert!(look(&mut story, false).is_none());
}

#[test]
fn an_erasure_goes_by_the_id_alone_and_a_new_life_waits_for_it() {
    let mut story = pushed();
    story.apply(&input::Erase(ErasedBy::Person));
    let order = next(&mut story);
    assert_eq!((order.what, order.remote.as_deref()), (What::Erasure, Some("8801")));
    assert!(order.values.is_empty() && order.email.is_none());
    end(&mut story, &order, Outcome::of(End::Later(None)).with_status(503));
    story.post(&HOT);
    story.wake();
    assert!(look(&mut story, false).is_none(), "the old record is still there");
    story.wait(hours(1));
    let order = next(&mut story);
    assert_eq!(order.what, What::Erasure);
    end(&mut story, &order, Outcome::of(End::Delivered).with_status(204));
    assert_eq!(
        told(&story).of(What::Erasure).map(|of| of.state),
        Some(DeliveryState::Forgotten)
    );
    let order = next(&mut story);
    assert_eq!((order.what, order.remote), (What::Push, None));
}

#[test]
fn whoever_is_back_after_an_erasure_that_was_left_to_a_person_is_told_of_again() {
    let mut story = pushed();
    story.apply(&input::Erase(ErasedBy::Person));
    let order = next(&mut story);
    let only_the_bin = Outcome::of(End::SetAside).with_status(204).with_code("bin_only");
    end(&mut story, &order, only_the_bin);
    story.post(&HOT);
    let order = next(&mut story);
    assert_eq!((order.what, order.remote), (What::Push, None));
}

#[test]
fn who_is_erased_while_a_record_is_made_is_erased_there_once_its_id_is_known() {
    let mut story = with(&[("crm", CRM)]);
    story.post(&HOT);
    let push = next(&mut story);
    story.apply(&input::Erase(ErasedBy::Person));
    assert!(
        look(&mut story, false).is_none(),
        "the record may be made at this moment"
    );
    end(&mut story, &push, delivered());
    let erasure = next(&mut story);
    assert_eq!((erasure.what, erasure.remote.as_deref()), (What::Erasure, Some("8801")));
    // Whoever dies over it leaves a task for a person, and nothing is pushed of somebody who is erased.
    let mut story = with(&[("crm", CRM)]);
    story.post(&HOT);
    next(&mut story);
    story.apply(&input::Erase(ErasedBy::Person));
    story.wait(hours(1));
    let erasure = next(&mut story);
    assert_eq!((erasure.what, erasure.remote), (What::Erasure, None));
}

#[test]
fn r25_events_come_in_their_order_once_each_and_keep_their_body() {
    let mut story = with(&[("hook", HOOK)]);
    story.post(&HOT);
    story.wake();
    let mut types = Vec::new();
    while let Some(order) = look(&mut story, false) {
        let body = order.body.clone().expect("a body");
        let parsed: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(parsed["type"], order.what.code());
        assert!(!body.contains("devis"), "nothing that somebody typed");
        types.push(order.what.code());
        end(&mut story, &order, Outcome::of(End::Delivered));
    }
    assert_eq!(
        types,
        [
            "lead.created",
            "lead.qualified",
            "lead.stage_changed",
            "lead.owner_changed"
        ]
    );
    story.step_to(Stage::Sql);
    let order = next(&mut story);
    assert_eq!(order.what, What::Event(EventType::LeadStageChanged));
    end(&mut story, &order, Outcome::of(End::Later(None)));
    story.wait(hours(1));
    let again = next(&mut story);
    assert_eq!((again.number, again.body), (order.number, order.body));
}

#[test]
fn whoever_confirms_days_later_is_news_and_whoever_was_there_before_the_file_is_not() {
    let mut story = with(&[("hook", HOOK)]);
    story.post(&[TICKED]);
    story.mail("guide");
    story.wait(hours(10 * 24));
    story.confirm();
    assert_eq!(next(&mut story).what, What::Event(EventType::LeadCreated));

    let mut story = Story::new();
    story.post(&HOT);
    story.wake();
    story.wait(hours(10 * 24));
    story.catalog = with(&[("hook", HOOK)]).catalog;
    story.wake();
    assert!(look(&mut story, false).is_none(), "no news");
    story.step_to(Stage::Sql);
    assert_eq!(next(&mut story).what, What::Event(EventType::LeadStageChanged));
}

#[test]
fn the_id_of_a_delivery_is_read_back() {
    let text = "k7d2m5q3k7d2m5q3k7d2m5q3k7-my-crm-12";
    let id = crate::lead::deliveries::DeliveryId::parse(text).expect("an id");
    assert_eq!(id.to_string(), text);
    assert_eq!(id.destination.as_str(), "my-crm");
    assert!(crate::lead::deliveries::DeliveryId::parse("x-crm-1").is_none());
}
