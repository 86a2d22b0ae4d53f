//! From a template and a lead's values to the exact bytes of one mail.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::template::{
    Marked, RenderError, Rendered, TEXT_COLUMNS_MAX, Template, engine, escape_html, is_safe_url, mark, one_line, wrap,
};
use mail_builder::MessageBuilder;
use mail_builder::headers::HeaderType;
use mail_builder::headers::address::Address;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::date::Date;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::text::Text;
use mail_builder::headers::url::URL;
use mail_builder::mime::MimePart;

/// Largest HTML part, in bytes as sent: Gmail cuts near 102 KB and would hide the footer with the unsubscribe link.
pub const HTML_BYTES_MAX: usize = 90 * 1024;

/// Longest address, in bytes (RFC 5321 section 4.5.3.1.3, without the angle brackets).
const ADDRESS_BYTES_MAX: usize = 254;

/// Longest unsubscribe URL, in bytes: `List-Unsubscribe` is one line, and a line has at most 998 (RFC 5322 section 2.1.1).
const UNSUBSCRIBE_URL_BYTES_MAX: usize = 900;

/// Longest encoded-word of our own, in bytes. RFC 2047 section 2 allows 75, and 76 for its line, here with `Reply-To: ` before it.
const ENCODED_WORD_BYTES_MAX: usize = 64;

/// Everything one mail is made of. Holds personal data, hence no `Debug`.
pub struct Letter<'a> {
    /// `fr`, else English.
    pub locale: &'a str,
    /// Display name of the sender; the only name in a header.
    pub from_name: &'a str,
    /// Address of the sender, ASCII.
    pub from: &'a str,
    /// Where answers go, ASCII.
    pub reply_to: &'a str,
    /// The one recipient, ASCII, without a display name: that would be text a visitor typed.
    pub to: &'a str,
    /// `local@domain` without angle brackets. SES replaces it on the way.
    pub message_id: &'a str,
    /// Whole seconds since 1970 UTC. SES replaces it on the way.
    pub date_unix_s: i64,
    /// What the owner wrote.
    pub template: &'a Template,
    /// Values of its variables, as they are.
    pub variables: BTreeMap<&'a str, String>,
    /// One sentence: why the person gets this mail.
    pub reason: &'a str,
    /// Legal identity and postal line of the sender.
    pub legal: &'a str,
    /// The sender's privacy notice, https.
    pub privacy_url: &'a str,
    /// What the person is told about their data, where the mail asks for a confirmation (R73); else empty.
    pub notice: &'a str,
    /// Where the person sees and erases what is held about them, https; not in mails to the house.
    pub data_url: Option<&'a str>,
    /// Where the person says what they wish of such mails, https; marketing mails only.
    pub preferences_url: Option<&'a str>,
    /// The one-click link of a nurture mail, https; `None` for service mails, which then have no `List-Unsubscribe`.
    pub unsubscribe_url: Option<&'a str>,
}

/// Why a mail could not be composed. Names the place, never the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// The template and the values do not go together.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// Not a plain ASCII address: SES has no SMTPUTF8, and quoted local parts are refused.
    #[error("{header} is not a plain ASCII address")]
    Address {
        /// Header that would hold it.
        header: &'static str,
    },
    /// Not an https address, or too long for one header line.
    #[error("the {link} link is not a usable https address")]
    Url {
        /// `privacy`, `data`, `preferences` or `unsubscribe`.
        link: &'static str,
    },
    /// See [`HTML_BYTES_MAX`].
    #[error("the HTML part has {bytes} bytes, more than {HTML_BYTES_MAX}: shorten the mail")]
    TooLarge {
        /// Size of the part as sent.
        bytes: usize,
    },
    /// The layout did not render: a fault of the program.
    #[error("the layout of mails did not render")]
    Layout,
}

/// The exact MIME bytes handed to SES: `multipart/alternative` with text first, 7-bit, CRLF, lines of at most 998 bytes. Equal letters give equal bytes.
///
/// With `unsubscribe_url` the mail has one `List-Unsubscribe` with that URL in one piece, and `List-Unsubscribe-Post` (RFC 2369, RFC 8058).
///
/// # Errors
/// `Render`, `Address`, `Url`, `TooLarge`, `Layout`; all of them permanent for this letter.
pub fn compose(letter: &Letter<'_>) -> Result<Vec<u8>, ComposeError> {
    let addresses = [
        ("From", letter.from),
        ("Reply-To", letter.reply_to),
        ("To", letter.to),
        ("Message-ID", letter.message_id),
    ];
    if let Some((header, _)) = addresses.into_iter().find(|(_, address)| !is_plain_address(address)) {
        return Err(ComposeError::Address { header });
    }
    let foot = [
        ("privacy", Some(letter.privacy_url)),
        ("data", letter.data_url),
        ("preferences", letter.preferences_url),
    ];
    if let Some((link, _)) = foot
        .into_iter()
        .find(|(_, url)| url.is_some_and(|url| !is_web_url(url)))
    {
        return Err(ComposeError::Url { link });
    }
    if letter
        .unsubscribe_url
        .is_some_and(|url| !is_web_url(url) || !url.is_ascii() || url.len() > UNSUBSCRIBE_URL_BYTES_MAX)
    {
        return Err(ComposeError::Url { link: "unsubscribe" });
    }

    let rendered = letter.template.render(&letter.variables)?;
    let text = crlf(&text_part(letter, &rendered));
    let html = crlf(&html_part(letter, &rendered)?);
    // Quoted-printable writes at most three bytes and a share of a line end for one, base64 fewer: most mails need no measuring.
    if html.len() * 4 > HTML_BYTES_MAX {
        let bytes = sent_bytes(&html);
        if bytes > HTML_BYTES_MAX {
            return Err(ComposeError::TooLarge { bytes });
        }
    }
    let parts = vec![
        MimePart::new("text/plain", text.as_str()),
        MimePart::new("text/html", html.as_str()),
    ];
    let alternative = ContentType::new("multipart/alternative").attribute("boundary", boundary(&[&text, &html]));

    let mut message = MessageBuilder::new()
        .header("From", sender(letter.from_name, letter.from))
        .reply_to(letter.reply_to)
        .to(letter.to)
        .header("Subject", unstructured(&rendered.subject))
        .date(Date::new(letter.date_unix_s))
        .message_id(MessageId::new(letter.message_id));
    if let Some(url) = letter.unsubscribe_url {
        message = message
            .header("List-Unsubscribe", URL::new(url))
            .header("List-Unsubscribe-Post", Raw::new("List-Unsubscribe=One-Click"));
    }
    let mut bytes = Vec::new();
    message.body(MimePart::new(alternative, parts)).serialize(&mut bytes);
    Ok(bytes)
}

/// Words of the footer, which the layout adds by itself.
struct Words {
    privacy: &'static str,
    data: &'static str,
    preferences: &'static str,
    unsubscribe: &'static str,
    /// Between a word and what it introduces: French sets a no-break space before the colon.
    colon: &'static str,
}

fn words(locale: &str) -> Words {
    match locale {
        "fr" => Words {
            privacy: "Confidentialité",
            data: "Mes données",
            preferences: "Mes préférences",
            unsubscribe: "Se désinscrire",
            colon: "\u{A0}: ",
        },
        _ => Words {
            privacy: "Privacy",
            data: "My data",
            preferences: "My preferences",
            unsubscribe: "Unsubscribe",
            colon: ": ",
        },
    }
}

fn text_part(letter: &Letter<'_>, rendered: &Rendered) -> String {
    let words = words(letter.locale);
    let mut text = format!("{}\n{}\n", rendered.text, "-".repeat(TEXT_COLUMNS_MAX));
    for sentence in [letter.reason, letter.legal, letter.notice] {
        wrap(&mut text, ("", ""), &one_line(sentence));
    }
    text.push('\n');
    for (word, url) in [
        (words.privacy, Some(letter.privacy_url)),
        (words.data, letter.data_url),
        (words.preferences, letter.preferences_url),
        (words.unsubscribe, letter.unsubscribe_url),
    ] {
        if let Some(url) = url {
            text.push_str(&format!("{word}{}{url}\n", words.colon));
        }
    }
    text
}

/// What the layout holds, by its places; the last [`OPTIONAL`] may be absent.
const PLACES: [&str; 16] = [
    "locale",
    "subject",
    "preview",
    "sender",
    "body",
    "reason",
    "legal",
    "privacy_url",
    "privacy_label",
    "data_label",
    "preferences_label",
    "unsubscribe_label",
    "notice",
    "data_url",
    "preferences_url",
    "unsubscribe_url",
];
const OPTIONAL: usize = 4;

fn html_part(letter: &Letter<'_>, rendered: &Rendered) -> Result<String, ComposeError> {
    let words = words(letter.locale);
    let [sender, reason, legal, notice] = [letter.from_name, letter.reason, letter.legal, letter.notice].map(one_line);
    let optional = [
        notice.as_str(),
        letter.data_url.unwrap_or_default(),
        letter.preferences_url.unwrap_or_default(),
        letter.unsubscribe_url.unwrap_or_default(),
    ];
    let values = [
        escape_html(if letter.locale == "fr" { "fr" } else { "en" }),
        escape_html(&rendered.subject),
        escape_html(&rendered.preview),
        escape_html(&sender),
        rendered.html.clone(), // the one that is HTML already
        escape_html(&reason),
        escape_html(&legal),
        escape_html(letter.privacy_url),
        escape_html(words.privacy),
        escape_html(words.data),
        escape_html(words.preferences),
        escape_html(words.unsubscribe),
        escape_html(optional[0]),
        escape_html(optional[1]),
        escape_html(optional[2]),
        escape_html(optional[3]),
    ];
    Ok(layout(optional.map(|value| !value.is_empty()))?.fill(&values))
}

/// The layout with marks in the places of its values, read once per process for each way in which some of them are absent.
fn layout(present: [bool; OPTIONAL]) -> Result<&'static Marked, ComposeError> {
    static READ: [OnceLock<Marked>; 1 << OPTIONAL] = [const { OnceLock::new() }; 1 << OPTIONAL];
    let kind = present
        .iter()
        .fold(0, |kind, present| kind << 1 | usize::from(*present));
    if let Some(layout) = READ[kind].get() {
        return Ok(layout);
    }
    let always = [true; PLACES.len() - OPTIONAL];
    let present = always.into_iter().chain(present);
    let marks = PLACES.iter().zip(present).enumerate();
    let marks =
        marks.filter_map(|(place, (name, present))| Some((*name, String::from(mark(place).filter(|_| present)?))));
    let text = engine()
        .render_str(include_str!("layout.html"), minijinja::Value::from_pairs(marks))
        .map_err(|_| ComposeError::Layout)?;
    Ok(READ[kind].get_or_init(|| Marked::new(&text)))
}

/// Text in MIME has CRLF line ends before it is encoded (RFC 2045 section 6.8).
fn crlf(text: &str) -> String {
    let mut lines = String::with_capacity(text.len() + text.len() / 16);
    for line in text.split_inclusive('\n') {
        match line.strip_suffix('\n') {
            Some(line) => {
                lines.push_str(line);
                lines.push_str("\r\n");
            }
            None => lines.push_str(line),
        }
    }
    lines
}

/// Size of an HTML part after its transfer encoding, in bytes.
fn sent_bytes(html: &str) -> usize {
    let mut part = Vec::new();
    MimePart::new("text/html", html).write_part(&mut part);
    part.len()
}

/// A boundary that no part contains: the same for the same parts, unlike the random one of the MIME writer.
fn boundary(parts: &[&str]) -> String {
    (0_u64..)
        .map(|attempt| format!("=_piste_{attempt}"))
        .find(|boundary| !parts.iter().any(|part| part.contains(boundary)))
        .expect("a part of finite length cannot contain every number")
}

/// https, or the local system; no mailto.
fn is_web_url(url: &str) -> bool {
    is_safe_url(url) && !url.starts_with("mailto:")
}

/// `local@domain`, both dot-atoms of ASCII (RFC 5322 section 3.4.1): no quoting, no comment, no list, hence one recipient;
/// and nothing that a careless reader would decode as an encoded-word.
fn is_plain_address(address: &str) -> bool {
    let is_dot_atom = |part: &str, marks: &str| {
        part.split('.')
            .all(|atom| !atom.is_empty() && atom.chars().all(|c| c.is_ascii_alphanumeric() || marks.contains(c)))
    };
    address.len() <= ADDRESS_BYTES_MAX
        && !address.contains("=?")
        && address
            .split_once('@')
            .is_some_and(|(local, domain)| is_dot_atom(local, "!#$%&'*+-/=?^_`{|}~") && is_dot_atom(domain, "-"))
}

/// The From mailbox: encoded where the name needs it.
fn sender<'a>(name: &str, address: &'a str) -> HeaderType<'a> {
    let name = one_line(name);
    if name.contains("=?") {
        Raw::new(format!("{} <{address}>", encoded_words(&name))).into()
    } else {
        Address::new_address(Some(name), address).into()
    }
}

/// An unstructured header: encoded where the text needs it.
fn unstructured(text: &str) -> HeaderType<'_> {
    if text.contains("=?") {
        Raw::new(encoded_words(text)).into()
    } else {
        Text::new(text).into()
    }
}

/// `text` as "Q" encoded-words (RFC 2047), split between characters.
///
/// The MIME writer encodes by itself what is not ASCII, but lets `=?…?=` in ASCII text pass, which a reader would then decode.
fn encoded_words(text: &str) -> String {
    const OPEN: &str = "=?utf-8?Q?";
    const CLOSE: &str = "?=";
    let mut words = OPEN.to_owned();
    let mut length = OPEN.len();
    for c in text.chars() {
        let mut buffer = [0; 4];
        let encoded: String = match c {
            ' ' => "_".to_owned(),
            c if c.is_ascii_alphanumeric() => c.to_string(),
            c => c
                .encode_utf8(&mut buffer)
                .bytes()
                .map(|byte| format!("={byte:02X}"))
                .collect(),
        };
        if length + encoded.len() + CLOSE.len() > ENCODED_WORD_BYTES_MAX {
            words.push_str(&format!("{CLOSE} {OPEN}"));
            length = OPEN.len();
        }
        words.push_str(&encoded);
        length += encoded.len();
    }
    words + CLOSE
}

#[cfg(test)]
mod tests {
    use mail_parser::{Message, MessageParser, MimeHeaders};

    use super::*;

    const RESOURCE: &str = "https://forms.example.com/resources/guide-seo?t=v1.abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ&lang=fr";
    const PREFERENCES: &str = "https://forms.example.com/preferences?t=v1.abcdefghijklmnopqrstuvwxyz0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    const UNSUBSCRIBE: &str = "https://forms.example.com/unsubscribe?t=v1.abcdefghijklmnopqrstuvwxyz0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

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
            locale: "fr",
            from_name: "Agence Démo",
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
    fn r39_a_nurture_mail_has_one_list_unsubscribe_and_a_service_mail_none() {
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
        assert!(
            !message.body_html(0).unwrap().contains("inscrire") && !message.body_text(0).unwrap().contains("inscrire")
        );
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
            locale: "en",
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
            ("fr", "Se désinscrire\u{A0}: ", "Confidentialité\u{A0}: "),
            ("en", "Unsubscribe: ", "Privacy: "),
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
            assert!(html.contains(&format!("<html lang=\"{locale}\"")), "{html}");
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
        assert_eq!(html.matches("{{ legal }}").count(), 5);
    }
}
