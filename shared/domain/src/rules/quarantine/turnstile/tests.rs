//! R87: what Cloudflare's word means, whatever comes back.

use serde_json::json;

use super::*;
use crate::kit::locale::Locale;
use crate::lead::Touch;
use crate::rules::form::Submission;
use crate::rules::quarantine::{holds, reasons};
use crate::samples::{demo, edited, guide, key};

const OWN: &str = "https://lead.example.com";

fn said(status: u16, body: &str) -> Verdict {
    read(status, body.as_bytes(), &demo(), OWN)
}

fn answered(answer: &Value) -> Verdict {
    said(200, &answer.to_string())
}

#[test]
fn r87_an_answer_of_one_of_the_forms_sites_passes() {
    // As Cloudflare's documentation shows one.
    let full = json!({
        "success": true,
        "challenge_ts": "2022-02-28T15:14:30.096Z",
        "hostname": "www.example.com",
        "error-codes": [],
        "action": "guide-seo",
        "cdata": "sessionid-123456789",
    });
    assert_eq!(answered(&full), Verdict::Passed);
    for more in [
        json!({ "success": true }),
        json!({ "success": true, "hostname": null, "action": null }),
        json!({ "success": true, "hostname": "", "action": "" }),
        json!({ "success": true, "hostname": "lead.example.com" }),
        json!({ "success": true, "hostname": "WWW.example.com", "metadata": { "interactive": false } }),
        json!({ "success": true, "error-codes": ["something-new"] }),
    ] {
        assert_eq!(answered(&more), Verdict::Passed, "{more}");
    }
}

#[test]
fn r87_an_answer_of_another_site_or_form_does_not() {
    for other in [
        json!({ "success": true, "hostname": "evil.example" }),
        json!({ "success": true, "hostname": "www.example.com.evil.example" }),
        json!({ "success": true, "hostname": "example.com" }),
        json!({ "success": true, "hostname": "localhost" }),
        json!({ "success": true, "hostname": "www.example.com", "action": "newsletter" }),
    ] {
        assert_eq!(answered(&other), Verdict::Against(Layer::FalseTurnstile), "{other}");
    }
    let here = |own: &str| read(200, br#"{"success":true,"hostname":"localhost"}"#, &demo(), own);
    assert_eq!(here("http://127.0.0.1:8787"), Verdict::Passed, "this machine");
}

#[test]
fn r87_only_what_is_wrong_with_the_answer_counts_against_a_post() {
    let codes = |codes: &[&str]| answered(&json!({ "success": false, "error-codes": codes }));
    for (code, expected) in [
        ("missing-input-response", Verdict::Against(Layer::NoTurnstile)),
        ("invalid-input-response", Verdict::Against(Layer::FalseTurnstile)),
        ("timeout-or-duplicate", Verdict::Against(Layer::FalseTurnstile)),
        ("something-new", Verdict::Against(Layer::FalseTurnstile)),
        ("missing-input-secret", Verdict::NotChecked(NotChecked::WrongSecret)),
        ("invalid-input-secret", Verdict::NotChecked(NotChecked::WrongSecret)),
        ("internal-error", Verdict::NotChecked(NotChecked::Unable)),
        ("bad-request", Verdict::NotChecked(NotChecked::Unable)),
    ] {
        assert_eq!(codes(&[code]), expected, "{code}");
        let both = codes(&[code, "invalid-input-secret"]);
        assert_eq!(both, Verdict::NotChecked(NotChecked::WrongSecret), "{code}");
    }
    assert_eq!(codes(&[]), Verdict::Against(Layer::FalseTurnstile));
    for odd in [json!("internal-error"), json!({}), json!([1, null, ["x"]]), Value::Null] {
        let found = answered(&json!({ "success": false, "error-codes": odd }));
        assert_eq!(found, Verdict::Against(Layer::FalseTurnstile), "{odd}");
    }
}

#[test]
fn r87_whatever_else_comes_back_nobody_knows() {
    for status in [429, 500, 502, 503, 530] {
        let found = said(status, r#"{"success":true}"#);
        assert_eq!(found, Verdict::NotChecked(NotChecked::Unable), "{status}");
    }
    let deep = "[".repeat(4_096);
    for body in [
        "",
        "<!DOCTYPE html><title>Just a moment...</title>",
        "{\"success\":true",
        "{\"success\":\"true\"}",
        "{\"success\":1}",
        "{}",
        "[]",
        "null",
        "true",
        deep.as_str(),
    ] {
        for status in [200, 301, 400, 403] {
            let found = said(status, body);
            assert_eq!(found, Verdict::NotChecked(NotChecked::Unreadable), "{body:.40}");
        }
    }
    assert_eq!(
        read(200, &[0xff, 0xfe, b'{'], &demo(), OWN),
        Verdict::NotChecked(NotChecked::Unreadable)
    );
    // A refusal with its words is one, whatever its status.
    let refused = said(400, r#"{"success":false,"error-codes":["invalid-input-response"]}"#);
    assert_eq!(refused, Verdict::Against(Layer::FalseTurnstile));
}

fn post(fields: &[(&str, &str)]) -> RawPost {
    let pairs = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    RawPost::new(pairs.collect())
}

#[test]
fn r87_what_no_widget_sends_is_not_asked_about() {
    let long = "x".repeat(2_049);
    for (sent, expected) in [
        ("XXXX.DUMMY.TOKEN.XXXX", Ok("XXXX.DUMMY.TOKEN.XXXX")),
        (" 0.a-b_c ", Ok("0.a-b_c")),
        (" ", Ok("")),
        (&long[..2_048], Ok(&long[..2_048])),
        (&long, Err(Layer::FalseTurnstile)),
        ("a b", Err(Layer::FalseTurnstile)),
        ("é", Err(Layer::FalseTurnstile)),
    ] {
        assert_eq!(response(&post(&[(RESPONSE, sent)])), expected, "{sent:.20}");
    }
    assert_eq!(response(&post(&[("email", "ana@example.org")])), Ok(""));
}

#[test]
fn r87_the_same_post_has_the_same_uuid_and_no_other_has() {
    let uuid = |lead: &str, fields: &[(&str, &str)]| idempotency_key(&LeadId::new(lead), &post(fields), &key());
    let one = uuid("a", &[("email", "ana@example.org"), (RESPONSE, "x")]);
    assert_eq!(one, uuid("a", &[("email", "ana@example.org"), (RESPONSE, "x")]));
    for other in [
        uuid("b", &[("email", "ana@example.org"), (RESPONSE, "x")]),
        uuid("a", &[("email", "ana@example.org"), (RESPONSE, "y")]),
        uuid("a", &[("email", "bob@example.org"), (RESPONSE, "x")]),
    ] {
        assert_ne!(one, other);
    }
    let shape: String = one
        .chars()
        .map(|c| if c.is_ascii_hexdigit() { 'h' } else { c })
        .collect();
    assert_eq!(shape, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh");
    assert_eq!((&one[14..15], &one[19..20]), ("4", "8"), "{one}");
}

#[test]
fn an_action_is_as_long_as_cloudflare_takes() {
    assert_eq!(action(&guide()), "guide-seo");
    let long = CampaignId::new("a".repeat(40));
    assert_eq!(action(&long), "a".repeat(32));
}

#[test]
fn r87_the_signs_are_worth_what_an_owner_says() {
    let found = |campaign: &Campaign, layer: Layer| {
        let post = post(&[("email", "ana@example.org")]);
        let read = Submission::read(campaign, &post, Locale::Fr, Touch::default()).expect("a post");
        let now = "2026-03-02T09:00:00Z".parse().expect("a moment");
        let found = reasons(campaign, &post, &read, &[layer], &key(), now);
        (found.iter().map(|reason| reason.points).sum::<u32>(), holds(&found))
    };
    let with = |text: &str| edited(&[("[sender]\n", &format!("[protect.points]\n{text}\n\n[sender]\n"))]);
    let milder = with("no_turnstile = 60\nfalse_turnstile = 0");
    for layer in [Layer::NoTurnstile, Layer::FalseTurnstile] {
        assert_eq!(found(&demo(), layer), (100, true), "{layer:?}");
    }
    assert_eq!(found(&milder, Layer::NoTurnstile), (60, false));
    assert_eq!(found(&milder, Layer::FalseTurnstile), (0, false));
}

#[test]
fn r87_a_site_key_is_checked_with_its_line() {
    let with = |key: &str| {
        let lines = format!("[protect]\nturnstile = \"{key}\"\n\n[sender]\n");
        crate::samples::edited_file(&[("[sender]\n", &lines)])
    };
    let file = with("0x4AAF00AAAABn0R22HWm-YUc");
    let campaign = Campaign::read("guide-seo", &file).expect("a campaign");
    assert_eq!(campaign.protect.turnstile.as_deref(), Some("0x4AAF00AAAABn0R22HWm-YUc"));
    let secret = "1x0000000000000000000000000000000AA";
    for none in ["", "guide-seo", secret] {
        let file = with(none);
        let problems = Campaign::read("guide-seo", &file).expect_err("refused");
        let line = file
            .lines()
            .position(|line| line.starts_with("turnstile"))
            .expect("there")
            + 1;
        assert_eq!((problems.len(), problems[0].line), (1, line), "{none}");
        let told = problems[0].say(Locale::En);
        assert!(
            told.contains("piste turnstile-secret") && !told.contains(secret),
            "{told}"
        );
    }
}
