//! The two parts of an email: text first, then HTML in the layout.

use std::sync::OnceLock;

use mail_builder::mime::MimePart;

use super::super::template::{Marked, Rendered, TEXT_COLUMNS_MAX, engine, escape_html, mark, one_line, wrap};
use super::super::texts;
use super::{ComposeError, Letter};

/// The text part.
pub fn text(letter: &Letter<'_>, rendered: &Rendered) -> String {
    let locale = letter.locale;
    let mut text = format!("{}\n{}\n", rendered.text, "-".repeat(TEXT_COLUMNS_MAX));
    for sentence in [letter.reason, letter.legal, letter.notice] {
        wrap(&mut text, ("", ""), &one_line(sentence));
    }
    text.push('\n');
    let company = one_line(&letter.face.name);
    for (word, url) in [
        (company.as_str(), letter.face.site.as_deref()),
        (texts::privacy(locale), Some(letter.privacy_url)),
        (texts::my_data(locale), letter.data_url),
        (texts::my_preferences(locale), letter.preferences_url),
        (texts::unsubscribe(locale), letter.unsubscribe_url),
    ] {
        if let Some(url) = url {
            text.push_str(&texts::label(locale, word, url));
            text.push('\n');
        }
    }
    crlf(&text)
}

/// What the layout holds, by its places; the last [`OPTIONAL`] may be absent.
const PLACES: [&str; 20] = [
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
    "colour",
    "colour_dark",
    "notice",
    "data_url",
    "preferences_url",
    "unsubscribe_url",
    "logo",
    "site",
];
const OPTIONAL: usize = 6;

/// The HTML part.
///
/// # Errors
/// [`ComposeError::Layout`].
pub fn html(letter: &Letter<'_>, rendered: &Rendered) -> Result<String, ComposeError> {
    let locale = letter.locale;
    let face = letter.face;
    let [sender, reason, legal, notice] =
        [face.name.as_str(), letter.reason, letter.legal, letter.notice].map(one_line);
    let optional = [
        notice.as_str(),
        letter.data_url.unwrap_or_default(),
        letter.preferences_url.unwrap_or_default(),
        letter.unsubscribe_url.unwrap_or_default(),
        face.logo.as_deref().unwrap_or_default(),
        face.site.as_deref().unwrap_or_default(),
    ];
    let values = [
        locale.code().to_owned(),
        escape_html(&rendered.subject),
        escape_html(&rendered.preview),
        escape_html(&sender),
        rendered.html.clone(), // the one that is HTML already
        escape_html(&reason),
        escape_html(&legal),
        escape_html(letter.privacy_url),
        escape_html(texts::privacy(locale)),
        escape_html(texts::my_data(locale)),
        escape_html(texts::my_preferences(locale)),
        escape_html(texts::unsubscribe(locale)),
        face.colour.clone(),
        face.colour_dark.clone(),
        escape_html(optional[0]),
        escape_html(optional[1]),
        escape_html(optional[2]),
        escape_html(optional[3]),
        escape_html(optional[4]),
        escape_html(optional[5]),
    ];
    let html = layout(optional.map(|value| !value.is_empty()))?.fill(&values);
    Ok(crlf(&html))
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
        .render_str(include_str!("../layout.html"), minijinja::Value::from_pairs(marks))
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
pub fn sent_bytes(html: &str) -> usize {
    let mut part = Vec::new();
    MimePart::new("text/html", html).write_part(&mut part);
    part.len()
}

/// A boundary that no part contains: the same for the same parts, unlike the random one of the MIME writer.
pub fn boundary(parts: &[&str]) -> String {
    (0_u64..)
        .map(|attempt| format!("=_piste_{attempt}"))
        .find(|boundary| !parts.iter().any(|part| part.contains(boundary)))
        .expect("a part of finite length cannot contain every number")
}
