//! The ledger by itself: what is stored, and the verbs at their edges.

use super::*;
use crate::samples::at;

const NOW: &str = "2026-03-02T09:00:00Z";

fn mail(step: &str) -> DueMail {
    DueMail {
        id: SendId::new(format!("id-{step}")),
        step: step.into(),
        class: Class::Service,
    }
}

#[test]
fn an_entry_is_written_as_ever() {
    for stored in [
        r#"{"i":"s","s":"guide","c":"service","t":"claimed","k":"token","l":120,"u":300,"a":1,"n":1}"#,
        r#"{"i":"s","s":"day-2","c":"nurture","t":"waiting","u":60,"a":1,"n":1,"f":1}"#,
        r#"{"i":"s","s":"guide","c":"service","t":"sent","m":"m-1","a":1,"n":1}"#,
        r#"{"i":"s","s":"guide","c":"service","t":"sent","m":"m-1","d":"m-2","a":1,"n":2}"#,
        r#"{"i":"s","s":"alert","c":"alert","t":"skipped","r":"late","a":1,"n":0}"#,
        r#"{"i":"s","s":"guide","c":"service","t":"failed","r":"reject","a":1,"n":1}"#,
        r#"{"i":"s","s":"guide","c":"service","t":"unknown","a":1,"n":1}"#,
    ] {
        let ledger: Ledger = serde_json::from_str(&format!("[{stored}]")).expect("an entry");
        assert_eq!(serde_json::to_string(&ledger).expect("json"), format!("[{stored}]"));
    }
}

#[test]
fn a_step_has_one_entry_however_often_it_is_claimed() {
    let (mut ledger, token, now) = (Ledger::default(), ClaimToken::new("t"), at(NOW));
    let id = ledger.claim(mail("guide"), &token, now);
    let code = || "busy".to_owned();
    let entry = ledger.entry_mut(&id).expect("an entry");
    entry.settle(&token, &Outcome::RefusedForNow { code: code() }, now);
    assert!(entry.waits_until() > Some(now));
    ledger.claim(mail("guide"), &ClaimToken::new("u"), now);
    assert_eq!((ledger.len(), ledger[0].attempts(), ledger[0].unanswered()), (1, 2, 1));
    // The first claim is over: its holder records nothing but an acceptance of an entry that nobody holds.
    let held = ledger.clone();
    let entry = ledger.entry_mut(&id).expect("an entry");
    entry.settle(&token, &Outcome::Refused { code: code() }, now);
    entry.settle(&token, &Outcome::Accepted { message_id: "m".into() }, now);
    assert_eq!(ledger, held);
}

#[test]
fn only_what_waits_is_skipped_afterwards() {
    let (mut ledger, token, now) = (Ledger::default(), ClaimToken::new("t"), at(NOW));
    for (step, outcome) in [
        ("waits", Some(Outcome::Postponed)),
        ("sent", Some(Outcome::Accepted { message_id: "m".into() })),
        ("claimed", None),
    ] {
        let id = ledger.claim(mail(step), &token, now);
        if let (Some(entry), Some(outcome)) = (ledger.entry_mut(&id), outcome) {
            entry.settle(&token, &outcome, now);
        }
    }
    ledger.skip_waiting("done", now, |_| true);
    let codes: Vec<_> = ledger.iter().map(LedgerEntry::state_code).collect();
    assert_eq!(codes, ["skipped(done)", "sent", "claimed"]);
}
