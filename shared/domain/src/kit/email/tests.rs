use super::{EmailProblem::*, *};

fn email(raw: &str) -> Email {
    Email::parse(raw).expect("a good address")
}

/// What is typed, what becomes of it, and why where RFC 5321 (or RFC 6531) says otherwise.
const VERDICTS: &[(&str, Result<&str, EmailProblem>, &str)] = &[
    // As in RFC 5321.
    ("anne@example.com", Ok("anne@example.com"), ""),
    (
        "Anne.Martin+seo@Example.COM",
        Ok("Anne.Martin+seo@example.com"),
        "case of the local part kept (§2.4)",
    ),
    (
        "o'neil!#$%&*/?=^_`{|}~-@example.com",
        Ok("o'neil!#$%&*/?=^_`{|}~-@example.com"),
        "all of atext",
    ),
    ("a@b.co", Ok("a@b.co"), ""),
    ("a@sub.b-c.example.co.uk", Ok("a@sub.b-c.example.co.uk"), ""),
    (
        "a@1and1.example",
        Ok("a@1and1.example"),
        "a label may start with a digit (RFC 1123 §2.1)",
    ),
    (
        "a@ab--cd.example",
        Ok("a@ab--cd.example"),
        "two hyphens in third place are legal DNS",
    ),
    ("", Err(Empty), ""),
    (" \r\n\t\u{A0}\u{200B} ", Err(Empty), ""),
    ("anne", Err(NoAt), ""),
    ("anne.example.com", Err(NoAt), ""),
    ("@example.com", Err(BadLocal), ""),
    ("@", Err(BadLocal), ""),
    ("a@", Err(BadDomain), ""),
    ("a@@example.com", Err(SeveralAts), ""),
    ("a@example.com, b@example.com", Err(SeveralAts), ""),
    ("a b@example.com", Err(BadLocal), ""),
    (
        "Anne <anne@example.com>",
        Err(BadLocal),
        "a mailbox with a name is RFC 5322, not an address",
    ),
    ("mailto:anne@example.com", Err(BadLocal), ""),
    ("a,b@example.com", Err(BadLocal), ""),
    ("a\r\nBcc:b@example.com", Err(BadLocal), "header injection"),
    ("a\0b@example.com", Err(BadLocal), ""),
    ("a@exa mple.com", Err(BadDomain), ""),
    ("a@example.com\r\nBcc: b", Err(BadDomain), "header injection"),
    ("a@exam\0ple.com", Err(BadDomain), ""),
    ("a@.example.com", Err(BadDomain), ""),
    ("a@example..com", Err(BadDomain), ""),
    ("a@-example.com", Err(BadDomain), ""),
    ("a@example-.com", Err(BadDomain), ""),
    ("a@exa_mple.com", Err(BadDomain), ""),
    ("a@example.com/x", Err(BadDomain), ""),
    ("a@example.com:25", Err(BadDomain), ""),
    ("a@(comment)example.com", Err(BadDomain), ""),
    // More generous than RFC 5321.
    (
        "  anne@example.com\n",
        Ok("anne@example.com"),
        "people paste white space",
    ),
    (
        "\u{202A}anne@example.com\u{202C}",
        Ok("anne@example.com"),
        "address books paste bidi marks",
    ),
    // Stricter than RFC 5321, or than WHATWG.
    (
        ".anne@example.com",
        Err(MisplacedDot),
        "WHATWG takes dots anywhere; no email can be addressed so (RFC 5322 §3.4.1)",
    ),
    ("anne.@example.com", Err(MisplacedDot), "as above"),
    ("an..ne@example.com", Err(MisplacedDot), "as above"),
    (".@example.com", Err(MisplacedDot), "as above"),
    ("=?x@example.com", Err(BadLocal), "a reader would decode it (RFC 2047)"),
    ("a=?b?=@example.com", Err(BadLocal), "as above"),
    ("a?=b@example.com", Ok("a?=b@example.com"), "this it would not"),
    (
        "a@192.0.2.1",
        Err(NoSuchEnding),
        "WHATWG takes four labels of digits; they are no domain",
    ),
    ("a@123.456", Err(NoSuchEnding), "no top-level domain is of digits"),
    ("z@co.c", Err(NoSuchEnding), "nor of one letter"),
    (
        "me@bad.tld-2",
        Err(NoSuchEnding),
        "nor has it a hyphen, unless it is an A-label",
    ),
    ("a@example.c0m", Err(NoSuchEnding), "nor a digit (RFC 3696 §2)"),
    ("a@пример.рф", Ok("a@xn--e1afmkfd.xn--p1ai"), "an A-label has both"),
    (
        "\"anne martin\"@example.com",
        Err(BadLocal),
        "WHATWG has no quoted local part; hardly any exist",
    ),
    (
        "\"anne\"@example.com",
        Err(BadLocal),
        "the same, even where the quotes are idle",
    ),
    (
        "a\\@b@example.com",
        Err(SeveralAts),
        "quoted pairs need a quoted local part",
    ),
    (
        "a@[192.0.2.1]",
        Err(BadDomain),
        "no domain literal: nobody's lasting address",
    ),
    ("a@[IPv6:2001:db8::1]", Err(BadDomain), "no domain literal"),
    (
        "a@localhost",
        Err(NoDot),
        "no mail leaves for a bare host name; usually a missing ending",
    ),
    ("a@com", Err(NoDot), "mail to a top-level domain is banned by ICANN"),
    (
        "a@example.com.",
        Err(BadDomain),
        "neither RFC 5321 nor WHATWG knows the final dot of DNS files",
    ),
    // RFC 6531.
    (
        "anne@bücher.example",
        Ok("anne@xn--bcher-kva.example"),
        "SES takes A-labels",
    ),
    (
        "anne@BU\u{308}CHER.example",
        Ok("anne@xn--bcher-kva.example"),
        "NFC and lower case first",
    ),
    ("anne@XN--BCHER-KVA.example", Ok("anne@xn--bcher-kva.example"), ""),
    (
        "anne@straße.example",
        Ok("anne@xn--strae-oqa.example"),
        "non-transitional UTS #46, as browsers do",
    ),
    (
        "anne@例え。example",
        Ok("anne@xn--r8jz45g.example"),
        "the ideographic full stop is a dot (UTS #46)",
    ),
    (
        "anne@ｅｘａｍｐｌｅ.com",
        Ok("anne@example.com"),
        "full-width letters are mapped (UTS #46)",
    ),
    (
        "anne@xn--a.example",
        Err(BadDomain),
        "stricter than WHATWG: not Punycode, so no such name",
    ),
    (
        "élise@example.com",
        Err(NonAsciiLocal),
        "RFC 6531 allows it, SES has no SMTPUTF8 (R53)",
    ),
    (
        "\u{212A}arl@example.com",
        Ok("Karl@example.com"),
        "NFC makes the Kelvin sign a letter",
    ),
    (
        "an\u{200B}ne@example.com",
        Err(NonAsciiLocal),
        "an invisible character inside is not guessed away",
    ),
    ("аnne@example.com", Err(NonAsciiLocal), "Cyrillic а"),
    ("anne＠example.com", Err(NoAt), "the full-width sign is no @"),
];

#[test]
fn r83_every_verdict_of_the_table_holds() {
    for (raw, verdict, why) in VERDICTS {
        let got = Email::parse(raw);
        assert_eq!(
            got.as_ref().map(Email::expose),
            verdict.as_ref().map(|s| &**s),
            "{raw:?} {why}"
        );
        if let Ok(email) = got {
            assert_eq!(
                Email::parse(email.expose()),
                Ok(email.clone()),
                "parsing twice changes nothing: {raw:?}"
            );
            assert_eq!(
                Email::parse(&email.identity()).map(|e| e.identity()),
                Ok(email.identity())
            );
        }
    }
}

#[test]
fn r83_lengths_are_checked_at_their_edges() {
    let label = "d".repeat(63);
    let local = "l".repeat(64);
    let ok = |raw: String| Email::parse(&raw).map(|_| ());
    assert_eq!(ok(format!("{local}@example.com")), Ok(()));
    assert_eq!(ok(format!("{local}l@example.com")), Err(TooLong));
    assert_eq!(ok(format!("a@{label}.example")), Ok(()));
    assert_eq!(ok(format!("a@{label}d.example")), Err(BadDomain));
    // 64 + 1 + 63 + 1 + 63 + 1 + 61 = 254
    let domain = format!("{label}.{label}.{}", "e".repeat(61));
    assert_eq!(ok(format!("{local}@{domain}")), Ok(()));
    assert_eq!(ok(format!("{local}@{domain}e")), Err(TooLong));
    assert_eq!(
        ok(format!("a@{label}.{label}.{label}.{label}")),
        Err(BadDomain),
        "a name of 255 (RFC 1035)"
    );
    // The limits hold for the A-label, which is longer than what was typed.
    assert_eq!(ok(format!("a@{}.example", "é".repeat(60))), Err(BadDomain));
}

/// Quadratic work on inputs of this size would take minutes.
#[test]
fn r83_huge_input_is_refused_unread() {
    for unit in ["a", "@", "é", ".", "a@", " a", "\u{334}"] {
        let raw = unit.repeat(1 << 20);
        assert_eq!(Email::parse(&raw), Err(TooLong), "{unit:?}");
        assert_eq!(Email::parse(&format!("a@{raw}")), Err(TooLong), "{unit:?}");
    }
    assert_eq!(Email::parse(&" ".repeat(1 << 20)), Err(Empty));
    assert_eq!(Email::parse(&"a".repeat(64 * 1024)), Err(TooLong));
}

#[test]
fn r53_what_is_accepted_is_ascii_and_one_line() {
    for c in '\0'..='\u{FFFF}' {
        for raw in [format!("a{c}b@example.com"), format!("a@{c}.com")] {
            if let Ok(email) = Email::parse(&raw) {
                assert!(email.expose().bytes().all(|b| b.is_ascii_graphic()), "{raw:?}");
                assert_eq!(email.expose().matches('@').count(), 1, "{raw:?}");
            }
        }
    }
}

#[test]
fn r84_three_keys_are_drawn_from_one_address() {
    for (raw, delivery, identity, abuse) in [
        (
            " Anne.Martin+SEO@Gmail.com",
            "Anne.Martin+SEO@gmail.com",
            "anne.martin+seo@gmail.com",
            "annemartin@gmail.com",
        ),
        (
            "A.B@googlemail.com",
            "A.B@googlemail.com",
            "a.b@googlemail.com",
            "ab@gmail.com",
        ),
        (
            "A.B+x+y@Bücher.example",
            "A.B+x+y@xn--bcher-kva.example",
            "a.b+x+y@xn--bcher-kva.example",
            "a.b@xn--bcher-kva.example",
        ),
        ("a.b@orange.fr", "a.b@orange.fr", "a.b@orange.fr", "a.b@orange.fr"),
    ] {
        let email = email(raw);
        assert_eq!(email.expose(), delivery);
        assert_eq!(email.identity(), identity);
        assert_eq!(email.abuse_key(), abuse);
    }
}

#[test]
fn an_address_stays_out_of_debug_output_and_survives_storage() {
    let email = email("Anne@Example.com");
    assert_eq!(format!("{email:?}"), "Email(hidden)");
    let json = serde_json::to_string(&email).expect("a string");
    assert_eq!(json, "\"Anne@example.com\"");
    assert_eq!(serde_json::from_str::<Email>(&json).expect("an address"), email);
}

/// Letters of other alphabets that look like ours, as they are typed and as they are stored. Names with letters of their own
/// are nobody else's.
#[test]
fn r82_a_domain_that_looks_like_a_popular_one_is_pointed_out_and_taken() {
    for (typed, meant) in [
        ("a@gm\u{430}il.com", "a@gmail.com"),
        ("a@gma\u{131}l.com", "a@gmail.com"),
        ("a@\u{43e}range.fr", "a@orange.fr"),
        ("a@outl\u{3bf}ok.com", "a@outlook.com"),
        ("a@xn--gmil-63d.com", "a@gmail.com"),
    ] {
        let taken = Email::read(typed).unwrap_or_else(|_| panic!("{typed} is an address"));
        assert!(taken.expose().is_ascii(), "{typed}");
        assert_eq!(taken.suggestion().as_deref(), Some(meant), "{typed}");
    }
    for other in ["a@exämple.org", "a@müller.example", "a@пример.example"] {
        assert_eq!(email(other).suggestion(), None, "{other}");
    }
}

#[test]
fn a_slip_in_a_popular_domain_is_pointed_out() {
    for (typed, meant) in [
        ("Anne@gmial.com", "Anne@gmail.com"),
        ("a@gmai.com", "a@gmail.com"),
        ("a@gmaill.com", "a@gmail.com"),
        ("a@gnail.com", "a@gmail.com"),
        ("a@gmail.con", "a@gmail.com"),
        ("a@gmial.co", "a@gmail.com"),
        ("a@gmail.fr", "a@gmail.com"),
        ("a@orange.f", "a@orange.fr"),
        ("a@ornage.fr", "a@orange.fr"),
        ("a@hotmial.com", "a@hotmail.com"),
        ("a@hotmai.fr", "a@hotmail.fr"),
        ("a@wanado.fr", "a@wanadoo.fr"),
        ("a@yaho.fr", "a@yahoo.fr"),
        ("a@laposte.ne", "a@laposte.net"),
        ("a@free.ft", "a@free.fr"),
        ("a@sfr.f", "a@sfr.fr"),
        ("a@outlok.com", "a@outlook.com"),
        ("a@gmail", "a@gmail.com"),
        ("a@orange.", "a@orange.fr"),
    ] {
        let suggested = match Email::read(typed) {
            Ok(taken) => taken.suggestion(),
            Err(misread) => misread.suggestion.map(|meant| meant.expose().to_owned()),
        };
        assert_eq!(suggested.as_deref(), Some(meant), "{typed}");
    }
    for fine in entries(POPULAR_DOMAINS).chain(entries(OTHER_FREE_DOMAINS)).chain([
        "example.com",
        "tree.fr",
        "sfa.fr",
        "grange.fr",
        "laposte.fr",
        "yahoo.gr",
        "gmail.example.com",
        "gaml.com",
        "agence.fr",
    ]) {
        assert_eq!(email(&format!("a@{fine}")).suggestion(), None, "{fine}");
    }
}

#[test]
fn r85_free_and_disposable_providers_are_known() {
    for domain in [
        "gmail.com",
        "Orange.FR",
        "wanadoo.fr",
        "laposte.net",
        "sfr.fr",
        "gmx.de",
        "proton.me",
    ] {
        assert!(email(&format!("a@{domain}")).is_free_mail(), "{domain}");
    }
    for domain in ["example.com", "mail.gmail.com", "notgmail.com", "orange.com"] {
        assert!(!email(&format!("a@{domain}")).is_free_mail(), "{domain}");
    }
    for (address, role) in [
        ("Info@example.org", true),
        ("no-reply@example.org", true),
        ("ana@example.org", false),
        ("infos.ana@example.org", false),
    ] {
        assert_eq!(email(address).is_role(), role, "{address}");
    }
    assert!(email("a@yopmail.com").is_disposable() && email("a@x.YopMail.com").is_disposable());
    assert!(!email("a@notyopmail.com").is_disposable() && !email("a@yopmail.com.example").is_disposable());
}

#[test]
fn every_problem_has_its_own_code_and_words_in_both_languages() {
    let all = [
        Empty,
        TooLong,
        NoAt,
        SeveralAts,
        BadLocal,
        NonAsciiLocal,
        BadDomain,
        NoDot,
    ];
    for (i, one) in all.iter().enumerate() {
        assert_ne!(one.message(Locale::Fr), one.message(Locale::En));
        assert!(
            !one.message(Locale::Fr).contains('\''),
            "French takes the curly apostrophe"
        );
        for other in &all[i + 1..] {
            assert_ne!(one.code(), other.code());
            assert_ne!(one.message(Locale::Fr), other.message(Locale::Fr));
        }
    }
}

/// What is pasted, and what is understood.
#[test]
fn r83_what_stands_around_a_pasted_address_is_dropped() {
    for around in [
        "anne@example.org",
        "an\u{200B}ne@example.org",
        "anne\u{2060}@exam\u{AD}ple.org",
        "\u{202A}anne@example.org\u{202C}",
        "mailto:anne@example.org",
        "MAILTO:anne@example.org?subject=Devis",
        "mailto: anne@example.org",
        "mailto:anne%40example.org?subject=x",
        "MailTo:%61nne%40example%2Eorg",
        "Anne <mailto:anne%40example.org?subject=%C3%A9>",
        "mailto:anne@example.org?subject=100%",
        "mailto:anne@example.org%0D%0A",
        "‹anne@example.org›",
        "« anne@example.org ».",
        "« <anne@example.org> », ",
        "[\"anne@example.org\"];",
        "<anne@example.org>",
        "<mailto:anne@example.org>",
        "Anne Martin <anne@example.org>",
        "\"Martin, Anne\" <anne@example.org>",
        "Anne <anne@example.org>,",
        "\"anne@example.org\"",
        "'anne@example.org'",
        "« anne@example.org »",
        "“anne@example.org”",
        "‘anne@example.org’",
        "„anne@example.org“",
        "anne@example.org.",
        "anne@example.org,",
        "anne@example.org;",
        "anne@example.org ;",
        "anne@example.org.,",
        "(anne@example.org)",
        " anne@example.org\u{A0}",
        "anne@example.org\r\n",
        ":anne@example.org",
    ] {
        assert_eq!(
            Email::read(around).as_ref().map(Email::expose),
            Ok("anne@example.org"),
            "{around:?}"
        );
    }
    assert_eq!(
        Email::read("o’neil@example.org").as_ref().map(Email::expose),
        Ok("o'neil@example.org"),
        "typographic apostrophes are set by telephones"
    );
    assert_eq!(
        Email::read("anne%40home@example.org").as_ref().map(Email::expose),
        Ok("anne%40home@example.org"),
        "outside a link a percent sign is one of the address"
    );
}

#[test]
fn r83_what_is_not_understood_is_asked_back_with_what_was_probably_meant() {
    let check = |typed: &str, meant: Option<&str>| {
        let misread = Email::read(typed).expect_err(typed);
        assert_eq!(misread.suggestion.as_ref().map(Email::expose), meant, "{typed:?}");
    };
    let anne = Some("anne@example.org");
    for typed in [
        "Anne Martin anne@example.org",
        "anne@example.org Anne",
        "E-mail : anne@example.org",
        "anne@example.org (bureau)",
        "anne@example.org, paul@example.org",
        "anne@example.org / paul@example.org",
        "anne@example.org paul@example.org",
        "<anne@example.org> <paul@example.org>",
        "anne @ example.org",
        "anne@ example.org",
        "anne @example.org",
        "anne@example. org",
        "anne@example .org",
        ".anne@example.org",
        "anne.@example.org",
        "anne@example..org",
        "anne@example,org",
        "anne@.example.org",
    ] {
        check(typed, anne);
    }
    check("anne..martin@example.org", Some("anne.martin@example.org"));
    for typed in [
        "anne@@example.org",
        "anne@@@example.org.",
        "anne＠example.org",
        "anne﹫example.org",
        "Anne <anne＠example.org>",
        "anne @@ example.org",
        "mailto:anne%40%40example.org",
    ] {
        check(typed, anne);
    }
    for typed in [
        "",
        "anne",
        "anne@",
        "@example.org",
        "anne@example",
        "@@",
        "＠example.org",
        "a@@b@@example.org",
        "élise@example.org",
        "a@192.0.2.1",
        "=?x@example.org",
        "*@..a",
        "a@.",
        "@",
    ] {
        check(typed, None);
    }
}

/// No text panics, what is read is an address, and reading it again changes nothing.
#[test]
fn r121_any_text_is_read_or_refused() {
    let pieces = [
        "a",
        "@",
        ".",
        "<",
        ">",
        "\"",
        "'",
        "’",
        " ",
        "mailto:",
        "%40",
        "%",
        "＠",
        "example.org",
        "é",
        "\u{200b}",
        ",",
        ";",
        "=?",
        "\0",
        "c",
        "xn--",
        "-",
        "1",
    ];
    let mut chance = crate::samples::Chance(83);
    for _ in 0..20_000 {
        let text: String = (0..chance.below(12)).map(|_| *chance.pick(&pieces)).collect();
        match Email::read(&text) {
            Ok(email) => {
                assert_eq!(Email::read(email.expose()), Ok(email.clone()), "{text:?}");
                assert_eq!(Email::parse(email.expose()), Ok(email), "{text:?}");
            }
            Err(Misread {
                suggestion: Some(meant),
                ..
            }) => assert_eq!(Email::read(meant.expose()), Ok(meant), "{text:?}"),
            Err(_) => {}
        }
    }
}
