use super::*;
use crate::kit::vocabulary::HouseRefusal;
use crate::lead::ledger::Party;
use crate::samples::at;

const NOW: &str = "2026-03-02T09:00:00Z";

fn open(sending: &Sending) -> Terms {
    match sending.gate("t-1") {
        Gate::Open(terms) => terms,
        Gate::Held => panic!("held"),
    }
}

#[test]
fn r21_a_table_that_is_not_the_one_it_was_written_for_starts_on_hold() {
    let mut sending = Sending::default();
    assert_eq!(sending.gate("t-1"), Gate::Held, "nobody released it yet");
    sending.release("t-1", at(NOW));
    assert!(!open(&sending).paused);
    assert_eq!(sending.gate("t-2"), Gate::Held, "a restored copy has another identity");
    sending.held = Some(Stop {
        at: at(NOW),
        reason: "stop".into(),
    });
    assert_eq!(sending.gate("t-1"), Gate::Held);
    sending.release("t-2", at(NOW));
    assert_ne!(sending.gate("t-2"), Gate::Held);
}

#[test]
fn r48_the_breaker_opens_at_its_rates_and_not_before_500_mails() {
    #[track_caller]
    fn check(sent: u64, bounced: u64, complained: u64, verdict: Option<&str>) {
        assert_eq!(
            Tally {
                sent,
                bounced,
                complained
            }
            .verdict(),
            verdict
        );
    }
    check(0, 0, 0, None);
    check(499, 400, 400, None);
    check(500, 0, 0, None);
    check(500, 19, 0, None); // 3.8 %
    check(500, 20, 0, Some("bounces")); // 4 %
    check(500, 0, 1, Some("complaints")); // 0.2 %
    check(1_250, 0, 1, Some("complaints")); // 0.08 %
    check(1_251, 0, 1, None);
    check(10_000, 399, 7, None);
    check(10_000, 400, 8, Some("complaints"));
}

#[test]
fn r48_a_release_closes_the_breaker_and_counts_anew() {
    let mut sending = Sending::default();
    sending.release("t-1", at(NOW));
    assert_eq!(sending.period, 0);
    sending.breaker = Some(Stop {
        at: at(NOW),
        reason: "bounces".into(),
    });
    assert!(open(&sending).paused, "all waits but alerts");
    sending.release("t-1", at(NOW));
    assert!(!open(&sending).paused);
    assert_eq!(sending.period, 1);
}

#[test]
fn r9_evidence_speaks_only_for_mails_well_before_it() {
    let claimed = at(NOW);
    assert!(!Evidence::None.covers(claimed));
    assert!(Evidence::Complete.covers(claimed));
    assert!(!Evidence::UpTo(claimed).covers(claimed));
    assert!(!Evidence::UpTo(claimed + limits::CLOCK_SKEW - jiff::SignedDuration::from_secs(1)).covers(claimed));
    assert!(Evidence::UpTo(claimed + limits::CLOCK_SKEW).covers(claimed));
}

#[test]
fn r9_each_senders_canary_flies_hourly_and_sooner_while_one_is_missing() {
    let mut sending = Sending::default();
    let (sent, second) = (at(NOW), jiff::SignedDuration::from_secs(1));
    let (a, b) = ("a@example.com", "b@example.com");
    let senders: BTreeSet<String> = [a.to_owned(), b.to_owned()].into();
    assert_eq!(sending.fly(&senders, sent), [a, b]);
    assert!(sending.fly(&senders, sent + limits::CANARY_AGAIN - second).is_empty());
    assert!(sending.canary_is_back(a, sent) && !sending.canary_is_back(a, sent));
    let soon = sent + limits::CANARY_AGAIN;
    assert!(sending.canary_missing(soon), "one is enough");
    assert_eq!(sending.fly(&senders, soon), [b]);
    assert!(sending.canary_is_back(b, soon) && !sending.canary_missing(soon));
    assert_eq!(sending.canary_back, Some(soon));
    assert_eq!(sending.fly(&senders, sent + limits::CANARY_EVERY), [a]);
    assert!(sending.canary_is_back(a, sent + limits::CANARY_EVERY));
    let ahead = sending.clone().fly(&senders, sent - limits::CANARY_EVERY);
    assert_eq!(ahead, [a, b], "a clock that was ahead does not silence it");
    let one = [a.to_owned()].into();
    sending.fly(&one, sent);
    assert_eq!(sending.canaries.len(), 1, "senders of old are forgotten");
}

#[test]
fn r133_the_canary_of_a_refused_sender_is_the_email_that_is_tried() {
    let mut sending = Sending::default();
    let senders: BTreeSet<String> = ["a@example.com".to_owned()].into();
    assert_eq!(sending.fly(&senders, at(NOW)).len(), 1);
    sending.refuse("a@example.com", HouseRefusal::NotVerified, Party::Sender, at(NOW));
    assert!(
        !sending.canary_missing(at(NOW) + limits::CANARY_EVERY),
        "it was refused, not lost"
    );
    assert!(sending.fly(&senders, at(NOW) + limits::CANARY_AGAIN).is_empty());
    let turn = at(NOW) + limits::REFUSED_AGAIN;
    assert_eq!(sending.fly(&senders, turn).len(), 1);
    assert!(!sending.try_one("a@example.com", turn));
}

#[test]
fn a_hold_keeps_its_first_reason_until_it_is_released() {
    let mut sending = Sending::default();
    assert!(sending.is_stopped("t-1"));
    sending.release("t-1", at(NOW));
    assert!(!sending.is_stopped("t-1"));
    assert!(sending.hold(at(NOW), "wrong prices"));
    assert!(!sending.hold(at(NOW) + limits::CANARY_EVERY, "again"));
    assert_eq!(
        sending.held.as_ref().map(|held| (held.at, held.reason.as_str())),
        Some((at(NOW), "wrong prices"))
    );
    assert_eq!(sending.gate("t-1"), Gate::Held);
    sending.release("t-1", at(NOW));
    sending.breaker = Some(Stop {
        at: at(NOW),
        reason: "bounces".into(),
    });
    assert!(sending.is_stopped("t-1"), "a pause is released too");
}

#[test]
fn r48_rates_are_those_of_what_was_sent() {
    let tally = Tally {
        sent: 1_000,
        bounced: 12,
        complained: 1,
    };
    assert_eq!(
        (tally.bounce_rate(), tally.complaint_rate()),
        (Some(0.012), Some(0.001))
    );
    assert_eq!(Tally::default().bounce_rate(), None);
}

#[test]
fn r22_the_grant_of_a_closed_account_is_known() {
    let quota = |per_second, per_day| Quota { per_second, per_day };
    assert!(quota(1, Some(200)).is_sandbox());
    assert!(!quota(14, Some(50_000)).is_sandbox() && !quota(1, None).is_sandbox());
}
