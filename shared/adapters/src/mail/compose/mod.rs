//! From a template and a lead's values to the exact bytes of one email.

mod headers;
mod parts;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use mail_builder::MessageBuilder;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::date::Date;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::url::URL;
use mail_builder::mime::MimePart;
use piste_domain::Locale;

use super::template::{RenderError, Template, is_safe_url};
use headers::{is_plain_address, sender, unstructured};

/// Largest HTML part, in bytes as sent: Gmail cuts near 102 KB and would hide the footer with the unsubscribe link.
pub const HTML_BYTES_MAX: usize = 90 * 1024;

/// Longest unsubscribe URL, in bytes: `List-Unsubscribe` is one line, and a line has at most 998 (RFC 5322 section 2.1.1).
const UNSUBSCRIBE_URL_BYTES_MAX: usize = 900;

/// How a company looks in an email.
#[derive(Debug)]
pub struct Face {
    /// Its name.
    pub name: String,
    /// Its logo, https, the same for everybody.
    pub logo: Option<String>,
    /// Its site, https.
    pub site: Option<String>,
    /// `#rrggbb`, for links and buttons on white.
    pub colour: String,
    /// The same where the reader's screen is dark.
    pub colour_dark: String,
}

/// Everything one email is made of. Holds personal data, hence no `Debug`.
pub struct Letter<'a> {
    /// The language of what the layout adds.
    pub locale: Locale,
    /// Display name of the sender; the only name in a header.
    pub from_name: &'a str,
    /// The company, as the email shows it.
    pub face: &'a Face,
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
    /// One sentence: why the person gets this email.
    pub reason: &'a str,
    /// Legal identity and postal line of the sender.
    pub legal: &'a str,
    /// The sender's privacy notice, https.
    pub privacy_url: &'a str,
    /// What the person is told about their data, where the email asks for a confirmation (R73); else empty.
    pub notice: &'a str,
    /// Where the person sees and erases what is held about them, https; not in alerts to sales.
    pub data_url: Option<&'a str>,
    /// Where the person says what they wish of such emails, https; marketing emails only.
    pub preferences_url: Option<&'a str>,
    /// The one-click link of a nurture email, https; `None` for service emails, which then have no `List-Unsubscribe`.
    pub unsubscribe_url: Option<&'a str>,
}

/// Why an email could not be composed. Names the part, never the value.
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
        /// `privacy`, `data`, `preferences`, `logo`, `site` or `unsubscribe`.
        link: &'static str,
    },
    /// See [`HTML_BYTES_MAX`].
    #[error("the HTML part has {bytes} bytes, more than {HTML_BYTES_MAX}: shorten the email")]
    TooLarge {
        /// Size of the part as sent.
        bytes: usize,
    },
    /// The layout did not render: a fault of the program.
    #[error("the layout of emails did not render")]
    Layout,
}

/// The exact MIME bytes handed to SES: `multipart/alternative` with text first, 7-bit, CRLF, lines of at most 998 bytes. Equal letters give equal bytes.
///
/// With `unsubscribe_url` the email has one `List-Unsubscribe` with that URL in one piece, and `List-Unsubscribe-Post` (RFC 2369, RFC 8058).
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
        ("logo", letter.face.logo.as_deref()),
        ("site", letter.face.site.as_deref()),
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

    let rendered = letter.template.render_in(&letter.variables, &letter.face.colour)?;
    let text = parts::text(letter, &rendered);
    let html = parts::html(letter, &rendered)?;
    // Quoted-printable writes at most three bytes and a share of a line end for one, base64 fewer: most emails need no measuring.
    if html.len() * 4 > HTML_BYTES_MAX {
        let bytes = parts::sent_bytes(&html);
        if bytes > HTML_BYTES_MAX {
            return Err(ComposeError::TooLarge { bytes });
        }
    }
    let parts = vec![
        MimePart::new("text/plain", text.as_str()),
        MimePart::new("text/html", html.as_str()),
    ];
    let alternative = ContentType::new("multipart/alternative").attribute("boundary", parts::boundary(&[&text, &html]));

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

/// https, or the local system; no mailto.
fn is_web_url(url: &str) -> bool {
    is_safe_url(url) && !url.starts_with("mailto:")
}
