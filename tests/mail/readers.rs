//! Three readers of mail, and what each of them made of one.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use ::mail_parser::{MessageParser, MimeHeaders as _};
use mailparse::MailHeaderMap as _;
use serde::Deserialize;

/// One email as a reader sees it; lines end as LF.
#[derive(Debug)]
pub struct Read {
    pub reader: &'static str,
    pub headers: Vec<String>,
    pub subject: String,
    /// Display name, empty without one, and address.
    pub from: Vec<(String, String)>,
    pub to: Vec<(String, String)>,
    pub reply_to: Vec<(String, String)>,
    /// Seconds since 1970.
    pub date: i64,
    pub kinds: Vec<String>,
    pub plain: String,
    pub html: String,
}

fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

// ---- Python ----

/// One process for all emails.
pub struct Python {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

#[derive(Deserialize)]
struct PythonRead {
    defects: Vec<String>,
    headers: Vec<String>,
    subject: String,
    from: Vec<(String, String)>,
    to: Vec<(String, String)>,
    reply_to: Vec<(String, String)>,
    date: f64,
    kinds: Vec<String>,
    plain: String,
    html: String,
}

impl Python {
    pub fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("mail/read.py");
        let mut child = Command::new("python3")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is on the machine");
        let input = child.stdin.take().expect("piped");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        Self { child, input, output }
    }

    /// What Python's `email` reads, which must find no defect.
    pub fn read(&mut self, mail: &[u8]) -> Read {
        let length = u32::try_from(mail.len()).expect("a mail of usual size");
        self.input.write_all(&length.to_be_bytes()).expect("it listens");
        self.input.write_all(mail).expect("it listens");
        self.input.flush().expect("it listens");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("it answers");
        let read: PythonRead = serde_json::from_str(&line).expect("one line of JSON");
        assert!(read.defects.is_empty(), "Python finds {:?}", read.defects);
        Read {
            reader: "python",
            headers: read.headers,
            subject: read.subject,
            from: read.from,
            to: read.to,
            reply_to: read.reply_to,
            date: read.date as i64,
            kinds: read.kinds,
            plain: lines(&read.plain),
            html: lines(&read.html),
        }
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

// ---- mail-parser ----

/// What the crate `mail-parser` reads.
pub fn mail_parser(mail: &[u8]) -> Read {
    let message = MessageParser::default().parse(mail).expect("a mail");
    let boxes = |address: Option<&::mail_parser::Address<'_>>| {
        let all = address.into_iter().flat_map(|address| address.iter());
        let text = |part: Option<&str>| part.unwrap_or_default().to_owned();
        all.map(|one| (text(one.name()), text(one.address()))).collect()
    };
    let kinds = message.parts.iter().map(|part| {
        let kind = part.content_type().expect("a type");
        format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default())
    });
    Read {
        reader: "mail-parser",
        headers: message.headers_raw().map(|(name, _)| name.to_owned()).collect(),
        subject: message.subject().unwrap_or_default().to_owned(),
        from: boxes(message.from()),
        to: boxes(message.to()),
        reply_to: boxes(message.reply_to()),
        date: message.date().expect("a date").to_timestamp(),
        kinds: kinds.collect(),
        plain: lines(&message.body_text(0).expect("a text part")),
        html: lines(&message.body_html(0).expect("an HTML part")),
    }
}

// ---- mailparse ----

/// What the crate `mailparse` reads.
pub fn mailparse(mail: &[u8]) -> Read {
    let message = mailparse::parse_mail(mail).expect("a mail");
    let boxes = |name: &str| {
        let header = message.headers.get_first_header(name).expect("the header");
        let list = mailparse::addrparse_header(header).expect("addresses");
        list.iter()
            .map(|one| match one {
                mailparse::MailAddr::Single(one) => (one.display_name.clone().unwrap_or_default(), one.addr.clone()),
                mailparse::MailAddr::Group(group) => panic!("a group: {}", group.group_name),
            })
            .collect()
    };
    let body = |place: usize| lines(&message.subparts[place].get_body().expect("a body"));
    let date = message.headers.get_first_value("Date").expect("a date");
    Read {
        reader: "mailparse",
        headers: message.headers.iter().map(mailparse::MailHeader::get_key).collect(),
        subject: message.headers.get_first_value("Subject").unwrap_or_default(),
        from: boxes("From"),
        to: boxes("To"),
        reply_to: boxes("Reply-To"),
        date: mailparse::dateparse(&date).expect("a date"),
        kinds: message.parts().map(|part| part.ctype.mimetype.clone()).collect(),
        plain: body(0),
        html: body(1),
    }
}

/// The text of one encoded-word by itself: `None` where it ends inside a character (RFC 2047, section 5).
pub fn encoded_word(word: &str) -> Option<String> {
    let mut parts = word.strip_prefix("=?")?.strip_suffix("?=")?.splitn(3, '?');
    let (charset, encoding, text) = (parts.next()?, parts.next()?, parts.next()?);
    assert!(["utf-8", "us-ascii"].contains(&charset), "{charset}");
    let bytes = match encoding {
        "Q" | "q" => {
            let mut bytes = Vec::new();
            let mut rest = text.bytes();
            while let Some(byte) = rest.next() {
                bytes.push(match byte {
                    b'_' => b' ',
                    b'=' => {
                        let digits = [rest.next()?, rest.next()?];
                        u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
                    }
                    byte => byte,
                });
            }
            bytes
        }
        _ => base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).ok()?,
    };
    String::from_utf8(bytes).ok()
}
