//! Every email as other programs read it (R39, R49 to R53, R76, R90, R97).

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mail_parser::MimeHeaders as _;
use serde::Deserialize;
use serde_json::json;

use crate::test_app::*;

/// What Python's parser makes of an email; it knows nothing of the product.
const PYTHON: &str = r#"
import base64, email, email.policy, json, sys
def read(raw):
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    defects = [repr(d) for part in mail.walk() for d in part.defects]
    defects += [name + ": " + repr(d) for part in mail.walk() for name, value in part.items() for d in value.defects]
    return {
        "defects": defects,
        "headers": [[name.lower(), str(value)] for name, value in mail.items()],
        "to": [str(a) for a in mail["To"].addresses],
        "from_name": mail["From"].addresses[0].display_name,
        "from": mail["From"].addresses[0].addr_spec,
        "kind": mail.get_content_type(),
        "parts": [[p.get_content_type(), p.get_content_charset(), p.get_content()] for p in mail.iter_parts()],
    }
print(json.dumps([read(base64.b64decode(m)) for m in json.load(sys.stdin)]))
"#;

#[derive(Deserialize)]
struct Read {
    defects: Vec<String>,
    headers: Vec<(String, String)>,
    to: Vec<String>,
    from_name: String,
    from: String,
    kind: String,
    parts: Vec<(String, Option<String>, String)>,
}

impl Read {
    fn all<'a>(&'a self, name: &'a str) -> Vec<&'a str> {
        self.headers
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .collect()
    }
}

fn read_by_python(mails: &[Vec<u8>]) -> Vec<Read> {
    let input = json!(
        mails
            .iter()
            .map(|mail| BASE64_STANDARD.encode(mail))
            .collect::<Vec<_>>()
    )
    .to_string();
    let mut python = Command::new("python3")
        .args(["-c", PYTHON])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is needed: its parser is the second opinion on every mail");
    python
        .stdin
        .take()
        .expect("piped")
        .write_all(input.as_bytes())
        .expect("python3 reads");
    let output = python.wait_with_output().expect("python3 ends");
    assert!(output.status.success(), "python3 could not read a mail");
    serde_json::from_slice(&output.stdout).expect("what the script prints")
}

/// Every email there is: five steps in two languages for people with names, and the guide without the box.
fn every_mail() -> (TestApp, Vec<(Sent, &'static str)>) {
    let app = TestApp::start();
    for language in ["fr", "en"] {
        let more = [
            ("first_name", "Zoé"),
            ("last_name", "Dupont"),
            ("company", "Scierie Dupont & Filles"),
            ("_lang", language),
        ];
        app.opt_in(&format!("zoe.{language}@example.org"), &more);
        app.post(&[("email", &format!("plain.{language}@example.org")), ("_lang", language)]);
    }
    app.advance("P15D");
    let mails: Vec<_> = app
        .to_people()
        .into_iter()
        .map(|sent| {
            let language = if sent.to.contains(".fr@") { "fr" } else { "en" };
            (sent, language)
        })
        .collect();
    assert_eq!(mails.len(), 12);
    (app, mails)
}

/// The addresses of an HTML part, `&amp;` undone.
fn html_links(html: &str) -> BTreeSet<String> {
    let after = html.split("href=\"").skip(1);
    after
        .map(|rest| rest.split('"').next().expect("a value ends").replace("&amp;", "&"))
        .collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
#[cfg_attr(without_python3, ignore = "python3 is not installed")]
fn r49_two_parsers_read_every_email_alike_and_without_complaint() {
    let (app, mails) = every_mail();
    let raw: Vec<_> = mails.iter().map(|(sent, _)| app.eml(sent)).collect();
    let unix = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
    for (((sent, language), raw), python) in mails.iter().zip(&raw).zip(read_by_python(&raw)) {
        let about = format!("{} {language}", sent.step);
        assert_eq!(python.defects, Vec::<String>::new(), "{about}");
        assert_eq!(python.kind, "multipart/alternative", "{about}");
        let kinds: Vec<_> = python
            .parts
            .iter()
            .map(|(kind, charset, _)| (kind.as_str(), charset.as_deref()))
            .collect();
        assert_eq!(
            kinds,
            [("text/plain", Some("utf-8")), ("text/html", Some("utf-8"))],
            "R51, text first: {about}"
        );

        let mail = app.mail(sent);
        let message = mail.message();
        assert_eq!(message.subject(), Some(sent.subject.as_str()), "{about}");
        assert_eq!(python.all("subject"), [sent.subject.as_str()], "{about}");
        assert_eq!(
            python.to,
            [sent.to.as_str()],
            "R51, R90: one recipient and no name beside it: {about}"
        );
        assert_eq!(python.from, sent.from, "{about}");
        assert_eq!(
            python.from_name,
            if *language == "fr" {
                "Agence Exemple"
            } else {
                "Example Agency"
            }
        );
        assert_eq!(unix(&python.parts[0].2), unix(&mail.text), "{about}");
        assert_eq!(unix(&python.parts[1].2), unix(&mail.html), "{about}");
        assert_eq!(message.attachment_count(), 0, "{about}");
        let html = message.html_part(0).expect("a part");
        assert_eq!(
            html.content_type().and_then(|kind| kind.attribute("charset")),
            Some("utf-8")
        );
        assert!(html.contents().len() < 90 * 1024, "R52: {about}");

        // As bytes: 7 bits, CRLF only, short lines.
        assert!(raw.is_ascii(), "{about}");
        let text = String::from_utf8(raw.clone()).expect("ASCII");
        assert!(!text.replace("\r\n", "").contains(['\r', '\n', '\0']), "{about}");
        for line in text.split("\r\n") {
            assert!(line.len() <= 998, "{about}: {line}");
        }
        let head = text.split("\r\n\r\n").next().expect("a head");
        for word in head.split_whitespace().filter(|word| word.contains("=?")) {
            assert!(word.len() <= 75, "{about}: {word}");
        }
        let html_as_sent = text.split("text/html").nth(1).expect("an HTML part");
        assert!(html_as_sent.len() < 90 * 1024, "R52, as sent: {about}");
    }
}

#[test]
#[cfg_attr(without_python3, ignore = "python3 is not installed")]
fn r39_r51_r76_every_email_has_the_headers_links_and_lines_it_must_have() {
    let (app, mails) = every_mail();
    let raw: Vec<_> = mails.iter().map(|(sent, _)| app.eml(sent)).collect();
    for ((sent, language), python) in mails.iter().zip(read_by_python(&raw)) {
        let about = format!("{} {language} to {}", sent.step, sent.to);
        let mail = app.mail(sent);
        for once in [
            "from",
            "reply-to",
            "to",
            "date",
            "subject",
            "message-id",
            "mime-version",
            "content-type",
        ] {
            assert_eq!(python.all(once).len(), 1, "{once}: {about}");
        }
        // What a lead answers comes in by an address of theirs; what goes to whoever works here is answered by hand.
        let own = python.all("reply-to")[0].ends_with("@reply.localhost");
        assert_eq!(own, sent.class != "alert", "{about}");
        for never in ["cc", "bcc", "return-path", "disposition-notification-to"] {
            assert_eq!(python.all(never).len(), 0, "{never}: {about}");
        }
        assert_eq!(
            mail.message().date().map(|date| date.to_timestamp()),
            Some(sent.at.as_second()),
            "{about}"
        );

        let is_nurture = sent.class == "nurture";
        let (to_leave, privacy) = match *language {
            "fr" => ("Se désinscrire", "https://www.example.com/confidentialite"),
            _ => ("Unsubscribe", "https://www.example.com/en/privacy"),
        };
        assert_eq!(
            python.all("list-unsubscribe").len(),
            usize::from(is_nurture),
            "R39, R46: {about}"
        );
        assert_eq!(
            python.all("list-unsubscribe-post"),
            if is_nurture {
                vec!["List-Unsubscribe=One-Click"]
            } else {
                vec![]
            }
        );
        let links = mail.links();
        for part in [&mail.text, &mail.html] {
            assert_eq!(part.contains(to_leave), is_nurture, "{about}");
        }
        if is_nurture {
            assert!(
                mail.one_click().starts_with(&format!("{}/unsubscribe?t=", app.base)),
                "{about}"
            );
            assert!(links.contains(&mail.one_click()), "the same link in the text: {about}");
        }
        assert_eq!(
            mail.find_link("/confirm?").is_some(),
            sent.step == "guide" && sent.to.starts_with("zoe"),
            "{about}"
        );
        assert!(mail.find_link("/resources/guide-seo?").is_some(), "{about}");
        assert!(links.iter().any(|link| link == privacy), "{about}");
        let in_text: BTreeSet<_> = links.into_iter().collect();
        assert_eq!(
            in_text,
            html_links(&mail.html),
            "R51, the same links in both parts: {about}"
        );
        for link in &in_text {
            assert!(!link.contains('@') && !link.contains("example.org"), "R102: {link}");
        }

        let legal = if *language == "fr" {
            "Contact : bonjour@example.com"
        } else {
            "Contact: bonjour@example.com"
        };
        for part in [one_line(&mail.text), one_line(&mail.html)] {
            let part = part.replace(['\u{a0}', '\u{202f}'], " ");
            for line in ["SIREN 000 000 000", "1 rue de l’Exemple, 75000 Paris", legal] {
                let shown = part.contains(line) || (line.starts_with("SIREN") && part.contains("(SIREN) 000 000 000"));
                assert!(shown, "{line}: {about}: {part}");
            }
        }
        assert!(mail.html.contains(&format!("<html lang=\"{language}\"")), "{about}");
    }
}

#[test]
fn r58_no_email_loads_anything_or_counts_anybody() {
    let (app, mails) = every_mail();
    for (sent, _) in &mails {
        let html = app.mail(sent).html.to_lowercase();
        for remote in [
            "<img",
            "src=",
            "srcset",
            "background=",
            "url(",
            "@import",
            "<link",
            "<script",
            "<iframe",
            "<object",
            "<form",
            "javascript:",
            "onload",
        ] {
            assert!(!html.contains(remote), "{remote}: {}", sent.step);
        }
        // The only places an email leads to: this system, the sender's pages, and what the owner wrote.
        for link in html_links(&html) {
            let known = [
                app.base.as_str(),
                "https://www.example.com/",
                "https://search.google.com/",
                "https://pagespeed.web.dev",
            ];
            assert!(known.iter().any(|start| link.starts_with(start)), "{link}");
        }
    }
}

/// Names a stranger would send through our first email, with a word of each that nobody else would write.
const HOSTILE: [(&str, &str); 9] = [
    ("Gagnez 500 EUR http://evil.example/x", "Gagnez"),
    ("evil.example", "evil.example"),
    ("spam＠evil．example", "evil．example"),
    ("<script>alert(1)</script>Xyzzy", "Xyzzy"),
    ("Xyzzy\r\nBcc: victim@example.org", "victim"),
    ("=?utf-8?B?WHl6enk=?= Xyzzy", "Xyzzy"),
    ("{{ resource_url }} {% raw %}Xyzzy", "Xyzzy"),
    ("[Xyzzy](https://evil.example \"button\")", "Xyzzy"),
    ("Xyzzy\u{202e}\u{0} **gras** `code`", "Xyzzy"),
];

#[test]
fn r90_the_first_email_holds_nothing_the_visitor_typed() {
    let app = TestApp::start();
    let plain = app.guide_for("plain@example.org", &[]);
    let without_links = |mail: &Mail| {
        let mut text = mail.text.clone();
        for link in mail.links() {
            text = text.replace(&link, "link");
        }
        text
    };
    for (place, (name, word)) in HOSTILE.into_iter().enumerate() {
        let address = format!("x{place}@example.org");
        let fields = [
            ("first_name", name),
            ("last_name", name),
            ("company", name),
            ("need", name),
            ("utm_source", name),
        ];
        // Some are longer than a name may be, or no name: then there is nothing to mail.
        let shorter: Vec<_> = fields
            .iter()
            .filter(|(field, value)| !field.ends_with("name") || value.chars().count() <= 60)
            .copied()
            .collect();
        let mail = app.guide_for(&address, &shorter);
        assert!(!mail.text.contains(word) && !mail.html.contains(word), "{name}");
        let raw = String::from_utf8(app.eml(&app.mails_to(&address)[0])).expect("ASCII");
        assert!(!raw.contains(word) && !raw.contains("Bcc"), "{name}");
        assert_eq!(
            without_links(&mail),
            without_links(&plain),
            "the very same mail: {name}"
        );
    }
}

#[test]
fn r90_r97_after_the_confirmation_a_name_appears_only_if_it_is_one() {
    let app = TestApp::start();
    let names = [
        ("Zoé", true),
        ("Jean-Loup d’Artagnan", true),
        ("O'Neill", true),
        ("李小龍", true),
    ];
    for (place, (name, _)) in names
        .into_iter()
        .chain(HOSTILE.map(|(name, _)| (name, false)))
        .enumerate()
    {
        app.opt_in(
            &format!("x{place}@example.org"),
            &[("first_name", name), ("company", name)],
        );
    }
    app.advance("P15D");
    for (place, (name, safe)) in names.into_iter().enumerate() {
        let mails = app.mails_to(&format!("x{place}@example.org"));
        let (first, last) = (app.mail(&mails[1]), app.mail(&mails[4]));
        assert_eq!(
            first.text.starts_with(&format!("Bonjour {name},")),
            safe,
            "{}",
            first.text
        );
        assert!(
            one_line(&last.text).contains(&format!("une question pour {name},")),
            "{}",
            last.text
        );
    }
    for (place, (name, word)) in HOSTILE.into_iter().enumerate() {
        for sent in &app.mails_to(&format!("x{}@example.org", place + names.len()))[1..] {
            let mail = app.mail(sent);
            // What is not a name is left out; what might be one is text and nothing more.
            assert!(!mail.links().iter().any(|link| link.contains("evil.example")), "{name}");
            for live in [
                "<script",
                "<strong>gras",
                "<code>code",
                "href=\"https://evil",
                "evil.example",
            ] {
                assert!(!mail.html.contains(live), "{live}: {name}");
            }
            assert!(
                mail.text.starts_with("Bonjour,") || mail.text.contains(word),
                "{name}: {}",
                mail.text
            );
            let raw = String::from_utf8(app.eml(sent)).expect("ASCII");
            assert!(!raw.contains("\r\nBcc:"), "R50: {name}");
        }
    }
}

#[test]
fn r53_an_international_domain_is_written_in_ascii() {
    let app = TestApp::start();
    assert_eq!(app.post(&[("email", "ana@exämple.org")]).status, 303);
    app.settle();
    let sent = &app.to_people()[0];
    assert_eq!(sent.to, "ana@xn--exmple-cua.org");
    assert_eq!(app.mail(sent).header("To").trim_matches(['<', '>']), sent.to);
}
