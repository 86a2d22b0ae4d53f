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
    check("date", "28/02/2026", true);
    check("date", "02/28/2026", false);
    check("url", "https://www.example.com/a?b=c", true);
    check("url", "http://example.com", true);
    check("url", "javascript:alert(1)", false);
    check("url", "https://", false);
    check("url", "www.example.com", true);
    check("url", "https://example.com/a b", false);
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
        let unclear = ["given", "onn", "null"].contains(&no);
        assert_eq!(
            (read.unread.len(), read.other.len()),
            (usize::from(unclear), usize::from(unclear)),
            "{no:?}"
        );
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

fn told(problems: &[FieldProblem]) -> Vec<(&str, &str, bool)> {
    problems
        .iter()
        .map(|p| (p.field.as_str(), p.kind.code(), p.once))
        .collect()
}

fn unread(read: &Submission) -> Vec<(&str, &str)> {
    read.unread
        .iter()
        .map(|one| (one.field.as_str(), one.code.as_str()))
        .collect()
}

/// One wrong value for each field that need not be answered.
const WRONG: [(&str, &str); 5] = [
    ("phone", " n/a "),
    ("sector", "SAAS"),
    ("company_size", "tiny"),
    ("budget", "beaucoup"),
    ("timing", "yesterday"),
];

#[test]
fn a_wrong_value_that_need_not_be_there_is_asked_back_once_and_then_kept() {
    let demo = demo();
    let mut sent = vec![EMAIL];
    sent.extend(WRONG);
    let problems = read(&demo, &sent).expect_err("asked back");
    assert_eq!(problems.len(), 5);
    assert!(problems.iter().all(|problem| problem.once));
    // Sent again, each is taken; one that was not asked back is asked.
    let names = problems
        .iter()
        .map(|problem| problem.field.as_str())
        .collect::<Vec<_>>()
        .join(", ");
    sent.push((ASKED_BACK, &names));
    let taken = read(&demo, &sent).expect("taken");
    assert!(taken.answers.is_empty(), "it counts for nothing");
    assert_eq!(taken.other["phone"], Personal::new("n/a"));
    assert_eq!(
        unread(&taken),
        [
            ("phone", "invalid_phone"),
            ("sector", "not_an_option"),
            ("company_size", "not_an_option"),
            ("budget", "not_a_number"),
            ("timing", "not_an_option"),
        ]
    );
    let long = "x".repeat(121);
    sent.push(("company", &long));
    assert_eq!(
        told(&read(&demo, &sent).expect_err("one more")),
        [("company", "too_long", true)]
    );
    // What must be there is not settled by sending it again.
    let bad = [("email", "nobody"), (ASKED_BACK, "email")];
    assert_eq!(
        told(&read(&demo, &bad).expect_err("refused")),
        [("email", "no_at", false)]
    );
}

#[test]
fn a_machine_is_refused_for_nothing_that_need_not_be_there() {
    let demo = demo();
    let mut sent = vec![EMAIL];
    sent.extend(WRONG);
    let reported = |fields: &[(&str, &str)]| Submission::reported(&demo, &post(fields), Locale::Fr, Touch::default());
    assert_eq!(unread(&reported(&sent).expect("taken")).len(), 5);
    let refused = reported(&[("email", "nobody"), ("budget", "x")]).expect_err("no address");
    assert_eq!(told(&refused), [("email", "no_at", false)]);
}

#[test]
fn numbers_of_json_are_numbers() {
    let demo = demo();
    let budget = |value: String| {
        let sent = RawPost::new(vec![
            ("email".into(), "ana@example.com".into()),
            ("budget".into(), value),
        ]);
        let read = Submission::read(&demo, &sent, Locale::Fr, Touch::default());
        read.ok()
            .and_then(|read| read.answers.get("budget").map(|said| said.expose().to_owned()))
    };
    assert_eq!(budget("83.333".into()).as_deref(), Some("83333"));
    assert_eq!(budget(crate::kit::post::number(83.333)).as_deref(), Some("83.333"));
    assert_eq!(budget(crate::kit::post::number(15_000)).as_deref(), Some("15000"));
    assert_eq!(budget(crate::kit::post::number("1.5e4")).as_deref(), Some("15000"));
}

#[test]
fn of_several_values_of_a_box_any_yes_counts_and_its_own_words_are_one() {
    let demo = demo();
    let consents = |values: &[&str]| {
        let mut sent = vec![EMAIL];
        sent.extend(values.iter().map(|value| ("marketing_consent", *value)));
        read(&demo, &sent).expect("taken").consents
    };
    assert_eq!(consents(&["0", "1"]).len(), 1, "a framework's hidden 0 before the box");
    assert_eq!(consents(&["1", "0"]).len(), 1);
    assert_eq!(consents(&["0", "0"]).len(), 0);
    let label = demo.marketing_box().expect("the box").label.clone();
    let english = consents(&[label.get(Locale::En)]);
    assert_eq!(
        english[0].text_hash,
        sha256_hex(label.get(Locale::En)),
        "the words that were shown"
    );
}

#[test]
fn a_choice_is_known_by_its_words_in_any_language() {
    let answer = |value: &str| {
        let read = read(&demo(), &[EMAIL, ("timing", value)]);
        read.ok()
            .and_then(|read| read.answers.get("timing").map(|said| said.expose().to_owned()))
    };
    assert_eq!(answer("Right away").as_deref(), Some("now"));
    assert_eq!(answer("dans les 3 mois").as_deref(), Some("3_months"));
    assert_eq!(answer("right"), None);
}

#[test]
fn a_mistyped_domain_is_a_doubt_and_no_refusal() {
    let demo = demo();
    let mistyped = ("email", "ana@gmial.com");
    let taken = read(&demo, &[mistyped]).expect("it may be meant");
    let doubt = taken.doubt(&demo, &post(&[mistyped])).expect("a doubt");
    assert_eq!((doubt.kind.code(), doubt.once), ("mistyped_domain", true));
    assert_eq!(doubt.suggestion, Some(Personal::new("ana@gmail.com")));
    assert_eq!(taken.doubt(&demo, &post(&[mistyped, (ASKED_BACK, "email")])), None);
    // Beside another problem it is told with it.
    let both = read(&demo, &[mistyped, ("budget", "x")]).expect_err("a number");
    assert_eq!(
        told(&both),
        [("email", "mistyped_domain", true), ("budget", "not_a_number", true)]
    );
}

#[test]
fn whoever_is_known_by_a_number_must_leave_one_that_can_be_read() {
    let by_phone = edited(&[
        ("[form]\n", "[form]\nidentity = \"email_or_phone\"\n"),
        ("type = \"email\"\nrequired = true", "type = \"email\""),
    ]);
    let refused = |sent: &[(&str, &str)]| {
        let problems = read(&by_phone, sent).expect_err("nobody could answer");
        problems
            .iter()
            .map(|p| (p.field.clone(), p.kind.code(), p.once))
            .collect::<Vec<_>>()
    };
    let phone = |once| ("phone".to_owned(), "invalid_phone", once);
    assert_eq!(refused(&[("phone", "n/a")]), [phone(false)]);
    assert_eq!(refused(&[("phone", "n/a"), (ASKED_BACK, "phone")]), [phone(false)]);
    assert_eq!(
        refused(&[("first_name", "Ana")]),
        [("email".to_owned(), "unreachable", false)]
    );
    assert_eq!(refused(&[EMAIL, ("phone", "n/a")]), [phone(true)]);
    let reported = Submission::reported(&by_phone, &post(&[("phone", "n/a")]), Locale::Fr, Touch::default());
    assert_eq!(
        told(&reported.expect_err("nobody")),
        [("phone", "invalid_phone", false)]
    );
    let known = read(
        &by_phone,
        &[("email", "nobody"), ("phone", "0612345678"), (ASKED_BACK, "email")],
    )
    .expect("a number");
    assert_eq!(
        (known.email.is_none(), unread(&known)),
        (true, vec![("email", "no_at")])
    );
}
