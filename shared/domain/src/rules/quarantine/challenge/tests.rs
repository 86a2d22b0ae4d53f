//! R87: what a proof of work is, and what is none.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::*;
use crate::samples::{guide, key};

fn now() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().expect("a moment")
}

/// Chance whose number is this one.
fn chance(number: u64) -> [u8; 20] {
    let mut chance = [7; 20];
    chance[..8].copy_from_slice(&number.to_be_bytes());
    chance
}

fn challenge(number: u64) -> Value {
    serde_json::to_value(Challenge::new(&guide(), now(), chance(number), &key())).expect("JSON")
}

/// What a widget sends for this challenge, with these members instead of its own.
fn sent(challenge: &Value, members: &Value) -> String {
    let mut solution = challenge.clone();
    let all = solution.as_object_mut().expect("an object");
    all.remove("maxnumber");
    all.extend(members.as_object().expect("an object").clone());
    BASE64.encode(solution.to_string())
}

fn judged(sent: &str) -> Result<Solved, Layer> {
    solved(&guide(), Some(sent), now(), &key())
}

#[test]
fn r87_the_hash_is_altchas_and_without_a_delimiter_it_is_ambiguous() {
    // A solution that one of ALTCHA's libraries has in its tests, and what CVE-2025-68113 makes of it.
    let salt = "591e2602b057655d0a774648a5960f0c0fae1778231667d8ad8e8ed71732aeff45b496c6a1cd8c874d9186e2c9f41c55\
        59a8eab06b9b17ba8539792f8cd4bc73?expires=1725377465&ttl=90";
    let published = "e2e90340a581beb9fdcc8eb94860487d623ce22ba57fdb09c62d523f0d4fc5ca";
    assert_eq!(hash(salt, 38_801), published);
    assert_eq!(hash(&format!("{salt}38"), 801), published, "spliced");
}

#[test]
fn r87_a_challenge_is_what_widgets_read_and_everybody_can_compute() {
    // Expected values: sha256sum, and openssl dgst -sha256 -mac HMAC.
    let challenge = challenge(38_801);
    let expected = json!({
        "algorithm": "SHA-256",
        "challenge": "17370d20d0ad031e39ae0a3f10d79b56a72090185221d45e93833851c9c771e5",
        "maxnumber": 50_000,
        "salt": "070707070707070707070707?expires=1772442600&form=guide-seo&",
        "signature": "8d4763554c97a3080ce6e8246e8ee675de8e11289f7bc7a587f30f8a9ff53b0e",
    });
    assert_eq!(challenge, expected);
    let never_too_much = Challenge::new(&guide(), now(), [255; 20], &key());
    assert!((0..=u64::from(NUMBER_MAX)).any(|number| hash(&never_too_much.salt, number) == never_too_much.challenge));
}

#[test]
fn r87_a_solution_holds_for_its_form_and_ten_minutes() {
    let solution = sent(&challenge(38_801), &json!({ "number": 38_801, "took": 716 }));
    let held = judged(&solution).expect("it holds");
    assert_eq!(held.until, now() + SignedDuration::from_mins(10));
    assert_eq!(
        judged(&format!(" {solution}\n")),
        Ok(held.clone()),
        "the same row, however it is written"
    );
    let at = |minutes: i64, seconds: i64| now() + SignedDuration::from_secs(minutes * 60 + seconds);
    assert!(solved(&guide(), Some(&solution), at(10, 0), &key()).is_ok());
    let over = solved(&guide(), Some(&solution), at(10, 1), &key());
    assert_eq!(over, Err(Layer::NoProof));
    let other = solved(&CampaignId::new("other"), Some(&solution), now(), &key());
    assert_eq!(other, Err(Layer::FalseProof), "another form");
    let foreign = solved(&guide(), Some(&solution), now(), &Key::new(vec![9; 32]));
    assert_eq!(foreign, Err(Layer::FalseProof), "another key");
    for none in [None, Some(""), Some(" ")] {
        assert_eq!(solved(&guide(), none, now(), &key()), Err(Layer::NoProof));
    }
    assert_ne!(
        judged(&sent(&challenge(1), &json!({ "number": 1 }))).map(|one| one.row),
        Ok(held.row)
    );
}

#[test]
fn r87_no_digit_of_the_number_moves_into_the_salt() {
    let challenge = challenge(38_801);
    let salt = challenge["salt"].as_str().expect("a salt");
    assert!(salt.ends_with('&'));
    // Each hash is right, and the signature is that of the challenge.
    for (moved, number) in [("3", 8_801), ("38", 801), ("388", 1), ("3880", 1)] {
        let salt = format!("{salt}{moved}");
        let spliced = sent(
            &challenge,
            &json!({ "salt": salt, "number": number, "challenge": hash(&salt, number) }),
        );
        assert_eq!(judged(&spliced), Err(Layer::FalseProof), "{moved}");
    }
    // A later end, or another form, in the salt of a challenge that is ours.
    for edited in [
        salt.replace("1772442600", "1972442600"),
        salt.replace("guide-seo", "other"),
    ] {
        let hash = hash(&edited, 38_801);
        for challenge in [&hash, challenge["challenge"].as_str().expect("a hash")] {
            let members = json!({ "salt": edited, "number": 38_801, "challenge": challenge });
            assert_eq!(
                judged(&sent(&self::challenge(38_801), &members)),
                Err(Layer::FalseProof)
            );
        }
    }
}

#[test]
fn r87_what_is_no_solution_is_false_whatever_it_is() {
    let challenge = challenge(12_345);
    let ours = |number: Value| sent(&challenge, &json!({ "number": number }));
    assert!(judged(&ours(json!(12_345))).is_ok());
    for number in [
        json!(12_344),
        json!(50_001),
        json!(-1),
        json!(12_345.0),
        json!("12345"),
        json!(u64::MAX),
        Value::Null,
    ] {
        assert_eq!(judged(&ours(number.clone())), Err(Layer::FalseProof), "{number}");
    }
    for members in [
        json!({ "number": 12_345, "algorithm": "SHA-1" }),
        json!({ "number": 12_345, "signature": "" }),
        json!({ "number": 12_345, "signature": "0".repeat(64) }),
        json!({ "number": 12_345, "challenge": "" }),
        json!({ "number": 12_345, "salt": "x" }),
    ] {
        assert_eq!(judged(&sent(&challenge, &members)), Err(Layer::FalseProof), "{members}");
    }
    for text in ["x", "e30=", "bnVsbA==", "{}", &BASE64.encode("[]"), &"A".repeat(4_000)] {
        assert_eq!(judged(text), Err(Layer::FalseProof), "{text:.9}");
    }
    // Beyond the range though the hash is right.
    let salt = "00?expires=1972442600&form=guide-seo&";
    let far = hash(salt, 50_001);
    let signature = sign(&guide(), salt, &far, &key());
    let members = json!({ "salt": salt, "challenge": far, "signature": signature, "number": 50_001 });
    assert_eq!(judged(&sent(&challenge, &members)), Err(Layer::FalseProof));
}
