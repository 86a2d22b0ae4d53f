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
        assert_eq!(heard.meaning, meaning, "{body}");
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
        (heard.meaning, heard.at, heard.id.as_deref()),
        (Meaning::Won, Some(at("2026-03-02T09:00:00Z")), Some("e-1"))
    );

    let body = json!({ "event": "contact.created", "when": "1772442000", "contact": { "emails": ["ana@example.com"], "size": "SMB", "budget": 12000 } });
    let heard = crm().hear(&body).expect("no fault").expect("a meaning");
    assert_eq!(
        (heard.meaning, heard.at),
        (Meaning::Lead, Some(at("2026-03-02T09:00:00Z")))
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
