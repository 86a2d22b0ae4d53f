//! What a payload says, and what a mapping file must not say.

use serde_json::json;

use super::*;
use crate::samples::{at, demo};

const CRM: &str = r#"
type = ["event", "deal.status"]
email = "contact.emails.0"
occurred_at = "when"
id = "uuid"
about = "page"

[types]
"deal.updated/won" = "won"
"deal.updated/lost" = "lost"
"page" = "visit"
"contact.created" = "lead"
"contact.left" = "unsubscribe"

[fields]
company_size = "contact.size"
budget = "contact.budget"

[values.company_size]
"SMB" = "10-49"
"#;

fn crm() -> Mapping {
    Mapping::read("triggers/crm.toml", CRM, &demo()).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn codes(mapping: &Mapping, body: &Value) -> Vec<(String, &'static str)> {
    let faults = mapping.hear(body).err().expect("faults");
    faults.into_iter().map(|(place, fault)| (place, fault.code)).collect()
}

#[test]
fn our_own_form_is_read_as_the_design_says() {
    let native = Mapping::native();
    let check = |body: Value, meaning| {
        let heard = native.hear(&body).expect("no fault").expect("a meaning");
        assert_eq!(heard.meanings, [meaning], "{body}");
        heard
    };
    let heard = check(
        json!({ "type": "visit", "email": "Ana@Example.com", "occurred_at": "2026-03-02T10:00:00.9+01:00",
                "data": { "about": "https://www.example.com/tarifs?email=ana@example.com#top" } }),
        Meaning::Visit,
    );
    assert_eq!(heard.at, Some(at("2026-03-02T09:00:00Z")));
    assert_eq!(
        heard.about, "https://www.example.com/tarifs",
        "no query: it may hold anything"
    );
    assert!(matches!(heard.who, Who::Email(email) if email.identity() == "ana@example.com"));
    for outcome in [
        ("reached", Meaning::CallReached),
        ("no_answer", Meaning::CallNoAnswer),
        ("not_a_fit", Meaning::CallNotAFit),
    ] {
        let body = json!({ "type": "call", "lead_id": "a".repeat(26), "data": { "outcome": outcome.0 } });
        assert!(matches!(check(body, outcome.1).who, Who::Lead(_)));
    }
    check(
        json!({ "type": "won", "email": "a@example.com", "data": { "outcome": "signed", "amount": 9 } }),
        Meaning::Won,
    );
    check(
        json!({ "type": "reply", "email": "a@example.com", "data": null, "more": [] }),
        Meaning::Reply,
    );
}

#[test]
fn every_fault_is_told_at_once_and_none_repeats_the_value() {
    let native = Mapping::native();
    let secret = "ana-secret";
    let body = json!({ "type": secret, "email": secret, "occurred_at": secret, "data": secret });
    let faults = native.hear(&body).err().expect("faults");
    let told: Vec<_> = faults
        .iter()
        .map(|(place, fault)| (place.as_str(), fault.code))
        .collect();
    assert_eq!(told.len(), 4, "{told:?}");
    assert_eq!(
        (told[0], told[2], told[3]),
        (
            ("type", "unknown_type"),
            ("occurred_at", "not_a_moment"),
            ("data", "not_an_object")
        )
    );
    assert!(
        faults
            .iter()
            .all(|(_, fault)| !fault.message.contains(secret) && !fault.message.is_empty())
    );

    let check = |body: Value, expected: &[(&str, &str)]| {
        let told = codes(&native, &body);
        let told: Vec<_> = told.iter().map(|(place, code)| (place.as_str(), *code)).collect();
        assert_eq!(told, expected, "{body}");
    };
    check(json!({}), &[("type", "required"), ("email", "required")]);
    check(
        json!({ "type": 7, "lead_id": "short" }),
        &[("type", "unknown_type"), ("lead_id", "invalid_lead_id")],
    );
    check(
        json!({ "type": "visit", "lead_id": "a".repeat(26), "email": "a@example.com" }),
        &[("email", "ambiguous")],
    );
    for kind in ["form", "confirm", "click", "open", "lead", "call", "VISIT"] {
        check(
            json!({ "type": kind, "email": "a@example.com" }),
            &[("type", "unknown_type")],
        );
    }
    for moment in [
        json!(true),
        json!("tomorrow"),
        json!(-5),
        json!("2026-13-01T00:00:00Z"),
        json!({}),
    ] {
        check(
            json!({ "type": "visit", "email": "a@example.com", "occurred_at": moment }),
            &[("occurred_at", "not_a_moment")],
        );
    }
}

#[test]
fn a_mapping_finds_type_person_time_id_and_answers() {
    let body = json!({
        "event": "deal.updated", "deal": { "status": "won" }, "when": 1_772_442_000_000_i64, "uuid": "e-1",
        "contact": { "emails": ["ana@example.com", "x@example.com"] },
    });
    let heard = crm().hear(&body).expect("no fault").expect("a meaning");
    assert_eq!(
        (&*heard.meanings, heard.at, heard.id.as_deref()),
        (&[Meaning::Won][..], Some(at("2026-03-02T09:00:00Z")), Some("e-1"))
    );

    let body = json!({ "event": "contact.created", "when": "1772442000", "contact": { "emails": ["ana@example.com"], "size": "SMB", "budget": 12000 } });
    let heard = crm().hear(&body).expect("no fault").expect("a meaning");
    assert_eq!(
        (&*heard.meanings, heard.at),
        (&[Meaning::Lead][..], Some(at("2026-03-02T09:00:00Z")))
    );
    let answers = ["email", "company_size", "budget"].map(|field| heard.answers.get(field).map(str::to_owned));
    assert_eq!(
        answers,
        ["ana@example.com", "10-49", "12000"].map(|value| Some(value.to_owned()))
    );

    for other in [
        json!({ "event": "deal.updated", "deal": { "status": "open" } }),
        json!({ "event": "ping" }),
    ] {
        assert!(
            crm().hear(&other).expect("no fault").is_none(),
            "{other}: theirs, and nothing to us"
        );
    }
    assert_eq!(
        codes(&crm(), &json!({ "event": "page" })),
        [("contact.emails.0".to_owned(), "required")]
    );
}

#[test]
fn a_mapping_file_is_refused_with_its_line() {
    let check = |old: &str, new: &str, line: usize, says: &str| {
        assert!(CRM.contains(old), "{old}");
        let problems = Mapping::read("triggers/crm.toml", &CRM.replacen(old, new, 1), &demo()).expect_err(new);
        let found = problems
            .iter()
            .any(|p| p.line == line && p.message.get(Locale::En).contains(says) && p.file == "triggers/crm.toml");
        assert!(found, "{new}: {problems:?}");
    };
    check("\"won\"", "\"bought\"", 9, "unknown variant");
    check("about = \"page\"", "subject = \"page\"", 6, "unknown field");
    check("about = \"page\"", "about = \"a..b\"", 6, "not a path");
    check("[\"event\", \"deal.status\"]", "[]", 2, "type needs a path");
    check("email = \"contact.emails.0\"", "", 1, "no lead could be found");
    check(
        "budget = \"contact.budget\"",
        "marketing_consent = \"contact.ok\"",
        17,
        "only the person can tick it",
    );
    check(
        "budget = \"contact.budget\"",
        "email = \"contact.email\"",
        17,
        "the path in email",
    );
    check(
        "budget = \"contact.budget\"",
        "salary = \"contact.salary\"",
        17,
        "no field \"salary\"",
    );
    check("\"10-49\"", "\"11-50\"", 20, "not an option");
    check("\"contact.created\" = \"lead\"", "", 15, "no type is mapped");
    let problems = Mapping::read("triggers/My CRM.toml", CRM, &demo()).expect_err("a name");
    assert!(problems[0].message.get(Locale::En).contains("name the file"));
}

#[test]
fn a_required_answer_must_be_mapped_where_leads_are_made() {
    let mut campaign = demo();
    campaign
        .form
        .fields
        .iter_mut()
        .find(|f| f.name == "company")
        .expect("company")
        .required = true;
    let problems = Mapping::read("triggers/crm.toml", CRM, &campaign).expect_err("company");
    assert!(
        problems[0].message.get(Locale::En).contains("requires \"company\""),
        "{problems:?}"
    );
}

#[test]
fn a_mapping_survives_publishing() {
    let json = serde_json::to_string(&crm()).expect("json");
    assert_eq!(serde_json::from_str::<Mapping>(&json).expect("a mapping"), crm());
}

/// A mapping of these lines before the types, and these types.
fn mapping(keys: &str, types: &str) -> Mapping {
    let text = format!("type = \"event\"\nemail = \"email\"\n{keys}\n[types]\n{types}\n");
    Mapping::read("triggers/x.toml", &text, &demo()).unwrap_or_else(|problems| panic!("{problems:?}"))
}

#[test]
fn a_type_may_mean_several_things_and_the_lead_comes_first() {
    let booked = mapping(
        "",
        "\"invitee.created\" = [\"meeting\", \"lead\", \"meeting\", \"out_of_office\"]",
    );
    let body = json!({ "event": "invitee.created", "email": "ana@example.com" });
    let heard = booked.hear(&body).expect("no fault").expect("a meaning");
    assert_eq!(heard.meanings, [Meaning::Lead, Meaning::Meeting], "each once");
    let stored = serde_json::to_string(&booked).expect("json");
    assert_eq!(serde_json::from_str::<Mapping>(&stored).expect("a mapping"), booked);
}

#[test]
fn an_answer_of_a_machine_counts_as_nothing() {
    let native = Mapping::native();
    for data in [
        json!({ "outcome": "out_of_office" }),
        json!({ "outcome": "Out of Office" }),
        json!({ "outcome": "auto-reply" }),
        json!({ "about": "out_of_office" }),
        json!({ "out_of_office": true }),
    ] {
        let body = json!({ "type": "reply", "email": "a@example.com", "data": data });
        assert!(native.hear(&body).expect("no fault").is_none(), "{body}");
    }
    let body = json!({ "type": "out_of_office", "email": "a@example.com" });
    assert!(native.hear(&body).expect("no fault").is_none());
    for data in [
        json!({ "outcome": "interested" }),
        json!({ "out_of_office": false }),
        json!({}),
    ] {
        let body = json!({ "type": "reply", "email": "a@example.com", "data": data });
        assert_eq!(
            native.hear(&body).expect("no fault").expect("a meaning").meanings,
            [Meaning::Reply]
        );
    }
    let mail = Mapping::read(
        "triggers/mail.toml",
        "type = [\"event\", \"kind\"]\nemail = \"email\"\n[types]\n\"mail\" = \"reply\"\n\"bounce\" = \"out_of_office\"\n\"mail/ooo\" = \"visit\"\n",
        &demo(),
    )
    .expect("a mapping");
    let hear = |event: &str, kind: &str| {
        let heard = mail.hear(&json!({ "event": event, "kind": kind, "email": "a@example.com" }));
        heard.expect("no fault").map(|heard| heard.meanings)
    };
    assert_eq!(hear("mail", "autoreply"), None);
    assert_eq!(hear("bounce", ""), None);
    assert_eq!(hear("mail", "human"), Some(vec![Meaning::Reply]));
    assert_eq!(
        hear("mail", "ooo"),
        Some(vec![Meaning::Visit]),
        "what the file names counts as it says"
    );
}

#[test]
fn a_time_that_cannot_be_read_never_loses_a_mapped_event() {
    let theirs = mapping("occurred_at = \"when\"", "\"x\" = \"visit\"");
    let nine = Some(at("2026-03-02T09:00:00Z"));
    for (when, expected) in [
        (json!("2026-03-02T10:00:00+01:00"), nine),
        (json!("2026-03-02 09:00:00Z"), nine),
        (json!(1_772_442_000), nine),
        (json!(1_772_442_000.5), nine),
        (json!("1772442000.5"), nine),
        (json!(1_772_442_000_123_i64), nine),
        (json!("1772442000123.9"), nine),
        (json!(""), None),
        (json!("  "), None),
        (json!(null), None),
        (json!("2026-03-02 08:00:00"), None),
        (json!("02/03/2026"), None),
        (json!("."), None),
        (json!("1.2.3"), None),
        (json!(-5), None),
        (json!(0), None),
        (json!(1e300), None),
        (json!(true), None),
        (json!({}), None),
        (json!([1_772_442_000]), None),
    ] {
        let body = json!({ "event": "x", "email": "ana@example.com", "when": when });
        let heard = theirs.hear(&body).expect("no fault").expect("a meaning");
        assert_eq!(heard.at, expected, "{when}");
        let is_blank = when.is_null() || when.as_str().is_some_and(|text| text.trim().is_empty());
        assert_eq!(theirs.has_unread_time(&body), expected.is_none() && !is_blank, "{when}");
    }
    let native = json!({ "type": "visit", "email": "ana@example.com", "occurred_at": "" });
    assert_eq!(
        Mapping::native()
            .hear(&native)
            .expect("no fault")
            .expect("a meaning")
            .at,
        None
    );
}

#[test]
fn events_stand_where_the_file_says_or_are_the_body_itself() {
    let meta = mapping("events = \"entry.changes\"", "\"x\" = \"visit\"");
    let body =
        json!({ "entry": [{ "changes": [{ "event": "x" }, { "event": "y" }] }, { "changes": [{ "event": "z" }] }] });
    let (events, is_list) = meta.events(&body);
    assert_eq!((events.len(), is_list), (3, true));
    assert_eq!(meta.events(&json!({ "ping": true })), (Vec::new(), true));
    let plain = mapping("", "\"x\" = \"visit\"");
    let list = json!([{ "event": "x" }, { "event": "y" }]);
    assert_eq!(plain.events(&list).0.len(), 2);
    let one = json!({ "event": "x" });
    assert_eq!(plain.events(&one), (vec![&one], false));
}

#[test]
fn something_else_in_the_field_for_our_id_does_not_hide_the_address() {
    let theirs = mapping("lead_id = \"ours\"", "\"x\" = \"visit\"");
    let heard = |ours: Value| {
        let body = json!({ "event": "x", "email": "ana@example.com", "ours": ours });
        theirs.hear(&body).expect("no fault").expect("a meaning").who
    };
    assert!(matches!(heard(json!("12345")), Who::Email(_)));
    assert!(matches!(heard(json!("a".repeat(26))), Who::Lead(_)));
    assert_eq!(
        codes(&theirs, &json!({ "event": "x", "ours": "12345" })),
        [("ours".to_owned(), "invalid_lead_id")]
    );
}

#[test]
fn a_proof_has_the_keys_it_needs_and_no_others() {
    let check = |keys: &str, says: Option<&str>| {
        let text = format!("type = \"event\"\nemail = \"email\"\n{keys}\n[types]\n\"x\" = \"visit\"\n");
        let problems = Mapping::read("triggers/x.toml", &text, &demo())
            .err()
            .unwrap_or_default();
        let told: Vec<_> = problems
            .iter()
            .map(|problem| (problem.line, problem.message.get(Locale::En)))
            .collect();
        match says {
            None => assert!(told.is_empty(), "{keys}: {told:?}"),
            Some(says) => {
                assert!(
                    told.iter().any(|(line, text)| *line == 3 && text.contains(says)),
                    "{keys}: {told:?}"
                );
            }
        }
    };
    for proof in [
        "standard",
        "hubspot_v3",
        "typeform",
        "stripe",
        "calendly",
        "meta",
        "basic",
    ] {
        check(&format!("proof = \"{proof}\""), None);
    }
    check("proof = \"header\"\nproof_header = \"X-Secret\"", None);
    check("proof = \"body_token\"\nproof_path = \"meta.token\"", None);
    check("proof = \"hmac\"", Some("unknown variant"));
    check("proof = \"header\"", Some("needs proof_header"));
    check("proof = \"body_token\"", Some("needs proof_path"));
    check("proof_header = \"X-Secret\"", Some("goes with proof = \"header\""));
    check("proof_path = \"token\"", Some("goes with proof = \"body_token\""));
    check(
        "proof_header = \"not a header\"\nproof = \"header\"",
        Some("not the name of an HTTP header"),
    );
    check("events = \"a..b\"", Some("not a path"));
    check("send_promised = true", Some("no effect"));
}
