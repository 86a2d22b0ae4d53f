//! The sales clock, rule by rule. Each story also keeps the laws of `samples`.

use super::*;
use crate::campaign::Campaign;
use crate::campaign::sales::Tier;
use crate::kit::locale::Locale;
use crate::kit::vocabulary::Class;
use crate::kit::vocabulary::SignalKind;
use crate::lead::consent::Method;
use crate::lead::ledger::{FeedbackKind, Outcome};
use crate::rules::alert::AlertKind;
use crate::rules::criteria::checklist;
use crate::rules::decide::Decision;
use crate::rules::input;
use crate::rules::qualification::{Call, CallOutcome};
use crate::samples::{HOT, Story, TICKED, accepted as taken, at, by_sales, days, edited, hours};
use jiff::SignedDuration;

/// The demo campaign with one owner for everything that no rule gives away.
fn campaign() -> Campaign {
    edited(&[(
        "email = \"alex@example.com\"\n",
        "email = \"alex@example.com\"\nin_turn = false\n",
    )])
}

/// A hot lead of Monday 2 March 2026, 10:00 in Paris, whose guide has left.
fn hot() -> Story {
    hot_at("2026-03-02T09:00:00Z")
}

fn hot_at(moment: &str) -> Story {
    let mut story = Story::of([campaign()]);
    story.go(moment);
    story.post(&HOT);
    story.mail("guide");
    story
}

impl Story {
    fn case(&self) -> &Case {
        self.lead().cases.last().expect("a case")
    }

    fn task(&self) -> Task {
        self.case().task.expect("a task")
    }

    #[track_caller]
    fn note(&mut self, action: SalesAction) -> Noted {
        let noted = self.apply(&input::Sales(action, by_sales(), None));
        noted.answer.expect("a lead")
    }

    /// A button of a mail about this task.
    #[track_caller]
    fn press(&mut self, action: SalesAction, round: u32, serial: u16) -> Decision<Noted> {
        self.apply(&input::Sales(action, by_sales(), Some(About { round, serial })))
    }

    /// Everything to sales until a moment: when, which, to whom.
    #[track_caller]
    fn told_sales(&mut self, until: &str) -> Vec<(String, String, String)> {
        let all = self.run_all(at(until)).into_iter();
        all.filter(|(_, order)| order.class == Class::Alert)
            .map(|(moment, order)| (moment.to_string(), order.step, order.to.expose().to_owned()))
            .collect()
    }
}

#[track_caller]
fn check(found: &[(String, String, String)], expected: &[(&str, &str, &str)]) {
    let found: Vec<_> = found
        .iter()
        .map(|(at, step, to)| (at.as_str(), step.as_str(), to.as_str()))
        .collect();
    assert_eq!(found, expected);
}

const CAMILLE: &str = "camille@example.com";
const DIRECTION: &str = "direction@example.com";

// ---- the link of an alert ----

#[test]
fn a_link_takes_the_lead_on_or_hands_it_over_with_its_note_and_only_once() {
    let link = |story: &mut Story, outcome: CallOutcome, note: &str, (round, serial): (u32, u16)| {
        let call = Call {
            outcome,
            note: Some(Personal::new(note)).filter(|note| !note.expose().is_empty()),
            answers: [("budget".to_owned(), Personal::new("18000"))].into(),
        };
        let called = input::Called(call, by_sales(), Some(About { round, serial }));
        story.apply(&called).answer.expect("a lead")
    };
    let notes = |story: &Story| story.lead().notes.len();
    let mut story = hot();
    story.mail("alert");
    // Of another case nothing is noted, not even the answers.
    let hand_over = || CallOutcome::HandOver("direction".into());
    assert_eq!(link(&mut story, hand_over(), "For you.", (2, 1)), Noted::NoTask);
    assert_eq!(
        link(&mut story, CallOutcome::HandOver("nobody".into()), "x", (1, 1)),
        Noted::NoTask
    );
    assert_eq!((notes(&story), story.lead().words.answer("budget")), (0, Some("15000")));

    assert_eq!(link(&mut story, hand_over(), "For you.", (1, 1)), Noted::Done);
    assert_eq!((story.case().owner.as_str(), notes(&story)), ("direction", 1));
    assert_eq!(story.lead().words.answer("budget"), Some("18000"));
    let told = story.told_sales("2026-03-02T09:01:00Z");
    assert_eq!((told.len(), told[0].2.as_str()), (1, DIRECTION), "{told:?}");

    // Whoever takes it on may say why; the case goes on as a sale.
    let (round, serial) = (story.case().round, story.task().serial);
    assert_eq!(
        link(&mut story, CallOutcome::Accept, "Wants it by May.", (round, serial)),
        Noted::Done
    );
    assert_eq!((story.lead().stage, notes(&story)), (Stage::Sql, 2));
    assert_eq!(
        link(&mut story, CallOutcome::Reached, "", (round, serial)),
        Noted::NoTask,
        "that task is over"
    );
}

// ---- the alert ----

#[test]
fn a_hot_lead_is_told_to_its_owner_at_once_with_the_reasons() {
    let mut story = hot();
    let order = story.mail("alert");
    assert_eq!((order.class, order.to.expose()), (Class::Alert, CAMILLE));
    assert_eq!(order.names.first_name, None);
    let notice = order.alert.expect("what it says");
    assert_eq!(
        (notice.kind, case(&notice).tier, case(&notice).cause),
        (AlertKind::Alert, Tier::Hot, Cause::Mql)
    );
    assert_eq!(case(&notice).until, at("2026-03-02T09:05:00Z"), "five minutes");
    assert_eq!(
        (case(&notice).round, case(&notice).serial, case(&notice).attempt),
        (1, 1, (1, 5))
    );
    let brief = notice.brief;
    assert_eq!(brief.grade, "A3");
    let sum: i64 = brief.why.iter().map(|(points, _)| points).sum();
    assert_eq!(sum, brief.sums.0 + brief.sums.1, "the lines add up");
    assert!(brief.why.is_sorted_by_key(|(points, _)| std::cmp::Reverse(*points)));
    assert!(
        brief
            .why
            .iter()
            .any(|(points, why)| *points == 20 && why.contains("dès maintenant")),
        "{:?}",
        brief.why
    );
    let answers: Vec<&str> = brief.answers.iter().map(|(_, answer)| answer.expose()).collect();
    assert_eq!(
        answers,
        [
            "50 à 249\u{a0}personnes",
            "15\u{202f}000\u{202f}€",
            "Plus de devis",
            "Dès maintenant"
        ]
    );
    assert_eq!(brief.checklist.len(), 3);
    assert!(brief.checklist.iter().all(|(_, met)| *met));
}

#[test]
fn an_owner_reads_their_own_language_and_a_rule_gives_them_their_leads() {
    let mut story = Story::of([campaign()]);
    story.post(&[&HOT[..], &[("sector", "saas")]].concat());
    story.mail("guide");
    let order = story.mail("alert");
    assert_eq!((order.to.expose(), order.locale), ("alex@example.com", Locale::En));
    let brief = order.alert.expect("what it says").brief;
    assert!(
        brief
            .answers
            .iter()
            .any(|(question, answer)| question == "Company size" && answer.expose() == "50 to 249 people")
    );
}

#[test]
fn who_is_no_mql_is_nobody_s_case() {
    let mut story = Story::confirmed();
    assert!(story.lead().cases.is_empty());
    assert!(
        story
            .run_all(story.now + days(60))
            .iter()
            .all(|(_, order)| order.class != Class::Alert)
    );
    let mut without = crate::samples::demo();
    without.sales = None;
    let mut story = Story::of([without]);
    story.post(&HOT);
    assert_eq!(story.lead().stage, Stage::Mql);
    assert!(
        story.lead().cases.is_empty(),
        "a campaign without [sales] alerts nobody"
    );
}

#[test]
fn each_crossing_fires_once() {
    let mut story = hot();
    story.mail("alert");
    for answer in ["A", "B", "C"] {
        story.wait(SignedDuration::from_secs(20)).post(&[("company", answer)]);
        let again = story.wake().expect("R122: whoever asks again is heard");
        assert_eq!(
            again.alert.as_ref().map(|alert| alert.kind),
            Some(AlertKind::AsksAgain),
            "{answer}"
        );
        story.settle(&again, taken(&again));
        let rest = story.run_all(story.now);
        assert!(rest.iter().all(|(_, order)| order.class != Class::Alert), "once");
    }
    assert_eq!(story.lead().cases.len(), 1);
    // Taken back by a person, the same points do not ring again; a person's own move does, and so does a new enquiry.
    story.step_to(Stage::Lead);
    story.wait(hours(1)).confirm();
    assert_eq!((story.lead().stage, story.lead().cases.len()), (Stage::Lead, 1));
    story.step_to(Stage::Mql);
    assert_eq!(story.lead().cases.len(), 2);
    story.step_to(Stage::Disqualified);
    story.wait(hours(1)).post(&[("company", "D")]);
    assert_eq!((story.lead().stage, story.lead().cases.len()), (Stage::Mql, 3));
}

#[test]
fn a_lead_that_gets_hotter_is_told_once_more_and_only_once() {
    let warmer = edited(&[
        (
            "email = \"alex@example.com\"\n",
            "email = \"alex@example.com\"\nin_turn = false\n",
        ),
        (
            "hot = { grades = [\"A1\", \"A2\", \"A3\", \"B1\"]",
            "hot = { grades = [\"A1\", \"A2\", \"B1\"]",
        ),
        (
            "warm = { grades = [\"A4\", \"B2\", \"B3\"]",
            "warm = { grades = [\"A3\", \"A4\", \"B2\", \"B3\"]",
        ),
    ]);
    let mut story = Story::of([warmer]);
    story.post(&[&HOT[..], &[TICKED]].concat());
    story.mail("guide");
    let warm = story.mail("alert").alert.expect("what it says");
    assert_eq!(
        (case(&warm).tier, case(&warm).until),
        (Tier::Warm, at("2026-03-02T10:00:00Z"))
    );
    story.wait(SignedDuration::from_mins(10));
    story.confirm(); // 35 points of engagement: A2
    let hot = story.mail("hotter").alert.expect("what it says");
    assert_eq!(
        (case(&hot).tier, case(&hot).until),
        (Tier::Hot, at("2026-03-02T09:15:00Z"))
    );
    assert_eq!(story.case().deadline, at("2026-03-02T09:15:00Z"));
    let rest = story.told_sales("2026-03-02T09:14:59Z");
    assert!(rest.is_empty(), "{rest:?}");
}

#[test]
fn the_lead_s_own_no_does_not_stop_an_alert() {
    type Stop = fn(&mut Story);
    let stops: [Stop; 3] = [
        |s| drop(s.opt_out()),
        |s| drop(s.report(&s.entry("guide").id.clone(), FeedbackKind::HardBounce)),
        |s| drop(s.report(&s.entry("guide").id.clone(), FeedbackKind::Complaint)),
    ];
    for stop in stops {
        let mut story = hot();
        stop(&mut story);
        assert_eq!(story.mail("alert").class, Class::Alert);
    }
}

#[test]
fn r10_an_alert_goes_at_least_once_and_twice_at_most() {
    let mut story = Story::of([campaign()]);
    story.post(&HOT);
    let first = story.wake().expect("the alert");
    story.settle(&first, Outcome::Ambiguous);
    story.wait(limits::SETTLE_SERVICE);
    let second = story.wake().expect("once more");
    assert!(
        second.class == Class::Alert && second.step == "alert",
        "no reminder takes the place of the first alert"
    );
    let mut story = Story::of([campaign()]);
    story.go("2026-03-02T22:00:00Z").post(&HOT);
    for attempt in 1..=2 {
        let order = story.wake().expect("the alert");
        assert_eq!(
            (order.step.as_str(), story.entry("alert").attempts()),
            ("alert", attempt)
        );
        story.settle(&order, Outcome::Ambiguous);
        story.wait(limits::SETTLE_SERVICE);
    }
    assert!(
        story
            .run_all(story.now)
            .iter()
            .all(|(_, order)| order.class != Class::Alert)
    );
    assert_eq!(story.entry("alert").state_code(), "unknown");
}

#[test]
fn a_mail_that_bounces_off_the_owner_goes_to_somebody_else_and_never_stops_the_lead() {
    let mut story = hot();
    let order = story.mail("alert");
    story.report(&order.send_id, FeedbackKind::HardBounce);
    assert_eq!(story.lead().suppression, None);
    let escalated = story.mail("escalated");
    assert_eq!(escalated.to.expose(), DIRECTION);
    for kind in [FeedbackKind::Complaint, FeedbackKind::SoftBounce, FeedbackKind::Click] {
        story.report(&escalated.send_id, kind);
    }
    assert_eq!(story.lead().suppression, None);
    assert!(
        !story
            .lead()
            .signals
            .iter()
            .any(|signal| signal.kind == SignalKind::Click),
        "an owner's click is no lead's"
    );
    assert!(story.lead().soft_bounces.is_empty());
}

// ---- deadlines, reminders, escalation ----

#[test]
fn r126_an_ignored_hot_lead_passes_on_and_its_attempts_have_dates_all_the_same() {
    let mut story = hot();
    let mails = story.told_sales("2026-03-20T00:00:00Z");
    check(
        &mails,
        &[
            ("2026-03-02T09:00:00Z", "alert", CAMILLE),
            ("2026-03-02T09:05:00Z", "late", CAMILLE),
            ("2026-03-02T09:10:00Z", "escalated", DIRECTION),
            ("2026-03-02T09:15:00Z", "last", DIRECTION),
            ("2026-03-03T09:15:00Z", "call-2", DIRECTION),
            ("2026-03-05T09:15:00Z", "call-3", DIRECTION),
            ("2026-03-09T09:15:00Z", "call-4", DIRECTION),
            ("2026-03-16T08:00:00Z", "call-5", DIRECTION),
        ],
    );
    assert_eq!(story.case().owner, "direction");
    assert!(story.case().is_overdue(story.now));
    story.told_sales("2027-03-01T00:00:00Z");
    assert!(
        story.case().is_open() && story.case().task.is_some(),
        "until somebody decides"
    );
}

#[test]
fn a_longer_deadline_has_a_reminder_half_way() {
    let warm = [("company_size", "10-49"), ("budget", "15000"), ("timing", "3_months")]; // B3
    let mut story = Story::of([campaign()]);
    story.post(&warm);
    let mails = story.told_sales("2026-03-20T00:00:00Z");
    check(
        &mails,
        &[
            ("2026-03-02T09:00:00Z", "alert", CAMILLE),
            ("2026-03-02T09:30:00Z", "soon", CAMILLE),
            ("2026-03-02T10:00:00Z", "late", CAMILLE),
            ("2026-03-02T11:00:00Z", "escalated", DIRECTION),
            ("2026-03-02T12:00:00Z", "last", DIRECTION),
            ("2026-03-03T12:00:00Z", "call-2", DIRECTION),
            ("2026-03-05T12:00:00Z", "call-3", DIRECTION),
            ("2026-03-09T12:00:00Z", "call-4", DIRECTION),
            ("2026-03-16T08:00:00Z", "call-5", DIRECTION),
        ],
    );
}

#[test]
fn the_clock_stands_still_at_night_on_holidays_and_on_leave() {
    // Thursday 30 April, 17:58; Friday is Labour Day.
    let mut story = hot_at("2026-04-30T15:58:00Z");
    assert_eq!(story.case().deadline, at("2026-05-04T07:03:00Z"), "Monday, 9:03");
    let mails = story.told_sales("2026-05-10T00:00:00Z");
    check(
        &mails,
        &[
            ("2026-04-30T15:58:00Z", "alert", CAMILLE), // at once, whatever the hour
            ("2026-05-04T07:03:00Z", "late", CAMILLE),
            ("2026-05-04T07:08:00Z", "escalated", DIRECTION),
            ("2026-05-04T07:13:00Z", "last", DIRECTION),
            ("2026-05-05T07:13:00Z", "call-2", DIRECTION),
            ("2026-05-07T07:13:00Z", "call-3", DIRECTION),
        ],
    );
    // Saturday, before the clocks go forward.
    let deadline = hot_at("2026-03-28T12:00:00Z").case().deadline;
    assert!(
        (at("2026-03-30T07:05:00Z")..=at("2026-03-30T08:00:00Z")).contains(&deadline),
        "{deadline}"
    );
    // Who is on leave gets none; the one named for escalation is there.
    let mut story = hot_at("2026-12-24T09:00:00Z");
    assert_eq!(story.mail("alert").to.expose(), "alex@example.com");
}

#[test]
fn after_an_outage_the_owner_hears_first_and_of_reminders_only_the_last() {
    let mut story = Story::of([campaign()]);
    story.post(&HOT);
    story.wait(SignedDuration::from_mins(8));
    let order = story.mail("alert");
    let told = order.alert.expect("what it says");
    assert_eq!(
        (told.kind, case(&told).until),
        (AlertKind::Alert, at("2026-03-02T09:13:00Z")),
        "the clock begins anew"
    );
    story.now = at("2026-03-02T09:19:00Z");
    let order = story.mail("escalated");
    assert_eq!(order.to.expose(), DIRECTION);
    assert_eq!(story.entry("late").state_code(), "skipped(late)", "R11");
}

#[test]
fn an_owner_who_is_gone_from_the_file_holds_nothing_up() {
    let mut story = Story::of([campaign()]);
    story.post(&HOT);
    let mut without = campaign();
    let sales = without.sales.as_mut().expect("sales");
    sales.owners.retain(|owner| owner.id != "camille");
    sales.owners[0].in_turn = true;
    story.catalog = crate::samples::catalog([without]);
    assert_eq!(story.mail("alert").to.expose(), "alex@example.com");
    assert_eq!(story.case().owner, "alex");
}

// ---- accept and reject ----

#[test]
fn an_accept_makes_an_sql_ends_the_advice_and_stops_the_clock() {
    let mut story = Story::of([campaign()]);
    story.post(&[&HOT[..], &[TICKED]].concat());
    story.mail("guide");
    story.confirm();
    story.mail("alert");
    story.wait(SignedDuration::from_mins(3));
    assert_eq!(story.press(SalesAction::Accept, 1, 1).answer, Some(Noted::Done));
    assert_eq!(story.lead().stage, Stage::Sql);
    assert_eq!(story.lead().history.last().map(|change| change.by), Some(Mover::Sales));
    assert_eq!(story.ended("nurture"), Some(crate::kit::vocabulary::ExitReason::Sql));
    let answered = story.case().answered.expect("a response");
    assert_eq!((answered.at, answered.took_s), (story.now, 180));
    assert!(story.press(SalesAction::Accept, 1, 1).record.is_none(), "twice is once");
    // Who accepts is about to call; a working day later the task asks.
    let mails = story.told_sales("2026-03-03T12:00:00Z");
    check(&mails, &[("2026-03-03T09:03:00Z", "call-2", CAMILLE)]);
    assert_eq!(story.note(SalesAction::Reached(None)), Noted::Done);
    // R126: a sale has a dated task until it is won, lost or put off.
    assert!(story.case().is_open() && story.task().from > story.now);
    let later = story.now + days(40);
    assert_eq!(story.note(SalesAction::Snooze(Some(later))), Noted::Done);
    assert!(story.task().from >= later);
    story.step_to(Stage::Customer);
    assert_eq!(story.case().closed.map(|closed| closed.how), Some(Closing::Won));
}

#[test]
fn a_reject_keeps_its_reason() {
    let mut story = hot();
    story.mail("alert");
    assert_eq!(
        story.press(SalesAction::Reject("student".into()), 1, 1).answer,
        Some(Noted::Done)
    );
    let change = story.lead().history.last().expect("a change");
    assert_eq!(
        (change.to, change.by, change.reason.expose()),
        (Stage::Disqualified, Mover::Sales, "student")
    );
    assert_eq!(story.case().closed.map(|closed| closed.how), Some(Closing::Rejected));
    assert_eq!(
        story.press(SalesAction::Accept, 1, 1).answer,
        Some(Noted::NoTask),
        "an old button does not take it back"
    );
    assert!(story.told_sales("2026-04-01T00:00:00Z").is_empty());
}

#[test]
fn a_move_by_hand_is_a_response_too() {
    for (stage, how) in [(Stage::Disqualified, Closing::Rejected), (Stage::Lead, Closing::Moved)] {
        let mut story = hot();
        story.mail("alert");
        story.wait(SignedDuration::from_mins(4));
        story.step_to(stage);
        assert_eq!(story.case().closed.map(|closed| closed.how), Some(how));
        assert_eq!(story.case().answered.map(|answered| answered.took_s), Some(240));
    }
}

#[test]
fn only_where_the_campaign_says_so_answers_make_an_sql() {
    assert_eq!(hot().lead().stage, Stage::Mql, "the demo campaign does not");
    let by_answers = edited(&[("by_answers = false", "by_answers = true")]);
    let mut story = Story::of([by_answers.clone()]);
    story.post(&HOT);
    assert_eq!(story.lead().stage, Stage::Sql);
    let movers: Vec<Mover> = story.lead().history.iter().map(|change| change.by).collect();
    assert_eq!(movers, [Mover::Score, Mover::Answers]);
    assert!(
        story.case().is_open() && story.case().answered.is_none(),
        "somebody has yet to call"
    );
    // Taken back by a person, the same answers do not overrule them.
    story.step_to(Stage::Mql);
    story.wait(hours(1)).post(&[("company", "Exemple")]);
    assert_eq!(story.lead().stage, Stage::Mql);
    for (missing, (name, _)) in HOT.iter().enumerate().take(4).skip(1) {
        let mut fields = HOT.to_vec();
        fields.remove(missing);
        fields.push(("sector", "saas"));
        let mut story = Story::of([by_answers.clone()]);
        story.post(&fields);
        assert_ne!(story.lead().stage, Stage::Sql, "without {name}");
        let sales = by_answers.sales.as_ref().expect("sales");
        let unmet = checklist(sales, story.lead()).filter(|(_, met)| !met).count();
        assert_eq!(unmet, 1);
    }
    let mut low = Story::of([by_answers]);
    low.post(&[
        HOT[0],
        ("budget", "9999.99"),
        HOT[2],
        HOT[3],
        ("sector", "saas"),
        ("phone", "0199001234"),
    ]);
    assert_eq!(low.lead().stage, Stage::Mql, "below ten thousand a person decides");
}

// ---- attempts ----

#[test]
fn five_times_no_answer_over_two_weeks_and_the_lead_is_recycled() {
    let mut story = Story::of([campaign()]);
    story.post(&[&HOT[..], &[TICKED]].concat());
    story.mail("guide");
    story.confirm();
    let mut called = Vec::new();
    for n in 1..=5_u16 {
        let mut orders = story.run_all(story.task().from);
        orders.retain(|(_, order)| order.class == Class::Alert);
        let order = orders.pop();
        let (step, serial) = if n == 1 {
            ("alert".to_owned(), 1)
        } else {
            (format!("call-{n}"), n)
        };
        assert_eq!(order.expect("a mail").1.step, step);
        called.push(story.now.to_string());
        story.wait(SignedDuration::from_mins(2));
        assert_eq!(
            story.press(SalesAction::NoAnswer(None), 1, serial).answer,
            Some(Noted::Done)
        );
        assert!(
            story.press(SalesAction::NoAnswer(None), 1, serial).record.is_none(),
            "pressed twice, it counts once"
        );
        assert_eq!(story.case().attempts.len(), usize::from(n));
    }
    // Days 0, 1, 3, 7 and 12 (a Saturday, so Monday).
    let expected = [
        "02T09:00:00",
        "03T09:00:00",
        "05T09:00:00",
        "09T09:00:00",
        "16T08:00:00",
    ];
    assert_eq!(called, expected.map(|day| format!("2026-03-{day}Z")));
    let change = story.lead().history.last().expect("a change");
    assert_eq!((change.to, change.by), (Stage::Recycled, Mover::Attempts));
    assert_eq!(story.case().closed.map(|closed| closed.how), Some(Closing::UsedUp));
    assert!(story.told_sales("2026-05-01T00:00:00Z").is_empty());
}

#[test]
fn nurturing_goes_on_after_the_attempts_where_it_had_stopped() {
    let mut story = Story::of([campaign()]);
    story.post(&[&HOT[..], &[TICKED]].concat());
    story.mail("guide");
    story.confirm();
    story.run(at("2026-03-05T00:00:00Z"));
    assert_eq!(story.entry("day-2").state_code(), "sent");
    story.note(SalesAction::Accept);
    for _ in 0..5 {
        story.run(story.task().from);
        story.note(SalesAction::NoAnswer(None));
    }
    assert_eq!(story.lead().stage, Stage::Recycled, "from SQL too");
    let more: Vec<String> = story
        .run(story.now + days(20))
        .into_iter()
        .map(|(_, order)| order.step)
        .collect();
    assert_eq!(more, ["day-5", "day-9", "day-14"], "what it had does not come again");
    // Without consent nothing goes on.
    let mut story = hot();
    story.note(SalesAction::Accept);
    for _ in 0..5 {
        story.run(story.task().from);
        story.note(SalesAction::NoAnswer(None));
    }
    assert!(story.run(story.now + days(30)).is_empty());
}

#[test]
fn r126_who_is_reached_is_not_called_again_and_the_decision_is_asked_for_week_after_week() {
    let mut story = hot();
    story.mail("alert");
    story.wait(SignedDuration::from_mins(1));
    assert_eq!(story.note(SalesAction::Reached(None)), Noted::Done);
    assert_eq!(story.lead().stage, Stage::Mql, "to speak is not yet to sell");
    let mails = story.told_sales("2026-04-01T00:00:00Z");
    check(
        &mails,
        &[
            ("2026-03-03T09:01:00Z", "decide-2", CAMILLE),
            ("2026-03-10T09:01:00Z", "decide-3", CAMILLE),
            ("2026-03-17T09:01:00Z", "decide-4", CAMILLE),
            ("2026-03-24T09:01:00Z", "decide-5", CAMILLE),
            ("2026-03-31T09:01:00Z", "decide-6", CAMILLE),
        ],
    );
    assert_eq!(
        story.note(SalesAction::Reached(None)),
        Noted::Done,
        "a second conversation is noted too"
    );
    assert_eq!(story.note(SalesAction::Accept), Noted::Done);
    assert_eq!((story.lead().stage, story.case().is_open()), (Stage::Sql, true));
}

#[test]
fn a_snooze_puts_the_task_off_by_a_working_day_and_not_for_ever() {
    let mut story = hot_at("2026-03-06T09:00:00Z"); // a Friday
    story.mail("alert");
    assert_eq!(story.press(SalesAction::Snooze(None), 1, 1).answer, Some(Noted::Done));
    assert_eq!(story.task().from, at("2026-03-09T09:00:00Z"));
    assert_eq!(story.case().answered, None, "to put it off is no response");
    assert_eq!(
        story.press(SalesAction::NoAnswer(None), 1, 1).answer,
        Some(Noted::NoTask),
        "a button of a task that is over"
    );
    for _ in 1..limits::SNOOZES_MAX {
        assert_eq!(story.note(SalesAction::Snooze(None)), Noted::Done);
    }
    assert_eq!(story.note(SalesAction::Snooze(None)), Noted::NoMoreSnoozes);
    assert!(!story.run_all(story.task().from).is_empty());
}

#[test]
fn a_task_falls_to_somebody_who_is_there() {
    // Thursday before Camille's leave: the second attempt would be on the 24th.
    let mut story = hot_at("2026-12-23T09:00:00Z");
    story.mail("alert");
    story.note(SalesAction::NoAnswer(None));
    assert_eq!(
        (story.case().owner.as_str(), story.task().from),
        ("direction", at("2026-12-24T09:00:00Z"))
    );
}

#[test]
fn an_attempt_noted_late_leaves_a_working_day_before_the_next() {
    let mut story = hot();
    story.run_all(at("2026-03-10T10:00:00Z"));
    story.note(SalesAction::NoAnswer(None));
    assert_eq!(
        story.task().from,
        at("2026-03-16T08:00:00Z"),
        "the next one that is planned"
    );
}

#[test]
fn without_a_case_there_is_nothing_to_note() {
    let mut story = Story::confirmed();
    for deed in [
        SalesAction::Accept,
        SalesAction::Reject("x".into()),
        SalesAction::Reached(None),
        SalesAction::NoAnswer(None),
        SalesAction::Snooze(None),
    ] {
        assert_eq!(story.note(deed), Noted::NoTask);
    }
}

// ---- silence and return ----

#[test]
fn six_months_of_silence_make_a_lead_dormant() {
    let mut story = Story::confirmed();
    let last = story.lead().last_contact();
    story.run(at("2026-09-02T07:59:59Z"));
    assert_eq!(story.lead().stage, Stage::Lead);
    story.run(at("2026-09-02T09:00:00Z"));
    assert_eq!(story.lead().stage, Stage::Dormant);
    let change = story.lead().history.last().expect("a change");
    assert_eq!(
        (change.by, change.reason.expose(), change.at),
        (Mover::Silence, "P6M", at("2026-09-02T08:00:00Z"))
    );
    assert_eq!(last, at("2026-03-02T09:00:00Z"), "our own mails are no contact");
    let mut sold = Story::confirmed();
    sold.step_to(Stage::Sql);
    sold.run(at("2027-06-01T00:00:00Z"));
    assert_eq!(
        sold.lead().stage,
        Stage::Sql,
        "who is being sold to is sales' own business"
    );
}

#[test]
fn one_mail_wakes_the_dormant_who_agreed_to_it_and_only_them() {
    let mut story = Story::confirmed();
    let mails = story.run(at("2028-03-01T00:00:00Z"));
    let (moment, last) = mails.last().expect("a mail");
    assert_eq!((last.step.as_str(), last.class), ("still-there", Class::Nurture));
    assert_eq!(
        moment.to_string(),
        "2026-09-02T08:00:00Z",
        "a Wednesday, ten in the morning"
    );
    assert_eq!(mails.len(), 5, "and no other");
    assert_eq!(story.lead().stage, Stage::Dormant);
    // Once in the life of a lead, even if it comes back and falls silent again.
    story.post(&[("company", "Exemple")]);
    assert_eq!(story.lead().stage, Stage::Lead);
    let again: Vec<_> = story
        .run(story.now + days(400))
        .into_iter()
        .map(|(_, order)| order.step)
        .collect();
    assert_eq!((again, story.lead().stage), (vec!["guide".to_owned()], Stage::Dormant));
    // Not who agreed to words that did not speak of it, nor who agreed to none, nor who left.
    let mut other_words = Story::confirmed();
    std::sync::Arc::make_mut(&mut other_words.lead.as_mut().expect("a lead").consents)[0].text_version =
        "2025-01".into();
    let mut left = Story::confirmed();
    left.opt_out();
    let mut silent = Story::new();
    silent.post(&[]);
    for mut story in [other_words, left, silent] {
        let mails = story.run(at("2028-03-01T00:00:00Z"));
        assert!(mails.iter().all(|(_, order)| order.step != "still-there"));
        assert_eq!(story.lead().stage, Stage::Dormant, "they count as dormant all the same");
    }
    // On interest alone nobody agreed to words.
    let mut interest = Story::of([crate::samples::interest()]);
    interest.post(&[]);
    let mails = interest.run(at("2028-03-01T00:00:00Z"));
    assert_eq!(mails.last().map(|(_, order)| order.step.as_str()), Some("still-there"));
}

#[test]
fn who_comes_back_while_being_woken_is_not_woken_further() {
    let two = edited(&[(
        "template = \"still-there\"\n",
        "template = \"still-there\"\n\n[[sequences.steps]]\nid = \"once-more\"\ndelay = \"P30D\"\nclass = \"nurture\"\ntemplate = \"still-there\"\n",
    )]);
    let mut story = Story::of([two]);
    story.post(&[TICKED]);
    story.mail("guide");
    story.confirm();
    story.run(at("2026-09-10T00:00:00Z"));
    let woken = story.entry("still-there").id.clone();
    story.wait(hours(1)).report(&woken, FeedbackKind::Click);
    assert_eq!(
        story.ended("reactivation"),
        Some(crate::kit::vocabulary::ExitReason::Return)
    );
    assert!(story.run(story.now + days(60)).is_empty());
}

#[test]
fn a_dormant_lead_whom_sales_had_is_alerted_when_it_returns() {
    let mut story = hot();
    for _ in 0..5 {
        story.run_all(story.task().from);
        story.note(SalesAction::NoAnswer(None));
    }
    story.run_all(at("2026-12-10T00:00:00Z"));
    assert_eq!(story.lead().stage, Stage::Dormant);
    assert!(!story.case().is_open(), "nobody calls the silent");
    story.post(&[("company", "Exemple")]);
    assert_eq!(story.lead().stage, Stage::Mql);
    assert_eq!((story.case().round, story.case().cause), (2, Cause::Returned));
    story.mail("guide");
    assert_eq!(case(&story.mail("alert").alert.expect("what it says")).round, 2);
    assert_eq!(
        story.press(SalesAction::Accept, 1, 1).answer,
        Some(Noted::NoTask),
        "a button of the first time"
    );
}

#[test]
fn a_dormant_lead_that_never_qualified_is_a_lead_again() {
    let mut story = Story::confirmed();
    let click = story.entry("guide").id.clone();
    story.run(at("2026-09-10T00:00:00Z"));
    assert_eq!(story.lead().stage, Stage::Dormant);
    story.report(&click, FeedbackKind::Click);
    assert_eq!((story.lead().stage, story.lead().cases.len()), (Stage::Lead, 0));
    assert_eq!(story.lead().history.last().map(|change| change.by), Some(Mover::Return));
    let told = story.told_sales("2026-09-11T00:00:00Z");
    assert_eq!(told.len(), 1, "somebody hears of it, whatever the score: {told:?}");
    assert!(
        story.lead().due_at > Some(at("2027-03-01T00:00:00Z")),
        "the months begin anew"
    );
}

#[test]
fn a_recycled_lead_is_alerted_by_a_new_deed_and_by_nothing_else() {
    let mut story = hot();
    for _ in 0..5 {
        story.run_all(story.task().from);
        story.note(SalesAction::NoAnswer(None));
    }
    assert_eq!(story.lead().stage, Stage::Recycled);
    story.apply(&input::OptOut(Method::Page));
    story.run_all(story.now + days(3));
    assert_eq!(story.lead().cases.len(), 1, "points it had before do not ring again");
    story.post(&[("company", "Exemple")]);
    assert_eq!((story.lead().stage, story.lead().cases.len()), (Stage::Mql, 2));
    story.mail("guide");
    let order = story.mail("alert");
    assert_eq!(
        order.alert.as_ref().map(|notice| case(notice).cause),
        Some(Cause::Returned)
    );
    let again = taken(&order);
    assert!(story.settle(&order, again).record.is_none());
}

#[test]
fn the_item_stays_bounded_however_often_a_lead_comes_back() {
    let mut story = hot();
    for round in 0..6 {
        for _ in 0..5 {
            story.run_all(story.task().until + days(3));
            story.note(SalesAction::NoAnswer(None));
        }
        story
            .wait(days(2))
            .post(&[("company", if round % 2 == 0 { "A" } else { "B" })]);
        assert_eq!(story.lead().stage, Stage::Mql, "{round}");
    }
    assert_eq!(story.lead().cases.len(), limits::CASES_MAX);
    assert!(story.lead().cases.iter().all(|case| case.ledger.len() <= 16));
}

/// The case that an alert tells of.
fn case(alert: &crate::rules::alert::Alert) -> &crate::rules::alert::CaseBrief {
    alert.case.as_ref().expect("a case")
}
