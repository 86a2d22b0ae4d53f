use super::*;
use crate::campaign::destination::EventType;
use crate::kit::ids::DestinationName;

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
        health.note_cause(unknown_field("a"), at(minute));
        assert_eq!(tell(&mut health, &to, at(minute)), usize::from(minute == 0));
    }
    health.note_cause(unknown_field("b"), at(3));
    assert_eq!(tell(&mut health, &to, at(3)), 1, "another field is another cause");
    for event in [EventType::LeadCreated, EventType::LeadConfirmed] {
        health.note_cause(Cause::set_aside(What::Event(event), None, &[]), at(4));
    }
    assert_eq!(tell(&mut health, &to, at(4)), 1, "events of all types have one");
    health.take_up();
    health.note_cause(unknown_field("a"), at(5));
    assert_eq!(tell(&mut health, &to, at(5)), 1, "it failed again");
}

#[test]
fn r112_a_stop_is_told_once_and_again_after_it_was_resumed() {
    let (mut health, to) = (health(), address("ops@example.com"));
    let off = Cause::stopped(Reason::Gone, None);
    assert_eq!(off.step(), "off");
    health.note_cause(off.clone(), at(0));
    health.note_cause(off.clone(), at(1));
    assert_eq!(tell(&mut health, &to, at(1)), 1);
    health.resume();
    health.note_cause(off, at(2));
    assert_eq!(tell(&mut health, &to, at(2)), 1);
}

#[test]
fn a_used_up_day_is_told_once_a_day_and_a_short_rest_never() {
    let (mut health, to) = (health(), address("ops@example.com"));
    let rest = |from: i64, minutes: i64| Cause::stopped(Reason::Budget, Some(at(from + minutes)));
    health.note_cause(rest(0, 10), at(0));
    assert_eq!(tell(&mut health, &to, at(0)), 0);
    for hour in 0..8 {
        health.note_cause(rest(hour * 60, 60), at(hour * 60));
        assert_eq!(tell(&mut health, &to, at(hour * 60)), usize::from(hour == 0));
    }
    let tomorrow = 24 * 60;
    health.note_cause(rest(tomorrow, 60), at(tomorrow));
    assert_eq!(tell(&mut health, &to, at(tomorrow)), 1);
}

#[test]
fn one_sends_at_a_time_and_a_sender_who_died_is_followed_by_nobody() {
    let (mut health, to) = (health(), address("ops@example.com"));
    health.note_cause(unknown_field("a"), at(0));
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
    health.note_cause(unknown_field("a"), at(0));
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
        health.note_cause(unknown_field(&n.to_string()), at(n));
    }
    let numbers: Vec<u32> = health.notices.iter().map(|notice| notice.number).collect();
    assert_eq!(numbers, (25..=40).collect::<Vec<_>>());
    health.take_up();
    health.note_cause(unknown_field("a"), at(50));
    assert_eq!(health.notices[0].number, 41);
    let stored = serde_json::to_value(&health).expect("it is stored");
    assert_eq!(serde_json::from_value::<Health>(stored).expect("and read"), health);
}
