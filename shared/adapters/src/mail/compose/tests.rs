//! The bytes of an email, read back by another library.

use super::super::template::one_line;
use super::headers::ADDRESS_BYTES_MAX;
use std::sync::LazyLock;

use mail_parser::{Message, MessageParser, MimeHeaders};

use super::*;

const RESOURCE: &str = "https://forms.example.com/resources/guide-seo?t=v1.abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ&lang=fr";
const PREFERENCES: &str = "https://forms.example.com/preferences?t=v1.abcdefghijklmnopqrstuvwxyz0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const UNSUBSCRIBE: &str = "https://forms.example.com/unsubscribe?t=v1.abcdefghijklmnopqrstuvwxyz0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// The company of every letter here.
static FACE: LazyLock<Face> = LazyLock::new(|| Face {
    name: "Agence Démo".to_owned(),
    logo: None,
    site: None,
    colour: "#0b5c74".to_owned(),
    colour_dark: "#7cc7de".to_owned(),
});

fn template(subject: &str) -> Template {
    let subject = subject.replace('\\', "\\\\").replace('"', "\\\"");
    let source = format!(
        "+++\nsubject = \"{subject}\"\npreview = \"Le guide, en un clic\"\n+++\nBonjour{{% if first_name %}} {{{{ first_name }}}}{{% endif %}},\n\n\
         [Lire le guide]({{{{ resource_url }}}} \"button\")\n\nVoir [le site](https://www.example.com/é?a=1&b=2).\n"
    );
    Template::parse(&source).unwrap()
}

fn letter(template: &Template) -> Letter<'_> {
    Letter {
        locale: Locale::Fr,
        from_name: "Agence Démo",
        face: &FACE,
        from: "guide@example.com",
        reply_to: "bonjour@example.com",
        to: "zoe@example.net",
        message_id: "abcdefghijklmnopqrstuvwxyz.1@example.com",
        date_unix_s: 1_795_000_000,
        template,
        variables: BTreeMap::from([("resource_url", RESOURCE.to_owned())]),
        reason: "Vous recevez ce message car vous avez demandé le guide.",
        legal: "Agence Démo SARL, 1 rue de l’Exemple, 75001 Paris",
        privacy_url: "https://www.example.com/confidentialite",
        notice: "",
        data_url: Some("https://forms.example.com/my-data?form=guide-seo&lang=fr"),
        preferences_url: None,
        unsubscribe_url: None,
    }
}

fn parse(mail: &[u8]) -> Message<'_> {
    MessageParser::default().parse(mail).expect("a mail")
}

/// Names of the header fields, in order, as the bytes have them.
fn header_names(mail: &[u8]) -> Vec<String> {
    let mail = String::from_utf8(mail.to_vec()).unwrap();
    let (head, _) = mail.split_once("\r\n\r\n").unwrap();
    head.split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split_once(':').expect("a header field").0.to_owned())
        .collect()
}

/// Wire rules of R49.
#[track_caller]
fn assert_wire(mail: &[u8]) {
    assert!(mail.is_ascii() && !mail.contains(&0), "7-bit");
    let mail = std::str::from_utf8(mail).unwrap();
    assert!(!mail.replace("\r\n", "").contains(['\r', '\n']), "CRLF only");
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    for line in head.split("\r\n") {
        assert!(line.len() <= 78 || line.starts_with("List-Unsubscribe: "), "{line}");
        assert!(line.len() <= 998);
        for word in line.split(' ').filter(|word| word.starts_with("=?")) {
            assert!(word.len() <= 75 && line.len() <= 76, "{line}");
            assert!(word.ends_with("?="), "{line}");
        }
    }
    assert!(body.split("\r\n").all(|line| line.len() <= 78));
}

#[test]
fn r39_a_nurture_email_has_one_list_unsubscribe_and_a_service_email_none() {
    let template = template("Jour 2");
    for url in [
        UNSUBSCRIBE.to_owned(),
        format!("{UNSUBSCRIBE}{}", "x".repeat(700)),
        "http://127.0.0.1:8787/unsubscribe?t=a".to_owned(),
    ] {
        let mail = compose(&Letter {
            unsubscribe_url: Some(&url),
            ..letter(&template)
        })
        .unwrap();
        assert_wire(&mail);
        let raw = String::from_utf8(mail.clone()).unwrap();
        assert_eq!(raw.matches(&format!("\r\nList-Unsubscribe: <{url}>\r\n")).count(), 1);
        assert_eq!(
            raw.matches("\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
                .count(),
            1
        );
        assert_eq!(
            header_names(&mail)
                .iter()
                .filter(|name| name.starts_with("List-"))
                .count(),
            2
        );
    }
    let service = compose(&letter(&template)).unwrap();
    assert!(!header_names(&service).iter().any(|name| name.starts_with("List-")));
    let message = parse(&service);
    assert!(!message.body_html(0).unwrap().contains("inscrire") && !message.body_text(0).unwrap().contains("inscrire"));
}

#[test]
fn r39_an_unsubscribe_url_that_would_break_its_header_is_refused() {
    let template = template("S");
    let long = format!("https://example.com/{}", "x".repeat(UNSUBSCRIBE_URL_BYTES_MAX));
    for url in [
        "",
        "http://example.com/u",
        "mailto:a@example.com",
        "https://a/>, <https://b",
        "https://a/\r\nBcc: b@example.com",
        "https://a/ b",
        "https://exämple.com/u",
        &long,
    ] {
        let error = compose(&Letter {
            unsubscribe_url: Some(url),
            ..letter(&template)
        })
        .err();
        assert_eq!(error, Some(ComposeError::Url { link: "unsubscribe" }));
    }
    for url in ["", "http://example.com", "mailto:a@example.com", "javascript:alert(1)"] {
        let error = compose(&Letter {
            privacy_url: url,
            ..letter(&template)
        })
        .err();
        assert_eq!(error, Some(ComposeError::Url { link: "privacy" }));
    }
}

#[test]
fn r49_unicode_reads_back_the_same_in_short_7_bit_lines() {
    let long_word = "x".repeat(1200);
    let long_accents = "é".repeat(300);
    let emoji = "👩‍👩‍👧‍👦🇫🇷".repeat(20);
    let sentence = "Votre guide\u{A0}: 10 stratégies SEO pour 2025 que l’on peut appliquer dès aujourd’hui, sans budget ni outil payant\u{202F}!";
    for text in [
        "Votre guide",
        "Your guide: 10 SEO strategies, \"free\" (really) <today>; a@b, \\",
        sentence,
        "日本語の件名がとても長い場合にはどうなるのか",
        "Привет, мир",
        "שלום",
        "مرحبا بالعالم",
        "e\u{301}te\u{301}",
        "a",
        "=",
        "?",
        "=?",
        "?=",
        "=?utf-8?Q?Bcc?=",
        "=?utf-8?B?QQ==?= =?utf-8?B?QQ==?=",
        "é =?utf-8?Q?a?= é",
        "_a_ b",
        "=20=41",
        "\u{A0}a\u{202F}",
        &long_word,
        &long_accents,
        &emoji,
    ] {
        let text = text.trim();
        let template = template(text);
        let mail = compose(&Letter {
            from_name: text,
            ..letter(&template)
        })
        .unwrap();
        assert_wire(&mail);
        let message = parse(&mail);
        assert_eq!(message.subject(), Some(text));
        let from = message.from().and_then(|from| from.first()).unwrap();
        assert_eq!((from.name(), from.address()), (Some(text), Some("guide@example.com")));
        assert_eq!(message.from().unwrap().iter().count(), 1);
    }
    let template = template("S");
    for name in ["Zoé", "日本", "a\u{A0}b", &emoji, &long_word, ".", "--", "From here"] {
        let mut letter = letter(&template);
        letter.variables.insert("first_name", name.to_owned());
        let mail = compose(&letter).unwrap();
        assert_wire(&mail);
        let message = parse(&mail);
        assert!(message.body_html(0).unwrap().contains(&format!("Bonjour {name},")));
        assert!(message.body_text(0).unwrap().contains(name));
    }
}

#[test]
fn r49_r50_line_breaks_in_a_header_leave_one_space() {
    let template = template("a  b");
    let mail = compose(&Letter {
        from_name: &format!("A\r\n\r\n{}", "a".repeat(66)),
        ..letter(&template)
    })
    .unwrap();
    let message = parse(&mail);
    assert_eq!(message.subject(), Some("a b"));
    let from = message.from().and_then(|from| from.first()).unwrap();
    assert_eq!(from.name(), Some(format!("A {}", "a".repeat(66)).as_str()));
}

#[test]
fn r49_base64_parts_have_crlf_line_ends() {
    let body = "日本語の本文\n\n".repeat(40);
    let source = format!("+++\nsubject = \"S\"\npreview = \"P\"\n+++\n{body}");
    let template = Template::parse(&source).unwrap();
    let mail = compose(&letter(&template)).unwrap();
    assert_wire(&mail);
    let raw = String::from_utf8(mail.clone()).unwrap();
    assert!(raw.contains("Content-Transfer-Encoding: base64"), "{raw}");
    let message = parse(&mail);
    let text = message.body_text(0).unwrap();
    assert!(text.contains("日本語の本文\r\n\r\n日本語の本文\r\n"), "{text:?}");
}

#[test]
fn r50_a_body_cannot_close_its_part() {
    let source = "+++\nsubject = \"S\"\npreview = \"P\"\n+++\n--=_piste_0--\n\n--=_piste_1\n";
    let template = Template::parse(source).unwrap();
    let letter = Letter {
        locale: Locale::En,
        reason: "r",
        legal: "l",
        ..letter(&template)
    };
    let mail = compose(&letter).unwrap();
    let raw = String::from_utf8(mail.clone()).unwrap();
    assert!(raw.contains("\r\n--=_piste_0--\r\n"), "sent as it is: {raw}");
    let message = parse(&mail);
    assert_eq!(message.parts.len(), 3);
    assert!(message.body_text(0).unwrap().contains("--=_piste_1"));
    assert!(message.body_html(0).unwrap().contains("</html>"));
}

#[test]
fn r49_equal_letters_give_equal_bytes() {
    let template = template("S");
    assert_eq!(compose(&letter(&template)), compose(&letter(&template)));
}

#[test]
fn r50_no_value_adds_a_header_or_a_recipient() {
    let plain = template("Bonjour {{ first_name }}");
    let nurture = |template, name: &str| {
        let mut letter = Letter {
            unsubscribe_url: Some(UNSUBSCRIBE),
            ..letter(template)
        };
        letter.variables.insert("first_name", name.to_owned());
        letter.variables.insert("company", name.to_owned());
        letter
    };
    let names = header_names(&compose(&nurture(&plain, "Zoé")).unwrap());
    assert_eq!(
        names,
        [
            "From",
            "Reply-To",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "List-Unsubscribe",
            "List-Unsubscribe-Post",
            "MIME-Version",
            "Content-Type"
        ]
    );
    for break_ in [
        "\r\n",
        "\n",
        "\r",
        "\0",
        "\u{2028}",
        "\u{2029}",
        "\u{85}",
        "\u{B}",
        "\u{C}",
        "\r\n\r\n",
        "\n\n",
        "%0d%0a",
        "&#13;&#10;",
        "=0D=0A",
    ] {
        for evil in [
            format!("a{break_}Bcc: victim@example.org"),
            format!("{break_}Bcc: victim@example.org{break_}"),
            format!("a{break_} Bcc: victim@example.org"),
            format!("=?utf-8?Q?a{break_}Bcc:_victim@example.org?="),
            "=?utf-8?B?DQpCY2M6IHZpY3RpbUBleGFtcGxlLm9yZw0K?=".to_owned(),
            "=?utf-8?Q?=0D=0ABcc:_victim@example.org?=".to_owned(),
            format!("\"a\" <victim@example.org>,{break_}b"),
            format!("{break_}--=_piste_0--{break_}{break_}a"),
        ] {
            let in_values = compose(&nurture(&plain, &evil)).unwrap();
            let in_names = compose(&Letter {
                from_name: &evil,
                reason: &evil,
                legal: &evil,
                ..nurture(&plain, &evil)
            })
            .unwrap();
            for mail in [&in_values, &in_names] {
                assert_wire(mail);
                assert_eq!(header_names(mail), names, "{evil:?}");
                let message = parse(mail);
                assert_eq!(message.headers_raw().count(), names.len(), "{evil:?}");
                assert_eq!(message.parts.len(), 3, "{evil:?}");
                for part in [message.body_text(0).unwrap(), message.body_html(0).unwrap()] {
                    let lines = part.replace("\r\n", "");
                    assert!(!lines.contains(|c: char| c.is_control()), "{evil:?}");
                }
                assert!(message.bcc().is_none() && message.cc().is_none(), "{evil:?}");
                let to: Vec<_> = message
                    .to()
                    .unwrap()
                    .iter()
                    .map(|to| (to.name(), to.address()))
                    .collect();
                assert_eq!(to, [(None, Some("zoe@example.net"))], "{evil:?}");
                let subject = message.subject().unwrap();
                assert_eq!(subject, format!("Bonjour {}", one_line(&evil)), "{evil:?}");
            }
            for (header, letter) in [
                (
                    "From",
                    Letter {
                        from: &evil,
                        ..nurture(&plain, "a")
                    },
                ),
                (
                    "Reply-To",
                    Letter {
                        reply_to: &evil,
                        ..nurture(&plain, "a")
                    },
                ),
                (
                    "To",
                    Letter {
                        to: &evil,
                        ..nurture(&plain, "a")
                    },
                ),
                (
                    "Message-ID",
                    Letter {
                        message_id: &evil,
                        ..nurture(&plain, "a")
                    },
                ),
            ] {
                assert_eq!(
                    compose(&letter).err(),
                    Some(ComposeError::Address { header }),
                    "{evil:?}"
                );
            }
        }
    }
}

#[test]
fn r51_text_comes_first_with_the_same_links_and_the_sender() {
    let template = template("S");
    for (locale, unsubscribe, privacy) in [
        (Locale::Fr, "Se désinscrire\u{A0}: ", "Confidentialité\u{A0}: "),
        (Locale::En, "Unsubscribe: ", "Privacy: "),
    ] {
        let mail = compose(&Letter {
            locale,
            preferences_url: Some(PREFERENCES),
            unsubscribe_url: Some(UNSUBSCRIBE),
            ..letter(&template)
        })
        .unwrap();
        let message = parse(&mail);
        let types: Vec<_> = message
            .parts
            .iter()
            .map(|part| {
                let kind = part.content_type().unwrap();
                (
                    kind.ctype().to_owned(),
                    kind.subtype().unwrap().to_owned(),
                    kind.attribute("charset").map(str::to_owned),
                )
            })
            .collect();
        let owned = |a: &str, b: &str, c: Option<&str>| (a.to_owned(), b.to_owned(), c.map(str::to_owned));
        assert_eq!(
            types,
            [
                owned("multipart", "alternative", None),
                owned("text", "plain", Some("utf-8")),
                owned("text", "html", Some("utf-8"))
            ]
        );
        assert_eq!(message.to().unwrap().iter().count(), 1);
        assert_eq!(
            message.reply_to().unwrap().first().unwrap().address(),
            Some("bonjour@example.com")
        );
        assert_eq!(message.date().unwrap().to_timestamp(), 1_795_000_000);
        assert_eq!(message.message_id(), Some("abcdefghijklmnopqrstuvwxyz.1@example.com"));

        let text = message.body_text(0).unwrap();
        let html = message.body_html(0).unwrap();
        let links: Vec<String> = html
            .split("href=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&"))
            .collect();
        assert_eq!(
            links,
            [
                RESOURCE,
                "https://www.example.com/é?a=1&b=2",
                "https://www.example.com/confidentialite",
                "https://forms.example.com/my-data?form=guide-seo&lang=fr",
                PREFERENCES,
                UNSUBSCRIBE
            ]
        );
        assert!(links.iter().all(|link| text.contains(link.as_str())), "{text}");
        assert!(text.contains(&format!("{unsubscribe}{UNSUBSCRIBE}\r\n")), "{text}");
        assert!(text.contains(&format!("{privacy}https://")), "{text}");
        assert!(html.contains(&format!("<html lang=\"{}\"", locale.code())), "{html}");
        // R76: legal identity in both parts.
        for part in [&text, &html] {
            assert!(part.contains("Agence Démo SARL, 1 rue de l’Exemple, 75001 Paris"));
            assert!(part.contains("Vous recevez ce message car vous avez demandé le guide."));
        }
        assert!(
            html.find("Le guide, en un clic").unwrap() < html.find("Bonjour").unwrap(),
            "preheader"
        );
    }
}

#[test]
fn r52_an_html_part_above_90_kb_is_refused() {
    let long = |words: usize| {
        let source = format!("+++\nsubject = \"S\"\npreview = \"P\"\n+++\n{}", "mot ".repeat(words));
        let template = Template::parse(&source).unwrap();
        compose(&letter(&template))
    };
    let mail = long(18_000).unwrap();
    assert_wire(&mail);
    let raw = String::from_utf8(mail).unwrap();
    let (_, html) = raw.split_once("Content-Type: text/html").unwrap();
    assert!((70_000..=HTML_BYTES_MAX).contains(&html.len()), "{}", html.len());
    assert!(matches!(long(23_000).err(), Some(ComposeError::TooLarge { bytes }) if bytes > HTML_BYTES_MAX));
}

#[test]
fn r53_addresses_are_plain_ascii() {
    for address in [
        "a@example.com",
        "first.last+tag@xn--exmple-cua.com",
        "o'neil@mail.example.co.uk",
        "a@localhost",
    ] {
        assert!(is_plain_address(address), "{address}");
    }
    let long = format!("{}@example.com", "a".repeat(ADDRESS_BYTES_MAX));
    for address in [
        "",
        "a",
        "@",
        "a@",
        "@b",
        "a@b@c",
        "zoé@example.com",
        "a@exämple.com",
        "a b@example.com",
        "\"a b\"@example.com",
        "a@b,c@d",
        "a@b;c",
        "<a@b>",
        "a(b)@c",
        "a@[127.0.0.1]",
        ".a@b",
        "a.@b",
        "a..b@c",
        "a@b.",
        "a:b@c",
        "=?utf-8?Q?a=40b.example,_c?=@example.com",
        &long,
    ] {
        assert!(!is_plain_address(address), "{address}");
        let template = template("S");
        let error = compose(&Letter {
            to: address,
            ..letter(&template)
        })
        .err()
        .unwrap();
        assert_eq!(error, ComposeError::Address { header: "To" });
        assert!(
            address.len() < 3 || !error.to_string().contains(address),
            "no address in errors"
        );
    }
}

#[test]
fn r58_nothing_is_fetched_and_nothing_is_tracked() {
    let template = template("S");
    let mail = compose(&Letter {
        unsubscribe_url: Some(UNSUBSCRIBE),
        ..letter(&template)
    })
    .unwrap();
    let message = parse(&mail);
    let html = message.body_html(0).unwrap();
    for fetched in [
        "<img",
        "<link",
        "<script",
        "<iframe",
        "<form",
        "src=",
        "url(",
        "@import",
        "background=",
        "srcset",
        "{{",
        "{%",
    ] {
        assert!(!html.contains(fetched), "{fetched}");
    }
}

#[test]
fn r97_values_are_escaped_in_the_layout_too() {
    let template = template("<b>\"S\" & '{{ first_name }}'</b>");
    let evil = "</title><script>alert(1)</script>{{ legal }}";
    let mut letter = Letter {
        from_name: evil,
        reason: evil,
        legal: evil,
        ..letter(&template)
    };
    letter.variables.insert("first_name", evil.to_owned());
    let mail = compose(&letter).unwrap();
    let message = parse(&mail);
    let html = message.body_html(0).unwrap();
    assert!(html.contains("<title>&lt;b&gt;&quot;S&quot; &amp; &#39;&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;{{ legal }}&#39;&lt;/b&gt;</title>"), "{html}");
    assert!(!html.contains("<script"));
    // In title, body, reason and legal line; the head names the company and not the sender.
    assert_eq!(html.matches("{{ legal }}").count(), 4);
}

/// The door and the composer agree: whatever address is taken, an email can be addressed to it, and to it alone.
#[test]
fn r53_r83_every_address_that_is_taken_can_be_written_to() {
    use piste_domain::Email;
    use proptest::collection::vec;
    use proptest::prelude::*;

    let atext = r"[a-zA-Z0-9!#$%&'*+/=?^_`{|}~.-]{1,12}";
    let piece = prop_oneof![
        atext.prop_map(|text| text),
        Just("@".to_owned()),
        Just("=?".to_owned()),
        Just("?=".to_owned()),
        Just("..".to_owned()),
        Just("xn--".to_owned()),
        Just(".example.org".to_owned()),
        Just(".com".to_owned()),
        Just("<".to_owned()),
        Just(">".to_owned()),
        Just("\r\nBcc: b@example.org".to_owned()),
        "[a-zéß０-９。-]{1,8}".prop_map(|text| text),
        any::<char>().prop_map(String::from),
    ];
    let whole = prop_oneof![
        vec(piece, 0..8).prop_map(|pieces| pieces.concat()),
        (atext, "[a-z0-9.é-]{1,20}", "[a-z0-9-]{1,6}")
            .prop_map(|(local, domain, end)| format!("{local}@{domain}.{end}")),
        ("[a-zA-Z0-9._+-]{1,20}", "[a-z0-9é]{1,12}", "[a-z]{2,6}")
            .prop_map(|(local, domain, end)| format!("{local}@{domain}.{end}")),
    ];
    let template = template("Votre guide");
    let taken = std::cell::Cell::new(0);
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(20_000)
    };
    proptest!(config, |(typed in whole)| {
        if let Ok(email) = Email::read(&typed) {
            let address = email.expose();
            prop_assert!(is_plain_address(address), "{:?} is taken as {}", typed, address);
            if taken.replace(taken.get() + 1) < 300 {
                let mail = compose(&Letter { to: address, reply_to: address, ..letter(&template) }).expect("an email");
                let message = parse(&mail);
                let to = message.to().expect("To");
                prop_assert_eq!(to.iter().filter_map(|to| to.address.as_deref()).collect::<Vec<_>>(), [address]);
            }
        }
    });
    assert!(taken.get() > 1_000, "only {} were taken", taken.get());
}
