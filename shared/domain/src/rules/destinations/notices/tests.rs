use super::*;
use crate::lead::deliveries::End;

fn at(minutes: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
}

fn health() -> Health {
    Health::new(DestinationName::new("crm"))
}

fn token(text: &str) -> ClaimToken {
    ClaimToken::new(text)
}

fn address(text: &str) -> Email {
    Email::parse(text).expect("an address")
}

/// The people whom a file names.
fn people() -> Audience {
    Audience {
        mails: true,
        webhooks: Vec::new(),
    }
}

fn unknown_field(name: &str) -> Cause {
    let fields = [
        (name.to_owned(), FieldEnd::Refused),
        ("kept".to_owned(), FieldEnd::Kept),
    ];
    Cause::set_aside(What::Push, Some("NO_SUCH_FIELD"), &fields)
}

fn accepted() -> Outcome {
    let message_id = "m-1".to_owned();
    Outcome::Accepted { message_id }
}

/// Sends what is open to one address; how many emails left.
fn tell(health: &mut Health, to: &Email, now: Timestamp) -> usize {
    let numbers: Vec<u32> = health.notices.iter().map(|notice| notice.number).collect();
    let mut sent = 0;
    for number in numbers {
        if health.claim_mail(number, to, &token("t"), now) == Claimed::Ours {
            sent += 1;
            health.settle_mail((number, to), &token("t"), &accepted(), std::slice::from_ref(to), now);
        }
    }
    sent
}

#[test]
fn each_cause_is_told_once_until_a_person_takes_it_up() {
    let (mut health, to) = (health(), address("ops@example.com"));
    for minute in 0..3 {
        health.note_cause(unknown_field("a"), &people(), at(minute));
        assert_eq!(tell(&mut health, &to, at(minute)), usize::from(minute == 0));
    }
    health.note_cause(unknown_field("b"), &people(), at(3));
    assert_eq!(tell(&mut health, &to, at(3)), 1, "another field is another cause");
    for event in [EventType::LeadCreated, EventType::LeadConfirmed] {
        health.note_cause(Cause::set_aside(What::Event(event), None, &[]), &people(), at(4));
    }
    assert_eq!(tell(&mut health, &to, at(4)), 1, "events of all types have one");
    health.take_up();
    health.note_cause(unknown_field("a"), &people(), at(5));
    assert_eq!(tell(&mut health, &to, at(5)), 1, "it failed again");
}

#[test]
fn r112_a_stop_is_told_once_and_again_after_it_was_resumed() {
    let (mut health, to) = (health(), address("ops@example.com"));
    let off = Cause::stopped(Reason::Gone, None);
    assert_eq!(off.step(), "off");
    health.note_cause(off.clone(), &people(), at(0));
    health.note_cause(off.clone(), &people(), at(1));
    assert_eq!(tell(&mut health, &to, at(1)), 1);
    health.resume();
    health.note_cause(off, &people(), at(2));
    assert_eq!(tell(&mut health, &to, at(2)), 1);
}

#[test]
fn a_used_up_day_is_told_once_a_day_and_a_short_rest_never() {
    let (mut health, to) = (health(), address("ops@example.com"));
    let rest = |from: i64, minutes: i64| Cause::stopped(Reason::Budget, Some(at(from + minutes)));
    health.note_cause(rest(0, 10), &people(), at(0));
    assert_eq!(tell(&mut health, &to, at(0)), 0);
    for hour in 0..8 {
        health.note_cause(rest(hour * 60, 60), &people(), at(hour * 60));
        assert_eq!(tell(&mut health, &to, at(hour * 60)), usize::from(hour == 0));
    }
    let tomorrow = 24 * 60;
    health.note_cause(rest(tomorrow, 60), &people(), at(tomorrow));
    assert_eq!(tell(&mut health, &to, at(tomorrow)), 1);
}

#[test]
fn one_sends_at_a_time_and_a_sender_who_died_is_followed_by_nobody() {
    let (mut health, to) = (health(), address("ops@example.com"));
    health.note_cause(unknown_field("a"), &people(), at(0));
    assert_eq!(health.claim_mail(1, &to, &token("a"), at(0)), Claimed::Ours);
    assert_eq!(health.claim_mail(1, &to, &token("b"), at(1)), Claimed::Nothing);
    assert_eq!(health.claim_mail(1, &to, &token("b"), at(3)), Claimed::Unknown);
    assert_eq!(health.claim_mail(1, &to, &token("b"), at(4)), Claimed::Nothing);
    // Word that comes too late, or by another's claim, changes nothing.
    let before = health.clone();
    health.settle_mail(
        (1, &to),
        &token("a"),
        &Outcome::Postponed,
        std::slice::from_ref(&to),
        at(5),
    );
    assert_eq!(health, before);
}

#[test]
fn what_could_not_leave_leaves_later_and_not_after_a_day() {
    let (mut health, to) = (health(), address("ops@example.com"));
    let all = [to.clone(), address("lead@example.com")];
    health.note_cause(unknown_field("a"), &people(), at(0));
    let refused = Outcome::RefusedForNow {
        code: "unreachable".into(),
    };
    assert_eq!(health.claim_mail(1, &to, &token("a"), at(0)), Claimed::Ours);
    health.settle_mail((1, &to), &token("a"), &refused, &all, at(0));
    assert_eq!(health.claim_mail(1, &to, &token("a"), at(14)), Claimed::Nothing);
    assert_eq!(health.claim_mail(1, &to, &token("a"), at(15)), Claimed::Ours);
    health.settle_mail((1, &to), &token("a"), &Outcome::Postponed, &all, at(15));
    assert_eq!(health.claim_mail(1, &to, &token("a"), at(15)), Claimed::Ours);
    health.settle_mail((1, &to), &token("a"), &accepted(), &all, at(15));
    assert!(health.notices[0].is_open(), "the other has not been told");
    assert_eq!(
        health.claim_mail(1, &all[1], &token("a"), at(24 * 60)),
        Claimed::Nothing
    );
    assert!(!health.notices[0].is_open());
}

#[test]
fn few_causes_are_kept_and_their_numbers_are_never_used_again() {
    let mut health = health();
    for n in 0..40 {
        health.note_cause(unknown_field(&n.to_string()), &people(), at(n));
    }
    let numbers: Vec<u32> = health.notices.iter().map(|notice| notice.number).collect();
    assert_eq!(numbers, (25..=40).collect::<Vec<_>>());
    health.take_up();
    health.note_cause(unknown_field("a"), &people(), at(50));
    assert_eq!(health.notices[0].number, 41);
    let stored = serde_json::to_value(&health).expect("it is stored");
    assert_eq!(serde_json::from_value::<Health>(stored).expect("and read"), health);
}

#[test]
fn r112_a_webhook_hears_of_a_stop_by_the_schedule_of_events_under_one_id() {
    let mut health = health();
    let hook = DestinationName::new("hook");
    let webhooks = Audience {
        mails: false,
        webhooks: vec![hook.clone()],
    };
    health.note_cause(unknown_field("a"), &webhooks, at(0));
    assert!(health.notices.is_empty(), "of a stop alone");
    health.note_cause(Cause::stopped(Reason::Unauthorized, None), &webhooks, at(0));
    assert!(!health.notices[0].is_open(), "no mail is to leave");
    assert!(health.claim_event(1, &hook, &token("a"), at(0)));
    assert!(!health.claim_event(1, &hook, &token("b"), at(4)), "one at a time");
    assert!(
        health.claim_event(1, &hook, &token("b"), at(5)),
        "whoever died is followed"
    );
    health.settle_event((1, &hook), &token("a"), End::Delivered, at(5));
    assert_eq!(health.notices[0].events.len(), 1, "the word of a claim that is over");
    let (mut now, mut tries) = (at(5), 1);
    health.settle_event((1, &hook), &token("b"), End::Later(None), now);
    while let Some(next) = health.notices[0].events.get(&hook).and_then(|event| event.next_at) {
        assert!(next > now);
        now = next;
        assert!(health.claim_event(1, &hook, &token("b"), now));
        health.settle_event((1, &hook), &token("b"), End::Later(None), now);
        tries += 1;
    }
    assert_eq!(tries, 10, "then it is forgotten");
}

#[test]
fn a_webhook_that_stands_still_itself_is_told_later() {
    let mut health = health();
    let hook = DestinationName::new("hook");
    let webhooks = Audience {
        mails: false,
        webhooks: vec![hook.clone()],
    };
    health.note_cause(Cause::stopped(Reason::Gone, None), &webhooks, at(0));
    for hour in 0..100 {
        let now = at(60 * hour);
        assert_eq!(health.notices[0].due_events(now).collect::<Vec<_>>(), [&hook]);
        assert!(health.claim_event(1, &hook, &token("a"), now));
        health.settle_event((1, &hook), &token("a"), End::Pause(Reason::NoSecret, None), now);
    }
    health.drop_event(1, &hook);
    assert_eq!(health.notices[0].due_events(at(10_000)).count(), 0);
}
