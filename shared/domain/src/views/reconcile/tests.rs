use super::*;
use crate::kit::ids::ClaimToken;
use crate::lead::ledger::{FeedbackKind, Outcome};
use crate::rules::sending::{Evidence, Senders, Terms};
use crate::samples::forged;
use crate::samples::{HOT, Story, TICKED, accepted, at, catalog, days, demo, hours, key};

const OPEN: Gate = Gate::Open(Terms {
    paused: false,
    evidence: Evidence::None,
    senders: Senders::WELL,
});

fn reconcile(story: &Story, gate: Gate, outbox: Option<Vec<Posted>>) -> Report {
    let key = key();
    let basis = Basis {
        catalog: &story.catalog,
        key: &key,
        gate,
        now: story.now,
    };
    let mut reconcile = Reconciliation::new(basis, outbox);
    reconcile.add(story.lead());
    reconcile.finish()
}

/// What SES took, by the ledger itself.
fn outbox(story: &Story) -> Vec<Posted> {
    let sent = |send: &LedgerEntry| match send.state() {
        EntryState::Sent { message_id, .. } => message_id.clone(),
        _ => None,
    };
    let mails = story.lead().ledger().filter_map(|(_, send)| {
        Some(Posted {
            lead: story.lead().id.clone(),
            send: send.id.clone(),
            message_id: sent(send)?,
        })
    });
    mails.collect()
}

/// Two weeks of emails, all accepted.
fn through() -> Story {
    let mut story = Story::confirmed();
    story.run(story.now + days(20));
    assert_eq!(story.ledger().len(), 5);
    story
}

fn remove(story: &mut Story, step: &str) -> Finding {
    let mut lead = story.lead().clone();
    let enrolment = lead
        .enrolments
        .iter_mut()
        .find(|e| e.ledger.iter().any(|s| s.step == step));
    let enrolment = enrolment.expect("an enrolment");
    let gone = enrolment.ledger.of_step(step).expect("an entry").clone();
    enrolment.ledger.retain(|entry| entry.step != step);
    let found = finding(story.lead(), enrolment, &gone);
    story.lead = Some(lead);
    found
}

#[test]
fn r11_i8_two_weeks_add_up_by_day_and_sequence() {
    let story = through();
    let report = reconcile(&story, OPEN, Some(outbox(&story)));
    assert!(report.adds_up(), "{report:?}");
    let expected = Sum {
        due: 5,
        sent: 5,
        ..Sum::default()
    };
    assert_eq!((report.leads, report.total), (1, expected));
    let days: Vec<_> = report
        .days
        .iter()
        .map(|row| (row.day.to_string(), row.sequence.as_str()))
        .collect();
    let planned = ["2026-03-04", "2026-03-09", "2026-03-11", "2026-03-16"];
    let nurture = planned.map(|day| (day.to_owned(), "nurture"));
    assert_eq!(days, [&[("2026-03-02".to_owned(), "guide")][..], &nurture].concat());
    assert_eq!(report.outbox.map(|compared| compared.mails), Some(5));
}

#[test]
fn r11_a_step_that_vanished_is_found() {
    let steps = through().ledger();
    for step in steps.iter().filter_map(|entry| entry.split(' ').next()) {
        let mut story = through();
        let gone = remove(&mut story, step);
        let report = reconcile(&story, OPEN, None);
        assert_eq!(report.vanished, [gone], "{step}");
        assert_eq!((report.total.due, report.total.sent), (5, 4));
        assert!(!report.adds_up() && report.days.iter().any(|row| !row.sum.adds_up()));
    }
}

#[test]
fn a_step_that_an_edit_put_before_a_leads_place_is_told_apart() {
    let mut story = through();
    remove(&mut story, "day-5");
    let mut edited = Vec::from_iter(story.catalog.iter().map(|published| (**published).clone()));
    edited[0].version = "later".into();
    story.catalog = Catalog::new(edited);
    let report = reconcile(&story, OPEN, None);
    assert_eq!(report.changed.len(), 1);
    assert!(report.adds_up(), "{report:?}");
}

#[test]
fn r11_what_is_due_says_why_and_by_how_long() {
    let mut story = Story::confirmed();
    story.now = story.lead().due_at.expect("day 2") + hours(3);
    let report = reconcile(&story, OPEN, None);
    let Sum { due, sent, open, .. } = report.total;
    assert_eq!((due, sent, open), (2, 1, 1));
    let [first] = &report.open[..] else {
        panic!("{:?}", report.open)
    };
    assert_eq!(
        (first.mail.step.as_str(), first.late_s, first.why),
        ("day-2", 3 * 3_600, Why::NextSweep)
    );
    assert!(report.adds_up());
    assert_eq!(reconcile(&story, Gate::Held, None).open[0].why, Why::Held);
    let paused = Terms {
        paused: true,
        evidence: Evidence::None,
        senders: Senders::WELL,
    };
    assert_eq!(reconcile(&story, Gate::Open(paused), None).open[0].why, Why::Paused);
    story.go("2026-03-04T20:00:00Z");
    assert_eq!(reconcile(&story, OPEN, None).open[0].why, Why::OutOfHours);

    story.go("2026-03-05T09:00:00Z");
    let order = story.wake().expect("day 2");
    assert_eq!(reconcile(&story, OPEN, None).open[0].why, Why::Unanswered);
    story.settle(&order, Outcome::RefusedForNow { code: "busy".into() });
    assert_eq!(reconcile(&story, OPEN, None).open[0].why, Why::TriedAgain);
    story.catalog = catalog([]);
    let blind = reconcile(&story, OPEN, None);
    assert_eq!(blind.open[0].why, Why::CampaignGone);
    assert!(blind.adds_up(), "{blind:?}");
}

#[test]
fn i20_a_mail_to_come_without_an_alarm_is_found() {
    let mut story = Story::confirmed();
    for alarm in [None, Some(story.now + days(30))] {
        let mut lead = story.lead().clone();
        lead.due_at = alarm;
        story.lead = Some(lead);
        let report = reconcile(&story, OPEN, None);
        assert_eq!(
            report
                .stranded
                .iter()
                .map(|mail| mail.step.as_str())
                .collect::<Vec<_>>(),
            ["day-2"]
        );
        assert!(!report.adds_up());
    }
}

#[test]
fn r11_ends_of_every_kind_are_counted() {
    let mut story = Story::confirmed();
    story.go("2026-03-04T09:30:00Z").opt_out();
    let report = reconcile(&story, OPEN, None);
    let Sum { due, sent, skipped, .. } = report.total;
    assert_eq!(
        (due, sent, skipped),
        (2, 1, 1),
        "day 2 had become due when its sequence ended"
    );
    assert!(report.adds_up());

    let mut story = Story::asked();
    let order = story.wake().expect("the guide");
    story.settle(
        &order,
        Outcome::Refused {
            code: "MessageRejected".into(),
        },
    );
    assert_eq!(reconcile(&story, OPEN, Some(Vec::new())).total.failed, 1);

    let mut story = Story::confirmed();
    story.now = story.lead().due_at.expect("day 2");
    let order = story.wake().expect("day 2");
    story.settle(&order, Outcome::Ambiguous);
    story.wait(days(2));
    assert!(story.wake_trusting(false).is_none());
    let report = reconcile(&story, OPEN, None);
    assert_eq!((report.total.unknown, &report.unknown[0].send), (1, &order.send_id));
    assert!(report.adds_up(), "unknown is counted, not lost");
}

#[test]
fn r9_copies_are_listed() {
    let mut story = Story::asked();
    let order = story.wake().expect("the guide");
    story.settle(&order, accepted(&order));
    story.tell(&order.send_id, "m-2", FeedbackKind::Send, story.now);
    let report = reconcile(&story, OPEN, None);
    assert_eq!(report.duplicates.len(), 1);
    assert!(report.adds_up());
    // The outbox of the local system, whose events are never lost, must not hold any twice.
    let mail = |id: &str| Posted {
        lead: story.lead().id.clone(),
        send: order.send_id.clone(),
        message_id: id.into(),
    };
    let compared = reconcile(&story, OPEN, Some(vec![mail("m-2"), mail("m-1")]));
    assert_eq!(compared.outbox.as_ref().map(|compared| compared.twice.len()), Some(1));
    assert!(!compared.adds_up());
}

#[test]
fn i8_ledger_and_outbox_must_agree_both_ways() {
    let story = through();
    let there = outbox(&story);
    let compared = |outbox: Vec<Posted>| {
        let report = reconcile(&story, OPEN, Some(outbox));
        assert!(!report.adds_up());
        report.outbox.expect("compared")
    };
    assert_eq!(compared(there[1..].to_vec()).not_there.len(), 1);
    let stray = Posted {
        send: SendId::new("z".repeat(26)),
        ..there[0].clone()
    };
    assert_eq!(
        compared([there.clone(), vec![stray.clone()]].concat()).strays,
        [stray.send]
    );
    let mut other = there.clone();
    other[2].message_id = "another".into();
    assert_eq!(compared(other).not_there.len(), 1);

    let mut denied = through();
    denied.lead = Some(forged(denied.lead(), |json| {
        let entry = &mut json["enr"][0]["l"][0];
        (entry["t"], entry["r"]) = ("skipped".into(), "late".into());
    }));
    let report = reconcile(&denied, OPEN, Some(there));
    assert_eq!(report.outbox.expect("compared").denied.len(), 1);
}

#[test]
fn r67_mails_of_an_erased_person_are_told_apart_from_strays() {
    let (story, key) = (through(), key());
    let basis = Basis {
        catalog: &story.catalog,
        key: &key,
        gate: OPEN,
        now: story.now,
    };
    let mut reconcile = Reconciliation::new(basis, Some(outbox(&story)));
    let erased = story.lead().id.clone();
    assert_eq!(reconcile.unaccounted(), BTreeSet::from([erased.clone()]));
    reconcile.add_erased(&erased);
    let report = reconcile.finish();
    assert!(report.adds_up(), "{report:?}");
    assert_eq!(report.outbox.map(|compared| compared.erased), Some(5));
}

#[test]
fn r11_an_id_that_is_not_its_steps_own_or_stands_twice_is_found() {
    let mut story = through();
    story.lead = Some(forged(story.lead(), |json| {
        let ledger = json["enr"][1]["l"].as_array_mut().expect("a ledger");
        let twin = ledger[0].clone();
        ledger.push(twin);
        ledger[1]["i"] = "x".repeat(26).into();
    }));
    let report = reconcile(&story, OPEN, None);
    assert_eq!(report.misnamed.len(), 2);
    assert!(!report.adds_up());
}

#[test]
fn items_that_do_not_parse_are_named() {
    let (story, key) = (Story::asked(), key());
    let basis = Basis {
        catalog: &story.catalog,
        key: &key,
        gate: OPEN,
        now: story.now,
    };
    let mut reconcile = Reconciliation::new(basis, None);
    reconcile.add_unreadable(story.lead().id.clone());
    let report = reconcile.finish();
    assert_eq!(report.unreadable, [story.lead().id.clone()]);
    assert!(!report.adds_up());
}

#[test]
fn a_lead_in_two_campaigns_and_one_who_came_back_add_up() {
    let mut story = Story::of([demo(), crate::samples::other("b")]);
    story.post(&[TICKED]);
    story.mail("guide");
    story.confirm();
    story.wait(days(1)).post_to("b", &[TICKED]);
    story.post_to("b", &HOT);
    story.run(story.now + days(9));
    story.opt_out();
    story.wait(days(40)).post(&[TICKED]);
    story.run(story.now + days(1));
    story.confirm();
    story.run(story.now + days(30));
    let report = reconcile(&story, OPEN, Some(outbox(&story)));
    assert!(report.adds_up(), "{report:?}");
    assert_eq!(report.total.due, report.total.sent + report.total.skipped);
    assert!(report.total.sent > 7, "{:?}", report.total);
}

#[test]
fn a_claim_whose_sender_died_is_open_and_has_its_alarm() {
    let mut story = Story::asked();
    let order = story.wake().expect("the guide");
    assert_ne!(order.token, ClaimToken::new(""));
    story.now += hours(1);
    let report = reconcile(&story, OPEN, Some(Vec::new()));
    assert_eq!((report.total.open, report.open[0].why), (1, Why::Unanswered));
    assert!(report.adds_up(), "{report:?}");
    assert_eq!(at("2026-03-02T09:00:00Z"), report.open[0].due_at);
}
