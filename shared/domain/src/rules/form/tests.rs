//! How a post of the demo form is read: what is kept, what is refused, and that nothing else comes in.

use super::*;
use crate::samples::{Chance, demo, edited};

fn post(fields: &[(&str, &str)]) -> RawPost {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    RawPost::new(fields.iter().map(owned).collect())
}

fn read(campaign: &Campaign, fields: &[(&str, &str)]) -> Result<Submission, Vec<FieldProblem>> {
    Submission::read(campaign, &post(fields), Locale::Fr, Touch::default())
}

const EMAIL: (&str, &str) = ("email", "Ana@Example.com");

#[test]
fn an_email_alone_is_a_lead() {
    let read = read(&demo(), &[EMAIL]).expect("a good post");
    assert_eq!(read.email.as_ref().expect("an address").expose(), "Ana@example.com");
    assert!(read.answers.is_empty() && read.consents.is_empty());
}

#[test]
fn r77_only_what_the_form_declares_comes_in() {
    let sent = [
        EMAIL,
        ("first_name", "Ana"),
        ("score", "100"),
        ("fit", "100"),
        ("stage", "sql"),
        ("consent", "given"),
        ("marketing", "on"),
        ("state", "given"),
        ("workspace", "other"),
        ("version", "9"),
        ("First_Name", "x"),
        ("company[]", "x"),
        ("", "x"),
        ("_lang", "en"),
    ];
    let read = read(&demo(), &sent).expect("a good post");
    assert_eq!(
        read.answers.into_iter().collect::<Vec<_>>(),
        [("first_name".to_owned(), Personal::new("Ana"))]
    );
    assert!(read.consents.is_empty());
}

#[test]
fn every_problem_is_told_at_once_in_the_order_of_the_form() {
    let long = "x".repeat(121);
    let sent = [
        ("timing", "yesterday"),
        ("email", "nobody"),
        ("phone", "call me"),
        ("company", long.as_str()),
        ("sector", "SAAS"),
        ("company_size", "1-10"),
        ("budget", "-1"),
    ];
    let problems = read(&demo(), &sent).expect_err("seven problems");
    let told: Vec<_> = problems.iter().map(|p| (p.field.as_str(), p.kind)).collect();
    use ProblemKind::{NotAnOption, Phone, TooLong, TooSmall};
    assert!(matches!(told[0], ("email", ProblemKind::Email(_))), "{told:?}");
    assert_eq!(
        told[1..],
        [
            ("phone", Phone),
            ("company", TooLong(120)),
            ("sector", NotAnOption),
            ("company_size", NotAnOption),
            ("budget", TooSmall(0)),
            ("timing", NotAnOption),
        ]
    );
    for problem in problems {
        for locale in Locale::ALL {
            let message = problem.kind.message(locale);
            assert!(
                sent.iter().all(|(_, value)| !message.contains(value)),
                "never the value: {message}"
            );
        }
    }
}

#[test]
fn each_field_takes_what_it_should_and_nothing_else() {
    let demo = demo();
    let answer = |name: &str, value: &str| match read(&demo, &[EMAIL, (name, value)]) {
        Ok(mut read) => Ok(read.answers.remove(name).map(|answer| answer.expose().to_owned())),
        Err(problems) => Err(problems[0].kind.code()),
    };
    let text = |s: &str| Ok(Some(s.to_owned()));
    let check = |name: &str, value: &str, expected: Result<Option<String>, &str>| {
        assert_eq!(answer(name, value), expected, "{name} = {value:?}");
    };
    check("budget", "15 000 €", text("15000"));
    check("budget", "10000000", text("10000000"));
    check("budget", "10000001", Err("too_large"));
    check("budget", "10000000,5", Err("too_large"));
    check("budget", "0", text("0"));
    check("budget", "1e3", Err("not_a_number"));
    check("budget", "NaN", Err("not_a_number"));
    check("budget", "  ", Ok(None));
    check("timing", " now ", text("now"));
    check("timing", "now\0", text("now"));
    check("timing", "", Ok(None));
    check("phone", "01 99 00 12 34", text("+33199001234"));
    check(
        "first_name",
        "  Ana\r\nBcc: x@example.com",
        text("Ana Bcc: x@example.com"),
    );
    check("first_name", &"é".repeat(60), text(&"é".repeat(60)));
    check("first_name", &"é".repeat(61), Err("too_long"));
    check("first_name", &"e\u{301}".repeat(60), text(&"é".repeat(60)));
    check("need", "Un\r\ndeux", text("Un\ndeux"));
    check("need", &"x".repeat(2_000), text(&"x".repeat(2_000)));
    check("need", &"x".repeat(2_001), Err("too_long"));
    check("need", "\u{200b}\u{202e}", Ok(None));
}

#[test]
fn a_date_is_a_day_and_a_url_leads_to_the_web() {
    let typed = |kind: &str| edited(&[("type = \"phone\"", &format!("type = \"{kind}\""))]);
    let check = |kind: &str, value: &str, good: bool| {
        assert_eq!(
            read(&typed(kind), &[EMAIL, ("phone", value)]).is_ok(),
            good,
            "{kind} {value}"
        );
    };
    check("date", "2026-02-28", true);
    check("date", "2026-02-29", false);
    check("date", "28/02/2026", false);
    check("url", "https://www.example.com/a?b=c", true);
    check("url", "http://example.com", true);
    check("url", "javascript:alert(1)", false);
    check("url", "https://", false);
    check("url", "www.example.com", false);
    check("hidden", "x", true);
}

#[test]
fn r61_r62_only_a_ticked_box_is_a_yes_and_its_words_are_its_proof() {
    let demo = demo();
    for yes in ["on", "true", "1", "yes", "oui", " ON "] {
        let read = read(&demo, &[EMAIL, ("marketing_consent", yes)]).expect("a good post");
        let [ticked] = read.consents.as_slice() else {
            panic!("{yes}")
        };
        let label = demo.marketing_box().expect("the box").label.get(Locale::Fr);
        assert_eq!(
            (ticked.text_version.as_str(), &ticked.text_hash),
            ("2026-11", &sha256_hex(label))
        );
        assert!(!read.answers.contains_key("marketing_consent"));
    }
    for no in ["", "off", "false", "0", "no", "non", "given", "onn", "null"] {
        let read = read(&demo, &[EMAIL, ("marketing_consent", no)]).expect("a good post");
        assert!(read.consents.is_empty(), "{no:?}");
    }
    let english = Submission::read(
        &demo,
        &post(&[EMAIL, ("marketing_consent", "on")]),
        Locale::En,
        Touch::default(),
    );
    let label = demo.marketing_box().expect("the box").label.get(Locale::En);
    assert_eq!(
        english.expect("a good post").consents[0].text_hash,
        sha256_hex(label),
        "the words that were shown"
    );
}

#[test]
fn a_required_field_and_a_required_box_must_be_given() {
    let strict = edited(&[
        (
            "name = \"company\"\ntype = \"text\"",
            "name = \"company\"\nrequired = true\ntype = \"text\"",
        ),
        ("type = \"consent\"", "type = \"consent\"\nrequired = true"),
    ]);
    for blank in ["", "   ", "\u{200b}"] {
        let problems = read(
            &strict,
            &[("email", blank), ("company", blank), ("marketing_consent", "off")],
        )
        .expect_err("three");
        let told: Vec<_> = problems.iter().map(|p| (p.field.as_str(), p.kind.code())).collect();
        assert_eq!(
            told,
            [
                ("email", "required"),
                ("company", "required"),
                ("marketing_consent", "must_accept")
            ],
            "{blank:?}"
        );
    }
}

#[test]
fn r121_no_post_panics_and_what_is_read_is_clean_and_bounded() {
    let demo = demo();
    let pieces = [
        "a",
        "é",
        "\0",
        "\r\n",
        "\u{202e}",
        "\u{301}",
        "😀",
        "1",
        ",",
        ".",
        "@",
        "-",
        " ",
        "€",
        "now",
        "example.com",
    ];
    let mut chance = Chance(121);
    for _ in 0..2_000 {
        let value = |chance: &mut Chance| -> String { (0..chance.below(30)).map(|_| *chance.pick(&pieces)).collect() };
        let fields: Vec<(String, String)> = demo
            .form
            .fields
            .iter()
            .skip(1)
            .map(|field| (field.name.clone(), value(&mut chance)))
            .collect();
        let given = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let all: Vec<(&str, &str)> = std::iter::once(EMAIL).chain(given).collect();
        let Ok(read) = read(&demo, &all) else { continue };
        for (name, answer) in &read.answers {
            let answer = answer.expose();
            let field = demo
                .form
                .fields
                .iter()
                .find(|field| &field.name == name)
                .expect("a declared field");
            assert!(
                !answer.trim().is_empty() && answer.chars().count() <= field.chars_max(),
                "{name}: {answer:?}"
            );
            let lines = field.kind == FieldType::LongText;
            assert!(
                answer.chars().all(|c| !c.is_control() || (lines && c == '\n')),
                "{name}: {answer:?}"
            );
        }
    }
}

#[test]
fn numbers_are_read_as_people_write_them() {
    let check =
        |written: &str, expected: Option<&str>| assert_eq!(canonical_number(written).as_deref(), expected, "{written}");
    check("15000", Some("15000"));
    check("15 000", Some("15000"));
    check("15\u{202f}000\u{a0}€", Some("15000"));
    check("15.000", Some("15000"));
    check("15,000 EUR", Some("15000"));
    check("1.500.000", Some("1500000"));
    check("15000.0", Some("15000"));
    check("1,5", Some("1.5"));
    check("-3", Some("-3"));
    check("007", Some("7"));
    check("0", Some("0"));
    for nonsense in [
        "",
        "-",
        "abc",
        "1e9",
        "1..2",
        ".5",
        "NaN",
        "inf",
        "١٥",
        "12a",
        "1234567890123456789",
    ] {
        check(nonsense, None);
    }
}

#[test]
fn the_honeypot_is_sprung_by_any_text_and_not_by_blanks() {
    let post = |value: &str| RawPost::new(vec![("_gotcha".into(), value.into())]);
    assert!(post("x").is_bot());
    assert!(!post("  ").is_bot());
    assert!(!RawPost::default().is_bot());
}

#[test]
fn r78_where_a_name_comes_twice_the_first_counts() {
    let post = RawPost::new(vec![("a".into(), "1".into()), ("a".into(), "2".into())]);
    assert_eq!(post.get("a"), Some("1"));
}
