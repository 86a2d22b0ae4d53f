//! Emails read back by three readers that know nothing of each other: the crates `mail-parser` and `mailparse`, and
//! Python's `email` (R49 to R53, R58, R76, R90, R97).

mod readers;
mod replies;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use piste_adapters::mail::compose::{Face, HTML_BYTES_MAX, Letter, compose};
use piste_adapters::mail::template::Template;
use piste_domain::Locale;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use readers::{Python, Read};

const UNSUBSCRIBE: &str = "https://lead.example.com/unsubscribe?t=v1.k1.unsubscribe.main.aaaaaaaaaaaaaaaaaaaaaaaaaa.guide-seo.0.AAAAAAAAAAAAAAAAAAAAAA&lang=fr";
const PREFERENCES: &str = "https://lead.example.com/preferences?t=v1.k1.preferences.main.aaaaaaaaaaaaaaaaaaaaaaaaaa.guide-seo.0.AAAAAAAAAAAAAAAAAAAAAA&lang=fr";
const DATA: &str = "https://lead.example.com/my-data?form=guide-seo&lang=fr";
const PRIVACY: &str = "https://www.example.com/confidentialite";
const RESOURCE: &str = "https://lead.example.com/resources/guide-seo?t=v1.k1&lang=fr";

/// The company of every letter here.
static FACE: LazyLock<Face> = LazyLock::new(|| Face {
    name: "Agence Démo".to_owned(),
    logo: None,
    site: None,
    colour: "#0b5c74".to_owned(),
    colour_dark: "#7cc7de".to_owned(),
});

/// The headers of every marketing email, in order.
const HEADERS: [&str; 10] = [
    "From",
    "Reply-To",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "MIME-Version",
    "Content-Type",
];

/// What could become a text of an email: any characters, and those that have broken emails before.
fn text() -> impl Strategy<Value = String> {
    let evil = prop::sample::select(vec![
        "\r\nBcc: victim@example.org",
        "\r\n\r\n",
        "\n",
        "\r",
        "\0",
        "\u{85}",
        "\u{2028}",
        "\u{2029}",
        "=?utf-8?Q?Bcc=3A_a?=",
        "=?utf-8?B?DQpCY2M6IGE=?=",
        "?=",
        "=?",
        "=20",
        "_",
        "  ",
        " ",
        "\t",
        "\u{a0}",
        "\u{202f}",
        "\u{202e}",
        "\u{200d}",
        "👩‍👩‍👧‍👦",
        "é",
        "e\u{301}",
        "日本語",
        "שלום",
        "<victim@example.org>,",
        "\"",
        "\\",
        "(",
        ";",
        "{{ legal }}",
        "{% raw %}",
        "</title><script>alert(1)</script>",
        "--=_piste_0--",
        ".",
        "From ",
    ]);
    let piece = prop_oneof![
        3 => evil.prop_map(str::to_owned),
        2 => "[ -~]{1,40}",
        2 => "\\PC{1,30}",
        1 => any::<char>().prop_map(String::from),
        1 => "[a-z]{60,90}",
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

#[derive(Clone, Debug)]
struct Written {
    name: String,
    company: String,
    from_name: String,
    legal: String,
    notice: String,
    fr: bool,
}

fn written() -> impl Strategy<Value = Written> {
    (text(), text(), text(), text(), text(), any::<bool>()).prop_map(|(name, company, from_name, legal, notice, fr)| {
        Written {
            name,
            company,
            from_name,
            legal,
            notice,
            fr,
        }
    })
}

fn template() -> Template {
    Template::parse(
        "+++\nsubject = \"Conseil{% if first_name %}\u{a0}: {{ first_name }}{% endif %}{% if company %} {{ company }}{% endif %}\"\npreview = \"Un conseil\"\n+++\nBonjour{% if first_name %} {{ first_name }}{% endif %},\n\n[Lire le guide]({{ resource_url }} \"button\")\n\nChez {% if company %}{{ company }}{% endif %}, voyez [ceci](https://www.example.com/a?b=1&c=2#d).\n",
    )
    .expect("a template")
}

fn letter<'a>(template: &'a Template, written: &'a Written) -> Letter<'a> {
    Letter {
        locale: if written.fr { Locale::Fr } else { Locale::En },
        from_name: &written.from_name,
        face: &FACE,
        from: "guide@example.com",
        reply_to: "bonjour@example.com",
        to: "zoe@example.net",
        message_id: "abcdefghijklmnopqrstuvwxyz.1@example.com",
        date_unix_s: 1_795_000_000,
        template,
        variables: BTreeMap::from([
            ("resource_url", RESOURCE.to_owned()),
            ("first_name", written.name.clone()),
            ("company", written.company.clone()),
        ]),
        reason: "Vous avez accepté nos conseils.",
        legal: &written.legal,
        privacy_url: PRIVACY,
        notice: &written.notice,
        data_url: Some(DATA),
        preferences_url: Some(PREFERENCES),
        unsubscribe_url: Some(UNSUBSCRIBE),
    }
}

/// The rules of the wire (R49).
#[track_caller]
fn check_wire(mail: &[u8]) {
    assert!(mail.is_ascii() && !mail.contains(&0), "7-bit");
    let mail = std::str::from_utf8(mail).expect("ASCII");
    assert!(!mail.replace("\r\n", "").contains(['\r', '\n']), "CRLF only");
    let (head, _) = mail.split_once("\r\n\r\n").expect("a head and a body");
    assert!(mail.split("\r\n").all(|line| line.len() <= 998), "lines of 998 at most");
    for word in head.split_ascii_whitespace().filter(|word| word.starts_with("=?")) {
        assert!(word.len() <= 75 && word.ends_with("?="), "{word}");
        assert!(
            readers::encoded_word(word).is_some(),
            "split inside a character: {word}"
        );
    }
}

fn links(html: &str) -> Vec<String> {
    let hrefs = html.split("href=\"").skip(1);
    hrefs
        .map(|rest| rest.split('"').next().unwrap_or_default().replace("&amp;", "&"))
        .collect()
}

#[test]
#[cfg_attr(without_python3, ignore = "python3 is not installed")]
fn r49_r50_r51_any_text_makes_one_email_that_three_readers_read_alike() {
    let template = template();
    let python = std::cell::RefCell::new(Python::start());
    let mut runner = TestRunner::new(Config {
        cases: 1_500,
        failure_persistence: None,
        ..Config::default()
    });
    let run = runner.run(&written(), |written| {
        let letter = letter(&template, &written);
        let rendered = template.render(&letter.variables).expect("it renders");
        let mail = compose(&letter).expect("it composes");
        check_wire(&mail);
        let reads = [
            python.borrow_mut().read(&mail),
            readers::mail_parser(&mail),
            readers::mailparse(&mail),
        ];
        // What ends a line becomes a space, and several spaces one.
        let ends_a_line = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        let name = written.from_name.replace(ends_a_line, " ");
        let words = name.trim().split(' ').filter(|word| !word.is_empty());
        let name = words.collect::<Vec<_>>().join(" ");
        // Python counts the white space of a display name in its own way: runs become one space, and the fold
        // between two encoded-words becomes one, too (CPython issue 79728). Everything but the spaces must be there.
        let spaced = |who: &str, name: &str| match who {
            "python" => name.split_whitespace().collect::<String>(),
            _ => name.trim().to_owned(),
        };
        for read in &reads {
            let who = read.reader;
            prop_assert_eq!(&read.headers, &HEADERS, "{}: no header comes or goes (R50)", who);
            prop_assert_eq!(&read.subject, &rendered.subject, "{}: the subject", who);
            let [(shown, address)] = read.from.as_slice() else {
                return Err(TestCaseError::fail(format!("{who}: {} senders (R50)", read.from.len())));
            };
            prop_assert_eq!(spaced(who, shown), spaced(who, &name), "{}: From", who);
            prop_assert_eq!(address, "guide@example.com", "{}: From", who);
            prop_assert_eq!(
                &read.to,
                &[(String::new(), "zoe@example.net".to_owned())],
                "{}: To",
                who
            );
            prop_assert_eq!(
                &read.reply_to,
                &[(String::new(), "bonjour@example.com".to_owned())],
                "{}",
                who
            );
            prop_assert_eq!(read.date, 1_795_000_000, "{}: Date", who);
            prop_assert_eq!(
                &read.kinds,
                &["multipart/alternative", "text/plain", "text/html"],
                "{}: text first",
                who
            );
            prop_assert_eq!(&read.plain, &reads[0].plain, "{}: the text part", who);
            prop_assert_eq!(&read.html, &reads[0].html, "{}: the HTML part", who);
        }
        let Read { plain, html, .. } = &reads[0];
        let links = links(html);
        prop_assert_eq!(
            &links,
            &[
                RESOURCE,
                "https://www.example.com/a?b=1&c=2#d",
                PRIVACY,
                DATA,
                PREFERENCES,
                UNSUBSCRIBE
            ],
            "R58, R97: the links of the template, byte for byte, and no other"
        );
        prop_assert!(
            links.iter().all(|link| plain.contains(link.as_str())),
            "R51: the same links in the text"
        );
        for part in ["<script", "<img", "<form", "src=", "url("] {
            prop_assert!(!html.contains(part), "R58, R97: {} in {}", part, html);
        }
        prop_assert!(html.len() <= HTML_BYTES_MAX, "R52");
        Ok(())
    });
    if let Err(broken) = run {
        panic!("{broken}");
    }
}

/// R58: whatever address an owner writes into a template, the person gets that address and no other.
#[test]
fn r58_links_are_byte_equal_to_the_template() {
    let address = "https://[a-z]{1,12}\\.example\\.(com|fr)(/[a-zA-Z0-9._~%é-]{0,10}){0,4}(\\?[a-z]{1,5}=[a-zA-Z0-9%+;,é]{0,12}(&[a-z]{1,5}=[0-9]{0,5}){0,3})?(#[a-z]{0,8})?";
    let mut runner = TestRunner::new(Config {
        cases: 500,
        failure_persistence: None,
        ..Config::default()
    });
    let run = runner.run(&address, |address| {
        let source = format!("+++\nsubject = \"S\"\npreview = \"P\"\n+++\nVoir [ceci](<{address}>).\n");
        let template = Template::parse(&source).expect("a template");
        let written = Written {
            name: String::new(),
            company: String::new(),
            from_name: "Agence".into(),
            legal: "Agence, Paris".into(),
            notice: String::new(),
            fr: true,
        };
        let mail = compose(&letter(&template, &written)).expect("it composes");
        let read = readers::mail_parser(&mail);
        prop_assert_eq!(&links(&read.html)[0], &address);
        prop_assert!(read.plain.contains(&address), "{}", read.plain);
        Ok(())
    });
    if let Err(broken) = run {
        panic!("{broken}");
    }
}
