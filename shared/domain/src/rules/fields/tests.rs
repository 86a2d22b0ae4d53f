//! Posts as form builders send them, by the shapes of their names.

use super::*;
use crate::campaign::Campaign;
use crate::kit::locale::Locale;
use crate::rules::form::Submission;
use crate::samples::demo as campaign;

type Pairs<'a> = &'a [(&'a str, &'a str)];

fn read(campaign: &Campaign, pairs: Pairs<'_>) -> RawPost {
    let pairs = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    named(&campaign.form, RawPost::new(pairs.collect()))
}

/// What is read of a post, and what is kept beside it.
fn check(campaign: &Campaign, pairs: Pairs<'_>, declared: Pairs<'_>, other: Pairs<'_>) {
    let post = read(campaign, pairs);
    for (name, value) in declared {
        assert_eq!(post.get(name), Some(*value), "{name} of {pairs:?}");
    }
    let read: Vec<_> = post.pairs().iter().filter(|(_, value)| !value.is_empty()).collect();
    assert_eq!(read.len(), declared.len(), "{pairs:?} gave {read:?}");
    let source = post
        .get("utm_source")
        .map(|source| ("source".to_owned(), source.to_owned()));
    let kept = undeclared(&post, &Touch(source.into_iter().collect()));
    let kept: Vec<_> = kept.iter().map(|(name, text)| (name.as_str(), text.expose())).collect();
    assert_eq!(kept, other, "{pairs:?}");
}

#[test]
fn r77_what_form_builders_send_is_recognised_by_its_shape() {
    let demo = campaign();
    let email = ("email", "ana@example.org");
    let rows: &[(&str, Pairs<'_>, Pairs<'_>, Pairs<'_>)] = &[
        (
            "Contact Form 7",
            &[
                ("_wpcf7", "12"),
                ("your-email", "ana@example.org"),
                ("your-first-name", "Ana"),
                ("your-subject", "Devis"),
                ("your-message", "Bonjour\r\nà vous"),
            ],
            &[email, ("first_name", "Ana")],
            &[
                ("_wpcf7", "12"),
                ("your-message", "Bonjour\nà vous"),
                ("your-subject", "Devis"),
            ],
        ),
        (
            "Elementor",
            &[
                ("post_id", "7"),
                ("form_fields[email]", "ana@example.org"),
                ("form_fields[First Name]", "Ana"),
                ("form_fields[field_ab12][]", "x"),
                ("form_fields[field_ab12][]", "y"),
                ("form_fields[utm_source]", "news"),
                ("action", "elementor_pro_forms_send_form"),
            ],
            &[email, ("first_name", "Ana"), ("utm_source", "news")],
            &[
                ("action", "elementor_pro_forms_send_form"),
                ("form_fields[field_ab12][]", "x\ny"),
                ("post_id", "7"),
            ],
        ),
        (
            "Elementor's webhook",
            &[
                ("No Label email", "ana@example.org"),
                ("No Label field_1", "x"),
                ("Prénom", "Ana"),
            ],
            &[email, ("first_name", "Ana")],
            &[("No Label field_1", "x")],
        ),
        (
            "Elementor's webhook with details",
            &[
                ("fields[email][id]", "email"),
                ("fields[email][type]", "email"),
                ("fields[email][title]", "Votre e-mail"),
                ("fields[email][value]", "ana@example.org"),
                ("fields[email][raw_value]", "ana@example.org"),
                ("fields[field_7][id]", "field_7"),
                ("fields[field_7][title]", "First name"),
                ("fields[field_7][value]", "Ana"),
                ("fields[message][value]", "Bonjour"),
            ],
            &[email, ("first_name", "Ana")],
            &[("fields[message][value]", "Bonjour")],
        ),
        (
            "Webflow and Framer",
            &[
                ("Email", "ana@example.org"),
                ("First Name", "Ana"),
                ("Company-Size", "1-9"),
                ("Name", "Ana D"),
            ],
            &[email, ("first_name", "Ana"), ("company_size", "1-9")],
            &[("Name", "Ana D")],
        ),
        (
            "one wrapper",
            &[
                ("data.email", "ana@example.org"),
                ("data.firstName", "Ana"),
                ("data.note", "x"),
            ],
            &[email, ("first_name", "Ana")],
            &[("data.note", "x")],
        ),
        (
            "a list of names and values",
            &[
                ("fields.0.name", "email"),
                ("fields.0.value", "ana@example.org"),
                ("fields.1.name", "message"),
                ("fields.1.type", "textarea"),
                ("fields.1.value", "Bonjour"),
                ("pageUri", "https://www.example.com"),
            ],
            &[email],
            &[
                ("message", "Bonjour"),
                ("message.type", "textarea"),
                ("pageUri", "https://www.example.com"),
            ],
        ),
        (
            "a list by itself, as jQuery makes it",
            &[
                ("0.name", "E-mail"),
                ("0.value", "ana@example.org"),
                ("1.name", "_lang"),
                ("1.value", "en"),
            ],
            &[email, ("_lang", "en")],
            &[],
        ),
        (
            "the same list, urlencoded",
            &[
                ("f[0][key]", "email"),
                ("f[0][value]", "ana@example.org"),
                ("f[1][id]", "q"),
                ("f[1][value]", "1"),
            ],
            &[email],
            &[("q", "1")],
        ),
        (
            "a list in a wrapper, with labels",
            &[
                ("data.fields.0.key", "question_1"),
                ("data.fields.0.label", "Work email address"),
                ("data.fields.0.type", "INPUT_EMAIL"),
                ("data.fields.0.value", "ana@example.org"),
                ("data.fields.1.key", "question_2"),
                ("data.fields.1.label", "Why?"),
                ("data.fields.1.value", "Because"),
            ],
            &[email],
            &[("question_2", "Because"), ("question_2.label", "Why?")],
        ),
        (
            "objects with a value",
            &[
                ("email.value", "ana@example.org"),
                ("first_name.value", "Ana"),
                ("order.id", "5"),
                ("order.value", "9"),
            ],
            &[email, ("first_name", "Ana")],
            &[("order.id", "5"), ("order.value", "9")],
        ),
        (
            "objects with a value in a wrapper",
            &[("data.email.value", "ana@example.org"), ("data.note.value", "x")],
            &[email],
            &[("data.note.value", "x")],
        ),
        (
            "lists of one",
            &[("email[]", "ana@example.org"), ("first_name[0]", "Ana")],
            &[email, ("first_name", "Ana")],
            &[],
        ),
        (
            "labels of both languages",
            &[
                ("Adresse e-mail professionnelle", "ana@example.org"),
                ("PRENOM", "Ana"),
                ("last name", "D"),
            ],
            &[email, ("first_name", "Ana"), ("last_name", "D")],
            &[],
        ),
        (
            "captchas are nothing a person said",
            &[
                ("email", "ana@example.org"),
                ("g-recaptcha-response", "0.abc"),
                ("cf-turnstile-response", "1.x"),
            ],
            &[
                email,
                ("g-recaptcha-response", "0.abc"),
                ("cf-turnstile-response", "1.x"),
            ],
            &[],
        ),
    ];
    for (what, pairs, declared, other) in rows {
        eprintln!("{what}");
        check(&demo, pairs, declared, other);
    }
}

#[test]
fn nothing_is_recognised_by_a_part_of_a_word_or_through_two_wrappers() {
    let demo = campaign();
    for name in [
        "youremail",
        "email2",
        "e-mail-address",
        "email_confirm",
        "my-email",
        "mail",
        "companyname",
        "a[b][email]",
        "a.b.email",
        "a.b.email.value",
        "x.email.y",
        "emailvalue",
    ] {
        check(&demo, &[(name, "x")], &[], &[(name, "x")]);
    }
}

#[test]
fn r77_lists_and_known_wrappers_are_passed_wherever_they_stand() {
    let demo = campaign();
    for name in [
        "email[]",
        "data[0][email]",
        "0.email",
        "contact[0].email",
        "contact.email[0]",
        "data.fields.email",
        "payload.form_fields.0.email",
        "form[contact][email][]",
        "data.contact.fields.email.value",
        "data[email][0][value]",
        "email.0.value",
    ] {
        check(
            &demo,
            &[(name, "ana@example.org")],
            &[("email", "ana@example.org")],
            &[],
        );
    }
    for name in ["a.0.b.email", "a.data.b.email", "email.a", "email.0.a"] {
        check(&demo, &[(name, "x")], &[], &[(name, "x")]);
    }
}

#[test]
fn the_declared_name_wins_and_nothing_is_lost() {
    let demo = campaign();
    check(
        &demo,
        &[
            ("your-email", "b@example.org"),
            ("email", "a@example.org"),
            ("f[email]", "c@example.org"),
        ],
        &[("email", "a@example.org")],
        &[("f[email] (2)", "c@example.org"), ("your-email (2)", "b@example.org")],
    );
    check(
        &demo,
        &[("email", " "), ("Email", "a@example.org")],
        &[("email", "a@example.org")],
        &[],
    );
    check(
        &demo,
        &[("first_name", "A"), ("first_name", "B"), ("first_name", "A")],
        &[("first_name", "A")],
        &[("first_name (2)", "B")],
    );
    check(
        &demo,
        &[("x", "1"), ("x", "2"), ("x", " "), ("x", "1")],
        &[],
        &[("x", "1\n2\n1")],
    );
}

#[test]
fn every_value_of_a_box_counts() {
    let post = read(&campaign(), &[("marketing_consent", "0"), ("marketing_consent", "1")]);
    assert_eq!(post.all("marketing_consent").collect::<Vec<_>>(), ["0", "1"]);
    assert!(undeclared(&post, &Touch::default()).is_empty());
    // The hidden 0 of a framework and the box itself, as PHP names it.
    let post = read(&campaign(), &[("marketing_consent", "0"), ("marketing_consent[]", "1")]);
    assert_eq!(post.all("marketing_consent").collect::<Vec<_>>(), ["0", "1"]);
    assert!(undeclared(&post, &Touch::default()).is_empty());
    let kept = |pairs: Pairs<'_>| {
        let kept = undeclared(&read(&campaign(), pairs), &Touch::default());
        kept.into_iter()
            .map(|(name, text)| (name, text.expose().to_owned()))
            .collect::<Vec<_>>()
    };
    let other = |name: &str, text: &str| vec![(name.to_owned(), text.to_owned())];
    assert_eq!(
        kept(&[("marketing_consent", "1"), ("f[marketing_consent]", "0")]),
        other("f[marketing_consent] (2)", "0"),
        "of another name it does not count, and is kept"
    );
    assert_eq!(
        kept(&[("newsletter", "0"), ("newsletter", "1")]),
        other("newsletter", "0\n1")
    );
    let post = read(&campaign(), &[("f[marketing_consent][]", "on")]);
    assert_eq!(post.get("marketing_consent"), Some("on"));
}

#[test]
fn other_names_of_a_field_are_read_as_its_own() {
    let mut demo = campaign();
    let field = demo
        .form
        .fields
        .iter_mut()
        .find(|field| field.name == "need")
        .expect("a field");
    field.names = vec![
        "interests[]".into(),
        "your-message".into(),
        "input_1.3".into(),
        "wpforms[fields][2]".into(),
        "Commentaire".into(),
    ];
    for name in [
        "your-message",
        "Your Message",
        "input_1.3",
        "input_1_3",
        "wpforms[fields][2]",
        "commentaire",
        "votre-commentaire",
        "form_fields[Commentaire]",
        "data.your-message",
        "wpforms[fields][2][]",
        "interests",
        "interests[]",
    ] {
        check(&demo, &[(name, "x")], &[("need", "x")], &[]);
    }
    for name in ["message", "input_13", "input_1", "wpforms[fields][3]"] {
        check(&demo, &[(name, "x")], &[], &[(name, "x")]);
    }
    check(
        &demo,
        &[("Commentaire", "a"), ("need", "b")],
        &[("need", "b")],
        &[("Commentaire (2)", "a")],
    );
}

#[test]
fn r87_the_honeypot_is_filled_in_any_shape() {
    let demo = campaign();
    for pairs in [
        &[("_gotcha", "x")][..],
        &[("_gotcha", ""), ("_gotcha", "x")],
        &[("_gotcha", "0"), ("_gotcha", "1")],
        &[("_gotcha", "true")],
        &[("_gotcha", "00")],
        &[("_gotcha[]", "x")],
        &[("_Gotcha", "x")],
        &[("_GOTCHA[]", ""), ("_GOTCHA[]", "x")],
        &[("_gotcha.a", ""), ("_gotcha.b", "x")],
        &[("_gotcha[x][y]", "x")],
        &[("form_fields[_gotcha]", "x")],
        &[("0.name", "_gotcha"), ("0.value", "x")],
        &[("_gotcha.value", "x"), ("_gotcha.label", "Leave empty")],
    ] {
        let post = read(&demo, pairs);
        assert!(post.is_bot(), "{pairs:?}");
        assert!(undeclared(&post, &Touch::default()).is_empty());
    }
    for pairs in [
        &[("_gotcha", " ")][..],
        &[("_gotcha[]", ""), ("_gotcha[]", " ")],
        &[("_gotcha", "false")],
        &[("_gotcha", "0")],
        &[("_gotcha[]", " False ")],
        &[("_gotcha", "\u{1}0")],
        &[("gotcha", "x")],
        &[("0.name", "_gotcha"), ("0.type", "text"), ("0.value", "")],
        &[("_gotcha.value", ""), ("_gotcha.label", "Leave empty")],
        &[("need", "_gotcha")],
    ] {
        assert!(!read(&demo, pairs).is_bot(), "{pairs:?}");
    }
}

#[test]
fn r77_what_sets_something_elsewhere_is_text_here() {
    let demo = campaign();
    let pairs = [
        ("email", "ana@example.org"),
        ("stage", "customer"),
        ("score", "99"),
        ("consents", "given"),
    ];
    let post = read(&demo, &pairs);
    let read = Submission::read(&demo, &post, Locale::Fr, Touch::default()).expect("a good post");
    assert!(read.answers.is_empty() && read.consents.is_empty());
    let kept: Vec<_> = read
        .other
        .iter()
        .map(|(name, text)| (name.as_str(), text.expose()))
        .collect();
    assert_eq!(kept, [("consents", "given"), ("score", "99"), ("stage", "customer")]);
}

#[test]
fn names_have_an_end_and_a_source_that_is_none_is_an_answer() {
    let demo = campaign();
    let long = "n".repeat(150);
    let short = format!("{}…", "n".repeat(99));
    check(&demo, &[(&long, "x")], &[], &[(&short, &format!("{long}: x"))]);
    check(
        &demo,
        &[("", "x"), (" a\u{200b}\nb ", "y")],
        &[],
        &[("?", "x"), ("a b", "y")],
    );
    let post = read(&demo, &[("referrer", "Paul"), ("utm_source", "news")]);
    let touch = Touch(BTreeMap::from([("source".to_owned(), "news".to_owned())]));
    let kept = undeclared(&post, &touch);
    assert_eq!(
        kept.iter().map(|(n, v)| (n.as_str(), v.expose())).collect::<Vec<_>>(),
        [("referrer", "Paul")]
    );
}
