use super::*;
use crate::kit::ids::CampaignId;
use crate::lead::enquiry::Touch;
use crate::samples::{Chance, at, days, hours};

fn post(second: i64, answers: &[(&str, &str)]) -> Enquiry {
    let answers = answers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Personal::new(*value)));
    Enquiry {
        campaign: CampaignId::new("guide-seo"),
        at: at("2026-03-02T09:00:00Z") + jiff::SignedDuration::from_secs(second),
        serial: 0,
        version: "0a1b2c3d".into(),
        locale: Locale::Fr,
        zone: None,
        touch: Touch::default(),
        answers: Arc::new(answers.collect()),
        other: Arc::default(),
        unread: Vec::new(),
        confirmed_at: None,
        source: None,
        hot: false,
        cut: false,
    }
}

#[test]
fn r123_a_lower_rank_fills_gaps_and_never_replaces() {
    let mut words = Words::default();
    let first = words.hear(post(0, &[("first_name", "Ana"), ("budget", "15000")]));
    words.hear(post(60, &[("first_name", "Bob"), ("budget", "0"), ("company", "Faux")]));
    assert_eq!(
        words.answer("first_name"),
        Some("Bob"),
        "of two that nobody proved the newer counts"
    );
    assert!(words.confirm(&first, at("2026-03-02T10:00:00Z")));
    assert!(
        !words.confirm(&first, at("2026-03-02T11:00:00Z")),
        "proved once is proved"
    );
    assert_eq!(words.answer("first_name"), Some("Ana"));
    assert_eq!(
        (words.answer("budget"), words.answer("company")),
        (Some("15000"), Some("Faux"))
    );
    assert_eq!(words.in_emails("company"), None, "a filled gap is for sales to see");
    assert!(words.may_lower("budget") && !words.may_lower("company"));
    let mut told = post(120, &[("first_name", "A."), ("sector", "saas")]);
    told.source = Some("crm".into());
    words.hear(told);
    assert_eq!(
        (words.answer("first_name"), words.answer("sector")),
        (Some("Ana"), Some("saas"))
    );
}

#[test]
fn between_what_was_confirmed_and_what_was_noted_the_newer_counts() {
    let mut words = Words::default();
    let first = words.hear(post(0, &[("budget", "15000")]));
    words.confirm(&first, at("2026-03-02T09:01:00Z"));
    words.state("budget", Personal::new("12000"), "camille", at("2026-03-03T09:00:00Z"));
    assert_eq!(words.said("budget").and_then(|said| said.by), Some("camille"));
    let second = words.hear(post(2 * 86_400, &[("budget", "20000")]));
    assert_eq!(
        words.answer("budget"),
        Some("12000"),
        "nobody has proved the second post yet"
    );
    words.confirm(&second, at("2026-03-04T10:00:00Z"));
    assert_eq!(words.answer("budget"), Some("20000"));
    words.state("budget", Personal::new(""), PERSON, at("2026-03-05T09:00:00Z"));
    assert_eq!(words.answer("budget"), None, "taken back");
    words.hear(post(9 * 86_400, &[("budget", "9000")]));
    assert_eq!(words.answer("budget"), Some("9000"), "and said again later");
}

/// R124: whatever leaves the item goes on to count, and can be confirmed still.
#[test]
fn r124_r128_what_leaves_the_item_counts_as_if_it_had_stayed() {
    for seed in 0..200 {
        let mut chance = Chance(seed);
        let (mut kept, mut bounded) = (Words::default(), Words::default());
        let mut ids = Vec::new();
        let mut gone = 0;
        for n in 0..60 {
            let name = *chance.pick(&["first_name", "budget", "need", "company"]);
            let value = format!("{}{}", n, "x".repeat(chance.below(3_000) as usize));
            let mut enquiry = post(n * 700, &[(name, &value)]);
            enquiry.source = chance.once_in(4).then(|| "crm".to_owned());
            kept.hear(enquiry.clone());
            ids.push(bounded.hear(enquiry));
            if chance.once_in(4) {
                // A link to a post whose words others of its rank have overtaken proves nothing that counts.
                let held: Vec<_> = ids.iter().filter(|id| bounded.enquiry(id).is_some()).cloned().collect();
                let id = chance.pick(&held).clone();
                let now = at("2026-03-02T09:00:00Z") + hours(n);
                kept.confirm(&id, now);
                bounded.confirm(&id, now);
            }
            gone += bounded
                .take_leaving(limits::ENQUIRIES_MAX, limits::ENQUIRY_BYTES_MAX)
                .len();
            assert!(bounded.enquiries().len() <= limits::ENQUIRIES_MAX, "seed {seed}");
            assert!(stored_bytes(&bounded) <= 2 * limits::ENQUIRY_BYTES_MAX, "seed {seed}");
        }
        assert!(gone >= 60 - limits::ENQUIRIES_MAX);
        assert_eq!(kept.enquiries()[0], bounded.enquiries()[0], "the first touch stays");
        for name in ["first_name", "budget", "need", "company"] {
            let of = |words: &Words| words.said(name).map(|said| (said.rank.weight(), said.at));
            assert_eq!(of(&kept), of(&bounded), "seed {seed}: {name}");
        }
    }
}

fn stored_bytes(words: &Words) -> usize {
    serde_json::to_string(words).expect("words serialise").len()
}

#[test]
fn r128_a_post_larger_than_all_room_is_cut_and_leaves_whole() {
    let mut words = Words::default();
    let long = "y".repeat(30_000);
    words.hear(post(0, &[("need", &long), ("budget", "15000")]));
    let gone = words.take_leaving(limits::ENQUIRIES_MAX, limits::ENQUIRY_BYTES_MAX);
    assert_eq!(gone.len(), 1);
    assert_eq!(gone[0].answers["need"].expose(), long, "whole in its row");
    assert!(words.enquiries()[0].cut && stored_bytes(&words) < limits::ENQUIRY_BYTES_MAX);
    assert_eq!(words.answer("budget"), Some("15000"));
    assert!(
        words
            .take_leaving(limits::ENQUIRIES_MAX, limits::ENQUIRY_BYTES_MAX)
            .is_empty()
    );
}

#[test]
fn the_language_and_the_zone_follow_the_same_ranks() {
    let mut words = Words::default();
    let first = words.hear(Enquiry {
        zone: Some("America/New_York".into()),
        ..post(0, &[])
    });
    words.confirm(&first, at("2026-03-02T09:01:00Z"));
    words.hear(Enquiry {
        locale: Locale::En,
        zone: Some("Asia/Tokyo".into()),
        ..post(86_400, &[])
    });
    assert_eq!((words.language(), words.zone()), (Locale::Fr, Some("America/New_York")));
    words.state(
        LANGUAGE,
        Personal::new("en"),
        PERSON,
        at("2026-03-02T09:00:00Z") + days(3),
    );
    assert_eq!(words.language(), Locale::En);
    assert!(words.answers().is_empty(), "neither is an answer");
}
