//! A message as it comes in, read as far as somebody has to: its head, its subject, its text. No attachment is opened.

use std::borrow::Cow;

use mail_parser::{Encoding, MessageParser, MimeHeaders as _, PartType};
use piste_domain::kit::charset;
use piste_domain::rules::replies::Incoming;

/// As much of a message as is read: its text stands at its beginning, and attachments behind it.
pub const READ_BYTES_MAX: usize = 256 * 1024;
/// Fields of a head that are read; a message has some forty.
const FIELDS_MAX: usize = 400;
/// Characters of a field's value and of a text: what is longer decides nothing.
const VALUE_CHARS_MAX: usize = 2_000;
const TEXT_CHARS_MAX: usize = 20_000;

/// What a message's head says of how it came, as SES writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// SES takes it for spam.
    Spam,
    /// SES found a virus in it.
    Virus,
    /// Neither the server nor the signature is that of whom it says it is from.
    Forged,
}

impl Refused {
    /// The word in logs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Spam => "spam",
            Self::Virus => "virus",
            Self::Forged => "forged",
        }
    }
}

/// One of SES's checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// It was not made, or says neither yes nor no.
    #[default]
    Unknown,
    /// Yes.
    Pass,
    /// No.
    Fail,
}

impl Verdict {
    /// As SES names it, in any case.
    pub fn of(text: &str) -> Self {
        match text.trim().to_ascii_lowercase().as_str() {
            "pass" => Self::Pass,
            "fail" => Self::Fail,
            _ => Self::Unknown,
        }
    }

    /// The worse of two.
    #[must_use]
    pub fn or_worse(self, other: Self) -> Self {
        match (self, other) {
            (Self::Fail, _) | (_, Self::Fail) => Self::Fail,
            (Self::Pass, _) | (_, Self::Pass) => Self::Pass,
            _ => Self::Unknown,
        }
    }
}

/// All that SES checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdicts {
    /// Whether it is no spam.
    pub spam: Verdict,
    /// Whether there is no virus in it.
    pub virus: Verdict,
    /// Whether the server may send for the domain of the envelope.
    pub spf: Verdict,
    /// Whether a domain signed it.
    pub dkim: Verdict,
}

impl Verdicts {
    /// As the head has them. SES writes its fields above all others, so of several the first is its own, whatever a sender wrote.
    ///
    /// Source: SES developer guide, "Email receiving concepts" (`X-SES-Spam-Verdict`, `X-SES-Virus-Verdict`); SPF and DKIM stand in
    /// `Received-SPF` and `Authentication-Results`.
    pub fn of_head(incoming: &Incoming) -> Self {
        let own = |name: &str| incoming.head(name).map_or(Verdict::Unknown, Verdict::of);
        let results = incoming
            .head("authentication-results")
            .unwrap_or_default()
            .to_ascii_lowercase();
        let result = |method: &str| {
            let found = results
                .split(';')
                .filter_map(|part| part.trim().strip_prefix(method)?.trim_start().strip_prefix('='));
            // Of several signatures one that holds is enough.
            let verdicts = found.map(|rest| Verdict::of(rest.split_whitespace().next().unwrap_or_default()));
            let all: Vec<Verdict> = verdicts.collect();
            match all.contains(&Verdict::Pass) {
                true => Verdict::Pass,
                false => all.first().copied().unwrap_or_default(),
            }
        };
        let received = incoming.head("received-spf").unwrap_or_default();
        let received = Verdict::of(received.split_whitespace().next().unwrap_or_default());
        Self {
            spam: own("x-ses-spam-verdict"),
            virus: own("x-ses-virus-verdict"),
            spf: own("x-ses-spf-verdict").or_worse(received).or_worse(result("spf")),
            dkim: own("x-ses-dkim-verdict").or_worse(result("dkim")),
        }
    }

    /// Both looked at: the worse one counts.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            spam: self.spam.or_worse(other.spam),
            virus: self.virus.or_worse(other.virus),
            spf: self.spf.or_worse(other.spf),
            dkim: self.dkim.or_worse(other.dkim),
        }
    }

    /// Why the message has no effect; `None` where it may have one. A forwarded answer fails SPF and holds its signature, one that was
    /// changed on its way the other way round: either is enough.
    pub fn refusal(self) -> Option<Refused> {
        match self {
            Self {
                virus: Verdict::Fail, ..
            } => Some(Refused::Virus),
            Self {
                spam: Verdict::Fail, ..
            } => Some(Refused::Spam),
            Self {
                spf: Verdict::Fail,
                dkim,
                ..
            } if dkim != Verdict::Pass => Some(Refused::Forged),
            Self {
                dkim: Verdict::Fail,
                spf,
                ..
            } if spf != Verdict::Pass => Some(Refused::Forged),
            _ => None,
        }
    }
}

/// Reads a message; `None` where it has no head.
pub fn read(raw: &[u8]) -> Option<Incoming> {
    let raw = &raw[..raw.len().min(READ_BYTES_MAX)];
    let message = MessageParser::default().parse(raw)?;
    let fields = message.headers().iter().take(FIELDS_MAX);
    let head: Vec<(String, String)> = fields
        .map(|field| {
            let value = raw.get(field.offset_start as usize..field.offset_end as usize);
            let value = String::from_utf8_lossy(value.unwrap_or_default());
            (field.name.as_str().to_ascii_lowercase(), in_one_line(&value))
        })
        .collect();
    if head.is_empty() {
        return None;
    }
    let first =
        |text: Option<Cow<'_, str>>, chars: usize| text.unwrap_or_default().chars().take(chars).collect::<String>();
    let calendar = message.parts.iter().find_map(|part| {
        let kind = part.content_type()?;
        let is_calendar = part.is_content_type("text", "calendar");
        is_calendar.then(|| kind.attribute("method").unwrap_or("REQUEST").to_owned())
    });
    // The first part that is read is the text; of an email that is nothing but an attachment there is none.
    let part = message.text_body.first().and_then(|id| message.parts.get(*id as usize));
    let text = part.and_then(|part| match &part.body {
        // Bytes of a charset that was not declared, as old programs send them.
        PartType::Text(text) if text.contains('\u{fffd}') && part.encoding == Encoding::None => {
            let bytes = raw.get(part.offset_body as usize..part.offset_end as usize);
            Some(Cow::Owned(charset::decode(bytes.unwrap_or_default(), None)))
        }
        PartType::Text(_) | PartType::Html(_) => message.body_text(0),
        _ => None,
    });
    Some(Incoming {
        head,
        subject: first(message.subject().map(Cow::from), VALUE_CHARS_MAX),
        text: first(text, TEXT_CHARS_MAX),
        calendar,
    })
}

/// The addresses that a message's head says it went to: where the envelope is not known.
pub fn addressed(incoming: &Incoming) -> Vec<String> {
    let names = ["to", "cc", "delivered-to", "x-original-to", "envelope-to", "resent-to"];
    let fields = incoming.head.iter().filter(|(name, _)| names.contains(&name.as_str()));
    let words = fields.flat_map(|(_, value)| value.split(|c: char| c.is_whitespace() || "<>,;:\"()[]".contains(c)));
    words.filter(|word| word.contains('@')).map(str::to_owned).collect()
}

fn in_one_line(value: &str) -> String {
    let words = value.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(VALUE_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(head: &str) -> Verdicts {
        Verdicts::of_head(&read(format!("{head}From: a@b.example\r\n\r\nx").as_bytes()).expect("a message"))
    }

    #[test]
    fn what_ses_found_is_read_from_its_own_fields() {
        assert_eq!(verdicts(""), Verdicts::default());
        assert_eq!(verdicts("").refusal(), None);
        let good = "X-SES-Spam-Verdict: PASS\r\nX-SES-Virus-Verdict: PASS\r\n\
            Received-SPF: pass (spfCheck: domain of example.org designates 192.0.2.1 as permitted sender)\r\n\
            Authentication-Results: amazonses.com;\r\n spf=pass (x) client-ip=192.0.2.1;\r\n dkim=fail header.i=@a.example;\r\n dkim=pass header.i=@example.org;\r\n dmarc=pass\r\n";
        let pass = Verdict::Pass;
        let all = Verdicts {
            spam: pass,
            virus: pass,
            spf: pass,
            dkim: pass,
        };
        assert_eq!(verdicts(good), all);
        let check = |head: &str, refusal| assert_eq!(verdicts(head).refusal(), refusal, "{head}");
        check("X-SES-Spam-Verdict: FAIL\r\n", Some(Refused::Spam));
        check("X-SES-Virus-Verdict: FAIL\r\n", Some(Refused::Virus));
        check(
            "X-SES-Spam-Verdict: GRAY\r\nX-SES-Virus-Verdict: PROCESSING_FAILED\r\n",
            None,
        );
        check("Received-SPF: fail (x)\r\n", Some(Refused::Forged));
        check("Received-SPF: softfail (x)\r\n", None);
        check(
            "Authentication-Results: amazonses.com; spf=fail; dkim=pass header.i=@a\r\n",
            None,
        );
        check("Authentication-Results: amazonses.com; spf=pass; dkim=fail\r\n", None);
        check(
            "Authentication-Results: amazonses.com; spf=fail; dkim=fail; dmarc=fail\r\n",
            Some(Refused::Forged),
        );
        check(
            "Authentication-Results: amazonses.com; spf=none; dkim=fail\r\n",
            Some(Refused::Forged),
        );
        // Below SES's own stands what a sender wrote.
        check(
            "X-SES-Spam-Verdict: FAIL\r\nX-SES-Spam-Verdict: PASS\r\n",
            Some(Refused::Spam),
        );
    }

    #[test]
    fn the_text_is_read_and_no_attachment() {
        let mail = "From: a@b.example\r\nSubject: =?utf-8?Q?R=C3=A9ponse?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n\
            --x\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>D=E9j=E0 <b>vu</b></p>\r\n\
            --x\r\nContent-Type: text/plain; name=secret.txt\r\nContent-Disposition: attachment; filename=secret.txt\r\n\r\nnot this\r\n--x--\r\n";
        let read = read(mail.as_bytes()).expect("a message");
        assert_eq!((read.subject.as_str(), read.text.trim()), ("Réponse", "Déjà vu"));
        let only = "From: a@b.example\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment\r\n\r\n%PDF";
        assert_eq!(super::read(only.as_bytes()).expect("a message").text, "");
        assert!(super::read(b"").is_none());
    }

    #[test]
    fn every_address_of_the_head_is_found() {
        let mail = "To: \"Piste\" <R-ABC@reply.example>, other@x.example\r\nCc: c@x.example\r\nDelivered-To: d@x.example\r\nFrom: f@x.example\r\n\r\n";
        let read = read(mail.as_bytes()).expect("a message");
        let expected = ["R-ABC@reply.example", "other@x.example", "c@x.example", "d@x.example"];
        assert_eq!(addressed(&read), expected);
    }
}
