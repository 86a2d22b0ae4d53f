//! What SES reports stops or goes on (R24, R54, R55, R60; `/local/feedback` of design.md section 5).

use serde_json::{Value, json};

use crate::test_app::*;

const ANA: &str = "ana@example.org";

fn sequence_over(app: &TestApp, mails: usize) {
    app.advance("P30D");
    assert_eq!(app.mails_to(ANA).len(), mails);
}

fn kinds(lead: &Value) -> Vec<&str> {
    lead["timeline"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|event| event["kind"].as_str())
        .collect()
}

#[test]
fn a_delivery_changes_nothing_for_the_person() {
    let app = TestApp::start();
    app.opt_in(ANA, &[]);
    for _ in 0..15 {
        for sent in app.mails_to(ANA) {
            app.feedback(&sent, "delivery");
        }
        app.advance("P1D");
    }
    assert_eq!(app.steps_to(ANA), ["guide", "day-2", "day-5", "day-9", "day-14"]);
    let lead = app.lead(ANA);
    assert!(
        lead["sends"]
            .as_array()
            .expect("a list")
            .iter()
            .all(|send| send["state"] == "sent")
    );
}

#[test]
fn r54_a_hard_bounce_stops_every_email() {
    let app = TestApp::start();
    app.opt_in(ANA, &[]);
    app.advance("P3D");
    app.feedback(&app.mails_to(ANA)[1], "bounce");
    sequence_over(&app, 2);
    assert!(kinds(&app.lead(ANA)).contains(&"suppression"));
    // Not even what the person asks for: the address does not work.
    app.post(&[("email", ANA), TICKED]);
    sequence_over(&app, 2);
}

#[test]
fn i18_a_bounce_of_the_guide_stops_the_nurture_that_was_confirmed() {
    let app = TestApp::start();
    app.opt_in(ANA, &[]);
    app.feedback(&app.mails_to(ANA)[0], "bounce");
    sequence_over(&app, 1);
    let due: jiff::Timestamp = app.lead(ANA)["due_at"]
        .as_str()
        .expect("an alarm")
        .parse()
        .expect("a moment");
    assert!(
        due.duration_since(app.now()).as_hours() > 120 * 24,
        "no alarm rings but that of the months of silence"
    );
}

#[test]
fn r54_three_soft_bounces_pause_and_two_do_not() {
    for (bounces, expected) in [(2, 5), (3, 4)] {
        let app = TestApp::start();
        app.opt_in(ANA, &[]);
        app.advance("P10D");
        let mails = app.mails_to(ANA);
        assert_eq!(mails.len(), 4, "day 14 is still to come");
        for sent in mails.iter().rev().take(bounces) {
            // The same report again is still one bounce (R24).
            app.feedback(sent, "soft_bounce");
            app.feedback(sent, "soft_bounce");
        }
        sequence_over(&app, expected);
    }
}

#[test]
fn r54_a_delivery_sets_the_count_back_and_three_after_it_pause() {
    for (order, expected) in [([0, 2, 1, 3], 5), ([2, 3, 0, 1], 4), ([1, 0, 2, 3], 5)] {
        let app = TestApp::start();
        app.opt_in(ANA, &[]);
        app.advance("P10D");
        let mails = app.mails_to(ANA);
        for place in order {
            app.feedback(&mails[place], if place == 2 { "delivery" } else { "soft_bounce" });
        }
        sequence_over(&app, expected);
    }
}

#[test]
fn r55_a_complaint_is_an_opt_out_and_more() {
    let app = TestApp::start();
    app.opt_in(ANA, &[]);
    app.advance("P3D");
    app.feedback(&app.mails_to(ANA)[1], "complaint");
    let lead = app.lead(ANA);
    assert_eq!(
        (&lead["consents"][0]["state"], &lead["consents"][0]["method"]),
        (&json!("withdrawn"), &json!("complaint"))
    );
    sequence_over(&app, 2);
    // R69: their own post does not lift it.
    app.post(&[("email", ANA), TICKED]);
    sequence_over(&app, 2);
}

#[test]
fn r60_a_click_counts_once_and_only_when_a_person_can_have_made_it() {
    let app = TestApp::start();
    app.opt_in(ANA, &[]);
    app.advance("P2DT6H");
    let mails = app.mails_to(ANA);
    let before = app.lead(ANA)["score"]["engagement"].as_i64().expect("a number");
    // A scanner follows every link within seconds of the delivery.
    app.post(&[("email", "bob@example.org")]);
    app.settle();
    let to_bob = &app.mails_to("bob@example.org")[0];
    let bob = || app.lead("bob@example.org")["score"]["engagement"].as_i64();
    let untouched = bob();
    app.feedback(to_bob, "click");
    assert_eq!(bob(), untouched);

    for _ in 0..3 {
        app.feedback(&mails[1], "click");
    }
    let after = app.lead(ANA)["score"]["engagement"].as_i64().expect("a number");
    assert_eq!(after - before, 10, "the points of one click");
    app.advance("P15D");
    assert_eq!(app.mails_to(ANA).len(), 5, "a click stops nothing");
}

#[test]
fn r24_any_order_ends_the_same() {
    let orders = [
        ["delivery", "click", "complaint", "bounce"],
        ["bounce", "complaint", "click", "delivery"],
        ["complaint", "delivery", "bounce", "click"],
    ];
    for order in orders {
        let app = TestApp::start();
        app.opt_in(ANA, &[]);
        app.advance("P3D");
        let mails = app.mails_to(ANA);
        for event in order.into_iter().chain(order) {
            app.feedback(&mails[1], event);
        }
        assert_eq!(app.lead(ANA)["consents"][0]["state"], "withdrawn");
        sequence_over(&app, 2);
        // The strongest reason stands whatever came last.
        let lead = app.lead(ANA);
        let stopped = lead["timeline"]
            .as_array()
            .expect("a list")
            .iter()
            .filter(|event| event["kind"] == "suppression");
        let texts: Vec<_> = stopped.filter_map(|event| event["text"].as_str()).collect();
        assert!(
            texts.len() == 1 && (texts[0].contains("complaint") || texts[0].contains("plainte")),
            "{texts:?}"
        );
    }
}

#[test]
fn a_wrong_report_is_refused_and_changes_nothing() {
    let app = TestApp::start();
    app.guide_for(ANA, &[]);
    let id = &app.mails_to(ANA)[0].id;
    let before = app.lead(ANA);
    let rows = [
        (json!({ "id": id, "event": "exploded" }), 422),
        (json!({ "id": id, "event": "" }), 422),
        (json!({ "id": "0000", "event": "bounce" }), 404),
        (json!({ "id": id }), 400),
        (json!({ "event": "bounce" }), 400),
        (json!({ "id": id, "event": "bounce", "more": 1 }), 400),
        (json!([]), 400),
    ];
    for (body, expected) in rows {
        let answer = app.post_json("/local/feedback", &body);
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (expected, "application/problem+json"),
            "{body}"
        );
    }
    assert_eq!(app.send("POST", "/local/feedback", &[JSON], "{").status, 400);
    assert_eq!(app.get("/local/feedback").status, 405);
    assert_eq!(app.lead(ANA), before);
}
